"""Crops of real textures with defects painted in: four kinds of defect, a mask for each."""

from __future__ import annotations

import io
from functools import partial

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.store.embedded import read_embedded

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, gaussian_filter1d

TEXTURES = ("brick", "grass", "gravel")
DEFECTS = ("scratch", "hole", "stain", "missing thread")
SMALLEST, LARGEST = 32, 160


def make_textures(texture="brick", rows=240, anomalies=10, size=64, seed=0):
    """Return crops of a photographed texture, some with a painted defect and its mask.

    The photographs are real (brick, grass and gravel, 512 × 512 pixels, CC0, from scikit-image);
    the defects are made up:

    - "scratch": a thin curved line, brighter or darker than what it crosses;
    - "hole": a dark round patch of irregular outline in which the texture is gone;
    - "stain": a soft patch that is darker or brighter, the texture shows through;
    - "missing thread": a straight narrow strip in which the texture is smeared along it.

    The photograph is cut into square fields, and each crop lies in one of them, whose number is
    its group: crops of different groups share no pixel, so a split by groups leaks nothing.

    Parameters
    ----------
    texture : {"brick", "grass", "gravel"}
        Which photograph.
    rows : int
        How many images, with and without defect.
    anomalies : int
        How many images of each kind of defect; four times as many must be less than `rows`.
    size : int
        Height and width in pixels, 32 to 160. There are 16 fields up to 64 pixels, 9 up to 112
        and 4 above.
    seed : int
        One seed, one data set.

    Returns
    -------
    AnomalyData
        X (rows, size, size) uint8, grey, in random order; kinds; masks; groups.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form.
    FileNotFoundError, RuntimeError
        If the photograph is missing or damaged.
    """
    checks.one_of(texture, "texture", TEXTURES)
    anomalies = checks.positive_integer(anomalies, "anomalies")
    rows = checks.integer_in_range(rows, "rows", len(DEFECTS) * anomalies + 1)
    size = checks.integer_in_range(size, "size", SMALLEST, LARGEST)
    generator = np.random.default_rng(checks.as_seed(seed, "seed"))
    order = generator.permutation(rows)
    kinds = np.repeat(["", *DEFECTS], [rows - len(DEFECTS) * anomalies, *[anomalies] * 4])[order]
    fields = 4 if size <= 64 else 3 if size <= 112 else 2  # along each side of the photograph
    groups = (np.arange(rows) % fields**2)[order]  # each kind is spread over the fields
    photograph = _photograph(texture)
    images = np.empty((rows, size, size), dtype=np.uint8)
    masks = np.zeros((rows, size, size), dtype=bool)
    for row, kind in enumerate(kinds):
        crop = _crop(photograph, size, fields, groups[row], generator)
        if kind:
            crop, masks[row] = _PAINT[str(kind)](crop, generator)
        images[row] = _exposed(crop, generator)
    return AnomalyData(
        X=images,
        y=kinds != "",
        feature_names=(),
        name=f"Texture, {texture}",
        source=f"{texture}.png of scikit-image, defects by course_utils.data.simulators.textures",
        licence="CC0",
        kinds=kinds,
        groups=groups,
        masks=masks,
    )


def _photograph(texture):
    """Return the whole photograph, (512, 512) float64 from 0 to 255."""
    return np.asarray(Image.open(io.BytesIO(read_embedded(texture))), dtype=np.float64)


def _crop(photograph, size, fields, group, generator):
    """Return a crop (size, size) from inside one of the fields, flipped at random."""
    edge = len(photograph) // fields
    corner = np.array(divmod(group, fields)) * edge
    top, left = corner + generator.integers(0, edge - size + 1, 2)
    down, right = generator.choice([-1, 1], 2)
    return photograph[top : top + size, left : left + size][::down, ::right]


def _exposed(crop, generator):
    """Return a crop as a camera would: other light, some noise, whole numbers from 0 to 255."""
    gain, offset = generator.uniform(0.85, 1.15), generator.uniform(-12, 12)
    noise = 2 * generator.standard_normal(crop.shape)
    return np.clip(np.rint(gain * crop + offset + noise), 0, 255).astype(np.uint8)


