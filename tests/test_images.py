"""Images of every sort come out in one form; what does not fit is said with its place."""

import itertools
import re
import tracemalloc
import warnings
from pathlib import Path

from course_utils.data import make_textures
from course_utils.images import Images, prepared

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

properties = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def values(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


GREY = values(5, 16, 12)
COLOURS = values(5, 16, 12, 3)
THREE = np.repeat(GREY[..., np.newaxis], 3, axis=-1)


def saved(place, images):
    """Write PNG files of images; return their paths."""
    paths = [place / f"{number}.png" for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        Image.fromarray(image).save(path)
    return paths


def same(images, expected):
    """Assert that the images have these values from 0 to 255."""
    assert len(images) == len(expected)
    for row, values_expected in enumerate(expected):
        image = images[row]
        assert image.dtype == np.float32
        assert np.array_equal(image, values_expected.astype(np.float32))
        assert images.size(row) == values_expected.shape[:2]


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (GREY, THREE),
        (GREY[..., np.newaxis], THREE),
        (COLOURS, COLOURS),
        (COLOURS[:, ::-1, ::-1], COLOURS[:, ::-1, ::-1]),
        (np.asfortranarray(COLOURS), COLOURS),
        (torch.from_numpy(COLOURS), COLOURS),
        (list(COLOURS), COLOURS),
        (tuple(GREY), THREE),
        (
            [GREY[0], COLOURS[1], torch.from_numpy(GREY[2][..., None])],
            [THREE[0], COLOURS[1], THREE[2]],
        ),
    ],
    ids=[
        "grey", "one colour", "colour", "mirrored", "Fortran", "tensor", "list", "tuple",
        "list of several sorts",
    ],
)  # fmt: skip
def test_every_sort_of_array_comes_out_in_one_form(X, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = Images(X)
        same(images, expected)
    assert [images.name(row) for row in (0, -1)] == ["image 0", f"image {len(images) - 1}"]


@pytest.mark.parametrize(
    "X",
    [
        GREY / 255,
        (GREY / 255).astype(np.float32),
        (GREY / 255).astype(">f4")[..., np.newaxis],
        torch.from_numpy(GREY).float().div(255).requires_grad_(),
        list(THREE / 255),
    ],
    ids=["float64", "float32", "big-endian", "tensor", "list"],
)
def test_floats_from_zero_to_one_become_zero_to_255(X):
    images = Images(X)
    for row, expected in enumerate(THREE):
        assert images[row].dtype == np.float32
        assert np.abs(images[row] - expected).max() <= 2e-5


def test_floats_keep_what_eight_bits_would_lose():
    X = np.full((1, 8, 8), 0.5 / 255)
    assert Images(X)[0] == pytest.approx(0.5)
    assert Images(X.astype(np.float16))[0] == pytest.approx(0.5, rel=1e-3)


def test_rounding_may_leave_zero_to_one_by_a_little():
    X = np.full((1, 8, 8), 1 + 5e-7)
    X[0, 0, 0] = -5e-7
    assert (Images(X)[0].min(), Images(X)[0].max()) == (0, 255)


def test_an_image_may_be_changed_without_harm():
    X = COLOURS.copy()
    images = Images(X)
    images[1][:] = 0
    assert np.array_equal(X, COLOURS)
    floats = (COLOURS / 255).astype(np.float32)
    Images(floats)[0][:] = 7
    assert floats.max() <= 1


def test_images_are_a_sequence():
    images = Images(GREY)
    assert [image.shape for image in images] == [(16, 12, 3)] * 5
    assert np.array_equal(images[-1], images[np.int64(4)])
    for take in (images.__getitem__, images.size, images.name):
        for row in (5, -6):
            with pytest.raises(IndexError, match=f"X has 5 images; there is no image {row}"):
                take(row)
        with pytest.raises(TypeError):
            take(1.5)


@pytest.mark.parametrize(
    ("X", "remark", "expected"),
    [
        (np.dstack([*COLOURS, GREY[0]])[None].repeat(3, 0)[..., :4], "transparency", None),
        (GREY.astype(np.uint16) * 257, "16 bits a value become 8", THREE),
        (list(GREY.astype(">u2") * 257), "16 bits a value become 8", THREE),
    ],
)
def test_a_remark_is_made_once(X, remark, expected):
    images = Images(X, name="photographs")
    with pytest.warns(UserWarning, match=rf"photographs\[0\]: {remark}.*said once") as said:
        taken = [images[row] for row in range(len(images))]
    assert len(said) == 1
    expected = X[..., :3] if expected is None else expected
    assert all(map(np.array_equal, taken, expected))


TWELVE = np.random.default_rng(5).integers(0, 4096, (4, 16, 12), dtype=np.uint16)
TWELVE[2, 0, 0] = 4095


@pytest.mark.parametrize(
    ("X", "cure"),
    [
        (TWELVE, "X / 4095"),
        (torch.from_numpy(TWELVE), "X / 4095"),
        (list(TWELVE), "[image / 4095 for image in X]"),
        (TWELVE // 4, "X / 1023"),
        (TWELVE // 16, "X / 255"),
        (TWELVE * 4 + 3, "X / 16383"),
    ],
    ids=["12 bits", "tensor", "list", "10 bits", "8 bits", "14 bits"],
)
def test_numbers_of_fewer_bits_than_sixteen_are_told_apart_and_the_cure_works(X, cure):
    words = rf"X\[0\]: 16 bits .*, 0 to 65,535 as 0 to 255\. The values.*, {re.escape(cure)} is"
    with pytest.warns(UserWarning, match=words) as said:
        dark = Images(X)[0]
    assert len(said) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        right = Images(eval(cure, {"X": X}))[0]
    assert dark.max() <= 64
    assert right[:, :, 0] == pytest.approx(TWELVE[0] / 4095 * 255, abs=1)


@pytest.mark.parametrize(
    "X", [np.zeros((2, 8, 8), np.uint16), TWELVE * 9, [GREY[0], TWELVE[2] * 9]]
)
def test_sixteen_bits_that_are_used_get_the_short_remark(X):
    with pytest.warns(UserWarning, match=r"as 0 to 255 \(said once") as said:
        Images(X)[-1]
    assert len(said) == 1


@pytest.mark.parametrize("X", [np.eye(12, dtype=np.uint8)[None], list(GREY // 128)])
def test_zeros_and_ones_are_hardly_a_picture(X):
    images = Images(X)
    with pytest.warns(UserWarning, match=r"X\[0\]: the values reach 1 of 255.* Where 1") as said:
        _ = [images[row] for row in (0, -1)]
    assert len(said) == 1
    cure = re.search("white, (.*) is right", str(said[0].message)).group(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Images(eval(cure, {"X": X}))[0].max() == 255


# --- files


def test_twelve_bits_in_files_are_told_once(tmp_path):
    paths = saved(tmp_path, TWELVE)
    images = Images(paths)
    with pytest.warns(UserWarning, match=r"0\.png: 16 bits .* reach 4,0\d\d .*/ 4095 ") as said:
        _ = [images[row] for row in range(4)]
    assert len(said) == 1


def test_files_are_read_one_at_a_time_and_may_differ_in_size(tmp_path, monkeypatch):
    arrays = [values(16, 12, 3), values(9, 30), values(40, 8, 3)]
    paths = saved(tmp_path, arrays)
    read = []
    whole = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or whole(path))
    images = Images([str(paths[0]), *paths[1:]])
    assert read == []
    assert images.name(1) == str(paths[1])
    same(images, [arrays[0], np.dstack([arrays[1]] * 3), arrays[2]])
    assert set(read) == {"0.png", "1.png", "2.png"}


def test_remarks_on_files_are_made_once_and_name_the_first(tmp_path):
    paths = saved(tmp_path, values(3, 16, 16, 4))
    images = Images(paths)
    with pytest.warns(UserWarning, match=r"0\.png: transparency is left out") as said:
        _ = [images[row] for row in range(3)]
    assert len(said) == 1


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    paths = saved(tmp_path, values(3, 16, 16))
    paths[1].write_bytes(paths[1].read_bytes()[:60])
    images = Images(paths)
    with pytest.raises(ValueError, match=r"1\.png is not a whole PNG"):
        prepared(images, 0, 3, 16)
    paths[2].unlink()
    with pytest.raises(FileNotFoundError, match=r"2\.png', where no file is"):
        images[2]
    with pytest.raises(FileNotFoundError, match=r"photos\[2\] is .*2\.png'"):
        Images(paths, name="photos")
    small = saved(tmp_path, [values(7, 16)])
    for ask in (lambda: Images(small)[0], lambda: Images(small).size(0)):
        with pytest.raises(ValueError, match=r"0\.png has 7 × 16 pixels; sides from 8 to 16,384"):
            ask()


def test_an_array_in_a_file_stays_there(tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, values(400, 64, 64, 3))
    mapped = np.load(path, mmap_mode="r")
    tracemalloc.start()
    images = Images(mapped)
    prepared(images, 100, 104, 32)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(images[399], values(400, 64, 64, 3)[399])
    assert peak < 1_000_000  # bytes; the array has 4.9 million


def test_a_bad_entry_is_met_only_when_its_image_is_taken():
    X = np.zeros((3, 8, 9))
    X[2, 4, 5] = np.nan
    images = Images(X)
    assert images[1].max() == 0
    with pytest.raises(ValueError, match=r"X\[2\] has NaN in row 4, column 5"):
        images[2]


# --- what is refused


def floats(value):
    X = np.zeros((3, 8, 9, 3))
    X[1, 4, 5, 2] = value
    return X


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (floats(np.nan), r"X\[1\] has NaN in row 4, column 5; finite"),
        (floats(np.inf), r"X\[1\] has infinity in row 4, column 5"),
        (floats(200), r"X\[1\] has floats from 0 to 200; from 0 .* Where white is 255, divide"),
        (floats(1.01), r"X\[1\] has floats from 0 to 1\.01"),
        (floats(-0.5), r"X\[1\] has floats from -0\.5 to 0; from 0 \(black\) to 1 .* expected\.$"),
    ],
)
def test_a_bad_entry_is_named(X, message):
    with pytest.raises(ValueError, match=message):
        Images(X)[1]
    with pytest.raises(ValueError, match=message):
        prepared(Images(X), 0, 3, 16)
    with pytest.raises(ValueError, match=message):
        Images(list(X))[1]


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (GREY[0], ValueError, r"X has shape \(16, 12\).*One image is X\[np\.newaxis\].*reshape"),
        (
            COLOURS[0],
            ValueError,
            r"X has shape \(16, 12, 3\).*one image in colour: X\[np\.newaxis",
        ),
        (COLOURS[0, ..., :1], ValueError, "one image in colour"),
        (np.moveaxis(COLOURS, -1, 1), ValueError, r"colours last: np\.moveaxis\(X, 1, -1\)"),
        (GREY[:, None], ValueError, r"colours last: np\.moveaxis\(X, 1, -1\)"),
        (values(5, 16, 12, 2), ValueError, r"X has shape \(5, 16, 12, 2\); images"),
        (values(2, 5, 16, 12, 3), ValueError, r"X has shape \(2, 5, 16, 12, 3\); images"),
        (values(40), ValueError, r"X has shape \(40,\); images"),
        (np.float64(3), TypeError, "X is 3.0; an array of images"),
        (GREY[:0], ValueError, "X holds no image; at least one is expected"),
        ([], ValueError, "X holds no image"),
        (GREY[:, :7], ValueError, "X has 7 × 12 pixels; sides from 8 to 16,384 are expected"),
        (np.zeros((1, 8, 16_385), np.uint8), ValueError, "X has 8 × 16385 pixels"),
        (GREY > 9, TypeError, r"type bool; .* Black and white is X\.astype\(np\.uint8\) \* 255"),
        (GREY.astype(int), TypeError, r"type int64; .* X\.astype\(np\.uint8\) is right"),
        (GREY.astype(np.uint32), TypeError, "holds values of type uint32"),
        (GREY.astype(complex), TypeError, "holds values of type complex128"),
        (GREY.astype(str), TypeError, "holds values of type <U"),
        (np.ma.masked_equal(GREY, GREY[1, 2, 3]), ValueError, "X has a masked entry at position"),
        (
            [GREY[0], np.ma.masked_equal(GREY[1], GREY[1, 0, 1])],
            ValueError,
            r"X\[1\] has a masked",
        ),
        (np.array(["a.png", "b.png"]), TypeError, r"files, go into a list: list\(X\)"),
        (None, TypeError, "X is None; an array of images"),
        (3, TypeError, "X is 3; an array of images"),
        ("photo.png", TypeError, r"X is the text 'photo\.png'; .* One file is \[X\]; .*glob"),
        (Path("photo.png"), TypeError, r"One file is \[X\]"),
        (iter(GREY), TypeError, r"X is a value of type .*iterator"),
        ((image for image in GREY), TypeError, r"type generator; .* it is list\(X\)"),
        ({"images": GREY}, TypeError, "X is a value of type dict"),
        (
            torch.zeros(5, 16, 12, dtype=torch.bfloat16),
            TypeError,
            r"X\.detach\(\)\.cpu\(\)\.float",
        ),
        (torch.zeros(5, 16, 12, device="meta"), TypeError, "X is a tensor that NumPy cannot read"),
        ([GREY[0], None], TypeError, r"X\[1\] is None; an array \(height, width\[, 3\]\) or"),
        ([Image.fromarray(GREY[0])], TypeError, r"np\.asarray\(X\[0\]\.convert\('RGB'\)\)"),
        ([GREY[0], COLOURS], ValueError, r"X\[1\] has shape \(5, 16, 12, 3\); \(height, width\)"),
        ([np.moveaxis(COLOURS[0], -1, 0)], ValueError, r"np\.moveaxis\(X\[0\], 0, -1\)"),
        ([GREY[0], GREY[1, :7]], ValueError, r"X\[1\] has 7 × 12 pixels"),
        ([GREY[0], GREY[1] > 9], TypeError, r"X\[1\] holds values of type bool"),
        ([GREY[0], values(16, 12, 2)], ValueError, r"X\[1\] has shape \(16, 12, 2\)"),
        (["nowhere.png"], FileNotFoundError, r"X\[0\] is 'nowhere\.png', where no file is"),
        (["https://example.org/a.png"], ValueError, r"X\[0\] is .* an address"),
        (["."], ValueError, r"X\[0\] is '\.', a folder"),
    ],
)
def test_what_is_no_set_of_images_is_refused_with_a_cure(X, error, message):
    with pytest.raises(error, match=message):
        Images(X)


def test_above_white_by_a_trifle_is_no_contradiction():
    with pytest.raises(ValueError, match=r"floats from 1\.000002 to 1\.000002; from 0"):
        Images(np.full((1, 8, 8), 1.000002))[0]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with pictures as the current one; `X` of a cure may be their names."""
    saved(tmp_path, COLOURS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


PICTURES = [f"{number}.png" for number in range(5)]
CURES = {  # what is handed over, and the cure that the message offers
    "a Series of paths": (pd.Series(PICTURES), "list(X)"),
    "a column of paths": (pd.DataFrame({"path": PICTURES})["path"], "list(X)"),
    "an array of paths": (np.array(PICTURES), "list(X)"),
    "an array of Path": (np.array([Path(each) for each in PICTURES]), "list(X)"),
    "an iterator": ((each for each in PICTURES), "list(X)"),
    "one path": ("0.png", "[X]"),
    "a folder's path": (".", "sorted(Path(X).glob('*.png'))"),
    "a Pillow picture": (Image.fromarray(COLOURS[0]), "[np.asarray(X.convert('RGB'))]"),
    "one image": (COLOURS[0], "X[np.newaxis]"),
    "one grey tensor": (torch.from_numpy(GREY[0]), "X[np.newaxis]"),
    "rows of a table": (GREY.reshape(5, -1), "X.reshape(-1, height, width)"),
    "a table of pandas": (
        pd.DataFrame(GREY.reshape(5, -1)),
        "X.to_numpy().reshape(-1, height, width)",
    ),
    "colours first": (np.moveaxis(COLOURS, -1, 1), "np.moveaxis(X, 1, -1)"),
    "colours first in torch": (
        torch.from_numpy(np.moveaxis(COLOURS, -1, 1) / 255).requires_grad_(),
        "np.moveaxis(X.detach().numpy(), 1, -1)",
    ),
    "true and false": (GREY > 99, "X.astype(np.uint8) * 255"),
    "true and false in torch": (
        torch.from_numpy(GREY > 99),
        "X.detach().numpy().astype(np.uint8) * 255",
    ),
    "64 bits": (GREY.astype(int), "X.astype(np.uint8)"),
    "bfloat16": (torch.rand(5, 16, 12).bfloat16(), "X.detach().cpu().float()"),
    "images of many sizes": (
        np.array([GREY[0], GREY[1, :9], None], dtype=object)[:2],
        "list(X)",
    ),
    "masked": (np.ma.masked_equal(GREY, GREY[0, 0, 0]), "np.ma.array(X).filled(value)"),
}
ENTRY_CURES = {  # for the entry of a list
    "nested lists": (GREY[0].tolist(), "np.asarray(X[0], np.uint8)"),
    "a Pillow picture": (Image.fromarray(GREY[0]), "np.asarray(X[0].convert('RGB'))"),
    "a table of pandas": (pd.DataFrame(GREY[0]), "np.asarray(X[0])"),
    "colours first": (np.moveaxis(COLOURS[0], -1, 0), "np.moveaxis(X[0], 0, -1)"),
    "colours first in torch": (
        torch.from_numpy(np.moveaxis(COLOURS[0], -1, 0).copy()),
        "np.moveaxis(X[0].detach().numpy(), 0, -1)",
    ),
    "true and false": (GREY[0] > 99, "X[0].astype(np.uint8) * 255"),
    "64 bits": (GREY[0].astype(int), "X[0].astype(np.uint8)"),
    "masked": (np.ma.masked_equal(GREY[0], GREY[0, 0, 0]), "np.ma.array(X[0]).filled(value)"),
}


def cured(cure, X):
    names = {"np": np, "Path": Path, "X": X, "height": 16, "width": 12, "value": 0}
    return eval(cure, names)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", CURES)
def test_each_cure_that_a_message_offers_works(name):
    X, cure = CURES[name]
    with pytest.raises((TypeError, ValueError), match=re.escape(cure)):
        Images(X)
    images = Images(cured(cure, X))
    assert images[0].shape == (16, 12, 3)
    assert images[0].max() > 200


@pytest.mark.parametrize("name", ENTRY_CURES)
def test_each_cure_for_an_entry_works(name):
    item, cure = ENTRY_CURES[name]
    with pytest.raises((TypeError, ValueError), match=re.escape(cure)):
        Images([item])
    assert Images([cured(cure, [item])])[0].shape == (16, 12, 3)


@properties
@given(
    st.lists(st.integers(0, 20), min_size=0, max_size=5),
    st.sampled_from([np.uint8, np.uint16, np.int64, np.float32, bool, "<U2", object]),
)
def test_any_array_is_taken_or_refused_with_its_name(shape, kind):
    X = np.zeros(shape, dtype=kind)
    said = None
    try:
        images = Images(X, name="photos")
    except (TypeError, ValueError) as error:
        said = str(error)
    if said is None:
        assert (images.size(0), len(images)) == (X.shape[1:3], len(X))
    else:
        assert said.startswith("photos ")


# --- preparation for a network


def test_an_image_of_the_size_is_not_touched():
    made = prepared(Images(COLOURS), 1, 4, (16, 12))
    assert (made.dtype, made.shape) == (torch.float32, (3, 3, 16, 12))
    assert np.array_equal(made.numpy(), np.moveaxis(COLOURS[1:4], -1, 1).astype(np.float32))


@pytest.mark.parametrize("size", [8, (40, 9), 33])
def test_images_are_resized_as_torch_does_it_with_antialiasing(size):
    made = prepared(Images(COLOURS), 0, 5, size)
    height, width = size if isinstance(size, tuple) else (size, size)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(np.moveaxis(COLOURS, -1, 1).astype(np.float32)),
        size=(height, width),
        mode="bilinear",
        antialias=True,
    )
    assert made.shape == (5, 3, height, width)
    assert (made - expected).abs().max() <= 1e-4
    assert 0 <= made.min() <= made.max() <= 255


def test_what_is_finer_than_a_pixel_is_averaged():
    """Stripes of one row in eight leave an eighth of their light, and do not come and go."""
    X = np.zeros((1, 64, 64), np.uint8)
    X[:, ::8] = 240
    made = prepared(Images(X), 0, 1, 8)
    inner = made[:, :, 1:-1].numpy()  # at the edges less is there to average
    assert inner == pytest.approx(np.full(inner.shape, 30.0), abs=1e-4)


def test_no_image_depends_on_those_beside_it(monkeypatch):
    arrays = [values(*size, seed=row) for row, size in enumerate(
        [(16, 12), (16, 12), (40, 30, 3), (16, 12, 3), (9, 9), (9, 9), (9, 9)]
    )]  # fmt: skip
    images = Images(arrays)
    together = prepared(images, 0, 7, (24, 20))
    for limit in (1, 300, 10**6):
        monkeypatch.setattr("course_utils.images.PIXELS_AT_ONCE", limit)
        assert torch.equal(prepared(images, 0, 7, (24, 20)), together)
    for start, stop in itertools.combinations(range(8), 2):
        assert torch.equal(prepared(images, start, stop, (24, 20)), together[start:stop])


def test_many_pixels_are_resized_in_several_calls(monkeypatch):
    called, resize = [], torch.nn.functional.interpolate

    def noted(pixels, **options):
        called.append(len(pixels))
        return resize(pixels, **options)

    monkeypatch.setattr(torch.nn.functional, "interpolate", noted)
    monkeypatch.setattr("course_utils.images.PIXELS_AT_ONCE", 2 * 16 * 12)
    prepared(Images(COLOURS), 0, 5, 24)
    assert called == [2, 2, 1]


def test_the_result_is_float32_whatever_torch_makes_by_default():
    torch.set_default_dtype(torch.float64)
    try:
        made = [prepared(Images(COLOURS), 0, 5, size) for size in ((16, 12), 24)]
    finally:
        torch.set_default_dtype(torch.float32)
    assert {each.dtype for each in made} == {torch.float32}
    assert torch.equal(made[1], prepared(Images(COLOURS), 0, 5, 24))


def test_white_stays_white():
    for size in range(8, 60):
        assert prepared(Images(np.full((1, 50, 37), 255, np.uint8)), 0, 1, size).max() <= 255


def test_files_and_arrays_of_the_same_pixels_are_the_same(tmp_path):
    X = make_textures(rows=20, anomalies=1, size=32).X
    paths = saved(tmp_path, X)
    assert torch.equal(prepared(Images(paths), 3, 9, 48), prepared(Images(X), 3, 9, 48))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 6, 16), ValueError, "stop is 6; a whole number from 1 to 5"),
        ((5, 6, 16), ValueError, "start is 5; a whole number from 0 to 4"),
        ((2, 2, 16), ValueError, "stop is 2; a whole number from 3 to 5"),
        ((-1, 2, 16), ValueError, "start is -1"),
        ((0, 2.0, 16), TypeError, "stop is 2.0"),
        ((0, 2, 7), ValueError, "size is 7; a whole number from 8 to 16384"),
        ((0, 2, (16, 16, 3)), ValueError, "size has 3 numbers"),
        ((0, 2, "16"), TypeError, "size is the text '16'"),
    ],
)
def test_what_cannot_be_prepared_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        prepared(Images(GREY), *arguments)
    with pytest.raises(TypeError, match=r"images is a value of type ndarray; Images\(…\)"):
        prepared(GREY, 0, 1, 16)
