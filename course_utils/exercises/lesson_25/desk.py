"""Exercise of lesson 25 on the brief's number: which attacked cases the desk looks at."""

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

# --------------------------------------------------------------------------- 1 · found by the desk

found_by_the_desk = Exercise(
    "Find the mistakes: return the share of the attacked cases that the desk looks at, where a "
    "case is one host in one hour, and each day the `budget` cases of the highest scores are "
    "looked at.",
    hints=(
        "The given code counts rows, and a flood of 300 connections is one case. It also lets "
        "Monday spend what Tuesday has not used.",
        "First make the cases: for each pair (hour, host) the highest score, and whether any of "
        "its rows is an attack. Then choose within each day, hour // 24.",
        "A dict {(hour, host): [score, attacked]}; for each day its cases by sorted(…, key=lambda "
        "case: (-score, hour, host))[:budget]. In the end attacked and looked at / attacked.",
    ),
    praise="Right. The desk's looks are what is scarce, and one look sees all of a case.",
)


@found_by_the_desk.set_solution
def found_by_the_desk_solution(scores, host, hour, attack, budget):
    pairs, case = np.unique(np.stack([hour, host]), axis=1, return_inverse=True)
    case = case.reshape(-1)  # (rows,): which pair of hour and host, sorted by hour, then host
    highest = np.full(pairs.shape[1], -np.inf)
    np.maximum.at(highest, case, scores)
    attacked = np.bincount(case, attack) > 0
    day, looked_at = pairs[0] // 24, np.zeros(len(highest), dtype=bool)
    for each in np.unique(day):
        cases = np.flatnonzero(day == each)
        order = np.argsort(-highest[cases], kind="stable")
        looked_at[cases[order[:budget]]] = True
    return (looked_at & attacked).sum() / attacked.sum()


