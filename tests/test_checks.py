"""checks.py: what passes comes back in one form; what does not is named."""

import re
from decimal import Decimal
from fractions import Fraction

from course_utils import checks

import numpy as np
import pandas as pd
import pytest
import torch


def test_as_matrix_returns_float64_whatever_came():
    for value in ([[1, 2], [3, 4]], np.ones((2, 2), dtype=np.int8), pd.DataFrame({"a": [True]})):
        matrix = checks.as_matrix(value, "X")
        assert matrix.dtype == np.float64
        assert matrix.ndim == 2


def test_as_matrix_takes_a_table_of_mixed_number_columns():
    table = pd.DataFrame({"a": [1, 2], "b": np.array([True, 2.5], dtype=object)})
    assert checks.as_matrix(table, "X").tolist() == [[1.0, 1.0], [2.0, 2.5]]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (None, TypeError, "X is None; a table of numbers"),
        ("12", TypeError, "X is the text '12'"),
        ([["a", "b"]], TypeError, "X holds text"),
        (
            pd.DataFrame({"a": [1, 2], "b": [3, "x"]}),
            TypeError,
            "X has the text 'x' in row 1, colu",
        ),
        (np.array([["2026-01-01"]], dtype="datetime64[D]"), TypeError, "X holds dates"),
        ([[1j]], TypeError, "X holds complex numbers"),
        ({"a": [1]}, TypeError, "X has a value of type dict; a table"),
        ([[1, 2], [3]], ValueError, "X has rows of unequal length"),
        ([1, 2], ValueError, r"X has shape \(2,\); a table of numbers"),
        (np.empty((0, 3)), ValueError, r"X has shape \(0, 3\); at least one row and one column"),
        (np.empty((3, 0)), ValueError, r"X has shape \(3, 0\); at least one row and one column"),
        ([[1, 2], [3, np.nan]], ValueError, "X has NaN in row 1, column 1; finite numbers"),
        ([[1, -np.inf]], ValueError, "X has infinity in row 0, column 1; finite numbers"),
    ],
)
def test_as_matrix_names_what_is_wrong(value, error, message):
    with pytest.raises(error, match=message):
        checks.as_matrix(value, "X")


def test_as_matrix_refuses_another_width():
    with pytest.raises(ValueError, match="X has 1 column; 3 expected"):
        checks.as_matrix([[1]], "X", columns=3)


def test_as_matrix_refuses_a_tensor_that_is_part_of_a_computation():
    for tensor in (torch.ones(2, 2, requires_grad=True), torch.ones(2, 2, device="meta")):
        with pytest.raises(TypeError, match="X cannot be made a NumPy array"):
            checks.as_matrix(tensor, "X")


def test_as_scores_returns_float64():
    assert checks.as_scores((1, 2), "scores").dtype == np.float64


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (None, TypeError, "scores is None; one number per row is expected"),
        (["a"], TypeError, "scores holds text"),
        (3.0, ValueError, r"scores has shape \(\)"),
        ([], ValueError, "scores is empty"),
        ([[1], [2]], ValueError, r"scores has shape \(2, 1\).* it is np\.ravel\(scores\)\.$"),
        ([[1, 2], [2, 3]], ValueError, r"scores has shape \(2, 2\).*\(one axis\)\.$"),
        (
            [1, 2, 3, np.nan],
            ValueError,
            "scores has NaN at position 3; finite numbers are expected.",
        ),
        ([np.inf], ValueError, "scores has infinity at position 0"),
    ],
)
def test_as_scores_names_what_is_wrong(value, error, message):
    with pytest.raises(error, match=message):
        checks.as_scores(value, "scores")


