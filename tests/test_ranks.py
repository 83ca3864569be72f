"""evaluation.ranks: against scipy, Demšar's printed numbers, and what holds for any results."""

from course_utils import evaluation

import numpy as np
import pandas as pd
import pytest
from scipy import stats

# AUC of C4.5 with two options on 14 data sets: Demšar, JMLR 7, 2006, Table 6. His ranks tell the
# last two of 0.975, 0.975 apart, so one is a little lower here.
DEMSAR = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.975, 0.9749],
        [0.957, 0.978, 0.946, 0.970],
    ]
)
# the same paper's Table 5: critical values for 2 to 10 classifiers
QUANTILES = {
    0.05: (1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164),
    0.10: (1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920),
}


def drawn(seed, tables=12, detectors=6, decimals=2):
    """Random results with ties."""
    generator = np.random.default_rng(seed)
    return np.round(generator.uniform(0.5, 1, (tables, detectors)), decimals)


def plain_holm(p_values):
    """Holm's correction as he states it: step down, in the order given."""
    m, order, adjusted, largest = len(p_values), np.argsort(p_values), {}, 0.0
    for step, which in enumerate(order):
        largest = max(largest, min(1.0, (m - step) * p_values[which]))
        adjusted[which] = largest
    return [adjusted[which] for which in range(m)]


def test_the_printed_example_comes_out():
    assert evaluation.mean_ranks(DEMSAR).round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    assert evaluation.critical_difference(4, 14) == pytest.approx(1.25, abs=0.006)
    assert evaluation.critical_difference(4, 14, level=0.10) == pytest.approx(1.12, abs=0.006)
    # printed without the correction for ties: 9.28; ties can only raise it
    statistic, p_value = evaluation.friedman(DEMSAR)
    assert 9.28 < statistic < 11
    assert p_value < 0.05


@pytest.mark.parametrize("level", QUANTILES)
def test_the_printed_critical_values_come_out(level):
    for k, q in enumerate(QUANTILES[level], start=2):
        expected = q * np.sqrt(k * (k + 1) / (6 * 20))
        assert evaluation.critical_difference(k, 20, level) == pytest.approx(expected, abs=1.5e-3)


@pytest.mark.parametrize("seed", range(5))
def test_ranks_are_those_of_scipy_and_add_up(seed):
    results = drawn(seed, decimals=1)
    ranks = evaluation.mean_ranks(results)
    expected = [stats.rankdata([-value for value in row]) for row in results]
    np.testing.assert_allclose(ranks, np.mean(expected, axis=0))
    assert ranks.sum() == pytest.approx(6 * 7 / 2)


@pytest.mark.parametrize("seed", range(5))
def test_what_grows_with_the_results_table_by_table_leaves_ranks_and_friedman_alone(seed):
    results = drawn(seed)
    bent = np.exp(3 * results) * np.arange(1, 13)[:, None] - 7
    np.testing.assert_allclose(evaluation.mean_ranks(bent), evaluation.mean_ranks(results))
    assert evaluation.friedman(bent) == pytest.approx(evaluation.friedman(results))


@pytest.mark.parametrize("seed", range(5))
def test_detectors_may_stand_in_any_order(seed):
    results = drawn(seed)
    order = np.random.default_rng(seed + 100).permutation(6)
    swapped = results[:, order]
    np.testing.assert_allclose(
        evaluation.mean_ranks(swapped), evaluation.mean_ranks(results)[order]
    )
    assert evaluation.friedman(swapped) == pytest.approx(evaluation.friedman(results))
    verdicts = [
        {
            frozenset((order[a], order[b]) if k else (a, b)): (p, adjusted)
            for a, b, _, p, adjusted in table.itertuples(index=False)
        }
        for k, table in enumerate(map(evaluation.wilcoxon_holm, (results, swapped)))
    ]
    assert verdicts[0].keys() == verdicts[1].keys()
    for pair, numbers in verdicts[0].items():
        assert verdicts[1][pair] == pytest.approx(numbers)


def test_a_good_detector_has_a_low_rank():
    results = drawn(0)
    results[:, 3] = 2.0
    assert evaluation.mean_ranks(results)[3] == 1.0
    assert evaluation.mean_ranks(results).argmin() == 3


@pytest.mark.parametrize("seed", range(5))
def test_friedman_is_scipys(seed):
    results = drawn(seed, decimals=1)
    expected = stats.friedmanchisquare(*results.T)
    assert evaluation.friedman(results) == pytest.approx(tuple(expected))


def test_friedmans_p_value_is_what_chance_gives():
    generator = np.random.default_rng(0)
    found = [evaluation.friedman(generator.random((30, 5))).p_value for _ in range(400)]
    assert 0.02 < np.mean(np.less(found, 0.05)) < 0.08


def test_detectors_that_are_level_everywhere_are_told_apart_by_nothing():
    results = np.ones((8, 3)) * np.arange(8)[:, None]
    assert evaluation.friedman(results) == (0.0, 1.0)
    table = evaluation.wilcoxon_holm(results)
    assert table["p"].tolist() == table["p adjusted"].tolist() == [1.0] * 3
    assert evaluation.mean_ranks(results).tolist() == [2.0] * 3


