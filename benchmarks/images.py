"""Detectors of images on photographs of magnetic tiles: quality, time and memory.

Needs the extra `benchmark` and the magnetic tiles:

    python -m pip install -e ".[benchmark]"
    python -m course_utils data get magnetic_tiles
    python benchmarks/images.py --report benchmarks/images.md

Each detector is trained on half of the tiles without defect and tested on the other half, the
blowholes and the cracks. The half is drawn at random, or tile by tile, so that no photograph of a
tile that was trained on is in the test. Each measurement runs in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course_utils import data, detectors, evaluation, thresholds
from course_utils.backbone import feature_maps, load_backbone
from course_utils.baselines import KNearestNeighbours
from course_utils.detectors.core_set import greedy_core_set
from course_utils.images import Images, prepared

import numpy as np
import pandas as pd
import torch
from machine import conditions, peak_memory
from reports import show

SIDE = 256  # pixels of the photographs as they are handed over
SEEDS = (0, 1, 2)
CUTS = ("random", "by tile")
LEVEL_RUNS = (("random", False), ("by tile", False), ("by tile", True))  # whole tiles left out
WITH_LEVELS = ("PatchCore", "PaDiM")
PROMISED = (0.01, 0.05, 0.1)
LEVELS = """Mean ± standard deviation over three seeds. *promised*: the level leaves so many of the
training images above it, each scored by what was learned from other images, or from images of
other tiles (`groups=`); the number is the share of free test tiles above it. *found*: the flawed
tiles above the level that so many of the free test tiles exceed, which is only known afterwards.
"""


class PooledNeighbours:
    """Distances between whole images, described by the mean of a block's features."""

    def fit(self, X):
        self.network = load_backbone()
        self.inner = KNearestNeighbours().fit(self._described(X))
        return self

    def decision_function(self, X):
        return self.inner.decision_function(self._described(X))

    def _described(self, X):
        images, found = Images(X), []
        with torch.inference_mode():
            for row in range(len(images)):
                pixels = prepared(images, row, row + 1, 160)
                found.append(feature_maps(self.network, pixels, (14,))[0].mean(dim=(2, 3)))
        return torch.cat(found).numpy()


class PixelNeighbours:
    """Distances between whole images, pixel by pixel, at 32 by 32."""

    def fit(self, X):
        self.inner = KNearestNeighbours().fit(self._rows(X))
        return self

    def decision_function(self, X):
        return self.inner.decision_function(self._rows(X))

    def _rows(self, X):
        return prepared(Images(X), 0, len(X), 32)[:, 0].flatten(1).numpy()


CONTESTANTS = {
    "PatchCore": detectors.PatchCore,
    "PaDiM": detectors.PaDiM,
    "pooled features, neighbours": PooledNeighbours,
    "raw pixels, neighbours": PixelNeighbours,
}


