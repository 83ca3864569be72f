"""Exercises of lesson 18: a notebook whose training knows the future, to repair."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.ranking import area
from course_utils.exercises.results import (
    as_array,
    plain,
    require,
    same_numbers,
    take_apart,
    unlike,
)

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

# ---------------------------------------------------------------------------- 6 · repair payments

SECONDS_TO_LEARN = 30.0  # of the processor, for eight calls: each may grow a forest

repair_payments = Exercise(
    "Repair the notebook: return (test_rows, scores, threshold), where the test is the last fifth "
    "of the rows by time, one score for each, and about 1 % of rows lie above the threshold. "
    "Nothing may know the test rows.",
    hints=(
        "Follow one test row back through the code. Which lines have seen it before it is scored?",
        "order = np.argsort(time) has the oldest row first. The last fifth of it is the test; the "
        "scaler, the model and the threshold come from what lies before.",
        "Fit scaler and model on the first three fifths, take the threshold as the 99 % quantile "
        "of the scores of the fourth, which the model has not seen, and score the last.",
    ),
    praise="Right on both sets held back: the test is the last fifth, and nothing else knows it.",
    seconds=SECONDS_TO_LEARN,
)


@repair_payments.set_solution
def repair_payments_solution(X, y, time):
    fifth, order = len(X) // 5, np.argsort(time)  # oldest first
    train, validation, test_rows = np.split(order, [-2 * fifth, -fifth])
    scaler = StandardScaler().fit(X[train])
    model = LogisticRegression(class_weight="balanced").fit(scaler.transform(X[train]), y[train])
    threshold = np.quantile(model.decision_function(scaler.transform(X[validation])), 0.99)
    return test_rows, model.decision_function(scaler.transform(X[test_rows])), threshold


ENOUGH = 0.8  # AUROC on the last fifth
ALARMS = 0.001, 0.04  # the least and the largest share of test rows above the line
PARTS = "test_rows", "scores", "threshold"


def _payments(seed, rows):
    """Return payments in any order, few of them fraud, and when each was made."""
    generator = np.random.default_rng(seed)
    y = (generator.random(rows) < 0.02).astype(int)
    X = generator.normal(size=(rows, 5)) + 1.6 * y[:, None] * (np.arange(5) < 3)
    X[:, 3] += 0.4 * X[:, 0]
    X = X * 10.0 ** generator.integers(-2, 4, size=5) + generator.normal(3, 40, size=5)
    return X, y, np.round(generator.permutation(rows) * 0.37 + 100, 2)


@repair_payments.set_check
def repair_payments_check(answer):
    for seed, rows in ((185, 3000), (186, 2503)):
        _judge_payments(answer, *_payments(seed, rows))


def _called(answer, X, y, time):
    """Return an answer's test rows, sorted, their scores in the same order, and the threshold."""
    given = X.copy(), y.copy(), time.copy()
    rows, scores, threshold = take_apart(answer(*given), PARTS)
    rows, n = np.asarray(plain(rows)), len(X)
    if rows.dtype == bool and rows.shape == (n,):
        rows = np.flatnonzero(rows)
    rows = as_array(rows, what="the test rows")
    require(
        rows.ndim == 1 and np.array_equal(rows, np.round(rows)) and rows.size,
        "test_rows are the numbers of rows, one after the other: whole numbers from 0 to "
        f"{n - 1}.",
    )
    rows = rows.astype(int)
    require(
        min(rows) >= 0 and max(rows) < n and len(set(rows)) == len(rows),
        f"test_rows go from {rows.min()} to {rows.max()}, {len(set(rows))} of {len(rows)} are "
        f"distinct; there are rows 0 to {n - 1}, and each is tested once.",
    )
    scores = as_array(scores, what="the scores")
    require(
        scores.shape != (n,),
        "You return a score for every row; the test rows' are asked for, in the same order.",
    )
    scores = as_array(scores, shape=(len(rows),), what="the scores")
    threshold = as_array(threshold, what="the threshold")
    require(
        threshold.shape == (), f"One threshold is asked for; you return {threshold.shape} of them."
    )
    order = np.argsort(rows)
    return rows[order], scores[order], float(threshold)


