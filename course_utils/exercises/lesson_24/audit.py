"""Exercise of lesson 24 on labels that cost: which claims to audit, so that trees can learn."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# ----------------------------------------------------------------------------- 5 · claims to audit

STREAMS, THIS_YEAR, BUDGET = range(2400, 2410), 4000, 200
LOOKS = 40  # of next year's 2,000 claims, 2 %
TIMES = 2.0  # frauds found, over those of a random audit
MORE = 0.01  # share of next year's loss, above that of trees taught by the rule's highest alone

claims_to_audit = Exercise(
    "Return the row numbers of `budget` of this year's claims to audit, given the trade's `rule` "
    "score of each: so that the audit finds fraud now, and its labels teach trees that find more "
    "next year.",
    hints=(
        "By chance alone few audits meet fraud. By the rule alone trees see claims that the rule "
        "suspects, and next year they shall judge all. Neither has to be all.",
        "Spend a part of the budget on the highest of the rule, and draw the others from what is "
        "left, without replacement, by np.random.default_rng(seed).",
        "order = np.argsort(-rule); first = order[: budget // 2]; the others are "
        "generator.choice(order[budget // 2 :], budget - budget // 2, replace=False).",
    ),
    praise="Right: it pays now and teaches for later. What nobody audits has no label.",
    seconds=30.0,
    prepare=lambda: _judges(),
)


@claims_to_audit.set_solution
def claims_to_audit_solution(rule, budget, seed):
    generator = np.random.default_rng(seed)
    order = np.argsort(-rule)
    by_rule = budget // 2
    others = generator.choice(order[by_rule:], budget - by_rule, replace=False)
    return np.concatenate([order[:by_rule], others])


@functools.cache
def _judges():
    """Return the claims held back, and the share of the loss stopped with the rule's highest."""
    made = [_claims(seed) for seed in STREAMS]
    return made, np.mean([_taught(each, np.argsort(-each[0])[:BUDGET]) for each in made])


def _claims(seed):
    """Return one insurer's rule on this year's claims, and columns, labels, losses of all."""
    from course_utils import data

    claims = data.make_claims(seed=seed)
    column = dict(zip(claims.feature_names, claims.X.T, strict=True))
    claimed, ratio = column["claimed [EUR]"], column["claimed [EUR]"] / column["estimate [EUR]"]
    # padded bills and early claims; who knows whom is not asked. The sum parts ties
    suspect = (ratio > 1.3) * 1.0 + (column["since policy start [days]"] < 60)
    rule = claimed * (suspect + 0.001)
    table = np.column_stack([claims.X[:, 3:], ratio])  # without the three numbers
    return rule[:THIS_YEAR], table, claimed, claims.y, data.claim_losses(claims)


def _taught(claims, rows):
    """Return the share of next year's loss that trees stop which know the labels of `rows`."""
    from sklearn.ensemble import RandomForestClassifier

    _, table, claimed, y, loss = claims
    if not y[rows].any():
        return 0.0
    forest = RandomForestClassifier(50, min_samples_leaf=2, random_state=0)
    p = forest.fit(table[rows], y[rows]).predict_proba(table[THIS_YEAR:])[:, -1]
    highest = np.argsort(-p * claimed[THIS_YEAR:], kind="stable")[:LOOKS]
    return loss[THIS_YEAR:][highest].sum() / loss[THIS_YEAR:].sum()


@claims_to_audit.set_check
def claims_to_audit_check(answer):
    made, by_rule_alone = _judges()
    chosen = [
        _rows_of(answer(each[0].copy(), BUDGET, seed), len(each[0]), BUDGET)
        for seed, each in enumerate(made)
    ]
    again = _rows_of(answer(made[0][0].copy(), BUDGET, 0), THIS_YEAR, BUDGET)
    require(
        set(again) == set(chosen[0]),
        "Called once more with the same seed it chooses other claims. Draw from "
        "np.random.default_rng(seed).",
    )
    few = answer(made[0][0][:30].copy(), 7, 3)
    _rows_of(few, 30, 7)
    found = np.mean([each[3][rows].sum() for each, rows in zip(made, chosen, strict=True)])
    by_chance = np.mean([BUDGET * each[3][:THIS_YEAR].mean() for each in made])
    highest = [set(np.argsort(-each[0])[:BUDGET]) for each in made]
    alike = np.mean(
        [len(top & set(rows)) / BUDGET for top, rows in zip(highest, chosen, strict=True)]
    )
    told = f" An audit finds {found:.1f} frauds on average, a random one {by_chance:.1f}."
    require(
        found >= by_chance / 2,
        f"It audits claims that the rule finds harmless. High is suspect.{told}",
    )
    require(
        found >= TIMES * by_chance,
        f"The audit has to pay now as well: {TIMES:g} times what a random one finds. Let the rule "
        f"choose a part.{told}",
    )
    saved = np.mean([_taught(*pair) for pair in zip(made, chosen, strict=True)])
    told = (
        f"{told} Trees taught by its labels stop {saved:.3f} of next year's loss; taught by the "
        f"rule's highest alone {by_rule_alone:.3f}."
    )
    if saved >= by_rule_alone + MORE:
        return
    require(
        alike < 0.95,
        "All claims are the rule's highest. Trees taught by these have seen none that the rule "
        f"does not suspect, and shall judge all. Leave a part to chance.{told}",
    )
    raise Misconception(
        f"Its labels teach too little: {by_rule_alone + MORE:.3f} of the loss is the line. "
        f"{alike:.0%} of the claims are the rule's highest.{told}"
    )


def _rows_of(result, rows, budget):
    """Return the chosen row numbers, or say what came back instead."""
    got = as_array(result, what="the row numbers", finite=False)
    require(
        got.shape != (rows,),
        "As many values as claims came back. The row numbers of those to audit are asked for, as "
        "np.flatnonzero gives of a mask.",
    )
    require(
        got.shape == (budget,),
        f"{budget} row numbers are asked for, shape ({budget},); you return {got.shape}.",
    )
    require(
        ((got == np.floor(got)) & (got >= 0) & (got < rows)).all(),
        f"Row numbers from 0 to {rows - 1} are asked for; you return others, such as "
        f"{got[(got != np.floor(got)) | (got < 0) | (got >= rows)][:1]}.",
    )
    require(
        len(np.unique(got)) == budget,
        f"Some claims are chosen twice: {budget - len(np.unique(got))} audits are wasted. Draw "
        "with replace=False, and from what the rule did not choose.",
    )
    return got.astype(int)
