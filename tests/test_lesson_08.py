"""Lesson 08: its copying errors agree with independent arithmetic; its exercises are fair."""

from dataclasses import replace
from itertools import combinations, pairwise

from course_utils import baselines, data, evaluation, network
from course_utils.course import lessons
from course_utils.exercises import lesson_08 as ex
from course_utils.exercises.lesson_08 import decisions, scores

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

DEFINING_CELLS = (
    "measured-columns",
    "build-hourglass",
    "detector-base",
    "detectors",
    "linear-rival",
    "three-shops",
    "scored-copies",
    "cut-two-ways",
)


@pytest.fixture(scope="module")
def taught():
    """Return the names that the notebook's defining cells make, on a small shop."""
    orders = data.make_orders(rows=4_000, seed=3)
    rows = data.split(orders, protocol="clean-train", seed=3)
    names = {
        "np": np,
        "keras": keras,
        "layers": layers,
        "data": data,
        "PCA": PCA,
        "StandardScaler": StandardScaler,
        "replace": replace,
        "pairwise": pairwise,
        "orders": orders,
        "rows": rows,
        "relative_scores": ex.relative_scores._solution,
    }
    sources = lessons.sources_of("08")
    for cell in DEFINING_CELLS:
        exec(compile(_defining(sources[cell]), cell, "exec"), names)
    names["ready"] = [names["scaled"](rows)]
    return names


def _defining(source):
    """Return a cell without what it makes of three shops."""
    return source.split("\n\n\nshops = ")[0]


@pytest.fixture(scope="module")
def fitted(taught):
    return taught["Autoencoder"](seed=1).fit(taught["X"])


def test_the_columns_are_the_logarithms_of_what_measures(taught):
    orders, measured = taught["orders"], taught["measured"](taught["orders"])
    assert measured.shape == (4_000, 10)
    assert not any("number" in name for name in taught["columns"])
    for j, name in enumerate(taught["columns"]):
        column = orders.X[:, list(orders.feature_names).index(name)]
        wanted = column if name == "hour [h]" else np.log(1 + column)
        np.testing.assert_allclose(measured[:, j], wanted, atol=1e-12)


def test_the_scaler_knows_the_normal_training_rows_alone(taught):
    X = taught["X"]
    assert len(X) == len(taught["rows"].train)
    assert taught["rows"].train.n_anomalies == 0
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(X.std(axis=0), 1, atol=1e-10)
    assert np.abs(taught["X_test"].mean(axis=0)).max() > 1e-4


def test_the_hourglass_is_the_formula(taught):
    """The same numbers from the weights and NumPy's matrix product alone."""
    keras.utils.set_random_seed(5)
    autoencoder, encoder = taught["hourglass"]()
    w = [np.asarray(keras.ops.convert_to_numpy(v), float) for v in autoencoder.weights]
    X = taught["X_test"][:50]
    code = np.tanh(X @ w[0] + w[1]) @ w[2] + w[3]
    copies = np.tanh(code @ w[4] + w[5]) @ w[6] + w[7]
    np.testing.assert_allclose(encoder.predict(X, verbose=0), code, atol=1e-4)
    np.testing.assert_allclose(autoencoder.predict(X, verbose=0), copies, atol=1e-4)
    loss = network.MeanSquaredError().value(copies, X)
    assert autoencoder.evaluate(X, X, verbose=0) == pytest.approx(loss, rel=1e-4)


def test_evaluate_is_the_mean_of_the_squared_errors(fitted, taught):
    X = taught["X_test"]
    from_keras = fitted.model.evaluate(X, X, batch_size=4096, verbose=0)
    assert from_keras == pytest.approx(fitted.squared(X).mean(), rel=1e-4)


def test_training_the_encoder_is_a_by_product(taught):
    """Encoder and autoencoder share their layers, so that training one moves the other."""
    keras.utils.set_random_seed(2)
    autoencoder, encoder = taught["hourglass"]()
    before = encoder.predict(taught["X"][:5], verbose=0)
    autoencoder.fit(taught["X"], taught["X"], batch_size=512, verbose=0)
    assert np.abs(encoder.predict(taught["X"][:5], verbose=0) - before).max() > 1e-3


def test_the_linear_rival_is_what_is_left_of_the_variance(taught):
    """PCA's error is the sum of the eigenvalues that it leaves out; the code spans the rest."""
    X = taught["X"]
    linear = taught["LinearCopies"](3).fit(X)
    eigenvalues = np.linalg.eigvalsh(np.cov(X.T, bias=True))
    assert linear.squared(X).mean() == pytest.approx(eigenvalues[:-3].sum() / 10, rel=1e-9)
    _, _, directions = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    copies = X @ directions[:3].T @ directions[:3]
    np.testing.assert_allclose(linear.copy(X), copies, atol=1e-8)


def test_a_straight_hourglass_comes_down_to_pca(taught):
    """A linear autoencoder's error cannot be below PCA's, and training brings it near."""
    X = taught["X"]
    keras.utils.set_random_seed(0)
    inputs = keras.Input((10,))
    straight = keras.Model(inputs, layers.Dense(10)(layers.Dense(3)(inputs)))
    straight.compile(keras.optimizers.Adam(0.02), loss="mse")
    straight.fit(X, X, epochs=60, batch_size=512, verbose=0)
    least = taught["LinearCopies"](3).fit(X).squared(X).mean()
    reached = straight.evaluate(X, X, batch_size=4096, verbose=0)
    assert least * (1 - 1e-5) <= reached <= 1.1 * least


