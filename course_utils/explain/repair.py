"""Counterfactuals: which entry, changed to a usual value, would have silenced the alarm?"""

from dataclasses import dataclass

from course_utils import checks
from course_utils.explain.scoring import as_rows, scores_of, threshold_of

import numpy as np

__all__ = ["Repair", "repair"]


@dataclass(frozen=True)
class Repair:
    """What the best change of one entry does to each row.

    Attributes
    ----------
    gains : array, shape (n, d)
        By how much the score falls at most if this entry alone is changed to one of the values
        tried; 0 where it only rises.
    values : array, shape (n, d)
        The value that does it.
    columns : array of int, shape (n,)
        The column whose change lowers the score most.
    silenced : array of bool, shape (n,)
        Whether that brings the score to the threshold or below.
    """

    gains: np.ndarray
    values: np.ndarray
    columns: np.ndarray
    silenced: np.ndarray


def repair(detector, X, background, threshold=None, candidates=25):
    """Change one entry at a time to usual values and see how far the score falls.

    Parameters
    ----------
    detector : object with ``decision_function``, or callable
    X : array-like, shape (n, d)
        Rows that are to be explained.
    background : array-like, shape (m, d)
        Normal rows; the values that are tried are quantiles of their columns, so that they are
        within each column's range.
    threshold : float, optional
        The detector's ``threshold_`` where none is told, and 0 for scikit-learn's.
    candidates : int
        Values tried for each entry, from the 1 % to the 99 % quantile; candidates · d scores are
        asked for each row.

    Returns
    -------
    Repair
    """
    scores = scores_of(detector)
    X = as_rows(X, "X")
    n, d = X.shape
    background = as_rows(background, "background", d)
    candidates = checks.integer_in_range(candidates, "candidates", 2)
    threshold = threshold_of(detector, threshold)
    tried = np.quantile(background, np.linspace(0.01, 0.99, candidates), axis=0)  # (candidates, d)
    before = scores(X)
    lowest, values = np.full((n, d), np.inf), X.copy()
    for column in range(d):
        changed = np.repeat(X, candidates, axis=0)
        changed[:, column] = np.tile(tried[:, column], n)
        found = scores(changed).reshape(n, candidates)
        best = found.argmin(axis=1)
        lowest[:, column] = found[np.arange(n), best]
        values[:, column] = tried[best, column]
    gains = (before[:, None] - lowest).clip(min=0)
    values = np.where(gains > 0, values, X)
    columns = gains.argmax(axis=1)
    return Repair(gains, values, columns, before - gains.max(axis=1) <= threshold)
