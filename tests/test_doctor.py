"""The doctor, and the package's own command line."""

import hashlib
import io
import json
import os
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

from course_utils import __main__ as command_line
from course_utils import data, runtime
from course_utils.course import backends, doctor, lessons
from course_utils.data.store import download

import pytest

ROOT = Path(__file__).resolve().parent.parent
GOOD_MACHINE = {"memory_gb": 16.0, "disk_free_gb": 50.0, "threads": 2, "cores": 4}


def wrong(findings):
    return [finding for finding in findings if not finding.fine]


def only(findings):
    (finding,) = wrong(findings)
    assert finding.cure
    return finding


# Python and packages


def test_python(monkeypatch):
    assert wrong(doctor.python()) == []
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 1))
    finding = only(doctor.python())
    assert finding.what == "Python 3.10.1"


@pytest.fixture
def installation(monkeypatch):
    """Pretended packages: name to version, and the course's requirements."""
    versions = {"numpy": "2.0", "torch": "1.0+cpu", "pytest": "9.0"}
    requirements = ["numpy==2.0", "torch==1.0", 'pytest==9.0; extra == "test"']
    requirements.append('jax==0.10; extra == "jax"')

    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(doctor.metadata, "version", version)
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: requirements)
    return versions, requirements


def test_packages_as_named(installation):
    findings = list(doctor.packages())
    assert wrong(findings) == []
    assert [finding.what for finding in findings] == [
        "numpy 2.0",
        "torch 1.0+cpu",
        "test tools: 1 of 1 installed, as named",
    ]


@pytest.mark.parametrize(
    ("name", "version"), [("numpy", "2.1"), ("torch", "1.0.1"), ("pytest", "8")]
)
def test_a_package_of_another_version(installation, name, version):
    versions, _ = installation
    pin = "2.0" if name == "numpy" else "1.0" if name == "torch" else "9.0"
    versions[name] = version
    finding = only(doctor.packages())
    assert finding.what == f"{name} {version}; the course was written with {pin}"
    assert f"-m pip install {name}=={pin}`" in finding.cure


def test_a_missing_package(installation):
    versions, _ = installation
    del versions["torch"]
    assert only(doctor.packages()).what == "torch is missing"


def test_missing_test_tools_are_nothing_to_cure(installation):
    versions, _ = installation
    del versions["pytest"]
    findings = list(doctor.packages())
    assert wrong(findings) == []
    assert "0 of 1" in findings[-1].what


def test_a_course_that_names_no_packages(installation):
    _, requirements = installation
    requirements.clear()
    assert "names no packages" in only(doctor.packages()).what


# Files in the way


