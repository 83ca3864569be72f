"""Pixel AUROC and AUPRO: exact in cases worked out by hand, and equal to a plain reference."""

from itertools import pairwise

from course_utils import evaluation
from course_utils.evaluation.localisation import aupro, pixel_auroc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pace import within
from scipy.ndimage import label
from sklearn.metrics import roc_auc_score

properties = settings(max_examples=50, deadline=None, derandomize=True, database=None)
INTEGRATION_LIMITS = (0.05, 0.3, 1.0)


def squares(*corners, images=1, size=20, side=4):
    """Return masks (images, size, size) with squares; a corner is (image, row, column)."""
    masks = np.zeros((images, size, size), dtype=bool)
    for image, row, column in corners:
        masks[image, row : row + side, column : column + side] = True
    return masks


def plain_aupro(masks, heat_maps, limit):
    """Return AUPRO by a loop over all thresholds, all regions and all images."""
    regions = []
    for mask, heat in zip(masks, heat_maps, strict=True):
        labels, count = label(mask, np.ones((3, 3)))
        regions += [heat[labels == number] for number in range(1, count + 1)]
    normal = np.concatenate([heat[~mask] for mask, heat in zip(masks, heat_maps, strict=True)])
    points = [(0.0, 0.0)]
    for threshold in sorted({float(heat) for part in [*regions, normal] for heat in part})[::-1]:
        overlap = np.mean([np.mean(region >= threshold) for region in regions])
        points.append((np.mean(normal >= threshold), overlap))
    area = 0.0
    for (left, low), (right, high) in pairwise(points):
        end = min(right, limit)
        if left < end:
            high = low + (high - low) * (end - left) / (right - left)
            area += (end - left) * (low + high) / 2
    return area / limit


@st.composite
def defects_and_heat(draw):
    """Return masks and heat maps with at least one defect and normal pixel, many with ties."""
    count = draw(st.integers(1, 3))
    size = (draw(st.integers(1, 5)), draw(st.integers(2, 6)))
    seed = draw(st.integers(0, 10_000))
    generator = np.random.default_rng(seed)
    masks = generator.random((count, *size)) < draw(st.sampled_from([0.1, 0.3, 0.6]))
    masks[-1, 0, 0], masks[-1, 0, 1] = True, False
    if draw(st.booleans()):
        heat_maps = generator.integers(0, draw(st.integers(1, 6)), masks.shape).astype(float)
    else:
        heat_maps = generator.normal(size=masks.shape)
    return masks, heat_maps + draw(st.sampled_from([0, 0.5, 2])) * masks


@properties
@given(defects_and_heat(), st.sampled_from(INTEGRATION_LIMITS))
def test_it_equals_a_loop_over_all_thresholds(drawn, limit):
    masks, heat_maps = drawn
    expected = plain_aupro(masks, heat_maps, limit)
    assert aupro(masks, heat_maps, limit) == pytest.approx(expected, abs=1e-12)


@properties
@given(defects_and_heat())
def test_pixel_auroc_agrees_with_scikit_learn(drawn):
    masks, heat_maps = drawn
    expected = roc_auc_score(masks.ravel(), heat_maps.ravel())
    assert pixel_auroc(masks, heat_maps) == pytest.approx(expected, abs=1e-12)
    assert evaluation.pixel_auroc(list(masks), list(heat_maps)) == pixel_auroc(masks, heat_maps)


@pytest.mark.parametrize("limit", INTEGRATION_LIMITS)
def test_a_perfect_map_gets_one_and_the_opposite_nothing(limit):
    masks = squares((0, 2, 3), (1, 10, 10), images=3)
    assert aupro(masks, masks.astype(float), limit) == 1
    assert aupro(masks, masks * -1.0, limit) == 0
    assert pixel_auroc(masks, masks.astype(float)) == 1
    assert pixel_auroc(masks, masks * -1.0) == 0


