"""Training, validation and test rows of a table, filled and scaled by training rows alone."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils import data
from course_utils.report.remarks import Remark, ReportError

import numpy as np
import pandas as pd

__all__ = ["Cut", "Encoder", "Part", "Plan", "make_plan"]

SIZES = (0.6, 0.2, 0.2)
OFTEN_MISSING = 0.01  # of the training rows: then a column says where a value is missing
PARTS = ("train", "validation", "test")


class Encoder:
    """Makes numbers of a table's columns, by what the rows say that it was fitted on.

    A missing number becomes the median; where 1 % are missing, a column of 0 and 1 says so. A
    category becomes a column of 0 and 1, and what was not seen in fitting has one as well. Then
    every column is brought to mean 0 and standard deviation 1.

    Attributes
    ----------
    source_ : array of int, shape (d,)
        The column of the table that each column of the result was made from.
    medians_ : dict of str to float
    categories_ : dict of str to list of str
    mean_, spread_ : arrays, shape (d,)
    """

    def fit(self, frame):
        """Learn medians, categories, means and spreads from a DataFrame; return self."""
        self.medians_, self.categories_, self.gaps_ = {}, {}, set()
        for name in frame.columns:
            cells = frame[name]
            if _is_number(cells):
                middle = cells.median()
                self.medians_[name] = 0.0 if np.isnan(middle) else float(middle)
                if cells.isna().mean() >= OFTEN_MISSING:
                    self.gaps_.add(name)
            else:
                self.categories_[name] = sorted(cells.dropna().unique())
        raw, source = self._raw(frame)
        self.source_ = np.array(source)
        self.mean_ = raw.mean(axis=0)
        spread = raw.std(axis=0)
        varies = (raw.max(axis=0) > raw.min(axis=0)) & (spread > 0)
        self.spread_ = np.where(varies, spread, 1.0)
        return self

    def transform(self, frame):
        """Return a DataFrame's rows as float64, shape (n, d)."""
        return (self._raw(frame)[0] - self.mean_) / self.spread_

    def _raw(self, frame):
        """Return the numbers before scaling (n, d), and the table's column of each."""
        made, source = [], []
        for position, name in enumerate(frame.columns):
            cells = frame[name]
            if name in self.medians_:
                made.append(cells.fillna(self.medians_[name]))
                if name in self.gaps_:
                    made.append(cells.isna())
            else:
                known = self.categories_[name]
                made += [cells == each for each in known]
                made.append(~cells.isin(known))
            source += [position] * (len(made) - len(source))
        return np.column_stack([np.asarray(each, dtype=float) for each in made]), source


@dataclass(frozen=True)
class Part:
    """Rows of one part: numbers (n, d), labels (n,) or None, and their places in the table."""

    X: np.ndarray
    y: np.ndarray | None
    rows: np.ndarray


@dataclass(frozen=True)
class Cut:
    """Three parts for one seed.

    Attributes
    ----------
    train, validation, test : Part
        Of labelled data the training part has no anomaly.
    labelled : Part or None
        The training rows with their anomalies, for detectors that learn from labels.
    encoder : Encoder
        Fitted on the training part.
    """

    train: Part
    validation: Part
    test: Part
    labelled: Part | None
    encoder: Encoder


@dataclass(frozen=True)
class Plan:
    """How a table is cut, and why.

    Attributes
    ----------
    table : Table
    kind : str
        "time", "group" or "random".
    measurable : bool
        Whether the labels reach for a measurement: the test rows hold both sorts.
    choosable : bool
        Whether the validation rows hold both sorts.
    blocks : array of int64, shape (n,)
        Rows with one number stay on one side.
    remarks : list of Remark
    """

    table: object
    kind: str
    measurable: bool
    choosable: bool
    blocks: np.ndarray
    remarks: list

    def cut(self, seed):
        """Return the Cut of a seed; by time, all seeds have the same rows."""
        rows = _rows(self.table, self.kind, self.blocks, self.measurable, seed)
        y, frame = self.table.y, self.table.frame
        clean = rows["train"] if y is None else rows["train"][y[rows["train"]] == 0]
        if not len(clean):  # a table that is not measured may have no normal row there
            clean = rows["train"]
        encoder = Encoder().fit(frame.iloc[clean])

        def part(chosen):
            X = encoder.transform(frame.iloc[chosen])
            return Part(X, None if y is None else y[chosen], chosen)

        return Cut(
            part(clean),
            part(rows["validation"]),
            part(rows["test"]),
            None if y is None else part(rows["train"]),
            encoder,
        )


