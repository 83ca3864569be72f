"""A motor with a rolling bearing: vibration, temperature and current, made up in the open.

The card `datasets/machine.md` states the whole model and its sources. `make_vibration` gives one
recording, `make_machine` weeks of windows with features of each, and `machine_recordings` the raw
vibration behind those windows.
"""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData

import numpy as np
from scipy.signal import lfilter

FAULTS = ("outer race", "inner race", "ball", "cage")
KINDS = ("slow wear", "sudden fault", "hot at low load")
COLUMNS = (
    "load [%]",
    "rotation [Hz]",
    "current [A]",
    "ambient [°C]",
    "temperature [°C]",
    "vibration RMS [g]",
    "vibration peak [g]",
    "vibration kurtosis",
    "below 1 kHz RMS [g]",
    "2 to 4 kHz RMS [g]",
)
SAMPLING_RATE = 12_000  # samples a second
BALLS, BALL_DIAMETER, PITCH_DIAMETER = 9, 7.94, 39.04  # a deep-groove bearing 6205, in mm
FULL_SPEED = 30.0  # turns a second without load
SPEED_DROP = 0.025  # the share of its speed that the motor loses at full load
RESONANCE = 3_000.0  # Hz, of the housing
DECAY = 800.0  # 1/s, how fast the housing stops ringing
SLIP = 0.005  # standard deviation of the time between two impacts, as a share of it
IMPACT = 0.4  # g, one impact at severity 1 and full load
KNOCKS = 4.0  # blows from elsewhere, a second
MINUTES = 10  # from one window to the next
WINDOW_SAMPLES = SAMPLING_RATE // 2
WINDOWS_AT_ONCE = 256  # 12 MB a copy
THERMAL_HOURS = 1.5  # time constant of the motor's temperature
START = np.datetime64("2026-01-05T00:00", "m")  # a Monday


def bearing_frequencies(
    rotation,
    balls=BALLS,
    ball_diameter=BALL_DIAMETER,
    pitch_diameter=PITCH_DIAMETER,
    contact_angle=0.0,
):
    """Return how often a damaged part of a rolling bearing is struck.

    With r = ball diameter / pitch diameter · cos(contact angle), f = rotation and n = balls, for
    an outer ring at rest (Randall and Antoni, Mechanical Systems and Signal Processing 25 (2011)
    485–520, https://doi.org/10.1016/j.ymssp.2010.07.017):

    - "outer race" (BPFO): n f (1 − r) / 2;
    - "inner race" (BPFI): n f (1 + r) / 2;
    - "ball" (BSF): f (1 − r²) / (2 · ball diameter / pitch diameter), the spin of a ball. A spot
      on it strikes both races in each spin, so impacts come twice as often;
    - "cage" (FTF): f (1 − r) / 2.

    Parameters
    ----------
    rotation : float
        Turns of the shaft a second, above 0 [Hz].
    balls : int
        How many balls or rollers.
    ball_diameter, pitch_diameter : float
        Diameter of a ball and of the circle of the balls' centres, in one unit; the first is the
        smaller one.
    contact_angle : float
        In degrees, from 0 to below 90.

    Returns
    -------
    dict of str to float
        Frequencies in Hz.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    rotation = checks.in_range(rotation, "rotation", 0, np.inf, low_open=True)
    balls = checks.positive_integer(balls, "balls")
    pitch_diameter = checks.in_range(pitch_diameter, "pitch_diameter", 0, np.inf, low_open=True)
    ball_diameter = checks.in_range(
        ball_diameter, "ball_diameter", 0, pitch_diameter, low_open=True, high_open=True
    )
    contact_angle = checks.in_range(contact_angle, "contact_angle", 0, 90, high_open=True)
    diameters = ball_diameter / pitch_diameter
    ratio = diameters * np.cos(np.deg2rad(contact_angle))
    return {
        "outer race": float(balls * rotation * (1 - ratio) / 2),
        "inner race": float(balls * rotation * (1 + ratio) / 2),
        "ball": float(rotation * (1 - ratio**2) / (2 * diameters)),
        "cage": float(rotation * (1 - ratio) / 2),
    }


def make_vibration(seconds=10.0, fault=None, severity=1.0, load=0.8, seed=0):
    """Return one recording of a bearing's vibration, 12,000 samples a second.

    The shaft turns 30 · (1 − 0.025 · load) times a second; `bearing_frequencies` of that speed
    tells where to look. A damaged part makes an impact each time it is struck, and each impact
    lets the housing ring at 3 kHz. The frequencies show in the spectrum of the *envelope* of that
    band, and hardly in the spectrum of the vibration itself.

    Parameters
    ----------
    seconds : float
        From 0.1 to 3,600.
    fault : {"outer race", "inner race", "ball", "cage"}, optional
        Which part is damaged; None for a healthy bearing.
    severity : float
        How strong the impacts are, from 0 to 10; 1 is damage that is heard.
    load : float
        Share of the rated load, from 0 to 1.2.
    seed : int
        One seed, one recording.

    Returns
    -------
    ndarray of float64, shape (12,000 · seconds,)
        Acceleration in g.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    seconds = checks.in_range(seconds, "seconds", 0.1, 3600)
    severity = checks.in_range(severity, "severity", 0, 10)
    load = np.array([checks.in_range(load, "load", 0, 1.2)])
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    damage = {}
    if fault is not None:
        damage[checks.one_of(fault, "fault", FAULTS)] = np.array([severity])
    samples = round(seconds * SAMPLING_RATE)
    return _record(_rotation(load), load, damage, samples, generator)[0]


