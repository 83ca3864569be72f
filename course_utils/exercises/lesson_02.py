"""Exercises of lesson 02, Honest evaluation."""

from course_utils import evaluation, thresholds
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np

four_ratios = Exercise(
    "Return precision, recall, F1 and false alarm rate, in this order, from the four counts.",
    hints=(
        "Say each ratio as a sentence: of all …, the share that … . What comes after “of all” "
        "stands below the line.",
        "Below the line: all alarms for precision, all anomalies for recall, all normal rows for "
        "the false alarm rate.",
        "F1 is 2 · tp / (2 · tp + fp + fn).",
    ),
    praise="Right. Four ratios, four different wholes below the line.",
)


@four_ratios.set_solution
def four_ratios_solution(tp, fp, fn, tn):
    """Return (precision, recall, F1, false alarm rate)."""
    precision = tp / (tp + fp)
    recall = tp / (tp + fn)
    f1 = 2 * precision * recall / (precision + recall)
    return precision, recall, f1, fp / (fp + tn)


@four_ratios.set_check
def four_ratios_check(answer):
    tp, fp, fn, tn = 30, 10, 20, 940
    got = as_array(answer(tp, fp, fn, tn), shape=(4,), what="the four ratios")
    precision, recall, f1, rate = got
    require(
        not np.allclose(got[:2], [0.6, 0.75]),
        "Precision and recall have changed places. Precision looks at the alarms, recall at the "
        "anomalies.",
    )
    for name, value in (("precision", precision), ("recall", recall)):
        require(
            not np.isclose(value, 0.97),
            f"Your {name} is the accuracy: it counts the many normal rows that were left alone.",
        )
        require(
            not np.isclose(value, 0.03),
            f"You divide by all rows. Below the line of {name} stands something smaller: of all "
            "what?",
        )
    require(
        np.isclose(precision, 0.75), f"Precision is 30 of 40 alarms; you return {precision:.4g}."
    )
    require(np.isclose(recall, 0.6), f"Recall is 30 of 50 anomalies; you return {recall:.4g}.")
    require(
        not np.isclose(f1, 0.675),
        "That F1 is the arithmetic mean. F1 is the harmonic one, which stays near the smaller of "
        "the two.",
    )
    require(np.isclose(f1, 2 / 3), f"F1 of precision 0.75 and recall 0.6 is 2/3, not {f1:.4g}.")
    require(
        not np.isclose(rate, 0.25),
        "You divide the false alarms by the alarms: that is 1 − precision. The false alarm rate "
        "asks what share of the normal rows raise an alarm.",
    )
    require(
        not np.isclose(rate, 0.01),
        "You divide the false alarms by all rows; only normal rows can raise a false alarm.",
    )
    require(
        not np.isclose(rate, 0.4),
        "That is the share of anomalies that were missed, 1 − recall. False alarms come from "
        "normal rows.",
    )
    require(np.isclose(rate, 10 / 950), f"It is 10 of 950 normal rows; you return {rate:.4g}.")
    other = as_array(answer(3, 2, 1, 4), shape=(4,), what="the four ratios")
    wanted = [3 / 5, 3 / 4, 2 / 3, 2 / 6]
    require(
        np.allclose(other, wanted),
        f"For 3, 2, 1 and 4 you return {other.round(3)}, not {np.round(wanted, 3)}.",
    )


pairs_won = Exercise(
    "Return the share of pairs of an anomaly and a normal row in which the anomaly scores higher.",
    hints=(
        "Split the scores into those of the anomalies and those of the normal rows first.",
        "anomalies[:, np.newaxis] > normals compares every anomaly with every normal row at once: "
        "a table of shape (anomalies, normal rows).",
        "A tie counts half: add half the mean of the table that compares with ==.",
    ),
    praise="Right. You have computed AUROC without a curve and without a threshold.",
)


@pairs_won.set_solution
def pairs_won_solution(y, scores):
    """Return the share of (anomaly, normal row) pairs that the anomaly wins, a tie as half."""
    anomalies, normals = scores[y == 1], scores[y == 0]
    won = anomalies[:, np.newaxis] > normals  # (anomalies, normal rows)
    tied = anomalies[:, np.newaxis] == normals
    return np.mean(won) + 0.5 * np.mean(tied)


def _pairs(y, scores):
    """Return the shares of pairs that the anomaly wins and that are tied."""
    anomalies, normals = scores[y == 1][:, np.newaxis], scores[y == 0]
    return np.mean(anomalies > normals), np.mean(anomalies == normals)


