"""Exercises of lesson 17 on slopes: summed along a path, and compared from column to column."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import as_array, difference, require

import numpy as np

# ------------------------------------------------------------------------ 1 · integrated gradients

integrated_gradients = Exercise(
    "Return (d,): x − baseline, times the mean of the slopes in the middles of `steps` equal "
    "parts of the straight line from the baseline to x.",
    hints=(
        "The middles lie at the shares 0.5/steps, 1.5/steps, … of the way: "
        "(np.arange(steps) + 0.5) / steps.",
        "The points are baseline + share · (x − baseline), stacked as rows (steps, d): one call "
        "of slopes is enough.",
        "(x - baseline) * slopes(points).mean(axis=0)",
    ),
    praise="Right: the slopes of the whole way from the baseline, and not of its end alone.",
)


@integrated_gradients.set_solution
def integrated_gradients_solution(slopes, x, baseline, steps):
    shares = (np.arange(steps) + 0.5) / steps  # middles, (steps,)
    points = baseline + shares[:, None] * (x - baseline)  # (steps, d)
    return (x - baseline) * slopes(points).mean(axis=0)  # (d,)


def _cubes(weights):
    """Return the slopes of Σ weight · x³, columns for themselves."""
    return OfRows("slopes", lambda X: 3 * weights * X**2)


@integrated_gradients.set_check
def integrated_gradients_check(answer):
    slopes, x, baseline = _cubes(np.array([1.0, -2.0])), np.array([2.0, 3.0]), np.array([0.5, 1.0])
    right = integrated_gradients_solution(slopes, x, baseline, 4)
    told = difference(answer(slopes, x, baseline, 4), right)
    require(not told, told)


@integrated_gradients.set_inputs
def integrated_gradients_inputs(rng):
    for steps in (1, 2, 7):
        d = int(rng.integers(2, 6))
        yield (
            f"{steps} steps",
            (_cubes(rng.normal(size=d)), rng.normal(size=d), rng.normal(size=d), steps),
        )


# ------------------------------------------------------------------------------ 2 · column ranking

column_ranking = Exercise(
    "Mend the ranking: return the columns (d,), the most important first, by how much the score "
    "moves with a usual step of each. It must not change with the columns' units.",
    hints=(
        "The gradient is in score per unit of the column. In which unit is the spread?",
        "A column in grams instead of kilograms has a slope a thousandth as large, and a spread a "
        "thousand times as large.",
        "np.argsort(-np.abs(gradient) * spread)",
    ),
    praise="Right: steps of usual size are compared, whatever unit a column is told in.",
)


@column_ranking.set_solution
def column_ranking_solution(gradient, spread):
    return np.argsort(-np.abs(gradient) * spread, kind="stable")


@column_ranking.set_check
def column_ranking_check(answer):
    gradient, spread = np.array([0.1, -3.0, 2.0]), np.array([100.0, 0.5, 1.0])
    got = as_array(answer(gradient, spread), shape=(3,), what="the columns")
    told = difference(got, column_ranking_solution(gradient, spread))
    require(not told, told)


@column_ranking.set_inputs
def column_ranking_inputs(rng):
    for d in (1, 2, 9):
        yield f"{d} columns", (rng.normal(size=d), rng.exponential(size=d))
