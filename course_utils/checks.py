"""Argument checks that every room shares.

A check returns the value in the one form that the rest of the package works with, or raises an
error that names the argument, says what came, and says what was expected.
"""

from __future__ import annotations

import math
import numbers
import sys
from decimal import Decimal

import numpy as np

REAL = (numbers.Real, Decimal)  # Decimal keeps away from Python's family of numbers


def as_matrix(value, name, *, columns=None, first_row=0):
    """Return a table of finite numbers as a float64 array.

    Parameters
    ----------
    value : array-like or DataFrame, shape (n, d)
        The table. At least one row and one column; of a masked array, no entry may be masked.
    name : str
        What the caller calls it; it opens every error message.
    columns : int, optional
        The number of columns that is expected.
    first_row : int
        What the messages call the first row, where the table is a part of a larger one.

    Returns
    -------
    ndarray of float64, shape (n, d)
        No copy is made when `value` is such an array already.

    Raises
    ------
    TypeError
        If `value` is None, text, or holds something that is not a number.
    ValueError
        If it is not two-dimensional, is empty, has another width than `columns`, or holds NaN
        or infinity; the message names the row and the column, both counted from 0.
    """
    expected = "a table of numbers with rows and columns"
    array = _as_numbers(value, name, expected, first_row)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}; {expected} is expected (two axes).")
    if array.size == 0:
        raise ValueError(
            f"{name} has shape {array.shape}; at least one row and one column is expected."
        )
    if columns is not None and array.shape[1] != columns:
        raise ValueError(f"{name} has {_count(array.shape[1], 'column')}; {columns} expected.")
    _refuse_not_finite(array, name, first_row)
    return array


def refuse_other_forms(X):
    """Raise for what is no dense table of real numbers, in scikit-learn's words."""
    sparse = sys.modules.get("scipy.sparse")  # where it was not loaded, nothing is sparse
    if sparse is not None and sparse.issparse(X):
        raise TypeError("X is a sparse matrix, which is not supported; use X.toarray().")
    shape = getattr(X, "shape", ())
    if getattr(getattr(X, "dtype", None), "kind", "") == "c":
        raise ValueError("Complex data not supported: X holds complex numbers.")
    if len(shape) == 1:
        raise ValueError(
            f"X has shape {tuple(shape)}; rows and columns are expected. Reshape your data: "
            "np.reshape(np.asarray(X), (1, -1)) for one row, (-1, 1) for one column."
        )
    if len(shape) == 2 and 0 in shape:
        what = ("0 sample(s)", "0 feature(s)")[shape.index(0)]
        raise ValueError(f"X has {what} (shape={tuple(shape)}) while a minimum of 1 is required.")


def column_names(X):
    """Return a DataFrame's column names, list of str, if all are text, else None."""
    names = getattr(X, "columns", None)
    if names is None or not all(isinstance(name, str) for name in names):
        return None
    return list(names)


def refuse_other_columns(X, names, columns, known, detector):
    """Raise where a table's columns are not those that a detector was fitted on.

    Parameters
    ----------
    X : array of shape (n, d)
    names : list of str, or None
        The columns' names, where they have any.
    columns : int
        How many are expected.
    known : sequence of str, or None
        The names that are expected.
    detector : str
        The class's name.

    Raises
    ------
    ValueError
        With the first column whose name is another.
    """
    if X.shape[1] != columns:
        raise ValueError(
            f"X has {X.shape[1]} features, but {detector} is expecting {columns} features as "
            "input."
        )
    if names is not None and known is not None and list(names) != list(known):
        wrong = next(i for i in range(columns) if names[i] != known[i])
        raise ValueError(
            f"X has the name {names[wrong]!r} at column {wrong}; {known[wrong]!r} is expected, as "
            "in fit. Put the columns in the order of fit."
        )


def as_scores(value, name):
    """Return anomaly scores, or any one list of finite numbers, as a float64 array.

    Parameters
    ----------
    value : array-like, shape (n,)
        One number per row; at least one.
    name : str
        What the caller calls it.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    TypeError
        If `value` is None, text, or holds something that is not a number.
    ValueError
        If it has more or fewer axes than one, is empty, or holds NaN or infinity.
    """
    expected = "one number per row"
    array = _as_numbers(value, name, expected)
    _refuse_not_a_list(array, name, expected)
    _refuse_not_finite(array, name)
    return array


