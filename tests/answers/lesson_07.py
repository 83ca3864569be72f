"""Answers to the exercises of lesson 07: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils import thresholds
from course_utils.exercises import lesson_07 as ex

import numpy as np
from scipy import special
from sklearn.utils.class_weight import compute_class_weight


@right(ex.class_weights)
def weights_from_scikit_learn(y):
    return compute_class_weight("balanced", classes=np.array([0, 1]), y=y)


@wrong(ex.class_weights, "upside down")
def class_weights_upside_down(y):
    return {0: 2 * np.mean(y == 0), 1: 2 * np.mean(y)}


@wrong(ex.class_weights, "on average")
def class_weights_anomalies_only(y):
    return {0: 1.0, 1: np.sum(y == 0) / np.sum(y)}


@wrong(ex.class_weights, "on average")
def class_weights_without_the_two(y):
    return {0: len(y) / np.sum(y == 0), 1: len(y) / np.sum(y)}


@wrong(ex.class_weights, "with all rows")
def class_weights_inverse_prevalence(y):
    return {0: 1.0, 1: 1 / np.mean(y)}


@wrong(ex.class_weights, "keys 0 and 1")
def class_weights_named(y):
    return {"normal": 1.0, "anomaly": 4.0}


wrong(ex.class_weights, "nothing has changed")(lambda y: {0: 1.0, 1: 1.0})
wrong(ex.class_weights, "should weigh 4")(lambda y: {0: 1.0, 1: 3.0})


@right(ex.focal_loss)
def focal_in_a_loop(y, p, gamma):
    losses = []
    for label, chance in zip(y, p, strict=True):
        truth = chance if label else 1 - chance
        losses.append(-((1 - truth) ** gamma) * np.log(truth))
    return losses


@wrong(ex.focal_loss, "belongs on 1 − q")
def focal_loss_on_q(y, p, gamma):
    q = np.where(y == 1, p, 1 - p)
    return -(q**gamma) * np.log(q)


@wrong(ex.focal_loss, "minus sign is missing")
def focal_loss_negative(y, p, gamma):
    return -ex.focal_loss._solution(y, p, gamma)


@wrong(ex.focal_loss, "for normal rows as well")
def focal_loss_without_truth(y, p, gamma):
    return -((1 - p) ** gamma) * np.log(p)


@wrong(ex.focal_loss, "One loss a row")
def focal_loss_mean(y, p, gamma):
    return ex.focal_loss._solution(y, p, gamma).mean()


@wrong(ex.focal_loss, "gamma multiplies")
def focal_loss_factor(y, p, gamma):
    q = np.where(y == 1, p, 1 - p)
    return -gamma * (1 - q) * np.log(q)


@wrong(ex.focal_loss, "Normal rows have no loss")
def focal_loss_anomalies_only(y, p, gamma):
    return -y * (1 - p) ** gamma * np.log(p)


wrong(ex.focal_loss, "is missing")(lambda y, p, g: (1 - np.where(y == 1, p, 1 - p)) ** g)
wrong(ex.focal_loss, "factor")(lambda y, p, g: -np.log(np.where(y == 1, p, 1 - p)))


@right(ex.synthetic_rows)
def rows_in_a_loop(rows, neighbours, generator):
    result = []
    for row, other in zip(rows, neighbours, strict=True):
        share = generator.uniform(0, 1)
        result.append([(1 - share) * a + share * b for a, b in zip(row, other, strict=True)])
    return result


@wrong(ex.synthetic_rows, "not for each column")
def synthetic_rows_per_column(rows, neighbours, generator):
    return rows + generator.random(rows.shape) * (neighbours - rows)


@wrong(ex.synthetic_rows, "same share of its way")
def synthetic_rows_middle(rows, neighbours, generator):
    return (rows + neighbours) / 2


@wrong(ex.synthetic_rows, "same share of its way")
def synthetic_rows_one_number(rows, neighbours, generator):
    return rows + generator.random() * (neighbours - rows)


@wrong(ex.synthetic_rows, "far side")
def synthetic_rows_away(rows, neighbours, generator):
    return rows + generator.random((len(rows), 1)) * (rows - neighbours)


@wrong(ex.synthetic_rows, "outside the segment")
def synthetic_rows_normal_share(rows, neighbours, generator):
    return rows + generator.normal(size=(len(rows), 1)) * (neighbours - rows)


@wrong(ex.synthetic_rows, "plain oversampling")
def synthetic_rows_copies(rows, neighbours, generator):
    return rows.copy()


@wrong(ex.synthetic_rows, "Draw from `generator`")
def synthetic_rows_other_generator(rows, neighbours, generator):
    return rows + np.random.default_rng().random((len(rows), 1)) * (neighbours - rows)


wrong(ex.synthetic_rows, "spread over")(lambda r, n, g: r + 0.5 * g.random((len(r), 1)) * (n - r))
wrong(ex.synthetic_rows, "leave the segment")(lambda r, n, g: g.permutation(r))

right(ex.alarm_rows)(lambda v, t, share: t > np.sort(v)[int((1 - share) * len(v))])
right(ex.alarm_rows)(lambda v, t, share: thresholds.decide(t, thresholds.quantile(v, share)))


@wrong(ex.alarm_rows, "wrong side")
def alarm_rows_low_side(validation_scores, test_scores, share):
    return (test_scores > np.quantile(validation_scores, share)).astype(int)


@wrong(ex.alarm_rows, "comes from the test rows")
def alarm_rows_from_test(validation_scores, test_scores, share):
    return (test_scores > np.quantile(test_scores, 1 - share)).astype(int)


@wrong(ex.alarm_rows, "Half a leak")
def alarm_rows_from_both(validation_scores, test_scores, share):
    both = np.concatenate([validation_scores, test_scores])
    return (test_scores > np.quantile(both, 1 - share)).astype(int)


@wrong(ex.alarm_rows, "A decision for each test row")
def alarm_rows_threshold(validation_scores, test_scores, share):
    return np.quantile(validation_scores, 1 - share)


@wrong(ex.alarm_rows, "reversed")
def alarm_rows_reversed(validation_scores, test_scores, share):
    return (test_scores <= np.quantile(validation_scores, 1 - share)).astype(int)


wrong(ex.alarm_rows, "validation rows")(lambda v, t, s: (v > np.quantile(v, 1 - s)).astype(int))
wrong(ex.alarm_rows, "share itself")(lambda v, t, s: (t > s).astype(int))

right(ex.worth_an_alarm)(lambda false, miss: 1 / (1 + miss / false))


@wrong(ex.worth_an_alarm, "changed places")
def worth_an_alarm_upside_down(cost_false_alarm, cost_miss):
    return cost_miss / (cost_false_alarm + cost_miss)


@wrong(ex.worth_an_alarm, "ratio of the two costs")
def worth_an_alarm_ratio(cost_false_alarm, cost_miss):
    return cost_false_alarm / cost_miss


@wrong(ex.worth_an_alarm, "which is accuracy")
def worth_an_alarm_accuracy(cost_false_alarm, cost_miss):
    return 0.5


@wrong(ex.worth_an_alarm, "returned None")
def worth_an_alarm_forgotten_return(cost_false_alarm, cost_miss):
    _ = cost_false_alarm / (cost_false_alarm + cost_miss)


wrong(ex.worth_an_alarm, "ratio of the two costs")(lambda f, m: m / f)

right(ex.cooled)(lambda p, T: p ** (1 / T) / (p ** (1 / T) + (1 - p) ** (1 / T)))
right(ex.cooled)(lambda p, T: special.expit(special.logit(p) / T).astype("float32"))


@wrong(ex.cooled, "You multiply by the temperature")
def cooled_multiplied(p, temperature):
    return special.expit(special.logit(p) * temperature)


@wrong(ex.cooled, "divide the probability itself")
def cooled_probability(p, temperature):
    return p / temperature


@wrong(ex.cooled, "as if it were a logit")
def cooled_twice_squashed(p, temperature):
    return special.expit(p / temperature)


@wrong(ex.cooled, "Those are logits")
def cooled_logits(p, temperature):
    return special.logit(p) / temperature


@wrong(ex.cooled, "one side only")
def cooled_power(p, temperature):
    return p ** (1 / temperature)


wrong(ex.cooled, "Nothing has changed")(lambda p, T: p)

right(ex.shifted)(lambda p, a, b: p * b / a / (p * b / a + (1 - p) * (1 - b) / (1 - a)))
right(ex.shifted)(
    lambda p, a, b: special.expit(special.logit(p) - special.logit(a) + special.logit(b))
)


@wrong(ex.shifted, "changed places")
def shifted_backwards(p, before, now):
    return ex.shifted._solution(p, now, before)


@wrong(ex.shifted, "scale the probability itself")
def shifted_scaled(p, before, now):
    return p * now / before


@wrong(ex.shifted, "ratio of the prevalences")
def shifted_without_odds(p, before, now):
    return special.expit(special.logit(p) + np.log(now / before))


@wrong(ex.shifted, "without taking the old ones out")
def shifted_old_ones_left(p, before, now):
    return special.expit(special.logit(p) + special.logit(now))


@wrong(ex.shifted, "Those are logits")
def shifted_logits(p, before, now):
    return special.logit(p) + special.logit(now) - special.logit(before)


wrong(ex.shifted, "one half")(lambda p, a, b: special.expit(special.logit(p) - special.logit(a)))


@right(ex.judge_cure)
def judge_with_numbers(X, y, held_out, resample, learn, metric):
    inside, outside = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    rows, labels = resample(X[inside], y[inside])
    return metric(y[outside].tolist(), learn(rows, labels)(X[outside]).tolist())


@wrong(ex.judge_cure, "before the split")
def judge_cure_smote_first(X, y, held_out, resample, learn, metric):
    model = learn(*resample(X, y))
    return metric(y[held_out], model(X[held_out]))


@wrong(ex.judge_cure, "Made-up rows must not judge")
def judge_cure_resampled_judges(X, y, held_out, resample, learn, metric):
    model = learn(*resample(X[~held_out], y[~held_out]))
    X_test, y_test = resample(X[held_out], y[held_out])
    return metric(y_test, model(X_test))


@wrong(ex.judge_cure, "learned from rows that are held out")
def judge_cure_learned_all(X, y, held_out, resample, learn, metric):
    resample(X[~held_out], y[~held_out])
    return metric(y[held_out], learn(X, y)(X[held_out]))


@wrong(ex.judge_cure, "was not used")
def judge_cure_without_cure(X, y, held_out, resample, learn, metric):
    resample(X[~held_out], y[~held_out])
    return metric(y[held_out], learn(X[~held_out], y[~held_out])(X[held_out]))


@wrong(ex.judge_cure, "X[held_out] should judge")
def judge_cure_on_training_rows(X, y, held_out, resample, learn, metric):
    model = learn(*resample(X[~held_out], y[~held_out]))
    return metric(y[~held_out], model(X[~held_out]))


@wrong(ex.judge_cure, "labels first")
def judge_cure_swapped(X, y, held_out, resample, learn, metric):
    model = learn(*resample(X[~held_out], y[~held_out]))
    return metric(model(X[held_out]), y[held_out])


wrong(ex.judge_cure, "never called")(lambda X, y, h, r, fit, m: m(y[h], fit(X[~h], y[~h])(X[h])))
