"""Connections that are cut, stall or lie: a file comes whole or not at all."""
# ruff: noqa: F811 (fixtures are imported, and handed over by name)

import random
import threading

from course_utils.data.store import download, transfer

import public_files as files
import pytest
from download_server import (  # noqa: F401 (`place` is for every test)
    CONTENT,
    WHOLE,
    fails,
    left,
    one,
    place,
    server,
    use,
)


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
