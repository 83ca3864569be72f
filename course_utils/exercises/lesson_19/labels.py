"""Exercise of lesson 19 on labels: which detector, by a few labelled validation rows."""

from __future__ import annotations

import functools

from course_utils.exercises.lesson_19 import _choices
from course_utils.exercises.results import Misconception, require
from course_utils.exercises.tensors import TensorExercise

import numpy as np
from scipy.stats import norm, rankdata

# ---------------------------------------------------------------------------- 6 · choose by labels

TABLES = 150
WORSE = 1.25  # times the regret of choosing by AUROC
ANOMALIES = (3, 5, 8, 12, 20)  # labelled ones of a table

choose_by_labels = TensorExercise(
    "Return the index of the detector to take, by the scores (detectors, rows) of labelled rows, "
    f"y = 1 for an anomaly, of which there are {ANOMALIES[0]} to {ANOMALIES[-1]}. It is judged by "
    "the AUROC of what it takes on rows held back.",
    hints=(
        "Detectors score in unlike units, and no threshold is agreed: what can be compared is how "
        "each ranks the anomalies among the normal rows.",
        "That is the AUROC, the share of pairs (anomaly, normal row) in which the anomaly "
        "scores higher, equal ones counted half.",
        "Turn each detector's scores to ranks, rankdata(scores, axis=1), and take the one whose "
        "anomalies have the highest mean rank.",
    ),
    praise=f"Right: over {TABLES} simulated tables, what it takes loses at most {WORSE - 1:.0%} "
    "more on rows held back than what AUROC on the labelled rows takes.",
    seconds=30.0,  # an answer is called for each of many tables
    prepare=lambda: _tables(),
)


@choose_by_labels.set_solution
def choose_by_labels_solution(scores, y):
    ranks = rankdata(scores, axis=1)  # (detectors, rows), 1 = lowest
    # with the same labels for all, the anomalies' mean rank orders detectors as AUROC does
    return int(ranks[:, y == 1].mean(axis=1).argmax())


# what detectors make of a row's oddness: none changes the order of rows but by making some equal
UNITS = (
    lambda z: z,
    lambda z: np.exp(1.2 * z),
    lambda z: 1 / (1 + np.exp(-2 * z)),
    lambda z: -np.exp(-z),
    lambda z: z**3,
    lambda z: np.round(1.5 * z),
    lambda z: np.clip(np.round(z), 0, 3),
)


def _table(generator, detectors=6, normal=200, later=(600, 300)):
    """Return scores of labelled rows, their labels, and each detector's AUROC on later rows.

    Some detectors see all anomalies a little, others a part of them well; all stumble over the
    same normal rows.
    """
    some = generator.random(detectors) < 0.35
    seen = np.where(some, generator.uniform(0.2, 0.6, detectors), 1.0)
    shift = np.where(
        some, generator.uniform(3, 6, detectors), generator.uniform(0.2, 2.6, detectors)
    )
    units = generator.integers(len(UNITS), size=detectors)
    scale, offset = 10.0 ** generator.integers(-3, 4, detectors), generator.normal(size=detectors)

    def rows(normal, anomalies):
        y = generator.permutation(np.repeat([0, 1], [normal, anomalies]))
        kind, common = generator.random(len(y)), generator.normal(size=len(y))
        scores = np.sqrt(0.4) * common + np.sqrt(0.6) * generator.normal(size=(detectors, len(y)))
        scores += shift[:, None] * (y * (kind < seen[:, None]))
        for row, (unit, size, zero) in enumerate(zip(units, scale, offset, strict=True)):
            scores[row] = size * (UNITS[unit](scores[row]) + zero)
        return scores, y

    scores, y = rows(normal, int(generator.choice(ANOMALIES)))
    return scores, y, _choices.auroc(*rows(*later))


@functools.cache
def _tables():
    """Return the tables by which a choice is judged."""
    generator = np.random.default_rng(196)
    return [_table(generator) for _ in range(TABLES)]


@choose_by_labels.set_check
def choose_by_labels_check(answer):
    chosen, regrets, fair, any_of_them = [], [], [], []
    for scores, y, later in _tables():
        chosen.append(_choices.index_of(answer(scores.copy(), y.copy()), len(scores)))
        regrets.append(later.max() - later[chosen[-1]])
        fair.append(later.max() - later[_choices.auroc(scores, y).argmax()])
        any_of_them.append(later.max() - later.mean())
    regret, fair, any_of_them = map(np.mean, (regrets, fair, any_of_them))
    if regret <= WORSE * fair:
        return
    told = (
        f"Over {TABLES} simulated tables the detectors taken lose {regret:.3f} of AUROC on rows "
        f"held back, against the best; one at random loses {any_of_them:.3f}, and "
        f"{WORSE * fair:.3f} is allowed."
    )
    require(
        len(set(chosen)) > 1,
        f"It is always detector {chosen[0]}, whatever the scores and labels. {told}",
    )
    try:
        _choices.name_the_rule(chosen, [(scores, y) for scores, y, _ in _tables()])
    except Misconception as reason:
        raise Misconception(f"{reason} {told}") from None
    raise Misconception(told)


@choose_by_labels.set_inputs
def choose_by_labels_inputs(rng):
    example = np.array([[3.0, 1.0, 2.0, 0.0], [5.0, 6.0, 90.0, 80.0]])
    yield "the example", (example, np.array([0, 0, 1, 1]))
    for what, detectors, normal, anomalies in (
        ("many labelled rows", 9, 300, 40),
        ("few anomalies", 5, 60, 3),
        ("two detectors", 2, 40, 6),
        ("one detector", 1, 20, 3),
        ("as many anomalies as normal rows", 4, 25, 25),
        ("as many rows as detectors", 12, 8, 4),
    ):
        y = rng.permutation(np.repeat([0, 1], [normal, anomalies]))
        z = rng.normal(size=(detectors, len(y)))
        z[:, y == 1] = rng.uniform(-1, 0.3, size=(detectors, anomalies))  # none is of use
        best = rng.integers(detectors)
        z[best] = rng.normal(size=len(y)) + 9 * y
        units = 10.0 ** rng.integers(-2, 3, size=(detectors, 1))
        units[best] = 1e-3
        yield f"{what}, of which one detector finds all", (units * z, y)
        flat = z.copy()
        flat[np.arange(detectors) != best] = 7.0
        yield f"{what}, other detectors give equal scores", (flat, y)
    # an alarm for each anomaly and for 35 % of the normal rows, and scores of an AUROC of 0.73
    y = np.repeat([0, 1], [200, 40])
    alarms = np.append(np.arange(200) < 70, np.ones(40))
    spread = norm.ppf(np.concatenate([(np.arange(n) + 0.5) / n for n in (200, 40)])) + 0.85 * y
    for order in ([0, 1], [1, 0]):
        yield (
            "a detector of two different scores, of which equal ones count half",
            (np.array([alarms, spread])[order], y),
        )
    y = np.repeat([0, 1], [120, 12])
    backwards = np.append(10 + np.arange(120), np.arange(12))  # each anomaly below all others
    useful = np.append(np.arange(120), np.full(12, 100.5))  # above 101 of 120 normal rows
    for order in ([0, 1], [1, 0]):
        yield (
            "a detector that scores anomalies lowest, which is not what higher scores mean",
            (np.array([backwards, useful])[order], y),
        )
