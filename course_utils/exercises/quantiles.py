"""Conventions of a quantile, and of a level that a share lies above.

Each is right where an exercise names none.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# NumPy's
METHODS = (
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "hazen", "weibull"),
    *("interpolated_inverted_cdf", "linear", "median_unbiased", "normal_unbiased"),
    *("lower", "higher", "midpoint", "nearest"),
)


def _by_method(method):
    return lambda values, share: np.quantile(values, 1 - share, method=method)


def _with_above(count, halfway):
    """Return the rule that leaves count(share · n) values above the level."""

    def level(values, share):
        falling = np.sort(values)[::-1]
        above = int(count(share * len(falling)))
        return (falling[above - halfway] + falling[above]) / 2

    return level


def _conformal(values, share):
    falling = np.sort(values)[::-1]
    return falling[int(share * (len(falling) + 1)) - 1]


# rules that return the level which about `share` of `values`, shape (n,), lie above
LEVELS = [
    *map(_by_method, METHODS),
    *(
        _with_above(count, halfway)
        for count in (
            *(np.floor, np.round, np.ceil),
            *(lambda above: np.floor(above) - 1, lambda above: np.round(above) - 1),
        )
        for halfway in (False, True)
    ),
    _conformal,
]


def labelled_scores(
    rng: np.random.Generator,
) -> Iterator[tuple[str, np.ndarray, np.ndarray, float]]:
    """Yield what the case is, scores (n,), labels (n,) with 1 = anomaly, and the share above."""
    for what, normal, anomalies, share in (
        ("many rows", 613, 40, 0.05),
        ("few rows", 17, 3, 0.2),
        ("no anomaly", 131, 0, 0.1),
        ("one anomaly", 57, 1, 0.3),
        ("more anomalies than normal rows", 33, 60, 0.2),
        ("half of the rows above", 43, 9, 0.5),
        ("a small share", 777, 30, 0.02),
    ):
        y = rng.permutation(np.repeat([0, 1], [normal, anomalies]))
        scores = rng.gamma(2, size=normal + anomalies) + 2 * y
        yield what, scores, y, share
