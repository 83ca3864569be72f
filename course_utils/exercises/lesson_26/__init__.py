"""Exercises of lesson 26: honest halves, light, lines, a tray's rule, drift and two views."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_26.halves import split_modules
from course_utils.exercises.lesson_26.light import without_light
from course_utils.exercises.lesson_26.lines import alarms_by_light
from course_utils.exercises.lesson_26.trays import tray_score
from course_utils.exercises.lesson_26.larger import larger_z
from course_utils.exercises.lesson_26.drift import hidden_drift
from course_utils.exercises.lesson_26.blocks import block_weights
from course_utils.exercises.lesson_26.parts import my_fusion

__all__ = [
    "split_modules",
    "without_light",
    "alarms_by_light",
    "tray_score",
    "larger_z",
    "hidden_drift",
    "block_weights",
    "my_fusion",
]
