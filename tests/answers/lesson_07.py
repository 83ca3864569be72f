"""Answers to the exercises of lesson 07: right ones in other styles, and wrong ones."""

import copy

from answers import right, wrong
from course_utils import thresholds
from course_utils.exercises import lesson_07 as ex

import numpy as np
import pandas as pd
import torch
from scipy import special
from sklearn.utils.class_weight import compute_class_weight


@right(ex.class_weights)
def weights_from_scikit_learn(y):
    return compute_class_weight("balanced", classes=np.array([0, 1]), y=y)


@right(ex.class_weights)
def weights_counted_in_a_loop(y):
    counts = [0, 0]
    for label in y:
        counts[label] += 1
    return {label: sum(counts) / 2 / count for label, count in enumerate(counts)}


@right(ex.class_weights)
def weights_from_pandas(y):
    return (len(y) / 2 / pd.Series(y).value_counts()).to_dict()


@right(ex.class_weights)
def weights_as_tensors_in_float32(y):
    counts = torch.bincount(torch.tensor(y)).float().requires_grad_()
    weights = counts.sum() / (2 * counts)
    return {1: weights[1], 0: weights[0]}


@wrong(ex.class_weights, "a weight for each of the 20 rows")
def class_weights_of_the_rows(y):
    weights = ex.class_weights._solution(y)
    return np.where(y == 1, weights[1], weights[0])


@wrong(ex.class_weights, "With about 50% anomalies")
def class_weights_of_one_prevalence(y):
    return {0: 0.625, 1: 2.5}


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


@right(ex.focal_loss)
def focal_in_float32(y, p, gamma):
    y, p = y.astype(np.float32), p.astype(np.float32)
    truth = y * p + (1 - y) * (1 - p)
    return np.power(1 - truth, np.float32(gamma)) * -np.log(truth)


