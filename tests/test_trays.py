"""data.make_trays: two large and two small, counted by pixels, and what damage changes."""

from course_utils.data.simulators.trays import LOGICAL, STRUCTURAL, make_trays
from course_utils.evaluation import auroc

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, label
from small_trees import by_two_columns
from test_yard import SIMPLE, simple_numbers

KINDS = LOGICAL + STRUCTURAL


@pytest.fixture(scope="module", params=[0, 1, 2])
def trays(request):
    return make_trays(seed=request.param)


def coins_of(image):
    """Return how many large and how many small coins lie on a tray."""
    soft = gaussian_filter(image.astype(float), 1)
    area = np.bincount(label(soft > np.median(soft) + 20)[0].ravel())[1:]
    return np.sum(area > 340), np.sum((area > 60) & (area <= 340))


def test_trays_have_their_kinds():
    made = make_trays()
    assert repr(made) == "Trays of coins: 400 images of 96 × 96 pixels, 100 anomalies (25.00 %)"
    assert [np.sum(made.kinds == kind) for kind in KINDS] == [20] * 5
    assert len(set(made.kinds[:60].tolist())) > 2  # in random order
    assert len(make_trays(6, 1)) == 6


def test_one_seed_is_one_set_of_trays_and_no_global_one_is_touched():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, again, other = (make_trays(30, 2, seed) for seed in (3, 3, 4))
    assert np.array_equal(np.random.get_state()[1], before)
    assert np.array_equal(first.X, again.X)
    assert np.array_equal(first.kinds, again.kinds)
    assert not np.array_equal(first.X, other.X)


def test_each_kind_holds_the_coins_it_says(trays):
    right = {
        "": {(2, 2)},
        "missing": {(1, 2), (2, 1)},
        "extra": {(2, 3)},
        "swapped": {(1, 3), (3, 1)},
        "scratch": {(2, 2)},
        "stain": {(2, 2)},
    }
    for kind, counts in right.items():
        rows = np.flatnonzero(trays.kinds == kind)
        fits = [tuple(map(int, coins_of(trays.X[row]))) in counts for row in rows]
        assert np.mean(fits) >= 0.85, kind  # two large coins may touch


def test_no_simple_number_finds_the_anomalies(trays):
    for name, column in zip(SIMPLE, simple_numbers(trays).T, strict=True):
        assert 0.35 < auroc(trays.y, column) < 0.65, name


def test_a_tree_of_two_simple_numbers_does_not_find_them_on_other_seeds(trays):
    taught = [make_trays(seed=seed) for seed in (10, 11)]
    numbers = np.concatenate([simple_numbers(made) for made in taught])
    labels = np.concatenate([made.y for made in taught])
    for pair, found in by_two_columns(numbers, labels, simple_numbers(trays)):
        assert auroc(trays.y, found) < 0.9, pair


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rows": 100}, ValueError, "rows is 100; a whole number of at least 101"),
        ({"anomalies": 0}, ValueError, "anomalies is 0"),
        ({"anomalies": 1.5}, TypeError, "anomalies is 1.5"),
        ({"seed": -1}, ValueError, "seed is -1"),
    ],
)
def test_a_wrong_argument_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_trays(**arguments)
