"""Exercises of lesson 10 on the loss: the divergence, the draw, and both in the negative ELBO."""

from __future__ import annotations

from course_utils.exercises.lesson_10._codes import codes
from course_utils.exercises.results import as_array, name_the_mistake, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# -------------------------------------------------------------------------- 1 · the KL divergence

divergence_to_prior = TensorExercise(
    "Return KL(N(μ, σ²I) ‖ N(0, I)) of each row: ½ Σ (μ² + σ² − 1 − log σ²) over its units.",
    hints=(
        "The second argument is log σ². Its exponential is σ².",
        "One number for each row: sum over the latent axis, dim=1.",
        "0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)",
    ),
    praise="Right. Zero where q is the prior, and above zero everywhere else.",
    slopes=("mean", "log_variance"),
)


@divergence_to_prior.set_solution
def divergence_to_prior_solution(mean, log_variance):
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)


@divergence_to_prior.set_check
def divergence_to_prior_check(answer):
    mean, log_variance = np.random.default_rng(10).normal(size=(2, 6, 3))
    got = as_array(answer(mean.copy(), log_variance.copy()), what="the divergences")
    require(
        got.shape != (),
        "You return one number for the whole batch. Each row has a divergence of its own: sum "
        "over the latent axis, axis=1, alone.",
    )
    require(
        got.shape != (6, 3),
        "You return one number for each latent unit. A row's divergence is their sum, axis=1.",
    )
    require(
        got.shape != (3,),
        "You summed over the rows, axis=0. One number for each row is wanted: axis=1.",
    )
    got = as_array(got, shape=(6,), what="the divergences")
    square, variance, ones = mean**2, np.exp(log_variance), np.ones((6, 3))
    terms = 0.5 * (square + variance - 1 - log_variance)  # (6, 3)
    mistakes = (
        (
            -terms,
            "The sign is turned: a divergence is never negative. The ELBO subtracts it; the "
            "divergence itself is ½ Σ (μ² + σ² − 1 − log σ²).",
        ),
        (
            terms / 3,
            "You took the mean over the latent units. The divergence is their sum: with the mean, "
            "twice as many units would cost the same.",
        ),
        (
            0.5 * (square + log_variance - 1 - np.log(np.abs(log_variance))),
            "The second argument was taken for the variance. It is its logarithm: σ² is "
            "np.exp(log_variance), and log σ² is log_variance as it is.",
        ),
        (
            0.5 * (square + log_variance**2 - 1 - np.log(log_variance**2)),
            "The second argument was taken for σ. It is log σ²: its exponential is σ², and "
            "log σ² is log_variance as it is.",
        ),
        (
            0.5 * (square + variance**2 - 1 - 2 * log_variance),
            "The second argument was taken for log σ, and so everything with it doubled. It is "
            "log σ² already: its exponential is σ².",
        ),
        (
            0.5 * (square + np.sqrt(variance) - 1 - log_variance),
            "np.exp(0.5 * log_variance) is σ. The formula has its square, σ².",
        ),
        (
            0.5 * (square + variance - 1 - log_variance / 2),
            "The last term is log σ. The formula has log σ², which is log_variance as it is.",
        ),
        (
            0.5 * ((1 + square) / variance - 1 + log_variance),
            "That is the divergence the other way round, KL(N(0, I) ‖ N(μ, σ²I)). The two are not "
            "the same; asked for is how far the code's q lies from the prior, with q first.",
        ),
        (2 * terms, "The factor ½ is missing."),
        (
            square + 0.5 * (variance - 1 - log_variance),
            "The ½ stands before the variance's terms only. It halves μ² too.",
        ),
        (
            0.5 * square + (variance - 1 - log_variance),
            "The ½ stands before μ² only. It halves all four terms.",
        ),
        (terms + 0.5, "The −1 is missing: q = N(0, I) should have a divergence of 0."),
        (terms + ones, "The 1 is added. It is subtracted: q = N(0, I) has a divergence of 0."),
        (
            terms + log_variance,
            "log σ² is added where it should be subtracted: as you have it, a small variance "
            "costs nothing.",
        ),
        (
            0.5 * (np.abs(mean) + variance - 1 - log_variance),
            "The mean's size stands in the formula with its square: mean**2.",
        ),
        (
            0.5 * (mean + variance - 1 - log_variance),
            "The mean is not squared: two codes, one left and one right of 0, would differ.",
        ),
        (
            0.5 * (variance - 1 - log_variance),
            "μ² is missing: a code far from 0 would cost nothing.",
        ),
        (0.5 * square, "That is ½ Σ μ²: σ plays no part."),
    )
    name_the_mistake(got, [(each.sum(axis=1), told) for each, told in mistakes])


