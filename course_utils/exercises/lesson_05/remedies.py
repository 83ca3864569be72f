"""Exercises of lesson 05, of what helps against overfitting."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_05.steps import (
    adam_in_keras_s_order,
    refuse_scribbles,
)
from course_utils.exercises.lesson_05.steps import adam_step_solution as adam_step
from course_utils.exercises.results import (
    TOLERANCE,
    as_array,
    difference,
    name_the_mistake,
    plain,
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


BUMPY = (0.9, 0.6, 0.65, 0.5, 0.55, 0.52, 0.7, 0.8, 0.2, 0.9, 0.95, 1.0, 0.3)
STOPPING_CASES = (
    (BUMPY, 3),
    (BUMPY, 1),
    ((0.9, 0.8, 0.7, 0.6), 2),
    (BUMPY, 20),
    ((0.9, 0.6, 0.6, 0.6, 0.6, 0.5), 2),
)


@early_stopping.set_check
def early_stopping_check(answer):
    said = []
    for losses, patience in STOPPING_CASES:
        weights = [np.array([float(epoch), -1.0]) for epoch in range(len(losses))]
        result = answer(list(losses), weights, patience)
        epochs, kept = take_apart(result, ("epochs", "weights"))
        epochs = float(as_array(epochs, shape=(), what="the number of epochs"))
        said.append((epochs, as_array(kept, shape=(2,), what="the kept weights")[0]))
    right = [_stopped_at(*case) for case in STOPPING_CASES]
    for wrong, message in _STOPPED_WRONGLY:
        known = [wrong(*case) for case in STOPPING_CASES]
        # None: this mistake says nothing about that result
        same = all(
            b is None or a == b
            for pairs in zip(said, known, strict=True)
            for a, b in zip(*pairs, strict=True)
        )
        if same and said != right:
            number = next(i for i, pair in enumerate(said) if pair != right[i])
            losses, patience = STOPPING_CASES[number]
            words = message.format(
                epochs=said[number][0],
                kept=said[number][1],
                run=right[number][0],
                best=right[number][1],
                patience=patience,
            )
            require(False, f"With the losses {list(losses)} and patience {patience} you {words}")


def _stopped_at(losses, patience: int) -> tuple[int, int]:
    """Return how many epochs are run, and the number of the best."""
    best = 0
    for epoch in range(len(losses)):
        best = epoch if losses[epoch] < losses[best] else best
        if epoch - best >= patience:
            return epoch + 1, best
    return len(losses), best


def _at_the_first_rise(losses, patience):
    rises = (i for i in range(1, len(losses)) if losses[i] > losses[i - 1])
    return next(rises, len(losses) - 1) + 1, None


def _without_anew(losses, patience):
    lowest, waited = losses[0], 0
    for epoch, loss in enumerate(losses[1:], start=1):
        waited += loss >= lowest
        lowest = min(lowest, loss)
        if waited >= patience:
            return epoch + 1, None
    return len(losses), None


def _against_the_previous(losses, patience):
    waited = 0
    for epoch in range(1, len(losses)):
        waited = waited + 1 if losses[epoch] >= losses[epoch - 1] else 0
        if waited >= patience:
            return epoch + 1, None
    return len(losses), None


def _with_equal_as_better(losses, patience):
    best = 0
    for epoch in range(len(losses)):
        best = epoch if losses[epoch] <= losses[best] else best
        if epoch - best >= patience:
            return epoch + 1, None
    return len(losses), None


def _one_off(losses, patience):
    run, _ = _stopped_at(losses, patience)
    return run if run == len(losses) else run - 1, None


_STOPPED_WRONGLY = (
    (
        _at_the_first_rise,
        "run {epochs:.0f} epochs: you stop at the first rise. One bump says little: wait until "
        "{patience} epochs in a row brought no new lowest loss.",
    ),
    (
        _without_anew,
        "run {epochs:.0f} epochs instead of {run}. Patience counts the epochs after the best one, "
        "and starts anew with every new best.",
    ),
    (
        _against_the_previous,
        "run {epochs:.0f} epochs instead of {run}. Each loss is compared with the lowest so far, "
        "not with the previous one.",
    ),
    (
        _with_equal_as_better,
        "take an equal loss for a new best. Only a loss below the lowest so far is a new lowest.",
    ),
    (
        lambda losses, patience: (_stopped_at(losses, patience + 1)[0], None),
        "run {epochs:.0f} epochs instead of {run}: one too many. Stop as soon as {patience} in a "
        "row brought nothing, epoch − best >= patience.",
    ),
    (
        lambda losses, patience: (_stopped_at(losses, patience)[0] - 1, None),
        "say {epochs:.0f} epochs; it is {run}. Epoch numbers start at 0, so after epoch e, e + 1 "
        "epochs were run.",
    ),
    (
        _one_off,
        "run {epochs:.0f} epochs; {run} are expected: one too few where training stops. Up to "
        "epoch e, counted from 0, e + 1 epochs were run, the best one among them.",
    ),
    (
        lambda losses, patience: (len(losses), None),
        "run all {epochs:.0f} epochs, as always: you never stop. Patience was out after {run}.",
    ),
    (
        lambda losses, patience: (_stopped_at(losses, patience)[0], int(np.argmin(losses))),
        "keep epoch {kept:.0f}, counted from 0, which was never trained: training had stopped "
        "after {run} epochs. Walk through the list and look at no later loss.",
    ),
    (
        lambda losses, patience: (
            _stopped_at(losses, patience)[0],
            _stopped_at(losses, patience)[0] - 1,
        ),
        "keep the last weights. The best epoch was number {best}, counted from 0, and no epoch "
        "since was better: keep weights[{best}].",
    ),
)


@early_stopping.set_inputs
def early_stopping_inputs(rng):
    def weights_of(losses, shape=(3,)):
        return list(rng.normal(size=(len(losses), *shape)))

    for patience in (1, 2, 3, 5, 50):
        n = int(rng.integers(8, 30))
        falling = np.exp(-np.linspace(0, 3, n)) + rng.normal(scale=0.1, size=n)
        for what, losses in (
            ("random losses", rng.uniform(0.1, 0.9, size=n)),
            ("losses that fall with bumps", falling),
            ("losses far above 1", 1000 + 500 * falling),
            ("losses that fall by less than 0.0001", 0.5 + 1e-4 * falling),
            ("losses with ties", rng.integers(1, 5, size=n) / 4),
            ("falling losses", np.sort(falling)[::-1]),
            ("rising losses", np.sort(falling)),
            ("equal losses", np.full(n, 0.7)),
        ):
            yield what, (losses.tolist(), weights_of(losses), patience)
        yield "losses in an array", (falling, weights_of(falling, (2, 3)), patience)
    yield "a single epoch", ([0.7], weights_of([0.7]), 3)


# ------------------------------------------------------------------------------ 6 · weight decay

decay_step = Exercise(
    "Take one step of Adam in which every weight also loses the share learning_rate · "
    "weight_decay of itself, whatever its gradients. Return (weights, mean, square).",
    hints=(
        "Adam must not see the decay: keep it out of gradient, mean and square.",
        "What is lost is learning_rate * weight_decay * weights, of the weights you start from.",
        "Shrink first, weights * (1 - learning_rate * weight_decay), and then take Adam's step "
        "from there, with the gradient as it came.",
    ),
    praise="Right: that is AdamW. Where the data say nothing, a weight fades by equal shares.",
    in_place=True,  # as optimisers do
)


@decay_step.set_solution
def decay_step_solution(weights, mean, square, gradient, step, learning_rate, weight_decay):
    smaller = weights * (1 - learning_rate * weight_decay)
    return adam_step(smaller, mean, square, gradient, step, learning_rate)


@decay_step.set_check
def decay_step_check(answer):
    generator = np.random.default_rng(5)
    names, rate, decay = ("weights", "mean", "square"), 0.1, 0.3
    for step in (3, 1):
        weights, gradient = generator.normal(scale=2, size=(2, 5))
        mean, square = np.zeros((2, 5))
        if step > 1:
            mean, square = 0.2 * generator.normal(size=5), 0.1 + generator.random(5)
        before = weights, mean, square, gradient
        given = [array.copy() for array in before]
        parts = take_apart(answer(*given, step, rate, decay), names)
        got = [
            as_array(part, shape=(5,), what=name) for part, name in zip(parts, names, strict=True)
        ]
        _judge_decay(got, before, step, (rate, decay))
        refuse_scribbles(given, before, got, (*names, "gradient"))


def _judge_decay(got, before, step: int, settings) -> None:
    """Name what was decayed wrongly, or where decay got into Adam's means."""
    weights, mean, square, gradient = before
    rate, decay = settings

    def adam(start, slope=gradient):
        return adam_step(start, mean, square, slope, step, rate)[0]

    if same_numbers(got[0], adam(weights * (1 - rate * decay))):
        _, polluted, _ = adam_step(*before[:3], gradient + decay * weights, step, rate)
        require(
            not same_numbers(got[1], polluted),
            "The weights are right, but the mean that you hand back holds the decay. Adam's means "
            "are of gradients alone.",
        )
        return
    penalties = (decay * weights, 0.5 * decay * weights, 2 * decay * weights)
    name_the_mistake(
        got[0],
        (
            *(
                (
                    adam(weights, gradient + penalty),
                    "λw was added to the gradient, so Adam divides it by its size as well: each "
                    "weight is pulled with nearly the same force, small ones too. That is L2, as "
                    "in torch.optim.Adam. Keep the decay out of the gradient.",
                )
                for penalty in penalties
            ),
            (
                adam(weights * (1 + rate * decay)),
                "The sign of the decay is turned: your weights grow by a share of themselves at "
                "every step. With a gradient of 0 they should shrink.",
            ),
            (
                adam(weights * (1 - decay)),
                "The decay does not pass through the learning rate: each step takes "
                f"{decay:.0%} of a weight away. The share is η times λ.",
            ),
            (
                adam(weights - rate * decay * np.sign(weights)),
                "That pulls every weight with the same force. Weight decay pulls in proportion to "
                "the weight: ηλw.",
            ),
            (
                adam(weights * (1 - rate * decay / 2)),
                "The pull is half of what it should be. The ½ belongs to the penalty ½ λ Σ w²; in "
                "its slope the 2 of the square cancels it: λ w.",
            ),
            (
                adam(weights * (1 - 2 * rate * decay)),
                "The pull is twice too strong: the share is ηλ.",
            ),
            (
                adam(weights - rate * decay * weights**2),
                "You take λ w² away, which pushes negative weights further down. It is λ w.",
            ),
            (
                adam(weights) * (1 - rate * decay),
                "The weights decay after the step has been taken. The share is one of the weights "
                "you start from.",
            ),
            (
                weights * (1 - rate * decay) - rate * gradient,
                "That is plain descent with decay: Adam's two means play no part.",
            ),
            (adam(weights), "The weight decay plays no part: this is Adam as it was."),
            (weights * (1 - rate * decay), "The gradient plays no part in this step."),
        ),
    )


