"""Lesson 09: the notebook's loop takes the package's steps; its other cells meet their oracles."""

import copy
import functools
import subprocess
import sys

from course_utils import data, detectors, network, training
from course_utils.course import lessons
from course_utils.exercises import lesson_09 as ex

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from torch import nn

DEFINING_CELLS = (
    "build-hourglass",
    "one-epoch",
    "train",
    "feeders",
    "pca-axes",
    "train-linear",
    "spoil-pictures",
    "our-detector",
)
SOLVED = ("train_step", "row_errors", "largest_angle", "denoise", "fair_errors", "snapshot")


@pytest.fixture(scope="module")
def cells():
    return lessons.sources_of("09")


@pytest.fixture(scope="module")
def lesson(cells):
    names = {
        "np": np,
        "torch": torch,
        "nn": nn,
        "data": data,
        "network": network,
        "X": rows_of(300, 784),
        "StandardScaler": StandardScaler,
        "device": torch.device("cpu"),
        "expect": lambda value, between, what, digits=3: None,
    }
    names |= {name: getattr(ex, name).or_ours(...) for name in SOLVED}
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


def rows_of(rows, columns, seed=0):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


def copying_loss(model, batch):
    return ((model(batch) - batch) ** 2).mean()


def weights_of(model):
    return nn.utils.parameters_to_vector(model.parameters()).detach().numpy()


@pytest.mark.parametrize(("rows", "seed", "rate"), [(1000, 0, 0.003), (613, 4, 0.01)])
def test_the_notebook_s_loop_is_the_package_s_fit(lesson, rows, seed, rate):
    X = rows_of(rows, 12)
    ours, theirs = (lesson["hourglass"](seed, columns=12, hidden=9, code=3) for _ in range(2))
    before = weights_of(ours)
    losses = lesson["train"](ours, X, epochs=4, rate=rate, seed=seed)
    history = training.fit(
        theirs,
        copying_loss,
        X,
        learning_rate=rate,
        epochs=4,
        batch_size=250,
        seed=seed,
        device="cpu",
    )
    np.testing.assert_allclose(weights_of(ours), weights_of(theirs), rtol=0, atol=1e-7)
    np.testing.assert_allclose(losses, history.train_loss, rtol=1e-6)
    assert losses[-1] < losses[0]
    assert np.abs(weights_of(ours) - before).max() > 0.01


def test_one_epoch_agrees_with_numpy_in_float64(lesson):
    """Plain descent on a linear model, where every slope can be written down."""
    X = rows_of(500, 4).double()
    model = nn.Linear(4, 4).double()
    weights, bias = model.weight.detach().numpy().copy(), model.bias.detach().numpy().copy()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    generator = torch.Generator().manual_seed(3)
    loss = lesson["one_epoch"](model, optimiser, generator, X)

    order, total = torch.randperm(500, generator=torch.Generator().manual_seed(3)).numpy(), 0.0
    for batch in np.split(X.numpy()[order], 2):
        error = batch @ weights.T + bias - batch  # (250, 4)
        total += (error**2).mean() / 2
        weights = weights - 0.1 * 2 * error.T @ batch / error.size
        bias = bias - 0.1 * 2 * error.sum(axis=0) / error.size
    np.testing.assert_allclose(model.weight.detach().numpy(), weights, rtol=0, atol=1e-13)
    np.testing.assert_allclose(model.bias.detach().numpy(), bias, rtol=0, atol=1e-13)
    assert loss == pytest.approx(total, rel=1e-12)


def test_both_kinds_of_slopes_agree_with_finite_differences(lesson, cells):
    names = dict(lesson, pictures=torch.rand(5000, 784, generator=torch.Generator()))
    for cell_id in ("by-hand", "by-autograd"):
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    weights, few = names["hand"].get_weights(), names["few"]

    def loss(parts):
        W1, b1, W2, b2 = parts
        return (((few @ W1 + b1).clip(min=0) @ W2 + b2 - few) ** 2).mean()

    for part, place in ((0, (400, 3)), (1, (5,)), (2, (7, 300)), (3, (99,))):
        moved = [copy.deepcopy(weights) for _ in range(2)]
        moved[0][part][place] += 1e-5
        moved[1][part][place] -= 1e-5
        slope = (loss(moved[0]) - loss(moved[1])) / 2e-5
        for found in (names["by_hand"], names["by_autograd"]):
            assert found[part][place] == pytest.approx(slope, rel=1e-4, abs=1e-10)


def test_errors_are_numpy_s_and_depend_on_no_other_row(lesson):
    model, X = lesson["hourglass"](columns=12, hidden=9, code=3), rows_of(40, 12)
    layers = [each.detach().double().numpy() for each in model.parameters()]
    copies = X.double().numpy()
    for number in range(4):
        copies = copies @ layers[2 * number].T + layers[2 * number + 1]
        copies = copies.clip(min=0) if number in (0, 2) else copies  # ReLU after the hidden ones
    wanted = ((copies - X.numpy()) ** 2).mean(axis=1)
    errors = lesson["row_errors"](model, X)
    np.testing.assert_allclose(errors, wanted, rtol=1e-5)
    alone = np.concatenate([lesson["row_errors"](model, row[None]) for row in X])
    np.testing.assert_allclose(alone, errors, rtol=1e-5)


