"""Exercise of lesson 21 that is open: does a row's score depend on the rows beside it?"""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_21._scores import rows_to_score, suspects
from course_utils.exercises.results import Misconception, as_array, require, same_numbers

import numpy as np

# ---------------------------------------------------------------------------- 4 · batch dependence

SEEN, HONEST = 1e-3, 1e-5
SEEDS = 214, 215

batch_dependence = Exercise(
    "Return the largest relative change of a row's score by the company that it is scored in: "
    f"above {SEEN:g} for scores that depend on other rows, their order or earlier calls, below "
    f"{HONEST:g} for those that do not.",
    hints=(
        "Which company is the simplest? None: score each row alone, score(X[i : i + 1]).",
        "Relative means |a − b| over the larger of |a| and |b|; where both are 0, nothing has "
        "changed.",
        "Take the largest over the rows. A comparison that ends in NaN is no proof of "
        "independence: let it count as infinite.",
    ),
    praise="Right: you see all culprits, and accuse nobody else.",
    prepare=lambda: _theirs(),
)


@batch_dependence.set_solution
def batch_dependence_solution(score, X):
    together = score(X)  # (n,)
    alone = np.concatenate([score(X[i : i + 1]) for i in range(len(X))])
    size = np.maximum(np.abs(alone), np.abs(together))
    change = np.abs(together - alone) / np.where(size > 0, size, 1)  # 0 and 0: no change
    return np.where(np.isnan(change), np.inf, change).max()  # nothing is proved by NaN


@batch_dependence.set_check
def batch_dependence_check(answer):
    found = [_found(answer, each, X) for each, X in _cases()]
    for number, (each, _) in enumerate(_cases()):
        fault = _fault(found[number], each)
        if fault:
            raise Misconception(_known(found) or fault)


def _cases():
    """Yield suspects and rows, of two seeds."""
    for seed in SEEDS:
        for each in suspects(seed):
            yield each, rows_to_score(seed)


def _found(answer, suspect, X):
    given = X.copy()
    result = answer(suspect.score(), given)
    require(
        np.array_equal(given, X), "Your function changes the X that it was given. Work on a copy."
    )
    return float(as_array(result, shape=(), what="the change", finite=False))


def _fault(found, suspect):
    """Say what is wrong with a number found for a suspect; empty if nothing."""
    if np.isnan(found):
        told = "NaN, which is neither above nor below anything"
    elif found < 0:
        told = f"{found:.3g}; a change has a size, 0 or more"
    elif suspect.clue and found <= SEEN:
        told = f"{found:.3g}, and they depend on their company: above {SEEN:g} is asked for"
    elif not suspect.clue and found >= HONEST:
        told = f"{found:.3g}, and they depend on nothing but the row: below {HONEST:g} is due"
    else:
        return ""
    return f"For scores that {suspect.told} you find {told}. {suspect.clue}".strip()


def _known(found):
    """Say how the numbers were found, if one known way gives all of them; else nothing."""
    if not any(found):
        return ""
    found = np.array(
        [each for each, (case, _) in zip(found, _cases(), strict=True) if _lasts(case)]
    )
    for theirs, told in _theirs():
        if _alike(found, theirs):
            return told
    return ""


def _lasts(suspect):
    return not suspect.remembers


@functools.cache
def _theirs():
    """Return the numbers that each known way finds where the order of calls plays no part."""
    cases = [(each, X) for each, X in _cases() if _lasts(each)]
    with np.errstate(all="ignore"):
        return [
            (np.array([float(way(each.score(), X)) for each, X in cases]), told)
            for way, told in KNOWN
        ]


def _alike(found, theirs):
    known = np.isfinite(theirs)
    ends = np.nan_to_num(found[~known]), np.nan_to_num(theirs[~known])
    return (
        np.array_equal(known, np.isfinite(found))
        and np.array_equal(*ends)
        and all(
            abs(a - b) < 1e-5 or same_numbers(a, b, 1e-3)
            for a, b in zip(found[known], theirs[known], strict=True)
        )
    )


def _alone(score, X):
    return np.concatenate([score(X[i : i + 1]) for i in range(len(X))])


def _relative(a, b):
    size = np.maximum(np.abs(a), np.abs(b))
    return np.abs(a - b) / np.where(size > 0, size, 1)


def _first_row(score, X):
    together = score(X)[:1]
    return _relative(score(X[:1]), together)[0]


def _with_a_second_call(measure):
    def way(score, X):
        together = score(X)
        return measure(_alone(score, X), together)

    return way


ASKED_TWICE = (
    "You ask twice with the same batch. That shows what remembers earlier calls; what depends on "
    "the rows beside it gives the same again. Change the company: score each row alone."
)
REVERSED = (
    "You change the order alone. The batch's mean, its ends and its size stay as they are: take "
    "rows away. Score each row alone."
)
UNIT = (
    "You measure the change in the scores' own unit: tiny scores look independent, and huge "
    "ones suspect by nothing but rounding. Divide by the size of the score."
)
MEAN = "You average over the rows, and one row of many may be the one that changes: the largest."
ZERO = (
    "Where both scores are 0, you divide 0 by 0. Nothing has changed there: such a row counts 0."
)
KNOWN = (
    (lambda score, X: _relative(score(X), score(X)).max(), ASKED_TWICE),
    (lambda score, X: _relative(score(X), score(X[::-1])[::-1]).max(), REVERSED),
    (
        _first_row,
        "You look at the first row alone. Which rows change depends on the mistake: compare all.",
    ),
    (_with_a_second_call(lambda a, b: np.abs(a - b).max()), UNIT),
    (_with_a_second_call(lambda a, b: np.abs(a - b).mean()), UNIT + " And take the largest."),
    (_with_a_second_call(lambda a, b: _relative(a, b).mean()), MEAN),
    (_with_a_second_call(lambda a, b: np.nan_to_num(_relative(a, b)).mean()), MEAN),
    (_with_a_second_call(lambda a, b: np.median(_relative(a, b))), MEAN),
    (_with_a_second_call(lambda a, b: (np.abs(a - b) / np.abs(a)).max()), ZERO),
    (_with_a_second_call(lambda a, b: (np.abs(a - b) / np.abs(b)).max()), ZERO),
    (
        _with_a_second_call(lambda a, b: ((b - a) / np.where(a == 0, 1, np.abs(a))).max()),
        "The change has a sign, and the largest is taken: a fall is not seen. np.abs first.",
    ),
    (
        _with_a_second_call(lambda a, b: _relative(a, b).max()),
        "One row alone gets NaN from some scores, and NaN is what you return: no comparison with "
        "it is True, so that it would pass for independence. Count it as infinite.",
    ),
    (
        _with_a_second_call(lambda a, b: np.nanmax(np.append(_relative(a, b), 0))),
        "NaN is left out of the largest, or counts as 0. A row that gets NaN alone and a number "
        "in company has changed as much as can be: count it as infinite.",
    ),
    (
        _with_a_second_call(lambda a, b: np.abs(np.sort(a) - np.sort(b)).max()),
        "Both are sorted before they are compared: compare each row with itself.",
    ),
)
