"""Exercises of lesson 13, of scales, one logit and two views."""

from __future__ import annotations

from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    at_the_limits,
    name_the_mistake,
    plain,
    require,
    same_numbers,
    take_apart,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ------------------------------------------------------------------------------- 6 · standardise

standardise = TensorExercise(
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
        results = take_apart(answer(train.copy(), new.copy()), ("train", "new"))
    shapes = train.shape, new.shape
    require(
        [np.shape(plain(each)) for each in results] != [*shapes[::-1]],
        "The two results are in the wrong order: the training pictures come first.",
    )
    pairs = zip(results, shapes, ("train", "new"), strict=True)
    got = [as_array(each, shape=shape, what=what) for each, shape, what in pairs]
    together = np.concatenate([train, new])
    for ddof in (0, 1):
        mean, spread = _constants(train, (0, 2, 3), ddof)
        name_the_mistake(
            got[1],
            (
                (
                    _scaled(new, new, (0, 2, 3), ddof),
                    "The new pictures are brought to mean 0 by a mean of their own, so that the "
                    "darker light in them is gone before any detector can see it. Use the "
                    "training pictures' mean and spread.",
                ),
                (
                    _scaled(new, together, (0, 2, 3), ddof),
                    "The constants come from training and new pictures together. That is a leak, "
                    "and in use the new ones are not there yet: fit on train alone.",
                ),
                (
                    _scaled(new, new, (1, 2, 3), ddof),
                    "Each new picture is brought to mean 0 by itself. That hides a picture that "
                    "is too dark; one mean for each channel, over all training pictures, is asked "
                    "for.",
                ),
                (
                    _scaled(new, train, (0, 1, 2, 3), ddof),
                    "There is one mean for all channels together. Red, green and blue lie on "
                    "different levels: leave axis 1 out of the mean.",
                ),
                (
                    _scaled(new, train, 0, ddof),
                    "Each pixel has a mean of its own (axis 0 alone). A pixel that is always "
                    "paper has no spread; take the mean over the rows and columns too.",
                ),
                (
                    (new - mean) / spread**2,
                    "You divide by the variance; divide by its root.",
                ),
                (new / spread, "You divide by the spread; take the mean off first."),
            ),
        )
    low, high = (f(train, axis=(0, 2, 3), keepdims=True) for f in (np.min, np.max))
    name_the_mistake(
        got[1],
        (
            (new - mean, "The mean is taken off; now divide by the spread as well."),
            (new / 255, "Division by 255 brings pixels to 0 … 1, not to mean 0 and spread 1."),
            (
                (new - low) / (high - low),
                "That brings the smallest and largest training pixel to 0 and 1; mean 0 and "
                "spread 1 are asked for.",
            ),
            (new, "The new pictures come back as they were. They need the same treatment."),
        ),
    )


@standardise.set_inputs(
    also_right=[lambda train, new: tuple(_scaled(x, train, (0, 2, 3), 1) for x in (train, new))]
)
def standardise_inputs(rng):
    for what, channels, n, new_n, side in (
        ("three channels", 3, 5, 4, (4, 5)),
        ("one channel", 1, 6, 3, (3, 3)),
        ("one new picture", 2, 4, 1, (5, 2)),
        ("one training picture", 3, 1, 4, (4, 4)),
        ("as many pictures as channels", 3, 3, 3, (3, 3)),
        ("pictures of one pixel", 2, 7, 5, (1, 1)),
    ):
        level = rng.normal(2, 3, size=(1, channels, 1, 1))
        spread = rng.uniform(0.5, 4, size=(1, channels, 1, 1))
        train = level + spread * rng.exponential(size=(n, channels, *side))
        new = level + spread * rng.normal(1, 3, size=(new_n, channels, *side))
        yield what, (train, new)
    yield "pixels from 0 to 255", (255 * rng.random((4, 3, 5, 4)), 255 * rng.random((2, 3, 5, 4)))
    few = np.round(rng.random((4, 2, 3, 3)))
    yield "pixels of 0 and 1", (few, 1 - few[:2])
    yield "the training pictures as new ones", (train, train.copy())
    yield "float32", tuple(each.astype(np.float32) for each in (train, new))


def _constants(pictures, axes, ddof=0):
    mean = pictures.mean(axis=axes, keepdims=True)
    return mean, pictures.std(axis=axes, keepdims=True, ddof=ddof)


def _scaled(pictures, source, axes, ddof=0):
    mean, spread = _constants(source, axes, ddof)
    return (pictures - mean) / spread


# ---------------------------------------------------------------------------- 7 · one logit loss

one_logit_loss = TensorExercise(
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
    logits, classes = draw.normal(0, 2, size=40), draw.integers(10, size=40)
    for anomaly in (3, 7):
        got = as_array(answer(logits.copy(), classes.copy(), anomaly), what="the loss")
        require(
            got.shape == (),
            f"The loss has the shape {got.shape}; one number, the mean over the pictures, is "
            "asked.",
        )
        _judge_loss(got, logits, classes, anomaly)
    _judge_far_logits(answer)


def _judge_loss(got, logits, classes, anomaly):
    labels = (classes == anomaly).astype(float)
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
            *(
                (
                    _cross_entropy(logits, classes == other),
                    f"With anomaly = {anomaly} the labels are those of class {other}: "
                    "compare the classes with `anomaly`.",
                )
                for other in set(range(10)) - {anomaly}
            ),
            (
                _cross_entropy(logits, classes > 0),
                "Every class but 0 is labelled 1 here. The label is 1 where classes == anomaly.",
            ),
            (
                _cross_entropy(logits, classes >= anomaly),
                "Classes above the anomaly's number are labelled 1 as well. Numbers of classes "
                "are names: ==, not >=.",
            ),
            (
                _cross_entropy(logits, 2 * labels - 1),
                "The labels are −1 and 1 here; this loss wants 0 and 1.",
            ),
            (
                _cross_entropy(p, labels),
                "The sigmoid is taken twice: probabilities went in where logits are expected, so "
                "that no output can come near 0 or 1.",
            ),
            (
                np.zeros(()),
                "A loss of exactly 0, whatever the logits. A softmax over a single logit gives "
                "that, since it is always 1; one logit goes through a sigmoid.",
            ),
            (right * len(logits), "That is the sum over the pictures; the mean is asked for."),
            (right / np.log(2), "That is in bits; the natural logarithm gives nats."),
            (-right, "The sign is turned: the log of a probability is negative, the loss is not."),
            (
                -np.mean(labels * np.log(p)),
                "Only the anomalies are counted. A normal picture costs −log(1 − p).",
            ),
            (
                -np.mean(np.log(p)[labels > 0]),
                "Only the anomalies are counted. A normal picture costs −log(1 − p).",
            ),
            (
                np.mean((p - labels) ** 2),
                "That is the mean squared error of probabilities, not a cross-entropy.",
            ),
        ),
    )
    require(
        same_numbers(got, right),
        f"The loss is {float(got):.4f}; the mean of log(1 + exp(z)) − t·z is {right:.4f}.",
    )


