"""Do new rows still look like those that a detector was fitted on? Without labels, with a null.

The index compares one column, or the scores, of two samples. What it says of small samples is
mostly chance: `stability_limit` tells how much.
"""

from course_utils.checks import as_scores, as_seed, in_range, integer_in_range, positive_integer

import numpy as np

__all__ = ["population_stability", "stability_limit"]

LEAST = 0.5  # rows that a bin counts with, where it has none: the logarithm of 0 is infinite


def population_stability(expected, actual, bins=10):
    """Return the population stability index of two samples: how far their shares in bins differ.

    Σ (a − e) · ln(a / e) over the bins, with e and a the shares of the expected and the actual
    sample (Siddiqi, Credit Risk Scorecards, Wiley 2006; a symmetrised Kullback–Leibler
    divergence). The bins hold equally many expected rows; a row that lies on an edge counts
    below it, and the two outer bins are open. An empty bin counts as half a row.

    Parameters
    ----------
    expected : array-like, shape (n,)
        The sample from before: training or validation rows.
    actual : array-like, shape (m,)
        The sample to judge.
    bins : int, at least 2
        Fewer are left where many expected rows share one value.

    Returns
    -------
    float
        0 for the same shares in all bins. There is no largest number.

    Raises
    ------
    TypeError, ValueError
        If a sample is no list of finite numbers, is empty, or the expected one has fewer rows
        than bins.
    """
    expected = np.sort(as_scores(expected, "expected"))
    actual = as_scores(actual, "actual")
    bins = integer_in_range(bins, "bins", 2)
    _need_rows(len(expected), "expected", bins)
    edges = np.unique(expected[_last_of_bins(len(expected), bins)])  # below the outermost bin
    edges = edges[edges < expected[-1]]  # else its bin would be empty by its making
    before, now = (
        np.bincount(np.searchsorted(edges, rows), minlength=len(edges) + 1)
        for rows in (expected, actual)
    )
    return float(_index(before, now))


def stability_limit(n_expected, n_actual, bins=10, level=0.05, draws=2000, seed=0):
    """Return the index that two samples of one and the same distribution exceed by chance alone.

    The distribution plays no part while its values are all different. The shares between order
    statistics of a sample are those of a Dirichlet distribution, so that no row need be drawn.

    Parameters
    ----------
    n_expected, n_actual : int
        Rows of the two samples.
    bins : int, at least 2
    level : float in (0, 1)
        Share of such pairs of samples that lies above the limit.
    draws : int
        Pairs that are simulated.
    seed : int

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    """
    bins = integer_in_range(bins, "bins", 2)
    _need_rows(integer_in_range(n_expected, "n_expected", 1), "n_expected", bins)
    positive_integer(n_actual, "n_actual")
    in_range(level, "level", 0, 1, low_open=True, high_open=True)
    generator = np.random.default_rng(as_seed(seed, "seed"))
    ends = np.concatenate([[0], _last_of_bins(n_expected, bins) + 1, [n_expected]])
    before = np.diff(ends)  # (bins,): rows of the expected sample
    spacings = before + (np.arange(bins) == bins - 1)  # n rows leave n + 1 gaps
    masses = generator.dirichlet(spacings, size=positive_integer(draws, "draws"))
    now = generator.multinomial(n_actual, masses)  # (draws, bins)
    return float(np.quantile(_index(before, now), 1 - level))


def _need_rows(rows, name, bins):
    if rows < bins:
        raise ValueError(f"{name} has {rows} rows for {bins} bins; one for each bin is needed.")


def _last_of_bins(rows, bins):
    """Return where, among sorted rows, all bins but the last end, shape (bins − 1,)."""
    return -(-np.arange(1, bins) * rows // bins) - 1


def _index(before, now):
    """Return Σ (a − e) · ln(a / e) over the last axis of rows per bin."""
    shares = [np.maximum(rows, LEAST) / rows.sum(axis=-1, keepdims=True) for rows in (before, now)]
    return ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum(axis=-1)
