"""Answers to the exercises of lesson 23: right ones in other styles, and wrong ones."""

import itertools
import math
from collections import deque

from answers import right, wrong
from course_utils import data
from course_utils.exercises import lesson_23 as ex

import numpy as np
import pandas as pd
import torch
from scipy import signal
from sklearn.ensemble import RandomForestRegressor

# ---------------------------------------------------------------------------------- 1 · given load


@right(ex.given_load)
def given_by_neighbours(values, load, known):
    apart = abs(load[:, None] - load[known][None])
    near = values[known][np.argsort(apart, axis=1, kind="stable")[:, :60]]
    return (values - np.median(near, axis=1)) / near.std(axis=1)


@right(ex.given_load)
def given_by_bins(values=None, load=None, known=None):
    table = pd.DataFrame({"value": values, "known": known})
    table["bin"] = np.digitize(load, np.quantile(load[known], np.linspace(0, 1, 13)[1:-1]))
    found = table[table["known"]].groupby("bin")["value"].agg(["mean", "std"])
    mean, std = (table["bin"].map(found[name]) for name in ("mean", "std"))
    return (table["value"] - mean) / std


@right(ex.given_load)
def given_by_forests(values, load, known):
    forest = RandomForestRegressor(20, min_samples_leaf=25, random_state=0)
    column = load[:, None]
    rest = values - forest.fit(column[known], values[known]).predict(column)
    forest.fit(column[known], rest[known] ** 2)
    return rest / np.sqrt(forest.predict(column))


@right(ex.given_load)
def given_by_torch(values, load, known):
    values, load, known = (torch.from_numpy(each) for each in (values, load, known))
    powers = torch.stack([load**0, load / 100, (load / 100) ** 2, (load / 100) ** 3], dim=1)
    weights = torch.linalg.lstsq(powers[known], values[known, None]).solution
    rest = values - (powers @ weights).squeeze(1)
    size = torch.linalg.lstsq(powers[known][:, :2], rest[known, None].abs()).solution
    return (rest / (1.25 * (powers[:, :2] @ size).squeeze(1))).requires_grad_()


@right(ex.given_load)
def given_by_loop(values, load, known):
    pairs = [
        (each, value) for each, value, there in zip(load, values, known, strict=True) if there
    ]
    pairs.sort()
    loads, scores = np.array([each for each, _ in pairs]), []
    for each, value in zip(load, values, strict=True):
        place = np.clip(np.searchsorted(loads, each), 30, len(pairs) - 30)
        near = np.array([value for _, value in pairs[place - 30 : place + 30]])
        scores.append(np.float32((value - near.mean()) / near.std()))
    return scores


def _straight(values, load, known, degree=1, spread=True):
    rest = values - np.polyval(np.polyfit(load[known], values[known], degree), load)
    size = np.polyval(np.polyfit(load[known], abs(rest[known]), 1), load)
    return rest / (1.25 * size if spread else rest[known].std())


wrong(ex.given_load, "no straight line")(_straight)
wrong(ex.given_load, "The spread follows the load")(
    lambda values, load, known: _straight(values, load, known, 2, False)
)
wrong(ex.given_load, "values themselves")(lambda values, load, known: values)
wrong(ex.given_load, "one mean for all loads")(
    lambda values, load, known: (values - values[known].mean()) / values[known].std()
)
wrong(ex.given_load, "No score is below 0")(
    lambda values, load, known: abs(_straight(values, load, known, 2))
)
wrong(ex.given_load, "No score is below 0")(lambda values, load, known: values / load)
wrong(ex.given_load, "Upside down")(lambda values, load, known: -_straight(values, load, known, 2))
wrong(ex.given_load, "later rows are raised")(
    lambda values, load, known: _straight(values, load, np.ones_like(known), 2)
)
wrong(ex.given_load, "rows between the known ones")(
    lambda values, load, known: _straight(
        values, load, np.arange(len(load)) <= np.flatnonzero(known).max(), 2
    )
)
wrong(ex.given_load, "of the known rows alone")(
    lambda values, load, known: _straight(values, load, known, 2)[known]
)
wrong(ex.given_load, "unit is not a standard deviation")(
    lambda values, load, known: 2 * _straight(values, load, known, 2)
)
wrong(ex.given_load, "`return` missing")(lambda values, load, known: print(end=""))
wrong(ex.given_load, "depend on earlier calls")(
    lambda values, load, known: (
        _straight(values, load, known, 2) + np.random.default_rng().normal(size=len(load)) / 10
    )
)


