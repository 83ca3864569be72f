"""Exercise of lesson 24 on time: what a bank knows about its payments on a day."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, difference, require

import numpy as np

# -------------------------------------------------------------------------------- 1 · known labels

known_labels = Exercise(
    "Return what is known on day `today` about each payment: 1 where a report had come by then, "
    "0 where none had and the payment is at least `wait` days old, NaN elsewhere.",
    hints=(
        "Three cases, and only the first is sure. Begin with NaN everywhere, and write the other "
        "two over it.",
        "A report that comes after today is not known today: such a payment looks like any "
        "other. Comparisons with NaN are False, so that payments without a report drop out of "
        "reported <= today by themselves.",
        "labels = np.full(len(time), np.nan); labels[time <= today - wait] = 0; "
        "labels[reported <= today] = 1",
    ),
    praise="Right. The zeros are still not all true: one fraud in ten is never reported, and some "
    "reports take longer than anybody waits.",
)


@known_labels.set_solution
def known_labels_solution(time, reported, today, wait):
    labels = np.full(len(time), np.nan)
    labels[time <= today - wait] = 0  # old enough: a report would have come, mostly
    labels[reported <= today] = 1  # False where `reported` is NaN
    return labels


@known_labels.set_check
def known_labels_check(answer):
    time = np.array([2.5, 40.0, 3.0, 37.5, 41.0, 4.5, 6.0, 44.5, 60.0, 58.0, 1.5, 25.0])
    reported = np.array([20.0, 45.0, 66.0, 70.0, *[np.nan] * 4, 75.0, *[np.nan] * 3])
    today, wait = 50.0, 30.0
    got = as_array(
        answer(time.copy(), reported.copy(), today, wait),
        shape=time.shape,
        what="the labels",
        finite=False,
    )
    odd = ~np.isnan(got) & (got != 0) & (got != 1)
    if odd.any():
        raise Misconception(f"A label is 1, 0 or NaN; you return {got[odd][0]:.4g}.")
    right = known_labels_solution(time, reported, today, wait)
    if not difference(got, right):
        return
    for wrong, message in _wrong_labels(time, reported, today, wait):
        require(difference(got, wrong), message)
    place = int(np.flatnonzero(~((got == right) | (np.isnan(got) & np.isnan(right))))[0])
    came = "never" if np.isnan(reported[place]) else f"on day {reported[place]:g}"
    raise Misconception(
        f"On day {today:g}, waiting {wait:g} days: a payment of day {time[place]:g}, reported "
        f"{came}, gets {got[place]:g}; {right[place]:g} is expected."
    )


def _wrong_labels(time, reported, today, wait):
    """Yield the labels that slips lead to, and which they are."""
    right = known_labels_solution(time, reported, today, wait)
    young, future = (time > today - wait) & ~(reported <= today), time > today
    yield (
        np.where(reported <= today, 1.0, 0.0),
        "Whatever has no report gets 0, even what was paid today. Fraud of the last weeks looks "
        "the same, as its reports are still to come: nobody knows yet, which is NaN.",
    )
    yield (
        np.where(reported <= today, 1.0, np.where(future, np.nan, 0.0)),
        "Whatever has no report so far gets 0, even what was paid today. Fraud of the last weeks "
        "looks the same, as its reports are still to come: nobody knows yet, which is NaN.",
    )
    for tomorrow in (
        np.where(np.isnan(reported), 0.0, 1.0),
        np.where(np.isnan(reported), right, 1.0),
        np.where(np.isnan(reported) | future, right, 1.0),
        np.where(np.isnan(reported) | young, right, 1.0),
        np.where(future, np.nan, np.where(np.isnan(reported), 0.0, 1.0)),
    ):
        yield (
            tomorrow,
            "That knows reports that come after today. On day 50 a report of day 66 has not come: "
            "compare `reported` with `today`.",
        )
    yield (
        np.where(~np.isnan(reported) & (reported > today), np.nan, right),
        "Old payments whose report comes after today get NaN. Today they look as normal as the "
        "others of their age, and get 0: to tell them apart takes tomorrow's reports.",
    )
    yield (
        np.where(reported <= today, 1.0, np.where(time <= wait, 0.0, np.nan)),
        "`wait` is an age and not a day: a payment is today - time days old.",
    )
    yield (
        np.where(time <= today - wait, right, np.nan),
        "A young payment whose report has come gets no 1. A report needs no waiting.",
    )
    old_or_one = np.where(reported <= today, 1.0, np.where(time >= today - wait, 0.0, np.nan))
    for upside in (old_or_one, np.where(future, np.nan, old_or_one)):
        yield upside, "Upside down: young payments get 0 and old ones NaN. Time makes zeros safe."
    yield (
        np.where(right == 1, 1.0, np.nan),
        "No payment gets 0. A model needs normal rows too: those that are old enough and have no "
        "report.",
    )
    yield (
        np.where(right == 0, 1.0, np.where(right == 1, 0.0, np.nan)),
        "Upside down: 1 is a fraud that was reported.",
    )
    yield (
        np.nan_to_num(right, nan=0.0),
        "Nothing is NaN. Of payments younger than `wait` without a report nobody knows.",
    )


@known_labels.set_inputs
def known_labels_inputs(rng):
    yield "the example", (np.array([1.0, 1, 8, 12]), np.array([9, np.nan, np.nan, 13]), 10, 5)
    for rows, today, wait in ((30, 60.0, 20.0), (40, 45.0, 0.0), (25, 10.0, 15.0), (1, 50.0, 9.0)):
        time = np.sort(rng.uniform(0, 90, rows))
        delay = 10 * rng.exponential(size=rows)
        reported = np.where(rng.random(rows) < 0.5, time + delay, np.nan)
        yield f"{rows} payments on day {today:g}", (time, reported, today, wait)
        yield "no report", (time, np.full(rows, np.nan), today, wait)
    whole = np.arange(12.0)
    yield "payments and reports to the day", (whole, np.where(whole % 3, whole + 3, np.nan), 8, 5)