def make_plan(table):
    """Decide how a table is cut and what can be measured on it.

    Parameters
    ----------
    table : Table

    Returns
    -------
    Plan

    Raises
    ------
    ReportError
        If fewer than three rows differ.
    """
    kind = "time" if table.time is not None else "group" if table.groups is not None else "random"
    remarks = []
    blocks = table.groups if kind == "group" else number_rows(table.frame)
    if kind == "random" and blocks.max() < len(PARTS) - 1:
        raise ReportError(
            f"{table.name} has {len(table):,} rows and only {blocks.max() + 1} different ones; at "
            "least 3 are needed, one for each part. Look at what writes the file."
        )
    measurable = choosable = table.y is not None
    if measurable:
        try:
            rows = _rows(table, kind, blocks, True, 0)
        except ValueError as error:
            rows = None
            measurable = choosable = False
            remarks.append(
                Remark(
                    f"The labels are too few, or lie too close together, to be in all three parts "
                    f"({error}) So nothing can be measured.",
                    "Label more anomalies; five in the test rows are a bare beginning.",
                    "02",
                )
            )
        if rows is not None:
            held = {name: table.y[rows[name]] for name in PARTS}
            measurable = _both(held["test"])
            choosable = measurable and _both(held["validation"])
            if not (measurable and choosable):
                remarks.append(_nothing_in(held, measurable))
    return Plan(table, kind, measurable, choosable, blocks, remarks)


def number_rows(frame):
    """Give identical rows of a DataFrame one number and different rows different ones, (n,)."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()  # 64 bits
    return pd.factorize(hashes)[0].astype(np.int64)  # in their order: no value moves the cut


def _is_number(cells):
    return cells.dtype.kind == "f"


def _both(labels):
    return labels.min() < labels.max()


def _nothing_in(held, measurable):
    part = "validation" if measurable else "test"
    sort = "anomaly" if held[part].max() == 0 else "normal row"
    counts = ", ".join(f"{int(y.sum())} of {len(y):,} {name} rows" for name, y in held.items())
    then = (
        "no detector can be chosen by them, and none is"
        if measurable
        else "nothing can be measured on them"
    )
    return Remark(
        f"There is no {sort} among the {part} rows: {then}. Anomalies: {counts}.",
        "A longer file helps; without --time the anomalies are spread over all parts, and the "
        "numbers then say nothing of the future.",
        "02",
    )


def _rows(table, kind, blocks, with_labels, seed):
    """Return the rows of each part {name: array of int}."""
    n = len(table)
    index = np.arange(n, dtype=float)[:, None]
    if kind != "time" and not with_labels:
        return _shuffled(blocks, seed)
    y = np.zeros(n, dtype=int) if table.y is None else table.y
    facts = {"feature_names": ["row"], "name": "the table", "source": "a file"}
    facts["licence"] = "unknown"
    if kind == "time":
        rows = data.AnomalyData(index, y, time=table.time, **facts)
        parts = data.split_by_time(rows, SIZES)
    else:
        rows = data.AnomalyData(index, y, groups=blocks, **facts)
        parts = data.split(rows, "supervised", SIZES, seed=seed)
    return {name: getattr(parts, name).X[:, 0].astype(int) for name in PARTS}


def _shuffled(blocks, seed):
    """Return parts of rows without labels: whole blocks, in a random order."""
    order = np.random.default_rng(seed).permutation(blocks.max() + 1)
    place = np.argsort(order)[blocks]  # of each row's block in the order
    sizes = np.bincount(place, minlength=len(order))
    middle = np.cumsum(sizes) - sizes / 2  # of each block, in rows
    ends = np.cumsum(SIZES[:2]) * len(blocks)
    part = np.searchsorted(ends, middle)
    for number in range(len(PARTS)):  # large blocks may leave a part without any
        if not (part == number).any():
            part[len(part) - len(PARTS) + number] = number
    return {name: np.flatnonzero(part[place] == number) for number, name in enumerate(PARTS)}
