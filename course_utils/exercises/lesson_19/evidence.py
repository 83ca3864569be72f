"""Exercises of lesson 19 on evidence: many p-values at once, and many runs of one table."""

from __future__ import annotations

import itertools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
)
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
    praise="Right: Holm's adjusted p-values, each in the place of its own.",
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
    p_values = np.array([0.041, 0.011, 0.62, 0.0116, 0.55, 0.002, 0.38])
    got = as_array(answer(p_values.copy()), shape=p_values.shape, what="the adjusted p-values")
    require(
        not np.isin(got, (0, 1)).all(),
        "Those are verdicts, or all 0 and 1. Return the adjusted p-values; a level can judge them "
        "later.",
    )
    m, order = len(p_values), np.argsort(p_values)
    name_the_mistake(got, _flawed(p_values, order))
    name_the_mistake(got, _other_corrections(p_values, order))
    told = difference(got, holm_solution(p_values))
    if told:
        place = np.flatnonzero(~np.isclose(got, holm_solution(p_values), rtol=1e-4))[0]
        rank = int(np.flatnonzero(order == place)[0])
        told += f" It is number {rank + 1} of {m} by size, {p_values[place]} before."
    require(not told, f"Those are not Holm's adjusted p-values: {told}")


def _flawed(p_values, order):
    """Yield what some of Holm's steps without the others give, and which ones are missing."""
    m, i = len(p_values), np.arange(len(p_values))
    factors = (
        (m - i, ""),
        (m - 1 - i, "The smallest is multiplied by m − 1, the largest by 0: one too few."),
        (m + 1 - i, "The smallest is multiplied by m + 1: one too many."),
        (i + 1, "The smallest is multiplied by 1 and the largest by m: the other way round."),
    )
    steps = (
        (
            lambda values: values,
            "One gets less than a smaller one got: np.maximum.accumulate, along the sorted ones.",
        ),
        (np.maximum.accumulate, ""),
    )
    cuts = (
        (lambda values: np.minimum(values, 1), ""),
        (lambda values: values, "One is above 1, and no probability is: np.minimum(1, …)."),
    )
    places = (
        (lambda values: values[np.argsort(order)], ""),
        (
            lambda values: values,
            "They come back sorted. Each belongs where its p-value was: adjusted[order] = …",
        ),
        (
            lambda values: values[order],
            "values[order] sorts once more. adjusted[order] = values puts each back in its place.",
        ),
    )
    flawed = []
    for parts in itertools.product(factors, steps, cuts, places):
        factor, step, cut, place = (part for part, _ in parts)
        reasons = [why for _, why in parts if why]
        flawed.append((place(cut(step(factor * p_values[order]))), reasons))
    for values, reasons in sorted(flawed, key=lambda each: len(each[1]))[1:]:
        yield values, " ".join(reasons)


def _other_corrections(p_values, order):
    """Yield what other corrections give, and slips of which one reason is the whole."""
    m, i = len(p_values), np.arange(len(p_values))
    back, ascending = np.argsort(order), p_values[order]
    larger = (m - i) * ascending
    falling = ascending * m / (i + 1)

    def from_the_end(values):
        return np.minimum.accumulate(values[::-1])[::-1]

    bonferroni = (
        "That is Bonferroni's correction: all are multiplied by m. Holm's multiplies the next by "
        "m − 1, and so on, which is never less powerful."
    )
    hochberg = (
        "Going from the largest down with the minimum is Hochberg's correction, which asks more "
        "of the tests. Holm's goes from the smallest up with the maximum."
    )
    false_discovery = (
        "That is Benjamini and Hochberg's: it keeps to a share of false discoveries. Holm's keeps "
        "to the chance of any: times m, m − 1, … 1."
    )
    sidak = "That is Šidák's form, 1 − (1 − p)^(m − i). Holm's multiplies by m − i."
    raised = 1 - (1 - ascending) ** (m - i)
    yield p_values, "The p-values come back as they were."
    yield ascending, "The p-values come back sorted, and no more."
    yield m * p_values, bonferroni
    yield np.minimum(1, m * p_values), bonferroni
    yield np.minimum(1, from_the_end(larger))[back], hochberg
    yield np.minimum(1, from_the_end(falling))[back], false_discovery
    yield np.minimum(1, falling)[back], false_discovery
    yield falling[back], false_discovery
    yield np.maximum.accumulate(raised)[back], sidak
    yield raised[back], sidak
    yield (1 - (1 - p_values) ** m), "That is Šidák's correction for m tests, the same for all."
    in_their_order = (
        "The p-values are not sorted: the first one given is multiplied by m, whatever its size. "
        "Sort them, and put the result back."
    )
    given = (m - i) * p_values
    for values in (given, np.maximum.accumulate(given)):
        yield values, in_their_order
        yield np.minimum(1, values), in_their_order
    yield (
        np.minimum(1, np.maximum.accumulate(larger[back])),
        "The maximum runs along the p-values in the order given. It belongs along the sorted "
        "ones, before each is put back.",
    )
    yield (
        np.minimum(1, ascending / (m - i))[back],
        "They are divided by m − i, as a level would be. A p-value is multiplied.",
    )
    yield (
        0.05 / (m - i)[back],
        "Those are the levels that each p-value is compared with. The adjusted p-values are asked "
        "for.",
    )


