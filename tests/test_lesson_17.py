"""Lesson 17: the notebook's explanations and the package's, in the same numbers."""

import subprocess
import sys

from course_utils import detectors, explain
from course_utils.course import lessons
from course_utils.exercises import lesson_17 as ex

import numpy as np
import pytest

DEFINING_CELLS = (
    "imports",
    "load-table",
    "keep-alarms",
    "cut-tie",
    "of-seeds",
    "plant",
    "nearest",
    "slip-price",
    "given-others",
    "local-plane",
    "worths",
    "by-scores",
    "by-network",
    "shake",
    "towards",
    "push",
    "occlusion",
)


@pytest.fixture(scope="module")
def lesson():
    cells = lessons.sources_of("17")
    names = {name: exercise._solution for name, exercise in vars(ex).items() if name in ex.__all__}
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def rows():
    """Rows of four columns, two of which go together."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(400, 4))
    X[:, 1] = X[:, 0] + 0.1 * X[:, 1]
    return X


@pytest.fixture(scope="module")
def detector(rows):
    return detectors.AutoEncoder(latent_units=2, members=2, steps=60, device="cpu").fit(rows)


@pytest.fixture(scope="module")
def shuttle(lesson):
    return lesson["load_table"]("Shuttle", 0)


def test_integrated_gradients_are_the_package_s(lesson, detector, rows):
    baseline = np.median(rows, axis=0)
    for steps in (1, 7, 32):
        ours = [
            lesson["integrated_gradients"](detector.score_gradients, row, baseline, steps)
            for row in 3 * rows[:5]
        ]
        theirs = explain.integrated_gradients(detector, 3 * rows[:5], baseline, steps)
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_shapley_values_are_the_package_s_and_add_up(lesson, detector, rows):
    background, asked = rows[:9], 3 * rows[20:24]
    score = detector.decision_function
    worths = [lesson["worths"](score, row, background) for row in asked]
    ours = np.array([lesson["shapley"](each.__getitem__, 4) for each in worths])
    np.testing.assert_allclose(
        ours, explain.shapley_values(detector, asked, background), atol=1e-7
    )
    whole = score(asked) - score(background).mean()
    np.testing.assert_allclose(ours.sum(axis=1), whole, atol=1e-7)
    assert all(len(each) == 2**4 for each in worths)


def test_the_worth_of_no_column_is_the_background_s_and_of_all_the_row_s(lesson, detector, rows):
    score = detector.decision_function
    worths = lesson["worths"](score, rows[0], rows[5:8])
    assert worths[frozenset()] == pytest.approx(score(rows[5:8]).mean())
    assert worths[frozenset(range(4))] == pytest.approx(score(rows[:1])[0])


def test_the_local_plane_is_the_package_s_but_for_its_ridge(lesson, detector, rows):
    score = detector.decision_function
    for width in (0.2, 0.5):
        ours = [lesson["local_plane"](score, row, width, 400, 3) for row in rows[:4]]
        theirs = explain.local_weights(detector, rows[:4], np.ones(4), width, 400, 3)
        np.testing.assert_allclose(ours, theirs, rtol=0.01, atol=1e-4)


def test_the_local_plane_of_a_plane_is_that_plane(lesson):
    slopes = np.array([3.0, 0.0, -2.0])
    found = lesson["local_plane"](lambda X: 7 + X @ slopes, np.array([1.0, -2.0, 0.5]))
    np.testing.assert_allclose(found, slopes, atol=1e-9)


def test_the_best_repair_is_the_package_s_where_both_try_the_same_values(lesson, detector, rows):
    asked = rows[:6].copy()
    asked[np.arange(6), np.arange(6) % 4] += 6
    theirs = explain.repair(detector, asked, rows, 0.0, candidates=101)
    tried = np.quantile(rows, np.linspace(0.01, 0.99, 101), axis=0)  # (101, d)
    for number, row in enumerate(asked):
        column, value = lesson["best_repair"](detector.decision_function, row, tried)
        assert column == theirs.columns[number]
        assert value == pytest.approx(theirs.values[number, column])


def test_occlusion_is_the_package_s_where_its_edge_is_sharp(lesson):
    generator = np.random.default_rng(1)
    images = generator.random((2, 40, 40)).astype(np.float32)

    def score(pictures):
        return (np.asarray(pictures, dtype=float)[:, 8:20, 4:16] ** 2).sum(axis=(1, 2))

    theirs = explain.occlusion(score, images, side=16, stride=12)
    for image, wanted in zip(images, theirs, strict=True):
        ours, falls = lesson["occlusion"](score, image)
        np.testing.assert_allclose(ours, wanted, atol=1e-4)
        assert len(falls) == 9


def test_a_soft_edge_paints_the_middle_and_spares_what_is_far(lesson):
    seen = []

    def score(pictures):
        seen.append(np.asarray(pictures))
        return np.zeros(len(pictures))

    image = np.zeros((64, 64), dtype=np.float32)
    image[:32] = 1  # mean 0.5
    lesson["occlusion"](score, image, edge=3.0)
    first = seen[1][0]  # the square's corner is the image's
    assert first[7, 7] == pytest.approx(0.5, abs=0.02)
    assert first[40, 40] == 0
    assert 0.5 < first[7, 16] < 1


def test_the_smallest_change_is_as_small_as_the_package_s(lesson, detector, rows):
    low, high = np.quantile(rows, [0.005, 0.995], axis=0)
    level = np.quantile(detector.decision_function(rows), 0.99)
    asked = np.clip(rows[:5], low, high)
    asked[np.arange(5), np.arange(5) % 4] = high[np.arange(5) % 4]
    asked[:, 1] = np.where(asked[:, 0] > 0, low[1], high[1])  # the tie is broken
    asked = asked[detector.decision_function(asked) > level]
    assert len(asked) >= 3
    theirs = explain.smallest_change(detector, asked, low, high, threshold=level).sizes
    for row, size in zip(asked, theirs, strict=True):
        silent = lesson["smallest_change"](
            detector.decision_function, detector.score_gradients, row, low, high, level
        )
        assert detector.decision_function(silent[None])[0] <= level
        assert (abs(silent - row) / (high - low)).max() <= 1.25 * size + 1e-9


def test_z_given_the_others_is_the_residual_of_a_regression(lesson, rows):
    z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    found = lesson["given_others"](z[:20], z)
    for column in range(z.shape[1]):
        others = np.delete(z, column, axis=1)
        off = z[:, column] - others @ np.linalg.lstsq(others, z[:, column])[0]
        np.testing.assert_allclose(found[:, column], abs(off / off.std())[:20], rtol=0.01)


def test_a_known_row_turns_a_decision_at_the_least_size(lesson):
    def score(X):
        return abs(X).max(axis=1)

    train, box = np.array([[0.0, 0.0], [5.0, 5.0]]), np.array([[-2.0, -2.0], [2.0, 2.0]])
    rows = np.array([[1.5, 0.2], [0.2, -1.9]])
    found = lesson["towards"](score, rows, train, box, 1.0)
    np.testing.assert_allclose(found, [0.125, 0.225], atol=0.005)
    found = lesson["towards"](score, np.array([[0.5, 0.0]]), train, box, 1.0)  # towards (2, 2)
    np.testing.assert_allclose(found, [0.13], atol=0.0051)


def test_one_entry_is_planted_and_a_far_quantile_occurs(lesson, shuttle):
    X, truth = lesson["plant"](shuttle, 3)
    moved = shuttle.other != X
    assert (moved.sum(axis=1) <= 1).all()
    rows = np.flatnonzero(moved.any(axis=1))
    assert (moved[rows].argmax(axis=1) == truth[rows]).all()
    low, high = np.quantile(shuttle.train, [0.005, 0.995], axis=0)
    planted = X[rows, truth[rows]]
    assert (np.isclose(planted, low[truth[rows]]) | np.isclose(planted, high[truth[rows]])).all()
    easy, columns = lesson["plant"](shuttle, 3, None)
    assert (columns == truth).all()
    np.testing.assert_allclose(abs(easy - shuttle.other).sum(axis=1), 5)


def test_alarms_are_rows_that_did_not_alarm_before(lesson, shuttle):
    detector = detectors.AutoEncoder(members=1, steps=30, device="cpu").fit(shuttle.train)
    X, truth = lesson["plant"](shuttle, 0)
    case = lesson["keep_alarms"](shuttle, detector, X, truth, most=7)
    assert len(case.rows) == len(case.truth) == 7
    assert (detector.decision_function(case.rows) > case.level).all()
    before = detector.decision_function(shuttle.other)
    assert (before[case.flagged] <= case.level).all()


def test_the_price_alone_becomes_ten_times_as_high(lesson):
    orders = lesson["load_table"]("orders", 0)
    X, truth = lesson["slip_price"](orders)
    values = [each * orders.spread + orders.mean for each in (orders.other, X)]
    price = orders.columns.index("price [EUR]")
    assert (truth == price).all()
    np.testing.assert_allclose(values[1][:, price], 10 * values[0][:, price])
    np.testing.assert_allclose(np.delete(values[1], price, 1), np.delete(values[0], price, 1))


def test_cutting_the_tie_keeps_every_column_s_values(lesson):
    orders = lesson["load_table"]("orders", 0)
    before = {part: getattr(orders, part).copy() for part in ("train", "other")}
    listed = orders.columns.index("list price [EUR]")
    lesson["cut_tie"](orders, 0)
    for part, rows in before.items():
        now = getattr(orders, part)
        np.testing.assert_allclose(np.sort(now, axis=0), np.sort(rows, axis=0))
        np.testing.assert_array_equal(np.delete(now, listed, 1), np.delete(rows, listed, 1))
        assert abs(np.corrcoef(now[:, listed], now[:, listed - 1])[0, 1]) < 0.1


def test_every_explanation_of_the_table_has_an_entry_for_each_entry(lesson, detector, rows):
    asked = 3 * rows[:3]
    found = lesson["by_scores"](detector.decision_function, asked, rows, 0)
    found |= lesson["by_network"](detector, asked, rows, exact=True)
    for name, entries in found.items():
        assert np.shape(entries) == (3, 4), name
        assert np.isfinite(entries).all(), name


def test_random_changes_turn_a_decision_as_often_as_it_is_easy(lesson):
    generator = np.random.default_rng(0)
    box = np.array([[-1.0, -1.0], [1.0, 1.0]])
    rows = np.array([[0.5, 0.5], [0.5, 0.5]])
    turned = lesson["shake"](lambda X: X[:, 0], rows, [0.2, np.inf], box, 0.4, generator)
    assert 0.2 < turned < 0.8  # the first column goes down by a coin
    never = lesson["shake"](lambda X: X[:, 0], rows[:1], [0.01], box, 0.4, generator)
    assert never == 0


def test_the_tiny_examples_of_the_stubs_hold():
    flagged = np.array([True, True, False])
    entries, truth = np.array([[1.0, 5], [2, 2], [9, 0]]), np.array([1, 1, 1])
    assert ex.hit_rate._solution(entries, truth, flagged) == 0.75
    gradient, spread = np.array([0.5, -2, 0.001]), np.array([1, 0.1, 900.0])
    assert ex.column_ranking._solution(gradient, spread).tolist() == [2, 0, 1]
    x, baseline = np.array([3.0, 1.0]), np.array([1.0, 1.0])
    parts = ex.integrated_gradients._solution(lambda X: 2 * X, x, baseline, 2)
    assert parts.tolist() == [8, 0]
    assert ex.shapley._solution(lambda S: len(S) ** 2, 2).tolist() == [2, 2]
    found = ex.best_repair._solution(
        lambda X: (X**2).sum(axis=1), np.array([3.0, 1.0]), np.array([[1, 0.0], [2, 0.5]])
    )
    assert tuple(found) == (0, 1.0)


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_17; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
