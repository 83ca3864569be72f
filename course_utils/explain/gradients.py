"""Explanations by slopes: what a small step of each entry changes, and the sum along a path."""

from course_utils import checks
from course_utils.explain.scoring import are_images, as_row, as_rows

import numpy as np

__all__ = ["gradients", "integrated_gradients"]


def gradients(detector, X):
    """Return the slope of each row's score along each of its entries, or of an image's pixels.

    Parameters
    ----------
    detector : detector with ``score_gradients``, or callable
        A function of yours maps rows (n, d) to slopes (n, d).
    X : array-like, shape (n, d), or images (n, h, w) or (n, h, w, 3), or list of images
        Images as PatchCore and PaDiM take them.

    Returns
    -------
    array of float64, of the shape of X, or list of such arrays
        Score for each unit of the column: not to be compared from column to column before it is
        multiplied by a step of each. Of images, score for the way from black to white. A slope is
        no share of the score.

    Raises
    ------
    TypeError
        If the detector has no gradients, as trees, neighbours and all of PyOD's have none here.
    """
    slopes = slopes_of(detector)
    return slopes(X) if are_images(X) else slopes(as_rows(X, "X"))


def integrated_gradients(detector, X, baseline, steps=64):
    """Return each entry's part of the difference between a row's score and the baseline's.

    (x − x′) times the mean slope along the straight line from the baseline x′ to the row x, taken
    in the middles of `steps` equal parts. The parts of a row add up to score(x) − score(x′), but
    for the error of the steps. Source: M. Sundararajan, A. Taly and Q. Yan, Axiomatic Attribution
    for Deep Networks, ICML 2017, https://arxiv.org/abs/1703.01365.

    Parameters
    ----------
    detector : as in ``gradients``
    X : array-like, shape (n, d)
    baseline : array-like, shape (d,)
        A row that needs no explanation: the median of the training rows, say. Another baseline
        gives another explanation.
    steps : int

    Returns
    -------
    array of float64, shape (n, d)
        In units of the score.
    """
    X = as_rows(X, "X")
    baseline = as_row(baseline, "baseline", X.shape[1])
    steps = checks.positive_integer(steps, "steps")
    slopes_at, slopes = slopes_of(detector), np.zeros(X.shape)
    for share in (np.arange(steps) + 0.5) / steps:
        slopes += slopes_at(baseline + share * (X - baseline)) / steps
    return (X - baseline) * slopes


def slopes_of(detector):
    """Return a function that maps rows (n, d) to slopes (n, d), or images to slopes like them.

    Raises
    ------
    TypeError
        If the detector has no gradients.
    """
    slopes = getattr(detector, "score_gradients", None)
    if slopes is None and not hasattr(detector, "decision_function") and callable(detector):
        slopes = detector
    if slopes is None:
        raise TypeError(
            f"{type(detector).__name__} has no gradients. The course's AutoEncoder, VAE, "
            "DeepSVDD, PaDiM and PatchCore have; for any detector use shapley_values, "
            "sampled_shapley_values, local_weights or repair, which only ask for scores."
        )

    def checked(X):
        found = slopes(X)
        if isinstance(X, (list, tuple)):  # images of several sizes
            return found
        found = np.asarray(found, dtype=float)
        if found.shape != tuple(X.shape):
            raise ValueError(
                f"the gradients have shape {found.shape}; {tuple(X.shape)}, as X, is expected."
            )
        return found

    return checked
