"""A writer: all output of one connection, written directly to the socket while it takes what it is given.

`transport.write` costs several times what `send` does, since it waits for the reactor to find the socket
writable. What the kernel does not take goes the ordinary way, piece by piece, until nothing is left.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPullProducer, IPushProducer, IReactorTime, ITransport
from zope.interface import implementer

PIECE_BYTES = 65536  # given to the transport at once
KERNEL_BYTES = 131072  # that the kernel may hold for us, so that `sendq` means what it says
STUCK_S = 20.0  # a peer that takes nothing for so long, while something waits for it, is dropped
PATIENCE_S = 5.0  # for the peer to read what waits, once the connection is to end

DirectSend = Callable[[bytes], int]  # takes what it can of some bytes and tells how many; see socket.send


@implementer(IPullProducer)
class SocketWriter:
    """One connection's output, and the handle on its input.

    Args:
        transport: Connected.
        kernel: Takes bytes directly, past the transport; None where there is no socket for that.
        reader: What reads, so that it can be paused.
        clock: For waiting.
        sendq_bytes: How much may wait for a slow reader; beyond it the connection is dropped.
    """

    def __init__(
        self,
        transport: ITransport,
        kernel: DirectSend | None,
        reader: IPushProducer,
        clock: IReactorTime,
        sendq_bytes: int,
    ) -> None:
        self._transport: Any = transport
        self._kernel = kernel
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
        elif self._kernel is None:
            self._transport.write(data)
        else:
            self._send_directly(self._kernel, data)

    def begin(self, data: bytes) -> None:
        """Write bytes behind what the transport was given before this writer was there."""
        is_in_order = self._kernel is None or getattr(self._transport, "is_secure", False)
        if is_in_order:
            self._transport.write(data)
        else:
            self._queue(data)
            self._block()

    def _send_directly(self, kernel: DirectSend, data: bytes) -> None:
        try:
            sent = kernel(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abort()  # while reading is paused nobody else would notice
            return
        if sent < len(data):
            self._queue(data[sent:])
            self._block()

    def _queue(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) > self._sendq_bytes:
            self.abort()

    def _block(self) -> None:
        """Go the ordinary way until nothing waits."""
        if self._is_gone:
            return
        self._is_blocked = True
        self._give_piece()
        self._is_registering = True
        self._transport.registerProducer(self, False)
        self._is_registering = False
        self._watch = self._clock.callLater(STUCK_S, self._look)

    def _look(self) -> None:
        """Drop a peer that has taken nothing since the last look."""
        if not self._is_moving:
            self.abort()
            return
        self._is_moving = False
        self._watch = self._clock.callLater(STUCK_S, self._look)

    def _give_piece(self) -> None:
        piece = bytes(self._waiting[:PIECE_BYTES])
        del self._waiting[:PIECE_BYTES]
        self._transport.write(piece)

    def resumeProducing(self) -> None:
        """The transport has written all that it had."""
        if self._is_registering:  # registering calls this at once, while the first piece is still there
            return
        self._is_moving = True
        if self._waiting:
            self._give_piece()
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
        """The transport has lost its connection."""
        self.gone()

    def close(self) -> None:
        """End the connection once everything sent has gone out, or the peer took too long to read it."""
        if self._is_gone or self._end is not None:
            return
        self._end = self._clock.callLater(PATIENCE_S, self.abort)
        if not self._is_blocked:
            self._transport.loseConnection()

    def abort(self) -> None:
        """End the connection now."""
        if not self._is_gone:
            if self._is_blocked:
                self._transport.unregisterProducer()
            self.gone()
            self._transport.abortConnection()

    def gone(self) -> None:
        """Take note that the connection is lost."""
        self._is_gone = True
        self._waiting.clear()
        _cancel(self._end)
        _cancel(self._watch)

    def pause(self) -> None:
        """Stop reading."""
        self._reader.pauseProducing()

    def resume(self) -> None:
        """Read again, if there is anything left to read from."""
        if not self._is_gone:
            self._reader.resumeProducing()


def _cancel(call: IDelayedCall | None) -> None:
    if call is not None and call.active():
        call.cancel()


def find_direct_send(transport: ITransport) -> DirectSend | None:
    """Give the way past a transport, and set its socket up for that; None where there is no such way.

    A transport that has a way of its own, as one above TLS does, gives it as `kernel()`.
    """
    own: Callable[[], DirectSend | None] | None = getattr(transport, "kernel", None)
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