@divergence_to_prior.set_inputs
def divergence_to_prior_inputs(rng):
    yield from codes(rng)


# ------------------------------------------------------------------------- 2 · reparameterisation

draw_latent = TensorExercise(
    "Mend the draw: standard normal noise ε becomes a draw from N(μ, σ²I), with slopes.",
    hints=(
        "sample() draws noise of its own and forgets where it came from. You are handed noise "
        "that depends on nothing: move it and stretch it.",
        "σ is the root of the variance, and the root of exp(a) is exp(a / 2).",
        "mean + (0.5 * log_variance).exp() * noise",
    ),
    praise="Right. The noise comes from outside, so slopes can pass through μ and σ.",
    slopes=("mean", "log_variance"),
)


@draw_latent.set_solution
def draw_latent_solution(mean, log_variance, noise):
    return mean + (0.5 * log_variance).exp() * noise


@draw_latent.set_check
def draw_latent_check(answer):
    mean, log_variance, noise = np.random.default_rng(11).normal(size=(3, 5, 4))
    got, again = (
        as_array(
            answer(mean.copy(), log_variance.copy(), noise.copy()),
            shape=(5, 4),
            what="the draws",
        )
        for _ in range(2)
    )
    require(
        np.allclose(got, again, rtol=1e-4, atol=1e-6),
        "Two calls with the same noise give two results: you draw noise inside. Use the noise "
        "that is handed in, so that a seed decides and slopes can pass.",
    )
    deviation = np.exp(0.5 * log_variance)
    name_the_mistake(
        got,
        (
            (
                mean + deviation**2 * noise,
                "The noise is multiplied by σ², the variance. A draw spreads by σ: "
                "np.exp(0.5 * log_variance).",
            ),
            (
                mean + log_variance * noise,
                "The noise is multiplied by log σ², which can even be negative. Take "
                "np.exp(0.5 * log_variance).",
            ),
            (
                mean + 0.5 * log_variance * noise,
                "The noise is multiplied by log σ, which can even be negative. Its exponential "
                "is σ.",
            ),
            (
                mean + np.sqrt(np.abs(log_variance)) * noise,
                "You took the root of log σ². First the exponential, then the root.",
            ),
            (
                mean + 0.5 * deviation**2 * noise,
                "You halved σ². Its root is σ: the ½ belongs inside the exponential.",
            ),
            (
                mean + deviation**4 * noise,
                "np.exp(2 * log_variance) is σ⁴. The root halves the logarithm: "
                "np.exp(0.5 * log_variance).",
            ),
            (mean, "That is the mean without any noise: every draw would be the same."),
            (mean + noise, "σ plays no part: every draw spreads by 1."),
            (deviation * noise, "μ is missing: every draw lies around 0."),
            (mean + deviation, "The noise plays no part: σ itself is added."),
            (
                mean + noise / deviation,
                "The noise is divided by σ: a wide code would be drawn narrow. Multiply.",
            ),
            (
                deviation * (mean + noise),
                "σ multiplies the mean as well. Only the noise is stretched: μ + σ ε.",
            ),
            (mean - deviation * noise, "The noise is subtracted. Add it: μ + σ ε."),
        ),
    )


@draw_latent.set_inputs
def draw_latent_inputs(rng):
    for what, (mean, log_variance) in codes(rng):
        yield what, (mean, log_variance, rng.normal(size=mean.shape).astype(mean.dtype))
    yield "no noise", (*rng.normal(size=(2, 3, 2)), np.zeros((3, 2)))
    yield "equal noise", (*rng.normal(size=(2, 4, 2)), np.full((4, 2), 1.5))


