"""Exercise of lesson 24 on looks that cost: which payments are worth one."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_24.money import highest
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

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
        highest(p, day, budget) & likely,
        "That is the given code: it ranks by probability, drops what is less likely than not, "
        "and takes each look as free.",
    )
    for gate in (likely, np.ones(len(p), dtype=bool), p > 0):
        ranked = np.where(gate, p, -1.0)
        for also in (gate, gate & (expected > cost)):
            yield (
                highest(ranked, day, budget) & also,
                "It ranks by probability. A likely fraud of 2 EUR comes before an unlikely one "
                "of 2,000: rank by the money that is expected, p · amount.",
            )
        yield (
            highest(np.where(gate & (expected > cost), p, -1.0), day, budget)
            & gate
            & (expected > cost),
            "It ranks by probability what is worth a look. Where more is worth it than can be "
            "looked at, rank by the money that is expected, p · amount.",
        )
    for also in (likely, likely & (expected > cost)):
        for ranked in (expected, np.where(likely, expected, -1.0)):
            yield (
                highest(ranked, day, budget) & also,
                "It drops what is less likely than not. A fraud with p = 0.1 and 1,000 EUR costs "
                "100 EUR on average: no line through p is needed.",
            )
    yield (
        highest(expected, day, budget),
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
        highest(amount, day, budget),
        "It ranks by amount and forgets the probability: p · amount is what is expected.",
    )
    yield (
        highest(amount, day, budget) & (amount > cost),
        "It ranks by amount and forgets the probability: p · amount is what is expected.",
    )
    yield (
        highest(p * (amount - cost), day, budget) & (p * (amount - cost) > 0),
        "That pays for the look only where it meets fraud, as if amount above `cost` were "
        "enough. Every look costs, so p · amount - cost is what it brings.",
    )


def _also_for_nothing(p, amount, day, budget, cost):
    """Look also where a look brings as much as it costs."""
    gain = p * amount - cost
    return highest(gain, day, budget) & (gain >= 0)


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
