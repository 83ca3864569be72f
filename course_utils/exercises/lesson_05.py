"""Exercises of lesson 05: batches, optimisers, learning curves and what keeps overfitting away."""

from __future__ import annotations

from collections.abc import Callable

from course_utils.exercises.engine import (
    TOLERANCE,
    Exercise,
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

HEALTHY, STUCK, TOO_SLOW = "healthy", "stuck", "too slow"
TOO_FAST, UNDERFITTING, OVERFITTING = "too fast", "underfitting", "overfitting"
DIAGNOSES = (HEALTHY, STUCK, TOO_SLOW, TOO_FAST, UNDERFITTING, OVERFITTING)

diagnose = Exercise(
    'Return "healthy", "stuck", "too slow", "too fast", "underfitting" or "overfitting" for two '
    "loss curves and the loss that good networks reach on these data.",
    hints=(
        "Take the clearest signs first: a training loss that never moves, then one that jumps.",
        "Overfitting is a validation loss that has risen well above its own lowest point. A small "
        "gap between the curves is normal.",
        "What is left is calm and does not overfit: compare the last epochs with `reachable`. If "
        "the loss is still high, has it stopped falling (underfitting) or not (too slow)?",
    ),
    praise="Right, on every patient. You now read a curve by signs instead of by feeling.",
)


@diagnose.set_solution
def diagnose_solution(train_loss, validation_loss, reachable):
    train, validation = np.array(train_loss), np.array(validation_loss)
    late = len(train) // 5
    if np.ptp(train) < 0.02:
        return "stuck"
    if np.abs(np.diff(train[late:])).max() > 0.08:
        return "too fast"
    if validation[-late:].mean() > validation.min() + 0.1:
        return "overfitting"
    if train[-late:].mean() < reachable + 0.08:
        return "healthy"
    return "too slow" if train[-late] - train[-1] > 0.015 else "underfitting"


@diagnose.set_check
def diagnose_check(answer):
    for epochs in (60, 100):
        for truth, train, validation, sign in _patients(epochs):
            said = answer(train.copy(), validation.copy(), REACHABLE)
            require(said is not None, "Your function returned None: is a `return` missing?")
            require(
                isinstance(said, str) and said.strip().lower() in DIAGNOSES,
                f"The diagnosis is {said!r}; one of {', '.join(DIAGNOSES)} is expected.",
            )
            said = said.strip().lower()
            require(
                said == truth, f'You say "{said}" where the diagnosis is "{truth}". {sign(said)}'
            )


REACHABLE = 0.1


def _patients(epochs: int) -> list[tuple[str, np.ndarray, np.ndarray, Callable[[str], str]]]:
    """Return (diagnosis, training loss, validation loss, what to look at) for clear cases."""
    t = np.linspace(0, 1, epochs)
    noise = np.random.default_rng(5).normal(scale=0.004, size=(2, epochs))
    falling = 0.1 + 0.5 * np.exp(-8 * t)
    memorised = 0.02 + 0.5 * np.exp(-6 * t)
    slow = 0.32 + 0.4 * np.exp(-1.2 * t)
    flat_high = 0.35 + 0.3 * np.exp(-20 * t)
    jumps = np.random.default_rng(6).exponential(0.25, size=(2, epochs))
    return [
        (OVERFITTING, memorised, memorised + 0.15 + 0.9 * t**1.5, _overfitting_sign),
        (HEALTHY, falling, falling + 0.04, _healthy_sign),
        (UNDERFITTING, flat_high + noise[0], flat_high + 0.01 + noise[1], _underfitting_sign),
        (TOO_SLOW, slow + noise[0], slow + 0.01 + noise[1], _slow_sign),
        (TOO_FAST, falling + jumps[0], falling + jumps[1], _fast_sign),
        (STUCK, np.full(epochs, 0.693) + noise[0] / 4, np.full(epochs, 0.693), _stuck_sign),
    ]


def _overfitting_sign(said: str) -> str:
    if said == HEALTHY:
        return (
            "The training loss looks perfect here, and that is the trap: the validation loss has "
            "been rising for most of the run. Look at both curves."
        )
    return "Training falls to nearly 0 while validation climbs far above its own lowest point."


def _healthy_sign(said: str) -> str:
    if said == OVERFITTING:
        return (
            "A small gap is normal: training rows are always a little better known. Overfitting "
            "is a validation loss that rises, and this one falls to the end."
        )
    return "Both curves fell, went flat, and ended at the loss that good networks reach."


def _slow_sign(said: str) -> str:
    if said == UNDERFITTING:
        return (
            "Both losses are high, but they are still falling at the last epoch: give it more "
            "epochs or a larger learning rate before you call the network too small."
        )
    return "Both losses are well above what is reachable and still falling at the last epoch."


def _underfitting_sign(said: str) -> str:
    if said == HEALTHY:
        return (
            "Two calm curves side by side look healthy until you compare them with `reachable`: "
            "they went flat at 0.35 where 0.1 can be had."
        )
    return "Both losses went flat early, far above what is reachable."


def _fast_sign(said: str) -> str:
    return (
        "The training loss itself jumps up and down to the end, by far more than 0.1 from one "
        "epoch to the next. Steps are too long, whatever the validation loss does."
    )


def _stuck_sign(said: str) -> str:
    return (
        "The training loss never left its first value: 0.69, the price of knowing nothing. "
        "An underfitting network improves at first; this one has not begun to learn."
    )


# ----------------------------------------------------------------------------- 5 · early stopping

early_stopping = Exercise(
    "Return (epochs run, weights to keep) when training stops after `patience` epochs in a row "
    "without a new lowest validation loss.",
    hints=(
        "Walk through the losses one by one, as training would; a later loss is not known yet.",
        "Remember the number of the best epoch so far. How long ago was it?",
        "Stop as soon as epoch − best >= patience, both counted from 0. Then epoch + 1 epochs "
        "were run, and weights[best] is kept.",
    ),
    praise="Right. Wait with patience, and go home with the best weights, not with the last.",
)


@early_stopping.set_solution
def early_stopping_solution(validation_loss, weights, patience):
    best = 0
    for epoch, loss in enumerate(validation_loss):
        if loss < validation_loss[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return epoch + 1, weights[best]


@early_stopping.set_check
def early_stopping_check(answer):
    bumpy = [0.9, 0.6, 0.65, 0.5, 0.55, 0.52, 0.7, 0.8, 0.2, 0.9, 0.95, 1.0, 0.3]
    sinking = [0.9, 0.8, 0.7, 0.6]
    cases = ((bumpy, 3), (bumpy, 1), (sinking, 2), (bumpy, 20))
    for losses, patience in cases:
        weights = [np.array([float(epoch), -1.0]) for epoch in range(len(losses))]
        result = answer(list(losses), [array.copy() for array in weights], patience)
        epochs, kept = take_apart(result, ("epochs", "weights"))
        epochs = int(as_array(epochs, shape=(), what="the number of epochs"))
        kept = int(as_array(kept, shape=(2,), what="the kept weights")[0])
        _judge_stopping(epochs, kept, losses, patience)


def _judge_stopping(epochs: int, kept: int, losses: list[float], patience: int) -> None:
    run, best = _stopped_at(losses, patience)
    where = f"With the losses {losses} and patience {patience}"
    first_rise = next((i for i in range(1, len(losses)) if losses[i] > losses[i - 1]), None)
    require(
        patience == 1 or first_rise is None or epochs != first_rise + 1,
        f"{where} you stop at the first rise. One bump says little: wait until {patience} epochs "
        "in a row brought no new lowest loss.",
    )
    require(
        epochs >= run,
        f"{where} you run {epochs} epochs instead of {run}. Patience counts the epochs after the "
        "best one, and starts anew with every new best.",
    )
    require(
        not run < epochs < len(losses),
        f"{where} you run {epochs} epochs; {run} are expected. Each loss is compared with the "
        "lowest so far, not with the previous one.",
    )
    require(
        kept == best or kept != int(np.argmin(losses)),
        f"{where} you keep epoch {kept}, counted from 0, which was never trained: training had "
        f"stopped after {run} epochs. Walk through the list and look at no later loss.",
    )
    require(epochs == run, f"{where} you run {epochs} epochs; {run} are expected.")
    require(
        kept == best or kept != run - 1,
        f"{where} you keep the last weights. The best epoch was number {best}, counted from 0, "
        f"and no epoch since was better: keep weights[{best}].",
    )
    require(
        kept == best,
        f"{where} you keep the weights of epoch {kept}, counted from 0; {best} is expected.",
    )


def _stopped_at(losses: list[float], patience: int) -> tuple[int, int]:
    best = 0
    for epoch in range(len(losses)):
        best = epoch if losses[epoch] < losses[best] else best
        if epoch - best >= patience:
            return epoch + 1, best
    return len(losses), best


# ------------------------------------------------------------------------------ 6 · weight decay

decay_step = Exercise(
    "Take one step of gradient descent with weight decay: return w − η (g + λ w).",
    hints=(
        "The penalty ½ λ Σ w² has the slope λ w. Add it to the gradient before the step.",
        "weights - learning_rate * (gradient + weight_decay * weights)",
    ),
    praise="Right. Where the data say nothing, the gradient is 0 and the weight fades away.",
)


@decay_step.set_solution
def decay_step_solution(weights, gradient, learning_rate, weight_decay):
    return weights - learning_rate * (gradient + weight_decay * weights)


@decay_step.set_check
def decay_step_check(answer):
    generator = np.random.default_rng(5)
    weights, gradient = generator.normal(scale=2, size=(2, 5))
    rate, decay = 0.1, 0.3
    got = as_array(answer(weights.copy(), gradient.copy(), rate, decay), shape=(5,))
    plain = weights - rate * gradient
    if not same_numbers(got, plain - rate * decay * weights):
        name_the_mistake(
            got,
            (
                (
                    plain + rate * decay * weights,
                    "The sign of the decay is turned: your weights grow by a share of themselves "
                    "at every step. With a gradient of 0 they should shrink.",
                ),
                (
                    plain - decay * weights,
                    "The decay does not pass through the learning rate: each step takes "
                    f"{decay:.0%} of a weight away. λw is part of the gradient, so η multiplies "
                    "it too.",
                ),
                (
                    plain - rate * decay * np.sign(weights),
                    "That is the penalty λ Σ |w|, which pulls every weight with the same force. "
                    "Weight decay pulls in proportion to the weight: λ w.",
                ),
                (
                    plain - 2 * rate * decay * weights,
                    "The pull is twice too strong: the penalty is ½ λ Σ w², and the ½ cancels "
                    "the 2.",
                ),
                (
                    plain - rate * decay * np.sum(weights**2),
                    "The penalty itself was added to the gradient. Its slope belongs there: λ w.",
                ),
                (plain, "The weight decay plays no part: this is plain gradient descent."),
            ),
        )
        require(False, f"You return {np.round(got, 3)}; w − η (g + λ w) is expected.")
    still = as_array(answer(weights.copy(), np.zeros(5), rate, 0.0), shape=(5,))
    require(same_numbers(still, weights), "With no gradient and no decay the weights should stay.")


# ----------------------------------------------------------------------------------- 7 · dropout

dropout = Exercise(
    "While training, set each number to 0 with probability `rate` and divide the rest by "
    "1 − rate; otherwise return `hidden` as it is.",
    hints=(
        "generator.random(hidden.shape) gives a number from 0 to 1 for every entry: keep the "
        "entry where it is at least `rate`.",
        "hidden * kept / (1 - rate) keeps the expected value: 0.7 of them, each 1/0.7 as large.",
        "if not training: return hidden",
    ),
    praise="Right. Noise while it learns, calm when it judges, and the same expected value.",
)


@dropout.set_solution
def dropout_solution(hidden, rate, generator, training):
    if not training:
        return hidden
    kept = generator.random(hidden.shape) >= rate
    return hidden * kept / (1 - rate)


@dropout.set_check
def dropout_check(answer):
    hidden, rate = np.ones((300, 40)), 0.3
    generator = np.random.default_rng(5)
    first, second = (
        as_array(answer(hidden.copy(), rate, generator, True), shape=hidden.shape)
        for _ in range(2)
    )
    _judge_scale(first, rate)
    require(
        not same_numbers(first, second),
        "Two training batches got the same mask. Draw it from the generator that is handed in.",
    )
    dropped = first == 0
    require(
        not (dropped == dropped[0]).all(),
        "The same units are dropped in every row. Draw a mask of the shape of `hidden`, so that "
        "each row meets a different thinned network.",
    )
    require(
        not (dropped == dropped[:, :1]).all(),
        "Whole rows are dropped: the mask has one number per row and needs one per entry.",
    )
    _judge_at_rest(answer, rate)


def _judge_scale(got: np.ndarray, rate: float) -> None:
    share = float(np.mean(got == 0))
    require(share > 0, "Nothing was dropped although training is True.")
    require(
        abs(share - (1 - rate)) > 0.05,
        f"{share:.0%} were dropped at rate {rate}: the rate was taken as the share that stays. "
        "It is the share that goes.",
    )
    require(abs(share - rate) < 0.05, f"{share:.0%} of the numbers were dropped at rate {rate}.")
    left = got[got != 0]
    require(
        not np.allclose(left, 1, rtol=TOLERANCE),
        "What stays is not rescaled: the next layer gets 30 % less in training than afterwards. "
        "Divide by 1 − rate, so that the expected value is the same.",
    )
    require(
        not np.allclose(left, 1 - rate, rtol=TOLERANCE),
        "What stays is multiplied by 1 − rate, which makes it smaller still. Divide by it.",
    )
    require(
        np.allclose(left, 1 / (1 - rate), rtol=TOLERANCE),
        f"What stays should be 1 / (1 − rate) = {1 / (1 - rate):.3f} times as large; yours is "
        f"{left.mean():.3f} times as large.",
    )


def _judge_at_rest(answer, rate: float) -> None:
    hidden = np.random.default_rng(6).normal(size=(20, 10))
    rest = answer(hidden.copy(), rate, np.random.default_rng(5), False)
    rest = as_array(rest, shape=hidden.shape, what="the result with training=False")
    require(
        not ((rest == 0) & (hidden != 0)).any(),
        "Dropout is still on with training=False: the same row would get another score each time "
        "it is scored. Return `hidden` untouched.",
    )
    require(
        not same_numbers(rest, hidden * (1 - rate)),
        "With training=False you scale by 1 − rate. That belongs to the older form, which does "
        "not rescale in training; doing both shrinks the signal.",
    )
    require(
        same_numbers(rest, hidden), "With training=False the numbers should come back as they are."
    )


# ------------------------------------------------------------------------------------ 8 · scaling

scale_parts = Exercise(
    "Return (train, validation, test), each column less its training mean, divided by its "
    "training standard deviation; constant columns are divided by 1.",
    hints=(
        "One mean and one standard deviation per column: axis=0. Both from `train` alone.",
        "Scale all three parts with these two rows of numbers.",
        "np.where(spread > 0, spread, 1) replaces the zeros, so that nothing is divided by 0.",
    ),
    praise="Right. Test rows are measured with the training rows' ruler, as tomorrow's will be.",
)


@scale_parts.set_solution
def scale_parts_solution(train, validation, test):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 0, spread, 1)  # a constant column has nothing to scale
    return tuple((part - mean) / spread for part in (train, validation, test))


@scale_parts.set_check
def scale_parts_check(answer):
    generator = np.random.default_rng(5)
    scale, centre = np.array([1.0, 100.0, 0.01, 0.0]), np.array([0.0, 500.0, -3.0, 7.0])
    parts = [
        generator.normal(loc=shift, size=(rows, 4)) * scale + centre
        for rows, shift in ((40, 0.0), (15, 0.5), (12, 1.5))
    ]
    with np.errstate(all="ignore"):
        result = answer(*(part.copy() for part in parts))
        without = answer(*(part[:, :3].copy() for part in parts))
    names = ("train", "validation", "test")
    for got in (without, result):
        for name, part in zip(names, take_apart(got, names), strict=True):
            part = np.asarray(part, dtype=float)
            require(
                not (np.isnan(part).any() or np.isinf(part).any()),
                f"{name} has NaN or infinite entries: a constant column has a standard deviation "
                "of 0. Divide such a column by 1. The corner pixels of the digits are like that.",
            )
    width = 3
    got = [
        as_array(part, shape=(len(full), width), what=name)
        for part, full, name in zip(without, parts, names, strict=True)
    ]
    _judge_scaling(got, [part[:, :width] for part in parts])
    _judge_constant_column(result, parts)


def _judge_scaling(got, parts) -> None:
    def scaled(mean, spread, which=2):
        return (parts[which] - mean) / spread

    train, together = parts[0], np.vstack(parts)
    mean = train.mean(axis=0)
    spreads = [train.std(axis=0, ddof=ddof) for ddof in (0, 1)]
    if any(
        all(same_numbers(got[i], scaled(mean, spread, i)) for i in range(3)) for spread in spreads
    ):
        return
    test = got[2]
    mistakes = (
        (
            scaled(together.mean(axis=0), together.std(axis=0)),
            "The scaler was fitted on all rows together, so the test rows helped to choose the "
            "ruler they are measured with. Take mean and spread from train alone.",
        ),
        (
            scaled(parts[2].mean(axis=0), parts[2].std(axis=0)),
            "Each part was scaled with its own mean and spread: a test set that has drifted would "
            "look ordinary, and one row alone could not be scaled. Use those of train.",
        ),
        (
            scaled(train.mean(), train.std()),
            "One mean and one spread were taken over the whole matrix. Columns have different "
            "units: take them per column, axis=0.",
        ),
        (parts[2], "Only the training rows were scaled. The network needs all parts alike."),
        (
            scaled(mean, train.var(axis=0)),
            "You divide by the variance; the standard deviation is its root.",
        ),
        (parts[2] - mean, "The mean is removed, but nothing is divided by the spread."),
        (
            scaled(train.min(axis=0), np.ptp(train, axis=0)),
            "That is scaling to the range 0 to 1. Mean and standard deviation are asked for.",
        ),
    )
    name_the_mistake(test, mistakes)
    require(False, "Each column should be (column − training mean) / training standard deviation.")


def _judge_constant_column(result, parts) -> None:
    for part, full in zip(result, parts, strict=True):
        part = as_array(part, shape=full.shape, what="a part with a constant column")
        require(
            np.abs(part[:, 3]).max() < 1e-6,
            "A column that is constant in all parts should become 0: its mean goes, and it is "
            "divided by 1.",
        )
