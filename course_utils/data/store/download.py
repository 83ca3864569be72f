"""Data sets from the network or from a user's own copy: checked, whole, and once.

Two environment variables steer it: COURSE_DATA names the folder that keeps the files, and
COURSE_DATA_URL the address of a mirror that is asked before the published addresses.

The `name` of a data set is that in the registry; TypeError or ValueError is raised for another.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from course_utils import runtime
from course_utils.data.store import archives, registry
from course_utils.data.store.embedded import FILES as EMBEDDED
from course_utils.data.store.transfer import (
    ResumingDownloader,
    SourceError,
    UnreachableError,
    in_one_line,
)

import filelock
import pooch
import requests
from tqdm import tqdm

CONTENTS = ".contents.tsv"  # in the folder of an unpacked set: sha256, bytes, path
HELD = (5, 32, 33)  # Windows: access denied, in use by another process, locked by one
PATIENCE = 2.0  # seconds for a virus scanner to let go of a new file
NO_SPACE = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class DownloadError(RuntimeError):
    """A data set cannot be had; the message is one line and says what to do."""


def cache_folder():
    """Return the folder that keeps what was downloaded.

    Returns
    -------
    Path
        What the environment variable COURSE_DATA says, or the system's place for such files.
    """
    wanted = os.environ.get("COURSE_DATA", "").strip()
    folder = Path(wanted).expanduser() if wanted else Path(pooch.os_cache("deep-anomaly-course"))
    return folder.absolute()


def path_of(name):
    """Return the folder of a data set, whether it is there or not.

    Returns
    -------
    Path
    """
    return cache_folder() / registry.entry(name).name


def available(name):
    """Return whether all files of a data set are there, each with its size.

    Returns
    -------
    bool
    """
    entry = registry.entry(name)
    folder = path_of(name)
    wanted = _wanted(entry, folder)
    return wanted is not None and all(_has_size(folder, file) for file in wanted)


def fetch(name, *, progress=True):
    """Return the folder of a data set, after downloading what is missing.

    Every file is checked by its SHA-256, on arrival and again at every call; one that is damaged
    is downloaded again. What a user brought (`unpack`) is checked by size alone.

    Parameters
    ----------
    name : str
    progress : bool
        Whether a bar is shown.

    Returns
    -------
    Path

    Raises
    ------
    DownloadError
        If it cannot be had; nothing half is left, and the message says the cure.
    """
    entry = registry.entry(name)
    folder = path_of(name)
    with _problems_told(entry):
        if _is_whole(entry, folder):
            return folder
        if entry.obtain and not (entry.files and _mirror()):
            raise DownloadError(f"{entry.title} is not here. {_how_to_obtain(entry)}")
        with _alone(name) as work:
            if not _is_whole(entry, folder):  # it may have come while this process waited
                _complete(entry, folder, work, progress)
    return folder


def unpack(source, name):
    """Put a user's own copy of a data set in its place.

    Parameters
    ----------
    source : str or Path
        An archive (.zip, .tar.gz, .tar.xz, .tar.bz2) or a folder. It is left as it is.
    name : str
        A data set that users bring themselves, such as "mvtec_ad" or "yahoo_s5".

    Returns
    -------
    Path
        The folder of the data set.

    Raises
    ------
    TypeError, ValueError
        If no data set has that name, or one that is downloaded.
    DownloadError
        If the source is damaged, too large, not safe to unpack, or cannot be put there.
    """
    entry = registry.entry(name)
    if not entry.obtain:
        raise ValueError(f"name is {name!r}, which is downloaded: {_command('get', name)}")
    source = Path(source).expanduser()
    if not source.exists():
        raise DownloadError(f"{name}: {source} is not there. Name an archive or a folder.")
    with _problems_told(entry), _alone(name) as work:
        _unpack_into(entry, source, path_of(name), work)
    return path_of(name)


def remove(name):
    """Delete a data set's files.

    Returns
    -------
    bool
        Whether there was anything to delete.

    Raises
    ------
    DownloadError
        If they cannot be deleted.
    """
    entry = registry.entry(name)
    folder = path_of(name)
    if not os.path.lexists(folder):
        return False
    with _problems_told(entry), _alone(name) as work:
        _clear_away(folder, work)
    return True


def prefer(name, otherwise, /, **options):
    """Load a downloaded data set in the full profile, and something else in the quick one.

    Parameters
    ----------
    name : str
    otherwise : callable
        Returns the data of the quick profile. It also stands in where the set is not there; the
        command that gets it is then printed.
    **options
        For the set's loader.

    Returns
    -------
    AnomalyData

    Raises
    ------
    TypeError, ValueError
        If no data set has that name, or COURSE_PROFILE is neither quick nor full.
    """
    from course_utils import data

    entry = registry.entry(name)
    if not runtime.profile(wanted=(False, True)).wanted:
        return otherwise()
    if not available(name):
        print(f"{entry.title} is not here; this goes on without it. {_how_to_obtain(entry)}")
        return otherwise()
    if entry.obtain:
        arguments = (path_of(name),)
    else:  # the loader's first argument, unless the lesson chooses
        arguments = (entry.argument,) if entry.argument and not options else ()
    return getattr(data, entry.loader)(*arguments, **options)


def listing():
    """Return what can be downloaded as a table of text.

    Returns
    -------
    str
    """
    head = ("name", "modality", "rows", "size", "licence", "here")
    table = [head, *map(_row, registry.entries().values())]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    numbers = (2, 3)
    lines = []
    for row in table:
        cells = [
            cell.rjust(width) if position in numbers else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(
        [
            *lines,
            "",
            f"Kept in {cache_folder()} (COURSE_DATA names another folder).",
            f"Get one: {_command('get', 'NAME')}. These need no download: {', '.join(EMBEDDED)}.",
        ]
    )


def _row(entry):
    rows = "?" if entry.rows is None else f"{entry.rows:,}"
    here = "yes" if available(entry.name) else "no"
    return entry.name, entry.modality, rows, _size(entry.bytes), entry.licence, here


def _size(count):
    if count is None:
        return "?"
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.0f} kB"


def _command(verb, *words):
    return f"`python -m course_utils data {' '.join([verb, *words])}`"


def _how_to_obtain(entry):
    if entry.obtain:
        name = entry.name
        return f"To have it, {entry.obtain}; then {_command('unpack', name, 'FILE_OR_FOLDER')}."
    return f"{_command('get', entry.name)} gets it."


# --- what is there


def _wanted(entry, folder):
    """Return the files that make up the set, or None where that is not known yet."""
    if not entry.is_unpacked:
        return entry.files
    try:
        lines = (folder / CONTENTS).read_text(encoding="utf-8").splitlines()
        rows = [line.split("\t") for line in lines]
        return tuple(registry.DataFile(path, sha256, int(size)) for sha256, size, path in rows)
    except (OSError, ValueError):  # not there, or not as it was written
        return None


def _has_size(folder, file):
    try:
        size = (folder / file.path).stat().st_size
    except OSError:
        return False
    return file.bytes is None or size == file.bytes


def _is_whole(entry, folder):
    if entry.obtain:
        return available(entry.name)
    wanted = _wanted(entry, folder)
    return wanted is not None and not _missing(wanted, folder)


def _missing(files, folder):
    return [file for file in files if not _is_right(folder / file.path, file.sha256)]


def _is_right(path, sha256):
    try:
        return _sha256(path) == sha256
    except OSError:
        return False


def _sha256(path):
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


# --- how it comes


@contextlib.contextmanager
def _alone(name):
    """Keep other processes from the same set; give an empty folder to work in, and clear it."""
    cache = cache_folder()
    work = cache / ".partial" / name
    locks = cache / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(locks / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        print(f"Another process works on {name}; waiting for it.", file=sys.stderr)
        lock.acquire()
    try:
        shutil.rmtree(work, ignore_errors=True)  # what a killed process left
        work.mkdir(parents=True)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.release()


def _complete(entry, folder, work, progress):
    missing = entry.files if entry.is_unpacked else _missing(entry.files, folder)
    _refuse_too_little_space(missing, work)
    sizes = [file.bytes for file in missing]
    with (
        requests.Session() as session,
        tqdm(
            total=None if None in sizes else sum(sizes),
            desc=entry.name,
            unit="B",
            unit_scale=True,
            disable=not progress,
        ) as bar,
    ):
        arrival = _Arrival(entry, work, session, bar)
        for file in missing:
            came = arrival.obtain(file)
            if file.unpack:
                _unpack_into(entry, came, folder, work)
                came.unlink()
            else:
                _put(came, folder / file.path)


def _refuse_too_little_space(files, work):
    needed = sum(file.bytes or 0 for file in files)
    free = shutil.disk_usage(work).free
    if needed > free:
        raise OSError(errno.ENOSPC, f"{_size(needed)} needed, {_size(free)} free")


def _mirror():
    """Return the mirror's address, or "" where there is none."""
    mirror = os.environ.get("COURSE_DATA_URL", "").strip().rstrip("/")
    if mirror and not (mirror.startswith(("http://", "https://")) and urlsplit(mirror).netloc):
        raise DownloadError(
            f"COURSE_DATA_URL is {mirror!r}; an address that starts with http:// or https:// is "
            "expected. Set it to one, or unset it."
        )
    return mirror


