"""data: images, texts, sequences and series in the one form; copies; splits of all of them."""

from course_utils import data
from course_utils.data.anomaly_data import AnomalyData

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PARTS = ("train", "validation", "test")
GREY = np.arange(4 * 6, dtype=np.uint8).reshape(4, 2, 3)
COLOUR = np.arange(4 * 18, dtype=np.uint8).reshape(4, 2, 3, 3)
TEXTS = ["call now", "see you", "", "grüße"]
SEQUENCES = [[5, 5, 11], [9], [], [26, 11]]
HOURS = np.arange("2026-01-01T00", "2026-01-01T04", dtype="datetime64[h]")
MASKS = np.zeros((4, 2, 3), dtype=bool)
MASKS[3, 1, 2] = True


def make(X, y=(0, 0, 0, 1), feature_names=(), **extra):
    return AnomalyData(X, y, feature_names, "Made", "made up", "MIT", **extra)


# --- forms


def test_grey_and_colour_images_stay_uint8():
    for images, size in ((GREY, (2, 3)), (COLOUR, (2, 3, 3))):
        made = make(images)
        assert (made.modality, made.X.dtype, made.X.shape[1:]) == ("images", np.uint8, size)
        assert np.array_equal(make(list(images)).X, images)


@pytest.mark.parametrize(
    "texts",
    [TEXTS, tuple(TEXTS), np.array(TEXTS), np.array(TEXTS, dtype=object), pd.Series(TEXTS)],
    ids=["list", "tuple", "array", "array of objects", "column"],
)
def test_texts_become_one_form(texts):
    made = make(texts)
    assert (made.modality, made.X.dtype, made.X.shape) == ("text", object, (4,))
    assert made.X.tolist() == TEXTS
    assert {type(item) for item in made.X} == {str}


def test_sequences_keep_their_lengths_and_become_int64():
    arrays = [np.array(item, dtype=np.int16) for item in SEQUENCES]
    for given_form in (SEQUENCES, arrays, make(SEQUENCES).X):
        made = make(given_form)
        assert (made.modality, made.X.dtype, made.X.shape) == ("sequences", object, (4,))
        assert [item.tolist() for item in made.X] == SEQUENCES
        assert {item.dtype for item in made.X} == {np.dtype(np.int64)}


