"""Exercises of lesson 10: the divergence, the draw, the loss, collapse, and scores."""

from course_utils.exercises.lesson_10.losses import (
    divergence_to_prior,
    draw_latent,
    negative_elbo,
)
from course_utils.exercises.lesson_10.scores import active_units, average_score
from course_utils.exercises.lesson_10.unusual import unusual_pair

__all__ = [
    "active_units",
    "average_score",
    "divergence_to_prior",
    "draw_latent",
    "negative_elbo",
    "unusual_pair",
]
