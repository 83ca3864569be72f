"""The scoring service under load, beside a bare handler that only reads JSON.

    python benchmarks/serve.py --minutes 10 --report benchmarks/serve.md

An AutoEncoder of Shuttle is exported and served. In the first fifth of the time, requests with one
row and with 10,000 rows take turns between the service and its peer: Starlette and uvicorn with
the same settings, where a handler passes the body to `json.loads` and answers as many numbers as
there are rows. It checks nothing and scores nothing. In the rest, four clients ask the service at
the same time, each in a process of its own: one row after the other, 10,000 rows a second,
/health, and a fuzzer with damaged bodies, odd heads, noise and connections that break off. Each
row's score is compared with the same file's, scored here. In the end the service's own count of
rows has to be the clients'.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from course_utils.serve import Scorer, command, process
from course_utils.serve.body import Body

import numpy as np
import psutil
import serve_report
from reports import show

JSON = {"Content-Type": "application/json"}
BATCH = 10_000
QUIET = 0.2  # share of the time with one client only
TOLERANCE = 1e-5  # of a score, relative: float32 in other batches
OTHERWISE = 1e-9  # for scores near 0


def exported(path, rows=20_000):
    """Fit a detector and export it; return rows to score."""
    from course_utils import data, detectors

    made = data.load_shuttle(rows, 0)
    normal = made.X[made.y == 0]
    detectors.AutoEncoder(seed=0).fit(normal[: len(normal) // 2]).export(path)
    return made.X[:BATCH]


def peer():
    """Serve what only reads JSON, until the standard input ends; print the address first."""
    import threading

    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def read(request):
        sent = json.loads(await request.body())
        return JSONResponse({"scores": [0.5] * len(sent["rows"])})

    app = Starlette(routes=[Route("/score", read, methods=["POST"])])
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    config = uvicorn.Config(app, http="h11", ws="none", access_log=False, log_level="warning")
    server = uvicorn.Server(config)

    def wait():
        os.read(sys.stdin.fileno(), 1)
        server.should_exit = True

    threading.Thread(target=wait, daemon=True).start()
    print(f"{command.STARTED}at http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    server.run(sockets=[listening])


class Client:
    """One connection that is kept, and the seconds that each request took."""

    def __init__(self, address):
        self._client = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        self.seconds, self.statuses = [], Counter()

    def ask(self, method, path, body=None, headers=JSON):
        """Return the body of the answer; None where its status is not 200."""
        since = time.perf_counter()
        self._client.request(method, path, body, headers)
        answer = self._client.getresponse()
        text = answer.read()
        self.seconds.append(time.perf_counter() - since)
        self.statuses[answer.status] += 1
        return text if answer.status == 200 else None


def bodies_of(rows):
    """Return a body for each row, and one for all of them."""
    alone = [json.dumps({"rows": [row]}).encode() for row in rows.tolist()]
    return alone, json.dumps({"rows": rows.tolist()}).encode()


def by_hand(body, columns):
    """Read rows with Python's own reader, and check as much as the service does."""

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a field comes twice")
        return dict(pairs)

    rows = json.loads(body, object_pairs_hook=once)["rows"]
    if set(map(type, rows)) != {list} or set(map(len, rows)) != {columns}:
        raise ValueError("a row is no list or has another width")
    if not set(map(type, chain.from_iterable(rows))) <= {int, float}:
        raise ValueError("an entry is no number")
    array = np.fromiter(chain.from_iterable(rows), float, columns * len(rows))
    if not np.isfinite(array).all():
        raise ValueError("an entry is not finite")
    return array.reshape(-1, columns)


def reading(rows, repeats=15):
    """Return name → seconds of the processor that reading a large body takes, in turns."""
    _, whole = bodies_of(rows)
    columns = rows.shape[1]
    ours = Body(columns)
    ways = {
        "pydantic, strict, as in the service": lambda: ours.read(whole),
        "json.loads and the same checks": lambda: by_hand(whole, columns),
        "json.loads alone": lambda: np.array(json.loads(whole)["rows"]),
    }
    seconds = {name: [] for name in ways}
    for _ in range(repeats):
        for name, read in ways.items():
            since = time.process_time()
            found = read()
            seconds[name].append(time.process_time() - since)
            if not np.array_equal(found, rows):
                raise AssertionError(f"{name} reads other numbers")
    return seconds


