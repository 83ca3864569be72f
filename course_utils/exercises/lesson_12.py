"""Exercises of lesson 12: networks that cannot collapse, spheres, energies and ensembles."""

from __future__ import annotations

from itertools import pairwise

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, name_the_mistake, require, same_numbers

import numpy as np

# ---------------------------------------------------------------- 1 · a network that cannot cheat


build_network = Exercise(
    "Return an nn.Sequential of linear layers of these widths: no biases, ReLU between the "
    "layers, nothing after the last.",
    hints=(
        "pairwise((3, 8, 2)) gives (3, 8) and (8, 2): the inputs and outputs of each layer.",
        "nn.Linear has a bias unless you say bias=False.",
        "Collect nn.Linear and nn.ReLU in a list, leave out the last ReLU with layers[:-1], and "
        "hand them over with nn.Sequential(*layers[:-1]).",
    ),
    praise="Right. It maps 0 to 0 and twice a row to twice its output, so no setting of its "
    "weights but zero sends every row to one point.",
)


@build_network.set_solution
def build_network_solution(widths):
    from torch import nn

    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@build_network.set_check
def build_network_check(answer):
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for widths in ((3, 8, 2), (4, 16, 16, 5)):
            network = answer(widths)
            require(network is not None, "Your function returned None: is a `return` missing?")
            require(
                isinstance(network, nn.Module),
                f"A torch module is expected, such as nn.Sequential; this is "
                f"{type(network).__name__}.",
            )
            _judge_network(network.cpu(), widths)


