"""Answers to the exercises of lesson 10: right ones in other styles, and wrong ones."""

from answers import right, wrong
from course_utils.exercises import lesson_10 as ex

import numpy as np
import pandas as pd
import torch
from scipy import special, stats

# --------------------------------------------------------------------------- 1 · the KL divergence


@right(ex.divergence_to_prior)
def divergence_of_lists(mean, log_variance):
    return [
        sum((m * m + np.exp(v) - 1 - v) / 2 for m, v in zip(*row, strict=True))
        for row in zip(mean.tolist(), log_variance.tolist(), strict=True)
    ]


@right(ex.divergence_to_prior)
def divergence_of_the_lesson(mean, log_variance):
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=1)


@right(ex.divergence_to_prior)
def divergence_by_distributions(mean, log_variance):
    q = torch.distributions.Normal(mean.requires_grad_(), torch.exp(0.5 * log_variance))
    return torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(-1)


@right(ex.divergence_to_prior)
def divergence_in_pandas(mean=None, log_variance=None):
    mean, log_variance = pd.DataFrame(mean), pd.DataFrame(log_variance)
    return (mean**2 + np.exp(log_variance) - log_variance - 1).sum(axis="columns") / 2


@right(ex.divergence_to_prior)
def divergence_by_einsum(mean, log_variance):
    squares = np.einsum("nk,nk->n", mean, mean)
    return 0.5 * np.float32(
        squares + (np.expm1(log_variance) - log_variance) @ np.ones(mean.shape[1])
    )


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


@wrong(ex.divergence_to_prior, "the other way round")
def divergence_from_the_prior(mean, log_variance):
    return 0.5 * ((1 + mean**2) / np.exp(log_variance) - 1 + log_variance).sum(axis=1)


@wrong(ex.divergence_to_prior, "taken for log σ,")
def divergence_to_prior_of_a_log_deviation(mean, log_variance):
    deviation = np.exp(log_variance)
    return (0.5 * (mean**2 + deviation**2 - 1) - np.log(deviation)).sum(axis=1)


@wrong(ex.divergence_to_prior, "taken for log σ,")
def divergence_by_distributions_of_a_log_deviation(mean, log_variance):
    q = torch.distributions.Normal(mean, log_variance.exp())
    return torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(-1)


@wrong(ex.divergence_to_prior, "The last term is log σ")
def divergence_to_prior_with_log_deviation(mean, log_variance):
    terms = mean**2 + np.exp(log_variance) - 1 - np.log(np.sqrt(np.exp(log_variance)))
    return 0.5 * terms.sum(axis=1)


@wrong(ex.divergence_to_prior, "one number for the whole batch")
def divergence_of_tutorials(mean, log_variance):
    return -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())


@wrong(ex.divergence_to_prior, "halves μ² too")
def divergence_to_prior_half_halved(mean, log_variance):
    return (mean**2 + 0.5 * (np.exp(log_variance) - 1 - log_variance)).sum(axis=1)


@wrong(ex.divergence_to_prior, "With codes far away")
def divergence_to_prior_clipped(mean, log_variance):
    return ex.divergence_to_prior._solution(np.clip(mean, -5, 5), log_variance)


@wrong(ex.divergence_to_prior, "the `mean` that it was given")
def divergence_to_prior_in_place(mean, log_variance):
    mean **= 2
    return 0.5 * (mean + np.exp(log_variance) - 1 - log_variance).sum(axis=1)


@wrong(ex.divergence_to_prior, "(with tensors)")
def divergence_with_a_slip_in_torch(mean, log_variance):
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(axes=1)


wrong(ex.divergence_to_prior, "The −1 is missing")(
    lambda m, v: 0.5 * (m**2 + np.exp(v) - v).sum(axis=1)
)
wrong(ex.divergence_to_prior, "a small variance costs nothing")(
    lambda m, v: 0.5 * (m**2 + np.exp(v) - 1 + v).sum(axis=1)
)
wrong(ex.divergence_to_prior, "σ plays no part")(lambda m, v: 0.5 * (m**2).sum(axis=1))
wrong(ex.divergence_to_prior, "μ² is missing")(lambda m, v: 0.5 * (np.exp(v) - 1 - v).sum(axis=1))
wrong(ex.divergence_to_prior, "is expected")(lambda m, v: m[:, 0])

