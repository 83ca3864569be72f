"""Answers to the exercises of lesson 19: right ones in other styles, and wrong ones."""

import itertools
import math
from collections import defaultdict

from answers import right, wrong
from course_utils.exercises import lesson_19 as ex

import numpy as np
import pandas as pd
import torch
from scipy.stats import (
    false_discovery_control,
    ks_2samp,
    mannwhitneyu,
    norm,
    rankdata,
    studentized_range,
)
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

# ---------------------------------------------------------------------------------- 1 · mean ranks


@right(ex.mean_ranks)
def ranks_by_pandas(results):
    return pd.DataFrame(results).rank(axis=1, ascending=False).mean()


@right(ex.mean_ranks)
def ranks_by_counting(results=None):
    higher = (results[:, None, :] > results[:, :, None]).sum(axis=2)
    equal = (results[:, None, :] == results[:, :, None]).sum(axis=2)
    return (higher + (equal + 1) / 2).mean(axis=0)


@right(ex.mean_ranks)
def ranks_by_loops(results):
    sums = [0.0] * len(results[0])
    for row in results.tolist():
        for place, value in enumerate(row):
            sums[place] += sum(each > value for each in row) + (row.count(value) + 1) / 2
    return [each / len(results) for each in sums]


@right(ex.mean_ranks)
def ranks_by_torch(results):
    above = results.unsqueeze(1) - results.unsqueeze(2)
    return (0.5 + (above > 0).double().sum(2) + (above == 0).double().sum(2) / 2).mean(dim=0)


@right(ex.mean_ranks)
def ranks_from_the_other_end(results):
    return results.shape[1] + 1 - rankdata(results, axis=1).mean(axis=0)


def ranks_with(method="average", axis=1, sign=-1):
    return lambda results: rankdata(sign * results, axis=axis, method=method).mean(axis=0)


def negated_order(results):
    return np.argsort(-results, axis=1)


wrong(ex.mean_ranks, "rank 1 is the worst")(ranks_with(sign=1))
wrong(ex.mean_ranks, "ranked by the order of the columns")(ranks_with("ordinal"))
wrong(ex.mean_ranks, "ranked by the order of the columns")(
    lambda results: negated_order(results).argsort(axis=1).mean(axis=0) + 1
)
wrong(ex.mean_ranks, "all get the best rank")(ranks_with("min"))
wrong(ex.mean_ranks, "all get the worst rank")(ranks_with("max"))
wrong(ex.mean_ranks, "as if they were one")(ranks_with("dense"))
wrong(ex.mean_ranks, "which tables are easy")(ranks_with(axis=0))
wrong(ex.mean_ranks, "which tables are easy")(ranks_with(axis=0, sign=1))
wrong(ex.mean_ranks, "one for each table")(lambda each: rankdata(-each, axis=1).mean(axis=1))
wrong(ex.mean_ranks, "in one list")(
    lambda results: rankdata(-results, axis=None).reshape(results.shape).mean(axis=0)
)
wrong(ex.mean_ranks, "ranks of the mean results")(lambda each: rankdata(-each.mean(axis=0)))
wrong(ex.mean_ranks, "ranks of the mean results")(lambda each: rankdata(each.mean(axis=0)))
wrong(ex.mean_ranks, "count from 0")(lambda each: rankdata(-each, axis=1).mean(axis=0) - 1)
wrong(ex.mean_ranks, "count from 0")(lambda each: negated_order(each).argsort(1).mean(0))
wrong(ex.mean_ranks, "stands at each place")(lambda each: negated_order(each).mean(axis=0) + 1)
wrong(ex.mean_ranks, "the mean over the tables is missing")(lambda each: rankdata(-each, axis=1))
wrong(ex.mean_ranks, "sums of ranks")(lambda each: rankdata(-each, axis=1).sum(axis=0))
wrong(ex.mean_ranks, "the median rank")(lambda each: np.median(rankdata(-each, axis=1), axis=0))
wrong(ex.mean_ranks, "divided by the number")(
    lambda each: rankdata(-each, axis=1).mean(axis=0) / each.shape[1]
)
wrong(ex.mean_ranks, "`return` missing")(lambda results: print(end=""))


@wrong(ex.mean_ranks, "changes the `results`")
def ranks_that_negate(results):
    results *= -1
    return rankdata(results, axis=1).mean(axis=0)


# ------------------------------------------------------------------------- 2 · critical difference


@right(ex.critical_difference)
def difference_by_isf(detectors, tables, level):
    q = studentized_range.isf(level, k=detectors, df=math.inf)
    return q * math.sqrt(detectors * (detectors + 1) / tables / 12)


@right(ex.critical_difference)
def difference_with_many_degrees(detectors=None, tables=None, level=None):
    q = studentized_range.ppf(1 - level, detectors, 1e6)
    return np.float32(q / 2**0.5 * (detectors * (detectors + 1) / (6 * tables)) ** 0.5)


