"""The classical detectors compute their formulas, and all of them keep the same promises."""

import warnings

from course_utils import baselines

import numpy as np
import pytest
import sklearn
from sklearn import ensemble, neighbors
from sklearn.base import clone
from sklearn.covariance import EmpiricalCovariance
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LOOKING = [  # all that look at the data
    baselines.ZScore,
    baselines.IQR,
    baselines.Mahalanobis,
    baselines.KMeansDistance,
    baselines.KNearestNeighbours,
    baselines.LocalOutlierFactor,
    baselines.IsolationForest,
]
ALL = [*LOOKING, baselines.RandomScores]
SEEDED = [baselines.KMeansDistance, baselines.IsolationForest, baselines.RandomScores]

every = pytest.mark.parametrize("detector_class", ALL)
every_looking = pytest.mark.parametrize("detector_class", LOOKING)


@pytest.fixture
def rows():
    """Return 200 correlated rows of 3 columns with unlike units."""
    rng = np.random.default_rng(0)
    mixing = np.array([[1.0, 0.8, 0.0], [0.0, 0.6, 0.0], [0.0, 0.0, 1.0]])
    return rng.normal(size=(200, 3)) @ mixing * [1.0, 10.0, 0.01] + [0.0, 5.0, 100.0]


@pytest.fixture
def new_rows(rows):
    return np.random.default_rng(1).permuted(rows, axis=0)[:50] * 1.1


# --- the formulas ---------------------------------------------------------------------------


def test_z_score_is_the_largest_column_distance_in_standard_deviations(rows, new_rows):
    expected = [
        max(abs(row[j] - np.mean(rows[:, j])) / np.std(rows[:, j]) for j in range(3))
        for row in new_rows
    ]
    assert baselines.ZScore().fit(rows).decision_function(new_rows) == pytest.approx(expected)


def test_iqr_measures_the_distance_outside_the_middle_half():
    detector = baselines.IQR().fit([[1.0], [2.0], [3.0], [4.0], [5.0]])  # Q1 = 2, Q3 = 4
    scores = detector.decision_function([[3.0], [2.0], [4.0], [0.0], [7.0]])
    assert scores.tolist() == [0.0, 0.0, 0.0, 1.0, 1.5]


def test_mahalanobis_agrees_with_scikit_learn(rows, new_rows):
    expected = np.sqrt(EmpiricalCovariance().fit(rows).mahalanobis(new_rows))
    scores = baselines.Mahalanobis().fit(rows).decision_function(new_rows)
    assert scores == pytest.approx(expected, rel=1e-6)


def test_mahalanobis_is_the_same_in_any_units_and_with_mixed_columns_added(rows, new_rows):
    plain = baselines.Mahalanobis().fit(rows).decision_function(new_rows)
    mixing = np.random.default_rng(0).normal(size=(3, 30))  # rounding makes them near-copies

    def changed(X):
        return np.column_stack([X * [1e6, 1e-6, -3.0] + 7, X @ mixing])

    scores = baselines.Mahalanobis().fit(changed(rows)).decision_function(changed(new_rows))
    assert scores == pytest.approx(plain, rel=1e-5)


def test_mahalanobis_takes_rounding_for_no_spread(rows):
    mixing = np.random.default_rng(0).normal(size=(3, 30))
    mixed = np.column_stack([rows, rows @ mixing])  # 33 columns, but rows differ in 3 directions
    detector = baselines.Mahalanobis().fit(mixed)
    _, _, directions = np.linalg.svd((mixed - mixed.mean(axis=0)) / mixed.std(axis=0))
    moved = mixed + mixed.std(axis=0) * directions[-1]  # in a direction without spread
    assert detector.decision_function(moved) == pytest.approx(
        detector.decision_function(mixed), rel=1e-5
    )


def test_k_means_distance_reaches_to_the_nearest_centre(rows, new_rows):
    detector = baselines.KMeansDistance(clusters=4, seed=3).fit(rows)
    centres = detector.model_.cluster_centers_
    expected = [min(np.linalg.norm(row - centre) for centre in centres) for row in new_rows]
    assert len(centres) == 4
    assert detector.decision_function(new_rows) == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 5, 500])
