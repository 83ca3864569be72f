"""Daily prices and volumes of shares, with pumps and wash trades (datasets/prices.md)."""

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData, as_anomaly_data

import numpy as np

KINDS = ("pump and dump", "wash trades")
START = np.datetime64("2023-01-02")  # a Monday
SLOT = 30  # days, in which an asset sees one fraud at most
COLUMNS = (
    *("open [EUR]", "close [EUR]", "return [%]", "range [%]", "volume [shares]"),
    *("volume / usual", "trades", "spread [%]", "repeated sizes [%]"),
)


def make_prices(assets=12, days=750, seed=0):
    """Return one row for each trading day and asset, day by day, some of them manipulated.

    Parameters
    ----------
    assets : int
        How many shares, at least 4.
    days : int
        How many trading days, at least 250, Monday to Friday from 2023-01-02.
    seed : int
        One seed, one market.

    Returns
    -------
    AnomalyData
        X (assets · days, 9), units in the names; `groups` is the asset, `time` the close; `kinds`
        are "pump and dump" (one or two days up on many small orders, then two days down) and
        "wash trades" (four to ten days of trades with oneself, which move volume and no price).

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    events = price_news(assets, days, seed).reshape(days, assets)
    news, report = events == "news", events == "report"
    generator = np.random.default_rng([checks.as_seed(seed, "seed"), 1])
    kind, lift = np.zeros((days, assets), int), np.zeros((days, assets))
    pumps, phase = assets * days // 400, generator.integers(0, SLOT, assets)
    places = generator.choice(assets * (days // SLOT - 1), assets * days // 240, replace=False)
    for number, place in enumerate(places):
        asset = place % assets
        first = phase[asset] + SLOT * (place // assets) + generator.integers(0, SLOT - 10)
        up = generator.uniform(0.04, 0.1, generator.integers(1, 3))
        moves = np.append(up, -up.sum() * np.array([0.7, 0.4]))
        moves = moves if number < pumps else np.zeros(generator.integers(4, 11))
        kind[first : first + len(moves), asset] = 1 if number < pumps else 2
        lift[first : first + len(moves), asset] = moves
    pump, wash, shape = kind == 1, kind == 2, kind.shape
    normal, uniform = (lambda: generator.standard_normal(shape)), (lambda: generator.random(shape))
    sigma = 0.012 * np.exp(0.5 * _smooth(normal(), 0.95))
    usual = generator.normal(0, 0.008, (days, 1)) + 0.8 * sigma * generator.standard_t(5, shape)
    jump = np.where(uniform() < 0.5, -1, 1) * np.exp(0.5 * normal())
    returns = usual + lift + jump * (0.05 * news + 0.03 * report)
    echo = (1.4 * news + 0.9 * report) * np.exp(0.3 * normal())  # for three days, in log volume
    echo[1:] += 0.5 * echo[:-1]
    size = echo + 0.45 * _smooth(normal(), 0.7) + 0.15 * np.abs(usual) / sigma
    size += pump * (1.2 + 0.4 * normal()) + wash * (0.65 + 0.3 * normal())
    volume = np.round(np.exp(size + 12 + 0.7 * generator.standard_normal(assets)))
    trades = np.round(volume / np.exp(5 + 0.25 * normal() + 0.25 * echo - 0.3 * pump))
    path = np.cumsum(np.vstack([np.zeros(assets), returns]), axis=0)
    close = np.round(60 * np.exp(path + 0.5 * generator.standard_normal(assets)), 2)
    opened = np.round(close[:-1] * np.exp(0.4 * returns + 0.3 * sigma * normal()), 2)
    reach = np.abs(np.log(close[1:] / opened)) + sigma * generator.gamma(3, 0.25, shape)
    spread = 0.08 * np.exp(0.3 * normal() + 0.2 * (news | report) + 0.1 * pump - 0.1 * wash)
    slices = uniform() < 0.08  # honest orders that a program cuts into equal parts
    same = 100 / (1 + np.exp(2.2 - 0.35 * normal() - 0.8 * slices - 0.6 * wash))
    before = [np.log(volume[max(day - 20, 0) : max(day, 1)]).mean(axis=0) for day in range(days)]
    X = (opened, close[1:], 100 * (close[1:] / close[:-1] - 1), 100 * reach, volume)
    X = np.stack([*X, volume / np.exp(before), trades, spread, same], axis=2).reshape(
        -1, len(COLUMNS)
    )
    time = np.repeat(np.busday_offset(START, np.arange(days)) + np.timedelta64(1050, "m"), assets)
    text = ("Daily prices", f"simulated by {__name__}", "MIT, as the code")
    kinds, groups = np.array(["", *KINDS])[kind.ravel()], np.tile(np.arange(assets), days)
    return AnomalyData(np.round(X, 3), kinds != "", COLUMNS, *text, kinds, time, groups)


def price_news(assets=12, days=750, seed=0):
    """Return "news", "report" or "" for each row of `make_prices` with the same arguments.

    News comes on 1.2 % of the days, a report on every 63rd; both move the price for good.
    """
    assets = checks.integer_in_range(assets, "assets", 4)
    days = checks.integer_in_range(days, "days", 250)
    generator = np.random.default_rng([checks.as_seed(seed, "seed"), 0])
    report = (np.arange(days)[:, None] + generator.integers(0, 63, assets)) % 63 == 0
    news = generator.random((days, assets)) < 0.012
    return np.where(report, "report", np.where(news, "news", "")).ravel()


def pump_losses(prices):
    """Return what small buyers lose who buy on each row of `make_prices`, (n,), in EUR.

    Each pump draws 100,000 EUR, spread over its days as its volume. They are spent half-way
    between open and close and sold at the pump's last close; gains do not count.
    """
    if as_anomaly_data(prices, "prices").feature_names != COLUMNS:
        raise ValueError(f"prices is {prices.name}; rows of make_prices are expected.")
    order = np.argsort(prices.groups, kind="stable")
    opened, close, volume = prices.X[:, [0, 1, 4]].T
    position, losses = np.flatnonzero(prices.kinds[order] == KINDS[0]), np.zeros(len(prices))
    ends = (np.diff(position) > 1) | (np.diff(prices.groups[order[position]]) > 0)
    for pump in np.split(order[position], 1 + np.flatnonzero(ends)):
        money = 100_000 * volume[pump] / volume[pump].sum()
        losses[pump] = money * np.maximum(0, 1 - close[pump[-1:]] / ((opened + close)[pump] / 2))
    return losses


def _smooth(noise, memory):
    """Standard normal noise of which each day remembers the one before."""
    for day in range(1, len(noise)):
        noise[day] = memory * noise[day - 1] + np.sqrt(1 - memory**2) * noise[day]
    return noise
