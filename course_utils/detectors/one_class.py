"""An ensemble of one-class networks: what lesson 12 builds, made robust and quick."""

import math

from course_utils import checks
from course_utils.detectors.ensemble import (
    EnsembleLinear,
    dense_ensemble,
    middle,
    trimmed_mean,
)
from course_utils.detectors.table import TableDetector

import torch
from torch import nn

__all__ = ["DeepSVDD"]

SAMPLE = 10_000  # training rows that whitening, centre and usual distance are taken from
WIDE = 1_000  # columns; of more, whitening knows the directions of as many rows alone
RIDGE = 0.01  # added to the variance in every direction, so that flat ones are not blown up
KEPT_AWAY = 0.1  # no coordinate of the centre is nearer to 0, which zero weights would reach
RESOLUTION = 1e-4  # added to squared distances: float32 tells nothing apart below its root
PATH_STEPS = 16  # points between the mean row and a row at which gradients are taken


class DeepSVDD(TableDetector):
    """Scores a row by its distance to a centre that small networks map the training rows to.

    Deep Support Vector Data Description (Ruff et al., ICML 2018) as an ensemble. Each member maps
    whitened rows through layers d → hidden → latent with ReLU between them; its centre is the mean
    output before training and stays. The loss is the mean squared distance to the centre; the
    worst share ``left_out`` of each batch plays no part. The output is unbounded and no bias is
    trained, which makes it hard to map everything to the centre; training stops after few steps,
    long before. The hidden layer has fixed random offsets: without any, the mean row would always
    be mapped to 0, far from the centre.

    The score is the mean over the members of the distance, each divided by the member's median
    distance of the training rows: about 1 is usual. `feature_scores` shares it out in proportion
    to the absolute integrated gradients along the straight path from the mean row (Sundararajan,
    Taly and Yan, ICML 2017).

    Parameters
    ----------
    hidden_units, latent_units : int
        Units of the hidden layer and of the output.
    left_out : float in [0, 0.5]
        Share of each batch, its farthest rows, that the networks do not learn from. More helps
        where anomalies are among the training rows; 0 is best where they are known to be clean.
    nu : float in (0, 1], optional
        Train with the soft boundary instead: only rows outside a sphere that leaves this share of
        the batch out are pulled inwards. For clean training rows.
    """

    def __init__(
        self,
        hidden_units=64,
        latent_units=32,
        members=8,
        steps=100,
        rounds=1,
        batch_size=256,
        learning_rate=2e-3,
        left_out=0.01,
        nu=None,
        contamination=0.1,
        seed=0,
        device=None,
        progress=False,
    ):
        self.hidden_units = hidden_units
        self.latent_units = latent_units
        self.members = members
        self.steps = steps
        self.rounds = rounds
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.left_out = left_out
        self.nu = nu
        self.contamination = contamination
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check_parameters(self):
        super()._check_parameters()
        for name in ("hidden_units", "latent_units", "members", "steps", "rounds", "batch_size"):
            checks.positive_integer(getattr(self, name), name)
        checks.in_range(self.left_out, "left_out", 0, 0.5)
        if self.nu is not None:
            checks.in_range(self.nu, "nu", 0, 1, low_open=True)

    def _make(self, columns, generator):
        widths = (columns, self.hidden_units, self.latent_units)
        return _Spheres(self.members, widths, generator)

    def _train(self, inputs, generator):
        chosen = torch.randperm(len(inputs), generator=generator)[:SAMPLE]
        sample = inputs[chosen.to(inputs.device)]
        self.network_.start_from(sample)

        def loss(network, batch):
            squared = network.squared_distances(batch)  # (members, rows)
            if self.nu is None:
                return trimmed_mean(squared, self.left_out)
            return soft_boundary(squared, self.nu)

        history = self._fit_network(
            loss, inputs, generator, self.steps, learning_rate=self.learning_rate
        )
        self.network_.measure_usual_distance(sample)
        return history

    def _score(self, inputs):
        return self.network_(inputs)

    def _feature_scores(self, inputs):
        gradients = torch.zeros_like(inputs)
        for step in range(PATH_STEPS):
            gradients += self._slopes(inputs * ((step + 0.5) / PATH_STEPS))
        pull = (inputs * gradients).abs() / PATH_STEPS + 1e-6  # the mean row: equal shares
        return self._score(inputs)[:, None] * pull / pull.sum(dim=1, keepdim=True)


