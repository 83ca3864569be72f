"""How slow this machine is just now, beside the one that the lessons' limits were set on.

A minute is no measure of a notebook where processors differ threefold and neighbours come and go.
So a fixed piece of work is timed again and again while a notebook runs, and its limits grow with
what that takes; those of other tests as well.
"""

import contextlib
import threading
import time

import numpy as np

# What the work takes where the seconds in the lessons' headers were measured. An estimate: on a
# machine where lessons took three times those seconds, it took 0.054.
WORK_SECONDS = 0.018
EVERY = 2.0  # seconds from one measurement to the next
LITTLE = 1.25  # times as slow: not worth a correction
ROUGHLY = 1.5  # a machine is not as much slower at everything as it is at this work


def work():
    """Do what lessons do in small: loops in Python and short calls of NumPy."""
    total = 0
    for number in range(200_000):
        total += number
    vector, matrix = np.full(100, 0.5), np.full((64, 64), 0.5)
    for _ in range(1_500):
        total += (vector * vector + vector).sum()
        matrix @ matrix
    return total


def measured():
    """Return the processor's seconds for the work, now."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


class Pace:
    """Measures this machine in a thread of its own, from `start` or `with` to `stop`."""

    def __init__(self):
        self._taken = []  # (when, seconds)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)

    def start(self):
        """Take a first measurement, then others beside what the caller does; return self."""
        self._note()
        self._thread.start()
        return self

    def stop(self):
        """Take a last measurement."""
        self._stopped.set()
        self._thread.join()
        self._note()

    def __enter__(self):
        """Start measuring."""
        return self.start()

    def __exit__(self, *_):
        """Stop measuring."""
        self.stop()

    def allowance(self, since=0.0):
        """Return how many times as long as on the other machine something may take here.

        `since` is a time of `time.perf_counter`; where nothing was measured after it, the last
        measurement before it counts.
        """
        recent = [seconds for when, seconds in self._taken if when >= since]
        slowness = np.mean(recent or self._taken[-1][1]) / WORK_SECONDS
        return float(ROUGHLY * slowness) if slowness > LITTLE else 1.0

    def _measure(self):
        while not self._stopped.wait(EVERY):
            self._note()

    def _note(self):
        self._taken.append((time.perf_counter(), measured()))


@contextlib.contextmanager
def within(seconds):
    """Fail where what is inside takes more than so many seconds, or as much more as allowed."""
    with Pace() as pace:
        start = time.perf_counter()
        yield
        spent = time.perf_counter() - start
    allowed = seconds * pace.allowance()
    assert spent <= allowed, f"It took {spent:.2f} s; {allowed:.2f} s are allowed."
