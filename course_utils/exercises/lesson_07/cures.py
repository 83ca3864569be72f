"""Exercises of lesson 07, of cures for imbalance: weights, focal loss, new rows, a fair judge."""

from __future__ import annotations

import functools

from course_utils.exercises import inputs
from course_utils.exercises.comparison import compare
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    plain,
    require,
)

import numpy as np

# ---------------------------------------------------------------------- 1 · balance the classes

class_weights = Exercise(
    "Return {0: weight, 1: weight} so that both classes weigh the same in sum and a row weighs 1 "
    "on average.",
    hints=(
        "If every anomaly weighs w, all of them together weigh w times their number. The normal "
        "rows together should weigh as much.",
        "All weights together are to add up to n, so each class gets n / 2 to share out.",
        "The weight of a class is n / (2 · rows of that class).",
    ),
    praise="Right. The few anomalies now pull on the weights as hard as all normal rows together.",
)


@class_weights.set_solution
def class_weights_solution(y):
    """Return {0: weight of a normal row, 1: weight of an anomaly}."""
    anomalies = np.sum(y)
    return {0: len(y) / (2 * (len(y) - anomalies)), 1: len(y) / (2 * anomalies)}


def _two_weights(result):
    """Return the weights of both classes from a dict, a list or an array."""
    require(result is not None, "Your function returned None: is a `return` missing?")
    try:
        pair = [result[0], result[1]]
    except (KeyError, IndexError, TypeError):
        raise Misconception(
            "Keras wants a dict with the keys 0 and 1, such as {0: 0.7, 1: 2.0}."
        ) from None
    return as_array(pair, shape=(2,), what="the pair of weights")


@class_weights.set_check
def class_weights_check(answer):
    y = np.repeat([0, 1, 0], [11, 4, 5])
    result = answer(y.copy())
    require(
        isinstance(result, dict) or np.shape(plain(result)) != y.shape,
        f"You return a weight for each of the {len(y)} rows. One for each class is wanted, "
        "{0: …, 1: …}: Keras gives it to the rows.",
    )
    got = _two_weights(result)
    ratio = got[1] / got[0] if got[0] else np.inf
    require(
        not np.isclose(ratio, 4 / 16),
        "Your weights are upside down: the many normal rows get the larger one. The rarer a "
        "class, the more one of its rows must weigh.",
    )
    require(
        not np.isclose(ratio, 20 / 4),
        "You compare the anomalies with all rows. The two classes that should weigh the same are "
        "the anomalies and the normal rows.",
    )
    require(not np.isclose(ratio, 1), "Both classes weigh the same per row: nothing has changed.")
    require(
        np.isclose(ratio, 4, rtol=1e-4),
        f"With 16 normal rows and 4 anomalies one anomaly should weigh 4 normal rows, not "
        f"{ratio:.5g}.",
    )
    mean = np.mean(got[y])
    require(
        np.isclose(mean, 1, rtol=1e-4),
        f"The classes balance, but a row weighs {mean:.5g} on average. The loss grows with it and "
        "no longer compares with one without weights. Divide both weights by it.",
    )
    # a dict, a list and an array are all right, so pairs are compared
    compare(_as_pairs(answer), [_as_pairs(class_weights_solution)], _labels)


def _as_pairs(weights):
    """Return the function so that it gives the weight of a normal row and of an anomaly."""

    @functools.wraps(weights, updated=())
    def pairs(y):
        return _two_weights(weights(y))

    return pairs


def _labels(rng):
    """Yield (what they are, labels in a tuple): both classes, in any share and order."""
    for what, (y, _) in inputs.labelled(rng):
        if "anomal" in what:
            yield what, (y,)
    yield "four rows", (np.array([0, 0, 0, 1]),)


# ----------------------------------------------------------------------------- 2 · focal loss

focal_loss = Exercise(
    "Return the focal loss of each row, (n,), from labels y, probabilities p and gamma.",
    hints=(
        "First find q, the probability that was given to the truth: p for an anomaly, 1 − p for "
        "a normal row. np.where(y == 1, p, 1 - p) does it.",
        "The cross-entropy of a row is −log q. The focal loss multiplies it by a factor that is "
        "small when q is near 1.",
        "(1 − q)^γ · (−log q)",
    ),
    praise="Right. What is known well already hardly counts; with γ = 0 it is the cross-entropy.",
)


@focal_loss.set_solution
def focal_loss_solution(y, p, gamma):
    """Return (n,): the loss of each row."""
    q = np.where(y == 1, p, 1 - p)  # the probability given to the truth
    return -((1 - q) ** gamma) * np.log(q)


