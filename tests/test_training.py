"""The training loop against a plain one, and against every promise of its description."""

import math
import random
import signal
import time

from course_utils import training

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from process_state import STATES
from torch import nn

steady = settings(max_examples=25, deadline=None, derandomize=True)
ROWS, COLUMNS = 50, 3


def table(rows=ROWS, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(rows, COLUMNS, generator=generator, dtype=dtype)
    return X, X.sum(dim=1, keepdim=True) ** 2


def network(dtype=torch.float32, seed=1):
    model = nn.Sequential(nn.Linear(COLUMNS, 6), nn.Tanh(), nn.Linear(6, 1)).to(dtype)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for each in model.parameters():
            each.copy_(torch.randn(each.shape, generator=generator, dtype=dtype) / 2)
    return model


def squared_error(model, inputs, targets):
    return (model(inputs) - targets).square().mean()


def weights_of(model):
    return [each.detach().clone() for each in model.parameters()]


def same(first, second):
    return all(map(torch.equal, weights_of(first), weights_of(second)))


def train(model=None, loss=squared_error, data=None, **choices):
    model = network() if model is None else model
    choices = {"epochs": 4, "batch_size": 16, "device": "cpu", **choices}
    history = training.fit(model, loss, table() if data is None else data, **choices)
    return model, history


# ---------------------------------------------------------------------------------- the loop


def test_fit_is_the_plain_loop():
    X, targets = table(dtype=torch.float64)
    check_X, check_targets = table(30, dtype=torch.float64, seed=5)
    model, history = train(
        network(torch.float64),
        data=(X, targets),
        validation=(check_X, check_targets),
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.5),
        seed=7,
    )

    plain, generator = network(torch.float64), torch.Generator().manual_seed(7)
    optimiser = torch.optim.SGD(plain.parameters(), lr=0.01, momentum=0.5)
    train_loss, validation_loss = [], []
    for _ in range(4):
        order, total = torch.randperm(ROWS, generator=generator), 0.0
        for start in range(0, ROWS, 16):
            batch = order[start : start + 16]
            optimiser.zero_grad()
            loss = squared_error(plain, X[batch], targets[batch])
            loss.backward()
            optimiser.step()
            total += len(batch) * loss.item()
        train_loss.append(total / ROWS)
        validation_loss.append(squared_error(plain, check_X, check_targets).item())

    assert validation_loss == sorted(validation_loss, reverse=True)  # so the last epoch is best
    assert same(model, plain)
    assert history.train_loss == pytest.approx(train_loss, rel=1e-12)
    assert history.validation_loss == pytest.approx(validation_loss, rel=1e-12)
    assert history.best_epoch == 3
    assert not model.training
    assert history.seconds > 0


def test_one_tensor_is_data_enough_and_steps_are_counted():
    seen = []

    def loss(model, inputs):
        seen.append(len(inputs))
        return model(inputs).square().mean()

    X, _ = table()
    _, history = train(loss=loss, data=X, epochs=2, steps_per_epoch=3)
    assert seen == [16, 16, 16, 2, 16, 16]
    assert len(history.train_loss) == 2
    assert history.validation_loss == []


def test_adam_with_the_learning_rate_is_the_default():
    named, _ = train(optimiser=lambda chosen: torch.optim.Adam(chosen, lr=0.02), epochs=2)
    alike, other = (weights_of(train(learning_rate=rate, epochs=2)[0]) for rate in (0.02, 0.01))
    assert all(map(torch.allclose, weights_of(named), alike))  # the same up to rounding
    assert not any(map(torch.allclose, weights_of(named), other))


def test_parameters_without_gradient_stay():
    model = network()
    model[0].weight.requires_grad_(False)
    before = weights_of(model)
    train(model)
    assert torch.equal(model[0].weight, before[0])
    assert not torch.equal(model[2].weight, before[2])


def test_model_is_measured_in_evaluation_mode_and_trained_in_training_mode():
    modes = {True: set(), False: set()}

    def loss(model, inputs, targets):
        modes[model.training].add(len(inputs))
        return squared_error(model, inputs, targets)

    train(loss=loss, validation=table(41), epochs=2)
    assert modes == {True: {16, 2}, False: {41}}


def test_measured_loss_is_the_mean_over_all_rows_also_of_many():
    model, history = train(validation=table(9001, seed=3), epochs=1)
    with torch.no_grad():
        whole = squared_error(model, *table(9001, seed=3)).item()
    assert history.validation_loss == [pytest.approx(whole, rel=1e-5)]


