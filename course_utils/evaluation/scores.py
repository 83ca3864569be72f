"""Metrics for rare anomalies: of scores, of decisions, and how far to trust them.

Labels are 1 for anomalies and 0 for normal rows; a higher score means more anomalous.
"""

from dataclasses import dataclass

from course_utils.checks import as_labels, as_scores, as_seed, in_range, positive_integer

import numpy as np
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score


def auroc(y, scores):
    """Return the area under the ROC curve.

    It is the probability that a random anomaly scores higher than a random normal row, ties
    counted half: 0.5 is chance, below 0.5 the scores point the wrong way. Computed from ranks
    (Hanley and McNeil, Radiology 143, 1982).

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
        Both classes are needed.
    scores : array-like, shape (n,)

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    TypeError, ValueError
        When y or scores do not fit or y holds one class only.
    """
    y, scores = labels_and_scores(y, scores)
    anomalies = y.sum()
    normals = len(y) - anomalies
    ranks = rankdata(scores)  # 1 = lowest score; tied rows share their mean rank
    pairs_won = ranks[y == 1].sum() - anomalies * (anomalies + 1) / 2
    return float(pairs_won / (anomalies * normals))


def average_precision(y, scores):
    """Return the mean precision over all anomalies, each taken at its own score as threshold.

    Chance level is the prevalence, the share of anomalies in y: always print it beside.
    The sum over thresholds is Σ (recallₖ − recallₖ₋₁) · precisionₖ, as in scikit-learn.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
        Both classes are needed.
    scores : array-like, shape (n,)

    Returns
    -------
    float in (0, 1]

    Raises
    ------
    TypeError, ValueError
        When y or scores do not fit or y holds one class only.
    """
    y, scores = labels_and_scores(y, scores)
    return float(average_precision_score(y, scores))


@dataclass(frozen=True)
class Confusion:
    """Counts of the four outcomes of a decision, and the ratios made of them.

    A ratio with nothing below the line (0/0) is 0.0: no alerts means precision 0.
    """

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def precision(self):
        """Share of the alerts that are anomalies."""
        return _ratio(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self):
        """Share of the anomalies that raise an alert."""
        return _ratio(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self):
        """Harmonic mean of precision and recall."""
        mistakes = self.false_positives + self.false_negatives
        return _ratio(2 * self.true_positives, 2 * self.true_positives + mistakes)

    @property
    def accuracy(self):
        """Share of all rows that are decided rightly."""
        right = self.true_positives + self.true_negatives
        return _ratio(right, right + self.false_positives + self.false_negatives)

    @property
    def false_alarm_rate(self):
        """Share of the normal rows that raise an alert."""
        return _ratio(self.false_positives, self.false_positives + self.true_negatives)


def confusion(y, decisions):
    """Count hits, false alarms, misses and correct rejections.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
        1 = anomaly. One class alone is fine here.
    decisions : array-like of 0 and 1, shape (n,)
        1 = called an anomaly. Scores become decisions with ``thresholds.decide``.

    Returns
    -------
    Confusion

    Raises
    ------
    TypeError, ValueError
        When y or decisions hold anything but 0 and 1 or differ in length.
    """
    y = as_labels(y, "y")
    decisions = as_labels(decisions, "decisions", length=len(y))
    return Confusion(
        true_positives=int(np.sum((y == 1) & (decisions == 1))),
        false_positives=int(np.sum((y == 0) & (decisions == 1))),
        false_negatives=int(np.sum((y == 1) & (decisions == 0))),
        true_negatives=int(np.sum((y == 0) & (decisions == 0))),
    )


def precision_at_prevalence(recall, false_alarm_rate, prevalence):
    """Return the precision that a detector has where anomalies are as rare as ``prevalence``.

    Bayes' rule: recall · p / (recall · p + false_alarm_rate · (1 − p)). Recall and false alarm
    rate belong to the detector and its threshold; precision belongs to the prevalence as well.

    Parameters
    ----------
    recall, false_alarm_rate, prevalence : float in [0, 1]

    Returns
    -------
    float in [0, 1]
        0.0 when there are no alerts at all.

    Raises
    ------
    TypeError, ValueError
        When an argument is no number in [0, 1].
    """
    recall = in_range(recall, "recall", 0, 1)
    false_alarm_rate = in_range(false_alarm_rate, "false_alarm_rate", 0, 1)
    prevalence = in_range(prevalence, "prevalence", 0, 1)
    hits = recall * prevalence  # shares of all rows
    false_alarms = false_alarm_rate * (1 - prevalence)
    return _ratio(hits, hits + false_alarms)


def bootstrap_interval(y, scores, metric=auroc, repeats=1000, level=0.95, seed=0):
    """Return the interval in which a metric plausibly lies, given the rows it was measured on.

    The percentile bootstrap: anomalies and normal rows are each drawn again with replacement, as
    many as there are, so the prevalence stays; the metric is taken each time; the interval holds
    the middle share ``level`` of the results. Source: Efron and Tibshirani, An Introduction to
    the Bootstrap, 1993. It is too narrow with few anomalies (below about 20), and says nothing
    about the spread between training runs.

    Parameters
    ----------
    y : array-like of 0 and 1, shape (n,)
        Both classes are needed.
    scores : array-like, shape (n,)
    metric : callable (y, scores) → float
    repeats : int
    level : float in (0, 1)
    seed : int

    Returns
    -------
    low, high : float

    Raises
    ------
    TypeError, ValueError
        When an argument does not fit, or the metric returns something that is no finite number.
    """
    y, scores = labels_and_scores(y, scores)
    repeats = positive_integer(repeats, "repeats")
    check_function(metric, "metric", "y and scores")
    level = in_range(level, "level", 0, 1, low_open=True, high_open=True)
    rng = np.random.default_rng(as_seed(seed, "seed"))
    anomalies, normals = scores[y == 1], scores[y == 0]
    y = np.repeat([1, 0], [len(anomalies), len(normals)])  # the order of every draw below
    values = [
        metric(y, np.concatenate([_draw_again(anomalies, rng), _draw_again(normals, rng)]))
        for _ in range(repeats)
    ]
    values = as_scores(values, "metric (over the draws)")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def labels_and_scores(y, scores):
    """Return y and scores checked, of one length and with both classes."""
    scores = as_scores(scores, "scores")
    return as_labels(y, "y", length=len(scores), both_classes=True), scores


def check_function(value, name, arguments):
    """Raise TypeError when the value cannot be called."""
    if not callable(value):
        raise TypeError(f"{name} is {kind_of(value)}; a function of {arguments} is expected.")


def _draw_again(values, rng):
    """Return as many values, drawn with replacement."""
    return values[rng.integers(len(values), size=len(values))]


def _ratio(part, whole):
    """Return part / whole, and 0.0 for 0/0."""
    return float(part / whole) if whole else 0.0


def kind_of(value):
    """Return the name of the value's type with its article, for messages."""
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
