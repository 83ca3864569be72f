"""The course's detectors beside PyOD's, in one run: time, memory and quality.

Needs the extra `benchmark` and the ADBench tables:

    python -m pip install -e ".[benchmark]"
    python -m course_utils data get adbench_cardio adbench_pima ...     # all twelve
    python benchmarks/peers.py --report benchmarks/peers.md

What was measured is kept in a file beside the report (`.jsonl`), so that a run that was broken
off goes on where it stopped; delete that file to measure anew. PyOD's AnoGAN takes minutes for a
thousand rows, so it is measured on the five smallest tables with one seed.
"""

import argparse
import contextlib
import importlib
import io
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from course_utils import baselines, data, detectors
from course_utils.data.public.tables import ADBENCH_FILES
from course_utils.evaluation import auroc, average_precision

import numpy as np
import pandas as pd
import torch
from machine import conditions, peak_memory
from reports import show
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

ROWS = 5_000  # of a table; larger ones are thinned, anomalies in proportion
SEEDS = (0, 1, 2)
PAIRS = {  # ours → PyOD's module and class
    "AutoEncoder": ("auto_encoder", "AutoEncoder"),
    "VAE": ("vae", "VAE"),
    "DeepSVDD": ("deep_svdd", "DeepSVDD"),
    "AnoGAN": ("anogan", "AnoGAN"),
}
SMALL_TABLES = 5  # for PyOD's AnoGAN
SIZES = (1_000, 10_000, 100_000)
REPEATED_BELOW = 5_000  # rows; fits this short are measured three times, and the quickest counts
COLUMNS = 30

# Mean AUROC and average precision of ADBench's own seeds 1, 2 and 3, from its result files.
PUBLISHED = {
    ("cardio", "IForest"): (0.943, 0.619),
    ("cardio", "ECOD"): (0.936, 0.597),
    ("cardio", "KNN"): (0.766, 0.407),
    ("vowels", "KNN"): (0.973, 0.634),
    ("vowels", "LOF"): (0.931, 0.344),
    ("pima", "KNN"): (0.734, 0.551),
    ("ionosphere", "LOF"): (0.906, 0.881),
    ("musk", "HBOS"): (1.0, 1.0),
}


def from_pyod(module, name, *arguments, **options):
    """Return an unfitted PyOD detector."""
    return getattr(importlib.import_module(f"pyod.models.{module}"), name)(*arguments, **options)


def make(label, seed, columns):
    """Return an unfitted detector for a label such as "ours VAE" or "PyOD VAE"."""
    if label == "isolation forest":
        return baselines.IsolationForest(seed=seed)
    side, name = label.split(" ", 1)
    if side == "ours":
        name, _, rounds = name.partition(", rounds ")
        return getattr(detectors, name)(seed=seed, **({"rounds": int(rounds)} if rounds else {}))
    module, kind = PAIRS[name]
    torch.manual_seed(seed)  # not all of PyOD's take a seed
    np.random.seed(seed)  # noqa: NPY002
    if name == "AnoGAN":
        return from_pyod(module, kind, verbose=0)
    options = {"random_state": seed, "verbose": 0}
    if name == "DeepSVDD":
        return from_pyod(module, kind, columns, **options)
    return from_pyod(module, kind, **options)


def measure(label, seed, train, test):
    """Fit and score; return seconds to fit, microseconds a scored row, and the scores."""
    detector = make(label, seed, train.shape[1])
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        started = time.perf_counter()
        detector.fit(train)
        fitted = time.perf_counter()
        scores = detector.decision_function(test)
        scored = time.perf_counter()
    return fitted - started, 1e6 * (scored - fitted) / len(test), np.nan_to_num(scores)


def tables():
    """Return the twelve ADBench tables, Shuttle and breast cancer: name → (X, y)."""
    loaded = {name: data.load_adbench(name) for name in ADBENCH_FILES}
    loaded |= {"shuttle": data.load_shuttle(), "breast cancer": data.load_breast_cancer()}
    result = {}
    for name, each in loaded.items():
        X, y = each.X, each.y
        if len(y) > ROWS:
            X, _, y, _ = train_test_split(X, y, train_size=ROWS, stratify=y, random_state=0)
        result[name] = X, y
    return result


