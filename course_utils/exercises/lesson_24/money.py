"""Exercises of lesson 24 on money: what a day's looks save, and which looks are worth it."""

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


def _highest(scores, day, budget):
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
    chosen = _highest(scores, day, budget)
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
        loss[_highest(-scores, day, budget)].sum() / total,
        "That looks at the lowest scores of each day. High is suspect.",
    )
    yield (
        loss[_highest(loss, day, budget)].sum() / total,
        "That looks at the dearest frauds, as an oracle would. Who looks knows `scores` only.",
    )
    yield (
        loss[_highest(scores * fraud, day, budget)].sum() / total,
        "That spends no look on a normal row: it knows the labels. High scores of normal rows "
        "take a look each.",
    )
    yield (
        loss[_highest(amounts, day, budget)].sum() / total,
        "That looks at the largest amounts. The highest `scores` are looked at.",
    )
    yield (
        loss[_highest(scores * amounts, day, budget)].sum() / total,
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
            loss[_highest(scores, day, other)].sum() / total,
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


# -------------------------------------------------------------------------------- 4 · worth a look

worth_a_look = Exercise(
    "Say for each payment whether somebody looks at it: at most `budget` a day, each look costs "
    "`cost`, and what is saved less the looks' cost is to be as large as can be expected.",
    hints=(
        "A look at a payment saves its amount with probability p. How much is that on average? "
        "A likely fraud of 2 EUR is worth less than an unlikely one of 2,000.",
        "A look is no gift: it pays where p · amount is above `cost`, whether p is above a half "
        "or not. A day may have fewer such payments than looks.",
        "gain = p * amount - cost. Of each day's rows with gain > 0 take the `budget` with the "
        "largest gain.",
    ),
    praise="Right: probabilities answer how likely; the desk asks how much.",
)


@worth_a_look.set_solution
def worth_a_look_solution(p, amount, day, budget, cost):
    gain = p * amount - cost  # EUR that a look brings on average
    looks = np.zeros(len(p), dtype=bool)
    for each in np.unique(day):
        rows = np.flatnonzero((day == each) & (gain > 0))
        looks[rows[np.argsort(-gain[rows])][:budget]] = True
    return looks


@worth_a_look.set_check
def worth_a_look_check(answer):
    generator = np.random.default_rng(244)
    day = np.repeat(np.arange(6) + 60, [40, 40, 40, 12, 4, 40])
    n = len(day)
    p, amount = generator.beta(0.6, 1.2, n), np.round(generator.lognormal(3, 1.3, n), 2)
    amount[day == 63] /= 30  # a day of small sums
    budget, cost = 5, 6.0
    got = as_array(
        answer(p.copy(), amount.copy(), day.copy(), budget, cost),
        shape=p.shape,
        what="the looks",
        finite=False,
    )
    require(
        np.isin(got, (0, 1)).all(), "True or False is asked for each payment, or 1 or 0: a look?"
    )
    got, right = got == 1, worth_a_look_solution(p, amount, day, budget, cost)
    if np.array_equal(got, right):
        return
    net = [((p * amount)[each] - cost).sum() for each in (got, right)]
    told = f" Expected here: {net[0]:.0f} EUR; {net[1]:.0f} EUR can be had."
    for wrong, message in _wrong_looks(p, amount, day, budget, cost):
        require(not np.array_equal(got, wrong), message + told)
    looks = np.array([got[day == each].sum() for each in np.unique(day)])
    require(
        looks.max() <= budget,
        f"On one day {looks.max()} payments are looked at; {budget} a day is all that there is. "
        "Choose within each day.",
    )
    place = int(np.flatnonzero(got != right)[0])
    raise Misconception(
        f"A payment of {amount[place]:.2f} EUR with p = {p[place]:.3f} is "
        f"{'looked at' if got[place] else 'not looked at'}, where a look costs {cost:g} EUR and "
        f"{budget} a day are allowed; {bool(right[place])} is expected.{told}"
    )


def _wrong_looks(p, amount, day, budget, cost):
    """Yield the looks that the given code leads to, mended by parts, and what is left to mend."""
    expected, likely = p * amount, p > 0.5
    yield (
        _highest(p, day, budget) & likely,
        "That is the given code: it ranks by probability, drops what is less likely than not, "
        "and takes each look as free.",
    )
    for gate in (likely, np.ones(len(p), dtype=bool), p > 0):
        ranked = np.where(gate, p, -1.0)
        for also in (gate, gate & (expected > cost)):
            yield (
                _highest(ranked, day, budget) & also,
                "It ranks by probability. A likely fraud of 2 EUR comes before an unlikely one "
                "of 2,000: rank by the money that is expected, p · amount.",
            )
        yield (
            _highest(np.where(gate & (expected > cost), p, -1.0), day, budget)
            & gate
            & (expected > cost),
            "It ranks by probability what is worth a look. Where more is worth it than can be "
            "looked at, rank by the money that is expected, p · amount.",
        )
    for also in (likely, likely & (expected > cost)):
        for ranked in (expected, np.where(likely, expected, -1.0)):
            yield (
                _highest(ranked, day, budget) & also,
                "It drops what is less likely than not. A fraud with p = 0.1 and 1,000 EUR costs "
                "100 EUR on average: no line through p is needed.",
            )
    yield (
        _highest(expected, day, budget),
        "It spends all of the budget, as if a look were free. Where p · amount is below `cost`, "
        "looking costs more than it saves.",
    )
    yield (
        expected > cost,
        "That looks wherever it pays, more often than `budget` a day.",
    )
    best = np.argsort(-expected)[: budget * len(np.unique(day))]
    for gate in (expected > cost, np.ones(len(p), dtype=bool)):
        chosen = np.isin(np.arange(len(p)), best) & gate
        yield (
            chosen,
            "That takes the best of all days together. Nobody can spend one day's looks on "
            "another: choose within each day.",
        )
    yield (
        _highest(amount, day, budget),
        "It ranks by amount and forgets the probability: p · amount is what is expected.",
    )
    yield (
        _highest(amount, day, budget) & (amount > cost),
        "It ranks by amount and forgets the probability: p · amount is what is expected.",
    )
    yield (
        _highest(p * (amount - cost), day, budget) & (p * (amount - cost) > 0),
        "That pays for the look only where it meets fraud: p · (amount - cost). Every look "
        "costs, so p · amount - cost is what it brings.",
    )


def _also_for_nothing(p, amount, day, budget, cost):
    """Look also where a look brings as much as it costs."""
    gain = p * amount - cost
    return _highest(gain, day, budget) & (gain >= 0)


@worth_a_look.set_inputs(also_right=(_also_for_nothing,))
def worth_a_look_inputs(rng):
    for rows, days, budget, cost in (
        (60, 4, 3, 5.0),
        (40, 3, 2, 0.5),
        (50, 5, 4, 30.0),
        (9, 9, 1, 2.0),
        (30, 2, 20, 4.0),
    ):
        day = np.sort(rng.integers(0, days, rows)) + 60
        p, amount = rng.beta(0.5, 2, rows), rng.lognormal(3, 1.2, rows)
        yield f"{rows} payments on {days} days", (p, amount, day, budget, cost)
        yield "days in any order", (p, amount, rng.permutation(day), budget, cost)
    yield "nothing worth a look", (p, amount, day, 3, 1e6)
    # binary fractions: p · amount is `cost` exactly, and a look brings nothing either way
    exact = np.array([0.5, 0.25, 0.75]), np.array([64.0, 8.0, 16.0]), np.array([1, 1, 1])
    yield "a look that brings 0", (*exact, 2, 2.0)
