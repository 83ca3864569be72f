"""Metrics for rare anomalies, and the honest table that every detector of the course enters.

Labels are 1 for anomalies and 0 for normal rows; a higher score means more anomalous.
"""

import time
from dataclasses import dataclass

from course_utils import baselines, thresholds
from course_utils.checks import as_labels, as_scores, as_seed, in_range, positive_integer
from course_utils.localisation import aupro, pixel_auroc

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score

__all__ = [
    "Confusion",
    "aupro",
    "auroc",
    "average_precision",
    "bootstrap_interval",
    "confusion",
    "honest_table",
    "pixel_auroc",
    "precision_at_prevalence",
]


COLUMNS = [
    "AUROC",
    "AUROC ±",
    "average precision",
    "average precision ±",
    "prevalence",
    "precision",
    "recall",
    "fit [s]",
    "score [s]",
]

ALWAYS = {
    "isolation forest": lambda seed: baselines.IsolationForest(seed=seed),
    "k nearest neighbours": lambda seed: baselines.KNearestNeighbours(),
    "random scores": lambda seed: baselines.RandomScores(seed=seed),
}


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
    y, scores = _labels_and_scores(y, scores)
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
    y, scores = _labels_and_scores(y, scores)
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
    y, scores = _labels_and_scores(y, scores)
    repeats = positive_integer(repeats, "repeats")
    _check_function(metric, "metric", "y and scores")
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


def honest_table(
    detectors, split, *, seeds=(0, 1, 2), untrained=None, choose_threshold=None
) -> pd.DataFrame:
    """Compare detectors with the company that keeps them honest.

    For every seed, each detector is made, fitted on the training rows, given a threshold on the
    validation rows and measured on the test rows. An isolation forest, k nearest neighbours and
    random scores are always added. All of them get the rows of the split as they are: to compare
    on scaled rows, scale the split, or the added detectors see other rows than a detector that
    brings its scaler along in a pipeline.

    Parameters
    ----------
    detectors : dict, label → factory
        ``factory(seed)`` returns an unfitted detector with ``fit(X)`` and
        ``decision_function(X)``, higher = more anomalous. A detector with the attribute
        ``needs_labels = True`` is fitted with ``fit(X, y)``.
    split : Split, or callable seed → Split
        With ``train``, ``validation`` and ``test``, each with ``X`` (n, d) and ``y`` (n,).
    seeds : sequence of different int
        One seed leaves the spread unknown (NaN).
    untrained : dict, label → factory, optional
        Detectors that are scored as made, without ``fit``.
    choose_threshold : callable (y, scores) → float, optional
        Gets validation labels and scores. By default the threshold that 5 % of the normal
        validation rows lie above.

    Returns
    -------
    DataFrame, one row per detector, best average precision first
        "AUROC", "average precision", "precision", "recall" and "prevalence" (share of anomalies
        in the test rows) are means over the seeds; "AUROC ±" and "average precision ±" are
        standard deviations over the seeds; "fit [s]" and "score [s]" are mean seconds to fit
        (0 where untrained) and to score the test rows. Chance is 0.5 for AUROC and the
        prevalence for average precision; an AUROC well below 0.5 comes from scores that point
        the wrong way.

    Raises
    ------
    TypeError, ValueError
        When an argument does not fit, the test rows hold one class only, or a detector's scores
        are not finite or not one per row (the message names the detector).
    """
    seeds = _distinct_seeds(seeds)
    entries = _entries(detectors, untrained)
    choose_threshold = _five_percent_of_normals if choose_threshold is None else choose_threshold
    _check_function(choose_threshold, "choose_threshold", "y and scores")
    rows = []
    for seed in seeds:
        parts = split(seed) if callable(split) else split
        _check_split(parts)
        rows += [
            {"detector": label} | _measure(label, factory, seed, fitted, parts, choose_threshold)
            for label, (factory, fitted) in entries.items()
        ]
    runs = pd.DataFrame(rows).groupby("detector", sort=False)
    table = runs.mean()
    table["AUROC ±"] = runs["AUROC"].std()
    table["average precision ±"] = runs["average precision"].std()
    return table[COLUMNS].sort_values("average precision", ascending=False, kind="stable")


