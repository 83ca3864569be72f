"""Exercise of lesson 23 on chance: the warning that alarms without any reason give."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# --------------------------------------------------------------------------------- 6 · chance lead

CASES = ((75.6, 1.0), (75.6, 7.0), (24.0, 2.0), (200.0, 0.5), (75.6, 0.25), (200.0, 14.0))

chance_lead = Exercise(
    "Return the mean warning in hours that `per_week` alarms a week give at random moments, over "
    "a wear of `window` hours: from the first alarm within it until its end, 0 without one. Work "
    "it out, or try it some 10,000 times.",
    hints=(
        "Between random alarms pass exponential times, 168 / per_week hours in the mean. So the "
        "first one after the wear's start comes at such a time, whatever came before.",
        "The warning is max(0, window - that time). Draw 20,000 times and take the mean, or "
        "integrate.",
        "With rate = per_week / 168 the integral of (window - t) · rate · exp(-rate · t) over the "
        "window is window - (1 - exp(-rate · window)) / rate.",
    ),
    praise="Right. Alarms without any reason warn that long. Set a detector's warning beside it, "
    "at the detector's own rate of false alarms.",
)


@chance_lead.set_solution
def chance_lead_solution(window, per_week):
    rate = per_week / 168  # alarms an hour
    return window - (1 - np.exp(-rate * window)) / rate


@chance_lead.set_check
def chance_lead_check(answer):
    got = []
    for window, per_week in CASES:
        result = as_array(answer(window, per_week), what="the mean warning")
        require(
            result.shape == (),
            f"One mean is asked for; you return the shape {result.shape}.",
        )
        got.append(float(result))
    if _near(got, chance_lead_solution):
        return
    for wrong, why in SLIPS:
        require(not _near(got, wrong), why)
    right = [chance_lead_solution(*case) for case in CASES]
    far = [abs(mine - each) / each for mine, each in zip(got, right, strict=True)]
    place = int(np.argmax(far))
    window, per_week = CASES[place]
    raise Misconception(
        f"For {window:g} hours and {per_week:g} alarms a week you return {got[place]:.4g}; "
        f"{right[place]:.4g} is expected, within what chance adds to 10,000 trials."
    )


def _near(got, function):
    """Say whether the means are those of a function, up to the noise of 10,000 trials."""
    for mine, (window, per_week) in zip(got, CASES, strict=True):
        meant = function(window, per_week)
        noise = _deviation(window, per_week) / np.sqrt(10_000)
        if abs(mine - meant) > 5 * noise + 0.005 * abs(meant) + 0.05:
            return False
    return True


def _deviation(window, per_week):
    """Return the standard deviation of one trial's warning, in hours."""
    rate, mean = per_week / 168, chance_lead_solution(window, per_week)
    return np.sqrt(window**2 - 2 * mean / rate - mean**2)


def _chance_of_any(window, per_week):
    return 1 - np.exp(-per_week * window / 168)


def _evenly_spaced(window, per_week):
    apart = 168 / per_week
    return np.where(window < apart, window**2 / apart / 2, window - apart / 2)


SLIPS = (
    (
        lambda window, per_week: window / 2,
        "Half the window is the mean if exactly one alarm falls into it. Often none does, or "
        "several do.",
    ),
    (
        lambda window, per_week: _chance_of_any(window, per_week) * window / 2,
        "Half the window, times the chance of any alarm: where several fall into it the first one "
        "comes earlier than in the middle.",
    ),
    (
        lambda window, per_week: _chance_of_any(window, per_week) * window,
        "The whole window, times the chance of any alarm: the first one does not sound at its "
        "start.",
    ),
    (
        _chance_of_any,
        "That is the chance that any alarm falls into the window. How long before its end?",
    ),
    (
        lambda window, per_week: _chance_of_any(window, per_week) * 168 / per_week,
        "That is the mean time that passes without an alarm. The warning is what is left of the "
        "window.",
    ),
    (
        lambda window, per_week: window - 168 / per_week,
        "The window less the mean time to an alarm is negative for rare alarms. Where none falls "
        "into the window the warning is 0: the mean of max(0, window - time).",
    ),
    (
        lambda window, per_week: max(0, window - 168 / per_week),
        "You cut off the mean at 0. The mean of max(0, window - time) is asked for, over times "
        "that differ.",
    ),
    (
        _evenly_spaced,
        "Your alarms come at even distances. At random moments some come close together, and some "
        "windows stay without any for longer.",
    ),
    (
        lambda window, per_week: window * per_week / (168 / window + per_week),
        "You take the mean number of alarms in the window for the number in each. Often none "
        "falls into it, or several do.",
    ),
    (
        lambda window, per_week: chance_lead_solution(window, 168 * 168 / per_week),
        "Your alarms come per_week / 168 hours apart. That is the rate; the mean time between two "
        "is 168 / per_week hours, and NumPy's exponential takes that time.",
    ),
    (
        lambda window, per_week: chance_lead_solution(window, 7 * per_week),
        "You take the alarms for those of a day; a week has seven.",
    ),
    (
        lambda window, per_week: chance_lead_solution(window, 168 * per_week),
        "You take the alarms for those of an hour; a week has 168.",
    ),
    (
        lambda window, per_week: (
            chance_lead_solution(window, per_week) / _chance_of_any(window, per_week)
        ),
        "That is the mean over the windows with an alarm. A window without one counts, with 0.",
    ),
    (
        lambda window, per_week: (
            _chance_of_any(window, per_week) * (168 / per_week + window) - window
        ),
        "You take the last alarm in the window; the first one warns.",
    ),
)
