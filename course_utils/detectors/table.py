"""What detectors of tables share: checked input, scaling, training and scores in batches."""

import math
import warnings
from contextlib import nullcontext
from typing import ClassVar

from course_utils import checks, runtime, training
from course_utils.detectors.base import Detector, network_state, restore_network
from course_utils.detectors.ensemble import is_usual
from course_utils.network import History

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

__all__ = ["TableDetector"]

# on the CPU a batch's numbers should stay in the cache
ROWS_AT_A_TIME = {"cpu": 2048, "other": 262_144}
SMALL_STEP = 10_000_000  # weights times rows; below it, sharing a step costs more than it saves
MINUTE = 3e11  # weights times rows times steps; so many take one core about a minute
LEAST_OF_SPREAD = 1e-3
FARTHEST = 1e4  # standard deviations; beyond, float32 would lose the small numbers beside it


class TableDetector(Detector):
    """A detector of rows; a subclass fills in the network.

    A subclass has the parameters ``batch_size`` and ``progress``, and
    ``_make(columns, generator)``, which returns the module ``network_``;
    ``_train(inputs, generator)``, which trains it and returns a History; ``_score(inputs)`` and
    ``_feature_scores(inputs)``, which return one number per row and one per entry. `inputs` are
    float32 tensors (rows, columns) on the device, scaled to mean 0 and standard deviation 1 of
    the training rows. No result may depend on the rows beside it.

    Attributes
    ----------
    history_ : course_utils.network.History
        Training loss per epoch.
    n_features_in_ : int
    feature_names_in_ : array of str
        Only after fitting on a DataFrame whose columns have names.
    """

    DESCRIBED: ClassVar = Detector.DESCRIBED | {
        "members": "int\n    Networks in the ensemble.",
        "steps": "int\n    Training steps, each with one batch for all members.",
        "batch_size": "int\n    Rows of a batch.",
        "learning_rate": "float\n    Adam's.",
        "contamination": (
            "float in (0, 0.5]\n    Share of anomalies that is assumed among the training rows."
        ),
        "rounds": (
            "int\n    Trainings, each from the start and without the rows that stood out in the "
            "one\n    before: at most the share ``contamination``, and only far from the median."
        ),
    }
    rounds = 1  # of a subclass without the parameter

    @runtime.usual_torch()
    def fit(self, X, y=None):
        """Learn what is normal from the rows of X.

        Parameters
        ----------
        X : array-like or DataFrame, shape (n, d)
            Finite numbers in any units.
        y : ignored
            Accepted because scikit-learn's pipelines hand it on.

        Returns
        -------
        the detector itself

        Raises
        ------
        TypeError, ValueError
            If X is no table of finite numbers (the message names row and column) or a parameter
            is out of range.
        """
        self._check_parameters()
        X = self._as_rows(X, reset=True)
        generator = self._generator()
        usual = np.ones(len(X), dtype=bool)
        seconds = 0.0
        for finished in range(self.rounds):
            if finished:
                before, scores = usual, torch.from_numpy(self.decision_scores_)
                usual = is_usual(scores[None], self.contamination)[0].numpy()
                if (usual == before).all():
                    break
            kept = X if usual.all() else X[usual]
            self._learn_scale(kept, X)
            self.network_ = self._make(X.shape[1], generator).to(self._device())
            self.history_ = self._train(self._scaled(kept), generator)
            self.network_.eval()
            seconds += self.history_.seconds
            self._set_decisions(self._in_batches(X, self._score))
        self.history_.seconds = seconds
        return self

    @runtime.usual_torch()
    def decision_function(self, X):
        """Return one score per row, higher = more anomalous.

        Rows are scored in batches, so that X may be an array in a file (``numpy.memmap``) that
        is larger than the memory.

        Parameters
        ----------
        X : array-like or DataFrame, shape (n, d)

        Returns
        -------
        array of float64, shape (n,)

        Raises
        ------
        TypeError, ValueError
            If X is no table of finite numbers or has another width than in ``fit``.
        sklearn.exceptions.NotFittedError
            Before ``fit``.
        """
        check_is_fitted(self)
        return self._in_batches(self._as_rows(X, reset=False), self._score)

    @runtime.usual_torch()
    def feature_scores(self, X):
        """Return each column's share of a row's score; a row's shares add up to its score.

        Parameters
        ----------
        X : array-like or DataFrame, shape (n, d)

        Returns
        -------
        array of float64, shape (n, d)
        """
        check_is_fitted(self)
        return self._in_batches(self._as_rows(X, reset=False), self._feature_scores)

    @runtime.usual_torch()
    def score_gradients(self, X):
        """Return the slope of each row's score along each of its entries.

        Parameters
        ----------
        X : array-like or DataFrame, shape (n, d)

        Returns
        -------
        array of float64, shape (n, d)
            Score for each unit of the column; 0 beyond the distance at which entries are cut off.
        """
        check_is_fitted(self)

        def slopes(inputs):
            return self._slopes(inputs) * (inputs.abs() < FARTHEST)

        return self._in_batches(self._as_rows(X, reset=False), slopes) / self.spread_

    def _slopes(self, inputs):
        """Return the slope of each row's score along its inputs, while scores are computed."""
        with torch.inference_mode(mode=False), torch.enable_grad():
            inputs = inputs.clone().requires_grad_()  # one that gradients may be asked of
            return torch.autograd.grad(self._score(inputs).sum(), inputs)[0]

    def _fit_network(self, loss, inputs, generator, steps, **choices):
        """Train ``network_`` by `loss` on batches of inputs; return the History.

        Its losses are means of up to ten steps; `choices` go on to ``training.fit``.
        """
        steps_per_epoch = math.gcd(steps, 10)
        weights = sum(each.numel() for each in self.network_.parameters())
        minutes = weights * self.batch_size * steps / MINUTE
        if minutes > 1 and inputs.device.type == "cpu":
            warnings.warn(
                f"{steps:,} steps with {weights:,} weights for {inputs.shape[1]:,} columns take "
                f"about {minutes:.0f} min of one core. progress=True shows how far they are.",
                stacklevel=5,  # of fit's caller
            )
        alone = inputs.device.type == "cpu" and weights * self.batch_size <= SMALL_STEP
        with runtime.one_torch_thread() if alone else nullcontext():
            return training.fit(
                self.network_,
                loss,
                inputs,
                epochs=steps // steps_per_epoch,
                steps_per_epoch=steps_per_epoch,
                batch_size=self.batch_size,
                generator=generator,
                device=inputs.device,
                progress=self.progress,
                **choices,
            )

    def _as_rows(self, X, *, reset):
        """Return X as something that can be cut into rows, its width and names checked.

        An array is checked for its entries only when its rows are scored, batch by batch.
        """
        if reset and hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        checks.refuse_other_forms(X)
        names = checks.column_names(X)
        if not isinstance(X, np.ndarray) or X.ndim != 2 or X.dtype.kind not in "biuf":
            X = checks.as_matrix(X, "X")
        if reset:
            self.n_features_in_ = X.shape[1]
            if names is not None:
                self.feature_names_in_ = np.asarray(names, dtype=object)
            return checks.as_matrix(X, "X")
        known = getattr(self, "feature_names_in_", None)
        checks.refuse_other_columns(X, names, self.n_features_in_, known, type(self).__name__)
        return X

    def _learn_scale(self, kept, X):
        """Keep each column's mean and spread over the rows that are learned from.

        A column that hardly varies there has its spread over all rows of X instead: else each
        entry that is only rare would be a giant.
        """
        self.mean_, spread = _mean_and_spread(kept)
        of_all = spread if kept is X else _mean_and_spread(X)[1]
        spread = np.where(spread > LEAST_OF_SPREAD * of_all, spread, of_all)
        self.spread_ = np.where(spread > 0, spread, 1.0)

    def _scaled(self, X):
        """Return rows in standard deviations from the mean as a float32 tensor on the device.

        Huge distances are cut off. torch does most of it, with the threads that it may use.
        """
        with np.errstate(over="ignore"):  # infinity is cut off as well
            distances = torch.from_numpy(X - self.mean_)
        distances.div_(torch.from_numpy(self.spread_)).clamp_(-FARTHEST, FARTHEST)
        return distances.float().to(self._device())

    def _in_batches(self, X, score):
        """Return score(inputs) for all rows of X as float64, a batch of rows at a time."""
        self.network_.to(self._device()).eval()

        def found(start, stop):
            rows = checks.as_matrix(X[start:stop], "X", first_row=start)
            with torch.inference_mode():
                return start, stop, score(self._scaled(rows)).cpu().numpy()

        results = None
        for start, stop, batch in self._in_parts(len(X), ROWS_AT_A_TIME, found):
            if results is None:
                results = np.empty((len(X), *batch.shape[1:]))
            results[start:stop] = batch
        return results

    def _exported(self):
        check_is_fitted(self)
        mean, spread = map(torch.from_numpy, (self.mean_, self.spread_))

        def scores(X):  # as _scaled does it, in torch alone
            distances = ((X - mean) / spread).clamp(-FARTHEST, FARTHEST)
            return self._score(distances.float())

        names = getattr(self, "feature_names_in_", None)
        facts = {
            "columns": self.n_features_in_,
            "names": None if names is None else names.tolist(),
        }
        return self, scores, mean, facts

    def _header(self):
        return super()._header() | {
            "history": vars(self.history_),
            "names": getattr(self, "feature_names_in_", np.array([])).tolist(),
        }

    def _state(self):
        arrays = {"mean_": self.mean_, "spread_": self.spread_}
        arrays = {name: torch.from_numpy(array) for name, array in arrays.items()}
        return super()._state() | arrays | network_state(self.network_)

    def _restore(self, header, state):
        super()._restore(header, state)
        self.mean_, self.spread_ = state["mean_"].numpy(), state["spread_"].numpy()
        self.n_features_in_ = len(self.mean_)
        if header["names"]:
            self.feature_names_in_ = np.array(header["names"], dtype=object)
        self.history_ = History(**header["history"])
        generator = torch.Generator().manual_seed(0)
        self.network_ = restore_network(self._make(self.n_features_in_, generator), state)


def _mean_and_spread(X):
    """Return each column's mean and standard deviation."""
    largest = np.abs(X).max(axis=0)
    largest[largest == 0] = 1.0
    # squares of huge numbers would overflow; and shares of a constant column are exactly ±1,
    # whose spread is exactly 0
    shares = X / largest
    return shares.mean(axis=0) * largest, shares.std(axis=0) * largest
