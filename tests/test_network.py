"""The NumPy network against torch, against finite differences, and against its own promises."""

import copy
import math
import re
import subprocess
import sys

from course_utils import network as nn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ACTIVATIONS = {"ReLU": nn.ReLU, "Tanh": nn.Tanh, "Sigmoid": nn.Sigmoid}
LOSSES = {
    "MeanSquaredError": nn.MeanSquaredError,
    "BinaryCrossEntropy": nn.BinaryCrossEntropy,
    "SoftmaxCrossEntropy": nn.SoftmaxCrossEntropy,
}

# Hypothesis draws the same examples in every run, so that a red test is red again.
steady = settings(max_examples=25, deadline=None, derandomize=True)
sizes = st.integers(min_value=1, max_value=6)
seeds = st.integers(min_value=0, max_value=10_000)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def away_from_zero(z):
    """Move numbers off the kink of ReLU, where a finite difference means nothing."""
    return np.where(np.abs(z) < 0.01, 0.5, z)


def targets_for(loss_name, shape, seed=0):
    generator = np.random.default_rng(seed)
    if loss_name == "SoftmaxCrossEntropy":
        return generator.integers(shape[1], size=shape[0])
    if loss_name == "BinaryCrossEntropy":
        return generator.integers(2, size=shape).astype(float)
    return generator.normal(size=shape)


def torch_loss(loss_name, outputs, targets):
    import torch

    functions = {
        "MeanSquaredError": torch.nn.functional.mse_loss,
        "BinaryCrossEntropy": torch.nn.functional.binary_cross_entropy_with_logits,
        "SoftmaxCrossEntropy": torch.nn.functional.cross_entropy,
    }
    return functions[loss_name](outputs, torch.from_numpy(targets))


def torch_leaf(array):
    import torch

    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def assert_close(ours, theirs, tolerance):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance, strict=True)


def small_network(seed=0):
    return nn.Network(nn.Dense(3, 8, seed=seed), nn.Tanh(), nn.Dense(8, 1, seed=seed + 1))


