"""Exercise of lesson 17 on repairs: the one entry whose change lowers the score most."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._functions import OfRows
from course_utils.exercises.results import (
    Misconception,
    as_array,
    plain,
    require,
    take_apart,
    unlike,
)

import numpy as np

# --------------------------------------------------------------------------------- 6 · best repair

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
    ties, width = rng.normal(size=d), rng.uniform(0.15, 0.4, size=d)

    def score(X):
        z = X / units - centre
        near = [-((z - level) ** 2) / (2 * width**2) for level in (-1, 1)]
        return -np.logaddexp(*near).sum(axis=1) + (z @ ties) ** 2

    levels = rng.choice([-1.0, 1.0], size=(25, d), p=[0.3, 0.7]) + width * rng.normal(size=(25, d))
    background = units * (levels + centre)
    row = background[0].copy()
    odd = rng.integers(d)
    row[odd] = units[odd] * (centre[odd] + rng.choice([-0.2, 0.2, 3.0]))
    far = (odd + 1) % d  # usual, but further from its mean
    row[far] += units[far] * width[far] * np.sign(row[far] / units[far] - centre[far])
    return OfRows("score", score), row, background[1:]


@best_repair.set_check
def best_repair_check(answer):
    problems = [_two_levels(np.random.default_rng(170 + seed), 4) for seed in range(8)]
    repairs = [_repair(answer, *problem) for problem in problems]
    for repair, problem in zip(repairs, problems, strict=True):
        if fault := _fault(*repair, *problem):
            raise Misconception(_known_repair(repairs, problems) or fault)


def _repair(answer, score, row, background):
    """Return what an answer gives, as a column and a value."""
    d = len(row)
    result = plain(answer(score, row.copy(), background.copy()))
    if isinstance(result, np.ndarray) and result.ndim == 1:
        result = tuple(result)
    column, value = take_apart(result, ("column", "value"))
    column, value = as_array(column, what="the column"), as_array(value, what="the value")
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
    return int(column), float(value)


def _all_scores(score, row, background):
    """Return the score after each change of one entry, (m, d)."""
    d = len(row)
    changed = np.tile(row, (len(background), d, 1))
    changed[:, range(d), range(d)] = background
    return score(changed.reshape(-1, d)).reshape(-1, d)


def _occurs(value, values):
    return np.abs(values - value).min() <= 1e-5 * (np.abs(values).max() + np.ptp(values))


def _fault(column, value, score, row, background):
    """Say what is wrong with a repair; empty if nothing."""
    values = background[:, column]
    nearest = int(np.abs(values - value).argmin())
    if not _occurs(value, values):
        elsewhere = np.isclose(background, value, rtol=1e-9, atol=0)
        if np.isclose(value, row[column], rtol=1e-9, atol=0):
            return f"Column {column} keeps its own value, {value:.4g}: nothing is changed."
        if elsewhere.any():
            return (
                f"The value {value:.4g} is one that the background has in another column; column "
                f"{column} never had it."
            )
        return (
            f"The background never has {value:.4g} in column {column}; the nearest that it has is "
            f"{values[nearest]:.4g}. Only values that occur are asked for: between them may lie "
            "what no machine ever shows."
        )
    scores = _all_scores(score, row, background)
    before, found, lowest = float(score(row[None])[0]), scores[nearest, column], scores.min()
    if found - lowest <= 1e-3 * (before - lowest):
        return ""
    right, best = best_repair_solution(score, row, background)
    told, wanted = unlike(found, lowest)
    same = ", in the same column" if column == right else ""
    return (
        f"The row's score is {before:.4g}. Column {column} changed to {value:.4g} brings it to "
        f"{told}; column {right} changed to {best:.4g}, which the background has as well, brings "
        f"it to {wanted}{same}."
    )


def _furthest(row, background):
    """Return the columns that are furthest from their mean, by itself or in deviations."""
    off = np.abs(row - background.mean(axis=0))
    return int(off.argmax()), int((off / background.std(axis=0)).argmax())


def _known_repair(repairs, problems):
    """Say how the repairs were chosen, if one known way gives all of them; else nothing."""

    def everywhere(is_so):
        return all(
            is_so(column, value, row, background, _all_scores(score, row, background))
            for (column, value), (score, row, background) in zip(repairs, problems, strict=True)
        )

    def is_near(value, other, background, column):
        return abs(value - other) <= 1e-6 * background[:, column].std()

    far = everywhere(lambda column, _, row, background, __: column in _furthest(row, background))
    for usual, told in (
        (
            np.mean,
            "You put in the column's mean. The columns here have two levels, and hardly a row is "
            "between them: such a value is odd itself. Try the values that the background has.",
        ),
        (
            np.median,
            "You put in the column's median, which may be of the wrong level for this row. Try "
            "all values that the background has.",
        ),
    ):
        if everywhere(
            lambda column, value, _, background, __, usual=usual: is_near(
                value, usual(background[:, column]), background, column
            )
        ):
            return told + (
                " And the column is the one furthest from its mean; ask the score." if far else ""
            )
    if everywhere(
        lambda column, value, _, background, scores: is_near(
            value, background[np.unravel_index(scores.argmax(), scores.shape)], background, column
        )
    ):
        return "That change raises the score most. The lowest score is wanted."
    if far:
        return (
            "The column is the one furthest from its mean. Far is not odd: let the score choose "
            "the column as well, among all of them."
        )
    for name, place in (
        ("row's own entry", lambda column, row, background: row[column]),
        ("column's mean", lambda column, row, background: background[:, column].mean()),
        ("column's median", lambda column, row, background: np.median(background[:, column])),
    ):
        if everywhere(
            lambda column, value, row, background, _, place=place: is_near(
                value,
                background[
                    np.abs(background[:, column] - place(column, row, background)).argmin(), column
                ],
                background,
                column,
            )
        ):
            return f"The value is the one nearest to the {name}. Let the score choose it."
    return ""


@best_repair.set_inputs
def best_repair_inputs(rng):
    apart = OfRows("score", lambda X: np.abs(X - [1.0, 5.0]).sum(axis=1))
    yield "the example", (apart, np.array([1.0, 9.0]), np.array([[0.0, 4.5], [2.0, 6.0]]))
    for d in (1, 2, 3, 6):
        for _ in range(3):
            yield f"columns at two levels, d = {d}", _two_levels(rng, d)
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
