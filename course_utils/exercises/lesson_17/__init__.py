"""Exercises of lesson 17: slopes, Shapley values, baselines, repairs, and explanations judged."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_17.slopes import integrated_gradients, column_ranking
from course_utils.exercises.lesson_17.shares import shapley
from course_utils.exercises.lesson_17.baselines import choose_baseline
from course_utils.exercises.lesson_17.repairs import best_repair
from course_utils.exercises.lesson_17.hits import hit_rate
from course_utils.exercises.lesson_17.silence import smallest_change
from course_utils.exercises.lesson_17.own import my_explanation

__all__ = [
    "integrated_gradients",
    "column_ranking",
    "shapley",
    "choose_baseline",
    "best_repair",
    "hit_rate",
    "smallest_change",
    "my_explanation",
]
