"""Exercises of lesson 14: network input, distance, alarm level, patches, scores, areas of maps."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_14.features import as_input, mahalanobis, alarm_level
from course_utils.exercises.lesson_14.patches import place_gaussians
from course_utils.exercises.lesson_14.scores import image_score
from course_utils.exercises.lesson_14.maps import pixel_area, mean_overlap
from course_utils.exercises.lesson_14.patches import farthest_first

__all__ = [
    "as_input",
    "mahalanobis",
    "alarm_level",
    "place_gaussians",
    "image_score",
    "pixel_area",
    "mean_overlap",
    "farthest_first",
]
