"""The bar that Keras's fit shows, and that Ctrl-C ends a training without losing it."""

import re
import signal
import threading

from course_utils import progress_bar

import keras
import numpy as np
import pytest

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 3)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")


class Press(keras.callbacks.Callback):
    """Presses Ctrl-C in an epoch, counted from 0."""

    def __init__(self, epoch, times=1):
        super().__init__()
        self.epoch, self.times = epoch, times

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


def model(rate=0.01):
    keras.utils.set_random_seed(0)
    made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    made.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
    return made


def fit(made, *callbacks, epochs=5, **more):
    return made.fit(
        X, Y, batch_size=16, epochs=epochs, verbose=0, callbacks=list(callbacks), **more
    )


@pytest.fixture(autouse=True)
def _handler_is_given_back():
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def test_one_line_stays_with_the_last_losses(capsys):
    log = fit(model(), progress_bar.for_keras(), validation_data=(X, Y))
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.count("\n") == 1
    last = printed.out.split("\r")[-1]
    assert "5/5" in last
    shown = re.search(r"training loss=(\d\.\d{4}), validation loss=(\d\.\d{4})", last)
    assert float(shown[1]) == pytest.approx(log.history["loss"][-1], abs=1e-4)
    assert float(shown[2]) == pytest.approx(log.history["val_loss"][-1], abs=1e-4)


def test_without_validation_rows_one_loss_is_shown(capsys):
    fit(model(), progress_bar.for_keras())
    assert "validation loss" not in capsys.readouterr().out


def test_the_bar_changes_nothing_about_the_training():
    weights = []
    for callbacks in ([progress_bar.for_keras()], []):
        made = model()  # seeds anew
        fit(made, *callbacks)
        weights.append(made.get_weights()[0])
    assert np.array_equal(*weights)


def test_one_callback_serves_two_trainings(capsys):
    bar = progress_bar.for_keras()
    fit(model(), bar)
    fit(model(), bar, epochs=3)
    assert "3/3" in capsys.readouterr().out


def test_ctrl_c_ends_the_training_and_says_so(capsys):
    made = model()
    before = made.get_weights()[0].copy()
    log = fit(made, progress_bar.for_keras(), Press(1))
    assert len(log.history["loss"]) == 2
    assert not np.array_equal(made.get_weights()[0], before)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "Stopped by hand in epoch 2; what was learned is kept."


def test_ctrl_c_still_restores_the_best_weights():
    made = model(rate=50.0)  # so large that the loss rises
    stop = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
    log = fit(made, stop, progress_bar.for_keras(), Press(3), epochs=9, validation_data=(X, Y))
    losses = log.history["val_loss"]
    assert np.argmin(losses) < len(losses) - 1
    assert made.evaluate(X, Y, verbose=0) == pytest.approx(min(losses), rel=1e-4)


def test_a_second_ctrl_c_interrupts_as_usual():
    with pytest.raises(KeyboardInterrupt):
        fit(model(), progress_bar.for_keras(), Press(1, times=2))


def test_a_training_in_another_thread_leaves_signals_alone(capsys):
    thread = threading.Thread(target=fit, args=(model(), progress_bar.for_keras()))
    thread.start()
    thread.join()
    assert "5/5" in capsys.readouterr().out
