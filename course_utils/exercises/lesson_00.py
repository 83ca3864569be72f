"""Exercises of lesson 00, Start here."""

from course_utils import data
from course_utils.evaluation import auroc
from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, name_the_mistake, plain, require

import numpy as np

prevalence = Exercise(
    "Return the share of anomalies among the labels.",
    hints=(
        "A share lies between 0 and 1: how many ones, out of how many labels?",
        "The mean of zeros and ones is the share of ones.",
    ),
    praise="Right. On Shuttle it is 0.0715: one row in fourteen.",
)


@prevalence.set_solution
def prevalence_solution(y):
    """Return the share of anomalies in y (n,), where 1 = anomaly: [0, 0, 0, 1] gives 0.25."""
    return np.mean(y)


@prevalence.set_check
def prevalence_check(answer):
    got = as_array(answer(np.array([0] * 97 + [1] * 3)), shape=(), what="the share")
    name_the_mistake(
        got,
        (
            (97, "That counts the normal rows; the share of ones is wanted."),
            (3 / 97, "That is anomalies per normal row. Divide by all rows."),
            (
                3,
                "That is a count, or a percentage. A share lies between 0 and 1: divide by the "
                "number of rows.",
            ),
            (0.97, "That is the share of normal rows; anomalies are the ones."),
        ),
    )


@prevalence.set_inputs
def prevalence_inputs(rng):
    for what, (y, _) in inputs.labelled(rng):
        yield what, (y,)
    yield "three hundred rows", (rng.permutation(np.repeat([0, 1], [283, 17])),)


raise_alarms = Exercise(
    "Return 1 where a score is above the threshold, 0 elsewhere.",
    hints=(
        "Comparing an array with a number compares every element.",
        "`scores > threshold` gives True and False; `.astype(int)` makes ones and zeros of them.",
    ),
    praise="Right. A score at the threshold itself stays silent, here and in the whole course.",
)


@raise_alarms.set_solution
def raise_alarms_solution(scores, threshold):
    """Return (n,) with 1 where a score is above the threshold and 0 elsewhere."""
    return (scores > threshold).astype(int)


@raise_alarms.set_check
def raise_alarms_check(answer):
    scores = np.array([0.5, 4.0, 3.0, 9.5, -1.0])  # mean 3.2, so the mean is no >=
    result = plain(answer(scores.copy(), 3.0))
    of_where = isinstance(result, tuple) and len(result) == 1
    only_alarms = of_where or (np.ndim(result) == 1 and len(result) < 5)
    require(
        not only_alarms,
        "You return only the alarms. One entry for each row is wanted, 0 for those without alarm.",
    )
    got = as_array(result, shape=(5,), what="the alarms")
    shifted = as_array(answer(scores + 10, 13.0), shape=(5,), what="the alarms")
    require(
        np.array_equal(got, shifted) or not np.array_equal(shifted, [1, 1, 1, 1, 1]),
        "Ten more on every score and on the threshold should change nothing. Do you use the "
        "threshold that is handed over?",
    )
    name_the_mistake(
        got,
        (
            ([0, 4, 0, 9.5, 0], "You return the scores; 1 or 0 is wanted."),
            *(
                (
                    below,
                    "It is the wrong way round: a high score means more anomalous and raises "
                    "the alarm.",
                )
                for below in ([1, 0, 0, 0, 1], [1, 0, 1, 0, 1])
            ),
            (
                [0, 1, 1, 1, 0],
                "A score that equals the threshold is not above it. Compare with >, not with >=.",
            ),
            ([-1, 1, -1, 1, -1], "Silence is 0 in this course, not −1."),
            (
                [1, -1, 1, -1, 1],
                "That is scikit-learn's custom, where −1 is an anomaly. Here an "
                "alarm is 1 and silence 0.",
            ),
        ),
    )


@raise_alarms.set_inputs
def raise_alarms_inputs(rng):
    for what, scores in inputs.vectors(rng):
        yield what, (scores, float(rng.choice(scores)))  # one score lies at the threshold
        yield what, (scores, float(scores.mean() + 0.3 * scores.std()))
    yield "scores close to the threshold", (3 + 1e-5 * rng.integers(-2, 3, size=40), 3.0)


most_suspicious = Exercise(
    "Return the positions of the highest scores, highest first.",
    hints=(
        "np.argsort gives the positions from the lowest to the highest score.",
        "Sort the negative scores, or turn the order round with [::-1], then take the first ones.",
    ),
    praise="Right. That list is what an engineer would work through.",
)


@most_suspicious.set_solution
def most_suspicious_solution(scores, count):
    """Return the positions (count,) of the highest scores, highest first."""
    return np.argsort(-scores)[:count]