# ----------------------------------------------------------------------------------- 3 · the loss

negative_elbo = TensorExercise(
    "Mend the loss: the mean over the rows of (sum of the pixels' nats + β · KL).",
    hints=(
        "A pixel's nats: (x − m)² / (2 s²) + log s + ½ log 2π, with s = exp(log_scale).",
        "Sum over the pixels, axis=1; add beta * divergence; then the mean over the rows.",
        "nats = 0.5 * ((inputs - outputs) / log_scale.exp()) ** 2 + log_scale "
        "+ 0.5 * np.log(2 * np.pi)",
    ),
    praise="Right. Pixels are summed, rows are averaged, and the KL is added.",
    slopes=("outputs", "log_scale", "divergence"),
)


@negative_elbo.set_solution
def negative_elbo_solution(inputs, outputs, log_scale, divergence, beta):
    errors = (inputs - outputs) / log_scale.exp()
    nats = 0.5 * errors**2 + log_scale + 0.5 * np.log(2 * np.pi)
    return (nats.sum(dim=1) + beta * divergence).mean()


@negative_elbo.set_check
def negative_elbo_check(answer):
    generator = np.random.default_rng(12)
    inputs, outputs = generator.normal(size=(2, 7, 5))
    kl, log_scale, beta = generator.uniform(1, 3, size=7), 0.4, 1.7
    got = as_array(answer(inputs.copy(), outputs.copy(), log_scale, kl.copy(), beta))
    require(
        got.shape != (7,),
        "You return one loss for each row. The optimiser wants one number: their mean.",
    )
    require(
        got.shape != (7, 5),
        "You return one number for each pixel. Sum over them, axis=1, and average over the rows.",
    )
    got = as_array(got, shape=(), what="the loss")
    scale, half_log = np.exp(log_scale), 0.5 * np.log(2 * np.pi)
    squared = (inputs - outputs) ** 2
    terms = 0.5 * squared / scale**2, log_scale, half_log
    rows = sum(terms).sum(axis=1)
    _name_the_squared_error(got, squared, kl, beta)

    def loss(*terms):
        return np.mean(sum(terms).sum(axis=1) + beta * kl)

    name_the_mistake(
        got,
        (
            (
                np.mean(rows / 5 + beta * kl),
                "You took the mean over the pixels. log p(x|z) is their sum; with the mean the KL "
                "weighs as many times more as there are pixels, and the code collapses.",
            ),
            (
                np.mean(rows - beta * kl),
                "The KL is subtracted. The ELBO subtracts it, but the loss is the ELBO with its "
                "sign turned: nats plus β · KL.",
            ),
            (
                -np.mean(rows + beta * kl),
                "That is the ELBO, which should grow. An optimiser makes its loss smaller: turn "
                "the sign.",
            ),
            (
                np.sum(rows + beta * kl),
                "You summed over the rows: a larger batch would take larger steps. Pixels are "
                "summed, rows are averaged.",
            ),
            (
                np.mean(rows) + beta * kl.sum(),
                "The KL is summed over the rows, while the nats are averaged: the larger the "
                "batch, the more the KL would weigh. Average both.",
            ),
            (np.mean(rows + kl), "β plays no part. It multiplies the KL."),
            (np.mean(rows + kl / beta), "The KL is divided by β. It is multiplied."),
            (np.mean(rows), "The KL plays no part."),
            (
                beta * np.mean(rows + kl),
                "β multiplies the nats too. It stands before the KL alone.",
            ),
            (
                np.mean(beta * rows + kl),
                "β multiplies the nats. It stands before the KL, not before them.",
            ),
            (
                loss(terms[0], half_log),
                "log s is missing. Without it the network could make s as large as it likes and "
                "every error small.",
            ),
            (
                loss(terms[0] + log_scale / 5, half_log),
                "log s is counted once for each row. Each pixel has a density of its own, and "
                "so its own log s: add it before you sum.",
            ),
            (
                loss(terms[0], log_scale, half_log / 5),
                "½ log 2π is counted once for each row. Each pixel has its own: add it before "
                "you sum.",
            ),
            (
                loss(terms[0], log_scale / 5, half_log / 5),
                "log s + ½ log 2π is counted once for each row. Each pixel has a density of its "
                "own: add it before you sum.",
            ),
            (
                loss(terms[0], log_scale),
                "½ log 2π for each pixel is missing. It moves no slope, but without it the number "
                "is no probability.",
            ),
            (
                loss(terms[0], log_scale, 2 * half_log),
                "log 2π counts half for each pixel: the density has the root of 2π.",
            ),
            (
                loss(2 * terms[0], log_scale, half_log),
                "The ½ before the squared error is missing.",
            ),
            (
                loss(0.5 * squared / scale, log_scale, half_log),
                "The squared error is divided by s. Divide by s².",
            ),
            (
                loss(0.5 * squared / log_scale**2, np.log(log_scale), half_log),
                "log_scale was taken for s. It is log s, which may be negative: s is "
                "np.exp(log_scale), and the term log s is log_scale as it is.",
            ),
            (
                loss(0.5 * squared / log_scale**2, log_scale, half_log),
                "The error is divided by log s, which may be 0 or negative. Divide by s = "
                "np.exp(log_scale).",
            ),
            (
                loss(terms[0], np.log(log_scale), half_log),
                "The logarithm was taken twice: log s is log_scale as it is.",
            ),
            (
                loss(terms[0], scale, half_log),
                "s itself is added. The term is log s, which is log_scale as it is.",
            ),
            (
                loss(0.5 * squared / scale, log_scale / 2, half_log),
                "log_scale was taken for log s². It is log s: s² is np.exp(2 * log_scale).",
            ),
        ),
    )


