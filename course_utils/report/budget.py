"""How many alarms are wanted: a share of the rows, or a number a day."""

from __future__ import annotations

import math
from dataclasses import dataclass

from course_utils.report.remarks import ReportError

__all__ = ["Budget", "read_budget"]

USUAL = 0.02


@dataclass(frozen=True)
class Budget:
    """How many rows may raise an alarm.

    Attributes
    ----------
    share : float
        Of all rows.
    per_day : float or None
        Alarms a day, where the file has days.
    wanted : str
        What was asked for, in words.
    """

    share: float
    per_day: float | None
    wanted: str


def read_budget(text, table):
    """Return the budget that a command line names.

    Parameters
    ----------
    text : str or None
        "0.01" or "1%" for a share, "20" for alarms a day; None for 2 %.
    table : Table

    Returns
    -------
    Budget

    Raises
    ------
    ReportError
        If it is neither, or is more than half of all rows, or the file has no days.
    """
    a_day = table.rows_in_file / table.days if table.days else None  # rows
    if text is None:
        number, percent, wanted = USUAL, False, "2 % of the rows, as none was told"
    else:
        number, percent = _number(text)
        wanted = (
            f"{100 * number:g} % of the rows" if percent or number < 1 else f"{number:g} a day"
        )
    if not percent and number >= 1:
        if a_day is None:
            raise ReportError(
                f"--budget {text} is meant as alarms a day, which needs --time COLUMN with dates. "
                "A share of the rows is written as 0.01 or 1%."
            )
        number /= a_day
    if number > 0.5:
        raise ReportError(
            f"--budget {text} is {100 * number:.0f} % of the rows; an alarm for at most half of "
            "them can be asked for."
        )
    return Budget(number, None if a_day is None else number * a_day, wanted)


def _number(text):
    """Return a share or a number a day, and whether a percent sign told which."""
    plain, percent = text.strip(), False
    if plain.endswith("%"):
        plain, percent = plain[:-1], True
    try:
        number = float(plain.replace(",", "."))
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise ReportError(
            f"--budget {text} is no number above 0. Write 0.01 or 1% for a share of the rows, 20 "
            "for alarms a day."
        )
    return (number / 100, True) if percent else (number, False)
