"""Recordings to download: NAB, the bearings of CWRU, and a folder as Yahoo gives it out."""

import json
import struct
from functools import partial
from io import BytesIO

from course_utils import data
from course_utils.data.public import recordings

import numpy as np
import parser_checks
import pytest
import scipy.io
from hypothesis import given
from parser_checks import fuzzed, hand_over, sources

TAXI = "nyc_taxi"
TIMES = [f"2014-07-0{day} 00:30:00" for day in range(1, 7)]
SERIES = "\n".join(["timestamp,value", *(f"{time},{10 * row}" for row, time in enumerate(TIMES))])
WINDOWS = {f"realKnownCause/{TAXI}.csv": [["2014-07-02 00:30:00.000000", TIMES[3]]], "other": 1}

# rows, anomalies, the first value, (first row, row after the last) of each window
NAB = {
    "ambient_temperature_system_failure": (7_267, 726, 69.88083514, [(3540, 3903), (5999, 6362)]),
    "cpu_utilization_asg_misconfiguration": (18_050, 1_499, 85.835, [(16551, 18050)]),
    "machine_temperature_system_failure": (
        22_695,
        2_268,
        73.96732207,
        [(2126, 2693), (3703, 4270), (16057, 16624), (19232, 19799)],
    ),
    TAXI: (
        10_320,
        1_035,
        10_844,
        [(5839, 6046), (7080, 7287), (8423, 8630), (8731, 8938), (9977, 10184)],
    ),
}

OUTLIERS = "timestamp,value,is_anomaly\n1,83,0\n2,605.5,0\n3,-181,1\n"
CHANGES = (
    '"timestamps","value","anomaly","changepoint","trend","noise"\n'
    "1422237600,4333.4,0,0,4599,1.8\n1422241200,4316.1,1,0,4602,-14.6\n1422244800,9,0,1,1,1\n"
)


def matlab(signal, **more):
    """A file of MATLAB as the data centre gives it out."""
    file = BytesIO()
    variables = {"X7_DE_time": np.asarray(signal)[:, None], "X7_FE_time": np.ones((3, 1))}
    scipy.io.savemat(file, variables | {"X7RPM": np.array([[1797]], np.uint16)} | more)
    return file.getvalue()


@pytest.fixture
def fetched(monkeypatch, tmp_path):
    """Hand the loaders the public files, or a folder with the made ones."""
    return partial(hand_over, monkeypatch, tmp_path)


# --- NAB


def made_nab():
    windows = {f"realKnownCause/{name}.csv": WINDOWS[f"realKnownCause/{TAXI}.csv"] for name in NAB}
    files = {f"data/realKnownCause/{name}.csv": SERIES.encode() for name in NAB}
    return files | {"labels/combined_windows.json": json.dumps(windows).encode()}


@pytest.mark.parametrize("name", NAB)
@pytest.mark.parametrize("source", sources("nab"))
def test_nab(source, name, fetched):
    fetched(source, "nab", made_nab())
    loaded = recordings.load_nab(name)
    rows, anomalies, first, stretches = NAB[name] if source == "public" else (6, 3, 0, [(1, 4)])
    assert (len(loaded), loaded.n_anomalies, loaded.X[0, 0]) == (rows, anomalies, first)
    assert [window[:2] for window in data.windows(loaded)] == stretches
    assert loaded.modality == "series"
    assert loaded.time.dtype == "datetime64[s]"


@pytest.mark.parametrize("source", sources("nab"))
def test_the_clock_that_is_put_back_is_left_as_it_is(source, fetched):
    made = made_nab()
    name = "machine_temperature_system_failure"
    made[f"data/realKnownCause/{name}.csv"] += f"\n{TIMES[0]},1".encode()
    fetched(source, "nab", made)
    steps = np.diff(recordings.load_nab(name).time)
    assert (steps < np.timedelta64(0)).sum() == 1


def test_an_unknown_series_is_named():
    with pytest.raises(ValueError, match="name is 'taxi'"):
        recordings.load_nab("taxi")


def parse_made_series(path):
    windows = path.with_name("windows.json")
    windows.write_text(json.dumps({f"{path.parent.name}/{path.name}": [TIMES[:2]]}))
    return recordings.parse_nab(path, windows)