@most_suspicious.set_check
def most_suspicious_check(answer):
    got = as_array(answer(np.array([2.0, 9.0, 5.0, 7.0, 1.0, 3.0]), 3), what="the positions")
    name_the_mistake(
        got,
        (
            ([9, 7, 5], "These are the scores themselves; the positions of the rows are wanted."),
            (
                [4, 0, 5],
                "These are the least suspicious rows: argsort goes upwards, from the "
                "lowest score.",
            ),
            *(
                (order, "The right rows in the wrong order: the most suspicious comes first.")
                for order in ([2, 3, 1], [1, 2, 3])
            ),
            ([2, 4, 3], "You count the rows from 1. In Python the first row is row 0."),
            (
                [0, 1, 1, 1, 0, 0],
                "You return a mark for each row; the positions are wanted, the "
                "most suspicious first.",
            ),
            (
                [1, 3, 2, 5, 0, 4],
                "You return all rows; only the first `count` of them are asked for.",
            ),
        ),
    )


@most_suspicious.set_inputs
def most_suspicious_inputs(rng):
    for what, scores in inputs.vectors(rng):
        if len(set(scores)) == len(scores):  # tied scores may come in any order
            yield what, (scores, int(rng.integers(1, len(scores) + 1)))
    yield "many scores", (rng.permutation(500) / 50, 200)


my_detector = Exercise(
    "Return a score for each row, learned from the training rows alone.",
    hints=(
        "What are the usual value and the usual wobble of each training column?",
        "Instead of the largest deviation, try the mean or the sum over the columns.",
        "Scores around 0.99 are within reach with two lines of NumPy.",
    ),
    praise="Your detector works, and plays fair.",
)


@my_detector.set_solution
def my_detector_solution(train, rows):
    """Learn from train (m, d), return scores (n,) for rows (n, d), higher = more anomalous."""
    deviations = np.abs(rows - train.mean(axis=0)) / train.std(axis=0)
    return deviations.mean(axis=1)


@my_detector.set_check
def my_detector_check(answer):
    parts = data.split(data.load_shuttle(rows=4000, seed=3), "contaminated-train", seed=3)
    train, rows, y = parts.train.X, parts.test.X, parts.test.y
    got = _scores(answer, train, rows)
    require(np.ptp(got) > 0, "Every row gets the same score, so the scores tell nothing apart.")
    require(
        len(np.unique(got)) > 2,
        "Your scores have two different values: those are decisions. A score says how unusual a "
        "row is, and leaves the line to others.",
    )
    area = auroc(y, got)
    require(
        area > 0.35,
        f"AUROC is {area:.3f}: the ranking is upside down. A higher score must mean a more "
        "anomalous row.",
    )
    require(
        area >= 0.6,
        f"AUROC is {area:.3f}, hardly better than a coin. Does the score use the training rows? "
        "Are the columns brought to one scale?",
    )
    require(area >= 0.9, f"AUROC is {area:.3f}. You are on the way; 0.9 is asked for.")
    _refuse_what_learns_from_rows(answer, train, rows, got)
    shift = np.linspace(-300, 300, rows.shape[1])
    require(
        not np.array_equal(_scores(answer, train + shift, rows), got),
        "The scores stay the same whatever the training rows hold. A number that you read off "
        "this table is no use on the next: learn from train what is usual, anew at each call.",
    )
    # the same telemetry from sensors that count from another zero, and downwards
    for turned in (1, -1):
        elsewhere = auroc(y, _scores(answer, shift + turned * train, shift + turned * rows))
        require(
            elsewhere >= 0.9,
            f"On the same rows from sensors that count from another zero or downwards, AUROC "
            f"falls from {area:.3f} to {elsewhere:.3f}. A number or a direction that you read off "
            "this table is no use on the next: learn from train what is usual.",
        )


def _scores(answer, train, rows):
    return as_array(answer(train.copy(), rows.copy()), shape=(len(rows),), what="the scores")


def _refuse_what_learns_from_rows(answer, train, rows, got):
    """Refuse a detector whose scores of some rows change in other company and another order."""
    by_chance = np.abs(_scores(answer, train, rows) - got)  # 0 without random numbers
    some = np.arange(40)[::-1]
    times = 4 if by_chance.any() else 1  # means of several calls hold less chance
    alone = np.mean([_scores(answer, train, rows[some]) for _ in range(times)], axis=0)
    others = [_scores(answer, train, rows) for _ in range(times - 1)]
    apart = np.abs(alone - np.mean([got, *others], axis=0)[some])
    require(
        apart.mean() <= 1.3 * by_chance.mean() + 1e-4 * np.abs(got).mean(),
        "The same rows get other scores when fewer rows, in another order, are scored with them. "
        "Learn whatever you need (a mean, a scale, the largest score) from train, and score each "
        "row by itself.",
    )
