"""A detector of tables behind river's two verbs: score a row, then learn from it."""

from collections import deque
from collections.abc import Mapping

from course_utils import checks

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

__all__ = ["OnlineDetector"]


class OnlineDetector:
    """Scores one row at a time and keeps the rows that it may learn from.

    `score_one` and `learn_one` are the names that river gave them (Montiel et al., Journal of
    Machine Learning Research 22, 2021), so that this goes where river's detectors go. Learning
    keeps a row and costs next to nothing; the detector changes when `refit` is called, and then
    all at once. The detector that was given stays as it is.

    Parameters
    ----------
    detector : object
        With ``fit(X)`` and ``decision_function(X)``, fitted or not, such as ``AutoEncoder()``.
    window : int
        How many rows are kept at most; the oldest make room.
    columns : sequence of str, optional
        The columns' names in the order of ``fit``, for rows that are dicts. Without them a
        detector that was fitted on a DataFrame knows them itself, and the keys of any other are
        the numbers 0, 1, … in that order, as ``river.stream.iter_array`` gives them.

    Attributes
    ----------
    detector_ : object
        The one that scores: the one given, and after `refit` a fitted copy of it.
    """

    _supervised = False  # river's wrappers ask: it learns without labels

    def __init__(self, detector, window=1000, columns=None):
        for name in ("fit", "decision_function"):
            if not callable(getattr(detector, name, None)):
                raise TypeError(
                    f"detector is {checks.describe(detector)} without {name}(X); a detector of "
                    "tables is expected, such as AutoEncoder()."
                )
        self.detector_ = detector
        names = getattr(detector, "feature_names_in_", None) if columns is None else columns
        self._columns = None if names is None else list(names)
        self._width = getattr(detector, "n_features_in_", None)
        if self._width is None and self._columns is not None:
            self._width = len(self._columns)
        elif self._columns is not None and len(self._columns) != self._width:
            raise ValueError(
                f"columns has {len(self._columns)} names; {self._width}, as in fit, are expected."
            )
        self._rows = deque(maxlen=checks.positive_integer(window, "window"))

    @property
    def rows(self):
        """The rows that are kept, oldest first, float64 of shape (rows, columns)."""
        return np.array(self._rows).reshape(len(self._rows), self._width or 0)

    def score_one(self, x):
        """Return the score of one row, the same as in ``decision_function`` beside others.

        Parameters
        ----------
        x : dict or sequence of numbers, shape (columns,)

        Returns
        -------
        float
            Higher = more anomalous.

        Raises
        ------
        TypeError, ValueError
            If x is no row of finite numbers, has another width, or lacks a column.
        sklearn.exceptions.NotFittedError
            If the detector was not fitted and `refit` was not called.
        """
        return float(self.detector_.decision_function(self._as_row(x)[None])[0])

    def learn_one(self, x):
        """Keep one row to learn from.

        Parameters
        ----------
        x : as in `score_one`
            A row that is refused is not kept.
        """
        row = self._as_row(x)
        self._width = len(row)
        self._rows.append(row)

    def refit(self, last=None):
        """Fit a fresh copy of the detector on rows that were kept; return self.

        Parameters
        ----------
        last : int, optional
            Learn from so many of the newest rows; None for all that are kept.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If no row was kept yet.
        ValueError
            If fewer than `last` rows are kept. The detector stays as it was.
        """
        rows = self.rows
        if not len(rows):
            raise NotFittedError("No row was kept yet: call learn_one(x) before refit().")
        if last is not None and checks.positive_integer(last, "last") > len(rows):
            raise ValueError(f"last is {last}; {len(rows)} rows are kept, no more.")
        # a fit that fails half-way must not leave half a detector
        fresh = clone(self.detector_, safe=False)
        fresh.fit(rows if last is None else rows[-last:])
        self.detector_ = fresh
        return self

    def _as_row(self, x):
        """Return a row as an array (columns,), its width and names checked."""
        if isinstance(x, Mapping):
            names = self._columns if self._columns is not None else range(self._width or len(x))
            if set(names) != set(x):
                raise ValueError(
                    f"x has the columns {_some(x)}; {_some(names)} are expected. columns=[…] "
                    "names them in the order of fit."
                )
            x = [x[name] for name in names]
        if np.ndim(x) != 1:
            raise ValueError(f"x has shape {np.shape(x)}; one row of numbers is expected.")
        return checks.as_matrix(np.asarray(x)[None], "x", columns=self._width)[0].copy()


def _some(names):
    """Return the first names as text."""
    shown = [str(name) for name in names]
    return ", ".join(shown[:6]) + (" …" if len(shown) > 6 else "")
