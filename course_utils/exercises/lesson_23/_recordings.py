"""Recordings held back for lesson 23, as envelope spectra beside the speed that was read."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils import data

import numpy as np

PARTS = ("outer race", "inner race", "ball")
KINDS = (*PARTS, "healthy", "neighbour")
RATE = 12_000  # samples a second
READ = 0.008  # share by which the speed is read wrongly at most
BESIDE = 0.022, 0.034  # share by which the neighbouring motor turns slower or faster


@dataclass(frozen=True)
class Recording:
    """One recording.

    Attributes
    ----------
    kind : str
        The damaged part; "healthy"; or "neighbour", where the bearing is healthy and a damaged
        one of the same sort is heard from a motor beside it.
    part : str or None
        What is to be named.
    frequency, spectrum : array of float, shape (lines,)
        Hz, up to 500, and the amplitude of the squared envelope of the band from 2 to 4 kHz.
    rotation : float
        Turns of the shaft a second, as read.
    """

    kind: str
    part: str | None
    frequency: np.ndarray
    spectrum: np.ndarray
    rotation: float


def strikes(rotation: float) -> dict[str, float]:
    """Return how often a damaged part is struck, in Hz; a ball twice in each spin."""
    often = data.bearing_frequencies(rotation)
    return {part: often[part] * (2 if part == "ball" else 1) for part in PARTS}


def recordings(seed: int, of_each: int) -> list[Recording]:
    """Return recordings of every kind, of 4 or 8 seconds, at any load and in any unit.

    Parameters
    ----------
    seed : int
    of_each : int
    """
    generator = np.random.default_rng(seed)
    return [_recording(generator, kind, number) for kind in KINDS for number in range(of_each)]


def _recording(generator, kind, number):
    load, severity = generator.uniform((0.4, 0.5), 1)
    damaged = {"healthy": None, "neighbour": PARTS[number % 3]}.get(kind, kind)
    vibration = data.make_vibration(
        4 * (1 + number % 2), damaged, severity, load, int(generator.integers(2**31))
    )
    off = READ * generator.uniform(-1, 1)
    if kind == "neighbour":
        off = generator.uniform(*BESIDE) * (-1) ** number
    frequency, spectrum = envelope_spectrum(vibration)
    unit = 10 ** generator.uniform(-2, 3)
    rotation = 30 * (1 - 0.025 * load) * (1 + off)
    return Recording(kind, kind if kind in PARTS else None, frequency, unit * spectrum, rotation)


def envelope_spectrum(vibration: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies up to 500 Hz, and the amplitude there of the squared envelope.

    The part of the spectrum from 2 to 4 kHz, moved to 0 Hz and taken back to time, has the band's
    envelope for its magnitude.

    Parameters
    ----------
    vibration : array of float, shape (samples,)
        12,000 samples a second.
    """
    samples = len(vibration)
    frequency = np.fft.rfftfreq(samples, 1 / RATE)
    band = np.fft.rfft(vibration)[(frequency >= 2000) & (frequency <= 4000)]
    square = np.abs(np.fft.ifft(band, samples)) ** 2  # of the envelope
    spectrum = np.abs(np.fft.rfft((square - square.mean()) * np.hanning(samples)))
    return frequency[frequency <= 500], spectrum[frequency <= 500]


def with_a_line(at: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a spectrum of noise in which one line stands out, at a frequency in Hz."""
    frequency = np.arange(0, 500.1, 0.25)
    spectrum = np.random.default_rng(7).rayleigh(size=len(frequency))
    spectrum[np.abs(frequency - at).argmin()] += 60
    return frequency, spectrum
