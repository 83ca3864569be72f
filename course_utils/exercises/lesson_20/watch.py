"""Exercise of lesson 20 on drift: watch the scores, and say when they are no longer the same."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import require

import numpy as np

# --------------------------------------------------------------------------------- 7 · drift alarm

drift_alarm = Exercise(
    "Watch a detector's `scores` come in, row by row, beside the `reference` scores of normal "
    "rows. Return the index of the first row at which you say that they have drifted, or None.",
    hints=(
        "Scores have any unit and any tail. The share of reference scores below a score is "
        "between 0 and 1, and 1/2 on average where nothing has drifted.",
        "One high score is an anomaly; a drift is many. Add up what lies above 1/2, less an "
        "allowance, never below 0, and alarm when the sum is high.",
        "total = max(0, total + share - 0.5 - allowance), and the same downwards.",
    ),
    praise="Right.",
    seconds=30.0,
)


@drift_alarm.set_solution
def drift_alarm_solution(reference, scores):
    shares = np.searchsorted(np.sort(reference), scores) / len(reference)  # 0 to 1
    totals = np.zeros(2)  # upwards, downwards
    for row, share in enumerate(shares):
        totals = np.maximum(0, totals + np.array([share - 0.65, 0.35 - share]))
        if totals.max() > 5:
            return row
    return None


@drift_alarm.set_check
def drift_alarm_check(answer):
    generator = np.random.default_rng(26)
    reference, scores = generator.gamma(2, size=500), generator.gamma(2, size=3000)
    require(answer(reference, scores) is None, "A false alarm: these scores have not drifted.")
    scores[1000:] += 2
    found = answer(reference, scores)
    require(found is not None and 1000 <= found < 1200, "The drift at row 1,000 is not found.")


@drift_alarm.set_inputs
def drift_alarm_inputs(rng):
    reference = rng.normal(size=400)
    scores = rng.normal(size=900)
    scores[300:] += 6
    yield "a clear drift", (reference, scores)