def as_labels(value, name, *, length=None, both_classes=False):
    """Return labels as an int64 array of 0 (normal) and 1 (anomaly).

    Parameters
    ----------
    value : array-like, shape (n,)
        Labels 0 and 1, or False and True; at least one.
    name : str
        What the caller calls it.
    length : int, optional
        The number of labels that is expected.
    both_classes : bool
        Whether at least one 0 and one 1 must be there.

    Returns
    -------
    ndarray of int64, shape (n,)

    Raises
    ------
    TypeError
        If `value` is None, text, or holds something that is not a number.
    ValueError
        If it has more or fewer axes than one, is empty, has another length than `length`, holds
        anything but 0 and 1, or holds one class only where both are needed.
    """
    expected = "one label per row, 0 (normal) or 1 (anomaly),"
    array = _as_numbers(value, name, expected)
    _refuse_not_a_list(array, name, expected)
    wrong = np.flatnonzero((array != 0) & (array != 1))
    if wrong.size:
        position = wrong[0]
        raise ValueError(
            f"{name} has {plain(array[position])} at position {position}; {expected} is expected."
        )
    if length is not None and array.size != length:
        raise ValueError(
            f"{name} has {_count(array.size, 'label')}; {length} expected, one for each row."
        )
    labels = array.astype(np.int64)
    if both_classes and labels.min() == labels.max():
        raise ValueError(
            f"{name} holds only label {labels[0]}; at least one 0 and one 1 is expected."
        )
    return labels


def as_seed(value, name):
    """Return a seed, from 0 to 2**32 − 1 as NumPy's and torch's generators take it, as an int.

    It raises as `integer_in_range` does.
    """
    return integer_in_range(value, name, 0, 2**32 - 1)


def positive_integer(value, name):
    """Return a count, 1 or more, as an int; it raises as `integer_in_range` does."""
    return integer_in_range(value, name, 1)


def integer_in_range(value, name, low, high=None):
    """Return a whole number that lies in a range as a Python int.

    Parameters
    ----------
    value : int
        The number.
    name : str
        What the caller calls it.
    low : int
        The smallest number allowed.
    high : int, optional
        The largest number allowed; None for no limit.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If `value` is no whole number type (a bool is none).
    ValueError
        If it is outside the range.
    """
    limits = f"of at least {low}" if high is None else f"from {low} to {high}"
    expected = f"a whole number {limits}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} is {describe(value)}; {expected} is expected.")
    number = int(value)
    if number < low or (high is not None and number > high):
        raise ValueError(f"{name} is {number}; {expected} is expected.")
    return number


def in_range(value, name, low, high, *, low_open=False, high_open=False):
    """Return a number that lies in an interval as a Python float.

    Parameters
    ----------
    value : float or int
        The number.
    name : str
        What the caller calls it.
    low, high : float
        The ends of the interval; an infinite end is always left out.
    low_open, high_open : bool
        Whether `low` or `high` itself is left out.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If `value` is no number (a bool is none).
    ValueError
        If it is NaN or outside the interval.
    """
    low_open = low_open or math.isinf(low)
    high_open = high_open or math.isinf(high)
    interval = f"{'(' if low_open else '['}{plain(low)}, {plain(high)}{')' if high_open else ']'}"
    expected = f"a number in {interval}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, REAL):
        raise TypeError(f"{name} is {describe(value)}; {expected} is expected.")
    try:
        number = float(value)
    except (OverflowError, ValueError):  # a whole number or a Decimal that is none of float64's
        number = math.nan
    above = number > low if low_open else number >= low
    below = number < high if high_open else number <= high
    if not (above and below):  # NaN fails both comparisons
        raise ValueError(f"{name} is {describe(value)}; {expected} is expected.")
    return number


def one_of(value, name, choices):
    """Return a text that is one of the choices.

    Parameters
    ----------
    value : str
        The text.
    name : str
        What the caller calls it.
    choices : sequence of str
        What is allowed.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If `value` is no text.
    ValueError
        If it is none of the choices.
    """
    expected = f"one of {', '.join(repr(choice) for choice in choices)}"
    if not isinstance(value, str):
        raise TypeError(f"{name} is {describe(value)}; {expected} is expected.")
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; {expected} is expected.")
    return value


