"""Lesson 15: the notebook's functions meet torch's own layers, scikit-learn and the package."""

import subprocess
import sys
from functools import partial
from types import SimpleNamespace

from course_utils import data, detectors, evaluation, series
from course_utils.course import lessons
from course_utils.detectors import recurrent, surprise
from course_utils.exercises import lesson_15 as ex

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestNeighbors
from torch import nn
from torch.nn.functional import pad

DEFINING_CELLS = (
    "autocorrelation-by-lag",
    "forecast-by-weights",
    "forecast-r2",
    "inject",
    "prepare",
    "ar-of-channels",
    "steps",
    "recurrent",
    "tcn",
    "windows",
    "train",
    "fit-forecasters",
    "copier",
    "copy",
    "scores",
    "whiten",
    "adjusted",
    "told",
    "rivals",
)
OURS = ("row_scores", "autoregression", "trailing_mean", "whitener", "alarm_line")


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("15")


@pytest.fixture(scope="module")
def lesson(cells):
    names = {
        "np": np,
        "pd": pd,
        "torch": torch,
        "nn": nn,
        "pad": pad,
        "partial": partial,
        "SimpleNamespace": SimpleNamespace,
        "NearestNeighbors": NearestNeighbors,
        "evaluation": evaluation,
        "detectors": detectors,
        "device": torch.device("cpu"),
        "machines": {},
        "new": np.zeros(100),
        "weights": np.zeros(33),
        "WEEKS": 1.0,
    }
    names |= {name: getattr(ex, name)._solution for name in OURS}
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


def walk(rows=400, channels=3, seed=0):
    """Rows that hang together in time and across channels."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=(rows, channels)) @ generator.normal(size=(channels, channels))
    rows = np.zeros_like(noise)
    for t in range(1, len(noise)):
        rows[t] = 0.8 * rows[t - 1] + noise[t]
    return rows


def side_of(Z, learned=200, cut=300):
    y = np.zeros(len(Z) - cut, dtype=int)
    y[20:40] = 1
    return SimpleNamespace(Z=Z, y=y, learned=learned, cut=cut)


# ---------------------------------------------------------------------------------- networks


def with_weights_of(ours, theirs):
    """Copy our weights into torch's own layer."""
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(ours.from_input.weight)
        theirs.bias_ih_l0.copy_(ours.from_input.bias)
        theirs.weight_hh_l0.copy_(ours.from_state.weight)
        theirs.bias_hh_l0.copy_(ours.from_state.bias)
    return theirs


@pytest.mark.parametrize(
    ("step", "parts", "layer"), [("gru_step", 3, nn.GRU), ("lstm_step", 4, nn.LSTM)]
)
def test_recurrent_networks_are_torch_s_own(lesson, step, parts, layer):
    torch.manual_seed(0)
    ours = lesson["Recurrent"](lesson[step], parts, channels=5, hidden=7)
    theirs = with_weights_of(ours, layer(5, 7, batch_first=True))
    x = torch.randn(4, 30, 5)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), ours.head(theirs(x)[0]), atol=1e-6, rtol=1e-5)


