"""data.make_network: columns look back only; kinds and harmless news come on their day."""

from pathlib import Path

from course_utils import data
from course_utils.data.simulators import network, network_activities
from course_utils.data.simulators.network import (
    COLUMNS,
    KNOWN,
    NEW,
    START,
    make_network,
    network_changes,
)

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from small_trees import by_two_columns

CARD = Path(__file__).parents[1] / "datasets" / "network.md"
BACKUP_HOST = network_activities.BACKUP[0]


@pytest.fixture(scope="module", params=[0, 1, 2])
def made(request):
    return make_network(seed=request.param)


def column(made, name):
    return made.X[:, COLUMNS.index(name)]


def area_of(y, values):
    """AUROC in the direction that is the better one."""
    area = roc_auc_score(y, values)
    return max(area, 1 - area)


# --- form


def test_a_network_has_the_rows_shares_and_columns_it_was_asked_for():
    made = data.make_network(rows=6000, days=28, seed=4)
    assert (made.X.shape, made.n_anomalies) == ((6000, 14), 300)
    assert dict(zip(*np.unique(made.kinds, return_counts=True), strict=True)) == {
        "": 5700, **dict.fromkeys(KNOWN + NEW, 50),
    }  # fmt: skip
    assert made.feature_names == COLUMNS
    assert (np.diff(made.time) >= np.timedelta64(0, "s")).all()
    assert made.time[0] >= START
    assert made.time[-1] < START + np.timedelta64(28, "D")
    assert set(made.groups) == set(range(46))


@pytest.mark.parametrize(("rows", "days"), [(2000, 14), (2001, 100), (9999, 20)])
def test_any_allowed_size_works(rows, days):
    for seed in range(5):
        made = make_network(rows, days, seed)
        assert len(made) == rows
        assert made.n_anomalies == round(0.05 * rows) or abs(made.n_anomalies - 0.05 * rows) < 1
        assert set(made.kinds.tolist()) == {"", *KNOWN, *NEW}
        assert (made.time[np.isin(made.kinds, NEW)] >= network_changes(days)["attacks"]).all()


def test_a_network_follows_its_seed_and_touches_no_global_one():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, again = (make_network(rows=4000, seed=4) for _ in range(2))
    assert np.array_equal(np.random.get_state()[1], before)
    for name in ("X", "y", "kinds", "time", "groups"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.X, make_network(rows=4000, seed=5).X)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": 1999}, ValueError, "rows is 1999; a whole number of at least 2000"),
        ({"days": 13}, ValueError, "days is 13; a whole number of at least 14"),
        ({"seed": 1.5}, TypeError, "seed is 1.5"),
    ],
)
def test_an_impossible_network_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_network(**arguments)


def test_changes_follow_the_days():
    changes = data.network_changes()
    assert changes["attacks"] == changes["video"] == np.datetime64("2026-03-16")  # day 14
    assert changes["backup"] == np.datetime64("2026-03-17")
    assert network_changes(30)["attacks"] == START + np.timedelta64(20, "D")
    with pytest.raises(ValueError, match="days is 7"):
        network_changes(7)


# --- the columns


def test_columns_stay_within_their_meaning(made):
    ports = made.X[:, 4:8]
    assert set(np.unique(made.X[:, 4:10])) == {0, 1}
    assert ports.sum(axis=1).max() == 1
    midnight = made.time.astype("datetime64[D]")
    hour = (made.time - midnight) / np.timedelta64(1, "h")
    assert column(made, "hour [h]") == pytest.approx(hour, abs=0.006)
    connections = column(made, "connections in 60 s")
    assert (made.X[:, 11:13] >= 1).all()
    assert (made.X[:, 11:13] <= connections[:, None]).all()
    assert (column(made, "duration [s]") >= 0).all()
    traffic = column(made, "bytes out [B]") + column(made, "bytes in [B]")
    assert column(made, "packets") == pytest.approx(np.ceil(4 + traffic / 1000), abs=1)


def test_connections_that_look_back_are_what_a_slow_loop_finds(made):
    second = (made.time - START) / np.timedelta64(1, "s")
    for row in range(0, len(made), 97):
        same = np.flatnonzero(made.groups[: row + 1] == made.groups[row])
        count = sum(second[row] - second[other] <= 60 for other in same)
        assert column(made, "connections in 60 s")[row] == count


def test_hosts_and_ports_are_counted_once_and_none_of_another_source():
    drawn = {
        "second": np.array([0.0, 10, 20, 30, 61, 75]),
        "source": np.array([3, 3, 4, 3, 3, 3]),
        "target": np.array([7, 8, 9, 7, 7, 120]),
        "port": np.array([22, 22, 53, 443, 443, 443]),
        "sizes": np.ones((6, 3)),
        "failed": np.zeros(6, dtype=bool),
    }
    columns = network._columns(drawn)
    assert columns[:, 10].tolist() == [1, 2, 1, 3, 3, 3]
    assert columns[:, 11].tolist() == [1, 2, 1, 2, 2, 2]
    assert columns[:, 12].tolist() == [1, 1, 1, 2, 2, 1]
    assert columns[:, 8].tolist() == [0, 0, 0, 0, 0, 1]


