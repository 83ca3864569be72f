"""Exercise of lesson 22: what part of the time more workers cannot take away."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, difference, require, take_apart

import numpy as np
from scipy.optimize import nnls

# -------------------------------------------------------------------------------------- 6 · Amdahl

amdahl = Exercise(
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
    columns = np.stack([np.ones(len(workers)), 1 / np.asarray(workers)], axis=1)
    (serial, parallel), _ = nnls(columns, seconds)
    return serial, parallel


@amdahl.set_check
def amdahl_check(answer):
    workers = np.array([1, 2, 4, 8, 16])
    seconds = np.array([61.0, 34.0, 19.5, 14.2, 10.1])
    serial, parallel = take_apart(answer(workers, seconds), ("serial", "parallel"))
    got = as_array([serial, parallel], shape=(2,), what="serial and parallel")
    told = difference(tuple(got), tuple(map(float, amdahl_solution(workers, seconds))))
    require(not told, f"That does not fit best: {told}")


@amdahl.set_inputs
def amdahl_inputs(rng):
    yield "the example", (np.array([1, 2, 4]), np.array([10.0, 6.0, 4.0]))
    for _ in range(4):
        workers = np.arange(1, 9)
        serial, parallel = rng.uniform(1, 9), rng.uniform(5, 60)
        yield "noisy seconds", (workers, serial + parallel / workers + 0.3 * rng.normal(size=8))