@right(ex.critical_difference)
def difference_in_a_tensor(detectors, tables, level):
    q = torch.tensor(studentized_range(detectors, np.inf).ppf(1 - level))
    return q / torch.tensor(2.0).sqrt() * np.sqrt(detectors * (detectors + 1) / (6 * tables))


@right(ex.critical_difference)
def difference_by_bisection(k, n, level):
    low, high = 0.0, 20.0
    while high - low > 1e-7:
        middle = (low + high) / 2
        if studentized_range.sf(middle, k, np.inf) > level:
            low = middle
        else:
            high = middle
    return low / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n))


def difference_with(
    q=lambda k, n, level: studentized_range.ppf(1 - level, k, np.inf) / 2**0.5,
    root=lambda k, n: (k * (k + 1) / (6 * n)) ** 0.5,
):
    return lambda k, n, level: q(k, n, level) * root(k, n)


def stored_q(words, q):
    wrong(ex.critical_difference, words)(difference_with(q=q))


def stored_root(words, root):
    wrong(ex.critical_difference, words)(difference_with(root=root))


def q_of(share, k, freedom=np.inf):
    return studentized_range.isf(share, k, freedom) / 2**0.5


stored_q("√2 is forgotten", lambda k, n, level: q_of(level, k) * 2**0.5)
stored_q("The 2 counts twice", lambda k, n, level: q_of(level, k) / 2**0.5)
stored_root("The 2 counts twice", lambda k, n: (k * (k + 1) / (12 * n)) ** 0.5)
stored_q("q is multiplied by √2", lambda k, n, level: q_of(level, k) * 2)
wrong(ex.critical_difference, "n are changed over")(
    lambda k, n, level: difference_by_isf(n, k, level)
)
stored_q("as there are tables", lambda k, n, level: q_of(level, n))
stored_root("k and the tables n are changed over", lambda k, n: (n * (n + 1) / (6 * k)) ** 0.5)
stored_root("is missing", lambda k, n: k * (k + 1) / (6 * n))
stored_root("number of tables is missing", lambda k, n: (k * (k + 1) / 6) ** 0.5)
stored_root("brackets around 6n", lambda k, n: (k * (k + 1) / 6 * n) ** 0.5)
stored_root("stands k(k − 1)", lambda k, n: (k * (k - 1) / (6 * n)) ** 0.5)
stored_root("stands k · k + 1", lambda k, n: ((k * k + 1) / (6 * n)) ** 0.5)
stored_root("That is q/√2 alone", lambda k, n: 1)
stored_root("That is q alone", lambda k, n: 2**0.5)
stored_q("That is the root alone", lambda k, n, level: 1)
stored_q("exceeds nearly always", lambda k, n, level: q_of(1 - level, k))
stored_q("The level is halved", lambda k, n, level: q_of(level / 2, k))
stored_q("The level is doubled", lambda k, n, level: q_of(2 * level, k))
stored_q("`level` is not used", lambda k, n, level: q_of(0.05, k))
stored_q("degrees of freedom", lambda k, n, level: q_of(level, k, n - 1))
stored_q("degrees of freedom", lambda k, n, level: q_of(level, k, (k - 1) * (n - 1)))
stored_q("q is taken for 4 groups", lambda k, n, level: q_of(level, k - 1))
stored_q("Bonferroni and Dunn", lambda k, n, level: norm.isf(level / 2 / (k - 1)))
stored_q("Bonferroni's correction", lambda k, n, level: norm.isf(level / k / (k - 1)))
stored_q("right for one pair", lambda k, n, level: norm.isf(level / 2))
stored_q("normal quantile of one side", lambda k, n, level: norm.isf(level))
stored_q("is expected", lambda k, n, level: 1.1 * q_of(level, k))
wrong(ex.critical_difference, "One number is asked for")(
    lambda k, n, level: np.full(k, difference_by_isf(k, n, level))
)

# ---------------------------------------------------------------------------------------- 3 · Holm


@right(ex.holm)
def holm_by_loops(p_values):
    m, highest, adjusted = len(p_values), 0.0, {}
    for rank, place in enumerate(sorted(range(m), key=lambda place: p_values[place])):
        highest = max(highest, min(1.0, (m - rank) * p_values[place]))
        adjusted[place] = highest
    return [adjusted[place] for place in range(m)]


@right(ex.holm)
def holm_by_definition(p_values=None):
    """Each one's is the largest of those that are not larger, times how many are left."""
    ascending = np.sort(p_values)
    left = len(p_values) - np.arange(len(p_values))
    return np.array([min(1, (left * ascending)[ascending <= p].max()) for p in p_values])


