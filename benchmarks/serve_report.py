"""The tables of serve.py's report."""

import numpy as np
import psutil
from machine import conditions

MEGABYTE = 1e6
WARM = 30  # seconds until the first requests of each kind have been answered


def count(text, name):
    """Return one number of /metrics; 0 where it is not there."""
    lines = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(lines[0].split()[1]) if lines else 0.0


def problems(found):
    """Return what must not be: a list of sentences, empty where all is well."""
    told = []
    if found["sent"] != found["counted"]:
        told.append(f"{found['sent']} rows were answered, {found['counted']:.0f} were scored.")
    if found["failed"]:
        told.append(f"{found['failed']:.0f} answers had status 500.")
    for name in ("one", "many", "health"):
        if found["busy"][name]["wrong"]:
            told.append(f"{found['busy'][name]['wrong']} answers were lost or wrong ({name}).")
    return told


def report(found, batch):
    """Return the report as Markdown.

    Parameters
    ----------
    found : dict
        What serve.measure returns.
    batch : int
        Rows in a large request.

    Returns
    -------
    str
    """
    parts = [
        "# The scoring service under load",
        "",
        f"{found['minutes']:g} minutes; an AutoEncoder of Shuttle, 9 columns, exported to ONNX. "
        "Milliseconds are those that a client on the same machine waits, and grow with what else "
        "the machine does; those of the processor hardly do.",
        "",
        f"## Reading {batch:,} rows",
        "",
        *_reading(found["reading"]),
        "",
        "## Beside a handler that only reads JSON, in turns",
        "",
        "The peer checks nothing and scores nothing; it has the same server.",
        "",
        *_turns(found["quiet"], batch),
        "",
        "## Four clients at once, one of them a fuzzer",
        "",
        *_busy(found["busy"], batch),
        "",
        f"Rows answered: {found['sent']:,}; rows that the service counted: "
        f"{found['counted']:,.0f}. Answers with status 500: {found['failed']:.0f}. "
        + (" ".join(problems(found)) or "Nothing was lost, nothing was wrong."),
        "",
        *_memory(found["memory"]),
        "",
        "What the fuzzer sent, and the answers' statuses:",
        "",
        *_fuzz(found["busy"]["fuzz"]["statuses"]),
        "",
        f"At priority {psutil.Process().nice()}. At the end: "
        f"{conditions('fastapi', 'starlette', 'uvicorn', 'pydantic', 'onnxruntime')}",
        "",
    ]
    return "\n".join(parts)


def _turns(quiet, batch):
    names = {"service": "the service", "bare": "only JSON"}
    rows = {
        "1 row, p50 [ms]": lambda each: 1e3 * np.quantile(each["one"], 0.5),
        "1 row, p99 [ms]": lambda each: 1e3 * np.quantile(each["one"], 0.99),
        "1 row, processor [ms]": lambda each: 1e3 * each["processor, one"],
        f"{batch:,} rows, p50 [ms]": lambda each: 1e3 * np.quantile(each["many"], 0.5),
        f"{batch:,} rows, processor [ms]": lambda each: 1e3 * each["processor, many"],
        "rows per second, in batches": lambda each: batch / np.mean(each["many"]),
        "rows per second of the processor": lambda each: batch / each["processor, many"],
        "requests of 1 row": lambda each: len(each["one"]),
        f"requests of {batch:,} rows": lambda each: len(each["many"]),
    }
    table = [f"| | {' | '.join(names.values())} | ratio |", "|---|---|---|---|"]
    for name, value in rows.items():
        ours, other = (float(value(quiet[each])) for each in names)
        ratio = "" if name.startswith("requests") else f"{ours / other:.2f}"
        table.append(f"| {name} | {_number(ours)} | {_number(other)} | {ratio} |")
    return table


def _reading(seconds):
    table = ["| | processor [ms], median (quartiles) |", "|---|---|"]
    for name, each in seconds.items():
        low, middle, high = (_number(1e3 * part) for part in np.quantile(each, [0.25, 0.5, 0.75]))
        table.append(f"| {name} | {middle} ({low} to {high}) |")
    return table


def _busy(busy, batch):
    table = [
        "| client | requests | p50 [ms] | p99 [ms] | longest [ms] | lost or wrong |",
        "|---|---|---|---|---|---|",
    ]
    names = {"one": "1 row, one after the other", "many": f"{batch:,} rows, one a second"}
    for key, name in {**names, "health": "/health, 20 a second"}.items():
        seconds = 1e3 * np.array(busy[key]["seconds"])
        p50, p99 = np.quantile(seconds, [0.5, 0.99])
        cells = [name, f"{len(seconds):,}", *map(_number, (p50, p99, seconds.max()))]
        table.append(f"| {' | '.join(cells)} | {busy[key]['wrong']} |")
    return table


def _memory(memory):
    warm = [(seconds, size) for seconds, size in memory if seconds > WARM] or memory
    sizes = np.array([size for _, size in warm]) / MEGABYTE
    tenth = max(1, len(sizes) // 10)
    first, last = np.median(sizes[:tenth]), np.median(sizes[-tenth:])
    return [
        f"Memory of the service (RSS): {first:.0f} MB after {WARM} seconds (median of the first "
        f"tenth), {last:.0f} MB at the end (of the last), {sizes.min():.0f} to "
        f"{sizes.max():.0f} MB between."
    ]


def _fuzz(statuses):
    kinds = sorted({each.partition(": ")[0] for each in statuses})
    table = ["| sent | answers |", "|---|---|"]
    for kind in kinds:
        answers = {
            each.partition(": ")[2]: number
            for each, number in statuses.items()
            if each.startswith(f"{kind}: ")
        }
        told = ", ".join(f"{status}: {answers[status]:,}" for status in sorted(answers))
        table.append(f"| {kind} | {told} |")
    return table


def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