def _judge_far_logits(answer):
    """Ask for the loss of logits whose exponential overflows."""
    logits = np.array([800.0, -800.0])
    far, wrong = (
        at_the_limits(answer, logits.copy(), np.array(classes), 3) for classes in ((3, 5), (5, 3))
    )
    finite = np.isfinite([far, wrong]).all()
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


@one_logit_loss.set_inputs
def one_logit_loss_inputs(rng):
    for what, logits in inputs.vectors(rng):
        anomaly = int(rng.integers(10))
        classes = np.where(
            rng.random(len(logits)) < 0.3, anomaly, rng.integers(10, size=len(logits))
        )
        yield what, (logits, classes, anomaly)
    logits = rng.normal(size=6)
    yield "no anomaly", (logits, np.arange(6), 8)
    yield "anomalies alone", (logits, np.full(6, 9), 9)
    yield "class 0 as the anomaly", (logits, np.array([0, 1, 2, 0, 5, 1]), 0)
    yield "class 1 as the anomaly", (logits, np.array([1, 1, 0, 4, 5, 3]), 1)
    yield "logits beyond ±700", (np.array([900.0, -750.0, 3.0]), np.array([2, 4, 4]), 4)
    yield "float32", (logits.astype(np.float32), np.array([7, 1, 7, 0, 2, 3]), 7)


def _cross_entropy(logits, targets):
    return np.mean(np.logaddexp(0, logits) - targets * logits)


# ---------------------------------------------------------------------------------- 8 · two views

two_views = Exercise(
    "Combine the scores of a detector that learned from labels with those of one that did not: "
    "an alarm of either is an alarm.",
    hints=(
        "A logit and a distance have different units. How far from their mean do normal pictures "
        "score, for either detector?",
        "Take the mean of the normal scores off and divide by their spread: 3 is odd for both.",
        "np.maximum keeps the louder of the two. (The share of normal pictures that score lower "
        "is a scale too, but it is 1 for all pictures beyond the last normal one.)",
    ),
    praise="Right. Both speak in one unit, and the one who has seen something is heard.",
)


@two_views.set_solution
def two_views_solution(labelled, free, labelled_normal, free_normal):
    first = (labelled - labelled_normal.mean()) / labelled_normal.std()
    second = (free - free_normal.mean()) / free_normal.std()
    return np.maximum(first, second)


@two_views.set_check
def two_views_check(answer):
    draw = np.random.default_rng(13)
    logits, distances = draw.normal(-6, 2, size=200), draw.normal(900, 60, size=200)
    _judge_views(answer, logits, distances)
    _judge_views(answer, 1e4 * draw.exponential(size=150), draw.normal(0.4, 0.1, size=150))