@right(ex.focal_loss)
def focal_as_a_tensor(y, p, gamma):
    y, p = torch.tensor(y), torch.tensor(p, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy(p, y.double(), reduction="none")
    return (1 - torch.exp(-loss)) ** gamma * loss


@right(ex.focal_loss)
def focal_in_pandas(y, p, gamma):
    rows = pd.DataFrame({"y": y, "p": p.clip(1e-7, 1 - 1e-7)})
    truth = rows["p"].where(rows["y"] == 1, 1 - rows["p"])
    return -np.log(truth) * (1 - truth).pow(gamma)


@wrong(ex.focal_loss, "the factor takes p for normal rows as well")
def focal_loss_whose_factor_knows_anomalies_only(y, p, gamma):
    return (1 - p) ** gamma * -np.log(np.where(y == 1, p, 1 - p))


@wrong(ex.focal_loss, "First 1 − q, then the power")
def focal_loss_of_the_power_s_rest(y, p, gamma):
    q = np.where(y == 1, p, 1 - p)
    return (1 - q**gamma) * -np.log(q)


@wrong(ex.focal_loss, "Your exponent is 2 where gamma is 3")
def focal_loss_of_the_paper(y, p, gamma):
    return ex.focal_loss._solution(y, p, 2)


@wrong(ex.focal_loss, "is expected")
def focal_loss_with_a_weight(y, p, gamma):
    return np.where(y == 1, 0.25, 0.75) * ex.focal_loss._solution(y, p, gamma)


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


@wrong(ex.focal_loss, "one loss a row")
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


@right(ex.synthetic_rows)
def rows_in_float32_from_the_neighbour_s_end(rows, neighbours, generator):
    share = generator.uniform(size=len(rows)).astype(np.float32)[:, None]
    return neighbours.astype(np.float32) + share * (rows - neighbours).astype(np.float32)


@right(ex.synthetic_rows)
def rows_as_a_tensor(rows, neighbours, generator):
    rows = torch.tensor(rows, requires_grad=True)
    share = torch.from_numpy(generator.random(len(rows)))
    return torch.lerp(rows, torch.tensor(neighbours), share.unsqueeze(1))


@right(ex.synthetic_rows)
def rows_in_pandas(rows, neighbours, generator):
    rows = pd.DataFrame(rows)
    return rows.add((pd.DataFrame(neighbours) - rows).mul(generator.random(len(rows)), axis=0))


@wrong(ex.synthetic_rows, "plain oversampling")
def synthetic_rows_of_either_end(rows, neighbours, generator):
    return np.where(generator.random((len(rows), 1)) < 0.5, rows, neighbours)


@wrong(ex.synthetic_rows, "from the first row to the last")
def synthetic_rows_at_even_steps(rows, neighbours, generator):
    return rows + np.linspace(0, 1, len(rows))[:, None] * (neighbours - rows)


@wrong(ex.synthetic_rows, "Called with a single row")
def synthetic_rows_at_shuffled_even_steps(rows, neighbours, generator):
    shares = generator.permutation((np.arange(len(rows)) + 0.5) / len(rows))
    return rows + shares[:, None] * (neighbours - rows)


@wrong(ex.synthetic_rows, "another seed gives the same places")
def synthetic_rows_of_one_seed(rows, neighbours, generator):
    return ex.synthetic_rows._solution(rows, neighbours, np.random.default_rng(0))


@wrong(ex.synthetic_rows, "has been drawn from")
def synthetic_rows_of_a_copied_generator(rows, neighbours, generator):
    return ex.synthetic_rows._solution(rows, neighbours, copy.deepcopy(generator))


@wrong(ex.synthetic_rows, "Draw from `generator`")
def synthetic_rows_of_global_chance(rows, neighbours, generator):
    return rows + np.random.rand(len(rows), 1) * (neighbours - rows)


@wrong(ex.synthetic_rows, "tells that of the next")
def synthetic_rows_in_pairs(rows, neighbours, generator):
    shares = np.repeat(generator.random(len(rows)), 2)[: len(rows)]
    return rows + shares[:, None] * (neighbours - rows)


@wrong(ex.synthetic_rows, "to its own neighbour")
def synthetic_rows_to_other_neighbours(rows, neighbours, generator):
    return ex.synthetic_rows._solution(rows, neighbours[::-1], generator)


@wrong(ex.synthetic_rows, "not for each column")
def synthetic_rows_per_column(rows, neighbours, generator):
    return rows + generator.random(rows.shape) * (neighbours - rows)


@wrong(ex.synthetic_rows, "different places of their segments")
def synthetic_rows_at_rounded_shares(rows, neighbours, generator):
    return rows + generator.random((len(rows), 1)).round(1) * (neighbours - rows)


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


@right(ex.alarm_rows)
def alarms_by_counting_in_a_loop(validation_scores, test_scores, share):
    allowed = share * len(validation_scores)
    return [int(sum(v >= score for v in validation_scores) < allowed) for score in test_scores]


@right(ex.alarm_rows)
def alarms_as_a_float32_tensor(validation_scores, test_scores, share):
    validation = torch.tensor(validation_scores, dtype=torch.float32, requires_grad=True)
    return torch.tensor(test_scores, dtype=torch.float32) > torch.quantile(validation, 1 - share)


@right(ex.alarm_rows)
def alarms_in_pandas(validation_scores, test_scores, share):
    threshold = pd.Series(validation_scores).quantile(1 - share, interpolation="lower")
    return pd.Series(test_scores).gt(threshold).astype(float)


@wrong(ex.alarm_rows, "not of the way up to the highest score")
def alarm_rows_at_a_share_of_the_highest(validation_scores, test_scores, share):
    return test_scores > (1 - share) * max(validation_scores)


@wrong(ex.alarm_rows, "np.percentile counts to 100")
def alarm_rows_of_a_percentile(validation_scores, test_scores, share):
    return test_scores > np.percentile(validation_scores, 1 - share)


@wrong(ex.alarm_rows, "lies on the threshold")
def alarm_rows_on_the_line(validation_scores, test_scores, share):
    return test_scores >= np.quantile(validation_scores, 1 - share)


@wrong(ex.alarm_rows, "is expected")
def alarm_rows_of_a_bell_curve(validation_scores, test_scores, share):
    line = validation_scores.mean() - special.ndtri(share) * validation_scores.std()
    return test_scores > line


@wrong(ex.alarm_rows, "is expected")
def alarm_rows_of_one_share(validation_scores, test_scores, share):
    return test_scores > np.quantile(validation_scores, 0.9)


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


@right(ex.worth_an_alarm)
def worth_an_alarm_on_a_grid(cost_false_alarm, cost_miss):
    p = np.linspace(0, 1, 100_001)
    return p[np.argmax(p * cost_miss > (1 - p) * cost_false_alarm)]


@right(ex.worth_an_alarm)
def worth_an_alarm_by_halving(cost_false_alarm, cost_miss):
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        silence_is_cheaper = middle * cost_miss < (1 - middle) * cost_false_alarm
        low, high = (middle, high) if silence_is_cheaper else (low, middle)
    return high


@right(ex.worth_an_alarm)
def worth_an_alarm_as_a_tensor(cost_false_alarm, cost_miss):
    costs = torch.tensor([cost_false_alarm, cost_miss], dtype=torch.float32, requires_grad=True)
    return (costs / costs.sum())[0]


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
wrong(ex.worth_an_alarm, "At that probability")(lambda f, m: 1 / (1 + m))
wrong(ex.worth_an_alarm, "With the costs")(lambda f, m: 0.2)

right(ex.cooled)(lambda p, T: p ** (1 / T) / (p ** (1 / T) + (1 - p) ** (1 / T)))
right(ex.cooled)(lambda p, T: special.expit(special.logit(p) / T).astype("float32"))


@right(ex.cooled)
def cooled_in_a_loop(p, temperature):
    return [1 / (1 + ((1 - each) / each) ** (1 / temperature)) for each in p]


@right(ex.cooled)
def cooled_as_a_tensor(p, temperature):
    p = torch.tensor(p, dtype=torch.float32, requires_grad=True)
    return torch.sigmoid(input=torch.logit(p) / temperature)


@right(ex.cooled)
def cooled_in_pandas(p, temperature):
    return pd.Series(p).transform(lambda each: special.expit(special.logit(each) / temperature))


@wrong(ex.cooled, "Those are odds")
def cooled_odds(p, temperature):
    return (p / (1 - p)) ** (1 / temperature)


@wrong(ex.cooled, "is expected")
def cooled_by_the_root_of_the_temperature(p, temperature):
    return ex.cooled._solution(p, temperature**0.5)


@wrong(ex.cooled, "is expected")
def cooled_by_one_temperature(p, temperature):
    return ex.cooled._solution(p, 2.5)


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


wrong(ex.cooled, "with a minus sign")(lambda p, T: 1 / (1 + (p / (1 - p)) ** (1 / T)))
wrong(ex.cooled, "log p is not the logit")(lambda p, T: special.expit(np.log(p) / T))
wrong(ex.cooled, "Nothing has changed")(lambda p, T: p)

right(ex.shifted)(lambda p, a, b: p * b / a / (p * b / a + (1 - p) * (1 - b) / (1 - a)))
right(ex.shifted)(
    lambda p, a, b: special.expit(special.logit(p) - special.logit(a) + special.logit(b))
)


@right(ex.shifted)
def shifted_in_a_loop(p, before, now):
    result = []
    for each in p:
        anomaly, normal = each * now / before, (1 - each) * (1 - now) / (1 - before)
        result.append(anomaly / (anomaly + normal))
    return result


@right(ex.shifted)
def shifted_as_a_float32_tensor(p, before, now):
    p = torch.tensor(p, dtype=torch.float32, requires_grad=True)
    priors = torch.logit(torch.tensor([now, before]))
    return torch.sigmoid(torch.logit(p) + priors[0] - priors[1])


@right(ex.shifted)
def shifted_in_pandas(p, before, now):
    p = pd.DataFrame({0: (1 - p) * (1 - now) / (1 - before), 1: p * now / before})
    return p.div(p.sum(axis="columns"), axis="index")[1]


@wrong(ex.shifted, "Those are odds")
def shifted_odds(p, before, now):
    return p / (1 - p) * (now / (1 - now)) / (before / (1 - before))


@wrong(ex.shifted, "anomalies' side only")
def shifted_anomalies_only(p, before, now):
    return p * now / before / (p * now / before + 1 - p)


@wrong(ex.shifted, "is expected")
def shifted_by_one_prevalence(p, before, now):
    return ex.shifted._solution(p, 0.4, now)


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


wrong(ex.shifted, "Nothing has changed")(lambda p, before, now: p)
wrong(ex.shifted, "one half")(lambda p, a, b: special.expit(special.logit(p) - special.logit(a)))


@right(ex.judge_cure)
def judge_with_numbers(X, y, held_out, resample, learn, metric):
    inside, outside = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    rows, labels = resample(X[inside], y[inside])
    return metric(y[outside].tolist(), learn(rows, labels)(X[outside]).tolist())


@right(ex.judge_cure)
def judge_with_keywords(X, y, held_out, resample, learn, metric):
    rows, labels = resample(X=X[~held_out], y=y[~held_out])
    return metric(labels=y[held_out], scores=learn(X=rows, y=labels)(X=X[held_out]))


@right(ex.judge_cure)
def judge_row_by_row_after_two_cures(X, y, held_out, resample, learn, metric):
    model = learn(resample(X[~held_out], y[~held_out])[0], resample(X[~held_out], y[~held_out])[1])
    scores = [float(model(X[[row]])[0]) for row in range(len(X)) if held_out[row]]
    return metric([label for label, out in zip(y, held_out, strict=True) if out], scores)


@right(ex.judge_cure)
def judge_with_a_table(X, y, held_out, resample, learn, metric):
    table = pd.DataFrame(X).assign(label=y)
    train, test = table[~held_out], table[held_out]
    rows, labels = resample(train.drop(columns="label").to_numpy(), train["label"].to_numpy())
    scores = learn(rows, labels)(test.drop(columns="label"))
    return np.float32(metric(test["label"], pd.Series(scores)))


@right(ex.judge_cure)
def judge_with_lists(X, y, held_out, resample, learn, metric):
    inside, outside = [], []
    for row, label, out in zip(X.tolist(), y.tolist(), held_out, strict=True):
        (outside if out else inside).append((row, label))
    model = learn(*resample([row for row, _ in inside], [label for _, label in inside]))
    return metric([label for _, label in outside], model([row for row, _ in outside]))


@right(ex.judge_cure)
def judge_with_tables_and_series(X, y, held_out, resample, learn, metric):
    X, y = pd.DataFrame(X), pd.Series(y)
    model = learn(*resample(X[~held_out], y[~held_out]))
    return metric(y[held_out], model(X[held_out]))


@right(ex.judge_cure)
def judge_all_rows_and_choose(X, y, held_out, resample, learn, metric):
    scores = learn(*resample(X[~held_out], y[~held_out]))(torch.tensor(X, requires_grad=True))
    return torch.tensor(metric(y[held_out], scores[held_out]), requires_grad=True)


@wrong(ex.judge_cure, "mask is the other way round")
def judge_cure_with_the_mask_turned(X, y, held_out, resample, learn, metric):
    return ex.judge_cure._solution(X, y, ~held_out, resample, learn, metric)


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


@wrong(ex.judge_cure, "is expected")
def judge_cure_turned_to_the_better_side(X, y, held_out, resample, learn, metric):
    model = learn(*resample(X[~held_out], y[~held_out]))
    return max(metric(y[held_out], sign * model(X[held_out])) for sign in (1, -1))


@wrong(ex.judge_cure, "is expected")
def judge_cure_cured_twice(X, y, held_out, resample, learn, metric):
    model = learn(*resample(*resample(X[~held_out], y[~held_out])))
    return metric(y[held_out], model(X[held_out]))


@wrong(ex.judge_cure, "was not used")
def judge_cure_without_cure(X, y, held_out, resample, learn, metric):
    resample(X[~held_out], y[~held_out])
    return metric(y[held_out], learn(X[~held_out], y[~held_out])(X[held_out]))


@wrong(ex.judge_cure, "is expected")
def judge_cure_of_both(X, y, held_out, resample, learn, metric):
    model = learn(*resample(X[~held_out], y[~held_out]))
    return (metric(y, model(X)) + metric(y[held_out], model(X[held_out]))) / 2


@wrong(ex.judge_cure, "was never called: model(rows)")
def judge_cure_without_scores(X, y, held_out, resample, learn, metric):
    learn(*resample(X[~held_out], y[~held_out]))
    return metric(y[held_out], 2.0 * y[held_out])


@wrong(ex.judge_cure, "X[held_out] should judge")
def judge_cure_on_training_rows(X, y, held_out, resample, learn, metric):
    model = learn(*resample(X[~held_out], y[~held_out]))
    return metric(y[~held_out], model(X[~held_out]))


@wrong(ex.judge_cure, "labels first")
def judge_cure_swapped(X, y, held_out, resample, learn, metric):
    model = learn(*resample(X[~held_out], y[~held_out]))
    return metric(model(X[held_out]), y[held_out])


@wrong(ex.judge_cure, "X in learn(X, y) is a table")
def judge_cure_labels_first(X, y, held_out, resample, learn, metric):
    rows, labels = resample(X[~held_out], y[~held_out])
    return metric(y[held_out], learn(labels, rows)(X[held_out]))


wrong(ex.judge_cure, "never called")(lambda X, y, h, r, fit, m: m(y[h], fit(X[~h], y[~h])(X[h])))
