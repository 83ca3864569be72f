"""Exercises of lesson 18 on luck: an interval by days, and the best of many runs."""

from __future__ import annotations

from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    plain,
    require,
    same_numbers,
)
from course_utils.exercises.time_limit import call_within

import numpy as np
from scipy.special import comb, ndtr, ndtri

# ------------------------------------------------------------------------------ 1 · day bootstrap

day_bootstrap = Exercise(
    "Return `repeats` values of metric(y, scores), each on as many days as there are, drawn with "
    "replacement: all rows of a drawn day, as often as it is drawn. Draw again where one class "
    "is missing.",
    hints=(
        "What is drawn are days, so list the rows of each day first: np.flatnonzero(days == day).",
        "generator.integers(D, size=D) draws D of D days with replacement; np.concatenate puts "
        "the rows of the drawn days together, a day drawn twice with its rows twice.",
        "while len(values) < repeats: draw, and append metric(y[rows], scores[rows]) only where "
        "0 < y[rows].sum() < len(rows). Make the generator once, from the seed, before the loop.",
    ),
    praise="Right: days are drawn whole, as often as chance has it, and the seed decides which.",
)


@day_bootstrap.set_solution
def day_bootstrap_solution(y, scores, days, metric, repeats, seed):
    generator = np.random.default_rng(seed)
    rows_of = [np.flatnonzero(days == day) for day in np.unique(days)]
    values = []
    while len(values) < repeats:
        drawn = generator.integers(len(rows_of), size=len(rows_of))
        rows = np.concatenate([rows_of[day] for day in drawn])  # a day drawn twice comes twice
        if 0 < y[rows].sum() < len(rows):  # else the metric has nothing to compare
            values.append(metric(y[rows], scores[rows]))
    return np.array(values)


class _OneClass(ValueError):
    """What the metric raises where one class is missing."""


def _days(generator, rows_of_day, anomalies_of_day):
    """Return labels, distinct scores and days (n,), in any order, of whole days."""
    numbers = generator.choice(90, size=len(rows_of_day), replace=False)  # with gaps
    days = np.repeat(numbers, rows_of_day)
    y = np.concatenate(
        [np.arange(n) < k for n, k in zip(rows_of_day, anomalies_of_day, strict=True)]
    ).astype(int)
    order = generator.permutation(len(days))
    return y[order], generator.permutation(len(days)) / 8, days[order]


def _draws(answer, y, scores, days, repeats, seed):
    """Return how often each draw holds each row, (repeats, n), as the metric saw it."""
    draws, one_class = {}, []

    def metric(drawn_y, drawn_scores):
        drawn_y, drawn_scores = (np.asarray(plain(each)) for each in (drawn_y, drawn_scores))
        require(
            drawn_y.shape == drawn_scores.shape == (drawn_y.size,),
            f"metric gets labels of the shape {drawn_y.shape} and scores of the shape "
            f"{drawn_scores.shape}; one of each for every row is expected, in this order.",
        )
        require(
            not (np.isin(drawn_scores, (0, 1)).all() and np.isin(drawn_y, by_score).all()),
            "metric gets the scores first and the labels second; it is called metric(y, scores).",
        )
        rows = np.searchsorted(by_score, drawn_scores)
        known = np.isin(drawn_scores, by_score)
        require(known.all(), f"metric gets {drawn_scores[~known][:1]}, which is no row's score.")
        require(
            np.array_equal(y_by_score[rows], drawn_y),
            "In a draw, a score stands beside the label of another row. Draw rows once, and take "
            "labels and scores of the same ones.",
        )
        if not 0 < drawn_y.sum() < len(drawn_y):
            one_class.append(len(drawn_y))
            raise _OneClass("one class is missing")
        value = 1.5 + len(draws)  # by which the draw is known again
        draws[value] = np.bincount(rows, minlength=len(y))[order_back]
        return value

    order = np.argsort(scores)
    by_score, y_by_score, order_back = scores[order], y[order], np.argsort(order)
    try:
        result = answer(y.copy(), scores.copy(), days.copy(), metric, repeats, seed)
    except _OneClass:
        raise Misconception(
            "A draw without an anomaly, or without a normal row, went to the metric, which has "
            "nothing to compare there. Draw again where one class is missing."
        ) from None
    values = as_array(result, what="the values", finite=False)
    require(
        not np.isnan(values).any(),
        "Some values are NaN. Where one class is missing in a draw, draw again.",
    )
    require(
        values.shape != (repeats - len(one_class),) or not one_class,
        f"{len(one_class)} draws in which one class is missing are left out, and {values.size} "
        f"values remain; repeats is {repeats}. Draw again in their place.",
    )
    require(values.shape != (2,), f"All {repeats} values are asked for, not an interval of them.")
    values = as_array(values, shape=(repeats,), what="the values")
    unknown = [value for value in values if value not in draws]
    require(
        not unknown,
        f"You return {unknown[:1]}, which metric gave for no draw; its values are asked for as "
        "they are.",
    )
    require(len(set(values)) == repeats, "Some draws are returned more than once.")
    return np.array([draws[value] for value in values])


