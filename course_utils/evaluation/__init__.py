"""How good a detector is: metrics, the honest table, and where in an image a defect is."""

from course_utils.evaluation.localisation import aupro, pixel_auroc
from course_utils.evaluation.scores import (
    Confusion,
    auroc,
    average_precision,
    bootstrap_interval,
    confusion,
    precision_at_prevalence,
)
from course_utils.evaluation.table import honest_table

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
