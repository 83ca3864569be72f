"""The last exercise of lesson 06: a detector, judged on rows it has not seen, in any company."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
import time

from course_utils import evaluation
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, plain, require

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# --------------------------------------------------------------------------------- 7 · detector

detector = Exercise(
    "Return each new row's probability of being an anomaly, (m,), whichever way you like.",
    hints=(
        "Fill and scale by the training rows (exercise 2), fit any classifier, and return the "
        "probability of class 1.",
        "make_pipeline(SimpleImputer(strategy='median'), StandardScaler(), a classifier) does all "
        "of it: .fit(X_train, y_train), then .predict_proba(X_new)[:, 1].",
        "HistGradientBoostingClassifier takes gaps as they are.",
    ),
    praise="Right: it finds them, it ranks them, and each row is judged on its own.",
)


@detector.set_solution
def detector_solution(X_train, y_train, X_new):
    classifier = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=1000)
    )
    return classifier.fit(X_train, y_train).predict_proba(X_new)[:, 1]


ENOUGH = 0.6  # average precision; a logistic regression gets about 0.8, chance is 0.1
PATIENT = 4.5  # processor seconds, of the ten that an answer has
UNITS = np.array([1, 200, 0.01, 1, 50, 1])
PLACES = np.array([0, 1000, 1, -5, 300, 0])
COMPANY = (
    "A row's answer changes with the company it comes in: something is fitted on new rows, a "
    "scaler, a median, a rank. In service they come one at a time; fit on X_train alone."
)


def _rows_with_gaps(rows, seed, columns=(0, 3)):
    """Return X (rows, 6) with gaps and y (rows,): a tenth are anomalies, off along two columns."""
    generator = np.random.default_rng(seed)
    y = (np.arange(rows) % 10 == 0).astype(int)
    X = generator.normal(size=(rows, 6))
    X[:, columns[0]] += 1.7 * y
    X[:, columns[1]] -= 1.7 * y
    X = X * UNITS + PLACES
    X[generator.random(X.shape) < 0.02] = np.nan
    order = generator.permutation(rows)
    return X[order], y[order]


def _company(X_new):
    """Return rows without gaps, far up in column 0, far down in column 3, wide elsewhere.

    Then a twin of each new row that has a gap in column 0, for fillers that look at neighbours.
    """
    X = np.random.default_rng(3).normal(size=(2 * len(X_new), 6)) * [1, 9, 9, 1, 9, 9]
    X[:, 0] += 1000
    X[:, 3] -= 1000
    twins = X_new[np.isnan(X_new[:, 0])]
    twins[:, 0] = 1000
    return np.vstack([X * UNITS + PLACES, twins])


@detector.set_check
def detector_check(answer):
    X_train, y_train = _rows_with_gaps(600, 1)
    X_new, y_new = _rows_with_gaps(400, 2)
    X_new[np.flatnonzero(y_new == 0)[:40], 0] = np.nan

    def ask_for(rows, company=()):
        together = np.vstack([rows, *company])
        with _the_same_chance():
            result = answer(X_train.copy(), y_train.copy(), together)
        if np.shape(plain(result)) == (len(together),):
            return _as_probabilities(plain(result)[: len(rows)], len(rows))
        return _as_probabilities(result, len(together))

    start = time.process_time()
    scores = ask_for(X_new)
    _judge_scores(scores, y_new, lambda: ask_for(_on_the_training_ruler(X_train, X_new)))
    _judge_company(ask_for, scores, X_new, y_new)
    if time.process_time() - start > PATIENT:
        return  # it trained long, twice, and kept nothing: a third time would take too long
    # other training rows, that differ along other columns: what was learned before is no use
    X_other, y_other = _rows_with_gaps(600, 5, columns=(4, 1))
    X_few, y_few = _rows_with_gaps(300, 6, columns=(4, 1))
    few = _as_probabilities(answer(X_other.copy(), y_other.copy(), X_few.copy()), len(X_few))
    precision = evaluation.average_precision(y_few, few)
    require(
        precision >= ENOUGH - 0.1,
        f"With other training rows, whose anomalies are off along other columns, the average "
        f"precision is {precision:.2f} where it was "
        f"{evaluation.average_precision(y_new, scores):.2f}. Learn from the X_train and y_train "
        "that are handed in, anew at each call.",
    )


def _judge_scores(scores, y, ask_for_scaled):
    """Say whether the scores rank; rows that are scaled already tell what is missing if not."""
    precision = evaluation.average_precision(y, scores)
    if precision < ENOUGH and evaluation.auroc(y, scores) > 0.3:
        scaled = ask_for_scaled()
        require(
            evaluation.average_precision(y, scaled) < max(ENOUGH, precision + 0.2),
            f"The average precision on the new rows is {precision:.2f}; on rows that are scaled "
            "already it is good. So the network learns from scaled rows and judges unscaled ones: "
            "put X_new on the training rows' ruler too, by transform and not by fit_transform.",
        )
    if np.allclose(scores, scores[0]):
        silent = scores[0] < 0.5
        require(
            not silent,
            "Every row gets the same answer. Its accuracy is 90 %, because nine rows in ten are "
            "normal, and it finds nothing. That is why accuracy is no judge here.",
        )
        require(silent, f"Every row gets the same answer, {scores[0]:.2f}: nothing is ranked.")
    require(
        len(np.unique(scores)) > 2,
        "Only two values came back: these are decisions. A probability ranks the rows and leaves "
        "the threshold to whoever knows the costs: predict_proba(…)[:, 1], not predict(…).",
    )
    require(
        evaluation.auroc(y, scores) > 0.3,
        "The scores point the wrong way: normal rows get the higher ones. Column 0 of "
        "predict_proba is the probability of class 0.",
    )
    require(
        precision >= ENOUGH,
        f"The average precision on the new rows is {precision:.2f}; chance is 0.10 and a plain "
        f"classifier gets {ENOUGH} and more. Do the labels reach it, and are the columns scaled?",
    )


def _on_the_training_ruler(train, rows):
    medians = np.nanmedian(train, axis=0)
    train, rows = (np.where(np.isnan(each), medians, each) for each in (train, rows))
    return (rows - train.mean(axis=0)) / train.std(axis=0)


def _judge_company(ask_for, scores, X_new, y_new):
    """Refuse an answer that judges rows by the other new rows, whatever is random in it.

    With the same chance, equal scores show that the company plays no part, and unlike scores that
    it does, if the same company gives equal ones. Where chance cannot be held still, only a
    difference counts that is far larger than that of two calls alike.
    """
    company = _company(X_new)
    crowded = ask_for(X_new, [company])
    if np.allclose(crowded, scores, atol=1e-4):
        return
    again = ask_for(X_new)
    require(not np.allclose(again, scores, atol=1e-5), COMPANY)
    gaps = np.isnan(X_new[:, 0]) & (y_new == 0)

    def told(values):
        groups = [values[y_new == 1], values[y_new == 0], values[gaps]]
        return evaluation.average_precision(y_new, values), *(group.mean() for group in groups)

    alone = np.array([told(scores), told(again)])
    in_a_crowd = np.array([told(crowded), told(ask_for(X_new, [company]))])
    noise = np.maximum(np.ptp(alone, axis=0), np.ptp(in_a_crowd, axis=0))
    apart = np.abs(alone[:, None] - in_a_crowd[None]).min(axis=(0, 1))
    require(not np.any(apart > 0.1 + 2 * noise), COMPANY)


@contextlib.contextmanager
def _the_same_chance():
    """Begin all global chance at one place, and afterwards go on as if nothing had been drawn."""
    python, make = random.getstate(), np.random.default_rng
    numpy = np.random.get_state()  # noqa: NPY002 (an answer may draw from the global generator)
    torch, keras = sys.modules.get("torch"), sys.modules.get("keras")
    torch_state = torch.get_rng_state() if torch else None
    if keras:
        keras.utils.set_random_seed(6)
    random.seed(6)
    np.random.seed(6)  # noqa: NPY002
    if torch:
        torch.manual_seed(6)
    np.random.default_rng = lambda seed=None: make(6 if seed is None else seed)
    system, drawn, here = os.urandom, make(6), threading.get_ident()
    # of this thread alone: the kernel's others name their messages by it
    os.urandom = lambda n: drawn.bytes(n) if threading.get_ident() == here else system(n)
    try:
        yield
    finally:
        np.random.default_rng, os.urandom = make, system
        if keras:  # its own state cannot be kept: go on from anywhere
            keras.utils.set_random_seed(int(make().integers(2**31)))
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if torch:
            torch.set_rng_state(torch_state)


def _as_probabilities(result, rows):
    """Return the learner's scores, shape (rows,), or say what they are instead."""
    require(result is not None, "Your function returned None: is a `return` missing?")
    values = np.asarray(plain(result))
    require(
        values.shape != (rows, 2),
        "Two columns came back, one for each class. Take the anomaly's: [:, 1].",
    )
    require(
        values.shape != (rows, 1),
        "The shape is (m, 1), as Keras gives it; (m,) is expected: [:, 0].",
    )
    if values.dtype.kind == "f":
        require(
            not np.isnan(values).any(),
            "Some answers are NaN. One gap in a row does that: fill gaps first, with the "
            "training rows' medians.",
        )
    values = as_array(result, shape=(rows,), what="the probabilities")
    require(
        values.min() >= 0 and values.max() <= 1,
        f"The answers run from {values.min():.2f} to {values.max():.2f}; probabilities lie "
        "between 0 and 1.",
    )
    return values
