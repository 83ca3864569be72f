"""Exercises of lesson 25 on two detectors in one: one unit for both, and what OR costs."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
    take_apart,
)

import numpy as np

# ------------------------------------------------------------------------------------ 4 · surprise

surprise = Exercise(
    "Return −ln p of each score, where p = (1 + how many of the `reference` scores are as high or "
    "higher) / (1 + n).",
    hints=(
        "Count for each score the reference scores that are at least as high. What would −ln be "
        "of a score above all, if nothing were added?",
        "reference[:, None] >= scores has a row for each reference score; its sum over axis 0 "
        "counts.",
        "above = (reference[:, None] >= scores).sum(axis=0); "
        "-np.log((1 + above) / (1 + len(reference))).",
    ),
    praise="Right, and never infinite: 200 harmless rows can say ln 201 = 5.3 at the most.",
)


@surprise.set_solution
def surprise_solution(reference, scores):
    at_least = (reference[:, None] >= scores).sum(axis=0)  # (m,)
    return -np.log((1 + at_least) / (1 + len(reference)))


@surprise.set_check
def surprise_check(answer):
    generator = np.random.default_rng(254)
    reference = np.round(generator.normal(size=40), 1)
    scores = np.concatenate([reference[:9], [reference.max(), 9.0, -9.0, 0.77]])
    with np.errstate(all="ignore"):
        got = as_array(answer(reference.copy(), scores.copy()), what="the surprises", finite=False)
    require(
        not np.isposinf(got).any(),
        "A score above all of `reference` gets an infinite surprise. Forty rows cannot say that "
        "a higher one never comes: count the score itself as well, (1 + …) / (1 + n).",
    )
    got = as_array(got, what="the surprises")
    require(got.shape != reference.shape, "Surprises of `reference` came back, not of `scores`.")
    got = as_array(got, shape=scores.shape, what="the surprises")
    n = len(reference)
    right = surprise_solution(reference, scores)
    at_least, more = (
        (each(reference[:, None], scores)).sum(axis=0) for each in (np.greater_equal, np.greater)
    )
    name_the_mistake(
        got,
        [
            (np.exp(-right), "That is p. The surprise is −ln p."),
            (1 - np.exp(-right), "That is 1 − p. The surprise is −ln p."),
            (-right, "The sign: ln p is below 0, and a surprise is −ln p."),
            (-np.log((1 + more) / (1 + n)), "Equal scores do not count as higher here, and many "
             "scores are equal, such as counts. `As high or higher` is asked for."),
            (-np.log((1 + n - more) / (1 + n)), "That counts the reference scores that are as low "
             "or lower: a high score is no surprise then. Count those as high or higher."),
            (-np.log((1 + n - at_least) / (1 + n)), "That counts the reference scores that are "
             "lower: a high score is no surprise then. Count those that are as high or higher."),
            (-np.log((1 + at_least) / n), "The divisor is n. Where the score itself is counted "
             "above, it is below too: 1 + n."),
            (-np.log(np.maximum(at_least, 1) / n), "The lowest count is lifted to 1, and the "
             "others are not. Add 1 to all, and to n."),
            (-np.log10(np.exp(-right)), "That is the logarithm to base 10; ln is asked for."),
            (right / np.log(2), "That is the logarithm to base 2; ln is asked for."),
            (_by_themselves(scores), "That ranks `scores` among themselves. What is judged "
             "together must not matter: count the `reference` scores."),
        ],
    )  # fmt: skip
    told = difference(got, right)
    require(not told, f"The surprises differ from −ln p: {told}")


def _by_themselves(scores):
    return surprise_solution(scores, scores)


@surprise.set_inputs
def surprise_inputs(rng):
    yield "the example", (np.array([1.0, 2, 3]), np.array([0.0, 2, 9]))
    for n, m in ((30, 12), (9, 40), (1, 5), (50, 1)):
        reference, scores = rng.normal(size=n), rng.normal(0.5, 2, size=m)
        yield f"{n} reference scores", (reference, scores)
        yield "tied scores", (np.round(reference), np.round(scores))
        yield "another unit", (1000 + 50 * reference, 1000 + 50 * scores)
    yield "the same on both sides", (reference, reference)


# -------------------------------------------------------------------------------- 5 · either lines

STREAMS = range(255, 263)
HARMLESS, JUDGED = 2000, 20_000
MORE, LESS = (
    1.25,
    0.6,
)  # of `share`: the false alarms that are too many, and that leave budget unused
FOUND = 0.8  # of what half the budget each finds, of either kind of attack

either_lines = Exercise(
    "Return two thresholds, for an alarm wherever the first score or the second lies above its "
    "own: of harmless rows about the share `share` rings in all, and both kinds of attacks are "
    "found.",
    hints=(
        "With each line at the share, how many harmless rows ring? Some ring for one, others for "
        "the other.",
        "The two shares add up, less what rings for both. Give each half of the budget; or draw "
        "one line on the larger of both surprises, which counts the common ones once.",
        "np.quantile(first, 1 - share / 2), np.quantile(second, 1 - share / 2).",
    ),
    praise="Right: OR costs the sum of both false alarms, less the common ones, and half a budget "
    "each pays for it.",
)


@either_lines.set_solution
def either_lines_solution(first, second, share):
    return np.quantile(first, 1 - share / 2), np.quantile(second, 1 - share / 2)


def _in_units(first, second, seed):
    """Return two columns in units that differ from stream to stream."""
    unit, other = np.random.default_rng(seed + 2000).uniform(1, 50, 2)
    return np.column_stack([unit / (1 + np.exp(-3 * first)), 40 + other * np.exp(0.6 * second)])


def _stream(seed, rows, held_back=False):
    """Return two detectors' harmless scores, (rows, 2), of which few are high for both."""
    generator = np.random.default_rng(seed + 500 * held_back)
    common = generator.normal(size=rows)
    return _in_units(*(common * 0.3 + generator.normal(size=(2, rows))), seed)


