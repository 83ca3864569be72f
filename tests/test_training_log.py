"""What `training.fit` tells a tracker: each loss once, in order, also over a break."""

from course_utils import training

import pytest
import torch
from torch import nn


class Noted:
    """Keeps what it is told, as a tracker of three lines would hand it on."""

    def __init__(self):
        self.told = []

    def add_scalar(self, tag, value, step):
        self.told.append((tag, value, step))


def train(log, epochs=4, validation=True, **choices):
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(40, 3, generator=generator)
    model = nn.Linear(3, 3)
    with torch.no_grad():
        model.weight.zero_()
        model.bias.zero_()
    held_out = X[30:] if validation else None

    def loss(network, rows):
        return (network(rows) - rows).square().mean()

    return training.fit(
        model,
        loss,
        X[:30],
        validation=held_out,
        epochs=epochs,
        batch_size=8,
        device="cpu",
        log=log,
        **choices,
    )


def expected(history):
    lines = []
    for epoch, (train_loss, held_out) in enumerate(
        zip(history.train_loss, history.validation_loss, strict=True)
    ):
        lines += [("loss/train", train_loss, epoch), ("loss/validation", held_out, epoch)]
    return lines


def test_each_epoch_is_told_once_with_its_losses():
    log = Noted()
    history = train(log)
    assert log.told == expected(history)
    assert len(log.told) == 8
    log = Noted()
    train(log, validation=False)
    assert [each[0] for each in log.told] == ["loss/train"] * 4


def test_tensorboard_reads_back_the_history(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(tmp_path) as writer:
        history = train(writer)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert set(events.Tags()["scalars"]) == {"loss/train", "loss/validation"}
    for tag, values in (
        ("loss/train", history.train_loss),
        ("loss/validation", history.validation_loss),
    ):
        read = events.Scalars(tag)
        assert [each.step for each in read] == [0, 1, 2, 3]
        assert [each.value for each in read] == pytest.approx(values)  # kept in float32


def test_a_resumed_run_goes_on_counting(tmp_path):
    first, second = Noted(), Noted()
    train(first, epochs=2, checkpoint=tmp_path / "state.pt")
    history = train(second, epochs=4, checkpoint=tmp_path / "state.pt")
    assert first.told + second.told == expected(history)


def test_a_tracker_that_fails_loses_no_epoch_of_a_checkpoint(tmp_path):
    class Full(Noted):
        def add_scalar(self, tag, value, step):
            super().add_scalar(tag, value, step)
            if step == 1:
                raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        train(Full(), checkpoint=tmp_path / "state.pt")
    rest = Noted()
    history = train(rest, checkpoint=tmp_path / "state.pt")
    assert rest.told == expected(history)[4:]
    assert history.train_loss == train(Noted()).train_loss


def test_what_is_no_tracker_is_named():
    with pytest.raises(TypeError, match="log is str; an object with add_scalar"):
        train("runs/first")
