"""Lesson 10: the notebook's ELBO is the package's, and learners' functions train as ours do."""

import math

from course_utils import detectors
from course_utils.course import lessons
from course_utils.detectors import vae
from course_utils.exercises import lesson_10 as ex

import numpy as np
import pytest
import torch
from answers import answers_to
from torch import nn
from torch.distributions import Laplace, Normal, kl_divergence

DEFINING_CELLS = (
    "network",
    "elbo-loss",
    "train",
    "score-twice",
    "fixed-noise",
    "nats-and-kl",
    "other-losses",
)
CARRYING = (ex.divergence_to_prior, ex.draw_latent, ex.negative_elbo)
IN_TORCH = [
    pytest.param(exercise, answer, id=f"{exercise.name}-{answer.__name__}")
    for exercise in CARRYING
    for answer in answers_to(exercise)[0]
    if exercise._carries_slopes(answer)
]


def lesson_with(**answers):
    """Return the names that the lesson's cells define, with these answers to its exercises."""
    cells = lessons.sources_of("10")
    names = {"math": math, "torch": torch, "nn": nn, "device": torch.device("cpu")}
    names |= {"Laplace": Laplace, "Normal": Normal}
    for exercise in (*CARRYING, ex.average_score):
        names[exercise.name] = exercise.or_ours(answers.get(exercise.name, ...))
    for cell_id in DEFINING_CELLS:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def lesson():
    return lesson_with()


@pytest.fixture(scope="module")
def rows():
    return torch.randn(40, 5, generator=torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def twins(lesson, rows):
    """The package's detector with one member, and the notebook's network with its weights."""
    detector = detectors.VAE(
        hidden_units=7, latent_units=3, members=1, samples=6, steps=20, beta=0.7, device="cpu"
    ).fit(rows.numpy())
    theirs = detector.network_
    with torch.no_grad():
        theirs.log_scale.fill_(-0.6)  # the notebook has one spread for all columns
    ours = lesson["VAE"](3, inputs=5, hidden=7)
    with torch.no_grad():
        ours.log_scale.fill_(-0.6)
        for mine, package in ((ours.encoder, theirs.encoder), (ours.decoder, theirs.decoder)):
            for layer in (0, 2):
                mine[layer].weight.copy_(package[layer].weight[0])
                mine[layer].bias.copy_(package[layer].bias[0, :, 0])
    return ours, detector


def trained(lesson, rows, **choices):
    """Return all weights of a network after two epochs, in a row."""
    model = lesson["train"](lesson["VAE"](2, inputs=5), rows, epochs=2, **choices)
    return nn.utils.parameters_to_vector(model.parameters()).detach()


def test_the_notebook_s_elbo_is_the_package_s(lesson, rows, twins):
    ours, detector = twins
    noise = torch.randn(40, 3, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        mean, log_variance = ours.encode(rows)
        latent = lesson["draw_latent"](mean, log_variance, noise)
        nats = lesson["row_nats"](ours, rows, latent, Laplace)
        kl = lesson["divergence_to_prior"](mean, log_variance)
        package = detector._negative_elbo(detector.network_, rows.T[None], noise.T[None])
    torch.testing.assert_close(nats + 0.7 * kl, package[0], rtol=1e-5, atol=1e-5)


def test_the_notebook_s_score_is_the_package_s_but_for_the_floor(lesson, rows, twins):
    ours, detector = twins
    noise = detector.network_.noise[:, 0, :, 0]  # (samples, latent)
    score, _ = lesson["nats_and_kl"](ours, rows, noise, Laplace)
    with torch.inference_mode():
        package = detector._score(rows)
    floor = 5 * math.log(2 * vae.SMALLEST_SCALE)
    np.testing.assert_allclose(score - floor, package.numpy(), rtol=1e-5, atol=1e-5)


def test_the_divergence_is_torch_s(lesson):
    mean, log_variance = torch.randn(2, 9, 4, generator=torch.Generator().manual_seed(5)).double()
    torch_s = kl_divergence(
        Normal(mean, (0.5 * log_variance).exp()), Normal(mean * 0, torch.ones_like(mean))
    ).sum(dim=1)
    torch.testing.assert_close(lesson["divergence_to_prior"](mean, log_variance), torch_s)
    torch.testing.assert_close(vae.divergence(mean.T[None], log_variance.T[None])[0], torch_s)
    solution = ex.divergence_to_prior._solution(mean.numpy(), log_variance.numpy())
    np.testing.assert_allclose(solution, torch_s.numpy(), rtol=1e-12)


def test_the_loss_of_a_batch_is_the_mean_of_its_rows_nats_and_kl(lesson, rows, twins):
    ours, _ = twins
    noise = torch.randn(40, 3, generator=torch.Generator().manual_seed(6))
    with torch.no_grad():
        mean, log_variance = ours.encode(rows)
        nats = lesson["row_nats"](ours, rows, lesson["draw_latent"](mean, log_variance, noise))
        kl = lesson["divergence_to_prior"](mean, log_variance)
        loss = lesson["elbo_loss"](ours, rows, noise, beta=2.0)
    torch.testing.assert_close(loss, (nats + 2 * kl).mean(), rtol=1e-5, atol=1e-5)


def test_training_lowers_the_loss_and_one_seed_is_one_result(lesson, rows):
    def loss_of(model):
        with torch.no_grad():
            return float(lesson["elbo_loss"](model, rows, torch.zeros(40, 2)))

    before = loss_of(lesson["VAE"](2, inputs=5))
    after = [loss_of(lesson["train"](lesson["VAE"](2, inputs=5), rows)) for _ in range(2)]
    assert after[0] < before
    assert after[0] == after[1]


@pytest.mark.parametrize(("exercise", "answer"), IN_TORCH)
def test_a_learner_s_function_trains_as_ours_does(exercise, answer, lesson, rows):
    theirs = lesson_with(**{exercise.name: answer})
    assert theirs[exercise.name].the_learner_s is answer
    torch.testing.assert_close(trained(theirs, rows), trained(lesson, rows), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("exercise", CARRYING, ids=lambda each: each.name)
def test_an_answer_without_slopes_passes_and_the_lesson_trains_with_ours(
    exercise, lesson, rows, capsys
):
    right, _ = answers_to(exercise)
    without = [answer for answer in right if not exercise._carries_slopes(answer)]
    assert without
    assert len(without) < len(right)
    theirs = lesson_with(**{exercise.name: without[0]})
    assert f"Your {exercise.name} is right, but slopes do not pass" in capsys.readouterr().out
    assert torch.equal(trained(theirs, rows), trained(lesson, rows))


def test_a_function_that_cuts_one_slope_is_not_trained_with():
    def with_a_spread_that_stays(inputs, outputs, log_scale, divergence, beta):
        s = math.exp(log_scale)  # a plain number, which torch cannot train
        nats = 0.5 * ((inputs - outputs) / s) ** 2 + math.log(s * math.sqrt(2 * math.pi))
        return (nats.sum(1) + beta * divergence).mean()

    assert "their slope in `log_scale` is 0," in str(
        ex.negative_elbo.examine(with_a_spread_that_stays)
    )
    assert not ex.negative_elbo._carries_slopes(with_a_spread_that_stays)


@pytest.mark.parametrize("name", ["trimmed_loss", "laplace_loss"])
def test_the_other_losses_train_too(name, lesson, rows):
    assert torch.isfinite(trained(lesson, rows, loss=lesson[name])).all()
