"""Exercises of lesson 05: batches, optimisers, learning curves and what keeps overfitting away."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_05.steps import mini_batches, keras_momentum, adam_step
from course_utils.exercises.lesson_05.diagnosis import diagnose
from course_utils.exercises.lesson_05.remedies import (
    early_stopping,
    decay_step,
    dropout,
)
from course_utils.exercises.lesson_05.scaling import scale_parts

__all__ = [
    "mini_batches",
    "keras_momentum",
    "adam_step",
    "diagnose",
    "early_stopping",
    "decay_step",
    "dropout",
    "scale_parts",
]
