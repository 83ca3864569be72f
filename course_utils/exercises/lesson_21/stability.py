"""Exercise of lesson 21 on drift: how far today's scores are spread otherwise than those known."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, difference

import numpy as np

# ------------------------------------------------------------------------ 6 · population stability

population_stability = Exercise(
    "Return PSI = Σ (q − p) ln(q / p), over bins whose edges are the quantiles of `expected`, the "
    "lowest and the highest bin open: p is the share of expected in a bin, q that of actual, "
    "and a count of 0 counts as half a row.",
    hints=(
        "np.quantile(expected, np.arange(1, bins) / bins) has the bins − 1 inner edges. With "
        "those alone both outer bins are open.",
        "np.searchsorted(edges, scores) is the number of each score's bin, and np.bincount(…, "
        "minlength=bins) counts.",
        "np.maximum(counts, 0.5) / len(scores) for p and for q, then ((q - p) * np.log(q / "
        "p)).sum().",
    ),
    praise="Right: 0 where nothing has moved, and each bin adds what it has gained or lost.",
)


@population_stability.set_solution
def population_stability_solution(expected, actual, bins):
    # the inner edges alone, so that both outer bins are open
    edges = np.quantile(expected, np.arange(1, bins) / bins, method="inverted_cdf")

    def shares(scores):
        counts = np.bincount(np.searchsorted(edges, scores), minlength=bins)
        return np.maximum(counts, 0.5) / len(scores)  # half a row, where ln 0 would be

    p, q = shares(expected), shares(actual)
    return ((q - p) * np.log(q / p)).sum()


@population_stability.set_check
def population_stability_check(answer):
    rng = np.random.default_rng(216)
    expected, actual = rng.normal(size=103), rng.normal(0.7, 1.2, size=58)
    got = as_array(answer(expected.copy(), actual.copy(), 7), shape=(), what="the PSI")
    if told := difference(got, population_stability_solution(expected, actual, 7)):
        raise Misconception(told)


@population_stability.set_inputs
def population_stability_inputs(rng):
    for n, m, bins in ((203, 157, 10), (58, 41, 5), (31, 1, 4)):
        yield f"{bins} bins", (rng.normal(size=n), rng.normal(0.5, 2, size=m), bins)
