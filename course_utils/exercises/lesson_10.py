"""Exercises of lesson 10: the divergence, the draw, the loss, collapse, and a score."""

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, name_the_mistake, require, same_numbers

import numpy as np

# -------------------------------------------------------------------------- 1 · the KL divergence

divergence_to_prior = Exercise(
    "Return KL(N(μ, σ²I) ‖ N(0, I)) of each row: ½ Σ (μ² + σ² − 1 − log σ²) over its units.",
    hints=(
        "The second argument is log σ². Its exponential is σ².",
        "One number for each row: sum over axis=1.",
        "0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)",
    ),
    praise="Right. Zero where q is the prior, and above zero everywhere else.",
)


@divergence_to_prior.set_solution
def divergence_to_prior_solution(mean, log_variance):
    return 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1)


@divergence_to_prior.set_check
def divergence_to_prior_check(answer):
    generator = np.random.default_rng(10)
    mean, log_variance = generator.normal(size=(2, 6, 3))
    raw = answer(mean.copy(), log_variance.copy())
    terms = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)  # (6, 3)
    require(
        np.shape(raw) != () or raw is None,
        "You return one number for the whole batch. Each row has a divergence of its own: sum "
        "over the latent axis, axis=1, alone.",
    )
    require(
        np.shape(raw) != (6, 3),
        "You return one number for each latent unit. A row's divergence is their sum, axis=1.",
    )
    require(
        np.shape(raw) != (3,),
        "You summed over the rows, axis=0. One number for each row is wanted: axis=1.",
    )
    got, right = as_array(raw, shape=(6,)), terms.sum(axis=1)
    if same_numbers(got, right):
        return
    slipped = {
        "log": 0.5 * (mean**2 + log_variance - 1 - np.log(np.abs(log_variance))),
        "deviation": 0.5 * (mean**2 + np.exp(0.5 * log_variance) - 1 - log_variance),
        "half": 2 * terms,
        "one": terms + 0.5,
        "signs": 0.5 * (mean**2 + np.exp(log_variance) - 1 + log_variance),
    }
    slipped = {name: each.sum(axis=1) for name, each in slipped.items()}
    name_the_mistake(
        got,
        (
            (
                -right,
                "The sign is turned: a divergence is never negative. The ELBO subtracts it; the "
                "divergence itself is ½ Σ (μ² + σ² − 1 − log σ²).",
            ),
            (
                terms.mean(axis=1),
                "You took the mean over the latent units. The divergence is their sum: with the "
                "mean, twice as many units would cost the same.",
            ),
            (
                slipped["log"],
                "The second argument was taken for the variance. It is its logarithm: σ² is "
                "np.exp(log_variance), and log σ² is log_variance as it is.",
            ),
            (
                slipped["deviation"],
                "np.exp(0.5 * log_variance) is σ. The formula has its square, σ².",
            ),
            (slipped["half"], "The factor ½ is missing."),
            (slipped["one"], "The −1 is missing: q = N(0, I) should have a divergence of 0."),
            (
                slipped["signs"],
                "log σ² is subtracted. As you have it, a small variance costs nothing.",
            ),
        ),
    )
    require(False, f"You return {np.round(got, 3)}; {np.round(right, 3)} is expected.")


# ------------------------------------------------------------------------- 2 · reparameterisation

draw_latent = Exercise(
    "Turn standard normal noise ε into a draw from N(μ, σ²I): return μ + σ ε.",
    hints=(
        "σ is the root of the variance, and the root of exp(a) is exp(a / 2).",
        "mean + np.exp(0.5 * log_variance) * noise",
    ),
    praise="Right. The noise comes from outside, so slopes can pass through μ and σ.",
)


@draw_latent.set_solution
def draw_latent_solution(mean, log_variance, noise):
    return mean + np.exp(0.5 * log_variance) * noise


@draw_latent.set_check
def draw_latent_check(answer):
    generator = np.random.default_rng(11)
    mean, log_variance, noise = generator.normal(size=(3, 5, 4))
    given = [each.copy() for each in (mean, log_variance, noise)]
    got = as_array(answer(*given), shape=(5, 4))
    deviation = np.exp(0.5 * log_variance)
    if same_numbers(got, mean + deviation * noise):
        return
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
                mean + np.sqrt(np.abs(log_variance)) * noise,
                "You took the root of log σ². First the exponential, then the root.",
            ),
            (mean, "That is the mean without any noise: every draw would be the same."),
            (
                deviation * (mean + noise),
                "σ multiplies the mean as well. Only the noise is stretched: μ + σ ε.",
            ),
            (mean - deviation * noise, "The noise is subtracted. Add it: μ + σ ε."),
        ),
    )
    again = as_array(answer(*given), shape=(5, 4))
    require(
        same_numbers(got, again),
        "Two calls with the same noise give two results: you draw noise inside. Use the noise "
        "that is handed in, so that a seed decides and slopes can pass.",
    )
    require(False, "μ + σ ε is expected, entry by entry.")


