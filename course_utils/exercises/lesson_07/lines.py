"""Exercises of lesson 07, of lines and probabilities: quantile, cost, temperature, prior shift."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, name_the_mistake, require

import numpy as np

# ---------------------------------------------------------------------- 4 · yesterday's line

alarm_rows = Exercise(
    "Return 1 for each test row above the threshold, else 0: the threshold is the one that a "
    "given share of the validation scores lies above.",
    hints=(
        "Two steps: one set of scores gives the line, the other set is compared with it.",
        "np.quantile(scores, q) leaves a share of q below and 1 − q above.",
        "np.quantile(validation_scores, 1 - share), then test_scores > threshold.",
    ),
    praise="Right. The line was drawn before the test rows were seen.",
)


@alarm_rows.set_solution
def alarm_rows_solution(validation_scores, test_scores, share):
    """Return 1 for each test row above the validation rows' quantile, else 0: (n,)."""
    threshold = np.quantile(validation_scores, 1 - share)
    return (np.asarray(test_scores) > threshold).astype(int)


@alarm_rows.set_check
def alarm_rows_check(answer):
    validation = 1 + 10 * np.linspace(0, 1, 201) ** 2
    test = np.linspace(-4.013, 14.013, 181)  # tomorrow's rows spread wider
    got = as_array(answer(validation.copy(), test.copy(), 0.1), what="the decisions")
    require(
        got.shape != (),
        "You return one number. A decision for each test row is wanted: 1 above the threshold, "
        "else 0.",
    )
    require(
        got.shape != validation.shape,
        "You decide on the validation rows. They draw the line; the test rows are to be decided.",
    )
    require(
        got.shape == test.shape,
        f"There are {len(test)} test rows, and you return shape {got.shape}.",
    )
    require(np.isin(got, [0, 1]).all(), "Decisions are 0 and 1; yours hold other numbers as well.")
    for line, words in (
        (
            np.quantile(validation, 0.1),
            "That is the quantile of the wrong side: the share lies below your threshold, and "
            "nearly all rows raise an alarm. np.quantile counts from the lowest score.",
        ),
        (
            np.quantile(test, 0.9),
            "Your threshold comes from the test rows. Then exactly that share raises an alarm "
            "whatever happens, and you cannot notice that tomorrow is different.",
        ),
        (
            np.quantile(np.concatenate([validation, test]), 0.9),
            "Validation and test rows drew the line together. Half a leak is a leak.",
        ),
        (0.1, "You compare the scores with the share itself; it is no score."),
        (0.9, "You compare the scores with 1 − share, which is no score."),
        (
            0.9 * validation.max(),
            "Your line lies at 1 − share of the highest score. A share of the rows is meant, not "
            "of the way up to the highest score: how many of them lie above the line?",
        ),
        (
            np.percentile(validation, 0.9),
            "Your line is the 0.9th percentile: np.percentile counts to 100, np.quantile to 1.",
        ),
    ):
        require(not np.array_equal(got, test > line), words)
    require(
        not np.array_equal(got, test <= np.quantile(validation, 0.9)),
        "Your decisions are reversed: 1 is the alarm, for scores above the threshold.",
    )
    tied = np.repeat([1.0, 2.0, 3.0], [10, 20, 5])
    got = as_array(answer(tied, np.array([1.0, 1.99, 2.0, 2.01, 3.0]), 0.3), what="the decisions")
    require(
        not np.array_equal(got, [0, 0, 1, 1, 1]),
        "A score that lies on the threshold raises an alarm in yours. Alarms are for scores above "
        "it: where many scores are tied there, most rows would raise one.",
    )


@alarm_rows.set_inputs
def alarm_rows_inputs(rng):
    for share in (0.1, 0.25, 0.4, float(rng.uniform(0.08, 0.5))):
        n = int(rng.integers(80, 160))
        for what, validation in (
            ("evenly spread scores", rng.uniform(size=n)),
            ("normally distributed scores in another unit", rng.normal(300, 50, size=n)),
            ("skewed scores", rng.exponential(size=n) ** 2),
            ("scores below 0", -rng.exponential(size=n)),
            ("a validation score far out", np.append(rng.normal(size=n - 1), 40.0)),
        ):
            test = _off_the_line(rng, validation, share)
            yield f"{what} and a share of {share:.3g}", (validation, test, share)
    tied = rng.permutation(np.repeat([1.0, 2.0, 3.0, 7.0], [20, 15, 20, 5]))
    yield "tied scores", (tied, np.array([7.0, 3.0, 2.5, 2.0, 3.5, 1.0]), 0.2)
    validation = rng.normal(size=60)
    yield "a test row alone", (validation, np.array([validation.max()]), 0.2)


