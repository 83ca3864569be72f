"""Exercises of lesson 08: preparing orders, copying errors, thresholds, explanations, repairs."""

from __future__ import annotations

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
    got = tuple(as_array(part, what="a part") for part in results)
    require(
        not any(part.ndim == 2 and part.shape[1] == 3 for part in got),
        "You return three columns, so the order number is among them. It names an order and "
        "measures nothing: leave it out.",
    )
    for part, rows, name in zip(got, (40, 25), ("train", "test"), strict=True):
        require(
            part.shape == (rows, 2),
            f"The {name} part has shape {part.shape}; ({rows}, 2) is expected: all rows, and one "
            "column each for price and hour.",
        )
    wanted = prepare_solution(train, test)
    by_sample = [part * np.sqrt(39 / 40) for part in wanted]  # std(ddof=1) is as good
    for right in (wanted, by_sample):
        if all(same_numbers(*pair) for pair in zip(got, right, strict=True)):
            return
    _name_the_preparation(got, train, test)
    require(
        same_numbers(got[0], wanted[0]),
        "The training part differs. Its columns should have mean 0 and standard deviation 1, "
        "the price after log1p.",
    )
    require(False, "The training part is right, the test part differs: same steps, same numbers.")


def _few_orders(generator, rows, median):
    price = median * np.exp(generator.normal(size=rows))
    return np.column_stack([7e6 + np.arange(rows), price, generator.uniform(0, 24, rows)])


def _name_the_preparation(got, train, test):
    logs = [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test)]
    raw = [part[:, 1:] for part in (train, test)]
    both = np.concatenate(logs)
    hours_too = [np.log1p(part[:, 1:]) for part in (train, test)]
    zero_less = [np.column_stack([np.log(part[:, 1]), part[:, 2]]) for part in (train, test)]
    for wrong, message in (
        (
            _standardised(logs, both),
            "Mean and standard deviation come from all rows. The test rows have shaped the ruler "
            "that they are measured with: take both from the training rows alone.",
        ),
        (
            [_standardised([part], part)[0] for part in logs],
            "Each part was scaled by its own rows, so the same order gets another number in the "
            "test. Use the training rows' mean and standard deviation for both.",
        ),
        (
            _standardised(raw, raw[0]),
            "The price has no logarithm: one dear order stretches the scale for all. Take log1p "
            "of the price before you standardise.",
        ),
        (
            _standardised(hours_too, hours_too[0]),
            "The hour got a logarithm as well. It has no long tail: take log1p of the price only.",
        ),
        (
            _standardised(zero_less, zero_less[0]),
            "You took log, which has no value at 0. log1p(x) = log(1 + x) takes free goods too.",
        ),
        (logs, "The logarithm is right, but nothing is standardised yet."),
    ):
        require(not all(same_numbers(*pair) for pair in zip(got, wrong, strict=True)), message)


def _standardised(parts, reference):
    mean, scale = reference.mean(axis=0), reference.std(axis=0)
    return [(part - mean) / scale for part in parts]


# ------------------------------------------------------------------------ 2 · errors of each row

row_errors = Exercise(
    "Return the mean squared error of each row, shape (n,).",
    hints=(
        "Subtract, square, and then average over one of the two axes.",
        "A row's error is a mean over its columns; axis=1 is the axis that disappears.",
        "((X - copies) ** 2).mean(axis=1)",
    ),
    praise="Right. A row's error depends on that row alone; the mean of all of them is what "
    "evaluate() returns.",
)


@row_errors.set_solution
def row_errors_solution(X, copies):
    return ((X - copies) ** 2).mean(axis=1)


