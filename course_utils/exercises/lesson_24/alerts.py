"""Exercise of lesson 24 on the whole case: scores of payments that save money on other streams."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_24.labels import known_labels_solution
from course_utils.exercises.lesson_24.money import loss_saved_solution
from course_utils.exercises.lesson_24.reports import reports_at_shop_solution
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# ----------------------------------------------------------------------------------- 6 · my alerts

STREAMS = (2421, 2422, 2423)
TODAY, UNTIL, WAIT = 90, 126, 40  # days; fraudsters change on day 126
BUDGET = 5
MORE = 0.17  # share of the loss, above what the trade's rule saves
AMOUNT, NEW_SHOP, IN_A_DAY, REPORTS = 2, 10, 8, 12  # columns

my_alerts = Exercise(
    "Score the `new` payments, so that looking at the five highest each day saves far more than "
    f"the trade's rule: {MORE:g} of the loss more. Learn from `train`; its `labels` are 1, 0, or "
    "NaN where nobody knows.",
    hints=(
        "Leave out the rows without a label, and the columns that are numbers of customers and "
        "shops: the next thief has another card. Gradient-boosted trees bear the rest as it is.",
        "Trees return how likely fraud is. What does a look save on average?",
        "HistGradientBoostingClassifier(max_iter=50, max_leaf_nodes=8) fitted on the known rows "
        "of columns 2 and up; its predict_proba(new[:, 2:])[:, 1] * new[:, 2].",
    ),
    praise="Right: late labels and all, it saves more than the rule on streams held back.",
    seconds=60.0,
    prepare=lambda: _streams(),
)


@my_alerts.set_solution
def my_alerts_solution(train, labels, new):
    from sklearn.ensemble import HistGradientBoostingClassifier

    known = ~np.isnan(labels)
    trees = HistGradientBoostingClassifier(
        max_iter=50, max_leaf_nodes=8, early_stopping=False, random_state=0
    )
    trees.fit(train[known, 2:], labels[known])  # without the numbers of customer and shop
    return trees.predict_proba(new[:, 2:])[:, 1] * new[:, 2]  # EUR that a look saves


@functools.cache
def _streams():
    """Return for each stream what an answer gets, and the frauds and days of the new payments."""
    from course_utils import data

    made = []
    for seed in STREAMS:
        payments = data.make_payments(rows=20_000, prevalence=0.012, seed=seed)
        start = payments.time[0].astype("datetime64[D]")
        time = (payments.time - start) / np.timedelta64(1, "D")
        reported = (data.report_times(payments, seed) - start) / np.timedelta64(1, "D")
        reports = reports_at_shop_solution(payments.X[:, 1], time, reported)
        table = np.column_stack([payments.X, reports])
        labels = known_labels_solution(time, reported, TODAY, WAIT)
        past, new = time < TODAY, (time >= TODAY) & (time < UNTIL)
        made.append(
            (
                (table[past], labels[past], table[new]),
                payments.y[new],
                np.floor(time[new]).astype(int),
            )
        )
    return made


def _rule(new):
    """Return the trade's rule: amount, twice that in a new shop, times the day's payments."""
    return new[:, AMOUNT] * (1 + new[:, NEW_SHOP]) * new[:, IN_A_DAY]


def _saved(scores):
    """Return the mean share of the loss that is saved over the streams, by scores for each."""
    return np.mean(
        [
            loss_saved_solution(each, given[2][:, AMOUNT], fraud, day, BUDGET)
            for each, (given, fraud, day) in zip(scores, _streams(), strict=True)
        ]
    )


@my_alerts.set_check
def my_alerts_check(answer):
    made = _streams()
    new = [given[2] for given, _, _ in made]
    scores = [_scores_of(answer, given) for given, _, _ in made]
    amounts, rule, saved = (
        _saved(each)
        for each in ([each[:, AMOUNT] for each in new], [_rule(each) for each in new], scores)
    )
    line = rule + MORE
    told = (
        f"{saved:.2f} of the loss is saved on {len(made)} streams held back; {line:.2f} is the "
        f"line. The rule amount × (1 + new shop) × payments in 24 h saves {rule:.2f}, the largest "
        f"amounts {amounts:.2f}."
    )
    if saved < line:
        _name_what_is_missing(scores, new, line, told)
    _require_no_later_payment(answer, made[0], scores[0])


def _scores_of(answer, given):
    train, labels, new = (each.copy() for each in given)
    got = as_array(answer(train, labels, new), what="the scores", finite=False)
    require(
        got.shape != (len(new), 2),
        "Two columns came back, as predict_proba returns: the second is the probability of 1.",
    )
    require(
        got.shape != (len(train),),
        "Scores of `train` came back, as many as it has rows. Those of `new` are asked for.",
    )
    got = as_array(got, shape=(len(new),), what="the scores")
    require(np.ptp(got) > 0, "All payments get the same score: nobody knows where to look.")
    return got


def _name_what_is_missing(scores, new, line, told):
    require(
        max(len(np.unique(each)) for each in scores) > 2,
        "The scores have two values, as of predict. Five of many equals are looked at: hand over "
        f"how likely fraud is, or how much is at stake. {told}",
    )
    upside_down = _saved([-each for each in scores])
    require(
        upside_down < line,
        f"Upside down: by the lowest scores {upside_down:.2f} would be saved. {told}",
    )
    in_money = _saved([each * other[:, AMOUNT] for each, other in zip(scores, new, strict=True)])
    require(
        in_money < line,
        "It ranks by how likely fraud is and not by what it costs: times the amount, the same "
        f"scores save {in_money:.2f}. {told}",
    )
    raise Misconception(told)


def _require_no_later_payment(answer, stream, scores):
    """Refuse scores that change when the payments of later days are not there, or by chance."""
    (train, labels, new), _, day = stream
    first = day < day[0] + 10
    again = _scores_of(answer, (train, labels, new[first]))
    for each in np.unique(day[first]):
        rows = np.flatnonzero(day[first] == each)
        highest = [set(np.argsort(-of[rows])[:BUDGET]) for of in (scores[: first.sum()], again)]
        require(
            len(highest[0] & highest[1]) >= min(BUDGET, len(rows)) - 1,
            "Given ten days of new payments and not all of them, it looks at others on the same "
            "day. Scores must not know later payments, as means or ranks over `new` do, nor "
            "hang on chance that no seed sets.",
        )
