"""Codes on which the exercises of lesson 10 are compared with their solutions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def codes(rng: np.random.Generator) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    """Yield the means and log-variances of rows of latent units, of every sort.

    Yields
    ------
    what : str
    pair : (array, array), shapes (rows, units)
    """

    def normal(rows, units):
        return rng.normal(size=(2, rows, units))

    yield "random codes", tuple(normal(int(rng.integers(5, 12)), int(rng.integers(2, 5))))
    yield "one row", tuple(normal(1, 4))
    yield "one latent unit", tuple(normal(6, 1))
    yield "one number", tuple(normal(1, 1))
    yield "as many rows as units", tuple(normal(4, 4))
    yield "the prior itself", (np.zeros((3, 2)), np.zeros((3, 2)))
    mean, log_variance = normal(5, 3)
    yield "narrow codes", (mean, log_variance - 5)
    mean, log_variance = normal(8, 2)
    yield "wide codes", (mean, log_variance + 2)
    mean, log_variance = normal(6, 3)
    yield "codes far away", (20 + 5 * mean, log_variance)
    yield "skewed codes", (np.exp(mean), -np.exp(log_variance))
    yield "tied codes", tuple(rng.integers(-1, 2, size=(2, 7, 3)).astype(float))
    yield "codes in float32", tuple(normal(6, 5).astype(np.float32))
