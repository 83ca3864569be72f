"""Exercise of lesson 20 on memory: a sample of all rows so far, in a buffer of a fixed size."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np

# ---------------------------------------------------------------------------------------- 6 · slot

slot = Exercise(
    "Row number `seen`, counted from 0, comes to a buffer of `size` rows. Return the place it "
    "takes, or None where it is dropped, so that every row so far is equally likely to be kept.",
    hints=(
        "The first `size` rows fill the buffer: row 0 goes to place 0, row 1 to place 1, and on.",
        "Afterwards seen + 1 rows have come, and each is to be kept with the chance size / "
        "(seen + 1).",
        "place = int(generator.integers(seen + 1)); return place if place < size else None",
    ),
    praise="Right: a sample of the whole past in a fixed memory, without knowing how long it is.",
)


@slot.set_solution
def slot_solution(seen, size, generator):
    if seen < size:
        return seen
    place = int(generator.integers(seen + 1))  # 0 to seen, each as likely
    return place if place < size else None


@slot.set_check
def slot_check(answer):
    _judge_filling(answer)
    places = {each: _places(answer, *each) for each in PAIRS}  # (RUNS,) each
    _name_the_share(np.array([(each >= 0).mean() for each in places.values()]))
    for (seen, size), each in places.items():
        _judge_places(each, seen, size)
    draws = [[answer(5, 3, each) for _ in range(40)] for each in _generators(7, 7, 8)]
    require(
        draws[0] == draws[1],
        "Two generators of one seed lead to other places: chance comes from elsewhere. Draw from "
        "`generator`, so that a run can be repeated.",
    )
    require(
        draws[0] != draws[2],
        "Generators of two seeds lead to the same places: `generator` is not what decides.",
    )


def _generators(*seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def _judge_filling(answer):
    size, generator = 4, np.random.default_rng(25)
    for seen in range(size):
        result = answer(seen, size, generator)
        require(
            result is not None,
            f"Row {seen} comes to a buffer of {size} that is not full, and is dropped. Is a "
            f"`return` missing? The first {size} rows fill it.",
        )
        place = _place(result, size)
        require(
            place == seen,
            f"Row {seen} of a buffer of {size} goes to place {place}; {seen} is expected. The "
            "first rows fill the buffer in order, so that none is overwritten and none is empty.",
        )


def _place(result, size):
    """Return what came back as a place, −1 for None, or say what it is instead."""
    if result is None:
        return -1
    if type(result) is int and 0 <= result < size:  # nearly always
        return result
    got = as_array(result, what="the place", finite=False)
    require(
        got.shape == () and not isinstance(result, bool | np.bool_),
        f"A place is asked for, or None; you return {str(result)[:40]}.",
    )
    require(
        float(got).is_integer() and 0 <= got < size,
        f"You return {float(got):g}. The places are 0 to {size - 1}; a row that is dropped gets "
        "None.",
    )
    return int(got)


def _places(answer, seen, size):
    """Return the places that row `seen` took in many runs, −1 where it was dropped: (RUNS,)."""
    generator = np.random.default_rng(26)
    return np.array([_place(answer(seen, size, generator), size) for _ in range(RUNS)])


def _name_the_share(kept):
    """Refuse shares of rows kept, one for each of PAIRS, and name those of known slips."""
    seen, size = np.array(PAIRS).T
    if _near(kept, size / (seen + 1)):
        return
    for shares, why in (
        (
            np.ones(len(seen)),
            "Every new row is kept, so that old ones fade: that is a window of the last rows. "
            "Each row so far is to be as likely to stay.",
        ),
        (np.zeros(len(seen)), "No row is kept once the buffer is full."),
        (
            size / seen,
            f"Off by one: with row {seen[0]}, counted from 0, {seen[0] + 1} rows have come. It is "
            "kept with the chance size / (seen + 1).",
        ),
        (
            size / (seen + 2),
            f"Off by one: with row {seen[0]}, counted from 0, {seen[0] + 1} rows have come, no "
            "more. It is kept with the chance size / (seen + 1).",
        ),
        (
            1 / (seen + 1),
            "A row is kept with the chance 1 / (seen + 1). The buffer has `size` places: "
            "size / (seen + 1).",
        ),
        (
            np.full(len(seen), 0.5),
            "Half of the rows are kept, however many have come. The more have come, the less "
            "likely is a new one to be kept: size / (seen + 1).",
        ),
        (
            1 - size / (seen + 1),
            "Upside down: rows are dropped with the chance with which they are to be kept.",
        ),
    ):
        require(not _near(kept, shares), why)
    for (row, places), share in zip(PAIRS, kept, strict=True):
        right = places / (row + 1)
        require(
            abs(share - right) < NEAR,
            f"With row {row} and {places} places, {share:.0%} of {RUNS:,} rows are kept; about "
            f"{right:.0%} are expected, size / (seen + 1).",
        )


def _near(shares, others):
    return bool((np.abs(shares - others) < NEAR).all())


def _judge_places(places, seen, size):
    """Refuse rows that prefer a place, whose row is then overwritten sooner than others."""
    taken = places[places >= 0]
    shares = np.bincount(taken, minlength=size) / len(taken)
    told = f"{', '.join(f'{share:.0%}' for share in shares)} take the places 0 to {size - 1}"
    require(
        np.abs(shares - 1 / size).max() < 1.5 * NEAR,
        f"Of the rows {seen} that are kept, {told}. Each is to be as likely, or else some "
        "rows are overwritten sooner.",
    )


PAIRS = ((3, 3), (6, 3), (1, 1), (2, 1))  # rows, and the places there are
RUNS, NEAR = 1_200, 0.072  # draws for each, and how far shares may lie by chance: 5 deviations


@slot.set_inputs
def slot_inputs(rng):
    for size in (1, 5, 12):
        for seen in range(size):
            generator = np.random.default_rng(rng.integers(1_000_000))
            yield f"a buffer of {size} that fills", (seen, size, generator)
