"""Data sets, all in one form, and the cut into training, validation and test rows."""

from course_utils.data.anomaly_data import AnomalyData, windows
from course_utils.data.embedded import embedded_files
from course_utils.data.loaders import (
    load_breast_cancer,
    load_digits,
    load_shuttle,
    load_water_flow,
)
from course_utils.data.simulate import make_kinds, make_series, make_toy
from course_utils.data.splits import Split, split, thin_anomalies

__all__ = [
    "AnomalyData",
    "Split",
    "embedded_files",
    "load_breast_cancer",
    "load_digits",
    "load_shuttle",
    "load_water_flow",
    "make_kinds",
    "make_series",
    "make_toy",
    "split",
    "thin_anomalies",
    "windows",
]
