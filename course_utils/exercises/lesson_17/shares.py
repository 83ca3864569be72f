"""Exercise of lesson 17 on Shapley values: what each column brings, over all orders."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import difference, require

import numpy as np

# ------------------------------------------------------------------------------------- 3 · shapley

shapley = Exercise(
    "Return the Shapley value of each of the columns 0 … d − 1, (d,): the mean of worth(S ∪ {j}) "
    "− worth(S) over the sets S without j, each weighed by |S|! (d − |S| − 1)! / d!.",
    hints=(
        "For each column j the sets S are those of the other columns, of every size from 0 to "
        "d − 1: itertools.combinations(others, size) lists those of one size.",
        "worth takes a frozenset: worth(S | {j}) - worth(S), with S = frozenset(chosen).",
        "The weight is factorial(size) * factorial(d - size - 1) / factorial(d), of math.",
    ),
    praise="Right: the values add up to what all columns together are worth above none.",
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


class _Table:
    """A worth for every set of columns, drawn at random."""

    def __init__(self, rng, d):
        self.worths = rng.normal(size=2**d)

    def __call__(self, columns):
        return self.worths[sum(2 ** int(each) for each in columns)]

    def __repr__(self):
        return "worth"


@shapley.set_check
def shapley_check(answer):
    worth = _Table(np.random.default_rng(17), 4)
    told = difference(answer(worth, 4), shapley_solution(worth, 4))
    require(not told, told)


@shapley.set_inputs
def shapley_inputs(rng):
    for d in (1, 2, 3, 5):
        yield f"{d} columns", (_Table(rng, d), d)
