"""Lesson 03: its formulas and the package's agree, and its exercises take any right answer."""

from itertools import pairwise
from types import SimpleNamespace
from unittest.mock import MagicMock

from course_utils import data, network
from course_utils.course import lessons
from course_utils.exercises import lesson_03 as ex
from course_utils.exercises.lesson_03 import networks

import numpy as np
import pytest
import torch

TOLERANCE = 1e-10


@pytest.fixture(scope="module")
def taught():
    """What the notebook's own cells define: the formulas, the fence, the ten layers."""
    sources = lessons.sources_of("03")
    names = {"np": np, "data": data, "network": network, "pairwise": pairwise}
    plots = MagicMock(LINES=("-",) * 4)  # pictures are not what is tested here
    plots.new_figure.return_value = MagicMock(), MagicMock()
    names |= {"plots": plots, "expect": MagicMock()}
    names |= {"x": np.zeros(3), "weights": np.zeros(3), "bias": 0.0}
    cells = "dot-product opening-picture activations ten-layers dense fence-by-hand"
    for cell in cells.split():
        exec(sources[cell], names)
    return SimpleNamespace(**names)


@pytest.fixture
def z():
    """Return pre-activations (50, 4) of ordinary size."""
    return np.random.default_rng(3).normal(scale=3, size=(50, 4))


def test_the_notebooks_activations_are_the_packages_and_torchs(taught, z):
    cases = (
        (taught.sigmoid, network.Sigmoid(), torch.sigmoid),
        (taught.relu, network.ReLU(), torch.relu),
        (np.tanh, network.Tanh(), torch.tanh),
    )
    for written, layer, torchs in cases:
        np.testing.assert_allclose(written(z), layer.forward(z), atol=TOLERANCE)
        np.testing.assert_allclose(written(z), torchs(torch.tensor(z)).numpy(), atol=TOLERANCE)


def test_the_notebooks_layer_is_the_packages_and_torchs(taught, z):
    layer = network.Dense(4, 6, seed=1)
    layer.bias[...] = np.arange(6)
    written = taught.dense(z, layer.weights, layer.bias)
    np.testing.assert_allclose(written, layer.forward(z), atol=TOLERANCE)
    tensors = (torch.tensor(array) for array in (z, layer.weights.T, layer.bias))
    torchs = torch.nn.functional.linear(*tensors).numpy()
    np.testing.assert_allclose(written, torchs, atol=TOLERANCE)


def test_the_solutions_are_the_packages_functions(z):
    far = np.array([[-1000.0, 0.0, 1000.0]])
    sigmoid, softmax = ex.stable_sigmoid._solution, ex.stable_softmax._solution
    for values in (z, far):
        np.testing.assert_allclose(sigmoid(values), network.sigmoid(values), atol=TOLERANCE)
        np.testing.assert_allclose(softmax(values), network.softmax(values), atol=TOLERANCE)
        torchs = torch.softmax(torch.tensor(values), dim=1).numpy()
        np.testing.assert_allclose(softmax(values), torchs, atol=TOLERANCE)


def test_the_forward_solution_is_the_packages_network(z):
    net = network.Network(network.Dense(4, 5, seed=1), network.ReLU(), network.Dense(5, 2, seed=2))
    parameters = net.get_weights()
    logits = ex.forward._solution(z, parameters[0::2], parameters[1::2])
    np.testing.assert_allclose(logits, net.predict(z), atol=TOLERANCE)


def test_the_fence_written_by_hand_is_the_one_of_the_first_picture(taught):
    package = taught.fence.predict(taught.toy.X)[:, 0]
    by_hand = taught.sigmoid(taught.fence_logit(taught.toy.X))
    np.testing.assert_allclose(by_hand, package, atol=TOLERANCE)


def test_the_fence_is_shut_by_the_fourth_guard_alone(taught):
    far_away = 100 * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    open_sides = [int(np.sum(taught.fence_logit(far_away, count) > 0)) for count in (1, 2, 3, 4)]
    assert open_sides == [3, 2, 1, 0]


def test_ten_linear_layers_are_one(taught):
    W, b = taught.layers[0]
    for W_next, b_next in taught.layers[1:]:
        W, b = ex.collapse._solution(W, b, W_next, b_next)
    X = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_allclose(taught.ten_layers(X, lambda z: z), (X @ W + b)[:, 0], rtol=1e-9)


@pytest.mark.parametrize(("widths", "count"), [((30, 16, 1), 513), ((2, *[8] * 9, 1), 609)])
def test_the_counts_that_the_text_names(widths, count):
    assert ex.count_parameters._solution(widths) == count
    layers = [network.Dense(a, b) for a, b in pairwise(widths)]
    assert sum(array.size for layer in layers for array in layer.parameters()) == count


def test_sensors_disagree_in_ways_that_no_single_column_shows():
    X, y = networks._two_sensors()
    assert np.abs(X).max() <= 1
    apart = np.abs(X[:, 0] - X[:, 1])
    assert apart[y].min() >= 1 - 1e-9
    assert apart[~y].max() <= 0.2 + 1e-9
    for column in (X[:, 0], X[:, 1], np.abs(X[:, 0]), np.abs(X).max(axis=1)):
        rules = [((column > cut) == y).mean() for cut in np.linspace(-1, 1, 201)]
        assert max(rules) < 0.85
