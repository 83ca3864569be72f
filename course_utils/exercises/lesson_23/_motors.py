"""Motors held back for lesson 23: shifts of load, a temperature that lags, a value given load."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

ROWS, KNOWN = 2_016, 864  # of ten minutes: 14 days, of which the first six
ROWS_AN_HOUR = 6


@dataclass(frozen=True)
class Motor:
    """What is measured on one motor.

    Attributes
    ----------
    load, ambient, temperature : array of float, shape (rows,)
        In %, °C and °C, ten minutes apart.
    hours : float
        The time constant of the temperature.
    values : array of float, shape (rows,)
        Another sensor, which follows the load, as its noise does.
    known : array of bool, shape (rows,)
        Rows without a fault that a detector may learn from: the first six days, with gaps where
        somebody worked on the motor.
    healthy, wear : array of bool, shape (rows,)
        Later rows without a fault, and those in which `values` are raised.
    """

    load: np.ndarray
    ambient: np.ndarray
    temperature: np.ndarray
    hours: float
    values: np.ndarray
    known: np.ndarray
    healthy: np.ndarray
    wear: np.ndarray


def motor(generator: np.random.Generator, hours: float, power: float = 1.0) -> Motor:
    """Return a motor, new for each generator.

    Parameters
    ----------
    generator : numpy.random.Generator
    hours : float
        The time constant of its temperature.
    power : float
        `values` follow load to this power.
    """
    hour = np.arange(ROWS) / ROWS_AN_HOUR
    load = _load(generator, hour)
    ambient = 20 + 4 * np.sin(2 * np.pi * (hour - 9) / 24) + _wander(generator, ROWS, 24, 2.0)
    warmer, known = _failures_of_cooling(generator, hour)
    rise = lagged(30 * load**2 + 40 * warmer, hours)
    temperature = ambient + 5 + rise + 0.3 * generator.normal(size=ROWS)
    wear = (hour >= 260) & (hour < 310)
    spread = 0.005 + 0.17 * load
    values = 1 + 2 * load**power + spread * generator.normal(size=ROWS)
    values += 2.5 * spread * wear * (hour - 260) / 50
    excess = lagged(40 * warmer, hours)
    healthy = (hour * ROWS_AN_HOUR >= KNOWN) & ~wear & (excess < 0.5)
    unit = 10.0 ** generator.integers(-2, 3)
    return Motor(100 * load, ambient, temperature, hours, unit * values, known, healthy, wear)


def lagged(values: np.ndarray, hours: float) -> np.ndarray:
    """Let a quantity follow `values` (rows,) with a first-order lag of that time constant."""
    keep = np.exp(-1 / ROWS_AN_HOUR / hours)
    return lfilter([1 - keep], [1, -keep], values, zi=[keep * values[0]])[0]


def _load(generator, hour):
    """Two shifts and a night; from the seventh day on the late shift works like the early."""
    night, late, early = generator.uniform((0.1, 0.45, 0.75), (0.2, 0.6, 0.9))
    of_day = hour % 24
    planned = np.select([of_day < 6, of_day < 14, of_day < 22], [night, early, late], night)
    planned[(planned == late) & (hour >= KNOWN / ROWS_AN_HOUR)] = early
    return np.clip(planned + _wander(generator, len(hour), 1, 0.07), 0.05, 1)


def _wander(generator, rows, hours, spread):
    """A first-order autoregression with that time constant and standard deviation."""
    keep = np.exp(-1 / ROWS_AN_HOUR / hours)
    return lfilter([np.sqrt(1 - keep**2)], [1, -keep], spread * generator.normal(size=rows))


def _failures_of_cooling(generator, hour):
    """Return where cooling fails (from 1 down to 0), and the rows that are known.

    It fails as a shift ends, so that the motor seems to cool slowly: on some later days, and once
    in the first six, where the rows around it are not known.
    """
    day, of_day = hour // 24, hour % 24
    failing = np.isin(day, generator.choice(np.arange(6, 14), 5, replace=False))
    early = generator.integers(2, 4)
    since = np.where(of_day >= 21, of_day - 21, of_day + 3)  # hours since 21 h
    began = np.where(of_day >= 21, day, day - 1)
    evening = np.isin(began, np.append(day[failing], early)) & (since < 6)
    repaired = (hour >= 24 * early + 21) & (hour < 24 * early + 57)
    return np.where(evening, 1 - since / 6, 0.0), (hour * ROWS_AN_HOUR < KNOWN) & ~repaired
