"""Pictures to download: CIFAR-10, Fashion-MNIST, magnetic tiles and MVTec AD."""

import gzip
import io
import struct
import time
from collections import Counter
from pathlib import Path

from course_utils import data
from course_utils.data import AnomalyData
from course_utils.data.public import pictures

import numpy as np
import public_files
import pytest
from hypothesis import given
from pace import within
from parser_checks import SECONDS, damaged, fuzzed
from PIL import Image


def values(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def encoded(array, file_format="PNG"):
    """Return a picture file of an array, or of a Pillow picture."""
    picture = array if isinstance(array, Image.Image) else Image.fromarray(array)
    file = io.BytesIO()
    picture.save(file, format=file_format, quality=95)
    return file.getvalue()


def ends_well(parse, path, content):
    """Assert that `parse` returns data, or tells the file, and soon, when `path` is damaged."""
    path.write_bytes(content)
    said = None
    start = time.process_time()
    try:
        made = parse()
    except ValueError as error:
        said = str(error)
    assert time.process_time() - start < SECONDS
    assert isinstance(made, AnomalyData) if said is None else path.name in said


# --- CIFAR-10


def batch(rows, seed=0):
    """Return classes 0, 1, … 9, 0, … and the values of as many pictures."""
    return np.arange(rows) % 10, values((rows, 3072), seed)


def binary(labels, pictures_of_batch):
    return np.column_stack([labels.astype(np.uint8), pictures_of_batch]).tobytes()


BATCHES = {f"data_batch_{number}.bin": batch(20, number) for number in range(1, 6)}
BATCHES["test_batch.bin"] = batch(10, 6)


def cifar_10(place):
    files = {f"cifar-10-batches-bin/{name}": binary(*made) for name, made in BATCHES.items()}
    return public_files.make(place, files)


def test_cifar_10(tmp_path, monkeypatch):
    folder = cifar_10(tmp_path)
    monkeypatch.setattr("course_utils.data.store.download.fetch", lambda name: folder)
    made = pictures.load_cifar_10("frog")
    assert repr(made) == "CIFAR-10: 110 images of 32 × 32 pixels in colour, 11 anomalies (10.00 %)"
    assert made.X.dtype == np.uint8
    assert Counter(made.kinds.tolist()) == {"": 99, "frog": 11}
    red, green, blue = BATCHES["data_batch_2.bin"][1][3].reshape(3, 32, 32)
    assert np.array_equal(made.X[23], np.stack([red, green, blue], axis=-1))
    assert len(pictures.load_cifar_10(part="train")) == 100
    test = pictures.load_cifar_10(("cat", "dog"), part="test")
    assert np.flatnonzero(test.y).tolist() == [3, 5]
    assert test.kinds[[3, 5]].tolist() == ["cat", "dog"]


def test_a_whole_batch_is_read_quickly(tmp_path):
    folder = public_files.make(tmp_path, {"test_batch.bin": binary(*batch(10_000))})
    with within(SECONDS):
        made = pictures.parse_cifar_10(folder, part="test")
    assert (made.n_anomalies, made.X.shape) == (1_000, (10_000, 32, 32, 3))


def test_thinning_keeps_the_normal_images(tmp_path):
    made = pictures.parse_cifar_10(cifar_10(tmp_path), prevalence=0.05, seed=1)
    assert (len(made) - made.n_anomalies, made.n_anomalies) == (99, 5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (binary(*batch(3))[:-1], "has 9,218 bytes; a multiple of 3,073 is expected"),
        (binary(np.array([9, 10]), values((2, 3072))), "has label 10 at position 1"),
        (b"", "is empty"),
    ],
)
def test_a_batch_that_is_none_is_refused(tmp_path, content, message):
    folder = public_files.make(tmp_path, {"test_batch.bin": content})
    with pytest.raises(ValueError, match=rf"test_batch\.bin {message}"):
        pictures.parse_cifar_10(folder, part="test")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"anomaly": "lorry"}, ValueError, "anomaly is 'lorry'; one of 'airplane'"),
        ({"anomaly": 3}, TypeError, "anomaly is 3; one of"),
        ({"anomaly": ()}, ValueError, "anomaly names 0 of 10 classes"),
        ({"anomaly": pictures.CIFAR_10_CLASSES}, ValueError, "anomaly names 10 of 10 classes"),
        ({"part": "validation"}, ValueError, "part is 'validation'; one of 'all'"),
        ({"part": "test"}, FileNotFoundError, r"has no file test_batch\.bin"),
    ],
)
def test_what_cifar_10_does_not_know_is_named(tmp_path, arguments, error, message):
    with pytest.raises(error, match=message):
        pictures.parse_cifar_10(tmp_path, **arguments)


