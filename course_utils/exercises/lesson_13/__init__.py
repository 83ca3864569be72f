"""Exercises of lesson 13: axes, windows, sizes, pooling, scales, one logit, two views."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_13.layers import (
    channels_first,
    correlate,
    output_size,
    max_pool,
    flat_size,
)
from course_utils.exercises.lesson_13.pictures import standardise, one_logit_loss, two_views

__all__ = [
    "channels_first",
    "correlate",
    "output_size",
    "max_pool",
    "flat_size",
    "standardise",
    "one_logit_loss",
    "two_views",
]
