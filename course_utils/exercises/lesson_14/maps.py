"""Exercises of lesson 14 about heat maps: which pixels count, and each defect once."""

from __future__ import annotations

from course_utils import evaluation
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    unlike,
)

import numpy as np
from scipy.ndimage import find_objects, label

CORNERS_TOUCH = np.ones((3, 3), dtype=int)

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
    got = as_array(answer(masks.copy(), heat.copy()), what="the area")
    require(got.shape == (), f"One number is asked for; you return the shape {got.shape}.")
    right = pixel_area_solution(masks, heat)
    if not difference(got, right):
        return
    with_defect = masks.any(axis=(1, 2))
    kept = masks | ~with_defect[:, None, None]
    images = np.repeat(with_defect, masks[0].size)
    low, high = heat.min(axis=(1, 2), keepdims=True), heat.max(axis=(1, 2), keepdims=True)
    level = (
        "That is the area of a ranking with two places, alarm or none. Rank by the heat itself: "
        "a threshold comes later."
    )
    name_the_mistake(
        got,
        (
            (
                _area(masks[kept], heat[kept]),
                "Only pixels of normal images stand for the normal ones here. Those around a "
                "defect are normal as well, and a heat that spills over them has to pay for it.",
            ),
            (
                _area(masks[with_defect], heat[with_defect]),
                "You left the images without a defect out. They have the most normal pixels, and "
                "a false alarm there is one.",
            ),
            (
                _area(images, heat),
                "All pixels of an image with a defect count as defective here. The mask says "
                "which of them are.",
            ),
            (
                np.mean([_area(masks[i], heat[i]) for i in (1, 3)]),
                "That is one area for each image, averaged: an image that is hot all over is not "
                "noticed. Put all pixels into one ranking.",
            ),
            (
                _area(with_defect, high),
                "That is the image AUROC: one score for each image. Each pixel is asked for.",
            ),
            (
                _area(with_defect, heat.mean(axis=(1, 2))),
                "That is the image AUROC: one score for each image. Each pixel is asked for.",
            ),
            (
                _area(masks, (heat - low) / (high - low)),
                "Each map was stretched to 0 to 1 on its own, so that a normal image's hottest "
                "pixel is as hot as a defect's. Rank the heat as it is.",
            ),
            (
                evaluation.average_precision(masks.ravel().astype(int), heat.ravel()),
                "That is the average precision; the area under the ROC curve is asked for.",
            ),
            (1 - right, "The area is upside down: hotter has to mean more anomalous."),
            *((_area(masks, heat > each), level) for each in (0.5, heat.mean(), np.median(heat))),
        ),
    )
    raise Misconception(
        f"All {masks.size} pixels, {masks.sum()} of them defective, have an area of "
        "{1}; you return {0}.".format(*unlike(got, right))
    )


def _area(labels, scores):
    return evaluation.auroc(np.ravel(labels).astype(int), np.ravel(scores).astype(float))


