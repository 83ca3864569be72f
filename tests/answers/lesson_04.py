"""Answers to the exercises of lesson 04: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils import network
from course_utils.exercises import lesson_04 as ex

import numpy as np
from scipy import special

# ---------------------------------------------------------------------------------- 1 · one neuron


@right(ex.neuron_gradient)
def neuron_gradient_by_differences(x, weights, bias, target):
    def loss(values):
        return 0.5 * (network.sigmoid(values[:-1] @ x + values[-1]) - target) ** 2

    slopes = network.numerical_gradient(loss, np.append(weights, bias))
    return slopes[:-1], slopes[-1]


@wrong(ex.neuron_gradient, "taken at the output y")
def neuron_gradient_with_f_prime_at_y(x, weights, bias, target):
    y = special.expit(x @ weights + bias)
    delta = (y - target) * special.expit(y) * (1 - special.expit(y))
    return delta * x, delta


@wrong(ex.neuron_gradient, "factor f′(z) is missing")
def neuron_gradient_without_f_prime(x, weights, bias, target):
    delta = special.expit(x @ weights + bias) - target
    return delta * x, delta


@wrong(ex.neuron_gradient, "sign is turned")
def neuron_gradient_with_turned_sign(x, weights, bias, target):
    y = special.expit(x @ weights + bias)
    delta = (target - y) * y * (1 - y)
    return delta * x, delta


@wrong(ex.neuron_gradient, "single number")
def neuron_gradient_without_the_inputs(x, weights, bias, target):
    y = special.expit(x @ weights + bias)
    delta = (y - target) * y * (1 - y)
    return delta, delta


@wrong(ex.neuron_gradient, "factor 1")
def neuron_gradient_with_bias_times_delta(x, weights, bias, target):
    y = special.expit(x @ weights + bias)
    delta = (y - target) * y * (1 - y)
    return delta * x, delta * bias


@wrong(ex.neuron_gradient, "2 results are expected")
def neuron_gradient_of_the_weights_alone(x, weights, bias, target):
    y = special.expit(x @ weights + bias)
    return (y - target) * y * (1 - y) * x


wrong(ex.neuron_gradient, "should be δ·x")(lambda x, w, b, t: (x * 0 + 1, 0))
wrong(ex.neuron_gradient, "`return")(lambda x, w, b, t: print(end=""))
wrong(ex.neuron_gradient, "shape")(lambda x, w, b, t: (x @ w * np.ones(9), 1))

# ------------------------------------------------------------------------- 2 · central differences


@wrong(ex.central_difference, "one-sided")
def central_difference_one_sided(function, array, step):
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        above = array.copy()
        above[index] += step
        gradient[index] = (function(above) - function(array)) / step
    return gradient


@wrong(ex.central_difference, "divide by 2 * step")
def central_difference_over_one_step(function, array, step):
    return 2 * ex.central_difference._solution(function, array, step)


@wrong(ex.central_difference, "nudged at once")
def central_difference_of_all_entries(function, array, step):
    return (function(array + step) - function(array - step)) / (2 * step)


@wrong(ex.central_difference, "not undone")
def central_difference_that_keeps_its_nudges(function, array, step):
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        array[index] += step
        above = function(array)
        array[index] -= 2 * step
        gradient[index] = (above - function(array)) / (2 * step)
    return gradient


wrong(ex.central_difference, "largest error")(lambda f, a, step: np.zeros_like(a))
wrong(ex.central_difference, "shape")(lambda f, a, step: np.zeros(2))

# ---------------------------------------------------------------------------------------- 3 · ReLU

right(ex.relu_backward)(lambda grad, z: np.where(z >= 0, grad, 0).astype(np.float32))
right(ex.relu_backward)(lambda grad, z: (grad * np.heaviside(z, 0.5)).tolist())


@wrong(ex.relu_backward, "multiplied by z itself")
def relu_backward_with_z(grad_output, z):
    return grad_output * z


@wrong(ex.relu_backward, "multiplied by the output")
def relu_backward_with_the_output(grad_output, z):
    return grad_output * np.maximum(z, 0)


@wrong(ex.relu_backward, "sent the gradient through the ReLU")
def relu_backward_of_the_gradient(grad_output, z):
    return np.maximum(grad_output, 0)


@wrong(ex.relu_backward, "slope alone")
def relu_backward_without_the_chain(grad_output, z):
    return np.where(z > 0, 1.0, 0.0)


wrong(ex.relu_backward, "0 elsewhere")(lambda grad, z: -grad)

# ------------------------------------------------------------------------------- 4 · a dense layer

right(ex.dense_backward)(lambda a, w, g: [np.einsum("ni,nj->ij", a, g), sum(g), g.dot(w.T)])


@wrong(ex.dense_backward, "transposed")
def dense_backward_transposed(inputs, weights, grad_output):
    return grad_output.T @ inputs, grad_output.sum(axis=0), grad_output @ weights.T


@wrong(ex.dense_backward, "not summed over the batch")
def dense_backward_without_the_bias_sum(inputs, weights, grad_output):
    return inputs.T @ grad_output, grad_output, grad_output @ weights.T


@wrong(ex.dense_backward, "one number for all outputs")
def dense_backward_with_one_bias(inputs, weights, grad_output):
    return inputs.T @ grad_output, grad_output.sum(), grad_output @ weights.T


@wrong(ex.dense_backward, "divided by the batch")
def dense_backward_with_a_second_mean(inputs, weights, grad_output):
    rows = len(inputs)
    return inputs.T @ grad_output / rows, grad_output.mean(axis=0), grad_output @ weights.T


@wrong(ex.dense_backward, "the forward way")
def dense_backward_with_unturned_weights(inputs, weights, grad_output):
    return inputs.T @ grad_output, grad_output.sum(axis=0), grad_output @ weights


wrong(ex.dense_backward, "wrong numbers")(lambda a, w, g: (w * 0, g.sum(0), a))
wrong(ex.dense_backward, "grad_bias has shape")(lambda a, w, g: (a.T @ g, g.sum(0)[:1], a))
wrong(ex.dense_backward, "grad_input")(lambda a, w, g: (a.T @ g, g.sum(0), a))

# ------------------------------------------------------------------ 5 · softmax with cross-entropy


@right(ex.softmax_gradient)
def softmax_gradient_in_float32(logits, classes):
    logits = logits.astype(np.float32)
    p = np.exp(logits - logits.max(1)[:, None])
    p /= p.sum(1)[:, None]
    return (p - np.eye(logits.shape[1], dtype=np.float32)[classes]) / len(p)


@wrong(ex.softmax_gradient, "off-diagonal entries")
def softmax_gradient_with_the_diagonal_alone(logits, classes):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    one_hot = np.eye(logits.shape[1])[classes]
    return -one_hot / p * p * (1 - p) / len(classes)


@wrong(ex.softmax_gradient, "class numbers were subtracted")
def softmax_gradient_with_class_numbers(logits, classes):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return (p - classes[:, np.newaxis]) / len(classes)


@wrong(ex.softmax_gradient, "divide by the number of rows")
def softmax_gradient_without_the_mean(logits, classes):
    return ex.softmax_gradient._solution(logits, classes) * len(classes)


@wrong(ex.softmax_gradient, "sign is turned")
def softmax_gradient_with_turned_sign(logits, classes):
    return -ex.softmax_gradient._solution(logits, classes)


@wrong(ex.softmax_gradient, "over the whole batch")
def softmax_gradient_over_the_whole_batch(logits, classes):
    p = np.exp(logits) / np.exp(logits).sum()
    return (p - np.eye(logits.shape[1])[classes]) / len(classes)


@wrong(ex.softmax_gradient, "exp overflows")
def softmax_gradient_that_overflows(logits, classes):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[classes]) / len(classes)


wrong(ex.softmax_gradient, "p − one_hot")(lambda z, c: z)

# --------------------------------------------------------------------------- 6 · one step downhill


@wrong(ex.step_downhill, "uphill")
def step_downhill_uphill(weights, bias, inputs, targets, learning_rate):
    new_weights, new_bias = ex.step_downhill._solution(
        weights, bias, inputs, targets, learning_rate
    )
    return 2 * weights - new_weights, 2 * bias - new_bias


@wrong(ex.step_downhill, "times too long")
def step_downhill_with_the_sum(weights, bias, inputs, targets, learning_rate):
    delta = special.expit(inputs @ weights + bias) - targets
    return weights - learning_rate * inputs.T @ delta, bias - learning_rate * delta.sum()


@wrong(ex.step_downhill, "still a factor p(1 − p)")
def step_downhill_with_the_squared_error(weights, bias, inputs, targets, learning_rate):
    p = special.expit(inputs @ weights + bias)
    delta = (p - targets) * p * (1 - p) / len(targets)
    return weights - learning_rate * inputs.T @ delta, bias - learning_rate * delta.sum()


@wrong(ex.step_downhill, "one entry per row")
def step_downhill_with_a_bias_per_row(weights, bias, inputs, targets, learning_rate):
    delta = (special.expit(inputs @ weights + bias) - targets) / len(targets)
    return weights - learning_rate * inputs.T @ delta, bias - learning_rate * delta


wrong(ex.step_downhill, "minus the gradient")(lambda w, b, x, t, rate: (w + 1, b))
wrong(ex.step_downhill, "bias moved")(
    lambda w, b, x, t, rate: (ex.step_downhill._solution(w, b, x, t, rate)[0], b)
)

# ------------------------------------------------------------------------ 7 · twenty layers (open)

right(ex.healthy_start)(lambda width: ("tanh", 1.2 / width**0.5))
right(ex.healthy_start)(lambda width: ["ReLU", np.float32((2 / width) ** 0.5)])


@wrong(ex.healthy_start, "at most a quarter")
def healthy_start_with_sigmoid(width):
    return "sigmoid", np.sqrt(1 / width)


@wrong(ex.healthy_start, "closes about half")
def healthy_start_that_forgets_the_closed_half(width):
    return "relu", np.sqrt(1 / width)


@wrong(ex.healthy_start, "explodes")
def healthy_start_with_unit_weights(width):
    return "relu", 1.0


@wrong(ex.healthy_start, "all weights are 0")
def healthy_start_with_zeros(width):
    return "tanh", 0.0


@wrong(ex.healthy_start, "explodes")
def healthy_start_for_one_width_only(width):
    return "relu", 0.25


wrong(ex.healthy_start, "is expected")(lambda width: ("swish", 0.1))
wrong(ex.healthy_start, "is positive")(lambda width: ("relu", -1))
wrong(ex.healthy_start, "below 1")(lambda width: ("tanh", 0.01))
