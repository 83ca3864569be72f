"""Lesson 13: the notebook's layers, loop and detectors meet torch, SciPy and the package."""

import subprocess
import sys

from course_utils import baselines, data, evaluation, plots, runtime, training
from course_utils.course import lessons
from course_utils.exercises import lesson_13 as ex

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform
from scipy.signal import correlate2d
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, conv2d, cross_entropy

IMPORTS = ("imports", "more-imports")
DEFINING_CELLS = (
    "load-digits",
    "convolve",
    "sizes-agree",
    "pool",
    "build",
    "one-epoch",
    "train",
    "accuracy",
    "shake",
    "train-right",
    "kinds",
    "sorting",
    "scaled",
    "labelled-cnn",
    "normal-neighbours",
    "either",
)


def run(cells, names, *cell_ids):
    for cell_id in cell_ids:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("13")


@pytest.fixture(scope="module")
def lesson(cells):
    names = run(cells, {}, *IMPORTS)
    names.update(
        device=torch.device("cpu"),
        draw=np.random.default_rng(0),
        expect=lambda value, between, what, digits=3: None,
    )
    without_source = cells["ten-classes"].split("source =")[0]
    names = run(cells, names, *DEFINING_CELLS)
    exec(compile(without_source, "ten-classes", "exec"), names)
    return names


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# ------------------------------------------------------------------------------------ the layers


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_the_notebook_s_convolution_is_torch_s(lesson, k, padding, stride):
    x, weights, bias = random(2, 3, 8, 11), random(4, 3, k, k, seed=1), random(4, seed=2)
    ours = lesson["convolve"](x, weights, bias, stride, padding)
    parts = map(torch.from_numpy, (x, weights, bias))
    theirs = conv2d(*parts, stride=stride, padding=padding).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    sizes = tuple(lesson["size_after"](n, k, padding, stride) for n in x.shape[2:])
    assert ours.shape[2:] == sizes


def test_the_channels_of_a_convolution_add_up_to_scipy_s_correlations(lesson):
    x, weights = random(1, 3, 7, 9), random(2, 3, 3, 3, seed=1)
    ours = lesson["convolve"](x, weights, np.zeros(2))[0]
    for output, kernels in zip(ours, weights, strict=True):
        pairs = zip(x[0], kernels, strict=True)
        wanted = sum(correlate2d(picture, kernel, "valid") for picture, kernel in pairs)
        np.testing.assert_allclose(output, wanted, atol=1e-12)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 2), (3, 1), (2, 3), (1, 1)])
def test_the_notebook_s_pooling_is_torch_s(lesson, size, stride):
    x = random(2, 3, 9, 10) - 2  # mostly negative
    theirs = nn.MaxPool2d(size, stride)(torch.from_numpy(x)).numpy()
    np.testing.assert_array_equal(lesson["pool"](x, size, stride), theirs)


def test_the_network_is_the_layers_written_by_hand(lesson):
    model = lesson["build"](outputs=5, widths=(4, 6), channels=3, seed=1).double()
    weights = [each.detach().numpy() for each in model.parameters()]
    x = random(2, 3, 32, 32)
    y = x
    for number in (0, 2):
        y = lesson["convolve"](y, weights[number], weights[number + 1], padding=1).clip(min=0)
        y = lesson["pool"](y, 2, 2)
    assert y.shape == (2, 6, 8, 8)
    wanted = y.reshape(2, -1) @ weights[4].T + weights[5]
    ours = lesson["outputs_of"](model, torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(ours, wanted, atol=1e-12)


def test_the_flattened_size_of_the_lesson_is_64_times_8_times_8(lesson):
    last = lesson["build"]()[-1]
    assert last.in_features == 64 * 8 * 8 == ex.flat_size._solution(32, (32, 64), 3, 1)
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


def test_the_notebook_s_loop_is_the_package_s_fit(lesson):
    x = torch.from_numpy(random(230, 1, 32, 32)).float()
    y = torch.arange(230) % 3
    ours, theirs = (lesson["build"](outputs=3, widths=(2, 3), seed=4) for _ in range(2))
    losses = lesson["train"](ours, x, y, cross_entropy, epochs=2, rate=0.01, seed=5)
    history = training.fit(
        theirs,
        lambda model, pictures, targets: cross_entropy(model(pictures), targets),
        (x, y),
        learning_rate=0.01,
        epochs=2,
        batch_size=100,
        seed=5,
        device="cpu",
    )
    np.testing.assert_allclose(losses, history.train_loss, rtol=1e-5)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(one.detach(), other.detach(), rtol=0, atol=1e-5)


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
    run(cells, names, "split-and-scale", "train-the-classifier", "maps-picture")
    assert names["X"].shape == (300, 3, 32, 32)
    np.testing.assert_allclose(names["X"].mean(dim=(0, 2, 3)), 0, atol=1e-4)
    assert set(names["y"].tolist()) == set(range(10))
    assert len(shown) == 1


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
    assert parts.train.y.sum() == 66
    assert len(parts.train.y) == 1316
    assert (parts.test.y.sum(), len(parts.test.y)) == (49, 949)
    assert {len(each) for each in parts.kinds.values()} == {100}
    rows = [{row.tobytes() for row in part.X} for part in (parts.train, parts.validation)]
    rows.append({row.tobytes() for row in parts.test.X[parts.test.y == 0]})
    three = {row.tobytes() for row in parts.kinds["three"]}
    spare = {np.rot90(row, -1).tobytes() for row in parts.kinds["on its side"]}
    groups = [*rows, three, spare]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 2666


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
    return X.reshape(92, 784).astype(np.uint8), np.repeat([0, 1], [80, 12])


def test_the_detector_with_labels_learns_and_scores_each_picture_by_itself(lesson, small):
    X, y = small
    detector = lesson["LabelledCNN"](seed=1)
    before = detector.decision_function(X)
    assert np.isfinite(before).all()
    after = detector.fit(X, y).decision_function(X)
    assert evaluation.auroc(y, after) > 0.99
    alone = np.concatenate([detector.decision_function(X[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(alone, after[:5], rtol=1e-3, atol=1e-3)
    again = lesson["LabelledCNN"](seed=1).fit(X, y).decision_function(X)
    np.testing.assert_allclose(again, after, rtol=1e-5)


def test_the_neighbours_see_normal_rows_alone(lesson, small):
    X, y = small
    ours = lesson["NormalNeighbours"](0).fit(X, y).decision_function(X)
    wanted = baselines.KNearestNeighbours().fit(X[:80]).decision_function(X)
    np.testing.assert_array_equal(ours, wanted)


def test_either_is_the_larger_of_two_standardised_scores(lesson, small):
    X, y = small
    either = lesson["Either"](seed=1).fit(X, y)
    held_out = X[:80][np.arange(80) % 5 == 0]
    wanted = []
    for each in either.pair:
        normal = each.decision_function(held_out)
        wanted.append((each.decision_function(X) - normal.mean()) / normal.std())
    np.testing.assert_allclose(either.decision_function(X), np.max(wanted, axis=0), rtol=1e-4)


# ------------------------------------------------------------------------------- the exercises


def test_the_exercises_load_no_torch():
    code = "import sys, course_utils.exercises.lesson_13; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
