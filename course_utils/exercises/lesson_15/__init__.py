"""Exercises of lesson 15: rows and windows, forecasts, their errors, alarms, and a detector."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_15.windows import row_scores
from course_utils.exercises.lesson_15.forecasts import autoregression, causal_convolution
from course_utils.exercises.lesson_15.errors import trailing_mean, whitener
from course_utils.exercises.lesson_15.alarms import cheat, alarm_line
from course_utils.exercises.lesson_15.detector import my_detector

__all__ = [
    "row_scores",
    "autoregression",
    "causal_convolution",
    "trailing_mean",
    "whitener",
    "cheat",
    "alarm_line",
    "my_detector",
]
