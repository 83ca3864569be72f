"""Exercise of lesson 17 on the other side of the slope: the smallest change that silences."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import as_array, require

import numpy as np

# ----------------------------------------------------------------------------- 7 · smallest change

smallest_change = Exercise(
    "Return a row (d,) between low and high whose score is at the threshold or below, and whose "
    "largest change, in shares of the ranges high − low, is as small as you can make it.",
    hints=(
        "Think in shares of the ranges: a size s allows each entry to move by s · (high − low), "
        "and no further than low and high.",
        "Within that box go down: steps of a part of s · (high − low) against the sign of the "
        "slope, clipped to the box after each, the steps shorter and shorter. One step is not "
        "enough, since the slope turns on the way.",
        "Halve: if the score can be brought to the threshold within s, try a smaller s, else a "
        "larger one. A dozen halvings are plenty.",
    ),
    praise="Right: silenced and within range, by changes as small as ours on rows held back.",
    seconds=20.0,
)


@smallest_change.set_solution
def smallest_change_solution(score, slopes, row, low, high, threshold):
    found, small, large = None, 0.0, 1.0
    for _ in range(14):
        size = (small + large) / 2  # in shares of the ranges
        box = (
            np.maximum(row - size * (high - low), low),
            np.minimum(row + size * (high - low), high),
        )
        changed = np.clip(row, *box)
        for step in np.linspace(size, 0, 40, endpoint=False):
            if score(changed[None])[0] <= threshold:
                break
            downhill = -np.sign(slopes(changed[None])[0])
            changed = np.clip(changed + step / 4 * (high - low) * downhill, *box)
        if score(changed[None])[0] <= threshold:
            found, large = changed, size
        else:
            small = size
    return found


@smallest_change.set_check
def smallest_change_check(answer):
    score = OfRows("score", lambda X: (X**2).sum(axis=1))
    slopes = OfRows("slopes", lambda X: 2 * X)
    row, low, high = np.array([0.9, -0.8]), np.full(2, -1.0), np.full(2, 1.0)
    got = as_array(answer(score, slopes, row, low, high, 0.2), shape=(2,), what="the row")
    require(score(got[None])[0] <= 0.2, "Its score is above the threshold.")
