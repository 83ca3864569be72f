"""Answers to the exercises of lesson 02: right ones in other styles, and wrong ones."""

import itertools

from answers import right, wrong
from course_utils import evaluation, thresholds
from course_utils.exercises import lesson_02 as ex

import numpy as np
import pandas as pd
import torch
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


@wrong(ex.four_ratios, "only normal rows can raise one")
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


@right(ex.four_ratios)
def ratios_in_float32(tp, fp, fn, tn):
    tp, fp, fn, tn = np.array([tp, fp, fn, tn], dtype=np.float32)
    f1 = tp / (tp + (fp + fn) / 2)
    return np.array([tp / (tp + fp), tp / (tp + fn), f1, fp / (fp + tn)])


@right(ex.four_ratios)
def ratios_with_gradients(tp, fp, fn, tn):
    above = torch.tensor([tp, tp, 2.0 * tp, fp], requires_grad=True)
    return above / torch.tensor([tp + fp, tp + fn, 2.0 * tp + fp + fn, fp + tn])


@right(ex.four_ratios)
def ratios_in_a_table(tp, fp, fn, tn):
    whole = pd.Series({"precision": tp + fp, "recall": tp + fn, "F1": tp + (fp + fn) / 2})
    return pd.concat([tp / whole, pd.Series({"false alarm rate": fp / (fp + tn)})])


@wrong(ex.four_ratios, "F1 and the false alarm rate have changed places")
def four_ratios_in_another_order(tp, fp, fn, tn):
    precision, recall, f1, rate = ex.four_ratios._solution(tp, fp, fn, tn)
    return precision, recall, rate, f1


@wrong(ex.four_ratios, "With few rows at [0] you return")
def four_ratios_rounded(tp, fp, fn, tn):
    return np.round(ex.four_ratios._solution(tp, fp, fn, tn), 2)


@wrong(ex.four_ratios, "left alone")
def four_ratios_specificity(tp, fp, fn, tn):
    return (*ex.four_ratios._solution(tp, fp, fn, tn)[:3], tn / (fp + tn))


@wrong(ex.four_ratios, "The 2 is missing")
def four_ratios_half_f1(tp, fp, fn, tn):
    precision, recall, f1, rate = ex.four_ratios._solution(tp, fp, fn, tn)
    return precision, recall, f1 / 2, rate


@wrong(ex.four_ratios, "stand all normal rows")
def four_ratios_false_alarms_by_the_silent(tp, fp, fn, tn):
    return (*ex.four_ratios._solution(tp, fp, fn, tn)[:3], fp / max(tn, 1))


wrong(ex.four_ratios, "With few rows")(lambda *_: (0.75, 0.6, 2 / 3, 10 / 150))
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


@right(ex.pairs_won)
def pairs_by_ranks_from_zero(y, scores):
    m = np.sum(y)
    return (np.sum(rankdata(scores)[y == 1] - 1) - m * (m - 1) / 2) / (m * (len(y) - m))


@right(ex.pairs_won)
def pairs_as_tensors(y, scores):
    y, scores = torch.tensor(y), torch.tensor(scores, dtype=torch.float32, requires_grad=True)
    apart = scores[y == 1][:, None] - scores[y == 0]
    return scores.sum() * 0 + ((apart > 0).double() + 0.5 * (apart == 0).double()).mean()


@right(ex.pairs_won)
def pairs_in_a_table(y, scores):
    table = pd.DataFrame({"y": y, "score": scores})
    pairs = table[table.y == 1].merge(table[table.y == 0], how="cross")
    return np.sign(pairs.score_x - pairs.score_y).mean() / 2 + 0.5


@wrong(ex.pairs_won, "Your ranks begin at 0")
def pairs_won_by_zero_based_ranks(y, scores):
    m = np.sum(y)
    ranks = np.argsort(np.argsort(scores))
    return (ranks[y == 1].sum() - m * (m + 1) / 2) / (m * (len(y) - m))


