"""`python -m course_utils serve FILE.onnx`: a detector behind HTTP, from start to a clean stop."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

TOKEN = "COURSE_SERVE_TOKEN"
SECONDS_TO_STOP = 30  # for requests under way
STARTED = "Serving "  # how the line begins that says the address


class ServeError(ValueError):
    """A service that cannot be started as asked; the message says what to do."""


def serve(asked):
    """Serve until a signal says stop; requests under way are answered then.

    Parameters
    ----------
    asked : argparse.Namespace
        With file, host, port, token_file, most_rows, most_bytes, most_waiting, stop_with_input.

    Returns
    -------
    int
        The exit status: 0 after a clean stop, 1 where the service could not start.
    """
    from course_utils.serve.scorer import Scorer

    try:
        token = read_token(asked.token_file)
        refuse_open_door(asked.host, token)
        scorer = Scorer(asked.file)
        from course_utils.serve.service import make_app

        app = make_app(
            scorer,
            token=token,
            most_rows=asked.most_rows,
            most_bytes=asked.most_bytes,
            most_waiting=asked.most_waiting,
        )
        listening = _listen(asked.host, asked.port)
    except (OSError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    with listening:
        _run(app, listening, scorer, asked.stop_with_input)
    print("Stopped. Requests that were under way are answered.", flush=True)
    return 0


def read_token(path=None):
    """Return the token that clients must send, or None where none is set.

    It never stands on a command line, which every user of a machine can read.

    Parameters
    ----------
    path : str or Path, optional
        A file that holds the token alone. Without it, the environment variable
        COURSE_SERVE_TOKEN counts, where it is set.

    Returns
    -------
    str or None

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If the token is too short for one.
    """
    from course_utils.serve.service import checked_token

    if path is None:
        token = os.environ.get(TOKEN)
        return None if token is None else checked_token(token.strip(), TOKEN)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        text = ""
    return checked_token(text.strip(), f"The token in {path}")


def refuse_open_door(host, token):
    """Raise where other machines could ask and no token is set.

    Parameters
    ----------
    host : str
    token : str or None

    Raises
    ------
    ServeError
    """
    if token is not None or host == "localhost":
        return
    try:
        at_home = ipaddress.ip_address(host).is_loopback
    except ValueError:
        at_home = False
    if not at_home:
        raise ServeError(
            f"--host {host} lets other machines ask, and no token is set. Set one in the file "
            f"that --token-file names or in {TOKEN}, or listen at 127.0.0.1."
        )


def _listen(host, port):
    """Return a socket that listens at an address."""
    if not 0 <= port <= 65_535:
        raise ServeError(f"--port is {port}; a number from 0 to 65535 is expected.")
    listening = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        # asyncio lets small answers go at once (TCP_NODELAY) only where the protocol is named;
        # without it, each waits some 40 ms for the client's acknowledgement of its head
        listening = socket.socket(family, kind, protocol)
        if os.name == "posix":  # on Windows it would let two services share one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
        return listening
    except OSError as error:
        if listening is not None:
            listening.close()
        raise ServeError(
            f"Nobody can listen at {host}, port {port}: {error.strerror}. Another --port or "
            "--host may be free."
        ) from error


def _run(app, listening, scorer, stop_with_input):
    from course_utils.serve.connection import Connection

    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            access_log=False,
            log_config=None,  # warnings and errors go to the standard error stream
            server_header=False,
            timeout_graceful_shutdown=SECONDS_TO_STOP,
        )
    )
    with _signals_to(server):
        if stop_with_input:
            threading.Thread(target=_wait_for_end, args=[server], daemon=True).start()
        host, port = listening.getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        print(
            f"{STARTED}{scorer.detector}, {scorer.columns} columns, at http://{host}:{port} "
            "(Ctrl-C stops it)",
            flush=True,
        )
        server.run(sockets=[listening])


def _wait_for_end(server):
    while os.read(sys.stdin.fileno(), 1):  # sys.stdin would hold a lock that Python's end needs
        pass
    server.should_exit = True


@contextmanager
def _signals_to(server):
    """Let signals stop the server from now on, and do nothing worse when it has stopped.

    uvicorn listens to them while it runs, and raises them once more at its end.
    """
    names = [name for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in names]
        before = {each: signal.signal(each, server.handle_exit) for each in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
