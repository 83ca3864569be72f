"""Small files such as a user has, for the tests of the report."""

import numpy as np
import pandas as pd

NASTY = "<script>alert('x')</script>"


def machine(rows=400, seed=0):
    """Return a table of a machine: anomalies are hot while the motor is slow, or leak oil."""
    rng = np.random.default_rng(seed)
    load = rng.normal(size=rows)
    y = (rng.random(rows) < 0.13).astype(int)
    heat = load + 0.3 * rng.normal(size=rows) + 2.5 * y
    mode = rng.choice(["idle", "cut", NASTY], size=rows)
    noise = np.where(rng.random(rows) < 0.05, np.nan, rng.normal(size=rows))
    return pd.DataFrame(
        {
            "load [A]": load.round(4),
            "heat [K]": heat.round(4),
            f"noise {NASTY}": noise.round(4),
            "mode": mode,
            "state": np.where(y == 1, "faulty", "ok"),
        }
    )


def write(path, frame, **form):
    """Write a table as CSV and return its path."""
    frame.to_csv(path, index=False, **form)
    return path
