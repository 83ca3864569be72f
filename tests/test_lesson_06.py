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
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

PAGE = ["write-the-file", "read", "clean", "split", "fill-and-scale", "build", "train", "decide"]
TABLES = ["load-orders", "split-orders", "one-run", "load-telemetry"]


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
    classifier = page["DenseClassifier"](learning_rate=0.01, seed=0)
    scores = classifier.predict_proba(page["test"])
    np.testing.assert_allclose(scores, page["untrained"], rtol=0, atol=1e-5)
    validation = page["validation"], page["y_validation"]
    classifier.fit(page["train"], page["y_train"], validation)
    scores = classifier.predict_proba(page["test"])
    np.testing.assert_allclose(scores, page["probability"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        classifier.history.validation_loss, page["log"].history["val_loss"], rtol=0, atol=1e-5
    )


def test_the_file_has_the_dirt_that_the_lesson_names(page):
    table = pd.read_csv(page["path"])
    assert len(table) == 649
    assert table.duplicated().sum() == 80
    assert (table.drop_duplicates()["mean radius"] == -999).sum() == 12
    assert table.drop_duplicates().isna().sum().sum() == 60
    assert table["diagnosis"].is_monotonic_increasing
    assert np.isnan(page["X"]).sum() == 72


def test_the_page_s_steps_are_the_solutions(page):
    X, y = ex.clean_solution(pd.read_csv(page["path"]), "diagnosis", "malignant")
    np.testing.assert_array_equal(X, page["X"])
    np.testing.assert_array_equal(y, page["y"])
    train, test = ex.prepare_solution(page["X_train"], page["X_test"])
    np.testing.assert_allclose(train, page["train"], atol=1e-12)
    np.testing.assert_allclose(test, page["test"], atol=1e-12)
    decisions = ex.decide_solution(page["probability"][:, None], 0.5)
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


@pytest.mark.parametrize("share", [0.01, 0.1, 1])
def test_the_notebook_hides_labels_as_the_solution_does(tables, share):
    y = (np.arange(500) % 9 == 0).astype(int)
    theirs = ex.hide_labels_solution(y, share, np.random.default_rng(3))
    np.testing.assert_array_equal(tables["remember"](y, share, 3), theirs)


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


def clean_by_rows(table, target, anomaly):
    seen, X, y = set(), [], []
    for row in table.itertuples(index=False):
        numbers = [v for name, v in zip(table.columns, row, strict=True) if name != target]
        key = (tuple(None if np.isnan(v) else v for v in numbers), getattr(row, target))
        if key not in seen:
            seen.add(key)
            X.append([v if v >= 0 else float("nan") for v in numbers])
            y.append(getattr(row, target) == anomaly)
    return X, y


def prepare_with_scikit_learn(train, test):
    from sklearn.impute import SimpleImputer

    pipeline = make_pipeline(SimpleImputer(strategy="mean"), StandardScaler()).fit(train)
    return [pipeline.transform(train), pipeline.transform(test).astype(np.float32)]


def prepare_by_hand(train, test):
    medians = np.nanmedian(train, axis=0)
    for rows in (train, test):
        for column in range(rows.shape[1]):
            rows[np.isnan(rows[:, column]), column] = medians[column]
    mean, spread = train.mean(axis=0), train.std(axis=0, ddof=1)
    return (train - mean) / spread, (test - mean) / spread


def cut_with_a_splitter(table, target, share, seed):
    rows = table.drop_duplicates().reset_index(drop=True)
    splitter = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    train, test = next(splitter.split(rows, rows[target]))
    return rows.iloc[train], rows.iloc[test]


def cut_by_sampling(table, target, share, seed):
    rows = table.drop_duplicates()
    test = rows.groupby(target).sample(frac=share, random_state=seed)
    return rows.drop(test.index), test


def keep_by_loop(histories):
    best = None
    for name, history in histories.items():
        for epoch, loss in enumerate(history["val_loss"]):
            if best is None or loss < best[0]:
                best = loss, [name, np.int64(epoch), history["test_loss"][epoch]]
    return best[1]


def hide_labels_by_shuffling(y, share, generator):
    anomalies = [row for row, label in enumerate(y) if label]
    generator.shuffle(anomalies)
    kept = set(anomalies[: max(1, round(share * len(anomalies)))])
    return [row in kept for row in range(len(y))]


def detector_of_trees(X_train, y_train, X_new):
    trees = HistGradientBoostingClassifier(max_iter=40).fit(X_train, y_train)
    return list(trees.predict_proba(X_new)[:, 1])


def detector_in_keras(X_train, y_train, X_new):
    train, new = ex.prepare_solution(X_train, X_new)
    layers = [keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential([keras.Input((train.shape[1],)), *layers])
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(train, y_train[:, None], epochs=25, batch_size=300, verbose=0)
    return model.predict(new, verbose=0)[:, 0]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("clean", clean_by_rows),
        ("prepare", prepare_with_scikit_learn),
        ("prepare", prepare_by_hand),
        ("cut", cut_with_a_splitter),
        ("decide", lambda outputs, threshold: [float(row[0] > threshold) for row in outputs]),
        ("decide", lambda outputs, threshold: outputs.ravel() > threshold),
        ("keep", keep_by_loop),
        ("hide_labels", hide_labels_by_shuffling),
        ("detector", detector_of_trees),
        ("detector", detector_in_keras),
    ],
)
def test_other_right_answers_pass(name, answer):
    verdict = getattr(ex, name).examine(answer)
    assert verdict.passed, verdict.message


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("clean", lambda table, target, anomaly: table, "2 results"),
        ("clean", lambda table, target, anomaly: (table, [1] * len(table)), "holds text"),
        ("clean", lambda table, target, anomaly: (np.ones((8, 3)), np.ones(8)), "two columns"),
        ("prepare", lambda train, test: (np.nan_to_num(train), None), "test is None"),
        ("prepare", lambda train, test: (np.zeros_like(train), test * 0), "still gaps"),
        (
            "prepare",
            lambda train, test: tuple(
                np.nan_to_num(rows - np.nanmin(train, 0)) / np.nanmax(train, 0)
                for rows in (train, test)
            ),
            "0 is expected",
        ),
        ("cut", lambda table, target, share, seed: (table, table), "stand on both sides"),
        ("cut", lambda table, target, share, seed: (table.to_numpy(), 0), "DataFrame"),
        (
            "cut",
            lambda table, target, share, seed: (
                table.drop_duplicates().iloc[:-9],
                table.drop_duplicates().iloc[-9:],
            ),
            "a share of",
        ),
        ("decide", lambda outputs, threshold: print(end=""), "None"),
        ("decide", lambda outputs, threshold: outputs[:, 0] > 0.3, "you decide"),
        ("keep", lambda histories: "steady", "3 results"),
        ("keep", lambda histories: ("steady", 3, 0.5), "you report 0.5"),
        ("keep", lambda histories: (0, 3, 0.5), "should be a name"),
        ("hide_labels", lambda y, share, generator: 1 - y, "normal rows are marked"),
        ("hide_labels", lambda y, share, generator: y, "60 of 60"),
        ("detector", lambda X, y, X_new: X_new[:, 0] ** 2, "NaN"),
        ("detector", lambda X, y, X_new: np.nan_to_num(X_new[:, 0]), "between 0 and 1"),
        ("detector", lambda X, y, X_new: np.ones((len(X_new), 1)), "(m, 1)"),
        ("detector", lambda X, y, X_new: np.linspace(0, 1, len(X_new)), "average precision"),
    ],
)
def test_further_mistakes_get_a_sentence(name, answer, words):
    verdict = getattr(ex, name).examine(answer)
    assert verdict.status == "refused", verdict.message
    assert words.lower() in verdict.message.lower()


