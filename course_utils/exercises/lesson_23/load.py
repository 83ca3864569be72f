"""Exercise of lesson 23 on load: how unusual a value is for what the motor does just now."""

from __future__ import annotations

import functools

from course_utils.evaluation import auroc
from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_23 import _motors
from course_utils.exercises.results import Misconception, as_array, require, same_numbers

import numpy as np

# ---------------------------------------------------------------------------------- 1 · given load

POWERS = (1.0, 2.0, 2.0, 1.5)  # of load, which the sensors of the motors held back follow
BUSY = 40.0  # %, between the night and the shifts
TRACE = 0.4  # standard deviations that the mean of later healthy rows may lie off, on either side
SPREADS = (0.7, 1.4)  # in which their standard deviation has to lie there

given_load = Exercise(
    "Return how far each value lies above what its load lets expect, in standard deviations at "
    "that load. Learn both from the `known` rows alone.",
    hints=(
        "Two things hang on load: which value is expected, and how far values scatter around it. "
        "Each is a curve over load, fitted on the known rows.",
        "Fit values[known] by 1, load and load². What is left, value - expected, has a size: fit "
        "its absolute value by 1 and load.",
        "curve = np.polyfit(load[known], values[known], 2); rest = values - np.polyval(curve, "
        "load); size = np.polyfit(load[known], abs(rest[known]), 1). Divide rest by "
        "1.25 * np.polyval(size, load): a normal deviation is 1.25 times the mean absolute one.",
    ),
    praise="Right: on motors held back no load is left in it, neither in its level nor in its "
    "spread. One threshold now fits a busy hour and an idle one.",
    prepare=lambda: _motors_held_back(),
)


@given_load.set_solution
def given_load_solution(values, load, known):
    curve = np.polyfit(load[known], values[known], 2)
    rest = values - np.polyval(curve, load)
    size = np.polyfit(load[known], np.abs(rest[known]), 1)  # mean absolute deviation
    typical = np.mean(np.abs(rest[known]))
    deviation = np.sqrt(np.pi / 2) * np.maximum(np.polyval(size, load), 0.05 * typical)
    return rest / deviation


@functools.cache
def _motors_held_back():
    return [
        _motors.motor(np.random.default_rng((231, number)), 1.5, power)
        for number, power in enumerate(POWERS)
    ]


@given_load.set_check
def given_load_check(answer):
    found = [_answered(answer, each) for each in _motors_held_back()]
    first = _motors_held_back()[0]
    _require_no_future(answer, first, found[0])
    for each, got in zip(_motors_held_back(), found, strict=True):
        _name_the_score(got, each)
        _judge(got, each)


def _answered(answer, each, values=None):
    values = each.values if values is None else values
    result = answer(values.copy(), each.load.copy(), each.known.copy())
    got = as_array(result, what="the scores", finite=False)
    require(
        got.shape != (each.known.sum(),),
        f"You return {len(got)} scores, of the known rows alone. Each of the {len(values)} rows "
        "gets one: the known rows are those to learn from.",
    )
    return as_array(got, shape=values.shape, what="the scores")


def _require_no_future(answer, each, got):
    again = _answered(answer, each)
    require(
        same_numbers(again, got),
        "Called once more with the same rows it returns other scores. An answer must not depend "
        "on earlier calls, or on chance that no argument sets.",
    )
    last = np.flatnonzero(each.known).max() + 1
    late = np.arange(len(each.values)) >= last
    unit = each.values.std()
    again = _answered(answer, each, np.where(late, each.values + 5 * unit, each.values))
    require(
        same_numbers(again[each.known], got[each.known]),
        "Where later rows are raised, the scores of the known rows change. You learn from rows in "
        "which a fault may lie: fit values[known] on load[known] alone, the spread as well.",
    )
    gap = ~each.known & ~late
    again = _answered(answer, each, np.where(gap, each.values + 5 * unit, each.values))
    require(
        same_numbers(again[each.known], got[each.known]),
        "You learn from rows between the known ones. `known` has a gap, where somebody worked on "
        "the motor: index with it, values[known].",
    )


def _name_the_score(got, each):
    """Refuse what is no deviation from an expectation, or has no sign or the wrong one."""
    rest = each.values - _curve(each, 2)
    require(
        not same_numbers(got, each.values),
        "Those are the values themselves. What does the load let expect?",
    )
    require(
        abs(np.corrcoef(got, each.values)[0, 1]) < 0.9999,
        "Those are the values in another unit, with one mean for all loads. Expect a value for "
        "each load, and take it off.",
    )
    require(
        (got >= 0).mean() < 0.999,
        "No score is below 0. A value below what is expected gets a negative one: wear raises "
        "this sensor, and a low value is no sign of it.",
    )
    require(
        np.corrcoef(got[each.known], rest[each.known])[0, 1] > -0.5,
        "Upside down: values above what is expected get negative scores.",
    )


def _curve(each, degree):
    """Return what a polynomial of load expects, fitted on the known rows."""
    known = each.known
    return np.polyval(np.polyfit(each.load[known], each.values[known], degree), each.load)


def _judge(got, each):
    rows = [each.healthy & (each.load < BUSY), each.healthy & (each.load >= BUSY)]
    levels, spreads = np.array([(got[group].mean(), got[group].std()) for group in rows]).T
    told = (
        "On later healthy rows of a motor held back, at low and at high load, the mean is "
        f"{levels[0]:.2f} and {levels[1]:.2f} (0 is meant, within {TRACE:g}), the standard "
        f"deviation {spreads[0]:.2f} and {spreads[1]:.2f} (1 is meant, from {SPREADS[0]:g} to "
        f"{SPREADS[1]:g})."
    )
    inside = ((spreads > SPREADS[0]) & (spreads < SPREADS[1])).all()
    if (np.abs(levels) > TRACE * spreads).any():
        straight = np.mean((got > 0) == (each.values > _curve(each, 1))) > 0.99
        require(not straight, f"The sensor follows no straight line over load. {told}")
        raise Misconception(f"Load still shows in the level. {told}")
    known = [each.known & (each.load < BUSY), each.known & (each.load >= BUSY)]
    units = np.array([got[group].std() for group in known])  # on the rows it learned from
    require(
        inside or units.max() > 1.2 * units.min() or 0.85 < units.mean() < 1.15,
        f"The unit is not a standard deviation of what is left after load. {told}",
    )
    require(
        inside or spreads[1] < spreads[0],
        "The spread follows the load: one standard deviation for all loads makes every busy hour "
        f"look unusual. {told}",
    )
    require(inside, f"The standard deviation is not 1 at each load. {told}")
    rows = each.healthy | each.wear
    mine, raw = (auroc(each.wear[rows], scores[rows]) for scores in (got, each.values))
    require(
        mine > raw + 0.05,
        f"Wear is told from healthy rows with AUROC {mine:.2f}, and by the raw value with "
        f"{raw:.2f}: no better.",
    )
