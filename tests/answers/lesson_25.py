"""Answers to the exercises of lesson 25: right ones in other styles, and wrong ones."""

import bisect
import collections
import math

from answers import right, wrong
from course_utils import baselines, detectors
from course_utils.exercises import lesson_25 as ex
from course_utils.exercises.lesson_25 import traces

import numpy as np
import pandas as pd
import torch

# --------------------------------------------------------------------------- 1 · found by the desk


@right(ex.found_by_the_desk)
def desk_by_dictionaries(scores, host, hour, attack, budget):
    cases = {}
    for score, source, when, hit in zip(scores, host, hour, attack, strict=True):
        highest, attacked = cases.get((when, source), (-math.inf, False))
        cases[when, source] = max(highest, score), attacked or hit == 1
    found = 0
    for day in {when // 24 for when, _ in cases}:
        today = [case for case in cases if case[0] // 24 == day]
        today.sort(key=lambda case: (-cases[case][0], *case))
        found += sum(cases[case][1] for case in today[:budget])
    return found / sum(attacked for _, attacked in cases.values())


@right(ex.found_by_the_desk)
def desk_in_pandas(scores=None, host=None, hour=None, attack=None, budget=None):
    table = pd.DataFrame({"hour": hour, "host": host, "score": scores, "attack": attack})
    cases = table.groupby(["hour", "host"], as_index=False).max()
    order = cases.groupby(cases["hour"] // 24)["score"].rank(method="first", ascending=False)
    return (order[cases["attack"] == 1] <= budget).mean()


@right(ex.found_by_the_desk)
def desk_by_sorting_rows(scores, host, hour, attack, budget):
    """Goes down the rows by score and takes the first of each case, until the day is full."""
    order = np.lexsort((host, hour, -scores))
    seen, left = set(), collections.Counter({int(day): budget for day in hour // 24})
    for row in order:
        case, day = (int(hour[row]), int(host[row])), int(hour[row] // 24)
        if case not in seen and left[day]:
            seen.add(case)
            left[day] -= 1
    attacked = {(int(when), int(who)) for when, who in zip(hour, host, strict=True)}
    attacked &= {
        (int(when), int(who)) for when, who, hit in zip(hour, host, attack, strict=True) if hit
    }
    return torch.tensor(len(seen & attacked) / len(attacked), requires_grad=True)


def of_cases(summary="max", within="day", count="cases", by=("hour", "host")):
    """Return an answer that is right but for one setting."""

    def answer(scores, host, hour, attack, budget):
        table = pd.DataFrame({"hour": hour, "host": host, "attack": attack, "score": scores})
        table["day"] = table["hour"] // 24
        groups = table.groupby(list(by))
        cases = groups.agg({"score": summary, "attack": "max", "day": "first"})
        days = cases["day"] if within == "day" else 0 * cases["day"]
        budget *= table["day"].nunique() if within == "all, as many" else 1
        looked = cases["score"].groupby(days).rank(method="first", ascending=False) <= budget
        if count == "rows":
            rows = pd.Series(looked.loc[list(zip(hour, host, strict=True))].to_numpy())
            return attack[rows].sum() / attack.sum()
        if count == "precision":
            return cases["attack"][looked].mean()
        return cases["attack"][looked].sum() / cases["attack"].sum()

    return answer


def colleague_s_count(scores, host, hour, attack, budget):
    days = len(np.unique(hour // 24))
    looked_at = np.argsort(-scores)[: budget * days]
    return attack[looked_at].sum() / attack.sum()


def of_the_highest_row(scores, host, hour, attack, budget, among_all=False):
    """Sort the rows, drop what a case has below its highest, and count what is left."""
    table = pd.DataFrame({"hour": hour, "host": host, "attack": attack, "score": scores})
    cases = table.sort_values("score", ascending=False).drop_duplicates(["hour", "host"])
    rank = cases.groupby(cases["hour"] // 24)["score"].rank(method="first", ascending=False)
    attacked = table.groupby(["hour", "host"])["attack"].max() if among_all else cases["attack"]
    return cases["attack"][rank <= budget].sum() / attacked.sum()


def ties_all_looked_at(scores, host, hour, attack, budget):
    table = pd.DataFrame({"hour": hour, "host": host, "score": scores, "attack": attack})
    cases = table.groupby(["hour", "host"], as_index=False).max()
    order = cases.groupby(cases["hour"] // 24)["score"].rank(method="min", ascending=False)
    return (order[cases["attack"] == 1] <= budget).mean()


def count_of_rows_by_day(scores, host, hour, attack, budget):
    rank = pd.Series(scores).groupby(hour // 24).rank(method="first", ascending=False)
    return attack[rank <= budget].sum() / attack.sum()


for words, desk in (
    ("That is the given code", colleague_s_count),
    ("rows are still counted for cases", count_of_rows_by_day),
    ("all days together", of_cases(within="all, as many")),
    ("all days together", of_cases(within="all")),
    ("attacked rows are counted", of_cases(count="rows")),
    ("precision", of_cases(count="precision")),
    ("is the mean of its rows", of_cases(summary="mean")),
    ("is the sum of its rows", of_cases(summary="sum")),
    ("one host on one day", of_cases(by=("day", "host"))),
    ("whatever the host", of_cases(by=("hour",))),
    ("lowest scores", lambda s, h, t, a, b: desk_in_pandas(-s, h, t, a, b)),
    ("only if its highest row", of_the_highest_row),
    ("only if its highest row", lambda *g: of_the_highest_row(*g, among_all=True)),
    (", tied", ties_all_looked_at),
    ("11 cases a day", lambda s, h, t, a, b: desk_in_pandas(s, h, t, a, b - 1)),
    ("`return` missing", lambda s, h, t, a, b: print(end="")),
    ("One share", lambda s, h, t, a, b: a),
):
    wrong(ex.found_by_the_desk, words)(desk)

# ----------------------------------------------------------------------------------- 2 · port rule


@right(ex.port_rule)
def rule_by_a_product(failed=None, ports=None, connections=None, hosts=None):
    return pd.Series((failed + 0.1) * connections / hosts)


@right(ex.port_rule)
def rule_row_by_row(failed, ports, connections, hosts):
    return [
        10 * f + c + p - h for f, p, c, h in zip(failed, ports, connections, hosts, strict=True)
    ]


@right(ex.port_rule)
def rule_of_logarithms(failed, ports, connections, hosts):
    knocks = torch.tensor(np.log(connections) - np.log(hosts), requires_grad=True)
    return knocks + 1.5 * torch.tensor(failed)


@right(ex.port_rule)
def rule_in_steps(failed, ports, connections, hosts):
    """Points for what is suspicious, as a guard would write them, and a tie-break."""
    points = 2 * failed + (connections > 5 * hosts) + (ports > 3)
    return np.float32(points + 0.05 * connections / hosts)


for words, rule in (
    ("More hosts make it", lambda f, p, c, h: 10 * f + p + c + h),
    ("failed makes no difference", lambda f, p, c, h: c / h),
    ("failed makes no difference", lambda f, p, c, h: p),
    ("two or three values", lambda f, p, c, h: 2 * f + 0 * p),
    ("the same score", lambda f, p, c, h: np.ones(len(f))),
    ("other scores than among", lambda f, p, c, h: (f - f.mean()) / f.std() + c / h),
    ("is the line", lambda f, p, c, h: f + 5 * p),
    ("Upside down", lambda f, p, c, h: -10 * f - c / h),
    ("other scores than among", lambda f, p, c, h: f / f.mean() + c / c.mean() - h / h.mean()),
    ("One number", lambda f, p, c, h: f.mean()),
    ("the shape (", lambda f, p, c, h: np.flatnonzero(f)),
    ("NaN or infinite", lambda f, p, c, h: np.where(c > 1, np.nan, f)),
    ("`return` missing", lambda f, p, c, h: print(end="")),
):
    wrong(ex.port_rule, words)(rule)

# ---------------------------------------------------------------------------------- 3 · honest cut


@right(ex.honest_cut)
def cut_row_by_row(day, kinds, line_days, before_days, change):
    seen = {
        kind
        for when, kind in zip(day, kinds, strict=True)
        if kind and when < change and when not in line_days and when not in before_days
    }
    masks = []
    for when, kind in zip(day, kinds, strict=True):
        late, line, before = when >= change, when in line_days, when in before_days
        masks.append(
            (
                not (late or line or before),
                line and not kind and not late,
                before and not kind and not late,
                late and not kind,
                late and kind in seen,
                late and kind != "" and kind not in seen,
            )
        )
    return tuple(map(list, zip(*masks, strict=True)))


@right(ex.honest_cut)
def cut_in_pandas(day=None, kinds=None, line_days=None, before_days=None, change=None):
    table = pd.DataFrame({"day": day, "kind": kinds})
    table["part"] = "train"
    table.loc[table["day"].isin(before_days), "part"] = "before"
    table.loc[table["day"].isin(line_days), "part"] = "line"
    table.loc[table["day"] >= change, "part"] = "after"
    harmless = table["kind"] == ""
    known = table["kind"].isin(table["kind"][table["part"] == "train"]) & ~harmless
    parts = [(table["part"] == part) & harmless for part in ("line", "before", "after")]
    late = table["part"] == "after"
    return table["part"] == "train", *parts, late & known, late & ~known & ~harmless


@right(ex.honest_cut)
def cut_by_the_lists_alone(day, kinds, line_days, before_days, change):
    """Trust that the days of both lists lie before the change."""
    train = (day < change) & ~np.isin(day, line_days + before_days)
    line, before = ((kinds == "") & np.isin(day, each) for each in (line_days, before_days))
    late, learned = day >= change, set(kinds[train]) - {""}
    known = late & np.array([kind in learned for kind in kinds])
    return train, line, before, late & (kinds == ""), known, late & (kinds != "") & ~known


@right(ex.honest_cut)
def cut_as_numbers(day, kinds, line_days, before_days, change):
    """0 and 1 for False and True, as a list of tensors."""
    masks = cut_row_by_row(day, kinds, line_days, before_days, change)
    return [torch.tensor(each, dtype=torch.float32) for each in masks]


def colleague_s_cut(day, kinds, line_days, before_days, change):
    train = np.random.default_rng(0).random(len(day)) < 0.5
    test, harmless = ~train, kinds == ""
    known = test & ~harmless & np.isin(kinds, kinds[train])
    new = test & ~harmless & ~np.isin(kinds, kinds[train])
    return train, test & harmless, test & harmless, test & harmless, known, new


def cut_at_random_before_the_change(day, kinds, line_days, before_days, change):
    _, *others = honest(day, kinds, line_days, before_days, change)
    coin = np.random.default_rng(0).random(len(day))
    early, harmless = day < change, kinds == ""
    others[0], others[1] = early & (coin < 0.2) & harmless, early & (coin > 0.8) & harmless
    return early & (coin >= 0.2) & (coin <= 0.8), *others


honest = ex.honest_cut._solution


def changed(**masks):
    """Return the honest cut with some masks made otherwise, each from day, kinds, days, change."""

    def answer(day, kinds, line_days, before_days, change):
        parts = dict(
            zip(
                ("train", "line", "before", "after", "known", "new"),
                honest(day, kinds, line_days, before_days, change),
                strict=True,
            )
        )
        for name, make in masks.items():
            parts[name] = make(day, kinds, line_days, change)
        return tuple(parts.values())

    return answer


def not_only_harmless(day, kinds, line_days, change):
    return np.isin(day, line_days)


for words, cut in (
    ("random split", colleague_s_cut),
    ("random split", cut_at_random_before_the_change),
    ("days that draw the line", changed(train=lambda d, k, days, c: d < c)),
    ("`line` has attacks", changed(line=not_only_harmless)),
    (
        "The line is drawn on rows that are judged",
        changed(line=lambda d, k, days, c: (k == "") & (d >= c)),
    ),
    (
        "`train` has harmless rows alone",
        changed(train=lambda d, k, days, c: np.isin(d, [0, 1, 4, 7]) & (k == "")),
    ),
    ("only on a day of `line_days`", changed(
        known=lambda d, k, days, c: (d >= c) & (k != "") & np.isin(k, k[d < c]),
        new=lambda d, k, days, c: (d >= c) & (k != "") & ~np.isin(k, k[d < c]),
    )),
    ("from before day 8", changed(known=lambda d, k, days, c: k == "flood")),
    ("`after` has attacks", changed(after=lambda d, k, days, c: d >= c)),
    ("`train` has rows from day 8 on", lambda d, k, line, before, c: (
        (d >= c), *(each & (d < c) for each in honest(d, k, line, before, c)[1:])
    )),
    ("in `new`", changed(new=lambda d, k, days, c: d < 0)),
    ("6 results", lambda d, k, line, before, c: honest(d, k, line, before, c)[:4]),
    ("the shape (", lambda *given: tuple(np.flatnonzero(each) for each in honest(*given))),
    ("`return", lambda d, k, line, before, c: print(end="")),
):  # fmt: skip
    wrong(ex.honest_cut, words)(cut)

# ------------------------------------------------------------------------------------ 4 · surprise


@right(ex.surprise)
def surprise_by_bisection(reference, scores):
    ordered, n = sorted(reference.tolist()), len(reference)
    return [math.log(1 + n) - math.log(1 + n - bisect.bisect_left(ordered, s)) for s in scores]


@right(ex.surprise)
def surprise_in_torch(reference=None, scores=None):
    reference, scores = torch.tensor(reference), torch.tensor(scores, requires_grad=True)
    above = (reference >= scores[:, None]).double().sum(1) + 0 * scores
    return -((above + 1) / (len(reference) + 1)).log()


@right(ex.surprise)
def surprise_in_pandas(reference, scores):
    above = pd.Series(scores).map(lambda score: (reference >= score).sum())
    return np.float32(-np.log((above + 1) / (len(reference) + 1)))


for words, made in (
    ("infinite", lambda r, s: -np.log((r[:, None] >= s).mean(axis=0))),
    (
        "Equal scores do not count",
        lambda r, s: -np.log((1 + (r[:, None] > s).sum(0)) / (1 + len(r))),
    ),
    ("as low or lower", lambda r, s: -np.log((1 + (r[:, None] <= s).sum(0)) / (1 + len(r)))),
    ("that are lower", lambda r, s: -np.log((1 + (r[:, None] < s).sum(0)) / (1 + len(r)))),
    ("The divisor is n", lambda r, s: -np.log((1 + (r[:, None] >= s).sum(0)) / len(r))),
    ("lifted to 1", lambda r, s: -np.log(np.maximum((r[:, None] >= s).sum(0), 1) / len(r))),
    ("That is p", lambda r, s: (1 + (r[:, None] >= s).sum(0)) / (1 + len(r))),
    ("1 − p", lambda r, s: 1 - (1 + (r[:, None] >= s).sum(0)) / (1 + len(r))),
    ("The sign", lambda r, s: np.log((1 + (r[:, None] >= s).sum(0)) / (1 + len(r)))),
    ("base 10", lambda r, s: -np.log10((1 + (r[:, None] >= s).sum(0)) / (1 + len(r)))),
    ("base 2", lambda r, s: -np.log2((1 + (r[:, None] >= s).sum(0)) / (1 + len(r)))),
    ("among themselves", lambda r, s: surprise_in_pandas(s, s)),
    ("not of `scores`", lambda r, s: surprise_in_pandas(r, r)),
    ("`return` missing", lambda r, s: print(end="")),
):  # fmt: skip
    wrong(ex.surprise, words)(made)

# -------------------------------------------------------------------------------- 5 · either lines


@right(ex.either_lines)
def lines_of_the_larger_surprise(first, second, share):
    """The n·share highest of the larger rank ring: what rings for both is counted once."""
    ranks = np.stack([np.argsort(np.argsort(each)) for each in (first, second)])
    line = np.quantile(ranks.max(axis=0), 1 - share)
    return tuple(np.sort(each)[min(int(line), len(each) - 1)] for each in (first, second))


@right(ex.either_lines)
def lines_by_trial(first=None, second=None, share=None):
    """Lower both lines together until the budget is used."""
    for level in np.linspace(share / 2, share, 40)[::-1]:
        lines = [float(np.quantile(each, 1 - level)) for each in (first, second)]
        if ((first > lines[0]) | (second > lines[1])).mean() <= share:
            return lines
    return lines


@right(ex.either_lines)
def lines_in_torch(first, second, share):
    both = torch.tensor(np.stack([first, second]), requires_grad=True)
    return torch.quantile(both, 1 - share / 2, dim=1)


@right(ex.either_lines)
def lines_in_pandas(first, second, share):
    table = pd.DataFrame({"first": first, "second": second})
    return table.quantile(1 - 0.5 * share)


def quantiles(first_share, second_share):
    return lambda f, s, share: (
        np.quantile(f, 1 - first_share * share),
        np.quantile(s, 1 - second_share * share),
    )


for words, lines in (
    ("as if OR cost nothing", quantiles(1, 1)),
    ("Too many false alarms", quantiles(2, 2)),
    ("Too many false alarms", lambda f, s, share: (np.quantile(f, share), np.quantile(s, share))),
    ("a part of its own", lambda f, s, share: (np.quantile(f, 1 - share), np.inf)),
    ("the second detector sees", quantiles(0.98, 0.02)),
    ("the first detector sees", lambda f, s, share: (99.0, np.quantile(s, 1 - share))),
    ("left over", quantiles(0.25, 0.25)),
    ("the first detector sees", lambda f, s, share: (f.max(), s.max())),
    ("Too many false alarms", lambda f, s, share: [np.quantile([f, s], 1 - share)] * 2),
    ("one number each", lambda f, s, share: (f > np.quantile(f, 1 - share), s)),
    ("2 results", lambda f, s, share: np.quantile(f, 1 - share)),
    ("is NaN", lambda f, s, share: (np.nan, np.quantile(s, 1 - share))),
    ("`return", lambda f, s, share: print(end="")),
):  # fmt: skip
    wrong(ex.either_lines, words)(lines)

# --------------------------------------------------------------------------------- 6 · after drift


@right(ex.after_drift)
def drift_by_day(day=None, said=None):
    """Learn on two days what was confirmed; draw the line on the third, without attacks."""
    return (said == 0) & (day < 16), (said != 1) & (day == 16)


@right(ex.after_drift)
def drift_row_by_row(day, said):
    return [each == 0 for each in said], [False for _ in said]


@right(ex.after_drift)
def drift_with_all_that_is_harmless_in_the_line(day, said):
    table = pd.DataFrame({"said": said})
    return table["said"].eq(0), table["said"].ne(1)


@right(ex.after_drift)
def drift_in_torch(day, said):
    said = torch.tensor(said, requires_grad=True)
    return (said == 0).float(), torch.zeros(len(said))


def none(day):
    return np.zeros(len(day), dtype=bool)


for words, chosen in (
    ("Only the line is drawn anew", lambda d, s: (none(d), s != 1)),
    ("Only the line is drawn anew", lambda d, s: (none(d), s == 0)),
    ("Attacks are learned", lambda d, s: (~none(d), none(d))),
    ("Attacks are learned", lambda d, s: (~np.isnan(s), none(d))),
    ("Attacks are learned", lambda d, s: (d < 16, d == 16)),
    ("nobody looked", lambda d, s: (s != 1, none(d))),
    ("nobody looked", lambda d, s: ((s != 1) & (d < 16), (s != 1) & (d == 16))),
    ("Attacks are learned", lambda d, s: ((s == 0)[::-1], none(d))),
    ("lift it above", lambda d, s: (s == 0, ~np.isnan(s))),
    ("Nothing is learned", lambda d, s: (none(d), none(d))),
    ("nobody looked", lambda d, s: (np.isnan(s), none(d))),
    ("the shape (", lambda d, s: (np.flatnonzero(s == 0), none(d))),
    ("has to be a mask", lambda d, s: (s == 0, d)),
    ("2 results", lambda d, s: s == 0),
    ("`return", lambda d, s: print(end="")),
):
    wrong(ex.after_drift, words)(chosen)


@wrong(ex.after_drift, "other rows")
def drift_by_chance(day, said):
    return (said == 0) & (np.random.default_rng().random(len(day)) < 0.9), none(day)


# ------------------------------------------------------------------------------ 7 · unseen windows


def windows(sequence, n, step=1):
    events = [int(each) for each in sequence]
    return [tuple(events[start : start + n]) for start in range(0, len(events) - n + 1, step)]


@right(ex.unseen_windows)
def windows_by_zip(training, sequences, n):
    seen = set()
    for sequence in training:
        seen.update(zip(*(list(sequence)[k:] for k in range(n)), strict=False))
    return [
        sum(each not in seen for each in zip(*(list(s)[k:] for k in range(n)), strict=False))
        for s in sequences
    ]


@right(ex.unseen_windows)
def windows_as_texts(training=None, sequences=None, n=None):
    def texts(sequence):
        return [" ".join(map(str, each)) for each in windows(sequence, n)]

    seen = collections.Counter(each for sequence in training for each in texts(sequence))
    return pd.Series([sum(not seen[each] for each in texts(s)) for s in sequences])


@right(ex.unseen_windows)
def windows_in_torch(training, sequences, n):
    seen = {each for sequence in training for each in windows(sequence, n)}
    counts = [float(len([w for w in windows(s, n) if w not in seen])) for s in sequences]
    return torch.tensor(counts, requires_grad=True)


def counted(count, known=windows, of=windows):
    def answer(training, sequences, n):
        seen = {each for sequence in training for each in known(sequence, n)}
        return [count([*of(s, n)], seen) for s in sequences]

    return answer


def number(found, seen):
    return sum(each not in seen for each in found)


def short_at_the_end(sequence, n):
    return [tuple(sequence[start : start + n]) for start in range(len(sequence))]


def windows_that_grow(training, sequences, n):
    seen, counts = {each for s in training for each in windows(s, n)}, []
    for sequence in sequences:
        counts.append(0)
        for each in windows(sequence, n):
            counts[-1] += each not in seen
            seen.add(each)
    return counts


def joined(training, sequences, n):
    seen = {*windows([each for sequence in training for each in sequence], n)}
    return [number(windows(s, n), seen) for s in sequences]


for words, made in (
    ("share of the windows", counted(lambda w, seen: number(w, seen) / max(len(w), 1))),
    ("counts once", counted(lambda w, seen: len({*w} - seen))),
    ("whether there is one", counted(lambda w, seen: number(w, seen) > 0)),
    ("that training has", counted(lambda w, seen: len(w) - number(w, seen))),
    ("events that training never had", counted(number, lambda s, n: s, lambda s, n: s)),
    ("windows of 2 events", lambda t, s, n: windows_by_zip(t, s, n - 1)),
    ("windows of 4 events", lambda t, s, n: windows_by_zip(t, s, n + 1)),
    ("of each sequence is missing", counted(number, of=lambda s, n: windows(s, n)[:-1])),
    (
        "of each training sequence is missing",
        counted(number, lambda s, n: windows(s, n)[:-1], lambda s, n: windows(s, n)[:-1]),
    ),
    ("joined", joined),
    (
        "do not overlap",
        counted(number, lambda s, n: windows(s, n, n), lambda s, n: windows(s, n, n)),
    ),
    ("order within", counted(
        number,
        lambda s, n: [tuple(sorted(w)) for w in windows(s, n)],
        lambda s, n: [tuple(sorted(w)) for w in windows(s, n)],
    )),
    ("order within", counted(
        number,
        lambda s, n: [frozenset(w) for w in windows(s, n)],
        lambda s, n: [frozenset(w) for w in windows(s, n)],
    )),
    ("of fewer than 3 events", counted(number, short_at_the_end, short_at_the_end)),
    ("of fewer than 3 events", counted(number, windows, short_at_the_end)),
    ("what is judged is learned", windows_that_grow),
    ("As many counts as training", lambda t, s, n: windows_by_zip(s, t, n)),
    ("One number", lambda t, s, n: sum(windows_by_zip(t, s, n))),
    ("`return` missing", lambda t, s, n: print(end="")),
):  # fmt: skip
    wrong(ex.unseen_windows, words)(made)

# --------------------------------------------------------------------------------- 8 · trace score


@right(ex.trace_score)
def trace_by_windows_of_four(training=None, sequences=None):
    return windows_by_zip(training, sequences, 4)


@right(ex.trace_score)
def trace_by_distinct_windows(training, sequences):
    seen = {each for sequence in training for each in windows(sequence, 5)}
    return torch.tensor([float(len({*windows(s, 5)} - seen)) for s in sequences])


@right(ex.trace_score)
def trace_by_the_fullest_stretch(training, sequences):
    """Unseen windows among twenty in a row, at the worst place."""
    seen = {each for sequence in training for each in windows(sequence, 5)}
    scores = []
    for sequence in sequences:
        unseen = np.array([each not in seen for each in windows(sequence, 5)] + [False] * 20)
        scores.append(np.convolve(unseen, np.ones(20)).max())
    return pd.Series(scores)


@right(ex.trace_score)
def trace_by_two_lengths(training, sequences):
    return np.add(windows_by_zip(training, sequences, 4), windows_by_zip(training, sequences, 6))


def counts(sequences):
    return np.array([np.bincount(each, minlength=22) for each in sequences], dtype=float)


def trace_by_neighbours(training, sequences):
    return (
        baselines.KNearestNeighbours().fit(counts(training)).decision_function(counts(sequences))
    )


def trace_by_ngrams(training, sequences, **settings):
    training, sequences = ([*map(np.array, each)] for each in (training, sequences))
    return detectors.NGram(**settings).fit(training).decision_function(sequences)


def share_of_windows(training, sequences):
    lengths = [max(1, len(each) - 4) for each in sequences]
    return np.divide(windows_by_zip(training, sequences, 5), lengths)


for words, score in (
    ("it counts events", trace_by_neighbours),
    ("it counts events", lambda t, s: [len(each) for each in s]),
    ("the order is what differs", lambda t, s: windows_by_zip(t, s, 1)),
    ("What only grows", share_of_windows),
    ("What only grows", lambda t, s: trace_by_ngrams(t, s, order=5, summary="mean")),
    ("ranks too few", lambda t, s: np.array(windows_by_zip(t, s, 5)) > 0),
    ("ranks too few", lambda t, s: windows_by_zip(t, s, 2)),
    ("Upside down", lambda t, s: -np.array(windows_by_zip(t, s, 5))),
    ("does not learn from", lambda t, s: windows_by_zip(traces._host()[0], s, 5)),
    ("among many", lambda t, s: np.argsort(np.argsort(windows_by_zip(t, s, 5)))),
    ("among many", lambda t, s: np.random.default_rng().random(len(s))),
    ("As many scores as training", lambda t, s: windows_by_zip(t, t, 5)),
    ("`return` missing", lambda t, s: print(end="")),
):
    wrong(ex.trace_score, words)(score)