@pixel_area.set_inputs
def pixel_area_inputs(rng):
    masks = np.array([[[1, 0]], [[0, 0]]], dtype=bool)
    yield "the example", (masks, np.array([[[3.0, 4.0]], [[1.0, 2.0]]]))
    for what, shape in (
        ("normal and defective images", (5, 6, 7)),
        ("one image", (1, 8, 5)),
        ("square images", (4, 4, 4)),
        ("one row of pixels", (3, 1, 9)),
    ):
        n, h, w = shape
        masks = np.zeros(shape, dtype=bool)
        for image in masks[: (n + 1) // 2]:
            row, column = rng.integers(h), rng.integers(w - 2)
            image[row : row + 3, column : column + 2] = True
        masks = rng.permutation(masks)
        heat = rng.exponential(size=shape) + rng.normal(size=(n, 1, 1)) + masks
        yield what, (masks, heat)
        yield f"{what}, tied heat", (masks, np.round(heat))
        yield f"{what}, heat below 0", (masks, 10 * heat - 100)
        yield f"{what}, cold defects", (masks, -heat)
        yield f"{what}, heat in float32", (masks, (1000 * heat).astype(np.float32))
    yield "heat that is the same everywhere", (masks, np.full(masks.shape, 0.5))
    yield "a perfect map", (masks, masks + 0.1 * rng.random(masks.shape))
    yield "one normal pixel", (np.arange(6).reshape(1, 2, 3) > 0, rng.normal(size=(1, 2, 3)))


# ------------------------------------------------------------------------------- 7 · overlap

mean_overlap = Exercise(
    "Return the share of each defect's pixels that alarm, averaged over the defects.",
    hints=(
        "label(mask, np.ones((3, 3))) numbers the connected regions: 0 is the background.",
        "For region i, alarm[regions == i].mean() is the share of it that alarms.",
        "Average those shares: every defect counts once, whatever its size.",
    ),
    praise="Right. AUPRO is this number, averaged over false alarm rates from 0 to 30 %.",
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
    alarm[1:7, 1:6] = True  # five sixths of the large one
    alarm[9, 10:12] = True  # half of the small one
    alarm[3, 9] = alarm[4, 9] = alarm[0, 12] = True  # a quarter of the scratch, and false alarms
    got = as_array(answer(mask.copy(), alarm.copy()), what="the overlap")
    require(
        got.shape != (3,),
        "Those are three shares, one for each defect; their mean is asked for.",
    )
    require(got.shape == (), f"One number is asked for; you return the shape {got.shape}.")
    regions, count = label(mask, CORNERS_TOUCH)
    shares = _shares(regions, count, alarm)
    right = np.mean(shares)
    if not difference(got, right):
        return
    _name_the_overlap(got, mask, alarm, shares)
    told, wanted = unlike(got, right)
    raise Misconception(
        f"The three defects alarm by {', '.join(f'{share:.2f}' for share in shares)} of their "
        f"pixels, on average {wanted}; you return {told}."
    )


def _name_the_overlap(got, mask, alarm, shares):
    """Refuse a number that another known way to compare mask and alarm gives."""
    regions, count = label(mask, CORNERS_TOUCH)
    both, either = alarm & mask, alarm | mask
    boxes = [alarm[box].mean() for box in find_objects(regions)]
    of_regions = [both[regions == i].sum() / (alarm | (regions == i)).sum() for i in (1, 2, 3)]
    union = (
        "That is intersection over union, which also counts false alarms. AUPRO keeps those "
        "for its other axis."
    )
    precision = (
        "That is the share of the alarms that lie on a defect, the precision. The share of each "
        "defect that alarms is asked for."
    )
    mistakes = (
        (
            alarm[mask].mean(),
            "That is the share of all defective pixels: the large defect decides alone. Take "
            "each region's share first, and then the mean of the shares.",
        ),
        (both.sum() / either.sum(), union),
        (np.mean(of_regions), union),
        (
            2 * both.sum() / (mask.sum() + alarm.sum()),
            "That is the Dice coefficient of all pixels, which also counts false alarms. The "
            "share of each defect's pixels that alarm is asked for.",
        ),
        (
            np.mean(np.array(shares) > 0),
            "You counted a defect as found as soon as one pixel alarms. The share of its pixels "
            "is asked for.",
        ),
        (
            np.mean(np.array(shares) >= 0.5),
            "You counted the defects of which at least half alarms. The share of each one's "
            "pixels is asked for.",
        ),
        (
            np.mean(_shares(*label(mask), alarm)),
            "label(mask) alone takes pixels that touch at a corner for strangers, and a slanting "
            "scratch for many defects. Give it np.ones((3, 3)) as well.",
        ),
        (np.sum(shares), "Those are the shares added up; the mean over the defects is asked for."),
        (
            np.mean([*shares, alarm[regions == 0].mean()]),
            "The background, region 0, went into the mean as if it were a defect.",
        ),
        (
            np.mean(shares[:-1]),
            "The last defect is left out: regions are numbered from 1 to count, so the range "
            "ends at count + 1.",
        ),
        (
            np.mean([alarm[regions == 0].mean(), *shares[:-1]]),
            "range(count) begins with the background, region 0, and leaves the last defect out: "
            "range(1, count + 1).",
        ),
        (both.sum() / alarm.sum(), precision),
        (np.mean(_shares(*label(alarm, CORNERS_TOUCH), mask)), precision),
        (np.mean(_shares(*label(alarm), mask)), precision),
        (
            np.mean(boxes),
            "That is the share of each defect's bounding box. Pixels in the box beside the "
            "defect are normal: alarm[regions == i] has the defect's own.",
        ),
        (
            both.sum() / count,
            "Those are pixels for each defect; divide each one's alarms by its own size.",
        ),
        (
            shares[0],
            "That is the first defect's share alone: does the `return` stand inside the loop?",
        ),
        (
            shares[-1],
            "That is one defect's share, the last one's and here the middle one; the mean of all "
            "is asked for.",
        ),
        (np.mean(alarm == mask), "That is the share of pixels on which mask and alarm agree."),
        (1 - np.mean(shares), "Upside down: that is the share that does not alarm."),
    )
    name_the_mistake(got, mistakes)


def _shares(regions, count, marked):
    return [marked[regions == i].mean() for i in range(1, count + 1)]


@mean_overlap.set_inputs
def mean_overlap_inputs(rng):
    yield "the example", (np.array([[1, 1, 0, 1]]) > 0, np.array([[1, 0, 1, 1]]) > 0)
    diagonal = np.eye(6, dtype=bool)
    for what, mask in (
        ("many small defects", rng.random((15, 17)) < 0.12),
        ("large and small defects", _blobs(rng, (20, 16))),
        ("defects that touch the border", _rim(9, 11)),
        ("a scratch", np.pad(diagonal, ((1, 2), (2, 4)))),
        ("a scratch to the lower left", np.pad(diagonal[:, ::-1], ((1, 2), (2, 4)))),
        ("one row of pixels", np.array([[0, 1, 1, 0, 1, 0, 0, 1, 1, 1]]) > 0),
        ("one defective pixel", np.arange(20).reshape(4, 5) == 7),
        ("nothing but defect", np.ones((3, 4), dtype=bool)),
    ):
        for share in (0.3, 0.7):
            yield f"{what}, alarms by chance", (mask, rng.random(mask.shape) < share)
        yield f"{what}, no alarm", (mask, np.zeros_like(mask))
        yield f"{what}, alarms everywhere", (mask, np.ones_like(mask))
        yield f"{what}, alarms where it is normal", (mask, ~mask)
        yield f"{what}, a perfect map", (mask, mask.copy())


def _blobs(rng, shape):
    """Return a mask with rectangles of many sizes, which may touch."""
    mask = np.zeros(shape, dtype=bool)
    for size in (1, 1, 2, 3, 5, 6):
        row, column = (int(rng.integers(0, each - size)) for each in shape)
        mask[row : row + size, column : column + size] = True
    return mask


def _rim(height, width):
    """Return a mask whose corners are defects."""
    mask = np.zeros((height, width), dtype=bool)
    mask[:2, :2] = mask[:1, -3:] = mask[-3:, :1] = mask[-1, -1] = True
    return mask
