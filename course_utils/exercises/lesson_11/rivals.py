"""The exercise of lesson 11 about the sceptic's rival: what a score without a network can do."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import as_array, require

import numpy as np

ENOUGH = 0.88  # mean AUROC over the four digits
ODD_ONES = (0, 4, 5, 6)  # the lesson's anomaly, the two, is not among them

# ----------------------------------------------------------------------- 7 · a rival without a net

plain_rival = Exercise(
    "Return a score for each row of new, higher where it is odder, learnt from normal rows "
    "without a network.",
    hints=(
        "An odd row differs from what is normal. From what exactly? The mean of all normal rows "
        "is a poor answer where they come in several kinds.",
        "Each row of new has a nearest normal row. How far away is it?",
        "((normal - row) ** 2).sum(axis=1) are the squared distances of one row to all normal "
        "ones; the smallest is a score. Of all pairs at once: "
        "scipy.spatial.distance.cdist(new, normal).",
    ),
    praise="Right. That was a few lines; whoever trains two networks has to beat them.",
)


@plain_rival.set_solution
def plain_rival_solution(normal, new):
    sizes = (new**2).sum(axis=1)[:, None] + (normal**2).sum(axis=1)  # (m, n)
    squares = sizes - 2 * new @ normal.T  # (a − b)² = a² + b² − 2ab
    return np.sort(squares, axis=1)[:, :5].mean(axis=1)  # the five nearest


@functools.cache
def _held_back(odd):
    """Return 400 normal digits of 8 × 8 pixels, 160 test rows, and which of these are odd."""
    from sklearn.datasets import load_digits

    X, digit = load_digits(return_X_y=True)
    draw = np.random.default_rng(odd)
    usual, others = (
        draw.permutation(np.flatnonzero(each)) for each in (digit != odd, digit == odd)
    )
    order = draw.permutation(160)
    test = np.concatenate([usual[400:520], others[:40]])[order]
    return X[usual[:400]] / 16, X[test] / 16, (np.arange(160) >= 120)[order]


def _areas(answer):
    """Return the AUROC for each odd digit, after seeing that rows are judged alone."""
    from course_utils import evaluation

    found = []
    for odd in ODD_ONES:
        normal, new, is_odd = _held_back(odd)

        def scores(rows, normal=normal):
            result = answer(normal.copy(), rows.copy())
            return as_array(result, shape=(len(rows),), what="the scores")

        got = scores(new)
        for rows, wanted in ((new[:1], got[:1]), (new[::-1], got[::-1])):
            require(
                np.allclose(scores(rows), wanted, rtol=1e-4, atol=1e-6),
                "A row's score changes with the rows beside it, or from call to call. In service "
                "rows come one at a time: learn from normal, and score each row of new alone.",
            )
        found.append(evaluation.auroc(is_odd, got))
    return np.array(found)


@plain_rival.set_check
def plain_rival_check(answer):
    areas = _areas(answer)
    require(
        areas.mean() > 1 - ENOUGH,
        f"The sign is turned: your mean AUROC is {areas.mean():.2f}. Higher is odder.",
    )
    told = ", ".join(f"{area:.2f}" for area in areas)
    require(
        areas.mean() >= ENOUGH,
        f"On held-back digits of 8 × 8 pixels, with {', '.join(map(str, ODD_ONES))} in turn as "
        f"the odd one, your AUROCs are {told}: {areas.mean():.2f} on average, and {ENOUGH} would "
        f"pass. The distance to the mean picture has {_areas(_from_mean).mean():.2f}.",
    )


def _from_mean(normal, new):
    return np.abs(new - normal.mean(axis=0)).mean(axis=1)
