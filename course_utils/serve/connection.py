"""What uvicorn's connections lack: errors in the service's form, and an end for silent clients."""

from __future__ import annotations

import json

from uvicorn.protocols.http.h11_impl import H11Protocol, h11

SECONDS_OF_SILENCE = 10.0
PIECE = 32_768  # bytes read at a time; asyncio's own number is 262,144
SECONDS_OF_A_PIECE = 0.02  # one that took longer is followed by a rest


class Connection(H11Protocol):
    """A connection that waits for nobody for ever, takes no more than its part, answers in JSON.

    uvicorn leaves a connection open on which no request, or half of one's head, has come, or
    whose client does not read its answers; a few thousand of them would keep everybody else out.
    And it reads on as fast as it can, which a body of chunks of one byte makes slow: each chunk
    takes the time of hundreds of bytes.
    """

    def connection_made(self, transport):
        """Begin to look after a new connection; `transport` is asyncio's."""
        super().connection_made(transport)
        transport.max_size = PIECE
        self._look_again(None)

    def data_received(self, data):
        """Read a piece, and rest for as long as it took where that is long: others are served."""
        started = self.loop.time()
        super().data_received(data)
        taken = self.loop.time() - started
        if taken > SECONDS_OF_A_PIECE:
            self.transport.pause_reading()
            self.loop.call_later(taken, self._read_on)

    def _read_on(self):
        if not (self.flow.read_paused or self.transport.is_closing()):
            self.transport.resume_reading()

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
        """End the connection if nothing has come of it since `request`, and nothing will.

        Either that is answered and no other has come, or its answer is not read.
        """
        is_waiting = self.cycle is None or self.cycle.response_complete
        if self.cycle is request and self.flow.write_paused:
            self.transport.abort()  # close() would wait for the client to read
        elif self.cycle is request and is_waiting:
            self.transport.close()
        else:
            self._look_again(self.cycle)
