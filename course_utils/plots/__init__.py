"""The course's pictures: each function returns a figure, `show` displays it with a caption."""

from course_utils.plots.curves import (
    cost_curve,
    decision_surface,
    learning_curve,
    roc_pr,
    scatter,
    score_histogram,
    time_line,
)
from course_utils.plots.pictures import HEAT, heat_maps, images
from course_utils.plots.rankings import critical_difference_diagram, decision_chart
from course_utils.plots.schematics import schematic
from course_utils.plots.sliders import cost_slider, frame_slider, threshold_slider
from course_utils.plots.style import (
    COLOURS,
    LINES,
    MARKERS,
    SHADES,
    new_figure,
    show,
    to_png,
)

__all__ = [
    "COLOURS",
    "HEAT",
    "LINES",
    "MARKERS",
    "SHADES",
    "cost_curve",
    "cost_slider",
    "critical_difference_diagram",
    "decision_chart",
    "decision_surface",
    "frame_slider",
    "heat_maps",
    "images",
    "learning_curve",
    "new_figure",
    "roc_pr",
    "scatter",
    "schematic",
    "score_histogram",
    "show",
    "threshold_slider",
    "time_line",
    "to_png",
]
