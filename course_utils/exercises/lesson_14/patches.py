"""Exercises of lesson 14 about patches: one Gaussian a place, the farthest rows of a bank."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_14._covariance import rows_taken_for_columns
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
    take_apart,
)

import numpy as np

# --------------------------------------------------------------------- 4 · one Gaussian a place

place_gaussians = Exercise(
    "Return the mean (p, c) and the covariance (p, c, c) of each place, over the images, with "
    "`ridge` added to the diagonals.",
    hints=(
        "Every place has its own Gaussian; what varies is the image: axis 0.",
        "away = patches - mean is (n, p, c). Products of its columns, summed over the images: "
        "np.einsum('npc,npd->pcd', away, away).",
        "Divide by n − 1 and add ridge * np.eye(c): it is added to each of the p matrices.",
    ),
    praise="Right. That is all that PaDiM learns: a mean and a covariance for every place.",
)


@place_gaussians.set_solution
def place_gaussians_solution(patches, ridge):
    mean = patches.mean(axis=0)
    away = patches - mean
    covariance = np.einsum("npc,npd->pcd", away, away) / (len(patches) - 1)
    return mean, covariance + ridge * np.eye(patches.shape[2])


@place_gaussians.set_check
def place_gaussians_check(answer):
    generator = np.random.default_rng(6)
    n, p, c, ridge = 6, 4, 3, 0.25
    patches = generator.normal(size=(n, p, c)) @ generator.normal(size=(c, c))
    patches += np.arange(p)[:, np.newaxis]  # places differ, as they do in a picture of a part
    with rows_taken_for_columns(n, c, "image"):
        result = answer(patches.copy(), ridge)
    result = take_apart(result, ("mean", "covariance"))
    mean = as_array(result[0], what="the mean")
    require(
        mean.shape != (p, c, c),
        "The covariance comes first; the mean is asked for first: `return mean, covariance`.",
    )
    require(
        mean.shape not in ((n, c), (n, 1, c)),
        "The mean is taken over the places: one for each image. A place's Gaussian is over the "
        "images: axis=0.",
    )
    require(
        mean.shape not in ((c,), (1, 1, c)),
        "One mean for all places: that forgets where in the image a patch lies. Each place has "
        "its own: average over the images alone.",
    )
    mean = as_array(mean, shape=(p, c), what="the mean")
    told = difference(mean, patches.mean(axis=0))
    require(not told, f"The mean is not that over the images, patches.mean(axis=0): {told}")
    covariance = as_array(result[1], what="the covariance")
    require(
        covariance.shape != (c, c),
        "One covariance for all places. Each place has its own (c, c) matrix.",
    )
    require(
        covariance.shape != (p, n, n),
        f"The covariance is {n} × {n} at each place, one row for each image. np.cov takes each "
        "row for a variable; np.cov(…, rowvar=False) each column.",
    )
    require(
        covariance.shape != (p, c),
        "Those are variances, one for each channel. Channels vary together: a (c, c) matrix for "
        "each place is asked for.",
    )
    _name_the_covariance(as_array(covariance, shape=(p, c, c), what="the covariance"), patches)


def _name_the_covariance(got, patches, ridge=0.25) -> None:
    n, _, c = patches.shape
    identity = np.eye(c)
    away = patches - patches.mean(axis=0)
    products = np.einsum("npc,npd->pcd", away, away)
    if same_numbers(got, products / (n - 1) + ridge * identity):
        return
    require(
        not same_numbers(got, products / n + ridge * identity),
        "You divided by n, the number of images; the formula has n − 1, which np.cov takes of "
        "itself and np.var with ddof=1.",
    )
    for divisor in (n - 1, n):
        covariance = products / divisor
        variances = np.diagonal(covariance, axis1=1, axis2=2)
        share = variances.mean() * ridge * identity
        shares = variances.mean(axis=1)[:, None, None] * ridge * identity
        deviations = np.sqrt(variances[:, :, None] * variances[:, None])
        elsewhere = "The mean of all places was subtracted; each place has its own."
        of_variance = (
            "The ridge was taken as a share of the mean variance. Here it is added as it is: "
            "ridge * np.eye(c)."
        )
        mistakes = (
            (
                covariance,
                "The ridge is missing. With fewer images than channels these matrices have "
                "no inverse, and PaDiM needs the inverse.",
            ),
            (
                covariance + ridge,
                "The ridge stands in every entry, which claims that all channels vary "
                "together. It belongs on the diagonal: ridge * np.eye(c).",
            ),
            (
                products + ridge * identity,
                "Those are sums over the images: they grow with every image. Divide by n − 1.",
            ),
            (
                _second_moments(patches) / divisor + ridge * identity,
                "The mean was not subtracted before the products were taken.",
            ),
            (
                _second_moments(patches - patches.mean(axis=(0, 1))) / divisor + ridge * identity,
                elsewhere,
            ),
            (
                _second_moments(patches - patches.mean(axis=1, keepdims=True)) / divisor
                + ridge * identity,
                "The mean over an image's places was subtracted; it is the mean over the images "
                "that each place's covariance needs.",
            ),
            (
                covariance * identity + ridge * identity,
                "Only the variances are left: off the diagonal all is 0. Channels vary together, "
                "and the rest of the matrix says how.",
            ),
            (
                covariance / deviations + ridge * identity,
                "Those are correlations, which have lost the channels' spread. The covariance is "
                "asked for.",
            ),
            (covariance + share, of_variance),
            (covariance + shares, of_variance),
            (
                (products + ridge * identity) / divisor,
                "The ridge was divided by the number of images, too. Divide first, then add it.",
            ),
            (covariance - ridge * identity, "The ridge is subtracted; it has to be added."),
        )
        name_the_mistake(got, mistakes)
    wanted = products / (n - 1) + ridge * identity
    raise Misconception(
        "The covariances differ from Σ (x − mean)(x − mean)ᵀ / (n − 1) + ridge · I at each "
        f"place: {difference(got, wanted)}"
    )


def _second_moments(away):
    return np.einsum("npc,npd->pcd", away, away)


@place_gaussians.set_inputs
def place_gaussians_inputs(rng):
    yield "the example", (np.array([[[1.0]], [[3.0]]]), 0.5)
    for what, n, p, c in (
        ("many images", 23, 3, 2),
        ("two images", 2, 4, 3),
        ("fewer images than channels", 4, 2, 7),
        ("one place", 9, 1, 4),
        ("one channel", 8, 5, 1),
        ("as many images as places and channels", 4, 4, 4),
    ):
        patches = rng.normal(size=(n, p, c)) @ rng.normal(size=(c, c))
        patches += 3 * rng.normal(size=(p, c))
        for ridge in (0.0, 0.7, 5.0):
            yield f"{what}, ridge {ridge}", (patches, ridge)
    skewed = rng.exponential(size=(7, 3, 2)) ** 2
    yield "skewed patches", (skewed, 0.1)
    yield "large numbers", (1e5 * skewed, 3e8)
    yield "small numbers", (1e-3 * skewed, 1e-7)
    yield "whole numbers", (rng.integers(-4, 9, (6, 3, 2)), 1)
    yield "equal images", (np.ones((5, 1, 1)) * rng.normal(size=(2, 3)), 0.3)
    yield "float32", (skewed.astype(np.float32), 0.2)


# -------------------------------------------------------------------------- 8 · farthest first

farthest_first = Exercise(
    "Choose `size` rows of the bank: row 0 first, then always the row that is farthest from all "
    "chosen so far. Return their numbers in the order of choice.",
    hints=(
        "Keep for every row its distance to the nearest chosen one; at first, to row 0.",
        "The next choice is the row where that distance is largest: argmax.",
        "A new choice can only make those distances smaller: np.minimum(nearest, to_the_new_one).",
    ),
    praise="Right. Every row of the bank is now near one that was kept: that is a core-set.",
)


@farthest_first.set_solution
def farthest_first_solution(bank, size):
    chosen = [0]
    nearest = np.linalg.norm(bank - bank[0], axis=1)
    for _ in range(size - 1):
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(bank - bank[chosen[-1]], axis=1))
    return chosen


@farthest_first.set_check
def farthest_first_check(answer):
    generator = np.random.default_rng(7)
    crowd = np.concatenate([generator.normal(size=(40, 2)), 9 + generator.normal(size=(8, 2))])
    grid = np.stack(np.mgrid[:4, :5], axis=-1).reshape(-1, 2).astype(float)  # of many ties
    cases = (  # in the first one, every rule that is known chooses other rows
        (3 * generator.normal(size=(25, 4)), 9),
        (generator.normal(size=(30, 3)) * [1.0, 4.0, 2.0], 7),
        *((crowd, 6), (generator.permutation(grid), 6)),
    )
    for bank, size in cases:
        _judge_choice(answer, bank, size)


def _judge_choice(answer, bank, size):
    n, d = bank.shape
    got = as_array(answer(bank.copy(), size), what="the chosen rows")
    require(
        got.shape != (size, d),
        "Those look like the rows themselves; their numbers are asked for.",
    )
    require(
        got.shape != (n,),
        f"You return one entry for each of the {n} rows; the numbers of {size} rows are asked "
        "for, in the order of choice.",
    )
    require(got.shape == (size,), f"{size} row numbers are asked for; the shape is {got.shape}.")
    require(np.array_equal(got, np.rint(got)), "Row numbers are whole numbers; yours have parts.")
    wanted = farthest_first_solution(bank, size)
    numbers = got.astype(int).tolist()
    require(
        numbers != [each + 1 for each in wanted],
        "You count the rows from 1. In NumPy the first one is row 0.",
    )
    require(
        min(numbers) >= 0 and max(numbers) < n,
        f"Row numbers from 0 to {n - 1} are expected.",
    )
    wrong = _first_wrong(bank, numbers)
    if wrong is None:
        return
    require(
        sorted(numbers) != sorted(wanted),
        "Those are the right rows in another order, "
        f"{'sorted' if numbers == sorted(numbers) else 'not that of choice'}. Keep the order in "
        "which they were chosen: so any beginning of the list is a core-set, too.",
    )
    require(numbers[0] == 0, f"Row 0 comes first; you begin with row {numbers[0]}.")
    _name_the_rule(bank, size, numbers)
    require(
        len(set(numbers)) == size,
        "A row was chosen twice. Its distance to the choices is 0, so it is never the farthest.",
    )
    reach = _reach(bank, numbers[:wrong])
    raise Misconception(
        f"Choice {wrong + 1} is row {numbers[wrong]}, {reach[numbers[wrong]]:.4g} (Euclidean "
        f"distance) from its nearest choice; row {reach.argmax()} is {reach.max():.4g} away from "
        "its own, and farthest."
    )


def _reach(bank, chosen):
    """Return each row's distance to the nearest of the chosen rows."""
    return np.linalg.norm(bank[:, np.newaxis] - bank[chosen], axis=2).min(axis=1)


