"""Scores that depend on the rows beside them, and others that do not, for lesson 21's proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from course_utils.exercises.lesson_17._functions import OfRows

import numpy as np

ROWS, COLUMNS = 60, 4


@dataclass(frozen=True)
class Suspect:
    """A way to score rows.

    Parameters
    ----------
    told : str
        What it does, to follow "scores that".
    make : callable
        Returns it as new, a function of rows (n, d): some remember their calls.
    clue : str
        What shows that it depends on other rows; empty where it does not.
    remembers : bool
        Whether it depends on the order of the calls.
    """

    told: str
    make: Callable
    clue: str = ""
    remembers: bool = False

    def score(self) -> OfRows:
        """Return it as new, in a form that refuses what are no rows."""
        return OfRows("score", self.make())


def rows_to_score(seed: int) -> np.ndarray:
    """Return rows (n, d), two of them far out."""
    X = np.random.default_rng(seed).normal(size=(ROWS, COLUMNS))
    X[[17, 44]] *= [[5.0], [9.0]]
    return X


def suspects(seed: int) -> list[Suspect]:
    """Return all of them, their weights drawn from the seed."""
    rng = np.random.default_rng(seed)
    encode, decode = rng.normal(size=(COLUMNS, 6)), rng.normal(size=(6, COLUMNS))
    mixing = np.eye(COLUMNS) + 0.4 * rng.normal(size=(COLUMNS, COLUMNS))

    def plain_score(X):
        return 1 + ((X @ mixing) ** 2).sum(axis=1)

    def in_float32(X):
        X = X.astype(np.float32)
        hidden = np.maximum(X @ encode.astype(np.float32), 0)
        off = X - hidden @ decode.astype(np.float32) / 8
        return 1 + (off**2).mean(axis=1).astype(float)

    def hinge(X):
        return np.maximum(plain_score(X) - 12, 0)

    return [
        Suspect("are squared distances from a fixed mean", lambda: plain_score),
        Suspect("come from a network in float32", lambda: in_float32),
        Suspect("are 0 for most rows and a distance for the others", lambda: hinge),
        Suspect("are float32 in a unit in which they are huge", lambda: _times(in_float32, 1e9)),
        Suspect("are in a unit in which they are tiny", lambda: _times(plain_score, 1e-9)),
        Suspect("are all negative, as log densities", lambda: _times(plain_score, -1.0)),
        *_culprits(plain_score),
    ]


def _times(score, unit):
    return lambda X: unit * score(X)


def _culprits(score):
    """Return what people have really shipped, around a score that depends on the row alone."""
    batch = "Reordering a batch or asking twice leaves its mean as it is; take rows away."

    def batch_statistics(X):
        return score((X - X.mean(axis=0)) / (X.std(axis=0) + 0.1))

    def no_number_alone(X):
        with np.errstate(all="ignore"):
            return score((X - X.mean(axis=0)) / X.std(axis=0))

    def between_ends(X):
        found = score(X)
        return 1 + (found - found.min()) / max(np.ptp(found), 1e-9)

    def eight_bits(X):
        step = np.abs(X).max() / 127
        return score(np.rint(X / step) * step)

    def smoothed(X):
        found = score(X)
        found[1:] = 0.8 * found[1:] + 0.2 * found[:-1]
        return found

    def padded(X):
        full = len(X) - len(X) % 32 if len(X) > 32 else len(X)
        rest = np.concatenate([X[full:], np.zeros((max(len(X) - full, 0), X.shape[1]))])
        last = score(X[full:] - rest.mean(axis=0)) if full < len(X) else np.empty(0)
        return np.concatenate([score(X[:full]), last])

    def largest_lowered(X):
        found = score(X)
        if len(found) > 1:
            found[found.argmax()] *= 0.98
        return found

    def coarse_when_many(X):
        return np.round(score(X), 1) if len(X) >= 8 else score(X)

    return [
        Suspect("are scaled by the batch's mean and spread", lambda: batch_statistics, batch),
        Suspect(
            "are scaled by the batch's spread, which is 0 for one row alone",
            lambda: no_number_alone,
            "One row alone gets NaN, and no comparison with NaN is True. Count it as infinite.",
        ),
        Suspect("lie between the batch's lowest and highest", lambda: between_ends, batch),
        Suspect(
            "are computed in 8 bits, whose step is set by the batch's largest entry",
            lambda: eight_bits,
            "A row far out coarsens its company. Take rows away.",
        ),
        Suspect(
            "are scaled by a running mean, which each call moves",
            _running,
            "Asking twice shows it.",
            remembers=True,
        ),
        Suspect("blend in the row before", lambda: smoothed, "The order shows it."),
        Suspect(
            "go wrong in the last, incomplete batch of 32",
            lambda: padded,
            "The first rows are well. Compare all of them.",
        ),
        Suspect(
            "are tiny, and scaled by the batch's mean",
            lambda: _times(batch_statistics, 1e-9),
            "Tiny changes of tiny scores: divide by the score's own size.",
        ),
        Suspect(
            "lower one score in each batch, the largest, by 2 %",
            lambda: largest_lowered,
            "One row of many changes. Take the largest change, not the mean.",
        ),
        Suspect(
            "are coarser where 8 rows or more come at once",
            lambda: coarse_when_many,
            "Neither order nor content matters, but how many come. Score each row alone.",
        ),
        Suspect(
            "are kept by the number of rows, and given again",
            lambda: _kept(score),
            "All rows alone get the first one's score. Compare all of them.",
            remembers=True,
        ),
    ]


def _running():
    mean = np.zeros(COLUMNS)

    def score(X):
        nonlocal mean
        mean = 0.9 * mean + 0.1 * X.mean(axis=0)
        return 1 + ((X - mean) ** 2).sum(axis=1)

    return score


def _kept(score):
    kept = {}

    def again(X):
        if len(X) not in kept:
            kept[len(X)] = score(X)
        return kept[len(X)].copy()

    return again
