"""How well scores and alarms find events in a series: points that belong together in time.

Labels are 1 at the steps of an event and 0 elsewhere; neighbouring steps of 1 are one event. A
higher score means more anomalous. What is said of a step by a row of its own, AUROC for example,
counts a long event as often as it has steps, and an alarm one step too early as plain wrong.
"""

from dataclasses import dataclass

from course_utils.checks import as_labels, in_range, integer_in_range, one_of
from course_utils.evaluation.scores import labels_and_scores

import numpy as np

__all__ = [
    "RangeScores",
    "detection_delays",
    "event_recall",
    "events",
    "point_adjust",
    "range_scores",
    "vus_pr",
]

BIASES = {
    "flat": lambda length: np.ones(length),
    "front": lambda length: np.arange(length, 0, -1.0),
    "back": lambda length: np.arange(1.0, length + 1),
    "middle": lambda length: np.minimum(np.arange(1.0, length + 1), np.arange(length, 0, -1.0)),
}


def events(y):
    """Return the first step of each event and the one after its last.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)

    Returns
    -------
    array of int, shape (events, 2)
        ``y[start:stop]`` is one event.
    """
    turns = np.flatnonzero(np.diff(as_labels(y, "y"), prepend=0, append=0))
    return turns.reshape(-1, 2)


