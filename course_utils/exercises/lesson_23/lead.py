"""Exercise of lesson 23 on warning: how long before the failure, at how many false alarms."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
)

import numpy as np

# ----------------------------------------------------------------------------------- 5 · lead time

lead_time = Exercise(
    "Return the hours of warning, from the first alarm in the rows `start` to `end` - 1 until row "
    "`end`, 0 without one, and how many alarms fall on `healthy` rows in 168 healthy hours.",
    hints=(
        "Rows are ten minutes apart. Which alarms belong to the wear, start <= row < end? Which "
        "fall where healthy is True? Some do neither: they sound at another fault.",
        "The warning is (end - first) / 6 hours. A week of healthy rows is 168 · 6 of them.",
        "warned = [row for row in alarms if start <= row < end]; lead = (end - min(warned)) / 6 "
        "if warned else 0.0; false = sum(healthy[row] for row in alarms); weeks = healthy.sum() "
        "/ 6 / 168; return lead, false / weeks.",
    ),
    praise="Right. Neither number means much alone: who alarms all the time warns early.",
)


@lead_time.set_solution
def lead_time_solution(alarms, start, end, healthy):
    alarms = np.asarray(alarms, dtype=int)
    warned = alarms[(alarms >= start) & (alarms < end)]
    lead = (end - warned.min()) / 6 if len(warned) else 0.0  # hours
    weeks = healthy.sum() / 6 / 168
    return lead, healthy[alarms].sum() / weeks


def _judged():
    """Return alarms, wear and healthy rows of an example, in which other faults sound too."""
    healthy = np.ones(3000, dtype=bool)
    healthy[1200:1800] = healthy[2000:2100] = False
    alarms = np.array([90, 300, 700, 1199, 1400, 1500, 1799, 1800, 2050])
    return alarms, 1200, 1800, healthy


@lead_time.set_check
def lead_time_check(answer):
    alarms, start, end, healthy = _judged()
    result = answer(alarms.copy(), start, end, healthy.copy())
    require(result is not None, "Your function returned None: is a `return` missing?")
    got = as_array(result, what="the warning and the false alarms")
    require(
        got.shape == (2,),
        f"Two numbers are asked for, hours and alarms a week; you return the shape {got.shape}.",
    )
    right = np.array(lead_time_solution(alarms, start, end, healthy))
    require(
        difference(got[::-1], right),
        "The hours of warning are asked for first, then the false alarms a week.",
    )
    if difference(got[0], right[0]):
        name_the_mistake(got[:1], _wrong_hours(alarms, start, end))
        raise Misconception(f"Of the warning: {difference(got[0], right[0])}")
    if difference(got[1], right[1]):
        name_the_mistake(got[1:], _wrong_rates(alarms, start, end, healthy))
        raise Misconception(f"Of the false alarms: {difference(got[1], right[1])}")
    silent = alarms[(alarms < start) | (alarms >= end)]
    result = answer(silent, start, end, healthy.copy())
    got = as_array(result, shape=(2,), what="the warning and the false alarms", finite=False)
    require(
        got[0] == 0,
        f"Where no alarm falls into the wear your warning is {got[0]:g} hours. There is none: 0.",
    )


def _wrong_hours(alarms, start, end):
    """Yield the hours that slips lead to, and which they are."""
    inside = alarms[(alarms >= start) & (alarms < end)]
    first, last = inside[0], inside[-1]
    yield [end - first], "The warning is counted in rows. An hour has six."
    yield (
        [(first - start) / 6],
        "That is how long the wear went on unseen, from its start to the first alarm. The warning "
        "is what is left until it fails.",
    )
    yield [(end - last) / 6], "You take the last alarm in the wear; the first one warns."
    yield (
        [(end - alarms[0]) / 6],
        "You take the first alarm of all, before the wear had begun: that one was false.",
    )
    yield [(end - start) / 6], "That is the wear's whole length, whenever the alarm sounds."
    yield [(end - inside.mean()) / 6], "You take the mean of the alarms; the first one warns."
    yield [(end - first) * 6], "Ten minutes a row: divide by six, for hours."
    yield [(end - first) / 60], "Rows are ten minutes apart, not one."
    yield [(end - 1 - first) / 6], "It fails at row `end`, not at the row before."


def _wrong_rates(alarms, start, end, healthy):
    """Yield the alarms a week that slips lead to, and which they are."""
    false, rows = healthy[alarms].sum(), healthy.sum()
    outside = ((alarms < start) | (alarms >= end)).sum()
    yield [(~healthy[alarms]).sum() * 1008 / rows], "Those fall on rows that are not healthy."
    yield [false], "That is how many false alarms there are. For a week, divide by the weeks."
    for count, what in (
        (outside, "All alarms outside the wear count with you, also those at another fault."),
        (len(alarms), "All alarms count with you, the right ones as well."),
    ):
        for hours in (rows, len(healthy), len(healthy) - end + start):
            yield [count * 1008 / hours], f"{what} False are those on healthy rows."
    yield (
        [false * 1008 / len(healthy)],
        "You divide by all hours. Count those in which an alarm would be false, the healthy ones.",
    )
    yield [false * 144 / rows], "Those are the false alarms a day. A week has seven."
    yield [false * 168 / rows], "The healthy rows are taken for hours. An hour has six."
    yield [false / rows], "Those are the false alarms a row. A week has 168 · 6 of them."
    yield [false * 6 / rows], "Those are the false alarms an hour. A week has 168."


@lead_time.set_inputs
def lead_time_inputs(rng):
    yield "the example", ([100, 1400, 1500], 1200, 1800, np.arange(3024) < 1200)
    for _ in range(8):
        rows = int(rng.integers(1000, 4000))
        start = int(rng.integers(200, rows // 2))
        end = start + int(rng.integers(20, rows // 3))
        healthy = np.repeat(rng.random(rows // 20 + 1) < 0.7, 20)[:rows]
        healthy[start:end] = False
        healthy[0] = True
        alarms = np.sort(rng.choice(rows, int(rng.integers(1, 30)), replace=False))
        yield "alarms at any moment", (alarms, start, end, healthy)
        edges = np.array([start - 1, start, end - 1, end])
        for place in range(4):
            yield "an alarm at an edge of the wear", (edges[place:], start, end, healthy)
        outside = alarms[(alarms < start) | (alarms >= end)]
        yield "no alarm in the wear", (outside, start, end, healthy)
    yield "no alarm", ([], start, end, healthy)
