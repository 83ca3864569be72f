"""Exercise of lesson 23, an open design: a monitor that sees wear and seldom alarms in vain."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_23 import _machines
from course_utils.exercises.lesson_23.load import given_load_solution
from course_utils.exercises.results import Misconception, as_array, require, same_numbers

import numpy as np
from scipy.signal import lfilter

# ---------------------------------------------------------------------------------- 7 · my monitor

# How it is judged was settled on the machines 2311 to 2344. These two were met afterwards.
MACHINES = (2345, 2346)
MORE = 2.0  # hours in alarm beyond those of RMS given load

my_monitor = Exercise(
    "Return a score for each row of `later`, higher for worse, that is in alarm for more hours of "
    "the wear than RMS given load is, at one false alarm a week. Learn from `train`; a row's "
    "score may use earlier rows and none after it.",
    hints=(
        "Several columns change with wear. For each: what do load, ambient and the lag let "
        "expect, and how far above is it? The temperature is the one most people forget.",
        "temperature: 1, lagged load², ambient. rms, and the logarithm of the envelope at the "
        "outer race: 1, load, load². Fit each on train, divide what is left by its standard "
        "deviation there.",
        "Lag load² over train and later together, so that it begins warm. Return the largest of "
        "the three surprises in each row.",
    ),
    praise=f"Right: on two machines held back it is in alarm for {MORE:g} hours of the wear more "
    "than RMS given load. Two are few: on 34 others ours was so for 6 ± 4 hours more, and warned "
    "5 ± 5 hours earlier. A first alarm has more luck in it.",
    seconds=20.0,
    prepare=lambda: _held_back(),
)


@my_monitor.set_solution
def my_monitor_solution(train, later):
    both = {name: np.append(train[name], later[name]) for name in train}
    known = np.arange(len(both["load"])) < len(train["load"])
    load, keep = both["load"] / 100, np.exp(-1 / 9)  # 1.5 hours have nine rows
    lagged, _ = lfilter([1 - keep], [1, -keep], load**2, zi=[keep * load[0] ** 2])

    def surprise(values, *causes):
        table = np.column_stack([np.ones(len(known)), *causes])
        weights = np.linalg.lstsq(table[known], values[known], rcond=None)[0]
        rest = values - table @ weights
        return (rest / rest[known].std())[~known]

    warm = surprise(both["temperature"], lagged, both["ambient"])
    struck = surprise(np.log(both["outer race"]), load, load**2)
    return np.max([warm, struck, surprise(both["rms"], load, load**2)], axis=0)


@functools.cache
def _held_back():
    """Return the machines, and on each the hours in alarm of RMS given load."""
    made = [_machines.machine(seed) for seed in MACHINES]
    return [(each, each.hours_in_alarm(_rms_given_load(each))) for each in made]


def _rms_given_load(each):
    rms, load = (np.append(each.train[name], each.later[name]) for name in ("rms", "load"))
    known = np.arange(len(load)) < len(each.train["load"])
    return given_load_solution(rms, load, known)[~known]


@my_monitor.set_check
def my_monitor_check(answer):
    found = [_scores(answer, each) for each, _ in _held_back()]
    first = _held_back()[0][0]
    require(
        same_numbers(_scores(answer, first), found[0], 1e-9),
        "Called once more with the same rows it returns other scores. An answer must not depend "
        "on earlier calls, or on chance that no argument sets.",
    )
    _require_no_future(answer, first, found[0])
    made, theirs = zip(*_held_back(), strict=True)
    hours = [each.hours_in_alarm(got) for each, got in zip(made, found, strict=True)]
    if np.mean(hours) >= np.mean(theirs) + MORE:
        return
    told = (
        f"On two machines held back it is in alarm for {hours[0]:.1f} and {hours[1]:.1f} hours of "
        f"the wear, at one false alarm a week; RMS given load for {theirs[0]:.1f} and "
        f"{theirs[1]:.1f}. In the mean {MORE:g} more are asked for."
    )
    turned = [each.hours_in_alarm(-got) for each, got in zip(made, found, strict=True)]
    require(
        np.mean(turned) < np.mean(theirs) / 2,
        f"Upside down: the negative of your score is in alarm for longer. Higher is worse. {told}",
    )
    follows = np.mean(
        [
            np.corrcoef(got[each.healthy], each.later["load"][each.healthy])[0, 1]
            for each, got in zip(made, found, strict=True)
        ]
    )
    require(
        abs(follows) < 0.5,
        f"On healthy rows your score follows the load, with a correlation of {follows:.2f}: busy "
        f"hours alarm. {told}",
    )
    raise Misconception(told)


def _scores(answer, each, rows=None):
    train = {name: column.copy() for name, column in each.train.items()}
    later = {name: column[:rows].copy() for name, column in each.later.items()}
    count = len(later["load"])
    got = as_array(answer(train, later), what="the scores", finite=False)
    require(
        got.shape != (len(train["load"]) + count,),
        "You return scores of train and later together. Those of later are asked for.",
    )
    got = as_array(got, shape=(count,), what="the scores of later")
    require(np.ptp(got) > 0, "All scores are equal.")
    return got


def _require_no_future(answer, each, got):
    rows = 2 * len(got) // 3
    again = _scores(answer, each, rows)
    off = np.abs(again - got[:rows]) > 1e-6 * np.abs(got).max()
    require(
        not off.any(),
        f"Without the rows after row {rows - 1} the score of row {off.argmax()} is another: it "
        "knows the future. Learn from train, and use earlier rows alone.",
    )
