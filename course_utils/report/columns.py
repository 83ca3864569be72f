"""What each column is: a number, a category, a date, an identifier, or nothing to learn from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from course_utils.report.remarks import Remark, count, listed, shorten

import numpy as np
import pandas as pd

__all__ = ["Column", "as_times", "features"]

FEW = 20  # categories that get a column each
MOSTLY = 0.9  # of the cells: then the rest are slips
NEARLY_ALL = 0.99  # of the values differ, as in an identifier
ENOUGH = 50  # rows, below which nothing is called an identifier
LARGEST = 1e100  # squares of larger numbers are out of reach
ID = re.compile(r"(^|[^a-z])(id|uuid|guid|nr|no|key|index|row|number|serial)$", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """One column of the file and what became of it.

    Attributes
    ----------
    name : str
    kind : str
        "number", "category", "date", "text", "identifier", "constant" or "empty".
    missing : int
        Cells without a value.
    distinct : int
        Different values.
    used : str
        What the detectors get of it; "" where they get nothing.
    """

    name: str
    kind: str
    missing: int
    distinct: int
    used: str


def features(frame):
    """Return the columns that detectors can learn from.

    Parameters
    ----------
    frame : DataFrame
        Without label, time and group.

    Returns
    -------
    DataFrame
        float64 columns with NaN where a value is missing, and object columns of categories,
        None where one is missing.
    list of Column
        One for each column of `frame`.
    list of Remark
    """
    made, columns, remarks = {}, [], []
    for name in frame.columns:
        parts, column = _feature(frame[name], remarks)
        columns.append(column)
        made |= parts
    remarks += _left_out(columns)
    return pd.DataFrame(made, index=frame.index), columns, remarks


def as_times(cells):
    """Return cells as times where nearly all of them are dates.

    Parameters
    ----------
    cells : Series

    Returns
    -------
    Series of datetime64, or None
        NaT where a cell is no date.
    str
        How a date was read that can be read in two ways; else "".
    """
    told = cells.dropna().astype(str).str.strip()
    if not len(told) or not told.iloc[:LOOK].str.contains(DATE).mean() >= MOSTLY:
        return None, ""
    numeric = told.str.extract(r"^(\d{1,2})([./-])(\d{1,2})[./-]\d{2,4}\b")
    day_first, said = False, ""
    if numeric[0].notna().mean() >= MOSTLY:
        first, second = (pd.to_numeric(numeric[each]).max() for each in (0, 2))
        day_first = first > 12 or (second <= 12 and (numeric[1] == ".").any())
        if first <= 12 and second <= 12:
            order = "day" if day_first else "month"
            said = f"Dates such as “{shorten(told.iloc[0])}” were read with the {order} first."
    times = pd.to_datetime(
        cells.astype(object), format="mixed", dayfirst=day_first, errors="coerce", utc=True
    ).dt.tz_localize(None)
    return (times, said) if times.notna().sum() >= MOSTLY * len(told) else (None, "")


# a year or a month's name must be there: "12:30", "1.4.2" and "5,000.1" are no dates
DATE = re.compile(
    r"^(?:19|20)\d\d(?:[-/.]\d{1,2}\b|\d{4}T)"
    r"|^\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d)\b"
    r"|\d.*\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b.*\d"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b.*\d{4}",
    re.IGNORECASE,
)
LOOK = 200  # cells that show whether a column may hold dates at all


def _feature(cells, remarks):
    """Return the columns {name: Series} that one column of the file becomes, and its Column."""
    name, missing, distinct = cells.name, int(cells.isna().sum()), cells.nunique()

    def column(kind, used=""):
        return Column(name, kind, missing, distinct, used)

    if distinct <= 1:
        # all cells but the missing ones are alike: whether one is missing may still tell
        return {}, column("constant" if distinct else "empty")
    numbers = _as_numbers(cells, remarks)
    if numbers is not None:
        missing, distinct = int(numbers.isna().sum()), numbers.nunique()
        if distinct <= 1:
            return {}, column("constant" if distinct else "empty")
        if _is_identifier(numbers, name):
            return {}, column("identifier")
        return {name: numbers}, column("number", "as it is")
    times, said = as_times(cells)
    if times is not None:
        if said:
            remarks.append(Remark(f"“{shorten(name)}”: {said}", "Write dates as 2026-12-31."))
        parts = clock(times, name)
        used = " and ".join(each.removeprefix(f"{name}: ") for each in parts)
        return parts, column("date", used)
    texts = cells.astype(object).where(cells.notna(), None)
    if distinct <= FEW:
        texts = texts.map(lambda value: None if value is None else str(value))
        return {name: texts}, column("category", "a column for each category")
    nearly = len(cells) >= ENOUGH and distinct >= NEARLY_ALL * (len(cells) - missing)
    return {}, column("identifier" if nearly else "text")


def clock(times, name):
    """Return hour and weekday of times, each where it can mean something.

    Parameters
    ----------
    times : Series of datetime64
    name : str

    Returns
    -------
    dict of str to Series of float64
        "NAME: hour" where three hours of the day occur; "NAME: weekday", Monday = 0, where the
        times span two weeks.
    """
    parts = {}
    if times.dt.hour.nunique() >= 3:
        parts[f"{name}: hour"] = times.dt.hour.astype(float)
    if times.max() - times.min() >= pd.Timedelta(days=14) and times.dt.day_of_week.nunique() >= 2:
        parts[f"{name}: weekday"] = times.dt.day_of_week.astype(float)
    return parts


def _as_numbers(cells, remarks):
    """Return cells as float64, NaN where one is no finite number, or None where few are."""
    if pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_bool_dtype(cells):
        numbers = cells.astype(float)
    else:
        words = cells.astype(str).str.casefold()
        if words[cells.notna()].isin(["true", "false"]).all():
            return words.map({"true": 1.0, "false": 0.0})
        numbers = pd.to_numeric(cells, errors="coerce").astype(float)
        if numbers.notna().sum() < MOSTLY * cells.notna().sum():
            numbers = _without_signs(cells, remarks)
        slips = cells[numbers.isna() & cells.notna()]
        if numbers.notna().sum() < MOSTLY * cells.notna().sum():
            return None
        if len(slips):
            remarks.append(
                Remark(
                    f"“{shorten(cells.name)}” holds numbers, except in "
                    f"{count(len(slips), 'cell')}, such as {listed(slips.unique(), 3)}: counted "
                    "as missing.",
                    "Write them as numbers, without units, or leave them empty.",
                )
            )
    wild = numbers.abs() > LARGEST  # infinity too
    if wild.any():
        remarks.append(
            Remark(
                f"“{shorten(cells.name)}” has {count(int(wild.sum()), 'number')} beyond 1e100, "
                "or infinite: counted as missing.",
                "Find out what wrote them.",
            )
        )
    return numbers.where(~wild)


def _without_signs(cells, remarks):
    """Return texts such as "1,234.5", "1.234,5", "12 %" and "€ 3" as float64, NaN for others."""
    bare = cells.astype("string").str.replace(r"[\s%€$£]", "", regex=True)
    for comma, point in ((",", "."), (".", ",")):
        form = rf"[-+]?(?:\d+|[1-9]\d{{0,2}}(?:\{comma}\d{{3}})+)(?:\{point}\d+)?"
        fits = bare.str.fullmatch(form).fillna(False).astype(bool)
        if fits.sum() >= MOSTLY * cells.notna().sum():
            plain = bare.str.replace(comma, "", regex=False).str.replace(point, ".", regex=False)
            numbers = pd.to_numeric(plain.where(fits), errors="coerce").astype(float)
            numbers = pd.Series(numbers.to_numpy(dtype=float, na_value=np.nan), cells.index)
            first = fits.idxmax()
            said = f"“{shorten(cells.name)}”: “{cells[first]}” was read as {numbers[first]:.12g}"
            remarks.append(Remark(f"{said}, and so on.", "Write plain numbers.", warning=False))
            return numbers
    return pd.Series(np.nan, cells.index)


def _is_identifier(numbers, name):
    """Say whether numbers only count or name the rows."""
    told = numbers.dropna().to_numpy()
    if len(told) < ENOUGH:
        return False
    steps = np.diff(told)
    if (steps > 0).all() or (steps < 0).all():
        return True
    whole = (told == np.rint(told)).all()
    distinct = len(np.unique(told))
    if not whole or distinct < NEARLY_ALL * len(told):
        return False
    return bool(ID.search(name)) or told.max() - told.min() <= 2 * len(told)


def _left_out(columns):
    """Return remarks on the columns that the detectors do not get."""
    names = {
        kind: [column.name for column in columns if column.kind == kind and not column.used]
        for kind in ("empty", "constant", "identifier", "text", "date")
    }
    said = {
        "empty": ("no value", "", "", False),
        "constant": (
            "one value throughout",
            "Nothing can be learned from it; where it should vary, look at what writes it.",
            "",
            False,
        ),
        "identifier": (
            "nearly only different values, or ever rising or falling ones",
            "Such a column names or counts the rows, and a new row has a new one. If it is a "
            "measurement, round it or take its differences from row to row.",
            "18",
            True,
        ),
        "text": (
            f"more than {FEW} different texts",
            "Make numbers of it (its length, a count of words, a distance of meaning), or group "
            "its values.",
            "16",
            True,
        ),
        "date": ("dates in which neither hour nor weekday varies enough", "", "15", False),
    }
    return [
        Remark(f"Left out, for {text}: {listed(names[kind])}.", cure, lesson, warning)
        for kind, (text, cure, lesson, warning) in said.items()
        if names[kind]
    ]
