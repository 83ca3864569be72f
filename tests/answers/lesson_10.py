"""Answers to the exercises of lesson 10: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_10 as ex

import numpy as np

# --------------------------------------------------------------------------- 1 · the KL divergence


@right(ex.divergence_to_prior)
def divergence_of_lists(mean, log_variance):
    return [
        sum((m * m + np.exp(v) - 1 - v) / 2 for m, v in zip(*row, strict=True))
        for row in zip(mean.tolist(), log_variance.tolist(), strict=True)
    ]


@wrong(ex.divergence_to_prior, "a divergence is never negative")
def divergence_to_prior_with_the_sign_turned(mean, log_variance):
    return 0.5 * (1 + log_variance - mean**2 - np.exp(log_variance)).sum(axis=1)


@wrong(ex.divergence_to_prior, "mean over the latent units")
def divergence_to_prior_averaged(mean, log_variance):
    return 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).mean(axis=1)


@wrong(ex.divergence_to_prior, "taken for the variance")
def divergence_to_prior_of_a_variance(mean, log_variance):
    return 0.5 * (mean**2 + log_variance - 1 - np.log(np.abs(log_variance))).sum(axis=1)


@wrong(ex.divergence_to_prior, "The formula has its square")
def divergence_to_prior_of_a_deviation(mean, log_variance):
    return 0.5 * (mean**2 + np.exp(0.5 * log_variance) - 1 - log_variance).sum(axis=1)


@wrong(ex.divergence_to_prior, "one number for the whole batch")
def divergence_to_prior_of_the_batch(mean, log_variance):
    return 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum()


wrong(ex.divergence_to_prior, "factor ½")(lambda m, v: (m**2 + np.exp(v) - 1 - v).sum(axis=1))
wrong(ex.divergence_to_prior, "axis=1")(lambda m, v: (m**2 + np.exp(v) - 1 - v).sum(axis=0))
wrong(ex.divergence_to_prior, "is expected")(lambda m, v: m[:, 0])

# -------------------------------------------------------------------------- 2 · reparameterisation


@right(ex.draw_latent)
def draw_in_float32(mean, log_variance, noise):
    return (mean + np.sqrt(np.exp(log_variance)) * noise).astype(np.float32)


@wrong(ex.draw_latent, "multiplied by σ², the variance")
def draw_latent_with_the_variance(mean, log_variance, noise):
    return mean + np.exp(log_variance) * noise


@wrong(ex.draw_latent, "multiplied by log σ²")
def draw_latent_with_the_logarithm(mean, log_variance, noise):
    return mean + log_variance * noise


@wrong(ex.draw_latent, "you draw noise inside")
def draw_latent_with_noise_of_its_own(mean, log_variance, noise):
    fresh = np.random.default_rng().normal(size=np.shape(mean))
    return mean + np.exp(0.5 * log_variance) * fresh


@wrong(ex.draw_latent, "without any noise")
def draw_latent_without_noise(mean, log_variance, noise):
    return mean


wrong(ex.draw_latent, "mean as well")(lambda m, v, e: np.exp(v / 2) * (m + e))
wrong(ex.draw_latent, "entry by entry")(lambda m, v, e: m * 0)

# ------------------------------------------------------------------------------------ 3 · the loss


@right(ex.negative_elbo)
def loss_of_a_density(inputs, outputs, log_scale, divergence, beta):
    density = np.exp(-((inputs - outputs) ** 2) / (2 * np.exp(2 * log_scale)))
    density /= np.exp(log_scale) * np.sqrt(2 * np.pi)
    return (beta * divergence - np.log(density).sum(axis=1)).mean()


@wrong(ex.negative_elbo, "mean over the pixels")
def negative_elbo_with_averaged_pixels(inputs, outputs, log_scale, divergence, beta):
    errors = (inputs - outputs) / np.exp(log_scale)
    nats = 0.5 * errors**2 + log_scale + 0.5 * np.log(2 * np.pi)
    return np.mean(nats.mean(axis=1) + beta * divergence)


@wrong(ex.negative_elbo, "The KL is subtracted")
def negative_elbo_with_the_kl_subtracted(inputs, outputs, log_scale, divergence, beta):
    return ex.negative_elbo._solution(inputs, outputs, log_scale, -divergence, beta)


@wrong(ex.negative_elbo, "That is the ELBO")
def negative_elbo_that_is_positive(inputs, outputs, log_scale, divergence, beta):
    return -ex.negative_elbo._solution(inputs, outputs, log_scale, divergence, beta)


@wrong(ex.negative_elbo, "You summed over the rows")
def negative_elbo_summed_over_rows(inputs, outputs, log_scale, divergence, beta):
    return len(inputs) * ex.negative_elbo._solution(inputs, outputs, log_scale, divergence, beta)


@wrong(ex.negative_elbo, "log s is missing")
def negative_elbo_without_log_s(inputs, outputs, log_scale, divergence, beta):
    errors = (inputs - outputs) / np.exp(log_scale)
    nats = 0.5 * errors**2 + 0.5 * np.log(2 * np.pi)
    return np.mean(nats.sum(axis=1) + beta * divergence)


wrong(ex.negative_elbo, "their mean")(lambda x, y, s, kl, beta: ((x - y) ** 2).sum(axis=1))
wrong(ex.negative_elbo, "is expected")(lambda x, y, s, kl, beta: 0.0)

# ---------------------------------------------------------------------------------- 4 · live units

right(ex.active_units)(
    lambda mean, log_variance, least: (
        (mean**2 + np.exp(log_variance) - log_variance - 1).mean(0) / 2 > least
    ).sum()
)


@wrong(ex.active_units, "one row alone")
def active_units_by_the_largest_row(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return int(np.sum(each.max(axis=0) > 10 * least))


@wrong(ex.active_units, "these are rows")
def active_units_counted_over_rows(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return int(np.sum(each.mean(axis=1) > least))


@wrong(ex.active_units, "not its variance")
def active_units_by_the_variance(mean, log_variance, least):
    return int(np.sum(np.exp(log_variance).mean(axis=0) > least))


@wrong(ex.active_units, "sign of the KL")
def active_units_with_the_sign_turned(mean, log_variance, least):
    each = 0.5 * (1 + log_variance - mean**2 - np.exp(log_variance))
    return int(np.sum(each.mean(axis=0) > least))


wrong(ex.active_units, "3 are expected")(lambda m, v, least: 2)

# ------------------------------------------------------------------------- 5 · averaged over draws


@right(ex.average_score)
def score_in_one_pass(mean, deviation, noise, nats_of):
    latent = mean[None] + deviation[None] * noise[:, None]  # (L, rows, k)
    return nats_of(latent).mean(axis=0)


@wrong(ex.average_score, "noise is drawn anew at each scoring")
def average_score_with_fresh_noise(mean, deviation, noise, nats_of):
    fresh = np.random.default_rng().normal(size=noise.shape)
    return ex.average_score._solution(mean, deviation, fresh, nats_of)


@wrong(ex.average_score, "decoded once")
def average_score_of_the_average_draw(mean, deviation, noise, nats_of):
    return nats_of(mean + deviation * noise.mean(axis=0))


@wrong(ex.average_score, "The sign is turned")
def average_score_with_the_sign_turned(mean, deviation, noise, nats_of):
    return -ex.average_score._solution(mean, deviation, noise, nats_of)


@wrong(ex.average_score, "`deviation` is σ")
def average_score_with_the_variance(mean, deviation, noise, nats_of):
    return ex.average_score._solution(mean, deviation**2, noise, nats_of)


@wrong(ex.average_score, "summed over the draws")
def average_score_summed(mean, deviation, noise, nats_of):
    return len(noise) * ex.average_score._solution(mean, deviation, noise, nats_of)


wrong(ex.average_score, "plays no part")(lambda m, s, e, nats_of: nats_of(m))
wrong(ex.average_score, "Only the first")(lambda m, s, e, nats_of: nats_of(m + s * e[0]))
wrong(ex.average_score, "are expected")(lambda m, s, e, nats_of: nats_of(m.T))
