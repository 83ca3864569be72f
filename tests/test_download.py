"""download: what comes and from where, and what is said when this machine gives up."""
# ruff: noqa: F811 (fixtures are imported, and handed over by name)

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

from course_utils import __main__ as command_line
from course_utils import data
from course_utils.data.store import download, registry, transfer

import public_files as files
import pytest
from download_server import (  # noqa: F401 (`place` is for every test)
    CONTENT,
    OTHER,
    ROOT,
    WHOLE,
    fails,
    left,
    mine,
    one,
    place,
    server,
    use,
    wait_until,
)

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
