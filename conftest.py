"""What holds for the whole test run: no network, no skips, no slow notebook."""

import os
import shutil
import sys
import tempfile
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

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
collect_ignore = [] if CHROMIUM else ["tests/test_browser.py"]
_cell_seconds: dict[str, list[float]] = defaultdict(list)


def over_the_limit(cell_seconds: dict[str, list[float]]) -> list[str]:
    """Say which notebooks took more than a minute, and which cells more than 15 seconds."""
    slow = []
    for notebook, seconds in sorted(cell_seconds.items()):
        if sum(seconds) > NOTEBOOK_SECONDS:
            slow.append(f"{notebook} took {sum(seconds):.0f} s; {NOTEBOOK_SECONDS} are allowed.")
        if max(seconds) > CELL_SECONDS:
            slow.append(
                f"{notebook} has a cell of {max(seconds):.0f} s; {CELL_SECONDS} are allowed."
            )
    return slow


def pytest_report_header():
    """Say at the top whether lesson 00 will be opened in a browser."""
    if CHROMIUM:
        return f"browser: {CHROMIUM}"
    return "browser: no Chromium found, so lesson 00 is not opened in one"


def pytest_runtest_logreport(report):
    """Note how long each notebook cell ran; xdist hands every report to the main process."""
    notebook, _, _ = report.nodeid.partition("::")
    if report.when == "call" and notebook.endswith(".ipynb"):
        _cell_seconds[notebook].append(report.duration)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """A skipped test or a slow notebook fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    skipped = reporter.stats.get("skipped", [])
    if exitstatus == 0 and (skipped or over_the_limit(_cell_seconds)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Say how long the notebooks took, and why a run without a failed test failed."""
    if _cell_seconds:
        terminalreporter.section("notebooks, seconds as stored")
        for notebook, seconds in sorted(_cell_seconds.items()):
            terminalreporter.line(
                f"{notebook}: {sum(seconds):.1f} s, slowest cell {max(seconds):.1f} s"
            )
    for line in over_the_limit(_cell_seconds):
        terminalreporter.line(f"FAILED: {line}", red=True)
    if terminalreporter.stats.get("skipped"):
        terminalreporter.line("FAILED: a skipped test counts as a failure.", red=True)
