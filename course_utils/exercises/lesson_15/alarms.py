"""Exercises of lesson 15 about alarms: a score that cheats, and a line that spares people."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import plain, require

import numpy as np

# ------------------------------------------------------------------------------------- 6 · cheat

cheat = Exercise(
    "Return a score for each of the rows, without ever seeing the data, that reaches F1 .9 by "
    "point adjustment where a few events are long.",
    hints=(
        "Point adjustment takes an event for found, all of its rows, as soon as one of them "
        "alarms. How few alarms are enough to meet every long event once?",
        "A constant alarms everywhere or nowhere. Alarms have to be few, and spread over all "
        "rows.",
        "Random scores have that: at a high line, one row in a hundred is above it, wherever.",
    ),
    praise="Right: F1 of .9 and more by point adjustment, three times, without any data.",
)


@cheat.set_solution
def cheat_solution(rows, seed):
    return np.random.default_rng(seed).random(rows)


@cheat.set_check
def cheat_check(answer):
    require(np.ptp(plain(answer(1000, 0))) > 0, "A constant alarms everywhere or nowhere.")


# -------------------------------------------------------------------------------- 7 · alarm line

alarm_line = Exercise(
    "Return the lowest of the scores such that a line there, and at every higher score, sounds "
    "at most `alarms` alarms: unbroken runs of rows above (>) the line.",
    hints=(
        "One event may be many rows above the line, and wakes people once. How many runs begin? "
        "Where a row is above the line and the row before it is not, or there is none.",
        "The highest score makes a line with no alarm. Go down from there, score by score.",
        "Stop at the first line with more than `alarms` runs, and return the one before. Further "
        "down runs grow together and are fewer again: those lines do not count.",
    ),
    praise="Right. The budget is in alarms, as people hear them, and not in rows.",
)


@alarm_line.set_solution
def alarm_line_solution(scores, alarms):
    line = np.max(scores)
    for lower in np.sort(scores)[::-1]:
        above = scores > lower
        runs = above[0] + np.sum(above[1:] & ~above[:-1])
        if runs > alarms:
            break
        line = lower
    return line


@alarm_line.set_check
def alarm_line_check(answer):
    given = np.array([1.0, 5.0, 2.0, 4.0, 1.0, 3.0]), 1
    got, wanted = plain(answer(*given)), alarm_line_solution(*given)
    require(np.allclose(got, wanted, equal_nan=True), f"{wanted} is expected; you return {got}.")
