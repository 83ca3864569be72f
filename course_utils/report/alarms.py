"""The chosen detector's alarms on the test rows of the first seed, and what each is due to."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils import explain, thresholds
from course_utils.report import measuring

import numpy as np
import pandas as pd
from scipy.stats import binomtest, fisher_exact

__all__ = ["Alarms", "Reason", "by_chance", "interval", "raise_alarms"]

SHOWN = 10  # alarms that are explained
REASONS = 3  # columns that are named for each
LEAST = 0.01  # of all that lifts the score; a column of less is not named
ASKED = 30_000  # scores that all explanations together may ask for
FEWEST_ORDERS = 4
UNLIKELY = 0.025
COMPANY = 200  # training rows that columns are replaced from


@dataclass(frozen=True)
class Reason:
    """What one column adds to a row's score.

    Attributes
    ----------
    column, value, usual : str
        The column, what stands in the row, and what stands in most training rows.
    share : float
        Of the score above the usual one.
    """

    column: str
    value: str
    usual: str
    share: float


@dataclass(frozen=True)
class Alarms:
    """What one threshold brings on the test rows.

    Attributes
    ----------
    threshold : float
    validated, rows : int
        Validation rows, and test rows.
    raised : int
        Alarms among them.
    tied : int
        Validation rows that share the threshold as their score.
    hits : int or None
        Alarms that are anomalies.
    anomalies : int or None
        Among the test rows.
    per_day : array or None
        Alarms of each day of the test rows, of the whole file where rows were sampled.
    top : list of (int, float, int or None, str, list of Reason)
        Row of the file, score, label, time in words, and reasons, the highest score first.
    scores : array
        Of the test rows.
    y : array or None
    """

    threshold: float
    validated: int
    rows: int
    raised: int
    tied: int
    hits: int | None
    anomalies: int | None
    per_day: np.ndarray | None
    top: list
    scores: np.ndarray
    y: np.ndarray | None


def interval(hits, cases):
    """Return the 95 % interval of a share: Clopper and Pearson, Biometrika 26, 1934.

    Parameters
    ----------
    hits, cases : int

    Returns
    -------
    low, high : float
        0 and 1 where there is no case.
    """
    if not cases:
        return 0.0, 1.0
    found = binomtest(hits, cases).proportion_ci(0.95)
    return float(found.low), float(found.high)


def by_chance(raised, rows, promised, validated):
    """Say whether so many alarms may be chance alone: Fisher's exact test, one-sided.

    Parameters
    ----------
    raised, rows : int
        Alarms, and the rows that they are among.
    promised, validated : int
        The same of the rows that the threshold comes from.
    """
    counts = [[raised, rows - raised], [promised, validated - promised]]
    return bool(fisher_exact(counts, alternative="greater").pvalue > UNLIKELY)


def raise_alarms(results, label):
    """Return the alarms of one detector for the first seed.

    Parameters
    ----------
    results : Results
    label : str

    Returns
    -------
    Alarms
    """
    plan, seed = results.plan, results.seeds[0]
    table = plan.table
    validation, test = results.scores[label, seed]
    threshold = measuring.threshold_for(validation, results.share)
    decisions = thresholds.decide(test, threshold)
    rows = results.held[seed][1].rows
    y = results.held[seed][1].y if plan.measurable else None
    order = np.argsort(-test, kind="stable")
    shown = order[decisions[order] == 1][:SHOWN]
    reasons = []
    if len(shown):
        cut = plan.cut(seed)
        detector = measuring.fitted(measuring.contestants(plan, cut, seed)[label], cut)
        reasons = reasons_of(detector, table, cut, rows[shown])
    top = [
        (
            int(table.places[rows[each]]),
            float(test[each]),
            None if y is None else int(y[each]),
            "" if table.days is None else str(pd.Timestamp(table.time[rows[each]]).floor("s")),
            why,
        )
        for each, why in zip(shown, reasons, strict=True)
    ]
    return Alarms(
        threshold=threshold,
        validated=len(validation),
        rows=len(test),
        raised=int(decisions.sum()),
        tied=int((validation == threshold).sum()),
        hits=None if y is None else int((decisions * y).sum()),
        anomalies=None if y is None else int(y.sum()),
        per_day=_per_day(table, rows, decisions),
        top=top,
        scores=test,
        y=y,
    )


def reasons_of(detector, table, cut, rows):
    """Return the columns that a detector's scores of some rows are due to.

    Shapley values whose players are the table's columns: a category is replaced as a whole, not
    one of its numbers alone, and with it whether it is missing.

    Parameters
    ----------
    detector : fitted detector
    table : Table
    cut : Cut
        That it was fitted on.
    rows : array of int
        Of the table.

    Returns
    -------
    list of list of Reason
        The largest share first; columns of less than 1 % are left out.
    """
    frame, encoder = table.frame, cut.encoder
    width = frame.shape[1]
    company = np.random.default_rng(0).permutation(cut.train.rows)[:COMPANY]
    bank = encoder.transform(frame.iloc[np.concatenate([rows, company])])  # (rows + company, d)

    def scores(places):
        """Score rows whose columns come from places (n, width) in the bank."""
        columns = np.arange(bank.shape[1])
        mixed = bank[places.astype(int)[:, encoder.source_], columns]  # (n, d)
        return detector.decision_function(mixed)

    each = np.ones(width)
    orders = max(FEWEST_ORDERS, ASKED // (2 * len(rows) * (width + 1)))
    values = explain.sampled_shapley_values(
        scores,
        np.outer(np.arange(len(rows)), each),
        np.outer(len(rows) + np.arange(len(company)), each),
        permutations=min(orders, 50),
    )  # (rows, width)
    usual = [_usual(frame[name].iloc[cut.train.rows]) for name in frame.columns]
    found = []
    for row, gains in zip(rows, values, strict=True):
        total = gains.clip(min=0).sum()
        best = [c for c in np.argsort(-gains)[:REASONS] if gains[c] > LEAST * total]
        found.append(
            [
                Reason(
                    frame.columns[column],
                    _written(frame.iloc[row, column]),
                    usual[column],
                    float(gains[column] / total),
                )
                for column in best
            ]
        )
    return found


def _usual(cells):
    """Return what stands in most training rows."""
    told = cells.dropna()
    if not len(told):
        return "missing"
    if cells.dtype.kind == "f":
        low, middle, high = told.quantile([0.05, 0.5, 0.95]) + 0.0  # no −0
        return f"{middle:.5g} ({low:.5g} to {high:.5g})"
    value, rows = told.value_counts().index[0], told.value_counts().iloc[0]
    return f"{value} ({100 * rows / len(cells):.0f} % of the rows)"


def _written(value):
    if value is None or value != value:
        return "missing"
    return f"{value + 0.0:.6g}" if isinstance(value, float) else str(value)


def _per_day(table, rows, decisions):
    """Return the alarms of each day, (days,); None where there are no days."""
    if table.days is None or table.time_name is None:
        return None
    days = pd.DatetimeIndex(table.time[rows]).floor("D")
    every = pd.date_range(days.min(), days.max(), freq="D")
    counted = pd.Series(decisions).groupby(days).sum().reindex(every, fill_value=0)
    return counted.to_numpy() * table.rows_in_file / len(table)
