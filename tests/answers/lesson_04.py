"""Answers to the exercises of lesson 04: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils import network
from course_utils.exercises import lesson_04 as ex

import numpy as np
import pandas as pd
import torch
from scipy import special

# ---------------------------------------------------------------------------------- 1 · one neuron


@right(ex.neuron_gradient)
def neuron_gradient_by_differences(x, weights, bias, target):
    def loss(values):
        return 0.5 * (network.sigmoid(values[:-1] @ x + values[-1]) - target) ** 2

    slopes = network.numerical_gradient(loss, np.append(weights, bias))
    return slopes[:-1], slopes[-1]


@right(ex.neuron_gradient)
def neuron_gradient_of_tensors_that_carry_gradients(x, weights, bias, target):
    x, weights = torch.tensor(x, requires_grad=True), torch.tensor(weights, requires_grad=True)
    y = torch.sigmoid(x @ weights + bias)
    delta = (y - target) * y * (1 - y)
    return delta * x, delta


@right(ex.neuron_gradient)
def neuron_gradient_in_a_loop(x, weights, bias, target):
    z = bias
    for value, weight in zip(x, weights, strict=True):
        z += value * weight
    y = float(special.expit(z))
    return [(y - target) * y * (1 - y) * value for value in x], (y - target) * y * (1 - y)


@right(ex.neuron_gradient)
def neuron_gradient_in_float32(x, weights, bias, target):
    x, weights = x.astype(np.float32), weights.astype(np.float32)
    y = special.expit(x @ weights + np.float32(bias))
    delta = (y - target) * y * (1 - y)
    return pd.Series(delta * x), np.array([delta])


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
wrong(ex.neuron_gradient, "you return -0.144; -0.1437 is expected")(
    lambda x, w, b, t: [np.round(each, 3) for each in ex.neuron_gradient._solution(x, w, b, t)]
)
wrong(ex.neuron_gradient, "`return")(lambda x, w, b, t: print(end=""))
wrong(ex.neuron_gradient, "multiply by weights")(
    lambda x, w, b, t: (ex.neuron_gradient._solution(x, w, b, t)[1] * w, 0)
)
wrong(ex.neuron_gradient, "twice too large")(
    lambda x, w, b, t: [2 * each for each in ex.neuron_gradient._solution(x, w, b, t)]
)
wrong(ex.neuron_gradient, "shape")(lambda x, w, b, t: (x @ w * np.ones(9), 1))

# ------------------------------------------------------------------------- 2 · central differences


@right(ex.central_difference)
def central_difference_in_place(function, array, step):
    """Back to within rounding is back."""
    gradient = np.empty(array.shape)
    for index in np.ndindex(array.shape):
        array[index] += step
        above = function(array)
        array[index] -= 2 * step
        gradient[index] = (above - function(array)) / (2 * step)
        array[index] += step
    return gradient


@right(ex.central_difference)
def central_difference_of_unit_nudges(function, array, step):
    nudges = step * np.eye(array.size)
    slopes = [
        function(array + nudge.reshape(array.shape)) - function(array - nudge.reshape(array.shape))
        for nudge in nudges
    ]
    return (np.array(slopes) / (2 * step)).reshape(array.shape).tolist()


@right(ex.central_difference)
def central_difference_into_a_tensor(function, array, step):
    slopes = torch.zeros(array.size, dtype=torch.float64, requires_grad=True).clone()
    for place in range(array.size):
        pair = []
        for sign in (1, -1):
            nudged = array.flatten()
            nudged[place] += sign * step
            pair.append(function(nudged.reshape(array.shape)))
        slopes[place] = (pair[0] - pair[1]) / step / 2
    return slopes.reshape(array.shape)


@wrong(ex.central_difference, "no copy but a second name")
def central_difference_of_one_array_with_two_names(function, array, step):
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        above = array
        above[index] += step
        below = array
        below[index] -= step
        gradient[index] = (function(above) - function(below)) / (2 * step)
    return gradient


@wrong(ex.central_difference, "entries are nudged together")
def central_difference_of_whole_rows(function, array, step):
    gradient = np.zeros_like(array)
    for index in range(len(array)):
        above, below = array.copy(), array.copy()
        above[index] += step
        below[index] -= step
        gradient[index] = (function(above) - function(below)) / (2 * step)
    return gradient


@wrong(ex.central_difference, "earlier nudges are still there")
def central_difference_with_copies_before_the_loop(function, array, step):
    gradient, above, below = np.zeros_like(array), array.copy(), array.copy()
    for index in np.ndindex(array.shape):
        above[index] += step
        below[index] -= step
        gradient[index] = (function(above) - function(below)) / (2 * step)
    return gradient


@wrong(ex.central_difference, "inside the loop")
def central_difference_that_returns_too_soon(function, array, step):
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        above, below = array.copy(), array.copy()
        above[index] += step
        below[index] -= step
        gradient[index] = (function(above) - function(below)) / (2 * step)
        return gradient


@wrong(ex.central_difference, "divides by 2 only")
def central_difference_without_brackets(function, array, step):
    return ex.central_difference._solution(function, array, step) * 2 * step / 2 * step


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


@wrong(ex.central_difference, "largest error")
def central_difference_with_half_a_step(function, array, step):
    return 0.9 * ex.central_difference._solution(function, array, step)


wrong(ex.central_difference, "never calls")(lambda f, a, step: np.zeros_like(a))


@wrong(ex.central_difference, "shape")
def central_difference_in_a_row(function, array, step):
    return ex.central_difference._solution(function, array, step).ravel()


@wrong(ex.central_difference, "a large step")
def central_difference_with_a_step_of_its_own(function, array, step):
    return ex.central_difference._solution(function, array, 1e-4)


# ---------------------------------------------------------------------------------------- 3 · ReLU

right(ex.relu_backward)(lambda grad, z: np.where(z >= 0, grad, 0).astype(np.float32))
right(ex.relu_backward)(lambda grad, z: (grad * np.heaviside(z, 0.5)).tolist())


@right(ex.relu_backward)
def relu_backward_by_autograd(grad_output, z):
    z = torch.tensor(z, requires_grad=True)
    torch.relu(z).backward(torch.tensor(grad_output))
    return z.grad


@right(ex.relu_backward)
def relu_backward_of_tensors_that_carry_gradients(grad_output, z):
    return torch.tensor(grad_output, requires_grad=True) * (torch.tensor(z) > 0)


@right(ex.relu_backward)
def relu_backward_with_a_mask(grad_output, z):
    result = grad_output.copy()
    result[z <= 0] = 0
    return pd.DataFrame(result) if result.ndim == 2 else pd.Series(result)


@wrong(ex.relu_backward, "changes the `grad_output`")
def relu_backward_in_place(grad_output, z):
    grad_output[z < 0] = 0
    return grad_output


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


wrong(ex.relu_backward, "is expected")(lambda grad, z: -grad * (z > 0))
wrong(ex.relu_backward, "Nothing was closed")(lambda grad, z: grad)
wrong(ex.relu_backward, "not −1")(lambda grad, z: grad * np.sign(z))
wrong(ex.relu_backward, "wrong way round")(lambda grad, z: grad * (z < 0))
wrong(ex.relu_backward, "arguments are swapped")(lambda grad, z: z * (grad > 0))
wrong(ex.relu_backward, "is expected")(lambda grad, z: np.where(z > 0, grad, 0.01 * grad))

# ------------------------------------------------------------------------------- 4 · a dense layer

right(ex.dense_backward)(lambda a, w, g: [np.einsum("ni,nj->ij", a, g), sum(g), g.dot(w.T)])


@right(ex.dense_backward)
def dense_backward_by_autograd(inputs, weights, grad_output):
    inputs = torch.tensor(inputs, requires_grad=True)
    weights = torch.tensor(weights, requires_grad=True)
    bias = torch.zeros(weights.shape[1], dtype=torch.float64, requires_grad=True)
    (inputs @ weights + bias).backward(torch.tensor(grad_output))
    return weights.grad, bias.grad, inputs.grad


@right(ex.dense_backward)
def dense_backward_row_by_row(inputs, weights, grad_output):
    grad_weights = [[0.0] * weights.shape[1] for _ in weights]
    grad_bias = [0.0] * weights.shape[1]
    grad_input = [[0.0] * len(weights) for _ in inputs]
    for row, blame in enumerate(grad_output):
        for j, share in enumerate(blame):
            grad_bias[j] += share
            for i in range(len(weights)):
                grad_weights[i][j] += inputs[row, i] * share
                grad_input[row][i] += share * weights[i, j]
    return grad_weights, grad_bias, grad_input


@right(ex.dense_backward)
def dense_backward_in_float32_tables(inputs, weights, grad_output):
    inputs, weights, grad_output = (
        pd.DataFrame(each.astype(np.float32)) for each in (inputs, weights, grad_output)
    )
    return inputs.T @ grad_output, grad_output.sum(), grad_output @ weights.T


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


@wrong(ex.dense_backward, "grad_input is divided by the batch")
def dense_backward_with_mean_inputs(inputs, weights, grad_output):
    grad_weights, grad_bias, grad_input = ex.dense_backward._solution(inputs, weights, grad_output)
    return grad_weights, grad_bias, grad_input / len(inputs)


wrong(ex.dense_backward, "wrong numbers")(lambda a, w, g: (w * 0, g.sum(0), a))
wrong(ex.dense_backward, "at [0, 0] you return -")(lambda a, w, g: (-a.T @ g, g.sum(0), g @ w.T))
wrong(ex.dense_backward, "For grad_bias you return the shape")(
    lambda a, w, g: (a.T @ g, g.sum(0)[:1], a)
)
wrong(ex.dense_backward, "result 3 of 3")(lambda a, w, g: (a.T @ g, g.sum(0), a))
wrong(ex.dense_backward, "in this order")(lambda a, w, g: a.T @ g)

# ------------------------------------------------------------------ 5 · softmax with cross-entropy


@right(ex.softmax_gradient)
def softmax_gradient_in_float32(logits, classes):
    logits = logits.astype(np.float32)
    p = np.exp(logits - logits.max(1)[:, None])
    p /= p.sum(1)[:, None]
    return (p - np.eye(logits.shape[1], dtype=np.float32)[classes]) / len(p)


@right(ex.softmax_gradient)
def softmax_gradient_by_autograd(logits, classes):
    logits = torch.tensor(logits, requires_grad=True)
    torch.nn.functional.cross_entropy(logits, torch.tensor(classes)).backward()
    return logits.grad


@right(ex.softmax_gradient)
def softmax_gradient_row_by_row(logits, classes):
    rows = []
    for row, true_class in zip(logits, classes, strict=True):
        p = special.softmax(row)
        jacobian = np.diag(p) - np.outer(p, p)
        rows.append(list(-jacobian[true_class] / max(p[true_class], 1e-300) / len(classes)))
        if p[true_class] < 1e-290:  # its share of the Jacobian is rounded to 0
            rows[-1] = list((p - np.eye(len(p))[true_class]) / len(classes))
    return rows


@right(ex.softmax_gradient)
def softmax_gradient_of_tensors_that_carry_gradients(logits, classes):
    p = torch.softmax(torch.tensor(logits, requires_grad=True), dim=1)
    return (p - torch.nn.functional.one_hot(torch.tensor(classes), p.shape[1])) / len(p)


@wrong(ex.softmax_gradient, "row's own maximum")
def softmax_gradient_with_one_maximum_for_all(logits, classes):
    p = np.exp(logits - logits.max())
    p /= p.sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[classes]) / len(classes)


@wrong(ex.softmax_gradient, "row's own maximum")
def softmax_gradient_less_the_mean(logits, classes):
    p = np.exp(logits - logits.mean(axis=1, keepdims=True))
    return (p / p.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[classes]) / len(classes)


@wrong(ex.softmax_gradient, "expected")
def softmax_gradient_with_clipped_logits(logits, classes):
    return ex.softmax_gradient._solution(np.clip(logits, -500, 500), classes)


wrong(ex.softmax_gradient, "down the columns")(
    lambda z, c: (special.softmax(z, axis=0) - np.eye(z.shape[1])[c]) / len(c)
)
wrong(ex.softmax_gradient, "at [0, 0] you return")(
    lambda z, c: (special.expit(z) - np.eye(z.shape[1])[c]) / len(c)
)
wrong(ex.softmax_gradient, "still needs its −1")(lambda z, c: special.softmax(z, axis=1) / len(c))


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


@right(ex.step_downhill)
def step_downhill_by_autograd(weights, bias, inputs, targets, learning_rate):
    weights = torch.tensor(weights, requires_grad=True)
    bias = torch.tensor(bias, dtype=torch.float64, requires_grad=True)
    logits = torch.tensor(inputs) @ weights + bias
    binary = torch.nn.functional.binary_cross_entropy_with_logits
    binary(logits, torch.tensor(targets, dtype=torch.float64)).backward()
    return weights - learning_rate * weights.grad, bias - learning_rate * bias.grad


@right(ex.step_downhill)
def step_downhill_row_by_row(weights, bias, inputs, targets, learning_rate):
    new_weights, new_bias = list(weights), bias
    for row, target in zip(inputs, targets, strict=True):
        blame = special.expit(sum(row * weights) + bias) - target
        for place, value in enumerate(row):
            new_weights[place] -= learning_rate * blame * value / len(inputs)
        new_bias -= learning_rate * blame / len(inputs)
    return new_weights, new_bias


@right(ex.step_downhill)
def step_downhill_in_float32(weights, bias, inputs, targets, learning_rate):
    weights, inputs = weights.astype(np.float32), inputs.astype(np.float32)
    delta = special.expit(inputs @ weights + np.float32(bias)) - targets.astype(np.float32)
    step = learning_rate * (delta[:, None] * inputs).mean(axis=0)
    return pd.Series(weights - step), np.array([bias - learning_rate * delta.mean()])


@wrong(ex.step_downhill, "the squared error, with its factor")
def step_downhill_as_it_was_given(weights, bias, inputs, targets, learning_rate):
    p = special.expit(inputs @ weights + bias)
    delta = (p - targets) * p * (1 - p)
    weights -= learning_rate * inputs.T @ delta
    return weights, bias - learning_rate * delta.sum()


@wrong(ex.step_downhill, "works in place")
def step_downhill_in_place(weights, bias, inputs, targets, learning_rate):
    delta = (special.expit(inputs @ weights + bias) - targets) / len(targets)
    weights -= learning_rate * inputs.T @ delta
    return weights, bias - learning_rate * delta.sum()


@wrong(ex.step_downhill, "learning_rate is not used")
def step_downhill_by_the_whole_gradient(weights, bias, inputs, targets, learning_rate):
    return ex.step_downhill._solution(weights, bias, inputs, targets, 1)


@wrong(ex.step_downhill, "the step alone")
def step_downhill_without_the_old_values(weights, bias, inputs, targets, learning_rate):
    new = ex.step_downhill._solution(weights, bias, inputs, targets, learning_rate)
    return new[0] - weights, new[1] - bias


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
right(ex.healthy_start)(lambda width: ("tanh", torch.tensor(1.1, requires_grad=True) / width**0.5))


@wrong(ex.healthy_start, "at most a quarter")
def healthy_start_with_sigmoid(width):
    return "sigmoid", np.sqrt(1 / width)


@wrong(ex.healthy_start, "of its units are closed")
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


@wrong(ex.healthy_start, "At width 50")
def healthy_start_for_two_widths(width):
    return "relu", {32: 0.25, 128: 0.125}.get(width, 1.0)


@wrong(ex.healthy_start, "weights that small cannot")
def healthy_start_with_the_variance_for_a_deviation(width):
    return "tanh", 1 / width


wrong(ex.healthy_start, "is expected")(lambda width: ("swish", 0.1))
wrong(ex.healthy_start, "The product decides")(lambda width: ("sigmoid", 5 / width**0.5))
wrong(ex.healthy_start, "is positive")(lambda width: ("relu", -1))
