"""The one form in which every data set of the course arrives: `AnomalyData`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from course_utils import checks

import numpy as np
import pandas as pd

RESERVED_NAMES = ("anomaly", "time", "kind")

# What one observation is called; a feature is named where X is a matrix.
NOUNS = {
    "table": ("row", "rows"),
    "series": ("row", "rows"),
    "images": ("image", "images"),
    "text": ("text", "texts"),
    "sequences": ("sequence", "sequences"),
}


@dataclass(frozen=True, eq=False, repr=False)
class AnomalyData:
    """Rows, each known to be normal or an anomaly: numbers, images, texts or sequences.

    Everything is checked when it is made, and every array is a read-only copy.

    Parameters
    ----------
    X : array-like
        One row per observation, in one of these forms:

        * numbers, shape (n, d), all finite; kept as float64 (a table, or a series if there is a
          time);
        * images, uint8, shape (n, height, width), or (n, height, width, 3) for red, green and
          blue; kept as uint8;
        * texts, n str; kept as an object array, shape (n,);
        * sequences, a list of n one-dimensional arrays or lists of whole numbers, each of its own
          length, 0 allowed; kept as an object array of int64 arrays, shape (n,). A list is read as
          sequences where `feature_names` is empty, else as a matrix.
    y : array-like, shape (n,)
        1 for an anomaly, 0 for a normal row. Kept as int64.
    feature_names : tuple or list of str, length d
        A name for each column of a matrix, with its unit where it has one. No name twice. Empty
        for images, texts and sequences.
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
        Rows with one number belong together (one patient, one machine, one recording).
    masks : array-like of bool, shape (n, height, width), optional
        For images: True where the defect is, so nowhere in a normal image.

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
    masks: np.ndarray | None = None

    def __post_init__(self):
        for text in ("name", "source", "licence"):
            _refuse_not_text(getattr(self, text), text)
        for array in ("X", "y", "kinds", "time", "groups", "masks"):
            checks.refuse_masked(getattr(self, array), array)
        observations = _as_observations(self.X, self.feature_names)
        rows = len(observations)
        columns = observations.shape[1] if observations.ndim == 2 else 0
        labels = checks.as_labels(self.y, "y", length=rows)
        self._keep("X", observations)
        self._keep("y", labels)
        object.__setattr__(self, "feature_names", _as_names(self.feature_names, columns))
        if self.kinds is not None:
            self._keep("kinds", _as_kinds(self.kinds, labels))
        if self.time is not None:
            self._keep("time", _as_times(self.time, rows))
        if self.groups is not None:
            self._keep("groups", _as_groups(self.groups, rows))
        if self.masks is not None:
            self._keep("masks", _as_masks(self.masks, observations, labels))

    def _keep(self, field, array):
        copy = np.array(array)
        copy.setflags(write=False)
        object.__setattr__(self, field, copy)

    def __len__(self):
        """Return the number of rows."""
        return len(self.y)

    @property
    def modality(self):
        """What X holds: "table", "series" (numbers with a time), "images", "text", "sequences"."""
        if self.X.ndim > 2:
            return "images"
        if self.X.ndim == 2:
            return "table" if self.time is None else "series"
        return "text" if isinstance(self.X[0], str) else "sequences"

    @property
    def n_features(self):
        """The number of columns of a table or a series, int; a TypeError for all else."""
        if self.X.ndim != 2:
            raise TypeError(
                f"n_features is the number of columns of a table or a series; {self.name} holds "
                f"{NOUNS[self.modality][1]}. Turn them into columns first."
            )
        return self.X.shape[1]

    @property
    def n_anomalies(self):
        """The number of rows that are anomalies, int."""
        return int(self.y.sum())

    @property
    def prevalence(self):
        """The share of rows that are anomalies, float from 0 to 1."""
        return self.n_anomalies / len(self)

    @cached_property
    def n_duplicates(self):
        """The number of rows that repeat an earlier row exactly, whatever their labels, int.

        In a series a row repeats another one if it has its time and its group as well: the same
        reading an hour later is another observation.
        """
        return len(self) - 1 - int(number_rows(self).max())

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
            masks=None if self.masks is None else self.masks[chosen],
        )

    def _chosen_rows(self, index):
        expected = "a list of row numbers, or of one True or False per row,"
        if not isinstance(index, slice):
            checks.refuse_masked(index, "index")
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
            The features under their names (or one column "text" or "sequence"), then "anomaly"
            (0 or 1), and "time" and "kind" where the data has them.

        Raises
        ------
        TypeError
            If the data holds images.
        """
        if self.modality == "images":
            raise TypeError(f"{self.name} holds images; a table cannot show them. Draw data.X.")
        if self.X.ndim == 2:
            table = pd.DataFrame(self.X, columns=list(self.feature_names), copy=True)
        else:
            table = pd.DataFrame({NOUNS[self.modality][0]: self.X})
        table["anomaly"] = self.y
        if self.time is not None:
            table["time"] = self.time
        if self.kinds is not None:
            table["kind"] = self.kinds
        return table

    def __repr__(self):
        """Return one line: name, rows, features, anomalies and their share, copies if any."""
        rows = _count(len(self), *NOUNS[self.modality])
        if self.X.ndim == 2:
            rows += f" × {_count(self.n_features, 'feature', 'features')}"
        elif self.modality == "images":
            rows += f" of {self.X.shape[1]} × {self.X.shape[2]} pixels"
            rows += " in colour" if self.X.ndim == 4 else ""
        anomalies = _count(self.n_anomalies, "anomaly", "anomalies")
        line = f"{self.name}: {rows}, {anomalies} ({100 * self.prevalence:.2f} %)"
        return line + self._copies()

    def _copies(self):
        if self.n_duplicates == 0:
            return ""
        share = 100 * self.n_duplicates / len(self)
        share = "less than 0.1" if share < 0.1 else f"{share:.1f}"
        return f", {share} % of the {NOUNS[self.modality][1]} are copies"


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


def number_rows(data):
    """Give identical rows one number and different rows different ones.

    Parameters
    ----------
    data : AnomalyData
        Of any modality. In a series a row is its values at its time in its group.

    Returns
    -------
    ndarray of int64, shape (n,)
        From 0, no number left out.
    """
    if data.X.ndim == 2:
        parts = [data.X + 0.0]  # -0.0 becomes 0.0: one number, one bit pattern
        if data.time is not None:
            parts += [part[:, None] for part in (data.time, data.groups) if part is not None]
        rows = np.hstack([np.ascontiguousarray(part).view(np.uint8) for part in parts])
        as_bytes = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
        return np.unique(as_bytes, return_inverse=True)[1]
    seen = {}
    return np.array([seen.setdefault(_digest(row), len(seen)) for row in data.X])


def as_anomaly_data(value, name):
    """Return `value` if it is an AnomalyData, or raise a TypeError that names the argument."""
    if not isinstance(value, AnomalyData):
        raise TypeError(f"{name} is of type {type(value).__name__}; an AnomalyData is expected.")
    return value


def _digest(row):
    """Return 32 bytes in place of a text, an image or a sequence, so that few bytes are kept."""
    content = row.encode("utf-8", "surrogatepass") if isinstance(row, str) else row.tobytes()
    return hashlib.sha256(content).digest()


def _count(number, singular, plural):
    return f"{number:,} {singular if number == 1 else plural}"


def _refuse_not_text(value, name):
    if not isinstance(value, str):
        raise TypeError(f"{name} is of type {type(value).__name__}; a text is expected.")
    if not value.strip():
        raise ValueError(f"{name} is empty; a text is expected.")


def _as_observations(values, names):
    """Return X in the form of its modality, which its own form and the names tell."""
    if isinstance(values, pd.Series):
        values = values.tolist()
    is_array = isinstance(values, np.ndarray)
    if is_array and values.ndim > 2:
        return _as_images(values)
    is_list = isinstance(values, (list, tuple)) or (is_array and values.ndim == 1)
    first = next(iter(values), None) if is_list else None
    if isinstance(first, str):
        return _as_texts(values)
    if isinstance(first, np.ndarray) and first.ndim > 1:
        return _as_images(values)
    nameless = isinstance(names, (tuple, list)) and len(names) == 0
    if first is not None and nameless:
        return _as_sequences(values)
    return checks.as_matrix(values, "X")


def _as_texts(values):
    texts = np.empty(len(values), dtype=object)
    for position, item in enumerate(values):
        if not isinstance(item, str):
            raise TypeError(
                f"X has a value of type {type(item).__name__} at position {position}; texts "
                "throughout are expected."
            )
        texts[position] = str(item)  # a plain str, also where NumPy's own kind came
    return texts


def _as_images(values):
    expected = "uint8 images, shape (n, height, width) or (n, height, width, 3),"
    try:
        images = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"X has images of unequal shapes; {expected} are expected.") from error
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] != 3):
        raise ValueError(f"X has shape {images.shape}; {expected} are expected.")
    if images.dtype != np.uint8:
        raise TypeError(f"X holds values of type {images.dtype}; {expected} are expected.")
    if images.size == 0:
        raise ValueError(f"X has shape {images.shape}; at least one pixel is expected.")
    return images


def _as_sequences(values):
    sequences = np.empty(len(values), dtype=object)
    for position, item in enumerate(values):
        sequences[position] = _as_sequence(item, position)
    return sequences


def _as_sequence(item, position):
    """Return one sequence as a read-only int64 array."""
    if _is_kept_sequence(item):
        return item  # from another AnomalyData: a copy would protect nothing more
    expected = "one-dimensional sequences of whole numbers, each an array or a list,"
    try:
        sequence = np.array(item)
    except ValueError as error:
        raise ValueError(
            f"X has rows of unequal length at position {position}; {expected} are expected."
        ) from error
    if sequence.ndim != 1 or not isinstance(item, (np.ndarray, list, tuple)):
        raise ValueError(
            f"X has a value of type {type(item).__name__} and shape {sequence.shape} at position "
            f"{position}; {expected} are expected."
        )
    if sequence.size and sequence.dtype.kind not in "iu":
        raise TypeError(
            f"X has values of type {sequence.dtype} at position {position}; {expected} are "
            "expected."
        )
    sequence = sequence.astype(np.int64)
    sequence.setflags(write=False)
    return sequence


def _is_kept_sequence(item):
    return (
        isinstance(item, np.ndarray)
        and item.dtype == np.int64
        and item.ndim == 1
        and item.base is None
        and not item.flags.writeable
    )


def _as_masks(masks, images, labels):
    expected = "one True or False per pixel of each image"
    if images.ndim < 3:
        raise ValueError("masks came with an X that holds no images; None is expected.")
    masks = np.asarray(masks)
    if masks.dtype != bool:
        raise TypeError(f"masks holds values of type {masks.dtype}; {expected} is expected.")
    if masks.shape != images.shape[:3]:
        raise ValueError(
            f"masks has shape {masks.shape}; {images.shape[:3]} is expected, {expected}."
        )
    wrong = np.flatnonzero(masks.any(axis=(1, 2)) & (labels == 0))
    if wrong.size:
        raise ValueError(
            f"masks marks a defect in image {wrong[0]}, where y is 0; only anomalies have defects."
        )
    return masks


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
