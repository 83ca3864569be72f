"""Ways to choose a detector by labelled scores, by which a choice is judged and named."""

from __future__ import annotations

from course_utils.exercises.results import as_array, require

import numpy as np
from scipy.stats import rankdata

AGREE = 0.97  # share of choices that are the same, from which on a rule is named


def auroc(scores, y):
    """Return each detector's AUROC, (detectors,), of scores (detectors, rows)."""
    ranks = rankdata(scores, axis=1)
    anomalies = y.sum()
    below = ranks[:, y == 1].sum(axis=1) - anomalies * (anomalies + 1) / 2
    return below / anomalies / (len(y) - anomalies)


def index_of(result, detectors, what="the index"):
    """Return what came back as an index, or say what it is instead."""
    require(result is not None, f"Your function returned None: is a `return` missing for {what}?")
    got = as_array(result, what=what, finite=False)
    require(
        got.shape != (detectors,),
        f"A number for each of the {detectors} came back. One index is asked for: np.argmax.",
    )
    require(got.shape == (), f"One index is asked for; you return the shape {got.shape}.")
    require(
        float(got).is_integer(),
        f"You return {float(got):.4g}. The index is asked for, a whole number: argmax, not max.",
    )
    require(
        0 <= got < detectors,
        f"You return {int(got)}; the indices are 0 to {detectors - 1}, counted from 0.",
    )
    return int(got)


def _f1(alarms, y):
    return 2 * alarms[:, y == 1].sum(axis=1) / (alarms.sum(axis=1) + y.sum())


def _alarms_and_hits(scores, y):
    """Return how many rows and how many anomalies score at least as high as each row."""
    alarms = rankdata(-scores, "max", axis=1)
    return alarms, (scores[:, y == 1, None] >= scores[:, None, :]).sum(axis=1)


def _average_precision(scores, y):
    alarms, hits = _alarms_and_hits(scores, y)
    return (hits / alarms)[:, y == 1].mean(axis=1)


def _best_f1(scores, y):
    alarms, hits = _alarms_and_hits(scores, y)
    return (2 * hits / (alarms + y.sum())).max(axis=1)


def _at_a_quantile(share):
    def f1(scores, y):
        return _f1(scores > np.quantile(scores, share, axis=1, keepdims=True), y)

    return f1


def _halfway(scores):
    low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
    return scores > (low + high) / 2


def _apart(scores, y):
    return scores[:, y == 1].mean(axis=1) - scores[:, y == 0].mean(axis=1)


def _beyond(deviations):
    def f1(scores, y):
        normal = scores[:, y == 0]
        line = normal.mean(axis=1) + deviations * normal.std(axis=1)
        return _f1(scores > line[:, None], y)

    return f1


def _pairs(count):
    """Return how often an anomaly beats a normal row, by a comparison."""

    def share(scores, y):
        return count(scores[:, y == 1, None], scores[:, None, y == 0]).mean(axis=(1, 2))

    return share


THRESHOLD = "One threshold asks how well that threshold is set. How well do the scores rank?"
UNITS = "Detectors score in unlike units, so that the largest numbers decide. Compare ranks."
TOP = (
    "It looks at the top of the list alone, where a few anomalies more or less are luck. By "
    "AUROC they are judged: how each anomaly ranks among all normal rows."
)
# (what a rule goes by, its value for each detector, why that is not the way)
KNOWN = (
    *[
        (f"F1 at the {share:.0%} quantile", _at_a_quantile(share), THRESHOLD)
        for share in (0.8, 0.9, 0.95, 0.99)
    ],
    *[(f"F1 beyond {each} standard deviations", _beyond(each), THRESHOLD) for each in (2, 3)],
    (
        "F1 with as many alarms as there are anomalies",
        lambda scores, y: _f1(rankdata(scores, axis=1) > len(y) - y.sum(), y),
        THRESHOLD,
    ),
    ("F1 halfway", lambda scores, y: _f1(_halfway(scores), y), THRESHOLD),
    (
        "accuracy halfway between the lowest and the highest score",
        lambda scores, y: (_halfway(scores) == (y == 1)).mean(axis=1),
        THRESHOLD,
    ),
    (
        "accuracy with an alarm above 0.5",
        lambda scores, y: ((scores > 0.5) == (y == 1)).mean(axis=1),
        THRESHOLD,
    ),
    ("F1 with an alarm above 0.5", lambda scores, y: _f1(scores > 0.5, y), THRESHOLD),
    (
        "the best F1 of all thresholds",
        _best_f1,
        "The threshold is chosen on the few rows that judge it, each detector's at its luckiest.",
    ),
    ("average precision", _average_precision, TOP),
    ("the distance between the mean scores", _apart, UNITS),
    ("the anomalies' mean score", lambda scores, y: scores[:, y == 1].mean(axis=1), UNITS),
    ("the anomalies' median score", lambda scores, y: np.median(scores[:, y == 1], axis=1), UNITS),
    ("the spread of the scores", lambda scores, y: scores.std(axis=1), UNITS),
    ("the highest score", lambda scores, y: scores.max(axis=1), UNITS),
    (
        "the distance between the mean scores in standard deviations",
        lambda scores, y: _apart(scores, y) / scores[:, y == 0].std(axis=1),
        "A mean and a standard deviation follow a few far scores: a tail of the normal rows, or "
        "the few anomalies that any detector sees. Compare ranks.",
    ),
    (
        "the correlation with the labels",
        lambda scores, y: _apart(scores, y) / scores.std(axis=1),
        "A mean and a standard deviation follow a few far scores: a tail of the normal rows, or "
        "the few anomalies that any detector sees. Compare ranks.",
    ),
    (
        "the anomalies' median rank",
        lambda scores, y: np.median(rankdata(scores, axis=1)[:, y == 1], axis=1),
        "Half of the anomalies may rank low and the median does not see it. Take their mean.",
    ),
    (
        "the pairs in which the anomaly does not score lower",
        _pairs(np.greater_equal),
        "Equal scores count as won, so that a detector with few different scores seems good. "
        "They count half.",
    ),
    (
        "the pairs in which the anomaly scores higher",
        _pairs(np.greater),
        "Equal scores count as lost, so that a detector with few different scores seems bad. "
        "They count half.",
    ),
    (
        "the lowest AUROC",
        lambda scores, y: -auroc(scores, y),
        "Upside down: higher scores mean more anomalous.",
    ),
)


def name_the_rule(chosen, draws):
    """Refuse choices that a known rule makes too, saying which.

    Parameters
    ----------
    chosen : sequence of int
    draws : sequence of pairs (scores (detectors, rows), y (rows,))
    """
    for told, value, why in KNOWN:
        with np.errstate(all="ignore"):
            theirs = [int(np.argmax(value(scores, y))) for scores, y in draws]
        agreed = np.mean(np.equal(chosen, theirs))
        require(
            agreed < AGREE,
            f"In {agreed:.0%} of {len(draws)} cases the choice is what {told} would choose. {why}",
        )
