"""Fitting the NumPy network: the loop, Ctrl-C, divergence, and what is refused."""

import math
import re
import subprocess
import sys

from course_utils import network as nn

import numpy as np
import pytest
from small_network import assert_same_weights, normal, small_data, small_network, train

# ------------------------------------------------------------------------------- the fit loop


def test_fit_learns_which_digit_is_the_anomaly():
    from sklearn.datasets import load_digits
    from sklearn.metrics import roc_auc_score

    X, digits = load_digits(return_X_y=True)
    X, y = X / 16, (digits == 8).astype(int)
    network = nn.Network(nn.Dense(64, 32, seed=1), nn.ReLU(), nn.Dense(32, 1, seed=2))
    _, history = train(network, (X[:1200], y[:1200]), optimiser=nn.Adam(), epochs=20)
    assert history.train_loss[-1] < 0.3 * history.train_loss[0]
    assert roc_auc_score(y[1200:], network.predict(X[1200:]).ravel()) > 0.97


def test_fit_separates_classes_and_reconstructs():
    X, classes = normal(90, 2), np.repeat([0, 1, 2], 30)
    X += np.array([[0, 6], [6, 0], [-6, -6]])[classes]
    network = nn.Network(nn.Dense(2, 8, seed=1), nn.ReLU(), nn.Dense(8, 3, seed=2))
    train(network, (X, classes), loss=nn.SoftmaxCrossEntropy(), epochs=30)
    assert (network.predict(X).argmax(axis=1) == classes).mean() > 0.98

    autoencoder = nn.Network(nn.Dense(2, 2, seed=1, initialisation="glorot"))
    _, history = train(
        autoencoder, (X, X), loss=nn.MeanSquaredError(), optimiser=nn.SGD(0.02), epochs=60
    )
    assert history.train_loss[-1] < 1e-3


def test_equal_seeds_give_equal_fits_and_other_seeds_do_not():
    def dropped_out(seed):
        network = nn.Network(nn.Dense(3, 8), nn.ReLU(), nn.Dropout(0.3), nn.Dense(8, 1))
        _, history = train(network, seed=seed)
        return network.get_weights(), history

    (first, first_history), (second, second_history) = dropped_out(3), dropped_out(3)
    assert_same_weights(first, second)
    assert first_history.train_loss == second_history.train_loss
    assert any((ours != other).any() for ours, other in zip(first, dropped_out(4)[0], strict=True))


def test_fit_leaves_the_global_random_state_alone():
    import random

    np.random.seed(7)
    numpy_state, python_state = np.random.get_state()[1].copy(), random.getstate()
    network = nn.Network(nn.Dense(3, 8), nn.Dropout(0.2), nn.Dense(8, 1))
    first, _ = train(network)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert random.getstate() == python_state

    np.random.seed(8)
    network = nn.Network(nn.Dense(3, 8), nn.Dropout(0.2), nn.Dense(8, 1))
    second, _ = train(network)
    assert_same_weights(first.get_weights(), second.get_weights())


def test_fit_leaves_its_input_alone_and_reads_read_only_tables():
    X, targets = small_data()
    copies = X.copy(), targets.copy()
    X.flags.writeable = targets.flags.writeable = False
    train(data=(X, targets), validation=(X, targets), patience=2)
    np.testing.assert_array_equal(X, copies[0])
    np.testing.assert_array_equal(targets, copies[1])


class Remembering(nn.MeanSquaredError):
    """Keeps the targets of every batch."""

    def __init__(self):
        self.batches = []

    def value(self, outputs, targets):
        self.batches.append(targets.ravel().tolist())
        return super().value(outputs, targets)


def test_every_row_is_used_once_per_epoch_in_a_new_order():
    loss, rows = Remembering(), np.arange(10)
    train(data=(normal(10, 3), rows), loss=loss, epochs=3, batch_size=4)
    assert [len(batch) for batch in loss.batches] == [4, 4, 2] * 3
    orders = [[row for batch in loss.batches[i : i + 3] for row in batch] for i in (0, 3, 6)]
    assert all(sorted(order) == rows.tolist() for order in orders)
    assert orders[0] != orders[1] != orders[2] != rows.tolist()


