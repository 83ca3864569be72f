"""`Forecaster` beside simple rules, on four real series and three simulated machines, in one run.

The real series are downloaded (`python -m course_utils data get nab`):

    python benchmarks/series.py --report benchmarks/series.md

Each detector learns from the first third of a series, at most up to its first event, and scores
the rest. VUS-PR is taken with buffers up to the series' period.
"""

import argparse
import sys
import time
from pathlib import Path

from course_utils import data, detectors, evaluation
from course_utils.series import trailing_mean, trailing_windows

import numpy as np
import pandas as pd
from machine import conditions
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors

PERIODS = {  # steps of a day
    "nyc_taxi": 48,
    "machine_temperature_system_failure": 288,
    "cpu_utilization_asg_misconfiguration": 288,
    "ambient_temperature_system_failure": 24,
}
MACHINES, MACHINE_DAY = 3, 144
WIDTH, SMOOTHING = 32, 16
NEIGHBOURS, LARGEST_BANK = 5, 4_000
SEEDS = (0, 1, 2)


def series():
    """Return name → (AnomalyData, rows to learn from, period)."""
    found = {name: (data.load_nab(name), period) for name, period in PERIODS.items()}
    for seed in range(MACHINES):
        found[f"machine {seed}"] = data.make_machine(seed=seed), MACHINE_DAY
    return {
        name: (each, min(len(each.y) // 3, int(evaluation.events(each.y)[0, 0])), period)
        for name, (each, period) in found.items()
    }


def windows(X, width=WIDTH):
    """Return a flattened window for each row; the first ones begin with copies of row 0."""
    padded = np.concatenate([np.repeat(X[:1], width - 1, axis=0), X])
    return trailing_windows(padded, width).reshape(len(X), -1)


def smoothed(scores, width=SMOOTHING):
    """Return the trailing mean for each row; before the first, it is repeated."""
    return trailing_mean(np.concatenate([np.repeat(scores[:1], width - 1), scores]), width)


def random_scores(X, cut, period, seed):
    return np.random.default_rng(seed).uniform(size=len(X))


def distance(X, cut, period, seed):
    away = np.abs(X - np.median(X[:cut], axis=0))
    usual = np.median(away[:cut], axis=0)  # the median absolute deviation serves it better
    return smoothed((away / np.where(usual > 0, usual, 1)).mean(axis=1))


def seasonal_naive(X, cut, period, seed):
    before = np.concatenate([X[:period], X[:-period]])
    return np.abs(X - before).mean(axis=1)


def neighbours(X, cut, period, seed):
    bank = windows(X)[:cut]
    chosen = np.random.default_rng(seed).permutation(len(bank))[:LARGEST_BANK]
    found = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(bank[chosen])
    return found.kneighbors(windows(X))[0].mean(axis=1)


def pca(X, cut, period, seed):
    rows = windows(X)
    model = PCA(0.9, random_state=seed).fit(rows[:cut])
    return ((rows - model.inverse_transform(model.transform(rows))) ** 2).mean(axis=1)


def forest(X, cut, period, seed):
    rows = windows(X)
    return -IsolationForest(random_state=seed).fit(rows[:cut]).score_samples(rows)


def autoregression(X, cut, period, seed):
    lagged = np.column_stack([windows(X)[:-1], np.ones(len(X) - 1)])
    known = slice(WIDTH, cut - 1)
    products = lagged[known].T @ lagged[known]
    ridge = 0.01 * (cut - WIDTH) * np.eye(len(products))
    weights = np.linalg.solve(products + ridge, lagged[known].T @ X[1:][known])
    errors = np.abs(X[1:] - lagged @ weights).mean(axis=1)
    return np.concatenate([errors[:1], errors])


RIVALS = {
    "random scores": random_scores,
    "distance from the median, trailing mean": distance,
    "seasonal naive": seasonal_naive,
    "nearest neighbours of windows": neighbours,
    "PCA error of windows": pca,
    "isolation forest on windows": forest,
    "autoregression, one step": autoregression,
}
FORECASTERS = {"Forecaster": {}, "Forecaster, with a GRU": {"hidden_units": 16}}


def forecaster(each, cut, seed, **choices):
    """Return the scores of the rows behind the training rows."""
    regular = len(np.unique(np.diff(each.time))) == 1  # two of the real series are not
    times = each.time if regular else None
    detector = detectors.Forecaster(seed=seed, **choices)
    detector.fit(each.X[:cut], None if times is None else times[:cut])
    return detector.decision_function(each.X[cut:], None if times is None else times[cut:])


def quality(seeds=SEEDS):
    """Return VUS-PR, AUROC and seconds of every detector on every series."""
    rows = []
    for name, (each, cut, period) in series().items():
        X = np.asarray(each.X, dtype=float)
        spread = X[:cut].std(axis=0)
        scaled = (X - X[:cut].mean(axis=0)) / np.where(spread > 0, spread, 1)
        judged = np.asarray(each.y[cut:], dtype=int)
        for label in (*RIVALS, *FORECASTERS):
            for seed in seeds:
                started = time.process_time()
                if label in RIVALS:
                    scores = RIVALS[label](scaled, cut, period, seed)[cut:]
                else:
                    scores = forecaster(each, cut, seed, **FORECASTERS[label])
                seconds = time.process_time() - started
                found = {
                    "VUS-PR": evaluation.vus_pr(judged, scores, period),
                    "AUROC": evaluation.auroc(judged, scores),
                    "processor [s]": seconds,
                }
                rows.append({"series": name, "detector": label, "seed": seed} | found)
        print(name, flush=True)
    return pd.DataFrame(rows)


def speed(rows=10_000, channels=3, repeats=5):
    """Return processor seconds of fit and score, and microseconds of one update, least of some."""
    generator = np.random.default_rng(0)
    X = np.cumsum(generator.normal(size=(2 * rows, channels)), axis=0)
    found = []
    for _ in range(repeats):
        started = time.process_time()
        detector = detectors.Forecaster().fit(X[:rows])
        detector.decision_function(X[:rows])
        scored = time.process_time()
        for row in X[rows : rows + 1000]:
            detector.update(row)
        found.append([scored - started, (time.process_time() - scored) * 1e3])
    least = np.min(found, axis=0)
    columns = ["fit and score [processor s]", "one update [processor µs]"]
    return pd.DataFrame([least], columns=columns)


def report():
    """Return the report as Markdown."""
    start = conditions("scikit-learn", "torch")
    results = quality()
    means = results.groupby("detector")[["VUS-PR", "AUROC", "processor [s]"]].mean()
    by_series = results.pivot_table(index="detector", columns="series", values="VUS-PR")
    order = means.sort_values("VUS-PR", ascending=False).index
    return "\n".join(
        [
            "# Series: `Forecaster` beside simple rules",
            "",
            f"At the start: {start}",
            "",
            f"Mean of seven series and {len(SEEDS)} seeds:",
            "",
            means.loc[order].round(3).to_markdown(),
            "",
            "VUS-PR by series:",
            "",
            by_series.loc[order].round(2).to_markdown(),
            "",
            "10,000 steps × 3 channels, learned from and scored; then 1,000 updates; least of 5:",
            "",
            speed().round(3).to_markdown(index=False),
            "",
            f"At the end: {conditions('scikit-learn', 'torch')}",
            "",
        ]
    )


def main(arguments=None):
    """Measure and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args(arguments)
    text = report()
    if asked.report:
        asked.report.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