def table_cut(X, y, seed, clean):
    """Cut 60/40 by class and z-score by the training rows; return train, test, test labels."""
    train, test, y_train, y_test = train_test_split(
        X, y, test_size=0.4, stratify=y, random_state=seed
    )
    if clean:
        train = train[y_train == 0]
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test), y_test


def adbench_cut(X, y, seed):
    """Cut a table as ADBench's generator does: at least 1,000 rows, 70/30, scaled to 0..1."""
    random = np.random.RandomState(seed)  # the kind that ADBench drew from
    if len(y) < 1000:
        chosen = random.choice(len(y), 1000, replace=True)
        X, y = X[chosen], y[chosen]
    train, test, _, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=random)
    scaler = MinMaxScaler().fit(train)
    return scaler.transform(train), scaler.transform(test), y_test


class Notes:
    """What was measured, one JSON object a line, so that a broken run can go on."""

    def __init__(self, path):
        self.path, self.lines = Path(path), []
        if self.path.exists():
            self.lines = [json.loads(line) for line in self.path.read_text().splitlines()]

    def get(self, key, work):
        """Return what was noted under key, or do the work, note it and return it."""
        for line in self.lines:
            if line["key"] == list(key):
                return line["value"]
        value = work()
        line = {"key": list(key), "value": value}
        self.lines.append(line)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(*key, {name: round(number, 4) for name, number in value.items()}, flush=True)
        return value


def golden(notes):
    """Return the table of classical detectors under ADBench's protocol, and whether it agrees."""
    rows = []
    for (table, name), published in PUBLISHED.items():
        each = data.load_adbench(table)

        def work(each=each, name=name):
            results = []
            for seed in (1, 2, 3):
                train, test, y = adbench_cut(each.X, each.y, seed)
                np.random.seed(seed)  # noqa: NPY002
                detector = from_pyod(name.lower(), name).fit(train)
                scores = detector.decision_function(test)
                results.append([auroc(y, scores), average_precision(y, scores)])
            return dict(zip(("AUROC", "AP"), np.mean(results, axis=0), strict=True))

        got = notes.get(("golden", table, name), work)
        allowed = 0.03 if name == "IForest" else 0.005
        apart = max(abs(a - b) for a, b in zip(got.values(), published, strict=True))
        rows.append([table, name, *got.values(), *published, "yes" if apart <= allowed else "NO"])
    columns = ["table", "detector", "AUROC", "AP", "AUROC, published", "AP, published", "agrees"]
    return pd.DataFrame(rows, columns=columns)


def quality(notes, labels):
    """Return AUROC, average precision and seconds of every detector on every table."""
    loaded = tables()
    smallest = sorted(loaded, key=lambda name: len(loaded[name][1]))[:SMALL_TABLES]
    results = []
    for table, (X, y) in loaded.items():
        for clean in (False, True):
            for seed in SEEDS:
                train, test, y_test = table_cut(X, y, seed, clean)
                for label in labels:
                    if label == "PyOD AnoGAN" and (seed or table not in smallest):
                        continue

                    def work(label=label, seed=seed, train=train, test=test, y_test=y_test):
                        fit, score, scores = measure(label, seed, train, test)
                        return {
                            "AUROC": auroc(y_test, scores),
                            "AP": average_precision(y_test, scores),
                            "fit [s]": fit,
                            "score [µs/row]": score,
                        }

                    training = "clean" if clean else "contaminated"
                    got = notes.get(("quality", table, training, seed, label), work)
                    results.append({"table": table, "training": training, "seed": seed} | got)
                    results[-1]["detector"] = label
    return pd.DataFrame(results), smallest


