"""download: from a server that cuts, corrupts, hangs up and dies; all of it or nothing."""

import bz2
import contextlib
import errno
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

from course_utils import __main__ as command_line
from course_utils import data
from course_utils.data.store import archives, download, registry, transfer

import public_files as files
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
CONTENT = random.Random(0).randbytes(1_000_000)
OTHER = b"a,b\n1,2\n"
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A cache of this test's own, no mirror, no proxy, and no waiting."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("COURSE_DATA_URL", raising=False)
    monkeypatch.delenv("COURSE_PROFILE", raising=False)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(transfer, "PAUSE", 0.001)
    monkeypatch.setattr(transfer, "TIMEOUT", (2, 2))
    return tmp_path


@pytest.fixture
def use(monkeypatch, place):
    """Return a function that puts made sets in the registry's place."""

    def replace(**sets):
        monkeypatch.setattr(registry, "FOLDER", files.write_registry(place / "registry", **sets))
        registry.entries.cache_clear()

    yield replace
    monkeypatch.undo()
    registry.entries.cache_clear()


@pytest.fixture
def server(place):
    files.make(place / "web", {"one/big.bin": CONTENT, "one/sub/small.csv": OTHER})
    with files.Server(place / "web") as running:
        yield running


def one(server, *, base=None):
    """The set "one": a big file and a small one in a folder, at the server's address."""
    base = server.address if base is None else base
    return {
        "files": [
            files.describe(CONTENT, "big.bin", [f"{base}/one/big.bin"]),
            files.describe(OTHER, "sub/small.csv", [f"{base}/one/sub/small.csv"]),
        ]
    }


def left():
    """Every file in the cache apart from locks: path → content."""
    cache = download.cache_folder()
    return {
        path.relative_to(cache).as_posix(): path.read_bytes()
        for path in sorted(cache.rglob("*"))
        if path.is_file() and ".locks" not in path.parts
    }


WHOLE = {"one/big.bin": CONTENT, "one/sub/small.csv": OTHER}


def fails(message, name="one"):
    """Fetching fails in one line with a cure, and leaves whole files only."""
    with pytest.raises(download.DownloadError, match=message) as caught:
        download.fetch(name, progress=False)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(name)
    assert not download.available(name)
    assert left().items() <= WHOLE.items()
    return text


# --- what comes, and from where


def test_a_set_comes_once_and_is_there(use, server):
    use(one=one(server))
    assert not download.available("one")
    folder = download.fetch("one", progress=False)
    assert folder == download.path_of("one") == download.cache_folder() / "one"
    assert left() == WHOLE
    assert download.available("one")
    assert len(server.requests) == 2
    download.fetch("one")
    assert len(server.requests) == 2


def test_others_may_read_what_came_as_any_new_file(use, server, place):
    use(one=one(server))
    folder = download.fetch("one", progress=False)
    (place / "new").touch()
    assert (folder / "big.bin").stat().st_mode == (place / "new").stat().st_mode


def test_only_what_is_missing_or_damaged_comes_again(use, server):
    use(one=one(server))
    folder = download.fetch("one", progress=False)
    (folder / "sub" / "small.csv").write_bytes(OTHER[:-1] + b"9")  # the size is right
    assert download.available("one")
    download.fetch("one", progress=False)
    assert left() == WHOLE
    assert server.paths()[2:] == ["one/sub/small.csv"]
    (folder / "big.bin").unlink()
    assert not download.available("one")
    download.fetch("one", progress=False)
    assert left() == WHOLE
    assert server.paths()[3:] == ["one/big.bin"]


def test_something_else_under_a_files_name_gives_way(use, server):
    use(one=one(server))
    (download.path_of("one") / "big.bin").mkdir(parents=True)
    download.fetch("one", progress=False)
    assert left() == WHOLE


def test_addresses_are_tried_in_order(use, server):
    table = one(server)
    table["files"][0]["addresses"][:0] = [f"{server.address}/not/there", "http://127.0.0.1:9/dead"]
    use(one=table)
    download.fetch("one", progress=False)
    assert left() == WHOLE
    assert server.paths() == ["not/there", "one/big.bin", "one/sub/small.csv"]


