"""A reader of safetensors files: a table of contents in JSON, then the numbers, and no code.

The format is Hugging Face's, https://github.com/huggingface/safetensors#format:

    8 bytes          N, the length of the header, as a whole number, lowest byte first
    N bytes          the header, JSON: {"name": {"dtype": "F32", "shape": [2, 3],
                     "data_offsets": [0, 24]}, …}
    all other bytes  the numbers of one tensor after the other, lowest byte first

A pickle may run any code when it is read. Here nothing but numbers can come out.
"""

from __future__ import annotations

import json
import math

import numpy as np

LENGTH = 8  # bytes that tell the length of the header
DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "<i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "<u1",
    "BOOL": "?",
}


def parse(content):
    """Return the tensors that the content of a safetensors file holds.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    dict of str to ndarray
        In the order in which they lie in the file; each array has memory of its own.

    Raises
    ------
    ValueError
        If the content is not such a file, is cut off, or has a tensor whose type is unknown,
        whose place does not fit its shape, or that does not begin where the one before it ends.
        The message names the tensor.
    """
    header, start = _header(content)
    places = {}
    for name, entry in header.items():
        if name != "__metadata__":  # notes of the writer, as text
            places[name] = _place(name, entry)
    tensors, reached = {}, 0
    for name in sorted(places, key=lambda name: places[name][2:]):
        dtype, shape, begin, end = places[name]
        if begin != reached:
            what = "a gap before it" if begin > reached else "an overlap with the one before"
            raise _damaged(f"tensor {name!r} begins at byte {begin}, not at {reached}: {what}")
        if start + end > len(content):
            raise _damaged(
                f"tensor {name!r} ends at byte {end} of {len(content) - start}: it is cut off"
            )
        numbers = np.frombuffer(content, dtype, math.prod(shape), start + begin)
        try:
            numbers = numbers.reshape(shape)
        except ValueError as error:  # no numbers in more axes than an array can have
            raise _damaged(f"tensor {name!r} has shape {shape}: {error}") from error
        tensors[name] = numbers.astype(dtype.newbyteorder("="))  # a copy
        reached = end
    if start + reached != len(content):
        raise _damaged(f"{len(content) - start - reached} bytes belong to no tensor")
    return tensors


def _header(content):
    """Return the table of contents, and where the numbers begin."""
    if len(content) < LENGTH:
        raise _damaged(f"it has {len(content)} bytes, and {LENGTH} tell the header's length")
    start = LENGTH + int.from_bytes(content[:LENGTH], "little")
    if start > len(content):
        raise _damaged(f"the header ends at byte {start} of {len(content)}")
    try:
        header = json.loads(content[LENGTH:start].decode("utf-8"), object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:  # also what is no UTF-8
        raise _damaged(f"its header cannot be read ({error})") from error
    if not isinstance(header, dict):
        raise _damaged(f"its header is a {type(header).__name__}, not a table of tensors")
    return header, start


def _once_each(pairs):
    """Refuse a name that stands twice, of which JSON would keep the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands in it twice")
    return found


def _place(name, entry):
    """Return a tensor's type, shape, first byte and the byte after its last."""
    wanted = {"dtype", "shape", "data_offsets"}
    if not isinstance(entry, dict) or set(entry) != wanted:
        raise _damaged(f"tensor {name!r} needs {', '.join(sorted(wanted))}, and nothing else")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise _damaged(f"tensor {name!r} has type {dtype!r}; one of {', '.join(DTYPES)} expected")
    if not _counts(shape):
        raise _damaged(f"tensor {name!r} has shape {shape!r}; whole numbers from 0 on expected")
    if not _counts(offsets) or len(offsets) != 2:
        raise _damaged(f"tensor {name!r} has data_offsets {offsets!r}; [begin, end] expected")
    dtype, (begin, end) = np.dtype(DTYPES[dtype]), offsets
    needed = math.prod(shape) * dtype.itemsize
    if end - begin != needed:
        raise _damaged(f"tensor {name!r} takes {needed} bytes and has those from {begin} to {end}")
    return dtype, tuple(shape), begin, end


def _counts(value):
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _damaged(what):
    return ValueError(
        f"This is no sound safetensors file: {what}. Fetch the file again from where it came from."
    )
