"""Answers to the exercises of lesson 03: right ones in other styles, and wrong ones."""

import math
import warnings
from itertools import combinations, pairwise

from answers import right, wrong
from course_utils import network
from course_utils.exercises import lesson_03 as ex

import numpy as np
import pandas as pd
import torch
from scipy import special

# -------------------------------------------------------------------------------------- one neuron


@right(ex.neuron)
def neuron_row_by_row(X, weights, bias):
    return [special.expit(sum(row * weights) + bias) for row in X]


@right(ex.neuron)
def neuron_in_float32(X, weights, bias):
    return special.expit((X.astype("float32") * weights.astype("float32")).sum(1) + bias)


@right(ex.neuron)
def neuron_in_torch_with_gradients(X, weights, bias):
    weights = torch.tensor(weights, requires_grad=True)
    return torch.sigmoid(torch.tensor(X) @ weights + bias)


@right(ex.neuron)
def neuron_of_a_table(X, weights, bias):
    z = pd.DataFrame(X).mul(weights, axis="columns").sum(axis="columns") + bias
    return 1 / (1 + np.exp(-z))


@right(ex.neuron)
def neuron_by_einsum(X, weights, bias):
    z = np.einsum("ij,j->i", X, weights) + bias
    return network.sigmoid(z=z)


@right(ex.neuron)
def neuron_in_loops(X, weights, bias):
    outputs = []
    for row in X.tolist():
        z = bias
        for weight, value in zip(weights.tolist(), row, strict=True):
            z += weight * value
        outputs.append(1 / (1 + math.exp(-z)))
    return outputs


@wrong(ex.neuron, "is tanh")
def neuron_with_tanh(X, weights, bias):
    """Another activation."""
    return np.tanh(X @ weights + bias)


@wrong(ex.neuron, "is ReLU")
def neuron_with_relu(X, weights, bias):
    """The activation of hidden layers."""
    return np.maximum(X @ weights + bias, 0)


@wrong(ex.neuron, "decisions")
def neuron_that_decides(X, weights, bias):
    """The threshold applied already."""
    return (X @ weights + bias > 0).astype(int)


@wrong(ex.neuron, "one number for the whole batch")
def neuron_by_vdot(X, weights, bias):
    """Only the first row."""
    return special.expit(X[0] @ weights + bias)


@wrong(ex.neuron, "may need that again")
def neuron_that_standardises_in_place(X, weights, bias):
    """`X *= …` changes what the caller holds."""
    X *= weights
    return special.expit(X.sum(axis=1) + bias)


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


@wrong(ex.neuron, "you return generator")
def neuron_that_yields(X, weights, bias):
    """A promise of numbers."""
    return (special.expit(row @ weights + bias) for row in X)


@wrong(ex.neuron, "is expected")
def neuron_that_remembers(X, weights, bias, seen={}):  # noqa: B006
    """What a batch of this shape gave the first time."""
    return seen.setdefault(X.shape, special.expit(X @ weights + bias))


wrong(ex.neuron, "bias is missing")(lambda X, weights, bias: special.expit(X @ weights))
wrong(ex.neuron, "sign is turned")(lambda X, weights, bias: special.expit(-X @ weights - bias))
wrong(ex.neuron, "returned None")(lambda X, weights, bias: print(end=""))
wrong(ex.neuron, "is expected")(lambda X, weights, bias: X @ weights * 2)

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


@right(ex.stable_sigmoid)
def sigmoid_in_two_safe_branches(z):
    left, right = np.minimum(z, 0), np.maximum(z, 0)
    return np.where(z < 0, np.exp(left) / (1 + np.exp(left)), 1 / (1 + np.exp(-right)))


@right(ex.stable_sigmoid)
def sigmoid_one_by_one(z):
    def one(value):
        if value >= 0:
            return 1 / (1 + math.exp(-value))
        return math.exp(value) / (1 + math.exp(value))

    return np.reshape([one(float(value)) for value in np.ravel(z)], np.shape(z)).tolist()


@right(ex.stable_sigmoid)
def sigmoid_in_torch(z):
    z = torch.tensor(np.array(z), requires_grad=True)
    e = torch.exp(-z.abs())
    return torch.where(z >= 0, 1.0, e) / (1 + e)


