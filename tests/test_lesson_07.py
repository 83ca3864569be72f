"""Lesson 07: its cures, lines and repairs agree with the libraries, and its exercises are fair."""

from types import SimpleNamespace
from unittest.mock import MagicMock

from course_utils import data, evaluation, network, thresholds
from course_utils.course import lessons
from course_utils.exercises import lesson_07 as ex
from course_utils.exercises import quantiles

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
    "train take-steps weighed-losses focal-slopes smote-by-hand five-rules outcome reliability "
    "calibration-error find-the-temperature"
)


@pytest.fixture(scope="module")
def taught():
    """What the notebook's own cells define, run on a small table."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [1100, 100])
    part = data.AnomalyData(
        rng.normal(size=(1200, 3)) + y[:, None], y, ("a", "b", "c"), "rows", "drawn", "MIT"
    )
    names = {name: MagicMock() for name in ("plots", "ask", "expect", "pd")}
    names |= {"network": network, "np": np, "special": special, "optimize": optimize}
    names |= {"thresholds": thresholds, "evaluation": evaluation}
    names |= {"parts": SimpleNamespace(train=part, validation=part, test=part)}
    z = rng.normal(size=1200) + y
    names |= {"results": {("start at π", 0): (None, {"validation": z}, None)}}
    names |= {exercise.name: exercise._solution for exercise in (ex.focal_loss, ex.synthetic_rows)}
    sources = lessons.sources_of("07")
    for cell in CELLS.split():
        exec(sources[cell], names)
    return SimpleNamespace(**names)


def distance_to_segments(taught, new, rows):
    """Return (m,): how far each new row is from the nearest segment that SMOTE may use."""
    start = np.repeat(rows, 5, axis=0)  # (5n, d)
    way = rows[taught.nearest_fellows(rows)].reshape(start.shape) - start
    gap = new[:, None] - start  # (m, 5n, d)
    share = np.clip((gap * way).sum(axis=2) / (way**2).sum(axis=1), 0, 1)  # (m, 5n)
    return np.linalg.norm(gap - share[..., None] * way, axis=2).min(axis=1)


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
    ours = ex.class_weights._solution(y)
    np.testing.assert_allclose([ours[0], ours[1]], theirs)


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0, 5.0])
def test_the_focal_loss_is_keras_s_row_by_row(gamma):
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 2, 50), rng.uniform(0.02, 0.98, 50)
    loss = keras.losses.BinaryFocalCrossentropy(gamma=gamma, reduction=None)
    theirs = keras.ops.convert_to_numpy(loss(y[:, None].astype("float32"), p[:, None]))
    np.testing.assert_allclose(ex.focal_loss._solution(y, p, gamma), theirs, rtol=1e-4, atol=1e-6)


def test_the_pulls_are_the_slopes_of_the_weighed_losses(taught):
    rng = np.random.default_rng(3)
    z, y = rng.normal(scale=3, size=(9, 1)), rng.integers(0, 2, (9, 1))

    def losses(z, kind):
        p, truth = special.expit(z[:, 0]), y[:, 0]
        if kind == "focal":
            return ex.focal_loss._solution(truth, p, 2.0).mean()
        return (np.where(truth, 3.0, 0.5) * ex.focal_loss._solution(truth, p, 0.0)).mean()

    for kind, loss in (("focal", taught.Focal()), ("weighed", taught.Weighed({0: 0.5, 1: 3.0}))):
        slope = network.numerical_gradient(lambda z, kind=kind: losses(z, kind), z)
        np.testing.assert_allclose(loss.gradient(z, y), slope, rtol=1e-3, atol=1e-6)


def test_the_neighbours_are_scikit_learns(taught, crowd):
    search = neighbors.NearestNeighbors(n_neighbors=6).fit(crowd)
    theirs = search.kneighbors(crowd, return_distance=False)[:, 1:]  # the first is the row itself
    np.testing.assert_array_equal(taught.nearest_fellows(crowd), theirs)


def test_our_smote_and_the_library_s_make_rows_of_the_same_kind(taught, crowd):
    normals = np.random.default_rng(3).normal(size=(460, 3)) + 10
    X, y = np.vstack([normals, crowd]), np.repeat([0, 1], [460, 60])
    library = SMOTE(random_state=0).fit_resample(X, y)[0][len(X) :]
    ours = taught.smote(X, y, 0)[0][len(X) :]
    assert library.shape == ours.shape == (400, 3)
    for new in (library, ours):
        assert distance_to_segments(taught, new, crowd).max() < 1e-9
        assert not (new[:, None] == crowd).all(axis=2).any()  # no copies
    error = np.sqrt(library.var(axis=0) / 400 + ours.var(axis=0) / 400)
    assert np.all(np.abs(library.mean(axis=0) - ours.mean(axis=0)) < 4 * error)
    np.testing.assert_allclose(library.std(axis=0), ours.std(axis=0), rtol=0.2)


def test_one_number_per_column_leaves_the_segments(taught, crowd):
    near = crowd[taught.nearest_fellows(crowd)[:, 0]]
    rng = np.random.default_rng(0)
    off = distance_to_segments(taught, synthetic_rows_per_column(crowd, near, rng), crowd)
    assert np.mean(off > 1e-6) > 0.9
    on = distance_to_segments(taught, ex.synthetic_rows._solution(crowd, near, rng), crowd)
    assert on.max() < 1e-9


@pytest.mark.parametrize("rows", [300, 3000, 6000])
def test_every_training_takes_about_as_many_steps_whatever_the_rows(taught, rows):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(rows, 3)), rng.integers(0, 2, rows)
    taken = []
    taught.train(X, y, steps=60, look=lambda step, model: taken.append(step))
    assert 60 <= taken[-1] < 60 + np.ceil(rows / taught.BATCH)


def test_a_network_starts_at_the_logit_that_it_is_told(taught):
    X = np.zeros((3, 5))
    np.testing.assert_allclose(taught.logits(taught.new_network(5, 0, -3.9), X), -3.9)
    other = np.random.default_rng(0).normal(size=(20, 5))
    apart = taught.logits(taught.new_network(5, 0, 2.0), other)
    np.testing.assert_allclose(apart - taught.logits(taught.new_network(5, 0), other), 2.0)


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
    def price(y, p, line):
        return taught.outcome(y, thresholds.decide(p, line))[3]

    assert price([0, 0, 1, 1], [0.2, 0.8, 0.3, 0.9], 0.5) == 1000 / 4 * (5 + 100)
    y, p = judged
    line = ex.worth_an_alarm._solution(5, 100)
    lowest = price(y, p, thresholds.minimum_cost(y, p, 5, 100))
    assert lowest <= price(y, p, line) < 1.1 * lowest
    spoilt = price(y, special.expit(0.4 * special.logit(p)), line)
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


@pytest.mark.parametrize("method", quantiles.METHODS)
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