@steady
@given(rows=st.integers(1, 60), size=st.integers(1, 80), seed=st.integers(0, 99))
def test_every_pass_has_every_row_once(rows, size, seed):
    batches = training.Batches(rows, size, torch.Generator().manual_seed(seed))
    passes = []
    for _ in range(3):
        drawn = [batches.draw() for _ in range(len(batches))]
        assert all(len(each) == min(size, rows) for each in drawn[:-1])
        passes.append(torch.cat(drawn).tolist())
        assert sorted(passes[-1]) == list(range(rows))
    if rows > 6:
        assert passes[0] != passes[1]


def test_seed_decides_the_order_and_nothing_else_does():
    first, _ = train(seed=3)
    torch.manual_seed(99)
    assert same(first, train(seed=3)[0])
    assert same(first, train(generator=torch.Generator().manual_seed(3))[0])
    assert not same(first, train(seed=4)[0])


def test_no_global_state_is_touched():
    def state():
        kind, keys, position, *_ = np.random.get_state()
        return (
            random.getstate(),
            (kind, keys.tolist(), position),
            torch.get_rng_state().tolist(),
            torch.get_default_dtype(),
            torch.get_num_threads(),
            torch.is_grad_enabled(),
            signal.getsignal(signal.SIGINT),
        )

    model = network()
    before = state()
    train(model, validation=table(20), patience=1, progress=True)
    assert state() == before


# ----------------------------------------------------------- what others have set in torch


@pytest.mark.parametrize("state", [name for name in STATES if name != "autocast"])
def test_what_the_caller_has_set_in_torch_changes_nothing(state, tmp_path):
    choices = {"validation": table(20), "learning_rate": 0.01}
    expected, losses = train(**choices)
    parts = network(), table(), table(20)
    with STATES[state]():
        model, history = train(parts[0], data=parts[1], validation=parts[2], learning_rate=0.01)
    assert same(model, expected)
    assert history.train_loss == losses.train_loss
    assert history.validation_loss == losses.validation_loss


def test_under_autocast_each_step_meets_the_weights_of_the_last():
    expected, _ = train(learning_rate=0.05, epochs=8)
    with torch.autocast("cpu", dtype=torch.bfloat16):  # which keeps copies of weights
        model, history = train(learning_rate=0.05, epochs=8)
    assert len(set(history.train_loss)) == 8
    for ours, theirs in zip(weights_of(model), weights_of(expected), strict=True):
        assert torch.allclose(ours, theirs, atol=0.1)


def test_rows_made_in_inference_mode_can_be_learned_from():
    with torch.inference_mode():
        rows = table()
    assert same(train(data=rows)[0], train()[0])


def test_a_model_made_in_inference_mode_is_refused_in_words():
    with torch.inference_mode():
        model = network()
        with pytest.raises(ValueError, match=r"model was made under torch\.inference_mode"):
            train(model)
    with pytest.raises(ValueError, match="make it outside"):
        train(model)


# -------------------------------------------------------------------------------- the bar


def test_bar_leaves_one_line_on_stdout(capsys):
    train(progress=True, validation=table(20), epochs=3)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    last = out.strip().split("\r")[-1]
    assert "3/3" in last
    assert "training loss=" in last
    assert "validation loss=" in last


def test_nothing_is_shown_unless_asked_for(capsys):
    train()
    assert capsys.readouterr() == ("", "")


def test_on_epoch_sees_the_history_grow():
    seen = []

    def on_epoch(epoch, history):
        seen.append((epoch, len(history.train_loss)))

    _, history = train(on_epoch=on_epoch)
    assert seen == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert len(history.train_loss) == 4


# ----------------------------------------------------------------------------- stopping


class Scripted:
    """A loss whose validation values are given; it notes the weights at each of them."""

    def __init__(self, *values):
        self.values, self.weights = list(values), []

    def __call__(self, model, inputs, targets):
        if model.training:
            return squared_error(model, inputs, targets)
        self.weights.append(weights_of(model))
        return torch.tensor(self.values[len(self.weights) - 1])


def test_training_stops_after_patience_with_the_best_weights():
    loss = Scripted(5.0, 3.0, 4.0, 3.0, 9.0, 1.0)
    model, history = train(loss=loss, validation=table(20), patience=2, epochs=6)
    assert history.validation_loss == [5.0, 3.0, 4.0, 3.0]
    assert history.best_epoch == 1
    assert len(history.train_loss) == 4
    assert all(map(torch.equal, weights_of(model), loss.weights[1]))
    assert not torch.equal(loss.weights[1][0], loss.weights[3][0])


def test_best_weights_are_kept_without_patience_too():
    loss = Scripted(5.0, 2.0, 3.0, 4.0)
    model, history = train(loss=loss, validation=table(20))
    assert (history.best_epoch, len(history.train_loss)) == (1, 4)
    assert all(map(torch.equal, weights_of(model), loss.weights[1]))


def interrupt_after(epochs):
    def on_epoch(epoch, history):
        if epoch + 1 == epochs:
            raise KeyboardInterrupt

    return on_epoch


