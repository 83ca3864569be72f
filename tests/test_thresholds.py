"""Thresholds do what their names promise, on any scores, ties included."""

from course_utils import thresholds

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

FEW_VALUES = st.integers(-3, 3).map(float)  # makes ties the rule
ANY_VALUE = st.floats(-1e6, 1e6)
SCORES = st.lists(FEW_VALUES, min_size=1, max_size=30) | st.lists(
    ANY_VALUE, min_size=1, max_size=30
)
properties = settings(max_examples=100, deadline=None, derandomize=True)


@st.composite
def labelled_scores(draw):
    """Return y with both classes and scores, of one length."""
    scores = draw(SCORES.filter(lambda values: len(values) >= 2))
    y = draw(st.lists(st.integers(0, 1), min_size=len(scores), max_size=len(scores)))
    y[0], y[-1] = 0, 1
    order = draw(st.permutations(range(len(y))))
    return np.array(y)[order], np.array(scores)[order]


def every_threshold(scores):
    """Return one threshold for every way in which scores can be cut in two."""
    return [-np.inf, *scores]


def count_mistakes(y, scores, threshold):
    """Return hits, false alarms and misses, counted row by row."""
    hits = sum(1 for label, score in zip(y, scores, strict=True) if label and score > threshold)
    false_alarms = sum(
        1 for label, score in zip(y, scores, strict=True) if not label and score > threshold
    )
    return hits, false_alarms, sum(y) - hits


# --- decide ---------------------------------------------------------------------------------


def test_decide_calls_only_scores_above_the_threshold_anomalous():
    decisions = thresholds.decide([0.1, 0.5, 0.9], 0.5)
    assert decisions.tolist() == [0, 0, 1]
    assert decisions.dtype == np.int64


@pytest.mark.parametrize("threshold", [None, "0.5", np.nan, True, [0.5]])
def test_decide_refuses_a_threshold_that_is_no_number(threshold):
    with pytest.raises((TypeError, ValueError), match=r"threshold"):
        thresholds.decide([0.1, 0.5], threshold)


# --- quantile -------------------------------------------------------------------------------


@properties
@given(st.sets(ANY_VALUE, min_size=1, max_size=60), st.floats(0.01, 0.5))
def test_quantile_leaves_the_share_above_to_the_nearest_row(scores, contamination):
    scores = list(scores)
    above = thresholds.decide(scores, thresholds.quantile(scores, contamination)).sum()
    assert abs(above - contamination * len(scores)) <= 1


def test_quantile_leaves_exactly_the_share_where_it_is_whole_rows():
    scores = np.random.default_rng(0).normal(size=1000)
    assert thresholds.decide(scores, thresholds.quantile(scores, 0.05)).sum() == 50


@properties
@given(SCORES, st.floats(0.01, 0.5))
def test_quantile_never_has_more_than_the_share_above_and_one_row(scores, contamination):
    above = thresholds.decide(scores, thresholds.quantile(scores, contamination)).sum()
    assert above <= contamination * len(scores) + 1


@pytest.mark.parametrize("contamination", [0, 0.51, -0.1, 1, np.nan, None, "0.1", True])
def test_quantile_refuses_a_contamination_outside_its_range(contamination):
    with pytest.raises((TypeError, ValueError), match=r"contamination"):
        thresholds.quantile([0.1, 0.2], contamination)


# --- alert_budget ---------------------------------------------------------------------------


@properties
@given(SCORES, st.integers(1, 35))
def test_alert_budget_is_kept_and_used_as_far_as_ties_allow(scores, alerts):
    threshold = thresholds.alert_budget(scores, alerts)
    assert thresholds.decide(scores, threshold).sum() <= alerts
    next_lower = max((score for score in scores if score <= threshold), default=None)
    if next_lower is not None:  # flagging the next group of tied scores too would break it
        assert sum(score >= next_lower for score in scores) > alerts


def test_alert_budget_raises_no_alert_for_scores_tied_at_the_border():
    assert thresholds.alert_budget([1, 2, 2, 3], 2) == 2  # one alert, because three is too many


def test_alert_budget_beyond_all_scores_flags_them_all():
    assert thresholds.decide([1, 1, 1], thresholds.alert_budget([1, 1, 1], 3)).tolist() == [1] * 3


@pytest.mark.parametrize("alerts", [0, -1, 1.5, True, None, "3"])
def test_alert_budget_refuses_what_is_no_count(alerts):
    with pytest.raises((TypeError, ValueError), match=r"alerts"):
        thresholds.alert_budget([0.1, 0.2], alerts)


