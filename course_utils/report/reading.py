"""From a file's bytes to a table: its encoding, separator, decimal sign and header are found."""

from __future__ import annotations

import csv
import hashlib
import re
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from course_utils.report.remarks import Remark, ReportError, closest, count, listed, shorten

import pandas as pd

__all__ = ["Source", "read"]

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "-nan", "null", "NULL", "<NA>", "#N/A", "?", "-"]
LOOKED_AT = 200_000  # bytes of the beginning, which tell the form of the rest
LINES = 200


@dataclass(frozen=True)
class Source:
    """A file as it was read.

    Attributes
    ----------
    name : str
        The file's name without its folder.
    frame : DataFrame
        Cells as pandas took them; the columns to keep as text are text.
    digest : str
        SHA-256 of the bytes.
    remarks : list of Remark
    """

    name: str
    frame: pd.DataFrame
    digest: str
    remarks: list


def read(path, as_text=(), needed=()):
    """Read a CSV file of whichever form.

    Parameters
    ----------
    path : str or Path
    as_text : sequence of str
        Columns whose cells stay as they are written, such as labels: "0" and "-" are words there.
    needed : sequence of str
        Columns that must be there.

    Returns
    -------
    Source

    Raises
    ------
    ReportError
        If there is no such file, or it holds no table, or a needed column is not there.
    """
    path = Path(path)
    start, digest = _look(path)
    encoding, remarks = _encoding(path, start)
    lines = _first_lines(start.decode(encoding, errors="ignore"), len(start) >= LOOKED_AT)
    if not lines:
        raise ReportError(f"{path} is empty. A CSV with a line of column names is expected.")
    separator, rows = _cut(path, lines)
    names, header = _names(rows, remarks)
    _need(names, needed)
    decimal = _decimal(rows, separator, remarks)
    words = [each for each in MISSING if each != "-"]  # which some logs write for a normal row
    missing = {name: words if name in as_text else MISSING for name in names}
    frame = _parsed(
        path,
        sep=separator,
        decimal=decimal,
        encoding=encoding,
        header=header,
        names=names,
        na_values=missing,
        dtype={name: str for name in as_text if name in names},
    )
    if header is not None:
        again = (frame.astype(str) == [" ".join(cell.split()) for cell in rows[0]]).all(axis=1)
        if again.any():
            frame = frame[~again]
            said = f"The line of names stands in the file {count(int(again.sum()) + 1, 'time')}."
            remarks.append(Remark(f"{said} Only the first was taken for names."))
    if not len(frame):
        raise ReportError(
            f"{path} has column names and no rows. At least some hundred are needed."
        )
    return Source(path.name, frame, digest, remarks)


def _look(path):
    """Return a file's first bytes and its digest."""
    try:
        with path.open("rb") as file:
            start = file.read(LOOKED_AT)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        folder = path.parent if path.parent.is_dir() else Path()
        near = closest(path.name, [each.name for each in folder.glob("*.csv")])
        hint = f" Near it: {listed(near)}." if near else " Check the name and the folder."
        raise ReportError(f"{path} is not there.{hint}") from error
    except IsADirectoryError as error:
        raise ReportError(f"{path} is a folder; the name of a CSV file is expected.") from error
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {error.strerror or error}.") from error
    if start.startswith((b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"\xd0\xcf\x11\xe0")):
        raise ReportError(
            f"{path} is no CSV but a packed file, a workbook or Parquet. Unpack it, or save the "
            "table as CSV first."
        )
    return start, digest