def test_both_feeders_hand_out_every_row_once(lesson):
    table = torch.arange(60.0).reshape(20, 3)
    by_batches = functools.partial(lesson["from_loader"], by_batches=True)
    for feeder in (lesson["from_memory"], lesson["from_loader"], by_batches):
        batches = list(feeder(table, 8))
        assert [len(batch) for batch in batches] == [8, 8, 4]
        rows = torch.cat(batches)
        assert not torch.equal(rows, table)
        assert torch.equal(rows[rows[:, 0].argsort()], table)


def test_a_linear_autoencoder_ends_in_the_space_of_scikit_learn_s_pca(lesson):
    generator = np.random.default_rng(0)
    plane = generator.normal(size=(1500, 3)) * [4, 3, 2] @ generator.normal(size=(3, 784)) / 28
    rows = plane + 0.05 * generator.normal(size=(1500, 784))
    pca = PCA(3, svd_solver="full").fit(rows)
    centred = torch.from_numpy(rows - rows.mean(axis=0)).float()
    axes, variance = lesson["axes_of"](centred)
    np.testing.assert_allclose(np.abs(axes[:3] @ pca.components_.T), np.eye(3), atol=1e-3)
    np.testing.assert_allclose(variance[:3] * 1500 / 1499, pca.explained_variance_, rtol=1e-4)
    model, angles = lesson["linear_angles"](centred, code=3, seed=1)
    assert angles.shape == (32,)
    assert angles[-1] < 2
    left = ((rows - pca.inverse_transform(pca.transform(rows))) ** 2).mean()
    loss = copying_loss(model, centred).item()
    assert left * (1 - 1e-6) <= loss < 1.05 * left


def test_the_denoiser_is_shown_fresh_noise_and_asked_for_the_clean_picture(lesson):
    clean, model = rows_of(500, 784), lesson["wide"](seed=0)
    draw, optimiser = torch.Generator().manual_seed(7), torch.optim.SGD(model.parameters(), lr=0)
    order = torch.randperm(500, generator=torch.Generator().manual_seed(3))
    wanted = 0.0
    for batch in order.split(250):
        noisy = clean[batch] + 0.5 * torch.randn(250, 784, generator=draw)
        wanted += ((model(noisy) - clean[batch]) ** 2).mean().item() / 2
    generator = torch.Generator().manual_seed(3)
    spoil = lesson["noise_from"](seed=7)
    loss = lesson["one_epoch"](model, optimiser, generator, clean, spoil)
    assert loss == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("share", [0, 0.1, 0.2])
def test_the_contaminated_rows_hold_that_share(lesson, cells, share):
    names = dict(lesson, shuttle=data.load_shuttle())
    exec(compile(cells["contaminated-rows"], "contaminated-rows", "exec"), names)
    train, test = names["contaminated"](share, seed=1)
    pool, generator = names["halves"].train, np.random.default_rng(1)
    anomalies = round(share * 2000)
    drawn = [
        generator.choice(np.flatnonzero(pool.y == label), size, replace=False)
        for label, size in ((1, anomalies), (0, 2000 - anomalies))
    ]
    rows = pool.X[np.concatenate(drawn)]
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    np.testing.assert_allclose(train, (rows - mean) / spread, atol=1e-9)
    np.testing.assert_allclose(test, (names["test_X"] - mean) / spread, atol=1e-9)
    assert len(test) == len(names["test_y"])


def test_the_detector_of_the_tables_is_the_loop(lesson):
    X = rows_of(300, 9).double().numpy()
    ours = lesson["LoopDetector"](2, epochs=3).fit(X)
    model = lesson["hourglass"](2, columns=9, hidden=32, code=3)
    inputs = torch.from_numpy(X).float()
    assert lesson["train"](model, inputs, epochs=3, seed=2) == ours.history
    errors = lesson["row_errors"](model, inputs)
    np.testing.assert_array_equal(ours.decision_function(X), errors)


def test_what_the_text_says_about_the_finished_detector():
    given = detectors.AutoEncoder().get_params()
    assert (given["members"], given["contamination"], given["steps"]) == (8, 0.1, 150)


def test_the_exercises_load_no_torch_before_they_are_checked():
    code = "import sys, course_utils.exercises.lesson_09; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_check_leaves_torch_s_random_numbers_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    for name in ("train_step", "row_errors", "snapshot"):
        exercise = getattr(ex, name)
        assert exercise.examine(exercise._solution).passed
    assert torch.equal(torch.get_rng_state(), before)
