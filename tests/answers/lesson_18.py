"""Answers to the exercises of lesson 18: right ones in other styles, and wrong ones."""

import collections
import itertools
import random
import statistics
from fractions import Fraction

from answers import right, wrong
from course_utils import evaluation, thresholds
from course_utils.exercises import lesson_18 as ex

import numpy as np
import pandas as pd
import torch
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import auc, average_precision_score, precision_recall_curve
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.utils import resample

# ------------------------------------------------------------------------------- 1 · day bootstrap


def bootstrap(draw, *, keep=lambda y: 0 < sum(y) < len(y)):
    """Return a bootstrap whose draws of rows are draw(generator, days)."""

    def values(y, scores, days, metric, repeats, seed):
        generator, found = np.random.default_rng(seed), []
        while len(found) < repeats:
            rows = draw(generator, days)
            if keep(y[rows]):
                found.append(metric(y[rows], scores[rows]))
        return found

    return values


def whole_days(days, drawn):
    return np.concatenate([np.flatnonzero(days == day) for day in drawn])


def days_with_replacement(generator, days):
    known = np.unique(days)
    return whole_days(days, generator.choice(known, size=len(known)))


right(ex.day_bootstrap)(bootstrap(days_with_replacement))


@right(ex.day_bootstrap)
def bootstrap_by_pandas(y=None, scores=None, days=None, metric=None, repeats=None, seed=None):
    table = pd.DataFrame({"y": y, "score": scores, "day": days})
    groups = [group for _, group in table.groupby("day")]
    state, values = random.Random(seed), pd.Series(dtype=float)
    while len(values) < repeats:
        drawn = pd.concat(state.choices(groups, k=len(groups)))
        if drawn["y"].nunique() == 2:
            values.loc[len(values)] = metric(drawn["y"], drawn["score"])
    return values


@right(ex.day_bootstrap)
def bootstrap_that_catches(y, scores, days, metric, repeats, seed):
    state, values = np.random.RandomState(seed), []
    names = sorted(set(days.tolist()))
    while len(values) < repeats:
        rows = [
            row for day in state.choice(names, len(names)) for row in np.nonzero(days == day)[0]
        ]
        try:
            values += [metric(y[rows], scores[rows])]
        except ValueError:
            continue
    return np.array(values)


@right(ex.day_bootstrap)
def bootstrap_by_counts(y, scores, days, metric, repeats, seed):
    """Repeat each row as often as its day is drawn."""
    generator = np.random.default_rng(seed)
    _, of_day = np.unique(days, return_inverse=True)
    number, values = of_day.max() + 1, np.empty(repeats)
    for place in range(repeats):
        while True:
            times = generator.multinomial(number, np.full(number, 1 / number))[of_day]
            drawn = np.repeat(y, times)
            if drawn.any() and not drawn.all():
                break
        values[place] = metric(drawn, np.repeat(scores, times))
    return values


@right(ex.day_bootstrap)
def bootstrap_by_sklearn(y, scores, days, metric, repeats, seed):
    rows_of = collections.defaultdict(list)
    for row, day in enumerate(days):
        rows_of[day].append(row)
    values, state = [], np.random.RandomState(seed)
    while len(values) < repeats:
        rows = [*itertools.chain(*resample(list(rows_of.values()), random_state=state))]
        if len(np.unique(y[rows])) > 1:
            values.append(metric(y[rows], scores[rows]))
    return torch.tensor(values)


@right(ex.day_bootstrap)
def bootstrap_with_a_seed_for_all(y, scores, days, metric, repeats, seed):
    np.random.seed(seed)
    known, values = pd.unique(days), []
    while len(values) < repeats:
        rows = whole_days(days, known[np.random.randint(0, len(known), len(known))])
        if y[rows].min() < y[rows].max():
            values.append(metric(y[rows].tolist(), scores[rows].tolist()))
    return sorted(values)


@right(ex.day_bootstrap)
def bootstrap_of_all_draws_first(y, scores, days, metric, repeats, seed):
    generator, known = np.random.default_rng([seed, 5]), np.unique(days)
    table = generator.integers(0, len(known), (20 * repeats + 200, len(known)))
    rows = (whole_days(days, known[line]) for line in table)
    both = (each for each in rows if 0 < y[each].mean() < 1)
    return np.array([metric(y[e], scores[e]) for e in itertools.islice(both, repeats)])


def stored_draw(words, draw, **how):
    wrong(ex.day_bootstrap, words)(bootstrap(draw, **how))


def in_strata(generator, days):
    """Draw rows within each day."""
    return np.concatenate(
        [generator.choice(np.flatnonzero(days == day), sum(days == day)) for day in set(days)]
    )


stored_draw("rows were drawn", lambda g, days: g.integers(len(days), size=len(days)))
stored_draw("rows were drawn", lambda g, days: g.choice(len(days), len(days)))
stored_draw("rows were drawn", in_strata)
stored_draw(
    "taken once only",
    lambda g, days: np.flatnonzero(np.isin(days, g.choice(np.unique(days), len(np.unique(days))))),
)
stored_draw("taken once only", lambda g, days: whole_days(days, set(g.choice(days, 8))))
stored_draw("exactly once", lambda g, days: whole_days(days, g.permutation(np.unique(days))))
stored_draw("Draw with replacement", lambda g, days: np.arange(len(days)))
stored_draw(
    "long day stands more often", lambda g, days: whole_days(days, g.choice(days, len(set(days))))
)
stored_draw("as many are drawn", lambda g, days: whole_days(days, g.choice(days, 5)))
stored_draw(
    "as many are drawn", lambda g, days: whole_days(days, g.choice(np.unique(days), len(days)))
)
stored_draw(
    "as many are drawn", lambda g, days: whole_days(days, g.integers(days.max() + 1, size=11))
)
stored_draw("one class is missing", days_with_replacement, keep=len)
stored_draw("went to the metric", days_with_replacement, keep=lambda y: y.sum() > 0)
stored_draw("went to the metric", days_with_replacement, keep=lambda y: y.sum() < len(y))
stored_draw("and only there", days_with_replacement, keep=lambda y: 1 < y.sum() < len(y))
stored_draw(
    "All draws hold the same days",
    lambda g, days: days_with_replacement(np.random.default_rng(1), days),
    keep=len,
)
stored_draw(
    "never comes",
    lambda g, days: whole_days(days, g.choice(np.unique(days)[:-1], len(np.unique(days)))),
)


stored_draw(
    "are in no draw at all",
    lambda g, days: np.concatenate(
        [
            np.flatnonzero(days == day)[:5]
            for day in g.choice(np.unique(days), len(np.unique(days)))
        ]
    ),
)
stored_draw(
    "did not return within 0.2 seconds", days_with_replacement, keep=lambda y: sum(y) > len(y)
)


@wrong(ex.day_bootstrap, "scores first and the labels second")
def bootstrap_of_swapped_arguments(y, scores, days, metric, repeats, seed):
    def swapped(y, scores):
        return metric(scores, y)

    return bootstrap(days_with_replacement)(y, scores, days, swapped, repeats, seed)


@wrong(ex.day_bootstrap, "begins anew")
def bootstrap_seeded_in_the_loop(y, scores, days, metric, repeats, seed):
    values, known = [], np.unique(days)
    for _ in range(repeats):
        generator = np.random.default_rng(seed)
        rows = whole_days(days, generator.choice(known, len(known)))
        values.append(metric(y[rows], scores[rows]))
    return values