def test_the_gru_is_the_package_s(lesson):
    torch.manual_seed(1)
    ours = lesson["Recurrent"](lesson["gru_step"], 3, channels=4, hidden=6)
    theirs = recurrent.Recurrent(4, 6, torch.Generator().manual_seed(0))
    with torch.no_grad():
        # the package keeps no second offset for r and z, which only add up
        second = ours.from_state.bias.clone()
        second[12:] = 0
        theirs.from_input.copy_(ours.from_input.weight.T)
        theirs.offset.copy_(ours.from_input.bias + second)
        theirs.from_state.copy_(ours.from_state.weight.T)
        theirs.state_offset.copy_(ours.from_state.bias[12:])
        theirs.head.copy_(ours.head.weight.T)
        theirs.head_offset.copy_(ours.head.bias)
        x = torch.randn(3, 20, 4)
        torch.testing.assert_close(ours(x)[:, -1], theirs(x), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("name", ["GRU", "LSTM", "TCN"])
@given(cut=st.integers(1, 39), seed=st.integers(0, 50))
def test_forecasters_do_not_hear_of_later_rows(lesson, name, cut, seed):
    torch.manual_seed(seed)
    model = lesson["networks"][name](3)
    x = torch.randn(2, 40, 3)
    other = x.clone()
    other[:, cut:] = 9.0
    with torch.no_grad():
        torch.testing.assert_close(model(x)[:, :cut], model(other)[:, :cut])


def test_the_tcn_hears_as_many_rows_as_the_lesson_says(lesson):
    torch.manual_seed(0)
    model = lesson["TCN"](2)
    x = torch.randn(1, 80, 2, requires_grad=True)
    model(x)[0, 70].sum().backward()
    heard = torch.nonzero(x.grad[0].abs().sum(dim=1)).ravel()
    assert 70 - heard.min() + 1 <= 31
    assert heard.max() == 70


def test_a_layer_of_the_tcn_is_the_exercise_s_convolution(lesson):
    layer = nn.Conv1d(1, 1, 3, dilation=4, bias=False).double()
    x = np.random.default_rng(0).normal(size=50)
    with torch.no_grad():
        theirs = layer(pad(torch.tensor(x)[None, None], (8, 0)))[0, 0].numpy()
    kernel = layer.weight.detach().numpy()[0, 0, ::-1]  # torch's last weight meets the newest row
    np.testing.assert_allclose(ex.causal_convolution._solution(x, kernel, 4), theirs, atol=1e-12)


def test_forecasts_stand_at_the_rows_that_they_forecast(lesson):
    class Copies(nn.Module):
        def forward(self, x):
            return x  # forecast of the next row: this one

    for rows in (128, 150, 161):
        Z = walk(rows)
        found = lesson["forecasts_of"](Copies(), Z)
        assert found.shape == Z.shape
        known = ~np.isnan(found[:, 0])
        assert known.sum() == (rows // 32 - 1) * 32
        assert known[-1]
        np.testing.assert_allclose(found[known], Z[np.flatnonzero(known) - 1], atol=1e-6)


def test_training_lowers_the_loss_and_leaves_the_rest_alone_where_a_head_learns(lesson):
    windows = lesson["windows_of"](walk(), 41)
    torch.manual_seed(0)
    model = lesson["networks"]["GRU"](3)
    before = {name: each.clone() for name, each in model.state_dict().items()}
    loss = lesson["next_row"](model, windows).item()
    lesson["train"](model, windows, lesson["next_row"], part=model.head)
    middle = lesson["next_row"](model, windows).item()
    after = model.state_dict()
    assert {n for n in before if not torch.equal(before[n], after[n])} == {
        "head.weight",
        "head.bias",
    }
    lesson["train"](model, windows, lesson["next_row"])
    assert lesson["next_row"](model, windows).item() < middle < loss


def test_copies_have_the_window_s_shape_and_their_errors_the_last_row_s_place(lesson):
    Z = walk(90)

    class Nothing(nn.Module):
        def forward(self, x):
            return torch.zeros_like(x)

    windows = lesson["windows_of"](Z, 32).transpose(1, 2)
    assert lesson["copier"](3, 0)(windows).shape == windows.shape
    rows, whole = lesson["errors_of_copies"](Nothing(), Z)
    assert np.isnan(rows[:31]).all()
    assert np.isnan(whole[:31]).all()
    np.testing.assert_allclose(rows[31:], Z[31:], atol=1e-5)
    wanted = series.trailing_mean(np.abs(Z).mean(axis=1), 32)
    np.testing.assert_allclose(whole[31:], wanted, atol=1e-5)


# ------------------------------------------------------------------------- forecasts by hand


def test_both_autoregressions_are_scikit_learn_s_ridge(lesson):
    Z = walk()
    side = side_of(Z)
    wanted = np.full_like(Z, np.nan)
    for channel, x in enumerate(Z.T):
        A = series.trailing_windows(x[:-1, None], 32)[:, :, 0]
        model = Ridge(alpha=0.01 * 168).fit(A[:168], x[32:200])
        wanted[32:, channel] = model.predict(A)
    np.testing.assert_allclose(lesson["from_own_past"](side), wanted, atol=1e-8)

    A = series.trailing_windows(Z[:-1], 6).reshape(len(Z) - 6, -1)
    A = np.column_stack([A, np.ones(len(A))])
    model = Ridge(alpha=0.01 * 194, fit_intercept=False).fit(A[:194], Z[6:200])
    found = lesson["from_all_channels"](side, 6)
    np.testing.assert_allclose(found[6:], model.predict(A), atol=1e-8)
    assert np.isnan(found[:6]).all()


def test_without_a_ridge_the_weights_are_numpy_s_least_squares():
    x = walk(120, 1)[:, 0]
    A = np.column_stack([series.trailing_windows(x[:-1, None], 5)[:, :, 0], np.ones(115)])
    wanted = np.linalg.lstsq(A, x[5:], rcond=None)[0]
    np.testing.assert_allclose(ex.autoregression._solution(x, 5, 0.0), wanted, atol=1e-9)


def test_no_score_by_hand_needs_a_later_row(lesson):
    Z = walk()
    other = Z.copy()
    other[350:] = 5.0
    for scores in ("white", "plain"):
        found = [
            lesson["smooth"](side, lesson[scores](side, each - lesson["from_all_channels"](side)))
            for each in (Z, other)
            for side in [side_of(each)]
        ]
        np.testing.assert_allclose(found[0][:350], found[1][:350])
        assert (found[0][350:] != found[1][350:]).all()


def test_whitening_and_smoothing_are_the_package_s(lesson):
    Z = walk()
    side = side_of(Z)
    held_out = Z[200:300]
    theirs = surprise._root_of_inverse(held_out.T @ held_out / 100, 0.0)
    wanted = np.linalg.norm(Z @ theirs, axis=1)
    np.testing.assert_allclose(lesson["white"](side, Z), wanted, rtol=1e-6)
    found = lesson["smooth"](side, wanted)
    np.testing.assert_allclose(found[215:], series.trailing_mean(wanted[200:], 16))
    assert np.isnan(found[:200]).all()


def test_autocorrelation_is_pandas_own(lesson):
    x = walk(300, 1)[:, 0]
    x[[5, 50, 51, 200]] = np.nan
    for lag in (1, 7, 24):
        assert lesson["autocorrelation"](x, lag) == pytest.approx(pd.Series(x).autocorr(lag))


@pytest.mark.parametrize("kind", ["spike", "flat", "wrong hour", "shift", "noisy"])
def test_an_injected_anomaly_stays_in_its_rows(lesson, kind):
    x = walk(100, 1)[:, 0]
    kept = x.copy()
    made, rows = lesson["inject"](x, kind, 40, np.random.default_rng(0))
    np.testing.assert_array_equal(x, kept)
    changed = np.flatnonzero(made != x)
    assert rows.start <= changed.min() <= changed.max() < rows.stop
    assert rows.stop - rows.start == (1 if kind == "spike" else 24)


# ---------------------------------------------------------------------------------- judgement


def test_what_is_told_of_a_line_is_counted_by_hand(lesson):
    side = side_of(walk())
    scores = np.zeros(400)
    scores[[300 + 25, 300 + 26, 300 + 60, 300 + 80]] = 1.0
    f1, found, delay, false = lesson["told"](side, scores, 0.5)
    assert f1 == pytest.approx(2 * 2 / (4 + 20))
    assert (found, delay, false) == (100, 5 / 6, 2)


def test_point_adjustment_is_worth_what_the_lesson_says(lesson):
    y = np.zeros(1000, dtype=int)
    y[200:500] = 1
    scores = np.random.default_rng(0).random(1000)
    assert lesson["best_f1"](y, scores) < 0.5
    assert lesson["best_f1"](y, scores, adjust=True) > 0.95
    assert lesson["best_f1"](y, y + 0.1 * scores) == pytest.approx(1, abs=0.02)


def test_the_machines_third_is_calm(lesson):
    machine = data.make_machine(hours=336, seed=7)
    side = lesson["prepared"](machine)
    assert side.cut == len(machine) // 3
    assert not machine.y[: side.cut].any()
    np.testing.assert_allclose(side.Z[: side.learned].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(side.Z[: side.learned].std(axis=0), 1)
    assert len(side.y) == len(machine) - side.cut


def test_neighbours_of_windows_stand_at_the_last_row(lesson):
    side = side_of(walk())
    found = lesson["near"](side, 8)
    windows = series.trailing_windows(side.Z, 8)
    flat = windows.swapaxes(1, 2).reshape(len(windows), -1)
    distances = np.sort(np.sqrt(((flat[:193] - flat[300]) ** 2).sum(axis=1)))[:5]
    assert found[307] == pytest.approx(distances.mean())
    assert np.isnan(found[:7]).all()


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_15; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_tiny_examples_of_the_stubs_hold():
    found = ex.row_scores._solution(np.array([3.0, 1, 2]), 5, 3)
    np.testing.assert_array_equal(found, [np.nan, np.nan, 3, 1, 2])
    weights = ex.autoregression._solution(np.array([1.0, 2, 4, 8, 16]), 1, 0.0)
    np.testing.assert_allclose(weights, [2, 0], atol=1e-9)
    found = ex.causal_convolution._solution(np.array([1.0, 2, 3, 4]), np.array([1.0, 10]), 2)
    assert found.tolist() == [1, 2, 13, 24]
    assert ex.trailing_mean._solution(np.array([1.0, 2, 3, 8]), 2).tolist() == [1, 1.5, 2.5, 5.5]
    assert abs(ex.whitener._solution(np.array([[3.0], [1.0]]))) == pytest.approx(0.447, abs=1e-3)
    assert ex.alarm_line._solution(np.array([1.0, 5, 2, 4, 1, 3]), 1) == 4
