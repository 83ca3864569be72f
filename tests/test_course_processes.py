"""course.py: its port, two calls at once, and the installers that it runs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import course_stand_ins as stand_ins
import psutil
import pytest
from course_stand_ins import ROOT


@pytest.fixture
def course(monkeypatch, tmp_path):
    return stand_ins.course(monkeypatch, tmp_path)


@pytest.fixture
def installers(course, monkeypatch):
    return stand_ins.Installers(course, monkeypatch)


# The port


@pytest.mark.parametrize(
    ("arguments", "port"),
    [
        ([], None),
        (["--no-browser"], None),
        (["--port", "8890"], 8890),
        (["--port=8890", "--no-browser"], 8890),
        (["--ServerApp.port=1", "--port=2"], 2),
        (["--port"], None),
        (["--port", "many"], None),
    ],
)
def test_the_asked_port_is_found(course, arguments, port):
    assert course.asked_port(arguments) == port


def test_a_busy_port_is_named_before_anything_starts(course, installers, capsys):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert course.main(["lab", "--port", str(port)]) == 1
    assert f"Port {port} is busy" in capsys.readouterr().err
    assert installers.handed_over is None
    assert course.main(["lab", "--port", str(port)]) == 0
    assert course.main(["lab", "--port", "99999"]) == 1


# Two calls at once


def test_a_second_call_waits_for_the_first(course, tmp_path, capsys):
    path = tmp_path / "lock"
    with (
        course.one_at_a_time(path),
        pytest.raises(course.Problem, match="Another call"),
        course.one_at_a_time(path, patience=0, pause=0),
    ):
        pytest.fail("two calls held the lock")
    assert capsys.readouterr().out.count("waiting for it") == 1
    with course.one_at_a_time(path, patience=0):
        pass


def waiting_call(course, tmp_path, number, disposition):
    """Start a call that must wait for the lock, and what a shell has it do with a signal."""
    shutil.copy(ROOT / "course.py", tmp_path)
    before = signal.signal(number, disposition)
    try:
        call = subprocess.Popen(
            [sys.executable, str(tmp_path / "course.py"), "test"], env=course.clean(os.environ),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    finally:
        signal.signal(number, before)
    assert "waiting for it" in call.stdout.readline()
    return call


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_end_a_waiting_call_in_one_line(course, tmp_path, name):
    if os.name != "posix":  # another process cannot be sent one there
        return
    number = getattr(signal, name)
    with course.one_at_a_time(tmp_path / ".course.lock"):
        waiting = waiting_call(course, tmp_path, number, signal.SIG_DFL)
        waiting.send_signal(number)
        _, message = waiting.communicate(timeout=60)
    assert waiting.returncode == 130
    assert message.strip().startswith("Stopped.")
    assert message.strip().count("\n") == 0


def test_a_call_under_nohup_outlives_its_window(course, tmp_path):
    if os.name != "posix":
        assert not hasattr(signal, "SIGHUP")
        return
    with course.one_at_a_time(tmp_path / ".course.lock"):
        waiting = waiting_call(course, tmp_path, signal.SIGHUP, signal.SIG_IGN)
        waiting.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.communicate(timeout=0.5)
        waiting.terminate()
        waiting.communicate(timeout=60)


def test_an_installer_left_over_keeps_the_lock(course, tmp_path):
    path = tmp_path / "lock"
    with course.one_at_a_time(path) as held:
        if os.name != "posix":
            assert held == ()
            return
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=held
        )
    with pytest.raises(course.Problem), course.one_at_a_time(path, patience=0, pause=0):
        pytest.fail("the lock fell while an installer lived")
    child.communicate(b"\n")
    with course.one_at_a_time(path, patience=0):
        pass


def test_a_folder_that_may_only_be_read_needs_no_lock(course, tmp_path):
    with course.one_at_a_time(tmp_path / "missing" / "lock") as held:
        assert held == ()


# Running an installer


def test_an_installers_lines_go_to_the_log_and_the_screen(course, tmp_path, capsys):
    code = "print('Resolved 3'); print(' + torch==1.0'); print('y' * 500); raise SystemExit(3)"
    log = tmp_path / "install.log"
    command = [sys.executable, "-c", code]
    status, lines = course.installer_lines(command, log, tmp_path, dict(os.environ))
    assert status == 3
    assert lines[:2] == ["Resolved 3", " + torch==1.0"]
    assert "y" * 500 in log.read_text(encoding="utf-8")
    screen = capsys.readouterr().out
    assert "Resolved 3" in screen
    assert "torch" not in screen
    assert "y" * 200 not in screen


def test_an_interrupted_installer_ends_with_all_it_started(course, tmp_path, monkeypatch):
    sleep = "import time; time.sleep(60)"
    code = (
        "import os, subprocess, sys; "
        f"child = subprocess.Popen([sys.executable, '-c', {sleep!r}]); "
        "print(os.getpid(), child.pid, flush=True); child.wait()"
    )
    seen = []

    def interrupt(text):
        seen.extend(map(int, text.split()))
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "say", interrupt)
    with pytest.raises(KeyboardInterrupt):
        course.installer_lines(
            [sys.executable, "-c", code], tmp_path / "log", tmp_path, dict(os.environ)
        )
    assert len(seen) == 2
    deadline = time.monotonic() + 60
    while any(alive(pid) for pid in seen) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in seen)


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