# --- minimum_cost and best_f1 ---------------------------------------------------------------


@properties
@given(labelled_scores(), st.sampled_from([0, 1, 2.5]), st.sampled_from([0, 1, 10]))
def test_minimum_cost_equals_brute_force_over_all_thresholds(data, cost_false_alarm, cost_miss):
    y, scores = data

    def cost(threshold):
        _, false_alarms, misses = count_mistakes(y, scores, threshold)
        return cost_false_alarm * false_alarms + cost_miss * misses

    chosen = thresholds.minimum_cost(y, scores, cost_false_alarm, cost_miss)
    assert cost(chosen) == pytest.approx(min(map(cost, every_threshold(scores))))


@properties
@given(labelled_scores())
def test_best_f1_equals_brute_force_over_all_thresholds(data):
    y, scores = data

    def f1(threshold):
        hits, false_alarms, misses = count_mistakes(y, scores, threshold)
        return 2 * hits / (2 * hits + false_alarms + misses)

    assert f1(thresholds.best_f1(y, scores)) == pytest.approx(
        max(map(f1, every_threshold(scores)))
    )


def test_a_threshold_that_separates_lies_in_the_middle_of_the_gap():
    y, scores = [0, 0, 1, 1], [1, 2, 4, 5]
    assert thresholds.best_f1(y, scores) == 3
    assert thresholds.minimum_cost(y, scores, 1, 1) == 3


@pytest.mark.parametrize("low", [1.0, np.nextafter(1.0, 2)])
def test_a_threshold_separates_neighbouring_floats(low):
    high = np.nextafter(low, 2)  # their middle is rounded down for one low, up for the other
    for threshold in (
        thresholds.best_f1([0, 1], [low, high]),
        thresholds.minimum_cost([0, 1], [low, high], 1, 1),
    ):
        assert thresholds.decide([low, high], threshold).tolist() == [0, 1]


def test_minimum_cost_raises_the_fewest_alerts_among_equally_cheap_thresholds():
    # Flagging nothing costs one miss, flagging the top three costs one false alarm.
    assert thresholds.minimum_cost([0, 1, 0], [1, 2, 3], 1, 1) == 3


def test_minimum_cost_follows_the_costs():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [900, 100])
    scores = rng.normal(size=1000) + 2 * y
    dear_misses = thresholds.minimum_cost(y, scores, 1, 50)
    dear_alarms = thresholds.minimum_cost(y, scores, 50, 1)
    assert dear_misses < dear_alarms


@pytest.mark.parametrize("cost", [-1, np.nan, np.inf, None, "1", True])
@pytest.mark.parametrize("name", ["cost_false_alarm", "cost_miss"])
def test_minimum_cost_refuses_what_is_no_cost(name, cost):
    costs = {"cost_false_alarm": 1, "cost_miss": 1} | {name: cost}
    with pytest.raises((TypeError, ValueError), match=name):
        thresholds.minimum_cost([0, 1], [0.1, 0.2], **costs)


@pytest.mark.parametrize("y", [[0, 0], [1, 1], [0, 2], [0, 1, 1], [0.5, 1], ["a", "b"], None, []])
def test_labels_that_do_not_fit_are_refused(y):
    with pytest.raises((TypeError, ValueError), match=r"y "):
        thresholds.minimum_cost(y, [0.1, 0.2], 1, 1)
    with pytest.raises((TypeError, ValueError), match=r"y "):
        thresholds.best_f1(y, [0.1, 0.2])


# --- extreme_value --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("distribution", "tolerance"),
    [
        # At 20,000 rows the quantile itself, read off the sample, has a standard error of 3.2 %
        # of an exponential's and 2.1 % of a normal's value.
        (stats.expon(), 0.10),
        (stats.norm(), 0.07),
        (stats.expon(loc=1e4, scale=1e-6), 1e-9),
    ],
    ids=["exponential", "normal", "far from zero"],
)
def test_extreme_value_recovers_the_known_quantile(distribution, tolerance, seed):
    scores = distribution.rvs(20_000, random_state=seed)
    threshold = thresholds.extreme_value(scores, risk=1e-3, tail=0.02)
    assert threshold == pytest.approx(distribution.isf(1e-3), rel=tolerance)