@right(ex.holm)
def holm_by_pandas(p_values):
    series = pd.Series(p_values).sort_values()
    factors = np.arange(len(series), 0, -1)
    return (series * factors).cummax().clip(upper=1).sort_index()


@right(ex.holm)
def holm_by_torch(p_values):
    ascending, order = torch.sort(p_values)
    factors = torch.arange(p_values.numel(), 0, -1)
    larger = torch.cummax(factors * ascending, dim=0).values.clamp(max=1)
    return torch.empty_like(larger).scatter_(0, order, larger)


@right(ex.holm)
def holm_in_float32(p_values):
    order = np.argsort(p_values)
    larger = np.arange(len(order), 0, -1) * p_values[order]
    return np.minimum(np.maximum.accumulate(larger), 1)[np.argsort(order)].astype(np.float32)


def holm_with(
    factor=lambda m, i: m - i, step=np.maximum.accumulate, highest=1.0, place=np.argsort
):
    """Return Holm's correction in which one part is replaced."""

    def adjust(p_values):
        m, order = len(p_values), np.argsort(p_values)
        values = step(factor(m, np.arange(m)) * p_values[order])
        return np.minimum(values, highest)[place(order)]

    return adjust


def stored_holm(words, **parts):
    wrong(ex.holm, words)(holm_with(**parts))


def as_they_are(values):
    return values


def nowhere(order):
    return np.arange(len(order))


@wrong(ex.holm, "one too few")
def holm_as_given(p_values):
    m = len(p_values)
    return (m - 1 - np.arange(m)) * np.sort(p_values)


wrong(ex.holm, "sorted. Each belongs")(holm_as_given)
stored_holm("one too few", factor=lambda m, i: m - 1 - i)
stored_holm("one too many", factor=lambda m, i: m + 1 - i)
stored_holm("the other way round", factor=lambda m, i: i + 1)
stored_holm("less than a smaller one", step=as_they_are)
stored_holm("above 1, and no probability", highest=np.inf)
stored_holm("They come back sorted", place=nowhere)
stored_holm("sorts once more", place=as_they_are)
stored_holm("Hochberg's", step=lambda values: np.minimum.accumulate(values[::-1])[::-1])
wrong(ex.holm, "Bonferroni's")(lambda p_values: np.minimum(1, len(p_values) * p_values))
wrong(ex.holm, "false discoveries")(lambda p_values: false_discovery_control(p_values))
wrong(ex.holm, "Šidák's form")(
    lambda p: np.maximum.accumulate(1 - (1 - np.sort(p)) ** np.arange(len(p), 0, -1))[
        np.argsort(np.argsort(p))
    ]
)
wrong(ex.holm, "Šidák's correction")(lambda p_values: 1 - (1 - p_values) ** len(p_values))
wrong(ex.holm, "are not sorted")(
    lambda p: np.minimum(1, np.maximum.accumulate(np.arange(len(p), 0, -1) * p))
)
wrong(ex.holm, "in the order given")(
    lambda p: np.minimum(1, np.maximum.accumulate((len(p) + 1 - rankdata(p)) * p))
)
wrong(ex.holm, "come back as they were")(lambda p_values: p_values)
wrong(ex.holm, "verdicts")(lambda p_values: holm_by_loops(p_values) < np.full(len(p_values), 0.05))
wrong(ex.holm, "divided by m − i")(holm_with(factor=lambda m, i: 1 / (m - i), step=as_they_are))
wrong(ex.holm, "the levels that each")(lambda p: 0.05 / (len(p) + 1 - rankdata(p)))
wrong(ex.holm, "you return the shape")(lambda p_values: max(holm_by_loops(p_values)))
wrong(ex.holm, "tied p-values")(
    lambda p: holm_with()(p) if len(set(p)) == len(p) else holm_with(step=as_they_are)(p)
)


@wrong(ex.holm, "changes the `p_values`")
def holm_that_sorts(p_values):
    adjusted = holm_with()(p_values)
    p_values.sort()
    return adjusted


# -------------------------------------------------------------------------- 4 · one row per table


@right(ex.one_row_per_table)
def rows_by_pandas(sources, results):
    return pd.DataFrame(results).groupby(pd.Series(sources), sort=False).mean()


@right(ex.one_row_per_table)
def rows_by_a_dict(sources=None, results=None):
    runs = defaultdict(list)
    for source, row in zip(sources, results, strict=True):
        runs[source].append(row)
    return [np.mean(rows, axis=0) for rows in runs.values()]


@right(ex.one_row_per_table)
def rows_by_a_product(sources, results):
    distinct = sorted(set(sources), key=sources.index)
    member = np.array([[source == each for source in sources] for each in distinct], float)
    return member / member.sum(axis=1, keepdims=True) @ results


