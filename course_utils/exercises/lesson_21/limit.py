"""Exercise of lesson 21 on drift's alarm: how large PSI gets where nothing has drifted."""

from __future__ import annotations

import functools

from course_utils import evaluation
from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_21.stability import (
    population_stability_solution as population_stability,
)
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# ----------------------------------------------------------------------------- 7 · stability limit

# expected rows, actual rows, bins, level
CASES = (300, 15, 10, 0.1), (40, 400, 4, 0.2)
NEAR = 0.2  # share: some four times the chance of a quantile of 500 rounds

stability_limit = Exercise(
    "Return the PSI above which only the share `level` lies where nothing has drifted: draw both "
    "samples, of these sizes, from one distribution with the generator, 500 times or more.",
    hints=(
        "By quantile bins it does not matter which distribution, as long as no scores are tied: "
        "take the normal one.",
        "A round: population_stability(generator.normal(size=n_expected), "
        "generator.normal(size=n_actual), bins).",
        "np.quantile(found, 1 - level) of 500 rounds.",
    ),
    praise="Right: a limit that knows how many rows were counted.",
    seconds=20.0,
    prepare=lambda: [_known(case) for case in CASES],
)


@stability_limit.set_solution
def stability_limit_solution(n_expected, n_actual, bins, level, generator):
    found = [
        population_stability(
            generator.normal(size=n_expected), generator.normal(size=n_actual), bins
        )
        for _ in range(500)
    ]
    return np.quantile(found, 1 - level)


@stability_limit.set_check
def stability_limit_check(answer):
    found = np.array([_limit(answer, case, 217) for case in CASES])
    for way, told in FORMULAS:
        require(not np.allclose(found, [way(*case) for case in CASES], rtol=1e-6), told)
    wanted = _of_cases("right")
    off = np.abs(found / wanted - 1)
    if (off > NEAR).any():
        _name(found)
        worst = off.argmax()
        n, m, bins, level = CASES[worst]
        raise Misconception(
            f"For {n} expected and {m} actual rows in {bins} bins you return {found[worst]:.4g}. "
            f"Of pairs without drift the share {level:g} lies above {wanted[worst]:.4g}, and "
            f"{NEAR:.0%} off would pass."
        )
    again, other = (_limit(answer, CASES[-1], seed) for seed in (217, 218))
    require(
        again == found[-1],
        "With a generator of the same seed it gives another limit: draw from the `generator` and "
        "from nothing else.",
    )
    require(
        other != found[-1],
        "With a generator of another seed it gives the very same limit: the `generator` is not "
        "drawn from.",
    )


def _limit(answer, case, seed):
    got = answer(*case, np.random.default_rng(seed))
    return float(as_array(got, shape=(), what="the limit"))


def _name(found):
    """Refuse limits by what else is about as large, in all cases."""
    off = {name: np.abs(np.log(np.maximum(found, 1e-12) / _of_cases(name))).max() for name in TOLD}
    nearest = min(off, key=off.get)
    require(off[nearest] > NEAR, TOLD[nearest])


def _of_cases(name):
    return np.array([_known(case)[name] for case in CASES])


TOLD = {
    "the other end": "Only the share `level` lies below it: np.quantile(found, 1 − level).",
    "median": "Half of all pairs lie above it, whatever the level. Take the quantile 1 − level.",
    "both sides": "PSI has one side, since it is never below 0: `level` is not halved.",
    "expected is known": (
        "It is as if the shares of expected were exact. They were counted too: draw both samples "
        "afresh in every round, and do not draw actual from expected."
    ),
    "changed over": "The sizes are changed over: the first sample sets the edges of the bins.",
    "one size": "Both samples have the size of actual. The first has n_expected rows.",
    "the other size": "Both samples have the size of expected. The second has n_actual rows.",
}


@functools.cache
def _known(case):
    """Return the right limit and those of known slips, by name."""
    n, m, bins, level = case

    def of(first=n, second=m, share=level):
        return evaluation.stability_limit(first, second, bins, share, draws=20_000)

    rng = np.random.default_rng(0)
    now = rng.multinomial(m, np.full(bins, 1 / bins), size=20_000)
    q = np.maximum(now, 0.5) / m
    index = ((q - 1 / bins) * np.log(q * bins)).sum(axis=1)
    return {
        "right": of(),
        "the other end": of(share=1 - level),
        "median": of(share=0.5),
        "both sides": of(share=level / 2),
        "expected is known": np.quantile(index, 1 - level),
        "changed over": of(m, n),
        "one size": of(m, m),
        "the other size": of(n, n),
    }


def _chi_square(n, m, bins, level):
    from scipy.stats import chi2

    return chi2.isf(level, bins - 1) * (1 / n + 1 / m)


def _chi_square_of_one(n, m, bins, level):
    from scipy.stats import chi2

    return chi2.isf(level, bins - 1) / m


ROUGH = (
    "That is χ² of bins − 1 degrees times (1/n + 1/m), which holds for many rows in each bin. In "
    "few, PSI lies higher: simulate."
)
RULE = "That is a rule of thumb, for any number of rows. How large PSI gets by chance hangs on it."
FORMULAS = (
    (_chi_square, ROUGH),
    (_chi_square_of_one, "That is χ² over n_actual, as if the shares of expected were exact."),
    *((lambda *_, rule=rule: rule, RULE) for rule in (0.1, 0.2, 0.25)),
)
