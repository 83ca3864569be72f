"""Exercises of lesson 14: network input, distance, alarm level, patches, areas of maps."""

from __future__ import annotations

from course_utils import evaluation
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np
from scipy.ndimage import label

CORNERS_TOUCH = np.ones((3, 3), dtype=int)


def _numbers(result, what):
    """Return what the answer gave as an array; a tensor of any device becomes one."""
    if hasattr(result, "detach"):
        result = result.detach().cpu().numpy()
    return as_array(result, what=what)


# ----------------------------------------------------------------------- 1 · input of a network

as_input = Exercise(
    "Turn grey images (n, h, w) of uint8 into the network's input (n, 3, h, w): (x − 127) / 128, "
    "the same for all three channels.",
    hints=(
        "uint8 cannot hold a negative number: images.astype(float) comes first.",
        "x[:, np.newaxis] is (n, 1, h, w): one channel, in the place where the network looks.",
        "np.repeat(x, 3, axis=1) makes three channels of one.",
    ),
    praise="Right. Floats, three channels in front, and the scale on which the network learned.",
)


@as_input.set_solution
def as_input_solution(images):
    x = (images.astype(float) - 127) / 128
    return np.repeat(x[:, np.newaxis], 3, axis=1)


@as_input.set_check
def as_input_check(answer):
    images = np.random.default_rng(14).integers(0, 256, (2, 5, 4)).astype(np.uint8)
    images[0, 0, :2] = 0, 255
    got = _numbers(answer(images.copy()), "the input")
    wanted = np.repeat((images.astype(float) - 127)[:, np.newaxis] / 128, 3, axis=1)
    require(
        got.shape != (2, 5, 4, 3),
        "The channels are last, (n, h, w, 3), as files keep them. PyTorch's layers take them "
        "first: (n, 3, h, w).",
    )
    require(
        got.shape != (2, 1, 5, 4),
        "One channel is there; the first layer was trained on red, green and blue and wants "
        "three. Repeat the grey one.",
    )
    require(
        got.shape == wanted.shape,
        f"The shape is {got.shape}; (2, 3, 5, 4) is expected for images of shape (2, 5, 4).",
    )
    x = images.astype(float)[:, np.newaxis]
    of_imagenet = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    mean, spread = (each[:, np.newaxis, np.newaxis] for each in of_imagenet)
    wrapped = (images - np.uint8(127))[:, np.newaxis].astype(float)
    three = np.ones((2, 3, 5, 4))
    name_the_mistake(
        got,
        (
            (
                wrapped / 128 * three,
                "Dark pixels came out bright: in uint8, 0 − 127 wraps around to 129. Turn the "
                "images into floats before you subtract.",
            ),
            (
                (x / 255 - 127) / 128 * three,
                "You divided by 255 first, so that every pixel is about −0.99 afterwards and "
                "the image is gone. 127 and 128 belong to pixels from 0 to 255.",
            ),
            (
                (x / 255 - mean) / spread,
                "Those are the constants of other networks trained on ImageNet. This one was "
                "trained on (x − 127) / 128; look a backbone's own constants up.",
            ),
            (x / 255 * three, "That is 0 to 1; this network was trained on −1 to 1."),
            (x * three, "Pixels from 0 to 255 go in as they are: subtract 127, divide by 128."),
            ((x / 128 - 127) * three, "Subtract first, then divide: brackets are missing."),
        ),
    )
    require(
        same_numbers(got[:, 0], got[:, 1]) and same_numbers(got[:, 0], got[:, 2]),
        "The three channels of a grey image differ: repeat the image, do not reshape it.",
    )
    require(same_numbers(got, wanted), "The numbers differ from (x − 127) / 128.")


# ------------------------------------------------------------------------------ 2 · Mahalanobis

mahalanobis = Exercise(
    "Return the Mahalanobis distance (m,) of each row of `new` from the mean of the rows of "
    "`normal`, with `ridge` added to the diagonal of their covariance.",
    hints=(
        "np.cov(normal, rowvar=False) is the (d, d) covariance: rows are images here.",
        "Add ridge * np.eye(d), and invert: np.linalg.inv.",
        "away = new - mean; the squared distance of each row is ((away @ inverse) * away).sum(1).",
    ),
    praise="Right. A step along a direction in which normal images vary counts little.",
)


@mahalanobis.set_solution
def mahalanobis_solution(new, normal, ridge):
    covariance = np.cov(normal, rowvar=False) + ridge * np.eye(normal.shape[1])
    away = new - normal.mean(axis=0)
    return np.sqrt(((away @ np.linalg.inv(covariance)) * away).sum(axis=1))


