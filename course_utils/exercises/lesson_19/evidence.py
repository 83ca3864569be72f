"""Exercises of lesson 19 on evidence: many p-values at once, and many runs of one table."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, difference, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ---------------------------------------------------------------------------------------- 3 · Holm

holm = TensorExercise(
    "Mend Holm's correction: the smallest of m p-values times m, the next times m − 1, the "
    "largest times 1; none gets less than a smaller one, none more than 1; in the order given.",
    hints=(
        "Three things are wrong: what the smallest is multiplied by, what becomes of one that "
        "gets less than a smaller one did or more than 1, and the order of the result.",
        "order = np.argsort(p_values) sorts, and adjusted[order] = … puts each back in its place.",
        "np.maximum.accumulate((m - np.arange(m)) * p_values[order]), cut by np.minimum(1, …)",
    ),
    praise="Right: the family's error is kept to, and each p-value is where it was.",
)


@holm.set_solution
def holm_solution(p_values):
    m, order = len(p_values), np.argsort(p_values)
    larger = (m - np.arange(m)) * p_values[order]  # the smallest · m, the next · (m − 1), …
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(larger))
    return adjusted


@holm.set_check
def holm_check(answer):
    p_values = np.array([0.04, 0.011, 0.3, 0.012, 0.55, 0.002])
    got = as_array(answer(p_values), shape=p_values.shape, what="the adjusted p-values")
    told = difference(got, holm_solution(p_values))
    require(not told, f"Those are not Holm's: {told}")


@holm.set_inputs
def holm_inputs(rng):
    yield "the example", (np.array([0.04, 0.01, 0.03]),)
    for what, m in (("many", 45), ("few", 4), ("two", 2), ("one", 1)):
        yield f"{what} p-values", (rng.uniform(size=m) ** 3,)
        yield f"{what} small p-values", (rng.uniform(size=m) ** 3 / m,)
    yield "tied p-values", (np.round(rng.uniform(0, 0.4, size=12), 1) + 0.01,)


# ------------------------------------------------------------------------- 4 · one row per table

one_row_per_table = Exercise(
    "Mend the table of results: one row for each distinct source, in order of first appearance, "
    "the mean over its runs, shape (distinct sources, detectors).",
    hints=(
        "Runs of one table are not independent of one another: they say the same of the table. "
        "They become one row.",
        "list(dict.fromkeys(sources)) holds each source once, in order of first appearance.",
        "For each of them results[np.array(sources) == source].mean(axis=0)",
    ),
    praise="Right: a table counts once, however often it was run.",
)


@one_row_per_table.set_solution
def one_row_per_table_solution(sources, results):
    distinct = dict.fromkeys(sources)  # in order of first appearance
    sources = np.array(sources)
    return np.array([results[sources == each].mean(axis=0) for each in distinct])


@one_row_per_table.set_check
def one_row_per_table_check(answer):
    sources = ["wine", "digits", "wine", "cardio", "digits", "wine"]
    results = np.random.default_rng(194).uniform(0.5, 1, size=(6, 4))
    got = as_array(answer(sources, results), what="the rows")
    told = difference(got, one_row_per_table_solution(sources, results))
    require(not told, f"That is not one row for each source: {told}")


@one_row_per_table.set_inputs
def one_row_per_table_inputs(rng):
    yield "the example", (["b", "a", "b"], np.array([[0.9, 0.8], [0.6, 0.5], [0.7, 0.6]]))
    for what, tables, runs, k in (
        ("many", 9, 40, 5),
        ("one table", 1, 5, 3),
        ("one run", 1, 1, 3),
    ):
        sources = [f"table {each}" for each in rng.integers(tables, size=runs)]
        yield what, (sources, rng.uniform(0.4, 1, size=(runs, k)))