def child(label, rows):
    """Fit and score generated rows in this process and print what it took as JSON."""
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(8, COLUMNS))
    X = generator.normal(size=(rows, 8)) @ mixing + 0.3 * generator.normal(size=(rows, COLUMNS))
    warm_up = X[:64].copy()
    make("ours AutoEncoder", 0, COLUMNS).set_params(steps=2).fit(warm_up)  # loads the libraries
    if label.startswith("PyOD"):
        importlib.import_module(f"pyod.models.{PAIRS[label.split()[1]][0]}")
    before = peak_memory()
    repeats = 3 if rows < REPEATED_BELOW and label != "PyOD AnoGAN" else 1
    times = [measure(label, 0, X, X)[:2] for _ in range(repeats)]
    fit, score = np.min(times, axis=0)
    after = peak_memory()
    print(
        json.dumps(
            {"fit [s]": fit, "score [µs/row]": score, "memory [MB]": (after - before) / 1e6}
        )
    )


def sizes(notes, sides):
    """Return time and peak memory of every detector on generated rows, each in its process."""
    results = []
    for rows in SIZES:
        for name in PAIRS:
            for side in sides:
                label = f"{side} {name}"
                if label == "PyOD AnoGAN" and rows > SIZES[0]:
                    continue

                def work(label=label, rows=rows):
                    done = subprocess.run(
                        [sys.executable, __file__, "--child", label, str(rows)],
                        check=True,
                        capture_output=True,
                        text=True,
                    )
                    return json.loads(done.stdout.splitlines()[-1])

                got = notes.get(("sizes", rows, label), work)
                results.append({"rows": rows, "detector": name, "side": side} | got)
    return pd.DataFrame(results)


def large(notes, rows=10_000_000):
    """Score rows in a file that is mapped into memory; return rows a second and memory."""

    def work():
        generator = np.random.default_rng(0)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.npy"
            X = np.lib.format.open_memmap(path, "w+", np.float32, (rows, COLUMNS))
            for start in range(0, rows, 100_000):
                X[start : start + 100_000] = generator.normal(size=(100_000, COLUMNS))
            X.flush()
            del X
            X = np.load(path, mmap_mode="r")
            detector = detectors.AutoEncoder().fit(np.asarray(X[:10_000]))
            detector.decision_function(X[:100_000])
            before = _own_memory()
            started = time.perf_counter()
            detector.decision_function(X)
            seconds = time.perf_counter() - started
            return {
                "rows [millions]": rows / 1e6,
                "million rows a second": rows / seconds / 1e6,
                "memory gained [MB]": (_own_memory() - before) / 1e6,
            }

    return pd.DataFrame([notes.get(("large", rows), work)])


def in_pyods_hands(notes):
    """Return the AUROC of what PyOD's own functions make of our detectors, on one table."""

    def work():
        from pyod.models import combination
        from pyod.models.feature_bagging import FeatureBagging
        from pyod.models.lscp import LSCP
        from pyod.utils.data import evaluate_print
        from pyod.utils.utility import standardizer

        each = data.load_adbench("cardio")
        train, test, y = table_cut(each.X, each.y, 0, False)
        fitted = [getattr(detectors, name)().fit(train) for name in PAIRS]
        scores = np.column_stack([detector.decision_function(test) for detector in fitted])
        found = {}
        for name, column in zip(PAIRS, scores.T, strict=True):
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                evaluate_print(name, y, column)
            found[f"evaluate_print, {name}"] = float(printed.getvalue().split("ROC:")[1][:6])
        usual = np.column_stack([detector.decision_scores_ for detector in fitted])
        _, scores = standardizer(usual, scores)
        for name in ("average", "maximization", "median", "aom", "moa"):
            buckets = {"n_buckets": 2} if name in ("aom", "moa") else {}
            found[f"combination.{name}"] = auroc(y, getattr(combination, name)(scores, **buckets))
        pair = [detectors.AutoEncoder(), detectors.VAE()]
        for outer in (
            FeatureBagging(pair[0], n_estimators=3, random_state=0),
            LSCP(pair, random_state=0),
        ):
            with contextlib.redirect_stdout(io.StringIO()):
                scores = outer.fit(train).decision_function(test)
            found[type(outer).__name__] = auroc(y, scores)
        return found

    found = notes.get(("in PyOD's hands",), work)
    return pd.DataFrame(found.items(), columns=["PyOD's function", "AUROC"])


