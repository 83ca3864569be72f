"""How slow this machine's processor is just now, beside the one that the limits were set on.

Limits are on the seconds that a processor works, so that waiting for a busy machine costs
nothing. But processors differ threefold, and neighbours on the same core slow each other. So a
fixed piece of work is timed again and again while a notebook runs, and its limits grow with it.
"""

import functools
import threading
import time

import numpy as np

# What the work takes on the machine whose seconds stand in the lessons' headers.
WORK_SECONDS = 0.018
EVERY = 2.0  # seconds from one measurement to the next
TICKS = 12  # of the clock; fewer would say little where it moves in steps of 16 ms
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


@functools.cache
def tick():
    """Return the smallest step that the clock of this thread's processor seconds makes."""
    start = time.thread_time()
    while (now := time.thread_time()) == start:
        pass
    return now - start


def measured():
    """Return the processor's seconds for the work, now."""
    start, times = time.thread_time(), 0
    while True:
        work()
        times += 1
        spent = time.thread_time() - start
        if spent >= TICKS * tick():
            return spent / times


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
        slowness = self.slowness(since)
        return ROUGHLY * slowness if slowness > LITTLE else 1.0

    def slowness(self, since=0.0):
        """Return how many times as slow as the other machine this one was; see `allowance`."""
        recent = [seconds for when, seconds in self._taken if when >= since]
        return float(np.mean(recent or self._taken[-1][1]) / WORK_SECONDS)

    def _measure(self):
        while not self._stopped.wait(EVERY):
            self._note()

    def _note(self):
        self._taken.append((time.perf_counter(), measured()))
