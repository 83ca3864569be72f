"""Exercise of lesson 20 on people: the threshold whose false alarms a day somebody can read."""

from __future__ import annotations

from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
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
    steps = np.cumsum(generator.gamma(2, size=64))
    scores = generator.permutation(np.repeat(steps, 2))  # (128,), all of them tied
    rows_a_day, most = 4096, 256  # 8 of 128 scores may lie above
    got = as_array(answer(scores.copy(), rows_a_day, most), what="the threshold")
    require(got.shape == (), f"One threshold is asked for; you return the shape {got.shape}.")
    right = alarm_budget_solution(scores, rows_a_day, most)
    if not difference(got, right):
        return
    name_the_mistake(got, _wrong_thresholds(scores, rows_a_day, most, right))
    told, wanted = unlike(got, right)
    alarms = rows_a_day * np.mean(scores > got)
    between = (
        ""
        if same_numbers(scores[np.abs(scores - got).argmin()], got)
        else (" What you return is none of the scores.")
    )
    raise Misconception(
        f"At the threshold {told}, which you return, {alarms:g} false alarms a day are expected "
        f"and {most} are allowed; the lowest score that keeps to that is {wanted}.{between}"
    )


def _wrong_thresholds(scores, rows_a_day, most, right):
    """Yield the thresholds that slips lead to, and which they are."""
    falling, n = np.sort(scores)[::-1], len(scores)
    yield most / rows_a_day, "That is the share that may alarm. Which score do so many lie above?"
    yield most * n / rows_a_day, "That is how many of the scores may alarm. Above which score?"
    yield (
        rows_a_day * np.mean(scores > right),
        "Those are the false alarms a day. The threshold that has them is asked for.",
    )
    yield falling[0], "No normal row alarms above the highest score. The budget allows more."
    yield (
        falling[-1],
        "That is the lowest score, above which nearly all rows alarm. The given scores are not "
        "a day's rows: count the share of them above, times rows_a_day.",
    )
    yield (
        falling[falling < right][0],
        "One score too low: the alarms there are more than `most`.",
    )
    yield (
        falling[falling > right][-1],
        "One score too high. Rows above (>) the threshold alarm, those at it do not, and `most` "
        "alarms themselves are allowed.",
    )
    yield (
        np.quantile(scores, 1 - most / rows_a_day),
        "That lies between two scores, as a quantile does. The threshold is one of the scores.",
    )
    yield (
        np.quantile(scores, most / rows_a_day),
        "Upside down: that share of the scores lies below the threshold, and nearly all rows "
        "alarm.",
    )
    yield (
        np.argmin(np.abs(scores - right)),
        "That is the place at which the threshold stands. The score itself is asked for.",
    )
    for deviations in (2, 3):
        yield (
            scores.mean() + deviations * scores.std(),
            f"That is the mean plus {deviations} standard deviations, which asks no budget.",
        )


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
                for more, share in (("a little", 0.3), ("two thirds", 0.7)):
                    most = 1000 * (above + share) / n
                    yield f"{told}, {more} more than {above} above", (values, 1000, most)
    yield "less than one alarm a day", (rng.normal(size=256), 64, 0.5)
    yield "equal scores", (np.full(9, 0.25), 100, 3)
    yield "one score", (rng.normal(size=1), 10, 1)
