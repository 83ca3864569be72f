"""Exercise of lesson 21 on the decision: a score that is no number must not pass in silence."""

from __future__ import annotations

from course_utils.exercises.results import as_array, name_the_mistake, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# -------------------------------------------------------------------------------- 2 · raises alarm

raises_alarm = TensorExercise(
    "Mend the decision: True for each score above the threshold, and for each that is NaN.",
    hints=(
        "What is np.nan > 2? And np.nan <= 2?",
        "Every comparison with NaN is False. Ask for what is surely normal, and turn that round.",
        "~(scores <= threshold)",
    ),
    praise="Right: what cannot be judged alarms.",
)


@raises_alarm.set_solution
def raises_alarm_solution(scores, threshold):
    return ~(scores <= threshold)  # a comparison with NaN is False


@raises_alarm.set_check
def raises_alarm_check(answer):
    scores = np.array([0.5, np.nan, 2.0, 3.5, np.inf, 1.0])
    got = as_array(answer(scores.copy(), 2.0), shape=scores.shape, what="the alarms")
    name_the_mistake(
        got,
        (
            (scores > 2, "The score NaN raises no alarm: NaN > threshold is False."),
            (scores >= 2, "NaN raises no alarm, and a score at the threshold does."),
            (~(scores < 2), "A score at the threshold alarms. Only one above it does."),
        ),
    )
    require((got == (~(scores <= 2))).all(), f"The alarms are {got} for the scores {scores}.")


@raises_alarm.set_inputs
def raises_alarm_inputs(rng):
    yield "the example", (np.array([0.5, np.nan, 2.0, 3.5]), 2.0)
    for what, n in (("many scores", 40), ("few scores", 4), ("one score", 1)):
        scores = rng.normal(size=n)
        yield what, (scores, float(np.median(scores)))
        yield f"{what}, a negative threshold", (scores, -1.5)
        yield f"{what}, some NaN", (np.where(rng.random(n) < 0.3, np.nan, scores), 0.4)
    yield "nothing but NaN", (np.full(5, np.nan), 1.0)
    yield "tied scores", (rng.integers(0, 4, size=30).astype(float), 2.0)