@wrong(ex.given_load, "changes the `values`")
def given_in_place(values, load, known):
    scores = _straight(values, load, known, 2)
    values -= values.mean()
    return scores


# ---------------------------------------------------------------------------------- 2 · named part


def _strikes(rotation):
    often = data.bearing_frequencies(rotation)
    return {"outer race": often["outer race"], "inner race": often["inner race"]} | {
        "ball": 2 * often["ball"]
    }


def _named(frequency, spectrum, rotation, width=0.012, limit=5.0, swapped=False):
    heights = {}
    for part, strike in _strikes(rotation).items():
        off = abs(frequency - strike)
        around = (off < 0.2 * strike) & (off > width * strike)
        heights[part] = spectrum[off <= width * strike].max() / np.median(spectrum[around])
    best = max(heights, key=heights.get)
    names = {"outer race": "inner race", "inner race": "outer race"} if swapped else {}
    return names.get(best, best) if heights[best] > limit else None


@right(ex.named_part)
def named_by_loop(frequency, spectrum, rotation):
    named, highest = None, 5.0
    for part, strike in _strikes(rotation).items():
        near, around = [], []
        for each, amplitude in zip(frequency, spectrum, strict=True):
            if abs(each / strike - 1) <= 0.01:
                near.append(amplitude)
            elif abs(each / strike - 1) <= 0.15:
                around.append(amplitude)
        height = max(near) / sorted(around)[len(around) // 2]
        if height > highest:
            named, highest = part, height
    return named


@right(ex.named_part)
def named_by_the_whole_spectrum(frequency=None, spectrum=None, rotation=None):
    floor = np.median(spectrum[(frequency > 60) & (frequency < 250)])
    best = max(
        (spectrum[abs(frequency - strike) <= 0.014 * strike].max() / floor, part)
        for part, strike in _strikes(rotation).items()
    )
    return best[1] if best[0] > 5.5 else None


@right(ex.named_part)
def named_by_pandas(frequency, spectrum, rotation):
    lines = pd.Series(spectrum, index=frequency)
    heights = pd.Series(
        {
            part: lines[0.988 * strike : 1.012 * strike].max()
            / lines[0.8 * strike : 1.2 * strike].median()
            for part, strike in _strikes(rotation).items()
        }
    )
    return heights.idxmax() if heights.max() > 5 else None


@right(ex.named_part)
def named_by_torch(frequency, spectrum, rotation):
    frequency, spectrum = torch.from_numpy(frequency), torch.from_numpy(spectrum).log()
    heights = []
    for strike in _strikes(rotation).values():
        off = (frequency / strike - 1).abs()
        heights.append(spectrum[off < 0.011].max() - spectrum[off < 0.25].median())
    place = int(torch.stack(heights).argmax())
    return [*_strikes(rotation)][place] if heights[place] > math.log(5) else None


@right(ex.named_part)
def named_by_peaks(frequency, spectrum, rotation):
    places, _ = signal.find_peaks(spectrum, height=5 * np.median(spectrum[frequency > 60]))
    found = [
        (spectrum[place], part)
        for place in places
        for part, strike in _strikes(rotation).items()
        if abs(frequency[place] - strike) < 0.012 * strike
    ]
    return max(found)[1] if found else None


wrong(ex.named_part, "You search too far")(
    lambda frequency, spectrum, rotation: _named(frequency, spectrum, rotation, 0.03)
)
wrong(ex.named_part, "You search too far")(
    lambda frequency, spectrum, rotation: _named(frequency, spectrum, rotation, 0.06)
)
wrong(ex.named_part, "You search too close")(
    lambda frequency, spectrum, rotation: _named(frequency, spectrum, rotation, 0.003)
)
wrong(ex.named_part, "A healthy bearing is blamed")(
    lambda frequency, spectrum, rotation: _named(frequency, spectrum, rotation, limit=0)
)
wrong(ex.named_part, "changed over")(
    lambda frequency, spectrum, rotation: _named(frequency, spectrum, rotation, swapped=True)
)
wrong(ex.named_part, "pass for healthy")(
    lambda frequency, spectrum, rotation: _named(frequency, spectrum, rotation, limit=40)
)
wrong(ex.named_part, "You return 'cage'")(lambda frequency, spectrum, rotation: "cage")
wrong(ex.named_part, "A name or None")(
    lambda frequency, spectrum, rotation: frequency[spectrum.argmax()]
)


@wrong(ex.named_part, "hangs on the unit")
def named_by_an_amplitude(frequency, spectrum, rotation):
    heights = {
        part: spectrum[abs(frequency - strike) <= 0.012 * strike].max()
        for part, strike in _strikes(rotation).items()
    }
    best = max(heights, key=heights.get)
    return best if heights[best] > 3 else None


# --------------------------------------------------------------------------------- 3 · thermal lag


def _lagged(values, hours, rows_an_hour=6):
    keep = math.exp(-1 / rows_an_hour / hours)
    found = [values[0]]
    for value in values[1:]:
        found.append(keep * found[-1] + (1 - keep) * value)
    return np.array(found)


def _chosen(load, ambient, temperature, candidates, known, rows_an_hour=6, best=min):
    errors = []
    for hours in candidates:
        columns = [np.ones(len(load)), _lagged(load**2, hours, rows_an_hour), ambient]
        table = np.stack(columns, axis=1)[known]
        errors.append(np.linalg.lstsq(table, temperature[known], rcond=None)[1][0])
    return candidates[errors.index(best(errors))]


right(ex.thermal_lag)(_chosen)


@right(ex.thermal_lag)
def lag_by_euler(load=None, ambient=None, temperature=None, candidates=None, known=None):
    best = (np.inf, None)
    for hours in candidates:
        lagged = pd.Series((load / 100) ** 2).ewm(alpha=1 - np.exp(-1 / (6 * hours)), adjust=False)
        table = np.column_stack([lagged.mean(), ambient, np.ones(len(load))])[known]
        weights = np.linalg.pinv(table) @ temperature[known]
        best = min(best, (np.abs(temperature[known] - table @ weights).mean(), hours))
    return best[1]


@right(ex.thermal_lag)
def lag_above_the_hall(load, ambient, temperature, candidates, known):
    """The hall's share is 1."""
    above = (temperature - ambient)[known]
    correlations = [
        np.corrcoef(_lagged(load**2, hours)[known], above)[0, 1] for hours in candidates
    ]
    return float(candidates[int(np.argmax(correlations))])


@right(ex.thermal_lag)
def lag_by_torch(load, ambient, temperature, candidates, known):
    inside, wanted = torch.from_numpy(known), torch.from_numpy(temperature)
    errors = []
    for hours in candidates:
        columns = [np.ones(len(load)), _lagged(load**2, hours), ambient]
        table = torch.tensor(np.stack(columns, axis=1))
        weights = torch.linalg.lstsq(table[inside], wanted[inside, None]).solution
        errors.append(((table @ weights)[inside, 0] - wanted[inside]).square().mean())
    return torch.tensor(candidates)[torch.stack(errors).argmin()]


wrong(ex.thermal_lag, "You choose on rows that are not known")(
    lambda load, ambient, temperature, candidates, known: _chosen(
        load, ambient, temperature, candidates, np.ones_like(known)
    )
)
wrong(ex.thermal_lag, "the fault chooses")(
    lambda load, ambient, temperature, candidates, known: _chosen(
        load, ambient, temperature, candidates, ~known
    )
)
wrong(ex.thermal_lag, "an hour has six rows")(
    lambda load, ambient, temperature, candidates, known: _chosen(
        load, ambient, temperature, candidates, known, rows_an_hour=1
    )
)
wrong(ex.thermal_lag, "Upside down")(
    lambda load, ambient, temperature, candidates, known: _chosen(
        load, ambient, temperature, candidates, known, best=max
    )
)


def _followed(follow, load, ambient, temperature, candidates, known, constant=1.0):
    def left(hours):
        heat = follow(pd.Series(load**2), hours)
        table = np.column_stack([heat, ambient, np.full(len(load), constant)])[known]
        rest = temperature[known]
        return np.sum((rest - table @ (np.linalg.pinv(table) @ rest)) ** 2)

    return min(candidates, key=left)


for _words, _follow in (
    ("half-life", lambda heat, hours: heat.shift(int(6 * hours)).bfill()),
    ("half-life", lambda heat, hours: heat.ewm(halflife=6 * hours, adjust=False).mean()),
    ("mean of load²", lambda heat, hours: heat.rolling(int(6 * hours), min_periods=1).mean()),
):
    wrong(ex.thermal_lag, _words)(
        lambda load, ambient, temperature, candidates, known, follow=_follow: _followed(
            follow, load, ambient, temperature, candidates, known
        )
    )
wrong(ex.thermal_lag, "without the constant")(
    lambda load, ambient, temperature, candidates, known: _followed(
        _lagged, load, ambient, temperature, candidates, known, constant=0.0
    )
)
wrong(ex.thermal_lag, "places of the candidates")(
    lambda load, ambient, temperature, candidates, known: candidates.index(
        _chosen(load, ambient, temperature, candidates, known)
    )
)


def _correlated(load, ambient, temperature, candidates, rows):
    return max(
        candidates,
        key=lambda hours: np.corrcoef(_lagged(load**2, hours)[rows], temperature[rows])[0, 1],
    )


wrong(ex.thermal_lag, "correlates most with the temperature. The hall's")(
    lambda load, ambient, temperature, candidates, known: _correlated(
        load, ambient, temperature, candidates, known
    )
)
wrong(ex.thermal_lag, "correlates most with the temperature on all rows")(
    lambda load, ambient, temperature, candidates, known: _correlated(
        load, ambient, temperature, candidates, known | True
    )
)
wrong(ex.thermal_lag, "One of the candidates is asked for")(
    lambda load, ambient, temperature, candidates, known: np.mean(candidates)
)
wrong(ex.thermal_lag, "you choose 2 hours")(
    lambda load, ambient, temperature, candidates, known: 2.0
)
wrong(ex.thermal_lag, "shape (5,)")(
    lambda load, ambient, temperature, candidates, known: candidates
)

# ----------------------------------------------------------------------------------- 4 · alarms of


@right(ex.alarms_of)
def calls_by_loop(scores, threshold):
    calls, above = [], deque(maxlen=6)
    for row in range(5, len(scores)):
        above.append(sum(scores[row - 5 : row + 1]) / 6 > threshold)
        if sum(above) >= 3 and (not calls or row >= calls[-1] + 144):
            calls.append(row)
    return calls


@right(ex.alarms_of)
def calls_by_pandas(scores=None, threshold=None):
    above = pd.Series(scores, dtype=float).rolling(6).mean() > threshold
    rows = np.flatnonzero(above.rolling(6, min_periods=1).sum() >= 3)
    calls = []
    while len(rows):
        calls.append(rows[0])
        rows = rows[rows >= rows[0] + 144]
    return pd.Series(calls, dtype=int)


@right(ex.alarms_of)
def calls_by_windows(scores, threshold):
    if len(scores) < 6:
        return np.empty(0)
    hourly = np.lib.stride_tricks.sliding_window_view(scores, 6).mean(axis=1)
    above = np.append(np.zeros(5), hourly > threshold)
    often = np.lib.stride_tricks.sliding_window_view(above, 6).sum(axis=1) >= 3
    quiet, calls = 0, []
    for row in np.flatnonzero(often) + 5:
        if row >= quiet:
            calls.append(float(row))
            quiet = row + 144
    return np.array(calls, dtype=np.float32)


@right(ex.alarms_of)
def calls_by_torch(scores, threshold):
    scores = torch.as_tensor(scores)
    sums = torch.cat([torch.zeros(1, dtype=scores.dtype), scores.cumsum(0)])
    above = ((sums[6:] - sums[:-6]) / 6 > threshold).int()
    calls = []
    for place in range(len(above)):
        if above[max(0, place - 5) : place + 1].sum() < 3:
            continue
        if calls and place + 5 - calls[-1] < 144:
            continue
        calls.append(place + 5)
    return torch.tensor(calls, dtype=torch.float64)


def _bad(scores, threshold, mode="past", hour=6, least=3):
    """Return which rows are bad."""
    if mode == "centred":
        hourly = np.convolve(scores, np.ones(hour) / hour, mode="same")
        return np.convolve(hourly > threshold, np.ones(6), mode="same") >= least
    above = pd.Series(scores, dtype=float).rolling(hour).mean() > threshold
    return (above.rolling(6, min_periods=1).sum() >= least).to_numpy()


def _once_a_day(bad, day=144):
    calls = []
    for row in np.flatnonzero(bad):
        if not calls or row - calls[-1] >= day:
            calls.append(row)
    return np.array(calls, dtype=int)


wrong(ex.alarms_of, "It looks ahead: a centred window ends after its row. Use windows that end")(
    lambda scores, threshold: np.flatnonzero(_bad(scores, threshold, "centred"))
)
wrong(ex.alarms_of, "It looks ahead")(
    lambda scores, threshold: _once_a_day(_bad(scores, threshold, "centred"))
)
wrong(ex.alarms_of, "Each bad row calls")(
    lambda scores, threshold: np.flatnonzero(_bad(scores, threshold))
)
wrong(ex.alarms_of, "at each beginning of a bad spell")(
    lambda scores, threshold: np.flatnonzero(
        np.diff(_bad(scores, threshold).astype(int), prepend=0) == 1
    )
)
wrong(ex.alarms_of, "wait for a day without a bad row")(
    lambda scores, threshold: [
        row
        for before, row in itertools.pairwise(
            [-999, *np.flatnonzero(_bad(scores, threshold)).tolist()]
        )
        if row - before >= 144
    ]
)
wrong(ex.alarms_of, "One row too late")(
    lambda scores, threshold: _once_a_day(_bad(scores, threshold), 145)
)
wrong(ex.alarms_of, "not 24")(lambda scores, threshold: _once_a_day(_bad(scores, threshold), 24))
wrong(ex.alarms_of, "scores of single rows")(
    lambda scores, threshold: _once_a_day(_bad(scores, threshold, hour=1))
)
wrong(ex.alarms_of, "One high one-hour mean calls")(
    lambda scores, threshold: _once_a_day(_bad(scores, threshold, least=1))
)
wrong(ex.alarms_of, "At least 3 includes 3")(
    lambda scores, threshold: _once_a_day(_bad(scores, threshold, least=4))
)
wrong(ex.alarms_of, "add 5")(
    lambda scores, threshold: calls_by_loop(scores, threshold) - np.int64(5)
)
wrong(ex.alarms_of, "full at row 10")(
    lambda scores, threshold: calls_by_loop(scores, threshold) - np.int64(10)
)
wrong(ex.alarms_of, "Only the beginning of a bad spell calls")(
    lambda scores, threshold: _once_a_day(
        np.diff(_bad(scores, threshold).astype(int), prepend=0) == 1
    )
)
wrong(ex.alarms_of, "Rows have whole numbers")(
    lambda scores, threshold: [row / 6 for row in calls_by_loop(scores, threshold)]
)
wrong(ex.alarms_of, "a verdict for each row")(lambda scores, threshold: _bad(scores, threshold))
wrong(ex.alarms_of, "You never call")(lambda scores, threshold: [])
wrong(ex.alarms_of, "what comes later")(
    lambda scores, threshold: [row - 3 for row in calls_by_loop(scores, threshold)]
)
wrong(ex.alarms_of, "With fewer rows than an hour")(
    lambda scores, threshold: calls_by_loop(scores, threshold) if len(scores) > 5 else [0]
)

# ----------------------------------------------------------------------------------- 5 · lead time


@right(ex.lead_time)
def lead_by_loop(alarms, start, end, healthy):
    lead, false = 0.0, 0
    for row in sorted(alarms):
        if start <= row < end and not lead:
            lead = (end - row) / 6
        false += int(healthy[row]) if row < len(healthy) else 0
    return lead, false * 168 / (np.count_nonzero(healthy) / 6)


@right(ex.lead_time)
def lead_as_a_list(alarms=None, start=None, end=None, healthy=None):
    hours = [(end - row) / 6 for row in alarms if row >= start]
    return [max(0.0, *hours, 0.0), sum(healthy[row] for row in alarms) / (sum(healthy) / 1008)]


@right(ex.lead_time)
def lead_by_sets(alarms, start, end, healthy):
    warned, calm = {*alarms} & {*range(start, end)}, {*np.flatnonzero(healthy)}
    return np.float32(
        [(end - min(warned, default=end)) / 6, 1008 * len({*alarms} & calm) / len(calm)]
    )


@right(ex.lead_time)
def lead_by_pandas(alarms, start, end, healthy):
    rows = pd.Series(alarms, dtype=int)
    first = rows[rows.between(start, end - 1)].min()
    healthy = pd.Series(healthy)
    return (
        0.0 if pd.isna(first) else (end - first) * 10 / 60,
        healthy.loc[rows].sum() / (healthy.sum() * 10 / 60 / 24 / 7),
    )


@right(ex.lead_time)
def lead_by_torch(alarms, start, end, healthy):
    sounds = torch.zeros(len(healthy))
    sounds[torch.as_tensor(alarms, dtype=torch.long)] = 1
    inside = sounds[start:end].nonzero()
    lead = (end - start - inside[0, 0]) / 6 if len(inside) else torch.tensor(0.0)
    calm = torch.as_tensor(healthy)
    return torch.stack([lead, sounds[calm].sum() / (calm.sum() / 1008)])


def _lead(alarms, start, end, healthy, lead=None, false=None):
    """Return the right pair with one number replaced."""
    pair = lead_by_loop(alarms, start, end, healthy)
    return (pair[0] if lead is None else lead), (pair[1] if false is None else false)


def _inside(alarms, start, end):
    return alarms[(alarms >= start) & (alarms < end)]


for _words, _hours in (
    ("counted in rows", lambda alarms, start, end: end - _inside(alarms, start, end)[0]),
    ("went on unseen", lambda alarms, start, end: (_inside(alarms, start, end)[0] - start) / 6),
    (
        "last alarm in the wear",
        lambda alarms, start, end: (end - _inside(alarms, start, end)[-1]) / 6,
    ),
    ("that one was false", lambda alarms, start, end: (end - alarms[0]) / 6),
    ("whole length", lambda alarms, start, end: (end - start) / 6),
    ("not one", lambda alarms, start, end: (end - _inside(alarms, start, end)[0]) / 60),
    ("Of the warning", lambda alarms, start, end: 3.0),
):
    wrong(ex.lead_time, _words)(
        lambda alarms, start, end, healthy, hours=_hours: _lead(
            alarms, start, end, healthy, lead=hours(np.asarray(alarms), start, end)
        )
    )

for _words, _rate in (
    ("how many false alarms", lambda alarms, healthy: healthy[alarms].sum()),
    ("All alarms count with you", lambda alarms, healthy: len(alarms) * 1008 / healthy.sum()),
    ("divide by all hours", lambda alarms, healthy: healthy[alarms].sum() * 1008 / len(healthy)),
    ("false alarms a day", lambda alarms, healthy: healthy[alarms].sum() * 144 / healthy.sum()),
    ("not healthy", lambda alarms, healthy: (~healthy[alarms]).sum() * 1008 / healthy.sum()),
    ("taken for hours", lambda alarms, healthy: healthy[alarms].sum() * 168 / healthy.sum()),
    ("Of the false alarms", lambda alarms, healthy: 1.0),
):
    wrong(ex.lead_time, _words)(
        lambda alarms, start, end, healthy, rate=_rate: _lead(
            alarms, start, end, healthy, false=rate(alarms, healthy)
        )
    )
wrong(ex.lead_time, "All alarms outside the wear")(
    lambda alarms, start, end, healthy: _lead(
        alarms,
        start,
        end,
        healthy,
        false=((alarms < start) | (alarms >= end)).sum() * 1008 / healthy.sum(),
    )
)
wrong(ex.lead_time, "Two numbers are asked for")(
    lambda alarms, start, end, healthy: lead_by_loop(alarms, start, end, healthy)[0]
)
wrong(ex.lead_time, "hours of warning are asked for first")(
    lambda alarms, start, end, healthy: lead_by_loop(alarms, start, end, healthy)[::-1]
)
wrong(ex.lead_time, "All alarms outside the wear")(
    lambda alarms, start, end, healthy: _lead(
        alarms,
        start,
        end,
        healthy,
        false=((alarms < start) | (alarms >= end)).sum() * 1008 / (len(healthy) - end + start),
    )
)
wrong(ex.lead_time, "your warning is nan hours. There is none")(
    lambda alarms, start, end, healthy: _lead(
        alarms,
        start,
        end,
        healthy,
        lead=None if len(_inside(np.asarray(alarms), start, end)) else np.nan,
    )
)

# --------------------------------------------------------------------------------- 6 · chance lead


@right(ex.chance_lead)
def chance_by_trials(window, per_week):
    until = np.random.default_rng(0).exponential(168 / per_week, size=20_000)
    return np.maximum(0, window - until).mean()


@right(ex.chance_lead)
def chance_by_whole_windows(window=None, per_week=None):
    generator, warnings = np.random.default_rng(1), []
    for count in generator.poisson(window * per_week / 168, size=10_000):
        moments = generator.uniform(0, window, size=count)
        warnings.append(window - moments.min() if count else 0.0)
    return sum(warnings) / len(warnings)


@right(ex.chance_lead)
def chance_by_integral(window, per_week):
    """The warning is at least s hours with the chance of an alarm in the first window - s."""
    hours, step = np.linspace(0, window, 2001, retstep=True)
    return np.trapezoid(1 - np.exp(-per_week / 168 * (window - hours)), dx=step)


@right(ex.chance_lead)
def chance_by_expm1(window, per_week):
    rate = torch.tensor(per_week / 168, dtype=torch.float64, requires_grad=True)
    return window + torch.expm1(-rate * window) / rate


def _any(window, per_week):
    return 1 - math.exp(-window * per_week / 168)


wrong(ex.chance_lead, "exactly one alarm falls")(lambda window, per_week: window / 2)
wrong(ex.chance_lead, "than in the middle")(
    lambda window, per_week: window / 2 * _any(window, per_week)
)
wrong(ex.chance_lead, "does not sound at its start")(
    lambda window, per_week: window * _any(window, per_week)
)
wrong(ex.chance_lead, "chance that any alarm falls")(_any)
wrong(ex.chance_lead, "passes without an alarm")(
    lambda window, per_week: 168 / per_week * _any(window, per_week)
)
wrong(ex.chance_lead, "negative for rare alarms")(lambda window, per_week: window - 168 / per_week)
wrong(ex.chance_lead, "cut off the mean at 0")(
    lambda window, per_week: max(0, window - 168 / per_week)
)
wrong(ex.chance_lead, "at even distances")(
    lambda window, per_week: np.maximum(
        0, window - np.random.default_rng(0).uniform(0, 168 / per_week, 20_000)
    ).mean()
)
wrong(ex.chance_lead, "mean number of alarms")(
    lambda window, per_week: window * (1 - 1 / (1 + window * per_week / 168))
)
wrong(ex.chance_lead, "exponential takes that time")(
    lambda window, per_week: np.maximum(
        0, window - np.random.default_rng(0).exponential(per_week / 168, 20_000)
    ).mean()
)
wrong(ex.chance_lead, "for those of a day")(
    lambda window, per_week: chance_by_integral(window, 7 * per_week)
)
wrong(ex.chance_lead, "for those of an hour")(
    lambda window, per_week: chance_by_integral(window, 168 * per_week)
)
wrong(ex.chance_lead, "A window without one counts")(
    lambda window, per_week: chance_by_integral(window, per_week) / _any(window, per_week)
)
wrong(ex.chance_lead, "You take the last alarm")(
    lambda window, per_week: (168 / per_week + window) * _any(window, per_week) - window
)
wrong(ex.chance_lead, "is expected, within")(lambda window, per_week: 15.0)
wrong(ex.chance_lead, "shape (3,)")(lambda window, per_week: np.ones(3))

# ---------------------------------------------------------------------------------- 7 · my monitor


def _rest(values, causes, known):
    """Return what a line leaves over of `values`, in standard deviations of the known rows."""
    table = np.column_stack([np.ones(len(values)), *causes])
    rest = values - table @ (np.linalg.pinv(table[:known]) @ values[:known])
    return (rest / rest[:known].std())[known:]


def _joined(train, later):
    both = {name: np.concatenate([train[name], later[name]]) for name in train}
    both["heat"] = _lagged(both["load"] ** 2, 1.5)
    return both, len(train["load"])


@right(ex.my_monitor)
def monitor_of_heat(train, later):
    both, known = _joined(train, later)
    return _rest(both["temperature"], [both["heat"], both["ambient"]], known)


@right(ex.my_monitor)
def monitor_of_sums(train=None, later=None):
    both, known = _joined(train, later)
    square = [both["load"], both["load"] ** 2]
    surprises = [_rest(both["temperature"], [both["heat"], both["ambient"]], known)]
    surprises += [_rest(np.log(both[name]), square, known) for name in ("outer race", "rms")]
    return pd.Series(np.sum(np.clip(surprises, -2, 3), axis=0)).ewm(18).mean()


@right(ex.my_monitor)
def monitor_in_a_tensor(train, later):
    both, known = _joined(train, later)
    warm = _rest(both["temperature"], [both["heat"], both["ambient"]], known)
    struck = _rest(np.log(both["outer race"]), [both["load"], both["load"] ** 2], known)
    return torch.from_numpy(np.maximum(warm, struck)).float().requires_grad_()


@right(ex.my_monitor)
def monitor_with_a_memory(train, later):
    both, known = _joined(train, later)
    warm = _rest(both["temperature"], [both["heat"], both["ambient"]], known)
    scores, memory = [], 0.0
    for each in warm:
        memory = 0.8 * memory + 0.2 * each
        scores.append(memory)
    return scores


wrong(ex.my_monitor, "follows the load")(lambda train, later: later["rms"])
wrong(ex.my_monitor, "follows the load")(lambda train, later: later["temperature"])
wrong(ex.my_monitor, "hours of the wear")(lambda train, later: later["kurtosis"])
wrong(ex.my_monitor, "hours of the wear")(
    lambda train, later: np.random.default_rng(0).normal(size=len(later["load"]))
)
wrong(ex.my_monitor, "Upside down")(lambda train, later: -monitor_of_heat(train, later))
wrong(ex.my_monitor, "All scores are equal")(lambda train, later: np.ones(len(later["load"])))
wrong(ex.my_monitor, "of train and later together")(
    lambda train, later: np.append(train["rms"], later["rms"])
)
wrong(ex.my_monitor, "knows the future")(
    lambda train, later: np.convolve(monitor_of_heat(train, later), np.ones(7) / 7, mode="same")
)
wrong(ex.my_monitor, "knows the future")(lambda train, later: later["rms"] - later["rms"].mean())
wrong(ex.my_monitor, "depend on earlier calls")(
    lambda train, later: (
        monitor_of_heat(train, later) + np.random.default_rng().normal(size=len(later["load"]))
    )
)
wrong(ex.my_monitor, "`return` missing")(lambda train, later: None or print(end=""))
