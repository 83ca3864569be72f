"""From scores to decisions. One rule everywhere: **anomaly when score > threshold**.

Choose a threshold on reference or validation scores, never on the test set. Every function raises
TypeError or ValueError for an argument that is not of the form that its docstring tells.
"""

from course_utils.checks import as_labels, as_scores, in_range, positive_integer

import numpy as np
from scipy.stats import genpareto

__all__ = [
    "alert_budget",
    "best_f1",
    "decide",
    "extreme_value",
    "minimum_cost",
    "mistakes",
    "quantile",
]

FEWEST_EXCESSES = 10  # a two-parameter curve through fewer points says little


def decide(scores, threshold):
    """Return 1 for every score above the threshold, 0 for the others.

    Parameters
    ----------
    scores : array-like, shape (n,)
    threshold : float
        In the unit of the scores.

    Returns
    -------
    array of int64, shape (n,)
    """
    scores = as_scores(scores, "scores")
    threshold = in_range(threshold, "threshold", -np.inf, np.inf)
    return (scores > threshold).astype(np.int64)


def quantile(scores, contamination):
    """Return the threshold that a given share of the reference scores lies above.

    With tied scores fewer may lie above.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Scores of a reference set.
    contamination : float in (0, 0.5]
        The share that is to be called anomalous.

    Returns
    -------
    float
    """
    scores = as_scores(scores, "scores")
    contamination = in_range(contamination, "contamination", 0, 0.5, low_open=True)
    return float(np.quantile(scores, 1 - contamination))


def alert_budget(scores, alerts):
    """Return the lowest threshold that at most ``alerts`` of these scores exceed.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Scores of one period, such as a day of data.
    alerts : int, at least 1
        How many alerts people can look at in such a period. Where scores are tied at the border,
        none of the tied rows raises an alert, so the budget holds.

    Returns
    -------
    float
        One of the scores, or a number just below the lowest one when the budget covers all.
    """
    scores = as_scores(scores, "scores")
    alerts = positive_integer(alerts, "alerts")
    if alerts >= len(scores):
        return _just_below(scores.min())
    return float(np.sort(scores)[-(alerts + 1)])


def minimum_cost(y, scores, cost_false_alarm, cost_miss):
    """Return the threshold whose mistakes on labelled validation scores cost least.

    Among equally cheap thresholds it takes the highest, which raises the fewest alerts. It lies
    halfway between the two scores that it separates.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
        1 = anomaly; both classes are needed.
    scores : array-like, shape (n,)
    cost_false_alarm, cost_miss : float, at least 0
        Cost of one false alarm and of one missed anomaly, in the same unit (money, minutes).

    Returns
    -------
    float
    """
    cost_false_alarm = in_range(cost_false_alarm, "cost_false_alarm", 0, np.inf, high_open=True)
    cost_miss = in_range(cost_miss, "cost_miss", 0, np.inf, high_open=True)
    thresholds, false_alarms, misses = mistakes(y, scores)
    return float(thresholds[np.argmin(cost_false_alarm * false_alarms + cost_miss * misses)])


def best_f1(y, scores):
    """Return the threshold with the highest F1 on labelled validation scores.

    F1 = 2 · hits / (2 · hits + false alarms + misses). Among equally good thresholds it takes the
    highest. It lies halfway between the two scores that it separates.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
        1 = anomaly; both classes are needed.
    scores : array-like, shape (n,)

    Returns
    -------
    float
    """
    thresholds, false_alarms, misses = mistakes(y, scores)
    hits = misses[0] - misses  # the first threshold misses every anomaly
    return float(thresholds[np.argmax(2 * hits / (2 * hits + false_alarms + misses))])


def extreme_value(scores, risk=1e-3, tail=0.02):
    """Return a threshold that a new normal score exceeds with probability ``risk``.

    Peaks over threshold: the share ``tail`` of the highest scores gives the excesses over the
    (1 − tail) quantile t; a generalised Pareto distribution is fitted to them by maximum
    likelihood and extended to rarer values than were seen:
    threshold = t + σ/γ · ((risk / share above t)^(−γ) − 1). Source: Siffer, Fouque, Termier and
    Largouët, Anomaly Detection in Streams with Extreme Value Theory, KDD 2017.

    Parameters
    ----------
    scores : array-like, shape (n,)
        Scores of normal rows; more than 10 / tail of them are needed. Scores without an upper
        limit suit the method best.
    risk : float in (0, tail)
        Accepted share of false alarms.
    tail : float in (0, 0.5]
        Share of the scores that counts as the tail.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        When scores is no finite vector, risk or tail is out of range, or the tail holds fewer
        than 10 scores (a short or mostly constant sample).
    """
    scores = as_scores(scores, "scores")
    tail = in_range(tail, "tail", 0, 0.5, low_open=True)
    risk = in_range(risk, "risk", 0, tail, low_open=True, high_open=True)
    start = quantile(scores, tail)
    excesses = scores[scores > start] - start
    if len(excesses) < FEWEST_EXCESSES:
        raise ValueError(
            f"scores has {len(excesses)} of {len(scores)} values above its {1 - tail:.4g} "
            f"quantile; at least {FEWEST_EXCESSES} are expected: give more scores, a larger tail, "
            "or scores with fewer ties."
        )
    share_above = len(excesses) / len(scores)
    if risk >= share_above:
        return start
    unit = excesses.mean()  # the fit is the same in any unit; near 1 the optimiser is at ease
    shape, _, scale = genpareto.fit(excesses / unit, floc=0)
    return float(start + unit * genpareto.isf(risk / share_above, shape, scale=scale))


def mistakes(y, scores):
    """Return every threshold that decides differently, with its false alarms and misses.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
        1 = anomaly; both classes are needed.
    scores : array-like, shape (n,)

    Returns
    -------
    thresholds, false_alarms, misses : arrays, shape (m,), highest threshold first
        The first flags nothing, the last everything.
    """
    scores = as_scores(scores, "scores")
    y = as_labels(y, "y", length=len(scores), both_classes=True)
    values, inverse = np.unique(scores, return_inverse=True)  # ascending
    anomalies = np.bincount(inverse, weights=y)  # per distinct score
    normals = np.bincount(inverse, weights=1 - y)
    misses = np.append(0, np.cumsum(anomalies))
    false_alarms = normals.sum() - np.append(0, np.cumsum(normals))
    middles = values[:-1] + (values[1:] - values[:-1]) / 2
    # Between two neighbouring floats there is no middle: the lower one separates them as well.
    middles = np.where(middles < values[1:], middles, values[:-1])
    thresholds = np.concatenate([[_just_below(values[0])], middles, [values[-1]]])
    return thresholds[::-1], false_alarms[::-1], misses[::-1]


def _just_below(value):
    """Return the next smaller float."""
    return float(np.nextafter(value, -np.inf))