def halves(tiles, cut, seed):
    """Return the rows to train on and those to test on."""
    free = np.flatnonzero(tiles.y == 0)
    draw = np.random.default_rng(seed)
    if cut == "random":
        train = np.sort(draw.permutation(free)[: len(free) // 2])
    else:
        groups = draw.permutation(np.unique(tiles.groups[free]))
        sizes = np.array([np.sum(tiles.groups[free] == group) for group in groups])
        chosen = groups[: np.searchsorted(np.cumsum(sizes), len(free) // 2) + 1]
        train = free[np.isin(tiles.groups[free], chosen)]
    return train, np.setdiff1d(np.arange(len(tiles)), train)


def child(name, cut, seed):
    """Measure one detector on one cut in this process and print the numbers as JSON."""
    tiles = data.load_magnetic_tiles(size=SIDE)
    train, test = halves(tiles, cut, seed)
    X, kinds = tiles.X[test], tiles.kinds[test]
    before = peak_memory()
    started = time.perf_counter()
    detector = CONTESTANTS[name]().fit(tiles.X[train])
    fitted = time.perf_counter()
    scores = detector.decision_function(X)
    scored = time.perf_counter()
    found = {"AUROC": evaluation.auroc(kinds != "", scores)}
    for kind, other in (("blowhole", "crack"), ("crack", "blowhole")):
        kept = kinds != other
        found[f"{kind}s, AUROC"] = evaluation.auroc(kinds[kept] != "", scores[kept])
    if hasattr(detector, "heatmap"):
        maps = detector.heatmap(X)
        found["pixel AUROC"] = evaluation.pixel_auroc(tiles.masks[test], maps)
        found["AUPRO"] = evaluation.aupro(tiles.masks[test], maps)
        normal = scores[kinds == ""] > detector.threshold_
        found["false alarms [%]"] = 100 * normal.mean()
    found["fit [s]"] = fitted - started
    found["score [ms/image]"] = 1e3 * (scored - fitted) / len(X)
    after = peak_memory()
    found["memory gained [MB]"] = (after - before) / 1e6
    print(json.dumps(found))


def tiles_table():
    """Return means over the seeds for every detector and cut."""
    rows = []
    for cut in CUTS:
        for name in CONTESTANTS:
            for seed in SEEDS:
                command = [sys.executable, __file__, "--child", name, cut, str(seed)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                rows.append({"half": cut, "detector": name} | json.loads(done.stdout))
                print(cut, name, seed, rows[-1]["AUROC"], flush=True)
    return pd.DataFrame(rows).groupby(["half", "detector"], sort=False).mean().reset_index()


def levels_table(runs=LEVEL_RUNS):
    """Return the false alarms that levels deliver, and what is found at a given share of them."""
    tiles, rows = data.load_magnetic_tiles(size=SIDE), []
    for cut, grouped in runs:
        for name in WITH_LEVELS:
            for seed in SEEDS:
                train, test = halves(tiles, cut, seed)
                groups = tiles.groups[train] if grouped else None
                detector = CONTESTANTS[name]().fit(tiles.X[train], groups=groups)
                scores, flawed = detector.decision_function(tiles.X[test]), tiles.y[test] == 1
                free = scores[~flawed]
                left_out = "tiles" if grouped else "images"
                row = {"half": cut, "left out": left_out, "detector": name}
                for share in PROMISED:
                    level = thresholds.quantile(detector.decision_scores_, share)
                    row[f"promised {share:.0%} [%]"] = 100 * np.mean(free > level)
                for share in PROMISED:
                    level = thresholds.quantile(free, share)
                    row[f"found at {share:.0%} [%]"] = 100 * np.mean(scores[flawed] > level)
                rows.append(row)
                print(row, flush=True)
    each = pd.DataFrame(rows).groupby(["half", "left out", "detector"], sort=False)
    text = each.mean().round(1).astype(str) + " ± " + each.std().round(1).astype(str)
    return text.reset_index()


def core_set_table():
    """Return the seconds that a core-set of 100,000 patches takes."""
    patches = torch.randn(100_000, 192, generator=torch.Generator().manual_seed(0))
    started = time.perf_counter()
    greedy_core_set(patches, 5_000, torch.Generator().manual_seed(0))
    seconds = time.perf_counter() - started
    return pd.DataFrame([{"patches": 100_000, "chosen": 5_000, "seconds": seconds}])


def files_table():
    """Return the milliseconds that PatchCore takes for a photograph of 224 pixels, from a file."""
    from PIL import Image

    pictures = data.make_textures("gravel", rows=120, anomalies=10, size=160).X
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, each in enumerate(pictures):
            paths.append(Path(folder) / f"{number}.png")
            Image.fromarray(each).resize((224, 224)).save(paths[-1])
        detector = detectors.PatchCore().fit(paths[:60])
        started = time.perf_counter()
        detector.decision_function(paths[60:])
        seconds = time.perf_counter() - started
    return pd.DataFrame([{"images": 60, "score [ms/image]": 1e3 * seconds / 60}])


def main(arguments=None):
    """Measure and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        child(asked.child[0], asked.child[1], int(asked.child[2]))
        return 0
    parts = ["# Detectors of images", "", f"At the start: {conditions('torch')}", ""]
    parts += ["## Magnetic tiles, half of the free ones to train on, mean of three seeds", ""]
    parts += [tiles_table().round(3).astype(object).fillna("").to_markdown(index=False), ""]
    parts += ["## Levels: false alarms promised and delivered; flawed tiles found at a level", ""]
    parts += [LEVELS, levels_table().to_markdown(index=False), ""]
    parts += ["## Greedy core-set", "", core_set_table().round(1).to_markdown(index=False), ""]
    parts += ["## PatchCore from files", "", files_table().round(1).to_markdown(index=False), ""]
    text = "\n".join([*parts, f"At the end: {conditions('torch')}", ""])
    show(text, asked.report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
