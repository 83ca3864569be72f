"""A server that cuts, corrupts, hangs up and dies, and a cache of each test's own."""

import random
import threading
from pathlib import Path

from course_utils.data.store import download, registry, transfer

import public_files as files
import pytest

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


def mine(use, **more):
    use(mine={"obtain": "ask for it", "files": [], "unpacked_bytes": 1_000_000} | more)


def wait_until(condition):
    waiting = threading.Event()
    for _ in range(15_000):
        if condition():
            return
        waiting.wait(0.02)
    raise AssertionError("it did not happen within five minutes")
