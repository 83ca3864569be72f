"""Exercises of lesson 23: what load explains, which part is damaged, when to call, how early."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_23.load import given_load
from course_utils.exercises.lesson_23.part import named_part
from course_utils.exercises.lesson_23.lag import thermal_lag
from course_utils.exercises.lesson_23.alarms import alarms_of
from course_utils.exercises.lesson_23.lead import lead_time
from course_utils.exercises.lesson_23.chance import chance_lead
from course_utils.exercises.lesson_23.monitor import my_monitor

__all__ = [
    "given_load",
    "named_part",
    "thermal_lag",
    "alarms_of",
    "lead_time",
    "chance_lead",
    "my_monitor",
]
