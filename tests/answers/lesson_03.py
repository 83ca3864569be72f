"""Answers to the exercises of lesson 03: right ones in other styles, and wrong ones."""

from itertools import pairwise

from answers import right, wrong
from course_utils import network
from course_utils.exercises import lesson_03 as ex

import numpy as np
import torch
from scipy import special

# -------------------------------------------------------------------------------------- one neuron


@right(ex.neuron)
def neuron_row_by_row(X, weights, bias):
    return [special.expit(sum(row * weights) + bias) for row in X]


@right(ex.neuron)
def neuron_in_float32(X, weights, bias):
    return special.expit((X.astype("float32") * weights.astype("float32")).sum(1) + bias)


@wrong(ex.neuron, "one column")
def neuron_as_a_column(X, weights, bias):
    """Weights made a column, so that the result is (batch, 1)."""
    return special.expit(X @ weights.reshape(-1, 1) + bias)


@wrong(ex.neuron, "once per feature")
def neuron_with_a_bias_per_feature(X, weights, bias):
    """The bias inside the sum."""
    return special.expit((X * weights + bias).sum(axis=1))


@wrong(ex.neuron, "after the activation")
def neuron_with_the_bias_last(X, weights, bias):
    """The activation before the bias."""
    return special.expit(X @ weights) + bias


@wrong(ex.neuron, "activation is missing")
def neuron_without_activation(X, weights, bias):
    """The weighted sum alone."""
    return X @ weights + bias


@wrong(ex.neuron, "one number for the whole batch")
def neuron_summed_over_everything(X, weights, bias):
    """The sum runs over the rows as well."""
    return special.expit((X * weights).sum() + bias)


wrong(ex.neuron, "bias is missing")(lambda X, weights, bias: special.expit(X @ weights))
wrong(ex.neuron, "sign is turned")(lambda X, weights, bias: special.expit(-X @ weights - bias))
wrong(ex.neuron, "returned None")(lambda X, weights, bias: print(end=""))
wrong(ex.neuron, "by hand, line by line")(lambda X, weights, bias: X @ weights * 2)

# ---------------------------------------------------------------------------------- stable sigmoid


@right(ex.stable_sigmoid)
def sigmoid_with_masks(z):
    y = np.empty_like(z)
    y[z >= 0] = 1 / (1 + np.exp(-z[z >= 0]))
    y[z < 0] = np.exp(z[z < 0]) / (1 + np.exp(z[z < 0]))
    return y


@right(ex.stable_sigmoid)
def sigmoid_by_tanh(z):
    return 0.5 * (1 + np.tanh(z / 2))


@right(ex.stable_sigmoid)
def sigmoid_with_a_generous_cut(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


right(ex.stable_sigmoid)(special.expit)
right(ex.stable_sigmoid)(network.sigmoid)


@wrong(ex.stable_sigmoid, "exp(1000)")
def stable_sigmoid_by_the_formula(z):
    """The textbook formula: right in value, but the exponential overflows at z = −1000."""
    return 1 / (1 + np.exp(-z))


@wrong(ex.stable_sigmoid, "infinity divided by infinity")
def stable_sigmoid_turned_round(z):
    """The other textbook formula, which overflows on the right."""
    return np.exp(z) / (1 + np.exp(z))


@wrong(ex.stable_sigmoid, "np.where computes both")
def stable_sigmoid_with_where(z):
    """Both branches are computed for every element before one is picked."""
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


@wrong(ex.stable_sigmoid, "whole array")
def stable_sigmoid_with_if(z):
    """A question that a single number can answer, put to an array."""
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    return np.exp(z) / (1 + np.exp(z))


@wrong(ex.stable_sigmoid, "Cutting z off")
def stable_sigmoid_with_a_cut(z):
    """Everything below −20 gets one score."""
    return 1 / (1 + np.exp(-np.clip(z, -20, 20)))


@wrong(ex.stable_sigmoid, "you return 0")
def sigmoid_of_the_right_half(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), 0.0)


wrong(ex.stable_sigmoid, "That is tanh")(np.tanh)

# ----------------------------------------------------------------------- two linear layers are one


@right(ex.collapse)
def collapse_with_a_row_for_the_bias(W1, b1, W2, b2):
    return [W1.dot(W2), b1[None] @ W2 + b2]


