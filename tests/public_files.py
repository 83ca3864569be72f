"""The public data files, for tests: the real ones where they are, small made ones elsewhere.

The environment variable COURSE_TEST_DATA names the folder with the real files, laid out like a
mirror (COURSE_DATA_URL). Tests that use them run on small made files as well, so that nothing is
skipped where the folder is absent.
"""

import contextlib
import hashlib
import http.server
import json
import os
import threading
from pathlib import Path
from urllib.parse import unquote

from course_utils.data.store import registry

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("COURSE_TEST_DATA") or ROOT.parent / "shared" / "data")


def folder(name):
    """Return where the real files of a mirror's folder are, or would be."""
    return FOLDER / name


def names():
    """Return the data sets of the registry whose real files are all here."""
    return [
        entry.name
        for entry in registry.entries().values()
        if entry.files
        and all((folder(entry.mirror) / file.path).is_file() for file in entry.files)
    ]


def make(place, contents):
    """Write files, given as path → bytes; return the folder."""
    for path, content in contents.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


def describe(content, path, addresses=(), **more):
    """Return the registry's words for a file."""
    return {
        "path": path,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "addresses": list(addresses),
    } | more


def write_registry(place, **sets):
    """Write a registry of made sets, each a table whose missing words are filled in."""
    lines = []
    for name, table in sets.items():
        words = {
            "title": name.title(),
            "modality": "table",
            "rows": 3,
            "licence": "MIT",
            "redistributable": True,
            "card": "made.md",
            "loader": "load_made",
            "mirror": name,
        }
        lines.append(f"[{name}]")
        # JSON is TOML here, apart from tables within tables
        lines += [f"{key} = {_toml(value)}" for key, value in (words | table).items()]
    place.mkdir(parents=True, exist_ok=True)
    (place / "registry.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def _toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def small_sets(place):
    """Make a mirror with a small stand-in for every set of the registry; return its registry.

    Every file has the path and the folder that it has in the registry, and a few bytes.
    """
    sets = {}
    for entry in registry.entries().values():
        if any(file.unpack for file in entry.files) or not entry.files:
            continue
        files = []
        for number, file in enumerate(entry.files[:40]):
            content = f"{entry.name} {number}\n".encode()
            make(place, {f"{entry.mirror}/{file.path}": content})
            files.append(describe(content, file.path, ["http://127.0.0.1:9/nothing"]))
        sets[entry.name] = {"mirror": entry.mirror, "files": files}
    return sets


class Server:
    """Serves a folder on loopback, and misbehaves as it is told.

    `plan` holds, for a path, what the next requests for it get, one each: a function of the
    handler and the content. Afterwards it serves the file as it is. `requests` collects the path
    and the Range header of every request.
    """

    def __init__(self, place):
        self.place = Path(place)
        self.plan = {}
        self.requests = []
        self.server = None
        self.port = 0

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def paths(self):
        return [path for path, _ in self.requests]

    def start(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                path = unquote(self.path.split("?")[0]).lstrip("/")
                outer.requests.append((path, self.headers.get("Range")))
                steps = outer.plan.get(path)
                try:
                    content = (outer.place / path).read_bytes()
                except OSError:
                    self.send_error(404)
                    return
                with contextlib.suppress(ConnectionError):
                    (steps.pop(0) if steps else serve)(self, content)

            def log_message(self, *arguments):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass

        self.server = Quiet(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *problem):
        self.stop()


def serve(handler, content, most=None):
    """Send what was asked for, of it at most some bytes before the connection is cut."""
    wanted = handler.headers.get("Range")
    start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
    handler.send_response(206 if wanted else 200)
    if wanted:
        handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    handler.send_header("Content-Length", str(len(content) - start))
    handler.end_headers()
    handler.wfile.write(content[start:][:most])
    if most is not None:
        handler.close_connection = True


def cut(most):
    """Cut the connection after some bytes."""
    return lambda handler, content: serve(handler, content, most)


def hang_up(handler, content):
    """Close the connection without a word."""
    handler.close_connection = True


def corrupt(handler, content):
    """Change one bit in the middle."""
    middle = len(content) // 2
    serve(handler, content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


def shorten(handler, content):
    """Send the first half as if it were all."""
    serve(handler, content[: len(content) // 2])


def lengthen(handler, content):
    """Send more than there is."""
    serve(handler, content + b"more")


def without_range(most=None):
    """Ignore that only the rest was asked for."""

    def whole(handler, content):
        del handler.headers["Range"]
        serve(handler, content, most)

    return whole


def refuse(status):
    """Answer with an error."""
    return lambda handler, content: handler.send_error(status)


def wait_for(event):
    """Send half, wait for an event, send the rest."""

    def slowly(handler, content):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        half = len(content) // 2
        handler.wfile.write(content[:half])
        handler.wfile.flush()
        event.wait(300)
        handler.wfile.write(content[half:])

    return slowly