def test_extreme_value_is_the_published_formula_at_the_likeliest_parameters():
    scores = stats.norm().rvs(5_000, random_state=3)
    start = np.quantile(scores, 0.98)
    excesses = scores[scores > start] - start

    def cost(parameters):
        shape, scale = parameters
        inside = 1 + shape * excesses / scale
        if scale <= 0 or inside.min() <= 0:
            return np.inf
        return len(excesses) * np.log(scale) + (1 / shape + 1) * np.log(inside).sum()

    shape, scale = optimize.minimize(cost, [0.1, excesses.mean()], method="Nelder-Mead").x
    expected = start + scale / shape * ((1e-4 * 5_000 / len(excesses)) ** -shape - 1)
    assert thresholds.extreme_value(scores, risk=1e-4) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_extreme_value_reaches_risks_that_were_never_seen(seed):
    scores = stats.expon().rvs(5_000, random_state=seed)
    threshold = thresholds.extreme_value(scores, risk=1e-5)  # one row in 100,000
    assert 0.6 * stats.expon.isf(1e-5) < threshold < 1.8 * stats.expon.isf(1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_extreme_value_holds_its_risk_on_a_heavy_tail(seed):
    cauchy = stats.cauchy()  # without a mean
    threshold = thresholds.extreme_value(cauchy.rvs(20_000, random_state=seed), risk=1e-3)
    assert 1e-3 / 2 < cauchy.sf(threshold) < 2e-3


@pytest.mark.parametrize("seed", range(5))
def test_extreme_value_holds_its_risk_on_scores_with_a_limit(seed):
    scores = np.random.default_rng(seed).random(20_000)
    assert 1e-3 / 2 < 1 - thresholds.extreme_value(scores, risk=1e-3) < 2e-3


@pytest.mark.parametrize("factor", [1e-12, 1e12])
def test_extreme_value_follows_the_unit_of_the_scores(factor):
    scores = stats.expon().rvs(2_000, random_state=0)
    in_other_unit = thresholds.extreme_value(factor * scores)
    assert in_other_unit == pytest.approx(factor * thresholds.extreme_value(scores), rel=1e-6)


def test_extreme_value_rises_as_the_risk_falls():
    scores = stats.norm().rvs(5_000, random_state=0)
    values = [thresholds.extreme_value(scores, risk=risk) for risk in (0.01, 1e-3, 1e-4, 1e-6)]
    assert values == sorted(set(values))


def test_extreme_value_copes_with_tied_scores():
    scores = np.round(stats.expon().rvs(20_000, random_state=0), 1)
    assert thresholds.extreme_value(scores) == pytest.approx(stats.expon.isf(1e-3), rel=0.15)


def test_extreme_value_stays_at_the_quantile_where_fewer_than_the_risk_lie_above():
    scores = np.append(np.zeros(9_985), np.arange(1, 16))  # 0.15 % lie above 0
    assert thresholds.extreme_value(scores, risk=2e-3) == 0


@pytest.mark.parametrize(
    "scores",
    [np.ones(1_000), np.arange(100.0), [1.0], np.append(np.zeros(1_000), 1.0)],
    ids=["constant", "short", "one", "nearly constant"],
)
def test_extreme_value_says_that_the_tail_is_too_thin(scores):
    with pytest.raises(
        ValueError, match=r"^scores has \d+ of \d+ values above its 0\.98 quantile"
    ):
        thresholds.extreme_value(scores)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("risk", value) for value in (0, 0.02, 0.5, -1, np.nan, None, "1", True)]
    + [("tail", value) for value in (0, 0.6, -1, np.nan, None, "1", True)],
)
def test_extreme_value_refuses_shares_outside_their_range(argument, value):
    with pytest.raises((TypeError, ValueError), match=argument):
        thresholds.extreme_value(np.arange(1_000.0), **{argument: value})


# --- scores that do not fit -----------------------------------------------------------------


@pytest.mark.parametrize(
    "scores",
    [None, "text", [], [[0.1, 0.2]], [0.1, np.nan], [0.1, np.inf], ["a", "b"], 3.0],
    ids=str,
)
@pytest.mark.parametrize(
    "function",
    [
        lambda scores: thresholds.decide(scores, 0.5),
        lambda scores: thresholds.quantile(scores, 0.1),
        lambda scores: thresholds.alert_budget(scores, 1),
        lambda scores: thresholds.minimum_cost([0, 1], scores, 1, 1),
        lambda scores: thresholds.best_f1([0, 1], scores),
        thresholds.extreme_value,
    ],
    ids=["decide", "quantile", "alert_budget", "minimum_cost", "best_f1", "extreme_value"],
)
def test_scores_that_do_not_fit_are_refused(function, scores):
    with pytest.raises((TypeError, ValueError), match=r"scores"):
        function(scores)