@fuzzed
@given(damaged(binary(*batch(10))))
def test_any_bytes_as_a_batch_end_well(tmp_path, content):
    ends_well(
        lambda: pictures.parse_cifar_10(tmp_path, part="test"),
        tmp_path / "test_batch.bin",
        content,
    )


# --- Fashion-MNIST


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.tobytes(), compresslevel=1, mtime=0)


IMAGES = values((60, 28, 28))
LABELS = (np.arange(60) % 10).astype(np.uint8)
FASHION = {
    "train-images-idx3-ubyte.gz": idx(IMAGES[:40]),
    "train-labels-idx1-ubyte.gz": idx(LABELS[:40]),
    "t10k-images-idx3-ubyte.gz": idx(IMAGES[40:]),
    "t10k-labels-idx1-ubyte.gz": idx(LABELS[40:]),
}


def test_fashion_mnist(tmp_path, monkeypatch):
    folder = public_files.make(tmp_path, FASHION)
    monkeypatch.setattr("course_utils.data.store.download.fetch", lambda name: folder)
    made = pictures.load_fashion_mnist("Bag")
    assert repr(made) == "Fashion-MNIST: 60 images of 28 × 28 pixels, 6 anomalies (10.00 %)"
    assert np.array_equal(made.X, IMAGES)
    assert np.flatnonzero(made.y).tolist() == [8, 18, 28, 38, 48, 58]
    assert set(made.kinds.tolist()) == {"", "Bag"}
    assert len(pictures.load_fashion_mnist(part="test")) == 20
    all_but_one = pictures.load_fashion_mnist(pictures.FASHION_CLASSES[1:], part="train")
    assert (all_but_one.n_anomalies, len(all_but_one)) == (36, 40)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t10k-images-idx3-ubyte.gz", b"", "is empty"),
        ("t10k-images-idx3-ubyte.gz", b"no gzip at all", "is not a whole gzip file"),
        ("t10k-images-idx3-ubyte.gz", idx(IMAGES)[:-20], "is not a whole gzip file"),
        ("t10k-images-idx3-ubyte.gz", idx(LABELS), "does not begin as an IDX file"),
        (
            "t10k-images-idx3-ubyte.gz",
            gzip.compress(b"", mtime=0),
            "does not begin as an IDX file",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            gzip.compress(bytes(70 * 2**20), mtime=0),
            "unpacks to more than",
        ),
        ("t10k-images-idx3-ubyte.gz", idx(IMAGES[:, :27]), r"has pictures \(27, 28\)"),
        ("t10k-images-idx3-ubyte.gz", idx(IMAGES[:0]), r"says shape \(0, 28, 28\)"),
        (
            "t10k-images-idx3-ubyte.gz",
            gzip.compress(b"\x00\x00\x08\x03" + b"\xff" * 12 + bytes(9), mtime=0),
            r"says shape \(4294967295, .* has 9 values",
        ),
        ("t10k-labels-idx1-ubyte.gz", idx(LABELS[:19]), "has 19 labels; 20 expected"),
        ("t10k-labels-idx1-ubyte.gz", idx(LABELS[:20] + 5), "has label 10 at position 5"),
    ],
)
def test_a_wrong_idx_file_is_named(tmp_path, name, content, message):
    folder = public_files.make(tmp_path, FASHION | {name: content})
    with pytest.raises(ValueError, match=rf"{name} {message}"):
        pictures.parse_fashion_mnist(folder, part="test")


