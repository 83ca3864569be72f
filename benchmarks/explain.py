"""Which explanation names the column that was changed? Hit rates where the truth is planted.

    python benchmarks/explain.py --report benchmarks/explain.md

A normal row has one of its entries moved to a quantile of that column, the .5 % or the 99.5 % one,
whichever is further; only rows that the detector flags with it, and not without, are asked about.
An explanation hits where its largest entry is in that column. Beside it the easy version: five
standard deviations. Each seed draws another split, other rows and another detector.
"""

import sys
import time

from course_utils import data, detectors, explain

import numpy as np
import pandas as pd
from machine import conditions
from reports import command
from sklearn.ensemble import IsolationForest

SEEDS = range(5)
IDENTIFIERS = "order number", "user number", "product number"
ROWS, BACKGROUND, ASKED = 6_000, 20, 60
CHANGES = {"to a far quantile": 0.005, "by five deviations": None}


def tables(seed):
    """Return name → (training rows, other normal rows), each column in deviations."""
    orders = data.make_orders(ROWS, seed=seed)
    kept = [each not in IDENTIFIERS for each in orders.feature_names]
    shuttle = data.load_shuttle(ROWS, seed)
    normals = {"Shuttle": shuttle.X[shuttle.y == 0], "orders": orders.X[orders.y == 0][:, kept]}
    cut = {}
    for name, rows in normals.items():
        normal = np.random.default_rng(seed).permutation(rows)
        half = len(normal) // 2
        mean, spread = normal[:half].mean(axis=0), normal[:half].std(axis=0)
        cut[name] = [(part - mean) / spread for part in (normal[:half], normal[half:])]
    return cut


def planted(train, normal, change, generator):
    """Return rows with one changed entry each, and which column it is."""
    columns = generator.integers(train.shape[1], size=len(normal))
    X, rows = normal.copy(), np.arange(len(normal))
    if change is None:
        X[rows, columns] += 5 * generator.choice([-1, 1], len(X))
        return X, columns
    ends = np.quantile(train, [change, 1 - change], axis=0)[:, columns]  # (2, rows)
    X[rows, columns] = ends[np.abs(ends - X[rows, columns]).argmax(axis=0), rows]
    return X, columns


def answers(detector, train, X, seed):
    """Return explanation → (entries (n, d), processor seconds)."""
    background = np.random.default_rng(seed).permutation(train)[:BACKGROUND]
    baseline = np.median(train, axis=0)
    ways = {
        "random": lambda: np.random.default_rng(seed).random(X.shape),
        "|z|": lambda: np.abs(X),
        "exact Shapley": lambda: explain.shapley_values(detector, X, background),
        "sampled Shapley": lambda: explain.sampled_shapley_values(
            detector, X, background, 30, seed
        ),
        "local plane": lambda: (
            explain.local_weights(detector, X, np.ones(X.shape[1]), seed=seed) * X
        ),
        "best single repair": lambda: explain.repair(detector, X, train, 0.0).gains,
    }
    if hasattr(detector, "feature_scores"):
        usual = np.median(detector.feature_scores(train), axis=0)
        ways |= {
            "error of the column": lambda: detector.feature_scores(X),
            "error over its usual one": lambda: detector.feature_scores(X) / usual,
            "|gradient|": lambda: np.abs(explain.gradients(detector, X)),
            "integrated gradients": lambda: explain.integrated_gradients(detector, X, baseline),
        }
    found = {}
    for name, way in ways.items():
        started = time.process_time()
        found[name] = way(), time.process_time() - started
    return found


def hits(seeds=SEEDS):
    """Return a table: data, change, detector, explanation, seed, hit rate, seconds per row."""
    lines = []
    for seed in seeds:
        for name, (train, normal) in tables(seed).items():
            kinds = {
                "AutoEncoder": detectors.AutoEncoder(seed=seed).fit(train),
                "its untrained twin": detectors.AutoEncoder(
                    seed=seed, steps=1, learning_rate=1e-12
                ).fit(train),
                "isolation forest": IsolationForest(random_state=seed).fit(train),
            }
            for change, quantile in CHANGES.items():
                generator = np.random.default_rng(seed)
                X, columns = planted(train, normal, quantile, generator)
                for kind, detector in kinds.items():
                    changed = _flags(detector, train, X) & ~_flags(detector, train, normal)
                    flagged = np.flatnonzero(changed)[:ASKED]
                    if not len(flagged):
                        continue
                    rows, truth = X[flagged], columns[flagged]
                    for way, (entries, seconds) in answers(detector, train, rows, seed).items():
                        rate = np.mean(entries.argmax(axis=1) == truth)
                        line = (name, change, kind, way, seed, rate, 1e3 * seconds / len(rows))
                        lines.append((*line, len(rows)))
        print(f"seed {seed}", flush=True)
    columns = ["data", "change", "detector", "explanation", "seed", "hits", "ms", "rows"]
    return pd.DataFrame(lines, columns=columns)


def _flags(detector, train, X):
    """Say which rows score above 99 % of the training rows."""
    scores = explain.scores_of(detector)
    return scores(X) > np.quantile(scores(train), 0.99)


def report():
    """Return the report as Markdown."""
    start = conditions("scikit-learn", "torch")
    table = hits()
    parts = []
    for change in CHANGES:
        chosen = table[table["change"] == change]
        grouped = chosen.groupby(["explanation", "data", "detector"])["hits"]
        shown = grouped.agg(lambda each: f"{each.mean():.2f} ± {each.std():.2f}")
        shown = shown.unstack(["data", "detector"]).fillna("–").sort_index(axis=1)
        shown.columns = [f"{name}, {kind}" for name, kind in shown.columns]
        parts += [f"## Moved {change}", "", shown.to_markdown(), ""]
    speed = table.groupby("explanation")["ms"].median().sort_values().round(2)
    return "\n".join(
        [
            "# Explanations: which column was changed?",
            "",
            f"At the start: {start}",
            "",
            f"{' '.join(__doc__.split('.md')[1].split())} Mean ± standard deviation (ddof 1) over "
            f"{len(SEEDS)} seeds of the share of hits; up to {ASKED} flagged rows each; "
            f"{BACKGROUND} background rows for Shapley values.",
            "",
            *parts,
            "Processor milliseconds for a row, median over all of the above:",
            "",
            speed.to_frame().to_markdown(),
            "",
            f"At the end: {conditions('scikit-learn', 'torch')}",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(command(report, __doc__))
