"""The Keras classifier: repeatable, stopped at its best epoch, and strict about its input."""

import json
import runpy

import course_utils
from course_utils import data, evaluation
from course_utils.classifier import DenseClassifier

import keras
import numpy as np
import pytest
from keras.src.backend import config
from process_state import all_at_once
from sklearn.model_selection import train_test_split

QUICK = {"epochs": 30, "batch_size": 128}


@pytest.fixture(scope="module")
def moons():
    return [data.make_toy("moons", rows=rows, prevalence=0.2, seed=rows) for rows in (600, 400)]


@pytest.fixture(scope="module")
def fitted(moons):
    train, held = moons
    return DenseClassifier(**QUICK, learning_rate=0.01).fit(train.X, train.y, (held.X, held.y))


def test_it_learns_what_its_untrained_twin_does_not_know(fitted, moons):
    twin = DenseClassifier()
    new = data.make_toy("moons", rows=1000, prevalence=0.2, seed=9)
    assert evaluation.auroc(new.y, fitted.decision_function(new.X)) > 0.95
    assert evaluation.auroc(new.y, twin.decision_function(new.X)) < 0.9
    assert twin.history is None


def test_probabilities_are_probabilities(fitted, moons):
    chances = fitted.predict_proba(moons[1].X)
    assert chances.shape == (400,)
    assert chances.dtype == np.float64
    assert 0 <= chances.min() < chances.max() <= 1
    assert np.array_equal(chances, fitted.decision_function(moons[1].X))


def test_scores_do_not_depend_on_the_company(fitted, moons):
    X = moons[1].X
    alone = np.concatenate([fitted.predict_proba(X[i : i + 1]) for i in range(10)])
    assert np.allclose(alone, fitted.predict_proba(X)[:10], atol=1e-6)


def test_one_seed_one_network(moons):
    train, held = moons
    runs = [
        DenseClassifier(epochs=4, seed=seed).fit(train.X, train.y).predict_proba(held.X)
        for seed in (3, 3, 4)
    ]
    assert np.array_equal(runs[0], runs[1])
    assert not np.allclose(runs[0], runs[2], atol=1e-3)


def test_the_layers_are_those_that_were_asked_for():
    classifier = DenseClassifier((8, 4), dropout=0.5)
    classifier.predict_proba(np.zeros((1, 3)))
    kinds = [type(layer).__name__ for layer in classifier.model.layers]
    assert kinds == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert classifier.model.count_params() == (3 + 1) * 8 + (8 + 1) * 4 + (4 + 1)


def test_it_ends_with_the_weights_of_its_best_epoch(moons):
    train, held = moons
    few = train.take(np.arange(40))
    classifier = DenseClassifier((64, 64), learning_rate=0.02, epochs=80, patience=15)
    classifier.fit(few.X, few.y, (held.X, held.y))
    history = classifier.history
    assert history.best_epoch < len(history.train_loss) - 1
    loss = classifier.model.evaluate(held.X, held.y[:, None], verbose=0)
    assert loss == pytest.approx(min(history.validation_loss), rel=1e-4)


def test_without_validation_rows_a_stratified_fifth_is_held_out(moons, monkeypatch):
    train, _ = moons
    seen = {}

    def spy(self, x, y, **more):
        seen.update(x=x, y=y, validation=more["validation_data"])
        raise RuntimeError("seen enough")

    monkeypatch.setattr(keras.Sequential, "fit", spy)
    with pytest.raises(RuntimeError, match="seen enough"):
        DenseClassifier(seed=5).fit(train.X, train.y)
    X_held, y_held = seen["validation"]
    assert len(seen["x"]) == 480
    assert len(X_held) == 120
    assert y_held.mean() == pytest.approx(train.y.mean(), abs=0.01)
    ours = train_test_split(train.X, test_size=0.2, stratify=train.y, random_state=5)
    assert np.allclose(X_held, ours[1], atol=1e-6)


def test_class_weights_raise_the_probabilities(moons, fitted):
    train, held = moons
    weighted = DenseClassifier(**QUICK, learning_rate=0.01, class_weight={0: 1.0, 1: 10.0})
    weighted.fit(train.X, train.y, (held.X, held.y))
    assert weighted.predict_proba(held.X).mean() > 1.2 * fitted.predict_proba(held.X).mean()


def test_it_enters_the_honest_table(moons):
    split = data.split(moons[0])
    table = evaluation.honest_table(
        {"network": lambda seed: DenseClassifier(**QUICK, learning_rate=0.01, seed=seed)},
        split,
        seeds=(0, 1),
        untrained={"network, untrained": lambda seed: DenseClassifier(seed=seed)},
    )
    assert table.loc["network", "AUROC"] > table.loc["network, untrained", "AUROC"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"hidden": (0,)}, "hidden is 0"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"epochs": 0}, "epochs is 0"),
        ({"dropout": 1}, "dropout is 1"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises((TypeError, ValueError), match=words):
        DenseClassifier(**arguments)


def test_bad_rows_are_named(fitted):
    good, labels = np.zeros((10, 2)), [0, 1] * 5
    with pytest.raises(ValueError, match="y holds"):
        DenseClassifier().fit(good, [0] * 10)
    with pytest.raises(ValueError, match="X has"):
        DenseClassifier().fit([[0.0, np.nan]] * 10, labels)
    with pytest.raises(ValueError, match=r"validation\[0\]"):
        DenseClassifier().fit(good, labels, (np.zeros((4, 3)), [0, 1, 0, 1]))
    with pytest.raises(ValueError, match="X has"):
        fitted.predict_proba(np.zeros((4, 3)))


# ------------------------------------------------------------- what others have set in Keras


def test_what_torch_and_keras_were_told_changes_nothing(moons):
    train, held = moons

    def chances():
        classifier = DenseClassifier(epochs=2, seed=1).fit(train.X, train.y)
        twin = DenseClassifier(seed=1).predict_proba(held.X)
        return classifier.predict_proba(held.X), twin

    expected = chances()
    try:
        keras.config.set_floatx("float16")
        keras.config.set_dtype_policy("mixed_float16")
        with all_at_once():
            found = chances()
        assert keras.config.floatx() == "float16"
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(found, expected)


def test_a_settings_file_of_keras_in_the_home_folder_changes_nothing(monkeypatch, tmp_path):
    strange = {"floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first"}
    (tmp_path / "keras.json").write_text(json.dumps(strange), encoding="utf-8")

    def read():
        """Let Keras read its settings as at its import."""
        found = runpy.run_path(config.__file__)
        return {name: found[name]() for name in strange}

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert read() == strange
    runpy.run_path(course_utils.__file__)
    assert read() == {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