def test_a_missing_idx_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no file train-images-idx3-ubyte\.gz"):
        pictures.parse_fashion_mnist(tmp_path)


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
@pytest.mark.parametrize("packed_before", [True, False])
def test_any_bytes_as_idx_end_well(tmp_path, name, packed_before):
    folder = public_files.make(tmp_path, FASHION)
    content = FASHION[name] if packed_before else gzip.decompress(FASHION[name])

    @fuzzed
    @given(damaged(content))
    def any_bytes(content):
        content = content if packed_before else gzip.compress(content, compresslevel=1, mtime=0)
        ends_well(
            lambda: pictures.parse_fashion_mnist(folder, part="test"), folder / name, content
        )

    any_bytes()


# --- magnetic tiles


def tiles():
    """Return two pictures of one free tile, another free one, and a blowhole and a crack."""
    generator = np.random.default_rng(0)
    first, other, blowhole, crack = generator.integers(60, 200, (4, 90, 60), dtype=np.uint8)
    again = np.clip(first * 0.6 + generator.normal(0, 4, first.shape), 0, 255).astype(np.uint8)
    none = np.zeros((90, 60), np.uint8)
    hole, line = none.copy(), none.copy()
    hole[41, 31] = 255
    hole[10, 10] = 127  # the edge of a mark, less than half
    line[20:60, 5] = 128
    made = {}
    for name, image, mask in [
        ("MT_Free/Imgs/exp1_num_100", first, none),
        ("MT_Free/Imgs/exp2_num_5000", again, none),
        ("MT_Free/Imgs/exp2_num_9000", other, none),
        ("MT_Blowhole/Imgs/exp6_num_20000", blowhole, hole),
        ("MT_Crack/Imgs/exp3_num_20160", crack, line),
    ]:
        made |= {f"{name}.jpg": encoded(image, "JPEG"), f"{name}.png": encoded(mask)}
    return made


TILES = tiles()
# kinds, pixels of the masks and tiles at 128 × 128 pixels, and the first image's first ones
COUNTS = {
    "made": ({"": 3, "blowhole": 1, "crack": 1}, 3, None),
    "public": ({"": 470, "blowhole": 115, "crack": 57}, 166, [[43, 45, 43], [42, 42, 41]]),
}
HERE = ["made"] + ["public"] * public_files.folder("magnetic_tile").is_dir()


@pytest.mark.parametrize("source", HERE)
def test_magnetic_tiles(tmp_path, monkeypatch, source):
    public = public_files.folder("magnetic_tile")
    folder = public if source == "public" else public_files.make(tmp_path, TILES)
    monkeypatch.setattr("course_utils.data.store.download.fetch", lambda name: folder)
    made = pictures.load_magnetic_tiles()
    kinds, groups, corner = COUNTS[source]
    assert Counter(made.kinds.tolist()) == kinds
    assert made.X.shape == made.masks.shape == (len(made), 128, 128)
    assert np.array_equal(made.masks.any(axis=(1, 2)), made.y == 1)
    assert len(set(made.groups.tolist())) == groups
    if corner:
        assert made.X[0, :2, :3].tolist() == corner
        assert made.masks.sum() == 11_307
        parts = data.split(made)
        sides = [set(part.groups.tolist()) for part in (parts.train, parts.validation, parts.test)]
        assert sum(map(len, sides)) == groups


def test_a_mask_follows_its_picture_and_loses_nothing(tmp_path):
    folder = public_files.make(tmp_path, TILES)
    whole = pictures.parse_magnetic_tiles(folder, (90, 60))
    row = whole.kinds.tolist().index("blowhole")
    assert np.argwhere(whole.masks[row]).tolist() == [[41, 31]]  # 127 is below the half
    small = pictures.parse_magnetic_tiles(folder, (9, 12))
    assert np.argwhere(small.masks[row]).tolist() == [[4, 6]]
    mean = whole.X[row].reshape(9, 10, 12, 5).mean(axis=(1, 3))
    assert np.abs(small.X[row] - mean).max() <= 1
    column = small.masks[small.kinds.tolist().index("crack")]
    assert np.argwhere(column).tolist() == [[place, 1] for place in range(2, 6)]


def test_pictures_of_one_tile_are_one_group(tmp_path):
    made = pictures.parse_magnetic_tiles(public_files.make(tmp_path, TILES))
    free, again, other, blowhole, crack = made.groups.tolist()
    assert free == again  # they look alike
    assert blowhole == crack  # their numbers are close
    assert len({free, other, blowhole}) == 3


