"""Answers to the exercises of lesson 01: right ones in other styles, and wrong ones."""

import statistics

from answers import right, wrong
from course_utils import baselines
from course_utils.data import make_kinds
from course_utils.exercises import lesson_01 as ex

import numpy as np
import pandas as pd
import torch
from scipy.spatial import distance as apart
from scipy.stats.mstats import mquantiles
from sklearn import ensemble
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

# ----------------------------------------------------------------------------------- context first


@right(ex.contextual_score)
def context_with_pandas(values, hours, past_values, past_hours):
    usual = pd.Series(past_values).groupby(past_hours).agg(["mean", "std"]).loc[hours]
    return pd.Series(np.abs(values - usual["mean"].to_numpy()) / usual["std"].to_numpy())


@right(ex.contextual_score)
def context_by_loops(values, hours, past_values, past_hours):
    scores = []
    for value, hour in zip(values, hours, strict=True):
        usual = [float(v) for v, h in zip(past_values, past_hours, strict=True) if h == hour]
        scores.append(abs(value - statistics.fmean(usual)) / statistics.pstdev(usual))
    return scores


@right(ex.contextual_score)
def context_in_float32(values, hours, past_values, past_hours):
    past = past_values.astype(np.float32)
    usual = np.array(
        [(past[past_hours == h].mean(), past[past_hours == h].std()) for h in hours],
        dtype=np.float32,
    )
    return np.abs(values.astype(np.float32) - usual[:, 0]) / usual[:, 1]


@right(ex.contextual_score)
def context_in_torch(values, hours, past_values, past_hours):
    past = torch.tensor(past_values, requires_grad=True)
    usual = [past[torch.tensor(past_hours == hour)] for hour in hours]
    mean, std = torch.stack([u.mean() for u in usual]), torch.stack([u.std() for u in usual])
    return (torch.tensor(values) - mean).abs() / std


@wrong(ex.contextual_score, "knows no context")
def contextual_score_without_context(values, hours, past_values, past_hours):
    """One mean for the whole day."""
    return np.abs(values - past_values.mean()) / past_values.std()


@wrong(ex.contextual_score, "the spread is not")
def contextual_score_with_the_spread_of_all(values, hours, past_values, past_hours):
    """The mean of the hour, the spread of the day."""
    mean = np.array([past_values[past_hours == hour].mean() for hour in hours])
    return np.abs(values - mean) / past_values.std()


@wrong(ex.contextual_score, "sign is still there")
def contextual_score_signed(values, hours, past_values, past_hours):
    """Low values come out negative."""
    usual = [past_values[past_hours == hour] for hour in hours]
    return np.array(
        [(value - own.mean()) / own.std() for value, own in zip(values, usual, strict=True)]
    )


@wrong(ex.contextual_score, "their own mean")
def contextual_score_from_itself(values, hours, past_values, past_hours):
    """Mean and std of the values that are to be scored."""
    usual = [values[hours == hour] for hour in hours]
    return np.array(
        [abs(value - own.mean()) / own.std() for value, own in zip(values, usual, strict=True)]
    )


# ------------------------------------------------------------------------------------- replacement


@right(ex.fill_from_the_past)
def fill_by_days(values, bad):
    days, flags = values.reshape(-1, 24).copy(), bad.reshape(-1, 24)
    for day in range(1, len(days)):
        days[day] = np.where(flags[day], days[day - 1], days[day])
    return days.ravel().tolist()


@right(ex.fill_from_the_past)
def fill_by_groups(values, bad):
    filled = pd.Series(values).mask(bad)
    return filled.groupby(np.arange(len(values)) % 24).ffill()


@right(ex.fill_from_the_past)
def fill_a_list(values, bad):
    filled = []
    for t, value in enumerate(values):
        filled.append(filled[t - 24] if bad[t] else float(value))
    return filled


@right(ex.fill_from_the_past)
def fill_a_tensor(values, bad):
    filled = torch.tensor(values, dtype=torch.float32, requires_grad=True).clone()
    for t in np.flatnonzero(bad):
        filled[t] = filled[t - 24].clone()
    return filled


@right(ex.fill_from_the_past)
def fill_again_and_again(values, bad):
    filled, left = values.copy(), bad.copy()
    while left.any():
        now = left & ~np.roll(left, 24)
        filled[now] = np.roll(filled, 24)[now]
        left &= ~now
    return filled


