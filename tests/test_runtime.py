"""runtime.py: seeds, device, profile, strictness and the machine's figures."""

import contextlib
import importlib.util
import os
import random
import runpy
import subprocess
import sys
import tempfile
import threading
import time
import types
import warnings
from collections import deque
from pathlib import Path

import course_utils
from course_utils import runtime

import numpy as np
import psutil
import pytest
import torch
from process_state import STATES, all_at_once


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in ("COURSE_DEVICE", "COURSE_PROFILE", "COURSE_STRICT"):
        monkeypatch.delenv(name, raising=False)


def without_accelerators(monkeypatch, **present):
    """Let torch report only the named accelerators."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: present.get("cuda", False))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: present.get("mps", False))


def draws():
    return random.random(), np.random.random(), torch.rand(1).item()


def test_one_seed_gives_the_same_draws_in_all_three_generators():
    runtime.set_seed(7)
    first = draws()
    runtime.set_seed(7)
    assert draws() == first
    runtime.set_seed(8)
    assert all(a != b for a, b in zip(draws(), first, strict=True))


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), ("0", TypeError), (True, TypeError)]
)
def test_a_bad_seed_is_refused(seed, error):
    with pytest.raises(error, match="seed is"):
        runtime.set_seed(seed)


def test_runtime_does_not_load_torch():
    code = (
        "import sys; from course_utils import runtime; runtime.set_seed(1); runtime.system();"
        "runtime.profile(a=(1, 2)); runtime.is_strict(); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_device_is_the_cpu_where_there_is_nothing_else(monkeypatch):
    without_accelerators(monkeypatch)
    assert runtime.device() == "cpu"


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_device_is_an_accelerator_that_can_do_a_sum(monkeypatch, name):
    without_accelerators(monkeypatch, **{name: True})
    monkeypatch.setattr(runtime, "_problem_with", lambda name: None)
    assert runtime.device() == name


BROKEN = {
    "no kernel image is available.": RuntimeError("no kernel image is available.\nMore lines"),
    "MPS backend out of memory (max allowed: 7.93 GB).": RuntimeError(
        "MPS backend out of memory (max allowed: 7.93 GB)."
    ),
    "CUDA out of memory.": torch.OutOfMemoryError("CUDA out of memory."),
    "not compiled with CUDA.": AssertionError("not compiled with CUDA"),
    "MemoryError.": MemoryError(),
}


@pytest.mark.parametrize("name", ["cuda", "mps"])
@pytest.mark.parametrize("words", BROKEN)
def test_an_accelerator_that_cannot_be_used_counts_as_absent(monkeypatch, capsys, name, words):
    without_accelerators(monkeypatch, **{name: True})

    def broken(*arguments, **options):
        raise BROKEN[words]

    monkeypatch.setattr(torch, "ones", broken)
    runtime._say_once.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning would stop a run that is strict
        assert [runtime.device(), runtime.device()] == ["cpu", "cpu"]
    said = capsys.readouterr().out
    assert said.startswith(f"The device {name} is there but cannot be used: {words} The CPU is")
    assert said.count("\n") == 1


def test_a_device_that_works_has_no_problem():
    assert runtime._problem_with("cpu") is None


def test_course_device_decides(monkeypatch):
    without_accelerators(monkeypatch, cuda=True)
    monkeypatch.setenv("COURSE_DEVICE", " CPU ")
    assert runtime.device() == "cpu"
    monkeypatch.setattr(runtime, "_problem_with", lambda name: None)
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    assert runtime.device() == "cuda"


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused_with_the_cure(monkeypatch, name):
    without_accelerators(monkeypatch)
    monkeypatch.setenv("COURSE_DEVICE", name)
    with pytest.raises(RuntimeError, match=f"COURSE_DEVICE is {name}.*Set COURSE_DEVICE=cpu"):
        runtime.device()


def test_a_device_that_does_not_work_is_refused_with_its_own_words(monkeypatch):
    without_accelerators(monkeypatch, cuda=True)
    monkeypatch.setattr(runtime, "_problem_with", lambda name: "out of memory.")
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    with pytest.raises(RuntimeError, match=r"out of memory\. Set COURSE_DEVICE=cpu"):
        runtime.device()


def test_an_unknown_device_is_refused_with_the_cure(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "tpu")
    with pytest.raises(
        RuntimeError, match=r"COURSE_DEVICE is 'tpu'; cuda, mps or cpu.*Set COURSE"
    ):
        runtime.device()


def test_profile_picks_quick_unless_told(monkeypatch):
    assert vars(runtime.profile(epochs=(20, 200), rows=(5_000, None))) == {
        "epochs": 20,
        "rows": 5_000,
    }
    monkeypatch.setenv("COURSE_PROFILE", "FULL")
    assert vars(runtime.profile(epochs=(20, 200), rows=(5_000, None))) == {
        "epochs": 200,
        "rows": None,
    }


def test_profile_refuses_an_unknown_name_and_what_is_no_pair(monkeypatch):
    for value in (20, [20, 200], (20,)):
        with pytest.raises(ValueError, match=r"epochs is .*; a pair \(quick, full\)"):
            runtime.profile(epochs=value)
    monkeypatch.setenv("COURSE_PROFILE", "ci")
    with pytest.raises(ValueError, match="COURSE_PROFILE is 'ci'; one of 'quick', 'full'"):
        runtime.profile()


@pytest.mark.parametrize(("value", "strict"), [("1", True), ("0", False), ("", False)])
def test_strict_only_where_the_variable_is_one(monkeypatch, value, strict):
    assert runtime.is_strict() is False
    monkeypatch.setenv("COURSE_STRICT", value)
    assert runtime.is_strict() is strict


def test_system_gives_plausible_figures():
    found = runtime.system()
    assert list(found) == [
        "python",
        "platform",
        "cores",
        "memory_gb",
        "disk_free_gb",
        "threads",
    ]
    assert found["python"] == ".".join(str(part) for part in sys.version_info[:3])
    assert 1 <= found["cores"] <= os.cpu_count()
    assert 0.2 < found["memory_gb"] < 1e5
    assert 0 <= found["disk_free_gb"] < 1e6
    assert found["threads"] == torch.get_num_threads()


@pytest.mark.parametrize(("value", "threads"), [("3", 3), ("", None), ("0", None), ("two", None)])
def test_threads_without_torch_follow_the_variable_or_the_cores(monkeypatch, value, threads):
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    found = runtime.system()
    assert found["threads"] == (threads or found["cores"])


def test_cores_are_counted_where_there_is_no_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert runtime.system()["cores"] == os.cpu_count()


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_work_in_threads_comes_back_in_order():
    late = threading.Event()

    def work(item):
        if item == 0:
            assert late.wait(300)  # the second item is done before the first
        late.set()
        return item**2, torch.get_num_threads(), threading.get_ident()

    squares, counts, threads = zip(*runtime.in_threads(work, range(50)), strict=True)
    assert squares == tuple(item**2 for item in range(50))
    assert set(counts) == {1}
    assert 2 <= len(set(threads)) <= 3
    assert threading.get_ident() not in threads
    assert torch.get_num_threads() == 3
    assert list(runtime.in_threads(work, [])) == []
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("three_threads")
def test_an_error_in_a_thread_arrives_and_the_rest_is_dropped():
    begun = []

    def work(item):
        begun.append(item)
        if item == 2:
            raise ValueError("item 2 is bad")
        time.sleep(0.001)
        return item

    done = []
    with pytest.raises(ValueError, match="item 2 is bad"):
        done.extend(runtime.in_threads(work, range(10_000)))
    assert len(begun) < 5_000
    assert torch.get_num_threads() == 3


@pytest.mark.usefixtures("three_threads")
def test_two_callers_at_a_time_leave_torchs_threads_as_they_were():
    first, second = (runtime.in_threads(abs, [-1, -2]) for _ in range(2))
    assert [next(first), next(second), next(first), next(second)] == [1, 1, 2, 2]
    first.close()
    second.close()
    assert torch.get_num_threads() == 3
    counts = []
    thread = threading.Thread(target=lambda: counts.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert counts == [3]


# ------------------------------------------------------- what the caller's code has set in torch


def torch_state():
    return (
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_default_device().type,
    )


@pytest.mark.parametrize("state", STATES)
def test_inside_torch_is_as_usual_and_afterwards_as_before(state):
    usual = torch_state()
    with STATES[state]():
        before = torch_state()
        with runtime.usual_torch():
            assert torch_state() == usual
        assert torch_state() == before
        with contextlib.suppress(ValueError), runtime.usual_torch():
            raise ValueError
        assert torch_state() == before
    assert torch_state() == usual


def test_it_decorates_a_function_again_and_again():
    found = runtime.usual_torch()(torch_state)
    usual = torch_state()
    with all_at_once():
        assert [found(), found()] == [usual, usual]


# ------------------------------------------------------------------------------ after a fork

FORKED = """
import multiprocessing, sys
import course_utils
from course_utils import baselines, detectors, runtime
import numpy as np, torch

