"""What holds for the whole test run: no network, no skips, every notebook run once as a test."""

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
OFFLINE = str(ROOT / "tests" / "offline")

# kernels and other processes inherit these; this process gets its own hook below
os.environ["PYTHONPATH"] = os.pathsep.join(
    [OFFLINE, *filter(None, [os.environ.get("PYTHONPATH")])]
)
os.environ["COURSE_STRICT"] = "1"
os.environ["COURSE_PROGRESS"] = str(Path(tempfile.gettempdir()) / f"progress-{os.getpid()}.json")
# the bands of `expect` were measured on processors; COURSE_DEVICE tests another device
os.environ.setdefault("COURSE_DEVICE", "cpu")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# two workers share the cores; threads of both would only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) // 2)))
# a shell starts what runs in its background with Ctrl-C ignored; tests press it
if threading.current_thread() is threading.main_thread() and (
    signal.getsignal(signal.SIGINT) == signal.SIG_IGN
):
    signal.signal(signal.SIGINT, signal.default_int_handler)
if "sitecustomize" not in sys.modules or OFFLINE not in str(sys.modules["sitecustomize"].__file__):
    sys.path.insert(0, OFFLINE)
    sys.modules.pop("sitecustomize", None)
    import sitecustomize  # noqa: F401
sys.path.insert(0, str(ROOT / "tests"))

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
collect_ignore = [] if CHROMIUM else ["tests/test_browser.py"]
SLOWEST_FILE = "test_device_placement.py"
_notebooks: dict[str, str] = {}  # what each took, for the end of the report


def pytest_report_header():
    """Say at the top whether lesson 00 will be opened in a browser."""
    if CHROMIUM:
        return f"browser: {CHROMIUM}"
    return "browser: no Chromium found, so lesson 00 is not opened in one"


def pytest_collection_modifyitems(items):
    """Begin with the file that takes minutes for a few tests; then those of many tests.

    A worker takes whole files in this order: what begins last should not be what takes longest.
    """
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path.name != SLOWEST_FILE, -tests[item.path]))


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Let nbval say what is a notebook, and run it as a lesson."""
    found = yield
    if file_path.suffix != ".ipynb":
        return found
    from lesson_file import LessonFile

    return [LessonFile.from_parent(parent, path=file_path) for _ in found]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Note what a notebook's cell takes of the processor."""
    lesson = item.parent
    if not hasattr(lesson, "processor_seconds"):
        return (yield)
    since, before = time.perf_counter(), lesson.processor_seconds()
    try:
        return (yield)
    finally:
        lesson.note(before, since)


def pytest_runtest_logreport(report):
    """Keep a notebook's line; xdist hands every report to the main process."""
    if line := dict(report.user_properties).get("took"):
        _notebooks[report.nodeid.partition("::")[0]] = line


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """A skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    if exitstatus == 0 and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    """Say what the notebooks took, and why a run without a failed test failed."""
    if _notebooks:
        terminalreporter.section("notebooks, seconds of the processor")
    for notebook, line in sorted(_notebooks.items()):
        terminalreporter.line(f"{notebook}: {line}")
    if terminalreporter.stats.get("skipped"):
        terminalreporter.line("FAILED: a skipped test counts as a failure.", red=True)