def _judge_network(network, widths) -> None:
    import torch

    shapes = [
        tuple(reversed(each.shape)) for each in network.parameters() if each.ndim == 2
    ]  # (in, out) of each layer
    expected = list(pairwise(widths))
    require(
        shapes == expected,
        f"The layers go {shapes} for widths {widths}; {expected} is expected, inputs first.",
    )
    require(
        all(each.ndim == 2 for each in network.parameters()),
        "A bias was left in: nn.Linear has one unless you say bias=False. With a bias in the "
        "last layer, zero weights and bias = c send every row to the centre, at loss 0.",
    )
    rows = torch.randn(200, widths[0], generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        once, twice = network(rows), network(2 * rows)
        turned = network(-rows)
    require(
        once.min() < 0,
        "No output is ever negative: an activation stands after the last layer. The centre may "
        "have negative coordinates, and half of the space would be out of reach.",
    )
    require(
        not torch.allclose(once, -turned, atol=1e-5) or once.abs().max() <= 1,
        "Without an activation between them, the layers are one matrix: f(−x) = −f(x).",
    )
    require(
        torch.allclose(2 * once, twice, rtol=1e-4, atol=1e-5),
        "Twice a row does not give twice the output: an activation bends at large values or is "
        "bounded. A unit that saturates is as good as a bias. Take ReLU.",
    )


# ------------------------------------------------------------------------------ 2 · the centre

first_centre = Exercise(
    "Return the mean output, with every coordinate that is nearer to 0 than `least` moved to "
    "± `least`, on its own side.",
    hints=(
        "The mean over the rows is outputs.mean(axis=0), one number for each coordinate.",
        "np.where(condition, a, b) takes a where the condition holds and b elsewhere.",
        "np.where(np.abs(mean) < least, np.where(mean < 0, -least, least), mean)",
    ),
    praise="Right. A coordinate at 0 would be reached by zero weights alone; this one costs the "
    "network something.",
)


@first_centre.set_solution
def first_centre_solution(outputs, least):
    mean = outputs.mean(axis=0)
    edge = np.where(mean < 0, -least, least)
    return np.where(np.abs(mean) < least, edge, mean)


@first_centre.set_check
def first_centre_check(answer):
    generator = np.random.default_rng(12)
    wanted = np.array([0.7, -0.02, 0.04, -0.5, 0.0])
    outputs = generator.normal(size=(40, 5))
    outputs += wanted - outputs.mean(axis=0)
    for least in (0.1, 0.3):
        got = as_array(answer(outputs.copy(), least), what="the centre")
        require(
            got.shape != (40,),
            "One number for each row came back: the mean is over the rows, axis=0.",
        )
        got = as_array(got, shape=(5,), what="the centre")
        _judge_centre(got, outputs.mean(axis=0), least)


def _judge_centre(got, mean, least) -> None:
    right = first_centre_solution(mean[None], least)
    # exactly 0 may go to either side
    if same_numbers(np.r_[got[:4], abs(got[4])], np.r_[right[:4], least]):
        return
    near = np.abs(mean) < least
    name_the_mistake(
        got[:4],
        (
            (
                mean[:4],
                "The coordinates near 0 were left there. A network whose weights shrink to zero "
                "arrives at such a centre with nothing learnt.",
            ),
            (
                np.where(near, least, mean)[:4],
                "A small negative coordinate was sent to the other side, to + least. Keep its "
                "sign: that is where the rows are.",
            ),
            (
                np.maximum(np.abs(mean), least)[:4],
                "The signs are gone: all coordinates came back positive. The size decides which "
                "are moved; the sign stays.",
            ),
            (
                (mean + np.where(mean < 0, -least, least))[:4],
                "Every coordinate was pushed outwards. Only those nearer to 0 than `least` move.",
            ),
            (
                np.clip(mean, -least, least)[:4],
                "That is the other way round: large coordinates were cut down to `least`. The "
                "small ones are to be moved away from 0.",
            ),
        ),
    )
    require(
        abs(got[4]) > 0,
        "A coordinate of exactly 0 stayed at 0; np.sign(0) is 0. Send it to either side.",
    )
    require(
        False, f"The centre is {np.round(got, 3)}; {np.round(right, 3)} is expected for {mean}."
    )


# -------------------------------------------------------------------------------- 3 · the loss

one_class_loss = Exercise(
    "Return the mean over the rows of the squared distance between output and centre.",
    hints=(
        "outputs - centre has the shape of outputs: the centre (k,) is taken from every row.",
        "A squared distance is a sum over coordinates: ((outputs - centre) ** 2).sum(axis=1).",
        "Then the mean over the rows: one number.",
    ),
    praise="Right. Sum over coordinates, mean over rows, and a centre that stays where it is.",
)


@one_class_loss.set_solution
def one_class_loss_solution(outputs, centre):
    squared = ((outputs - centre) ** 2).sum(axis=1)
    return squared.mean()


@one_class_loss.set_check
def one_class_loss_check(answer):
    generator = np.random.default_rng(3)
    for rows, width in ((7, 3), (1, 4)):
        outputs, centre = generator.normal(size=(rows, width)), generator.normal(size=width)
        got = as_array(answer(outputs.copy(), centre.copy()), what="the loss")
        require(
            got.shape != (rows,) or rows == 1,
            "One number for each row came back: those are the scores. The loss is their mean.",
        )
        require(got.size == 1, f"The loss is one number; yours has shape {got.shape}.")
        _judge_loss(got.reshape(()), outputs, centre)


def _judge_loss(got, outputs, centre) -> None:
    away = outputs - centre
    right = (away**2).sum(axis=1).mean()
    if same_numbers(got, right):
        return
    name_the_mistake(
        got,
        (
            (
                (away**2).mean(),
                "The mean was taken over the coordinates too. A squared distance is their sum; "
                "with the mean, the loss and its slopes shrink as the output gets wider.",
            ),
            (
                (away**2).sum(),
                "The sum was taken over the rows too: twice the batch would mean twice the step. "
                "Mean over rows.",
            ),
            (
                ((outputs - outputs.mean(axis=0)) ** 2).sum(axis=1).mean(),
                "The centre was computed anew from these outputs. Then shrinking all weights "
                "brings the loss to 0: the centre must stay where it was put.",
            ),
            (
                np.linalg.norm(away, axis=1).mean(),
                "This is the distance, not squared. It ranks rows alike, but it is another loss: "
                "far rows pull no more than near ones.",
            ),
            (
                (away.mean(axis=0) ** 2).sum(),
                "The rows were averaged first. Rows on opposite sides of the centre cancel, and "
                "a wide cloud around it costs nothing.",
            ),
        ),
    )
    require(False, f"The loss is {got:.4f}; {right:.4f} is expected.")


# ------------------------------------------------------------------------ 4 · the soft boundary

soft_boundary = Exercise(
    "Return (R², loss): R² leaves the share ν of the squared distances outside, and the loss is "
    "R² plus 1/ν times the mean of what sticks out.",
    hints=(
        "np.quantile(squared, 1 - nu) leaves the share nu above it.",
        "What sticks out is max(0, squared − R²): np.maximum(0, squared - radius).",
        "loss = radius + np.maximum(0, squared - radius).mean() / nu",
    ),
    praise="Right. With 1/ν in front, a larger sphere costs exactly as much as it saves when a "
    "share ν is outside.",
)


@soft_boundary.set_solution
def soft_boundary_solution(squared, nu):
    radius = np.quantile(squared, 1 - nu)
    outside = np.maximum(0, squared - radius)
    return radius, radius + outside.mean() / nu


@soft_boundary.set_check
def soft_boundary_check(answer):
    squared = np.random.default_rng(4).gamma(2.0, size=401)
    for nu in (0.1, 0.25):
        result = answer(squared.copy(), nu)
        require(
            isinstance(result, tuple | list) and len(result) == 2,
            "Two results are expected, in this order: `return radius, loss`.",
        )
        radius = float(as_array(result[0], shape=(), what="R²"))
        loss = float(as_array(result[1], shape=(), what="the loss"))
        _judge_boundary(radius, loss, squared, nu)


def _judge_boundary(radius, loss, squared, nu) -> None:
    outside = float(np.mean(squared > radius + 1e-9))
    require(
        abs(outside - (1 - nu)) > 0.01,
        f"A share of {outside:.2f} lies outside: that is the quantile ν. Take the quantile 1 − ν, "
        "which leaves ν above it.",
    )
    require(
        not same_numbers(radius, np.sqrt(np.quantile(squared, 1 - nu))),
        "That is R; the distances are squared, and so is the radius that is asked for.",
    )
    require(
        abs(outside - nu) < 0.01,
        f"A share of {outside:.2f} lies outside your sphere; ν = {nu} is expected.",
    )
    over = squared - radius
    hinge = np.maximum(0, over)
    name_the_mistake(
        loss,
        (
            (
                radius + over.mean() / nu,
                "Rows inside are rewarded: without max(0, …) a row at the centre pays for one far "
                "outside. Inside, a row costs nothing.",
            ),
            (
                radius + nu * hinge.mean(),
                "ν multiplies where it should divide: a small ν must make rows outside dear.",
            ),
            (radius + hinge.mean(), "The factor 1/ν is missing."),
            (
                hinge.mean() / nu,
                "R² is missing: without it the largest sphere is the best, with nobody outside.",
            ),
            (
                radius + hinge.sum() / nu,
                "The sum over the rows was taken. With the mean, ν is a share of any batch.",
            ),
            (
                radius + over[over > 0].mean() / nu,
                "The mean was taken over the rows outside alone. It is over all rows of the "
                "batch; those inside count as 0.",
            ),
        ),
    )
    right = radius + hinge.mean() / nu
    require(same_numbers(loss, right), f"The loss is {loss:.4f}; {right:.4f} is expected.")


# ------------------------------------------------------------------------------- 5 · the energy

energy = Exercise(
    "Return each row's energy, −log of the mixture's density, with 1e-6 added to each "
    "covariance's diagonal first.",
    hints=(
        "For each component: log weight − ½ (k · log 2π + log det Σ + (z − μ)ᵀ Σ⁻¹ (z − μ)). "
        "np.linalg.slogdet(Σ)[1] is log det Σ.",
        "np.linalg.solve(Σ, (z - μ).T).T is Σ⁻¹ (z − μ) for all rows; multiply by z − μ and sum "
        "over the columns.",
        "Stack the logs of the components to (K, n) and add them up with "
        "np.logaddexp.reduce(logs, axis=0). The energy is minus that.",
    ),
    praise="Right: the number that scikit-learn calls −score_samples, and finite however far the "
    "row.",
)


@energy.set_solution
def energy_solution(z, weights, means, covariances):
    logs = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        covariance = covariance + 1e-6 * np.eye(len(mean))
        away = z - mean
        squared = (away * np.linalg.solve(covariance, away.T).T).sum(axis=1)
        volume = len(mean) * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1]
        logs.append(np.log(weight) - 0.5 * (volume + squared))
    return -np.logaddexp.reduce(logs, axis=0)


