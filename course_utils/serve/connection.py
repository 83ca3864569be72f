"""What uvicorn's connections lack: errors in the service's form, and an end for silent clients."""

from __future__ import annotations

import json

from uvicorn.protocols.http.h11_impl import H11Protocol, h11

SECONDS_OF_SILENCE = 10.0


class Connection(H11Protocol):
    """A connection that does not wait for ever for a request's head, and answers in JSON.

    uvicorn leaves a connection open on which no request, or half of one's head, has come; a few
    thousand of them would keep everybody else out.
    """

    def connection_made(self, transport):
        """Begin to look after a new connection; `transport` is asyncio's."""
        super().connection_made(transport)
        self._look_again(None)

    def connection_lost(self, error):
        """Look no more after a connection that has ended, by an error or None."""
        self._next_look.cancel()
        super().connection_lost(error)

    def send_400_response(self, msg):
        """Answer what is no HTTP; `msg` says so."""
        text = json.dumps({"detail": msg}).encode("ascii")
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(text)).encode("ascii")),
            (b"connection", b"close"),
        ]
        answer = [
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=text),
            h11.EndOfMessage(),
        ]
        self.transport.write(b"".join(map(self.conn.send, answer)))
        self.transport.close()

    def _look_again(self, request):
        self._next_look = self.loop.call_later(SECONDS_OF_SILENCE, self._look, request)

    def _look(self, request):
        """Close the connection if nothing has come of it since `request`, which is answered."""
        is_waiting = self.cycle is None or self.cycle.response_complete
        if is_waiting and self.cycle is request:
            self.transport.close()
        else:
            self._look_again(self.cycle)