def refuse_masked(value, name, first_row=0):
    """Raise where a masked array of NumPy has an entry that is masked: it is no measurement.

    Parameters
    ----------
    value : object
        Also a list or tuple of masked arrays; whatever else it is, it passes.
    name : str
        What the caller calls it.
    first_row : int
        What the message calls the first row.

    Raises
    ------
    ValueError
        With the place of the first masked entry.
    """
    parts = enumerate(value) if isinstance(value, (list, tuple)) else [(None, value)]
    for number, part in parts:
        mask = np.ma.getmask(part)
        if mask is np.ma.nomask or not mask.any():
            continue
        position = [int(index) for index in np.unravel_index(mask.argmax(), mask.shape)]
        position = position if number is None else [number, *position]
        raise ValueError(
            f"{name} has a masked entry{_where(position, first_row)}; entries with a value are "
            f"expected. Leave its row out, or give it a value: np.ma.array({name}).filled(value)."
        )


def _as_numbers(value, name, expected, first_row=0):
    """Return `value` as a float64 array of any shape, or raise TypeError or ValueError."""
    if value is None or isinstance(value, (str, bytes)):
        raise TypeError(f"{name} is {describe(value)}; {expected} is expected.")
    refuse_masked(value, name, first_row)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} has rows of unequal length; {expected} is expected.") from error
    except (RuntimeError, TypeError) as error:  # a tensor of a computation, or on a device
        raise TypeError(f"{name} cannot be made a NumPy array: {error}") from error
    if array.dtype.kind == "O":  # numbers and None or text side by side, as in a DataFrame
        return _from_objects(array, name, expected, first_row)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} holds {_kind_name(array)}; {expected} is expected.")
    return array.astype(np.float64, copy=False)


def _from_objects(array, name, expected, first_row):
    """Return Python's numbers of several sorts, as databases hand them out, as float64."""
    result = np.empty(array.shape)
    for position, item in np.ndenumerate(array):
        if not isinstance(item, (*REAL, np.bool_)):
            where = _where(position, first_row)
            raise TypeError(f"{name} has {describe(item)}{where}; {expected} is expected.")
        try:
            result[position] = item
        except (OverflowError, ValueError) as error:
            raise ValueError(
                f"{name} has {describe(item)}{_where(position, first_row)}, which float64 cannot "
                f"hold; {expected} is expected."
            ) from error
    return result


def _refuse_not_a_list(array, name, expected):
    if array.ndim != 1:
        is_column = array.ndim == 2 and 1 in array.shape
        hint = f" As a list it is np.ravel({name})." if is_column else ""
        raise ValueError(
            f"{name} has shape {array.shape}; {expected} is expected (one axis).{hint}"
        )
    if array.size == 0:
        raise ValueError(f"{name} is empty; {expected} is expected.")


def _refuse_not_finite(array, name, first_row=0):
    bad = ~np.isfinite(array)
    if bad.any():
        position = tuple(int(index) for index in np.unravel_index(bad.argmax(), bad.shape))
        what = "NaN" if np.isnan(array[position]) else "infinity"
        where = _where(position, first_row)
        raise ValueError(f"{name} has {what}{where}; finite numbers are expected.")


def _where(position, first_row=0):
    """Return the words for a place; rows are counted from `first_row`."""
    if position:
        position = (position[0] + first_row, *position[1:])
    if len(position) == 2:
        return f" in row {position[0]}, column {position[1]}"
    return f" at position {', '.join(str(index) for index in position)}" if position else ""


def describe(value):
    """Return what a message calls a value that it refuses: "None", "3", "the text 'a'".

    A number of another sort than Python's and NumPy's shows its sort: "Decimal('3')".

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    if value is None or isinstance(value, (int, float, complex, np.number, np.bool_)):
        return str(value)[:40]
    if isinstance(value, numbers.Number):
        return repr(value)[:40]
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    return f"a value of type {type(value).__name__}"


def _kind_name(array):
    names = {
        "U": "text",
        "S": "text",
        "T": "text",
        "M": "dates",
        "m": "durations",
        "c": "complex numbers",
    }
    return names.get(array.dtype.kind, f"values of type {array.dtype}")


def _count(number, noun):
    return f"{number} {noun}{'' if number == 1 else 's'}"


def plain(number):
    """Return a number in few digits where they tell the whole truth, else in all of them.

    Parameters
    ----------
    number : float

    Returns
    -------
    str
        Such as "1", "0.5", "1.0000001", "∞".
    """
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    short = f"{number:g}"
    return short if float(short) == number else str(number)
