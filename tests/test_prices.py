"""data.prices: news stays, pumps fall back, and no column gives a fraud away."""

from course_utils import data
from course_utils.data.simulators.prices import (
    COLUMNS,
    KINDS,
    make_prices,
    price_news,
    pump_losses,
)

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from small_trees import by_two_columns


@pytest.fixture(scope="module")
def markets():
    return [make_prices(seed=seed) for seed in range(6)]


def column(made, name):
    return made.X[:, made.feature_names.index(name)]


def frauds(made, kind):
    """Return the rows of each fraud of one kind, day by day, found asset by asset."""
    found = []
    for asset in np.unique(made.groups):
        rows = np.flatnonzero(made.groups == asset)
        windows = data.windows(made.take(rows))
        found += [rows[start:stop] for start, stop, each in windows if each == kind]
    return found


# --- form


def test_prices_have_a_row_for_each_day_and_asset():
    made = data.make_prices(assets=4, days=250, seed=4)
    assert len(made) == 1000
    assert made.feature_names == COLUMNS
    assert set(made.kinds.tolist()) == {"", *KINDS}
    assert made.groups.reshape(250, 4).tolist() == [[0, 1, 2, 3]] * 250
    days = made.time.reshape(250, 4)
    assert (days == days[:, :1]).all()
    assert np.is_busday(days[:, 0].astype("datetime64[D]")).all()
    assert np.unique(days[:, 0]).size == 250
    assert (np.diff(days[:, 0]) <= np.timedelta64(3, "D")).all()
    assert days[0, 0] == np.datetime64("2023-01-02T17:30")


def test_prices_follow_their_seed_and_touch_no_global_one():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, again, other = make_prices(seed=4), make_prices(seed=4), make_prices(seed=5)
    assert np.array_equal(price_news(seed=4), price_news(seed=4))
    assert not np.array_equal(price_news(seed=4), price_news(seed=5))
    assert np.array_equal(np.random.get_state()[1], before)
    assert np.array_equal(first.X, again.X)
    assert np.array_equal(first.kinds, again.kinds)
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"assets": 3}, ValueError, "assets is 3; a whole number of at least 4"),
        ({"days": 249}, ValueError, "days is 249; a whole number of at least 250"),
        ({"seed": 1.5}, TypeError, "seed is 1.5"),
    ],
)
def test_impossible_prices_are_named(arguments, error, message):
    for function in (make_prices, price_news):
        with pytest.raises(error, match=message):
            function(**arguments)


# --- the columns are what they say, and look back only


def test_columns_follow_from_prices_and_volumes(markets):
    made = markets[0]
    for asset in range(12):
        rows = np.flatnonzero(made.groups == asset)
        close, volume = column(made, "close [EUR]")[rows], column(made, "volume [shares]")[rows]
        change = 100 * (close[1:] / close[:-1] - 1)
        assert column(made, "return [%]")[rows[1:]] == pytest.approx(change, abs=0.001)
        for day in (1, 7, 20, 400, 749):
            usual = np.exp(np.log(volume[max(day - 20, 0) : day]).mean())
            ratio = column(made, "volume / usual")[rows[day]]
            assert ratio == pytest.approx(volume[day] / usual, abs=0.001)
        assert column(made, "volume / usual")[rows[0]] == 1
    change = 100 * np.abs(np.log(column(made, "close [EUR]") / column(made, "open [EUR]")))
    assert (column(made, "range [%]") >= change - 0.001).all()
    assert (made.X[:, [0, 1, 3, 4, 6, 7]] > 0).all()
    assert (column(made, "trades") <= column(made, "volume [shares]")).all()
    assert column(made, "repeated sizes [%]").max() < 100


# --- what happens


def drift(made, rows):
    """How far a price has gone ten days later, in the direction in which it jumped, in %."""
    close = column(made, "close [EUR]").reshape(-1, 12)
    day, asset = np.divmod(rows, 12)
    kept = (day >= 1) & (day + 10 < len(close))
    day, asset = day[kept], asset[kept]
    jump = np.log(close[day, asset] / close[day - 1, asset])
    later = np.log(close[day + 10, asset] / close[day - 1, asset])
    return 100 * (np.sign(jump) * jump).mean(), 100 * (np.sign(jump) * later).mean()


def test_news_stays_and_a_pump_falls_back(markets):
    """Both jump and draw volume; only what comes after tells one from the other."""
    news, pumps = [], []
    for seed, made in enumerate(markets):
        happened = (price_news(seed=seed) == "news") & (made.y == 0)
        news.append(drift(made, np.flatnonzero(happened)))
        pumps.append(drift(made, np.array([rows[0] for rows in frauds(made, KINDS[0])])))
        volume = column(made, "volume / usual")
        assert np.median(volume[happened]) > 2
        assert np.median(volume[made.kinds == KINDS[0]]) > 2
    (jump, later), (first, end) = np.mean(news, axis=0), np.mean(pumps, axis=0)
    assert later == pytest.approx(jump, abs=1.5)
    assert first > 4
    assert end < 1.5


