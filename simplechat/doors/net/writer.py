"""The output of one connection: direct to the socket, or queued within bounds while the peer reads slowly.

`transport.write` costs several times what `socket.send` does, since it waits for the reactor to find the
socket writable. What the kernel does not take at once has to go through the transport, or the order is lost:
piece by piece, until nothing is left.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPullProducer, IPushProducer, IReactorTime, ITransport
from zope.interface import implementer

from simplechat.peer import peer_of

KERNEL_BYTES = 131072  # that the kernel may buffer per socket, so that `--sendq` means what it says
PIECE_BYTES = 65536  # handed to the transport at once
STUCK_S = 20.0  # a peer that reads nothing for so long, while output waits, is dropped
PATIENCE_S = 5.0  # for the peer to read what waits, once the connection is to be closed

DirectSend = Callable[[bytes], int]
"""Takes as many bytes as it can and returns how many; raises OSError as `socket.send` does."""


def find_direct_send(transport: ITransport) -> DirectSend | None:
    """Return what sends past a transport, None where nothing can; set its socket up for that.

    A transport may have a `direct_send` method that returns its own, as one above TLS does.
    """
    own: Callable[[], DirectSend | None] | None = getattr(transport, "direct_send", None)
    if own is not None:
        return own()
    get_handle = getattr(transport, "getHandle", None)
    handle = get_handle() if get_handle is not None else None
    if not isinstance(handle, socket.socket):
        return None
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
    if handle.family in (socket.AF_INET, socket.AF_INET6):
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    return handle.send


def send_now(direct_send: DirectSend, data: bytes) -> int | None:
    """Send what the kernel takes at once; return how many bytes, None if the socket is broken.

    The caller must abort a broken connection: while its reading is paused nothing else detects that.
    """
    try:
        return direct_send(data)
    except BlockingIOError:
        return 0
    except OSError:
        return None


@implementer(IPullProducer)
class SocketWriter:
    """The output of one connection, and the switch of its input.

    Args:
        transport: Connected.
        direct_send: Sends past the transport; None if that is not possible.
        reader: The connection's input, so that it can be paused.
        clock: For timeouts.
        sendq_bytes: How much may wait for a slow reader; with more, the connection is dropped.
    """

    def __init__(
        self,
        transport: ITransport,
        direct_send: DirectSend | None,
        reader: IPushProducer,
        clock: IReactorTime,
        sendq_bytes: int,
    ) -> None:
        self._transport: Any = transport
        self._direct_send = direct_send
        self._reader = reader
        self._clock = clock
        self._sendq_bytes = sendq_bytes
        self._waiting = bytearray()
        self._is_blocked = False
        self._is_registering = False
        self._is_gone = False
        self._is_moving = False
        self._watch: IDelayedCall | None = None
        self._end: IDelayedCall | None = None

    def send(self, lines: list[bytes]) -> None:
        """Write lines as one piece, behind everything sent before."""
        if self._is_gone:
            return
        data = b"".join(lines)
        if self._is_blocked:
            self._queue(data)
        elif self._direct_send is None:
            self._transport.write(data)
        else:
            sent = send_now(self._direct_send, data)
            if sent is None:
                self.abort()
            elif sent < len(data):
                self._queue(data[sent:])
                self._block()

    def send_first(self, data: bytes) -> None:
        """Write bytes behind what the transport was given before this writer existed."""
        is_in_order = self._direct_send is None or peer_of(self._transport).is_secure
        if is_in_order:
            self._transport.write(data)
        else:
            self._queue(data)
            self._block()

    def _queue(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) > self._sendq_bytes:
            self.abort()

    def _block(self) -> None:
        """Write through the transport until nothing waits."""
        if self._is_gone:
            return
        self._is_blocked = True
        self._write_piece()
        self._is_registering = True
        self._transport.registerProducer(self, False)
        self._is_registering = False
        self._watch = self._clock.callLater(STUCK_S, self._check_progress)

    def _check_progress(self) -> None:
        """Drop a peer that has read nothing since the last check."""
        if not self._is_moving:
            self.abort()
            return
        self._is_moving = False
        self._watch = self._clock.callLater(STUCK_S, self._check_progress)

    def _write_piece(self) -> None:
        piece = bytes(self._waiting[:PIECE_BYTES])
        del self._waiting[:PIECE_BYTES]
        self._transport.write(piece)

    def resumeProducing(self) -> None:
        """Write the next piece: the transport has written all that it had."""
        if self._is_registering:  # registering calls this at once, before the first piece is written
            return
        self._is_moving = True
        if self._waiting:
            self._write_piece()
        else:
            self._unblock()

    def _unblock(self) -> None:
        if self._is_blocked:
            self._is_blocked = False
            self._transport.unregisterProducer()
            _cancel(self._watch)
        if self._end is not None:
            self._transport.loseConnection()

    def stopProducing(self) -> None:
        """Stop: the transport has lost its connection."""
        self.connection_lost()

    def close(self) -> None:
        """Close the connection when everything is sent, or after PATIENCE_S."""
        if self._is_gone or self._end is not None:
            return
        self._end = self._clock.callLater(PATIENCE_S, self.abort)
        if not self._is_blocked:
            self._transport.loseConnection()

    def abort(self) -> None:
        """Close the connection at once; drop what waits."""
        if not self._is_gone:
            if self._is_blocked:
                self._transport.unregisterProducer()
            self.connection_lost()
            self._transport.abortConnection()

    def connection_lost(self) -> None:
        """Drop what waits, and the timers: the connection is lost."""
        self._is_gone = True
        self._waiting.clear()
        _cancel(self._end)
        _cancel(self._watch)

    def pause(self) -> None:
        """Stop reading."""
        self._reader.pauseProducing()

    def resume(self) -> None:
        """Read again, unless the connection is lost."""
        if not self._is_gone:
            self._reader.resumeProducing()


def _cancel(call: IDelayedCall | None) -> None:
    if call is not None and call.active():
        call.cancel()
