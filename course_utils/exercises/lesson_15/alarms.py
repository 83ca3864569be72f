"""Exercises of lesson 15 about alarms: a score that cheats, and a line that spares people."""

from __future__ import annotations

from course_utils import evaluation
from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
    unlike,
)

import numpy as np

ENOUGH = 0.9  # F1 by point adjustment
ROWS = 20_000, 12_000, 16_000  # of the sets of labels

# ------------------------------------------------------------------------------------- 6 · cheat

cheat = Exercise(
    "Return a score for each of the rows, without ever seeing the data, that reaches F1 .9 by "
    "point adjustment, at its best line, where a few events are long.",
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
    found = []
    for seed, rows in enumerate(ROWS):
        y = _labels(np.random.default_rng(150 + seed), rows)
        scores = as_array(answer(rows, seed), shape=(rows,), what="the scores")
        require(
            np.ptp(scores) > 0,
            "All rows have one score, so that a line has all of them above it or none: no event "
            "is found, or every normal row is a false alarm. Few alarms, spread over all rows.",
        )
        again = as_array(answer(rows, seed), shape=(rows,), what="the scores")
        require(
            same_numbers(scores, again),
            "The same seed gives other scores at the second call. Draw from "
            "np.random.default_rng(seed), so that others can repeat what you claim.",
        )
        require(
            (np.diff(scores) < 0).any() and (np.diff(scores) > 0).any(),
            "Your scores only rise, or only fall: the rows above any line stand in one block, at "
            "one end, and most events never meet it. Spread the alarms over all rows.",
        )
        found.append(_best_adjusted(y, scores))
    f1, events, met, false = min(found)
    require(
        f1 >= ENOUGH,
        f"The F1 by point adjustment is {', '.join(f'{each[0]:.2f}' for each in found)} on three "
        f"sets of labels; {ENOUGH} is asked for on each. At its best line the worst one meets "
        f"{met} of {events} events and has {false:,} false alarms.",
    )


def _labels(generator, rows):
    """Return labels (rows,) with five events, a fifth of the rows in all."""
    length = rows // 25
    y = np.zeros(rows, dtype=int)
    for part in range(5):  # one in each fifth of the rows
        start = part * rows // 5 + generator.integers(0, rows // 5 - length)
        y[start : start + length] = 1
    return y


def _best_adjusted(y, scores):
    """Return the best F1 by point adjustment over all lines, events, events met, false alarms."""
    spans = evaluation.events(y)
    highest = np.array([scores[start:stop].max() for start, stop in spans])
    lengths = spans[:, 1] - spans[:, 0]
    normal = np.sort(scores[y == 0])
    lines = np.unique(highest)
    false = len(normal) - np.searchsorted(normal, lines)  # normal rows at or above each line
    met = highest >= lines[:, None]  # (lines, events)
    hits = met @ lengths
    f1 = 2 * hits / (hits + false + y.sum())
    best = f1.argmax()
    return f1[best], len(spans), int(met[best].sum()), int(false[best])


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
    for lower in np.sort(scores)[::-1]:
        above = scores > lower
        runs = above[0] + np.sum(above[1:] & ~above[:-1])
        if runs > alarms:
            break
        line = lower
    return line


@alarm_line.set_check
def alarm_line_check(answer):
    scores, alarms = _night(np.random.default_rng(3)), 4
    got = as_array(answer(scores.copy(), alarms), what="the line")
    require(got.shape == (), f"One line is asked for; you return the shape {got.shape}.")
    right = alarm_line_solution(scores, alarms)
    if not difference(got, right):
        return
    name_the_mistake(got, _other_lines(scores, alarms))
    told, wanted = unlike(got, right)
    runs = _runs(scores > got)
    raise Misconception(
        f"At the line {told}, which you return, {runs} alarm{'s' * (runs != 1)} would sound; the "
        f"lowest line that keeps to {alarms}, as all higher ones do, is {wanted}."
    )


def _runs(above):
    """Return how many unbroken runs of rows are above the line."""
    return int(above[0] + np.sum(above[1:] & ~above[:-1]))


def _night(generator, rows=60):
    """Return scores (rows,) that hang together, the first row among the highest."""
    scores = np.convolve(generator.normal(size=rows + 3), np.ones(4), mode="valid")
    return np.roll(scores, -int(scores.argmax()) - 1)[::-1].copy()


def _other_lines(scores, alarms):
    """Yield the lines that known mistakes lead to, and what to say to them."""
    falling = np.sort(scores)[::-1]
    fits = [line for line in falling if _runs(scores > line) <= alarms]
    yield (
        min(fits),
        (
            "At this line the budget is kept, but not at every line above it: further down runs "
            "grow together, until at last one alarm never ends. Come from above, and stop at "
            "the first line with too many."
        ),
    )
    yield (
        falling[alarms],
        (
            "You allow that many rows above the line, and one alarm may have many rows: count "
            "unbroken runs."
        ),
    )
    yield falling[0], "No alarm at all sounds above the highest score. The budget allows more."

    def first(rule):
        """Return the line before the first at which `rule` counts too many, and that one."""
        too_many = [n for n, line in enumerate(falling) if rule(line) > alarms]
        count = min(too_many, default=len(falling) - 1)
        return falling[max(count - 1, 0)], falling[count]

    def changes(line):
        return np.sum(np.diff((scores > line).astype(int)) != 0)

    def later_runs(line):
        above = scores > line
        return np.sum(above[1:] & ~above[:-1])

    own = first(lambda line: _runs(scores > line))
    yield own[1], "That is the first line with too many alarms; the one above it is asked for."
    yield (
        first(lambda line: _runs(scores >= line))[0],
        (
            "A row at the line itself counts as an alarm for you: above is >, so the line may lie "
            "one score lower."
        ),
    )
    yield (
        first(changes)[0],
        (
            "You counted where the scores cross the line, and a run crosses it twice, up and "
            "down. Count the beginnings."
        ),
    )
    yield (
        first(later_runs)[0],
        (
            "A run that begins at the first row is not counted: there is no row before it, and it "
            "sounds all the same."
        ),
    )
    yield (
        first(lambda line: _runs(scores > line) + 1)[0],
        ("Fewer than `alarms` sound at this line, and at most that many may."),
    )
    between = (own[0] + own[1]) / 2
    yield between, "That lies between two scores. The line is one of the scores."


@alarm_line.set_inputs
def alarm_line_inputs(rng):
    example = np.array([1.0, 5.0, 2.0, 4.0, 1.0, 3.0])
    yield "the example, one alarm", (example, 1)
    yield "the example, two alarms", (example, 2)
    for what, scores in inputs.vectors(rng):
        for alarms in (0, 1, 3):
            yield f"{what}, alarms = {alarms}", (scores, alarms)
    smooth = np.convolve(rng.normal(size=90), np.ones(6), mode="valid")
    for alarms in (0, 1, 2, 5, 40):
        yield f"scores that hang together, alarms = {alarms}", (smooth, alarms)
        yield f"plateaus, alarms = {alarms}", (np.round(smooth), alarms)
    peaks = np.append(30 + rng.normal(size=14), np.arange(26.0)[::-1])
    for alarms in (1, 2, 3):
        yield f"peaks on one wide hill, alarms = {alarms}", (peaks, alarms)
    yield "a run at the first row", (np.array([9.0, 8.0, 1.0, 2.0, 1.0, 7.0, 1.0]), 1)
    yield "a run at the last row", (np.array([1.0, 2.0, 1.0, 7.0, 1.0, 8.0, 9.0]), 1)
    yield "two rows of one height, apart", (np.array([0.0, 3.0, 0.0, 3.0, 0.0]), 1)
    yield "two rows of one height, side by side", (np.array([0.0, 3.0, 3.0, 1.0, 2.0]), 1)
    yield "a plateau before a hill", (np.array([3.0, 3.0, 3.0, 9.0, 0.0, 1.0, 0.0]), 1)
    yield "scores that fall", (np.arange(9.0)[::-1].copy(), 1)
    yield "whole numbers", (rng.integers(0, 6, size=30), 2)
    yield "scores below 0", (smooth - 100, 2)
