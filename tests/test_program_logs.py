"""data.make_program_logs: what is recorded is what ran, the same for a seed; no rule finds all."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

from course_utils import data
from course_utils.data.simulators import program_logs, program_worker
from course_utils.data.simulators.program_logs import KINDS, PROGRAM_EVENTS, make_program_logs
from course_utils.detectors import NGram

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

CARD = Path(__file__).parents[1] / "datasets" / "program_logs.md"
ORDER, COUNTS = KINDS[:2], KINDS[2:]
FIRST = {"list folder", "connect"}
DIGEST = "59ef82b6e382ae37"


@pytest.fixture(scope="module", params=[0, 1, 2])
def logs(request):
    return make_program_logs(seed=request.param)


def names(sequence):
    return [PROGRAM_EVENTS[key] for key in sequence]


def as_lists(made):
    return [sequence.tolist() for sequence in made.X]


# --- form


def test_logs_have_the_jobs_and_kinds_they_were_asked_for():
    made = make_program_logs(jobs=403, seed=5, prevalence=0.03)
    counts = Counter(made.kinds.tolist())
    assert (made.modality, len(made), made.n_anomalies) == ("sequences", 403, 12)
    assert {kind: counts[kind] for kind in KINDS} == dict(zip(KINDS, [3, 3, 2, 2, 2], strict=True))
    assert data.PROGRAM_EVENTS is PROGRAM_EVENTS


@settings(max_examples=8, deadline=None)
@given(st.integers(100, 300), st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.3, 0.5]))
def test_any_allowed_size_works(jobs, seed, prevalence):
    made = make_program_logs(jobs, seed, prevalence)
    assert len(made) == jobs
    assert made.n_anomalies == round(jobs * prevalence)
    for sequence in map(names, made.X):
        assert sequence[0] in FIRST
        assert sequence[-1] == "append log"
        assert 3 <= len(sequence) <= 120


def test_every_event_occurs_among_usual_jobs_and_no_other(logs):
    usual = {key for sequence in logs.X[logs.y == 0] for key in sequence.tolist()}
    every = {key for sequence in logs.X for key in sequence.tolist()}
    assert usual == every == set(range(len(PROGRAM_EVENTS)))


# --- the same for everyone


def test_logs_follow_their_seed_and_touch_no_global_one():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, again = (make_program_logs(jobs=200, seed=4) for _ in range(2))
    assert as_lists(first) == as_lists(again)
    assert first.kinds.tolist() == again.kinds.tolist()
    assert as_lists(first) != as_lists(make_program_logs(jobs=200, seed=5))
    assert np.array_equal(before, np.random.get_state()[1])


def test_neither_hash_seeds_nor_the_users_variables_reach_the_program(tmp_path, monkeypatch):
    usual = as_lists(make_program_logs(jobs=150, seed=2))
    (tmp_path / "random.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for number in ("0", "7"):
        monkeypatch.setenv("PYTHONHASHSEED", number)
        assert as_lists(make_program_logs(jobs=150, seed=2)) == usual


def test_these_are_the_sequences_of_this_seed():
    """They hold on every Python and system; a change of the program changes every number."""
    made = make_program_logs(jobs=100, seed=0)
    text = json.dumps(
        [[kind, names(sequence)] for kind, sequence in zip(made.kinds, made.X, strict=True)]
    )
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGEST


# --- what is recorded is what ran


def test_each_job_leaves_the_steps_of_its_kind():
    made = make_program_logs(jobs=400, seed=1, prevalence=0.5)
    jobs = {kind: [names(x) for x in made.X[made.kinds == kind]] for kind in KINDS}
    for job in jobs["removes first"]:
        pairs = Counter(pairwise(job))
        assert pairs["read data", "remove file"] == 1
        assert pairs["remove file", "write copy"] == 1
    for job in jobs["report too early"]:
        place = [
            at for at in range(3, len(job))
            if job[at] == "rename file" and job[at - 2 : at] == ["write report", "read table"]
        ]  # fmt: skip
        assert len(place) == 1
    for job in jobs["retry storm"]:
        waits = " ".join(job).split("read order append log read order append log")
        assert len(waits) > 3
    rejected = [job.count("write reject") for job in jobs["rejects most"]]
    stored = [job.count("write part") for job in jobs["rejects most"]]
    assert {sum(each) for each in zip(rejected, stored, strict=True)} == {6, 7, 8}
    assert 0.8 < sum(rejected) / sum(rejected + stored) < 0.97
    for job in jobs["copies out"]:
        assert 8 <= job.count("read data") == job.count("write copy") <= 11


def test_orders_are_wrong_in_usual_numbers(logs):
    """For each job in a wrong order there is a usual order of the very same events."""
    for sequence in map(names, logs.X[logs.kinds == "removes first"]):
        counts = Counter(sequence)
        assert counts["read data"] == counts["write copy"] == counts["remove file"]
        assert 3 <= counts["read data"] <= 10
        assert counts["read copy"] <= counts["write copy"]
    for sequence in map(names, logs.X[logs.kinds == "report too early"]):
        counts = Counter(sequence)
        assert 1 <= counts["rename file"] <= 4
        checked = counts["write report"] - counts["rename file"]
        assert 0 <= checked <= counts["rename file"]
        tables = counts["read table"] - 2 * checked
        assert 2 * counts["rename file"] <= tables <= 5 * counts["rename file"]


def test_the_hook_notes_what_happens_in_the_folder_of_the_job_and_nothing_else(tmp_path):
    code = f"""
