"""Machines held back for lesson 23: what is measured, cut in what is known and what is later."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils import data
from course_utils.exercises.lesson_23 import _recordings
from course_utils.exercises.lesson_23.alarms import alarms_of_solution, bad_rows
from course_utils.exercises.lesson_23.lead import lead_time_solution

import numpy as np

HOURS = 420
WEAR = 0.15  # share of the time that wear takes
WIDTH = 0.012  # share of a strike's frequency in which its line is looked for
FALSE = 1.0  # alarms a week that are allowed
POINTS = 2_048  # the band has 1,001 lines, and its square twice as many
LINES = np.arange(45, 90)  # of 2 Hz, around the strikes of all parts at any load


@dataclass(frozen=True)
class Machine:
    """What is known of a machine, and what comes later.

    Attributes
    ----------
    train, later : dict of str to array of float, shape (rows,)
        Columns: load [%], ambient and temperature [°C], rms [g], kurtosis and the height of the
        envelope's spectrum at each part.
    start, end : int
        Rows of `later` in which the bearing wears.
    healthy : array of bool, shape (rows,)
        Rows of `later` without a fault.
    """

    train: dict[str, np.ndarray]
    later: dict[str, np.ndarray]
    start: int
    end: int
    healthy: np.ndarray

    def hours_in_alarm(self, scores: np.ndarray) -> float:
        """Return how many hours of the wear are bad, at most, at one false alarm a week.

        The hours from the first alarm on would be luck: one stray alarm early in the wear gives
        dozens. Here it gives its own minutes.

        Parameters
        ----------
        scores : array of float, shape (rows,)
        """
        hours = [0.0]
        # who is in alarm for half of all hours calls far more than once a week
        for threshold in np.unique(np.quantile(scores, np.linspace(0.5, 1, 75))):
            calls = alarms_of_solution(scores, threshold)
            _, false = lead_time_solution(calls, self.start, self.end, self.healthy)
            if false <= FALSE:
                hours.append(bad_rows(scores, threshold)[self.start : self.end].sum() / 6)
        return float(max(hours))


def machine(seed: int) -> Machine:
    """Return a machine that is known for a third of 420 hours.

    Parameters
    ----------
    seed : int
    """
    made, recordings = data.make_machine(HOURS, seed, return_recordings=True)
    names = {"load": 0, "ambient": 3, "temperature": 4, "rms": 5, "kurtosis": 7}
    columns = {name: made.X[:, place] for name, place in names.items()}
    columns |= _heights(recordings, made.X[:, 1])
    cut = len(made) // 3
    end = np.flatnonzero(made.kinds == "slow wear").max() + 1 - cut
    start = end - round(WEAR * HOURS * 6)
    healthy = made.kinds[cut:] == ""
    healthy[start:end] = False
    train, later = (
        {name: column[rows] for name, column in columns.items()}
        for rows in (slice(None, cut), slice(cut, None))
    )
    return Machine(train, later, start, end, healthy)


def _heights(recordings, rotation):
    """Return the envelope spectrum's highest line near each part's strikes, (rows,) each."""
    frequency = np.fft.rfftfreq(recordings.shape[1], 1 / _recordings.RATE)
    band = np.fft.rfft(recordings, axis=1)[:, (frequency >= 2000) & (frequency <= 4000)]
    square = np.abs(np.fft.ifft(band, POINTS, axis=1)) ** 2  # of the envelope
    spectrum = np.abs(np.fft.rfft(square, axis=1))[:, LINES] * POINTS
    strikes = [_recordings.strikes(each) for each in rotation]
    found = {}
    for part in _recordings.PARTS:
        strike = np.array([[each[part]] for each in strikes])
        near = np.abs(frequency[LINES] - strike) <= WIDTH * strike
        found[part] = np.where(near, spectrum, 0).max(axis=1)
    return found
