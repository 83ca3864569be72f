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


def column(made, name):
    return made.X[:, made.feature_names.index(name)]


def test_prices_have_a_row_for_each_day_and_asset():
    made = data.make_prices(assets=3, days=250, seed=4)
    assert len(made) == 750
    assert made.feature_names == COLUMNS
    assert set(made.kinds.tolist()) == {"", *KINDS}
    assert made.groups.reshape(250, 3).tolist() == [[0, 1, 2]] * 250
    days = made.time.reshape(250, 3)
    assert (days == days[:, :1]).all()
    assert np.is_busday(days[:, 0].astype("datetime64[D]")).all()
    assert (np.diff(days[:, 0]) > np.timedelta64(0, "D")).all()
    assert price_news(assets=3, days=250, seed=4).shape == (750,)


def test_only_pumps_cost_money():
    made = make_prices()
    losses = pump_losses(made)
    assert (losses[made.kinds != "pump and dump"] == 0).all()
    assert losses.min() == 0
    assert losses.sum() > 10_000