@focal_loss.set_check
def focal_loss_check(answer):
    y = np.array([1, 1, 1, 0, 0, 0])
    p = np.array([0.9, 0.3, 0.6, 0.05, 0.4, 0.8])
    q = np.where(y == 1, p, 1 - p)
    got = as_array(answer(y.copy(), p.copy(), 3.0), what="the loss")
    require(
        got.ndim,
        "You return one number; one loss a row is expected, shape (6,). Keras takes the mean "
        "itself.",
    )
    name_the_mistake(
        got,
        [
            (
                q**3 * -np.log(q),
                "Your exponent stands on q, so that the rows which are known well count most. "
                "It belongs on 1 − q, the part that is still missing.",
            ),
            (
                (1 - q) ** 3 * np.log(q),
                "Your loss is negative: log q is below 0, and a minus sign is missing.",
            ),
            (
                (1 - p) ** 3 * -np.log(p),
                "You use p for normal rows as well. The probability that was given to the truth "
                "is 1 − p there.",
            ),
            (
                (1 - p) ** 3 * -np.log(q),
                "The cross-entropy is right, but the factor takes p for normal rows as well. "
                "There the truth was given q = 1 − p, and 1 − q is p.",
            ),
            (
                np.where(y == 1, (1 - p) ** 3 * -np.log(p), 0),
                "Normal rows have no loss in yours. Then the network may call everything an "
                "anomaly.",
            ),
            (
                3 * (1 - q) * -np.log(q),
                "gamma multiplies in yours. It is an exponent: (1 − q)^γ.",
            ),
            (
                (1 - q**3) * -np.log(q),
                "Your factor is 1 − q^γ. First 1 − q, then the power: (1 − q)^γ.",
            ),
            (
                (1 - q) ** 2 * -np.log(q),
                "Your exponent is 2 where gamma is 3. Is gamma used?",
            ),
            (-np.log(q), "That is the cross-entropy: the factor (1 − q)^γ is missing."),
            ((1 - q) ** 3, "The factor is there, the cross-entropy −log q is missing."),
        ],
    )


@focal_loss.set_inputs
def focal_loss_inputs(rng):
    for what, (y, _) in inputs.labelled(rng):
        if "anomal" in what:
            yield what, (y, rng.uniform(0.02, 0.98, size=len(y)), float(rng.uniform(0.3, 5)))
    for gamma in (0, 1, 2, 0.5, 5):
        y = rng.integers(2, size=8)
        yield f"gamma = {gamma}", (y, rng.uniform(0.05, 0.95, size=8), gamma)
    yield "normal rows only", (np.zeros(3, dtype=int), np.array([0.1, 0.5, 0.7]), 2.0)
    yield "a single row", (np.array([1]), rng.uniform(0.1, 0.9, size=1), 2.0)


# ------------------------------------------------------------------------ 3 · between two rows

synthetic_rows = Exercise(
    "Return one new row between each row and its neighbour, at a random place of the segment.",
    hints=(
        "The way from a row to its neighbour is neighbours − rows. Go a random share of it.",
        "How many random numbers does one new row need, if it is to stay on the segment?",
        "generator.random((len(rows), 1)) is a column: one number a row, the same for all columns "
        "of X.",
    ),
    praise="Right. One number a row keeps the new row on the segment.",
)


@synthetic_rows.set_solution
def synthetic_rows_solution(rows, neighbours, generator):
    """Return new rows (m, d), each at a random place between a row and its neighbour."""
    share = generator.random((len(rows), 1))  # one number a row
    return rows + share * (neighbours - rows)


@synthetic_rows.set_check
def synthetic_rows_check(answer):
    shares = [_shares(answer, 2000, np.random.default_rng(seed)) for seed in (1, 2)]
    _name_the_places(shares)
    _name_the_chance(answer, shares)
    generator = np.random.default_rng(3)
    single = np.concatenate([_shares(answer, 1, generator, columns=3) for _ in range(150)])
    require(
        _unevenness(single) < 0.2,
        "Called with a single row and its neighbour, again and again, your function does not "
        "spread its new rows over the segment. Draw the share evenly from 0 to 1, also there.",
    )


def _shares(answer, m, generator, columns=4):
    """Return how far from its row to the neighbour each new row lies, (m,), or refuse."""
    rng = np.random.default_rng(m)
    rows = rng.normal(size=(m, columns))
    way = rng.uniform(0.5, 1.5, size=rows.shape) * rng.choice([-1, 1], rows.shape)
    got = as_array(
        answer(rows.copy(), rows + way, generator), shape=rows.shape, what="the new rows"
    )
    share = (got - rows) / way
    if np.ptp(share, axis=1).max() > 1e-4:
        require(
            share.min() < -1e-4 or share.max() > 1 + 1e-4,
            "Your new rows leave the segment: each column goes its own share of the way, which "
            "fills a whole box with rows that resemble neither end. Draw one number for each "
            "row, not for each column.",
        )
        require(
            False,
            "Your new rows leave the segment: they do not lie on the line from a row to its own "
            "neighbour.",
        )
    return share.mean(axis=1)


