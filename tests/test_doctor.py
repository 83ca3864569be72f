"""The doctor, and the package's own command line."""

import hashlib
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from course_utils import __main__ as command_line
from course_utils import data, doctor, lessons, runtime

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


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """A function that registers a kernel python3 for a program, alone on Jupyter's path."""
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


def test_a_kernel_of_another_python(kernel, tmp_path):
    elsewhere = str(tmp_path / "bin" / "python")
    kernel(elsewhere)
    finding = only(doctor.kernel())
    assert elsewhere in finding.what
    assert "ipykernel install --sys-prefix --name python3" in finding.cure


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


def test_the_whole_command_on_a_windows_console():
    environment = dict(os.environ, PYTHONIOENCODING="cp1252", OMP_WAIT_POLICY="ACTIVE")
    done = subprocess.run(
        [sys.executable, "-m", "course_utils", "doctor"],
        cwd=ROOT, env=environment, capture_output=True, timeout=120,
    )  # fmt: skip
    text = done.stdout.decode("cp1252")
    assert done.returncode == 1, text
    assert "NO OMP_WAIT_POLICY: ACTIVE\n    Unset" in text.replace("\r", "")
    assert "ok device: " in text
    assert "ok data shuttle" in text
    assert done.stderr == b""


# The other commands


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