def _cases(scores, host, hour, attack, summary=np.max, parts=None):
    """Return score, attack and day of each case, sorted by hour and host."""
    keys = np.stack([hour, host] if parts is None else parts)
    pairs, case = np.unique(keys, axis=1, return_inverse=True)
    case = case.reshape(-1)
    rows = [np.flatnonzero(case == each) for each in range(pairs.shape[1])]
    return (
        np.array([summary(scores[each]) for each in rows]),
        np.array([attack[each].max() for each in rows]),
        np.array([hour[each].min() // 24 for each in rows]),
    )


def _looked_at(score, day, budget):
    """Return which are among their day's highest; of equal ones the earlier."""
    chosen = np.zeros(len(score), dtype=bool)
    for each in np.unique(day):
        rows = np.flatnonzero(day == each)
        chosen[rows[np.argsort(-score[rows], kind="stable")][:budget]] = True
    return chosen


def _example(seed=90):
    """Return three days, on which any two slips lead to unlike shares (a test looks)."""
    generator = np.random.default_rng(seed)
    hours = generator.choice([2, 3, 5, 9, 11, 23, 24, 30, 31, 33, 40, 73, 74, 75], 1200)
    hour = np.sort(np.concatenate([hours, np.full(100, 9)]))
    host, burst = generator.integers(3, 33, len(hour)), hour == 9
    host[burst] = np.where(generator.random(burst.sum()) < 0.6, 4, host[burst])
    attack = (generator.random(len(hour)) < 0.13).astype(int)
    scores = generator.gamma(2, size=len(hour)) + 1.5 * attack + 2 * (hour < 24)
    scores += 1.5 * (burst & (host == 4))
    return scores, host, hour, attack, 12


@found_by_the_desk.set_check
def found_by_the_desk_check(answer):
    *given, budget = _example()
    got = as_array(answer(*(each.copy() for each in given), budget), what="the share")
    require(got.shape == (), f"One share is asked for; you return the shape {got.shape}.")
    right = found_by_the_desk_solution(*given, budget)
    if same_numbers(got, right):
        return
    name_the_mistake(got, _wrong_shares(*given, budget))
    told, wanted = unlike(got, right)
    raise Misconception(
        f"Three days of {len(given[0])} connections with {budget} looks each: you return "
        f"{told}; {wanted} is expected."
    )


def _wrong_shares(scores, host, hour, attack, budget):
    """Yield the shares that slips lead to, and which they are."""
    day = hour // 24
    days = len(np.unique(day))
    case_score, attacked, case_day = _cases(scores, host, hour, attack)
    chosen = _looked_at(case_score, case_day, budget)
    top = np.argsort(-scores)[: budget * days]
    yield (
        attack[top].sum() / attack.sum(),
        "That is the given code. It counts rows, of which one case may have many, and it lets "
        "one day spend the looks of another.",
    )
    yield (
        attack[_looked_at(scores, day, budget)].sum() / attack.sum(),
        "The days are apart now, but rows are still counted for cases: a flood of 300 "
        "connections takes 300 looks, and is one case.",
    )
    for looks in (budget * days, budget):
        best = np.argsort(-case_score, kind="stable")[:looks]
        yield (
            attacked[best].sum() / attacked.sum(),
            f"That looks at the {looks} highest cases of all days together. Nobody can spend one "
            "day's looks on another: choose within each day.",
        )
    seen = np.isin(hour * 1000 + host, np.unique(hour * 1000 + host)[chosen])
    yield (
        attack[seen].sum() / attack.sum(),
        "The right cases are looked at, but attacked rows are counted. A flood of 300 rows is "
        "one case.",
    )
    yield (
        attacked[chosen].mean(),
        "That is the share of the looks that meet an attack: precision. The share of the "
        "attacked cases that are met is asked for.",
    )
    yield (attacked[chosen].sum(), "That is how many attacked cases are met. What share is it?")
    yield (
        1 - attacked[chosen].sum() / attacked.sum(),
        "That is the share that nobody looks at. What is found?",
    )
    for summary, said in (
        (np.mean, "the mean"),
        (np.sum, "the sum"),
        (np.min, "the lowest"),
        (lambda each: each[0], "the first"),
        (lambda each: each[-1], "the last"),
    ):
        other = _cases(scores, host, hour, attack, summary)[0]
        yield (
            attacked[_looked_at(other, case_day, budget)].sum() / attacked.sum(),
            f"A case's score is {said} of its rows here. One alarming row is enough for a look: "
            "take the highest.",
        )
    loudest = _cases(scores, host, hour, attack, np.argmax)[0].astype(int)
    keys, case = np.unique(hour * 1000 + host, return_inverse=True)
    of_loudest = np.array(
        [attack[case == at][row] for at, row in zip(range(len(keys)), loudest, strict=True)]
    )
    for all_attacked in (of_loudest.sum(), attacked.sum()):
        yield (
            of_loudest[chosen].sum() / all_attacked,
            "A case counts as attacked only if its highest row is an attack here. One attacked "
            "row, whatever its score, makes it an attacked case.",
        )
    for parts, said in (
        ([day, host], "one host on one day"),
        ([hour, 0 * host], "one hour, whatever the host"),
        ([hour % 24, host], "one host at one hour of any day"),
    ):
        score, hit, when = _cases(scores, host, hour, attack, parts=parts)
        yield (
            hit[_looked_at(score, when, budget)].sum() / hit.sum(),
            f"A case is {said} here. It is one host in one hour, counted from the start.",
        )
    for low in (-case_score, _cases(-scores, host, hour, attack)[0]):
        yield (
            attacked[_looked_at(low, case_day, budget)].sum() / attacked.sum(),
            "That looks at the lowest scores of each day. High is suspect.",
        )
    shares = [
        attacked[chosen & (case_day == each)].sum() / attacked[case_day == each].sum()
        for each in np.unique(case_day)
        if attacked[case_day == each].any()
    ]
    yield (
        np.mean(shares),
        "That is the mean of the days' shares: a day with one attack counts as much as one with "
        "ten. Add up first, and divide once.",
    )
    for other in (budget - 1, budget + 1):
        yield (
            attacked[_looked_at(case_score, case_day, other)].sum() / attacked.sum(),
            f"That looks at {other} cases a day; `budget` is {budget}.",
        )


@found_by_the_desk.set_inputs
def found_by_the_desk_inputs(rng):
    example = [np.array(each) for each in ([9.0, 8, 3, 7, 1], [1, 1, 2, 1, 2], [0, 0, 0, 30, 30])]
    yield "the example", (*example, np.array([0, 0, 1, 1, 0]), 1)
    for rows, hours, hosts, budget in (
        (60, 90, 4, 3),
        (90, 60, 9, 2),
        (40, 30, 3, 1),
        (12, 200, 2, 1),
        (30, 24, 5, 4),
        (1, 24, 1, 1),
    ):
        hour = np.sort(rng.integers(0, hours, rows)) + 24
        host = rng.integers(0, hosts, rows)
        attack = (rng.random(rows) < 0.3).astype(int)
        attack[rng.integers(rows)] = 1
        scores = rng.normal(size=rows)
        for what, values in (("", scores), (", tied", np.round(scores)), (", low", scores - 9)):
            yield f"{rows} connections{what}", (values, host, hour, attack, budget)
        order = rng.permutation(rows)
        mixed = [each[order] for each in (np.round(scores), host, hour, attack)]
        yield f"{rows} connections in any order", (*mixed, budget)
    yield "looks for all", (scores, host, hour, attack, 100)
