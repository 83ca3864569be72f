"""Exercises of lesson 08: preparing orders, copying errors, thresholds, explanations, repairs."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_08.errors import prepare, row_errors, relative_scores
from course_utils.exercises.lesson_08.decisions import alarm_threshold, explain, best_value

__all__ = [
    "prepare",
    "row_errors",
    "relative_scores",
    "alarm_threshold",
    "explain",
    "best_value",
]