@wrong(ex.day_bootstrap, "draws other days")
def bootstrap_without_seed(y, scores, days, metric, repeats, seed):
    return bootstrap(days_with_replacement)(y, scores, days, metric, repeats, None)


@wrong(ex.day_bootstrap, "Is the seed used")
def bootstrap_of_seed_zero(y, scores, days, metric, repeats, seed):
    return bootstrap(days_with_replacement)(y, scores, days, metric, repeats, 0)


@wrong(ex.day_bootstrap, "are left out, and")
def bootstrap_that_leaves_out(y, scores, days, metric, repeats, seed):
    generator, values = np.random.default_rng(seed), []
    for _ in range(repeats):
        rows = days_with_replacement(generator, days)
        try:
            values.append(metric(y[rows], scores[rows]))
        except ValueError:
            continue
    return values


@wrong(ex.day_bootstrap, "Some values are NaN")
def bootstrap_with_holes(y, scores, days, metric, repeats, seed):
    generator, values = np.random.default_rng(seed), []
    for _ in range(repeats):
        rows = days_with_replacement(generator, days)
        both = 0 < y[rows].sum() < len(rows)
        values.append(metric(y[rows], scores[rows]) if both else np.nan)
    return values


@wrong(ex.day_bootstrap, "more than once")
def bootstrap_that_repeats_the_last(y, scores, days, metric, repeats, seed):
    generator, values = np.random.default_rng(seed), []
    while len(values) < repeats:
        rows = days_with_replacement(generator, days)
        if 0 < y[rows].sum() < len(rows):
            values.append(metric(y[rows], scores[rows]))
        elif values:
            values.append(values[-1])
    return values


@wrong(ex.day_bootstrap, "Draw again, all days")
def bootstrap_that_falls_back(y, scores, days, metric, repeats, seed):
    generator, values = np.random.default_rng(seed), []
    for _ in range(repeats):
        rows = days_with_replacement(generator, days)
        if not 0 < y[rows].sum() < len(rows):
            rows = np.arange(len(y))
        values.append(metric(y[rows], scores[rows]))
    return values


@wrong(ex.day_bootstrap, "days with anomalies. How many")
def bootstrap_by_strata(y, scores, days, metric, repeats, seed):
    generator, values = np.random.default_rng(seed), []
    odd = np.unique(days[y == 1])
    usual = np.setdiff1d(days, odd)
    for _ in range(repeats):
        drawn = [*generator.choice(odd, len(odd)), *generator.choice(usual, len(usual))]
        rows = whole_days(days, drawn)
        values.append(metric(y[rows], scores[rows]))
    return values


