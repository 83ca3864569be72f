"""data.record_host_traces: real events, the same everywhere, and nothing outside is touched."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from course_utils import data
from course_utils.data.simulators import host_worker, program_logs, program_worker
from course_utils.data.simulators.host_traces import HOST_EVENTS, KINDS, record_host_traces

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.tree import DecisionTreeClassifier

CARD = Path(__file__).parents[1] / "datasets" / "host_traces.md"
DIGEST = "e09b535328df559e"


@pytest.fixture(scope="module", params=[0, 1])
def traces(request):
    return record_host_traces(seed=request.param)


def names(sequence):
    return [HOST_EVENTS[key] for key in sequence]


def as_lists(made):
    return [sequence.tolist() for sequence in made.X]


# --- form


def test_traces_have_the_jobs_and_kinds_they_were_asked_for():
    made = data.record_host_traces(jobs=201, seed=5, prevalence=0.1)
    counts = Counter(made.kinds.tolist())
    assert (made.modality, len(made), made.n_anomalies) == ("sequences", 201, 20)
    assert {counts[kind] for kind in KINDS} == {3, 4}
    assert data.HOST_EVENTS is HOST_EVENTS


def test_every_event_occurs_among_usual_jobs_and_no_other(traces):
    usual = {key for sequence in traces.X[traces.y == 0] for key in sequence.tolist()}
    every = {key for sequence in traces.X for key in sequence.tolist()}
    assert usual == every == set(range(len(HOST_EVENTS)))
    for sequence in map(names, traces.X):
        assert sequence[-1] == "open to append"
        assert 3 <= len(sequence) <= 100


# --- the same for everyone


def test_traces_follow_their_seed_and_touch_no_global_one(tmp_path, monkeypatch):
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = record_host_traces(jobs=150, seed=4)
    (tmp_path / "random.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    again = record_host_traces(jobs=150, seed=4)
    assert as_lists(first) == as_lists(again)
    assert first.kinds.tolist() == again.kinds.tolist()
    assert as_lists(first) != as_lists(record_host_traces(jobs=150, seed=5))
    assert np.array_equal(before, np.random.get_state()[1])


def test_these_are_the_sequences_of_this_seed():
    """They hold on every Python and system; a change of a job changes every number."""
    made = record_host_traces(jobs=100, seed=0)
    text = json.dumps(
        [[kind, names(sequence)] for kind, sequence in zip(made.kinds, made.X, strict=True)]
    )
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGEST


def test_a_folder_with_signs_of_its_own_changes_nothing(tmp_path, monkeypatch):
    usual = as_lists(record_host_traces(jobs=100, seed=0))
    place = tmp_path / "a [b] ü"
    place.mkdir()
    monkeypatch.setattr(program_logs.tempfile, "tempdir", str(place))
    assert as_lists(record_host_traces(jobs=100, seed=0)) == usual
    assert not list(place.iterdir())  # and it is removed


# --- what a job may do


def test_jobs_open_no_socket_and_change_nothing_outside_their_folder(tmp_path):
    """Every audit event of the worker is looked at, also those that are left out of a trace."""
    folder = tmp_path / "in"
    folder.mkdir()
    code = f"""
import os, runpy, sys
folder, worker, host = {str(folder)!r}, {program_worker.__file__!r}, {host_worker.__file__!r}
changes = "os.remove os.rename os.mkdir os.rmdir os.chmod os.utime shutil.copyfile".split()
bad = []
def hook(event, arguments):
    if event == "open":
        mode, flags = arguments[1], arguments[2]
        writes = (mode or "r")[0] in "wax" or flags & (os.O_WRONLY | os.O_RDWR)
        if writes and not str(arguments[0]).startswith((folder, os.devnull)):
            bad.append((event, str(arguments[0])))
    elif event in changes:
        paths = arguments[:2] if event in ("os.rename", "shutil.copyfile") else arguments[:1]
        bad.extend((event, path) for path in paths if not str(path).startswith(folder))
    elif event.startswith(("socket.", "urllib", "http", "ftplib", "smtplib")):
        if event != "socket.gethostname":
            bad.append((event, ""))
    elif event in ("os.system", "os.exec", "os.kill", "os.fork", "ctypes.dlopen"):
        bad.append((event, ""))
    elif event == "subprocess.Popen" and arguments[1][1:] != ["-V"]:
        bad.append((event, arguments[1]))
