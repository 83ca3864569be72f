"""How small a change of all entries silences an alarm, or raises a false one?

    python benchmarks/robustness.py --report benchmarks/robustness.md

Half of the normal rows are learned from; a score above 95 % of theirs is an alarm. Flagged
anomalies are changed until they are silent, and normal rows of the other half until they are
flagged, by `explain.smallest_change`: all entries together, each by at most a share of its
column's range, the .5 % to the 99.5 % quantile of the rows learned from; none leaves it. An entry
that lies outside may only come nearer. Both ways of looking are asked equally often for each row
and begin with the nearest of 500 known rows that the detector decides otherwise about. Each seed
draws another split, other rows and another detector.
"""

import sys
import time
from dataclasses import dataclass

from course_utils import baselines, data, detectors, explain

import numpy as np
import pandas as pd
from machine import conditions
from reports import command
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEEDS = range(5)
IDENTIFIERS = "order number", "user number", "product number"
ROWS, CHANGED, ASKED = 6_000, 12, 300  # of a table; rows changed each way; scores for each
KNOWN, USUAL = 500, 0.95  # rows to begin with; share of training scores below the threshold
IMAGES, IMAGES_CHANGED, IMAGES_ASKED = 100, 2, 60
DRAWS = 10  # of noise for each row
NETWORKS = {
    "AutoEncoder": detectors.AutoEncoder,
    "VAE": detectors.VAE,
    "DeepSVDD": detectors.DeepSVDD,
}
VARIANTS = {
    "members=1": {"members": 1},
    "members=8": {},
    "members=32": {"members": 32},
    "rows clipped to the range": {},
    "noise of .1 deviations in training": {},
    "noise of .5 deviations in training": {},
}
NOISE = {name: float(name.split()[2]) for name in VARIANTS if name.startswith("noise")}


class Clipped:
    """A detector whose rows are first brought into the training rows' range."""

    def __init__(self, detector, low, high):
        self._detector, self._low, self._high = detector, low, high

    def decision_function(self, X):
        return self._detector.decision_function(X.clip(self._low, self._high))

    def score_gradients(self, X):
        inside = (self._low < X) & (self._high > X)
        return inside * self._detector.score_gradients(X.clip(self._low, self._high))


@dataclass(frozen=True)
class Rows:
    """Rows of one data set: learned from, other normal ones, anomalies; and columns' ranges."""

    train: np.ndarray
    normal: np.ndarray
    anomalies: np.ndarray
    low: np.ndarray | float
    high: np.ndarray | float


def tables(seed):
    """Return name → Rows."""
    orders, shuttle = data.make_orders(ROWS, seed=seed), data.load_shuttle(ROWS, seed)
    kept = [each not in IDENTIFIERS for each in orders.feature_names]
    cut = {}
    for name, X, y in (("Shuttle", shuttle.X, shuttle.y), ("orders", orders.X[:, kept], orders.y)):
        generator = np.random.default_rng(seed)
        normal, anomalies = (generator.permutation(X[y == kind]) for kind in (0, 1))
        half = len(normal) // 2
        low, high = np.quantile(normal[:half], [0.005, 0.995], axis=0)
        cut[name] = Rows(normal[:half], normal[half:], anomalies, low, high)
    return cut


def pictures(seed):
    """Return Rows of brick, floats from 0 to 1."""
    textures = data.make_textures("brick", rows=IMAGES, anomalies=8, size=128, seed=seed)
    images = textures.X / 255
    normal, anomalies = images[textures.y == 0], images[textures.y == 1]
    half = len(normal) // 2
    return Rows(normal[:half], normal[half:], anomalies, 0.0, 1.0)


