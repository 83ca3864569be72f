"""Six lessons on Google Colab's versions: `python tests/colab_run.py [LESSON …]`.

This stands outside the test command, since it installs an environment of its own: the packages
that Colab brings and the course needs, in the versions that Colab publishes, without those that
Colab lacks. A copy of the course lies beside it, as somebody would unpack it there, and each
lesson runs from its first cell on, which installs the rest. Numbers outside their bands are told;
a cell that fails, or a package that was replaced, makes the exit status 1.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from course_utils.course import colab, lessons

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ("00", "02", "04", "06", "09", "13")
# From pip-freeze.gpu.txt in github.com/googlecolab/backend-info, June 2026 (Python 3.12). Its
# torch 2.11.0+cu128 needs CUDA's packages; the one that the course names stands in for it.
VERSIONS = {
    "filelock": "3.29.0",
    "imbalanced-learn": "0.14.1",
    "ipykernel": "6.17.1",
    "ipython": "7.34.0",
    "ipywidgets": "7.7.1",
    "jupyter_client": "7.4.9",
    "jupyter_core": "5.9.1",
    "keras": "3.13.2",
    "matplotlib": "3.10.0",
    "mlxtend": "0.23.4",
    "narwhals": "2.22.0",
    "notebook": "6.5.7",
    "numpy": "2.0.2",
    "packaging": "26.2",
    "pandas": "2.2.2",
    "pillow": "11.3.0",
    "pooch": "1.9.0",
    "psutil": "5.9.5",
    "pyzmq": "26.2.1",
    "requests": "2.32.4",
    "scikit-image": "0.25.2",
    "scikit-learn": "1.6.1",
    "scipy": "1.16.3",
    "sklearn-compat": "0.1.5",
    "tornado": "6.5.1",
    "tqdm": "4.67.3",
    "traitlets": "5.7.1",
}
KERNEL = "colab"


def read_command_line(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", metavar="LESSON", default=LESSONS, help="02, 13 …")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="use it, and leave it there")
    parser.add_argument(
        "--with", metavar="NAME==VERSION", action="append", default=[], dest="others",
        help="another version than the one noted here; may be repeated",
    )  # fmt: skip
    return parser.parse_args(arguments)


def make_environment(folder, others):
    """Install what Colab brings, with a module google.colab that can be imported."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pins = VERSIONS | dict(each.split("==") for each in others)
    with open(ROOT / "pyproject.toml", "rb") as file:
        needed = tomllib.load(file)["project"]["dependencies"]
    wanted = [f"{name}=={version}" for name, version in pins.items()]
    wanted += [each for each in needed if each.startswith("torch==") and "torch" not in pins]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    stub = Path(packages.stdout.strip()) / "google" / "colab" / "__init__.py"
    stub.parent.mkdir(parents=True, exist_ok=True)
    stub.touch()
    return python


def register_kernel(python, folder):
    """Let nbclient find a kernel of that environment in which google.colab is loaded."""
    path = folder / "kernels" / KERNEL / "kernel.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    loaded = "--InteractiveShellApp.exec_lines=import google.colab"
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}", loaded]
    specification = {"argv": command, "display_name": KERNEL, "language": "python"}
    path.write_text(json.dumps(specification | {"env": {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}}))
    os.environ["JUPYTER_PATH"] = str(folder)
    os.environ["COURSE_PROGRESS"] = str(folder / "progress.json")
    for name in ("COURSE_STRICT", "KERAS_BACKEND", "PYTHONPATH"):
        os.environ.pop(name, None)


def run_lesson(path, content):
    """Run a notebook as if `content` were Colab's folder; return whether no cell failed."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
        if cell.id == colab.CELL_ID:
            cell.source = cell.source.replace("/content", content.as_posix())
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name=KERNEL,
        coalesce_streams=True,
        resources={"metadata": {"path": str(content)}},
    )
    verdict = "ran to its end"
    try:
        client.execute()
    except CellExecutionError:
        verdict = "a cell failed"
    except (DeadKernelError, TimeoutError) as error:
        verdict = f"{type(error).__name__}: {error}"
    report(f"{path.stem}: {verdict}", notebook)
    return verdict == "ran to its end"


def report(headline, notebook):
    """Say what the cells printed that a learner would wonder about."""
    remarks, kept, missed = [], 0, 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                remarks.append(f"{cell.id}: {output.ename}: {output.evalue}")
            for line in output.get("text", "").splitlines():
                kept += line.startswith("✓ ")
                missed += line.startswith("≠ ")
                if output.name == "stderr" or line.startswith("≠ ") or cell.id == colab.CELL_ID:
                    remarks.append(f"{cell.id}: {line}")
    print(f"{headline}; {missed} of {kept + missed} numbers outside their bands")
    print("".join(f"    {each}\n" for each in remarks), end="", flush=True)


def versions_in(python):
    """Return the versions that are installed in an environment, by name."""
    command = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    return {each["name"]: each["version"] for each in json.loads(listed.stdout)}


def main(arguments):
    asked = read_command_line(arguments)
    names = [lessons.path_of(each).name for each in asked.lessons]
    folder = (asked.keep or Path(tempfile.mkdtemp(prefix="colab-"))).resolve()
    content = folder / "content"
    course = content / "course-main"
    try:
        python = make_environment(folder / "environment", asked.others)
        register_kernel(python, folder / "jupyter")
        ignored = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__")
        shutil.rmtree(course, ignore_errors=True)
        shutil.copytree(ROOT, course, ignore=ignored)
        before = versions_in(python)
        fine = [run_lesson(course / "notebooks" / name, content) for name in names]
        after = versions_in(python)
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
    added = [f"{name} {after[name]}" for name in sorted(after.keys() - before.keys())]
    print("added:", ", ".join(added) or "nothing")
    replaced = [name for name in before if after.get(name) != before[name]]
    print("replaced:", ", ".join(replaced) or "nothing")
    return int(bool(replaced) or not all(fine))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
