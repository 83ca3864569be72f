"""The notebooks' first cell, which prepares Google Colab and does nothing elsewhere."""

import functools
import io
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace

from course_utils import __main__ as commands
from course_utils import data
from course_utils.course import colab, lessons

import nbformat
import numpy as np
import pandas as pd
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = Path("course_utils/course/colab.py")


def run_cell(content, address=""):
    """Run the first cell as if /content were another folder; return the names that it made."""
    source = colab.CELL.replace("{address}", address).replace("/content", content.as_posix())
    names = {}
    exec(source, names)
    return names


def put_course(folder):
    """Put into a folder what the cell looks for: a script that notes that it was run."""
    path = folder / SCRIPT
    path.parent.mkdir(parents=True)
    path.write_text("import pathlib\npathlib.Path(__file__).with_name(__name__).touch()\n")
    return path.with_name("__main__")


@pytest.fixture
def content(tmp_path, monkeypatch):
    """Return the folder that Colab starts in, on a machine that looks like Colab's."""
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setattr(subprocess, "run", refuse)
    folder = tmp_path / "content"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def refuse(command, **options):
    raise AssertionError(f"{command} is not needed here")


class Recorder:
    """Stands in for subprocess.run: notes commands, does what it is told, returns a status."""

    def __init__(self, status=0, errors="", effect=lambda command: None):
        self.commands = []
        self.status, self.errors, self.effect = status, errors, effect

    def __call__(self, command, **options):
        self.commands.append(command)
        self.effect(command)
        return SimpleNamespace(returncode=self.status, stdout="", stderr=self.errors)


# The cell


@pytest.mark.parametrize("lesson", lessons.LESSONS)
def test_every_notebook_begins_with_the_cell(lesson):
    cells = lessons.read(lessons.path_of(lesson)).cells
    first = next(cell for cell in cells if cell.cell_type == "code")
    assert first.id == colab.CELL_ID
    assert first.metadata["jupyter"] == {"source_hidden": True}
    assert first.source == colab.first_cell(), "run `python -m course_utils colab`"
    assert not first.outputs


def test_elsewhere_the_cell_does_nothing(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.chdir(tmp_path)
    path, names = list(sys.path), run_cell(tmp_path, "https://example.org/course")
    assert set(names) == {"sys", "__builtins__"}
    assert sys.path == path
    assert Path.cwd() == tmp_path
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("start", [".", "course-main/notebooks", "course-main", "../drive"])
def test_a_course_that_is_there_is_used(content, monkeypatch, start):
    mark = put_course(content / "course-main")
    (content / start).mkdir(exist_ok=True)
    monkeypatch.chdir(content / start)
    run_cell(content, "https://example.org/course")
    assert mark.exists()


def test_a_course_in_a_drive_is_used_from_its_own_folder(content, tmp_path, monkeypatch):
    mark = put_course(tmp_path / "drive" / "course")
    (tmp_path / "drive" / "course" / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "drive" / "course" / "notebooks")
    run_cell(content)
    assert mark.exists()


def test_a_course_that_is_not_there_is_fetched_once(content, monkeypatch):
    git = Recorder(effect=lambda command: put_course(Path(command[-1])))
    monkeypatch.setattr(subprocess, "run", git)
    for _ in range(2):
        run_cell(content, "https://example.org/course")
    home = content / "deep-anomaly-course"
    assert (home / SCRIPT).with_name("__main__").exists()
    (command,) = git.commands
    assert command[:2] == ["git", "clone"]
    assert command[-2:] == ["https://example.org/course", str(home)]


def test_a_course_that_cannot_be_fetched_gets_a_sentence(content, monkeypatch):
    git = Recorder(status=128)
    monkeypatch.setattr(subprocess, "run", git)
    with pytest.raises(SystemExit, match="The course is not here: upload its"):
        run_cell(content, "https://example.org/course")
    assert len(git.commands) == 1


def test_without_an_address_nothing_is_fetched_and_the_cure_is_told(content):
    with pytest.raises(SystemExit, match="run `!unzip -q"):
        run_cell(content)


# Its address


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ('repository-code: "https://example.org/a/b"\n', "https://example.org/a/b"),
        ("repository-code: https://example.org/a/b\n", "https://example.org/a/b"),
        ('# repository-code: "https://example.org/a/b"\n', ""),
        ("repository-code:\n", ""),
        ("", ""),
    ],
)
def test_the_address_stands_in_the_citation_file(tmp_path, monkeypatch, line, address):
    monkeypatch.setattr(colab, "ROOT", tmp_path)
    (tmp_path / "CITATION.cff").write_text(f"title: a\n{line}type: b\n", encoding="utf-8")
    assert colab.address() == address
    assert f'    address = "{address}"\n' in colab.first_cell()


def test_a_command_writes_the_cell_where_it_lacks_or_is_old(tmp_path, monkeypatch, capsys):
    make = nbformat.v4
    others = [make.new_markdown_cell("# title", id="title"), make.new_code_cell("1", id="one")]
    cells = {
        "new": others,
        "old": [others[0], make.new_code_cell("old()", id="colab"), others[1]],
        "done": [others[0], make.new_code_cell(colab.first_cell(), id="colab"), others[1]],
    }
    for name, each in cells.items():
        nbformat.write(make.new_notebook(cells=each), tmp_path / f"{name}.ipynb")
    monkeypatch.setattr(lessons, "LESSONS", tuple(cells))
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path)
    assert commands.main(["colab"]) == 0
    assert capsys.readouterr().out == "new.ipynb\nold.ipynb\n"
    for name in cells:
        written = lessons.read(tmp_path / f"{name}.ipynb").cells
        assert [cell.id for cell in written] == ["title", "colab", "one"]
        assert written[1].source == colab.first_cell()
    assert commands.main(["colab"]) == 0
    assert capsys.readouterr().out == "Every notebook has the cell.\n"


