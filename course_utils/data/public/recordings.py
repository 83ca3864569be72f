"""Recordings over time: NAB's series, the bearings of CWRU, and a folder of Yahoo's S5."""

from __future__ import annotations

import itertools
import json
import re
import struct
from datetime import datetime
from pathlib import Path

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.public.reading import as_numbers, read_lines, shown, wrong_line

import numpy as np

# name: (file, what the value is). The folder is the one that NAB's labels name.
NAB_FOLDER = "realKnownCause"
NAB_SERIES = {
    "ambient_temperature_system_failure": "temperature",
    "cpu_utilization_asg_misconfiguration": "processor use",
    "machine_temperature_system_failure": "temperature",
    "nyc_taxi": "passengers in 30 min",
}
NAB_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?", re.ASCII)

CWRU_FILES = {  # file: which part of the bearing is damaged
    "normal_0_97.mat": "",
    "12k_Drive_End_B007_0_118.mat": "ball",
    "12k_Drive_End_IR007_0_105.mat": "inner race",
    "12k_Drive_End_OR007@6_0_130.mat": "outer race",
}
CWRU_RATE = 12_000  # measurements per second
MOST_MATLAB_BYTES = 64 * 2**20  # those of the course have 4 MB at most
MATLAB_HEAD = 128  # bytes before the first variable
MATLAB_ARRAY = 14
MATLAB_NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}

YAHOO_FILES = {
    "A1": "real_*.csv",
    "A2": "synthetic_*.csv",
    "A3": "A3Benchmark-TS*.csv",
    "A4": "A4Benchmark-TS*.csv",
}
LARGEST_HOUR = 1_000_000  # larger times are seconds since 1970
LATEST_SECOND = 2**32  # in the year 2106


def load_nab(name):
    """Return one of four real series of the Numenta Anomaly Benchmark.

    A row is an anomaly when its time lies in one of the windows that the benchmark gives, both
    ends included. The windows are much longer than the events in them. `data.windows` lists them.

    Parameters
    ----------
    name : str
        "ambient_temperature_system_failure" (7,267 rows), "cpu_utilization_asg_misconfiguration"
        (18,050), "machine_temperature_system_failure" (22,695) or "nyc_taxi" (10,320).

    Returns
    -------
    AnomalyData
        X (n, 1), and the time as the file has it (no time zone is given).

    Raises
    ------
    TypeError, ValueError
        If `name` is another, or a file is not of the form expected.
    """
    from course_utils.data.store.download import fetch

    name = checks.one_of(name, "name", tuple(NAB_SERIES))
    folder = fetch("nab")
    series = folder / "data" / NAB_FOLDER / f"{name}.csv"
    return parse_nab(series, folder / "labels" / "combined_windows.json")


def load_cwru_bearings(length=2048, stretches=1):
    """Return windows of vibration of a healthy bearing and of three damaged ones.

    The signal of the accelerometer at the drive end, 12,000 measurements a second (see the card
    for the healthy recording), cut into windows that do not overlap. What is left over at the end
    of a recording is dropped.

    Parameters
    ----------
    length : int
        Measurements in a window, 2 to 100,000; 2,048 are 0.17 s, five turns of the shaft.
    stretches : int
        Cut each recording into this many stretches of windows that follow one another, and make
        each a group. With 1, a group is a recording; as only one is healthy, `data.split` then
        cannot put healthy windows on every side. Five or more let it.

    Returns
    -------
    AnomalyData
        X (n, length), with 2,048: 119 healthy windows, 59 with a damaged ball, 59 inner race,
        59 outer race (the kinds). Groups count the stretches from 0, in that order.

    Raises
    ------
    TypeError, ValueError
        If `length` or `stretches` is out of range, or a file is not of the form expected.
    """
    from course_utils.data.store.download import fetch

    length, stretches = _cut(length, stretches)
    return parse_cwru_bearings(fetch("cwru_bearings"), length, stretches)


def load_yahoo_s5(folder, benchmark="A1"):
    """Return the series of one part of Yahoo's S5, from a folder that you obtained yourself.

    Yahoo gives the data set to those who agree to its terms, and forbids to pass it on; the
    course has no address for it.

    Parameters
    ----------
    folder : str or Path
        The unpacked data set, with the folders A1Benchmark to A4Benchmark.
    benchmark : {"A1", "A2", "A3", "A4"}
        A1 is real traffic with anomalies marked by people; the others are synthetic.

    Returns
    -------
    AnomalyData
        X (n, 1), hourly; kinds "outlier" and (A4) "change point". Groups are the numbers in the
        names of the files. A1 has no dates: its hours count from 1970-01-01.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or a file is not.
    FileNotFoundError
        If the folder has no such series; the message says what is expected in it.
    """
    benchmark = checks.one_of(benchmark, "benchmark", tuple(YAHOO_FILES))
    place = Path(folder) / f"{benchmark}Benchmark"
    numbered = {_number_in(path): path for path in place.glob(YAHOO_FILES[benchmark])}
    if not numbered:
        expected = f"{benchmark}Benchmark/{YAHOO_FILES[benchmark]}"
        raise FileNotFoundError(
            f"{folder} has no file {expected}. Ask Yahoo Webscope for data set S5, unpack it, and "
            "name the folder that holds A1Benchmark to A4Benchmark."
        )
    numbers = sorted(numbered)
    series = [parse_yahoo_s5(numbered[number]) for number in numbers]
    return AnomalyData(
        X=np.vstack([each.X for each in series]),
        y=np.concatenate([each.y for each in series]),
        feature_names=("value",),
        name=f"Yahoo S5 {benchmark}",
        source=series[0].source,
        licence=series[0].licence,
        kinds=np.concatenate([each.kinds for each in series]),
        time=np.concatenate([each.time for each in series]),
        groups=np.repeat(numbers, [len(each) for each in series]),
    )


