"""Exercise of lesson 23 on heat: how slowly a motor's temperature follows its load."""

from __future__ import annotations

import functools
from dataclasses import replace

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_23 import _motors
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np
from scipy.signal import lfilter

# --------------------------------------------------------------------------------- 3 · thermal lag

CANDIDATES = (0.5, 1.0, 2.0, 4.0, 8.0)  # hours
MOTORS = (1.0, 2.0, 4.0, 1.0, 2.0, 0.5)  # time constants of the motors held back

thermal_lag = Exercise(
    "Return which of the `candidates`, in hours, is the motor's time constant: the one with which "
    "a + b · lagged(load²) + c · ambient explains the temperature best on the `known` rows.",
    hints=(
        "A lag mixes what was and what is: lagged[t] = keep · lagged[t - 1] + (1 - keep) · "
        "load[t]², keep = exp(-1 / (6 · hours)) with six rows an hour.",
        "Lag load² over all rows, since time goes on where rows are not known. Then fit a, b and "
        "c on the known rows, and look at what is left there.",
        "For each candidate: table = np.column_stack([np.ones(rows), lagged, ambient])[known]; "
        "rest = temperature[known] - table @ np.linalg.lstsq(table, temperature[known])[0]. "
        "Return the candidate with the smallest np.mean(rest**2).",
    ),
    praise="Right, on motors held back whose later faults look like a longer lag. Lagging the "
    "load itself chose the same on 63 of 72 such motors: a lag shows in when more than in how "
    "much.",
    prepare=lambda: _motors_held_back(),
)


@thermal_lag.set_solution
def thermal_lag_solution(load, ambient, temperature, candidates, known):
    def left_over(hours):
        keep = np.exp(-1 / (6 * hours))  # six rows an hour
        heat = load**2
        lagged, _ = lfilter([1 - keep], [1, -keep], heat, zi=[keep * heat[0]])
        table = np.column_stack([np.ones(len(load)), lagged, ambient])[known]
        weights = np.linalg.lstsq(table, temperature[known], rcond=None)[0]
        return np.mean((temperature[known] - table @ weights) ** 2)

    return min(candidates, key=left_over)


@functools.cache
def _motors_held_back():
    made = [
        _motors.motor(np.random.default_rng((233, number)), hours)
        for number, hours in enumerate(MOTORS)
    ]
    # around 0 °C the hall's temperature cannot stand in for a constant that was forgotten
    made[1::2] = [
        replace(each, ambient=each.ambient - 20, temperature=each.temperature - 20)
        for each in made[1::2]
    ]
    return list(zip(MOTORS, made, strict=True))


def _arguments(number):
    """Return copies of what is known of a motor; every other one lists the candidates falling."""
    each = _motors_held_back()[number][1]
    candidates = list(CANDIDATES[:: -1 if number % 2 else 1])
    measured = (each.load.copy(), each.ambient.copy(), each.temperature.copy())
    return *measured, candidates, each.known.copy()


@thermal_lag.set_check
def thermal_lag_check(answer):
    got = []
    for number in range(len(MOTORS)):
        result = as_array(answer(*_arguments(number)), what="the time constant")
        require(
            result.shape == (),
            f"One time constant is asked for; you return the shape {result.shape}.",
        )
        got.append(float(result))
    right = list(MOTORS)
    if got == right:
        return
    _name_the_choice(got, right)
    place = [mine == hours for mine, hours in zip(got, right, strict=True)].index(False)
    told = " or ".join(f"{hours:g}" for hours in CANDIDATES)
    require(
        got[place] in CANDIDATES,
        f"You return {got[place]:g}. One of the candidates is asked for: {told}.",
    )
    raise Misconception(
        f"On motor {place + 1} of {len(right)} held back you choose {got[place]:g} hours, and "
        f"{right[place]:g} explain its known rows best."
    )


def _name_the_choice(got, right):
    """Say which known slip chooses as this answer does, where that differs from the right."""
    places = [_arguments(number)[3].index(hours) for number, hours in enumerate(right)]
    require(got != places, "Those are the places of the candidates. Return the hours themselves.")
    for choose, why in SLIPS:
        slip = [choose(each) for _, each in _motors_held_back()]
        wrong = sum(mine != hours for mine, hours in zip(slip, right, strict=True))
        require(wrong < 2 or got != slip, why)


def _best(each, known=None, follow=_motors.lagged, worst=False, constant=1):
    """Return the candidate chosen on other rows, with another lag or without a constant."""
    known = each.known if known is None else known
    errors = []
    for hours in CANDIDATES:
        lagged = follow(each.load**2, hours)
        table = np.column_stack([np.full(len(lagged), constant), lagged, each.ambient])[known]
        rest = each.temperature[known]
        rest = rest - table @ (np.linalg.pinv(table) @ rest)
        errors.append(np.mean(rest**2))
    return CANDIDATES[int(np.argmax(errors) if worst else np.argmin(errors))]


def _shifted(values, hours):
    rows = int(6 * hours)
    return np.append(np.full(rows, values[0]), values[:-rows])


def _mean_of_the_past(values, hours):
    rows = int(6 * hours)
    return lfilter(np.ones(rows) / rows, [1], values - values[0]) + values[0]


def _most_correlated(each, rows):
    found = [
        np.corrcoef(_motors.lagged(each.load**2, hours)[rows], each.temperature[rows])[0, 1]
        for hours in CANDIDATES
    ]
    return CANDIDATES[int(np.argmax(found))]


EVERYTHING = slice(None)
SLIPS = (
    (
        lambda each: _best(each, worst=True),
        "Upside down: you return the candidate that explains the temperature worst.",
    ),
    *(
        (
            lambda each, later=later: _best(each, ~each.known if later else EVERYTHING),
            "You choose on rows that are not known. Where cooling failed, the motor stays warm "
            "after its shift, which a longer lag explains: the fault chooses. Choose on the known "
            "rows.",
        )
        for later in (False, True)
    ),
    (
        lambda each: _best(each, follow=lambda heat, hours: _motors.lagged(heat, hours / 6)),
        "Your lag forgets that an hour has six rows: exp(-1 / hours) is the share kept over an "
        "hour, exp(-1 / (6 · hours)) that over a row.",
    ),
    (
        lambda each: _best(each, follow=_shifted),
        "So chooses a load² that is shifted by the hours, and so one of which they are the "
        "half-life. A time constant is the time in which all but 1/e = 37 % of a step is there.",
    ),
    (
        lambda each: _best(each, follow=_mean_of_the_past),
        "So chooses the mean of load² over the hours before. A lag forgets little by little: "
        "lagged[t] = keep · lagged[t - 1] + (1 - keep) · load[t]².",
    ),
    (
        lambda each: _best(each, constant=0),
        "So chooses a fit without the constant a. Where the hall is near 0 °C, something else has "
        "to stand in for it, and a longer lag is nearer to a constant.",
    ),
    (
        lambda each: _most_correlated(each, each.known),
        "That is the lag whose load² correlates most with the temperature. The hall's temperature "
        "has its part in that: fit both.",
    ),
    (
        lambda each: _most_correlated(each, EVERYTHING),
        "That is the lag whose load² correlates most with the temperature on all rows, faults "
        "among them. Choose on the known rows, and fit the hall's temperature as well.",
    ),
)
