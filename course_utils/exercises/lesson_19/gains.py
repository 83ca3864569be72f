"""Exercise of lesson 19 on search: the gain that it reports, and the gain that is left later."""

from __future__ import annotations

from course_utils.exercises.results import difference, require, take_apart
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# --------------------------------------------------------------------------------- 7 · honest gain

honest_gain = TensorExercise(
    "Mend the report of a search: of the setting that is best on validation, return its gain over "
    "the default on validation (reported) and on test (real).",
    hints=(
        "Which of the two columns may choose? The test rows are there to judge what was chosen.",
        "Choose once, by validation; the same setting is then judged on both.",
        "chosen = np.argmax(validation); then validation[chosen] - validation[default], and the "
        "same of test.",
    ),
    praise="Right: chosen by validation, judged by test, and the real gain may be below 0.",
)


@honest_gain.set_solution
def honest_gain_solution(validation, test, default):
    chosen = np.argmax(validation)
    return validation[chosen] - validation[default], test[chosen] - test[default]


@honest_gain.set_check
def honest_gain_check(answer):
    validation = np.array([0.80, 0.93, 0.86, 0.90])
    test = np.array([0.82, 0.85, 0.89, 0.80])
    got = take_apart(answer(validation, test, 0), ("reported", "real"))
    told = difference(tuple(got), honest_gain_solution(validation, test, 0))
    require(not told, f"Those are not the two gains: {told}")
