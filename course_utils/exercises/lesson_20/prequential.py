"""Exercise of lesson 20 on order: each row is scored before the model learns from it."""

from __future__ import annotations

from collections.abc import Iterator

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np

# -------------------------------------------------------------------------- 1 · prequential scores

prequential_scores = Exercise(
    "Go through the `rows`, an array or a list, once and in order: first model.score_one(row), "
    "then model.learn_one(row). Return the scores.",
    hints=(
        "When a row comes, it has to be judged by a model that has not seen it yet.",
        "One loop: append model.score_one(row) to a list, then call model.learn_one(row).",
        "for row in rows: scores.append(model.score_one(row)); model.learn_one(row)",
    ),
    praise="Right: each row is judged by what came before it, and by nothing else.",
)


@prequential_scores.set_solution
def prequential_scores_solution(model, rows):
    scores = []
    for row in rows:
        scores.append(model.score_one(row))  # before the model has seen the row
        model.learn_one(row)
    return np.array(scores, dtype=float)


def _value(row):
    """Return one number that tells a row from another."""
    numbers = list(row.values()) if isinstance(row, dict) else row
    return float(np.dot(numbers, np.arange(1, len(numbers) + 1)))


class _Model:
    """A model of one number, a running level, that notes what it is asked to do."""

    def __init__(self, level=0.0, rate=0.3):
        self.level, self.rate, self.calls = level, rate, []

    def score_one(self, row):
        """Return how far the row lies from the level."""
        self.calls.append(("score", _value(row)))
        return abs(_value(row) - self.level)

    def learn_one(self, row):
        """Move the level towards the row."""
        self.calls.append(("learn", _value(row)))
        self.level += self.rate * (_value(row) - self.level)

    def __repr__(self):
        return f"<a model with the level {self.level:.4g} and the rate {self.rate:.4g}>"


@prequential_scores.set_check
def prequential_scores_check(answer):
    rows = np.random.default_rng(20).normal(size=(12, 3))
    model = _Model()
    result = answer(model, rows.copy())
    require(
        model.calls or not isinstance(result, Iterator),
        f"You return a {type(result).__name__}, which has not run yet, so that no row is scored. "
        "Go through the rows: list(…) of it.",
    )
    _name_the_order(model.calls, [_value(row) for row in rows])
    got = as_array(result, what="the scores")
    wanted = prequential_scores_solution(_Model(), rows)
    require(
        got.shape != (),
        "One number came back. Each row has a score; what is made of them comes later.",
    )
    require(
        got.shape == wanted.shape,
        f"{len(wanted)} rows came, and the scores have the shape {got.shape}; one for each row.",
    )
    name_the_mistake(
        got,
        (
            (wanted[::-1], "The scores are right and stand in the reverse order."),
            (np.sort(wanted), "The scores are right and sorted. They stand as their rows came."),
            (
                np.cumsum(wanted) / np.arange(1, len(wanted) + 1),
                "Those are running means of the scores. The scores themselves are asked for.",
            ),
        ),
    )
    told = difference(got, wanted)
    require(not told, f"The model is asked in the right order, but the scores differ: {told}")


def _name_the_order(calls, values):
    """Say what is wrong with the order of the calls (name, value), if anything."""
    did = [name for name, _ in calls]
    scored, learned = ([value for name, value in calls if name == each] for each in _BOTH)
    require(
        "score" in did,
        "The model was never asked, the one that is given and no copy of it: "
        "model.score_one(row) gives a row's score.",
    )
    require(
        "learn" in did,
        "The model never learns, so that it is as frozen as before: model.learn_one(row).",
    )
    for name, known, other in (("score", scored, "learn_one"), ("learn", learned, "score_one")):
        again = len(known) - len(set(known))
        require(
            not again,
            f"{name}_one is called more than once for a row. A stream goes by once: keep what "
            f"it returned, and call {other} once too.",
        )
        require(
            sorted(known) != sorted(values) or known == values,
            f"{name}_one gets the rows in another order than they came in.",
        )
    n = len(values)
    require(
        calls[: 2 * n] != _in_turn(values, ("learn", "score")),
        "Each row is learned before it is scored: the model has seen what it judges, and scores "
        "too low. Score first.",
    )
    require(
        did != ["learn"] * n + ["score"] * n,
        "All rows are learned before the first is scored: the model knows the future.",
    )
    require(
        did != ["score"] * n + ["learn"] * n,
        "All rows are scored before the first is learned: the scores are those of a frozen model.",
    )
    for name, known in (("scored", scored), ("learned", learned)):
        require(
            len(known) == n,
            f"{len(known)} of {n} rows are {name}. Here each row is both, in its turn; which rows "
            "to leave out is another exercise.",
        )
    for number, (call, right) in enumerate(zip(calls, _in_turn(values, _BOTH), strict=True)):
        require(
            same_numbers(call[1], right[1]) and call[0] == right[0],
            f"Call {number + 1} of the model is {call[0]}_one where {right[0]}_one of row "
            f"{number // 2} is expected: score a row, learn it, go on to the next.",
        )


_BOTH = ("score", "learn")


def _in_turn(values, names):
    """Return the calls (name, value) that do both things to each row before the next."""
    return [(name, value) for value in values for name in names]


@prequential_scores.set_inputs
def prequential_scores_inputs(rng):
    yield "the example", (_Model(0.0, 0.5), np.array([[2.0], [2.0], [10.0], [2.0]]))
    for what, rows in (
        ("many rows", rng.normal(size=(60, 2))),
        ("few rows", rng.normal(size=(3, 5))),
        ("one row", rng.normal(size=(1, 4))),
        ("no row", np.empty((0, 3))),
        ("equal rows", np.ones((6, 2))),
    ):
        yield what, (_Model(*rng.uniform(0.1, 0.9, size=2)), rows)
    rows = [{"flow": flow, "level": level} for flow, level in rng.normal(size=(20, 2)).tolist()]
    yield "rows that are dictionaries", (_Model(1.0), rows)
