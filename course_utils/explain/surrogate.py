"""A local surrogate: a plane that follows the scores near a row."""

import math

from course_utils import checks
from course_utils.explain.scoring import as_row, as_rows, scores_of

import numpy as np

__all__ = ["local_weights"]

RIDGE = 1e-3


def local_weights(detector, X, scale, width=0.5, samples=500, seed=0):
    """Return the slopes of a plane fitted to the scores of rows drawn near each row.

    Entries are moved by normal steps of `width` times the column's scale; a weighted ridge
    regression follows the scores, near rows counting more: exp(−distance² / (2 d width²)). The
    idea is LIME's: M. Ribeiro, S. Singh and C. Guestrin, KDD 2016,
    https://arxiv.org/abs/1602.04938.

    Parameters
    ----------
    detector : object with ``decision_function``, or callable
    X : array-like, shape (n, d)
    scale : array-like, shape (d,)
        A usual step of each column, above 0: its standard deviation over the training rows.
    width : float
        Above 0. How near is near; the slopes depend on it.
    samples : int
        Rows drawn for each row.
    seed : int

    Returns
    -------
    array of float64, shape (n, d)
        Score for each scale of the column: slopes, no shares of the score.
    """
    scores = scores_of(detector)
    X = as_rows(X, "X")
    d = X.shape[1]
    scale = as_row(scale, "scale", d)
    if (scale <= 0).any():
        raise ValueError(
            f"scale is {scale.min():g} at column {scale.argmin()}; above 0 is expected."
        )
    checks.in_range(width, "width", 0, math.inf, low_open=True, high_open=True)
    samples = checks.integer_in_range(samples, "samples", d + 2)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    steps = width * generator.standard_normal((samples, d))  # in scales; the same for all rows
    near = np.exp(-(steps**2).sum(axis=1) / (2 * d * width**2))
    centred = steps - near @ steps / near.sum()
    products = (centred.T * near) @ centred + RIDGE * near.sum() * width**2 * np.eye(d)
    solver = np.linalg.solve(products, centred.T * near)  # (d, samples)
    return np.array([solver @ scores(row + steps * scale) for row in X])
