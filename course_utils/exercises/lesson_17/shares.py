"""Exercise of lesson 17 on Shapley values: what each column brings, over all orders."""

from __future__ import annotations

import itertools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    plain,
    require,
    same_numbers,
    unlike,
)

import numpy as np

# ------------------------------------------------------------------------------------- 5 · shapley

shapley = Exercise(
    "Return the Shapley value of each of the columns 0 … d − 1, (d,): the sum of worth(S | {j}) "
    "− worth(S) over the sets S without j, each times |S|! (d − |S| − 1)! / d!.",
    hints=(
        "For each column j the sets S are those of the other columns, of every size from 0 to "
        "d − 1: itertools.combinations(others, size) lists those of one size.",
        "worth takes a frozenset: worth(S | {j}) - worth(S), with S = frozenset(chosen).",
        "The weight is factorial(size) * factorial(d - size - 1) / factorial(d), of math.",
    ),
    praise="Right: your values add up to what all columns together are worth above none.",
)


@shapley.set_solution
def shapley_solution(worth, d):
    from itertools import combinations
    from math import factorial

    values = np.zeros(d)
    for column in range(d):
        others = [each for each in range(d) if each != column]
        for size in range(d):
            weight = factorial(size) * factorial(d - size - 1) / factorial(d)
            for chosen in combinations(others, size):
                S = frozenset(chosen)
                values[column] += weight * (worth(S | {column}) - worth(S))
    return values


class _Worth:
    """A worth for every set of the columns 0 … d − 1, drawn at random or told."""

    def __init__(self, d, worths):
        self.d, self.worths = d, worths

    def __call__(self, columns):
        if not isinstance(columns, frozenset):
            raise TypeError(
                f"worth takes a frozenset of columns, and was given {type(columns).__name__} "
                f"{columns}. Write worth(frozenset(…))."
            )
        if not columns <= set(range(self.d)):
            raise ValueError(
                f"worth knows the columns 0 to {self.d - 1}, and was given "
                f"{sorted(map(int, columns))}."
            )
        return float(self.worths[sum(2 ** int(each) for each in columns)])

    def __repr__(self):
        return f"a worth of {self.d} columns"


def _drawn(rng, d):
    return _Worth(d, rng.normal(size=2**d) + rng.normal())


@shapley.set_check
def shapley_check(answer):
    d = 4
    worth = _drawn(np.random.default_rng(17), d)
    result = answer(worth, d)
    require(
        not isinstance(plain(result), dict) and np.shape(plain(result)) != (),
        f"{d} values are asked for, one for each column, in their order.",
    )
    got = as_array(result, shape=(d,), what="the values")
    right = shapley_solution(worth, d)
    if not difference(got, right):
        return
    everything, nothing = worth(frozenset(range(d))), worth(frozenset())
    added, due = unlike(got.sum(), everything - nothing)
    efficiency = ""
    if not same_numbers(got.sum(), everything - nothing):
        efficiency = (
            f" Your values add up to {added}; the score differs from the empty set's by {due}."
        )
    name_the_mistake(got, [(each, told + efficiency) for each, told in _other_values(worth, d)])
    require(not efficiency, f"The values are no shares of the whole:{efficiency}")
    raise Misconception(
        f"The values add up, but are shared out otherwise: {difference(got, right)}"
    )


def _other_values(worth, d):
    """Yield what other ways give, and what is wrong with them."""
    every = range(d)
    sets = [frozenset(each) for k in range(d + 1) for each in itertools.combinations(every, k)]
    everything, nothing = frozenset(every), frozenset()

    def gains(weight, gain=lambda S, j: worth(S | {j}) - worth(S)):
        return np.array(
            [sum(weight(len(S)) * gain(S, j) for S in sets if j not in S) for j in every]
        )

    fair = [1 / d / len(list(itertools.combinations(range(d - 1), k))) for k in range(d)]
    yield (
        gains(lambda size: 1 / 2 ** (d - 1)),
        "All sets count alike. There are more sets of middle sizes, and they would outweigh the "
        "others: weigh each by |S|! (d − |S| − 1)! / d!.",
    )
    yield (
        gains(lambda size: 1.0),
        "The gains are added up without a weight. It is |S|! (d − |S| − 1)! / d!.",
    )
    yield (
        np.array([worth(frozenset([j])) - worth(nothing) for j in every]),
        "That is what each column brings alone, to the empty set. Later comers count as well.",
    )
    yield (
        np.array([worth(everything) - worth(everything - {j}) for j in every]),
        "That is what each column brings as the last one. Earlier comers count as well.",
    )
    for order, told in ((list(every), "from 0 on"), (list(every)[::-1], "from the last on")):
        values = np.empty(d)
        for place, j in enumerate(order):
            before = frozenset(order[:place])
            values[j] = worth(before | {j}) - worth(before)
        yield (
            values,
            f"That is one order alone, the columns {told}. Whoever comes first would be blamed "
            "for what two do together: take the mean over all orders.",
        )
    yield (
        gains(lambda size: fair[size], lambda S, j: worth(S | {j})),
        "worth(S) is not taken off: the gain of column j is worth(S | {j}) − worth(S).",
    )
    yield -gains(lambda size: fair[size]), "The sign is turned: worth with j, less worth without."
    yield (
        np.abs(gains(lambda size: fair[size])),
        "The signs are gone. A column may lower the score, and its value is negative then.",
    )
    yield (
        gains(lambda size: fair[size], lambda S, j: abs(worth(S | {j}) - worth(S))),
        "The gains' signs are gone: a column that helps here and harms there must be able to "
        "come out even.",
    )
    yield (
        gains(lambda size: fair[size] * d),
        "The values are d times too large. The weight is |S|! (d − |S| − 1)! / d!, with d! and "
        "not (d − 1)! below.",
    )
    yield (
        gains(lambda size: fair[size] * (size > 0)),
        "The empty set is left out. What a column brings alone counts as well.",
    )
    yield (
        gains(lambda size: fair[size] * (size < d - 1)),
        "The set of all other columns is left out. What a column brings as the last one counts "
        "as well: sizes from 0 to d − 1.",
    )
    yield (
        gains(lambda size: fair[size] * (0 < size < d - 1)),
        "The empty set is left out, and that of all other columns. Sizes run from 0 to d − 1.",
    )


@shapley.set_inputs
def shapley_inputs(rng):
    yield "two columns that act together", (_Worth(2, [0.0, 0.0, 0.0, 1.0]), 2)
    yield "one column", (_drawn(rng, 1), 1)
    for d in (2, 3, 4, 5):
        yield f"{d} columns", (_drawn(rng, d), d)
    alone = rng.normal(size=4)
    held = (np.arange(16)[:, None] >> np.arange(4)) % 2  # (sets, columns)
    yield "columns that just add up", (_Worth(4, held @ alone), 4)
    yield "a column that never matters", (_Worth(3, np.tile(rng.normal(size=4), 2)), 3)
    yield "the same worth for all sets", (_Worth(3, np.full(8, 2.5)), 3)
    yield "huge worths", (_Worth(3, 1e6 * rng.normal(size=8)), 3)
    yield "tiny worths", (_Worth(3, 1e-6 * rng.normal(size=8)), 3)
