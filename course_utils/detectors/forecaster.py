"""A detector of series: what lesson 15 builds, made robust and quick."""

from typing import ClassVar

from course_utils import checks, runtime, series
from course_utils.detectors.base import Detector, network_state, part_of, restore_network
from course_utils.detectors.recurrent import Recurrent
from course_utils.detectors.surprise import Stream, Surprise, center_and_spread

import numpy as np
import pandas as pd
import torch
from sklearn.utils.validation import check_is_fitted

__all__ = ["NOT_JUDGED", "Forecaster"]

NOT_JUDGED = -100.0  # the score of rows with too few rows before them; no other is as low
LEARNED = 0.7  # share of the training rows that is learned from; the rest calibrates
LEAST_OF_SPREAD = 1e-6  # of a channel's size: what a change of a constant one is counted in
FARTHEST = 50.0  # robust standard deviations; beyond, a value says no more
HALF = 0.5  # a profile is used where it leaves at most this share of the error
TINY = 1e-9
ROWS_AT_A_TIME = 8192
ARRAYS = "profile_", "center_", "scale_", "_tail"


class Forecaster(Detector):
    """Scores each row of a series by the rows up to it: is it what they led to expect?

    Channels are taken off their profile over the day or the week, where later training rows show
    that it halves their error, and scaled by median and median absolute deviation. Two questions
    are asked of each row, and the score is the larger answer:

    - A ridge regression forecasts the row from the ``lags`` rows before it (with
      ``hidden_units``, a GRU adds what it can to the forecast). How large are the last
      ``smoothing`` errors, whitened across the channels, in the mean?
    - How far is the window of the last ``window`` rows from those of the training rows, as
      Mahalanobis distance?

    Each is told as log surprise: 0 is the median of training rows that were not learned from, 1
    their 99 % quantile. A row is never judged by rows behind it: to cut the future off changes no
    score. Rows with fewer than ``warm_up_`` rows before them have the score ``NOT_JUDGED``.

    Parameters
    ----------
    lags : int
        Rows that a forecast is made from.
    window : int
        Rows of a window.
    smoothing : int
        Errors that are averaged. 1 finds short events sooner and long ones worse.
    hidden_units : int
        Units of the GRU; 0 for none.
    missing : {"refuse", "carry"}
        Refuse NaN, or carry a column's last number over.
    longest_gap : int
        Rows over which it is carried at most.
    too_quiet : bool
        Also ask how little each channel moved in the last ``window`` rows, for sensors that die.

    Attributes
    ----------
    warm_up_ : int
        Rows before a row that its score needs.
    decision_scores_, labels_ : arrays of shape (n,)
        Of the training rows.
    threshold_ : float
        The share ``contamination`` of the training rows that were not learned from scores higher.
    n_channels_ : int
    times_ : course_utils.series.Times or None
        Of the training rows.
    """

    DESCRIBED: ClassVar = Detector.DESCRIBED | {
        "contamination": (
            "float in (0, 0.5]\n    Share of the held-out training rows above ``threshold_``."
        ),
    }

    def __init__(
        self,
        lags=32,
        window=32,
        smoothing=16,
        hidden_units=0,
        missing="refuse",
        longest_gap=6,
        too_quiet=False,
        contamination=0.01,
        seed=0,
        device=None,
        progress=False,
    ):
        self.lags = lags
        self.window = window
        self.smoothing = smoothing
        self.hidden_units = hidden_units
        self.missing = missing
        self.longest_gap = longest_gap
        self.too_quiet = too_quiet
        self.contamination = contamination
        self.seed = seed
        self.device = device
        self.progress = progress

    @runtime.usual_torch()
    def fit(self, X, times=None):
        """Learn from the rows of a series, oldest first.

        Parameters
        ----------
        X : array-like, shape (n,) or (n, channels)
            In any units. Some anomalies among them do little harm.
        times : array of datetime64, DatetimeIndex or list of datetime, shape (n,), optional
            A fixed step apart. Without them no profile over the day or the week is learned.

        Returns
        -------
        the detector itself

        Raises
        ------
        TypeError, ValueError
            If X is no series of finite numbers, is too short, or the times do not fit. The
            detector then stays as it was.
        """
        fresh = type(self)(**self.get_params(deep=False))
        fresh._learn(X, times)
        vars(self).update(vars(fresh))
        return self

    @runtime.usual_torch()
    def decision_function(self, X, times=None):
        """Return one score per row, higher = more anomalous.

        Parameters
        ----------
        X : array-like, shape (n,) or (n, channels)
        times : as in ``fit``, optional
            Without them X is taken to follow the training rows, step by step, and those give the
            first rows something to be judged by. If the times say that it does not follow, the
            first ``warm_up_`` rows are not judged.

        Returns
        -------
        array of float64, shape (n,)
        """
        Z, follows = self._prepared(X, times)
        if len(Z) <= self.warm_up_:
            return np.full(len(Z), NOT_JUDGED)
        return self._score(Z) if follows else self._with_warm_up(self._score(Z))

    @runtime.usual_torch()
    def contributions(self, X, times=None):
        """Return each channel's share of what a row's score was taken from.

        Parameters
        ----------
        X, times : as in ``decision_function``

        Returns
        -------
        array of float64, shape (n, channels)
            A row adds up to 1; rows that are not judged have equal shares.
        """
        Z, follows = self._prepared(X, times)
        if len(Z) <= self.warm_up_:
            return np.full((len(Z), self.n_channels_), 1 / self.n_channels_)
        shares = np.concatenate([self._shares(part) for part in self._parts(Z, self.warm_up_)])
        alike = np.full((self.warm_up_, self.n_channels_), 1 / self.n_channels_)
        return shares if follows else np.vstack([alike, shares])

    @runtime.usual_torch()
    def forecast(self, X, times=None):
        """Return what was expected of each row by the rows before it, in X's units.

        Parameters
        ----------
        X, times : as in ``decision_function``

        Returns
        -------
        array of float64, shape (n, channels)
            NaN where there are fewer than ``lags`` rows before it.
        """
        Z, follows = self._prepared(X, times)
        rows = len(Z) - self.warm_up_ if follows else len(Z)
        expected = np.full((len(Z), self.n_channels_), np.nan)
        made = [self.surprise_.forecast(part) for part in self._parts(Z, self.lags)]
        if made:
            expected[self.lags :] = np.concatenate(made)
        placed = self._placed(times, rows)
        return expected[-rows:] * self.scale_ + self.center_ + self._season(placed, rows)

    def update(self, row, time=None):
        """Return the score of the row that follows on those seen so far, as a float.

        After ``fit`` those are the training rows; ``restart`` gives others. Row by row it
        returns what ``decision_function`` returns for all at once.

        Parameters
        ----------
        row : number or array-like, shape (channels,)
        time : datetime, optional
            Checked to be the next step.

        Raises
        ------
        TypeError, ValueError
            If the row does not fit, or the time is another one; the stream stays where it was.
        """
        check_is_fitted(self)
        row = self._as_series(np.asarray(row, dtype=float).reshape(1, -1), self._last_row)
        times = None
        if self._from is not None and (len(self.profile_) or time is not None):
            times = series.following(self._from, 1, self._seen)
        if time is not None and times is not None:
            given = series.as_times([time], 1, "time").instants[0]
            if given != times.instants[0]:
                raise ValueError(
                    f"time is {time}; the next step of this series is "
                    f"{np.datetime64(int(times.instants[0]), 'ns')} (UTC where it has a zone)."
                )
        self._seen += 1
        self._last_row = row[0]
        score = self._stream.update(self._scaled(row, times)[0])
        return NOT_JUDGED if score is None else score

    def restart(self, X, times=None):
        """Let the next ``update`` follow on the rows of X; return the detector.

        Parameters
        ----------
        X, times : as in ``decision_function``
            ``warm_up_`` rows are enough.
        """
        check_is_fitted(self)
        X = self._as_series(X, None)
        placed = self._placed(times, len(X))
        return self._follow_on(X, self._scaled(X, placed), placed)

    def _follow_on(self, X, Z, times):
        """Let the next `update` follow on rows, Z the same scaled; return the detector."""
        self._from, self._seen = times, 0
        self._last_row, self._stream = X[-1], Stream(self.surprise_, Z)
        return self

    def _parts(self, Z, before):
        """Yield parts of Z whose windows fit into memory, each with `before` rows before it."""
        for start in range(0, len(Z) - before, ROWS_AT_A_TIME):
            yield Z[start : start + ROWS_AT_A_TIME + before]

    def _score(self, Z):
        """Return the score of each row from `warm_up_` on, (n − warm_up_,)."""
        known = self.surprise_
        parts = self._parts(Z, self.warm_up_)
        return np.concatenate([known.surprises(known.answers(each)).max(axis=0) for each in parts])

    def _shares(self, Z):
        """Return the channels' shares of each score, (n − warm_up_, channels)."""
        answers = self.surprise_.answers(Z)
        largest = self.surprise_.surprises(answers).argmax(axis=0)  # (rows,): which question
        if self.too_quiet:  # the quietest channel alone
            quietest = self.surprise_.quiet(answers[2]).argmax(axis=1)
            answers[2] = np.eye(self.n_channels_)[quietest]
        shares = np.stack(answers)[largest, np.arange(len(largest))] + TINY
        return shares / shares.sum(axis=1, keepdims=True)

    def _learn(self, X, times):
        """Do what `fit` says, to a detector that is thrown away where it fails."""
        self._check_parameters()
        X = self._as_series(X, None, reset=True)
        self.times_ = None if times is None else series.as_times(times, len(X))
        self.surprise_ = Surprise(self.lags, self.window, self.smoothing, self.too_quiet)
        self.warm_up_ = self.surprise_.warm_up
        least = 4 * (self.warm_up_ + 1)
        if len(X) < least:
            raise ValueError(
                f"X has {len(X):,} rows; with lags={self.lags}, window={self.window} and "
                f"smoothing={self.smoothing} at least {least:,} are needed."
            )
        learned = int(LEARNED * len(X))
        self.profile_ = self._learn_profile(X, learned)
        self._learn_scale(X - self._season(self.times_, len(X)))
        Z = self._scaled(X, self.times_)
        self._learn_surprise(Z, learned)
        self._tail, self._tail_scaled = X[-self.warm_up_ :], Z[-self.warm_up_ :]
        scores = self._with_warm_up(self._score(Z))
        self._set_decisions(scores, held_out=scores[learned:])
        self._follow_on(self._tail, self._tail_scaled, self.times_)

    def _learn_surprise(self, Z, learned):
        """Learn the forecast, the windows and the units of surprise."""
        if not self.hidden_units:
            return self.surprise_.learn(Z, learned)
        generator = self._generator()
        network = Recurrent(self.n_channels_, self.hidden_units, generator).to(self._device())
        choices = {"generator": generator, "device": self._device(), "progress": self.progress}
        return self.surprise_.learn(Z, learned, network, **choices)

    def _with_warm_up(self, scores):
        return np.concatenate([np.full(self.warm_up_, NOT_JUDGED), scores])

    def _check_parameters(self):
        super()._check_parameters()
        for name in ("lags", "window", "smoothing"):
            checks.positive_integer(getattr(self, name), name)
        for name in ("hidden_units", "longest_gap"):
            checks.integer_in_range(getattr(self, name), name, 0)
        checks.one_of(self.missing, "missing", ("refuse", "carry"))

    def _as_series(self, X, before, *, reset=False):
        """Return X as an array (rows, channels) of finite numbers, its width checked.

        `before` is the row that it follows on, or None.
        """
        X = np.asarray(X, dtype=float) if self.missing == "carry" else X
        if getattr(X, "ndim", None) == 1 or (isinstance(X, (list, tuple)) and np.ndim(X) == 1):
            X = np.asarray(X).reshape(-1, 1)
        if self.missing == "carry":
            X = series.carried_over(X, self.longest_gap, before)
        X = checks.as_matrix(X, "X")
        if reset:
            self.n_channels_ = X.shape[1]
        elif X.shape[1] != self.n_channels_:
            raise ValueError(
                f"X has {X.shape[1]} channels; {self.n_channels_}, as in fit, are expected."
            )
        return X

    def _placed(self, times, rows):
        """Return the Times of rows that are scored; without times they follow on the training."""
        if times is None:
            return None if self.times_ is None else series.following(self.times_, rows)
        if self.times_ is None:
            raise ValueError("times are given, but fit had none.")
        placed = series.as_times(times, rows)
        if placed.step not in (None, self.times_.step):
            raise ValueError(
                f"times are {placed.step / 1e9:g} s apart; {self.times_.step / 1e9:g} s, as in "
                "fit, are expected."
            )
        if (placed.zone is None) != (self.times_.zone is None):
            raise TypeError("times have a zone and those of fit have none, or the other way.")
        return placed

    def _prepared(self, X, times):
        """Return scaled rows, behind the last training rows where X follows on those."""
        check_is_fitted(self)
        rows = len(X)
        placed = self._placed(times, rows)
        follows = times is None or (
            placed.instants[0] == self.times_.instants[-1] + self.times_.step
        )
        X = self._as_series(X, self._tail[-1] if follows else None)
        Z = self._scaled(X, placed)
        return (np.vstack([self._tail_scaled, Z]) if follows else Z), follows

    def _season(self, times, rows):
        """Return the profile's value at each of the times, (rows, channels)."""
        if times is None or not len(self.profile_):
            return np.zeros((rows, self.n_channels_))
        return self.profile_[times.wall % series.WEEK // times.step]

    def _scaled(self, X, times):
        """Return rows off their profile in robust standard deviations from the median."""
        distance = (X - self._season(times, len(X)) - self.center_) / self.scale_
        return distance.clip(-FARTHEST, FARTHEST)

    def _learn_profile(self, X, learned):
        """Return a value for each slot of the week, (slots, channels), or nothing (0, channels).

        A channel has the medians of the slots of the day or of the week, or 0 where neither
        halves the error of the later training rows.
        """
        nothing = np.zeros((0, self.n_channels_))
        if self.times_ is None or series.DAY % self.times_.step:
            return nothing
        slots = self.times_.wall % series.WEEK // self.times_.step
        in_day, in_week = series.DAY // self.times_.step, series.WEEK // self.times_.step
        least = np.abs(X[learned:] - np.median(X[:learned], axis=0)).mean(axis=0) * HALF
        profile = np.zeros((in_week, self.n_channels_))
        for period in (in_day, in_week):
            slot = slots % period
            if not np.isin(slot[learned:], slot[:learned]).all():
                continue  # too short to know every slot
            early = pd.DataFrame(X[:learned]).groupby(slot[:learned]).median()
            errors = np.abs(X[learned:] - early.loc[slot[learned:]].to_numpy()).mean(axis=0)
            whole = pd.DataFrame(X).groupby(slot).median().reindex(np.arange(in_week) % period)
            better = errors <= least
            profile[:, better] = whole.ffill().bfill().to_numpy()[:, better]
            least = np.where(better, errors * HALF, least)
        return profile if profile.any() else nothing

    def _learn_scale(self, X):
        """Keep each channel's median and spread; a constant one counts its smallest change."""
        least = LEAST_OF_SPREAD * np.maximum(np.abs(X).max(axis=0), TINY)
        self.center_, self.scale_ = center_and_spread(X, least)

    def _header(self):
        times = self.times_
        return super()._header() | {
            "network": self.surprise_.network is not None,
            "times": None if times is None else [int(times.instants[-1]), times.zone, times.step],
        }

    def _state(self):
        own = {name: getattr(self, name) for name in ARRAYS}
        arrays = own | {f"surprise.{name}": each for name, each in self.surprise_.arrays.items()}
        tensors = {name: torch.from_numpy(np.array(each)) for name, each in arrays.items()}
        if self.surprise_.network is not None:
            tensors |= network_state(self.surprise_.network)
        return super()._state() | tensors

    def _restore(self, header, state):
        super()._restore(header, state)
        for name in ARRAYS:
            setattr(self, name, state[name].numpy())
        self.n_channels_ = self._tail.shape[1]
        self.times_ = None
        if header["times"] is not None:
            self.times_ = series.backwards(*header["times"], len(self._tail))
        self.surprise_ = Surprise(self.lags, self.window, self.smoothing, self.too_quiet)
        self.warm_up_ = self.surprise_.warm_up
        learned = part_of(state, "surprise.")
        self.surprise_.arrays = {name: each.numpy() for name, each in learned.items()}
        if header["network"]:
            network = Recurrent(self.n_channels_, self.hidden_units, torch.Generator())
            self.surprise_.network = restore_network(network, state).to(self._device())
        self._tail_scaled = self._scaled(self._tail, self.times_)
        self._follow_on(self._tail, self._tail_scaled, self.times_)
