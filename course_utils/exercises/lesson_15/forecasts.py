"""Exercises of lesson 15 about forecasts: an autoregression, and a convolution that is causal."""

from __future__ import annotations

from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
    unlike,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ---------------------------------------------------------------------------- 2 · autoregression

autoregression = TensorExercise(
    "Return the weights (lags + 1,) of the ridge regression that forecasts x[t] from "
    "x[t − lags] … x[t − 1], in the order of time, and from a constant 1, which comes last.",
    hints=(
        "Every t from lags to the end is one target. Its row of inputs is x[t - lags : t], and a "
        "1 behind it.",
        "With inputs A (targets, lags + 1) and targets y the weights w solve "
        "(AᵀA + penalty) w = Aᵀy. The penalty is a diagonal matrix: ridge · (number of targets), "
        "and 0 for the constant.",
        "A = np.array([[*x[t - lags : t], 1] for t in range(lags, len(x))]), y = x[lags:], "
        "np.linalg.solve(A.T @ A + penalty, A.T @ y).",
    ),
    praise="Right: a forecast is a sum of products, and the weights take one line to find.",
)


@autoregression.set_solution
def autoregression_solution(x, lags, ridge):
    windows = np.lib.stride_tricks.sliding_window_view(x, lags)[:-1]  # (targets, lags)
    inputs = np.column_stack([windows, np.ones(len(windows))])  # (targets, lags + 1)
    targets = x[lags:]
    penalty = ridge * len(targets) * np.eye(lags + 1)
    penalty[-1, -1] = 0
    return np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ targets)


@autoregression.set_check
def autoregression_check(answer):
    rng = np.random.default_rng(15)
    x, lags, ridge = _series(rng, 40) + 3, 3, 0.05
    got = as_array(answer(x.copy(), lags, ridge), what="the weights")
    require(
        got.shape != (lags,),
        "There is a weight for each lag, and none for the constant 1, which comes last: without "
        "it every forecast of a series far from 0 is drawn to 0.",
    )
    require(
        got.shape != (len(x) - lags,),
        "Those look like forecasts, one for each target. The weights (lags + 1,) are asked for.",
    )
    got = as_array(got, shape=(lags + 1,), what="the weights")
    right = autoregression_solution(x, lags, ridge)
    if not difference(got, right):
        return
    name_the_mistake(got, _other_weights(x, lags, ridge, right))
    place = int(np.argmax(np.abs(got - right)))
    raise Misconception(
        "These weights are not the regression's: at [{}] you return {}; {} is expected.".format(
            place, *unlike(got[place], right[place])
        )
    )


def _other_weights(x, lags, ridge, right):
    """Yield the weights that known mistakes lead to, and what to say to them."""
    windows = np.lib.stride_tricks.sliding_window_view(x, lags)
    A, y = np.column_stack([windows[:-1], np.ones(len(x) - lags)]), x[lags:]
    n, free = len(y), np.diag([1.0] * lags + [0.0])

    def solved(A, y, penalty):
        return np.linalg.solve(A.T @ A + penalty, A.T @ y)

    newest_first = "The newest row comes first in your weights. In time, x[t − lags] does."
    constant_first = "Your constant comes first; its weight belongs at the end."
    yield np.append(right[-2::-1], right[-1]), newest_first
    yield np.roll(right, 1), constant_first
    yield right[::-1], "The weights are in reverse: oldest row first, and the constant last."
    yield (
        solved(A, y, ridge * n * np.eye(lags + 1)),
        "The constant pays the ridge as well, so that a forecast is drawn to 0 where the series "
        "is far from it. Set that entry of the diagonal to 0.",
    )
    yield (
        solved(A, y, ridge * free),
        "The ridge is not multiplied by the number of targets: with a longer series it would "
        "count less and less.",
    )
    yield (
        solved(A, y, ridge * len(x) * free),
        "The ridge is multiplied by the number of rows. There are `lags` targets fewer: the first "
        "rows have no past.",
    )
    yield (
        solved(A, y, ridge * np.eye(lags + 1)),
        ("The ridge is not multiplied by the number of targets, and the constant pays it, too."),
    )
    yield solved(A, y, 0.0), "The ridge is not used: these are the weights of least squares."
    yield (
        solved(A, y, ridge * n),
        "The ridge was added to every entry of the products; it belongs on the diagonal, but for "
        "the constant's: ridge * n * np.eye(lags + 1), with a 0 at the end.",
    )
    yield (
        solved(A, y, (ridge * n) ** 2 * free),
        "The ridge is squared. ridge · (number of targets) goes on the diagonal as it is.",
    )
    ahead = np.column_stack([windows, np.ones(len(windows))])
    yield (
        solved(ahead, x[lags - 1 :], ridge * len(ahead) * free),
        (
            "The target is among its own inputs: the windows end at t, and x[t] forecasts itself. "
            "They end at t − 1."
        ),
    )
    yield (
        solved(A[:-1], y[1:], ridge * (n - 1) * free),
        ("Your inputs end at t − 2: that forecasts two rows ahead. The newest one is x[t − 1]."),
    )
    yield (
        solved(A[:-1], y[:-1], ridge * (n - 1) * free),
        ("The last target is left out: t goes from lags to len(x) − 1, both included."),
    )
    yield (
        solved(A[1:], y[1:], ridge * (n - 1) * free),
        ("The first target is left out: x[lags] has just enough rows before it."),
    )
    centred = np.column_stack([windows[:-1] - x.mean(), np.ones(n)])
    yield (
        solved(centred, y - x.mean(), ridge * n * free),
        (
            "The mean was subtracted first, and the constant belongs to another series. Leave x "
            "as it is: the constant learns the level."
        ),
    )


