"""Exercises of lesson 08, of decisions: a threshold for a reason, a column to name, a repair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from course_utils.exercises import quantiles
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    plain,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# ------------------------------------------------------------------ 3 · a threshold for a reason

alarm_threshold = Exercise(
    "Return the threshold that `share` of the normal validation rows lie above.",
    hints=(
        "Three kinds of rows are handed over. Which of them may speak about false alarms?",
        "Keep the validation scores whose label is 0. A quantile of them is the threshold.",
        "If 2 % are to lie above, 98 % lie below: np.quantile(normal, 1 - share).",
    ),
    praise="Right. It promises a share of false alarms, and the test rows can now judge it.",
)


@alarm_threshold.set_solution
def alarm_threshold_solution(validation_scores, validation_y, test_scores, share):
    normal = validation_scores[validation_y == 0]
    return np.quantile(normal, 1 - share)


@alarm_threshold.set_check
def alarm_threshold_check(answer):
    generator = np.random.default_rng(8)
    normal, fraud = generator.gamma(2, size=600), 5 + generator.gamma(2, size=60)
    order = generator.permutation(660)
    scores = np.concatenate([normal, fraud])[order]
    y = np.repeat([0, 1], [600, 60])[order]
    test = generator.gamma(2, size=500) * 1.3 + 1
    seen = []
    for unit, share in ((1.0, 0.05), (40.0, 0.1), (40.0, 0.05)):
        got = answer(unit * scores, y.copy(), unit * test, share)
        seen.append(float(as_array(got, shape=(), what="the threshold")) / unit)
    parts = {"normal": normal, "fraud": fraud, "scores": scores, "test": test}
    _name_the_threshold(np.array(seen), parts, np.array([0.05, 0.1, 0.05]))


def _name_the_threshold(got, parts, shares):
    """Refuse thresholds (3,), in one unit, whose rule is seen in all three cases."""
    normal, scores, test = parts["normal"], parts["scores"], parts["test"]
    if _lie_above(normal, got, shares, slack=2.5):
        return
    require(
        not np.isclose(got[0], 40 * got[2]),
        "Your threshold is a number from a habit, not from the scores: with all scores 40 times "
        "as large it stays the same. Every network has scores of its own size: take a quantile "
        "of them.",
    )
    for rows in (test, np.concatenate([scores, test]), np.concatenate([normal, test])):
        require(
            not _lie_above(rows, got, shares),
            "The test rows chose this threshold, so they can no longer judge it. Use the "
            "validation rows.",
        )
    require(
        not _lie_above(scores, got, shares),
        "All validation rows chose together, frauds included. The promise is about normal rows: "
        "keep those with label 0.",
    )
    require(
        not _lie_above(parts["fraud"], got, shares),
        "The frauds chose this threshold: it says how many of them are caught. The promise is "
        "about normal rows: keep those with label 0.",
    )
    require(
        not _lie_above(normal, got, 1 - shares),
        "You took the wrong side: nearly all normal rows lie above this threshold. If a share "
        "lies above, the rest, 1 − share, lies below.",
    )
    name_the_mistake(
        got,
        (
            (
                np.full(3, normal.max()),
                "The largest normal score allows no false alarm at all among these rows, and one "
                "odd row decides it. Take the quantile.",
            ),
            *(
                (
                    np.full(3, normal.mean() + k * normal.std()),
                    "Mean plus some standard deviations promises a share only for bell-shaped "
                    "scores. Errors have a long tail: take the quantile.",
                )
                for k in (1, 2, 3, 4)
            ),
            *(
                (
                    (1 - shares) * rows.max(),
                    "A share of the largest score says nothing about how many rows lie above it. "
                    "Take the quantile.",
                )
                for rows in (normal, scores)
            ),
            (
                np.percentile(normal, 1 - shares),
                "np.percentile counts from 0 to 100, so 1 − share is less than one per cent to "
                "it. np.quantile counts from 0 to 1.",
            ),
        ),
    )
    above = np.mean(normal[:, None] > got, axis=0)
    worst = np.argmax(np.abs(above - shares))
    require(
        False,
        f"With share = {shares[worst]:g}, {above[worst]:.1%} of the normal validation rows lie "
        f"above your threshold; {shares[worst]:.1%} are wanted.",
    )


def _lie_above(rows, thresholds, shares, slack=1.5):
    """Say whether the shares of rows lie above the thresholds, whichever way quantiles round."""
    above = np.mean(rows[:, None] > thresholds, axis=0)
    return bool((np.abs(above - shares) <= slack / len(rows)).all())


def _on_normal_scores(rule):
    def threshold(validation_scores, validation_y, test_scores, share):
        return rule(validation_scores[validation_y == 0], share)

    return threshold


@alarm_threshold.set_inputs(also_right=[*map(_on_normal_scores, quantiles.LEVELS)])
def alarm_threshold_inputs(rng):
    for what, scores, y, share in quantiles.labelled_scores(rng):
        test = 1.3 * rng.gamma(2, size=int(rng.integers(5, 90))) + 1
        yield what, (scores, y, test, share)
        yield f"{what}, scores below 0", (scores - 30, y, test - 30, share)
        yield f"{what}, scores in another unit", (1000 * scores, y, 1000 * test, share)
    yield "scores 0, 1, … 100", (np.arange(101.0), np.zeros(101, int), 9 * np.arange(101.0), 0.1)


# --------------------------------------------------------------------------- 4 · name the column

explain = Exercise(
    "Return (name, actual, expected) of the column with the largest relative error, both values "
    "in the column's own unit.",
    hints=(
        "Find the column first: where is (row - copy) ** 2 / usual largest?",
        "Undo the scaler, z * scale + mean, and then the logarithm, np.expm1. Do it for the row "
        "and for the copy.",
        "Return names[j], then the row's value, then the copy's value.",
    ),
    praise="Right. That is a sentence that a colleague can check: it says 300 km, and we "
    "expected 2.",
)


@explain.set_solution
def explain_solution(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) ** 2 / usual)
    actual, expected = (np.expm1(z[j] * scale[j] + mean[j]) for z in (row, copy))
    return names[j], actual, expected


WRONG_COLUMNS = (  # how a column is chosen, and what to say when it is chosen so each time
    (
        lambda off, row, usual: np.argmax(off**2),
        "You named the column with the largest plain error. A column that is always hard wins "
        "too often: divide by the usual error first.",
    ),
    (
        lambda off, row, usual: np.argmax(off / usual),
        "You kept the sign, so values that are too low are never named. Square the difference "
        "first.",
    ),
    (
        lambda off, row, usual: np.argmax(np.abs(off) / usual),
        "You set a difference against the usual error, which is a square, or a square against "
        "its square. Divide the squared difference by the usual error as it is.",
    ),
    (
        lambda off, row, usual: np.argmax(off**2 * usual),
        "You multiply by the usual error, so columns that are always hard count double. Divide.",
    ),
    (
        lambda off, row, usual: np.argmax(row),
        "You named the column with the largest value, not with the error.",
    ),
    (
        lambda off, row, usual: np.argmax(np.abs(row)),
        "You named the column with the most extreme value, not with the error.",
    ),
    (
        lambda off, row, usual: np.argmin(off**2 / usual),
        "You named the column that was copied best. Look for the largest error.",
    ),
    (
        lambda off, row, usual: np.argmax(usual),
        "You named the column that is usually hardest. This row's own error counts.",
    ),
)


@explain.set_check
def explain_check(answer):
    generator = np.random.default_rng(8)
    cases = [_explained_order(generator, 5) for _ in range(20)]
    results = [_taken(answer(*map(_copied, given)), given[-1]) for given in cases]
    chosen = [name for name, _, _ in results]
    right = [explain_solution(*given) for given in cases]
    for rule, message in WRONG_COLUMNS:
        by_rule = [names[rule(row - copy, row, usual)] for row, copy, usual, *_, names in cases]
        require(chosen != by_rule, message)
    for name, (wanted, _, _) in zip(chosen, right, strict=True):
        require(name == wanted, f"You name {name!r}; the largest relative error is in {wanted!r}.")
    _name_the_values(np.array([values for _, *values in results]), cases)


def _copied(value):
    return list(value) if isinstance(value, list) else value.copy()


def _taken(result, names):
    """Return (name, actual, expected) as text and numbers, or say what is wrong with them."""
    name, actual, expected = take_apart(result, ("name", "actual", "expected"))
    require(
        isinstance(name, str),
        f"The first result should be the column's name, but it is {type(name).__name__} "
        f"{name!r}: look it up in names.",
    )
    require(name in names, f"{name!r} is none of the names that were handed in.")
    actual = float(as_array(actual, shape=(), what="the actual value"))
    return str(name), actual, float(as_array(expected, shape=(), what="the expected value"))


def _name_the_values(got, cases):
    """Refuse values (cases, 2) that all come from one mistake on the way back to the unit."""
    standard, logs, lifted = [], [], []
    for row, copy, usual, mean, scale, _ in cases:
        j = _worst(row, copy, usual)
        z = np.array([row[j], copy[j]])
        standard.append(z)
        logs.append(z * scale[j] + mean[j])
        lifted.append(np.expm1(z) * scale[j] + mean[j])
    right = np.expm1(logs)
    name_the_mistake(
        got,
        (
            (
                standard,
                "The values are still standardised logarithms. Nobody reads a price of 0.5: undo "
                "the scaler, z * scale + mean, and then the logarithm.",
            ),
            (
                logs,
                "The scaler is undone, the logarithm is not: np.expm1 turns it into the unit of "
                "the column.",
            ),
            (
                np.expm1(standard),
                "The logarithm is undone, the scaler is not. The way back runs in the opposite "
                "order: scaler first, z * scale + mean, then expm1.",
            ),
            (
                lifted,
                "You undo the logarithm first. The way back runs in the opposite order: scaler "
                "first, z * scale + mean, then expm1.",
            ),
            (
                np.array(lifted) + np.array([2 * [given[4][_worst(*given)]] for given in cases]),
                "You undo the logarithm with exp and before the scaler. The way back runs in the "
                "opposite order: scaler first, then the inverse of log1p, which is expm1.",
            ),
            (right[:, ::-1], "Actual and expected have changed places: first the row's."),
        ),
    )
    require(
        not np.allclose(got, right + 1, rtol=1e-4, atol=1e-3),
        "You undo log1p with exp, so every value is 1 too large: the inverse is expm1.",
    )


def _worst(row, copy, usual, *_):
    return np.argmax((row - copy) ** 2 / usual)


def _explained_order(rng, columns):
    """Return an exercise's arguments for a random order, of which one column is clearly worst."""
    while True:
        actual, expected = (np.exp(rng.uniform(0.4, 5, size=columns)) for _ in range(2))
        mean, scale = rng.uniform(1.5, 4, size=columns), rng.uniform(0.4, 2, size=columns)
        row, copy = ((np.log1p(values) - mean) / scale for values in (actual, expected))
        usual = 0.1 * 10 ** rng.uniform(-1, 1, size=columns)
        relative = np.sort((row - copy) ** 2 / usual)
        if columns == 1 or relative[-1] > 1.2 * relative[-2]:
            names = ["quantity", "price [EUR]", "distance [km]", "failed payments", "age [d]"]
            return row, copy, usual, mean, scale, rng.permutation(names)[:columns].tolist()