@right(ex.stable_sigmoid)
def sigmoid_in_float32(z):
    z = np.asarray(z, dtype="float32")
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


@right(ex.stable_sigmoid)
def sigmoid_in_logarithms(z):
    return np.exp(-np.logaddexp(0, -z))


@right(ex.stable_sigmoid)
def sigmoid_in_pandas(z):
    flat = pd.Series(np.ravel(z))
    e = np.exp(-flat.abs())
    return (e / (1 + e)).where(flat < 0, 1 / (1 + e)).to_numpy().reshape(np.shape(z))


@right(ex.stable_sigmoid)
def sigmoid_that_needs_no_silence(z):
    with np.errstate(all="ignore"):  # nothing is hidden: nothing overflows
        e = np.exp(-np.abs(z))
        return np.where(z >= 0, 1, e) / (1 + e)


@wrong(ex.stable_sigmoid, "silenced, not cured")
def stable_sigmoid_silenced(z):
    """The overflow stays, the warning goes."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


@wrong(ex.stable_sigmoid, "silenced, not cured")
def stable_sigmoid_with_where_silenced(z):
    """Both branches overflow, and NaN is not picked."""
    with np.errstate(all="ignore"):
        return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


@wrong(ex.stable_sigmoid, "silenced, not cured")
def stable_sigmoid_of_an_ordinary_array_silenced(z):
    """The same on a copy that looks at nothing."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-np.asarray(z)))


@wrong(ex.stable_sigmoid, "silenced, not cured")
def stable_sigmoid_as_a_power_silenced(z):
    """e to a power, without np.exp."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.e ** (-z))


@wrong(ex.stable_sigmoid, "exp(1000)")
def stable_sigmoid_without_warnings(z):
    """Filtered warnings hide the overflow as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return 1 / (1 + np.exp(-z))


@wrong(ex.stable_sigmoid, "numbers of any length")
def stable_sigmoid_in_long_doubles(z):
    """More digits only move the end."""
    return (1 / (1 + np.exp(-z.astype(np.longdouble)))).astype(float)


@wrong(ex.stable_sigmoid, "belongs to −z")
def stable_sigmoid_of_the_size(z):
    """The sign of z is lost."""
    return 1 / (1 + np.exp(-np.abs(z)))


@wrong(ex.stable_sigmoid, "may need that again")
def stable_sigmoid_that_clips_in_place(z):
    """The caller's z is cut off."""
    np.clip(z, -500, 500, out=z)
    return 1 / (1 + np.exp(-z))


right(ex.stable_sigmoid)(special.expit)
right(ex.stable_sigmoid)(network.sigmoid)


@wrong(ex.stable_sigmoid, "exp(1000)")
def stable_sigmoid_by_the_formula(z):
    """The textbook formula: right in value, but the exponential overflows at z = −1000."""
    return 1 / (1 + np.exp(-z))


@wrong(ex.stable_sigmoid, "Infinity divided by infinity")
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


@wrong(ex.stable_sigmoid, "Left of 0 you return 0")
def sigmoid_of_the_right_half(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), 0.0)


@wrong(ex.stable_sigmoid, "Cutting z off")
def stable_sigmoid_with_a_far_cut(z):
    """Everything below −50 gets one score."""
    return 1 / (1 + np.exp(-np.clip(z, -50, 50)))


wrong(ex.stable_sigmoid, "That is tanh")(np.tanh)

# ----------------------------------------------------------------------- two linear layers are one


@right(ex.collapse)
def collapse_with_a_row_for_the_bias(W1, b1, W2, b2):
    return [W1.dot(W2), b1[None] @ W2 + b2]


@right(ex.collapse)
def collapse_in_torch(W1, b1, W2, b2):
    W1, b1, W2, b2 = (torch.tensor(each, requires_grad=True) for each in (W1, b1, W2, b2))
    return W1 @ W2, b1 @ W2 + b2


@right(ex.collapse)
def collapse_in_loops(W1, b1, W2, b2):
    out, hidden = range(len(b2)), range(len(b1))
    W = [[sum(row[k] * W2[k][j] for k in hidden) for j in out] for row in W1]
    return W, [sum(b1[k] * W2[k][j] for k in hidden) + b2[j] for j in out]