def test_sequences_of_one_length_are_no_matrix_unless_the_columns_have_names():
    equal = [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert make(equal).modality == "sequences"
    assert make(equal, feature_names=("a", "b")).modality == "table"
    with pytest.raises(ValueError, match="feature_names has 0 names; 2 names"):
        make(np.array(equal))


def test_a_matrix_with_a_time_is_a_series():
    rows = [[1.0], [2.0], [3.0], [4.0]]
    assert make(rows, feature_names=("a",)).modality == "table"
    assert make(rows, feature_names=("a",), time=HOURS).modality == "series"
    assert make(TEXTS, time=HOURS).modality == "text"


def test_no_modality_can_be_changed_neither_here_nor_at_the_source():
    image, sequences, masks = GREY.copy(), [np.array([1, 2])] * 4, MASKS.copy()
    pictures, keys = make(image, masks=masks), make(sequences)
    image[:], sequences[0][:], masks[:] = 0, 0, False
    assert pictures.X[3, 1, 2] == 23
    assert keys.X[0].tolist() == [1, 2]
    assert pictures.masks[3, 1, 2]
    arrays = (pictures.X, pictures.masks, keys.X, keys.X[0], make(TEXTS).X, keys.take([1]).X[0])
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[0]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X": GREY.astype(float)}, TypeError, "X holds values of type float64; uint8 images"),
        ({"X": GREY[..., None]}, ValueError, r"X has shape \(4, 2, 3, 1\); uint8 images"),
        ({"X": COLOUR[None]}, ValueError, r"X has shape \(1, 4, 2, 3, 3\)"),
        ({"X": GREY[:, :0]}, ValueError, r"X has shape \(4, 0, 3\); at least one pixel"),
        ({"X": GREY[:0], "y": []}, ValueError, r"X has shape \(0, 2, 3\)"),
        ({"X": [GREY[0], GREY[1, :1]]}, ValueError, "X has images of unequal shapes"),
        ({"X": GREY[:3]}, ValueError, "y has 4 labels; 3 expected"),
        ({"X": ["a", "b", None, "d"]}, TypeError, "X has a value of type NoneType at position 2"),
        ({"X": []}, ValueError, "X has shape"),
        ({"X": [[1], [0.5], [1], [1]]}, TypeError, "X has values of type float64 at position 1"),
        ({"X": [[1], ["a"], [1], [1]]}, TypeError, "X has values of type <U1 at position 1"),
        ({"X": [[1], [True], [1], [1]]}, TypeError, "X has values of type bool at position 1"),
        ({"X": [[1], [[1]], [1], [1]]}, ValueError, r"type list and shape \(1, 1\) at position 1"),
        ({"X": [[1], [[1], []], [1], [1]]}, ValueError, "rows of unequal length at position 1"),
        ({"X": [[1], 7, [1], [1]]}, ValueError, r"type int and shape \(\) at position 1"),
        ({"feature_names": ("a",)}, ValueError, "feature_names has 1 names; 0 names"),
        ({"masks": MASKS.astype(int)}, TypeError, "masks holds values of type int64"),
        ({"masks": MASKS[:, :1]}, ValueError, r"masks has shape \(4, 1, 3\); \(4, 2, 3\)"),
        ({"masks": ~MASKS}, ValueError, "masks marks a defect in image 0, where y is 0"),
        ({"X": TEXTS, "masks": MASKS}, ValueError, "masks came with an X that holds no images"),
    ],
)
def test_what_does_not_fit_is_named(changes, error, message):
    with pytest.raises(error, match=message):
        make(**({"X": GREY} | changes))


@pytest.mark.parametrize("X", [GREY, COLOUR, TEXTS, SEQUENCES], ids=["g", "c", "t", "s"])
def test_take_keeps_the_modality(X):
    images = isinstance(X, np.ndarray)
    extra = {"kinds": ["", "", "", "odd"], "time": HOURS, "groups": [1, 1, 2, 2]}
    made = make(X, masks=MASKS if images else None, **extra)
    taken = made.take([3, 1])
    assert (len(taken), taken.modality) == (2, made.modality)
    assert as_lists(taken) == [as_lists(made)[row] for row in (3, 1)]
    if images:
        assert np.array_equal(taken.masks, MASKS[[3, 1]])


def test_a_view_of_what_others_can_change_is_copied():
    keys = np.array([1, 2, 3])
    view = keys[:2]
    view.setflags(write=False)
    made = make([view] * 4)
    keys[0] = 9
    assert made.X[0].tolist() == [1, 2]


def test_a_copy_of_a_million_keys_is_not_made_again():
    made = make(SEQUENCES)
    assert made.take([3]).X[0] is made.X[3]


def test_frames_of_texts_and_sequences():
    table = make(TEXTS, kinds=["", "", "", "spam"]).frame()
    assert list(table.columns) == ["text", "anomaly", "kind"]
    assert table["text"].tolist() == TEXTS
    table = make(SEQUENCES, time=HOURS).frame()
    assert list(table.columns) == ["sequence", "anomaly", "time"]
    assert table["sequence"][3].tolist() == [26, 11]
    with pytest.raises(TypeError, match="Made holds images; a table cannot show them"):
        make(GREY).frame()


@pytest.mark.parametrize("X", [GREY, TEXTS, SEQUENCES], ids=["images", "texts", "sequences"])
def test_only_matrices_have_features(X):
    with pytest.raises(TypeError, match=r"n_features is the number of columns .* Made holds"):
        _ = make(X).n_features