def _of_days(held, days):
    """Return how often each draw holds each day, (repeats, days), or say why it holds parts."""
    numbers = np.unique(days)
    for day in numbers:
        of_day = held[:, days == day]
        never = of_day.max(axis=0) == 0
        require(
            never.all() or not never.any() or len(held) < 100,
            f"Of a day of {never.size} rows, {never.sum()} are in no draw at all. All rows of a "
            "drawn day come along.",
        )
        uneven = np.flatnonzero(np.ptp(of_day, axis=1))
        if uneven.size:
            times = of_day[uneven[0]]
            raise Misconception(
                f"In a draw, rows of one day come {times.min()} and {times.max()} times: rows "
                "were drawn, and rows of a day are no independent witnesses. All rows of a day "
                "come along, as often as it is drawn."
            )
    return np.stack([held[:, days == day][:, 0] for day in numbers], axis=1)


def _judge_chance_of_days(held, days):
    """Refuse days that are not drawn with replacement, each as likely, as many as there are."""
    repeats, number = held.shape
    require(
        (held != 1).any(),
        "Every draw holds each day exactly once. Draw with replacement.",
    )
    require(
        held.max() > 1,
        f"No draw holds a day twice, and some hold {held.sum(axis=1).min()} of {number} days: a "
        "day that is drawn twice is taken once only. `isin` asks whether, not how often.",
    )
    of_draw = held.sum(axis=1)
    require(
        (of_draw == number).all(),
        f"A draw holds {of_draw[of_draw != number][:1]} days; there are {number}, and as many are "
        "drawn.",
    )
    require(
        (held != held[0]).any(),
        "All draws hold the same days. Make the generator once, before the loop: made anew with "
        "the same seed, it begins anew.",
    )
    sizes = np.array([(days == day).sum() for day in np.unique(days)])
    mean = held.mean(axis=0)
    require(
        mean.min() > 0, f"In {repeats} draws a day of {sizes[mean.argmin()]} rows never comes."
    )
    off = np.abs(mean - 1) > 5.5 / np.sqrt(repeats)
    if off.any():
        told = (
            f"In {repeats} draws a day of {sizes[mean.argmax()]} rows comes {mean.max():.2f} "
            f"times each on average, and one of {sizes[mean.argmin()]} rows {mean.min():.2f} "
            "times. Each day is as likely as any other, so once is expected."
        )
        if np.corrcoef(mean, sizes)[0, 1] > 0.9:
            told += " Are days drawn from the rows' days? There a long day stands more often."
        raise Misconception(told)


def _require_an_end(answer, generator):
    """Ask for one draw, which takes no time: a loop that never ends is told of at once."""
    call_within(0.2, answer, *_days(generator, (4, 5), (2, 2)), _rows, 1, 0)


