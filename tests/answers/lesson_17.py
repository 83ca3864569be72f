"""Answers to the exercises of lesson 17: right ones in other styles, and wrong ones."""

import functools
import itertools
import math
import random

from answers import right, wrong
from course_utils import explain
from course_utils.exercises import lesson_17 as ex

import numpy as np
import pandas as pd
import torch
from scipy.integrate import trapezoid
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.stats import rankdata
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NearestNeighbors

# ------------------------------------------------------------------------ 3 · integrated gradients


@right(ex.integrated_gradients)
def parts_by_a_loop(slopes, x, baseline, steps):
    total = np.zeros(len(x))
    for step in range(steps):
        point = baseline + (step + 0.5) / steps * (x - baseline)
        total += slopes(point[None])[0]
    return (x - baseline) * total / steps


@right(ex.integrated_gradients)
def parts_by_lists(slopes, x=None, baseline=None, steps=None):
    points = [
        [b + (2 * k + 1) / (2 * steps) * (a - b) for a, b in zip(x, baseline, strict=True)]
        for k in range(steps)
    ]
    found = slopes(np.array(points)).tolist()
    return [
        (a - b) * sum(row[j] for row in found) / steps
        for j, (a, b) in enumerate(zip(x, baseline, strict=True))
    ]


@right(ex.integrated_gradients)
def parts_by_ends(slopes, x, baseline, steps):
    ends = np.linspace(0, 1, steps + 1)
    middles = (ends[1:] + ends[:-1]) / 2
    points = middles[:, None] * x + (1 - middles)[:, None] * baseline
    return np.average(slopes(points), axis=0) * (x - baseline)


@right(ex.integrated_gradients)
def parts_backwards(slopes, x, baseline, steps):
    shares = np.linspace(1 - 0.5 / steps, 0.5 / steps, steps).reshape(-1, 1)
    return np.sum(slopes(x - (1 - shares) * (x - baseline)) * (x - baseline) / steps, axis=0)


@right(ex.integrated_gradients)
def parts_in_torch(slopes, x, baseline, steps):
    x, baseline = (torch.tensor(each, dtype=torch.float32) for each in (x, baseline))
    shares = (torch.arange(steps) + 0.5) / steps
    points = torch.lerp(baseline, x, shares[:, None])
    return (x - baseline) * torch.as_tensor(slopes(points)).mean(dim=0)


@right(ex.integrated_gradients)
def parts_of_the_package(slopes, x, baseline, steps):
    return explain.integrated_gradients(slopes, x[None], baseline, steps)[0]


@right(ex.integrated_gradients)
def parts_by_pandas(slopes, x, baseline, steps):
    shares = pd.Series(range(steps)).add(0.5).div(steps)
    points = pd.DataFrame(np.outer(shares, x - baseline) + baseline)
    return pd.DataFrame(slopes(points)).mean() * (x - baseline)


def parts_with(shares=None, factor=None, mean=None, start=None, along=None):
    """Return a way to compute the parts in which one piece is replaced."""

    def parts(slopes, x, baseline, steps):
        at = (np.arange(steps) + 0.5) / steps if shares is None else np.asarray(shares(steps))
        begin = baseline if start is None else start(x, baseline)
        way = x - baseline if along is None else along(x, baseline)
        found = slopes(begin + at[:, None] * way)
        found = found.mean(axis=0) if mean is None else mean(found)
        return (x - baseline if factor is None else factor(x, baseline)) * found

    return parts


for words, changed in (
    ("slope at the row alone", {"shares": lambda steps: [1.0]}),
    ("no way, no baseline", {"shares": lambda steps: [1.0], "factor": lambda x, b: 1}),
    ("no way, no baseline", {"shares": lambda steps: [1.0], "factor": lambda x, b: x}),
    ("slope at the baseline alone", {"shares": lambda steps: [0.0]}),
    ("The factor is x; it is x − baseline", {"factor": lambda x, b: x}),
    ("factor x − baseline is missing", {"factor": lambda x, b: 1}),
    ("sign is turned", {"factor": lambda x, b: b - x}),
    ("left ends", {"shares": lambda steps: np.arange(steps) / steps}),
    ("right ends", {"shares": lambda steps: np.arange(1, steps + 1) / steps}),
    ("with both ends among them", {"shares": lambda steps: np.linspace(0, 1, steps)}),
    ("5 points with both ends", {"shares": lambda steps: np.linspace(0, 1, steps + 1)}),
    ("1/(steps + 1)", {"shares": lambda steps: np.arange(1, steps + 1) / (steps + 1)}),
    ("mean over the steps is missing", {"mean": lambda found: found.sum(axis=0)}),
    ("a row for each step", {"mean": lambda found: found}),
    ("columns among them", {"mean": lambda found: found.mean()}),
    ("slopes' signs are gone", {"mean": lambda found: np.abs(found).mean(axis=0)}),
    ("That is the way from 0", {
        "start": lambda x, b: 0 * x, "along": lambda x, b: x, "factor": lambda x, b: x,
    }),
    ("way from 0 to x", {"start": lambda x, b: 0 * x, "along": lambda x, b: x}),
    ("end beyond x", {"along": lambda x, b: x}),
    ("differ from (x − baseline)", {"shares": lambda steps: np.linspace(0.2, 0.9, steps)}),
    ("steps = 1", {"shares": lambda steps: (np.arange(4) + 0.5) / 4}),
    ("differ from (x − baseline)", {"start": lambda x, b: x}),
):  # fmt: skip
    wrong(ex.integrated_gradients, words)(parts_with(**changed))