@right(ex.collapse)
def collapse_by_asking_the_layers(W1, b1, W2, b2):
    def both(X):
        return (X @ W1 + b1) @ W2 + b2

    bias = both(np.zeros((1, len(W1))))[0]
    return (both(np.eye(len(W1))) - bias).astype("float32"), bias.astype("float32")


@right(ex.collapse)
def collapse_of_tables(W1, b1, W2, b2):
    return pd.DataFrame(W1) @ pd.DataFrame(W2), pd.Series(b1) @ pd.DataFrame(W2) + b2


@wrong(ex.collapse, "W1 + W2")
def collapse_by_adding(W1, b1, W2, b2):
    """Layers are not added."""
    return W1 + W2, b1 + b2


@wrong(ex.collapse, "lacks the first bias")
def collapse_without_the_first_bias(W1, b1, W2, b2):
    """The first bias is forgotten."""
    return W1 @ W2, b2


@wrong(ex.collapse, "stands left of W2")
def collapse_with_the_bias_on_the_right(W1, b1, W2, b2):
    """b1 taken for a column."""
    return W1 @ W2, W2 @ b1 + b2


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


@wrong(ex.collapse, "is expected")
def collapse_that_remembers(W1, b1, W2, b2, seen={}):  # noqa: B006
    """What layers of these shapes gave the first time."""
    return seen.setdefault((W1.shape, W2.shape), (W1 @ W2, b1 @ W2 + b2))


wrong(ex.collapse, "2 results are expected")(lambda W1, b1, W2, b2: W1 @ W2)

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


@right(ex.forward)
def forward_in_torch_with_gradients(X, weights, biases):
    X = torch.tensor(X, requires_grad=True)
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        X = torch.relu(X @ torch.tensor(W) + torch.tensor(b))
    return X @ torch.tensor(weights[-1]) + torch.tensor(biases[-1])


@right(ex.forward)
def forward_row_by_row_in_lists(X, weights, biases):
    results = []
    for row in X.tolist():
        for number, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
            sums = [sum(x * w for x, w in zip(row, W[:, j], strict=True)) for j in range(len(b))]
            row = [z + bias for z, bias in zip(sums, b, strict=True)]
            row = row if number == len(weights) else [max(z, 0.0) for z in row]
        results.append(row)
    return results


@right(ex.forward)
def forward_in_float32(X, weights, biases):
    X = X.astype("float32")
    for W, b in zip(weights, biases, strict=True):
        last = W is weights[-1]
        X = X @ W.astype("float32") + b.astype("float32")
        X = X if last else X.clip(min=0)
    return X


@right(ex.forward)
def forward_by_the_package(X, weights, biases):
    layers = []
    for W in weights:
        layers += [network.Dense(*W.shape), network.ReLU()]
    net = network.Network(*layers[:-1])
    net.set_weights([each for pair in zip(weights, biases, strict=True) for each in pair])
    return net.predict(X)


@wrong(ex.forward, "end with a sigmoid")
def forward_with_a_sigmoid_last(X, weights, biases):
    """A probability instead of the logit."""
    return special.expit(forward_by_recursion(X, weights, biases))


@wrong(ex.forward, "biases are missing")
def forward_without_biases(X, weights, biases):
    """The matrices alone."""
    return forward_by_recursion(X, weights, [0.0] * len(biases))


@wrong(ex.forward, "first layer is left out")
def forward_from_the_second_layer(X, weights, biases):
    """A loop that starts too late."""
    return forward_by_recursion(X, weights[1:], biases[1:])


@wrong(ex.forward, "last layer is left out")
def forward_that_stops_early(X, weights, biases):
    """A loop that ends too early."""
    return forward_by_recursion(X, weights[:-1], biases[:-1])


@wrong(ex.forward, "may need that again")
def forward_in_place(X, weights, biases):
    """The batch is overwritten."""
    X -= 1
    return forward_by_recursion(X + 1, weights, biases)


@wrong(ex.forward, "without .T")
def forward_transposed(X, weights, biases):
    """The weights as PyTorch stores them."""
    return forward_by_recursion(X, [W.T for W in weights], biases)


@wrong(ex.forward, "down the rows")
def forward_with_the_bias_per_row(X, weights, biases):
    """One bias for each row of the batch."""
    return forward_by_recursion(X, weights, [b[:, None] for b in biases])


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


