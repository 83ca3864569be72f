"""Occlusion: what an image's score loses when a part of the image is painted over."""

from course_utils import checks
from course_utils.data import read_image
from course_utils.explain.scoring import scores_of
from course_utils.images import Images

import numpy as np

__all__ = ["occlusion"]

PAINTED_AT_A_TIME = 64  # copies of an image in memory


def occlusion(detector, images, side=16, stride=8):
    """Return by how much an image's score falls when what surrounds a pixel is painted over.

    A square is painted with the image's own mean, of each colour, and moved over the image. A
    pixel gets the mean, over the squares that cover it, of the score before less the score after.
    The idea is M. Zeiler and R. Fergus's, ECCV 2014, https://arxiv.org/abs/1311.2901.

    Parameters
    ----------
    detector : object with ``decision_function``, or callable
        A function of yours maps images, an array like `images`, to scores (n,).
    images : array (n, h, w) or (n, h, w, 3), or list of arrays or of files
        uint8, or floats from 0 to 1; see ``course_utils.images.Images``.
    side : int
        Of the square, in pixels. What is larger is not hidden at once, what is smaller is hidden
        with its surroundings.
    stride : int
        Pixels between neighbouring squares, `side` at most. About h · w / stride² scores are
        asked for each image.

    Returns
    -------
    array of float64, shape (n, h, w), or list of such arrays (h, w)
        A list where `images` is one. In units of the score; below 0 where the image looks more
        anomalous with the square, whose edges are something new themselves.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If `images` are none, or smaller than the square (the message names the image).
    """
    scores = scores_of(detector)
    sizes = Images(images, "images")
    side = checks.positive_integer(side, "side")
    stride = checks.integer_in_range(stride, "stride", 1, side)
    found = []
    for row in range(len(sizes)):
        height, width = sizes.size(row)
        if side > min(height, width):
            raise ValueError(
                f"{sizes.name(row)} has {height} × {width} pixels; a square of side={side} does "
                "not fit into it."
            )
        image = images[row]
        image = np.asarray(image) if hasattr(image, "shape") else read_image(image)
        found.append(_one(scores, image, side, stride))
    return found if isinstance(images, (list, tuple)) else np.stack(found)


def _one(scores, image, side, stride):
    """Return the mean fall of the score (h, w) for an image (h, w) or (h, w, colours)."""
    mean = image.mean(axis=(0, 1))
    if image.dtype.kind == "u":
        mean = np.rint(mean)
    tops, lefts = (_starts(length, side, stride) for length in image.shape[:2])
    corners = [(top, left) for top in tops for left in lefts]
    before = scores(image[None])[0]
    total, covered = np.zeros(image.shape[:2]), np.zeros(image.shape[:2])
    for first in range(0, len(corners), PAINTED_AT_A_TIME):
        part = corners[first : first + PAINTED_AT_A_TIME]
        painted = np.repeat(image[None], len(part), axis=0)
        for copy, (top, left) in zip(painted, part, strict=True):
            copy[top : top + side, left : left + side] = mean
        for after, (top, left) in zip(scores(painted), part, strict=True):
            square = slice(top, top + side), slice(left, left + side)
            total[square] += before - after
            covered[square] += 1
    return total / covered


def _starts(length, side, stride):
    """Return where squares begin, so that each pixel of a side is covered."""
    last = length - side
    starts = list(range(0, last + 1, stride))
    return starts if starts[-1] == last else [*starts, last]
