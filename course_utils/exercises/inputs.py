"""Inputs on which answers are compared with the solution: those that people forget, above all.

Each function yields pairs (what they are, the input), new ones for each random generator, so that
the checks and their tests draw from one place. An exercise composes them in its `set_inputs`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def vectors(rng: np.random.Generator, least: int = 1) -> Iterator[tuple[str, np.ndarray]]:
    """Yield vectors: random, skewed, tied, constant, short, huge, tiny, sorted and whole ones.

    Parameters
    ----------
    rng : numpy.random.Generator
    least : int
        The length of the shortest one.

    Yields
    ------
    what : str
    vector : array of float64, shape (n,)
    """
    n = max(least, int(rng.integers(7, 24)))
    yield "random numbers", rng.normal(size=n)
    yield "skewed numbers", rng.exponential(size=n) ** 2
    yield "tied numbers", rng.integers(-2, 3, size=n).astype(float)
    yield "equal numbers", np.full(n, rng.normal())
    yield "few numbers", rng.normal(2, 3, size=least)
    yield "huge numbers", 1e7 * rng.normal(size=n)
    yield "tiny numbers", 1e-6 * rng.normal(size=n)
    yield "sorted numbers", np.sort(rng.normal(size=n))
    yield "numbers with one far out", np.append(rng.normal(size=max(n, least) - 1), 50.0)


def labelled(rng: np.random.Generator) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    """Yield labels and scores: unsorted, many or few anomalies, ties, any unit.

    Yields
    ------
    what : str
    pair : (array of int64, array of float64), shapes (n,)
        Labels with at least one 0 and one 1, and scores that tell something about them.
    """
    for share in (0.5, 0.1, 0.8):
        y = _both(rng, int(rng.integers(12, 40)), share)
        scores = rng.normal(size=len(y)) + 1.5 * y
        yield f"about {share:.0%} anomalies", (y, scores)
        yield "tied scores", (y, np.round(scores))
        yield "skewed scores in another unit", (y, 1000 * np.exp(scores) - 300)
        yield "a ranking that is upside down", (y, -scores)
    yield "equal scores", (_both(rng, 9, 0.3), np.full(9, 0.25))
    yield "one anomaly and one normal row", (np.array([1, 0]), rng.normal(size=2))
    yield "anomalies first", (np.array([1, 1, 1, 0, 0]), rng.normal(size=5))


def _both(rng, n, share):
    """Return labels (n,) in any order, of which a share and at least one are 1, not all."""
    y = (np.arange(n) < np.clip(round(share * n), 1, n - 1)).astype(int)
    return rng.permutation(y)


def tables(
    rng: np.random.Generator, columns: int | None = None, least: int = 1
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield tables: columns in unlike units, skewed, tied, correlated; few rows; huge and tiny.

    Every column varies wherever there are two rows or more.

    Parameters
    ----------
    rng : numpy.random.Generator
    columns : int, optional
        How many; None draws from 1 to 5 for each table.
    least : int
        Rows of the shortest one.

    Yields
    ------
    what : str
    table : array of float64, shape (rows, columns)
    """

    def shape():
        n = max(least, int(rng.integers(6, 30)))
        return n, columns or int(rng.integers(1, 6))

    n, d = shape()
    units = 10.0 ** rng.integers(-2, 3, size=d)
    yield "columns in unlike units", units * (rng.normal(size=(n, d)) + rng.normal(size=d))
    yield "skewed columns", rng.exponential(size=shape()) ** 2
    yield "correlated columns", rng.normal(size=shape()) + rng.normal(size=(1, 1))
    n, d = shape()
    mixed = rng.normal(size=(n, d)) @ (np.eye(d) + 0.7 * rng.normal(size=(d, d)))
    yield "mixed columns, far from 0", mixed + rng.normal(5, 4, size=d)
    n, d = shape()
    tied = rng.integers(0, 3, size=(n, d)).astype(float)
    tied[0], tied[-1] = 0, 2
    yield "tied numbers", tied if n > 1 else tied + 1
    yield "huge numbers", 1e6 * rng.normal(size=shape())
    yield "tiny numbers", 1e-5 * rng.normal(size=shape())
    yield "few rows", rng.normal(size=(least, columns or 3))
    n, d = shape()
    yield "a row far out", np.concatenate([rng.normal(size=(n, d)), np.full((1, d), -40.0)])


def train_and_rows(
    rng: np.random.Generator, columns: int | None = None, least: int = 4
) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    """Yield training rows and rows to be judged by them, of which there may be one only.

    Parameters
    ----------
    rng : numpy.random.Generator
    columns : int, optional
    least : int
        Training rows of the smallest pair.

    Yields
    ------
    what : str
    pair : (array of shape (n, d), array of shape (m, d))
    """
    for what, train in tables(rng, columns, least):
        mean, std = train.mean(axis=0), train.std(axis=0)
        for rows in (int(rng.integers(2, 9)), 1):
            yield (
                what if rows > 1 else f"{what}, one row to judge",
                (train, mean + std * rng.normal(0.5, 2.5, size=(rows, train.shape[1]))),
            )
