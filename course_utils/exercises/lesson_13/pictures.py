"""Exercises of lesson 13, of scales, one logit and two views."""

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

# ------------------------------------------------------------------------------- 6 · standardise

standardise = Exercise(
    "Bring each channel to mean 0 and spread 1 by the constants of the training pictures alone, "
    "and return the training and the new pictures.",
    hints=(
        "Which axes does one channel's mean go over? All but the channels' own.",
        "train.mean(axis=(0, 2, 3), keepdims=True) has the shape (1, c, 1, 1), which broadcasts.",
        "Use the same two arrays for train and for new: (new - mean) / spread.",
    ),
    praise="Right. A new picture is read by the scale of the training pictures, whatever it is.",
)


@standardise.set_solution
def standardise_solution(train, new):
    mean = train.mean(axis=(0, 2, 3), keepdims=True)
    spread = train.std(axis=(0, 2, 3), keepdims=True)
    return (train - mean) / spread, (new - mean) / spread


@standardise.set_check
def standardise_check(answer):
    draw = np.random.default_rng(13)
    level = np.array([60.0, 120.0, 200.0]).reshape(1, 3, 1, 1)
    train = level + level / 4 * draw.normal(size=(6, 3, 4, 5))
    new = 0.5 * level + level / 8 * draw.normal(size=(4, 3, 4, 5))  # the light has changed
    with np.errstate(divide="ignore", invalid="ignore"):
        given = train.copy(), new.copy()
        results = take_apart(answer(*given), ("train", "new"))
    require(
        np.array_equal(given[0], train) and np.array_equal(given[1], new),
        "Your function wrote into the pictures it was given. Return new arrays.",
    )
    shapes = train.shape, new.shape
    pairs = zip(results, shapes, ("train", "new"), strict=True)
    got = [as_array(each, shape=shape, what=what) for each, shape, what in pairs]
    together = np.concatenate([train, new])
    mean, spread = _constants(train, (0, 2, 3))
    name_the_mistake(
        got[1],
        (
            (
                _scaled(new, new, (0, 2, 3)),
                "The new pictures are brought to mean 0 by a mean of their own, so that the "
                "darker light in them is gone before any detector can see it. Use the training "
                "pictures' mean and spread.",
            ),
            (
                _scaled(new, together, (0, 2, 3)),
                "The constants come from training and new pictures together. That is a leak, and "
                "in use the new ones are not there yet: fit on train alone.",
            ),
            (
                _scaled(new, new, (1, 2, 3)),
                "Each new picture is brought to mean 0 by itself. That hides a picture that is "
                "too dark; one mean for each channel, over all training pictures, is asked for.",
            ),
            (
                _scaled(new, train, (0, 1, 2, 3)),
                "There is one mean for all channels together. Red, green and blue lie on "
                "different levels: leave axis 1 out of the mean.",
            ),
            (
                _scaled(new, train, 0),
                "Each pixel has a mean of its own (axis 0 alone). A pixel that is always paper "
                "has no spread; take the mean over the rows and columns too.",
            ),
            ((new - mean) / spread**2, "You divide by the variance; divide by its root."),
            (new - mean, "The mean is taken off; now divide by the spread as well."),
            (new / 255, "Division by 255 brings pixels to 0 … 1, not to mean 0 and spread 1."),
        ),
    )
    close = 0.05  # either of the two standard deviations, by n or by n − 1
    require(
        same_numbers(got[0], (train - mean) / spread, close),
        "The training pictures differ from (train − mean) / spread, one mean and spread for each "
        "channel.",
    )
    require(
        same_numbers(got[1], (new - mean) / spread, close),
        "The new pictures differ from (new − mean) / spread with the training pictures' mean and "
        "spread.",
    )


def _constants(pictures, axes):
    return pictures.mean(axis=axes, keepdims=True), pictures.std(axis=axes, keepdims=True)


def _scaled(pictures, source, axes):
    mean, spread = _constants(source, axes)
    return (pictures - mean) / spread


# ---------------------------------------------------------------------------- 7 · one logit loss

one_logit_loss = Exercise(
    "Return the mean binary cross-entropy, in nats, of one logit a picture, where the pictures of "
    "one class are the anomalies.",
    hints=(
        "The loss wants labels: 1 where classes == anomaly, 0 elsewhere. Class numbers are names.",
        "With a label t the loss of a logit z is log(1 + exp(z)) − t·z.",
        "exp(800) is infinite. np.logaddexp(0, z) is log(1 + exp(z)) without going that far.",
    ),
    praise="Right. One logit, labels of 0 and 1, and a loss that stays finite and above zero.",
)


@one_logit_loss.set_solution
def one_logit_loss_solution(logits, classes, anomaly):
    labels = classes == anomaly
    return np.mean(np.logaddexp(0, logits) - labels * logits)