def in_turns(addresses, services, rows, end):
    """Ask the service and its peer in turns; return name → measurements."""
    alone, whole = bodies_of(rows)
    clients = {name: (Client(each), Client(each)) for name, each in addresses.items()}
    work = {name: [0.0, 0.0] for name in addresses}
    position = 0
    while time.monotonic() < end:
        for name, (one, many) in clients.items():
            before = _processor(services[name])
            for _ in range(100):
                position = (position + 1) % len(alone)
                one.ask("POST", "/score", alone[position])
            between = _processor(services[name])
            for _ in range(2):
                many.ask("POST", "/score", whole)
            work[name][0] += between - before
            work[name][1] += _processor(services[name]) - between
    return {
        name: {
            "one": one.seconds,
            "many": many.seconds,
            "processor, one": work[name][0] / len(one.seconds),
            "processor, many": work[name][1] / len(many.seconds),
        }
        for name, (one, many) in clients.items()
    }


def _processor(service):
    times = service.cpu_times()
    return times.user + times.system


def one_by_one(address, rows, expected, end, results):
    """Score row after row; note what was lost or wrong."""
    client, wrong = Client(address), 0
    alone, _ = bodies_of(rows)
    while time.monotonic() < end:
        number = len(client.seconds) % len(alone)
        text = client.ask("POST", "/score", alone[number])
        wrong += text is None or not _is_right(json.loads(text), expected[number : number + 1])
    _hand_in(results, "one", client, rows=len(client.seconds), wrong=wrong)


def in_batches(address, rows, expected, end, results):
    """Score all rows once a second; note what was lost or wrong."""
    client, wrong = Client(address), 0
    _, whole = bodies_of(rows)
    while time.monotonic() < end:
        since = time.monotonic()
        text = client.ask("POST", "/score", whole)
        wrong += text is None or not _is_right(json.loads(text), expected)
        time.sleep(max(0.0, 1 - (time.monotonic() - since)))
    _hand_in(results, "many", client, rows=len(client.seconds) * len(rows), wrong=wrong)


def _is_right(found, expected):
    near = np.allclose(found["scores"], expected, rtol=TOLERANCE, atol=OTHERWISE)
    alarms = [int(not each <= found["threshold"]) for each in found["scores"]]
    return near and found["anomalies"] == alarms


def health(address, end, results):
    """Ask for /health every 50 ms."""
    client = Client(address)
    while time.monotonic() < end:
        client.ask("GET", "/health")
        time.sleep(0.05)
    wrong = client.statuses.total() - client.statuses[200]
    _hand_in(results, "health", client, rows=0, wrong=wrong)


def fuzz(address, rows, end, results, seed=0):
    """Send what nobody should, 30 times a second; note the statuses, and rows that were scored."""
    generator = random.Random(seed)
    _, whole = bodies_of(rows[:20])
    statuses, scored = Counter(), 0
    while time.monotonic() < end:
        kind = generator.choice(list(FUZZ))
        try:
            status, text = FUZZ[kind](address, generator, whole)
        except (OSError, http.client.HTTPException) as error:
            status, text = type(error).__name__, b""
        statuses[f"{kind}: {status}"] += 1
        if status == 200 and b'"scores"' in text:
            scored += len(json.loads(text)["scores"])
        time.sleep(1 / 30)
    results.put(("fuzz", {"statuses": statuses, "rows": scored}))


def _send(address, method, path, body, headers):
    client = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    try:
        client.request(method, path, body, headers)
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


def _damaged(address, generator, whole):
    parts = whole.split(b", ")
    for _ in range(generator.randint(0, 2)):
        parts[generator.randrange(len(parts))] = generator.choice(
            (b"NaN", b"1e999", b"true", b'"1.5"', b"null", b"[]", b"7", b"1], [2", b"-Infinity")
        )
    body = bytearray(b", ".join(parts))
    for _ in range(generator.randint(0, 1)):
        start = generator.randrange(len(body))
        body[start : start + generator.randint(0, 3)] = generator.choice(
            (b"", b",", b"[", b"]", b"NaN", b"1e999", b"true", b'"', b":", b"\xff", b"-", b"{}")
        )
    return _send(address, "POST", "/score", bytes(body), JSON)


