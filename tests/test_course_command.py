"""course.py: from a fresh folder to a running command, and back from everything that breaks."""

import ast
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from course_utils.course import copies, lessons

import course_stand_ins as stand_ins
import pytest
from course_stand_ins import PYPROJECT, ROOT, WHOLE, change_pin, leave_unfinished


@pytest.fixture
def course(monkeypatch, tmp_path):
    return stand_ins.course(monkeypatch, tmp_path)


@pytest.fixture
def installers(course, monkeypatch):
    return stand_ins.Installers(course, monkeypatch)


# What is written on the screen


def test_an_old_python_can_read_the_file():
    ast.parse((ROOT / "course.py").read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13)])
def test_an_old_python_is_told_what_to_install(course, monkeypatch, capsys, version):
    monkeypatch.setattr(course.sys, "version_info", version)
    assert course.main(["lab"]) == 1
    message = capsys.readouterr().err
    assert f"this is Python {version[0]}.{version[1]}." in message
    assert "python3.13 course.py lab" in message


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_help(course, capsys, arguments):
    assert course.main(arguments) == 0
    assert "usage: python course.py" in capsys.readouterr().out


def test_an_unknown_command_is_named(course, installers, capsys):
    assert course.main(["labb"]) == 2
    assert "'labb'" in capsys.readouterr().err
    assert installers.calls == []


def test_a_console_without_a_character_gets_a_question_mark(course):
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    course.say("✗ ü", console)
    assert console.buffer.getvalue().split() == [b"?", "ü".encode("cp1252")]


# Making and filling .venv


def test_a_first_call_installs_everything_in_order(course, installers):
    assert course.main(["test"]) == 0
    assert installers.names() == WHOLE
    noted = json.loads(installers.environment.marker.read_text(encoding="utf-8"))
    assert noted["folder"] == str(course.PROJECT)
    assert noted["python"] == "3.11"
    assert len(noted["requirements"]) == 64
    assert installers.handed_over is not None


def test_the_kernel_and_lab_are_set_up(course, installers):
    course.main(["lab"])
    name, command, _ = installers.calls[-1]
    assert name == "ipykernel"
    assert command[3:] == [
        "install", "--sys-prefix", "--name", "python3",
        "--display-name", "Anomaly course (Python 3)",
    ]  # fmt: skip
    settings = installers.environment.folder / "share/jupyter/lab/settings/overrides.json"
    notification = json.loads(settings.read_text(encoding="utf-8"))[
        "@jupyterlab/apputils-extension:notification"
    ]
    assert notification == {"checkForUpdates": False, "fetchNews": "false"}


def test_a_second_call_installs_nothing(course, installers):
    course.main(["test"])
    installers.calls.clear()
    assert course.main(["test"]) == 0
    assert installers.calls == []


def change_python(course, installers):
    installers.version = [3, 12]


def lose_marker(course, installers):
    installers.environment.marker.unlink()


@pytest.mark.parametrize("change", [change_pin, change_python, lose_marker])
def test_a_change_installs_again_into_the_same_folder(course, installers, change):
    course.main(["test"])
    installers.calls.clear()
    change(course, installers)
    assert course.main(["test"]) == 0
    assert installers.names() == WHOLE[1:]


def test_a_change_of_other_settings_installs_nothing(course, installers):
    course.main(["test"])
    installers.calls.clear()
    path = course.PROJECT / "pyproject.toml"
    path.write_text(PYPROJECT.replace("99", "79"), encoding="utf-8")
    course.main(["test"])
    assert installers.calls == []


def break_python(course, installers):
    installers.broken = True
    installers.environment.folder.joinpath("pyvenv.cfg").write_text("home = nowhere")


def lose_pip(course, installers):
    (installers.packages / "pip").unlink()


def lose_package(course, installers):
    (installers.packages / "keras").unlink()


def damage_marker(course, installers):
    installers.environment.marker.write_bytes(b"\xff[")


def move_project(course, installers):
    marker = installers.environment.marker
    marker.write_text(marker.read_text().replace("folder", "x").replace("{", '{"folder": "/a",'))


