"""Lesson 03: its formulas and the package's agree, and what its text counts is so."""

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
SOLVED = ("neuron", "stable_sigmoid", "collapse", "forward", "count_parameters", "stable_softmax")


@pytest.fixture(scope="module")
def taught():
    """What the notebook's own cells define, where our functions stand in for the learner's."""
    sources = lessons.sources_of("03")
    names = {"np": np, "data": data, "network": network, "pairwise": pairwise}
    plots = MagicMock(LINES=("-",) * 4)  # pictures are not what is tested here
    plots.new_figure.return_value = MagicMock(), MagicMock()
    names |= {"plots": plots, "expect": MagicMock()}
    names |= {name: getattr(ex, name).or_ours(...) for name in SOLVED}
    for cell in ["opening-picture", "activations", "ten-layers", "fence-by-hand"]:
        exec(sources[cell], names)
    return SimpleNamespace(**names)


@pytest.fixture
def z():
    """Return pre-activations (50, 4) of ordinary size."""
    return np.random.default_rng(3).normal(scale=3, size=(50, 4))


@pytest.mark.parametrize("name", SOLVED)
def test_the_lesson_goes_on_with_the_learners_function(name):
    cell = next(
        cell
        for cell, exercise in lessons.exercise_cells(lessons.read(lessons.path_of("03")))
        if exercise == name
    )
    assert cell.source.splitlines()[-1] == f"{name} = ex.{name}.or_ours({name})"


def test_the_activations_are_the_packages_and_torchs(taught, z):
    cases = (
        (taught.stable_sigmoid, network.Sigmoid(), torch.sigmoid),
        (taught.relu, network.ReLU(), torch.relu),
        (np.tanh, network.Tanh(), torch.tanh),
    )
    for written, layer, torchs in cases:
        np.testing.assert_allclose(written(z), layer.forward(z), atol=TOLERANCE)
        np.testing.assert_allclose(written(z), torchs(torch.tensor(z)).numpy(), atol=TOLERANCE)


def test_a_neuron_is_the_packages_layer_with_one_output(taught, z):
    layer = network.Dense(4, 1, seed=1)
    layer.bias[...] = 0.7
    by_package = network.sigmoid(layer.forward(z))[:, 0]
    written = taught.neuron(z, layer.weights[:, 0], 0.7)
    np.testing.assert_allclose(written, by_package, atol=TOLERANCE)


def test_the_forward_pass_of_one_layer_is_the_packages_and_torchs(taught, z):
    layer = network.Dense(4, 6, seed=1)
    layer.bias[...] = np.arange(6)
    written = taught.forward(z, [layer.weights], [layer.bias])
    np.testing.assert_allclose(written, layer.forward(z), atol=TOLERANCE)
    tensors = (torch.tensor(array) for array in (z, layer.weights.T, layer.bias))
    torchs = torch.nn.functional.linear(*tensors).numpy()
    np.testing.assert_allclose(written, torchs, atol=TOLERANCE)


def test_the_solutions_are_the_packages_functions(z):
    far = np.array([[-1000.0, 0.0, 1000.0], [1e5, -1e5, 3.0]])
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
    by_hand = taught.stable_sigmoid(taught.fence_logit(taught.toy.X))
    np.testing.assert_allclose(by_hand, package, atol=TOLERANCE)


def test_the_fence_is_shut_by_the_fourth_guard_alone(taught):
    far_away = 100 * np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    open_sides = [int(np.sum(taught.fence_logit(far_away, count) > 0)) for count in (1, 2, 3, 4)]
    assert open_sides == [3, 2, 1, 0]


def test_the_fence_has_eight_sides(taught):
    angles = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    away = np.stack([np.cos(angles), np.sin(angles)], axis=1)  # (720, 2)
    low, high = np.zeros((720, 1)), np.full((720, 1), 2.0)
    for _ in range(50):  # halve the stretch on which each ray crosses the fence
        middle = (low + high) / 2
        inside = taught.fence_logit(middle * away)[:, None] > 0
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    border = low * away
    sides = np.diff(np.vstack([border, border[:1]]), axis=0)
    turns = np.unwrap(np.arctan2(sides[:, 1], sides[:, 0]))
    # of 720 short pieces all but those around the eight corners go on in one direction
    directions = np.round(np.degrees(turns) % 360 % 359.9).astype(int)
    _, counts = np.unique(directions, return_counts=True)
    assert np.sum(counts > 20) == 8


def test_ten_linear_layers_are_one(taught):
    W, b = taught.layers[0]
    for W_next, b_next in taught.layers[1:]:
        W, b = ex.collapse._solution(W, b, W_next, b_next)
    X = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_allclose(taught.ten_layers(X), (X @ W + b)[:, 0], rtol=1e-9)


@pytest.mark.parametrize(
    ("widths", "count"),
    [
        ((30, 16, 1), 513),
        ((2, *[8] * 9, 1), 609),
        ((30, 160, 1), 5121),
        ((30, 160, 160, 1), 30_881),
    ],
)
def test_the_counts_that_the_text_names(widths, count):
    assert ex.count_parameters._solution(widths) == count
    layers = [network.Dense(a, b) for a, b in pairwise(widths)]
    assert sum(array.size for layer in layers for array in layer.parameters()) == count


@pytest.mark.parametrize("exercise", [ex.neuron, ex.forward, ex.stable_softmax])
def test_an_answer_that_writes_into_its_arguments_is_told_so(exercise):
    def careless(first, *rest):
        result = exercise._solution(first, *rest)
        first[...] = 0
        return result

    verdict = exercise.examine(careless)
    assert verdict.status == "refused"
    assert "Work on a copy" in verdict.message
    assert exercise.examine(exercise._solution).passed


def test_sensors_disagree_in_ways_that_no_single_column_shows():
    X, y = networks._two_sensors()
    assert np.abs(X).max() <= 1
    apart = np.abs(X[:, 0] - X[:, 1])
    assert apart[y].min() >= 1 - 1e-9
    assert apart[~y].max() <= 0.2 + 1e-9
    for column in (X[:, 0], X[:, 1], np.abs(X[:, 0]), np.abs(X[:, 1])):
        rules = [((column > cut) == y).mean() for cut in np.linspace(-1, 1, 201)]
        assert max(rules) < 0.72
