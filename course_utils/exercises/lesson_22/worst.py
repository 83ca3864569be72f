"""Exercise of lesson 22: the highest scores of a table that does not fit into memory."""

from __future__ import annotations

import copy
import tracemalloc

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
    take_apart,
)

import numpy as np

# ---------------------------------------------------------------------------------- 5 · worst rows

worst_rows = Exercise(
    "Return the row numbers and the scores of the k rows that score highest, highest first, of "
    "equal ones the lower row first. score(partition) gives (rows,). `partitions` is an iterator "
    "that hands over each in the same buffer, and all of them may be more than memory holds: keep "
    "k rows and one partition.",
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
    reused : bool
        Whether it is the same buffer.
    """

    def __init__(self, table, sizes, *, reused=True):
        self.reused, self.parts = reused, np.split(table, np.cumsum(sizes)[:-1])
        self.buffer = np.full((max(sizes), table.shape[1]), np.nan)
        self.next = 0

    def __iter__(self):
        return self

    def __next__(self):
        """Return the next partition, a view of the buffer, which forgets the last one."""
        if not self.reused:
            self.buffer = self.buffer.copy()
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
        sizes = ", ".join(str(len(each)) for each in self.parts)
        return f"<iterator over partitions of {sizes} rows>"


class Score:
    """A score that says what it is."""

    def __init__(self, told, of):
        self.told, self.of = told, of

    def __call__(self, partition):
        """Return the scores, (rows,)."""
        return self.of(partition)

    def __repr__(self):
        return f"<{self.told}>"


SUM = Score("sum of a row", lambda partition: partition.sum(axis=1))
FIRST = Score("first column, a view of the buffer", lambda partition: partition[:, 0])


@worst_rows.set_check
def worst_rows_check(answer):
    table = np.round(np.random.default_rng(220).normal(size=(40, 3)), 1)
    table[[3, 24, 31]] = table[[17]] = [1.5, 2.0, 0.5]  # equal scores, among the highest
    for score in (SUM, FIRST):
        _judge(answer, table, score)
    _require_little_memory(answer)


def _judge(answer, table, score):
    """Refuse rows of a table in three partitions that are not the highest."""
    sizes, k = (11, 16, 13), 5
    rows, scores = _apart(answer(Partitions(table.copy(), sizes), score, k))
    wanted = worst_rows_solution(Partitions(table, sizes), score, k)
    told = difference((rows, scores), wanted)
    if not told:
        return
    fresh = _apart(answer(Partitions(table.copy(), sizes, reused=False), score, k))
    require(
        difference(fresh, wanted),
        "With a new buffer for each partition it would be right. Here the next partition comes "
        "into the same buffer, and what looks into it changes: score each partition as it comes, "
        "and keep copies of scores, no views.",
    )
    _name_the_shape(rows, scores, len(table), len(sizes), k)
    _name_the_rows(rows, scores, score(table), sizes, wanted)
    require(False, f"Those are not the {k} rows that score highest: {told}")


def _apart(result):
    """Return row numbers and scores as arrays, or say what came back instead."""
    if isinstance(result, list | np.ndarray) and np.ndim(result) == 2 and len(result) != 2:
        require(
            np.shape(result)[1] != 2,
            "Pairs came back. Two results are asked for: the row numbers, and the scores.",
        )
    rows, scores = take_apart(
        result if not isinstance(result, np.ndarray) else tuple(result), ("rows", "scores")
    )
    rows = as_array(list(rows) if isinstance(rows, range) else rows, what="the row numbers")
    return rows, as_array(scores, what="the scores", finite=False)


def _name_the_shape(rows, scores, n, partitions, k):
    """Say of a wrong number of rows what was kept."""
    require(
        rows.shape == scores.shape and rows.ndim == 1,
        f"The row numbers have the shape {rows.shape}, the scores {scores.shape}. Both are (k,).",
    )
    require(len(rows) != n, f"All {n} rows came back; the {k} highest are asked for.")
    require(
        len(rows) != k * partitions,
        f"The {k} highest of each partition came back. The {k} highest of all are asked for.",
    )
    require(
        len(rows) == k, f"{len(rows)} rows came back; the {k} that score highest are asked for."
    )


def _name_the_rows(rows, scores, everything, sizes, wanted):
    """Say how other rows, or the same in another order, came about."""
    right_rows, right_scores = wanted
    k = len(right_rows)
    starts = np.repeat(np.cumsum((0, *sizes[:-1])), sizes)
    ascending = np.argsort(everything, kind="stable")
    require(
        difference(rows, right_rows[::-1]) and difference(rows, ascending[-k:]),
        "The lowest of them comes first. Highest first is asked for.",
    )
    require(
        difference(rows, ascending[::-1][:k]),
        "Equal scores come in the wrong order: the lower row first. A sort upwards, turned round, "
        "turns equal ones as well, and of pairs (score, row) that of the higher row is larger. "
        "Sort -scores, by a stable sort.",
    )
    require(
        difference(rows, ascending[:k]),
        "Those are the rows that score lowest. Higher scores are more anomalous.",
    )
    name_the_mistake(
        rows,
        [
            (
                right_rows - starts[right_rows],
                "The rows are numbered within their partition. Count on from where the last one "
                "ended.",
            ),
            (right_rows + 1, "The rows are counted from 1. The first one is row 0."),
        ],
    )
    if not difference(scores, right_scores):
        outside = not np.isin(rows, np.arange(len(everything))).all()
        wrong = np.flatnonzero(rows != right_rows)[0]
        row = int(rows[wrong])
        other = "there is no such row" if outside else f"it scores {everything[row]:.4g}"
        require(
            not outside and everything[row] == right_scores[wrong],
            f"The scores are right, and their row numbers are not: at [{wrong}] you return row "
            f"{row}; {other}. Row {int(right_rows[wrong])} scores {right_scores[wrong]:.4g}.",
        )
        require(
            False,
            f"Rows {int(right_rows[wrong])} and {row} score the same. The lower row comes first.",
        )


ROWS, KEPT = 200, 100  # of each partition, and k, in the check of memory
FEW, MANY = 20, 160  # partitions
# What grows with the table is eight times as large with many. What does not can seem to double,
# where the clock that limits an answer's time looks at its frames.
TIMES, SPARE = 2.5, 30_000  # bytes


class _Made:
    """An iterator over partitions that are made when they are asked for, in one buffer."""

    def __init__(self, partitions):
        self.left, self.buffer = partitions, np.zeros((ROWS, 1))
        self.generator = np.random.default_rng(222)

    def __iter__(self):
        return self

    def __next__(self):
        """Return the next partition."""
        if not self.left:
            raise StopIteration
        self.left -= 1
        self.generator.random(out=self.buffer)
        return self.buffer


def _require_little_memory(answer):
    """Refuse an answer whose memory grows with the table."""
    was_on = tracemalloc.is_tracing()
    if not was_on:
        tracemalloc.start()
    try:
        answer(_Made(2), SUM, KEPT)  # what is made once, is made now
        few, many = (_most_bytes(answer, each) for each in (FEW, MANY))
    finally:
        if not was_on:
            tracemalloc.stop()
    require(
        many <= TIMES * few + SPARE,
        f"On {MANY} partitions it holds several times as much memory as on {FEW}: it grows with "
        "the table. Cut to the k highest after each partition.",
    )


def _most_bytes(answer, partitions):
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    answer(_Made(partitions), SUM, KEPT)
    return tracemalloc.get_traced_memory()[1] - before


@worst_rows.set_inputs
def worst_rows_inputs(rng):
    example = np.array([[1.0], [5.0], [3.0], [5.0]])
    yield "the example", (Partitions(example, (2, 2)), FIRST, 2)
    for what, sizes in (
        ("partitions of unlike sizes", (9, 4, 12, 1)),
        ("one partition", (14,)),
        ("partitions of one row", (1,) * 9),
        ("an empty partition first", (0, 8, 5)),
        ("an empty partition in between", (6, 0, 0, 7)),
    ):
        for k in (1, 4, 100):
            table = rng.normal(size=(sum(sizes), 2))
            yield f"{what}, k = {k}", (Partitions(table, sizes), SUM, k)
            table = rng.integers(-1, 2, size=table.shape).astype(float)
            yield f"{what}, equal scores, k = {k}", (Partitions(table, sizes), SUM, k)
        table = rng.normal(-5, 1, size=(sum(sizes), 2)).astype(np.float32)
        yield f"{what}, scores in the buffer itself", (Partitions(table, sizes), FIRST, 3)
    table = np.sort(rng.normal(size=(20, 1)), axis=0)
    yield "scores that rise", (Partitions(table, (5, 5, 10)), FIRST, 6)
    yield "scores that fall", (Partitions(table[::-1].copy(), (5, 5, 10)), FIRST, 6)
    yield "scores that are all equal", (Partitions(np.ones((12, 2)), (5, 7)), SUM, 4)
    yield "huge scores", (Partitions(1e9 * rng.normal(size=(12, 2)), (5, 7)), SUM, 4)
    yield "tiny scores", (Partitions(1e-9 * rng.normal(size=(12, 2)), (5, 7)), SUM, 4)
