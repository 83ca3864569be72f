"""Exercises of lesson 18 on prevalence: precision where anomalies are rare, and no information."""

from __future__ import annotations

from course_utils import evaluation
from course_utils.exercises import inputs
from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import (
    as_array,
    difference,
    name_the_mistake,
    require,
    same_numbers,
)

import numpy as np
from sklearn.metrics import auc, average_precision_score

# ------------------------------------------------------------------------------ 3 · at prevalence

at_prevalence = Exercise(
    "Find the mistake: return the average precision that these scores would have if anomalies "
    "had the share `prevalence` of all rows. Weigh the rows, and take tied scores together.",
    hints=(
        "At any line, recall and the false alarm rate belong to the scores, whatever the share of "
        "anomalies. Precision does not: it mixes the two classes.",
        "Of all rows in the field, prevalence · recall are right alarms and (1 − prevalence) · "
        "false alarm rate are false ones. Their ratio gives the precision there, line by line.",
        "Lines are the distinct scores, falling, and a row alarms when score ≥ line. Sum up "
        "(recall − recall at the line before) · precision.",
    ),
    praise="Right: rates stay, precision moves. The field's share is part of the result.",
)


@at_prevalence.set_solution
def at_prevalence_solution(y, scores, prevalence):
    lines = np.unique(scores)[::-1]  # falling; tied rows share one
    anomalies, normals = np.sort(scores[y == 1]), np.sort(scores[y == 0])
    recall = 1 - np.searchsorted(anomalies, lines) / len(anomalies)  # share ≥ each line
    false_alarms = 1 - np.searchsorted(normals, lines) / len(normals)
    hits = prevalence * recall  # shares of all rows in the field
    precision = hits / (hits + (1 - prevalence) * false_alarms)
    return np.sum(np.diff(recall, prepend=0) * precision)


def _weighed(y, scores, anomaly, normal):
    return average_precision_score(y, scores, sample_weight=np.where(y == 1, anomaly, normal))


def _row_by_row(first):
    """Return a weighed average precision that takes tied rows singly, those of `first` earlier."""

    def precision(y, scores, prevalence):
        order = np.lexsort([-first * y, -scores]) if first else np.argsort(-scores, kind="stable")
        y = y[order]
        weights = np.where(y == 1, prevalence / y.sum(), (1 - prevalence) / (1 - y).sum())
        hits = np.cumsum(weights * y)
        return np.mean((hits / np.cumsum(weights))[y == 1])

    return precision


def _curve(y, scores, prevalence):
    """Return recall and precision at each line, falling lines, at this prevalence."""
    lines = np.unique(scores)[::-1]
    recall = np.array([(scores[y == 1] >= line).mean() for line in lines])
    false = np.array([(scores[y == 0] >= line).mean() for line in lines])
    return recall, recall * prevalence / (recall * prevalence + false * (1 - prevalence))


def _trapezoid(y, scores, prevalence):
    recall, precision = _curve(y, scores, prevalence)
    return auc(np.append(0, recall), np.append(precision[0], precision))


def _given(kind):
    def precision(y, scores, prevalence):
        y = y[np.argsort(-scores, kind=kind)]
        return np.mean((np.cumsum(y) / np.arange(1, len(y) + 1))[y == 1])

    return precision


def _half(y, scores, prevalence):
    rows = np.append(np.flatnonzero(y == 1), np.flatnonzero(y == 0)[: y.sum()])
    return evaluation.average_precision(y[rows], scores[rows])