@wrong(ex.fill_from_the_past, "left empty, as NaN")
def fill_from_the_past_with_gaps(values, bad):
    """Takes the bad hours out and stops there."""
    return pd.Series(values).mask(bad)


@wrong(ex.fill_from_the_past, "over all days")
def fill_from_the_past_with_the_hours_mean(values, bad):
    """The right time of day, from days to come as well."""
    hour = np.arange(len(values)) % 24
    return np.array(
        [values[(hour == t % 24) & ~bad].mean() if bad[t] else v for t, v in enumerate(values)]
    )


@wrong(ex.fill_from_the_past, "must not matter")
def fill_from_the_past_by_a_mask(values, bad):
    """NaN times 0 is NaN, and here it is turned to 0."""
    filled = np.nan_to_num(values, nan=-1.0)
    for t in np.flatnonzero(bad):
        filled[t] = filled[t - 24] + (0.0 if values[t] == values[t] else 1.0)
    return filled


@wrong(ex.fill_from_the_past, "fill with the mean")
def fill_from_the_past_with_the_mean(values, bad):
    """Mean imputation, which looks at the whole series."""
    return np.where(bad, values[~bad].mean(), values)


@wrong(ex.fill_from_the_past, "lies in the future")
def fill_from_the_past_by_interpolation(values, bad):
    """A straight line from the last good hour to the next one."""
    hours = np.arange(len(values))
    return np.interp(hours, hours[~bad], values[~bad])


@wrong(ex.fill_from_the_past, "longer than a day")
def fill_from_the_past_at_once(values, bad):
    """One vectorised step, which copies bad hours."""
    filled = values.copy()
    filled[bad] = values[np.flatnonzero(bad) - 24]
    return filled


@wrong(ex.fill_from_the_past, "another time of day")
def fill_from_the_past_repeating_the_last(values, bad):
    """The last good hour, whatever the clock says."""
    filled = values.copy()
    for t in np.flatnonzero(bad):
        filled[t] = filled[t - 1]
    return filled


@wrong(ex.fill_from_the_past, "handed to you")
def fill_from_the_past_in_place(values, bad):
    """Right values, written into the raw record."""
    for t in np.flatnonzero(bad):
        values[t] = values[t - 24]
    return values


@wrong(ex.fill_from_the_past, "is expected")
def fill_from_the_past_with_zeros(values, bad):
    """A filled gap, but with nothing."""
    return np.where(bad, 0.0, values)


wrong(ex.fill_from_the_past, "not bad")(lambda values, bad: np.zeros(len(values)))

# ----------------------------------------------------------------------------------------- z-score


@right(ex.z_score)
def z_score_by_loops(train, X):
    columns = [(statistics.fmean(c), statistics.stdev(c)) for c in train.T.tolist()]
    return [
        max(abs(x - mean) / std for x, (mean, std) in zip(row, columns, strict=True))
        for row in X.tolist()
    ]


@right(ex.z_score)
def z_score_in_float32(train, X):
    train, X = train.astype(np.float32), X.astype(np.float32)
    return (np.abs(X - train.mean(axis=0)) / train.std(axis=0)).max(axis=1)


@right(ex.z_score)
def z_score_in_torch(train, X):
    train = torch.tensor(train, requires_grad=True)
    distance = (torch.tensor(X) - train.mean(0)).abs() / train.std(0)
    return distance.max(dim=1).values


@right(ex.z_score)
def z_score_with_pandas(train, X):
    train, X = pd.DataFrame(train), pd.DataFrame(X)
    return ((X - train.mean()).abs() / train.std(ddof=0)).max(axis="columns")


@right(ex.z_score)
def z_score_with_a_scaler(train, X):
    return np.linalg.norm(StandardScaler().fit(train).transform(X), ord=np.inf, axis=1)


@wrong(ex.z_score, "over everything")
def z_score_with_one_std(train, X):
    """No axis."""
    return (np.abs(X - train.mean(axis=0)) / train.std()).max(axis=1)


@wrong(ex.z_score, "each row (axis=1)")
def z_score_along_the_rows(train, X):
    """The wrong axis."""
    mean, std = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True)
    return (np.abs(X - mean) / std).max(axis=1)


@wrong(ex.z_score, "sign is still there")
def z_score_signed(train, X):
    """Low values hide."""
    return ((X - train.mean(axis=0)) / train.std(axis=0)).max(axis=1)


