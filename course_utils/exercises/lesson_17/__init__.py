"""Exercises of lesson 17: explanations judged, slopes, baselines, shares, repairs, silencing."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_17.hits import hit_rate
from course_utils.exercises.lesson_17.slopes import column_ranking, integrated_gradients
from course_utils.exercises.lesson_17.baselines import choose_baseline
from course_utils.exercises.lesson_17.shares import shapley
from course_utils.exercises.lesson_17.repairs import best_repair
from course_utils.exercises.lesson_17.own import my_explanation
from course_utils.exercises.lesson_17.silence import smallest_change

__all__ = [
    "hit_rate",
    "column_ranking",
    "integrated_gradients",
    "choose_baseline",
    "shapley",
    "best_repair",
    "my_explanation",
    "smallest_change",
]
