"""Lesson 06: its page is the package's classifier, its steps are the exercises' solutions."""

from unittest.mock import MagicMock

from course_utils import data, plots, runtime
from course_utils.course import lessons
from course_utils.data.anomaly_data import AnomalyData
from course_utils.exercises import lesson_06 as ex

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

PAGE = ["write-the-file", "look-at-the-dirt", "try-clean", "split", "fill-and-scale", "build"]
PAGE += ["train", "decide", "save", "twin", "loss-by-hand"]
TABLES = ["try-prepare", "load-orders", "split-orders", "load-telemetry"]


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("06")


def run(cells, names, ids):
    """Run the cells of the notebook as they are, with its imports, pictures and bands aside."""
    for cell in ("imports", "imports-scikit-learn"):
        exec(compile(cells[cell], cell, "exec"), names)
    names |= {"expect": MagicMock(), "ask": MagicMock(), "print": MagicMock()}
    names["plots"] = MagicMock(COLOURS=plots.COLOURS)
    names["progress_bar"] = MagicMock(for_keras=keras.callbacks.Callback)
    for cell in ids:
        exec(compile(cells[cell], cell, "exec"), names)
    return names


@pytest.fixture(scope="module")
def page(cells):
    return run(cells, {}, PAGE)


@pytest.fixture(scope="module")
def tables(cells):
    return run(cells, {}, TABLES)


def test_the_page_is_the_package_s_classifier(page):
    assert page["difference"] < 1e-5
    losses = page["twin"].history.validation_loss
    np.testing.assert_allclose(losses, page["log"].history["val_loss"], rtol=0, atol=1e-5)


def test_the_files_hold_the_page_s_network(page):
    assert page["files"]["largest difference in p"].iloc[:2].max() < 1e-6
    assert page["files"]["largest difference in p"].iloc[2] > 0.1


def test_the_file_has_the_dirt_that_the_lesson_names(page):
    table = pd.read_csv(page["path"])
    assert len(table) == 649
    assert table.duplicated().sum() == 80
    assert (table.drop_duplicates()["mean radius"] == -999).sum() == 12
    assert table.drop_duplicates().isna().sum().sum() == 60
    assert table["diagnosis"].is_monotonic_increasing
    assert np.isnan(page["X"]).sum() == 72


def test_the_page_s_steps_are_the_solutions(page):
    X, y = ex.clean._solution(pd.read_csv(page["path"]), "diagnosis", "malignant")
    np.testing.assert_array_equal(X, page["X"])
    np.testing.assert_array_equal(y, page["y"])
    train, test = ex.prepare._solution(page["X_train"], page["X_test"])
    np.testing.assert_allclose(train, page["train"], atol=1e-12)
    np.testing.assert_allclose(test, page["test"], atol=1e-12)
    decisions = ex.decide._solution(page["probability"][:, None], 0.5)
    np.testing.assert_array_equal(decisions, page["decisions"])


def test_no_row_of_the_page_is_in_two_parts_and_all_parts_are_alike(page):
    parts = [page[f"X_{name}"] for name in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [341, 114, 114]
    assert len(pd.DataFrame(np.vstack(parts)).drop_duplicates()) == 569
    shares = [page[f"y_{name}"].mean() for name in ("train", "validation", "test")]
    np.testing.assert_allclose(shares, 212 / 569, atol=0.01)


def test_the_formula_is_scikit_learn_s_log_loss(cells):
    names = {"np": np}
    exec(cells["loss-by-hand"].split("\n\n\n")[0], names)
    generator = np.random.default_rng(0)
    t, p = generator.integers(0, 2, 50), generator.random(50)
    assert names["cross_entropy"](t, p) == pytest.approx(log_loss(t, p), abs=1e-12)
    assert np.isfinite(names["cross_entropy"](np.array([1, 0]), [0.0, 1.0]))


def test_orders_come_without_identifiers_and_on_the_training_rows_ruler(tables):
    parts = tables["split_orders"](0)
    assert not [name for name in parts.train.feature_names if "number" in name]
    np.testing.assert_allclose(parts.train.X.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(parts.train.X.std(axis=0), 1, atol=1e-9)
    assert np.abs(parts.test.X.mean(axis=0)).max() > 1e-3
    raw = tables["load_orders"](1)
    logs = tables["with_logarithms"](raw)
    column = raw.feature_names.index("total [EUR]")
    np.testing.assert_allclose(np.expm1(logs.X[:, column]), raw.X[:, column])


def connections(rows=3000):
    """Return data of the form of KDD Cup 99: mostly attacks, many copies, columns of 0 and 1."""
    generator = np.random.default_rng(0)
    y = (generator.random(rows) < 0.8).astype(int)
    X = (generator.random((rows, 20)) < 0.2).astype(float)
    X[:, 0], X[y == 1, 1:] = 0, 1  # a constant column, and floods that repeat one row
    X[:, 1] = generator.integers(0, 40, rows)
    names = tuple(f"c{number}" for number in range(20))
    return AnomalyData(X, y, names, "connections", "made up", "MIT", np.where(y, "flood", ""))


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_the_larger_table_comes_in_either_profile(cells, monkeypatch, profile):
    monkeypatch.setenv("COURSE_PROFILE", profile)
    asked = []

    def prefer(name, otherwise):
        asked.append(name)
        wanted = runtime.profile(data=(otherwise, connections)).data
        return wanted()

    monkeypatch.setattr(data, "prefer", prefer, raising=False)
    parts = run(cells, {}, TABLES)["split_telemetry"](0)
    assert asked == ["kdd_cup_99"]
    assert parts.train.prevalence == pytest.approx(0.07, abs=0.02)
    assert np.isfinite(parts.train.X).all()
    assert len(parts.train) + len(parts.validation) + len(parts.test) <= 5_000


def cut_by_sampling(table, target, share, seed):
    rows = table.drop_duplicates()
    test = rows.groupby(target).sample(frac=share, random_state=seed)
    return rows.drop(test.index), test


def test_the_examples_in_the_stubs_hold():
    table = pd.DataFrame({"size": [2, 2, -999], "kind": ["a", "a", "b"]})
    X, y = ex.clean._solution(table, "kind", "b")
    np.testing.assert_array_equal(X, [[2], [np.nan]])
    np.testing.assert_array_equal(y, [0, 1])
    train, test = ex.prepare._solution(
        np.array([[1.0], [np.nan], [3.0]]), np.array([[np.nan], [5.0]])
    )
    np.testing.assert_allclose(train.ravel(), [-1.2247, 0, 1.2247], atol=1e-4)
    np.testing.assert_allclose(test.ravel(), [0, 3.6742], atol=1e-4)
    forty = pd.DataFrame({"x": np.arange(40), "fault": np.arange(40) < 10})
    train, test = ex.cut._solution(forty, "fault", 0.2, 0)
    assert (len(train), train["fault"].sum()) == (32, 8)
    assert (len(test), test["fault"].sum()) == (8, 2)
    decisions = ex.decide._solution(np.array([[0.1], [0.3], [0.9]]), 0.2)
    np.testing.assert_array_equal(decisions, [0, 1, 1])
    history = {"loss": [3, 1], "val_loss": [4, 5], "test_loss": [6, 2]}
    assert ex.keep._solution({"a": history}) == ("a", 0, 6)
    y = np.r_[np.ones(20, int), np.zeros(80, int)]
    assert ex.hide_labels._solution(y, 0.25, np.random.default_rng(0)).sum() == 5
