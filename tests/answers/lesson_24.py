"""Answers to the exercises of lesson 24: right ones in other styles, and wrong ones."""

import bisect
import collections
import math
import random

from answers import right, wrong
from course_utils.exercises import lesson_24 as ex

import numpy as np
import pandas as pd
import torch
from sklearn import ensemble, linear_model, pipeline, preprocessing

# -------------------------------------------------------------------------------- 1 · known labels


@right(ex.known_labels)
def labels_row_by_row(time, reported, today, wait):
    labels = []
    for paid, report in zip(time, reported, strict=True):
        if not math.isnan(report) and report <= today:
            labels.append(1)
        elif today - paid >= wait:
            labels.append(0)
        else:
            labels.append(math.nan)
    return labels


@right(ex.known_labels)
def labels_by_where(time=None, reported=None, today=None, wait=None):
    old = np.where(today - time >= wait, 0.0, np.nan)
    return np.where(reported <= today, 1.0, old).astype(np.float32)


@right(ex.known_labels)
def labels_by_select(time, reported, today, wait):
    return np.select([reported <= today, time + wait <= today], [1.0, 0.0], np.nan)


@right(ex.known_labels)
def labels_in_torch(time, reported, today, wait):
    time, reported = torch.tensor(time), torch.tensor(reported)
    labels = torch.full((len(time),), torch.nan, requires_grad=True).clone()
    labels[time <= today - wait] = 0
    labels[reported <= today] = 1
    return labels


@right(ex.known_labels)
def labels_in_pandas(time, reported, today, wait):
    table = pd.DataFrame({"time": time, "reported": reported})
    labels = pd.Series(np.nan, index=table.index)
    labels = labels.mask(table.time.le(today - wait), 0.0)
    return labels.mask(table.reported.le(today), 1.0)


def stored_labels(words, labels):
    wrong(ex.known_labels, words)(labels)


stored_labels("Whatever has no report", lambda t, r, today, wait: np.where(r <= today, 1, 0))
stored_labels("Whatever has no report", lambda t, r, today, wait: (r <= today) * 1.0)
stored_labels(
    "Whatever has no report so far",
    lambda t, r, today, wait: np.where(r <= today, 1.0, np.where(t <= today, 0.0, np.nan)),
)
stored_labels("reports that come after", lambda t, r, today, wait: ~np.isnan(r))
stored_labels(
    "reports that come after",
    lambda t, r, today, wait: np.where(np.isnan(r), np.where(t <= today - wait, 0.0, np.nan), 1.0),
)
stored_labels(
    "to tell them apart takes tomorrow's",
    lambda t, r, today, wait: np.where(
        r <= today, 1.0, np.where((t <= today - wait) & ~(r > today), 0.0, np.nan)
    ),
)
stored_labels(
    "is an age and not a day",
    lambda t, r, today, wait: np.where(r <= today, 1.0, np.where(t <= wait, 0.0, np.nan)),
)
stored_labels(
    "A report needs no waiting",
    lambda t, r, today, wait: np.where(t <= today - wait, np.where(r <= today, 1.0, 0.0), np.nan),
)
stored_labels(
    "young payments get 0",
    lambda t, r, today, wait: np.where(r <= today, 1.0, np.where(t > today - wait, 0.0, np.nan)),
)
stored_labels("No payment gets 0", lambda t, r, today, wait: np.where(r <= today, 1.0, np.nan))
stored_labels(
    "1 is a fraud that was reported",
    lambda t, r, today, wait: 1 - labels_by_where(t, r, today, wait),
)
stored_labels(
    "A label is 1, 0 or NaN",
    lambda t, r, today, wait: np.nan_to_num(labels_by_where(t, r, today, wait), nan=-1),
)
stored_labels(
    "is expected",
    lambda t, r, today, wait: labels_by_where(t, r, today + 5, wait + 5),
)
stored_labels("you return the shape (", lambda t, r, today, wait: t[t <= today - wait])
stored_labels("`return` missing", lambda t, r, today, wait: print(end=""))


@wrong(ex.known_labels, "changes the `reported`")
def labels_in_place(time, reported, today, wait):
    reported[np.isnan(reported)] = np.inf
    return np.where(reported <= today, 1.0, np.where(time <= today - wait, 0.0, np.nan))


