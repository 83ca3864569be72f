"""Exercises of lesson 15 about errors of forecasts: smooth them, and whiten them."""

from __future__ import annotations

from course_utils.exercises import inputs
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

CLOSE = 0.01  # of a second moment to 1 or 0: n or n − 1 rows, float32, a hair on the diagonal

# ----------------------------------------------------------------------------- 4 · trailing mean

trailing_mean = TensorExercise(
    "Mend the smoothing: the mean of each row's score and those before it, `width` in all, fewer "
    "at the start.",
    hints=(
        'np.convolve(…, mode="same") centres its window. Put a single 1 among zeros: at which '
        "rows does the mean rise?",
        "Row t may use the rows t − width + 1 … t. At the start there are fewer: divide by as "
        "many as there are.",
        "scores[max(t - width + 1, 0) : t + 1].mean() for each t.",
    ),
    praise="Right. To cut the future off changes nothing, so what it finds early was there early.",
)


@trailing_mean.set_solution
def trailing_mean_solution(scores, width):
    starts = [max(t - width + 1, 0) for t in range(len(scores))]
    return np.array([scores[start : t + 1].mean() for t, start in enumerate(starts)])


@trailing_mean.set_check
def trailing_mean_check(answer):
    scores, width = np.random.default_rng(15).gamma(2.0, size=30), 5
    got = as_array(answer(scores.copy(), width), what="the means", finite=False)
    rows = len(scores)
    require(
        got.shape != (rows - width + 1,),
        "Only the rows with `width` scores came back. The first ones have a mean as well, of as "
        "many as there are.",
    )
    require(
        got.shape != (rows + width - 1,),
        "More means than rows came back: the last ones are of scores behind the end.",
    )
    require(
        not (got.shape == (rows,) and np.isnan(got[0])),
        "The first rows are NaN. They have a mean as well, of as many scores as there are: in "
        "pandas, rolling(width, min_periods=1).",
    )
    got = as_array(got, shape=(rows,), what="the means")
    right = trailing_mean_solution(scores, width)
    if not difference(got, right):
        return
    name_the_mistake(got, _other_means(scores, width))
    later = scores.copy()
    later[20:] += 1.0
    moved = as_array(answer(later, width), shape=(rows,), what="the means")
    require(
        same_numbers(moved[:20], got[:20]),
        "It looks ahead: changing scores from row 20 on changes means before row 20, and an event "
        "would seem to be found before it begins.",
    )
    raise Misconception(f"With 30 scores and a width of 5, {difference(got, right)}")