wrong(ex.integrated_gradients, "One number came back")(
    lambda slopes, x, baseline, steps: parts_by_a_loop(slopes, x, baseline, steps).sum()
)
wrong(ex.integrated_gradients, "The signs are gone")(
    lambda slopes, x, baseline, steps: np.abs(parts_by_a_loop(slopes, x, baseline, steps))
)
wrong(ex.integrated_gradients, "trapezoid rule")(
    lambda slopes, x, baseline, steps: (
        (x - baseline)
        * trapezoid(
            slopes(np.linspace(baseline, x, steps + 1)), np.linspace(0, 1, steps + 1), axis=0
        )
    )
)
wrong(ex.integrated_gradients, "One row alone is row[None]")(
    lambda slopes, x, baseline, steps: (x - baseline) * slopes(baseline + 0.5 * (x - baseline))
)


@wrong(ex.integrated_gradients, "changes the `x`")
def parts_that_spoil_x(slopes, x, baseline, steps):
    result = parts_by_a_loop(slopes, x, baseline, steps)
    x -= baseline
    return result


# ------------------------------------------------------------------------------ 2 · column ranking


@right(ex.column_ranking)
def ranking_by_sorted(gradient, spread):
    return sorted(range(len(gradient)), key=lambda j: abs(gradient[j]) * spread[j], reverse=True)


@right(ex.column_ranking)
def ranking_turned(gradient=None, spread=None):
    return np.argsort(np.abs(gradient * spread))[::-1]


@right(ex.column_ranking)
def ranking_by_squares(gradient, spread):
    return np.argsort(-(np.multiply(gradient, spread, dtype=float) ** 2))


@right(ex.column_ranking)
def ranking_in_torch(gradient, spread):
    moves = torch.as_tensor(gradient).abs() * torch.as_tensor(spread)
    return torch.argsort(moves, descending=True)


@right(ex.column_ranking)
def ranking_by_pandas(gradient, spread):
    return pd.Series(np.abs(gradient) * spread).sort_values(ascending=False).index


@right(ex.column_ranking)
def ranking_in_float32(gradient, spread):
    moves = np.abs(gradient.astype(np.float32)) * spread.astype(np.float32)
    return np.lexsort([-moves])


wrong(ex.column_ranking, "score per unit")(lambda gradient, spread: np.argsort(-np.abs(gradient)))
wrong(ex.column_ranking, "score per unit")(
    lambda gradient, spread: np.argsort(np.abs(gradient))[::-1]
)
wrong(ex.column_ranking, "The sign is kept")(
    lambda gradient, spread: np.argsort(-gradient * spread)
)
wrong(ex.column_ranking, "The sign is kept")(lambda gradient, spread: np.argsort(gradient)[::-1])
wrong(ex.column_ranking, "least comes first")(
    lambda gradient, spread: np.argsort(gradient * spread)
)
wrong(ex.column_ranking, "least important comes first. Sort")(
    lambda gradient, spread: np.argsort(np.abs(gradient) * spread)
)
wrong(ex.column_ranking, "and more: the columns are ranked by the slope")(
    lambda gradient, spread: np.argsort(np.abs(gradient))
)
wrong(ex.column_ranking, "counts the unit twice")(
    lambda gradient, spread: np.argsort(-np.abs(gradient) / spread)
)
wrong(ex.column_ranking, "no slope plays a part")(lambda gradient, spread: np.argsort(-spread))
wrong(ex.column_ranking, "each column's place")(
    lambda gradient, spread: rankdata(-np.abs(gradient) * spread).astype(int) - 1
)
wrong(ex.column_ranking, "Those are the sizes")(lambda gradient, spread: np.abs(gradient) * spread)
wrong(ex.column_ranking, "Those are the sizes, sorted")(
    lambda gradient, spread: np.sort(np.abs(gradient) * spread)[::-1]
)
wrong(ex.column_ranking, "expected once")(
    lambda gradient, spread: ranking_turned(gradient, spread) + 1
)
wrong(ex.column_ranking, "(6,) is expected")(
    lambda gradient, spread: ranking_turned(gradient, spread)[:3]
)
wrong(ex.column_ranking, "told in other units")(
    lambda gradient, spread: np.argsort(-np.abs(gradient) * spread**2)
)
wrong(ex.column_ranking, "told in other units")(
    lambda gradient, spread: np.argsort(-np.abs(gradient) * np.sqrt(spread))
)
wrong(ex.column_ranking, "told in other units")(
    lambda gradient, spread: np.argsort(-np.abs(gradient) / np.abs(gradient).sum() - spread)
)
wrong(ex.column_ranking, "usual step moves the score by")(
    lambda gradient, spread: np.roll(ranking_turned(gradient, spread), 1)
)
wrong(ex.column_ranking, "told in other units")(
    lambda gradient, spread: np.argsort(-np.round(np.abs(gradient), 1) * spread)
)


# ------------------------------------------------------------------------------------- 5 · shapley


@right(ex.shapley)
def values_over_orders(worth, d):
    values = np.zeros(d)
    for order in itertools.permutations(range(d)):
        for place, column in enumerate(order):
            before = frozenset(order[:place])
            values[column] += worth(before | {column}) - worth(before)
    return values / math.factorial(d)


@right(ex.shapley)
def values_by_bits(worth=None, d=None):
    sets = [frozenset(j for j in range(d) if bits >> j & 1) for bits in range(2**d)]
    worths = [worth(each) for each in sets]
    values = []
    for j in range(d):
        terms = [
            (worths[bits | 1 << j] - worths[bits]) / (d * math.comb(d - 1, len(sets[bits])))
            for bits in range(2**d)
            if not bits >> j & 1
        ]
        values.append(math.fsum(terms))
    return values


@right(ex.shapley)
def values_of_a_cache(worth, d):
    known = functools.cache(worth)
    values = torch.zeros(d)
    for size in range(d):
        weight = math.gamma(size + 1) * math.gamma(d - size) / math.gamma(d + 1)
        for chosen in map(frozenset, itertools.combinations(range(d), size)):
            for j in set(range(d)) - chosen:
                values[j] += weight * (known(chosen | {j}) - known(chosen))
    return values


