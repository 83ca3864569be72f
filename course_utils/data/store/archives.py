"""Archives and folders from others, copied out without trusting them.

Names, kinds and sizes are checked one member at a time, and content is written as plain new
files: nothing outside the target is touched, no link is made, and no permission is taken over.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path

from course_utils.data.store.registry import is_safe

CHUNK = 1 << 18  # bytes copied at a time
MOST_FILES = 100_000
COMPRESSIONS = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\0": lzma.open, b"BZh": bz2.open}
KINDS = ".zip, .tar.gz, .tar.xz or .tar.bz2"
# what the readers raise at damaged bytes, beside some kinds of OSError
DAMAGE = (
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


class ArchiveError(Exception):
    """An archive or a folder is damaged, too large or not safe; the message names it."""


def unpack(source, target, most_bytes):
    """Copy the content of an archive or a folder into a new folder.

    Parameters
    ----------
    source : Path
        A .zip, .tar.gz, .tar.xz or .tar.bz2, told by its first bytes, or a folder.
    target : Path
        A folder that does not exist yet.
    most_bytes : int
        The most that the content may amount to.

    Raises
    ------
    ArchiveError
        If it is damaged, cut short, holds nothing, too much, anything but files and folders, or
        a name that leaves its folder or means something else on some system.
    OSError
        If it cannot be read, or the target cannot be written.
    """
    target.mkdir(parents=True)
    writer = _Writer(source, target, most_bytes)
    if source.is_dir():
        _copy_folder(source, writer)
    else:
        _unpack_file(source, writer)
    if not writer.names:
        raise ArchiveError(f"{source} holds no file.")


class _Writer:
    """Writes members into the target and counts."""

    def __init__(self, source, target, most_bytes):
        self.source = source
        self.target = target
        self.most_bytes = self.left = most_bytes
        self.names = set()

    def write(self, name, content):
        name = name.removeprefix("./")
        if not is_safe(name):
            raise ArchiveError(f"{self.source} has a member with the unsafe name {name!r}.")
        if name.casefold() in self.names:
            raise ArchiveError(f"{self.source} has two members with the name {name!r}.")
        if len(self.names) == MOST_FILES:
            raise ArchiveError(f"{self.source} holds more than {MOST_FILES:,} files.")
        self.names.add(name.casefold())
        path = self.target / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            output = path.open("xb")
        except (FileExistsError, NotADirectoryError) as error:
            raise ArchiveError(f"{self.source} has {name!r} as file and as folder.") from error
        with output:
            while chunk := content.read(CHUNK):
                self.left -= len(chunk)
                if self.left < 0:
                    raise ArchiveError(
                        f"{self.source} holds more than the {self.most_bytes:,} bytes that are "
                        "expected."
                    )
                output.write(chunk)

    def refuse(self, name, what):
        raise ArchiveError(f"{self.source} has the {what} {name!r}; only files are expected.")


def _unpack_file(source, writer):
    with source.open("rb") as content:
        start = content.read(6)
    try:
        if start.startswith(b"PK"):
            _unpack_zip(source, writer)
            return
        for magic, opener in COMPRESSIONS.items():
            if start.startswith(magic):
                _unpack_tar(source, opener, writer)
                return
    except DAMAGE as error:
        raise _damaged(source, error) from error
    except OSError as error:
        # gzip's and bz2's words for damaged bytes, and what a wrong offset in a zip comes to
        if error.errno in (None, errno.EINVAL):
            raise _damaged(source, error) from error
        raise
    raise ArchiveError(f"{source} is no archive that is known here; {KINDS} is expected.")


def _damaged(source, error):
    reason = " ".join(str(error).split()) or type(error).__name__
    return ArchiveError(f"{source} is damaged or cut short ({reason}). Get it again.")


def _unpack_zip(source, writer):
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            if member.is_dir():
                continue
            if kind not in (0, stat.S_IFREG):
                writer.refuse(member.filename, "link or device")
            with archive.open(member) as content:
                writer.write(member.orig_filename, content)


def _unpack_tar(source, opener, writer):
    with opener(source) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if member.isdir():
                    continue
                if not member.isreg():
                    writer.refuse(member.name, "link or device")
                writer.write(member.name, archive.extractfile(member))
        while stream.read(CHUNK):  # its checksum stands at its very end
            pass


def _copy_folder(source, writer):
    def raise_it(error):
        raise error

    for folder, folders, files in os.walk(source, onerror=raise_it):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                writer.refuse(path.relative_to(source).as_posix(), "link")
        for name in sorted(files):
            path = Path(folder, name)
            if not path.is_file():
                writer.refuse(path.relative_to(source).as_posix(), "device")
            with path.open("rb") as content:
                writer.write(path.relative_to(source).as_posix(), content)
