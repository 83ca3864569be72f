"""Lesson 20: streams, watchers, gates and rivals meet brute force and the package."""

import subprocess
import sys

from course_utils import baselines, data, evaluation
from course_utils.course import lessons
from course_utils.exercises import lesson_20 as ex

import numpy as np
import pytest

DEFINING_CELLS = (
    "imports",
    "more-imports",
    "make-stream",
    "judged",
    "window-neighbours",
    "watchers",
    "plain-watcher",
    "refit-on-alarm",
    "moving",
    "small-network",
    "online-network",
    "gates",
    "three-gates",
    "rivals",
    "running-z",
    "poison-rows",
    "poison",
    "forgetting",
)


@pytest.fixture(scope="module")
def lesson():
    """Return the names that the notebook's cells define."""
    cells = lessons.sources_of("20")
    names = {name: getattr(ex, name)._solution for name in ex.__all__}
    names |= {"plenty": np.random.default_rng(0).normal(size=(6000, 9)), "labels": np.zeros(6000)}
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture
def rows():
    return np.random.default_rng(1).normal(size=(900, 9))


# ------------------------------------------------------------------------------ the stream


def test_two_columns_of_the_promised_share_move_from_the_change_on(lesson):
    change = lesson["CHANGE"]
    reference, moved, y = lesson["make_stream"](3, share=0.5, shift=2.0)
    again, still, labels = lesson["make_stream"](3, share=0.5, shift=0)
    np.testing.assert_array_equal(reference, again)
    np.testing.assert_array_equal(y, labels)
    apart = moved - still
    assert not apart[:change].any()
    assert not np.delete(apart, [0, 2], axis=1).any()
    assert set(np.round(apart[change:, [0, 2]].ravel(), 9)) == {0.0, 2.0}
    np.testing.assert_allclose(apart[:, 0], apart[:, 2])
    assert 0.4 < (apart[change:, 0] > 0).mean() < 0.6
    everyone = lesson["make_stream"](3)[1] - still
    np.testing.assert_allclose(everyone[change:, [0, 2]], 2.5)


