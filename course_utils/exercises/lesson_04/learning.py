"""Exercises of lesson 04, of steps downhill and a healthy start."""

from __future__ import annotations

from collections.abc import Callable

from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_04.gradients import _sigmoid
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# --------------------------------------------------------------------- 6 · one step downhill

step_downhill = Exercise(
    "Repair the gradient step of a sigmoid neuron with mean binary cross-entropy; "
    "return (new_weights, new_bias).",
    hints=(
        "Hold the three lines against the lesson: which loss leaves a factor p(1 − p) behind?",
        "The loss is a mean over n rows, so delta = (p − targets) / n, shape (n,). "
        "Then inputs.T @ delta and delta.sum().",
        "`weights -= …` changes the caller's array. Make new ones: "
        "new_weights = weights − learning_rate * gradient.",
    ),
    praise="Right. The blame was the squared error's, a sum stood for a mean, and -= moved the "
    "caller's array. Lesson 05 repeats this step and calls it training.",
)


@step_downhill.set_solution
def step_downhill_solution(weights, bias, inputs, targets, learning_rate):
    p = 1 / (1 + np.exp(-(inputs @ weights + bias)))  # (n,)
    delta = (p - targets) / len(targets)  # (n,)
    new_weights = weights - learning_rate * inputs.T @ delta  # (d,)
    new_bias = bias - learning_rate * delta.sum()
    return new_weights, new_bias


@step_downhill.set_check
def step_downhill_check(answer):
    generator = np.random.default_rng(4)
    rows, learning_rate = 20, 0.5
    table = generator.normal(size=(rows, 3))
    targets = (table[:, 0] > 0.3).astype(float)
    weights, bias = generator.normal(size=3), 0.4
    given = weights.copy()
    result = answer(given, bias, table.copy(), targets.copy(), learning_rate)
    parts = take_apart(result, ("new_weights", "new_bias"))
    p = _sigmoid(table @ weights + bias)
    error = p - targets  # (rows,)
    new_weights = as_array(parts[0], shape=(3,), what="new_weights")
    moved = (new_weights - weights) / learning_rate
    right = -table.T @ error / rows
    squared = -table.T @ (error * p * (1 - p)) / rows
    mistakes = (
        (
            -right,
            "The step goes uphill: the gradient points to where the loss grows, so subtract it.",
        ),
        (
            right * rows,
            f"The step is {rows} times too long for {rows} rows: the gradient was summed. The "
            "loss is a mean over the rows, so divide by their number.",
        ),
        (
            squared,
            "There is still a factor p(1 − p) in the blame. It belongs to the squared error; with "
            "cross-entropy it cancels and p − t is left.",
        ),
        (
            squared * rows,
            "The gradient still is that of the squared error, with its factor p(1 − p), and "
            "it is summed where the loss is a mean.",
        ),
        (right / learning_rate, "The step is the whole gradient: learning_rate is not used."),
        (right * 0, "The weights did not move."),
        (right - weights / learning_rate, "You return the step alone. Add it to the weights."),
    )
    name_the_mistake(moved, mistakes)
    require(
        same_numbers(moved, right),
        f"The weights moved by {np.round(moved, 4)} times the learning rate; "
        f"minus the gradient is {np.round(right, 4)}.",
    )
    require(
        np.array_equal(given, weights),
        "The step is right, but `weights -= …` works in place: the caller's array has moved too. "
        "Write new_weights = weights − …, which makes a new one.",
    )
    _judge_step_bias((as_array(parts[1], what="new_bias") - bias) / learning_rate, error)


def _judge_step_bias(moved, error) -> None:
    require(
        moved.size == 1,
        f"new_bias has shape {moved.shape}, one entry per row. One bias serves all rows: add "
        "their blame up.",
    )
    right = -error.mean()
    moved = moved.reshape(())
    require(
        not same_numbers(moved, right * len(error)),
        "The weights are right, but the bias's gradient was summed where a mean is meant.",
    )
    require(
        same_numbers(moved, right),
        f"The weights are right, but the bias moved by {float(moved):.4f} times the learning "
        f"rate; minus its gradient is {right:.4f}.",
    )


def _bias_in_an_array(weights, bias, inputs, targets, learning_rate):
    new_weights, new_bias = step_downhill_solution(weights, bias, inputs, targets, learning_rate)
    return new_weights, np.array([new_bias])


@step_downhill.set_inputs(also_right=[_bias_in_an_array])
def step_downhill_inputs(rng):
    for what, rows in inputs.tables(rng):
        rows = rows / max(1.0, np.abs(rows).max() / 20)  # z stays moderate
        weights = rng.normal(size=rows.shape[1])
        targets = rng.integers(2, size=len(rows)).astype(float)
        rate = float(rng.choice([0.02, 0.5, 3.0]))
        yield what, (weights, float(rng.normal()), rows, targets, rate)
    yield (
        "weights of 0",
        (np.zeros(2), 0.0, rng.normal(size=(4, 2)), np.array([1.0, 1, 0, 1]), 1.0),
    )


