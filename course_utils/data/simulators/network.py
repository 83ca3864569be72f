"""Connections of an office network, attacks among them; new kinds and harmless news come late.

All that is done on the network, harmless or not, is a line of `ACTIVITIES`, drawn in one way.
"""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData

import numpy as np

KNOWN, NEW = ("port scan", "password guessing", "flood"), ("slow scan", "exfiltration", "tunnel")
COLUMNS = (
    *("duration [s]", "bytes out [B]", "bytes in [B]", "packets", "web port", "name port"),
    *("file port", "login port", "outside", "failed", "connections in 60 s", "hosts in 60 s"),
    *("ports in 60 s", "hour [h]"),
)
PORTS = {"web": 443, "name": 53, "file": 445, "login": 22}
START = np.datetime64("2026-03-02T00:00:00", "s")  # a Monday
CHANGES = {"attacks": 2 / 3, "video": 2 / 3, "backup": 5 / 7}  # shares of all days
PREVALENCE = 0.05
MOVED = 19  # hours later than before, that is at 21
REFUSED = (0.1, 80, 50)  # medians of what failed: duration [s], bytes out and in [B]
# hosts by number, from … to …; those outside from 100 on
OFFICE, SERVERS, INSIDE, CLOUD = (0, 40), (40, 46), (0, 46), (100, 900)
FILES, SITE, NAMES, LOGIN, BACKUP, MONITOR = ((host, host + 1) for host in range(40, 46))
ANY_PORT = (1, 1000)
# name: weight; from whom; to whom, one for a session or new each time; port; connections of a
# session, within how many seconds, hour it starts ± sd; medians of duration [s] and of bytes out
# and in [B], σ of their logarithms; share that fails
ACTIVITIES = {
    "browsing": (34, OFFICE, CLOUD, "new", "web", 8, 40, 13, 3, 2, 2e3, 4e4, 1.2, 0.03),
    "names": (22, OFFICE, NAMES, "one", "name", 3, 60, 13, 3, 0.03, 70, 160, 0.4, 0.01),
    "names abroad": (2, SERVERS, CLOUD, "new", "name", 2, 60, 12, 7, 0.06, 75, 200, 0.5, 0.05),
    "shared files": (12, OFFICE, FILES, "one", "file", 4, 200, 13, 3, 5, 2e4, 1e5, 1.5, 0.02),
    "uploads": (4, OFFICE, CLOUD, "one", "web", 2, 600, 14, 3, 30, 2e6, 2e4, 1.2, 0.03),
    "program updates": (6, INSIDE, CLOUD, "one", "web", 12, 40, 11, 3, 0.5, 500, 3e3, 0.8, 0.03),
    "remote work": (4, OFFICE, LOGIN, "one", "login", 2, 900, 13, 3, 300, 3e4, 9e4, 1.2, 0.05),
    "roll-out": (5, LOGIN, INSIDE, "new", "login", 12, 60, 10, 2, 2, 3e3, 3e3, 0.5, 0.06),
    "monitoring": (7, MONITOR, INSIDE, "new", "web", 15, 50, 12, 7, 0.05, 200, 400, 0.4, 0.06),
    "inventory": (3, MONITOR, INSIDE, "one", ANY_PORT, 15, 50, 3, 2, 0.04, 80, 90, 0.5, 0.4),
    "backup": (3, BACKUP, INSIDE, "new", "file", 12, 7200, 2, 0.7, 90, 5e4, 3e7, 1, 0.02),
    "video": (3, OFFICE, CLOUD, "new", "web", 2, 3600, 13, 3, 900, 1e6, 1e8, 0.8, 0.02),
    "port scan": (1, OFFICE, INSIDE, "one", ANY_PORT, 14, 50, 15, 5, 0.04, 60, 50, 0.4, 0.8),
    "password guessing": (1, OFFICE, LOGIN, "one", "login", 12, 60, 3, 5, 1, 1.5e3, 2e3, 0.4, 0.8),
    "flood": (1, OFFICE, SITE, "one", "web", 16, 30, 14, 5, 0.2, 300, 200, 0.5, 0.3),
    "slow scan": (1, OFFICE, INSIDE, "new", "file", 8, 14400, 14, 5, 0.1, 300, 300, 0.8, 0.6),
    "exfiltration": (1, OFFICE, CLOUD, "one", "web", 3, 3600, 22, 3, 400, 5e7, 6e4, 0.8, 0.02),
    "tunnel": (1, OFFICE, CLOUD, "one", "name", 20, 90, 14, 5, 0.08, 900, 1.5e3, 0.5, 0.02),
}  # fmt: skip