@wrong(ex.z_score, "those of X")
def z_score_from_the_scored_rows(train, X):
    """Learns from the rows that it judges."""
    return (np.abs(X - X.mean(axis=0)) / X.std(axis=0)).max(axis=1)


@wrong(ex.z_score, "one number per row")
def z_score_of_each_column(train, X):
    """The maximum is missing."""
    return np.abs(X - train.mean(axis=0)) / train.std(axis=0)


@wrong(ex.z_score, "very far out")
def z_score_with_a_ceiling(train, X):
    """Nothing counts as more than 100."""
    return np.minimum(ex.z_score._solution(train, X), 100)


wrong(ex.z_score, "return")(lambda train, X: X.sort())

# ------------------------------------------------------------------------------------------ fences


@right(ex.fences)
def fences_with_other_quartiles(values):
    q1, q3 = np.quantile(values, [0.25, 0.75], method="weibull")
    return [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)]


@right(ex.fences)
def fences_by_statistics(values):
    q1, _, q3 = statistics.quantiles(list(values), n=4)
    return q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)


@right(ex.fences)
def fences_at_the_hinges(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    q1, q3 = statistics.median(ordered[:half]), statistics.median(ordered[-half:])
    return q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)


@right(ex.fences)
def fences_in_torch(values):
    q = torch.quantile(
        torch.tensor(values, requires_grad=True), torch.tensor([0.25, 0.75]).double()
    )
    return torch.stack([2.5 * q[0] - 1.5 * q[1], 2.5 * q[1] - 1.5 * q[0]])


@right(ex.fences)
def fences_in_float32(values):
    q = pd.Series(values.astype(np.float32)).quantile([0.25, 0.75]).to_numpy()
    return np.float32(q[0] - 1.5 * np.ptp(q)), np.float32(q[1] + 1.5 * np.ptp(q))


@right(ex.fences)
def fences_with_percentiles(values):
    low, high = np.percentile(values, (25, 75), method="nearest")
    return [low - 1.5 * (high - low), high + 1.5 * (high - low)]


@right(ex.fences)
def fences_by_scipy(values):
    q1, q3 = mquantiles(values, [0.25, 0.75])
    return q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)


@right(ex.fences)
def fences_by_places(values):
    ordered = sorted(values)
    q1, q3 = ordered[len(values) // 4], ordered[3 * len(values) // 4]
    return q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)


@wrong(ex.fences, "sorted values?")
def fences_of_unsorted_values(values):
    """The values in their places are not the quartiles."""
    q1, q3 = values[len(values) // 4], values[3 * len(values) // 4]
    return q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)


@wrong(ex.fences, "is expected")
def fences_of_the_values_that_differ(values):
    """Each value counts once, however many hold it."""
    return ex.fences._solution(np.unique(values))


@wrong(ex.fences, "3 IQR out")
def fences_at_the_outer_ones(values):
    """Tukey's other pair."""
    q1, q3 = np.quantile(values, [0.25, 0.75])
    return q1 - 3 * (q3 - q1), q3 + 3 * (q3 - q1)


@wrong(ex.fences, "1.5 is missing")
def fences_one_iqr_out(values):
    """Without the factor."""
    q1, q3 = np.quantile(values, [0.25, 0.75])
    return q1 - (q3 - q1), q3 + (q3 - q1)


@wrong(ex.fences, "from the mean")
def fences_around_the_mean(values):
    """The centre that outliers move."""
    q1, q3 = np.quantile(values, [0.25, 0.75])
    return values.mean() - 1.5 * (q3 - q1), values.mean() + 1.5 * (q3 - q1)


@wrong(ex.fences, "standard deviations for the width")
def fences_with_the_std(values):
    """The width that outliers inflate."""
    q1, q3 = np.quantile(values, [0.25, 0.75])
    return q1 - 1.5 * values.std(), q3 + 1.5 * values.std()


@wrong(ex.fences, "quartiles themselves")
def fences_at_the_quartiles(values):
    """The box without its whiskers."""
    return tuple(np.quantile(values, [0.25, 0.75]))


wrong(ex.fences, "(low, high)")(lambda values: tuple(reversed(ex.fences._solution(values))))
wrong(ex.fences, "two numbers")(lambda values: np.median(values))

# ------------------------------------------------------------------------------------- Mahalanobis


