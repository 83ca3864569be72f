"""data.payments: a stream that looks back only, drifts where it says, and hides its rings."""

from course_utils import data
from course_utils.data.simulators.payments import (
    COLUMNS,
    KINDS,
    make_payments,
    payment_changes,
    report_times,
)

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="module", params=[0, 1, 2])
def payments(request):
    return make_payments(seed=request.param)


@pytest.fixture(scope="module")
def third(payments):
    """All frauds and every third of the other payments, for what learns from them."""
    return payments.take((payments.y == 1) | (np.arange(len(payments)) % 3 == 0))


def column(made, name):
    return made.X[:, made.feature_names.index(name)]


def found(made, scores, kind, rows=True):
    """AUROC of these scores with one kind of anomaly among the normal rows."""
    rows = ((made.kinds == "") | (made.kinds == kind)) & rows
    return roc_auc_score(made.kinds[rows] == kind, scores[rows])


# --- form


def test_payments_have_the_rows_shares_and_columns_they_were_asked_for():
    made = make_payments(rows=4000, days=60, prevalence=0.05, seed=4)
    names, counts = np.unique(made.kinds, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "": 3800,
        "card testing": 50,
        "fraud ring": 70,
        "stolen card": 80,
    }
    assert made.feature_names == COLUMNS
    assert (np.diff(made.time) >= np.timedelta64(0, "s")).all()
    assert made.time[0] >= np.datetime64("2026-01-05")
    assert made.time[-1] < np.datetime64("2026-01-05") + np.timedelta64(60, "D")


@pytest.mark.parametrize(
    ("rows", "days", "prevalence"), [(2000, 30, 0.04), (2001, 400, 0.5), (9999, 31, 0.02)]
)
def test_any_allowed_size_works(rows, days, prevalence):
    for seed in range(10):
        made = make_payments(rows, days, prevalence, seed)
        assert len(made) == rows
        assert made.n_anomalies == round(rows * prevalence)
        assert set(made.kinds.tolist()) == {"", *KINDS}


def test_payments_follow_their_seed_and_touch_no_global_one():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = make_payments(rows=10_000, seed=4)
    reports = report_times(first, seed=3)
    assert np.array_equal(np.random.get_state()[1], before)
    assert np.array_equal(first.X, make_payments(rows=10_000, seed=4).X)
    assert np.array_equal(first.time, make_payments(rows=10_000, seed=4).time)
    assert not np.array_equal(first.X, make_payments(rows=10_000, seed=5).X)
    assert np.array_equal(reports, report_times(first, seed=3), equal_nan=True)
    assert not np.array_equal(reports, report_times(first, seed=4), equal_nan=True)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": 1999}, ValueError, "rows is 1999; a whole number of at least 2000"),
        ({"days": 29}, ValueError, "days is 29; a whole number of at least 30"),
        ({"prevalence": 0.9}, ValueError, r"prevalence is 0.9; a number in \(0, 0.5\]"),
        ({"prevalence": 0.001}, ValueError, "a kind of fraud has 12 payments; at least 20"),
        ({"seed": 1.5}, TypeError, "seed is 1.5"),
    ],
)
def test_impossible_payments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_payments(**arguments)


def test_a_stream_is_not_shuffled():
    with pytest.raises(ValueError, match="series"):
        data.split(make_payments(rows=10_000))


# --- the columns look back, and are right


def test_columns_stay_within_their_meaning(payments):
    assert (column(payments, "amount [EUR]") >= 0.01).all()
    assert set(column(payments, "online")) == {0, 1}
    assert set(column(payments, "weekday")) == set(range(7))
    assert (
        column(payments, "distance from home [km]")[column(payments, "online") == 1] == 0
    ).all()
    midnight = payments.time.astype("datetime64[D]")
    hour = (payments.time - midnight) / np.timedelta64(1, "h")
    assert column(payments, "hour [h]") == pytest.approx(hour, abs=0.0101)
    monday_is_0 = (midnight.astype(int) + 3) % 7  # 1970-01-01 was a Thursday
    assert np.array_equal(column(payments, "weekday"), monday_is_0)


def test_columns_that_look_back_are_what_a_slow_loop_finds():
    made = make_payments(rows=3000, days=40, prevalence=0.2, seed=1)
    customer, merchant = made.X[:, 0], made.X[:, 1]
    hours = (made.time - made.time[0]) / np.timedelta64(1, "h")
    amount = column(made, "amount [EUR]")
    for row in range(0, 3000, 11):
        mine = np.flatnonzero(customer[:row] == customer[row])
        since = min(hours[row] - hours[mine[-1]], 720) if mine.size else 720
        assert column(made, "since last payment [h]")[row] == pytest.approx(since, abs=0.006)
        today = (hours[row] - hours[mine] <= 24).sum() + 1
        assert column(made, "payments in 24 h")[row] == today
        sold = (hours[row] - hours[:row][merchant[:row] == merchant[row]] <= 24).sum() + 1
        assert column(made, "merchant's payments in 24 h")[row] == sold
        usual = np.exp(np.log(amount[mine]).mean()) if mine.size else amount[row]
        ratio = column(made, "amount / usual amount")[row]
        assert ratio == pytest.approx(amount[row] / usual, abs=0.0006)
        new = merchant[row] not in merchant[mine]
        assert column(made, "first time at merchant")[row] == new


