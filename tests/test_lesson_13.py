"""Lesson 13: the notebook's layers, loop and detectors meet torch, SciPy and the package."""

import ast
import subprocess
import sys
from types import SimpleNamespace

from course_utils import data, evaluation, plots, runtime
from course_utils.course import lessons
from course_utils.exercises import lesson_13 as ex

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform
from torch.nn.functional import binary_cross_entropy_with_logits, conv2d, cross_entropy

IMPORTS = ("imports", "more-imports")
DEFINING_CELLS = (
    "load-digits",
    "try-channels-first",
    "try-correlate",
    "convolve",
    "try-output-size",
    "try-max-pool",
    "try-flat-size",
    "build",
    "try-standardise",
    "train",
    "shake",
    "digits-as-tensors",
    "one-output",
    "kinds",
    "sorting",
    "cnn",
    "simple-views",
    "try-two-views",
)


def run(cells, names, *cell_ids):
    for cell_id in cell_ids:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("13")


def functions_of(cells, names, *cell_ids):
    """Run the functions of cells and nothing else in them."""
    for cell_id in cell_ids:
        parts = ast.parse(cells[cell_id])
        parts.body = [each for each in parts.body if isinstance(each, ast.FunctionDef)]
        exec(compile(parts, cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def lesson(cells):
    names = run(cells, {}, *IMPORTS)
    names.update(device=torch.device("cpu"))
    show = plots.show
    plots.show = lambda figure, caption: None
    functions_of(cells, names, "ten-classes")
    run(cells, names, *DEFINING_CELLS)
    plots.show = show
    return functions_of(cells, names, "areas-by-kind", "both")


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# ------------------------------------------------------------------------------------ the layers


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_the_notebook_s_convolution_is_torch_s(lesson, k, padding, stride):
    x, weights, bias = random(3, 8, 11), random(4, 3, k, k, seed=1), random(4, seed=2)
    ours = lesson["convolve"](x, weights, bias, stride, padding)
    parts = map(torch.from_numpy, (x, weights, bias))
    theirs = conv2d(*parts, stride=stride, padding=padding).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    sizes = tuple(lesson["output_size"](n, k, padding, stride) for n in x.shape[1:])
    assert ours.shape[1:] == sizes


def test_the_network_is_the_layers_written_by_hand(lesson):
    model = lesson["build"](outputs=5, widths=(4, 6), channels=3, seed=1).double()
    weights = [each.detach().numpy() for each in model.parameters()]
    x = random(2, 3, 32, 32)
    wanted = []
    for y in x:
        for number in (0, 2):
            y = lesson["convolve"](y, weights[number], weights[number + 1], padding=1)
            y = np.stack([lesson["max_pool"](each.clip(min=0), 2, 2) for each in y])
        assert y.shape == (6, 8, 8)
        wanted.append(weights[4] @ y.reshape(-1) + weights[5])
    ours = lesson["outputs_of"](model, torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(ours, wanted, atol=1e-12)


def test_the_flattened_size_of_the_lesson_is_16_times_8_times_8(lesson):
    last = lesson["build"]()[-1]
    assert last.in_features == 16 * 8 * 8 == ex.flat_size._solution(32, (8, 16), 3, 1)
    kinds = [type(each).__name__ for each in lesson["build"](norm=True)[:4]]
    assert kinds == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]


# ---------------------------------------------------------------------------- pictures and loop


def test_pictures_of_every_form_become_the_same_kind_of_tensor(lesson):
    grey = np.arange(2 * 28 * 28).reshape(2, 28, 28) % 256
    ours = lesson["as_tensor"](grey)
    assert ours.shape == (2, 1, 32, 32)
    assert ours.dtype == torch.float32
    np.testing.assert_allclose(255 * ours[:, 0, 2:-2, 2:-2], grey, rtol=1e-6)
    assert (ours > 0).sum() == (grey > 0).sum()  # paper all around
    assert torch.equal(lesson["as_tensor"](grey.reshape(2, 784)), ours)
    colour = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3))
    ours = lesson["as_tensor"](colour)
    np.testing.assert_allclose(255 * ours, ex.channels_first._solution(colour), rtol=1e-6)


def test_the_notebook_s_training_shows_the_changed_pictures(lesson):
    x, y = torch.from_numpy(random(230, 1, 32, 32)).float(), torch.arange(230) % 3
    losses = []
    for change in (None, lambda shown, generator: shown, lambda shown, generator: 0 * shown):
        model = lesson["build"](outputs=3, widths=(2, 3), seed=4)
        task = model, x, y, cross_entropy
        losses.append(lesson["train"](*task, epochs=2, rate=0.01, seed=5, change=change))
    assert losses[0] == losses[1]
    assert len(losses[0]) == 2
    assert losses[0] != losses[2]


def test_shaken_pictures_are_scipy_s_turned_and_shifted_ones(lesson):
    pictures = torch.from_numpy(random(3, 2, 12, 12)).float()
    generator = torch.Generator().manual_seed(3)
    ours = lesson["shake"](pictures, generator, degrees=30, pixels=2).numpy()
    amounts = 2 * torch.rand(3, 3, generator=torch.Generator().manual_seed(3)).numpy() - 1
    for number, (turn, down, right) in enumerate(amounts.T):
        angle = turn * np.pi / 6
        matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        middle = np.array([5.5, 5.5])
        offset = middle - matrix @ middle + 2 * np.array([down, right])
        for channel in range(2):
            wanted = affine_transform(
                pictures[number, channel].numpy(), matrix, offset, order=0, mode="nearest"
            )
            assert np.mean(ours[number, channel] == wanted) > 0.98  # all but rounding at one half
    still = lesson["shake"](pictures, generator, degrees=0, pixels=0)
    assert torch.equal(still, pictures)


