"""Shapley values: what each entry brings, on average over all orders in which they come."""

import math

from course_utils import checks
from course_utils.explain.scoring import as_rows, scores_of

import numpy as np

__all__ = ["sampled_shapley_values", "shapley_values"]

MOST_COLUMNS = 16  # 65,536 subsets


def shapley_values(detector, X, background):
    """Return each entry's Shapley value, exactly: all 2^d subsets of the columns are asked.

    The worth v(S) of a set of columns is the mean score of rows that have these entries from the
    row and all others from a row of the background. Column j gets the mean of v(S ∪ j) − v(S)
    over all sets S without it, each weighed by |S|! (d − |S| − 1)! / d!. The values of a row add
    up to its score less the mean score of the background. Sources: L. Shapley, A Value for
    n-Person Games, 1953; S. Lundberg and S.-I. Lee, NeurIPS 2017,
    https://arxiv.org/abs/1705.07874.

    Parameters
    ----------
    detector : object with ``decision_function``, or callable
    X : array-like, shape (n, d)
        2^d times as many scores as background rows are asked for each row; d is 16 at most.
    background : array-like, shape (m, d)
        Rows that are normal; some dozens.

    Returns
    -------
    array of float64, shape (n, d)
        In units of the score.

    Raises
    ------
    ValueError
        With more than 16 columns; see ``sampled_shapley_values``.
    """
    scores = scores_of(detector)
    X = as_rows(X, "X")
    d = X.shape[1]
    background = as_rows(background, "background", d)
    if d > MOST_COLUMNS:
        raise ValueError(
            f"X has {d} columns, which have {2.0**d:.0e} subsets; exactly it goes for "
            f"{MOST_COLUMNS} at most. Use sampled_shapley_values."
        )
    subsets = np.arange(2**d)
    holds = (subsets[:, None] >> np.arange(d)) % 2 == 1  # (2^d, d): which columns are in which
    sizes = holds.sum(axis=1)
    weights = np.array(
        [math.factorial(k) * math.factorial(d - k - 1) / math.factorial(d) for k in range(d)]
    )
    values = np.empty(X.shape)
    for row, found in zip(X, values, strict=True):
        worth = _worth(scores, row, holds, background)
        for column in range(d):
            without = subsets[~holds[:, column]]
            gains = worth[without + 2**column] - worth[without]
            found[column] = weights[sizes[without]] @ gains
    return values


def sampled_shapley_values(detector, X, background, permutations=100, seed=0):
    """Return Shapley values by a sample of the orders, for more columns than all subsets allow.

    The columns of a background row are replaced by the row's in a random order, and again in the
    opposite one; what each replacement adds to the score is that column's gain. Sources:
    E. Štrumbelj and I. Kononenko, JMLR 11, 2010; for pairs of opposite orders R. Mitchell et al.,
    JMLR 23, 2022, https://arxiv.org/abs/2104.12199.

    Parameters
    ----------
    detector, X, background : as in ``shapley_values``
    permutations : int
        Pairs of orders for each row; d + 1 scores are asked for each order. The error falls with
        the root of their number.
    seed : int

    Returns
    -------
    array of float64, shape (n, d)
        The values of a row add up to its score less the mean score of the background rows drawn.
    """
    scores = scores_of(detector)
    X = as_rows(X, "X")
    d = X.shape[1]
    background = as_rows(background, "background", d)
    permutations = checks.positive_integer(permutations, "permutations")
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    values = np.zeros(X.shape)
    for row, found in zip(X, values, strict=True):
        orders = generator.permuted(np.tile(np.arange(d), (permutations, 1)), axis=1)
        orders = np.concatenate([orders, orders[:, ::-1]])  # (2 · permutations, d)
        places = np.argsort(orders, axis=1)  # when each column comes
        taken = places[:, None, :] < np.arange(d + 1)[:, None]  # (orders, d + 1, d)
        drawn = np.tile(background[generator.integers(len(background), size=permutations)], (2, 1))
        mixed = np.where(taken, row, drawn[:, None, :]).reshape(-1, d)
        gains = np.diff(scores(mixed).reshape(len(orders), d + 1), axis=1)  # in each order
        found += np.take_along_axis(gains, places, axis=1).mean(axis=0)
    return values


def _worth(scores, row, holds, background):
    """Return the mean score of the row mixed with background rows, for each set (sets,)."""
    mixed = np.where(holds[:, None, :], row, background)  # (sets, m, d)
    return scores(mixed.reshape(-1, len(row))).reshape(len(holds), -1).mean(axis=1)