def test_train_loss_is_the_mean_over_rows_not_over_batches():
    X, targets = normal(10, 3), np.r_[np.zeros(9), 100]
    network, history = train(
        data=(X, targets),
        loss=nn.MeanSquaredError(),
        optimiser=nn.SGD(1e-12),
        epochs=1,
        batch_size=3,
    )
    expected = nn.MeanSquaredError().value(network.predict(X), targets)
    assert history.train_loss[0] == pytest.approx(expected, rel=1e-6)


def test_validation_rows_are_measured_and_not_learned():
    X, targets = small_data(seed=5)
    with_validation, history = train(validation=(X, targets))
    without, _ = train()
    assert_same_weights(with_validation.get_weights(), without.get_weights())
    expected = nn.BinaryCrossEntropy().value(without.predict(X), targets)
    assert history.validation_loss[-1] == pytest.approx(expected, rel=1e-12)
    assert len(history.validation_loss) == len(history.train_loss) == 5
    assert history.best_epoch == int(np.argmin(history.validation_loss))


def test_history_without_validation():
    calls = []
    _, history = train(
        on_epoch=lambda epoch, history: calls.append((epoch, len(history.train_loss)))
    )
    assert calls == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert history.validation_loss == []
    assert history.best_epoch is None
    assert 0 < history.seconds < 5


class Scripted(nn.MeanSquaredError):
    """Gives the validation losses of a script; validation is told by its four rows."""

    def __init__(self, losses):
        self.losses = iter(losses)

    def value(self, outputs, targets):
        return next(self.losses) if len(outputs) == 4 else super().value(outputs, targets)


def train_scripted(losses, network=None, **choices):
    seen = []
    network = small_network() if network is None else network
    X, targets = small_data(rows=32)
    history = nn.fit(
        network,
        X,
        targets,
        loss=Scripted(losses),
        optimiser=nn.SGD(0.01),
        batch_size=8,
        epochs=len(losses),
        validation=(X[:4], targets[:4]),
        on_epoch=lambda epoch, history: seen.append(network.get_weights()),
        **choices,
    )
    return network, history, seen


def test_early_stopping_waits_for_patience_and_restores_the_best_weights():
    network, history, seen = train_scripted([5, 3, 4, 3, 3, 1, 1], patience=3)
    assert history.validation_loss == [5, 3, 4, 3, 3]  # equal is not better
    assert history.best_epoch == 1
    assert_same_weights(network.get_weights(), seen[1])
    assert (seen[1][0] != seen[4][0]).any()


def test_improvement_starts_patience_anew():
    network, history, seen = train_scripted([5, 6, 4, 5, 3, 4, 5, 1], patience=2)
    assert history.validation_loss == [5, 6, 4, 5, 3, 4, 5]
    assert_same_weights(network.get_weights(), seen[4])


def test_best_weights_are_restored_when_the_epochs_run_out_first():
    network, history, seen = train_scripted([5, 3, 4], patience=10)
    assert history.best_epoch == 1
    assert_same_weights(network.get_weights(), seen[1])


def test_without_patience_the_last_weights_stay():
    network, history, seen = train_scripted([5, 3, 4, 6])
    assert history.best_epoch == 1
    assert_same_weights(network.get_weights(), seen[-1])


# ------------------------------------------------------------------ interruption and divergence


def interrupt_at(last):
    def on_epoch(epoch, history):
        if epoch == last:
            raise KeyboardInterrupt

    return on_epoch


def test_interruption_keeps_what_was_learned(capsys):
    interrupted, history = train(epochs=50, on_epoch=interrupt_at(2))
    three_epochs, _ = train(epochs=3)
    assert_same_weights(interrupted.get_weights(), three_epochs.get_weights())
    assert len(history.train_loss) == 3
    assert history.seconds > 0
    assert capsys.readouterr().out == "Stopped by hand in epoch 3; what was learned is kept.\n"


def test_interruption_within_an_epoch_keeps_the_steps_taken():
    class Interrupted(nn.SGD):
        steps = 0

        def step(self, parameters, gradients):
            self.steps += 1
            if self.steps == 8:
                raise KeyboardInterrupt
            super().step(parameters, gradients)

    network, history = train(optimiser=Interrupted(0.1), batch_size=10)  # six steps an epoch
    assert len(history.train_loss) == 1
    assert (network.get_weights()[0] != small_network().get_weights()[0]).any()
    one_epoch, _ = train(optimiser=nn.SGD(0.1), batch_size=10, epochs=1)
    assert (network.get_weights()[0] != one_epoch.get_weights()[0]).any()


