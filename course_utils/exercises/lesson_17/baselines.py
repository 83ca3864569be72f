"""Exercise of lesson 17 on baselines: the row from which an explanation starts."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np

# ----------------------------------------------------------------------------- 4 · choose baseline

choose_baseline = Exercise(
    "Return a row (d,) from which an explanation starts, from the training rows alone: one that "
    "the detector takes for normal, with a score below the median training score.",
    hints=(
        "Half of the machines run slowly and half fast. Which of them runs at the mean speed?",
        "A row that really occurred is possible; the mean of each column by itself may not be.",
        "Which training row needs an explanation least? train[score(train).argmin()]",
    ),
    praise="Right: on tables held back your baseline is itself in no need of an explanation.",
)


@choose_baseline.set_solution
def choose_baseline_solution(train, score):
    return train[score(train).argmin()]


@choose_baseline.set_check
def choose_baseline_check(answer):
    train = np.random.default_rng(17).normal(size=(50, 2))
    got = as_array(answer(train, lambda X: (X**2).sum(axis=1)), shape=(2,), what="the baseline")
    require((got**2).sum() < np.median((train**2).sum(axis=1)), "Its score is too high.")
