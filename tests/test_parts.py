"""data.make_parts: two views of the same parts; a mismatch shows in neither alone."""

from course_utils.data.simulators.parts import KINDS, make_parts
from course_utils.evaluation import auroc

import numpy as np
import pytest
from small_trees import by_two_columns
from test_yard import SIMPLE, simple_numbers


@pytest.fixture(scope="module", params=[0, 1, 2])
def parts(request):
    return make_parts(seed=request.param)


def numbers_of(pictures, temperatures):
    rows = temperatures.X
    heat = [rows.mean(axis=1), rows.max(axis=1), rows.std(axis=1), np.ptp(rows, axis=1)]
    return np.column_stack([simple_numbers(pictures), *heat])


def middle_less_ends(temperatures):
    return temperatures.X[:, 6:10].mean(axis=1) - temperatures.X[:, [0, 1, -2, -1]].mean(axis=1)


def test_the_two_views_are_of_the_same_parts():
    pictures, temperatures = make_parts()
    assert repr(pictures) == (
        "Parts, pictures: 600 images of 64 × 64 pixels, 96 anomalies (16.00 %)"
    )
    assert repr(temperatures) == (
        "Parts, temperatures: 600 rows × 16 features, 96 anomalies (16.00 %)"
    )
    for field in ("y", "kinds", "groups"):
        assert np.array_equal(getattr(pictures, field), getattr(temperatures, field))
    assert [np.sum(pictures.kinds == kind) for kind in KINDS] == [24] * 4
    assert set(pictures.groups.tolist()) == set(range(32))


def test_one_seed_is_one_set_and_no_global_one_is_touched():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, again, other = (make_parts(60, 4, seed) for seed in (3, 3, 4))
    assert np.array_equal(np.random.get_state()[1], before)
    for one, two, three in zip(first, again, other, strict=True):
        assert np.array_equal(one.X, two.X)
        assert not np.array_equal(one.X, three.X)


def test_a_mismatch_is_usual_in_each_view_and_wrong_in_both(parts):
    pictures, temperatures = parts
    brick, middle = pictures.groups < 16, middle_less_ends(temperatures)
    whole = pictures.kinds == ""
    assert (middle[whole & brick] > 0).mean() > 0.98
    assert (middle[whole & ~brick] < 0).mean() > 0.98
    wrong = pictures.kinds == "mismatch"
    assert ((middle[wrong] < 0) == brick[wrong]).mean() > 0.9
    assert 0.4 < auroc(wrong[whole | wrong], middle[whole | wrong]) < 0.6


def test_hot_zones_are_hot_and_only_where_the_kind_says(parts):
    _, temperatures = parts
    rows = temperatures.X - np.median(temperatures.X, axis=1, keepdims=True)
    bow = np.where(temperatures.groups < 16, 1, -1)[:, None]
    rows = rows - 6 * bow * (0.5 - np.linspace(-1, 1, 16) ** 2)
    hot = np.isin(temperatures.kinds, ("hot zone", "burn"))
    whole = np.isin(temperatures.kinds, ("", "surface"))
    assert rows[hot].max(axis=1).mean() > rows[whole].max(axis=1).mean() + 2


def test_no_simple_number_finds_the_anomalies(parts):
    labels = parts[0].y
    for number, column in enumerate(numbers_of(*parts).T):
        assert 0.3 < auroc(labels, column) < 0.8, number
    assert 0.35 < auroc(labels, SIMPLE["mean"](parts[0].X.astype(float))) < 0.65


def test_a_tree_of_two_simple_numbers_does_not_find_them_on_other_seeds(parts):
    taught = [make_parts(seed=seed) for seed in (10, 11)]
    numbers = np.concatenate([numbers_of(*each) for each in taught])
    labels = np.concatenate([each[0].y for each in taught])
    for pair, found in by_two_columns(numbers, labels, numbers_of(*parts)):
        assert auroc(parts[0].y, found) < 0.9, pair


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": 96}, ValueError, "rows is 96; a whole number of at least 97"),
        ({"rows": 601}, ValueError, "rows is 601; a multiple of 2 is expected"),
        ({"anomalies": 6}, ValueError, "anomalies is 6; a multiple of 4 is expected"),
        ({"anomalies": 3}, ValueError, "anomalies is 3; a whole number of at least 4"),
        ({"seed": 0.5}, TypeError, "seed is 0.5"),
    ],
)
def test_a_wrong_argument_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_parts(**arguments)
