"""Answers to the exercises of lesson 12: right ones in other styles, and wrong ones."""

import functools
from itertools import pairwise
from statistics import median

from answers import right, wrong
from course_utils.exercises import lesson_12 as ex

import numpy as np
import pandas as pd
import torch
from scipy import special, stats
from sklearn.mixture import GaussianMixture
from torch import nn

# ----------------------------------------------------------------- 1 · a network that cannot cheat


@right(ex.build_network)
class Layers(nn.Module):
    def __init__(self, widths):
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(*pair, bias=False) for pair in pairwise(widths))

    def forward(self, rows):
        for part in self.parts[:-1]:
            rows = nn.functional.leaky_relu(part(rows), 0.1)
        return self.parts[-1](rows)


@right(ex.build_network)
def network_in_float64(widths):
    layers = [nn.Linear(*pair, bias=False, dtype=torch.float64) for pair in pairwise(widths)]
    between = [each for layer in layers for each in (layer, nn.ReLU())]
    return nn.Sequential(*between[:-1])


@right(ex.build_network)
def network_of_the_lesson(widths):
    generator, layers = torch.Generator().manual_seed(0), []
    for inputs, outputs in pairwise(widths):
        layer = nn.utils.skip_init(nn.Linear, inputs, outputs, bias=False)
        nn.init.kaiming_uniform_(layer.weight, a=1, generator=generator)
        layers += [layer, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers[:-1])


@right(ex.build_network)
def network_that_grows(widths=None):
    network = nn.Sequential()
    for number, width in enumerate(widths[1:]):
        if number:
            network.append(nn.ReLU())
        network.append(nn.LazyLinear(width, bias=False))
    return network


@right(ex.build_network)
class Matrices(nn.Module):
    def __init__(self, widths):
        super().__init__()
        sizes = [torch.randn(b, a) / a**0.5 for a, b in pairwise(widths)]
        self.weights = nn.ParameterList(map(nn.Parameter, sizes))

    def forward(self, rows):
        *first, last = self.weights
        for weight in first:
            rows = torch.clamp(rows @ weight.T, min=0)
        return nn.functional.linear(rows, last)


@right(ex.build_network)
class LayersWithSizes(Layers):
    def forward(self, rows):
        for part in self.parts[:-1]:
            rows = part(rows).abs()
        return self.parts[-1](rows)


@wrong(ex.build_network, "A bias was left in")
def build_network_as_it_stands_in_the_lesson(widths):
    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers)


@wrong(ex.build_network, "bounded")
def build_network_mended_by_half(widths):
    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.Tanh()]
    return nn.Sequential(*layers)


@wrong(ex.build_network, "A bias was left in")
def build_network_with_biases(widths):
    from torch import nn

    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@wrong(ex.build_network, "No output is ever negative")
def build_network_with_a_last_relu(widths):
    from torch import nn

    return nn.Sequential(*ex.build_network._solution(widths), nn.ReLU())


@wrong(ex.build_network, "bounded")
def build_network_with_sigmoids(widths):
    from torch import nn

    network = ex.build_network._solution(widths)
    return nn.Sequential(*(nn.Sigmoid() if isinstance(e, nn.ReLU) else e for e in network))


@wrong(ex.build_network, "one matrix")
def build_network_without_activations(widths):
    from torch import nn

    return nn.Sequential(
        *(e for e in ex.build_network._solution(widths) if isinstance(e, nn.Linear))
    )


def with_more(widths, make, at=1):
    """Return the solution's network with one more module in it, made for its place's width."""
    parts = list(ex.build_network._solution(widths))
    parts.insert(min(at, len(parts)), make(widths[1]))
    return nn.Sequential(*parts)


wrong(ex.build_network, "a Dropout between")(
    lambda widths: with_more(widths, lambda _: nn.Dropout())
)
wrong(ex.build_network, "a BatchNorm1d")(lambda widths: with_more(widths, nn.BatchNorm1d))
wrong(ex.build_network, "a LayerNorm")(lambda widths: with_more(widths, nn.LayerNorm))
wrong(ex.build_network, "Besides the layers' weights")(lambda w: with_more(w, nn.PReLU))
wrong(ex.build_network, "bounded")(lambda widths: with_more(widths, lambda _: nn.Hardtanh(), 9))
wrong(ex.build_network, "bounded")(lambda widths: with_more(widths, lambda _: nn.ReLU6()))


