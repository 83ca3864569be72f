"""Scores of tables that no memory holds: part by part, in as many processes as there are.

A part is what one read brings: a row group of a Parquet file, or a partition of a Dask DataFrame.
Parts do not know of one another, so that they can be scored in any order, anywhere, and again.
"""

import functools
import re
import tempfile
import threading
import uuid
from pathlib import Path
from typing import NamedTuple

import dask
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from dask.base import tokenize

__all__ = ["score_partitions"]

FORMAT = "course_utils.serve.partitions 1"
# types of columns; one that is missing everywhere is refused as NaN is, by its row
NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null)
_loading = threading.Lock()


def score_partitions(detector, table, *, to=None, columns=None, client=None):
    """Score a table part by part; the rows keep their order.

    Parameters
    ----------
    detector : str, Path or Detector
        The path of an exported ``.onnx`` file or of a saved detector, or a fitted detector. Its
        file travels with the tasks; each process loads it once.
    table : str, Path or dask.dataframe.DataFrame
        A Parquet file or a folder of them, which all processes can read, or a Dask DataFrame.
    to : str or Path, optional
        A folder for the scores: ``part-00000.parquet`` with the column ``score`` for the first
        part, and so on. A file appears there once it is complete. What is complete already is not
        done again, so that a run that was broken off goes on.
    columns : sequence of str, optional
        The columns to read, in the order of ``fit``; those that the detector was fitted on where
        it knows their names, otherwise all.
    client : distributed.Client, optional
        Whose workers do it; Dask's usual scheduler otherwise, that is, threads of this process.

    Returns
    -------
    list of Path, or dask.dataframe.Series
        The files in ``to``, one a part and in the order of the parts; without ``to`` the scores
        as a Series, not computed as yet unless there is a client. Of files the index counts the
        rows.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, a row cannot be scored (the message names the part and
        its row), or ``to`` holds scores of another table or detector.
    FileNotFoundError
    """
    contents, suffix = _contents(detector)
    names = columns if columns is not None else _names(_load(contents, suffix))
    parts = _parts(table, None if names is None else list(names))
    loaded = dask.delayed(contents, name=f"detector-{uuid.uuid4().hex}")
    score = dask.delayed(_score, pure=False)
    if to is None:
        return _as_series([score(loaded, suffix, *part[1:]) for part in parts], parts, client)
    folder = Path(to)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"part-{number:05}.parquet" for number in range(len(parts))]
    digest = tokenize(contents)
    marks = [f"{FORMAT} {digest} {tokenize(part.mark, names)}" for part in parts]
    _refuse_others(folder, dict(zip(paths, marks, strict=True)))
    write = dask.delayed(_write, pure=False)
    _compute(
        [
            write(score(loaded, suffix, *part[1:]), path, mark)
            for part, path, mark in zip(parts, paths, marks, strict=True)
            if _mark_of(path) is None
        ],
        client,
    )
    for half in folder.glob(".part-*.half"):  # of a worker that died while it wrote
        half.unlink()
    return paths


class _Part(NamedTuple):
    """What a task is told of its rows."""

    mark: object  # that tells it from other parts, and from other contents
    what: str  # in messages
    rows: object  # what `_matrix` reads; of Dask a task that returns a DataFrame
    columns: list | None


class _RowGroup(NamedTuple):
    """Where rows lie in a file."""

    path: str
    group: int
    start: int  # the first row's number in the whole table
    count: int