# What it installs


class Packages:
    """Stands in for what is installed, and for the pip that adds to it."""

    def __init__(self, there, needs):
        self.there, self.needs, self.calls = dict(there), needs, []

    def version(self, name):
        if name not in self.there:
            raise metadata.PackageNotFoundError(name)
        return self.there[name]

    def pip(self, command, **options):
        assert command[1:4] == ["-m", "pip", "install"]
        assert "--no-deps" in command  # or pip would replace what is there
        wanted = [each for each in command[4:] if not each.startswith("-")]
        self.calls.append(wanted)
        self.there |= {colab.REQUIREMENT.match(each)[0]: "new" for each in wanted}
        return SimpleNamespace(returncode=0, stderr="")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return the folder of a course that needs four packages."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        "[project]\n"
        'dependencies = ["jupyterlab==4.6.6", "pandas==3.1.1", "river==0.26.1", "pooch==1.9.0"]\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(colab, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "before")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def use(monkeypatch, there, needs):
    """Let these packages be the ones that are there, and have these needs."""
    packages = Packages(there, needs)
    monkeypatch.setattr(metadata, "version", packages.version)
    monkeypatch.setattr(metadata, "requires", packages.needs.get)
    monkeypatch.setattr(subprocess, "run", packages.pip)
    return packages


def test_only_what_is_missing_is_installed(course, monkeypatch):
    packages = use(monkeypatch, {"pandas": "2.2.2", "pooch": "1.6.0"}, {"river": ["pandas>=3"]})
    colab.prepare()
    assert packages.calls == [["river==0.26.1"]]
    assert packages.there == {"pandas": "2.2.2", "pooch": "1.6.0", "river": "new"}


def test_what_the_missing_ones_lack_is_installed_too(course, monkeypatch):
    needs = {
        "river": ["pandas>=3", "narwhals>=2.0.0", 'pytest; extra == "test"'],
        "narwhals": ["deeper<2,>=1", 'appnope; platform_system == "Darwin"'],
        "pooch": ["narwhals"],
    }
    packages = use(monkeypatch, {"pandas": "2.2.2"}, needs)
    colab.prepare()
    first, second, third = packages.calls
    assert first == ["river==0.26.1", "pooch==1.9.0"]
    assert set(second) == {"narwhals>=2.0.0", "narwhals"}
    assert set(third) == {"deeper<2,>=1"}


def test_where_all_is_there_pip_is_not_called(course, monkeypatch, capfd):
    packages = use(monkeypatch, dict.fromkeys(("pandas", "river", "pooch"), "1"), {})
    colab.prepare()
    assert packages.calls == []
    assert capfd.readouterr() == ("", "")
    assert Path.cwd() == course / "notebooks"
    assert sys.path[0] == str(course)
    assert os.environ["PYTHONPATH"] == os.pathsep.join([str(course), "before"])


def test_a_pip_that_fails_is_told_in_a_sentence(course, monkeypatch):
    use(monkeypatch, {"pandas": "2.2.2", "pooch": "1.9.0"}, {})
    pip = Recorder(1, errors="WARNING: retrying\nERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", pip)
    with pytest.raises(SystemExit) as problem:
        colab.prepare()
    assert str(problem.value) == (
        "pip could not install river==0.26.1 (ERROR: No matching distribution found). Check that "
        "this runtime reaches the internet, then run this cell again."
    )
    assert Path.cwd() == course


def test_needs_under_a_condition_are_not_needed_on_colab():
    """`install_missing` passes them by: what they name there is a package of the course itself."""
    there = {"extra": "", "sys_platform": "linux", "platform_system": "Linux"}
    there |= {"python_version": "3.12", "python_full_version": "3.12.0"}  # Colab's, or newer
    pins = [Requirement(each) for each in metadata.requires("deep-anomaly-course")]
    names = {pin.name for pin in pins if pin.marker is None}
    for name in names - colab.NOT_ON_COLAB - {"torch"}:  # Colab never lacks torch
        needs = [Requirement(each) for each in metadata.requires(name) or ()]
        conditional = {each.name for each in needs if each.marker and each.marker.evaluate(there)}
        assert conditional <= names, name


def test_it_runs_before_anything_is_installed():
    code = f"import runpy; runpy.run_path({str(ROOT / SCRIPT)!r})"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


# What its older packages do otherwise


def test_a_table_can_be_changed_where_pandas_does_not_copy(monkeypatch):
    """Before version 3 pandas kept a read-only array as it was, so that nothing could be set."""
    monkeypatch.setattr(pd, "DataFrame", functools.partial(pd.DataFrame, copy=False))
    cells = data.load_breast_cancer()
    table = cells.frame()
    table.loc[3, "mean radius"] = -999
    assert cells.X[3, 0] > 0
    write = lessons.sources_of("06")["write-the-file"].partition("path =")[0]
    names = {"data": data, "np": np, "pd": pd}
    exec(write, names)
    file = io.StringIO()
    names["write_dirty_file"](file)
    assert file.getvalue().count("-999") >= 12