@pytest.mark.parametrize("limit", INTEGRATION_LIMITS)
def test_a_map_that_knows_nothing_gets_half_the_limit(limit):
    """A constant map has two points, (0, 0) and (1, 1).

    Up to the limit the area below the line is limit² / 2, divided by the limit: limit / 2.
    """
    masks = squares((0, 2, 3), (1, 10, 10), images=2)
    assert aupro(masks, np.full(masks.shape, 7.0), limit) == pytest.approx(limit / 2, abs=1e-12)
    assert pixel_auroc(masks, np.zeros(masks.shape)) == 0.5
    many = squares(*[(image, 3 * image % 40, 30) for image in range(40)], images=40, size=64)
    random = np.random.default_rng(0).random(many.shape)
    assert aupro(many, random, limit) == pytest.approx(limit / 2, abs=0.03)


def test_a_shifted_square_has_the_area_worked_out():
    """The map is 1 on a square of 4 × 4 pixels that lies one column beside the defect's.

    Of the defect's 16 pixels 12 are hot, and of the 400 − 16 = 384 normal pixels 4 are. The curve
    goes (0, 0), (4/384, 12/16), (1, 1). With f = 4/384 and the limit L = 0.3, the height at L is
    h = 0.75 + 0.25 (L − f) / (1 − f), so the area is 0.75 f / 2 + (L − f) (0.75 + h) / 2.
    """
    heat_maps = squares((0, 5, 6)).astype(float)
    first, limit = 4 / 384, 0.3
    height = 0.75 + 0.25 * (limit - first) / (1 - first)
    area = 0.75 * first / 2 + (limit - first) * (0.75 + height) / 2
    assert aupro(squares((0, 5, 5)), heat_maps) == pytest.approx(area / limit, abs=1e-12)


def test_the_curve_is_cut_within_a_tie():
    """Half of the normal pixels are as hot as the whole defect, the others are cold.

    The curve goes (0, 0), (1/2, 1), (1, 1). At a limit of 0.3 the line has reached 0.6, so the
    area is 0.3 · 0.6 / 2 and AUPRO is 0.3.
    """
    masks = np.array([[[True, False, False]]])
    assert aupro(masks, [np.array([[1.0, 1.0, 0.0]])]) == pytest.approx(0.3, abs=1e-12)


def test_a_small_defect_weighs_as_much_as_a_large_one():
    """One of two defects is found, 1 pixel or 100: either way half of the area."""
    masks = squares((0, 0, 0), side=10)
    masks[0, 15, 15] = True
    for found in ((15, 15), (3, 3)):
        heat_maps = label(masks[0])[0] == label(masks[0])[0][found]
        # what is not found is as cold as the normal pixels: from (0, 1/2) in a line to (1, 1)
        expected = 0.5 + 0.5 * 0.3 / 2
        assert aupro(masks, heat_maps[np.newaxis] * 1.0) == pytest.approx(expected, abs=1e-12)


def test_pixels_that_touch_at_a_corner_are_one_defect():
    """A diagonal pair is found and a third pixel is not: one of two regions, not two of three."""
    mask = np.zeros((8, 8), dtype=bool)
    mask[[1, 2], [1, 2]] = True  # one region, both found
    mask[6, 6] = True  # another, not found
    heat = np.where(mask, 1.0, 0.5)
    heat[6, 6] = 0
    # one of two regions is hot before any normal pixel; the other is colder than all of them
    assert aupro([mask], [heat]) == pytest.approx(1 / 2, abs=1e-12)


@properties
@given(defects_and_heat(), st.sampled_from(INTEGRATION_LIMITS))
def test_only_the_order_of_the_heat_counts(drawn, limit):
    masks, heat_maps = drawn
    for change in (lambda heat: 3 * heat - 7, lambda heat: np.exp(heat / 4)):
        assert aupro(masks, change(heat_maps), limit) == aupro(masks, heat_maps, limit)
        assert pixel_auroc(masks, change(heat_maps)) == pixel_auroc(masks, heat_maps)