def measured(detector, rows, threshold, way, seed):
    """Return what the smallest changes of some rows are, as a dict."""
    images = rows.normal.ndim > 2
    most, asked = (IMAGES_CHANGED, IMAGES_ASKED) if images else (CHANGED, ASKED)
    known = None if images else rows.train[:KNOWN]
    score, found, changes = explain.scores_of(detector), {}, {}
    alarms, false = score(rows.anomalies) > threshold, score(rows.normal) > threshold
    found = {"flagged": alarms.mean(), "flagged normal": false.mean()}
    chosen = {"silence": rows.anomalies[alarms][:most], "alarm": rows.normal[~false][:most]}
    started = time.process_time()
    for goal, X in chosen.items():
        if not len(X):
            continue
        changes[goal] = explain.smallest_change(
            detector, X, rows.low, rows.high, threshold, way, asked, known, seed
        )
        found[goal] = np.median(changes[goal].sizes)
        found[f"{goal} found"] = np.isfinite(changes[goal].sizes).mean()
    found["seconds"] = (time.process_time() - started) / sum(map(len, chosen.values()))
    if not alarms.any():
        return found
    X, sizes = chosen["silence"], changes["silence"].sizes
    found["noise"] = silenced_by_noise(score, threshold, X, sizes, rows, seed)
    if images:
        for goal, change in changes.items():
            signs = np.sign(change.rows - chosen[goal])
            for words, pictures in (
                ("rounded", np.rint(255 * change.rows) / 255),
                ("one step", np.clip(chosen[goal] + signs / 255, 0, 1)),
            ):
                alarm = score(pictures) > threshold
                found[f"{goal} {words}"] = np.mean(alarm == (goal == "alarm"))
    else:
        quiet = rows.train[score(rows.train) <= threshold]
        moves = rows.high > rows.low
        share = (rows.high - rows.low)[moves]
        far = [(np.abs(quiet - row)[:, moves] / share).max(axis=1).min() for row in X]
        found["copy"] = np.median(far)
    return found


def silenced_by_noise(score, threshold, X, sizes, rows, seed):
    """Return the share that is silent when each entry goes to an end of the ball by chance."""
    generator = np.random.default_rng(seed)
    balls = np.where(np.isfinite(sizes), sizes, 0).reshape(-1, *[1] * (X.ndim - 1))
    balls = balls * (rows.high - rows.low)
    low, high = np.minimum(rows.low, X), np.maximum(rows.high, X)
    draws = (generator.choice([-1, 1], X.shape) * balls for _ in range(DRAWS))
    return np.mean([score(np.clip(X + draw, low, high)) <= threshold for draw in draws])


def of_tables(seeds=SEEDS):
    """Return a table: data, detector, way, seed, and what was measured."""
    lines = []
    for seed in seeds:
        for name, rows in tables(seed).items():
            kinds = {kind: make(seed=seed) for kind, make in NETWORKS.items()}
            kinds["its untrained twin"] = detectors.AutoEncoder(
                seed=seed, steps=1, learning_rate=1e-12
            )
            kinds |= {
                "isolation forest": IsolationForest(random_state=seed),
                "fifth neighbour": make_pipeline(StandardScaler(), baselines.KNearestNeighbours()),
                "largest |z|": baselines.ZScore(),
            }
            for kind, detector in kinds.items():
                detector.fit(rows.train)
                threshold = np.quantile(explain.scores_of(detector)(rows.train), USUAL)
                slopes = hasattr(detector, "score_gradients")
                for way in ("gradients", "search") if slopes else ("search",):
                    found = measured(detector, rows, threshold, way, seed)
                    line = {"data": name, "detector": kind, "way": way, "seed": seed}
                    lines.append(line | found)
        print(f"tables, seed {seed}", flush=True)
    return pd.DataFrame(lines)


def of_variants(seeds=SEEDS):
    """Return a table: data, variant, seed, and what was measured, of AutoEncoder by gradients."""
    lines = []
    for seed in seeds:
        for name, rows in tables(seed).items():
            for variant, choices in VARIANTS.items():
                noise = NOISE.get(variant, 0) * rows.train.std(axis=0)
                noise = noise * np.random.default_rng(seed).normal(size=rows.train.shape)
                detector = detectors.AutoEncoder(seed=seed, **choices).fit(rows.train + noise)
                if variant.startswith("rows clipped"):
                    detector = Clipped(detector, rows.low, rows.high)
                threshold = np.quantile(detector.decision_function(rows.train), USUAL)
                found = measured(detector, rows, threshold, "gradients", seed)
                lines.append({"data": name, "variant": variant, "seed": seed} | found)
        print(f"variants, seed {seed}", flush=True)
    return pd.DataFrame(lines)


def of_images(seeds=SEEDS):
    """Return a table as ``of_tables`` does, for PatchCore on brick."""
    lines = []
    for seed in seeds:
        rows = pictures(seed)
        detector = detectors.PatchCore(sizes=(160,), seed=seed).fit(rows.train)
        for way in ("gradients", "search"):
            found = measured(detector, rows, detector.threshold_, way, seed)
            lines.append({"detector": "PatchCore", "way": way, "seed": seed} | found)
        print(f"images, seed {seed}", flush=True)
    return pd.DataFrame(lines)