@pytest.mark.parametrize(
    ("X", "line"),
    [
        (GREY, "Made: 4 images of 2 × 3 pixels, 1 anomaly (25.00 %)"),
        (COLOUR, "Made: 4 images of 2 × 3 pixels in colour, 1 anomaly (25.00 %)"),
        (TEXTS, "Made: 4 texts, 1 anomaly (25.00 %)"),
        (SEQUENCES, "Made: 4 sequences, 1 anomaly (25.00 %)"),
        (
            ["a", "b", "a", "a"],
            "Made: 4 texts, 1 anomaly (25.00 %), 50.0 % of the texts are copies",
        ),
    ],
)
def test_repr_says_what_the_rows_are(X, line):
    assert repr(make(X)) == line


# --- copies


def test_copies_are_counted_whatever_their_label():
    assert make(["a", "b", "a", "a"]).n_duplicates == 2
    assert make([[1, 2], [1], [1, 2], []]).n_duplicates == 1
    assert make([[], [], [0], [0, 0]]).n_duplicates == 1
    assert make(GREY[[0, 1, 0, 1]]).n_duplicates == 2
    table = make([[0.0, 1], [-0.0, 1], [1, 0], [0, 1]], feature_names=("a", "b"))
    assert table.n_duplicates == 2
    assert make(TEXTS).n_duplicates == 0


def test_the_same_reading_an_hour_later_is_no_copy():
    rows = [[7.0]] * 4
    assert make(rows, feature_names=("a",)).n_duplicates == 3
    assert make(rows, feature_names=("a",), time=HOURS).n_duplicates == 0
    twice = HOURS[[0, 0, 1, 1]]
    assert make(rows, feature_names=("a",), time=twice).n_duplicates == 2
    assert make(rows, feature_names=("a",), time=twice, groups=[1, 2, 1, 2]).n_duplicates == 0


def test_few_copies_are_not_called_none():
    rows = np.arange(4000.0)[:, None]
    rows[1] = 0
    made = make(rows, rows[:, 0] > 3990, feature_names=("a",))
    assert repr(made).endswith(", less than 0.1 % of the rows are copies")


# --- splits


def as_lists(part):
    return [item if isinstance(item, str) else np.asarray(item).tolist() for item in part.X]


def as_keys(part):
    return {repr(item) for item in as_lists(part)}


FORMS = {
    "images": lambda numbers: np.stack([np.full((2, 2), n, np.uint8) for n in numbers]),
    "text": lambda numbers: [f"text {n}" for n in numbers],
    "sequences": lambda numbers: [np.arange(n) for n in numbers],
}


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_copies_stay_on_one_side_in_every_modality(form, seed):
    generator = np.random.default_rng(seed)
    numbers = generator.integers(0, 100, 200)
    made = make(FORMS[form](numbers), np.arange(200) % 4 == 0)
    cut = data.split(made, seed=seed)
    sides = [as_keys(getattr(cut, part)) for part in PARTS]
    assert made.modality == cut.test.modality == form
    assert sum(len(side) for side in sides) == len(set.union(*sides)) == len(np.unique(numbers))
    assert sum(len(getattr(cut, part)) for part in PARTS) == 200


@pytest.mark.parametrize("form", FORMS)
def test_groups_stay_on_one_side_in_every_modality(form):
    groups = np.arange(200) // 5
    made = make(FORMS[form](np.arange(200)), np.arange(200) % 4 == 0, groups=groups)
    for seed in range(5):
        cut = data.split(made, "clean-train", seed=seed)
        sides = [set(getattr(cut, part).groups.tolist()) for part in ("validation", "test")]
        assert not sides[0] & sides[1]
        assert not (sides[0] | sides[1]) & set(cut.train.groups.tolist())


def test_masks_go_with_their_images():
    numbers = np.arange(60)
    masks = np.zeros((60, 2, 2), dtype=bool)
    masks[::4, 0, 1] = True
    cut = data.split(make(FORMS["images"](numbers), numbers % 4 == 0, masks=masks))
    for part in PARTS:
        side = getattr(cut, part)
        assert np.array_equal(side.masks.any(axis=(1, 2)), side.X[:, 0, 0] % 4 == 0)


