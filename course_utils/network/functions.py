"""The functions between layers and losses: sigmoid and softmax, without overflow."""

import numpy as np


def sigmoid(z):
    """Squash every number into (0, 1): σ(z) = 1 / (1 + exp(−z)).

    Parameters
    ----------
    z : array of any shape

    Returns
    -------
    ndarray
        Shape as ``z``.
    """
    z = as_numbers(z, "z")
    return 1 / (1 + np.exp(-np.maximum(z, -700)))  # exp(710) would overflow; σ(−700) is 1e−304


def softmax(z):
    """Turn the logits of every row into probabilities: exp(zₖ) / Σⱼ exp(zⱼ).

    Parameters
    ----------
    z : array of shape (batch, classes)
        More axes are allowed; the last one holds the classes.

    Returns
    -------
    ndarray
        Shape as ``z``. No number is negative, and every row sums to 1.
    """
    return np.exp(log_softmax(as_numbers(z, "z")))


def log_softmax(z):
    """log softmax by rows; subtracting the largest logit first keeps exp from overflowing."""
    z = z - z.max(axis=-1, keepdims=True)  # (batch, classes)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def as_numbers(value, name):
    """Return float64 numbers of any shape; every step comes here, so entries are not looked at."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ValueError(
            f"{name} has rows of different lengths; equal ones are expected."
        ) from None
    if array.dtype.kind not in "biuf":
        came = type(value).__name__
        raise TypeError(f"{name} is of type {came}; an array of numbers is expected.")
    if array.size == 0:
        raise ValueError(f"{name} is empty; at least one number is expected.")
    return array.astype(np.float64, copy=False)
