"""The house: what may know what, how large a file is, and that every public name has a caller."""

import ast
import functools
import graphlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "course_utils"
# A room imports only from floors below its own, or from itself. The halves keep order on a floor.
FLOORS = {
    "checks": 0,
    "files": 0,
    "widgets": 0,
    "progress_bar": 0,
    "runtime": 0.5,
    "data": 1,
    "baselines": 1,
    "thresholds": 1,
    "network": 1,
    "evaluation": 2,
    "images": 2,
    "training": 2,
    "backbone": 2.5,
    "classifier": 2.5,
    "embeddings": 2.5,
    "series": 2,
    "detectors": 3,
    "explain": 4,
    "plots": 4,
    "serve": 4,
    "exercises": 4,
    "course": 5,
    "report": 5,
    "__main__": 6,
}
# in data, the rooms of the house within the house
WINGS = {
    "store": 0,
    "anomaly_data": 0,
    "splits": 1,
    "scaling": 2,
    "loaders": 2,
    "simulators": 2,
    "public": 2,
    "benchmark": 2.5,
    "__init__": 3,
}
LONGEST = 600  # lines
HEAVY = {"torch", "keras", "matplotlib", "sklearn", "scipy", "pandas", "IPython"}
FILES = sorted(PACKAGE.rglob("*.py"))


@functools.cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def dotted(path):
    """Return a file's name as an import says it: course_utils.data.splits."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {dotted(path): path for path in FILES}


def imported(path):
    """Yield the package's modules that a file imports anywhere, by their dotted names."""
    for node in ast.walk(tree(path)):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        for name in names:
            while name.startswith("course_utils.") and name not in MODULES:
                name = name.rpartition(".")[0]  # a function is imported from its module
            if name in MODULES and name != "course_utils":
                yield name


def room_of(module):
    return module.split(".")[1] if "." in module else "__init__"


def test_every_room_has_its_floor_and_every_floor_its_room():
    assert {room_of(module) for module in MODULES} - {"__init__"} == set(FLOORS)
    assert {name.split(".")[2] for name in MODULES if name.startswith("course_utils.data.")} == (
        set(WINGS) - {"__init__"}
    )


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_the_floors_only(module):
    room = room_of(module)
    for other in imported(MODULES[module]):
        if room == "__init__":
            raise AssertionError(f"course_utils/__init__.py imports {other}")
        if room_of(other) != room:
            assert FLOORS[room_of(other)] < FLOORS[room], f"{module} imports {other}"
        elif room == "data":
            mine, yours = ([*name.split("."), "__init__"][2] for name in (module, other))
            # the store looks up a loader by its name, when it is called
            down = mine == yours or WINGS[yours] < WINGS[mine]
            assert down or (module, other) == (
                "course_utils.data.store.download",
                "course_utils.data",
            )


def test_no_import_goes_in_a_circle():
    graphlib.TopologicalSorter(
        {name: set(imported(path)) for name, path in MODULES.items()}
    ).prepare()


@pytest.mark.parametrize("path", [*FILES, ROOT / "conftest.py"], ids=lambda path: path.stem)
def test_a_file_is_short_enough_to_be_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def public_names():
    """Yield (file, name) of every public function, class, constant and method."""
    for path in FILES:
        for node in tree(path).body:
            if isinstance(node, ast.Assign):
                names = [each.id for each in node.targets if isinstance(each, ast.Name)]
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                names = [node.name]
            else:
                continue
            names += [
                each.name
                for each in getattr(node, "body", ())
                if isinstance(node, ast.ClassDef) and isinstance(each, ast.FunctionDef)
            ]
            yield from ((path, name) for name in names if not name.startswith("_"))


def mentions():
    """Count how often each name is read: in the package, tests, benchmarks, notebooks, README."""
    sources = [path.read_text(encoding="utf-8") for path in FILES]
    for folder in ("tests", "benchmarks"):
        sources += [path.read_text(encoding="utf-8") for path in (ROOT / folder).rglob("*.py")]
    sources.append((ROOT / "conftest.py").read_text(encoding="utf-8"))
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sources += ["".join(each["source"]) for each in cells if each["cell_type"] == "code"]
    counts = Counter(re.findall(r"\w+", (ROOT / "README.md").read_text(encoding="utf-8")))
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                counts[node.id] += 1
            elif isinstance(node, ast.Attribute):
                counts[node.attr] += 1
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                counts[node.value] += "\n" not in node.value  # getattr, monkeypatch, loaders
    return counts


def test_every_public_name_has_a_caller():
    counts = mentions()
    uncalled = {
        f"{path.relative_to(ROOT)}: {name}"
        for path, name in public_names()
        if not counts[name] and "exercises" not in path.parts
    }
    assert not uncalled


def test_importing_the_package_or_a_room_loads_no_more_than_it_says():
    names = "OMP_WAIT_POLICY", "KERAS_BACKEND"
    environment = {name: value for name, value in os.environ.items() if name not in names}
    in_torch = ("__main__", "training", "backbone", "embeddings", "detectors")
    rooms = ", ".join(f"course_utils.{room}" for room in FLOORS if room not in in_torch)
    code = (
        "import os, sys, course_utils\n"
        "print(*sys.modules)\n"
        f"print(*map(os.environ.get, {names}))\n"
        f"import {rooms}\n"
        "print(*{'torch', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    package, variables, heavy = done.stdout.splitlines()
    assert not set(package.split()) & (HEAVY | {"numpy"})
    assert variables == "PASSIVE torch"  # set before torch can load
    assert heavy == ""