@pytest.mark.parametrize("size", [7, 1025, (64,), (64, 64, 3), 0.5, "128", None])
def test_a_size_that_is_none_is_refused(tmp_path, size):
    with pytest.raises((TypeError, ValueError), match="size"):
        pictures.parse_magnetic_tiles(tmp_path, size)


FREE = "MT_Free/Imgs/exp1_num_100"
CRACK = "MT_Crack/Imgs/exp3_num_20160"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (f"{FREE}.jpg", b"", r"exp1_num_100\.jpg is empty"),
        (f"{FREE}.jpg", b"\xff\xd8\xff nothing", r"100\.jpg is not a whole PNG or JPEG picture"),
        (f"{FREE}.jpg", TILES[f"{FREE}.jpg"][:500], r"100\.jpg is not a whole PNG or JPEG"),
        (f"{FREE}.jpg", encoded(np.zeros((9, 9), np.uint8), "GIF"), r"100\.jpg is not a whole"),
        (f"{FREE}.png", TILES[f"{FREE}.png"][:-30], r"100\.png is not a whole PNG or JPEG"),
        (f"{FREE}.png", TILES[f"{CRACK}.png"], r"100\.png has a mark, in a tile without defect"),
        (f"{CRACK}.png", TILES[f"{FREE}.png"], r"20160\.png has no mark"),
        (
            f"{CRACK}.png",
            encoded(np.full((60, 90), 255, np.uint8)),
            r"20160\.png has size \(90, 60\); that of its picture is \(60, 90\)",
        ),
        ("MT_Free/Imgs/tile 7.jpg", TILES[f"{FREE}.jpg"], r"tile 7\.png is missing"),
    ],
)
def test_a_wrong_tile_is_named(tmp_path, name, content, message):
    folder = public_files.make(tmp_path, TILES | {name: content})
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        pictures.parse_magnetic_tiles(folder)


def test_a_tile_without_a_number_is_named(tmp_path):
    named = {f"MT_Free/Imgs/tile.{end}": TILES[f"{FREE}.{end}"] for end in ("jpg", "png")}
    with pytest.raises(ValueError, match=r"tile\.jpg is expected to be named like exp1_num_"):
        pictures.parse_magnetic_tiles(public_files.make(tmp_path, named))
    with pytest.raises(FileNotFoundError, match="has no pictures MT_"):
        pictures.parse_magnetic_tiles(tmp_path / "MT_Free")


def test_too_large_files_are_refused_unread(tmp_path, monkeypatch):
    huge = Image.new("1", (9_000, 2_000))
    folder = public_files.make(tmp_path, TILES | {f"{FREE}.png": encoded(huge)})
    with pytest.raises(ValueError, match=r"100\.png has 18,000,000 pixels; at most 16,000,000"):
        pictures.parse_magnetic_tiles(folder)
    bomb = Image.new("1", (20_000, 9_000))
    public_files.make(tmp_path, {f"{FREE}.png": encoded(bomb)})
    with pytest.raises(ValueError, match=r"100\.png is too large"):
        pictures.parse_magnetic_tiles(folder)
    monkeypatch.setattr(pictures, "FILE_LIMIT", 100)
    with pytest.raises(ValueError, match=r"\.jpg has [0-9,]+ bytes; at most 100 are expected"):
        pictures.parse_magnetic_tiles(folder)


def sixteen_bits(array):
    return Image.fromarray(array.astype(np.uint16) * 257)


GREY = values((16, 16), seed=3)
COLOURS = values((16, 16, 3), seed=4)
LUMA = np.rint(COLOURS @ [0.299, 0.587, 0.114])


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (Image.fromarray(GREY), GREY),
        (sixteen_bits(GREY), GREY),
        (Image.fromarray(COLOURS), LUMA),
        (Image.fromarray(np.dstack([COLOURS, GREY])), LUMA),
        (Image.fromarray(np.dstack([GREY, GREY[::-1]]), "LA"), GREY),
        (Image.fromarray(GREY).convert("P"), GREY),
        (Image.fromarray(GREY > 127), 255.0 * (GREY > 127)),
    ],
    ids=["grey", "16 bits", "colours", "RGBA", "LA", "palette", "1 bit"],
)
@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated")
def test_other_sorts_of_pictures_become_grey(tmp_path, picture, expected):
    files = {f"{FREE}.jpg": encoded(picture), f"{FREE}.png": encoded(np.zeros((16, 16), np.uint8))}
    made = pictures.parse_magnetic_tiles(public_files.make(tmp_path, files), 16)
    assert np.abs(made.X[0] - expected).max() <= 1