def small_data(rows=60, seed=0):
    X = normal(rows, 3, seed=seed)
    return X, (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(int)


def train(network=None, data=None, **choices):
    network = small_network() if network is None else network
    X, targets = small_data() if data is None else data
    settings_ = {"loss": nn.BinaryCrossEntropy(), "optimiser": nn.Adam(0.01), "epochs": 5}
    history = nn.fit(network, X, targets, **{**settings_, **choices})
    return network, history


def assert_same_weights(first, second):
    for ours, theirs in zip(first, second, strict=True):
        np.testing.assert_array_equal(ours, theirs)


# ------------------------------------------------------------------- gradients against autograd


@steady
@given(batch=sizes, inputs=sizes, outputs=sizes, seed=seeds)
def test_dense_agrees_with_autograd(batch, inputs, outputs, seed):
    import torch

    layer = nn.Dense(inputs, outputs, seed=seed)
    layer.bias = normal(outputs, seed=seed + 1)
    X, grad_output = normal(batch, inputs, seed=seed + 2), normal(batch, outputs, seed=seed + 3)
    x, weights, bias = torch_leaf(X), torch_leaf(layer.weights), torch_leaf(layer.bias)
    expected = x @ weights + bias
    expected.backward(torch.from_numpy(grad_output))

    assert_close(layer.forward(X), expected.detach().numpy(), 1e-10)
    assert_close(layer.backward(grad_output), x.grad.numpy(), 1e-10)
    assert_close(layer.grad_weights, weights.grad.numpy(), 1e-10)
    assert_close(layer.grad_bias, bias.grad.numpy(), 1e-10)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_agrees_with_autograd(name):
    import torch

    X, grad_output = 3 * normal(7, 5), normal(7, 5, seed=1)
    X[0, :3] = 0, 40, -40
    x = torch_leaf(X)
    expected = getattr(torch.nn, name)()(x)
    expected.backward(torch.from_numpy(grad_output))

    layer = ACTIVATIONS[name]()
    assert_close(layer.forward(X), expected.detach().numpy(), 1e-12)
    assert_close(layer.backward(grad_output), x.grad.numpy(), 1e-10)


@steady
@given(name=st.sampled_from(sorted(LOSSES)), batch=sizes, width=sizes, seed=seeds)
def test_loss_agrees_with_autograd(name, batch, width, seed):
    outputs, targets = (
        3 * normal(batch, width, seed=seed),
        targets_for(name, (batch, width), seed),
    )
    leaf = torch_leaf(outputs)
    expected = torch_loss(name, leaf, targets)
    expected.backward()

    assert LOSSES[name]().value(outputs, targets) == pytest.approx(expected.item(), abs=1e-12)
    assert_close(LOSSES[name]().gradient(outputs, targets), leaf.grad.numpy(), 1e-10)


@pytest.mark.parametrize("name", ["BinaryCrossEntropy", "SoftmaxCrossEntropy"])
def test_loss_is_exact_for_huge_logits(name):
    outputs = np.array([[1000.0, -1000.0], [-1000.0, 1000.0], [30.0, -800.0]])
    targets = targets_for(name, outputs.shape, seed=3)
    leaf = torch_leaf(outputs)
    expected = torch_loss(name, leaf, targets)
    expected.backward()

    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = LOSSES[name]().value(outputs, targets)
        gradient = LOSSES[name]().gradient(outputs, targets)
    assert value == pytest.approx(expected.item(), rel=1e-14)
    assert_close(gradient, leaf.grad.numpy(), 1e-10)


@pytest.mark.parametrize("name", LOSSES)
def test_whole_network_agrees_with_autograd(name):
    import torch

    layers = [
        nn.Dense(5, 7, seed=1, initialisation="glorot"),
        nn.Tanh(),
        nn.Dense(7, 6, seed=2),
        nn.ReLU(),
        nn.Dense(6, 4, seed=3),
        nn.Sigmoid(),
        nn.Dense(4, 3, seed=4),
    ]
    network, X = nn.Network(*layers), normal(9, 5)
    targets = targets_for(name, (9, 3))
    twin = torch.nn.Sequential(
        *(
            torch.nn.Linear(*layer.weights.shape, dtype=torch.float64)
            if isinstance(layer, nn.Dense)
            else getattr(torch.nn, type(layer).__name__)()
            for layer in layers
        )
    )
    with torch.no_grad():
        for ours, theirs in zip(network.get_weights(), twin.parameters(), strict=True):
            theirs.copy_(torch.from_numpy(ours.T))
    x = torch_leaf(X)
    torch_loss(name, twin(x), targets).backward()

    grad_inputs = network.backward(LOSSES[name]().gradient(network.forward(X), targets))
    assert_close(grad_inputs, x.grad.numpy(), 1e-10)
    for ours, theirs in zip(network.gradients(), twin.parameters(), strict=True):
        assert_close(ours, theirs.grad.numpy().T, 1e-10)


# ---------------------------------------------------------- gradients against finite differences


@steady
@given(
    name=st.sampled_from(["Dense", *sorted(ACTIVATIONS)]),
    batch=sizes,
    inputs=sizes,
    outputs=sizes,
    seed=seeds,
)
def test_layer_agrees_with_finite_differences(name, batch, inputs, outputs, seed):
    layer = nn.Dense(inputs, outputs, seed=seed) if name == "Dense" else ACTIVATIONS[name]()
    X = away_from_zero(normal(batch, inputs, seed=seed))
    grad_output = normal(*layer.forward(X).shape, seed=seed + 1)

    def loss(_):
        return float((layer.forward(X) * grad_output).sum())

    grad_inputs = layer.backward(grad_output)
    assert_close(grad_inputs, nn.numerical_gradient(loss, X), 1e-7)
    for parameter, gradient in zip(layer.parameters(), layer.gradients(), strict=True):
        assert_close(gradient, nn.numerical_gradient(loss, parameter), 1e-7)


@steady
@given(name=st.sampled_from(sorted(LOSSES)), batch=sizes, width=sizes, seed=seeds)
def test_loss_agrees_with_finite_differences(name, batch, width, seed):
    loss, outputs = LOSSES[name](), normal(batch, width, seed=seed)
    targets = targets_for(name, (batch, width), seed)
    numerical = nn.numerical_gradient(lambda z: loss.value(z, targets), outputs)
    assert_close(loss.gradient(outputs, targets), numerical, 1e-7)


@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_dropout_backward_uses_the_mask_of_forward(rate):
    layer, X, grad_output = nn.Dropout(rate, seed=1), normal(6, 4), normal(6, 4, seed=1)
    state = copy.deepcopy(layer.generator)

    def loss(z):
        layer.generator = copy.deepcopy(state)  # the same mask every time
        return float((layer.forward(z, training=True) * grad_output).sum())

    numerical = nn.numerical_gradient(loss, X)
    assert_close(layer.backward(grad_output), numerical, 1e-7)


# -------------------------------------------------------------------------- values and shapes


def test_relu_has_no_gradient_at_zero():
    layer = nn.ReLU()
    np.testing.assert_array_equal(layer.forward([[-1.0, 0.0, 2.0]]), [[0, 0, 2]])
    np.testing.assert_array_equal(layer.backward([[1.0, 1.0, 1.0]]), [[0, 0, 1]])


def test_sigmoid_keeps_tiny_probabilities_apart():
    with np.errstate(over="raise"):
        probabilities = nn.sigmoid([-1e6, -60.0, -50.0, 0.0, 1e6])
    assert probabilities[1] == pytest.approx(math.exp(-60), rel=1e-12)
    assert probabilities[3] == 0.5
    assert probabilities[4] == 1.0
    assert (np.diff(probabilities) > 0).all()


def test_softmax_rows_sum_to_one_and_ignore_a_shift():
    z = normal(4, 3) * 5
    np.testing.assert_allclose(nn.softmax(z).sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(nn.softmax(z + 1e3), nn.softmax(z), rtol=1e-10)
    np.testing.assert_allclose(nn.softmax(z[0]), nn.softmax(z)[0])


def test_losses_of_a_network_that_knows_nothing():
    assert nn.BinaryCrossEntropy().value(np.zeros((5, 1)), [0, 1, 1, 0, 1]) == math.log(2)
    assert nn.SoftmaxCrossEntropy().value(np.zeros((2, 7)), [0, 6]) == pytest.approx(math.log(7))
    assert nn.MeanSquaredError().value([[1.0, 2.0]], [[3.0, 2.0]]) == 2.0


@pytest.mark.parametrize("loss", [nn.MeanSquaredError(), nn.BinaryCrossEntropy()])
def test_list_of_targets_is_a_column_and_never_broadcasts(loss):
    outputs, targets = normal(4, 1), np.array([0.0, 1.0, 1.0, 0.0])
    assert loss.value(outputs, targets) == loss.value(outputs, targets[:, np.newaxis])
    assert loss.gradient(outputs, targets).shape == (4, 1)
    with pytest.raises(ValueError, match=r"targets has shape \(4,\); \(4, 3\) is expected"):
        loss.value(normal(4, 3), targets)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8, bool])