def lose_configuration(course, installers):
    installers.folder = sys.base_prefix  # a Python without its pyvenv.cfg is its base again


def make_old(course, installers):
    installers.version = [3, 9]


@pytest.mark.parametrize(
    "harm",
    [
        break_python, lose_pip, lose_package, leave_unfinished, damage_marker, move_project,
        lose_configuration, make_old,
    ],
)  # fmt: skip
def test_a_damaged_environment_is_made_anew(course, installers, monkeypatch, harm):
    course.main(["test"])
    installers.calls.clear()
    harm(course, installers)
    left_over = installers.environment.folder / "lib" / "left-over"
    left_over.touch()
    heal = installers.pretend

    def pretend(name):
        installers.broken, installers.version = False, [3, 11]
        installers.folder = str(installers.environment.folder)
        heal(name)

    monkeypatch.setattr(installers, "pretend", pretend)
    assert course.main(["test"]) == 0
    assert installers.names() == WHOLE
    assert not left_over.exists()
    assert not (course.PROJECT / ".venv-old").exists()


@pytest.mark.parametrize("names", [[], ["bin", "lib", "install.log"]])
def test_a_folder_that_was_hardly_begun_is_made_anew(course, installers, names):
    installers.environment.folder.mkdir()
    for name in names:
        (installers.environment.folder / name).touch()
    assert course.main(["test"]) == 0
    assert installers.names() == WHOLE


def test_a_folder_with_other_files_is_left_alone(course, installers, capsys):
    installers.environment.folder.mkdir()
    thesis = installers.environment.folder / "thesis.txt"
    thesis.touch()
    assert course.main(["test"]) == 1
    assert "no Python environment" in capsys.readouterr().err
    assert thesis.exists()


def test_a_file_in_the_place_of_the_folder_is_replaced(course, installers):
    installers.environment.folder.touch()
    assert course.main(["test"]) == 0


def test_a_folder_in_use_is_named(course, installers, monkeypatch, capsys):
    installers.environment.folder.mkdir()

    def refuse(self, target):
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(Path, "rename", refuse)
    assert course.main(["test"]) == 1
    assert "Close JupyterLab" in capsys.readouterr().err


def test_an_environment_of_another_python_is_used_and_named(course, installers, capsys):
    installers.version = [3, 99]
    course.main(["test"])
    capsys.readouterr()
    course.main(["test"])
    message = capsys.readouterr().out
    assert "made with Python 3.99" in message
    assert "change to Python {}.{}.".format(*sys.version_info) in message


# What can go wrong on the way


@pytest.mark.parametrize("step", WHOLE)
def test_ctrl_c_leaves_nothing_broken(course, installers, capsys, step):
    installers.failing[step] = KeyboardInterrupt()
    assert course.main(["test"]) == 130
    assert capsys.readouterr().err.strip().count("\n") == 0
    assert installers.handed_over is None
    assert course.Environment(course.PROJECT).noted() == {}
    installers.failing.clear()
    installers.calls.clear()
    assert course.main(["test"]) == 0
    assert installers.names() == WHOLE


def test_ctrl_c_in_an_update_is_recovered_from_too(course, installers):
    course.main(["test"])
    change_pin(course, installers)
    installers.failing["uv"] = KeyboardInterrupt()
    assert course.main(["test"]) == 130
    installers.failing.clear()
    installers.calls.clear()
    assert course.main(["test"]) == 0
    assert installers.names() == WHOLE


@pytest.mark.parametrize("step", ["venv", "ipykernel"])
def test_a_failed_step_is_quoted_and_recovered_from(course, installers, capsys, step):
    installers.failing[step] = (1, ["first words", "", "last words " + "x" * 500])
    assert course.main(["test"]) == 1
    message = capsys.readouterr().err
    assert "last words" in message
    assert "x" * 200 not in message
    assert "install.log" in message
    assert installers.handed_over is None
    installers.failing.clear()
    assert course.main(["test"]) == 0


