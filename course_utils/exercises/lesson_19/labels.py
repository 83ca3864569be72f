"""Exercise of lesson 19 on labels: which detector, by a few labelled validation rows."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np
from scipy.stats import rankdata

# ---------------------------------------------------------------------------- 6 · choose by labels

choose_by_labels = Exercise(
    "Return the index of the detector to take, by its scores (detectors, rows) of a few labelled "
    "rows, y = 1 for an anomaly: it is judged by its AUROC on rows held back.",
    hints=(
        "Detectors score in unlike units, and no threshold is agreed: what can be compared is how "
        "each ranks the anomalies among the normal rows.",
        "That is the AUROC, the share of pairs (anomaly, normal row) in which the anomaly "
        "scores higher, equal ones counted half.",
        "Turn each detector's scores to ranks, rankdata(scores, axis=1), and take the one whose "
        "anomalies have the highest mean rank.",
    ),
    praise="Right: on rows held back the detectors it takes lose little against the best.",
)


@choose_by_labels.set_solution
def choose_by_labels_solution(scores, y):
    ranks = rankdata(scores, axis=1)  # (detectors, rows), 1 = lowest
    # with the same labels for all, the anomalies' mean rank orders detectors as AUROC does
    return int(ranks[:, y == 1].mean(axis=1).argmax())


@choose_by_labels.set_check
def choose_by_labels_check(answer):
    generator = np.random.default_rng(196)
    y = np.repeat([0, 1], [60, 8])
    scores = generator.normal(size=(4, 68))
    scores[2] += 4 * y
    got = as_array(answer(scores, y), shape=(), what="the index")
    require(got == 2, "That is not the detector that ranks best.")
