"""Exercises of lesson 14: network input, distance, alarm level, patches, areas of maps."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_14.features import as_input, mahalanobis, alarm_level
from course_utils.exercises.lesson_14.patches import place_gaussians, farthest_first
from course_utils.exercises.lesson_14.maps import pixel_area, mean_overlap

__all__ = [
    "as_input",
    "mahalanobis",
    "alarm_level",
    "place_gaussians",
    "farthest_first",
    "pixel_area",
    "mean_overlap",
]
