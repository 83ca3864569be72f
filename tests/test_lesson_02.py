"""Lesson 02: its formulas and the package's agree, and its exercises take any right answer."""

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import MagicMock

from course_utils import baselines, data, evaluation, thresholds
from course_utils.course import lessons
from course_utils.exercises import lesson_02 as ex

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, rankdata
from sklearn import ensemble, metrics

TOLERANCE = 1e-12


@pytest.fixture(scope="module")
def taught():
    """What the notebook's own cells define: counts, curve, average precision, bootstrap, leak."""
    sources = lessons.sources_of("02")
    plots = MagicMock()  # pictures are not what is tested here
    plots.new_figure.return_value = MagicMock(), MagicMock()
    names = {"np": np, "evaluation": evaluation, "baselines": baselines, "data": data}
    names |= {"plots": plots, "expect": MagicMock(), "replace": replace, "rankdata": rankdata}
    names |= {"cells": data.load_breast_cancer(), "print": MagicMock()}
    names |= {"test_y": np.array([0, 1, 1, 0]), "test_scores": np.array([1.0, 3.0, 2.0, 2.0])}
    names |= {"forest_scores": np.array([1.0, 3.0, 2.0, 0.5]), "pairs_won": MagicMock()}
    names |= {"decided": {"forest, contamination 1%": np.array([0, 1, 1, 0])}}
    names |= {"cell_y": np.array([0, 1]), "cell_scores": np.array([1.0, 2.0])}
    cells = "ten-rows four-counts roc-points two-ways average-precision nearest-twin"
    for cell in f"{cells} photograph-twice paired-bootstrap refuse-decisions".split():
        exec(sources[cell], names)
    return SimpleNamespace(**names)


@pytest.fixture(params=range(5))
def rows(request):
    """Return y and scores of 200 rows, 40 of them anomalies, without ties."""
    rng = np.random.default_rng(request.param)
    y = rng.permutation(np.repeat([0, 1], [160, 40]))
    return y, rng.normal(size=200) + 1.3 * y


def with_ties(rows):
    y, scores = rows
    return y, scores.round(0)


def test_the_four_counts_are_the_packages(taught, rows):
    y, scores = rows
    decisions = thresholds.decide(scores, 1.0)
    counts = evaluation.confusion(y, decisions)
    fields = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    assert taught.count_outcomes(y, decisions) == tuple(getattr(counts, f) for f in fields)
    ratios = (counts.precision, counts.recall, counts.f1, counts.false_alarm_rate)
    solved = ex.four_ratios_solution(*taught.count_outcomes(y, decisions))
    np.testing.assert_allclose(solved, ratios, rtol=TOLERANCE)


def test_the_staircase_is_scikit_learns_curve_and_its_area_the_packages(taught, rows):
    false_alarms, recall = taught.roc_points(*rows)
    area = np.trapezoid(recall, false_alarms)
    assert area == pytest.approx(evaluation.auroc(*rows), abs=TOLERANCE)
    theirs = metrics.roc_curve(*rows, drop_intermediate=False)
    np.testing.assert_allclose((false_alarms, recall), theirs[:2], atol=TOLERANCE)


def test_the_rank_formula_counts_ties_half(taught, rows):
    for y, scores in (rows, with_ties(rows)):
        assert taught.rank_auroc(y, scores) == pytest.approx(evaluation.auroc(y, scores))
    assert taught.rank_auroc(taught.test_y, taught.test_scores) == pytest.approx(3.5 / 4)


def test_pairs_ranks_and_mann_whitney_agree(rows):
    for y, scores in (rows, with_ties(rows)):
        area = ex.pairs_won_solution(y, scores)
        assert area == pytest.approx(evaluation.auroc(y, scores), abs=TOLERANCE)
        statistic = mannwhitneyu(scores[y == 1], scores[y == 0]).statistic
        assert area == pytest.approx(statistic / (40 * 160), abs=TOLERANCE)


def test_the_fair_f1_is_the_packages(rows):
    y, scores = rows
    line = thresholds.best_f1(y[:90], scores[:90])
    wanted = evaluation.confusion(y[90:], thresholds.decide(scores[90:], line)).f1
    solved = ex.fair_f1_solution(y[:90], scores[:90], y[90:], scores[90:])
    assert solved == pytest.approx(wanted, abs=TOLERANCE)


@pytest.mark.parametrize("counts", [(50, 50, 50, 900), (90, 10, 20, 900), (20, 100, 60, 900)])
def test_a_hit_is_worth_two_minus_f_over_f_false_alarms(counts):
    tp, fp, fn, tn = counts
    f1 = ex.four_ratios_solution(*counts)[2]
    more = (2 - f1) / f1
    assert ex.four_ratios_solution(tp + 1, fp + more, fn - 1, tn - more)[2] == pytest.approx(f1)


def test_the_average_precision_is_the_packages(taught, rows):
    mean = taught.precision_at_anomalies(*rows).mean()
    assert mean == pytest.approx(evaluation.average_precision(*rows), abs=TOLERANCE)


def test_random_scores_have_the_prevalence_as_average_precision():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [9900, 100])
    draws = [evaluation.average_precision(y, rng.random(10_000)) for _ in range(20)]
    assert np.mean(draws) == pytest.approx(0.01, abs=0.002)