def _off_the_line(rng, validation, share):
    """Return test scores, none of them where conventions of the quantile differ."""
    ordered = np.sort(validation)
    place = round((1 - share) * len(ordered))
    low, high = ordered[place - 3], ordered[place + 2]
    near = [ordered[[place - 4, place - 3]].mean(), ordered[[place + 2, place + 3]].mean()]
    spread = np.append(rng.choice(validation, 20), validation.mean())
    spread += 0.01 * validation.std() * rng.normal(size=len(spread))
    far = spread[(spread < low) | (spread > high)]
    return rng.permutation(np.append(near, far))


# ------------------------------------------------------------------------ 5 · worth an alarm

worth_an_alarm = Exercise(
    "Return p*, the probability above which an alarm costs less than silence.",
    hints=(
        "An alarm is wrong with probability 1 − p. What does it cost on average? And silence, "
        "which is wrong with probability p?",
        "They cost the same where (1 − p) · cost_false_alarm = p · cost_miss. Solve for p.",
        "Two equal costs should give 0.5, and a dear miss a number far below it.",
    ),
    praise="Right. The dearer a miss, the smaller the suspicion that is worth an alarm.",
)


@worth_an_alarm.set_solution
def worth_an_alarm_solution(cost_false_alarm, cost_miss):
    """Return the probability above which an alarm pays."""
    return cost_false_alarm / (cost_false_alarm + cost_miss)


@worth_an_alarm.set_check
def worth_an_alarm_check(answer):
    got = float(as_array(answer(3, 12), shape=(), what="p*"))
    require(
        not np.isclose(got, 0.8),
        "The costs have changed places: yours stays silent where a miss is dear. A dear miss must "
        "lower the line.",
    )
    require(
        not np.isclose(got, 0.25) and not np.isclose(got, 4),
        "That is the ratio of the two costs. For equal costs it would be 1, and no row would ever "
        "raise an alarm.",
    )
    require(
        not np.isclose(got, 0.5),
        "0.5 makes the fewest mistakes, which is accuracy. It takes both mistakes to cost the "
        "same.",
    )
    require(
        np.isclose(got, 0.2, rtol=1e-3),
        f"For costs 3 and 12 you return {got:.5g}. At that probability, is "
        "(1 − p) · 3 equal to p · 12?",
    )


@worth_an_alarm.set_inputs
def worth_an_alarm_inputs(rng):
    # whole per mille, which a fine grid of probabilities hits
    for share in (500, 125, 200, 250, 400, 625, 900, 150):
        unit = float(rng.integers(1, 30)) / 100
        costs = share * unit, (1000 - share) * unit
        yield "the costs {:g} and {:g}".format(*costs), costs
    yield "whole numbers", (1, 3)


def _logit(p):
    return np.log(p / (1 - p))


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _probabilities(rng):
    """Yield (what they are, probabilities (n,) not too near to 0 and 1); few digits to show."""
    for what, low, high, n in (
        ("three probabilities", 0.02, 0.98, 3),
        ("many probabilities", 0.02, 0.98, int(rng.integers(8, 20))),
        ("small probabilities", 0.01, 0.08, 6),
        ("large probabilities", 0.93, 0.99, 6),
        ("a single probability", 0.2, 0.8, 1),
    ):
        yield what, np.round(rng.uniform(low, high, size=n), 3)
    yield "sorted probabilities", np.round(np.sort(rng.uniform(0.05, 0.95, size=7)), 3)


# ------------------------------------------------------------------------------- 6 · cooled

cooled = Exercise(
    "Return the probabilities after temperature scaling: logits divided by the temperature.",
    hints=(
        "Three steps: from probabilities to logits, divide, and back.",
        "The logit of p is log(p / (1 − p)); the way back is 1 / (1 + exp(−z)).",
    ),
    praise="Right. A temperature above 1 pulls all probabilities towards one half, in one order.",
)


@cooled.set_solution
def cooled_solution(p, temperature):
    """Return probabilities (n,) whose logits are divided by the temperature."""
    p = np.asarray(p)
    logits = np.log(p / (1 - p)) / temperature
    return 1 / (1 + np.exp(-logits))