def _attacks(seed, rows=2000):
    """Return the scores of attacks that the first detector sees, and of the second's."""
    generator = np.random.default_rng(seed + 1000)
    seen, other = generator.normal(3.2, 0.8, (2, rows)), generator.normal(size=(2, rows))
    return _in_units(seen[0], other[0], seed), _in_units(other[1], seen[1], seed)


@either_lines.set_check
def either_lines_check(answer):
    for share in (0.04, 0.01):
        _judge_the_lines(answer, share)


def _judge_the_lines(answer, share):
    """Refuse lines that ring too often or too seldom on streams held back, or find one kind."""
    rung, apart, found, usual = [], [], [], []
    for seed in STREAMS:
        scores, judged = _stream(seed, HARMLESS), _stream(seed, JUDGED, held_back=True)
        lines = _lines_of(answer, scores, share)
        above = judged > lines
        rung.append(above.any(axis=1).mean() / share)
        apart.append(above.mean(axis=0) / share)
        halves = np.array(either_lines_solution(*scores.T, share))
        for into, thresholds in ((found, lines), (usual, halves)):
            into.append([(each > thresholds).any(axis=1).mean() for each in _attacks(seed)])
    rung, (first, second) = np.mean(rung), np.mean(apart, axis=0)
    told = (
        f" With share = {share:g}, of harmless rows held back the first alone rings {first:.2f} "
        f"times the share, the second {second:.2f}, and either of both {rung:.2f}."
    )
    require(
        not (min(first, second) > 0.8 and max(first, second) < 1.25 and rung > MORE),
        f"Each line alone keeps the budget, as if OR cost nothing. Alarms of both add up.{told}",
    )
    require(
        not rung > MORE,
        f"Too many false alarms: the share is meant for both together.{told}",
    )
    found, usual = np.mean(found, axis=0), np.mean(usual, axis=0)
    for number, of, theirs in ((0, "first", first), (1, "second", second)):
        require(
            found[number] >= FOUND * usual[number],
            f"Of the attacks that the {of} detector sees, {found[number]:.2f} are found; half of "
            f"the budget for each detector finds {usual[number]:.2f}. Its line rings "
            f"{theirs:.2f} times the share: it needs a part of its own.{told}",
        )
    require(
        rung >= LESS,
        f"Much of the budget is left over, and attacks below the lines with it.{told}",
    )


def _lines_of(answer, scores, share):
    names = ("threshold of the first", "threshold of the second")
    got = answer(scores[:, 0].copy(), scores[:, 1].copy(), share)
    if hasattr(got, "detach") or hasattr(got, "to_numpy"):
        got = tuple(np.ravel(as_array(got, what="the thresholds", finite=False)))
    lines = [
        as_array(each, what=f"the {name}", finite=False)
        for each, name in zip(take_apart(_parts(got), names), names, strict=True)
    ]
    require(
        all(each.shape == () for each in lines),
        "Two thresholds are asked for, one number each; you return arrays. Scores above them "
        "will ring.",
    )
    require(not np.isnan(lines).any(), "A threshold is NaN, and nothing lies above NaN.")
    return np.array(lines)


def _parts(got):
    return tuple(got) if isinstance(got, np.ndarray) and got.ndim == 1 else got