@pytest.fixture
def place(monkeypatch, tmp_path):
    """A folder with a package and a module of the lessons, and one that nobody else has."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    folder = tmp_path / "place"
    (folder / "numpy").mkdir(parents=True)
    (folder / "numpy" / "__init__.py").touch()
    (folder / "random.py").touch()
    (folder / "my_project.py").touch()
    (folder / "torch").mkdir()  # without an __init__.py the real one goes before it
    return folder


def test_nothing_is_in_the_way_here(monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    (finding,) = doctor.files_in_the_way()
    assert finding.fine


def test_the_tests_own_path_and_the_packages_own_folder_are_no_trouble(monkeypatch):
    packages = sysconfig.get_path("purelib")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), "", packages, "no such folder"]))
    assert wrong(doctor.files_in_the_way()) == []


def test_packages_on_pythonpath_are_named_with_a_cure_that_helps(monkeypatch, place):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(place)]))
    finding = only(doctor.files_in_the_way())
    assert finding.what.startswith(f"{place} has its own numpy, random, ")
    assert finding.cure.startswith("Unset the environment variable PYTHONPATH")
    monkeypatch.delenv("PYTHONPATH")
    assert wrong(doctor.files_in_the_way()) == []


def test_packages_of_the_user_are_named(monkeypatch, place):
    monkeypatch.setattr(doctor.site, "ENABLE_USER_SITE", True)
    monkeypatch.setattr(doctor.site, "getusersitepackages", lambda: str(place))
    assert "PYTHONNOUSERSITE" in only(doctor.files_in_the_way()).cure
    monkeypatch.setattr(doctor.site, "ENABLE_USER_SITE", False)  # what that variable does
    assert wrong(doctor.files_in_the_way()) == []


@pytest.mark.parametrize("folder", ["notebooks", "my_notebooks"])
def test_so_are_modules_beside_the_lessons_and_beside_a_learners_copies(
    monkeypatch, place, folder
):
    place.rename(place.with_name(folder))
    monkeypatch.setattr(doctor, "__file__", str(place.parent / "course_utils" / "course" / "x.py"))
    assert f"{folder} has its own numpy, random" in only(doctor.files_in_the_way()).what


def test_a_learners_file_with_the_name_of_a_module_is_named(monkeypatch, place):
    monkeypatch.chdir(place)
    finding = only(doctor.files_in_the_way())
    assert finding.cure.startswith("Rename or delete")
    for path in (place / "random.py", place / "numpy"):
        path.rename(place / f"my_{path.name}")
    assert wrong(doctor.files_in_the_way()) == []


def test_what_is_in_the_way_is_told_alone(monkeypatch, place):
    def some_check():
        yield doctor.Finding(False, "numpy is missing", doctor.REINSTALL)

    monkeypatch.setattr(doctor, "CHECKS", (doctor.python, doctor.files_in_the_way, some_check))
    assert len(doctor.examine()) == 3
    monkeypatch.setenv("PYTHONPATH", str(place))
    assert [finding.fine for finding in doctor.examine()] == [True, False]


# Machine, settings, kernel


def test_device(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    (finding,) = doctor.device()
    assert finding == doctor.Finding(True, "device: cpu")
    monkeypatch.setenv("COURSE_DEVICE", "abacus")
    assert "abacus" in only(doctor.device()).what


def test_the_machine_of_these_tests_is_described():
    system = runtime.system()
    texts = [finding.what for finding in doctor.machine()]
    assert texts[0] == f"memory: {system['memory_gb']} GB"
    assert texts[1].startswith("disk: ")


@pytest.mark.parametrize(
    ("trouble", "word"),
    [({"memory_gb": 3.9}, "memory"), ({"disk_free_gb": 0.5}, "disk"), ({"threads": 9}, "threads")],
)
def test_a_machine_that_lacks_something(monkeypatch, trouble, word):
    monkeypatch.setattr(runtime, "system", lambda: GOOD_MACHINE)
    assert wrong(doctor.machine()) == []
    monkeypatch.setattr(runtime, "system", lambda: GOOD_MACHINE | trouble)
    assert only(doctor.machine()).what.startswith(word)


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "KERAS_BACKEND"])
def test_settings(monkeypatch, name):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert wrong(doctor.settings()) == []
    monkeypatch.setenv(name, "other")
    finding = only(doctor.settings())
    assert finding.what == f"{name}: other"
    assert name in finding.cure
    monkeypatch.delenv(name)
    assert only(doctor.settings()).what == f"{name}: nothing"


def test_pictures_that_would_go_elsewhere_than_into_the_notebook(monkeypatch):
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    assert wrong(doctor.settings()) == []
    monkeypatch.setenv("MPLBACKEND", "TkAgg")
    assert only(doctor.settings()).what.startswith("MPLBACKEND: TkAgg")


@pytest.mark.parametrize(
    ("name", "other"), [("floatx", "float16"), ("image_data_format", "channels_first")]
)
def test_keras_reads_the_numbers_of_the_course(monkeypatch, tmp_path, name, other):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert wrong(doctor.keras_settings()) == []
    file = tmp_path / "keras.json"
    file.write_text(json.dumps({name: other}), encoding="utf-8")
    finding = only(doctor.keras_settings())
    assert finding == doctor.Finding(False, f"keras {name}: {other}", f"Delete the file {file}.")


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """A function that registers a kernel python3 for a program, first on Jupyter's path."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)

    def register(program):
        kernel = {"argv": [program, "-m", "ipykernel_launcher"], "display_name": "x"}
        (folder / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")

    return register


def test_a_kernel_of_this_python(kernel):
    for program in (sys.executable, "python", "python3"):
        kernel(program)
        assert wrong(doctor.kernel()) == []


@pytest.mark.parametrize(
    ("variable", "cure"),
    [
        ("JUPYTER_PATH", "Unset the environment variable JUPYTER_PATH, then `"),
        ("JUPYTER_DATA_DIR", "Set the environment variable JUPYTER_PREFER_ENV_PATH to 1, then `"),
    ],
)
def test_a_kernel_of_another_python(kernel, monkeypatch, tmp_path, variable, cure):
    elsewhere = str(tmp_path / "bin" / "python")
    kernel(elsewhere)
    monkeypatch.delenv("JUPYTER_PATH")
    monkeypatch.setenv(variable, str(tmp_path))
    finding = only(doctor.kernel())
    assert elsewhere in finding.what
    assert finding.cure.startswith(cure)
    assert finding.cure.endswith("ipykernel install --sys-prefix --name python3`")
    if variable == "JUPYTER_PATH":  # the cure, taken; this environment has its kernel already
        monkeypatch.delenv("JUPYTER_PATH")
    else:
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    assert wrong(doctor.kernel()) == []


def test_a_broken_kernel_of_this_environment(kernel, monkeypatch, tmp_path):
    kernel(str(tmp_path / "bin" / "python"))
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(**{**vars(sys), "prefix": str(tmp_path)}))
    monkeypatch.delenv("JUPYTER_PATH")
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert only(doctor.kernel()).cure.startswith(f'`"{sys.executable}" -m ipykernel install')