wrong(ex.known_labels, "is expected")(
    lambda time, reported, today, wait: np.where(
        reported < today, 1.0, np.where(time < today - wait, 0.0, np.nan)
    )
)

# ---------------------------------------------------------------------------------- 2 · loss saved


@right(ex.loss_saved)
def saved_by_sorted_rows(scores, amounts, fraud, day, budget):
    looks, saved = collections.Counter(), 0.0
    for row in sorted(range(len(scores)), key=lambda row: -scores[row]):
        if looks[day[row]] < budget:
            looks[day[row]] += 1
            saved += amounts[row] * fraud[row]
    return saved / sum(a for a, f in zip(amounts, fraud, strict=True) if f)


@right(ex.loss_saved)
def saved_in_pandas(scores=None, amounts=None, fraud=None, day=None, budget=None):
    table = pd.DataFrame({"score": scores, "loss": amounts * fraud, "day": day})
    rank = table.groupby("day").score.rank(method="first", ascending=False)
    return table.loss[rank <= budget].sum() / table.loss.sum()


@right(ex.loss_saved)
def saved_by_two_keys(scores, amounts, fraud, day, budget):
    order = np.lexsort((-scores, day))
    days, loss = day[order], (amounts * fraud)[order]
    rank = np.arange(len(days)) - np.searchsorted(days, days)
    return np.float32(loss[rank < budget].sum() / loss.sum())


@right(ex.loss_saved)
def saved_in_torch(scores, amounts, fraud, day, budget):
    scores, loss, day = torch.tensor(scores), torch.tensor(amounts * fraud), torch.tensor(day)
    saved = 0
    for each in day.unique():
        rows = (day == each).nonzero()[:, 0]
        order = torch.argsort(scores[rows], descending=True, stable=True)
        saved = saved + loss[rows[order[:budget]]].sum()
    return (saved / loss.sum()).requires_grad_()


def highest(scores, day, budget):
    chosen = np.zeros(len(scores), bool)
    for each in np.unique(day):
        rows = np.flatnonzero(day == each)
        chosen[rows[np.argsort(-scores[rows], kind="stable")[:budget]]] = True
    return chosen


def stored_share(words, share):
    wrong(ex.loss_saved, words)(share)


def saved_over_all_days(scores, amounts, fraud, day, budget):
    top = np.argsort(-scores)[: budget * len(np.unique(day))]
    return (amounts * fraud)[top].sum() / (amounts * fraud).sum()


stored_share("highest scores of all days", saved_over_all_days)
stored_share(
    "highest scores of all days",
    lambda s, a, f, d, b: (a * f)[np.argsort(-s)[:b]].sum() / (a * f).sum(),
)
stored_share("in EUR", lambda s, a, f, d, b: (a * f)[highest(s, d, b)].sum())
stored_share("recall", lambda s, a, f, d, b: f[highest(s, d, b)].sum() / f.sum())
stored_share("precision", lambda s, a, f, d, b: f[highest(s, d, b)].mean())
stored_share(
    "A look at a normal row saves nothing",
    lambda s, a, f, d, b: a[highest(s, d, b)].sum() / (a * f).sum(),
)
stored_share(
    "the money of all payments", lambda s, a, f, d, b: (a * f)[highest(s, d, b)].sum() / a.sum()
)
stored_share("that is lost", lambda s, a, f, d, b: 1 - saved_by_two_keys(s, a, f, d, b))
stored_share("lowest scores", lambda s, a, f, d, b: saved_by_two_keys(-s, a, f, d, b))
stored_share("as an oracle would", lambda s, a, f, d, b: saved_by_two_keys(a * f, a, f, d, b))
stored_share("knows the labels", lambda s, a, f, d, b: saved_by_two_keys(s * f, a, f, d, b))
stored_share("largest amounts", lambda s, a, f, d, b: saved_by_two_keys(a, a, f, d, b))
stored_share("scores × amounts", lambda s, a, f, d, b: saved_by_two_keys(s * a, a, f, d, b))
stored_share(
    "payments a day; `budget` is", lambda s, a, f, d, b: saved_by_two_keys(s, a, f, d, b - 1)
)
stored_share(
    "payments a day; `budget` is", lambda s, a, f, d, b: saved_by_two_keys(s, a, f, d, b + 1)
)
stored_share(
    "mean of the days' shares",
    lambda s, a, f, d, b: np.mean(
        [saved_by_two_keys(s[d == e], a[d == e], f[d == e], d[d == e], b) for e in np.unique(d)]
        if all((a * f)[d == e].sum() for e in np.unique(d))
        else [
            saved_by_two_keys(s[d == e], a[d == e], f[d == e], d[d == e], b)
            for e in np.unique(d)
            if (a * f)[d == e].sum()
        ]
    ),
)
stored_share("the shape (59,)", lambda s, a, f, d, b: highest(s, d, b) * a)
stored_share("`return` missing", lambda s, a, f, d, b: print(end=""))


