"""data.load_solar_cells: a made folder of the form of the package elpv-dataset."""

import io
import re
import zipfile
from collections import Counter
from pathlib import Path

from course_utils import data
from course_utils.data.public import solar_cells
from course_utils.data.store import download, registry

import numpy as np
import public_files
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parser_checks import damaged, fuzzed
from PIL import Image

CARD = (registry.FOLDER / "solar_cells.md").read_text(encoding="utf-8")
CELLS = [("0.0", "mono")] * 2 + [("1.0", "mono")] + [("0.3333333333333333", "poly")] * 2
CELLS += [("0.6666666666666666", "poly"), ("1.0", "poly")] + [("0.0", "poly")] * 2
PICTURES = np.random.default_rng(0).integers(0, 256, (len(CELLS), 30, 30), dtype=np.uint8)


def encoded(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, format="PNG")
    return file.getvalue()


def listed(cells):
    """Return a list in the form of the set's: three columns, padded with blanks."""
    numbered = enumerate(cells, start=1)
    lines = [f"images/cell{n:04d}.png  {p:<19} {material}\n" for n, (p, material) in numbered]
    return "".join(lines).encode()


FILES = {"labels.csv": listed(CELLS)}
FILES |= {f"images/cell{n:04d}.png": encoded(each) for n, each in enumerate(PICTURES, start=1)}


def test_solar_cells(tmp_path):
    made = data.load_solar_cells(public_files.make(tmp_path, FILES), size=30)
    assert repr(made) == "Solar cells: 9 images of 30 × 30 pixels, 3 anomalies (33.33 %)"
    assert np.array_equal(made.X, PICTURES)
    assert made.X.dtype == np.uint8
    assert np.flatnonzero(made.y).tolist() == [2, 5, 6]
    assert Counter(made.kinds.tolist()) == {"": 6, "mono": 1, "poly": 2}
    assert made.groups.tolist() == [0] * 3 + [1] * 6
    assert made.licence == "CC BY-NC-SA 4.0"


def test_a_part_of_the_cells_keeps_its_groups(tmp_path):
    folder = public_files.make(tmp_path, FILES)
    poly = data.load_solar_cells(folder, "poly", size=(30, 10))
    assert poly.name == "Solar cells, poly"
    assert set(poly.groups.tolist()) == {1}
    mean = PICTURES[3:].reshape(6, 30, 10, 3).mean(axis=3)
    assert np.abs(poly.X - mean).max() <= 1
    sure = data.load_solar_cells(folder, "all", 30, doubtful=False)
    assert np.array_equal(sure.X, PICTURES[[0, 1, 2, 6, 7, 8]])
    assert sure.y.tolist() == [0, 0, 1, 1, 0, 0]


@pytest.mark.parametrize("place", ["data", "elpv_dataset/data", "src/elpv_dataset/data"])
def test_the_package_or_a_clone_will_do(tmp_path, place):
    public_files.make(tmp_path, {f"{place}/{name}": content for name, content in FILES.items()})
    assert len(data.load_solar_cells(tmp_path)) == 9


