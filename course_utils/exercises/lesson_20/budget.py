"""Exercise of lesson 20 on people: the threshold whose false alarms a day somebody can read."""

from __future__ import annotations

from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    require,
    unlike,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# -------------------------------------------------------------------------------- 3 · alarm budget

alarm_budget = TensorExercise(
    "Return the lowest of the normal rows' `scores` that, as a threshold, keeps the false alarms "
    "a day, rows_a_day × the share of scores above (>) it, at `most` or fewer.",
    hints=(
        "For a threshold t: how large is the share of scores > t? Of rows_a_day rows, that share "
        "alarms.",
        "Equal scores alarm together, or not at all: count those above each score, and not places "
        "in a sorted list. At the highest score no row alarms, so that one always keeps to it.",
        "for threshold in sorted(scores): return the first with rows_a_day * np.mean(scores > "
        "threshold) <= most.",
    ),
    praise="Right: the budget sets the threshold. What it costs in missed anomalies is the price.",
)


@alarm_budget.set_solution
def alarm_budget_solution(scores, rows_a_day, most):
    rising = np.sort(scores)
    above = len(rising) - np.searchsorted(rising, rising, side="right")  # scores above each
    alarms = rows_a_day * above / len(rising)  # a day
    return rising[alarms <= most][0]


@alarm_budget.set_check
def alarm_budget_check(answer):
    generator = np.random.default_rng(22)
    scores = generator.permutation(np.round(generator.gamma(2, size=128), 1))
    rows_a_day, most = 4096, 256  # at most 8 of 128 scores above
    got = as_array(answer(scores.copy(), rows_a_day, most), what="the threshold")
    require(got.shape == (), f"One threshold is asked for; you return the shape {got.shape}.")
    right = alarm_budget_solution(scores, rows_a_day, most)
    if got == right:
        return
    name_the_mistake(got, _wrong_thresholds(scores, rows_a_day, most))
    told, wanted = unlike(got, right)
    alarms = rows_a_day * np.mean(scores > got)
    raise Misconception(
        f"At the threshold {told}, which you return, {alarms:g} false alarms a day are expected "
        f"and {most} are allowed; the lowest score that keeps to that is {wanted}."
    )


def _wrong_thresholds(scores, rows_a_day, most):
    falling, n = np.sort(scores)[::-1], len(scores)
    yield most / rows_a_day, "That is the share that may alarm. Which score do so many lie above?"
    yield most * n / rows_a_day, "That is how many of the scores may alarm. Above which score?"
    yield (
        rows_a_day * np.mean(scores > alarm_budget_solution(scores, rows_a_day, most)),
        "Those are the false alarms a day. The threshold that has them is asked for.",
    )
    yield falling[0], "No normal row alarms above the highest score. The budget allows more."


@alarm_budget.set_inputs
def alarm_budget_inputs(rng):
    yield "the example", (np.array([0.1, 0.4, 0.2, 0.9, 0.3]), 100, 40)
    for what, n in (("many scores", 512), ("few scores", 16)):
        scores = rng.gamma(2, size=n)
        for told, values in (
            (what, scores),
            (f"{what}, tied", np.round(scores)),
            (f"{what}, below 0", scores - 50),
        ):
            for above in (0, 1, int(rng.integers(2, n // 2)), n - 1, n):
                yield f"{told}, {above} above", (values, 8192, 8192 * above / n)
                yield (
                    f"{told}, a little more than {above} above",
                    (
                        values,
                        1000,
                        1000 * (above + 0.3) / n,
                    ),
                )
    yield "less than one alarm a day", (rng.normal(size=300), 50, 0.5)
    yield "equal scores", (np.full(9, 0.25), 100, 3)
    yield "one score", (rng.normal(size=1), 10, 1)
