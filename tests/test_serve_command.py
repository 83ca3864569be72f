"""The scoring service as processes: its start, its token, its stop, its death and its return."""

import http.client
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from course_utils import __main__ as commands
from course_utils import serve
from course_utils.serve import command, connection, process

import numpy as np
import psutil
import pytest
import served_file
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "a-token-that-nobody-guesses"
PATIENCE = 60  # seconds of the clock: only a hang takes as long
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return served_file.write(tmp_path_factory.mktemp("served") / "distance.onnx")


@pytest.fixture(autouse=True)
def no_token(monkeypatch):
    monkeypatch.delenv(command.TOKEN, raising=False)


def connect(address):
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)


def ask(address, method, path, body=None, headers=JSON):
    """Return the status and what the JSON of the answer says."""
    client = connect(address)
    try:
        client.request(method, path, body, headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        client.close()


def score(address, row, **headers):
    return ask(address, "POST", "/score", json.dumps({"rows": [row]}), {**JSON, **headers})


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def begin(address, more=""):
    """Send a request's head and wait until the service asks for the body; return the socket."""
    place = urlsplit(address)
    client = socket.create_connection((place.hostname, place.port), timeout=PATIENCE)
    head = (
        "POST /score HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
        f"Content-Length: 21\r\nExpect: 100-continue\r\n{more}\r\n"
    )
    client.sendall(head.encode())
    assert client.recv(100).startswith(b"HTTP/1.1 100 ")
    return client


def finish(client):
    """Send the body to a service that is stopping, and return the scores that it answers."""
    client.sendall(b'{"rows": [[1, 2, 3]]}')
    parts = []
    while part := client.recv(10_000):  # it closes the connection behind its answer
        parts.append(part)
    client.close()
    head, _, text = b"".join(parts).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    return json.loads(text)["scores"]


def tell_to_stop(service, how):
    """Send a signal; on Windows, where none would let it finish, close its input."""
    if os.name == "posix":
        service.send_signal(getattr(signal, how))
    else:
        service.stdin.close()


def refuses(address):
    try:
        return score(address, [1, 2, 3]) == "never"
    except OSError:
        return True


# --- start


def test_it_guards_its_token_and_stops_cleanly_when_it_is_told_to(path):
    with process.start(path, token=TOKEN) as (address, service):
        assert urlsplit(address).hostname == "127.0.0.1"
        assert ask(address, "GET", "/health")[1]["detector"] == "Distance"
        assert score(address, [1, 2, 3], Authorization=f"Bearer {TOKEN}")[1]["scores"] == [2.0]
        assert score(address, [1, 2, 3])[0] == 401
        shown = psutil.Process(service.pid).cmdline()
        assert os.fspath(path) in shown
        assert TOKEN not in " ".join(shown)
        if os.name == "posix":  # a notebook's interrupt goes to its whole group
            assert os.getpgid(service.pid) == service.pid
        under_way = [begin(address, f"Authorization: Bearer {TOKEN}\r\n") for _ in range(5)]
        tell_to_stop(service, "SIGTERM")
        wait_until(lambda: refuses(address))
        assert service.poll() is None
        assert [finish(client) for client in under_way] == [[2.0]] * 5
        assert service.wait(PATIENCE) == 0
        assert b"Stopped." in service.stdout.read()


def test_a_file_that_is_none_is_refused_at_the_start(tmp_path, capsys, path):
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(path.read_bytes()[:-40])
    for name, words in {"missing.onnx": "missing.onnx", "damaged.onnx": "damaged.onnx"}.items():
        assert commands.main(["serve", str(tmp_path / name)]) == 1
        assert words in capsys.readouterr().err
    said = r"did not start.*damaged\.onnx"
    with pytest.raises(command.ServeError, match=said), serve.running(damaged):
        raise AssertionError("a damaged file is served")
    assert not psutil.Process().children()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_other_machines_are_let_in_with_a_token_only(path, capsys, host):
    assert commands.main(["serve", str(path), "--host", host]) == 1
    said = capsys.readouterr().err
    assert host in said
    assert "--token-file" in said
    command.refuse_open_door(host, TOKEN)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_needs_no_token(host):
    command.refuse_open_door(host, None)


def test_the_token_comes_from_a_file_or_from_the_environment(tmp_path, monkeypatch):
    assert command.read_token() is None
    monkeypatch.setenv(command.TOKEN, f"{TOKEN}-1\n")
    assert command.read_token() == f"{TOKEN}-1"
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}-2\r\n", encoding="utf-8")
    assert command.read_token(file) == f"{TOKEN}-2"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short", b"two tokens in it\nand another", b"\xff" * 20]
)
def test_a_token_that_is_none_is_no_open_door(path, tmp_path, monkeypatch, capsys, content):
    file = tmp_path / "token"
    file.write_bytes(content)
    assert commands.main(["serve", str(path), "--token-file", str(file)]) == 1
    said = capsys.readouterr().err
    assert str(file) in said
    assert "at least 16" in said
    assert commands.main(["serve", str(path), "--token-file", str(tmp_path / "none")]) == 1
    monkeypatch.setenv(command.TOKEN, "")
    assert commands.main(["serve", str(path)]) == 1
    assert command.TOKEN in capsys.readouterr().err


