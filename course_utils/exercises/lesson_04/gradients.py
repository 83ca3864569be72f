"""Exercises of lesson 04, of slopes: one neuron, finite differences, layers, softmax."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    plain,
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
    x, weights, bias, target = np.array([1.0, 2.0]), np.array([0.5, -1.0]), 0.5, 1.0
    result = answer(x.copy(), weights.copy(), bias, target)
    grad_weights, grad_bias = take_apart(result, ("grad_weights", "grad_bias"))
    y = _sigmoid(x @ weights + bias)
    delta = (y - target) * y * (1 - y)
    got = as_array(grad_weights, what="grad_weights")
    require(
        got.ndim,
        "grad_weights is a single number, but every weight has a gradient of its own: "
        "the blame δ times that weight's input, δ·x.",
    )
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
        (delta * weights, "Each weight's share is δ times its input x; you multiply by weights."),
    )
    name_the_mistake(got, mistakes)
    require(
        same_numbers(as_array(got, shape=x.shape, what="grad_weights"), delta * x),
        f"grad_weights should be δ·x with x = {x} and δ = {delta:.4f}: "
        f"{difference(got, delta * x)}",
    )
    grad_bias = as_array(grad_bias, what="grad_bias")
    require(
        grad_bias.size == 1 and same_numbers(grad_bias.reshape(()), delta),
        f"grad_weights is right, but grad_bias is {np.round(grad_bias, 4)} and not "
        f"{delta:.4f}. The bias stands in z with the factor 1, so its gradient is δ itself.",
    )


def _bias_in_an_array(x, weights, bias, target):
    grad_weights, grad_bias = neuron_gradient_solution(x, weights, bias, target)
    return grad_weights, np.array([grad_bias])


@neuron_gradient.set_inputs(also_right=[_bias_in_an_array])
def neuron_gradient_inputs(rng):
    for what, x in inputs.vectors(rng):
        x = x / max(1.0, np.abs(x).max() / 50)
        if what == "tiny numbers":  # finite differences cannot follow them
            continue
        weights = rng.normal(size=x.shape) / np.linalg.norm(x)  # z stays moderate
        yield what, (x, weights, float(rng.normal()), float(rng.integers(2)))
    yield "a target between 0 and 1", (rng.normal(size=3), rng.normal(size=3), -0.3, 0.3)
    yield "an input of 0", (np.array([0.0, 1.5]), np.array([2.0, -1.0]), 0.0, 1.0)


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
    step, array = 1e-3, np.array([[0.3, -1.0, 2.0], [1.5, 0.1, -0.4]])
    given, moves = array.copy(), []

    def watched(values):
        values = np.array(plain(values), dtype=float)
        moves.append(np.abs(values - array) > step / 2)
        return _bumpy(values)

    result = answer(watched, given, step)
    require(
        same_numbers(given, array, tolerance=1e-9),  # put back to within rounding is put back
        "Your function leaves the array changed: a nudge was not undone. Nudge a copy, or put "
        "each entry back before the next one, or later entries are measured somewhere else.",
    )
    got = as_array(result, what="the gradient")
    if got.shape != array.shape or not same_numbers(got, _bumpy_gradient(array), 1e-5):
        _name_the_nudges(moves)
        _name_the_difference(as_array(got, shape=array.shape, what="the gradient"), array, step)


def _name_the_nudges(moves: list) -> None:
    """Refuse by what was nudged at each call: nothing, all, a row, or more from call to call."""
    require(
        moves, "Your function never calls `function`. Nudge an entry, and see what it returns."
    )
    counts = [int(np.sum(each)) for each in moves]
    require(
        any(counts),
        "Each time `function` gets the array as it was, so nothing was nudged. "
        "`above = array` makes no copy but a second name: what raises the one entry and lowers "
        "it again happens to the same array. Write `array.copy()`.",
    )
    require(
        min(counts) < moves[0].size,
        "All entries were nudged at once, which gives one slope for the whole array. Each entry "
        "has a slope of its own: nudge one, keep the others still, and go on to the next.",
    )
    require(
        np.any(moves, axis=0).sum() > 1,
        "Only one entry is ever nudged. Does `return` stand inside the loop?",
    )
    nudged = [count for count in counts if count]
    require(
        min(nudged) == 1,
        f"{min(nudged)} entries are nudged together. `for index in range(len(array))` walks over "
        "the rows of a table; `for index in np.ndindex(array.shape)` walks over its entries.",
    )
    require(
        max(nudged) == 1,
        "When a later entry is nudged, earlier nudges are still there: a nudge was not undone. "
        "Make new copies for each entry, inside the loop.",
    )


def _name_the_difference(got: np.ndarray, array: np.ndarray, step: float) -> None:
    true = _bumpy_gradient(array)
    error = np.abs(got - true).max()
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
    mistakes = (
        (
            2 * true,
            "Every entry is twice too large: from a − step to a + step it is 2 * step, "
            "so divide by 2 * step.",
        ),
        (
            true / 2,
            "Every entry is half as large as it should be: the two points have to lie 2 * step "
            "apart, one above and one below the array as it was given.",
        ),
        (-true, "The sign is turned: it is f(a + step) − f(a − step)."),
        (2 * step * true, "This is the difference itself; a slope is that divided by 2 * step."),
        (step**2 * true, "You multiply by step; `/ 2 * step` divides by 2 only. Write (…)."),
    )
    name_the_mistake(got, mistakes)
    require(False, f"The largest error is {error:.1e}; central differences reach 1e-6 here.")


@dataclass
class _Told:
    """A function that messages show as a formula."""

    formula: str
    function: Callable

    def __call__(self, array):
        return float(self.function(array))

    def __repr__(self):
        return self.formula


@central_difference.set_inputs
def central_difference_inputs(rng):
    for shape in ((4,), (2, 3), (1, 1), (3, 1), (2, 1, 2)):
        c = rng.normal(size=shape)
        wavy = _Told("Σ c·sin(a) + (Σ a)²", lambda a, c=c: np.sum(c * np.sin(a)) + np.sum(a) ** 2)
        yield f"an array of shape {shape}", (wavy, rng.normal(size=shape), 1e-3)
        bent = _Told("Σ exp(0.7 a) + (Σ a)²/2", _bumpy)
        yield "a function that bends strongly", (bent, rng.normal(3, 1, size=shape), 1e-4)
    array = rng.normal(size=(2, 2))
    yield "a large step", (_Told("Σ a³", lambda a: np.sum(a**3)), array, 0.5)
    yield "a slope of 0", (_Told("7", lambda a: 7.0), array, 1e-3)


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
    z, grad_output = generator.normal(scale=2, size=(4, 3)), generator.normal(size=(4, 3))
    got = as_array(answer(grad_output.copy(), z.copy()), shape=z.shape, what="the gradient")
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
            z * (grad_output > 0),
            "The two arguments are swapped: z decides about the gate, grad_output goes through.",
        ),
        (z > 0, "This is the slope alone. Multiply it by grad_output, the blame that arrives."),
        (grad_output, "Nothing was closed: where z < 0 the output does not move, slope 0."),
        (grad_output * (z < 0), "The gate is the wrong way round: it is open where z > 0."),
        (grad_output * np.sign(z), "Where z < 0 the slope is 0, not −1: nothing gets through."),
    )
    name_the_mistake(got, mistakes)


@relu_backward.set_inputs
def relu_backward_inputs(rng):
    for what, z in (*inputs.tables(rng), *inputs.vectors(rng)):
        z = np.where(z == 0, 1.0, z)  # at the corner there is no slope
        yield what, (rng.normal(size=z.shape), z)


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
    # a square layer, whose shapes do not warn of a missing .T, and one that is not
    for batch, width, outputs in ((4, 3, 3), (5, 3, 2)):
        values = generator.normal(size=(batch, width))
        weights = generator.normal(size=(width, outputs))
        blame = generator.normal(size=(batch, outputs))
        result = answer(values.copy(), weights.copy(), blame.copy())
        parts = take_apart(result, ("grad_weights", "grad_bias", "grad_input"))
        grad_weights, grad_bias, grad_input = (
            as_array(part, what=name)
            for part, name in zip(parts, ("grad_weights", "grad_bias", "grad_input"), strict=True)
        )
        right = values.T @ blame
        if not same_numbers(grad_weights, right):
            name_the_mistake(grad_weights, _mistakes_with_weights(right, batch))
            as_array(grad_weights, shape=weights.shape, what="grad_weights")
            require(
                False,
                "grad_weights has the right shape and wrong numbers: "
                f"{difference(grad_weights, right)} Each entry is a sum over the rows: "
                "Σ inputs[row, i] · grad_output[row, j].",
            )
        name_the_mistake(grad_bias, _mistakes_with_bias(blame))
        as_array(grad_bias, shape=(outputs,), what="grad_bias")
        if width == outputs:
            require(
                not same_numbers(grad_input, blame @ weights),
                "grad_input uses the weights the forward way. On the way back, output j's blame "
                "goes to input i through the same weight, so the matrix is turned: weights.T.",
            )
        as_array(grad_input, shape=values.shape, what="grad_input")
        require(
            not same_numbers(grad_input, blame @ weights.T / batch),
            "grad_input is divided by the batch. Each row has inputs of its own: nothing is "
            "averaged on the way to them.",
        )
        require(
            not same_numbers(grad_input, blame @ weights.T * values),
            "grad_input is multiplied by the inputs. Along a path the blame is multiplied by the "
            "path's weight only.",
        )


def _mistakes_with_weights(right, batch):
    return (
        (
            right.T,
            "grad_weights is transposed. It has the shape of the weights, (in, out), and is "
            "inputs, turned, times grad_output.",
        ),
        (
            right / batch,
            "grad_weights is divided by the batch. The loss's gradient has done that already: "
            "a second mean makes it too small. A layer adds its rows up.",
        ),
    )


def _mistakes_with_bias(blame):
    return (
        (
            blame,
            "grad_bias is not summed over the batch. One bias serves all rows, so it "
            "collects the blame of all of them: grad_output.sum(axis=0), shape (out,).",
        ),
        (
            blame.sum(),
            "grad_bias is one number for all outputs. Each output has its own bias: sum over "
            "the rows only, axis=0.",
        ),
        (
            blame.sum(axis=1),
            "grad_bias is summed along the wrong axis: axis=0 adds up the rows.",
        ),
        (
            blame.mean(axis=0),
            "grad_bias is a mean over the batch. The loss's gradient has divided already; "
            "a layer adds its rows up.",
        ),
    )


@dense_backward.set_inputs
def dense_backward_inputs(rng):
    for what, values in inputs.tables(rng):
        for outputs in (values.shape[1], int(rng.integers(1, 5))):
            weights = rng.normal(size=(values.shape[1], outputs))
            yield what, (values, weights, rng.normal(size=(len(values), outputs)))


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
        result = answer(logits.copy(), classes.copy())
        got = as_array(result, what="the gradient")
        _name_the_softmax(got, logits, classes)
        as_array(got, shape=logits.shape, what="the gradient")
        right = softmax_gradient_solution(logits, classes)
        require(
            same_numbers(got, right),
            "The gradient should be (p − one_hot) / batch, with p = softmax, row by row: "
            f"{difference(got, right)}",
        )
    for first in ([1000.0, 1001.0, 999.0], [-1000.0, -999.0, -1001.0], [0.0, 3000.0, 0.0]):
        logits = np.array([first, [0.0, 1.0, 2.0]])
        with np.errstate(all="ignore"):
            large = np.asarray(plain(answer(logits, np.array([1, 0]))), dtype=float)
        require(
            np.isfinite(large).all(),
            f"With the logits {first} in a row your gradient is NaN, because exp overflows or "
            "all powers of a row are rounded to 0. Subtract each row's own maximum from its "
            "logits first: the probabilities stay the same.",
        )


def _name_the_softmax(got: np.ndarray, logits: np.ndarray, classes: np.ndarray) -> None:
    batch, width = logits.shape
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    one_hot = np.eye(width)[classes]
    right = (p - one_hot) / batch
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
                    (np.exp(logits) / np.exp(logits).sum(axis=0) - one_hot) / batch,
                    "The softmax is taken down the columns, over the rows of the batch. Each row "
                    "has probabilities of its own: sum along axis=1.",
                ),
                (
                    (logits - one_hot) / batch,
                    "You subtract from the logits. Softmax turns them into probabilities first.",
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


@softmax_gradient.set_inputs
def softmax_gradient_inputs(rng):
    for batch, width in ((6, 4), (1, 3), (5, 2), (2, 7)):
        shape, classes = (batch, width), rng.integers(width, size=batch)
        yield "random logits", (rng.normal(size=shape), classes)
        yield "logits far apart", (np.round(rng.normal(scale=9, size=shape), 2), classes)
        yield "equal logits", (np.full(shape, 0.5), classes)
        far = rng.choice([-2000.0, -900.0, 0.0, 900.0, 2000.0], size=(batch, 1))
        large = far + rng.integers(-3, 4, size=shape)
        yield "large logits, each row its own size", (large, classes)
        yield "one large logit", (np.where(np.arange(width) == 1, 2000.0, 0.0) + 0 * far, classes)
