"""Lesson 04: what the notebook writes out and what the package holds give the same numbers."""

from itertools import pairwise

from course_utils import network
from course_utils.course import lessons
from course_utils.exercises import lesson_04 as ex

import numpy as np
import pytest

DEFINING_CELLS = (
    "gradient-error",
    "activations",
    "dense-layer",
    "activation-layer",
    "forward-and-backward",
    "build",
    "cross-entropy-from-logits",
    "take-a-step",
    "train-with-the-mistake",
    "blame-by-layer",
)
PACKAGE_LAYERS = {"sigmoid": network.Sigmoid, "tanh": network.Tanh, "relu": network.ReLU}


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("04")


@pytest.fixture(scope="module")
def lesson(cells):
    """The lesson's names, with the stored solutions in place of the learner's functions."""
    names = {"np": np, "pairwise": pairwise, "sigmoid": network.sigmoid}
    for name in ("central_difference", "relu_backward", "dense_backward"):
        names[name] = getattr(ex, name)._solution
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture
def generator():
    return np.random.default_rng(4)


def twins(lesson, activation):
    """The same network twice: the notebook's layers, and the package's with copied weights."""
    layers = lesson["build"]([5, 4, 3, 1], activation, seed=1)
    kind = PACKAGE_LAYERS[activation]
    package = network.Network(
        network.Dense(5, 4), kind(), network.Dense(4, 3), kind(), network.Dense(3, 1)
    )
    package.set_weights([array for each in layers[::2] for array in (each.weights, each.bias)])
    return layers, package