def make_machine(hours=504, seed=0, return_recordings=False):
    """Return what is measured on a motor in weeks of shift work, one row every ten minutes.

    The last five columns are computed from half a second of raw vibration, drawn for each row by
    the model of `make_vibration`. The kinds of anomaly are

    - "slow wear": the outer race wears out over 15 % of the time, until the bearing is exchanged.
      Severity grows with the square of time; rows count from severity 0.1, where nothing can be
      seen yet;
    - "sudden fault": a chip in the inner race for three hours, once for each full week;
    - "hot at low load": cooling fails for four hours of a night, as often. Rows count while the
      motor is more than 2 K warmer than it would be; such a temperature is ordinary by day.

    The first third of the rows is free of faults, so that a detector can learn there.

    Parameters
    ----------
    hours : int
        At least 336, two weeks. 504 hours give 3,024 rows.
    seed : int
        One seed, one machine.
    return_recordings : bool
        Whether to return what `machine_recordings` returns as well, without drawing it again.

    Returns
    -------
    AnomalyData
        X (6 · hours, 10), units in the column names; `time` every ten minutes from Monday
        2026-01-05; `kinds` as above. It is a series: cut it by time.
    ndarray of float32, shape (6 · hours, 6000)
        Only with `return_recordings`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    life, generator = _life(hours, seed)
    shape, kept = [], []
    for recordings in _recordings(life, generator):
        shape.append(_features(recordings))
        if return_recordings:
            kept.append(recordings.astype(np.float32))
    noise = generator.standard_normal((3, life["load"].size))
    measured = np.stack(
        [
            100 * life["load"],
            life["rotation"] + 0.01 * noise[0],
            life["current"] + 0.15 * noise[1],
            life["ambient"],
            life["temperature"] + 0.3 * noise[2],
        ],
        axis=1,
    )
    made = AnomalyData(
        X=np.concatenate([measured, np.concatenate(shape)], axis=1),
        y=life["kinds"] != "",
        feature_names=COLUMNS,
        name="Motor with a bearing",
        source="simulated by course_utils.data.simulators.machine",
        licence="MIT, as the code",
        kinds=life["kinds"],
        time=START + np.timedelta64(MINUTES, "m") * np.arange(life["load"].size),
    )
    return (made, np.concatenate(kept)) if return_recordings else made


def machine_recordings(hours=504, seed=0):
    """Return the raw vibration behind the rows of `make_machine` with the same arguments.

    Parameters
    ----------
    hours : int
        At least 336.
    seed : int
        One seed, one machine.

    Returns
    -------
    ndarray of float32, shape (6 · hours, 6000)
        Half a second of acceleration in g for each row, 12,000 samples a second. 504 hours take
        73 MB.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    life, generator = _life(hours, seed)
    return np.concatenate([each.astype(np.float32) for each in _recordings(life, generator)])


def _rotation(load):
    """Turns a second; a loaded induction motor lags behind."""
    return FULL_SPEED * (1 - SPEED_DROP * load)


