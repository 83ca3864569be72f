"""A GAN with an encoder, in the manner of f-AnoGAN: what lesson 11 builds, for tables."""

import math

from course_utils import checks
from course_utils.detectors.ensemble import dense_ensemble, for_members, mean_of_usual
from course_utils.detectors.table import TableDetector

import torch
from torch import nn
from torch.func import functional_call

__all__ = ["AnoGAN"]


class AnoGAN(TableDetector):
    """Scores a row by how badly an encoder and a GAN's generator give it back.

    f-AnoGAN (Schlegl et al., Medical Image Analysis 54, 2019) for tables, as a small ensemble.
    First a generator G, latent → hidden → d, and a critic, d → hidden → hidden / 2 → 1, play the
    game of WGAN-GP (Gulrajani et al., NeurIPS 2017). Then G and the critic are frozen, and an
    encoder E, d → hidden → latent, learns to find for each row x the noise E(x) from which G
    makes it again. Its loss, and the score, is the mean over the columns of |x − G(E(x))| plus
    κ times the mean of |f(x) − f(G(E(x)))|, where f are the critic's first hidden units and κ
    is ``feature_weight``. The training leaves the worst rows of each batch out where
    they stand out from the rest, at most the share ``contamination``.
    Absolute errors are taken where the paper squares them: large deviations pull less.

    In the game both players move at every step, the critic with the larger learning rate (Heusel
    et al., NeurIPS 2017), where WGAN-GP moves the critic five times for each move of G: a third
    of the cost. ``history_`` is the encoder's, since the losses of a game need not fall. Ctrl-C
    ends the phase that is running; after the game the encoder is still trained.

    Parameters
    ----------
    hidden_units : int
        Units of each hidden layer, half as many in the critic's second.
    latent_units : int
        Numbers of noise from which the generator makes a row.
    members : int
        Sets of three networks in the ensemble.
    game_steps : int
        Steps of generator and critic.
    encoder_steps : int
        Steps of the encoder.
    generator_rate, critic_rate, encoder_rate : float
        Adam's learning rates.
    penalty : float
        λ, the weight of the gradient penalty.
    feature_weight : float
        κ, the weight of the distance between the critic's features.
    """

    def __init__(
        self,
        hidden_units=64,
        latent_units=8,
        members=4,
        game_steps=150,
        encoder_steps=200,
        batch_size=256,
        generator_rate=2e-3,
        critic_rate=5e-3,
        encoder_rate=5e-3,
        penalty=10.0,
        feature_weight=1.0,
        contamination=0.1,
        seed=0,
        device=None,
        progress=False,
    ):
        self.hidden_units = hidden_units
        self.latent_units = latent_units
        self.members = members
        self.game_steps = game_steps
        self.encoder_steps = encoder_steps
        self.batch_size = batch_size
        self.generator_rate = generator_rate
        self.critic_rate = critic_rate
        self.encoder_rate = encoder_rate
        self.penalty = penalty
        self.feature_weight = feature_weight
        self.contamination = contamination
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check_parameters(self):
        super()._check_parameters()
        for name in ("hidden_units", "latent_units", "members", "game_steps", "encoder_steps"):
            checks.positive_integer(getattr(self, name), name)
        checks.positive_integer(self.batch_size, "batch_size")
        for name in ("generator_rate", "critic_rate", "encoder_rate"):
            checks.in_range(getattr(self, name), name, 0, math.inf, low_open=True)
        for name in ("penalty", "feature_weight"):
            checks.in_range(getattr(self, name), name, 0, math.inf)

    def _make(self, columns, generator):
        hidden, latent = self.hidden_units, self.latent_units
        widths = {
            "generator": (latent, hidden, columns),
            "critic": (columns, hidden, -(-hidden // 2), 1),
            "encoder": (columns, hidden, latent),
        }
        networks = {
            name: dense_ensemble(self.members, each, generator) for name, each in widths.items()
        }
        return nn.ModuleDict(networks)

    def _train(self, inputs, generator):
        network = self.network_

        def adam(_):
            pairs = ("generator", self.generator_rate), ("critic", self.critic_rate)
            groups = [{"params": network[name].parameters(), "lr": rate} for name, rate in pairs]
            return torch.optim.Adam(groups, betas=(0.0, 0.9))  # a game has no use for momentum

        def game(_, batch):
            return self._game(batch, generator)

        def residual(_, batch):
            errors, features = self._residuals(batch)
            return mean_of_usual(self._combined(errors, features), self.contamination)

        played = self._fit_network(game, inputs, generator, self.game_steps, optimiser=adam)
        for name in ("generator", "critic"):
            network[name].requires_grad_(False)
        history = self._fit_network(
            residual, inputs, generator, self.encoder_steps, learning_rate=self.encoder_rate
        )
        history.seconds += played.seconds
        return history

    def _game(self, batch, generator):
        """Return both players' losses as one sum, from which each gets the gradient of its own.

        The critic sees made rows that are cut off from the generator, and the generator is judged
        by a critic whose weights are cut off.
        """
        generate, critic = self.network_["generator"], self.network_["critic"]
        rows = len(batch)
        real = for_members(batch, self.members)  # (members, columns, rows)
        drawn = {"generator": generator, "dtype": batch.dtype}
        noise = torch.randn(self.members, self.latent_units, rows, **drawn)
        made = generate(noise.to(batch.device))
        fake = made.detach()
        share = torch.rand(self.members, 1, rows, **drawn).to(batch.device)
        between = torch.lerp(fake, real, share).requires_grad_()
        (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        steepness = (slopes.square().sum(dim=1) + 1e-12).sqrt()  # (members, rows)
        critic_loss = critic(fake).mean() - critic(real).mean()
        critic_loss = critic_loss + self.penalty * (steepness - 1).square().mean()
        cut_off = {name: each.detach() for name, each in critic.named_parameters()}
        generator_loss = -functional_call(critic, cut_off, (made,)).mean()
        return critic_loss + generator_loss

    def _residuals(self, inputs):
        """Return |x − G(E(x))|, (members, columns, rows), and the same of the features."""
        real = for_members(inputs, self.members)
        made = self.network_["generator"](self.network_["encoder"](real))
        features = self.network_["critic"][:2]
        return (real - made).abs(), (features(real) - features(made)).abs()

    def _combined(self, errors, features):
        """Return the score (members, rows) of both residuals."""
        return errors.mean(dim=1) + self.feature_weight * features.mean(dim=1)

    def _score(self, inputs):
        return self._combined(*self._residuals(inputs)).mean(dim=0)

    def _feature_scores(self, inputs):
        # a critic's feature belongs to no column: its part follows the errors of the columns
        errors, features = self._residuals(inputs)
        score = self._combined(errors, features).mean(dim=0)  # (rows,)
        errors = errors.mean(dim=0)  # (columns, rows)
        total = errors.sum(dim=0).clamp(min=torch.finfo(errors.dtype).tiny)
        return (errors / total * score).T