@row_errors.set_check
def row_errors_check(answer):
    generator = np.random.default_rng(8)
    for shape in ((5, 3), (4, 4)):
        X, copies = generator.normal(size=shape), generator.normal(size=shape)
        got = as_array(answer(X.copy(), copies.copy()), what="the errors")
        off = X - copies
        squared = off**2
        name_the_mistake(
            got,
            (
                (
                    squared.mean(),
                    "One number for all rows is what evaluate() returns. It cannot say which row "
                    "is bad: average over the columns only.",
                ),
                (
                    squared.mean(axis=0),
                    "You averaged over the rows and got one error for each column. The rows "
                    "should stay: average over axis 1.",
                ),
                (
                    squared.sum(axis=0),
                    "You added up over the rows and got one error for each column. The rows "
                    "should stay: average over axis 1.",
                ),
                (
                    squared.sum(axis=1),
                    "You added the errors up. The order of the rows is right, but sums grow with "
                    "the number of columns; take the mean, as the loss does.",
                ),
                (
                    off.mean(axis=1),
                    "Nothing is squared, so errors above and below cancel. Square first.",
                ),
                (
                    off.mean(axis=1) ** 2,
                    "You took the mean first and squared it then: errors above and below have "
                    "cancelled before. Square first, average after.",
                ),
                (
                    np.abs(off).mean(axis=1),
                    "That is the mean absolute error. A fair score, but not what the network was "
                    "trained on: square the differences.",
                ),
                (
                    np.sqrt(squared.mean(axis=1)),
                    "You took the root. The ranking is the same, but the squared error is asked "
                    "for, so that its mean is the loss.",
                ),
                (
                    -squared.mean(axis=1),
                    "The sign is turned. Higher must mean more anomalous.",
                ),
                (
                    squared,
                    "These are the errors of all cells. Average each row's over its columns.",
                ),
            ),
        )
        got = as_array(got, shape=(shape[0],), what="the errors")
        require(
            same_numbers(got, squared.mean(axis=1)),
            f"For one row you return {got[0]:.4g}; the mean of its squared differences is "
            f"{squared[0].mean():.4g}.",
        )


# ------------------------------------------------------------- 3 · errors in units of the usual

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
    for rows in (6, 4):
        train = generator.random((30, 4)) * np.array([1.0, 10.0, 0.1, 3.0])
        new = generator.random((rows, 4)) * np.array([2.0, 5.0, 0.5, 3.0])
        got = as_array(answer(train.copy(), new.copy()), what="the scores")
        usual = train.mean(axis=0)
        own = new.mean(axis=0)
        name_the_mistake(
            got,
            (
                (
                    (new / own).mean(axis=1),
                    "The usual errors come from the new rows themselves, so a row's score depends "
                    "on its neighbours, and a row alone always scores 1. Take them from the "
                    "training rows.",
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
                    np.full(rows, 1 / 4),
                    "You divided each row by its own sum. Those shares explain a row, but their "
                    "mean is the same for all rows. Divide by the usual errors.",
                ),
                (
                    (new * usual).mean(axis=1),
                    "You multiplied by the usual errors: hard columns now count double. Divide.",
                ),
                (
                    (new / train.std(axis=0)).mean(axis=1),
                    "You divide by the standard deviation of the errors. Their mean is what is "
                    "usual.",
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
                (
                    (new / usual).mean(),
                    "One number for all rows. Average over the columns only.",
                ),
            ),
        )
        got = as_array(got, shape=(rows,), what="the scores")
        wanted = relative_scores_solution(train, new)
        require(
            same_numbers(got, wanted),
            f"For one row you return {got[0]:.4g}; {wanted[0]:.4g} is expected.",
        )
        alone = as_array(answer(train.copy(), new[:1].copy()), shape=(1,), what="a single score")
        require(
            same_numbers(alone, wanted[:1]),
            "Alone, the first row gets another score than among others.",
        )


# ------------------------------------------------------------------ 4 · a threshold for a reason

alarm_threshold = Exercise(
    "Return the threshold that `share` of the normal validation rows lie above.",
    hints=(
        "Three kinds of rows are handed over. Which of them may speak about false alarms?",
        "Keep the validation scores whose label is 0. A quantile of them is the threshold.",
        "If 2 % are to lie above, 98 % lie below: np.quantile(normal, 1 - share).",
    ),
    praise="Right. It promises a share of false alarms, and the test rows can now judge it.",
)


@alarm_threshold.set_solution
def alarm_threshold_solution(validation_scores, validation_y, test_scores, share):
    normal = validation_scores[validation_y == 0]
    return np.quantile(normal, 1 - share)


@alarm_threshold.set_check
def alarm_threshold_check(answer):
    generator = np.random.default_rng(8)
    for unit, share in ((1.0, 0.05), (40.0, 0.1)):
        normal = unit * generator.gamma(2, size=600)
        fraud = unit * (5 + generator.gamma(2, size=60))
        order = generator.permutation(660)
        scores = np.concatenate([normal, fraud])[order]
        y = np.repeat([0, 1], [600, 60])[order]
        test = unit * generator.gamma(2, size=500) * 1.3 + unit
        got = answer(scores.copy(), y.copy(), test.copy(), share)
        got = float(as_array(got, shape=(), what="the threshold"))
        _judge_threshold(got, (normal, scores, test), share)


def _judge_threshold(got, parts, share):
    normal, scores, test = parts
    if abs(np.mean(normal > got) - share) <= 2.5 / len(normal):
        return
    require(
        not np.isclose(got, share) and not np.isclose(got, 0.1) and not np.isclose(got, 0.5),
        "Your threshold is a number from a habit, not from the scores. Every network has scores "
        "of its own size: take a quantile of them.",
    )
    message = "The test rows chose this threshold, so they can no longer judge it. "
    both = np.concatenate([scores, test])
    for rows in (test, both, np.concatenate([normal, test])):
        require(
            not np.isclose(got, np.quantile(rows, 1 - share), rtol=1e-6),
            message + "Use the validation rows.",
        )
    require(
        not np.isclose(got, np.quantile(scores, 1 - share), rtol=1e-6),
        "All validation rows chose together, frauds included. The promise is about normal rows: "
        "keep those with label 0.",
    )
    require(
        not np.isclose(got, np.quantile(normal, share), rtol=1e-6),
        "You took the wrong side: nearly all normal rows lie above this threshold. If a share "
        "lies above, the rest, 1 − share, lies below.",
    )
    require(
        not np.isclose(got, normal.max()),
        "The largest normal score allows no false alarm at all among these rows, and one odd row "
        "decides it. Take the quantile.",
    )
    require(
        not any(np.isclose(got, normal.mean() + k * normal.std(), rtol=1e-3) for k in (2, 3)),
        "Mean plus some standard deviations promises a share only for bell-shaped scores. "
        "Errors have a long tail: take the quantile.",
    )
    require(
        False,
        f"{np.mean(normal > got):.1%} of the normal validation rows lie above your threshold; "
        f"{share:.1%} are wanted.",
    )


# --------------------------------------------------------------------------- 5 · name the column

explain = Exercise(
    "Return (name, actual, expected) of the column with the largest relative error, both values "
    "in the column's own unit.",
    hints=(
        "Find the column first: where is (row - copy) ** 2 / usual largest?",
        "Undo the scaler, z * scale + mean, and then the logarithm, np.expm1. Do it for the row "
        "and for the copy.",
        "Return names[j], then the row's value, then the copy's value.",
    ),
    praise="Right. That is a sentence that a colleague can check: it says 300 km, and we "
    "expected 2.",
)


@explain.set_solution
def explain_solution(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) ** 2 / usual)
    actual, expected = (np.expm1(z[j] * scale[j] + mean[j]) for z in (row, copy))
    return names[j], actual, expected


