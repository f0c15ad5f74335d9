"""The content of a response that is too large to be built at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import h11
from twisted.internet.defer import CancelledError
from twisted.logger import Logger

_log = Logger()


@dataclass(frozen=True, slots=True)
class ResponseStream:
    """Content that is sent piece by piece, as fast as the client reads it.

    Attributes:
        length: In bytes, of all pieces together.
        open: Starts a generator of the pieces; not called for HEAD.
    """

    length: int
    open: Callable[[], AsyncGenerator[bytes]]

    def __len__(self) -> int:
        return self.length


async def send_stream(
    stream: ResponseStream,
    http: h11.Connection,
    write: Callable[[bytes], None],
    drain: Callable[[], Awaitable[None]],
) -> bool:
    """Send content; return whether all of it was sent, neither more nor less than its length.

    Args:
        stream: The content.
        http: The connection; it has sent the head of the response.
        write: Writes bytes.
        drain: Waits until more should be written.
    """
    try:
        async with aclosing(stream.open()) as pieces:
            async for piece in pieces:
                write(http.send(h11.Data(piece)))
                await drain()
        http.send(h11.EndOfMessage())
    except (CancelledError, h11.LocalProtocolError):  # the client is gone, or the length is not as announced
        return False
    except Exception:
        _log.failure("The content of a web response could not be read")
        return False
    return True
