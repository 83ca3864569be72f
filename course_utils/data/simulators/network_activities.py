"""What is done on the simulated office network, harmless or not: a line each, and its drawing."""

from __future__ import annotations

import numpy as np

START = np.datetime64("2026-03-02T00:00:00", "s")  # a Monday
CHANGES = {"attacks": 2 / 3, "video": 2 / 3, "backup": 5 / 7}  # shares of all days
MOVED = 19  # hours later than before, that is at 21
REFUSED = (0.1, 80, 50)  # medians of what failed: duration [s], bytes out and in [B]
KNOWN, NEW = ("port scan", "password guessing", "flood"), ("slow scan", "exfiltration", "tunnel")
PORTS = {"web": 443, "name": 53, "file": 445, "login": 22}
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


def connections(name, count, days, changes, generator):
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
