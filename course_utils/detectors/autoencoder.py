"""An ensemble of autoencoders: what lesson 09 builds, made robust and quick."""

from course_utils import checks
from course_utils.detectors.ensemble import dense_ensemble, for_members, mean_of_usual
from course_utils.detectors.table import TableDetector

__all__ = ["AutoEncoder"]


class AutoEncoder(TableDetector):
    """Scores a row by how badly small autoencoders, trained together, give it back.

    Each member has layers d → hidden → latent → hidden → d with ReLU between them. The loss is
    the mean absolute error, which large deviations pull less than the squared one, and of each
    batch the worst rows are left out where they stand out from the rest, at most the share
    ``contamination``. Training stops after few steps: longer, and the members learn the anomalies
    as well. The score is the mean absolute error over the
    columns and members, in standard deviations of the training rows.

    Parameters
    ----------
    hidden_units : int
        Units of the layer on either side of the code.
    latent_units : int
        Units of the code.
    """

    def __init__(
        self,
        hidden_units=32,
        latent_units=8,
        members=8,
        steps=150,
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
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.contamination = contamination
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check_parameters(self):
        super()._check_parameters()
        for name in ("hidden_units", "latent_units", "members", "steps", "batch_size"):
            checks.positive_integer(getattr(self, name), name)

    def _make(self, columns, generator):
        widths = (columns, self.hidden_units, self.latent_units, self.hidden_units, columns)
        return dense_ensemble(self.members, widths, generator)

    def _train(self, inputs, generator):
        def loss(network, batch):
            errors = self._errors(network, batch).mean(dim=1)  # (members, rows)
            return mean_of_usual(errors, self.contamination)

        return self._fit_network(
            loss, inputs, generator, self.steps, learning_rate=self.learning_rate
        )

    def _errors(self, network, inputs):
        """Return the absolute errors (members, columns, rows) of inputs (rows, columns)."""
        turned = for_members(inputs, self.members)
        return (network(turned) - turned).abs()

    def _score(self, inputs):
        return self._errors(self.network_, inputs).mean(dim=(0, 1))

    def _feature_scores(self, inputs):
        return self._errors(self.network_, inputs).mean(dim=0).T / inputs.shape[1]
