"""Exercises of lesson 25: the desk, a rule, the cut, two detectors in one, drift, and traces."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_25.desk import found_by_the_desk
from course_utils.exercises.lesson_25.rule import port_rule
from course_utils.exercises.lesson_25.cut import honest_cut
from course_utils.exercises.lesson_25.fusion import surprise, either_lines
from course_utils.exercises.lesson_25.drift import after_drift
from course_utils.exercises.lesson_25.windows import unseen_windows
from course_utils.exercises.lesson_25.traces import trace_score

__all__ = [
    "found_by_the_desk",
    "port_rule",
    "honest_cut",
    "surprise",
    "either_lines",
    "after_drift",
    "unseen_windows",
    "trace_score",
]