# --- the kinds


def test_the_kinds_are_what_they_are_called(payments):
    stolen, testing, ring = (payments.kinds == kind for kind in KINDS)
    normal = payments.kinds == ""
    assert np.median(column(payments, "since last payment [h]")[stolen]) < 6
    assert np.median(column(payments, "since last payment [h]")[normal]) > 24
    assert np.median(column(payments, "amount [EUR]")[testing]) < 12
    assert (column(payments, "online")[testing] == 1).all()
    assert np.unique(payments.X[ring, 0]).size <= 36
    assert np.unique(payments.X[ring, 1]).size <= 12
    assert column(payments, "amount [EUR]")[ring].max() <= 60
    members = np.isin(payments.X[:, 0], payments.X[ring, 0])
    assert normal[members].sum() > 500  # the accounts of a ring pay like others besides


def test_no_column_alone_gives_a_kind_away(payments):
    for name in COLUMNS:
        for kind in KINDS:
            area = found(payments, column(payments, name), kind)
            assert 0.05 < area < 0.95, (name, kind)


def test_an_isolation_forest_finds_stolen_cards_and_misses_rings(third):
    features = StandardScaler().fit_transform(third.X[:, 2:])
    scores = -IsolationForest(random_state=0).fit(features).score_samples(features)
    assert found(third, scores, "stolen card") > 0.88
    assert found(third, scores, "card testing") > 0.7
    assert found(third, scores, "fraud ring") < 0.65


def test_a_ring_shows_best_in_who_pays_whom(third):
    """Learned from the labels of every other week, by the two numbers alone and without them."""
    week = (third.time - third.time[0]) // np.timedelta64(7, "D")
    even = week % 2 == 0
    areas = {}
    for name, columns in (("numbers", slice(0, 2)), ("rest", slice(2, None))):
        model = HistGradientBoostingClassifier(max_iter=50, random_state=0)
        model.fit(third.X[even, columns], third.kinds[even] == "fraud ring")
        scores = model.predict_proba(third.X[:, columns])[:, 1]
        areas[name] = found(third, scores, "fraud ring", ~even)
    assert areas["numbers"] > 0.9
    assert areas["rest"] < areas["numbers"]


# --- drift


def test_customers_change_after_half_of_the_days(payments):
    change = payment_changes()["normal"]
    before = (payments.time < change) & (payments.y == 0)
    after = (payments.time >= change) & (payments.y == 0)
    online = column(payments, "online")
    assert online[before].mean() == pytest.approx(0.25, abs=0.015)
    assert online[after].mean() == pytest.approx(0.42, abs=0.015)


def test_fraud_changes_after_seven_tenths_of_the_days(payments):
    change = payment_changes()["fraud"]
    amount = column(payments, "amount [EUR]")
    for kind, sinks in (("stolen card", True), ("fraud ring", True), ("card testing", False)):
        before = np.median(amount[(payments.kinds == kind) & (payments.time < change)])
        after = np.median(amount[(payments.kinds == kind) & (payments.time >= change)])
        assert (after < before) == sinks, kind


def test_a_model_of_the_first_half_loses_sight_after_the_change(third):
    change = payment_changes()
    early = third.time < change["normal"]
    model = HistGradientBoostingClassifier(random_state=0)
    scores = model.fit(third.X[early, 2:], third.y[early]).predict_proba(third.X[:, 2:])
    middle = (third.time >= change["normal"]) & (third.time < change["fraud"])
    late = third.time >= change["fraud"]
    for kind in ("stolen card", "fraud ring"):
        lost = found(third, scores[:, 1], kind, middle) - found(third, scores[:, 1], kind, late)
        assert lost > 0.03, kind


def test_changes_follow_the_days():
    changes = payment_changes(days=100)
    assert changes["normal"] == np.datetime64("2026-02-24T00:00:00")
    assert changes["fraud"] == np.datetime64("2026-03-16T00:00:00")
    with pytest.raises(ValueError, match="days is 3; a whole number of at least 30"):
        payment_changes(3)


# --- delayed labels


def test_labels_become_known_late_or_never(payments):
    reports = report_times(payments)
    assert reports.dtype == np.dtype("datetime64[s]")
    assert np.isnat(reports[payments.y == 0]).all()
    fraud = payments.y == 1
    assert np.isnat(reports[fraud]).mean() == pytest.approx(0.1, abs=0.05)
    days = (reports - payments.time)[~np.isnat(reports)] / np.timedelta64(1, "D")
    assert days.min() > 0
    assert np.median(days) == pytest.approx(12, rel=0.2)


def test_reports_need_a_stream():
    with pytest.raises(TypeError, match="payments is of type list"):
        report_times([])
    with pytest.raises(ValueError, match="payments has no time"):
        report_times(data.make_toy())
