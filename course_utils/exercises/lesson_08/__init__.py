"""Exercises of lesson 08: preparing orders, copying errors, thresholds, explanations, repairs."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_08.errors import prepare, relative_scores
from course_utils.exercises.lesson_08.decisions import alarm_threshold, explain
from course_utils.exercises.lesson_08.scores import better_scores
from course_utils.exercises.lesson_08.decisions import best_value

__all__ = [
    "prepare",
    "relative_scores",
    "alarm_threshold",
    "explain",
    "better_scores",
    "best_value",
]
