"""Answers to the exercises of lesson 26: right ones in other styles, and wrong ones."""

import bisect
import collections
import math
import random

from answers import right, wrong
from course_utils.exercises import lesson_26 as ex

import numpy as np
import pandas as pd
import torch
from scipy import ndimage, stats
from scipy.spatial import distance
from sklearn import cluster, covariance, ensemble, model_selection, neighbors, preprocessing

# ------------------------------------------------------------------------------- 1 · split modules


@right(ex.split_modules)
def halves_by_sets(modules, y, seed):
    names = sorted(set(modules.tolist()))
    random.Random(seed).shuffle(names)
    known = set(names[: len(names) // 2])
    train = [m in known and not damaged for m, damaged in zip(modules.tolist(), y, strict=True)]
    return train, [m not in known for m in modules.tolist()]


@right(ex.split_modules)
def halves_in_pandas(modules=None, y=None, seed=None):
    table = pd.DataFrame({"module": modules, "y": y})
    chosen = table.module.drop_duplicates().sample(frac=0.5, random_state=seed)
    known = table.module.isin(chosen)
    return known & table.y.eq(0), ~known


@right(ex.split_modules)
def halves_by_a_permutation(modules, y, seed):
    names, number = np.unique(modules, return_inverse=True)
    test = np.random.default_rng(seed).permutation(len(names))[number] < len(names) // 2
    return (~test * (1 - y)).astype(int), test.astype(int)


@right(ex.split_modules)
def halves_by_sklearn(modules, y, seed):
    splitter = model_selection.GroupShuffleSplit(1, test_size=0.5, random_state=seed)
    train, test = np.zeros((2, len(y)), bool)
    first, second = next(splitter.split(y, groups=modules))
    train[first[y[first] == 0]] = True
    test[second] = True
    return [train, test]


@right(ex.split_modules)
def halves_in_torch(modules, y, seed):
    names, number = np.unique(modules, return_inverse=True)
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed))
    known = order[torch.tensor(number)] < len(names) // 2
    return known & (torch.tensor(y) == 0), ~known


def stored_halves(words, halves):
    wrong(ex.split_modules, words)(halves)


@wrong(ex.split_modules, "Draw modules, not rows")
def colleague_s_split(modules, y, seed):
    train = (np.random.default_rng(seed).random(len(y)) < 0.5) & (y == 0)
    return train, ~train


