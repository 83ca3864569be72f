"""`python -m course_utils report FILE.csv`: from a user's file to a page."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

from course_utils import files, progress_bar
from course_utils.report.remarks import Remark, ReportError, count
from course_utils.report.template import MARK

__all__ = ["add_arguments", "main", "make_report"]

USUAL_SEEDS = 5
MOST_SEEDS = 100
ROWS = 20_000
BESIDES = 2  # steps of the bar: looking at the table, and writing


def add_arguments(report):
    """Tell a parser what the command takes."""
    report.add_argument("file", metavar="FILE.csv", help="a table with a line of column names")
    report.add_argument("--label", metavar="COLUMN", help="says which rows are anomalies")
    report.add_argument(
        "--anomaly", nargs="+", default=[], metavar="VALUE", help="the label's values that are"
    )
    report.add_argument("--time", metavar="COLUMN", help="cut by it: learn early, measure late")
    report.add_argument("--group", metavar="COLUMN", help="keep its rows together in the cut")
    report.add_argument(
        "--budget", metavar="B", help="alarms: a share of the rows (0.01, 1%%) or a number a day"
    )
    report.add_argument("--seeds", type=int, default=USUAL_SEEDS, metavar="N", help="repeats (5)")
    report.add_argument(
        "--rows", type=int, default=ROWS, metavar="N", help=f"sample more down to these ({ROWS:,})"
    )
    report.add_argument("--output", default="report.html", metavar="PAGE", help="(report.html)")
    report.add_argument(
        "--force", action="store_true", help="replace PAGE even if it is no report"
    )


def main(asked):
    """Carry out the command.

    Parameters
    ----------
    asked : argparse.Namespace
        What `add_arguments` tells of.

    Returns
    -------
    int
        0, 2 where the file or a wish is at fault, 130 after Ctrl-C.
    """
    try:
        said = make_report(asked)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. No report was written.", file=sys.stderr)
        return 130
    print("\n".join(said))
    return 0


def make_report(asked):
    """Write the report's page and return what the terminal shows, list of str.

    Raises
    ------
    ReportError
        With words on what to do.
    """
    output = Path(asked.output)
    _check(asked, output)
    from course_utils.report.table import read_table

    print(f"Reading {asked.file} …", flush=True)
    table = read_table(
        asked.file,
        label=asked.label,
        time=asked.time,
        group=asked.group,
        anomalous=asked.anomaly,
        most_rows=asked.rows,
    )
    from course_utils.report import alarms, cut, flaws, measuring, page, verdict
    from course_utils.report.budget import read_budget

    budget = read_budget(asked.budget, table)
    plan = cut.make_plan(table)
    seeds = range(asked.seeds)
    rivals = len(measuring.contestants(plan, plan.cut(0), 0))
    with (
        progress_bar.counter(asked.seeds * rivals + BESIDES, "step") as bar,
        _noted_interrupts() as interrupts,
    ):

        def step():
            bar.update()
            if interrupts:
                raise KeyboardInterrupt

        remarks = flaws.look(plan)
        if asked.seeds < USUAL_SEEDS:
            said = f"Only {count(asked.seeds, 'seed')} of {USUAL_SEEDS}: ± means little."
            remarks.append(Remark(said, "Leave --seeds out.", "02", False))
        bar.update()
        results = measuring.measure(plan, seeds, budget.share, step)
        runs = measuring.numbers(results)
        found = verdict.judge(results, runs)
        raised = alarms.raise_alarms(results, found.label)
        text = page.write_page(results, runs, found, raised, remarks, budget)
        write(text, output)
        bar.update()
    warnings = [f"Warning: {each.text}" for each in remarks if each.warning]
    return [*warnings, *found.sentences, f"The report is in {output}."]


@contextmanager
def _noted_interrupts():
    """Yield a list that fills when Ctrl-C is pressed.

    A training takes Ctrl-C for its own end and returns what was learned; a table with such a
    detector in it would be wrong without a word.
    """
    interrupts = []

    def note(*_):
        interrupts.append(True)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # others get no signals
        yield interrupts
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


def write(text, path):
    """Write a page, whole or not at all, with nothing left beside it.

    Parameters
    ----------
    text : str
    path : Path

    Raises
    ------
    ReportError
        If the folder cannot be written to.
    """
    try:
        with files.replacing(path) as half:
            try:
                half.write_text(text, encoding="utf-8")
            except BaseException:
                half.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror or error}. Name another with --output."
        ) from error


def _check(asked, output):
    """Raise before any work for what cannot end well."""
    for name, low, high in (("seeds", 1, MOST_SEEDS), ("rows", 100, 10**7)):
        number = getattr(asked, name)
        if not low <= number <= high:
            raise ReportError(
                f"--{name} is {number}; a number from {low} to {high:,} is expected."
            )
    try:
        _check_output(asked, output)
    except OSError as error:
        raise ReportError(
            f"{output} cannot be written: {error.strerror or error}. Name another with --output."
        ) from error


def _check_output(asked, output):
    """Raise where the page would have no place, or that of something else."""
    if output.exists() and Path(asked.file).exists() and output.samefile(asked.file):
        raise ReportError(
            f"{output} is the table itself, and no report of this course. Name another file with "
            "--output."
        )
    if output.is_dir():
        raise ReportError(f"{output} is a folder; the name of a page is expected after --output.")
    if not output.parent.is_dir():
        raise ReportError(f"The folder {output.parent} is not there. Make it, or name another.")
    if output.exists() and not asked.force and not _is_report(output):
        raise ReportError(
            f"{output} is there, and is no report of this course. Name another file with "
            "--output, or add --force to replace it."
        )


def _is_report(path):
    with path.open("rb") as file:
        return MARK.encode() in file.read(2_000)
