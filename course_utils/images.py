"""Images as people have them: arrays of several sorts, or files, taken one at a time."""

from __future__ import annotations

import operator
import os
import sys
import warnings
from itertools import groupby, islice

from course_utils.checks import describe, integer_in_range, plain, refuse_masked
from course_utils.data.public import image_files

import numpy as np

__all__ = ["Images", "prepared"]

SMALLEST_SIDE, LARGEST_SIDE = 8, 16_384  # pixels
PIXELS_AT_ONCE = 4_000_000  # that are resized in one call, 48 MB
COLOURS = (1, 3, 4)  # grey; red, green and blue; the same with transparency
ROUNDING = 1e-6  # by which a float may leave 0 to 1


class Images:
    """Images of any accepted sort, handed out in one form and read only when they are asked for.

    Parameters
    ----------
    X : array or tensor (n, h, w), (n, h, w, 1) or (n, h, w, 3), or list or tuple
        Of uint8, or of floats from 0 (dark) to 1. A list holds arrays (h, w), (h, w, 1) or
        (h, w, 3), or files (str or Path) that `data.read_image` reads; sizes may differ.
        Transparency, a fourth colour, is left out, and uint16 becomes the nearest of 8 bits, each
        with one remark, which also says if the images are dark, since their white is no 65,535
        (or no 255). A side has 8 to 16,384 pixels. An array that is mapped from a file
        (``np.load(…, mmap_mode="r")``) stays there.
    name : str
        What the caller calls X; the messages begin with it.

    Raises
    ------
    TypeError, ValueError
        If X is not of that form; the message names the image and tells what to do. What the
        pixels hold is looked at when an image is taken.
    FileNotFoundError
        If a file is not there.
    """

    def __init__(self, X, name="X"):
        X, code = _without_torch(X, name)
        self._name, self._remarked = name, set()
        if isinstance(X, np.ndarray):
            _check_array(X, name, code)
            self._items = X
        elif isinstance(X, (list, tuple)):
            self._items = [_as_item(item, f"{name}[{row}]") for row, item in enumerate(X)]
        else:
            raise TypeError(f"{name} is {describe(X)}; {EXPECTED} is expected.{_cure(X, name)}")
        if len(self._items) == 0:
            raise ValueError(f"{name} holds no image; at least one is expected.")

    def __len__(self):
        """Return how many images there are."""
        return len(self._items)

    def __getitem__(self, row):
        """Return image `row` as float32 (h, w, 3): red, green, blue, from 0 (dark) to 255.

        The array is new, so that it may be changed. uint8 values stay what they are, floats are
        multiplied by 255, and grey becomes three equal colours.

        Raises
        ------
        IndexError
            If there is no such image.
        ValueError
            If a file cannot be read or has a side that is too short or too long, or an array
            holds NaN, infinity or floats outside 0 to 1; the message names the image.
        """
        row = self._row(row)
        item = self._items[row]
        if isinstance(item, np.ndarray):
            return self._from_array(item, row)
        image, remarks = image_files.read_with_remarks(item)
        for remark in remarks:
            remark, stop, more = remark.partition(". ")
            self._remark(remark, item, stop + more)
        _check_sides(image.shape[:2], item)
        return image.astype(np.float32)

    def size(self, row):
        """Return height and width of an image in pixels; of a file, only the head is decoded."""
        item = self._items[self._row(row)]
        if isinstance(item, np.ndarray):
            return item.shape[:2]
        size = image_files.read_size(item)
        _check_sides(size, item)
        return size

    def name(self, row):
        """Return what messages call an image: "image 3", or the path of its file."""
        row = self._row(row)
        item = self._items[row]
        return f"image {row}" if isinstance(item, np.ndarray) else str(item)

    def _row(self, row):
        """Return a row number from 0; negative ones count from the end."""
        number = operator.index(row)
        if not -len(self) <= number < len(self):
            raise IndexError(f"{self._name} has {len(self)} images; there is no image {number}.")
        return number % len(self)

    def _from_array(self, image, row):
        where = f"{self._name}[{row}]"
        image = image if image.ndim == 3 else image[:, :, np.newaxis]
        if image.shape[2] == 4:
            self._remark("transparency is left out", where)
            image = image[:, :, :3]
        if image.dtype.kind == "u":
            self._remark_on_range(image, where)
            if image.dtype.itemsize == 2:
                image = image_files.nearest_of_eight_bits(image)
        values = image.astype(np.float32)
        if image.dtype.kind == "f":
            _check_floats(image, where)
            values = values.clip(0, 1) * 255
        return np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values

    def _remark(self, remark, where, more=""):
        """Warn of something the first time that it is met."""
        if remark not in self._remarked:
            self._remarked.add(remark)
            warnings.warn(f"{where}: {remark}{more} (said once for all images).", stacklevel=4)

    def _remark_on_range(self, image, where):
        """Warn the first time where whole numbers are no numbers from 0 to 255, or may be none."""
        if image.dtype in self._remarked:
            return
        self._remarked.add(image.dtype)
        alike = (each for each in self._items if getattr(each, "dtype", None) == image.dtype)
        if image.dtype.itemsize == 2:
            highest = _highest(alike, 2**15)
            more = image_files.sixteen_bits_in_fewer(highest, self._each("{} / {{}}"))
            self._remark(image_files.SIXTEEN_BITS, where, more)
        elif _highest(alike, 2) == 1:
            more = f": nearly black. Where 1 is white, {self._each('{} * 255')} is right"
            self._remark("the values reach 1 of 255", where, more)

    def _each(self, code):
        """Return the code for all images where "{}" stands for one of them."""
        if isinstance(self._items, np.ndarray):
            return code.format(self._name)
        return f"[{code.format('image')} for image in {self._name}]"


