"""Exercise of lesson 14 about maps of heat: one score for each image, judged on held-back maps."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.ranking import area
from course_utils.exercises.results import (
    as_array,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np

ENOUGH = 0.8  # AUROC on each kind of defect
DRAWS = 3

# --------------------------------------------------------------------------------- 5 · image score

image_score = Exercise(
    "Return one score for each map of heat (n, places), by which images with one hot patch and "
    f"images with ten warm ones both rank above normal ones: AUROC {ENOUGH} or more for each.",
    hints=(
        "The hottest patch alone finds a small defect, and says nothing of how many are warm.",
        "The mean of all patches drowns a single hot one among the others.",
        "Between the two lies the mean of the few hottest: np.sort(heat, axis=1)[:, -k:].",
    ),
    praise="Right. Small and faint ones both count, on maps that your score has not seen.",
)


@image_score.set_solution
def image_score_solution(heat):
    return np.sort(heat, axis=1)[:, -4:].mean(axis=1)


def _maps(generator, count=400, places=64):
    """Return maps of normal images, of images with one hot patch and of ones with ten warm ones.

    Normal images have a rare hot patch, too, and each is a little warmer or colder as a whole.
    """
    heat = 40 + 4 * generator.standard_normal((3, count, places))
    heat += 1.5 * generator.standard_normal((3, count, 1))
    rare = generator.random(heat.shape) < 0.01
    heat += rare * generator.uniform(5, 20, heat.shape)
    normal, small, faint = heat
    small[np.arange(count), generator.integers(places, size=count)] += 20
    for each in faint:
        each[generator.choice(places, 10, replace=False)] += 8
    return normal, small, faint


@image_score.set_check
def image_score_check(answer):
    areas = []
    for seed in range(DRAWS):
        kinds = _maps(np.random.default_rng(140 + seed))
        scores = [_scores(answer, each) for each in kinds]
        if seed == 0:
            _require_each_alone(answer, kinds, scores)
            _name_the_score(kinds, scores)
        areas.append([area(scores[0], each) for each in scores[1:]])
    small, faint = np.mean(areas, axis=0)
    require(
        small >= 0.5 and faint >= 0.5,
        f"Upside down: AUROC {small:.2f} for small and {faint:.2f} for faint defects. Higher has "
        "to mean more anomalous.",
    )
    require(
        min(small, faint) >= ENOUGH,
        f"On maps held back, your score has an AUROC of {small:.2f} for one hot patch and of "
        f"{faint:.2f} for ten warm ones; {ENOUGH} or more is asked for each.",
    )


def _scores(answer, heat):
    got = as_array(answer(heat.copy()), what="the scores")
    n, places = heat.shape
    require(
        got.shape != (places,),
        f"You return one number for each of the {places} places; one for each image is asked "
        "for: axis=1.",
    )
    require(got.shape == (n,), f"{n} scores are asked for; you return the shape {got.shape}.")
    return got


def _require_each_alone(answer, kinds, scores):
    """Refuse a score that depends on the other images, or on earlier calls."""
    for heat, together in zip(kinds, scores, strict=True):
        require(
            same_numbers(_scores(answer, heat[:7]), together[:7]),
            "An image's score depends on the images beside it. Tomorrow it comes alone: score "
            "each map by itself.",
        )


def _name_the_score(kinds, scores):
    """Refuse the two ends, by their own signature."""
    heat = np.concatenate(kinds)
    name_the_mistake(
        np.concatenate(scores),
        (
            (
                heat.max(axis=1),
                "That is the hottest patch. Ten warm patches say more than it does; ask a few.",
            ),
            (
                heat.mean(axis=1),
                "That is the mean of all patches, in which a single hot one drowns.",
            ),
            (
                np.median(heat, axis=1),
                "That is the median, which no defect moves that covers less than half.",
            ),
        ),
    )
