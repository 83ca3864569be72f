"""The stability index meets its definition, and its limit meets samples that were really drawn."""

from course_utils import evaluation

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def sample(rows, seed=0, shift=0.0):
    return np.random.default_rng(seed).normal(shift, size=rows)


def by_hand(expected, actual, bins):
    """Return the index in plain loops, for samples without ties."""
    ordered = sorted(expected)
    edges = [ordered[-(-each * len(ordered) // bins) - 1] for each in range(1, bins)]
    total = 0.0
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        e, a = (sum(low < x <= high for x in rows) for rows in (expected, actual))
        e, a = max(e, 0.5) / len(expected), max(a, 0.5) / len(actual)
        total += (a - e) * np.log(a / e)
    return total


@pytest.mark.parametrize(("rows", "bins"), [(10, 10), (11, 10), (57, 4), (1000, 10), (7, 2)])
def test_it_is_its_definition(rows, bins):
    expected, actual = sample(rows), sample(35, 1, 0.4)
    found = evaluation.population_stability(expected, actual, bins)
    assert found == pytest.approx(by_hand(expected, actual, bins), rel=1e-12)


def test_the_same_rows_have_0_and_moved_rows_have_more():
    rows = sample(1000)
    assert evaluation.population_stability(rows, rows) == 0
    moved = [evaluation.population_stability(rows, rows + shift) for shift in (0.1, 0.5, 2)]
    assert 0 < moved[0] < moved[1] < moved[2]
    assert np.isfinite(evaluation.population_stability(rows, rows + 100))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([np.exp, lambda x: 3 * x - 7, np.cbrt]))
def test_only_the_order_of_values_matters(seed, rising):
    expected, actual = sample(60, seed), sample(30, seed + 1, 0.3)
    assert evaluation.population_stability(rising(expected), rising(actual)) == pytest.approx(
        evaluation.population_stability(expected, actual), rel=1e-12
    )


@pytest.mark.parametrize("values", [[0.0] * 20, [0.0] * 15 + [1.0] * 5, [0.0] * 5 + [1.0] * 15])
def test_ties_leave_fewer_bins_and_no_empty_one(values):
    assert evaluation.population_stability(values, values) == 0
    assert np.isfinite(evaluation.population_stability(values, [0.0, 1.0, 5.0]))


def test_a_value_that_moves_from_a_half_to_nine_tenths_is_seen():
    before, now = [0.0] * 10 + [1.0] * 10, [0.0] * 18 + [1.0] * 2
    expected = (0.9 - 0.5) * np.log(0.9 / 0.5) + (0.1 - 0.5) * np.log(0.1 / 0.5)
    assert evaluation.population_stability(before, now) == pytest.approx(expected)


@pytest.mark.parametrize(("rows", "others"), [(500, 50), (500, 200), (23, 40)])
def test_the_limit_is_the_one_of_samples_that_were_drawn(rows, others):
    drawn = [
        evaluation.population_stability(sample(rows, 2 * seed), sample(others, 2 * seed + 1))
        for seed in range(500)
    ]
    above = np.mean(np.array(drawn) > evaluation.stability_limit(rows, others))
    assert above == pytest.approx(0.05, abs=0.035)  # 3.5 standard deviations of 500 draws


def test_the_limit_shrinks_with_rows_and_grows_with_bins():
    limit = evaluation.stability_limit
    assert limit(1000, 50) > limit(1000, 200) > limit(1000, 2000)
    assert limit(1000, 50, bins=20) > limit(1000, 50, bins=5)
    assert limit(1000, 50, level=0.01) > limit(1000, 50, level=0.2)
    assert limit(1000, 50, seed=3) == limit(1000, 50, seed=3) != limit(1000, 50, seed=4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: evaluation.population_stability([1.0, 2.0], [1.0]), "expected has 2 rows for 10"),
        (lambda: evaluation.population_stability([1.0, np.nan], [1.0], 2), "expected has NaN"),
        (lambda: evaluation.population_stability([1.0, 2.0], [], 2), "actual"),
        (lambda: evaluation.population_stability([1.0, 2.0], [1.0], 1), "bins"),
        (lambda: evaluation.stability_limit(5, 100), "n_expected has 5 rows for 10 bins"),
        (lambda: evaluation.stability_limit(50, 0), "n_actual"),
        (lambda: evaluation.stability_limit(50, 10, level=0), "level"),
        (lambda: evaluation.stability_limit(50, 10, draws=0), "draws"),
    ],
)
def test_what_does_not_fit_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