def test_recordings_that_share_readings_are_still_cut_apart():
    """Counts from 0 to 3 come in every recording; they must not tie all of them together."""
    generator = np.random.default_rng(0)
    readings = generator.integers(0, 4, (400, 1))
    hours = np.tile(np.arange(40).astype("datetime64[h]"), 10)
    made = make(
        readings, np.arange(400) % 5 == 0, ("count",), time=hours, groups=np.arange(400) // 40
    )
    cut = data.split(made)
    found = [set(getattr(cut, part).groups.tolist()) for part in PARTS]
    assert sorted(len(side) for side in found) == [2, 2, 6]
    assert set.union(*found) == set(range(10))


def timed(rows, order=None, **extra):
    """Rows numbered by their time, in any order."""
    numbers = np.arange(rows) if order is None else np.asarray(order)
    return make(
        numbers[:, None].astype(float),
        numbers % 3 == 0,
        ("number",),
        time=np.datetime64("2026-01-01", "h") + numbers,
        **extra,
    )


@settings(max_examples=50, deadline=None)
@given(
    rows=st.integers(30, 300),
    seed=st.integers(0, 1000),
    shares=st.tuples(*[st.floats(0.1, 1)] * 3),
)
def test_by_time_every_training_row_is_before_every_later_row(rows, seed, shares):
    order = np.random.default_rng(seed).permutation(rows)
    sizes = np.array(shares) / sum(shares)
    cut = data.split_by_time(timed(rows, order), sizes)
    assert cut.train.time.max() < cut.validation.time.min()
    assert cut.validation.time.max() < cut.test.time.min()
    found = np.array([len(getattr(cut, part)) for part in PARTS])
    assert found.sum() == rows
    assert np.abs(found - sizes * rows).max() <= 1
    place = {number: position for position, number in enumerate(order.tolist())}
    places = [place[number] for number in cut.train.X[:, 0].tolist()]
    assert places == sorted(places)


def test_by_time_rows_of_one_time_stay_together():
    hours = np.repeat(np.arange(10).astype("datetime64[h]"), 7)
    made = make(np.arange(70.0)[:, None], np.arange(70) % 2, ("a",), time=hours)
    cut = data.split_by_time(made, (0.55, 0.15, 0.3))
    sides = [set(getattr(cut, part).time.tolist()) for part in PARTS]
    assert sum(len(side) for side in sides) == 10
    assert cut.protocol == "by time"
    assert repr(cut).startswith("Split of Made, protocol by time")


def test_by_time_texts_can_be_cut_and_a_part_may_hold_no_anomaly():
    texts = [f"line {number}" for number in range(20)]
    hours = np.arange(20).astype("datetime64[h]")
    cut = data.split_by_time(make(texts, np.arange(20) == 19, time=hours))
    assert cut.train.X.tolist() == texts[:12]
    assert (cut.train.n_anomalies, cut.test.n_anomalies) == (0, 1)


@pytest.mark.parametrize(
    ("made", "sizes", "error", "message"),
    [
        ([1, 2], (0.6, 0.2, 0.2), TypeError, "data is of type list"),
        (make(TEXTS), (0.6, 0.2, 0.2), ValueError, r"data has no time \(Made\); use data.split"),
        (timed(30), (0.6, 0.4), ValueError, "three shares"),
        (
            timed(30),
            (0.99, 0.001, 0.009),
            ValueError,
            r"at 30 times, .* validation 0",
        ),
        (
            make(TEXTS, time=HOURS[[0, 0, 0, 0]]),
            (0.6, 0.2, 0.2),
            ValueError,
            "4 rows at 1 times, which gives train 0, validation 0, test 4 rows",
        ),
    ],
)
def test_what_cannot_be_cut_by_time_is_named(made, sizes, error, message):
    with pytest.raises(error, match=message):
        data.split_by_time(made, sizes)


def test_the_refusal_to_shuffle_a_series_names_the_way():
    with pytest.raises(ValueError, match="Cut it by time with split_by_time"):
        data.split(timed(30))
