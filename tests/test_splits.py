"""data.splits: no row on two sides, whatever the data; the same test rows for every protocol."""

import itertools

from course_utils import data

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pace import within

PARTS = ("train", "validation", "test")


def make(y, X=None, **extra):
    """Data with these labels; by default every row is another one."""
    rows = np.arange(len(y))[:, None] if X is None else X
    names = [f"x{column}" for column in range(np.shape(rows)[1])]
    return data.AnomalyData(rows, y, names, "made", "made up", "MIT", **extra)


def rows_of(part):
    return [row.tobytes() for row in part.X]


@st.composite
def data_with_repeats(draw, grouped=False):
    """Rows from a few templates, some of them often, with labels of their own; groups at will."""
    n = draw(st.integers(20, 150))
    templates = draw(st.integers(60, 400) if grouped else st.integers(15, 150))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = generator.integers(0, templates, n)[:, None].astype(float)
    labels = (generator.random(n) < draw(st.floats(0.15, 0.6))).astype(int)
    groups = generator.integers(0, draw(st.integers(20, 60)), n) if grouped else None
    return make(labels, rows, groups=groups)


def split_or_message(made, *arguments, **options):
    """Return the split and no message, or no split and the message of the refusal."""
    try:
        return data.split(made, *arguments, **options), ""
    except ValueError as error:
        return None, str(error)


def split_or_skip(made, **options):
    """Split, and drop the example where the data is too small, which has to be said."""
    cut, message = split_or_message(made, **options)
    assert cut is not None or "at least 3 are expected" in message
    assume(cut is not None)
    return cut


@settings(max_examples=40, deadline=None)
@given(made=data_with_repeats(), seed=st.integers(0, 2**32 - 1))
def test_no_row_is_on_two_sides_and_none_is_lost(made, seed):
    cut = split_or_skip(made, seed=seed)
    sides = [set(rows_of(getattr(cut, part))) for part in PARTS]
    assert sum(len(side) for side in sides) == len(set.union(*sides)) == len(set(rows_of(made)))
    assert sum(len(getattr(cut, part)) for part in PARTS) == len(made)
    assert all(set(getattr(cut, part).y.tolist()) == {0, 1} for part in PARTS)


@settings(max_examples=40, deadline=None)
@given(made=data_with_repeats(grouped=True), seed=st.integers(0, 2**32 - 1))
def test_neither_a_row_nor_a_group_is_on_two_sides(made, seed):
    cut = split_or_skip(made, seed=seed)
    for sides in (
        [set(rows_of(getattr(cut, part))) for part in PARTS],
        [set(getattr(cut, part).groups.tolist()) for part in PARTS],
    ):
        assert sum(len(side) for side in sides) == len(set.union(*sides))


