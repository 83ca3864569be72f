"""Exercises of lesson 17 on slopes: compared from column to column, and summed along a path."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    plain,
    require,
)

import numpy as np

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
    return np.argsort(-np.abs(gradient) * spread)


@column_ranking.set_check
def column_ranking_check(answer):
    gradient = np.array([0.5, -0.9, 0.02, 3.0, -0.4, -0.05])
    spread = np.array([1.0, 2.0, 40.0, 0.1, 0.25, 4.0])  # moves: 0.5, 1.8, 0.8, 0.3, 0.1, 0.2
    got = _columns(answer, gradient, spread)
    moves = np.abs(gradient) * spread
    _name_the_ranking(got, gradient, spread)
    d = len(gradient)
    _require_a_ranking(got, d)
    right = np.argsort(-moves)
    units = np.array([1.0, 1e3, 1.0, 1e-3, 10.0, 1.0])
    other = _columns(answer, gradient / units, spread * units)
    require(
        np.array_equal(got, other),
        f"The columns are ranked {_listed(got)}; told in other units, {_listed(other)}. A slope "
        "is in score per unit of its column: multiply by a step that is in that unit.",
    )
    place = np.flatnonzero(got != right)
    if place.size:
        first = place[0]
        raise Misconception(
            f"In place {first} of {_listed(got)} stands column {got[first]:.0f}, whose usual step "
            f"moves the score by {moves[int(got[first])]:.2g}; column {right[first]} moves it by "
            f"{moves[right[first]]:.2g}."
        )
    gradient[[1, 4]] = 0.0  # two that share the last places, in either order
    got = _columns(answer, gradient, spread)
    _require_a_ranking(got, d)
    require(
        (np.diff((np.abs(gradient) * spread)[got.astype(int)]) <= 0).all(),
        f"Where two columns have the slope 0, you rank {_listed(got)}: they belong at the end.",
    )


def _columns(answer, gradient, spread):
    result = answer(gradient.copy(), spread.copy())
    return as_array(result, shape=gradient.shape, what="the columns")


def _listed(columns):
    return "[" + ", ".join(f"{each:.0f}" for each in columns) + "]"


def _require_a_ranking(got, d):
    require(
        np.array_equal(np.sort(got), np.arange(d)),
        f"Each of the columns 0 … {d - 1} is expected once; you return {_listed(got)}.",
    )


def _name_the_ranking(got, gradient, spread):
    moves = np.abs(gradient) * spread
    right = np.argsort(-moves)
    if np.array_equal(got, right):
        return
    unit = (
        "The columns are ranked by the slope alone, which is in score per unit: tell a column in "
        "grams instead of kilograms, and it moves down. Multiply |slope| by the spread."
    )
    signed = (
        "The sign is kept, so that the columns with a negative slope come last. A slope of −3 "
        "moves the score as much as one of 3: take the absolute value."
    )
    name_the_mistake(
        got,
        (
            (np.argsort(-np.abs(gradient)), unit),
            (np.argsort(-gradient * spread), signed),
            (np.argsort(gradient * spread), f"{signed} (And the least comes first.)"),
            (np.argsort(-gradient), f"{signed} And the slope's unit is left in."),
            (right[::-1], "The least important comes first. Sort falling: np.argsort(-size)."),
            (
                np.argsort(np.abs(gradient)),
                f"The least important comes first, and more: {unit[0].lower()}{unit[1:]}",
            ),
            (
                np.argsort(-np.abs(gradient) / spread),
                "The slope is divided by the spread, which counts the unit twice. Score per unit, "
                "times units, is score.",
            ),
            (
                np.argsort(-spread),
                "The columns are ranked by their spread: no slope plays a part.",
            ),
            (
                np.argsort(right),
                "That is each column's place in the ranking. The columns themselves are asked "
                "for, the most important first.",
            ),
            (moves, "Those are the sizes. The columns are asked for, in their order."),
            (moves[right], "Those are the sizes, sorted. np.argsort gives the columns."),
        ),
    )


@column_ranking.set_inputs
def column_ranking_inputs(rng):
    yield "the example", (np.array([0.5, -2.0, 0.001]), np.array([1.0, 0.1, 900.0]))
    for d in (1, 2, 5, 30):
        yield f"{d} columns", (rng.normal(size=d), rng.exponential(size=d))
    units = 10.0 ** rng.integers(-4, 5, size=12)
    yield "columns in unlike units", (rng.normal(size=12) / units, rng.gamma(2, size=12) * units)
    yield "negative slopes", (-rng.exponential(size=6), rng.gamma(2, size=6))
    yield "tiny slopes", (1e-9 * rng.normal(size=5), rng.gamma(2, size=5))
    still = rng.gamma(2, size=5)
    still[rng.integers(5)] = 0
    yield "a column that never moves", (rng.normal(size=5), still)
    yield "equal spreads", (rng.normal(size=7), np.full(7, 2.0))
    yield "equal slopes", (np.full(6, -3.0), rng.gamma(2, size=6))
    yield "whole numbers", (np.array([7, -9, 4]), np.array([2, 1, 5]))


# ------------------------------------------------------------------------ 3 · integrated gradients

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


def _uneven(rng, d):
    """Return the slopes of Σ a · x³ + (b · x)² + tanh(c · x): columns that act together."""
    a, b, c = rng.normal(size=(3, d))

    def slopes(X):
        bend = 1 - np.tanh(X @ c) ** 2  # (n,)
        return 3 * a * X**2 + 2 * (X @ b)[:, None] * b + bend[:, None] * c

    return OfRows("slopes", slopes)


@integrated_gradients.set_check
def integrated_gradients_check(answer):
    rng = np.random.default_rng(17)
    d, steps = 3, 4
    slopes, x, baseline = _uneven(rng, d), 1.5 * rng.normal(size=d), rng.normal(size=d)
    result = answer(slopes, x.copy(), baseline.copy(), steps)
    require(
        np.shape(plain(result)) != (),
        "One number came back; each column has a part of its own. Sum over the steps only.",
    )
    got = as_array(result, what="the parts")
    require(
        got.shape != (steps, d),
        f"The shape {got.shape} came back: a row for each step. Take the mean over the steps, "
        "axis=0.",
    )
    got = as_array(got, shape=(d,), what="the parts")
    right = integrated_gradients_solution(slopes, x, baseline, steps)
    told = difference(got, right)
    if told:
        name_the_mistake(got, _other_parts(slopes, x, baseline, steps))
    require(not told, f"The parts differ from (x − baseline) · mean slope: {told}")


def _other_parts(slopes, x, baseline, steps):
    """Yield what other ways give, and what is wrong with them."""
    way, d = x - baseline, len(x)

    def mean(shares, start=baseline, along=way):
        return slopes(start + np.asarray(shares)[:, None] * along).mean(axis=0)

    middles = (np.arange(steps) + 0.5) / steps
    ends = np.arange(steps + 1) / steps
    right, at_x, at_start = mean(middles), mean([1.0]), mean([0.0])
    yield (
        way * at_x,
        "That is the slope at the row alone, times x − baseline. Where the score has levelled "
        "off, the slope there says nothing of the way: take the mean over it.",
    )
    yield at_x, "That is the slope at the row alone: no way, no baseline."
    yield x * at_x, "That is the slope at the row alone, times x: no way, no baseline."
    yield way * at_start, "That is the slope at the baseline alone. Take the mean over the way."
    yield (
        x * right,
        "The factor is x; it is x − baseline. With x the parts do not add up to the score's "
        "difference, and the column that did not move at all is blamed.",
    )
    yield right, "The factor x − baseline is missing: a mean slope is no share of the score."
    yield -way * right, "The sign is turned: the factor is x − baseline, not baseline − x."
    yield (
        way * mean(ends[:-1]),
        "The slopes are taken at the left ends of the parts, from 0 on; take them in the middles, "
        "(np.arange(steps) + 0.5) / steps, which errs far less.",
    )
    yield (
        way * mean(ends[1:]),
        "The slopes are taken at the right ends of the parts, up to 1; take them in the middles, "
        "(np.arange(steps) + 0.5) / steps, which errs far less.",
    )
    yield (
        way * mean(np.linspace(0, 1, steps)),
        f"np.linspace(0, 1, steps) gives {steps} points with both ends among them. The middles of "
        "`steps` parts are (np.arange(steps) + 0.5) / steps.",
    )
    yield (
        way * mean(ends),
        f"Those are {steps + 1} points with both ends among them. The middles of `steps` parts "
        "are (np.arange(steps) + 0.5) / steps.",
    )
    yield (
        way * (mean(ends[:-1]) + mean(ends[1:])) / 2,
        "That is the mean of left and right ends, the trapezoid rule. The middles of the parts "
        "are asked for.",
    )
    yield (
        way * mean(ends[1:] - 1 / (steps + 1) * ends[1:]),
        "The points lie at 1/(steps + 1), 2/(steps + 1), …; the middles of the parts lie at "
        "0.5/steps, 1.5/steps, …",
    )
    yield (
        way * right * steps,
        "The mean over the steps is missing: the slopes are summed, and twice the steps would "
        "give twice the blame.",
    )
    yield right * steps, "The slopes are summed: the mean is missing, and the factor x − baseline."
    yield (
        way * slopes(baseline + middles[:, None] * way).mean(),
        "One mean over all slopes came in, columns among them. Take it over the steps, axis=0.",
    )
    yield (
        x * mean(middles, np.zeros(d), x),
        "That is the way from 0. It starts at the baseline.",
    )
    yield (
        way * mean(middles, np.zeros(d), x),
        "The points lie on the way from 0 to x. They start at the baseline: baseline + share · "
        "(x − baseline).",
    )
    yield (
        way * mean(middles, baseline, x),
        "The points are baseline + share · x, and end beyond x. They are baseline + share · "
        "(x − baseline).",
    )
    yield (
        np.abs(way * right),
        "The signs are gone. A part may be negative: that column lowers the score.",
    )
    yield (
        way * np.abs(slopes(baseline + middles[:, None] * way)).mean(axis=0),
        "The slopes' signs are gone: ups and downs of the way would not cancel.",
    )


@integrated_gradients.set_inputs
def integrated_gradients_inputs(rng):
    slopes = OfRows("slopes of x²", lambda X: 2 * X)
    yield "the example", (slopes, np.array([3.0, 1.0]), np.array([1.0, 1.0]), 2)
    for d, steps in ((3, 1), (1, 5), (6, 2), (4, 64), (2, 7)):
        x, baseline = rng.normal(size=(2, d))
        yield f"steps = {steps} and {d} columns", (_uneven(rng, d), x, baseline, steps)
    x, baseline = rng.normal(size=(2, 4))
    yield "a baseline of 0", (_uneven(rng, 4), x, np.zeros(4), 3)
    yield "a row of 0", (_uneven(rng, 4), np.zeros(4), baseline, 3)
    yield "a row that is the baseline", (_uneven(rng, 4), x, x.copy(), 3)
    yield "columns in unlike units", (_uneven(rng, 2), np.array([1e-3, 40]), np.array([0, 31]), 6)
    yield "whole numbers", (_uneven(rng, 3), np.array([3, 0, -2]), np.array([1, 1, 1]), 5)
