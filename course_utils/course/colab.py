"""Lessons on Google Colab: the notebooks' first cell, and what it calls.

A notebook that is opened on Colab comes alone. Its first cell fetches the course, or finds the
folder that somebody unpacked there, and runs this file. Everywhere else the cell does nothing.
The cell carries the address of the course's repository, which is kept in CITATION.cff under
`repository-code`; `python -m course_utils colab` writes the cell into every notebook after that
address has changed, and into a new one.

Only the standard library is used here: this runs before anything is installed.
"""

import importlib
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CELL_ID = "colab"
CELL = """\
import sys

if "google.colab" in sys.modules:  # on Colab, get the course and what it lacks; elsewhere nothing
    import runpy
    import subprocess
    from pathlib import Path

    address = "{address}"
    script, home = "course_utils/course/colab.py", Path("/content/deep-anomaly-course")
    places = [Path.cwd(), Path.cwd().parent, *home.parent.glob("*")]
    course = next((place for place in places if (place / script).exists()), home)
    clone = address and ["git", "clone", "--quiet", "--depth=1", address, str(course)]
    if not (course / script).exists() and not (clone and subprocess.run(clone).returncode == 0):
        sys.exit("The course is not here: upload its .zip, run `!unzip -q *.zip`, then this cell.")
    runpy.run_path(str(course / script), run_name="__main__")"""
# Colab shows notebooks itself; JupyterLab could only disturb what it brings for that.
NOT_ON_COLAB = {"jupyterlab"}
REQUIREMENT = re.compile(r"[\w.-]+")


def address():
    """Return the address of the course's repository from CITATION.cff, "" while it has none."""
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    found = re.search(r"^repository-code: *[\"']?([^\s\"']+)", text, re.MULTILINE)
    return found[1] if found else ""


def first_cell():
    """Return the source of the first code cell of every notebook."""
    return CELL.replace("{address}", address())


def write_first_cells():
    """Put the first code cell into every notebook that lacks it, or has an older one.

    Returns
    -------
    list of str
        The names of the notebooks that changed.
    """
    from course_utils.course import lessons

    import nbformat

    changed = []
    for lesson in lessons.LESSONS:
        path = lessons.path_of(lesson)
        notebook = lessons.read(path)
        place, first = next(
            (n, cell) for n, cell in enumerate(notebook.cells) if cell.cell_type == "code"
        )
        if first.id != CELL_ID:
            hidden = {"jupyter": {"source_hidden": True}}
            first = nbformat.v4.new_code_cell(id=CELL_ID, metadata=hidden)
            notebook.cells.insert(place, first)
        if first.source != first_cell():
            first.source = first_cell()
            nbformat.write(notebook, path)
            changed.append(path.name)
    return changed


def prepare():
    """Install what is missing, and go to the folder of the notebooks.

    Raises
    ------
    SystemExit
        If something cannot be installed: Jupyter shows its sentence without a traceback.
    """
    install_missing()
    sys.path.insert(0, str(ROOT))
    # for commands such as `!python -m course_utils progress`, which start in that folder
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.chdir(ROOT / "notebooks")


def install_missing():
    """Install those packages of the course that are not there, and what they in turn lack.

    What is there stays, whatever its version: Colab's packages are made for each other, and many
    of them are loaded already. So pip is not left to resolve anything (`--no-deps`): beside an
    older pandas it would choose an old river, whose wheel lacks the lessons' data.

    Raises
    ------
    SystemExit
        If pip does not succeed.
    """
    with open(ROOT / "pyproject.toml", "rb") as file:
        wanted = tomllib.load(file)["project"]["dependencies"]
    while missing := [each for each in wanted if _is_missing(REQUIREMENT.match(each)[0])]:
        print("Installing, once a session:", ", ".join(missing))
        _install(missing)
        names = [REQUIREMENT.match(each)[0] for each in missing]
        # needs under a condition are those of extras, of other systems and of other Pythons
        wanted = [
            each for name in names for each in metadata.requires(name) or () if ";" not in each
        ]


def _is_missing(name):
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return name not in NOT_ON_COLAB
    return False


def _install(requirements):
    options = ["--no-deps", "--quiet", "--no-input", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options, *requirements]
    done = subprocess.run(command, capture_output=True, text=True)
    importlib.invalidate_caches()  # the kernel has looked at that folder before
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        sys.exit(
            f"pip could not install {', '.join(requirements)} ({' '.join(errors[-1:])}). "
            "Check that this runtime reaches the internet, then run this cell again."
        )


if __name__ == "__main__":  # so does the first cell start it
    prepare()
