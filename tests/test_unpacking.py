"""Archives of every sort, and copies that users bring: all of it or nothing."""
# ruff: noqa: F811 (fixtures are imported, and handed over by name)

import bz2
import contextlib
import gzip
import io
import lzma
import tarfile
import threading
import zipfile
from pathlib import Path

from course_utils.data.store import archives, download

import public_files as files
import pytest
from download_server import (  # noqa: F401 (`place` is for every test)
    CONTENT,
    OTHER,
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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