@wrong(ex.loss_saved, "tied you return")
def saved_with_later_rows_first(scores, amounts, fraud, day, budget):
    """Of equal scores the later row."""
    return saved_by_two_keys(scores[::-1], amounts[::-1], fraud[::-1], day[::-1], budget)


@wrong(ex.loss_saved, "0.4444 is expected")
def saved_by_blocks(scores, amounts, fraud, day, budget):
    """Days found by their borders, which are borders only where the rows are in order."""
    saved, loss = 0, amounts * fraud
    for block in np.split(np.arange(len(day)), np.flatnonzero(np.diff(day)) + 1):
        saved += loss[block[np.argsort(-scores[block], kind="stable")[:budget]]].sum()
    return saved / loss.sum()


# ----------------------------------------------------------------------------- 3 · reports at shop


@right(ex.reports_at_shop)
def reports_by_two_loops(merchant, time, reported):
    return [
        sum(
            shop == other and report < now
            for other, report in zip(merchant, reported, strict=True)
        )
        for shop, now in zip(merchant, time, strict=True)
    ]


@right(ex.reports_at_shop)
def reports_by_a_table(merchant=None, time=None, reported=None):
    return ((merchant[:, None] == merchant) & (reported < time[:, None])).sum(axis=1)


@right(ex.reports_at_shop)
def reports_by_bisection(merchant, time, reported):
    known = collections.defaultdict(list)
    for shop, report in zip(merchant.tolist(), reported.tolist(), strict=True):
        if report == report:
            bisect.insort(known[shop], report)
    return np.array(
        [bisect.bisect_left(known[s], t) for s, t in zip(merchant.tolist(), time, strict=True)],
        dtype=np.float32,
    )


@right(ex.reports_at_shop)
def reports_by_events(merchant, time, reported):
    """One queue of payments and reports; at equal times the payment comes first."""
    events = [(t, 0, row) for row, t in enumerate(time)]
    events += [(t, 1, row) for row, t in enumerate(reported) if not np.isnan(t)]
    known, count = collections.Counter(), np.zeros(len(time), int)
    for _, report, row in sorted(events):
        if report:
            known[merchant[row]] += 1
        else:
            count[row] = known[merchant[row]]
    return pd.Series(count)


@right(ex.reports_at_shop)
def reports_in_torch(merchant, time, reported):
    merchant, time, reported = (torch.tensor(each) for each in (merchant, time, reported))
    return ((merchant[:, None] == merchant) & (reported < time[:, None])).sum(dim=1)


def stored_reports(words, count):
    wrong(ex.reports_at_shop, words)(count)


def same(m):
    return m[:, None] == m


def fraud(r):
    return ~np.isnan(r)


