"""Many detectors on many tables: ranks, tests that go with them, and the regret of a choice.

`results` has one row for each table and one column for each detector, higher = better: the mean
over the seeds, one row for each source. Runs of one table that are counted as tables of their own
make every test below too sure. An array gives arrays; a DataFrame's names come back.
"""

from itertools import combinations
from typing import NamedTuple

from course_utils.checks import as_matrix, in_range, integer_in_range

import numpy as np
import pandas as pd
from scipy import stats

__all__ = [
    "Friedman",
    "critical_difference",
    "friedman",
    "mean_ranks",
    "regret",
    "wilcoxon_holm",
]


EXACT = 50  # tables; beyond, the normal approximation is as good


class Friedman(NamedTuple):
    """The statistic and how probable one as large is where all detectors are alike."""

    statistic: float
    p_value: float


def mean_ranks(results):
    """Return each detector's rank, 1 = best, as a mean over the tables; ties share their ranks.

    Parameters
    ----------
    results : array-like or DataFrame, shape (tables, detectors)
        Higher = better.

    Returns
    -------
    array or Series, shape (detectors,)

    Raises
    ------
    TypeError, ValueError
        If results are no finite matrix.
    """
    values, _, detectors = _as_results(results)
    ranks = stats.rankdata(-values, axis=1).mean(axis=0)  # (detectors,)
    return ranks if detectors is None else pd.Series(ranks, index=detectors, name="mean rank")


def friedman(results):
    """Test whether the ranks differ more between detectors than chance would let them.

    Sources: Friedman, Journal of the American Statistical Association 32, 1937, with the
    correction for ties; Demšar, Journal of Machine Learning Research 7, 2006, for its use here.

    Parameters
    ----------
    results : array-like or DataFrame, shape (tables, detectors)
        At least two tables and three detectors. The p-value is rough below ten tables.

    Returns
    -------
    Friedman
        `statistic`, and `p_value` by the χ² distribution with detectors − 1 degrees of freedom.
        0 and 1 where all detectors are level on each table.

    Raises
    ------
    TypeError, ValueError
        If results are no finite matrix of such a size.
    """
    values, _, _ = _as_results(results, tables=2, detectors=3)
    if np.ptp(values, axis=1).max() == 0:
        return Friedman(0.0, 1.0)
    statistic, p_value = stats.friedmanchisquare(*values.T)
    return Friedman(float(statistic), float(p_value))


def critical_difference(detectors, tables, level=0.05):
    """Return by how much two mean ranks must differ for Nemenyi's test to tell them apart.

    q · √(k (k + 1) / (6 n)) for k detectors and n tables, where q is the quantile of the
    studentised range of k values, divided by √2. Source: Demšar, Statistical Comparisons of
    Classifiers over Multiple Data Sets, Journal of Machine Learning Research 7, 2006.

    Parameters
    ----------
    detectors, tables : int, at least 2
    level : float in (0, 1)
        How probable one false verdict, or more, may be where all detectors are alike.

    Returns
    -------
    float
        In ranks.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    """
    k = integer_in_range(detectors, "detectors", 2)
    n = integer_in_range(tables, "tables", 2)
    level = in_range(level, "level", 0, 1, low_open=True, high_open=True)
    q = stats.studentized_range.ppf(1 - level, k, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(k * (k + 1) / (6 * n)))