sys.addaudithook(hook)
sys.argv = [worker, folder, "3", host]
runpy.run_path(worker, run_name="__main__")
sys.exit(repr(bad) if bad else 0)
"""
    kinds = ["", *KINDS] * 20
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code],
        input=json.dumps(kinds), capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)) == len(kinds)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    assert len(sizes) < 100
    assert sum(sizes) < 100_000


def test_each_intrusion_leaves_its_steps():
    made = record_host_traces(jobs=300, seed=1, prevalence=0.4)
    steps = {
        "collects files": "os.walk, os.scandir" + ", open to read, open to append" * 3,
        "opens rights": "os.scandir" + ", os.chmod, os.utime" * 2,
        "starts a program": "tempfile.mkstemp, os.rename, open to write, os.chmod, "
        "subprocess.Popen, os.remove",
        "encodes and removes": ", ".join(["open to read, open to write, os.remove"] * 2),
        "looks around": "socket.gethostname, os.listdir, os.scandir, open to read",
        "runs a text": "compile, exec, open to write, os.remove",
    }
    for kind in KINDS:
        for sequence in made.X[made.kinds == kind]:
            assert steps[kind] in ", ".join(names(sequence))
    usual = [", ".join(names(sequence)) for sequence in made.X[made.y == 0]]
    for text in steps.values():
        assert sum(text in each for each in usual) < 0.1 * len(usual)


def test_jobs_that_last_too_long_are_ended(monkeypatch):
    monkeypatch.setattr(program_logs, "LONGEST_START", 0.01)
    monkeypatch.setattr(program_logs, "LONGEST_JOB", 0)
    with pytest.raises(RuntimeError, match="was ended"):
        record_host_traces(jobs=100)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"jobs": 99}, "jobs is 99"),
        ({"seed": -1}, "seed is -1"),
        ({"prevalence": 0.6}, "prevalence is 0.6"),
        ({"jobs": 100, "prevalence": 0.04}, "jobs is 100; at prevalence 0.04"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        record_host_traces(**arguments)


# --- how the detectors do


def counted(sequences):
    """How often each event occurs, and how many there are."""
    size = len(HOST_EVENTS)
    counts = np.array([np.bincount(sequence, minlength=size) for sequence in sequences])
    return np.column_stack([counts, counts.sum(axis=1)])


def unseen_fives(train, sequences):
    """How many windows of five events are not in training, each window counted."""

    def fives(sequence):
        windows = np.lib.stride_tricks.sliding_window_view(sequence, min(5, len(sequence)))
        return map(tuple, windows.tolist())

    known = {window for sequence in train for window in fives(sequence)}
    return np.array([sum(each not in known for each in fives(sequence)) for sequence in sequences])


def test_order_finds_what_counting_does_not(traces):
    normal = np.random.default_rng(0).permutation(np.flatnonzero(traces.y == 0))
    train, rows = list(traces.X[normal[:900]]), np.r_[normal[900:], np.flatnonzero(traces.y)]
    judged, y = list(traces.X[rows]), traces.y[rows]
    known = set(np.concatenate(train).tolist())
    assert not any(set(sequence.tolist()) - known for sequence in judged)
    copies = {tuple(sequence.tolist()) for sequence in train}
    unseen = [tuple(sequence.tolist()) not in copies for sequence in judged]
    assert roc_auc_score(y, unseen) < 0.65
    near = NearestNeighbors(n_neighbors=5).fit(counted(train)[:, :-1])
    by_counts = near.kneighbors(counted(judged)[:, :-1])[0].mean(axis=1)
    assert 0.7 < roc_auc_score(y, by_counts) < 0.88
    assert roc_auc_score(y, unseen_fives(train, judged)) > 0.95


def test_no_count_and_no_small_tree_gives_the_intrusions_away():
    seen, judged = record_host_traces(seed=0), record_host_traces(seed=1)
    for values in counted(judged.X).T:
        area = roc_auc_score(judged.y, values)
        assert 0.2 < area < 0.8
    tree = DecisionTreeClassifier(max_depth=2, class_weight="balanced", random_state=0)
    tree.fit(counted(seen.X), seen.y)
    assert roc_auc_score(judged.y, tree.predict_proba(counted(judged.X))[:, 1]) < 0.75


# --- the card


def test_the_card_says_what_is_made():
    card = CARD.read_text(encoding="utf-8")
    made = record_host_traces()
    assert f"{len(made):,} sequences, {made.n_anomalies} anomalies" in card
    assert f"{100 * made.prevalence:.2f} %" in card
    for name in (*HOST_EVENTS, *KINDS, made.licence):
        assert name in card