def _contents(detector):
    """Return the bytes of a detector's file, and the suffix that says of which kind it is."""
    if isinstance(detector, str | Path):
        path = Path(detector)
        return path.read_bytes(), path.suffix
    if not hasattr(detector, "save"):
        raise TypeError(
            f"detector is a value of type {type(detector).__name__}; the path of an exported or "
            "saved detector, or a fitted detector, is expected."
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "detector.pt"
        detector.save(path)
        return path.read_bytes(), path.suffix


def _load(contents, suffix):
    """Return the detector in a file's bytes; a process loads it once."""
    with _loading:  # threads would each load their own
        return _loaded(contents, suffix)


@functools.lru_cache(maxsize=4)
def _loaded(contents, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"detector{suffix}"
        path.write_bytes(contents)
        if suffix == ".onnx":
            from course_utils.serve.scorer import Scorer

            return Scorer(path)
        from course_utils.detectors.base import Detector

        return Detector.load(path)


def _names(detector):
    """Return the columns that the detector was fitted on, None where it knows no names."""
    names = getattr(detector, "feature_names", None)  # of a Scorer
    return getattr(detector, "feature_names_in_", None) if names is None else names


def _parts(table, columns):
    """Return the parts of a table, in its order."""
    if hasattr(table, "to_delayed"):
        return [
            _Part(delayed.key, f"partition {number}", delayed, columns)
            for number, delayed in enumerate(table.to_delayed())
        ]
    if not isinstance(table, str | Path):
        raise TypeError(
            f"table is a value of type {type(table).__name__}; a Dask DataFrame, or the path of a "
            "Parquet file or a folder of them, is expected."
        )
    parts, start = [], 0
    for path in _files(Path(table)):
        facts, state = pq.read_metadata(path), path.stat()
        if columns is None:  # the first file's are those of all
            columns = facts.schema.to_arrow_schema().names
        for group in range(facts.num_row_groups):
            rows = _RowGroup(str(path.resolve()), group, start, facts.row_group(group).num_rows)
            mark = (*rows, state.st_size, state.st_mtime_ns)
            parts.append(_Part(mark, f"row group {group} of {path.name}", rows, columns))
            start += rows.count
    return parts


def _files(path):
    """Return Parquet files in the order in which Dask numbers them: 2 before 10."""
    if path.is_file():
        return [path]
    found = [
        each
        for each in path.rglob("*.parquet")
        if not any(part.startswith((".", "_")) for part in each.relative_to(path).parts)
    ]  # what is hidden, or in a hidden folder, is half done
    if not found:
        raise FileNotFoundError(f"{path} is no Parquet file, and no folder that holds one.")

    def in_order(each):
        parts = re.split(r"(\d+)", each.relative_to(path).as_posix())
        return [int(part) if part.isdecimal() else part for part in parts]

    return sorted(found, key=in_order)


def _score(contents, suffix, what, rows, columns):
    """Return the scores of a part, float64 (n,), with the index of its rows."""
    detector = _load(contents, suffix)
    try:
        X, index = _matrix(rows, columns)
        scores = detector.decision_function(X) if len(X) else np.empty(0)
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(f"{what}: {error}") from error
    return scores, index


def _matrix(rows, columns):
    """Return a part as an array or DataFrame, and its rows' index."""
    if not isinstance(rows, _RowGroup):
        return rows if columns is None else rows[columns], rows.index
    with pq.ParquetFile(rows.path) as file:
        table = file.read_row_group(rows.group, columns=columns, use_threads=False)
    table = table.select(columns)  # raises for one that the file lacks
    X = np.empty((table.num_rows, len(columns)))
    for number, column in enumerate(table.columns):
        if not any(holds(column.type) for holds in NUMBERS):  # NumPy would make numbers of texts
            raise ValueError(f"column {columns[number]!r} holds {column.type}, not numbers.")
        X[:, number] = column.to_numpy()
    return X, range(rows.start, rows.start + rows.count)


def _write(scored, path, mark):
    """Write scores to a file that is there as a whole or not at all."""
    scores, _ = scored
    half = path.with_name(f".{path.stem}-{uuid.uuid4().hex}.half")
    pq.write_table(pa.table({"score": scores}).replace_schema_metadata({"part": mark}), half)
    half.replace(path)


def _mark_of(path):
    """Return what a file of scores says it is of, None where it is not there or broken."""
    try:
        return (pq.read_schema(path).metadata or {}).get(b"part", b"").decode()
    except (FileNotFoundError, pa.ArrowInvalid):
        return None


def _refuse_others(folder, marks):
    """Raise where a folder holds scores of another table or detector."""
    for path in sorted(folder.glob("*.parquet")):
        if path not in marks or _mark_of(path) not in (None, marks[path]):
            raise ValueError(
                f"to is {str(folder)!r}, where {path.name} holds no scores of this table by this "
                "detector. Name an empty folder, or remove the files."
            )


def _compute(tasks, client):
    """Do the tasks; of a client's, none goes on after one has failed."""
    if client is None:
        dask.compute(*tasks)
        return
    futures = client.compute(tasks)
    try:
        client.gather(futures)
    except BaseException:
        client.cancel(futures)
        raise


def _as_series(tasks, parts, client):
    """Return the scores of parts as a Dask Series."""
    import dask.dataframe as dd
    import pandas as pd

    divisions = None
    if all(isinstance(part.rows, _RowGroup) and part.rows.count for part in parts):
        starts = [part.rows.start for part in parts]
        divisions = (*starts, starts[-1] + parts[-1].rows.count - 1)
    named = dask.delayed(_named, pure=False)
    found = dd.from_delayed(
        [named(task) for task in tasks],
        meta=pd.Series(dtype=np.float64, name="score"),
        divisions=divisions,
        verify_meta=False,
    )
    return found if client is None else client.persist(found)


def _named(scored):
    import pandas as pd

    scores, index = scored
    return pd.Series(scores, index=index, name="score")
