"""One training loop in PyTorch, for every network of the course that has one loss.

It is the loop of lesson 09, made safe: batches are cut straight from tensors in memory, losses are
shown while it runs, the best weights are kept, Ctrl-C loses nothing, a loss that is no number
stops with advice, a full memory halves the batch, and a broken run goes on from its checkpoint.
"""

import math
import time
from pathlib import Path

from course_utils import files, runtime
from course_utils.checks import as_seed, in_range, positive_integer
from course_utils.network import History
from course_utils.progress_bar import epochs_bar, show_losses

import torch

__all__ = ["Batches", "fit"]

FUSED = ("cpu", "cuda")  # devices on which Adam can do a whole step in one call


class Batches:
    """Draws batches of row numbers without end: every row once, then a new order.

    Parameters
    ----------
    rows : int
        How many rows there are.
    batch_size : int
        Rows per batch; the last batch of a pass may be smaller.
    generator : torch.Generator
        On the CPU, so that the order is the same on every device.

    Attributes
    ----------
    order : tensor of int64, shape (rows,)
    position : int
        Where in `order` the next batch starts.
    """

    def __init__(self, rows, batch_size, generator):
        self.rows = positive_integer(rows, "rows")
        self.batch_size = min(positive_integer(batch_size, "batch_size"), self.rows)
        self.generator = generator
        self.order = torch.empty(0, dtype=torch.int64, device="cpu")
        self.position = 0

    def __len__(self):
        """Return how many batches a pass over all rows takes."""
        return -(-self.rows // self.batch_size)

    def draw(self):
        """Return the next row numbers, shape (batch,)."""
        if self.position >= len(self.order):
            self.order = torch.randperm(self.rows, generator=self.generator, device="cpu")
            self.position = 0
        batch = self.order[self.position : self.position + self.batch_size]
        self.position += len(batch)
        return batch

    def halve(self, batch):
        """Put the rows of `batch` back and draw half as many from now on."""
        self.position -= len(batch)
        self.batch_size = max(1, len(batch) // 2)


@torch.inference_mode(mode=False)
@torch.enable_grad()  # whatever is set around the call, as in a function that scores
def fit(
    model,
    loss,
    data,
    *,
    validation=None,
    optimiser=None,
    learning_rate=1e-3,
    epochs=10,
    steps_per_epoch=None,
    batch_size=256,
    patience=None,
    seed=0,
    generator=None,
    device=None,
    progress=False,
    checkpoint=None,
    on_epoch=None,
    log=None,
):
    """Train a model; it is changed in place and ends on `device`, in evaluation mode.

    Parameters
    ----------
    model : torch.nn.Module
    loss : callable
        ``loss(model, *batch)`` returns a scalar tensor, the mean over the batch's rows.
    data : tensor or tuple of tensors, shape (n, …)
        What the loss takes, with one first axis. All of it is moved to the device once.
    validation : the same, optional
        Rows that are only measured, after every epoch, with the model in evaluation mode.
    optimiser : callable, optional
        ``optimiser(parameters)`` returns a torch optimiser; Adam with `learning_rate` otherwise.
    learning_rate : float
    epochs : int
    steps_per_epoch : int, optional
        Steps from one line of the history to the next; a pass over all rows otherwise.
    batch_size : int
    patience : int, optional
        Stop after this many epochs without a lower validation loss.
    seed : int
        Order of the rows. torch's global random state is neither used nor changed.
    generator : torch.Generator, optional
        On the CPU, in place of the seed: for a loss that draws noise from the same one, so that
        a checkpoint holds its state too.
    device : str or torch.device, optional
        ``runtime.device()`` where none is named.
    progress : bool
        Show a bar with the losses; one line of it stays.
    checkpoint : str or Path, optional
        Where the state is kept after every epoch. A file that is there is gone on from: the run
        ends with the weights of an unbroken one. Remove it to start anew.
    on_epoch : callable, optional
        ``on_epoch(epoch, history)`` after every epoch, counted from 0.
    log : object with ``add_scalar(tag, value, step)``, optional
        Is told "loss/train" and "loss/validation" after every epoch, counted from 0.
        ``torch.utils.tensorboard.SummaryWriter(folder)`` is one; another tracker needs a class
        of three lines around its own call. Whoever made it closes it.

    Returns
    -------
    course_utils.network.History
        With validation rows, the model ends with the weights of `best_epoch`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, a checkpoint belongs to another model, or the model
        was made in inference mode.
    FloatingPointError
        If the loss becomes infinite or NaN, with advice on what to try.

    Notes
    -----
    Ctrl-C ends the training, not the program, and keeps the best weights so far. Where the
    device's memory is too small for a batch, it is halved with a remark.
    """
    device = torch.device(runtime.device() if device is None else device)
    data = _as_tensors(data, "data", device)
    validation = None if validation is None else _as_tensors(validation, "validation", device)
    if log is not None and not callable(getattr(log, "add_scalar", None)):
        raise TypeError(
            f"log is {type(log).__name__}; an object with add_scalar(tag, value, step) "
            "is expected."
        )
    if patience is not None:
        positive_integer(patience, "patience")
        if validation is None:
            raise ValueError("patience needs validation rows to compare epochs on.")
    in_range(learning_rate, "learning_rate", 0, math.inf, low_open=True)
    epochs = positive_integer(epochs, "epochs")
    if generator is None:
        generator = torch.Generator().manual_seed(as_seed(seed, "seed"))
    model.to(device)
    parameters = [each for each in model.parameters() if each.requires_grad]
    if any(each.is_inference() for each in parameters):
        raise ValueError(
            "model was made under torch.inference_mode(), where no weight can be trained; make it "
            "outside."
        )
    if optimiser is None:
        made = torch.optim.Adam(parameters, lr=learning_rate, fused=device.type in FUSED)
    else:
        made = optimiser(parameters)
    run = _Run(model, made, Batches(len(data[0]), batch_size, generator))
    if checkpoint is not None and Path(checkpoint).exists():
        run.resume(checkpoint)
    if steps_per_epoch is not None:
        positive_integer(steps_per_epoch, "steps_per_epoch")

    history, stopped_in = run.history, None
    bar = epochs_bar(epochs, show=progress)
    bar.update(len(history.train_loss))
    started = time.perf_counter() - history.seconds
    try:
        for epoch in range(len(history.train_loss), epochs):
            if run.waited(patience):
                break
            train_loss = run.epoch(loss, data, steps_per_epoch)
            _need_finite(train_loss, "training", epoch)
            validation_loss = None
            if validation is not None:
                validation_loss = run.measure(loss, validation)
                _need_finite(validation_loss, "validation", epoch)
            run.note(epoch, train_loss, validation_loss)
            history.seconds = time.perf_counter() - started
            show_losses(bar, train_loss, validation_loss)
            if on_epoch:
                on_epoch(epoch, history)
            if checkpoint is not None:
                run.save(checkpoint)
            if log is not None:  # after the checkpoint: a tracker that fails loses no epoch
                log.add_scalar("loss/train", train_loss, epoch)
                if validation_loss is not None:
                    log.add_scalar("loss/validation", validation_loss, epoch)
    except KeyboardInterrupt:
        stopped_in = len(history.train_loss)
    finally:
        bar.close()
        model.eval()
    run.restore_best()
    if stopped_in is not None:
        print(f"Stopped by hand in epoch {stopped_in + 1}; what was learned is kept.")
    history.seconds = time.perf_counter() - started
    return history


class _Run:
    """A training under way: what changes from step to step, and how it is kept."""

    def __init__(self, model, optimiser, batches):
        self.model, self.optimiser, self.batches = model, optimiser, batches
        self.history, self.best_weights = History(), None

    def epoch(self, loss, data, steps=None):
        """Take so many steps, or a pass over all rows; return the mean loss over their rows."""
        self.model.train()
        total, rows, batches = 0.0, 0, 0
        device = data[0].device
        while batches < steps if steps else rows < self.batches.rows:
            batch = self.batches.draw()
            chosen = batch.to(device)
            try:
                value = self._step(loss, [each[chosen] for each in data])
            except (RuntimeError, MemoryError) as error:
                if len(batch) == 1 or not _is_out_of_memory(error):
                    raise
                self.optimiser.zero_grad(set_to_none=True)
                self.batches.halve(batch)
                print(f"Memory is full: going on with batches of {self.batches.batch_size} rows.")
                continue
            total = total + len(batch) * value  # stays on the device: .item() would wait for it
            rows += len(batch)
            batches += 1
        return float(total) / rows

    def _step(self, loss, batch):
        self.optimiser.zero_grad()
        value = loss(self.model, *batch)
        value.backward()
        self.optimiser.step()
        torch.clear_autocast_cache()  # a caller's autocast would go on with the old weights
        return value.detach()

    @torch.no_grad()
    def measure(self, loss, data):
        """Return the mean loss over the rows of data, in evaluation mode."""
        self.model.eval()
        parts = zip(*(each.split(4096) for each in data), strict=True)
        return float(sum(len(part[0]) * loss(self.model, *part) for part in parts)) / len(data[0])

    def note(self, epoch, train_loss, validation_loss):
        """Add an epoch to the history; keep its weights if they are the best so far."""
        history = self.history
        history.train_loss.append(train_loss)
        if validation_loss is None:
            return
        if validation_loss < min(history.validation_loss, default=math.inf):
            history.best_epoch, self.best_weights = epoch, _copy(self.model.state_dict())
        history.validation_loss.append(validation_loss)

    def waited(self, patience):
        """Say whether so many epochs have passed since the best one."""
        epochs, best = len(self.history.train_loss), self.history.best_epoch
        return patience is not None and best is not None and epochs - 1 - best >= patience

    def restore_best(self):
        """Go back to the weights of the best epoch, where there was one."""
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)

    def save(self, path):
        """Write all that a later run needs."""
        contents = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.batches.generator.get_state(),
            "batches": vars(self.batches) | {"generator": None},
            "history": vars(self.history),
            "best_weights": self.best_weights,
        }
        with files.replacing(path) as half:
            torch.save(contents, half)

    def resume(self, path):
        """Take up what `save` wrote; a file that does not fit changes nothing."""
        before = _copy(self.model.state_dict())
        try:
            # the parts go where they belong as they are loaded; Adam's step counts stay here
            state = torch.load(path, map_location="cpu", weights_only=True)
            rows, batches, history = self.batches.rows, state["batches"], state["history"]
            if batches["rows"] != rows:
                raise ValueError(f"it was trained on {batches['rows']} rows, not on {rows}")
            self.model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.batches.generator.set_state(state["generator"])
            self.best_weights = state["best_weights"]
        except Exception as error:
            self.model.load_state_dict(before)
            raise ValueError(
                f"checkpoint is {str(path)!r}, which holds no state of this model and optimiser "
                f"({(str(error).splitlines() or ['unreadable'])[0][:120]}). Remove the file to "
                "start anew."
            ) from error
        vars(self.batches).update(batches, generator=self.batches.generator)
        vars(self.history).update(history)


def _as_tensors(value, name, device):
    """Return a list of tensors on the device, all with the same number of rows."""
    tensors = value if isinstance(value, tuple | list) else [value]
    for each in tensors:
        if not isinstance(each, torch.Tensor):
            raise TypeError(
                f"{name} holds {type(each).__name__}; a tensor, or a tuple of them, is expected."
            )
    rows = {len(each) if each.ndim else 0 for each in tensors}
    if len(rows) != 1 or 0 in rows:
        shapes = ", ".join(str(tuple(each.shape)) for each in tensors)
        raise ValueError(f"{name} has shapes {shapes}; one number of rows, at least 1, expected.")
    return [each.to(device) for each in tensors]


def _is_out_of_memory(error):
    words = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
        each in str(error).lower() for each in words
    )


def _need_finite(value, what, epoch):
    if not math.isfinite(value):
        raise FloatingPointError(
            f"The {what} loss is {value} in epoch {epoch + 1}. Try a learning rate ten times "
            "smaller, look for columns that are not scaled, and for a logarithm, a division or a "
            "square root of zero in the loss."
        )


def _copy(state):
    return {name: value.detach().clone() for name, value in state.items()}