def make_network(rows=20_000, days=21, seed=0):
    """Return the connections that an office network made, in the order of time; 5 % are attacks.

    Three kinds occur on all days: "port scan", "password guessing" and "flood". Three others only
    after two thirds of the days: "slow scan", "exfiltration" and "tunnel". From then on the office
    watches videos as well, and a little later the backup moves to another hour, both harmless.
    Columns "in 60 s" count what the source did in the minute up to the connection itself.

    Parameters
    ----------
    rows : int
        How many connections, at least 2,000.
    days : int
        How many days they are spread over, at least 14, from Monday 2026-03-02.
    seed : int
        One seed, one stream.

    Returns
    -------
    AnomalyData
        X (rows, 14), units in the column names; ports, "outside" and "failed" are 0 or 1; `time`
        to the second; `groups` is the source host, and `kinds` as above.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    rows = checks.integer_in_range(rows, "rows", 2000)
    changes = network_changes(days)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    names = np.array(list(ACTIVITIES))
    odd = np.isin(names, KNOWN + NEW)
    shares = np.array([values[0] for values in ACTIVITIES.values()], dtype=float)
    for part, total in ((odd, PREVALENCE), (~odd, 1 - PREVALENCE)):
        shares[part] *= total / shares[part].sum()
    counts = np.diff(np.round(rows * np.cumsum(shares)).astype(int), prepend=0)
    parts = [
        _connections(name, count, days, changes, generator)
        for name, count in zip(names.tolist(), counts, strict=True)
    ]
    order = np.argsort(np.concatenate([part["second"] for part in parts]), kind="stable")
    drawn = {name: np.concatenate([part[name] for part in parts])[order] for name in parts[0]}
    kinds = np.repeat(np.where(odd, names, ""), counts)[order]
    return AnomalyData(
        X=_columns(drawn), y=kinds != "", feature_names=COLUMNS, kinds=kinds,
        time=START + drawn["second"].astype("timedelta64[s]"), groups=drawn["source"],
        name="Network connections", source="simulated by course_utils.data.simulators.network",
        licence="MIT, as the code",
    )  # fmt: skip


def network_changes(days=21):
    """Return from when new "attacks" and "video" occur and the "backup" has another hour.

    Parameters
    ----------
    days : int
        As given to `make_network`, which says what is raised.

    Returns
    -------
    dict of str to datetime64
    """
    days = checks.integer_in_range(days, "days", 14)
    return {
        name: START + np.timedelta64(round(86_400 * days * share), "s")
        for name, share in CHANGES.items()
    }


def _connections(name, count, days, changes, generator):
    """Draw the connections of one activity, in sessions: each has one source and one start."""
    _, whose, to, repeat, port, size, spread, hour, sd, *usual, sigma, fails = ACTIVITIES[name]
    sessions = max(1, round(count / size))
    of = generator.integers(0, sessions, count)
    change = changes.get(name, changes["attacks"] if name in NEW else START)
    dates = np.arange(days)
    late = START + 86_400 * dates.astype("timedelta64[s]") >= change
    possible = late if name in (*NEW, "video") else np.ones(days, dtype=bool)
    weight = possible * np.where(dates % 7 < 5, 1, 0.3)  # weekends are quiet
    day = generator.choice(dates, sessions, p=weight / weight.sum())
    hour = hour + MOVED * (late[day] & (name == "backup"))
    start = 86_400 * day + 3600 * (generator.normal(hour, sd, sessions) % 24)
    failed = generator.random(count) < fails
    medians = np.where(failed, np.reshape(REFUSED, (3, 1)), np.reshape(usual, (3, 1)))
    noise = np.where(failed, 0.6, sigma) * generator.standard_normal((3, count))
    target = generator.integers(*to, sessions)[of]
    return {
        "second": np.minimum(start[of] + spread * generator.random(count), 86_400 * days - 1) // 1,
        "source": generator.integers(*whose, sessions)[of],
        "target": target if repeat == "one" else generator.integers(*to, count),
        "port": generator.integers(*port, count) if port == ANY_PORT else PORTS[port] + 0 * of,
        "sizes": (medians * np.exp(noise)).T,
        "failed": failed,
    }


def _columns(drawn):
    """Turn what was drawn, in the order of time, into the columns of the table."""
    duration, out, back = drawn["sizes"].T
    ports = [drawn["port"] == number for number in PORTS.values()]
    recent = np.empty((3, len(out)))
    for source in range(INSIDE[1]):
        rows = np.flatnonzero(drawn["source"] == source)
        second, target, port = (drawn[name][rows] for name in ("second", "target", "port"))
        first = np.searchsorted(second, second - 60)
        for at, (start, row) in enumerate(zip(first, rows, strict=True), 1):
            hosts, opened = (len(set(each[start:at].tolist())) for each in (target, port))
            recent[:, row] = at - start, hosts, opened
    hours = drawn["second"] / 3600 % 24
    return np.column_stack([
        duration.round(3), out.round(), back.round(), np.ceil(4 + (out + back) / 1000), *ports,
        drawn["target"] >= CLOUD[0], drawn["failed"], *recent, hours.round(2),
    ])  # fmt: skip