@wrong(ex.collapse, "W1 stands on the left")
def collapse_in_reading_order(W1, b1, W2, b2):
    """The order of mathematics with columns, f(g(x))."""
    return W2 @ W1, b1 @ W2 + b2


@wrong(ex.collapse, "passes through the second layer")
def collapse_adding_the_biases(W1, b1, W2, b2):
    """The first bias skips the second layer."""
    return W1 @ W2, b1 + b2


@wrong(ex.collapse, "lacks the second bias")
def collapse_without_the_second_bias(W1, b1, W2, b2):
    """The second bias is forgotten."""
    return W1 @ W2, b1 @ W2


@wrong(ex.collapse, "element by element")
def collapse_elementwise(W1, b1, W2, b2):
    """`*` for `@`."""
    return W1 * W2, b1 @ W2 + b2


wrong(ex.collapse, "Return two things")(lambda W1, b1, W2, b2: W1 @ W2)

# ------------------------------------------------------------------------------ forward, any depth


@right(ex.forward)
def forward_by_recursion(X, weights, biases):
    out = X @ weights[0] + biases[0]
    return forward_by_recursion(out * (out > 0), weights[1:], biases[1:]) if weights[1:] else out


@right(ex.forward)
def forward_in_torch(X, weights, biases):
    X = torch.tensor(X)
    for number, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        X = torch.nn.functional.linear(X, torch.tensor(W.T), torch.tensor(b))
        X = torch.relu(X) if number < len(weights) else X
    return X


@wrong(ex.forward, "without .T")
def forward_transposed(X, weights, biases):
    """The weights as PyTorch stores them."""
    return ex._run(X, [W.T for W in weights], biases, ex._right_step)


@wrong(ex.forward, "down the rows")
def forward_with_the_bias_per_row(X, weights, biases):
    """One bias for each row of the batch."""
    return ex._run(X, weights, [b[:, None] for b in biases], ex._right_step)


@wrong(ex.forward, "activation is missing")
def forward_without_activation(X, weights, biases):
    """No activation at all."""
    for W, b in zip(weights, biases, strict=True):
        X = X @ W + b
    return X


@wrong(ex.forward, "last layer goes through ReLU")
def forward_with_relu_everywhere(X, weights, biases):
    """The output is cut at zero."""
    for W, b in zip(weights, biases, strict=True):
        X = np.maximum(X @ W + b, 0)
    return X


@wrong(ex.forward, "before the bias")
def forward_with_relu_before_the_bias(X, weights, biases):
    """The activation between sum and bias."""
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        X = np.maximum(X @ W, 0) + b
    return X @ weights[-1] + biases[-1]


@wrong(ex.forward, "You feed X to each")
def forward_from_the_input_each_time(X, weights, biases):
    """Every layer starts again from X."""
    for W, b in zip(weights, biases, strict=True):
        outputs = X @ W + b
    return outputs


@wrong(ex.forward, "however many layers")
def forward_for_three_layers(X, weights, biases):
    """The number of layers written into the code."""
    hidden = np.maximum(X @ weights[0] + biases[0], 0)
    hidden = np.maximum(hidden @ weights[1 % len(weights)] + biases[1 % len(biases)], 0)
    return hidden @ weights[2 % len(weights)] + biases[2 % len(biases)]


wrong(ex.forward, "by hand, line by line")(lambda X, weights, biases: X @ weights[0])

# ----------------------------------------------------------------------------- counting parameters


@right(ex.count_parameters)
def count_with_arrays(widths):
    widths = np.array(widths)
    return widths[:-1] @ widths[1:] + widths[1:].sum()


@wrong(ex.count_parameters, "weights alone")
def count_parameters_without_biases(widths):
    """The matrices without the biases."""
    return sum(a * b for a, b in pairwise(widths))


@wrong(ex.count_parameters, "one bias per layer")
def count_parameters_with_a_bias_per_layer(widths):
    """A single bias shared by a layer."""
    return sum(a * b + 1 for a, b in pairwise(widths))


@wrong(ex.count_parameters, "inputs got biases")
def count_parameters_with_biases_for_inputs(widths):
    """The input counted as a layer with biases."""
    return count_parameters_without_biases(widths) + sum(widths)


@wrong(ex.count_parameters, "A bias belongs to an output")
def count_parameters_with_biases_at_inputs(widths):
    """The +1 on the wrong factor."""
    return sum(a * (b + 1) for a, b in pairwise(widths))


