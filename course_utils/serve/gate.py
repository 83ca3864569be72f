"""What every request passes on its way in and out, whatever it asks for."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

PATIENCE = 4  # times the largest body: so much of a refused one is read away before the answer
SECONDS = 2.0  # and for so long


class Gate:
    """Count answers, and never leave the rest of a refused body lying about.

    A client that is still sending may not see an answer: its connection is reset when the server
    closes on unread bytes. So the rest is read and dropped, up to a limit; beyond it the answer
    goes out and the connection is closed.

    Parameters
    ----------
    app : callable
        The ASGI app behind the gate.
    counts : Counts
    most_bytes : int
        The largest body that the app takes.
    """

    def __init__(self, app, *, counts, most_bytes):
        self._app, self._counts = app, counts
        self._most_bytes = PATIENCE * most_bytes

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        since, ended, answered = time.perf_counter(), False, False

        async def receive_and_look():
            nonlocal ended
            message = await receive()
            ended = ended or message["type"] != "http.request" or not message.get("more_body")
            return message

        async def drop_the_rest():
            read = 0
            while not ended and read <= self._most_bytes:
                read += len((await receive_and_look()).get("body", b""))

        async def send_and_count(message):
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                if not ended and not _waits_or_is_too_long(scope, self._most_bytes):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(drop_the_rest(), SECONDS)
                if not ended:
                    headers = [*message["headers"], (b"connection", b"close")]
                    message = {**message, "headers": headers}
                self._count(scope, message["status"], since)
            await send(message)

        try:
            await self._app(scope, receive_and_look, send_and_count)
        except Exception:
            if not answered:
                self._count(scope, 500, since)
            raise

    def _count(self, scope, status, since):
        self._counts.requests.labels(status=str(status)).inc()
        if scope["path"] == "/score":
            self._counts.seconds.observe(time.perf_counter() - since)


def _waits_or_is_too_long(scope, most_bytes):
    """Return whether reading on would ask a waiting client to send, or would not end soon."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return b"expect" in headers or (length.isdigit() and int(length[:18]) > most_bytes)
