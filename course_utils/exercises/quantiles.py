"""Conventions of a quantile, and of a level that a share lies above.

Each is right where an exercise names none.
"""

from __future__ import annotations

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