@one_logit_loss.set_check
def one_logit_loss_check(answer):
    draw = np.random.default_rng(13)
    logits, classes = draw.normal(0, 2, size=40), np.arange(40) % 10
    given = logits.copy(), classes.copy()
    got = as_array(answer(*given, 3), what="the loss")
    require(
        got.shape == (),
        f"The loss has the shape {got.shape}; one number, the mean over the pictures, is asked.",
    )
    labels = (classes == 3).astype(float)
    p = 1 / (1 + np.exp(-logits))
    right = _cross_entropy(logits, labels)
    name_the_mistake(
        got,
        (
            (
                _cross_entropy(logits, classes),
                "The class numbers 0 … 9 are taken as targets. A target of 7 asks for a "
                "probability of 7, and the loss falls below zero without end. The label is 1 "
                "where classes == anomaly and 0 elsewhere.",
            ),
            (
                _cross_entropy(logits, 1 - labels),
                "The labels are the wrong way round: 1 belongs to the anomaly.",
            ),
            (
                _cross_entropy(p, labels),
                "The sigmoid is taken twice: probabilities went in where logits are expected, so "
                "that no output can come near 0 or 1.",
            ),
            (
                -np.mean(np.log(np.ones_like(p)) * labels),
                "A softmax over a single logit is always 1, whatever the logit, so the loss says "
                "nothing. One logit goes through a sigmoid.",
            ),
            (right * len(logits), "That is the sum over the pictures; the mean is asked for."),
            (right / np.log(2), "That is in bits; the natural logarithm gives nats."),
            (-right, "The sign is turned: the log of a probability is negative, the loss is not."),
            (
                -np.mean(labels * np.log(p)),
                "Only the anomalies are counted. A normal picture costs −log(1 − p).",
            ),
        ),
    )
    require(
        same_numbers(got, right),
        f"The loss is {float(got):.4f}; the mean of log(1 + exp(z)) − t·z is {right:.4f}.",
    )
    _judge_far_logits(answer)


def _judge_far_logits(answer):
    """Ask for the loss of logits whose exponential overflows."""
    with np.errstate(all="ignore"):
        far = answer(np.array([800.0, -800.0]), np.array([3, 5]), 3)
        wrong = answer(np.array([800.0, -800.0]), np.array([5, 3]), 3)
    finite = np.isfinite(np.asarray([far, wrong], dtype=float)).all()
    require(
        finite,
        "With a logit of 800 your loss is infinite or NaN: exp overflows, or the log of a rounded "
        "0 or 1 is taken. np.logaddexp(0, z) is log(1 + exp(z)), and safe.",
    )
    require(
        abs(float(far)) < 1e-6 and abs(float(wrong) - 800) < 1e-3,
        "Two logits of ±800 that are right cost 0, and two that are wrong 800 each; yours cost "
        f"{float(far):.3g} and {float(wrong):.3g}. Cutting probabilities off hides how wrong it "
        "is, and the slope with it; start from the logit instead.",
    )


def _cross_entropy(logits, targets):
    return np.mean(np.logaddexp(0, logits) - targets * logits)


# ---------------------------------------------------------------------------------- 8 · two views

two_views = Exercise(
    "Combine the scores of a detector that learned from labels with those of one that did not: "
    "an alarm of either is an alarm.",
    hints=(
        "A logit and a distance have different units. What do both have in common with percent?",
        "For each detector: which share of the normal validation pictures scores lower?",
        "np.searchsorted(np.sort(normal), scores) counts them. Then take the larger of the two "
        "shares for each picture.",
    ),
    praise="Right. Both speak in one unit, and the one who has seen something is heard.",
)


@two_views.set_solution
def two_views_solution(labelled, free, labelled_normal, free_normal):
    first = np.searchsorted(np.sort(labelled_normal), labelled) / len(labelled_normal)
    second = np.searchsorted(np.sort(free_normal), free) / len(free_normal)
    return np.maximum(first, second)


@two_views.set_check
def two_views_check(answer):
    draw = np.random.default_rng(13)
    normal = draw.normal(-6, 2, size=200), draw.normal(900, 60, size=200)
    middle = np.array([np.median(each) for each in normal])
    high = np.array([each.max() + 10 * each.std() for each in normal])
    low = np.array([np.quantile(each, 0.02) for each in normal])
    labelled = np.array([middle[0], high[0], low[0], high[0], low[0]])
    free = np.array([middle[1], low[1], high[1], high[1], low[1]])
    given = [each.copy() for each in (labelled, free, *normal)]
    got = as_array(answer(*given), shape=(5,), what="the scores")
    names = ("the detector with labels", "the one without labels")
    for row, name in ((1, names[0]), (2, names[1])):
        require(
            got[row] > got[0],
            f"A picture at which {name} raises a loud alarm and the other sees nothing scores no "
            "higher than an ordinary one. An alarm of either is enough: is one drowned by the "
            "larger numbers of the other, or does the quieter one decide?",
        )
    require(got[3] >= max(got[1], got[2]), "Two alarms together score lower than one alone.")
    require(got[0] > got[4], "A picture that both find very ordinary should score lowest.")
    for factor in ((1000, 1), (1, 1000)):
        other = answer(
            factor[0] * labelled, factor[1] * free, factor[0] * normal[0], factor[1] * normal[1]
        )
        other = as_array(other, shape=(5,), what="the scores")
        require(
            np.array_equal(_order(other), _order(got)),
            "The order changes when one detector's scores, the validation ones too, are "
            "multiplied by 1,000. The unit must not decide who is heard: bring both to one scale "
            "by the normal validation scores.",
        )
    alone = [answer(labelled[i : i + 1], free[i : i + 1], *normal) for i in range(5)]
    alone = np.concatenate([as_array(each, shape=(1,), what="a score") for each in alone])
    require(
        same_numbers(alone, got),
        "A picture's score changes with the pictures scored beside it. Compare it with the normal "
        "validation pictures, not with the new ones.",
    )


def _order(scores):
    """Return for each pair of scores which is larger: 1, 0 or −1."""
    gaps = scores[:, None] - scores
    return np.sign(np.round(gaps / max(np.abs(gaps).max(), 1e-12), 6))