def _name_the_squared_error(got, squared, kl, beta) -> None:
    """Refuse the squared error in the place of the nats, as many tutorials write it."""
    for name, errors in (
        ("mean squared error over all pixels", squared.mean()),
        ("sum of the squared errors over all pixels", squared.sum(axis=1).mean()),
        ("sum of the squared errors over the whole batch", squared.sum()),
    ):
        for factor in (1, 0.5):
            for divergence in (kl.mean(), kl.sum()):
                what = f"half the {name}" if factor < 1 else f"the {name}"
                require(
                    abs(got - (factor * errors + beta * divergence)) > 1e-4 * abs(got),
                    f"That is {what} plus β · KL, as many write it. It is no log-density: without "
                    "s the two parts have no common unit, and β has to guess what the spread s "
                    "would say. A pixel's nats are (x − m)² / (2 s²) + log s + ½ log 2π.",
                )


@negative_elbo.set_inputs
def negative_elbo_inputs(rng):
    def batch(rows, pixels, spread=1.0):
        inputs, noise = rng.normal(size=(2, rows, pixels))
        return inputs, inputs + spread * noise

    for what, pair, log_scale, beta in (
        ("random pictures", batch(6, 4), -0.7, 1.0),
        ("another s and β", batch(5, 3), 0.6, 0.3),
        ("s = 1", batch(3, 5), 0.0, 2.0),
        ("β = 0", batch(4, 6), -0.3, 0.0),
        ("a large β", batch(4, 3), 0.2, 150.0),
        ("one row", batch(1, 5), -0.5, 1.0),
        ("one pixel", batch(7, 1), 0.8, 1.3),
        ("as many rows as pixels", batch(4, 4), -0.2, 0.7),
        ("close copies and a small s", batch(5, 6, 0.05), -3.0, 1.0),
        ("copies that are perfect", batch(4, 3, 0.0), -0.9, 1.0),
        ("far copies", batch(6, 3, 20.0), 1.5, 5.0),
        ("pictures in float32", [each.astype(np.float32) for each in batch(8, 4)], -0.4, 0.5),
    ):
        divergence = rng.exponential(2.0, size=len(pair[0])).astype(pair[0].dtype)
        yield what, (*pair, log_scale, divergence, beta)
    yield "no divergence", (*batch(4, 3), -0.6, np.zeros(4), 3.0)
