"""Exercises of lesson 05, of mini-batches and of the steps that optimisers take."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    plain,
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
    for rows, batch_size in ((23, 5), (12, 4), (6, 1), (5, 8), (40, 8)):
        epochs, generator = [], np.random.default_rng(5)
        for _ in range(6):
            X = np.arange(3.0 * rows).reshape(rows, 3)
            targets = np.arange(rows) * 10.0
            given = X.copy(), targets.copy()
            batches = _as_batches(answer(*given, batch_size, generator))
            _refuse_changed_data(given, (X, targets))
            _judge_batches(batches, X, batch_size)
            epochs.append([t / 10 for _, t in batches])
        _judge_orders(epochs, rows, batch_size)
    _judge_source(answer)
    # chance may frown on a right answer once, hardly twice
    suspicion = _suspicion(answer, seed=1)
    require(not (suspicion and _suspicion(answer, seed=2)), suspicion)


def _as_batches(result) -> list:
    require(result is not None, "Your function returned None: is a `return` missing?")
    batches = list(result)
    require(
        all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in batches),
        "A list of pairs is expected: each batch is (rows of X, their targets).",
    )
    return [
        (as_array(X, what="a batch of X"), as_array(t, what="its targets")) for X, t in batches
    ]


def _refuse_changed_data(given, before) -> None:
    require(
        all(np.array_equal(*pair) for pair in zip(given, before, strict=True)),
        "The caller's X or targets came back in another order: they were shuffled in place. "
        "Shuffle row numbers instead, and pick rows with them.",
    )


def _judge_batches(batches, table: np.ndarray, batch_size: int) -> None:
    """Refuse batches that do not hold every row once, beside its target."""
    rows = len(table)
    require(
        all(X.ndim == 2 and X.shape[1] == 3 for X, _ in batches),
        "A batch of X should keep all columns: shape (rows in the batch, 3) here.",
    )
    require(
        all(t.ndim == 1 for _, t in batches),
        "The targets of a batch should have the shape (rows,), as they came. In another shape "
        "they meet the outputs in a table of differences, without any error message.",
    )
    require(
        all(len(X) == len(t) for X, t in batches), "A batch has more rows than it has targets."
    )
    order = np.concatenate([X[:, 0] for X, _ in batches]) / 3  # row r of X starts with 3 r
    owners = np.concatenate([t for _, t in batches]) / 10
    require(
        not np.array_equal(np.sort(order), np.sort(owners)) or np.array_equal(order, owners),
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
    known = np.isin(order, np.arange(rows)).all() and np.array_equal(order, owners)
    require(
        known
        and np.array_equal(np.concatenate([X for X, _ in batches]), table[order.astype(int)]),
        "The batches hold rows or targets that X and targets do not have.",
    )
    sizes = [len(X) for X, _ in batches]
    require(
        max(sizes) <= batch_size and len(sizes) == -(-rows // batch_size),
        f"The batches have {sizes} rows; {batch_size} each are expected, and the rest in the "
        "last one.",
    )


def _judge_orders(epochs: list, rows: int, batch_size: int) -> None:
    """Refuse what is no shuffling of rows; `epochs` holds the row numbers of batches."""
    orders = [np.concatenate(batches) for batches in epochs]
    table = np.arange(rows)
    require(
        not all(np.array_equal(order, table) for order in orders),
        "The rows come in the order of the table. If it is sorted by label or time, each batch "
        "shows one side of the matter and the network swings from one to the other: shuffle.",
    )
    require(
        not all(np.array_equal(orders[0], order) for order in orders),
        "All epochs came in the same order. Draw it from the generator that is handed in; "
        "a generator made inside the function starts anew at every call.",
    )
    if batch_size == 1 or rows <= batch_size:
        return  # one row in each batch or one batch for all: nothing more is to be seen
    within = [np.sort(batch) for batches in epochs for batch in batches]
    ranges = all(np.ptp(batch) == len(batch) - 1 for batch in within)
    first = [np.sort(batches[0]) for batches in epochs]
    require(
        not ranges or not all(np.array_equal(first[0], each) for each in first),
        "Rows are shuffled inside their batch only: each batch holds the same neighbours of the "
        "table in every epoch. Shuffle all rows, then cut.",
    )
    require(
        not ranges,
        "The batches are shuffled and the rows are not: each batch holds neighbours of the table. "
        "If it is sorted by label, a batch shows one class. Shuffle the rows, then cut.",
    )


def _judge_source(answer) -> None:
    """Refuse an order that the generator does not decide."""

    def epoch(seed):
        X = np.arange(60.0).reshape(30, 2)
        batches = answer(X, X[:, 0] / 2, 7, np.random.default_rng(seed))
        return np.concatenate([plain(t) for _, t in batches])

    again = [np.array_equal(epoch(3), epoch(3)) for _ in range(2)]
    require(
        all(again),
        "Two generators with one seed gave two orders, so the order comes from elsewhere. Draw "
        "from the generator that is handed in, or no run can be repeated.",
    )
    require(
        not np.array_equal(epoch(3), epoch(4)),
        "Generators with different seeds gave one order. Draw from the one that is handed in.",
    )


def _suspicion(answer, seed: int, rows: int = 8, epochs: int = 300) -> str:
    """Say what is not random in many epochs of a small table; empty if nothing."""
    generator = np.random.default_rng(seed)
    X, numbers = np.arange(2.0 * rows).reshape(rows, 2), np.arange(rows)
    orders = np.array(
        [
            np.concatenate([plain(t) for _, t in answer(X, numbers, 3, generator)])
            for _ in range(epochs)
        ]
    )
    at = np.argsort(orders, axis=1)  # at[epoch, row]: the place of the row
    counts = np.array([(orders == row).sum(axis=0) for row in numbers])
    # under pure chance each count is Poisson-like: beyond 5 deviations in one run of 10,000
    if np.abs(counts - epochs / rows).max() > 5 * np.sqrt(epochs / rows):
        row, place = np.unravel_index(np.abs(counts - epochs / rows).argmax(), counts.shape)
        return (
            f"In {epochs} epochs of {rows} rows, row {row} came {counts[row, place]} times at "
            f"place {place}; about {epochs / rows:.0f} are expected: every order should be "
            "equally likely."
        )
    follows = np.mean(np.diff(at, axis=1) == 1, axis=0)  # row r + 1 right after row r
    if np.abs(follows - 1 / rows).max() > 5 * np.sqrt(1 / rows / epochs):
        row = int(np.abs(follows - 1 / rows).argmax())
        return (
            f"In {epochs} epochs of {rows} rows, row {row + 1} came right after row {row} in "
            f"{follows[row]:.0%} of them; about {1 / rows:.0%} are expected: every order should "
            "be equally likely."
        )
    return ""


# ------------------------------------------------------------- 2 · momentum, as Keras writes it

keras_momentum = Exercise(
    "Take one step of momentum as Keras writes it, where the velocity is the step itself. "
    "Return (weights, velocity).",
    hints=(
        "The new velocity is −η times the other form's: v ← μv + g, w ← w − ηv. Put that in.",
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
        given = [weights.copy(), velocity.copy(), gradient.copy()]
        result = answer(*given, rate, momentum)
        new_weights, new_velocity = take_apart(result, ("weights", "velocity"))
        moved = as_array(new_weights, shape=shape, what="the new weights") - weights
        got = as_array(new_velocity, shape=shape, what="the new velocity")
        _judge_momentum(moved, got, velocity, gradient, (rate, momentum))
        refuse_scribbles(given, (weights, velocity, gradient), (new_weights, new_velocity))


STATE = ("weights", "velocity", "gradient")


def refuse_scribbles(given, before, results, names=STATE) -> None:
    """Refuse arguments changed in place into anything but what is returned for them."""
    for number, (name, now, old) in enumerate(zip(names, given, before, strict=True)):
        renewed = number < len(results) and same_numbers(now, as_array(results[number]))
        require(
            renewed or np.allclose(now, old, rtol=1e-9, atol=1e-12),
            f"Your function changes the `{name}` that it was given into something that it does "
            "not return, and whoever calls it may need that again. Work on a copy.",
        )


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
    if not same_numbers(moved, right):
        return  # the comparison shows where
    require(
        not same_numbers(got, velocity),
        "The weights are right, but the old velocity is handed back: the next step would "
        "remember nothing. Return the new one.",
    )
    name_the_mistake(
        got,
        (
            (
                momentum * velocity + gradient,
                "The weights are right, but the velocity is PyTorch's. Keras keeps the learning "
                "rate and the minus inside it.",
            ),
            (-right, "The weights are right, but the velocity that you return points uphill."),
        ),
    )


@keras_momentum.set_inputs
def keras_momentum_inputs(rng):
    for what, state, rate in _states(rng):
        for momentum in (0.9, 0.5):
            yield what, (*state, rate, momentum)
    state = rng.normal(size=(3, 4))
    yield "a momentum of 0", (*state, 0.1, 0.0)
    yield "a gradient of 0", (*state[:2], np.zeros(4), 0.1, 0.9)
    yield "a velocity of 0, as at the first step", (state[0], np.zeros(4), state[2], 0.1, 0.9)


def _states(rng):
    """Yield (what it is, weights, velocity or other weights, gradient of one shape; a rate)."""
    for shape in ((4,), (2, 3), (1,), (3, 1), (2, 1, 2)):
        yield f"arrays of shape {shape}", rng.normal(size=(3, *shape)), float(rng.uniform(0.1, 2))
    weights, other, gradient = rng.normal(size=(3, 5))
    yield "weights of 0", (np.zeros(5), other, gradient), 0.01
    yield "large gradients", (weights, 100 * other, 100 * gradient), 0.05
    yield "a learning rate of 1", (weights, other, gradient), 1.0


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
    in_place=True,  # as optimisers do
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
        before = weights, mean, square, gradient
        given = [array.copy() for array in before]
        names = ("weights", "mean", "square")
        parts = take_apart(answer(*given, step, 0.1), names)
        got, got_mean, got_square = (
            as_array(part, shape=(4,), what=name) for part, name in zip(parts, names, strict=True)
        )
        _judge_adam_state(got_mean, got_square, before[1:], step)
        _judge_adam_move((got - weights) / 0.1, before[1:], step)
        refuse_scribbles(given, before, (got, got_mean, got_square), (*names, "gradient"))
    _judge_epsilon(answer)


def _judge_epsilon(answer) -> None:
    """Name a missing or misplaced ε, which decides where gradients are tiny."""
    zeros, tiny, rate = np.zeros(3), np.array([1e-8, -3e-8, 2e-9]), 0.1
    with np.errstate(all="ignore"):
        still = plain(answer(zeros, zeros.copy(), zeros.copy(), zeros.copy(), 1, rate)[0])
        got = as_array(answer(zeros, zeros.copy(), zeros.copy(), tiny, 1, rate)[0], shape=(3,))
    require(
        not np.isnan(np.asarray(still, dtype=float)).any(),
        "Where all gradients so far were 0 you divide 0 by 0, and the weights become NaN: ε is "
        "missing below the line, √square + 1e-8. A unit that is never active is such a case.",
    )
    name_the_mistake(
        got,
        (
            (
                -rate * np.sign(tiny),
                "Gradients of 1e-8 move the weights by a whole learning rate: ε is missing below "
                "the line. It is √square + 1e-8.",
            ),
            (
                -rate * tiny / np.sqrt(tiny**2 + EPSILON),
                "ε stands inside the root, where it weighs as much as 1e-4 outside. Add it after "
                "the root: √square + 1e-8.",
            ),
        ),
    )


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
    if not same_numbers(got_mean, mean):
        return  # the comparison shows where
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
                (1 - BETA_2) * old_square + BETA_2 * gradient**2,
                "β₂ is the share of the old square that stays, 0.999. You keep 0.001 of it.",
            ),
            (
                square / (1 - BETA_2**step),
                "The corrected square is handed back as the running mean. Correct a copy.",
            ),
        ),
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
            (
                -mean / (1 - BETA_1 ** (step + 1)) / _root(square, step + 1),
                "The correction counts one step too many: `step` is 1 at the first step already.",
            ),
            (
                -mean / (1 - BETA_2**step) / (np.sqrt(square / (1 - BETA_1**step)) + EPSILON),
                "The two corrections are exchanged: the mean is divided by 1 − β₁ᵗ, the square "
                "by 1 − β₂ᵗ.",
            ),
        ),
    )


def _root(square, step: int):
    return np.sqrt(square / (1 - BETA_2**step)) + EPSILON


def adam_in_keras_s_order(weights, mean, square, gradient, step, learning_rate):
    """Take the step in the order of Kingma and Ba's remark, and of Keras."""
    mean, square = _adam_state(mean, square, gradient)
    rate = learning_rate * np.sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
    return weights - rate * mean / (np.sqrt(square) + EPSILON), mean, square


@adam_step.set_inputs(also_right=[adam_in_keras_s_order])
def adam_step_inputs(rng):
    for step, (what, (weights, mean, gradient), rate) in enumerate(_states(rng), start=2):
        square = rng.uniform(0.5, 2, size=mean.shape) * mean**2
        yield f"{what}, step {step}", (weights, mean, square, gradient, step, rate)
        none = np.zeros(mean.shape)
        yield f"{what}, step 1", (weights, none, none.copy(), gradient, 1, rate)
    weights, gradient = rng.normal(size=(2, 4))
    mean, square, none = 0.1 * rng.normal(size=4), rng.random(4), np.zeros(4)
    yield "a late step", (none, mean, square, gradient, 20_000, 0.1)
    yield "a gradient of 0", (none, mean, square, none, 7, 0.1)
    yield "gradients that were always 0", (weights, none, none, none, 5, 0.1)
    for step in (1, 3, 60):
        tiny = 1e-8 * rng.uniform(0.3, 3, size=4)
        yield f"gradients of 1e-8, step {step}", (none, tiny / 3, tiny**2 / 9, tiny, step, 0.1)
