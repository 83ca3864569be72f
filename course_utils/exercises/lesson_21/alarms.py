"""Exercise of lesson 21 on the decision: a score that is no number must not pass in silence."""

from __future__ import annotations

from course_utils.exercises.results import Misconception, as_array, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# -------------------------------------------------------------------------------- 2 · raises alarm

SCORES = np.array([0.5, np.nan, 2.0, 3.5, np.inf, -1.0, -4.0])

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
    asked = [(SCORES, threshold, _alarms(answer, threshold)) for threshold in (2.0, -1.0)]
    mistakes = [_mistakes(scores, threshold) for scores, threshold, _ in asked]
    for mistake in zip(*mistakes, strict=True):
        told = mistake[0][1]
        seen = zip(asked, mistake, strict=True)
        require(not all(np.array_equal(got, wrong) for (*_, got), (wrong, _) in seen), told)
    for scores, threshold, got in asked:
        for score, alarm, right in zip(scores, got, ~(scores <= threshold), strict=True):
            if alarm != right:
                raise Misconception(
                    f"For the score {score:g} and the threshold {threshold:g} you return "
                    f"{alarm:g}; {right:g} is expected."
                )


def _alarms(answer, threshold):
    """Return the alarms of an answer, one for each score."""
    got = as_array(answer(SCORES.copy(), threshold), what="the alarms", finite=False)
    for other in (SCORES, np.nan_to_num(SCORES)):
        require(
            not np.array_equal(got, other[other > threshold]),
            "The scores above the threshold come back. Return True or False for each score.",
        )
    require(
        got.shape != (len(SCORES) - 1,),
        "The score NaN is left out, and the alarms no longer fit to the rows. One for each.",
    )
    return as_array(got, shape=SCORES.shape, what="the alarms")


def _mistakes(scores, threshold):
    """Yield the alarms that known slips give, and what is wrong with them."""
    silent = (
        "The score NaN raises no alarm: NaN > threshold is False, as is every comparison with "
        "NaN. Ask for what is surely normal, and turn that round."
    )
    at = "A score at the threshold alarms. Only one above it does."
    missing = np.isnan(scores)
    yield scores > threshold, silent
    yield scores >= threshold, f"{silent} {at}"
    yield missing | (scores >= threshold), at
    yield scores <= threshold, "It is turned round: True for what is surely normal. ~ turns it."
    yield ~(scores > threshold), "It is turned round: what is above the threshold does not alarm."
    yield missing, "Only NaN alarms. A score above the threshold does as well."
    yield (
        ~np.isfinite(scores),
        "Only NaN and infinity alarm; a score above the threshold does too.",
    )
    yield (
        np.nan_to_num(scores) > threshold,
        "NaN became 0 on the way, and whether 0 alarms hangs on the threshold. Nobody measured "
        "that 0.",
    )
    for fill, told in ((np.nanmean(scores[:4]), "mean"), (np.nanmedian(scores), "median")):
        yield (
            np.where(missing, fill, scores) > threshold,
            f"NaN became the {told} of the others on the way. Nobody measured that.",
        )


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