def test_everything_is_float64_whatever_comes_in(dtype):
    X = (normal(6, 3) > 0).astype(dtype)
    network = small_network()
    outputs = network.forward(X)
    np.testing.assert_array_equal(outputs, network.forward(X.astype(float)))
    gradient = nn.BinaryCrossEntropy().gradient(outputs, X[:, 0])
    grad_inputs = network.backward(gradient.astype(np.float32))
    assert {array.dtype for array in (outputs, gradient, grad_inputs, network.predict(X))} == {
        np.dtype(np.float64)
    }
    assert {array.dtype for array in network.gradients()} == {np.dtype(np.float64)}
    for layer in [nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.Dropout(0.5)]:
        assert layer.forward(X, training=True).dtype == np.float64


def test_float32_table_trains_like_its_float64_copy():
    X, targets = small_data()
    single, _ = train(data=(X.astype(np.float32), targets))
    double, _ = train(data=(X.astype(np.float32).astype(np.float64), targets))
    assert_same_weights(single.get_weights(), double.get_weights())


@pytest.mark.parametrize(
    ("initialisation", "deviation"),
    [("he", math.sqrt(2 / 300)), ("glorot", math.sqrt(2 / 500)), ("zeros", 0)],
)
def test_first_weights_have_the_spread_of_their_formula(initialisation, deviation):
    layer = nn.Dense(300, 200, seed=5, initialisation=initialisation)
    assert layer.weights.std() == pytest.approx(deviation, rel=0.02)
    assert layer.weights.mean() == pytest.approx(0, abs=1e-3)
    assert not layer.bias.any()
    if initialisation == "glorot":
        assert np.abs(layer.weights).max() <= math.sqrt(6 / 500)


def test_seed_decides_the_first_weights():
    np.testing.assert_array_equal(nn.Dense(4, 3, seed=2).weights, nn.Dense(4, 3, seed=2).weights)
    assert (nn.Dense(4, 3, seed=2).weights != nn.Dense(4, 3, seed=3).weights).all()


# ---------------------------------------------------------------------------------- optimisers


def optimiser_pairs():
    import torch

    def adam(**choices):
        return lambda parameters: torch.optim.Adam(parameters, **choices)

    def sgd(**choices):
        return lambda parameters: torch.optim.SGD(parameters, **choices)

    return {
        "plain": (nn.SGD(0.1), sgd(lr=0.1)),
        "momentum": (nn.SGD(0.05, momentum=0.9), sgd(lr=0.05, momentum=0.9)),
        "decay": (nn.SGD(0.1, weight_decay=0.03), sgd(lr=0.1, weight_decay=0.03)),
        "momentum and decay": (
            nn.SGD(0.05, 0.8, 0.02),
            sgd(lr=0.05, momentum=0.8, weight_decay=0.02),
        ),
        "adam": (nn.Adam(), adam()),
        "adam, other numbers": (
            nn.Adam(0.02, beta_1=0.7, beta_2=0.95, epsilon=1e-4, weight_decay=0.05),
            adam(lr=0.02, betas=(0.7, 0.95), eps=1e-4, weight_decay=0.05),
        ),
    }


@pytest.mark.parametrize(
    "name", ["plain", "momentum", "decay", "momentum and decay", "adam", "adam, other numbers"]
)
def test_optimiser_agrees_with_torch_step_by_step(name):
    import torch

    ours, make_theirs = optimiser_pairs()[name]
    parameters = [normal(4, 3), normal(3, seed=1)]
    leaves = [torch_leaf(parameter) for parameter in parameters]
    theirs = make_theirs(leaves)
    for step in range(60):
        gradients = [normal(4, 3, seed=step), 5 * normal(3, seed=step + 100)]
        for leaf, gradient in zip(leaves, gradients, strict=True):
            leaf.grad = torch.from_numpy(gradient.copy())
        ours.step(parameters, gradients)
        theirs.step()
        for parameter, leaf in zip(parameters, leaves, strict=True):
            assert_close(parameter, leaf.detach().numpy(), 1e-12)


@pytest.mark.parametrize("optimiser", [nn.SGD(0.1, 0.9, 0.1), nn.Adam(weight_decay=0.1)])
def test_step_leaves_the_gradients_alone(optimiser):
    parameters, gradients = [normal(3)], [normal(3, seed=1)]
    before = gradients[0].copy()
    for _ in range(3):
        optimiser.step(parameters, gradients)
    np.testing.assert_array_equal(gradients[0], before)


@pytest.mark.parametrize("name", ["plain", "adam"])
def test_fit_in_full_batches_agrees_with_torch(name):
    import torch

    (X, targets), network = small_data(), small_network()
    optimiser, make_theirs = optimiser_pairs()[name]
    twin = torch.nn.Sequential(
        torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
    ).double()
    with torch.no_grad():
        for ours, theirs in zip(network.get_weights(), twin.parameters(), strict=True):
            theirs.copy_(torch.from_numpy(ours.T))
    theirs, losses = make_theirs(twin.parameters()), []
    for _ in range(20):
        theirs.zero_grad()
        loss = torch_loss(
            "BinaryCrossEntropy", twin(torch.from_numpy(X)), targets[:, np.newaxis] * 1.0
        )
        loss.backward()
        theirs.step()
        losses.append(loss.item())

    _, history = train(network, optimiser=optimiser, epochs=20, batch_size=len(X))
    np.testing.assert_allclose(history.train_loss, losses, atol=1e-12)
    for ours, leaf in zip(network.parameters(), twin.parameters(), strict=True):
        assert_close(ours, leaf.detach().numpy().T, 1e-10)


