"""Read files that someone else wrote: every error names the file, and the line where it can."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path

import numpy as np

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
GZIP_START = b"\x1f\x8b"
MOST_BYTES = 512 * 2**20  # unpacked; the largest text file of the course has 151 MB


def read_lines(path, most_bytes=MOST_BYTES):
    """Return the lines of a text file, without their ends and without empty lines at the end.

    Parameters
    ----------
    path : str or Path
        A text file in UTF-8, or one packed with gzip.
    most_bytes : int
        A file that is larger, when unpacked, is refused.

    Returns
    -------
    list of str
        At least one line.

    Raises
    ------
    OSError
        If the file is not there or cannot be read.
    ValueError
        If it is empty, too large, damaged, or no text in UTF-8.
    """
    content = _unpacked(Path(path), most_bytes)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise wrong_line(path, line, "is no text in UTF-8") from error
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise ValueError(f"{Path(path).name} is empty; at least one line is expected.")
    return lines


def as_numbers(lines, columns, path, *, first=1, separator=","):
    """Return columns of separated text as a table of finite numbers.

    Parameters
    ----------
    lines : list of str
        One row of the table each; at least one.
    columns : list of int
        The fields to read, counted from 0. Every line has them.
    path : str or Path
        The file, for messages.
    first : int
        The number of the first line in the file, counted from 1.
    separator : str
        What stands between two fields.

    Returns
    -------
    ndarray of float64, shape (len(lines), len(columns))

    Raises
    ------
    ValueError
        If a field is no finite number; the message names file, line and field.
    """
    try:
        numbers = np.loadtxt(lines, delimiter=separator, usecols=columns, comments=None, ndmin=2)
    except (ValueError, OverflowError) as error:
        raise _first_not_a_number(lines, columns, path, first, separator) from error
    if len(numbers) != len(lines) or not np.isfinite(numbers).all():
        raise _first_not_a_number(lines, columns, path, first, separator)
    return numbers


def wrong_line(path, line, what):
    """Return the ValueError that says what is wrong with a line of a file.

    Parameters
    ----------
    path : str or Path
        The file.
    line : int
        The line, counted from 1.
    what : str
        What it is, and what was expected; it goes on from "line 7 of the file".

    Returns
    -------
    ValueError
    """
    return ValueError(f"{Path(path).name}, line {line} {what}.")


def shown(value):
    """Return a text as it is shown in a message: quoted, and never long."""
    return repr(value if len(value) <= 40 else value[:40] + "…")


def _unpacked(path, most_bytes):
    too_large = f"{path.name} is larger than {most_bytes:,} bytes when unpacked; less is expected."
    with path.open("rb") as file:
        packed = file.read(len(GZIP_START)) == GZIP_START
        file.seek(0)
        try:
            content = (gzip.GzipFile(fileobj=file) if packed else file).read(most_bytes + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path.name} is damaged: {error}. Get it again.") from error
    if len(content) > most_bytes:
        raise ValueError(too_large)
    return content


def _first_not_a_number(lines, columns, path, first, separator):
    for line, text in enumerate(lines, start=first):
        fields = text.split(separator)
        for column in columns:
            if column >= len(fields) or not _is_finite_number(fields[column]):
                found = shown(fields[column]) if column < len(fields) else "nothing"
                what = f"has {found} in field {column + 1}; a finite number is expected"
                return wrong_line(path, line, what)
    return ValueError(f"{Path(path).name} holds something that is not a number.")


def _is_finite_number(text):
    """Tell whether NumPy reads a finite number, which is stricter than `float` alone."""
    return NUMBER.fullmatch(text.strip(" ")) is not None and math.isfinite(float(text))
