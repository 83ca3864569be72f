"""Exercises of lesson 07: cures for imbalance, thresholds, and probabilities put right."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_07.cures import class_weights, focal_loss, synthetic_rows
from course_utils.exercises.lesson_07.lines import alarm_rows, worth_an_alarm, cooled, shifted
from course_utils.exercises.lesson_07.cures import judge_cure

__all__ = [
    "class_weights",
    "focal_loss",
    "synthetic_rows",
    "alarm_rows",
    "worth_an_alarm",
    "cooled",
    "shifted",
    "judge_cure",
]