class _Arrival:
    """The way of one set's files from the network into the work folder."""

    def __init__(self, entry, work, session, bar):
        self.entry = entry
        self.work = work
        self.session = session
        self.bar = bar
        self.unreachable = set()  # hosts; they are not asked again for every file
        self.ordinary = work / "ordinary"  # has the permissions that new files get here
        self.ordinary.touch()

    def obtain(self, file):
        """Return a checked file in the work folder, from the first address that has it."""
        problems = []
        for retrieve, address in self._ways(file):
            host = urlsplit(address).netloc
            try:
                if host in self.unreachable:
                    raise SourceError("did not answer before")
                return retrieve(address, file)
            except UnreachableError as error:
                self.unreachable.add(host)
                problems.append(f"{host}: {error}")
            except (SourceError, archives.ArchiveError) as error:
                problems.append(f"{host}: {error}")
        name = self.entry.name
        raise DownloadError(
            f"{name}: {file.path} could not be downloaded ({'; '.join(problems)}). Check the "
            f"network and run {_command('get', name)} again, or set COURSE_DATA_URL to a mirror."
        )

    def _ways(self, file):
        mirror = _mirror()
        if mirror:
            yield self._retrieve, f"{mirror}/{quote(f'{self.entry.mirror}/{file.path}')}"
        for address in file.addresses:
            yield self._retrieve, address
        if file.archive is not None:
            yield self._retrieve_member, file.archive.address

    def _retrieve(self, address, file):
        """Let pooch download a file and check it; it gets its name only then."""
        pooch.get_logger().setLevel("WARNING")  # the bar says it already
        try:
            came = pooch.retrieve(
                address,
                known_hash=f"sha256:{file.sha256}",
                fname="file",
                path=self.work,
                downloader=ResumingDownloader(self.session, file.bytes, self.bar),
            )
        except ValueError as error:  # how pooch reports another checksum
            self.bar.update(-(file.bytes or 0))
            raise SourceError("it sends something with another SHA-256") from error
        shutil.copymode(self.ordinary, came)  # pooch lets nobody else read it
        return Path(came)

    def _retrieve_member(self, address, file):
        """Return a file out of a published archive."""
        archive = file.archive
        whole = registry.DataFile(archive.member, archive.sha256, archive.bytes)
        came = self._retrieve(address, whole)
        unpacked = self.work / "archive"
        archives.unpack(came, unpacked, 100 * file.bytes)
        came.unlink()
        member = unpacked / archive.member
        if not _is_right(member, file.sha256):
            raise SourceError(f"its {archive.member} has another SHA-256")
        return member