def parse_made_windows(path):
    series = path.with_name(f"{TAXI}.csv")
    series.write_text(SERIES)
    folder = path.with_name("realKnownCause")
    folder.mkdir()
    return recordings.parse_nab(series.rename(folder / series.name), path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "made.csv is empty"),
        ("time,value\n1,2", "made.csv, line 1 is not timestamp,value"),
        ("timestamp,value", "made.csv, line 1 is not timestamp,value with lines"),
        (f"{SERIES}\n{TIMES[0]}", "line 8 has '2014-07-01 00:30:00'; a time and a value"),
        (f"{SERIES}\n{TIMES[0]},x", "line 8 has 'x' in field 2; a finite number"),
        (f"{SERIES}\n{TIMES[0]},inf", "line 8 has 'inf' in field 2"),
        (f"{SERIES}\n2014-02-30 00:00:00,1", "line 8 has '2014-02-30 00:00:00'; a time such"),
        (f"{SERIES}\n20140201,1", "line 8 has '20140201'; a time such as"),
    ],
)
def test_what_is_wrong_with_a_series_is_named(content, message):
    parser_checks.refused(parse_made_series, "made.csv", content, message)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "made.json is empty"),
        ("{", "made.json is no JSON"),
        ("[" * 100_000, "made.json is no JSON"),
        ("[]", "made.json has no list of windows for realKnownCause/nyc_taxi.csv"),
        ('{"realKnownCause/nyc_taxi.csv": [["a"]]}', "has \"\\['a'\\]\"; two times are expected"),
        ('{"realKnownCause/nyc_taxi.csv": [[1, 2]]}', "made.json has '1'; a time such as"),
    ],
)
def test_what_is_wrong_with_windows_is_named(content, message):
    parser_checks.refused(parse_made_windows, "made.json", content, message)


@fuzzed
@given(content=parser_checks.damaged(SERIES.encode()))
def test_any_bytes_as_a_series(content):
    parser_checks.ends_well(parse_made_series, "made.csv", content)


@fuzzed
@given(content=parser_checks.damaged(json.dumps(WINDOWS).encode()))
def test_any_bytes_as_windows(content):
    parser_checks.ends_well(parse_made_windows, "made.json", content, line=False)


# --- bearings


def made_bearings(lengths=(130, 64, 65, 66)):
    files = zip(recordings.CWRU_FILES, lengths, strict=True)
    return {name: matlab(np.sin(np.arange(length))) for name, length in files}


@pytest.mark.parametrize("source", sources("cwru"))
def test_cwru_bearings(source, fetched):
    fetched(source, "cwru", made_bearings())
    length = {"made": 16, "public": 2048}[source]
    loaded = recordings.load_cwru_bearings(length=length)
    windows, first = {"made": ([8, 4, 4, 4], 0), "public": ([119, 59, 59, 59], 0.0531969)}[source]
    assert loaded.X.shape == (sum(windows), length)
    assert np.bincount(loaded.groups).tolist() == windows
    assert loaded.n_anomalies == sum(windows[1:])
    assert loaded.X[0, 0] == pytest.approx(first, abs=1e-6)
    kinds = [loaded.kinds[loaded.groups == group] for group in range(4)]
    assert [set(each) for each in kinds] == [{""}, {"ball"}, {"inner race"}, {"outer race"}]
    assert loaded.feature_names[:3] == ("at 0.00 ms", "at 0.08 ms", "at 0.17 ms")


@pytest.mark.parametrize("name", recordings.CWRU_FILES)
@pytest.mark.parametrize("source", sources("cwru"))
def test_a_signal_is_what_scipy_reads(source, name, fetched):
    path = fetched(source, "cwru", made_bearings()) / name
    variables = scipy.io.loadmat(path)
    (key,) = (key for key in variables if key.endswith("_DE_time"))
    assert np.array_equal(recordings.read_drive_end(path), variables[key].ravel())


@pytest.mark.parametrize("source", sources("cwru"))
def test_a_window_is_a_piece_of_the_signal(source, fetched):
    folder = fetched(source, "cwru", made_bearings())
    signal = recordings.read_drive_end(folder / "normal_0_97.mat")
    loaded = recordings.load_cwru_bearings(length=10)
    assert np.array_equal(loaded.X[3], signal[30:40])


@pytest.mark.parametrize("source", sources("cwru"))
def test_stretches_can_be_split_and_recordings_cannot(source, fetched):
    fetched(source, "cwru", made_bearings())
    with pytest.raises(ValueError, match="in 1 sets that must stay together"):
        data.split(recordings.load_cwru_bearings(length=4))
    loaded = recordings.load_cwru_bearings(length=4, stretches=8)
    assert len(set(loaded.groups)) == 32
    assert (np.diff(loaded.groups) >= 0).all()
    parts = data.split(loaded)
    assert not set(parts.train.groups) & set(parts.test.groups)
    assert set(parts.test.y) == {0, 1}


