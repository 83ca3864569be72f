"""What a notebook is: its header, its exercises, its text form, and how it is run and stored.

The executed `.ipynb` is the only source of a lesson. `to_text` writes it as a Python file for
editing, `from_text` turns that file back, runs it from a fresh kernel, fills in the measured run
time and memory, and stores it. Cell ids travel as the titles of the text form's cells.
"""

from __future__ import annotations

import importlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import ModuleType

from course_utils import files
from course_utils.course.pace import Pace
from course_utils.exercises import engine, progress

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
LESSONS = (
    "00_start_here",
    "01_what_is_an_anomaly",
    "02_honest_evaluation",
    "03_forward_propagation",
    "04_backpropagation",
    "05_training_a_network",
    "06_keras_classifier",
    "07_imbalance_and_thresholds",
    "08_keras_autoencoder",
    "09_pytorch_autoencoder",
    "10_pytorch_vae",
    "11_pytorch_gan",
    "12_deep_one_class",
    "13_cnn_images",
    "14_image_anomaly_detection",
    "15_time_series",
    "16_text_and_logs",
    "17_explaining_detections",
    "18_ways_to_fool_yourself",
    "19_choosing_a_detector",
    "20_streams_and_drift",
    "21_shipping_a_detector",
    "22_scaling_out",
    "23_case_machine_health",
    "24_case_fraud",
    "25_case_intrusion",
    "26_case_inspection",
)
HEADER_ROWS = (
    "You will be able to",
    "Needs",
    "Reading",
    "Exercises",
    "Run time and memory",
)
WIDGET = "application/vnd.jupyter.widget-view+json"
PEAK_MEMORY = """
import sys
if sys.platform == "win32":
    import psutil
    peak = psutil.Process().memory_info().peak_wset
elif sys.platform == "linux":  # where ru_maxrss begins at what the starting process held
    with open("/proc/self/status") as lines:
        peak = 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak)
"""
# of the kernel and, where the system counts them, of the processes that it waited for
PROCESSOR_SECONDS = "import os; print(sum(os.times()[:4]))"


class LessonError(Exception):
    """A notebook that does not hold to the course's form; the text says which and where."""


@dataclass(frozen=True)
class Run:
    """One clean execution: the notebook with outputs, seconds in all and per cell id, memory.

    `seconds` are the clock's, or the processor's where those are fewer: on a busy machine a
    notebook waits, which says nothing of the notebook. The processes that it started count,
    but not on Windows; `peak_mb` is the kernel's alone.
    `slowness` is how many times as slow the processor was as the one that headers speak of.
    """

    notebook: NotebookNode
    seconds: float
    cell_seconds: dict[str, float]
    peak_mb: float
    slowness: float = 1.0


def path_of(lesson: str) -> Path:
    """Return the notebook's path for a lesson's name or number ("04", "04_backpropagation")."""
    for name in LESSONS:
        if lesson in (name, name.split("_", 1)[0]):
            return NOTEBOOKS / f"{name}.ipynb"
    raise ValueError(f"lesson is {lesson!r}; one of {', '.join(LESSONS)} is expected.")


def read(path: Path) -> NotebookNode:
    """Read a notebook, version 4.5 or later, whose cells have ids."""
    return nbformat.read(path, as_version=4)


def sources_of(lesson: str) -> dict[str, str]:
    """Return what stands in a stored lesson's cells, code or prose, by their ids."""
    return {cell.id: cell.source for cell in read(path_of(lesson)).cells}


