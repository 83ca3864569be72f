"""The rivals, and what each reaches on rows that neither fitting nor choosing has seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from course_utils import baselines, thresholds
from course_utils.evaluation import auroc, average_precision, confusion
from course_utils.report.cut import SIZES
from course_utils.report.remarks import shorten

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestClassifier

__all__ = [
    "COLUMN",
    "DEEP",
    "FOREST",
    "LABELLED",
    "RANDOM",
    "TWIN",
    "Results",
    "SingleColumn",
    "contestants",
    "deep_name",
    "fitted",
    "measure",
    "neighbours_label",
    "numbers",
    "overlap",
    "pick",
    "threshold_for",
]

COLUMN = "best single column"
DEEP = "deep detector"
TWIN = "untrained twin"
FOREST = "isolation forest"
LABELLED = "labelled trees"
RANDOM = "random scores"
WAYS = {1: "high", -1: "low", 0: "unusual"}  # values that are anomalous
FINALISTS = 10
ENOUGH_LABELS = 20  # anomalies among the training rows
AS_GOOD = 0.02  # of average precision: nobody's reason to take what is harder to explain


class SingleColumn:
    """Scores by one column, chosen on labelled rows: high, low, or far from the training mean.

    Of the ten with the highest AUROC it is the one with the highest average precision.

    Parameters
    ----------
    X : array, shape (n, d)
        Standardised columns of the rows to choose on.
    y : array of 0 and 1, shape (n,)

    Attributes
    ----------
    column_ : int
    way_ : int
        1 where high values are anomalous, −1 where low ones, 0 where both.
    """

    def __init__(self, X, y):
        places = [(column, way) for way in WAYS for column in range(X.shape[1])]
        areas = np.concatenate([_areas(_along(X, way), y) for way in WAYS])
        finalists = [places[each] for each in np.argsort(-areas, kind="stable")[:FINALISTS]]
        self.column_, self.way_ = max(
            finalists, key=lambda place: average_precision(y, _along(X[:, place[0]], place[1]))
        )

    def fit(self, X):
        """Return self: the choice was made before."""
        return self

    def decision_function(self, X):
        """Return one score per row, higher = more anomalous."""
        return _along(X[:, self.column_], self.way_)


def _areas(X, y):
    """Return each column's AUROC, (d,): the sum of the anomalies' ranks, as `auroc` has it."""
    anomalies = y.sum()
    ranks = rankdata(X, axis=0)[y == 1].sum(axis=0) - anomalies * (anomalies + 1) / 2
    return ranks / (anomalies * (len(y) - anomalies))


def _along(values, way):
    return way * values if way else np.abs(values)


class Forest(RandomForestClassifier):
    """A random forest whose surest rows are not all tied at probability 1.

    A leaf with k anomalies among n training rows counts as (k + 1) / (n + 2), so that a large pure
    leaf is surer than a small one: Provost and Domingos, Machine Learning 52, 2003,
    https://doi.org/10.1023/A:1024099825458.
    """

    def predict_proba(self, X):
        """Return the probabilities (n, 2) of normal and anomaly."""
        leaves = self.apply(X)  # (n, trees)
        found = np.zeros(len(X))
        for tree, places in zip(self.estimators_, leaves.T, strict=True):
            rows = tree.tree_.weighted_n_node_samples  # (nodes,)
            share = tree.tree_.value[:, 0, 1]  # of anomalies
            found += ((share * rows + 1) / (rows + 2))[places]
        found /= len(self.estimators_)
        return np.column_stack([1 - found, found])


@dataclass(frozen=True)
class Results:
    """What the detectors scored.

    Attributes
    ----------
    plan : Plan
    seeds : list of int
    share : float
        Of all rows that may raise an alarm.
    scores : dict of (str, int) to (array, array)
        Validation and test scores of each detector and seed.
    chosen_on : dict of (str, int) to float
        Average precision on validation rows, by which a detector may be chosen.
    labels : list of str
        The detectors in the order of how simple they are.
    deep : str
        The class of the deep detector.
    held : dict of int to (Part, Part)
        Validation and test rows of each seed, without their columns.
    columns : list of str
        The best single column of each seed and its direction, in words.
    """

    plan: object
    seeds: list
    share: float
    scores: dict
    chosen_on: dict
    labels: list
    deep: str
    held: dict
    columns: list = field(default_factory=list)


def neighbours_label(plan):
    """Return the label of the nearest neighbours: few where the training rows are clean."""
    return f"{_neighbours(plan)} nearest neighbours"


def _neighbours(plan):
    return 19 if plan.table.y is None else 5  # what lesson 19 measured


def deep_name(plan):
    """Return the class of the deep detector that lesson 19's chart takes."""
    return "AutoEncoder" if plan.table.y is None else "DeepSVDD"


