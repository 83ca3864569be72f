"""Exercise of lesson 21 that is open: does a row's score depend on the rows beside it?"""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import as_array, require

import numpy as np

# ---------------------------------------------------------------------------- 4 · batch dependence

SEEN, HONEST = 1e-3, 1e-5

batch_dependence = Exercise(
    "Return the largest relative change of a row's score by the company that it is scored in: "
    f"above {SEEN:g} for scores that depend on other rows, their order or earlier calls, below "
    f"{HONEST:g} for those that do not.",
    hints=(
        "Which company is the simplest? None: score each row alone, score(X[i : i + 1]).",
        "Relative means |a − b| over the larger of |a| and |b|; where both are 0, nothing has "
        "changed.",
        "Take the largest over the rows. A comparison that ends in NaN is no proof of "
        "independence: let it count as infinite.",
    ),
    praise="Right: you see all culprits, and accuse nobody else.",
)


@batch_dependence.set_solution
def batch_dependence_solution(score, X):
    alone = np.concatenate([score(X[i : i + 1]) for i in range(len(X))])  # (n,)
    largest = 0.0
    for order in (np.arange(len(X)), np.arange(len(X))[::-1]):
        together = np.empty(len(X))
        together[order] = score(X[order])
        size = np.maximum(np.abs(alone), np.abs(together))
        change = np.abs(together - alone) / np.where(size > 0, size, 1)
        largest = max(largest, np.where(np.isnan(change), np.inf, change).max())
    return float(largest)


@batch_dependence.set_check
def batch_dependence_check(answer):
    X = np.random.default_rng(21).normal(size=(40, 3))
    honest = OfRows("score", lambda X: (X**2).sum(axis=1))
    culprit = OfRows("score", lambda X: ((X - X.mean(axis=0)) ** 2).sum(axis=1))
    for score, depends in ((honest, False), (culprit, True)):
        found = float(as_array(answer(score, X.copy()), shape=(), what="the change", finite=False))
        require((found > SEEN) == depends, f"You find {found:g}.")