@wrong(ex.pairs_won, "Subtract m(m + 1)/2")
def pairs_won_by_the_sum_of_ranks(y, scores):
    return rankdata(scores)[y == 1].sum() / (np.sum(y) * np.sum(1 - y))


@wrong(ex.pairs_won, "give tied rows different places")
def pairs_won_by_ranks_in_order(y, scores):
    m = np.sum(y)
    ranks = 1 + np.argsort(np.argsort(scores, kind="stable"))
    return (ranks[y == 1].sum() - m * (m + 1) / 2) / (m * (len(y) - m))


@wrong(ex.pairs_won, "count ties as wins")
def pairs_won_ties_as_wins(y, scores):
    return np.mean(scores[y == 1][:, np.newaxis] >= scores[y == 0])


@wrong(ex.pairs_won, "With tiny scores")
def pairs_won_with_near_ties(y, scores):
    apart = scores[y == 1][:, np.newaxis] - scores[y == 0]
    return np.mean(np.where(np.isclose(apart, 0), 0.5, apart > 0))


@wrong(ex.pairs_won, "count ties as lost")
def pairs_won_ties_as_losses(y, scores):
    return np.mean(scores[y == 1][:, np.newaxis] > scores[y == 0])


@wrong(ex.pairs_won, "decisions before you compare")
def pairs_won_of_decisions(y, scores):
    return ex.pairs_won._solution(y, (scores > 0.5).astype(float))


@wrong(ex.pairs_won, "more pairs than there are")
def pairs_won_of_all_pairs(y, scores):
    return np.mean((scores[:, np.newaxis] > scores) & (y[:, np.newaxis] > y))


@wrong(ex.pairs_won, "the normal row wins")
def pairs_won_upside_down(y, scores):
    return ex.pairs_won._solution(y, -scores)


@wrong(ex.pairs_won, "That is a number of pairs")
def pairs_won_as_a_count(y, scores):
    return np.sum(scores[y == 1][:, np.newaxis] > scores[y == 0])


wrong(ex.pairs_won, "is expected")(lambda y, scores: (scores[y == 1] > 0.5).mean())
wrong(ex.pairs_won, "returned None")(lambda y, scores: print(end=""))


@right(ex.precision_elsewhere)
def precision_by_counting(recall, false_alarm_rate, prevalence):
    anomalies = 1e6 * prevalence
    right, false = recall * anomalies, false_alarm_rate * (1e6 - anomalies)
    return np.float32(right / (right + false))


@right(ex.precision_elsewhere)
def precision_by_odds(recall, false_alarm_rate, prevalence):
    wrong_ones = false_alarm_rate * (1 - prevalence) / (recall * prevalence)
    return 1 / (1 + wrong_ones)


@right(ex.precision_elsewhere)
def precision_as_a_tensor(recall, false_alarm_rate, prevalence):
    share = torch.tensor(prevalence, requires_grad=True)
    return recall * share / (recall * share + false_alarm_rate * (1 - share))


right(ex.precision_elsewhere)(evaluation.precision_at_prevalence)


@wrong(ex.precision_elsewhere, "You take recall as a share of all rows")
def precision_elsewhere_recall_of_all_rows(recall, false_alarm_rate, prevalence):
    return recall / (recall + false_alarm_rate * (1 - prevalence))


@wrong(ex.precision_elsewhere, "right alarms by the false ones")
def precision_elsewhere_as_odds(recall, false_alarm_rate, prevalence):
    return recall * prevalence / max(false_alarm_rate * (1 - prevalence), 1e-9)


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


wrong(ex.precision_elsewhere, "With half anomalies")(lambda recall, rate, share: recall)


@right(ex.fair_f1)
def f1_over_observed_thresholds(y_validation, scores_validation, y_test, scores_test):
    candidates = np.unique(scores_validation)
    values = [metrics.f1_score(y_validation, scores_validation >= c) for c in candidates]
    return metrics.f1_score(y_test, scores_test >= candidates[np.argmax(values)])


