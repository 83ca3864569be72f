"""A file as the report sees it: features, labels, time and groups, with all that was noticed."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils.report import columns, labels, reading
from course_utils.report.remarks import Remark, ReportError, count, listed, shorten

import numpy as np
import pandas as pd

__all__ = ["Table", "read_table"]

MOST_CELLS = 4_000_000  # of the numbers that detectors get; a wide table keeps fewer rows
FEWEST = 30  # rows that can be cut in three


@dataclass(frozen=True)
class Table:
    """A user's table, ready to be cut.

    Attributes
    ----------
    name, digest : str
        The file's name and the SHA-256 of its bytes.
    rows_in_file : int
        With a label and a time, where they are asked for.
    places : array of int, shape (n,)
        Where each row stands in the file, the first below the names being 1.
    frame : DataFrame, n rows
        The features: float64 columns and object columns of categories.
    columns : list of Column
        All columns of the file but label and group, and but a time that is no date.
    label : Label or None
    y : array of int64, shape (n,), or None
    time : array of datetime64, shape (n,), or None
    days : float or None
        That the file spans; None where the time is no date.
    groups : array of int64, shape (n,), or None
    time_name, group_name : str or None
    remarks : list of Remark
    """

    name: str
    digest: str
    rows_in_file: int
    places: np.ndarray
    frame: pd.DataFrame
    columns: list
    label: labels.Label | None
    y: np.ndarray | None
    time: np.ndarray | None
    days: float | None
    groups: np.ndarray | None
    time_name: str | None
    group_name: str | None
    remarks: list

    def __len__(self):
        """Return the number of rows that are kept."""
        return len(self.frame)


def read_table(path, *, label=None, time=None, group=None, anomalous=(), most_rows=20_000):
    """Read a CSV and say what its columns are.

    Parameters
    ----------
    path : str or Path
    label, time, group : str, optional
        Columns' names.
    anomalous : sequence of str
        The label's values that are anomalies.
    most_rows : int
        More are sampled down to so many at random.

    Returns
    -------
    Table

    Raises
    ------
    ReportError
        With words on what to do.
    """
    roles = [name for name in (label, time, group) if name is not None]
    if len(set(roles)) < len(roles):
        raise ReportError("--label, --time and --group name one column twice. Each needs one.")
    if anomalous and label is None:
        raise ReportError(
            "--anomaly names a label's value; say which column has it: --label NAME."
        )
    source = reading.read(path, as_text=[label] if label else [], needed=roles)
    frame, remarks = source.frame, list(source.remarks)
    found = None
    if label is not None:
        found, said = labels.read_label(frame[label], anomalous)
        remarks += said
        frame = frame[found.told]
    y = None if found is None else found.y
    in_file = len(frame)
    if in_file < FEWEST:
        raise ReportError(
            f"{source.name} has {count(in_file, 'row')} to work with; at least {FEWEST} are "
            "needed, and some hundred for numbers that mean something."
        )
    when = None
    if time is not None:
        when, has_date, said = _times(frame[time])
        remarks += said
        keep = when.notna().to_numpy()
        frame, when = frame[keep], when[keep]
        y = None if y is None else y[keep]
        in_file = len(frame)
        order = np.argsort(when.to_numpy(), kind="stable")
        frame, when = frame.iloc[order], when.iloc[order]
        y = None if y is None else y[order]
    days = None
    if when is not None and has_date:
        days = (when.iloc[-1] - when.iloc[0]) / pd.Timedelta(days=1)
    parts, described, said = columns.features(frame.drop(columns=roles))
    remarks += said
    if label is None:
        remarks += labels.overlooked(parts.columns)
    if when is not None and has_date:
        clock = columns.clock(when, time)
        parts = parts.assign(**clock)
        used = " and ".join(each.removeprefix(f"{time}: ") for each in clock)
        described = [columns.Column(time, "time", 0, when.nunique(), used), *described]
    if parts.shape[1] == 0:
        raise ReportError(
            f"{source.name} has no column left to learn from. "
            + " ".join(each.text for each in remarks)
        )
    kept = _sample(in_file, parts.shape[1], most_rows, remarks)
    groups = None
    if group is not None:
        cells = frame[group].iloc[kept]
        groups = pd.factorize(cells, use_na_sentinel=False)[0].astype(np.int64)
        if cells.isna().any():
            said = f"{count(int(cells.isna().sum()), 'row')} without a group: taken for one group."
            remarks.append(Remark(said, "Name their groups, or leave the rows out.", "02"))
        remarks += _group_remarks(group, groups, time)
    return Table(
        name=source.name,
        digest=source.digest,
        rows_in_file=in_file,
        places=frame.index.to_numpy()[kept] + 1,
        frame=parts.iloc[kept].reset_index(drop=True),
        columns=described,
        label=found,
        y=None if y is None else y[kept],
        time=None if when is None else when.to_numpy()[kept],
        days=days,
        groups=groups,
        time_name=time,
        group_name=group,
        remarks=remarks,
    )


def _times(cells):
    """Return a column as times, whether they are dates, and remarks."""
    name, remarks = shorten(cells.name), []
    has_date = True
    if pd.api.types.is_numeric_dtype(cells):
        numbers = cells.astype(float)
        low, high = numbers.min(), numbers.max()
        unit = next((u for u, one in EPOCHS.items() if 3e8 * one < low and high < 4e9 * one), None)
        has_date = unit is not None
        if has_date:
            times = pd.to_datetime(numbers * (1e9 / EPOCHS[unit]), unit="ns")
            remarks.append(Remark(f"“{name}” was read as {unit} since 1970.", warning=False))
        else:
            ranks = numbers.rank(method="dense")
            times = pd.to_datetime(ranks, unit="s")
            said = f"“{name}” holds numbers, no dates: they give the order, and no alarms a day."
            remarks.append(Remark(said, "Write times as 2026-12-31 23:59:59.", warning=False))
    else:
        times, said = columns.as_times(cells)
        if times is None:
            raise ReportError(
                f"“{name}” does not hold times: {listed(cells.dropna().unique(), 3)}. Write them "
                "as 2026-12-31 23:59:59, or leave --time out."
            )
        if said:
            remarks.append(Remark(f"“{name}”: {said}", "Write dates as 2026-12-31."))
    bad = times.isna()
    if bad.any():
        such = listed(cells[bad].dropna().unique(), 2)
        said = f"Left out: {count(int(bad.sum()), 'row')} without a time"
        remarks.append(Remark(f"{said}{f', such as {such}' if such else ''}."))
    told = times[~bad].to_numpy()
    backwards = int((np.diff(told) < np.timedelta64(0)).sum())
    if backwards:
        remarks.append(
            Remark(
                f"Time goes back {count(backwards, 'time')} from one row to the next; the rows "
                "were put in order.",
                "Find out whether rows came late, or files were joined.",
                "20",
            )
        )
    if len(np.unique(told)) < 10:
        said = f"“{name}” has {len(np.unique(told))} different times"
        raise ReportError(f"{said}; at least 10 are needed to cut by time. Leave --time out.")
    return times, has_date, remarks


EPOCHS = {"seconds": 1, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}  # a second


def _group_remarks(group, groups, time):
    number = groups.max() + 1
    if time is not None:
        said = f"The cut is by time, so that a group of “{shorten(group)}” lies on both sides."
        return [Remark(said, "Leave --time out to test on groups never seen.", "02", False)]
    if number < 3:
        raise ReportError(
            f"“{shorten(group)}” has {count(int(number), 'group')}; at least 3 are needed, one "
            "for each part. Leave --group out."
        )
    if number > 0.9 * len(groups):
        said = f"Nearly every row of “{shorten(group)}” is a group of its own."
        return [Remark(said, "Is it the right column?", "02", False)]
    return []


def _sample(rows, width, most_rows, remarks):
    """Return the rows that are kept, in their order."""
    most = max(min(most_rows, MOST_CELLS // width), min(most_rows, 1_000))
    if rows <= most:
        return np.arange(rows)
    remarks.append(
        Remark(
            f"{rows:,} rows are more than the report needs: {most:,} of them, drawn at random, "
            "stand for all. Shares and prevalence stay; rare anomalies become few.",
            "--rows N takes more, and longer.",
            "02",
            False,
        )
    )
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