# ------------------------------------------------------------------------------------- dropout


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_dropout_keeps_the_expected_value(rate):
    outputs = nn.Dropout(rate, seed=1).forward(np.full((400, 500), 3.0), training=True)
    assert outputs.mean() == pytest.approx(3, rel=0.02)
    assert (outputs == 0).mean() == pytest.approx(rate, abs=0.005)
    np.testing.assert_allclose(np.unique(outputs), [0, 3 / (1 - rate)])


def test_dropout_is_off_outside_training():
    layer, X = nn.Dropout(0.9), normal(5, 4)
    np.testing.assert_array_equal(layer.forward(X), X)
    np.testing.assert_array_equal(layer.backward(X), X)
    network = nn.Network(nn.Dense(4, 3), layer)
    np.testing.assert_array_equal(network.predict(X), network.layers[0].forward(X))
    assert (network.forward(X, training=True) != network.predict(X)).any()


def test_dropout_draws_a_new_mask_for_every_batch():
    layer, X = nn.Dropout(0.5, seed=4), np.ones((10, 10))
    first, second = layer.forward(X, training=True), layer.forward(X, training=True)
    assert (first != second).any()
    np.testing.assert_array_equal(nn.Dropout(0.5, seed=4).forward(X, training=True), first)


def test_fit_trains_with_dropout_and_measures_without():
    X, targets = small_data()
    network = nn.Network(nn.Dropout(0.5), nn.Dense(3, 1))
    _, history = train(
        network, optimiser=nn.SGD(1e-12), epochs=1, validation=(X, targets), batch_size=7
    )
    without = nn.BinaryCrossEntropy().value(network.predict(X), targets)
    assert history.validation_loss[0] == pytest.approx(without, rel=1e-9)
    assert history.train_loss[0] != pytest.approx(without, rel=1e-3)


# ------------------------------------------------------------------------------- the fit loop


def test_fit_learns_which_digit_is_the_anomaly():
    from sklearn.datasets import load_digits
    from sklearn.metrics import roc_auc_score

    X, digits = load_digits(return_X_y=True)
    X, y = X / 16, (digits == 8).astype(int)
    network = nn.Network(nn.Dense(64, 32, seed=1), nn.ReLU(), nn.Dense(32, 1, seed=2))
    _, history = train(network, (X[:1200], y[:1200]), optimiser=nn.Adam(), epochs=20)
    assert history.train_loss[-1] < 0.3 * history.train_loss[0]
    assert roc_auc_score(y[1200:], network.predict(X[1200:]).ravel()) > 0.97


def test_fit_separates_classes_and_reconstructs():
    X, classes = normal(90, 2), np.repeat([0, 1, 2], 30)
    X += np.array([[0, 6], [6, 0], [-6, -6]])[classes]
    network = nn.Network(nn.Dense(2, 8, seed=1), nn.ReLU(), nn.Dense(8, 3, seed=2))
    train(network, (X, classes), loss=nn.SoftmaxCrossEntropy(), epochs=30)
    assert (network.predict(X).argmax(axis=1) == classes).mean() > 0.98

    autoencoder = nn.Network(nn.Dense(2, 2, seed=1, initialisation="glorot"))
    _, history = train(
        autoencoder, (X, X), loss=nn.MeanSquaredError(), optimiser=nn.SGD(0.02), epochs=60
    )
    assert history.train_loss[-1] < 1e-3


def test_equal_seeds_give_equal_fits_and_other_seeds_do_not():
    def dropped_out(seed):
        network = nn.Network(nn.Dense(3, 8), nn.ReLU(), nn.Dropout(0.3), nn.Dense(8, 1))
        _, history = train(network, seed=seed)
        return network.get_weights(), history

    (first, first_history), (second, second_history) = dropped_out(3), dropped_out(3)
    assert_same_weights(first, second)
    assert first_history.train_loss == second_history.train_loss
    assert any((ours != other).any() for ours, other in zip(first, dropped_out(4)[0], strict=True))


def test_fit_leaves_the_global_random_state_alone():
    import random

    np.random.seed(7)
    numpy_state, python_state = np.random.get_state()[1].copy(), random.getstate()
    network = nn.Network(nn.Dense(3, 8), nn.Dropout(0.2), nn.Dense(8, 1))
    first, _ = train(network)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert random.getstate() == python_state

    np.random.seed(8)
    network = nn.Network(nn.Dense(3, 8), nn.Dropout(0.2), nn.Dense(8, 1))
    second, _ = train(network)
    assert_same_weights(first.get_weights(), second.get_weights())


def test_fit_leaves_its_input_alone_and_reads_read_only_tables():
    X, targets = small_data()
    copies = X.copy(), targets.copy()
    X.flags.writeable = targets.flags.writeable = False
    train(data=(X, targets), validation=(X, targets), patience=2)
    np.testing.assert_array_equal(X, copies[0])
    np.testing.assert_array_equal(targets, copies[1])


