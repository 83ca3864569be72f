"""Answers to the exercises of lesson 01: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils import baselines
from course_utils.exercises import lesson_01 as ex

import numpy as np
import pandas as pd

# ----------------------------------------------------------------------------------- context first


@right(ex.contextual_score)
def context_with_pandas(values, hours, past_values, past_hours):
    usual = pd.Series(past_values).groupby(past_hours).agg(["mean", "std"]).loc[hours]
    return pd.Series(np.abs(values - usual["mean"].to_numpy()) / usual["std"].to_numpy())


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


wrong(ex.fill_from_the_past, "not bad")(lambda values, bad: np.zeros(len(values)))

# ----------------------------------------------------------------------------------------- z-score


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


wrong(ex.z_score, "return")(lambda train, X: X.sort())

# ------------------------------------------------------------------------------------------ fences


@right(ex.fences)
def fences_with_other_quartiles(values):
    q1, q3 = np.quantile(values, [0.25, 0.75], method="weibull")
    return [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)]


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


wrong(ex.mahalanobis, "differ")(lambda train, X: np.linalg.norm(X, axis=1))

# -------------------------------------------------------------------------------------- neighbours


@right(ex.own_neighbours)
def neighbours_without_the_diagonal(rows, k):
    distance = np.linalg.norm(rows[:, None] - rows, axis=2)
    np.fill_diagonal(distance, np.inf)
    return np.partition(distance, k - 1, axis=1)[:, k - 1].tolist()


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


wrong(ex.one_for_all, "all pairs")(lambda train, X: np.zeros((len(X), len(X))))

# ----------------------------------------------------------------------------------------- scaling


@right(ex.scale)
def scale_sample_std(train, test):
    std = train.std(axis=0, ddof=1)
    std[std == 0] = 1
    return [(each - train.mean(axis=0)) / std for each in (train, test)]


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
