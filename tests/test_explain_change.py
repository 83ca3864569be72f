"""Smallest changes: against a grid that tries everything, and what must always hold."""

import functools

from course_utils import detectors, explain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM
from small_detectors import EVERY, fitted, related
from test_image_detectors import fitted as fitted_on_images
from test_image_detectors import textures

properties = settings(max_examples=15, deadline=None, derandomize=True)


def cloud(n=300, seed=0):
    """Two related columns, of different size."""
    rows = np.random.default_rng(seed).normal(size=(n, 2))
    return rows @ np.array([[2.0, 100.0], [0.0, 40.0]]) + [5, -300]


@functools.cache
def of_two_columns(kind):
    """A detector of two columns, its scores, the range and a threshold."""
    train = cloud()
    if kind is IsolationForest:
        detector = kind(n_estimators=30, random_state=0).fit(train)
    else:
        choices = {} if kind is detectors.DeepSVDD else {"latent_units": 1}
        detector = kind(device="cpu", **choices).fit(train)
    reach = 0.3 * np.ptp(train, axis=0)
    low, high = train.min(axis=0) - reach, train.max(axis=0) + reach
    scores = explain.scores_of(detector)
    return detector, scores, low, high, np.quantile(scores(train), 0.95)


def by_grid(scores, X, low, high, threshold, points=201):
    """Return the smallest change to a point of a grid that the detector decides otherwise on."""
    axes = np.linspace(low, high, points).T
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    above = scores(grid) > threshold
    sizes = []
    for row, is_above in zip(X, scores(X) > threshold, strict=True):
        others = grid[above != is_above]
        sizes.append((np.abs(others - row) / (high - low)).max(axis=1).min())
    return np.array(sizes)