@energy.set_check
def energy_check(answer):
    generator = np.random.default_rng(7)
    means = generator.normal(size=(3, 2))
    roots = generator.normal(size=(3, 2, 2))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.2 * np.eye(2)
    weights = np.array([0.5, 0.3, 0.2])
    z = generator.normal(size=(9, 2))
    mixture = weights, means, covariances
    got = as_array(answer(z.copy(), *_copies(mixture)), shape=(9,), what="the energy")
    _judge_energy(got, z, mixture)
    with np.errstate(all="ignore"):
        far = np.asarray(answer(z + 100.0, *_copies(mixture)), dtype=float)
    require(
        np.isfinite(far).all(),
        "For a row far away the energy is not finite: its densities underflow to 0, and the "
        "logarithm of 0 is −∞. Add in logs: np.logaddexp, or scipy's logsumexp.",
    )
    require(same_numbers(far, energy_solution(z + 100.0, *mixture)), "Far rows come out wrong.")
    _judge_flat(answer, z, mixture)


def _copies(mixture):
    return tuple(each.copy() for each in mixture)


def _judge_energy(got, z, mixture) -> None:
    weights, means, covariances = mixture
    right = energy_solution(z, *mixture)
    if same_numbers(got, right):
        return
    logs = np.array(
        [-energy_solution(z, [1.0], means[i : i + 1], covariances[i : i + 1]) for i in range(3)]
    )
    weighted = logs + np.log(weights)[:, None]
    roots = np.array([np.linalg.slogdet(each)[1] for each in covariances])[:, None] / 2
    k = z.shape[1]
    mistakes = (
        (
            -right,
            "The sign is turned: this is the log density, high where rows are usual. The energy "
            "is minus that, so that anomalies score high.",
        ),
        (
            np.exp(-right),
            "This is the density itself. The energy is minus its logarithm.",
        ),
        (
            -np.logaddexp.reduce(logs, axis=0),
            "The mixture weights are missing: each component counts with its share.",
        ),
        (
            -(weights[:, None] * logs).sum(axis=0),
            "The logarithms were averaged. The densities are added first and the logarithm comes "
            "last: a row needs one component that explains it, not all.",
        ),
        (
            -weighted.sum(axis=0),
            "The logarithms were added, which multiplies the densities. A mixture adds them.",
        ),
        (
            -weighted.max(axis=0),
            "Only the best component counts here. Add the densities of all of them.",
        ),
        (
            right - k * np.log(2 * np.pi) / 2,
            "The factor (2π)^(k/2) is missing. Rows rank alike, but energies of other mixtures "
            "cannot be compared, and scikit-learn's is another number.",
        ),
        (
            -np.logaddexp.reduce(weighted + roots, axis=0),
            "The determinant is missing: a wide component would be as dense as a narrow one.",
        ),
        (
            -np.logaddexp.reduce(weighted - roots, axis=0),
            "log det Σ counts half: the density has the root of the determinant.",
        ),
    )
    name_the_mistake(got, mistakes)
    require(
        False, f"The energies start {np.round(got[:3], 3)}; {np.round(right[:3], 3)} expected."
    )


