"""A small network and its data, for the tests of the room network."""

from course_utils import network as nn

import numpy as np
from hypothesis import settings
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
