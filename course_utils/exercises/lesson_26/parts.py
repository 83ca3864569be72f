"""Exercise of lesson 26 on two views: a score that sees what only both together show."""

from __future__ import annotations

import functools

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, as_array, require, unlike

import numpy as np

# ----------------------------------------------------------------------------------- 8 · my fusion

SEEDS = (2620, 2621, 2622)
MISMATCH, HOT_ZONE = 0.88, 0.8  # mean AUROC at least
ORIENTATIONS, SCALES, GREYS = 16, (0, 1, 2, 4), 12

my_fusion = Exercise(
    "Score parts by picture and temperatures, learned from normal parts: on parts held back, both "
    f"a mismatch (AUROC {MISMATCH:g} at least), which only both together show, and a hot zone "
    f"({HOT_ZONE:g}) have to rank high.",
    hints=(
        "Standardise each column by its training rows first. The temperatures alone see a hot "
        "zone, balanced blocks see a mismatch. Must it be one or the other?",
        "The temperatures may weigh more than balanced. Or: what temperatures does a picture lead "
        "one to expect, and how far from that are those that were measured?",
        "P and T standardised by training: train = np.hstack([P / P.shape[1] ** 0.5, 2 * T / "
        "T.shape[1] ** 0.5]), the same for the rows to judge, and the distance to the 5th "
        "neighbour in train.",
    ),
    praise="Right: a fusion for both. One in which the blocks merely weigh the same finds fewer "
    "hot zones than the thermometers alone do.",
    seconds=30.0,
    prepare=lambda: _rivals(),
)


@my_fusion.set_solution
def my_fusion_solution(train_picture, train_temperatures, picture, temperatures):
    from scipy.spatial.distance import cdist

    squares = 0  # of distances, (parts to judge, training parts)
    views = (train_picture, picture, 1), (train_temperatures, temperatures, 2)  # weights
    for train, rows, weight in views:
        spread = np.where(train.std(axis=0) > 0, train.std(axis=0), 1)
        apart = cdist(rows / spread, train / spread, "sqeuclidean")
        squares = squares + weight**2 * apart / train.shape[1]  # balanced, then weighed
    return np.sqrt(np.sort(squares, axis=1)[:, 4])  # to the 5th neighbour


@functools.cache
def _made():
    """Return for each seed what an answer gets, and the kinds of the parts to judge."""
    from course_utils import data

    made = []
    for seed in SEEDS:
        pictures, temperatures = data.make_parts(seed=seed)
        columns = _described(pictures.X)
        even = pictures.groups % 2 == 0
        train, rows = even & (pictures.y == 0), ~even
        given = [columns[train], temperatures.X[train], columns[rows], temperatures.X[rows]]
        made.append((given, pictures.kinds[rows]))
    return made


def _described(images):
    """Return how strong edges of 16 directions are and which greys occur, (n, 112)."""
    from scipy.ndimage import gaussian_filter

    columns, levels = [], np.linspace(0.02, 0.98, GREYS)
    for scale in SCALES:
        soft = gaussian_filter(images.astype(float), (0, scale, scale))
        down, right = np.gradient(soft, axis=(1, 2))
        turn = np.floor(np.arctan2(down, right) / (2 * np.pi) * ORIENTATIONS) % ORIENTATIONS
        steep = np.hypot(down, right)
        columns += [(steep * (turn == each)).mean(axis=(1, 2)) for each in range(ORIENTATIONS)]
        columns += [*np.quantile(soft.reshape(len(soft), -1), levels, axis=1)]
    return np.stack(columns, axis=1)


def _found(scores):
    """Return the mean AUROC of hot zones and of mismatches, each against the normal parts."""
    from course_utils.evaluation import auroc

    found = []
    for each, (_, kinds) in zip(scores, _made(), strict=True):
        for kind in ("hot zone", "mismatch"):
            rows = (kinds == "") | (kinds == kind)
            found.append(auroc((kinds == kind)[rows], each[rows]))
    return np.reshape(found, (-1, 2)).mean(axis=0)


@functools.cache
def _rivals():
    """Return what the temperatures alone find."""
    alone = []
    for given, _ in _made():
        nothing = [np.zeros((len(each), 1)) for each in given[1::2]]
        alone.append(my_fusion_solution(nothing[0], given[1], nothing[1], given[3]))
    return _found(alone)


@my_fusion.set_check
def my_fusion_check(answer):
    scores = [_scores_of(answer, given) for given, _ in _made()]
    hot, mismatch = _found(scores)
    alone = _rivals()
    told = (
        f"The AUROC is {mismatch:.2f} for a mismatch ({MISMATCH:g} at least) and {hot:.2f} for a "
        f"hot zone ({HOT_ZONE:g}); the temperatures alone reach {alone[1]:.2f} and {alone[0]:.2f}."
    )
    if mismatch < MISMATCH or hot < HOT_ZONE:
        _name_what_is_missing(scores, hot, mismatch, told)
    _require_each_alone(answer, _made()[0][0], scores[0])


def _scores_of(answer, given):
    got = as_array(answer(*(each.copy() for each in given)), what="the scores", finite=False)
    require(
        got.shape != (len(given[0]),),
        "Scores of the training parts came back, as many as there are. Those of `picture` and "
        "`temperatures` are asked for.",
    )
    got = as_array(got, shape=(len(given[2]),), what="the scores")
    require(np.ptp(got) > 0, "All parts get the same score.")
    return got


def _name_what_is_missing(scores, hot, mismatch, told):
    turned = _found([-each for each in scores])
    require(
        turned[0] < HOT_ZONE or turned[1] < MISMATCH,
        f"Upside down: the lowest scores would pass. High is suspect. {told}",
    )
    require(
        max(len(np.unique(each)) for each in scores) > 2,
        f"The scores have two values, as of predict. How far is each part out? {told}",
    )
    require(
        mismatch < MISMATCH,
        "Fusion does not always help. What the thermometers show alone is hushed up by the "
        f"picture's columns. {told}",
    )
    require(
        hot < HOT_ZONE,
        "A mismatch is not seen: its picture is as usual, and so are its temperatures. A score "
        f"that judges each by itself, whatever it does with both scores then, cannot. {told}",
    )
    raise Misconception(f"Neither is seen well enough. {told}")


def _require_each_alone(answer, given, scores):
    """Refuse scores that change when other parts are judged beside, or by chance."""
    again = _scores_of(answer, given)
    near = 1e-4 * np.ptp(scores)
    require(
        np.abs(again - scores).max() <= near,
        "Judged once more, the same parts score otherwise. Chance comes from a fixed seed.",
    )
    some = _scores_of(answer, [*given[:2], given[2][:40], given[3][:40]])
    wrong = np.flatnonzero(np.abs(some - scores[:40]) > near)
    if wrong.size:
        told, wanted = unlike(some[wrong[0]], scores[wrong[0]])
        raise Misconception(
            f"Judged with 39 others and not with all, part {wrong[0]} scores {told} and not "
            f"{wanted}. Means, spreads and ranks come from the training parts."
        )