# --- the defects: each paints `new` over the crop with weights from 0 to 1; where a weight is
# --- above a half, the mask is True


def _blend(crop, new, weights):
    return crop + weights * (new - crop), weights > 0.5


def _scratch(crop, generator):
    """A piece of a parabola, 0.4 to 0.8 of the size long and 1 to 2 pixels wide."""
    size = len(crop)
    angle = generator.uniform(0, np.pi)
    half = generator.uniform(0.2, 0.4) * size
    centre = generator.uniform(0.4, 0.6, 2) * size
    bend = generator.uniform(-0.12, 0.12) * size
    width = generator.uniform(0.5, 0.9) * (size / 64) ** 0.5  # standard deviation, pixels
    down, right = np.indices(crop.shape) - centre[:, None, None]
    along = np.cos(angle) * right + np.sin(angle) * down
    across = np.cos(angle) * down - np.sin(angle) * right
    slope = -2 * bend * along / half**2
    distance = (across - bend * (1 - (along / half) ** 2)) / np.hypot(1, slope)
    weights = np.exp(-((distance / width) ** 2) / 2) * _step(half - np.abs(along))
    depth = generator.choice([-1, 1]) * generator.uniform(1.4, 2.0) * max(crop.std(), 15)
    return _blend(crop, crop.mean() + depth, weights)


def _hole(crop, generator):
    """A patch of radius 0.06 to 0.11 of the size, darker by a tenth than 98 % of the crop."""
    weights = _patch(crop, generator, (0.06, 0.11), softness=0.02)
    dark = 0.9 * np.quantile(crop, 0.02) + 0.15 * (gaussian_filter(crop, 3) - crop.mean())
    return _blend(crop, dark, weights)


def _stain(crop, generator):
    """A patch of radius 0.12 to 0.22 of the size, 25 to 35 % darker or brighter, less detailed."""
    weights = _patch(crop, generator, (0.12, 0.22), softness=0.06)
    tint = 1 + generator.choice([-1, 1]) * generator.uniform(0.25, 0.35)
    return _blend(crop, tint * (crop + gaussian_filter(crop, 2)) / 2, weights)


def _missing_thread(crop, generator):
    """A strip of 0.04 to 0.06 of the size, upright or level, with the texture smeared along it."""
    size = len(crop)
    turn = partial(np.swapaxes, axis1=0, axis2=1) if generator.random() < 0.5 else np.asarray
    width = generator.uniform(0.04, 0.06) * size
    length = generator.uniform(0.5, 0.9) * size
    middle = generator.uniform(0.15, 0.85) * size, generator.uniform(0.45, 0.55) * size
    place = np.arange(size)
    over = _step((width / 2 - np.abs(place - middle[0])) / 0.5)  # (size,) across the strip
    on = _step((length / 2 - np.abs(place - middle[1])) / 1.5)  # (size,) along the strip
    smeared = gaussian_filter1d(turn(crop), size / 8, axis=0)  # rows run along the strip
    weights = on[:, None] * over[None, :]
    return _blend(crop, turn(0.8 * smeared), turn(weights))


def _patch(crop, generator, radii, softness):
    """Return weights of a round patch whose radius varies with the angle, (size, size)."""
    size = len(crop)
    centre = generator.uniform(0.2, 0.8, 2) * size
    down, right = np.indices(crop.shape) - centre[:, None, None]
    angle = np.arctan2(down, right)
    radius = np.full(crop.shape, generator.uniform(*radii))
    for waves in (2, 3, 5):
        phase = generator.uniform(0, 2 * np.pi)
        radius *= 1 + generator.uniform(0, 0.5 / waves) * np.cos(waves * angle + phase)
    return _step((radius - np.hypot(down, right) / size) / softness)


def _step(signed_distance):
    """Return 1 inside, 0 outside and a soft edge where the distance is from -1 to 1."""
    return (1 + np.tanh(2 * signed_distance)) / 2


_PAINT = {
    "scratch": _scratch,
    "hole": _hole,
    "stain": _stain,
    "missing thread": _missing_thread,
}