@pytest.mark.parametrize("seed", range(5))
def test_pairs_are_tested_as_scipy_does_and_corrected_as_holm_does(seed):
    results = drawn(seed, tables=15, detectors=5, decimals=6)
    results += np.array([0, 0, 0.05, 0.1, 0.3])
    table = evaluation.wilcoxon_holm(results)
    assert len(table) == 10
    for first, second, difference, p, _ in table.itertuples(index=False):
        assert first < second
        assert p == pytest.approx(stats.wilcoxon(results[:, first], results[:, second]).pvalue)
        assert difference == pytest.approx(np.mean(results[:, first] - results[:, second]))
    assert table["p adjusted"].tolist() == pytest.approx(plain_holm(table["p"].to_numpy()))
    assert table["p"].is_monotonic_increasing
    assert table["p adjusted"].is_monotonic_increasing


@pytest.mark.parametrize("seed", range(4))
def test_tied_differences_get_the_p_value_of_all_signs(seed):
    results = drawn(seed, tables=9, detectors=2, decimals=1)
    difference = results[:, 0] - results[:, 1]
    difference = difference[difference.round(3) != 0].round(3)
    ranks = stats.rankdata(np.abs(difference))
    signs = np.array(np.meshgrid(*[[0, 1]] * len(ranks))).reshape(len(ranks), -1)
    sums, found = ranks @ signs, ranks[difference > 0].sum()
    expected = min(1, 2 * min(np.mean(sums <= found), np.mean(sums >= found)))
    table = evaluation.wilcoxon_holm(np.stack([difference, np.zeros(len(ranks))], axis=1))
    assert table["p"].item() == pytest.approx(expected)


def test_many_tables_are_left_to_scipy():
    results = drawn(0, tables=80, detectors=2, decimals=6)
    expected = stats.wilcoxon(results[:, 0], results[:, 1]).pvalue
    assert evaluation.wilcoxon_holm(results)["p"].item() == pytest.approx(expected)


def test_holms_own_steps_by_hand():
    assert plain_holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx(
        [0.03, 0.06, 0.06, 0.02]
    )


def test_another_detector_changes_a_pairs_p_value_by_its_factor_alone():
    results = drawn(3, detectors=4, decimals=6)
    few, many = evaluation.wilcoxon_holm(results[:, :2]), evaluation.wilcoxon_holm(results)
    pair = many[(many["first"] == 0) & (many["second"] == 1)]
    assert pair["p"].item() == few["p"].item() == few["p adjusted"].item()


def test_regret_is_the_distance_to_the_best():
    results = np.array([[0.9, 0.8, 0.7], [0.5, 0.6, 0.9]])
    assert evaluation.regret(results, 1) == pytest.approx([0.1, 0.3])
    assert evaluation.regret(results, [0, 2]) == pytest.approx([0, 0])
    assert evaluation.regret(results, np.array([2, 0])) == pytest.approx([0.2, 0.4])
    assert evaluation.regret(results, results.argmin(axis=1)) == pytest.approx([0.2, 0.4])


def test_names_come_back():
    table = pd.DataFrame(DEMSAR, columns=["C4.5", "m", "cf", "m and cf"])
    table.index = [f"set {k}" for k in range(14)]
    ranks = evaluation.mean_ranks(table)
    assert ranks.idxmin() == "m and cf"
    lost = evaluation.regret(table, "C4.5")
    assert lost["set 0"] == pytest.approx(0.798 - 0.763)
    np.testing.assert_allclose(lost, evaluation.regret(DEMSAR, 0))
    assert evaluation.regret(table, ["m"] * 13 + ["cf"]).iloc[-1] == pytest.approx(0.978 - 0.946)
    pairs = evaluation.wilcoxon_holm(table)
    assert set(pairs["first"]) | set(pairs["second"]) == set(table.columns)
    assert type(evaluation.mean_ranks(DEMSAR)) is np.ndarray
    assert evaluation.friedman(table) == evaluation.friedman(DEMSAR)


def test_seeds_counted_as_tables_make_the_difference_smaller_than_it_is():
    honest, too_sure = (evaluation.critical_difference(9, n) for n in (12, 36))
    assert honest / too_sure == pytest.approx(np.sqrt(3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.mean_ranks([1, 2, 3]), "results has shape"),
        (lambda: evaluation.mean_ranks([[1, np.nan]]), "results has NaN in row 0, column 1"),
        (lambda: evaluation.friedman([[1, 2], [2, 1]]), "3 detectors"),
        (lambda: evaluation.friedman([[1, 2, 3]]), "at least 2 tables"),
        (lambda: evaluation.wilcoxon_holm([[1], [2]]), "2 detectors"),
        (lambda: evaluation.critical_difference(1, 12), "detectors is 1"),
        (lambda: evaluation.critical_difference(3, 1), "tables is 1"),
        (lambda: evaluation.critical_difference(3, 12, 1.0), "level is 1"),
        (lambda: evaluation.critical_difference(3.5, 12), "detectors is 3.5"),
        (lambda: evaluation.regret([[1, 2]], [0, 1]), "choices has 2"),
        (lambda: evaluation.regret([[1, 2]], 2), "choices .* is 2"),
        (lambda: evaluation.regret([[1, 2]], -1), "choices .* is -1"),
        (lambda: evaluation.regret([[1, 2]], "kNN"), "'kNN'"),
        (lambda: evaluation.regret(pd.DataFrame({"kNN": [1]}), "LOF"), "one of kNN"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_results_are_left_as_they_were():
    results = drawn(0)
    before = results.copy()
    evaluation.mean_ranks(results)
    evaluation.friedman(results)
    evaluation.wilcoxon_holm(results)
    evaluation.regret(results, 0)
    assert np.array_equal(results, before)
