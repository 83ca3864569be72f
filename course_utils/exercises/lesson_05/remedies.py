"""Exercises of lesson 05, of what helps against overfitting, and of scaling."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    TOLERANCE,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

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