@right(ex.shapley)
def values_by_recursion(worth, d):
    def value(j, columns):
        if columns == {j}:
            return worth(columns) - worth(frozenset())
        inner = sum(value(j, columns - {other}) for other in columns - {j})
        return (worth(columns) - worth(columns - {j}) + inner) / len(columns)

    return pd.Series({j: value(j, frozenset(range(d))) for j in range(d)})


@right(ex.shapley)
def values_by_numbers_of_numpy(worth, d):
    holds = (np.arange(2**d)[:, None] >> np.arange(d)) % 2 == 1
    worths = np.array([worth(frozenset(np.flatnonzero(row))) for row in holds])
    sizes = holds.sum(axis=1)
    weights = np.array([math.factorial(k) * math.factorial(d - k - 1) for k in range(d)])
    weights = np.append(weights / math.factorial(d), 0.0)
    signed = np.where(holds, weights[sizes - 1][:, None], -weights[sizes][:, None])
    return worths @ signed


def values_with(weight=None, gain=None, sizes=range):
    """Return a way to compute the values in which one piece is replaced."""

    def values(worth, d):
        found = np.zeros(d)
        for j in range(d):
            others = [each for each in range(d) if each != j]
            for size in sizes(d):
                fair = math.factorial(size) * math.factorial(d - size - 1) / math.factorial(d)
                for S in map(frozenset, itertools.combinations(others, size)):
                    brought = worth(S | {j}) - worth(S) if gain is None else gain(worth, S, j)
                    found[j] += (fair if weight is None else weight(size, d)) * brought
        return found

    return values


for words, changed in (
    ("All sets count alike", {"weight": lambda size, d: 0.5 ** (d - 1)}),
    ("Your values add up to", {"weight": lambda size, d: 0.5 ** (d - 1)}),
    ("without a weight", {"weight": lambda size, d: 1}),
    ("alone, to the empty set", {"weight": lambda size, d: 1, "sizes": lambda d: [0]}),
    ("brings as the last one. Earlier", {"weight": lambda size, d: 1, "sizes": lambda d: [d - 1]}),
    ("worth(S) is not taken off", {"gain": lambda worth, S, j: worth(S | {j})}),
    ("The sign is turned", {"gain": lambda worth, S, j: worth(S) - worth(S | {j})}),
    ("gains' signs are gone", {"gain": lambda worth, S, j: abs(worth(S | {j}) - worth(S))}),
    ("d times too large", {
        "weight": lambda size, d: 1 / math.comb(d - 1, size),
    }),
    ("The empty set is left out. What", {"sizes": lambda d: range(1, d)}),
    ("set of all other columns is left out", {"sizes": lambda d: range(d - 1)}),
    ("and that of all other columns", {"sizes": lambda d: range(1, d - 1)}),
    ("the score differs from the empty set's by", {
        "weight": lambda size, d: math.factorial(size) / math.factorial(d),
    }),
    ("no shares of the whole", {"weight": lambda size, d: 1 / math.comb(d, size) / d}),
    ("worth takes a frozenset", {"gain": lambda worth, S, j: worth({*S, j}) - worth(set(S))}),
    ("given list", {"gain": lambda worth, S, j: worth([*S, j])}),
    ("knows the columns 0 to 3", {"gain": lambda worth, S, j: worth(S | {j + 1})}),
):  # fmt: skip
    wrong(ex.shapley, words)(values_with(**changed))


@wrong(ex.shapley, "That is one order alone, the columns from 0 on")
def values_of_one_order(worth, d):
    sets = [frozenset(range(size)) for size in range(d + 1)]
    return np.diff([worth(each) for each in sets])


@wrong(ex.shapley, "That is one order alone, the columns from the last on")
def values_of_the_order_turned(worth, d):
    sets = [frozenset(range(d - size, d)) for size in range(d + 1)]
    return np.diff([worth(each) for each in sets])[::-1]


wrong(ex.shapley, "shared out otherwise")(
    lambda worth, d: np.full(d, (worth(frozenset(range(d))) - worth(frozenset())) / d)
)
wrong(ex.shapley, "shared out otherwise")(
    lambda worth, d: (values_of_one_order(worth, d) + values_of_the_order_turned(worth, d)) / 2
)
wrong(ex.shapley, "one for each column")(lambda worth, d: values_over_orders(worth, d).sum())
wrong(ex.shapley, "one for each column")(
    lambda worth, d: dict(enumerate(values_over_orders(worth, d)))
)
wrong(ex.shapley, "The signs are gone")(lambda worth, d: np.abs(values_over_orders(worth, d)))
wrong(ex.shapley, "add up to 1")(
    lambda worth, d: values_over_orders(worth, d) / values_over_orders(worth, d).sum()
)


@wrong(ex.shapley, "shared out otherwise")
def values_of_thirty_orders(worth, d):
    values, chance = np.zeros(d), random.Random(0)
    for _ in range(30):
        order = chance.sample(range(d), d)
        for place, column in enumerate(order):
            before = frozenset(order[:place])
            values[column] += (worth(before | {column}) - worth(before)) / 30
    return values


# ----------------------------------------------------------------------------- 4 · choose baseline


@right(ex.choose_baseline)
def baseline_by_a_loop(train, score):
    best = min(range(len(train)), key=lambda row: score(train[row : row + 1])[0])
    return list(train[best])


@right(ex.choose_baseline)
def baseline_medoid(train=None, score=None):
    z = (train - train.mean(axis=0)) / train.std(axis=0)
    return train[cdist(z, z).sum(axis=1).argmin()]