@explain.set_inputs
def explain_inputs(rng):
    for columns in (1, 2, 3, 5, 5, 4):
        yield f"an order of {columns} columns", _explained_order(rng, columns)
    *given, names = _explained_order(rng, 3)
    for j in range(3):
        row, copy, usual, mean, scale = (each.copy() for each in given)
        copy[np.arange(3) != j] = row[np.arange(3) != j] + 0.01
        yield f"an error in column {j} alone", (row, copy, usual, mean, scale, names)
    ones, zeros = np.ones(2), np.zeros(2)
    yield "an expected value of 0", (2 * np.eye(2)[1], zeros, ones, zeros, ones, ["a", "b"])


# ------------------------------------------------------------------ 6 · the value that fits best

best_value = Exercise(
    "Return a repaired copy of the row, with the candidate in the column that gets the lowest "
    "score.",
    hints=(
        "Make one row for each candidate: np.repeat(row[None], len(candidates), axis=0).",
        "Write the candidates into that column, call score once, and look for the lowest.",
        "Return the row of the table that scored lowest; the row that was handed in stays as it "
        "is.",
    ),
    praise="Right. It works with any detector, since it asks for nothing but scores.",
)


@best_value.set_solution
def best_value_solution(row, column, candidates, score):
    tried = np.repeat(np.asarray(row, dtype=float)[None], len(candidates), axis=0)
    tried[:, column] = candidates
    return tried[np.argmin(score(tried))]