# ------------------------------------------------------------------- 7 · twenty layers (open)

LAYERS = 20
HEALTHY = (0.1, 10.0)
WIDTHS = (32, 50, 128, 200)
SLOPES: dict[str, tuple[Callable, Callable]] = {
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
}

healthy_start = Exercise(
    f"Choose an activation and the standard deviation of the first weights, so that the blame "
    f"comes through {LAYERS} layers of this width neither ten times smaller nor ten times larger.",
    hints=(
        'Return a pair such as ("tanh", 0.1). The activation is "sigmoid", "tanh" or "relu".',
        "A sum of `width` terms grows with √width, so the standard deviation should contain "
        "1 / √width.",
        'With "relu" half of the units are closed. Make up for that half: variance 2 / width.',
    ),
    praise="Right: every layer hands on about as much blame as it received.",
)


@healthy_start.set_solution
def healthy_start_solution(width):
    return "relu", np.sqrt(2 / width)


@healthy_start.set_check
def healthy_start_check(answer):
    for width in WIDTHS:
        activation, scale = take_apart(answer(width), ("activation", "scale"))
        require(
            isinstance(activation, str) and activation.lower() in SLOPES,
            f'The activation is {activation!r}; "sigmoid", "tanh" or "relu" is expected.',
        )
        scale = float(as_array(scale, shape=(), what="the scale"))
        require(scale >= 0, f"The scale is {scale:g}, but a standard deviation is positive.")
        require(
            scale > 0,
            "With a scale of 0 all weights are 0: nothing goes forward and no blame comes back.",
        )
        _judge_start(activation.lower(), scale, width)


def _judge_start(activation: str, scale: float, width: int) -> None:
    with np.errstate(all="ignore"):
        runs = [_way_back(activation, scale, width, seed) for seed in range(3)]
    logarithms, through_slopes, unlike = np.mean(runs, axis=0)
    share = float(np.exp(logarithms))
    if HEALTHY[0] <= share <= HEALTHY[1]:
        return
    slopes, gain = float(np.exp(through_slopes)), scale * np.sqrt(width)
    found = (
        f"At width {width} the first layer receives {share:.0e} times the blame: it "
        f"{'explodes' if share > 1 else 'vanishes'}. At each of {LAYERS} layers the weights "
        f"multiply its size by about {gain:.2g} and the slopes of {activation} by about "
        f"{slopes:.2g}."
    )
    require(share < 1, f"{found} Smaller weights hand on less.")
    steepest = 0.25 if activation == "sigmoid" else 1.0
    if gain * steepest < 1:  # whatever the slopes are
        small = "is at most a quarter" if activation == "sigmoid" else "is at most 1"
        require(False, f"{found} The slope {small}, and weights that small cannot make up for it.")
    why = {
        "relu": f"{unlike:.0%} of its units are closed, and the weights do not make up for it.",
        "tanh": f"{unlike:.0%} of its outputs are beyond ±0.9, where its slope is below 0.2. The "
        "product decides.",
        "sigmoid": f"{unlike:.0%} of its outputs are within 0.05 of 0 or 1, where its slope is "
        "below 0.05. The product decides.",
    }
    require(False, f"{found} {why[activation]}")


def _way_back(activation: str, scale: float, width: int, seed: int) -> tuple[float, float, float]:
    """Return how the blame's size changes over all layers, and by one layer's slopes.

    Both are logarithms. The third number is the share of units whose slope is small.
    """
    function, slope = SLOPES[activation]
    generator = np.random.default_rng([seed, width])
    signal = generator.normal(size=(32, width))
    layers = []
    for _ in range(LAYERS):
        weights = generator.normal(scale=scale, size=(width, width))
        z = signal @ weights
        layers.append((weights, slope(z)))
        signal = function(z)
    blame = generator.normal(size=signal.shape)
    by_slopes = []
    for weights, slopes in reversed(layers):
        gated = blame * slopes
        by_slopes.append(_log_size(gated) - _log_size(blame))
        blame = gated @ weights.T
    small = {"relu": 0.5, "tanh": 0.19, "sigmoid": 0.0475}[activation]
    unlike = np.mean([np.mean(slopes < small) for _, slopes in layers])
    return _log_size(blame), float(np.mean(by_slopes)), float(unlike)


def _log_size(blame: np.ndarray) -> float:
    """Return the logarithm of the root mean square."""
    return float(np.log(np.maximum(np.sqrt(np.mean(blame**2)), 1e-300)))