@right(ex.choose_baseline)
def baseline_where_rows_are_dense(train, score):
    z = train / train.std(axis=0)
    far, _ = NearestNeighbors(n_neighbors=8).fit(z).kneighbors(z)
    return torch.tensor(train[far[:, -1].argmin()])


@right(ex.choose_baseline)
def baseline_of_the_lower_quarter(train, score):
    return pd.DataFrame(train).iloc[np.argsort(score(train))[len(train) // 4]]


@right(ex.choose_baseline)
def baseline_drawn_from_the_normal_half(train, score):
    scores = score(train)
    normal = train[scores < np.quantile(scores, 0.4)]
    return normal[np.random.default_rng(0).integers(len(normal))][None]


@right(ex.choose_baseline)
def baseline_by_descent(train, score):
    row, steps = train[score(train).argmin()], 0.01 * train.std(axis=0)
    for _ in range(20):
        tried = np.vstack([row, row + np.diag(steps), row - np.diag(steps)])
        tried = np.clip(tried, train.min(axis=0), train.max(axis=0))
        row = tried[score(tried).argmin()]
    return row.astype(np.float32)


for words, choose in (
    ("That is the mean", lambda train, score: train.mean(axis=0)),
    ("That is the mean", lambda train, score: pd.DataFrame(train).mean()),
    ("That is the median", lambda train, score: np.median(train, axis=0)),
    ("middle of each column's range", lambda train, score: (train.min(0) + train.max(0)) / 2),
    ("0 in every column", lambda train, score: np.zeros(train.shape[1])),
    ("least of each", lambda train, score: train.min(axis=0)),
    ("largest of each", lambda train, score: train.max(axis=0)),
    ("the oddest of all", lambda train, score: train[score(train).argmax()]),
    ("nearest to the mean", lambda train, score: train[cdist(
        train / train.std(axis=0), train.mean(axis=0, keepdims=True) / train.std(axis=0),
    )[:, 0].argmin()]),
    ("nearest to the median", lambda train, score: train[cdist(
        train / train.std(axis=0), np.median(train, axis=0)[None] / train.std(axis=0),
    )[:, 0].argmin()]),
    ("That is the first training row", lambda train, score: train[0]),
    ("That is the last training row", lambda train, score: train[-1]),
    ("so that most training rows are odder", lambda train, score: train[len(train) // 2]),
    ("so that most training rows are odder", lambda train, score: train[score(train) < np.median(
        score(train))].mean(axis=0)),
    ("so that most training rows are odder", lambda train, score: train[cdist(train, train).sum(
        axis=1).argmin()]),
    ("the training rows run from", lambda train, score: train.mean(axis=0) + 99 * train.std(0)),
    ("is that a row's number", lambda train, score: score(train).argmin()),
    ("one for each training row", lambda train, score: score(train)),
    ("(4,) is expected", lambda train, score: train),
    ("(4,) is expected", lambda train, score: train[np.argsort(score(train))[:5]]),
    ("One row alone is row[None]", lambda train, score: min(train, key=score)),
    ("another baseline at the second call", lambda train, score: train[
        random.choice(np.argsort(score(train))[:40])]),
):  # fmt: skip
    wrong(ex.choose_baseline, words)(choose)


# --------------------------------------------------------------------------------- 6 · best repair


@right(ex.best_repair)
def repair_by_loops(score, row, background):
    best = math.inf, None, None
    for column in range(len(row)):
        for value in background[:, column]:
            changed = row.copy()
            changed[column] = value
            found = score(changed[None])[0]
            if found < best[0]:
                best = found, column, value
    return best[1:]


@right(ex.best_repair)
def repair_by_columns(score=None, row=None, background=None):
    found = {}
    for column, values in enumerate(background.T):
        changed = np.repeat(row[None], len(values), axis=0)
        changed[:, column] = values
        scores = score(changed)
        found[column] = scores.min(), float(values[scores.argmin()])
    column = min(found, key=found.get)
    return [column, found[column][1]]


@right(ex.best_repair)
def repair_in_torch(score, row, background):
    row, background = torch.tensor(row), torch.tensor(background)
    m, d = background.shape
    mask = torch.eye(d, dtype=torch.bool)[None].expand(m, d, d)
    changed = torch.where(mask, background[:, None], row)  # (m, d, d)
    best = int(torch.as_tensor(score(changed.reshape(-1, d))).argmin())
    return torch.tensor(best % d), background[best // d, best % d]


@right(ex.best_repair)
def repair_by_pandas(score, row, background):
    columns, values = [], []
    for column in range(len(row)):
        columns += [column] * len(background)
        values += sorted(background[:, column])
    changed = np.tile(row, (len(columns), 1))
    changed[np.arange(len(columns)), columns] = values
    table = pd.DataFrame({"column": columns, "value": values, "score": score(changed)})
    best = table.sort_values("score", kind="stable").iloc[0]
    return int(best["column"]), np.float32(best["value"])


@right(ex.best_repair)
def repair_by_gains(score, row, background):
    before, gains = score(row.reshape(1, -1))[0], np.zeros(background.shape)
    for place in np.ndindex(*background.shape):
        changed = row.copy()
        changed[place[1]] = background[place]
        gains[place] = before - score(changed[np.newaxis])[0]
    which, column = np.argwhere(gains == gains.max())[0]
    return np.array(column), np.array(background[which, column])


@right(ex.best_repair)
def repair_as_an_array(score, row, background):
    scores = scores_after(score, row, background)
    column, which = divmod(np.argsort(scores, axis=None)[0], len(background))
    return np.array([column, background[which, column]])


def changed_by(row, background):
    """Return the row with one entry from each background row, (d, m, d)."""
    m, d = background.shape
    changed = np.tile(row, (d, m, 1))
    for column in range(d):
        changed[column, :, column] = background[:, column]
    return changed


def scores_after(score, row, background):
    """Return the score after each change of one entry, (d, m)."""
    changed = changed_by(row, background)
    return score(changed.reshape(-1, len(row))).reshape(changed.shape[:2])


def furthest(row, background):
    return int(np.abs((row - background.mean(axis=0)) / background.std(axis=0)).argmax())


def repaired(choose):
    """Return the repair that puts `choose(score, row, background, column)` in the best column."""

    def repair(score, row, background):
        column = int(scores_after(score, row, background).min(axis=1).argmin())
        return column, choose(score, row, background, column)

    return repair


@wrong(ex.best_repair, "the column is the one furthest from its mean")
def repair_as_given(score, row, background):
    usual = background.mean(axis=0)
    column = int(np.abs(row - usual).argmax())
    return column, usual[column]


@wrong(ex.best_repair, "You put in the column's mean")
def repair_by_z(score, row, background):
    column = furthest(row, background)
    return column, background[:, column].mean()


@wrong(ex.best_repair, "You put in the column's mean")
def repair_by_the_mean_that_helps_most(score, row, background):
    changed = np.tile(row, (len(row), 1))
    np.fill_diagonal(changed, background.mean(axis=0))
    column = int(score(changed).argmin())
    return column, background[:, column].mean()


@wrong(ex.best_repair, "Far is not odd")
def repair_of_the_furthest(score, row, background):
    column = furthest(row, background)
    return column, background[scores_after(score, row, background)[column].argmin(), column]


@wrong(ex.best_repair, "raises the score most")
def repair_upside_down(score, row, background):
    scores = scores_after(score, row, background)
    column, which = np.unravel_index(scores.argmax(), scores.shape)
    return column, background[which, column]


@wrong(ex.best_repair, "The background never has")
def repair_by_quantiles(score, row, background):
    return repair_by_columns(score, row, np.quantile(background, np.linspace(0, 1, 200), axis=0))


wrong(ex.best_repair, "You put in the column's mean")(
    repaired(lambda score, row, background, column: background[:, column].mean())
)
wrong(ex.best_repair, "The value is the one nearest to the row's own entry")(
    repaired(
        lambda score, row, background, column: background[
            np.abs(background[:, column] - row[column]).argmin(), column
        ]
    )
)
wrong(ex.best_repair, "The value is the one nearest to the column's mean")(
    repaired(
        lambda score, row, background, column: background[
            np.abs(background[:, column] - background[:, column].mean()).argmin(), column
        ]
    )
)
wrong(ex.best_repair, "keeps its own value")(
    repaired(lambda score, row, background, column: row[column])
)
wrong(ex.best_repair, "in another column")(
    repaired(lambda score, row, background, column: background[3, column - 1])
)
wrong(ex.best_repair, "brings it to")(
    repaired(lambda score, row, background, column: background[0, column])
)
wrong(ex.best_repair, "brings it to")(
    repaired(lambda score, row, background, column: background[:, column].max())
)
wrong(ex.best_repair, "2 results are expected")(
    lambda score, row, background: repair_by_loops(score, row, background)[0]
)
wrong(ex.best_repair, "The column comes first")(
    lambda score, row, background: repair_by_loops(score, row, background)[::-1]
)
wrong(ex.best_repair, "a whole number from 0 to 3")(
    lambda score, row, background: (
        repair_by_loops(score, row, background)[0] + 100,
        repair_by_loops(score, row, background)[1],
    )
)
wrong(ex.best_repair, "One column and one value")(
    lambda score, row, background: (np.arange(4), background[0])
)
wrong(ex.best_repair, "You put in the column's median")(
    lambda score, row, background: (
        int(np.abs(row - np.median(background, axis=0)).argmax()),
        np.median(background, axis=0)[np.abs(row - np.median(background, axis=0)).argmax()],
    )
)


@wrong(ex.best_repair, "brings it to")
def repair_of_whole_rows(score, row, background):
    nearest = background[score(background).argmin()]
    column = int(np.abs(nearest - row).argmax())
    return column, nearest[column]


@wrong(ex.best_repair, "brings it to")
def repair_that_keeps_what_it_tried(score, row, background):
    best, row = (math.inf, None, None), row.copy()
    for column in range(len(row)):
        for value in background[:, column]:
            row[column] = value
            best = min(best, (score(row[None])[0], column, value))
    return best[1:]


@wrong(ex.best_repair, "brings it to")
def repair_by_mean_scores(score, row, background):
    scores = scores_after(score, row, background)
    column = int(scores.mean(axis=1).argmin())
    return column, background[scores[column].argmin(), column]


@wrong(ex.best_repair, "brings it to")
def repair_that_moves_the_score_most(score, row, background):
    moved = np.abs(scores_after(score, row, background) - score(row[None])[0])
    column, which = np.unravel_index(moved.argmax(), moved.shape)
    return column, background[which, column]


@wrong(ex.best_repair, "brings it to")
def repair_by_the_first_that_helps(score, row, background):
    helps = scores_after(score, row, background) < score(row[None])[0]
    column, which = np.argwhere(helps)[0]
    return column, background[which, column]


@wrong(ex.best_repair, "brings it to")
def repair_from_the_most_normal_row(score, row, background):
    usual = background[score(background).argmin()]
    changed = np.tile(row, (len(row), 1))
    np.fill_diagonal(changed, usual)
    column = int(score(changed).argmin())
    return column, usual[column]


@wrong(ex.best_repair, "changes the `row`")
def repair_in_place(score, row, background):
    column, value = repair_by_columns(score, row, background)
    row[column] = value
    return column, value


@wrong(ex.best_repair, "One row alone is row[None]")
def repair_by_single_rows(score, row, background):
    return min((score(np.append(row[1:], v)), 0, v) for v in background[:, 0])[1:]


# ------------------------------------------------------------------------------------ 1 · hit rate


@right(ex.hit_rate)
def rate_by_a_loop(entries, truth, flagged):
    counted = []
    for row, column, asked in zip(entries, truth, flagged, strict=True):
        if asked:
            largest = [j for j, entry in enumerate(row) if entry == max(row)]
            counted.append((column in largest) / len(largest))
    return sum(counted) / len(counted)


@right(ex.hit_rate)
def rate_by_pandas(entries=None, truth=None, flagged=None):
    table = pd.DataFrame(entries)[flagged]
    largest = table.eq(table.max(axis=1), axis=0)
    hits = largest.div(largest.sum(axis=1), axis=0).to_numpy()
    return np.take_along_axis(hits, truth[flagged][:, None], axis=1).mean()


@right(ex.hit_rate)
def rate_in_torch(entries, truth, flagged):
    entries, truth = torch.tensor(entries), torch.tensor(truth)
    largest = (entries == entries.amax(dim=1, keepdim=True)).float()
    hits = largest.gather(1, truth[:, None])[:, 0] / largest.sum(dim=1)
    return hits[torch.tensor(flagged)].mean()


@right(ex.hit_rate)
def rate_by_ranks(entries, truth, flagged):
    places = np.flatnonzero(flagged)
    ranks = rankdata(-entries[places], method="min", axis=1) == 1
    hits = ranks[range(len(places)), truth[places]] / ranks.sum(axis=1)
    return np.float32(hits.sum() / len(places))


@right(ex.hit_rate)
def rate_by_weights(entries, truth, flagged):
    largest = entries >= entries.max(1)[:, None]
    hits = largest[np.arange(len(truth)), truth] / np.count_nonzero(largest, axis=1)
    return np.average(hits, weights=flagged)


def rate_of(largest=None, count=None, rows=None, total=None):
    """Return a hit rate in which one piece is replaced."""

    def rate(entries, truth, flagged):
        values = entries if largest is None else largest(entries)
        marked = values == values.max(axis=1, keepdims=True)
        ties = marked.sum(axis=1)
        held = marked[np.arange(len(truth)), truth]
        hits = held / ties if count is None else count(held, ties)
        asked = flagged if rows is None else rows(flagged)
        return hits[asked].mean() if total is None else hits[asked].sum() / total(flagged)

    return rate


def by_argmax(entries, truth):
    return entries.argmax(axis=1) == truth


for words, rate in (
    ("argmax names column 0", lambda e, t, f: by_argmax(e, t)[f].mean()),
    ("argmax names column 0", lambda e, t, f: by_argmax(e, t).mean()),
    ("argmax names column 0", lambda e, t, f: by_argmax(np.abs(e), t)[f].mean()),
    ("a row counts 1/k then", rate_of(count=lambda held, ties: held)),
    ("each row counts 1/5", rate_of(count=lambda held, ties: held & (ties == 1))),
    ("All rows are counted", rate_of(rows=lambda flagged: slice(None))),
    ("rows that are not flagged", rate_of(rows=lambda flagged: ~flagged)),
    ("divide by the flagged ones", rate_of(total=len)),
    ("The entries' signs are gone", rate_of(largest=np.abs)),
    ("The entries' signs are gone", rate_of(largest=np.square)),
    ("signs are gone. A negative entry", rate_of(largest=np.abs, rows=lambda f: slice(None))),
    ("the smallest entry", rate_of(largest=np.negative)),
    ("That is a number of rows", rate_of(total=lambda flagged: 1)),
    ("That is per cent", lambda e, t, f: 100 * rate_by_a_loop(e, t, f)),
    ("the share of misses", lambda e, t, f: 1 - rate_by_a_loop(e, t, f)),
    ("Take the mean over the rows", lambda e, t, f: by_argmax(e, t)[f]),
    ("count as equal", rate_of(largest=lambda e: np.round(e, 8))),
    ("count as equal", lambda e, t, f: (lambda largest: (
        largest[np.arange(len(t)), t] / largest.sum(axis=1))[f].mean())(
        np.isclose(e, e.max(axis=1, keepdims=True)))),
    ("flagged rows you return", rate_of(largest=lambda e: np.round(e / 9))),
    ("in all rows. Each row counts 1/k", lambda e, t, f: (
        (e == e.max(1, keepdims=True))[np.arange(len(t)), t][f].sum()
        / (e == e.max(1, keepdims=True))[f].sum()
    )),
    ("is expected", lambda e, t, f: np.median([rate_by_a_loop(e, t, f), 1])),
    ("flagged rows you return", lambda e, t, f: rate_of(count=lambda held, ties: held)(
        e + 1e-3 * np.random.default_rng(0).normal(size=e.shape), t, f)),
):  # fmt: skip
    wrong(ex.hit_rate, words)(rate)


@wrong(ex.hit_rate, "0.2364 is expected")
def rate_with_ties_broken_by_noise(entries, truth, flagged):
    noisy = entries + 1e-9 * np.random.default_rng(2).random(entries.shape)
    return (noisy[flagged].argmax(axis=1) == truth[flagged]).mean()


# ----------------------------------------------------------------------------- 8 · smallest change


def within(size, row, low, high):
    """Return the ends of what a size in shares of the ranges allows, within low and high."""
    reach = size * (high - low)
    return np.clip(row - reach, low, high), np.clip(row + reach, low, high)


def halved(find, times=12):
    """Return the change that halves the size as long as `find` silences the row within it."""

    def change(score, slopes, row, low, high, threshold):
        small, large, found = 0.0, 1.5, None
        for _ in range(times):
            size = (small + large) / 2
            changed = find(score, slopes, row, *within(size, row, low, high), high - low, size)
            if score(changed[None])[0] <= threshold:
                found, large = changed, size
            else:
                small = size
        return found

    return change


@right(ex.smallest_change)
def change_by_short_steps(score, slopes, row, low, high, threshold):
    changed, step = np.clip(row, low, high), 0.004 * (high - low)
    while score(changed[None])[0] > threshold:
        changed = np.clip(changed - step * np.sign(slopes(changed[None])[0]), low, high)
    return changed


@right(ex.smallest_change)
@halved
def change_by_lbfgs(score, slopes, row, low, high, ranges, size):
    found = minimize(
        lambda z: score((z * ranges)[None])[0],
        np.clip(row, low, high) / ranges,
        jac=lambda z: slopes((z * ranges)[None])[0] * ranges,
        bounds=list(zip(low / ranges, high / ranges, strict=True)),
        method="L-BFGS-B",
    )
    return np.clip(found.x * ranges, low, high)


@right(ex.smallest_change)
@halved
def change_by_search(score, slopes, row, low, high, ranges, size):
    tried = np.random.default_rng(0).uniform(low, high, size=(4000, len(row)))
    return tried[score(tried).argmin()]


@right(ex.smallest_change)
@halved
def change_by_momentum(score, slopes, row, low, high, ranges, size):
    changed, speed = np.clip(row, low, high), np.zeros(len(row))
    best = changed
    for number in range(60):
        slope = slopes(changed[None])[0] * ranges
        speed = 0.7 * speed + slope / np.abs(slope).sum()
        step = 0.5 * size * 0.93**number * ranges
        changed = np.clip(changed - step * np.sign(speed), low, high)
        best = min(best, changed, key=lambda each: score(each[None])[0])
    return best


@right(ex.smallest_change)
def change_in_torch(score=None, slopes=None, row=None, low=None, high=None, threshold=None):
    row, low, high = (torch.tensor(each) for each in (row, low, high))
    sizes, found = torch.linspace(0, 1, 101), None
    small, large = 0, len(sizes) - 1
    while large - small > 1:
        middle = (small + large) // 2
        reach = sizes[middle] * (high - low)
        bottom, top = (row - reach).clamp(low, high), (row + reach).clamp(low, high)
        changed = row.clamp(bottom, top)
        for step in torch.linspace(0.5, 0.01, 40):
            slope = torch.as_tensor(slopes(changed[None]))[0]
            changed = (changed - step * reach * slope.sign()).clamp(bottom, top)
            if score(changed[None])[0] <= threshold:
                break
        if score(changed[None])[0] <= threshold:
            found, large = changed, middle
        else:
            small = middle
    if score(row[None])[0] <= threshold:
        return row
    return found[None]


def straight(direction, lengths=np.linspace(0, 1.6, 321), clip=True):  # noqa: B008
    """Return one step along `direction(slope, ranges)`, the shortest one that silences."""

    def change(score, slopes, row, low, high, threshold):
        step = direction(slopes(row[None])[0], high - low)
        step = step / np.abs(step / (high - low)).max()
        best = row
        for length in lengths:
            changed = row - length * step
            changed = np.clip(changed, low, high) if clip else changed
            best = min(best, changed, key=lambda each: score(each[None])[0])
            if score(changed[None])[0] <= threshold:
                return changed
        return best

    return change


def descent(rate, steps=400, clip=True):
    """Return plain gradient descent in the columns' own units."""

    def change(score, slopes, row, low, high, threshold):
        changed = row.copy()
        for _ in range(steps):
            if score(changed[None])[0] <= threshold:
                break
            changed = changed - rate * slopes(changed[None])[0]
            changed = np.clip(changed, low, high) if clip else changed
        return changed

    return change


for words, change in (
    ("still alarms", lambda score, slopes, row, low, high, threshold: row),
    ("row that you were given", lambda score, slopes, row, low, high, threshold: row),
    ("You go too far", lambda score, slopes, row, low, high, threshold: (
        np.clip(0 * row, low, high) if score(np.clip(0 * row, low, high)[None])[0] <= threshold
        else min(np.random.default_rng(0).uniform(low, high, size=(2000, 5)),
                 key=lambda each: score(each[None])[0]))),
    ("One step against the signs", straight(lambda slope, ranges: np.sign(slope) * ranges)),
    ("One step along the slope at the row. On", straight(lambda s, ranges: s * ranges**2)),
    ("in the columns' own units", straight(lambda slope, ranges: slope)),
    ("in the columns' own units", straight(lambda slope, ranges: slope, [0.05])),
    ("One step against the signs", straight(lambda s, ranges: np.sign(s) * ranges, [0.2])),
    ("columns' own units does that", descent(1e-7)),
    ("`return` missing", lambda *given: print(end="")),
    ("(5,) is expected", lambda score, slopes, row, low, high, threshold: 0.3),
    ("whose range is", lambda score, slopes, row, low, high, threshold: row + 9 * (high - low)),
):  # fmt: skip
    wrong(ex.smallest_change, words)(change)


@wrong(ex.smallest_change, "np.clip each entry")
def change_without_clipping(score, slopes, row, low, high, threshold):
    changed, step = row.copy(), 0.004 * (high - low)
    while score(changed[None])[0] > threshold:
        changed = changed - step * np.sign(slopes(changed[None])[0])
    return changed


@wrong(ex.smallest_change, "your largest change is")
def change_by_steepest_steps(score, slopes, row, low, high, threshold):
    changed, ranges = row.copy(), high - low
    while score(changed[None])[0] > threshold:
        slope = slopes(changed[None])[0] * ranges
        step = 0.01 * ranges * slope / np.abs(slope).max()
        changed = np.clip(changed - step, low, high)
    return changed


@wrong(ex.smallest_change, "not how many entries change")
def change_of_few_entries(score, slopes, row, low, high, threshold):
    changed, d = np.clip(row, low, high), len(row)
    while score(changed[None])[0] > threshold:
        tried = np.tile(changed, (d, 60, 1))
        for column in range(d):
            tried[column, :, column] = np.linspace(low[column], high[column], 60)
        tried = tried.reshape(-1, d)
        changed = tried[score(tried).argmin()]
    return changed


@wrong(ex.smallest_change, "You go too far")
def change_by_long_steps(score, slopes, row, low, high, threshold):
    changed, step = row.copy(), 0.25 * (high - low)
    for _ in range(60):
        if score(changed[None])[0] <= threshold:
            break
        changed = np.clip(changed - step * np.sign(slopes(changed[None])[0]), low, high)
        step = 0.97 * step
    return changed


@wrong(ex.smallest_change, "silent already")
def change_always(score, slopes, row, low, high, threshold):
    step = 0.004 * (high - low)
    first = np.clip(row - step * np.sign(slopes(row[None])[0]), low, high)
    return change_by_short_steps(score, slopes, first, low, high, threshold)


@wrong(ex.smallest_change, "changes the `row`")
def change_in_place(score, slopes, row, low, high, threshold):
    while score(row[None])[0] > threshold:
        row -= 0.004 * (high - low) * np.sign(slopes(row[None])[0])
        np.clip(row, low, high, out=row)
    return row


@wrong(ex.smallest_change, "Give whatever draws a seed")
def change_by_chance(score, slopes, row, low, high, threshold):
    start = row + np.random.uniform(-0.01, 0.01, size=len(row)) * (high - low)
    if score(row[None])[0] <= threshold:
        return row
    return change_by_short_steps(score, slopes, np.clip(start, low, high), low, high, threshold)


@wrong(ex.smallest_change, "still alarms")
def change_of_the_wrong_sign(score, slopes, row, low, high, threshold):
    changed = row
    for _ in range(200):
        changed = np.clip(
            changed + 0.01 * (high - low) * np.sign(slopes(changed[None])[0]), low, high
        )
    return changed


# ------------------------------------------------------------------------------ 7 · my explanation


@right(ex.my_explanation)
def reasons_of_the_package(score, row, background):
    return explain.repair(score, row[None], background, threshold=0.0).gains[0]


@right(ex.my_explanation)
def reasons_by_shapley(score, row, background):
    return explain.shapley_values(score, row[None], background)[0].tolist()


@right(ex.my_explanation)
def reasons_by_mean_falls(score=None, row=None, background=None):
    return torch.tensor(score(row[None])[0] - scores_after(score, row, background).mean(axis=1))


@right(ex.my_explanation)
def reasons_by_sampled_orders(score, row, background):
    return explain.sampled_shapley_values(score, row[None], background, permutations=200)[0]


@right(ex.my_explanation)
def reasons_as_ranks(score, row, background):
    lowest = [
        min(score(np.where(np.arange(len(row)) == j, background, row))) for j in range(len(row))
    ]
    return pd.Series(lowest).rank(ascending=False)


@right(ex.my_explanation)
def reasons_by_low_quantiles(score, row, background):
    return -np.quantile(scores_after(score, row, background), 0.1, axis=1)


def put_in(usual):
    """Return by how much the score falls where each entry is set to `usual(background)`."""

    def reasons(score, row, background):
        changed = np.tile(row, (len(row), 1))
        np.fill_diagonal(changed, usual(background))
        return score(row[None])[0] - score(changed)

    return reasons


def steepness(score, row, background):
    steps = 0.05 * background.std(axis=0)
    return np.abs(score(row + np.diag(steps)) - score(row - np.diag(steps)))


def local_plane(score, row, background):
    steps = np.random.default_rng(0).normal(0, 0.5, size=(300, len(row)))
    near = LinearRegression().fit(steps, score(row + steps * background.std(axis=0)))
    return np.abs(near.coef_)


def nearest_row(score, row, background):
    spread = background.std(axis=0)
    nearest = background[cdist(row[None] / spread, background / spread)[0].argmin()]
    return np.abs(row - nearest) / spread


for words, reasons in (
    ("how far each entry is from its mean", lambda score, row, background: np.abs(
        row - background.mean(axis=0)) / background.std(axis=0)),
    ("how far each entry is from its mean", lambda score, row, background: np.abs(
        pd.Series(row) - pd.DataFrame(background).mean()) / pd.DataFrame(background).std()),
    ("how far each entry is from its mean", lambda score, row, background: np.abs(
        row - background.mean(axis=0))),
    ("Each entry is set to the mean", put_in(lambda background: background.mean(axis=0))),
    ("Each entry is set to the median", put_in(lambda background: np.median(background, axis=0))),
    ("Each entry is set to 0", put_in(lambda background: 0.0)),
    ("where the detector counts bins", steepness),
    ("where the detector counts bins", local_plane),
    ("where the detector counts bins", nearest_row),
    ("where the detector counts bins", put_in(lambda background: background[0])),
    ("17% where", lambda score, row, background: np.zeros(len(row))),
    ("The sign is turned", lambda score, row, background: scores_after(
        score, row, background).min(axis=1)),
    ("One number came back", lambda score, row, background: scores_after(
        score, row, background).min(axis=1).argmin()),
    ("is expected", lambda score, row, background: scores_after(score, row, background)),
    ("at the second call", lambda score, row, background: np.random.rand(len(row))),
    ("Work on a copy", lambda score, row, background: reasons_in_place(score, row, background)),
    ("NaN or infinite", lambda score, row, background: np.full(len(row), np.nan)),
    ("One row alone is row[None]", lambda score, row, background: score(row) - row),
):  # fmt: skip
    wrong(ex.my_explanation, words)(reasons)


def reasons_in_place(score, row, background):
    result = reasons_by_mean_falls(score, row, background)
    row[:] = background[0]
    return result