def _highest(images, enough):
    """Return the highest value of arrays; of `enough` or more, one that was met."""
    highest = 0
    for image in images:
        highest = max(highest, int(image.max()))
        if highest >= enough:
            break
    return highest


def prepared(images, start, stop, size):
    """Return some images as one tensor, all of one size.

    They are resized by linear interpolation, which is widened to the area that a new pixel covers
    where an image becomes smaller (antialiasing); an image that has the size stays as it is. An
    image comes out the same whatever is prepared beside it. Beside the result, memory holds
    images of about 4 million pixels together, or two images where one is larger.

    Parameters
    ----------
    images : Images
    start, stop : int
        The first image, and the one behind the last.
    size : int, or (int, int)
        Height and width in pixels, or one number for both, from 8 to 16,384.

    Returns
    -------
    tensor of float32, shape (stop − start, 3, height, width)
        On the CPU: red, green and blue, from 0 (dark) to 255.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of that form or an image cannot be read; the message names it.
    """
    import torch  # takes a second, which those who only read images need not wait

    if not isinstance(images, Images):
        raise TypeError(f"images is {describe(images)}; Images(…) is expected.")
    size = image_files.as_size(size, SMALLEST_SIDE, LARGEST_SIDE)
    start = integer_in_range(start, "start", 0, len(images) - 1)
    stop = integer_in_range(stop, "stop", start + 1, len(images))
    result = torch.empty(stop - start, 3, *size, dtype=torch.float32)
    done = 0
    taken = (torch.from_numpy(images[row]) for row in range(start, stop))
    for (height, width, _), alike in groupby(taken, key=lambda image: tuple(image.shape)):
        while part := list(islice(alike, max(1, PIXELS_AT_ONCE // (height * width)))):
            result[done : done + len(part)] = _resized(part, size)
            done += len(part)
    return result


def _resized(images, size):
    """Return tensors (h, w, 3) of one shape as one tensor (batch, 3, height, width) of a size."""
    import torch

    pixels = torch.empty(len(images), 3, *images[0].shape[:2], dtype=torch.float32)
    for place, image in zip(pixels, images, strict=True):
        place.copy_(image.permute(2, 0, 1))
    if pixels.shape[2:] == size:
        return pixels
    return torch.nn.functional.interpolate(
        pixels, size=size, mode="bilinear", antialias=True, align_corners=False
    ).clamp_(0, 255)


# --- checks

EXPECTED = (
    "an array of images (n, height, width) or (n, height, width, 3), or a list of such arrays "
    "without n or of files,"
)


def _without_torch(X, name):
    """Return a tensor as an array, and anything else as it is; and the code for what it is."""
    torch = sys.modules.get("torch")  # where torch was not loaded, nothing is a tensor
    if torch is None or not isinstance(X, torch.Tensor):
        return X, name
    try:
        return X.detach().numpy(), f"{name}.detach().numpy()"
    except (TypeError, RuntimeError) as error:
        raise TypeError(
            f"{name} is a tensor that NumPy cannot read ({error}); {name}.detach().cpu().float() "
            "is expected."
        ) from error


def _check_array(X, name, code):
    """Raise when an array is not (n, h, w), (n, h, w, 1), (n, h, w, 3) or (n, h, w, 4)."""
    shape = X.shape
    refuse_masked(X, name)
    if X.dtype.kind in "OUST":
        raise TypeError(
            f"{name} holds values of type {X.dtype}; {EXPECTED} is expected. Images of different "
            f"sizes, or files, go into a list: list({name})."
        )
    says = f"{name} has shape {shape}; images (n, height, width) or (n, height, width, 3)"
    if len(shape) == 2:
        raise ValueError(
            f"{says} are expected. One image is {name}[np.newaxis]; images as rows of a table are "
            f"{name}.reshape(-1, height, width)."
        )
    if len(shape) == 3 and shape[2] in COLOURS and min(shape[:2]) >= SMALLEST_SIDE:
        raise ValueError(f"{says} are expected. This is one image in colour: {name}[np.newaxis].")
    if len(shape) == 4 and _is_channels_first(shape[1:]):
        raise ValueError(
            f"{says} are expected, the colours last: np.moveaxis({code}, 1, -1) puts them there."
        )
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in COLOURS):
        raise ValueError(f"{says} are expected.")
    if len(X):
        _check_sides(shape[1:3], name)
    _check_kind(X, name, code)


def _as_item(item, where):
    """Return a list's entry as an array (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), or a path."""
    item, code = _without_torch(item, where)
    if isinstance(item, (str, os.PathLike)):
        return image_files.as_picture_path(item, where)
    if not isinstance(item, np.ndarray):
        raise TypeError(
            f"{where} is {describe(item)}; an array (height, width[, 3]) or the path of a file "
            f"is expected.{_item_cure(item, where)}"
        )
    refuse_masked(item, where)
    shape = item.shape
    says = f"{where} has shape {shape}; (height, width) or (height, width, 3)"
    if len(shape) == 3 and _is_channels_first(shape):
        raise ValueError(
            f"{says} is expected, the colours last: np.moveaxis({code}, 0, -1) puts them there."
        )
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in COLOURS):
        raise ValueError(f"{says} is expected.")
    _check_sides(shape[:2], where)
    _check_kind(item, where, code)
    return item


def _is_channels_first(shape):
    """Say whether (3, height, width) is meant, and not (height, width, 3)."""
    colours_last = shape[2] in COLOURS and min(shape[:2]) >= SMALLEST_SIDE
    return shape[0] in COLOURS and min(shape[1:]) > max(COLOURS) and not colours_last


def _check_sides(size, where):
    """Raise ValueError when a side is too short or too long."""
    if not SMALLEST_SIDE <= min(size) <= max(size) <= LARGEST_SIDE:
        raise ValueError(
            f"{where} has {size[0]} × {size[1]} pixels; sides from {SMALLEST_SIDE} to "
            f"{LARGEST_SIDE:,} are expected."
        )


def _check_kind(image, where, code):
    """Raise TypeError when the numbers are neither uint8 nor uint16 nor floats."""
    kind = image.dtype.kind
    if kind == "f" or (kind == "u" and image.dtype.itemsize <= 2):
        return
    cure = ""
    if kind == "b":
        cure = f" Black and white is {code}.astype(np.uint8) * 255."
    elif kind in "iu":
        cure = f" If they lie between 0 and 255, {code}.astype(np.uint8) is right."
    raise TypeError(
        f"{where} holds values of type {image.dtype}; uint8 from 0 to 255, or floats from 0 to 1, "
        f"are expected.{cure}"
    )


def _check_floats(image, where):
    """Raise ValueError when an image (h, w, colours) has NaN, infinity or leaves 0 to 1."""
    low, high = image.min(), image.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        row, column = np.argwhere(~np.isfinite(image))[0][:2]
        what = "NaN" if np.isnan(image[row, column]).any() else "infinity"
        raise ValueError(
            f"{where} has {what} in row {row}, column {column}; finite numbers are expected."
        )
    if low < -ROUNDING or high > 1 + ROUNDING:
        cure = " Where white is 255, divide by 255." if low >= 0 else ""
        raise ValueError(
            f"{where} has floats from {plain(low)} to {plain(high)}; from 0 (black) to 1 (white) "
            f"are expected.{cure}"
        )


def _cure(value, name):
    """Return a sentence that tells what to hand over instead of a set, or nothing."""
    if isinstance(value, (str, os.PathLike)):
        return f" One file is [{name}]; those of a folder, sorted(Path({name}).glob('*.png'))."
    if hasattr(value, "convert"):  # a Pillow picture; its numbers may be those of a palette
        return f" One picture is [np.asarray({name}.convert('RGB'))]."
    shape = np.shape(value) if hasattr(value, "__array__") else ()
    if hasattr(value, "__next__") or len(shape) == 1:  # also a column of pandas
        return f" As a list it is list({name})."
    if len(shape) == 2:  # a table of pandas
        return f" Images as its rows are {name}.to_numpy().reshape(-1, height, width)."
    return f" As an array it is np.asarray({name})." if shape else ""


def _item_cure(value, where):
    """Return a sentence that tells what to hand over instead of an entry of a list, or nothing."""
    if hasattr(value, "convert"):
        return f" As an array it is np.asarray({where}.convert('RGB'))."
    if isinstance(value, (list, tuple)):
        return f" If its numbers lie between 0 and 255, np.asarray({where}, np.uint8) is right."
    return f" As an array it is np.asarray({where})." if hasattr(value, "__array__") else ""
