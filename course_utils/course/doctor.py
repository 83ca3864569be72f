"""A look at this installation: what is in order, and what to do where something is not."""

import hashlib
import os
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PROJECT = "deep-anomaly-course"
OLDEST_PYTHON = (3, 11)
MEMORY_GB = 4
DISK_GB = 1
REINSTALL = "Delete the folder .venv and run `python course.py lab`."
PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^;\s]+)(?P<condition>.*)")


@dataclass(frozen=True)
class Finding:
    """One line of the report: in order or not, what was looked at, and the cure if it is not."""

    fine: bool
    what: str
    cure: str = ""


def examine():
    """Look at everything; what cannot even be looked at is a finding too.

    Returns
    -------
    list of Finding
    """
    findings = []
    for check in CHECKS:
        try:
            findings.extend(check())
        except Exception as error:  # a damaged package can fail in any way; the rest is still told
            what = f"{check.__name__.replace('_', ' ')}: {type(error).__name__}: {error}"
            findings.append(Finding(False, what, REINSTALL))
    return findings


def report(findings, encoding="utf-8"):
    """Return the findings as text, one line each and its cure below.

    Parameters
    ----------
    findings : list of Finding
    encoding : str
        The console's. Where it has no ✓ and ✗, "ok" and "NO" stand for them.

    Returns
    -------
    str
    """
    try:
        "✓✗".encode(encoding)
        marks = {True: "✓", False: "✗"}
    except (LookupError, UnicodeEncodeError):
        marks = {True: "ok", False: "NO"}
    lines = []
    for finding in findings:
        lines.append(f"{marks[finding.fine]} {finding.what}")
        if not finding.fine:
            lines.append(f"    {finding.cure}")
    wrong = sum(not finding.fine for finding in findings)
    lines.append(f"\n{wrong} to put right." if wrong else "\nAll is in order.")
    return "\n".join(lines)


def python():
    """The interpreter is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    cure = "Install Python 3.13, delete the folder .venv and run `python3.13 course.py lab`."
    yield Finding(sys.version_info >= OLDEST_PYTHON, f"Python {version}", cure)


def packages():
    """Every package has the version that the course names."""
    pins = [PIN.fullmatch(text) for text in metadata.requires(PROJECT) or ()]
    lessons = [pin for pin in pins if pin and not pin["condition"]]
    tests = [pin for pin in pins if pin and pin["condition"]]
    if not lessons:
        yield Finding(False, f"{PROJECT} names no packages", REINSTALL)
    for pin in lessons:
        yield _package(pin)
    # nobody needs these to learn, so that only a wrong version is worth a line
    there = [pin for pin in tests if _installed(pin["name"]) is not None]
    wrong = [finding for finding in map(_package, there) if not finding.fine]
    yield from wrong
    if not wrong:
        yield Finding(True, f"test tools: {len(there)} of {len(tests)} installed, as named")


def _package(pin):
    """Compare one package with its pin; a build such as 2.13.0+cpu counts as 2.13.0."""
    name, wanted = pin["name"], pin["version"]
    found = _installed(name)
    cure = f'`"{sys.executable}" -m pip install {name}=={wanted}`'
    if found is None:
        return Finding(False, f"{name} is missing", cure)
    if found.split("+")[0] != wanted:
        return Finding(False, f"{name} {found}; the course was written with {wanted}", cure)
    return Finding(True, f"{name} {found}")


def _installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def device():
    """The device that lessons compute on can be used."""
    from course_utils import runtime

    try:
        yield Finding(True, f"device: {runtime.device()}")
    except RuntimeError as error:
        cure = "Set the environment variable COURSE_DEVICE to cpu, or unset it."
        yield Finding(False, f"device: {error}", cure)


def machine():
    """Memory, disk and threads suffice."""
    from course_utils import runtime

    system = runtime.system()
    memory, disk = system["memory_gb"], system["disk_free_gb"]
    yield Finding(
        memory >= MEMORY_GB,
        f"memory: {memory} GB",
        f"Lessons need up to 1.5 GB each. With less than {MEMORY_GB} GB, "
        "keep one notebook open at a time.",
    )
    yield Finding(disk >= DISK_GB, f"disk: {disk} GB free", f"Free at least {DISK_GB} GB.")
    threads, cores = system["threads"], system["cores"]
    yield Finding(
        threads <= cores,
        f"threads: {threads} on {cores} cores",
        f"Set the environment variable OMP_NUM_THREADS to {cores}.",
    )


def settings():
    """The variables that torch and keras read at their start have the course's values."""
    for name, wanted in (("OMP_WAIT_POLICY", "passive"), ("KERAS_BACKEND", "torch")):
        found = os.environ.get(name, "nothing")
        cure = f"Unset the environment variable {name}: the course sets it to {wanted} by itself."
        yield Finding(found.lower() == wanted, f"{name}: {found}", cure)


def kernel():
    """Notebooks run in this Python and in no other."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    cure = f'`"{sys.executable}" -m ipykernel install --sys-prefix --name python3`'
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        yield Finding(False, "kernel: there is none named python3", cure)
        return
    mine = _is_this_python(program)
    whose = "this Python" if mine else program
    yield Finding(mine, f"kernel python3: {whose}", cure)


def _is_this_python(program):
    """Compare by folder: links from an environment to its base Python must not be followed."""
    major, minor = sys.version_info[:2]
    if program in ("python", f"python{major}", f"python{major}.{minor}"):
        return True  # Jupyter puts its own Python in the place of a bare name
    here, there = (os.path.normcase(Path(each).parent) for each in (sys.executable, program))
    return here == there


def embedded_data():
    """The data that come with packages are the files that the lessons' numbers stand on."""
    from course_utils import data

    for name, path, wanted in data.embedded_files():
        try:
            found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        except (OSError, TypeError):
            yield Finding(False, f"data {name}: the file is missing", REINSTALL)
            continue
        what = f"data {name}" if found == wanted else f"data {name}: the file is not as published"
        yield Finding(found == wanted, what, REINSTALL)


CHECKS = (python, packages, device, machine, settings, kernel, embedded_data)


def main():
    """Print the report.

    Returns
    -------
    int
        0 if all is in order, else 1: the exit status.
    """
    findings = examine()
    encoding = sys.stdout.encoding or "ascii"
    text = report(findings, encoding)
    print(text.encode(encoding, "replace").decode(encoding))
    return int(not all(finding.fine for finding in findings))