@pytest.mark.parametrize(
    ("kind", "method", "asked"),
    [
        (detectors.AutoEncoder, "gradients", 600),
        (detectors.VAE, "gradients", 600),
        (detectors.DeepSVDD, "gradients", 600),
        (detectors.AutoEncoder, "search", 1000),
        (IsolationForest, "search", 2000),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_no_grid_finds_a_much_smaller_change(kind, method, asked):
    detector, scores, low, high, threshold = of_two_columns(kind)
    X = np.random.default_rng(1).uniform(low, high, (24, 2))
    X = np.concatenate([X, cloud(16, seed=2).clip(low, high)])
    alarms = scores(X) > threshold
    assert 10 < alarms.sum() < 30  # both ways are tried
    found = explain.smallest_change(detector, X, low, high, threshold, method, asked)
    best = by_grid(scores, X, low, high, threshold)
    assert (found.sizes <= 1.1 * best).all()


def assert_holds(found, X, before, after, low, high, threshold):
    """What every change must be, whatever found it."""
    turned = np.isfinite(found.sizes)
    assert found.rows.shape == X.shape
    np.testing.assert_array_equal(found.rows[~turned], X[~turned])
    np.testing.assert_allclose(found.scores, after(found.rows), rtol=1e-4)
    np.testing.assert_array_equal((found.scores > threshold) != (before > threshold), turned)
    assert (found.rows >= np.minimum(low, X)).all()
    assert (found.rows <= np.maximum(high, X)).all()
    moved = np.abs(found.rows - X)
    moves = np.broadcast_to(high > low, X.shape[1:])
    assert not moved[:, ~moves].any()
    shares = (moved[:, moves] / np.broadcast_to(high - low, X.shape[1:])[moves]).reshape(
        len(X), -1
    )
    np.testing.assert_allclose(shares.max(axis=1)[turned], found.sizes[turned])


def bent(X):
    """A score with a plateau, bends, a jump, and a column that it ignores."""
    return np.maximum(np.abs(X[:, 0]) - 0.5, 0) + np.abs(X[:, 1] - X[:, 0]) + 2 * (X[:, 1] > 1)


@properties
@given(st.integers(2, 6), st.integers(1, 7), st.integers(0, 99), st.floats(0.05, 3), st.booleans())
def test_a_change_turns_the_decision_within_the_box(d, n, seed, threshold, fixed):
    generator = np.random.default_rng(seed)
    X = 2 * generator.normal(size=(n, d))
    low, high = -np.ones(d), 1 + generator.random(d)  # some rows lie outside
    if fixed:
        low[-1] = high[-1] = 0.3
    kept, score = X.copy(), bent
    found = explain.smallest_change(score, X, low, high, threshold, "search", 60, seed=seed)
    assert_holds(found, X, score(X), score, low, high, threshold)
    np.testing.assert_array_equal(X, kept)
    assert (found.asked <= 60).all()
    again = explain.smallest_change(score, X, low, high, threshold, "search", 60, seed=seed)
    np.testing.assert_array_equal(found.rows, again.rows)


@EVERY
@pytest.mark.parametrize("method", ["gradients", "search"])
def test_detectors_are_silenced_and_alarmed(kind, method):
    detector, train = fitted(kind), related()
    low, high = train.min(axis=0), train.max(axis=0)
    odd = train[:8] + 6 * train.std(axis=0) * np.eye(6)[[0, 3] * 4]  # far outside the range
    X = np.concatenate([train[8:16], odd])
    before = detector.decision_function(X)

    def ask():
        return explain.smallest_change(
            detector, X, low, high, method=method, asked=200, background=train
        )

    found = ask()
    assert_holds(found, X, before, detector.decision_function, low, high, detector.threshold_)
    assert np.isfinite(found.sizes).all()
    np.testing.assert_allclose(ask().rows, found.rows)


@EVERY
def test_a_change_is_smaller_than_noise_that_does_the_same(kind):
    detector, train = fitted(kind), related()
    low, high = train.min(axis=0), train.max(axis=0)
    X = train[detector.labels_ == 1][:20]
    found = explain.smallest_change(detector, X, low, high)
    assert np.isfinite(found.sizes).all()
    signs = np.random.default_rng(0).choice([-1, 1], X.shape)
    noisy = X + found.sizes[:, None] * (high - low) * signs
    assert detector.predict(noisy.clip(low, high)).mean() > 0.5


def test_known_rows_bound_the_change():
    detector, scores, low, high, threshold = of_two_columns(IsolationForest)
    train = cloud()
    X = np.array([low, high])
    quiet = train[scores(train) <= threshold]
    bound = [(np.abs(quiet - row) / (high - low)).max(axis=1).min() for row in X]
    found = explain.smallest_change(
        detector, X, low, high, threshold, "search", asked=20, background=train
    )
    assert (found.sizes <= np.array(bound) + 1e-12).all()


def test_more_questions_never_find_less():
    detector, _, low, high, threshold = of_two_columns(detectors.DeepSVDD)
    X = np.random.default_rng(3).uniform(low, high, (10, 2))
    sizes = [
        explain.smallest_change(detector, X, low, high, threshold, asked=asked).sizes
        for asked in (40, 120, 400)
    ]
    assert (sizes[0] >= sizes[1]).all()
    assert (sizes[1] >= sizes[2]).all()


def test_a_plane_needs_what_geometry_says():
    X, weights = np.array([[0.2, 0.9, 0.5], [0.9, 0.1, 0.5]]), np.array([2.0, -1.0, 0.0])

    class Plane:
        threshold_ = 0.0

        def decision_function(self, X):
            return X @ weights

        def score_gradients(self, X):
            return np.tile(weights, (len(X), 1))

    found = explain.smallest_change(Plane(), X, 0, 1)
    np.testing.assert_allclose(found.sizes, np.abs(X @ weights) / 3, rtol=0.03)
    assert (found.rows[:, 2] == 0.5).all()


def test_what_cannot_be_turned_is_infinite_and_stays():
    found = explain.smallest_change(lambda X: np.zeros(len(X)), related(3), 0, 1, 1.0, "search")
    assert np.isinf(found.sizes).all()
    np.testing.assert_array_equal(found.rows, related(3))
    one = np.array([[0.5, 0.5]])
    found = explain.smallest_change(bent, one, one[0], one[0], 0.1, "search")  # nothing may move
    assert np.isinf(found.sizes).all()


@pytest.mark.parametrize(
    "detector",
    [IsolationForest(random_state=0), LocalOutlierFactor(novelty=True), OneClassSVM(nu=0.05)],
    ids=lambda each: type(each).__name__,
)
def test_scikit_learn_s_own_decision_is_what_turns(detector):
    train = related()
    detector.fit(train)
    low, high = train.min(axis=0), train.max(axis=0)
    X = np.concatenate([train[:5], (low + high) / 2 + (high - low) * [[0.4, -0.4] * 3] * 5])
    found = explain.smallest_change(detector, X, low, high, method="search", asked=300)
    turned = np.isfinite(found.sizes)
    assert turned.mean() > 0.8
    np.testing.assert_array_equal(detector.predict(X) != detector.predict(found.rows), turned)


@pytest.mark.parametrize("method", ["gradients", "search"])
def test_images_are_silenced(method):
    detector = fitted_on_images(detectors.PatchCore)
    scores = detector.decision_function(textures().X)
    rows = scores.argsort()[[-1, -2, 0]]
    X, threshold = textures().X[rows], np.sort(scores)[-3]
    found = explain.smallest_change(detector, X, 0, 1, threshold, method, asked=50)
    floats = X / 255
    assert_holds(found, floats, scores[rows], detector.decision_function, 0.0, 1.0, threshold)
    if method == "gradients":
        assert (found.sizes < 0.1).all()
    assert X.dtype == np.uint8


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda X: explain.smallest_change(bent, X, 0, 1, 0), TypeError, 'method="search"'),
        (lambda X: explain.smallest_change(bent, X, 0, 1, method="search"), ValueError, "thresh"),
        (lambda X: explain.smallest_change(bent, X, 1, 0, 0, "search"), ValueError, "low is ab"),
        (lambda X: explain.smallest_change(bent, X, 0, [1], 0, "search"), ValueError, "high has"),
        (lambda X: explain.smallest_change(bent, X, 0, np.inf, 0, "search"), ValueError, "high h"),
        (lambda X: explain.smallest_change(bent, X, 0, 1, 0, "luck"), ValueError, "method"),
        (lambda X: explain.smallest_change(bent, X, 0, 1, 0, "search", 3), ValueError, "asked"),
        (lambda X: explain.smallest_change(3, X, 0, 1, 0, "search"), TypeError, "detector is 3"),
        (lambda X: explain.smallest_change(bent, X * np.nan, 0, 1, 0, "search"), ValueError, "X"),
        (
            lambda X: explain.smallest_change(bent, X, 0, 1, 0, "search", background=X[:, :2]),
            ValueError,
            "background has rows of shape",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(ask, error, words):
    with pytest.raises(error, match=words):
        ask(np.random.default_rng(0).normal(size=(4, 3)))
