"""Exercises of lesson 04, backpropagation: gradients by hand, checked by brute force."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_04.gradients import (
    neuron_gradient,
    central_difference,
    relu_backward,
    dense_backward,
    softmax_gradient,
)
from course_utils.exercises.lesson_04.learning import step_downhill, healthy_start

__all__ = [
    "neuron_gradient",
    "central_difference",
    "relu_backward",
    "dense_backward",
    "softmax_gradient",
    "step_downhill",
    "healthy_start",
]