wrong(ex.count_parameters, "you count neurons")(sum)

# ------------------------------------------------------------------------------- a network by hand


@right(ex.sensor_network)
def sensors_with_four_neurons():
    W1 = np.array([[1.0, -1.0, 2.0, 0.0], [-1.0, 1.0, -2.0, 0.0]])
    return W1, [-0.1, -0.1, 0.0, 1.0], [[5.0], [20.0], [1.0], [-3.0]], [0.0]


@right(ex.sensor_network)
def sensors_with_the_threshold_in_the_guards():
    W1 = np.array([[3, -3], [-3, 3]])
    return [W1, np.array([-1.8, -1.8]), np.array([1, 1]), -0.01]


@wrong(ex.sensor_network, "miss those with x1 < x2")
def sensor_network_with_one_neuron():
    """One sign of the difference alone."""
    return np.array([[1.0], [-1.0]]), np.zeros(1), np.array([[1.0]]), np.array([-0.6])


@wrong(ex.sensor_network, "miss those with x1 < x2")
def sensor_network_that_cancels():
    """ReLU(d) − ReLU(−d) is d again: linear."""
    W1 = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return W1, np.zeros(2), np.array([[1.0], [-1.0]]), np.array([-0.6])


@wrong(ex.sensor_network, "the threshold")
def sensor_network_without_threshold():
    """|x1 − x2| > 0 is true of every noisy pair."""
    W1 = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return W1, np.zeros(2), np.array([[1.0], [1.0]]), np.zeros(1)


@wrong(ex.sensor_network, "wrong way round")
def sensor_network_turned():
    """An alarm where the sensors agree."""
    W1 = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return W1, np.zeros(2), np.array([[-1.0], [-1.0]]), np.array([0.6])


@wrong(ex.sensor_network, "one column per hidden neuron")
def sensor_network_with_rows_as_neurons():
    """Three neurons as rows: PyTorch's layout."""
    W1 = np.array([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]])
    return W1, np.zeros(3), np.ones((1, 3)), np.array([-0.6])


@wrong(ex.sensor_network, "have in common")
def sensor_network_far_from_the_origin():
    """Alarms far out, where each sensor is unusual alone."""
    W1 = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    return W1, np.full(4, -1.0), np.ones((4, 1)), np.array([-0.5])


@wrong(ex.sensor_network, "no alarm at all")
def sensors_without_alarm():
    return np.zeros((2, 2)), np.zeros(2), np.zeros((2, 1)), np.array([-1.0])


wrong(ex.sensor_network, "Return four things")(lambda: (1, 2))

# ---------------------------------------------------------------------------------- stable softmax


@right(ex.stable_softmax)
def softmax_in_logarithms(Z):
    return np.exp(Z - np.logaddexp.reduce(Z, axis=1, keepdims=True))


@right(ex.stable_softmax)
def softmax_row_by_row(Z):
    return [np.exp(row - max(row)) / sum(np.exp(row - max(row))) for row in Z]


right(ex.stable_softmax)(network.softmax)


@wrong(ex.stable_softmax, "Your columns sum to 1")
def stable_softmax_down_the_columns(Z):
    """The wrong axis."""
    e = np.exp(Z - Z.max(axis=0))
    return e / e.sum(axis=0)


@wrong(ex.stable_softmax, "exp(1000) overflows")
def stable_softmax_without_shift(Z):
    """The formula as it stands."""
    e = np.exp(Z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(ex.stable_softmax, "Every row needs its own maximum")
def stable_softmax_with_one_shift(Z):
    """One maximum for the whole batch."""
    e = np.exp(Z - Z.max())
    return e / e.sum(axis=1, keepdims=True)


@wrong(ex.stable_softmax, "row sums are spread over the columns")
def stable_softmax_without_keepdims(Z):
    """The row sums broadcast along the wrong axis."""
    e = np.exp(Z)
    return e / e.sum(axis=1)


@wrong(ex.stable_softmax, "do not compete")
def stable_softmax_as_sigmoid(Z):
    """Every logit on its own."""
    return special.expit(Z)


wrong(ex.stable_softmax, "Each row has its own sum")(lambda Z: np.exp(Z) / np.exp(Z).sum())
