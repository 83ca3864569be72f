"""How long the simulators take for large data, against the limits that the course sets itself.

Each runs several times in one process, in turns; the median counts. Exits with code 1 where a
median is above its limit.

    python benchmarks/simulators.py
    python benchmarks/simulators.py --repeats 11
"""

import argparse
import statistics
import sys
import time

from course_utils.data.simulators.machine import make_machine, make_vibration
from course_utils.data.simulators.orders import make_orders
from course_utils.data.simulators.payments import make_payments

from machine import conditions

# what, call with a seed, limit in seconds
CASES = [
    ("1,000,000 orders", lambda seed: make_orders(1_000_000, seed=seed), 3.0),
    ("1,000,000 payments", lambda seed: make_payments(1_000_000, seed=seed), 3.0),
    ("10 min of vibration, healthy", lambda seed: make_vibration(600, seed=seed), 3.0),
    (
        "10 min of vibration, outer race",
        lambda seed: make_vibration(600, "outer race", seed=seed),
        3.0,
    ),
    ("3 weeks of a machine, 3,024 windows", lambda seed: make_machine(seed=seed), 3.0),
]


def seconds(call, seed):
    """Return how long one call takes; what it made is dropped at once."""
    started = time.perf_counter()
    call(seed)
    return time.perf_counter() - started


def main(arguments=None):
    """Print the table; return 1 where a median is above its limit, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args(arguments).repeats
    print(conditions("numpy", "scipy"))
    print(f"{repeats} repeats in turns.", end="\n\n")
    spent = {name: [] for name, _, _ in CASES}
    for seed in range(repeats):
        for name, call, _ in CASES:
            spent[name].append(seconds(call, seed))
    print("| what | median [s] | fastest to slowest [s] | limit [s] | limit / median |")
    print("|---|---|---|---|---|")
    slow = False
    for name, _, limit in CASES:
        median = statistics.median(spent[name])
        extent = f"{min(spent[name]):.2f} to {max(spent[name]):.2f}"
        print(f"| {name} | {median:.2f} | {extent} | {limit:.1f} | {limit / median:.1f} |")
        slow |= median > limit
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