def _first_wrong(bank, numbers):
    """Return which choice first is not one of the farthest rows; None where all are."""
    if numbers[0] != 0:
        return 0
    for place in range(1, len(numbers)):
        reach = _reach(bank, numbers[:place])
        if reach[numbers[place]] < (1 - 1e-5) * reach.max():
            return place
    return None


def _name_the_rule(bank, size, numbers):
    """Refuse choices that another known rule makes."""

    def largest(values):
        return values.max(axis=2)

    def city_block(values):
        return values.sum(axis=2)

    from_first = np.linalg.norm(bank - bank[0], axis=1)
    covered = (
        "A row beside one choice and far from another is covered: the smallest distance decides."
    )
    no_numbers = "They tell what is known already; the farthest one is what the choice so far "
    rules = (
        (
            [0, *np.argsort(-from_first)[: size - 1]],
            "You took the rows farthest from row 0 alone. They lie together in one corner: the "
            "second choice changes what is far. Ask for the distance to the nearest chosen row.",
        ),
        (
            [0, *np.argsort(from_first)[1:size]],
            f"You took the nearest rows. {no_numbers}covers worst.",
        ),
        (
            _rule(bank, size, np.min, np.argmin),
            f"You took the nearest rows. {no_numbers}covers worst.",
        ),
        (
            _rule(bank, size, lambda distances, axis: distances[-1]),
            "You asked for the distance to the last choice alone, and so jump to and fro. All "
            "earlier choices count: keep the smallest distance with np.minimum.",
        ),
        (
            _rule(bank, size, np.max),
            f"You asked for the row with the largest distance to any of the choices. {covered}",
        ),
        (
            _rule(bank, size, np.mean),
            f"You asked for the row with the largest mean distance to the choices. {covered}",
        ),
        (
            _rule(bank, size, lambda _, axis: np.linalg.norm(bank - bank.mean(axis=0), axis=1)),
            "You took the rows farthest from the mean of the bank. Ask for the distance to the "
            "nearest chosen row.",
        ),
        (
            _rule(bank, size, np.min, measure=city_block),
            "You added up the columns' distances. The Euclidean one is asked for: "
            "np.linalg.norm(…, axis=1).",
        ),
        (
            _rule(bank, size, np.min, measure=largest),
            "You took the largest of the columns' distances. The Euclidean one is asked for: "
            "np.linalg.norm(…, axis=1).",
        ),
    )
    for choice, told in rules:
        require(numbers != list(map(int, choice)), told)