def _put(came, final):
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.is_dir() and not final.is_symlink():
        shutil.rmtree(final)
    _replace(came, final)


def _replace(source, target):
    """Give a file or a folder its name; on Windows, wait a little for whoever has it open."""
    given_up = time.monotonic() + PATIENCE
    while True:
        try:
            return os.replace(source, target)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in HELD or time.monotonic() > given_up:
                raise
            time.sleep(0.1)


def _unpack_into(entry, source, folder, work):
    """Make the folder of a set from an archive or a folder, all of it or nothing."""
    unpacked = work / "unpacked"
    archives.unpack(source, unpacked, entry.unpacked_bytes)
    lines = []
    for path in sorted(unpacked.rglob("*")):
        if path.is_file():
            where = path.relative_to(unpacked).as_posix()
            lines.append(f"{_sha256(path)}\t{path.stat().st_size}\t{where}\n")
    (unpacked / CONTENTS).write_text("".join(lines), encoding="utf-8", newline="\n")
    if os.path.lexists(folder):
        _clear_away(folder, work)
    _replace(unpacked, folder)


def _clear_away(folder, work):
    """Take a folder out of sight at once, then delete it."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink()
        return
    old = work / "old"
    _replace(folder, old)
    shutil.rmtree(old)


# --- what is said when it fails


@contextlib.contextmanager
def _problems_told(entry):
    """Turn whatever the system or an archive reports into one line with its cure."""
    cache = cache_folder()
    try:
        yield
    except archives.ArchiveError as error:
        raise DownloadError(f"{entry.name}: {error}") from error
    except OSError as error:
        raise DownloadError(f"{entry.name}: {_told(error, cache)}") from error


def _told(error, cache):
    elsewhere = "set COURSE_DATA to a folder"
    if error.errno in NO_SPACE:
        return (
            f"no space is left in {cache} ({error.strerror}). Free some, or {elsewhere} with more."
        )
    if getattr(error, "winerror", None) in HELD:
        return (
            f"its files in {cache} are open in another program, or may not be written. Close "
            f"notebooks that use them and try again, or {elsewhere} of your own."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        place = error.filename or cache
        return f"{place} may not be written or read here. Change that, or {elsewhere} of your own."
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return f"{error.filename or cache} is in the way. Move it, or {elsewhere} of your own."
    return f"{in_one_line(error)}. Try again, or {elsewhere} on another disk."
