"""Lesson 10: the notebook's ELBO is the package's on the same weights; its exercises are fair."""

import math

from course_utils import detectors
from course_utils.course import lessons
from course_utils.detectors import vae
from course_utils.exercises import lesson_10 as ex

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Laplace, Normal, kl_divergence

DEFINING_CELLS = ("divergence", "network", "densities", "train", "draw-the-nats")


@pytest.fixture(scope="module")
def lesson():
    cells = lessons.sources_of("10")
    names = {"math": math, "torch": torch, "nn": nn, "device": torch.device("cpu")}
    for cell_id in DEFINING_CELLS:
        source = cells[cell_id].split("\n\n\ndetector = ")[0]  # the definition alone
        exec(compile(source, cell_id, "exec"), names)
    return names


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


def test_the_notebook_s_elbo_is_the_package_s(lesson, rows, twins):
    ours, detector = twins
    noise = torch.randn(40, 3, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        nats, kl = lesson["terms"](ours, rows, noise, lesson["laplace"])
        package = detector._negative_elbo(detector.network_, rows.T[None], noise.T[None])
    torch.testing.assert_close(nats + 0.7 * kl, package[0], rtol=1e-5, atol=1e-5)


def test_the_notebook_s_score_is_the_package_s_but_for_the_floor(lesson, rows, twins):
    ours, detector = twins
    noise = detector.network_.noise[:, 0, :, 0]  # (samples, latent)
    nats = lesson["draw_nats"](ours, rows, noise, lesson["laplace"]).mean(dim=0)
    with torch.inference_mode():
        package = detector._score(rows)
    floor = 5 * math.log(2 * vae.SMALLEST_SCALE)
    torch.testing.assert_close(nats - floor, package, rtol=1e-5, atol=1e-5)


def test_the_divergence_is_torch_s(lesson):
    mean, log_variance = torch.randn(2, 9, 4, generator=torch.Generator().manual_seed(5)).double()
    torch_s = kl_divergence(
        Normal(mean, (0.5 * log_variance).exp()), Normal(mean * 0, torch.ones_like(mean))
    ).sum(dim=1)
    torch.testing.assert_close(lesson["divergence"](mean, log_variance), torch_s)
    torch.testing.assert_close(vae.divergence(mean.T[None], log_variance.T[None])[0], torch_s)
    solution = ex.divergence_to_prior._solution(mean.numpy(), log_variance.numpy())
    np.testing.assert_allclose(solution, torch_s.numpy(), rtol=1e-12)


@pytest.mark.parametrize(("name", "kind"), [("normal", Normal), ("laplace", Laplace)])
def test_the_densities_are_torch_s(lesson, name, kind):
    errors = torch.linspace(-2, 2, 9, dtype=torch.float64)
    log_scale = torch.tensor(-0.4, dtype=torch.float64)
    torch_s = -kind(torch.zeros_like(errors), log_scale.exp()).log_prob(errors)
    torch.testing.assert_close(lesson[name](errors, log_scale), torch_s)


def test_training_lowers_the_loss_and_one_seed_is_one_result(lesson, rows):
    def loss_of(model):
        noise = torch.zeros(40, 2)
        with torch.no_grad():
            return float(sum(lesson["terms"](model, rows, noise)).mean())

    before = loss_of(lesson["VAE"](2, inputs=5))
    after = [loss_of(lesson["train"](lesson["VAE"](2, inputs=5), rows)) for _ in range(2)]
    assert after[0] < before
    assert after[0] == after[1]


def test_the_solutions_agree_with_the_notebook(lesson, rows, twins):
    ours, _ = twins
    noise = torch.randn(40, 3, generator=torch.Generator().manual_seed(6))
    with torch.no_grad():
        nats, kl = lesson["terms"](ours, rows, noise)
        mean, log_variance = ours.encode(rows)
        latent = ex.draw_latent._solution(mean.numpy(), log_variance.numpy(), noise.numpy())
        outputs = ours.decoder(torch.from_numpy(latent).float()).numpy()
    loss = ex.negative_elbo._solution(rows.numpy(), outputs, -0.6, kl.numpy(), 2.0)
    assert loss == pytest.approx(float((nats + 2 * kl).mean()), rel=1e-5)