def test_the_examples_in_the_stubs_hold():
    table = pd.DataFrame({"size": [2, 2, -999], "kind": ["a", "a", "b"]})
    X, y = ex.clean_solution(table, "kind", "b")
    np.testing.assert_array_equal(X, [[2], [np.nan]])
    np.testing.assert_array_equal(y, [0, 1])
    train, test = ex.prepare_solution(
        np.array([[1.0], [np.nan], [3.0]]), np.array([[np.nan], [5.0]])
    )
    np.testing.assert_allclose(train.ravel(), [-1.2247, 0, 1.2247], atol=1e-4)
    np.testing.assert_allclose(test.ravel(), [0, 3.6742], atol=1e-4)
    forty = pd.DataFrame({"x": np.arange(40), "fault": np.arange(40) < 10})
    train, test = ex.cut_solution(forty, "fault", 0.2, 0)
    assert (len(train), train["fault"].sum()) == (32, 8)
    assert (len(test), test["fault"].sum()) == (8, 2)
    decisions = ex.decide_solution(np.array([[0.1], [0.3], [0.9]]), 0.2)
    np.testing.assert_array_equal(decisions, [0, 1, 1])
    history = {"loss": [3, 1], "val_loss": [4, 5], "test_loss": [6, 2]}
    assert ex.keep_solution({"a": history}) == ("a", 0, 6)
    y = np.r_[np.ones(20, int), np.zeros(80, int)]
    assert ex.hide_labels_solution(y, 0.25, np.random.default_rng(0)).sum() == 5
