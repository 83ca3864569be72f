"""Machines held back for lesson 23: what is measured, cut in what is known and what is later."""

from __future__ import annotations

from dataclasses import dataclass

from course_utils import data
from course_utils.exercises.lesson_23 import _recordings
from course_utils.exercises.lesson_23.alarms import alarms_of_solution
from course_utils.exercises.lesson_23.lead import lead_time_solution

import numpy as np

HOURS = 420
WEAR = 0.15  # share of the time that wear takes
WIDTH = 0.012  # share of a strike's frequency in which its line is looked for
FALSE = 1.0  # alarms a week that are allowed
LINES = np.arange(45, 90)  # of 2 Hz, around the strikes of all parts at any load


@dataclass(frozen=True)
class Machine:
    """What is known of a machine, and what comes later.

    Attributes
    ----------
    train, later : dict of str to array of float, shape (rows,)
        Columns: load [%], ambient and temperature [°C], rms [g], kurtosis and the height of the
        envelope's spectrum at each part.
    start, end : int
        Rows of `later` in which the bearing wears.
    healthy : array of bool, shape (rows,)
        Rows of `later` without a fault.
    """

    train: dict[str, np.ndarray]
    later: dict[str, np.ndarray]
    start: int
    end: int
    healthy: np.ndarray

    def lead(self, scores: np.ndarray) -> float:
        """Return the longest warning, in hours, that a threshold gives at one false alarm a week.

        Parameters
        ----------
        scores : array of float, shape (rows,)
        """
        leads = [0.0]
        for threshold in np.unique(np.quantile(scores, np.linspace(0, 1, 150))):
            calls = alarms_of_solution(scores, threshold)
            lead, false = lead_time_solution(calls, self.start, self.end, self.healthy)
            leads.append(lead if false <= FALSE else 0.0)
        return float(max(leads))


def machine(seed: int) -> Machine:
    """Return a machine that is known for a third of 420 hours.

    Parameters
    ----------
    seed : int
    """
    made = data.make_machine(HOURS, seed)
    names = {"load": 0, "ambient": 3, "temperature": 4, "rms": 5, "kurtosis": 7}
    columns = {name: made.X[:, place] for name, place in names.items()}
    columns |= _heights(data.machine_recordings(HOURS, seed), made.X[:, 1])
    cut = len(made) // 3
    end = np.flatnonzero(made.kinds == "slow wear").max() + 1 - cut
    start = end - round(WEAR * HOURS * 6)
    healthy = made.kinds[cut:] == ""
    healthy[start:end] = False
    train, later = (
        {name: column[rows] for name, column in columns.items()}
        for rows in (slice(None, cut), slice(cut, None))
    )
    return Machine(train, later, start, end, healthy)


def _heights(recordings, rotation):
    """Return the envelope spectrum's highest line near each part's strikes, (rows,) each.

    The spectrum of the squared envelope is the correlation of the band's spectrum with itself, so
    that a few of its lines take a few products.
    """
    frequency = np.fft.rfftfreq(recordings.shape[1], 1 / _recordings.RATE)
    band = np.fft.rfft(recordings, axis=1)[:, (frequency >= 2000) & (frequency <= 4000)]
    spectrum = np.stack(
        [np.abs(np.einsum("ij,ij->i", band[:, line:], band[:, :-line].conj())) for line in LINES],
        axis=1,
    )
    strikes = [_recordings.strikes(each) for each in rotation]
    found = {}
    for part in _recordings.PARTS:
        strike = np.array([[each[part]] for each in strikes])
        near = np.abs(frequency[LINES] - strike) <= WIDTH * strike
        found[part] = np.where(near, spectrum, 0).max(axis=1)
    return found
