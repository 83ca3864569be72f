"""data/scaling.py: one scale for the columns, learned from the training rows."""

from dataclasses import replace

from course_utils import data
from course_utils.data.splits import PARTS

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="module")
def parts():
    return data.split(data.load_shuttle(rows=2000), "clean-train", seed=3)


def test_training_columns_have_mean_0_and_deviation_1(parts):
    X = data.standardise(parts).train.X
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(X.std(axis=0), 1, atol=1e-10)


def test_every_part_is_scaled_by_the_training_rows(parts):
    scaler = StandardScaler().fit(parts.train.X)
    scaled = data.standardise(parts)
    for name in PARTS:
        before, after = getattr(parts, name), getattr(scaled, name)
        np.testing.assert_array_equal(after.X, scaler.transform(before.X))
        np.testing.assert_array_equal(after.y, before.y)
        assert after.feature_names == before.feature_names
    assert scaled.protocol == "clean-train"


def test_training_rows_do_not_depend_on_the_test_rows(parts):
    far = replace(parts, test=replace(parts.test, X=1000 + 5 * parts.test.X))
    one, other = data.standardise(parts), data.standardise(far)
    np.testing.assert_array_equal(one.train.X, other.train.X)
    assert not np.allclose(one.test.X, other.test.X)


def test_the_split_that_came_in_is_left_as_it_was(parts):
    before = parts.train.X.copy()
    data.standardise(parts)
    np.testing.assert_array_equal(parts.train.X, before)


def test_a_constant_column_is_only_moved():
    generator = np.random.default_rng(0)
    X = np.column_stack([generator.normal(size=200), np.full(200, 7.0)])
    table = data.AnomalyData(
        X=X, y=np.arange(200) < 20, feature_names=["a", "b"], name="t", source="s", licence="l"
    )
    parts = data.split(table)
    other = replace(parts.test, X=parts.test.X + np.array([0, 2]))
    scaled = data.standardise(replace(parts, test=other))
    assert (scaled.train.X[:, 1] == 0).all()
    assert (scaled.test.X[:, 1] == 2).all()


def test_what_has_no_columns_is_refused():
    pictures = data.split(data.make_textures(rows=60, anomalies=5, size=32))
    with pytest.raises(TypeError, match=r"^Texture, brick has no columns; rows and columns"):
        data.standardise(pictures)
    with pytest.raises(TypeError, match=r"^parts is a ndarray; a Split is expected"):
        data.standardise(np.ones((3, 2)))
