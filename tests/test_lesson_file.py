"""How notebooks are run as tests, on a small one with a mistake of each kind."""

import os
import re
import subprocess
import sys
from pathlib import Path

import lesson_file
import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
PREVALENCE = "def prevalence(y):\n    ...\n\nex.prevalence.check(prevalence)"
ALARMS = (
    "def raise_alarms(scores, threshold):\n    return 1\n\nex.raise_alarms.check(raise_alarms)"
)
CELLS = (
    "from course_utils.exercises import lesson_00 as ex\n\nimport numpy as np",
    PREVALENCE,
    "prevalence([0, 1]) / 2",  # leans on the solution
    ALARMS,  # is not as a learner first meets it
    "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/', timeout=5)",
    "import socket\n"
    "with socket.create_server(('127.0.0.1', 0)) as server:\n"
    "    socket.create_connection(server.getsockname()).close()",
)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What became of each test of the small notebook, and all that was printed."""
    path = tmp_path_factory.mktemp("small") / "00_start_here.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-c", ROOT / "pyproject.toml"]
    command += ["--rootdir", path.parent, "-n", "0", "-rA", "-p", "no:cacheprovider", path]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    done = subprocess.run(
        command, env=environment, cwd=path.parent, capture_output=True, encoding="utf-8"
    )
    said = done.stdout
    found = dict(re.findall(r"^PASSED .*::(.+)()$", said, re.MULTILINE))
    found |= dict(re.findall(r"^FAILED .*?::(.+?) - (.*)$", said, re.MULTILINE))
    assert found, said + done.stderr
    return found, said


def test_an_exercise_runs_solved_and_then_as_stored(outcomes):
    found, _ = outcomes
    assert found["prevalence solved"] == found["Cell 1"] == ""
    assert found["raise_alarms solved"] == ""


def test_a_stub_that_is_not_one_fails(outcomes):
    found, said = outcomes
    assert found["Cell 3"]
    assert "'○ raise_alarms' is expected, and the cell printed: ✗ raise_alarms" in said


def test_a_cell_that_leans_on_a_solved_exercise_fails(outcomes):
    found, said = outcomes
    assert found["Cell 2"]
    assert "unsupported operand type(s) for /: 'NoneType' and 'int'" in said


def test_a_notebook_that_reaches_out_fails_and_may_talk_to_its_own_machine(outcomes):
    found, said = outcomes
    assert found["Cell 4"]
    assert "NetworkIsOffError" in said
    assert found["Cell 5"] == ""


def test_what_it_took_is_told(outcomes):
    found, said = outcomes
    assert found["limits"] == ""
    assert re.search(r"00_start_here\.ipynb: \d+\.\d s, slowest cell \d\.\d s, \d+ MB", said)


def test_a_solution_that_is_not_praised_fails():
    cell = nbformat.v4.new_code_cell(PREVALENCE)
    item = lesson_file.Solved.__new__(lesson_file.Solved)
    item.cell = cell
    item.test_outputs = [nbformat.v4.new_output("stream", text="✗ prevalence: no\n")]
    with pytest.raises(
        AssertionError, match="'✓ prevalence' is expected, and the cell printed: ✗"
    ):
        item.require("✓")


def test_a_slow_notebook_and_a_slow_cell_are_reported():
    assert lesson_file.over_the_limit([(1.0, 1.0), (2.0, 1.0)]) == []
    report = lesson_file.over_the_limit([(14.0, 1.0)] * 5)
    assert report == ["It took 70 s of the processor; 60 are allowed."]
    assert lesson_file.over_the_limit([(16.0, 1.0)]) == ["A cell took 16 s; 15 are allowed."]


def test_a_slow_machine_is_allowed_more_and_not_without_end():
    assert lesson_file.over_the_limit([(28.0, 2.0)] * 4) == []
    report = lesson_file.over_the_limit([(28.0, 2.0)] * 5)
    assert report == ["It took 140 s of the processor; 120 are allowed."]
    assert lesson_file.over_the_limit([(46.0, 3.0)]) == ["A cell took 46 s; 45 are allowed."]