def wilcoxon_holm(results):
    """Test each pair of detectors by itself, and pay for having tested so many.

    A pair's p-value is that of Wilcoxon's signed ranks over the tables, two-sided and exact up to
    50 tables; tables on which the two are level are left out (p is 1 where no other is there).
    Holm's correction multiplies the smallest of m p-values by m, the next by m − 1 and so on, lets
    none be smaller than the one before, and none be larger than 1. A verdict on a pair depends on
    the other detectors by this factor alone, not by their results. Sources: Wilcoxon, Biometrics
    Bulletin 1, 1945; Holm, Scandinavian Journal of Statistics 6, 1979; Benavoli, Corani and
    Mangili, Journal of Machine Learning Research 17(5), 2016, on why not by mean ranks.

    Parameters
    ----------
    results : array-like or DataFrame, shape (tables, detectors)
        At least two of each. With five tables or fewer no pair can reach p < 0.05.

    Returns
    -------
    DataFrame
        One row for each pair, smallest p-value first: "first" and "second" (names, or numbers of
        columns), "mean difference" (first − second, in the results' unit), "p", "p adjusted".

    Raises
    ------
    TypeError, ValueError
        If results are no finite matrix of such a size.
    """
    values, _, detectors = _as_results(results, tables=2, detectors=2)
    names = range(values.shape[1]) if detectors is None else detectors
    pairs = []
    for a, b in combinations(range(values.shape[1]), 2):
        difference = values[:, a] - values[:, b]  # (tables,)
        pairs.append((names[a], names[b], difference.mean(), _signed_ranks(difference)))
    table = pd.DataFrame(pairs, columns=["first", "second", "mean difference", "p"])
    table = table.sort_values("p", kind="stable", ignore_index=True)
    factors = np.arange(len(table), 0, -1)
    table["p adjusted"] = np.maximum.accumulate(table["p"] * factors).clip(upper=1)
    return table


def _signed_ranks(differences):
    """Return the p-value: each rank goes to the one side or the other as a coin falls.

    SciPy does the same where no two differences are tied, and tries all 2ⁿ signs where some are,
    which takes a second for each pair of detectors.
    """
    differences = differences[differences != 0]
    if len(differences) == 0 or len(differences) > EXACT:
        return float(stats.wilcoxon(differences).pvalue) if len(differences) else 1.0
    doubled = np.rint(2 * stats.rankdata(np.abs(differences))).astype(int)  # ties have halves
    chance = np.zeros(doubled.sum() + 1)  # of each sum of the ranks on the side above 0
    chance[0] = 1.0
    for rank in doubled:
        chance[rank:] += chance[:-rank].copy()
        chance /= 2
    above = doubled[differences > 0].sum()
    return float(min(2 * min(chance[: above + 1].sum(), chance[above:].sum()), 1.0))


def regret(results, choices):
    """Return how far the chosen detector stays below the best one, table by table.

    Parameters
    ----------
    results : array-like or DataFrame, shape (tables, detectors)
        Higher = better.
    choices : int or str, or one for each table
        A detector's number, or its name in the DataFrame: one for all tables, or a sequence.

    Returns
    -------
    array or Series, shape (tables,)
        In the results' unit; 0 where the best was chosen.

    Raises
    ------
    TypeError, ValueError
        If results are no finite matrix, choices are not as many as tables, or one is no detector.
    """
    values, tables, detectors = _as_results(results)
    one = isinstance(choices, str) or np.ndim(choices) == 0
    chosen = [choices] * len(values) if one else list(choices)
    if len(chosen) != len(values):
        raise ValueError(f"choices has {len(chosen)}; one, or {len(values)} expected, as tables.")
    columns = [_column(choice, values.shape[1], detectors) for choice in chosen]
    lost = values.max(axis=1) - values[np.arange(len(values)), columns]
    return lost if tables is None else pd.Series(lost, index=tables, name="regret")


def _as_results(results, tables=1, detectors=1):
    """Return the matrix and, of a DataFrame, the names of tables and detectors, else None."""
    values = as_matrix(results, "results")
    if values.shape[0] < tables or values.shape[1] < detectors:
        raise ValueError(
            f"results has shape {values.shape}; at least {tables} tables (rows) and {detectors} "
            "detectors (columns) are expected."
        )
    named = isinstance(results, pd.DataFrame)
    return values, *((results.index, results.columns) if named else (None, None))


def _column(choice, count, detectors):
    """Return the number of the column that a choice means."""
    if detectors is not None and choice in detectors:
        return detectors.get_loc(choice)
    if isinstance(choice, str):
        known = "numbers alone" if detectors is None else ", ".join(map(str, detectors))
        raise ValueError(f"choices has {choice!r}; a detector is expected, one of {known}.")
    return integer_in_range(choice, "choices (one of them)", 0, count - 1)