@right(ex.one_row_per_table)
def rows_by_torch(sources, results):
    codes, distinct = pd.factorize(np.array(sources))
    sums = torch.zeros(len(distinct), results.shape[1], dtype=torch.float64)
    sums.index_add_(0, torch.tensor(codes), torch.tensor(results))
    return sums / torch.bincount(torch.tensor(codes))[:, None]


@right(ex.one_row_per_table)
def rows_by_loops(sources, results):
    distinct = []
    for source in sources:
        if source not in distinct:
            distinct.append(source)
    return [
        [
            sum(results[run][k] for run in range(len(sources)) if sources[run] == each)
            / sources.count(each)
            for k in range(results.shape[1])
        ]
        for each in distinct
    ]


@wrong(ex.one_row_per_table, "seeds of one table count as tables")
def rows_as_given(sources, results):
    tables = [f"{source}, seed {run}" for run, source in enumerate(sources)]
    distinct = list(dict.fromkeys(tables))
    rows = [results[[table == each for table in tables]].mean(axis=0) for each in distinct]
    return np.array(rows)


def rows_with(combine=lambda runs: runs.mean(axis=0), order=dict.fromkeys):
    def rows(sources, results):
        return np.array([combine(results[np.array(sources) == each]) for each in order(sources)])

    return rows


def stored_rows(words, **parts):
    wrong(ex.one_row_per_table, words)(rows_with(**parts))


wrong(ex.one_row_per_table, "seeds of one table count as tables")(lambda sources, results: results)
stored_rows("sorted by name", order=lambda sources: np.unique(sources))
wrong(ex.one_row_per_table, "sorted by name")(
    lambda sources, results: pd.DataFrame(results).groupby(list(sources)).mean()
)
stored_rows("in another order", order=lambda sources: list(dict.fromkeys(sources[::-1])))
stored_rows("Only the first run", combine=lambda runs: runs[0])
stored_rows("Only the last run", combine=lambda runs: runs[-1])
wrong(ex.one_row_per_table, "Only the last run")(
    lambda sources, results: np.array(list(dict(zip(sources, results, strict=True)).values()))
)
stored_rows("the median of the runs", combine=lambda runs: np.median(runs, axis=0))
stored_rows("after seeing the result", combine=lambda runs: runs.max(axis=0))
stored_rows("The worst run", combine=lambda runs: runs.min(axis=0))
stored_rows("are added up", combine=lambda runs: runs.sum(axis=0))
stored_rows("the detectors are averaged too", combine=lambda runs: runs.mean())
stored_rows("All detectors of a source", combine=lambda runs: np.full(5, runs.mean()))
wrong(ex.one_row_per_table, "the mean over all runs")(
    lambda sources, results: results.mean(axis=0)
)
wrong(ex.one_row_per_table, "It looks transposed")(
    lambda sources, results: np.array(rows_by_a_dict(sources, results)).T
)
wrong(ex.one_row_per_table, "a list == a text")(
    lambda sources, results: np.array(
        [results[sources == each].mean(axis=0) for each in dict.fromkeys(sources)]
    )
)
wrong(ex.one_row_per_table, "A dict came back")(
    lambda sources, results: dict(zip(sources, results, strict=True))
)
wrong(ex.one_row_per_table, "Several results came back")(
    lambda sources, results: (list(set(sources)), rows_by_a_dict(sources, results))
)


@wrong(ex.one_row_per_table, "only where they are neighbours")
def rows_of_neighbours(sources, results):
    places = itertools.groupby(range(len(sources)), key=lambda run: sources[run])
    return np.array([results[list(group)].mean(axis=0) for _, group in places])


@wrong(ex.one_row_per_table, "the last one counts half")
def rows_that_run(sources, results):
    rows = {}
    for source, row in zip(sources, results, strict=True):
        rows[source] = (rows[source] + row) / 2 if source in rows else row
    return list(rows.values())


@wrong(ex.one_row_per_table, "a part of another's")
def rows_of_names_that_contain(sources, results):
    return np.array(
        [
            results[[each in source for source in sources]].mean(axis=0)
            for each in dict.fromkeys(sources)
        ]
    )


# ------------------------------------------------------------------------------ 5 · regret of rule


@right(ex.regret_of_rule)
def regret_by_masks(results, choose):
    tables = np.arange(len(results))
    chosen = np.array([choose(results[tables != t]) for t in tables])
    return results.max(axis=1) - results[tables, chosen]


@right(ex.regret_of_rule)
def regret_of_lists(results=None, choose=None):
    rows = results.tolist()
    regrets = []
    for t, row in enumerate(rows):
        chosen = choose(np.array(rows[:t] + rows[t + 1 :]))
        regrets.append(max(row) - row[chosen])
    return regrets


