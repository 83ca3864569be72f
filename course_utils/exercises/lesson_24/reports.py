"""Exercise of lesson 24 on the graph: which reports a shop already has when a payment is made."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, difference, require

import numpy as np

# ----------------------------------------------------------------------------- 3 · reports at shop

reports_at_shop = Exercise(
    "Return for each payment how many reports of fraud at the same merchant had come before it.",
    hints=(
        "A report is an event of its own, at a shop and at a time: the payment's own time does "
        "not matter, reported < time of the payment at hand does.",
        "Take one merchant after the other: sort the times of its reports, leaving NaN out. How "
        "many of them lie below a time? np.searchsorted tells.",
        "for each in np.unique(merchant): rows = merchant == each; known = np.sort(reported[rows "
        "& ~np.isnan(reported)]); count[rows] = np.searchsorted(known, time[rows])",
    ),
    praise="Right: rings come back to their shops, so that a late label is of use after all.",
)


@reports_at_shop.set_solution
def reports_at_shop_solution(merchant, time, reported):
    count = np.zeros(len(merchant))
    for each in np.unique(merchant):
        rows = merchant == each
        known = np.sort(reported[rows & ~np.isnan(reported)])  # when reports came
        count[rows] = np.searchsorted(known, time[rows])  # how many came before
    return count


@reports_at_shop.set_check
def reports_at_shop_check(answer):
    generator = np.random.default_rng(243)
    n = 120
    merchant = generator.choice([9011, 9004, 9120, 9017], n, p=[0.4, 0.3, 0.2, 0.1])
    time = np.sort(generator.uniform(0, 60, n))
    delay = generator.lognormal(2, 0.8, n)
    reported = np.where(generator.random(n) < 0.3, time + delay, np.nan)
    got = as_array(
        answer(merchant.copy(), time.copy(), reported.copy()), shape=(n,), what="the counts"
    )
    right = reports_at_shop_solution(merchant, time, reported)
    if not difference(got, right):
        return
    for wrong, message in _wrong_counts(merchant, time, reported, right):
        require(difference(got, wrong), message)
    place = int(np.flatnonzero(np.abs(got - right) > 1e-6)[0])
    raise Misconception(
        f"Payment {place}, on day {time[place]:.2f} at merchant {merchant[place]}: you count "
        f"{got[place]:g} reports; {right[place]:g} had come there before it."
    )


def _wrong_counts(merchant, time, reported, right):
    """Yield the counts that slips lead to, and which they are."""
    fraud = ~np.isnan(reported)
    same = merchant[:, None] == merchant  # (payment, other)
    before = time < time[:, None]
    known = reported < time[:, None]  # False for NaN
    own = np.eye(len(time), dtype=bool)
    for counted in (before | own, before):
        yield (
            (same & fraud & counted).sum(axis=1),
            "That counts the frauds that were made before the payment, as if each were reported "
            "at once. A report comes later: compare `reported` with the payment's time.",
        )
    yield (
        (same & fraud).sum(axis=1),
        "That counts all reports that the merchant ever gets, those of later days too. Nobody "
        "has these when the payment is made.",
    )
    yield (
        (same & fraud & ~own).sum(axis=1),
        "That counts all other reports of the merchant, those of later days too. Nobody has "
        "these when the payment is made.",
    )
    yield (
        (fraud & known).sum(axis=1),
        "That counts the reports at all merchants. Those at the same one are asked for.",
    )
    yield (
        (same & (reported < reported[:, None])).sum(axis=1),
        "That counts what was reported before the payment's own report, of which nobody knows "
        "when it is made. Compare with its time.",
    )
    yield (
        (same & (reported > time[:, None])).sum(axis=1),
        "Upside down: those are the reports still to come.",
    )
    yield (same & known).any(axis=1), "That says whether there was one. How many were there?"
    counts = (same & before).sum(axis=1)
    yield counts, "Those are the earlier payments at the merchant, reported or not."
    yield (
        right / np.maximum(counts, 1),
        "That is the share of the merchant's earlier payments. How many reports are there?",
    )
    last = np.array([fraud[each & b][-1:].sum() for each, b in zip(same, before, strict=True)])
    yield last, "That looks at the merchant's last payment only."


@reports_at_shop.set_inputs
def reports_at_shop_inputs(rng):
    example = np.array([7, 7, 8, 7]), np.array([1.0, 2, 3, 9]), np.array([5, np.nan, 4, np.nan])
    yield "the example", example
    for rows, shops in ((40, 3), (60, 12), (25, 1), (1, 1), (30, 30)):
        merchant, time = rng.integers(0, shops, rows) + 9_000, np.sort(rng.uniform(0, 50, rows))
        delay = 8 * rng.exponential(size=rows)
        reported = np.where(rng.random(rows) < 0.5, time + delay, np.nan)
        yield f"{rows} payments at {shops} shops", (merchant, time, reported)
        yield "no report", (merchant, time, np.full(rows, np.nan))
        whole = np.floor(time)
        yield "times to the day", (merchant, whole, np.floor(reported))
        order = rng.permutation(rows)
        yield "payments in any order", (merchant[order], time[order], reported[order])
    # numbers as large as a card's, which are no places in a table
    yield "large numbers", (10**12 + merchant, time, reported)
