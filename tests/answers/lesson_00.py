"""Answers to the exercises of lesson 00: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_00 as ex

import numpy as np
import pandas as pd
import torch
from sklearn import ensemble, neighbors


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


@right(ex.prevalence)
def prevalence_as_a_tensor(y):
    return torch.tensor(y, dtype=torch.float32, requires_grad=True).mean()


@right(ex.prevalence)
def prevalence_of_a_list(y):
    labels = list(y)
    return labels.count(1) / len(labels)


@wrong(ex.prevalence, "a count, or a percentage")
def prevalence_count(y):
    return np.sum(y)


@wrong(ex.prevalence, "share of normal rows")
def prevalence_of_normal(y):
    return 1 - np.mean(y)


@wrong(ex.prevalence, "anomalies per normal row")
def prevalence_as_odds(y):
    return np.sum(y == 1) / np.sum(y == 0)


@wrong(ex.prevalence, "counts the normal rows")
def prevalence_count_of_normal(y):
    return np.sum(y == 0)


@wrong(ex.prevalence, "With about 50% anomalies you return 0.03; 0.5")
def prevalence_typed_in(y):
    return 0.03


@wrong(ex.prevalence, "With three hundred rows")
def prevalence_of_a_few_rows(y):
    return np.mean(y[:100])


@right(ex.raise_alarms)
def raise_alarms_in_a_tuple(scores, threshold):
    return tuple(int(score > threshold) for score in scores)


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


@right(ex.raise_alarms)
def raise_alarms_with_gradients(scores, threshold):
    scores = torch.tensor(scores, requires_grad=True)
    return scores * 0 + (scores > threshold)


@right(ex.raise_alarms)
def raise_alarms_in_float32(scores, threshold):
    return np.where(scores > threshold, np.float32(1), np.float32(0))


@wrong(ex.raise_alarms, "scikit-learn's custom")
def raise_alarms_as_in_scikit_learn(scores, threshold):
    return np.where(scores > threshold, -1, 1)


@wrong(ex.raise_alarms, "Silence is 0")
def raise_alarms_with_signs(scores, threshold):
    return np.where(scores > threshold, 1, -1)


@wrong(ex.raise_alarms, "only the alarms")
def raise_alarms_places(scores, threshold):
    return np.where(scores > threshold)


@wrong(ex.raise_alarms, "wrong way round")
def raise_alarms_below(scores, threshold):
    return (scores < threshold).astype(int)


@wrong(ex.raise_alarms, "not with >=")
def raise_alarms_at_the_threshold(scores, threshold):
    return (scores >= threshold).astype(int)


@wrong(ex.raise_alarms, "threshold that is handed over")
def raise_alarms_at_two(scores, threshold):
    return (scores > 2).astype(int)


@wrong(ex.raise_alarms, "With random numbers")
def raise_alarms_above_the_mean(scores, threshold):
    return (scores > scores.mean()).astype(int)


@wrong(ex.raise_alarms, "With scores close to the threshold")
def raise_alarms_well_above(scores, threshold):
    return ((scores > threshold) & ~np.isclose(scores, threshold)).astype(int)


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


@right(ex.most_suspicious)
def most_suspicious_by_topk(scores, count):
    return torch.tensor(scores, requires_grad=True).topk(count).indices


@right(ex.most_suspicious)
def most_suspicious_one_by_one(scores, count):
    left, found = list(scores), []
    for _ in range(count):
        found.append(left.index(max(left)))
        left[found[-1]] = -np.inf
    return np.array(found, dtype=np.float32)


@wrong(ex.most_suspicious, "count the rows from 1")
def most_suspicious_from_one(scores, count):
    return np.argsort(-scores)[:count] + 1


@wrong(ex.most_suspicious, "a mark for each row")
def most_suspicious_marks(scores, count):
    return scores >= np.sort(scores)[-count]


@wrong(ex.most_suspicious, "least suspicious")
def most_suspicious_lowest(scores, count):
    return np.argsort(scores)[:count]


@wrong(ex.most_suspicious, "wrong order")
def most_suspicious_upwards(scores, count):
    return np.argsort(scores)[-count:]


@wrong(ex.most_suspicious, "wrong order")
def most_suspicious_by_position(scores, count):
    return np.sort(np.argsort(-scores)[:count])


@wrong(ex.most_suspicious, "is expected")
def most_suspicious_unsorted(scores, count):
    return np.argpartition(-scores, min(count, len(scores) - 1))[:count]


@wrong(ex.most_suspicious, "scores themselves")
def most_suspicious_scores(scores, count):
    return np.sort(scores)[::-1][:count]


@wrong(ex.most_suspicious, "You return all rows")
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


@right(ex.my_detector)
def my_detector_by_a_forest_without_seed(train, rows):
    return -ensemble.IsolationForest().fit(train).score_samples(rows)


@right(ex.my_detector)
def my_detector_by_tensors(train, rows):
    train = torch.tensor(train, dtype=torch.float32, requires_grad=True)
    rows = torch.tensor(rows, dtype=torch.float32)
    return ((rows - train.mean(dim=0)) / train.std(dim=0)).abs().mean(dim=1)


@right(ex.my_detector)
def my_detector_by_mahalanobis(train, rows):
    away = rows - train.mean(axis=0)
    return np.einsum("ij,jk,ik->i", away, np.linalg.pinv(np.cov(train, rowvar=False)), away)


@right(ex.my_detector)
def my_detector_counts_loud_columns(train, rows):
    return (np.abs(rows - train.mean(axis=0)) > train.std(axis=0)).sum(axis=1)


@wrong(ex.my_detector, "those are decisions")
def my_detector_by_one_number(train, rows):
    return (rows[:, 0] > 69).astype(int)


@wrong(ex.my_detector, "whatever the training rows hold")
def my_detector_by_one_column(train, rows):
    return rows[:, 0]


@wrong(ex.my_detector, "a direction that you read off")
def my_detector_by_one_column_and_its_mean(train, rows):
    return rows[:, 0] - train[:, 0].mean()


@wrong(ex.my_detector, "Every row gets the same score")
def my_detector_of_zeros(train, rows):
    return np.zeros(len(rows))


@wrong(ex.my_detector, "changes the `rows`")
def my_detector_in_place(train, rows):
    rows -= train.mean(axis=0)
    rows /= train.std(axis=0)
    return np.abs(rows).mean(axis=1)


@wrong(ex.my_detector, "from train, and score each row by itself")
def my_detector_by_a_forest_of_the_rows(train, rows):
    return -ensemble.IsolationForest().fit(rows).score_samples(rows)


@wrong(ex.my_detector, "from train, and score each row by itself")
def my_detector_by_rank(train, rows):
    return np.argsort(np.argsort(my_detector_row_by_row(train, rows)))


@wrong(ex.my_detector, "0.9 is asked for")
def my_detector_by_neighbours(train, rows):
    known = neighbors.NearestNeighbors(n_neighbors=20).fit(train)
    return known.kneighbors(rows)[0].mean(axis=1)


@wrong(ex.my_detector, "from train, and score each row by itself")
def my_detector_against_the_row_before(train, rows):
    scores = np.abs((rows - train.mean(axis=0)) / train.std(axis=0)).mean(axis=1)
    return scores - 0.2 * np.append(0, scores[:-1])


@wrong(ex.my_detector, "upside down")
def my_detector_turned(train, rows):
    return -(np.abs(rows - train.mean(axis=0)) / train.std(axis=0)).max(axis=1)


@wrong(ex.my_detector, "from train, and score each row by itself")
def my_detector_learns_on_the_rows(train, rows):
    return (np.abs(rows - rows.mean(axis=0)) / rows.std(axis=0)).max(axis=1)


@wrong(ex.my_detector, "hardly better than a coin")
def my_detector_random(train, rows):
    return np.random.default_rng(0).random(len(rows))


@wrong(ex.my_detector, "shape")
def my_detector_one_score_a_column(train, rows):
    return (np.abs(rows - train.mean(axis=0)) / train.std(axis=0)).max(axis=0)
