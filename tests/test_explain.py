"""Explanations against slow plain sums, captum-like paths by hand, and what must always hold."""

import itertools
import math

from course_utils import detectors, explain

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import IsolationForest
from small_detectors import EVERY, fitted, related

properties = settings(max_examples=15, deadline=None, derandomize=True)


def bent(X):
    """A score with bends and pairs of columns."""
    return np.abs(X[:, 0]) * X[:, -1] + np.tanh(X).sum(axis=1) + (X.max(axis=1) > 1)


def rows(n, d, seed):
    return np.random.default_rng(seed).normal(size=(n, d))


def plain_shapley(score, row, background):
    """The definition, subset by subset."""
    d = len(row)

    def worth(chosen):
        mixed = background.copy()
        for column in chosen:
            mixed[:, column] = row[column]
        return score(mixed).mean()

    values = []
    for column in range(d):
        others = [each for each in range(d) if each != column]
        total = 0.0
        for size in range(d):
            weight = math.factorial(size) * math.factorial(d - size - 1) / math.factorial(d)
            for chosen in itertools.combinations(others, size):
                total += weight * (worth((*chosen, column)) - worth(chosen))
        values.append(total)
    return values


@properties
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 99))
def test_shapley_values_are_those_of_the_definition(d, m, seed):
    X, background = rows(3, d, seed), rows(m, d, seed + 1)
    found = explain.shapley_values(bent, X, background)
    for row, values in zip(X, found, strict=True):
        np.testing.assert_allclose(values, plain_shapley(bent, row, background), atol=1e-12)
    total = bent(X) - bent(background).mean()
    np.testing.assert_allclose(found.sum(axis=1), total, atol=1e-12)


def test_sampled_values_come_near_the_exact_ones_and_add_up():
    X, background = rows(4, 6, 0), rows(20, 6, 1)
    exact = explain.shapley_values(bent, X, background)
    few, many = (
        np.abs(explain.sampled_shapley_values(bent, X, background, count) - exact).max()
        for count in (20, 2000)
    )
    assert many < 0.1 < few
    one = rows(1, 6, 2)  # one background row: nothing is left to chance but the order
    found = explain.sampled_shapley_values(bent, X, one, 5, seed=3)
    np.testing.assert_allclose(found.sum(axis=1), bent(X) - bent(one))
    again = explain.sampled_shapley_values(bent, X, one, 5, seed=3)
    np.testing.assert_array_equal(found, again)
    linear = explain.sampled_shapley_values(lambda X: X @ np.arange(6.0), X, one, 1)
    np.testing.assert_allclose(linear, (X - one) * np.arange(6.0), atol=1e-12)


def test_a_column_that_the_score_ignores_has_no_part_in_it():
    X, background = rows(5, 4, 0), rows(10, 4, 1)

    def score(X):
        return np.abs(X[:, 0] * X[:, 2]) + X[:, 1]

    assert not explain.shapley_values(score, X, background)[:, 3].any()
    assert not explain.sampled_shapley_values(score, X, background)[:, 3].any()
    assert not explain.repair(score, X, background, threshold=0).gains[:, 3].any()


