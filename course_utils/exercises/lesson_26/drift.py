"""Exercise of lesson 26 on drift: a counter-example to "the AUROC survives, so alarms do"."""

from __future__ import annotations

from course_utils.evaluation import auroc
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require, take_apart

import numpy as np

# -------------------------------------------------------------------------------- 6 · hidden drift

hidden_drift = Exercise(
    '"The AUROC survived the blur, so the alarms did." Disprove it: return both arrays of scores '
    "as a drift might leave them, with the AUROC that it was, and more than half of the normal "
    "rows above `line`.",
    hints=(
        "The AUROC knows which of two scores is higher, and nothing else. Which changes keep the "
        "order of all scores, of normal rows and of anomalies?",
        "A drift meets all pictures alike: add one number to every score. How much does it take "
        "for most normal rows to lie above the line?",
        "rise = max(line - normal.min() + 1, 0) lifts them all: return normal + rise, anomalies + "
        "rise.",
    ),
    praise="Right: the AUROC compares scores with each other, an alarm compares them with a line. "
    "Watch the share that alarms; it needs no labels.",
)


@hidden_drift.set_solution
def hidden_drift_solution(normal, anomalies, line):
    rise = max(line - normal.min() + 1, 0)
    return normal + rise, anomalies + rise


@hidden_drift.set_check
def hidden_drift_check(answer):
    rng = np.random.default_rng(266)
    for what, normal, anomalies, line in _scores(rng):
        given = normal.copy(), anomalies.copy()
        result = take_apart(answer(*given, line), ("normal", "anomalies"))
        _require_sizes(result, normal, anomalies)
        drifted = [
            as_array(each, shape=old.shape, what=name)
            for each, old, name in zip(
                result, (normal, anomalies), ("the normal rows", "the anomalies"), strict=True
            )
        ]
        before, after = _auroc(normal, anomalies), _auroc(*drifted)
        alarms = np.mean(drifted[0] > line)
        below = "Scores may be below 0, where a factor does not lift them. "
        told = (
            f"With {what} the AUROC was {before:.4f} and is {after:.4f}; {alarms:.0%} of the "
            f"normal rows lie above the line."
        )
        if abs(before - after) > 1e-9:
            _name_what_moved(drifted, normal, anomalies, told)
        require(
            alarms > 0.5,
            "The AUROC survives, and so do the alarms here: more than half of the normal rows "
            f"shall lie above the line. {below if normal.min() < 0 else ''}{told}",
        )


def _require_sizes(result, normal, anomalies):
    sizes = [np.size(each) for each in result]
    require(
        sizes[0] == sizes[1] or sizes != [len(anomalies), len(normal)],
        "The arrays are the other way round: the normal rows come first.",
    )


def _name_what_moved(drifted, normal, anomalies, told):
    same = [np.array_equal(*pair) for pair in zip(drifted, (normal, anomalies), strict=True)]
    require(
        not same[1] or same[0],
        "Only the normal rows drift. A lens out of focus blurs each picture, a damaged one as "
        f"well: anomalies drift with them. {told}",
    )
    require(
        np.ptp(np.concatenate(drifted)) > 0,
        f"All scores are made equal, so that no pair is told apart. {told}",
    )
    raise Misconception(
        f"The AUROC changes. It stays where no pair of a normal row and an anomaly changes its "
        f"order, or its tie. {told}"
    )


def _auroc(normal, anomalies):
    y = np.repeat([0, 1], [len(normal), len(anomalies)])
    return auroc(y, np.concatenate([normal, anomalies]))


def _scores(rng):
    """Yield what the scores are, those of normal rows and anomalies, and a line."""
    yield "the example", np.array([1.0, 2, 3]), np.array([2.5, 6]), 4.0
    normal, anomalies = rng.gamma(9, 0.1, 60), rng.gamma(9, 0.1, 25) + 0.5
    yield "scores around 1", normal, anomalies, np.quantile(normal, 0.99)
    yield "scores below 0", normal - 9, anomalies - 9, np.quantile(normal, 0.95) - 9
    yield "a line below 0, scores around it", normal - 1.2, anomalies - 1.2, -0.05
    tied = np.round(4 * normal), np.round(4 * anomalies)
    yield "tied scores", *tied, tied[0].max()
    yield "a line that anomalies hardly reach", normal, anomalies, 2 * anomalies.max()
    yield "a line that most rows pass already", normal, anomalies, 0.01
    yield "a detector that ranks upside down", anomalies, normal, np.quantile(anomalies, 0.99)
    yield "few rows", np.array([0.3, -2.0]), np.array([0.4]), 0.35