def _with_epsilon_before_the_correction(w, mean, square, gradient, step, rate, decay):
    return adam_in_keras_s_order(w * (1 - rate * decay), mean, square, gradient, step, rate)


@decay_step.set_inputs(also_right=[_with_epsilon_before_the_correction])
def decay_step_inputs(rng):
    for step, shape in enumerate(((4,), (2, 3), (1,), (3, 1), (2, 1, 2)), start=2):
        weights, mean, gradient = rng.normal(size=(3, *shape))
        square = rng.uniform(0.5, 2, size=shape) * mean**2
        rate, decay = rng.uniform(0.05, 0.9, size=2).tolist()
        state = weights, mean, square, gradient
        yield f"arrays of shape {shape}, step {step}", (*state, step, rate, decay)
        none = np.zeros(shape)
        yield (
            f"arrays of shape {shape}, step 1",
            (weights, none, none.copy(), gradient, 1, rate, 1),
        )
    weights, gradient = rng.normal(size=(2, 5))
    mean, square, none = 0.1 * rng.normal(size=5), rng.random(5), np.zeros(5)
    yield "a gradient of 0", (weights, mean, square, none, 7, 0.1, 0.5)
    yield "gradients that were always 0", (weights, none, none.copy(), none.copy(), 5, 0.1, 0.5)
    yield "weights of 0", (none, mean, square, gradient, 3, 0.1, 0.5)
    yield "no decay", (weights, mean, square, gradient, 3, 0.1, 0.0)
    yield "large weights", (100 * weights, mean, square, gradient, 4, 0.1, 0.2)
    yield "large gradients", (weights, 100 * mean, 1e4 * square, 100 * gradient, 4, 0.1, 0.2)
    yield "a late step", (weights, mean, square, gradient, 20_000, 0.1, 0.01)


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
    values = np.random.default_rng(6)
    hidden, generator = values.normal(size=(300, 40)), np.random.default_rng(5)
    masks = [_mask_of(answer, hidden, 0.3, generator) for _ in range(2)]
    require(
        not np.array_equal(*masks),
        "Two training batches got the same mask. Draw it from the generator that is handed in.",
    )
    _judge_mask(masks[0], hidden, 0.3)
    _judge_at_rest(answer, 0.3)
    for rate in (0.75, 0.1, 0.6):
        other = values.normal(5, 1, size=(200, 30))
        _judge_mask(_mask_of(answer, other, rate, generator), other, rate)
        _judge_at_rest(answer, rate)
    kept = as_array(answer(hidden.copy(), 0.0, generator, True), shape=hidden.shape)
    require(same_numbers(kept, hidden), "At rate 0 all numbers should stay as they are.")
    one = [plain(answer(np.ones((1, 1)), 0.3, generator, True)) for _ in range(400)]
    share = float(np.mean(np.array(one, dtype=float) == 0))
    require(
        abs(share - 0.3) < 0.15,
        f"A single number was dropped in {share:.0%} of 400 training calls at rate 0.3. Every "
        "number has its own chance: drawing which share of the numbers goes is something else.",
    )
    _judge_source(answer, hidden)