@mahalanobis.set_check
def mahalanobis_check(answer):
    generator = np.random.default_rng(4)
    mix = np.array([[3.0, 2.0, 0.0], [0.0, 0.6, 0.0], [0.0, 0.0, 0.2]])
    for ridge in (0.0, 0.5):
        normal = generator.normal(size=(30, 3)) @ mix + [5, -1, 2]
        new = 2 * generator.normal(size=(7, 3)) + [4, 0, 2]
        _judge_mahalanobis(answer, new, normal, ridge)


def _judge_mahalanobis(answer, new, normal, ridge):
    got = _numbers(answer(new.copy(), normal.copy(), ridge), "the distances")
    away, plain = new - normal.mean(axis=0), np.cov(normal, rowvar=False)
    covariance = plain + ridge * np.eye(3)
    squared = ((away @ np.linalg.inv(covariance)) * away).sum(axis=1)
    require(
        got.shape != (7, 7),
        "Seven times seven numbers: away @ inverse @ away.T compares every row with every other. "
        "Only its diagonal is asked for.",
    )
    require(got.shape == (7,), f"The shape is {got.shape}; one distance a row, (7,), is expected.")
    other = new - new.mean(axis=0)
    mistakes = [
        (
            np.linalg.norm(away, axis=1),
            "That is the Euclidean distance: it forgets that some directions vary more than "
            "others, and together. Use the inverse of the covariance.",
        ),
        (
            np.sqrt(((away @ covariance) * away).sum(axis=1)),
            "You multiplied by the covariance itself, so that directions of large spread count "
            "most. They should count least: invert it.",
        ),
        (squared, "Those are the squared distances; a root is missing."),
        (
            np.sqrt((away**2 / np.diag(covariance)).sum(axis=1)),
            "You divided each column by its own variance. Columns that vary together are told "
            "by the rest of the matrix: invert the whole covariance.",
        ),
        (
            np.sqrt(((other @ np.linalg.inv(covariance)) * other).sum(axis=1)),
            "You subtracted the mean of the new rows. A detector learns the mean from normal "
            "rows; new ones may all be anomalies.",
        ),
    ]
    if ridge:
        unridged = ((away @ np.linalg.inv(plain)) * away).sum(axis=1)
        everywhere = ((away @ np.linalg.inv(plain + ridge)) * away).sum(axis=1)
        mistakes += [
            (
                np.sqrt(unridged),
                "The ridge is not used. With fewer images than columns the covariance has no "
                "inverse; ridge · I on its diagonal gives it one.",
            ),
            (
                np.sqrt(np.abs(everywhere)),
                "You added the ridge to every entry of the matrix. It belongs on the diagonal: "
                "ridge * np.eye(d).",
            ),
        ]
    name_the_mistake(got, mistakes)
    require(
        np.allclose(got, np.sqrt(squared), rtol=0.04),
        "The distances differ from √((x − μ)ᵀ (Σ + ridge·I)⁻¹ (x − μ)).",
    )


# ------------------------------------------------------------------------------ 3 · alarm level

alarm_level = Exercise(
    "Return the score above which `share` of the normal validation images lie.",
    hints=(
        "scores[y == 0] are the normal ones; a factory has no others when it starts.",
        "A share of 0.05 above the level is a share of 0.95 below it.",
        "np.quantile(normal_scores, 1 - share)",
    ),
    praise="Right. The false alarm rate is chosen, and no defect was needed for it.",
)


@alarm_level.set_solution
def alarm_level_solution(scores, y, share):
    return np.quantile(scores[y == 0], 1 - share)


@alarm_level.set_check
def alarm_level_check(answer):
    generator = np.random.default_rng(5)
    y = np.repeat([0, 1], [400, 200])
    scores = np.concatenate([generator.gamma(3, size=400), 7 + generator.gamma(3, size=200)])
    order = generator.permutation(600)
    for share in (0.05, 0.2):
        _judge_level(answer, scores[order], y[order], share)


