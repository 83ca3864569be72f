"""Exercise of lesson 21 on the module that is shipped: raw rows in, score and decision out."""

from __future__ import annotations

from course_utils.exercises.engine import Exercise
from course_utils.exercises.results import Misconception, difference, require, take_apart

import numpy as np

# ------------------------------------------------------------------------------------- 1 · shipped

FARTHEST = 1e4  # standard deviations, as in the detectors of tables

shipped = Exercise(
    "Return a torch.nn.Module that takes raw rows, float64 (rows, d), and returns (score, "
    "anomaly): the rows scaled by mean and spread in float64, cut off at ±1e4, as float32 through "
    "the network, its score (rows,) as float64, and whether it alarms; a score of NaN does.",
    hints=(
        "Everything that a caller could forget belongs inside: the scaling, the cut-off, the "
        "threshold.",
        "A column of 1.7e9 has no digits after the point in float32. Subtract and divide while X "
        "is float64; .float() comes last before the network, .double() first after it.",
        "register_buffer('mean', torch.as_tensor(mean)) keeps an array with the module. In "
        "forward: ((X - self.mean) / self.spread).clamp(-1e4, 1e4).float()",
        "Every comparison with NaN is False; so ask for what is surely normal, and turn that "
        "round: ~(score <= threshold).",
    ),
    praise="Right: nothing is left that who calls it could forget.",
    prepare=lambda: _warm(),
)


@shipped.set_solution
def shipped_solution(network, mean, spread, threshold):
    import torch

    class Shipped(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network
            self.register_buffer("mean", torch.as_tensor(mean, dtype=torch.float64))
            self.register_buffer("spread", torch.as_tensor(spread, dtype=torch.float64))

        def forward(self, X):
            scaled = ((X - self.mean) / self.spread).clamp(-1e4, 1e4)  # (rows, d), float64
            score = self.network(scaled.float()).double()  # (rows,)
            return score, ~(score <= threshold)  # NaN is not <= anything

    return Shipped().eval()


def _warm():
    from course_utils.exercises.lesson_21.program import warm

    warm()


@shipped.set_check
def shipped_check(answer):
    import torch

    network, mean, spread, X = _problem(0, 3)
    module = answer(network, mean, spread, 2.0)
    require(isinstance(module, torch.nn.Module), "A torch.nn.Module is expected.")
    with torch.no_grad():
        score, anomaly = take_apart(module(X), ("score", "anomaly"))
        wanted = shipped_solution(network, mean, spread, 2.0)(X)
    for got, right in zip((score, anomaly), wanted, strict=True):
        if told := difference(got, right):
            raise Misconception(told)


def _problem(seed, d):
    """Return a network of scores, mean and spread (d,), and rows in their units."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(d, d, generator=generator)

    class Scores(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(weight)

        def forward(self, scaled):
            return (scaled @ self.weight).abs().mean(dim=1)

    mean, spread = 10.0 ** np.arange(d), 2.0 ** np.arange(d)
    X = torch.randn(9, d, generator=generator, dtype=torch.float64)
    X = X * torch.as_tensor(spread) + torch.as_tensor(mean)
    X[3, 0] = torch.nan
    return Scores(), mean, spread, X
