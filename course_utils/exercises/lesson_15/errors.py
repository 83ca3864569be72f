"""Exercises of lesson 15 about errors of forecasts: smooth them, and whiten them."""

from __future__ import annotations

from course_utils.exercises.results import plain, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

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
    given = np.array([1.0, 2.0, 3.0, 8.0]), 2
    got, wanted = plain(answer(*given)), trailing_mean_solution(*given)
    require(np.allclose(got, wanted, equal_nan=True), f"{wanted} is expected; you return {got}.")


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
    generator = np.random.default_rng(0)
    errors = generator.normal(size=(500, 3)) @ generator.normal(size=(3, 3))
    white = errors @ plain(answer(errors))
    require(np.allclose(white.T @ white / 500, np.eye(3)), "The second moments are not I.")
