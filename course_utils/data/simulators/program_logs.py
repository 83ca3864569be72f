"""The events of a program's jobs, recorded while it runs: sequences with a few odd ones.

The program is ours, `program_worker.py`, and so are its odd jobs; the card
`datasets/program_logs.md` says what each does. What is recorded is real: Python itself reports the
events (`sys.addaudithook`) as files are opened, renamed and removed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.simulators import program_worker

import numpy as np

PROGRAM_EVENTS = program_worker.EVENTS
KINDS = tuple(program_worker.ODD_JOBS)
LONGEST_START, LONGEST_JOB = 60, 0.1  # seconds; a job takes less than a thousandth, mostly


def make_program_logs(jobs=2_000, seed=0, prevalence=0.05):
    """Run a small program and return what it did in each job, as a sequence of events.

    The program imports orders, writes reports, backs up, cleans up, builds an index and exports,
    with loops, branches and retries that chance decides. It runs once, in a process and a
    temporary folder of its own, without a network. An event is a place in `PROGRAM_EVENTS`:
    ``[data.PROGRAM_EVENTS[key] for key in sequence]`` gives their names. Odd jobs are

    - "removes first" and "report too early": usual events in usual numbers, in a wrong order;
    - "retry storm", "rejects most" and "copies out": usual steps, unusually often.

    Parameters
    ----------
    jobs : int
        How many jobs, at least 100.
    seed : int
        One seed, the same sequences.
    prevalence : float in (0, 0.5]
        The share of odd jobs; as many of each kind, give or take one.

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
        If the program cannot be started, fails, or takes too long; the message has its last lines.
    """
    kinds = drawn_kinds(KINDS, jobs, seed, prevalence)
    return AnomalyData(
        X=recorded(kinds.tolist(), seed),
        y=kinds != "",
        feature_names=(),
        name="Program logs",
        source="recorded from a program that course_utils.data.simulators.program_logs runs",
        licence="MIT, as the code",
        kinds=kinds,
    )


def drawn_kinds(names, jobs, seed, prevalence):
    """Return the kind of each job, (jobs,), "" for usual ones, in the order of chance.

    Parameters
    ----------
    names : tuple of str
        The kinds of odd jobs.
    jobs, seed, prevalence : as in `make_program_logs`, which says what is raised
    """
    jobs = checks.integer_in_range(jobs, "jobs", 100)
    seed = checks.as_seed(seed, "seed")
    prevalence = checks.in_range(prevalence, "prevalence", 0, 0.5, low_open=True)
    odd = round(jobs * prevalence)
    if odd < len(names):
        raise ValueError(
            f"jobs is {jobs}; at prevalence {prevalence:g} that leaves a kind without a job."
        )
    kinds = np.array([""] * (jobs - odd) + np.resize(names, odd).tolist())
    return np.random.default_rng(seed).permutation(kinds)


def recorded(kinds, seed, *other):
    """Run one job of each kind in a process of its own; return the events of each, lists of int.

    Parameters
    ----------
    kinds : list of str
        "" is a usual job.
    seed : int
    *other : str
        The file of another program, as `program_worker.main` takes it.

    Raises
    ------
    RuntimeError
        If the program cannot be started, fails, or takes too long.
    """
    limit = LONGEST_START + LONGEST_JOB * len(kinds)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # -I: neither variables nor packages of the user reach the program
        command = [sys.executable, "-I", program_worker.__file__, folder, str(seed), *other]
        try:
            done = subprocess.run(  # which ends the program if it is interrupted or late
                command,
                input=json.dumps(kinds),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=limit,
                cwd=folder,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(
                f"The program ran for more than {limit:.0f} s and was ended. Ask for fewer jobs, "
                "or try again when the machine is less busy."
            ) from error
        except OSError as error:
            raise RuntimeError(f"The program cannot be started: {error}.") from error
    if done.returncode != 0:
        lines = "\n".join(done.stderr.splitlines()[-8:]) or "It left no message."
        raise RuntimeError(f"The program ended with code {done.returncode}. {lines}")
    return json.loads(done.stdout)
