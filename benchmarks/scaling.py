"""Ten million rows from a file: ways to score them, their speed and their memory.

    python benchmarks/scaling.py --report benchmarks/scaling.md

Each way runs once, in a process of its own, on Shuttle's rows drawn again and again (10⁷ × 9),
by the same exported detector. Its peak memory is the process's own, so mapped pages of a file
count; Dask's workers are added. `--rows` makes it smaller.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course_utils.serve import Scorer
from course_utils.serve.partitions import score_partitions

import machine
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from reports import show

ROWS = 10_000_000
GROUPS = 80  # row groups
PACKAGES = "numpy", "onnxruntime", "pyarrow", "pandas", "dask", "distributed", "torch"
WAYS = {
    "memmap, one loop": "loop over a file of plain numbers",
    "memmap, PyTorch": "the same by the detector itself, two threads",
    "pyarrow, one loop": "loop over row groups",
    "Dask, threads": "`score_partitions`, threads of one process",
    "Dask, two workers": "`score_partitions`, two processes on this machine",
    "pandas, whole file": "read all, then score",
}


def make(folder, rows):
    """Write the table twice, as numbers and as Parquet, and the detector twice."""
    from course_utils import data, detectors  # not where a way does without

    import pandas as pd

    shuttle = data.load_shuttle()
    names = list(shuttle.feature_names)
    generator = np.random.default_rng(0)
    train = shuttle.X[generator.permutation(np.flatnonzero(shuttle.y == 0))[:10_000]]
    detector = detectors.AutoEncoder(members=4).fit(pd.DataFrame(train, columns=names))
    detector.save(folder / "detector.pt")
    detector.export(folder / "detector.onnx")
    numbers = np.lib.format.open_memmap(folder / "table.npy", "w+", np.float32, (rows, len(names)))
    schema = pa.schema([(name, pa.float32()) for name in names])
    with pq.ParquetWriter(folder / "table.parquet", schema) as writer:
        for part in np.array_split(np.arange(rows), GROUPS):
            X = shuttle.X[generator.integers(0, len(shuttle), len(part))].astype(np.float32)
            numbers[part[0] : part[-1] + 1] = X
            writer.write_table(pa.table(dict(zip(names, X.T, strict=True)), schema))


def scored(way, folder):
    """Score the table in one way; return the sum of the scores and the workers' memory."""
    if way == "memmap, one loop":
        table = np.load(folder / "table.npy", mmap_mode="r")
        return Scorer(folder / "detector.onnx").decision_function(table).sum(), 0
    if way == "memmap, PyTorch":
        from course_utils import detectors

        table = np.load(folder / "table.npy", mmap_mode="r")
        loaded = detectors.AutoEncoder.load(folder / "detector.pt")
        return loaded.decision_function(table).sum(), 0
    if way == "pyarrow, one loop":
        scorer, total = Scorer(folder / "detector.onnx"), 0.0
        with pq.ParquetFile(folder / "table.parquet") as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number, use_threads=False)
                X = np.column_stack([column.to_numpy() for column in group.columns])
                total += scorer.decision_function(X).sum()
        return total, 0
    if way == "pandas, whole file":
        import pandas as pd

        table = pd.read_parquet(folder / "table.parquet")
        return Scorer(folder / "detector.onnx").decision_function(table).sum(), 0
    arguments = folder / "detector.onnx", folder / "table.parquet"
    if way == "Dask, threads":
        paths = score_partitions(*arguments, to=folder / "threads")
        return _sum(paths), 0
    from distributed import Client, LocalCluster

    local = {"host": "127.0.0.1", "dashboard_address": None}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **local) as cluster,
        Client(cluster) as client,
    ):
        paths = score_partitions(*arguments, to=folder / "workers", client=client)
        return _sum(paths), sum(client.run(peak_memory).values())


def peak_memory():
    """Return the most memory of this process, in bytes, without its starter's on Linux."""
    if sys.platform != "linux":
        return machine.peak_memory()
    with open("/proc/self/status") as lines:
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _sum(paths):
    return sum(pq.read_table(path)["score"].to_numpy().sum() for path in paths)


def measure(way, folder):
    """Print, as JSON, what one way took: seconds of the clock and the processor, and bytes."""
    started = time.perf_counter()
    total, of_workers = scored(way, folder)
    seconds, spent = time.perf_counter() - started, sum(os.times()[:4])
    print(json.dumps([seconds, spent, peak_memory() + of_workers, total]))


def report(rows):
    """Measure all ways and return the text."""
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), rows)
        for way in WAYS:
            done = subprocess.run(
                [sys.executable, __file__, "--way", way, "--folder", folder],
                capture_output=True, encoding="utf-8", check=True,
            )  # fmt: skip
            lines.append(json.loads(done.stdout.splitlines()[-1]))
    seconds, spent, memory, totals = np.array(lines).T
    if not np.allclose(totals, totals[0], rtol=1e-6):
        raise RuntimeError(f"the scores differ: their sums are {totals}")
    text = [
        "# Ten million rows from a file\n" if rows == ROWS else f"# {rows:,} rows from a file\n",
        machine.conditions(
            "numpy", "onnxruntime", "pyarrow", "pandas", "dask", "distributed", "torch"
        ),
        "",
        f"{rows:,} × 9 numbers (float32, {rows * 36 / 1e6:,.0f} MB), one run each in a process of "
        "its own. Ratios are to the first line, which had "
        f"{rows / seconds[0] / 1e6:.2f} million rows a second by the clock, "
        f"{rows / spent[0] / 1e6:.2f} million a second of the processor, and "
        f"{memory[0] / 1e6:,.0f} MB at its peak, pages of the mapped file among them.",
        "",
        "| way | what it does | time, ratio | processor's seconds, ratio | peak memory, ratio |",
        "|---|---|---|---|---|",
    ]
    for (way, what), *each in zip(WAYS.items(), seconds, spent, memory, strict=True):
        first = seconds[0], spent[0], memory[0]
        cells = [f"{mine / base:.2f}" for mine, base in zip(each, first, strict=True)]
        text.append(f"| {way} | {what} | {' | '.join(cells)} |")
    return "\n".join(text) + "\n"


def main(arguments=None):
    """Measure one way, or all of them; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--way", choices=list(WAYS), help="measure one way in this process")
    parser.add_argument("--folder", type=Path, help="where its table lies")
    asked = parser.parse_args(arguments)
    if asked.way:
        measure(asked.way, asked.folder)
    else:
        show(report(asked.rows), asked.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
