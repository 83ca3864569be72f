"""Exercise of lesson 15 about windows: which row a window's score belongs to."""

from __future__ import annotations

from course_utils.exercises.results import plain, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# ------------------------------------------------------------------- 1 · whose score a window's is

row_scores = TensorExercise(
    "Mend the scores of rows: a window's score belongs to its last row, and the first width − 1 "
    "rows, where no window ends, get NaN.",
    hints=(
        "Window 0 holds the rows 0 … width − 1. When its last row has come, what is known of it? "
        "And when its first row had just come?",
        "rows − width + 1 windows end at the rows width − 1 … rows − 1: every row but the first "
        "width − 1 gets one score.",
        "Start with scores = np.full(rows, np.nan), and put all window scores into "
        "scores[width - 1:].",
    ),
    praise="Right. No score stands at a row that had to wait for later rows, and rows that are "
    "not judged say so.",
)


@row_scores.set_solution
def row_scores_solution(window_scores, rows, width):
    scores = np.full(rows, np.nan)
    scores[width - 1 :] = window_scores
    return scores


@row_scores.set_check
def row_scores_check(answer):
    given = np.array([3.0, 1.0, 2.0]), 5, 3
    got, wanted = plain(answer(*given)), row_scores_solution(*given)
    require(np.allclose(got, wanted, equal_nan=True), f"{wanted} is expected; you return {got}.")
