"""Exercises of lesson 07, Imbalance and thresholds."""

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np

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
    got = _two_weights(answer(y.copy()))
    ratio = got[1] / got[0] if got[0] else np.inf
    require(
        not np.isclose(ratio, 4 / 16),
        "Your weights are upside down: the many normal rows get the larger one. The rarer a "
        "class, the more one of its rows must weigh.",
    )
    require(
        not np.isclose(ratio, 20 / 4) and not np.isclose(ratio, 5 / 4),
        "You compare the anomalies with all rows. The two classes that should weigh the same are "
        "the anomalies and the normal rows.",
    )
    require(not np.isclose(ratio, 1), "Both classes weigh the same per row: nothing has changed.")
    require(
        np.isclose(ratio, 4),
        f"With 16 normal rows and 4 anomalies one anomaly should weigh 4 normal rows, not "
        f"{ratio:.3g}.",
    )
    mean = np.mean(got[y])
    require(
        np.isclose(mean, 1),
        f"The classes balance, but a row weighs {mean:.3g} on average. The loss grows with it and "
        "no longer compares with one without weights. Divide both weights by it.",
    )
    other = _two_weights(answer(np.array([0, 0, 0, 1])))
    require(
        np.allclose(other, [2 / 3, 2]),
        f"For [0, 0, 0, 1] you return {other.round(3)}, not [0.667 2.]. Do you count the rows?",
    )


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
    wanted = (1 - q) ** 2 * -np.log(q)
    got = as_array(answer(y.copy(), p.copy(), 2.0), what="the loss")
    require(
        got.shape == (6,),
        f"One loss a row is expected, shape (6,); yours has shape {got.shape}. Keras takes the "
        "mean itself.",
    )
    name_the_mistake(
        got,
        [
            (
                q**2 * -np.log(q),
                "Your exponent stands on q, so that the rows which are known well count most. "
                "It belongs on 1 − q, the part that is still missing.",
            ),
            (-wanted, "Your loss is negative: log q is below 0, and a minus sign is missing."),
            (
                (1 - p) ** 2 * -np.log(p),
                "You use p for normal rows as well. The probability that was given to the truth "
                "is 1 − p there.",
            ),
            (
                np.where(y == 1, (1 - p) ** 2 * -np.log(p), 0),
                "Normal rows have no loss in yours. Then the network may call everything an "
                "anomaly.",
            ),
            (
                2 * (1 - q) * -np.log(q),
                "gamma multiplies in yours. It is an exponent: (1 − q)^γ.",
            ),
            (-np.log(q), "That is the cross-entropy: the factor (1 − q)^γ is missing."),
            ((1 - q) ** 2, "The factor is there, the cross-entropy −log q is missing."),
        ],
    )
    require(
        same_numbers(got, wanted),
        f"For a normal row with p = 0.8 and γ = 2 you return {got[-1]:.4g}, not {wanted[-1]:.4g}.",
    )
    plain = as_array(answer(y.copy(), p.copy(), 0.0), shape=(6,), what="the loss for γ = 0")
    require(same_numbers(plain, -np.log(q)), "With γ = 0 it should be the cross-entropy −log q.")
    sharper = as_array(answer(y.copy(), p.copy(), 5.0), shape=(6,), what="the loss for γ = 5")
    require(
        same_numbers(sharper, (1 - q) ** 5 * -np.log(q)),
        "With γ = 5 your loss differs from (1 − q)⁵ · (−log q). Is gamma used throughout?",
    )


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
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 4))
    neighbours = rows + rng.uniform(0.5, 1.5, size=(300, 4)) * rng.choice([-1, 1], (300, 4))
    given = rows.copy(), neighbours.copy()
    got = as_array(answer(*given, np.random.default_rng(1)), shape=(300, 4), what="the new rows")
    share = (got - rows) / (neighbours - rows)  # (300, 4): how far along, by column
    first = share[:, :1]
    require(
        np.allclose(share, first, atol=1e-9),
        "Your new rows leave the segment: each column goes its own share of the way, which fills "
        "a whole box with rows that resemble neither end. Draw one number for each row, not for "
        "each column.",
    )
    require(
        not np.allclose(share, 0, atol=1e-9) and not np.allclose(share, 1, atol=1e-9),
        "Your new rows are copies of rows that you were given. That is plain oversampling.",
    )
    require(
        np.ptp(first) > 1e-9,
        f"Every new row lies at the same share of its way, {first[0, 0]:.3g}. Draw a number of "
        "its own for each row.",
    )
    require(
        np.mean(first < 0) < 0.9,
        "Your new rows lie on the far side, away from the neighbour. The way to it is "
        "neighbours − rows.",
    )
    require(
        first.min() >= -1e-9 and first.max() <= 1 + 1e-9,
        "Some new rows lie on the line but outside the segment, where perhaps no anomaly can be. "
        "Draw the share from 0 to 1.",
    )
    require(
        first.min() < 0.1 and first.max() > 0.9 and abs(first.mean() - 0.5) < 0.1,
        "Your new rows do not spread over the whole segment. Draw the share evenly from 0 to 1.",
    )
    again = as_array(
        answer(rows.copy(), neighbours.copy(), np.random.default_rng(1)), what="the new rows"
    )
    require(
        np.array_equal(got, again),
        "The same generator gives other rows the second time. Draw from `generator`, so that a "
        "run can be repeated.",
    )