def test_the_stream_is_shuttle_in_the_reference_s_units(lesson):
    shuttle = data.load_shuttle()
    reference, stream, y = lesson["make_stream"](5, shift=0)
    order = np.random.default_rng(5).permutation(len(shuttle))
    np.testing.assert_array_equal(y, shuttle.y[order[1000 : 1000 + len(stream)]])
    np.testing.assert_allclose(np.median(reference, axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(reference.std(axis=0), 1)
    row = shuttle.X[order[1000]]
    first = shuttle.X[order[:1000]]
    np.testing.assert_allclose(stream[0], (row - np.median(first, axis=0)) / first.std(axis=0))


def test_the_parts_are_judged_one_by_one(lesson):
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, lesson["LENGTH"])
    scores, thresholds = generator.normal(size=(2, len(y)))
    line = lesson["judged"](y, scores, thresholds)
    for part, (start, stop) in lesson["PARTS"].items():
        inside = slice(start, stop)
        area = evaluation.auroc(y[inside], scores[inside])
        false = [scores[i] > thresholds[i] for i in range(start, stop) if y[i] == 0]
        caught = [scores[i] > thresholds[i] for i in range(start, stop) if y[i] == 1]
        wanted = {"AUROC": area, "false": np.mean(false), "caught": np.mean(caught)}
        assert {name: line[part, name] for name in wanted} == pytest.approx(wanted)
    assert lesson["PARTS"]["before"][1] == lesson["CHANGE"]


# ------------------------------------------------------------------------- models of a row


def test_window_neighbours_are_the_nearest_of_the_last_500(lesson, rows):
    model = lesson["WindowNeighbours"](rows[:600], k=5)
    for row in rows[600:700]:
        model.learn_one(row)
    known = baselines.KNearestNeighbours(5).fit(rows[200:700])
    wanted = known.decision_function(rows[700:710])
    np.testing.assert_allclose([model.score_one(row) for row in rows[700:710]], wanted)
    theirs = baselines.KNearestNeighbours(5).fit(rows[100:600]).decision_function(rows[:100])
    np.testing.assert_allclose(model.first, theirs)


def test_running_z_forgets_by_its_rate(lesson, rows):
    model = lesson["RunningZ"](rows[:400], rate=0.1)
    mean, variance = rows[:400].mean(axis=0), rows[:400].var(axis=0)
    for row in rows[400:420]:
        model.learn_one(row)
        variance = 0.9 * variance + 0.1 * 0.9 * (row - mean) ** 2  # West, 1979
        mean = 0.9 * mean + 0.1 * row
    assert model.score_one(rows[500]) == pytest.approx(
        (abs(rows[500] - mean) / np.sqrt(variance)).max()
    )


def test_a_step_goes_down_the_mean_absolute_error(lesson, rows):
    model = lesson["SmallAutoEncoder"](seed=0)
    batch = rows[:64]
    weights = model.network.parameters()[0]
    seen = {}
    model.optimiser.step = lambda parameters, gradients: seen.update(slope=gradients[0].copy())
    model.step(batch)
    for place in ((0, 0), (3, 7), (8, 31)):
        value, loss = weights[place], []
        for shift in (1e-6, -1e-6):
            weights[place] = value + shift
            loss.append(abs(model.network.forward(batch) - batch).mean())
        weights[place] = value
        assert seen["slope"][place] == pytest.approx((loss[0] - loss[1]) / 2e-6, abs=1e-5)
    alone = [model.score_one(row) for row in batch]
    np.testing.assert_allclose(alone, abs(model.network.forward(batch) - batch).mean(axis=1))


@pytest.mark.parametrize("gate", ["every row", "top tenth left out", "only without alarm"])
def test_a_gate_keeps_away_what_it_says(lesson, rows, gate):
    model = lesson["Online"](rows[:600], lesson["GATES"][gate], seed=0)
    limit = np.quantile(model.first, 0.9)
    learned = 0
    for row in rows[600:700] * 3:  # unusual rows: most score above what came before
        recent, score = np.array(model.recent), model.score_one(row)
        allowed = {
            "every row": True,
            "top tenth left out": np.mean(recent >= score) >= 0.1,
            "only without alarm": score <= limit,
        }[gate]
        before = model.network.get_weights()
        model.learn_one(row)
        same = all(map(np.array_equal, before, model.network.get_weights()))
        assert same != allowed
        assert model.recent[-1] == score
        learned += allowed
    assert len(model.recent) == 500
    assert learned == 100 if gate == "every row" else learned < 60


# --------------------------------------------------------------------- thresholds, watchers


def test_a_moving_threshold_looks_back_only(lesson):
    generator = np.random.default_rng(2)
    first, scores = generator.normal(size=600), generator.normal(size=805)
    found = lesson["moving"](scores, first)
    assert len(found) == len(scores)
    for row in (0, 9, 10, 517, 804):
        start = row - row % 10
        past = np.concatenate([first, scores])[: 600 + start][-500:]
        assert found[row] == pytest.approx(np.quantile(past, 0.9))


def test_ranks_are_shares_below(lesson):
    reference, scores = np.array([1.0, 2.0, 2.0, 5.0]), np.array([0.0, 2.0, 3.0, 9.0])
    wanted = [np.mean(reference < score) for score in scores]
    assert lesson["ranks"](reference, scores).tolist() == wanted == [0, 0.25, 0.75, 1]


def test_the_watchers_find_a_jump_and_seldom_more(lesson):
    from river import drift

    generator = np.random.default_rng(3)
    false = 0
    for _ in range(10):
        values = generator.uniform(size=1500)
        false += len(lesson["plain_alarms"](values))
        values[1000:] = generator.uniform(0.5, 1, size=500)
        found = lesson["plain_alarms"](values)
        assert any(1000 <= row < 1050 for row in found)
        assert all(np.diff(found) >= 50)
        found = lesson["river_alarms"](drift.ADWIN, values)
        assert any(1000 <= row < 1200 for row in found)
    assert false <= 12


def test_a_refit_changes_later_scores_only(lesson, monkeypatch):
    class Fake:
        def __init__(self, level):
            self.level = level

        def decision_function(self, X):
            return abs(X[:, 0] - self.level)

    learned = []

    def fitted(rows):
        learned.append(rows)
        return Fake(np.median(rows[:, 0])), abs(rows[:, 0] - np.median(rows[:, 0]))

    monkeypatch.setitem(lesson, "fitted", fitted)
    generator = np.random.default_rng(4)
    reference, stream = generator.normal(size=(500, 9)), generator.normal(size=(2000, 9))
    stream[1000:] += 4
    asked = []

    def choose(alarm, change, now, least):
        asked.append((alarm, now))
        return ex.rows_to_refit._solution(alarm, change, now, least)

    scores, thresholds = lesson["refit_on_alarm"](reference, stream, choose)
    alarm, now = asked[0][0], next(now for alarm, now in asked if now - alarm >= 300)
    assert 1000 < alarm < 1100
    assert now == alarm + 300
    np.testing.assert_array_equal(learned[1], stream[alarm:now])
    np.testing.assert_allclose(scores[:now], abs(stream[:now, 0] - np.median(reference[:, 0])))
    np.testing.assert_allclose(
        scores[now:], abs(stream[now:, 0] - np.median(stream[alarm:now, 0]))
    )
    assert len(set(thresholds[:now])) == 1 != len(set(thresholds))


# ------------------------------------------------------------------------ poison and replay


def test_the_patient_attacker_is_let_in_and_the_bold_one_is_not(lesson):
    way, start, center = np.eye(9)[2], np.zeros(9), np.full(9, 0.3)
    patient = lesson["attacker"]("patient", way, 2.0, start)(center)
    assert np.linalg.norm(patient - center) == pytest.approx(0.99 * 2)
    bold = lesson["attacker"]("bold", way, 2.0, start)(center)
    assert np.linalg.norm(bold - start) == pytest.approx(5 * 2)
    calm, caught, false = lesson["poisoned"]("none", 0, True, 0)
    assert calm < 0.15
    assert caught > 0.5
    assert false < 0.3
    assert lesson["poisoned"]("bold", 0.3, True, 0)[0] < 0.15
    assert lesson["poisoned"]("bold", 0.3, False, 0)[0] > 1
    assert lesson["poisoned"]("patient", 0.3, True, 0)[0] > 2 * calm


def test_replay_mixes_both_normals_evenly_and_refits_as_many_rows(lesson):
    before, fresh, mixed, old, new = lesson["forgetting"](0)
    _, stream, y = lesson["make_stream"](0)
    change = lesson["CHANGE"]
    np.testing.assert_array_equal(fresh, stream[change : change + 700])
    assert mixed.shape == fresh.shape
    known = {row.tobytes() for row in fresh[::2]}
    assert 350 <= sum(row.tobytes() in known for row in mixed) < 470
    seen = {row.tobytes() for row in np.concatenate([before, stream[: change + 700]])}
    assert all(row.tobytes() in seen for row in mixed)
    np.testing.assert_array_equal(old, stream[:change][y[:change] == 0])
    assert len(new) == (y[change + 700 :] == 0).sum()


# ------------------------------------------------------------------------------- exercises


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_20; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_tiny_examples_of_the_stubs_hold():
    found = ex.delays._solution(np.array([0.0, 1, 2]), np.array([3.0, 1, 1]))
    assert found.tolist() == [3, 3, 3]
    assert ex.alarm_budget._solution(np.array([1.0, 2, 3, 4]), 100, 25) == 3
