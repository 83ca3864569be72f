"""Exercise of lesson 20 on the gate: which rows a detector may learn from."""

from __future__ import annotations

import warnings

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require

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


@may_learn.set_check
def may_learn_check(answer):
    generator = np.random.default_rng(24)
    recent = generator.permutation(np.cumsum(generator.gamma(2, size=200)))
    _require_a_beginning(answer)
    above = np.array(
        [0.01, 0.03, 0.06, 0.13, 0.16, 0.27, 0.4, 0.6, 0.73, 0.84, 0.87, 0.94, 0.97, 0.99]
    )
    for left_out in (0.1, 0.3):
        scores = np.quantile(recent, 1 - above)
        said = np.array([_said(answer(each, recent.copy(), left_out)) for each in scores])
        right = above >= left_out
        if (said == right).all():
            continue
        _name_the_gate(said, right, above, left_out)
        place = int(np.flatnonzero(said != right)[0])
        raise Misconception(
            f"With left_out {left_out}, a score that {above[place]:.0%} of the recent ones are "
            f"above gives {said[place]}; {right[place]} is expected."
        )
    alike = np.full(50, 0.7)
    require(
        _said(answer(0.7, alike, 0.1)),
        "Where all scores are equal, nothing is ever learned. A score is in the top share only "
        "where few of the recent ones are at least as high: the same is not above.",
    )
    require(
        not _said(answer(0.8, alike, 0.1)),
        "The recent scores are all 0.7 and a score of 0.8 is learned. It is higher than all.",
    )


def _said(result):
    """Return the verdict as a bool, or say what came back instead."""
    got = as_array(result, what="the verdict", finite=False)
    require(got.shape == (), f"One verdict is asked for; you return the shape {got.shape}.")
    require(
        float(got) in (0.0, 1.0),
        f"True or False is asked for; you return {float(got):.4g}. Compare it with `left_out`.",
    )
    return bool(got)


def _require_a_beginning(answer):
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = answer(0.5, np.empty(0), 0.1)
    except (IndexError, ValueError, ZeroDivisionError) as error:
        asked = "ambiguous" in str(error)
        raise Misconception(
            "While there are no recent scores there is nothing to compare with, and your function "
            f"raises {type(error).__name__}. Return True then."
            + asked
            * " Ask len(recent) == 0: an array is neither true nor false."
        ) from error
    require(
        _said(result),
        "While there are no recent scores it does not learn, so that it never begins. Return True "
        "then.",
    )


def _name_the_gate(said, right, above, left_out):
    """Say which known gate lets through what this one does."""
    lowest = above > 1 - left_out
    for gate, why in (
        (np.ones(len(above), bool), "Every row is learned, the most anomalous ones too."),
        (np.zeros(len(above), bool), "No row is ever learned."),
        (~right, "Upside down: only the rows in the top share are learned."),
        (
            lowest,
            "Only the lowest share `left_out` of the scores is learned. That much is left out, at "
            "the top.",
        ),
        (~lowest, "The lowest scores are left out. High scores are the anomalous ones."),
        (
            right & ~lowest,
            "Low scores are left out as well as high ones. High scores alone are anomalous.",
        ),
        (above > left_out / 2, "Half of `left_out` is left out at the top. All of it lies there."),
        (
            (above > left_out / 2) & (above < 1 - left_out / 2),
            "Half of `left_out` is left out at the top and half below. All of it lies at the top.",
        ),
        (above > 0.5, "Everything above the median is left out, whatever `left_out` says."),
    ):
        require((said != gate).any(), why)


@may_learn.set_inputs
def may_learn_inputs(rng):
    # scores far enough from the line that all conventions of a quantile agree
    yield "the example", (0.15, np.array([0.1, 0.4, 0.2, 0.3]), 0.25)
    yield "no recent scores", (float(rng.normal()), np.empty(0), 0.25)
    for n in (20, 300):
        for unit, recent in ((1.0, rng.gamma(2, size=n)), (100.0, rng.normal(-300, 100, size=n))):
            low, high = recent.min() - unit, recent.max() + unit
            for left_out in (0.1, 0.25, 0.5):
                said = f"{n} recent scores, {left_out:.0%} left out"
                yield f"{said}, a score above all", (high, recent, left_out)
                yield f"{said}, a score below all", (low, recent, left_out)
                for more in (-0.09, 0.06, 0.12):
                    share = np.clip(left_out + more, 0.5 / n, 0.98)
                    yield (
                        f"{said}, {share:.0%} above",
                        (
                            float(np.quantile(recent, 1 - share)),
                            recent,
                            left_out,
                        ),
                    )
    yield "few recent scores", (0.9, np.array([0.5, 0.8, 0.7]), 0.1)
    yield "one recent score, below", (0.9, np.array([0.5]), 0.3)
    yield "one recent score, above", (0.1, np.array([0.5]), 0.3)
    for score in (0.7, 0.6, 0.8):
        yield "equal recent scores", (score, np.full(30, 0.7), 0.2)
    yield "counts", (3.0, np.repeat([0.0, 1.0, 2.0, 3.0], [50, 30, 15, 5]), 0.2)
    yield "counts, a low one", (1.0, np.repeat([0.0, 1.0, 2.0, 3.0], [50, 30, 15, 5]), 0.1)