def test_no_kernel(monkeypatch):
    from jupyter_client import kernelspec

    def none(self, name):
        raise kernelspec.NoSuchKernel(name)

    monkeypatch.setattr(kernelspec.KernelSpecManager, "get_kernel_spec", none)
    assert "none named python3" in only(doctor.kernel()).what


# Data


def test_the_embedded_data_are_as_published():
    findings = list(doctor.embedded_data())
    assert len(findings) == len(data.embedded_files()) >= 4
    assert wrong(findings) == []


@pytest.mark.parametrize(
    ("content", "words"), [(b"other", "not as published"), (None, "is missing")]
)
def test_damaged_and_missing_data(monkeypatch, tmp_path, content, words):
    path = tmp_path / "shuttle.csv.gz"
    if content is not None:
        path.write_bytes(content)
    listed = [("shuttle", path, hashlib.sha256(b"published").hexdigest())]
    monkeypatch.setattr(data, "embedded_files", lambda: listed)
    finding = only(doctor.embedded_data())
    assert finding.what.startswith("data shuttle")
    assert words in finding.what


def test_data_of_a_package_that_is_not_there(monkeypatch):
    monkeypatch.setattr(data, "embedded_files", lambda: [("shuttle", None, "0" * 64)])
    assert "is missing" in only(doctor.embedded_data()).what


# The report


def test_what_cannot_be_looked_at_is_a_finding(monkeypatch):
    def some_check():
        raise ImportError("No module named 'psutil'")
        yield

    monkeypatch.setattr(doctor, "CHECKS", (some_check, doctor.python))
    findings = doctor.examine()
    assert [finding.fine for finding in findings] == [False, True]
    assert findings[0].what == "some check: ImportError: No module named 'psutil'"


def test_every_wrong_line_is_followed_by_its_cure():
    findings = [
        doctor.Finding(True, "one", "never shown"),
        doctor.Finding(False, "two", "mend it"),
    ]
    assert doctor.report(findings).splitlines() == [
        "✓ one", "✗ two", "    mend it", "", "1 to put right.",
    ]  # fmt: skip
    assert doctor.report(findings[:1]).splitlines()[-1] == "All is in order."


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "no-such-encoding"])
def test_a_console_without_check_marks(encoding):
    findings = [doctor.Finding(True, "one"), doctor.Finding(False, "two", "mend it")]
    assert doctor.report(findings, encoding).splitlines()[:2] == ["ok one", "NO two"]