@day_bootstrap.set_check
def day_bootstrap_check(answer):
    _require_an_end(answer, np.random.default_rng(180))
    generator = np.random.default_rng(181)
    rows = np.array([3, 40, 5, 8, 21, 2, 60, 4, 9, 30, 6])
    y, scores, days = _days(generator, rows, np.where(np.arange(11) % 2, rows // 4 + 1, 0))
    repeats = 250
    first = _draws(answer, y, scores, days, repeats, 0)
    held = _of_days(first, days)
    _judge_chance_of_days(held, days)
    of_anomalies = held[:, [y[days == day].any() for day in np.unique(days)]].sum(axis=1)
    require(
        np.ptp(of_anomalies),
        f"Each draw holds {of_anomalies[0]} days with anomalies. How many there are is chance as "
        "well: draw from all days alike.",
    )
    again = _draws(answer, y, scores, days, repeats, 0)
    require(
        np.array_equal(first, again),
        "Called twice with the same seed, it draws other days. np.random.default_rng(seed) makes "
        "a generator that the seed alone decides.",
    )
    require(
        not any(
            np.array_equal(first, _draws(answer, y, scores, days, repeats, s)) for s in (1, 7)
        ),
        "Another seed draws the same days. Is the seed used?",
    )
    _judge_few_days(answer, generator)


def _judge_few_days(answer, generator):
    """Judge draws of three days, of which many have one class only."""
    # rows and anomalies of the days, and how many of the 27 draws have both classes
    for rows, anomalies, both in (
        ((4, 6, 3), (0, 0, 3), 18),
        ((4, 6, 5), (0, 0, 1), 19),
        ((5, 6, 1), (5, 6, 0), 18),
    ):
        y, scores, days = _days(generator, rows, anomalies)
        if both == 19:  # days may be dates
            days = np.datetime64("2026-02-01") + days
        held = _of_days(_draws(answer, y, scores, days, 300, 3), days)
        of_draw = held.sum(axis=1)
        require((of_draw == 3).all(), f"Of 3 days, a draw holds {of_draw[of_draw != 3][:1]}.")
        once, expected = (held == 1).all(axis=1).mean(), 6 / both
        require(
            abs(once - expected) < 0.13,
            f"Of 3 days with {anomalies} anomalies among {rows} rows, {once:.0%} of the draws "
            f"hold each exactly once, where {expected:.0%} are expected. Draw again, all days, "
            "where one class is missing, and only there.",
        )


def _gap(y, scores):
    y, scores = np.asarray(y), np.asarray(scores)
    return float(np.mean(scores[y == 1]) - np.mean(scores[y == 0]))


def _rows(y, scores):
    return float(len(y))


@day_bootstrap.set_inputs
def day_bootstrap_inputs(rng):
    # days of which each draw gives the same value, whatever the generator
    y, scores = np.array([0, 1, 0, 0, 1]), rng.normal(size=5)
    for repeats, seed in ((3, 0), (1, 5)):
        yield f"one day, repeats = {repeats}", (y, scores, np.full(5, 7), _gap, repeats, seed)
    number = int(rng.integers(2, 6))
    many = np.tile(y, number), np.tile(scores, number), np.repeat(np.arange(number), 5)
    order = rng.permutation(5 * number)
    many = tuple(each[order] for each in many)
    yield "days that are alike", (*many, _gap, 4, 1)
    yield "days of five rows, counted", (*many, _rows, 6, 2)


# ------------------------------------------------------------------------------------ 2 · best of

best_of = Exercise(
    "Return the expected highest of n values, each drawn with replacement from `values`, exactly "
    "and without drawing any.",
    hints=(
        "Sort the m values. The highest of n draws is at most the k-th lowest exactly when all n "
        "draws are: that has the probability (k/m)**n.",
        "So it is the k-th lowest itself with the probability (k/m)**n − ((k − 1)/m)**n.",
        "np.diff((np.arange(m + 1) / m) ** n) holds these probabilities. The expected value is "
        "their sum with the sorted values.",
    ),
    praise="Right. So much the best of n promises where nothing but the seed is changed.",
)


@best_of.set_solution
def best_of_solution(values, n):
    m = len(values)
    at_most = (np.arange(m + 1) / m) ** n  # that all n draws are among the k lowest, k = 0 … m
    return np.sum(np.sort(values) * np.diff(at_most))


def _at_most(m, n):
    return (np.arange(m + 1) / m) ** n


def _weighed(values, at_most):
    return np.sum(np.sort(values) * np.diff(at_most))


def _of_different_ones(values, n):
    """Return the expected highest of n values drawn without replacement; of all, if n is more."""
    m = len(values)
    return _weighed(values, comb(np.arange(m + 1), min(n, m)) / comb(m, min(n, m)))


def _highest_of_normal_ones(n):
    """Return the expected highest of n standard normal numbers, by a sum over a fine grid."""
    z = np.linspace(-9, 9, 20001)
    return np.sum((z[1:] + z[:-1]) / 2 * np.diff(ndtr(z) ** n))


def _of_distinct_values(values, n):
    return best_of_solution(np.unique(values), n)


A_QUANTILE = (
    "That is a quantile of the values. The highest of n lies somewhere near it; its expected "
    "value is asked for."
)
AS_IF_NORMAL = (
    "The values are taken for normal, by their mean and standard deviation. Exactly means from "
    "the values themselves: sort them, and weigh each by the chance to be the highest."
)
BEST_OF_MISTAKES = (
    (
        lambda values, n: values.max(),
        "That is the highest of all values, whatever n is. n draws may miss it.",
    ),
    (lambda values, n: values.mean(), "That is the mean, the expected value of one draw alone."),
    (
        lambda values, n: -best_of_solution(-values, n),
        "That is the expected lowest of n draws. The highest value gets the largest weight.",
    ),
    (
        _of_different_ones,
        "That is the highest of n different ones. With replacement, one may be drawn again.",
    ),
    (
        lambda values, n: np.sum(values * np.diff(_at_most(len(values), n))),
        "The values are not sorted: the k-th weight belongs to the k-th lowest.",
    ),
    (
        lambda values, n: np.sum(np.sort(values) * _at_most(len(values), n)[1:]),
        "(k/m)**n is the probability that the highest is the k-th lowest or a lower one. Take "
        "away ((k − 1)/m)**n: the weights have to sum up to 1.",
    ),
    (
        lambda values, n: best_of_solution(values, n) / len(values),
        "The mean of the weighed values is taken. The weights sum up to 1 already: add up.",
    ),
    (
        _of_distinct_values,
        "Equal values are counted once. Each of them can be drawn.",
    ),
    (
        lambda values, n: _weighed(values, np.append(0, _at_most(len(values), n)[:-1])),
        "Off by one: k runs from 1 to m, so that the highest value weighs 1 − ((m − 1)/m)**n. "
        "Your weights do not sum up to 1.",
    ),
    (lambda values, n: np.quantile(values, 1 - 1 / n), A_QUANTILE),
    (lambda values, n: np.quantile(values, n / (n + 1)), A_QUANTILE),
    (lambda values, n: np.quantile(values, 0.5 ** (1 / n)), A_QUANTILE),
    *(
        (lambda values, n, d=ddof, z=high: values.mean() + values.std(ddof=d) * z(n), AS_IF_NORMAL)
        for ddof in (0, 1)
        for high in (
            lambda n: np.sqrt(2 * np.log(n)),
            lambda n: ndtri(n / (n + 1)),
            lambda n: ndtri((n - 0.375) / (n + 0.25)),
            lambda n: ndtri(1 - 1 / n),
            _highest_of_normal_ones,
        )
    ),
)


@best_of.set_check
def best_of_check(answer):
    values = np.array([0.62, 0.71, 0.55, 0.68, 0.55, 0.81, 0.66])  # two are equal
    cases = [(values, 3), (values, 5), (values[:4] - 1, 2)]
    got = [as_array(answer(each.copy(), n), what="the expected highest") for each, n in cases]
    require(got[0].shape == (), f"One number is asked for; you return the shape {got[0].shape}.")
    for mistake, message in BEST_OF_MISTAKES:
        wrong = [mistake(*case) for case in cases]
        require(not all(map(same_numbers, got, wrong)), message)
    again = [as_array(answer(each.copy(), n)) for each, n in cases]
    right = [best_of_solution(*case) for case in cases]
    require(
        same_numbers(got, again),
        "Called twice with the same values, it gives two numbers: it draws. The number can be had "
        "exactly, without drawing.",
    )
    for (case, n), mine, ours in zip(cases, got, right, strict=True):
        told = difference(mine, ours)
        near = abs(mine - ours) < 0.05 * np.ptp(case)
        hint = " Near, and not exact: is it rounded, or drawn?" if near else ""
        require(not told, f"With values = {case.tolist()} and n = {n} {told}{hint}")


@best_of.set_inputs
def best_of_inputs(rng):
    for what, values in inputs.vectors(rng):
        for n in (1, 2, int(rng.integers(3, 9)), 30, 400):
            yield f"{what}, n = {n}", (values, n)
    yield "whole numbers", (rng.integers(0, 9, size=12), 4)
    yield "two values", (np.array([0.9, 0.4]), 5)