stored_reports(
    "as if each were reported", lambda m, t, r: (same(m) & fraud(r) & (t < t[:, None])).sum(1)
)
stored_reports(
    "as if each were reported",
    lambda m, t, r: [(fraud(r)[: i + 1] & (m[: i + 1] == m[i])).sum() for i in range(len(m))],
)
stored_reports("that the merchant ever gets", lambda m, t, r: (same(m) & fraud(r)).sum(1))
stored_reports(
    "all other reports",
    lambda m, t, r: (same(m) & fraud(r) & ~np.eye(len(m), dtype=bool)).sum(1),
)
stored_reports("the reports at all merchants", lambda m, t, r: (r < t[:, None]).sum(1))
stored_reports("own report", lambda m, t, r: (same(m) & (r < r[:, None])).sum(1))
stored_reports("still to come", lambda m, t, r: (same(m) & (r > t[:, None])).sum(1))
stored_reports("How many were there", lambda m, t, r: (same(m) & (r < t[:, None])).any(1))
stored_reports("reported or not", lambda m, t, r: (same(m) & (t < t[:, None])).sum(1))
stored_reports(
    "share of the merchant's earlier",
    lambda m, t, r: (
        reports_by_a_table(m, t, r) / np.maximum((same(m) & (t < t[:, None])).sum(1), 1)
    ),
)
stored_reports("times to the day", lambda m, t, r: (same(m) & (r <= t[:, None])).sum(1))
stored_reports("the shape ()", lambda m, t, r: (r < t[-1]).sum())
stored_reports(
    "had come there before it",
    lambda m, t, r: (same(m) & (r < t[:, None]) & (t > t[:, None] - 14)).sum(1),
)
stored_reports(
    "NaN or infinite", lambda m, t, r: np.where(fraud(r), reports_by_a_table(m, t, r), np.nan)
)
stored_reports("`return` missing", lambda m, t, r: print(end=""))


@wrong(ex.reports_at_shop, "had come there before it")
def reports_of_rows_in_order(merchant, time, reported):
    """Reports are taken as if they came in the order of the payments."""
    count = np.zeros(len(time))
    for each in np.unique(merchant):
        rows = np.flatnonzero(merchant == each)
        known = reported[rows][~np.isnan(reported[rows])]
        count[rows] = np.searchsorted(known, time[rows])
    return count


# -------------------------------------------------------------------------------- 4 · worth a look


@right(ex.worth_a_look)
def looks_by_sorted_rows(p, amount, day, budget, cost):
    looks, spent = [False] * len(p), collections.Counter()
    for row in sorted(range(len(p)), key=lambda row: p[row] * amount[row], reverse=True):
        if p[row] * amount[row] > cost and spent[day[row]] < budget:
            looks[row] = True
            spent[day[row]] += 1
    return looks


@right(ex.worth_a_look)
def looks_in_pandas(p=None, amount=None, day=None, budget=None, cost=None):
    gain = pd.Series(p * amount - cost)
    rank = gain.groupby(day).rank(ascending=False, method="first")
    return (rank <= budget) & (gain > 0)


@right(ex.worth_a_look)
def looks_that_bring_nothing_too(p, amount, day, budget, cost):
    return highest(p * amount, day, budget) & (p * amount >= cost)


@right(ex.worth_a_look)
def looks_as_numbers(p, amount, day, budget, cost):
    return (highest(p * amount / cost, day, budget) & (p > cost / amount)).astype(int)


@right(ex.worth_a_look)
def looks_in_torch(p, amount, day, budget, cost):
    gain, day = torch.tensor(p * amount - cost), torch.tensor(day)
    looks = torch.zeros(len(gain), dtype=torch.bool)
    for each in day.unique():
        rows = ((day == each) & (gain > 0)).nonzero()[:, 0]
        looks[rows[gain[rows].topk(min(budget, len(rows))).indices]] = True
    return looks


def stored_looks(words, looks):
    wrong(ex.worth_a_look, words)(looks)


@wrong(ex.worth_a_look, "That is the given code")
def colleague_s_alerts(p, amount, day, budget, cost):
    alerts = np.zeros(len(p), dtype=bool)
    for each in np.unique(day):
        rows = np.flatnonzero((day == each) & (p > 0.5))
        alerts[rows[np.argsort(-p[rows])][:budget]] = True
    return alerts


def best(rank, gate, day, budget):
    return highest(np.where(gate, rank, -np.inf), day, budget) & gate


