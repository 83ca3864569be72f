"""Exercise of lesson 22: which rows a rank learns from in an epoch."""

from __future__ import annotations

import itertools
import random
import time
from contextlib import contextmanager, nullcontext
from unittest import mock

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, plain, require

import numpy as np
import torch

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


@shard.set_check
def shard_check(answer):
    watched, answer = _checked(answer, _watched_random_numbers), _checked(answer, nullcontext)
    for rank in range(3):
        watched(12, rank, 3, 1)
    for rows, ranks, epoch in (
        *((24, 3, 0), (23, 4, 1), (7, 2, 5), (9, 1, 3), (30, 8, 2)),
        *((3, 5, 0), (1, 2, 4), (4, 4, 40)),
    ):
        shares = [answer(rows, rank, ranks, epoch) for rank in range(ranks)]
        _require_each_row_once(shares, rows, epoch)
    _require_no_chance(answer)
    _require_shuffles(answer)
    _require_even_chances(answer)


def _checked(answer, watch):
    """Return an answer whose result is looked at and made an array of whole numbers."""

    def call(rows, rank, ranks, epoch):
        with watch():
            given = answer(rows, rank, ranks, epoch)
        return _row_numbers(given, rows)

    return call


# (read the state, set it, begin from a seed) of the random numbers that a process shares
SHARED = (
    (np.random.get_state, np.random.set_state, np.random.seed),
    (random.getstate, random.setstate, random.seed),
    (torch.get_rng_state, torch.set_rng_state, torch.default_generator.manual_seed),
)


@contextmanager
def _watched_random_numbers():
    """Refuse an answer that moves the process's random numbers; they stay as they were."""
    before = [read() for read, _, _ in SHARED]
    try:
        for _, _, begin in SHARED:
            begin(2_202_209)
        untouched = [_comparable(read()) for read, _, _ in SHARED]
        yield
        require(
            [_comparable(read()) for read, _, _ in SHARED] == untouched,
            "Your function moves the random numbers of the whole process: np.random, random or "
            "torch without a generator of their own. Other code draws from there too. "
            "np.random.default_rng(epoch) is a generator of your own.",
        )
    finally:
        for (_, write, _), state in zip(SHARED, before, strict=True):
            write(state)


def _comparable(state):
    """Return a state of random numbers without arrays, which have no single ==."""
    parts = state if isinstance(state, tuple) else (state,)
    return [bytes(np.asarray(each)) if np.ndim(each) else each for each in parts]


def _row_numbers(given, rows):
    """Return one rank's rows, or say what came back instead."""
    require(
        not isinstance(given, tuple) or len(given) == 0 or np.ndim(given[0]) == 0,
        "Several results came back. This rank's row numbers alone are asked for.",
    )
    got = as_array(list(given) if isinstance(given, range) else given, what="the row numbers")
    require(
        got.shape != (),
        "One number came back. All of this rank's row numbers are asked for.",
    )
    require(
        got.ndim == 1, f"One list of row numbers is asked for; you return the shape {got.shape}."
    )
    require(
        not got.size or np.asarray(plain(given)).dtype != bool,
        "True and False came back. The numbers of this rank's rows are asked for.",
    )
    require(
        np.array_equal(got, np.rint(got)), "Row numbers are whole numbers; some of yours are not."
    )
    outside = got[(got < 0) | (got >= rows)]
    require(
        not outside.size,
        f"With {rows} rows you return row {', '.join(f'{each:g}' for each in outside[:1])}; they "
        f"count from 0 to {rows - 1}.",
    )
    return got.astype(int)