wrong(ex.forward, "this row out by hand")(lambda X, weights, biases: 2 * (X @ weights[0]))

# ----------------------------------------------------------------------------- counting parameters


@right(ex.count_parameters)
def count_with_arrays(widths):
    widths = np.array(widths)
    return widths[:-1] @ widths[1:] + widths[1:].sum()


@right(ex.count_parameters)
def count_in_a_loop(widths):
    total = 0
    for number in range(len(widths) - 1):
        total += widths[number] * widths[number + 1] + widths[number + 1]
    return float(total)


@right(ex.count_parameters)
def count_in_torch(widths):
    net = torch.nn.Sequential(*(torch.nn.Linear(a, b) for a, b in pairwise(widths)))
    return torch.tensor(sum(each.numel() for each in net.parameters()))


@right(ex.count_parameters)
def count_in_pandas(widths):
    sizes = pd.Series(widths)
    return np.float32(((sizes.shift() + 1) * sizes).sum())


@wrong(ex.count_parameters, "multiply all widths")
def count_parameters_of_the_product(widths):
    """Every neuron joined with every other layer."""
    return np.prod(widths) + sum(widths[1:])


@wrong(ex.count_parameters, "is expected")
def count_parameters_of_the_first_and_last(widths):
    """Right for one hidden layer of the lesson's network alone."""
    return 513


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


@wrong(ex.count_parameters, "is expected")
def count_parameters_with_one_bias(widths):
    """One bias for the whole network."""
    return sum(a * b for a, b in pairwise(widths)) + 1


@wrong(ex.count_parameters, "is expected")
def count_parameters_of_all_pairs(widths):
    """Every layer joined to every other."""
    return sum(a * b for a, b in combinations(widths, 2)) + sum(widths[1:])


wrong(ex.count_parameters, "You count neurons")(sum)

# ------------------------------------------------------------------------------- a network by hand


@right(ex.sensor_network)
def sensors_with_four_neurons():
    W1 = np.array([[1.0, -1.0, 2.0, 0.0], [-1.0, 1.0, -2.0, 0.0]])
    return W1, [-0.1, -0.1, 0.0, 1.0], [[5.0], [20.0], [1.0], [-3.0]], [0.0]


@right(ex.sensor_network)
def sensors_with_the_threshold_in_the_guards():
    W1 = np.array([[3, -3], [-3, 3]])
    return [W1, np.array([-1.8, -1.8]), np.array([1, 1]), -0.01]


@right(ex.sensor_network)
def sensors_with_many_neurons():
    W1 = np.tile([[1.0, -1.0], [-1.0, 1.0]], 20)  # (2, 40)
    return W1, np.zeros(40), np.full(40, 0.05), -0.6


@right(ex.sensor_network)
def sensors_in_torch():
    first = torch.tensor([[2.0, -2.0], [-2.0, 2.0]], requires_grad=True)
    return first, torch.full((2,), -0.4), torch.ones(2, 1), torch.tensor(-0.1)


@right(ex.sensor_network)
def sensors_in_lists():
    return [[1, -1, 0], [-1, 1, 0]], [0, 0, 1], [1, 1, -0.5], 0


@right(ex.sensor_network)
def sensors_in_float32():
    W1 = np.array([[1, -1], [-1, 1]], dtype="float32")
    b1, b2 = np.zeros((1, 2), dtype="float32"), np.array([[-6.0]], dtype="float32")
    return W1, b1, np.array([[10], [10]], dtype="float32"), b2


@wrong(ex.sensor_network, "looks at x1 alone")
def sensor_network_of_the_first_sensor():
    """|x1| > 0.5: a rule for one column."""
    W1 = np.array([[1.0, -1.0], [0.0, 0.0]])
    return W1, np.zeros(2), np.ones((2, 1)), np.array([-0.5])


@wrong(ex.sensor_network, "looks at x2 alone")
def sensor_network_of_the_second_sensor():
    """x2 > 0.9 or x2 < −0.9."""
    W1 = np.array([[0.0, 0.0], [1.0, -1.0]])
    return W1, np.zeros(2), np.ones((2, 1)), np.array([-0.9])