def test_a_port_that_is_taken_or_none_is_named(path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert commands.main(["serve", str(path), "--port", port]) == 1
        assert f"port {port}" in capsys.readouterr().err
    assert commands.main(["serve", str(path), "--port", "65536"]) == 1
    assert "0 to 65535" in capsys.readouterr().err
    assert commands.main(["serve", str(path), "--most-rows", "0"]) == 1
    assert "most_rows" in capsys.readouterr().err


# --- stop


def test_it_does_not_outlive_the_process_that_started_it_but_answers_first(path):
    code = (
        "import time\n"
        "from course_utils.serve import process\n"
        f"with process.start({os.fspath(path)!r}) as (address, service):\n"
        "    print(address, service.pid, flush=True)\n"
        "    time.sleep(1_000)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    address, number = parent.stdout.readline().decode().split()
    service = psutil.Process(int(number))
    under_way = begin(address)
    parent.kill()
    parent.communicate()
    wait_until(lambda: refuses(address))
    assert finish(under_way) == [2.0]
    wait_until(lambda: not service.is_running() or service.status() == psutil.STATUS_ZOMBIE)


def test_killed_and_started_again_every_row_is_answered_once(path):
    rows = np.random.default_rng(0).normal(0, 3, (400, 3))
    ledger, failures, killed = {}, [], threading.Event()

    def send(numbers):
        client = connect(address)
        for number in numbers:
            if len(ledger) > 300:  # some are left for the time after its death
                assert killed.wait(PATIENCE)
            while number not in ledger:
                try:
                    body = json.dumps({"rows": [rows[number].tolist()]})
                    client.request("POST", "/score", body, JSON)
                    answer = client.getresponse()
                    found = json.loads(answer.read())
                    assert answer.status == 200
                except (OSError, http.client.HTTPException) as error:  # dead: ask again
                    failures.append(error)
                    client.close()
                    time.sleep(0.02)
                else:
                    ledger.setdefault(number, []).append(found["scores"][0])
        client.close()

    with process.start(path) as (address, service):
        clients = [
            threading.Thread(target=send, args=[range(start, len(rows), 4)]) for start in range(4)
        ]
        for client in clients:
            client.start()
        wait_until(lambda: len(ledger) > 60)
        service.kill()  # as kill -9
        service.wait(PATIENCE)
        killed.set()
    before = len(ledger)
    with process.start(path, port=urlsplit(address).port) as (again, service):
        assert again == address
        for client in clients:
            client.join(PATIENCE)
            assert not client.is_alive()
        tell_to_stop(service, "SIGINT")
        assert service.wait(PATIENCE) == 0
    assert failures
    assert 60 < before < len(rows)
    assert sorted(ledger) == list(range(len(rows)))
    assert {len(each) for each in ledger.values()} == {1}
    found = [ledger[number][0] for number in range(len(rows))]
    assert found == pytest.approx(served_file.scores(rows), rel=1e-12)


# --- what is no request


def test_uvicorn_still_calls_what_is_replaced_here():
    replaced = connection.Connection.send_400_response
    assert H11Protocol.send_400_response is not replaced
    assert "self.send_400_response(" in inspect.getsource(H11Protocol.handle_events)


@pytest.fixture
def listening(path, monkeypatch):
    """Serve from a thread of this process, where a test can set how long silence may last."""
    monkeypatch.setattr(connection, "SECONDS_OF_SILENCE", 0.2)
    from course_utils.serve.service import make_app

    app = make_app(serve.Scorer(path))
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, http=connection.Connection, ws="none", log_config=None)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    host, port = server.servers[0].sockets[0].getsockname()
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join(PATIENCE)


def ask_for_ever(client):
    while True:
        client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 500)


def test_small_chunks_and_unread_answers_keep_nobody_waiting(listening, monkeypatch):
    pieces, begun = [], threading.Event()

    def count(self, data, read=H11Protocol.data_received):
        pieces.append(len(data))
        if len(data) > 1_000:
            begun.set()
        read(self, data)

    monkeypatch.setattr(H11Protocol, "data_received", count)
    place = urlsplit(listening)
    head = b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    chunks = b"1\r\n \r\n" * 30_000
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as client:
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
        assert begun.wait(PATIENCE)
        assert ask(listening, "GET", "/health")[0] == 200
        assert sum(pieces) < len(chunks)  # the rest is read afterwards
        client.sendall(b"15\r\n" + b'{"rows": [[1, 2, 3]]}' + b"\r\n0\r\n\r\n")
        assert client.recv(1_000).startswith(b"HTTP/1.1 200 ")
    # answers that are not read fill up, then requests do: unless it ends, this times out
    with (
        socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as client,
        pytest.raises(ConnectionError),
    ):
        ask_for_ever(client)


def test_silence_and_noise_end_a_connection_and_a_request_does_not(listening):
    place = urlsplit(listening)
    for sent, expected in {
        b"": b"",
        b"POST /score HTTP/1.1\r\nHost: ": b"",
        b"\x16\x03\x01 what is this?\r\n\r\n": b"HTTP/1.1 400 Bad Request",
        b"GET / HTTP/1.1\r\n\r\n": b"HTTP/1.1 400 Bad Request",
    }.items():
        with socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as client:
            client.sendall(sent)
            answer = client.recv(10_000)  # nothing: closed by the service
            assert answer.startswith(expected), sent
            if expected:
                assert list(json.loads(answer.partition(b"\r\n\r\n")[2])) == ["detail"]
            assert bool(answer) == bool(expected)
    slow = begin(listening)
    time.sleep(0.5)  # longer than silence may last, but a request is under way
    slow.sendall(b'{"rows": [[1, 2, 3]]}')
    assert slow.recv(10_000).startswith(b"HTTP/1.1 200 ")
    slow.close()