def _judge_flat(answer, z, mixture) -> None:
    weights, means, covariances = mixture
    flat = covariances.copy()
    flat[0] = np.ones((2, 2))
    try:
        with np.errstate(all="ignore"):
            got = np.asarray(answer(z.copy(), weights.copy(), means.copy(), flat.copy()), float)
    except np.linalg.LinAlgError:
        got = np.array(np.nan)
    right = energy_solution(z, weights, means, flat)
    require(
        np.isfinite(got).all() and same_numbers(got, right, 1e-3),
        "A component without any width in one direction has no inverse: the covariance needs "
        "1e-6 on its diagonal before it is inverted.",
    )


# ----------------------------------------------------------------------- 6 · many small networks

ensemble_score = Exercise(
    "Return one score per row: each member's distances divided by its median on the training "
    "rows, then the mean over the members.",
    hints=(
        "Both arrays have members first: (members, rows). The median over the rows is axis=1.",
        "np.median(training, axis=1, keepdims=True) has shape (members, 1) and divides every row.",
        "(distances / usual).mean(axis=0)",
    ),
    praise="Right. Every member has the same say, and a row's score does not depend on the rows "
    "that are scored beside it.",
)


@ensemble_score.set_solution
def ensemble_score_solution(distances, training):
    usual = np.median(training, axis=1, keepdims=True)
    return (distances / usual).mean(axis=0)


@ensemble_score.set_check
def ensemble_score_check(answer):
    generator = np.random.default_rng(8)
    sizes = np.array([[0.1], [1.0], [30.0], [2.0]])
    training = sizes * generator.gamma(3.0, size=(4, 21))
    distances = sizes * generator.gamma(4.0, size=(4, 6))
    got = as_array(answer(distances.copy(), training.copy()), what="the scores")
    require(
        got.shape != (4,), "One number for each member came back: the mean is over the members."
    )
    got = as_array(got, shape=(6,), what="the scores")
    usual = np.median(training, axis=1, keepdims=True)
    right = (distances / usual).mean(axis=0)
    if not same_numbers(got, right):
        mistakes = (
            (
                distances.mean(axis=0),
                "The members were not brought to one scale: the third one, whose distances are "
                "in the tens, decides alone.",
            ),
            (
                (distances / np.median(distances, axis=1, keepdims=True)).mean(axis=0),
                "The medians are of the rows being scored: the same row would get another score "
                "in other company, and a batch full of anomalies would look usual.",
            ),
            (
                (distances / np.median(training)).mean(axis=0),
                "One median for all members leaves their scales as different as they were: "
                "axis=1.",
            ),
            (
                (distances / usual).sum(axis=0),
                "The sum over the members grows with their number; take the mean.",
            ),
            (
                (distances / usual**2).mean(axis=0),
                "Distances and medians should have one unit. One of them is squared.",
            ),
            (
                (distances / training.mean(axis=1, keepdims=True)).mean(axis=0),
                "That is the mean of the training distances. A few far rows move it; the median "
                "is asked for.",
            ),
        )
        name_the_mistake(got, mistakes)
        require(False, f"The scores are {np.round(got, 3)}; {np.round(right, 3)} is expected.")
