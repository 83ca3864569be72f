"""How good a detector is: metrics, the honest table, where in an image and when in a series."""

from course_utils.evaluation.localisation import aupro, pixel_auroc
from course_utils.evaluation.scores import (
    Confusion,
    auroc,
    average_precision,
    bootstrap_interval,
    confusion,
    precision_at_prevalence,
)
from course_utils.evaluation.series import (
    detection_delays,
    event_recall,
    events,
    point_adjust,
    range_scores,
    vus_pr,
)
from course_utils.evaluation.table import honest_table

__all__ = [
    "Confusion",
    "aupro",
    "auroc",
    "average_precision",
    "bootstrap_interval",
    "confusion",
    "detection_delays",
    "event_recall",
    "events",
    "honest_table",
    "pixel_auroc",
    "point_adjust",
    "precision_at_prevalence",
    "range_scores",
    "vus_pr",
]
