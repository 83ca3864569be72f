"""Exercises of lesson 04, of slopes: one neuron, finite differences, layers, softmax."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)

import numpy as np


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


# ------------------------------------------------------------------------- 1 · one neuron

neuron_gradient = Exercise(
    "Return (∂L/∂weights, ∂L/∂bias) of one sigmoid neuron with the loss L = ½(y − t)².",
    hints=(
        "Go forward first: z = x·weights + bias, then y = σ(z). Then walk back from L to z.",
        "δ = (y − t) · f′(z). For the sigmoid f′(z) = σ(z)(1 − σ(z)), which is y(1 − y).",
        "z contains weightᵢ times xᵢ and the bias times 1, so the gradients are δ·x and δ.",
    ),
    praise="Right. One number, δ, carries all the blame; each weight gets it times its own input.",
)


@neuron_gradient.set_solution
def neuron_gradient_solution(x, weights, bias, target):
    z = x @ weights + bias
    y = 1 / (1 + np.exp(-z))
    delta = (y - target) * y * (1 - y)
    return delta * x, delta


@neuron_gradient.set_check
def neuron_gradient_check(answer):
    cases = (
        (np.array([1.0, 2.0]), np.array([0.5, -1.0]), 0.5, 1.0),
        (np.array([-1.5, 0.5, 2.0]), np.array([0.8, 1.2, -0.4]), -0.3, 0.0),
        (np.array([3.0]), np.array([1.1]), 0.2, 1.0),
    )
    for x, weights, bias, target in cases:
        result = answer(x.copy(), weights.copy(), bias, target)
        parts = take_apart(result, ("grad_weights", "grad_bias"))
        _judge_neuron(parts, x, x @ weights + bias, target)


def _judge_neuron(parts, x: np.ndarray, z: float, target: float) -> None:
    y = _sigmoid(z)
    delta = (y - target) * y * (1 - y)
    grad_weights = as_array(parts[0], what="grad_weights")
    require(
        grad_weights.ndim or len(x) == 1,
        "grad_weights is a single number, but every weight has a gradient of its own: "
        "the blame δ times that weight's input, δ·x.",
    )
    grad_weights = np.atleast_1d(grad_weights)
    at_the_output = (y - target) * _sigmoid(y) * (1 - _sigmoid(y))
    mistakes = (
        (
            at_the_output * x,
            "f′ is taken at the output y here. It is taken at the pre-activation z: "
            "σ(z)(1 − σ(z)), and since y = σ(z) that is y(1 − y), with no further σ.",
        ),
        (
            (y - target) * x,
            "The factor f′(z) is missing. The weights reach the loss through the sigmoid, and "
            "the sigmoid's slope at z says how much of a nudge gets through.",
        ),
        (
            -delta * x,
            "The sign is turned: L = ½(y − t)² has the derivative y − t, not t − y. "
            "The minus comes later, when a step goes downhill.",
        ),
        (2 * delta * x, "Everything is twice too large: the ½ in the loss cancels the 2."),
        (np.full_like(x, delta), "Each weight's share is δ times its own input x, not δ alone."),
    )
    if not same_numbers(grad_weights, delta * x):
        name_the_mistake(grad_weights, mistakes)
        grad_weights = as_array(grad_weights, shape=x.shape, what="grad_weights")
        require(
            False,
            f"grad_weights is {np.round(grad_weights, 4)}, but with x = {x} and δ = {delta:.4f} "
            f"it should be δ·x = {np.round(delta * x, 4)}.",
        )
    grad_bias = as_array(parts[1], what="grad_bias")
    require(
        grad_bias.size == 1 and same_numbers(grad_bias.reshape(()), delta),
        f"grad_weights is right, but grad_bias is {np.round(grad_bias, 4)} and not "
        f"{delta:.4f}. The bias stands in z with the factor 1, so its gradient is δ itself.",
    )


# ------------------------------------------------------------------ 2 · central differences

central_difference = Exercise(
    "Estimate ∂function/∂array by central differences, one entry at a time.",
    hints=(
        "Make the result with np.zeros_like(array) and loop over np.ndindex(array.shape).",
        "For each entry, two copies of the array: one with the entry raised by step, "
        "one with it lowered by step.",
        "The estimate is (function(above) − function(below)) / (2 * step).",
    ),
    praise="Right. Slow, and independent of every formula: that is what makes it a judge.",
)


@central_difference.set_solution
def central_difference_solution(function, array, step):
    gradient = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        above, below = array.copy(), array.copy()
        above[index] += step
        below[index] -= step
        gradient[index] = (function(above) - function(below)) / (2 * step)
    return gradient


def _bumpy(array):
    """A function whose curvature shows one-sided differences and nudges that were not undone."""
    return float(np.sum(np.exp(0.7 * array)) + 0.5 * np.sum(array) ** 2)


def _bumpy_gradient(array):
    return 0.7 * np.exp(0.7 * array) + np.sum(array)


@central_difference.set_check
def central_difference_check(answer):
    step = 1e-3
    for array in (np.array([[0.3, -1.0, 2.0], [1.5, 0.1, -0.4]]), np.array([0.5, 1.0, -2.0])):
        handed_over = array.copy()
        result = answer(_bumpy, handed_over, step)
        require(
            np.array_equal(handed_over, array),
            "Your function leaves the array changed: a nudge was not undone. Nudge a copy, or put "
            "each entry back before the next one, or later entries are measured somewhere else.",
        )
        _judge_differences(as_array(result, what="the gradient"), array, step)


def _judge_differences(got: np.ndarray, array: np.ndarray, step: float) -> None:
    true = _bumpy_gradient(array)
    together = (_bumpy(array + step) - _bumpy(array - step)) / (2 * step)
    require(
        not (got.ndim == 0 or np.allclose(got, together, rtol=1e-3)),
        "All entries were nudged at once, which gives one slope for the whole array. Each entry "
        "has a slope of its own: nudge one, keep the others still, and go on to the next.",
    )
    got = as_array(got, shape=array.shape, what="the gradient")
    error = np.abs(got - true).max()
    # one-sided differences err by step/2 times the curvature, central ones by step² / 6
    if error > 1e-5 * np.abs(true).max():
        nudges = step * np.eye(array.size).reshape(-1, *array.shape)
        for sign in (1, -1):
            moved = [_bumpy(array + sign * nudge) - _bumpy(array) for nudge in nudges]
            one_sided = sign * np.reshape(moved, array.shape) / step
            require(
                np.abs(got - one_sided).max() > 1e-6,
                "This is a one-sided difference: it looks to one side of the point only, and its "
                f"error, {error:.0e} here, shrinks with step. Looking to both sides, "
                "f(a + step) − f(a − step), makes the error shrink with step².",
            )
        require(
            not np.allclose(got, 2 * true, rtol=1e-3),
            "Every entry is twice too large: from a − step to a + step it is 2 * step, "
            "so divide by 2 * step.",
        )
        require(
            not np.allclose(got, -true, rtol=1e-3),
            "The sign is turned: it is f(a + step) − f(a − step).",
        )
        require(False, f"The largest error is {error:.1e}; central differences reach 1e-6 here.")


# ------------------------------------------------------------------------------- 3 · ReLU

relu_backward = Exercise(
    "Return ∂L/∂z of a ReLU, from grad_output = ∂L/∂y and the pre-activation z.",
    hints=(
        "The slope of max(z, 0) is 1 where z is positive and 0 where it is negative.",
        "Chain rule, entry by entry: what comes from above times the slope here.",
        "(z > 0) is an array of True and False, and multiplying treats them as 1 and 0.",
    ),
    praise="Right. A ReLU is a gate on the way back: open where z > 0, closed elsewhere.",
)


@relu_backward.set_solution
def relu_backward_solution(grad_output, z):
    return grad_output * (z > 0)


@relu_backward.set_check
def relu_backward_check(answer):
    generator = np.random.default_rng(4)
    for shape in ((4, 3), (6,)):
        z = generator.normal(scale=2, size=shape)
        grad_output = generator.normal(size=shape)
        got = as_array(answer(grad_output.copy(), z.copy()), shape=shape, what="the gradient")
        mistakes = (
            (
                grad_output * z,
                "You multiplied by z itself. What counts is the slope at z: 1 where z > 0, 0 "
                "elsewhere, however large z is.",
            ),
            (
                grad_output * np.maximum(z, 0),
                "You multiplied by the output y = max(z, 0). The chain rule asks for the slope: "
                "1 where z > 0, 0 elsewhere.",
            ),
            (
                np.maximum(grad_output, 0),
                "You sent the gradient through the ReLU. Its own sign does not matter: the gate "
                "opens where z > 0, also for a negative gradient.",
            ),
            (
                z > 0,
                "This is the slope alone. Multiply it by grad_output, the blame that arrives.",
            ),
            (grad_output, "Nothing was closed: where z < 0 the output does not move, slope 0."),
            (grad_output * (z < 0), "The gate is the wrong way round: it is open where z > 0."),
        )
        if not same_numbers(got, grad_output * (z > 0)):
            name_the_mistake(got, mistakes)
            require(False, "The gradient should be grad_output where z > 0 and 0 elsewhere.")


# ------------------------------------------------------------------------ 4 · a dense layer

dense_backward = Exercise(
    "Return (grad_weights, grad_bias, grad_input) of outputs = inputs @ weights + bias.",
    hints=(
        "Write the shapes down: inputs (batch, in), grad_output (batch, out). A gradient has the "
        "shape of the thing it belongs to, so grad_weights is (in, out).",
        "(in, batch) @ (batch, out) gives (in, out), and (batch, out) @ (out, in) gives "
        "(batch, in). A .T turns a matrix.",
        "The same bias is added to every row, so its gradient is the sum over the rows: axis=0.",
    ),
    praise="Right. The shapes left you hardly a choice, and summing over the batch came for free.",
)


@dense_backward.set_solution
def dense_backward_solution(inputs, weights, grad_output):
    grad_weights = inputs.T @ grad_output  # (in, out)
    grad_bias = grad_output.sum(axis=0)  # (out,)
    grad_input = grad_output @ weights.T  # (batch, in)
    return grad_weights, grad_bias, grad_input


@dense_backward.set_check
def dense_backward_check(answer):
    generator = np.random.default_rng(4)
    # first a square layer, whose shapes do not warn of a missing .T; last a single row
    for batch, inputs, outputs in ((4, 3, 3), (5, 3, 2), (1, 2, 4)):
        arrays = [
            generator.normal(size=shape)
            for shape in ((batch, inputs), (inputs, outputs), (batch, outputs))
        ]
        result = answer(*(array.copy() for array in arrays))
        parts = take_apart(result, ("grad_weights", "grad_bias", "grad_input"))
        _judge_dense_weights(as_array(parts[0], what="grad_weights"), *arrays)
        _judge_dense_bias(as_array(parts[1], what="grad_bias"), arrays[2])
        _judge_dense_input(as_array(parts[2], what="grad_input"), *arrays)


def _judge_dense_weights(got, inputs, weights, grad_output) -> None:
    right = inputs.T @ grad_output
    if same_numbers(got, right):
        return
    name_the_mistake(
        got,
        (
            (
                right.T,
                "grad_weights is transposed. It has the shape of the weights, (in, out): "
                "inputs.T @ grad_output.",
            ),
            (
                right / len(inputs),
                "grad_weights is divided by the batch. The loss's gradient has done that already: "
                "a second mean makes it too small. A layer adds its rows up.",
            ),
        ),
    )
    as_array(got, shape=weights.shape, what="grad_weights")
    require(
        False,
        "grad_weights has the right shape and wrong numbers. Each entry is a sum over the rows: "
        "Σ inputs[row, i] · grad_output[row, j].",
    )


def _judge_dense_bias(got, grad_output) -> None:
    right = grad_output.sum(axis=0)
    if same_numbers(got, right):
        return
    name_the_mistake(
        got,
        (
            (
                grad_output,
                "grad_bias is not summed over the batch. One bias serves all rows, so it "
                "collects the blame of all of them: grad_output.sum(axis=0), shape (out,).",
            ),
            (
                grad_output.sum(),
                "grad_bias is one number for all outputs. Each output has its own bias: sum over "
                "the rows only, axis=0.",
            ),
            (
                grad_output.sum(axis=1),
                "grad_bias is summed along the wrong axis: axis=0 adds up the rows.",
            ),
            (
                grad_output.mean(axis=0),
                "grad_bias is a mean over the batch. The loss's gradient has divided already; "
                "a layer adds its rows up.",
            ),
        ),
    )
    require(False, f"grad_bias has shape {got.shape}; the sum over the rows is {right.shape}.")


def _judge_dense_input(got, inputs, weights, grad_output) -> None:
    right = grad_output @ weights.T
    if same_numbers(got, right):
        return
    if weights.shape[0] == weights.shape[1]:
        require(
            not same_numbers(got, grad_output @ weights),
            "grad_input uses the weights the forward way. On the way back, output j's blame goes "
            "to input i through the same weight, so the matrix is turned: weights.T.",
        )
    as_array(got, shape=inputs.shape, what="grad_input")
    require(False, "grad_input has the right shape and wrong numbers: grad_output @ weights.T.")


# ------------------------------------------------------------- 5 · softmax with cross-entropy

softmax_gradient = Exercise(
    "Return ∂L/∂logits, where L is the batch mean of −log softmax(logits)[class].",
    hints=(
        "First the probabilities, row by row: exp(logits) divided by the row's sum "
        "(subtract each row's maximum before exp, so that nothing overflows).",
        "For one row the gradient is p − one_hot: the probabilities, less 1 at the true class.",
        "gradient[np.arange(batch), classes] picks the true class of every row. "
        "The loss is a mean, so divide by the batch at the end.",
    ),
    praise="Right. Push the true class up, every other class down by its probability, and the "
    "pushes of a row add up to zero.",
)


@softmax_gradient.set_solution
def softmax_gradient_solution(logits, classes):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    gradient = powers / powers.sum(axis=1, keepdims=True)  # probabilities, (batch, k)
    gradient[np.arange(len(classes)), classes] -= 1
    return gradient / len(classes)


@softmax_gradient.set_check
def softmax_gradient_check(answer):
    generator = np.random.default_rng(4)
    for batch, width in ((5, 4), (3, 3)):
        logits = generator.normal(scale=2, size=(batch, width))
        classes = generator.permutation(batch) % width
        with np.errstate(all="ignore"):
            result = answer(logits.copy(), classes.copy())
        _judge_softmax(as_array(result, what="the gradient"), logits, classes)
    with np.errstate(all="ignore"):
        large = answer(np.array([[1000.0, 0.0, 0.0]]), np.array([1]))
    require(
        np.isfinite(np.asarray(large, dtype=float)).all(),
        "With a logit of 1,000 your gradient is NaN, because exp overflows. Subtract each row's "
        "maximum from its logits first: the probabilities stay the same.",
    )


def _judge_softmax(got: np.ndarray, logits: np.ndarray, classes: np.ndarray) -> None:
    batch, width = logits.shape
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    one_hot = np.eye(width)[classes]
    right = (p - one_hot) / batch
    if same_numbers(got, right):
        return
    for per_row in (got, got / batch):  # the mean may be missing on top of another mistake
        name_the_mistake(
            per_row,
            (
                (
                    -one_hot * (1 - p) / batch,
                    "Only the true class gets a push: the off-diagonal entries of the softmax "
                    "Jacobian, −pᵢpⱼ, are missing. Raising one logit lowers every other "
                    "probability, so the other classes have a gradient too.",
                ),
                (
                    (p - classes[:, None]) / batch,
                    "The class numbers were subtracted as if they were targets. Class 3 is a "
                    "name, not an amount: subtract 1 at the true class's place, 0 elsewhere.",
                ),
                (-right, "The sign is turned: it is p − one_hot."),
                (
                    (np.exp(logits) / np.exp(logits).sum() - one_hot) / batch,
                    "The softmax is taken over the whole batch. Each row has probabilities of "
                    "its own that sum to 1: sum along axis=1, with keepdims=True.",
                ),
                (
                    p / batch,
                    "These are the probabilities. The true class's place still needs its −1.",
                ),
            ),
        )
    require(
        not same_numbers(got, right * batch),
        f"The gradient is {batch} times too large for a batch of {batch} rows: the loss is a mean "
        "over the batch, so divide by the number of rows.",
    )
    require(
        not same_numbers(got, right / width),
        "The gradient is divided by the number of classes as well. Only the rows are averaged.",
    )
    as_array(got, shape=logits.shape, what="the gradient")
    require(False, "The gradient of row r should be (p − one_hot) / batch, with p = softmax.")