def test_k_nearest_neighbours_reaches_to_the_kth_row(rows, new_rows, k):
    expected = [
        sorted(np.linalg.norm(row - other) for other in rows)[min(k, 200) - 1] for row in new_rows
    ]
    detector = baselines.KNearestNeighbours(neighbours=k).fit(rows)
    assert detector.decision_function(new_rows) == pytest.approx(expected)


def test_local_outlier_factor_is_scikit_learns_with_the_sign_turned(rows, new_rows):
    theirs = neighbors.LocalOutlierFactor(n_neighbors=7, novelty=True).fit(rows)
    ours = baselines.LocalOutlierFactor(neighbours=7).fit(rows)
    assert ours.decision_function(new_rows) == pytest.approx(-theirs.score_samples(new_rows))


def test_isolation_forest_is_scikit_learns_with_the_sign_turned(rows, new_rows):
    rows, new_rows = rows - [0, 0, 100], new_rows - [0, 0, 100]  # whose third column is float64
    theirs = ensemble.IsolationForest(n_estimators=20, random_state=3).fit(rows)
    ours = baselines.IsolationForest(trees=20, seed=3).fit(rows)
    assert ours.decision_function(new_rows) == pytest.approx(-theirs.score_samples(new_rows))


def test_random_scores_are_even_and_not_the_stream_that_labels_are_drawn_from():
    scores = baselines.RandomScores(seed=0).fit([[0.0]]).decision_function(np.zeros((10_000, 1)))
    assert 0 <= scores.min() < 0.01
    assert 0.99 < scores.max() < 1
    assert scores.mean() == pytest.approx(0.5, abs=0.01)
    drawn_elsewhere = np.random.default_rng(0).random(10_000)
    assert abs(np.corrcoef(scores, drawn_elsewhere)[0, 1]) < 0.05


# --- what all of them promise ---------------------------------------------------------------


@every_looking
def test_a_row_far_away_scores_higher_than_the_fitted_rows(detector_class, rows):
    scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    detector = detector_class().fit(scaled)
    # Not all of them: to an isolation forest, far away is no more than the edge of the data.
    usual = np.quantile(detector.decision_function(scaled), 0.95)
    assert detector.decision_function(np.full((1, 3), 20.0))[0] > usual


@every
def test_same_rows_and_same_seed_give_the_same_scores(detector_class, rows, new_rows):
    detector = detector_class().fit(rows)
    first = detector.decision_function(new_rows)
    assert first.shape == (50,)
    assert first.dtype == np.float64
    assert np.array_equal(detector.decision_function(new_rows), first)
    assert np.array_equal(detector_class().fit(rows).decision_function(new_rows), first)


@every_looking
def test_a_score_does_not_depend_on_the_rows_beside_it(detector_class, rows, new_rows):
    detector = detector_class().fit(rows)
    alone = [detector.decision_function(row[np.newaxis])[0] for row in new_rows[:5]]
    assert detector.decision_function(new_rows)[:5] == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize("detector_class", SEEDED)
def test_seeds_differ(detector_class, rows, new_rows):
    scores = [detector_class(seed=s).fit(rows).decision_function(new_rows) for s in (0, 1)]
    assert not np.allclose(*scores)


@every
def test_constant_columns_give_finite_scores(detector_class, rows):
    # Rounding gives 200 × 0.1 a standard deviation of 1e-17.
    constant = np.column_stack([rows, np.full(200, 0.1), np.zeros(200)])
    scores = detector_class().fit(constant).decision_function(constant)
    assert np.isfinite(scores).all()
    moved = constant.copy()
    moved[:, 3:] += 0.5
    assert np.isfinite(detector_class().fit(constant).decision_function(moved)).all()


