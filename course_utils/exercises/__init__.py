"""Exercises that answer back: `from course_utils.exercises import lesson_04 as ex`."""

from course_utils.exercises.conversation import ask, expect
from course_utils.exercises.engine import Exercise

__all__ = ["Exercise", "ask", "expect"]
