"""Streams of scores held back, with a drift or without, and ADWIN's delays on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REFERENCE, ROWS, DRIFTING = 600, 3_000, 1_600
KINDS = ("normal", "skewed", "heavy-tailed", "tied")
DRIFTS = ("upwards", "slowly upwards", "downwards")
STEPS = {"upwards": 1.0, "slowly upwards": 1.2, "downwards": -0.8}  # in interquartile ranges
SLOW = 600  # rows that a slow drift takes


@dataclass(frozen=True)
class Stream:
    """Scores of one detector.

    Attributes
    ----------
    kind : str
        How the scores are distributed.
    drift : str
        Which way they drift; empty where they do not.
    change : int
        The row at which the drift begins; the number of rows where there is none.
    reference : array of float, shape (600,)
    scores : array of float, shape (rows,)
        3,000 where they do not drift, 1,600 where they do. Among them are anomalies, one in
        fifty rows and a burst.
    calm : array of float, shape (rows,)
        The same rows without anomalies.
    unit : float
        The scores' unit.
    """

    kind: str
    drift: str
    change: int
    reference: np.ndarray
    scores: np.ndarray
    calm: np.ndarray
    unit: float

    def given(self, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return what an answer is given, copies of it: the reference and the first scores."""
        return self.reference.copy(), self.scores[:rows].copy()


def streams(seed: int, still: int, drifting: int) -> list[Stream]:
    """Return streams of every kind.

    Parameters
    ----------
    seed : int
    still : int
        How many of each kind do not drift.
    drifting : int
        How many of each kind drift in each way.
    """
    generator = np.random.default_rng(seed)
    drifts = [""] * still + [*DRIFTS] * drifting
    return [_stream(generator, kind, drift) for kind in KINDS for drift in drifts]


def _draw(generator, kind, rows):
    if kind == "normal":
        return generator.normal(size=rows)
    if kind == "skewed":
        return generator.gamma(2, size=rows)
    if kind == "heavy-tailed":
        return np.exp(1.2 * generator.normal(size=rows))
    return generator.poisson(0.7, size=rows).astype(float)


def _stream(generator, kind, drift):
    rows = DRIFTING if drift else ROWS
    reference, scores = (_draw(generator, kind, each) for each in (REFERENCE, rows))
    low, high = np.quantile(reference, (0.25, 0.75))
    change = int(generator.integers(400, 800)) if drift else ROWS
    ramp = (np.arange(rows) - change + 1) / (SLOW if drift.startswith("slowly") else 1)
    step = STEPS.get(drift, 0.0) * (high - low) * np.clip(ramp, 0, 1)
    calm = scores + (np.rint(step) if kind == "tied" else step)
    burst = generator.integers(100, 390)  # before any change
    odd = generator.random(rows) < 0.02
    odd[burst : burst + 6] = True
    high_above = np.rint((high - low) * generator.uniform(4, 12, size=rows))
    unit = 10.0 ** generator.integers(-3, 4)
    reference, calm, scores = (
        unit * (each + 5) for each in (reference, calm, np.where(odd, calm + high_above, calm))
    )
    return Stream(kind, drift, change, reference, scores, calm, unit)


def delays_of_adwin(made: list[Stream]) -> dict[str, float]:
    """Return ADWIN's mean delay in rows for each way to drift, on shares of the reference.

    Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", SIAM
    International Conference on Data Mining, 2007, https://doi.org/10.1137/1.9781611972771.42,
    as in river, which is loaded here.

    Parameters
    ----------
    made : list of Stream
    """
    found = {drift: [] for drift in DRIFTS}
    for each in made:
        if each.drift:
            row = _adwin(each)
            found[each.drift].append(max(0, (DRIFTING if row is None else row) - each.change))
    return {drift: float(np.mean(rows)) for drift, rows in found.items()}


def _adwin(stream):
    from river.drift import ADWIN

    watch, reference = ADWIN(), np.sort(stream.reference)
    for share in _shares(reference, stream.reference):
        watch.update(share)
    for row, share in enumerate(_shares(reference, stream.scores)):
        watch.update(share)
        if watch.drift_detected:
            return row
    return None


def _shares(rising, scores):
    """Return the share of the reference below each score, where equal ones count half."""
    sides = [np.searchsorted(rising, scores, side) for side in ("left", "right")]
    return (np.mean(sides, axis=0) / len(rising)).tolist()