def _mask_of(answer, hidden: np.ndarray, rate: float, generator) -> np.ndarray:
    """Return where a training call dropped; refuse wrong shares and sizes."""
    got = as_array(answer(hidden.copy(), rate, generator, True), shape=hidden.shape)
    dropped = got == 0
    share = float(np.mean(dropped))
    require(share > 0, "Nothing was dropped although training is True.")
    require(
        not (dropped == dropped[0]).all(),
        "The same units are dropped in every row. Draw a mask of the shape of `hidden`, so that "
        "each row meets a different thinned network.",
    )
    require(
        not (dropped == dropped[:, :1]).all(),
        "Whole rows are dropped: the mask has one number per row and needs one per entry.",
    )
    require(
        abs(share - (1 - rate)) > 0.05,
        f"{share:.0%} were dropped at rate {rate}: the rate was taken as the share that stays. "
        "It is the share that goes.",
    )
    require(abs(share - rate) < 0.05, f"{share:.0%} of the numbers were dropped at rate {rate}.")
    left = (got / hidden)[~dropped]
    require(
        not np.allclose(left, 1, rtol=TOLERANCE),
        f"What stays is not rescaled: the next layer gets {rate:.0%} less in training than "
        "afterwards. Divide by 1 − rate, so that the expected value is the same.",
    )
    require(
        not np.allclose(left, 1 - rate, rtol=TOLERANCE),
        "What stays is multiplied by 1 − rate, which makes it smaller still. Divide by it.",
    )
    require(
        not np.allclose(left, 1 / rate, rtol=TOLERANCE),
        "What stays is divided by the rate. Divide by the share that stays, 1 − rate.",
    )
    require(
        np.allclose(left, 1 / (1 - rate), rtol=TOLERANCE)
        or not np.allclose(left, 1 / (1 - share), rtol=TOLERANCE),
        "What stays is divided by the share that happened to stay in this batch. The scale should "
        "not depend on chance: divide by 1 − rate.",
    )
    require(
        np.ptp(got[~dropped]) > 1e-9 * np.abs(got).max(),
        "These are the mask's numbers alone. Multiply `hidden` by them.",
    )
    worst = int(np.abs(left - 1 / (1 - rate)).argmax())
    require(
        np.allclose(left, 1 / (1 - rate), rtol=TOLERANCE),
        f"What stays should be 1 / (1 − rate) = {1 / (1 - rate):.4g} times as large; one number "
        f"of yours is {left[worst]:.4g} times as large.",
    )
    return dropped


