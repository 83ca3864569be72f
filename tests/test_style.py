"""Lint, format, and what may import what."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pace import Pace

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "course_utils"
# a room imports only from floors below its own
FLOORS = {
    "checks": 0.0,
    "runtime": 0.25,
    "progress_bar": 0.25,
    "data": 0.5,
    "baselines": 1.0,
    "thresholds": 1.0,
    "network": 1.0,
    "training": 1.25,
    "images": 1.0,
    "localisation": 1.0,
    "backbone": 1.25,
    "evaluation": 1.5,
    "detectors": 2.0,
    "classifier": 2.0,
    "plots": 3.0,
    "exercises": 3.0,
    "lessons": 4.0,
    "doctor": 4.0,
    "backends": 4.5,
    "__main__": 5.0,
}
HEAVY = ("torch", "keras", "matplotlib", "sklearn", "scipy", "pandas", "IPython")


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]])
def test_code_and_notebooks_are_clean(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] + [f"{node.module}.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "course_utils" and len(parts) > 1 and parts[1] in FLOORS:
                found.add(parts[1])
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_imports_go_down_the_floors_only(path):
    room = room_of(path)
    if room == "__init__":
        assert imported_rooms(path) == set()
        return
    for other in imported_rooms(path) - {room}:
        assert FLOORS[other] < FLOORS[room], f"{room} imports {other}"


def test_importing_the_package_is_quick_and_light():
    code = (
        "import sys, time; t = time.perf_counter(); import course_utils; "
        "print(time.perf_counter() - t, *sorted(m for m in sys.modules if '.' not in m))"
    )
    with Pace() as pace:
        printed = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout.split()
    assert not set(printed[1:]) & set(HEAVY)
    assert float(printed[0]) <= 0.3 * pace.allowance()


def test_the_rooms_load_neither_torch_nor_keras():
    in_torch = ("__main__", "training", "backbone", "detectors")
    light = [room for room in FLOORS if room not in in_torch]
    rooms = ", ".join(f"course_utils.{room}" for room in light)
    code = f"import sys, {rooms}; print(*{{'torch', 'keras'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == ""


def test_the_environment_is_set_before_torch_can_load():
    names = "OMP_WAIT_POLICY", "KERAS_BACKEND"
    environment = {name: value for name, value in os.environ.items() if name not in names}
    code = f"import os, course_utils; print(*map(os.environ.get, {names}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    assert done.stdout.split() == ["PASSIVE", "torch"]


def test_no_dangerous_loading_in_the_package():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(import|from) (pickle|joblib|dill)\b", text, re.MULTILINE), path
        assert "weights_only=False" not in text, path
        assert "allow_pickle=True" not in text, path
