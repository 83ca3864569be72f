"""Lesson 24's exercises: their solutions meet brute force, their lines are fair elsewhere."""

import itertools

from course_utils.exercises import lesson_24 as ex
from course_utils.exercises.lesson_24 import alerts, audit, pumps

import numpy as np
import pytest


@pytest.mark.parametrize("seed", range(5))
def test_what_is_known_never_hangs_on_what_comes_later(seed):
    generator = np.random.default_rng(seed)
    time = np.sort(generator.uniform(0, 90, 60))
    reported = np.where(generator.random(60) < 0.5, time + generator.exponential(20, 60), np.nan)
    labels = ex.known_labels._solution(time, reported, 50.0, 25.0)
    later = np.where(reported > 50, generator.choice([np.nan, 51.0, 999.0], 60), reported)
    np.testing.assert_array_equal(labels, ex.known_labels._solution(time, later, 50.0, 25.0))
    for label, paid, report in zip(labels, time, reported, strict=True):
        if report <= 50:
            assert label == 1
        else:
            assert label == 0 if paid <= 25 else np.isnan(label)


def test_looks_are_the_best_of_all_that_the_budget_allows():
    generator = np.random.default_rng(1)
    for _ in range(20):
        day = generator.integers(0, 3, 9)
        p, amount, cost = generator.random(9), generator.lognormal(3, 1, 9), 8.0
        looks = ex.worth_a_look._solution(p, amount, day, 2, cost)
        allowed = [
            chosen
            for chosen in itertools.product((0, 1), repeat=9)
            if np.bincount(day, chosen).max() <= 2
        ]
        gains = np.array(allowed) @ (p * amount - cost)
        assert (looks * (p * amount - cost)).sum() == pytest.approx(gains.max())
        assert np.bincount(day, looks).max() <= 2


def test_no_score_saves_more_than_the_money_itself():
    generator = np.random.default_rng(2)
    day, fraud = generator.integers(0, 8, 80), generator.integers(0, 2, 80)
    amounts = generator.lognormal(3, 1, 80)
    best = ex.loss_saved._solution(amounts * fraud, amounts, fraud, day, 2)
    for _ in range(30):
        saved = ex.loss_saved._solution(generator.random(80), amounts, fraud, day, 2)
        assert 0 <= saved <= best < 1
    assert ex.loss_saved._solution(amounts, amounts, fraud, day, 80) == pytest.approx(1)


def test_a_report_is_seen_at_its_shop_alone_and_after_it():
    merchant, time = np.tile([4, 9], 20), np.arange(40.0)
    reported = np.full(40, np.nan)
    reported[6] = 25.0  # at shop 4
    count = ex.reports_at_shop._solution(merchant, time, reported)
    np.testing.assert_array_equal(count, (merchant == 4) & (time > 25))


def test_the_rules_of_the_trade_stay_below_the_line_and_trees_above_it():
    """Else the exercise asks for nothing, or for luck."""
    made = alerts._streams()
    rule = alerts._saved([alerts._rule(given[2]) for given, *_ in made])
    ours = alerts._saved([ex.my_alerts._solution(*given) for given, *_ in made])
    oracle = alerts._saved([given[2][:, alerts.AMOUNT] * fraud for given, fraud, _ in made])
    assert ours > rule + alerts.MORE + 0.02
    assert oracle > ours


def test_an_audit_of_both_parts_passes_whatever_its_chance():
    made, by_rule_alone = audit._judges()
    for start in (100, 200, 300):
        rows = [
            ex.claims_to_audit._solution(each[0], audit.BUDGET, start + number)
            for number, each in enumerate(made)
        ]
        taught = np.mean([audit._taught(*pair) for pair in zip(made, rows, strict=True)])
        assert taught > by_rule_alone + audit.MORE
        found = np.mean([each[3][chosen].sum() for each, chosen in zip(made, rows, strict=True)])
        by_chance = np.mean([audit.BUDGET * each[3][: audit.THIS_YEAR].mean() for each in made])
        assert found > 1.5 * audit.TIMES * by_chance


def test_volume_is_fooled_by_news_and_our_score_is_not():
    made = pumps._markets()
    by_volume = pumps._judged([np.concatenate([each[2] for each in given]) for given, *_ in made])
    ours = pumps._judged(
        [np.concatenate([ex.pump_score._solution(*each) for each in given]) for given, *_ in made]
    )
    assert ours[0] < pumps.ON_NEWS - 0.05 < by_volume[0] - 0.2
    assert ours[1] > pumps.FOUND + 0.1
