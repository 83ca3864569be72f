"""Exercises of lesson 04, of steps downhill and a healthy start."""

from __future__ import annotations

from collections.abc import Callable

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
    "Take one gradient step with a sigmoid neuron and mean binary cross-entropy; "
    "return (new_weights, new_bias).",
    hints=(
        "Forward: z = inputs @ weights + bias, p = σ(z). With cross-entropy the blame of a row is "
        "p − t: no f′ is left over.",
        "The loss is a mean over n rows, so delta = (p − targets) / n, shape (n,). "
        "Then inputs.T @ delta and delta.sum().",
        "Downhill is against the gradient: weights − learning_rate * gradient.",
    ),
    praise="Right: forward, blame, gradient, step. Lesson 05 repeats this and calls it training.",
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
    for rows, learning_rate in ((20, 0.5), (7, 0.1)):
        inputs = generator.normal(size=(rows, 3))
        targets = (inputs[:, 0] > 0.3).astype(float)
        weights, bias = generator.normal(size=3), 0.4
        result = answer(weights.copy(), bias, inputs.copy(), targets.copy(), learning_rate)
        parts = take_apart(result, ("new_weights", "new_bias"))
        error = _sigmoid(inputs @ weights + bias) - targets  # (rows,)
        new_weights = as_array(parts[0], what="new_weights")
        moved = (as_array(new_weights, shape=(3,), what="new_weights") - weights) / learning_rate
        _judge_step(moved, inputs, error, targets, learning_rate)
        new_bias = as_array(parts[1], what="new_bias")
        _judge_step_bias((new_bias - bias) / learning_rate, error)


def _judge_step(moved, inputs, error, targets, learning_rate) -> None:
    rows, p = len(error), error + targets
    right = -inputs.T @ error / rows
    if same_numbers(moved, right):
        return
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
            -inputs.T @ (error * p * (1 - p)) / rows,
            "There is still a factor p(1 − p) in the blame. It belongs to the squared error; with "
            "cross-entropy it cancels and p − t is left.",
        ),
        (right / learning_rate, "The step is the whole gradient: learning_rate is not used."),
        (right * 0, "The weights did not move."),
    )
    name_the_mistake(moved, mistakes)
    require(
        False,
        f"The weights moved by {np.round(moved, 4)} times the learning rate; "
        f"minus the gradient is {np.round(right, 4)}.",
    )


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


# ------------------------------------------------------------------- 7 · twenty layers (open)

LAYERS = 20
HEALTHY = (0.1, 10.0)
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
    praise="Right: every layer hands on as much blame as it received, on average.",
)


@healthy_start.set_solution
def healthy_start_solution(width):
    return "relu", np.sqrt(2 / width)


@healthy_start.set_check
def healthy_start_check(answer):
    for width in (32, 128):
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
        shares = [_share_that_arrives(activation, scale, width, seed) for seed in range(3)]
    share = float(np.exp(np.mean(np.log(np.maximum(shares, 1e-300)))))
    if HEALTHY[0] <= share <= HEALTHY[1]:
        return
    found = f"At width {width} the first layer receives {share:.0e} times the blame"
    require(share < HEALTHY[1], f"{found}: it explodes. Smaller weights hand on less.")
    why = {
        "sigmoid": "The sigmoid's slope is at most a quarter, and larger weights saturate it.",
        "relu": "A ReLU closes about half of its units, and the weights do not make up for it.",
        "tanh": "The slope of tanh is below 1, and the weights do not make up for it.",
    }
    require(False, f"{found}: it vanishes. {why[activation]}")


def _share_that_arrives(activation: str, scale: float, width: int, seed: int) -> float:
    """Root mean square of the blame at the first layer, over that at the last."""
    function, slope = SLOPES[activation]
    generator = np.random.default_rng(seed)
    signal = generator.normal(size=(32, width))
    layers = []
    for _ in range(LAYERS):
        weights = generator.normal(scale=scale, size=(width, width))
        z = signal @ weights
        layers.append((weights, slope(z)))
        signal = function(z)
    blame = generator.normal(size=signal.shape)
    for weights, slopes in reversed(layers):
        blame = (blame * slopes) @ weights.T
    return float(np.sqrt(np.mean(blame**2)))
