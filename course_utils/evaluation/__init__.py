"""How good a detector is: metrics, the honest table, where and when it finds, ranks, drift."""

from course_utils.evaluation.localisation import aupro, pixel_auroc
from course_utils.evaluation.ranks import (
    Friedman,
    critical_difference,
    friedman,
    mean_ranks,
    regret,
    wilcoxon_holm,
)
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
from course_utils.evaluation.stability import population_stability, stability_limit
from course_utils.evaluation.table import honest_table

__all__ = [
    "Confusion",
    "Friedman",
    "aupro",
    "auroc",
    "average_precision",
    "bootstrap_interval",
    "confusion",
    "critical_difference",
    "detection_delays",
    "event_recall",
    "events",
    "friedman",
    "honest_table",
    "mean_ranks",
    "pixel_auroc",
    "point_adjust",
    "population_stability",
    "precision_at_prevalence",
    "range_scores",
    "regret",
    "stability_limit",
    "vus_pr",
    "wilcoxon_holm",
]
