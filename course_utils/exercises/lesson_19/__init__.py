"""Exercises of lesson 19: ranks over tables, what they allow to say, and rules that choose."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_19.ranks import mean_ranks, critical_difference
from course_utils.exercises.lesson_19.evidence import holm, one_row_per_table
from course_utils.exercises.lesson_19.regrets import regret_of_rule
from course_utils.exercises.lesson_19.labels import choose_by_labels
from course_utils.exercises.lesson_19.gains import honest_gain
from course_utils.exercises.lesson_19.rule import my_rule

__all__ = [
    "mean_ranks",
    "critical_difference",
    "holm",
    "one_row_per_table",
    "regret_of_rule",
    "choose_by_labels",
    "honest_gain",
    "my_rule",
]