class Small(torch.nn.Module):
    """A network in double precision, whose slopes torch tells."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.first = torch.randn(5, 8, generator=generator, dtype=torch.float64)
        self.second = torch.randn(8, generator=generator, dtype=torch.float64)

    def forward(self, X):
        return torch.tanh(X @ self.first) @ self.second

    def slopes(self, X):
        X = torch.tensor(X, requires_grad=True)
        return torch.autograd.grad(self(X).sum(), X)[0].numpy()


def test_integrated_gradients_add_up_and_are_the_integral():
    network, X, baseline = Small(), rows(6, 5, 0), np.full(5, 0.3)
    found = explain.integrated_gradients(network.slopes, X, baseline, steps=400)
    with torch.no_grad():
        gain = network(torch.tensor(X)) - network(torch.tensor(baseline))
    np.testing.assert_allclose(found.sum(axis=1), gain, atol=1e-3)
    for row, parts in zip(X, found, strict=True):  # by Gauss's rule
        shares, weights = np.polynomial.legendre.leggauss(60)
        path = baseline + ((shares + 1) / 2)[:, None] * (row - baseline)
        exact = (weights / 2) @ network.slopes(path) * (row - baseline)
        np.testing.assert_allclose(parts, exact, atol=1e-3)
    rough = explain.integrated_gradients(network.slopes, X, baseline, steps=4)
    assert np.abs(rough - found).max() > 1e-3
    linear = explain.integrated_gradients(
        lambda X: np.tile([1.0, -2, 0, 0, 3], (len(X), 1)), X, baseline
    )
    np.testing.assert_allclose(linear, (X - baseline) * [1, -2, 0, 0, 3])


@EVERY
def test_slopes_of_a_detector_are_those_of_small_steps(kind):
    detector, X = fitted(kind), related(6, seed=4)
    slopes = explain.gradients(detector, X)
    step = 1e-2 * detector.spread_
    for column in range(X.shape[1]):
        aside = np.zeros(X.shape[1])
        aside[column] = step[column]
        up, down = (detector.decision_function(X + sign * aside) for sign in (1, -1))
        found = (up - down) / (2 * step[column])
        size = np.abs(slopes[:, column]).max()
        # networks with bends in them, in float32
        assert np.median(np.abs(found - slopes[:, column])) < 0.1 * size
    far = X.copy()
    far[0, 0] = 1e9
    assert np.isfinite(explain.gradients(detector, far)).all()
    assert explain.gradients(detector, far)[0, 0] == 0


def test_what_has_no_slopes_says_so_and_what_else_there_is():
    forest = IsolationForest(random_state=0).fit(related(50))
    for ask in (explain.gradients, lambda *given: explain.integrated_gradients(*given, [0] * 6)):
        with pytest.raises(TypeError, match=r"IsolationForest has no gradients.*shapley_values"):
            ask(forest, related(3))


def test_a_local_plane_finds_a_plane_and_the_slope_of_a_curve():
    X, scale = rows(4, 3, 0), np.array([1.0, 10.0, 0.1])
    plane = np.array([2.0, -1.0, 0.5])
    found = explain.local_weights(lambda X: X @ plane + 7, X, scale)
    np.testing.assert_allclose(found, np.tile(plane * scale, (4, 1)), rtol=0.02)
    found = explain.local_weights(lambda X: X[:, 0] ** 2, X, [1.0] * 3, width=0.05)
    np.testing.assert_allclose(found[:, 0], 2 * X[:, 0], atol=0.05)
    np.testing.assert_allclose(found[:, 1:], 0, atol=0.05)


def test_a_repair_is_a_usual_value_that_silences_the_alarm():
    background = related(400)
    detector = fitted(detectors.AutoEncoder)
    X = background[:20].copy()
    guilty = np.arange(20) % 6
    X[np.arange(20), guilty] += 8 * background.std(axis=0)[guilty]
    found = explain.repair(detector, X, background)
    assert (detector.predict(X) == 1).all()
    assert (found.columns == guilty).mean() > 0.9
    assert found.silenced.mean() > 0.5
    repaired = X.copy()
    repaired[np.arange(20), found.columns] = found.values[np.arange(20), found.columns]
    after = detector.decision_function(repaired)
    before = detector.decision_function(X)
    np.testing.assert_allclose(before - after, found.gains.max(axis=1), rtol=1e-4)
    np.testing.assert_array_equal(after <= detector.threshold_, found.silenced)
    low, high = np.quantile(background, [0.01, 0.99], axis=0)
    changed = found.values != X
    inside = (found.values >= low) & (found.values <= high)
    assert inside[changed].all()


def test_scikit_learn_s_sign_is_turned():
    train = related(300)
    forest = IsolationForest(random_state=0).fit(train)
    odd = train[:5] + np.array([0, 0, 0, 0, 0, 60.0])
    found = explain.shapley_values(forest, odd, train[:20])
    assert (found.argmax(axis=1) == 5).all()
    mine = explain.shapley_values(lambda X: -forest.decision_function(X), odd, train[:20])
    np.testing.assert_allclose(found, mine)


def test_a_score_that_depends_on_the_rows_beside_it_is_remarked_on():
    class Beside:
        """As ECOD and COPOD of PyOD, which count the rows that they score among the known ones."""

        threshold_ = 0.0

        def decision_function(self, X):
            return X[:, 0] - X[:, 0].mean()

    X, background = rows(3, 2, 0), rows(5, 2, 1)
    with pytest.warns(UserWarning, match="Beside scores the first row 0 alone and"):
        explain.repair(Beside(), X, background)

    def alone(X):
        return np.concatenate([Beside().decision_function(X[i : i + 1]) for i in range(len(X))])

    explain.shapley_values(alone, X, background)  # no remark


def test_scikit_learn_s_threshold_is_its_own():
    train = related(300)
    forest = IsolationForest(random_state=0).fit(train)
    X = train[:40] + np.array([0, 0, 0, 0, 0, 20.0])
    found = explain.repair(forest, X, train)
    X[np.arange(40), found.columns] = found.values[np.arange(40), found.columns]
    np.testing.assert_array_equal(forest.predict(X) == 1, found.silenced)


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda X: explain.shapley_values(3, X, X), TypeError, "detector is 3"),
        (lambda X: explain.shapley_values(bent, X, X[:, :2]), ValueError, "background has 2 col"),
        (
            lambda X: explain.shapley_values(bent, np.ones((1, 17)), np.ones((1, 17))),
            ValueError,
            "17 columns",
        ),
        (lambda X: explain.shapley_values(lambda X: X, X, X), ValueError, r"shape \(\d+, 3\)"),
        (lambda X: explain.sampled_shapley_values(bent, X, X, 0), ValueError, "permutations"),
        (
            lambda X: explain.local_weights(bent, X, [1, 0, 1]),
            ValueError,
            "scale is 0 at column 1",
        ),
        (lambda X: explain.local_weights(bent, X, [1, 1]), ValueError, "scale has 2 columns"),
        (lambda X: explain.local_weights(bent, X, [1] * 3, width=0), ValueError, "width"),
        (lambda X: explain.repair(bent, X, X), ValueError, "threshold is not told"),
        (lambda X: explain.repair(bent, X * np.nan, X, 0), ValueError, "X"),
        (lambda X: explain.integrated_gradients(lambda X: X, X, [0, 0]), ValueError, "baseline"),
        (lambda X: explain.gradients(lambda X: X[0], X), ValueError, "gradients have shape"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(ask, error, words):
    with pytest.raises(error, match=words):
        ask(rows(4, 3, 0))
