"""Detectors that are fitted in milliseconds, and what the tests of detectors share."""

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from on_device import DETECTORS

EVERY = pytest.mark.parametrize("kind", DETECTORS, ids=lambda kind: kind.__name__)
# What scikit-learn asks of an estimator and these do not give, and why.
ROUNDING = "it wants equality to 1e-7; the networks compute in float32, which holds to 1e-5"
EXCEPTIONS = {
    "check_dtype_object": "it wants NumPy's words about a dict among the numbers; ours name the "
    "row and the column",
    "check_methods_subset_invariance": ROUNDING,
    "check_methods_sample_order_invariance": ROUNDING,
}

steady = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)


@st.composite
def tables(draw, most_rows=2000, least_rows=1):
    """A table of numbers: any size, type and magnitude, with constant and duplicate columns."""
    rows = draw(st.sampled_from([1, 2, 3, 7, 100, 2000]) | st.integers(1, 300))
    rows = min(max(rows, least_rows), most_rows)
    columns = draw(st.sampled_from([1, 2, 60]) | st.integers(1, 60))
    generator = np.random.default_rng(draw(st.integers(0, 10_000)))
    X = generator.normal(size=(rows, columns)) + generator.normal(size=columns)
    X *= 10.0 ** np.array(draw(st.lists(st.integers(-12, 12), min_size=1)) * columns)[:columns]
    kinds = draw(
        st.lists(st.sampled_from(["as drawn", "constant", "duplicate"]), max_size=columns)
    )
    for column, each in enumerate(kinds):
        if each == "constant":
            X[:, column] = X[0, column]
        elif each == "duplicate":
            X[:, column] = X[:, 0]
    dtype = draw(st.sampled_from([np.float64, np.float32, np.int64, list]))
    return X.tolist() if dtype is list else X.astype(dtype)


def small(kind, **choices):
    """A detector of this kind that is fitted in milliseconds."""
    quick = {name: 3 for name in kind().get_params() if name.endswith("steps")}
    return kind(**{"device": "cpu", "members": 2, **quick, **choices})


def medium(kind, **choices):
    """A detector of this kind that has learned something."""
    steps = {name: 60 for name in kind().get_params() if name.endswith("steps")}
    return kind(**{"device": "cpu", "members": 8, **steps, **choices})


def related(rows=400, columns=6, seed=0):
    """A table in which each column tells something about the others."""
    generator = np.random.default_rng(seed)
    causes = generator.normal(size=(rows, 2))
    X = causes @ generator.normal(size=(2, columns)) + 0.3 * generator.normal(size=(rows, columns))
    return X * 3 + 5


@cache
def fitted(kind):
    """One fitted detector for all tests that only ask it."""
    return medium(kind, contamination=0.07).fit(related())


def assert_close(ours, theirs, relative=1e-5):
    np.testing.assert_allclose(ours, theirs, rtol=relative, atol=1e-12)
