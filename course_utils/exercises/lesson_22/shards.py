"""Exercise of lesson 22: which rows a rank learns from in an epoch."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np

# --------------------------------------------------------------------------------------- 1 · shard

shard = Exercise(
    "Return the row numbers that this rank learns from in this epoch: each of range(rows) on one "
    "rank alone, shares that differ by one row at most, shuffled anew by the epoch.",
    hints=(
        "Ranks do not talk here. Each draws the same permutation of all rows by itself, and takes "
        "its own part of it.",
        "np.random.default_rng(epoch) draws the same on every rank; the rank must not be in the "
        "seed.",
        "np.random.default_rng(epoch).permutation(rows)[rank::ranks]",
    ),
    praise="Right: all ranks shuffle alike, and each takes its own part.",
)


@shard.set_solution
def shard_solution(rows, rank, ranks, epoch):
    order = np.random.default_rng(epoch).permutation(rows)  # the same on every rank
    return order[rank::ranks]


def _row_numbers(given, rows):
    """Return one rank's rows, or say what came back instead."""
    require(
        given is not None,
        "Your function returned None: is a `return` missing for the row numbers?",
    )
    got = as_array(given, what="the row numbers")
    require(
        got.ndim == 1,
        f"One list of row numbers is asked for; you return the shape {got.shape}.",
    )
    whole = np.array_equal(got, np.rint(got))
    require(whole, "Row numbers are whole numbers, and some of yours are not.")
    outside = got[(got < 0) | (got >= rows)]
    require(
        not outside.size,
        f"With {rows} rows there is no row {int(outside[0]) if outside.size else 0}: they count "
        f"from 0 to {rows - 1}.",
    )
    return got.astype(int)


def _shares(answer, rows, ranks, epoch):
    """Return the row numbers of every rank."""
    return [_row_numbers(answer(rows, rank, ranks, epoch), rows) for rank in range(ranks)]


@shard.set_check
def shard_check(answer):
    for rows, ranks, epoch in ((24, 3, 0), (23, 4, 1), (7, 2, 5), (10, 4, 2), (9, 1, 3)):
        _require_each_row_once(_shares(answer, rows, ranks, epoch), rows, ranks, epoch)


def _require_each_row_once(shares, rows, ranks, epoch):
    """Refuse shares that lack a row, have one twice or are of unlike sizes."""
    told = f"With {rows} rows on {ranks} ranks in epoch {epoch}"
    counts = np.bincount(np.concatenate(shares), minlength=rows)
    sizes = [len(each) for each in shares]
    require((counts > 0).all(), f"{told} no rank has row {np.argmin(counts)}.")
    require((counts == 1).all(), f"{told} row {np.argmax(counts)} comes {counts.max()} times.")
    require(max(sizes) - min(sizes) <= 1, f"{told} the shares have {sizes} rows.")
