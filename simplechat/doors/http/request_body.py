"""The body of an HTTP request, which a handler reads as it arrives.

Spec: https://www.rfc-editor.org/rfc/rfc9112#section-6
"""

from __future__ import annotations

from collections.abc import Callable

import h11
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

MAX_BUFFERED_BYTES = 65536  # of a body, that wait for the handler
PROGRESS_EVERY_S = 15.0  # in which MIN_PROGRESS_BYTES of a body arrive, or all that is missing
MIN_PROGRESS_BYTES = 16384


class BodyLost(Exception):
    """The body did not arrive whole: the client left, or was too slow."""


class RequestBody:
    """The body of one request: `async for` gives its bytes as they arrive, `read` all of them at once.

    Nothing is read from the network while MAX_BUFFERED_BYTES wait for the handler.

    Args:
        length: Its length in bytes.
        taken: Called whenever the handler has taken what waited.
    """

    def __init__(self, length: int = 0, taken: Callable[[], None] = lambda: None) -> None:
        self._missing_bytes = length
        self._taken = taken
        self._buffer = bytearray()
        self._waiting: Deferred[None] | None = None
        self._loss: BodyLost | None = None

    @property
    def missing_bytes(self) -> int:
        """How many bytes have not arrived yet."""
        return self._missing_bytes

    @property
    def is_full(self) -> bool:
        """Whether more waits for the handler than should."""
        return len(self._buffer) >= MAX_BUFFERED_BYTES

    def receive(self, data: bytes) -> None:
        """Store bytes that arrived, at most those that are missing."""
        self._missing_bytes -= len(data)
        self._buffer += data
        self._wake()

    def lose(self, reason: str) -> None:
        """Give up the rest: the handler gets BodyLost once it has taken what arrived."""
        self._loss = BodyLost(reason)
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.callback(None)

    def __aiter__(self) -> RequestBody:
        return self

    async def __anext__(self) -> bytes:
        while not self._buffer:
            if not self._missing_bytes:
                raise StopAsyncIteration
            if self._loss is not None:
                raise self._loss
            self._waiting = Deferred(self._forget)
            await self._waiting
        piece = bytes(self._buffer)
        self._buffer.clear()
        self._taken()
        return piece

    def _forget(self, waiting: Deferred[None]) -> None:
        """Wait no more: the handler was cancelled."""
        self._waiting = None

    async def read(self) -> bytes:
        """Return the whole body.

        Raises:
            BodyLost: It did not arrive whole.
        """
        return b"".join([piece async for piece in self])


EMPTY_BODY = RequestBody()
"""The body of every request that has none."""


class BodyReader:
    """Reads one body as it arrives, and gives it up where it arrives too slowly.

    Args:
        body: The body.
        http: The connection that receives it.
        clock: The clock.
        is_paused: Tells whether we do not read from the network, so that nothing can arrive.
    """

    def __init__(
        self, body: RequestBody, http: h11.Connection, clock: IReactorTime, is_paused: Callable[[], bool]
    ) -> None:
        self._body = body
        self._http = http
        self._clock = clock
        self._is_paused = is_paused
        self._watch()

    @property
    def is_full(self) -> bool:
        """Whether more waits for the handler than should."""
        return self._call.active() and self._body.is_full

    def read(self) -> None:
        """Move what arrived to the body."""
        if not self._call.active():
            return
        data = b""
        while isinstance(event := self._http.next_event(), h11.Data):
            data += event.data
        if isinstance(event, h11.EndOfMessage):
            self.stop()
        self._body.receive(data)

    def _watch(self) -> None:
        self._missing_bytes = self._body.missing_bytes
        self._call: IDelayedCall = self._clock.callLater(PROGRESS_EVERY_S, self._check)

    def _check(self) -> None:
        if self._is_paused() or self._missing_bytes - self._body.missing_bytes >= MIN_PROGRESS_BYTES:
            self._watch()
        else:
            self._body.lose("too slow")

    def give_up(self, reason: str) -> None:
        """Stop, where the body is not whole: the handler gets BodyLost."""
        if self._call.active():
            self.stop()
            self._body.lose(reason)

    def stop(self) -> None:
        """Read no more."""
        if self._call.active():
            self._call.cancel()