NAMES = ["quantity", "price [EUR]", "address distance [km]", "failed payments"]


@explain.set_check
def explain_check(answer):
    mean, scale = np.array([1.0, 3.0, 1.5, 0.2]), np.array([0.5, 1.1, 1.9, 0.4])
    usual = np.array([0.1, 0.02, 0.9, 0.5])
    cases = (  # each has one column that misleads a wrong rule
        ([3.0, 0.5, 2.5, 0.1], [2.9, -0.4, 0.2, 0.2]),  # price; the distance is off by more
        ([0.2, 1.0, 0.1, -0.4], [0.3, 1.05, 0.3, 2.9]),  # failed payments, too low
        ([0.1, -1.5, 0.3, 0.2], [0.2, 0.9, 1.9, 0.1]),  # price, too low
    )
    for row, copy in cases:
        row, copy = np.array(row), np.array(copy)
        given = (row.copy(), copy.copy(), usual.copy(), mean.copy(), scale.copy(), list(NAMES))
        _judge_explanation(answer(*given), row, copy, (usual, mean, scale))


def _judge_explanation(result, row, copy, rulers):
    usual, mean, scale = rulers
    name, actual, expected = take_apart(result, ("name", "actual", "expected"))
    off = row - copy
    right = int(np.argmax(off**2 / usual))
    require(
        isinstance(name, str),
        f"The first result should be the column's name, but it is {type(name).__name__} "
        f"{name!r}: look it up in names.",
    )
    require(name in NAMES, f"{name!r} is none of the names that were handed in.")
    j = NAMES.index(name)
    if j != right:
        for rule, message in (
            (
                np.argmax(off**2),
                "You named the column with the largest plain error. A column that is always hard "
                "wins too often: divide by the usual error first.",
            ),
            (
                np.argmax(off / usual),
                "You kept the sign, so values that are too low are never named. Square the "
                "difference (or take its absolute value) first.",
            ),
            (np.argmax(row), "You named the column with the largest value, not with the error."),
            (
                np.argmin(off**2 / usual),
                "You named the column that was copied best. Look for the largest error.",
            ),
        ):
            require(j != rule, message)
        require(False, f"You name {name!r}; the largest relative error is in {NAMES[right]!r}.")
    actual = float(as_array(actual, shape=(), what="the actual value"))
    expected = float(as_array(expected, shape=(), what="the expected value"))
    got = np.array([actual, expected])
    standard = np.array([row[j], copy[j]])
    logs = standard * scale[j] + mean[j]
    name_the_mistake(
        got,
        (
            (
                standard,
                "The values are still standardised logarithms. Nobody reads a price of 0.5: undo "
                "the scaler, z * scale + mean, and then the logarithm.",
            ),
            (
                logs,
                "The scaler is undone, the logarithm is not: np.expm1 turns it into the unit of "
                "the column.",
            ),
            (
                np.expm1(standard),
                "The logarithm is undone, the scaler is not. The way back runs in the opposite "
                "order: scaler first, z * scale + mean, then expm1.",
            ),
            (
                np.expm1(standard) * scale[j] + mean[j],
                "You undo the logarithm first. The way back runs in the opposite order: scaler "
                "first, z * scale + mean, then expm1.",
            ),
            (
                np.exp(logs),
                "You undo log1p with exp, so every value is 1 too large: the inverse is expm1.",
            ),
            (np.expm1(logs)[::-1], "Actual and expected have changed places: first the row's."),
        ),
    )
    require(
        same_numbers(got, np.expm1(logs)),
        f"For {name!r} you return {actual:.4g} and {expected:.4g}; {np.expm1(logs)[0]:.4g} and "
        f"{np.expm1(logs)[1]:.4g} are expected.",
    )