@pairs_won.set_check
def pairs_won_check(answer):
    y = np.array([1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])
    scores = np.array([0.9, 0.8, 0.7, 0.62, 0.6, 0.45, 0.3, 0.3, 0.2, 0.1, 0.05])
    wanted = evaluation.auroc(y, scores)  # 20 of 28 pairs
    got = float(as_array(answer(y.copy(), scores.copy()), shape=(), what="the share of pairs"))
    for cut in (0.5, scores.mean(), np.median(scores)):
        decisions = (scores > cut).astype(float)
        require(
            not np.isclose(got, evaluation.auroc(y, decisions)),
            "You turn the scores into decisions before you compare them. Then nearly every pair "
            "is a tie, and the ranking is lost. Compare the scores themselves.",
        )
    require(
        not np.isclose(got, 1 - wanted),
        "That is the share of pairs that the normal row wins. The anomaly should score higher.",
    )
    require(
        not np.isclose(got, 28 * wanted),
        "That is a number of pairs. Divide it by all pairs: anomalies times normal rows.",
    )
    for pairs in (11 * 11, 11 * 10 / 2, 11 * 10):
        require(
            not np.isclose(got, 28 * wanted / pairs),
            "You divide by more pairs than there are. A pair holds one anomaly and one normal "
            "row, so there are 4 · 7 of them in the check.",
        )
    require(np.isclose(got, wanted), f"You return {got:.4g} where 20 of 28 pairs are won.")
    y, scores = np.array([1, 0, 1, 0, 0]), np.array([2.0, 2.0, 3.0, 1.0, 3.0])
    won, tied = _pairs(y, scores)
    got = float(as_array(answer(y.copy(), scores.copy()), shape=(), what="the share of pairs"))
    require(
        not np.isclose(got, won + tied),
        "You count ties as wins. Then a detector that gives every row the same score would get "
        "1.0. A tie counts half.",
    )
    require(
        not np.isclose(got, won),
        "You count ties as lost. A detector that gives every row the same score knows nothing, "
        "and should get 0.5: a tie counts half.",
    )
    require(np.isclose(got, won + tied / 2), f"With ties you return {got:.4g}, not 2/3.")


precision_elsewhere = Exercise(
    "Return the precision that a detector has where anomalies have the given prevalence.",
    hints=(
        "Imagine a million rows. How many are anomalies, and how many of those raise an alarm?",
        "A share of 1 − prevalence is normal, and false_alarm_rate of those raise an alarm too.",
        "Precision is the right alarms, divided by all alarms, right and false.",
    ),
    praise="Right. Ask for the prevalence before you believe a precision.",
)


@precision_elsewhere.set_solution
def precision_elsewhere_solution(recall, false_alarm_rate, prevalence):
    """Return the precision at this prevalence."""
    right = recall * prevalence  # shares of all rows
    false = false_alarm_rate * (1 - prevalence)
    return right / (right + false)


@precision_elsewhere.set_check
def precision_elsewhere_check(answer):
    recall, rate, share = 0.8, 0.1, 0.25
    got = float(as_array(answer(recall, rate, share), shape=(), what="the precision"))
    require(
        not np.isclose(got, recall / (recall + rate)),
        "The prevalence does not change your result. That would be the precision where half of "
        "the rows are anomalies.",
    )
    require(
        not np.isclose(got, recall * share / (recall * share + rate)),
        "You take the false alarm rate as a share of all rows. It is a share of the normal ones: "
        "weigh it with 1 − prevalence.",
    )
    swapped = recall * (1 - share) / (recall * (1 - share) + rate * share)
    require(
        not np.isclose(got, swapped),
        "The weights have changed places: recall belongs to the anomalies, a share of "
        "`prevalence`; the false alarm rate to the normal rows.",
    )
    wanted = evaluation.precision_at_prevalence(recall, rate, share)
    require(
        not np.isclose(got, 1 - wanted),
        "That is the share of alarms that are false. Precision is the share that are right.",
    )
    require(
        not np.isclose(got, recall * share),
        "That is the share of all rows that are right alarms. Divide it by the share of all rows "
        "that raise any alarm.",
    )
    require(
        np.isclose(got, wanted),
        f"For recall 0.8, false alarm rate 0.1 and prevalence 0.25 you return {got:.4g}, not "
        f"{wanted:.4g}. Count it through with 100 rows.",
    )
    rare = float(as_array(answer(0.9, 0.005, 0.001), shape=(), what="the precision"))
    wanted = evaluation.precision_at_prevalence(0.9, 0.005, 0.001)
    require(
        np.isclose(rare, wanted, rtol=1e-3),
        f"For 0.9, 0.005 and 0.001 you return {rare:.4g}, not {wanted:.4g}.",
    )


