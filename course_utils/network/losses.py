"""Losses: one number for a batch, and its gradient with respect to the network's outputs."""

from course_utils.network.functions import as_numbers, log_softmax, sigmoid, softmax

import numpy as np


class MeanSquaredError:
    """The mean over all elements of (output − target)², as in PyTorch and Keras."""

    def as_targets(self, targets, shape, name="targets"):
        """Return the targets as float64 of ``shape``, the shape of the outputs.

        ``(batch,)`` is taken as ``(batch, 1)``: subtracting one from the other would broadcast to
        ``(batch, batch)`` without a word.

        Raises
        ------
        ValueError
            If the shape does not match, or a target is NaN or infinite.
        """
        targets = _shaped_like_outputs(targets, shape, name)
        _refuse(~np.isfinite(targets), targets, name, "finite numbers")
        return targets

    def value(self, outputs, targets):
        """Return the loss.

        Parameters
        ----------
        outputs : array of shape (batch, out)
        targets : array of shape (batch, out), or (batch,) when out is 1

        Returns
        -------
        float
            In the squared unit of the targets.
        """
        outputs = as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        return float(np.mean((outputs - targets) ** 2))

    def gradient(self, outputs, targets):
        """Return ∂loss/∂outputs = 2 (outputs − targets) / size, shape as ``outputs``."""
        outputs = as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        return 2 * (outputs - targets) / outputs.size


class BinaryCrossEntropy:
    """The mean of −t log p − (1 − t) log(1 − p) with p = σ(output): outputs are logits.

    The loss is computed from the logit, which stays exact where p rounds to 0 or 1.
    ``sigmoid(outputs)`` gives the probabilities.
    """

    def as_targets(self, targets, shape, name="targets"):
        """Return the targets as float64 of ``shape``; ``(batch,)`` is taken as ``(batch, 1)``.

        Raises
        ------
        ValueError
            If the shape does not match, or a target lies outside [0, 1].
        """
        targets = _shaped_like_outputs(targets, shape, name)
        _refuse(~((targets >= 0) & (targets <= 1)), targets, name, "numbers from 0 to 1")
        return targets

    def value(self, outputs, targets):
        """Return the loss.

        Parameters
        ----------
        outputs : array of shape (batch, out)
            Logits.
        targets : array of shape (batch, out), or (batch,) when out is 1
            1 = anomaly, 0 = normal; numbers between are allowed.

        Returns
        -------
        float
            In nats; log 2 = 0.693 for a network that knows nothing.
        """
        z = as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, z.shape)
        # −t log σ(z) − (1 − t) log(1 − σ(z)) = max(z, 0) − t z + log(1 + exp(−|z|))
        return float(np.mean(np.maximum(z, 0) - targets * z + np.log1p(np.exp(-np.abs(z)))))

    def gradient(self, outputs, targets):
        """Return ∂loss/∂outputs = (σ(outputs) − targets) / size, shape as ``outputs``."""
        outputs = as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        return (sigmoid(outputs) - targets) / outputs.size


class SoftmaxCrossEntropy:
    """The mean over the batch of −log p[class], with p = softmax(outputs): outputs are logits.

    Targets are class numbers 0, 1, …, classes − 1, not one-hot rows.
    """

    def as_targets(self, targets, shape, name="targets"):
        """Return the class numbers as integers of shape (batch,) for outputs of ``shape``.

        Raises
        ------
        ValueError
            If the shape is not (batch,), or a target is no whole number from 0 to classes − 1.
        """
        numbers = as_numbers(targets, name)
        if len(shape) != 2 or numbers.shape != shape[:1]:
            raise ValueError(
                f"{name} has shape {numbers.shape} for outputs of shape {shape}; class numbers of "
                "shape (batch,) for outputs of shape (batch, classes) are expected. "
                "One-hot rows become class numbers with .argmax(axis=1)."
            )
        wrong = (numbers < 0) | (numbers >= shape[1]) | (numbers != np.floor(numbers))
        _refuse(wrong, numbers, name, f"whole numbers from 0 to {shape[1] - 1}")
        return numbers.astype(np.intp)

    def value(self, outputs, targets):
        """Return the loss.

        Parameters
        ----------
        outputs : array of shape (batch, classes)
            Logits.
        targets : array of shape (batch,)
            Class numbers.

        Returns
        -------
        float
            In nats; log(classes) for a network that knows nothing.
        """
        outputs = as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        return float(-np.mean(log_softmax(outputs)[np.arange(len(targets)), targets]))

    def gradient(self, outputs, targets):
        """Return ∂loss/∂outputs = (softmax(outputs) − one-hot targets) / batch, as ``outputs``."""
        outputs = as_numbers(outputs, "outputs")
        targets = self.as_targets(targets, outputs.shape)
        gradient = softmax(outputs)
        gradient[np.arange(len(targets)), targets] -= 1
        return gradient / len(targets)


def _shaped_like_outputs(targets, shape, name):
    targets = as_numbers(targets, name)
    if targets.shape == shape:
        return targets
    if targets.shape == shape[:1] and shape[1:] == (1,):
        return targets[:, np.newaxis]  # (batch,) → (batch, 1)
    raise ValueError(f"{name} has shape {targets.shape}; {shape} is expected, as outputs have.")


def _refuse(wrong, targets, name, expected):
    """Raise for the first entry that ``wrong`` marks."""
    if wrong.any():
        row = int(np.argwhere(wrong)[0][0])
        raise ValueError(
            f"{name} has {targets[wrong][0]:g} in row {row}; {expected} are expected."
        )