@wrong(ex.build_network, "bounded")
def build_network_with_tanh(widths):
    network = ex.build_network._solution(widths)
    return nn.Sequential(*(nn.Tanh() if isinstance(e, nn.ReLU) else e for e in network))


@wrong(ex.build_network, "bounded")
def build_network_with_gelu(widths):
    network = ex.build_network._solution(widths)
    return nn.Sequential(*(nn.GELU() if isinstance(e, nn.ReLU) else e for e in network))


@wrong(ex.build_network, "between the layers 2 and 3")
def build_network_with_one_gap_open(widths):
    parts = list(ex.build_network._solution(widths))
    return nn.Sequential(*parts[:3], *parts[4:]) if len(parts) > 4 else nn.Sequential(*parts)


@wrong(ex.build_network, "between the layers 2 and 3")
def build_network_open_where_it_is_as_wide_as_its_output(widths):
    layers = []
    for inputs, outputs in pairwise(widths):
        bend = nn.Identity() if outputs == widths[-1] else nn.ReLU()
        layers += [nn.Linear(inputs, outputs, bias=False), bend]
    return nn.Sequential(*layers[:-1])


@wrong(ex.build_network, "something is drawn at random")
class LayersThatForget(Layers):
    def forward(self, rows):
        return super().forward(nn.functional.dropout(rows, 0.3))


@wrong(ex.build_network, "A row of zeros")
class LayersWithOffsets(Layers):
    def forward(self, rows):
        return super().forward(rows) + 0.5


@wrong(ex.build_network, "are not those of its weights")
class LayersOfLargest(Layers):
    def forward(self, rows):
        for part in self.parts[:-1]:
            rows = part(rows)
            rows = torch.maximum(rows, rows.roll(1, dims=1))
        return self.parts[-1](rows)


@wrong(ex.build_network, "share their weights")
@functools.cache
def build_network_once(widths):
    return ex.build_network._solution(widths)


@wrong(ex.build_network, "are frozen")
def build_network_frozen(widths):
    return ex.build_network._solution(widths).requires_grad_(False)


@wrong(ex.build_network, "nothing but zero weights")
def build_network_of_zeros(widths):
    network = ex.build_network._solution(widths)
    for each in network.parameters():
        nn.init.zeros_(each)
    return network


@wrong(ex.build_network, "The layers go")
def build_network_turned(widths):
    return ex.build_network._solution(widths[::-1])


wrong(ex.build_network, "`return`")(lambda widths: print(end=""))
wrong(ex.build_network, "torch module")(lambda widths: list(widths))
wrong(ex.build_network, "The layers go")(
    lambda widths: nn.Linear(widths[0], widths[-1], bias=False)
)

# ---------------------------------------------------------------------------------- 2 · the centre


@right(ex.first_centre)
def centre_with_copysign(outputs, least):
    mean = np.mean(outputs, axis=0)
    return np.copysign(np.maximum(np.abs(mean), least), mean).astype(np.float32)


@right(ex.first_centre)
def centre_of_the_lesson(outputs, least):
    mean = outputs.mean(dim=0)
    return torch.where(mean.abs() < least, torch.where(mean < 0, -least, least), mean)


@right(ex.first_centre)
def centre_in_place_by_torch(outputs, least):
    centre = torch.tensor(outputs, requires_grad=True).mean(0).clone()
    centre[(centre.abs() < least) & (centre < 0)] = -least
    centre[(centre.abs() < least) & (centre >= 0)] = least
    return centre


@right(ex.first_centre)
def centre_by_loops(outputs, least):
    centre = []
    for column in zip(*outputs.tolist(), strict=True):
        mean = sum(column) / len(column)
        centre.append(mean if abs(mean) >= least else (least if mean > 0 else -least))
    return centre


@right(ex.first_centre)
def centre_in_pandas(outputs=None, least=None):
    mean = pd.DataFrame(outputs).mean()
    return mean.mask(mean.abs() < least, mean.map(lambda each: -least if each < 0 else least))


@wrong(ex.first_centre, "left there")
def first_centre_as_it_is(outputs, least):
    return outputs.mean(axis=0)


