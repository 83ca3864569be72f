"""Exercises of lesson 03: a neuron, layers as matrix products, activations, a network by hand."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_03.neurons import neuron, stable_sigmoid
from course_utils.exercises.lesson_03.networks import (
    collapse,
    forward,
    count_parameters,
    sensor_network,
)
from course_utils.exercises.lesson_03.neurons import stable_softmax

__all__ = [
    "neuron",
    "stable_sigmoid",
    "collapse",
    "forward",
    "count_parameters",
    "sensor_network",
    "stable_softmax",
]
