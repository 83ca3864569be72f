"""The one line that shows how far a training is, for our loops and for Keras's.

It goes to stdout, since a notebook shows what comes on stderr as a warning. Keras's own bar is
left out of the course: it would store hundreds of control characters in a notebook.
"""

import signal
import sys
import threading

from tqdm import tqdm

__all__ = ["counter", "epochs_bar", "for_keras", "show_losses"]


def epochs_bar(epochs, show=True):
    """Return a bar that counts epochs; close it when training ends.

    Parameters
    ----------
    epochs : int
    show : bool
        False gives a bar that is never seen.

    Returns
    -------
    tqdm.tqdm
    """
    return counter(epochs, "epoch", show)


def counter(total, unit, show=True):
    """Return a bar that counts to a total by its method ``update(n)``; a context manager.

    Parameters
    ----------
    total : int
    unit : str
        What is counted, such as "epoch".
    show : bool
        False gives a bar that is never seen.

    Returns
    -------
    tqdm.tqdm
    """
    return tqdm(total=total, unit=unit, file=sys.stdout, disable=not show)


def show_losses(bar, training_loss, validation_loss=None):
    """Move the bar on by an epoch, with that epoch's losses beside it.

    Parameters
    ----------
    bar : tqdm.tqdm
    training_loss : float
    validation_loss : float, optional
    """
    losses = {"training loss": f"{training_loss:.4f}"}
    if validation_loss is not None:
        losses["validation loss"] = f"{validation_loss:.4f}"
    bar.set_postfix(losses, refresh=False)
    bar.update()


def for_keras():
    """Return a callback for `model.fit(…, verbose=0, callbacks=[…])` that shows the bar.

    Ctrl-C, or the stop button of JupyterLab, ends the training at the next batch and not the
    program: `fit` returns, and `EarlyStopping(restore_best_weights=True)` in the same list still
    restores its best weights. A second Ctrl-C before that interrupts as usual.

    Returns
    -------
    keras.callbacks.Callback
        For one model at a time; it can be used again.
    """
    import keras

    class ProgressBar(keras.callbacks.Callback):
        """Counts epochs on one line and turns Ctrl-C into a stop."""

        def on_train_begin(self, logs=None):
            self.bar = epochs_bar(self.params["epochs"])
            self.interrupted = False
            self.handler = None
            if threading.current_thread() is threading.main_thread():  # others get no signals
                self.handler = signal.signal(signal.SIGINT, self.interrupt)

        def interrupt(self, *_):
            self.interrupted = True
            self.give_back()

        def give_back(self):
            """Let Ctrl-C do again what it did before."""
            if self.handler is not None:
                signal.signal(signal.SIGINT, self.handler)
                self.handler = None

        def on_train_batch_end(self, batch, logs=None):
            if self.interrupted:
                self.model.stop_training = True

        def on_epoch_end(self, epoch, logs=None):
            show_losses(self.bar, logs["loss"], logs.get("val_loss"))

        def on_train_end(self, logs=None):
            self.bar.close()
            self.give_back()
            if self.interrupted:
                print(f"Stopped by hand in epoch {self.bar.n}; what was learned is kept.")

    return ProgressBar()
