"""Series: the times beside the rows, windows that end at a row, gaps that are carried over."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = [
    "Times",
    "as_times",
    "backwards",
    "carried_over",
    "following",
    "trailing_mean",
    "trailing_windows",
]

NANOSECONDS = 1_000_000_000
WEEK = 7 * 24 * 3600 * NANOSECONDS
DAY = WEEK // 7


@dataclass(frozen=True)
class Times:
    """When the rows of a series were measured, a fixed step apart.

    Attributes
    ----------
    instants : array of int64, shape (n,)
        Nanoseconds since 1970, in UTC where a zone is known.
    wall : array of int64, shape (n,)
        The same as clocks on the wall of that zone show it: with daylight saving, an hour of
        the wall's clock is missing in spring and comes twice in autumn.
    zone : str or None
        None for times without a zone.
    step : int or None
        Nanoseconds from row to row; None for one row.
    """

    instants: np.ndarray
    wall: np.ndarray
    zone: str | None
    step: int | None


def as_times(times, rows, name="times"):
    """Return the times of a series' rows, checked: one a row, rising, a fixed step apart.

    Parameters
    ----------
    times : array of datetime64, pandas DatetimeIndex or Series, or list of datetime
        All with a zone or all without.
    rows : int
        As many are expected.
    name : str
        What messages call them.

    Returns
    -------
    Times

    Raises
    ------
    TypeError, ValueError
        If they are no such times (the message names the first that does not fit).
    """
    index = _as_index(times, name)
    if len(index) != rows:
        raise ValueError(f"{name} has {len(index):,} times; one for each of {rows:,} rows.")
    if index.hasnans:
        raise ValueError(f"{name}[{int(np.argmax(index.isna()))}] is missing.")
    index = index.as_unit("ns")
    instants, wall = index.asi8, index.tz_localize(None).asi8
    zone = None if index.tz is None else str(index.tz)
    return Times(instants, wall, zone, _step(instants, index, name))


def _as_index(times, name):
    """Return times as a DatetimeIndex."""
    if isinstance(times, pd.Series):
        times = times.to_numpy() if times.dt.tz is None else pd.DatetimeIndex(times)
    if not isinstance(times, (np.ndarray, pd.DatetimeIndex)):
        times = list(times)
        zoned = {getattr(each, "tzinfo", None) is not None for each in times}
        if len(zoned) > 1:
            raise TypeError(f"{name} mixes times with a zone and without; give all of them one.")
    if isinstance(times, np.ndarray) and times.dtype.kind not in "MO":
        raise TypeError(f"{name} holds {times.dtype}; datetime64 is expected.")
    try:
        return pd.DatetimeIndex(times)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} cannot be read as times: {error}") from error


def _step(instants, index, name):
    """Return the step from row to row; raise for the first row that does not keep it."""
    steps = np.diff(instants)
    if not len(steps):
        return None
    values, counts = np.unique(steps, return_counts=True)
    usual = values[counts.argmax()]
    wrong = np.flatnonzero((steps <= 0) | (steps != usual))
    if len(wrong):
        row = int(wrong[0]) + 1
        apart = pd.Timedelta(int(steps[row - 1]), "ns")
        if apart <= pd.Timedelta(0):
            what = "is the same as" if not apart else "comes before"
            raise ValueError(
                f"{name}[{row}], {index[row]}, {what} the one before it; rising times are "
                "expected. Sort the rows, and keep one for each time."
            )
        raise ValueError(
            f"{name}[{row}], {index[row]}, comes {apart} after the one before it; the step of "
            f"this series is {pd.Timedelta(int(usual), 'ns')}. Put the rows on a full clock "
            "(pandas: asfreq) and say what is missing with NaN."
        )
    return int(usual)


def _from_instants(instants, zone, step):
    """Return Times; what clocks show is asked of pandas where there is a zone."""
    if zone is None:
        return Times(instants, instants, None, step)
    index = pd.DatetimeIndex(instants.astype("datetime64[ns]")).tz_localize("UTC")
    return Times(instants, index.tz_convert(zone).tz_localize(None).asi8, zone, step)


def backwards(last, zone, step, rows):
    """Return the Times of `rows` rows that end at the instant `last`."""
    return _from_instants(last + step * np.arange(1 - rows, 1), zone, step)


def following(times, rows, ahead=0):
    """Return the times of rows that follow on a series, each its step after the one before.

    Parameters
    ----------
    times : Times
        Of two rows at least.
    rows : int
    ahead : int
        As many rows between are left out.

    Returns
    -------
    Times
    """
    first = times.instants[-1] + (1 + ahead) * times.step
    return _from_instants(first + times.step * np.arange(rows), times.zone, times.step)


def carried_over(X, longest_gap, before=None):
    """Return rows with each NaN replaced by its column's last number.

    Parameters
    ----------
    X : array of float64, shape (n, channels)
    longest_gap : int
        Rows; what is missing longer is refused, since a series that stands still is a claim.
    before : array of shape (channels,), optional
        The row before the first.

    Returns
    -------
    array of float64, shape (n, channels)

    Raises
    ------
    ValueError
        With row and column of a gap that is too long or has no number before it.
    """
    missing = np.isnan(X)
    if not missing.any():
        return X
    result = X.copy()
    for column in np.flatnonzero(missing.any(axis=0)):
        edges = np.flatnonzero(np.diff(missing[:, column], prepend=False, append=False))
        for start, stop in edges.reshape(-1, 2):
            if stop - start > longest_gap:
                raise ValueError(
                    f"X has no number in rows {start} to {stop - 1} of column {column}, "
                    f"{stop - start} in a row; at most longest_gap={longest_gap} are carried over."
                )
            if not start and before is None:
                raise ValueError(
                    f"X has no number in row 0 of column {column}, and there is none before it."
                )
            result[start:stop, column] = before[column] if not start else X[start - 1, column]
    return result


def trailing_windows(X, width):
    """Return the windows of `width` rows that end at row width − 1, width …

    Parameters
    ----------
    X : array, shape (n, channels)
    width : int

    Returns
    -------
    array, shape (n − width + 1, width, channels)
        A view; the last row of a window is the row that it ends at.
    """
    return np.lib.stride_tricks.sliding_window_view(X, width, axis=0).swapaxes(1, 2)


def trailing_mean(values, width):
    """Return the mean of each value and those before it, `width` in all.

    Parameters
    ----------
    values : array, shape (n, …)
    width : int

    Returns
    -------
    array, shape (n − width + 1, …)
    """
    return np.lib.stride_tricks.sliding_window_view(values, width, axis=0).mean(axis=-1)
