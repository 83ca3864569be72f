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
AS_LARGE = 0.12  # the same, for what is refused by name

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
    found, generators = [], [np.random.default_rng(217) for _ in CASES]
    for case, generator in zip(CASES, generators, strict=True):
        found.append(_limit(answer, case, generator))
        for way, told in FORMULAS:  # exact: nothing drawn comes so near
            ways = [way(*each) for each in CASES[: len(found)]]
            require(not np.allclose(found, ways, rtol=1e-6), told)
        if not _like(found):  # unlike all that has a name
            _refuse(found, case)
    off = np.abs(np.array(found) / _of_cases("right") - 1)
    if (off > NEAR).any():
        nearest = min(_like(found) & TOLD.keys(), key=lambda name: _distance(found, name))
        raise Misconception(TOLD[nearest])
    require(
        _limit(answer, CASES[-1], np.random.default_rng(217)) == found[-1],
        "With a generator of the same seed it gives another limit: draw from the `generator` and "
        "from nothing else.",
    )
    if generators[-1].random() != np.random.default_rng(217).random():
        return  # it was drawn from
    require(
        _limit(answer, CASES[-1], np.random.default_rng(218)) != found[-1],
        "With a generator of another seed it gives the very same limit: the `generator` is not "
        "drawn from.",
    )


def _limit(answer, case, generator):
    return float(as_array(answer(*case, generator), shape=(), what="the limit"))


def _refuse(found, case):
    n, m, bins, level = case
    raise Misconception(
        f"For {n} expected and {m} actual rows in {bins} bins you return {found[-1]:.4g}. Of "
        f"pairs without drift the share {level:g} lies above {_known(case)['right']:.4g}, and "
        f"{NEAR:.0%} off would pass."
    )


def _like(found):
    """Return the names of the limits, right and wrong, that those found so far are near to."""
    right = np.abs(np.array(found) / _of_cases("right")[: len(found)] - 1)
    names = {name for name in TOLD if _distance(found, name) < AS_LARGE}
    return names | {"right"} if (right <= NEAR).all() else names


def _distance(found, name):
    known = _of_cases(name)[: len(found)]
    return np.abs(np.log(np.maximum(found, 1e-12) / known)).max()


def _of_cases(name):
    return np.array([_known(case)[name] for case in CASES])


ROUGH = (
    "That is χ² of bins − 1 degrees times (1/n + 1/m), which holds for many rows in each bin. In "
    "few, PSI lies higher: simulate."
)
ROUGH_OF_ONE = "That is χ² over n_actual, as if the shares of expected were exact."
TOLD = {
    "the other end": "Only the share `level` lies below it: np.quantile(found, 1 − level).",
    "median": "Half of all pairs lie above it, whatever the level. Take the quantile 1 − level.",
    "both sides": (
        "It lies where the quantile 1 − level / 2 does. PSI has one side, since it is never below "
        "0: take the quantile 1 − level of what was drawn."
    ),
    "expected is known": (
        "It is as if the shares of expected were exact. They were counted too: draw both samples "
        "afresh in every round, and do not draw actual from expected."
    ),
    "changed over": (
        "It is as large as by χ², which is near only where all bins have many rows, or as with "
        "the sizes changed over: the first sample, of n_expected rows, sets the edges of the bins."
    ),
    "one size": (
        "It is as large as if both samples had the size of actual. The first has n_expected rows."
    ),
    "the other size": (
        "It is as large as if both samples had the size of expected. The second has n_actual rows."
    ),
    "chi square of one": ROUGH_OF_ONE,
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
        "chi square of one": _chi_square_of_one(*case),
    }


def _chi_square(n, m, bins, level):
    from scipy.stats import chi2

    return chi2.isf(level, bins - 1) * (1 / n + 1 / m)


def _chi_square_of_one(n, m, bins, level):
    from scipy.stats import chi2

    return chi2.isf(level, bins - 1) / m


RULE = "That is a rule of thumb, for any number of rows. How large PSI gets by chance hangs on it."
FORMULAS = (
    (_chi_square, ROUGH),
    (_chi_square_of_one, ROUGH_OF_ONE),
    *((lambda *_, rule=rule: rule, RULE) for rule in (0.1, 0.2, 0.25)),
)