@wrong(ex.first_centre, "to the other side")
def first_centre_on_the_wrong_side(outputs, least):
    mean = outputs.mean(axis=0)
    return np.where(np.abs(mean) < least, least, mean)


@wrong(ex.first_centre, "The signs are gone")
def first_centre_without_signs(outputs, least):
    return np.maximum(np.abs(outputs.mean(axis=0)), least)


@wrong(ex.first_centre, "np.sign(0) is 0")
def first_centre_by_sign(outputs, least):
    mean = outputs.mean(axis=0)
    return np.where(np.abs(mean) < least, np.sign(mean) * least, mean)


@wrong(ex.first_centre, "np.sign(0) is 0")
def first_centre_by_torch_s_sign(outputs, least):
    mean = outputs.mean(dim=0)
    return torch.where(mean.abs() < least, mean.sign() * least, mean)


@wrong(ex.first_centre, "Every negative coordinate")
def first_centre_without_a_left_side(outputs, least):
    return np.maximum(outputs.mean(axis=0), least)


@wrong(ex.first_centre, "Every coordinate was pushed")
def first_centre_pushed(outputs, least):
    mean = outputs.mean(axis=0)
    return mean + np.where(mean < 0, -least, least)


@wrong(ex.first_centre, "With a mean of exactly 0")
def first_centre_with_a_zero_left(outputs, least):
    mean = outputs.mean(axis=0)
    centre = ex.first_centre._solution(outputs, least)
    return np.where((mean == 0) & (len(outputs) < 9), 0, centre)


@wrong(ex.first_centre, "With least = 1.0")
def first_centre_of_small_levels(outputs, least):
    return ex.first_centre._solution(outputs, min(least, 0.5))


@wrong(ex.first_centre, "the `outputs` that it was given")
def first_centre_that_moves_the_outputs(outputs, least):
    centre = ex.first_centre._solution(outputs, least)
    outputs -= centre
    return centre


wrong(ex.first_centre, "were set to 0")(
    lambda outputs, least: outputs.mean(axis=0) * (abs(outputs.mean(axis=0)) >= least)
)
wrong(ex.first_centre, "One number in all")(lambda outputs, least: outputs.mean())


@wrong(ex.first_centre, "over the rows, axis=0")
def first_centre_of_each_row(outputs, least):
    return outputs.mean(axis=1)


wrong(ex.first_centre, "is expected")(lambda outputs, least: outputs.mean(axis=0) * 3)
wrong(ex.first_centre, "the other way round")(
    lambda outputs, least: np.clip(outputs.mean(axis=0), -least, least)
)

# ------------------------------------------------------------------------------------ 3 · the loss

right(ex.one_class_loss)(lambda outputs, c: np.linalg.norm(outputs - c) ** 2 / len(outputs))


@right(ex.one_class_loss)
def loss_of_the_lesson(outputs, centre):
    return (outputs - centre).square().sum(dim=1).mean()


@right(ex.one_class_loss)
def loss_by_mse_loss(outputs, centre):
    outputs = outputs.clone().requires_grad_()
    errors = nn.functional.mse_loss(outputs, centre.expand_as(outputs), reduction="sum")
    return errors / outputs.size(0)


@right(ex.one_class_loss)
def loss_by_einsum(outputs, centre):
    away = (outputs - centre).astype(np.float32)
    return np.einsum("ni,ni->n", away, away).mean()


@right(ex.one_class_loss)
def loss_by_loops(outputs, centre):
    total = 0
    for row in outputs.tolist():
        total += sum((a - b) ** 2 for a, b in zip(row, centre.tolist(), strict=True))
    return total / len(outputs)


@right(ex.one_class_loss)
def loss_in_pandas(outputs=None, centre=None):
    return pd.DataFrame(outputs).sub(centre).pow(2).sum(axis="columns").mean()


@wrong(ex.one_class_loss, "over the coordinates too")
def one_class_loss_by_mse_loss(outputs, centre):
    return nn.functional.mse_loss(outputs, centre.expand_as(outputs))


@wrong(ex.one_class_loss, "The root was taken at the end")
def one_class_loss_with_a_root(outputs, centre):
    return np.sqrt(((outputs - centre) ** 2).sum(axis=1).mean())


@wrong(ex.one_class_loss, "absolute differences")
def one_class_loss_of_sizes(outputs, centre):
    return np.abs(outputs - centre).sum(axis=1).mean()