@right(ex.fair_f1)
def f1_by_loops(y_validation, scores_validation, y_test, scores_test):
    def f1(labels, scores, line):
        pairs = [(label, score > line) for label, score in zip(labels, scores, strict=True)]
        hits = sum(label == 1 and alarm for label, alarm in pairs)
        return 2 * hits / (sum(labels) + sum(alarm for _, alarm in pairs) or 1)

    values = sorted(set(scores_validation.tolist()))
    lines = [(low + high) / 2 for low, high in itertools.pairwise(values)]
    lines.append(values[0] - 1)
    chosen = max(lines, key=lambda line: f1(y_validation, scores_validation, line))
    return f1(y_test, scores_test, chosen)


@right(ex.fair_f1)
def f1_in_a_table(y_validation, scores_validation, y_test, scores_test):
    known = pd.DataFrame({"y": y_validation, "score": scores_validation})
    lines = known.score.drop_duplicates()
    values = [
        2 * known.y[known.score >= c].sum() / (known.y.sum() + (known.score >= c).sum())
        for c in lines
    ]
    alarm = scores_test >= lines.iloc[int(np.argmax(values))]
    return np.float32(2 * np.sum(alarm & (y_test == 1)) / (y_test.sum() + alarm.sum()))


@right(ex.fair_f1)
def f1_as_a_tensor(y_validation, scores_validation, y_test, scores_test):
    line = thresholds.best_f1(y=y_validation, scores=scores_validation)
    alarm = torch.tensor(scores_test, requires_grad=True) > line
    hits = (alarm & torch.tensor(y_test == 1)).sum()
    return 2 * hits / (alarm.sum() + y_test.sum())


@wrong(ex.fair_f1, "have changed places")
def fair_f1_the_other_way_round(y_validation, scores_validation, y_test, scores_test):
    return ex.fair_f1._solution(y_test, scores_test, y_validation, scores_validation)


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


@wrong(ex.fair_f1, "With scores in steps of")
def fair_f1_strict_at_a_score(y_validation, scores_validation, y_test, scores_test):
    highest = thresholds.best_f1(y_validation, scores_validation)
    return ex._f1(y_test, scores_test, scores_validation[scores_validation > highest].min())


wrong(ex.fair_f1, "With scores in steps of")(
    lambda yv, sv, yt, st: ex._f1(yt, st, np.quantile(sv, 1 - yv.mean()))
)


@wrong(ex.fair_f1, "use 0.5")
def fair_f1_at_one_half(y_validation, scores_validation, y_test, scores_test):
    return ex._f1(y_test, scores_test, 0.5)


@wrong(ex.fair_f1, "return the threshold")
def fair_f1_threshold(y_validation, scores_validation, y_test, scores_test):
    return thresholds.best_f1(y_validation, scores_validation)


wrong(ex.fair_f1, "you return 0.123")(lambda *rows: 0.123)


@right(ex.my_threshold)
def threshold_by_search(y, scores):
    def cost(threshold):
        alarm = scores > threshold
        return np.sum(alarm & (y == 0)) + 20 * np.sum(~alarm & (y == 1))

    return min(scores, key=cost)


@wrong(ex.my_threshold, "too high")
def my_threshold_of_a_fixed_share(y, scores):
    return np.quantile(scores[y == 0], 0.935)


@right(ex.my_threshold)
def threshold_by_a_coarse_grid(y, scores):
    grid = torch.linspace(float(scores.min()), float(scores.max()), 60, requires_grad=True)
    costs = [ex._cost(y, scores, float(line)) for line in grid.tolist()]
    return grid[int(np.argmin(costs))]


@right(ex.my_threshold)
def threshold_from_a_table(y, scores):
    table = pd.DataFrame({"miss": y, "score": scores}).sort_values("score", ascending=False)
    cost = (1 - table.miss).cumsum() + 20 * (table.miss.sum() - table.miss.cumsum())
    return np.float32(table.score[cost.idxmin()] - 1e-3 * table.score.std())


@wrong(ex.my_threshold, "too low")
def my_threshold_between_the_means(y, scores):
    return (scores[y == 0].mean() + scores[y == 1].mean()) / 2


