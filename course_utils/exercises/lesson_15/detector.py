"""The exercise of lesson 15 that is open: a detector for a machine's three channels."""

from __future__ import annotations

import functools

from course_utils import data, evaluation
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require, same_numbers

import numpy as np

CHANNELS = "load [%]", "temperature [°C]", "vibration RMS [g]"
MACHINES = 24, 25  # seeds; the lesson's are others
EDGE = 36  # rows, six hours: the longest soft edge of an event
SECONDS_TO_LEARN = 30.0  # of the processor, for four calls: a network may be trained in each
ENOUGH = 0.7  # mean VUS-PR; the rule of one line has less than 0.5


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
    praise="Right: on two machines held back it ranks better than |z| with a trailing mean, "
    "and cutting the later rows off changed no score.",
    seconds=SECONDS_TO_LEARN,
    prepare=lambda: _of_chance(),
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


@functools.cache
def _machine(seed):
    """Return fault-free rows, the rows behind them and their labels, of one machine.

    Two weeks are simulated, which takes some seconds of the processor.
    """
    made = data.make_machine(hours=336, seed=seed)
    X = made.X[:, [made.feature_names.index(each) for each in CHANNELS]]
    third = len(X) // 3  # free of faults
    return X[:third], X[third:], made.y[third:].astype(int)


@my_detector.set_check
def my_detector_check(answer):
    found, rivals, turned = [], [], []
    for seed, require_fair_play in zip(
        MACHINES, (_require_repeats, _require_no_future), strict=True
    ):
        train, X, y = _machine(seed)
        scores = _scores(answer, train, X)
        require_fair_play(answer, train, X, scores)
        found.append(evaluation.vus_pr(y, scores, EDGE))
        turned.append(evaluation.vus_pr(y, -scores, EDGE))
        rivals.append(max(evaluation.vus_pr(y, each, EDGE) for each in _rivals(train, X)))
    told = " and ".join(f"{each:.2f}" for each in found)
    require(
        np.mean(found) >= ENOUGH or np.mean(turned) < ENOUGH,
        f"The sign is turned: your VUS-PR is {told}, and {np.mean(turned):.2f} on average once "
        "every score has its sign changed. Higher is worse.",
    )
    require(
        np.mean(found) >= ENOUGH,
        f"On two machines held back your VUS-PR is {told}: {np.mean(found):.2f} on average, and "
        f"{ENOUGH} would pass. |z| with a trailing mean has at best {np.mean(rivals):.2f}, random "
        f"scores have {_of_chance():.2f}.",
    )


def _scores(answer, train, X):
    got = as_array(answer(train.copy(), X.copy()), what="the scores", finite=False)
    lacking = np.isnan(got)
    require(
        got.ndim != 1 or not lacking.any() or lacking[lacking.sum() :].any(),
        f"The first {lacking.sum()} scores are NaN. X follows on the training rows, and the last "
        "of those are a past for its first: np.vstack([train, X]).",
    )
    got = as_array(got, what="the scores")
    if got.shape == (len(X),):
        return got
    require(
        got.shape != (len(train) + len(X),),
        "The training rows were scored as well. One score for each row of X is asked for.",
    )
    require(
        got.shape != X.shape,
        "One number for each channel came back. Put the three together: one score for each row.",
    )
    require(
        got.shape != (len(train),),
        "Those are scores of the training rows. The rows of X are to be judged.",
    )
    raise Misconception(
        f"{len(X)} scores are asked for, one for each row of X; you return the shape {got.shape}. "
        "The training rows, which X follows on, give the first rows a past."
    )


def _require_repeats(answer, train, X, scores):
    """Refuse scores that change from call to call."""
    require(
        same_numbers(_scores(answer, train, X), scores),
        "The same rows get other scores at the second call. Give whatever draws a seed.",
    )


def _require_no_future(answer, train, X, scores):
    """Refuse scores that change when later rows are cut off."""
    cut = int(0.6 * len(X))
    moved = np.abs(_scores(answer, train, X[:cut]) - scores[:cut])
    changed = np.flatnonzero(moved > 1e-4 * np.abs(scores[:cut]) + 1e-6 * np.ptp(scores))
    if not changed.size:
        return
    require(
        changed[0] < cut // 10,
        f"Cutting the later rows off changes the last {cut - changed[0]} scores of the rows that "
        "are left: they look ahead, as a centred mean does, or a window that begins at its row.",
    )
    raise Misconception(
        f"Cutting the later rows off changes scores from row {changed[0]} on: something was "
        "learnt from the rows to be judged, their mean or their largest, say. Learn from train "
        "alone."
    )


def _rivals(train, X):
    """Yield the mean and the largest |z| over the channels, smoothed over the rows so far."""
    z = np.abs((X - train.mean(axis=0)) / train.std(axis=0))
    for size in (z.mean(axis=1), z.max(axis=1)):
        for width in (1, 16, 32):
            yield np.convolve(size, np.ones(width) / width)[: len(X)]


@functools.cache
def _of_chance():
    chance = np.random.default_rng(0)
    machines = [_machine(seed) for seed in MACHINES]
    return np.mean([evaluation.vus_pr(y, chance.random(len(y)), EDGE) for _, _, y in machines])