@right(ex.mahalanobis)
def mahalanobis_by_solving(train, X):
    centred = X - train.mean(axis=0)
    return np.linalg.norm(
        np.linalg.solve(np.linalg.cholesky(np.cov(train.T, bias=True)), centred.T), axis=0
    )


@right(ex.mahalanobis)
def mahalanobis_along_the_axes(train, X):
    variances, axes = np.linalg.eigh(np.cov(train, rowvar=False, ddof=0))
    along = (X - train.mean(axis=0)) @ axes
    return np.sqrt((along**2 / variances).sum(axis=1))


@right(ex.mahalanobis)
def mahalanobis_row_by_row(train, X):
    inverse = np.linalg.pinv(np.cov(train.T))
    return [apart.mahalanobis(x, train.mean(axis=0), inverse) for x in X]


@right(ex.mahalanobis)
def mahalanobis_in_torch(train, X):
    train = torch.tensor(train, requires_grad=True)
    centred = torch.tensor(X) - train.mean(0)
    return torch.einsum("mi,ij,mj->m", centred, torch.linalg.inv(train.T.cov()), centred).sqrt()


@right(ex.mahalanobis)
def mahalanobis_in_float32(train, X):
    train, X = train.astype(np.float32), X.astype(np.float32)
    centred = X - train.mean(axis=0)
    spread = train.std(axis=0)
    inverse = np.linalg.inv(np.corrcoef(train, rowvar=False).astype(np.float32))
    return np.sqrt(((centred / spread) @ inverse * (centred / spread)).sum(axis=1))


@right(ex.mahalanobis)
def mahalanobis_with_pandas(train, X):
    train, X = pd.DataFrame(train), pd.DataFrame(X)
    centred = X - train.mean()
    inverse = np.linalg.inv(train.cov())
    return ((centred @ inverse) * centred).sum(axis="columns").pow(0.5)


@wrong(ex.mahalanobis, "very far out")
def mahalanobis_with_a_ceiling(train, X):
    """Nothing counts as more than 100."""
    return np.minimum(ex.mahalanobis._solution(train, X), 100)


@wrong(ex.mahalanobis, "takes each row for a variable")
def mahalanobis_of_rows(train, X):
    """rowvar is forgotten."""
    centred = X - train.mean(axis=0)
    return np.sqrt(((centred @ np.linalg.pinv(np.cov(train))) * centred).sum(axis=1))


@wrong(ex.mahalanobis, "not subtract the mean")
def mahalanobis_from_the_origin(train, X):
    """Uncentred."""
    return np.sqrt(((X @ np.linalg.inv(np.cov(train, rowvar=False))) * X).sum(axis=1))


@wrong(ex.mahalanobis, "not inverted")
def mahalanobis_without_the_inverse(train, X):
    """Σ for Σ⁻¹."""
    centred = X - train.mean(axis=0)
    return np.sqrt(((centred @ np.cov(train, rowvar=False)) * centred).sum(axis=1))


@wrong(ex.mahalanobis, "inverted the correlation")
def mahalanobis_with_the_correlation(train, X):
    """The matrix that has lost its units."""
    centred = X - train.mean(axis=0)
    inverse = np.linalg.inv(np.corrcoef(train, rowvar=False))
    return np.sqrt(((centred @ inverse) * centred).sum(axis=1))


@wrong(ex.mahalanobis, "Only the variances")
def mahalanobis_without_the_tilt(train, X):
    """A straight ellipse."""
    return np.sqrt((((X - train.mean(axis=0)) / train.std(axis=0)) ** 2).sum(axis=1))


@wrong(ex.mahalanobis, "square root is missing")
def mahalanobis_squared(train, X):
    """Stops before the root."""
    centred = X - train.mean(axis=0)
    return ((centred @ np.linalg.inv(np.cov(train, rowvar=False))) * centred).sum(axis=1)


@wrong(ex.mahalanobis, "pairs of rows")
def mahalanobis_of_all_pairs(train, X):
    """A matrix product where a sum over columns is meant."""
    centred = X - train.mean(axis=0)
    return np.sqrt(np.abs(centred @ np.linalg.inv(np.cov(train, rowvar=False)) @ centred.T))


wrong(ex.mahalanobis, "is expected")(lambda train, X: np.linalg.norm(X, axis=1))

# -------------------------------------------------------------------------------------- neighbours