AS_IT_STANDS = (
    "That is the average precision of the test as it stands: `prevalence` moves nothing. Half "
    "anomalies in the test make precision easy; the field has fewer."
)
ONE_BY_ONE = (
    "Tied rows are taken one by one, in whatever order they come. Nothing tells them apart: they "
    "share one line, at which all of them alarm."
)
NO_COUNTS = (
    "Each anomaly weighs prevalence, and each normal row 1 − prevalence, however many of them "
    "there are. Divide by their numbers: each class has its share as a whole."
)
AT_PREVALENCE_MISTAKES = (
    (lambda y, s, p: evaluation.average_precision(y, s), AS_IT_STANDS),
    (_given("stable"), AS_IT_STANDS + " And tied rows are taken one by one."),
    (_given(None), AS_IT_STANDS + " And tied rows are taken one by one."),
    (
        _half,
        "Normal rows are thrown away until half of the rest are anomalies, and `prevalence` is "
        "not used. Keep all rows, and weigh them.",
    ),
    *((_row_by_row(first), ONE_BY_ONE) for first in (0, 1, -1)),
    (lambda y, s, p: _weighed(y, s, p, 1 - p), NO_COUNTS),
    (
        lambda y, s, p: _weighed(y, s, p, 1),
        "Anomalies weigh `prevalence` and normal rows 1. Prevalence is a share of all rows, and "
        "the test has shares of its own: weigh by p / anomalies and (1 − p) / normal rows.",
    ),
    (
        lambda y, s, p: _weighed(y, s, p / y.sum(), 1 / (len(y) - y.sum())),
        "Prevalence is taken for anomalies per normal row. It is their share of all rows: normal "
        "rows have 1 − prevalence.",
    ),
    (
        lambda y, s, p: _weighed(y, s, (1 - p) / y.sum(), p / (len(y) - y.sum())),
        "The shares are swapped: anomalies are given 1 − prevalence.",
    ),
    (
        lambda y, s, p: evaluation.average_precision(y, s) * p / y.mean(),
        "The average precision is scaled by the ratio of the shares. Precision does not fall in "
        "proportion: where no normal row scores higher, it stays 1. Weigh line by line.",
    ),
    (
        _trapezoid,
        "Straight lines join the points. Between two points precision does not go straight; "
        "average precision is the sum of (recall − recall before) · precision.",
    ),
    (
        lambda y, s, p: _curve(y, s, p)[1].mean(),
        "The mean over all lines is taken. Each line counts by the recall that it adds.",
    ),
    (
        lambda y, s, p: _curve(y, s, p)[1][-1],
        "That is the precision at the lowest line alone, the prevalence itself.",
    ),
    (lambda y, s, p: evaluation.auroc(y, s), "That is the AUROC, which no prevalence moves."),
    (
        lambda y, s, p: 1 - at_prevalence_solution(y, s, p),
        "That is 1 minus the average precision.",
    ),
    (
        lambda y, s, p: at_prevalence_solution(y, -s, p),
        "Low scores are taken for anomalous. Higher means more anomalous.",
    ),
)


def _refuse(answer, cases, mistakes, what):
    """Refuse an answer whose results on all cases are those of one known mistake; return them."""
    got = [
        as_array(answer(*(np.copy(v) if np.ndim(v) else v for v in case)), what=what)
        for case in cases
    ]
    require(got[0].shape == (), f"One number is asked for; you return the shape {got[0].shape}.")
    for mistake, message in mistakes:
        require(not all(map(same_numbers, got, [mistake(*case) for case in cases])), message)
    return got


@at_prevalence.set_check
def at_prevalence_check(answer):
    generator = np.random.default_rng(183)
    y = generator.permutation(np.repeat([0, 1], [34, 30]))
    tied = np.round(generator.normal(size=64) + 1.2 * y)
    fine = generator.normal(size=64) + 1.2 * y
    few = np.array([1, 0, 0, 1, 0, 0, 0, 0]), np.array([0.9, 0.8, 0.8, 0.8, 0.7, 0.3, 0.2, 0.1])
    cases = [(y, tied, 0.01), (y, fine, 0.02), (*few, 0.05)]
    got = _refuse(answer, cases, AT_PREVALENCE_MISTAKES, "the average precision")
    again = [as_array(answer(np.copy(y), np.copy(s), p)) for y, s, p in cases]
    require(
        same_numbers(got, again),
        "Called twice with the same rows, it gives two numbers: rows are drawn. Weights use all "
        "rows, and leave nothing to chance.",
    )
    for (y, scores, p), mine in zip(cases, got, strict=True):
        told = difference(mine, at_prevalence_solution(y, scores, p))
        require(
            not told,
            f"With {y.sum()} anomalies among {len(y)} rows, {len(np.unique(scores))} distinct "
            f"scores and prevalence = {p} {told}",
        )


@at_prevalence.set_inputs
def at_prevalence_inputs(rng):
    shares = (0.5, 0.001, 0.3, 0.02, 0.9, 1e-5)
    for number, (what, (y, scores)) in enumerate(inputs.labelled(rng)):
        for prevalence in (shares[number % 6], shares[(number + 1) % 6]):
            yield f"{what}, prevalence = {prevalence}", (y, scores, prevalence)
    y = rng.permutation(np.repeat([0, 1], 300))
    yield "many rows", (y, rng.normal(size=600) + y, 0.004)
    yield "whole numbers", (y, rng.integers(0, 5, size=600) + y, 0.02)


# ----------------------------------------------------------------------------- 4 · no information

no_information = Exercise(
    "Return the value of `metric` that takes no information: the better of an alarm for every "
    "row and none at all, and for AUROC and AP that of random scores in a large test.",
    hints=(
        "For each metric, write down what it is when every row alarms, and when none does.",
        "Alarms for all rows: recall 1, precision = prevalence. None: accuracy 1 − prevalence.",
        "accuracy: max(p, 1 − p). F1: 2p/(1 + p). AUROC and balanced accuracy: one half. AP: p.",
    ),
    praise="Right: what is not above this says nothing, however high it looks.",
)


