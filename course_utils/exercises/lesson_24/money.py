"""Exercise of lesson 24 on money: what a day's looks save."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
    unlike,
)

import numpy as np


def highest(scores, day, budget):
    """Return which rows are among their day's highest; of equal scores the earlier row."""
    order = np.lexsort((-scores, day))  # by day, and within a day from the highest score down
    sorted_days = day[order]
    rank = np.arange(len(order)) - np.searchsorted(sorted_days, sorted_days)
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order] = rank < budget
    return chosen


# ---------------------------------------------------------------------------------- 2 · loss saved

loss_saved = Exercise(
    "Return the share of the fraud's money that is stopped when somebody looks at each day's "
    "`budget` highest scores.",
    hints=(
        "Nobody can spend Monday's looks on Tuesday: take one day after the other, "
        "for each in np.unique(day).",
        "On a day: its rows, np.flatnonzero(day == each); of these the `budget` highest scores. "
        "A stable sort of -scores keeps equal ones in their order. A look at a normal row saves "
        "nothing.",
        "looked = rows[np.argsort(-scores[rows], kind='stable')[:budget]]; saved += "
        "(amounts * fraud)[looked].sum(). In the end divide by (amounts * fraud).sum().",
    ),
    praise="Right: the day's looks are what is scarce, and money is what they bring.",
)


@loss_saved.set_solution
def loss_saved_solution(scores, amounts, fraud, day, budget):
    loss = amounts * fraud  # EUR, 0 for normal rows
    saved = 0.0
    for each in np.unique(day):
        rows = np.flatnonzero(day == each)
        highest = np.argsort(-scores[rows], kind="stable")[:budget]
        saved += loss[rows[highest]].sum()
    return saved / loss.sum()


@loss_saved.set_check
def loss_saved_check(answer):
    generator = np.random.default_rng(244)
    day = np.repeat([3, 4, 5, 9], [20, 7, 30, 2])
    fraud = (generator.random(len(day)) < 0.4).astype(int)
    amounts = np.round(generator.lognormal(3, 1, len(day)), 2)
    scores = generator.permutation(np.cumsum(generator.gamma(2, size=len(day)))) + 30 * (day == 5)
    budget = 4
    got = as_array(
        answer(scores.copy(), amounts.copy(), fraud.copy(), day.copy(), budget), what="the share"
    )
    require(got.shape == (), f"One share is asked for; you return the shape {got.shape}.")
    right = loss_saved_solution(scores, amounts, fraud, day, budget)
    if same_numbers(got, right):
        return
    name_the_mistake(got, _wrong_shares(scores, amounts, fraud, day, budget))
    told, wanted = unlike(got, right)
    raise Misconception(
        f"Four days of 20, 7, 30 and 2 payments with {budget} looks each: you return {told}; "
        f"{wanted} is expected."
    )


def _wrong_shares(scores, amounts, fraud, day, budget):
    """Yield the shares that slips lead to, and which they are."""
    loss, days = amounts * fraud, len(np.unique(day))
    total, falling = loss.sum(), np.argsort(-scores)
    chosen = highest(scores, day, budget)
    for looks in (budget * days, budget * (np.ptp(day) + 1), budget):
        message = (
            f"That looks at the {looks} highest scores of all days together. Nobody can spend "
            "one day's looks on another: choose within each day."
        )
        for share in (total, 1):
            yield loss[falling[:looks]].sum() / share, message
    yield (
        loss[chosen].sum(),
        "That is the money saved, in EUR. Its share of all loss is asked for.",
    )
    yield (
        fraud[chosen].sum() / fraud.sum(),
        "That is the share of the frauds, whatever they cost: recall. The share of the money is "
        "asked for.",
    )
    yield (
        fraud[chosen].mean(),
        "That is the share of the looks that meet fraud: precision. The share of the money is "
        "asked for.",
    )
    yield (
        amounts[chosen].sum() / total,
        "The normal rows that are looked at count as saved. A look at a normal row saves nothing.",
    )
    yield (
        loss[chosen].sum() / amounts.sum(),
        "That is divided by the money of all payments. Only fraud is a loss.",
    )
    yield (
        amounts[chosen].sum() / amounts.sum(),
        "That is the share of all money that is looked at. Only fraud is a loss.",
    )
    yield (
        loss[chosen].sum() / amounts[chosen].sum(),
        "That is divided by the money that was looked at. What share of all loss is it?",
    )
    yield 1 - loss[chosen].sum() / total, "That is the share that is lost. What is saved?"
    yield (
        loss[highest(-scores, day, budget)].sum() / total,
        "That looks at the lowest scores of each day. High is suspect.",
    )
    yield (
        loss[highest(loss, day, budget)].sum() / total,
        "That looks at the dearest frauds, as an oracle would. Who looks knows `scores` only.",
    )
    yield (
        loss[highest(scores * fraud, day, budget)].sum() / total,
        "That spends no look on a normal row: it knows the labels. High scores of normal rows "
        "take a look each.",
    )
    yield (
        loss[highest(amounts, day, budget)].sum() / total,
        "That looks at the largest amounts. The highest `scores` are looked at.",
    )
    yield (
        loss[highest(scores * amounts, day, budget)].sum() / total,
        "That ranks by scores × amounts. Whoever wants that hands over such scores: here they "
        "are ranked as they are.",
    )
    shares = [
        loss[(day == each) & chosen].sum() / loss[day == each].sum()
        for each in np.unique(day)
        if loss[day == each].sum()
    ]
    yield (
        np.mean(shares),
        "That is the mean of the days' shares: a day of small sums counts as much as one of "
        "large ones. Add the money up first, and divide once.",
    )
    for other in (budget - 1, budget + 1):
        yield (
            loss[highest(scores, day, other)].sum() / total,
            f"That looks at {other} payments a day; `budget` is {budget}.",
        )


@loss_saved.set_inputs
def loss_saved_inputs(rng):
    example = [np.array(each) for each in ([3.0, 2, 1, 9], [10.0, 50, 40, 5], [0, 1, 1, 0])]
    yield "the example", (*example, np.array([0, 0, 1, 0]), 2)
    for rows, days, budget in ((40, 5, 3), (60, 4, 1), (12, 9, 2), (30, 1, 5), (1, 1, 1)):
        day = np.sort(rng.integers(0, days, rows)) + 60
        fraud = (rng.random(rows) < 0.4).astype(int)
        fraud[rng.integers(rows)] = 1
        amounts, scores = rng.lognormal(3, 1, rows), rng.normal(size=rows)
        for what, values in (
            ("", scores),
            (", tied", np.round(scores)),
            (", below 0", scores - 9),
        ):
            yield f"{rows} payments{what}", (values, amounts, fraud, day, budget)
        mixed = rng.permutation(day)
        yield f"{rows} payments, days in any order", (scores, amounts, fraud, mixed, budget)
    yield "looks for all", (scores, amounts, fraud, day, 100)