@pytest.mark.parametrize("detector_class", [baselines.ZScore, baselines.IQR])
def test_a_change_in_a_constant_column_counts_in_its_own_unit(detector_class):
    detector = detector_class().fit(np.full((7, 1), 0.1))
    assert detector.decision_function([[0.1], [2.1]]) == pytest.approx([0.0, 2.0])


@every
def test_one_row_can_be_scored_and_all_but_one_detector_fitted_on_it(detector_class):
    if detector_class is baselines.LocalOutlierFactor:
        with pytest.raises(ValueError, match=r"^X has 1 row; at least 2"):
            detector_class().fit([[1.0, 2.0]])
    else:
        scores = detector_class().fit([[1.0, 2.0]]).decision_function([[1.0, 2.0]])
        assert np.isfinite(scores).all()


@every
def test_few_rows_are_enough_whatever_the_default_arguments(detector_class):
    few = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])  # fewer than clusters and neighbours
    assert np.isfinite(detector_class().fit(few).decision_function(few)).all()


@every
def test_lists_and_integers_are_welcome_and_the_rows_stay_as_they_were(detector_class, rows):
    before = rows.copy()
    rows.flags.writeable = False  # as the loaders return them
    detector_class().fit(rows).decision_function(rows)
    assert np.array_equal(rows, before)
    assert detector_class().fit([[1, 2], [3, 4], [5, 7]]).decision_function([[1, 2]]).shape == (1,)


@every
def test_the_global_generator_is_left_alone(detector_class, rows):
    np.random.seed(0)
    detector_class().fit(rows).decision_function(rows)
    after = np.random.random()
    np.random.seed(0)
    assert np.random.random() == after


@every
def test_it_is_a_scikit_learn_estimator(detector_class, rows, new_rows):
    detector = detector_class()
    assert clone(detector.fit(rows)).get_params() == detector_class().get_params()
    assert detector_class(**detector.get_params()).get_params() == detector.get_params()
    pipeline = make_pipeline(StandardScaler(), detector_class()).fit(rows)
    scaler = StandardScaler().fit(rows)
    by_hand = detector_class().fit(scaler.transform(rows))
    assert pipeline.decision_function(new_rows) == pytest.approx(
        by_hand.decision_function(scaler.transform(new_rows))
    )


@every
def test_scoring_before_fitting_is_refused(detector_class):
    with pytest.raises(NotFittedError, match=detector_class.__name__):
        detector_class().decision_function([[1.0]])


