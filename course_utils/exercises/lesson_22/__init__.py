"""Exercises of lesson 22: shares of rows, losses of ranks, a proof, and work that is lost."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_22.shards import shard
from course_utils.exercises.lesson_22.averages import loss_for_average
from course_utils.exercises.lesson_22.trimmed import trimmed_loss
from course_utils.exercises.lesson_22.proof import verdict
from course_utils.exercises.lesson_22.worst import worst_rows
from course_utils.exercises.lesson_22.speed import amdahl
from course_utils.exercises.lesson_22.attempts import WorkerLost, score_all

__all__ = [
    "shard",
    "loss_for_average",
    "trimmed_loss",
    "verdict",
    "worst_rows",
    "amdahl",
    "WorkerLost",
    "score_all",
]
