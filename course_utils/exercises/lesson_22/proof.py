"""Exercise of lesson 22: whether two ways of training differ by rounding alone."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_22 import _pairs
from course_utils.exercises.results import require

import numpy as np

# ------------------------------------------------------------------------------------- 4 · verdict

VERDICTS = ("same", "rounding", "different")

verdict = Exercise(
    'one("float32") and many("float32") train in one process and in many, and return the weights, '
    '(n,); "float64" trains with more digits. Return "same" where no bit of the float32 weights '
    'differs, "rounding" where they differ by rounding alone, else "different".',
    hints=(
        "How large a difference is says little: rounding grows in a long training, and a real "
        "difference may be small.",
        "Rounding in float64 is about 5e8 times smaller than in float32. What is no rounding "
        "stays as large as it was.",
        "Compare the largest difference in float64 with the largest in float32: is it a "
        "thousandth of it, or less?",
    ),
    praise="Right on every pair held back: what more digits take away was rounding.",
    prepare=lambda: _held_back(),
)


@verdict.set_solution
def verdict_solution(one, many):
    single, double = (np.abs(one(d) - many(d)).max() for d in ("float32", "float64"))
    if single == 0:
        return "same"
    return "rounding" if double <= 1e-3 * single else "different"


def _held_back():
    return _pairs.pairs(2204, 2)


@verdict.set_check
def verdict_check(answer):
    pairs = _held_back()
    for pair in pairs:
        pair.asked.clear()
    given = [_text(answer(pair.one, pair.many)) for pair in pairs]
    if wrong := [number for number, pair in enumerate(pairs) if given[number] != pair.truth]:
        said = f"Of {len(pairs)} pairs held back {len(wrong)} are judged wrongly."
        require(
            len(set(given)) > 1,
            f'{said} It is "{given[0]}" each time. Three answers are possible.',
        )
        asked = {dtype for pair in pairs for dtype in pair.asked}
        require(
            "float64" in asked,
            f"{said} float64 was never trained. float32 alone does not tell rounding that has "
            "grown from a real difference.",
        )
        require(
            "float32" in asked,
            f"{said} float32 was never trained, and whether its bits differ is asked for.",
        )
        for number in wrong:
            _explain(answer, pairs[number], given[number], said)
    again = [_text(answer(pair.one, pair.many)) for pair in reversed(pairs)][::-1]
    require(again == given, "Asked once more about the same pairs, it judges otherwise.")


def _text(given):
    """Return a verdict, or say what came back instead."""
    require(given is not None, "Your function returned None: is a `return` missing?")
    require(
        isinstance(given, str) and given in VERDICTS,
        f'One of the texts "same", "rounding" and "different" is asked for; you '
        f"return {str(given)[:40]!r}.",
    )
    return given


def _explain(answer, pair, given, said):
    """Refuse a wrong verdict, with what could have been seen."""
    single, double = pair.difference("float32"), pair.difference("float64")
    told = (
        f'{said} The first: {pair.told}. You say "{given}"; it is "{pair.truth}". The weights '
        f"differ by {single:.1g} of the largest weight in float32 and by {double:.1g} in float64."
    )
    require(pair.truth != "same", f"{told} Where not one bit differs, they are the same.")
    require(given != "same", f"{told} They are only the same where not one bit differs.")
    require(
        _text(answer(pair.many, pair.one)) != pair.truth,
        f"{told} With one and many changed over you would be right: a difference below 0 is one "
        "as well.",
    )
    unit = np.abs(pair.weights["float64"][0]).max()
    rescaled = pair.times(2.0 ** -np.round(np.log2(unit)))  # by a power of two no bit is lost
    require(
        _text(answer(rescaled.one, rescaled.many)) != pair.truth,
        f"{told} The largest weight is {unit:.1g} here; were it about 1, you would be right: "
        "judge a difference beside the weights, or beside the other difference, not by itself.",
    )
    require(
        pair.truth != "rounding",
        f"{told} What all but vanishes with more digits was rounding, however far it has grown.",
    )
    require(False, f"{told} What more digits do not take away is no rounding, small as it may be.")