@wrong(ex.my_threshold, "costs have changed places")
def my_threshold_costs_swapped(y, scores):
    return thresholds.minimum_cost(y, scores, 20, 1)


@wrong(ex.my_threshold, "does not follow the scores")
def my_threshold_one_half(y, scores):
    return 0.5


@wrong(ex.my_threshold, "does not know what a miss costs")
def my_threshold_best_f1(y, scores):
    return thresholds.best_f1(y, scores)


@wrong(ex.my_threshold, "count a miss like a false alarm")
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


@right(ex.bootstrap)
def bootstrap_by_weights_of_a_table(y, scores, metric, repeats=500, seed=0):
    table = pd.DataFrame({"y": y, "score": scores})
    rng = np.random.RandomState(seed)
    draws = (table.sample(frac=1, replace=True, random_state=rng) for _ in range(repeats))
    values = pd.Series([metric(draw.y.to_numpy(), draw.score.to_numpy()) for draw in draws])
    return values.quantile([0.025, 0.975])


@right(ex.bootstrap)
def bootstrap_with_tensors(y, scores, metric, repeats=500, seed=0):
    chance = torch.Generator().manual_seed(seed)
    values = []
    for _ in range(repeats):
        rows = torch.randint(len(y), (len(y),), generator=chance)
        values.append(metric(y=y[rows.numpy()], scores=scores[rows.numpy()]))
    values = torch.tensor(values, dtype=torch.float32, requires_grad=True)
    return torch.quantile(values, torch.tensor([0.025, 0.975]))


def _interval_of(choose):
    """Return a bootstrap whose rows are choose(rng, number of the draw, n)."""

    def bootstrap(y, scores, metric, repeats=500, seed=0):
        rng, values = np.random.default_rng(seed), []
        for number in range(repeats):
            rows = choose(rng, number, len(y))
            values.append(metric(y[rows], scores[rows]))
        return np.quantile(values, [0.025, 0.975])

    return bootstrap


wrong(ex.bootstrap, "Only 1 of your 300 draws")(
    _interval_of(lambda rng, number, n: np.random.default_rng(0).integers(n, size=n))
)
wrong(ex.bootstrap, "of your 300 draws are different")(
    _interval_of(lambda rng, number, n: np.random.default_rng(number % 9).integers(n, size=n))
)
wrong(ex.bootstrap, "The last row is never drawn")(
    _interval_of(lambda rng, number, n: rng.integers(n - 1, size=n))
)
wrong(ex.bootstrap, "The first row is never drawn")(
    _interval_of(lambda rng, number, n: rng.integers(1, n, size=n))
)
wrong(ex.bootstrap, "from all rows")(
    _interval_of(
        lambda rng, number, n: np.where(rng.random(n) < 0.5, range(n), rng.integers(n, size=n))
    )
)
wrong(ex.bootstrap, "Each row has the same chance")(
    _interval_of(lambda rng, number, n: (n * rng.random(n) ** 2).astype(int))
)
wrong(ex.bootstrap, "Seed 1 gives the same draws as seed 0")(
    lambda y, scores, metric, repeats=500, seed=0: ex.bootstrap._solution(
        y, scores, metric, repeats, 0
    )
)


@wrong(ex.bootstrap, "NumPy's global generator")
def bootstrap_by_global_chance(y, scores, metric, repeats=500, seed=0):
    np.random.seed(seed)
    draws = [np.random.randint(len(y), size=len(y)) for _ in range(repeats)]
    return np.quantile([metric(y[rows], scores[rows]) for rows in draws], [0.025, 0.975])


@wrong(ex.bootstrap, "takes the labels first")
def bootstrap_scores_first(y, scores, metric, repeats=500, seed=0):
    return ex.bootstrap._solution(scores, y, metric, repeats, seed)


@wrong(ex.bootstrap, "lay a bell curve")
def bootstrap_normal(y, scores, metric, repeats=500, seed=0):
    values = _draws(y, scores, metric, repeats, seed)
    return values.mean() - 1.96 * values.std(), values.mean() + 1.96 * values.std()


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
