"""data.machine: damage rings at the frequencies of the geometry, and labels follow the faults."""

from course_utils import data
from course_utils.data.simulators import machine
from course_utils.data.simulators.machine import (
    COLUMNS,
    FAULTS,
    KINDS,
    bearing_frequencies,
    machine_recordings,
    make_machine,
    make_vibration,
)

import numpy as np
import pytest
from scipy.signal import butter, hilbert, lfilter, sosfiltfilt
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

RATE = machine.SAMPLING_RATE
ROTATION = 30 * (1 - 0.025 * 0.8)  # at the load that make_vibration takes by default


def envelope_spectrum(vibration):
    """Frequencies in Hz and the amplitude of the squared envelope of the band 2 to 4 kHz."""
    band = sosfiltfilt(butter(4, (2000, 4000), "bandpass", fs=RATE, output="sos"), vibration)
    envelope = np.abs(hilbert(band)) ** 2
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(envelope.size)))
    return np.fft.rfftfreq(envelope.size, 1 / RATE), spectrum


def prominence(spectrum, frequency):
    """Peak within 1 % of a frequency over the median of its surroundings."""
    frequencies, amplitude = spectrum
    distance = np.abs(frequencies - frequency)
    near = distance <= max(0.01 * frequency, 0.3)
    around = (distance < 0.4 * frequency) & ~near
    return amplitude[near].max() / np.median(amplitude[around])


# --- geometry


def test_frequencies_of_a_6205_at_1797_turns_a_minute():
    """The geometry that is in use for the motor bearing of Case Western Reserve University."""
    found = bearing_frequencies(1797 / 60)
    assert found["outer race"] == pytest.approx(107.36, abs=0.01)
    assert found["inner race"] == pytest.approx(162.19, abs=0.01)
    assert found["ball"] == pytest.approx(70.58, abs=0.01)
    assert found["cage"] == pytest.approx(11.93, abs=0.01)


def test_frequencies_follow_from_the_geometry():
    found = bearing_frequencies(25, balls=8, ball_diameter=2, pitch_diameter=12, contact_angle=15)
    assert found["outer race"] + found["inner race"] == pytest.approx(8 * 25)
    assert found["outer race"] == pytest.approx(8 * found["cage"])
    # a ball rolls on the outer ring: in the cage's frame, surface speeds are equal
    ratio = 2 / 12 * np.cos(np.deg2rad(15))
    assert found["cage"] == pytest.approx(12.5 * (1 - ratio))
    assert found["ball"] == pytest.approx((25 - found["cage"]) * (1 - ratio) * 12 / 2)
    doubled = bearing_frequencies(
        50, balls=8, ball_diameter=2, pitch_diameter=12, contact_angle=15
    )
    assert all(doubled[name] == pytest.approx(2 * found[name]) for name in FAULTS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rotation": 0}, r"rotation is 0; a number in \(0, ∞\)"),
        ({"rotation": 1, "balls": 0}, "balls is 0"),
        ({"rotation": 1, "ball_diameter": 40}, r"ball_diameter is 40; a number in \(0, 39.04\)"),
        ({"rotation": 1, "contact_angle": 90}, r"contact_angle is 90; a number in \[0, 90\)"),
    ],
)
def test_impossible_bearings_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        bearing_frequencies(**arguments)


# --- one recording


def test_a_recording_has_its_length_and_its_seed_and_touches_no_global_one():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = make_vibration(1.5, "ball", seed=4)
    assert np.array_equal(np.random.get_state()[1], before)
    assert (first.shape, first.dtype) == ((18_000,), np.float64)
    assert np.array_equal(first, make_vibration(1.5, "ball", seed=4))
    assert not np.array_equal(first, make_vibration(1.5, "ball", seed=5))
    assert np.isfinite(first).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_short_recording_may_hold_no_knock_at_all(seed):
    vibration = make_vibration(0.1, seed=seed)
    assert vibration.shape == (1200,)
    assert vibration.dtype == float
    assert 0.04 < vibration.std() < 0.2


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_shows_in_the_envelope_at_its_own_frequency_alone(fault):
    expected = bearing_frequencies(ROTATION)
    struck = {**expected, "ball": 2 * expected["ball"]}
    for seed in range(3):
        spectrum = envelope_spectrum(make_vibration(10, fault, seed=seed))
        assert prominence(spectrum, struck[fault]) > 8
        for other in {"outer race", "inner race"} - {fault}:
            if (fault, other) != ("cage", "outer race"):  # nine times the cage's frequency
                assert prominence(spectrum, struck[other]) < 5


