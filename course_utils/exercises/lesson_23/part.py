"""Exercise of lesson 23 on geometry: which part of a bearing an envelope spectrum blames."""

from __future__ import annotations

import functools

from course_utils import data
from course_utils.exercises.engine import Exercise
from course_utils.exercises.lesson_23 import _recordings
from course_utils.exercises.results import Misconception, require

import numpy as np

# --------------------------------------------------------------------------------- 2 · named part

OF_EACH = 16  # recordings of each kind
LEAST = 0.8  # share of each kind that has to be named rightly

named_part = Exercise(
    "Return which part an envelope `spectrum` blames, 'outer race', 'inner race' or 'ball', or "
    "None where none stands out. The shaft's speed `rotation` is read to within 0.8 %.",
    hints=(
        "data.bearing_frequencies(rotation) tells how often the shaft's speed lets each part be "
        "struck; a spot on a ball strikes both races in each spin, so look at twice its spin. How "
        "far from there may the line lie, and what lies beside?",
        "How high is the highest line near the strike, in units of the median of the lines around "
        "it? Some part is always the highest: below a limit, name none.",
        "near = abs(frequency - strike) <= 0.012 * strike; around = abs(frequency - strike) < "
        "0.2 * strike; height = spectrum[near].max() / np.median(spectrum[around]). The part with "
        "the largest height, if that is above 5.",
    ),
    praise="Right on recordings held back. The search is as wide as the speed is uncertain and no "
    "wider: outer race + shaft lies only 2.7 % below twice the ball's spin.",
    prepare=lambda: _held_back(),
)


@named_part.set_solution
def named_part_solution(frequency, spectrum, rotation):
    strikes = data.bearing_frequencies(rotation)
    strikes["ball"] *= 2  # a spot on it strikes both races in each spin
    heights = {}
    for part in ("outer race", "inner race", "ball"):
        off = np.abs(frequency - strikes[part]) / strikes[part]
        heights[part] = spectrum[off <= 0.012].max() / np.median(spectrum[off < 0.2])
    highest = max(heights, key=heights.get)
    return highest if heights[highest] > 5 else None


@functools.cache
def _held_back():
    return _recordings.recordings(232, OF_EACH)


@named_part.set_check
def named_part_check(answer):
    said = [_said(answer, each.frequency, each.spectrum, each.rotation) for each in _held_back()]
    right = np.array([each.part == part for each, part in zip(_held_back(), said, strict=True)])
    kinds = np.array([each.kind for each in _held_back()])
    shares = {kind: right[kinds == kind].mean() for kind in _recordings.KINDS}
    if min(shares.values()) >= LEAST:
        return
    told = "Named rightly of recordings held back: " + ", ".join(
        f"{kind} {share:.0%}" for kind, share in shares.items()
    )
    told = f"{told}; {LEAST:.0%} of each are asked for."
    _require_any_unit(answer, said, told)
    if shares["healthy"] < LEAST:
        raise Misconception(
            "A healthy bearing is blamed: one part is always the highest. Name it only where it "
            f"stands out of the lines around it. {told}"
        )
    _name_the_search(answer, shares, told)
    damaged = np.isin(kinds, _recordings.PARTS)
    missed = np.mean([part is None for part in np.array(said, dtype=object)[damaged]])
    require(missed < 1 - LEAST, f"{missed:.0%} of the damaged bearings pass for healthy. {told}")
    raise Misconception(told)


def _said(answer, frequency, spectrum, rotation):
    """Return the part that is named, or say what came back instead."""
    part = answer(frequency.copy(), spectrum.copy(), rotation)
    require(
        part is None or isinstance(part, str),
        f"A name or None is asked for; you return {type(part).__name__}.",
    )
    require(
        part is None or part in _recordings.PARTS,
        f"You return {part!r}. Asked for are 'outer race', 'inner race', 'ball' or None.",
    )
    return part


def _require_any_unit(answer, said, told):
    for unit in (1e-3, 1e3):
        again = [
            _said(answer, each.frequency, unit * each.spectrum, each.rotation)
            for each in _held_back()[: len(_recordings.PARTS) * OF_EACH]
        ]
        require(
            again == said[: len(again)],
            "It hangs on the unit of the spectrum: measure a line against the lines around it, "
            f"not against a number of your own. {told}",
        )


def _name_the_search(answer, shares, told):
    """Say where the answer looks, by spectra of noise in which one line stands out."""
    strikes = _recordings.strikes(29.4)

    def of_a_line(at):
        return _said(answer, *_recordings.with_a_line(at), 29.4)

    named = {part: of_a_line(at) for part, at in strikes.items()}
    require(
        (named["outer race"], named["inner race"]) != ("inner race", "outer race"),
        "Inner and outer race are changed over: the inner one meets the balls more often, since "
        "it turns against them.",
    )
    wide = [
        part
        for part, at in strikes.items()
        if part in (of_a_line(at * 0.977), of_a_line(at * 1.023))
    ]
    require(
        shares["neighbour"] >= LEAST or not wide,
        "You search too far: a line 2.3 % beside a strike is taken for it. Such lines come from a "
        f"neighbouring motor, or from outer race + shaft beside twice the ball's spin. {told}",
    )
    narrow = [
        part
        for part, at in strikes.items()
        if named[part] == part and None in (of_a_line(at * 0.993), of_a_line(at * 1.007))
    ]
    damaged = min(shares[part] for part in _recordings.PARTS)
    require(
        damaged >= LEAST or not narrow,
        "You search too close: a line 0.7 % beside a strike is missed, and the speed is read to "
        f"within 0.8 %. {told}",
    )