# ----------------------------------------------------------------------------------- 3 · the loss

negative_elbo = Exercise(
    "Return the loss of a batch: the mean over the rows of (sum of the pixels' nats + β · KL).",
    hints=(
        "A pixel's nats: (x − m)² / (2 s²) + log s + ½ log 2π, with s = exp(log_scale).",
        "Sum over the pixels, axis=1; add beta * divergence; then the mean over the rows.",
        "nats = 0.5 * ((inputs - outputs) / np.exp(log_scale)) ** 2 + log_scale "
        "+ 0.5 * np.log(2 * np.pi)",
    ),
    praise="Right. Pixels are summed, rows are averaged, and the KL is added.",
)


@negative_elbo.set_solution
def negative_elbo_solution(inputs, outputs, log_scale, divergence, beta):
    errors = (inputs - outputs) / np.exp(log_scale)
    nats = 0.5 * errors**2 + log_scale + 0.5 * np.log(2 * np.pi)
    return np.mean(nats.sum(axis=1) + beta * divergence)


@negative_elbo.set_check
def negative_elbo_check(answer):
    generator = np.random.default_rng(12)
    inputs, outputs = generator.normal(size=(2, 7, 5))
    kl, log_scale, beta = generator.uniform(1, 3, size=7), -0.4, 1.7
    raw = answer(inputs.copy(), outputs.copy(), log_scale, kl.copy(), beta)
    require(
        np.shape(raw) != (7,),
        "You return one loss for each row. The optimiser wants one number: their mean.",
    )
    got = as_array(raw, shape=())
    scale, half_log = np.exp(log_scale), 0.5 * np.log(2 * np.pi)
    squares = 0.5 * ((inputs - outputs) / scale) ** 2
    nats = squares + log_scale + half_log
    right = np.mean(nats.sum(axis=1) + beta * kl)
    if same_numbers(got, right):
        return
    name_the_mistake(
        got,
        (
            (
                np.mean(nats.mean(axis=1) + beta * kl),
                "You took the mean over the pixels. log p(x|z) is their sum; with the mean the KL "
                "weighs as many times more as there are pixels, and the code collapses.",
            ),
            (
                np.mean(nats.sum(axis=1) - beta * kl),
                "The KL is subtracted. The ELBO subtracts it, but the loss is the ELBO with its "
                "sign turned: nats plus β · KL.",
            ),
            (
                -right,
                "That is the ELBO, which should grow. An optimiser makes its loss smaller: turn "
                "the sign.",
            ),
            (
                np.sum(nats.sum(axis=1) + beta * kl),
                "You summed over the rows: a larger batch would take larger steps. Pixels are "
                "summed, rows are averaged.",
            ),
            (
                np.mean(nats.sum(axis=1) + kl),
                "β plays no part. It multiplies the KL.",
            ),
            (
                np.mean((squares + half_log).sum(axis=1) + beta * kl),
                "log s is missing. Without it the network could make s as large as it likes and "
                "every error small.",
            ),
            (
                np.mean((squares + log_scale).sum(axis=1) + beta * kl),
                "½ log 2π for each pixel is missing. It moves no slope, but without it the number "
                "is no probability.",
            ),
            (
                np.mean((2 * squares + log_scale + half_log).sum(axis=1) + beta * kl),
                "The ½ before the squared error is missing.",
            ),
            (
                np.mean(
                    (0.5 * (inputs - outputs) ** 2 / scale + log_scale + half_log).sum(axis=1)
                    + beta * kl
                ),
                "The squared error is divided by s. Divide by s².",
            ),
        ),
    )
    require(False, f"You return {float(got):.3f}; {right:.3f} is expected.")


# --------------------------------------------------------------------------------- 4 · live units

active_units = Exercise(
    "Count the latent units whose KL, averaged over the rows, is above `least` nats.",
    hints=(
        "Leave the latent axis: ½ (μ² + σ² − 1 − log σ²) has shape (rows, units).",
        "Average over the rows, axis=0; then count those above `least`.",
    ),
    praise="Right. A unit with no KL says the same about every row: it has collapsed.",
)


@active_units.set_solution
def active_units_solution(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)  # (rows, units)
    return int(np.sum(each.mean(axis=0) > least))