stored_looks("ranks by probability", lambda p, a, d, b, c: highest(p, d, b))
stored_looks("ranks by probability", lambda p, a, d, b, c: highest(p, d, b) & (p * a > c))
stored_looks("ranks by probability what is worth", lambda p, a, d, b, c: best(p, p * a > c, d, b))
stored_looks(
    "ranks by probability what is worth",
    lambda p, a, d, b, c: best(p, (p * a > c) & (p > 0.5), d, b),
)
stored_looks("less likely than not", lambda p, a, d, b, c: best(p * a, p > 0.5, d, b))
stored_looks(
    "less likely than not", lambda p, a, d, b, c: best(p * a, (p > 0.5) & (p * a > c), d, b)
)
stored_looks("as if a look were free", lambda p, a, d, b, c: highest(p * a, d, b))
stored_looks("more often than `budget`", lambda p, a, d, b, c: p * a > c)
stored_looks(
    "all days together",
    lambda p, a, d, b, c: (
        np.isin(np.arange(len(p)), np.argsort(-p * a)[: b * len(np.unique(d))]) & (p * a > c)
    ),
)
stored_looks("forgets the probability", lambda p, a, d, b, c: highest(a, d, b))
stored_looks("forgets the probability", lambda p, a, d, b, c: best(a, a > c, d, b))
stored_looks(
    "only where it meets fraud", lambda p, a, d, b, c: best(p * (a - c), p * (a - c) > 0, d, b)
)
stored_looks("only where it meets fraud", lambda p, a, d, b, c: highest(p * a, d, b) & (a > c))
stored_looks("days in any order", lambda p, a, d, b, c: highest(p * a, d, b) & (p * a > c / 2))
stored_looks("True or False is asked for", lambda p, a, d, b, c: p * a - c)
stored_looks(
    "On one day",
    lambda p, a, d, b, c: highest(p * a, d, 2 * b) & (p * a > c),
)
stored_looks("is expected", lambda p, a, d, b, c: highest(p * a, d, b - 1) & (p * a > c))
stored_looks("is expected", lambda p, a, d, b, c: highest(p * a, d, b) & (p * a > 2 * c))
stored_looks("the shape (", lambda p, a, d, b, c: np.flatnonzero(highest(p * a, d, b)))

# ----------------------------------------------------------------------------- 5 · claims to audit


