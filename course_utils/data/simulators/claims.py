"""Motor insurance claims with padded bills, early claims and staged rings (datasets/claims.md)."""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData, as_anomaly_data

import numpy as np

KINDS = ("padded", "early", "staged ring")
START = np.datetime64("2023-01-02T00:00:00", "s")
PADDING = 1.5  # what a padded bill asks, over what the repair cost
COLUMNS = (
    *("claimant number", "other party's number", "workshop number", "claimed [EUR]"),
    *("estimate [EUR]", "since policy start [days]", "report delay [days]", "hour [h]"),
    *("distance from home [km]", "police report", "injury", "claimant's earlier claims"),
    *("other party's earlier claims", "workshop's claims in 90 days"),
)
MODEL = {  # each for honest, padded, early and staged claims: medians, means, shares
    "cost [EUR]": (1900, 1900, 4500, 3200),
    "σ of log cost": (0.7, 0.7, 0.6, 0.5),
    "policy [days]": (1000, 1000, 60, 450),
    "delay [days]": (4, 5, 9, 2.5),
    "distance [km]": (8, 8, 12, 20),
    "police": (0.4, 0.3, 0.15, 0.1),
    "injury": (0.1, 0.1, 0.03, 0.4),
    "alone": (0.3, 0.3, 0.7, 0),
    "any hour": (0.15, 0.15, 0.6, 0.6),
}


def make_claims(rows=6_000, years=3, prevalence=0.04, seed=0):
    """Return motor claims in the order in which they were reported, some of them fraud.

    Parameters
    ----------
    rows : int
        How many claims, at least 2,000.
    years : int
        How many years of 365 days they are spread over, at least 1, from 2023-01-02.
    prevalence : float in (0, 0.5]
        The share of fraud. Half is "padded" (a true accident, billed at 1.5 times its cost), 20 %
        "early" (an old damage, insured first), 30 % "staged ring" (people who crash into each
        other by appointment, mended in the ring's own workshops); at least 10 of each.
    seed : int
        One seed, one stream.

    Returns
    -------
    AnomalyData
        X (rows, 14), units in the names; three identifiers first, where 0 is "no other party";
        `time` of the report; `kinds`. It is a series: cut it by time.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or if a kind would have fewer than 10 claims.
    """
    rows = checks.integer_in_range(rows, "rows", 2000)
    days = 365 * checks.integer_in_range(years, "years", 1)
    fraud = rows * checks.in_range(prevalence, "prevalence", 0, 0.5, low_open=True)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    counts = [round(0.5 * fraud), round(0.2 * fraud), round(0.3 * fraud)]
    if min(counts) < 10:
        few = f"a kind of fraud has {min(counts)} claims; at least 10 are expected."
        raise ValueError(f"rows is {rows}; at prevalence {prevalence:g} {few}")
    kind = generator.permutation(np.repeat(np.arange(4), [rows - sum(counts), *counts]))
    of = {name: np.array(values)[kind] for name, values in MODEL.items()}
    uniform, normal = (lambda: generator.random(rows)), (lambda: generator.standard_normal(rows))
    claimant, other = generator.integers(1, 4 * rows, (2, rows))
    firm = 1 + (rows // 100 * uniform() ** 2).astype(int)  # taxis and vans, in many accidents
    other = np.where(uniform() < 0.2, firm, other)
    workshop, day = (rows // 60 * uniform() ** 1.5).astype(int), days * uniform()
    padders = generator.choice(workshop, 10)  # most of their bills are honest
    workshop = np.where((kind == 1) & (uniform() < 0.7), generator.choice(padders, rows), workshop)
    staged = np.flatnonzero(kind == 3)
    ring = generator.integers(0, max(3, staged.size // 12), staged.size)
    members = generator.integers(1, 4 * rows, (ring.max() + 1, 6))
    claimant[staged], other[staged] = generator.permuted(members[ring], axis=1)[:, :2].T
    workshop[staged] = generator.choice(workshop, (len(members), 3))[ring, staged % 3]
    season = days * (ring + 0.5) / len(members) + 150 * generator.standard_normal(staged.size)
    day[staged] = days - np.abs(days - np.abs(season) % (2 * days))  # reflected at both ends
    other = np.where((uniform() < of["alone"]) | (other == claimant), 0, other)
    second = 86_400 * day.astype(int).clip(0, days - 1) + (28_800 + 36_000 * uniform()).astype(int)
    injury = uniform() < of["injury"]
    cost = of["cost [EUR]"] * np.exp(of["σ of log cost"] * normal()) * np.where(injury, 1.5, 1)
    hour = np.where(uniform() < of["any hour"], 24 * uniform(), 14 + 4 * normal()) % 24
    number = np.append(0, 100_000 + generator.permutation(4 * rows))
    X = [number[claimant], number[other], 1_000 + generator.permutation(rows)[workshop]]
    X += [np.ceil(cost * np.where(kind == 1, PADDING, 1)), np.ceil(cost * np.exp(0.2 * normal()))]
    X += [of["policy [days]"] * generator.gamma(2, 0.5, rows) // 1]
    X += [of["delay [days]"] * generator.standard_exponential(rows) // 1, hour // 1]
    X += [np.ceil(of["distance [km]"] * np.exp(1.1 * normal())), uniform() < of["police"], injury]
    order = np.argsort(second, kind="stable")
    X, second, kind = np.stack(X, axis=1)[order], second[order], kind[order]
    seen = _earlier(X[:, :2].ravel(), second.repeat(2), 10**10).reshape(rows, 2) * (X[:, :2] > 0)
    X = np.column_stack([X, seen, _earlier(X[:, 2], second, 90 * 86_400)])
    text = ("Motor claims", f"simulated by {__name__}", "MIT, as the code")
    kinds, time = np.array(["", *KINDS])[kind], START + second.astype("timedelta64[s]")
    return AnomalyData(X, kind > 0, COLUMNS, *text, kinds, time)


def claim_losses(claims):
    """Return what is lost if each claim of `make_claims` is paid, float64 of shape (n,), in EUR.

    A fraud costs all that it claims, a padded bill a third of it, an honest claim nothing.
    """
    if as_anomaly_data(claims, "claims").feature_names != COLUMNS:
        raise ValueError(f"claims is {claims.name}; rows of make_claims are expected.")
    return claims.X[:, 3] * np.where(claims.kinds == "padded", 1 - 1 / PADDING, claims.y)


def _earlier(number, second, reach):
    """How many rows before this one, at most `reach` seconds ago, have the same number."""
    key = np.unique(number, return_inverse=True)[1] * 10**11 + second
    order, count = np.argsort(key, kind="stable"), np.empty(len(key))
    first = np.maximum(key - reach, key // 10**11 * 10**11)[order]
    count[order] = np.arange(len(key)) - np.searchsorted(key[order], first)
    return count