# -------------------------------------------------------------------------- 2 · reparameterisation


@right(ex.draw_latent)
def draw_in_float32(mean, log_variance, noise):
    return (mean + np.sqrt(np.exp(log_variance)) * noise).astype(np.float32)


@right(ex.draw_latent)
def draw_of_the_lesson(mean, log_variance, noise):
    return mean + (0.5 * log_variance).exp() * noise


@right(ex.draw_latent)
def draw_by_torch_with_gradients(mean, log_variance, noise):
    mean = mean.clone().requires_grad_()
    return torch.addcmul(mean, torch.sqrt(torch.exp(log_variance)), noise)


@right(ex.draw_latent)
def draw_of_lists(mean, log_variance, noise):
    rows = zip(mean.tolist(), log_variance.tolist(), noise.tolist(), strict=True)
    return [[m + np.exp(v) ** 0.5 * e for m, v, e in zip(*row, strict=True)] for row in rows]


@right(ex.draw_latent)
def draw_in_pandas(mean=None, log_variance=None, noise=None):
    return pd.DataFrame(np.exp(log_variance / 2)).mul(noise).add(mean)


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
wrong(ex.draw_latent, "First the exponential")(lambda m, v, e: m + np.sqrt(np.abs(v)) * e)
wrong(ex.draw_latent, "multiplied by log σ,")(lambda m, v, e: m + v / 2 * e)
wrong(ex.draw_latent, "inside the exponential")(lambda m, v, e: m + 0.5 * np.exp(v) * e)
wrong(ex.draw_latent, "is σ⁴. The root")(lambda m, v, e: m + (2 * v).exp() * e)
wrong(ex.draw_latent, "The noise is subtracted")(lambda m, v, e: m - np.exp(v / 2) * e)
wrong(ex.draw_latent, "σ plays no part")(lambda m, v, e: m + e)
wrong(ex.draw_latent, "is divided by σ")(lambda m, v, e: m + e / np.exp(v / 2))
wrong(ex.draw_latent, "(5, 4) is expected")(lambda m, v, e: (m + np.exp(v / 2) * e)[0])
wrong(ex.draw_latent, "is expected")(lambda m, v, e: m * 0)
wrong(ex.draw_latent, "With narrow codes")(lambda m, v, e: m + np.exp(v.clip(-3, 9) / 2) * e)


@wrong(ex.draw_latent, "you draw noise inside")
def draw_latent_by_rsample(mean, log_variance, noise):
    return torch.distributions.Normal(mean, (0.5 * log_variance).exp()).rsample()


@wrong(ex.draw_latent, "the `noise` that it was given")
def draw_latent_in_place(mean, log_variance, noise):
    noise *= np.exp(0.5 * log_variance)
    return mean + noise


@wrong(ex.draw_latent, "the `noise` that it was given")
def draw_latent_in_place_by_torch(mean, log_variance, noise):
    return noise.mul_((0.5 * log_variance).exp()) + mean


@wrong(ex.draw_latent, "their slope in `log_variance` is 0,")
def draw_latent_with_a_spread_cut_off(mean, log_variance, noise):
    return mean + (0.5 * log_variance).exp().detach() * noise


@wrong(ex.draw_latent, "their slope in `mean` is 0,")
def draw_latent_without_slopes(mean, log_variance, noise):
    with torch.no_grad():
        return mean + (0.5 * log_variance).exp() * noise


# ------------------------------------------------------------------------------------ 3 · the loss


@right(ex.negative_elbo)
def loss_of_a_density(inputs, outputs, log_scale, divergence, beta):
    density = np.exp(-((inputs - outputs) ** 2) / (2 * np.exp(2 * log_scale)))
    density /= np.exp(log_scale) * np.sqrt(2 * np.pi)
    return (beta * divergence - np.log(density).sum(axis=1)).mean()


@right(ex.negative_elbo)
def loss_of_the_lesson(inputs, outputs, log_scale, divergence, beta):
    nats = 0.5 * ((inputs - outputs) / log_scale.exp()) ** 2 + log_scale
    nats = nats + 0.5 * np.log(2 * np.pi)
    return (nats.sum(dim=1) + beta * divergence).mean()