@every
@pytest.mark.parametrize(
    "X",
    [None, "text", [], [1.0, 2.0], [[]], [[1.0, np.nan]], [[np.inf, 1.0]], [["a", "b"]]],
    ids=str,
)
def test_rows_that_do_not_fit_are_refused(detector_class, X):
    with pytest.raises((TypeError, ValueError), match=r"^X "):
        detector_class().fit(X)
    fitted = detector_class().fit([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises((TypeError, ValueError), match=r"^X "):
        fitted.decision_function(X)


@every
def test_rows_of_another_width_are_refused(detector_class):
    fitted = detector_class().fit([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ValueError, match=r"^X has 3 columns; 2 expected"):
        fitted.decision_function([[1.0, 2.0, 3.0]])


IN_OWN_UNIT = (baselines.KMeansDistance, baselines.KNearestNeighbours)


@every_looking
@pytest.mark.parametrize(
    "unit", [1e-300, 1e-160, 1e-39, 1e-9, 1e39, 1e160, 1e300], ids=lambda unit: f"{unit:g}"
)
def test_scores_do_not_depend_on_the_unit(detector_class, rows, new_rows, unit):
    plain = detector_class().fit(rows).decision_function(new_rows)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = detector_class().fit(rows * unit).decision_function(new_rows * unit)
    if detector_class in IN_OWN_UNIT:
        scores = scores / unit
    assert scores == pytest.approx(plain, rel=1e-6)


@every_looking
def test_scores_do_not_depend_on_where_zero_is(detector_class, rows, new_rows):
    seconds = np.array([1.7e9, 0.0, 0.0])  # as since 1970, of which float32 knows every 128th
    plain = detector_class().fit(rows).decision_function(new_rows)
    moved = detector_class().fit(rows + seconds).decision_function(new_rows + seconds)
    assert moved == pytest.approx(plain, rel=1e-5, abs=1e-6)


@every_looking
def test_a_row_at_the_end_of_float64_has_a_finite_score(detector_class, rows):
    detector = detector_class().fit(rows)
    far = [[1e300, 0.0, 0.0], [-1.7e308, 1.7e308, 0.0], [0.0, 0.0, 1e160]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = detector.decision_function(far)
    assert np.isfinite(scores).all()
    assert (scores > np.median(detector.decision_function(rows))).all()


def test_mahalanobis_of_more_columns_than_rows_is_the_same_found_otherwise(monkeypatch):
    generator = np.random.default_rng(0)
    X, new = generator.normal(size=(20, 40)), generator.normal(size=(30, 40))
    X[:, 5], X[:, 7] = X[:, 6], 2.0
    plain = baselines.Mahalanobis().fit(X)
    monkeypatch.setattr(baselines, "WIDE", 39)
    wide = baselines.Mahalanobis().fit(X)
    assert plain.precision_.shape == (40, 40)
    assert wide.roots_.shape == (19, 40)
    assert wide.decision_function(new) == pytest.approx(plain.decision_function(new), rel=1e-8)
    assert (
        baselines.Mahalanobis().fit(np.ones((3, 40))).decision_function(new).tolist() == [0] * 30
    )


def test_a_covariance_that_takes_minutes_is_announced(monkeypatch, rows):
    monkeypatch.setattr(baselines, "SLOW", 2)
    with pytest.warns(UserWarning, match=r"^X has 200 rows and 3 columns: the cov") as said:
        baselines.Mahalanobis().fit(rows)
    assert said[0].filename == __file__


@every
def test_what_scikit_learn_was_told_changes_nothing(detector_class, rows, new_rows):
    plain = detector_class().fit(rows).decision_function(new_rows)
    with sklearn.config_context(transform_output="pandas", enable_metadata_routing=True):
        scores = detector_class().fit(rows).decision_function(new_rows)
    assert type(scores) is np.ndarray
    assert np.array_equal(scores, plain)


@pytest.mark.parametrize("value", [0, -1, 1.5, None, "3", True])
@pytest.mark.parametrize(
    ("detector_class", "argument"),
    [
        (baselines.KMeansDistance, "clusters"),
        (baselines.KNearestNeighbours, "neighbours"),
        (baselines.LocalOutlierFactor, "neighbours"),
        (baselines.IsolationForest, "trees"),
    ],
)
def test_counts_that_are_none_are_refused(detector_class, argument, value):
    with pytest.raises((TypeError, ValueError), match=f"^{argument} "):
        detector_class(**{argument: value}).fit([[1.0], [2.0]])


@pytest.mark.parametrize("value", [-1, 1.5, None, "3", True])
@pytest.mark.parametrize("detector_class", SEEDED)
def test_seeds_that_are_none_are_refused(detector_class, value):
    with pytest.raises((TypeError, ValueError), match=r"^seed "):
        detector_class(seed=value).fit([[1.0], [2.0]])


def test_a_classifier_becomes_a_detector():
    generator = np.random.default_rng(0)
    y = np.repeat([0, 1], 50)
    X = generator.normal(size=(100, 2)) + 2 * y[:, None]
    ours = baselines.WithLabels(LogisticRegression()).fit(X, y)
    assert ours.needs_labels
    oracle = LogisticRegression().fit(X, y).predict_proba(X)[:, 1]
    assert np.array_equal(ours.decision_function(X), oracle)
    with pytest.raises(ValueError, match="y holds"):
        baselines.WithLabels(LogisticRegression()).fit(X, np.zeros(100))
    masked = np.ma.masked_less(X, X.min() + 0.1)
    for call in (lambda: ours.fit(masked, y), lambda: ours.decision_function(masked)):
        with pytest.raises(ValueError, match="X has a masked entry in row"):
            call()
