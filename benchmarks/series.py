"""`Forecaster` beside PyOD's detectors of series and simple rules, on seven series, in one run.

Needs the extra `benchmark`, and the four real series are downloaded:

    python -m pip install -e ".[benchmark]"
    python -m course_utils data get nab
    python benchmarks/series.py --report benchmarks/series.md

Each detector learns from the first third of a series, at most up to its first event, and scores
the rest. VUS-PR is taken with buffers up to the series' period. A detector that takes longer than
`--limit` processor seconds for one series is broken off and named. What was measured is kept in a
file beside the report (`.jsonl`), so that a run that was broken off goes on where it stopped;
delete that file to measure anew.
"""

import argparse
import contextlib
import importlib
import inspect
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

from course_utils import data, detectors, evaluation
from course_utils.series import trailing_mean, trailing_windows

import numpy as np
import pandas as pd
import torch
from machine import conditions
from peers import Notes
from reports import show
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
LIMIT = 200.0  # processor seconds of one detector for one series


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


def whitened(errors, cut):
    """Return the smoothed length of rows of errors (n, channels), uncorrelated and of variance 1.

    The moments are those of the rows before `cut`.
    """
    variances, directions = np.linalg.eigh(errors[:cut].T @ errors[:cut] / cut)
    turned = errors @ (directions / np.sqrt(variances.clip(min=1e-9)))
    return smoothed(np.linalg.norm(turned, axis=1))


def mahalanobis(X, cut, period, seed):
    return whitened(X - np.median(X[:cut], axis=0), cut)


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


def errors_of_autoregression(X, cut):
    lagged = np.column_stack([windows(X)[:-1], np.ones(len(X) - 1)])
    known = slice(WIDTH, cut - 1)
    products = lagged[known].T @ lagged[known]
    ridge = 0.01 * (cut - WIDTH) * np.eye(len(products))
    weights = np.linalg.solve(products + ridge, lagged[known].T @ X[1:][known])
    errors = X[1:] - lagged @ weights
    return np.concatenate([errors[:1], errors])


def autoregression(X, cut, period, seed):
    return np.abs(errors_of_autoregression(X, cut)).mean(axis=1)


def whitened_autoregression(X, cut, period, seed):
    return whitened(errors_of_autoregression(X, cut), cut)


RIVALS = {
    "random scores": random_scores,
    "distance from the median, trailing mean": distance,
    "Mahalanobis distance of rows, trailing mean": mahalanobis,
    "seasonal naive": seasonal_naive,
    "nearest neighbours of windows": neighbours,
    "PCA error of windows": pca,
    "isolation forest on windows": forest,
    "autoregression, one step": autoregression,
    "autoregression, whitened, trailing mean": whitened_autoregression,
}
FORECASTERS = {"Forecaster": {}, "Forecaster, with a GRU": {"hidden_units": 16}}
PYOD = {  # PyOD's detectors of series: all that version 3.6.7 lists, name → module
    "SpectralResidual": "ts_spectral_residual",
    "TimeSeriesOD": "ts_od",
    "MatrixProfile": "ts_matrix_profile",
    "SAND": "ts_sand",
    "KShape": "ts_kshape",
    "LSTMAD": "ts_lstm",
    "AnomalyTransformer": "ts_anomaly_transformer",
}
WITHOUT_CHANCE = "PyOD SpectralResidual", "PyOD MatrixProfile"
BEFORE = 100  # rows before the judged ones that PyOD's are given too; the longest window
QUICK = {  # for what does not depend on how well a network has learned
    "LSTMAD": {"epochs": 1},
    "AnomalyTransformer": {"epochs": 1, "d_model": 16, "n_heads": 2, "n_layers": 1},
}
LABELS = *FORECASTERS, *RIVALS, *(f"PyOD {name}" for name in PYOD)


class TooSlow(Exception):
    """A detector took longer than the limit."""


@contextlib.contextmanager
def at_most(seconds):
    """Raise TooSlow after so many processor seconds, where the system can tell (not Windows)."""

    def stop(*_):
        raise TooSlow(f"over {seconds:g} processor seconds")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def scaled(X, cut):
    """Return X with mean 0 and standard deviation 1 over the rows that are learned from."""
    spread = X[:cut].std(axis=0)
    return (X - X[:cut].mean(axis=0)) / np.where(spread > 0, spread, 1)


def from_pyod(name, seed, **choices):
    """Return an unfitted detector of PyOD's, at its defaults but for the seed."""
    kind = getattr(importlib.import_module(f"pyod.models.{PYOD[name]}"), name)
    if "random_state" in inspect.signature(kind).parameters:
        choices["random_state"] = seed
    torch.manual_seed(seed)  # the others draw from the global generators
    np.random.seed(seed)  # noqa: NPY002
    return kind(**choices)


