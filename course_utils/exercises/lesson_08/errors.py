"""Exercises of lesson 08, of errors: columns made ready, errors per usual."""

from __future__ import annotations

from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# ------------------------------------------------------------------------- 1 · prepare two parts

prepare = Exercise(
    "Return (train, test) with two columns, log1p of the price and the hour, standardised by the "
    "training rows.",
    hints=(
        "Which of the three columns measures something? Build an (n, 2) array of log1p of the "
        "price and of the hour, for either part.",
        "The mean and the standard deviation of each column come from the training part alone: "
        "columns.mean(axis=0) and columns.std(axis=0).",
        "np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) builds a part; "
        "StandardScaler().fit(train_columns) learns the two numbers.",
    ),
    praise="Right. No names among the columns, room for cheap and dear, one ruler for all rows.",
)


@prepare.set_solution
def prepare_solution(train, test):
    train, test = (np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test))
    mean, scale = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / scale, (test - mean) / scale


@prepare.set_check
def prepare_check(answer):
    generator = np.random.default_rng(8)
    train, test = _few_orders(generator, 40, 20.0), _few_orders(generator, 25, 60.0)
    results = take_apart(answer(train.copy(), test.copy()), ("train", "test"))
    got = [as_array(part, what="a part") for part in results]
    require(
        not _with_the_order_number(got, train),
        "You return three columns, the order number among them. It names an order and "
        "measures nothing: leave it out.",
    )
    require(
        [part.shape for part in got] != [(25, 2), (40, 2)],
        "The parts have changed places: first the training rows.",
    )
    for part, rows, name in zip(got, (40, 25), ("train", "test"), strict=True):
        require(
            part.shape == (rows, 2),
            f"The {name} part has shape {part.shape}; ({rows}, 2) is expected: all rows, and one "
            "column each for price and hour.",
        )
    _name_the_preparation(got, train, test)


def _few_orders(generator, rows, median):
    price = median * np.exp(generator.normal(size=rows))
    return np.column_stack([7e6 + np.arange(rows), price, generator.uniform(0, 24, rows)])


def _with_the_order_number(parts, train):
    """Say whether three columns came back of which one grows as the order numbers do."""
    first = parts[0]
    if first.ndim != 2 or first.shape != (len(train), 3):
        return False
    shapes = [column for column in first.T if np.ptp(column) > 0]
    return any(np.corrcoef(column, train[:, 0])[0, 1] > 0.95 for column in shapes)


def _name_the_preparation(got, train, test):
    logs = [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test)]
    raw = [part[:, 1:] for part in (train, test)]
    hours_too = [np.log1p(part[:, 1:]) for part in (train, test)]
    zero_less = [np.column_stack([np.log(part[:, 1]), part[:, 2]]) for part in (train, test)]
    mistakes = [(logs, "The logarithm is right, but nothing is standardised yet.")]
    for ddof in (0, 1):
        right = _standardised(logs, logs[0], ddof)
        mistakes += [
            (
                _standardised(logs, np.concatenate(logs), ddof),
                "Mean and standard deviation come from all rows. The test rows have shaped the "
                "ruler that they are measured with: take both from the training rows alone.",
            ),
            (
                [_standardised([part], part, ddof)[0] for part in logs],
                "Each part was scaled by its own rows, so the same order gets another number in "
                "the test. Use the training rows' mean and standard deviation for both.",
            ),
            (
                _standardised(raw, raw[0], ddof),
                "The price has no logarithm: one dear order stretches the scale for all. Take "
                "log1p of the price before you standardise.",
            ),
            (
                _standardised(hours_too, hours_too[0], ddof),
                "The hour got a logarithm as well. It has no long tail: take log1p of the price "
                "only.",
            ),
            (
                _standardised(hours_too, np.concatenate(hours_too), ddof),
                "Two mistakes are left: the hour has a logarithm, though no long tail, and the "
                "test rows have a say in mean and standard deviation.",
            ),
            (
                _standardised(zero_less, zero_less[0], ddof),
                "You took log, which has no value at 0. log1p(x) = log(1 + x) takes free goods "
                "too.",
            ),
            (
                [part[:, ::-1] for part in right],
                "The columns have changed places: the price comes first, then the hour.",
            ),
            (
                [right[0], logs[1]],
                "The training part is standardised, the test part is not. Use the training "
                "rows' mean and standard deviation for it too.",
            ),
            (
                [part - logs[0].mean(axis=0) for part in logs],
                "The mean is taken off, but nothing is divided by the standard deviation.",
            ),
            (
                [(part - logs[0].mean(axis=0)) / logs[0].var(axis=0, ddof=ddof) for part in logs],
                "You divide by the variance. The standard deviation is its root.",
            ),
        ]
    for wrong, message in mistakes:
        require(not all(map(same_numbers, got, wrong)), message)


def _standardised(parts, reference, ddof=0):
    mean, scale = reference.mean(axis=0), reference.std(axis=0, ddof=ddof)
    return [(part - mean) / scale for part in parts]


def _by_sample_deviation(train, test):
    share = np.sqrt((len(train) - 1) / len(train))
    return tuple(share * part for part in prepare_solution(train, test))