def _measure(label, factory, seed, fitted, parts, choose_threshold):
    """Return one detector's numbers for one seed as a dict."""
    detector = factory(seed)
    _check_detector(label, detector, fitted)
    started = time.perf_counter()
    if fitted and getattr(detector, "needs_labels", False):
        detector.fit(parts.train.X, parts.train.y)
    elif fitted:
        detector.fit(parts.train.X)
    fit_seconds = time.perf_counter() - started if fitted else 0.0

    threshold = _threshold(label, detector, parts.validation, choose_threshold)
    started = time.perf_counter()
    scores = _scores(label, detector, parts.test.X, "test")
    score_seconds = time.perf_counter() - started
    outcome = confusion(parts.test.y, thresholds.decide(scores, threshold))
    return {
        "AUROC": auroc(parts.test.y, scores),
        "average precision": average_precision(parts.test.y, scores),
        "prevalence": float(np.mean(parts.test.y)),
        "precision": outcome.precision,
        "recall": outcome.recall,
        "fit [s]": fit_seconds,
        "score [s]": score_seconds,
    }


def _scores(label, detector, X, part):
    """Return the detector's checked scores of X, shape (n,)."""
    name = f"detector '{label}' ({part} scores)"
    scores = as_scores(detector.decision_function(X), name)
    if len(scores) != len(X):
        raise ValueError(f"{name} has {len(scores)} scores; {len(X)} expected, one for each row.")
    return scores


def _threshold(label, detector, validation, choose_threshold):
    """Return the threshold chosen on the validation rows."""
    scores = _scores(label, detector, validation.X, "validation")
    name = f"choose_threshold (for detector '{label}')"
    return in_range(choose_threshold(validation.y, scores), name, -np.inf, np.inf)


def _five_percent_of_normals(y, scores):
    """Return the threshold that 5 % of the normal rows lie above."""
    if np.all(y == 1):
        raise ValueError("split.validation.y holds only label 1; at least one 0 is expected.")
    return thresholds.quantile(scores[y == 0], 0.05)


def _entries(detectors, untrained):
    """Return {label: (factory, whether to fit)} with the detectors that are always shown."""
    entries = {}
    untrained = {} if untrained is None else untrained
    groups = [("detectors", detectors, True), ("untrained", untrained, False)]
    for name, group, fitted in groups:
        if not isinstance(group, dict):
            raise TypeError(f"{name} is {_kind(group)}; a dict of label → factory is expected.")
        for label, factory in group.items():
            if not isinstance(label, str):
                raise TypeError(f"{name} has the label {label!r}; a text is expected.")
            if label in entries or label in ALWAYS:
                raise ValueError(
                    f"{name} has the label '{label}', which the table holds already; "
                    "a new label is expected."
                )
            _check_function(factory, f"{name}['{label}']", "a seed that returns a detector")
            entries[label] = (factory, fitted)
    return entries | {label: (factory, True) for label, factory in ALWAYS.items()}


def _check_detector(label, detector, fitted):
    """Raise TypeError when the detector lacks a method that the table calls."""
    for method in ("fit", "decision_function") if fitted else ("decision_function",):
        if not callable(getattr(detector, method, None)):
            raise TypeError(
                f"detector '{label}' is {_kind(detector)} without {method}; an object with fit(X) "
                "and decision_function(X), higher = more anomalous, is expected."
            )


def _check_split(parts):
    """Raise when there are no three parts or the test rows hold one class only."""
    for part in ("train", "validation", "test"):
        if not (hasattr(getattr(parts, part, None), "X") and hasattr(getattr(parts, part), "y")):
            raise TypeError(
                f"split is {_kind(parts)} without data in .{part}; what data.split returns, or a "
                "function of a seed that returns it, is expected."
            )
    as_labels(parts.validation.y, "split.validation.y", length=len(parts.validation.X))
    as_labels(parts.test.y, "split.test.y", length=len(parts.test.X), both_classes=True)


def _distinct_seeds(seeds):
    """Return the seeds as a list of different integers."""
    if isinstance(seeds, str) or not np.iterable(seeds):
        raise TypeError(f"seeds is {_kind(seeds)}; a sequence of integers is expected.")
    seeds = [as_seed(seed, "seeds") for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {seeds}; one or more different integers are expected.")
    return seeds


def _labels_and_scores(y, scores):
    """Return y and scores checked, of one length and with both classes."""
    scores = as_scores(scores, "scores")
    return as_labels(y, "y", length=len(scores), both_classes=True), scores


def _check_function(value, name, arguments):
    """Raise TypeError when the value cannot be called."""
    if not callable(value):
        raise TypeError(f"{name} is {_kind(value)}; a function of {arguments} is expected.")


def _draw_again(values, rng):
    """Return as many values, drawn with replacement."""
    return values[rng.integers(len(values), size=len(values))]


def _ratio(part, whole):
    """Return part / whole, and 0.0 for 0/0."""
    return float(part / whole) if whole else 0.0


def _kind(value):
    """Return the name of the value's type with its article, for messages."""
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"