def test_a_package_that_was_unpacked_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "kept"))
    monkeypatch.delenv("COURSE_DATA_URL", raising=False)
    monkeypatch.setenv("COURSE_PROFILE", "full")
    with pytest.raises(download.DownloadError, match="Solar cells is not here") as caught:
        data.load_solar_cells()
    for word in ("elpv-dataset==1.0.0.post1", "91 MB", "not for commercial use, share alike"):
        assert word in str(caught.value)
    assert "data unpack solar_cells" in str(caught.value)
    assert data.prefer("solar_cells", lambda: None) is None
    package = tmp_path / "elpv_dataset-1.0.0.post1-py3-none-any.whl"
    with zipfile.ZipFile(package, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(f"elpv_dataset/data/{name}", content)
    download.unpack(package, "solar_cells")
    assert len(data.load_solar_cells()) == 9
    assert len(data.prefer("solar_cells", lambda: None, cells="mono")) == 3


@given(st.lists(st.tuples(st.sampled_from(["mono", "poly"]), st.integers(1, 400)), min_size=1))
def test_blocks_hold_one_material_and_are_nearly_equal(runs):
    materials = np.repeat([run[0] for run in runs], [run[1] for run in runs])
    blocks = solar_cells._blocks(materials)
    assert len(blocks) == len(materials)
    assert set(np.diff(blocks).tolist()) <= {0, 1}
    assert blocks[0] == 0
    lengths = np.bincount(blocks)
    for block in range(len(lengths)):
        assert len(set(materials[blocks == block])) == 1
    assert lengths.max() < 90
    assert (np.diff(blocks)[materials[1:] != materials[:-1]] == 1).all()
    if len(set(materials)) == 1:
        assert np.ptp(lengths) <= 1


def test_the_runs_of_the_real_file_make_as_many_blocks_as_there_are_modules():
    lengths = [60, 300, 180, 360, 714, 530, 72, 180, 48, 180]  # mono first, by turns
    materials = np.repeat(["mono", "poly"] * 5, lengths)
    blocks = solar_cells._blocks(materials)
    assert blocks[-1] + 1 == 44
    assert len(set(blocks[materials == "mono"].tolist())) == 18
    assert {int(number) for number in np.bincount(blocks)} == {48, 58, 59, 60, 72}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"cells": "thin"}, ValueError, "cells is 'thin'; one of 'all', 'mono', 'poly'"),
        ({"cells": 1}, TypeError, "cells is 1; one of"),
        ({"size": 301}, ValueError, "size"),
        ({"size": 7}, ValueError, "size"),
        ({"doubtful": "no"}, TypeError, "doubtful is the text 'no'; True or False is expected"),
        ({}, FileNotFoundError, r"has no labels\.csv, neither itself nor in data, elpv_dataset"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, arguments, error, message):
    with pytest.raises(error, match=message):
        data.load_solar_cells(tmp_path, **arguments)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels.csv", b"", r"labels\.csv is empty"),
        ("labels.csv", b"images/cell0001.png 0.0\n", "line 1 has 'images/cell0001.png 0.0'; a pi"),
        (
            "labels.csv",
            listed([("0.0", "mono"), ("0.5", "mono")]),
            "line 2 has '0.5'; 0, 1/3",
        ),
        ("labels.csv", listed([("nan", "mono")]), "line 1 has 'nan'; 0, 1/3, 2/3 or 1"),
        ("labels.csv", listed([("-0.0", "mono")]), "line 1 has '-0.0'; 0, 1/3"),
        ("labels.csv", listed([("0.0", "thin")]), "line 1 has 'thin'; mono or poly"),
        (
            "labels.csv",
            b"images/../cell.png 0.0 mono\n",
            "line 1 has 'images/../cell.png'; a name",
        ),
        ("labels.csv", b"/images/cell.png 0.0 mono\n", "line 1 has '/images/cell.png'; a name"),
        ("labels.csv", listed([*CELLS, CELLS[0]]), r"cell0010\.png is missing"),
        ("images/cell0002.png", b"", r"cell0002\.png is empty"),
        ("images/cell0002.png", b"GIF89a", r"cell0002\.png is not a whole PNG or JPEG"),
        ("images/cell0002.png", FILES["images/cell0001.png"][:-90], r"0002\.png is not a whole"),
        ("images/cell0002.png", encoded(np.zeros((2000, 900), np.uint8)), "has 1,800,000 pixels"),
    ],
)
def test_a_wrong_file_is_named(tmp_path, name, content, message):
    folder = public_files.make(tmp_path, FILES | {name: content})
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        data.load_solar_cells(folder)


def test_no_cell_left_is_said(tmp_path):
    folder = public_files.make(tmp_path, FILES | {"labels.csv": listed(CELLS[:3])})
    with pytest.raises(ValueError, match=r"lists no cell that is asked for \(cells 'poly'\)"):
        data.load_solar_cells(folder, "poly")


@fuzzed
@given(damaged(FILES["labels.csv"]))
def test_any_bytes_as_a_list_end_well(tmp_path, content):
    folder = public_files.make(tmp_path, FILES | {"labels.csv": content})
    said = "labels.csv"
    try:
        made = data.load_solar_cells(folder, size=8)
    except (ValueError, FileNotFoundError) as error:
        said = str(error)
    else:
        assert isinstance(made, data.AnomalyData)
    assert re.search(r"labels\.csv|cell\w*\.png", said)


def test_it_is_no_dependency():
    """Its licence binds those who take it; the course must not make anybody take it."""
    for name in ("pyproject.toml", "environment.yml"):
        text = (Path(__file__).parents[1] / name).read_text(encoding="utf-8")
        assert "elpv" not in text


def test_the_card_says_what_one_must_know():
    entry = registry.entry("solar_cells")
    assert entry.files[0].sha256 in CARD
    assert f"{entry.files[0].bytes:,}" in CARD
    for words in ("CC BY-NC-SA 4.0", "at least 0.5", "a guess", "elpv-dataset==1.0.0.post1"):
        assert words in CARD