def test_ctrl_c_returns_what_was_learned(capsys):
    model, history = train(epochs=50, on_epoch=interrupt_after(3), progress=True)
    assert "Stopped by hand in epoch 4; what was learned is kept." in capsys.readouterr().out
    assert len(history.train_loss) == 3
    assert not model.training
    assert same(model, train(epochs=3)[0])


def test_ctrl_c_returns_the_best_so_far():
    loss = Scripted(2.0, 1.0, 7.0, 8.0)
    model, _ = train(loss=loss, validation=table(20), epochs=9, on_epoch=interrupt_after(3))
    assert all(map(torch.equal, weights_of(model), loss.weights[1]))


def test_a_real_signal_in_the_middle_of_an_epoch_is_caught():
    steps = []

    def loss(model, inputs, targets):
        steps.append(len(inputs))
        if len(steps) == 6:
            signal.raise_signal(signal.SIGINT)
        return squared_error(model, inputs, targets)

    _, history = train(loss=loss, epochs=50)
    assert len(steps) == 6
    assert len(history.train_loss) == 1


@pytest.mark.parametrize(
    ("where", "value"),
    [("training", math.nan), ("validation", math.nan), ("validation", math.inf)],
)
def test_a_loss_that_is_no_number_stops_with_advice(value, where):
    def loss(model, inputs, targets):
        wrong = model.training == (where == "training") and len(seen) == 1
        return squared_error(model, inputs, targets) * (value if wrong else 1)

    seen = []
    with pytest.raises(
        FloatingPointError, match=rf"The {where} loss is {value} in epoch 2\. Try a learning rate"
    ):
        train(loss=loss, validation=table(20), on_epoch=lambda *_: seen.append(1))


# ------------------------------------------------------------------------------- full memory


class SmallMemory:
    """A loss that fails, as a full device does, for batches of more than so many rows."""

    def __init__(self, rows, error):
        self.rows, self.error, self.used = rows, error, []

    def __call__(self, model, inputs, numbers):
        if len(inputs) > self.rows:
            raise self.error
        self.used += numbers.tolist()
        return model(inputs).square().mean()


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:12] or "MemoryError")
@pytest.mark.parametrize("rows", [1, 50, 77])
def test_full_memory_halves_the_batch_and_loses_no_row(error, rows, capsys):
    loss = SmallMemory(5, error)
    X, _ = table(rows)
    _, history = train(loss=loss, data=(X, torch.arange(rows)), batch_size=32, epochs=3)
    for epoch in range(3):
        assert sorted(loss.used[epoch * rows : (epoch + 1) * rows]) == list(range(rows))
    said = capsys.readouterr().out.splitlines()
    sizes = {1: [], 50: [16, 8, 4], 77: [16, 8, 4]}[rows]
    assert said == [f"Memory is full: going on with batches of {n} rows." for n in sizes]
    assert len(history.train_loss) == 3


def test_memory_too_small_for_one_row_is_an_error():
    with pytest.raises(torch.OutOfMemoryError):
        train(loss=SmallMemory(0, ERRORS[0]), data=(table()[0], torch.arange(ROWS)))


@pytest.mark.parametrize(
    "words", ["shapes do not fit", "written-to tensor refers to a single memory location"]
)
def test_another_error_is_no_full_memory(words, capsys):
    with pytest.raises(RuntimeError, match=words):
        train(loss=SmallMemory(5, RuntimeError(words)), data=(table()[0], torch.arange(ROWS)))
    assert capsys.readouterr().out == ""


# ------------------------------------------------------------------------------- checkpoints


def noisy(generator):
    def loss(model, inputs, targets):
        noise = torch.randn(inputs.shape, generator=generator)
        return squared_error(model, inputs + 0.3 * noise, targets)

    return loss


def noisy_run(path, **choices):
    generator = torch.Generator().manual_seed(11)
    choices = {"validation": table(20, seed=2), "learning_rate": 0.05, "epochs": 12, **choices}
    return train(loss=noisy(generator), generator=generator, checkpoint=path, **choices)


@pytest.mark.parametrize("patience", [None, 3])
@pytest.mark.parametrize("broken_off", [1, 4, 7])
def test_a_resumed_run_is_the_unbroken_one_to_the_bit(tmp_path, patience, broken_off):
    model, history = noisy_run(None, patience=patience)
    path = tmp_path / "state.pt"
    noisy_run(path, patience=patience, on_epoch=_die_in(broken_off))
    resumed, resumed_history = noisy_run(path, patience=patience)
    assert same(model, resumed)
    assert resumed_history.train_loss == history.train_loss
    assert resumed_history.validation_loss == history.validation_loss
    assert resumed_history.best_epoch == history.best_epoch
    assert list(tmp_path.iterdir()) == [path]