@pytest.mark.parametrize("numbers", [(0.9, 0.005, 0.07), (0.9, 0.005, 0.001), (1, 0.3, 0.5)])
def test_precision_elsewhere_is_the_packages(numbers):
    solved = ex.precision_elsewhere_solution(*numbers)
    assert solved == pytest.approx(evaluation.precision_at_prevalence(*numbers), abs=TOLERANCE)


def test_the_area_of_decisions_is_one_corner(rows):
    y, scores = rows
    decisions = thresholds.decide(scores, 1.0)
    counts = evaluation.confusion(y, decisions)
    corner = (1 + counts.recall - counts.false_alarm_rate) / 2
    assert evaluation.auroc(y, decisions) == pytest.approx(corner, abs=TOLERANCE)


def test_scikit_learns_predict_gives_an_area_below_one_half():
    shuttle = data.load_shuttle(rows=2000, seed=0)
    forest = ensemble.IsolationForest(random_state=0).fit(shuttle.X)
    assert evaluation.auroc(shuttle.y, forest.predict(shuttle.X)) < 0.3


def test_decisions_are_refused_and_scores_are_not(taught, rows):
    y, scores = rows
    assert taught.ranking_auroc(y, scores) == evaluation.auroc(y, scores)
    with pytest.raises(ValueError, match="decisions"):
        taught.ranking_auroc(y, scores > 1)


def test_the_bootstrap_solution_is_near_the_packages(rows):
    ours = ex.bootstrap_solution(*rows, evaluation.auroc, repeats=300)
    theirs = evaluation.bootstrap_interval(*rows, repeats=300)
    # the package keeps the number of anomalies in each draw, which moves the ends a little
    np.testing.assert_allclose(ours, theirs, atol=0.3 * (theirs[1] - theirs[0]))


def test_pairing_narrows_the_gap_of_alike_detectors(taught, rows):
    y, scores = rows
    other = scores + 0.2 * np.random.default_rng(9).normal(size=len(scores))
    low, high = taught.paired_gap(y, scores, other, evaluation.auroc, repeats=200)
    single = ex.bootstrap_solution(y, scores, evaluation.auroc, repeats=200)
    assert high - low < 0.6 * (single[1] - single[0])
    same = taught.paired_gap(y, scores, scores, evaluation.auroc, repeats=10)
    np.testing.assert_array_equal(same, [0, 0])


@pytest.mark.parametrize("seed", [20, 21])
def test_the_leak_learns_random_labels_and_groups_stop_it(taught, seed):
    assert taught.measure_leak(seed, shuffle_labels=True, keep_together=False) > 0.85
    assert taught.measure_leak(seed, shuffle_labels=True, keep_together=True) < 0.70


def test_precision_falls_and_auroc_stays_on_another_split():
    parts = data.split(data.load_shuttle(), protocol="contaminated-train", seed=4)
    detector = baselines.ZScore().fit(parts.train.X)
    areas, precisions = [], []
    for draw in range(10):
        rare = data.thin_anomalies(parts.test, 0.003, seed=draw)
        scores = detector.decision_function(rare.X)
        areas.append(evaluation.auroc(rare.y, scores))
        precisions.append(evaluation.confusion(rare.y, thresholds.decide(scores, 3)).precision)
    whole = detector.decision_function(parts.test.X)
    counts = evaluation.confusion(parts.test.y, thresholds.decide(whole, 3))
    assert np.mean(areas) == pytest.approx(evaluation.auroc(parts.test.y, whole), abs=0.01)
    foreseen = evaluation.precision_at_prevalence(counts.recall, counts.false_alarm_rate, 0.003)
    assert np.mean(precisions) == pytest.approx(foreseen, abs=0.02)
    assert foreseen < 0.5 < counts.precision


@pytest.mark.parametrize("exercise", [ex.pairs_won, ex.fair_f1, ex.my_threshold, ex.bootstrap])
def test_an_answer_that_writes_into_its_arguments_is_told_so_and_does_no_harm(exercise):
    def careless(first, second, *rest, **named):
        result = exercise._solution(first, second, *rest, **named)
        first[...], second[...] = 0, 0
        return result

    assert "changes the" in exercise.examine(careless).message
    assert exercise.examine(exercise._solution).passed


def test_examples_in_the_stubs_hold():
    assert ex.four_ratios_solution(3, 2, 1, 4) == pytest.approx((0.6, 0.75, 2 / 3, 1 / 3))
    assert ex.pairs_won_solution(np.array([1, 0, 0]), np.array([2.0, 1.0, 2.0])) == 0.75
    assert ex.precision_elsewhere_solution(0.9, 0.1, 0.5) == pytest.approx(0.9)
    assert ex.precision_elsewhere_solution(0.9, 0.1, 0.1) == pytest.approx(0.5)
    assert ex.fair_f1_solution([0, 1], [1.0, 2.0], [0, 1], [1.0, 2.0]) == 1.0
    y, scores = np.repeat([0, 1], 20), np.arange(40.0)
    np.testing.assert_array_equal(ex.bootstrap_solution(y, scores, lambda *_: 1.0), [1, 1])
