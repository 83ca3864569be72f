"""Data made up in the open: toy shapes, four kinds of anomaly, and a series with three kinds."""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData

import numpy as np

SHAPES = ("moons", "circles", "blobs")
KINDS = ("global", "local", "dependency", "clustered")
SOURCE = "simulated by course_utils.data.simulators.toys"
LICENCE = "MIT, as the code"
SERIES_LEVEL = 10.0
DENSE_CENTRE = np.array([4.0, 4.0])
SPARSE_CENTRE = np.array([-4.0, -4.0])
CLUMP_CENTRE = np.array([-5.0, 5.0])


def make_toy(shape="moons", rows=400, noise=0.15, prevalence=0.5, seed=0):
    """Return two classes of points in the plane, one of which is called the anomaly.

    Parameters
    ----------
    shape : {"moons", "circles", "blobs"}
        Two half circles that hook into each other; a circle of radius 0.5 (the anomalies) in one
        of radius 1; two round clouds, 2 apart.
    rows : int
        How many points, both classes together.
    noise : float
        Standard deviation of the normal noise that is added to each coordinate, 0 or more.
    prevalence : float in (0, 0.5]
        The share of anomalies.
    seed : int
        One seed, one data set.

    Returns
    -------
    AnomalyData
        X (rows, 2) without a unit, in random order.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or if `rows` leaves a class without a point.
    """
    checks.one_of(shape, "shape", SHAPES)
    rows = checks.positive_integer(rows, "rows")
    noise = checks.in_range(noise, "noise", 0, np.inf)
    prevalence = checks.in_range(prevalence, "prevalence", 0, 0.5, low_open=True)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    anomalies = round(rows * prevalence)
    if anomalies == 0:
        raise ValueError(f"rows is {rows}; at prevalence {prevalence:g} that gives no anomaly.")
    labels = generator.permutation(np.arange(rows) < anomalies)
    points = _TOY_POINTS[shape](labels, generator)
    return AnomalyData(
        X=points + noise * generator.standard_normal(points.shape),
        y=labels,
        feature_names=("x1", "x2"),
        name=f"Toy {shape}",
        source=SOURCE,
        licence=LICENCE,
    )


def _moons(labels, generator):
    angle = np.pi * generator.random(labels.size)
    normal = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.where(labels[:, None], [1.0, 0.5] - normal, normal)


def _circles(labels, generator):
    angle = 2 * np.pi * generator.random(labels.size)
    return np.where(labels, 0.5, 1.0)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _blobs(labels, generator):
    return np.where(labels[:, None], 1.0, -1.0) * np.array([1.0, 0.0]) + np.zeros((labels.size, 2))


_TOY_POINTS = {"moons": _moons, "circles": _circles, "blobs": _blobs}


