"""Exercises of lesson 02, Honest evaluation."""

import itertools

from course_utils import evaluation, thresholds
from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require, same_numbers

import numpy as np
from scipy.stats import rankdata

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
    got = as_array(answer(30, 10, 20, 140), shape=(4,), what="the four ratios")
    require(
        not same_numbers(got[:2], [0.6, 0.75]),
        "Precision and recall have changed places. Precision looks at the alarms, recall at the "
        "anomalies.",
    )
    for place, name in enumerate(("precision", "recall")):
        require(
            not same_numbers(got[place], 0.85),
            f"Your {name} is the accuracy: it counts the many normal rows that were left alone.",
        )
        require(
            not same_numbers(got[place], 0.15),
            f"You divide by all rows. Below the line of {name} stands something smaller: of all "
            "what?",
        )
    known = {
        "That F1 is the arithmetic mean. F1 is the harmonic one, which stays near the smaller of "
        "the two.": (2, 0.675),
        "The 2 is missing in F1: it is 2PR / (P + R).": (2, 1 / 3),
        "You divide the false alarms by the alarms: that is 1 − precision. The false alarm rate "
        "asks what share of the normal rows raise an alarm.": (3, 0.25),
        "You divide the false alarms by all rows; only normal rows can raise one.": (3, 0.05),
        "That is the share of anomalies that were missed, 1 − recall. False alarms come from "
        "normal rows.": (3, 0.4),
        "Below the line of the false alarm rate stand all normal rows, fp + tn.": (3, 10 / 140),
        "That is the share of normal rows that were left alone, 1 − false alarm rate.": (
            3,
            14 / 15,
        ),
        "F1 and the false alarm rate have changed places.": (2, 1 / 15),
        "These are percentages; shares between 0 and 1 are wanted.": (0, 75),
    }
    for message, (place, value) in known.items():
        require(not same_numbers(got[place], value), message)


@four_ratios.set_inputs
def four_ratios_inputs(rng):
    for what, most in (("few rows", 6), ("more rows", 60), ("many rows", 5000)):
        yield what, tuple(int(count) for count in rng.integers(1, most, size=4))
    yield "no false alarm", (int(rng.integers(1, 9)), 0, 3, int(rng.integers(1, 99)))
    yield "no miss", (int(rng.integers(1, 9)), 4, 0, int(rng.integers(1, 99)))
    yield "an alarm for every row", (2, int(rng.integers(1, 99)), 0, 0)


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


def _refuse(answer, cases, known, what):
    """Refuse an answer whose results on all cases are those of one known mistake.

    `known` holds the mistakes by their messages: a function of a case, or several.
    """
    got = [as_array(answer(*(np.copy(v) for v in case)), shape=(), what=what) for case in cases]
    for message, mistakes in known.items():
        for mistake in mistakes if isinstance(mistakes, list) else [mistakes]:
            wrong = [mistake(*case) for case in cases]
            require(not all(map(same_numbers, got, wrong)), message)


def _of_decisions(cut):
    return lambda y, s: evaluation.auroc(y, (s > cut(s)).astype(float))


def _of_ranks(ranks):
    """Return the rank formula, which is right for ranks from 1 that tied rows share."""

    def area(y, scores):
        m = y.sum()
        return (ranks(scores)[y == 1].sum() - m * (m + 1) / 2) / (m * (len(y) - m))

    return area


def _places(scores):
    return 1 + np.argsort(np.argsort(scores, kind="stable"), kind="stable")


def _share(y, scores, sign=1, tie=0.0, pairs=lambda m, k: m * k):
    """Return how many pairs the anomaly (sign 1) or the normal row (−1) wins, over `pairs`."""
    apart = sign * (scores[y == 1][:, np.newaxis] - scores[y == 0])
    return (np.sum(apart > 0) + tie * np.sum(apart == 0)) / pairs(*apart.shape)


def _either_tie(**how):
    return [lambda y, s, t=t: _share(y, s, tie=t, **how) for t in (0, 0.5)]