def test_news_and_reports_come_as_often_as_said():
    events = [price_news(seed=seed) for seed in range(6)]
    assert np.mean([each == "news" for each in events]) == pytest.approx(0.012, abs=0.0015)
    report = events[0].reshape(750, 12) == "report"
    for asset in range(12):
        assert set(np.diff(np.flatnonzero(report[:, asset]))) == {63}


def test_frauds_have_their_lengths_and_stand_apart(markets):
    for made in markets:
        pumps, washes = frauds(made, KINDS[0]), frauds(made, KINDS[1])
        assert len(pumps) == 22
        assert {len(each) for each in pumps} == {3, 4}
        assert len(washes) == 15
        assert {len(each) for each in washes} <= set(range(4, 11))


def test_wash_trades_move_volume_and_no_price(markets):
    for made in markets:
        wash, normal = made.kinds == KINDS[1], made.y == 0
        volume, move = column(made, "volume / usual"), np.abs(column(made, "return [%]"))
        same = column(made, "repeated sizes [%]")
        assert np.median(volume[wash]) > 1.2 * np.median(volume[normal])
        assert np.median(same[wash]) > 1.4 * np.median(same[normal])
        assert np.median(move[wash]) < 1.5 * np.median(move[normal])


# --- money


def test_a_pump_takes_from_those_who_buy_before_its_end(markets):
    made = markets[0]
    losses = data.pump_losses(made)
    assert (losses[made.kinds != KINDS[0]] == 0).all()
    opened, close, volume = (made.X[:, place] for place in (0, 1, 4))
    for rows in frauds(made, KINDS[0]):
        for row in rows:
            money = 100_000 * volume[row] / volume[rows].sum()
            shares = money / ((opened[row] + close[row]) / 2)
            assert losses[row] == pytest.approx(max(0, money - shares * close[rows[-1]]))


def test_an_alarm_at_the_first_close_comes_too_late_for_a_part_of_the_loss(markets):
    late = []
    for made in markets:
        losses = pump_losses(made)
        late.append(sum(losses[rows[0]] for rows in frauds(made, KINDS[0])) / losses.sum())
    assert np.mean(late) == pytest.approx(0.28, abs=0.06)


def test_losses_are_those_of_prices_and_of_any_of_their_days(markets):
    made = markets[0]
    whole = pump_losses(made)
    for asset in (3, 7):
        of = made.groups == asset
        assert np.array_equal(pump_losses(made.take(of)), whole[of])
    assert (pump_losses(made.take(made.y == 0)) == 0).all()
    pumps = frauds(made, KINDS[0])
    last = made.take(np.sort([pumps[0][-1], pumps[-1][-1]]))  # of two assets: two pumps of a day
    opened, close = last.X[:, 0], last.X[:, 1]
    expected = 100_000 * np.maximum(0, 1 - 2 * close / (opened + close))
    assert pump_losses(last) == pytest.approx(expected)
    with pytest.raises(TypeError, match="prices is of type list"):
        pump_losses([])
    with pytest.raises(ValueError, match=r"prices is .*; rows of make_prices are expected"):
        pump_losses(data.make_toy())


# --- nothing gives a fraud away


def pooled(markets):
    """Columns, with the size of the return and of a trade, and labels of several markets."""
    X = np.vstack([each.X for each in markets])
    more = np.abs(X[:, 2]), X[:, 4] / X[:, 6]
    return np.column_stack([X, *more]), np.concatenate([each.y for each in markets])


def test_no_column_and_no_two_in_a_small_tree_find_the_fraud(markets):
    X, y = pooled(markets[:3])
    held_out, truth = pooled(markets[3:])
    for each in held_out.T:
        assert 0.1 < roc_auc_score(truth, each) < 0.9
    for pair, scores in by_two_columns(X, y, held_out, "balanced"):
        assert roc_auc_score(truth, scores) < 0.9, pair


def test_assets_days_order_and_rounding_tell_nothing_about_another_market(markets):
    def traces(made):
        day = np.arange(len(made)) // 12
        places = [np.round(1000 * made.X[:, place]) % 10 for place in range(9)]
        calendar = [day, day % 5, day % 7, day % 30, day % 63]
        return np.column_stack([made.groups, *places, *calendar])

    model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    model.fit(np.vstack([traces(each) for each in markets[:3]]), pooled(markets[:3])[1])
    scores = [model.predict_proba(traces(each))[:, 1] for each in markets[3:]]
    assert roc_auc_score(pooled(markets[3:])[1], np.concatenate(scores)) < 0.62
