"""Exercises of lesson 13: axes, windows, sizes, pooling, scales, one logit, two views."""

from __future__ import annotations

import itertools

from course_utils.exercises.engine import (
    Exercise,
    Misconception,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# ---------------------------------------------------------------------------- 1 · channels first

channels_first = Exercise(
    "Turn pictures (n, h, w, c), as files keep them, into (n, c, h, w), as torch's layers take "
    "them.",
    hints=(
        "The numbers stay what they are; only the order in which the axes are named changes.",
        "np.transpose takes the old axes in their new order; np.moveaxis moves a single one.",
        "Old axis 0 stays first, old axis 3 comes second, then 1 and 2: transpose(0, 3, 1, 2).",
    ),
    praise="Right. Every pixel keeps its row, its column and its colour; only the axes moved.",
)


@channels_first.set_solution
def channels_first_solution(pictures):
    return pictures.transpose(0, 3, 1, 2)


@channels_first.set_check
def channels_first_check(answer):
    for n, h, w, c in ((2, 4, 5, 3), (3, 4, 4, 4)):
        pictures = np.random.default_rng(13).normal(size=(n, h, w, c))
        got = as_array(answer(pictures.copy()), what="the result")
        mistakes = (
            (
                pictures.reshape(n, c, h, w),
                "The shape is right and the pictures are confetti: reshape reads the numbers off "
                "in their old order and cuts them anew. Move the axis, as transpose does.",
            ),
            (
                pictures.transpose(0, 3, 2, 1),
                "Rows and columns changed places too: your pictures lie on their side. Height "
                "comes before width, as before.",
            ),
            (
                pictures.transpose(3, 2, 1, 0),
                "`.T` turns the order of all axes round; the rows of the batch are now last.",
            ),
            (
                pictures.transpose(2, 0, 1, 3),
                "That is the order for a single picture (h, w, c). Here axis 0 counts the "
                "pictures and stays where it is.",
            ),
            (pictures, "Nothing has moved: the channels are still last."),
        )
        name_the_mistake(got, mistakes)
        require(
            got.shape == (n, c, h, w),
            f"Pictures {(n, h, w, c)} become {got.shape}; {(n, c, h, w)} is expected.",
        )
        require(
            same_numbers(got, pictures.transpose(0, 3, 1, 2)),
            "The shape is right, but result[n, c, i, j] is not pictures[n, i, j, c].",
        )


# --------------------------------------------------------------------------------- 2 · correlate

correlate = Exercise(
    "Slide a kernel over a picture: multiply and add wherever it fits, without padding.",
    hints=(
        "How many places are there for a window of 3 rows in a picture of 5? Count the first row.",
        "Loop over i and j; the window is picture[i : i + k, j : j + l].",
        "One number for each place: (window * kernel).sum(). There are h − k + 1 of them in a "
        "column.",
    ),
    praise="Right. This loop, with more channels, is the whole forward pass of a convolution.",
)


@correlate.set_solution
def correlate_solution(picture, kernel):
    k, columns = kernel.shape
    height, width = picture.shape
    result = np.empty((height - k + 1, width - columns + 1))
    for i in range(height - k + 1):
        for j in range(width - columns + 1):
            result[i, j] = (picture[i : i + k, j : j + columns] * kernel).sum()
    return result


@correlate.set_check
def correlate_check(answer):
    draw = np.random.default_rng(13)
    for size, kernel_size in (((6, 7), (3, 3)), ((5, 8), (2, 3)), ((4, 4), (4, 4))):
        picture, kernel = draw.normal(size=size), draw.normal(size=kernel_size)
        given = picture.copy(), kernel.copy()
        got = as_array(answer(*given), what="the result")
        require(
            np.array_equal(given[0], picture) and np.array_equal(given[1], kernel),
            "Your function wrote into the picture or the kernel. Put the sums into a new array.",
        )
        _judge_correlation(got, picture, kernel)


def _judge_correlation(got, picture, kernel):
    right = correlate_solution(picture, kernel)
    turned = kernel[::-1, ::-1]
    flat = np.full(kernel.shape, kernel.mean())
    mistakes = [
        (
            correlate_solution(picture, turned),
            "Your kernel is turned by 180 degrees. That is a convolution as mathematicians mean "
            "it; what networks compute under that name is cross-correlation: nothing is turned.",
        ),
        (correlate_solution(picture, kernel[::-1]), "Your kernel stands on its head."),
        (correlate_solution(picture, kernel[:, ::-1]), "Your kernel is mirrored left to right."),
        (
            right / kernel.size,
            "That is the mean of the products; their sum is asked for.",
        ),
        (
            correlate_solution(picture, flat),
            "The sum of the window is multiplied by the kernel's mean. Each pixel has a weight "
            "of its own: multiply entry by entry first, then add.",
        ),
    ]
    if kernel.shape[0] == kernel.shape[1]:
        mistakes.append(
            (
                correlate_solution(picture, kernel.T),
                "The kernel's rows and columns are exchanged.",
            )
        )
    if right.size > 1:
        mistakes.append(
            (
                right[:-1, :-1],
                f"The last place in each direction is missing: from {picture.shape} a window of "
                f"{kernel.shape} gives {right.shape}. range(h - k) ends one too early; "
                "range(h - k + 1) does not.",
            )
        )
    name_the_mistake(got, mistakes)
    require(
        got.shape != picture.shape or got.shape == right.shape,
        "The result is as large as the picture, so windows hung over its edge. Without padding "
        "there are only the places where the whole kernel fits.",
    )
    require(
        got.shape == right.shape,
        f"A window of {kernel.shape} fits into {picture.shape} at {right.shape} places; your "
        f"result has the shape {got.shape}.",
    )
    require(
        same_numbers(got, right),
        "The shape is right, the numbers are not: entry (i, j) is the sum of "
        "picture[i + u, j + v] · kernel[u, v] over all u and v.",
    )


# ------------------------------------------------------------------------------- 3 · output size

output_size = Exercise(
    "Return how many places there are for a window along one side of a picture, as an integer.",
    hints=(
        "Padding adds p pixels at both ends. Where may the last window start?",
        "Starts are 0, s, 2s, … and none beyond size + 2·padding − kernel.",
        "(size + 2 * padding - kernel) // stride + 1",
    ),
    praise="Right. A window that no longer fits is dropped, and the first one counts too.",
)


@output_size.set_solution
def output_size_solution(size, kernel, padding, stride):
    return (size + 2 * padding - kernel) // stride + 1


@output_size.set_check
def output_size_check(answer):
    cases = list(itertools.product((28, 32, 7, 10), (1, 2, 3, 5), (0, 1, 2), (1, 2, 3)))
    got = [answer(*case) for case in cases]
    require(not any(each is None for each in got), "Your function returned None: no `return`?")
    got = as_array(got, shape=(len(cases),), what="the size")
    whole = np.array([size + 2 * padding - kernel for size, kernel, padding, _ in cases])
    size, kernel, padding, stride = np.array(cases).T
    right = whole // stride + 1
    name_the_mistake(
        got,
        (
            (
                -(-whole // stride) + 1,
                "You rounded up: 28 pixels, a window of 3 and steps of 2 give 14 by that, and "
                "the last window would hang over the edge. What does not fit is dropped: round "
                "down.",
            ),
            (
                (size + padding - kernel) // stride + 1,
                "Padding is counted once; it is added at both ends, left and right.",
            ),
            (
                whole // stride,
                "One is missing: a window exactly as large as the picture fits once, not zero "
                "times. The first place counts too.",
            ),
            (
                whole / stride + 1,
                "A size is a whole number; where the division leaves a rest, the window no longer "
                "fits. Round down with //.",
            ),
            ((whole + 1) // stride, "Divide before you add the one: the one is the first place."),
            (
                size // stride,
                "That holds only where the padding makes up for the kernel. Both take part in it.",
            ),
            (whole + 1, "The stride takes no part in your result: steps of 2 halve the places."),
        ),
    )
    wrong = np.flatnonzero(got != right)
    if len(wrong):
        size, kernel, padding, stride = cases[wrong[0]]
        raise Misconception(
            f"{size} pixels, kernel {kernel}, padding {padding}, stride {stride}: the window fits "
            f"at {right[wrong[0]]} places, not {got[wrong[0]]:g}."
        )


# ---------------------------------------------------------------------------------- 4 · max pool

max_pool = Exercise(
    "Return the largest entry of every window of a picture (h, w).",
    hints=(
        "The places are those of a convolution without padding, `stride` apart.",
        "Window (i, j) is picture[i * stride : i * stride + size, j * stride : …].",
        "Its maximum, window.max(), is the entry (i, j). Nothing is added and nothing taken away.",
    ),
    praise="Right. A maximum over each window: no weights, nothing learned, nothing subtracted.",
)


@max_pool.set_solution
def max_pool_solution(picture, size, stride):
    rows = range(0, picture.shape[0] - size + 1, stride)
    columns = range(0, picture.shape[1] - size + 1, stride)
    windows = [[picture[i : i + size, j : j + size].max() for j in columns] for i in rows]
    return np.array(windows)


@max_pool.set_check
def max_pool_check(answer):
    draw = np.random.default_rng(13)
    for shape, size, stride in (((6, 8), 2, 2), ((7, 9), 3, 2), ((5, 7), 2, 2), ((7, 8), 2, 3)):
        picture = draw.normal(-1, 1, size=shape)
        got = _pooled(answer, picture, size, stride)
        _judge_pooling(got, picture, size, stride)


def _pooled(answer, picture, size, stride):
    try:
        return as_array(answer(picture.copy(), size, stride), what="the result")
    except ValueError as error:
        require(
            "reshape" not in str(error),
            f"Cutting {picture.shape} into blocks failed ({error}). A reshape needs a size that "
            "the window divides, and windows that do not overlap; a loop over places does not.",
        )
        raise


def _judge_pooling(got, picture, size, stride):
    right = max_pool_solution(picture, size, stride)
    where = f"picture {picture.shape}, windows of {size}, stride {stride}"
    rows = range(0, picture.shape[0] - size + 1, stride)
    columns = range(0, picture.shape[1] - size + 1, stride)

    def by(function):
        return [[function(picture[i : i + size, j : j + size]) for j in columns] for i in rows]

    name_the_mistake(
        got,
        (
            (by(np.mean), "Those are the means of the windows (average pooling); take the max."),
            (
                by(lambda window: window.max() - window.min()),
                "You subtract the smallest entry from the largest. Pooling subtracts nothing.",
            ),
            (
                by(lambda window: window.max() - window.mean()),
                "You subtract something from the maximum. Widely copied formulas do; pooling has "
                "no weight, and nothing is subtracted.",
            ),
            (
                by(lambda window: max(window.max(), 0)),
                f"A window with only negative entries gives 0 ({where}). Its largest entry is "
                "negative: do not start the search for it at 0.",
            ),
            (by(np.min), "Those are the smallest entries of the windows."),
            (by(np.sum), "Those are the sums of the windows."),
            (by(lambda window: window[0, 0]), "You keep the first entry of each window."),
        ),
    )
    if stride != size:
        require(
            not same_numbers(got, max_pool_solution(picture, size, size)),
            f"Your windows stand side by side ({where}). The stride says how far apart they "
            f"start: here they {'overlap' if stride < size else 'leave gaps'}.",
        )
        require(
            not same_numbers(got, max_pool_solution(picture, stride, stride)),
            f"Your windows are as wide as the stride ({where}); `size` is how wide they are.",
        )
    if stride != 1:
        require(
            not same_numbers(got, max_pool_solution(picture, size, 1)),
            f"Your windows start at every pixel ({where}); they start `stride` apart.",
        )
    require(
        got.shape == right.shape,
        f"Whole windows fit at {right.shape} places ({where}); your result has the shape "
        f"{got.shape}. A row or column that is left over is dropped.",
    )
    require(
        same_numbers(got, right),
        f"The shape is right, but some entry is not the maximum of its window ({where}).",
    )


# --------------------------------------------------------------------------------- 5 · flat size

flat_size = Exercise(
    "Return how many numbers a picture has become before the linear layer.",
    hints=(
        "Follow one side through a block: the convolution, then the pooling.",
        "Convolution: size + 2·padding − kernel + 1. Pooling: half of it, rounded down.",
        "In the end there are widths[-1] channels of side × side numbers.",
    ),
    praise="Right. Channels times height times width of what the last block gives out.",
)


@flat_size.set_solution
def flat_size_solution(size, widths, kernel, padding):
    for _ in widths:
        size = (size + 2 * padding - kernel + 1) // 2
    return widths[-1] * size * size


@flat_size.set_check
def flat_size_check(answer):
    cases = (
        (32, (32, 64), 3, 1),
        (28, (32, 64), 3, 1),
        (32, (8, 16), 5, 0),
        (40, (4, 8, 12), 3, 0),
        (64, (16,), 3, 1),
    )
    got = [answer(*case) for case in cases]
    require(not any(each is None for each in got), "Your function returned None: no `return`?")
    got = as_array(got, shape=(len(cases),), what="the number")
    right = np.array([flat_size_solution(*case) for case in cases])
    width = np.array([widths[-1] for _, widths, *_ in cases])

    def unpadded(size, widths, poolings=0):
        return widths[-1] * (size // 2 ** (len(widths) + poolings)) ** 2

    name_the_mistake(
        got,
        (
            (
                right // width,
                "That is one channel's side × side. The last block gives out widths[-1] channels, "
                "and the linear layer sees all of them.",
            ),
            (
                right / width * np.array([sum(widths) for _, widths, *_ in cases]),
                "The widths of all blocks are added. Each block replaces the channels of the one "
                "before; only the last width is left.",
            ),
            (
                right / width * np.array([np.prod(widths) for _, widths, *_ in cases]),
                "The widths of all blocks are multiplied. Each block replaces the channels of the "
                "one before; only the last width is left.",
            ),
            (
                [unpadded(size, widths, 1) for size, widths, *_ in cases],
                "That is one pooling too many, the 64 · 4 · 4 of widely copied code: two poolings "
                "take 32 to 16 and 16 to 8.",
            ),
            (
                [widths[-1] * (size // 4 ** len(widths)) ** 2 for size, widths, *_ in cases],
                "You divide each side by 4 for a pooling. A 2 × 2 window halves the side; it is "
                "the area that falls to a quarter.",
            ),
            (
                [unpadded(size, widths) for size, widths, *_ in cases],
                "Right where the padding makes up for the kernel, and not elsewhere: a kernel of "
                "5 without padding takes 32 to 28 before the pooling halves it.",
            ),
            (
                np.sqrt(right / width) * width,
                "That is channels × side; a picture has two sides.",
            ),
        ),
    )
    wrong = np.flatnonzero(got != right)
    if len(wrong):
        size, widths, kernel, padding = cases[wrong[0]]
        raise Misconception(
            f"{size} × {size} pixels through blocks of {widths}, kernel {kernel}, padding "
            f"{padding}, give {right[wrong[0]]:,} numbers, not {got[wrong[0]]:,g}."
        )


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
