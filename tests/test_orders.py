"""data.orders: the patterns are what the card says, and no column gives one away."""

from course_utils import data
from course_utils.data.simulators.orders import COLUMNS, KINDS, make_orders

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

IDENTIFIERS = COLUMNS[:3]


@pytest.fixture(scope="module", params=[0, 1, 2])
def orders(request):
    return make_orders(seed=request.param)


def column(made, name):
    return made.X[:, made.feature_names.index(name)]


def found(made, scores, kind):
    """AUROC of these scores with one kind of anomaly among the normal rows."""
    rows = (made.kinds == "") | (made.kinds == kind)
    return roc_auc_score(made.kinds[rows] == kind, scores[rows])


# --- form


def test_orders_have_the_rows_shares_and_columns_they_were_asked_for():
    made = make_orders(rows=3000, prevalence=0.05, seed=4)
    names, counts = np.unique(made.kinds, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "": 2850,
        "account takeover": 37,
        "bulk resale": 38,
        "card testing": 45,
        "price error": 30,
    }
    assert made.feature_names == COLUMNS
    assert np.array_equal(made.y == 1, made.kinds != "")


@pytest.mark.parametrize(("rows", "prevalence"), [(500, 0.02), (501, 0.5), (7777, 0.013)])
def test_any_allowed_size_works(rows, prevalence):
    for seed in range(10):
        made = make_orders(rows, prevalence, seed)
        assert len(made) == rows
        assert made.n_anomalies == round(rows * prevalence)
        assert set(made.kinds.tolist()) == {"", *KINDS}


def test_orders_follow_their_seed_and_touch_no_global_one():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = make_orders(rows=2000, seed=4)
    assert np.array_equal(np.random.get_state()[1], before)
    assert np.array_equal(first.X, make_orders(rows=2000, seed=4).X)
    assert np.array_equal(first.kinds, make_orders(rows=2000, seed=4).kinds)
    assert not np.array_equal(first.X, make_orders(rows=2000, seed=5).X)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": 499}, ValueError, "rows is 499; a whole number of at least 500"),
        ({"rows": 2e4}, TypeError, "rows is 20000.0; a whole number"),
        ({"prevalence": 0}, ValueError, r"prevalence is 0; a number in \(0, 0.5\]"),
        ({"rows": 500, "prevalence": 0.002}, ValueError, "rows is 500; at prevalence 0.002"),
        ({"seed": None}, TypeError, "seed is None"),
    ],
)
def test_impossible_orders_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_orders(**arguments)


# --- the columns agree with one another


def test_columns_stay_within_their_meaning(orders):
    assert (orders.X >= 0).all()
    for name in (*IDENTIFIERS, "quantity", "basket size [products]", "failed payments"):
        assert np.array_equal(column(orders, name), np.round(column(orders, name)))
    assert (column(orders, "quantity") >= 1).all()
    assert (column(orders, "basket size [products]") >= 1).all()
    assert (column(orders, "hour [h]") < 24).all()
    bought = column(orders, "quantity") * column(orders, "price [EUR]")
    assert (
        column(orders, "total [EUR]") >= bought - 0.5 - 0.005 * column(orders, "quantity")
    ).all()


def test_order_numbers_count_the_arrivals(orders):
    assert (np.diff(column(orders, "order number")) == 1).all()


def test_one_product_has_one_list_price_and_one_user_one_day_of_signing_up(orders):
    product, price = column(orders, "product number"), column(orders, "list price [EUR]")
    assert np.unique(np.stack([product, price]), axis=1).shape[1] == np.unique(product).size
    frame = orders.frame()
    days = frame.groupby("user number")["account age [d]"]
    assert (days.max() - days.min() <= 90).all()  # the orders of one user lie in 90 days
    in_turn = frame[frame["user number"].duplicated(keep=False)].groupby("user number")
    assert in_turn["account age [d]"].apply(lambda age: age.is_monotonic_increasing).all()


def test_user_numbers_follow_the_day_of_signing_up(orders):
    user, age = column(orders, "user number"), column(orders, "account age [d]")
    assert np.corrcoef(np.argsort(np.argsort(user)), np.argsort(np.argsort(age)))[0, 1] < -0.85


def test_orders_of_the_last_day_are_counted_on_the_table():
    made = make_orders(rows=1500, prevalence=0.2, seed=1)
    user, age = column(made, "user number"), column(made, "account age [d]")
    counted = column(made, "orders in 24 h")
    for row in range(0, 1500, 7):
        gap = age[row] - age[:row][user[:row] == user[row]]
        sure, possible = (gap < 0.98).sum() + 1, (gap < 1.02).sum() + 1  # ages are rounded
        assert sure <= counted[row] <= possible


def test_a_split_keeps_each_user_on_one_side(orders):
    parts = data.split(orders)
    users = [set(part.groups.tolist()) for part in (parts.train, parts.validation, parts.test)]
    assert not users[0] & users[1]
    assert not users[0] & users[2]
    assert not users[1] & users[2]


# --- the patterns


def test_the_patterns_are_what_they_are_called(orders):
    def median(name, kind):
        return np.median(column(orders, name)[orders.kinds == kind])

    assert median("quantity", "bulk resale") >= 5
    assert median("account age [d]", "bulk resale") < 30 < median("account age [d]", "")
    assert median("account age [d]", "card testing") < 30
    assert column(orders, "failed payments")[orders.kinds == "card testing"].mean() > 1
    assert median("total [EUR]", "card testing") < median("total [EUR]", "") / 2
    assert median("address distance [km]", "account takeover") > 50
    assert column(orders, "account age [d]")[orders.kinds == "account takeover"].min() > 90
    paid = column(orders, "price [EUR]") / column(orders, "list price [EUR]")
    slip = paid[orders.kinds == "price error"]
    assert (np.isclose(slip, 0.1, atol=0.01) | np.isclose(slip, 10, rtol=0.01)).all()
    assert paid[orders.kinds == ""].min() > 0.18
    assert paid[orders.kinds == ""].max() < 1.01


def test_no_column_alone_gives_a_pattern_away(orders):
    for name in COLUMNS[3:]:
        for kind in KINDS:
            area = found(orders, column(orders, name), kind)
            assert 0.05 < area < 0.95, (name, kind)


def test_the_patterns_are_no_easy_prey(orders):
    orders = orders.take(slice(None, None, 3))
    features = StandardScaler().fit_transform(orders.X[:, 3:])
    forest = -IsolationForest(random_state=0).fit(features).score_samples(features)
    distance = NearestNeighbors(n_neighbors=6).fit(features).kneighbors(features)[0][:, -1]
    for scores in (forest, distance):
        assert 0.55 < roc_auc_score(orders.y, scores) < 0.85


def test_the_patterns_can_be_learned():
    parts = data.split(make_orders(seed=0))
    model = HistGradientBoostingClassifier(max_iter=40, random_state=0)
    model.fit(parts.train.X[:, 3:], parts.train.y)
    learned = model.predict_proba(parts.test.X[:, 3:])[:, 1]
    assert roc_auc_score(parts.test.y, learned) > 0.9


def test_order_numbers_are_a_trap(orders):
    """Bursts stand close together: the share of fraud among the next numbers gives them away."""
    around = np.convolve(orders.y, np.ones(41), mode="same") - orders.y
    assert found(orders, around, "card testing") > 0.95
    assert found(orders, around, "price error") < 0.65