@right(ex.regret_of_rule)
def regret_of_a_copy(results, choose):
    regrets = np.zeros(results.shape[0], dtype=np.float32)
    for t in range(results.shape[0]):
        others = np.concatenate([results[:t], results[t + 1 :]])
        regrets[t] = np.max(results[t] - results[t][choose(others)])
    return regrets


@right(ex.regret_of_rule)
def regret_by_pandas(results, choose):
    frame = pd.DataFrame(results)
    chosen = [choose(frame.drop(index=t).to_numpy()) for t in frame.index]
    return frame.max(axis=1) - [frame.loc[t, each] for t, each in enumerate(chosen)]


@right(ex.regret_of_rule)
def regret_by_torch(results, choose):
    rows = torch.tensor(results)
    keep = ~torch.eye(len(rows), dtype=torch.bool)
    return torch.stack(
        [row.max() - row[choose(rows[k].numpy())] for row, k in zip(rows, keep, strict=True)]
    )


def regret_with(
    shown=lambda results, t: np.delete(results, t, axis=0),
    best=lambda results, t: results[t].max(),
    end=np.array,
):
    def regrets(results, choose):
        return end(
            [best(results, t) - results[t, choose(shown(results, t))] for t in range(len(results))]
        )

    return regrets


def stored_regret(words, **parts):
    wrong(ex.regret_of_rule, words)(regret_with(**parts))


stored_regret("The rule saw all tables", shown=lambda results, t: results)
wrong(ex.regret_of_rule, "The rule saw all tables")(
    lambda results, choose: results.max(axis=1) - results[:, choose(results)]
)
stored_regret("saw the very table", shown=lambda results, t: results[t : t + 1])
stored_regret("Upside down", end=lambda regrets: -np.array(regrets))
stored_regret("That is the mean regret", end=np.mean)
stored_regret("That is the sum", end=np.sum)
stored_regret("best of all tables", best=lambda results, t: results.max())
stored_regret(
    "best of the other tables", best=lambda results, t: np.delete(results, t, axis=0).max()
)
stored_regret("with the table's mean", best=lambda results, t: results[t].mean())
stored_regret("Those are the results of the chosen", best=lambda *_: 0, end=lambda v: -np.array(v))
stored_regret("is expected", end=lambda regrets: np.sort(regrets))
stored_regret(
    "shown 1 of the 5 other tables",
    shown=lambda r, t: r[t - 1 : t] if t else r[1:2],
)
stored_regret(
    "was shown as many tables", shown=lambda r, t: np.where(np.arange(len(r))[:, None] == t, 0, r)
)
stored_regret(
    "NaN in place of a table",
    shown=lambda r, t: np.where(np.arange(len(r))[:, None] == t, np.nan, r),
)
wrong(ex.regret_of_rule, "divided by the best")(
    lambda results, choose: regret_by_masks(results, choose) / results.max(axis=1)
)
wrong(ex.regret_of_rule, "detectors that the rule chose")(
    lambda results, choose: [choose(np.delete(results, t, axis=0)) for t in range(len(results))]
)
wrong(ex.regret_of_rule, "never asked")(
    lambda results, choose: results.max(axis=1) - results[:, results.mean(axis=0).argmax()]
)
wrong(ex.regret_of_rule, "never asked")(
    lambda results, choose: results.max(axis=1) - results.mean(axis=1)
)


@wrong(ex.regret_of_rule, "on the tables that the rule saw")
def regret_on_what_was_seen(results, choose):
    regrets = []
    for t in range(len(results)):
        others = np.delete(results, t, axis=0)
        regrets.append((others.max(axis=1) - others[:, choose(others)]).mean())
    return regrets


wrong(ex.regret_of_rule, "shown 4 of the 5 other tables")(
    lambda results, choose: [
        row.max() - row[choose(results[t + 1 :])] for t, row in enumerate(results[:-1])
    ]
)
stored_regret("A detector was left out", shown=lambda results, t: np.delete(results, t, axis=1))
stored_regret("Rows are tables", shown=lambda results, t: np.delete(results, t, axis=0).T)


@wrong(ex.regret_of_rule, "Rows are tables")
def regret_without_a_detector(results, choose):
    return [row.max() - row[choose(np.delete(results, t))] for t, row in enumerate(results)]


# ---------------------------------------------------------------------------- 6 · choose by labels


@right(ex.choose_by_labels)
def choose_by_pairs(scores, y):
    away = scores[:, y == 1, None] - scores[:, None, y == 0]
    return np.argmax(np.sign(away).mean(axis=(1, 2)))


@right(ex.choose_by_labels)
def choose_by_sklearn(scores=None, y=None):
    areas = [roc_auc_score(y, row) for row in scores]
    return areas.index(max(areas))


@right(ex.choose_by_labels)
def choose_by_torch(scores, y):
    away = scores[:, y == 1].unsqueeze(2) - scores[:, y == 0].unsqueeze(1)
    return away.sign().mean(dim=(1, 2)).argmax()