@right(ex.negative_elbo)
def loss_by_distributions(inputs, outputs, log_scale, divergence, beta):
    outputs = outputs.clone().requires_grad_()
    density = torch.distributions.Normal(outputs, np.exp(log_scale))
    return (beta * divergence - density.log_prob(inputs).sum(-1)).mean()


@right(ex.negative_elbo)
def loss_by_scipy(inputs, outputs, log_scale, divergence, beta):
    logs = stats.norm.logpdf(inputs, loc=outputs, scale=np.exp(log_scale))
    return beta * np.mean(divergence) - logs.sum() / len(inputs)


@right(ex.negative_elbo)
def loss_by_torch_functional(inputs, outputs, log_scale, divergence, beta):
    nats = torch.nn.functional.gaussian_nll_loss(
        outputs, inputs, (2 * log_scale).exp().expand_as(inputs), full=True, reduction="none"
    )
    return nats.sum(dim=1).mean() + beta * divergence.mean()


@right(ex.negative_elbo)
def loss_by_loops(inputs=None, outputs=None, log_scale=None, divergence=None, beta=None):
    total = 0.0
    for row, copy, kl in zip(inputs, outputs, divergence, strict=True):
        for x, m in zip(row, copy, strict=True):
            total += (x - m) ** 2 / (2 * np.exp(2 * log_scale)) + log_scale
            total += np.log(2 * np.pi) / 2
        total += beta * kl
    return total / len(inputs)


@wrong(ex.negative_elbo, "mean squared error over all pixels plus β · KL")
def negative_elbo_of_tutorials(inputs, outputs, log_scale, divergence, beta):
    return ((inputs - outputs) ** 2).mean() + beta * divergence.mean()


@wrong(ex.negative_elbo, "mean squared error over all pixels plus β · KL")
def negative_elbo_by_mse_loss(inputs, outputs, log_scale, divergence, beta):
    return torch.nn.functional.mse_loss(outputs, inputs) + beta * torch.mean(divergence)


@wrong(ex.negative_elbo, "sum of the squared errors over all pixels plus β · KL")
def negative_elbo_of_summed_squares(inputs, outputs, log_scale, divergence, beta):
    return (((inputs - outputs) ** 2).sum(axis=1) + beta * divergence).mean()


@wrong(ex.negative_elbo, "half the sum of the squared errors over all pixels")
def negative_elbo_of_half_the_squares(inputs, outputs, log_scale, divergence, beta):
    return (0.5 * ((inputs - outputs) ** 2).sum(axis=1) + beta * divergence).mean()


@wrong(ex.negative_elbo, "sum of the squared errors over the whole batch")
def negative_elbo_summed_by_mse_loss(inputs, outputs, log_scale, divergence, beta):
    errors = torch.nn.functional.mse_loss(outputs, inputs, reduction="sum")
    return errors + beta * divergence.sum()


@wrong(ex.negative_elbo, "log_scale was taken for s")
def negative_elbo_of_a_scale(inputs, outputs, log_scale, divergence, beta):
    nats = 0.5 * ((inputs - outputs) / log_scale) ** 2 + np.log(log_scale)
    return np.mean((nats + 0.5 * np.log(2 * np.pi)).sum(axis=1) + beta * divergence)


@wrong(ex.negative_elbo, "divided by log s")
def negative_elbo_over_log_s(inputs, outputs, log_scale, divergence, beta):
    nats = 0.5 * ((inputs - outputs) / log_scale) ** 2 + log_scale
    return np.mean((nats + 0.5 * np.log(2 * np.pi)).sum(axis=1) + beta * divergence)


@wrong(ex.negative_elbo, "taken for log s²")
def negative_elbo_of_a_log_variance(inputs, outputs, log_scale, divergence, beta):
    return ex.negative_elbo._solution(inputs, outputs, log_scale / 2, divergence, beta)


@wrong(ex.negative_elbo, "counted once for each row")
def negative_elbo_with_one_log_s(inputs, outputs, log_scale, divergence, beta):
    rows = (0.5 * ((inputs - outputs) / np.exp(log_scale)) ** 2).sum(axis=1)
    return np.mean(rows + log_scale + 0.5 * np.log(2 * np.pi) + beta * divergence)


