"""Pins, licences, and that the documents agree with what they are about."""

import ast
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import course_utils
from course_utils.course import lessons

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


PYPROJECT = tomllib.loads(read("pyproject.toml"))
LESSON_PINS = PYPROJECT["project"]["dependencies"]
TEST_PINS = PYPROJECT["project"]["optional-dependencies"]["test"]
PINS = LESSON_PINS + TEST_PINS


def course_module():
    specification = importlib.util.spec_from_file_location("course_for_pins", ROOT / "course.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize("pin", PINS)
def test_every_package_is_pinned_and_installed_so(pin):
    name, wanted = re.fullmatch(r"([a-z0-9-]+)==(\d[\w.]*)", pin).groups()
    assert metadata.version(name).split("+")[0] == wanted


def test_every_pin_is_explained():
    lines = read("pyproject.toml").splitlines()
    for pin in PINS:
        (line,) = [line for line in lines if line.startswith(f'    "{pin}"')]
        assert re.search(r'",\s+# \S', line), line


def test_conda_gets_the_same_packages():
    environment = yaml.safe_load(read("environment.yml"))
    assert environment["name"] == PYPROJECT["project"]["name"]
    python, pip, packages = environment["dependencies"]
    assert python in ("python=3.11", "python=3.12", "python=3.13")
    assert pip == "pip"
    assert sorted(packages["pip"]) == sorted([*PINS, "-e ."])


def imported_packages(path):
    packages = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            packages.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            packages |= {name.name.split(".")[0] for name in node.names}
    return packages


def test_the_lessons_need_what_they_import():
    other_names = {"scikit-learn": "sklearn", "pillow": "PIL"}
    pinned = [pin.split("==")[0] for pin in LESSON_PINS]
    names = {other_names.get(name, name.replace("-", "_")) for name in pinned}
    names |= {"course_utils", "IPython", "traitlets", "jupyter_client"}  # come with ipykernel
    names |= {"starlette", "pydantic_core"}  # come with fastapi and pydantic
    names |= {"nbformat", "nbclient", "jupytext"}  # for those who write lessons
    for path in (ROOT / "course_utils").rglob("*.py"):
        strange = imported_packages(path) - names - set(sys.stdlib_module_names)
        assert not strange, f"{path.name} imports {strange}"


def test_one_version_and_one_name_everywhere():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert str(citation["version"]) == course_utils.__version__
    assert f"## {course_utils.__version__}" in read("CHANGELOG.md")
    assert citation["license"] == ["MIT", "CC-BY-4.0"]
    assert PYPROJECT["project"]["license"] == "MIT"
    assert read("LICENSE").startswith("MIT License")
    assert "creativecommons.org/licenses/by/4.0" in read("LICENSE-CC-BY-4.0")


def test_the_installed_package_is_this_one():
    assert Path(course_utils.__file__).parent == ROOT / "course_utils"
    packages = PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert packages == ["course_utils*"]


def test_the_offline_recipe_names_the_versions_that_are_installed():
    build = PYPROJECT["build-system"]["requires"]
    assert " ".join(['--dest wheels ".[test]"', course_module().UV, *build]) in read("README.md")


def test_the_test_command_finds_notebooks_and_forbids_warnings():
    options = PYPROJECT["tool"]["pytest"]["ini_options"]
    assert options["testpaths"] == ["tests", "notebooks"]
    assert {"--nbval-lax", "--nbval-current-env", "--strict-markers"} <= set(options["addopts"])
    assert "error:::course_utils" in options["filterwarnings"]


def test_ci_runs_the_test_command():
    script = ROOT / ".ci" / "run"
    lines = [line for line in read(".ci/run").splitlines() if line and line[0] != "#"]
    assert lines[0] == "set -euo pipefail"
    assert lines[-1] == 'exec "$python" course.py test "$@"'
    assert "pip" not in read(".ci/run").replace("pipefail", "")
    if sys.platform != "win32":
        assert script.stat().st_mode & 0o111
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_the_workflow_covers_systems_and_pythons():
    (job,) = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"].values()
    matrix = job["strategy"]["matrix"]
    assert matrix["system"] == ["ubuntu", "macos", "windows"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    assert job["timeout-minutes"] <= 60
    names = ("UV_TORCH_BACKEND", "COURSE_DEVICE", "KERAS_TORCH_DEVICE")
    assert job["env"] == dict.fromkeys(names, "cpu")
    assert job["steps"][-1] == {"run": "python course.py test"}
    for step in job["steps"][:-1]:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])


def test_a_dev_container_installs_the_course_and_no_cuda():
    container = json.loads(read(".devcontainer/devcontainer.json"))
    command = container["postCreateCommand"]
    assert re.fullmatch(r"python course\.py (\w+)", command)[1] in course_module().COMMANDS
    assert container["containerEnv"] == {"UV_TORCH_BACKEND": "cpu"}
    version = re.fullmatch(r"python:(\d\.\d+)-bookworm", container["image"])[1]
    assert version in ("3.11", "3.12", "3.13")
    tools = container["customizations"]
    interpreter = tools["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == "${workspaceFolder}/.venv/bin/python"
    assert all((ROOT / path).exists() for path in tools["codespaces"]["openFiles"])


def test_binder_installs_the_course_and_no_cuda():
    assert read(".binder/runtime.txt").strip() in ("python-3.11", "python-3.12", "python-3.13")
    comment, *requirements = read(".binder/requirements.txt").splitlines()
    assert comment.startswith("#")
    assert requirements == [course_module().UV]
    first, *_, last = read(".binder/postBuild").splitlines()
    assert first == "#!/usr/bin/env bash"
    assert last.startswith("python -m uv pip install ")
    assert last.endswith(" --torch-backend cpu --no-cache -e .")
    if sys.platform != "win32":
        subprocess.run(["bash", "-n", str(ROOT / ".binder" / "postBuild")], check=True)


def test_launch_buttons_open_a_notebook_that_is_there():
    addresses = re.findall(r"https://[^\s)]+OWNER/NAME[^\s)]*", read("README.md"))
    assert len(addresses) == 3
    notebooks = [each for text in addresses for each in re.findall(r"notebooks/\S+", text)]
    assert len(notebooks) == 2
    assert all((ROOT / each).exists() for each in notebooks)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    links = re.findall(r"\]\(([^)\s]+)\)", read(name))
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_in_the_documents_exist(name):
    text = read(name)
    assert set(re.findall(r"python course\.py (\w+)", text)) <= set(course_module().COMMANDS)
    assert set(re.findall(r"-m course_utils (\w+)", text)) <= {
        "backends", "carry", "colab", "copies", "data", "doctor", "notebook", "progress",
        "report", "restart", "serve", "text",
    }  # fmt: skip


@pytest.mark.parametrize("lesson", lessons.LESSONS)
def test_the_course_map_gives_each_lessons_minutes(lesson):
    rows = [line for line in read("README.md").splitlines() if line.startswith("|")]
    (row,) = [row for row in rows if f"notebooks/{lesson}." in row]
    header = lessons.header(lessons.read(lessons.path_of(lesson)))
    minutes = [header[part].replace("minutes", "min") for part in ("Reading", "Exercises")]
    assert row.endswith(f"| {minutes[0]} | {minutes[1]} |")
