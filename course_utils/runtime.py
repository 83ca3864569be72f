"""The machine that a lesson runs on: seeds, device, profile, and what there is of it.

Four environment variables steer a run: COURSE_DEVICE (cuda, mps, cpu), COURSE_PROFILE (quick,
full), COURSE_STRICT (1 makes `expect` raise; the test command sets it) and OMP_NUM_THREADS.
"""

from __future__ import annotations

import os
import platform
import random
import shutil
import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock, get_native_id
from types import SimpleNamespace

from course_utils import checks

import numpy as np
import psutil

DEVICES = ("cuda", "mps", "cpu")
PROFILES = ("quick", "full")
LONGEST_END = 1.0  # seconds that a fork waits for threads to be gone
_torch_threads = {"lock": Lock(), "callers": 0, "before": 1}
_ended = deque(maxlen=256)  # the system's numbers of the threads that were done last


def _wait_for_ended_threads():
    """Wait until the threads that `in_threads` has ended are gone.

    For Python a thread has ended a moment before it has for the system. In between it gives back
    the memory of torch's matrix products, under a lock of MKL's; a process that is forked then
    has the lock, and nobody in it to open it. Seen on Linux, where psutil numbers threads as
    Python does; elsewhere this waits for nothing.
    """
    started = time.monotonic()
    while _ended and time.monotonic() - started < LONGEST_END:
        if not {thread.id for thread in psutil.Process().threads()}.intersection(_ended):
            _ended.clear()
        else:
            time.sleep(0.001)


if hasattr(os, "register_at_fork"):  # callers, and who holds the lock, stay in the other process
    os.register_at_fork(
        before=_wait_for_ended_threads,
        after_in_child=lambda: _torch_threads.update(lock=Lock(), callers=0, before=1),
    )


def set_seed(seed=0):
    """Seed Python's and NumPy's global generators, and torch's where torch is loaded already.

    Torch is not imported for it, so seed after the import of torch.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 − 1.

    Raises
    ------
    TypeError, ValueError
        If `seed` is no such number.
    """
    seed = checks.as_seed(seed, "seed")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (the global generator is the point here)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def device():
    """Return the name of the device to train on: "cuda", "mps" or "cpu".

    The environment variable COURSE_DEVICE decides where it is set. Otherwise the first of the
    three that can do a sum is taken. A graphics card that is there and cannot be used counts as
    absent; what is wrong with it is printed once.

    Returns
    -------
    str

    Raises
    ------
    RuntimeError
        If COURSE_DEVICE names an unknown device or one that cannot be used here.
    """
    wanted = os.environ.get("COURSE_DEVICE", "").strip().lower()
    if wanted:
        return _checked_device(wanted)
    for name in DEVICES[:-1]:
        if not _is_present(name):
            continue
        problem = _problem_with(name)
        if problem is None:
            return name
        _say_once(
            f"The device {name} is there but cannot be used: {problem} The CPU is taken; "
            "COURSE_DEVICE=cpu lets Keras take it too."
        )
    return "cpu"


@cache
def _say_once(text):
    print(text)  # no warning: the CPU does all that a lesson needs


def _checked_device(wanted):
    cure = "Set COURSE_DEVICE=cpu, or unset it to let the course choose."
    if wanted not in DEVICES:
        raise RuntimeError(f"COURSE_DEVICE is {wanted!r}; cuda, mps or cpu is expected. {cure}")
    problem = None
    if not _is_present(wanted):
        problem = f"this PyTorch finds no {wanted} device on this machine."
    elif wanted != "cpu":
        problem = _problem_with(wanted)
    if problem is not None:
        raise RuntimeError(f"COURSE_DEVICE is {wanted}, which cannot be used: {problem} {cure}")
    return wanted


def _is_present(name):
    import torch

    present = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
    return name == "cpu" or present[name]()


def _problem_with(name):
    """Try a sum on the device; return None, or what went wrong in one line."""
    import torch

    try:
        torch.ones(2, device=name).sum().item()
    except (RuntimeError, AssertionError, MemoryError) as error:
        return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".") + "."
    return None