@pytest.mark.parametrize("end", ["", "/"])
def test_the_mirror_comes_first(use, server, monkeypatch, end):
    files.make(server.place, {"mirror/folder/big.bin": CONTENT})
    use(one=one(server) | {"mirror": "folder"})
    monkeypatch.setenv("COURSE_DATA_URL", f"{server.address}/mirror{end}")
    download.fetch("one", progress=False)
    assert left() == WHOLE
    small = ["mirror/folder/sub/small.csv", "one/sub/small.csv"]  # the mirror lacks this one
    assert server.paths() == ["mirror/folder/big.bin", *small]


def test_a_dead_mirror_then_a_live_address(use, server, monkeypatch):
    use(one=one(server))
    monkeypatch.setenv("COURSE_DATA_URL", "http://127.0.0.1:9")
    download.fetch("one", progress=False)
    assert left() == WHOLE


@pytest.mark.parametrize("wrong", ["ftp://127.0.0.1/x", "somewhere", "http://", "file:///etc"])
def test_a_mirror_that_is_no_web_address(use, server, monkeypatch, wrong):
    use(one=one(server))
    monkeypatch.setenv("COURSE_DATA_URL", wrong)
    with pytest.raises(download.DownloadError, match=r"COURSE_DATA_URL is .*Set it to one"):
        download.fetch("one")


def test_the_cache_is_where_the_system_has_one_unless_told(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "~/elsewhere")
    assert download.cache_folder() == Path.home() / "elsewhere"
    monkeypatch.delenv("COURSE_DATA")
    assert "deep-anomaly-course" in download.cache_folder().parts


def test_names_with_spaces_and_signs(use, place):
    path = "Field Names+#%41?&é.csv".replace("?", "")
    files.make(place / "web", {f"signs/{path}": OTHER})
    with files.Server(place / "web") as server:
        use(signs={"files": [files.describe(OTHER, path, ["http://127.0.0.1:9/dead"])]})
        os.environ["COURSE_DATA_URL"] = server.address  # monkeypatch restores it
        folder = download.fetch("signs", progress=False)
    assert (folder / path).read_bytes() == OTHER


@pytest.mark.parametrize("source", ["made"] + ["public"] * bool(files.names()))
def test_every_set_of_the_registry_comes_from_a_mirror(use, place, monkeypatch, source):
    if source == "public":
        mirror, names = files.FOLDER, files.names()
        assert len(names) >= 19
    else:
        mirror = place / "mirror"
        sets = files.small_sets(mirror)
        use(**sets)
        names = list(sets)
    with files.Server(mirror) as server:
        monkeypatch.setenv("COURSE_DATA_URL", server.address)
        for name in names:
            folder = download.fetch(name, progress=False)
            for file in registry.entry(name).files:
                wanted = mirror / registry.entry(name).mirror / file.path
                assert (folder / file.path).read_bytes() == wanted.read_bytes()


# --- connections


@pytest.mark.parametrize("at", [1, 400_000, 999_999])
def test_a_cut_connection_goes_on_where_it_stopped(use, server, at):
    use(one=one(server))
    server.plan["one/big.bin"] = [files.cut(at), files.hang_up]
    download.fetch("one", progress=False)
    assert left() == WHOLE
    kept = at - at % transfer.CHUNK
    ranges = [asked for path, asked in server.requests if path == "one/big.bin"]
    assert ranges == [None] + 2 * [f"bytes={kept}-" if kept else None]


def test_a_server_that_knows_no_ranges_sends_all_again(use, server):
    use(one=one(server))
    server.plan["one/big.bin"] = [files.cut(300_000), files.without_range()]
    download.fetch("one", progress=False)
    assert left() == WHOLE


def test_a_server_that_dies_and_comes_back(use, server):
    use(one=one(server))
    server.plan["one/big.bin"] = [files.cut(300_000), files.hang_up, files.refuse(503)]
    download.fetch("one", progress=False)
    assert left() == WHOLE
    server.plan["one/big.bin"] = [files.cut(300_000), *[files.hang_up] * 9]
    download.remove("one")
    fails("cut after 294,912 bytes")
    server.stop()
    fails("no connection.*run `python -m course_utils data get one` again")
    server.start()
    server.plan.clear()
    download.fetch("one", progress=False)
    assert left() == WHOLE


