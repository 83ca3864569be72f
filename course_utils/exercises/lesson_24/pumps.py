"""Exercise of lesson 24 on prices: tell a pump from news on the evening of the day."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require, unlike

import numpy as np

# ---------------------------------------------------------------------------------- 7 · pump score

MARKETS = (2431, 2432, 2433)
ALARMS = 0.015  # share of the days that somebody looks at
ON_NEWS = 0.25  # of the alarms, at most
FOUND = 0.36  # of the pumps' days, at least
BEGUN = 0.1  # of the pumps, found on their first day, at least

pump_score = Exercise(
    "Score each day of one asset, from what is known at its close, so that the highest days of "
    "markets held back are pumps: news and reports move price and volume too.",
    hints=(
        "On a day of news everybody trades, the large ones above all. A pump lives on many small "
        "orders. How large is an average trade, volume / trades?",
        "Volume above the usual counts for an alarm, large trades count against it. On logarithms "
        "add the one and take off the other twice.",
        "np.log(relative) - 2 * np.log(volume / trades)",
    ),
    praise="Right: news moves price and volume as a pump does; the size of the average trade "
    "tells them apart here.",
    seconds=30.0,
    prepare=lambda: _markets(),
)


@pump_score.set_solution
def pump_score_solution(change, volume, relative, trades):
    size = volume / np.maximum(trades, 1)  # shares in an average trade
    return np.log(np.maximum(relative, 1e-3)) - 2 * np.log(np.maximum(size, 1e-3))


@functools.cache
def _markets():
    """Return for each market its assets' columns, which days are pumps, and which have news."""
    from course_utils import data

    made = []
    for seed in MARKETS:
        prices = data.make_prices(seed=seed)
        names = ("return [%]", "volume [shares]", "volume / usual", "trades")
        columns = prices.X[:, [prices.feature_names.index(each) for each in names]]
        rows = [np.flatnonzero(prices.groups == each) for each in np.unique(prices.groups)]
        order = np.concatenate(rows)
        given = [tuple(columns[each].T) for each in rows]
        news = data.price_news(seed=seed) != ""
        made.append((given, (prices.kinds == "pump and dump")[order], news[order]))
    return made


def _judged(scores):
    """Return shares: of the alarms on news, of the pumps' days found, of their first days."""
    shares = []
    for each, (_, pump, news) in zip(scores, _markets(), strict=True):
        alarms = np.argsort(-each, kind="stable")[: round(ALARMS * len(each))]
        first = pump & ~np.append(False, pump[:-1])
        begun = first[alarms].sum() / first.sum()
        shares.append((news[alarms].mean(), pump[alarms].sum() / pump.sum(), begun))
    return np.mean(shares, axis=0)


@pump_score.set_check
def pump_score_check(answer):
    made = _markets()
    scores = [np.concatenate([_scores_of(answer, each) for each in given]) for given, *_ in made]
    require(
        max(len(np.unique(each)) for each in scores) > 2,
        "The scores have one value or two. So many days share the highest that nobody knows which "
        "to look at first.",
    )
    on_news, found, begun = _judged(scores)
    by_volume = _judged([np.concatenate([each[2] for each in given]) for given, *_ in made])
    told = (
        f"Of the alarms {on_news:.1%} fall on news and reports ({ON_NEWS:.0%} at most), and "
        f"{found:.0%} of the pumps' days are found ({FOUND:.0%} at least). Volume over the usual: "
        f"{by_volume[0]:.0%} and {by_volume[1]:.0%}."
    )
    _require_the_past(answer, made[0][0][0])
    if on_news <= ON_NEWS and found >= FOUND:
        require(
            begun >= BEGUN,
            f"Of the pumps {begun:.0%} are found on their first day, the others later, when most "
            f"have bought ({BEGUN:.0%} at least). Does a day's score know that day? At its close "
            f"the day is known. {told}",
        )
        return
    turned = _judged([-each for each in scores])
    require(
        turned[0] > ON_NEWS or turned[1] < FOUND,
        f"Upside down: the lowest scores would pass. High is suspect. {told}",
    )
    require(
        on_news <= ON_NEWS or found >= FOUND,
        f"Its highest days are neither free of news nor pumps. {told}",
    )
    require(
        on_news <= ON_NEWS,
        f"News fools it. Which of the columns tells news from a pump? {told}",
    )
    raise Misconception(
        f"News does not fool it, but it finds few pumps: other days rank above them. {told}"
    )


def _scores_of(answer, given):
    got = answer(*(each.copy() for each in given))
    return as_array(got, shape=given[0].shape, what="the scores of the days")


def _require_the_past(answer, given):
    """Refuse scores that change when later days are not there, or when called again."""
    every = _scores_of(answer, given)
    for days in (len(every), 400, 123):
        some = _scores_of(answer, tuple(each[:days] for each in given))
        wrong = np.flatnonzero(np.abs(some - every[:days]) > 1e-6 * np.abs(every).max())
        require(
            not wrong.size or days < len(every),
            "Called once more with the same days it gives other scores. An answer must not depend "
            "on earlier calls, or on chance that no argument sets.",
        )
        if wrong.size:
            told, wanted = unlike(some[wrong[0]], every[wrong[0]])
            raise Misconception(
                f"Given {days} days and no further, day {wrong[0]} scores {told}; given "
                f"{len(every)} it scored {wanted}. It looks at days to come: nobody has these at "
                "the close. Means, spreads and ranks over all days do so as well."
            )
