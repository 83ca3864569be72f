"""Integrated gradients beside captum's, which others wrote and many use."""

import copy

from course_utils import detectors, explain

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Saliency
from small_detectors import fitted, related

STEPS = 50
KINDS = (detectors.AutoEncoder, detectors.VAE, detectors.DeepSVDD)
EACH = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def captum_parts(detector, X, baseline, kind):
    """Return captum's parts of scores, by the same middles of equal steps."""
    rows, start = (
        torch.from_numpy((each - detector.mean_) / detector.spread_).to(kind)
        for each in (X, baseline[None])
    )
    judge = IntegratedGradients(detector._score)
    found = judge.attribute(rows, start, n_steps=STEPS, method="riemann_middle")
    return found.detach().numpy()


@EACH
def test_integrated_gradients_are_captum_s(kind):
    detector, X, baseline = fitted(kind), related(8, seed=4), np.median(related(), axis=0)
    scores = detector.decision_function(X)[:, None]
    found = explain.integrated_gradients(detector, X, baseline, steps=STEPS)
    theirs = captum_parts(detector, X, baseline, torch.float32)
    np.testing.assert_array_less(np.abs(found - theirs) / scores, 1e-6)
    assert np.abs(theirs).max() > 0.1 * scores.max()  # there is something to agree on


@EACH
def test_in_double_precision_they_agree_to_the_digits_of_the_steps(kind):
    detector, X, baseline = copy.deepcopy(fitted(kind)), related(8, seed=5), related(1, seed=6)[0]
    detector.network_.double()

    def slopes(rows):
        scaled = torch.from_numpy((rows - detector.mean_) / detector.spread_).requires_grad_()
        slopes = torch.autograd.grad(detector._score(scaled).sum(), scaled)[0]
        return slopes.numpy() / detector.spread_

    found = explain.integrated_gradients(slopes, X, baseline, steps=STEPS)
    theirs = captum_parts(detector, X, baseline, torch.float64)
    # captum keeps the steps themselves in single precision, so that 1 / 50 is off by 2e-8 of it
    np.testing.assert_allclose(found, theirs, rtol=5e-7, atol=1e-8)


@EACH
def test_slopes_are_captum_s(kind):
    detector, X = fitted(kind), related(8, seed=7)
    rows = torch.from_numpy((X - detector.mean_) / detector.spread_).float()
    theirs = Saliency(detector._score).attribute(rows.requires_grad_(), abs=False)
    theirs = theirs.numpy() / detector.spread_
    found = explain.gradients(detector, X)
    np.testing.assert_array_less(np.abs(found - theirs), 1e-6 * np.abs(theirs).max())
