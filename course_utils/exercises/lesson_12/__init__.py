"""Exercises of lesson 12: networks that cannot collapse, spheres, energies and ensembles."""

# ruff: noqa: I001, RUF022 (the exercises are told in the order of the lesson)

from course_utils.exercises.lesson_12.networks import build_network
from course_utils.exercises.lesson_12.spheres import first_centre, one_class_loss, soft_boundary
from course_utils.exercises.lesson_12.scores import energy, ensemble_score

__all__ = [
    "build_network",
    "first_centre",
    "one_class_loss",
    "soft_boundary",
    "energy",
    "ensemble_score",
]