def test_as_labels_returns_int64_from_ints_floats_and_bools():
    for value in ([0, 1], [0.0, 1.0], [False, True], np.array([0, 1], dtype=np.uint8)):
        labels = checks.as_labels(value, "y", length=2, both_classes=True)
        assert labels.dtype == np.int64
        assert labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("value", "options", "error", "message"),
    [
        (None, {}, TypeError, "y is None"),
        (["normal"], {}, TypeError, "y holds text"),
        ([], {}, ValueError, "y is empty"),
        ([[0, 1]], {}, ValueError, r"y has shape \(1, 2\)"),
        ([0, 1, -1], {}, ValueError, "y has -1 at position 2; one label per row, 0"),
        ([0, 0.5], {}, ValueError, "y has 0.5 at position 1"),
        ([0, 1.0000001], {}, ValueError, r"y has 1\.0000001 at position 1"),
        ([0, np.nan], {}, ValueError, "y has nan at position 1"),
        ([0, 1], {"length": 3}, ValueError, "y has 2 labels; 3 expected"),
        ([1, 1], {"both_classes": True}, ValueError, "y holds only label 1"),
    ],
)
def test_as_labels_names_what_is_wrong(value, options, error, message):
    with pytest.raises(error, match=message):
        checks.as_labels(value, "y", **options)


def test_seeds_and_counts_come_back_as_python_ints():
    assert type(checks.as_seed(np.int64(3), "seed")) is int
    assert checks.as_seed(2**32 - 1, "seed") == 2**32 - 1
    assert type(checks.positive_integer(np.uint8(1), "epochs")) is int


@pytest.mark.parametrize("value", [True, 1.0, "1", None, np.bool_(True)])
def test_what_is_no_whole_number_is_a_type_error(value):
    with pytest.raises(
        TypeError, match=r"seed is .*a whole number from 0 to 4294967295 is expected"
    ):
        checks.as_seed(value, "seed")
    with pytest.raises(TypeError, match=r"epochs is .*a whole number of at least 1 is expected"):
        checks.positive_integer(value, "epochs")


@pytest.mark.parametrize(("check", "value"), [("as_seed", -1), ("as_seed", 2**32)])
def test_a_seed_out_of_range_is_a_value_error(check, value):
    with pytest.raises(ValueError, match=f"seed is {value}; a whole number from 0"):
        checks.as_seed(value, "seed")


def test_a_count_below_one_is_a_value_error():
    with pytest.raises(
        ValueError, match=r"epochs is 0; a whole number of at least 1 is expected."
    ):
        checks.positive_integer(0, "epochs")


def test_integer_in_range_holds_both_ends():
    assert checks.integer_in_range(9, "digit", 0, 9) == 9
    with pytest.raises(ValueError, match="digit is 10; a whole number from 0 to 9 is expected"):
        checks.integer_in_range(10, "digit", 0, 9)


def test_in_range_keeps_or_leaves_out_its_ends():
    assert checks.in_range(0, "share", 0, 1) == 0.0
    assert checks.in_range(np.float32(1), "share", 0, 1) == 1.0
    for value in (0, 1):
        with pytest.raises(
            ValueError, match=rf"share is {value}; a number in \(0, 1\) is expected"
        ):
            checks.in_range(value, "share", 0, 1, low_open=True, high_open=True)


@pytest.mark.parametrize("value", [0.7, np.nan, np.inf, -0.1])
def test_in_range_refuses_what_lies_outside(value):
    with pytest.raises(
        ValueError, match=r"contamination is .*; a number in \(0, 0.5\] is expected"
    ):
        checks.in_range(value, "contamination", 0, 0.5, low_open=True)


def test_in_range_leaves_infinity_out():
    with pytest.raises(ValueError, match=r"cost is inf; a number in \[0, ∞\) is expected"):
        checks.in_range(np.inf, "cost", 0, np.inf)
    with pytest.raises(ValueError, match=r"level is -inf; a number in \(−∞, 0\] is expected"):
        checks.in_range(-np.inf, "level", -np.inf, 0)


@pytest.mark.parametrize("value", [True, "0.1", None, [0.1], 1j])
def test_in_range_refuses_what_is_no_number(value):
    with pytest.raises(TypeError, match=r"share is .*; a number in \[0, 1\] is expected"):
        checks.in_range(value, "share", 0, 1)


def test_one_of_takes_a_choice_and_lists_them_otherwise():
    assert checks.one_of("a", "letter", ("a", "b")) == "a"
    with pytest.raises(ValueError, match="letter is 'c'; one of 'a', 'b' is expected"):
        checks.one_of("c", "letter", ("a", "b"))
    with pytest.raises(TypeError, match="letter is None; one of 'a', 'b' is expected"):
        checks.one_of(None, "letter", ("a", "b"))


# ------------------------------------------------------------------ numbers of other families


