"""Exercise of lesson 20 on latency: the time from arrival until done, the waiting included."""

from __future__ import annotations

from course_utils.exercises.results import (
    Misconception,
    as_array,
    difference,
    name_the_mistake,
    require,
)
from course_utils.exercises.tensors import TensorExercise

import numpy as np

# -------------------------------------------------------------------------------------- 2 · delays

delays = TensorExercise(
    "Rows arrive at the times `arrivals` (seconds of any clock, sorted), and one server works on "
    "each for `work` seconds, first come first served. Return each row's delay: from arrival "
    "until done.",
    hints=(
        "A row starts when it has arrived and the row before it is done, whichever is later.",
        "Keep the time at which the server is free: free = max(free, arrival) + seconds. That is "
        "when the row is done.",
        "The delay is that time minus the row's arrival. Before the first row the server is free.",
    ),
    praise="Right: a row waits for all the slow ones before it, which no median of `work` shows.",
)


@delays.set_solution
def delays_solution(arrivals, work):
    result, free = np.zeros(len(arrivals)), -np.inf  # free: when the server is done with all
    for row, (arrival, seconds) in enumerate(zip(arrivals, work, strict=True)):
        free = max(free, arrival) + seconds
        result[row] = free - arrival
    return result


@delays.set_check
def delays_check(answer):
    arrivals, work = _traffic(np.random.default_rng(21), 40)
    got = as_array(answer(arrivals.copy(), work.copy()), what="the delays")
    require(
        got.shape != (),
        "One number came back. Each row has a delay; its median or p99 is taken afterwards.",
    )
    require(
        got.shape == arrivals.shape,
        f"{len(arrivals)} rows arrive, and the delays have the shape {got.shape}; one for each.",
    )
    wanted = delays_solution(arrivals, work)
    if not difference(got, wanted):
        _judge_another_clock(answer, arrivals - EARLIER, work)
        return
    name_the_mistake(got, _wrong_delays(arrivals, work))
    told = difference(got, wanted)
    require(
        (got > 0.999 * work).all(),
        f"Some delay is shorter than the row's own work, which no row escapes: {told}",
    )
    raise Misconception(f"Those are not the delays: {told}")


def _judge_another_clock(answer, arrivals, work):
    """Refuse a server that is taken to be busy until the clock shows 0."""
    busy_until_0 = np.append(arrivals[0], arrivals), np.append(-arrivals[0], work)
    require(
        difference(answer(arrivals.copy(), work.copy()), delays_solution(*busy_until_0)[1:]),
        f"By a clock that shows {EARLIER} seconds less, rows come before its 0, and wait until "
        "then: your server is free from 0 on. Before the first row it is free at any time.",
    )


EARLIER = 20  # seconds


def _traffic(generator, rows):
    """Return arrivals that begin late, in a rush and then after a pause, and the work."""
    gaps = generator.exponential(1.0, size=rows)
    gaps[: rows // 3] /= 3
    gaps[rows // 3] = 20.0
    return 3 + np.cumsum(gaps), generator.exponential(0.8, size=rows)


def _wrong_delays(arrivals, work):
    """Yield what slips give, and which they are."""
    right, gaps = delays_solution(arrivals, work), np.diff(arrivals)
    yield (
        work,
        "Those are the seconds of work. A row also waits for the rows before it.",
    )
    yield right - work, "That is the waiting alone. The row's own work belongs to its delay."
    yield (
        right + arrivals,
        "Those are the times at which rows are done. A delay is counted from the row's arrival.",
    )
    yield (
        right + arrivals - arrivals[0],
        "Those times are counted from the first arrival. A delay is counted from the row's own.",
    )
    yield (
        right - work + arrivals,
        "Those are the times at which rows start. The delay is from arrival until done.",
    )
    yield np.cumsum(work), "That is the work of all rows so far. A server that was idle owes none."
    for start in (0, arrivals[0]):
        yield (
            start + np.cumsum(work) - arrivals,
            "The server is taken to be always busy, and delays come out below the work: a row "
            "cannot start before it arrives. max(free, arrival).",
        )
        yield (
            np.maximum(start + np.cumsum(work) - arrivals, work),
            "The server's idle time is forgotten: after a pause it starts when the next row "
            "arrives. max(free, arrival), row by row.",
        )
    before = np.maximum(0, work[:-1] - gaps)
    yield (
        work + np.append(0, before),
        "A row waits for the row before it as if that one had never waited. Rows queue up: carry "
        "on the time at which the server is free.",
    )
    yield (
        work + np.append(0, work[:-1]),
        "Each row waits for all of the work before it, though part of that was done already when "
        "it arrived.",
    )
    wait, own = 0.0, [0.0]
    for gap, seconds in zip(gaps, work[1:], strict=True):
        wait = max(0.0, wait + seconds - gap)
        own.append(wait)
    yield (
        work + np.array(own),
        "A row's own work counts in its waiting. What it waits for is the work of the row before.",
    )


@delays.set_inputs
def delays_inputs(rng):
    # no work much shorter than the times are exact in float32
    yield "the example", (np.array([0.0, 1.0, 2.0, 10.0]), np.array([3.0, 1.0, 1.0, 2.0]))
    for what, load in (("a server with time", 0.2), ("a busy server", 0.9), ("too much work", 2)):
        n = int(rng.integers(20, 40))
        arrivals = np.cumsum(rng.exponential(size=n))
        for told, times in ((what, arrivals), (f"{what}, arrivals before 0", arrivals - 30)):
            yield told, (times, load * (0.5 + rng.exponential(0.5, size=n)))
    n = int(rng.integers(10, 20))
    yield "rows that arrive all at once", (np.full(n, 7.5), rng.uniform(0.1, 1, size=n))
    burst = np.repeat(np.arange(4) * 20.0, 5)
    yield "bursts", (burst, rng.uniform(0.5, 3, size=20))
    yield "arrivals like a clock", (np.arange(12.0), np.full(12, 0.75))
    slow = np.full(30, 1e-3)
    slow[9] = 0.25
    yield "one slow row", (np.linspace(0, 0.29, 30), slow)
    yield "rows that cost nothing", (np.sort(rng.uniform(size=6)), np.zeros(6))
    yield "one row", (np.array([2.0]), np.array([0.5]))
