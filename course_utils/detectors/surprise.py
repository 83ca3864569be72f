"""What a `Forecaster` learns from scaled rows: a forecast, its errors, windows, and surprise."""

from dataclasses import dataclass, field

from course_utils import series, training
from course_utils.detectors.ensemble import NORMAL_OVER_MAD
from course_utils.detectors.recurrent import as_float32

import numpy as np
import torch
from torch import nn

__all__ = ["Stream", "Surprise", "center_and_spread"]

LEAST_OF_ERROR = 1e-6  # what the error of a channel that never moves is counted in
CAP = 10.0  # of an error and of a value in a window, so that one alone does not fill a mean
RIDGE = 0.01  # added to variances of 1
SHRINKAGE = 0.2  # of the windows' covariance towards equal variances without covariance
HIGH, LOW = 0.99, 0.01  # quantiles of the calibrating rows that are one unit of surprise away
LEAST_UNIT = 1e-3
FLOOR = 1e-9
LARGEST_SURPRISE = 99.0
EPOCHS, PATIENCE, BATCH_SIZE, LEARNING_RATE = 30, 4, 128, 5e-3  # of the recurrent network
FITTED = 0.8  # share of the learned windows that it is trained on; the others stop it
LEAST_GAIN = 0.02  # of the loss on those others, for which it is kept


