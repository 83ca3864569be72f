"""Exercises of lesson 18: three short broken notebooks to repair."""

from __future__ import annotations

from course_utils import evaluation
from course_utils.exercises.engine import Exercise

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

# ---------------------------------------------------------------------------- 5 · repair payments

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
)


@repair_payments.set_solution
def repair_payments_solution(X, y, time):
    fifth, order = len(X) // 5, np.argsort(time)  # oldest first
    train, validation, test_rows = np.split(order, [-2 * fifth, -fifth])
    scaler = StandardScaler().fit(X[train])
    model = LogisticRegression(class_weight="balanced").fit(scaler.transform(X[train]), y[train])
    threshold = np.quantile(model.decision_function(scaler.transform(X[validation])), 0.99)
    return test_rows, model.decision_function(scaler.transform(X[test_rows])), threshold


# ------------------------------------------------------------------------------- 6 · repair seeds

repair_seeds = Exercise(
    "Repair the notebook: return (mean, standard deviation with ddof 1) of the test's average "
    "precision over the seeds of one setting, that whose mean on validation is highest.",
    hints=(
        "Which numbers decide what is kept? The test may decide nothing: neither the setting nor "
        "the seed.",
        "For each setting, take the mean average precision on validation over all seeds. The "
        "highest chooses the setting; no seed is chosen at all.",
        "Then all seeds of that setting on the test: np.mean(values), np.std(values, ddof=1).",
    ),
    praise="Right: validation chooses the setting, nobody chooses the seed, and the test is told "
    "with its spread.",
)


@repair_seeds.set_solution
def repair_seeds_solution(
    make, settings, X_train, X_validation, y_validation, X_test, y_test, seeds
):
    def precisions(setting, X, y):  # one for each seed
        detectors = [make(setting, seed).fit(X_train) for seed in seeds]
        return [evaluation.average_precision(y, each.decision_function(X)) for each in detectors]

    best = max(settings, key=lambda each: np.mean(precisions(each, X_validation, y_validation)))
    values = precisions(best, X_test, y_test)
    return np.mean(values), np.std(values, ddof=1)


# --------------------------------------------------------------------------- 7 · repair threshold

repair_threshold = Exercise(
    "Repair the notebook: return 1 for each test score above (>) the line that about the share "
    "`budget` of the normal validation scores lies above, 0 for the others.",
    hints=(
        "The budget is meant for normal rows. What do the anomalies among the validation rows do "
        "to the line?",
        "Is a test score told in the same unit as the line? And does its decision depend on the "
        "scores that came with it?",
        "line = np.quantile(scores_validation[y_validation == 0], 1 - budget), and then "
        "scores_test > line: scores that are tied at the line would break the budget.",
    ),
    praise="Right: the line comes from normal validation rows, and each test row stands alone.",
)


@repair_threshold.set_solution
def repair_threshold_solution(scores_validation, y_validation, scores_test, budget):
    line = np.quantile(scores_validation[y_validation == 0], 1 - budget)
    return (scores_test > line).astype(int)
