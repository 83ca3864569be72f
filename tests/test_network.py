"""The NumPy network against torch, against finite differences, and against its own promises."""

import copy
import math

from course_utils import network as nn

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_network import (
    ACTIVATIONS,
    LOSSES,
    assert_close,
    assert_same_weights,
    away_from_zero,
    normal,
    seeds,
    sizes,
    small_data,
    small_network,
    steady,
    targets_for,
    torch_leaf,
    torch_loss,
    train,
)

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
        "adamw": (nn.AdamW(), lambda parameters: torch.optim.AdamW(parameters)),
        "adamw, other numbers": (
            nn.AdamW(0.02, beta_1=0.7, beta_2=0.95, epsilon=1e-4, weight_decay=0.5),
            lambda parameters: torch.optim.AdamW(
                parameters, lr=0.02, betas=(0.7, 0.95), eps=1e-4, weight_decay=0.5
            ),
        ),
    }


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "momentum",
        "decay",
        "momentum and decay",
        "adam",
        "adam, other numbers",
        "adamw",
        "adamw, other numbers",
    ],
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


@pytest.fixture
def keras_in_float64():
    import keras

    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield keras
    keras.config.set_floatx(before)


@pytest.mark.parametrize("name", ["AdamW", "Adam"])
def test_keras_decouples_weight_decay_under_either_name(name, keras_in_float64):
    """Keras adds ε to the uncorrected root; with ours moved there, nothing else differs."""
    keras = keras_in_float64
    ours, parameter = nn.AdamW(0.02, weight_decay=0.5), normal(4, 3)
    theirs = getattr(keras.optimizers, name)(0.02, weight_decay=0.5, epsilon=1e-7)
    variable = keras.Variable(parameter)
    for step in range(30):
        gradient = normal(4, 3, seed=step)
        ours.epsilon = 1e-7 / np.sqrt(1 - ours.beta_2 ** (step + 1))
        ours.step([parameter], [gradient])
        theirs.apply_gradients([(keras.ops.convert_to_tensor(gradient), variable)])
    assert_close(parameter, keras.ops.convert_to_numpy(variable), 1e-12)


@pytest.mark.parametrize("make", [nn.Adam, nn.AdamW])
def test_where_gradients_are_0_one_decay_takes_equal_steps_and_the_other_equal_shares(make):
    weights = np.array([4.0, 1.0, 0.1])
    make(0.1, weight_decay=0.5).step([weights], [np.zeros(3)])
    left = {nn.Adam: [3.9, 0.9, 0.0], nn.AdamW: [3.8, 0.95, 0.095]}
    np.testing.assert_allclose(weights, left[make], atol=1e-7)


@pytest.mark.parametrize(
    "optimiser", [nn.SGD(0.1, 0.9, 0.1), nn.Adam(weight_decay=0.1), nn.AdamW(weight_decay=0.1)]
)
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