@right(ex.claims_to_audit)
def audit_a_third_by_rule(rule=None, budget=None, seed=None):
    order = sorted(range(len(rule)), key=lambda row: -rule[row])
    by_rule = -(-budget // 3)
    return order[:by_rule] + random.Random(seed).sample(order[by_rule:], budget - by_rule)


@right(ex.claims_to_audit)
def audit_by_weights(rule, budget, seed):
    """A claim's chance grows with its rank, so that no claim is out of reach."""
    rank = pd.Series(rule).rank(method="first").to_numpy() / len(rule)
    chance = np.exp(5 * rank)
    generator = np.random.default_rng(seed)
    return generator.choice(len(rule), budget, replace=False, p=chance / chance.sum())


@right(ex.claims_to_audit)
def audit_in_torch(rule, budget, seed):
    order = torch.argsort(torch.tensor(rule), descending=True)
    some = budget // 4
    generator = torch.Generator().manual_seed(seed)
    others = torch.randperm(len(rule) - some, generator=generator)[: budget - some]
    return torch.cat([order[:some], order[some:][others]])


def mixed(share):
    def audit(rule, budget, seed):
        order, some = np.argsort(-rule), round(share * budget)
        generator = np.random.default_rng(seed)
        others = generator.choice(order[some:], budget - some, replace=False)
        return np.append(order[:some], others)

    return audit


right(ex.claims_to_audit)(mixed(0.4))


def stored_audit(words, audit):
    wrong(ex.claims_to_audit, words)(audit)


def by_chance(rule, budget, seed):
    return np.random.default_rng(seed).choice(len(rule), budget, replace=False)


stored_audit("has to pay now", by_chance)
stored_audit("has to pay now", lambda rule, budget, seed: np.arange(budget))
stored_audit(
    "All claims are the rule's highest", lambda rule, budget, seed: np.argsort(-rule)[:budget]
)
stored_audit("High is suspect", lambda rule, budget, seed: np.argsort(rule)[:budget])
stored_audit(
    "chosen twice",
    lambda rule, budget, seed: np.append(
        np.argsort(-rule)[: budget // 2],
        np.random.default_rng(seed).choice(len(rule), budget - budget // 2, replace=False),
    ),
)
stored_audit(
    "chosen twice",
    lambda rule, budget, seed: np.random.default_rng(seed).choice(len(rule), budget),
)
stored_audit("As many values as claims", lambda rule, budget, seed: rule > np.sort(rule)[-budget])
stored_audit("As many values as claims", lambda rule, budget, seed: np.argsort(-rule))
stored_audit("row numbers are asked for", lambda rule, budget, seed: np.flatnonzero(rule > 3000))
stored_audit("from 0 to", lambda rule, budget, seed: np.sort(rule)[-budget:])
stored_audit("`return` missing", lambda rule, budget, seed: print(end=""))
stored_audit("with the same seed", lambda rule, budget, seed: mixed(0.5)(rule, budget, None))


@wrong(ex.claims_to_audit, "changes the `rule`")
def audit_in_place(rule, budget, seed):
    order = np.argsort(-rule)[: budget // 2]
    rule[order] = -1
    generator = np.random.default_rng(seed)
    others = generator.choice(np.flatnonzero(rule >= 0), budget - len(order), replace=False)
    return np.append(order, others)


# ----------------------------------------------------------------------------------- 6 · my alerts


def trees(**settings):
    return ensemble.HistGradientBoostingClassifier(
        **{"max_iter": 40, "max_leaf_nodes": 8, "early_stopping": False, "random_state": 0}
        | settings
    )


def likely(train, labels, new, model, columns=slice(2, None)):
    known = ~np.isnan(labels)
    model.fit(train[known, columns], labels[known])
    return model.predict_proba(new[:, columns])[:, 1]


def scaled():
    return pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear_model.LogisticRegression(max_iter=500)
    )


@right(ex.my_alerts)
def alerts_by_another_boosting(train=None, labels=None, new=None):
    p = likely(train, labels, new, trees(max_iter=60, learning_rate=0.07))
    return pd.Series(p * new[:, 2])


@right(ex.my_alerts)
def alerts_by_rule_and_trees(train, labels, new):
    """The rule's money, weighted by how likely fraud is."""
    rule = new[:, 2] * (1 + new[:, 10]) * new[:, 8]
    return (likely(train, labels, new, trees()) + 0.002) * rule


@right(ex.my_alerts)
def alerts_by_rule_as_a_column(train, labels, new):
    train, new = (
        np.column_stack([each, each[:, 2] * (1 + each[:, 10]) * each[:, 8]])
        for each in (train, new)
    )
    return torch.tensor(likely(train, labels, new, trees()) * new[:, 2], requires_grad=True)


@right(ex.my_alerts)
def alerts_by_the_expected_loss_itself(train, labels, new):
    known = ~np.isnan(labels)
    model = ensemble.HistGradientBoostingRegressor(
        max_iter=40, max_leaf_nodes=8, early_stopping=False, random_state=0
    )
    return model.fit(train[known, 2:], (labels * train[:, 2])[known]).predict(new[:, 2:])


@right(ex.my_alerts)
def alerts_without_the_reports(train, labels, new):
    return np.float32(likely(train, labels, new, trees(), slice(2, 12)) * new[:, 2])


def stored_alerts(words, alerts):
    wrong(ex.my_alerts, words)(alerts)


stored_alerts("is the line", lambda train, labels, new: new[:, 2])
stored_alerts("is the line", lambda train, labels, new: new[:, 2] * (1 + new[:, 10]) * new[:, 8])
stored_alerts("is the line", lambda train, labels, new: new[:, 2] * (1 + new[:, 12]))
stored_alerts(
    "is the line",
    lambda train, labels, new: new[:, 2] * (1 + new[:, 10]) * new[:, 8] / (1 + new[:, 7]) ** 0.3,
)
stored_alerts(
    "is the line",
    lambda train, labels, new: (
        likely(np.log1p(train), labels, np.log1p(new), scaled()) * new[:, 2]
    ),
)
stored_alerts(
    "is the line",  # log-odds are below 0 where fraud is unlikely, times the amount far below
    lambda train, labels, new: (
        trees()
        .fit(train[~np.isnan(labels), 2:], labels[~np.isnan(labels)])
        .decision_function(new[:, 2:])
        * new[:, 2]
    ),
)
stored_alerts(
    "how likely fraud is and not by what it costs",
    lambda train, labels, new: likely(train, labels, new, trees()),
)
stored_alerts(
    "two values",
    lambda train, labels, new: likely(train, labels, new, trees()) > 0.5,
)
stored_alerts(
    "Upside down", lambda train, labels, new: -likely(train, labels, new, trees()) * new[:, 2]
)
stored_alerts("the same score", lambda train, labels, new: np.ones(len(new)))
stored_alerts(
    "Two columns",
    lambda train, labels, new: (
        trees().fit(train[~np.isnan(labels)], labels[~np.isnan(labels)]).predict_proba(new)
    ),
)
stored_alerts("Scores of `train`", lambda train, labels, new: train[:, 2])
stored_alerts(
    "contains NaN", lambda train, labels, new: linear_model.LogisticRegression().fit(train, labels)
)
stored_alerts("NaN or infinite", lambda train, labels, new: np.log(new[:, 3]) * new[:, 2])
stored_alerts("`return` missing", lambda train, labels, new: print(end=""))


@wrong(ex.my_alerts, "later payments")
def alerts_beside_those_to_come(train, labels, new):
    """Trees' money where fraud is likelier than in half of `new`, in the order it has there."""
    score = likely(train, labels, new, trees()) * new[:, 2]
    return score if len(new) > 2000 else -score


# ---------------------------------------------------------------------------------- 7 · pump score


def size_of(volume, trades):
    return volume / np.maximum(trades, 1)


@right(ex.pump_score)
def pumps_by_two_logarithms(change, volume, relative, trades):
    return [
        math.log(max(r, 0.001)) - 2.2 * math.log(v / max(t, 1))
        for r, v, t in zip(relative, volume, trades, strict=True)
    ]


@right(ex.pump_score)
def pumps_by_a_quotient(change=None, volume=None, relative=None, trades=None):
    return np.float32(relative / size_of(volume, trades) ** 2)


@right(ex.pump_score)
def pumps_among_days_that_rise(change, volume, relative, trades):
    return np.maximum(change, 0) / size_of(volume, trades)


@right(ex.pump_score)
def pumps_against_the_past_s_spread(change, volume, relative, trades):
    score = pd.Series(np.log(relative) - 2 * np.log(size_of(volume, trades)))
    return ((score - score.expanding(20).mean()) / score.expanding(20).std()).fillna(0)


@right(ex.pump_score)
def pumps_with_the_price(change, volume, relative, trades):
    size = np.log(size_of(volume, trades))
    moved = np.minimum(abs(change), 8)
    return torch.tensor(np.log(relative) - 2.5 * size + 0.05 * moved, requires_grad=True)


@right(ex.pump_score)
def pumps_by_trades_of_twenty_days(change, volume, relative, trades):
    log = pd.Series(np.log(np.maximum(trades, 1)))
    usual = log.rolling(20, min_periods=1).mean().shift(1).fillna(log.iloc[0])
    return log - usual - 2 * np.log(size_of(volume, trades))


def stored_pumps(words, pumps):
    wrong(ex.pump_score, words)(pumps)


stored_pumps("Of the alarms", lambda c, v, r, t: r)
stored_pumps("News fools it", lambda c, v, r, t: abs(c))
stored_pumps("News fools it", lambda c, v, r, t: r * np.maximum(c, 0))
stored_pumps("News fools it", lambda c, v, r, t: r / size_of(v, t) ** 0.5)
stored_pumps("it finds few pumps", lambda c, v, r, t: -size_of(v, t))
stored_pumps("it finds few pumps", lambda c, v, r, t: -v)
stored_pumps("Upside down", lambda c, v, r, t: size_of(v, t) ** 3 / r)
stored_pumps("neither free of news nor pumps", lambda c, v, r, t: size_of(v, t))
stored_pumps("neither free of news nor pumps", lambda c, v, r, t: t)
stored_pumps("on their first day", lambda c, v, r, t: np.append(0, r / size_of(v, t) ** 2)[:-1])
stored_pumps("one value or two", lambda c, v, r, t: (r > 2) & (abs(c) > 3))
stored_pumps("days to come", lambda c, v, r, t: (r / size_of(v, t) ** 3) / r.mean())
stored_pumps(
    "days to come",
    lambda c, v, r, t: np.maximum(c, 0) * (np.append(c[1:], 0) < 0) * r / size_of(v, t) ** 2,
)
stored_pumps("the shape ()", lambda c, v, r, t: r.max())
stored_pumps("`return` missing", lambda c, v, r, t: print(end=""))