def fitted(label, X, times, cut, seed, quick=False):
    """Return a detector of ours or of PyOD's that has learned from the first `cut` rows."""
    if label in FORECASTERS:
        detector = detectors.Forecaster(seed=seed, **FORECASTERS[label])
        return detector.fit(X[:cut], None if times is None else times[:cut])
    name = label.removeprefix("PyOD ")
    return from_pyod(name, seed, **QUICK.get(name, {}) if quick else {}).fit(scaled(X, cut)[:cut])


def score(label, X, times, cut, period, seed, quick=False):
    """Return the scores of the rows from `cut` on.

    Parameters
    ----------
    label : str
        Of `LABELS`.
    X : array, shape (n, channels)
    times : array of datetime64, shape (n,), or None
        Where they are not a fixed step apart, None is given.
    cut, period : int
    seed : int
    quick : bool
        Take `QUICK`'s choices instead of the defaults.

    Returns
    -------
    array, shape (n − cut,)
    """
    if label in RIVALS:
        return RIVALS[label](scaled(X, cut), cut, period, seed)[cut:]
    if label == "PyOD MatrixProfile":  # scores only what it is fitted on
        return from_pyod("MatrixProfile", seed).fit(scaled(X, cut)).decision_scores_[cut:]
    detector = fitted(label, X, times, cut, seed, quick)
    if label in FORECASTERS:
        return detector.decision_function(X[cut:], None if times is None else times[cut:])
    return detector.decision_function(scaled(X, cut)[cut - BEFORE :])[BEFORE:]


def regular(times):
    """Return times that are a fixed step apart, else None: two of the real series' are not."""
    return times if len(np.unique(np.diff(times))) == 1 else None


def measure(label, each, cut, period, seed, limit):
    """Return VUS-PR, AUROC and processor seconds of one detector on one series.

    Raises
    ------
    ImportError, TooSlow
    ValueError
        If scores are not finite.
    """
    judged = np.asarray(each.y[cut:], dtype=int)
    if label.startswith("PyOD"):
        importlib.import_module(f"pyod.models.{PYOD[label.removeprefix('PyOD ')]}")
    started = time.process_time()
    with at_most(limit):
        scores = score(label, each.X, regular(each.time), cut, period, seed)
    seconds = time.process_time() - started
    if not np.isfinite(scores).all():
        raise ValueError(f"{(~np.isfinite(scores)).sum():,} scores are not finite")
    return {
        "VUS-PR": evaluation.vus_pr(judged, scores, period),
        "VUS-PR, trailing mean": evaluation.vus_pr(judged, smoothed(scores), period),
        "AUROC": evaluation.auroc(judged, scores),
        "processor [s]": seconds,
    }


def quality(notes, limit, seeds=SEEDS):
    """Return a table of what `measure` finds, and why detectors are missing: (label, series) →.

    The series with the fewest rows to learn from comes first; a detector that is broken off is
    not tried on the longer ones.
    """
    rows, missing = [], {}
    ordered = sorted(series().items(), key=lambda item: item[1][1])
    for name, (each, cut, period) in ordered:
        for label in LABELS:
            for seed in seeds[:1] if label in WITHOUT_CHANCE else seeds:
                if any(label == other for other, _ in missing):
                    continue
                try:
                    found = notes.get(
                        (name, label, seed),
                        lambda: measure(label, each, cut, period, seed, limit),  # noqa: B023
                    )
                except (ImportError, ValueError, TooSlow) as reason:
                    missing[label, name] = f"{reason}"
                    print(name, label, reason, flush=True)
                    continue
                rows.append({"series": name, "detector": label, "seed": seed} | found)
    return pd.DataFrame(rows), missing