@no_information.set_solution
def no_information_solution(metric, prevalence):
    values = {
        "accuracy": max(prevalence, 1 - prevalence),
        "F1": 2 * prevalence / (prevalence + 1),  # precision p, recall 1
        "AUROC": 0.5,
        "AP": prevalence,
        "balanced accuracy": 0.5,  # one class all right, the other all wrong
    }
    return values[metric]


METRICS = ("accuracy", "F1", "AUROC", "AP", "balanced accuracy")
NO_INFORMATION_MISTAKES = {
    "accuracy": (
        (
            lambda p: 1 - p,
            "1 − prevalence is the accuracy of no alarm at all. Where most rows are anomalies, an "
            "alarm for every row has more.",
        ),
        (lambda p: p, "That is an alarm for every row. Where anomalies are rare, none is better."),
        (
            lambda p: min(p, 1 - p),
            "The worse of the two is taken; the better one is the value to beat.",
        ),
        (lambda p: 0.5, "A coin has 0.5. An alarm for every row, or none, has more."),
        (
            lambda p: p * p + (1 - p) ** 2,
            "That is an alarm for a random share p of the rows. An alarm for all, or for none, "
            "has more.",
        ),
    ),
    "F1": (
        (
            lambda p: 0.0,
            "No alarm has F1 0. An alarm for every row has recall 1 and precision p: more than 0.",
        ),
        (
            lambda p: p,
            "That is the F1 of a random share p of the rows, or the precision of an alarm for "
            "every row. With recall 1 beside it, F1 is higher.",
        ),
        (
            lambda p: 2 * p * 0.5 / (p + 0.5),
            "That is the F1 of a coin. An alarm for every row has recall 1 in place of 0.5.",
        ),
        (lambda p: (1 + p) / 2, "That is the arithmetic mean of p and 1; F1 is the harmonic one."),
        (lambda p: p / (1 + p), "The 2 is missing: F1 is 2 · precision · recall / their sum."),
        (
            lambda p: 2 * (1 - p) / (2 - p),
            "That is the F1 of the normal rows. Anomalies are the class that is looked for.",
        ),
        (
            lambda p: 0.5,
            "It is 0.5 only where a third of the rows are anomalies: recall is 1, precision p.",
        ),
    ),
    "AUROC": (
        (lambda p: p, "AUROC compares pairs, one of each class: prevalence does not move it."),
        (lambda p: 1 - p, "AUROC compares pairs, one of each class: prevalence does not move it."),
        (lambda p: 0.0, "0 would be a perfect ranking, upside down. Random scores win half."),
        (lambda p: max(p, 1 - p), "That is the accuracy. Random scores win half of the pairs."),
    ),
    "AP": (
        (
            lambda p: 0.5,
            "Average precision is no AUROC: at every line, random scores have a precision of p.",
        ),
        (lambda p: 1 - p, "That is the share of normal rows. Of random alarms p are right."),
        (lambda p: 0.0, "Of random alarms a share of p is right, not none."),
        (
            lambda p: 2 * p / (1 + p),
            "That is the F1 of an alarm for every row. Average precision has no recall in it.",
        ),
    ),
    "balanced accuracy": (
        (
            lambda p: max(p, 1 - p),
            "That is the accuracy. Balanced, each class counts by half: one all right, the other "
            "all wrong.",
        ),
        (
            lambda p: 1 - p,
            "That is the accuracy of no alarm. Balanced, each class counts by half.",
        ),
        (lambda p: 1.0, "One class is all right and the other all wrong: half of 1 + 0."),
        (lambda p: p, "Balanced accuracy is the mean of two rates: prevalence does not move it."),
    ),
}


@no_information.set_check
def no_information_check(answer):
    shares = 0.02, 0.57, 0.3
    for metric in METRICS:
        got = [as_array(answer(metric, p), what=f"the {metric}") for p in shares]
        require(
            got[0].shape == (), f"One number is asked for; you return the shape {got[0].shape}."
        )
        right = [no_information_solution(metric, p) for p in shares]
        require(
            same_numbers(got, right) or not same_numbers(got, [100 * each for each in right]),
            f"For {metric} you return per cent. A number from 0 to 1 is asked for.",
        )
        if not same_numbers(got, right):
            name_the_mistake(
                np.array(got),
                [
                    (np.array([rule(p) for p in shares]), f"{metric}: {message}")
                    for rule, message in NO_INFORMATION_MISTAKES[metric]
                ],
            )
        for p, mine, ours in zip(shares, got, right, strict=True):
            told = difference(mine, ours)
            require(not told, f"With metric = {metric!r} and prevalence = {p} {told}")


@no_information.set_inputs
def no_information_inputs(rng):
    for metric in METRICS:
        for prevalence in (*rng.uniform(0.001, 0.999, size=4), 0.5, 1e-4):
            yield f"{metric}, prevalence = {prevalence:.4g}", (metric, float(prevalence))