@dataclass(frozen=True)
class _Score:
    """A score with a name that a learner can type; it takes rows, (m, d), and nothing else."""

    text: str
    of_rows: Callable

    def __call__(self, X: object) -> np.ndarray:
        X = np.asarray(plain(X), dtype=float)
        require(
            X.ndim == 2,
            f"score got an array of shape {X.shape}; it takes rows, shape (m, d). A single row "
            "is row[None].",
        )
        return self.of_rows(X)

    def __repr__(self) -> str:
        return self.text


@best_value.set_check
def best_value_check(answer):
    generator = np.random.default_rng(8)
    repaired = []
    for column in (1, 3):
        centre = generator.normal(size=4)

        def from_the_centre(X, centre=centre):
            relation = X[:, 0] + X[:, 1] - X[:, 2] + X[:, 3] - centre.sum()
            return relation**2 + 0.1 * ((X - centre) ** 2).sum(axis=1)

        row = centre + generator.normal(size=4)
        row[column] += 8
        candidates = np.roll(np.linspace(-9, 9, 181), 40)  # neither end is best or worst
        given, score = row.copy(), _Score("the distance from a rule", from_the_centre)
        got = answer(given, column, candidates.copy(), score)
        require(
            np.array_equal(given, row),
            "The row that was handed in has changed: the evidence is gone. Work on a copy.",
        )
        repaired.append(_of_the_form(got, (row, column, candidates), score))
    _name_the_repair(repaired)


