"""Scores and slopes of rows, as the exercises of lesson 17 hand them over."""

from __future__ import annotations

from collections.abc import Callable

from course_utils.exercises.results import plain

import numpy as np


class OfRows:
    """A function of rows (n, d), which says what it is where an input is shown.

    Parameters
    ----------
    told : str
    function : callable
        Maps rows (n, d) to numbers (n,) or (n, d).
    """

    def __init__(self, told: str, function: Callable) -> None:
        self.told, self.function = told, function

    def __call__(self, X: object) -> np.ndarray:
        X = np.asarray(plain(X), dtype=float)
        if X.ndim != 2:
            raise ValueError(
                f"{self.told} takes rows (n, d), and was given the shape {X.shape}. One row alone "
                "is row[None], of shape (1, d)."
            )
        return self.function(X)

    def __repr__(self) -> str:
        return self.told
