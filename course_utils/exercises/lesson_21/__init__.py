"""Exercises of lesson 21: what is shipped, how it is asked, and how one sees that it has aged."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_21.module import shipped
from course_utils.exercises.lesson_21.alarms import raises_alarm
from course_utils.exercises.lesson_21.program import export_any_batch
from course_utils.exercises.lesson_21.company import batch_dependence
from course_utils.exercises.lesson_21.requests import parse_request
from course_utils.exercises.lesson_21.stability import population_stability
from course_utils.exercises.lesson_21.limit import stability_limit

__all__ = [
    "shipped",
    "raises_alarm",
    "export_any_batch",
    "batch_dependence",
    "parse_request",
    "population_stability",
    "stability_limit",
]
