"""Exercises of lesson 11: the players' losses and moves, modes, scores, a rival."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_11.measures import judge_loss
from course_utils.exercises.lesson_11.moves import critic_step, generator_step
from course_utils.exercises.lesson_11.measures import modes_covered, points_between
from course_utils.exercises.lesson_11.measures import remaking_scores
from course_utils.exercises.lesson_11.rivals import plain_rival

__all__ = [
    "judge_loss",
    "critic_step",
    "generator_step",
    "modes_covered",
    "points_between",
    "remaking_scores",
    "plain_rival",
]