import json, os, sys
sys.path.insert(0, {str(Path(program_worker.__file__).parent)!r})
import program_worker as worker
inside, outside = {str(tmp_path / "in")!r}, {str(tmp_path / "out")!r}
os.mkdir(inside), os.mkdir(outside)
recorder = worker.Recorder(inside)
sys.addaudithook(recorder.hook)
def write(folder, name):
    open(os.path.join(folder, name), "w").close()
write(inside, "before.part")
recorder.events = []
write(inside, "1.part")
write(outside, "2.part")
os.replace(os.path.join(inside, "1.part"), os.path.join(inside, "2.part"))
import colorsys
exec(compile("1", os.path.join(inside, "a.rule"), "exec"))
exec("1")
os.listdir(inside), os.listdir(outside)
os.remove(os.path.join(inside, "2.part"))
events, recorder.events = recorder.events, None
write(inside, "after.part")
print(json.dumps([worker.EVENTS[key] for key in events]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [
        "write part", "rename file", "compile rule", "run rule", "list folder", "remove file",
    ]  # fmt: skip


# --- how the detectors do


def found_by_kind(logs, scores, rows):
    """AUROC of these scores of the rows, with one kind of anomaly among the normal rows."""
    kinds = logs.kinds[rows]
    return {
        kind: roc_auc_score(
            kinds[np.isin(kinds, ["", kind])] == kind, scores[np.isin(kinds, ["", kind])]
        )
        for kind in KINDS
    }


@pytest.fixture(scope="module")
def cut(logs):
    """Rows to learn from, normal rows held out, and rows to judge."""
    normal = np.random.default_rng(0).permutation(np.flatnonzero(logs.y == 0))
    return normal[:900], normal[900:1300], np.r_[normal[1300:], np.flatnonzero(logs.y)]


def counted(logs, train):
    """Return a function that scores rows by their counts' mean distance to five of `train`."""
    size = len(PROGRAM_EVENTS)
    counts = np.array([np.bincount(sequence, minlength=size) for sequence in logs.X])
    neighbours = NearestNeighbors(n_neighbors=5).fit(counts[train])
    return lambda rows: neighbours.kneighbors(counts[rows])[0].mean(axis=1)


def test_counting_finds_one_sort_and_four_in_a_row_the_other(logs, cut):
    train, held_out, rows = cut
    count = counted(logs, train)
    detector = NGram(order=4).fit(list(logs.X[train]))
    by_counts = found_by_kind(logs, count(rows), rows)
    by_order = found_by_kind(logs, detector.decision_function(list(logs.X[rows])), rows)
    assert min(by_counts[kind] for kind in COUNTS) > 0.98
    assert max(by_counts[kind] for kind in ORDER) < 0.7
    assert min(by_order[kind] for kind in ORDER) > 0.99
    assert 0.5 < np.mean([by_order[kind] for kind in COUNTS]) < 0.92
    assert 0.7 < np.mean(list(by_counts.values())) < 0.85
    assert 0.8 < np.mean(list(by_order.values())) < 0.95
    larger = np.zeros(len(rows))
    for score in (count, lambda rows: detector.decision_function(list(logs.X[rows]))):
        usual = np.sort(score(held_out))
        larger = np.maximum(larger, np.searchsorted(usual, score(rows)) / len(usual))
    assert 0.985 < np.mean(list(found_by_kind(logs, larger, rows).values())) < 1


def test_no_rule_of_one_line_finds_them(logs, cut):
    train, _, rows = cut
    known = {tuple(logs.X[row].tolist()) for row in train}
    unseen = np.array([tuple(logs.X[row].tolist()) not in known for row in rows], dtype=float)
    lengths = np.array([len(logs.X[row]) for row in rows])
    assert 0.6 < np.mean(list(found_by_kind(logs, unseen, rows).values())) < 0.8
    assert 0.6 < np.mean(list(found_by_kind(logs, lengths, rows).values())) < 0.82
    two = NGram(order=2).fit(list(logs.X[train])).decision_function(list(logs.X[rows]))
    assert found_by_kind(logs, two, rows)["report too early"] < 0.6


# --- what is refused, and what is left behind


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"jobs": 99}, "jobs is 99"),
        ({"jobs": 200.0}, "jobs is 200.0"),
        ({"seed": -1}, "seed is -1"),
        ({"prevalence": 0}, "prevalence is 0"),
        ({"prevalence": 0.6}, "prevalence is 0.6"),
        ({"jobs": 100, "prevalence": 0.02}, "jobs is 100; at prevalence 0.02"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make_program_logs(**arguments)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(program_logs.tempfile, "tempdir", str(tmp_path))
    return tmp_path


def worker_of(tmp_path, monkeypatch, code):
    (tmp_path / "worker").mkdir()
    file = tmp_path / "worker" / "worker.py"
    file.write_text(code, encoding="utf-8")
    monkeypatch.setattr(program_worker, "__file__", str(file))
    return file.parent


def test_the_folder_is_removed_afterwards(folders):
    make_program_logs(jobs=100)
    assert not list(folders.iterdir())


def test_a_program_that_fails_is_told_with_its_last_lines(folders, monkeypatch):
    own = worker_of(folders, monkeypatch, "raise OSError('the disk is full')")
    with pytest.raises(RuntimeError, match=r"ended with code 1[\s\S]*OSError: the disk is full"):
        make_program_logs(jobs=100)
    assert list(folders.iterdir()) == [own]


def test_a_program_that_says_nothing_is_told_too(folders, monkeypatch):
    worker_of(folders, monkeypatch, "raise SystemExit(3)")
    with pytest.raises(RuntimeError, match=r"ended with code 3. It left no message"):
        make_program_logs(jobs=100)


def test_a_program_that_hangs_is_ended(folders, monkeypatch):
    place = folders / "worker" / "number"
    code = f"import os, time; open({str(place)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    worker_of(folders, monkeypatch, code)
    monkeypatch.setattr(program_logs, "LONGEST_START", 4)
    monkeypatch.setattr(program_logs, "LONGEST_JOB", 0)
    with pytest.raises(RuntimeError, match="ran for more than 4 s and was ended"):
        make_program_logs(jobs=100)
    assert has_ended(int(place.read_text()))


def test_an_interrupt_ends_the_program(folders, monkeypatch):
    place = folders / "worker" / "number"
    code = f"import os, time; open({str(place)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    own = worker_of(folders, monkeypatch, code)

    def interrupted(process, *_, **__):
        for _ in range(3000):  # half a minute
            if place.exists() and place.read_text():
                break
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "_communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_program_logs(jobs=100)
    assert has_ended(int(place.read_text()))
    assert list(folders.iterdir()) == [own]


def has_ended(number):
    """Wait a little for a process that was told to end."""
    for _ in range(1000):  # ten seconds
        try:
            if psutil.Process(number).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_a_python_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(program_logs.sys, "executable", os.fspath(tmp_path / "python"))
    with pytest.raises(RuntimeError, match="The program cannot be started"):
        make_program_logs(jobs=100)


# --- the card


def test_the_card_says_what_is_made():
    card = CARD.read_text(encoding="utf-8")
    made = make_program_logs()
    assert f"{len(made):,} sequences, {made.n_anomalies} anomalies" in card
    assert f"{100 * made.prevalence:.2f} %" in card
    for name in (*PROGRAM_EVENTS, *KINDS):
        assert f"{name}" in card
    assert made.licence in card