def test_interruption_with_patience_restores_the_best_weights():
    X, targets = small_data(rows=32)
    network, seen = small_network(), []

    def on_epoch(epoch, history):
        seen.append(network.get_weights())
        interrupt_at(3)(epoch, history)

    history = nn.fit(
        network,
        X,
        targets,
        loss=Scripted([5, 3, 4, 6]),
        optimiser=nn.SGD(0.01),
        validation=(X[:4], targets[:4]),
        patience=10,
        on_epoch=on_epoch,
    )
    assert history.best_epoch == 1
    assert_same_weights(network.get_weights(), seen[1])


def test_divergence_is_an_error_that_says_what_to_try():
    X, targets = small_data()
    with pytest.raises(FloatingPointError) as caught:
        train(
            nn.Network(nn.Dense(3, 8), nn.ReLU(), nn.Dense(8, 1)),
            (1e3 * X, targets),
            loss=nn.MeanSquaredError(),
            optimiser=nn.SGD(10),
        )
    message = str(caught.value)
    assert message.startswith("The training loss became inf in epoch 2")
    assert "Make the network and the optimiser anew" in message
    assert "learning rate ten times smaller" in message


def test_divergence_of_the_validation_loss_is_an_error():
    with pytest.raises(FloatingPointError, match="validation loss became nan in epoch 2"):
        train_scripted([1, math.nan, 1])


def test_overflow_of_the_validation_loss_gives_no_warning(recwarn):
    X, targets = small_data()
    with pytest.raises(FloatingPointError, match="validation loss became inf in epoch 1"):
        train(loss=nn.MeanSquaredError(), validation=(X, targets + 1e200))
    assert not recwarn.list


def test_progress_leaves_one_line_with_the_last_losses(capsys):
    train(progress=True)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
    last = printed.out.split("\r")[-1]
    assert "5/5" in last
    assert re.search(r"training loss=\d\.\d{4}", last)


def test_without_progress_nothing_is_printed(capsys):
    train()
    assert capsys.readouterr() == ("", "")


def test_interruption_leaves_its_line_below_the_progress(capsys):
    train(progress=True, on_epoch=interrupt_at(1))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("Stopped by hand in epoch 2")


# ------------------------------------------------------------------------------------ bad input


def fit_with(**choices):
    return lambda: train(**choices)


def fit_on(X, targets, **choices):
    return lambda: train(data=(X, targets), **choices)


