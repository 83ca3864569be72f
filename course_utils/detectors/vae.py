"""An ensemble of variational autoencoders: what lesson 10 builds, made robust and quick."""

import math

from course_utils import checks
from course_utils.detectors.ensemble import dense_ensemble, for_members, mean_of_usual
from course_utils.detectors.table import TableDetector

import torch
from torch import nn

__all__ = ["VAE", "VariationalNetwork", "divergence"]

LOG_VARIANCE_LIMITS = (-10.0, 10.0)  # beyond, exp(log σ²) leaves what float32 can add up
SMALLEST_SCALE = 0.01  # standard deviations of a column; a constant one would go to 0
FIRST_SCALE = 0.3


class VariationalNetwork(nn.Module):
    """Encoders, decoders and Laplace scales of all members, and the noise for scoring.

    Parameters
    ----------
    columns, hidden_units, latent_units, members, samples : int
    generator : torch.Generator
        On the CPU: the global random state stays as it is.
    """

    def __init__(self, columns, hidden_units, latent_units, members, samples, generator):
        super().__init__()
        widths = columns, hidden_units, 2 * latent_units
        self.encoder = dense_ensemble(members, widths, generator)
        self.decoder = dense_ensemble(members, (latent_units, hidden_units, columns), generator)
        scale = torch.full((members, columns, 1), math.log(FIRST_SCALE), dtype=torch.float32)
        self.log_scale = nn.Parameter(scale)  # log b
        shape = samples, members, latent_units, 1
        self.register_buffer("noise", torch.randn(shape, generator=generator, dtype=torch.float32))

    def encode(self, inputs):
        """Return the mean and log σ² of q(z|x), each (members, latent, rows)."""
        mean, log_variance = self.encoder(inputs).chunk(2, dim=1)
        return mean, log_variance.clamp(*LOG_VARIANCE_LIMITS)

    def nats(self, latent, inputs):
        """Return −log p(x|z) of each entry, (members, columns, rows), in nats.

        The Laplace density: |x − m(z)| / b + log(2b), with one learned b for each column.
        """
        log_scale = self.log_scale.clamp(min=math.log(SMALLEST_SCALE))
        errors = (inputs - self.decoder(latent)).abs()
        return errors * torch.exp(-log_scale) + (log_scale + math.log(2))


def divergence(mean, log_variance):
    """Return KL(N(μ, σ²I) ‖ N(0, I)) in nats, summed over the second axis, the latent one.

    ½ Σ (μ² + σ² − 1 − log σ²), from Kingma and Welling (ICLR 2014), appendix B.

    Parameters
    ----------
    mean, log_variance : tensor of shape (members, latent, rows)
        μ and log σ².

    Returns
    -------
    tensor of shape (members, rows)
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)


class VAE(TableDetector):
    """Scores a row by its negative reconstruction log-probability, in nats.

    Each member has an encoder, d → hidden → 2 · latent, that gives μ and log σ² of
    q(z|x) = N(μ, σ²I), and a decoder, latent → hidden → d, that gives the middle of a Laplace
    density for every column; the width of that density is learned, one number for each column.
    The loss is the negative ELBO, −E log p(x|z) + β · KL(q(z|x) ‖ N(0, I)), with one draw of z;
    of each batch the worst rows are left out where they stand out from the rest, at most the
    share ``contamination``. With more than one of ``rounds``, what stands out of all training
    rows is left out by the same rule, and networks and scaling are learned anew: of use where
    anomalies stretch the scale of a column, and a little worse elsewhere.

    The score is −log p(x|z), summed over the columns, averaged over members and ``samples``
    draws of z (An and Cho, SNU 2015). The noise behind the draws is the same for every row and
    belongs to the network, so that a row has one score, whichever rows stand beside it. Nats are
    counted from the lowest value that any entry can have, log(2 · 0.01) with the narrowest
    density allowed: that moves all scores alike, and no column has a negative share.

    Parameters
    ----------
    hidden_units : int
        Units of the hidden layer of encoder and decoder.
    latent_units : int
        Length of z.
    samples : int
        Draws of z for each row and member when rows are scored.
    beta : float, at least 0
        Weight of the KL divergence; 1 is the ELBO.
    """

    def __init__(
        self,
        hidden_units=32,
        latent_units=8,
        members=8,
        samples=8,
        beta=1.0,
        steps=150,
        rounds=1,
        batch_size=128,
        learning_rate=5e-3,
        contamination=0.1,
        seed=0,
        device=None,
        progress=False,
    ):
        self.hidden_units = hidden_units
        self.latent_units = latent_units
        self.members = members
        self.samples = samples
        self.beta = beta
        self.steps = steps
        self.rounds = rounds
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.contamination = contamination
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check_parameters(self):
        super()._check_parameters()
        sizes = "hidden_units", "latent_units", "members", "samples", "batch_size"
        for name in (*sizes, "steps", "rounds"):
            checks.positive_integer(getattr(self, name), name)
        checks.in_range(self.learning_rate, "learning_rate", 0, math.inf, low_open=True)
        checks.in_range(self.beta, "beta", 0, math.inf, high_open=True)

    def _make(self, columns, generator):
        sizes = self.hidden_units, self.latent_units, self.members, self.samples
        return VariationalNetwork(columns, *sizes, generator)

    def _train(self, inputs, generator):
        def loss(network, batch):
            inputs = for_members(batch, self.members)
            shape = self.members, self.latent_units, len(batch)
            noise = torch.randn(shape, generator=generator, dtype=torch.float32)
            return mean_of_usual(
                self._negative_elbo(network, inputs, noise.to(batch.device)), self.contamination
            )

        return self._fit_network(
            loss, inputs, generator, self.steps, learning_rate=self.learning_rate
        )

    def _negative_elbo(self, network, inputs, noise):
        """Return −ELBO (members, rows) of inputs (members, columns, rows), in nats."""
        mean, log_variance = network.encode(inputs)
        latent = mean + torch.exp(0.5 * log_variance) * noise
        nats = network.nats(latent, inputs).sum(dim=1)
        return nats + self.beta * divergence(mean, log_variance)

    def _mean_nats(self, inputs):
        """Return −log p(x|z) above its floor (columns, rows), mean of members and samples."""
        network, inputs = self.network_, for_members(inputs, self.members)
        mean, log_variance = network.encode(inputs)
        deviation = torch.exp(0.5 * log_variance)
        total = 0
        for noise in network.noise:  # (members, latent, 1): the same for every row
            total = total + network.nats(mean + deviation * noise, inputs).mean(dim=0)
        return total / self.samples - math.log(2 * SMALLEST_SCALE)

    def _score(self, inputs):
        return self._mean_nats(inputs).sum(dim=0)

    def _feature_scores(self, inputs):
        return self._mean_nats(inputs).T
