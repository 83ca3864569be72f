"""Exercises of lesson 20: score before learning, wait in line, budget alarms, meet drift."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_20.prequential import prequential_scores
from course_utils.exercises.lesson_20.waiting import delays
from course_utils.exercises.lesson_20.budget import alarm_budget
from course_utils.exercises.lesson_20.refit import rows_to_refit
from course_utils.exercises.lesson_20.gate import may_learn
from course_utils.exercises.lesson_20.reservoir import slot
from course_utils.exercises.lesson_20.watch import drift_alarm

__all__ = [
    "prequential_scores",
    "delays",
    "alarm_budget",
    "rows_to_refit",
    "may_learn",
    "slot",
    "drift_alarm",
]