def test_a_connection_cut_after_the_last_byte(use, server, monkeypatch):
    monkeypatch.setattr(transfer, "CHUNK", 1000)
    use(one=one(server))
    server.plan["one/big.bin"] = [
        lambda handler, content: files.serve(handler, content + b"more", len(content))
    ]
    download.fetch("one", progress=False)
    assert left() == WHOLE
    assert len(server.requests) == 2


def test_a_connection_cut_at_once_is_tried_again(use, server):
    use(one=one(server))
    server.plan["one/sub/small.csv"] = [files.cut(3), files.hang_up]
    download.fetch("one", progress=False)
    assert left() == WHOLE
    download.remove("one")
    server.plan["one/sub/small.csv"] = [files.cut(3)] * 3
    fails("cut at once")


def test_a_host_that_does_not_answer_is_not_asked_for_every_file(use, place, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_URL", "http://127.0.0.1:9")
    asked = []
    receive = transfer.ResumingDownloader._receive
    monkeypatch.setattr(
        transfer.ResumingDownloader,
        "_receive",
        lambda self, url, target: asked.append(url) or receive(self, url, target),
    )
    made = files.make(place / "web", {f"many/{number}": b"%d" % number for number in range(5)})
    with files.Server(made) as server:
        listed = [
            files.describe(b"%d" % number, str(number), [f"{server.address}/many/{number}"])
            for number in range(5)
        ]
        use(many={"files": listed})
        download.fetch("many", progress=False)
    assert sum(":9/" in url for url in asked) == transfer.BARREN_ATTEMPTS


def test_a_connection_that_is_always_cut_ends(use, server):
    use(one=one(server))
    server.plan["one/big.bin"] = [files.cut(50_000)] * 99
    fails("cut after 491,520 bytes")
    assert len(server.requests) == transfer.ATTEMPTS


def test_a_server_that_stalls(use, server, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", (2, 0.3))
    use(one=one(server))
    server.plan["one/big.bin"] = [files.wait_for(threading.Event())]
    download.fetch("one", progress=False)
    assert left() == WHOLE


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (files.corrupt, "another SHA-256"),
        (files.shorten, "only 500,000 of 1,000,000 bytes came"),
        (files.lengthen, "more than the 1,000,000 bytes"),
        (files.hang_up, "no connection"),
        (files.refuse(404), "HTTP status 404"),
        (files.refuse(503), "HTTP status 503"),
    ],
)
def test_what_is_not_the_file_is_not_taken(use, server, step, message):
    use(one=one(server))
    server.plan["one/big.bin"] = [step] * 5
    fails(message)
    server.plan.clear()
    download.fetch("one", progress=False)
    assert left() == WHOLE


@pytest.mark.parametrize("step", [files.corrupt, files.shorten, files.lengthen, files.hang_up])
def test_a_bad_mirror_then_a_good_address(use, server, monkeypatch, step):
    files.make(server.place, {"mirror/one/big.bin": CONTENT})
    server.plan["mirror/one/big.bin"] = [step] * 5
    use(one=one(server))
    monkeypatch.setenv("COURSE_DATA_URL", f"http://localhost:{server.port}/mirror")
    download.fetch("one", progress=False)
    assert left() == WHOLE


def test_a_part_of_another_file_does_not_count(use, server):
    use(one=one(server))
    other = random.Random(1).randbytes(1_000_000)
    server.plan["one/big.bin"] = [lambda handler, content: files.serve(handler, other, 300_000)]
    fails("another SHA-256")


def test_a_file_whose_size_nobody_states(use, server, monkeypatch):
    table = one(server)
    del table["files"][0]["bytes"]
    use(one=table)
    download.fetch("one", progress=False)
    assert left() == WHOLE
    download.remove("one")
    monkeypatch.setattr(transfer, "UNKNOWN_SIZE_LIMIT", 999_999)
    fails("more than the 999,999 bytes")


def test_files_that_came_stay_when_another_fails(use, server):
    use(one=one(server))
    server.plan["one/sub/small.csv"] = [files.corrupt]
    fails("sub/small.csv could not be downloaded")
    assert left() == {"one/big.bin": CONTENT}
    download.fetch("one", progress=False)
    assert server.paths().count("one/big.bin") == 1


