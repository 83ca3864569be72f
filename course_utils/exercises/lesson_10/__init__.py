"""Exercises of lesson 10: the divergence, the draw, the loss, collapse, and a score."""

from course_utils.exercises.lesson_10.losses import (
    divergence_to_prior,
    draw_latent,
    negative_elbo,
)
from course_utils.exercises.lesson_10.scores import active_units, average_score

__all__ = [
    "active_units",
    "average_score",
    "divergence_to_prior",
    "draw_latent",
    "negative_elbo",
]
