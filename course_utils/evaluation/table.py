"""The honest table that every detector of the course enters, beside the company it needs."""

import time

from course_utils import baselines, thresholds
from course_utils.checks import as_labels, as_scores, as_seed, in_range
from course_utils.evaluation.scores import (
    auroc,
    average_precision,
    check_function,
    confusion,
    kind_of,
)

import numpy as np
import pandas as pd

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
    check_function(choose_threshold, "choose_threshold", "y and scores")
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
            raise TypeError(f"{name} is {kind_of(group)}; a dict of label → factory is expected.")
        for label, factory in group.items():
            if not isinstance(label, str):
                raise TypeError(f"{name} has the label {label!r}; a text is expected.")
            if label in entries or label in ALWAYS:
                raise ValueError(
                    f"{name} has the label '{label}', which the table holds already; "
                    "a new label is expected."
                )
            check_function(factory, f"{name}['{label}']", "a seed that returns a detector")
            entries[label] = (factory, fitted)
    return entries | {label: (factory, True) for label, factory in ALWAYS.items()}


def _check_detector(label, detector, fitted):
    """Raise TypeError when the detector lacks a method that the table calls."""
    for method in ("fit", "decision_function") if fitted else ("decision_function",):
        if not callable(getattr(detector, method, None)):
            raise TypeError(
                f"detector '{label}' is {kind_of(detector)} without {method}; an object with "
                "fit(X) and decision_function(X), higher = more anomalous, is expected."
            )


def _check_split(parts):
    """Raise when there are no three parts or the test rows hold one class only."""
    for part in ("train", "validation", "test"):
        if not (hasattr(getattr(parts, part, None), "X") and hasattr(getattr(parts, part), "y")):
            raise TypeError(
                f"split is {kind_of(parts)} without data in .{part}; what data.split returns, or "
                "a function of a seed that returns it, is expected."
            )
    as_labels(parts.validation.y, "split.validation.y", length=len(parts.validation.X))
    as_labels(parts.test.y, "split.test.y", length=len(parts.test.X), both_classes=True)


def _distinct_seeds(seeds):
    """Return the seeds as a list of different integers."""
    if isinstance(seeds, str) or not np.iterable(seeds):
        raise TypeError(f"seeds is {kind_of(seeds)}; a sequence of integers is expected.")
    seeds = [as_seed(seed, "seeds") for seed in seeds]
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {seeds}; one or more different integers are expected.")
    return seeds