def _judge_level(answer, scores, y, share):
    got = _numbers(answer(scores.copy(), y.copy(), share), "the level")
    require(got.shape == (), f"One number is asked for; you return the shape {got.shape}.")
    normal, defects = scores[y == 0], scores[y == 1]
    for wrong, message in (
        (
            np.quantile(scores, 1 - share),
            "That is the quantile of all scores. The defects among them push the level up, by "
            "how much depends on how many there happen to be. Take the normal ones: y == 0.",
        ),
        (
            np.quantile(normal, share),
            f"Upside down: {1 - share:.0%} of the normal images lie above this level, and would "
            "alarm. The share above is 1 minus the share below.",
        ),
        (
            np.quantile(defects, share),
            "That is a quantile of the defects. It tells how many you find, for the kinds you "
            "have; the false alarms stay unknown, and new kinds too.",
        ),
        (
            np.quantile(defects, 1 - share),
            "That is a quantile of the defects; normal images are y == 0.",
        ),
        (
            normal.max(),
            "The highest normal score is one image's luck, and rises with every image that you "
            "add. A quantile settles.",
        ),
    ):
        require(abs(got - wrong) > 1e-9, message)
    for spread in (2, 3):
        for ddof in (0, 1):
            require(
                abs(got - normal.mean() - spread * normal.std(ddof=ddof)) > 1e-9,
                f"Mean plus {spread} standard deviations is a share only if the scores are "
                "normally distributed; these have a long tail, as distances do. Use a quantile.",
            )
    above = (normal > got).mean()
    require(
        abs(above - share) <= 1.01 / len(normal),
        f"{above:.1%} of the normal images lie above this level; {share:.0%} are asked for.",
    )


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
    result = answer(patches.copy(), ridge)
    require(result is not None, "Your function returned None: is `return mean, covariance` there?")
    require(
        isinstance(result, tuple | list) and len(result) == 2,
        "Two results are expected: `return mean, covariance`.",
    )
    mean = _numbers(result[0], "the mean")
    require(
        mean.shape != (n, c),
        "The mean is taken over the places: one for each image. A place's Gaussian is over the "
        "images: axis=0.",
    )
    require(
        mean.shape != (c,),
        "One mean for all places: that forgets where in the image a patch lies. Each place has "
        "its own: average over the images alone.",
    )
    require(mean.shape == (p, c), f"The mean has shape {mean.shape}; (4, 3) is expected.")
    require(same_numbers(mean, patches.mean(axis=0)), "The mean differs from patches.mean(axis=0)")
    covariance = _numbers(result[1], "the covariance")
    require(
        covariance.shape != (c, c),
        "One covariance for all places. Each place has its own (c, c) matrix.",
    )
    require(
        covariance.shape == (p, c, c),
        f"The covariance has shape {covariance.shape}; (4, 3, 3) is expected.",
    )
    away = patches - patches.mean(axis=0)
    products = np.einsum("npc,npd->pcd", away, away)
    raw = np.einsum("npc,npd->pcd", patches, patches) / (n - 1)
    spread = ridge * np.eye(c)
    for divisor in (n - 1, n):
        plain = products / divisor
        name_the_mistake(
            covariance,
            (
                (
                    plain,
                    "The ridge is missing. With fewer images than channels these matrices have "
                    "no inverse, and PaDiM needs the inverse.",
                ),
                (
                    plain + ridge,
                    "The ridge stands in every entry, which claims that all channels vary "
                    "together. It belongs on the diagonal: ridge * np.eye(c).",
                ),
                (
                    products + spread,
                    "Those are sums over the images: they grow with every image. Divide by n − 1.",
                ),
                (raw + spread, "The mean was not subtracted before the products were taken."),
            ),
        )
        if same_numbers(covariance, plain + spread):
            return
    raise Misconception(
        "The covariances differ from Σ (x − mean)(x − mean)ᵀ / (n − 1) + ridge · I at each place."
    )


# -------------------------------------------------------------------------- 5 · farthest first

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
    while len(chosen) < size:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(bank - bank[chosen[-1]], axis=1))
    return chosen


@farthest_first.set_check
def farthest_first_check(answer):
    generator = np.random.default_rng(7)
    crowd = np.concatenate([generator.normal(size=(40, 2)), 9 + generator.normal(size=(8, 2))])
    for bank, size in ((crowd, 6), (3 * generator.normal(size=(25, 4)), 9)):
        _judge_choice(answer, bank, size)