@right(ex.own_neighbours)
def neighbours_without_the_diagonal(rows, k):
    distance = np.linalg.norm(rows[:, None] - rows, axis=2)
    np.fill_diagonal(distance, np.inf)
    return np.partition(distance, k - 1, axis=1)[:, k - 1].tolist()


@right(ex.own_neighbours)
def neighbours_by_loops(rows, k):
    points = rows.tolist()
    return [
        sorted(
            sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) ** 0.5
            for j, q in enumerate(points)
            if j != i
        )[k - 1]
        for i, p in enumerate(points)
    ]


@right(ex.own_neighbours)
def neighbours_by_a_library(rows, k):
    return NearestNeighbors(n_neighbors=k).fit(rows).kneighbors()[0][:, -1]


@right(ex.own_neighbours)
def neighbours_by_pairwise_distances(rows, k):
    return np.partition(pairwise_distances(rows), k, axis=1)[:, k]


@right(ex.own_neighbours)
def neighbours_in_torch(rows, k):
    rows = torch.tensor(rows, requires_grad=True)
    gaps = (rows[:, None] - rows).square().sum(dim=2)
    return gaps.kthvalue(k + 1, dim=1).values.sqrt()


@right(ex.own_neighbours)
def neighbours_in_float32(rows, k):
    rows = rows.astype(np.float32)
    return np.sort(np.linalg.norm(rows[:, None] - rows, axis=2), axis=1)[:, k]


@right(ex.own_neighbours)
def neighbours_with_pandas(rows, k):
    return pd.DataFrame(apart.cdist(rows, rows)).apply(lambda column: sorted(column)[k])


@wrong(ex.own_neighbours, "absolute gaps")
def own_neighbours_in_the_city(rows, k):
    """Manhattan."""
    return np.sort(np.abs(rows[:, None] - rows).sum(axis=2), axis=1)[:, k]


@wrong(ex.own_neighbours, "its own nearest neighbour")
def own_neighbours_with_itself(rows, k):
    """Each row vouches for itself."""
    distance = np.sqrt(((rows[:, None] - rows) ** 2).sum(axis=2))
    return np.sort(distance, axis=1)[:, k - 1]


@wrong(ex.own_neighbours, "average the k nearest")
def own_neighbours_averaged(rows, k):
    """Another, also common score."""
    distance = np.sqrt(((rows[:, None] - rows) ** 2).sum(axis=2))
    return np.sort(distance, axis=1)[:, 1 : k + 1].mean(axis=1)


@wrong(ex.own_neighbours, "every distance of zero")
def own_neighbours_without_twins(rows, k):
    """Takes zero for a sign of the row itself."""
    distance = np.sqrt(((rows[:, None] - rows) ** 2).sum(axis=2))
    distance[distance == 0] = np.inf
    nearest = np.sort(distance, axis=1)[:, k - 1]
    return np.where(np.isinf(nearest), 0, nearest)


@wrong(ex.own_neighbours, "square root is missing")
def own_neighbours_squared(rows, k):
    """Squared distances."""
    return np.sort(((rows[:, None] - rows) ** 2).sum(axis=2), axis=1)[:, k]


wrong(ex.own_neighbours, "one number per row")(lambda rows, k: rows)

# ------------------------------------------------------------------------------ one for all (open)


@right(ex.one_for_all)
def many_neighbours(train, X):
    return baselines.LocalOutlierFactor(60).fit(train).decision_function(X)


@right(ex.one_for_all)
def louder_of_two_in_quantiles(train, X):
    scores = []
    for voice in (baselines.LocalOutlierFactor(20), baselines.KNearestNeighbours(50)):
        usual = np.quantile(voice.fit(train).decision_function(train), 0.9)
        scores.append(voice.decision_function(X) / usual)
    return np.maximum(*scores).tolist()


@right(ex.one_for_all)
def one_for_all_with_a_forest_without_a_seed(train, X):
    ranks = []
    voices = (baselines.LocalOutlierFactor(20), ensemble.IsolationForest(n_estimators=50))
    for voice in (*voices, baselines.Mahalanobis()):
        sign = -1 if isinstance(voice, ensemble.IsolationForest) else 1
        voice.fit(train)
        usual = np.sort(sign * voice.decision_function(train))
        ranks.append(np.searchsorted(usual, sign * voice.decision_function(X)) / len(train))
    return torch.tensor(np.maximum(ranks[0], ranks[2]) + 0.02 * ranks[1], dtype=torch.float32)


