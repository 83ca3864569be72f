"""Explanations of images: slopes against small steps, and squares painted over."""

import functools

from course_utils import detectors, explain

import numpy as np
import pytest
from on_device import IMAGE_DETECTORS
from PIL import Image
from sklearn.exceptions import NotFittedError
from test_image_detectors import fitted, small, textures

EVERY = pytest.mark.parametrize("kind", IMAGE_DETECTORS, ids=lambda kind: kind.__name__)


@functools.cache
def in_colour(kind):
    """A detector and two images of another size than its own, in three different colours."""
    X = np.random.default_rng(0).random((6, 40, 56, 3))
    X = (X + np.roll(X, 1, axis=1) + np.roll(X, 1, axis=2)) / 3
    return small(kind).fit(X[:4]), X[4:]


@EVERY
def test_slopes_are_those_of_small_steps(kind):
    detector, X = in_colour(kind)
    slopes = explain.gradients(detector, X)
    assert slopes.shape == X.shape
    assert slopes.dtype == np.float64
    generator = np.random.default_rng(1)
    ratios = []
    for step in (1e-4, 3e-4):
        for _ in range(5):  # along random directions and along the slope itself
            way = np.sign(slopes) if len(ratios) % 5 == 0 else generator.choice([-1.0, 1], X.shape)
            up, down = (detector.decision_function(X + s * step * way) for s in (1, -1))
            ratios.append((up - down) / (2 * step) - (slopes * way).sum(axis=(1, 2, 3)))
    size = np.abs(slopes).sum(axis=(1, 2, 3))  # the steepest way's slope
    assert (np.abs(ratios) / size < 0.05).mean() > 0.8
    assert (np.abs(ratios[0]) / size < 0.1).all()


@EVERY
def test_forms_of_one_image_have_the_same_slopes(kind, tmp_path):
    detector, X = fitted(kind), textures().X[:2]
    grey = detector.score_gradients(X)
    assert grey.shape == X.shape
    np.testing.assert_allclose(detector.score_gradients(X / 255), grey, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(detector.score_gradients(X[..., None])[..., 0], grey)
    colours = np.repeat(X[..., None], 3, axis=3)
    in_three = detector.score_gradients(colours)
    np.testing.assert_allclose(in_three.sum(axis=3), grey, rtol=1e-6, atol=1e-12)
    with pytest.warns(UserWarning, match="transparency"):
        in_four = detector.score_gradients(np.concatenate([colours, colours[..., :1]], axis=3))
    np.testing.assert_array_equal(in_four[..., :3], in_three)
    assert not in_four[..., 3].any()
    Image.fromarray(X[0]).save(tmp_path / "one.png")
    of_file, of_array = explain.gradients(detector, [tmp_path / "one.png", X[1]])
    np.testing.assert_array_equal(of_file, in_three[0])
    np.testing.assert_array_equal(of_array, grey[1])


@EVERY
def test_slopes_do_not_depend_on_the_images_beside_them(kind):
    detector, X = fitted(kind), textures().X[:4]
    together = detector.score_gradients(X)
    for row in range(4):
        np.testing.assert_array_equal(detector.score_gradients(X[row : row + 1])[0], together[row])
    sizes = [X[0], X[1][:40, :44]]
    assert [each.shape for each in detector.score_gradients(sizes)] == [(48, 48), (40, 44)]
    with pytest.raises(NotFittedError):
        kind().score_gradients(X)


def test_a_score_of_one_pixel_is_found_by_the_squares_that_cover_it():
    image = np.zeros((1, 20, 30))
    image[0, 7, 11] = 1

    def score(images):
        return images[:, 7, 11]

    found = explain.occlusion(score, image, side=4, stride=2)
    assert found.shape == (1, 20, 30)
    mean = image.mean()
    assert found[0, 7, 11] == pytest.approx(1 - mean)
    assert found[0, 7, 11] == found.max()
    rows, columns = np.nonzero(found[0])
    assert {rows.min(), rows.max()} == {4, 9}  # squares from 4 to 7 and from 6 to 9 cover row 7
    assert {columns.min(), columns.max()} == {8, 13}


@pytest.mark.parametrize(("side", "stride"), [(8, 8), (8, 3), (9, 5), (20, 7)])
def test_squares_are_moved_by_the_plain_definition(side, stride):
    image = np.random.default_rng(side).random((1, 20, 27, 3))

    def score(images):
        return (images**2).sum(axis=(1, 2, 3)) + images[:, 3, 4, 0] * images[:, 15, 20, 1]

    total, times = np.zeros((20, 27)), np.zeros((20, 27))
    for top in sorted({*range(0, 20 - side + 1, stride), 20 - side}):
        for left in sorted({*range(0, 27 - side + 1, stride), 27 - side}):
            painted = image.copy()
            painted[0, top : top + side, left : left + side] = image[0].mean(axis=(0, 1))
            fall = score(image)[0] - score(painted)[0]
            total[top : top + side, left : left + side] += fall
            times[top : top + side, left : left + side] += 1
    kept = image.copy()
    np.testing.assert_allclose(explain.occlusion(score, image, side, stride)[0], total / times)
    np.testing.assert_array_equal(image, kept)


@EVERY
def test_detectors_and_lists_are_taken(kind, tmp_path):
    detector, X = fitted(kind), textures().X[:2]
    found = explain.occlusion(detector, X, side=16, stride=16)
    assert found.shape == X.shape
    Image.fromarray(X[0]).save(tmp_path / "one.png")
    of_file, cut = explain.occlusion(detector, [tmp_path / "one.png", X[1][:40, :44]], 16, 16)
    np.testing.assert_allclose(of_file, found[0], rtol=1e-4, atol=1e-6)
    assert cut.shape == (40, 44)


def test_a_defect_is_where_the_score_falls():
    detector = fitted(detectors.PatchCore)
    images, masks = textures().X[textures().y == 1], textures().masks[textures().y == 1]
    rows = np.argsort(detector.decision_function(images))[-6:]
    found = explain.occlusion(detector, images[rows], side=12, stride=6)
    inside = [
        each[mask > 0].mean() - each[mask == 0].mean()
        for each, mask in zip(found, masks[rows], strict=True)
    ]
    assert np.mean(inside) > 0


def test_what_does_not_fit_is_refused_by_name():
    def score(images):
        return images.mean(axis=(1, 2))

    X = np.zeros((2, 20, 30))
    with pytest.raises(ValueError, match=r"image 0 has 20 × 30 pixels.*side=24"):
        explain.occlusion(score, X, side=24)
    with pytest.raises(ValueError, match="stride"):
        explain.occlusion(score, X, side=8, stride=9)
    with pytest.raises(ValueError, match="images has shape"):
        explain.occlusion(score, X[0])
    with pytest.raises(TypeError, match="has no gradients"):
        explain.gradients(textures(), X)