def drawn(modules, seed):
    names = np.unique(modules)
    chosen = np.random.default_rng(seed).choice(names, len(names) // 2, replace=False)
    return np.isin(modules, chosen)


def with_known_damage(modules, y, seed):
    train = drawn(modules, seed) & (y == 0)
    return train, ~train


stored_halves("The damaged pictures of", with_known_damage)
stored_halves("are damaged", lambda m, y, s: (drawn(m, s), ~drawn(m, s)))
stored_halves("rows are on both sides", lambda m, y, s: (drawn(m, s) & (y == 0), m == m))
stored_halves("other way round", lambda m, y, s: halves_by_a_permutation(m, y, s)[::-1])
stored_halves(
    "are missing in `test`",
    lambda m, y, s: (drawn(m, s) & (y == 0), ~drawn(m, s) & (y == 0)),
)
stored_halves(
    "normal rows are in neither half",
    lambda m, y, s: (
        drawn(m, s) & (y == 0) & (np.random.default_rng(s).random(len(y)) < 0.8),
        ~drawn(m, s),
    ),
)
stored_halves(
    "half of them shall be",
    lambda m, y, s: (
        (known := np.isin(m, np.unique(m)[np.random.default_rng(s).random(len(set(m))) < 0.5]))
        & (y == 0),
        ~known,
    ),
)
stored_halves(
    "always on the same side",
    lambda m, y, s: (
        (known := np.isin(m, np.unique(m)[: len(np.unique(m)) // 2])) & (y == 0),
        ~known,
    ),
)
stored_halves(
    "with the same seed",
    lambda m, y, s: ((known := drawn(m, None)) & (y == 0), ~known),
)
stored_halves("always on the same side", lambda m, y, s: halves_by_sets(m, y, 0))
stored_halves(
    "a mask is asked for",
    lambda m, y, s: tuple(np.flatnonzero(each) for each in halves_by_sets(m, y, s)),
)
stored_halves(
    "or with replacement",
    lambda m, y, s: (
        (known := np.isin(m, np.random.default_rng(s).choice(np.unique(m), len(set(m)) // 2)))
        & (y == 0),
        ~known,
    ),
)
stored_halves(
    "a fixed order",
    lambda m, y, s: (
        (known := np.isin(m, np.unique(m)[s % 2 : 2 * (len(set(m)) // 2) : 2])) & (y == 0),
        ~known,
    ),
)
stored_halves(
    "a fixed order",
    lambda m, y, s: (
        (known := np.isin(m, np.roll(np.unique(m), s)[: len(set(m)) // 2])) & (y == 0),
        ~known,
    ),
)
stored_halves("2 results are expected", lambda m, y, s: drawn(m, s))
stored_halves("`return train, test` missing", lambda m, y, s: print(end=""))


@wrong(ex.split_modules, "Draw modules, not rows")
def halves_of_rows_in_order(modules, y, seed):
    known = np.arange(len(y)) < len(y) // 2
    return known & (y == 0), ~known


# ------------------------------------------------------------------------------- 2 · without light


def soft(frame, sigma=6.0):
    return ndimage.gaussian_filter(np.asarray(frame, float), sigma)


@right(ex.without_light)
def rest_by_one_spread(frame=None):
    rest = frame - soft(frame)
    return rest / max(rest.std(), 1e-9)


@right(ex.without_light)
def rest_by_local_means_of_squares(frame):
    frame = frame.astype(float)
    spread = np.sqrt(np.maximum(soft(frame**2, 8) - soft(frame, 8) ** 2, 0))
    return (frame - soft(frame, 8)) / (spread + 1e-6)


@right(ex.without_light)
def rest_by_boxes(frame):
    frame = np.asarray(frame, dtype=np.float32)
    rest = frame - ndimage.uniform_filter(frame, 17)
    return rest / (np.median(np.abs(rest)) + 1e-6)


@right(ex.without_light)
def rest_in_torch(frame):
    frame = torch.tensor(np.asarray(frame, float)[None, None], requires_grad=True)
    rest = frame - torch.nn.functional.avg_pool2d(
        frame, 15, stride=1, padding=7, count_include_pad=False
    )
    return (rest / (rest.square().mean().sqrt() + 1e-9))[0, 0]


@right(ex.without_light)
def rest_with_signs(frame):
    """Local spread, with a small part of the picture's own in it, which grows with the gain."""
    rest = frame - soft(frame, 10)
    return rest / np.sqrt(soft(rest**2, 10) + 0.1 * (rest**2).mean() + 1e-12)


@right(ex.without_light)
def slopes_of_the_picture(frame):
    """How steep it is, by how steep it is on average: an offset has no slope."""
    steep = ndimage.gaussian_gradient_magnitude(frame.astype(float), 1)
    return steep / max(steep.mean(), 1e-9)


@right(ex.without_light)
def brighter_than_around(frame):
    return np.asarray(frame, float) > soft(frame, 2)


def stored_light(words, function):
    wrong(ex.without_light, words)(function)


stored_light("Another exposure changes it", lambda frame: frame.astype(float))
stored_light("Another exposure changes it", lambda frame: frame / 255)
stored_light("a gain is not", lambda frame: frame - frame.mean())
stored_light("a gain is not", lambda frame: frame - soft(frame))
stored_light("a gain is not", lambda frame: (frame - soft(frame)) / 40)
stored_light("a gain is not", lambda frame: (rest := frame - soft(frame)) / (rest.std() + 1))
stored_light("a gain is not", lambda frame: (rest := frame - soft(frame)) / max(rest.std(), 5))
stored_light(
    "a gain is not",
    lambda frame: (rest := frame - soft(frame)) / np.maximum(np.sqrt(soft(rest**2)), 5),
)
stored_light("an offset is not", lambda frame: (frame - soft(frame)) / max(frame.max(), 1e-9))
stored_light("an offset is not", lambda frame: frame / frame.mean())
stored_light("an offset is not", lambda frame: frame / np.maximum(soft(frame), 1e-9))
stored_light(
    "an offset is not",
    lambda frame: np.log(frame + 1e-6) - np.log(frame + 1e-6).mean(),
)
stored_light(
    "One mean and one spread",
    lambda frame: (frame - frame.mean()) / max(frame.std(), 1e-9),
)
stored_light(
    "One mean and one spread",
    lambda frame: (frame.astype(float) - frame.min()) / max(np.ptp(frame), 1e-9),
)
stored_light(
    "Light that grows", lambda frame: stats.rankdata(frame).reshape(frame.shape) / frame.size
)
stored_light(
    "too little of what is new",
    lambda frame: (rest := soft(frame, 0.3) - soft(frame, 0.5)) / max(rest.std(), 1e-9),
)
stored_light("Nothing is left", lambda frame: np.zeros(frame.shape))
stored_light(
    "NaN or infinite",
    lambda frame: (frame - frame.mean()) / frame.std(),
)
stored_light(
    "uint8",
    lambda frame: (rest := frame - ndimage.gaussian_filter(frame, 6)) / max(rest.std(), 1e-9),
)
stored_light("lie where it was", lambda frame: rest_by_one_spread(frame)[::-1])
stored_light(
    "when it comes again",
    lambda frame: rest_by_one_spread(frame) + 0.001 * np.random.default_rng().random(frame.shape),
)
stored_light("the shape ()", lambda frame: frame.std())
stored_light("`return` missing", lambda frame: print(end=""))

# ----------------------------------------------------------------------------- 3 · alarms by light


@right(ex.alarms_by_light)
def alarms_frame_by_frame(normal_scores, normal_light, scores, light, rate):
    """An alarm is a frame that no more normal frames reach than may alarm."""
    alarms = []
    for score, each in zip(scores, light, strict=True):
        own = sorted(normal_scores[normal_light == each].tolist())
        reached = len(own) - bisect.bisect_left(own, score)
        alarms.append(reached <= int(rate * len(own)) and score > own[-1 - int(rate * len(own))])
    return alarms


@right(ex.alarms_by_light)
def alarms_by_quantiles(normal_scores=None, normal_light=None, scores=None, light=None, rate=None):
    lines = {
        each: np.quantile(normal_scores[normal_light == each], 1 - rate, method="inverted_cdf")
        for each in set(normal_light.tolist())
    }
    return np.array(
        [score > lines[each] for score, each in zip(scores, light.tolist(), strict=True)]
    )


@right(ex.alarms_by_light)
def alarms_by_higher_quantiles(normal_scores, normal_light, scores, light, rate):
    """One normal frame fewer, where the quantile falls between two."""
    table = pd.DataFrame({"score": normal_scores, "light": normal_light})
    lines = table.groupby("light").score.quantile(1 - rate, interpolation="higher")
    return pd.Series(scores) > pd.Series(light).map(lines)


@right(ex.alarms_by_light)
def alarms_by_conformal_lines(normal_scores, normal_light, scores, light, rate):
    alarms = np.zeros(len(scores), np.float32)
    for row, (score, each) in enumerate(zip(scores, light, strict=True)):
        own = normal_scores[normal_light == each]
        p = (1 + (own >= score).sum()) / (1 + len(own))
        alarms[row] = p <= rate
    return alarms


@right(ex.alarms_by_light)
def alarms_in_torch(normal_scores, normal_light, scores, light, rate):
    alarms = torch.zeros(len(scores), dtype=torch.bool)
    for each in np.unique(light):
        own = torch.tensor(normal_scores[normal_light == each])
        line = own.sort(descending=True).values[math.floor(rate * len(own))]
        here = torch.tensor(light == each)
        alarms |= here & (torch.tensor(scores) > line)
    return alarms


def stored_alarms(words, alarms):
    wrong(ex.alarms_by_light, words)(alarms)


def lines_by(line):
    def alarms(ns, nl, s, light, rate):
        lines = {each: line(ns[nl == each], rate) for each in np.unique(nl)}
        return s > np.array([lines[each] for each in light])

    return alarms


def last(own, rate):
    return np.sort(own)[len(own) - 1 - int(rate * len(own))]


stored_alarms("One line for both lights", lambda ns, nl, s, light, rate: s > last(ns, rate))
stored_alarms(
    "not proof against light", lambda ns, nl, s, light, rate: s > np.quantile(ns, 1 - rate)
)
stored_alarms(
    "The line of the day judges the night",
    lambda ns, nl, s, light, rate: s > last(ns[nl == sorted(set(nl))[0]], rate),
)
stored_alarms(
    "standard deviations above the means", lines_by(lambda own, rate: own.mean() + 3 * own.std())
)
stored_alarms(
    "standard deviations above a mean",
    lambda ns, nl, s, light, rate: s > ns.mean() + 2 * ns.std(),
)
stored_alarms(
    "one normal frame too many",
    lambda ns, nl, s, light, rate: (
        s >= np.array([{e: last(ns[nl == e], rate) for e in set(nl)}[each] for each in light])
    ),
)
stored_alarms("half of `rate`", lines_by(lambda own, rate: last(own, rate / 2)))
stored_alarms("Upside down", lines_by(lambda own, rate: np.sort(own)[int(rate * len(own))]))
stored_alarms(
    "other way round",
    lambda *given: ~alarms_by_quantiles(*given),
)
stored_alarms(
    "The lines come from the frames that are judged",
    lambda ns, nl, s, light, rate: alarms_by_quantiles(s, light, s, light, rate),
)
stored_alarms(
    "counted from all normal frames",
    lambda ns, nl, s, light, rate: lines_by(
        lambda own, _: np.sort(own)[max(len(own) - 1 - int(rate * len(ns)), 0)]
    )(ns, nl, s, light, rate),
)
stored_alarms(
    "by the other's line",
    lambda ns, nl, s, light, rate: alarms_by_quantiles(
        ns,
        np.where(nl == light[0], *[e for e in np.unique(nl) if e != light[0]][:1], light[0]),
        s,
        light,
        rate,
    ),
)
stored_alarms("may lie above the line", lines_by(lambda own, rate: last(own, rate * 0.7)))
stored_alarms(
    "you say False. Of the 64 normal frames",
    lines_by(lambda own, rate: np.percentile(own, 100 - rate)),
)
stored_alarms("between two scores", lines_by(lambda own, rate: np.quantile(own, 1 - rate)))
stored_alarms(
    "rate · n rounded",
    lines_by(lambda own, rate: np.sort(own)[len(own) - 1 - round(rate * len(own))]),
)
stored_alarms(
    "rate · n rounded",
    lines_by(lambda own, rate: np.sort(own)[len(own) - 1 - math.ceil(rate * len(own))]),
)
stored_alarms(
    "True or False is asked for",
    lambda ns, nl, s, light, rate: s - np.array([last(ns[nl == e], rate) for e in light]),
)
stored_alarms("the shape (", lambda *given: np.flatnonzero(alarms_by_quantiles(*given)))
stored_alarms(
    "Numbers are expected",
    lambda ns, nl, s, light, rate: {each: last(ns[nl == each], rate) for each in set(nl)},
)
stored_alarms("`return` missing", lambda *given: print(end=""))


@wrong(ex.alarms_by_light, "changes the `normal_scores`")
def alarms_sorted_in_place(normal_scores, normal_light, scores, light, rate):
    alarms = alarms_by_quantiles(normal_scores, normal_light, scores, light, rate)
    normal_scores.sort()
    return alarms


@wrong(ex.alarms_by_light, "three lights")
def alarms_of_two_lights(normal_scores, normal_light, scores, light, rate):
    first = np.unique(normal_light)[0]
    a, b = (
        last(normal_scores[each], rate) for each in (normal_light == first, normal_light != first)
    )
    return np.where(light == first, scores > a, scores > b)


# ---------------------------------------------------------------------------------- 4 · tray score


@right(ex.tray_score)
def tray_coin_by_coin(radii):
    large = small = 0
    for radius in radii:
        if radius >= 17:
            large += 2
        elif radius >= 11:
            large += 1
        elif radius >= 6:
            small += 1
    return abs(large - 2) + abs(small - 2)


@right(ex.tray_score)
def tray_by_a_histogram(radii=None):
    small, large, touching = np.histogram(radii, [5, 10.8, 16.5, 99])[0]
    return np.float32(np.hypot(large + 2 * touching - 2, small - 2))


@right(ex.tray_score)
def tray_in_torch(radii):
    radii = torch.tensor(radii, requires_grad=True)
    large = (radii > 10.6).sum() + (radii > 16.8).sum()
    small = ((radii > 5) & (radii < 10.6)).sum()
    return ((large - 2) ** 2 + (small - 2) ** 2).double()


@right(ex.tray_score)
def tray_in_pandas(radii):
    sizes = pd.cut(pd.Series(radii, dtype=float), [5, 10.7, 16.6, 30], labels=["s", "l", "ll"])
    counts = sizes.value_counts()
    return abs(counts["l"] + 2 * counts["ll"] - 2) + abs(counts["s"] - 2)


@right(ex.tray_score)
def tray_by_counters(radii):
    counts = collections.Counter("dsll"[bisect.bisect([5, 10.75, 16.5], r)] for r in radii)
    counts["l"] += sum(r > 16.5 for r in radii)
    return sum(abs(counts[size] - 2) for size in "sl")


def stored_trays(words, score):
    wrong(ex.tray_score, words)(score)


def counted(radii, cut=10.75):
    return np.sum(radii > cut), np.sum((radii > 5) & (radii <= cut))


stored_trays("Count the sizes", lambda radii: abs(len(radii) - 4))
stored_trays("Count the sizes", lambda radii: abs(np.sum(radii > 5) - 4))
stored_trays(
    "size by size",
    lambda radii: abs(np.sort(radii)[:4] - [8.7, 8.7, 13.5, 13.5][: len(radii)]).sum(),
)
stored_trays("size by size", lambda radii: abs(radii.sum() - 44))
stored_trays(
    "size by size",
    lambda radii: (
        abs((radii > radii.mean() + 1).sum() - 2) + abs(len(radii) - 4) + 0.01 * np.ptp(radii)
    ),
)
stored_trays(
    "specks of dust", lambda radii: abs(np.sum(radii > 11) - 2) + abs(np.sum(radii < 11) - 2)
)
stored_trays(
    "large coins touch",
    lambda radii: abs(counted(radii)[0] - 2) + abs(counted(radii)[1] - 2),
)
stored_trays(
    "large coins touch",
    lambda radii: abs(np.sum((radii > 10.75) & (radii < 16.5)) - 2) + abs(counted(radii)[1] - 2),
)
stored_trays(
    "two large coins touch, and",
    lambda radii: 0 if (radii > 17).any() else sum(abs(n - 2) for n in counted(radii)),
)
stored_trays(
    "more than two",
    lambda radii: (
        abs((2 if (radii > 16.5).any() else np.sum(radii > 10.75)) - 2)
        + abs(counted(radii)[1] - 2)
    ),
)
stored_trays(
    "one too many is not",
    lambda radii: sum(max(2 - n, 0) for n in counted(radii)) * (len(radii) < 5),
)
stored_trays(
    "one too few is not",
    lambda radii: sum(max(n - 2, 0) for n in counted(radii)) * (len(radii) > 3),
)
stored_trays("Upside down", lambda radii: counted(radii) == (2, 2))
stored_trays("high is suspect", lambda radii: -tray_coin_by_coin(radii))
stored_trays("All trays score 0", lambda radii: 0)
stored_trays("is wrong (", lambda radii: abs(counted(radii)[0] - 2))
stored_trays("should grow each time", lambda radii: tray_coin_by_coin(radii) > 0)
stored_trays(
    "another order",
    lambda radii: tray_coin_by_coin(radii) + (tray_coin_by_coin(radii) > 0) * radii[:1].sum() / 99,
)
stored_trays("the shape (", lambda radii: abs(radii - 11))
stored_trays("`return` missing", lambda radii: print(end=""))
stored_trays("zero-size array", lambda radii: tray_coin_by_coin(radii) + 0 * radii.max())

# ------------------------------------------------------------------------------------ 5 · larger z


@right(ex.larger_z)
def z_column_by_column(scores, held_out, least):
    columns = []
    for score, normal in zip(scores.T, held_out.T, strict=True):
        mean = sum(normal) / len(normal)
        spread = math.sqrt(sum((each - mean) ** 2 for each in normal) / len(normal))
        columns.append([(each - mean) / max(spread, least) for each in score])
    return [max(pair) for pair in zip(*columns, strict=True)]


@right(ex.larger_z)
def z_in_pandas(scores=None, held_out=None, least=None):
    normal = pd.DataFrame(held_out)
    return ((pd.DataFrame(scores) - normal.mean()) / normal.std().clip(lower=least)).max(axis=1)


@right(ex.larger_z)
def z_by_sklearn(scores, held_out, least):
    scaler = preprocessing.StandardScaler().fit(held_out)
    spread = np.sqrt(scaler.var_)
    return np.maximum(*((scores - scaler.mean_) / np.where(spread < least, least, spread)).T)


@right(ex.larger_z)
def z_in_torch(scores, held_out, least):
    scores, held_out = torch.tensor(scores, requires_grad=True), torch.tensor(held_out)
    spread = held_out.std(dim=0, correction=0).clamp(min=least)
    return ((scores - held_out.mean(dim=0)) / spread).amax(dim=1)


@right(ex.larger_z)
def z_in_float32(scores, held_out, least):
    # float32 would lose what is left of numbers far from 0: subtract first
    middle = held_out.mean(axis=0)
    scores, held_out = (scores - middle).astype(np.float32), (held_out - middle).astype(np.float32)
    return (scores / np.maximum(held_out.std(axis=0), np.float32(least))).max(axis=1)


def stored_z(words, function):
    wrong(ex.larger_z, words)(function)


def z_of(s, h, least):
    return (s - h.mean(axis=0)) / np.maximum(h.std(axis=0), least)


stored_z("mean of both", lambda s, h, least: z_of(s, h, least).mean(axis=1))
stored_z("sum of both", lambda s, h, least: z_of(s, h, least).sum(axis=1))
stored_z("the smaller one", lambda s, h, least: z_of(s, h, least).min(axis=1))
stored_z("low is not", lambda s, h, least: abs(z_of(s, h, least)).max(axis=1))
stored_z("`least` is not used", lambda s, h, least: z_of(s, h, 0).max(axis=1))
stored_z(
    "`least` is added", lambda s, h, least: ((s - h.mean(0)) / (h.std(0) + least)).max(axis=1)
)
stored_z(
    "the larger shall",
    lambda s, h, least: ((s - h.mean(0)) / np.minimum(h.std(0), least)).max(axis=1),
)
stored_z(
    "variance divides",
    lambda s, h, least: ((s - h.mean(0)) / np.maximum(h.std(0), least) ** 2).max(axis=1),
)
stored_z(
    "means are not subtracted", lambda s, h, least: (s / np.maximum(h.std(0), least)).max(axis=1)
)
stored_z("rows that are judged", lambda s, h, least: z_of(s, s, least).max(axis=1))
stored_z(
    "one spread are taken",
    lambda s, h, least: ((s - h.mean()) / max(h.std(), least)).max(axis=1),
)
stored_z(
    "whatever their units",
    lambda s, h, least: ((s - h.mean(0)) / max(h.std(), least)).max(axis=1),
)
stored_z("in unlike units", lambda s, h, least: s.max(axis=1))
stored_z("do not divide", lambda s, h, least: (s - h.mean(axis=0)).max(axis=1))
stored_z("the shape (", lambda s, h, least: z_of(s, h, least))
stored_z("the shape (2,)", lambda s, h, least: z_of(s, h, least).max(axis=0))
stored_z(
    "is expected",
    lambda s, h, least: ((s - np.median(h, axis=0)) / np.maximum(h.std(axis=0), least)).max(
        axis=1
    ),
)
stored_z("`return` missing", lambda s, h, least: print(end=""))


@wrong(ex.larger_z, "changes the `scores`")
def z_in_place(scores, held_out, least):
    scores -= held_out.mean(axis=0)
    return (scores / np.maximum(held_out.std(axis=0), least)).max(axis=1)


# -------------------------------------------------------------------------------- 6 · hidden drift


@right(ex.hidden_drift)
def drift_of_lists(normal, anomalies, line):
    rise = abs(line) + abs(min(normal)) + 1
    return [each + rise for each in normal], [each + rise for each in anomalies]


@right(ex.hidden_drift)
def drift_by_the_median(normal=None, anomalies=None, line=None):
    rise = line - np.quantile(normal, 0.4, method="lower") + 1e-6
    return normal + rise, anomalies + rise


@right(ex.hidden_drift)
def drift_in_ranks(normal, anomalies, line):
    """Only the order is kept."""
    ranks = stats.rankdata(np.append(normal, anomalies)) + line
    return ranks[: len(normal)], ranks[len(normal) :]


@right(ex.hidden_drift)
def drift_in_torch(normal, anomalies, line):
    both = torch.tensor(np.append(normal, anomalies), requires_grad=True)
    both = line + (both - both.min()).expm1() + 0.5
    return both[: len(normal)], both[len(normal) :]


@right(ex.hidden_drift)
def drift_by_gain_and_offset(normal, anomalies, line):
    lowest = min(normal.min(), anomalies.min())
    return [2 * (pd.Series(each) - lowest) + line + 1 for each in (normal, anomalies)]


def stored_drift(words, drift):
    wrong(ex.hidden_drift, words)(drift)


stored_drift("Only the normal rows drift", lambda n, a, line: (n + abs(line) + 99, a))
stored_drift("so do the alarms", lambda n, a, line: (n, a))
stored_drift("does not lift", lambda n, a, line: (50 * n, 50 * a))
stored_drift("so do the alarms", lambda n, a, line: (n + 0.01, a + 0.01))
stored_drift("All scores are made equal", lambda n, a, line: (0 * n + line + 1, 0 * a + line + 1))
stored_drift(
    "The AUROC changes", lambda n, a, line: (n + line - n.min() + 1, a + line - n.min() + 3)
)
stored_drift(
    "The AUROC changes",
    lambda n, a, line: (
        n + line + 9 + np.random.default_rng(0).normal(size=n.shape),
        a + line + 9,
    ),
)
stored_drift(
    "The AUROC changes", lambda n, a, line: (np.maximum(n, line + 1), np.maximum(a, line + 1))
)
stored_drift(
    "The AUROC changes",
    lambda n, a, line: (np.clip(n, line + 1, None), np.clip(a, line + 2, None)),
)
stored_drift("The AUROC changes", lambda n, a, line: (line + 9 - n, line + 9 - a))
stored_drift("other way round", lambda n, a, line: drift_of_lists(n, a, line)[::-1])
stored_drift("2 results are expected", lambda n, a, line: n + line)
stored_drift("`return normal, anomalies` missing", lambda n, a, line: print(end=""))
stored_drift("the shape (", lambda n, a, line: (n[:2] + 99, a + 99))


@wrong(ex.hidden_drift, "changes the `normal`")
def drift_in_place(normal, anomalies, line):
    rise = line - normal.min() + 1
    normal += rise
    anomalies += rise
    return normal, anomalies


# ------------------------------------------------------------------------------- 7 · block weights


@right(ex.block_weights)
def weights_by_all_pairs(picture, temperatures):
    return [1 / distance.pdist(block).mean() for block in (picture, temperatures)]


@right(ex.block_weights)
def weights_by_two_loops(picture=None, temperatures=None):
    weights = []
    for block in (picture, temperatures):
        far = [math.dist(a, b) for i, a in enumerate(block) for b in block[:i]]
        weights.append(1 / sorted(far)[len(far) // 2])
    return tuple(weights)


@right(ex.block_weights)
def weights_by_the_covariance(picture, temperatures):
    return 1.0, np.float32(
        np.sqrt(np.trace(np.cov(picture.T, ddof=0).reshape(picture.shape[1], -1)))
        / np.sqrt(temperatures.var(axis=0).sum())
    )


@right(ex.block_weights)
def weights_in_torch(picture, temperatures):
    blocks = [torch.tensor(each, requires_grad=True) for each in (picture, temperatures)]
    return tuple(3 / torch.linalg.matrix_norm(b - b.mean(dim=0)) for b in blocks)


@right(ex.block_weights)
def weights_in_pandas(picture, temperatures):
    return tuple(1 / np.sqrt(pd.DataFrame(block).var().sum()) for block in (picture, temperatures))


@right(ex.block_weights)
def weights_as_an_array(picture, temperatures):
    return 1 / np.array([np.linalg.norm(b.std(axis=0)) for b in (picture, temperatures)])


def stored_weights(words, weights):
    wrong(ex.block_weights, words)(weights)


stored_weights("Both weights are equal", lambda p, t: (1, 1))
stored_weights("counts the columns", lambda p, t: (p.shape[1] ** -0.5, t.shape[1] ** -0.5))
stored_weights("by the number of columns", lambda p, t: (1 / p.shape[1], 1 / t.shape[1]))
stored_weights("more columns more", lambda p, t: (p.shape[1], t.shape[1]))
stored_weights("other way round", lambda p, t: weights_by_all_pairs(p, t)[::-1])
stored_weights(
    "The other way round", lambda p, t: (p.var(axis=0).sum() ** 0.5, t.var(axis=0).sum() ** 0.5)
)
stored_weights("take roots", lambda p, t: (1 / p.var(axis=0).sum(), 1 / t.var(axis=0).sum()))
stored_weights("from 0 is measured", lambda p, t: (1 / np.linalg.norm(p), 1 / np.linalg.norm(t)))
stored_weights(
    "from 0 is measured",
    lambda p, t: tuple(1 / np.linalg.norm(b, axis=1).mean() for b in (p, t)),
)
stored_weights("one column varies", lambda p, t: (1 / p.std(), 1 / t.std()))
stored_weights(
    "one column varies", lambda p, t: (1 / p.std(axis=0).mean(), 1 / t.std(axis=0).mean())
)
stored_weights("times as far", lambda p, t: (1 / np.ptp(p), 1 / np.ptp(t)))
stored_weights("times as far", lambda p, t: tuple(1 / distance.pdist(b).max() for b in (p, t)))
stored_weights("more columns more", lambda p, t: (1, 16 / 112))
stored_weights("above 0", lambda p, t: (-1 / p.std(), 1 / t.std()))
stored_weights("the shape (112,)", lambda p, t: (1 / p.std(axis=0), 1 / t.std(axis=0)))
stored_weights("2 results are expected", lambda p, t: p.std() / t.std())
stored_weights("`return` missing", lambda p, t: (None, 1))

# ----------------------------------------------------------------------------------- 8 · my fusion


def standardised(train, *tables):
    spread = np.where(train.std(axis=0) > 0, train.std(axis=0), 1)
    return [(each - train.mean(axis=0)) / spread for each in (train, *tables)]


def knn_z(train, rows):
    """Return distances to the 5th neighbour, less the training rows' mean, by their spread."""
    own = np.sort(distance.cdist(train, train), axis=1)[:, 5]
    far = np.sort(distance.cdist(rows, train), axis=1)[:, 4]
    return (far - own.mean()) / own.std()


def beside(train_p, train_t, p, t, weight=1.0):
    (train_p, p), (train_t, t) = standardised(train_p, p), standardised(train_t, t)
    size = train_p.shape[1] ** 0.5, train_t.shape[1] ** 0.5 / weight
    return (
        np.hstack([train_p / size[0], train_t / size[1]]),
        np.hstack([p / size[0], t / size[1]]),
    )


def of_components(train, *tables, count=5):
    train, *tables = standardised(train, *tables)
    axes = np.linalg.svd(train, full_matrices=False)[2][:count].T
    return [np.c_[each @ axes, np.ones(len(each))] for each in (train, *tables)]


@right(ex.my_fusion)
def fusion_by_the_larger_of_two(
    train_picture=None, train_temperatures=None, picture=None, temperatures=None
):
    both = knn_z(*beside(train_picture, train_temperatures, picture, temperatures))
    alone = knn_z(*standardised(train_temperatures, temperatures))
    return [max(pair) for pair in zip(both, alone, strict=True)]


@right(ex.my_fusion)
def fusion_by_the_sum_of_two(train_picture, train_temperatures, picture, temperatures):
    both = knn_z(*beside(train_picture, train_temperatures, picture, temperatures))
    return pd.Series(both + knn_z(*standardised(train_temperatures, temperatures)))


@right(ex.my_fusion)
def fusion_by_what_the_picture_leads_to_expect(train_p, train_t, p, t):
    train, rows = of_components(train_p, p)
    weights = np.linalg.lstsq(train, train_t, rcond=None)[0]
    rest = covariance.EmpiricalCovariance().fit(train_t - train @ weights)
    return torch.tensor(rest.mahalanobis(t - rows @ weights), requires_grad=True)


@right(ex.my_fusion)
def fusion_by_two_materials(train_p, train_t, p, t):
    train, rows = (each[:, :-1] for each in of_components(train_p, p))
    materials = cluster.KMeans(2, n_init=5, random_state=0).fit(train)
    own, judged = materials.labels_, materials.predict(rows)
    score = np.zeros(len(p))
    for each in (0, 1):
        usual = covariance.EmpiricalCovariance().fit(train_t[own == each])
        score[judged == each] = usual.mahalanobis(t[judged == each])
    return score


@right(ex.my_fusion)
def fusion_by_neighbours_pictures(train_p, train_t, p, t):
    """How far temperatures are from those of the parts that look alike."""
    train, rows = (each[:, :-1] for each in of_components(train_p, p))
    alike = neighbors.NearestNeighbors(n_neighbors=30).fit(train).kneighbors(rows)[1]
    return np.array(
        [
            np.sort(np.linalg.norm(train_t[some] - each, axis=1))[1]
            for some, each in zip(alike, t, strict=True)
        ],
        dtype=np.float32,
    )


def stored_fusion(words, fusion):
    wrong(ex.my_fusion, words)(fusion)


stored_fusion("Fusion does not always help", lambda *views: knn_z(*beside(*views)))
stored_fusion("A mismatch is not seen", lambda tp, tt, p, t: knn_z(*standardised(tt, t)))
stored_fusion(
    "seen well enough",
    lambda tp, tt, p, t: np.maximum(knn_z(*standardised(tt, t)), knn_z(*standardised(tp, p))),
)
stored_fusion("seen well enough", lambda tp, tt, p, t: knn_z(*standardised(tp, p)))
stored_fusion(
    "seen well enough",
    lambda tp, tt, p, t: knn_z(
        np.hstack([standardised(tp)[0], standardised(tt)[0]]),
        np.hstack([standardised(tp, p)[1], standardised(tt, t)[1]]),
    ),
)
stored_fusion(
    "seen well enough", lambda tp, tt, p, t: knn_z(np.hstack([tp, tt]), np.hstack([p, t]))
)
stored_fusion(
    "seen well enough",
    lambda *views: (
        -ensemble.IsolationForest(n_estimators=50, random_state=0)
        .fit(beside(*views)[0])
        .score_samples(beside(*views)[1])
    ),
)
stored_fusion("Upside down", lambda *views: -knn_z(*beside(*views, 2.0)))
stored_fusion("two values", lambda *views: knn_z(*beside(*views, 2.0)) > 2)
stored_fusion("the same score", lambda tp, tt, p, t: np.zeros(len(p)))
stored_fusion("Scores of the training parts", lambda tp, tt, p, t: np.arange(len(tp)))
stored_fusion("the shape (", lambda *views: beside(*views)[1])
stored_fusion("`return` missing", lambda *views: print(end=""))
stored_fusion(
    "Means, spreads and ranks",
    lambda *views: (
        (far := fusion_by_the_larger_of_two(*views))
        and (np.array(far) - np.mean(far)) / np.std(far)
    ),
)


@wrong(ex.my_fusion, "Judged once more")
def fusion_with_chance(*views):
    rows = beside(*views, 2.0)
    far = knn_z(*rows)
    return far + np.random.default_rng().normal(0, 0.01 * far.std(), len(far))