def test_colour_photographs_go_through_the_same_cells(lesson, cells, monkeypatch):
    """What the full profile does with CIFAR-10, on noise in ten colours."""
    kind = np.arange(600) % 10
    X = np.random.default_rng(0).integers(0, 60, (600, 32, 32, 3)) + 15 * kind[:, None, None, None]
    source = data.AnomalyData(
        X=X.astype(np.uint8),
        y=kind > 0,
        feature_names=(),
        name="ten levels",
        source="drawn here",
        licence="none",
        kinds=np.where(kind > 0, kind.astype(str), ""),
    )
    shown = []
    monkeypatch.setattr(plots, "show", lambda figure, caption: shown.append(figure))
    names = dict(lesson, source=source, runtime=runtime, cross_entropy=cross_entropy)
    run(cells, names, "split-and-scale", "train-the-classifier", "kernels-picture", "maps-picture")
    assert names["X"].shape == (300, 3, 32, 32)
    np.testing.assert_allclose(names["X"].mean(dim=(0, 2, 3)), 0, atol=1e-3)  # in float32
    assert set(names["y"].tolist()) == set(range(10))
    assert len(shown) == 2


# --------------------------------------------------------------------------- targets and losses


@pytest.mark.parametrize("target", [0.0, 1.0, 7.0])
@pytest.mark.parametrize("logit", [-3.0, 0.5, 6.0])
def test_the_slope_of_binary_cross_entropy_is_p_minus_t(target, logit):
    z = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
    binary_cross_entropy_with_logits(z, torch.tensor(target, dtype=torch.float64)).backward()
    assert z.grad.item() == pytest.approx(1 / (1 + np.exp(-logit)) - target, abs=1e-12)


def test_the_weighted_loss_counts_anomalies_so_many_times(lesson):
    logits, classes = random(40), np.arange(40) % 10
    labels = torch.from_numpy((classes == 3).astype("float32"))
    each = np.logaddexp(0, logits) - (classes == 3) * logits
    for weight in (1.0, 9.0):
        ours = lesson["loss_with"](weight)(torch.from_numpy(logits).float(), labels).item()
        assert ours == pytest.approx(np.mean(np.where(classes == 3, weight, 1) * each), rel=1e-5)
    plain = ex.one_logit_loss._solution(logits, classes, 3)
    assert plain == pytest.approx(each.mean())


# ------------------------------------------------------------------------------------ detectors


def test_the_parts_share_no_picture_and_hold_what_the_text_says(lesson):
    parts = lesson["sorting"](3)
    for labelled in (parts.train, parts.nines):
        assert labelled.y.sum() == 66
        assert len(labelled.y) == 1316
    assert (parts.test.y.sum(), len(parts.test.y)) == (49, 949)
    assert {len(each) for each in parts.kinds.values()} == {100}
    rows = [{row.tobytes() for row in part} for part in (parts.train.X, parts.held_out)]
    rows.append({row.tobytes() for row in parts.nines.X[parts.nines.y == 1]})
    rows.append({row.tobytes() for row in parts.test.X[parts.test.y == 0]})
    digits = [{row.tobytes() for row in parts.kinds[name]} for name in ("three", "nine")]
    spare = {np.rot90(row, -1).tobytes() for row in parts.kinds["on its side"]}
    groups = [*rows, *digits, spare]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 2832


def test_every_kind_of_damage_changes_the_picture_as_its_name_says(lesson):
    parts = lesson["sorting"](0)
    upright = np.rot90(parts.kinds["on its side"], -1, axes=(1, 2))
    np.testing.assert_array_equal(255 - parts.kinds["inverted"], upright)
    for name in ("crossed out", "specks"):
        assert np.all(parts.kinds[name] >= upright)
        assert 0.02 < np.mean(parts.kinds[name] > upright) < 0.15


@pytest.fixture(scope="module")
def small():
    """Two kinds of blobs, twelve anomalies at the end."""
    generator = np.random.default_rng(0)
    X = generator.integers(0, 80, (92, 28, 28))
    X[:80, 4:12, 4:12] += 150
    X[80:, 16:24, 16:24] += 150
    return SimpleNamespace(X=X.reshape(92, 784).astype(np.uint8), y=np.repeat([0, 1], [80, 12]))


def test_the_cnn_with_labels_learns_and_scores_each_picture_by_itself(lesson, small):
    score = lesson["cnn"](small, seed=1)
    found = score(small.X)
    assert evaluation.auroc(small.y, found) > 0.99
    alone = np.concatenate([score(small.X[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(alone, found[:5], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(lesson["cnn"](small, seed=1)(small.X), found, rtol=1e-5)


def test_the_views_without_labels_see_normal_rows_alone(lesson, small):
    normal = SimpleNamespace(X=small.X[:80], y=small.y[:80])
    for name in ("neighbours", "components"):
        ours, wanted = (lesson[name](rows)(small.X) for rows in (small, normal))
        np.testing.assert_array_equal(ours, wanted)
        assert evaluation.auroc(small.y, ours) > 0.99


def test_both_is_the_larger_of_two_standardised_scores(lesson, small):
    views = lesson["straight_line"](small), lesson["components"](small)
    held_out = small.X[:80:5]
    wanted = [(each(small.X) - each(held_out).mean()) / each(held_out).std() for each in views]
    ours = lesson["both"](*views, held_out)(small.X)
    np.testing.assert_allclose(ours, np.max(wanted, axis=0), rtol=1e-6)


# ------------------------------------------------------------------------------- the exercises


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_13; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
