"""Exercise of lesson 26 on light: what is left of a picture when its exposure is taken away."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# ------------------------------------------------------------------------------- 2 · without light

YARDS, FRAMES, DAYS = (2600, 2601), 480, 6
LINE = 0.85  # mean AUROC on these yards
CHANGE = 0.02  # of the result's spread, that another exposure may make
LAMP = 0.35  # of it, that light from one side may change

without_light = Exercise(
    "Return what is left of a grey picture when the light is taken away: gain × frame + offset "
    "has to give the same, and light from one side hardly another. On yards held back, what is "
    "new has to show in it.",
    hints=(
        "Less a mean, an offset is gone; divided by a spread, a gain. A lamp lights one part of "
        "the yard only: whose mean, and whose spread?",
        "Take each pixel's own surroundings: scipy.ndimage.gaussian_filter(frame, 6) is its local "
        "mean. The spread of what is left can be local, or one for all.",
        "rest = frame - gaussian_filter(frame, 6), with frame as float; rest / max(rest.std(), "
        "1e-9).",
    ),
    praise="Right: gain and offset leave no trace, and where the light differs from place to "
    "place, each place is its own measure.",
    seconds=30.0,
    prepare=lambda: _as_they_are(),
)


@without_light.set_solution
def without_light_solution(frame):
    from scipy.ndimage import gaussian_filter

    frame = np.asarray(frame, dtype=float)
    rest = frame - gaussian_filter(frame, 6)  # less the local mean
    spread = np.sqrt(gaussian_filter(rest**2, 6))
    return rest / np.maximum(spread, 1e-9)


@functools.cache
def _yards():
    """Return for each yard training frames, and later ones without the animal and their labels."""
    from course_utils import data

    made = []
    for seed in YARDS:
        yard, half = data.make_yard(FRAMES, DAYS, seed), FRAMES // 2
        counted = ~data.yard_animals(FRAMES, DAYS, seed)[half:]
        made.append((yard.X[:half:3], yard.X[half:][counted], yard.y[half:][counted]))
    return made


def _judged(function):
    """Return the mean AUROC of the worst 8 × 8 pixels' change from the training frames."""
    from course_utils.evaluation import auroc

    from scipy.ndimage import uniform_filter

    found = []
    for train, later, y in _yards():
        left, later = (
            np.stack([function(frame) for frame in frames]).astype(float)
            for frames in (train, later)
        )
        usual, spread = np.median(left, axis=0), left.std(axis=0)
        change = np.abs(later - usual) / (spread + 0.25 * spread.mean() + 1e-12)
        scores = [uniform_filter(each, 8).max() for each in change]
        found.append(auroc(y, np.array(scores)))
    return np.mean(found)


@functools.cache
def _as_they_are():
    """Return what frames reach in which the light is left."""
    return _judged(np.asarray)


@without_light.set_check
def without_light_check(answer):
    def left(frame):
        return as_array(answer(frame.copy()), shape=frame.shape, what="the picture that is left")

    frame = _yards()[0][0][17]
    left(np.full((24, 30), 90.0))  # a covered lens: there is no spread to divide by
    plain = left(frame.astype(float))
    spread = plain.std()
    require(
        spread > 1e-6 * (1 + np.abs(plain).max()),
        "Nothing is left: all pixels are the same. What does another exposure not change?",
    )

    def change(gain, offset):
        return np.abs(left(gain * frame.astype(float) + offset) - plain).mean() / spread

    require(
        np.abs(left(frame) - plain).mean() <= 1e-3 * spread,
        "A frame of whole numbers (uint8) leaves something else than the same numbers as floats: "
        "uint8 has no numbers below 0 and above 255. Begin with frame.astype(float).",
    )
    again, spot = left(frame.astype(float)), frame.astype(float)
    require(
        np.abs(again - plain).max() <= 1e-6 * spread,
        "The same frame leaves another picture when it comes again. Chance and memory have no "
        "place here.",
    )
    spot[60:68, 20:28] += 40
    seen = np.abs(left(spot) - plain)
    around = np.zeros(frame.shape, dtype=bool)
    around[52:76, 12:36] = True
    require(
        seen[around].mean() > seen[~around].mean(),
        "A bright spot at row 64, column 24 changes what is left elsewhere more than there. What "
        "is left shall lie where it was.",
    )
    gains, offsets = (
        (change(0.1, 0), change(0.5, 0), change(1.5, 0)),
        (change(1, 25), change(1, -10)),
    )
    gain, offset = max(gains), max(offsets)
    told = f"{gain:.0%} of the result's spread for a gain, {offset:.0%} for an offset"
    require(
        gain <= CHANGE or offset <= CHANGE,
        f"Another exposure changes it, by {told}. The same is asked for.",
    )
    require(
        gain <= CHANGE,
        f"An offset is taken away, a gain is not: the change is {told}. Divide by what grows with "
        "the gain as well; a number added there, or a floor of some greys, does not.",
    )
    require(
        offset <= CHANGE,
        f"A gain is taken away, an offset is not: the change is {told}. Quotients and logarithms "
        "know gains only; subtract first.",
    )
    require(
        max(change(0.6, 20), change(1.4, -9)) <= CHANGE,
        "Gain and offset alone are taken away, and both together are not.",
    )
    from_one_side = np.linspace(0.6, 1.4, frame.shape[1])
    lamp = max(change(gains, 0) for gains in (from_one_side, from_one_side[:, None]))
    if lamp > LAMP:
        one_for_all = np.corrcoef(plain.ravel(), frame.ravel())[0, 1] > 0.9999
        told = "One mean and one spread for the whole picture take away its exposure alone. "
        raise Misconception(
            f"{told if one_for_all else ''}Light that grows from 0.6 to 1.4 across the picture "
            f"changes it by {lamp:.0%} of the result's spread; {LAMP:.0%} are allowed. "
            "A lamp lights one part: measure each part by its own surroundings."
        )
    found = _judged(left)
    require(
        found >= LINE,
        "No light changes it, but it sees too little of what is new. On yards held back its AUROC "
        f"is {found:.3f}; {LINE:g} is the line, and frames as they are reach "
        f"{_as_they_are():.3f}.",
    )