X = np.random.default_rng(0).normal(size=(500, 8))
many = np.tile(X, (10, 1))  # enough for scikit-learn to share them out


def fit(seed):
    scores = detectors.AutoEncoder(seed=seed, device="cpu", steps=20).fit(X).decision_scores_
    distances = baselines.KMeansDistance(seed=seed).fit(many).decision_function(X)
    long = detectors.AutoEncoder(seed=seed, device="cpu", steps=2).fit(X).decision_function(many)
    return scores.sum(), distances.sum(), long.sum(), torch.get_num_threads()


torch.set_num_threads(2)
here = fit(1)
with runtime.one_torch_thread(), multiprocessing.get_context("fork").Pool(2) as pool:
    there = pool.map(fit, [1, 2])
assert here[3] == 2 and there[0][3] == there[1][3] == 1, (here, there)
np.testing.assert_allclose(there[0][:3], here[:3], rtol=1e-6)
assert there[1][0] != here[0]
"""

if hasattr(os, "register_at_fork"):

    def test_a_forked_process_does_not_wait_for_threads_that_it_has_not():
        environment = os.environ | {"OMP_NUM_THREADS": "2"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", FORKED],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr

else:

    def test_the_package_can_be_imported_where_nothing_is_forked():
        assert course_utils.__version__


if sys.platform == "linux":  # elsewhere psutil numbers threads otherwise, and torch has no MKL

    def test_a_fork_waits_until_ended_threads_are_gone(monkeypatch):
        monkeypatch.setattr(runtime, "_ended", deque())
        numbers = list(runtime.in_threads(lambda _: threading.get_native_id(), range(20)))
        assert set(numbers) <= set(runtime._ended)
        slow = threading.Thread(target=time.sleep, args=[0.3])
        slow.start()
        runtime._ended.append(slow.native_id)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # from Python 3.12 on: a fork beside threads, as is meant
            child = os.fork()
        if not child:
            os._exit(0)
        still_there = slow.is_alive()
        os.waitpid(child, 0)
        assert not still_there
        assert not runtime._ended

    def test_a_fork_does_not_wait_for_ever(monkeypatch):
        monkeypatch.setattr(runtime, "_ended", deque([threading.get_native_id()]))
        monkeypatch.setattr(runtime, "LONGEST_END", 0.05)
        runtime._wait_for_ended_threads()
        assert runtime._ended


# -------------------------------------------------------------------- what importing it sets


def imported(monkeypatch, **environment):
    """Return the environment after an import of the package with these variables alone."""
    monkeypatch.setattr(os, "environ", environment)
    runpy.run_path(course_utils.__file__)
    return environment


@pytest.mark.parametrize(
    ("environment", "device"),
    [
        ({}, None),
        ({"COURSE_DEVICE": " MPS "}, "mps"),
        ({"COURSE_DEVICE": ""}, None),
        ({"COURSE_DEVICE": "cpu", "KERAS_TORCH_DEVICE": "cuda:1"}, "cuda:1"),
    ],
)
def test_keras_is_told_the_device_of_the_course(monkeypatch, environment, device):
    assert imported(monkeypatch, **environment).get("KERAS_TORCH_DEVICE") == device


def test_keras_has_a_folder_of_the_course_alone(monkeypatch, tmp_path):
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    ours = str(tmp_path / ".keras" / "deep-anomaly-course")
    assert imported(monkeypatch, **home)["KERAS_HOME"] == ours
    assert imported(monkeypatch, KERAS_HOME=ours)["KERAS_HOME"] == ours  # in a child process
    assert imported(monkeypatch, KERAS_HOME=f"{ours}/")["KERAS_HOME"] == f"{ours}/"
    other = imported(monkeypatch, KERAS_HOME=str(tmp_path / "models"))
    assert other["KERAS_HOME"] == str(tmp_path / "models" / "deep-anomaly-course")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where nobody has a home
    assert imported(monkeypatch)["KERAS_HOME"] == os.path.join(
        tempfile.gettempdir(), "deep-anomaly-course"
    )


# ------------------------------------------------------------------------------- benchmarks


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_benchmarks_measure_memory_on_every_system(monkeypatch, platform):
    path = Path(__file__).parent.parent / "benchmarks" / "machine.py"
    specification = importlib.util.spec_from_file_location("machine_of_benchmarks", path)
    machine = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(machine)
    usage = types.SimpleNamespace(ru_maxrss=5000)
    resource = types.SimpleNamespace(getrusage=lambda who: usage, RUSAGE_SELF=0)
    info = types.SimpleNamespace(peak_wset=7_000_000)
    monkeypatch.setitem(sys.modules, "resource", None if platform == "win32" else resource)
    monkeypatch.setattr(psutil, "Process", lambda: types.SimpleNamespace(memory_info=lambda: info))
    monkeypatch.setattr(sys, "platform", platform)
    expected = {"linux": 5_120_000, "darwin": 5000, "win32": 7_000_000}
    assert machine.peak_memory() == expected[platform]