# ------------------------------------------------------------------ 6 · the value that fits best

best_value = Exercise(
    "Return a repaired copy of the row, with the candidate in the column that gets the lowest "
    "score.",
    hints=(
        "Make one row for each candidate: np.repeat(row[None], len(candidates), axis=0).",
        "Write the candidates into that column, call score once, and look for the lowest.",
        "Return the row of the table that scored lowest; the row that was handed in stays as it "
        "is.",
    ),
    praise="Right. It works with any detector, since it asks for nothing but scores.",
)


@best_value.set_solution
def best_value_solution(row, column, candidates, score):
    tried = np.repeat(np.asarray(row, dtype=float)[None], len(candidates), axis=0)
    tried[:, column] = candidates
    return tried[np.argmin(score(tried))]


@best_value.set_check
def best_value_check(answer):
    generator = np.random.default_rng(8)
    for column in (1, 3):
        centre = generator.normal(size=4)

        def score(X, centre=centre):
            X = np.asarray(X, dtype=float)
            require(
                X.ndim == 2,
                f"score got an array of shape {X.shape}; it takes rows, shape (m, 4). A single "
                "row is row[None].",
            )
            relation = X[:, 0] + X[:, 1] - X[:, 2] + X[:, 3] - centre.sum()
            return relation**2 + 0.1 * ((X - centre) ** 2).sum(axis=1)

        row = centre + generator.normal(size=4)
        row[column] += 8
        candidates = np.linspace(-9, 9, 181)
        given = row.copy()
        got = answer(given, column, candidates.copy(), score)
        _judge_repair(got, given, (row, column, candidates), score)


def _judge_repair(got, given, task, score):
    row, column, candidates = task
    require(
        np.array_equal(given, row),
        "The row that was handed in has changed: the evidence is gone. Work on a copy.",
    )
    got = as_array(got, what="the repaired row")
    tried = np.repeat(row[None], len(candidates), axis=0)
    tried[:, column] = candidates
    scores = score(tried)
    best = candidates[np.argmin(scores)]
    require(
        not (got.shape == () and np.isclose(got, best)),
        "You return the value alone. The repaired row is wanted, all its columns.",
    )
    require(
        not (got.shape == () and np.isclose(got, scores.min())),
        "You return the lowest score. The row that has it is wanted.",
    )
    got = got[0] if got.shape == (1, 4) else got
    got = as_array(got, shape=(4,), what="the repaired row")
    others = np.arange(4) != column
    require(
        not same_numbers(got, row),
        "The row came back as it was. Replace its value in the column.",
    )
    require(
        np.allclose(got[others], row[others]),
        "Other columns have changed as well. One cell is suspected; the others are the evidence.",
    )
    require(
        not np.isclose(got[column], candidates[np.argmax(scores)]),
        "You chose the candidate with the highest score. Higher means more anomalous, so the "
        "lowest fits best.",
    )
    require(
        not np.isclose(got[column], candidates.mean()),
        "You took the middle of the candidates without asking score.",
    )
    require(
        np.isclose(score(got[None])[0], scores.min(), rtol=1e-6),
        f"You put in {got[column]:.3g}, with score {score(got[None])[0]:.3g}; {best:.3g} has "
        f"{scores.min():.3g}.",
    )
