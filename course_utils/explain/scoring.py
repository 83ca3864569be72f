"""What the explanations share: rows and scores, checked, and many rows scored in parts."""

import os
import warnings

from course_utils import checks

import numpy as np
from sklearn.base import OutlierMixin

ROWS_AT_A_TIME = 100_000
BESIDE = 1e-3  # of the largest score; float32 rounds far less


def scores_of(detector):
    """Return a function that maps rows (n, d) to scores (n,), a part of the rows at a time.

    Parameters
    ----------
    detector : object with ``decision_function``, or callable
        Of PyOD, of scikit-learn or of this course. Scikit-learn's scores are higher for normal
        rows; their sign is changed here, so that higher is more anomalous for all.

    Raises
    ------
    TypeError
        If it is neither.

    Warns
    -----
    UserWarning
        If the first row scores otherwise alone than beside the others, as with PyOD's ECOD and
        COPOD, whose explanations mean little then; the text has the cure.
    """
    score = getattr(detector, "decision_function", detector)
    if not callable(score):
        raise TypeError(
            f"detector is {checks.describe(detector)}; a detector with decision_function, or a "
            "function that maps rows to scores, is expected."
        )

    sign = -1 if isinstance(detector, OutlierMixin) else 1

    seen = []  # whether scores were compared already

    def scores(X):
        parts = np.array_split(X, -(-len(X) // ROWS_AT_A_TIME))
        found = [np.asarray(score(part), dtype=float) for part in parts]
        for part, each in zip(parts, found, strict=True):
            if each.shape != (len(part),):
                raise ValueError(
                    f"the detector returns scores of shape {each.shape} for {len(part)} rows; one "
                    "number for each row is expected."
                )
        found = np.concatenate(found)
        if not seen and len(X) > 1:
            seen.append(True)
            _warn_of_company(detector, np.asarray(score(X[:1]), dtype=float)[0], found)
        return sign * found

    return scores


def _warn_of_company(detector, alone, found):
    """Warn where the first row's score is another alone than it was found beside others."""
    if abs(alone - found[0]) > BESIDE * max(np.abs(found).max(), abs(alone)):
        warnings.warn(
            f"{type(detector).__name__} scores the first row {alone:.4g} alone and "
            f"{found[0]:.4g} beside the others, so a change of one row changes all "
            "scores. Explain lambda X: np.concatenate([detector.decision_function(X[i : i + 1]) "
            "for i in range(len(X))]) in its place.",
            stacklevel=4,  # of who asks for an explanation
        )


def threshold_of(detector, threshold):
    """Return the threshold that is told, or the detector's own.

    Raises
    ------
    ValueError
        If there is neither.
    """
    if threshold is None and isinstance(detector, OutlierMixin):
        return getattr(detector, "threshold_", 0.0)  # scikit-learn's scores have it taken off
    threshold = getattr(detector, "threshold_", None) if threshold is None else threshold
    if threshold is None:
        raise ValueError("threshold is not told, and the detector has no threshold_.")
    return float(checks.in_range(threshold, "threshold", -np.inf, np.inf))


def are_images(X):
    """Say whether X is meant as images: more than two axes, or a list of arrays or of files."""
    if isinstance(X, (list, tuple)) and len(X):
        return isinstance(X[0], (str, os.PathLike)) or len(getattr(X[0], "shape", ())) > 1
    return len(getattr(X, "shape", ())) > 2


def as_rows(X, name, columns=None):
    """Return X as an array (n, d) of finite numbers, of so many columns where that is told."""
    X = checks.as_matrix(X, name)
    if columns is not None and X.shape[1] != columns:
        raise ValueError(f"{name} has {X.shape[1]} columns; {columns}, as X has, are expected.")
    return X


def as_row(values, name, columns):
    """Return values as an array of finite numbers, (columns,)."""
    return as_rows(np.reshape(np.asarray(values, dtype=float), (1, -1)), name, columns)[0]