def header(notebook: NotebookNode) -> dict[str, str]:
    """Return the header table's rows, name → text.

    Raises
    ------
    LessonError
        If the cell `header` or one of the rows is missing.
    """
    cells = [cell for cell in notebook.cells if cell.id == "header"]
    if not cells:
        raise LessonError("there is no cell with the id 'header'.")
    rows = dict(re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", cells[0].source, re.MULTILINE))
    if missing := [name for name in HEADER_ROWS if name not in rows]:
        raise LessonError(f"the header table lacks the rows {', '.join(missing)}.")
    return rows


def exercise_module(lesson: str) -> ModuleType:
    """Import `course_utils.exercises.lesson_NN` for a lesson's name."""
    return importlib.import_module(f"course_utils.exercises.lesson_{lesson[:2]}")


def exercise_cells(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
    """Yield each code cell that ends in `ex.NAME.check(…)`, with NAME."""
    for cell in notebook.cells:
        found = re.search(r"^ex\.(\w+)\.check\(", cell.source, re.MULTILINE)
        if cell.cell_type == "code" and found:
            yield cell, found[1]


def solve(notebook: NotebookNode, module: ModuleType) -> NotebookNode:
    """Return a copy in which every stub is replaced by its exercise's stored solution."""
    solved = nbformat.from_dict(notebook)
    exercises = engine.exercises_of(module)
    for cell, name in exercise_cells(solved):
        if name not in exercises:
            raise LessonError(f"cell {cell.id}: {module.__name__} has no exercise {name}.")
        checks = cell.source[re.search(r"^ex\.", cell.source, re.MULTILINE).start() :]
        cell.source = f"{exercises[name].solution_source}\n\n{checks}"
    return solved


def execute(notebook: NotebookNode, *, progress: bool = False) -> Run:
    """Run a copy of `notebook` in a fresh kernel, from the notebooks' folder.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    """
    from nbclient import NotebookClient

    copy = nbformat.from_dict(notebook)
    for name, source in (("processor", PROCESSOR_SECONDS), ("peak-memory", PEAK_MEMORY)):
        copy.cells.append(nbformat.v4.new_code_cell(source, id=name))
    say = (lambda cell, cell_index: print(f"  {cell.id}", flush=True)) if progress else None
    client = NotebookClient(
        copy,
        timeout=300,
        kernel_name="python3",
        coalesce_streams=True,  # of a progress bar only its last state is kept
        resources={"metadata": {"path": str(NOTEBOOKS)}},
        on_cell_start=say,
    )
    start = time.perf_counter()
    with Pace() as pace:
        client.execute()
    seconds = time.perf_counter() - start
    peak = int(copy.cells.pop().outputs[0].text)
    seconds = min(seconds, float(copy.cells.pop().outputs[0].text))
    return Run(copy, seconds, _cell_seconds(copy), peak / 2**20, pace.slowness())


def _cell_seconds(notebook: NotebookNode) -> dict[str, float]:
    spent = {}
    for cell in notebook.cells:
        stamps = cell.metadata.pop("execution", None)
        if stamps:
            begin = datetime.fromisoformat(stamps["iopub.status.busy"])
            spent[cell.id] = (
                datetime.fromisoformat(stamps["shell.execute_reply"]) - begin
            ).total_seconds()
    return spent


def store(run: Run, path: Path) -> None:
    """Write an executed notebook: measured header, no widget state, no machine's details."""
    notebook = run.notebook
    for cell in notebook.cells:
        if cell.id == "header":
            seconds = run.seconds / max(run.slowness, 1)
            measured = f"| **Run time and memory** | {seconds:.0f} s, {run.peak_mb:.0f} MB |"
            cell.source = re.sub(r"^\| \*\*Run time.*$", measured, cell.source, flags=re.M)
        if cell.source.startswith("ask("):  # the answer stands in the code: fold it away
            cell.metadata["jupyter"] = {"source_hidden": True}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    nbformat.validate(notebook)
    with files.replacing(path) as half:
        nbformat.write(notebook, half)


def to_text(path: Path | str) -> Path:
    """Write `NN_name.py` beside where the command runs: the notebook as text, without outputs."""
    import jupytext

    path = Path(path)
    notebook = read(path)
    for cell in notebook.cells:
        cell.metadata["title"] = cell.id
    notebook.metadata = {}
    text = Path(path.stem + ".py")
    text.write_text(jupytext.writes(notebook, fmt="py:percent"), encoding="utf-8")
    return text


def parse_text(text: str) -> NotebookNode:
    """Turn the text form into a notebook without outputs; each cell's title becomes its id.

    Raises
    ------
    LessonError
        If a cell has no title, or a title that is no id (a-z, 0-9 and "-").
    """
    import jupytext

    notebook = nbformat.from_dict(jupytext.reads(text, fmt="py:percent"))
    for number, cell in enumerate(notebook.cells, start=1):
        title = cell.metadata.pop("title", "")
        if not re.fullmatch(r"[a-z0-9-]{1,64}", title):
            raise LessonError(
                f"cell {number} is titled {title!r}; write `# %% an-id` or "
                "`# %% an-id [markdown]`, with lower-case letters, digits and '-'."
            )
        cell.id = title
    ids = [cell.id for cell in notebook.cells]
    if twice := {each for each in ids if ids.count(each) > 1}:
        raise LessonError(
            f"the id {', '.join(sorted(twice))} stands twice; each cell needs its own."
        )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def from_text(path: Path | str) -> Path:
    """Build the notebook of the same name from its text form: run it clean and store it.

    Raises
    ------
    LessonError
        If a cell has no id, raises or writes to stderr; the stored notebook stays as it was.
    """
    from nbclient.exceptions import CellExecutionError

    path = Path(path)
    notebook = parse_text(path.read_text(encoding="utf-8"))
    os.environ.setdefault("COURSE_STRICT", "1")
    target = NOTEBOOKS / f"{path.stem}.ipynb"
    NOTEBOOKS.mkdir(exist_ok=True)
    try:
        run = execute(notebook, progress=True)
    except CellExecutionError as error:
        raise LessonError(f"{path.name}: a cell failed, so nothing was stored.\n{error}") from None
    if noisy := [c.id for c in run.notebook.cells if "stderr" in str(c.get("outputs", ""))]:
        raise LessonError(f"{path.name}: the cells {', '.join(noisy)} write warnings to stderr.")
    store(run, target)
    slowest = max(run.cell_seconds, key=run.cell_seconds.get)
    print(
        f"{target.name}: {run.seconds:.1f} s on a machine {run.slowness:.2f} times as slow as the "
        f"header's, {run.peak_mb:.0f} MB, "
        f"slowest cell {slowest} {run.cell_seconds[slowest]:.1f} s"
    )
    return target


def progress_report() -> str:
    """Say, lesson by lesson, which exercises were solved."""
    solved = progress.read_progress()
    lines = []
    for lesson in LESSONS:
        names = engine.exercises_of(exercise_module(lesson))
        done = [name for name in names if name in solved.get(f"lesson_{lesson[:2]}", {})]
        rest = [name for name in names if name not in done]
        lines.append(f"{lesson}: {len(done)} of {len(names)} solved")
        if done and rest:
            lines.append(f"    still open: {', '.join(rest)}")
    return "\n".join(lines)
