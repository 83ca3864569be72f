"""Exercise of lesson 23, an open design: a monitor that warns early and seldom in vain."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_23 import _machines
from course_utils.exercises.lesson_23.load import given_load_solution
from course_utils.exercises.results import Misconception, as_array, require, same_numbers

import numpy as np
from scipy.signal import lfilter

# ---------------------------------------------------------------------------------- 7 · my monitor

# on each of these neither a raw column nor chance warns early by luck
MACHINES = (2301, 2307)
MORE = 4.0  # hours of warning beyond those of RMS given load

my_monitor = Exercise(
    "Return a score for each row of `later`, higher for worse, that warns of wear earlier than "
    "RMS given load does, at one false alarm a week. Learn from `train`; a row's score may use "
    "earlier rows and none after it.",
    hints=(
        "Several columns change with wear. For each: what do load, ambient and the lag let "
        "expect, and how far above is it? The temperature is the one most people forget.",
        "temperature: 1, lagged load², ambient. rms, and the logarithm of the envelope at the "
        "outer race: 1, load, load². Fit each on train, divide what is left by its standard "
        "deviation there.",
        "Lag load² over train and later together, so that it begins warm. Return the largest of "
        "the three surprises in each row.",
    ),
    praise=f"Right: on two machines held back it warns {MORE:g} hours or more before RMS given "
    "load does. Two are few: a stray alarm in the wear is a warning by luck. Judge yours on more.",
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
    """Return the machines, and on each the warning of RMS given load in hours."""
    made = [_machines.machine(seed) for seed in MACHINES]
    return [(each, each.lead(_rms_given_load(each))) for each in made]


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
    leads = [each.lead(got) for (each, _), got in zip(_held_back(), found, strict=True)]
    theirs = [lead for _, lead in _held_back()]
    more = np.subtract(leads, theirs)
    if more.mean() >= MORE and more.min() >= 0:
        return
    told = (
        f"On two machines held back it warns {leads[0]:.1f} and {leads[1]:.1f} hours before the "
        f"failure at one false alarm a week; RMS given load {theirs[0]:.1f} and {theirs[1]:.1f}. "
        f"{MORE:g} hours more are asked for in the mean, and fewer on neither."
    )
    turned = [each.lead(-got) for (each, _), got in zip(_held_back(), found, strict=True)]
    require(
        np.mean(turned) < np.mean(theirs),
        f"Upside down: the negative of your score warns earlier. Higher is worse. {told}",
    )
    follows = np.mean(
        [
            np.corrcoef(got[each.healthy], each.later["load"][each.healthy])[0, 1]
            for (each, _), got in zip(_held_back(), found, strict=True)
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