@right(ex.choose_by_labels)
def choose_by_mann_whitney(scores, y):
    return max(
        range(len(scores)),
        key=lambda k: mannwhitneyu(scores[k][y == 1], scores[k][y == 0]).statistic,
    )


@right(ex.choose_by_labels)
def choose_with_a_bonus(scores, y):
    """AUROC, and a little for anomalies above nearly all normal rows."""
    ranks = rankdata(scores, axis=1)[:, y == 1] / scores.shape[1]
    return int(np.argmax(ranks.mean(axis=1) + 0.05 * (ranks > 0.9).mean(axis=1)))


@right(ex.choose_by_labels)
def choose_by_mean_rank_in_pandas(scores, y):
    return pd.DataFrame(scores.T).rank()[y == 1].mean().idxmax()


@right(ex.choose_by_labels)
def choose_by_kolmogorov_and_smirnov(scores, y):
    """The largest distance between the two distributions, where anomalies are higher."""
    distances = [ks_2samp(row[y == 1], row[y == 0], "less", "asymp").statistic for row in scores]
    return np.argmax(distances)


def choose_by(value):
    return lambda scores, y: int(np.argmax([value(row, y) for row in scores]))


def f1(alarms, y):
    return 2 * (alarms & (y == 1)).sum() / (alarms.sum() + y.sum())


def stored_choice(words, value):
    wrong(ex.choose_by_labels, words)(choose_by(value))


stored_choice("F1 at the 95% quantile", lambda row, y: f1(row > np.quantile(row, 0.95), y))
stored_choice("F1 at the 90% quantile", lambda row, y: f1(row > np.quantile(row, 0.9), y))
stored_choice(
    "as many alarms as there are anomalies",
    lambda row, y: f1(rankdata(row) > len(y) - y.sum(), y),
)
stored_choice(
    "beyond 3 standard deviations",
    lambda row, y: f1(row > row[y == 0].mean() + 3 * row[y == 0].std(), y),
)
stored_choice("F1 halfway", lambda row, y: f1(row > (row.min() + row.max()) / 2, y))
stored_choice("F1 with an alarm above 0.5", lambda row, y: f1(row > 0.5, y))
stored_choice("accuracy with an alarm above 0.5", lambda row, y: ((row > 0.5) == (y == 1)).mean())
stored_choice("the top of the list alone", lambda row, y: average_precision_score(y, row))
stored_choice("at its luckiest", lambda row, y: max(f1(row >= line, y) for line in row[y == 1]))
stored_choice("unlike units", lambda row, y: row[y == 1].mean() - row[y == 0].mean())
stored_choice("unlike units", lambda row, y: row[y == 1].mean())
stored_choice("unlike units", lambda row, y: row.max())
stored_choice(
    "follow a few far scores",
    lambda row, y: (row[y == 1].mean() - row[y == 0].mean()) / row[y == 0].std(),
)
stored_choice("follow a few far scores", lambda row, y: np.corrcoef(row, y)[0, 1])
stored_choice("median does not see it", lambda row, y: np.median(rankdata(row)[y == 1]))
stored_choice(
    "Equal scores count as won", lambda row, y: (row[y == 1, None] >= row[y == 0]).mean()
)
stored_choice(
    "of which equal ones count half", lambda row, y: (row[y == 1, None] > row[y == 0]).mean()
)
stored_choice("Upside down", lambda row, y: -roc_auc_score(y, row))
stored_choice("not what higher scores mean", lambda row, y: abs(roc_auc_score(y, row) - 0.5))
wrong(ex.choose_by_labels, "always detector 0")(lambda scores, y: 0)
wrong(ex.choose_by_labels, "counted from 0")(lambda scores, y: choose_by_pairs(scores, y) + 1)
wrong(ex.choose_by_labels, "A number for each")(
    lambda scores, y: np.array([roc_auc_score(y, row) for row in scores])
)
wrong(ex.choose_by_labels, "argmax, not max")(
    lambda scores, y: max(roc_auc_score(y, row) for row in scores)
)
wrong(ex.choose_by_labels, "of AUROC on rows held back")(
    lambda scores, y: int(np.random.default_rng(scores.shape[1]).integers(len(scores)))
)
wrong(ex.choose_by_labels, "of AUROC on rows held back")(
    lambda scores, y: np.argmax([max(np.subtract(*roc_curve(y, row)[1::-1])) for row in -scores])
)


@wrong(ex.choose_by_labels, "changes the `scores`")
def choose_that_sorts(scores, y):
    chosen = choose_by_pairs(scores, y)
    scores.sort(axis=1)
    return chosen


# --------------------------------------------------------------------------------- 7 · honest gain


