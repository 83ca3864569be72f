"""The service in a process of its own, for as long as a `with` lasts."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from course_utils.serve.command import STARTED, TOKEN, ServeError

SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 40.0  # the service itself gives requests under way 30


@contextmanager
def running(path, *, token=None, port=0, most_rows=10_000, most_waiting=64):
    """Serve an exported detector on this machine, in a process of its own, for a while.

    It listens at 127.0.0.1, where only this machine can reach it, and stops with the block, or
    when this process ends, however it ends. Requests under way are answered first.

    Parameters
    ----------
    path : str or Path
        The file that a detector's `export` wrote.
    token : str, optional
        What clients have to send.
    port : int
        Where it listens; 0 takes a free port.
    most_rows : int
        Rows in one request.
    most_waiting : int
        Requests in the house; one more is answered 503.

    Yields
    ------
    str
        The address, such as "http://127.0.0.1:40121", once the service answers.

    Raises
    ------
    ServeError
        If the service does not start; with what it said.
    """
    with start(path, token=token, port=port, most_rows=most_rows, most_waiting=most_waiting) as (
        address,
        _,
    ):
        yield address


@contextmanager
def start(path, *, token=None, port=0, most_rows=10_000, most_waiting=64):
    """Do the same as `running`, and yield the process too.

    Yields
    ------
    (str, subprocess.Popen)
        The address and the process.
    """
    command = [
        *(sys.executable, "-m", "course_utils", "serve", os.fspath(path)),
        *("--port", str(port), "--most-rows", str(most_rows)),
        *("--most-waiting", str(most_waiting), "--stop-with-input"),
    ]
    environment = {name: value for name, value in os.environ.items() if name != TOKEN}
    if token is not None:
        environment[TOKEN] = token
    with started(command, environment) as (address, process):
        _wait_until_healthy(address)
        yield address, process


@contextmanager
def started(command, environment=None):
    """Start any service that says where it is and stops when its input ends; stop it at the end.

    Parameters
    ----------
    command : list of str
        Its first line of output begins with "Serving " and holds its address.
    environment : dict, optional
        Its environment variables; None for those of this process.

    Yields
    ------
    (str, subprocess.Popen)
        The address and the process.

    Raises
    ------
    ServeError
        If the first line is another one, or the process ends without one.
    """
    # Ctrl-C, or a notebook's interrupt, goes to a whole group of processes
    if os.name == "posix":
        apart = {"process_group": 0}
    else:
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with tempfile.TemporaryFile() as errors:  # a pipe that nobody reads would fill up
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            **apart,
        )
        try:
            line = process.stdout.readline().decode("utf-8", "replace")
            if not line.startswith(STARTED):
                process.wait(SECONDS_TO_START)
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace").strip()
                raise ServeError(f"The service did not start. It said: {said[-2000:]}")
            yield next(word for word in line.split() if word.startswith("http://")), process
        finally:
            _stop(process)


def _wait_until_healthy(address):
    end = time.monotonic() + SECONDS_TO_START
    while True:
        connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        if time.monotonic() > end:
            raise ServeError(f"The service at {address} did not answer in {SECONDS_TO_START:g} s.")
        time.sleep(0.02)


def _stop(process):
    process.stdin.close()  # which tells it to stop
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
