"""Lesson 25's exercises: their solutions meet brute force, their lines are fair elsewhere."""

import itertools

from course_utils import data, evaluation
from course_utils.exercises import lesson_25 as ex
from course_utils.exercises.lesson_25 import desk, drift, fusion, rule, traces

import numpy as np
import pytest


def test_slips_at_the_desk_lead_to_unlike_shares():
    """Else a message names the wrong one."""
    *given, budget = desk._example()
    shares = [share for share, _ in desk._wrong_shares(*given, budget)]
    shares.append(ex.found_by_the_desk._solution(*given, budget))
    assert len(np.unique(np.round(shares, 4))) == len(shares)


def test_the_desk_finds_all_with_looks_for_all_and_more_with_more_looks():
    generator = np.random.default_rng(0)
    for _ in range(10):
        hour, host = generator.integers(0, 72, 80), generator.integers(0, 5, 80)
        attack, scores = generator.integers(0, 2, 80), generator.normal(size=80)
        found = [
            ex.found_by_the_desk._solution(scores, host, hour, attack, budget)
            for budget in range(80)
        ]
        assert (np.diff(found) >= 0).all()
        assert (found[0], found[-1]) == (0, 1)
        order = generator.permutation(80)
        mixed = [each[order] for each in (scores, host, hour, attack)]
        assert ex.found_by_the_desk._solution(*mixed, 3) == found[3]


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_the_rule_ranks_known_attacks_on_other_networks_and_more_is_not_worse(seed):
    network = data.make_network(rows=10_000, seed=seed)
    failed, connections, hosts, ports = network.X[:, [9, 10, 11, 12]].T
    known = np.isin(network.kinds, rule.KNOWN)
    rows = known | (network.y == 0)

    def area(scores):
        return evaluation.auroc(known[rows].astype(int), scores[rows])

    assert area(ex.port_rule._solution(failed, ports, connections, hosts)) > rule.LINE + 0.01
    assert area(10 * failed + ports + connections + hosts) < rule.LINE - 0.03
    assert max(map(area, (failed, ports, connections, -hosts))) < rule.LINE - 0.03


@pytest.mark.parametrize("seed", range(4))
def test_the_cut_leaves_no_judged_row_among_those_that_were_seen(seed):
    network = data.make_network(seed=seed)
    day = (network.time - network.time[0].astype("datetime64[D]")) // np.timedelta64(1, "D")
    kinds = np.asarray(network.kinds).astype(str)
    masks = ex.honest_cut._solution(day, kinds, [1, 6, 8], [3, 10, 13], 14)
    assert max(np.sum(masks, axis=0)) == 1
    for first, second in itertools.combinations(masks[:4], 2):
        assert not set(day[first]) & set(day[second])
    train, known, new = (set(kinds[masks[at]]) for at in (0, 4, 5))
    assert known <= train
    assert not new & train
    assert {"slow scan", "exfiltration", "tunnel"} <= new


def test_a_surprise_is_seldom_high_among_harmless_rows():
    """P(p ≤ a) ≤ a for rows drawn as the reference was: what makes it a probability."""
    generator = np.random.default_rng(5)
    low = []
    for _ in range(400):
        reference, rows = generator.normal(size=(2, 99))
        low.append(ex.surprise._solution(reference, rows) >= -np.log(0.05) - 1e-9)
    assert np.mean(low) == pytest.approx(0.05, abs=0.006)


def test_half_a_budget_each_keeps_it_whatever_the_detectors_have_in_common():
    generator = np.random.default_rng(6)
    for common in (0, 0.5, 0.95, -0.9):
        cov = [[1, common], [common, 1]]
        scores, judged = (generator.multivariate_normal([0, 0], cov, n) for n in (4000, 40_000))
        lines = np.array(ex.either_lines._solution(*scores.T, 0.04))
        assert 0.017 < (judged > lines).any(axis=1).mean() < 0.046


def test_lines_that_forget_the_other_ring_nearly_twice_as_often():
    rung = []
    for seed in range(5):
        scores, judged = (fusion._stream(seed, 40_000, late) for late in (False, True))
        rung.append((judged > np.quantile(scores, 0.99, axis=0)).any(axis=1).mean())
    assert 0.017 < np.mean(rung) < 0.021


def test_confirmed_rows_let_the_neighbours_find_what_a_line_drawn_anew_hides(monkeypatch):
    monkeypatch.setattr(drift, "SEEDS", (31, 32, 33, 34))
    ways = {
        "confirmed": ex.after_drift._solution,
        "line": lambda day, said: (np.zeros(len(day), dtype=bool), said != 1),
        "all": lambda day, said: (np.ones(len(day), dtype=bool), np.zeros(len(day), dtype=bool)),
        "as it was": lambda day, said: (np.zeros(len(day), dtype=bool),) * 2,
    }
    judged = {
        name: drift._mean([drift._masks_of(way, seed) for seed in drift.SEEDS])
        for name, way in ways.items()
    }
    alarms, found = judged["confirmed"]
    assert alarms < drift.FALSE_ALARMS
    assert max(judged["line"][1], judged["all"][1]) < 0.5 * drift.FOUND * found
    assert judged["as it was"][0] > 1.5 * drift.FALSE_ALARMS
    assert judged["as it was"][1] > 0.7 * found


def test_windows_are_those_of_a_loop_and_only_grow_with_padding():
    generator = np.random.default_rng(8)
    for _ in range(20):
        training = [generator.integers(0, 4, generator.integers(1, 20)) for _ in range(6)]
        trace = generator.integers(0, 4, 15).tolist()
        before, after = training[0].tolist(), training[1].tolist()
        alone, padded = ex.unseen_windows._solution(training, [trace, before + trace + after], 3)
        places = range(len(trace) - 2)
        texts = [",".join(map(str, each.tolist())) for each in training]
        expected = sum(
            not any(f",{','.join(map(str, trace[at : at + 3]))}," in f",{each}," for each in texts)
            for at in places
        )
        assert alone == expected
        assert padded >= alone


def test_the_number_of_unseen_windows_survives_padding_and_their_share_does_not():
    training, parts = traces._host()
    traces_ = [each for part in parts for each in part]
    number = ex.trace_score._solution(training, traces_)
    share = number / [max(1, len(each) - 4) for each in traces_]
    cuts = np.cumsum([len(part) for part in parts])[:-1]
    of_number, of_share = (np.split(each, cuts) for each in (number, share))
    assert (of_number[3] >= of_number[1]).all()
    assert (of_share[3] < of_share[1]).mean() > 0.8
    assert traces.area(*of_number[:2]) > traces.LINE + 0.02
    assert traces.area(*of_number[2:]) > traces.PADDED_LINE + 0.02