@pairs_won.set_check
def pairs_won_check(answer):
    y = np.array([1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])
    scores = np.array([0.9, 0.8, 0.7, 0.62, 0.6, 0.45, 0.3, 0.3, 0.2, 0.1, 0.05])
    known = {
        "You turn the scores into decisions before you compare them. Then nearly every pair is a "
        "tie, and the ranking is lost. Compare the scores themselves.": [
            _of_decisions(cut) for cut in (lambda s: 0.5, np.mean, np.median)
        ],
        "You divide by more pairs than there are. A pair holds one anomaly and one normal row, so "
        "there are as many as anomalies times normal rows.": [
            *_either_tie(pairs=lambda m, k: (m + k) ** 2),
            *_either_tie(pairs=lambda m, k: (m + k) * (m + k - 1)),
            *_either_tie(pairs=lambda m, k: (m + k) * (m + k - 1) / 2),
        ],
        "That is a number of pairs. Divide it by all pairs: anomalies times normal rows.": (
            _either_tie(pairs=lambda m, k: 1)
        ),
        "That is the share of pairs that the normal row wins. The anomaly should score higher.": (
            _either_tie(sign=-1)
        ),
        "Your ranks begin at 0. The term m(m + 1)/2 goes with ranks that begin at 1.": [
            _of_ranks(lambda s, ranks=ranks: ranks(s) - 1) for ranks in (rankdata, _places)
        ],
        "You take the sum of the ranks as it is. Subtract m(m + 1)/2, or the anomalies beat one "
        "another as well.": lambda y, s: rankdata(s)[y == 1].sum() / y.sum() / (len(y) - y.sum()),
    }
    other = np.array([0, 1, 0, 0, 1]), np.array([3.0, 2.5, 0.1, 1.5, 4.0])
    _refuse(answer, [(y, scores), other], known, "the share of pairs")
    with_ties = {
        "You count ties as wins. Then a detector that gives every row the same score would get "
        "1.0. A tie counts half.": lambda y, s: _share(y, s, tie=1),
        "You count ties as lost. A detector that gives every row the same score knows nothing, "
        "and should get 0.5: a tie counts half.": _share,
        "Your ranks give tied rows different places, in the order in which they come. Tied rows "
        "share the mean of their ranks.": _of_ranks(_places),
    }
    tied = np.array([1, 0, 1, 0, 0, 1, 0]), np.array([2.0, 2.0, 3.0, 1.0, 3.0, 3.0, 0.3])
    _refuse(answer, [other, tied], with_ties, "the share of pairs")


@pairs_won.set_inputs
def pairs_won_inputs(rng):
    yield from inputs.labelled(rng)
    yield "tiny scores", (np.array([1, 0, 0]), np.array([3e-9, 1e-9, 2e-9]))


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
    known = {
        "The prevalence does not change your result. That would be the precision where half of "
        "the rows are anomalies.": lambda r, f, p: r / (r + f),
        "You take the false alarm rate as a share of all rows. It is a share of the normal ones: "
        "weigh it with 1 − prevalence.": lambda r, f, p: r * p / (r * p + f),
        "You take recall as a share of all rows. It is a share of the anomalies: weigh it with "
        "the prevalence.": lambda r, f, p: r / (r + f * (1 - p)),
        "The weights have changed places: recall belongs to the anomalies, a share of "
        "`prevalence`; the false alarm rate to the normal rows.": (
            lambda r, f, p: r * (1 - p) / (r * (1 - p) + f * p)
        ),
        "That is the share of alarms that are false. Precision is the share that are right.": (
            lambda r, f, p: f * (1 - p) / (r * p + f * (1 - p))
        ),
        "That is the share of all rows that are right alarms. Divide it by the share of all rows "
        "that raise any alarm.": lambda r, f, p: r * p,
        "You divide the right alarms by the false ones. Below the line stand all alarms.": (
            lambda r, f, p: r * p / f / (1 - p)
        ),
    }
    cases = (0.8, 0.1, 0.25), (0.9, 0.005, 0.001)
    _refuse(lambda *case: answer(*map(float, case)), cases, known, "the precision")


@precision_elsewhere.set_inputs
def precision_elsewhere_inputs(rng):
    for what, share in (("half anomalies", 0.5), ("7 % anomalies", 0.07), ("0.1 %", 0.001)):
        yield what, (float(rng.uniform(0.3, 1)), float(rng.uniform(0.001, 0.3)), share)
    yield "no false alarms", (0.7, 0.0, float(rng.uniform(0.01, 0.5)))
    yield "anomalies only", (float(rng.uniform(0.3, 1)), 0.1, 1.0)
    yield "more false alarms than hits", (0.1, float(rng.uniform(0.5, 1)), 0.3)


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


