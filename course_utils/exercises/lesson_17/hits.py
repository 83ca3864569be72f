"""Exercise of lesson 17 on judging explanations: how often the largest entry is the true one."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import difference, require

import numpy as np

# ------------------------------------------------------------------------------------ 6 · hit rate

hit_rate = Exercise(
    "Return the share of the flagged rows whose largest entry is in the true column. Where k "
    "columns share the largest entry and the true one is among them, the row counts 1/k.",
    hints=(
        "Only flagged rows are asked about: entries[flagged] and truth[flagged].",
        "An explanation that says nothing, all entries equal, must get 1/d. argmax would give it "
        "all rows whose true column is 0.",
        "largest = entries == entries.max(axis=1, keepdims=True) marks the k columns; the row "
        "counts largest[row, truth] / largest[row].sum().",
    ),
    praise="Right: flagged rows alone are counted, and an explanation that says nothing gets 1/d.",
)


@hit_rate.set_solution
def hit_rate_solution(entries, truth, flagged):
    entries, truth = entries[flagged], truth[flagged]
    largest = entries == entries.max(axis=1, keepdims=True)  # (n, d), True in k columns
    hits = largest[np.arange(len(truth)), truth] / largest.sum(axis=1)  # (n,)
    return hits.mean()


@hit_rate.set_check
def hit_rate_check(answer):
    given = np.eye(3), np.array([0, 1, 1]), np.array([True, False, True])
    told = difference(answer(*given), hit_rate_solution(*given))
    require(not told, told)


@hit_rate.set_inputs
def hit_rate_inputs(rng):
    for n, d in ((1, 4), (20, 3), (9, 1)):
        entries = rng.integers(0, 4, size=(n, d)).astype(float)
        yield f"{n} rows", (entries, rng.integers(d, size=n), np.arange(n) % 3 == 0)
