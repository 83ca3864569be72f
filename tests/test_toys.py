"""data.simulate: the shapes are what they are called, and so are the kinds of anomaly."""

import itertools

from course_utils import data

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

# --- make_toy


@pytest.mark.parametrize("shape", ["moons", "circles", "blobs"])
def test_a_toy_has_the_rows_the_share_and_the_seed_it_was_asked_for(shape):
    toy = data.make_toy(shape, rows=300, prevalence=0.1, seed=5)
    assert (toy.X.shape, toy.n_anomalies) == ((300, 2), 30)
    assert np.array_equal(toy.X, data.make_toy(shape, rows=300, prevalence=0.1, seed=5).X)
    assert not np.array_equal(toy.X, data.make_toy(shape, rows=300, prevalence=0.1, seed=6).X)
    assert 0 < toy.y[:100].sum() < 30  # in random order


def test_noiseless_shapes_lie_where_the_docstring_says():
    circles = data.make_toy("circles", noise=0)
    assert np.allclose(np.linalg.norm(circles.X, axis=1), np.where(circles.y == 1, 0.5, 1.0))
    blobs = data.make_toy("blobs", noise=0)
    assert np.array_equal(blobs.X[:, 0], np.where(blobs.y == 1, 1.0, -1.0))
    assert not blobs.X[:, 1].any()
    moons = data.make_toy("moons", noise=0)
    upper, lower = moons.X[moons.y == 0], moons.X[moons.y == 1]
    assert np.allclose(np.linalg.norm(upper, axis=1), 1)
    assert (upper[:, 1] >= 0).all()
    assert np.allclose(np.linalg.norm(lower - [1, 0.5], axis=1), 1)
    assert (lower[:, 1] <= 0.5).all()


def test_noise_is_a_standard_deviation():
    blobs = data.make_toy("blobs", rows=4000, noise=0.3)
    spread = blobs.X[blobs.y == 0].std(axis=0)
    assert spread == pytest.approx(0.3, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"shape": "stars"}, ValueError, "shape is 'stars'; one of 'moons', 'circles', 'blobs'"),
        ({"rows": 0}, ValueError, "rows is 0; a whole number of at least 1"),
        ({"rows": 5, "prevalence": 0.01}, ValueError, "rows is 5; at prevalence 0.01"),
        ({"rows": 1, "prevalence": 0.5}, ValueError, "rows is 1; at prevalence 0.5"),
        ({"noise": -1}, ValueError, r"noise is -1; a number in \[0, ∞\)"),
        ({"prevalence": 0.9}, ValueError, r"prevalence is 0.9; a number in \(0, 0.5\]"),
        ({"seed": None}, TypeError, "seed is None"),
    ],
)
def test_an_impossible_toy_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        data.make_toy(**arguments)


# --- make_kinds


def z_score(X):
    return np.abs((X - X.mean(axis=0)) / X.std(axis=0)).max(axis=1)


def mahalanobis(X):
    centred = X - X.mean(axis=0)
    return np.einsum("ij,jk,ik->i", centred, np.linalg.inv(np.cov(X.T)), centred)


def neighbours(X):
    return NearestNeighbors(n_neighbors=6).fit(X).kneighbors(X)[0][:, -1]  # itself and five


def local_outlier_factor(X, neighbours=20):
    return -LocalOutlierFactor(neighbours).fit(X).negative_outlier_factor_


def isolation_forest(X):
    return -IsolationForest(random_state=0).fit(X).score_samples(X)


@pytest.fixture(scope="module", params=[0, 1, 2])
def kinds(request):
    return data.make_kinds(seed=request.param)


def found(made, scores, kind):
    """AUROC of these scores with one kind of anomaly among the normal rows."""
    rows = (made.kinds == "") | (made.kinds == kind)
    return roc_auc_score(made.kinds[rows] == kind, scores[rows])


def test_kinds_has_the_rows_and_anomalies_it_was_asked_for(kinds):
    names, counts = np.unique(kinds.kinds, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "": 900,
        "clustered": 25,
        "dependency": 25,
        "global": 25,
        "local": 25,
    }
    assert len(set(kinds.kinds[:100].tolist())) > 2  # in random order
    assert len(data.make_kinds(rows=94, anomalies=1)) == 94


def test_kinds_follow_their_seed():
    assert np.array_equal(data.make_kinds(seed=4).X, data.make_kinds(seed=4).X)
    assert not np.array_equal(data.make_kinds(seed=4).X, data.make_kinds(seed=5).X)