def _rule(bank, size, combine, pick=np.argmax, measure=None):
    """Return what another rule than farthest-first would choose."""
    chosen = [0]
    while len(chosen) < size:
        away = np.abs(bank - bank[chosen][:, np.newaxis])  # (chosen, rows, columns)
        distances = measure(away) if measure else np.linalg.norm(away, axis=2)
        value = combine(distances, axis=0).astype(float)
        value[chosen] = np.inf if pick is np.argmin else -np.inf
        chosen.append(int(pick(value)))
    return chosen


@farthest_first.set_inputs
def farthest_first_inputs(rng):
    yield "the example", (np.array([[0.0], [1], [10], [6]]), 3)
    yield "whole numbers", (rng.permutation(2 ** np.arange(10))[:, np.newaxis], 6)
    for what, bank in (
        ("random rows", rng.normal(size=(int(rng.integers(12, 40)), 3))),
        ("skewed rows", rng.exponential(size=(20, 2)) ** 2),
        ("rows below 0", -9 - rng.exponential(size=(18, 4))),
        ("columns in unlike units", rng.normal(size=(25, 3)) * [1.0, 10.0, 0.1]),
        ("large numbers", 1e6 * rng.normal(size=(15, 2))),
        ("many columns", rng.normal(size=(9, 50))),
        ("one column", rng.normal(size=(14, 1))),
        ("float32", rng.normal(size=(16, 3)).astype(np.float32)),
    ):
        for size in (1, 2, 5, len(bank)):
            yield f"{what}, {size} of {len(bank)}", (bank, size)
    yield "one row", (rng.normal(size=(1, 2)), 1)
    crowd = rng.normal(size=(30, 2))
    crowd[0] = 40, 40
    yield "row 0 far out", (crowd, 8)
