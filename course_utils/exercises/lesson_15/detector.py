"""The exercise of lesson 15 that is open: a detector for a machine's three channels."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import plain, require

import numpy as np

# ------------------------------------------------------------------------------- 8 · my detector

my_detector = Exercise(
    "Return a score for each row of X (rows, 3), higher where it is worse, learnt from the "
    "fault-free rows of train (n, 3), which X follows on.",
    hints=(
        "Scale by the training rows, forecast each row from the rows before it, and look at the "
        "errors. np.vstack([train, X]) gives the first rows of X something before them.",
        "Whiten the errors of the three channels by those of the training rows, take the length "
        "of each, and the trailing mean of the lengths.",
        "The exercises above are the parts; detectors.Forecaster is the whole.",
    ),
    praise="Right: on machines held back it beats |z| with a trailing mean, and no score needs "
    "a later row.",
)


@my_detector.set_solution
def my_detector_solution(train, X):
    lags, width = 16, 16
    rows = (np.vstack([train, X]) - train.mean(axis=0)) / train.std(axis=0)
    known = len(train) - lags
    windows = np.lib.stride_tricks.sliding_window_view(rows[:-1], lags, axis=0)
    inputs = np.column_stack([windows.reshape(len(windows), -1), np.ones(len(windows))])
    A, targets = inputs[:known], rows[lags : len(train)]
    weights = np.linalg.solve(A.T @ A + 0.01 * known * np.eye(A.shape[1]), A.T @ targets)
    errors = rows[lags:] - inputs @ weights  # (n + rows − lags, 3)
    moments = errors[:known].T @ errors[:known] / known
    sizes = np.linalg.norm(errors @ np.linalg.cholesky(np.linalg.inv(moments)), axis=1)
    means = np.convolve(sizes, np.ones(width) / width)[: len(sizes)]
    return means[-len(X) :]


@my_detector.set_check
def my_detector_check(answer):
    rows = np.random.default_rng(0).normal(size=(300, 3))
    got = np.shape(plain(answer(rows[:200], rows[200:])))
    require(got == (100,), f"One score for each row is asked for; you return the shape {got}.")
