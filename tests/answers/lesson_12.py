"""Answers to the exercises of lesson 12: right ones in other styles, and wrong ones."""

from itertools import pairwise

from answers import right, wrong
from course_utils.exercises import lesson_12 as ex

import numpy as np
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
    return np.where(np.abs(mean) < least, np.sign(np.round(mean, 12)) * least, mean)


@wrong(ex.first_centre, "over the rows, axis=0")
def first_centre_of_each_row(outputs, least):
    return outputs.mean(axis=1)


wrong(ex.first_centre, "is expected")(lambda outputs, least: outputs.mean(axis=0) * 3)
wrong(ex.first_centre, "the other way round")(
    lambda outputs, least: np.clip(outputs.mean(axis=0), -least, least)
)

# ------------------------------------------------------------------------------------ 3 · the loss

right(ex.one_class_loss)(lambda outputs, c: np.linalg.norm(outputs - c) ** 2 / len(outputs))


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


@wrong(ex.energy, "sign is turned")
def energy_with_the_sign_turned(z, weights, means, covariances):
    return -ex.energy._solution(z, weights, means, covariances)


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


wrong(ex.energy, "expected")(lambda z, w, m, c: np.zeros(len(z)))

# ------------------------------------------------------------------------- 6 · many small networks

right(ex.ensemble_score)(
    lambda d, t: [np.mean(row / np.median(t, axis=1)) for row in np.transpose(d)]
)


@wrong(ex.ensemble_score, "not brought to one scale")
def ensemble_score_as_they_are(distances, training):
    return distances.mean(axis=0)


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