@active_units.set_check
def active_units_check(answer):
    generator = np.random.default_rng(13)
    mean = generator.normal(size=(40, 6)) * np.array([2.0, 0.0, 1.5, 0.0, 0.1, 1.0])
    mean -= mean.mean(axis=0)
    log_variance = np.full((40, 6), -2.0)
    log_variance[:, [1, 3, 4]] = 0.0
    mean[0, 3] = 1.2  # one row alone makes no living unit
    log_variance[:, 1] = -0.05
    raw = answer(mean.copy(), log_variance.copy(), 0.05)
    require(
        np.shape(raw) != (6,),
        "You return one entry for each unit. Count those that are above `least`.",
    )
    got = int(as_array(raw, shape=()))
    require(
        got != 4,
        "You find 4, where 3 live. Does one row alone make a unit count, or does the mean's "
        "square count without being averaged? Average over the rows before you compare.",
    )
    require(
        got <= 6,
        f"You count {got} of 6 units: these are rows. Average over the rows, axis=0, first.",
    )
    require(
        got != 6,
        "All 6 count for you. A unit with μ near 0 and σ near 1 has collapsed, whatever its "
        "noise: compare its KL with `least`, not its variance.",
    )
    require(
        got != 0,
        "None counts for you. Is the sign of the KL turned, or the mean over the rows of μ taken "
        "before it is squared?",
    )
    require(got == 3, f"You count {got} living units; 3 are expected here.")
    bare = np.zeros((4, 2)), np.log(np.full((4, 2), 0.01))
    require(
        int(as_array(answer(*bare, 0.05), shape=())) == 2,
        "A unit with μ = 0 for these rows but σ² = 0.01 is far from the prior. Its variance "
        "counts as well as its mean.",
    )


# ------------------------------------------------------------------------ 5 · averaged over draws

average_score = Exercise(
    "Score each row: the mean over the draws of nats_of(z), where draw l is μ + σ · noise[l].",
    hints=(
        "For one draw: nats_of(mean + deviation * noise[l]) gives one number for each row.",
        "np.mean([... for each in noise], axis=0)",
    ),
    praise="Right. The same noise for every row and every call: one row, one score.",
)


@average_score.set_solution
def average_score_solution(mean, deviation, noise, nats_of):
    draws = [nats_of(mean + deviation * each) for each in noise]  # L times (rows,)
    return np.mean(draws, axis=0)


@average_score.set_check
def average_score_check(answer):
    generator = np.random.default_rng(14)
    mean, noise = generator.normal(size=(6, 3)), generator.normal(size=(5, 3))
    deviation = np.exp(generator.normal(size=(6, 3)) / 2)

    def nats_of(latent):
        latent = np.asarray(latent)
        require(
            latent.shape[-1:] == (3,),
            f"nats_of was handed shape {latent.shape}; latent rows with 3 numbers are expected.",
        )
        return (latent**2).sum(axis=-1)

    given = mean.copy(), deviation.copy(), noise.copy(), nats_of
    got = as_array(answer(*given), shape=(6,))
    draws = np.array([nats_of(mean + deviation * each) for each in noise])
    if not same_numbers(got, draws.mean(axis=0)):
        name_the_mistake(
            got,
            (
                (
                    nats_of(mean + deviation * noise.mean(axis=0)),
                    "You averaged the noise, or the latent vectors, and decoded once. Decode each "
                    "draw; the average is taken of the nats.",
                ),
                (nats_of(mean), "That is the score of the mean alone: σ plays no part."),
                (draws[0], "Only the first draw is used."),
                (
                    draws.sum(axis=0),
                    "You summed over the draws: twice the draws, twice the score.",
                ),
                (
                    -draws.mean(axis=0),
                    "The sign is turned. nats_of is −log p already: higher is more anomalous.",
                ),
                (
                    np.mean([nats_of(mean + deviation**2 * each) for each in noise], axis=0),
                    "The noise is multiplied by σ². `deviation` is σ; use it as it is.",
                ),
            ),
        )
        require(
            same_numbers(got, as_array(answer(*given), shape=(6,))),
            "The same rows scored twice get two scores: noise is drawn anew at each scoring. Use "
            "the noise that is handed in.",
        )
        require(False, "The mean over the draws of nats_of(μ + σ · noise[l]) is expected.")
    alone = as_array(answer(mean[:1].copy(), deviation[:1].copy(), noise.copy(), nats_of))
    require(
        same_numbers(np.ravel(alone), got[:1]),
        "A row scored alone gets another score than among others. Give every row the same noise.",
    )