@wrong(ex.negative_elbo, "β multiplies the nats too")
def negative_elbo_all_times_beta(inputs, outputs, log_scale, divergence, beta):
    return beta * ex.negative_elbo._solution(inputs, outputs, log_scale, divergence, 1)


@wrong(ex.negative_elbo, "With a large β")
def negative_elbo_with_beta_clipped(inputs, outputs, log_scale, divergence, beta):
    return ex.negative_elbo._solution(inputs, outputs, log_scale, divergence, min(beta, 100))


@wrong(ex.negative_elbo, "½ log 2π for each pixel is missing")
def negative_elbo_without_the_constant(inputs, outputs, log_scale, divergence, beta):
    nats = torch.nn.functional.gaussian_nll_loss(
        outputs, inputs, (2 * log_scale).exp().expand_as(inputs), reduction="none"
    )
    return nats.sum(dim=1).mean() + beta * divergence.mean()


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


@wrong(ex.negative_elbo, "their slope in `log_scale` is")
def negative_elbo_with_half_a_slope(inputs, outputs, log_scale, divergence, beta):
    errors = (inputs - outputs) / np.exp(float(log_scale))
    nats = 0.5 * errors**2 + log_scale + 0.5 * np.log(2 * np.pi)
    return (nats.sum(1) + beta * divergence).mean()


wrong(ex.negative_elbo, "their mean")(lambda x, y, s, kl, beta: ((x - y) ** 2).sum(axis=1))
wrong(ex.negative_elbo, "is expected")(lambda x, y, s, kl, beta: 0.0)

# ---------------------------------------------------------------------------------- 4 · live units


@right(ex.active_units)
def units_of_the_lesson(mean, log_variance, least):
    each = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)
    return (each.mean(dim=0) > least).sum()


@right(ex.active_units)
def units_by_distributions(mean, log_variance, least):
    q = torch.distributions.Normal(mean.requires_grad_(), torch.exp(log_variance / 2))
    each = torch.distributions.kl_divergence(q, torch.distributions.Normal(0, 1))
    return torch.count_nonzero(each.mean(0) > least).item()


@right(ex.active_units)
def units_by_loops(mean, log_variance, least):
    living = 0
    for unit in range(mean.shape[1]):
        pairs = zip(mean[:, unit], log_variance[:, unit], strict=True)
        nats = [(m * m + np.exp(v) - 1 - v) / 2 for m, v in pairs]
        living += sum(nats) / len(nats) > least
    return living


@right(ex.active_units)
def units_in_pandas(mean=None, log_variance=None, least=None):
    each = pd.DataFrame((mean**2 + np.exp(log_variance) - 1 - log_variance) / 2)
    return len(each.mean()[lambda found: found > least])


right(ex.active_units)(
    lambda mean, log_variance, least: (
        (mean**2 + np.exp(log_variance) - log_variance - 1).mean(0) / 2 > least
    ).sum()
)


