"""Ways to update a detector on a drifting stream, and watchers of its scores, over five streams.

Runs lesson 20's own cells, with other seeds, and KSWIN, which is too slow for the lesson:

    python benchmarks/streams.py --report benchmarks/streams.md
"""

import re
import sys
from functools import partial
from time import process_time

from course_utils.course import lessons
from course_utils.exercises import lesson_20 as ex

import numpy as np
import pandas as pd
from machine import conditions
from reports import command
from river import drift

SEEDS = range(5)
DRIFTS = {"All rows move by 2.5": {}, "Half of the rows move by 10": {"share": 0.5, "shift": 10}}
AT_ONCE = "refit on the last 300 rows at once"
SEED_LINE = re.compile(r"(LENGTH, SEED = .*), 0$", re.MULTILINE)
SHIFTS = (0.25, 0.5, 2.5)
CELLS = (
    "imports",
    "more-imports",
    "make-stream",
    "fit-frozen",
    "judged",
    "window-neighbours",
    "watchers",
    "plain-watcher",
    "watch-shown",
    "refit-on-alarm",
    "moving",
    "small-network",
    "online-network",
    "gates",
    "three-gates",
    "rivals",
    "running-z",
    "policies",
    "policies-run",
)


def lesson_with(seed):
    """Return the names that the lesson's cells define, with another seed."""
    names = {name: getattr(ex, name)._solution for name in ex.__all__}
    cells = lessons.sources_of("20")
    for cell_id in CELLS:
        source, changed = SEED_LINE.subn(rf"\1, {seed}", cells[cell_id])
        assert changed == (cell_id == "make-stream"), "the lesson sets its seed elsewhere"
        exec(compile(source, cell_id, "exec"), names)
    return names


def last_rows(alarm, change, now, least):
    return max(0, now - least), now


def updates(names):
    """Return a table for each drift: what each way of updating reaches."""
    found = {}
    for title, choices in DRIFTS.items():
        stream = names["make_stream"](names["SEED"], **choices)
        table = names["policies"](*stream)
        run = names["refit_on_alarm"](*stream[:2], last_rows)
        at_once = pd.DataFrame({AT_ONCE: names["judged"](stream[2], *run)}).T
        found[title] = pd.concat([table, at_once[table.columns]])
    return found


def watchers(names):
    """Return lines (watcher, shift, false alarms, delay, seconds) of one stream a shift."""
    _, names["plenty"], _ = names["make_stream"](names["SEED"], shift=0, length=9000)
    kswin = partial(drift.KSWIN, seed=names["SEED"])
    all_watchers = names["WATCHERS"] | {"KSWIN": partial(names["river_alarms"], kswin)}
    lines = []
    for shift in SHIFTS:
        values = names["ranks"](names["held_out"], names["other_scores"](0, shift))
        for name, watcher in all_watchers.items():
            started = process_time()
            rows = np.array(watcher(values))
            seconds = process_time() - started
            late = min(rows[rows >= names["CHANGE"]] - names["CHANGE"], default=np.inf)
            early = (rows < names["CHANGE"]).sum()
            lines.append((name, shift, early, late, 1e6 * seconds / len(values)))
    return lines


def mean_and_spread(tables):
    """Return "mean ± standard deviation" of tables of one form, cell by cell."""
    values = np.array([table.to_numpy(dtype=float) for table in tables])
    mean, spread = values.mean(axis=0), values.std(axis=0, ddof=1)
    text = [
        [f"{m:.3f} ± {s:.3f}" for m, s in zip(*row, strict=True)]
        for row in zip(mean, spread, strict=True)
    ]
    columns = [", ".join(each) for each in tables[0].columns]
    return pd.DataFrame(text, tables[0].index, columns)


def as_markdown(table):
    """Return a table of text or numbers in Markdown's form."""
    rows = [["", *table.columns], ["---"] * (table.shape[1] + 1)]
    rows += [[name, *line] for name, line in zip(table.index, table.to_numpy(), strict=True)]
    return "\n".join(
        "| " + " | ".join(str(each).replace("|", "\\|") for each in row) + " |" for row in rows
    )


def report():
    """Run all seeds and return the report as Markdown."""
    before = conditions("river", "torch")
    found, watched = [], []
    for seed in SEEDS:
        names = lesson_with(seed)
        found.append(updates(names))
        watched += watchers(names)
    parts = [
        "# Streams: ways to update, and watchers of scores",
        f"At the start: {before}",
        "Shuttle in random order, a drift injected at row 1,500 of 3,000, five seeds; each draws "
        'the rows and starts the networks. Mean ± standard deviation (ddof 1). "False" is the '
        'share of normal rows above the threshold, "caught" that of the anomalies; "just after" '
        'are rows 1,500 to 2,000, "later" from 2,200 on.',
    ]
    for title in DRIFTS:
        parts += [f"## {title}", as_markdown(mean_and_spread([each[title] for each in found]))]
    table = pd.DataFrame(watched, columns=["watcher", "shift", "early", "delay", "µs a row"])
    lines = table.pivot_table("delay", "watcher", "shift", "median", sort=False)
    lines.columns = [f"delay at {shift} sd [rows], median" for shift in lines.columns]
    groups = table.groupby("watcher")
    lines["false alarms in 1,500 rows, mean"] = groups["early"].mean()
    lines["µs a row, median"] = groups["µs a row"].median()
    parts += ["## Watchers of the frozen detector's ranks", as_markdown(lines.round(2))]
    parts.append(f"At the end: {conditions('river', 'torch')}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(command(report, __doc__))
