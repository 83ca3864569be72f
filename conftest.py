"""What holds for the whole test run: no network, no skips, no slow notebook."""

import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
OFFLINE = str(ROOT / "tests" / "offline")
NOTEBOOK_SECONDS = 60
CELL_SECONDS = 15

# kernels and other processes inherit these; this process gets its own hook below
os.environ["PYTHONPATH"] = os.pathsep.join(
    [OFFLINE, *filter(None, [os.environ.get("PYTHONPATH")])]
)
os.environ["COURSE_STRICT"] = "1"
os.environ["COURSE_PROGRESS"] = str(Path(tempfile.gettempdir()) / f"progress-{os.getpid()}.json")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# two workers share the cores; threads of both would only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) // 2)))
if "sitecustomize" not in sys.modules or OFFLINE not in str(sys.modules["sitecustomize"].__file__):
    sys.path.insert(0, OFFLINE)
    sys.modules.pop("sitecustomize", None)
    import sitecustomize  # noqa: F401
sys.path.insert(0, str(ROOT / "tests"))
from pace import Pace  # noqa: E402

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
collect_ignore = [] if CHROMIUM else ["tests/test_browser.py"]
_cells: dict[str, list[tuple[float, float]]] = defaultdict(list)
_pace: dict[str, Pace] = {}  # by notebook, while it runs


def over_the_limit(cells):
    """Say which notebooks took more than a minute, and which cells more than 15 seconds.

    Parameters
    ----------
    cells : dict of str to list of (float, float)
        Each notebook's cells: seconds, and how many times its limit a cell may take here.
    """
    slow = []
    for notebook, measured in sorted(cells.items()):
        seconds = sum(each for each, _ in measured)
        elsewhere = sum(each / allowance for each, allowance in measured)
        if elsewhere > NOTEBOOK_SECONDS:
            allowed = NOTEBOOK_SECONDS * seconds / elsewhere
            slow.append(f"{notebook} took {seconds:.0f} s; {allowed:.0f} are allowed.")
        seconds, allowance = max(measured, key=lambda cell: cell[0] / cell[1])
        if seconds / allowance > CELL_SECONDS:
            allowed = CELL_SECONDS * allowance
            slow.append(f"{notebook} has a cell of {seconds:.0f} s; {allowed:.0f} are allowed.")
    return slow


def pytest_report_header():
    """Say at the top whether lesson 00 will be opened in a browser."""
    if CHROMIUM:
        return f"browser: {CHROMIUM}"
    return "browser: no Chromium found, so lesson 00 is not opened in one"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item, nextitem):
    """Measure the machine from a notebook's first cell to its last."""
    notebook, following = (each and _notebook(each.nodeid) for each in (item, nextitem))
    if notebook and notebook not in _pace:
        _pace[notebook] = Pace().start()
    try:
        return (yield)
    finally:
        if notebook and notebook != following:
            _pace.pop(notebook).stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Leave word for the report of how slow the machine was during a cell."""
    start = time.perf_counter()
    try:
        return (yield)
    finally:
        if notebook := _notebook(item.nodeid):
            item.user_properties.append(("allowance", _pace[notebook].allowance(start)))


def pytest_runtest_logreport(report):
    """Note how long each notebook cell ran; xdist hands every report to the main process."""
    if report.when == "call" and (notebook := _notebook(report.nodeid)):
        allowance = dict(report.user_properties)["allowance"]
        _cells[notebook].append((report.duration, allowance))


def _notebook(nodeid):
    """Return the notebook that a test is a cell of, or None."""
    path, _, _ = nodeid.partition("::")
    return path if path.endswith(".ipynb") else None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """A skipped test or a slow notebook fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    skipped = reporter.stats.get("skipped", [])
    if exitstatus == 0 and (skipped or over_the_limit(_cells)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Say how long the notebooks took, and why a run without a failed test failed."""
    if _cells:
        terminalreporter.section("notebooks, seconds as stored")
        for notebook, measured in sorted(_cells.items()):
            seconds, allowances = zip(*measured, strict=True)
            line = f"{notebook}: {sum(seconds):.1f} s, slowest cell {max(seconds):.1f} s"
            if max(allowances) > 1:
                line += f"; a slow machine, up to {max(allowances):.1f} times the limits allowed"
            terminalreporter.line(line)
    for line in over_the_limit(_cells):
        terminalreporter.line(f"FAILED: {line}", red=True)
    if terminalreporter.stats.get("skipped"):
        terminalreporter.line("FAILED: a skipped test counts as a failure.", red=True)