def _record(rotation, load, damage, samples, generator):
    """Record one window for each rotation, load and severity of damage: all of shape (w,).

    Returns acceleration in g, shape (w, samples).
    """
    windows = rotation.size
    time = np.arange(samples) / SAMPLING_RATE
    phase = 2 * np.pi * generator.random((4, windows, 1))
    angle = 2 * np.pi * rotation[:, None] * time
    strength = (0.7 + 0.3 * load)[:, None]
    noise = generator.standard_normal((windows, samples))
    noise *= (0.03 + 0.03 * load)[:, None]
    blows = _blows(rotation, load, damage, samples, generator)
    blows += 0.1 * noise  # the bearing's own roughness makes the housing ring a little
    signal = _ring(blows)
    signal += noise
    for order, amplitude in ((1, 0.05), (2, 0.025), (3, 0.01)):
        signal += amplitude * strength * np.sin(order * angle + phase[order])
    signal += 0.01 * np.sin(2 * np.pi * 100 * time + phase[0])  # hum of the mains
    return signal


def _ring(blows):
    """Let each blow ring as exp(−DECAY · t) · sin(2π · RESONANCE · t)."""
    radius = np.exp(-DECAY / SAMPLING_RATE)
    angle = 2 * np.pi * RESONANCE / SAMPLING_RATE
    numerator = [0, radius * np.sin(angle)]
    return lfilter(numerator, [1, -2 * radius * np.cos(angle), radius**2], blows, axis=1)


def _blows(rotation, load, damage, samples, generator):
    """Put impacts of damage and knocks from elsewhere on an axis of samples, in g."""
    seconds = samples / SAMPLING_RATE
    knocks = generator.poisson(KNOCKS * seconds * rotation.size)
    where = [generator.integers(0, rotation.size * samples, knocks)]
    height = [generator.exponential(0.12, knocks)]
    for fault, severity in damage.items():
        for window in np.flatnonzero(severity):
            moment = _impact_moments(fault, rotation[window], seconds, generator)
            pulse = _load_zone(fault, rotation[window], moment, generator)
            pulse *= np.exp(0.2 * generator.standard_normal(moment.size))
            height.append(IMPACT * severity[window] * (0.3 + 0.7 * load[window]) * pulse)
            where.append(window * samples + (moment * SAMPLING_RATE).astype(int))
    size = rotation.size * samples
    blows = np.bincount(np.concatenate(where), np.concatenate(height), minlength=size)
    return blows.astype(float).reshape(rotation.size, samples)  # of no blow they are int


def _impact_moments(fault, rotation, seconds, generator):
    """Moments in seconds at which a part is struck; balls slip, so no two gaps are alike."""
    frequency = bearing_frequencies(rotation)[fault] * (2 if fault == "ball" else 1)
    count = int(1.05 * seconds * frequency) + 10
    gaps = (1 + SLIP * generator.standard_normal(count)) / frequency
    moments = np.cumsum(gaps) - generator.random() / frequency
    return moments[(moments >= 0) & (moments < seconds)]


def _load_zone(fault, rotation, moment, generator):
    """How hard each impact is, from 0 to 1, as the damaged part passes through the load.

    The outer ring rests in the load; the inner one passes it with the shaft, a ball with the
    cage, and a ball hits the two races with different force.
    """
    if fault in ("outer race", "cage"):
        return np.ones(moment.size)
    turning = rotation if fault == "inner race" else bearing_frequencies(rotation)["cage"]
    phase = 2 * np.pi * generator.random()
    zone = 0.5 + 0.5 * np.cos(2 * np.pi * turning * moment + phase)
    if fault == "ball":
        zone *= np.where(np.arange(moment.size) % 2, 0.6, 1.0)
    return zone


def _features(recording):
    """Return RMS, peak, kurtosis and the RMS of two bands, shape (w, 5), of (w, samples)."""
    samples = recording.shape[1]
    power = np.abs(np.fft.rfft(recording, axis=1)) ** 2 * 2 / samples**2
    frequency = np.fft.rfftfreq(samples, 1 / SAMPLING_RATE)
    square = recording**2
    mean_square = square.mean(axis=1)
    low = power[:, (frequency > 0) & (frequency < 1000)].sum(axis=1)
    high = power[:, (frequency >= 2000) & (frequency <= 4000)].sum(axis=1)
    peak = np.abs(recording).max(axis=1)
    kurtosis = np.einsum("ij,ij->i", square, square) / samples / mean_square**2
    columns = [np.sqrt(mean_square), peak, kurtosis, np.sqrt(low), np.sqrt(high)]
    return np.stack(columns, axis=1)