@autoregression.set_inputs
def autoregression_inputs(rng):
    yield "the example", (np.array([1.0, 2.0, 1.0, 2.0, 1.0, 2.0]), 1, 0.0)
    yield "a series that remembers", (_series(rng, 50), 3, 0.01)
    yield "a series far from 0", (_series(rng, 40) + 2, 2, 0.1)
    yield "noise, and no ridge", (rng.normal(size=45), 4, 0.0)
    yield "a season", (np.sin(np.arange(48) / 3) + 0.3 * rng.normal(size=48), 6, 0.02)
    yield "one lag", (rng.normal(1, 1, size=12), 1, 0.2)
    yield "more lags than targets", (rng.normal(size=9), 5, 0.1)
    yield "one target", (rng.normal(size=4), 3, 0.3)
    yield "equal numbers", (np.full(10, 1.5), 2, 0.1)
    yield "a strong ridge", (rng.normal(2, 1, size=30), 2, 20.0)
    yield "large numbers", (30 * rng.normal(size=25), 2, 5.0)
    yield "small numbers", (0.1 * rng.normal(size=25), 3, 1e-3)
    yield "skewed numbers", (rng.exponential(size=33) ** 2, 3, 0.05)


def _series(rng, rows):
    """Return a series (rows,) in which each row remembers the one before it."""
    x = rng.normal(size=rows)
    for t in range(1, rows):
        x[t] += 0.7 * x[t - 1]
    return x


# ------------------------------------------------------------------------ 3 · causal convolution

causal_convolution = TensorExercise(
    "Return y[t] = Σ_k kernel[k] · x[t − k · dilation], shape as x, with zeros before the start.",
    hints=(
        "kernel[0] meets the newest row, x[t]; kernel[1] the one `dilation` rows earlier. No row "
        "after t is used.",
        "For one k, the whole series moves: k · dilation zeros come first, and as many rows drop "
        "out at the end.",
        "np.concatenate([np.zeros(k * dilation), x])[: len(x)] is x[t − k · dilation] for all t; "
        "add up kernel[k] times that.",
    ),
    praise="Right. With dilations 1, 2, 4 … a few such layers reach far back, and never ahead.",
)


@causal_convolution.set_solution
def causal_convolution_solution(x, kernel, dilation):
    y = np.zeros(len(x))
    for k, weight in enumerate(kernel):
        earlier = np.concatenate([np.zeros(k * dilation), x])[: len(x)]  # x[t − k · dilation]
        y += weight * earlier
    return y


@causal_convolution.set_check
def causal_convolution_check(answer):
    rng = np.random.default_rng(15)
    x, kernel, dilation = rng.normal(1, 1, size=20), rng.uniform(0.5, 2, size=3), 3
    got = as_array(answer(x.copy(), kernel.copy(), dilation), what="the convolution")
    reach = (len(kernel) - 1) * dilation
    for rows, message in (
        (
            len(x) - reach,
            "The first rows are missing, those with too little past. They count zeros for what "
            "was before the start: y has the length of x.",
        ),
        (
            len(x) + reach,
            "Rows behind the end came back as well: y has the length of x, so cut there.",
        ),
        (
            len(x) - len(kernel) + 1,
            "The first rows are missing, and the dilation is not used. Zeros stand before the "
            "start, and the steps back are k · dilation.",
        ),
        (
            len(x) + len(kernel) - 1,
            "Rows behind the end came back as well, and the dilation is not used: the steps back "
            "are k · dilation.",
        ),
    ):
        require(got.shape != (rows,), message)
    got = as_array(got, shape=x.shape, what="the convolution")
    right = causal_convolution_solution(x, kernel, dilation)
    if not difference(got, right):
        return
    name_the_mistake(got, _other_convolutions(x, kernel, dilation))
    later = x.copy()
    later[12:] += 1.0
    moved = as_array(answer(later, kernel.copy(), dilation), shape=x.shape, what="the convolution")
    require(
        same_numbers(moved[:12], got[:12]),
        "It sees the future: changing x from row 12 on changes y before row 12. Only "
        "x[t − k · dilation], with k from 0 on, may be used.",
    )
    raise Misconception(f"With a kernel of 3 and dilation 3, {difference(got, right)}")


