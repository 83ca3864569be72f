"""Exercises of lesson 13, of axes, windows, sizes and pooling."""

from __future__ import annotations

import itertools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
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
            (
                pictures.transpose(0, 2, 3, 1),
                "Axis 1 went to the end: that is the way back, from torch's order to the files'. "
                "Here the channels are last and come second.",
            ),
            (
                pictures.transpose(0, 3, 1, 2) / 255,
                "The axes are right, and the numbers are divided by 255. They stay what they are.",
            ),
            (pictures, "Nothing has moved: the channels are still last."),
        )
        name_the_mistake(got, mistakes)
        require(
            got.shape == (n, c, h, w),
            f"Pictures {(n, h, w, c)} become {got.shape}; {(n, c, h, w)} is expected.",
        )
        right = pictures.transpose(0, 3, 1, 2)
        require(
            same_numbers(got, right),
            "The shape is right, but result[n, c, i, j] is not pictures[n, i, j, c]: "
            f"{difference(got, right)}",
        )


@channels_first.set_inputs
def channels_first_inputs(rng):
    for what, shape in (
        ("a batch of colour pictures", (3, 4, 5, 3)),
        ("one picture", (1, 5, 2, 3)),
        ("one channel", (4, 3, 6, 1)),
        ("sides that are all alike", (3, 3, 3, 3)),
        ("tall pictures", (2, 7, 1, 4)),
        ("one pixel", (1, 1, 1, 2)),
    ):
        yield what, (rng.normal(size=shape),)
    yield "whole numbers", (rng.integers(0, 256, size=(2, 3, 4, 3)).astype(np.uint8),)
    yield "float32", (rng.random((2, 5, 4, 2)).astype(np.float32),)


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
    result = np.zeros((height - k + 1, width - columns + 1))
    for i in range(height - k + 1):
        for j in range(width - columns + 1):
            result[i, j] = (picture[i : i + k, j : j + columns] * kernel).sum()
    return result


@correlate.set_check
def correlate_check(answer):
    draw = np.random.default_rng(13)
    for size, kernel_size in (((6, 7), (3, 3)), ((5, 8), (2, 3)), ((4, 4), (4, 4))):
        picture, kernel = draw.normal(size=size), draw.normal(size=kernel_size)
        got = as_array(answer(picture.copy(), kernel.copy()), what="the result")
        _judge_correlation(got, picture, kernel)


@correlate.set_inputs
def correlate_inputs(rng):
    for what, size, kernel_size in (
        ("a square kernel", (6, 5), (3, 3)),
        ("a flat kernel", (4, 7), (1, 3)),
        ("a narrow kernel", (6, 4), (4, 1)),
        ("a kernel of even sides", (5, 6), (2, 4)),
        ("a kernel of one number", (3, 4), (1, 1)),
        ("a kernel as large as the picture", (3, 4), (3, 4)),
        ("one row", (1, 6), (1, 2)),
    ):
        yield what, (rng.normal(size=size), rng.normal(size=kernel_size))
    whole = rng.integers(-3, 4, size=(5, 6)), rng.integers(-2, 3, size=(2, 2))
    yield "whole numbers", whole
    yield "ties", (np.round(rng.random((6, 6))), np.ones((3, 2)))
    yield "huge numbers", (1e6 * rng.normal(size=(5, 5)), rng.exponential(size=(2, 3)))
    yield "tiny numbers", (1e-6 * rng.normal(size=(5, 5)), rng.exponential(size=(2, 3)))
    yield "float32", tuple(rng.normal(size=n).astype(np.float32) for n in ((5, 4), (2, 2)))


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
    if right[:: kernel.shape[0], :: kernel.shape[1]].shape != right.shape:
        mistakes.append(
            (
                right[:: kernel.shape[0], :: kernel.shape[1]],
                "Your windows stand side by side. The kernel moves on by one pixel at a time.",
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
        f"picture[i + u, j + v] · kernel[u, v] over all u and v: {difference(got, right)}",
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


@output_size.set_inputs
def output_size_inputs(rng):
    yield "a window as large as the side", (7, 7, 0, 1)
    yield "a window as large as the padded side", (5, 9, 2, 3)
    yield "one pixel", (1, 1, 0, 1)
    yield "steps beyond the side", (6, 3, 0, 10)
    yield "a large picture", (1024, 7, 3, 2)
    for _ in range(20):
        padding, stride = int(rng.integers(0, 5)), int(rng.integers(1, 7))
        size = int(rng.integers(1, 50))
        kernel = int(rng.integers(1, min(size + 2 * padding, 12) + 1))
        yield "these sizes", (size, kernel, padding, stride)


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
                "You subtract the mean from the maximum. Pooling has no weight, and nothing is "
                "subtracted.",
            ),
            (
                by(lambda window: max(window.max(), 0)),
                f"A window with only negative entries gives 0 ({where}). Its largest entry is "
                "negative: do not start the search for it at 0.",
            ),
            (by(np.min), "Those are the smallest entries of the windows."),
            (by(np.sum), "Those are the sums of the windows."),
            (by(lambda window: window[0, 0]), "You keep the first entry of each window."),
            (
                by(lambda window: np.abs(window).max()),
                f"You take the size of the entries ({where}). A negative entry is a quiet one, "
                "however large it is.",
            ),
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
        f"The shape is right, but some entry is not the maximum of its window ({where}): "
        f"{difference(got, right)}",
    )