def _judge_payments(answer, X, y, time):
    rows, scores, threshold = _called(answer, X, y, time)
    _judge_test_rows(rows, time)
    _judge_ranking(y[rows], scores)
    again = _called(answer, X, y, time)
    require(
        same_numbers(again[1], scores, 1e-6) and same_numbers(again[2], threshold, 1e-6),
        "Called twice with the same data, it gives other numbers. Set the random_state of what "
        "draws, or nobody can repeat what you claim.",
    )
    swapped = y.copy()
    swapped[rows] = 1 - y[rows]
    _, moved, line = _called(answer, X, swapped, time)
    require(
        same_numbers(moved, scores, 1e-6),
        "The scores change when labels of test rows change: the model was trained on them.",
    )
    require(
        same_numbers(line, threshold, 1e-6),
        f"The threshold changes when labels of test rows change, from {threshold:.4g} to "
        f"{line:.4g}. What is not known yet chooses no threshold.",
    )
    # what a change to half of the test rows moves, although the other half stayed
    changed, kept = rows[1::2], np.arange(0, len(rows), 2)
    wild = X.copy()
    wild[changed] = 5 * X[changed][::-1] + 300
    _, moved, line = _called(answer, wild, y, time)
    require(
        same_numbers(moved[kept], scores[kept], 1e-6),
        "A test row's score changes when other test rows change: "
        f"{' and '.join(unlike(scores[kept][0], moved[kept][0]))}. Something was fitted on them, "
        "such as the scaler's mean and spread, or the scores are scaled by their batch. Fit it "
        "on rows before the test.",
    )
    require(
        same_numbers(line, threshold, 1e-6),
        f"The threshold changes when test rows change, from {threshold:.4g} to {line:.4g}. Take "
        "it from rows before the test; in use, tomorrow's rows are not there yet.",
    )
    _judge_line(scores, threshold)


def _judge_test_rows(rows, time):
    n, order = len(time), np.argsort(time)
    share, late = len(rows) / n, np.isin(rows, order[-len(rows) :]).mean()
    told = f"{late:.0%} of your {len(rows)} test rows are among the {len(rows)} latest of {n}."
    require(
        late == 1 or not np.array_equal(rows, np.arange(n - len(rows), n)),
        "You test the rows that come last in the table, and they come in any order: `time` says "
        f"when each was. {told} If you sorted the table first, these are places in the sorted "
        "one; the rows' own numbers are asked for.",
    )
    require(
        late == 1 or not np.isin(rows, order[: len(rows)]).all(),
        "You test the earliest rows, and train on what came after them.",
    )
    require(
        late == 1,
        f"Rows are drawn for the test, so that training knows rows from after it. {told} In use "
        "there is no such row: test the last fifth by time.",
    )
    require(
        abs(len(rows) - n / 5) <= 1.5,
        f"You test {len(rows)} of {n} rows, {share:.0%}; a fifth is asked for, the latest.",
    )


def _judge_ranking(y, scores):
    require(
        set(np.unique(scores)) != {0.0, 1.0},
        "The scores are decisions, 0 and 1. A ranking is asked for: decision_function, or the "
        "probability of an anomaly.",
    )
    found = area(scores[y == 0], scores[y == 1])
    require(
        found > 0.3,
        f"Upside down? The AUROC on the test is {found:.2f}; higher has to mean more anomalous.",
    )
    require(
        found >= ENOUGH,
        f"The AUROC on the test is {found:.2f}; {ENOUGH} or more is asked for, which a model of "
        "training rows and their labels has. Are the scores in the order of test_rows?",
    )


def _judge_line(scores, threshold):
    above = (scores > threshold).mean()
    require(
        above >= ALARMS[0],
        f"{above:.2%} of the test rows lie above the threshold; about 1 % are asked for. Was it "
        "taken from rows on which the model was trained? It may know those better than others.",
    )
    require(
        above <= ALARMS[1],
        f"{above:.1%} of the test rows lie above the threshold; about 1 % are asked for: the 99 % "
        "quantile of the scores of rows before the test.",
    )
