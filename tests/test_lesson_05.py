"""Lesson 05: the notebook's loop and rules give the package's numbers; its exercises are fair."""

import dataclasses
import re
from itertools import pairwise

from course_utils import data, network
from course_utils.course import lessons
from course_utils.exercises import lesson_05 as ex

import numpy as np
import pytest

DEFINING_CELLS = (
    "build-a-network",
    "one-step",
    "training-loop",
    "three-rules",
    "schedule",
    "thin",
    "clipped",
)
LEARNED = ("mini_batches", "keras_momentum", "adam_step", "dropout")  # what those cells call


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("05")


@pytest.fixture(scope="module")
def lesson(cells):
    names = {
        "np": np,
        "pairwise": pairwise,
        "network": network,
        "cross_entropy": network.BinaryCrossEntropy(),
    }
    names |= {name: getattr(ex, name)._solution for name in LEARNED}
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def eights():
    digits = data.load_digits(anomaly=8, prevalence=0.05)
    return data.split(dataclasses.replace(digits, X=digits.X / 16)).train


def steps_of(optimiser):
    return lambda parameters, gradients: optimiser.step(parameters, gradients)


@pytest.mark.parametrize(
    "make",
    [
        lambda: network.SGD(0.1),
        lambda: network.SGD(0.05, momentum=0.9, weight_decay=0.01),
        lambda: network.Adam(0.003),
    ],
)
def test_the_notebook_s_loop_is_the_package_s_fit(lesson, eights, make):
    ours, theirs = lesson["build"](64, 8, 1, dropout=0.2), lesson["build"](64, 8, 1, dropout=0.2)
    losses = lesson["train"](ours, eights.X, eights.y, steps_of(make()), 3, 25, seed=4)
    history = network.fit(
        theirs,
        eights.X,
        eights.y,
        loss=network.BinaryCrossEntropy(),
        optimiser=make(),
        epochs=3,
        batch_size=25,
        seed=4,
    )
    np.testing.assert_allclose(losses, history.train_loss, rtol=0, atol=1e-13)
    for mine, package in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, package, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "optimiser"),
    [
        ("descent", network.SGD(0.03)),
        ("momentum", network.SGD(0.03, momentum=0.8)),
        ("adam", network.Adam(0.03)),
    ],
)
def test_each_rule_steps_as_the_package_does(lesson, name, optimiser):
    generator = np.random.default_rng(0)
    ours, memory = generator.normal(size=(3, 2)), {}
    theirs = ours.copy()
    for _ in range(30):
        gradient = generator.normal(size=(3, 2))
        ours = lesson[name](ours, gradient, memory, 0.03)
        optimiser.step([theirs], [gradient])
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-14)


def test_a_layer_of_the_learner_s_dropout_is_the_package_s(lesson):
    inputs, blame = np.random.default_rng(0).normal(size=(2, 8, 5))
    ours, theirs = lesson["Thin"](0.4, seed=3), network.Dropout(0.4, seed=3)
    for training in (True, False, True):
        np.testing.assert_allclose(
            ours.forward(inputs, training), theirs.forward(inputs, training), atol=1e-14
        )
        np.testing.assert_allclose(ours.backward(blame), theirs.backward(blame), atol=1e-14)


def test_the_cosine_rises_for_an_epoch_and_ends_near_0(lesson):
    rates = [lesson["cosine_at"](step, 0.3) for step in range(20 * 41)]
    assert int(np.argmax(rates)) == 40
    assert rates[40] == pytest.approx(0.3)
    assert rates[-1] < 1e-5
    assert (np.diff(rates)[41:] < 0).all()


def test_only_long_gradients_are_clipped_and_they_keep_their_direction(lesson):
    parameters, gradients = [np.zeros(2), np.zeros(1)], [np.array([3.0, 0.0]), np.array([4.0])]
    lesson["Clipped"](network.SGD(1.0), 1).step(parameters, gradients)
    np.testing.assert_allclose(np.concatenate(parameters), [-0.6, 0, -0.8])
    lesson["Clipped"](network.SGD(1.0), 9).step(parameters, gradients)
    np.testing.assert_allclose(np.concatenate(parameters), [-3.6, 0, -4.8])


def test_the_networks_have_the_shapes_that_the_text_names(lesson):
    layers = lesson["build"](64, 32, 16, 1, dropout=0.5).layers
    kinds = [type(layer).__name__ for layer in layers]
    assert kinds == ["Dense", "ReLU", "Dropout"] * 2 + ["Dense"]
    assert len({layer.weights.tobytes() for layer in layers[::3]}) == 3


def test_the_batch_size_divides_the_rows(cells, eights):
    """The text says that no row is left over, and the PyTorch cell splits into 41 batches."""
    assert len(eights) == 25 * 41
    assert "np.split(order, 41)" in cells["train-in-torch"]


def test_the_gallery_is_diagnosed_by_the_stored_solution(lesson, cells):
    """The learner is told to try the exercise on the lesson's six patients."""
    names = dict(lesson, data=data, usual={"loss": lesson["cross_entropy"], "batch_size": 25})
    for cell_id in ("patient", "six-patients"):
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    said = [
        ex.diagnose._solution(history.train_loss, history.validation_loss, 0.15)
        for history in names["gallery"].values()
    ]
    table = [line for line in cells["symptoms"].splitlines() if re.match(r"\| [A-F] ", line)]
    assert said == [line.split("|")[3].strip() for line in table]


