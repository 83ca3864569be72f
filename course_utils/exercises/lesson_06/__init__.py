"""Exercises of lesson 06: from a dirty table with a target column to decisions."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_06.tables import clean, prepare, cut
from course_utils.exercises.lesson_06.decisions import decide, keep, hide_labels
from course_utils.exercises.lesson_06.detectors import detector

__all__ = [
    "clean",
    "prepare",
    "cut",
    "decide",
    "keep",
    "hide_labels",
    "detector",
]