@pytest.mark.parametrize(
    "detector", [z_score, mahalanobis, neighbours, local_outlier_factor, isolation_forest]
)
def test_global_anomalies_are_found_by_all(kinds, detector):
    assert found(kinds, detector(kinds.X), "global") > 0.98


def test_local_anomalies_need_a_local_view(kinds):
    assert found(kinds, local_outlier_factor(kinds.X), "local") > 0.98
    assert found(kinds, z_score(kinds.X), "local") < 0.75
    assert found(kinds, mahalanobis(kinds.X), "local") < 0.75
    assert found(kinds, neighbours(kinds.X), "local") < 0.9


def test_dependency_anomalies_need_both_columns_at_once(kinds):
    assert found(kinds, mahalanobis(kinds.X), "dependency") > 0.9
    assert found(kinds, z_score(kinds.X), "dependency") < 0.55
    odd = kinds.X[kinds.kinds == "dependency"]
    normal = kinds.X[kinds.kinds == ""]
    assert (odd > normal.min(axis=0)).all()
    assert (odd < normal.max(axis=0)).all()


def test_clustered_anomalies_hide_behind_one_another(kinds):
    assert found(kinds, local_outlier_factor(kinds.X, 5), "clustered") < 0.65
    assert found(kinds, local_outlier_factor(kinds.X, 20), "clustered") < 0.5
    assert found(kinds, neighbours(kinds.X), "clustered") < 0.5
    assert found(kinds, local_outlier_factor(kinds.X, 50), "clustered") > 0.9
    assert found(kinds, mahalanobis(kinds.X), "clustered") > 0.95


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": 189}, "rows is 189; a whole number of at least 190"),
        ({"anomalies": 0}, "anomalies is 0; a whole number of at least 1"),
    ],
)
def test_impossible_kinds_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.make_kinds(**arguments)


# --- make_series


@pytest.fixture(scope="module", params=[0, 1, 2])
def series(request):
    return data.make_series(seed=request.param)


def by_hour(values):
    """Distance from the median of the same hour of the day, shape as values."""
    hour = np.arange(values.size) % 24
    usual = np.array([np.median(values[hour == each]) for each in range(24)])
    return np.abs(values - usual[hour])


def test_a_series_has_its_windows_after_a_quiet_third(series):
    assert len(series) == 1500
    assert (np.diff(series.time) == np.timedelta64(1, "h")).all()
    windows = data.windows(series)
    lengths = sorted((kind, stop - start) for start, stop, kind in windows)
    assert lengths == sorted(
        [("point", 1)] * 6 + [("contextual", 3)] * 6 + [("collective", 36)] * 2
    )
    assert windows[0][0] >= 500
    gaps = [after[0] - before[1] for before, after in itertools.pairwise(windows)]
    assert min(gaps) >= 2


def test_a_series_follows_its_seed():
    assert np.array_equal(data.make_series(seed=4).X, data.make_series(seed=4).X)
    assert not np.array_equal(data.make_series(seed=4).X, data.make_series(seed=5).X)


def test_point_anomalies_lie_outside_the_range_of_all_others(series):
    values = series.X[:, 0]
    rest = values[series.kinds != "point"]
    points = values[series.kinds == "point"]
    assert ((points < rest.min()) | (points > rest.max())).all()


def test_contextual_anomalies_are_ordinary_values_at_the_wrong_hour(series):
    values = series.X[:, 0]
    wrong = values[series.kinds == "contextual"]
    normal = values[series.kinds == ""]
    assert ((wrong > normal.min()) & (wrong < normal.max())).all()
    assert found(series, z_score(series.X), "contextual") < 0.65
    assert found(series, by_hour(values), "contextual") > 0.98


def test_collective_anomalies_lack_the_season_and_are_ordinary_one_by_one(series):
    values = series.X[:, 0]
    assert found(series, z_score(series.X), "collective") < 0.2
    spread = np.array([values[max(row - 12, 0) : row + 12].std() for row in range(1500)])
    assert found(series, -spread, "collective") > 0.95


@pytest.mark.parametrize("rows", [1000, 1001, 2345])
def test_a_series_of_any_length_holds_all_windows(rows):
    for seed in range(20):
        made = data.make_series(rows, seed=seed)
        assert len(data.windows(made)) == 14
        assert data.windows(made)[0][0] >= rows // 3


def test_a_short_series_is_refused():
    with pytest.raises(ValueError, match="rows is 999; a whole number of at least 1000"):
        data.make_series(999)