def vus_pr(y, scores, window, thresholds=250):
    """Return the volume under the surface of precision and recall (VUS-PR).

    For every buffer length ℓ = 0, 1 … window, each event gets soft edges: a step that is d steps
    away from it, d ≤ ℓ/2, has the label √(1 − d/ℓ) instead of 0. At a threshold, the hits are the
    sum of the labels of all steps at or above it, `b` of them from soft edges. Precision is hits
    / alarms; recall is hits / (steps of events + b/2), at most 1, times the share of the events
    that have any alarm, soft edges included (those whose edges overlap are one). The precisions
    are added up, each with the gain in recall, as in average precision, and the mean over all ℓ
    is returned.

    So an alarm a little early counts nearly in full, and an event that is missed costs recall
    whatever its length. Chance level is not the prevalence and grows with the window: always
    print random scores beside it.

    Source: J. Paparrizos, P. Boniol, T. Palpanas, R. Tsay, A. Elmore and M. Franklin, Volume
    Under the Surface, PVLDB 15(11), 2022, as in the code that its authors published.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
        Both are needed.
    scores : array-like, shape (n,)
    window : int, at least 0
        The longest buffer, in steps; its authors take the series' period. 0: hard edges alone.
    thresholds : int, at least 2
        Taken from the scores at evenly spread ranks, the highest and the lowest among them.

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    TypeError, ValueError
        When y and scores do not fit, y holds one class only, or a number is out of range.
    """
    y, scores = labels_and_scores(y, scores)
    window = integer_in_range(window, "window", 0)
    thresholds = integer_in_range(thresholds, "thresholds", 2)
    ranks = np.linspace(0, len(scores) - 1, thresholds).astype(int)
    falling = np.sort(-scores)[ranks]  # the thresholds from highest to lowest, sign turned
    first = np.searchsorted(falling, -scores)  # (n,) the first threshold that a step reaches

    def so_far(chosen, weights=None):
        """Return how many steps, or how much of their weights, each threshold has reached."""
        return np.cumsum(np.bincount(chosen, weights, minlength=thresholds))

    alarms, hits, in_events = so_far(first), so_far(first[y == 1]), y.sum()
    spans = events(y)
    first_of_none = np.append(first, thresholds)  # a span may end behind the last step
    total = 0.0
    for buffer in range(window + 1):
        edges = _soft_edges(spans, len(y), buffer) * (y == 0)
        near = np.flatnonzero(edges)
        soft = so_far(first[near], edges[near])
        widened = _widened(spans, len(y), buffer // 2)
        reached = np.minimum.reduceat(first_of_none, widened.ravel())[::2]  # (events,)
        recall = np.minimum((hits + soft) / (in_events + soft / 2), 1)
        recall = recall * so_far(reached) / len(widened)
        total += np.sum(np.diff(recall, prepend=0) * (hits + soft) / alarms)
    return float(total / (window + 1))


def _soft_edges(spans, steps, buffer):
    """Return √(1 − distance / buffer) up to half a buffer before and behind each span, (steps,).

    Where edges of several spans meet, they add up to 1 at most.
    """
    edges = np.zeros(steps)
    if buffer < 2:
        return edges
    slope = np.sqrt(1 - np.arange(1, buffer // 2 + 1) / buffer)  # from 1 step away on
    for start, stop in spans:
        behind = edges[stop : stop + len(slope)]
        behind += slope[: len(behind)]
        before = edges[max(start - len(slope), 0) : start]
        before += slope[: len(before)][::-1]
    return np.minimum(edges, 1)


def _widened(spans, steps, by):
    """Return spans (events, 2) with so many steps more on either side; overlapping ones merged."""
    apart = spans[:-1, 1] + by <= spans[1:, 0] - by
    starts = spans[np.append(True, apart), 0] - by
    stops = spans[np.append(apart, True), 1] + by
    return np.column_stack([starts, stops]).clip(0, steps)


@dataclass(frozen=True)
class RangeScores:
    """Precision and recall of ranges; a ratio with no range below the line is 0.0."""

    precision: float
    recall: float

    @property
    def f1(self):
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def range_scores(y, decisions, existence=0.0, bias="flat", reciprocal=True):
    """Return range-based precision and recall of alarms.

    Recall is the mean over the events of ``existence`` · (1 if any step of it has an alarm) +
    (1 − existence) · (share of its steps with one) · (1 / number of alarms that it is cut into);
    precision is the same with events and alarms exchanged, and without existence: the mean over
    the unbroken alarms. Source: N. Tatbul, T. J. Lee, S. Zdonik, M. Alam and J. Gottschlich,
    Precision and Recall for Time Series, NeurIPS 2018.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
    decisions : array-like of 0 and 1, shape (n,)
    existence : float in [0, 1]
        How much it is worth that an event is noticed at all (α in the paper).
    bias : {"flat", "front", "back", "middle"}
        Which steps of an event weigh more (δ); those of an alarm weigh alike.
    reciprocal : bool
        Whether an event that is found in x pieces counts 1/x (γ); otherwise it counts in full.

    Returns
    -------
    RangeScores
    """
    y = as_labels(y, "y")
    decisions = as_labels(decisions, "decisions", length=len(y))
    existence = in_range(existence, "existence", 0, 1)
    weigh = BIASES[one_of(bias, "bias", tuple(BIASES))]

    def found(spans, other, weigh, existence):
        """Return the mean over the spans of how far the other 0-and-1 series covers them."""
        values = [0.0]
        for start, stop in spans:
            inside, weights = other[start:stop], weigh(stop - start)
            share = np.sum(weights * inside) / np.sum(weights)
            pieces = len(events(inside)) if reciprocal else 1
            values.append(existence * inside.any() + (1 - existence) * share / max(pieces, 1))
        return float(np.sum(values) / max(len(spans), 1))

    return RangeScores(
        precision=found(events(decisions), y, BIASES["flat"], 0.0),
        recall=found(events(y), decisions, weigh, existence),
    )


def point_adjust(y, decisions):
    """Return decisions with every step of an event set to 1 if any of its steps is.

    It uses the labels to mend the alarms and is here to be seen through: with long events, random
    alarms get a high F1 from it (Kim, Choi, Choi, Lee and Yoon, AAAI 2022). Never report it alone.

    Parameters
    ----------
    y, decisions : array-like of 0 and 1, shape (n,)

    Returns
    -------
    array of int, shape (n,)
    """
    y = as_labels(y, "y")
    adjusted = as_labels(decisions, "decisions", length=len(y)).copy()
    for start, stop in events(y):
        adjusted[start:stop] |= adjusted[start:stop].max()
    return adjusted


def detection_delays(y, decisions):
    """Return for each event how many steps it lasts before its first alarm; NaN if it has none.

    Parameters
    ----------
    y, decisions : array-like of 0 and 1, shape (n,)

    Returns
    -------
    array of float, shape (events,)
        In steps; 0 is an alarm at the event's first step.
    """
    y = as_labels(y, "y")
    decisions = as_labels(decisions, "decisions", length=len(y))
    return np.array(
        [
            decisions[start:stop].argmax() if decisions[start:stop].any() else np.nan
            for start, stop in events(y)
        ]
    )


def event_recall(y, decisions):
    """Return the share of the events that have an alarm in any of their steps; 0.0 for no event.

    An alarm that never ends has recall 1: look at the false alarms beside it.

    Parameters
    ----------
    y, decisions : array-like of 0 and 1, shape (n,)

    Returns
    -------
    float in [0, 1]
    """
    delays = detection_delays(y, decisions)
    return float(np.isfinite(delays).mean()) if len(delays) else 0.0
