"""Answers to the exercises of lesson 00: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_00 as ex

import numpy as np
import pandas as pd


@right(ex.prevalence)
def prevalence_by_counting(y):
    anomalies = 0
    for label in y.tolist():
        anomalies += label == 1
    return anomalies / len(y)


@right(ex.prevalence)
def prevalence_from_a_table(y):
    return pd.Series(y).value_counts(normalize=True)[1]


@right(ex.prevalence)
def prevalence_as_an_array(y):
    return np.array((y == 1).sum() / y.size, dtype=np.float32)


@wrong(ex.prevalence, "a count, or a percentage")
def prevalence_count(y):
    return np.sum(y)


@wrong(ex.prevalence, "share of normal rows")
def prevalence_of_normal(y):
    return 1 - np.mean(y)


@wrong(ex.prevalence, "anomalies per normal row")
def prevalence_as_odds(y):
    return np.sum(y == 1) / np.sum(y == 0)


@wrong(ex.prevalence, "not 0.75")
def prevalence_typed_in(y):
    return 0.03


@right(ex.raise_alarms)
def raise_alarms_in_a_list(scores, threshold):
    return [1 if score > threshold else 0 for score in scores]


@right(ex.raise_alarms)
def raise_alarms_as_true_and_false(scores, threshold):
    return pd.Series(scores).gt(threshold)


@right(ex.raise_alarms)
def raise_alarms_by_position(scores, threshold):
    alarms = np.zeros(len(scores))
    alarms[np.flatnonzero(scores - threshold > 0)] = 1.0
    return alarms


@wrong(ex.raise_alarms, "wrong way round")
def raise_alarms_below(scores, threshold):
    return (scores < threshold).astype(int)


@wrong(ex.raise_alarms, "not with >=")
def raise_alarms_at_the_threshold(scores, threshold):
    return (scores >= threshold).astype(int)


@wrong(ex.raise_alarms, "only the alarms")
def raise_alarms_positions(scores, threshold):
    return np.flatnonzero(scores > threshold)


@wrong(ex.raise_alarms, "You return the scores")
def raise_alarms_scores(scores, threshold):
    return np.where(scores > threshold, scores, 0)


@wrong(ex.raise_alarms, "threshold that is handed over")
def raise_alarms_at_three(scores, threshold):
    return (scores > 3).astype(int)


@right(ex.most_suspicious)
def most_suspicious_turned_round(scores, count):
    return np.argsort(scores)[::-1][:count]


@right(ex.most_suspicious)
def most_suspicious_in_a_list(scores, count):
    return sorted(range(len(scores)), key=lambda row: scores[row], reverse=True)[:count]


@right(ex.most_suspicious)
def most_suspicious_from_a_table(scores, count):
    return pd.Series(scores).nlargest(count).index


@wrong(ex.most_suspicious, "least suspicious")
def most_suspicious_lowest(scores, count):
    return np.argsort(scores)[:count]


@wrong(ex.most_suspicious, "wrong order")
def most_suspicious_upwards(scores, count):
    return np.argsort(scores)[-count:]


@wrong(ex.most_suspicious, "scores themselves")
def most_suspicious_scores(scores, count):
    return np.sort(scores)[::-1][:count]


@wrong(ex.most_suspicious, "shape (6,)")
def most_suspicious_all(scores, count):
    return np.argsort(-scores)


@right(ex.my_detector)
def my_detector_by_quartiles(train, rows):
    low, middle, high = np.quantile(train, [0.25, 0.5, 0.75], axis=0)
    return (np.abs(rows - middle) / np.maximum(high - low, 1.0)).max(axis=1)


@right(ex.my_detector)
def my_detector_row_by_row(train, rows):
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    return [float(sum(((row - mean) / deviation) ** 2)) for row in rows]


@right(ex.my_detector)
def my_detector_in_a_table(train, rows):
    table = pd.DataFrame(train)
    return ((pd.DataFrame(rows) - table.median()) / table.std()).abs().mean(axis="columns")


@wrong(ex.my_detector, "upside down")
def my_detector_turned(train, rows):
    return -(np.abs(rows - train.mean(axis=0)) / train.std(axis=0)).max(axis=1)


@wrong(ex.my_detector, "Learn the mean and the scale from train")
def my_detector_learns_on_the_rows(train, rows):
    return (np.abs(rows - rows.mean(axis=0)) / rows.std(axis=0)).max(axis=1)


@wrong(ex.my_detector, "hardly better than a coin")
def my_detector_random(train, rows):
    return np.random.default_rng(0).random(len(rows))


@wrong(ex.my_detector, "shape")
def my_detector_one_score_a_column(train, rows):
    return (np.abs(rows - train.mean(axis=0)) / train.std(axis=0)).max(axis=0)