def _own_memory():
    """Return this process's bytes that belong to no file: pages of the map do not count."""
    import psutil

    memory = psutil.Process().memory_info()
    return memory.rss - memory.shared


def ratios(table):
    """Return ours over PyOD's time to fit, per size and detector."""
    times = table.pivot_table(index=["rows", "detector"], columns="side", values="fit [s]")
    return (times["ours"] / times["PyOD"]).dropna()


def report(notes, sections):
    """Return the report as Markdown, measuring what is not noted yet."""
    parts = [
        "# Ours and PyOD's, side by side",
        "",
        f"At the start: {conditions('torch', 'scikit-learn', 'pyod')}",
        "",
    ]
    if "golden" in sections:
        parts += ["## The protocol against ADBench's published numbers", ""]
        parts += [golden(notes).round(3).to_markdown(index=False), ""]
    if "pyod" in sections:
        parts += ["## Our detectors in PyOD's own functions (cardio, contaminated)", ""]
        parts += [in_pyods_hands(notes).round(3).to_markdown(index=False), ""]
    if "quality" in sections:
        labels = [f"{side} {name}" for name in PAIRS for side in ("ours", "PyOD")]
        results, smallest = quality(notes, [*labels, "isolation forest"])
        for training, part in results.groupby("training"):
            known = part[part["detector"] != "PyOD AnoGAN"]
            means = known.groupby("detector")[["AUROC", "AP", "fit [s]", "score [µs/row]"]].mean()
            parts += [f"## {training.capitalize()} training: fourteen tables, three seeds", ""]
            parts += [means.sort_values("AUROC", ascending=False).round(3).to_markdown(), ""]
            small = part[part["table"].isin(smallest) & (part["seed"] == 0)]
            means = small.groupby("detector")[["AUROC", "AP", "fit [s]"]].mean()
            parts += [f"The five smallest tables ({', '.join(smallest)}), seed 0:", ""]
            parts += [means.sort_values("AUROC", ascending=False).round(3).to_markdown(), ""]
    if "rounds" in sections:
        labels = [f"ours {name}, rounds {n}" for name in ("VAE", "DeepSVDD") for n in (1, 2, 3)]
        results, _ = quality(notes, [*labels, "isolation forest"])
        means = results.groupby(["training", "detector"])[["AUROC", "AP"]].mean()
        parts += ["## Trained again without what stood out: fourteen tables, three seeds", ""]
        parts += [means.round(3).reset_index().to_markdown(index=False), ""]
    if "sizes" in sections:
        table = sizes(notes, ("ours", "PyOD"))
        parts += [f"## Generated rows × {COLUMNS} columns", ""]
        parts += [f"Below {REPEATED_BELOW:,} rows: the quickest of three fits.", ""]
        parts += [table.round(2).to_markdown(index=False), ""]
        ratio = ratios(table).rename("fit time, ours over PyOD's").reset_index()
        parts += [ratio.round(4).to_markdown(index=False), ""]
    if "large" in sections:
        parts += ["## Scoring rows from a file (AutoEncoder)", ""]
        parts += [large(notes).round(2).to_markdown(index=False), ""]
    return "\n".join([*parts, f"At the end: {conditions('torch', 'scikit-learn', 'pyod')}", ""])


def main(arguments=None):
    """Measure and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path, default=Path("peers.md"))
    parser.add_argument("--child", nargs=2, metavar=("LABEL", "ROWS"), help=argparse.SUPPRESS)
    choices = ("golden", "pyod", "quality", "rounds", "sizes", "large")
    parser.add_argument("--sections", nargs="+", choices=choices, default=choices)
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    if asked.child:
        child(asked.child[0], int(asked.child[1]))
        return 0
    text = report(Notes(asked.report.with_suffix(".jsonl")), asked.sections)
    show(text, asked.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
