"""Exercises of lesson 05, of mini-batches and of the steps that optimisers take."""

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

# ------------------------------------------------------------------------------ 1 · mini-batches

mini_batches = Exercise(
    "Return a list of pairs (rows of X, their targets): every row once, in random order.",
    hints=(
        "Shuffle numbers, not data: generator.permutation(len(X)) is a random order of the rows.",
        "order[start : start + batch_size] are the rows of one batch. Use the same piece of "
        "`order` on X and on targets.",
        "range(0, len(X), batch_size) gives the starts, and a slice may run past the end: the "
        "last batch is then smaller.",
    ),
    praise="Right. One order for rows and targets, a new one in every epoch, nobody left out.",
)


@mini_batches.set_solution
def mini_batches_solution(X, targets, batch_size, generator):
    order = generator.permutation(len(X))
    batches = []
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        batches.append((X[rows], targets[rows]))
    return batches


@mini_batches.set_check
def mini_batches_check(answer):
    for rows, batch_size in ((23, 5), (12, 4)):
        X = np.arange(3.0 * rows).reshape(rows, 3)
        targets = np.arange(rows) * 10.0
        generator = np.random.default_rng(5)
        orders = []
        for _ in range(2):
            given = X.copy(), targets.copy()
            batches = _as_batches(answer(*given, batch_size, generator))
            _refuse_changed_data(given, (X, targets))
            orders.append(_judge_batches(batches, rows, batch_size))
        require(
            not np.array_equal(*orders),
            "Two epochs came in the same order. Draw it from the generator that is handed in; "
            "a generator made inside the function starts anew at every call.",
        )


def _as_batches(result) -> list:
    require(result is not None, "Your function returned None: is a `return` missing?")
    batches = list(result)
    require(
        all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in batches),
        "A list of pairs is expected: each batch is (rows of X, their targets).",
    )
    return [
        (as_array(X, what="a batch of X"), as_array(t, what="its targets").ravel())
        for X, t in batches
    ]


def _refuse_changed_data(given, before) -> None:
    require(
        all(np.array_equal(*pair) for pair in zip(given, before, strict=True)),
        "The caller's X or targets came back in another order: they were shuffled in place. "
        "Shuffle row numbers instead, and pick rows with them.",
    )


