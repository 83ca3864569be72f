"""Exercises of lesson 18 on prevalence: precision where anomalies are rare, and no information."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise

import numpy as np

# ------------------------------------------------------------------------------ 3 · at prevalence

at_prevalence = Exercise(
    "Find the mistake: return the average precision that these scores would have if anomalies "
    "had the share `prevalence` of all rows. Weigh the rows, and take tied scores together.",
    hints=(
        "At any line, recall and the false alarm rate belong to the scores, whatever the share of "
        "anomalies. Precision does not: it mixes the two classes.",
        "Of all rows in the field, prevalence · recall are right alarms and (1 − prevalence) · "
        "false alarm rate are false ones. Their ratio gives the precision there, line by line.",
        "Lines are the distinct scores, falling, and a row alarms when score ≥ line. Sum up "
        "(recall − recall at the line before) · precision.",
    ),
    praise="Right: rates stay, precision moves. The field's share is part of the result.",
)


@at_prevalence.set_solution
def at_prevalence_solution(y, scores, prevalence):
    lines = np.unique(scores)[::-1]  # falling; tied rows share one
    anomalies, normals = np.sort(scores[y == 1]), np.sort(scores[y == 0])
    recall = 1 - np.searchsorted(anomalies, lines) / len(anomalies)  # share ≥ each line
    false_alarms = 1 - np.searchsorted(normals, lines) / len(normals)
    hits = prevalence * recall  # shares of all rows in the field
    precision = hits / (hits + (1 - prevalence) * false_alarms)
    return np.sum(np.diff(recall, prepend=0) * precision)


# ----------------------------------------------------------------------------- 8 · no information

no_information = Exercise(
    "Return the value of `metric` that takes no information: the better of an alarm for every "
    "row and none at all, and for AUROC and AP that of random scores in a large test.",
    hints=(
        "For each metric, write down what it is when every row alarms, and when none does.",
        "Alarms for all rows: recall 1, precision = prevalence. None: accuracy 1 − prevalence.",
        "accuracy: max(p, 1 − p). F1: 2p/(1 + p). AUROC and balanced accuracy: one half. AP: p.",
    ),
    praise="Right: what is not above this says nothing, however high it looks.",
)


@no_information.set_solution
def no_information_solution(metric, prevalence):
    values = {
        "accuracy": max(prevalence, 1 - prevalence),
        "F1": 2 * prevalence / (prevalence + 1),  # precision p, recall 1
        "AUROC": 0.5,
        "AP": prevalence,
        "balanced accuracy": 0.5,  # one class all right, the other all wrong
    }
    return values[metric]