@dataclass
class Surprise:
    """Two questions about each row, their answers told as log surprise.

    Attributes
    ----------
    lags, window, smoothing : int
    too_quiet : bool
        Whether a third question is asked, how little each channel moved.
    arrays : dict of str to array
        What was learned, by name.
    network : Recurrent or None
    """

    lags: int
    window: int
    smoothing: int
    too_quiet: bool = False
    arrays: dict = field(default_factory=dict)
    network: nn.Module | None = None

    @property
    def warm_up(self):
        """Rows before a row that are needed to judge it."""
        return max(self.lags + self.smoothing - 1, self.window)

    def learn(self, Z, learned, network=None, **training_choices):
        """Learn from the first `learned` rows of Z, (n, channels), and calibrate on the others.

        `network`, untrained, is added to the linear forecast where it lowers the error.
        """
        known = learned - self.lags
        inputs, targets = _with_one(self._lagged(Z))[:known], Z[self.lags : learned]
        products = inputs.T @ inputs + RIDGE * known * np.eye(inputs.shape[1])
        self.arrays["coefficients"] = np.linalg.solve(products, inputs.T @ targets)
        if network is not None:
            self._train(network, Z[:learned], **training_choices)
        errors = (Z[self.lags :] - self.forecast(Z))[known:]
        center, spread = center_and_spread(errors, LEAST_OF_ERROR)
        self.arrays |= {"error_center": center, "error_scale": spread}
        self.arrays["whitening"] = np.eye(len(center))
        whitened = self._errors(Z)[known:]
        self.arrays["whitening"] = _root_of_inverse(_second_moments(whitened), RIDGE)

        windows = self._windows(Z[:learned])
        self.arrays["window_mean"] = windows.mean(axis=0)
        covariance = _second_moments(windows - self.arrays["window_mean"])
        even = np.eye(len(covariance)) * max(np.trace(covariance) / len(covariance), FLOOR)
        mixed = (1 - SHRINKAGE) * covariance + SHRINKAGE * even
        self.arrays["window_root"] = _root_of_inverse(mixed, 0.0)
        self._calibrate(Z, learned - self.warm_up)

    def answers(self, Z):
        """Return what each question finds at each row from `warm_up` on, by channel.

        Parameters
        ----------
        Z : array, shape (n, channels)

        Returns
        -------
        list of arrays, shape (n − warm_up, channels)
            Squared sizes, of which a row's sum counts, of errors and of windows; with
            `too_quiet` the mean absolute move of each channel, of which the smallest counts.
        """
        rows = len(Z) - self.warm_up
        errors = self._errors(Z)
        squares = series.trailing_mean(errors**2, self.smoothing)[-rows:] + FLOOR
        sizes = series.trailing_mean(_size(errors), self.smoothing)[-rows:]
        shares = squares / squares.sum(axis=1, keepdims=True)
        windows = (self._windows(Z)[-rows:] - self.arrays["window_mean"]) @ (
            self.arrays["window_root"]
        )
        windows = (windows**2).reshape(rows, self.window, -1).sum(axis=1)
        found = [sizes[:, None] ** 2 * shares + FLOOR, windows + FLOOR]
        if self.too_quiet:
            found.append(series.trailing_mean(np.abs(np.diff(Z, axis=0)), self.window)[-rows:])
        return found

    def surprises(self, answers):
        """Return the log surprise of each answer, (questions, rows)."""
        found = [np.log(each.sum(axis=1)) for each in answers[:2]]
        found = [self._told(each, k) for k, each in enumerate(found)]
        if self.too_quiet:
            found.append(self.quiet(answers[2]).max(axis=1))
        return np.clip(found, -LARGEST_SURPRISE, LARGEST_SURPRISE)

    def quiet(self, moves):
        """Return how surprisingly little each channel moved, (rows, channels)."""
        return (self.arrays["quiet_median"] - np.log(moves + FLOOR)) / self.arrays["quiet_unit"]

    def forecast(self, Z):
        """Return the forecast of each row from `lags` on, (n − lags, channels)."""
        lagged = self._lagged(Z)
        linear = _with_one(lagged) @ self.arrays["coefficients"]
        if self.network is None:
            return linear
        return linear + self.network.in_batches(lagged.reshape(len(lagged), self.lags, -1))

    def _told(self, logarithm, k):
        return (logarithm - self.arrays["medians"][k]) / self.arrays["units"][k]

    def _calibrate(self, Z, first):
        """Keep the median and the unit of each answer's logarithm on rows from `first` on."""
        answers = [each[first:] for each in self.answers(Z)]
        sizes = np.log([each.sum(axis=1) for each in answers[:2]])  # (2, rows)
        medians = np.median(sizes, axis=1)
        units = (np.quantile(sizes, HIGH, axis=1) - medians).clip(min=LEAST_UNIT)
        self.arrays |= {"medians": medians, "units": units}
        if self.too_quiet:
            moves = np.log(answers[2] + FLOOR)
            median = np.median(moves, axis=0)
            unit = (median - np.quantile(moves, LOW, axis=0)).clip(min=LEAST_UNIT)
            self.arrays |= {"quiet_median": median, "quiet_unit": unit}

    def _lagged(self, Z):
        """Return the flattened rows before each row from `lags` on."""
        return series.trailing_windows(Z[:-1], self.lags).reshape(len(Z) - self.lags, -1)

    def _windows(self, Z):
        """Return the flattened windows that end at each row from window − 1 on."""
        windows = series.trailing_windows(Z.clip(-CAP, CAP), self.window)
        return windows.reshape(len(windows), -1)

    def _errors(self, Z):
        """Return the errors of each row from `lags` on, alike in size and uncorrelated."""
        return self._whitened(Z[self.lags :] - self.forecast(Z))

    def _whitened(self, errors):
        learned = self.arrays
        scaled = (errors - learned["error_center"]) / learned["error_scale"]
        return scaled.clip(-CAP, CAP) @ learned["whitening"]

    def _train(self, network, Z, **choices):
        """Train a network on what the linear forecast leaves over; keep it if it helps."""
        lagged = self._lagged(Z)
        windows = as_float32(lagged.reshape(len(lagged), self.lags, -1))
        left = as_float32(Z[self.lags :] - self.forecast(Z))
        cut = int(FITTED * len(windows))
        later = windows[cut:], left[cut:]

        def loss(network, windows, left):
            return nn.functional.smooth_l1_loss(network(windows), left)

        training.fit(
            network,
            loss,
            (windows[:cut], left[:cut]),
            validation=later,
            epochs=EPOCHS,
            patience=PATIENCE,
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            **choices,
        )
        made = as_float32(network.in_batches(later[0].numpy()))
        found = nn.functional.smooth_l1_loss(made, later[1])
        without = nn.functional.smooth_l1_loss(torch.zeros_like(made), later[1])
        if found < (1 - LEAST_GAIN) * without:
            self.network = network


