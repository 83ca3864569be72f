"""Exercise of lesson 15 about windows: which row a window's score belongs to."""

from __future__ import annotations

from course_utils.exercises.results import (
    Misconception,
    as_array,
    plain,
    require,
    same_numbers,
)
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
    rows, width = 16, 6
    windows = np.random.default_rng(15).gamma(2.0, size=rows - width + 1)
    result = answer(windows.copy(), rows, width)
    got = as_array(result, what="the scores", finite=False)
    require(
        np.asarray(plain(result)).dtype.kind != "O",
        "None stands where a row is not judged. np.nan says it in numbers, which can be averaged "
        "and drawn.",
    )
    require(
        got.shape != windows.shape,
        f"You return one score for each of the {len(windows)} windows; each of the {rows} rows "
        "has a place. Whoever cuts the labels to fit has to cut at one end, and one end is wrong.",
    )
    require(
        got.shape == (rows,),
        f"{rows} scores are asked for, one for each row; you return the shape {got.shape}.",
    )
    _name_the_row(got, windows, width)
    _name_the_warm_up(got, windows, width)


def _name_the_row(got, windows, width):
    """Refuse scores that stand at another row of each window, or of several windows."""
    rows, count = len(got), len(windows)

    def stand_from(first):
        return same_numbers(got[first : first + count], windows)

    require(
        not stand_from(0),
        "Each window's score stands at its first row: an alarm there sounds width − 1 rows before "
        "anybody could know. A window's score belongs to its last row.",
    )
    require(
        not stand_from((width - 1) // 2) and not stand_from(width // 2),
        "Each window's score stands in its middle, and looks half a window ahead. It belongs to "
        "the window's last row.",
    )
    require(
        not stand_from(width - 2),
        "Each score stands one row before its window's last: window 0 ends at row width − 1.",
    )
    require(
        not same_numbers(got[width:], windows[:-1]),
        "Each score stands one row after its window's last: window 0 ends at row width − 1.",
    )
    require(
        not same_numbers(got[width - 1 :], windows[::-1]),
        "The scores are in reverse: window 0 is the earliest.",
    )
    holding = [windows[max(t - width + 1, 0) : t + 1] for t in range(rows)]
    for mixed in (np.mean, np.max, np.min, np.sum, np.median):
        of_all = np.array([mixed(each) for each in holding])
        require(
            not same_numbers(got[width - 1 : count], of_all[width - 1 : count]),
            "Each row got a mixture of all windows that hold it, and most of those end later: the "
            "score looks ahead. Only the window that ends at a row is known when it comes.",
        )


def _name_the_warm_up(got, windows, width):
    """Refuse another filling of the first rows than NaN, where all others are right."""
    start, others = got[: width - 1], got[width - 1 :]
    if not same_numbers(others, windows) or np.isnan(start).all():
        return
    require(
        np.isnan(start).any() or np.ptp(start) > 0 or start[0] != 0,
        "The first width − 1 rows have the score 0, as if they had been found normal. They were "
        "not judged: NaN.",
    )
    require(
        not same_numbers(start, np.full(width - 1, windows[0])),
        "The first width − 1 rows have the first window's score. That window was not complete "
        "when they came: NaN says that they are not judged.",
    )
    place = np.flatnonzero(~np.isnan(start))[0]
    raise Misconception(
        f"No window ends at row {place}, and you give it the score {start[place]:.4g}: NaN says "
        "that the first width − 1 rows are not judged."
    )


@row_scores.set_inputs
def row_scores_inputs(rng):
    yield "the example", (np.array([3.0, 1.0, 2.0]), 5, 3)
    for what, rows, width in (
        ("windows of an even width", 20, 6),
        ("windows of an odd width", 17, 5),
        ("windows of two rows", 9, 2),
        ("windows of one row", 7, 1),
        ("one window, as wide as the series", 8, 8),
        ("windows of more than half of the series", 12, 9),
    ):
        yield what, (rng.gamma(2.0, size=rows - width + 1), rows, width)
    yield "scores below 0", (rng.normal(-5, 2, size=15), 18, 4)
    yield "whole numbers", (rng.integers(0, 9, size=10), 12, 3)
    yield "equal scores", (np.full(6, 0.5), 9, 4)
    yield "huge scores", (1e7 * rng.gamma(2.0, size=30), 59, 30)
