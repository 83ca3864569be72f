"""The exercise of lesson 09 about noise: what a denoiser without a network can do."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np

ALLOWED = 1.1  # times the error of a straight line for each pixel

denoise = Exercise(
    "Return a guess (m, d) of the clean pictures behind the noisy ones in new, without a network.",
    hints=(
        "A pixel that never changes can be told without looking. One that changes a lot, compared "
        "with the noise, is better believed. How much of a noisy pixel would you believe?",
        "Take each pixel alone, and look for the straight line that leads from its noisy values "
        "to its clean ones on the training pictures.",
        "The slope is the mean of (noisy − its mean)·(clean − its mean) over the mean of (noisy − "
        "its mean)², for each pixel over the rows; the line passes through both means.",
    ),
    praise="Right: better than one mean picture for all, and no network in sight. Whoever trains "
    "one has to beat this first.",
)


@denoise.set_solution
def denoise_solution(clean, noisy, new):
    away = noisy - noisy.mean(axis=0)
    together = (away * (clean - clean.mean(axis=0))).mean(axis=0)
    slope = together / ((away**2).mean(axis=0) + 1e-12)
    return clean.mean(axis=0) + slope * (new - noisy.mean(axis=0))


def _pictures(rng, strength):
    """Return clean and noisy pictures of 36 pixels: 400 to learn from, 200 to judge on."""
    kinds = (rng.random((4, 36)) < 0.4).astype(float)
    kinds[:, :6] = 0  # never any ink
    clean = kinds[rng.integers(4, size=600)] * rng.uniform(0.4, 1, size=(600, 1))
    noisy = clean + strength * rng.normal(size=clean.shape)
    return clean[:400], noisy[:400], clean[400:], noisy[400:]


@denoise.set_check
def denoise_check(answer):
    for seed, strength in enumerate((0.3, 0.5, 0.7)):
        clean, noisy, wanted, new = _pictures(np.random.default_rng(seed), strength)

        def guess(rows, clean=clean, noisy=noisy):
            result = answer(clean.copy(), noisy.copy(), rows.copy())
            return as_array(result, shape=rows.shape, what="the guesses")

        got = guess(new)
        for rows in (new[:1], new[::-1]):
            require(
                np.allclose(guess(rows), got[:1] if len(rows) == 1 else got[::-1], atol=1e-3),
                "A picture's guess changes with the pictures beside it, or from call to call. In "
                "service they come one at a time: learn from clean and noisy, and apply it to "
                "each row of new alone.",
            )
        _judge_error(got, clean, wanted, new, denoise_solution(clean, noisy, new))


def _judge_error(got, clean, wanted, new, lines):
    """Refuse guesses that a straight line for each pixel beats by more than a tenth."""
    mean = clean.mean(axis=0)
    error, of_mean, of_lines = (((each - wanted) ** 2).mean() for each in (got, mean, lines))
    require(
        not np.allclose(got, new, atol=0.05),
        "You hand the noisy picture through, with all its noise.",
    )
    require(
        not np.allclose(got, mean, atol=0.02),
        "That is one mean picture for all: the bar. What the noisy picture says is not used yet.",
    )
    require(
        got.std(axis=0).max() > 1e-6,
        "All pictures get the same guess. What the noisy picture says is not used yet.",
    )
    require(
        error <= ALLOWED * of_lines,
        f"Your mean squared error on pictures held back is {error:.4f}. One mean picture for all "
        f"has {of_mean:.4f}, a straight line for each pixel {of_lines:.4f}; "
        f"{ALLOWED * of_lines:.4f} would pass.",
    )