@right(ex.honest_gain)
def gain_of_lists(validation, test, default):
    validation, test = list(validation), list(test)
    chosen = validation.index(max(validation))
    return [validation[chosen] - validation[default], test[chosen] - test[default]]


@right(ex.honest_gain)
def gain_by_sorting(validation=None, test=None, default=None):
    chosen = np.argsort(validation)[-1]
    pair = np.stack([validation, test])
    return tuple(pair[:, chosen] - pair[:, default])


@right(ex.honest_gain)
def gain_by_torch(validation, test, default):
    chosen = validation.argmax()
    return (validation - validation[default])[chosen].float(), test[chosen] - test[default]


@right(ex.honest_gain)
def gain_by_pandas(validation, test, default):
    table = pd.DataFrame({"reported": validation, "real": test})
    return (table.loc[table["reported"].idxmax()] - table.loc[default]).to_numpy()


@right(ex.honest_gain)
def gain_by_pairs(validation, test, default):
    reported, real = max(zip(validation, test, strict=True))
    return np.float32(reported - validation[default]), real - test[default]


@wrong(ex.honest_gain, "The setting is chosen by test")
def gain_as_given(validation, test, default):
    chosen = np.argmax(test)
    return validation[chosen] - validation[default], test[chosen] - test[default]


def gain_with(chosen=lambda v, t: (v.argmax(), v.argmax()), base=lambda v, t, d: (v[d], t[d])):
    def gain(validation, test, default):
        first, second = chosen(validation, test)
        reported, real = base(validation, test, default)
        return validation[first] - reported, test[second] - real

    return gain


def stored_gain(words, **parts):
    wrong(ex.honest_gain, words)(gain_with(**parts))


stored_gain("Two settings are chosen", chosen=lambda v, t: (v.argmax(), t.argmax()))
stored_gain("each by the other's values", chosen=lambda v, t: (t.argmax(), v.argmax()))
stored_gain("by validation and test together", chosen=lambda v, t: ((v + t).argmax(),) * 2)
wrong(ex.honest_gain, "Both gains are 0")(lambda v, t, d: (v[d] - v[d], t[d] - t[d]))
stored_gain("The worst setting", chosen=lambda v, t: (v.argmin(),) * 2)
stored_gain("values of the setting chosen", base=lambda v, t, d: (0, 0))
stored_gain("On test the default", base=lambda v, t, d: (v[d], v[d]))
stored_gain("counted from setting 0", base=lambda v, t, d: (v[0], t[0]))
stored_gain("from the second best", base=lambda v, t, d: (v[v.argsort()[-2]], t[v.argsort()[-2]]))
stored_gain("from the mean of all", base=lambda v, t, d: (v.mean(), t.mean()))
stored_gain("from validation to test", base=lambda v, t, d: (v[d], v.max()))
wrong(ex.honest_gain, "flatters the chosen")(
    lambda v, t, d: (v.max() - v[d], v.max() - t[v.argmax()])
)
wrong(ex.honest_gain, "are changed over")(lambda v, t, d: gain_by_sorting(v, t, d)[::-1])
wrong(ex.honest_gain, "Upside down")(lambda v, t, d: -np.array(gain_by_sorting(v, t, d)))
wrong(ex.honest_gain, "Those are ratios")(lambda v, t, d: (v.max() / v[d], t[v.argmax()] / t[d]))
wrong(ex.honest_gain, "the one on validation")(lambda v, t, d: (v.max() - v[d],) * 2)
wrong(ex.honest_gain, "the one on test")(lambda v, t, d: (t[v.argmax()] - t[d],) * 2)
wrong(ex.honest_gain, "two are asked for")(lambda v, t, d: t[v.argmax()] - t[d])
wrong(ex.honest_gain, "Gains of all settings")(lambda v, t, d: (v - v[d], t - t[d]))
wrong(ex.honest_gain, "leave it below 0")(
    lambda v, t, d: (v.max() - v[d], max(0, t[v.argmax()] - t[d]))
)
wrong(ex.honest_gain, "leave the sign")(lambda v, t, d: np.abs(gain_by_sorting(v, t, d)))
wrong(ex.honest_gain, "reported is right, real is not")(
    lambda v, t, d: (v.max() - v[d], t.mean() - t[d])
)
wrong(ex.honest_gain, "real is right, reported is not")(
    lambda v, t, d: (v.max() - np.median(v), t[v.argmax()] - t[d])
)


@wrong(ex.honest_gain, "the best of the others is taken")
def gain_without_the_default(validation, test, default):
    others = np.where(np.arange(len(validation)) == default, -np.inf, validation)
    chosen = others.argmax()
    return validation[chosen] - validation[default], test[chosen] - test[default]


# ------------------------------------------------------------------------------------- 8 · my rule


def has_both(y):
    return y is not None and 0 < np.sum(y) < len(y)


def scores_of(train, X, candidates):
    return np.array([candidate(train, X) for candidate in candidates])