def _f1_of_both(yv, sv, yt, st):
    both = np.concatenate([yv, yt]), np.concatenate([sv, st])
    return _f1(yt, st, thresholds.best_f1(*both))


@fair_f1.set_check
def fair_f1_check(answer):
    # whole grades: any threshold between two of them decides alike on both sets
    validation = _graded_rows((60, 20, 5, 4, 3, 3, 3), (0, 1, 0, 5, 6, 7, 7))
    test = _graded_rows((60, 20, 15, 15, 8, 8, 0), (0, 1, 0, 1, 3, 8, 9))
    other = _graded_rows((50, 30, 22, 9, 6, 4, 2), (0, 2, 3, 1, 2, 2, 5))
    best = thresholds.best_f1
    known = {
        "Your threshold comes from the test rows. They then judge a choice that they made "
        "themselves, and the F1 flatters. Choose on the validation rows.": (
            lambda yv, sv, yt, st: _f1(yt, st, best(yt, st))
        ),
        "That is the F1 on the validation rows, which made the choice. The test rows should judge "
        "it.": lambda yv, sv, yt, st: _f1(yv, sv, best(yv, sv)),
        "Validation and test rows have changed places: validation chooses, test judges.": (
            lambda yv, sv, yt, st: _f1(yv, sv, best(yt, st))
        ),
        "Validation and test rows chose together. Half a leak is a leak: leave the test rows "
        "out.": _f1_of_both,
        "You return the threshold; its F1 is wanted.": lambda yv, sv, yt, st: best(yv, sv),
        "You use 0.5 as the threshold. Scores are no probabilities; let the validation rows "
        "choose.": lambda yv, sv, yt, st: _f1(yt, st, 0.5),
    }
    _refuse(answer, [(*validation, *test), (*other, *test), (*other, *validation)], known, "an F1")


@fair_f1.set_inputs
def fair_f1_inputs(rng):
    for unit, start in ((1.0, 0.0), (0.25, -3.0), (50.0, 7.0), (1.0, 0.0), (2.0, 1.0)):
        grades = int(rng.integers(4, 8))
        sets = [_random_grades(rng, grades) for _ in range(2)]
        while not _best_stands_alone(*sets[0]):
            sets[0] = _random_grades(rng, grades)
        (y_validation, first), (y_test, second) = sets
        rows = y_validation, start + unit * first, y_test, start + unit * second
        yield f"scores in steps of {unit:g}", rows


def _random_grades(rng, grades):
    """Return shuffled rows of every grade, of which the higher ones are anomalies more often."""
    normals = 1 + rng.integers(0, 3 * (grades - np.arange(grades)))
    y, scores = _graded_rows(normals, rng.integers(0, 2 + 2 * np.arange(grades)) + (grades < 2))
    order = rng.permutation(len(y))
    return (y[order], scores[order]) if y.any() else _random_grades(rng, grades)


def _best_stands_alone(y, scores):
    values = np.sort([_f1(y, scores, line) for line in thresholds.mistakes(y, scores)[0]])
    return values[-1] > values[-2] + 1e-6


my_threshold = Exercise(
    "Return a threshold that keeps the cost low: 1 for a false alarm, 20 for a missed anomaly.",
    hints=(
        "What would the validation rows have cost you at a given threshold?",
        "Try each score as a threshold, add up 1 per false alarm and 20 per miss, keep the "
        "cheapest.",
        "thresholds.minimum_cost of course_utils does just that.",
    ),
    praise="Your thresholds cost at most a quarter more than the best that hindsight finds.",
)


@my_threshold.set_solution
def my_threshold_solution(y, scores):
    """Return the threshold that costs least on the validation rows."""
    return thresholds.minimum_cost(y, scores, cost_false_alarm=1, cost_miss=20)


def _overlapping_rows(rng, unit, start, rare):
    """Return y and scores of 2,500 rows, 300 or 40 of them anomalies; the classes overlap."""
    anomalies = 40 if rare else 300
    y = np.repeat([0, 1], [2500 - anomalies, anomalies])
    return y, start + unit * (rng.normal(size=2500) + 2.2 * y)


def _cost(y, scores, threshold):
    counts = evaluation.confusion(y, thresholds.decide(scores, threshold))
    return counts.false_positives + 20 * counts.false_negatives


