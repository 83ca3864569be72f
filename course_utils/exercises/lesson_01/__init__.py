"""Exercises of lesson 01: context, fences, filling, scaling, and four scores."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_01.series import contextual_score, fill_from_the_past
from course_utils.exercises.lesson_01.baselines import (
    z_score,
    fences,
    mahalanobis,
    own_neighbours,
)
from course_utils.exercises.lesson_01.judgement import one_for_all, scale

__all__ = [
    "contextual_score",
    "fill_from_the_past",
    "z_score",
    "fences",
    "mahalanobis",
    "own_neighbours",
    "one_for_all",
    "scale",
]
