"""Textures: real crops, painted defects, and that no simple number finds them."""

from course_utils import data
from course_utils.data.simulators import textures
from course_utils.data.simulators.textures import DEFECTS, TEXTURES, make_textures
from course_utils.evaluation import auroc

import numpy as np
import pytest
from pace import within
from scipy.ndimage import label


@pytest.fixture(scope="module", params=TEXTURES)
def many(request):
    return make_textures(request.param, rows=1_000, anomalies=125, seed=1)


def test_images_masks_and_kinds_fit_together():
    made = make_textures()
    assert repr(made) == "Texture, brick: 240 images of 64 × 64 pixels, 40 anomalies (16.67 %)"
    assert (made.X.dtype, made.masks.shape) == (np.uint8, (240, 64, 64))
    assert np.array_equal(made.masks.any(axis=(1, 2)), made.y == 1)
    assert [np.sum(made.kinds == kind) for kind in ("", *DEFECTS)] == [200, 10, 10, 10, 10]
    assert made.n_duplicates == 0
    assert len(set(made.kinds[:60].tolist())) > 2  # in random order


def test_one_seed_is_one_data_set():
    first, again, other = (make_textures("brick", 20, 2, 48, seed) for seed in (3, 3, 4))
    for field in ("X", "masks", "kinds", "groups"):
        assert np.array_equal(getattr(first, field), getattr(again, field))
    assert not np.array_equal(first.X, other.X)


@pytest.mark.parametrize(("size", "fields"), [(32, 16), (64, 16), (65, 9), (112, 9), (160, 4)])
def test_crops_of_two_fields_share_no_pixel(monkeypatch, size, fields):
    # a photograph whose pixels tell their field, without other light and noise
    edge = 512 // int(fields**0.5)
    down, right = np.minimum(np.indices((512, 512)) // edge, int(fields**0.5) - 1)
    numbered = (down * int(fields**0.5) + right).astype(float)
    monkeypatch.setattr(textures, "_photograph", lambda texture: numbered)
    monkeypatch.setattr(textures, "_exposed", lambda crop, generator: crop)
    made = make_textures(rows=200, anomalies=1, size=size)
    normal = made.take(made.y == 0)
    assert set(made.groups.tolist()) == set(range(fields))
    assert (normal.groups[:, None, None] == normal.X).all()


def test_a_split_keeps_fields_apart_and_defects_everywhere():
    parts = data.split(make_textures())
    sides = [set(part.groups.tolist()) for part in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, sides)) == 16
    assert min(part.n_anomalies for part in (parts.train, parts.validation, parts.test)) >= 4


def test_a_defect_changes_its_mask_and_little_else():
    generator = np.random.default_rng(0)
    crop = 120 + 20 * generator.standard_normal((64, 64))
    for kind in DEFECTS:
        for _ in range(20):
            painted, mask = textures._PAINT[kind](crop, generator)
            change = np.abs(painted - crop)
            assert change[mask].mean() > 10
            assert change[~mask].mean() < 0.05 * change[mask].mean()
            assert change[mask].sum() > 0.6 * change.sum()


def test_each_defect_has_its_shape(many):
    shares = {kind: many.masks[many.kinds == kind].mean(axis=(1, 2)) for kind in DEFECTS}
    for kind, (least, most) in {
        "scratch": (0.005, 0.04),
        "hole": (0.008, 0.05),
        "stain": (0.03, 0.22),
        "missing thread": (0.015, 0.07),
    }.items():
        assert least < shares[kind].min()
        assert shares[kind].max() < most
    for kind in ("hole", "stain", "missing thread"):
        pieces = [label(mask, np.ones((3, 3)))[1] for mask in many.masks[many.kinds == kind]]
        assert max(pieces) == 1
    strips = many.masks[many.kinds == "missing thread"]
    sides = np.sort([[mask.any(axis=axis).sum() for axis in (0, 1)] for mask in strips], axis=1)
    filled = strips.sum(axis=(1, 2)) / sides.prod(axis=1)
    assert filled.min() > 0.9  # a rectangle with rounded corners
    assert sides[:, 0].max() <= 5
    assert sides[:, 1].min() >= 28


SIMPLE = {
    "mean": lambda images: images.mean(axis=(1, 2)),
    "distance from the usual mean": lambda images: np.abs(
        images.mean(axis=(1, 2)) - images.mean()
    ),
    "standard deviation": lambda images: images.std(axis=(1, 2)),
    "darkest pixel": lambda images: images.min(axis=(1, 2)),
    "brightest pixel": lambda images: images.max(axis=(1, 2)),
    "steps": lambda images: np.abs(np.diff(images, axis=2)).mean(axis=(1, 2)),
}


def test_no_simple_number_finds_the_defects(many):
    images = many.X.astype(float)
    for name, simple in SIMPLE.items():
        found = auroc(many.y, simple(images))
        assert 0.38 < found < 0.62, f"{name}: {found}"


def test_what_the_mask_shows_can_be_found(many):
    """Inside its mask a defect differs from the same place in normal images: it is visible."""
    images = many.X.astype(float)
    images -= images.mean(axis=(1, 2), keepdims=True)
    holes = np.flatnonzero(many.kinds == "hole")
    inside = [images[row][many.masks[row]].mean() for row in holes]
    outside = [images[row][~many.masks[row]].mean() for row in holes]
    assert np.mean(np.array(inside) < np.array(outside) - 8) > 0.9


def test_a_thousand_images_are_quick():
    with within(3):
        make_textures(rows=1_000, anomalies=50)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"texture": "sand"}, ValueError, "texture is 'sand'; one of 'brick', 'grass', 'gravel'"),
        ({"rows": 40, "anomalies": 10}, ValueError, "rows is 40; a whole number of at least 41"),
        ({"anomalies": 0}, ValueError, "anomalies is 0"),
        ({"anomalies": 1.5}, TypeError, "anomalies is 1.5"),
        ({"size": 31}, ValueError, "size is 31; a whole number from 32 to 160"),
        ({"size": 161}, ValueError, "size is 161; a whole number from 32 to 160"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"rows": None}, TypeError, "rows is None"),
    ],
)
def test_a_wrong_argument_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_textures(**arguments)
