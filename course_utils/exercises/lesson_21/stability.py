"""Exercise of lesson 21 on drift: how far today's scores are spread otherwise than those known."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.quantiles import METHODS
from course_utils.exercises.results import as_array, difference, name_the_mistake, require

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
    expected, actual, bins = rng.gamma(2, size=213), rng.gamma(3, 0.8, size=58), 7
    actual[:3] = expected.max() + 1  # beyond all that was expected
    actual = actual[actual > np.quantile(expected, 1 / bins)]  # so that the lowest bin is empty
    got = as_array(answer(expected.copy(), actual.copy(), bins), shape=(), what="the PSI")
    right = [each(expected, actual, bins) for each in (population_stability_solution, *OTHERS)]
    if not any(abs(got / each - 1) < 1e-4 for each in right):
        name_the_mistake(got, _mistakes(expected, actual, bins))
        told = difference(got, right[0])
        require(not told, f"With an empty bin and rows beyond all expected ones {told}")


def _index(p, q):
    return ((q - p) * np.log(q / p)).sum()


def _counts(edges, scores, side="left"):
    return np.bincount(np.searchsorted(edges, scores, side=side), minlength=len(edges) + 1)


def _by_counts(method, side):
    """Return PSI with this rule for quantiles, and the edges counted to this side."""

    def index(expected, actual, bins):
        edges = np.quantile(expected, np.arange(1, bins) / bins, method=method)
        p, q = (
            np.maximum(_counts(edges, each, side), 0.5) / len(each) for each in (expected, actual)
        )
        return _index(p, q)

    return index


def _by_rank(side):
    """Return PSI with the edges sorted(expected)[k * n // bins], counted to this side."""

    def index(expected, actual, bins):
        edges = np.sort(expected)[np.arange(1, bins) * len(expected) // bins]
        p, q = (
            np.maximum(_counts(edges, each, side), 0.5) / len(each) for each in (expected, actual)
        )
        return _index(p, q)

    return index


SIDES = "left", "right"
OTHERS = [_by_counts(method, side) for method in METHODS for side in SIDES]
OTHERS += [_by_rank(side) for side in SIDES]


def _mistakes(expected, actual, bins):
    """Yield what other recipes give, with either rule for quantiles, and what they do."""
    outer = (
        "The outer bins are closed: rows beyond the lowest and the highest expected one fall "
        "out. Those are the ones that matter. Use the inner edges alone."
    )
    for method in ("linear", "inverted_cdf"):
        inner = np.quantile(expected, np.arange(1, bins) / bins, method=method)
        before, now = _counts(inner, expected), _counts(inner, actual)
        n, m = len(expected), len(actual)
        p, q = np.maximum(before, 0.5) / n, np.maximum(now, 0.5) / m
        yield (p * np.log(p / q)).sum(), "That is KL(p ‖ q), one half of PSI: Σ (q − p) ln(q / p)."
        yield (q * np.log(q / p)).sum(), "That is KL(q ‖ p), one half of PSI: Σ (q − p) ln(q / p)."
        yield _index(p, q) / 2, "That is half of PSI."
        yield (
            _index(np.full(bins, 1 / bins), q),
            "p is taken for 1 / bins. That is near, and no count: count expected as well.",
        )
        yield -_index(p, q), "The sign is turned: (q − p) and ln(q / p) have the same one."
        yield _index(p, q) / np.log(10), "The logarithm is log10. PSI takes the natural one."
        yield _index(p, q) / np.log(2), "The logarithm is log2. PSI takes the natural one."
        yield _index(p, q) / bins, "That is the mean over the bins. PSI is their sum."
        yield ((q - p) ** 2 / p).sum(), "That is Pearson's χ² of shares. PSI has ln(q / p)."
        yield np.abs((q - p) * np.log(q / p)).sum() * m, "The counts are not divided by the rows."
        yield np.abs(q - p).sum(), "Those are the differences alone; ln(q / p) is missing."
        filled = now > 0
        yield _index(p[filled], q[filled]), "An empty bin is left out. It counts as half a row."
        for least in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12):
            small = (
                f"An empty bin counts as the share {least:g}, whatever the number of rows. One "
                "empty bin then says more than its rows do: half a row is asked for."
            )
            yield _index(np.maximum(before / n, least), np.maximum(now / m, least)), small
            yield _index(before / n + least, now / m + least), small
            yield _index(before / n, np.where(now == 0, least, now / m)), small
        for more in (0.5, 1.0):
            yield (
                _index((before + more) / n, (now + more) / m),
                f"{more:g} is added to every bin. Only a bin without rows counts as half a row.",
            )
            yield (
                _index((before + more) / (n + more * bins), (now + more) / (m + more * bins)),
                f"{more:g} is added to every bin. Only a bin without rows counts as half a row.",
            )
        one = np.maximum(now, 1) / m
        yield _index(np.maximum(before, 1) / n, one), "An empty bin counts as one row: it is half."
        yield _index(p / p.sum(), q / q.sum()), "The shares are divided by their sum once more."
        ends = np.quantile(expected, np.arange(bins + 1) / bins, method=method)
        within = np.histogram(actual, ends)[0]
        inside = np.maximum(within, 0.5)
        before = np.maximum(np.histogram(expected, ends)[0], 0.5) / n
        yield _index(before, inside / m), outer
        yield _index(before, inside / within.sum()), outer
        more = np.quantile(expected, np.arange(1, bins + 1) / (bins + 1), method=method)
        p, q = (np.maximum(_counts(more, each), 0.5) / len(each) for each in (expected, actual))
        yield _index(p, q), f"There are {bins + 1} bins: {bins} have {bins - 1} inner edges."
    for sample, told in (
        (
            actual,
            "The edges are quantiles of actual. Those of expected stay as they are each day.",
        ),
        (
            np.concatenate([expected, actual]),
            "The edges are quantiles of both together, which move with each day's rows.",
        ),
    ):
        for method in METHODS:
            inner = np.quantile(sample, np.arange(1, bins) / bins, method=method)
            p, q = (
                np.maximum(_counts(inner, each), 0.5) / len(each) for each in (expected, actual)
            )
            yield _index(p, q), told
    wide = np.linspace(expected.min(), expected.max(), bins + 1)
    p, q = (np.maximum(_counts(wide[1:-1], each), 0.5) / len(each) for each in (expected, actual))
    yield (
        _index(p, q),
        "The bins are equally wide: most hold few rows, and their chance is what you see. Take "
        "quantiles.",
    )
    p, q = (
        np.maximum(np.histogram(each, wide)[0], 0.5) / len(each) for each in (expected, actual)
    )
    yield _index(p, q), "The bins are equally wide. Take quantiles of expected."


@population_stability.set_inputs(also_right=OTHERS)
def population_stability_inputs(rng):
    # numbers of rows at which no rounding of k / bins decides on which side an edge lies
    yield "the example", (np.arange(8.0), np.array([0.5, 5.5, 6.5, 9]), 2)
    for what, n, m, bins in (
        ("many rows", 503, 377, 10),
        ("few rows", 33, 17, 5),
        ("two bins", 40, 60, 2),
        ("one actual row", 55, 1, 4),
        ("as many bins as rows", 8, 9, 8),
        ("more actual rows", 50, 400, 8),
    ):
        yield what, (rng.normal(size=n), rng.normal(size=m), bins)
        yield f"{what}, moved", (rng.normal(size=n), rng.normal(1.5, 0.7, size=m), bins)
        yield f"{what}, far away", (rng.gamma(2, size=n), 100 + rng.gamma(2, size=m), bins)
        yield f"{what}, far below", (rng.gamma(2, size=n), -rng.gamma(2, size=m), bins)
    same = rng.normal(size=93)
    yield "the same rows twice", (same, same.copy(), 10)
    yield "sorted rows", (np.sort(same), np.sort(rng.normal(size=70)), 4)
    yield "huge scores", (1e7 * rng.normal(size=83), 1e7 * rng.normal(1, size=70), 5)
    yield "tiny scores", (1e-7 * rng.normal(size=83), 1e-7 * rng.normal(1, size=70), 5)