alarm_rows = Exercise(
    "Return 0 or 1 for each test row: the threshold is the one that a given share of the "
    "validation scores lies above.",
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
    validation = np.linspace(0, 10, 201)
    test = np.linspace(-4.013, 14.013, 181)  # tomorrow's rows spread wider
    result = answer(validation.copy(), test.copy(), 0.1)
    got = as_array(result, what="the decisions")
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
    both = np.concatenate([validation, test])
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
            np.quantile(both, 0.9),
            "Validation and test rows drew the line together. Half a leak is a leak.",
        ),
        (0.1, "You compare the scores with the share itself; it is no score."),
        (0.9, "You compare the scores with 1 − share, which is no score."),
    ):
        require(not np.array_equal(got, test > line), words)
    right = test > np.quantile(validation, 0.9)
    require(
        not np.array_equal(got, ~right),
        "Your decisions are reversed: 1 is the alarm, for scores above the threshold.",
    )
    require(
        np.array_equal(got, right),
        f"{int(got.sum())} test rows raise an alarm in yours; {int(right.sum())} lie above the "
        "line that a tenth of the validation scores exceed.",
    )


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
        np.isclose(got, 0.2),
        f"For costs 3 and 12 you return {got:.4g}. At that probability, is "
        "(1 − p) · 3 equal to p · 12?",
    )
    other = float(as_array(answer(5.0, 100.0), shape=(), what="p*"))
    require(np.isclose(other, 5 / 105), f"For 5 and 100 you return {other:.4g}, not 0.0476.")


def _logit(p):
    return np.log(p / (1 - p))


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


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
            (z / 2.5, "Those are logits. Bring them back with 1 / (1 + exp(−z))."),
            (
                p ** (1 / 2.5),
                "p^(1/T) cools one side only: probabilities above and below one half should move "
                "alike. Work on the logit.",
            ),
            (p, "Nothing has changed: is the temperature used?"),
        ],
    )
    wanted = _sigmoid(z / 2.5)
    require(
        same_numbers(got, wanted),
        f"For p = 0.8 and temperature 2.5 you return {got[3]:.4g}, not {wanted[3]:.4g}.",
    )
    hot = as_array(answer(p.copy(), 0.5), shape=(5,), what="the probabilities")
    require(same_numbers(hot, _sigmoid(2 * z)), "A temperature of 0.5 should double every logit.")


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
                "You use the ratio of the prevalences. Odds are π / (1 − π): the normal rows have "
                "become more frequent as well.",
            ),
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
                z + _logit(now) - _logit(before),
                "Those are logits. Bring them back with 1 / (1 + exp(−z)).",
            ),
            (
                p * now / before / (p * now / before + (1 - p)),
                "You weigh the anomalies' side only. The normal rows' share changes too, from "
                "1 − before to 1 − now.",
            ),
        ],
    )
    wanted = _sigmoid(z + _logit(now) - _logit(before))
    require(
        same_numbers(got, wanted),
        f"For p = 0.5, from 0.4 to 0.05, you return {got[2]:.4g}, not {wanted[2]:.4g}.",
    )
    same = as_array(answer(p.copy(), 0.3, 0.3), shape=(5,), what="the probabilities")
    require(same_numbers(same, p), "If the prevalence stays, so should the probabilities.")


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


