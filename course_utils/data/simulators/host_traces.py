"""The audit events of a computer's jobs, recorded live: sequences, a few of hijacked jobs.

The jobs are ours, `host_worker.py`, and so are the intrusions, which are imitated and harmless;
the card `datasets/host_traces.md` says what each does. What is recorded is real.
"""

from __future__ import annotations

from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.simulators import host_worker, program_logs

HOST_EVENTS = host_worker.EVENTS
KINDS = tuple(host_worker.INTRUSIONS)


def record_host_traces(jobs=1_250, seed=0, prevalence=0.08):
    """Run the jobs of a small office computer and return what each did, as a sequence of events.

    The jobs save documents, back up, turn logs, install, report, check settings, convert and clean
    up, in one process and a temporary folder of their own, without a network. An event is a place
    in `HOST_EVENTS`, which has Python's names of its audit events. In a few jobs an intruder does
    something in between, with events that usual jobs have too; the kinds are "collects files",
    "opens rights", "starts a program", "encodes and removes", "looks around" and "runs a text".

    Parameters
    ----------
    jobs : int
        How many jobs, at least 100.
    seed : int
        One seed, the same sequences.
    prevalence : float in (0, 0.5]
        The share of hijacked jobs; as many of each kind, give or take one.

    Returns
    -------
    AnomalyData
        Sequences of whole numbers from 0, one for each job, in the order in which they ran;
        `kinds` as above.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form, or if `jobs` leaves a kind without a job.
    RuntimeError
        If the process cannot be started, fails, or takes too long; the message has its last lines.
    """
    kinds = program_logs.drawn_kinds(KINDS, jobs, seed, prevalence)
    return AnomalyData(
        X=program_logs.recorded(kinds.tolist(), seed, host_worker.__file__),
        y=kinds != "",
        feature_names=(),
        name="Host traces",
        source="recorded from jobs that course_utils.data.simulators.host_traces runs",
        licence="MIT, as the code",
        kinds=kinds,
    )