@pytest.mark.parametrize("stored", ["<f8", ">f8", "<f4", "<i2", "<u1"])
def test_every_way_to_store_a_signal_is_read(stored, tmp_path):
    signal = np.arange(9.0)
    (tmp_path / "made.mat").write_bytes(matlab(signal.astype(stored)))
    assert np.array_equal(recordings.read_drive_end(tmp_path / "made.mat"), signal)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"length": 1}, ValueError, "length is 1"),
        ({"length": 2.5}, TypeError, "length is"),
        ({"stretches": 0}, ValueError, "stretches is 0"),
        ({"length": 40}, ValueError, "B007.* has 39 measurements; at least 1 windows of 40"),
        ({"length": 20, "stretches": 3}, ValueError, "at least 3 windows of 20"),
    ],
)
def test_what_is_wrong_with_a_cut_is_named(arguments, error, message, fetched):
    folder = fetched("made", "cwru", made_bearings((80, 39, 39, 39)))
    with pytest.raises(error, match=message):
        recordings.parse_cwru_bearings(folder, **arguments)


def packed():
    file = BytesIO()
    scipy.io.savemat(file, {"X7_DE_time": np.zeros((5000, 1))}, do_compression=True)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        matlab(np.ones(5), X8_DE_time=np.ones((5, 1))),
        matlab([1, np.nan]),
        matlab(["text"]),
        matlab(np.ones(5))[:300],
        packed(),
        matlab([])[:128],
        matlab([])[:128] + struct.pack("<6I", 14, 16, 6, 0, 5, 0),
    ],
)
def test_what_is_no_signal_is_refused(content):
    expected = "made.mat is damaged or not a file of MATLAB with one signal …_DE_time"
    parser_checks.refused(recordings.read_drive_end, "made.mat", content, expected)


@fuzzed
@given(content=parser_checks.damaged(matlab(np.arange(20.0))))
def test_any_bytes_as_a_signal(content):
    ends_well = parser_checks.ends_well
    ends_well(recordings.read_drive_end, "made.mat", content, expected=np.ndarray, line=False)


# --- Yahoo S5


@pytest.fixture
def yahoo(tmp_path):
    """A folder as Yahoo gives it out, with two series in A1 and one in A4."""
    for name, content in {
        "A1Benchmark/real_10.csv": OUTLIERS,
        "A1Benchmark/real_2.csv": OUTLIERS * 1 + "4,7,0\n",
        "A4Benchmark/A4Benchmark-TS3.csv": CHANGES,
        "A4Benchmark/A4Benchmark_all.csv": "not a series",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_yahoo_s5_with_hours(yahoo):
    loaded = recordings.load_yahoo_s5(yahoo)
    assert loaded.groups.tolist() == [2, 2, 2, 2, 10, 10, 10]
    assert loaded.X[:, 0].tolist() == [83, 605.5, -181, 7, 83, 605.5, -181]
    assert loaded.kinds.tolist() == ["", "", "outlier", "", "", "", "outlier"]
    assert np.diff(loaded.time)[0] == np.timedelta64(1, "h")
    assert loaded.modality == "series"


def test_yahoo_s5_with_dates_and_change_points(yahoo):
    loaded = recordings.load_yahoo_s5(str(yahoo), "A4")
    assert loaded.kinds.tolist() == ["", "outlier", "change point"]
    assert str(loaded.time[0]) == "2015-01-26T02:00:00"
    assert loaded.X.shape == (3, 1)  # not what the series was made of


def test_a_folder_without_the_series_is_told(yahoo):
    with pytest.raises(FileNotFoundError, match=r"no file A2Benchmark/synthetic_\*\.csv. Ask"):
        recordings.load_yahoo_s5(yahoo, "A2")
    with pytest.raises(ValueError, match="benchmark is 'A5'"):
        recordings.load_yahoo_s5(yahoo, "A5")
    (yahoo / "A1Benchmark" / "real_.csv").write_text(OUTLIERS)
    with pytest.raises(ValueError, match=r"real_.csv has no number at the end of its name"):
        recordings.load_yahoo_s5(yahoo)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("timestamp,value,is_anomaly", "made.csv, line 1 is the only one"),
        ("1,2\n2,3", "made.csv, line 1 has 2 fields"),
        (OUTLIERS + "4,5,0,0", "line 5 has 4 fields; the same number"),
        (OUTLIERS + "4,5,2", "line 5 has a time or a label out of range"),
        (OUTLIERS + "-4,5,1", "line 5 has a time or a label out of range"),
        (OUTLIERS + "4,,1", "line 5 has '' in field 2"),
    ],
)
def test_what_is_wrong_with_yahoos_series_is_named(content, message):
    parser_checks.refused(recordings.parse_yahoo_s5, "made.csv", content, message)


@fuzzed
@given(content=parser_checks.damaged(CHANGES.encode()))
def test_any_bytes_as_yahoos_series(content):
    parser_checks.ends_well(recordings.parse_yahoo_s5, "made.csv", content)
