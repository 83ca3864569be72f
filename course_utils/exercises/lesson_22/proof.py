"""Exercise of lesson 22: whether two ways of training differ by rounding alone."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, require

import numpy as np

# ------------------------------------------------------------------------------------- 4 · verdict

VERDICTS = ("same", "rounding", "different")

verdict = Exercise(
    'one("float32") and many("float32") train in one process and in many, and return the weights, '
    '(n,); "float64" trains with more digits. Return "same" where no bit of the float32 weights '
    'differs, "rounding" where they differ by rounding alone, else "different".',
    hints=(
        "How large a difference is says little: rounding grows in a long training, and a real "
        "difference may be small.",
        "Rounding in float64 is about 5e8 times smaller than in float32. What is no rounding "
        "stays as large as it was.",
        "Compare the largest difference in float64 with the largest in float32: is it a "
        "thousandth of it, or less?",
    ),
    praise="Right on every pair held back: what more digits take away was rounding.",
    seconds=30.0,
)


@verdict.set_solution
def verdict_solution(one, many):
    single, double = (np.abs(one(d) - many(d)).max() for d in ("float32", "float64"))
    if single == 0:
        return "same"
    return "rounding" if double <= 1e-3 * single else "different"


@verdict.set_check
def verdict_check(answer):
    def one(dtype):
        return np.ones(3, dtype=dtype)

    given = answer(one, one)
    require(given is not None, "Your function returned None: is a `return` missing?")
    if given != "same":
        raise Misconception("The same weights are not called the same.")
