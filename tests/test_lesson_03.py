"""Lesson 03: its formulas and the package's agree, and its exercises take any right answer."""

from types import SimpleNamespace
from unittest.mock import MagicMock

from course_utils import data, network
from course_utils.course import lessons
from course_utils.exercises import lesson_03 as ex

import numpy as np
import pytest
import torch
from scipy import special

TOLERANCE = 1e-10


@pytest.fixture(scope="module")
def taught():
    """What the notebook's own cells define: the formulas, the fence, the ten layers."""
    sources = lessons.sources_of("03")
    names = {"np": np, "data": data, "network": network, "pairwise": ex.pairwise}
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
    sigmoid, softmax = ex.stable_sigmoid_solution, ex.stable_softmax_solution
    for values in (z, far):
        np.testing.assert_allclose(sigmoid(values), network.sigmoid(values), atol=TOLERANCE)
        np.testing.assert_allclose(softmax(values), network.softmax(values), atol=TOLERANCE)
        torchs = torch.softmax(torch.tensor(values), dim=1).numpy()
        np.testing.assert_allclose(softmax(values), torchs, atol=TOLERANCE)


def test_the_forward_solution_is_the_packages_network(z):
    net = network.Network(network.Dense(4, 5, seed=1), network.ReLU(), network.Dense(5, 2, seed=2))
    parameters = net.get_weights()
    logits = ex.forward_solution(z, parameters[0::2], parameters[1::2])
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
        W, b = ex.collapse_solution(W, b, W_next, b_next)
    X = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_allclose(taught.ten_layers(X, lambda z: z), (X @ W + b)[:, 0], rtol=1e-9)


@pytest.mark.parametrize(("widths", "count"), [((30, 16, 1), 513), ((2, *[8] * 9, 1), 609)])
def test_the_counts_that_the_text_names(widths, count):
    assert ex.count_parameters_solution(widths) == count
    layers = [network.Dense(a, b) for a, b in ex.pairwise(widths)]
    assert sum(array.size for layer in layers for array in layer.parameters()) == count


def neuron_row_by_row(X, weights, bias):
    return [special.expit(sum(row * weights) + bias) for row in X]


def neuron_in_float32(X, weights, bias):
    return special.expit((X.astype("float32") * weights.astype("float32")).sum(1) + bias)


def sigmoid_with_masks(z):
    y = np.empty_like(z)
    y[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    y[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return y


def sigmoid_by_tanh(z):
    return 0.5 * (1 + np.tanh(z / 2))


def sigmoid_with_a_generous_cut(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def collapse_with_a_row_for_the_bias(W1, b1, W2, b2):
    return [W1.dot(W2), b1[None] @ W2 + b2]


def forward_by_recursion(X, weights, biases):
    out = X @ weights[0] + biases[0]
    return forward_by_recursion(out * (out > 0), weights[1:], biases[1:]) if weights[1:] else out


def forward_in_torch(X, weights, biases):
    X = torch.tensor(X)
    for number, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        X = torch.nn.functional.linear(X, torch.tensor(W.T), torch.tensor(b))
        X = torch.relu(X) if number < len(weights) else X
    return X


def count_with_arrays(widths):
    widths = np.array(widths)
    return widths[:-1] @ widths[1:] + widths[1:].sum()


def sensors_with_four_neurons():
    W1 = np.array([[1.0, -1.0, 2.0, 0.0], [-1.0, 1.0, -2.0, 0.0]])
    return W1, [-0.1, -0.1, 0.0, 1.0], [[5.0], [20.0], [1.0], [-3.0]], [0.0]


def sensors_with_the_threshold_in_the_guards():
    W1 = np.array([[3, -3], [-3, 3]])
    return [W1, np.array([-1.8, -1.8]), np.array([1, 1]), -0.01]


def softmax_in_logarithms(Z):
    return np.exp(Z - np.logaddexp.reduce(Z, axis=1, keepdims=True))


def softmax_row_by_row(Z):
    return [np.exp(row - max(row)) / sum(np.exp(row - max(row))) for row in Z]


OTHER_RIGHT_ANSWERS = (
    (ex.neuron, neuron_row_by_row),
    (ex.neuron, neuron_in_float32),
    (ex.stable_sigmoid, sigmoid_with_masks),
    (ex.stable_sigmoid, sigmoid_by_tanh),
    (ex.stable_sigmoid, sigmoid_with_a_generous_cut),
    (ex.stable_sigmoid, special.expit),
    (ex.stable_sigmoid, network.sigmoid),
    (ex.collapse, collapse_with_a_row_for_the_bias),
    (ex.forward, forward_by_recursion),
    (ex.forward, forward_in_torch),
    (ex.count_parameters, count_with_arrays),
    (ex.sensor_network, sensors_with_four_neurons),
    (ex.sensor_network, sensors_with_the_threshold_in_the_guards),
    (ex.stable_softmax, softmax_in_logarithms),
    (ex.stable_softmax, softmax_row_by_row),
    (ex.stable_softmax, network.softmax),
)


@pytest.mark.parametrize(("exercise", "answer"), OTHER_RIGHT_ANSWERS)
def test_other_right_answers_pass(exercise, answer):
    verdict = exercise.examine(answer)
    assert verdict.passed, verdict.message


def sigmoid_of_the_right_half(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), 0.0)


def sensors_without_alarm():
    return np.zeros((2, 2)), np.zeros(2), np.zeros((2, 1)), np.array([-1.0])


FURTHER_MISTAKES = (
    (ex.neuron, lambda X, weights, bias: special.expit(X @ weights), "bias is missing"),
    (ex.neuron, lambda X, weights, bias: special.expit(-X @ weights - bias), "sign is turned"),
    (ex.neuron, lambda X, weights, bias: print(end=""), "returned None"),
    (ex.neuron, lambda X, weights, bias: X @ weights * 2, "by hand, line by line"),
    (ex.stable_sigmoid, np.tanh, "That is tanh"),
    (ex.stable_sigmoid, sigmoid_of_the_right_half, "you return 0"),
    (ex.collapse, lambda W1, b1, W2, b2: W1 @ W2, "Return two things"),
    (ex.forward, lambda X, weights, biases: X @ weights[0], "by hand, line by line"),
    (ex.count_parameters, sum, "you count neurons"),
    (ex.sensor_network, sensors_without_alarm, "no alarm at all"),
    (ex.sensor_network, lambda: (1, 2), "Return four things"),
    (ex.stable_softmax, lambda Z: np.exp(Z) / np.exp(Z).sum(), "Each row has its own sum"),
)


@pytest.mark.parametrize(("exercise", "answer", "words"), FURTHER_MISTAKES)
def test_further_mistakes_are_named(exercise, answer, words):
    verdict = exercise.examine(answer)
    assert verdict.status == "refused"
    assert words in verdict.message


@pytest.mark.parametrize("exercise", [ex.neuron, ex.forward, ex.stable_softmax])
def test_an_answer_that_writes_into_its_arguments_does_no_harm(exercise):
    def careless(first, *rest):
        result = exercise._solution(first, *rest)
        first[...] = 0
        return result

    assert exercise.examine(careless).passed
    assert exercise.examine(exercise._solution).passed