@holm.set_inputs
def holm_inputs(rng):
    yield "the example", (np.array([0.04, 0.01, 0.03]),)
    for what, m in (("many", 45), ("some", 9), ("few", 4), ("two", 2), ("one", 1)):
        yield f"{what} p-values", (rng.uniform(size=m) ** 3,)
        yield f"{what} small p-values", (rng.uniform(size=m) ** 3 / m,)
        yield f"{what} large p-values", (1 - rng.uniform(size=m) / m,)
    yield "p-values that multiply to about the same", (0.6 / rng.permutation(np.arange(1, 9)),)
    yield "tied p-values", (np.round(rng.uniform(0, 0.3, size=12), 1) / 6 + 0.01,)
    yield "equal p-values", (np.full(5, 0.03),)
    yield "sorted p-values", (np.sort(rng.uniform(0, 0.2, size=8)),)
    yield "p-values that fall", (np.sort(rng.uniform(0, 0.2, size=8))[::-1].copy(),)
    yield "a p-value of 0 and one of 1", (np.array([1.0, 0.2, 0.0, 0.02]),)


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
    sources = [
        *("thyroid", "thyroid", "digits", "thyroid"),
        *("cardio", "digits", "annthyroid", "cardio"),
    ]
    results = np.round(np.random.default_rng(194).uniform(0.5, 1, size=(len(sources), 5)), 3)
    distinct, detectors = 4, results.shape[1]
    given = answer(list(sources), results.copy())
    require(
        not isinstance(given, dict),
        "A dict came back. Return its values as one array (distinct sources, detectors).",
    )
    require(
        not isinstance(given, tuple) or len(given) == distinct,
        "Several results came back; one array (distinct sources, detectors) is asked for.",
    )
    got = as_array(given, what="the rows", finite=False)
    _name_the_shape(got, sources, results.shape)
    got = as_array(got, shape=(distinct, detectors), what="the rows")
    names = list(dict.fromkeys(sources))
    name_the_mistake(got, _other_rows(names, np.array(sources), results))
    wanted = one_row_per_table_solution(sources, results)
    told = difference(got, wanted)
    require(
        not told or not same_numbers(np.sort(got, axis=0), np.sort(wanted, axis=0)),
        f"The rows are right and in another order. Order of first appearance: {', '.join(names)}.",
    )
    require(not told, f"Those are not the means over each source's runs: {told}")


def _name_the_shape(got, sources, shape):
    """Say of a wrong number of rows what was counted."""
    runs, detectors = shape
    neighbours = 1 + sum(a != b for a, b in itertools.pairwise(sources))
    require(
        got.ndim != 3,
        "sources is a list, and a list == a text is a single False. np.array(sources) == source "
        "compares each.",
    )
    require(
        got.shape != (runs, detectors),
        f"{runs} rows came back, one for each run: seeds of one table count as tables here. "
        f"There are {len(set(sources))} distinct sources.",
    )
    require(
        got.shape != (neighbours, detectors),
        f"{neighbours} rows came back: runs become one only where they are neighbours. A source "
        "may come back later in the list.",
    )
    require(
        got.shape != (detectors,),
        "One row came back: the mean over all runs. Each distinct source has a row.",
    )
    require(
        got.shape != (len(set(sources)),),
        "One number for each source came back: the detectors are averaged too. Only the runs are: "
        "axis=0.",
    )


def _other_rows(names, sources, results):
    """Yield what a source's runs become by mistake, and how that came."""

    def each(combine, order=names):
        return np.array([combine(results[sources == name]) for name in order])

    yield each(lambda runs: runs[0]), "Only the first run of each source is kept. Take the mean."
    yield each(lambda runs: runs[-1]), "Only the last run of each source is kept. Take the mean."
    yield each(lambda runs: np.median(runs, axis=0)), "That is the median of the runs; the mean."
    yield (
        each(lambda runs: runs.max(axis=0)),
        "The best run of each detector is kept, chosen after seeing the result. Take the mean.",
    )
    yield each(lambda runs: runs.min(axis=0)), "The worst run of each is kept. Take the mean."
    yield (
        each(lambda runs: runs.sum(axis=0)),
        "The runs are added up: a source of many runs would count more. Take the mean.",
    )
    yield (
        each(lambda runs: runs.mean(axis=0), sorted(names)),
        "The rows are sorted by name, as np.unique and groupby do. Asked for is the order of "
        "first appearance: dict.fromkeys, or groupby(…, sort=False).",
    )
    yield (
        each(lambda runs: np.full(results.shape[1], runs.mean())),
        "All detectors of a source get one number: the mean is over the runs alone, axis=0.",
    )
    yield (
        np.array([results[[name in each for each in sources]].mean(axis=0) for name in names]),
        "A source whose name is a part of another's gets the other's runs too. Compare with ==.",
    )
    running = []
    for name in names:
        row, *others = results[sources == name]
        for other in others:
            row = (row + other) / 2
        running.append(row)
    yield (
        np.array(running),
        "Each further run is averaged with the mean so far, so that the last one counts half. "
        "All runs of a source count the same.",
    )


@one_row_per_table.set_inputs
def one_row_per_table_inputs(rng):
    yield "the example", (["b", "a", "b"], np.array([[0.9, 0.8], [0.6, 0.5], [0.7, 0.6]]))
    for what, tables, runs, detectors in (
        ("many runs", 9, 40, 5),
        ("few runs", 3, 5, 4),
        ("one source", 1, 5, 3),
        ("one run", 1, 1, 3),
        ("one detector", 4, 12, 1),
        ("two runs", 2, 2, 6),
    ):
        names = rng.permutation(100)[:tables]
        sources = [f"table {number}" for number in rng.choice(names, size=runs)]
        yield what, (sources, rng.uniform(0.4, 1, size=(runs, detectors)))
    neighbours = [name for name in ("z", "a", "k") for _ in range(4)]
    yield "runs beside one another", (neighbours, rng.uniform(size=(12, 3)))
    yield "no source twice", (["d", "b", "c", "a"], rng.uniform(size=(4, 3)))
    yield (
        "names that contain one another",
        (["annthyroid", "thyroid", "annthyroid", "thyroid"], rng.uniform(size=(4, 3))),
    )