def _other_means(scores, width):
    """Yield what known ways to smooth return, and what to say to them."""
    rows, even = len(scores), np.ones(width) / width

    def over(first, last, mix=np.mean):
        """Return mix(scores[t + first : t + last + 1]), fewer at the ends."""
        return np.array(
            [mix(scores[max(t + first, 0) : max(t + last + 1, 1)]) for t in range(rows)]
        )

    yield (
        np.convolve(scores, even, mode="same"),
        (
            "That is still centred: two of the five scores lie ahead, so that an event is found "
            "before it begins."
        ),
    )
    yield (
        over(-(width // 2), width // 2),
        (
            "The window is centred: two of the five scores lie ahead, so that an event is found "
            "before it begins."
        ),
    )
    yield (
        np.convolve(scores, even)[:rows],
        (
            "At the start you divide by `width`, as if zeros had come before: the first rows look "
            "more normal than they were. Divide by as many scores as there are."
        ),
    )
    for padding in (scores[0], scores.mean(), np.median(scores)):
        before = np.concatenate([np.full(width - 1, padding), scores])
        yield (
            np.convolve(before, even, mode="valid"),
            ("Made-up scores stand before the start. Take the mean of as many as there are."),
        )
    trailing = over(1 - width, 0)
    for made_up in (scores[: width - 1], np.full(width - 1, trailing[width - 1]), np.zeros(4)):
        yield (
            np.concatenate([made_up, trailing[width - 1 :]]),
            ("The first rows have no mean of their own. Take that of as many as there are."),
        )
    yield (
        over(0, width - 1),
        "The window looks ahead: it begins at the row instead of ending there.",
    )
    yield (
        np.convolve(scores[::-1], even)[:rows][::-1],
        ("The window looks ahead: it begins at the row instead of ending there."),
    )
    yield (
        over(-width, -1),
        (
            "The row itself is left out: the window is the `width` rows before it, and an alarm "
            "comes a row late."
        ),
    )
    yield over(-width, 0), "One row too many: `width` in all, and the row itself is one of them."
    yield over(2 - width, 0), "One row too few: `width` in all, and the row itself is one of them."
    yield over(-rows, 0), "That is the mean of all rows so far; `width` of them count."
    for mix, named in (
        (np.sum, "sum"),
        (np.median, "median"),
        (np.max, "largest"),
        (np.min, "least"),
    ):
        yield over(1 - width, 0, mix), f"That is the {named} of the window; the mean is asked for."
    yield np.full(rows, scores.mean()), "That is one mean for all rows. Each row has its own."
    for share in (1 / width, 2 / (width + 1)):
        smooth = scores.copy()
        for t in range(1, rows):
            smooth[t] = share * scores[t] + (1 - share) * smooth[t - 1]
        yield (
            smooth,
            ("That is an exponential mean, which never quite forgets. `width` rows count alike."),
        )


@trailing_mean.set_inputs
def trailing_mean_inputs(rng):
    yield "the example", (np.array([1.0, 2.0, 3.0, 8.0]), 2)
    for what, scores in inputs.vectors(rng):
        for width in (1, 4, 7):
            yield f"{what}, width {width}", (scores, width)
    yield "a width as long as the series", (rng.gamma(2.0, size=9), 9)
    yield "a width longer than the series", (rng.gamma(2.0, size=6), 20)
    yield "a single 1 among zeros", (np.eye(15)[6], 3)
    yield "whole numbers", (rng.integers(0, 9, size=17), 3)


# ------------------------------------------------------------------------------------ 5 · whitener

whitener = TensorExercise(
    "Return a matrix W (channels, channels) by which errors @ W (errors: (rows, channels)) has "
    "the identity as its second moments: every channel 1, every pair 0. No mean is subtracted.",
    hints=(
        "The second moments of the errors are M = errors.T @ errors / rows. Those of errors @ W "
        "are W.T @ M @ W: which W makes that the identity?",
        "Any root of the inverse does: W @ W.T = M⁻¹. Dividing by each channel's own spread "
        "leaves what the channels share.",
        "variances, directions = np.linalg.eigh(M) gives one: directions / np.sqrt(variances). "
        "np.linalg.cholesky(np.linalg.inv(M)) is another.",
    ),
    praise="Right. What channels always do together counts once, and a quiet channel is heard.",
)


@whitener.set_solution
def whitener_solution(errors):
    moments = errors.T @ errors / len(errors)  # (channels, channels)
    variances, directions = np.linalg.eigh(moments)
    return directions / np.sqrt(variances) @ directions.T


@whitener.set_check
def whitener_check(answer):
    rng = np.random.default_rng(15)
    _judge_whitening(answer, "correlated channels", _correlated(rng, 400), name=True)
    for what, errors in _tables(rng):
        _judge_whitening(answer, what, errors)
    biased = _correlated(rng, 400) + np.array([1.0, -0.5, 0.8])
    _judge_whitening(answer, "errors whose mean is not 0", biased)


def _judge_whitening(answer, what, errors, name=False):
    """Refuse a W by which the second moments of errors @ W are not the identity."""
    rows, channels = errors.shape
    W = as_array(answer(errors.copy()), what="W")
    require(
        W.shape != errors.shape or rows == channels,
        "Those look like the errors made white. The matrix W itself is asked for, so that later "
        "rows can be multiplied by it as well.",
    )
    require(
        W.shape != (channels,),
        "One number for each channel came back. Scaling alone leaves channels correlated: W is "
        f"a matrix, {(channels, channels)} here.",
    )
    W = as_array(W, shape=(channels, channels), what="W")
    moments = errors.T @ errors / rows
    found = W.T @ moments @ W
    if not np.allclose(found, np.eye(channels), atol=CLOSE):
        if name:
            name_the_mistake(W, _other_matrices(moments))
        _name_the_moments(W, moments, errors)
        i, j = np.unravel_index(np.argmax(np.abs(found - np.eye(channels))), found.shape)
        raise Misconception(
            f"With {what}, the second moment [{i}, {j}] of errors @ W is {found[i, j]:.4g}; "
            f"{float(i == j):g} is expected."
        )
    again = as_array(answer(errors.copy()), shape=W.shape, what="W")
    require(
        np.allclose(again.T @ moments @ again, np.eye(channels), atol=CLOSE),
        f"With {what}, the second call with the same errors gives a W that does not make them "
        "white. An answer must not depend on earlier calls.",
    )


def _other_matrices(moments):
    """Yield matrices that known mistakes lead to, and what to say to them."""
    variances, directions = np.linalg.eigh(moments)
    spread = np.sqrt(np.diag(moments))
    yield (
        np.diag(1 / spread),
        (
            "Each channel is divided by its own spread, and what channels do together still "
            "counts once for each of them. Use the moments of the pairs as well."
        ),
    )
    yield np.diag(1 / spread**2), "Each channel is divided by its own square; pairs are left out."
    yield moments, "Those are the second moments themselves. W is a root of their inverse."
    yield (
        np.linalg.inv(moments),
        (
            "That is the inverse of the second moments, which turns them round instead of evening "
            "them out. A root of the inverse is asked for: W @ W.T = M⁻¹."
        ),
    )
    yield (
        directions * np.sqrt(variances) @ directions.T,
        (
            "That is a root of the second moments themselves, and large ones grow. Divide by the "
            "roots: a root of the inverse."
        ),
    )
    yield (
        np.linalg.cholesky(moments),
        ("That is a root of the second moments themselves. Invert it, and mind the side."),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        for entries in (1 / np.sqrt(np.abs(moments)), np.sqrt(np.abs(np.linalg.inv(moments)))):
            yield (
                entries,
                (
                    "The root was taken of each entry. A matrix's root is another one: eigh or "
                    "cholesky find it."
                ),
            )


def _name_the_moments(W, moments, errors):
    """Refuse a W by what it does to the second moments."""
    channels = len(W)
    even = np.eye(channels)
    found, turned = W.T @ moments @ W, W @ moments @ W.T
    require(
        not np.allclose(turned, even, atol=CLOSE),
        "W is transposed: it would have to stand on the left, W @ error. In errors @ W each row "
        "meets it from the left, so return W.T.",
    )
    centred = errors - errors.mean(axis=0)
    require(
        not np.allclose(W.T @ (centred.T @ centred / len(errors)) @ W, even, atol=CLOSE),
        "The mean was subtracted first, as np.cov and np.std do. A forecast that is always wrong "
        "by the same amount is wrong: take errors.T @ errors / rows.",
    )
    size = np.diag(found).mean()
    if channels == 1 or not np.diag(found).all():  # a channel of which nothing is left
        return
    require(
        not np.allclose(found, size * even, atol=CLOSE * size),
        f"All second moments are {size:.4g} instead of 1. Are products divided by the number of "
        "rows, and is it a root of the inverse?",
    )
    sizes = np.sqrt(np.diag(found))
    pairs = found / np.outer(sizes, sizes) - even
    require(
        not np.allclose(pairs, 0, atol=CLOSE),
        "The pairs are 0, as they should be, but the channels are not 1: their second moments "
        f"are {', '.join(f'{each:.3g}' for each in np.diag(found))}. Divide each direction by the "
        "root of its variance.",
    )


def _tables(rng):
    """Yield what errors are, and errors (rows, channels)."""
    yield "one channel", rng.normal(0, 3, size=(300, 1))
    yield "two channels", rng.normal(size=(350, 2)) @ np.array([[1.0, 0.9], [0.0, 0.3]])
    quiet = _correlated(rng, 500)
    quiet[:, 1] *= 0.03
    yield "a channel that is nearly constant", quiet
    shared = rng.normal(size=(400, 1))
    yield "channels that do nearly the same", shared + 0.05 * rng.normal(size=(400, 3))
    yield "channels in unlike units", _correlated(rng, 600) * [20.0, 1.0, 0.2]
    yield "six channels", rng.normal(size=(700, 6)) @ (np.eye(6) + 0.4 * rng.normal(size=(6, 6)))
    yield "skewed errors", rng.exponential(size=(400, 2)) ** 2 - 2
    yield "white errors", rng.normal(size=(300, 4))


def _correlated(rng, rows):
    """Return errors (rows, 3) of mean 0, of which every pair is correlated."""
    errors = rng.normal(size=(rows, 3))
    errors = errors @ np.array([[1.0, 0.8, -0.3], [0.0, 0.6, 0.5], [0.0, 0.0, 2.0]])
    return errors - errors.mean(axis=0)
