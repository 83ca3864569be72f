"""Exercise of lesson 19: a rule of one's own that chooses a detector, with labels or without."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np
from scipy.stats import rankdata

# ------------------------------------------------------------------------------------- 8 · my rule

my_rule = Exercise(
    "Return the index of the candidate to take: candidate(train, X) gives the scores of X. "
    "y_validation is None or may hold no anomaly; train may hold some; candidates[0] is the "
    "default.",
    hints=(
        "Two cases: validation rows with anomalies and normal rows among them, and all others.",
        "With labels, candidate(train, X_validation) gives scores that exercise 6 can choose by.",
        "Without, a default that did well elsewhere is hard to beat: return 0, unless you know "
        "better.",
    ),
    praise="Right: on tables held back it loses less than the default and than a random pick.",
)


@my_rule.set_solution
def my_rule_solution(train, X_validation, y_validation, candidates):
    if y_validation is None or len(np.unique(y_validation)) < 2:
        return 0  # nothing to choose by: the default
    scores = np.array([candidate(train, X_validation) for candidate in candidates])
    ranks = rankdata(scores, axis=1)  # (candidates, rows)
    return int(ranks[:, y_validation == 1].mean(axis=1).argmax())


@my_rule.set_check
def my_rule_check(answer):
    generator = np.random.default_rng(198)
    train, X = generator.normal(size=(80, 3)), generator.normal(size=(60, 3))
    y = np.repeat([0, 1], [50, 10])
    X[50:] += 3

    def low(train, X):
        return -X.mean(axis=1)

    def high(train, X):
        return X.mean(axis=1)

    got = as_array(answer(train, X, y, [low, high]), shape=(), what="the index")
    require(got == 1, "That is not the candidate that ranks best.")