def _judge_batches(batches, rows: int, batch_size: int) -> np.ndarray:
    """Return the order of the rows if the batches are right."""
    require(
        all(X.ndim == 2 and X.shape[1] == 3 for X, _ in batches),
        "A batch of X should keep all columns: shape (rows in the batch, 3) here.",
    )
    require(
        all(len(X) == len(t) for X, t in batches), "A batch has more rows than it has targets."
    )
    order = np.concatenate([X[:, 0] for X, _ in batches]) / 3  # row r of X starts with 3 r
    owners = np.concatenate([t for _, t in batches]) / 10
    require(
        np.array_equal(order, owners),
        "Targets belong to other rows: X and targets were shuffled apart. Draw one order and use "
        "it for both, or the network learns from shuffled labels, without any error message.",
    )
    missing = rows - len(np.unique(order))
    require(
        len(order) == len(np.unique(order)),
        f"Some rows come twice and {missing} not at all: that is drawing with replacement. An "
        "epoch uses every row once.",
    )
    require(
        not missing,
        f"{missing} of {rows} rows are missing. The last batch may be smaller; do not drop it.",
    )
    sizes = [len(X) for X, _ in batches]
    require(
        max(sizes) <= batch_size and len(sizes) == -(-rows // batch_size),
        f"The batches have {sizes} rows; {batch_size} each are expected, and the rest in the "
        "last one.",
    )
    require(
        not np.array_equal(order, np.arange(rows)),
        "The rows come in the order of the table. If it is sorted by label or time, each batch "
        "shows one side of the matter and the network swings from one to the other: shuffle.",
    )
    return order


# ------------------------------------------------------------- 2 · momentum, as Keras writes it

keras_momentum = Exercise(
    "Take one step of momentum as Keras writes it: v ← μv − ηg, then w ← w + v. "
    "Return (weights, velocity).",
    hints=(
        "The velocity is a step here: it holds the learning rate and points downhill.",
        "velocity = momentum * velocity - learning_rate * gradient",
        "The new weights are the old ones plus the new velocity. Return both.",
    ),
    praise="Right. With a constant learning rate the path is the same as PyTorch's; the velocity "
    "is −η times PyTorch's.",
    in_place=True,  # as optimisers do
)


@keras_momentum.set_solution
def keras_momentum_solution(weights, velocity, gradient, learning_rate, momentum):
    velocity = momentum * velocity - learning_rate * gradient
    return weights + velocity, velocity


@keras_momentum.set_check
def keras_momentum_check(answer):
    generator = np.random.default_rng(5)
    for shape in ((3,), (2, 4)):
        weights, velocity, gradient = (generator.normal(size=shape) for _ in range(3))
        rate, momentum = 0.3, 0.8
        result = answer(weights.copy(), velocity.copy(), gradient.copy(), rate, momentum)
        new_weights, new_velocity = take_apart(result, ("weights", "velocity"))
        moved = as_array(new_weights, shape=shape, what="the new weights") - weights
        got = as_array(new_velocity, shape=shape, what="the new velocity")
        _judge_momentum(moved, got, velocity, gradient, (rate, momentum))


def _judge_momentum(moved, got, velocity, gradient, settings) -> None:
    rate, momentum = settings
    right = momentum * velocity - rate * gradient
    if same_numbers(moved, right) and same_numbers(got, right):
        return
    uphill = "This goes uphill: the gradient points to where the loss grows. "
    name_the_mistake(
        moved,
        (
            (
                momentum * velocity + rate * gradient,
                uphill + "The learning rate times the gradient is subtracted from the velocity.",
            ),
            (
                -right,
                uphill + "The minus stands in the velocity already, so the weights get + v.",
            ),
            (
                -rate * (momentum * velocity + gradient),
                "This is PyTorch's form, where v collects gradients and the learning rate comes "
                "last. A right algorithm, but Keras keeps the learning rate inside v.",
            ),
            (
                rate * right,
                "The learning rate is used twice: once in the velocity and once more in the step.",
            ),
            (
                momentum * velocity - (1 - momentum) * rate * gradient,
                "The gradient is damped by 1 − μ, as in a running mean. Momentum adds the whole "
                "gradient; it is Adam that takes means.",
            ),
            (-rate * gradient, "The old velocity plays no part: this is plain gradient descent."),
            (momentum * velocity, "The gradient plays no part in this step."),
            (
                velocity,
                "The weights moved by the old velocity. First renew it, then take the step.",
            ),
        ),
    )
    require(
        same_numbers(moved, right),
        f"The weights moved by {np.round(moved, 3)}; v = μv − ηg is {np.round(right, 3)}.",
    )
    require(
        not same_numbers(got, velocity),
        "The weights are right, but the old velocity is handed back: the next step would "
        "remember nothing. Return the new one.",
    )
    require(
        False,
        f"The weights are right, but the velocity is {np.round(got, 3)} where the step that was "
        f"taken, {np.round(right, 3)}, is expected.",
    )


# -------------------------------------------------------------------------------------- 3 · Adam

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

adam_step = Exercise(
    "Take step number `step` (1, 2, …) of Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e−8. "
    "Return (weights, mean, square).",
    hints=(
        "Two running means first: mean = 0.9 * mean + 0.1 * gradient, and the same for "
        "gradient**2 with 0.999 and 0.001.",
        "For the step, divide the mean by 1 − 0.9**step and the square by 1 − 0.999**step. The "
        "running means themselves stay as they are.",
        "weights - learning_rate * corrected_mean / (np.sqrt(corrected_square) + 1e-8)",
    ),
    praise="Right. Direction from the mean, length from the learning rate, and no bias towards "
    "the zeros it started from.",
)


@adam_step.set_solution
def adam_step_solution(weights, mean, square, gradient, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    corrected_mean = mean / (1 - 0.9**step)
    corrected_square = square / (1 - 0.999**step)
    weights = weights - learning_rate * corrected_mean / (np.sqrt(corrected_square) + 1e-8)
    return weights, mean, square


@adam_step.set_check
def adam_step_check(answer):
    generator = np.random.default_rng(5)
    for step in (3, 1, 40):
        weights, gradient = generator.normal(size=(2, 4))
        mean, square = np.zeros((2, 4))
        if step > 1:
            mean, square = 0.2 * generator.normal(size=4), 0.1 * generator.random(4)
        state = mean, square, gradient
        result = answer(weights.copy(), *(array.copy() for array in state), step, 0.1)
        new_weights, new_mean, new_square = take_apart(result, ("weights", "mean", "square"))
        _judge_adam_state(
            as_array(new_mean, shape=(4,), what="the mean"),
            as_array(new_square, shape=(4,), what="the square"),
            state,
            step,
        )
        moved = as_array(new_weights, shape=(4,), what="the new weights") - weights
        _judge_adam_move(moved / 0.1, state, step)


def _adam_state(mean, square, gradient):
    mean = BETA_1 * mean + (1 - BETA_1) * gradient
    return mean, BETA_2 * square + (1 - BETA_2) * gradient**2


def _judge_adam_state(got_mean, got_square, state, step: int) -> None:
    old_mean, old_square, gradient = state
    mean, square = _adam_state(*state)
    require(
        not same_numbers(got_mean, mean / (1 - BETA_1**step)),
        "The corrected mean is handed back as the running mean, so that the next step corrects "
        "it again. Correct a copy for the step, and return the running means uncorrected.",
    )
    name_the_mistake(
        got_mean,
        (
            (
                BETA_1 * old_mean + gradient,
                "Your mean adds the whole gradient, as momentum does. Adam takes a running mean: "
                "0.9 of the old one and 0.1 of the gradient.",
            ),
            (
                (1 - BETA_1) * old_mean + BETA_1 * gradient,
                "β₁ is the share of the old mean that stays, 0.9. You keep 0.1 of it.",
            ),
        ),
    )
    require(same_numbers(got_mean, mean), "The mean should be 0.9 · mean + 0.1 · gradient.")
    name_the_mistake(
        got_square,
        (
            (
                BETA_2 * old_square + (1 - BETA_2) * gradient,
                "The second mean is one of squares: it takes gradient**2, so that the sign of a "
                "gradient does not matter for its size.",
            ),
            (
                BETA_1 * old_square + (1 - BETA_1) * gradient**2,
                "The mean of the squares uses β₂ = 0.999, a longer memory than β₁.",
            ),
            (
                square / (1 - BETA_2**step),
                "The corrected square is handed back as the running mean. Correct a copy.",
            ),
        ),
    )
    require(
        same_numbers(got_square, square),
        "The square should be 0.999 · square + 0.001 · gradient².",
    )


def _judge_adam_move(moved, state, step: int) -> None:
    mean, square = _adam_state(*state)
    m, s = mean / (1 - BETA_1**step), square / (1 - BETA_2**step)
    right = -m / (np.sqrt(s) + EPSILON)
    if same_numbers(moved, right):
        return
    raw = -mean / (np.sqrt(square) + EPSILON)
    name_the_mistake(
        moved,
        (
            (
                raw,
                "The bias correction is missing. Both means start at zero and need time to forget "
                "it: at step 1 the mean holds a tenth of the gradient, the root of the square a "
                "thirtieth, and the step is three times too long.",
            ),
            (
                -m / (np.sqrt(square) + EPSILON),
                "The mean is corrected and the square is not. Both start at zero, so both are "
                "divided by 1 − βᵗ, each with its own β.",
            ),
            (
                -mean / (np.sqrt(s) + EPSILON),
                "The square is corrected and the mean is not. Both are divided by 1 − βᵗ.",
            ),
            (-right, "The step goes uphill: subtract it from the weights."),
            (-m / (s + EPSILON), "The square root is missing: the mean is divided by √square."),
            (
                -state[2] / (np.sqrt(s) + EPSILON),
                "The step uses the gradient of this batch. Adam steps along the running mean.",
            ),
        ),
    )
    require(
        False,
        f"At step {step} the weights moved by {np.round(moved, 3)} learning rates; "
        f"{np.round(right, 3)} is expected.",
    )


# --------------------------------------------------------------- 4 · reading curves (open-ended)