def _of_the_form(got, task, score):
    """Return (the value put in, the row's value, candidates, their scores)."""
    row, column, candidates = task
    got = as_array(got, what="the repaired row")
    tried = np.repeat(row[None], len(candidates), axis=0)
    tried[:, column] = candidates
    scores = score(tried)
    require(
        not (got.shape == () and np.isclose(got, candidates[np.argmin(scores)])),
        "You return the value alone. The repaired row is wanted, all its columns.",
    )
    require(
        not (got.size == 1 and np.isclose(got.ravel()[0], scores.min())),
        "You return the lowest score. The row that has it is wanted.",
    )
    require(
        not (got.shape == () and got == np.argmin(scores)),
        "You return the number of the best candidate. The row that it repairs is wanted.",
    )
    require(
        got.shape != tried.shape,
        "You return a row for each candidate. The one with the lowest score is wanted.",
    )
    require(
        got.shape != (1, 4),
        "You return a table of one row, shape (1, 4). The row itself, shape (4,), is wanted.",
    )
    got = as_array(got, shape=(4,), what="the repaired row")
    others = np.arange(4) != column
    require(
        np.allclose(got[others], row[others]),
        "Other columns have changed as well. One cell is suspected; the others are the evidence.",
    )
    return got[column], row[column], candidates, scores


def _name_the_repair(repaired):
    """Refuse values that come from one wrong choice in all cases."""
    got = np.array([value for value, *_ in repaired])
    for choose, message in (
        (
            lambda old, candidates, scores: old,
            "The row came back as it was. Replace its value in the column.",
        ),
        (
            lambda old, candidates, scores: candidates[np.argmax(scores)],
            "You chose the candidate with the highest score. Higher means more anomalous, so the "
            "lowest fits best.",
        ),
        (
            lambda old, candidates, scores: candidates[-1],
            "The last candidate is in the row, whatever its score. Does a loop go on writing into "
            "the row that it keeps as the best? `best = tried` is a second name for one array; "
            "keep tried.copy().",
        ),
        (
            lambda old, candidates, scores: candidates[0],
            "The first candidate is in the row, whatever its score. Is every candidate tried?",
        ),
        (
            lambda old, candidates, scores: candidates.mean(),
            "You took the middle of the candidates without asking score.",
        ),
        (
            lambda old, candidates, scores: candidates[np.argmin(np.abs(candidates - old))],
            "You took the candidate nearest to the value that is there. The suspected value says "
            "nothing: ask score.",
        ),
    ):
        require(not same_numbers(got, [choose(*case) for _, *case in repaired]), message)


@best_value.set_inputs
def best_value_inputs(rng):
    scores = (
        _Score("lambda X: X.sum(axis=1) ** 2", lambda X: X.sum(axis=1) ** 2),
        _Score("lambda X: abs(X - 1).max(axis=1)", lambda X: np.abs(X - 1).max(axis=1)),
        _Score("lambda X: -(X**3).sum(axis=1)", lambda X: -(X**3).sum(axis=1)),
        _Score("lambda X: abs(X[:, 0] - X[:, -1])", lambda X: np.abs(X[:, 0] - X[:, -1])),
    )
    yield "two candidates", (np.array([1.0, 5.0]), 1, np.array([-1.0, 3.0]), scores[0])
    for score in scores:
        for columns, several in ((4, 9), (2, 3), (3, 1), (5, 40)):
            for column in (0, columns - 1):
                for _ in range(100):
                    row = np.round(rng.normal(scale=2, size=columns), 2)
                    candidates = rng.permutation(np.linspace(-3, 3, 61))[:several]
                    tried = np.tile(row, (several, 1))
                    tried[:, column] = candidates
                    lowest = np.sort(score(tried))[:2]
                    if len(lowest) == 1 or np.diff(lowest)[0] > 1e-2:  # one of them is best
                        break
                else:
                    continue
                what = f"a row of {columns} columns and {several} candidates"
                yield what, (row, column, candidates, score)
                yield f"{what}, sorted", (row, column, np.sort(candidates), score)