class Stream:
    """The rows that a next one follows on, and its score in as few steps as can be.

    Parameters
    ----------
    surprise : Surprise
        After `learn`.
    Z : array, shape (n, channels)
        Rows so far, the newest last.
    """

    def __init__(self, surprise, Z):
        self.surprise = surprise
        self.rows = Z[-surprise.warm_up :]
        errors = surprise._errors(Z) if len(Z) > surprise.lags else Z[:0]
        self.sizes = list(_size(errors)[-surprise.smoothing :])
        learned = surprise.arrays
        self.weights, self.offset = learned["coefficients"][:-1], learned["coefficients"][-1]

    def update(self, z):
        """Take one more row, (channels,); return its score, or None while rows are too few."""
        known, rows = self.surprise, self.rows
        if len(rows) >= known.lags:
            forecast = rows[-known.lags :].ravel() @ self.weights + self.offset
            if known.network is not None:
                forecast = forecast + known.network.in_batches(rows[None, -known.lags :])[0]
            errors = known._whitened(z - forecast)
            self.sizes = [*self.sizes[-known.smoothing + 1 :], _size(errors[None])[0]]
            self.sizes = self.sizes[-known.smoothing :]
        self.rows = np.vstack([rows, z])
        if len(rows) < known.warm_up:
            return None
        score = self._score()
        self.rows = self.rows[1:]
        return score

    def _score(self):
        known, learned = self.surprise, self.surprise.arrays
        window = self.rows[-known.window :].clip(-CAP, CAP).ravel() - learned["window_mean"]
        unusual = window @ learned["window_root"]
        channels = self.rows.shape[1]
        mean = sum(self.sizes) / len(self.sizes)
        sizes = np.log([mean**2 + channels * FLOOR, unusual @ unusual + channels * FLOOR])
        told = (sizes - learned["medians"]) / learned["units"]
        score = max(told[0], told[1])
        if known.too_quiet:
            moves = np.abs(np.diff(self.rows[-known.window - 1 :], axis=0)).mean(axis=0)
            score = max(score, known.quiet(moves).max())
        return float(min(max(score, -LARGEST_SURPRISE), LARGEST_SURPRISE))


def center_and_spread(values, least):
    """Return each column's median and spread: its median absolute deviation times 1.4826.

    A column that hardly varies has its standard deviation instead, and at least `least`.

    Parameters
    ----------
    values : array, shape (n, columns)
    least : float, or array of shape (columns,)

    Returns
    -------
    two arrays of shape (columns,)
    """
    center = np.median(values, axis=0)
    spread = np.median(np.abs(values - center), axis=0) * NORMAL_OVER_MAD
    return center, np.where(spread > least, spread, np.maximum(values.std(axis=0), least))


def _size(errors):
    """Return the length of each row of errors, (rows,), cut off where all are CAP."""
    return np.sqrt((errors**2).sum(axis=1)).clip(0, CAP * errors.shape[1] ** 0.5)


def _with_one(rows):
    return np.column_stack([rows, np.ones(len(rows))])


def _second_moments(values):
    """Return the mean of the products of columns, (columns, columns)."""
    return values.T @ values / len(values)


def _root_of_inverse(covariance, ridge):
    """Return the symmetric root of a covariance's inverse, `ridge` of the mean variance added."""
    variances, directions = np.linalg.eigh(covariance)
    variances = variances.clip(min=0)
    more = max(ridge * variances.mean(), FLOOR)
    return directions / np.sqrt(variances + more) @ directions.T