@max_pool.set_inputs
def max_pool_inputs(rng):
    for what, shape, size, stride in (
        ("windows side by side", (6, 4), 2, 2),
        ("windows that overlap", (6, 7), 3, 1),
        ("gaps between the windows", (8, 9), 2, 3),
        ("rows and columns left over", (7, 8), 3, 2),
        ("windows of one pixel", (3, 5), 1, 2),
        ("one window", (4, 4), 4, 1),
        ("steps beyond the picture", (5, 6), 3, 9),
        ("one row", (1, 5), 1, 1),
        ("one column of windows", (9, 3), 3, 2),
    ):
        yield what, (rng.normal(size=shape), size, stride)
    yield "negative entries", (-rng.exponential(size=(5, 6)), 2, 1)
    yield "ties", (np.round(rng.normal(size=(6, 6))), 2, 2)
    yield "whole numbers", (rng.integers(-9, 9, size=(5, 7)), 3, 2)
    yield "huge numbers", (1e7 * rng.normal(size=(5, 5)), 2, 2)
    yield "float32", (rng.random((6, 5)).astype(np.float32), 2, 1)


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

    def by_block(block):
        """Return the numbers left where a block makes of a side block(side, kernel, padding)."""
        results = []
        for side, widths, kernel, padding in cases:
            for _ in widths:
                side = block(side, kernel, padding)
            results.append(widths[-1] * max(side, 0) ** 2)
        return results

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
                "That is one pooling too many, the 64 · 4 · 4 of the error above: two poolings "
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
            (
                by_block(lambda side, kernel, padding: side + 2 * padding - kernel + 1),
                "The poolings are missing: each halves the side.",
            ),
            (
                by_block(lambda side, kernel, padding: (side + padding - kernel + 1) // 2),
                "Padding is counted once; it is added at both ends of a side.",
            ),
            (
                by_block(lambda side, kernel, padding: (side + 2 * padding - kernel) // 2),
                "The one is missing: a convolution makes size + 2·padding − kernel + 1 of a side.",
            ),
            (
                by_block(lambda side, kernel, padding: (side + 2 * padding - kernel + 2) // 2),
                "An odd side is rounded up. Pooling drops the row that is left over: round down.",
            ),
            (
                by_block(lambda side, kernel, padding: (side + 2 * padding - kernel + 1) / 2),
                "A side is a whole number of pixels. Pooling drops the row that is left over: //.",
            ),
            (
                by_block(lambda side, kernel, padding: side // 2 + 2 * padding - kernel + 1),
                "Pooling came before the convolution. In a block the convolution is first.",
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


@flat_size.set_inputs
def flat_size_inputs(rng):
    yield "one block", (9, (5,), 3, 1)
    yield "a list of widths", (20, [3, 6], 3, 0)
    yield "widths that shrink", (32, (64, 16, 4), 3, 1)
    yield "equal widths", (17, (6, 6), 2, 1)
    yield "a kernel of one pixel", (10, (2, 3), 1, 0)
    yield "one number", (2, (1,), 1, 0)
    for _ in range(12):
        blocks, padding = int(rng.integers(1, 4)), int(rng.integers(0, 3))
        kernel, side = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        for _ in range(blocks):  # back from the last block, so that pixels are left
            side = 2 * side + int(rng.integers(2)) + kernel - 1 - 2 * padding
            side = max(side, kernel)
        yield "these sizes", (side, tuple(map(int, rng.integers(1, 20, blocks))), kernel, padding)