class Remembering(nn.MeanSquaredError):
    """Keeps the targets of every batch."""

    def __init__(self):
        self.batches = []

    def value(self, outputs, targets):
        self.batches.append(targets.ravel().tolist())
        return super().value(outputs, targets)


def test_every_row_is_used_once_per_epoch_in_a_new_order():
    loss, rows = Remembering(), np.arange(10)
    train(data=(normal(10, 3), rows), loss=loss, epochs=3, batch_size=4)
    assert [len(batch) for batch in loss.batches] == [4, 4, 2] * 3
    orders = [[row for batch in loss.batches[i : i + 3] for row in batch] for i in (0, 3, 6)]
    assert all(sorted(order) == rows.tolist() for order in orders)
    assert orders[0] != orders[1] != orders[2] != rows.tolist()


def test_train_loss_is_the_mean_over_rows_not_over_batches():
    X, targets = normal(10, 3), np.r_[np.zeros(9), 100]
    network, history = train(
        data=(X, targets),
        loss=nn.MeanSquaredError(),
        optimiser=nn.SGD(1e-12),
        epochs=1,
        batch_size=3,
    )
    expected = nn.MeanSquaredError().value(network.predict(X), targets)
    assert history.train_loss[0] == pytest.approx(expected, rel=1e-6)


def test_validation_rows_are_measured_and_not_learned():
    X, targets = small_data(seed=5)
    with_validation, history = train(validation=(X, targets))
    without, _ = train()
    assert_same_weights(with_validation.get_weights(), without.get_weights())
    expected = nn.BinaryCrossEntropy().value(without.predict(X), targets)
    assert history.validation_loss[-1] == pytest.approx(expected, rel=1e-12)
    assert len(history.validation_loss) == len(history.train_loss) == 5
    assert history.best_epoch == int(np.argmin(history.validation_loss))


def test_history_without_validation():
    calls = []
    _, history = train(
        on_epoch=lambda epoch, history: calls.append((epoch, len(history.train_loss)))
    )
    assert calls == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert history.validation_loss == []
    assert history.best_epoch is None
    assert 0 < history.seconds < 5


class Scripted(nn.MeanSquaredError):
    """Gives the validation losses of a script; validation is told by its four rows."""

    def __init__(self, losses):
        self.losses = iter(losses)

    def value(self, outputs, targets):
        return next(self.losses) if len(outputs) == 4 else super().value(outputs, targets)


def train_scripted(losses, network=None, **choices):
    seen = []
    network = small_network() if network is None else network
    X, targets = small_data(rows=32)
    history = nn.fit(
        network,
        X,
        targets,
        loss=Scripted(losses),
        optimiser=nn.SGD(0.01),
        batch_size=8,
        epochs=len(losses),
        validation=(X[:4], targets[:4]),
        on_epoch=lambda epoch, history: seen.append(network.get_weights()),
        **choices,
    )
    return network, history, seen


def test_early_stopping_waits_for_patience_and_restores_the_best_weights():
    network, history, seen = train_scripted([5, 3, 4, 3, 3, 1, 1], patience=3)
    assert history.validation_loss == [5, 3, 4, 3, 3]  # equal is not better
    assert history.best_epoch == 1
    assert_same_weights(network.get_weights(), seen[1])
    assert (seen[1][0] != seen[4][0]).any()


def test_improvement_starts_patience_anew():
    network, history, seen = train_scripted([5, 6, 4, 5, 3, 4, 5, 1], patience=2)
    assert history.validation_loss == [5, 6, 4, 5, 3, 4, 5]
    assert_same_weights(network.get_weights(), seen[4])


def test_best_weights_are_restored_when_the_epochs_run_out_first():
    network, history, seen = train_scripted([5, 3, 4], patience=10)
    assert history.best_epoch == 1
    assert_same_weights(network.get_weights(), seen[1])


def test_without_patience_the_last_weights_stay():
    network, history, seen = train_scripted([5, 3, 4, 6])
    assert history.best_epoch == 1
    assert_same_weights(network.get_weights(), seen[-1])


# ------------------------------------------------------------------ interruption and divergence


def interrupt_at(last):
    def on_epoch(epoch, history):
        if epoch == last:
            raise KeyboardInterrupt

    return on_epoch


def test_interruption_keeps_what_was_learned(capsys):
    interrupted, history = train(epochs=50, on_epoch=interrupt_at(2))
    three_epochs, _ = train(epochs=3)
    assert_same_weights(interrupted.get_weights(), three_epochs.get_weights())
    assert len(history.train_loss) == 3
    assert history.seconds > 0
    assert capsys.readouterr().out == "Stopped by hand in epoch 3; what was learned is kept.\n"


def test_interruption_within_an_epoch_keeps_the_steps_taken():
    class Interrupted(nn.SGD):
        steps = 0

        def step(self, parameters, gradients):
            self.steps += 1
            if self.steps == 8:
                raise KeyboardInterrupt
            super().step(parameters, gradients)

    network, history = train(optimiser=Interrupted(0.1), batch_size=10)  # six steps an epoch
    assert len(history.train_loss) == 1
    assert (network.get_weights()[0] != small_network().get_weights()[0]).any()
    one_epoch, _ = train(optimiser=nn.SGD(0.1), batch_size=10, epochs=1)
    assert (network.get_weights()[0] != one_epoch.get_weights()[0]).any()


