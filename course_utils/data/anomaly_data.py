"""The one form in which every data set of the course arrives: `AnomalyData`."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils import checks

import numpy as np
import pandas as pd

RESERVED_NAMES = ("anomaly", "time", "kind")


@dataclass(frozen=True, eq=False, repr=False)
class AnomalyData:
    """A table of rows, each known to be normal or an anomaly.

    Everything is checked when it is made, and every array is a read-only copy.

    Parameters
    ----------
    X : array-like, shape (n, d)
        One row per observation, finite numbers. Kept as float64.
    y : array-like, shape (n,)
        1 for an anomaly, 0 for a normal row. Kept as int64.
    feature_names : tuple or list of str, length d
        A name for each column, with its unit where it has one. No name twice.
    name : str
        What the data set is called.
    source : str
        Where it comes from, in a sentence.
    licence : str
        The licence of the data, or "unknown".
    kinds : array-like of str, shape (n,), optional
        What kind of anomaly a row is; "" for normal rows and for them alone.
    time : array-like of datetime64, shape (n,), optional
        When a row was observed. Data with a time is a series.
    groups : array-like of int, shape (n,), optional
        Rows with one number belong together (one patient, one machine).

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form; the message names it.
    """

    X: np.ndarray
    y: np.ndarray
    feature_names: tuple[str, ...]
    name: str
    source: str
    licence: str
    kinds: np.ndarray | None = None
    time: np.ndarray | None = None
    groups: np.ndarray | None = None

    def __post_init__(self):
        for text in ("name", "source", "licence"):
            _refuse_not_text(getattr(self, text), text)
        features = checks.as_matrix(self.X, "X")
        rows, columns = features.shape
        labels = checks.as_labels(self.y, "y", length=rows)
        self._keep("X", features)
        self._keep("y", labels)
        object.__setattr__(self, "feature_names", _as_names(self.feature_names, columns))
        if self.kinds is not None:
            self._keep("kinds", _as_kinds(self.kinds, labels))
        if self.time is not None:
            self._keep("time", _as_times(self.time, rows))
        if self.groups is not None:
            self._keep("groups", _as_groups(self.groups, rows))

    def _keep(self, field, array):
        copy = np.array(array)
        copy.setflags(write=False)
        object.__setattr__(self, field, copy)

    def __len__(self):
        """Return the number of rows."""
        return len(self.y)

    @property
    def n_features(self):
        """The number of columns, int."""
        return self.X.shape[1]

    @property
    def n_anomalies(self):
        """The number of rows that are anomalies, int."""
        return int(self.y.sum())

    @property
    def prevalence(self):
        """The share of rows that are anomalies, float from 0 to 1."""
        return self.n_anomalies / len(self)

    def take(self, index):
        """Return the chosen rows as data of their own.

        Parameters
        ----------
        index : array-like of int or bool, or slice
            Row numbers in the order wanted, or one True or False per row, or a slice.

        Returns
        -------
        AnomalyData

        Raises
        ------
        TypeError
            If `index` holds anything but whole numbers, or True and False.
        ValueError
            If it chooses no row, a row that is not there, or has one bool too many or too few.
        """
        chosen = self._chosen_rows(index)
        return AnomalyData(
            X=self.X[chosen],
            y=self.y[chosen],
            feature_names=self.feature_names,
            name=self.name,
            source=self.source,
            licence=self.licence,
            kinds=None if self.kinds is None else self.kinds[chosen],
            time=None if self.time is None else self.time[chosen],
            groups=None if self.groups is None else self.groups[chosen],
        )

    def _chosen_rows(self, index):
        expected = "a list of row numbers, or of one True or False per row,"
        if not isinstance(index, slice):
            index = np.asarray(index)
            if index.ndim != 1:
                raise ValueError(f"index has shape {index.shape}; {expected} is expected.")
            if index.size and index.dtype.kind not in "biu":
                raise TypeError(f"index holds type {index.dtype}; {expected} is expected.")
        try:
            rows = np.arange(len(self))[index if isinstance(index, slice) or index.size else []]
        except IndexError as error:
            raise ValueError(f"index does not fit {len(self)} rows: {error}.") from error
        if rows.size == 0:
            raise ValueError("index chooses no row; at least one is expected.")
        return rows

    def frame(self):
        """Return the data as a table for the eye.

        Returns
        -------
        DataFrame, n rows
            The features under their names, then "anomaly" (0 or 1), and "time" and "kind" where
            the data has them.
        """
        table = pd.DataFrame(self.X, columns=list(self.feature_names))
        table["anomaly"] = self.y
        if self.time is not None:
            table["time"] = self.time
        if self.kinds is not None:
            table["kind"] = self.kinds
        return table

    def __repr__(self):
        """Return one line: name, rows, features, anomalies and their share."""
        rows = _count(len(self), "row", "rows")
        features = _count(self.n_features, "feature", "features")
        anomalies = _count(self.n_anomalies, "anomaly", "anomalies")
        return f"{self.name}: {rows} × {features}, {anomalies} ({100 * self.prevalence:.2f} %)"


def windows(data):
    """Return the stretches of anomalous rows that follow one another.

    Parameters
    ----------
    data : AnomalyData
        Rows in the order of time.

    Returns
    -------
    list of (int, int, str)
        First row, the row after the last, and the kind of anomaly ("anomaly" where the data
        has no kinds). A change of kind starts a new window.

    Raises
    ------
    TypeError
        If `data` is no AnomalyData.
    """
    as_anomaly_data(data, "data")
    kinds = np.where(data.y == 1, "anomaly", "") if data.kinds is None else data.kinds
    starts = np.flatnonzero(np.append(True, kinds[1:] != kinds[:-1]))
    stops = np.append(starts[1:], len(kinds))
    runs = zip(starts.tolist(), stops.tolist(), strict=True)
    return [(start, stop, str(kinds[start])) for start, stop in runs if kinds[start]]


def as_anomaly_data(value, name):
    """Return `value` if it is an AnomalyData, or raise a TypeError that names the argument."""
    if not isinstance(value, AnomalyData):
        raise TypeError(f"{name} is of type {type(value).__name__}; an AnomalyData is expected.")
    return value


def _count(number, singular, plural):
    return f"{number:,} {singular if number == 1 else plural}"


def _refuse_not_text(value, name):
    if not isinstance(value, str):
        raise TypeError(f"{name} is of type {type(value).__name__}; a text is expected.")
    if not value.strip():
        raise ValueError(f"{name} is empty; a text is expected.")


def _as_names(names, columns):
    expected = f"{columns} names, one for each column of X,"
    if not isinstance(names, (tuple, list)) or not all(isinstance(item, str) for item in names):
        raise TypeError(f"feature_names is {names!r}; {expected} is expected.")
    names = tuple(names)
    if len(names) != columns:
        raise ValueError(f"feature_names has {len(names)} names; {expected} is expected.")
    for position, item in enumerate(names):
        if item in names[:position] or item in RESERVED_NAMES:
            expected = f"no name twice, and none of {', '.join(RESERVED_NAMES)},"
            raise ValueError(f"feature_names has {item!r}; {expected} is expected.")
    return names


def _as_kinds(kinds, labels):
    kinds = np.asarray(kinds)
    expected = 'one text per row, "" for normal rows and for them alone,'
    if kinds.dtype.kind not in "UO" or not all(isinstance(item, str) for item in kinds.flat):
        raise TypeError(f"kinds holds values of type {kinds.dtype}; {expected} is expected.")
    _refuse_wrong_length(kinds, "kinds", len(labels))
    kinds = kinds.astype(str)
    wrong = np.flatnonzero((kinds != "") != (labels == 1))
    if wrong.size:
        row = wrong[0]
        found = f"kinds has {str(kinds[row])!r} in row {row}, where y is {labels[row]}"
        raise ValueError(f"{found}; {expected} is expected.")
    return kinds


def _as_times(time, rows):
    time = np.asarray(time)
    if time.dtype.kind != "M":
        raise TypeError(f"time holds values of type {time.dtype}; datetime64 is expected.")
    _refuse_wrong_length(time, "time", rows)
    if np.isnat(time).any():
        row = np.flatnonzero(np.isnat(time))[0]
        raise ValueError(f"time has no date in row {row}; one per row is expected.")
    return time


def _as_groups(groups, rows):
    groups = np.asarray(groups)
    if groups.dtype.kind not in "iu":
        raise TypeError(f"groups holds values of type {groups.dtype}; whole numbers are expected.")
    _refuse_wrong_length(groups, "groups", rows)
    return groups.astype(np.int64)


def _refuse_wrong_length(array, name, rows):
    if array.shape != (rows,):
        raise ValueError(
            f"{name} has shape {array.shape}; ({rows},) is expected, one for each row."
        )
