"""How well heat maps find the defects in images: pixel AUROC and AUPRO.

Both are areas under curves of one kind. A threshold falls from above the hottest pixel to below
the coldest one. Along the way, the share of the normal pixels that are at or above it grows from
0 to 1 (the false positive rate), and so does the share of the defects.
"""

from __future__ import annotations

from course_utils.checks import describe, in_range

import numpy as np
from scipy.ndimage import label

__all__ = ["aupro", "pixel_auroc"]

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=int)  # pixels that touch at a corner are one region


def pixel_auroc(masks, heat_maps):
    """Return the area under the ROC curve of all pixels of all images.

    It is the probability that a random pixel of a defect is hotter than a random normal pixel,
    ties counted half. A large defect counts as often as it has pixels, and normal pixels are so
    many that a heat map with far too many hot ones still comes near 1; `aupro` is stricter.

    Parameters
    ----------
    masks : array (n, h, w), or sequence of arrays (h, w), of bool
        True where a pixel belongs to a defect; a normal image has no True. Sizes may differ.
    heat_maps : the same, of finite numbers
        Higher = more anomalous.

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    TypeError, ValueError
        When masks and heat maps do not fit each other, or are not of that form (the message
        names the image), when there is no defect, or when there is no normal pixel.
    """
    defect, _, normal = _pixels(masks, heat_maps, label_regions=False)
    return _area(defect, np.ones(len(defect)), normal, limit=1.0)


def aupro(masks, heat_maps, limit=0.3):
    """Return the area under the curve of per-region overlap, up to a false positive rate.

    Each connected region of a mask is one defect, pixels that touch at a corner included. The
    overlap at a threshold is the share of a region's pixels at or above it, averaged over the
    regions of all images: a small defect weighs as much as a large one. It is integrated over the
    false positive rate, the share of all normal pixels at or above the threshold, from 0 to
    `limit`, and divided by `limit`. 1 is perfect; heat maps that know nothing get ``limit / 2``.

    Source: P. Bergmann, K. Batzner, M. Fauser, D. Sattlegger and C. Steger, The MVTec Anomaly
    Detection Dataset, International Journal of Computer Vision 129, 2021; eight neighbours as in
    the evaluation code that its authors published.

    Parameters
    ----------
    masks : array (n, h, w), or sequence of arrays (h, w), of bool
        True where a pixel belongs to a defect; a normal image has no True. Sizes may differ.
    heat_maps : the same, of finite numbers
        Higher = more anomalous. All are compared with one threshold.
    limit : float in (0, 1]

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    TypeError, ValueError
        As for `pixel_auroc`, or when `limit` is no number in (0, 1].
    """
    limit = in_range(limit, "limit", 0, 1, low_open=True)
    defect, regions, normal = _pixels(masks, heat_maps, label_regions=True)
    sizes = np.bincount(regions)  # pixels of each region
    return _area(defect, 1 / sizes[regions], normal, limit)


def _area(defect, weights, normal, limit):
    """Return the area under the curve from 0 to `limit`, divided by `limit`.

    The curve is a sum with one term for each pixel of a defect. Its term is 0 until the threshold
    reaches the pixel and its weight afterwards. On the way, the false positive rate goes from
    `before`, the share of the normal pixels that are hotter, to `after`, which adds those that
    are equally hot; between the two the curve rises in a straight line. So the area is a weighted
    mean over the defects' pixels, and only the normal pixels need sorting.

    Parameters
    ----------
    defect, weights : ndarray (m,)
        Heat and weight of each pixel of a defect.
    normal : ndarray (k,)
        Heat of each normal pixel; it is sorted in place.
    limit : float in (0, 1]
    """
    order = np.argsort(defect)  # sorted, they are looked up faster
    defect, weights = defect[order], weights[order]
    normal.sort()
    count = len(normal)
    before = (count - np.searchsorted(normal, defect, side="right")) / count
    after = (count - np.searchsorted(normal, defect, side="left")) / count
    rise = after - before
    risen = np.clip(limit - before, 0, rise)  # the part of the rise that is below the limit
    share = np.divide(risen, rise, out=np.ones_like(rise), where=rise > 0)
    area = risen * share / 2 + np.clip(limit - after, 0, None)
    return float(min(1.0, np.average(area, weights=weights) / limit))


def _pixels(masks, heat_maps, label_regions):
    """Return heat and region number of the defects' pixels, and heat of the normal pixels."""
    masks = _as_sequence(masks, "masks")
    heat_maps = _as_sequence(heat_maps, "heat_maps")
    if len(masks) != len(heat_maps):
        raise ValueError(
            f"masks has {len(masks)} images and heat_maps {len(heat_maps)}; one heat map for each "
            "mask is expected."
        )
    defect, regions, normal, count = [], [], [], 0
    for number, (mask, heat) in enumerate(zip(masks, heat_maps, strict=True)):
        mask, heat = _as_pair(mask, heat, number)
        normal.append(heat[~mask])
        if not mask.any():
            continue
        labels, found = label(mask, EIGHT_NEIGHBOURS) if label_regions else (mask, 1)
        defect.append(heat[mask])
        regions.append(labels[mask].astype(np.int64) - 1 + count)
        count += found
    if not defect:
        raise ValueError("masks marks no defect in any image; at least one True is expected.")
    if not any(map(len, normal)):
        raise ValueError("masks marks every pixel; at least one normal pixel is expected.")
    return np.concatenate(defect), np.concatenate(regions), np.concatenate(normal)


def _as_sequence(value, name):
    """Return a sequence of at least one image."""
    expected = "an array (n, height, width) or a list of arrays (height, width)"
    if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__len__"):
        raise TypeError(f"{name} is {describe(value)}; {expected} is expected.")
    shape = tuple(getattr(value, "shape", ()))
    if len(shape) == 2:
        raise ValueError(
            f"{name} has shape {shape}; {expected} is expected. A single image is "
            f"{name}[np.newaxis]."
        )
    if len(value) == 0:
        raise ValueError(f"{name} is empty; {expected} is expected.")
    return value


def _as_pair(mask, heat, number):
    """Return a mask (h, w) of bool and its heat map (h, w) of finite numbers as arrays."""
    mask, heat = np.asarray(mask), np.asarray(heat)
    if mask.dtype != bool:
        raise TypeError(
            f"masks[{number}] holds values of type {mask.dtype}; True (defect) and False are "
            "expected, such as masks > 0."
        )
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"masks[{number}] has shape {mask.shape}; (height, width) is expected.")
    if heat.shape != mask.shape:
        raise ValueError(
            f"heat_maps[{number}] has shape {heat.shape}; {mask.shape} is expected, that of "
            f"masks[{number}]."
        )
    if heat.dtype.kind not in "biuf":
        raise TypeError(
            f"heat_maps[{number}] holds values of type {heat.dtype}; numbers are expected."
        )
    if not np.isfinite(heat).all():
        row, column = np.argwhere(~np.isfinite(heat))[0]
        what = "NaN" if np.isnan(heat[row, column]) else "infinity"
        raise ValueError(
            f"heat_maps[{number}] has {what} in row {row}, column {column}; finite numbers are "
            "expected."
        )
    return mask, heat