def test_interruption_with_patience_restores_the_best_weights():
    X, targets = small_data(rows=32)
    network, seen = small_network(), []

    def on_epoch(epoch, history):
        seen.append(network.get_weights())
        interrupt_at(3)(epoch, history)

    history = nn.fit(
        network,
        X,
        targets,
        loss=Scripted([5, 3, 4, 6]),
        optimiser=nn.SGD(0.01),
        validation=(X[:4], targets[:4]),
        patience=10,
        on_epoch=on_epoch,
    )
    assert history.best_epoch == 1
    assert_same_weights(network.get_weights(), seen[1])


def test_divergence_is_an_error_that_says_what_to_try():
    X, targets = small_data()
    with pytest.raises(FloatingPointError) as caught:
        train(
            nn.Network(nn.Dense(3, 8), nn.ReLU(), nn.Dense(8, 1)),
            (1e3 * X, targets),
            loss=nn.MeanSquaredError(),
            optimiser=nn.SGD(10),
        )
    message = str(caught.value)
    assert message.startswith("The training loss became inf in epoch 2")
    assert "Make the network and the optimiser anew" in message
    assert "learning rate ten times smaller" in message


def test_divergence_of_the_validation_loss_is_an_error():
    with pytest.raises(FloatingPointError, match="validation loss became nan in epoch 2"):
        train_scripted([1, math.nan, 1])


def test_overflow_of_the_validation_loss_gives_no_warning(recwarn):
    X, targets = small_data()
    with pytest.raises(FloatingPointError, match="validation loss became inf in epoch 1"):
        train(loss=nn.MeanSquaredError(), validation=(X, targets + 1e200))
    assert not recwarn.list


def test_progress_leaves_one_line_with_the_last_losses(capsys):
    train(progress=True)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
    last = printed.out.split("\r")[-1]
    assert "5/5" in last
    assert re.search(r"training loss=\d\.\d{4}", last)


def test_without_progress_nothing_is_printed(capsys):
    train()
    assert capsys.readouterr() == ("", "")


def test_interruption_leaves_its_line_below_the_progress(capsys):
    train(progress=True, on_epoch=interrupt_at(1))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("Stopped by hand in epoch 2")


# ------------------------------------------------------------------------------------- network


def test_predict_does_not_depend_on_the_batch_size():
    network, X = small_network(), normal(50, 3)
    expected = network.forward(X)
    for batch_size in (1, 7, 50, 4096):
        assert_close(network.predict(X, batch_size=batch_size), expected, 1e-14)


def test_weights_are_copied_out_and_in():
    network, other = small_network(seed=0), small_network(seed=10)
    weights, arrays = network.get_weights(), other.parameters()
    other.set_weights(weights)
    weights[0][:] = 0
    assert network.parameters()[0].any()
    assert other.parameters()[0] is arrays[0]
    assert_same_weights(network.get_weights(), other.get_weights())
    assert [array.shape for array in network.parameters()] == [(3, 8), (8,), (8, 1), (1,)]


def test_set_weights_changes_nothing_when_one_shape_is_wrong():
    network = small_network()
    before = network.get_weights()
    wrong = [np.ones((3, 8)), np.ones(8), np.ones((8, 2)), np.ones(1)]
    with pytest.raises(ValueError, match=r"weights has the shapes .*\(8, 2\).* is expected"):
        network.set_weights(wrong)
    assert_same_weights(network.get_weights(), before)


def test_repr_shows_the_architecture():
    network = nn.Network(nn.Dense(64, 32), nn.ReLU(), nn.Dropout(0.25), nn.Dense(32, 1))
    assert repr(network) == (
        "Network(Dense(64, 32), ReLU(), Dropout(0.25), Dense(32, 1)) with 2,113 parameters"
    )


def test_a_layer_of_ones_own_joins_a_network():
    class Doubling(nn.Layer):
        def forward(self, inputs, training=False):
            return 2 * inputs

        def backward(self, grad_output):
            return 2 * grad_output

    network = nn.Network(nn.Dense(3, 1), Doubling())
    X = normal(4, 3)
    np.testing.assert_allclose(network.forward(X), 2 * network.layers[0].forward(X))
    train(network)
    with pytest.raises(NotImplementedError, match="Layer has no forward"):
        nn.Layer().forward(X)
    with pytest.raises(NotImplementedError, match="Layer has no backward"):
        nn.Layer().backward(X)


# ------------------------------------------------------------------------- numerical gradient


def test_numerical_gradient_of_known_functions():
    a = normal(3, 2)
    assert_close(nn.numerical_gradient(lambda a: (a**3).sum(), a), 3 * a**2, 1e-8)
    assert_close(nn.numerical_gradient(lambda a: 5 * a, np.array(2.0)), np.array(5.0), 1e-8)


def test_numerical_gradient_is_central():
    # A one-sided difference of |a| at 0 would be 1 or −1.
    np.testing.assert_array_equal(nn.numerical_gradient(lambda a: abs(a[0]), np.zeros(1)), [0])


