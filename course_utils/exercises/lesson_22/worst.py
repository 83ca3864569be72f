"""Exercise of lesson 22: the highest scores of a table that does not fit into memory."""

from __future__ import annotations

import copy

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, difference, require, take_apart

import numpy as np

# ---------------------------------------------------------------------------------- 5 · worst rows

worst_rows = Exercise(
    "Return the row numbers and the scores of the k rows that score highest, highest first, of "
    "equal ones the lower row first. score(partition) gives (rows,); `partitions` is read once, "
    "reuses its buffer, and may be longer than memory: keep k rows and one partition.",
    hints=(
        "After each partition keep no more than k: join those kept so far with the new ones, and "
        "cut again.",
        "A partition's rows are numbered on from where the last one ended: count as you go.",
        'np.argsort(-scores, kind="stable")[:k] has the highest first and, of equal ones, what '
        "stood first.",
    ),
    praise="Right: what is kept does not grow with the table.",
)


@worst_rows.set_solution
def worst_rows_solution(partitions, score, k):
    rows, scores, seen = np.zeros(0, dtype=int), np.zeros(0), 0
    for partition in partitions:
        new = score(partition)
        rows = np.concatenate([rows, seen + np.arange(len(new))])
        scores = np.concatenate([scores, new])
        seen += len(new)
        best = np.argsort(-scores, kind="stable")[:k]  # of equal ones the lower row first
        rows, scores = rows[best], scores[best]
    return rows, scores


class Partitions:
    """An iterator over a table's partitions, each handed over in the same buffer.

    Parameters
    ----------
    table : array, shape (rows, columns)
    sizes : sequence of int
        Rows of each partition.
    """

    def __init__(self, table, sizes):
        self.parts = np.split(table, np.cumsum(sizes)[:-1])
        self.buffer = np.full((max(sizes), table.shape[1]), np.nan)
        self.next = 0

    def __iter__(self):
        return self

    def __next__(self):
        """Return the next partition, a view of the buffer, which forgets the last one."""
        self.buffer[:] = np.nan
        if self.next == len(self.parts):
            raise StopIteration
        part = self.parts[self.next]
        self.next += 1
        self.buffer[: len(part)] = part
        return self.buffer[: len(part)]

    def __deepcopy__(self, memo):
        other = copy.copy(self)
        other.buffer = self.buffer.copy()
        return other

    def __repr__(self):
        return f"<partitions of {', '.join(str(len(each)) for each in self.parts)} rows>"


def _sum(partition):
    return partition.sum(axis=1)


@worst_rows.set_check
def worst_rows_check(answer):
    table = np.random.default_rng(220).normal(size=(40, 3))
    rows, scores = take_apart(answer(Partitions(table, (11, 16, 13)), _sum, 5), ("rows", "scores"))
    rows = as_array(rows, shape=(5,), what="the row numbers")
    told = difference((rows, scores), worst_rows_solution(Partitions(table, (40,)), _sum, 5))
    require(not told, f"Those are not the 5 highest: {told}")


@worst_rows.set_inputs
def worst_rows_inputs(rng):
    for k in (1, 3, 50):
        table = rng.normal(size=(30, 2))
        yield f"k = {k}", (Partitions(table, (7, 0, 13, 10)), _sum, k)
