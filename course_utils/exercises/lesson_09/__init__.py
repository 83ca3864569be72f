"""Exercises of lesson 09: a step mended, errors, angles, a denoiser, fair errors, snapshots."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_09.training import train_step
from course_utils.exercises.lesson_09.scoring import row_errors, largest_angle
from course_utils.exercises.lesson_09.denoising import denoise
from course_utils.exercises.lesson_09.scoring import fair_errors
from course_utils.exercises.lesson_09.training import snapshot

__all__ = [
    "train_step",
    "row_errors",
    "largest_angle",
    "denoise",
    "fair_errors",
    "snapshot",
]