def parse_nab(series, windows):
    """Read a series of NAB and the windows in which it is anomalous.

    Parameters
    ----------
    series : str or Path
        Comma-separated text: a line "timestamp,value", then one line per measurement.
    windows : str or Path
        NAB's `combined_windows.json`, which has a list of (first time, last time) for the last
        folder and the name of the series.
    """
    series = Path(series)
    lines = read_lines(series)
    if lines[0].strip() != "timestamp,value" or len(lines) == 1:
        raise wrong_line(series, 1, "is not timestamp,value with lines of them below")
    for number, line in enumerate(lines[1:], start=2):
        if line.count(",") != 1:
            raise wrong_line(series, number, f"has {shown(line)}; a time and a value are expected")
    times = np.array(
        [_time(line.partition(",")[0], series, at) for at, line in enumerate(lines[1:], start=2)],
        dtype="datetime64[us]",
    )
    anomalous = np.zeros(len(times), dtype=bool)
    for first, last in _nab_windows(windows, f"{series.parent.name}/{series.name}"):
        anomalous |= (times >= first) & (times <= last)
    return AnomalyData(
        X=as_numbers(lines[1:], [1], series, first=2),
        y=anomalous,
        feature_names=(NAB_SERIES.get(series.stem, "value"),),
        name=f"NAB {series.stem.replace('_', ' ')}",
        source="Numenta Anomaly Benchmark (numenta/NAB), revision ea702d7",
        licence="MIT",
        time=times.astype("datetime64[s]"),
    )