def make_kinds(rows=1000, anomalies=25, seed=0):
    """Return normal points of three densities and four kinds of anomaly among them.

    The normal points are a dense cloud, a sparse cloud and a long thin one in which the two
    coordinates rise together. The kinds are named as in Han et al., ADBench, NeurIPS 2022:

    - "global": far from everything;
    - "local": beside the dense cloud, at distances that are ordinary in the sparse one;
    - "dependency": each coordinate is ordinary, the pair breaks the correlation;
    - "clustered": a small tight clump, so that each point has near neighbours.

    Parameters
    ----------
    rows : int
        How many points, normal and not.
    anomalies : int
        How many points of each kind; four times as many must leave 90 normal points.
    seed : int
        One seed, one data set.

    Returns
    -------
    AnomalyData
        X (rows, 2) without a unit, in random order, with `kinds`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    anomalies = checks.positive_integer(anomalies, "anomalies")
    rows = checks.integer_in_range(rows, "rows", len(KINDS) * anomalies + 90)
    normal = rows - len(KINDS) * anomalies
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    points = np.concatenate(
        [_normal_points(normal, generator)]
        + [_KIND_POINTS[kind](anomalies, generator) for kind in KINDS]
    )
    kinds = np.repeat(["", *KINDS], [normal] + [anomalies] * len(KINDS))
    order = generator.permutation(rows)
    return AnomalyData(
        X=points[order],
        y=kinds[order] != "",
        feature_names=("x1", "x2"),
        name="Four kinds of anomaly",
        source=SOURCE,
        licence=LICENCE,
        kinds=kinds[order],
    )


def _normal_points(rows, generator):
    """A third of the points in each: the dense cloud, the sparse one, the long one."""
    dense, sparse = rows // 3, rows // 3
    along = generator.uniform(-2.5, 3.0, rows - dense - sparse)
    across = 0.15 * generator.standard_normal(along.size)
    return np.concatenate(
        [
            DENSE_CENTRE + 0.12 * generator.standard_normal((dense, 2)),
            SPARSE_CENTRE + 1.4 * generator.standard_normal((sparse, 2)),
            np.stack([along + across, along - across], axis=1),
        ]
    )


def _on_ring(centre, inner, outer, rows, generator):
    """Points at random angles, at distances from `inner` to `outer`."""
    angle = 2 * np.pi * generator.random(rows)
    radius = generator.uniform(inner, outer, rows)
    return centre + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _global_points(rows, generator):
    return _on_ring(np.zeros(2), 14, 18, rows, generator)


def _local_points(rows, generator):
    return _on_ring(DENSE_CENTRE, 0.55, 0.9, rows, generator)


def _dependency_points(rows, generator):
    along = generator.uniform(2.2, 3.4, rows) * generator.choice([-1, 1], rows)
    across = 0.2 * generator.standard_normal(rows)
    return np.stack([along + across, across - along], axis=1)


def _clustered_points(rows, generator):
    return CLUMP_CENTRE + 0.1 * generator.standard_normal((rows, 2))


_KIND_POINTS = {
    "global": _global_points,
    "local": _local_points,
    "dependency": _dependency_points,
    "clustered": _clustered_points,
}


def make_series(rows=1500, seed=0):
    """Return one series with a daily season and anomalies of three kinds.

    The kinds are those of Chandola, Banerjee and Kumar, ACM Computing Surveys 41 (2009):

    - "point": six single hours outside the range of all others;
    - "contextual": six times three hours with values of the night by day, or of the day by
      night, each of them ordinary twelve hours later;
    - "collective": two stretches of 36 hours in which the season is missing, each value ordinary.

    The first third of the rows is free of anomalies, so that a detector can learn from it.

    Parameters
    ----------
    rows : int
        How many hours, at least 1,000.
    seed : int
        One seed, one series.

    Returns
    -------
    AnomalyData
        X (rows, 1) without a unit; time hourly from midnight; kinds as above.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    """
    rows = checks.integer_in_range(rows, "rows", 1000)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    hours = np.arange(rows)
    season = 3 * np.sin(2 * np.pi * (hours - 6) / 24)  # lowest at midnight, highest at noon
    noise = 0.3 * generator.standard_normal(rows)
    kinds = np.full(rows, "", dtype="<U10")
    jumps = np.zeros(rows)
    for kind, start, stop in _events(rows, generator):
        kinds[start:stop] = kind
        if kind == "point":
            jumps[start] = generator.choice([-1, 1]) * generator.uniform(7, 9) - season[start]
        else:
            season[start:stop] *= 0 if kind == "collective" else -1
    return AnomalyData(
        X=(SERIES_LEVEL + season + jumps + noise)[:, None],
        y=kinds != "",
        feature_names=("value",),
        name="Seasonal series",
        source=SOURCE,
        licence=LICENCE,
        kinds=kinds,
        time=np.datetime64("2026-01-01T00", "h") + hours,
    )


def _events(rows, generator):
    """Yield kind, first row and row after the last, one event in each slot after the first third.

    A slot is at least 47 hours, so that the longest event fits with 10 hours to spare.
    """
    kinds = generator.permutation(["point"] * 6 + ["contextual"] * 6 + ["collective"] * 2)
    slots = np.linspace(rows / 3, rows, kinds.size + 1).astype(int)
    for kind, slot, end in zip(kinds, slots[:-1], slots[1:], strict=True):
        length = {"point": 1, "contextual": 3, "collective": 36}[kind]
        start = int(generator.integers(slot + 5, end - length - 4))
        if kind == "contextual":  # centred on 3, 9, 15 or 21 h, where the season is 2.1 or -2.1
            start = 6 * round((start - 2) / 6) + 2
        yield str(kind), start, start + length