def _encoding(path, start):
    """Return the encoding's name, and remarks on it."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", []
    if b"\x00" in start:
        raise ReportError(f"{path} holds bytes 0, as no text does. A CSV file is expected.")
    try:
        with path.open(encoding="utf-8-sig") as file:
            for _ in iter(lambda: file.read(1 << 20), ""):
                pass
    except UnicodeDecodeError:
        said = "The file is not UTF-8; it was read as Western European (Latin-1)."
        cure = "Look at a name with an accent below; save the file as UTF-8 where it is wrong."
        return "latin-1", [Remark(said, cure, warning=False)]
    return "utf-8-sig", []


def _first_lines(text, is_cut):
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    if is_cut and len(lines) > 1:
        lines = lines[:-1]
    return [line for line in lines if line.strip()][:LINES]


def _cut(path, lines):
    """Return what cuts most lines into equally many cells, and those cells, list of list."""
    tried = []
    usual = csv.field_size_limit(LOOKED_AT)  # a cell may hold a whole document
    try:
        for separator in SEPARATORS:
            rows = list(csv.reader(lines, delimiter=separator))
            width, agreeing = Counter(map(len, rows)).most_common(1)[0]
            fits = width > 1 and len(rows[0]) == width
            tried.append((fits, width > 1, agreeing / len(rows), width, separator, rows))
    finally:
        csv.field_size_limit(usual)
    fits, is_cut, _, width, separator, rows = max(tried)
    if not fits and is_cut and len(rows) > 1:
        raise ReportError(
            f"{path} has {count(len(rows[0]), 'cell')} in its first line and {width} in most "
            f"others, cut at {SEPARATORS[separator]}. Delete what stands above the line of "
            "names, and give each column a name."
        )
    return (separator, rows) if fits else (tried[0][-2], tried[0][-1])


def _names(rows, remarks):
    """Return the columns' names and the header's line for pandas, None where there is none."""
    if all(_is_number(cell) for cell in rows[0]) and len(rows) > 1:
        remarks.append(
            Remark(
                "The first line holds numbers, so that it was read as a row: the columns are "
                "called “column 1”, “column 2” and so on.",
                "Write the columns' names into the first line.",
                warning=False,
            )
        )
        return [f"column {number}" for number in range(1, len(rows[0]) + 1)], None
    if 2 * sum(map(_is_number, rows[0])) >= len(rows[0]):
        said = f"Many names of columns are numbers: {listed(rows[0], 3)}."
        remarks.append(
            Remark(said, "If the first line is a row, write the columns' names above it.")
        )
    names, again = [], []
    for position, cell in enumerate(rows[0], start=1):
        name = " ".join(cell.split()) or f"column {position}"
        if name in names:
            again.append(name)
            name = next(f"{name} ({i})" for i in range(2, 10**6) if f"{name} ({i})" not in names)
        names.append(name)
    if again:
        said = f"{count(len(again), 'column name')} stood there before: {listed(again)}."
        remarks.append(Remark(said, "Give each column a name of its own.", warning=False))
    return names, 0


def _is_number(cell):
    try:
        float(cell.strip().replace(",", ".", 1))
    except ValueError:
        return False
    return True


def _need(names, needed):
    for name in needed:
        if name not in names:
            near = closest(name, names)
            hint = f" Near it: {listed(near)}." if near else ""
            raise ReportError(
                f"There is no column “{shorten(name)}”.{hint} The columns are: "
                f"{listed(names, 30)}."
            )


def _decimal(rows, separator, remarks):
    cells = [cell.strip() for row in rows[1:] for cell in row]
    commas = sum(bool(re.fullmatch(r"[-+]?\d*,\d+", cell)) for cell in cells)
    points = sum(bool(re.fullmatch(r"[-+]?\d*\.\d+", cell)) for cell in cells)
    if separator == "," or commas <= points:
        return "."
    said = f"The file has {SEPARATORS[separator]} between cells and decimal commas."
    remarks.append(Remark(said, warning=False))
    return ","


def _parsed(path, **form):
    """Return pandas' table, or say in plain words why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path, keep_default_na=False, skipinitialspace=True, low_memory=False,
                index_col=False, **form,
            )  # fmt: skip
    except pd.errors.ParserWarning as error:
        raise ReportError(
            f"{path} has rows with more cells than the line of names has. Give each column a name."
        ) from error
    except UnicodeError as error:
        raise ReportError(
            f"{path} begins as {form['encoding'].upper()} and goes on otherwise: "
            f"{shorten(error)}. Save the table as UTF-8."
        ) from error
    except pd.errors.ParserError as error:
        found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        if "EOF inside string" in str(error):
            raise ReportError(
                f"{path} has a quotation mark that opens a text and none that ends it. Look for a "
                "single one near the end of the last row that looks right; inside a text it is "
                "written twice."
            ) from error
        if found is None:
            raise ReportError(f"{path} cannot be read as CSV: {shorten(error)}.") from error
        expected, line, saw = found.groups()
        raise ReportError(
            f"{path} has {saw} cells in line {line} and {expected} in the lines before. Look for "
            "a separator inside a text there: such a text needs quotes around it."
        ) from error
