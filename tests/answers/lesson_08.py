"""Answers to the exercises of lesson 08: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_08 as ex

import numpy as np
import pandas as pd
import torch
from sklearn.preprocessing import StandardScaler

# --------------------------------------------------------------------------- 1 · prepare two parts


def _chosen(*parts):
    return [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in parts]


def _standardised(parts, reference, ddof=0):
    mean, scale = reference.mean(axis=0), reference.std(axis=0, ddof=ddof)
    return [(part - mean) / scale for part in parts]


@right(ex.prepare)
def prepare_with_the_scaler(train, test):
    chosen = [np.stack([np.log(1 + part[:, 1]), part[:, 2]], axis=1) for part in (train, test)]
    scaler = StandardScaler().fit(chosen[0])
    return [scaler.transform(part).tolist() for part in chosen]


@right(ex.prepare)
def prepare_by_sample_deviation(train, test):
    chosen = [np.stack([np.log1p(part[:, 1]), part[:, 2]], axis=1) for part in (train, test)]
    mean, scale = chosen[0].mean(axis=0), chosen[0].std(axis=0, ddof=1)
    return tuple((part - mean) / scale for part in chosen)


@right(ex.prepare)
def prepare_in_tables(train, test):
    tables = [pd.DataFrame(part, columns=["order", "price", "hour"]) for part in (train, test)]
    tables = [table.assign(price=np.log1p(table.price))[["price", "hour"]] for table in tables]
    mean, std = tables[0].mean(), tables[0].std()  # of a sample
    return tables[0].sub(mean).div(std), tables[1].sub(mean).div(std)


@right(ex.prepare)
def prepare_in_tensors(train, test):
    parts = [torch.tensor(part, dtype=torch.float32, requires_grad=True) for part in (train, test)]
    parts = [torch.stack([part[:, 1].log1p(), part[:, 2]], dim=1) for part in parts]
    std, mean = torch.std_mean(parts[0], dim=0, unbiased=False)
    return [(part - mean) / std for part in parts]


@right(ex.prepare)
def prepare_by_loops(train, test):
    columns = [[np.log1p(price) for _, price, _ in train], [hour for *_, hour in train]]
    means = [sum(column) / len(column) for column in columns]
    stds = [np.std(a=column) for column in columns]
    return tuple(
        [
            [(np.log1p(price) - means[0]) / stds[0], (hour - means[1]) / stds[1]]
            for _, price, hour in part.tolist()
        ]
        for part in (train, test)
    )


@wrong(ex.prepare, "come from all rows")
def prepare_with_all_rows_of_a_sample(train, test):
    parts = _chosen(train, test)
    return _standardised(parts, np.concatenate(parts), ddof=1)


@wrong(ex.prepare, "no value at 0")
def prepare_with_log(train, test):
    parts = [np.column_stack([np.log(part[:, 1]), part[:, 2]]) for part in (train, test)]
    return _standardised(parts, parts[0])


@wrong(ex.prepare, "columns have changed places")
def prepare_the_hour_first(train, test):
    parts = [part[:, ::-1] for part in _chosen(train, test)]
    return _standardised(parts, parts[0])


@wrong(ex.prepare, "parts have changed places")
def prepare_the_test_first(train, test):
    return _standardised(_chosen(train, test), _chosen(train)[0])[::-1]


@wrong(ex.prepare, "the test part is not")
def prepare_the_training_part(train, test):
    parts = _chosen(train, test)
    return _standardised(parts[:1], parts[0])[0], parts[1]


@wrong(ex.prepare, "divide by the variance")
def prepare_with_the_variance(train, test):
    train, test = _chosen(train, test)
    return (train - train.mean(axis=0)) / train.var(axis=0), (test - train.mean(0)) / train.var(0)


@wrong(ex.prepare, "nothing is divided")
def prepare_centred(train, test):
    train, test = _chosen(train, test)
    return train - train.mean(axis=0), test - train.mean(axis=0)


@wrong(ex.prepare, "is expected")
def prepare_between_0_and_1(train, test):
    train, test = _chosen(train, test)
    low, high = train.min(axis=0), train.max(axis=0)
    return (train - low) / (high - low), (test - low) / (high - low)


@wrong(ex.prepare, "NaN or infinite")
def prepare_by_dropping_free_goods(train, test):
    with np.errstate(all="ignore"):
        train, test = prepare_by_sample_deviation(train, test)
        return np.log1p(train), test


@wrong(ex.prepare, "changes the `train`")
def prepare_in_place(train, test):
    result = ex.prepare._solution(train, test)
    train[:, 1] = np.log1p(train[:, 1])
    return result


@wrong(ex.prepare, "come from all rows")
def prepare_with_all_rows(train, test):
    parts = [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test)]
    return _standardised(parts, np.concatenate(parts))


@wrong(ex.prepare, "scaled by its own rows")
def prepare_each_by_itself(train, test):
    parts = [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test)]
    return [_standardised([part], part)[0] for part in parts]


@wrong(ex.prepare, "measures nothing")
def prepare_with_the_order_number(train, test):
    parts = [np.column_stack([p[:, 0], np.log1p(p[:, 1]), p[:, 2]]) for p in (train, test)]
    return _standardised(parts, parts[0])


@wrong(ex.prepare, "no logarithm")
def prepare_without_logarithm(train, test):
    parts = [part[:, 1:] for part in (train, test)]
    return _standardised(parts, parts[0])


@wrong(ex.prepare, "hour got a logarithm")
def prepare_with_the_hour_s_logarithm(train, test):
    parts = [np.log1p(part[:, 1:]) for part in (train, test)]
    return _standardised(parts, parts[0])


@wrong(ex.prepare, "nothing is standardised")
def prepare_unscaled(train, test):
    return [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test)]


@wrong(ex.prepare, "measures nothing")
def prepare_as_given(train, test):
    train, test = np.log1p(train), np.log1p(test)
    everything = np.concatenate([train, test])
    mean, std = everything.mean(axis=0), everything.std(axis=0)
    return (train - mean) / std, (test - mean) / std


@wrong(ex.prepare, "Two mistakes are left")
def prepare_with_one_mistake_mended(train, test):
    train, test = np.log1p(train[:, 1:]), np.log1p(test[:, 1:])
    everything = np.concatenate([train, test])
    mean, std = everything.mean(axis=0), everything.std(axis=0)
    return (train - mean) / std, (test - mean) / std


wrong(ex.prepare, "2 results are expected")(lambda train, test: train)
wrong(ex.prepare, "(25, 2) is expected")(lambda train, test: (train[:, 1:], test[:5, 1:]))

# ---------------------------------------------------------------- 2 · errors in units of the usual


@right(ex.relative_scores)
def relative_scores_by_loops(errors_train, errors_new):
    usual = [np.mean(column) for column in errors_train.T]
    return [sum(e / u for e, u in zip(row, usual, strict=True)) / len(row) for row in errors_new]


@right(ex.relative_scores)
def relative_scores_as_a_product(errors_train, errors_new):
    usual = errors_train.sum(axis=0, keepdims=True) / errors_train.shape[0]
    return errors_new @ (1 / usual[0]) / errors_new.shape[1]


@right(ex.relative_scores)
def relative_scores_with_gradients(errors_train, errors_new):
    train = torch.tensor(errors_train, dtype=torch.float32, requires_grad=True)
    new = torch.from_numpy(errors_new).float()
    return torch.mean(input=new / train.mean(dim=0), dim=1)


@right(ex.relative_scores)
def relative_scores_in_tables(errors_train, errors_new):
    return pd.DataFrame(errors_new).div(pd.DataFrame(errors_train).mean()).mean(axis=1)


@right(ex.relative_scores)
def relative_scores_never_dividing_by_0(errors_train, errors_new):
    return np.mean(errors_new / (errors_train.mean(axis=0) + 1e-9), axis=1)


@wrong(ex.relative_scores, "all rows together")
def relative_scores_of_all_rows(errors_train, errors_new):
    return (errors_new / np.concatenate([errors_train, errors_new]).mean(axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "median error")
def relative_scores_by_the_median(errors_train, errors_new):
    return (errors_new / np.median(errors_train, axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "standard deviation of the errors")
def relative_scores_by_the_deviation(errors_train, errors_new):
    return (errors_new / errors_train.std(axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "shrink with every training row")
def relative_scores_by_the_sum(errors_train, errors_new):
    return (errors_new / errors_train.sum(axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "largest training error")
def relative_scores_by_the_largest(errors_train, errors_new):
    return (errors_new / errors_train.max(axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "subtract the usual errors")
def relative_scores_by_difference(errors_train, errors_new):
    return (errors_new - errors_train.mean(axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "of all cells")
def relative_scores_of_cells(errors_train, errors_new):
    return errors_new / errors_train.mean(axis=0)


@wrong(ex.relative_scores, "training rows' scores")
def relative_scores_of_the_training_rows(errors_train, errors_new):
    return (errors_train / errors_train.mean(axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "is expected")
def relative_scores_with_the_root(errors_train, errors_new):
    return (np.sqrt(errors_new) / np.sqrt(errors_train).mean(axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "depends on its neighbours")
def relative_scores_of_the_batch(errors_train, errors_new):
    return (errors_new / errors_new.mean(axis=0)).mean(axis=1)


@wrong(ex.relative_scores, "divide all columns by one number")
def relative_scores_with_one_number(errors_train, errors_new):
    return (errors_new / errors_train.mean()).mean(axis=1)


@wrong(ex.relative_scores, "plain mean")
def relative_scores_plain(errors_train, errors_new):
    return errors_new.mean(axis=1)


@wrong(ex.relative_scores, "by its own sum")
def relative_scores_as_shares(errors_train, errors_new):
    return (errors_new / errors_new.sum(axis=1, keepdims=True)).mean(axis=1)


@wrong(ex.relative_scores, "averaged over the rows")
def relative_scores_over_the_batch(errors_train, errors_new):
    return (errors_new / errors_train.mean(axis=0)).mean(axis=0)


wrong(ex.relative_scores, "largest")(lambda train, new: (new / train.mean(axis=0)).max(axis=1))
wrong(ex.relative_scores, "multiplied")(lambda train, new: (new * train.mean(axis=0)).mean(axis=1))

# -------------------------------------------------------------------- 3 · a threshold for a reason


@right(ex.alarm_threshold)
def alarm_threshold_by_sorting(validation_scores, validation_y, test_scores, share):
    normal = sorted(validation_scores[validation_y == 0], reverse=True)
    return normal[int(share * len(normal))]


@right(ex.alarm_threshold)
def alarm_threshold_of_a_table(validation_scores, validation_y, test_scores, share):
    table = pd.DataFrame({"score": validation_scores, "y": validation_y})
    return table.groupby("y").score.quantile(1 - share, interpolation="higher")[0]


@right(ex.alarm_threshold)
def alarm_threshold_with_gradients(validation_scores, validation_y, test_scores, share):
    scores = torch.tensor(validation_scores, dtype=torch.float32, requires_grad=True)
    return torch.quantile(input=scores[torch.tensor(validation_y == 0)], q=1 - share)


@right(ex.alarm_threshold)
def alarm_threshold_by_percentile(validation_scores, validation_y, test_scores, share):
    normal = np.array([s for s, y in zip(validation_scores, validation_y, strict=True) if not y])
    return np.percentile(normal.astype(np.float32), 100 * (1 - share), method="nearest")


@right(ex.alarm_threshold)
def alarm_threshold_counted_from_the_top(validation_scores, validation_y, test_scores, share):
    normal = np.sort(validation_scores[validation_y == 0])
    return float(normal[-int(share * len(normal))])


@right(ex.alarm_threshold)
def alarm_threshold_of_one_more_row(validation_scores, validation_y, test_scores, share):
    normal = np.sort(validation_scores[validation_y == 0])
    return normal[int(np.ceil((len(normal) + 1) * (1 - share))) - 1]


@right(ex.alarm_threshold)
def alarm_threshold_by_trying_all(validation_scores, validation_y, test_scores, share):
    normal = validation_scores[validation_y == 0]
    return min(np.unique(normal), key=lambda limit: abs(np.mean(normal > limit) - share))


@wrong(ex.alarm_threshold, "With share = 0.1, 5.0% of the normal")
def alarm_threshold_for_one_share(validation_scores, validation_y, test_scores, share):
    return np.quantile(validation_scores[validation_y == 0], 0.95)


@wrong(ex.alarm_threshold, "from a habit")
def alarm_threshold_of_the_share(validation_scores, validation_y, test_scores, share):
    return 1 - share


@wrong(ex.alarm_threshold, "how many of them are caught")
def alarm_threshold_of_the_frauds(validation_scores, validation_y, test_scores, share):
    return np.quantile(validation_scores[validation_y == 1], 1 - share)


@wrong(ex.alarm_threshold, "share of the largest score")
def alarm_threshold_below_the_largest(validation_scores, validation_y, test_scores, share):
    return (1 - share) * validation_scores[validation_y == 0].max()


@wrong(ex.alarm_threshold, "less than one per cent")
def alarm_threshold_by_one_per_cent(validation_scores, validation_y, test_scores, share):
    return np.percentile(validation_scores[validation_y == 0], 1 - share)


@wrong(ex.alarm_threshold, "can no longer judge it")
def alarm_threshold_from_both(validation_scores, validation_y, test_scores, share):
    both = np.concatenate([validation_scores, test_scores])
    return np.quantile(both, 1 - share, method="higher")


@wrong(ex.alarm_threshold, "is expected")
def alarm_threshold_a_little_higher(validation_scores, validation_y, test_scores, share):
    return 1.001 * ex.alarm_threshold._solution(validation_scores, validation_y, None, share)


@wrong(ex.alarm_threshold, "from a habit")
def alarm_threshold_of_a_tenth(validation_scores, validation_y, test_scores, share):
    return 0.1


@wrong(ex.alarm_threshold, "can no longer judge it")
def alarm_threshold_from_the_test(validation_scores, validation_y, test_scores, share):
    return np.quantile(test_scores, 1 - share)


@wrong(ex.alarm_threshold, "frauds included")
def alarm_threshold_from_all_validation(validation_scores, validation_y, test_scores, share):
    return np.quantile(validation_scores, 1 - share)


@wrong(ex.alarm_threshold, "wrong side")
def alarm_threshold_on_the_wrong_side(validation_scores, validation_y, test_scores, share):
    return np.quantile(validation_scores[validation_y == 0], share)


@right(ex.alarm_threshold)
def alarm_threshold_of_what_is_no_number(validation_scores, validation_y, test_scores, share):
    normal = np.where(validation_y == 1, np.nan, validation_scores)
    return np.nanquantile(normal, 1 - share)


@wrong(ex.alarm_threshold, "no false alarm at all")
def alarm_threshold_at_the_largest(validation_scores, validation_y, test_scores, share):
    return validation_scores[validation_y == 0].max()


@wrong(ex.alarm_threshold, "bell-shaped")
def alarm_threshold_three_deviations(validation_scores, validation_y, test_scores, share):
    normal = validation_scores[validation_y == 0]
    return normal.mean() + 3 * normal.std()


wrong(ex.alarm_threshold, "returned None")(lambda *given: print(end=""))
wrong(ex.alarm_threshold, "shape")(lambda scores, y, test, share: scores > 1)
wrong(ex.alarm_threshold, "are wanted")(lambda scores, y, test, share: 2 * np.median(scores))

# ----------------------------------------------------------------------------- 4 · name the column


@right(ex.explain)
def explain_in_steps(row, copy, usual, mean, scale, names):
    relative = [abs(a - b) / u**0.5 for a, b, u in zip(row, copy, usual, strict=True)]
    j = relative.index(max(relative))
    back = [float(np.exp(z[j] * scale[j] + mean[j]) - 1) for z in (row, copy)]
    return [names[j], *back]


@right(ex.explain)
def explain_in_float32(row, copy, usual, mean, scale, names):
    row, copy, usual, mean, scale = (
        each.astype(np.float32) for each in (row, copy, usual, mean, scale)
    )
    j = int(np.square(row - copy).__truediv__(usual).argmax())
    both = np.expm1(np.stack([row, copy]) * scale + mean)[:, j]
    return names[j], both[0], both[1]


@right(ex.explain)
def explain_with_gradients(row, copy, usual, mean, scale, names):
    z = torch.tensor(np.stack([row, copy]), requires_grad=True)
    j = torch.argmax(torch.diff(z, dim=0)[0] ** 2 / torch.tensor(usual), dim=0).item()
    actual, expected = torch.special.expm1(z * torch.tensor(scale) + torch.tensor(mean))[:, j]
    return names[j], actual, expected


@right(ex.explain)
def explain_in_a_table(row, copy, usual, mean, scale, names):
    table = pd.DataFrame({"row": row, "copy": copy}, index=names)
    worst = table.diff(axis=1)["copy"].pow(2).div(usual).idxmax()
    there = table.mul(scale, axis=0).add(mean, axis=0).loc[worst]
    return np.str_(worst), np.exp(there["row"]) - 1, np.exp(there["copy"]) - 1


@wrong(ex.explain, "set a difference against the usual error")
def explain_by_the_difference_per_square(row, copy, usual, mean, scale, names):
    j = np.argmax(np.abs(row - copy) / usual)
    return names[j], *np.expm1(np.array([row[j], copy[j]]) * scale[j] + mean[j])


@wrong(ex.explain, "a square against")
def explain_by_the_square_per_squared_square(row, copy, usual, mean, scale, names):
    return ex.explain._solution(row, copy, usual**2, mean, scale, names)


@wrong(ex.explain, "count double")
def explain_multiplied(row, copy, usual, mean, scale, names):
    return ex.explain._solution(row, copy, 1 / usual, mean, scale, names)


@wrong(ex.explain, "the largest value")
def explain_the_largest_value(row, copy, usual, mean, scale, names):
    j = np.argmax(row)
    return names[j], *np.expm1(np.array([row[j], copy[j]]) * scale[j] + mean[j])


@wrong(ex.explain, "the largest relative error is in")
def explain_in_its_own_unit(row, copy, usual, mean, scale, names):
    back = [np.expm1(z * scale + mean) for z in (row, copy)]
    j = np.argmax((back[0] - back[1]) ** 2 / usual)
    return names[j], back[0][j], back[1][j]


@wrong(ex.explain, "the inverse is expm1")
def explain_with_exp(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) ** 2 / usual)
    return names[j], *np.exp(np.array([row[j], copy[j]]) * scale[j] + mean[j])


@wrong(ex.explain, "the scaler is not")
def explain_without_the_scaler(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) ** 2 / usual)
    return names[j], np.expm1(row[j]), np.expm1(copy[j])


@wrong(ex.explain, "logarithm first")
def explain_in_the_wrong_order(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) ** 2 / usual)
    return names[j], *(np.expm1(z[j]) * scale[j] + mean[j] for z in (row, copy))


@wrong(ex.explain, "too low are never named")
def explain_as_given(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) / usual)
    return names[j], *(np.exp(z[j]) * scale[j] + mean[j] for z in (row, copy))


@wrong(ex.explain, "with exp and before")
def explain_with_its_way_back(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) ** 2 / usual)
    return names[j], *(np.exp(z[j]) * scale[j] + mean[j] for z in (row, copy))


@wrong(ex.explain, "is expected")
def explain_roughly(row, copy, usual, mean, scale, names):
    name, actual, expected = ex.explain._solution(row, copy, usual, mean, scale, names)
    return name, round(actual), round(expected)


@wrong(ex.explain, "still standardised")
def explain_in_standard_units(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) ** 2 / usual)
    return names[j], row[j], copy[j]


@wrong(ex.explain, "the logarithm is not")
def explain_in_logarithms(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) ** 2 / usual)
    return names[j], row[j] * scale[j] + mean[j], copy[j] * scale[j] + mean[j]


@wrong(ex.explain, "always hard")
def explain_by_the_plain_error(row, copy, usual, mean, scale, names):
    return ex.explain._solution(row, copy, np.ones_like(usual), mean, scale, names)


@wrong(ex.explain, "too low are never named")
def explain_with_the_sign(row, copy, usual, mean, scale, names):
    j = np.argmax((row - copy) / usual)
    actual, expected = (np.expm1(z[j] * scale[j] + mean[j]) for z in (row, copy))
    return names[j], actual, expected


@wrong(ex.explain, "changed places")
def explain_the_other_way_round(row, copy, usual, mean, scale, names):
    name, actual, expected = ex.explain._solution(row, copy, usual, mean, scale, names)
    return name, expected, actual


@wrong(ex.explain, "column's name")
def explain_with_a_number(row, copy, usual, mean, scale, names):
    _, actual, expected = ex.explain._solution(row, copy, usual, mean, scale, names)
    return int(np.argmax((row - copy) ** 2 / usual)), actual, expected


wrong(ex.explain, "3 results are expected")(lambda row, copy, *rest: rest[-1][0])
wrong(ex.explain, "none of the names")(lambda *given: ("hour", 1, 2))

# --------------------------------------------------------------- 5 · a score that is not surprised


@right(ex.better_scores)
def better_scores_by_a_high_quantile(errors_train, errors_new):
    return (errors_new / np.quantile(errors_train, 0.99, axis=0)).sum(axis=1).tolist()


@right(ex.better_scores)
def better_scores_in_a_table(errors_train, errors_new):
    train, new = pd.DataFrame(errors_train), pd.DataFrame(errors_new)
    return ((new - train.mean()) / train.std()).mean(axis=1)


@right(ex.better_scores)
def better_scores_by_the_largest_training_error(errors_train, errors_new):
    largest = [max(column) for column in errors_train.T.tolist()]
    return [sum(row / largest) for row in errors_new]


@right(ex.better_scores)
def better_scores_by_the_worst_deviation(errors_train, errors_new):
    return np.max((errors_new - errors_train.mean(axis=0)) / errors_train.std(axis=0), axis=1)


@right(ex.better_scores)
def better_scores_of_mean_and_deviation(errors_train, errors_new):
    reach = errors_train.mean(axis=0) + errors_train.std(axis=0)
    return (errors_new / reach).astype(np.float32).mean(axis=1)


@right(ex.better_scores)
def better_scores_with_gradients(errors_train, errors_new):
    train = torch.tensor(errors_train, dtype=torch.float32, requires_grad=True)
    return (torch.tensor(errors_new, dtype=torch.float32) / train.std(dim=0)).sum(dim=1)


@wrong(ex.better_scores, "times is wanted")
def better_scores_by_rank(errors_train, errors_new):
    rare = 0
    for train, new in zip(np.sort(errors_train, axis=0).T, errors_new.T, strict=True):
        above = len(train) - np.searchsorted(train, new)
        rare = rare - np.log((above + 1) / (len(train) + 1))
    return rare


@wrong(ex.better_scores, "the one to beat")
def better_scores_by_the_mean(errors_train, errors_new):
    return ex.relative_scores._solution(errors_train, errors_new)


@wrong(ex.better_scores, "plain mean")
def better_scores_plain(errors_train, errors_new):
    return errors_new.mean(axis=1)


@wrong(ex.better_scores, "depends on its neighbours")
def better_scores_of_the_batch(errors_train, errors_new):
    return (errors_new / errors_new.std(axis=0)).mean(axis=1)


@wrong(ex.better_scores, "sign is turned")
def better_scores_turned(errors_train, errors_new):
    return -ex.better_scores._solution(errors_train, errors_new)


@wrong(ex.better_scores, "times is wanted")
def better_scores_by_the_worst_column(errors_train, errors_new):
    return (errors_new / errors_train.mean(axis=0)).max(axis=1)


@wrong(ex.better_scores, "times is wanted")
def better_scores_by_the_median(errors_train, errors_new):
    return (errors_new / np.median(errors_train, axis=0)).mean(axis=1)


@wrong(ex.better_scores, "times is wanted")
def better_scores_without_the_largest_column(errors_train, errors_new):
    return np.sort(errors_new / errors_train.mean(axis=0), axis=1)[:, :-1].mean(axis=1)


@wrong(ex.better_scores, "times is wanted")
def better_scores_of_roots(errors_train, errors_new):
    return (np.sqrt(errors_new) / np.sqrt(errors_train).std(axis=0)).mean(axis=1)


@wrong(ex.better_scores, "One score for each new row")
def better_scores_of_columns(errors_train, errors_new):
    return (errors_new / errors_train.std(axis=0)).mean(axis=0)


# -------------------------------------------------------------------- 6 · the value that fits best


@right(ex.best_value)
def best_value_by_a_loop(row, column, candidates, score):
    best = None
    for value in candidates:
        tried = row.copy()
        tried[column] = value
        found = float(score(tried[None])[0])
        if best is None or found < best[0]:
            best = found, tried.tolist()
    return best[1]


@right(ex.best_value)
def best_value_in_a_table(row, column, candidates, score):
    table = pd.DataFrame([row] * len(candidates))
    table[column] = candidates
    return table.iloc[np.argmin(score(table.to_numpy()))]


@right(ex.best_value)
def best_value_with_gradients(row, column, candidates, score):
    tried = torch.tensor(row, dtype=torch.float32).repeat(len(candidates), 1)
    tried[:, column] = torch.tensor(candidates, dtype=torch.float32)
    return tried.requires_grad_()[int(np.argmin(score(tried)))]


@right(ex.best_value)
def best_value_by_min(row, column, candidates, score):
    def repaired(value):
        return np.concatenate([row[:column], [value], row[column + 1 :]])

    return min(map(repaired, candidates), key=lambda each: score(np.array(object=[each])).item())


@right(ex.best_value)
def best_value_of_lists(row, column, candidates, score):
    tried = [[*row[:column], value, *row[column + 1 :]] for value in candidates]
    scores = list(score(tried))
    return tried[scores.index(min(scores))]


@wrong(ex.best_value, "is expected")
def best_value_that_may_stay(row, column, candidates, score):
    best = row.copy()
    for value in candidates:
        tried = row.copy()
        tried[column] = value
        best = tried if score(tried[None])[0] < score(best[None])[0] else best
    return best


@wrong(ex.best_value, "second name for one array")
def best_value_under_two_names(row, column, candidates, score):
    tried, lowest = row.copy(), np.inf
    for value in candidates:
        tried[column] = value
        if score(tried[None])[0] < lowest:
            lowest, best = score(tried[None])[0], tried
    return best


@wrong(ex.best_value, "Is every candidate tried")
def best_value_of_the_first(row, column, candidates, score):
    return ex.best_value._solution(row, column, candidates[:1], score)


@wrong(ex.best_value, "without asking score")
def best_value_in_the_middle(row, column, candidates, score):
    return ex.best_value._solution(row, column, [np.mean(candidates)], score)


@wrong(ex.best_value, "nearest to the value that is there")
def best_value_nearest(row, column, candidates, score):
    nearest = candidates[np.argmin(np.abs(candidates - row[column]))]
    return ex.best_value._solution(row, column, [nearest], score)


@wrong(ex.best_value, "number of the best candidate")
def best_value_by_number(row, column, candidates, score):
    tried = np.tile(row, (len(candidates), 1))
    tried[:, column] = candidates
    return np.argmin(score(tried))


@wrong(ex.best_value, "table of one row")
def best_value_as_a_table(row, column, candidates, score):
    return ex.best_value._solution(row, column, candidates, score)[None]


@wrong(ex.best_value, "a row for each candidate")
def best_value_of_all(row, column, candidates, score):
    tried = np.tile(row, (len(candidates), 1))
    tried[:, column] = candidates
    return tried


@wrong(ex.best_value, "lowest score. The row")
def best_value_as_its_score(row, column, candidates, score):
    return score(ex.best_value._solution(row, column, candidates, score)[None])[0]


@wrong(ex.best_value, "is expected")
def best_value_of_every_other(row, column, candidates, score):
    return ex.best_value._solution(row, column, candidates[::2], score)


@wrong(ex.best_value, "is expected")
def best_value_nearest_to_0(row, column, candidates, score):
    return ex.best_value._solution(row, column, candidates, lambda X: np.abs(score(X)))


@wrong(ex.best_value, "evidence is gone")
def best_value_in_place(row, column, candidates, score):
    row[column] = ex.best_value._solution(row, column, candidates, score)[column]
    return row


@wrong(ex.best_value, "highest score")
def best_value_turned(row, column, candidates, score):
    return ex.best_value._solution(row, column, candidates, lambda X: -score(X))


@wrong(ex.best_value, "value alone")
def best_value_without_the_row(row, column, candidates, score):
    return ex.best_value._solution(row, column, candidates, score)[column]


@wrong(ex.best_value, "Other columns have changed")
def best_value_everywhere(row, column, candidates, score):
    repaired = row.copy()
    for each in range(len(row)):
        repaired = ex.best_value._solution(repaired, each, candidates, score)
    return repaired


@wrong(ex.best_value, "A single row is row[None]")
def best_value_one_dimensional(row, column, candidates, score):
    repaired = row.copy()
    scores = []
    for value in candidates:
        repaired[column] = value
        scores.append(score(repaired))
    repaired[column] = candidates[int(np.argmin(scores))]
    return repaired


@wrong(ex.best_value, "returned None")
def best_value_without_return(row, column, candidates, score):
    ex.best_value._solution(row, column, candidates, score)


wrong(ex.best_value, "came back as it was")(lambda row, *rest: row)
wrong(ex.best_value, "repaired row")(lambda row, column, values, score: score(row[None]))
wrong(ex.best_value, "A single row is row[None]")(lambda row, column, values, score: score(row))
