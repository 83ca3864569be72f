"""Exercise of lesson 17 on repairs: the one entry whose change silences most."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import difference, require

import numpy as np

# --------------------------------------------------------------------------------- 5 · best repair

best_repair = Exercise(
    "Mend the repair: return (column, value), the one entry of the row whose change to a value "
    "that the background has in that column lowers the score most.",
    hints=(
        "Whether a change helps is for the score to say, not for the distance from a mean.",
        "Try every value: for each column, copies of the row (m, d), one for each background row, "
        "with that column replaced by background[:, column].",
        "All d · m changed rows may be scored in one call. The lowest score names both column and "
        "value: np.unravel_index(scores.argmin(), scores.shape).",
    ),
    praise="Right: one entry, a value that occurs, and no other change lowers the score more.",
)


@best_repair.set_solution
def best_repair_solution(score, row, background):
    m, d = background.shape
    changed = np.tile(row, (d, m, 1))  # (d, m, d)
    for column in range(d):
        changed[column, :, column] = background[:, column]
    scores = score(changed.reshape(d * m, d)).reshape(d, m)
    column, which = np.unravel_index(scores.argmin(), scores.shape)
    return column, background[which, column]


def _bowl(weights):
    return OfRows("score", lambda X: (weights * X**2).sum(axis=1))


@best_repair.set_check
def best_repair_check(answer):
    rng = np.random.default_rng(17)
    given = _bowl(np.ones(3)), rng.normal(size=3), rng.normal(size=(9, 3))
    told = difference(answer(*given), best_repair_solution(*given))
    require(not told, told)


@best_repair.set_inputs
def best_repair_inputs(rng):
    for d in (1, 2, 5):
        yield (
            f"{d} columns",
            (_bowl(rng.exponential(size=d)), 3 * rng.normal(size=d), rng.normal(size=(12, d))),
        )