def contestants(plan, cut, seed):
    """Return the detectors for one cut, not fitted, simplest first.

    Parameters
    ----------
    plan : Plan
    cut : Cut
    seed : int

    Returns
    -------
    dict of str to detector
    """
    from course_utils import detectors

    deep = getattr(detectors, deep_name(plan))
    made = {}
    if plan.choosable:
        made[COLUMN] = SingleColumn(cut.validation.X, cut.validation.y)
    made["z-score"] = baselines.ZScore()
    made["Mahalanobis"] = baselines.Mahalanobis()
    made[neighbours_label(plan)] = baselines.KNearestNeighbours(_neighbours(plan))
    made[FOREST] = baselines.IsolationForest(seed=seed)
    made[TWIN] = deep(seed=seed, steps=1, learning_rate=1e-12)
    made[DEEP] = deep(seed=seed)
    if plan.measurable and _are_enough(plan, cut):
        made[LABELLED] = baselines.WithLabels(Forest(100, min_samples_leaf=2, random_state=seed))
    made[RANDOM] = baselines.RandomScores(seed=seed)
    return made


def _are_enough(plan, cut):
    """Say whether labels are enough to learn from, alike for all seeds."""
    if plan.kind == "time":
        return cut.labelled.y.sum() >= ENOUGH_LABELS
    return SIZES[0] * plan.table.y.sum() >= ENOUGH_LABELS


def fitted(detector, cut):
    """Fit a detector on the training rows of a cut, with their labels if it needs them."""
    if getattr(detector, "needs_labels", False):
        return detector.fit(cut.labelled.X, cut.labelled.y)
    return detector.fit(cut.train.X)


def measure(plan, seeds, share, step=lambda: None):
    """Fit all detectors for all seeds and score validation and test rows.

    Parameters
    ----------
    plan : Plan
    seeds : sequence of int
    share : float
        Of all rows that may raise an alarm.
    step : callable
        Called after each detector.

    Returns
    -------
    Results
    """
    scores, chosen_on, held, labels, columns = {}, {}, {}, [], []
    for seed in seeds:
        cut = plan.cut(seed)
        parts = (cut.validation, cut.test)
        held[seed] = tuple(replace(part, X=part.X[:, :0]) for part in parts)
        entries = contestants(plan, cut, seed)
        labels = list(entries)
        if COLUMN in entries:
            columns.append(_words_for(entries[COLUMN], plan, cut.encoder))
        for label, detector in entries.items():
            fitted(detector, cut)
            found = [np.asarray(detector.decision_function(part.X), dtype=float) for part in parts]
            scores[label, seed] = tuple(found)
            if plan.choosable:
                y = cut.validation.y
                if label == COLUMN:
                    chosen_on[label, seed] = _crosswise(cut.validation.X, y)
                else:
                    chosen_on[label, seed] = average_precision(y, found[0])
            step()
    deep = deep_name(plan)
    return Results(plan, list(seeds), share, scores, chosen_on, labels, deep, held, columns)


def _words_for(single, plan, encoder):
    """Return a single column and its direction: "high “heat [K]”"."""
    source = encoder.source_[single.column_]
    name, cells = shorten(plan.table.frame.columns[source]), plan.table.frame.iloc[:, source]
    if cells.dtype.kind != "f":
        return f"one value of “{name}”"
    if single.column_ != np.flatnonzero(encoder.source_ == source)[0]:
        return f"gaps of “{name}”"
    return f"{WAYS[single.way_]} “{name}”"


