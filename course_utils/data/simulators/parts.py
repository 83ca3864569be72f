"""Parts that a camera and a row of thermometers see: defects of the one, the other, and both."""

from __future__ import annotations

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.simulators.textures import DEFECTS, make_textures

import numpy as np

MATERIALS = ("brick", "gravel")
KINDS = ("surface", "hot zone", "burn", "mismatch")
SENSORS = 16
FIELDS = 16  # of each photograph, `make_textures` cuts crops of 64 pixels from that many


def make_parts(rows=600, anomalies=24, seed=0):
    """Return pictures of parts, and the temperatures along the same parts as they leave an oven.

    Half of the parts are of brick and half of gravel. A part of brick is hotter in its middle, one
    of gravel at its ends. Kinds:

    - "surface": one of the four defects of `make_textures`; the temperatures are as usual;
    - "hot zone": some neighbouring thermometers read more; the picture is as usual;
    - "burn": both at once;
    - "mismatch": the picture of the one material and the temperatures of the other. Each of the
      two is as usual, and only both together are wrong.

    Parameters
    ----------
    rows : int
        How many parts, an even number.
    anomalies : int
        How many of each kind, a multiple of 4; four times as many must be less than `rows`.
    seed : int
        One seed, one set of parts.

    Returns
    -------
    pictures : AnomalyData
        X (rows, 64, 64) uint8, in random order; kinds; groups: the material's number times 16
        plus the field of its photograph. Pictures of two groups share no pixel.
    temperatures : AnomalyData
        X (rows, 16), the temperatures of the same parts [°C]; `y`, `kinds` and `groups` are equal.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    FileNotFoundError, RuntimeError
        If a photograph is missing or damaged.
    """
    anomalies = checks.integer_in_range(anomalies, "anomalies", 4)
    rows = checks.integer_in_range(rows, "rows", 4 * anomalies + 1)
    for name, number, step in (("rows", rows, 2), ("anomalies", anomalies, 4)):
        if number % step:
            raise ValueError(f"{name} is {number}; a multiple of {step} is expected.")
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    half, each = rows // 2, anomalies // len(DEFECTS)
    seeds = generator.integers(2**31, size=len(MATERIALS))
    textures = [
        make_textures(material, half, each, seed=int(number))
        for material, number in zip(MATERIALS, seeds, strict=True)
    ]
    material = np.repeat([0, 1], half)
    kinds = np.concatenate([_kinds(part.kinds, anomalies // 2) for part in textures])
    order = generator.permutation(rows)
    facts = {
        "y": kinds[order] != "",
        "licence": "CC0 (the photographs); MIT, as the code",
        "kinds": kinds[order],
        "groups": (np.concatenate([part.groups for part in textures]) + FIELDS * material)[order],
    }
    source = "course_utils.data.simulators.parts"
    pictures = AnomalyData(
        X=np.concatenate([part.X for part in textures])[order],
        feature_names=(),
        name="Parts, pictures",
        source=f"brick.png and gravel.png of scikit-image, defects by {source}",
        **facts,
    )
    temperatures = AnomalyData(
        X=_temperatures(material, kinds, generator)[order],
        feature_names=tuple(f"thermometer {number} [°C]" for number in range(1, SENSORS + 1)),
        name="Parts, temperatures",
        source=f"simulated by {source}",
        **facts,
    )
    return pictures, temperatures


def _kinds(defects, count):
    """Return the kinds of one material's parts, `count` of each, from the pictures' defects."""
    kinds = np.full(len(defects), "", dtype="<U8")
    damaged = np.argsort(defects, kind="stable")[-2 * count :]  # defect by defect; "" come first
    kinds[damaged[::2]], kinds[damaged[1::2]] = "surface", "burn"
    intact = np.flatnonzero(kinds == "")
    kinds[intact[:count]], kinds[intact[count : 2 * count]] = "hot zone", "mismatch"
    return kinds


def _temperatures(material, kinds, generator):
    """Return what the thermometers read, (rows, SENSORS) in °C."""
    rows, place = len(kinds), np.linspace(-1, 1, SENSORS)
    looks = np.where(kinds == "mismatch", 1 - material, material)
    bow = 6 * (1 - 2 * looks)[:, None] * (0.5 - place**2)  # °C; brick is hotter in its middle
    level = generator.normal(180, 4, (rows, 1))
    slope = generator.normal(0, 1.5, (rows, 1)) * place
    noise = generator.normal(0, 1.2, (rows, SENSORS))
    zone = generator.uniform(-0.8, 0.8, (rows, 1))
    heat = generator.uniform(4, 9, (rows, 1)) * np.exp(-(((place - zone) / 0.2) ** 2))
    hot = np.isin(kinds, ("hot zone", "burn"))[:, None]
    return np.round(level + bow + slope + noise + hot * heat, 1)
