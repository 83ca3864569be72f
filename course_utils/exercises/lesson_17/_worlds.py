"""Detectors of lesson 17's last exercise, and rows in which one column was changed."""

from __future__ import annotations

import functools
import itertools

from course_utils.exercises.lesson_17._functions import OfRows

import numpy as np

COLUMNS = 6
ROWS = 20  # changed rows of each detector
KINDS = ("counts bins", "rebuilds rows")


@functools.cache
def planted(kind, seed):
    """Return a detector's score, background rows, flagged rows and the column changed in each.

    Parameters
    ----------
    kind : str
        "counts bins": three columns at one of two levels, and three that go together; the score is
        the mean surprise of the bins in which columns and pairs of columns fall. A level is
        changed to something between the two.
        "rebuilds rows": two causes, each of which moves one column much and two a little; the
        score is the error of a rebuilding from two principal components. It smears: after a
        change of a column that moves much, the largest error is mostly another column's. A column
        is changed to its 10 % or its 90 % quantile, whichever is further.
    seed : int

    Returns
    -------
    score : callable
    background : array, shape (40, 6)
    rows : array, shape (20, 6)
    truth : array of int, shape (20,)
    """
    rng = np.random.default_rng(seed)
    drawn = _two_levels if kind == "counts bins" else _two_causes
    X, weights = drawn(rng, 700)
    order = rng.permutation(COLUMNS)
    units = 10.0 ** rng.integers(-2, 3, size=COLUMNS)
    X = units * (X[:, order] + rng.normal(0, 3, size=COLUMNS))
    train, background, held = X[:300], X[300:340], X[340:]
    score = _surprise_of_bins(train) if kind == "counts bins" else _rebuilding_error(train, units)
    threshold = np.quantile(score(train), 0.99)
    rows, truth = [], []
    for row in held[score(held) <= threshold]:
        column = rng.choice(COLUMNS, p=weights[order])
        if kind == "counts bins":
            mean, std = train[:, column].mean(), train[:, column].std()
            value = mean + rng.uniform(-0.45, 0.45) * std
        else:
            ends = np.quantile(train[:, column], [0.1, 0.9])
            value = ends[np.abs(ends - row[column]).argmax()]
        changed = row.copy()
        changed[column] = value
        if score(changed[None])[0] > threshold:
            rows.append(changed)
            truth.append(column)
    return OfRows("score", score), background, np.array(rows[:ROWS]), np.array(truth[:ROWS])


def _two_levels(rng, n):
    """Return rows (n, 6), three columns at two levels and three tied ones; their odds."""
    levels = rng.choice([-1.0, 1.0], size=(n, 3), p=[0.45, 0.55])
    tied = rng.normal(size=(n, 1)) * [1.0, 0.9, -1.1]
    X = np.hstack([levels + 0.12 * rng.normal(size=(n, 3)), tied + 0.25 * rng.normal(size=(n, 3))])
    return X, np.array([1, 1, 1, 0, 0, 0]) / 3


def _two_causes(rng, n):
    """Return rows (n, 6), each cause in one column much and in two a little; their odds."""
    much, little = 2.4, 0.8
    signs = rng.choice([-1, 1], size=COLUMNS)
    weights = signs * np.array([[much, little, little, 0, 0, 0], [0, 0, 0, much, little, little]])
    X = rng.normal(size=(n, 2)) @ weights + 0.2 * rng.normal(size=(n, COLUMNS))
    return X, np.array([3, 1, 1, 3, 1, 1]) / 10


def _surprise_of_bins(train, bins=8):
    """Return a score: the mean of −log share of a row's bins, for columns and for their pairs."""
    edges = np.linspace(train.min(axis=0), train.max(axis=0), bins + 1)[1:-1]  # (bins − 1, d)

    def binned(X):
        return (X[:, None] > edges).sum(axis=1)  # (n, d)

    pairs = list(itertools.combinations_with_replacement(range(COLUMNS), 2))
    found, surprises = binned(train), []
    for pair in pairs:
        counts = np.full((bins, bins), 0.3)
        np.add.at(counts, tuple(found[:, pair].T), 1)
        surprises.append(-np.log(counts / len(train)))

    def score(X):
        places = binned(X)
        each = [s[places[:, i], places[:, j]] for s, (i, j) in zip(surprises, pairs, strict=True)]
        return np.mean(each, axis=0)

    return score


def _rebuilding_error(train, units):
    """Return a score: the mean squared error of a rebuilding from two principal components."""
    mean = train.mean(axis=0)
    kept = np.linalg.svd((train - mean) / units, full_matrices=False)[2][:2]  # (2, d)

    def score(X):
        z = (X - mean) / units
        return ((z - z @ kept.T @ kept) ** 2).mean(axis=1)

    return score