def _unevenness(shares):
    """Return the largest gap between the share of numbers below u and u itself, over all u."""
    ordered, n = np.sort(shares), len(shares)
    return max(np.abs(ordered - np.arange(start, n + start) / n).max() for start in (0, 1))


def _name_the_places(shares):
    """Refuse places that are no even draw from the segment; `shares` are those of two runs."""
    first = shares[0]
    require(
        np.minimum(np.abs(first), np.abs(1 - first)).max() > 1e-4,
        "Your new rows are copies of rows that you were given. That is plain oversampling.",
    )
    require(
        np.ptp(first) > 1e-4,
        f"Every new row lies at the same share of its way, {first[0]:.3g}. Draw a number of "
        "its own for each row.",
    )
    require(
        first.max() > 1e-4 or first.min() < -1 - 1e-4,
        "Your new rows lie on the far side, away from the neighbour. The way to it is "
        "neighbours − rows.",
    )
    require(
        first.min() > -1e-4 and first.max() < 1 + 1e-4,
        "Some new rows lie on the line but outside the segment, where perhaps no anomaly can be. "
        "Draw the share from 0 to 1.",
    )
    places = len(np.unique(first.round(4)))
    require(
        places > len(first) / 4,
        f"{len(first)} new rows lie at {places} different places of their segments. A share that "
        "is rounded makes the same rows again and again; draw it from 0 to 1 and leave it so.",
    )
    place = np.arange(len(first))
    require(
        any(abs(np.corrcoef(each, place)[0, 1]) < 0.9 for each in shares),
        "The share of the way grows or falls steadily from the first row to the last. Draw it at "
        "random for each row.",
    )
    require(
        any(_unevenness(each) < 0.06 for each in shares),
        "Your new rows do not spread over the whole segment as they should. Draw the share evenly "
        "from 0 to 1.",
    )
    require(
        any(abs(np.corrcoef(each[1:], each[:-1])[0, 1]) < 0.15 for each in shares),
        "The share of one row tells that of the next one. Draw a number of its own for each row.",
    )


def _name_the_chance(answer, shares):
    """Refuse chance that does not come from the generator alone."""
    require(
        np.allclose(_shares(answer, 2000, np.random.default_rng(1)), shares[0], atol=1e-4),
        "The same generator gives other rows the second time. Draw from `generator`, so that a "
        "run can be repeated.",
    )
    generator = np.random.default_rng(1)
    later = [_shares(answer, 2000, generator) for _ in range(2)]
    for other, words in (
        (shares[1], "A generator with another seed"),
        (later[1], "A generator that has been drawn from, called once more,"),
    ):
        require(
            np.abs(other - shares[0]).max() > 1e-3,
            f"{words} gives the same places. Draw them from `generator` itself.",
        )


# ---------------------------------------------------------------------------- 8 · judge a cure

judge_cure = Exercise(
    "Return the metric on the rows held out, of a model that learned from the other rows after "
    "resampling.",
    hints=(
        "Which rows may `resample` see? It looks for neighbours and writes between them.",
        "X[~held_out] are the rows to learn from, X[held_out] those that judge.",
        "Resample the first ones, learn from the result, score the second ones as they are, and "
        "compare with their labels: metric(y[held_out], model(X[held_out])).",
    ),
    praise="Right. The rows that judge are real, and nobody has copied from them.",
)


@judge_cure.set_solution
def judge_cure_solution(X, y, held_out, resample, learn, metric):
    """Return metric(labels, scores) of the rows held out."""
    model = learn(*resample(X[~held_out], y[~held_out]))
    return metric(y[held_out], model(X[held_out]))


def _rows(X, call):
    """Return a table as an array, or refuse what is none."""
    X = as_array(X, what=f"the rows of {call}")
    require(
        X.ndim == 2,
        f"X in {call} is a table of rows and columns; you hand over the shape {X.shape}.",
    )
    return X


