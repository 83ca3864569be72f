"""Lesson 23 judges by motors, recordings and machines held back, which hold their traps."""

from course_utils import data
from course_utils.exercises import lesson_23 as ex
from course_utils.exercises.lesson_23 import _machines, _motors, _recordings, lag, monitor

import numpy as np
import pytest
from scipy.signal import butter, hilbert, sosfiltfilt

# ---------------------------------------------------------------------------------------- motors


def test_a_lag_is_the_mean_of_the_past_with_falling_weights():
    values = np.random.default_rng(0).normal(size=200)
    keep = np.exp(-1 / 9)  # 1.5 hours have nine rows
    row = 120
    weights = (1 - keep) * keep ** np.arange(row + 1)
    wanted = weights @ values[row::-1] + keep ** (row + 1) * values[0]
    assert _motors.lagged(values, 1.5)[row] == pytest.approx(wanted)
    np.testing.assert_allclose(_motors.lagged(np.full(9, 3.0), 2), 3)


@pytest.mark.parametrize("seed", range(6))
def test_a_motor_s_known_rows_are_healthy_and_its_noise_grows_with_load(seed):
    motor = _motors.motor(np.random.default_rng(seed), 1.5)
    assert not (motor.known & (motor.healthy | motor.wear)).any()
    assert not (motor.healthy & motor.wear).any()
    assert motor.known.sum() == 648  # six days, of which 36 hours are left out
    gap = np.diff(np.flatnonzero(motor.known)).max()
    assert gap == 217
    score = ex.given_load._solution(motor.values, motor.load, motor.known)
    rest = motor.values - np.polyval(
        np.polyfit(motor.load[motor.known], motor.values[motor.known], 1), motor.load
    )
    low = motor.healthy & (motor.load < 40)
    high = motor.healthy & (motor.load >= 40)
    assert rest[high].std() > 3 * rest[low].std()
    assert 0.75 < score[low].std() < 1.3
    assert 0.85 < score[high].std() < 1.15


@pytest.mark.parametrize("seed", range(3))
def test_the_lag_is_found_on_known_rows_and_faults_pull_it(seed):
    all_rows = 0
    for number, hours in enumerate((1.0, 2.0, 4.0)):
        motor = _motors.motor(np.random.default_rng((seed, number)), hours)
        measured = motor.load, motor.ambient, motor.temperature, list(lag.CANDIDATES)
        assert ex.thermal_lag._solution(*measured, motor.known) == hours
        everything = np.ones_like(motor.known)
        all_rows += ex.thermal_lag._solution(*measured, everything) != hours
    assert all_rows == 3


# ------------------------------------------------------------------------------------ recordings


def test_the_envelope_spectrum_is_that_of_the_filtered_band():
    vibration = data.make_vibration(4, "inner race", seed=3)
    frequency, spectrum = _recordings.envelope_spectrum(vibration)
    band = sosfiltfilt(
        butter(4, (2000, 4000), "bandpass", fs=_recordings.RATE, output="sos"), vibration
    )
    square = np.abs(hilbert(band)) ** 2
    theirs = np.abs(np.fft.rfft((square - square.mean()) * np.hanning(len(square))))
    few = theirs[: len(frequency)]
    assert np.corrcoef(spectrum[4:], few[4:])[0, 1] > 0.98
    strike = _recordings.strikes(30 * (1 - 0.025 * 0.8))["inner race"]
    near = np.abs(frequency - strike) < 0.01 * strike
    assert spectrum[near].max() > 10 * np.median(spectrum)


def test_a_line_beside_a_strike_is_as_far_as_the_card_s_trap():
    strikes = _recordings.strikes(29.4)
    apart = (strikes["outer race"] + 29.4) / strikes["ball"] - 1
    assert -0.028 < apart < -0.027
    low, high = _recordings.BESIDE
    assert _recordings.READ < 0.012 < low < -apart < high


@pytest.mark.parametrize("seed", range(5))
def test_parts_are_named_in_new_recordings_and_neighbours_are_not(seed):
    made = _recordings.recordings(seed, 4)
    named = [
        ex.named_part._solution(each.frequency, each.spectrum, each.rotation) for each in made
    ]
    right = [each.part == part for each, part in zip(made, named, strict=True)]
    assert sum(right) >= 18
    assert len(made) == 20


# -------------------------------------------------------------------------------------- machines


def test_a_machine_s_heights_are_the_spectrum_s_highest_lines():
    recordings = data.machine_recordings(336, 5)[:7].astype(float)
    rotation = np.linspace(29.3, 30, 7)
    found = _machines._heights(recordings, rotation)
    frequency = np.fft.rfftfreq(6000, 1 / 12_000)
    for row in range(7):
        spectrum = np.fft.rfft(recordings[row])
        band = np.zeros(6000, dtype=complex)
        band[1000:2001] = spectrum[1000:2001]
        square = np.abs(np.fft.ifft(band)) ** 2
        lines = np.abs(np.fft.rfft(square)) * 6000
        for part, strike in _recordings.strikes(rotation[row]).items():
            near = np.abs(frequency - strike) <= 0.012 * strike
            assert found[part][row] == pytest.approx(lines[near].max(), rel=1e-6)


def test_our_monitor_is_in_alarm_for_longer_and_no_column_is():
    for machine, rms in monitor._held_back():
        assert machine.end - machine.start == 378  # 63 hours
        assert machine.healthy.sum() / 6 == pytest.approx(198, abs=3)
        ours = machine.hours_in_alarm(ex.my_monitor._solution(machine.train, machine.later))
        assert ours > rms
        for name in ("load", "rms", "temperature", "kurtosis"):
            for sign in (1, -1):
                assert machine.hours_in_alarm(sign * machine.later[name]) < rms - 5


def test_a_stray_alarm_early_in_the_wear_gives_its_own_minutes():
    machine = monitor._held_back()[0][0]
    scores = np.zeros(len(machine.healthy))
    scores[machine.start + 10 : machine.start + 16] = 1
    # eleven hourly means are above 0: from the third on, and until three are left among the last
    assert machine.hours_in_alarm(scores) == pytest.approx(12 / 6)
    scores[:] = 1
    assert machine.hours_in_alarm(scores) == 0  # it calls each day


# --------------------------------------------------------------------------------- small examples


def test_the_tiny_examples_of_the_stubs_hold():
    steps = np.repeat([0.0, 1.0], [10, 300])
    assert ex.alarms_of._solution(steps, 0.5).tolist() == [15, 159, 303]
    lead, false = ex.lead_time._solution([100, 1400, 1500], 1200, 1800, np.arange(3024) < 1200)
    assert lead == pytest.approx(66.667, abs=1e-3)
    assert false == pytest.approx(0.84)
    assert ex.chance_lead._solution(75.6, 1) == pytest.approx(14.7, abs=0.05)


def test_chance_warns_as_trials_do():
    generator = np.random.default_rng(0)
    for window, per_week in ((75.6, 1), (20, 7), (150, 0.5)):
        until = generator.exponential(168 / per_week, size=200_000)
        trials = np.maximum(0, window - until)
        error = trials.std() / np.sqrt(len(trials))
        assert abs(trials.mean() - ex.chance_lead._solution(window, per_week)) < 5 * error