@settings(max_examples=40, deadline=None)
@given(
    normal=st.integers(3, 300),
    anomalies=st.integers(3, 100),
    shares=st.tuples(*[st.floats(0.05, 1)] * 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_different_rows_are_split_to_the_row(normal, anomalies, shares, seed):
    sizes = np.array(shares) / sum(shares)
    cut = data.split(make([0] * normal + [1] * anomalies), sizes=sizes, seed=seed)
    for label, rows in ((0, normal), (1, anomalies)):
        found = np.array([np.sum(getattr(cut, part).y == label) for part in PARTS])
        assert found.sum() == rows
        assert found.min() >= 1
        wanted = sizes * rows
        if wanted.min() >= 1:
            assert np.abs(found - wanted).max() < 1


@settings(max_examples=40, deadline=None)
@given(made=data_with_repeats(), seed=st.integers(0, 1000))
def test_one_seed_gives_one_split(made, seed):
    first, second = (split_or_skip(made, seed=seed) for _ in range(2))
    for part in PARTS:
        assert rows_of(getattr(first, part)) == rows_of(getattr(second, part))


@settings(max_examples=30, deadline=None)
@given(made=data_with_repeats(), seed=st.integers(0, 1000), share=st.floats(0.01, 0.5))
def test_validation_and_test_are_the_same_for_every_protocol(made, seed, share):
    supervised = split_or_skip(made, seed=seed)
    clean = data.split(made, "clean-train", seed=seed)
    as_drawn = data.split(made, "contaminated-train", seed=seed)
    others = [clean, as_drawn]
    if share < supervised.train.prevalence:
        others.append(data.split(made, "contaminated-train", contamination=share, seed=seed))
    for other in others:
        for part in ("validation", "test"):
            assert rows_of(getattr(other, part)) == rows_of(getattr(supervised, part))
            assert np.array_equal(getattr(other, part).y, getattr(supervised, part).y)
    assert clean.train.n_anomalies == 0
    assert rows_of(clean.train) == rows_of(supervised.train.take(supervised.train.y == 0))
    assert rows_of(as_drawn.train) == rows_of(supervised.train)


@settings(max_examples=30, deadline=None)
@given(
    normal=st.integers(20, 400),
    anomalies=st.integers(20, 400),
    share=st.floats(0.005, 0.5),
    seed=st.integers(0, 1000),
)
def test_contamination_is_kept_to_the_row_or_refused(normal, anomalies, share, seed):
    made = make([0] * normal + [1] * anomalies)
    drawn = data.split(made, seed=seed).train
    normal_rows = len(drawn) - drawn.n_anomalies
    cut, message = split_or_message(made, "contaminated-train", contamination=share, seed=seed)
    if cut is None:
        assert "contamination is too high" in message
        assert share > drawn.prevalence - 0.5 / len(drawn)
        return
    train = cut.train
    assert len(train) - train.n_anomalies == normal_rows
    assert 1 <= train.n_anomalies <= drawn.n_anomalies
    exact = share / (1 - share) * normal_rows
    assert abs(train.n_anomalies - exact) <= 0.5 or train.n_anomalies == 1
    assert set(rows_of(train)) <= set(rows_of(drawn))


def test_different_seeds_give_different_splits():
    made = make([0] * 50 + [1] * 10)
    assert rows_of(data.split(made, seed=0).test) != rows_of(data.split(made, seed=1).test)


def test_identical_rows_have_no_favourite_side():
    """Pairs must not gather in the training rows, where they would make the test easier."""
    rows = np.concatenate([np.arange(50), np.arange(50), np.arange(50, 250)])[:, None]
    made = make(np.arange(300) % 10 == 0, rows)
    shares = []
    for seed in range(20):
        test = data.split(made, seed=seed).test
        shares.append(np.mean(test.X[:, 0] < 50))
    assert 0.25 < np.mean(shares) < 0.42  # 100 of the 300 rows are pairs


def test_pairs_are_split_to_the_pair():
    made = make(np.repeat(np.arange(200) % 5 == 0, 2), np.repeat(np.arange(200), 2)[:, None])
    for seed in range(5):
        cut = data.split(made, seed=seed)
        parts = [getattr(cut, part) for part in PARTS]
        assert [len(part) - part.n_anomalies for part in parts] == [192, 64, 64]
        assert [part.n_anomalies for part in parts] == [48, 16, 16]


def test_few_large_groups_still_reach_every_part():
    groups = np.repeat(np.arange(4), 10)
    labels = np.tile([0] * 8 + [1] * 2, 4)
    for seed in range(20):
        cut = data.split(make(labels, groups=groups), seed=seed)
        assert sorted(len(getattr(cut, part)) for part in PARTS) == [10, 10, 20]


def test_a_chain_of_groups_and_repeats_is_one_block():
    """Row 0 equals row 1, and row 1 shares a group with row 2: the three stay together."""
    rows = np.arange(40.0)
    rows[1] = rows[0]
    groups = np.arange(40)
    groups[2] = groups[1]
    made = make(np.arange(40) % 4 == 3, rows[:, None], groups=groups)
    for seed in range(10):
        cut = data.split(made, seed=seed)
        found = [{0, 1, 2} & set(getattr(cut, part).groups.tolist()) for part in PARTS]
        assert sorted(len(side) for side in found) == [0, 0, 2]
        place = next(getattr(cut, p) for p, side in zip(PARTS, found, strict=True) if side)
        assert {0.0, 2.0} <= set(place.X[:, 0].tolist())


def test_minus_zero_is_zero():
    rows = np.arange(1.0, 41.0)
    rows[:2] = [0.0, -0.0]
    made = make(np.arange(40) % 4 == 3, rows[:, None])
    for seed in range(10):
        cut = data.split(made, seed=seed)
        assert [np.sum(getattr(cut, p).X == 0) for p in PARTS].count(2) == 1


def test_rows_stay_in_their_order_and_keep_their_kinds():
    made = data.make_kinds(seed=3)
    place = {row.tobytes(): number for number, row in enumerate(made.X)}
    for part in PARTS:
        cut = getattr(data.split(made), part)
        found = [place[row] for row in rows_of(cut)]
        assert found == sorted(found)
        assert np.array_equal(cut.kinds, made.kinds[found])


def test_lower_contamination_keeps_a_subset():
    made = make([0] * 200 + [1] * 60)
    trains = [
        data.split(made, "contaminated-train", contamination=share).train
        for share in (0.02, 0.05, 0.2)
    ]
    sizes = [train.n_anomalies for train in trains]
    assert sizes == sorted(set(sizes))
    for fewer, more in itertools.pairwise(trains):
        assert set(rows_of(fewer)) < set(rows_of(more))


def test_a_time_series_is_not_shuffled_by_accident():
    with pytest.raises(ValueError, match=r"time series \(Water flow\).*must not be shuffled"):
        data.split(data.load_water_flow())
    series = data.make_series()
    days = make(series.y, series.X, time=series.time, groups=np.arange(1500) // 24)
    cut = data.split(days)
    assert not set(cut.train.groups.tolist()) & set(cut.test.groups.tolist())


@pytest.mark.parametrize(
    ("labels", "options", "error", "message"),
    [
        ([0] * 9 + [1] * 2, {}, ValueError, "data has 2 anomalies; at least 3 are expected"),
        ([1] * 9 + [0] * 2, {}, ValueError, "data has 2 normal rows; at least 3 are expected"),
        ([0] * 9, {}, ValueError, "data has 0 anomalies"),
        ([0, 1] * 9, {"protocol": "semi"}, ValueError, "protocol is 'semi'; one of 'supervised'"),
        ([0, 1] * 9, {"protocol": None}, TypeError, "protocol is None; one of"),
        ([0, 1] * 9, {"sizes": (0.5, 0.5)}, ValueError, r"sizes is \(0.5, 0.5\); three shares"),
        ([0, 1] * 9, {"sizes": (0.8, 0.2, 0.2)}, ValueError, "add up to 1"),
        ([0, 1] * 9, {"sizes": (0.8, 0.2, 0)}, ValueError, "three shares above 0"),
        ([0, 1] * 9, {"sizes": "big"}, TypeError, "sizes is the text 'big'"),
        ([0, 1] * 9, {"seed": 1.5}, TypeError, "seed is 1.5"),
        ([0, 1] * 9, {"contamination": 0.1}, ValueError, "contamination is 0.1 with protocol 's"),
    ],
)
def test_what_cannot_be_split_is_named(labels, options, error, message):
    with pytest.raises(error, match=message):
        data.split(make(labels), **options)


@pytest.mark.parametrize(
    ("contamination", "error", "message"),
    [
        (0.4, ValueError, "contamination is too high.*which takes 36 anomalies; at most 0.1"),
        (0.7, ValueError, r"contamination is 0.7; a number in \(0, 0.5\]"),
        (0, ValueError, "contamination is 0; a number in"),
        ("0.1", TypeError, "contamination is the text '0.1'"),
    ],
)
def test_an_impossible_contamination_is_named(contamination, error, message):
    made = make([0] * 90 + [1] * 10)
    with pytest.raises(error, match=message):
        data.split(made, "contaminated-train", contamination=contamination)


def test_what_is_no_data_is_refused():
    with pytest.raises(TypeError, match="data is of type list; an AnomalyData"):
        data.split([[1, 2]])


def test_anomalies_in_too_few_sets_are_named():
    labels = [0] * 20 + [1] * 6
    groups = [*range(20), 20, 20, 20, 21, 21, 21]
    with pytest.raises(ValueError, match="data has 6 anomalies in 2 sets that must stay together"):
        data.split(make(labels, groups=groups))


def test_large_sets_and_uneven_sizes_are_named():
    """Three groups of 100 rows do not find their way into parts of 1 %."""
    made = make([0, 1] * 150, groups=np.repeat(np.arange(3), 100))
    with pytest.raises(ValueError, match=r"in 50 draws some part got no anomaly.*3 sets"):
        data.split(made, sizes=(0.998, 0.001, 0.001))
    assert len(data.split(made).test) == 100


def test_fifty_thousand_rows_take_less_than_a_second():
    generator = np.random.default_rng(0)
    rows = np.repeat(generator.normal(size=(25_000, 9)), 2, axis=0)  # the slow case: all in pairs
    made = make(np.repeat(generator.random(25_000) < 0.1, 2), rows)
    with within(1):
        data.split(made)


def test_the_table_of_a_split_is_readable():
    lines = repr(data.split(make([0] * 1800 + [1] * 200), "clean-train")).splitlines()
    assert lines == [
        "Split of made, protocol clean-train",
        "part             rows   anomalies     share",
        "train           1,080           0    0.00 %",
        "validation        400          40   10.00 %",
        "test              400          40   10.00 %",
    ]


# --- thin_anomalies


def test_thinning_keeps_all_normal_rows_and_the_order():
    made = make([1, 0] * 50)
    thinned = data.thin_anomalies(made, 0.1)
    assert (len(thinned), thinned.n_anomalies) == (56, 6)
    assert (np.diff(thinned.X[:, 0]) > 0).all()
    assert data.thin_anomalies(made, 1e-9).n_anomalies == 1
    assert len(data.thin_anomalies(made, 0.5)) == 100


@pytest.mark.parametrize(
    ("labels", "prevalence", "message"),
    [
        ([0, 1], 0.6, r"prevalence is 0.6; a number in \(0, 0.5\]"),
        ([0] * 8 + [1] * 2, 0.4, "prevalence is 0.4, which takes 5 anomalies; at most 0.2"),
        ([0, 0], 0.1, "y holds only label 0"),
    ],
)
def test_impossible_thinning_is_named(labels, prevalence, message):
    with pytest.raises(ValueError, match=message):
        data.thin_anomalies(make(labels), prevalence)