def _other_convolutions(x, kernel, dilation):
    """Yield what known mistakes make of x, and what to say to them."""
    rows, last = len(x), len(kernel) - 1

    def shifted(steps, weights=kernel, padding=0.0, around=False):
        """Return Σ_k weights[k] · x[t − steps[k]], with `padding` outside or x around again."""
        y = np.zeros(rows)
        for step, weight in zip(steps, weights, strict=True):
            source = np.arange(rows) - step
            inside = (source >= 0) & (source < rows)
            values = x[source % rows]
            y += weight * (values if around else np.where(inside, values, padding))
        return y

    back = dilation * np.arange(last + 1)
    for around in (False, True):
        yield (
            shifted(-back, around=around),
            ("It sees the future: x[t + k · dilation] was taken. The minus makes it look back."),
        )
        yield (
            shifted(-back, kernel[::-1], around=around),
            ("It sees the future, x[t + k · dilation], and the kernel is turned round as well."),
        )
    for weights in (kernel, kernel[::-1]):
        yield (
            shifted(back - dilation * last // 2, weights),
            (
                "The kernel is centred: half of it looks ahead. All zeros belong before the "
                "start, as many as the kernel reaches back."
            ),
        )
        yield (
            shifted(np.arange(last + 1) - last // 2, weights),
            ("The kernel is centred, half of it looks ahead, and the dilation is not used."),
        )
    yield (
        shifted(np.arange(last + 1)),
        ("The dilation is not used: the steps back are k · dilation, here 0, 3, 6."),
    )
    yield (
        shifted(np.arange(last + 1), kernel[::-1]),
        ("The dilation is not used, and the kernel is turned round: kernel[0] meets x[t]."),
    )
    yield (
        shifted(back, kernel[::-1]),
        (
            "The kernel is turned round: its last entry meets x[t]. So does a network's layer; in "
            "this formula kernel[0] meets x[t]."
        ),
    )
    yield (
        shifted((dilation + 1) * np.arange(last + 1)),
        ("The steps back are k · (dilation + 1). Dilation 1 is no gap: k · dilation."),
    )
    yield shifted(back + dilation), "k starts from 1 in the steps back: kernel[0] meets x[t]."
    yield (
        shifted(back + 1),
        ("Everything is one row late: kernel[0] meets x[t] itself."),
    )
    for weights in (kernel, kernel[::-1]):
        yield (
            shifted(back, weights, around=True),
            (
                "The start takes rows from the end: an index below 0 counts from there in "
                "Python, and np.roll goes round as well. Zeros stand before the start."
            ),
        )
    yield (
        shifted(back, padding=x[0]),
        ("The first row is repeated before the start. Zeros stand there."),
    )
    whole = np.arange(rows)
    full = np.where(whole >= back[-1], shifted(back), 0.0)
    yield (
        full,
        (
            "Rows whose past is not complete are 0. Each term counts as soon as its row exists; "
            "only what lies before the start is 0."
        ),
    )


@causal_convolution.set_inputs
def causal_convolution_inputs(rng):
    yield "the example", (np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 10.0]), 2)
    for what, rows, size, dilation in (
        ("dilation 1", 15, 3, 1),
        ("dilation 2", 18, 4, 2),
        ("dilation 5", 30, 3, 5),
        ("a kernel of one", 8, 1, 3),
        ("a kernel of two", 12, 2, 4),
        ("a kernel longer than the series", 4, 7, 1),
        ("a dilation longer than the series", 5, 3, 9),
        ("steps just as long as the series", 6, 3, 3),
        ("two rows", 2, 3, 1),
    ):
        yield what, (rng.normal(size=rows), rng.normal(size=size), dilation)
    pulse = np.zeros(16)
    pulse[5] = 1.0
    yield "a single 1 among zeros", (pulse, rng.normal(size=3), 3)
    yield "numbers far from 0", (rng.normal(50, 1, size=20), rng.normal(size=5), 2)
    yield "whole numbers", (rng.integers(-4, 5, size=14), rng.normal(size=3), 2)
    yield "a kernel with a zero", (rng.normal(size=14), np.array([0.0, 1.5, 0.0, -2.0]), 2)