def test_the_bar_counts_what_stays(use, server, capsys):
    use(one=one(server))
    server.plan["one/big.bin"] = [files.cut(300_000), files.without_range(200_000), files.cut(5)]
    download.fetch("one")
    bar = capsys.readouterr().err.split("\r")[-1]
    assert "one: 100%" in bar
    assert "1.00M/1.00M" in bar
    table = one(server)
    table["files"][0]["addresses"].append(f"{server.address}/one/big.bin?again")
    use(one=table)
    server.plan["one/big.bin"] = [files.shorten] * 4  # half of it, then the other address
    download.remove("one")
    download.fetch("one")
    assert "1.00M/1.00M" in capsys.readouterr().err.split("\r")[-1]
    use(one=one(server))
    server.plan["one/big.bin"] = [files.corrupt]
    download.remove("one")
    with pytest.raises(download.DownloadError):
        download.fetch("one")
    assert "one:   0%" in capsys.readouterr().err.split("\r")[-1]
    download.fetch("one", progress=False)
    assert capsys.readouterr().err == ""


# --- this machine


def test_no_space(use, server, monkeypatch):
    use(one=one(server))
    monkeypatch.setattr(
        download.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 5_000})
    )
    text = fails("no space is left in .*1.0 MB needed, 5 kB free")
    assert "set COURSE_DATA to a folder with more" in text
    assert server.requests == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "no space is left in .*Free some"),
        (errno.EROFS, "may not be written or read here. Change that"),
        (errno.EIO, "Try again, or set COURSE_DATA to a folder on another disk"),
    ],
)
def test_the_disk_gives_up_half_way(use, server, monkeypatch, number, message):
    use(one=one(server))
    whole = transfer.ResumingDownloader._write

    def write(self, response, target):
        whole(self, response, target)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(transfer.ResumingDownloader, "_write", write)
    fails(message)
    monkeypatch.undo()


def test_no_permission(use, server, monkeypatch):
    use(one=one(server))

    def refuse(came, final):
        raise PermissionError(errno.EACCES, "Permission denied", str(final))

    monkeypatch.setattr(download.os, "replace", refuse)
    fails("big.bin may not be written or read here.*set COURSE_DATA to a folder of your own")


@pytest.mark.parametrize("number", [5, 32, 33])
def test_windows_says_that_a_file_is_open_elsewhere(use, server, monkeypatch, number):
    use(one=one(server))
    refused = []

    def refuse(came, final):
        error = PermissionError(errno.EACCES, "Access is denied", str(came))
        error.winerror = number
        refused.append(final)
        raise error

    monkeypatch.setattr(download.os, "replace", refuse)
    monkeypatch.setattr(download, "PATIENCE", 0.2)
    fails("its files in .* are open in another program.*Close notebooks that use them")
    assert 1 < len(refused) < 9


def test_what_lets_go_in_time_is_waited_for(use, server, monkeypatch):
    use(one=one(server))
    replace, refused = os.replace, []

    def scanned(came, final):
        if len(refused) < 2:  # a virus scanner reads what is new
            refused.append(final)
            error = PermissionError(errno.EACCES, "Access is denied", str(came))
            error.winerror = 5
            raise error
        replace(came, final)

    monkeypatch.setattr(download, "PATIENCE", 60)
    monkeypatch.setattr(download.os, "replace", scanned)
    download.fetch("one", progress=False)
    assert len(refused) == 2
    assert download.available("one")


def test_a_file_where_the_cache_should_be(use, server, place, monkeypatch):
    use(one=one(server))
    (place / "file").write_text("mine")
    for cache in (place / "file", place / "file" / "below"):
        monkeypatch.setenv("COURSE_DATA", str(cache))
        with pytest.raises(download.DownloadError, match=r"is in the way. Move it"):
            download.fetch("one")
    assert (place / "file").read_text() == "mine"


def test_what_is_there_needs_no_writing(use, server, monkeypatch):
    use(one=one(server))
    download.fetch("one", progress=False)

    def refuse(*arguments, **named):
        raise PermissionError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    download.fetch("one", progress=False)


def test_ctrl_c_leaves_nothing_half(use, server, monkeypatch, capsys):
    use(one=one(server))
    whole = transfer.ResumingDownloader._write

    def write(self, response, target):
        whole(self, response, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer.ResumingDownloader, "_write", write)
    assert command_line.main(["data", "get", "one"]) == 130
    assert "Stopped. Nothing half is left" in capsys.readouterr().err
    assert left() == {}
    monkeypatch.setattr(transfer.ResumingDownloader, "_write", whole)
    assert command_line.main(["data", "get", "one"]) == 0
    assert left() == WHOLE


