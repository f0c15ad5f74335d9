"""Attacks on a WebSocket and HTTP port, all at once, and one line about each.

python -m tests.e2e.attacks PORT
"""

from __future__ import annotations

import base64
import contextlib
import socket
import struct
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
MASK = b"\x00" * 4
PATIENCE_S = 5.0
HEARD_BYTES = 1 << 20  # of answers, at most


def socket_head() -> bytes:
    """Build a WebSocket handshake."""
    key = base64.b64encode(b"0123456789abcdef")
    return (
        b"GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
    )


def frame(first: int, payload: bytes = b"") -> bytes:
    """Build a short frame whose mask changes nothing."""
    return bytes((first, 0x80 | len(payload))) + MASK + payload


def endless(piece: bytes, bytes_in_all: int = 6 << 20) -> Iterator[bytes]:
    """Repeat a piece up to so many bytes."""
    block = piece * (65536 // len(piece))
    for _ in range(bytes_in_all // len(block)):
        yield block


ATTACKS = {
    "a head without an end": (HEAD + b"X: ", lambda: endless(b"y")),
    "a hundred kilobytes of headers": (HEAD, lambda: [b"X: y\r\n" * 17_000, b"\r\n"]),
    "two lengths": (
        HEAD,
        lambda: [b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HEAD + b"\r\n"],
    ),
    "an endless body": (HEAD, lambda: [b"Content-Length: 1099511627776\r\n\r\n", *endless(b"y")]),
    "a hundred thousand requests": (b"", lambda: endless(HEAD + b"\r\n", 3 << 20)),
    "a way out of the folder": (
        b"GET /../../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        list,
    ),
    "an endless message": (socket_head(), lambda: [frame(0x01, b"x"), *endless(frame(0x00, b"x" * 120))]),
    "an announced terabyte": (
        socket_head(),
        lambda: [struct.pack("!BBQ", 0x81, 0xFF, 1 << 40) + MASK, *endless(b"x")],
    ),
    "a million empty fragments": (socket_head(), lambda: [frame(0x01), *endless(frame(0x00))]),
    "a million pings": (socket_head(), lambda: endless(frame(0x89))),
    "half a letter": (socket_head(), lambda: [frame(0x81, b"\xc3")]),
    "an unmasked frame": (socket_head(), lambda: [b"\x81\x01x", *endless(b"\x81\x01x")]),
    "a reserved bit": (socket_head(), lambda: [frame(0xC1, b"x")]),
}


def attack(port: int, name: str) -> str:
    """Run an attack; return how the server ended it."""
    begin, rest = ATTACKS[name]
    heard = b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as wire:
        with contextlib.suppress(ConnectionError):
            wire.sendall(begin)
            for piece in rest():
                wire.sendall(piece)
        try:
            while len(heard) < HEARD_BYTES and (piece := wire.recv(65536)):
                heard += piece
        except TimeoutError:
            return "is still open"
        except ConnectionError:
            return f"reset {heard[9:12].decode()}"
        return f"ended {heard[9:12].decode()}"


if __name__ == "__main__":
    port = int(sys.argv[1])
    with ThreadPoolExecutor(len(ATTACKS)) as pool:
        for name, how in zip(ATTACKS, pool.map(partial(attack, port), ATTACKS), strict=True):
            print(f"{name}: {how}")  # noqa: T201
