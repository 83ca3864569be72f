"""Connections of an office network, attacks among them; new kinds and harmless news come late.

All that is done on the network, harmless or not, is a line of `network_activities.ACTIVITIES`,
drawn in one way.
"""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.simulators.network_activities import (
    ACTIVITIES,
    CHANGES,
    CLOUD,
    INSIDE,
    KNOWN,
    NEW,
    PORTS,
    START,
    connections,
)

import numpy as np

COLUMNS = (
    *("duration [s]", "bytes out [B]", "bytes in [B]", "packets", "web port", "name port"),
    *("file port", "login port", "outside", "failed", "connections in 60 s", "hosts in 60 s"),
    *("ports in 60 s", "hour [h]"),
)
PREVALENCE = 0.05


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
        connections(name, count, days, changes, generator)
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