@prepare.set_inputs(also_right=[_by_sample_deviation])
def prepare_inputs(rng):
    for what, rows, judged in (
        ("orders of an hour", 12, 7),
        ("as many test orders as training orders", 6, 6),
        ("one test order", 9, 1),
        ("three training orders", 3, 4),
        ("many orders", 300, 200),
    ):
        train, test = _few_orders(rng, rows, 20.0), _few_orders(rng, judged, 90.0)
        yield what, (train, test)
        yield f"{what}, in any order", (rng.permutation(train), rng.permutation(test))
    train[::7, 1] = test[0, 1] = 0
    yield "goods for nothing", (train[:50], test[:9])
    yield "whole euros and hours", (np.round(train[:30]), np.round(test[:8]))
    test[:, 1] *= 1000
    yield "a dear order in the test", (train[:20], test[:2])


# ------------------------------------------------------------- 2 · errors in units of the usual

relative_scores = Exercise(
    "Return one score for each new row: the mean over the columns of its squared errors, each "
    "divided by the training rows' mean error in that column.",
    hints=(
        "The usual errors are one number for each column: a mean over the training rows.",
        "usual = errors_train.mean(axis=0) has shape (d,), and dividing (m, d) by (d,) divides "
        "each column by its own number.",
        "(errors_new / errors_train.mean(axis=0)).mean(axis=1)",
    ),
    praise="Right. About 1 is as usual, and a row's score does not depend on its neighbours.",
)


@relative_scores.set_solution
def relative_scores_solution(errors_train, errors_new):
    usual = errors_train.mean(axis=0)
    return (errors_new / usual).mean(axis=1)


@relative_scores.set_check
def relative_scores_check(answer):
    generator = np.random.default_rng(8)
    train = generator.random((30, 4)) ** 2 * np.array([1.0, 10.0, 0.1, 3.0])
    new = generator.random((6, 4)) * np.array([2.0, 5.0, 0.5, 3.0])
    got = as_array(answer(train.copy(), new.copy()), what="the scores")
    usual = train.mean(axis=0)
    name_the_mistake(
        got,
        (
            (
                (new / new.mean(axis=0)).mean(axis=1),
                "The usual errors come from the new rows themselves, so a row's score depends "
                "on its neighbours, and a row alone always scores 1. Take them from the "
                "training rows.",
            ),
            (
                (new / np.concatenate([train, new]).mean(axis=0)).mean(axis=1),
                "The usual errors come from all rows together, so a row's score depends on its "
                "neighbours. Take them from the training rows alone.",
            ),
            (
                (new / train.mean()).mean(axis=1),
                "You divide all columns by one number, the mean over everything, so the hard "
                "columns still drown the others. Divide each by its own: mean(axis=0).",
            ),
            (
                new.mean(axis=1),
                "That is the plain mean. A column that is always hard drowns the others: "
                "divide by the usual error first.",
            ),
            (
                np.full(6, 1 / 4),
                "Every row gets 1 over the number of columns, as when each row is divided by its "
                "own sum. Those shares explain a row, but their mean is the same for all rows. "
                "Divide by the usual errors.",
            ),
            (
                (new * usual).mean(axis=1),
                "You multiplied by the usual errors: hard columns now count double. Divide.",
            ),
            (
                (new / train.std(axis=0)).mean(axis=1),
                "You divide by the standard deviation of the errors. Their mean is what is usual.",
            ),
            (
                (new / np.median(train, axis=0)).mean(axis=1),
                "You divide by the median error. It lets a long tail go unseen, and about 1 is no "
                "longer the usual score: take the mean.",
            ),
            (
                (new / train.sum(axis=0)).mean(axis=1),
                "You divide by the sum of the training errors, so the scores shrink with every "
                "training row. Their mean is what is usual.",
            ),
            (
                (new / train.max(axis=0)).mean(axis=1),
                "You divide by the largest training error, which one odd row decides. Their mean "
                "is what is usual.",
            ),
            (
                (new - usual).mean(axis=1),
                "You subtract the usual errors, so the hard columns still drown the others. "
                "Divide.",
            ),
            (
                (new / usual).mean(axis=0),
                "One number for each column: you averaged over the rows. The rows should "
                "stay, so average over axis 1.",
            ),
            (
                (new / usual).sum(axis=1),
                "You added up the columns. Take their mean, so that 1 means as usual.",
            ),
            (
                (new / usual).max(axis=1),
                "You took the largest column. A fair score too, but the mean is asked for.",
            ),
            ((new / usual).mean(), "One number for all rows. Average over the columns only."),
            (
                new / usual,
                "These are the relative errors of all cells. Average each row's over its columns.",
            ),
            (
                (train / usual).mean(axis=1),
                "These are the training rows' scores. The new rows' are asked for.",
            ),
        ),
    )


@relative_scores.set_inputs
def relative_scores_inputs(rng):
    for what, (train, rows) in inputs.train_and_rows(rng):
        if what.startswith("tiny"):  # a small number against a division by 0 is no mistake
            continue
        yield f"the errors of {what}", (np.abs(train), np.abs(rows))
    errors = rng.exponential(size=(7, 4))
    yield "the training rows as the new rows", (errors, errors.copy())
    yield "as many rows as columns", (errors[:4], rng.exponential(2, size=(4, 4)))
    yield "one training row", (errors[:1], errors[1:])
    yield "perfect copies", (errors, np.zeros((2, 4)))