@wrong(ex.one_for_all, "'clustered'")
def one_for_all_by_neighbours(train, X):
    """Five neighbours."""
    return baselines.KNearestNeighbours(5).fit(train).decision_function(X)


@wrong(ex.one_for_all, "'local'")
def one_for_all_by_mahalanobis(train, X):
    """One ellipse for three clouds."""
    return baselines.Mahalanobis().fit(train).decision_function(X)


@wrong(ex.one_for_all, "'dependency'")
def one_for_all_by_columns(train, X):
    """One column at a time."""
    return baselines.ZScore().fit(train).decision_function(X)


@wrong(ex.one_for_all, "outvote")
def one_for_all_by_average(train, X):
    """The mean of the ranks of a detector that sees the clump and one that does not."""
    voices = (baselines.LocalOutlierFactor(20), baselines.Mahalanobis())
    scores = [voice.fit(train).decision_function(X) for voice in voices]
    return sum(each.argsort().argsort() for each in scores)


@wrong(ex.one_for_all, "wrong way")
def one_for_all_turned_round(train, X):
    """scikit-learn's own sign: higher = more ordinary."""
    return -baselines.LocalOutlierFactor(60).fit(train).decision_function(X)


@wrong(ex.one_for_all, "judges")
def one_for_all_ranked_in_the_batch(train, X):
    """Ranks among the rows that are scored."""
    voices = (baselines.LocalOutlierFactor(20), baselines.Mahalanobis())
    scores = [voice.fit(train).decision_function(X) for voice in voices]
    return np.maximum(*[each.argsort().argsort() for each in scores])


@wrong(ex.one_for_all, "judges")
def one_for_all_fitted_on_the_rows(train, X):
    """Learns from the rows that it judges."""
    return baselines.LocalOutlierFactor(min(60, len(X) - 1) or 1).fit(X).decision_function(X)


@wrong(ex.one_for_all, "judges")
def one_for_all_fitted_on_both(train, X):
    """Learns from the rows that it judges, too."""
    both = np.concatenate([train, X])
    return baselines.LocalOutlierFactor(120).fit(both).decision_function(X)


@wrong(ex.one_for_all, "'clustered'")
def one_for_all_by_thirty_neighbours(train, X):
    """More neighbours than the clump has members, and not enough."""
    return baselines.LocalOutlierFactor(30).fit(train).decision_function(X)


@wrong(ex.one_for_all, "by heart")
def one_for_all_from_rows_of_its_own(train, X):
    """Draws clean rows from the same source, and leaves train alone."""
    own = make_kinds(seed=7)
    return baselines.LocalOutlierFactor(20).fit(own.X[own.y == 0]).decision_function(X)


@wrong(ex.one_for_all, "those are decisions")
def one_for_all_decided(train, X):
    """A threshold where a score is asked for."""
    return baselines.LocalOutlierFactor(60).fit(train).decision_function(X) > 1.2


@wrong(ex.one_for_all, "train and X unlike")
def one_for_all_centred_by_half(train, X):
    """Subtracts the mean from the training rows alone."""
    return baselines.LocalOutlierFactor(60).fit(train - train.mean(axis=0)).decision_function(X)


@wrong(ex.one_for_all, "moved and mirrored")
def one_for_all_read_off_the_picture(train, X):
    """Knows where the clump lies in this picture."""
    scores = baselines.LocalOutlierFactor(20).fit(train).decision_function(X)
    return scores + 100 * (np.linalg.norm(X - [-5, 5], axis=1) < 1)


wrong(ex.one_for_all, "all pairs")(lambda train, X: np.zeros((len(X), len(X))))

# ----------------------------------------------------------------------------------------- scaling


@right(ex.scale)
def scale_sample_std(train, test):
    std = train.std(axis=0, ddof=1)
    std[std == 0] = 1
    return [(each - train.mean(axis=0)) / std for each in (train, test)]


@right(ex.scale)
def scale_by_a_library(train, test):
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test)


@right(ex.scale)
def scale_by_loops(train, test):
    rulers = []
    for column in train.T.tolist():
        std = statistics.pstdev(column)
        rulers.append((statistics.fmean(column), std if std > 0 else 1))
    return tuple(
        [[(x - m) / s for x, (m, s) in zip(row, rulers, strict=True)] for row in part.tolist()]
        for part in (train, test)
    )


