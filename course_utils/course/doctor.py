"""A look at this installation: what is in order, and what to do where something is not."""

import hashlib
import json
import os
import re
import site
import sys
import sysconfig
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

    Files that stand in the way of packages are told alone: every other finding might be about
    them, and its cure would not help.

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
        if check is files_in_the_way and not findings[-1].fine:
            break
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


def files_in_the_way():
    """Python finds the course's packages before others of the same names."""
    own = [Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib", "stdlib")]
    names = set(sys.stdlib_module_names).union(*map(_modules, own[:2])) - {"course_utils"}
    unset = "Unset the environment variable PYTHONPATH, or start with `python course.py lab`"
    refuse = "Set the environment variable PYTHONNOUSERSITE to 1"
    rename = "Rename or delete what is named here"
    folders = [Path(__file__).parents[2] / name for name in ("notebooks", "my_notebooks")]
    places = dict.fromkeys((Path.cwd(), *folders), rename)
    if site.ENABLE_USER_SITE:
        places[Path(site.getusersitepackages())] = refuse
    path = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    places |= dict.fromkeys((Path(folder) for folder in path if folder), unset)
    wrong = []
    for folder in [folder for folder in places if folder not in own]:
        if found := sorted(_modules(folder) & names):
            what = f"{folder} has its own {', '.join(found)}, which Python takes for the real one"
            wrong.append(Finding(False, what, f"{places[folder]}; then call the doctor again."))
    return wrong or [Finding(True, "no file stands in the way of a package")]


def _modules(folder):
    """Return the names that Python could import from a folder; an empty set if there is none."""
    names = set()
    for path in folder.glob("*"):
        if path.suffix in (".py", ".so", ".pyd") or (path / "__init__.py").exists():
            names.add(path.name.partition(".")[0])
    return names


def packages():
    """Every package has the version that the course names."""
    pins = [PIN.fullmatch(text) for text in metadata.requires(PROJECT) or ()]
    lessons = [pin for pin in pins if pin and not pin["condition"]]
    tests = [pin for pin in pins if pin and "test" in pin["condition"]]
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
    if "inline" not in os.environ.get("MPLBACKEND", "inline"):
        what = f"MPLBACKEND: {os.environ['MPLBACKEND']}, so that notebooks show no pictures"
        yield Finding(False, what, "Unset the environment variable MPLBACKEND.")


def keras_settings():
    """The settings file that Keras reads under the course has its numbers as they are made."""
    path = Path(os.environ["KERAS_HOME"], "keras.json")
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, wanted in (("floatx", "float32"), ("image_data_format", "channels_last")):
        value = found.get(name, wanted)
        yield Finding(value == wanted, f"keras {name}: {value}", f"Delete the file {path}.")


def kernel():
    """Notebooks run in this Python and in no other."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    install = f'`"{sys.executable}" -m ipykernel install --sys-prefix --name python3`'
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        yield Finding(False, "kernel: there is none named python3", install)
        return
    program, folder = spec.argv[0], spec.resource_dir
    mine = _is_this_python(program)
    whose = "this Python" if mine else f"{program}, in {folder}"
    yield Finding(mine, f"kernel python3: {whose}", _way_to_own_kernel(folder) + install)


def _way_to_own_kernel(folder):
    """Return what makes Jupyter look in this environment before it looks in that folder."""
    first = [path for path in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if path]
    if any(Path(folder).is_relative_to(path) for path in first):
        return "Unset the environment variable JUPYTER_PATH, then "
    if not Path(folder).is_relative_to(sys.prefix):
        return "Set the environment variable JUPYTER_PREFER_ENV_PATH to 1, then "
    return ""


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


CHECKS = (
    python,
    files_in_the_way,
    packages,
    device,
    machine,
    settings,
    keras_settings,
    kernel,
    embedded_data,
)


def main():
    """Print the report.

    Returns
    -------
    int
        0 if all is in order, else 1: the exit status.
    """
    findings = examine()
    print(report(findings, sys.stdout.encoding or "ascii"))
    return int(not all(finding.fine for finding in findings))