@wrong(ex.one_class_loss, "plays no part")
def one_class_loss_from_zero(outputs, centre):
    return (outputs**2).sum(axis=1).mean()


@wrong(ex.one_class_loss, "the `outputs` that it was given")
def one_class_loss_in_place(outputs, centre):
    outputs -= centre
    return (outputs**2).sum(axis=1).mean()


@wrong(ex.one_class_loss, "With wide outputs")
def one_class_loss_of_eight_columns(outputs, centre):
    return ((outputs - centre) ** 2)[:, :8].sum(axis=1).mean()


@wrong(ex.one_class_loss, "exchanged")
def one_class_loss_exchanged(outputs, centre):
    return ((outputs - centre) ** 2).mean(axis=1).sum()


wrong(ex.one_class_loss, "for each coordinate")(lambda o, c: ((o - c) ** 2).mean(axis=0))
wrong(ex.one_class_loss, "no ½ in it")(lambda o, c: 0.5 * ((o - c) ** 2).sum(axis=1).mean())


@wrong(ex.one_class_loss, "over the coordinates too")
def one_class_loss_mean_of_all(outputs, centre):
    return ((outputs - centre) ** 2).mean()


@wrong(ex.one_class_loss, "over the rows too")
def one_class_loss_sum_of_all(outputs, centre):
    return ((outputs - centre) ** 2).sum()


@wrong(ex.one_class_loss, "computed anew")
def one_class_loss_with_a_moving_centre(outputs, centre):
    return ((outputs - outputs.mean(axis=0)) ** 2).sum(axis=1).mean()


@wrong(ex.one_class_loss, "not squared")
def one_class_loss_of_plain_distances(outputs, centre):
    return np.sqrt(((outputs - centre) ** 2).sum(axis=1)).mean()


@wrong(ex.one_class_loss, "cancel")
def one_class_loss_of_the_mean_row(outputs, centre):
    return ((outputs.mean(axis=0) - centre) ** 2).sum()


wrong(ex.one_class_loss, "scores")(lambda outputs, c: ((outputs - c) ** 2).sum(axis=1))
wrong(ex.one_class_loss, "is expected")(lambda outputs, c: 0.0)

# --------------------------------------------------------------------------- 4 · the soft boundary


@right(ex.soft_boundary)
def boundary_by_sorting(squared, nu):
    ordered = np.sort(squared)
    radius = ordered[int((1 - nu) * (len(ordered) - 1))]
    return [radius, radius + np.clip(squared - radius, 0, None).mean() / nu]


@right(ex.soft_boundary)
def boundary_of_the_lesson(squared, nu):
    radius = squared.detach().quantile(1 - nu)
    return radius, radius + (squared - radius).clamp(min=0).mean() / nu


@right(ex.soft_boundary)
def boundary_as_an_array(squared, nu):
    radius = np.percentile(squared, 100 * (1 - nu))
    return np.array([radius, radius + np.mean((squared - radius) * (squared > radius)) / nu])


@right(ex.soft_boundary)
def boundary_as_a_tensor(squared, nu):
    squared = torch.tensor(squared, requires_grad=True)
    radius = torch.quantile(squared, 1 - nu, interpolation="higher")
    return torch.stack([radius, radius + torch.relu(squared - radius).mean() / nu])


@right(ex.soft_boundary)
def boundary_by_topk(squared, nu):
    outside = max(1, int(nu * len(squared)))
    radius = torch.topk(torch.from_numpy(squared), outside).values.min()
    return radius, radius + nn.functional.relu(torch.tensor(squared) - radius).mean() / nu


@right(ex.soft_boundary)
def boundary_of_lists(squared, nu):
    radius = sorted(squared)[int((1 - nu) * len(squared))]
    out = [max(0, each - radius) for each in squared]
    return radius, radius + sum(out) / len(out) / nu


@right(ex.soft_boundary)
def boundary_in_pandas(squared=None, nu=None):
    squared = pd.Series(squared, dtype="float32")
    radius = squared.quantile(1 - nu)
    return radius, radius + squared.sub(radius).clip(lower=0).mean() / nu


@right(ex.soft_boundary)
def boundary_by_trying_all(squared, nu):
    def loss(radius):
        return radius + np.maximum(0, squared - radius).mean() / nu

    radius = min(squared, key=loss)
    return radius, loss(radius)