def test_scores_do_not_depend_on_the_batch(fitted, taught):
    X = taught["X_test"][:40]
    together = fitted.decision_function(X)
    alone = np.concatenate([fitted.decision_function(row[None]) for row in X])
    np.testing.assert_allclose(alone, together, rtol=1e-3)
    np.testing.assert_allclose(fitted.decision_function(X[::-1])[::-1], together, rtol=1e-3)


def test_scores_are_the_exercise_s_formula(fitted, taught):
    X, X_test = taught["X"], taught["X_test"]
    wanted = ex.relative_scores._solution(fitted.squared(X), fitted.squared(X_test))
    np.testing.assert_allclose(fitted.decision_function(X_test), wanted, rtol=1e-4)
    assert fitted.decision_function(X).mean() == pytest.approx(1, rel=1e-4)


def test_same_seed_same_network_and_training_pays(fitted, taught):
    X, X_test, y = taught["X"], taught["X_test"], taught["rows"].test.y
    again = taught["Autoencoder"](seed=1).fit(X)
    scores = fitted.decision_function(X_test)
    np.testing.assert_allclose(again.decision_function(X_test), scores, rtol=1e-3)
    untrained = taught["Autoencoder"](seed=1)
    assert fitted.squared(X).mean() < 0.8 * untrained.squared(X).mean()
    assert evaluation.auroc(y, scores) > 0.6


def test_by_time_no_later_order_is_trained_on(taught):
    train, validation, test = taught["by_time"](taught["orders"], 0)
    assert train.X[:, 0].max() < validation.X[:, 0].min()
    assert validation.X[:, 0].max() < test.X[:, 0].min()
    assert len(train) + len(validation) + len(test) == 4_000


def test_the_ready_shops_hold_what_the_lesson_made(taught):
    shop = taught["ready"][0]
    np.testing.assert_allclose(shop.train.X, taught["X"], atol=1e-12)
    np.testing.assert_allclose(shop.test.X, taught["X_test"], atol=1e-12)


def test_pca_with_relative_errors_beats_a_z_score(taught):
    X, X_test, y = taught["X"], taught["X_test"], taught["rows"].test.y
    ours = taught["LinearCopies"]().fit(X).decision_function(X_test)
    theirs = baselines.ZScore().fit(X).decision_function(X_test)
    precise = [evaluation.average_precision(y, scores) for scores in (ours, theirs)]
    assert precise[0] > 1.5 * precise[1]


def test_a_scored_copier_is_not_fitted_again(fitted, taught):
    X = taught["X_test"][:50]
    scored = taught["Scored"](fitted, ex.better_scores._solution)
    wanted = ex.better_scores._solution(fitted.seen, fitted.squared(X))
    np.testing.assert_allclose(scored.fit(None).decision_function(X), wanted, rtol=1e-4)


def test_the_deviation_beats_the_mean_in_other_shops_too():
    """The score that the check takes is no accident of its eight shops."""
    gains = []
    for train, new, y in map(scores._shop, range(209, 215)):
        ours, theirs = (
            evaluation.average_precision(y, each._solution(train, new))
            for each in (ex.better_scores, ex.relative_scores)
        )
        gains.append(ours / theirs)
    assert min(gains) > 0.9
    assert np.mean(gains) > 1.03


def test_examples_in_the_stubs_hold():
    train = np.array([[1.0, 0.0, 8.0], [2.0, np.e - 1, 12.0]])
    np.testing.assert_allclose(ex.prepare._solution(train, train)[0], [[-1, -1], [1, 1]])
    train, new = np.array([[1.0, 4.0], [3.0, 4.0]]), np.array([[2.0, 8.0]])
    np.testing.assert_allclose(ex.relative_scores._solution(train, new), [1.5])
    scores = np.arange(101.0)
    limit = ex.alarm_threshold._solution(scores, np.zeros(101, int), scores * 9, 0.1)
    assert limit == pytest.approx(90)
    ones, zeros = np.ones(2), np.zeros(2)
    name, actual, expected = ex.explain._solution(
        np.array([0.0, 2.0]), zeros, ones, zeros, ones, ["a", "b"]
    )
    assert (name, expected) == ("b", 0)
    assert actual == pytest.approx(np.e**2 - 1)
    repaired = ex.best_value._solution(
        np.array([1.0, 5.0]), 1, [-1, 3], lambda X: X.sum(axis=1) ** 2
    )
    np.testing.assert_allclose(repaired, [1, -1])


def test_each_wrong_rule_for_a_column_leaves_a_trace_of_its_own():
    """Names are told apart by the columns that they choose, so no two rules may choose alike."""
    generator = np.random.default_rng(8)
    cases = [decisions._explained_order(generator, 5) for _ in range(20)]
    rules = [rule for rule, _ in decisions.WRONG_COLUMNS]
    rules.append(lambda off, row, usual: np.argmax(off**2 / usual))
    chosen = [
        tuple(int(rule(row - copy, row, usual)) for row, copy, usual, *_ in cases)
        for rule in rules
    ]
    for one, other in combinations(chosen, 2):
        assert np.not_equal(one, other).sum() >= 3