def _die_in(epoch):
    """End a run after its checkpoint: in the middle of the next epoch's report."""
    return interrupt_after(epoch + 1)


def test_early_stopping_and_a_resumed_run_stop_in_the_same_epoch(tmp_path):
    _, history = noisy_run(None, patience=2, epochs=40)
    assert 3 < len(history.train_loss) < 40  # the case that the next lines need
    noisy_run(tmp_path / "state.pt", patience=2, epochs=3)
    model, resumed = noisy_run(tmp_path / "state.pt", patience=2, epochs=40)
    assert resumed.train_loss == history.train_loss
    again, _ = noisy_run(tmp_path / "state.pt", patience=2, epochs=40)  # nothing is left to do
    assert same(model, again)


def test_a_resumed_run_goes_on_with_the_halved_batch(tmp_path):
    X, _ = table()
    loss = SmallMemory(5, ERRORS[0])
    train(loss=loss, data=(X, torch.arange(ROWS)), checkpoint=tmp_path / "state.pt", epochs=1)
    loss.rows = 99
    halved, _ = train(
        loss=loss, data=(X, torch.arange(ROWS)), checkpoint=tmp_path / "state.pt", epochs=2
    )
    assert same(halved, train(loss=loss, data=(X, torch.arange(ROWS)), batch_size=4, epochs=2)[0])


def test_seconds_of_a_resumed_run_are_those_of_both_parts(tmp_path):
    def slow(model, inputs, targets):
        time.sleep(0.05)
        return squared_error(model, inputs, targets)

    train(loss=slow, checkpoint=tmp_path / "state.pt", epochs=1)
    _, history = train(checkpoint=tmp_path / "state.pt", epochs=2)
    assert history.seconds > 0.2  # four batches of the first part


class Opened:
    """What no file may run when it is read."""

    ran = False

    def __reduce__(self):
        return setattr, (Opened, "ran", True)


def wider():
    return nn.Sequential(nn.Linear(COLUMNS, 7), nn.Tanh(), nn.Linear(7, 1))


@pytest.mark.parametrize(
    "kind",
    ["another model", "another depth", "other data", "weights only", "code", "text", "empty"],
)
def test_a_foreign_checkpoint_is_refused_and_changes_nothing(tmp_path, kind):
    path = tmp_path / "state.pt"
    if kind == "another model":
        train(wider(), checkpoint=path)
    elif kind == "another depth":
        train(nn.Sequential(*network()[:2], nn.Linear(6, 1), nn.Linear(1, 1)), checkpoint=path)
    elif kind == "other data":
        train(data=table(31), checkpoint=path)
    elif kind == "weights only":
        torch.save(network(seed=5).state_dict(), path)
    elif kind == "code":
        torch.save({"model": Opened()}, path)
    else:
        path.write_text("" if kind == "empty" else "not a checkpoint")
    before, model = path.read_bytes(), network()
    with pytest.raises(ValueError, match=r"state\.pt'.*Remove the file to start anew\."):
        train(model, checkpoint=path)
    assert same(model, network())
    assert path.read_bytes() == before
    assert not Opened.ran


# -------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("choices", "error", "words"),
    [
        ({"data": np.ones((5, 3))}, TypeError, "data holds ndarray; a tensor"),
        ({"data": (table()[0], [1.0])}, TypeError, "data holds list; a tensor"),
        ({"data": (torch.ones(5, 3), torch.ones(4, 1))}, ValueError, r"shapes \(5, 3\), \(4, 1\)"),
        ({"data": (torch.ones(5, 3), torch.tensor(1.0))}, ValueError, r"shapes \(5, 3\), \(\)"),
        ({"data": torch.ones(0, 3)}, ValueError, r"data has shapes \(0, 3\)"),
        ({"data": ()}, ValueError, "data has shapes"),
        ({"validation": np.ones(3)}, TypeError, "validation holds ndarray"),
        ({"patience": 2}, ValueError, "patience needs validation rows"),
        ({"patience": 0, "validation": table(5)}, ValueError, "patience is 0"),
        ({"learning_rate": 0}, ValueError, "learning_rate is 0"),
        ({"learning_rate": math.nan}, ValueError, "learning_rate is nan"),
        ({"epochs": 0}, ValueError, "epochs is 0"),
        ({"epochs": 2.0}, TypeError, "epochs is 2.0"),
        ({"batch_size": 0}, ValueError, "batch_size is 0"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch is 0"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"seed": "one"}, TypeError, "seed is the text 'one'"),
    ],
)
def test_bad_input_is_named_before_anything_is_trained(choices, error, words):
    model = network()
    with pytest.raises(error, match=words):
        train(model, **choices)
    assert same(model, network())
