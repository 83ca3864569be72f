"""Exercise of lesson 08, of scores: one that puts frauds nearer the top than the relative mean."""

from __future__ import annotations

import functools
import warnings

from course_utils import data, evaluation
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require, same_numbers

import numpy as np

# --------------------------------------------------------------- 5 · a score that is not surprised

SHOPS = range(201, 209)  # seeds that no lesson uses
LONG_TAIL = np.arange(10) != 5  # of the measured columns all but the hour
WANTED = 1.02  # times the average precision of the relative mean, over the shops

better_scores = Exercise(
    "Return one score for each new row, from the columns' copying errors, that puts more frauds "
    "at the top than the mean of the relative errors does.",
    hints=(
        "An error of ten times the usual: how often does a column have one among the training "
        "rows? In some columns that is an everyday matter.",
        "The mean error says where a column's errors lie, and nothing of how far they reach. "
        "Which other number of errors_train says that?",
        "Divide by the standard deviation or by a very high quantile of each column's training "
        "errors, or by the largest of them; then combine the columns.",
    ),
    praise="Right. It holds in shops that it was not made for, and each row is judged alone.",
    prepare=lambda: [_shop(seed) for seed in SHOPS],
)


@better_scores.set_solution
def better_scores_solution(errors_train, errors_new):
    return (errors_new / errors_train.std(axis=0)).mean(axis=1)


@functools.cache
def _shop(seed):
    """Return errors of the training and of new rows, and labels, of a shop that is no lesson's."""
    from sklearn.neural_network import MLPRegressor

    orders = data.make_orders(rows=10_000, seed=seed)
    cut = data.split(orders, protocol="clean-train", seed=seed)
    train, validation, test = (
        np.where(LONG_TAIL, np.log1p(part.X[:, 3:]), part.X[:, 3:])
        for part in (cut.train, cut.validation, cut.test)
    )
    new = np.concatenate([validation, test])
    mean, scale = train.mean(axis=0), train.std(axis=0)
    train, new = (train - mean) / scale, (new - mean) / scale
    shape = {"hidden_layer_sizes": (32, 3, 32), "activation": "tanh", "batch_size": 500}
    rounds = {"max_iter": 30, "learning_rate_init": 0.02, "random_state": seed}
    copier = MLPRegressor(**shape, **rounds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it does not converge in 30 rounds, nor need it
        copier.fit(train, train)
    errors = [(part - copier.predict(part)) ** 2 for part in (train, new)]
    return *errors, np.concatenate([cut.validation.y, cut.test.y])


@better_scores.set_check
def better_scores_check(answer):
    ratios = []
    for train, new, y in map(_shop, SHOPS):
        got = as_array(answer(train.copy(), new.copy()), what="the scores")
        require(
            got.shape == y.shape,
            f"One score for each new row is expected, shape {y.shape}; you return {got.shape}.",
        )
        few = as_array(answer(train.copy(), new[:3].copy()), what="the scores of three rows")
        require(
            few.shape == (3,) and np.allclose(few, got[:3], rtol=1e-4, atol=1e-6),
            "Three rows alone get other scores than among all others, so a row's score depends "
            "on its neighbours. Learn what is usual from errors_train.",
        )
        relative = (new / train.mean(axis=0)).mean(axis=1)
        require(not same_numbers(got, relative), "That is the relative mean, the one to beat.")
        require(
            not same_numbers(got, new.mean(axis=1)),
            "That is the plain mean: the column that is always hard drowns the others.",
        )
        precise = [evaluation.average_precision(y, each) for each in (got, relative, -got)]
        ratios.append(np.divide(precise, precise[1]))
    ours, _, turned = np.mean(ratios, axis=0)
    require(ours > 0.5 or turned < ours, "The sign is turned. Higher must mean more anomalous.")
    require(
        ours >= WANTED,
        f"In {len(SHOPS)} shops that the lesson does not show, the average precision is on "
        f"average {ours:.2f} times that of the relative mean; {WANTED} times is wanted. Which "
        "columns have errors that are often many times the usual?",
    )