def _require_each_row_once(shares, rows, epoch):
    """Refuse shares that lack a row, have one twice or are of unlike sizes."""
    ranks, sizes = len(shares), [len(each) for each in shares]
    told = f"With {rows} rows on {ranks} ranks in epoch {epoch}"
    counts = np.bincount(np.concatenate(shares), minlength=rows)
    lacking, twice = np.flatnonzero(counts == 0), np.flatnonzero(counts > 1)
    require(any(sizes), f"{told} no rank has any row.")
    require(
        ranks == 1 or not all(np.array_equal(each, shares[0]) for each in shares),
        f"{told} every rank has the same rows: the rank is not used, and the work is done {ranks} "
        "times.",
    )
    require(
        lacking.size or not twice.size or max(sizes) != min(sizes),
        f"{told} the shares are filled up to one size, and row {min(twice, default=0)} comes "
        "twice, as DistributedSampler does unless told otherwise. Such a row weighs double: let "
        "the sizes differ by one.",
    )
    require(
        twice.size or not 0 < len(lacking) == rows % ranks or max(sizes) != min(sizes),
        f"{told} the {rows % ranks} that are left over are dropped: no rank has row "
        f"{min(lacking, default=0)}.",
    )
    for rank, share in enumerate(shares):
        own = np.flatnonzero(np.bincount(share, minlength=rows) > 1)
        require(
            not own.size,
            f"{told} rank {rank} alone has row {min(own, default=0)} twice. In a permutation each "
            "row comes once.",
        )
    pairs = itertools.combinations(range(ranks), 2)
    both = [pair for pair in pairs if np.isin(shares[pair[0]], shares[pair[1]]).any()]
    if both:
        one, other = both[0]
        row = shares[one][np.isin(shares[one], shares[other])][0]
        require(
            False,
            f"{told} row {row} is on rank {one} and on rank {other}. Shares fit together where "
            "all ranks draw the same permutation, from the epoch alone, and cut it at the same "
            "places.",
        )
    require(not lacking.size, f"{told} no rank has row {min(lacking, default=0)}.")
    require(
        max(sizes) - min(sizes) <= 1,
        f"{told} the shares have {', '.join(map(str, sizes))} rows. The others wait for the "
        "largest: they may differ by one row.",
    )


def _require_no_chance(answer):
    """Refuse rows that depend on anything but the arguments."""
    calls = [(21, rank, 3, epoch) for epoch in (0, 1, 7) for rank in range(3)]
    first = [answer(*each) for each in calls]
    later = time.time() + 7_777.5
    with mock.patch.object(time, "time", return_value=later):  # as in a process that starts later
        again = [answer(*each) for each in reversed(calls)][::-1]
    for (_, rank, _, epoch), one, other in zip(calls, first, again, strict=True):
        require(
            np.array_equal(one, other),
            f"Called once more for rank {rank} in epoch {epoch}, it gives other rows. Ranks are "
            "processes of their own: the epoch alone may decide, no memory, no clock, no chance.",
        )


ROWS, RANKS, EPOCHS = 40, 4, 30
# Of 30 random orders about 785 different pairs of rows follow one another on a rank; 11 is one
# standard deviation. Fewer say that orders come back, or only turn.
NEIGHBOURS = 600


def _require_shuffles(answer):
    """Refuse what is no new order of all rows in each epoch."""
    orders = np.array(
        [[answer(ROWS, rank, RANKS, epoch) for rank in range(RANKS)] for epoch in range(EPOCHS)]
    )  # (epochs, ranks, rows of a rank)
    ordered = np.sort(orders, axis=2)
    one_way = (np.diff(orders, axis=2) > 0).all(axis=(1, 2))
    blocks, strides = np.arange(ROWS).reshape(RANKS, -1), np.arange(ROWS).reshape(-1, RANKS).T
    unshuffled = (ordered[0] == blocks).all() or (ordered[0] == strides).all()
    require(
        not (one_way[0] and unshuffled),
        "In epoch 0 the rows are not shuffled. A table is often sorted by time or by class, and "
        "then each rank sees one part of it.",
    )
    require(
        not (orders == orders[0]).all(),
        f"In {EPOCHS} epochs the order is always the same: the epoch is not used.",
    )
    require(
        not (ordered == ordered[0]).all(),
        f"In {EPOCHS} epochs each rank has the same rows, only in another order. Shuffle all rows "
        "first, and share them out then.",
    )
    require(
        not one_way.all(),
        "Within each share the rows are sorted. Batches are taken in this order: keep them "
        "shuffled.",
    )
    pairs = np.stack([orders[:, :, :-1], orders[:, :, 1:]], axis=3).reshape(-1, 2)
    different = len(np.unique(pairs, axis=0))
    require(
        different >= NEIGHBOURS,
        f"Over {EPOCHS} epochs of {ROWS} rows only {different} pairs of rows follow one another; "
        "random orders have about 785. Orders come back, or the same order is only turned.",
    )


def _require_even_chances(answer):
    """Refuse shuffles in which a row is much rather on one rank, or comes first."""
    epochs = 200
    orders = [answer(6, 0, 2, epoch) for epoch in range(epochs)]
    on_rank = np.bincount(np.concatenate(orders), minlength=6)
    first = np.bincount([each[0] for each in orders], minlength=6)
    require(
        (np.abs(on_rank - epochs / 2) <= 40).all() and (first >= 8).all() and (first <= 75).all(),
        f"With 6 rows on 2 ranks over {epochs} epochs rank 0 has the rows "
        f"{', '.join(map(str, on_rank))} times and begins with them "
        f"{', '.join(map(str, first))} times. Each should be there about {epochs // 2} times and "
        f"first about {epochs // 6} times.",
    )