@pytest.mark.parametrize(
    "value",
    [
        [[Decimal("1.5"), Decimal(2)], [Decimal("-0.25"), 4]],
        pd.DataFrame({"a": [Decimal("1.5"), Decimal("-0.25")], "b": [Decimal(2), 4]}),
        [[Fraction(3, 2), 2], [Fraction(-1, 4), 4]],
        pd.DataFrame({"a": [1.5, -0.25], "b": [2, 4]}).convert_dtypes(),
        pd.DataFrame({"a": [1.5, -0.25], "b": [2, 4]}, dtype=object),
    ],
    ids=["Decimal", "Decimal columns", "Fraction", "pandas' own", "objects"],
)
def test_numbers_of_every_family_are_numbers(value):
    matrix = checks.as_matrix(value, "X")
    assert matrix.dtype == np.float64
    assert matrix.tolist() == [[1.5, 2.0], [-0.25, 4.0]]


def test_a_share_may_be_a_decimal():
    assert checks.in_range(Decimal("0.25"), "share", 0, 1) == 0.25
    assert type(checks.in_range(Decimal("0.25"), "share", 0, 1)) is float


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([[1, 10**400]], "X has 1000.* in row 7, column 1, which float64 cannot hold"),
        ([[Decimal("sNaN"), 1]], r"X has Decimal\('sNaN'\) in row 7, column 0, which float64"),
        ([[Decimal("NaN"), 1]], "X has NaN in row 7, column 0"),
        ([[Decimal("1e400"), 1]], "X has infinity in row 7, column 0"),
        (pd.DataFrame({"a": pd.array([None], dtype="Int64")}), "X has NaN in row 7, column 0"),
    ],
)
def test_a_number_that_float64_has_not_is_named(value, words):
    with pytest.raises(ValueError, match=words) as caught:
        checks.as_matrix(value, "X", first_row=7)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [10**400, -(10**400), Decimal("NaN"), Decimal("sNaN")])
def test_such_a_number_is_in_no_range(value):
    with pytest.raises(ValueError, match=r"share is .*; a number in \[0, ∞\) is expected"):
        checks.in_range(value, "share", 0, np.inf)


@pytest.mark.parametrize("value", [Decimal(3), Fraction(3, 1)])
def test_a_message_does_not_contradict_itself(value):
    words = re.escape(f"epochs is {value!r}; a whole number of at least 1 is expected.")
    with pytest.raises(TypeError, match=words):
        checks.positive_integer(value, "epochs")


# ----------------------------------------------------------------------------- masked arrays

MASKED = np.ma.masked_equal([[1.0, 2.0], [-9999.0, 4.0], [5.0, -9999.0]], -9999.0)


@pytest.mark.parametrize(
    ("check", "value", "place"),
    [
        (checks.as_matrix, MASKED, "in row 1, column 0"),
        (checks.as_matrix, list(MASKED), "in row 1, column 0"),
        (checks.as_scores, MASKED[:, 1], "at position 2"),
        (checks.as_scores, list(MASKED[:, 1]), "at position 2"),
        (checks.as_labels, np.ma.masked_equal([0, 1, 7], 7), "at position 2"),
        (checks.refuse_masked, np.ma.masked_all((2, 3, 4)), "at position 0, 0, 0"),
    ],
)
def test_the_first_masked_entry_is_named_and_the_cure_works(check, value, place):
    with pytest.raises(ValueError, match=f"^X has a masked entry {place};") as caught:
        check(value, "X")
    cure = re.search(r": (np\.ma\.array.*)\.$", str(caught.value)).group(1)
    check(eval(cure, {"np": np, "X": value, "value": 0}), "X")


def test_rows_of_a_part_are_counted_from_the_whole():
    with pytest.raises(ValueError, match="in row 101, column 0"):
        checks.as_matrix(MASKED, "X", first_row=100)


def test_a_masked_array_without_masked_entries_is_an_array():
    whole = np.ma.array([[1.0, 2.0]], mask=[[False, False]])
    matrix = checks.as_matrix(whole, "X")
    assert type(matrix) is np.ndarray
    assert matrix.tolist() == [[1.0, 2.0]]
    assert checks.as_scores(np.ma.array([1.0, 2.0]), "scores").tolist() == [1.0, 2.0]
