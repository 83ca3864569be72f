"""Lesson 07: its cures, lines and repairs agree with the libraries, and its exercises are fair."""

from types import SimpleNamespace
from unittest.mock import MagicMock

from course_utils import data, evaluation, thresholds
from course_utils.classifier import DenseClassifier
from course_utils.course import lessons
from course_utils.exercises import lesson_07 as ex

import keras
import numpy as np
import pytest
from answers.lesson_07 import synthetic_rows_per_column
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from scipy import optimize, special, stats
from sklearn import calibration, ensemble, linear_model, metrics, neighbors
from sklearn.frozen import FrozenEstimator
from sklearn.utils.class_weight import compute_class_weight

CELLS = (
    "train two-networks balanced-weights focal-is-keras smote-by-hand off-the-segment five-rules "
    "reliability find-the-temperature estimate-the-rate"
)


@pytest.fixture(scope="module")
def taught():
    """What the notebook's own cells define, run on a small table."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [360, 40])
    part = data.AnomalyData(
        rng.normal(size=(400, 3)) + y[:, None], y, ("a", "b", "c"), "rows", "drawn", "MIT"
    )
    names = {name: MagicMock() for name in ("plots", "progress_bar", "ask", "expect", "pd")}
    names |= {"keras": keras, "np": np, "SMOTE": SMOTE, "special": special, "stats": stats}
    names |= {"optimize": optimize, "thresholds": thresholds, "evaluation": evaluation}
    names |= {"parts": SimpleNamespace(train=part, validation=part, test=part), "test_y": y}
    names |= {"splits": [(SimpleNamespace(validation=part),)]}
    z = SimpleNamespace(validation=rng.normal(size=400) + y, test=rng.normal(size=400) + y)
    names |= {"results": {("focal loss", 0): z}}
    sources = lessons.sources_of("07")
    # the two networks of this cell are trained elsewhere; only `logits` is wanted
    sources["two-networks"] = sources["two-networks"].split("\n\n\n")[0]
    names["plain"] = lambda X: X[:, :1]
    for cell in CELLS.split():
        exec(sources[cell], names)
    return SimpleNamespace(**names)


@pytest.fixture
def crowd():
    """Return 60 rows with 3 columns, as anomalies to make new ones from."""
    return np.random.default_rng(1).normal(size=(60, 3)) @ np.diag([1, 2, 0.5])


@pytest.fixture(params=range(3))
def judged(request):
    """Return labels and probabilities that are calibrated by their making, (4000,) each."""
    rng = np.random.default_rng(request.param)
    p = rng.beta(0.5, 4, size=4000).clip(1e-6, 1 - 1e-6)
    return (rng.random(4000) < p).astype(int), p


def test_class_weights_are_scikit_learns(taught):
    y = np.random.default_rng(0).permutation(np.repeat([0, 1], [90, 7]))
    theirs = compute_class_weight("balanced", classes=np.array([0, 1]), y=y)
    for ours in (taught.balanced(y), ex.class_weights._solution(y)):
        np.testing.assert_allclose([ours[0], ours[1]], theirs)


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0, 5.0])
def test_the_focal_loss_is_keras_s_row_by_row(taught, gamma):
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 2, 50), rng.uniform(0.02, 0.98, 50)
    loss = keras.losses.BinaryFocalCrossentropy(gamma=gamma, reduction=None)
    theirs = keras.ops.convert_to_numpy(loss(y[:, None].astype("float32"), p[:, None]))
    np.testing.assert_allclose(taught.focal(y, p, gamma), theirs, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ex.focal_loss._solution(y, p, gamma), theirs, rtol=1e-4, atol=1e-6)


def test_the_neighbours_are_scikit_learns(taught, crowd):
    search = neighbors.NearestNeighbors(n_neighbors=6).fit(crowd)
    theirs = search.kneighbors(crowd, return_distance=False)[:, 1:]  # the first is the row itself
    np.testing.assert_array_equal(taught.nearest_fellows(crowd), theirs)


def test_our_smote_and_the_library_s_make_rows_of_the_same_kind(taught, crowd):
    normals = np.random.default_rng(3).normal(size=(460, 3)) + 10
    X, y = np.vstack([normals, crowd]), np.repeat([0, 1], [460, 60])
    library = SMOTE(random_state=0).fit_resample(X, y)[0][len(X) :]
    ours = taught.smote(crowd, 400, np.random.default_rng(0))
    assert library.shape == ours.shape == (400, 3)
    for new in (library, ours):
        assert taught.distance_to_segments(new, crowd).max() < 1e-9
        assert not (new[:, None] == crowd).all(axis=2).any()  # no copies
    error = np.sqrt(library.var(axis=0) / 400 + ours.var(axis=0) / 400)
    assert np.all(np.abs(library.mean(axis=0) - ours.mean(axis=0)) < 4 * error)
    np.testing.assert_allclose(library.std(axis=0), ours.std(axis=0), rtol=0.2)


def test_one_number_per_column_leaves_the_segments(taught, crowd):
    near = crowd[taught.nearest_fellows(crowd)[:, 0]]
    rng = np.random.default_rng(0)
    off = taught.distance_to_segments(synthetic_rows_per_column(crowd, near, rng), crowd)
    assert np.mean(off > 1e-6) > 0.9
    on = taught.distance_to_segments(ex.synthetic_rows._solution(crowd, near, rng), crowd)
    assert on.max() < 1e-9


@pytest.mark.parametrize("rows", [300, 3000, 6000])
def test_every_training_takes_about_as_many_steps_whatever_the_rows(taught, rows):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(rows, 3)), rng.integers(0, 2, rows)
    model = taught.train(X, y, steps=60)
    assert int(model.optimizer.iterations) == pytest.approx(60, abs=3)


def test_the_untrained_network_is_the_classifier_s_untrained_twin(taught):
    X = np.random.default_rng(0).normal(size=(20, 5))
    ours = taught.logits(taught.train(X, np.zeros(20), seed=3, steps=0), X)
    theirs = DenseClassifier(seed=3).predict_proba(X)
    np.testing.assert_allclose(special.expit(ours), theirs, atol=1e-5)


def test_reliability_is_scikit_learns_calibration_curve(taught, judged):
    y, p = judged
    rows, found, mean = taught.reliability(y, p)
    shares, means = calibration.calibration_curve(y, p, n_bins=10)
    np.testing.assert_allclose(found / rows, shares)
    np.testing.assert_allclose(mean, means)
    by_hand = np.sum(rows / len(y) * np.abs(shares - means))
    assert taught.calibration_error(y, p) == pytest.approx(by_hand)
    assert taught.calibration_error(y, p) < 0.03
    assert taught.calibration_error(y, np.sqrt(p)) > 0.1


def test_a_probability_of_one_falls_into_the_last_bin(taught):
    rows, found, mean = taught.reliability(np.array([0, 1, 1]), np.array([0.0, 1.0, 0.95]))
    np.testing.assert_array_equal(rows, [1, 2])
    np.testing.assert_array_equal(found, [0, 2])
    np.testing.assert_allclose(mean, [0, 0.975])


def test_the_cross_entropy_is_scikit_learns_log_loss(taught, judged):
    y, p = judged
    assert taught.cross_entropy(y, special.logit(p)) == pytest.approx(metrics.log_loss(y, p))


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5])
def test_the_temperature_undoes_a_factor_on_the_logits(taught, judged, factor):
    y, p = judged
    z = factor * special.logit(p)
    found = taught.temperature(y, z)
    assert found == pytest.approx(factor, rel=0.1)
    best = taught.cross_entropy(y, z / found)
    assert best <= min(taught.cross_entropy(y, z / (found * step)) for step in (0.98, 1.02))
    assert evaluation.auroc(y, z / found) == evaluation.auroc(y, z)


def test_the_temperature_is_scikit_learns(taught):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 2))
    y = (rng.random(3000) < special.expit(X @ [2, -1] - 2)).astype(int)
    model = linear_model.LogisticRegression().fit(X, y)
    model.coef_, model.intercept_ = 3 * model.coef_, 3 * model.intercept_  # far too sure
    theirs = calibration.CalibratedClassifierCV(FrozenEstimator(model), method="temperature")
    theirs = theirs.fit(X, y).predict_proba(X)[:, 1]
    z = model.decision_function(X)
    np.testing.assert_allclose(special.expit(z / taught.temperature(y, z)), theirs, atol=2e-3)
    ours = ex.cooled._solution(special.expit(z), taught.temperature(y, z))
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_the_shift_is_bayes_rule_and_dal_pozzolo_s_formula():
    x = np.linspace(-2, 4, 40)
    normal, anomaly = stats.norm.pdf(x), stats.norm.pdf(x, 2)

    def posterior(prevalence):
        return prevalence * anomaly / (prevalence * anomaly + (1 - prevalence) * normal)

    np.testing.assert_allclose(ex.shifted._solution(posterior(0.5), 0.5, 0.02), posterior(0.02))
    kept = 0.02 / 0.98  # share of the normal rows that undersampling keeps
    p = posterior(0.5)
    np.testing.assert_allclose(kept * p / (kept * p - p + 1), posterior(0.02))


def test_the_shift_undoes_oversampling_of_an_exact_model():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [20_000, 600])
    X = rng.normal(size=(20_600, 1)) + 1.5 * y[:, None]
    plain = linear_model.LogisticRegression().fit(X, y).predict_proba(X)[:, 1]
    weighted = linear_model.LogisticRegression(class_weight="balanced").fit(X, y)
    repaired = ex.shifted._solution(weighted.predict_proba(X)[:, 1], 0.5, y.mean())
    np.testing.assert_allclose(repaired, plain, atol=0.02)


def test_the_price_counts_both_mistakes_and_p_star_is_cheapest_where_calibrated(taught, judged):
    assert taught.price([0, 0, 1, 1], [0.2, 0.8, 0.3, 0.9], 0.5) == 1000 / 4 * (5 + 100)
    y, p = judged
    line = ex.worth_an_alarm._solution(5, 100)
    lowest = taught.price(y, p, thresholds.minimum_cost(y, p, 5, 100))
    assert lowest <= taught.price(y, p, line) < 1.1 * lowest
    spoilt = taught.price(y, special.expit(0.4 * special.logit(p)), line)
    assert spoilt > 1.3 * lowest


def test_the_rules_are_the_packages(taught, judged):
    y, p = judged
    rules = taught.five_rules(y, special.logit(p))
    assert len(rules) == 5
    share = np.mean(special.logit(p) > rules["quantile: 2 %"])
    assert share == pytest.approx(0.02, abs=0.002)
    assert np.mean(special.logit(p) > rules["budget: 30 in 1,000"]) <= 0.03
    decisions = ex.alarm_rows._solution(special.logit(p), special.logit(p), 0.02)
    np.testing.assert_array_equal(decisions, special.logit(p) > rules["quantile: 2 %"])


def test_the_contamination_rate_moves_the_line_and_no_score():
    X = np.random.default_rng(0).normal(size=(500, 3))
    forests = [ensemble.IsolationForest(contamination=c, random_state=0) for c in (0.01, 0.2)]
    one, other = (forest.fit(X) for forest in forests)
    np.testing.assert_array_equal(one.score_samples(X), other.score_samples(X))
    assert one.offset_ < other.offset_


def test_the_interval_of_a_rate_is_wilson_s(taught):
    labels = np.repeat([1, 0], [6, 294])
    rate, low, high = taught.rate_interval(labels)
    n, k, z = 300, 6, stats.norm.ppf(0.975)
    middle = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
    np.testing.assert_allclose(
        [rate, low, high], [2, 100 * (middle - half), 100 * (middle + half)]
    )


def test_the_library_s_pipeline_resamples_only_what_it_learns_from():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [180, 20])
    X = rng.normal(size=(200, 2)) + y[:, None]
    seen = []

    class Watch(linear_model.LogisticRegression):
        def fit(self, X, y):
            seen.append(len(X))
            return super().fit(X, y)

    pipeline = Pipeline([("smote", SMOTE(random_state=0)), ("model", Watch())]).fit(X, y)
    assert seen == [360]
    assert pipeline.predict(X).shape == (200,)


QUANTILES = (
    "linear inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf "
    "hazen weibull median_unbiased normal_unbiased lower higher midpoint nearest"
)


@pytest.mark.parametrize("method", QUANTILES.split())
def test_every_convention_of_the_quantile_draws_the_line_right(method):
    for seed in range(40):
        for what, (past, test, share) in ex.alarm_rows._inputs(np.random.default_rng(seed)):
            wanted = ex.alarm_rows._solution(past, test, share)
            got = test > np.quantile(past, 1 - share, method=method)
            assert np.array_equal(got, wanted), what
            assert len(test) == 1 or len(set(wanted)) == 2

    def alarm_rows(past, test, share):
        return test > np.quantile(past, 1 - share, method=method)

    assert ex.alarm_rows.examine(alarm_rows).passed


def test_rows_between_neighbours_are_praised_whatever_the_generator_says():
    """The check is about the share of the way, not about our way to draw from the generator."""
    for number in range(40):

        def synthetic_rows(rows, neighbours, generator, number=number):
            own = np.random.default_rng([number, generator.integers(2**31)])
            return rows + own.random((len(rows), 1)) * (neighbours - rows)

        verdict = ex.synthetic_rows.examine(synthetic_rows)
        assert verdict.passed, verdict


@pytest.mark.parametrize(
    "exercise",
    [ex.class_weights, ex.synthetic_rows, ex.focal_loss, ex.alarm_rows, ex.cooled, ex.shifted],
)
def test_an_answer_that_writes_into_its_arguments_is_told_so_and_harms_no_later_one(exercise):
    def careless(*given):
        result = exercise._solution(*given)
        given[0][...] = 0
        return result

    assert "that it was given" in exercise.examine(careless).message
    assert exercise.examine(exercise._solution).passed


def test_examples_in_the_stubs_hold():
    weights = ex.class_weights._solution(np.array([0, 0, 0, 1]))
    assert [weights[0], weights[1]] == pytest.approx([0.667, 2.0], abs=1e-3)
    one = np.ones(1)
    assert ex.focal_loss._solution(one, 0.5 * one, 2) == pytest.approx([0.173], abs=1e-3)
    assert ex.focal_loss._solution(0 * one, 0.1 * one, 2) == pytest.approx([0.001], abs=1e-4)
    alarms = ex.alarm_rows._solution(np.arange(10.0), [3.0, 9.5], 0.1)
    np.testing.assert_array_equal(alarms, [0, 1])
    assert ex.worth_an_alarm._solution(1, 1) == 0.5
    assert ex.worth_an_alarm._solution(1, 9) == pytest.approx(0.1)
    np.testing.assert_allclose(ex.cooled._solution([0.9, 0.5], 2), [0.75, 0.5])
    np.testing.assert_allclose(ex.shifted._solution([0.5, 0.8], 0.5, 0.2), [0.2, 0.5])