# What the pictures of `_judge_views` are: how loud each of the two detectors is.
NAMES = "the detector with labels", "the one without labels"
ORDINARY, FIRST_ALONE, SECOND_ALONE, BOTH, QUIET, A_LITTLE = range(6)


def _judge_views(answer, *normal):
    middle, low, over = (np.quantile(normal, share, axis=1) for share in (0.5, 0.02, 0.7))
    high = np.array([each.max() + 10 * each.std() for each in normal])
    labelled = np.array([middle[0], high[0], low[0], high[0], low[0], over[0]])
    free = np.array([middle[1], low[1], high[1], high[1], low[1], over[1]])

    def scores(labelled, free, units=(1, 1)):
        given = [labelled * units[0], free * units[1], normal[0] * units[0], normal[1] * units[1]]
        return as_array(answer(*given), shape=labelled.shape, what="the scores")

    got = scores(labelled, free)
    alone = [scores(labelled[i : i + 1], free[i : i + 1]) for i in range(len(labelled))]
    require(
        same_numbers(np.concatenate(alone), got),
        "A picture's score changes with the pictures scored beside it, or from call to call. "
        "Compare it with the normal pictures, not with the new ones.",
    )
    require(
        got[ORDINARY] <= got[[FIRST_ALONE, SECOND_ALONE, BOTH]].max(),
        "Pictures with a loud alarm score lower than an ordinary one: the sign is turned. Higher "
        "is more anomalous.",
    )
    require(
        got[BOTH] > got[ORDINARY],
        f"A picture at which both raise a loud alarm scores {got[BOTH]:.4g}, an ordinary one "
        f"{got[ORDINARY]:.4g}. It should score higher. (Scores may lie below 0, and to divide by "
        "a negative number turns their order.)",
    )
    _judge_who_is_heard(scores, got, labelled, free)
    require(
        got[BOTH] >= max(got[FIRST_ALONE], got[SECOND_ALONE]),
        "Two alarms together score lower than one alone.",
    )
    require(
        got[ORDINARY] >= got[QUIET],
        f"A picture that both find calmer than usual scores {got[QUIET]:.4g}, one in the middle "
        f"{got[ORDINARY]:.4g}. A low score of a detector is no alarm.",
    )
    for units in ((1000, 1), (1, 1000)):
        require(
            np.array_equal(_order(scores(labelled, free, units)), _order(got)),
            "The order changes when one detector's scores, the normal ones too, are "
            "multiplied by 1,000. The unit must not decide who is heard: bring both to one scale "
            "by the scores of normal pictures.",
        )
    for number, name in enumerate(NAMES):
        steps = np.linspace(low[number], high[number], 30)
        still = np.full(30, middle[1 - number])
        ladder = scores(*((steps, still) if number == 0 else (still, steps)))
        require(
            (np.diff(ladder) >= -1e-6 * np.ptp(ladder)).all(),
            f"As {name} grows more alarmed, your score falls somewhere on the way. It should "
            "never fall.",
        )
        require(
            len(np.unique(ladder)) > 3,
            f"As {name} grows more alarmed, your score takes {len(np.unique(ladder))} values. A "
            "score ranks pictures by how odd they are; where the alarm begins is decided later.",
        )


def _judge_who_is_heard(scores, got, labelled, free):
    """Refuse scores in which a loud alarm of one detector alone does not stand out."""
    heard = [got[row] > got[ORDINARY] for row in (FIRST_ALONE, SECOND_ALONE)]
    require(
        any(heard),
        "A picture at which one detector raises a loud alarm and the other sees nothing scores "
        "no higher than an ordinary one, whichever of them it is. An alarm of either is enough; "
        "here the quieter one decides.",
    )
    if not all(heard):
        silent = heard.index(False)
        turned = (labelled[::-1], free) if silent == 0 else (labelled, free[::-1])
        units = (1e6, 1) if silent == 0 else (1, 1e6)  # loud enough not to be drowned
        require(
            not same_numbers(scores(*turned, units), scores(labelled, free, units)),
            f"What {NAMES[silent]} says takes no part in your score.",
        )
        raise Misconception(
            f"A picture at which {NAMES[silent]} raises a loud alarm and the other sees nothing "
            "scores no higher than an ordinary one: it is drowned by the larger numbers of the "
            "other. Bring both to one scale by the scores of normal pictures."
        )
    for row, name in ((FIRST_ALONE, NAMES[0]), (SECOND_ALONE, NAMES[1])):
        require(
            got[row] > got[A_LITTLE],
            f"A loud alarm by {name} alone scores {got[row]:.4g}, and a picture that both find a "
            f"little above the middle {got[A_LITTLE]:.4g}. An alarm of either is enough: an "
            "average lets the quiet one talk it down.",
        )


def _order(scores):
    """Return for each pair of scores which is larger: 1, 0 or −1."""
    gaps = scores[:, None] - scores
    return np.sign(np.round(gaps / max(np.abs(gaps).max(), 1e-12), 6))