@wrong(ex.active_units, "One row above `least`")
def active_units_by_the_largest_row(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return int(np.sum((each > least).any(axis=0)))


@wrong(ex.active_units, "only if all rows")
def active_units_by_all_rows(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return int(np.sum((each > least).all(axis=0)))


@wrong(ex.active_units, "You count rows: the average")
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


@wrong(ex.active_units, "You averaged μ over the rows before you squared it")
def active_units_of_the_mean_code(mean, log_variance, least):
    each = 0.5 * (mean.mean(axis=0) ** 2 + np.exp(log_variance) - 1 - log_variance)
    return int(np.sum(each.mean(axis=0) > least))


@wrong(ex.active_units, "You averaged μ and log σ²")
def active_units_of_mean_code_and_spread(mean, log_variance, least):
    mean, log_variance = mean.mean(axis=0), log_variance.mean(axis=0)
    return int(np.sum(0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance) > least))


@wrong(ex.active_units, "factor ½")
def active_units_without_the_half(mean, log_variance, least):
    each = mean**2 + np.exp(log_variance) - 1 - log_variance
    return int(np.sum(each.mean(axis=0) > least))


@wrong(ex.active_units, "`least` plays no part")
def active_units_of_one_level(mean, log_variance, least):
    return ex.active_units._solution(mean, log_variance, 0.05)


@wrong(ex.active_units, "With 20 rows, least = 0.3")
def active_units_of_another_level(mean, log_variance, least):
    return ex.active_units._solution(mean, log_variance, 1.1 * least)


@wrong(ex.active_units, "μ plays no part")
def active_units_of_spreads(mean, log_variance, least):
    each = 0.5 * (np.exp(log_variance) - 1 - log_variance)
    return int(np.sum(each.mean(axis=0) > least))


@wrong(ex.active_units, "σ plays no part")
def active_units_of_means(mean, log_variance, least):
    return int(np.sum(0.5 * (mean**2).mean(axis=0) > least))


@wrong(ex.active_units, "median over the rows")
def active_units_by_the_median(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return int(np.sum(np.median(each, axis=0) > least))


@wrong(ex.active_units, "the number of all units")
def active_units_all(mean, log_variance, least):
    return mean.shape[1]


@wrong(ex.active_units, "another sign of life")
def active_units_that_vary(mean, log_variance, least):
    return int((mean.var(dim=0, unbiased=False) > least).sum())


@wrong(ex.active_units, "exactly `least`")
def active_units_from_the_level_on(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return int(np.sum(each.mean(axis=0) >= least))


@wrong(ex.active_units, "those that have collapsed")
def active_units_that_do_not_live(mean, log_variance, least):
    return mean.shape[1] - ex.active_units._solution(mean, log_variance, least)


@wrong(ex.active_units, "entries of the whole table")
def active_units_of_all_rows(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return np.count_nonzero(each > least)


@wrong(ex.active_units, "one entry for each unit")
def active_units_not_counted(mean, log_variance, least):
    each = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    return each.mean(axis=0) > least


wrong(ex.active_units, "above 1e-9")(lambda m, v, least: 2)

# ------------------------------------------------------------------------- 5 · averaged over draws


@right(ex.average_score)
def score_in_one_pass(mean, deviation, noise, nats_of):
    latent = mean[None] + deviation[None] * noise[:, None]  # (L, rows, k)
    return nats_of(latent).mean(axis=0)


@right(ex.average_score)
def score_of_the_lesson(mean, deviation, noise, nats_of):
    return torch.stack([nats_of(mean + deviation * each) for each in noise]).mean(dim=0)


@right(ex.average_score)
def score_by_tensors_with_gradients(mean, deviation, noise, nats_of):
    mean, deviation = (torch.tensor(each, requires_grad=True) for each in (mean, deviation))
    total = 0
    for each in torch.tensor(noise):
        total = total + nats_of(mean + deviation * each)
    return total / len(noise)


@right(ex.average_score)
def score_row_by_row(mean, deviation, noise, nats_of):
    scores = []
    for centre, spread in zip(mean, deviation, strict=True):
        nats = [nats_of((centre + spread * each)[None])[0] for each in noise]
        scores.append(sum(nats) / len(nats))
    return scores


@right(ex.average_score)
def score_in_float32_by_pandas(mean=None, deviation=None, noise=None, nats_of=None):
    draws = [pd.Series(nats_of(mean + deviation * each)) for each in noise]
    return pd.concat(draws, axis="columns").mean(axis="columns").astype("float32")


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


wrong(ex.average_score, "the mean alone")(lambda m, s, e, nats_of: nats_of(m))
wrong(ex.average_score, "Only the first")(lambda m, s, e, nats_of: nats_of(m + s * e[0]))
wrong(ex.average_score, "are expected")(lambda m, s, e, nats_of: nats_of(m.T))


@wrong(ex.average_score, "averaged the densities")
def average_score_of_densities(mean, deviation, noise, nats_of):
    draws = np.array([nats_of(mean + deviation * each) for each in noise])
    return np.log(len(noise)) - special.logsumexp(-draws, axis=0)


@wrong(ex.average_score, "exp(σ / 2)")
def average_score_of_a_log_variance(mean, deviation, noise, nats_of):
    return ex.average_score._solution(mean, np.exp(0.5 * deviation), noise, nats_of)


@wrong(ex.average_score, "each draw's score overwritten")
def average_score_overwritten(mean, deviation, noise, nats_of):
    for each in noise:
        score = nats_of(mean + deviation * each)
    return score


@wrong(ex.average_score, "noise is drawn anew")
def average_score_by_torch_s_noise(mean, deviation, noise, nats_of):
    draws = [nats_of(mean + deviation * torch.randn_like(mean)) for _ in range(len(noise))]
    return torch.stack(draws).mean(dim=0)


@wrong(ex.average_score, "among others")
def average_score_that_hides_among_others(mean, deviation, noise, nats_of):
    scores = ex.average_score._solution(mean, deviation, noise, nats_of)
    return scores if len(mean) > 1 else scores + 1


@wrong(ex.average_score, "With many draws")
def average_score_of_thirty_draws(mean, deviation, noise, nats_of):
    return ex.average_score._solution(mean, deviation, noise[:30], nats_of)


wrong(ex.average_score, "for each draw and row")(
    lambda m, s, e, nats_of: nats_of(m[None] + s[None] * e[:, None])
)
wrong(ex.average_score, "the average went over the rows")(
    lambda m, s, e, nats_of: [nats_of(m + s * each).mean() for each in e]
)
wrong(ex.average_score, "σ plays no part")(
    lambda m, s, e, nats_of: np.mean([nats_of(m + each) for each in e], axis=0)
)


# ----------------------------------------------------------------------------- 6 · an unusual pair


@right(ex.unusual_pair)
def mahalanobis_of_the_pair(known, new):
    precision = np.linalg.inv(np.cov(known, rowvar=False))
    off = new - known.mean(axis=0)
    return np.einsum("ni,ij,nj->n", off, precision, off)


@right(ex.unusual_pair)
def larger_of_two_in_torch(known, new):
    z = (new - known.mean(dim=0)) / known.std(dim=0)
    return z.abs().max(dim=1).values


@right(ex.unusual_pair)
def neighbours_of_the_pair(known, new):
    spread = known.std(axis=0)
    off = (new[:, None] - known[None]) / spread
    return np.sort(np.sqrt((off**2).sum(axis=2)), axis=1)[:, :20].mean(axis=1)


@right(ex.unusual_pair)
def density_of_the_pair_in_lists(known=None, new=None):
    columns = [stats.norm(*stats.norm.fit(column)) for column in known.T]
    return [-sum(c.logpdf(x) for c, x in zip(columns, row, strict=True)) for row in new]


@right(ex.unusual_pair)
def distance_by_pandas(known=None, new=None):
    known, new = pd.DataFrame(known), pd.DataFrame(new)
    return new.sub(known.median()).div(known.std()).abs().sum(axis="columns")


@wrong(ex.unusual_pair, "Rows that are paler and too probable")
def unusual_sum(known, new):
    return new.sum(axis=1)


@wrong(ex.unusual_pair, "Rows that are pale ")
def unusual_sum_both_ways(known, new):
    return np.abs(new.sum(axis=1) - np.median(known.sum(axis=1)))


@wrong(ex.unusual_pair, "is it heard beside nats")
def distance_in_nats(known, new):
    return np.sqrt(((new - known.mean(axis=0)) ** 2).sum(axis=1))


@wrong(ex.unusual_pair, "with the rows beside it")
def distance_from_the_new_rows(known, new):
    return ((new - new.mean(axis=0)) ** 2 / known.var(axis=0)).sum(axis=1)


@wrong(ex.unusual_pair, "the sign is turned")
def unusual_pair_with_the_sign_turned(known, new):
    return -ex.unusual_pair._solution(known, new)


@wrong(ex.unusual_pair, "Rows that are bold")
def unusual_kl(known, new):
    return -new[:, 1]


@wrong(ex.unusual_pair, "must not depend on chance")
def unusual_pair_with_dice(known, new):
    return ex.unusual_pair._solution(known, new) + np.random.default_rng().random(len(new))


wrong(ex.unusual_pair, "Does that raise your score")(
    lambda known, new: ((new - known.mean(axis=0)) / known.std(axis=0)).sum(axis=1)
)
wrong(ex.unusual_pair, "is expected")(lambda known, new: 0.0)