def outcome(work):
    """Return in a few words what scores come, or the error's name."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            scores = np.asarray(work(), dtype=float)
    except Exception as error:  # whatever it is, it is the finding
        return type(error).__name__
    wrong = (~np.isfinite(scores)).sum()
    if wrong:
        return f"{wrong:,} of {len(scores):,} not finite"
    return "one number for all" if np.ptp(scores) == 0 else "finite"


def changed(label, X, times, cut, period, end):
    """Return the share of the scores before row `end` that change if the rows behind it go."""
    whole, short = (
        score(label, X[:rows], times if times is None else times[:rows], cut, period, 0, True)
        for rows in (len(X), end)
    )
    kept = whole[: end - cut]
    return float((np.abs(kept - short) > 1e-3 * kept.std()).mean())


def contract():
    """Return a table: what a detector does with the future, with NaN and with a short series."""
    found = series()
    rows = []
    for label in LABELS:
        shares = {}
        for name in ("ambient_temperature_system_failure", "machine 0"):
            each, cut, period = found[name]
            end = cut + 1000
            X, times = each.X[: end + 500], regular(each.time[: end + 500])
            shares[name] = changed(label, X, times, cut, period, end)
        spoilt = X.copy()
        spoilt[cut + 500, 0] = np.nan
        row = {
            "detector": label,
            "past scores change when the future is cut off": "yes"
            if any(shares.values())
            else "no",
        }
        row |= {
            f"of 1,000, {channels} [%]": 100 * share
            for channels, share in zip(("1 channel", "10 channels"), shares.values(), strict=True)
        }
        row["a NaN among the judged rows"] = outcome(
            lambda: score(label, spoilt, times, cut, period, 0, True)  # noqa: B023
        )
        row["three rows alone"] = "–"
        if label not in RIVALS:
            detector = fitted(label, X, times, cut, 0, quick=True)
            three = X if label in FORECASTERS else scaled(X, cut)
            row["three rows alone"] = outcome(
                lambda: detector.decision_function(three[cut : cut + 3])  # noqa: B023
            )
        rows.append(row)
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


def table(results, missing):
    """Return the means, those that finished every series first, and VUS-PR by series."""
    means = results.groupby(["detector", "series"]).mean(numeric_only=True).drop(columns="seed")
    means = means.groupby("detector").mean()
    unfinished = {label for label, _ in missing}
    means = means[[label not in unfinished for label in means.index]]
    means = means.sort_values("VUS-PR", ascending=False)
    by_series = results.pivot_table(index="detector", columns="series", values="VUS-PR")
    others = [label for label in by_series.index if label in unfinished]
    return means, by_series.loc[[*means.index, *others]]


def report(notes, limit):
    """Return the report as Markdown."""
    packages = "scikit-learn", "torch", "pyod"
    start = conditions(*packages)
    held = contract()
    results, missing = quality(notes, limit)
    means, by_series = table(results, missing)
    reasons = [f"- {label}: {reason}, on {name}." for (label, name), reason in missing.items()]
    return "\n".join(
        [
            "# Series: `Forecaster` beside PyOD's detectors and simple rules",
            "",
            f"At the start: {start}",
            "",
            f"Mean of seven series and {len(SEEDS)} seeds ({' and '.join(WITHOUT_CHANCE)}, which "
            "draw nothing, once). The second column is VUS-PR after a trailing mean over "
            f"{SMOOTHING} rows of the scores.",
            "",
            means.round(3).to_markdown(),
            "",
            "PyOD's detectors run at their defaults; those that take a `random_state` are given "
            "the seed. As the rules, they get each series scaled by mean and standard deviation "
            f"of the rows that are learned from; they also see the {BEFORE} rows before the "
            "judged ones. `Forecaster` scales by itself and is told the times where they are "
            "regular. MatrixProfile scores only the series that it is fitted on, so it was fitted "
            "on the whole, judged rows included. SpectralResidual learns nothing from the rows it "
            "is fitted on but its threshold.",
            "",
            f"Not measured, or not on all series (the limit is {limit:g} processor seconds for "
            "one series; the longer series were then not tried):",
            "",
            *(reasons or ["- nothing."]),
            "",
            "VUS-PR by series:",
            "",
            by_series.round(2).to_markdown(),
            "",
            "## The future, NaN and three rows",
            "",
            "Do past scores change when the future is cut off? 1,000 judged rows with and without "
            "500 rows behind them: the share of scores that differ by more than a thousandth of "
            "their standard deviation. Then one NaN among the judged rows of the series with 10 "
            "channels; then three rows given to the fitted detector (the rules have no such "
            "call). LSTMAD and AnomalyTransformer are trained for one epoch here, the latter "
            "with one small layer.",
            "",
            held.round(1).to_markdown(index=False),
            "",
            "10,000 steps × 3 channels, learned from and scored by `Forecaster`; then 1,000 "
            "updates; least of 5:",
            "",
            speed().round(3).to_markdown(index=False),
            "",
            f"At the end: {conditions(*packages)}",
            "",
        ]
    )


def main(arguments=None):
    """Measure and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path)
    parser.add_argument("--limit", type=float, default=LIMIT, help="processor seconds a series")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        beside = asked.report.with_suffix(".jsonl") if asked.report else Path(folder) / "notes"
        text = report(Notes(beside), asked.limit)
    show(text, asked.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
