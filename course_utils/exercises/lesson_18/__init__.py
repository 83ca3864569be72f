"""Exercises of lesson 18: honest intervals, the luck of the best, reports, three repairs."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_18.luck import day_bootstrap, best_of
from course_utils.exercises.lesson_18.rarity import at_prevalence, no_information
from course_utils.exercises.lesson_18.reports import suspicious
from course_utils.exercises.lesson_18.repaired_cut import repair_payments
from course_utils.exercises.lesson_18.repaired_choice import repair_seeds
from course_utils.exercises.lesson_18.repaired_line import repair_threshold

__all__ = [
    "day_bootstrap",
    "best_of",
    "at_prevalence",
    "no_information",
    "suspicious",
    "repair_payments",
    "repair_seeds",
    "repair_threshold",
]
