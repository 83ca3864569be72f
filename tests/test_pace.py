"""The measure of a machine that the limits of notebooks grow with."""

import os
import subprocess
import sys
import time
from pathlib import Path

from course_utils.course import pace
from course_utils.course.pace import Pace

import pytest
from coverage import CoverageData
from pace import within

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def seconds(monkeypatch):
    """The seconds that the next measurements find, the last one again and again."""
    found = [pace.WORK_SECONDS]
    monkeypatch.setattr(pace, "measured", lambda: found.pop(0) if len(found) > 1 else found[0])
    monkeypatch.setattr(pace, "EVERY", 0.01)
    return found


def test_a_machine_that_is_as_quick_or_quicker_is_allowed_nothing_more(seconds):
    for share in (0.1, 1, 1.2):
        seconds[:] = [share * pace.WORK_SECONDS]
        with Pace() as here:
            pass
        assert here.allowance() == 1


def test_a_machine_three_times_as_slow_is_allowed_three_times_as_much_and_half_of_that(seconds):
    seconds[:] = [3 * pace.WORK_SECONDS]
    with Pace() as here:
        pass
    assert here.allowance() == pytest.approx(4.5)


def wait_for(here, count):
    """Wait until so many measurements were taken."""
    while len(here._taken) < count:
        time.sleep(0.005)


def test_what_was_measured_since_then_counts(seconds):
    seconds[:] = [pace.WORK_SECONDS, 4 * pace.WORK_SECONDS]
    with Pace() as here:
        wait_for(here, 3)
        later = time.perf_counter()
        wait_for(here, len(here._taken) + 2)
    assert here.allowance(since=later) == pytest.approx(6)
    assert here.allowance(since=time.perf_counter()) == pytest.approx(6)  # the last before
    assert 1 < here.allowance() < 6


def test_the_machine_is_measured_beside_the_work_and_no_longer(seconds):
    with Pace() as here:
        wait_for(here, 5)
    taken = len(here._taken)
    time.sleep(0.05)
    assert len(here._taken) == taken
    assert not here._thread.is_alive()


@pytest.fixture
def clock(monkeypatch):
    """The processor's clock of this process and thread, moved by hand."""
    now = [0.0]
    monkeypatch.setattr(pace.time, "process_time", lambda: now[0])
    return now


def test_a_limit_grows_with_the_machine(seconds, clock):
    with (
        pytest.raises(AssertionError, match=r"It took 0\.10 s; 0\.05 s are allowed"),
        within(0.05),
    ):
        clock[0] += 0.1
    seconds[:] = [20 * pace.WORK_SECONDS]
    with within(0.05):  # 1.5 s are allowed
        clock[0] += 0.1


def test_waiting_is_not_work():
    with within(0.04):
        time.sleep(0.08)


def test_four_times_the_work_takes_more_than_twice_as_long(monkeypatch):
    once = min(pace.measured() for _ in range(5))
    one = pace.work
    monkeypatch.setattr(pace, "work", lambda: [one() for _ in range(4)])
    assert min(pace.measured() for _ in range(5)) > 2 * once > 0


@pytest.mark.parametrize("start", [0.0, 0.009, 0.0155])
def test_a_clock_that_moves_in_steps_of_16_ms_measures_as_well(monkeypatch, start):
    """As on Windows: one piece of work of 18 ms would be measured as 15.6 or 31.2."""
    now = [start]
    monkeypatch.setattr(pace, "work", lambda: now.__setitem__(0, now[0] + 0.018))
    monkeypatch.setattr(pace, "tick", lambda: 0.015625)
    monkeypatch.setattr(pace.time, "thread_time", lambda: now[0] // 0.015625 * 0.015625)
    assert pace.measured() == pytest.approx(0.018, rel=0.1)


def test_a_measure_of_coverage_does_not_make_the_machine_look_slow(tmp_path):
    """Traced line by line, the work takes twice as long, and no notebook could be too slow."""
    script = tmp_path / "measure.py"
    script.write_text("from course_utils.course import lessons, pace\npace.work()\n")
    found = tmp_path / "coverage"
    subprocess.run(
        [sys.executable, "-m", "coverage", "run", f"--data-file={found}", script],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    data = CoverageData(str(found))
    data.read()
    traced = {Path(name).name for name in data.measured_files()}
    assert "lessons.py" in traced
    assert "pace.py" not in traced
