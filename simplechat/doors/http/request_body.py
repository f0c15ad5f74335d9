"""The body of an HTTP request: which ones a route takes, and how a handler reads one as it arrives.

A body has a Content-Length, so its limit is checked before any of it is read. Chunked bodies are refused.

Spec: https://www.rfc-editor.org/rfc/rfc9112#section-6
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from simplechat.doors.http.request_head import UNKNOWN_LENGTH, HttpError, RequestHead

MAX_BUFFERED_BYTES = 65536  # of a body, that wait for the handler
PROGRESS_EVERY_S = 15.0  # in which MIN_PROGRESS_BYTES of a body arrive, or all that is missing
MIN_PROGRESS_BYTES = 16384

_UNEXPECTED = HttpError(413, "Nothing is taken here, so a request has no body")
_TOO_LONG = HttpError(413, "The body of this request is too long")
_NO_LENGTH = HttpError(411, "A request with a body has a Content-Length here")
_BAD_TYPE = HttpError(415, "A body of this Content-Type is not taken here")
_BAD_EXPECT = HttpError(417, "This server does as no Expect header says")


@dataclass(frozen=True, slots=True)
class BodyPolicy:
    """Which bodies a route takes.

    Attributes:
        max_bytes: The longest body; 0 where none is taken.
        media_types: The types that are taken, in lower case and without parameters; empty for all.
    """

    max_bytes: int = 0
    media_types: frozenset[str] = frozenset()

    def find_error(self, head: RequestHead) -> HttpError | None:
        """Return why a request with this head is refused before its body is read; None where it is not."""
        if self.max_bytes == 0:
            return _find_body(head)
        if head.is_chunked or head.content_length is None:
            return _NO_LENGTH
        if head.content_length > self.max_bytes:
            return _TOO_LONG
        media_type = head.field("content-type").partition(";")[0].strip().lower()
        if self.media_types and media_type not in self.media_types:
            return _BAD_TYPE
        return None if head.field("expect").lower() in ("", "100-continue") else _BAD_EXPECT


NO_BODY = BodyPolicy()


def _find_body(head: RequestHead) -> HttpError | None:
    """Refuse a request that has a body, or announces one."""
    if head.is_chunked:
        return UNKNOWN_LENGTH
    if head.content_length:
        return _UNEXPECTED
    return _BAD_EXPECT if "expect" in head.fields else None


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


class BodyProgress:
    """Watches that a body arrives at a minimum rate, while it is read.

    Args:
        body: The body.
        clock: The clock.
        is_paused: Tells whether we do not read, so that nothing can arrive.
        give_up: Called once where too little arrived.
    """

    def __init__(
        self,
        body: RequestBody,
        clock: IReactorTime,
        is_paused: Callable[[], bool],
        give_up: Callable[[], None],
    ) -> None:
        self._body = body
        self._clock = clock
        self._is_paused = is_paused
        self._give_up = give_up
        self._start()

    def _start(self) -> None:
        self._missing_bytes = self._body.missing_bytes
        self._call: IDelayedCall = self._clock.callLater(PROGRESS_EVERY_S, self._check)

    def _check(self) -> None:
        if self._is_paused() or self._missing_bytes - self._body.missing_bytes >= MIN_PROGRESS_BYTES:
            self._start()
        else:
            self._give_up()

    def stop(self) -> None:
        """Watch no more."""
        if self._call.active():
            self._call.cancel()
