"""Picture sets that are downloaded: CIFAR-10, Fashion-MNIST, magnetic tiles and MVTec AD."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from pathlib import Path

from course_utils import checks
from course_utils.data.anomaly_data import AnomalyData
from course_utils.data.public import image_files
from course_utils.data.splits import thin_anomalies

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

PARTS = ("all", "train", "test")
FILE_LIMIT = 64 * 2**20  # bytes; the largest file here, a batch of CIFAR-10, has 31 million
PIXEL_LIMIT = 16_000_000  # pixels; the largest picture here, of MVTec AD, has 1,048,576
ROWS_LIMIT = 100_000
SIDES = (8, 1024)  # pixels, of the pictures that are handed out

CIFAR_10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
CIFAR_10_FILES = {
    "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test": ("test_batch.bin",),
}
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FASHION_FILES = {"train": "train", "test": "t10k"}
TILE_FOLDERS = {
    "MT_Free": "",
    "MT_Blowhole": "blowhole",
    "MT_Break": "break",
    "MT_Crack": "crack",
    "MT_Fray": "fray",
    "MT_Uneven": "uneven",
}
# Pictures of one tile carry numbers close to each other; 160 is the end of the gap in between.
TILE_GAP = 160
TILE_LIKENESS = 0.8
MVTEC_CATEGORIES = (
    "bottle",
    "cable",
    "capsule",
    "carpet",
    "grid",
    "hazelnut",
    "leather",
    "metal_nut",
    "pill",
    "screw",
    "tile",
    "toothbrush",
    "transistor",
    "wood",
    "zipper",
)


def load_cifar_10(anomaly="cat", part="all", prevalence=None, seed=0):
    """Return small colour photographs in ten classes; some classes are the anomalies.

    The files are downloaded once (162 MiB).

    Parameters
    ----------
    anomaly : str, or tuple or list of str
        The class that counts as an anomaly, or several. With nine of the ten, one class is
        normal and all else is not.
    part : {"all", "train", "test"}
        Which of the set's own parts: 50,000 images to train and 10,000 to test, or both.
    prevalence : float in (0, 0.5], optional
        Thin the anomalies to this share; None keeps all of them.
    seed : int
        Which anomalies stay when they are thinned.

    Returns
    -------
    AnomalyData
        X (60000, 32, 32, 3) uint8; kinds are the names of the anomalous classes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form or a file is damaged.
    """
    from course_utils.data.store import download

    return parse_cifar_10(download.fetch("cifar_10"), anomaly, part, prevalence, seed)


def parse_cifar_10(folder, anomaly="cat", part="all", prevalence=None, seed=0):
    """Return CIFAR-10 from the unpacked files of its binary version, `data_batch_1.bin` and so on.

    An image has 3,073 bytes: its class, then 32 × 32 values of red, of green and of blue. (The
    Python version consists of pickles, and unpickling runs whatever is in the file.)

    Parameters
    ----------
    folder : Path or str
        Where the files are, themselves or in a folder of it.
    anomaly, part, prevalence, seed
        As for `load_cifar_10`.
    """
    anomalous = _as_classes(anomaly, CIFAR_10_CLASSES)
    names = [name for each in _parts(part) for name in CIFAR_10_FILES[each]]
    batches = [_read_batch(_find(folder, name)) for name in names]
    return _one_against_rest(
        np.concatenate([images for images, _ in batches]),
        np.concatenate([labels for _, labels in batches]),
        CIFAR_10_CLASSES,
        anomalous,
        (prevalence, seed),
        name="CIFAR-10",
        source="A. Krizhevsky, V. Nair, G. Hinton, cs.toronto.edu/~kriz/cifar.html",
        licence="unknown",
    )


def _read_batch(path):
    """Return images (n, 32, 32, 3) and labels (n,) of one file."""
    content = _content(path)
    each = 1 + 3 * 32 * 32
    if len(content) % each:
        raise ValueError(f"{path} has {len(content):,} bytes; a multiple of {each:,} is expected.")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, each)
    labels = records[:, 0].astype(np.int64)
    _refuse_wrong_labels(path, labels, len(records))
    colours_last = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(colours_last), labels


def load_fashion_mnist(anomaly="Sandal", part="all", prevalence=None, seed=0):
    """Return small grey pictures of clothes in ten classes; some classes are the anomalies.

    The files are downloaded once (29 MiB).

    Parameters
    ----------
    anomaly : str, or tuple or list of str
        The class that counts as an anomaly, or several. With nine of the ten, one class is
        normal and all else is not.
    part : {"all", "train", "test"}
        Which of the set's own parts: 60,000 images to train and 10,000 to test, or both.
    prevalence : float in (0, 0.5], optional
        Thin the anomalies to this share; None keeps all of them.
    seed : int
        Which anomalies stay when they are thinned.

    Returns
    -------
    AnomalyData
        X (70000, 28, 28) uint8, 0 is background; kinds are the names of the anomalous classes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form or a file is damaged.
    """
    from course_utils.data.store import download

    return parse_fashion_mnist(download.fetch("fashion_mnist"), anomaly, part, prevalence, seed)


def parse_fashion_mnist(folder, anomaly="Sandal", part="all", prevalence=None, seed=0):
    """Return Fashion-MNIST from its four files `…-images-idx3-ubyte.gz`, `…-labels-idx1-ubyte.gz`.

    Parameters
    ----------
    folder : Path or str
        Where the files are, themselves or in a folder of it.
    anomaly, part, prevalence, seed
        As for `load_fashion_mnist`.
    """
    anomalous = _as_classes(anomaly, FASHION_CLASSES)
    pairs = [_read_idx_pair(folder, FASHION_FILES[each]) for each in _parts(part)]
    return _one_against_rest(
        np.concatenate([images for images, _ in pairs]),
        np.concatenate([labels for _, labels in pairs]),
        FASHION_CLASSES,
        anomalous,
        (prevalence, seed),
        name="Fashion-MNIST",
        source="H. Xiao, K. Rasul, R. Vollgraf, github.com/zalandoresearch/fashion-mnist",
        licence="MIT",
    )


def _read_idx_pair(folder, start):
    """Return images (n, 28, 28) and labels (n,) of one part."""
    images_path = _find(folder, f"{start}-images-idx3-ubyte.gz")
    images = _read_idx(images_path, 3)
    if images.shape[1:] != (28, 28):
        raise ValueError(f"{images_path} has pictures {images.shape[1:]}; (28, 28) is expected.")
    labels_path = _find(folder, f"{start}-labels-idx1-ubyte.gz")
    labels = _read_idx(labels_path, 1)
    _refuse_wrong_labels(labels_path, labels, len(images))
    return images, labels.astype(np.int64)


def _read_idx(path, axes):
    """Return the uint8 array of a gzip file: 4 bytes of kind, 4 for each size, then the values."""
    content = _unzipped(path)
    head = 4 + 4 * axes
    if len(content) < head or content[:4] != bytes([0, 0, 8, axes]):
        raise ValueError(f"{path} does not begin as an IDX file of bytes with {axes} axes.")
    shape = tuple(int(size) for size in np.frombuffer(content[4:head], dtype=">u4"))
    count = 1
    for size in shape:
        count *= size
    if not 0 < shape[0] <= ROWS_LIMIT or count != len(content) - head:
        raise ValueError(f"{path} says shape {shape} and has {len(content) - head} values.")
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(shape)


def _unzipped(path):
    try:
        with gzip.open(io.BytesIO(_content(path))) as file:
            content = file.read(FILE_LIMIT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a whole gzip file: {error}.") from error
    if len(content) > FILE_LIMIT:
        raise ValueError(f"{path} unpacks to more than {FILE_LIMIT:,} bytes.")
    return content


def load_magnetic_tiles(size=128):
    """Return photographs of magnetic tiles, with masks of the defects.

    The files are downloaded once (23 MiB).

    Parameters
    ----------
    size : int, or (int, int)
        Height and width, or one number for both, from 8 to 1024 pixels. The photographs differ
        in size, so each is stretched to this one.

    Returns
    -------
    AnomalyData
        X (642, size, size) uint8, grey; masks; kinds "blowhole" and "crack"; groups: pictures of
        one tile have one number.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form or a file is damaged.
    """
    from course_utils.data.store import download

    return parse_magnetic_tiles(download.fetch("magnetic_tiles"), size)


def parse_magnetic_tiles(folder, size=128):
    """Return magnetic tiles from the folders `MT_Free/Imgs`, `MT_Blowhole/Imgs` and so on.

    A pixel of the result is the mean of the area that it covers. A pixel of a mask is True where
    that area has any pixel of at least 128 in the mask's file, so that no defect is lost.

    Two pictures are of one group, which is one tile as far as can be told, if their file numbers
    follow each other with a gap of at most 160, or if their fine detail correlates by more than
    0.8 (64 × 64 pixels, less their own blur of 3 pixels), or if a chain of such pairs joins them.

    Parameters
    ----------
    folder : Path or str
        Where the folders are, themselves or in a folder of it. Of `MT_Free`, `MT_Blowhole`,
        `MT_Break`, `MT_Crack`, `MT_Fray` and `MT_Uneven` those are read that are there.
    size : int, or (int, int)
        As for `load_magnetic_tiles`.

    Returns
    -------
    AnomalyData

    Raises
    ------
    FileNotFoundError
        If there is no picture, or a picture has no mask.
    TypeError, ValueError
        If `size` is not of that form, or a file is not as expected (the message names it).
    """
    height, width = image_files.as_size(size, *SIDES)
    paths = _tile_paths(folder)
    images = np.empty((len(paths), height, width), dtype=np.uint8)
    masks = np.empty((len(paths), height, width), dtype=bool)
    details = np.empty((len(paths), 64 * 64))
    kinds = [TILE_FOLDERS[path.parent.parent.name] for path in paths]
    for row, path in enumerate(paths):
        picture = _read_picture(path, "L")
        images[row] = _resized(picture, (height, width))
        masks[row] = _read_mask(path.with_suffix(".png"), picture.size, (height, width))
        details[row] = _fine_detail(picture)
        if masks[row].any() != (kinds[row] != ""):
            found = "a mark, in a tile without defect" if masks[row].any() else "no mark"
            raise ValueError(f"{path.with_suffix('.png')} has {found}.")
    return AnomalyData(
        X=images,
        y=[kind != "" for kind in kinds],
        feature_names=(),
        name="Magnetic tiles",
        source="Y. Huang, C. Qiu, K. Yuan, github.com/abin24/Magnetic-tile-defect-datasets.",
        licence="unknown",
        kinds=kinds,
        groups=_tile_groups(np.array([_tile_number(path) for path in paths]), details),
        masks=masks,
    )


def _tile_paths(folder):
    folder = Path(folder)
    paths = [
        path
        for name in TILE_FOLDERS
        for place in (folder, *_folders(folder))
        for path in sorted((place / name / "Imgs").glob("*.jpg"))
    ]
    if not paths:
        raise FileNotFoundError(f"{folder} has no pictures MT_…/Imgs/*.jpg.")
    return paths


def _tile_number(path):
    """Return 11276 for exp1_num_11276.jpg."""
    match = re.fullmatch(r"exp\d_num_(\d{1,9})", path.stem, re.ASCII)
    if match is None:
        raise ValueError(f"{path} is expected to be named like exp1_num_11276.jpg.")
    return int(match[1])


def _fine_detail(picture):
    """Return 64 × 64 pixels less their blur, (4096,) with mean 0 and length 1 (0 if constant)."""
    small = _resized(picture, (64, 64)).astype(np.float64)
    detail = (small - gaussian_filter(small, 3)).ravel()
    detail -= detail.mean()
    return detail / max(np.linalg.norm(detail), 1e-9)


def _tile_groups(numbers, details):
    """Join neighbours in number and pictures that are alike; return a group for each, (n,)."""
    order = np.argsort(numbers, kind="stable")
    near = np.diff(numbers[order]) <= TILE_GAP
    first, second = np.nonzero(details @ details.T > TILE_LIKENESS)
    first = np.concatenate([order[:-1][near], first])
    second = np.concatenate([order[1:][near], second])
    links = coo_array((np.ones(first.size), (first, second)), shape=(numbers.size, numbers.size))
    return connected_components(links, directed=False)[1]


def load_mvtec_ad(folder=None, category="bottle", part="all", size=256):
    """Return photographs of one product or material of MVTec AD, with masks of the defects.

    The archive is yours to get, since its links change. A pixel of the result is the mean of the
    area that it covers. A pixel of a mask is True where that area has any pixel of at least 128
    in the mask's file, so that no defect is lost.

    Parameters
    ----------
    folder : Path or str, optional
        The folder that has the category's folder, or the category's folder itself, with
        `train/good`, `test` and `ground_truth`. None: where the course unpacked the archive.
    category : str
        "bottle", "cable", "capsule", "carpet", "grid", "hazelnut", "leather", "metal_nut",
        "pill", "screw", "tile", "toothbrush", "transistor", "wood" or "zipper".
    part : {"all", "train", "test"}
        The set's own parts: normal pictures to train, normal and defective ones to test.
    size : int, or (int, int)
        Height and width, or one number for both, from 8 to 1024 pixels.

    Returns
    -------
    AnomalyData
        X (n, size, size, 3) uint8, a grey picture as three equal colours; masks; kinds are the
        names of the defects' folders.

    Raises
    ------
    DownloadError
        If `folder` is None and the archive was not unpacked yet; the message says how.
    FileNotFoundError
        If there is no picture, or a defective picture has no mask.
    TypeError, ValueError
        If an argument is not of that form, or a file is not as expected (the message names it).
    """
    if folder is None:
        from course_utils.data.store import download

        folder = download.fetch("mvtec_ad")
    checks.one_of(category, "category", MVTEC_CATEGORIES)
    height, width = image_files.as_size(size, *SIDES)
    place = Path(folder) / category if (Path(folder) / category).is_dir() else Path(folder)
    paths = [path for each in _parts(part) for path in sorted((place / each).glob("*/*.png"))]
    if not paths:
        raise FileNotFoundError(f"{place} has no pictures {part}/…/*.png of {category}.")
    kinds = ["" if path.parent.name == "good" else path.parent.name for path in paths]
    images = np.empty((len(paths), height, width, 3), dtype=np.uint8)
    masks = np.zeros((len(paths), height, width), dtype=bool)
    for row, (path, kind) in enumerate(zip(paths, kinds, strict=True)):
        picture = _read_picture(path, "RGB")
        images[row] = _resized(picture, (height, width))
        if kind:
            mask_path = place / "ground_truth" / kind / f"{path.stem}_mask.png"
            masks[row] = _read_mask(mask_path, picture.size, (height, width))
    return AnomalyData(
        X=images,
        y=[kind != "" for kind in kinds],
        feature_names=(),
        name=f"MVTec AD, {category.replace('_', ' ')}",
        source="P. Bergmann and others, MVTec AD, mvtec.com/company/research/datasets/mvtec-ad",
        licence="CC BY-NC-SA 4.0",
        kinds=[kind.replace("_", " ") for kind in kinds],
        masks=masks,
    )


# --- what the sets have in common


def _parts(part):
    checks.one_of(part, "part", PARTS)
    return ("train", "test") if part == "all" else (part,)


def _as_classes(anomaly, classes):
    """Return the anomalous classes as a tuple of at least one and not all."""
    chosen = tuple(anomaly) if isinstance(anomaly, (tuple, list)) else (anomaly,)
    for name in chosen:
        checks.one_of(name, "anomaly", classes)
    if not 0 < len(set(chosen)) < len(classes):
        raise ValueError(
            f"anomaly names {len(set(chosen))} of {len(classes)} classes; at least one is "
            "expected, and not all."
        )
    return chosen


def _one_against_rest(images, labels, classes, anomalous, thinning, **texts):
    """Return data in which some classes are the anomalies, thinned to a share if one is given."""
    names = np.array(classes)[labels]
    kinds = np.where(np.isin(names, anomalous), names, "")
    data = AnomalyData(X=images, y=kinds != "", feature_names=(), kinds=kinds, **texts)
    prevalence, seed = thinning
    return data if prevalence is None else thin_anomalies(data, prevalence, seed)


def _refuse_wrong_labels(path, labels, rows):
    if len(labels) != rows:
        raise ValueError(f"{path} has {len(labels)} labels; {rows} expected, one a picture.")
    wrong = np.flatnonzero((labels < 0) | (labels > 9))
    if wrong.size:
        raise ValueError(
            f"{path} has label {labels[wrong[0]]} at position {wrong[0]}; 0 to 9 is expected."
        )


def _find(folder, name):
    """Return the file that is in the folder, or in a folder right below it."""
    folder = Path(folder)
    for place in (folder, *_folders(folder)):
        if (place / name).is_file():
            return place / name
    raise FileNotFoundError(f"{folder} has no file {name}.")


def _folders(folder):
    return sorted(path for path in folder.glob("*") if path.is_dir())


def _content(path):
    """Return the bytes of a file that is neither empty nor too large."""
    return image_files.file_content(path, FILE_LIMIT)


def _read_picture(path, mode):
    """Return a PNG or JPEG file as a picture of 8 bits, "L" (grey) or "RGB".

    Colours become grey by the weights of ITU-R BT.601, grey becomes three equal colours, a
    palette its colours, 16 bits become the nearest of 8, and transparency is left out.
    """
    return image_files.with_picture(
        path,
        ("PNG", "JPEG"),
        (FILE_LIMIT, PIXEL_LIMIT),
        lambda picture, _: image_files.as_eight_bits(picture).convert(mode),
    )


def _resized(picture, size):
    """Return a picture as an array (height, width[, 3]) uint8, each pixel the mean of its area."""
    return np.asarray(picture.resize(size[::-1], Image.Resampling.BOX))


def _read_mask(path, picture_size, size):
    """Return a mask (height, width) bool, True where a pixel's area touches the defect."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; each defect needs its mask.")
    mask = _read_picture(path, "L")
    if mask.size != picture_size:
        raise ValueError(f"{path} has size {mask.size}; that of its picture is {picture_size}.")
    marked = Image.fromarray((np.asarray(mask) >= 128).astype(np.float32))
    return _resized(marked, size) > 0