fair_f1 = Exercise(
    "Choose the threshold with the highest F1 on the validation rows; return its F1 on the test "
    "rows.",
    hints=(
        "Two steps, two sets of rows: one chooses, the other one judges.",
        "thresholds.best_f1(y, scores) returns a threshold. Which rows may it see?",
        "evaluation.confusion(y, thresholds.decide(scores, threshold)).f1 judges it.",
    ),
    praise="Right. The test rows were asked once, after everything was decided.",
)


@fair_f1.set_solution
def fair_f1_solution(y_validation, scores_validation, y_test, scores_test):
    """Return the test F1 of the threshold with the best validation F1."""
    threshold = thresholds.best_f1(y_validation, scores_validation)
    return evaluation.confusion(y_test, thresholds.decide(scores_test, threshold)).f1


def _f1(y, scores, threshold):
    return evaluation.confusion(y, thresholds.decide(scores, threshold)).f1


def _graded_rows(normals, anomalies):
    """Return y and scores from how many rows got each grade 0, 1, 2 …"""
    grades = np.arange(len(normals))
    scores = np.concatenate([np.repeat(grades, normals), np.repeat(grades, anomalies)])
    return np.repeat([0, 1], [sum(normals), sum(anomalies)]), scores.astype(float)


@fair_f1.set_check
def fair_f1_check(answer):
    # whole grades: any threshold between two of them decides alike on both sets
    validation = _graded_rows((60, 20, 5, 4, 3, 3, 3), (0, 1, 0, 5, 6, 7, 7))
    test = _graded_rows((60, 20, 15, 15, 8, 8, 0), (0, 1, 0, 1, 3, 8, 9))
    given = tuple(array.copy() for array in (*validation, *test))
    got = float(as_array(answer(*given), shape=(), what="the F1"))
    chosen = thresholds.best_f1(*validation)  # between the grades 2 and 3
    both = tuple(np.concatenate(pair) for pair in zip(validation, test, strict=True))
    require(
        not np.isclose(got, _f1(*test, thresholds.best_f1(*test))),
        "Your threshold comes from the test rows. They then judge a choice that they made "
        "themselves, and the F1 flatters. Choose on the validation rows.",
    )
    require(
        not np.isclose(got, _f1(*validation, chosen)),
        "That is the F1 on the validation rows, which made the choice. The test rows should "
        "judge it.",
    )
    require(
        not np.isclose(got, _f1(*test, thresholds.best_f1(*both))),
        "Validation and test rows chose together. Half a leak is a leak: leave the test rows out.",
    )
    require(not np.isclose(got, chosen), "You return the threshold; its F1 is wanted.")
    require(
        not np.isclose(got, _f1(*test, 0.5)),
        "You use 0.5 as the threshold. Scores are no probabilities; let the validation rows "
        "choose.",
    )
    wanted = _f1(*test, chosen)
    require(
        np.isclose(got, wanted),
        f"You return {got:.4g}, not {wanted:.4g}. Does the validation F1 choose, and is an alarm "
        "a score above the threshold?",
    )


my_threshold = Exercise(
    "Return a threshold that keeps the cost low: 1 for a false alarm, 20 for a missed anomaly.",
    hints=(
        "What would the validation rows have cost you at a given threshold?",
        "Try each score as a threshold, add up 1 per false alarm and 20 per miss, keep the "
        "cheapest.",
        "course_utils has a function for it. Look at the list of rules above.",
    ),
    praise="Your thresholds cost hardly more than the best ones that hindsight could choose.",
)


@my_threshold.set_solution
def my_threshold_solution(y, scores):
    """Return the threshold that costs least on the validation rows."""
    return thresholds.minimum_cost(y, scores, cost_false_alarm=1, cost_miss=20)


def _overlapping_rows(rng, unit, start):
    """Return y and scores of 2,500 rows, 100 of them anomalies; the classes overlap."""
    y = np.repeat([0, 1], [2400, 100])
    return y, start + unit * (rng.normal(size=2500) + 2.2 * y)


def _cost(y, scores, threshold):
    counts = evaluation.confusion(y, thresholds.decide(scores, threshold))
    return counts.false_positives + 20 * counts.false_negatives


@my_threshold.set_check
def my_threshold_check(answer):
    rng = np.random.default_rng(0)
    spent, lowest, above, given = 0, 0, 0.0, []
    for unit, start in ((1, 0), (30, -50), (0.01, 7), (4, 100), (200, 3)) * 2:
        validation = _overlapping_rows(rng, unit, start)
        fresh = _overlapping_rows(rng, unit, start)
        copies = tuple(array.copy() for array in validation)
        threshold = float(as_array(answer(*copies), shape=(), what="the threshold"))
        best = thresholds.minimum_cost(*fresh, 1, 20)
        spent += _cost(*fresh, threshold)
        lowest += _cost(*fresh, best)
        above += (threshold - best) / unit
        given.append(threshold)
    require(
        len(set(given)) > 1,
        "Your threshold does not follow the scores. They come in other units each time, as with "
        "every new detector; take the threshold from the rows that are handed over.",
    )
    side = "high: misses, at 20 each," if above > 0 else "low: false alarms"
    require(
        spent <= 1.25 * lowest,
        f"On fresh rows you pay {spent / lowest:.1f} times the lowest possible cost. Your "
        f"threshold is too {side} cost more than they need to. Does it know both costs?",
    )