def test_numerical_gradient_puts_the_array_back():
    a = normal(4)
    before = a.copy()
    nn.numerical_gradient(lambda a: a.sum(), a)
    np.testing.assert_array_equal(a, before)
    with pytest.raises(ZeroDivisionError):
        nn.numerical_gradient(lambda a: 1 / 0, a)
    np.testing.assert_array_equal(a, before)


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("array", "step", "error", "message"),
    [
        ([1.0], 1e-6, TypeError, "array is of type list; a NumPy array of float64"),
        (np.ones(2, np.float32), 1e-6, TypeError, "array is of type float32"),
        (np.ones(2, int), 1e-6, TypeError, "array is of type int64"),
        (read_only(np.ones(2)), 1e-6, ValueError, "array is read-only"),
        (np.ones(2), 0, ValueError, r"step is 0; a number in \(0, ∞\)"),
    ],
)
def test_numerical_gradient_refuses(array, step, error, message):
    with pytest.raises(error, match=message):
        nn.numerical_gradient(lambda a: a.sum(), array, step)


# ------------------------------------------------------------------------------------ bad input


def fit_with(**choices):
    return lambda: train(**choices)


def fit_on(X, targets, **choices):
    return lambda: train(data=(X, targets), **choices)


X, Y = small_data()
BAD_NUMBERS = np.where(np.arange(60) == 7, np.nan, 1.0)
BAD = {
    "width 0": (lambda: nn.Dense(0, 3), ValueError, "inputs is 0; a whole number of at least 1"),
    "width as text": (lambda: nn.Dense(3, "4"), TypeError, "outputs is"),
    "seed": (lambda: nn.Dense(3, 4, seed=-1), ValueError, "seed is -1"),
    "initialisation": (
        lambda: nn.Dense(3, 4, initialisation="best"),
        ValueError,
        "initialisation",
    ),
    "rate 1": (lambda: nn.Dropout(1), ValueError, r"rate is 1; a number in \[0, 1\)"),
    "rate negative": (lambda: nn.Dropout(-0.1), ValueError, "rate is -0.1"),
    "columns": (
        lambda: nn.Dense(3, 4).forward(np.ones((2, 5))),
        ValueError,
        r"inputs has shape \(2, 5\); \(batch, 3\) is expected",
    ),
    "one row without its axis": (
        lambda: nn.Dense(3, 4).forward([1.0, 2.0, 3.0]),
        ValueError,
        r"inputs has shape \(3,\)",
    ),
    "text": (lambda: nn.Dense(1, 4).forward([["a"]]), TypeError, "inputs is of type list"),
    "numbers as text": (lambda: nn.ReLU().forward(["1"]), TypeError, "inputs is of type list"),
    "None": (lambda: nn.Tanh().forward(None), TypeError, "inputs is of type NoneType"),
    "ragged": (lambda: nn.ReLU().forward([[1], [1, 2]]), ValueError, "inputs has rows of diff"),
    "empty": (lambda: nn.ReLU().forward(np.ones((0, 3))), ValueError, "inputs is empty"),
    "empty loss": (
        lambda: nn.MeanSquaredError().value(np.ones((0, 1)), []),
        ValueError,
        "outputs is empty",
    ),
    "NaN at the door": (
        lambda: small_network().forward([[1, np.nan, 2]]),
        ValueError,
        "inputs has NaN in row 0, column 1",
    ),
    "NaN to predict": (
        lambda: small_network().predict([[1, np.inf, 2]]),
        ValueError,
        "X has infinity in row 0, column 1",
    ),
    "batch size to predict": (
        lambda: small_network().predict(X, batch_size=0),
        ValueError,
        "batch_size is 0",
    ),
    "no layers": (lambda: nn.Network(), ValueError, "no layers"),
    "class as a layer": (
        lambda: nn.Network(nn.Dense(2, 2), nn.ReLU),
        TypeError,
        r"layers\[1\] is .*; a layer is expected, such as ReLU\(…\)",
    ),
    "function as a layer": (lambda: nn.Network(np.tanh), TypeError, r"layers\[0\] is <ufunc"),
    "widths": (
        lambda: nn.Network(nn.Dense(2, 3), nn.ReLU(), nn.Dense(4, 1)),
        ValueError,
        r"layers\[2\] takes 4 columns; 3 are coming",
    ),
    "backward with another shape": (
        lambda: [layer := nn.Dense(3, 2), layer.forward(X), layer.backward(np.ones((60, 3)))],
        ValueError,
        r"grad_output has shape \(60, 3\); \(60, 2\) is expected",
    ),
    "MSE targets": (
        lambda: nn.MeanSquaredError().value(np.ones((60, 1)), BAD_NUMBERS),
        ValueError,
        "targets has nan in row 7; finite numbers",
    ),
    "BCE targets": (
        lambda: nn.BinaryCrossEntropy().gradient(np.ones((2, 1)), [1, 2]),
        ValueError,
        "targets has 2 in row 1; numbers from 0 to 1",
    ),
    "BCE targets NaN": (
        lambda: nn.BinaryCrossEntropy().gradient(np.ones((60, 1)), BAD_NUMBERS),
        ValueError,
        "targets has nan in row 7",
    ),
    "class number too high": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [0, 3]),
        ValueError,
        "targets has 3 in row 1; whole numbers from 0 to 2",
    ),
    "class number negative": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [-1, 0]),
        ValueError,
        "targets has -1 in row 0",
    ),
    "class number broken": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [0.5, 1]),
        ValueError,
        "targets has 0.5 in row 0",
    ),
    "class number NaN": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [0, np.nan]),
        ValueError,
        "targets has nan in row 1",
    ),
    "one-hot targets": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [[1, 0, 0], [0, 1, 0]]),
        ValueError,
        r"targets has shape \(2, 3\) .*argmax",
    ),
    "learning rate": (lambda: nn.SGD(0), ValueError, r"learning_rate is 0; a number in \(0"),
    "learning rate NaN": (lambda: nn.Adam(np.nan), ValueError, "learning_rate is nan"),
    "learning rate text": (lambda: nn.Adam("0.1"), TypeError, "learning_rate is"),
    "momentum": (lambda: nn.SGD(0.1, momentum=1), ValueError, "momentum is 1"),
    "decay": (lambda: nn.SGD(0.1, weight_decay=-1), ValueError, "weight_decay is -1"),
    "Adam decay": (lambda: nn.Adam(weight_decay=-1), ValueError, "weight_decay is -1"),
    "beta_1": (lambda: nn.Adam(beta_1=1), ValueError, "beta_1 is 1"),
    "beta_2": (lambda: nn.Adam(beta_2=-0.1), ValueError, "beta_2 is -0.1"),
    "epsilon": (lambda: nn.Adam(epsilon=0), ValueError, "epsilon is 0"),
    "step before backward": (
        lambda: nn.SGD(0.1).step(nn.Dense(2, 2).parameters(), nn.Dense(2, 2).gradients()),
        ValueError,
        "call backward before step",
    ),
    "gradients of another shape": (
        lambda: nn.Adam().step([np.ones((2, 3))], [np.ones((3, 2))]),
        ValueError,
        r"gradients has the shapes \[\(3, 2\)\]; \[\(2, 3\)\] is expected",
    ),
    "whole numbers as parameters": (
        lambda: nn.Adam().step([np.ones(2, int)], [np.ones(2)]),
        TypeError,
        "parameters has int64 in it; arrays of float64",
    ),
    "optimiser used before": (
        lambda: [
            optimiser := nn.Adam(),
            optimiser.step([np.ones(2)], [np.ones(2)]),
            optimiser.step([np.ones(3)], [np.ones(3)]),
        ],
        ValueError,
        "new optimiser is expected",
    ),
    "fit: X": (fit_on(X[:, 0], Y), ValueError, r"X has shape \(60,\)"),
    "fit: no X": (fit_on(None, Y), TypeError, "X is None"),
    "fit: width": (fit_on(X[:, :2], Y), ValueError, r"inputs has shape \(1, 2\); \(batch, 3\)"),
    "fit: NaN": (fit_on(np.full((60, 3), np.nan), Y), ValueError, "X has NaN in row 0, column 0"),
    "fit: no rows": (fit_on(X[:0], Y[:0]), ValueError, "X has shape"),
    "fit: too few targets": (
        fit_on(X, Y[:-1]),
        ValueError,
        r"targets has shape \(59,\); \(60, 1\) is expected",
    ),
    "fit: targets": (fit_on(X, Y + 1), ValueError, "targets has 2 in row"),
    "fit: no targets": (fit_on(X, None), TypeError, "targets is of type NoneType"),
    "fit: text": (fit_on(X, ["normal"] * 60), TypeError, "targets is of type list"),
    "fit: network": (lambda: train("network"), TypeError, "network is of type str"),
    "fit: network class": (lambda: train(nn.Network), TypeError, "network is the class Network"),
    "fit: loss": (fit_with(loss="mse"), TypeError, "loss is of type str"),
    "fit: loss class": (
        fit_with(loss=nn.MeanSquaredError),
        TypeError,
        r"loss is the class MeanSquaredError; MeanSquaredError\(…\) is expected",
    ),
    "fit: optimiser": (fit_with(optimiser=nn.Adam), TypeError, "optimiser is the class Adam"),
    "fit: epochs": (fit_with(epochs=0), ValueError, "epochs is 0"),
    "fit: epochs broken": (fit_with(epochs=2.5), TypeError, "epochs is"),
    "fit: batch": (fit_with(batch_size=-1), ValueError, "batch_size is -1"),
    "fit: seed": (fit_with(seed="0"), TypeError, "seed is"),
    "fit: patience alone": (fit_with(patience=3), ValueError, "validation is None"),
    "fit: patience": (fit_with(patience=0, validation=(X, Y)), ValueError, "patience is 0"),
    "fit: validation": (fit_with(validation=X), TypeError, "validation is of type ndarray"),
    "fit: validation X": (
        fit_with(validation=(X * np.inf, Y)),
        ValueError,
        "validation X has",
    ),
    "fit: validation targets": (
        fit_with(validation=(X, Y + 1)),
        ValueError,
        "validation targets has 2 in row",
    ),
    "fit: on_epoch": (fit_with(on_epoch="print"), TypeError, "on_epoch is of type str"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_an_error_that_names_it(name):
    call, error, message = BAD[name]
    with np.errstate(invalid="ignore"), pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "layer", [nn.Dense(2, 2), nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.Dropout(0.5)], ids=repr
)
def test_backward_needs_forward_first(layer):
    with pytest.raises(RuntimeError, match="backward was called before forward"):
        layer.backward(np.ones((1, 2)))


def test_one_layer_cannot_stand_in_two_places():
    shared = nn.ReLU()
    with pytest.raises(ValueError, match=r"layers\[3\] is a layer that stands further up"):
        nn.Network(nn.Dense(2, 2), shared, nn.Dense(2, 2), shared)


def test_importing_the_room_loads_nothing_heavy():
    code = (
        "import sys, course_utils.network\n"
        "heavy = {'torch', 'keras', 'matplotlib', 'sklearn', 'scipy', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
