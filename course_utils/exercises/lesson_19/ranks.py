"""Exercises of lesson 19 on ranks: each detector's mean rank, and how far two have to be apart."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np
from scipy.stats import norm, rankdata, studentized_range

# ---------------------------------------------------------------------------------- 1 · mean ranks

mean_ranks = TensorExercise(
    "Rank the detectors within each table, 1 = best, equal results by their mean rank, and return "
    "each detector's mean rank over the tables, shape (detectors,).",
    hints=(
        "scipy.stats.rankdata gives the smallest number rank 1, and equal ones their mean rank.",
        "Higher results are better: rank the negated results. A table is a row, so the ranks "
        "belong along axis=1.",
        "rankdata(-results, axis=1).mean(axis=0)",
    ),
    praise="Right: rank 1 is the best of each table, ties share, and each table counts the same.",
)


@mean_ranks.set_solution
def mean_ranks_solution(results):
    ranks = rankdata(-results, axis=1)  # (tables, detectors), 1 = best of its table
    return ranks.mean(axis=0)  # (detectors,)


def _ranks(results, method="average"):
    """Return the ranks (tables, detectors) within each table, 1 = best."""
    return rankdata(-results, axis=1, method=method)


@mean_ranks.set_check
def mean_ranks_check(answer):
    results = np.array(
        [
            [0.90, 0.85, 0.85, 0.60, 0.71],
            [0.62, 0.99, 0.95, 0.90, 0.97],
            [0.70, 0.70, 0.70, 0.75, 0.52],
            [0.81, 0.77, 0.93, 0.93, 0.90],
            [0.55, 0.58, 0.50, 0.66, 0.54],
            [0.97, 0.88, 0.91, 0.84, 0.84],
            [0.93, 0.96, 0.72, 0.90, 0.89],
        ]
    )
    tables, detectors = results.shape
    got = as_array(answer(results.copy()), what="the mean ranks")
    require(
        got.shape != (tables, detectors),
        "A rank for each table and detector came back: the mean over the tables is missing.",
    )
    require(
        got.shape != (tables,),
        f"{tables} numbers came back, one for each table. Each of the {detectors} detectors has "
        "one: rank along axis 1, average over axis 0.",
    )
    got = as_array(got, shape=(detectors,), what="the mean ranks")
    ranks = _ranks(results)
    order = np.argsort(-results, axis=1)
    places = np.argsort(order, axis=1)
    ties = "Equal results share their mean rank: two that are best together get 1.5 each."
    name_the_mistake(
        got,
        [
            (
                rankdata(results, axis=1).mean(axis=0),
                "Upside down: here rank 1 is the worst of its table. Results are higher = better.",
            ),
            *[
                (each, f"Equal results are ranked by the order of the columns. {ties}")
                for each in (_ranks(results, "ordinal").mean(axis=0), places.mean(axis=0) + 1)
            ],
            (_ranks(results, "min").mean(axis=0), f"Equal results all get the best rank. {ties}"),
            (_ranks(results, "max").mean(axis=0), f"Equal results all get the worst rank. {ties}"),
            (
                _ranks(results, "dense").mean(axis=0),
                f"After equal results the next rank is one more, as if they were one. {ties}",
            ),
            *[
                (
                    each,
                    "The tables are ranked for each detector: that says which tables are easy. "
                    "Rank the detectors within each table, along axis 1.",
                )
                for each in (
                    rankdata(-results, axis=0).mean(axis=0),
                    rankdata(results, axis=0).mean(axis=0),
                )
            ],
            (
                rankdata(-results).reshape(results.shape).mean(axis=0),
                "All results are ranked in one list, in which easy tables lead. Rank within each "
                "table: axis=1.",
            ),
            *[
                (
                    each,
                    "Those are the ranks of the mean results, in which a table with large "
                    "differences decides. Rank within each table first, then average.",
                )
                for each in (rankdata(-results.mean(axis=0)), rankdata(results.mean(axis=0)))
            ],
            (ranks.mean(axis=0) - 1, "These ranks count from 0. The best of a table has rank 1."),
            *[
                (
                    each,
                    "These ranks count from 0, and equal results are ranked by their order. "
                    f"{ties}",
                )
                for each in (_ranks(results, "ordinal").mean(axis=0) - 1, places.mean(axis=0))
            ],
            *[
                (
                    order.mean(axis=0) + first,
                    "argsort says which detector stands at each place, not which place a detector "
                    "has. rankdata does, with ties.",
                )
                for first in (0, 1)
            ],
            (ranks.sum(axis=0), "Those are sums of ranks. Divide by the number of tables."),
            (np.median(ranks, axis=0), "That is the median rank; the mean is asked for."),
            (
                ranks.mean(axis=0) / detectors,
                "The mean ranks are divided by the number of detectors. They go from 1 to it.",
            ),
        ],
    )
    told = difference(got, mean_ranks_solution(results))
    require(not told, f"Those are not the mean ranks over the tables: {told}")


@mean_ranks.set_inputs
def mean_ranks_inputs(rng):
    yield "the example", (np.array([[0.9, 0.8, 0.8], [0.6, 0.7, 0.5]]),)
    for what, tables, detectors in (
        ("many tables", 30, 6),
        ("more detectors than tables", 3, 9),
        ("as many tables as detectors", 5, 5),
        ("one table", 1, 6),
        ("one detector", 4, 1),
        ("two detectors", 9, 2),
    ):
        results = rng.uniform(0.5, 1.0, size=(tables, 1)) ** rng.uniform(
            0.3, 3, size=(tables, detectors)
        )
        yield what, (results,)
        yield f"{what}, ties", (np.round(results, 1),)
    yield "equal results", (np.full((4, 3), 0.5),)
    yield "results below 0", (rng.normal(-3, 2, size=(7, 4)),)
    yield (
        "results a hair apart",
        (0.9 + 1e-7 * rng.permuted(np.tile(np.arange(5), (6, 1)), axis=1),),
    )


# ------------------------------------------------------------------------- 2 · critical difference

critical_difference = Exercise(
    "Return the critical difference of mean ranks, q/√2 · √(k(k + 1)/(6n)), of k detectors on n "
    "tables, where q is the studentized range of k means that chance exceeds in a share `level`.",
    hints=(
        "q is scipy.stats.studentized_range's quantile with k groups and infinitely many degrees "
        "of freedom: np.inf.",
        "Chance exceeds q in a share `level`, so that it is the quantile 1 − level: "
        "studentized_range.ppf(1 - level, k, np.inf).",
        "q / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n)) with k = detectors and n = tables",
    ),
    praise="Right: more tables bring it down, more detectors and a stricter level up.",
)


@functools.cache
def _q(level, groups, freedom=np.inf):
    """Return the studentized range that is exceeded in a share `level`."""
    return float(studentized_range.isf(level, groups, freedom))


@critical_difference.set_solution
def critical_difference_solution(detectors, tables, level):
    q = studentized_range.ppf(1 - level, detectors, np.inf)
    return q / np.sqrt(2) * np.sqrt(detectors * (detectors + 1) / (6 * tables))


@critical_difference.set_check
def critical_difference_check(answer):
    k, n, level = 5, 14, 0.08
    got = as_array(answer(k, n, level), what="the critical difference")
    require(got.shape == (), f"One number is asked for; you return the shape {got.shape}.")
    told = difference(got, critical_difference_solution(k, n, level))
    if not told:
        return
    of_these = f"For {k} detectors, {n} tables and level {level}"
    spread = np.sqrt(k * (k + 1) / (6 * n))
    for wrongs in (_wrong_forms(k, n, level, spread), _wrong_quantiles(k, n, level, spread)):
        name_the_mistake(
            got, ((wrong, f"{of_these} you return {wrong:.3f}. {why}") for wrong, why in wrongs)
        )
    raise Misconception(f"{of_these} that is not the critical difference: {told}")


def _wrong_forms(k, n, level, spread):
    """Yield what a slip in the formula gives, and which it was."""
    q = _q(level, k)
    yield q * spread, "The √2 is forgotten: it is q/√2 that stands before the root."
    yield (
        q / 2 * spread,
        "The 2 counts twice. It is q/√2 and 6n, not q/2 and not 12n.",
    )
    yield q * np.sqrt(2) * spread, "q is multiplied by √2. The formula has q/√2."
    yield (
        _q(level, n) / np.sqrt(2) * np.sqrt(n * (n + 1) / (6 * k)),
        "The number of detectors k and the number of tables n are changed over.",
    )
    yield (
        _q(level, n) / np.sqrt(2) * spread,
        "q is taken for as many groups as there are tables. The groups are the detectors.",
    )
    yield (
        q / np.sqrt(2) * np.sqrt(n * (n + 1) / (6 * k)),
        "Under the root the detectors k and the tables n are changed over: k(k + 1)/(6n).",
    )
    yield q / np.sqrt(2) * spread**2, "The root around k(k + 1)/(6n) is missing."
    yield (
        q / np.sqrt(2) * np.sqrt(k * (k + 1) / 6),
        "The number of tables is missing under the root: more tables bring the difference down.",
    )
    yield (
        q / np.sqrt(2) * np.sqrt(k * (k + 1) / 6 * n),
        "The number of tables multiplies. k(k + 1) / (6 * n): brackets around 6n.",
    )
    yield (
        q / np.sqrt(2) * np.sqrt(k * (k - 1) / (6 * n)),
        "Under the root stands k(k − 1). The formula has k(k + 1).",
    )
    yield (
        q / np.sqrt(2) * np.sqrt((k * k + 1) / (6 * n)),
        "Under the root stands k · k + 1. The formula has k(k + 1): brackets.",
    )
    yield q, "That is q alone."
    yield q / np.sqrt(2), "That is q/√2 alone. It multiplies the root of k(k + 1)/(6n)."
    yield spread, "That is the root alone. q/√2 multiplies it."


def _wrong_quantiles(k, n, level, spread):
    """Yield what the formula gives with another quantile, and which that is."""
    yield (
        _q(1 - level, k) / np.sqrt(2) * spread,
        "q is the value that chance exceeds nearly always. ppf wants the share below, "
        "1 − level, and isf the share above, level.",
    )
    for other, told in (
        (level / 2, "The level is halved, as for a test of two sides. A range has one side."),
        (2 * level, "The level is doubled. A range has one side, and level is its share."),
        (0.05, "That is the value of level 0.05. The argument `level` is not used."),
    ):
        yield _q(other, k) / np.sqrt(2) * spread, told
    for freedom in (n, n - 1, k, k - 1, (k - 1) * (n - 1), k * (n - 1), k * n):
        yield (
            _q(level, k, freedom) / np.sqrt(2) * spread,
            f"q has {freedom} degrees of freedom here. The spread of ranks is known, not "
            "estimated: np.inf.",
        )
    for groups in (k - 1, k + 1, k * (k - 1) // 2):
        yield (
            _q(level, groups) / np.sqrt(2) * spread,
            f"q is taken for {groups} groups. The groups are the {k} detectors.",
        )
    for share, told in (
        (
            level / 2 / (k - 1),
            "That is the difference of Bonferroni and Dunn, for one detector against all others. "
            "For all pairs it is the studentized range.",
        ),
        (
            level / k / (k - 1),
            "That is a normal quantile with Bonferroni's correction. The studentized range is "
            "asked for, which knows that the pairs belong together.",
        ),
        (
            level / 2,
            "That is a normal quantile, which is right for one pair. Among many pairs the largest "
            "difference is larger by chance: the studentized range.",
        ),
        (
            level,
            "That is a normal quantile of one side, for one pair. Among many pairs the largest "
            "difference is larger by chance: the studentized range.",
        ),
    ):
        yield norm.isf(share) * spread, told


@critical_difference.set_inputs
def critical_difference_inputs(rng):
    yield "the example", (3, 10, 0.05)
    for what, k, n in (("two detectors", 2, 9), ("many detectors", 12, 20), ("few tables", 6, 2)):
        yield what, (k, n, 0.05)
    yield "another level", (4, int(rng.integers(5, 40)), 0.01)
    yield "a loose level", (int(rng.integers(3, 9)), int(rng.integers(5, 40)), 0.2)
