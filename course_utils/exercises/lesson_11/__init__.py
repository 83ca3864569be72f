"""Exercises of lesson 11: the players' losses and moves, modes, the penalty's place, scores."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_11.measures import judge_loss
from course_utils.exercises.lesson_11.moves import two_optimisers
from course_utils.exercises.lesson_11.measures import modes_covered, points_between
from course_utils.exercises.lesson_11.moves import critic_step, generator_step
from course_utils.exercises.lesson_11.measures import remaking_scores

__all__ = [
    "judge_loss",
    "two_optimisers",
    "modes_covered",
    "points_between",
    "critic_step",
    "generator_step",
    "remaking_scores",
]
