"""Exercise of lesson 26 on a rule: two large coins and two small ones, from measured radii."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require

import numpy as np

# ---------------------------------------------------------------------------------- 4 · tray score

SEEDS, TRAYS, EACH = (2610, 2611), 100, 8
LARGE, SMALL, TOUCHING, DUST = (11.3, 15.8), (7.2, 10.2), (17.3, 22.3), (0.6, 4.7)  # pixels
SURE = 1e-9

tray_score = Exercise(
    "Return how far a tray is from two large and two small coins, given the measured radii of the "
    "pieces on it: 0 where it is right, and more the farther.",
    hints=(
        "Good trays differ: no two coins measure alike. Do not compare radii with what they "
        "should be, count the coins of each size.",
        "Small is from 5 to about 10.75 pixels, large from there on. What is above 16.5 is two "
        "large ones that touch.",
        "large = np.sum(radii > 10.75) + np.sum(radii > 16.5); small = np.sum((radii > 5) & "
        "(radii <= 10.75)); abs(large - 2) + abs(small - 2), with radii as an array.",
    ),
    praise="Right: it counts what somebody knew beforehand, and needs no training. A scratch it "
    "cannot see: such a tray measures like a good one.",
    prepare=lambda: _trays(),
)


@tray_score.set_solution
def tray_score_solution(radii):
    radii = np.asarray(radii, dtype=float)
    large = np.sum(radii > 10.75) + np.sum(radii > 16.5)  # two that touch count as two
    small = np.sum((radii > 5) & (radii <= 10.75))  # below is dust
    return abs(large - 2) + abs(small - 2)


@functools.cache
def _trays():
    """Return (kind, radii) of trays held back, sharp and blurred by a pixel."""
    from course_utils import data

    from scipy.ndimage import gaussian_filter

    made = []
    for seed in SEEDS:
        trays = data.make_trays(TRAYS, EACH, seed)
        for image, kind in zip(trays.X.astype(float), trays.kinds, strict=True):
            for soft in (image, gaussian_filter(image, 1)):
                made.append((str(kind), _radii(soft)))
    return made


def _radii(image):
    """Return the radii of discs as large as the pieces that are brighter than the cloth."""
    from scipy.ndimage import gaussian_filter, label

    soft = gaussian_filter(image, 1)
    pieces = label(soft > np.median(soft) + 20)[0]
    return np.sqrt(np.bincount(pieces.ravel())[1:] / np.pi)


@tray_score.set_check
def tray_score_check(answer):
    def score(radii):
        return float(as_array(answer(radii.copy()), shape=(), what="the score of a tray"))

    rng = np.random.default_rng(264)
    good = [np.array([15.9, 7.1, 10.4, 11.1]), *(_tray(rng, 2, 2) for _ in range(40))]
    swapped = [_tray(rng, *counts) for counts in ((3, 1), (1, 3)) for _ in range(10)]
    missing = [_tray(rng, *counts) for counts in ((1, 2), (2, 1)) for _ in range(10)]
    extra = [_tray(rng, *counts) for counts in ((3, 2), (2, 3)) for _ in range(10)]
    of = {
        name: np.array([score(each) for each in trays])
        for name, trays in {
            "good": good, "swapped": swapped, "missing": missing, "extra": extra
        }.items()
    }  # fmt: skip
    wrong = np.concatenate([of["swapped"], of["missing"], of["extra"]])
    require(
        wrong.max() >= of["good"].min() - SURE,
        "Upside down: trays that are wrong score below good ones. 0 means that a tray is right, "
        "and high is suspect.",
    )
    require(
        max(np.abs(of["good"]).max(), np.abs(wrong).max()) > SURE,
        "All trays score 0, good and wrong ones.",
    )
    if np.abs(of["good"]).max() > SURE:
        worst = good[int(np.argmax(np.abs(of["good"])))]
        raise Misconception(
            f"A good tray scores {score(worst):.3g}, with the radii {_shown(worst)}. 0 is "
            "right: small coins measure 7 to 10.5 and large ones 11 to 16. Count them, size by "
            "size."
        )
    require(
        of["swapped"].max() > SURE or of["missing"].min() < SURE,
        "Three large and one small are four coins as well: such a tray scores 0. Count the sizes "
        "apart.",
    )
    _require_both_directions(of)
    for name, trays in (("swapped", swapped), ("missing", missing), ("extra", extra)):
        place = int(np.argmin(of[name]))
        require(
            of[name][place] > SURE,
            f"A tray with the radii {_shown(trays[place])} is wrong ({name}) and scores "
            f"{of[name][place]:.3g}.",
        )
    _require_the_rest(score, rng)


def _require_both_directions(of):
    require(
        of["extra"].max() > SURE or of["missing"].min() < SURE,
        "A coin too few is seen and one too many is not: how far is it, in either direction?",
    )
    require(
        of["missing"].max() > SURE or of["extra"].min() < SURE,
        "A coin too many is seen and one too few is not: how far is it, in either direction?",
    )


def _require_the_rest(score, rng):
    """Refuse what dust, touching coins, order, an empty tray or real trays lay bare."""
    for what, message in (
        (
            np.append(_tray(rng, 2, 2, dust=3), 4.9),
            "A good tray with specks of dust scores {}. Below 5 is dust",
        ),
        (
            np.append(17.1, _tray(rng, 0, 2)),
            "A good tray whose large coins touch scores {}: they are one piece, from 17 on",
        ),
    ):
        got = score(what)
        require(abs(got) <= SURE, f"{message.format(f'{got:.3g}')}; the radii are {_shown(what)}.")
    for _ in range(20):
        bad = np.append(_tray(rng, 0, 1 + 2 * rng.integers(2), dust=2), rng.uniform(*TOUCHING))
        require(
            score(bad) > SURE,
            f"A tray with the radii {_shown(bad)} is wrong and scores 0: two large coins touch, "
            "and the small ones are not two.",
        )
    for others in ((1, 2), (2, 2), (1, 1)):
        bad = np.append(_tray(rng, *others, dust=1), rng.uniform(*TOUCHING))
        require(
            score(bad) > SURE,
            f"A tray with the radii {_shown(bad)} is wrong and scores 0: two large coins touch, "
            "and with those beside them they are more than two.",
        )
    bad = _tray(rng, 3, 1, dust=1)
    require(
        np.ptp([score(rng.permutation(bad)) for _ in range(6)]) <= SURE,
        "The same radii in another order score otherwise. Pieces come in any order.",
    )
    ladder = [score(_tray(rng, *counts)) for counts in ((2, 2), (2, 1), (2, 0), (1, 0), (0, 0))]
    require(
        (np.diff(ladder) > SURE).all(),
        "Taking one coin after the other off a tray, the last one too, the scores are "
        f"{_shown(np.array(ladder))}: they should grow each time.",
    )
    for kind, radii in _trays():
        logical = kind in ("missing", "extra", "swapped")
        got = score(radii)
        require(
            (got > SURE) == logical and got >= -SURE,
            f"A tray held back, {kind or 'good'}, measures {_shown(radii)} and scores {got:.3g}.",
        )


def _tray(rng, large, small, dust=0):
    radii = [rng.uniform(*LARGE, large), rng.uniform(*SMALL, small), rng.uniform(*DUST, dust)]
    return rng.permutation(np.concatenate(radii))


def _shown(numbers):
    return "[" + ", ".join(f"{each:.1f}" for each in numbers) + "]"