@wrong(ex.sensor_network, "which differs by")
def sensor_network_with_a_tight_threshold():
    """An alarm at 0.1, where 0.2 is still fine."""
    W1 = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return W1, np.zeros(2), np.ones((2, 1)), np.array([-0.1])


@wrong(ex.sensor_network, "which differs by")
def sensor_network_with_a_loose_threshold():
    """Pairs that differ by 1 to 1.2 are missed."""
    W1 = np.array([[1.0, -1.0], [-1.0, 1.0]])
    return W1, np.zeros(2), np.ones((2, 1)), np.array([-1.2])


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
    return W1, np.full(4, -0.7), np.ones((4, 1)), np.array([-0.01])


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


@right(ex.stable_softmax)
def softmax_in_torch(Z):
    return torch.softmax(torch.tensor(Z, requires_grad=True), dim=1)


@right(ex.stable_softmax)
def softmax_in_float32(Z):
    return special.softmax(Z.astype("float32"), axis=1)


@right(ex.stable_softmax)
def softmax_of_a_table(Z):
    table = pd.DataFrame(Z)
    e = np.exp(table.sub(table.max(axis="columns"), axis="index"))
    return e.div(e.sum(axis="columns"), axis="index")


@right(ex.stable_softmax)
def softmax_by_differences(Z):
    # entry k is 1 / Σ exp(z_j − z_k), with each difference cut where nothing is left of it
    return 1 / np.exp(np.minimum(Z[:, None, :] - Z[:, :, None], 700)).sum(axis=2)


@right(ex.stable_softmax)
def softmax_shifted_one_too_far(Z):
    e = np.exp(Z - Z.max(axis=1)[:, None] - 1)
    return e / np.sum(e, axis=1)[:, None]


right(ex.stable_softmax)(network.softmax)


def _shifted_by(Z, number):
    """Return the softmax of rows from which `number` (batch,) was taken."""
    e = np.exp(Z - np.asarray(number)[:, None])
    return e / e.sum(axis=1, keepdims=True)


@wrong(ex.stable_softmax, "Only the maximum")
def stable_softmax_minus_the_mean(Z):
    """Any shift cures (1000, 1001), the maximum alone cures all rows."""
    return _shifted_by(Z, Z.mean(axis=1))


@wrong(ex.stable_softmax, "Only the maximum")
def stable_softmax_minus_the_minimum(Z):
    """The wrong end of the row."""
    return _shifted_by(Z, Z.min(axis=1))


@wrong(ex.stable_softmax, "Only the maximum")
def stable_softmax_minus_the_median(Z):
    """The middle of the row."""
    return _shifted_by(Z, np.median(Z, axis=1))


@wrong(ex.stable_softmax, "Only the maximum")
def stable_softmax_minus_the_first(Z):
    """The first entry, large or not."""
    return _shifted_by(Z, Z[:, 0])


@wrong(ex.stable_softmax, "Only the maximum")
def stable_softmax_minus_the_last(Z):
    """The last entry, large or not."""
    return _shifted_by(Z, Z[:, -1])


@wrong(ex.stable_softmax, "Only the maximum")
def stable_softmax_minus_the_largest_size(Z):
    """The largest entry without its sign."""
    return _shifted_by(Z, np.abs(Z).max(axis=1))


@wrong(ex.stable_softmax, "is expected")
def stable_softmax_minus_the_column_maxima(Z):
    """Another number from each entry of a row."""
    e = np.exp(Z - Z.max(axis=0))
    return e / e.sum(axis=1, keepdims=True)


@wrong(ex.stable_softmax, "is expected")
def stable_softmax_with_a_cut(Z):
    """Large logits are cut off instead of shifted."""
    return _shifted_by(np.clip(Z, -500, 500), np.zeros(len(Z)))


@wrong(ex.stable_softmax, "numbers of any length")
def stable_softmax_in_long_doubles(Z):
    """More digits only move the end."""
    e = np.exp(Z.astype(np.longdouble))
    return (e / e.sum(axis=1, keepdims=True)).astype(float)


@wrong(ex.stable_softmax, "may need that again")
def stable_softmax_in_place(Z):
    """The caller's logits are shifted."""
    Z -= Z.max(axis=1, keepdims=True)
    return np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


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
