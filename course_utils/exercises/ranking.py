"""How well an answer's scores rank odd ones above normal ones, or why they cannot be ranked."""

from __future__ import annotations

from course_utils import evaluation
from course_utils.exercises.results import Misconception

import numpy as np


def area(normal, odd):
    """Return the AUROC of the scores of normal and of odd ones.

    Parameters
    ----------
    normal, odd : arrays of float, one-dimensional

    Raises
    ------
    Misconception
        If they hold what cannot be ranked; the message says what.
    """
    y = np.repeat([0, 1], [len(normal), len(odd)])
    try:
        return evaluation.auroc(y, np.concatenate([normal, odd]))
    except (TypeError, ValueError) as error:
        raise Misconception(f"These scores cannot be ranked: {error}") from error
