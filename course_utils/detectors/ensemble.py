"""Layers that hold several networks at once, so that an ensemble is trained in one pass."""

import math
from itertools import pairwise

import torch
from torch import nn

__all__ = [
    "EnsembleLinear",
    "dense_ensemble",
    "for_members",
    "is_usual",
    "mean_of_usual",
    "middle",
    "trimmed_mean",
]

UNUSUAL = 5  # robust standard deviations above the median
NORMAL_OVER_MAD = 1.4826  # a normal distribution's standard deviation over its MAD


class EnsembleLinear(nn.Module):
    """A linear layer for each member of an ensemble, computed together.

    Weights are drawn evenly from ±√(6 / (inputs + outputs)) (Glorot and Bengio, AISTATS 2010),
    biases are 0.

    Parameters
    ----------
    members, inputs, outputs : int
    generator : torch.Generator
        On the CPU: the global random state stays as it is.
    bias : bool
    """

    def __init__(self, members, inputs, outputs, generator, *, bias=True):
        super().__init__()
        reach = math.sqrt(6 / (inputs + outputs))
        # the type is named, since other code may have set another default
        drawn = torch.rand(members, outputs, inputs, generator=generator, dtype=torch.float32)
        self.weight = nn.Parameter((2 * drawn - 1) * reach)  # (members, out, in)
        zeros = torch.zeros(members, outputs, 1, dtype=torch.float32)
        self.bias = nn.Parameter(zeros) if bias else None

    def forward(self, inputs):
        """Map (members, in, rows) to (members, out, rows): rows last, since sums run faster so."""
        if self.bias is None:
            return torch.bmm(self.weight, inputs)
        return torch.baddbmm(self.bias, self.weight, inputs)


def dense_ensemble(members, widths, generator, *, bias=True):
    """Return linear layers of these widths with ReLU between them, for all members.

    Parameters
    ----------
    members : int
    widths : sequence of int
        From the inputs to the outputs.
    generator : torch.Generator
    bias : bool

    Returns
    -------
    torch.nn.Sequential
        Maps (members, widths[0], rows) to (members, widths[-1], rows).
    """
    layers = []
    for inputs, outputs in pairwise(widths):
        layers += [EnsembleLinear(members, inputs, outputs, generator, bias=bias), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def for_members(inputs, members):
    """Return inputs (rows, columns) as (members, columns, rows), the same for every member."""
    return inputs.T.contiguous().expand(members, -1, -1)


def middle(values):
    """Return each member's median, of two the lower: torch's is not repeatable on every device.

    Parameters
    ----------
    values : tensor of shape (members, rows)

    Returns
    -------
    tensor of shape (members, 1)
    """
    return values.sort(dim=1).values[:, (values.shape[1] - 1) // 2, None]


def trimmed_mean(errors, share):
    """Return the mean over all members of the errors, the worst share of each batch left out.

    What a member finds hardest in a batch may be an anomaly; it should not learn from it.
    (Rousseeuw's least trimmed squares, J. Am. Stat. Assoc. 79, 1984, has the same idea.)

    Parameters
    ----------
    errors : tensor of shape (members, rows)
    share : float in [0, 1)

    Returns
    -------
    tensor, scalar
    """
    kept = max(1, round(errors.shape[1] * (1 - share)))
    lowest = torch.topk(errors, kept, dim=1, largest=False, sorted=False).values
    return lowest.mean()


def is_usual(scores, share):
    """Return which scores do not look like an anomaly's.

    Those that do belong to the worst share of their member's *and* lie more than five robust
    standard deviations above the median (the median absolute deviation times 1.4826; Leys et al.,
    J. Exp. Soc. Psychol. 49, 2013). So of clean rows nearly all are usual, and of dirty ones at
    least all but the share.

    Parameters
    ----------
    scores : tensor of shape (members, rows)
    share : float in [0, 1)

    Returns
    -------
    tensor of bool, shape (members, rows)
    """
    rows = scores.shape[1]
    ordered = scores.detach().sort(dim=1).values
    median = ordered[:, (rows - 1) // 2, None]  # (members, 1)
    deviation = middle((ordered - median).abs())
    limit = median + UNUSUAL * NORMAL_OVER_MAD * deviation
    last_kept = ordered[:, max(1, round(rows * (1 - share))) - 1, None]
    return scores <= torch.maximum(limit, last_kept)


def mean_of_usual(errors, share):
    """Return the mean over all members of the errors, without what looks like an anomaly.

    Parameters
    ----------
    errors : tensor of shape (members, rows)
    share : float in [0, 1)

    Returns
    -------
    tensor, scalar
    """
    usual = is_usual(errors, share)
    return (errors * usual).sum() / usual.sum()
