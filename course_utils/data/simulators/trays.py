"""Trays of real coins, two large and two small: what is wrong with a coin, or with the tray."""

from __future__ import annotations

import io

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.store.embedded import read_embedded

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, rotate

LOGICAL = ("missing", "extra", "swapped")
STRUCTURAL = ("scratch", "stain")
SIDE = 96
PLACES = np.stack(np.divmod(np.arange(9), 3), axis=1) * 31 + 16.5  # three by three, pixels
LARGE = ((44, 334, 28), (186, 347, 31), (260, 46, 27), (261, 172, 26))  # row, column, radius
SMALL = (
    (56, 100, 18), (54, 275, 18), (125, 102, 18), (127, 154, 18),
    (125, 336, 19), (197, 43, 18), (198, 154, 19), (124, 205, 19),
)  # fmt: skip
SCALE = 0.47  # a pixel of the picture in pixels of a tray


def make_trays(rows=400, anomalies=20, seed=0):
    """Return pictures of trays with coins, each of which should hold two large and two small.

    The coins are those of a photograph of the Brooklyn Museum (coins.png of scikit-image). The
    four lie in any of the nine places of a tray, each turned and moved a little. Kinds:

    - "missing": there are three coins; "extra": there is a fifth, a small one; "swapped": three
      are large or three small. These are *logical*: each coin is as it should be.
    - "scratch": a thin line runs over a coin; "stain": a soft dark or bright patch lies on one.
      These are *structural*: two large, two small, but one is damaged.

    Parameters
    ----------
    rows : int
        How many trays.
    anomalies : int
        How many of each kind; five times as many must be less than `rows`.
    seed : int
        One seed, one set of trays.

    Returns
    -------
    AnomalyData
        X (rows, 96, 96) uint8, grey, in random order; kinds.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    FileNotFoundError, RuntimeError
        If the photograph is missing or damaged.
    """
    anomalies = checks.positive_integer(anomalies, "anomalies")
    names = LOGICAL + STRUCTURAL
    rows = checks.integer_in_range(rows, "rows", len(names) * anomalies + 1)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    counts = [rows - len(names) * anomalies, *[anomalies] * len(names)]
    kinds = generator.permutation(np.repeat(["", *names], counts))
    picture = np.asarray(Image.open(io.BytesIO(read_embedded("coins"))), dtype=float)
    coins = [[_cut(picture, *place) for place in places] for places in (LARGE, SMALL)]
    return AnomalyData(
        X=np.stack([_tray(kind, coins, generator) for kind in kinds]),
        y=kinds != "",
        feature_names=(),
        name="Trays of coins",
        source="coins.png of scikit-image, trays by course_utils.data.simulators.trays",
        licence="no known copyright restrictions (the photograph); MIT, as the code",
        kinds=kinds,
    )


def _cut(picture, row, column, radius):
    """Return a coin in a square at the trays' scale, from 0 to 255, and its radius."""
    half = radius + 3
    box = Image.fromarray(picture).crop((column - half, row - half, column + half, row + half))
    size = [round(2 * half * SCALE)] * 2
    return np.asarray(box.resize(size, Image.Resampling.BICUBIC)), radius * SCALE


def _tray(kind, coins, generator):
    """Return one tray, (96, 96) uint8."""
    cloth = gaussian_filter(generator.standard_normal((SIDE, SIDE)), 1.2)
    tray = 50 + 14 * cloth + np.linspace(*generator.uniform(-8, 8, 2), SIDE)
    sizes = np.array([0, 0, 1, 1, 1][: 4 + (kind == "extra")])  # 0 for a large coin
    chosen = generator.integers(4)
    if kind == "swapped":
        sizes[chosen] = 1 - sizes[chosen]
    places = generator.permutation(PLACES) + generator.uniform(-1.5, 1.5, PLACES.shape)
    for number, size in enumerate(sizes):
        if kind != "missing" or number != chosen:
            _lay(tray, coins[size], places[number], kind if number == chosen else "", generator)
    gain, offset = generator.uniform(0.85, 1.15), generator.uniform(-10, 10)
    tray = gain * tray + offset + 2 * generator.standard_normal(tray.shape)
    return np.clip(np.rint(tray), 0, 255).astype(np.uint8)


def _lay(tray, coins, place, damage, generator):
    """Lay one of the coins on the tray, turned at random, scratched or stained if so."""
    coin, radius = coins[generator.integers(len(coins))]
    coin = rotate(coin, generator.uniform(0, 360), reshape=False, order=1, mode="nearest")
    middle = (len(coin) - 1) / 2
    down, right = np.indices(coin.shape) - middle
    inside = np.clip(radius - np.hypot(down, right), 0, 1)
    if damage == "scratch":
        angle, off = generator.uniform(0, np.pi), generator.uniform(-0.5, 0.5) * radius
        line = np.abs(np.cos(angle) * down + np.sin(angle) * right - off)
        coin = coin + np.clip(1.3 - line, 0, 1) * (generator.choice([35.0, 235.0]) - coin) * 0.8
    if damage == "stain":
        spot = generator.uniform(-0.4, 0.4, 2) * radius
        far = np.hypot(down - spot[0], right - spot[1]) / (generator.uniform(0.4, 0.6) * radius)
        coin = coin * (1 + generator.choice([-0.45, 0.45]) * np.exp(-(far**4)))
    top, left = np.rint(place - middle).astype(int)
    part = tray[top : top + len(coin), left : left + len(coin)]
    part += inside * (coin - part)
