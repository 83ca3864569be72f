"""Picture files read with care: what is in them, and in words what is wrong with them."""

from __future__ import annotations

import io
import os
import re
import warnings
from pathlib import Path

from course_utils import checks

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WebP", "GIF")
FILE_LIMIT = 512 * 2**20  # bytes; 64 million pixels of 16 bits in four colours
PIXEL_LIMIT = 64_000_000  # pixels; the picture takes three bytes for each
MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
SIXTEEN_BITS = "16 bits a value become 8, 0 to 65,535 as 0 to 255"
# How to undo each orientation of the EXIF standard (tag 0x0112), but 1, which is upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A PNG file may have its orientation behind its pixels; only after one of these it has any.
PNG_NOTES = (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp")


def read_image(path):
    """Return a picture file as an array of three colours.

    PNG, JPEG, BMP, TIFF, WebP and GIF are read. Grey becomes three equal colours, a palette its
    colours, and a photograph is turned as its camera noted (EXIF). A warning names the file where
    something is left out or converted: transparency, pictures after the first one, the colours of
    CMYK, and 16 bits a value, which become 8 (of grey the nearest; of colours the higher byte):
    it also says if the values of grey would fit into fewer bits, so that the picture is dark.

    Parameters
    ----------
    path : Path or str

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        Red, green and blue, 0 is dark.

    Raises
    ------
    TypeError
        If `path` is no path.
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is an address or a folder; or the file is empty, damaged, cut short, no picture of
        these six forms, or has more than 64 million pixels (which is found before decoding).
    """
    image, remarks = read_with_remarks(path)
    if remarks:
        warnings.warn(f"{path}: {'; '.join(remarks)}.", stacklevel=2)
    return image


def read_with_remarks(path):
    """Return the array of `read_image`, and the remarks that it would warn with, as a list."""
    path = as_picture_path(path)
    image, remarks = with_picture(path, FORMATS, (FILE_LIMIT, PIXEL_LIMIT), _three_colours)
    if image is None:
        raise ValueError(
            f"{path} has pixels of the sort {remarks!r}; grey, colours or a palette of 8 or 16 "
            "bits is expected. Save it as a PNG file of 8 bits."
        )
    return image, remarks


def read_size(path):
    """Return height and width in pixels of what `read_image` would return, from the file's head.

    Raises
    ------
    TypeError, FileNotFoundError, ValueError
        As `read_image`, but damage behind the head stays unseen.
    """
    return with_picture(as_picture_path(path), FORMATS, (FILE_LIMIT, PIXEL_LIMIT), _upright_size)


def as_picture_path(path, name="path"):
    """Return the Path of a file that is there.

    Raises
    ------
    TypeError, FileNotFoundError, ValueError
        If it is no path, an address, a folder, or not there.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"{name} is {checks.describe(path)}; the path of a file (str or Path) is expected."
        )
    text = str(path)
    if re.match(r"(https?|ftp|file|s3|gs|data):", text, re.IGNORECASE):
        raise ValueError(
            f"{name} is {text[:80]!r}, an address; the path of a file is expected. Download the "
            "file first."
        )
    path = Path(path)
    if path.is_dir():
        raise ValueError(
            f"{name} is {text!r}, a folder; the path of a file is expected. The files of a folder "
            'are sorted(Path(folder).glob("*.png")).'
        )
    if not path.is_file():
        raise FileNotFoundError(
            f"{name} is {text!r}, where no file is. A path without a folder is looked up in the "
            "notebook's own folder."
        )
    return path


# --- what the readers of data sets share


def as_size(size, smallest, largest):
    """Return height and width in pixels from one number or two, each in a range."""
    sizes = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(sizes) != 2:
        raise ValueError(f"size has {len(sizes)} numbers; one, or height and width, is expected.")
    return tuple(checks.integer_in_range(side, "size", smallest, largest) for side in sizes)


def file_content(path, limit):
    """Return the bytes of a file that is neither empty nor larger than `limit` bytes."""
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"{path} is empty.")
    if size > limit:
        raise ValueError(f"{path} has {size:,} bytes; at most {limit:,} are expected.")
    return path.read_bytes()


def with_picture(path, formats, limits, take):
    """Return ``take(picture, content)`` of a Pillow picture that is not decoded yet.

    Parameters
    ----------
    path : Path
    formats : sequence of str
        Pillow's names of the forms that are read.
    limits : (int, int)
        How many bytes and how many pixels are read at most.
    take : callable
        It may decode the picture; whatever goes wrong in it is said to be the file's fault.

    Raises
    ------
    ValueError
        If the file is empty, too large, damaged or no picture; the message names it.
    """
    file_limit, pixel_limit = limits
    content = file_content(path, file_limit)
    forms = f"{', '.join(formats[:-1])} or {formats[-1]}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, on files that are refused or converted
        try:
            upper = [form.upper() for form in formats]
            with Image.open(io.BytesIO(content), formats=upper) as picture:
                pixels = picture.width * picture.height
                if pixels <= pixel_limit:
                    return take(picture, content)
        except MemoryError:
            raise
        except Image.DecompressionBombError as error:
            raise ValueError(f"{path} is too large: {error}") from error
        except UnidentifiedImageError as error:
            raise ValueError(
                f"{path} is not a whole {forms} picture: it does not begin like one. Open it "
                "elsewhere and save it as one of these."
            ) from error
        except Exception as error:  # Pillow has no common class for what a damaged file raises
            raise ValueError(
                f"{path} is not a whole {forms} picture: {error}. Copy or download it again."
            ) from error
    raise ValueError(f"{path} has {pixels:,} pixels; at most {pixel_limit:,} are expected.")


def as_eight_bits(picture):
    """Return a decoded Pillow picture of which no grey value has more than 8 bits."""
    if not picture.mode.startswith("I;16"):
        picture.load()
        return picture
    return Image.fromarray(nearest_of_eight_bits(np.asarray(picture)))


def sixteen_bits_in_fewer(highest, cure):
    """Return what is added to a remark on 16 bits where the values would fit into fewer.

    Parameters
    ----------
    highest : int
        The largest value: 4,095 may be the white of a camera of 12 bits.
    cure : str
        How to hand them over as floats; "{}" stands for that white.
    """
    white = 2 ** max(8, int(highest).bit_length()) - 1
    if highest == 0 or white == 65_535:
        return ""
    return (
        f". The values reach {highest:,} only: where {white:,} is white, {cure.format(white)} is "
        "right"
    )


def nearest_of_eight_bits(values):
    """Return numbers from 0 to 65,535 as uint8, 0 as 0 and 65,535 as 255, each the nearest."""
    values = values.astype(np.uint32)
    values += 128
    values //= 257
    return values.astype(np.uint8)


# --- one picture


def _three_colours(picture, content):
    """Return the pixels (h, w, 3) and remarks on them; None and the mode, if that is unknown."""
    mode = picture.mode
    if mode not in MODES and not mode.startswith("I;16"):
        return None, mode
    remarks = _remarks(picture)
    if mode.startswith("I;16"):
        highest = np.asarray(picture).max()
        cure = "np.asarray(PIL.Image.open(path)) / {}"
        remarks.append(SIXTEEN_BITS + sixteen_bits_in_fewer(highest, cure))
    orientation = _orientation(picture, content)
    picture = as_eight_bits(picture)
    if picture.mode in ("La", "RGBa"):  # colours that were multiplied by their opacity
        picture = picture.convert(picture.mode.upper())
    picture = picture.convert("RGB")
    if orientation in UPRIGHT:
        picture = picture.transpose(UPRIGHT[orientation])
    return np.array(picture), remarks


def _remarks(picture):
    """Say what is left out or converted when the picture becomes three colours of 8 bits."""
    # Pillow has no mode for 16 bits in colour; only the form of the raw bytes tells of them
    raw = [word for tile in picture.tile for word in np.atleast_1d(tile.args).tolist()]
    sixteen = any(";16" in str(word) for word in raw) and not picture.mode.startswith("I;16")
    found = {
        "only the first of several pictures is read": getattr(picture, "is_animated", False),
        "transparency is left out": picture.has_transparency_data,
        SIXTEEN_BITS: sixteen,
        "CMYK becomes red, green and blue by a rough formula": picture.mode == "CMYK",
    }
    return [remark for remark, holds in found.items() if holds]


def _upright_size(picture, content):
    """Return height and width after turning."""
    width, height = picture.size
    return (width, height) if _orientation(picture, content) >= 5 else (height, width)


def _orientation(picture, content):
    """Return how the camera was held, 1 to 8 of the EXIF standard; 1 where nothing says so."""
    if picture.format == "TIFF":  # Pillow turns these itself
        return 1
    if picture.format == "PNG" and not any(note in content for note in PNG_NOTES):
        return 1
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged notes; the pixels may be whole
        return 1
    return orientation if orientation in UPRIGHT else 1
