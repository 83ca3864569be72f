"""Exercise of lesson 26 on late fusion: two scores in one unit, the larger taken."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, difference, require

import numpy as np

# ------------------------------------------------------------------------------------ 5 · larger z

larger_z = Exercise(
    "Return for each row the larger z of its two scores: less the mean over the normal rows "
    "`held_out`, by their standard deviation, which counts as `least` where it is smaller.",
    hints=(
        "Mean and standard deviation are those of each column of `held_out`. The rows to judge "
        "have no say in them: most of a batch may be damaged.",
        "A rule scores 0 on every good tray, and its standard deviation is 0. np.maximum(std, "
        "least) keeps the division finite.",
        "z = (scores - held_out.mean(axis=0)) / np.maximum(held_out.std(axis=0), least); then "
        "the maximum of each row.",
    ),
    praise="Right: what either sees, both see. The price is one line for two scores, so that each "
    "false alarm of either counts.",
)


@larger_z.set_solution
def larger_z_solution(scores, held_out, least):
    spread = np.maximum(held_out.std(axis=0), least)  # a rule hardly varies on normal rows
    z = (scores - held_out.mean(axis=0)) / spread
    return z.max(axis=1)


def _with_ddof_1(scores, held_out, least):
    spread = np.maximum(held_out.std(axis=0, ddof=1), least)
    return ((scores - held_out.mean(axis=0)) / spread).max(axis=1)


@larger_z.set_check
def larger_z_check(answer):
    rng = np.random.default_rng(265)
    held_out = np.column_stack([rng.gamma(9, 3, 60), rng.random(60) < 0.03])
    damaged, logical = rng.random((2, 40)) < 0.4
    scores = np.column_stack(
        [rng.gamma(9, 3, 40) + 40 * damaged, rng.integers(1, 3, 40) * logical]
    ).astype(float)
    scores[:3] = [[12, 0], [14, 0], [5, 0]]  # below the mean in both
    least = 0.3
    got = as_array(
        answer(scores.copy(), held_out.copy(), least), shape=(40,), what="z", finite=False
    )
    if not all(difference(got, each(scores, held_out, least)) for each in _RIGHT):
        return
    for wrong, message in _wrong_z(scores, held_out, least):
        require(difference(got, wrong), message)
    got = as_array(got, what="z")
    right = larger_z_solution(scores, held_out, least)
    place = int(np.argmax(np.abs(got - right) > 1e-4 * (1 + np.abs(right))))
    raise Misconception(
        f"Row {place} has the scores {scores[place]}: you return {got[place]:.4g}; "
        f"{right[place]:.4g} is expected."
    )


_RIGHT = larger_z_solution, _with_ddof_1


def _wrong_z(scores, held_out, least):
    """Yield what slips lead to, and which they are."""
    for ddof in (0, 1):
        mean, std = held_out.mean(axis=0), held_out.std(axis=0, ddof=ddof)
        spread = np.maximum(std, least)
        z = (scores - mean) / spread
        yield z.mean(axis=1), "That is the mean of both: what one sees alone, the other hushes up."
        yield z.sum(axis=1), "That is the sum of both: what one sees alone, the other hushes up."
        yield z.min(axis=1), "That is the smaller one: only what both see would alarm."
        yield (
            np.abs(z).max(axis=1),
            "A score far below the mean counts as far: high is suspect, and low is not.",
        )
        yield (
            ((scores - mean) / std).max(axis=1),
            f"`least` is not used: the second score's standard deviation is {std[1]:.2g}, so that "
            "a single point of it outweighs the first.",
        )
        yield (
            ((scores - mean) / (std + least)).max(axis=1),
            "`least` is added to the standard deviation. It takes its place where that is "
            "smaller.",
        )
        yield (
            ((scores - mean) / np.minimum(std, least)).max(axis=1),
            "The smaller of standard deviation and `least` divides; the larger shall.",
        )
        yield (
            ((scores - mean) / spread**2).max(axis=1),
            "The variance divides. It has the square of the unit.",
        )
        yield (scores / spread).max(axis=1), "The means are not subtracted."
        yield (
            ((scores - mean) / np.maximum(held_out.std(ddof=ddof), least)).max(axis=1),
            "One standard deviation is taken for both scores, whatever their units.",
        )
        own = np.maximum(scores.std(axis=0, ddof=ddof), least)
        yield (
            ((scores - scores.mean(axis=0)) / own).max(axis=1),
            "Mean and standard deviation are those of the rows that are judged. In a batch of "
            "damaged trays damage would be usual: take `held_out`.",
        )
        by_all = (scores - held_out.mean()) / np.maximum(held_out.std(ddof=ddof), least)
        yield by_all.max(axis=1), "One mean and one spread are taken for both scores."
    yield scores.max(axis=1), "The scores are compared in unlike units: standardise them first."
    yield (scores - held_out.mean(axis=0)).max(axis=1), "The standard deviations do not divide."


@larger_z.set_inputs(also_right=(_with_ddof_1,))
def larger_z_inputs(rng):
    yield "the example", (np.array([[5.0, 0], [3, 2]]), np.array([[2.0, 0], [4, 0]]), 0.1)
    for rows, normal, least in ((30, 20, 0.1), (12, 50, 1.5), (1, 9, 0.01), (8, 3, 0.5)):
        units = 10.0 ** rng.integers(-1, 3, 2)
        held_out = units * rng.normal(2, 1, (normal, 2))
        scores = units * rng.normal(2.5, 2, (rows, 2))
        yield f"{rows} rows, {normal} normal ones", (scores, held_out, least)
        yield "scores below 0", (scores - 500, held_out - 500, least)
        rule = np.column_stack([held_out[:, 0], np.zeros(normal)])
        yield "a rule that is 0 on normal rows", (np.abs(np.round(scores)), rule, least)
        yield "both the same on normal rows", (scores, np.full((normal, 2), 3.0), least)
    yield "a first score that hardly varies", (scores, held_out * [1e-4, 1], 0.2)
