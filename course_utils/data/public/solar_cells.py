"""Solar cells by their own light: the ELPV pictures, which a user brings himself."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.public import image_files
from course_utils.data.public.reading import read_lines, shown, wrong_line

import numpy as np
from PIL import Image

CELLS = ("all", "mono", "poly")
PROBABILITIES = (0, 1 / 3, 2 / 3, 1)  # functional, perhaps; defective, perhaps: of one opinion
PLACES = (".", "data", "elpv_dataset/data", "src/elpv_dataset/data")  # below the user's folder
CELLS_OF_A_MODULE = 60  # of most; with it, the file's runs of one material make 44 blocks
SIDES = (8, 300)  # pixels, of the pictures that are handed out
FILE_LIMIT = 4 * 2**20  # bytes; the largest picture has some 60,000
PIXEL_LIMIT = 1_000_000
ROWS_LIMIT = 100_000


def load_solar_cells(folder=None, cells="all", size=128, doubtful=True):
    """Return photographs of solar cells that glow under current: what is dark does not work.

    The pictures are yours to get (91 MB), for their licence forbids commercial use and asks that
    what is made of them is shared alike: CC BY-NC-SA 4.0.

    An anomaly is a cell whose probability of a defect is at least 0.5 in the set's list, which
    knows four values: 0 (functional), 1/3 (functional, with doubt), 2/3 (defective, with doubt)
    and 1 (defective).

    Groups are blocks of the file, and a guess at the modules that the cells were cut from: the
    set has 44 modules, of one material each, and does not number them. Each run of cells of one
    material in the file is cut into nearly equal blocks of about 60 cells.

    Parameters
    ----------
    folder : Path or str, optional
        The folder with `labels.csv` and `images`, or the unpacked package, or a clone of its
        repository. None: where the course unpacked it.
    cells : {"all", "mono", "poly"}
        The material: a single crystal, many crystals, or both.
    size : int, or (int, int)
        Height and width, or one number for both, from 8 to 300 pixels; the files have 300 × 300.
        A pixel of the result is the mean of the area that it covers.
    doubtful : bool
        Whether cells with the probabilities 1/3 and 2/3 are kept.

    Returns
    -------
    AnomalyData
        X (n, size, size) uint8, grey, in the order of the file; kinds "mono" and "poly"; groups,
        which are the same whatever is left out.

    Raises
    ------
    DownloadError
        If `folder` is None and the set was not unpacked yet; the message says how.
    FileNotFoundError
        If `folder` has no `labels.csv`, or a picture that it names is not there.
    TypeError, ValueError
        If an argument is not of that form, or a file is not as expected (the message names it).
    """
    checks.one_of(cells, "cells", CELLS)
    if not isinstance(doubtful, bool):
        raise TypeError(f"doubtful is {checks.describe(doubtful)}; True or False is expected.")
    height, width = image_files.as_size(size, *SIDES)
    if folder is None:
        from course_utils.data.store import download

        folder = download.fetch("solar_cells")
    labels = _labels_of(Path(folder))
    names, probabilities, materials = _read_labels(labels)
    kept = (materials == cells) | (cells == "all")
    if not doubtful:
        kept &= (probabilities == 0) | (probabilities == 1)
    if not kept.any():
        raise ValueError(f"{labels} lists no cell that is asked for (cells {cells!r}).")
    images = np.empty((kept.sum(), height, width), dtype=np.uint8)
    for row, name in enumerate(names[kept]):
        images[row] = _read_cell(labels.parent / name, (height, width))
    defective = probabilities[kept] >= 0.5
    return AnomalyData(
        X=images,
        y=defective,
        feature_names=(),
        name="Solar cells" if cells == "all" else f"Solar cells, {cells}",
        source="C. Buerhop-Lutz, S. Deitsch and others, github.com/zae-bayern/elpv-dataset",
        licence="CC BY-NC-SA 4.0",
        kinds=np.where(defective, materials[kept], ""),
        groups=_blocks(materials)[kept],
    )


def _labels_of(folder):
    for place in PLACES:
        if (folder / place / "labels.csv").is_file():
            return folder / place / "labels.csv"
    raise FileNotFoundError(
        f"{folder} has no labels.csv, neither itself nor in {', '.join(PLACES[1:])}. Name the "
        "unpacked package elpv-dataset, or its folder data."
    )


def _read_labels(path):
    """Return names of files, probabilities of a defect and materials, (n,) each."""
    lines = read_lines(path)
    if len(lines) > ROWS_LIMIT:
        raise ValueError(f"{path.name} has {len(lines):,} lines; at most {ROWS_LIMIT:,} expected.")
    rows = [_as_label(line, path, number) for number, line in enumerate(lines, start=1)]
    names, probabilities, materials = zip(*rows, strict=True)
    return np.array(names), np.array(probabilities), np.array(materials)


def _as_label(line, path, number):
    """Return ("images/cell0001.png", 1 / 3, "mono") for such a line."""
    fields = line.split()
    if len(fields) != 3:
        expected = "a picture, a probability and a material are expected"
        raise wrong_line(path, number, f"has {shown(line)}; {expected}")
    name, probability, material = fields
    if re.fullmatch(r"images/\w{1,80}\.png", name, re.ASCII) is None:
        expected = "a name like images/cell0001.png is expected"
        raise wrong_line(path, number, f"has {shown(name)}; {expected}")
    if material not in CELLS[1:]:
        raise wrong_line(path, number, f"has {shown(material)}; mono or poly is expected")
    if re.fullmatch(r"[01](\.\d{1,30})?", probability, re.ASCII):
        for known in PROBABILITIES:
            if abs(float(probability) - known) < 0.01:
                return name, known, material
    raise wrong_line(path, number, f"has {shown(probability)}; 0, 1/3, 2/3 or 1 is expected")


def _blocks(materials):
    """Return the number of each cell's block, (n,): nearly equal parts of a run of a material."""
    numbers, before = [], 0
    for _, run in groupby(materials):
        length = len(list(run))
        count = max(1, round(length / CELLS_OF_A_MODULE))
        numbers.append(before + np.arange(length) * count // length)
        before += count
    return np.concatenate(numbers)


def _read_cell(path, size):
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; labels.csv names it. Unpack the set again.")
    picture = image_files.with_picture(
        path,
        ("PNG", "JPEG"),
        (FILE_LIMIT, PIXEL_LIMIT),
        lambda picture, _: image_files.as_eight_bits(picture).convert("L"),
    )
    return np.asarray(picture.resize(size[::-1], Image.Resampling.BOX))