@wrong(ex.soft_boundary, "swapped")
def soft_boundary_swapped(squared, nu):
    return ex.soft_boundary._solution(squared, nu)[::-1]


@wrong(ex.soft_boundary, "swapped")
def soft_boundary_swapped_in_a_tensor(squared, nu):
    radius = squared.quantile(1 - nu)
    return torch.stack([radius + (squared - radius).relu().mean() / nu, radius])


@wrong(ex.soft_boundary, "np.percentile counts to 100")
def soft_boundary_by_percentile(squared, nu):
    radius = np.percentile(squared, 1 - nu)
    return radius, radius + np.maximum(0, squared - radius).mean() / nu


@wrong(ex.soft_boundary, "factor 1/ν")
def soft_boundary_without_a_price(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, radius + np.maximum(0, squared - radius).mean()


@wrong(ex.soft_boundary, "The sum over the rows")
def soft_boundary_summed(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, radius + np.maximum(0, squared - radius).sum() / nu


@wrong(ex.soft_boundary, "the rows outside alone")
def soft_boundary_of_those_outside(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, radius + (squared - radius)[squared > radius].mean() / nu


@wrong(ex.soft_boundary, "their whole distance")
def soft_boundary_of_whole_distances(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, radius + (squared * (squared > radius)).mean() / nu


@wrong(ex.soft_boundary, "Rows inside pay too")
def soft_boundary_of_sizes(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, radius + np.abs(squared - radius).mean() / nu


@wrong(ex.soft_boundary, "divided by ν as well")
def soft_boundary_all_divided(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, (radius + np.maximum(0, squared - radius).mean()) / nu


@wrong(ex.soft_boundary, "the loss is")
def soft_boundary_of_a_fraction(squared, nu):
    radius, loss = ex.soft_boundary._solution(squared, nu)
    return radius, 0.9 * loss


@wrong(ex.soft_boundary, "With ν = 0.55")
def soft_boundary_of_small_shares(squared, nu):
    return ex.soft_boundary._solution(squared, min(nu, 0.5))


@wrong(ex.soft_boundary, "With large distances")
def soft_boundary_of_small_distances(squared, nu):
    return ex.soft_boundary._solution(np.minimum(squared, 1000), nu)


@wrong(ex.soft_boundary, "the `squared` that it was given")
def soft_boundary_that_sorts(squared, nu):
    squared.sort()
    return ex.soft_boundary._solution(squared, nu)


@wrong(ex.soft_boundary, "quantile ν")
def soft_boundary_at_the_wrong_end(squared, nu):
    radius = np.quantile(squared, nu)
    return radius, radius + np.maximum(0, squared - radius).mean() / nu


@wrong(ex.soft_boundary, "ν multiplies")
def soft_boundary_times_nu(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, radius + nu * np.maximum(0, squared - radius).mean()


@wrong(ex.soft_boundary, "rewarded")
def soft_boundary_without_the_hinge(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, radius + (squared - radius).mean() / nu


@wrong(ex.soft_boundary, "R² is missing")
def soft_boundary_without_the_radius(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    return radius, np.maximum(0, squared - radius).mean() / nu


@wrong(ex.soft_boundary, "the distances are squared")
def soft_boundary_with_a_plain_radius(squared, nu):
    radius = np.quantile(np.sqrt(squared), 1 - nu)
    return radius, radius**2 + np.maximum(0, squared - radius**2).mean() / nu


wrong(ex.soft_boundary, "2 results")(lambda squared, nu: squared.mean())
wrong(ex.soft_boundary, "share of")(lambda squared, nu: (squared.mean(), 0.0))

# ---------------------------------------------------------------------------------- 5 · the energy


@right(ex.energy)
def energy_by_cholesky(z, weights, means, covariances):
    logs = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        root = np.linalg.cholesky(covariance + 1e-6 * np.eye(len(mean)))
        scaled = np.linalg.solve(root, (z - mean).T)
        volume = 2 * np.log(np.diag(root)).sum() + len(mean) * np.log(2 * np.pi)
        logs.append(np.log(weight) - 0.5 * ((scaled**2).sum(axis=0) + volume))
    highest = np.max(logs, axis=0)
    return (-highest - np.log(np.exp(logs - highest).sum(axis=0))).tolist()


@right(ex.energy)
def energy_by_scipy(z, weights, means, covariances):
    ridge, logs = 1e-6 * np.eye(z.shape[1]), []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        normal = stats.multivariate_normal(mean, covariance + ridge)
        logs.append(np.atleast_1d(normal.logpdf(z)) + np.log(weight))
    return -special.logsumexp(logs, axis=0)


@right(ex.energy)
def energy_by_scikit_learn(z, weights, means, covariances):
    mixture = GaussianMixture(len(weights))
    mixture.weights_, mixture.means_ = weights, means
    inverses = np.linalg.inv(covariances + 1e-6 * np.eye(z.shape[1]))
    mixture.precisions_cholesky_ = np.linalg.cholesky(inverses)
    return pd.Series(-mixture.score_samples(z))


@right(ex.energy)
def energy_of_the_lesson(z, weights, means, covariances):
    covariances = covariances + 1e-6 * np.eye(z.shape[1])
    away = (z - means[:, None]).transpose(0, 2, 1)
    squared = (away * np.linalg.solve(covariances, away)).sum(axis=1)
    volume = np.linalg.slogdet(2 * np.pi * covariances)[1]
    logs = np.log(weights)[:, None] - 0.5 * (volume[:, None] + squared)
    return -np.logaddexp.reduce(logs, axis=0)


@right(ex.energy)
def energy_in_float32(*given):
    return ex.energy._solution(*(each.astype(np.float32) for each in given))


@right(ex.energy)
def energy_by_distributions(z, weights, means, covariances):
    ridge = 1e-6 * torch.eye(z.shape[1])
    each = torch.distributions.MultivariateNormal(means.requires_grad_(), covariances + ridge)
    shares = torch.distributions.Categorical(probs=weights)
    return -torch.distributions.MixtureSameFamily(shares, each).log_prob(z)


@right(ex.energy)
def energy_by_einsum_in_torch(z=None, weights=None, means=None, covariances=None):
    inverses = torch.linalg.inv(covariances + 1e-6 * torch.eye(z.size(1)))
    away = z[:, None] - means
    squared = torch.einsum("nki,kij,nkj->nk", away, inverses, away)
    volume = torch.linalg.slogdet(inverses / (2 * torch.pi))[1]
    return -torch.logsumexp(weights.log() + 0.5 * (volume - squared), dim=1)


def mixed(z, weights, means, covariances, log_density):
    """Return −log Σ weight · exp(log_density(z − μ, Σ)), the frame of many wrong answers."""
    ridge, logs = 1e-6 * np.eye(z.shape[1]), []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        logs.append(np.log(weight) + log_density(z - mean, covariance + ridge))
    return -np.logaddexp.reduce(logs, axis=0)


def volume(covariance):
    return np.linalg.slogdet(2 * np.pi * covariance)[1]


def squared(away, covariance):
    return (away @ np.linalg.inv(covariance) * away).sum(axis=1)


@wrong(ex.energy, "The ½ is missing")
def energy_without_a_half(*given):
    return mixed(*given, lambda away, S: -volume(S) - squared(away, S))


@wrong(ex.energy, "The ½ before the squared distance")
def energy_with_the_distance_doubled(*given):
    return mixed(*given, lambda away, S: -0.5 * volume(S) - squared(away, S))


@wrong(ex.energy, "The ½ before k · log 2π")
def energy_with_the_volume_doubled(*given):
    return mixed(*given, lambda away, S: -volume(S) - 0.5 * squared(away, S))


@wrong(ex.energy, "The ½ before log det Σ")
def energy_with_the_determinant_doubled(*given):
    def log_density(away, S):
        constant = len(S) * np.log(2 * np.pi)
        return -0.5 * (constant + squared(away, S)) - np.log(np.linalg.det(S))

    return mixed(*given, log_density)


@wrong(ex.energy, "Only the diagonal")
def energy_of_the_diagonals(z, weights, means, covariances):
    straight = [np.diag(np.diag(each)) for each in covariances]
    return ex.energy._solution(z, weights, means, straight)


@wrong(ex.energy, "divided by the diagonal")
def energy_divided_by_the_diagonal(*given):
    return mixed(*given, lambda away, S: -0.5 * (volume(S) + (away**2 / np.diag(S)).sum(axis=1)))


@wrong(ex.energy, "not inverted")
def energy_without_an_inverse(*given):
    return mixed(*given, lambda away, S: -0.5 * (volume(S) + (away @ S * away).sum(axis=1)))


@wrong(ex.energy, "plays no part in the distance")
def energy_of_plain_distances(*given):
    return mixed(*given, lambda away, S: -0.5 * (volume(S) + (away**2).sum(axis=1)))


@wrong(ex.energy, "not squared")
def energy_of_roots(*given):
    return mixed(*given, lambda away, S: -0.5 * (volume(S) + np.sqrt(squared(away, S))))


@wrong(ex.energy, "The determinant is missing")
def energy_without_a_determinant(*given):
    return mixed(*given, lambda away, S: -0.5 * (len(S) * np.log(2 * np.pi) + squared(away, S)))


@wrong(ex.energy, "log 2π is counted once")
def energy_with_one_log_2_pi(*given):
    return mixed(
        *given,
        lambda away, S: -0.5 * (np.log(2 * np.pi) + np.linalg.slogdet(S)[1] + squared(away, S)),
    )


@wrong(ex.energy, "Only the best component")
def energy_of_the_best(z, weights, means, covariances):
    logs = [
        np.log(weight) - ex.energy._solution(z, [1.0], [mean], [covariance])
        for weight, mean, covariance in zip(weights, means, covariances, strict=True)
    ]
    return -np.max(logs, axis=0)


@wrong(ex.energy, "each component and row")
def energy_of_each_component(z, weights, means, covariances):
    pairs = zip(means, covariances, strict=True)
    return [ex.energy._solution(z, [1.0], [mean], [covariance]) for mean, covariance in pairs]


@wrong(ex.energy, "1e-6 on its diagonal")
def energy_by_distributions_without_a_ridge(z, weights, means, covariances):
    each = torch.distributions.MultivariateNormal(means, covariances)
    shares = torch.distributions.Categorical(probs=weights)
    return -torch.distributions.MixtureSameFamily(shares, each).log_prob(z)


@wrong(ex.energy, "plays no part for you")
def energy_without_flat_components(z, weights, means, covariances):
    kept = np.linalg.det(covariances) > 0
    return ex.energy._solution(z, weights[kept], means[kept], covariances[kept])


@wrong(ex.energy, "With narrow components")
def energy_with_another_ridge(z, weights, means, covariances):
    return ex.energy._solution(z, weights, means, covariances + 1e-5 * np.eye(z.shape[1]))


@wrong(ex.energy, "the `covariances` that it was given")
def energy_that_adds_to_the_covariances(z, weights, means, covariances):
    right = ex.energy._solution(z, weights, means, covariances)
    covariances += 1e-6 * np.eye(z.shape[1])
    return right


@wrong(ex.energy, "sign is turned")
def energy_with_the_sign_turned(z, weights, means, covariances):
    return -ex.energy._solution(z, weights, means, covariances)


@wrong(ex.energy, "The ½ before the squared distance")
def energy_as_it_stands_in_the_lesson(z, weights, means, covariances):
    density = 0
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        squared = ((z - mean) @ np.linalg.inv(covariance) * (z - mean)).sum(axis=1)
        volume = np.sqrt(np.linalg.det(2 * np.pi * covariance))
        density = density + weight * np.exp(-squared) / volume
    return -np.log(density)


@wrong(ex.energy, "underflow")
def energy_without_log_sum_exp(z, weights, means, covariances):
    density = np.zeros(len(z))
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        covariance = covariance + 1e-6 * np.eye(len(mean))
        away = z - mean
        squared = (away * np.linalg.solve(covariance, away.T).T).sum(axis=1)
        root = np.sqrt(np.linalg.det(2 * np.pi * covariance))
        density += weight * np.exp(-0.5 * squared) / root
    return -np.log(density)


@wrong(ex.energy, "1e-6 on its diagonal")
def energy_without_a_ridge(z, weights, means, covariances):
    logs = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        away = z - mean
        squared = (away * np.linalg.solve(covariance, away.T).T).sum(axis=1)
        volume = len(mean) * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1]
        logs.append(np.log(weight) - 0.5 * (volume + squared))
    return -np.logaddexp.reduce(logs, axis=0)


@wrong(ex.energy, "averaged")
def energy_of_averaged_logs(z, weights, means, covariances):
    parts = [
        ex.energy._solution(z, [1.0], [mean], [covariance])
        for mean, covariance in zip(means, covariances, strict=True)
    ]
    return np.asarray(weights) @ np.array(parts)


@wrong(ex.energy, "mixture weights are missing")
def energy_without_weights(z, weights, means, covariances):
    return ex.energy._solution(z, np.ones(len(weights)), means, covariances)


wrong(ex.energy, "is expected")(lambda z, w, m, c: np.zeros(len(z)))

# ------------------------------------------------------------------------- 6 · many small networks

right(ex.ensemble_score)(
    lambda d, t: [np.mean(row / np.median(t, axis=1)) for row in np.transpose(d)]
)


@right(ex.ensemble_score)
def score_by_torch(distances, training):
    usual = training.median(dim=1, keepdim=True).values
    return (distances.requires_grad_() / usual).mean(dim=0)


@right(ex.ensemble_score)
def score_by_torch_s_quantile(distances, training):
    usual = torch.quantile(training, 0.5, dim=1)
    return torch.einsum("mn,m->n", distances, 1 / usual) / len(usual)


@right(ex.ensemble_score)
def score_by_loops(distances, training):
    totals = [0.0] * len(distances[0])
    for row, known in zip(distances.tolist(), training.tolist(), strict=True):
        for at, each in enumerate(row):
            totals[at] += each / median(known) / len(distances)
    return totals


@right(ex.ensemble_score)
def score_in_pandas(distances=None, training=None):
    usual = pd.DataFrame(training).median(axis="columns")
    return pd.DataFrame(distances).div(usual, axis="index").mean().astype("float32")


@wrong(ex.ensemble_score, "divided then")
def ensemble_score_averaged_first(distances, training):
    return distances.mean(axis=0) / np.median(training, axis=1).mean()


@wrong(ex.ensemble_score, "The sum over the members")
def ensemble_score_summed(distances, training):
    return (distances / np.median(training, axis=1, keepdims=True)).sum(axis=0)


@wrong(ex.ensemble_score, "median over the members")
def ensemble_score_by_the_median_member(distances, training):
    return np.median(distances / np.median(training, axis=1, keepdims=True), axis=0)


@wrong(ex.ensemble_score, "are subtracted")
def ensemble_score_by_differences(distances, training):
    return (distances - np.median(training, axis=1, keepdims=True)).mean(axis=0)


@wrong(ex.ensemble_score, "upside down")
def ensemble_score_upside_down(distances, training):
    return (np.median(training, axis=1, keepdims=True) / distances).mean(axis=0)


@wrong(ex.ensemble_score, "each member and row")
def ensemble_score_not_averaged(distances, training):
    return distances / np.median(training, axis=1, keepdims=True)


@wrong(ex.ensemble_score, "With many members")
def ensemble_score_of_ten_members(distances, training):
    return ex.ensemble_score._solution(distances[:10], training[:10])


@wrong(ex.ensemble_score, "the `distances` that it was given")
def ensemble_score_in_place(distances, training):
    distances /= np.median(training, axis=1, keepdims=True)
    return distances.mean(axis=0)


@wrong(ex.ensemble_score, "not brought to one scale")
def ensemble_score_as_they_are(distances, training):
    return distances.mean(axis=0)


@wrong(ex.ensemble_score, "the third member decides")
def ensemble_score_as_it_stands_in_the_lesson(distances, training):
    return (distances / np.median(distances)).mean(axis=0)


@wrong(ex.ensemble_score, "in other company")
def ensemble_score_scaled_by_the_batch(distances, training):
    return (distances / np.median(distances, axis=1, keepdims=True)).mean(axis=0)


@wrong(ex.ensemble_score, "axis=1")
def ensemble_score_with_one_median(distances, training):
    return (distances / np.median(training)).mean(axis=0)


@wrong(ex.ensemble_score, "the median is asked for")
def ensemble_score_by_means(distances, training):
    return (distances / training.mean(axis=1, keepdims=True)).mean(axis=0)


wrong(ex.ensemble_score, "members")(lambda d, t: d.mean(axis=1))
wrong(ex.ensemble_score, "standard deviation")(
    lambda d, t: (d / t.std(axis=1, keepdims=True)).mean(axis=0)
)
