"""Lint and format, and nothing dangerous in the package."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]])
def test_code_and_notebooks_are_clean(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_dangerous_loading_in_the_package():
    for path in (ROOT / "course_utils").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (pickle|joblib|dill)\b", text, re.MULTILINE), path
        assert "weights_only=False" not in text, path
        assert "allow_pickle=True" not in text, path