def test_the_solutions_agree_with_the_package(lesson):
    generator = np.random.default_rng(1)
    weights, gradient = generator.normal(size=(2, 5))

    theirs, optimiser = weights.copy(), network.AdamW(0.1, weight_decay=0.3)
    state = weights, np.zeros(5), np.zeros(5)
    for step in range(1, 6):
        optimiser.step([theirs], [gradient * step])
        state = ex.decay_step._solution(*state, gradient * step, step, 0.1, 0.3)
        np.testing.assert_allclose(state[0], theirs, atol=1e-14)

    theirs, optimiser = weights.copy(), network.Adam(0.1)
    state = weights, np.zeros(5), np.zeros(5)
    for step in range(1, 6):
        optimiser.step([theirs], [gradient * step])
        state = ex.adam_step._solution(*state, gradient * step, step, 0.1)
        np.testing.assert_allclose(state[0], theirs, atol=1e-14)

    theirs, optimiser = weights.copy(), network.SGD(0.1, momentum=0.8)
    mine, velocity = weights, np.zeros(5)
    for step in range(1, 6):
        optimiser.step([theirs], [gradient * step])
        mine, velocity = ex.keras_momentum._solution(mine, velocity, gradient * step, 0.1, 0.8)
        np.testing.assert_allclose(mine, theirs, atol=1e-14)

    hidden, layer = generator.normal(size=(6, 4)), network.Dropout(0.4, seed=3)
    mine = ex.dropout._solution(hidden, 0.4, np.random.default_rng(3), True)
    np.testing.assert_allclose(mine, layer.forward(hidden, training=True), atol=1e-14)


def test_early_stopping_ends_where_the_package_ends():
    train, outside = (data.make_toy(rows=40, noise=0.4, seed=seed) for seed in (1, 2))
    model, kept = network.Network(network.Dense(2, 16), network.ReLU(), network.Dense(16, 1)), []
    history = network.fit(
        model,
        train.X,
        train.y,
        loss=network.BinaryCrossEntropy(),
        optimiser=network.Adam(0.03),
        epochs=200,
        validation=(outside.X, outside.y),
        patience=4,
        on_epoch=lambda epoch, history: kept.append(model.get_weights()),
    )
    epochs, weights = ex.early_stopping._solution(history.validation_loss, kept, 4)
    assert epochs == len(history.validation_loss) < 200
    for mine, package in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, package)


def test_the_stubs_examples_are_what_the_solutions_return():
    def returns(exercise, *arguments):
        return exercise._solution(*arguments)

    assert returns(ex.keras_momentum, 1, 0.5, 2, 0.1, 0.8) == pytest.approx((1.2, 0.2))
    assert returns(ex.adam_step, 1, 0, 0, 5, 1, 0.1) == pytest.approx((0.9, 0.5, 0.025))
    assert returns(ex.decay_step, 4, 0, 0, 0, 1, 0.1, 0.5) == pytest.approx((3.8, 0, 0))
    assert returns(ex.early_stopping, [0.9, 0.5, 0.6, 0.7, 0.1], "abcde", 2) == (4, "b")
    assert returns(ex.diagnose, [0.693] * 60, [0.693] * 60, 0.1) == "stuck"
    batches = returns(ex.mini_batches, *np.ones((2, 5)), 2, np.random.default_rng(0))
    assert [len(X) for X, _ in batches] == [2, 2, 1]
    thinned = returns(ex.dropout, np.ones((5, 9)), 0.75, np.random.default_rng(0), True)
    assert set(thinned.flat) == {0, 4}
    parts = [np.array(part) for part in ([[1.0], [3.0]], [[2.0]], [[5.0]])]
    assert [part.tolist() for part in returns(ex.scale_parts, *parts)] == [
        [[-1], [1]],
        [[0]],
        [[3]],
    ]


@pytest.mark.parametrize(("value", "rows"), [(0.1, 1025), (0.7, 341), (1 / 3, 100), (7.0, 40)])
def test_a_column_of_equal_numbers_is_divided_by_1_whatever_its_mean_is_rounded_to(value, rows):
    train, other = np.full((rows, 1), value), np.array([[value], [value + 0.1]])
    scaled = ex.scale_parts._solution(train, other, other)
    np.testing.assert_allclose(scaled[0], 0, atol=1e-12)
    np.testing.assert_allclose(scaled[2].ravel(), [0, 0.1], atol=1e-12)


@pytest.mark.parametrize("skipped", range(20))
def test_no_draw_of_a_right_answer_is_refused_for_its_chance(skipped):
    def batches(X, targets, batch_size, generator):
        generator.random(skipped)
        return ex.mini_batches._solution(X, targets, batch_size, generator)

    def thinned(hidden, rate, generator, training):
        generator.random(skipped)
        return ex.dropout._solution(hidden, rate, generator, training)

    assert ex.mini_batches.examine(batches).passed
    assert ex.dropout.examine(thinned).passed
