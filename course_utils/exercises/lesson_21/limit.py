"""Exercise of lesson 21 on drift's alarm: how large PSI gets where nothing has drifted."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_21.stability import (
    population_stability_solution as population_stability,
)
from course_utils.exercises.results import as_array, require

import numpy as np

# ----------------------------------------------------------------------------- 7 · stability limit

stability_limit = Exercise(
    "Return the PSI above which only the share `level` lies where nothing has drifted: draw both "
    "samples, of these sizes, from one distribution with the generator, a thousand times.",
    hints=(
        "By quantile bins it does not matter which distribution, as long as no scores are tied: "
        "take the normal one.",
        "A round: population_stability(generator.normal(size=n_expected), "
        "generator.normal(size=n_actual), bins).",
        "np.quantile(found, 1 - level) of a thousand rounds.",
    ),
    praise="Right: a limit that knows how many rows were counted.",
    seconds=20.0,
)


@stability_limit.set_solution
def stability_limit_solution(n_expected, n_actual, bins, level, generator):
    found = [
        population_stability(
            generator.normal(size=n_expected), generator.normal(size=n_actual), bins
        )
        for _ in range(1000)
    ]
    return np.quantile(found, 1 - level)


@stability_limit.set_check
def stability_limit_check(answer):
    got = as_array(answer(200, 50, 10, 0.05, np.random.default_rng(0)), shape=(), what="the limit")
    wanted = stability_limit_solution(200, 50, 10, 0.05, np.random.default_rng(1))
    require(abs(got / wanted - 1) < 0.15, f"You return {got:.4g}; about {wanted:.4g} is expected.")
