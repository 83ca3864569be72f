"""Exercises of lesson 12 on scores: a mixture's energy, and many small networks' mean."""

from __future__ import annotations

from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    plain,
    require,
    same_numbers,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ------------------------------------------------------------------------------- 5 · the energy

energy = TensorExercise(
    "Mend the energy: −log of the mixture's density at each row, with 1e-6 added to each "
    "covariance's diagonal first.",
    hints=(
        "Compare it with the formula, term by term. Then think of a row that is 100 away, whose "
        "density is 0 in the computer, and of a covariance that has no inverse.",
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


def _mixture(rng, components, k, size=1.0):
    """Return weights (K,), means (K, k) and covariances (K, k, k), none of them nearly flat."""
    roots = rng.normal(size=(components, k, k))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.2 * np.eye(k)
    weights = rng.dirichlet(np.full(components, 2.0)) * 0.9 + 0.1 / components
    return weights, size * rng.normal(size=(components, k)), size**2 * covariances


def _with_a_flat_component(mixture):
    weights, means, covariances = (each.copy() for each in mixture)
    covariances[0] = 0
    covariances[0, 0, 0] = 1
    return weights, means, covariances


@energy.set_check
def energy_check(answer):
    generator = np.random.default_rng(7)
    mixture, z = _mixture(generator, 3, 2), generator.normal(size=(9, 2))

    def energies(z, mixture):
        with np.errstate(all="ignore"):
            return plain(answer(z.copy(), *(each.copy() for each in mixture)))

    got = as_array(energies(z, mixture), what="the energy")
    require(
        got.shape != (3, 9) and got.shape != (9, 3),
        "One number for each component and row came back. Add up the components' densities.",
    )
    require(got.shape != (3,), "One number for each component came back; each row has an energy.")
    require(got.shape != (), "One number in all came back. Each row has an energy of its own.")
    _name_the_energy(as_array(got, shape=(9,), what="the energy"), z, mixture)
    far = energies(z + 100.0, mixture)
    require(
        np.isfinite(np.asarray(far, dtype=float)).all(),
        "For a row far away the energy is not finite: its densities underflow to 0, and the "
        "logarithm of 0 is −∞. Add in logs: np.logaddexp, or scipy's logsumexp.",
    )
    flat = _with_a_flat_component(mixture)
    z[:4, 1] = flat[1][0, 1]  # rows that lie in it
    needs = (
        "A component without any width in one direction has no inverse: the covariance needs "
        "1e-6 on its diagonal before it is inverted."
    )
    try:
        got = np.asarray(energies(z, flat), dtype=float)
    except Exception as error:
        words = f"{type(error).__name__} {error}".lower()
        require(not any(each in words for each in ("linalgerror", "singular", "definite")), needs)
        raise
    require(np.isfinite(got).all(), needs)
    weights, means, covariances = flat
    without = energy_solution(z, weights[1:], means[1:], covariances[1:])
    require(
        not same_numbers(got, without) or same_numbers(without, energy_solution(z, *flat)),
        "A component without any width in one direction plays no part for you: the covariance "
        "needs 1e-6 on its diagonal before it is inverted.",
    )


def _name_the_energy(got, z, mixture) -> None:
    weights, means, covariances = mixture
    right = energy_solution(z, *mixture)
    k, shares = z.shape[1], np.log(weights)[:, None]
    covariances = covariances + 1e-6 * np.eye(k)
    away = (z - means[:, None]).transpose(0, 2, 1)  # (K, k, n)
    squared = (away * np.linalg.solve(covariances, away)).sum(axis=1)  # (K, n)
    determinant = np.linalg.slogdet(covariances)[1][:, None]  # (K, 1), its logarithm
    widths = np.diagonal(covariances, axis1=1, axis2=2)[..., None]  # (K, k, 1)
    straight, product = (away**2 / widths).sum(axis=1), np.log(widths).sum(axis=1)
    constant = k * np.log(2 * np.pi)
    volume = constant + determinant
    logs = -0.5 * (volume + squared)

    def mixed(logs):
        return -np.logaddexp.reduce(shares + logs, axis=0)

    name_the_mistake(
        got,
        (
            (
                -right,
                "The sign is turned: this is the log density, high where rows are usual. The "
                "energy is minus that, so that anomalies score high.",
            ),
            (np.exp(-right), "This is the density itself. The energy is minus its logarithm."),
            (
                -np.logaddexp.reduce(logs, axis=0),
                "The mixture weights are missing: each component counts with its share.",
            ),
            (
                -np.logaddexp.reduce(weights[:, None] + logs, axis=0),
                "The weight itself is added to the log density. Add its logarithm.",
            ),
            (
                -(weights[:, None] * logs).sum(axis=0),
                "The logarithms were averaged. The densities are added first and the logarithm "
                "comes last: a row needs one component that explains it, not all.",
            ),
            (
                -(shares + logs).sum(axis=0),
                "The logarithms were added, which multiplies the densities. A mixture adds them.",
            ),
            (
                -(shares + logs).max(axis=0),
                "Only the best component counts here. Add the densities of all of them.",
            ),
            (
                mixed(-(volume + squared)),
                "The ½ is missing: it halves k · log 2π, log det Σ and the squared distance.",
            ),
            (
                mixed(-0.5 * volume - squared),
                "The ½ before the squared distance (z − μ)ᵀ Σ⁻¹ (z − μ) is missing.",
            ),
            (
                mixed(-volume - 0.5 * squared),
                "The ½ before k · log 2π + log det Σ is missing: the density has its root.",
            ),
            (
                mixed(-0.5 * (constant + squared) - determinant),
                "The ½ before log det Σ is missing: the density has the determinant's root.",
            ),
            (
                mixed(-0.5 * (constant + product + straight)),
                "Only the diagonal of Σ counts here, as if the columns varied independently. The "
                "whole matrix is inverted: np.linalg.solve or np.linalg.inv.",
            ),
            (
                mixed(-0.5 * (volume + straight)),
                "The differences are divided by the diagonal of Σ. The whole matrix is inverted: "
                "np.linalg.solve or np.linalg.inv.",
            ),
            (
                mixed(
                    -0.5 * (volume + (away**2 / covariances.sum(axis=1)[..., None]).sum(axis=1))
                ),
                "The differences are divided by sums over Σ. The whole matrix is inverted.",
            ),
            (
                mixed(-0.5 * (volume + (away * (covariances @ away)).sum(axis=1))),
                "Σ was not inverted: it multiplies the differences, so that a wide component "
                "makes rows unusual. Take Σ⁻¹: np.linalg.solve or np.linalg.inv.",
            ),
            (
                mixed(
                    -0.5
                    * (
                        volume
                        + (away * np.linalg.solve(np.sqrt(np.abs(covariances)), away)).sum(axis=1)
                    )
                ),
                "The root of Σ, entry by entry, was inverted. Σ itself is.",
            ),
            (
                mixed(-0.5 * (volume + (away**2).sum(axis=1))),
                "Σ plays no part in the distance: (z − μ)ᵀ Σ⁻¹ (z − μ) is asked for.",
            ),
            (
                mixed(-0.5 * (volume + np.sqrt(squared))),
                "The distance is not squared: no root is taken of (z − μ)ᵀ Σ⁻¹ (z − μ).",
            ),
            (squared.min(axis=0), "That is the squared distance from the nearest component."),
            (np.sqrt(squared).min(axis=0), "That is the distance from the nearest component."),
            (
                right - constant / 2,
                "The factor (2π)^(k/2) is missing. Rows rank alike, but energies of other "
                "mixtures cannot be compared, and scikit-learn's is another number.",
            ),
            (
                right - constant / 2 + constant / 2 / k,
                "log 2π is counted once. The density of k columns has (2π)^(k/2): k · log 2π.",
            ),
            (
                mixed(-0.5 * (constant + squared)),
                "The determinant is missing: a wide component would be as dense as a narrow one.",
            ),
            (
                mixed(-0.5 * (constant - determinant + squared)),
                "log det Σ has the wrong sign: a wide component is less dense, not more.",
            ),
        ),
    )


@energy.set_inputs
def energy_inputs(rng):
    for what, components, k, rows, size in (
        ("three components in two dimensions", 3, 2, 8, 1.0),
        ("one component", 1, 3, 6, 1.0),
        ("one dimension", 2, 1, 7, 1.0),
        ("four dimensions", 2, 4, 5, 1.0),
        ("one row", 4, 2, 1, 1.0),
        ("as many rows as dimensions and components", 3, 3, 3, 1.0),
        ("wide components", 2, 2, 6, 100.0),
        ("narrow components", 2, 2, 6, 0.02),
    ):
        mixture = _mixture(rng, components, k, size)
        yield what, (size * rng.normal(0.3, 1.5, size=(rows, k)), *mixture)
    yield "rows far away", (60 + 20 * rng.normal(size=(5, 2)), *_mixture(rng, 3, 2))
    mixture = _mixture(rng, 2, 3)
    yield "rows at the means", (mixture[1].copy(), *mixture)
    mixture = _with_a_flat_component(_mixture(rng, 2, 2))
    mixture[1][0] = 0  # so that float32 knows as well how far rows lie from it
    z = rng.normal(size=(6, 2)) * [1.0, 2e-3]
    yield "a component that is flat in one direction", (z, *mixture)
    _, means, covariances = _mixture(rng, 2, 2)
    means[1] += 8
    mixture = np.array([1 - 1e-6, 1e-6]), means, covariances
    yield "a weight that is small", (mixture[1][1] + rng.normal(size=(4, 2)), *mixture)


# ----------------------------------------------------------------------- 6 · many small networks

ensemble_score = TensorExercise(
    "Mend the score: each member's distances divided by its own median on the training rows, "
    "then the mean over the members.",
    hints=(
        "Score one row alone: what is the median then? And whose distances is it the median of?",
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


def _score_by_the_lower_median(distances, training):
    """Take the lower one of two rows in the middle, as torch.median does."""
    usual = np.sort(training, axis=1)[:, (training.shape[1] - 1) // 2]
    return (distances / usual[:, None]).mean(axis=0)


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
    require(
        got.shape != (4, 6),
        "One number for each member and row came back. Average over the members, axis=0.",
    )
    got = as_array(got, shape=(6,), what="the scores")
    usual = np.median(training, axis=1, keepdims=True)
    ratios = distances / usual
    name_the_mistake(
        got,
        (
            (
                distances.mean(axis=0),
                "The members were not brought to one scale: the third one, whose distances are "
                "in the tens, decides alone.",
            ),
            (
                (distances / np.median(distances)).mean(axis=0),
                "The median is of the rows being scored, and one for all members: the same row "
                "would get another score in other company, and the third member decides alone.",
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
                distances.mean(axis=0) / usual.mean(),
                "You averaged distances and medians first and divided then: the member with the "
                "largest numbers decides alone. Divide first.",
            ),
            (
                ratios.sum(axis=0),
                "The sum over the members grows with their number; take the mean.",
            ),
            (np.median(ratios, axis=0), "You took the median over the members; take the mean."),
            (ratios.max(axis=0), "The largest member's score is taken; take the mean of all."),
            (
                (distances / usual**2).mean(axis=0),
                "Distances and medians should have one unit. One of them is squared.",
            ),
            (
                (distances * usual).mean(axis=0),
                "The distances are multiplied by the medians. Divide by them.",
            ),
            (
                (usual / distances).mean(axis=0),
                "The ratio is upside down: a row far away would get a low score.",
            ),
            (
                (distances - usual).mean(axis=0),
                "The medians are subtracted. That leaves the members' scales as different as "
                "they were; divide.",
            ),
            (
                (distances / training.mean(axis=1, keepdims=True)).mean(axis=0),
                "That is the mean of the training distances. A few far rows move it; the median "
                "is asked for.",
            ),
            (
                (distances / training.max(axis=1, keepdims=True)).mean(axis=0),
                "The distances are divided by the farthest training row's; the median is asked "
                "for.",
            ),
            (
                (distances / training.std(axis=1, keepdims=True)).mean(axis=0),
                "The distances are divided by the training distances' standard deviation; the "
                "median is asked for.",
            ),
        ),
    )


@ensemble_score.set_inputs(also_right=[_score_by_the_lower_median])
def ensemble_score_inputs(rng):
    for what, members, rows, trained in (
        ("five members", 5, 7, 15),
        ("an even number of training rows", 3, 4, 10),
        ("one member", 1, 6, 9),
        ("one row", 4, 1, 11),
        ("one training row", 3, 5, 1),
        ("two training rows", 3, 5, 2),
        ("as many members as rows", 4, 4, 4),
        ("many members", 16, 3, 21),
    ):
        sizes = 10.0 ** rng.uniform(-2, 2, size=(members, 1))
        training = sizes * rng.gamma(3.0, size=(members, trained))
        yield what, (sizes * rng.gamma(4.0, size=(members, rows)), training)
    training, distances = rng.exponential(size=(2, 4, 13)) ** 3 + 0.01
    yield "skewed distances", (distances, training)
    whole = rng.integers(1, 5, size=(3, 17)).astype(float)
    yield "tied distances", (whole[:, :6], whole[:, 6:])
    yield "rows at the centre", (np.zeros((3, 2)), rng.gamma(3.0, size=(3, 7)))
    training, distances = rng.gamma(3.0, size=(2, 3, 9)).astype(np.float32)
    yield "float32", (distances, training)