# the package's other modules are left out: they take seconds to load, and are not needed
PROCESS = """
import sys, types
import course_utils
bare = types.ModuleType("course_utils.data")
bare.__path__ = [course_utils.__path__[0] + "/data"]
sys.modules["course_utils.data"] = course_utils.data = bare
from pathlib import Path
from course_utils.data.store import download, registry
registry.FOLDER = Path(sys.argv[1])
print("ready", flush=True)
print(download.fetch("one", progress=False))
"""


def another_process():
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(registry.FOLDER)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def wait_until(condition):
    waiting = threading.Event()
    for _ in range(15_000):
        if condition():
            return
        waiting.wait(0.02)
    raise AssertionError("it did not happen within five minutes")


def test_two_processes_share_one_download_and_a_killed_one_leaves_nothing(use, server):
    use(one=one(server))
    go_on = threading.Event()
    never = threading.Event()
    server.plan["one/big.bin"] = [files.wait_for(never), files.wait_for(go_on)]
    with another_process() as killed, another_process() as first:
        assert killed.stdout.readline() == first.stdout.readline() == "ready\n"
        wait_until(lambda: len(server.requests) == 1)
        # one of the two downloads, the other says that it waits
        waiting = next(iter_first_line(killed, first))
        busy = first if waiting is killed else killed
        busy.kill()
        wait_until(lambda: len(server.requests) == 2)  # the other one takes over
        with another_process() as second:
            assert second.stdout.readline() == "ready\n"
            assert "waiting for it" in second.stderr.readline()
            go_on.set()
            for process in (waiting, second):
                assert process.stdout.readline().strip() == str(download.path_of("one"))
                assert process.wait(300) == 0
        never.set()
    assert server.paths() == ["one/big.bin", "one/big.bin", "one/sub/small.csv"]
    assert left() == WHOLE


def iter_first_line(*processes):
    """Yield the processes in the order in which they say that they wait."""
    said = []
    event = threading.Event()

    def listen(process):
        if "waiting for it" in process.stderr.readline():
            said.append(process)
            event.set()

    for process in processes:
        threading.Thread(target=listen, args=(process,), daemon=True).start()
    assert event.wait(300)
    yield said[0]


# --- archives


def gzip_of(content):
    return gzip.compress(content, mtime=0)


