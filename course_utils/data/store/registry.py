"""What can be downloaded: `datasets/registry.toml`, read and checked."""

from __future__ import annotations

import csv
import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from course_utils import checks

FOLDER = Path(__file__).resolve().parents[3] / "datasets"
MODALITIES = ("table", "series", "images", "text", "sequences")
SHA256 = re.compile(r"[0-9a-f]{64}")
# characters and names that some system gives a meaning of its own
UNSAFE = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]|[. ](/|$)')
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Archive:
    """A published archive that has a wanted file as a member.

    Parameters
    ----------
    address : str
        Where it is published.
    member : str
        The name of the file inside it.
    sha256 : str
        The SHA-256 of the archive, 64 hexadecimal digits.
    bytes : int
        Its size.
    """

    address: str
    member: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class DataFile:
    """One file of a data set.

    Parameters
    ----------
    path : str
        Where it lies in the set's folder, with "/" between the parts.
    sha256 : str
        The SHA-256 of its content, 64 hexadecimal digits.
    bytes : int or None
        Its size; None where nobody states it.
    addresses : tuple of str
        Where it is published, the preferred address first.
    unpack : bool
        Whether it is an archive whose members are the set.
    archive : Archive or None
        A published archive that has the file, for the case that no address has it.
    """

    path: str
    sha256: str
    bytes: int | None = None
    addresses: tuple[str, ...] = ()
    unpack: bool = False
    archive: Archive | None = None


@dataclass(frozen=True)
class DataSet:
    """One data set of the registry.

    Parameters
    ----------
    name : str
        What it is called in code and on the command line.
    title : str
        What it is called in prose.
    modality : str
        "table", "series", "images", "text" or "sequences".
    rows : int or None
        How many rows, readings, images, texts or sequences; None where that is not known
        before the set is there.
    licence : str
        The licence in a few words.
    redistributable : bool
        Whether the licence clearly lets others pass the data on.
    card : str
        The file name of its card.
    loader : str
        The function of `course_utils.data` that returns it.
    argument : str or None
        What the loader is called with, if anything.
    mirror : str
        Its folder on a mirror.
    files : tuple of DataFile
        What it consists of.
    obtain : str
        For a set that users bring themselves: how they come by it. Otherwise empty.
    unpacked_bytes : int or None
        The most that its archive may unpack to.
    """

    name: str
    title: str
    modality: str
    rows: int | None
    licence: str
    redistributable: bool
    card: str
    loader: str
    argument: str | None
    mirror: str
    files: tuple[DataFile, ...]
    obtain: str = ""
    unpacked_bytes: int | None = None

    @property
    def bytes(self):
        """The size of what is downloaded, int; None where a part of it is not known."""
        sizes = [file.bytes for file in self.files]
        return None if None in sizes or not sizes else sum(sizes)

    @property
    def is_unpacked(self):
        """Whether the set's folder holds the content of an archive or of a user's folder, bool."""
        return not self.files or any(file.unpack for file in self.files)


@functools.cache
def entries():
    """Return the whole registry.

    Returns
    -------
    dict of str to DataSet

    Raises
    ------
    FileNotFoundError
        If the file is not where the course has it.
    ValueError
        If it is damaged; the message names the data set and what is wrong with it.
    """
    return read(FOLDER / "registry.toml")


def entry(name):
    """Return one data set of the registry.

    Parameters
    ----------
    name : str

    Returns
    -------
    DataSet

    Raises
    ------
    TypeError, ValueError
        If no data set has that name; the message lists those there are.
    """
    return entries()[checks.one_of(name, "name", tuple(entries()))]


def read(path):
    """Return the registry that a file holds.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to DataSet

    Raises
    ------
    FileNotFoundError
        If there is no such file; the message says the cure.
    ValueError
        If it is damaged; the message names the file, the data set and what is wrong with it.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{path} is not there. Work in a clone or an unpacked copy of the whole course."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    found = {}
    for name, table in tables.items():
        try:
            found[name] = _as_data_set(name, table, path.parent)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise ValueError(f"{path}, [{name}]: {type(error).__name__}: {error}") from error
    return found


def is_safe(path):
    """Return whether a relative path stays in its folder and means a file on every system.

    Parameters
    ----------
    path : str
        With "/" between the parts.

    Returns
    -------
    bool
    """
    parts = path.split("/")
    return not (
        UNSAFE.search(path) or any(part in ("", "..") or DEVICES.fullmatch(part) for part in parts)
    )


def _as_data_set(name, table, folder):
    table = dict(table)
    files = [_as_file(file) for file in table.pop("files", [])]
    if "list" in table:
        files += _listed(folder / table.pop("list"), table.pop("base"))
    table.setdefault("rows", None)
    table.setdefault("argument", None)
    checks.one_of(table["modality"], "modality", MODALITIES)
    made = DataSet(name=name, files=tuple(files), **table)
    for path in (name, made.mirror, made.card):
        _refuse(not is_safe(path) or "/" in path, f"{path!r} is no plain file name")
    places = [file.path.casefold() for file in files]
    _refuse(len(set(places)) < len(places), "two files have one path")
    nowhere = [file.path for file in files if not file.addresses]
    _refuse(not made.obtain and (nowhere or not files), f"no address for {nowhere or 'any file'}")
    _refuse(made.is_unpacked and len(files) > 1, "beside an archive there is another file")
    _refuse(made.is_unpacked and not made.unpacked_bytes, "unpacked_bytes is missing")
    return made


def _as_file(table):
    archive = table.get("archive")
    if archive is not None:
        archive = Archive(**archive)
        _refuse_wrong(archive.sha256, archive.bytes, (archive.address,))
    addresses = tuple(table.get("addresses", ()))
    made = DataFile(**(table | {"addresses": addresses, "archive": archive}))
    _refuse(not is_safe(made.path), f"path {made.path!r} is not safe")
    _refuse_wrong(made.sha256, made.bytes, addresses)
    return made


def _listed(path, base):
    """Read a table of files, tab-separated: sha256, bytes, path, source."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True))
    return [
        _as_file(
            {
                "path": row["path"],
                "sha256": row["sha256"],
                "bytes": int(row["bytes"]),
                "addresses": [base + quote(row["source"])],
            }
        )
        for row in rows
    ]


def _refuse_wrong(sha256, size, addresses):
    _refuse(not SHA256.fullmatch(sha256), f"sha256 {sha256!r} is not 64 hexadecimal digits")
    _refuse(size is not None and size <= 0, f"bytes is {size}")
    for address in addresses:
        _refuse(
            not re.match(r"https?://[^/]+/", address), f"address {address!r} is no web address"
        )


def _refuse(wrong, what):
    if wrong:
        raise ValueError(what)