@pytest.mark.parametrize(("fine", "status"), [(True, 0), (False, 1)])
def test_the_exit_status_tells(monkeypatch, capsys, fine, status):
    monkeypatch.setattr(doctor, "examine", lambda: [doctor.Finding(fine, "one", "mend it")])
    assert command_line.main(["doctor"]) == status
    assert "one" in capsys.readouterr().out


class Pipe(io.TextIOWrapper):
    """What Python writes into where output is redirected on Windows, or under PYTHONIOENCODING."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="cp1252")

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode("cp1252").replace("\r", "")


def pipe(monkeypatch, name):
    """Put such a pipe in the place of `stdout` or `stderr`."""
    monkeypatch.setattr(sys, name, Pipe())
    return getattr(sys, name)


def test_the_whole_command_in_a_windows_pipe(monkeypatch):
    out, err = pipe(monkeypatch, "stdout"), pipe(monkeypatch, "stderr")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert command_line.main(["doctor"]) == 1
    text = out.text()
    assert "NO OMP_WAIT_POLICY: ACTIVE\n    Unset" in text
    assert "ok device: " in text
    assert "ok data shuttle" in text
    assert err.text() == ""


# The other commands


@pytest.mark.parametrize(
    ("arguments", "room", "name"),
    [
        (["data"], download, "listing"),
        (["progress"], lessons, "progress_report"),
        (["text", "notebooks/04.ipynb"], lessons, "to_text"),
    ],
)
def test_a_pipe_without_some_characters_gets_question_marks(monkeypatch, arguments, room, name):
    out = pipe(monkeypatch, "stdout")
    monkeypatch.setattr(room, name, lambda *_: "≠ é ✓")
    assert command_line.main(arguments) == 0
    assert out.text() == "? é ?\n"


def test_errors_in_such_a_pipe_are_told_too(monkeypatch):
    err = pipe(monkeypatch, "stderr")
    assert command_line.main(["text", "≠.ipynb"]) == 1
    assert "?.ipynb" in err.text()


def test_the_back_ends_can_be_compared_in_such_a_pipe(monkeypatch):
    out = pipe(monkeypatch, "stdout")
    far = backends.Expected("precision", "0.100", "0.800 to 0.900")
    monkeypatch.setattr(backends, "keras_lessons", lambda: ["06_keras_classifier"])
    monkeypatch.setattr(backends, "run", lambda lesson, backend: ([far], 1.0))
    assert command_line.main(["backends", "torch"]) == 1
    assert "? 0.1" in out.text()


def test_a_notebooks_output_is_left_as_it_is(monkeypatch):
    out = io.StringIO()  # like a kernel's, it has no encoding to set
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(lessons, "progress_report", lambda: "≠")
    assert command_line.main(["progress"]) == 0
    assert out.getvalue() == "≠\n"


@pytest.mark.parametrize(
    ("arguments", "name", "given"),
    [
        (["progress"], "progress_report", ()),
        (["text", "notebooks/04.ipynb"], "to_text", ("notebooks/04.ipynb",)),
        (["notebook", "04.py"], "from_text", ("04.py",)),
    ],
)
def test_one_call_and_its_text(monkeypatch, capsys, arguments, name, given):
    called = []
    monkeypatch.setattr(lessons, name, lambda *given: called.append(given) or "the text")
    assert command_line.main(arguments) == 0
    assert called == [given]
    assert capsys.readouterr().out == "the text\n"


def test_a_refusal_is_one_line(monkeypatch, capsys):
    def refuse(path):
        raise lessons.LessonError("the id x stands twice")

    monkeypatch.setattr(lessons, "from_text", refuse)
    assert command_line.main(["notebook", "04.py"]) == 1
    assert capsys.readouterr().err == "the id x stands twice\n"


@pytest.mark.parametrize("arguments", [[], ["surgeon"], ["text"]])
def test_a_wrong_command_line(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        command_line.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m course_utils" in capsys.readouterr().err
