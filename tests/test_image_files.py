"""Picture files of all forms become one sort of array; what is wrong with a file is said."""

import io
import re
import struct
import time
import warnings
import zlib
from pathlib import Path

from course_utils import data
from course_utils.data.public import image_files

import numpy as np
import PIL
import pytest
from hypothesis import given
from pace import within
from parser_checks import SECONDS, damaged, fuzzed
from PIL import Image, ImageOps, PngImagePlugin


def values(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


GREY = values((20, 30))
COLOURS = values((20, 30, 3), 1)
ALPHA = values((20, 30), 2)
DEEP = np.random.default_rng(3).integers(0, 65_536, (20, 30), dtype=np.uint16)
SIXTEEN = "16 bits a value become 8, 0 to 65,535 as 0 to 255"
NEAREST = np.rint(DEEP / 257).astype(np.uint8)


def three(grey):
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def encoded(picture, form="PNG", **options):
    """Return a picture file of an array, or of a Pillow picture."""
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    picture.save(file, format=form, **options)
    return file.getvalue()


def written(place, content, name="part.png"):
    path = place / name
    path.write_bytes(content)
    return path


def read_quietly(path):
    """Return the image of a file; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return data.read_image(path)


def cmyk():
    return Image.fromarray(COLOURS).convert("CMYK")


def deep_colours():
    """Return a PNG file of 16 bits a colour, which Pillow reads but does not write."""
    head = struct.pack(">IIBBBBB", 30, 20, 16, 2, 0, 0, 0)
    rows = COLOURS.astype(">u2") * 257
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    file = b"\x89PNG\r\n\x1a\n"
    for name, content in [(b"IHDR", head), (b"IDAT", body), (b"IEND", b"")]:
        check = struct.pack(">I", zlib.crc32(name + content))
        file += struct.pack(">I", len(content)) + name + content + check
    return file


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_a_lossless_form_gives_back_every_value(tmp_path, form, options):
    path = written(tmp_path, encoded(COLOURS, form, **options), f"part.{form.lower()}")
    image = read_quietly(path)
    assert (image.dtype, image.shape) == (np.uint8, (20, 30, 3))
    assert np.array_equal(image, COLOURS)
    assert np.array_equal(read_quietly(str(path)), COLOURS)
    image[0, 0, 0] = 0  # it may be changed
    assert image_files.read_size(path) == (20, 30)


def test_jpeg_comes_near(tmp_path):
    smooth = three(np.tile(np.arange(0, 240, 8, dtype=np.uint8), (20, 1)))
    path = written(tmp_path, encoded(smooth, "JPEG", quality=95), "part.jpg")
    assert np.abs(read_quietly(path).astype(int) - smooth).max() <= 4


@pytest.mark.parametrize(
    ("picture", "form", "expected"),
    [
        (GREY, "PNG", three(GREY)),
        (GREY, "TIFF", three(GREY)),
        (GREY, "BMP", three(GREY)),
        (GREY, "GIF", three(GREY)),
        (Image.fromarray(GREY > 99), "PNG", three(np.where(GREY > 99, 255, 0))),
        (Image.fromarray(GREY // 16 * 16).convert("P"), "PNG", three(GREY // 16 * 16)),
    ],
    ids=["grey PNG", "grey TIFF", "grey BMP", "grey GIF", "1 bit", "palette"],
)
def test_grey_and_palettes_become_three_colours_without_remark(tmp_path, picture, form, expected):
    assert np.array_equal(read_quietly(written(tmp_path, encoded(picture, form))), expected)


@pytest.mark.parametrize(
    ("content", "remark", "expected"),
    [
        (encoded(np.dstack([COLOURS, ALPHA])), "transparency is left out", COLOURS),
        (encoded(np.dstack([COLOURS, ALPHA]), "TIFF"), "transparency is left out", COLOURS),
        (encoded(np.dstack([GREY, ALPHA])), "transparency is left out", three(GREY)),
        (encoded(COLOURS, transparency=(1, 2, 3)), "transparency is left out", COLOURS),
        (encoded(DEEP), SIXTEEN, three(NEAREST)),
        (encoded(DEEP, "TIFF"), SIXTEEN, three(NEAREST)),
        (encoded(DEEP, "TIFF", compression="tiff_lzw"), SIXTEEN, three(NEAREST)),
        (deep_colours(), SIXTEEN, COLOURS),
        (
            encoded(cmyk(), "TIFF"),
            "CMYK becomes red, green and blue by a rough formula",
            np.asarray(cmyk().convert("RGB")),
        ),
        (
            encoded(COLOURS, "TIFF", save_all=True, append_images=[Image.fromarray(GREY)]),
            "only the first of several pictures is read",
            COLOURS,
        ),
        (
            encoded(GREY, "GIF", save_all=True, append_images=[Image.fromarray(GREY[::-1])]),
            "only the first of several pictures is read",
            three(GREY),
        ),
        (
            encoded(
                COLOURS,
                "WEBP",
                lossless=True,
                save_all=True,
                append_images=[Image.fromarray(COLOURS[::-1])],
            ),
            "only the first of several pictures is read",
            COLOURS,
        ),
    ],
    ids=[
        "RGBA",
        "RGBA TIFF",
        "LA",
        "one transparent colour",
        "16 bits",
        "16 bits TIFF",
        "16 bits packed TIFF",
        "16 bits in colour",
        "CMYK",
        "two pages",
        "moving GIF",
        "moving WebP",
    ],
)
def test_what_is_left_out_is_said_once_with_the_name_of_the_file(
    tmp_path, content, remark, expected
):
    path = written(tmp_path, content)
    with pytest.warns(UserWarning, match=re.escape(f"{path}: {remark}.")) as said:
        image = data.read_image(path)
    assert len(said) == 1
    assert said[0].filename == __file__
    assert np.array_equal(image, expected)
    assert image_files.read_size(path) == (20, 30)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_a_picture_of_twelve_bits_is_told_apart_and_the_cure_works(tmp_path, form):
    path = written(tmp_path, encoded(DEEP // 16, form))
    with pytest.warns(UserWarning, match=r"reach 4,\d+ only: where 4,095 is white, ") as said:
        image = data.read_image(path)
    assert image.max() <= 16
    cure = re.search("is white, (.*) is right", str(said[0].message)).group(1)
    right = eval(cure, {"np": np, "PIL": PIL, "path": path})
    assert right == pytest.approx(DEEP / 65_535, abs=1e-3)


def test_two_remarks_are_one_warning(tmp_path):
    pictures = [Image.fromarray(np.dstack([COLOURS, ALPHA])), Image.fromarray(GREY)]
    content = encoded(pictures[0], "TIFF", save_all=True, append_images=pictures[1:])
    path = written(tmp_path, content)
    with pytest.warns(UserWarning, match="several pictures is read; transparency is left") as said:
        data.read_image(path)
    assert len(said) == 1


def orientation(number):
    notes = Image.Exif()
    notes[0x0112] = number
    return notes


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("number", range(1, 9))
def test_a_photograph_is_turned_as_its_camera_noted(tmp_path, form, number):
    options = {"quality": 95} if form == "JPEG" else {"lossless": True} if form == "WEBP" else {}
    content = encoded(COLOURS, form, exif=orientation(number), **options)
    path = written(tmp_path, content, f"photo.{form}")
    with Image.open(path) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    image = read_quietly(path)
    assert np.array_equal(image, expected)
    assert image.shape == ((20, 30, 3) if number < 5 else (30, 20, 3))
    assert image_files.read_size(path) == image.shape[:2]


@pytest.mark.parametrize("number", [0, 9, 77])
def test_an_orientation_that_is_none_is_passed_over(tmp_path, number):
    path = written(tmp_path, encoded(COLOURS, exif=orientation(number)))
    assert np.array_equal(read_quietly(path), COLOURS)


def test_damaged_notes_of_the_camera_are_passed_over(tmp_path):
    path = written(tmp_path, encoded(COLOURS, exif=b"Exif\0\0nothing of it"))
    assert np.array_equal(read_quietly(path), COLOURS)


def test_notes_in_words_turn_a_picture_too(tmp_path):
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", '<x tiff:Orientation="6"/>')
    path = written(tmp_path, encoded(COLOURS, pnginfo=notes))
    assert np.array_equal(read_quietly(path), np.rot90(COLOURS, -1))
    assert image_files.read_size(path) == (30, 20)


# --- what is refused


WHOLE = {
    form: encoded(values((64, 64, 3)), form) for form in ["PNG", "JPEG", "BMP", "TIFF", "WEBP"]
} | {"GIF": encoded(values((64, 64)), "GIF")}


@pytest.mark.parametrize("form", WHOLE)
def test_a_file_that_was_cut_short_is_named(tmp_path, form):
    path = written(tmp_path, WHOLE[form][: len(WHOLE[form]) // 2])
    with pytest.raises(ValueError, match=r"part\.png is not a whole PNG, .* or GIF picture"):
        data.read_image(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"a text, but no picture", "does not begin like one. Open it elsewhere and save"),
        (b"<!DOCTYPE html><html></html>", "does not begin like one"),
        (encoded(COLOURS, "PPM"), "does not begin like one"),
        (encoded(COLOURS)[:60], "Copy or download it again"),
        (
            encoded(Image.fromarray(values((20, 30)).astype(np.float32)), "TIFF"),
            "pixels of the sort 'F'; grey, colours or a palette of 8 or 16 bits is expected",
        ),
        (
            encoded(Image.fromarray(values((20, 30)).astype(np.int32)), "TIFF"),
            "pixels of the sort 'I';.* Save it as a PNG file of 8 bits",
        ),
    ],
    ids=["empty", "text", "web page", "another form", "cut short", "floats", "32 bits"],
)
def test_what_is_no_picture_is_named(tmp_path, content, message):
    path = written(tmp_path, content)
    with pytest.raises(ValueError, match=rf"part\.png .*{message}") as refused:
        data.read_image(path)
    assert "0x" not in str(refused.value)  # no address of an object


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((8_001, 8_000), r"has 64,008,000 pixels; at most 64,000,000 are expected"),
        ((20_000, 10_000), "is too large: Image size"),
    ],
)
def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(tmp_path, size, message):
    path = written(tmp_path, encoded(Image.new("1", size)))
    with within(0.5):
        for read in (data.read_image, image_files.read_size):
            with pytest.raises(ValueError, match=rf"part\.png {message}"):
                read(path)


def test_a_file_with_too_many_bytes_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(image_files, "FILE_LIMIT", 100)
    with pytest.raises(ValueError, match=r"part\.png has [0-9,]+ bytes; at most 100"):
        data.read_image(written(tmp_path, encoded(COLOURS)))


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        (None, TypeError, "path is None; the path of a file"),
        (3, TypeError, "path is 3; the path of a file"),
        (b"part.png", TypeError, "path is a value of type bytes"),
        (GREY, TypeError, "path is a value of type ndarray"),
        (["part.png"], TypeError, "path is a value of type list"),
        ("https://example.org/part.png", ValueError, "an address; .* Download the file first"),
        (Path("https://example.org/part.png"), ValueError, "an address"),
        ("data:image/png;base64,iVBORw0KGgo" + "A" * 5_000, ValueError, "an address"),
        ("nowhere.png", FileNotFoundError, "path is 'nowhere.png', where no file is"),
        ("", ValueError, r"a folder; .*sorted\(Path\(folder\)\.glob"),
        (".", ValueError, "path is '.', a folder"),
    ],
)
def test_what_is_no_path_of_a_file_is_named(path, error, message):
    for read in (data.read_image, image_files.read_size):
        with pytest.raises(error, match=message):
            read(path)


@pytest.mark.parametrize("form", WHOLE)
def test_any_bytes_as_a_picture_end_well(tmp_path, form):
    path = tmp_path / "part.png"

    @fuzzed
    @given(damaged(WHOLE[form]))
    def any_bytes(content):
        path.write_bytes(content)
        said, started = None, time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                image = data.read_image(path)
            except ValueError as error:
                said = str(error)
        assert time.process_time() - started < SECONDS
        if said is not None:
            assert "part.png" in said
            return
        assert (image.dtype, image.shape[2]) == (np.uint8, 3)
        assert image_files.read_size(path) == image.shape[:2]

    any_bytes()


def test_nearest_of_eight_bits():
    numbers = np.arange(65_536, dtype=np.uint16)
    assert np.array_equal(image_files.nearest_of_eight_bits(numbers), np.rint(numbers / 257))