class _Witness:
    """Resample, learn and metric that note which rows they are given, told by the first column."""

    def __init__(self):
        self.resampled, self.learned, self.scored, self.judged = [], [], [], []

    def resample(self, X, y):
        X, y = np.asarray(X, dtype=float), np.asarray(y)
        self.resampled.append(X[:, 0].copy())
        made = X[y == 1] + [0.5, 0.0]  # a half in the first column marks a made row
        return np.vstack([X, made]), np.concatenate([y, np.ones(len(made), dtype=y.dtype)])

    def learn(self, X, y):
        require(len(X) == len(y), "Rows and labels that you learn from differ in number.")
        self.learned.append(np.asarray(X, dtype=float)[:, 0].copy())
        return self.model

    def model(self, X):
        X = np.asarray(X, dtype=float)
        self.scored.append(X[:, 0].copy())
        return 10.0 + X[:, 1]

    def metric(self, y, scores):
        y, scores = np.asarray(y, dtype=float), np.asarray(scores, dtype=float)
        require(
            not (np.isin(scores, [0, 1]).all() and not np.isin(y, [0, 1]).all()),
            "metric wants the labels first, then the scores.",
        )
        require(y.shape == scores.shape, "The metric gets labels and scores of unequal number.")
        self.judged.append(y.copy())
        return float(y @ scores)


@judge_cure.set_check
def judge_cure_check(answer):
    rng = np.random.default_rng(3)
    X = np.column_stack([np.arange(60.0), rng.normal(size=60)])
    y = (rng.random(60) < 0.3).astype(int)
    held_out = rng.random(60) < 0.3
    seen = _Witness()
    result = answer(X.copy(), y.copy(), held_out.copy(), seen.resample, seen.learn, seen.metric)
    outside = set(np.flatnonzero(held_out).astype(float))
    require(seen.resampled, "`resample` was never called: there is no cure to be judged.")
    require(
        not outside & set(np.floor(seen.resampled[0])) or len(seen.resampled) > 1,
        "`resample` saw the rows held out: new rows were made from them before the split, and the "
        "model learns from their neighbours. Split first, then resample the rows to learn from.",
    )
    require(
        len(seen.resampled) == 1,
        "The rows held out were resampled too. Made-up rows must not judge, and the prevalence "
        "should be the real one.",
    )
    require(seen.learned, "`learn` was never called.")
    require(
        not outside & set(seen.learned[-1]),
        "The model learned from rows that are held out. Use X[~held_out] to learn.",
    )
    require(
        np.any(seen.learned[-1] % 1 > 0),
        "The model learned from the rows as they were; what `resample` returned was not used.",
    )
    require(seen.judged, "`metric` was never called.")
    require(
        set(seen.scored[-1]) == outside,
        "Other rows than those held out are scored at the end. X[held_out] should judge.",
    )
    wanted = float(y[held_out] @ (10.0 + X[held_out, 1]))
    got = float(as_array(result, shape=(), what="the metric"))
    require(np.isclose(got, wanted), "That is not the metric of the rows held out.")