bootstrap = Exercise(
    "Return the interval (low, high) that holds the middle 95 % of the metric over redrawn rows.",
    hints=(
        "Draw row numbers, not scores: rng.integers(n, size=n) gives n of them, some twice.",
        "Index y and scores with the same row numbers, and keep the metric of each draw.",
        "np.quantile(values, [0.025, 0.975]) cuts off 2.5 % at either end.",
    ),
    praise="Right. Any metric, any detector, ten lines: there is no excuse for a lone number.",
)


@bootstrap.set_solution
def bootstrap_solution(y, scores, metric, repeats=500, seed=0):
    """Return (low, high): the middle 95 % of metric(y, scores) over redrawn rows."""
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(repeats):
        rows = rng.integers(len(y), size=len(y))
        values.append(metric(y[rows], scores[rows]))
    return np.quantile(values, [0.025, 0.975])


@bootstrap.set_check
def bootstrap_check(answer):
    rng = np.random.default_rng(1)
    y = np.repeat([0, 1], [80, 40])
    scores = rng.normal(size=120) + 1.2 * y
    interval, draws, values = _interval_and_draws(answer, y, scores)
    require(
        len(draws) == 300,
        f"You take the metric of redrawn rows {len(draws)} times, where repeats is 300.",
    )
    sizes = {len(each) for _, each in draws}
    require(
        sizes == {120},
        f"A draw holds {max(sizes)} of the 120 rows. Draw as many as there are: fewer rows would "
        "make the interval too wide, more rows too narrow.",
    )
    label_of = dict(zip(scores.tolist(), y.tolist(), strict=True))
    require(
        all(
            label_of.get(s) == label for pair in draws[:20] for label, s in zip(*pair, strict=True)
        ),
        "In your draws a score was separated from its label. Draw row numbers once, and take y "
        "and scores at the same numbers.",
    )
    require(
        not any(len(set(each)) == 120 for _, each in draws),
        "Each draw holds every row once: you draw without replacement, which only shuffles. With "
        "replacement, some rows come twice and others not at all.",
    )
    again, _, _ = _interval_and_draws(answer, y, scores)
    require(
        np.allclose(again, interval),
        "The same seed gave another interval. Make the generator from the seed, inside the "
        "function.",
    )
    _require_middle_95(interval, values)


def _interval_and_draws(answer, y, scores):
    """Return the interval, and the (y, scores) and value of each redraw that the metric saw."""
    as_they_are = y.tolist(), scores.tolist()
    draws, values = [], []

    def metric(y, scores):
        y, scores = np.asarray(y), np.asarray(scores)
        won, tied = _pairs(y, scores)
        if (y.tolist(), scores.tolist()) != as_they_are:
            draws.append((y.tolist(), scores.tolist()))
            values.append(won + tied / 2)
        return won + tied / 2

    interval = as_array(answer(y.copy(), scores.copy(), metric, 300, 0), shape=(2,))
    return interval, draws, np.array(values)


def _require_middle_95(got, values):
    """Refuse an interval that is not the middle 95 % of the values, naming what it is instead."""
    wanted = np.quantile(values, [0.025, 0.975])
    mean, spread = values.mean(), values.std()
    near = 0.04 * np.ptp(wanted)  # other ways to take a quantile differ by less
    if np.allclose(got, wanted, atol=near):
        return
    require(got[0] <= got[1], "The lower end comes first.")
    require(
        not np.allclose(got, [values.min(), values.max()], atol=near / 10),
        "You return the smallest and the largest value. They drift apart the more you draw; cut "
        "off 2.5 % at either end.",
    )
    require(
        not np.allclose(got, [mean - spread, mean + spread], atol=near),
        "One standard deviation to each side holds about 68 % of the draws; 95 % are wanted.",
    )
    require(
        np.ptp(got) > 0.3 * np.ptp(wanted),
        "The interval is far too narrow. Do you divide by the square root of the number of "
        "draws? More draws make the ends steadier, not the result more certain.",
    )
    require(
        not np.allclose(got, np.quantile(values, [0.05, 0.95]), atol=near),
        "That is the middle 90 %. For 95 %, cut off 2.5 % at either end.",
    )
    require(
        False, f"You return {got.round(3)}; the middle 95 % of your draws are {wanted.round(3)}."
    )
