"""Exercise of lesson 20 on the gate: which rows a detector may learn from."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.quantiles import LEVELS
from course_utils.exercises.results import as_array, require

import numpy as np

# ----------------------------------------------------------------------------------- 5 · may learn

may_learn = Exercise(
    "Say whether the detector may learn from a row: False where its score is in the top share "
    "`left_out` of the `recent` scores, True elsewhere, and while there are no recent ones.",
    hints=(
        "Where does the score stand among the recent ones? np.mean(recent >= score) is the share "
        "that is at least as high.",
        "In the top share `left_out` means: fewer than that share are at least as high.",
        "if len(recent) == 0: return True; return bool(np.mean(recent >= score) >= left_out)",
    ),
    praise="Right: what looks most unusual now is not learned. What that costs comes next.",
)


@may_learn.set_solution
def may_learn_solution(score, recent, left_out):
    if len(recent) == 0:
        return True
    return bool(np.mean(recent >= score) >= left_out)


def _by_level(level):
    def rule(score, recent, left_out):
        return len(recent) == 0 or bool(score <= level(recent, left_out))

    return rule


@may_learn.set_check
def may_learn_check(answer):
    recent = np.random.default_rng(24).gamma(2, size=200)

    def said(score, recent, left_out):
        result = answer(score, recent.copy(), left_out)
        return bool(as_array(result, shape=(), what="the verdict"))

    require(
        said(0.0, np.empty(0), 0.1),
        "Without recent scores nothing is learned, so there never are any.",
    )
    inside, outside = np.quantile(recent, (0.5, 0.97))
    require(said(inside, recent, 0.1), "A row in the middle may be learned, and you leave it out.")
    require(not said(outside, recent, 0.1), "A row in the top tenth is to be left out.")


@may_learn.set_inputs(also_right=[_by_level(each) for each in LEVELS])
def may_learn_inputs(rng):
    yield "the example", (0.35, np.array([0.1, 0.4, 0.2, 0.3]), 0.25)
    for n in (20, 400):
        recent = rng.gamma(2, size=n)
        for left_out in (0.1, 0.25, 0.5):
            for share in (0.0, 0.5 * left_out, 0.8 * left_out + 0.2, 0.95):
                score = np.quantile(recent, 1 - share)
                yield f"{n} recent scores", (score, recent, left_out)