@pytest.mark.parametrize("activation", PACKAGE_LAYERS)
def test_forward_and_backward_agree_with_the_package(lesson, generator, activation):
    layers, package = twins(lesson, activation)
    X, blame = generator.normal(size=(7, 5)), generator.normal(size=(7, 1))
    np.testing.assert_allclose(lesson["forward"](layers, X), package.forward(X), atol=1e-14)
    lesson["backward"](layers, blame)
    package.backward(blame)
    ours = [array for each in layers[::2] for array in (each.grad_weights, each.grad_bias)]
    for mine, theirs in zip(ours, package.gradients(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-13)


def test_the_loss_agrees_with_the_package(lesson, generator):
    logits, targets = generator.normal(scale=5, size=(9, 1)), np.arange(9)[:, None] % 2
    expected = network.BinaryCrossEntropy().value(logits, targets)
    assert lesson["cross_entropy"](logits, targets) == pytest.approx(expected, abs=1e-14)


def test_a_step_agrees_with_the_package_s_optimiser(lesson, generator):
    layers, package = twins(lesson, "tanh")
    X, targets = generator.normal(size=(7, 5)), np.arange(7)[:, None] % 2
    loss, optimiser = network.BinaryCrossEntropy(), network.SGD(0.3)
    for _ in range(5):
        before = lesson["step"](layers, X, targets, 0.3)
        logits = package.forward(X)
        assert before == pytest.approx(loss.value(logits, targets), abs=1e-13)
        package.backward(loss.gradient(logits, targets))
        optimiser.step(package.parameters(), package.gradients())
    ours = [array for each in layers[::2] for array in (each.weights, each.bias)]
    for mine, theirs in zip(ours, package.parameters(), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


@pytest.mark.parametrize(("activation", "is_seen"), [("sigmoid", 1), ("tanh", 1), ("relu", 0)])
def test_brute_force_sees_the_slope_at_y_except_with_relu(lesson, generator, activation, is_seen):
    """The lesson's claim, on a network and data that it does not show."""
    X = generator.normal(size=(7, 5))
    errors = {}
    for kind in (lesson["Activation"], lesson["WrongActivation"]):
        layers = lesson["build"]([5, 4, 1], activation, gain=4)
        layers[1] = kind(activation)
        lesson["forward"](layers, X)
        lesson["backward"](layers, np.ones((7, 1)))

        def total(weights, layers=layers):
            layers[0].weights = weights
            return float(lesson["forward"](layers, X).sum())

        claimed = layers[0].grad_weights
        errors[kind] = lesson["gradient_error"](claimed, total, layers[0].weights)
    right, wrong = errors.values()
    assert right < 1e-5
    assert (wrong > 5) == is_seen


def test_a_signal_and_a_blame_that_fade_stop_the_learning_only_together(lesson, generator):
    """The lesson's claim at other starts, on data that it does not show."""
    X = generator.normal(size=(200, 30))
    targets = (X[:, :1] + X[:, 1:2] > 0).astype(float)
    lesson = {**lesson, "X": X, "column": targets}
    exec(lessons.sources_of("04")["blame-by-layer"], lesson)
    deep, last = [30] + [32] * 10 + [1], {}
    same_for_all = lesson["cross_entropy"](np.zeros_like(targets), targets)
    for name, (activation, gain, frozen, size) in {
        "sigmoid": ("sigmoid", 1, 0, None),
        "frozen": ("relu", 2, 5, None),
        "scaled up": ("sigmoid", 1, 0, 0.01),
    }.items():
        layers = lesson["build"](deep, activation, gain, seed=7)
        spread, blame = lesson["spread_and_blame"](layers)
        faded = spread[-1] / spread[0], blame[0] / blame[-1]
        assert (max(faded) < 1e-3) == (activation == "sigmoid")
        for _ in range(300):
            last[name] = lesson["step"](layers, X, targets, 0.1, frozen, size)
    assert last["sigmoid"] == pytest.approx(same_for_all, abs=0.02)
    assert last["frozen"] < 0.9 * same_for_all
    assert last["scaled up"] < 0.9 * same_for_all


def test_frozen_layers_keep_their_weights(lesson, generator):
    layers = lesson["build"]([5, 4, 3, 1], "tanh")
    before = [layer.weights for layer in layers[::2]]
    X, targets = generator.normal(size=(7, 5)), np.arange(7)[:, None] % 2
    lesson["step"](layers, X, targets, 0.3, frozen=2)
    moved = [np.any(layer.weights != old) for layer, old in zip(layers[::2], before, strict=True)]
    assert moved == [False, False, True]


def test_the_solutions_agree_with_the_package(generator):
    array = generator.normal(size=(3, 2))

    def function(values):
        return float(np.sum(np.sin(values) * np.arange(6).reshape(3, 2)))

    theirs = network.numerical_gradient(function, array.copy())
    mine = ex.central_difference._solution(function, array, 1e-5)
    np.testing.assert_allclose(mine, theirs, atol=1e-8)

    layer = network.Dense(3, 2)
    inputs, blame = generator.normal(size=(4, 3)), generator.normal(size=(4, 2))
    layer.forward(inputs)
    theirs = layer.backward(blame)
    mine = ex.dense_backward._solution(inputs, layer.weights, blame)
    for ours, expected in zip(mine, (layer.grad_weights, layer.grad_bias, theirs), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-14)

    gate = network.ReLU()
    gate.forward(inputs)
    slope = ex.relu_backward._solution(inputs[::-1], inputs)
    np.testing.assert_array_equal(slope, gate.backward(inputs[::-1]))

    logits, classes = generator.normal(size=(5, 3)), np.arange(5) % 3
    theirs = network.SoftmaxCrossEntropy().gradient(logits, classes)
    np.testing.assert_allclose(ex.softmax_gradient._solution(logits, classes), theirs, atol=1e-14)

    layer, targets = network.Dense(3, 1), np.arange(4) % 2
    start = generator.normal(size=(3, 1))
    layer.weights, layer.bias = start.copy(), np.array([0.2])
    loss, optimiser = network.BinaryCrossEntropy(), network.SGD(0.3)
    layer.backward(loss.gradient(layer.forward(inputs), targets[:, np.newaxis]))
    optimiser.step(layer.parameters(), layer.gradients())
    mine = ex.step_downhill._solution(start[:, 0], 0.2, inputs, targets, 0.3)
    for ours, expected in zip(mine, layer.parameters(), strict=True):
        np.testing.assert_allclose(ours, np.ravel(expected).squeeze(), atol=1e-14)

    x, weights, target = generator.normal(size=3), generator.normal(size=3), 1.0
    layer.weights, layer.bias = weights[:, np.newaxis], np.array([0.2])
    bend = network.Sigmoid()
    y = bend.forward(layer.forward(x[np.newaxis]))
    layer.backward(bend.backward(y - target))
    mine = ex.neuron_gradient._solution(x, weights, 0.2, target)
    for ours, expected in zip(mine, layer.gradients(), strict=True):
        np.testing.assert_allclose(ours, np.ravel(expected).squeeze(), atol=1e-14)