def _judge_choice(answer, bank, size):
    got = _numbers(answer(bank.copy(), size), "the chosen rows")
    require(
        got.shape != (size, bank.shape[1]),
        "Those look like the rows themselves; their numbers are asked for.",
    )
    require(got.shape == (size,), f"{size} row numbers are asked for; the shape is {got.shape}.")
    require(
        np.array_equal(got, got.astype(int)) and ((got >= 0) & (got < len(bank))).all(),
        f"Row numbers from 0 to {len(bank) - 1} are expected.",
    )
    got = got.astype(int)
    require(got[0] == 0, f"Row 0 comes first; you begin with row {got[0]}.")
    wanted = farthest_first_solution(bank, size)
    if got.tolist() == wanted:
        return
    from_first = np.linalg.norm(bank - bank[0], axis=1)
    by_distance = np.argsort(-from_first)[: size - 1]
    require(
        got[1:].tolist() != by_distance.tolist(),
        "You took the rows farthest from row 0 alone. They lie together in one corner: the "
        "second choice changes what is far. Ask for the distance to the nearest chosen row.",
    )
    require(
        got[1:].tolist() != np.argsort(from_first)[1:size].tolist()
        and got.tolist() != _rule(bank, size, np.min, np.argmin),
        "You took the nearest rows. They tell what is known already; the farthest one is what "
        "the choice so far covers worst.",
    )
    require(
        got.tolist() != _rule(bank, size, lambda distances, axis: distances[-1], np.argmax),
        "You asked for the distance to the last choice alone, and so jump to and fro. All "
        "earlier choices count: keep the smallest distance with np.minimum.",
    )
    require(
        got.tolist() != _rule(bank, size, np.max, np.argmax)
        and got.tolist() != _rule(bank, size, np.mean, np.argmax)
        and got.tolist() != _rule(bank, size, np.sum, np.argmax),
        "You asked for the row with the largest, or the largest mean, distance to the choices. A "
        "row beside one choice and far from another is covered: the smallest distance decides.",
    )
    require(
        len(set(got.tolist())) == size,
        "A row was chosen twice. Its distance to the choices is 0: is it updated after a choice?",
    )
    first_wrong = next(i for i in range(size) if got[i] != wanted[i])
    chosen = bank[got[:first_wrong]]
    reach = np.linalg.norm(bank[:, np.newaxis] - chosen, axis=2).min(axis=1)
    require(
        np.isclose(reach[got[first_wrong]], reach.max()),
        f"Choice {first_wrong + 1} is row {got[first_wrong]}, {reach[got[first_wrong]]:.2f} from "
        f"its nearest choice; row {reach.argmax()} is {reach.max():.2f} away. Are the rows drawn "
        "at random, or is a distance not updated?",
    )


def _rule(bank, size, combine, pick):
    """Return what another rule than farthest-first would choose."""
    chosen = [0]
    while len(chosen) < size:
        distances = np.linalg.norm(bank - bank[chosen][:, np.newaxis], axis=2)  # (chosen, rows)
        value = combine(distances, axis=0).astype(float)
        value[chosen] = np.inf if pick is np.argmin else -np.inf
        chosen.append(int(pick(value)))
    return chosen


# ---------------------------------------------------------------------- 6 · which pixels count

pixel_area = Exercise(
    "Return the pixel AUROC of heat maps: of every pixel of every image.",
    hints=(
        "Each pixel is a row: its label is the mask there, its score the heat there.",
        "evaluation.auroc(labels, scores) takes flat arrays; masks.ravel().astype(int) is one.",
    ),
    praise="Right. Pixels around a defect are normal, too: heat that spills over costs something.",
)


@pixel_area.set_solution
def pixel_area_solution(masks, heat):
    return evaluation.auroc(np.asarray(masks).ravel().astype(int), np.asarray(heat).ravel())


