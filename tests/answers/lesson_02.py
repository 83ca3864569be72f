"""Answers to the exercises of lesson 02: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils import evaluation, thresholds
from course_utils.exercises import lesson_02 as ex

import numpy as np
from scipy.stats import rankdata
from sklearn import metrics


def _draws(y, scores, metric, repeats, seed):
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(y), size=len(y)) for _ in range(repeats))
    return np.array([metric(y[rows], scores[rows]) for rows in draws])


@right(ex.four_ratios)
def ratios_with_f1_from_counts(tp, fp, fn, tn):
    return [tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn), fp / (fp + tn)]


@wrong(ex.four_ratios, "changed places")
def four_ratios_swapped(tp, fp, fn, tn):
    precision, recall, f1, rate = ex.four_ratios._solution(tp, fp, fn, tn)
    return recall, precision, f1, rate


@wrong(ex.four_ratios, "arithmetic mean")
def four_ratios_plain_mean(tp, fp, fn, tn):
    precision, recall, _, rate = ex.four_ratios._solution(tp, fp, fn, tn)
    return precision, recall, (precision + recall) / 2, rate


@wrong(ex.four_ratios, "1 − precision")
def four_ratios_false_alarms_by_alarms(tp, fp, fn, tn):
    return (*ex.four_ratios._solution(tp, fp, fn, tn)[:3], fp / (fp + tp))


@wrong(ex.four_ratios, "that were missed")
def four_ratios_miss_rate(tp, fp, fn, tn):
    return (*ex.four_ratios._solution(tp, fp, fn, tn)[:3], fn / (fn + tp))


@wrong(ex.four_ratios, "only normal rows can raise")
def four_ratios_false_alarms_by_rows(tp, fp, fn, tn):
    return (*ex.four_ratios._solution(tp, fp, fn, tn)[:3], fp / (tp + fp + fn + tn))


@wrong(ex.four_ratios, "divide by all rows")
def four_ratios_of_all_rows(tp, fp, fn, tn):
    rows = tp + fp + fn + tn
    return tp / rows, tp / rows, tp / rows, fp / rows


@wrong(ex.four_ratios, "is the accuracy")
def four_ratios_accuracy(tp, fp, fn, tn):
    accuracy = (tp + tn) / (tp + fp + fn + tn)
    return accuracy, tp / (tp + fn), accuracy, fp / (fp + tn)


wrong(ex.four_ratios, "not 0.7")(lambda tp, fp, fn, tn: (0.75, 0.6, 0.7, 0.1))
wrong(ex.four_ratios, "For 3, 2, 1 and 4")(lambda tp, fp, fn, tn: (0.75, 0.6, 2 / 3, 10 / 950))
wrong(ex.four_ratios, "(4,) is expected")(lambda tp, fp, fn, tn: tp / (tp + fp))


@right(ex.pairs_won)
def pairs_by_loops(y, scores):
    won = pairs = 0
    for a in scores[y == 1]:
        for b in scores[y == 0]:
            won += 1.0 if a > b else 0.5 if a == b else 0.0
            pairs += 1
    return won / pairs


@right(ex.pairs_won)
def pairs_by_ranks(y, scores):
    m = np.sum(y)
    return (rankdata(scores)[y == 1].sum() - m * (m + 1) / 2) / (m * (len(y) - m))


right(ex.pairs_won)(evaluation.auroc)
right(ex.pairs_won)(metrics.roc_auc_score)


@wrong(ex.pairs_won, "count ties as wins")
def pairs_won_ties_as_wins(y, scores):
    return np.mean(scores[y == 1][:, np.newaxis] >= scores[y == 0])


@wrong(ex.pairs_won, "count ties as lost")
def pairs_won_ties_as_losses(y, scores):
    return np.mean(scores[y == 1][:, np.newaxis] > scores[y == 0])


@wrong(ex.pairs_won, "decisions before you compare")
def pairs_won_of_decisions(y, scores):
    return ex.pairs_won._solution(y, (scores > 0.5).astype(float))


@wrong(ex.pairs_won, "more pairs than there are")
def pairs_won_of_all_pairs(y, scores):
    won = (scores[:, np.newaxis] > scores) & (y[:, np.newaxis] > y)
    return np.mean(won)


@wrong(ex.pairs_won, "the normal row wins")
def pairs_won_upside_down(y, scores):
    return ex.pairs_won._solution(y, -scores)


@wrong(ex.pairs_won, "That is a number of pairs")
def pairs_won_as_a_count(y, scores):
    return np.sum(scores[y == 1][:, np.newaxis] > scores[y == 0])


wrong(ex.pairs_won, "20 of 28")(lambda y, scores: (scores[y == 1] > 0.5).mean())
wrong(ex.pairs_won, "returned None")(lambda y, scores: print(end=""))


@right(ex.precision_elsewhere)
def precision_by_counting(recall, false_alarm_rate, prevalence):
    anomalies = 1e6 * prevalence
    right, false = recall * anomalies, false_alarm_rate * (1e6 - anomalies)
    return np.float32(right / (right + false))


right(ex.precision_elsewhere)(evaluation.precision_at_prevalence)


@wrong(ex.precision_elsewhere, "prevalence does not change")
def precision_elsewhere_without_prevalence(recall, false_alarm_rate, prevalence):
    return recall / (recall + false_alarm_rate)


@wrong(ex.precision_elsewhere, "weigh it with 1 − prevalence")
def precision_elsewhere_rate_of_all_rows(recall, false_alarm_rate, prevalence):
    return recall * prevalence / (recall * prevalence + false_alarm_rate)


@wrong(ex.precision_elsewhere, "weights have changed places")
def precision_elsewhere_swapped(recall, false_alarm_rate, prevalence):
    return ex.precision_elsewhere._solution(recall, false_alarm_rate, 1 - prevalence)


@wrong(ex.precision_elsewhere, "alarms that are false")
def precision_elsewhere_false_share(recall, false_alarm_rate, prevalence):
    return 1 - ex.precision_elsewhere._solution(recall, false_alarm_rate, prevalence)


@wrong(ex.precision_elsewhere, "raise any alarm")
def precision_elsewhere_undivided(recall, false_alarm_rate, prevalence):
    return recall * prevalence


wrong(ex.precision_elsewhere, "Count it through")(lambda recall, rate, share: recall)


@right(ex.fair_f1)
def f1_over_observed_thresholds(y_validation, scores_validation, y_test, scores_test):
    candidates = np.unique(scores_validation)
    values = [metrics.f1_score(y_validation, scores_validation >= c) for c in candidates]
    return metrics.f1_score(y_test, scores_test >= candidates[np.argmax(values)])


@wrong(ex.fair_f1, "comes from the test rows")
def fair_f1_chosen_on_test(y_validation, scores_validation, y_test, scores_test):
    return ex._f1(y_test, scores_test, thresholds.best_f1(y_test, scores_test))


@wrong(ex.fair_f1, "which made the choice")
def fair_f1_on_validation(y_validation, scores_validation, y_test, scores_test):
    threshold = thresholds.best_f1(y_validation, scores_validation)
    return ex._f1(y_validation, scores_validation, threshold)


@wrong(ex.fair_f1, "Half a leak")
def fair_f1_chosen_together(y_validation, scores_validation, y_test, scores_test):
    y = np.concatenate([y_validation, y_test])
    scores = np.concatenate([scores_validation, scores_test])
    return ex._f1(y_test, scores_test, thresholds.best_f1(y, scores))


@wrong(ex.fair_f1, "use 0.5")
def fair_f1_at_one_half(y_validation, scores_validation, y_test, scores_test):
    return ex._f1(y_test, scores_test, 0.5)


@wrong(ex.fair_f1, "return the threshold")
def fair_f1_threshold(y_validation, scores_validation, y_test, scores_test):
    return thresholds.best_f1(y_validation, scores_validation)


wrong(ex.fair_f1, "not 0.5676")(lambda *rows: 0.123)


@right(ex.my_threshold)
def threshold_by_search(y, scores):
    def cost(threshold):
        alarm = scores > threshold
        return np.sum(alarm & (y == 0)) + 20 * np.sum(~alarm & (y == 1))

    return min(scores, key=cost)


@right(ex.my_threshold)
def threshold_by_quantile(y, scores):
    return np.quantile(scores[y == 0], 0.935)


@wrong(ex.my_threshold, "does not follow the scores")
def my_threshold_one_half(y, scores):
    return 0.5


@wrong(ex.my_threshold, "too high")
def my_threshold_best_f1(y, scores):
    return thresholds.best_f1(y, scores)


@wrong(ex.my_threshold, "too high")
def my_threshold_equal_costs(y, scores):
    return thresholds.minimum_cost(y, scores, 1, 1)


@wrong(ex.my_threshold, "too low")
def my_threshold_no_miss(y, scores):
    return scores[y == 1].min() - 1e-9


@wrong(ex.my_threshold, "shape (2500,)")
def my_threshold_decisions(y, scores):
    return scores > np.quantile(scores, 0.9)


wrong(ex.my_threshold, "too high")(lambda y, scores: scores.max())
wrong(ex.my_threshold, "too low")(lambda y, scores: scores.mean())


@right(ex.bootstrap)
def bootstrap_with_strata(y, scores, metric, repeats=500, seed=0):
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(repeats):
        classes = (np.flatnonzero(y == 0), np.flatnonzero(y == 1))
        drawn = np.concatenate([rng.choice(each, len(each)) for each in classes])
        values.append(metric(y[drawn], scores[drawn]))
    values = sorted(values)
    return values[int(0.025 * repeats)], values[int(0.975 * repeats)]


@right(ex.bootstrap)
def bootstrap_of_lists(y, scores, metric, repeats=500, seed=0):
    metric(y, scores)  # a look at the rows as they are does no harm
    numbers = np.random.RandomState(seed).choice(len(y), (repeats, len(y)))
    values = [metric([y[i] for i in row], [scores[i] for i in row]) for row in numbers]
    return list(np.percentile(values, [2.5, 97.5]))


@wrong(ex.bootstrap, "without replacement")
def bootstrap_shuffled(y, scores, metric, repeats=500, seed=0):
    rng = np.random.default_rng(seed)
    draws = (rng.permutation(len(y)) for _ in range(repeats))
    return np.quantile([metric(y[rows], scores[rows]) for rows in draws], [0.025, 0.975])


@wrong(ex.bootstrap, "separated from its label")
def bootstrap_of_the_scores_alone(y, scores, metric, repeats=500, seed=0):
    rng = np.random.default_rng(seed)
    draws = (rng.choice(scores, len(scores)) for _ in range(repeats))
    return np.quantile([metric(y, draw) for draw in draws], [0.025, 0.975])


@wrong(ex.bootstrap, "smallest and the largest")
def bootstrap_full_range(y, scores, metric, repeats=500, seed=0):
    values = _draws(y, scores, metric, repeats, seed)
    return values.min(), values.max()


@wrong(ex.bootstrap, "holds about 68 %")
def bootstrap_one_deviation(y, scores, metric, repeats=500, seed=0):
    values = _draws(y, scores, metric, repeats, seed)
    return values.mean() - values.std(), values.mean() + values.std()


@wrong(ex.bootstrap, "square root of the number of draws")
def bootstrap_error_of_the_mean(y, scores, metric, repeats=500, seed=0):
    values = _draws(y, scores, metric, repeats, seed)
    error = 1.96 * values.std() / np.sqrt(repeats)
    return values.mean() - error, values.mean() + error


@wrong(ex.bootstrap, "middle 90 %")
def bootstrap_middle_ninety(y, scores, metric, repeats=500, seed=0):
    return np.quantile(_draws(y, scores, metric, repeats, seed), [0.05, 0.95])


@wrong(ex.bootstrap, "holds 300 of the 120 rows")
def bootstrap_repeats_as_rows(y, scores, metric, repeats=500, seed=0):
    rng = np.random.default_rng(seed)
    draws = [rng.integers(len(y), size=repeats) for _ in range(repeats)]
    return np.quantile([metric(y[rows], scores[rows]) for rows in draws], [0.025, 0.975])


@wrong(ex.bootstrap, "same seed gave another interval")
def bootstrap_without_seed(y, scores, metric, repeats=500, seed=0):
    return ex.bootstrap._solution(y, scores, metric, repeats, seed=None)


@wrong(ex.bootstrap, "redrawn rows 0 times")
def bootstrap_without_redraw(y, scores, metric, repeats=500, seed=0):
    values = [metric(y, scores) for _ in range(repeats)]
    return np.quantile(values, [0.025, 0.975])


@wrong(ex.bootstrap, "holds 60 of the 120")
def bootstrap_of_half_the_rows(y, scores, metric, repeats=500, seed=0):
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(len(y), size=len(y) // 2) for _ in range(repeats)]
    return np.quantile([metric(y[rows], scores[rows]) for rows in drawn], [0.025, 0.975])


@wrong(ex.bootstrap, "separated from its label")
def bootstrap_drawn_apart(y, scores, metric, repeats=500, seed=0):
    rng = np.random.default_rng(seed)
    values = [metric(rng.choice(y, len(y)), rng.choice(scores, len(y))) for _ in range(repeats)]
    return np.quantile(values, [0.025, 0.975])


@wrong(ex.bootstrap, "lower end comes first")
def bootstrap_high_end_first(y, scores, metric, repeats=500, seed=0):
    return ex.bootstrap._solution(y, scores, metric, repeats, seed)[::-1]