def soft_boundary(squared, nu):
    """Return the mean over all members of R² + (1 / ν) · mean of max(0, squared − R²).

    The best R² for given distances leaves the share ν of them outside: there, a larger R² costs
    as much as it saves. It is taken from the batch and is no weight.

    Parameters
    ----------
    squared : tensor of shape (members, rows)
        Squared distances to the centre.
    nu : float in (0, 1]

    Returns
    -------
    tensor, scalar
    """
    radius = torch.quantile(squared.detach(), 1 - nu, dim=1, keepdim=True)
    return (radius + (squared - radius).clamp(min=0) / nu).mean()


class _Spheres(nn.Module):
    """The members' networks, with what is learned before and after training as buffers."""

    def __init__(self, members, widths, generator):
        super().__init__()
        columns, hidden, latent = widths
        self.members = members
        self.first = EnsembleLinear(members, columns, hidden, generator, bias=False)
        self.rest = dense_ensemble(members, (hidden, latent), generator, bias=False)
        kind = {"dtype": torch.float32}
        offsets = torch.rand(members, hidden, 1, generator=generator, **kind) - 0.5
        self.register_buffer("offsets", offsets)
        # (columns, columns), or of a wide table one row for each row that it was taken from
        self.register_buffer(
            "whitening", torch.eye(columns if columns <= WIDE else 0, columns, **kind)
        )
        self.register_buffer("centre", torch.zeros(members, latent, 1, **kind))
        self.register_buffer("usual", torch.ones(members, 1, **kind))

    def map(self, inputs):
        """Map (rows, columns) to (members, latent, rows)."""
        turned = self._whitened(inputs.T).expand(self.members, -1, -1)
        return self.rest((self.first(turned) + self.offsets).relu())

    def _whitened(self, turned):
        """Give (columns, rows) the same variance in every direction, √(variance + RIDGE) off."""
        if len(turned) <= WIDE:
            return self.whitening @ turned
        return (turned - self.whitening.T @ (self.whitening @ turned)) / math.sqrt(RIDGE)

    def squared_distances(self, inputs):
        """Return each member's mean squared distance per coordinate (members, rows)."""
        return (self.map(inputs) - self.centre).square().mean(dim=1)

    def forward(self, inputs):
        """Return the score of each row (rows,)."""
        return (self._distances(inputs) / self.usual).mean(dim=0)

    def _distances(self, inputs):
        return (self.squared_distances(inputs) + RESOLUTION).sqrt()

    @torch.no_grad()
    def start_from(self, inputs):
        """Whiten by the covariance of these rows and put the centre at their mean output."""
        # on the CPU in float64, and symmetric: the same matrix on every device
        if inputs.shape[1] <= WIDE:
            covariance = (inputs.T @ inputs / len(inputs)).cpu().double()
            variances, directions = torch.linalg.eigh(covariance)
            shrunk = directions / (variances.clamp(min=0) + RIDGE).sqrt()
            self.whitening.copy_(shrunk @ directions.T)
        else:
            self.whitening = _wide_whitening(inputs[:WIDE].cpu().double()).to(inputs)
        centre = self.map(inputs).mean(dim=2, keepdim=True)
        away = torch.where(centre < 0, -KEPT_AWAY, KEPT_AWAY)
        self.centre.copy_(torch.where(centre.abs() < KEPT_AWAY, away, centre))

    @torch.no_grad()
    def measure_usual_distance(self, inputs):
        """Keep each member's median distance of these rows."""
        self.usual.copy_(middle(self._distances(inputs)))

    def _load_from_state_dict(self, state, prefix, *others):
        self.whitening = torch.empty_like(state[prefix + "whitening"])  # rows as they were saved
        super()._load_from_state_dict(state, prefix, *others)


def _wide_whitening(inputs):
    """Return B of the whitening (1 − Bᵀ B) / √RIDGE, (rows, columns), of as many rows at most.

    With more columns than rows, the variance is 0 in all directions but a few. Only those are
    computed, from the products of rows (rows, rows) in place of those of columns.
    """
    variances, directions = torch.linalg.eigh(inputs @ inputs.T / len(inputs))
    spread = (variances.clamp(min=0) + RIDGE).sqrt()
    shares = len(inputs) * spread * (spread + math.sqrt(RIDGE))
    return (directions.T @ inputs) / shares.sqrt()[:, None]
