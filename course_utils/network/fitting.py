"""Training: epochs of mini-batches, a look at rows left out, and the best weights kept."""

import math
import time
from dataclasses import dataclass, field

from course_utils.checks import as_matrix, as_seed, positive_integer
from course_utils.progress_bar import epochs_bar, show_losses

import numpy as np


@dataclass
class History:
    """What happened during ``fit``.

    Attributes
    ----------
    train_loss : list of float
        One number per epoch: the mean over the rows, each taken just before the step that used it.
    validation_loss : list of float
        One number per epoch, measured after it, with dropout off; empty without validation data.
    best_epoch : int or None
        Position of the lowest validation loss, counted from 0; None without validation data.
    seconds : float
        Wall-clock time of the training.
    """

    train_loss: list = field(default_factory=list)
    validation_loss: list = field(default_factory=list)
    best_epoch: int | None = None
    seconds: float = 0.0


def fit(
    network,
    X,
    targets,
    *,
    loss,
    optimiser,
    epochs=50,
    batch_size=32,
    validation=None,
    patience=None,
    seed=0,
    on_epoch=None,
    progress=False,
):
    """Train a network by mini-batches; it is changed in place.

    Parameters
    ----------
    network : Network
    X : array of shape (n, in)
    targets : array
        What ``loss`` expects for n rows.
    loss : MeanSquaredError, BinaryCrossEntropy or SoftmaxCrossEntropy
    optimiser : SGD, Adam or AdamW
        A new one for every new network: it remembers past steps. Anything with their ``step``
        will do.
    epochs : int
        How often every row is used.
    batch_size : int
        Rows per step; the last batch of an epoch may be smaller.
    validation : tuple (X, targets), optional
        Rows that are only measured, after every epoch.
    patience : int, optional
        Stop after this many epochs without a lower validation loss. With it, the network ends
        with the weights of its best epoch; without it, with those of its last.
    seed : int
        Order of the rows. The global random state is neither used nor changed.
    on_epoch : callable, optional
        ``on_epoch(epoch, history)`` is called after every epoch, counted from 0.
    progress : bool
        Show a bar with the losses while training runs; one line of it stays.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, shape or size.
    FloatingPointError
        If the loss becomes infinite or NaN, with advice on what to try.

    Notes
    -----
    Ctrl-C ends the training, not the program: what was learned until then is kept, and the
    history so far is returned.
    """
    _check_tools(network=network, loss=loss, optimiser=optimiser)
    X, targets = _checked_rows(network, loss, X, targets)
    validation = _checked_validation(network, loss, validation, patience)
    if on_epoch is not None and not callable(on_epoch):
        raise TypeError(f"on_epoch is of type {type(on_epoch).__name__}; a function is expected.")
    epochs = positive_integer(epochs, "epochs")
    batch_size = positive_integer(batch_size, "batch_size")
    generator = np.random.default_rng(as_seed(seed, "seed"))
    bar = epochs_bar(epochs, show=progress)
    history, best_weights, stopped_in = History(), None, None
    started = time.perf_counter()
    try:
        for epoch in range(epochs):
            order = generator.permutation(len(X))
            batches = [order[i : i + batch_size] for i in range(0, len(X), batch_size)]
            train_loss = _train_epoch(network, X, targets, loss, optimiser, batches)
            _need_finite(train_loss, "training", epoch)
            if validation:
                validation_loss = _measure(network, loss, *validation)
                _need_finite(validation_loss, "validation", epoch)
                if validation_loss < min(history.validation_loss, default=math.inf):
                    history.best_epoch, best_weights = epoch, network.get_weights()
                history.validation_loss.append(validation_loss)
            history.train_loss.append(train_loss)
            show_losses(bar, train_loss, validation_loss if validation else None)
            if on_epoch:
                on_epoch(epoch, history)
            if patience and epoch - history.best_epoch >= patience:
                break
    except KeyboardInterrupt:
        stopped_in = epoch
    finally:
        bar.close()
    if patience and best_weights:
        network.set_weights(best_weights)
    if stopped_in is not None:
        print(f"Stopped by hand in epoch {stopped_in + 1}; what was learned is kept.")
    history.seconds = time.perf_counter() - started
    return history


@np.errstate(over="ignore", invalid="ignore")  # fit reports a loss that is not finite
def _train_epoch(network, X, targets, loss, optimiser, batches):
    """Take one step per batch and return the mean loss over all rows; a batch is row numbers."""
    total = 0.0
    for rows in batches:
        outputs = network.forward(X[rows], training=True)
        total += len(rows) * loss.value(outputs, targets[rows])
        network.backward(loss.gradient(outputs, targets[rows]))
        optimiser.step(network.parameters(), network.gradients())
    return total / len(X)


@np.errstate(over="ignore", invalid="ignore")
def _measure(network, loss, X, targets):
    return loss.value(network.predict(X), targets)


def _need_finite(value, which, epoch):
    """Stop the training where a loss is no number any more."""
    if not math.isfinite(value):
        raise FloatingPointError(
            f"The {which} loss became {value} in epoch {epoch + 1}, and the weights are spoilt. "
            "Make the network and the optimiser anew, and try a learning rate ten times smaller, "
            "columns of X scaled to mean 0 and standard deviation 1, or smaller first weights."
        )


def _check_tools(**tools):
    """Refuse a class or anything else without the methods that ``fit`` will call."""
    methods = {
        "network": ("forward", "backward", "predict"),
        "loss": ("value", "gradient", "as_targets"),
        "optimiser": ("step",),
    }
    for name, tool in tools.items():
        if isinstance(tool, type):
            raise TypeError(
                f"{name} is the class {tool.__name__}; {tool.__name__}(…) is expected."
            )
        if not all(hasattr(tool, method) for method in methods[name]):
            raise TypeError(
                f"{name} is of type {type(tool).__name__}; an object with the methods "
                f"{', '.join(methods[name])} is expected."
            )


def _checked_rows(network, loss, X, targets, before=""):
    """Return X and the targets in the form that ``loss`` works with."""
    X = as_matrix(X, f"{before}X")
    columns = network.forward(X[:1]).shape[1]
    return X, loss.as_targets(targets, (len(X), columns), f"{before}targets")


def _checked_validation(network, loss, validation, patience):
    if patience is not None:
        positive_integer(patience, "patience")
        if validation is None:
            raise ValueError("validation is None; with patience, a pair (X, targets) is expected.")
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        came = type(validation).__name__
        raise TypeError(f"validation is of type {came}; a pair (X, targets) is expected.")
    return _checked_rows(network, loss, *validation, before="validation ")