@wrong(ex.day_bootstrap, "the label of another row")
def bootstrap_that_parts_them(y, scores, days, metric, repeats, seed):
    generator = np.random.default_rng(seed)
    return [
        metric(
            y[days_with_replacement(generator, days)][: len(y) // 3],
            scores[days_with_replacement(generator, days)][: len(y) // 3],
        )
        for _ in range(repeats)
    ]


@wrong(ex.day_bootstrap, "not an interval")
def bootstrap_interval(y, scores, days, metric, repeats, seed):
    values = bootstrap(days_with_replacement)(y, scores, days, metric, repeats, seed)
    return np.quantile(values, [0.025, 0.975])


@wrong(ex.day_bootstrap, "which metric gave for no draw")
def bootstrap_of_differences(y, scores, days, metric, repeats, seed):
    values = bootstrap(days_with_replacement)(y, scores, days, metric, repeats, seed)
    return np.array(values) - metric(y, scores)


@wrong(ex.day_bootstrap, "which metric gave for no draw")
def bootstrap_of_one_metric(y, scores, days, metric, repeats, seed):
    return bootstrap(days_with_replacement)(y, scores, days, lambda *_: 0.5, repeats, seed)


wrong(ex.day_bootstrap, "you return the shape ()")(
    lambda y, scores, days, metric, repeats, seed: metric(y, scores)
)
wrong(ex.day_bootstrap, "`return` missing")(
    lambda y, scores, days, metric, repeats, seed: print(end="")
)


@wrong(ex.day_bootstrap, "changes the `scores`")
def bootstrap_in_place(y, scores, days, metric, repeats, seed):
    values = bootstrap(days_with_replacement)(y, scores, days, metric, repeats, seed)
    scores += 1
    return values


# ------------------------------------------------------------------------------------- 2 · best of


@right(ex.best_of)
def best_by_a_loop(values, n):
    values, total = sorted(values), 0.0
    for k, value in enumerate(values, start=1):
        total += value * ((k / len(values)) ** n - ((k - 1) / len(values)) ** n)
    return total


@right(ex.best_of)
def best_by_fractions(values=None, n=None):
    m = len(values)
    ends = [Fraction(k, m) ** n for k in range(m + 1)]
    ordered = sorted(map(float, values))
    return sum(v * float(b - a) for v, a, b in zip(ordered, ends[:-1], ends[1:], strict=True))


@right(ex.best_of)
def best_from_above(values, n):
    """The highest minus what is lost between neighbours."""
    values = np.sort(values)
    k = np.arange(1, len(values))
    return values[-1] - np.sum(np.diff(values) * (k / len(values)) ** n)


@right(ex.best_of)
def best_by_torch(values, n):
    values = torch.sort(torch.tensor(np.asarray(values, dtype=float)))[0]
    ends = torch.linspace(0, 1, len(values) + 1, dtype=torch.float64) ** n
    return values @ ends.diff()


@right(ex.best_of)
def best_by_pandas(values, n):
    share = pd.Series(values).value_counts(normalize=True).sort_index().cumsum() ** n
    return (share.index * share.diff().fillna(share)).sum()


@right(ex.best_of)
def best_in_float32(values, n):
    values = np.sort(np.asarray(values, dtype=np.float32))
    ranks = np.arange(len(values) + 1) / len(values)
    return np.dot(values, np.diff(np.power(ranks, n))).astype(np.float32)


@right(ex.best_of)
def best_by_ranks(values, n):
    high = rankdata(values, method="max") / len(values)
    low = (rankdata(values, method="min") - 1) / len(values)
    share = (high**n - low**n) / ((high - low) * len(values))
    return np.sum(values * share)


def stored_best(words):
    return wrong(ex.best_of, words)


def ends_of(values, n):
    return (np.arange(len(values) + 1) / len(values)) ** n


stored_best("whatever n is")(lambda values, n: max(values))
stored_best("one draw alone")(lambda values, n: statistics.fmean(values))
stored_best("expected lowest")(lambda v, n: np.sum(np.sort(v)[::-1] * np.diff(ends_of(v, n))))
stored_best("not sorted")(lambda v, n: np.sum(v * np.diff(ends_of(v, n))))
stored_best("sum up to 1")(lambda v, n: np.sum(np.sort(v) * ends_of(v, n)[1:]))
stored_best("add up")(lambda v, n: np.mean(np.sort(v) * np.diff(ends_of(v, n))))
stored_best("counted once")(lambda v, n: best_by_a_loop(set(v), n))
stored_best("Off by one")(
    lambda v, n: sum(
        each * ((k / len(v)) ** n - (max(k - 1, 0) / len(v)) ** n)
        for k, each in enumerate(np.sort(v))
    )
)
stored_best("a quantile of the values")(lambda v, n: np.quantile(v, 1 - 1 / n))
stored_best("taken for normal")(lambda v, n: np.mean(v) + np.std(v) * np.sqrt(2 * np.log(n)))
stored_best("you return the shape")(lambda v, n: np.sort(v) * np.diff(ends_of(v, n)))
stored_best("may be drawn again")(
    lambda v, n: np.mean([max(each) for each in itertools.combinations(v, n)])
)
stored_best("it draws")(
    lambda v, n: np.random.default_rng().choice(v, (2000, n)).max(axis=1).mean()
)
stored_best("is it rounded, or drawn")(
    lambda v, n: np.random.default_rng(0).choice(v, (2000, n)).max(axis=1).mean()
)
stored_best("changes the `values`")(lambda v, n: (v.sort(), np.sum(v * np.diff(ends_of(v, n))))[1])
stored_best("is expected")(lambda v, n: np.sum(np.sort(v) * (1 - ends_of(v, n)[::-1][1:])))
stored_best("is expected")(lambda v, n: best_by_a_loop(v, min(n, 5)))


# ------------------------------------------------------------------------------- 3 · at prevalence


@right(ex.at_prevalence)
def precision_by_sklearn(y, scores, prevalence):
    anomalies = np.sum(y)
    weights = [
        prevalence / anomalies if label else (1 - prevalence) / (len(y) - anomalies) for label in y
    ]
    return average_precision_score(y, scores, sample_weight=weights)


@right(ex.at_prevalence)
def precision_by_odds(y=None, scores=None, prevalence=None):
    """Normal rows weigh as many times more as makes the share right."""
    weight = (1 - prevalence) / prevalence * y.sum() / (len(y) - y.sum())
    return average_precision_score(y, scores, sample_weight=np.where(y == 0, weight, 1))


@right(ex.at_prevalence)
def precision_of_each_anomaly(y, scores, prevalence):
    odd, usual = scores[y == 1], scores[y == 0]
    total = 0
    for score in odd:
        recall, false = np.mean(odd >= score), np.mean(usual >= score)
        total += recall * prevalence / (recall * prevalence + false * (1 - prevalence))
    return total / len(odd)


@right(ex.at_prevalence)
def precision_by_pandas(y, scores, prevalence):
    table = pd.DataFrame({"y": y, "score": scores}).groupby("score")["y"].agg(["sum", "count"])
    table = table.sort_index(ascending=False)
    recall = table["sum"].cumsum() / y.sum()
    false = (table["count"] - table["sum"]).cumsum() / (y == 0).sum()
    precision = evaluation_of(recall, false, prevalence)
    return (recall.diff().fillna(recall.iloc[0]) * precision).sum()


def evaluation_of(recall, false, prevalence):
    return prevalence * recall / (prevalence * recall + (1 - prevalence) * false)


@right(ex.at_prevalence)
def precision_by_torch(y, scores, prevalence):
    y, scores = torch.as_tensor(y), torch.as_tensor(scores, dtype=torch.float64)
    odd, usual = scores[y == 1], scores[y == 0]
    recall = (odd[None] >= odd[:, None]).double().mean(1)
    false = (usual[None] >= odd[:, None]).double().mean(1)
    return evaluation_of(recall, false, prevalence).mean()


@right(ex.at_prevalence)
def precision_by_the_house(y, scores, prevalence):
    lines = sorted(set(scores[y == 1].tolist()), reverse=True)
    before, total = 0.0, 0.0
    for line in lines:
        counts = evaluation.confusion(y, (scores >= line).astype(int))
        precision = evaluation.precision_at_prevalence(
            counts.recall, counts.false_alarm_rate, prevalence
        )
        total, before = total + (counts.recall - before) * precision, counts.recall
    return total


def stored_precision(words):
    return wrong(ex.at_prevalence, words)


def weighed(anomaly, normal):
    """Return an average precision with these weights, functions of y and prevalence."""
    return lambda y, s, p: average_precision_score(
        y, s, sample_weight=np.where(y == 1, anomaly(y, p), normal(y, p))
    )


@stored_precision("`prevalence` moves nothing")
def precision_as_given(y, scores, prevalence):
    order = np.argsort(-scores)
    hits = np.cumsum(y[order])
    precision = hits / np.arange(1, len(y) + 1)
    recall = hits / y.sum()
    return np.sum(np.diff(recall, prepend=0) * precision)


@stored_precision("thrown away until half")
def precision_of_a_balanced_part(y, scores, prevalence):
    normals = np.flatnonzero(y == 0)[: y.sum()]
    rows = np.concatenate([np.flatnonzero(y == 1), normals])
    return evaluation.average_precision(y[rows], scores[rows])


@stored_precision("taken one by one")
def precision_row_by_row(y, scores, prevalence):
    y = y[np.argsort(-scores, kind="stable")]
    recall = np.cumsum(y) / y.sum()
    false = np.cumsum(1 - y) / (1 - y).sum()
    return np.sum(np.diff(recall, prepend=0) * evaluation_of(recall, false, prevalence))


stored_precision("`prevalence` moves nothing")(lambda y, s, p: average_precision_score(y, s))
stored_precision("Divide by their numbers")(weighed(lambda y, p: p, lambda y, p: 1 - p))
stored_precision("normal rows 1")(weighed(lambda y, p: p, lambda y, p: 1))
stored_precision("anomalies per normal row")(
    weighed(lambda y, p: p / y.mean(), lambda y, p: 1 / (1 - y.mean()))
)
stored_precision("swapped")(
    weighed(lambda y, p: (1 - p) / y.mean(), lambda y, p: p / (1 - y.mean()))
)
stored_precision("scaled by the ratio")(
    lambda y, s, p: average_precision_score(y, s) * p / y.mean()
)
stored_precision("no prevalence moves")(lambda y, s, p: evaluation.auroc(y, s))
stored_precision("Low scores")(lambda y, s, p: precision_of_each_anomaly(y, -s, p))


@stored_precision("Straight lines")
def precision_by_trapezoids(y, scores, prevalence):
    weights = np.where(y == 1, prevalence / y.sum(), (1 - prevalence) / (1 - y).sum())
    precision, recall, _ = precision_recall_curve(y, scores, sample_weight=weights)
    precision[-1] = precision[-2]
    return auc(recall, precision)


@stored_precision("rows are drawn")
def precision_of_a_draw(y, scores, prevalence):
    few = max(int(prevalence * (y == 0).sum() / (1 - prevalence)), 1)
    odd = np.random.default_rng().choice(np.flatnonzero(y == 1), few, replace=False)
    rows = np.append(np.flatnonzero(y == 0), odd)
    return average_precision_score(y[rows], scores[rows])


@stored_precision("is expected")
def precision_of_a_seeded_draw(y, scores, prevalence):
    few = max(int(prevalence * (y == 0).sum() / (1 - prevalence)), 1)
    odd = np.random.default_rng(0).choice(np.flatnonzero(y == 1), few, replace=False)
    rows = np.append(np.flatnonzero(y == 0), odd)
    return average_precision_score(y[rows], scores[rows])


@stored_precision("mean over all lines")
def precision_of_lines(y, scores, prevalence):
    lines = np.unique(scores)[:, None]
    recall, false = ((scores[y == kind] >= lines).mean(axis=1) for kind in (1, 0))
    return evaluation_of(recall, false, prevalence).mean()


stored_precision("you return the shape")(
    lambda y, s, p: evaluation_of(
        *((s[y == kind] >= np.unique(s)[:, None]).mean(axis=1) for kind in (1, 0)), p
    )
)
stored_precision("is expected")(
    lambda y, s, p: np.mean(
        [
            evaluation_of(np.mean(s[y == 1] > each), np.mean(s[y == 0] > each) + 1e-9, p)
            for each in s[y == 1]
        ]
    )
)
stored_precision("prevalence itself")(lambda y, s, p: p)
stored_precision("1 minus")(lambda y, s, p: 1 - precision_of_each_anomaly(y, s, p))

# ------------------------------------------------------------------------------ 4 · no information


@right(ex.no_information)
def nothing_by_cases(metric, prevalence):
    if metric == "accuracy":
        return prevalence if prevalence > 0.5 else 1 - prevalence
    if metric == "F1":
        return 2 / (1 / prevalence + 1)
    if metric == "AP":
        return prevalence
    return 1 / 2


@right(ex.no_information)
def nothing_by_match(metric=None, prevalence=None):
    match metric:
        case "accuracy":
            return abs(prevalence - 0.5) + 0.5
        case "F1":
            return max(0, statistics.harmonic_mean([prevalence, 1]))
        case "AUROC" | "balanced accuracy":
            return np.float32(0.5)
        case "AP":
            return torch.tensor(prevalence)


@right(ex.no_information)
def nothing_by_counts(metric, prevalence):
    """The better of both decisions, counted for one row."""
    if metric in ("AUROC", "AP"):
        return {"AUROC": 0.5, "AP": prevalence}[metric]
    found = []
    for tp, fp, fn, tn in ((prevalence, 1 - prevalence, 0, 0), (0, 0, prevalence, 1 - prevalence)):
        value = {
            "accuracy": tp + tn,
            "F1": 2 * tp / (2 * tp + fp + fn),
            "balanced accuracy": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        }
        found.append(value[metric])
    return np.max(found)


def stored_nothing(words, name, rule):
    wrong(ex.no_information, words)(
        lambda metric, prevalence: (
            rule(prevalence) if metric == name else nothing_by_cases(metric, prevalence)
        )
    )


for words, name, rule in (
    ("accuracy of no alarm at all", "accuracy", lambda p: 1 - p),
    ("alarm for every row", "accuracy", lambda p: p),
    ("The worse of the two", "accuracy", lambda p: min(p, 1 - p)),
    ("A coin has 0.5", "accuracy", lambda p: 0.5),
    ("for a random share p", "accuracy", lambda p: p**2 + (1 - p) ** 2),
    ("No alarm has F1 0", "F1", lambda p: 0),
    ("F1 of a random share", "F1", lambda p: p),
    ("F1 of a coin", "F1", lambda p: p / (p + 0.5)),
    ("arithmetic mean", "F1", lambda p: (1 + p) / 2),
    ("The 2 is missing", "F1", lambda p: p / (1 + p)),
    ("F1 of the normal rows", "F1", lambda p: 2 * (1 - p) / (2 - p)),
    ("a third of the rows", "F1", lambda p: 0.5),
    ("prevalence does not move it", "AUROC", lambda p: p),
    ("prevalence does not move it", "AUROC", lambda p: 1 - p),
    ("upside down", "AUROC", lambda p: 0.0),
    ("is no AUROC", "AP", lambda p: 0.5),
    ("share of normal rows", "AP", lambda p: 1 - p),
    ("has no recall in it", "AP", lambda p: 2 * p / (1 + p)),
    ("That is the accuracy", "balanced accuracy", lambda p: max(p, 1 - p)),
    ("accuracy of no alarm", "balanced accuracy", lambda p: 1 - p),
    ("half of 1 + 0", "balanced accuracy", lambda p: 1),
    ("prevalence does not move it", "balanced accuracy", lambda p: p),
    ("is expected", "AP", lambda p: p + 0.001),
):
    stored_nothing(words, name, rule)
wrong(ex.no_information, "you return per cent")(lambda m, p: 100 * nothing_by_cases(m, p))
wrong(ex.no_information, "you return the shape")(lambda m, p: [nothing_by_cases(m, p)] * 2)
wrong(ex.no_information, "`return` missing")(lambda m, p: print(end=""))
wrong(ex.no_information, "KeyError")(
    lambda m, p: {"accuracy": max(p, 1 - p), "F1": 2 * p / (1 + p), "AUROC": 0.5}[m]
)


# ---------------------------------------------------------------------------------- 5 · suspicious


def off(printed, exact, most=0.001):
    return abs(printed - exact) > most


RULES = {
    "no information": lambda r: (
        r["claimed"]
        <= ex.no_information._solution(r["headline"], r["test_anomalies"] / r["test_rows"]) + 0.001
    ),
    "AUROC of decisions": lambda r: (
        r["distinct_scores"] > 2
        and r["FP"] + r["FN"] > 0
        and not off(r["AUROC"], (r["recall"] + r["TN"] / (r["TN"] + r["FP"])) / 2)
    ),
    "best of seeds": lambda r: r["claimed"] - np.mean(r["per_seed"]) > 0.001,
    "future in training": lambda r: (
        r["test_start"] is not None and r["test_start"] < r["train_end"]
    ),
    "test is not the field": lambda r: (
        r["headline"] in ("accuracy", "F1", "AP")
        and r["field_prevalence"] is not None
        and abs(np.log2(r["test_anomalies"] / r["test_rows"] / r["field_prevalence"])) > 1
    ),
    "threshold from the test": lambda r: (
        r["threshold"] == "best F1 on test"
        or (r["threshold"] == "not told" and 0 < r["FP"] == r["FN"])
    ),
    "validation holds anomalies": lambda r: (
        r["threshold"] == "quantile of validation" and r["validation_anomalies"]
    ),
    "copies over the split": lambda r: r["copies"] / r["test_rows"] > 0.01,
    "numbers do not add up": lambda r: (
        r["TP"] + r["FN"] != r["test_anomalies"]
        or r["TN"] + r["FP"] != r["test_rows"] - r["test_anomalies"]
        or off(r["recall"], r["TP"] / r["test_anomalies"])
        or off(r["precision"] * (r["TP"] + r["FP"]), r["TP"], 0.001 * (r["TP"] + r["FP"]))
        or off(r["F1"], 2 * r["TP"] / (2 * r["TP"] + r["FP"] + r["FN"]))
        or off(r["accuracy"], (r["TP"] + r["TN"]) / r["test_rows"])
    ),
    "untuned rival": lambda r: (
        r["rival_settings_tried"] is not None and r["settings_tried"] > r["rival_settings_tried"]
    ),
}


def by_rules(**changed):
    """Return an answer by the rules above, some of them replaced, `_` for a space."""
    rules = RULES | {name.replace("_", " "): rule for name, rule in changed.items()}
    return lambda report: {name for name, rule in rules.items() if rule(report)}


right(ex.suspicious)(by_rules())


@right(ex.suspicious)
def suspicious_as_a_list(report=None):
    return [name for name in sorted(RULES) if RULES[name](report)]


@right(ex.suspicious)
def suspicious_as_frozen(report):
    return frozenset(itertools.compress(RULES, [rule(report) for rule in RULES.values()]))


@right(ex.suspicious)
def suspicious_by_a_table(report):
    row = pd.Series(report)
    y = np.repeat([1, 0, 1, 0], row[["TP", "FP", "FN", "TN"]].astype(int))
    alarms = np.repeat([1, 1, 0, 0], row[["TP", "FP", "FN", "TN"]].astype(int))
    found = set(by_rules(numbers_do_not_add_up=lambda r: False)(report))
    counts = evaluation.confusion(y, alarms)
    names = {"accuracy": "accuracy", "precision": "precision", "recall": "recall", "F1": "f1"}
    fits = all(round(getattr(counts, mine), 3) == row[key] for key, mine in names.items())
    if not fits or len(y) != row["test_rows"] or y.sum() != row["test_anomalies"]:
        found |= {"numbers do not add up"}
    return found


@right(ex.suspicious)
def suspicious_with_wide_tolerance(report):
    wide = by_rules(
        AUROC_of_decisions=lambda r: (
            RULES["AUROC of decisions"](r)
            or (
                not off(r["AUROC"], (r["recall"] + r["TN"] / (r["TN"] + r["FP"])) / 2, 0.004)
                and r["distinct_scores"] != 2
                and r["F1"] < 1
            )
        ),
        best_of_seeds=lambda r: r["claimed"] > statistics.fmean(r["per_seed"]) + 0.005,
        copies_over_the_split=lambda r: r["copies"] >= 0.011 * r["test_rows"],
    )
    return set(wide(report))


def stored_rule(words, name, rule):
    wrong(ex.suspicious, words)(by_rules(**{name.replace(" ", "_"): rule}))


def never(report):
    return False


for name in RULES:
    stored_rule(f"{name!r}: ", name, never)
    stored_rule(f"you say {name!r}, but", name, lambda report: True)
wrong(ex.suspicious, "call every report sound")(lambda report: set())
wrong(ex.suspicious, "accuses everybody")(lambda report: set(RULES))
wrong(ex.suspicious, "you return dict_keys")(
    lambda report: dict.fromkeys(by_rules()(report)).keys()
)
wrong(ex.suspicious, "you return generator")(lambda report: (name for name in by_rules()(report)))
wrong(ex.suspicious, "you return bool")(lambda report: bool(by_rules()(report)))
wrong(ex.suspicious, "you return str")(lambda report: ", ".join(by_rules()(report)))
wrong(ex.suspicious, "you return dict")(
    lambda report: {name: rule(report) for name, rule in RULES.items()}
)
wrong(ex.suspicious, "Is 'best of seeds' meant")(
    lambda report: {name.replace("best of seeds", "Best of seeds") for name in by_rules()(report)}
)
wrong(ex.suspicious, "none of the ten names")(lambda report: {"luck"})
wrong(ex.suspicious, "`return found` missing")(lambda report: print(end=""))
wrong(ex.suspicious, "changes the `report`")(
    lambda report: (by_rules()(report), report.update(TP=0))[0]
)
stored_rule(
    "own best and its own mean", "best of seeds", lambda r: r["claimed"] == max(r["per_seed"])
)
stored_rule(
    "All seeds agree",
    "best of seeds",
    lambda r: len(r["per_seed"]) > 1 and r["claimed"] == max(r["per_seed"]),
)
stored_rule("'best of seeds'", "best of seeds", lambda r: r["claimed"] > np.mean(r["per_seed"]))
stored_rule(
    "wide spread that is told",
    "best of seeds",
    lambda r: RULES["best of seeds"](r) or np.std(r["per_seed"]) > 0.02,
)
stored_rule(
    "all decisions are right, both are 1",
    "AUROC of decisions",
    lambda r: (
        r["distinct_scores"] > 2
        and not off(r["AUROC"], (r["recall"] + r["TN"] / (r["TN"] + r["FP"])) / 2)
    ),
)
stored_rule(
    "scores are two values",
    "AUROC of decisions",
    lambda r: (
        r["FP"] + r["FN"] > 0
        and not off(r["AUROC"], (r["recall"] + r["TN"] / (r["TN"] + r["FP"])) / 2)
    ),
)
stored_rule("scores are two values", "AUROC of decisions", lambda r: r["distinct_scores"] == 2)
stored_rule(
    "both are 1, whatever",
    "AUROC of decisions",
    lambda r: r["AUROC"] == (r["recall"] + r["TN"] / (r["TN"] + r["FP"])) / 2,
)
stored_rule(
    "Accuracy is printed here",
    "no information",
    lambda r: (
        RULES["no information"](r) or r["accuracy"] < 1 - r["test_anomalies"] / r["test_rows"]
    ),
)
stored_rule(
    "takes no information",
    "no information",
    lambda r: r["claimed"] < r["test_anomalies"] / r["test_rows"],
)
stored_rule(
    "all decisions are right, FP and FN are 0",
    "threshold from the test",
    lambda r: (
        r["threshold"] == "best F1 on test"
        or (r["threshold"] == "not told" and r["FP"] == r["FN"])
    ),
)
stored_rule(
    "equal numbers are chance",
    "threshold from the test",
    lambda r: RULES["threshold from the test"](r) or 0 < r["FP"] == r["FN"],
)
stored_rule(
    "'threshold from the test': the threshold is 'not told'",
    "threshold from the test",
    lambda r: r["threshold"] == "best F1 on test",
)
stored_rule(
    "nothing is known of times",
    "future in training",
    lambda r: r["test_start"] is None or r["test_start"] < r["train_end"],
)
stored_rule("TypeError", "future in training", lambda r: r["test_start"] < r["train_end"])
stored_rule(
    "made of rates within each class",
    "test is not the field",
    lambda r: (
        r["field_prevalence"] is not None
        and r["test_anomalies"] / r["test_rows"] > 2 * r["field_prevalence"]
    ),
)
stored_rule(
    "'test is not the field': the headline is",
    "test is not the field",
    lambda r: (
        r["headline"] != "AUROC"
        and r["field_prevalence"] is not None
        and r["test_anomalies"] / r["test_rows"] > 2 * r["field_prevalence"]
    ),
)
stored_rule(
    "They spoil a quantile alone",
    "validation holds anomalies",
    lambda r: (
        r["threshold"].startswith(("quantile", "best F1 on val")) and r["validation_anomalies"]
    ),
)
stored_rule(
    "'validation holds anomalies', but",
    "validation holds anomalies",
    lambda r: r["threshold"] == "quantile of validation",
)
stored_rule("Up to 1 %", "copies over the split", lambda r: r["copies"] > 0)
stored_rule(
    "'copies over the split'",
    "copies over the split",
    lambda r: r["copies"] > 0.1 * r["test_rows"],
)
stored_rule(
    "'numbers do not add up': TP + FN",
    "numbers do not add up",
    lambda r: r["TP"] + r["FN"] != r["test_anomalies"],
)
stored_rule(
    "'numbers do not add up', but TP + FN",
    "numbers do not add up",
    lambda r: r["recall"] != r["TP"] / r["test_anomalies"],
)
stored_rule(
    "ZeroDivisionError",
    "numbers do not add up",
    lambda r: (
        RULES["numbers do not add up"](r) or off(r["precision"], r["TP"] / (r["TP"] + r["FP"]))
    ),
)
stored_rule(
    "None is no 0",
    "untuned rival",
    lambda r: r["settings_tried"] > (r["rival_settings_tried"] or 0),
)


stored_rule(
    "where the counts give",
    "numbers do not add up",
    lambda r: (
        r["TP"] + r["FN"] != r["test_anomalies"]
        or r["TN"] + r["FP"] != r["test_rows"] - r["test_anomalies"]
        or off(r["F1"], 2 * r["TP"] / (2 * r["TP"] + r["FP"] + r["FN"]))
        or off(r["accuracy"], (r["TP"] + r["TN"]) / r["test_rows"])
    ),
)
stored_rule(
    "the claimed accuracy is",
    "no information",
    lambda r: (
        r["claimed"] <= 1 - r["test_anomalies"] / r["test_rows"]
        if r["headline"] == "accuracy"
        else RULES["no information"](r)
    ),
)
stored_rule(
    "the claimed F1 is",
    "no information",
    lambda r: (
        r["claimed"]
        < ex.no_information._solution(r["headline"], r["test_anomalies"] / r["test_rows"])
    ),
)
stored_rule(
    "test rows are copies", "copies over the split", lambda r: r["copies"] > 0.01 * r["train_rows"]
)
stored_rule(
    "claimed is",
    "best of seeds",
    lambda r: r["claimed"] == max(r["per_seed"]) > min(r["per_seed"]),
)
stored_rule(
    "for its rival",
    "untuned rival",
    lambda r: (
        r["rival_settings_tried"] is not None
        and r["settings_tried"] > 2 * r["rival_settings_tried"]
    ),
)

# ----------------------------------------------------------------------------- 6 · repair payments


def pipeline(
    *,
    test=lambda time: np.argsort(time)[-(len(time) // 5) :],
    train=lambda time: np.argsort(time)[: -(len(time) // 5)],
    scale=lambda X, train: StandardScaler().fit(X[train]),
    model=lambda X, y: LogisticRegression().fit(X, y),
    line=lambda scores, train, test, y: np.quantile(scores[train], 0.99),
    score=lambda fitted, X: fitted.predict_proba(X)[:, 1],
):
    """Return an answer of these parts, right where none is replaced."""

    def answer(X, y, time):
        tested, trained = test(time), train(time)
        Z = scale(X, trained).transform(X)
        fitted = model(Z[trained], y[trained])
        scores = score(fitted, Z)
        return tested, scores[tested], line(scores, trained, tested, y)

    return answer


right(ex.repair_payments)(pipeline())


@right(ex.repair_payments)
def payments_by_pandas(X=None, y=None, time=None):
    table = pd.DataFrame(X).assign(y=y, time=time).sort_values("time")
    cut = int(len(table) * 0.8)
    past, test = table.iloc[:cut], table.iloc[cut:]
    learned, held = past.iloc[: len(past) // 2], past.iloc[len(past) // 2 :]
    columns = list(range(X.shape[1]))
    model = make_pipeline(StandardScaler(), GaussianNB()).fit(learned[columns], learned["y"])
    line = np.percentile(model.predict_proba(held[columns])[:, 1], 99)
    return test.index, pd.Series(model.predict_proba(test[columns])[:, 1]), line


@right(ex.repair_payments)
def payments_by_a_forest(X, y, time):
    order = np.argsort(time)
    train, held, test = (
        order[: len(X) // 2],
        order[len(X) // 2 : -len(X) // 5],
        order[-len(X) // 5 :],
    )
    model = RandomForestClassifier(20, min_samples_leaf=5, random_state=0).fit(X[train], y[train])
    line = thresholds.quantile(model.predict_proba(X[held])[:, 1], 0.01)
    return np.sort(test), model.predict_proba(X[np.sort(test)])[:, 1], line


@right(ex.repair_payments)
def payments_as_a_mask(X, y, time):
    test = time > np.quantile(time, 0.8)
    mean, std = X[~test].mean(axis=0), X[~test].std(axis=0)
    Z = (X - mean) / std
    weights = Z[~test & (y == 1)].mean(axis=0) - Z[~test & (y == 0)].mean(axis=0)
    scores = Z @ weights
    return test, scores[test], np.sort(scores[~test & (y == 0)])[-int(0.01 * (~test).sum())]


@right(ex.repair_payments)
def payments_without_labels(X, y, time):
    """The distance from the mean of earlier rows."""
    order = sorted(range(len(time)), key=time.__getitem__)
    past, test = order[: -(len(order) // 5)], order[-(len(order) // 5) :]
    precision = np.linalg.inv(np.cov(X[past].T))

    def distance(rows):
        centred = X[rows] - X[past].mean(axis=0)
        return np.sqrt(np.einsum("ij,jk,ik->i", centred, precision, centred))

    return test[::-1], distance(test[::-1]).tolist(), float(np.quantile(distance(past), 0.99))


@right(ex.repair_payments)
def payments_by_torch(X, y, time):
    order = torch.argsort(torch.tensor(time))
    train, test = order[: len(order) * 4 // 5], order[len(order) * 4 // 5 :]
    X = torch.tensor(X)
    Z = (X - X[train].mean(0)) / X[train].std(0)
    label = torch.tensor(y, dtype=torch.float64)
    w = torch.linalg.lstsq(Z[train], label[train] - label[train].mean()).solution
    return test, Z[test] @ w, torch.quantile(Z[train] @ w, 0.99)


def stored_payments(words, **parts):
    wrong(ex.repair_payments, words)(pipeline(**parts))


def shuffled(seed=0):
    """Return functions for the training and the test rows of a random split."""
    cut = [
        lambda time, n=n: train_test_split(np.arange(len(time)), test_size=0.2, random_state=seed)[
            n
        ]
        for n in (0, 1)
    ]
    return {"train": cut[0], "test": cut[1]}


def all_rows(X, train):
    return StandardScaler().fit(X)


@wrong(ex.repair_payments, "Rows are drawn for the test")
def payments_as_given(X, y, time):
    Z = StandardScaler().fit_transform(X)
    train, test_rows = train_test_split(np.arange(len(X)), test_size=0.2, random_state=0)
    model = LogisticRegression(class_weight="balanced").fit(Z[train], y[train])
    scores = model.decision_function(Z[test_rows])
    threshold = np.quantile(scores, 0.99)
    return test_rows, scores, threshold


stored_payments("Rows are drawn for the test", **shuffled())
stored_payments("come in any order", test=lambda time: np.arange(len(time) * 4 // 5, len(time)))
stored_payments(
    "You test the earliest rows",
    test=lambda time: np.argsort(time)[: len(time) // 5],
    train=lambda time: np.argsort(time)[len(time) // 5 :],
)
stored_payments("a fifth is asked for", test=lambda time: np.argsort(time)[-(len(time) // 4) :])
stored_payments("Something was fitted on them", scale=all_rows)
stored_payments(
    "Something was fitted on them",
    scale=lambda X, train: QuantileTransformer(n_quantiles=50).fit(X),
)
stored_payments(
    "The threshold changes when test rows change",
    line=lambda scores, train, test, y: np.quantile(scores[test], 0.99),
)
stored_payments(
    "The threshold changes when test rows change",
    line=lambda scores, train, test, y: np.quantile(scores, 0.99),
)
stored_payments(
    "The threshold changes when",
    line=lambda scores, train, test, y: thresholds.best_f1(y[test], scores[test]),
)
stored_payments("the model was trained on them", train=lambda time: np.arange(len(time)))
stored_payments("lie above the threshold", line=lambda scores, train, test, y: 0.0)
stored_payments("lie above the threshold", line=lambda scores, train, test, y: 1.5)
stored_payments("Upside down", score=lambda fitted, X: fitted.predict_proba(X)[:, 0])
stored_payments("The scores are decisions", score=lambda fitted, X: fitted.predict(X))
stored_payments("or more is asked for", score=lambda fitted, X: X[:, 4])
stored_payments(
    "It may know those better",
    model=lambda X, y: RandomForestClassifier(30, random_state=0).fit(X, y),
    line=lambda scores, train, test, y: np.sort(scores[train])[-5],
)
stored_payments(
    "Set the random_state",
    model=lambda X, y: RandomForestClassifier(30).fit(X, y),
)
stored_payments(
    "are scaled by their batch",
    score=lambda fitted, X: fitted.decision_function(X) / abs(fitted.decision_function(X)).max(),
)


@wrong(ex.repair_payments, "in the order of test_rows")
def payments_in_another_order(X, y, time):
    test, scores, line = pipeline()(X, y, time)
    return test, np.sort(scores), line


@wrong(ex.repair_payments, "a score for every row")
def payments_of_all(X, y, time):
    test, _, line = pipeline()(X, y, time)
    return test, X[:, 0], line


@wrong(ex.repair_payments, "labels of test rows change")
def payments_whose_line_knows_the_labels(X, y, time):
    test, scores, line = pipeline()(X, y, time)
    return test, scores, line * (1 + y[test].mean())


@wrong(ex.repair_payments, "each is tested once")
def payments_by_time(X, y, time):
    test, scores, line = pipeline()(X, y, time)
    return time[test].astype(int), scores, line


wrong(ex.repair_payments, "3 results are expected")(lambda X, y, time: pipeline()(X, y, time)[:2])
wrong(ex.repair_payments, "`return test_rows, scores, threshold` missing")(
    lambda X, y, time: print(end="")
)
wrong(ex.repair_payments, "One threshold is asked for")(
    lambda X, y, time: (*pipeline()(X, y, time)[:2], np.zeros(3))
)
wrong(ex.repair_payments, "is expected")(
    lambda X, y, time: (pipeline()(X, y, time)[0], np.zeros(9), 0.0)
)

# -------------------------------------------------------------------------------- 7 · repair seeds


def table_of(make, settings, X_fit, X, y, seeds):
    return np.array(
        [
            [average_precision_score(y, make(s, n).fit(X_fit).decision_function(X)) for n in seeds]
            for s in settings
        ]
    )


def chosen(
    *,
    fit=lambda X_train, X_validation: X_train,
    choose=lambda validation, test: test[validation.mean(axis=1).argmax()],
    tell=lambda values, test: (values.mean(), values.std(ddof=1)),
):
    """Return an answer of these parts, right where none is replaced."""

    def answer(make, settings, X_train, X_validation, y_validation, X_test, y_test, seeds):
        X_fit = fit(X_train, X_validation)
        validation = table_of(make, settings, X_fit, X_validation, y_validation, seeds)
        test = table_of(make, settings, X_fit, X_test, y_test, seeds)
        return tell(choose(validation, test), test)

    return answer


right(ex.repair_seeds)(chosen())


@right(ex.repair_seeds)
def seeds_by_keyword(make, settings, X_train, X_validation, y_validation, X_test, y_test, seeds):
    def precisions(setting, X, y):
        made = (make(setting=setting, seed=seed).fit(X_train) for seed in seeds)
        return [average_precision_score(y, each.decision_function(X)) for each in made]

    means = [np.mean(precisions(each, X_validation, y_validation)) for each in settings]
    values = precisions(settings[int(np.argmax(means))], X_test, y_test)
    return np.array([np.mean(values), np.std(values, ddof=1)])


@right(ex.repair_seeds)
def seeds_by_loops(
    make=None,
    settings=None,
    X_train=None,
    X_validation=None,
    y_validation=None,
    X_test=None,
    y_test=None,
    seeds=None,
):
    best, kept = -1.0, []
    for setting in settings:
        on_validation, detectors = [], []
        for seed in seeds:
            detector = make(setting, seed)
            detector.fit(X_train)
            on_validation.append(
                evaluation.average_precision(
                    y_validation, detector.decision_function(X_validation)
                )
            )
            detectors.append(detector)
        if sum(on_validation) / len(on_validation) > best:
            best, kept = sum(on_validation) / len(on_validation), detectors
    values = [
        evaluation.average_precision(y_test, each.decision_function(X_test)) for each in kept
    ]
    return statistics.mean(values), statistics.stdev(values)


@right(ex.repair_seeds)
def seeds_by_pandas(make, settings, X_train, X_validation, y_validation, X_test, y_test, seeds):
    rows = []
    for setting, seed in itertools.product(settings, seeds):
        detector = make(setting, seed).fit(X_train)
        rows.append(
            {
                "setting": setting,
                "validation": average_precision_score(
                    y_validation, detector.decision_function(X_validation)
                ),
                "test": average_precision_score(y_test, detector.decision_function(X_test)),
            }
        )
    table = pd.DataFrame(rows).groupby("setting").agg(["mean", "std"])
    best = table[("validation", "mean")].idxmax()
    return table.loc[best, ("test", "mean")], table.loc[best, ("test", "std")]


@right(ex.repair_seeds)
def seeds_by_torch(make, settings, X_train, X_validation, y_validation, X_test, y_test, seeds):
    validation, test = (
        torch.tensor(table_of(make, settings, X_train, X, y, seeds))
        for X, y in ((X_validation, y_validation), (X_test, y_test))
    )
    values = test[validation.mean(dim=1).argmax()]
    return values.mean(), values.std()


@right(ex.repair_seeds)
def seeds_in_single_precision(*given):
    mean, spread = chosen()(*given)
    return np.array([mean, spread], dtype=np.float32).tolist()


def stored_seeds(words, **parts):
    wrong(ex.repair_seeds, words)(chosen(**parts))


@wrong(ex.repair_seeds, "The best of all settings and seeds")
def seeds_as_given(make, settings, X_train, X_validation, y_validation, X_test, y_test, seeds):
    X_known = np.concatenate([X_train, X_validation])
    values = [
        average_precision_score(y_test, make(setting, seed).fit(X_known).decision_function(X_test))
        for setting in settings
        for seed in seeds
    ]
    return max(values), np.std(values)


def on_both(X_train, X_validation):
    return np.concatenate([X_train, X_validation])


stored_seeds("The best of all settings and seeds", tell=lambda v, t: (t.max(), t.std()))
stored_seeds("The best run is told", tell=lambda v, t: (v.max(), v.std(ddof=1)))
stored_seeds("the luckiest one", choose=lambda v, t: t[t.mean(axis=1).argmax()])
stored_seeds("Fit on X_train alone", fit=on_both)
stored_seeds("best single run", choose=lambda v, t: t[v.max(axis=1).argmax()])
stored_seeds("best median", choose=lambda v, t: t[np.median(v, axis=1).argmax()])
stored_seeds("best worst run", choose=lambda v, t: t[v.min(axis=1).argmax()])
stored_seeds("The first seed alone", choose=lambda v, t: t[v[:, 0].argmax()])
stored_seeds("The worst setting", choose=lambda v, t: t[v.mean(axis=1).argmin()])
stored_seeds("All settings are taken together", choose=lambda v, t: t)
stored_seeds("they flatter it", choose=lambda v, t: v[v.mean(axis=1).argmax()])
stored_seeds("ddof 0", tell=lambda v, t: (v.mean(), v.std()))
stored_seeds("standard error", tell=lambda v, t: (v.mean(), v.std(ddof=1) / np.sqrt(len(v))))
stored_seeds("That is the variance", tell=lambda v, t: (v.mean(), v.var(ddof=1)))
stored_seeds("That is the median", tell=lambda v, t: (np.median(v), v.std(ddof=1)))
stored_seeds("That is the range", tell=lambda v, t: (v.mean(), np.ptp(v)))
stored_seeds("over all settings", tell=lambda v, t: (v.mean(), t.std(ddof=1)))
stored_seeds("mean comes first", tell=lambda v, t: (v.std(ddof=1), v.mean()))
stored_seeds("2 results are expected", tell=lambda v, t: v.mean())
stored_seeds("you return the shapes", tell=lambda v, t: (v, v.std(ddof=1)))
stored_seeds("The first setting", choose=lambda v, t: t[0])
stored_seeds("The last setting", choose=lambda v, t: t[-1])
stored_seeds("is best on the test is taken", choose=lambda v, t: t.max(axis=0))
stored_seeds(
    "best on validation is taken; one setting",
    choose=lambda v, t: t[v.argmax(axis=0), np.arange(t.shape[1])],
)
stored_seeds("A seed was chosen", choose=lambda v, t: t[:, v.mean(axis=0).argmax()])
stored_seeds("Fit on X_train alone", fit=on_both, tell=lambda v, t: (v.mean(), v.std()))
stored_seeds("is expected", fit=lambda X_train, X_validation: X_validation)

# ---------------------------------------------------------------------------- 8 · repair threshold


@right(ex.repair_threshold)
def decisions_by_sorting(scores_validation, y_validation, scores_test, budget):
    normal = sorted(s for s, y in zip(scores_validation, y_validation, strict=True) if y == 0)
    line = normal[len(normal) - 1 - int(budget * len(normal))]
    return [int(score > line) for score in scores_test]


@right(ex.repair_threshold)
def decisions_by_the_house(
    scores_validation=None, y_validation=None, scores_test=None, budget=None
):
    line = thresholds.quantile(scores_validation[y_validation != 1], budget)
    return thresholds.decide(scores_test, line)


@right(ex.repair_threshold)
def decisions_by_torch(scores_validation, y_validation, scores_test, budget):
    normal = torch.tensor(scores_validation)[torch.tensor(y_validation) == 0]
    return torch.tensor(scores_test) > torch.quantile(normal, 1 - budget, interpolation="higher")


@right(ex.repair_threshold)
def decisions_by_pandas(scores_validation, y_validation, scores_test, budget):
    table = pd.DataFrame({"score": scores_validation, "y": y_validation})
    line = table.query("y == 0")["score"].quantile(1 - budget, interpolation="lower")
    return pd.Series(scores_test).gt(line)


@right(ex.repair_threshold)
def decisions_by_standardised_scores(scores_validation, y_validation, scores_test, budget):
    normal = scores_validation[y_validation == 0]
    z = (normal - normal.mean()) / normal.std()
    ours = (scores_test - normal.mean()) / normal.std()
    return np.where(ours > np.percentile(z, 100 * (1 - budget)) + 1e-9, 1.0, 0.0)


@right(ex.repair_threshold)
def decisions_by_share_above(scores_validation, y_validation, scores_test, budget):
    normal = np.sort(scores_validation[y_validation == 0])
    line = normal[::-1][int(np.ceil(budget * len(normal))) - 1]
    return np.greater(scores_test, line)


def stored_line(words):
    return wrong(ex.repair_threshold, words)


@stored_line("anomalies among them lift the line")
def decisions_as_given(scores_validation, y_validation, scores_test, budget):
    line = np.quantile(scores_validation, 1 - budget)
    spread = scores_test.std() / scores_validation.std()
    scores = (scores_test - scores_test.mean()) / spread + scores_validation.mean()
    return (scores >= line).astype(int)


stored_line("lift the line")(lambda v, y, t, b: t > np.quantile(v, 1 - b))
stored_line("lift the line; scores at the line alarm")(
    lambda v, y, t, b: t >= np.quantile(v, 1 - b)
)
stored_line("Scores at the line alarm")(lambda v, y, t, b: t >= np.quantile(v[y == 0], 1 - b))
stored_line("one of the anomalies")(lambda v, y, t, b: t > np.quantile(v[y == 1], 1 - b))
stored_line("share `budget` below")(lambda v, y, t, b: t > np.quantile(v[y == 0], b))
stored_line("Scores below the line")(lambda v, y, t, b: t < np.quantile(v[y == 0], 1 - b))
stored_line("Half of the budget")(lambda v, y, t, b: t > np.quantile(v[y == 0], 1 - b / 2))
stored_line("each batch has its own")(lambda v, y, t, b: t > np.quantile(t, 1 - b))
stored_line("by their own batch")(
    lambda v, y, t, b: (t - t.mean()) / t.std() > np.quantile((v - v.mean()) / v.std(), 1 - b)
)
stored_line("in another unit")(
    lambda v, y, t, b: (t - t.mean()) / t.std() > np.quantile(v[y == 0], 1 - b)
)
stored_line("they have unlike units")(
    lambda v, y, t, b: (t - v.mean()) / v.std() > np.quantile(v[y == 0], 1 - b)
)
stored_line("depends on those beside it")(
    lambda v, y, t, b: t > max(np.quantile(v[y == 0], 1 - b), np.mean(t))
)
stored_line("of the normal validation scores lie above it")(lambda v, y, t, b: t > v[y == 0].max())
stored_line("of the normal validation scores lie above it")(
    lambda v, y, t, b: t > v[y == 0].mean() + 2 * v[y == 0].std()
)
stored_line("of the normal validation scores lie above it")(
    lambda v, y, t, b: t > thresholds.best_f1(y, v) if y.any() else t > v.max()
)
stored_line("of the normal validation scores lie above it")(lambda v, y, t, b: np.ones(len(t)))
stored_line("Is it the line?")(lambda v, y, t, b: np.quantile(v[y == 0], 1 - b))
stored_line("Decisions are 0 or 1")(lambda v, y, t, b: t - np.quantile(v[y == 0], 1 - b))
stored_line("for each validation score")(lambda v, y, t, b: v > np.quantile(v[y == 0], 1 - b))
stored_line("Decisions are 0 or 1")(
    lambda v, y, t, b: np.where(t > np.quantile(v[y == 0], 1 - b), 1, -1)
)