@pytest.mark.parametrize("step", ["pip uv", "uv"])
def test_pip_steps_in_for_uv(course, installers, step):
    installers.failing[step] = (1, ["no"])
    assert course.main(["test"]) == 0
    assert installers.names()[-2:] == ["pip", "ipykernel"]
    assert installers.calls[-2][1][-2:] == ["-e", ".[test]"]


def test_a_failure_of_both_is_told(course, installers, capsys):
    installers.failing = {"uv": (1, ["no"]), "pip": (1, ["neither"])}
    assert course.main(["test"]) == 1
    assert "neither" in capsys.readouterr().err


def test_pip_does_not_override_a_choice_of_torch(course, installers, monkeypatch, capsys):
    monkeypatch.setenv("UV_TORCH_BACKEND", "cpu")
    installers.failing["uv"] = (1, ["no such index"])
    assert course.main(["test"]) == 1
    assert "pip" not in installers.names()
    assert "no such index" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("last_words", "cure"),
    [
        ("OSError: [Errno 28] No space left on device", "Free some space"),
        ("error: failed to copy: Permission denied (os error 13)", "Close JupyterLab"),
        ("cause: dns error", "Check the network"),
        ("ERROR: Failed to establish a new connection: [Errno 111]", "Check the network"),
        ("error: No solution found when resolving", "Use Python 3.11, 3.12 or 3.13"),
        ("OSError: [WinError 206] The filename or extension is too long", "Move the course"),
        ("error: something never seen before", "Read the whole message"),
    ],
)
def test_the_cure_fits_the_failure(course, last_words, cure):
    lines = [last_words, *["note: what helps nobody"] * 6]
    problem = course.failure("Installing", lines, Path("install.log"))
    assert problem.cure.startswith(cure)
    assert last_words in problem.what


def test_a_full_disk_is_told_before_anything_is_made(course, installers, monkeypatch, capsys):
    usage = shutil.disk_usage(course.PROJECT)._replace(free=10**9)
    monkeypatch.undo()
    monkeypatch.setattr(course, "PROJECT", installers.course.PROJECT)
    monkeypatch.setattr(course.shutil, "disk_usage", lambda folder: usage)
    assert course.check_disk("anywhere", 1) is None
    with pytest.raises(course.Problem, match=r"Only 1\.0 GB .* about 4 GB"):
        course.check_disk("anywhere", 4)


def test_the_disk_is_checked_before_an_installation(course, installers, monkeypatch):
    asked = []
    monkeypatch.setattr(course, "check_disk", lambda folder, needed_gb: asked.append(needed_gb))
    monkeypatch.setattr(course.sys, "platform", "linux")
    course.main(["test"])
    change_pin(course, installers)
    course.main(["test"])
    course.main(["test"])
    assert asked == [7, 1]
    assert course.room_needed({"UV_TORCH_BACKEND": "cpu"}) == 4


def test_a_folder_without_write_permission_is_named(course, installers, monkeypatch, capsys):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(course.tempfile, "TemporaryFile", refuse)
    assert course.main(["test"]) == 1
    message = capsys.readouterr().err
    assert f"Nothing can be written in {course.PROJECT}" in message
    assert "Move the course" in message
    assert installers.calls == []


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_that_makes_no_environments_is_named(
    course, installers, monkeypatch, capsys, module
):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        course.importlib.util, "find_spec", lambda name: None if name == module else find(name)
    )
    assert course.main(["test"]) == 1
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_a_missing_or_damaged_project_file_is_named(course, installers, capsys):
    (course.PROJECT / "pyproject.toml").write_text("[project", encoding="utf-8")
    assert course.main(["test"]) == 1
    assert "cannot be read" in capsys.readouterr().err
    (course.PROJECT / "pyproject.toml").unlink()
    assert course.main(["test"]) == 1
    assert "is missing" in capsys.readouterr().err


def test_an_error_of_the_system_is_one_sentence(course, installers, capsys):
    installers.failing["venv"] = OSError(28, "No space left on device")
    assert course.main(["test"]) == 1
    assert "No space left on device" in capsys.readouterr().err


# Handing over


