"""The exercise of lesson 17 that is open: an explanation that names the planted column."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array

import numpy as np

# ------------------------------------------------------------------------------ 8 · my explanation

my_explanation = Exercise(
    "Return one number for each entry of the row (d,), the largest where the column is to blame, "
    "from scores alone: on detectors held back the top one has to be the planted column.",
    hints=(
        "Ask the score: what would it be if this entry were a usual one? The background has usual "
        "values.",
        "One value for each column, as the mean, may itself be odd beside the other entries. Try "
        "many.",
        "For each column the lowest score over all background values, less than the row's own: "
        "exercise 5 kept for all columns.",
    ),
    praise="Right: the planted column comes first more often than |z| and the mean manage.",
    seconds=30.0,
)


@my_explanation.set_solution
def my_explanation_solution(score, row, background):
    m, d = background.shape
    changed = np.tile(row, (d, m, 1))  # (d, m, d)
    for column in range(d):
        changed[column, :, column] = background[:, column]
    scores = score(changed.reshape(d * m, d)).reshape(d, m)
    return score(row[None])[0] - scores.min(axis=1)


@my_explanation.set_check
def my_explanation_check(answer):
    rng = np.random.default_rng(17)
    background, row = rng.normal(size=(20, 3)), np.array([0.0, 9.0, 0.0])
    as_array(answer(lambda X: (X**2).sum(axis=1), row, background), shape=(3,), what="it")