@cooled.set_check
def cooled_check(answer):
    p = np.array([0.02, 0.3, 0.5, 0.8, 0.99])
    z = _logit(p)
    got = as_array(answer(p.copy(), 2.5), shape=(5,), what="the probabilities")
    name_the_mistake(
        got,
        [
            (
                _sigmoid(2.5 * z),
                "You multiply by the temperature. That makes the network surer of itself; a "
                "temperature above 1 should make it less sure. Divide.",
            ),
            (p / 2.5, "You divide the probability itself. The temperature divides its logit."),
            (
                _sigmoid(p / 2.5),
                "You treat p as if it were a logit already. Take log(p / (1 − p)) first.",
            ),
            (
                np.exp(z / 2.5),
                "Those are odds, which can exceed 1. Bring them back: odds / (1 + odds).",
            ),
            (z / 2.5, "Those are logits. Bring them back with 1 / (1 + exp(−z))."),
            (
                p ** (1 / 2.5),
                "p^(1/T) cools one side only: probabilities above and below one half should move "
                "alike. Work on the logit.",
            ),
            (
                _sigmoid(-z / 2.5),
                "Small probabilities become large and large ones small: the way back is "
                "1 / (1 + exp(−z)), with a minus sign.",
            ),
            (
                _sigmoid(np.log(p) / 2.5),
                "log p is not the logit: that is log(p / (1 − p)).",
            ),
            (p, "Nothing has changed: is the temperature used?"),
        ],
    )


@cooled.set_inputs
def cooled_inputs(rng):
    for what, p in _probabilities(rng):
        for temperature in (rng.uniform(1.2, 4), rng.uniform(0.4, 0.9)):
            yield what, (p, round(float(temperature), 2))
    yield "temperature 1", (rng.uniform(0.05, 0.95, size=5), 1)
    yield "a high temperature", (rng.uniform(0.05, 0.95, size=5), 50.0)


# ------------------------------------------------------------------------------ 7 · shifted

shifted = Exercise(
    "Return the probabilities corrected from the prevalence in training to the one in service.",
    hints=(
        "Bayes: posterior odds are prior odds times evidence. Training and service share the "
        "evidence.",
        "Divide the odds p / (1 − p) by the odds of the old prevalence and multiply by those of "
        "the new one.",
        "With logits: logit(p) − logit(before) + logit(now), and back.",
    ),
    praise="Right. A row that says no more than the prevalence gets the new prevalence.",
)


@shifted.set_solution
def shifted_solution(p, before, now):
    """Return probabilities (n,) for prevalence `now`, learned at prevalence `before`."""
    p = np.asarray(p)
    odds = p / (1 - p) * (now / (1 - now)) / (before / (1 - before))
    return odds / (1 + odds)


@shifted.set_check
def shifted_check(answer):
    p = np.array([0.01, 0.2, 0.5, 0.7, 0.98])
    z, before, now = _logit(p), 0.4, 0.05
    got = as_array(answer(p.copy(), before, now), shape=(5,), what="the probabilities")
    name_the_mistake(
        got,
        [
            (
                _sigmoid(z + _logit(before) - _logit(now)),
                "The two prevalences have changed places: anomalies get rarer here, and your "
                "probabilities rise.",
            ),
            (
                p * now / before,
                "You scale the probability itself. That works on odds: p near 1 should stay near "
                "1, and scaling up could exceed 1.",
            ),
            (
                _sigmoid(z + np.log(now / before)),
                "You use the ratio of the prevalences, which weighs the anomalies' side only. "
                "Odds are π / (1 − π): the normal rows have become more frequent as well.",
            ),
            (p, "Nothing has changed: are both prevalences used?"),
            (
                _sigmoid(z + _logit(now)),
                "You add the new log odds without taking the old ones out. The network has "
                "learned the old prevalence already.",
            ),
            (
                _sigmoid(z - _logit(before)),
                "You take the old log odds out and add nothing: that is right for a prevalence of "
                "one half.",
            ),
            (
                np.exp(z + _logit(now) - _logit(before)),
                "Those are odds, which can exceed 1. Bring them back: odds / (1 + odds).",
            ),
            (
                z + _logit(now) - _logit(before),
                "Those are logits. Bring them back with 1 / (1 + exp(−z)).",
            ),
        ],
    )


@shifted.set_inputs
def shifted_inputs(rng):
    for what, p in _probabilities(rng):
        for before, now in (
            (rng.uniform(0.3, 0.5), rng.uniform(0.01, 0.1)),
            (rng.uniform(0.01, 0.1), rng.uniform(0.2, 0.6)),
        ):
            yield what, (p, round(float(before), 3), round(float(now), 3))
    yield "a prevalence that stays", (rng.uniform(0.05, 0.95, size=5), 0.3, 0.3)
    yield "a prevalence of one half", (rng.uniform(0.05, 0.95, size=5), 0.5, 0.002)
    yield "mostly anomalies", (rng.uniform(0.05, 0.95, size=5), 0.2, 0.9)
