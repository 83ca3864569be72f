"""Answers to the exercises of lesson 08: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_08 as ex

import keras
import numpy as np
from sklearn.preprocessing import StandardScaler

# --------------------------------------------------------------------------- 1 · prepare two parts


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


@wrong(ex.prepare, "come from all rows")
def prepare_with_all_rows(train, test):
    parts = [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test)]
    return ex._standardised(parts, np.concatenate(parts))


@wrong(ex.prepare, "scaled by its own rows")
def prepare_each_by_itself(train, test):
    parts = [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test)]
    return [ex._standardised([part], part)[0] for part in parts]


@wrong(ex.prepare, "measures nothing")
def prepare_with_the_order_number(train, test):
    parts = [np.column_stack([p[:, 0], np.log1p(p[:, 1]), p[:, 2]]) for p in (train, test)]
    return ex._standardised(parts, parts[0])


@wrong(ex.prepare, "no logarithm")
def prepare_without_logarithm(train, test):
    parts = [part[:, 1:] for part in (train, test)]
    return ex._standardised(parts, parts[0])


@wrong(ex.prepare, "hour got a logarithm")
def prepare_with_the_hour_s_logarithm(train, test):
    parts = [np.log1p(part[:, 1:]) for part in (train, test)]
    return ex._standardised(parts, parts[0])


@wrong(ex.prepare, "nothing is standardised")
def prepare_unscaled(train, test):
    return [np.column_stack([np.log1p(part[:, 1]), part[:, 2]]) for part in (train, test)]


wrong(ex.prepare, "2 results are expected")(lambda train, test: train)
wrong(ex.prepare, "(25, 2) is expected")(lambda train, test: (train[:, 1:], test[:5, 1:]))

# -------------------------------------------------------------------------- 2 · errors of each row


@right(ex.row_errors)
def row_errors_by_loops(X, copies):
    pairs = zip(X, copies, strict=True)
    return [sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) / len(pair[0]) for pair in pairs]


@right(ex.row_errors)
def row_errors_by_keras(X, copies):
    return keras.ops.convert_to_numpy(keras.losses.mean_squared_error(X, copies))


right(ex.row_errors)(lambda X, copies: np.square(X - copies).mean(1).astype("float32"))


@wrong(ex.row_errors, "what evaluate() returns")
def row_errors_as_evaluate(X, copies):
    return np.mean((X - copies) ** 2)


@wrong(ex.row_errors, "averaged over the rows")
def row_errors_over_the_batch(X, copies):
    return ((X - copies) ** 2).mean(axis=0)


@wrong(ex.row_errors, "added up over the rows")
def row_errors_summed_over_the_batch(X, copies):
    return ((X - copies) ** 2).sum(axis=0)


@wrong(ex.row_errors, "sums grow with the number of columns")
def row_errors_summed(X, copies):
    return ((X - copies) ** 2).sum(axis=1)


@wrong(ex.row_errors, "above and below cancel")
def row_errors_unsquared(X, copies):
    return (X - copies).mean(axis=1)


@wrong(ex.row_errors, "Higher must mean more anomalous")
def row_errors_turned(X, copies):
    return -((X - copies) ** 2).mean(axis=1)


wrong(ex.row_errors, "mean absolute error")(lambda X, copies: np.abs(X - copies).mean(axis=1))
wrong(ex.row_errors, "errors of all cells")(lambda X, copies: (X - copies) ** 2)
wrong(ex.row_errors, "For one row")(lambda X, copies: np.linalg.norm(X - copies, axis=1))

# ---------------------------------------------------------------- 3 · errors in units of the usual


@right(ex.relative_scores)
def relative_scores_by_loops(errors_train, errors_new):
    usual = [np.mean(column) for column in errors_train.T]
    return [sum(e / u for e, u in zip(row, usual, strict=True)) / len(row) for row in errors_new]


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

# -------------------------------------------------------------------- 4 · a threshold for a reason


@right(ex.alarm_threshold)
def alarm_threshold_by_sorting(validation_scores, validation_y, test_scores, share):
    normal = sorted(validation_scores[validation_y == 0], reverse=True)
    return normal[int(share * len(normal))]


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

# ----------------------------------------------------------------------------- 5 · name the column


@right(ex.explain)
def explain_in_steps(row, copy, usual, mean, scale, names):
    relative = [abs(a - b) / u**0.5 for a, b, u in zip(row, copy, usual, strict=True)]
    j = relative.index(max(relative))
    back = [float(np.exp(z[j] * scale[j] + mean[j]) - 1) for z in (row, copy)]
    return [names[j], *back]


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
