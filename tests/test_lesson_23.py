"""Lesson 23: its envelope, lag and cut meet oracles; its findings hold on motors it never saw."""

from types import SimpleNamespace

from course_utils import data
from course_utils.course import lessons
from course_utils.data.simulators import machine
from course_utils.exercises import lesson_23 as ex

import numpy as np
import pytest
from scipy.signal import hilbert

OTHERS = (6, 7, 8)  # seeds; the notebook takes 0 to 5
DEFINING_CELLS = (
    "imports",
    "more-imports",
    "euros",
    "envelope",
    "prepare",
    "lagged",
)
ON_MOTORS = (
    "scores",
    "given-load-shown",
    "named",
    "height",
    "thermal",
    "learned",
    "learn",
    "judge",
    "warned",
    "warned-shown",
    "fuse",
    "cold",
    "curves",
    "curves-of-all",
    "decide",
    "labels",
    "label-shown",
    "label-table",
    "borrowed",
    "borrowed-shown",
    "my-columns",
    "my-monitor-here",
)


def run(names, cells):
    sources = lessons.sources_of("23")
    for cell_id in cells:
        exec(compile(sources[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture(scope="module")
def lesson():
    """Return the names of the cells that need no motor, and the stored solutions."""
    return run({name: getattr(ex, name)._solution for name in ex.__all__}, DEFINING_CELLS)


@pytest.fixture(scope="module")
def judged(lesson):
    """Return the names of the notebook, run on other motors."""
    motors = [lesson["prepared"](seed) for seed in OTHERS]
    hours = (motors[0].end - motors[0].start) / 6
    names = lesson | {"motors": motors, "first": motors[0], "WEAR_HOURS": hours}
    return run(names, ON_MOTORS)


# --------------------------------------------------------------------------------- oracles


def test_the_envelope_of_a_tone_that_swells_is_known(lesson):
    time = np.arange(6000) / 12_000
    swell = 1 + 0.5 * np.cos(2 * np.pi * 100 * time)
    recordings = np.stack([swell, 2 * swell]) * np.sin(2 * np.pi * 3000 * time)
    frequency, lines = lesson["envelope_spectrum"](recordings)
    assert (frequency[1], frequency[-1], lines.shape) == (2, 500, (2, 251))
    expected = np.zeros(251)  # (1 + 0.5 cos)² = 1.125 + cos + 0.125 cos of the double
    expected[[50, 100]] = 1, 0.125
    np.testing.assert_allclose(lines[0, 1:], expected[1:], atol=1e-9)
    np.testing.assert_allclose(lines[1], 4 * lines[0], atol=1e-9)


def test_the_envelope_is_that_of_the_analytic_signal_of_the_band(lesson):
    recording = data.make_vibration(0.5, "outer race", seed=3)
    spectrum = np.fft.rfft(recording)
    spectrum[:1000] = spectrum[2000:] = 0
    squared = np.abs(hilbert(np.fft.irfft(spectrum, 6000))) ** 2
    oracle = np.abs(np.fft.rfft(squared))[:251] * 2 / 6000
    _, lines = lesson["envelope_spectrum"](recording[None])
    np.testing.assert_allclose(lines[0], oracle, rtol=1e-6, atol=1e-12)


def test_the_lag_is_the_simulator_s(lesson):
    values = np.random.default_rng(0).random(300)
    keep, state, followed = np.exp(-1 / 9), values[0], []
    for value in values:
        state = keep * state + (1 - keep) * value
        followed.append(state)
    np.testing.assert_allclose(lesson["lagged"](values, 1.5), followed)
    np.testing.assert_allclose(lesson["lagged"](values, 1.5), machine._lag(values, values[0]))


@pytest.mark.parametrize(
    ("warning", "false", "euros"), [(24, 0, 2000), (23.9, 0, 12_000), (0, 1, 19_800)]
)
def test_a_year_costs_what_the_brief_says(lesson, warning, false, euros):
    assert lesson["cost_of_a_year"](warning, false) == euros


def test_the_chance_level_is_that_of_alarms_drawn_at_random(lesson):
    generator = np.random.default_rng(0)
    waits = generator.exponential(168, 200_000)  # hours until the first alarm, one a week
    leads = np.maximum(75.6 - waits, 0)
    chance = lesson["chance_lead"](75.6, 1)
    assert abs(chance - leads.mean()) < 0.2
    assert 14.5 < chance < 14.9
    assert abs((leads > 0).mean() - 0.36) < 0.01
    assert abs(leads[leads > 0].mean() - 40) < 1


# --------------------------------------------------------------------------------- the cut


def test_the_cut_keeps_its_rows_apart(judged):
    for motor in judged["motors"]:
        assert not (motor.learned & motor.held).any()
        assert not (motor.known & motor.healthy).any()
        assert (motor.learned | motor.held == motor.known).all()
        assert motor.held.sum() == 56 * 6
        assert (motor.table.kinds[motor.known | motor.healthy] == "").all()
        assert not motor.healthy[motor.start : motor.end].any()


def test_the_wear_is_the_simulator_s(judged):
    for motor in judged["motors"]:
        wear = np.flatnonzero(machine._life(504, motor.seed)[0]["wear"])
        assert abs(wear[0] - motor.start) <= 1
        assert wear[-1] + 1 == motor.end
    assert judged["WEAR_HOURS"] == pytest.approx(75.6, abs=0.2)


def test_cold_wear_takes_out_the_heat_of_wear_alone(judged):
    for motor in judged["motors"]:
        heat = machine._lag(3 * machine._life(504, motor.seed)[0]["wear"], 0)
        removed = motor.temperature - judged["cold"](motor).temperature
        np.testing.assert_allclose(removed, heat, atol=0.05)
        assert removed.max() > 2


def test_heights_are_the_highest_lines_near_the_strikes(judged):
    motor = judged["first"]
    for part, times in (("outer race", (1, 2)), ("ball", (2, 4))):
        found = judged["heights"](motor, part)
        for row in (0, 700, 2500):
            spin = data.bearing_frequencies(motor.rotation[row])[part]
            for height, factor in zip(found, times, strict=True):
                off = np.abs(motor.frequency - factor * spin)
                near = off <= max(0.012 * factor * spin, 1)
                assert height[row] == motor.spectra[row, near].max()


def test_orders_keep_a_line_in_its_place_when_the_speed_changes(judged):
    rotation = np.array([20, 25, 30, 22, 27, 29])  # turns a second
    spectra = np.random.default_rng(0).uniform(1, 2, (6, 251))  # a line every 2 Hz
    logarithms = np.arange(1.0, 7)
    spectra[np.arange(6), rotation] = np.exp(logarithms)  # at twice the rotation
    rows = {"frequency": np.arange(0, 501, 2.0), "rotation": rotation, "spectra": spectra}
    motor = SimpleNamespace(**rows, learned=np.ones(6, dtype=bool))
    scaled = judged["order_spectra"](motor)
    assert scaled.shape == (6, 116)
    expected = (logarithms - logarithms.mean()) / logarithms.std()
    np.testing.assert_allclose(scaled[:, np.isclose(judged["ORDERS"], 2)][:, 0], expected)


# ------------------------------------------------------------------------------- the findings


def test_load_explains_and_a_shuffled_load_does_not(judged):
    gain = judged["explained"]["mean"]
    assert gain["RMS given load"] > gain["RMS"] + 0.1
    assert abs(gain["RMS given shuffled load"] - gain["RMS"]) < 0.03


def test_names_are_right_or_none(judged):
    assert judged["lags"] == [1.5] * 3
    late = judged["named"]("busy wear")
    assert late["outer race"] > 0.85
    assert set(late.index) <= {"outer race", "none"}
    assert set(judged["named"]("sudden fault").index) <= {"inner race", "none"}
    assert judged["named"]("")["none"] > 0.97


def test_warnings_come_in_the_order_that_the_lesson_tells(judged):
    hours = judged["table"]["warning [h]"]
    lagged = hours["temperature given lagged load"]
    assert lagged > hours[["spectrum, autoencoder", "RMS", "random"]].max()
    assert lagged > hours["temperature given load"]
    assert hours["envelope, outer race"] > 40
    assert hours["spectrum, autoencoder"] > hours["spectrum, untrained"]
    assert abs(hours["spectrum, autoencoder"] - hours["spectrum, Mahalanobis"]) < 15
    assert judged["table"].loc["temperature given lagged load", "cooling found"] == 1
    assert judged["table"].loc["envelope, outer race", "chips found"] < 0.2


def test_fusing_insures_against_wear_that_does_not_heat(judged):
    hours = judged["fused"]["warning [h]"]
    assert hours["temperature, cold wear"] < 30
    assert hours["largest of three, cold wear"] > 35
    assert hours["largest of three"] < hours[judged["THREE"]].max() + 8


def test_a_threshold_is_chosen_on_the_other_motors(judged):
    for name in ("RMS", "largest of three"):
        cost = judged["cost_of_a_year"](*judged["curve"][name][:2])
        expected = []
        for number in range(3):
            rest = np.round(np.delete(cost, number, axis=0).sum(axis=0))
            expected.append(cost[number, np.argmin(rest)])
        assert judged["decision"].loc[name, "EUR a year"] == pytest.approx(np.mean(expected))
        assert judged["decision"].loc[name, "dearest motor"] == pytest.approx(max(expected))
    euros = judged["decision"]["EUR a year"]
    assert euros[judged["THREE"]].max() < 8000
    assert euros["random"] > 9000


def test_labels_help_where_a_column_moves(judged):
    chips, cooling = (judged["labelled"][f"{kind} found"] for kind in ("chips", "cooling"))
    assert chips["wear; both lines"] < chips["wear and chips; vibration"]
    assert cooling["wear; vibration"] < 0.3 < cooling["wear; all four"]


def test_a_borrowed_threshold_fails_where_sensors_differ(judged):
    shortest = judged["borrowed"]["shortest warning [h]"].unstack()
    assert shortest.loc["equal sensors", "first motor's"] > 15
    assert shortest.loc["five gains", "first motor's"] < 15
    own = judged["borrowed"].xs("its own", level=1)
    np.testing.assert_allclose(*own.to_numpy(), rtol=1e-6, atol=1e-6)