SHOWN = {
    "silence": "silences [% of range]",
    "silence found": "found [%]",
    "copy": "nearest quiet training row [% of range]",
    "noise": "noise of that size silences [%]",
    "alarm": "raises an alarm [% of range]",
    "alarm found": "found, alarms [%]",
    "silence rounded": "silent, rounded to 8 bits [%]",
    "silence one step": "silent by one of 255 steps with the same signs [%]",
    "alarm rounded": "alarms, rounded to 8 bits [%]",
    "alarm one step": "alarms by one of 255 steps with the same signs [%]",
    "flagged": "anomalies flagged [%]",
    "flagged normal": "normal rows flagged [%]",
}


def shown(table, by):
    """Return means ± standard deviations over the seeds as Markdown, in per cent."""
    names = {name: words for name, words in SHOWN.items() if name in table}
    grouped = table.groupby(by, sort=False)[list(names)]
    text = grouped.agg(_in_percent)
    return text.rename(columns=names).reset_index().to_markdown(index=False)


def _in_percent(each):
    """Return mean ± standard deviation of shares; a median of inf is a change not found."""
    found = each[np.isfinite(each)]
    if len(found) < len(each):
        return f"none in {len(each) - len(found)} of {len(each)} seeds"
    return f"{100 * found.mean():.2f} ± {100 * found.std():.2f}"


def compared(table, usual="members=8"):
    """Return what each variant changes, seed by seed, as Markdown."""
    measures = {"silence": "silences", "alarm": "raises an alarm", "flagged": "anomalies flagged"}
    indexed = table.set_index(["data", "variant", "seed"])[list(measures)]
    lines = []
    for name, variant in indexed.index.droplevel("seed").unique():
        if variant == usual:
            continue
        apart = 100 * (indexed.loc[name, variant] - indexed.loc[name, usual])
        line = {"data": name, "variant": variant}
        for measure, words in measures.items():
            each = apart[measure]
            line[f"{words} [points]"] = f"{each.mean():+.2f} ± {each.std():.2f}"
            line[f"{words}: seeds up"] = f"{int((each > 0).sum())} of {len(each)}"
        lines.append(line)
    return pd.DataFrame(lines).to_markdown(index=False)


def report():
    """Return the report as Markdown."""
    start, started = conditions("scikit-learn", "torch"), time.process_time()
    whole, variants, images = of_tables(), of_variants(), of_images()
    spread = {
        name: 100 * np.median(rows.train.std(axis=0) / (rows.high - rows.low))
        for name, rows in tables(0).items()
    }
    seconds = pd.concat([whole, images]).groupby(["detector", "way"], sort=False)["seconds"]
    return "\n".join(
        [
            "# Robustness: how small a change turns a decision?",
            "",
            f"At the start: {start}",
            "",
            f"{' '.join(__doc__.split('.md')[1].split())} Mean ± standard deviation (ddof 1) over "
            f"{len(SEEDS)} seeds of the median over up to {CHANGED} rows; {ASKED} scores and "
            "slopes for each row. Noise: each entry to one of the two ends of its interval, by "
            f"chance, {DRAWS} times. A column's own standard deviation is "
            + ", ".join(f"{each:.1f} % of its range for {name}" for name, each in spread.items())
            + " (median over the columns).",
            "",
            "## Tables",
            "",
            shown(whole, ["data", "detector", "way"]),
            "",
            "## What is said to help: AutoEncoder, by gradients",
            "",
            shown(variants, ["data", "variant"]),
            "",
            "Against members=8, seed by seed, in points of per cent:",
            "",
            compared(variants),
            "",
            "## Images: PatchCore on brick",
            "",
            f"{IMAGES_CHANGED} images each way and seed, {IMAGES_ASKED} scores and slopes each; "
            "100 % is the way from black to white, and one step of 8 bits is 0.39 %.",
            "",
            shown(images, ["detector", "way"]),
            "",
            "Processor seconds for a row or an image, mean:",
            "",
            seconds.mean().round(4).reset_index().to_markdown(index=False),
            "",
            f"All of it took {time.process_time() - started:.0f} s of the processor. "
            f"At the end: {conditions('scikit-learn', 'torch')}",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(command(report, __doc__))