def _recordings(life, generator):
    """Yield the raw vibration of all windows, some hundred at a time."""
    for start in range(0, life["load"].size, WINDOWS_AT_ONCE):
        rows = slice(start, start + WINDOWS_AT_ONCE)
        damage = {"outer race": life["wear"][rows], "inner race": life["chip"][rows]}
        yield _record(
            life["rotation"][rows], life["load"][rows], damage, WINDOW_SAMPLES, generator
        )


def _life(hours, seed):
    """Draw what happens to the machine; return it with the generator for the measurements."""
    hours = checks.integer_in_range(hours, "hours", 336)
    planner, generator = np.random.default_rng(checks.as_seed(seed, "seed")).spawn(2)
    hour = np.arange(hours * 60 // MINUTES) * MINUTES / 60
    wear, chip, blocked = _faults(hour, hours, planner)
    load = _load(hour, planner)
    ambient = 20 + 4 * np.sin(2 * np.pi * (hour - 9) / 24) + _wander(hour.size, 24, 2, planner)
    rise = 5 + 35 * load**2 + 3 * wear + 1.5 * (chip > 0)
    excess = _lag(blocked, 0)
    kinds = np.full(hour.size, "", dtype=f"<U{max(map(len, KINDS))}")
    kinds[excess > 2] = "hot at low load"
    kinds[chip > 0] = "sudden fault"
    kinds[wear > 0.1] = "slow wear"
    life = {
        "load": load,
        "rotation": _rotation(load),
        "current": np.hypot(4, 12 * load) * (1 + 0.02 * wear + 0.03 * (chip > 0)),
        "ambient": ambient,
        "temperature": ambient + _lag(rise, rise[0]) + excess,
        "wear": wear,
        "chip": chip,
        "kinds": kinds,
    }
    return life, generator


def _load(hour, generator):
    """Early shift 85 %, late shift 65 %, night and weekend 15 %, each with a slow wander."""
    of_day, weekday = hour % 24, hour // 24 % 7
    shift = np.select([of_day < 6, of_day < 14, of_day < 22], [0.15, 0.85, 0.65], 0.15)
    planned = np.where(weekday < 5, shift, 0.15)
    return np.clip(planned + _wander(hour.size, 1, 0.07, generator), 0.02, 1.1)


def _wander(rows, hours, spread, generator):
    """A first-order autoregression with that time constant and standard deviation."""
    keep = np.exp(-MINUTES / 60 / hours)
    steps = spread * np.sqrt(1 - keep**2) * generator.standard_normal(rows)
    steps[0] = spread * generator.standard_normal()
    return lfilter([1], [1, -keep], steps)


def _lag(target, start):
    """Let a temperature follow its target with the motor's time constant."""
    keep = np.exp(-MINUTES / 60 / THERMAL_HOURS)
    return lfilter([1 - keep], [1, -keep], target, zi=[keep * start])[0]


def _faults(hour, hours, generator):
    """Return wear and chip (severities) and blocked cooling (K), each of shape (rows,)."""
    wear, chip, blocked = np.zeros((3, hour.size))
    start = generator.uniform(0.4, 0.75) * hours
    age = (hour - start) / (0.15 * hours)
    wear = np.where((age >= 0) & (age < 1), age**2, 0.0)
    days = np.arange(np.ceil(hours / 3 / 24), (hours - 12) // 24)
    free = days[(24 * (days + 1) + 12 < start) | (24 * days > start + 0.15 * hours + 6)]
    free = generator.permutation(free)
    weeks = hours // 168
    for day in free[:weeks]:
        begin = 24 * day + generator.uniform(8.5, 21)
        chip[(hour >= begin) & (hour < begin + 3)] = generator.uniform(0.25, 0.6)
    for day in free[weeks : 2 * weeks]:
        begin = 24 * day + generator.uniform(22, 25)
        blocked[(hour >= begin) & (hour < begin + 4)] = generator.uniform(12, 22)
    return wear, chip, blocked