class _Witness:
    """Resample, learn and metric that note which rows they are given, told by the first column."""

    def __init__(self):
        self.resampled, self.learned, self.scored, self.judged = [], [], [], []

    def resample(self, X, y):
        X, y = _rows(X, "resample(X, y)"), as_array(y, what="the labels to resample")
        self.resampled.append(X[:, 0].copy())
        made = X[y == 1] + [0.25, 0.0]  # a quarter in the first column marks a made row
        return np.vstack([X, made]), np.append(y, np.ones(len(made))).astype(int)

    def learn(self, X, y):
        X = _rows(X, "learn(X, y)")
        require(len(X) == len(y), "Rows and labels that you learn from differ in number.")
        self.learned.extend(X[:, 0])
        return self.model

    def model(self, X):
        X = _rows(X, "model(X)")
        self.scored.extend(X[:, 0])
        return 10.0 + X[:, 1]

    def metric(self, labels, scores):
        labels, scores = as_array(labels, what="the labels"), as_array(scores, what="the scores")
        require(
            not (np.isin(scores, [0, 1]).all() and not np.isin(labels, [0, 1]).all()),
            "metric wants the labels first, then the scores.",
        )
        require(labels.shape == scores.shape, "Labels and scores of unequal number are judged.")
        self.judged.append(labels)
        return float(labels @ scores)


@judge_cure.set_check
def judge_cure_check(answer):
    rng = np.random.default_rng(3)
    X = np.column_stack([np.arange(60.0), rng.normal(size=60)])
    y = (rng.random(60) < 0.3).astype(int)
    held_out = rng.random(60) < 0.3
    seen = _Witness()
    answer(X.copy(), y.copy(), held_out.copy(), seen.resample, seen.learn, seen.metric)
    outside = set(np.flatnonzero(held_out).astype(float))
    require(seen.resampled, "`resample` was never called: there is no cure to be judged.")
    require(
        not all(set(call) <= outside for call in seen.resampled),
        "Only the rows held out were resampled: your mask is the other way round. X[~held_out] "
        "are the rows to learn from.",
    )
    for call in map(set, seen.resampled):
        require(
            not call & outside or call <= outside,
            "`resample` saw the rows held out: new rows were made from them before the split, and "
            "the model learns from their neighbours. Split first, then resample the rows to learn "
            "from.",
        )
        require(
            not call & outside,
            "The rows held out were resampled too. Made-up rows must not judge, and the "
            "prevalence should be the real one.",
        )
    require(seen.learned, "`learn` was never called.")
    require(
        not outside & set(seen.learned),
        "The model learned from rows that are held out. Use X[~held_out] to learn.",
    )
    require(
        np.any(np.mod(seen.learned, 1) > 0),
        "The model learned from the rows as they were; what `resample` returned was not used.",
    )
    require(seen.judged, "`metric` was never called.")
    require(seen.scored, "The model that `learn` returned was never called: model(rows) scores.")
    require(
        outside <= set(seen.scored),
        "The rows held out are not all scored. X[held_out] should judge.",
    )


def _repeat_the_anomalies(X, y):
    """Return the rows and, further out, each anomaly once more."""
    X, y = _rows(X, "resample(X, y)"), as_array(y, what="the labels to resample")
    return np.concatenate([X, 1.3 * X[y == 1]]), np.concatenate([y, y[y == 1]])


def _drop_normal_rows(X, y):
    """Return all anomalies and the first normal rows, as many."""
    X, y = _rows(X, "resample(X, y)"), as_array(y, what="the labels to resample")
    anomalies, normal = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    kept = np.sort(np.concatenate([anomalies, normal[: len(anomalies)]]))
    return X[kept], y[kept]


def _learn_a_direction(X, y):
    """Return a model that scores along the way from the mean normal row to the mean anomaly."""
    X, y = as_array(X, what="the rows to learn from"), as_array(y, what="the labels")
    direction = X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)

    def model(X):
        return as_array(X, what="the rows to score") @ direction

    return model


def _mean_score_of_anomalies(labels, scores):
    labels, scores = as_array(labels, what="the labels"), as_array(scores, what="the scores")
    return labels @ scores / labels.sum() + 0.1 * scores.mean()


@judge_cure.set_inputs
def judge_cure_inputs(rng):
    for resample, cure in (
        (_repeat_the_anomalies, "a cure that adds rows"),
        (_drop_normal_rows, "a cure that drops rows"),
    ):
        for n, share in ((20, 0.3), (40, 0.2), (30, 0.7)):
            y = rng.permutation((np.arange(n) < share * n).astype(int))
            held_out = np.zeros(n, dtype=bool)
            for label in (0, 1):  # some of either class on both sides
                rows = rng.permutation(np.flatnonzero(y == label))
                held_out[rows[: int(rng.integers(1, len(rows) - 1))]] = True
            X = rng.normal(size=(n, 3)) + y[:, None] - (4 if n == 40 else 0)  # scores below 0
            given = (X, y, held_out, resample, _learn_a_direction, _mean_score_of_anomalies)
            yield f"{cure}, and {share:.0%} anomalies", given