@right(ex.my_rule)
def rule_by_sklearn(train, X_validation, y_validation, candidates):
    if not has_both(y_validation):
        return 0
    return np.argmax([roc_auc_score(y_validation, c(train, X_validation)) for c in candidates])


@right(ex.my_rule)
def rule_that_injects(train=None, X_validation=None, y_validation=None, candidates=None):
    """Without labels: which candidate tells rows drawn at random in the range of train."""
    y, X = y_validation, X_validation
    if not has_both(y):
        size = len(X), train.shape[1]
        made = np.random.default_rng(0).uniform(train.min(axis=0), train.max(axis=0), size=size)
        X, y = np.concatenate([X, made]), np.repeat([0, 1], [len(X), len(made)])
    return choose_by_pairs(scores_of(train, X, candidates), y)


@right(ex.my_rule)
def rule_that_prefers_the_default(train, X, y, candidates):
    if not has_both(y):
        return 0
    areas = [roc_auc_score(y, candidate(train, X)) for candidate in candidates]
    areas[0] += 0.01
    return int(np.argmax(areas))


@right(ex.my_rule)
def rule_by_average_precision(train, X, y, candidates):
    if not has_both(y):
        return 0
    areas = [average_precision_score(y, row) for row in scores_of(train, X, candidates)]
    return areas.index(max(areas))


@right(ex.my_rule)
def rule_by_agreement(train, X, y, candidates):
    """Without labels: whose ranking is most like all others'."""
    scores = scores_of(train, X, candidates)
    if has_both(y):
        return torch.tensor(choose_by_pairs(scores, y))
    ranks = rankdata(scores, axis=1)
    return int(np.argmax(ranks @ ranks.sum(axis=0)))


def rule_with(choose=choose_by_pairs, without=lambda train, X, candidates: 0):
    """Return a rule in which one part is replaced."""

    def rule(train, X, y, candidates):
        if not has_both(y):
            return without(train, X, candidates)
        return choose(scores_of(train, X, candidates), y)

    return rule


def stored_rule(words, **parts):
    wrong(ex.my_rule, words)(rule_with(**parts))


wrong(ex.my_rule, "Labels are there")(lambda train, X, y, candidates: 0)
wrong(ex.my_rule, "always candidate")(lambda train, X, y, candidates: len(candidates) - 1)
wrong(ex.my_rule, "with y_validation None")(
    lambda train, X, y, candidates: (
        choose_by_pairs(scores_of(train, X, candidates), y) if y.any() else 0
    )
)
wrong(ex.my_rule, "with no anomaly in y_validation")(
    lambda train, X, y, candidates: (
        0 if y is None else choose_by_sklearn_strictly(train, X, y, candidates)
    )
)


def choose_by_sklearn_strictly(train, X, y, candidates):
    areas = [roc_auc_score(y, candidate(train, X)) for candidate in candidates]
    if np.isnan(areas).any():
        raise ValueError("only one class")
    return int(np.argmax(areas))


stored_rule("read upside down", choose=lambda scores, y: choose_by_pairs(-scores, y))
stored_rule("unlike units", choose=choose_by(lambda row, y: row[y == 1].mean()))
stored_rule("accuracy with an alarm", choose=choose_by(lambda row, y: ((row > 0.5) == y).mean()))
stored_rule("F1 with an alarm", choose=choose_by(lambda row, y: f1(row > 0.5, y)))
stored_rule(
    "a random pick",
    choose=lambda scores, y: int(np.random.default_rng(len(y)).integers(len(scores))),
)
stored_rule("no anomaly is labelled", without=lambda train, X, candidates: len(candidates) - 1)
stored_rule(
    "no anomaly is labelled",
    without=lambda train, X, candidates: np.argmax(scores_of(train, X, candidates).std(axis=1)),
)
stored_rule("counted from 0", choose=lambda scores, y: choose_by_pairs(scores, y) + 1)
stored_rule("argmax, not max", choose=lambda scores, y: roc_auc_score(y, scores[0]))
stored_rule("A number for each", choose=lambda scores, y: [roc_auc_score(y, s) for s in scores])
wrong(ex.my_rule, "fitted on the validation rows")(
    lambda train, X, y, candidates: rule_by_sklearn(X, X, y, candidates)
)
wrong(ex.my_rule, "beside the training rows")(
    lambda train, X, y, candidates: rule_by_sklearn(np.concatenate([train, X]), X, y, candidates)
)
wrong(ex.my_rule, "`return` missing")(lambda train, X, y, candidates: print(end=""))


@wrong(ex.my_rule, "changes the `X_validation`")
def rule_that_scales(train, X, y, candidates):
    chosen = rule_by_sklearn(train, X, y, candidates)
    X -= X.mean(axis=0)
    return chosen