@right(ex.scale)
def scale_in_torch(train, test):
    train, test = torch.tensor(train, requires_grad=True), torch.tensor(test)
    std = train.std(0, correction=0)
    std = torch.where(std > 0, std, 1.0)
    return (train - train.mean(0)) / std, (test - train.mean(0)) / std


@right(ex.scale)
def scale_with_pandas(train, test):
    train, test = pd.DataFrame(train), pd.DataFrame(test)
    std = train.std(ddof=0).replace(0, 1)
    return (train - train.mean()) / std, (test - train.mean()) / std


@right(ex.scale)
def scale_in_float32(train, test):
    train, test = train.astype(np.float32), test.astype(np.float32)
    std = train.std(axis=0)
    std[std == 0] = 1
    return (train - train.mean(axis=0)) / std, (test - train.mean(axis=0)) / std


@wrong(ex.scale, "is gone")
def scale_without_the_constant(train, test):
    """Drops what does not vary."""
    kept = train.std(axis=0) > 0
    return [
        (part[:, kept] - train[:, kept].mean(0)) / train[:, kept].std(0) for part in (train, test)
    ]


@wrong(ex.scale, "does not show it")
def scale_silencing_the_constant(train, test):
    """Infinity becomes 0."""
    mean, std = train.mean(axis=0), train.std(axis=0)
    return tuple(
        np.nan_to_num((part - mean) / std, nan=0, posinf=0, neginf=0) for part in (train, test)
    )


@wrong(ex.scale, "nearly 0")
def scale_with_a_little_more(train, test):
    """ε in the denominator."""
    mean, std = train.mean(axis=0), train.std(axis=0) + 1e-9
    return (train - mean) / std, (test - mean) / std


@wrong(ex.scale, "nearly 0")
def scale_with_nan_to_num(train, test):
    """Infinity becomes the largest number."""
    mean, std = train.mean(axis=0), train.std(axis=0)
    return np.nan_to_num((train - mean) / std), np.nan_to_num((test - mean) / std)


@wrong(ex.scale, "zeros alone")
def scale_all_zeros(train, test):
    """Nothing at all."""
    return np.zeros_like(train), np.zeros_like(test)


@wrong(ex.scale, "between 0 and 1")
def scale_to_a_range(train, test):
    """Another ruler, which one wild row sets."""
    low, reach = train.min(axis=0), np.ptp(train, axis=0)
    return (train - low) / reach, (test - low) / reach


@wrong(ex.scale, "stretched the ruler")
def scale_fitted_on_everything(train, test):
    """The scaler has seen the test rows."""
    both = np.concatenate([train, test])
    mean, std = both.mean(axis=0), both.std(axis=0)
    return (train - mean) / std, (test - mean) / std


@wrong(ex.scale, "Each part has its own")
def scale_each_on_its_own(train, test):
    """A ruler for each part."""
    return (
        (train - train.mean(axis=0)) / train.std(axis=0),
        (test - test.mean(axis=0)) / test.std(axis=0),
    )


@wrong(ex.scale, "mean of its own")
def scale_with_the_mean_of_the_test_part(train, test):
    """Half of the colleague's mistake."""
    std = np.where(train.std(axis=0) > 0, train.std(axis=0), 1)
    return (train - train.mean(axis=0)) / std, (test - test.mean(axis=0)) / std


@wrong(ex.scale, "std of its own")
def scale_with_the_std_of_the_test_part(train, test):
    """The other half."""
    mean = train.mean(axis=0)
    return (train - mean) / train.std(axis=0), (test - mean) / test.std(axis=0)


@wrong(ex.scale, "not subtracted from the test part")
def scale_without_the_mean_in_the_test_part(train, test):
    """Divided only."""
    return (train - train.mean(axis=0)) / train.std(axis=0), test / train.std(axis=0)


@wrong(ex.scale, "very far out")
def scale_with_a_ceiling(train, test):
    """Nothing counts as more than 100."""
    return tuple(np.clip(part, -100, 100) for part in ex.scale._solution(train, test))


@wrong(ex.scale, "the spread is not")
def scale_centred_only(train, test):
    """No division."""
    return train - train.mean(axis=0), test - train.mean(axis=0)


@wrong(ex.scale, "never changes")
def scale_dividing_by_zero(train, test):
    """Right until a column is constant."""
    mean, std = train.mean(axis=0), train.std(axis=0)
    return (train - mean) / std, (test - mean) / std


wrong(ex.scale, "two things")(lambda train, test: train)