@pytest.mark.parametrize("fault", ["outer race", "inner race", "ball"])
def test_the_highest_peak_is_the_fault(fault):
    expected = bearing_frequencies(ROTATION)[fault] * (2 if fault == "ball" else 1)
    frequencies, amplitude = envelope_spectrum(make_vibration(10, fault, seed=1))
    band = (frequencies > 5) & (frequencies < 300)
    highest = frequencies[band][amplitude[band].argmax()]
    assert highest == pytest.approx(expected, rel=0.005)


def test_the_spectrum_itself_hardly_shows_the_damage():
    vibration = make_vibration(10, "outer race", seed=1)
    plain = np.fft.rfftfreq(vibration.size, 1 / RATE), np.abs(np.fft.rfft(vibration))
    frequency = bearing_frequencies(ROTATION)["outer race"]
    assert prominence(plain, frequency) < prominence(envelope_spectrum(vibration), frequency) / 4


def test_inner_race_damage_comes_and_goes_with_the_shaft():
    spectrum = envelope_spectrum(make_vibration(10, "inner race", seed=2))
    frequency = bearing_frequencies(ROTATION)["inner race"]
    assert prominence(spectrum, frequency - ROTATION) > 5
    assert prominence(spectrum, frequency + ROTATION) > 5


def test_a_healthy_bearing_shows_none_of_them_and_severity_0_is_healthy():
    for seed in range(3):
        spectrum = envelope_spectrum(make_vibration(10, seed=seed))
        for frequency in bearing_frequencies(ROTATION).values():
            assert prominence(spectrum, frequency) < 5
    healthy, none = make_vibration(1), make_vibration(1, "outer race", severity=0)
    assert np.array_equal(healthy, none)


def test_the_shaft_shows_in_the_spectrum():
    vibration = make_vibration(10)
    plain = np.fft.rfftfreq(vibration.size, 1 / RATE), np.abs(np.fft.rfft(vibration))
    for order in (1, 2):
        assert prominence(plain, order * ROTATION) > 20


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"seconds": 0.01}, ValueError, r"seconds is 0.01; a number in \[0.1, 3600\]"),
        ({"fault": "shaft"}, ValueError, "fault is 'shaft'; one of 'outer race'"),
        ({"fault": "ball", "severity": -1}, ValueError, "severity is -1"),
        ({"load": 2}, ValueError, r"load is 2; a number in \[0, 1.2\]"),
        ({"seed": None}, TypeError, "seed is None"),
    ],
)
def test_impossible_recordings_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        make_vibration(**arguments)


# --- weeks of a machine


@pytest.fixture(scope="module", params=[0, 1])
def run(request):
    return make_machine(seed=request.param)


def column(made, name):
    return made.X[:, made.feature_names.index(name)]


def found(made, scores, kind):
    """AUROC of these scores with one kind of anomaly among the normal rows."""
    rows = (made.kinds == "") | (made.kinds == kind)
    return roc_auc_score(made.kinds[rows] == kind, scores[rows])


def test_a_machine_has_its_rows_and_a_third_without_faults(run):
    assert run.X.shape == (3024, 10)
    assert run.feature_names == COLUMNS
    assert (np.diff(run.time) == np.timedelta64(10, "m")).all()
    assert not run.y[:1008].any()
    kinds = [kind for _, _, kind in data.windows(run)]
    assert {kind: kinds.count(kind) for kind in KINDS} == {
        "slow wear": 1,
        "sudden fault": 3,
        "hot at low load": 3,
    }