@pixel_area.set_check
def pixel_area_check(answer):
    generator = np.random.default_rng(0)
    masks, heat = np.zeros((4, 9, 11), dtype=bool), generator.random((4, 9, 11))
    masks[1, 2:5, 2:6] = True  # 12 pixels
    masks[3, 6:8, 7:9] = True  # 4 pixels
    heat[1, 1:7, 1:8] += 0.5  # spills over the defect
    heat[3] += 0.4  # an image that is hot all over
    heat[masks] += 0.3
    got = _numbers(answer(masks.copy(), heat.copy()), "the area")
    require(got.shape == (), f"One number is asked for; you return the shape {got.shape}.")
    with_defect = masks.any(axis=(1, 2))
    every = evaluation.auroc(masks.ravel().astype(int), heat.ravel())
    kept = masks | ~with_defect[:, None, None]
    labels = np.repeat(with_defect.astype(int), masks[0].size)
    name_the_mistake(
        got,
        (
            (
                evaluation.auroc(masks[kept].astype(int), heat[kept]),
                "Only pixels of normal images stand for the normal ones here. Those around a "
                "defect are normal as well, and a heat that spills over them has to pay for it.",
            ),
            (
                evaluation.auroc(
                    masks[with_defect].ravel().astype(int), heat[with_defect].ravel()
                ),
                "You left the images without a defect out. They have the most normal pixels, and "
                "a false alarm there is one.",
            ),
            (
                evaluation.auroc(labels, heat.ravel()),
                "All pixels of an image with a defect count as defective here. The mask says "
                "which of them are.",
            ),
            (
                np.mean([evaluation.auroc(masks[i].ravel() * 1, heat[i].ravel()) for i in (1, 3)]),
                "That is one area for each image, averaged: an image that is hot all over is not "
                "noticed. Put all pixels into one ranking.",
            ),
            (
                evaluation.auroc(with_defect.astype(int), heat.max(axis=(1, 2))),
                "That is the image AUROC: one score for each image. Each pixel is asked for.",
            ),
            (1 - every, "The area is upside down: hotter has to mean more anomalous."),
        ),
    )
    require(
        abs(got - every) < 1e-6,
        f"All {masks.size} pixels, {masks.sum()} of them defective, have an area of {every:.4f}; "
        f"you return {got:.4f}.",
    )


# ------------------------------------------------------------------------------- 7 · overlap

mean_overlap = Exercise(
    "Return the share of each defect's pixels that alarm, averaged over the defects.",
    hints=(
        "label(mask, np.ones((3, 3))) numbers the connected regions: 0 is the background.",
        "For region i, alarm[regions == i].mean() is the share of it that alarms.",
        "Average those shares: every defect counts once, whatever its size.",
    ),
    praise="Right. AUPRO is this number, averaged over thresholds with few false alarms.",
)


@mean_overlap.set_solution
def mean_overlap_solution(mask, alarm):
    regions, count = label(mask, np.ones((3, 3)))
    return np.mean([alarm[regions == i].mean() for i in range(1, count + 1)])


@mean_overlap.set_check
def mean_overlap_check(answer):
    mask = np.zeros((12, 14), dtype=bool)
    mask[1:7, 1:7] = True  # 36 pixels
    mask[9:11, 10:12] = True  # 4 pixels
    for step in range(4):
        mask[3 + step, 9 + step] = True  # 4 pixels that touch at their corners
    alarm = np.zeros_like(mask)
    alarm[1:7, 1:5] = True  # two thirds of the large one
    alarm[9, 10] = True  # a quarter of the small one
    alarm[3, 9] = alarm[0, 12] = True  # a quarter of the scratch, and a false alarm
    got = _numbers(answer(mask.copy(), alarm.copy()), "the overlap")
    require(got.shape == (), f"One number is asked for; you return the shape {got.shape}.")
    by_sides, sides = label(mask)
    shares = [alarm[by_sides == i].mean() for i in range(1, sides + 1)]
    regions, count = label(mask, CORNERS_TOUCH)
    each = [alarm[regions == i].mean() for i in range(1, count + 1)]
    for wrong, message in (
        (
            alarm[mask].mean(),
            "That is the share of all defective pixels: the large defect decides alone. Take "
            "each region's share first, and then the mean of the shares.",
        ),
        (
            (alarm & mask).sum() / (alarm | mask).sum(),
            "That is intersection over union, which also counts false alarms. AUPRO keeps those "
            "for its other axis.",
        ),
        (
            np.mean(np.array(each) > 0),
            "You counted a defect as found as soon as one pixel alarms. The share of its pixels "
            "is asked for.",
        ),
        (
            np.mean(shares),
            "label(mask) alone takes pixels that touch at a corner for strangers, and a slanting "
            "scratch for many defects. Give it np.ones((3, 3)) as well.",
        ),
        (
            np.sum(each),
            "Those are the shares added up; the mean over the defects is asked for.",
        ),
        (
            np.mean([*each, alarm[regions == 0].mean()]),
            "The background, region 0, went into the mean as if it were a defect.",
        ),
        (
            alarm[mask].sum() / alarm.sum(),
            "That is the share of the alarms that lie on a defect, the precision. The share of "
            "each defect that alarms is asked for.",
        ),
    ):
        require(abs(got - wrong) > 1e-9, message)
    require(
        abs(got - np.mean(each)) < 1e-6,
        f"The three defects alarm by {', '.join(f'{share:.2f}' for share in each)} of their "
        f"pixels, on average {np.mean(each):.3f}; you return {got:.3f}.",
    )
