"""Exercise of lesson 22: what part of the time more workers cannot take away."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    plain,
    require,
    take_apart,
)

import numpy as np
from scipy.optimize import nnls

# -------------------------------------------------------------------------------------- 6 · Amdahl


class _FitExercise(Exercise):
    """An exercise whose answer comes as near to 0 as a search with bounds does."""

    def _judge(self, answer):
        @functools.wraps(answer)
        def call(workers, seconds):
            return _without_dust(answer(workers, seconds), 1e-4 * np.max(seconds))

        super()._judge(call)


def _without_dust(result, dust):
    """Return two numbers with what is no more than dust as 0; anything else as it is."""
    try:
        parts = np.array(plain(result))
    except ValueError:  # of unlike lengths
        return result
    if parts.shape != (2,) or parts.dtype.kind not in "iuf":
        return result
    return tuple(np.where(np.abs(parts) <= dust, 0.0, parts))


amdahl = _FitExercise(
    "Return (serial, parallel), the seconds that fit seconds = serial + parallel / workers best "
    "by least squares, neither below 0.",
    hints=(
        "The formula is a straight line in 1 / workers: a column of ones and a column of "
        "1 / workers.",
        "Where the best line has a number below 0, putting 0 there is not enough: the other one "
        "then has another best value.",
        "nnls(columns, seconds)[0] of scipy.optimize, with columns (measurements, 2)",
    ),
    praise="Right: with any number of workers it takes at least the serial seconds.",
)


@amdahl.set_solution
def amdahl_solution(workers, seconds):
    columns = np.stack([np.ones(len(workers)), 1 / workers], axis=1)  # (measurements, 2)
    (serial, parallel), _ = nnls(columns, seconds)
    return serial, parallel


def _line(x, seconds):
    """Return intercept and slope of the best straight line in x."""
    slope, intercept = np.polyfit(x, seconds, 1)
    return np.array([intercept, slope])


@amdahl.set_check
def amdahl_check(answer):
    workers = np.array([1, 2, 4, 8, 16])
    _judge(answer, workers, np.array([61.3, 34.1, 19.6, 14.2, 10.1]), _wrong_fits)
    # nearly twice as fast with twice the workers, and more so: the best line starts below 0
    _judge(answer, workers, np.array([64.0, 30.0, 14.0, 6.0, 3.0]), _wrong_edges)
    # more workers only make it slower
    _judge(answer, workers, np.array([20.0, 21.5, 22.0, 23.0, 26.0]), _wrong_edges)


def _judge(answer, workers, seconds, mistakes):
    result = answer(workers.copy(), seconds.copy())
    if isinstance(result, np.ndarray):
        require(
            result.ndim < 2,
            f"Two numbers are asked for, (serial, parallel); you return the shape {result.shape}.",
        )
    parts = take_apart(result, ("serial", "parallel"))
    got = np.array([_number(each) for each in parts])
    wanted = np.array(amdahl_solution(workers, seconds))
    if told := difference(got, wanted):
        name_the_mistake(got, mistakes(workers, seconds, wanted))
        for place, name in enumerate(("serial", "parallel")):
            require(
                got[place] >= 0, f"{name} is {got[place]:.4g} here: seconds are never below 0."
            )
        listed = ", ".join(f"{each:g}" for each in seconds)
        require(
            False,
            f"With workers {', '.join(map(str, workers))} and seconds {listed}, in (serial, "
            f"parallel) {told}",
        )


def _number(part):
    got = as_array(part, what="serial and parallel")
    require(got.shape == (), f"serial and parallel are numbers; one has the shape {got.shape}.")
    return got


def _wrong_fits(workers, seconds, right):
    """Yield what slips give where nothing is below 0, and which they are."""
    serial, parallel = right
    yield right[::-1], "serial and parallel are changed over: the constant is the serial part."
    total = serial + parallel
    yield (
        right / total,
        "Those are shares of the time with one worker. Seconds are asked for.",
    )
    yield (
        right / seconds[0],
        "Those are shares of the measured time with one worker. Seconds are asked for.",
    )
    yield (
        _line(workers, seconds),
        "That is the best line in `workers`. The parallel part is divided by them: a line in "
        "1 / workers.",
    )
    of_workers = np.stack([np.ones(len(workers)), workers], axis=1)
    for cut in (np.maximum(_line(workers, seconds), 0), nnls(of_workers, seconds)[0]):
        yield (
            cut,
            "That is the best line in `workers`, with nothing below 0. The parallel part is "
            "divided by them: a line in 1 / workers.",
        )
    yield (
        _line(np.log(workers), seconds),
        "That is the best line in log(workers). The formula is a line in 1 / workers.",
    )
    x = 1 / workers
    for places, told in (((0, -1), "first and the last"), ((0, 1), "first two")):
        here = list(places)
        slope = (seconds[here[0]] - seconds[here[1]]) / (x[here[0]] - x[here[1]])
        yield (
            np.array([seconds[here[0]] - slope * x[here[0]], slope]),
            f"That line goes through the {told} measurements. All are to count: least squares.",
        )
    yield (
        np.array([seconds[-1], seconds[0] - seconds[-1]]),
        "serial is the time with the most workers, in which a part of the parallel work is left.",
    )
    columns = np.stack([np.ones(len(x)), x], axis=1)
    for weights, told in ((1 / seconds, "its own size"), (workers, "the number of workers")):
        yield (
            np.linalg.lstsq(columns * weights[:, None], seconds * weights)[0],
            f"Each error is weighted by {told}. Plain least squares is asked for.",
        )
    yield (
        np.linalg.lstsq(columns, seconds[0] / seconds)[0],
        "The speed-up is fitted, not the seconds.",
    )
    yield (
        np.array([0.0, (x @ seconds) / (x @ x)]),
        "There is no serial part in that fit. A column of ones finds it.",
    )


def _wrong_edges(workers, seconds, right):
    """Yield what comes of a best line that has a number below 0."""
    line = _line(1 / workers, seconds)
    name = ("serial", "parallel")[int(np.argmin(line))]
    yield (
        line,
        f"{name} is {line.min():.4g} here: seconds are never below 0. Of all pairs that are not, "
        "the best is asked for.",
    )
    yield (
        np.maximum(line, 0),
        f"{name} is cut at 0, and the other number is the one that went with {line.min():.4g}. "
        "With 0 there, another value fits better.",
    )
    yield (
        np.abs(line),
        f"{name} has lost its sign. The best pair with nothing below 0 is asked for.",
    )


@amdahl.set_inputs
def amdahl_inputs(rng):
    yield "the example", (np.array([1, 2, 4]), np.array([10.0, 6.0, 4.0]))
    for what, workers in (
        ("one to eight workers", np.arange(1, 9)),
        ("workers in any order", rng.permutation([1, 2, 4, 8, 16])),
        ("measurements that are repeated", np.array([1, 1, 1, 2, 2, 4])),
        ("two measurements", np.array([1, 4])),
        ("many workers", np.array([16, 32, 64, 128])),
    ):
        for of_what, serial, parallel in (
            ("", rng.uniform(1, 9), rng.uniform(20, 60)),
            (", nearly all serial", rng.uniform(20, 60), rng.uniform(0.1, 1)),
            (", no serial part", 0.0, rng.uniform(20, 60)),
            (", no parallel part", rng.uniform(20, 60), 0.0),
        ):
            seconds = serial + parallel / workers
            yield what + of_what, (workers, seconds)
            noise = 1 + 0.08 * rng.normal(size=len(workers))
            yield f"{what}{of_what}, with noise", (workers, seconds * noise)
    workers = np.array([1, 2, 4, 8])
    yield "times that fall faster than workers grow", (workers, 50.0 / workers**1.4)
    yield "times that grow", (workers, 5.0 + workers)
    yield "hundredths of a second", (workers, 1e-2 * (2 + 9 / workers))
    yield "workers as floats", (workers.astype(float), 2 + 9 / workers)