@my_threshold.set_check
def my_threshold_check(answer):
    rng = np.random.default_rng(0)
    spent, lowest, above, given = np.zeros(2), np.zeros(2), 0.0, []
    known = {
        "That is the threshold of the best F1, which does not know what a miss costs.": (
            thresholds.best_f1
        ),
        "The costs have changed places: a miss costs 20, a false alarm 1.": (
            lambda y, s: thresholds.minimum_cost(y, s, 20, 1)
        ),
        "You count a miss like a false alarm. It costs 20 times as much.": (
            lambda y, s: thresholds.minimum_cost(y, s, 1, 1)
        ),
    }
    units = ((1, 0), (30, -50), (0.01, 7), (4, 100), (200, 3))
    for rare, (unit, start) in itertools.product((0, 1), units):
        validation, fresh = (_overlapping_rows(rng, unit, start, rare) for _ in range(2))
        copies = tuple(array.copy() for array in validation)
        threshold = float(as_array(answer(*copies), shape=(), what="the threshold"))
        require(
            all(map(np.array_equal, copies, validation)),
            "Your function changes the rows that it was given. Work on a copy.",
        )
        best = thresholds.minimum_cost(*fresh, 1, 20)
        spent[rare] += _cost(*fresh, threshold)
        lowest[rare] += _cost(*fresh, best)
        above += (threshold - best) / unit
        given.append(threshold)
        decided = thresholds.decide(validation[1], threshold)
        known = {
            message: rule
            for message, rule in known.items()
            if np.array_equal(decided, thresholds.decide(validation[1], rule(*validation)))
        }
    require(
        len(set(given)) > 1,
        "Your threshold does not follow the scores. They come in other units each time, as with "
        "every new detector; take the threshold from the rows that are handed over.",
    )
    side = "high: misses, at 20 each," if above > 0 else "low: false alarms"
    ratio = (spent / lowest).max()
    require(
        ratio <= 1.25,
        f"On fresh rows you pay {ratio:.1f} times the lowest possible cost. Your threshold is too "
        f"{side} cost more than they need to. {' '.join(known)}",
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
    _require_good_draws(draws, y, scores)
    again, _, _ = _interval_and_draws(answer, y, scores)
    require(
        np.allclose(again, interval),
        "The same seed gave another interval. Make the generator from the seed, inside the "
        "function.",
    )
    _, others, _ = _interval_and_draws(answer, y, scores, seed=1)
    require(
        others != draws,
        "Seed 1 gives the same draws as seed 0. Make the generator from the seed that is handed "
        "over.",
    )
    _require_middle_95(interval, values)


def _global_chance():
    _, key, place, *_ = np.random.get_state()  # noqa: NPY002
    return [*key.tolist(), place]


def _interval_and_draws(answer, y, scores, seed=0):
    """Return the interval, and the (y, scores) and value of each redraw that the metric saw."""
    as_they_are = y.tolist(), scores.tolist()
    draws, values = [], []

    def metric(y, scores):
        y, scores = (as_array(each).ravel() for each in (y, scores))
        draw = y.tolist(), scores.tolist()
        if draw == as_they_are:
            return 0.5
        draws.append(draw)
        n = min(len(y), len(scores))  # of broken pairs as well there is a number
        both = np.any(y[:n] == 1) and np.any(y[:n] == 0)
        values.append(_share(y[:n], scores[:n], tie=0.5) if both else 0.5)
        return values[-1]

    before, chance = np.random.get_state(), np.random.SeedSequence().entropy  # noqa: NPY002
    np.random.seed(chance % 2**32)  # noqa: NPY002
    state = _global_chance()
    try:
        interval = as_array(answer(y.copy(), scores.copy(), metric, 300, seed), shape=(2,))
        require(
            state == _global_chance(),
            "You set or use NumPy's global generator, np.random, on which other code may rely. "
            "Make your own from the seed: rng = np.random.default_rng(seed).",
        )
    finally:
        np.random.set_state(before)  # noqa: NPY002
    return interval, draws, np.array(values)


def _require_good_draws(draws, y, scores):
    """Refuse draws that are of a wrong size, break pairs, or do not come by chance, with why."""
    sizes = {len(each) for _, each in draws}
    require(
        sizes == {120},
        f"A draw holds {max(sizes)} of the 120 rows. Draw as many as there are: fewer rows would "
        "make the interval too wide, more rows too narrow.",
    )
    require(
        not any(set(each) <= {0, 1} for _, each in draws),
        "The metric takes the labels first: metric(y, scores).",
    )
    label_of = dict(zip(scores.tolist(), y.tolist(), strict=True))
    require(
        all(label_of.get(s) == label for pair in draws for label, s in zip(*pair, strict=True)),
        "In your draws a score was separated from its label. Draw row numbers once, and take y "
        "and scores at the same numbers.",
    )
    require(
        not any(len(set(each)) == 120 for _, each in draws),
        "Each draw holds every row once: you draw without replacement, which only shuffles. With "
        "replacement, some rows come twice and others not at all.",
    )
    different = len({tuple(each) for _, each in draws})
    require(
        different == 300,
        f"Only {different} of your 300 draws are different. Make the generator once, before the "
        "loop: made anew from the same seed, it draws the same rows again.",
    )
    drawn = np.array([[each.count(s) for s in scores.tolist()] for _, each in draws])
    for place, row in ((0, "first"), (-1, "last")):
        require(drawn[:, place].any(), f"The {row} row is never drawn.")
    often = drawn.sum(axis=0)  # 300 expected, give or take 17
    require(
        often.min() > 200 and often.max() < 400,
        f"In 300 draws one row came {often.min()} times and another one {often.max()}. Each row "
        "has the same chance at every place of the draw.",
    )
    kinds = (drawn > 0).sum(axis=1).mean()  # 75.9 expected, give or take 0.2
    require(
        74.5 < kinds < 77.5,
        f"Your draws hold {kinds:.1f} different rows on average. Of 120 rows drawn with "
        "replacement about 76 are different: each place is drawn anew, from all rows.",
    )


def _require_middle_95(got, values):
    """Refuse an interval that is not the middle 95 % of the values, naming what it is instead."""
    wanted = np.quantile(values, [0.025, 0.975])
    mean, spread = values.mean(), values.std()
    near = 0.04 * np.ptp(wanted)  # other ways to take a quantile differ by less
    require(np.abs(got[::-1] - wanted).max() > near / 4, "The lower end comes first.")
    if np.abs(got - wanted).max() <= near / 4:
        return
    known = {
        "You return the smallest and the largest value. They drift apart the more you draw; cut "
        "off 2.5 % at either end.": [values.min(), values.max()],
        "One standard deviation to each side holds about 68 % of the draws; 95 % are wanted.": (
            [mean - spread, mean + spread]
        ),
        "That is the middle 90 %. For 95 %, cut off 2.5 % at either end.": (
            np.quantile(values, [0.05, 0.95])
        ),
        "You lay a bell curve over the draws. They need not follow one; take the quantiles of the "
        "draws themselves.": [mean - 1.96 * spread, mean + 1.96 * spread],
    }
    for message, ends in known.items():
        require(np.abs(got - ends).max() > near / 10, message)
    require(
        np.ptp(got) > 0.3 * np.ptp(wanted),
        "The interval is far too narrow. Do you divide by the square root of the number of "
        "draws? More draws make the ends steadier, not the result more certain.",
    )


class _Planned:
    """A metric whose values over the draws are known: any right bootstrap gives one interval.

    At the 2.5 % and 97.5 % of the values two are equal, so that all customs of taking a
    quantile agree. A draw that breaks a pair, has another size or shuffles only gets −9.
    """

    def __init__(self, rng, y, scores, repeats):
        values = np.sort(rng.exponential(size=repeats) + rng.normal(size=repeats))
        for place in (round(0.025 * repeats), round(0.975 * repeats)):
            values[place - 1] = values[place]
        self.values = rng.permutation(values).tolist()
        self.rows = list(zip(y.tolist(), scores.tolist(), strict=True))

    def __call__(self, y, scores):
        drawn = list(zip(as_array(y).tolist(), as_array(scores).tolist(), strict=True))
        if drawn == self.rows:
            return 0.0  # a look at the rows as they are
        shuffled = len(set(drawn)) == len(self.rows)
        if len(drawn) != len(self.rows) or not set(drawn) <= set(self.rows) or shuffled:
            return -9.0
        return self.values.pop() if self.values else 9.0


@bootstrap.set_inputs
def bootstrap_inputs(rng):
    for repeats in (400, 240, 240):
        y = rng.permutation(np.repeat([0, 1], [24, 18]))
        scores = rng.normal(size=len(y)) + y
        metric = _Planned(rng, y, scores, repeats)
        what = f"a metric whose values over the {repeats} draws are known"
        yield what, (y, scores, metric, repeats, repeats)