@pytest.mark.parametrize("end", ["jpg", "png"])
def test_any_bytes_as_a_picture_end_well(tmp_path, end):
    names = [f"{CRACK}.jpg", f"{CRACK}.png"]
    folder = public_files.make(tmp_path, {name: TILES[name] for name in names})

    @fuzzed
    @given(damaged(TILES[f"{CRACK}.{end}"]))
    def any_bytes(content):
        ends_well(
            lambda: pictures.parse_magnetic_tiles(folder, 16), folder / f"{CRACK}.{end}", content
        )

    any_bytes()


# --- MVTec AD


def mvtec_ad():
    mask = np.zeros((40, 40), np.uint8)
    mask[10:20, 30:40] = 255
    return {
        "grid/train/good/000.png": encoded(values((40, 40), 1)),
        "grid/train/good/001.png": encoded(values((40, 40), 2)),
        "grid/test/good/000.png": encoded(values((40, 40), 3)),
        "grid/test/metal_contamination/000.png": encoded(values((40, 40, 3), 4)),
        "grid/ground_truth/metal_contamination/000_mask.png": encoded(mask),
        "grid/license.txt": b"",
    }


def test_mvtec_ad(tmp_path, monkeypatch):
    folder = public_files.make(tmp_path, mvtec_ad())
    made = pictures.load_mvtec_ad(folder, "grid", size=20)
    assert repr(made) == (
        "MVTec AD, grid: 4 images of 20 × 20 pixels in colour, 1 anomaly (25.00 %)"
    )
    assert made.kinds.tolist() == ["", "", "", "metal contamination"]
    assert (made.X[0] == made.X[0, :, :, :1]).all()  # a grey picture
    assert made.masks[3].sum() == 25
    assert made.masks[3, 5:10, 15:20].all()
    mean = values((40, 40, 3), 4).reshape(20, 2, 20, 2, 3).mean(axis=(1, 3))
    assert np.abs(made.X[3] - mean).max() <= 1
    assert len(pictures.load_mvtec_ad(folder / "grid", "grid", part="train")) == 2
    assert len(pictures.load_mvtec_ad(folder, "grid", part="test")) == 2
    monkeypatch.setattr("course_utils.data.store.download.fetch", lambda name: folder)
    assert np.array_equal(pictures.load_mvtec_ad(category="grid", size=20).X, made.X)


def test_what_mvtec_ad_lacks_is_named(tmp_path):
    folder = public_files.make(tmp_path, mvtec_ad())
    with pytest.raises(ValueError, match="category is 'grids'; one of 'bottle'"):
        pictures.load_mvtec_ad(folder, "grids")
    with pytest.raises(FileNotFoundError, match=r"has no pictures all/…/\*\.png of bottle"):
        pictures.load_mvtec_ad(folder, "bottle")
    mask = folder / "grid/ground_truth/metal_contamination/000_mask.png"
    mask.write_bytes(encoded(np.zeros((40, 39), np.uint8)))
    with pytest.raises(ValueError, match=r"000_mask\.png has size \(39, 40\)"):
        pictures.load_mvtec_ad(folder, "grid")
    mask.unlink()
    with pytest.raises(FileNotFoundError, match=r"000_mask\.png is missing"):
        pictures.load_mvtec_ad(folder, "grid")


@pytest.mark.parametrize("name", [name for name in mvtec_ad() if "000" in name][2:])
def test_any_bytes_as_a_picture_of_mvtec_ad_end_well(tmp_path, name):
    made = mvtec_ad()
    folder = public_files.make(tmp_path, made)

    @fuzzed
    @given(damaged(made[name]))
    def any_bytes(content):
        ends_well(
            lambda: pictures.load_mvtec_ad(folder, "grid", size=16), Path(folder, name), content
        )

    any_bytes()
