"""Exercises of lesson 18 on luck: an interval by days, and the best of many runs."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise

import numpy as np

# ------------------------------------------------------------------------------ 1 · day bootstrap

day_bootstrap = Exercise(
    "Return `repeats` values of metric(y, scores), each on as many days as there are, drawn with "
    "replacement: all rows of a drawn day, as often as it is drawn. Draw again where one class "
    "is missing.",
    hints=(
        "What is drawn are days, so list the rows of each day first: np.flatnonzero(days == day).",
        "generator.integers(D, size=D) draws D of D days with replacement; np.concatenate puts "
        "the rows of the drawn days together, a day drawn twice with its rows twice.",
        "while len(values) < repeats: draw, and append metric(y[rows], scores[rows]) only where "
        "0 < y[rows].sum() < len(rows). Make the generator once, from the seed, before the loop.",
    ),
    praise="Right: days are drawn whole, as often as chance has it, and the seed decides which.",
)


@day_bootstrap.set_solution
def day_bootstrap_solution(y, scores, days, metric, repeats, seed):
    generator = np.random.default_rng(seed)
    rows_of = [np.flatnonzero(days == day) for day in np.unique(days)]
    values = []
    while len(values) < repeats:
        drawn = generator.integers(len(rows_of), size=len(rows_of))
        rows = np.concatenate([rows_of[day] for day in drawn])  # a day drawn twice comes twice
        if 0 < y[rows].sum() < len(rows):  # else the metric has nothing to compare
            values.append(metric(y[rows], scores[rows]))
    return np.array(values)


# ------------------------------------------------------------------------------------ 2 · best of

best_of = Exercise(
    "Return the expected highest of n values, each drawn with replacement from `values`, exactly "
    "and without drawing any.",
    hints=(
        "Sort the m values. The highest of n draws is at most the k-th lowest exactly when all n "
        "draws are: that has the probability (k/m)**n.",
        "So it is the k-th lowest itself with the probability (k/m)**n − ((k − 1)/m)**n.",
        "np.diff((np.arange(m + 1) / m) ** n) holds these probabilities. The expected value is "
        "their sum with the sorted values.",
    ),
    praise="Right. So much the best of n promises where nothing but the seed is changed.",
)


@best_of.set_solution
def best_of_solution(values, n):
    m = len(values)
    at_most = (np.arange(m + 1) / m) ** n  # that all n draws are among the k lowest, k = 0 … m
    return np.sum(np.sort(values) * np.diff(at_most))