X, Y = small_data()
BAD_NUMBERS = np.where(np.arange(60) == 7, np.nan, 1.0)
BAD = {
    "width 0": (lambda: nn.Dense(0, 3), ValueError, "inputs is 0; a whole number of at least 1"),
    "width as text": (lambda: nn.Dense(3, "4"), TypeError, "outputs is"),
    "seed": (lambda: nn.Dense(3, 4, seed=-1), ValueError, "seed is -1"),
    "initialisation": (
        lambda: nn.Dense(3, 4, initialisation="best"),
        ValueError,
        "initialisation",
    ),
    "rate 1": (lambda: nn.Dropout(1), ValueError, r"rate is 1; a number in \[0, 1\)"),
    "rate negative": (lambda: nn.Dropout(-0.1), ValueError, "rate is -0.1"),
    "columns": (
        lambda: nn.Dense(3, 4).forward(np.ones((2, 5))),
        ValueError,
        r"inputs has shape \(2, 5\); \(batch, 3\) is expected",
    ),
    "one row without its axis": (
        lambda: nn.Dense(3, 4).forward([1.0, 2.0, 3.0]),
        ValueError,
        r"inputs has shape \(3,\)",
    ),
    "text": (lambda: nn.Dense(1, 4).forward([["a"]]), TypeError, "inputs is of type list"),
    "numbers as text": (lambda: nn.ReLU().forward(["1"]), TypeError, "inputs is of type list"),
    "None": (lambda: nn.Tanh().forward(None), TypeError, "inputs is of type NoneType"),
    "ragged": (lambda: nn.ReLU().forward([[1], [1, 2]]), ValueError, "inputs has rows of diff"),
    "empty": (lambda: nn.ReLU().forward(np.ones((0, 3))), ValueError, "inputs is empty"),
    "empty loss": (
        lambda: nn.MeanSquaredError().value(np.ones((0, 1)), []),
        ValueError,
        "outputs is empty",
    ),
    "NaN at the door": (
        lambda: small_network().forward([[1, np.nan, 2]]),
        ValueError,
        "inputs has NaN in row 0, column 1",
    ),
    "NaN to predict": (
        lambda: small_network().predict([[1, np.inf, 2]]),
        ValueError,
        "X has infinity in row 0, column 1",
    ),
    "batch size to predict": (
        lambda: small_network().predict(X, batch_size=0),
        ValueError,
        "batch_size is 0",
    ),
    "no layers": (lambda: nn.Network(), ValueError, "no layers"),
    "class as a layer": (
        lambda: nn.Network(nn.Dense(2, 2), nn.ReLU),
        TypeError,
        r"layers\[1\] is .*; a layer is expected, such as ReLU\(…\)",
    ),
    "function as a layer": (lambda: nn.Network(np.tanh), TypeError, r"layers\[0\] is <ufunc"),
    "widths": (
        lambda: nn.Network(nn.Dense(2, 3), nn.ReLU(), nn.Dense(4, 1)),
        ValueError,
        r"layers\[2\] takes 4 columns; 3 are coming",
    ),
    "backward with another shape": (
        lambda: [layer := nn.Dense(3, 2), layer.forward(X), layer.backward(np.ones((60, 3)))],
        ValueError,
        r"grad_output has shape \(60, 3\); \(60, 2\) is expected",
    ),
    "MSE targets": (
        lambda: nn.MeanSquaredError().value(np.ones((60, 1)), BAD_NUMBERS),
        ValueError,
        "targets has nan in row 7; finite numbers",
    ),
    "BCE targets": (
        lambda: nn.BinaryCrossEntropy().gradient(np.ones((2, 1)), [1, 2]),
        ValueError,
        "targets has 2 in row 1; numbers from 0 to 1",
    ),
    "BCE targets NaN": (
        lambda: nn.BinaryCrossEntropy().gradient(np.ones((60, 1)), BAD_NUMBERS),
        ValueError,
        "targets has nan in row 7",
    ),
    "class number too high": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [0, 3]),
        ValueError,
        "targets has 3 in row 1; whole numbers from 0 to 2",
    ),
    "class number negative": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [-1, 0]),
        ValueError,
        "targets has -1 in row 0",
    ),
    "class number broken": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [0.5, 1]),
        ValueError,
        "targets has 0.5 in row 0",
    ),
    "class number NaN": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [0, np.nan]),
        ValueError,
        "targets has nan in row 1",
    ),
    "one-hot targets": (
        lambda: nn.SoftmaxCrossEntropy().value(np.ones((2, 3)), [[1, 0, 0], [0, 1, 0]]),
        ValueError,
        r"targets has shape \(2, 3\) .*argmax",
    ),
    "learning rate": (lambda: nn.SGD(0), ValueError, r"learning_rate is 0; a number in \(0"),
    "learning rate NaN": (lambda: nn.Adam(np.nan), ValueError, "learning_rate is nan"),
    "learning rate text": (lambda: nn.Adam("0.1"), TypeError, "learning_rate is"),
    "momentum": (lambda: nn.SGD(0.1, momentum=1), ValueError, "momentum is 1"),
    "decay": (lambda: nn.SGD(0.1, weight_decay=-1), ValueError, "weight_decay is -1"),
    "Adam decay": (lambda: nn.Adam(weight_decay=-1), ValueError, "weight_decay is -1"),
    "AdamW decay": (lambda: nn.AdamW(weight_decay=-1), ValueError, "weight_decay is -1"),
    "beta_1": (lambda: nn.Adam(beta_1=1), ValueError, "beta_1 is 1"),
    "beta_2": (lambda: nn.Adam(beta_2=-0.1), ValueError, "beta_2 is -0.1"),
    "epsilon": (lambda: nn.Adam(epsilon=0), ValueError, "epsilon is 0"),
    "step before backward": (
        lambda: nn.SGD(0.1).step(nn.Dense(2, 2).parameters(), nn.Dense(2, 2).gradients()),
        ValueError,
        "call backward before step",
    ),
    "gradients of another shape": (
        lambda: nn.Adam().step([np.ones((2, 3))], [np.ones((3, 2))]),
        ValueError,
        r"gradients has the shapes \[\(3, 2\)\]; \[\(2, 3\)\] is expected",
    ),
    "whole numbers as parameters": (
        lambda: nn.Adam().step([np.ones(2, int)], [np.ones(2)]),
        TypeError,
        "parameters has int64 in it; arrays of float64",
    ),
    "optimiser used before": (
        lambda: [
            optimiser := nn.Adam(),
            optimiser.step([np.ones(2)], [np.ones(2)]),
            optimiser.step([np.ones(3)], [np.ones(3)]),
        ],
        ValueError,
        "new optimiser is expected",
    ),
    "fit: X": (fit_on(X[:, 0], Y), ValueError, r"X has shape \(60,\)"),
    "fit: no X": (fit_on(None, Y), TypeError, "X is None"),
    "fit: width": (fit_on(X[:, :2], Y), ValueError, r"inputs has shape \(1, 2\); \(batch, 3\)"),
    "fit: NaN": (fit_on(np.full((60, 3), np.nan), Y), ValueError, "X has NaN in row 0, column 0"),
    "fit: no rows": (fit_on(X[:0], Y[:0]), ValueError, "X has shape"),
    "fit: too few targets": (
        fit_on(X, Y[:-1]),
        ValueError,
        r"targets has shape \(59,\); \(60, 1\) is expected",
    ),
    "fit: targets": (fit_on(X, Y + 1), ValueError, "targets has 2 in row"),
    "fit: no targets": (fit_on(X, None), TypeError, "targets is of type NoneType"),
    "fit: text": (fit_on(X, ["normal"] * 60), TypeError, "targets is of type list"),
    "fit: network": (lambda: train("network"), TypeError, "network is of type str"),
    "fit: network class": (lambda: train(nn.Network), TypeError, "network is the class Network"),
    "fit: loss": (fit_with(loss="mse"), TypeError, "loss is of type str"),
    "fit: loss class": (
        fit_with(loss=nn.MeanSquaredError),
        TypeError,
        r"loss is the class MeanSquaredError; MeanSquaredError\(…\) is expected",
    ),
    "fit: optimiser": (fit_with(optimiser=nn.Adam), TypeError, "optimiser is the class Adam"),
    "fit: epochs": (fit_with(epochs=0), ValueError, "epochs is 0"),
    "fit: epochs broken": (fit_with(epochs=2.5), TypeError, "epochs is"),
    "fit: batch": (fit_with(batch_size=-1), ValueError, "batch_size is -1"),
    "fit: seed": (fit_with(seed="0"), TypeError, "seed is"),
    "fit: patience alone": (fit_with(patience=3), ValueError, "validation is None"),
    "fit: patience": (fit_with(patience=0, validation=(X, Y)), ValueError, "patience is 0"),
    "fit: validation": (fit_with(validation=X), TypeError, "validation is of type ndarray"),
    "fit: validation X": (
        fit_with(validation=(X * np.inf, Y)),
        ValueError,
        "validation X has",
    ),
    "fit: validation targets": (
        fit_with(validation=(X, Y + 1)),
        ValueError,
        "validation targets has 2 in row",
    ),
    "fit: on_epoch": (fit_with(on_epoch="print"), TypeError, "on_epoch is of type str"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_an_error_that_names_it(name):
    call, error, message = BAD[name]
    with np.errstate(invalid="ignore"), pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "layer", [nn.Dense(2, 2), nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.Dropout(0.5)], ids=repr
)
def test_backward_needs_forward_first(layer):
    with pytest.raises(RuntimeError, match="backward was called before forward"):
        layer.backward(np.ones((1, 2)))


def test_one_layer_cannot_stand_in_two_places():
    shared = nn.ReLU()
    with pytest.raises(ValueError, match=r"layers\[3\] is a layer that stands further up"):
        nn.Network(nn.Dense(2, 2), shared, nn.Dense(2, 2), shared)


def test_importing_the_room_loads_nothing_heavy():
    code = (
        "import sys, course_utils.network\n"
        "heavy = {'torch', 'keras', 'matplotlib', 'sklearn', 'scipy', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