def _bytes(address, generator, whole):
    return _send(address, "POST", "/score", generator.randbytes(generator.randint(0, 2000)), JSON)


def _heads(address, generator, whole):
    method = generator.choice(("GET", "PUT", "DELETE", "OPTIONS", "POST", "PATCH"))
    path = generator.choice(("/score", "/score/", "/health", "/", "/%00", "/" + "a" * 3000))
    kind = generator.choice(("application/json", "text/plain", "", "application/json; charset=x"))
    return _send(address, method, path, whole, {"Content-Type": kind})


def _large(address, generator, whole):
    megabytes = generator.choice((4, 5, 12))
    if generator.random() < 0.5:
        return _send(address, "POST", "/score", b" " * (megabytes * 1_000_000), JSON)
    pieces = (b"1" * 100_000 for _ in range(10 * megabytes))  # chunked: no length is told
    return _send(address, "POST", "/score", pieces, JSON)


def _broken_off(address, generator, whole):
    place = urlsplit(address)
    head = (
        "POST /score HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(whole)}\r\n\r\n"
    )
    text = (head.encode() + whole)[: generator.randrange(len(whole))]
    with socket.create_connection((place.hostname, place.port), timeout=60) as client:
        client.sendall(text)
    return "broken off", b""


def _noise(address, generator, whole):
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=60) as client:
        client.sendall(generator.randbytes(50) + b"\r\n\r\n")
        first = client.recv(1000)
    return int(first.split()[1]), first


FUZZ = {
    "damaged bodies": _damaged,
    "random bytes": _bytes,
    "odd heads": _heads,
    "large bodies": _large,
    "broken off": _broken_off,
    "no HTTP": _noise,
}


def _hand_in(results, name, client, **more):
    found = {"seconds": client.seconds, "statuses": client.statuses, **more}
    results.put((name, found))


def all_at_once(address, service, rows, expected, end):
    """Run the four clients; return name → what they found, and the service's memory over time."""
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    clients = [
        spawn.Process(target=one_by_one, args=(address, rows[:500], expected[:500], end, results)),
        spawn.Process(target=in_batches, args=(address, rows, expected, end, results)),
        spawn.Process(target=health, args=(address, end, results)),
        spawn.Process(target=fuzz, args=(address, rows, end, results)),
    ]
    for client in clients:
        client.start()
    memory, since = [], time.monotonic()
    while time.monotonic() < end:
        time.sleep(min(5.0, max(0.0, end - time.monotonic())))
        memory.append((time.monotonic() - since, service.memory_info().rss))
    found = dict(results.get(timeout=120) for _ in clients)
    for client in clients:
        client.join()
    return found, memory


def measure(minutes):
    """Return everything that the report tells."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shuttle.onnx"
        rows = exported(path)
        expected = Scorer(path).decision_function(rows)
        seconds = 60 * minutes
        with process.start(path) as (address, child):
            service = psutil.Process(child.pid)
            with process.started([sys.executable, __file__, "--peer"]) as (other, bare):
                services = {"service": service, "bare": psutil.Process(bare.pid)}
                addresses = {"service": address, "bare": other}
                end = time.monotonic() + QUIET * seconds
                quiet = in_turns(addresses, services, rows, end)
            end = time.monotonic() + (1 - QUIET) * seconds
            busy, memory = all_at_once(address, service, rows, expected, end)
            counts = Client(address).ask("GET", "/metrics").decode()
    asked = len(quiet["service"]["one"]) + BATCH * len(quiet["service"]["many"])
    return {
        "minutes": minutes,
        "reading": reading(rows),
        "quiet": quiet,
        "busy": busy,
        "memory": memory,
        "sent": asked + sum(each["rows"] for each in busy.values()),
        "counted": serve_report.count(counts, "scoring_rows_total"),
        "failed": serve_report.count(counts, 'scoring_requests_total{status="500"}'),
    }


def main(arguments):
    """Measure and report; return 1 where something was lost or failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.peer:
        peer()
        return 0
    found = measure(asked.minutes)
    show(serve_report.report(found, BATCH), asked.report)
    return 1 if serve_report.problems(found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
