"""Bytes straight to the socket, past `transport.write`.

`transport.write` costs several times what `send` does, since it waits for the reactor to find the socket
writable. What the kernel does not take has to go through the transport, or the order is lost.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from twisted.internet.interfaces import ITransport

KERNEL_BYTES = 131072  # that the kernel may buffer per socket, so that `--sendq` means what it says

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
