"""Sequences of events of a small made-up program, and two kinds of jobs that went wrong."""

from __future__ import annotations

import numpy as np

EVENTS = (
    "open",
    "read",
    "write",
    "close",
    "list",
    "stat",
    "connect",
    "insert",
    "commit",
    "remove",
)
LOST = 0.08  # share of jobs of which the log lost an event
RETRIED = 0.1  # share of tasks in which a file is opened twice


def program(seed: int, train: int = 300, normal: int = 120, anomalies: int = 60) -> tuple:
    """Return sequences to learn from, and kinds of sequences to judge.

    Parameters
    ----------
    seed : int
        It also decides what the events are called.
    train, normal, anomalies : int
        How many; of each kind of anomaly.

    Returns
    -------
    train : list of lists of str
    kinds : dict of lists
        "normal"; "order", normal jobs two of whose neighbouring events changed places; "counts",
        jobs of usual steps of which one is repeated far more often.
    """
    generator = np.random.default_rng(seed)
    names = generator.permutation(EVENTS)
    kinds = {
        "train": [_job(generator) for _ in range(train)],
        "normal": [_job(generator) for _ in range(normal)],
        "order": [_swapped(generator, _job(generator)) for _ in range(anomalies)],
        "counts": [_job(generator, odd=True) for _ in range(anomalies)],
    }
    kinds = {
        kind: [[str(names[event]) for event in job] for job in jobs]
        for kind, jobs in kinds.items()
    }
    return kinds.pop("train"), kinds


def _job(generator, odd=False):
    """Return the events of a job of one to three tasks; in an odd one a step repeats too often."""
    tasks = int(generator.integers(1, 4))
    repeats = generator.integers(2, 7, size=tasks)
    if odd:
        repeats[generator.integers(tasks)] = generator.integers(14, 23)
    events = [event for each in repeats for event in _task(generator, int(each))]
    if generator.random() < LOST:
        del events[generator.integers(len(events))]
    return events


def _task(generator, repeats):
    """Return the events of a copy, an index of a folder, or a folder that is cleared."""
    files = int(generator.integers(1, 13))
    retried = [0, 5, 0] if generator.random() < RETRIED else [0]
    which = generator.integers(3)
    if which == 0:
        return [*retried, *[1] * files, 3, *retried, *[2] * repeats, 3]
    if which == 1:
        return [4, *[5, 0, 1, 3] * files, 6, *[7] * repeats, 8]
    return [4, *[5, 9] * repeats]


def _swapped(generator, job):
    """Return the job with two unlike neighbours in the other order."""
    job = list(job)
    places = [place for place in range(len(job) - 1) if job[place] != job[place + 1]]
    place = places[generator.integers(len(places))]
    job[place], job[place + 1] = job[place + 1], job[place]
    return job