def _crosswise(X, y):
    """Return the average precision of a column chosen on one half of the rows on the other half.

    What is chosen among all columns would else look good on the very rows that it was chosen on.
    """
    place = np.empty(len(y), dtype=int)
    for label in (0, 1):  # every second row of each sort
        rows = np.flatnonzero(y == label)
        place[rows] = np.arange(len(rows)) % 2
    if min(y[place == half].sum() for half in (0, 1)) == 0:
        return float("nan")
    found = []
    for half in (0, 1):
        chosen = SingleColumn(X[place == half], y[place == half])
        found.append(
            average_precision(y[place != half], chosen.decision_function(X[place != half]))
        )
    return float(np.mean(found))


def threshold_for(scores, share):
    """Return the threshold that at most this share of the scores exceeds, one row at least."""
    return thresholds.alert_budget(scores, max(1, int(share * len(scores) + 1e-9)))


def numbers(results):
    """Return what each detector reached for each seed.

    Parameters
    ----------
    results : Results

    Returns
    -------
    DataFrame, one row per detector and seed
        "detector", "seed", "alarms" (share of the test rows); and of labelled data "AUROC",
        "average precision", "prevalence", "precision" (NaN without alarms), "recall", all on
        test rows.
    """
    rows = []
    for (label, seed), (validation, test) in results.scores.items():
        y = results.held[seed][1].y
        decisions = thresholds.decide(test, threshold_for(validation, results.share))
        row = {"detector": label, "seed": seed, "alarms": decisions.mean()}
        if results.plan.measurable:
            outcome = confusion(y, decisions)
            row |= {
                "AUROC": auroc(y, test),
                "average precision": average_precision(y, test),
                "prevalence": y.mean(),
                "precision": outcome.precision if decisions.any() else np.nan,
                "recall": outcome.recall,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def overlap(results):
    """Return which share of its highest-scoring rows each detector has in common with each other.

    Of every detector the same number of test rows is taken, the share of the budget and five at
    least; chance is that number over all test rows.

    Parameters
    ----------
    results : Results

    Returns
    -------
    DataFrame, detectors × detectors
        Means over the seeds.
    float
        What two random choices have in common.
    """
    labels = [label for label in results.labels if label != RANDOM]
    shares, chance = np.zeros((len(labels), len(labels))), []
    for seed in results.seeds:
        tops = []
        for label in labels:
            test = results.scores[label, seed][1]
            most = min(len(test), max(5, int(results.share * len(test))))
            tops.append(set(np.argsort(-test, kind="stable")[:most].tolist()))
        chance.append(most / len(test))
        shares += [[len(a & b) / most for b in tops] for a in tops]
    return pd.DataFrame(shares / len(results.seeds), labels, labels), float(np.mean(chance))


def pick(results):
    """Choose a detector on the validation rows, the simplest that is as good as the best.

    As good means: over the seeds, the mean difference in average precision is no larger than its
    standard deviation, or than 0.02.

    Parameters
    ----------
    results : Results

    Returns
    -------
    chosen : str
        Without validation labels the nearest neighbours, as lesson 19's chart has it.
    best : str or None
        The detector with the highest mean on validation rows; None without labels there.
    """
    if not results.plan.choosable:
        return neighbours_label(results.plan), None
    candidates = [label for label in results.labels if label not in (TWIN, RANDOM)]
    runs = {
        label: np.array([results.chosen_on[label, seed] for seed in results.seeds])
        for label in candidates
    }
    runs = {label: found for label, found in runs.items() if np.isfinite(found).all()}
    best = max(runs, key=lambda label: runs[label].mean())
    for label, found in runs.items():  # simplest first
        behind = runs[best] - found
        spread = behind.std(ddof=1) if len(behind) > 1 else 0.0
        if behind.mean() <= max(spread, AS_GOOD):
            return label, best
    return best, best