# --- what comes when


def test_new_kinds_come_after_the_change_and_known_ones_before_it_too(made):
    late = made.time >= network_changes()["attacks"]
    assert late[np.isin(made.kinds, NEW)].all()
    for kind in KNOWN:
        assert 0.1 < late[made.kinds == kind].mean() < 0.75


def test_harmless_news_come_after_the_change(made):
    normal, changes = made.y == 0, network_changes()
    video = normal & (column(made, "duration [s]") > 300) & (column(made, "web port") == 1)
    video &= column(made, "bytes in [B]") > 2e7
    late = made.time >= changes["video"]
    assert video[late & normal].mean() > 0.05
    assert video[~late & normal].mean() < 0.002
    backup = (made.groups == BACKUP_HOST) & (column(made, "file port") == 1) & normal
    moved = made.time >= changes["backup"]
    hour = column(made, "hour [h]")
    assert (hour[backup & ~moved] < 8).all()
    assert ((hour[backup & moved] > 17) | (hour[backup & moved] < 2.5)).all()


def test_the_kinds_are_what_they_are_called(made):
    def median(kind, name):
        return np.median(column(made, name)[made.kinds == kind])

    assert median("port scan", "ports in 60 s") > 4
    assert column(made, "failed")[made.kinds == "port scan"].mean() > 0.65
    assert (column(made, "login port")[made.kinds == "password guessing"] == 1).all()
    assert median("flood", "connections in 60 s") > 5
    assert median("slow scan", "connections in 60 s") == 1
    assert median("exfiltration", "bytes out [B]") > 2e7
    tunnel = made.kinds == "tunnel"
    assert (made.X[tunnel][:, [5, 8]] == 1).all()  # to a name port, outside


# --- how hard it is


def test_no_column_and_no_small_tree_gives_the_attacks_away():
    seen, judged = make_network(seed=0), make_network(seed=1)
    for made in (seen, judged):
        assert max(area_of(made.y, values) for values in made.X.T) < 0.85
    best = 0
    for _, scores in by_two_columns(seen.X, seen.y, judged.X, "balanced"):
        best = max(best, area_of(judged.y, scores))
    assert 0.75 < best < 0.9


def test_trees_know_what_they_were_shown_and_neighbours_alarm_on_what_is_new(made):
    day = ((made.time - START) // np.timedelta64(1, "D")).astype(int)
    held_out, late = np.isin(day, [1, 6, 8]), day >= 14
    train = ~held_out & ~late
    normal = made.y == 0
    trees = HistGradientBoostingClassifier(max_iter=50, random_state=0)
    by_trees = trees.fit(made.X[train], made.y[train]).predict_proba(made.X)[:, 1]
    X = made.X.copy()
    X[:, [0, 1, 2, 3, 10, 11, 12]] = np.log1p(X[:, [0, 1, 2, 3, 10, 11, 12]])
    angle = X[:, 13] * np.pi / 12
    X = np.column_stack([X[:, :13], np.sin(angle), np.cos(angle)])
    X = StandardScaler().fit(X[train & normal]).transform(X)
    near = NearestNeighbors(n_neighbors=5).fit(X[train & normal])
    by_distance = near.kneighbors(X)[0].mean(axis=1)
    known, new = (late & np.isin(made.kinds, kinds) for kinds in (KNOWN, NEW))
    usual = late & normal

    def area(scores, odd):
        return roc_auc_score(odd[odd | usual], scores[odd | usual])

    assert area(by_trees, known) > 0.97
    assert area(by_trees, new) < 0.93
    assert area(by_distance, new) > 0.85
    line = np.quantile(by_distance[held_out & normal], 0.99)
    assert (by_distance > line)[usual].mean() > 0.04  # 1 % was asked for
    assert (by_distance > line)[new].mean() > (by_trees > np.quantile(
        by_trees[held_out & normal], 0.99
    ))[new].mean()  # fmt: skip


# --- the card


def test_the_card_says_what_is_made():
    card = CARD.read_text(encoding="utf-8")
    made = make_network()
    assert f"{made.n_features} features" in card
    assert f"{made.n_anomalies:,} anomalies ({100 * made.prevalence:.2f} %)" in card
    for name in (*network_activities.ACTIVITIES, *network_changes(), made.licence):
        assert name in card
    for name in COLUMNS:
        assert name.partition(" [")[0] in card