def tar_of(members, *, compress=gzip_of, kind=tarfile.REGTYPE, link=""):
    """Return a compressed tar file: name → content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(member, io.BytesIO(content))
    return compress(buffer.getvalue())


def zip_of(members, *, mode=0):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            archive.writestr(member, content)
    return buffer.getvalue()


MEMBERS = [("top/a.bin", CONTENT[:200_000]), ("./top/sub/b.csv", OTHER), ("c.txt", b"")]
PACKERS = {
    "tar.gz": tar_of,
    "tar.xz": lambda members: tar_of(members, compress=lzma.compress),
    "tar.bz2": lambda members: tar_of(members, compress=bz2.compress),
    "zip": zip_of,
}


def packed(server, content, **more):
    """A set that is one archive."""
    files.make(server.place, {"packed/it.tar.gz": content})
    address = f"{server.address}/packed/it.tar.gz"
    file = files.describe(content, "it.tar.gz", [address], unpack=True)
    return {"files": [file], "unpacked_bytes": 1_000_000} | more


def unpacked(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != download.CONTENTS
    }


@pytest.mark.parametrize("kind", PACKERS)
def test_an_archive_is_unpacked(use, server, kind):
    use(packed=packed(server, PACKERS[kind](MEMBERS)))
    folder = download.fetch("packed", progress=False)
    wanted = {name.removeprefix("./"): content for name, content in MEMBERS}
    assert unpacked(folder) == wanted
    assert download.available("packed")
    download.fetch("packed", progress=False)
    assert len(server.requests) == 1
    (folder / "top" / "sub" / "b.csv").write_bytes(OTHER[::-1])  # damaged
    (folder / "old.txt").write_text("left over")
    download.fetch("packed", progress=False)
    assert unpacked(folder) == wanted
    assert len(server.requests) == 2
    (folder / download.CONTENTS).write_text("nonsense")
    assert not download.available("packed")


def test_who_waited_for_an_archive_does_not_get_it_again(use, server, capsys):
    use(packed=packed(server, tar_of(MEMBERS)))
    go_on = threading.Event()
    server.plan["packed/it.tar.gz"] = [files.wait_for(go_on)]
    threads = [threading.Thread(target=download.fetch, args=["packed"]) for _ in range(2)]
    threads[0].start()
    wait_until(lambda: server.requests)
    threads[1].start()
    wait_until(lambda: "waiting for it" in capsys.readouterr().err)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert download.available("packed")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "name",
    ["../out", "/out", "a/../../out", "a\\..\\out", "C:/out", "con.txt", "a/nul", "a//b", "dot.",
     "tab\tname", "space /x", ".."],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_a_name_that_leaves_its_folder(use, server, place, kind, name):
    before = set(place.rglob("*"))
    use(packed=packed(server, PACKERS[kind]([("fine", b"1"), (name, b"2")])))
    message = fails("unsafe name", "packed")
    assert repr(name) in message
    made = {path.name for path in set(place.rglob("*")) - before}
    assert not made & {"out", "fine"}


BOMB = tar_of([("zeros", bytes(1_000_001))])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tar_of([("l", b"")], kind=tarfile.SYMTYPE, link="/etc/passwd"), "link or device 'l'"),
        (tar_of([("l", b"")], kind=tarfile.LNKTYPE, link="../../x"), "link or device 'l'"),
        (tar_of([("l", b"")], kind=tarfile.FIFOTYPE), "link or device 'l'"),
        (tar_of([("l", b"")], kind=tarfile.CHRTYPE), "link or device 'l'"),
        (zip_of([("l", b"/etc/passwd")], mode=0o120777), "link or device 'l'"),
        (tar_of([("a", b"1"), ("A", b"2")]), "two members with the name 'A'"),
        (tar_of([("a", b"1"), ("a/b", b"2")]), "'a/b' as file and as folder"),
        (tar_of([("a/b", b"1"), ("a", b"2")]), "'a' as file and as folder"),
        (BOMB, "more than the 1,000,000 bytes"),
        (zip_of([("zeros", bytes(1_000_001))]), "more than the 1,000,000 bytes"),
        (tar_of([(f"f{number}", b"") for number in range(6)]), "more than 5 files"),
        (tar_of([]), "holds no file"),
        (b"just text", "no archive that is known here"),
        (b"", "no archive that is known here"),
        (b"PK\x03\x04 not really", "damaged or cut short"),
        (gzip_of(b"not a tar file" * 100), "damaged or cut short"),
    ],
    ids=lambda value: value if isinstance(value, str) else "archive",
)
def test_an_archive_that_is_not_taken(use, place, monkeypatch, content, message):
    monkeypatch.setattr(archives, "MOST_FILES", 5)
    use(mine={"obtain": "ask for it", "files": [], "unpacked_bytes": 1_000_000})
    source = place / "mine.archive"
    source.write_bytes(content)
    with pytest.raises(download.DownloadError, match=message) as caught:
        download.unpack(source, "mine")
    assert "\n" not in str(caught.value)
    assert left() == {}
    assert source.read_bytes() == content


@pytest.mark.parametrize("kind", PACKERS)
def test_an_archive_cut_short_anywhere(place, kind):
    whole = PACKERS[kind](MEMBERS)
    source = place / "cut"
    for end in sorted(
        {*range(0, len(whole), len(whole) // 25), *range(len(whole) - 12, len(whole))}
    ):
        source.write_bytes(whole[:end])
        with pytest.raises(archives.ArchiveError, match=r"cut short|no archive"):
            archives.unpack(source, place / f"to-{end}", 10**6)


SMALL = {kind: pack([("a/b.csv", OTHER * 9), ("c", b"1")]) for kind, pack in PACKERS.items()}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(SMALL)), st.data())
def test_any_bytes_give_files_in_the_folder_or_a_clear_error(tmp_path_factory, kind, drawn):
    content = bytearray(SMALL[kind])
    for _ in range(drawn.draw(st.integers(1, 4))):
        content[drawn.draw(st.integers(0, len(content) - 1))] = drawn.draw(st.integers(0, 255))
    place = tmp_path_factory.mktemp("any")
    (place / "it").write_bytes(content)
    with contextlib.suppress(archives.ArchiveError):
        archives.unpack(place / "it", place / "to", 10_000)
    assert {path.name for path in place.iterdir()} == {"it", "to"}
    sizes = [path.lstat().st_size for path in (place / "to").rglob("*") if not path.is_dir()]
    assert sum(sizes) <= 10_000


def test_an_encrypted_archive(place):
    content = bytearray(zip_of([("a", b"1")]))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    (place / "it.zip").write_bytes(content)
    with pytest.raises(archives.ArchiveError, match=r"encrypted"):
        archives.unpack(place / "it.zip", place / "to", 10)


def test_a_member_of_a_published_archive_is_the_last_resort(use, server):
    content = zip_of([("readme", b"hello"), ("big.bin", CONTENT)])
    files.make(server.place, {"a.zip": content})
    table = one(server)
    inside = files.describe(content, "a.zip") | {"address": f"{server.address}/a.zip"}
    archive = {key: inside[key] for key in ("address", "sha256", "bytes")}
    table["files"][0]["archive"] = archive | {"member": "big.bin"}
    use(one=table)
    server.plan["one/big.bin"] = [files.refuse(404)]
    download.fetch("one", progress=False)
    assert left() == WHOLE
    download.remove("one")
    server.plan["one/big.bin"] = [files.refuse(404)] * 2
    server.plan["a.zip"] = [files.corrupt]
    fails("404; .*another SHA-256")
    table["files"][0]["archive"]["member"] = "readme"
    use(one=table)
    fails("its readme has another SHA-256")


# --- a user's own copy


def mine(use, **more):
    use(mine={"obtain": "ask for it", "files": [], "unpacked_bytes": 1_000_000} | more)


def test_a_users_folder_is_taken_over_and_left_alone(use, place):
    mine(use)
    with pytest.raises(download.DownloadError, match=r"ask for it; then `.* unpack mine"):
        download.fetch("mine")
    source = files.make(place / "source", {"a/1.csv": OTHER, "b.txt": b"x"})
    assert download.unpack(source, "mine") == download.path_of("mine")
    assert unpacked(download.fetch("mine")) == {"a/1.csv": OTHER, "b.txt": b"x"}
    (source / "b.txt").unlink()
    download.unpack(str(source), "mine")
    assert unpacked(download.path_of("mine")) == {"a/1.csv": OTHER}
    assert download.remove("mine")
    assert (source / "a" / "1.csv").exists()
    assert not download.available("mine")


def test_a_folder_with_a_link_is_not_taken(use, place, monkeypatch):
    mine(use)
    source = files.make(place / "source", {"a.csv": OTHER})
    monkeypatch.setattr(Path, "is_symlink", lambda path: path.name == "a.csv")
    with pytest.raises(download.DownloadError, match=r"link 'a.csv'"):
        download.unpack(source, "mine")
    monkeypatch.undo()


def test_a_failed_takeover_keeps_what_was_there(use, place):
    mine(use)
    download.unpack(files.make(place / "source", {"a.csv": OTHER}), "mine")
    (place / "bad.zip").write_bytes(zip_of(MEMBERS)[:1000])
    with pytest.raises(download.DownloadError, match=r"bad.zip is damaged or cut short"):
        download.unpack(place / "bad.zip", "mine")
    assert unpacked(download.path_of("mine")) == {"a.csv": OTHER}


def test_a_mirror_may_have_what_users_otherwise_bring(use, server, monkeypatch):
    table = packed(server, tar_of(MEMBERS), obtain="ask for it")
    table["files"][0]["addresses"] = []
    use(packed=table)
    with pytest.raises(download.DownloadError, match=r"ask for it"):
        download.fetch("packed")
    monkeypatch.setenv("COURSE_DATA_URL", server.address)
    assert len(unpacked(download.fetch("packed", progress=False))) == 3


def test_unpack_names_what_is_wrong(use, server, place):
    use(one=one(server))
    with pytest.raises(ValueError, match=r"'one', which is downloaded: `python .* get one`"):
        download.unpack(place, "one")
    mine(use)
    with pytest.raises(download.DownloadError, match=r"nothing is not there. Name an archive"):
        download.unpack(place / "nothing", "mine")


# --- removing, and the lesson's choice


def test_remove(use, server):
    use(one=one(server))
    assert not download.remove("one")
    download.fetch("one", progress=False)
    assert download.remove("one")
    assert left() == {}
    assert not download.path_of("one").exists()


@pytest.mark.parametrize(
    "act",
    [
        download.fetch,
        download.available,
        download.remove,
        download.path_of,
        lambda name: download.unpack(".", name),
    ],
)
def test_an_unknown_name(use, server, act):
    use(one=one(server))
    with pytest.raises(ValueError, match=r"name is 'two'; one of 'one' is expected"):
        act("two")


def test_a_lesson_takes_the_download_in_the_full_profile(use, server, monkeypatch, capsys):
    use(one=one(server), other=one(server) | {"argument": "x"})
    monkeypatch.setattr(data, "load_made", lambda *given: ("loaded", *given), raising=False)
    assert download.prefer("one", lambda: "embedded") == "embedded"
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("COURSE_PROFILE", "full")
    assert download.prefer("one", lambda: "embedded") == "embedded"
    assert "`python -m course_utils data get one` gets it" in capsys.readouterr().out
    download.fetch("one", progress=False)
    download.fetch("other", progress=False)
    assert download.prefer("one", lambda: "embedded") == ("loaded",)
    assert download.prefer("other", lambda: "embedded") == ("loaded", "x")
    monkeypatch.setattr(data, "load_made", lambda name: name)
    assert download.prefer("other", lambda: "embedded", name="y") == "y"
    assert capsys.readouterr().out == ""


def test_a_lesson_hands_a_users_copy_to_its_loader(use, place, monkeypatch):
    mine(use)
    monkeypatch.setattr(data, "load_made", lambda *given: given, raising=False)
    monkeypatch.setenv("COURSE_PROFILE", "full")
    download.unpack(files.make(place / "source", {"a.csv": OTHER}), "mine")
    assert download.prefer("mine", list) == (download.path_of("mine"),)


# --- the command line


def test_the_list(use, server, capsys):
    table = one(server)
    del table["files"][0]["bytes"]
    mine_too = {"obtain": "ask for it", "files": [], "unpacked_bytes": 10}
    use(one=one(server), two=table, three=mine_too)
    download.fetch("one", progress=False)
    for arguments in (["data"], ["data", "list"]):
        assert command_line.main(arguments) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split() == ["name", "modality", "rows", "size", "licence", "here"]
        assert lines[1].split() == ["one", "table", "3", "1.0", "MB", "MIT", "yes"]
        assert lines[2].split() == ["two", "table", "3", "?", "MIT", "no"]
        assert str(download.cache_folder()) in lines[-2]
        assert "shuttle" in lines[-1]


def test_get_path_and_remove(use, server, capsys):
    use(one=one(server), two=one(server) | {"mirror": "one"})
    assert command_line.main(["data", "get", "one", "two"]) == 0
    folders = [str(download.path_of(name)) for name in ("one", "two")]
    assert capsys.readouterr().out.splitlines() == folders
    assert command_line.main(["data", "path", "one"]) == 0
    assert capsys.readouterr().out.strip() == folders[0]
    assert command_line.main(["data", "remove", "one"]) == 0
    assert command_line.main(["data", "remove", "one"]) == 0
    assert capsys.readouterr().out.splitlines() == ["one is removed.", "one was not here."]
    assert not download.available("one")
    assert download.available("two")


def test_unpack_from_the_command_line(use, place, capsys):
    mine(use)
    source = files.make(place / "source", {"a.csv": OTHER})
    assert command_line.main(["data", "unpack", "mine", str(source)]) == 0
    assert capsys.readouterr().out.strip() == str(download.path_of("mine"))


@pytest.mark.parametrize("arguments", [["get", "one", "no"], ["path", "no"], ["remove", "no"]])
def test_a_wrong_name_on_the_command_line(use, server, capsys, arguments):
    use(one=one(server))
    assert command_line.main(["data", *arguments]) == 1
    assert "name is 'no'; one of 'one' is expected." in capsys.readouterr().err
    assert server.requests == []


def test_a_failed_download_on_the_command_line(use, server, capsys):
    use(one=one(server))
    server.plan["one/big.bin"] = [files.refuse(404)]
    assert command_line.main(["data", "get", "one"]) == 1
    assert "one: big.bin could not be downloaded" in capsys.readouterr().err
