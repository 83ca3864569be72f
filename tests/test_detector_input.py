"""What is no table, no parameter or no number is refused in words that help."""

from decimal import Decimal

from course_utils import detectors

import numpy as np
import pandas as pd
import pytest
import torch
from on_device import DETECTORS
from scipy.sparse import csr_matrix
from sklearn.exceptions import NotFittedError
from small_detectors import EVERY, assert_close, fitted, related, small


@EVERY
@pytest.mark.parametrize(
    ("row", "column", "value", "dtype"),
    [
        (0, 5, np.nan, np.float32),
        (2047, 0, np.inf, np.float64),
        (2048, 3, -np.inf, np.float32),
        (2499, 1, np.nan, np.float64),
    ],
)
def test_nan_and_infinity_are_named_by_row_and_column(kind, row, column, value, dtype):
    X = np.zeros((2500, 6), dtype=dtype)
    X[row, column] = value
    name = "NaN" if np.isnan(value) else "infinity"
    words = rf"^X has {name} in row {row}, column {column}; finite numbers are expected"
    for method in ("decision_function", "predict", "feature_scores"):
        with pytest.raises(ValueError, match=words):
            getattr(fitted(kind), method)(X)
    with pytest.raises(ValueError, match=words):
        small(kind).fit(X)


@EVERY
def test_a_masked_entry_is_named_by_row_and_column(kind):
    X = np.ma.masked_equal(np.ones((2500, 6)), -9999.0)
    X[2321, 4] = np.ma.masked
    words = "^X has a masked entry in row 2321, column 4; .*filled"
    for call in (small(kind).fit, fitted(kind).decision_function, fitted(kind).feature_scores):
        with pytest.raises(ValueError, match=words):
            call(X)
    X[2321, 4] = 0.0
    whole = fitted(kind).decision_function(X)
    np.testing.assert_array_equal(whole, fitted(kind).decision_function(X.data))


@EVERY
def test_numbers_of_a_database_are_numbers(kind):
    X = np.round(related(20), 2)
    decimals = pd.DataFrame([[Decimal(str(each)) for each in row] for row in X])
    assert_close(fitted(kind).decision_function(decimals), fitted(kind).decision_function(X))
    refitted = small(kind).fit(decimals).decision_scores_
    np.testing.assert_array_equal(refitted, small(kind).fit(X).decision_scores_)


@pytest.mark.parametrize(
    ("cure", "X"),
    [("(1, -1)", pd.Series(np.ones(6))), ("(-1, 1)", np.ones(3)), ("(1, -1)", torch.ones(6))],
)
def test_the_cure_for_one_row_or_one_column_works(cure, X):
    with pytest.raises(ValueError, match=r"data: np\.reshape\(np\.asarray\(X\), \(1, -1\)\) for"):
        small(detectors.AutoEncoder).fit(X)
    small(detectors.AutoEncoder).fit(eval(f"np.reshape(np.asarray(X), {cure})"))


BAD = [
    (None, TypeError, "X is None"),
    ("rows", TypeError, "X is the text 'rows'"),
    ([["a", "b", "c"]], TypeError, "X holds text"),
    ([[1.0, 2.0, None]], TypeError, "X has None in row 0, column 2"),
    ([[1.0, 2.0, "3"]], TypeError, "X holds text"),
    (pd.DataFrame({"a": [1.0, 2.0], "b": [1, 2], "c": ["x", "y"]}), TypeError, "row 0, column 2"),
    (np.array([["2020-01-01"] * 3], dtype="datetime64[D]"), TypeError, "X holds dates"),
    ([], ValueError, r"X has shape \(0,\)"),
    (np.empty((0, 3)), ValueError, r"0 sample\(s\)"),
    (np.empty((3, 0)), ValueError, r"0 feature\(s\)"),
    (np.ones(3), ValueError, "Reshape your data"),
    ([1.0, 2.0, 3.0], ValueError, r"X has shape \(3,\)"),
    (5.0, ValueError, r"X has shape \(\)"),
    (np.ones((2, 3, 4)), ValueError, r"X has shape \(2, 3, 4\)"),
    ([[1.0, 2.0], [3.0]], ValueError, "rows of unequal length"),
    (csr_matrix(np.ones((4, 3))), TypeError, r"sparse matrix.*X\.toarray\(\)"),
    (np.ones((4, 3), dtype=complex), ValueError, "Complex data not supported"),
]


@EVERY
@pytest.mark.parametrize(("X", "error", "words"), BAD, ids=lambda value: str(value)[:20])
def test_what_is_no_table_is_refused_in_words(kind, X, error, words):
    for call in (small(kind).fit, fitted(kind).decision_function, fitted(kind).feature_scores):
        with pytest.raises(error, match=words):
            call(X)


@EVERY
@pytest.mark.parametrize("columns", [1, 5, 7])
def test_another_width_is_refused(kind, columns):
    words = f"X has {columns} features, but {kind.__name__} is expecting 6 features"
    for method in ("decision_function", "predict", "feature_scores"):
        with pytest.raises(ValueError, match=words):
            getattr(fitted(kind), method)(np.ones((4, columns)))


@EVERY
def test_columns_with_names_must_be_those_of_fit(kind):
    names = ["speed", "heat", "load"]
    table = pd.DataFrame(related(40, 3), columns=names)
    detector = small(kind).fit(table)
    np.testing.assert_array_equal(
        detector.decision_function(table), detector.decision_function(table.to_numpy())
    )
    for wrong, words in (
        (["heat", "speed", "load"], "'heat' at column 0; 'speed' is expected"),
        (["speed", "heat", "weight"], "'weight' at column 2; 'load' is expected"),
    ):
        with pytest.raises(ValueError, match=words):
            detector.predict(table.set_axis(wrong, axis=1))


@EVERY
def test_nothing_is_scored_before_fit(kind, tmp_path):
    detector = small(kind)
    for call in (detector.decision_function, detector.predict, detector.feature_scores):
        with pytest.raises(NotFittedError):
            call(related())
    with pytest.raises(NotFittedError):
        detector.save(tmp_path / "detector.pt")
    assert list(tmp_path.iterdir()) == []


def wrong_parameters():
    for kind in DETECTORS:
        for name, value in kind().get_params().items():
            if isinstance(value, bool):
                continue
            if isinstance(value, int):
                wrong = [-1, 1.5, "two"] if name == "seed" else [0, -1, 1.5, "two", True]
            elif name == "contamination":
                wrong = [0, -0.1, 0.51, np.nan, "auto", None]
            elif isinstance(value, float):
                wrong = [-1.0, np.nan, "fast"]
            else:
                continue
            yield from (pytest.param(kind, name, each, id=f"{name}={each}") for each in wrong)


@pytest.mark.parametrize(("kind", "name", "value"), list(wrong_parameters()))
def test_a_parameter_out_of_range_is_named(kind, name, value):
    words = rf"^{name} is (a value of type|the text )?.*expected"
    with pytest.raises((TypeError, ValueError), match=words):
        small(kind, **{name: value}).fit(related(20))


@EVERY
def test_unknown_device_is_refused_by_name(kind):
    with pytest.raises(RuntimeError, match="abacus"):
        small(kind, device="abacus").fit(related(20))
    np.testing.assert_array_equal(
        small(kind, device=torch.device("cpu")).fit(related(20)).decision_scores_,
        small(kind, device="cpu").fit(related(20)).decision_scores_,
    )