def test_images_may_differ_in_size_and_are_left_as_they_were():
    generator = np.random.default_rng(1)
    masks = [generator.random(size) < 0.2 for size in [(8, 9), (20, 5), (7, 7)]]
    heat_maps = [generator.normal(size=mask.shape).astype(np.float32) for mask in masks]
    before = [heat.copy() for heat in heat_maps]
    assert aupro(masks, heat_maps) == pytest.approx(plain_aupro(masks, heat_maps, 0.3), abs=1e-12)
    assert all(map(np.array_equal, heat_maps, before))
    assert aupro(tuple(masks[::-1]), heat_maps[::-1]) == pytest.approx(aupro(masks, heat_maps))


def test_whole_numbers_and_tensors_are_heat_too():
    import torch

    masks = squares((0, 2, 3), images=2)
    heat_maps = np.random.default_rng(2).integers(0, 200, masks.shape).astype(np.uint8)
    expected = plain_aupro(masks, heat_maps.astype(int), 0.3)
    assert aupro(masks, heat_maps) == pytest.approx(expected, abs=1e-12)
    assert aupro(torch.from_numpy(masks), torch.from_numpy(heat_maps)) == aupro(masks, heat_maps)


GOOD = squares((0, 2, 3), images=2)
HEAT = np.zeros(GOOD.shape)


def with_entry(value):
    heat_maps = HEAT.copy()
    heat_maps[1, 5, 7] = value
    return heat_maps


@pytest.mark.parametrize(
    ("masks", "heat_maps", "error", "message"),
    [
        (GOOD & False, HEAT, ValueError, "masks marks no defect in any image"),
        (GOOD | True, HEAT, ValueError, "masks marks every pixel"),
        (GOOD, HEAT[:1], ValueError, "masks has 2 images and heat_maps 1"),
        (GOOD, HEAT[:, :9], ValueError, r"heat_maps\[0\] has shape \(9, 20\); \(20, 20\)"),
        (GOOD, [HEAT[0], HEAT[1].T[:5]], ValueError, r"heat_maps\[1\] has shape \(5, 20\)"),
        (GOOD[:, :10], HEAT[:, :, :10], ValueError, r"heat_maps\[0\] has shape \(20, 10\)"),
        (GOOD, with_entry(np.nan), ValueError, r"heat_maps\[1\] has NaN in row 5, column 7"),
        (GOOD, with_entry(-np.inf), ValueError, r"heat_maps\[1\] has infinity in row 5"),
        (GOOD, HEAT.astype(str), TypeError, r"heat_maps\[0\] holds values of type <U"),
        (GOOD * 255, HEAT, TypeError, r"masks\[0\] holds values of type int.*masks > 0"),
        (GOOD[0], HEAT[0], ValueError, r"masks has shape \(20, 20\).*masks\[np.newaxis\]"),
        (GOOD[:, None], HEAT[:, None], ValueError, r"masks\[0\] has shape \(1, 20, 20\)"),
        (None, HEAT, TypeError, "masks is None; an array"),
        (GOOD, "heat", TypeError, "heat_maps is the text 'heat'; an array"),
        (GOOD, iter(HEAT), TypeError, "heat_maps is a value of type"),
        ([], [], ValueError, "masks is empty"),
        ([np.zeros((0, 4), bool)], [np.zeros((0, 4))], ValueError, r"masks\[0\] has shape \(0, 4"),
    ],
)
@pytest.mark.parametrize("measure", [aupro, pixel_auroc])
def test_what_does_not_fit_is_named(measure, masks, heat_maps, error, message):
    with pytest.raises(error, match=message):
        measure(masks, heat_maps)


@pytest.mark.parametrize(
    ("limit", "error"),
    [(0, ValueError), (1.01, ValueError), (np.nan, ValueError), ("1", TypeError)],
)
def test_a_limit_that_is_none_is_refused(limit, error):
    with pytest.raises(error, match="limit"):
        aupro(GOOD, HEAT, limit)


def test_a_million_pixels_take_a_moment():
    masks = squares(
        *[(image, 100, 100) for image in range(0, 16, 2)], images=16, size=256, side=60
    )
    heat_maps = np.random.default_rng(0).random(masks.shape, dtype=np.float32)
    with within(2):
        aupro(masks, heat_maps)