def _judge_mask(dropped: np.ndarray, hidden: np.ndarray, rate: float) -> None:
    """Refuse a mask whose numbers are not drawn one by one."""
    large = hidden > np.median(hidden)
    require(
        abs(dropped[large].mean() - dropped[~large].mean()) < 0.1,
        f"{dropped[large].mean():.0%} of the larger half of the numbers were dropped and "
        f"{dropped[~large].mean():.0%} of the smaller half. Chance alone decides, not the number.",
    )
    for axis, what in ((0, "unit"), (1, "row")):
        shares, n = dropped.mean(axis=axis), dropped.shape[axis]
        worst = int(np.abs(shares - rate).argmax())
        require(
            abs(shares[worst] - rate) < 7 * np.sqrt(rate * (1 - rate) / n),
            f"Of {what} {worst}, {shares[worst]:.0%} of {n} numbers were dropped at rate {rate}. "
            "Each number has its own chance.",
        )
        first, second = np.delete(dropped, -1, axis), np.delete(dropped, 0, axis)
        both = float(np.mean(first & second))
        require(
            abs(both - rate**2) < 0.05,
            f"Neighbours of a {'row' if what == 'row' else 'column'} are dropped together in "
            f"{both:.0%} of the pairs; {rate**2:.0%} are expected where each number has its own "
            "chance.",
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
    text = difference(rest, hidden)
    require(not text, f"With training=False the numbers should come back as they are, but {text}")


def _judge_source(answer, hidden: np.ndarray) -> None:
    """Refuse a mask that the generator does not decide."""

    def mask(seed):
        return (
            np.asarray(plain(answer(hidden.copy(), 0.3, np.random.default_rng(seed), True))) == 0
        )

    require(
        all(np.array_equal(mask(3), mask(3)) for _ in range(2)),
        "Two generators with one seed gave two masks, so the mask comes from elsewhere. Draw "
        "from the generator that is handed in, or no run can be repeated.",
    )
    require(
        not np.array_equal(mask(3), mask(4)),
        "Generators with different seeds gave one mask. Draw from the one that is handed in.",
    )
