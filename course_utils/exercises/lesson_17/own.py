"""The exercise of lesson 17 that is open: an explanation that names the planted column."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_17._worlds import KINDS, planted
from course_utils.exercises.lesson_17.hits import hit_rate_solution
from course_utils.exercises.results import Misconception, as_array, require, same_numbers

import numpy as np

# ------------------------------------------------------------------------------ 7 · my explanation

SEEDS = 156, 170, 171, 178  # of the detectors of each kind
ENOUGH = 0.85  # hit rate on each kind

my_explanation = Exercise(
    "Return one number for each entry of the row (d,), largest where the column is to blame, from "
    "scores alone: on detectors held back the largest is to be the planted column in "
    f"{ENOUGH:.0%} of the flagged rows.",
    hints=(
        "Ask the score: what would it be if this entry were a usual one? The background has usual "
        "values.",
        "One value for each column, as the mean, may itself be odd beside the other entries. Try "
        "many.",
        "For each column the lowest score over all background values, less than the row's own: "
        "what best_repair looks for, kept for all columns.",
    ),
    praise=f"Right: on both kinds of detectors held back, the planted column comes first in "
    f"{ENOUGH:.0%} of the flagged rows or more.",
    seconds=30.0,
    prepare=lambda: [planted(kind, seed) for kind in KINDS for seed in SEEDS],
)


@my_explanation.set_solution
def my_explanation_solution(score, row, background):
    m, d = background.shape
    changed = np.tile(row, (d, m, 1))  # (d, m, d)
    for column in range(d):
        changed[column, :, column] = background[:, column]
    scores = score(changed.reshape(d * m, d)).reshape(d, m)
    return score(row[None])[0] - scores.min(axis=1)  # how far the score can fall, (d,)


@my_explanation.set_check
def my_explanation_check(answer):
    found = {kind: [_entries(answer, kind, seed) for seed in SEEDS] for kind in KINDS}
    score, background, rows, _ = planted(KINDS[0], SEEDS[0])
    again = [_explained(answer, score, row, background) for row in rows[:3]]
    require(
        same_numbers(again, found[KINDS[0]][0][:3], 1e-6),
        "The same row gets another explanation at the second call. Give whatever draws a seed: "
        "a reason that changes when one asks again persuades nobody.",
    )
    rates = {kind: _rate(kind, each) for kind, each in found.items()}
    told = " and ".join(f"{rates[kind]:.0%} where the detector {kind}" for kind in KINDS)
    told = (
        f"Of the flagged rows held back your largest entry is in the planted column in {told}; "
        f"{ENOUGH:.0%} is asked for with both."
    )
    if min(rates.values()) >= ENOUGH:
        return
    for explain, named in KNOWN:
        if all(
            same_numbers(entries, explain(*planted(kind, seed)[:3]), 1e-3)
            for kind in KINDS
            for seed, entries in zip(SEEDS, found[kind], strict=True)
        ):
            raise Misconception(f"{named} {told}")
    turned = [_rate(kind, [-entries for entries in each]) for kind, each in found.items()]
    require(
        min(turned) < ENOUGH,
        f"The sign is turned: the smallest entry names the column. {told}",
    )
    raise Misconception(told)


def _entries(answer, kind, seed):
    """Return what an answer says of the rows of one detector, (n, d)."""
    score, background, rows, _ = planted(kind, seed)
    return np.array([_explained(answer, score, row, background) for row in rows])


def _explained(answer, score, row, background):
    given = row.copy(), background.copy()
    got = as_array(answer(score, *given), what="the entries")
    require(
        np.array_equal(given[0], row) and np.array_equal(given[1], background),
        "Your function changes the row or the background that it was given. Work on a copy.",
    )
    require(
        got.shape != (),
        f"One number came back: a column's? {len(row)} are asked for, one for each entry, the "
        "largest where the column is to blame.",
    )
    return as_array(got, shape=row.shape, what="the entries")


def _rate(kind, found):
    """Return the hit rate over the flagged rows of all detectors of a kind."""
    truth = np.concatenate([planted(kind, seed)[3] for seed in SEEDS])
    return hit_rate_solution(np.concatenate(found), truth, np.ones(len(truth), dtype=bool))


def _falls(usual):
    """Return an explanation: by how much the score falls if an entry is changed to a usual one."""

    def explain(score, background, rows):
        d = rows.shape[1]
        changed = np.repeat(rows[:, None], d, axis=1)  # (n, d, d)
        changed[:, range(d), range(d)] = usual(background)
        return score(rows)[:, None] - score(changed.reshape(-1, d)).reshape(-1, d)

    return explain


def _deviations(ddof):
    def explain(score, background, rows):
        return np.abs(rows - background.mean(axis=0)) / background.std(axis=0, ddof=ddof)

    return explain


FAR = (
    "That is how far each entry is from its mean. A value between two levels is near the "
    "mean and never occurs, and you never ask the score."
)
BETWEEN = (
    "where a column has two levels, it lies between them or on the wrong one, and the score "
    "need not fall. Try many values for each entry."
)
KNOWN = (
    (_deviations(0), FAR),
    (_deviations(1), FAR),
    (lambda score, background, rows: np.abs(rows - background.mean(axis=0)), FAR),
    (
        _falls(lambda background: background.mean(axis=0)),
        f"Each entry is set to the mean: {BETWEEN}",
    ),
    (
        _falls(lambda background: np.median(background, axis=0)),
        f"Each entry is set to the median: {BETWEEN}",
    ),
    (
        _falls(lambda background: 0.0),
        "Each entry is set to 0, which has nothing to do with what is usual in its column.",
    ),
)
