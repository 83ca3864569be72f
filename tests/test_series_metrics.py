"""Metrics of events agree with plain counting, step by step, and with worked examples."""

import time

from course_utils import evaluation

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

properties = settings(max_examples=60, deadline=None, derandomize=True)


def plain_spans(y):
    """Return the events as lists of steps, by walking along."""
    found, current = [], []
    for step, label in enumerate(y):
        if label:
            current.append(step)
        elif current:
            found.append(current)
            current = []
    return [*found, current] if current else found


def plain_vus_pr(y, scores, window, thresholds=250):
    """VUS-PR as its definition reads: every buffer, every threshold, every step."""
    spans, n, areas = plain_spans(y), len(y), []
    falling = sorted(scores, reverse=True)
    for buffer in range(window + 1):
        soft = [float(label) for label in y]
        for span in spans:
            for d in range(1, buffer // 2 + 1):
                for step in (span[0] - d, span[-1] + d):
                    if 0 <= step < n:
                        soft[step] += (1 - d / buffer) ** 0.5
        soft = [min(label, 1.0) for label in soft]
        groups = []
        for span in spans:
            first, last = span[0] - buffer // 2, span[-1] + buffer // 2
            if groups and first <= groups[-1][1]:
                groups[-1][1] = last
            else:
                groups.append([first, last])
        area = recall_before = 0.0
        for rank in np.linspace(0, n - 1, thresholds).astype(int):
            alarm = [score >= falling[rank] for score in scores]
            hard_hits = sum(1 for label, on in zip(y, alarm, strict=True) if label and on)
            soft_hits = sum(
                weight
                for label, weight, on in zip(y, soft, alarm, strict=True)
                if on and not label
            )
            seen = sum(any(alarm[max(a, 0) : b + 1]) for a, b in groups) / len(groups)
            recall = min((hard_hits + soft_hits) / (sum(y) + soft_hits / 2), 1) * seen
            area += (recall - recall_before) * (hard_hits + soft_hits) / sum(alarm)
            recall_before = recall
        areas.append(area)
    return sum(areas) / len(areas)


@st.composite
def series_with_events(draw):
    n = draw(st.integers(2, 60))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    y[draw(st.integers(0, n - 1))] = 1
    if all(y):
        y[draw(st.integers(0, n - 1))] = 0
    value = draw(st.sampled_from([st.integers(0, 3).map(float), st.floats(-1e3, 1e3)]))
    scores = draw(st.lists(value, min_size=n, max_size=n))
    return np.array(y), np.array(scores)


def machine(steps=10_000, events=8, length=60, seed=0):
    """Labels of some events, and scores that rise in them, late and with noise."""
    generator = np.random.default_rng(seed)
    y = np.zeros(steps, dtype=int)
    for start in generator.choice(np.arange(100, steps - 200), events, replace=False):
        y[start : start + length] = 1
    return y, generator.normal(size=steps) + 2 * np.roll(y, 5)


@properties
@given(series_with_events(), st.integers(0, 20), st.integers(2, 40))
def test_vus_pr_is_its_definition(labelled, window, thresholds):
    y, scores = labelled
    got = evaluation.vus_pr(y, scores, window, thresholds)
    assert got == pytest.approx(plain_vus_pr(y, scores, window, thresholds), abs=1e-10)


def test_vus_pr_of_ten_thousand_steps_is_that_of_the_definition_and_far_quicker():
    y, scores = machine()
    evaluation.vus_pr(y, scores, 2)  # warm
    started = time.process_time()
    got = evaluation.vus_pr(y, scores, 12, thresholds=40)
    quick = time.process_time() - started
    started = time.process_time()
    expected = plain_vus_pr(y.tolist(), scores.tolist(), 12, thresholds=40)
    slow = time.process_time() - started
    assert got == pytest.approx(expected, abs=1e-10)
    assert slow > 20 * quick


def test_perfect_scores_get_one_and_no_buffer_is_average_precision():
    y, scores = machine(steps=400, events=3, length=10)
    assert evaluation.vus_pr(y, y, 0) == pytest.approx(1)
    fine = evaluation.vus_pr([0, 1, 0, 0, 1, 0], [0, 5, 4, 3, 2, 1], 0, thresholds=6)
    # one event of two found by the first alarm: recall ½ · ½; the second one lifts it to 1
    assert fine == pytest.approx(0.25 * 1 + 0.75 * 2 / 4)
    alone = np.zeros(400, dtype=int)
    alone[50:90] = 1  # a single event: its existence is sure from its first alarm on
    assert evaluation.vus_pr(alone, scores, 0, thresholds=400) == pytest.approx(
        evaluation.average_precision(alone, scores)
    )


def test_an_alarm_a_little_early_is_worth_more_with_a_buffer():
    y = np.zeros(200, dtype=int)
    y[100:110] = 1
    early, late = np.roll(y, -8).astype(float), np.roll(y, -60).astype(float)
    hard, soft = (evaluation.vus_pr(y, early, window) for window in (0, 30))
    assert soft > hard + 0.1
    assert evaluation.vus_pr(y, early, 30) > evaluation.vus_pr(y, late, 30) + 0.1


def test_chance_grows_with_the_window():
    y, _ = machine()
    chance = np.random.default_rng(0).uniform(size=len(y))
    by_window = [evaluation.vus_pr(y, chance, window) for window in (0, 40, 160)]
    assert by_window[0] < by_window[1] < by_window[2]
    assert by_window[2] > 1.5 * y.mean()


def test_events_are_found_at_both_ends():
    np.testing.assert_array_equal(
        evaluation.events([1, 1, 0, 1, 0, 0, 1]), [[0, 2], [3, 4], [6, 7]]
    )
    assert evaluation.events([0, 0]).shape == (0, 2)
    np.testing.assert_array_equal(evaluation.events([1]), [[0, 1]])


def test_range_scores_of_worked_examples():
    y = [0, 1, 1, 1, 1, 0, 0, 1, 1, 0]
    half = [0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    got = evaluation.range_scores(y, half)
    assert (got.precision, got.recall) == (1.0, 0.25)  # half of one event, nothing of the other
    assert evaluation.range_scores(y, half, existence=1.0).recall == 0.5
    assert evaluation.range_scores(y, half, existence=0.5).recall == pytest.approx(0.375)
    front = evaluation.range_scores(y, half, bias="front").recall
    assert front == pytest.approx((2 + 1) / 10 / 2)
    assert evaluation.range_scores(y, half, bias="back").recall == pytest.approx(7 / 10 / 2)
    assert evaluation.range_scores(y, half, bias="middle").recall == pytest.approx(3 / 6 / 2)
    pieces = [0, 1, 0, 1, 0, 0, 0, 1, 1, 1]
    cut = evaluation.range_scores(y, pieces)
    assert cut.recall == pytest.approx((0.5 / 2 + 1) / 2)
    assert evaluation.range_scores(y, pieces, reciprocal=False).recall == pytest.approx(0.75)
    assert cut.precision == pytest.approx((1 + 1 + 2 / 3) / 3)
    assert cut.f1 == pytest.approx(2 * cut.precision * cut.recall / (cut.precision + cut.recall))


def test_range_scores_of_single_steps_are_those_of_points():
    generator = np.random.default_rng(0)
    y, decisions = np.zeros((2, 300), dtype=int)
    y[::3] = generator.integers(2, size=100)  # no two steps touch
    decisions[::3] = generator.integers(2, size=100)
    got, points = evaluation.range_scores(y, decisions), evaluation.confusion(y, decisions)
    assert (got.precision, got.recall) == pytest.approx((points.precision, points.recall))


def test_nothing_found_and_nothing_to_find():
    none, some = [0, 0, 0], [0, 1, 0]
    for y, decisions in ((none, some), (some, none), (none, none)):
        got = evaluation.range_scores(y, decisions)
        assert (got.precision, got.recall, got.f1) == (0.0, 0.0, 0.0)
    assert evaluation.event_recall(none, some) == 0.0


@properties
@given(series_with_events(), st.integers(0, 2**32 - 1))
def test_point_adjustment_fills_events_that_have_an_alarm(labelled, seed):
    y, _ = labelled
    decisions = (np.random.default_rng(seed).uniform(size=len(y)) < 0.2).astype(int)
    before = decisions.copy()
    adjusted = evaluation.point_adjust(y, decisions)
    np.testing.assert_array_equal(decisions, before)
    np.testing.assert_array_equal(adjusted[y == 0], decisions[y == 0])
    for span in plain_spans(y):
        assert set(adjusted[span]) == {int(any(decisions[span]))}
    assert evaluation.event_recall(y, adjusted) == evaluation.event_recall(y, decisions)


def test_random_alarms_look_well_after_point_adjustment():
    y, _ = machine(length=300)
    decisions = (np.random.default_rng(0).uniform(size=len(y)) < 0.02).astype(int)
    assert f1_score(y, decisions) < 0.1
    assert f1_score(y, evaluation.point_adjust(y, decisions)) > 0.9


def test_delays_are_counted_from_the_events_first_step():
    y = [0, 1, 1, 1, 0, 1, 1, 0, 1, 0]
    decisions = [1, 0, 0, 1, 1, 1, 1, 1, 0, 1]
    np.testing.assert_array_equal(evaluation.detection_delays(y, decisions), [2, 0, np.nan])
    assert evaluation.event_recall(y, decisions) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: evaluation.vus_pr([0, 1], [1.0, 2.0, 3.0], 1), "y has 2"),
        (lambda: evaluation.vus_pr([0, 0], [1.0, 2.0], 1), "only label 0"),
        (lambda: evaluation.vus_pr([0, 1], [1.0, 2.0], -1), "window"),
        (lambda: evaluation.vus_pr([0, 1], [1.0, 2.0], 1, thresholds=1), "thresholds"),
        (lambda: evaluation.range_scores([0, 1], [0, 1], bias="start"), "bias"),
        (lambda: evaluation.range_scores([0, 1], [0, 1], existence=2), "existence"),
        (lambda: evaluation.range_scores([0, 1], [0]), "decisions"),
        (lambda: evaluation.point_adjust([0, 2], [0, 1]), "y"),
        (lambda: evaluation.detection_delays([0, 1], [0.5, 1]), "decisions"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()