@pytest.mark.parametrize("hours", [336, 337, 503, 900])
def test_a_life_of_any_length_holds_all_faults(hours):
    for seed in range(20):
        kinds = machine._life(hours, seed)[0]["kinds"]
        starts = kinds[(kinds != "") & (kinds != np.append("", kinds[:-1]))].tolist()
        assert kinds.size == 6 * hours
        assert (kinds[: 2 * hours] == "").all()
        assert [starts.count(kind) for kind in KINDS] == [1, hours // 168, hours // 168]


def test_a_machine_follows_its_seed_and_its_recordings_are_behind_the_columns():
    before = np.random.get_state()[1].copy()
    made, raw = make_machine(336, seed=4), machine_recordings(336, seed=4)
    assert np.array_equal(np.random.get_state()[1], before)
    both = make_machine(336, seed=4, return_recordings=True)
    assert np.array_equal(both[0].X, made.X)
    assert np.array_equal(both[1], raw)
    same, other = (machine._life(336, seed=seed)[0]["load"] for seed in (4, 5))
    assert np.array_equal(column(made, "load [%]"), 100 * same)
    assert not np.array_equal(column(made, "load [%]"), 100 * other)
    assert (raw.shape, raw.dtype) == ((2016, 6000), np.float32)
    root_mean_square = np.sqrt((raw.astype(float) ** 2).mean(axis=1))
    assert column(made, "vibration RMS [g]") == pytest.approx(root_mean_square, rel=1e-5)
    assert column(made, "vibration peak [g]") == pytest.approx(np.abs(raw).max(axis=1), rel=1e-5)


def test_a_short_life_is_refused():
    for made in (make_machine, machine_recordings):
        with pytest.raises(ValueError, match="hours is 335; a whole number of at least 336"):
            made(335)


def test_no_column_alone_gives_a_kind_away(run):
    rest = run.take(slice(1008, None))
    for name in COLUMNS:
        for kind in KINDS:
            assert 0.05 < found(rest, column(rest, name), kind) < 0.97, (name, kind)


def test_the_motor_follows_its_load(run):
    load = column(run, "load [%]") / 100
    normal = run.y == 0
    expected = np.hypot(4, 12 * load)
    assert column(run, "current [A]")[normal] == pytest.approx(expected[normal], abs=0.8)
    assert column(run, "rotation [Hz]") == pytest.approx(30 * (1 - 0.025 * load), abs=0.06)


def residual_temperature(made, lag):
    """Distance from what load and ambient let expect, learned where there is no fault."""
    heat = (column(made, "load [%]") / 100) ** 2
    if lag:
        keep = np.exp(-1 / 9)  # ten minutes of one and a half hours
        heat = lfilter([1 - keep], [1, -keep], heat)
    known = np.stack([heat, column(made, "ambient [°C]"), np.ones(len(made))], axis=1)
    temperature = column(made, "temperature [°C]")
    weights = np.linalg.lstsq(known[60:1008], temperature[60:1008])[0]
    return np.abs(temperature - known @ weights)


def test_hot_at_low_load_is_ordinary_alone_and_plain_beside_the_load_of_the_last_hours(run):
    rest = slice(1008, None)
    late = run.take(rest)
    hot = column(late, "temperature [°C]")
    assert hot[late.kinds == "hot at low load"].max() < hot[late.kinds == ""].max()
    assert 0.3 < found(late, hot, "hot at low load") < 0.7
    assert found(late, residual_temperature(run, lag=False)[rest], "hot at low load") < 0.97
    assert found(late, residual_temperature(run, lag=True)[rest], "hot at low load") > 0.98


def test_neighbours_of_the_quiet_third_find_some_of_it(run):
    scaler = StandardScaler().fit(run.X[:1008])
    index = NearestNeighbors(n_neighbors=5).fit(scaler.transform(run.X[:1008]))
    late = run.take(slice(1008, None))
    scores = index.kneighbors(scaler.transform(late.X))[0][:, -1]
    assert 0.65 < roc_auc_score(late.y, scores) < 0.9


def test_wear_grows_and_its_start_cannot_be_seen(run):
    start, stop, _ = next(window for window in data.windows(run) if window[2] == "slow wear")
    rows = np.arange(len(run))
    busy = column(run, "load [%]") > 50  # an unloaded bearing rings less
    band = column(run, "2 to 4 kHz RMS [g]")
    normal = band[busy & (run.y == 0)].mean()
    third = (stop - start) // 3
    assert band[busy & (rows >= stop - third) & (rows < stop)].mean() > 1.4 * normal
    assert band[busy & (rows >= start) & (rows < start + third)].mean() < 1.25 * normal