def parse_cwru_bearings(folder, length=2048, stretches=1):
    """Read the four recordings of the bearings and cut them into windows.

    Parameters
    ----------
    folder : str or Path
        It has the four files of MATLAB, format 5, that `CWRU_FILES` names.
    length, stretches : int
        As in `load_cwru_bearings`.

    Returns
    -------
    AnomalyData

    Raises
    ------
    OSError
        If a file cannot be read.
    TypeError, ValueError
        If `length` or `stretches` is out of range, or a file is not of that form; the message
        names it.
    """
    length, stretches = _cut(length, stretches)
    recordings, kinds, groups = [], [], []
    for place, (name, kind) in enumerate(CWRU_FILES.items()):
        signal = read_drive_end(Path(folder) / name)
        count = len(signal) // length
        if count < stretches:
            expected = f"{stretches} windows of {length:,} are expected"
            raise ValueError(f"{name} has {len(signal):,} measurements; at least {expected}.")
        recordings.append(signal[: count * length].reshape(count, length))
        kinds.extend([kind] * count)
        groups.extend(place * stretches + np.arange(count) * stretches // count)
    return AnomalyData(
        X=np.vstack(recordings),
        y=np.array(kinds) != "",
        feature_names=tuple(f"at {1000 * at / CWRU_RATE:.2f} ms" for at in range(length)),
        name="CWRU bearings",
        source="Bearing Data Center, Case Western Reserve University, drive end, no motor load",
        licence="no formal licence; cite the Bearing Data Center",
        kinds=np.array(kinds),
        groups=np.array(groups),
    )


def read_drive_end(path):
    """Return the signal of the drive end from a file of the Bearing Data Center.

    Parameters
    ----------
    path : str or Path
        A file of MATLAB, format 5, with one variable whose name ends in `_DE_time`.

    Returns
    -------
    ndarray of float64, shape (samples,)
    """
    path = Path(path)
    with path.open("rb") as file:
        content = file.read(MOST_MATLAB_BYTES)
    try:
        return _drive_end(content)
    except (ValueError, KeyError, struct.error) as error:
        expected = "a file of MATLAB with one signal …_DE_time"
        raise ValueError(f"{path.name} is damaged or not {expected}: {error}") from error


def parse_yahoo_s5(path):
    """Read one series of Yahoo's S5: time, value, anomaly, and in A3 and A4 more.

    The columns after the change point (trend, noise, seasons) are what the series was made of;
    they are left out.

    Parameters
    ----------
    path : str or Path
        Comma-separated text of 3 or of at least 4 fields, with a line of names or without.

    Returns
    -------
    AnomalyData
        Times up to a million are hours from 1970-01-01, as in A1; larger ones are seconds.
    """
    path = Path(path)
    lines = read_lines(path)
    first = 2 if lines[0].lstrip(' "').startswith("timestamp") else 1
    lines = lines[first - 1 :]
    if not lines:
        raise wrong_line(path, 1, "is the only one; measurements are expected below the names")
    width = lines[0].count(",") + 1
    for number, line in enumerate(lines, start=first):
        if line.count(",") + 1 != width or width < 3:
            what = f"has {line.count(',') + 1} fields; the same number, 3 or more, is expected"
            raise wrong_line(path, number, what)
    table = as_numbers(lines, range(min(width, 4)), path, first=first)
    _refuse_wrong_values(table, path, first)
    hours = table[:, 0].max() <= LARGEST_HOUR
    seconds = table[:, 0] * (3600 if hours else 1)
    kinds = np.where(table[:, 2] == 1, "outlier", "")
    if width > 3:
        kinds = np.where((kinds == "") & (table[:, 3] == 1), "change point", kinds)
    return AnomalyData(
        X=table[:, 1:2],
        y=kinds != "",
        feature_names=("value",),
        name=f"Yahoo S5 {path.stem}",
        source="Yahoo Webscope S5, labeled time series anomalies, version 1.0",
        licence="Yahoo's data sharing agreement: research, not commercial, not to be passed on",
        kinds=kinds,
        time=seconds.astype("datetime64[s]"),
    )


def _drive_end(content):
    """Return the one signal of the drive end among the variables of a file of MATLAB, format 5.

    SciPy's reader is not used: a damaged file makes it end the whole process.
    """
    order = ">" if content[126:128] == b"MI" else "<"
    signals = []
    for kind, variable in _elements(memoryview(content)[MATLAB_HEAD:], order):
        if kind != MATLAB_ARRAY:
            raise ValueError(f"it has an element of type {kind} where an array is expected")
        parts = list(itertools.islice(_elements(variable, order), 4))
        if len(parts) < 4:
            raise ValueError("an array in it has no values")
        _, _, (_, name), (number, values) = parts  # what it is, its shape, its name, its values
        if bytes(name).endswith(b"_DE_time"):
            signals.append(np.frombuffer(values, dtype=order + MATLAB_NUMBERS[number]))
    if len(signals) != 1:
        raise ValueError(f"it has {len(signals)} signals of the drive end")
    if signals[0].size == 0 or not np.isfinite(signals[0]).all():
        raise ValueError("its signal is empty or has values that are no finite numbers")
    return signals[0].astype(np.float64)


def _elements(content, order):
    """Yield type and content of one element of the format after the other."""
    start = 0
    while start < len(content):
        (kind,) = struct.unpack_from(order + "I", content, start)
        if kind >> 16:  # a short element: its length and its content share the head
            length, kind, begin, end = kind >> 16, kind & 0xFFFF, start + 4, start + 8
        else:
            (length,) = struct.unpack_from(order + "I", content, start + 4)
            begin = start + 8
            end = begin + length + -length % 8
        if begin + length > len(content):
            raise ValueError("it ends too early")
        yield kind, content[begin : begin + length]
        start = end


def _refuse_wrong_values(table, path, first):
    """Refuse times that are no date and labels that are neither 0 nor 1."""
    times, labels = table[:, 0], table[:, 2:]
    wrong = (times < 0) | (times > LATEST_SECOND) | ~np.isin(labels, (0, 1)).all(axis=1)
    if wrong.any():
        line = first + int(np.flatnonzero(wrong)[0])
        what = "has a time or a label out of range; a time since 1970, and 0 or 1 are expected"
        raise wrong_line(path, line, what)


def _nab_windows(path, series):
    """Return the windows of one series as pairs of times."""
    path = Path(path)
    text = "\n".join(read_lines(path))
    try:
        content = json.loads(text)
    # RecursionError: brackets nested thousands deep
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is no JSON: {error}.") from error
    found = content.get(series) if isinstance(content, dict) else None
    if not isinstance(found, list):
        raise ValueError(f"{path.name} has no list of windows for {series}.")
    pairs = []
    for window in found:
        if not isinstance(window, list) or len(window) != 2:
            raise ValueError(f"{path.name} has {shown(str(window))}; two times are expected.")
        pairs.append([_time(each, path, None) for each in window])
    return pairs


def _time(text, path, line):
    try:
        if isinstance(text, str) and NAB_TIME.fullmatch(text):
            return np.datetime64(datetime.fromisoformat(text), "us")
    except ValueError:  # of that form, but no day of the calendar
        pass
    what = f"has {shown(str(text))}; a time such as 2014-07-01 00:30:00 is expected"
    if line is None:
        raise ValueError(f"{Path(path).name} {what}.")
    raise wrong_line(path, line, what)


def _cut(length, stretches):
    length = checks.integer_in_range(length, "length", 2, 100_000)
    return length, checks.integer_in_range(stretches, "stretches", 1, 1000)


def _number_in(path):
    digits = re.search(r"(\d+)$", path.stem)
    if digits is None:
        raise ValueError(f"{path.name} has no number at the end of its name; one is expected.")
    return int(digits.group())
