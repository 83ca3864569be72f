"""Exercise of lesson 20 on memory: a sample of all rows so far, in a buffer of a fixed size."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import require

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
    generator = np.random.default_rng(25)
    for seen in range(4):
        result = answer(seen, 4, generator)
        require(result == seen, f"Row {seen} of a buffer of 4 goes to place {seen}.")
    for seen, size in ((1, 1), (3, 2), (9, 4)):
        places = [answer(seen, size, generator) for _ in range(2000)]
        kept = np.mean([place is not None for place in places])
        require(
            abs(kept - size / (seen + 1)) < 0.06,
            f"With seen {seen} and size {size}, {kept:.1%} of rows are kept; "
            f"{size / (seen + 1):.1%} are expected.",
        )


@slot.set_inputs
def slot_inputs(rng):
    for size in (1, 5):
        for seen in range(size):
            yield "a buffer that fills", (seen, size, np.random.default_rng(0))
