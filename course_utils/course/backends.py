"""Runs the lessons in Keras on each of its back ends and compares the numbers they land on.

Every `expect` of a lesson prints a number, and its band where the number is outside. Here each
lesson is run in a fresh kernel for each back end, and those lines are collected: a band that holds
on one back end only would tell of that back end, not of the method.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from dataclasses import dataclass

from course_utils.course import lessons

import pandas as pd

BACKENDS = ("torch", "tensorflow", "jax")
EXPECTED = re.compile(
    r"^[✓≠] (?P<what>.+): (?P<value>-?[\d.,]+|nan|-?inf)(?:  \(expected (?P<band>.+)\))?$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Expected:
    """One line that `expect` printed: what was measured, the number, the band that it misses."""

    what: str
    value: str
    band: str = ""

    @property
    def holds(self) -> bool:
        """Whether the number is in its band."""
        return not self.band


def main(names=()) -> int:
    """Run the lessons in Keras on back ends, print the tables, and return the exit status.

    Parameters
    ----------
    names : sequence of str
        Of BACKENDS; all that are installed where none is named.

    Returns
    -------
    int
        0 when every number is in its band on every back end that ran; 1 otherwise, and where a
        back end that was named is not installed.
    """
    missing = [name for name in names or BACKENDS if not is_installed(name)]
    chosen = [name for name in names or BACKENDS if name not in missing]
    for name in missing:
        print(f'{name} is not installed; get it by: python -m pip install -e ".[{name}]"')
    if missing and names:
        return 1
    failures = 0
    for lesson in keras_lessons():
        runs = {}
        for name in chosen:
            print(f"{lesson} on {name} …", flush=True)
            runs[name] = run(lesson, name)
        print(table(runs).to_string(), end="\n\n", flush=True)
        failures += sum(not each.holds for numbers, _ in runs.values() for each in numbers)
    print(f"{failures} numbers are outside their bands." if failures else "Every number holds.")
    return 1 if failures else 0


def is_installed(backend: str) -> bool:
    """Say whether Keras can find what the back end computes with."""
    return importlib.util.find_spec(backend) is not None


def keras_lessons() -> list[str]:
    """Return the lessons that import keras and leave the choice of the back end open."""

    def imports(lesson, package):
        code = "\n".join(lessons.sources_of(lesson).values())
        return re.search(rf"^(import|from) {package}\b", code, re.MULTILINE)

    return [
        lesson
        for lesson in lessons.LESSONS
        if imports(lesson, "keras") and not imports(lesson, "torch")
    ]


def run(lesson: str, backend: str) -> tuple[list[Expected], float]:
    """Execute a lesson on a back end; return its expected numbers in order, and the seconds.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    """
    # without COURSE_STRICT a missed band is printed and the run goes on
    with _environment(KERAS_BACKEND=backend, COURSE_STRICT="0"):
        done = lessons.execute(lessons.read(lessons.path_of(lesson)))
    return expected_in(done.notebook), done.seconds


def expected_in(notebook) -> list[Expected]:
    """Return what `expect` printed in an executed notebook, in order."""
    text = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    return [
        Expected(line["what"], line["value"], line["band"] or "")
        for line in EXPECTED.finditer(text)
    ]


def table(runs: dict) -> pd.DataFrame:
    """Put the numbers of several runs side by side; a number outside its band is marked with ≠.

    Parameters
    ----------
    runs : dict, back end → (list of Expected, seconds)

    Returns
    -------
    DataFrame
        One row per number, one column per back end, last the bands that are missed anywhere; the
        run time at the end.
    """
    columns = {
        name: [each.value if each.holds else f"≠ {each.value}" for each in numbers]
        + [f"{seconds:.0f}"]
        for name, (numbers, seconds) in runs.items()
    }
    lines = list(zip(*(numbers for numbers, _ in runs.values()), strict=True))
    bands = [next((each.band for each in line if each.band), "") for line in lines]
    columns["expected"] = [*bands, ""]
    return pd.DataFrame(columns, index=[line[0].what for line in lines] + ["run time [s]"])


@contextlib.contextmanager
def _environment(**wanted):
    """Set environment variables for a while; kernels that start meanwhile inherit them."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