def profile(**choices):
    """Pick each setting for the profile of this run.

    Parameters
    ----------
    **choices : pair
        For each setting the value for "quick" and the value for "full".

    Returns
    -------
    SimpleNamespace
        One attribute per setting.

    Raises
    ------
    ValueError
        If the environment variable COURSE_PROFILE is neither quick nor full, or if a choice is
        no pair.

    Examples
    --------
    >>> profile(epochs=(20, 200)).epochs
    20
    """
    name = checks.one_of(
        os.environ.get("COURSE_PROFILE", "").strip().lower() or "quick", "COURSE_PROFILE", PROFILES
    )
    position = PROFILES.index(name)
    for setting, pair in choices.items():
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise ValueError(f"{setting} is {pair!r}; a pair (quick, full) is expected.")
    return SimpleNamespace(**{setting: pair[position] for setting, pair in choices.items()})


def is_strict():
    """Return whether an expected number that is missed must raise.

    Returns
    -------
    bool
        True where the environment variable COURSE_STRICT is 1, as the test command sets it.
    """
    return os.environ.get("COURSE_STRICT", "").strip() == "1"


@contextmanager
def usual_torch():
    """Let torch compute as it does where nobody has told it otherwise; a context manager.

    Gradients are there, new tensors are on the CPU, and neither inference mode nor autocast is
    on, whatever the caller's code has set around it. Afterwards all is as before. It works as a
    decorator too.

    Yields
    ------
    None
    """
    import torch

    with ExitStack() as settings:
        settings.enter_context(torch.inference_mode(mode=False))
        settings.enter_context(torch.enable_grad())
        for name in DEVICES:
            if torch.is_autocast_enabled(name):
                settings.enter_context(torch.autocast(name, enabled=False))
        if torch.get_default_device().type != "cpu":
            settings.enter_context(torch.device("cpu"))
        yield


def in_threads(work, items):
    """Yield work(item) for each item in order, computed by as many threads as torch may use.

    Many small batches go faster side by side than one after the other with all threads on each,
    since most of their steps are too short to be shared. Inside `work` torch has one thread, so
    that results do not depend on their number; afterwards it has as many as before.

    Parameters
    ----------
    work : callable
        Takes an item. It should spend its time where Python's lock is free: in torch or NumPy.
    items : iterable

    Yields
    ------
    object
        What `work` returned. What it raises is raised here, and the items left are dropped.
    """
    numbers = []
    with one_torch_thread() as threads:
        pool = ThreadPoolExecutor(threads, initializer=lambda: numbers.append(get_native_id()))
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)
            _ended.extend(numbers)


@contextmanager
def one_torch_thread():
    """Give torch one thread for a while, as a context manager.

    The number belongs to the whole process: of several callers at a time, the first notes it
    for all of them, and each restores it.

    Yields
    ------
    int
        The threads that torch had before, and will have again.
    """
    import torch

    with _torch_threads["lock"]:
        if not _torch_threads["callers"]:
            _torch_threads["before"] = torch.get_num_threads()
        _torch_threads["callers"] += 1
        torch.set_num_threads(1)
    try:
        yield _torch_threads["before"]
    finally:
        with _torch_threads["lock"]:
            _torch_threads["callers"] -= 1
            torch.set_num_threads(_torch_threads["before"])


def system():
    """Return what there is of this machine.

    Returns
    -------
    dict
        python : str, version;
        platform : str, operating system and processor;
        cores : int, cores that this process may use;
        memory_gb : float, main memory in 10**9 bytes;
        disk_free_gb : float, free space where the current folder lies, in 10**9 bytes;
        threads : int, threads that torch computes with, or would by OMP_NUM_THREADS or the
        cores where torch is not loaded.
    """
    cores = _usable_cores()
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cores": cores,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "disk_free_gb": round(shutil.disk_usage(os.getcwd()).free / 1e9, 1),
        "threads": _threads(cores),
    }


def _usable_cores():
    if hasattr(os, "sched_getaffinity"):  # Linux; elsewhere a process may use all of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _threads(cores):
    if "torch" in sys.modules:
        return sys.modules["torch"].get_num_threads()
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return int(wanted) if wanted.isdecimal() and int(wanted) > 0 else cores