def test_lab_opens_the_first_lesson_behind_its_token(course, installers):
    folder = course.PROJECT / "my_notebooks"
    folder.mkdir()
    (folder / "00_start_here.ipynb").touch()
    course.main(["lab", "--no-browser"])
    command, settings = installers.handed_over
    assert command[1:3] == ["-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={course.PROJECT}" in command
    assert "--LabApp.default_url=/lab/tree/my_notebooks/00_start_here.ipynb" in command
    assert command[-1] == "--no-browser"
    assert not any("token" in part or "password" in part for part in command)
    assert settings["JUPYTER_PREFER_ENV_PATH"] == "1"
    assert settings["PATH"].startswith(str(installers.environment.scripts) + os.pathsep)
    assert settings["VIRTUAL_ENV"] == str(installers.environment.folder)


def test_lab_makes_the_learners_copies_first_and_others_do_not(course, installers):
    course.main(["test"])
    course.main(["install"])
    assert installers.refreshed == []
    course.main(["lab"])
    assert installers.refreshed == [
        [str(installers.environment.python), "-m", "course_utils", "copies"]
    ]


def test_lab_opens_the_stored_lesson_where_no_copy_can_be_made(course, installers, capsys):
    installers.copies_fail = True
    assert course.main(["lab"]) == 0
    assert (
        "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"
        in (installers.handed_over[0])
    )
    assert "The lessons in notebooks open." in capsys.readouterr().out


def test_names_of_folder_and_lesson_are_those_of_the_package(course):
    assert copies.COPIES == ROOT / course.COPIES
    assert f"{lessons.LESSONS[0]}.ipynb" == course.FIRST_LESSON


def test_root_is_told_what_that_means(course, installers, monkeypatch, capsys):
    monkeypatch.setattr(course.os, "geteuid", lambda: 0, raising=False)
    course.main(["lab"])
    assert "--allow-root" in installers.handed_over[0]
    assert "You are root" in capsys.readouterr().out
    monkeypatch.setattr(course.os, "geteuid", lambda: 1000, raising=False)
    course.main(["lab"])
    assert "--allow-root" not in installers.handed_over[0]


def test_test_is_strict_and_measures_coverage_of_the_whole(course, installers):
    course.main(["test"])
    command, settings = installers.handed_over
    assert command[1:] == [
        "-m", "pytest",
        "--cov=course_utils", "--cov-report=term:skip-covered", "--cov-fail-under=90",
    ]  # fmt: skip
    assert settings["COURSE_STRICT"] == "1"
    course.main(["test", "-k", "forward"])
    assert installers.handed_over[0][1:] == ["-m", "pytest", "-k", "forward"]


def test_the_quick_check_is_a_few_files_without_coverage(course, installers):
    course.main(["test", "-x", "--quick", "-k", "forward"])
    assert installers.handed_over[0][1:] == [
        "-m", "pytest", "tests/test_style.py", "tests/test_packaging.py",
        "tests/test_notebook_form.py", "tests/test_references.py", "tests/test_exercises.py",
        "-x", "-k", "forward",
    ]  # fmt: skip
    assert installers.handed_over[1]["COURSE_STRICT"] == "1"
    assert [name for name in course.QUICK if not (ROOT / name).exists()] == []


def test_install_hands_nothing_over(course, installers, capsys):
    assert course.main(["install"]) == 0
    assert installers.names() == WHOLE
    assert course.main(["install"]) == 0
    assert installers.names() == WHOLE
    assert installers.handed_over is None
    assert capsys.readouterr().out.count(f"Ready: {installers.environment.folder}") == 2


def test_install_takes_no_arguments(course, installers, capsys):
    assert course.main(["install", "--quick"]) == 2
    assert "takes no arguments" in capsys.readouterr().err
    assert installers.calls == []


# For real: environment, pip, processes


def wheel(folder, name, version, files):
    """Write a wheel, whose command of the same name runs the function `main` of its module."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    record = f"{info}/RECORD"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(record, "".join(f"{path},,\n" for path in [*files, record]))


# "installs" modules that say how they were called, unless the course asks for a newer torch
UV = '''
import sys, sysconfig
from pathlib import Path

SAY = """
import os, sys
print("{name}", sys.argv[1:], os.environ.get("COURSE_STRICT"), os.getcwd())
sys.exit({status})
"""

def main():
    if "torch==1.1" in Path("pyproject.toml").read_text():
        sys.exit("error: no torch 1.1")
    packages = Path(sysconfig.get_path("purelib"))
    for name in ("course_utils", "ipykernel", "jupyterlab", "keras", "pytest", "torch"):
        (packages / name).mkdir()
        (packages / name / "__init__.py").touch()
        text = SAY.format(name=name, status=7 if name == "pytest" else 0)
        (packages / name / "__main__.py").write_text(text)
    print(" + torch==1.0")
'''


@pytest.fixture
def misled(course, tmp_path):
    """A folder with course.py, one with wheels, and all that has misled pip elsewhere.

    That is variables, a configuration file, and a uv and a torch on Python's path.
    """
    project, wheels, home = (tmp_path / name for name in ("my course", "my wheels", "my home"))
    elsewhere = tmp_path / "elsewhere"
    for folder in (project, wheels, home, elsewhere / "uv-0.13.9.dist-info"):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "course.py", project)
    (project / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    wheel(wheels, "uv", "0.13.9", {"uv.py": UV})
    (elsewhere / "uv-0.13.9.dist-info" / "METADATA").write_text("Name: uv\nVersion: 0.13.9\n")
    (elsewhere / "torch.py").write_text("raise ImportError('not the torch of the course')")
    file = home / ("pip/pip.ini" if os.name == "nt" else ".pip/pip.conf")
    file.parent.mkdir()
    file.write_text(f"[install]\nuser = true\n[global]\ntarget = {elsewhere / 'target'}\n")
    environment = course.clean(os.environ)
    for name in ("PIP_CONFIG_FILE", "XDG_CONFIG_HOME", "COURSE_STRICT", "UV_TORCH_BACKEND"):
        environment.pop(name, None)
    environment.update(
        HOME=str(home), USERPROFILE=str(home), APPDATA=str(home),
        PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels), PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_USER="1", PIP_REQUIRE_HASHES="1", PIP_VERSION="24.0", PYTHONPATH=str(elsewhere),
    )  # fmt: skip
    return project, environment


def test_from_nothing_to_a_quick_start_and_to_a_failed_update(misled, tmp_path):
    project, environment = misled

    def call(*arguments):
        return subprocess.run(
            [sys.executable, str(project / "course.py"), *arguments],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600,
        )  # fmt: skip

    first = call("test", "-k", "some test")
    assert first.returncode == 7, first.stdout + first.stderr
    kept_out = "PIP_REQUIRE_HASHES, PIP_USER, PIP_VERSION, PYTHONPATH"
    assert f"kept from the course: {kept_out}." in first.stdout
    assert ".venv is not there yet" in first.stdout
    assert "torch==1.0" not in first.stdout
    assert "torch==1.0" in (project / ".venv" / "install.log").read_text(encoding="utf-8")
    assert f"pytest ['-k', 'some test'] 1 {project}" in first.stdout
    assert not (tmp_path / "elsewhere" / "target").exists()

    quick = call("lab", "--no-browser")
    assert quick.returncode == 0, quick.stderr
    assert "/4]" not in quick.stdout
    assert "course_utils ['copies'] None" in quick.stdout
    assert "00_start_here.ipynb" in quick.stdout
    assert "'--no-browser'] None" in quick.stdout

    text = PYPROJECT.replace("torch==1.0", "torch==1.1")
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    failed = call("test")
    assert failed.returncode == 1, failed.stdout
    assert "error: no torch 1.1" in failed.stdout
    assert "No matching distribution found" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_real_environment_is_looked_at(course, tmp_path):
    environment = course.Environment(tmp_path)
    assert environment.probe() is None
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(environment.folder)], check=True
    )
    found = environment.probe()
    assert found["version"] == list(sys.version_info[:2])
    assert os.path.samefile(found["folder"], environment.folder)
    assert found["missing"] == ["pip", *course.NEEDED_TO_START]
    environment.python.unlink()
    assert environment.probe() is None
