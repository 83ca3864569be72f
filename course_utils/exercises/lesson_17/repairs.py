"""Exercise of lesson 17 on repairs: the one entry whose change lowers the score most."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import Misconception, as_array, require, take_apart, unlike

import numpy as np

# --------------------------------------------------------------------------------- 5 · best repair

best_repair = Exercise(
    "Mend the repair: return (column, value), the one entry of the row whose change to a value "
    "that the background has in that column lowers the score most.",
    hints=(
        "Whether a change helps is for the score to say, not for the distance from a mean.",
        "Try every value: for each column, copies of the row (m, d), one for each background row, "
        "with that column replaced by background[:, column].",
        "All d · m changed rows may be scored in one call. The lowest score names both column and "
        "value: np.unravel_index(scores.argmin(), scores.shape).",
    ),
    praise="Right: one entry, a value that occurs, and no other change lowers the score more.",
)


@best_repair.set_solution
def best_repair_solution(score, row, background):
    m, d = background.shape
    changed = np.tile(row, (d, m, 1))  # (d, m, d)
    for column in range(d):
        changed[column, :, column] = background[:, column]
    scores = score(changed.reshape(d * m, d)).reshape(d, m)
    column, which = np.unravel_index(scores.argmin(), scores.shape)
    return column, background[which, column]


def _two_levels(rng, d):
    """Return a score, a row and its background: each column is at one of two levels, tied."""
    units, centre = 10.0 ** rng.integers(-2, 3, size=d), rng.normal(size=d)
    ties, width = rng.normal(size=d) / d, rng.uniform(0.15, 0.4, size=d)

    def score(X):
        z = X / units - centre
        near = [-((z - level) ** 2) / (2 * width**2) for level in (-1, 1)]
        return -np.logaddexp(*near).sum(axis=1) + (z @ ties) ** 2

    levels = rng.choice([-1.0, 1.0], size=(25, d)) + width * rng.normal(size=(25, d))
    background = units * (levels + centre)
    row = background[0].copy()
    odd = rng.integers(d)
    row[odd] = units[odd] * (centre[odd] + rng.choice([-0.2, 0.2, 3.0]))
    far = (odd + 1) % d  # usual, but further from its mean
    row[far] += units[far] * width[far] * np.sign(row[far] / units[far] - centre[far])
    return OfRows("score", score), row, background[1:]


@best_repair.set_check
def best_repair_check(answer):
    for seed in range(8):
        given = _two_levels(np.random.default_rng(170 + seed), 4)
        _judge_repair(answer, *given)


def _judge_repair(answer, score, row, background):
    d = len(row)
    column, value = take_apart(answer(score, row.copy(), background.copy()), ("column", "value"))
    column = as_array(column, what="the column")
    value = as_array(value, what="the value")
    require(
        column.shape == value.shape == (),
        f"One column and one value are asked for; you return the shapes {column.shape} and "
        f"{value.shape}.",
    )
    require(
        column in range(d) or value not in range(d),
        "The column comes first, then the value: `return column, value`.",
    )
    require(
        column in range(d),
        f"The column is {column:g}; a whole number from 0 to {d - 1} is expected.",
    )
    column, value = int(column), float(value)

    def after(j, entry):
        changed = row.copy()
        changed[j] = entry
        return float(score(changed[None])[0])

    right, best = best_repair_solution(score, row, background)
    lowest, before = after(right, best), float(score(row[None])[0])
    if _occurs(value, background[:, column]):
        found = after(column, background[np.abs(background[:, column] - value).argmin(), column])
        if found - lowest <= 1e-3 * (before - lowest):
            return
    _name_the_repair(column, value, row, background, score)
    _require_that_it_occurs(column, value, row, background)
    told, wanted = unlike(found, lowest)
    kept = "." if column != right else ", in the same column."
    raise Misconception(
        f"The row's score is {before:.4g}. Column {column} changed to {value:.4g} brings it to "
        f"{told}; column {right} changed to {best:.4g}, which the background has as well, brings "
        f"it to {wanted}{kept}"
    )


def _occurs(value, values):
    return np.abs(values - value).min() <= 1e-5 * (np.abs(values).max() + np.ptp(values))


def _name_the_repair(column, value, row, background, score):
    mean, median = background.mean(axis=0), np.median(background, axis=0)
    spread = background.std(axis=0)
    d = len(row)
    by_deviation = {
        int(np.abs(row - mean).argmax()),
        int(np.abs((row - mean) / spread).argmax()),
    }

    def is_(other):
        return abs(value - other) <= 1e-6 * spread[column]

    for name, usual in (("mean", mean), ("median", median)):
        if not is_(usual[column]) or (name == "median" and len(background) % 2):
            continue
        told = (
            f"You put in the column's {name}. The columns here have two levels, and no row is "
            "between them: such a value is odd itself. Try the values that the background has."
        )
        require(
            column not in by_deviation,
            f"{told} And the column is the one furthest from its mean; ask the score.",
        )
        raise Misconception(told)
    changed = np.tile(row, (len(background), d, 1))
    changed[:, range(d), range(d)] = background
    scores = score(changed.reshape(-1, d)).reshape(-1, d)  # (m, d)
    highest = np.unravel_index(scores.argmax(), scores.shape)
    require(
        not (column == highest[1] and is_(background[highest])),
        "That change raises the score most. The lowest score is wanted.",
    )
    right = int(scores.min(axis=0).argmin())
    require(
        not (
            column != right
            and is_(background[scores[:, column].argmin(), column])
            and column in by_deviation
        ),
        "The column is the one furthest from its mean. Far is not odd: let the score choose the "
        "column as well, among all of them.",
    )
    nearest = {
        "row's own entry": row[column],
        "column's mean": mean[column],
        "column's median": median[column],
    }
    best = scores[:, column].min()
    for name, place in nearest.items():
        which = np.abs(background[:, column] - place).argmin()
        require(
            not is_(background[which, column]) or scores[which, column] <= best,
            f"The value is the one nearest to the {name}. Take the one with the lowest score.",
        )


def _require_that_it_occurs(column, value, row, background):
    if _occurs(value, background[:, column]):
        return
    require(
        not np.isclose(value, row[column]),
        f"Column {column} keeps its own value, {value:.4g}: nothing is changed.",
    )
    elsewhere = np.argwhere(np.isclose(background, value, rtol=1e-9, atol=0))
    require(
        not len(elsewhere),
        f"The value {value:.4g} is one that the background has in another column; column "
        f"{column} never had it.",
    )
    values = background[:, column]
    raise Misconception(
        f"The background never has {value:.4g} in column {column}; the nearest that it has is "
        f"{values[np.abs(values - value).argmin()]:.4g}. Only values that occur are asked for: "
        "between them may lie what no machine ever shows."
    )


@best_repair.set_inputs
def best_repair_inputs(rng):
    apart = OfRows("score", lambda X: np.abs(X - [1.0, 5.0]).sum(axis=1))
    yield "the example", (apart, np.array([1.0, 9.0]), np.array([[0.0, 4.5], [2.0, 6.0]]))
    for d in (1, 2, 3, 6):
        for _ in range(3):
            yield f"{d} columns at two levels", _two_levels(rng, d)
    score, row, background = _two_levels(rng, 3)
    yield "one background row", (score, row, background[:1])
    yield "two background rows", (score, row, background[:2])
    yield "background rows twice", (score, row, np.vstack([background, background]))
    weights = rng.exponential(size=4)
    bowl = OfRows("score", lambda X: (weights * X**2).sum(axis=1))
    yield "a bowl", (bowl, 3 + rng.exponential(size=4), rng.normal(size=(30, 4)))
    large = OfRows("score", lambda X: 1e6 * (weights * X**2).sum(axis=1) + 1e6)
    yield "huge scores", (large, 3 + rng.exponential(size=4), rng.normal(size=(30, 4)))
    below = OfRows("score", lambda X: (weights * X**2).sum(axis=1) - 1e3)
    yield "negative scores", (below, 3 + rng.exponential(size=4), rng.normal(size=(30, 4)))
