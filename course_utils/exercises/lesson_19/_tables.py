"""Small tables of several kinds, clean or dirty, and small detectors to choose among on them."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.exercises.lesson_19 import _choices

import numpy as np

KINDS = ("pairs", "clusters", "column", "tails", "dense", "corner")
TRAIN, VALIDATION, LATER = 140, 110, (300, 100)
DIRT = 9  # anomalies among the training rows of a dirty table
LABELLED = (3, 5, 8)  # anomalies among labelled validation rows


def _scaled(train, X):
    return (X - train.mean(axis=0)) / (train.std(axis=0) + 1e-9)


def _distances(A, B):
    """Return the distances of the rows of A and B, (len(A), len(B))."""
    squares = (A**2).sum(axis=1)[:, None] + (B**2).sum(axis=1) - 2 * A @ B.T
    return np.sqrt(np.maximum(squares, 0))


def nearest(train, X):
    """Return the mean distance to the five nearest training rows."""
    distances = _distances(_scaled(train, X), _scaled(train, train))
    return np.sort(distances, axis=1)[:, :5].mean(axis=1)


def mahalanobis(train, X):
    """Return the squared Mahalanobis distance."""
    inverse, off = np.linalg.pinv(np.cov(train.T)), X - train.mean(axis=0)
    return np.einsum("ij,jk,ik->i", off, inverse, off)


def largest_z(train, X):
    """Return the largest |z| of a row's columns."""
    return np.abs(_scaled(train, X)).max(axis=1)


def mean_z(train, X):
    """Return the mean |z| of a row's columns."""
    return np.abs(_scaled(train, X)).mean(axis=1)


def tails(train, X):
    """Return how rare a row's columns are, each by itself, as the sum of the logarithms."""
    score = np.zeros(len(X))
    for known, column in zip(train.T, X.T, strict=True):
        share = (np.searchsorted(np.sort(known), column) + 0.5) / (len(known) + 1)
        score -= np.log(np.minimum(share, 1 - share).clip(1e-3))
    return score


def residual(train, X):
    """Return the squared error of PCA with half as many components as columns."""
    _, _, components = np.linalg.svd(_scaled(train, train), full_matrices=False)
    kept, rows = components[: max(1, train.shape[1] // 2)], _scaled(train, X)
    return ((rows - rows @ kept.T @ kept) ** 2).sum(axis=1)


def local(train, X):
    """Return the distance to the eight nearest training rows in units of their own such."""
    known = _scaled(train, train)
    among = _distances(known, known)
    np.fill_diagonal(among, np.inf)
    own = np.sort(among, axis=1)[:, :8].mean(axis=1)
    distances = _distances(_scaled(train, X), known)
    eight = np.argsort(distances, axis=1)[:, :8]
    return np.take_along_axis(distances, eight, axis=1).mean(axis=1) / own[eight].mean(axis=1)


CANDIDATES = (nearest, mahalanobis, largest_z, mean_z, tails, residual, local)  # default first


@dataclass(frozen=True)
class Table:
    """What a rule is given, and the AUROC of each candidate on later rows."""

    train: np.ndarray
    X: np.ndarray
    y: np.ndarray | None
    candidates: list
    later: np.ndarray

    def given(self):
        """Return what a rule is given, copies of all of it."""
        y = None if self.y is None else self.y.copy()
        return self.train.copy(), self.X.copy(), y, list(self.candidates)

    @property
    def regrets(self):
        """What each candidate loses against the best, in AUROC, (candidates,)."""
        return self.later.max() - self.later


def tables(seed, rounds, labels):
    """Return tables of every kind, clean and dirty.

    Parameters
    ----------
    seed : int
    rounds : int
        Tables of each kind, clean and dirty.
    labels : bool
        Whether validation rows have labels and anomalies; without, y is None or all 0, and the
        rows are normal.

    Returns
    -------
    list of Table
        The default is each one's first candidate; the others come in any order.
    """
    generator = np.random.default_rng(seed)
    made = []
    for _ in range(rounds):
        for number, kind in enumerate(KINDS):
            made += [
                _table(generator, kind, dirty, labels, told=(number + dirty) % 2 == 0)
                for dirty in (False, True)
            ]
    return made


def _table(generator, kind, dirty, labels, told):
    draw = _source(generator, kind)
    train, _ = draw(TRAIN - DIRT * dirty, DIRT * dirty)
    X, y = draw(VALIDATION, int(generator.choice(LABELLED)) if labels else 0)
    later, y_later = draw(*LATER)
    order = [0, *generator.permutation(np.arange(1, len(CANDIDATES)))]
    candidates = [CANDIDATES[number] for number in order]
    scores = np.array([candidate(train, later) for candidate in candidates])
    y = y if labels or told else None
    return Table(train, X, y, candidates, _choices.auroc(scores, y_later))


def _source(generator, kind):
    """Return a function that draws rows of a table in any order, with their labels."""
    d = int(generator.integers(4, 9))
    units = 10.0 ** generator.integers(-1, 3, size=d)
    weights, centres = generator.normal(size=(2, d)), 2 * generator.normal(size=(4, d))
    widths = generator.uniform(0.5, 1.5, size=d)

    def signs(n, columns=1):
        return generator.choice([-1, 1], size=(n, columns))

    def pairs(n):
        return generator.normal(size=(n, 2)) @ weights + 0.35 * generator.normal(size=(n, d))

    def column(n):
        X = generator.normal(size=(n, d))
        X[np.arange(n), generator.integers(2, size=n)] += 3 * signs(n)[:, 0]
        return X

    def dense(n):
        wide = centres[0] * 1.3 + 1.2 * generator.normal(size=(n, d))
        return np.where(generator.random((n, 1)) < 0.5, wide, 0.15 * generator.normal(size=(n, d)))

    normal, odd = {
        "pairs": (  # odd: each column by itself is usual
            pairs,
            lambda n: generator.permuted(pairs(n), axis=0),
        ),
        "clusters": (  # odd: between them
            lambda n: centres[generator.integers(4, size=n)] + 0.5 * generator.normal(size=(n, d)),
            lambda n: generator.uniform(-3.2, 3.2, size=(n, d)),
        ),
        "column": (lambda n: generator.normal(size=(n, d)), column),
        "tails": (
            lambda n: generator.standard_t(2.5, size=(n, d)),
            lambda n: generator.standard_t(2.5, size=(n, d)) + 1.5 * signs(n, d),
        ),
        "dense": (  # odd: near the dense half, where the wide half has its distances
            dense,
            lambda n: 0.6 * generator.normal(size=(n, d)) + 0.9 * signs(n, d),
        ),
        "corner": (  # odd: beside one another in a corner, so that dirt hides them
            lambda n: widths * generator.normal(size=(n, d)),
            lambda n: widths * (1.2 + 0.9 * generator.normal(size=(n, d))),
        ),
    }[kind]

    def draw(rows, anomalies):
        X = np.concatenate([normal(rows), odd(anomalies)]) * units
        order = generator.permutation(len(X))
        return X[order], np.repeat([0, 1], [rows, anomalies])[order]

    return draw
