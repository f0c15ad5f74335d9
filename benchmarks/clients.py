"""Many IRC clients in one thread that send numbered lines and check every line they receive.

Spec: https://modern.ircdocs.horse/
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

from benchmarks.streams import Stream, runs

READ_BYTES = 65536
CONNECT_S = 5.0
NOTICED = re.compile(rb"^(?::\S+ )?(PING|ERROR) :?(.*?)\r?$", re.MULTILINE)
QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
NO_MOTD = b"422"  # the one error reply that is no refusal


class LoadError(Exception):
    """The load cannot be produced; the text is one line for people."""


class Client:
    """One connection: its socket, its unsent bytes, and the last incomplete line."""

    __slots__ = ("channel", "nick", "number", "ready", "rest", "socket", "unsent")

    def __init__(self, number: int, nick: str, channel: str | None, connection: socket.socket) -> None:
        self.number = number
        self.nick = nick
        self.channel = channel
        self.socket = connection
        self.ready = False
        self.rest = b""
        self.unsent = b""

    def read(self) -> bytes:
        """Return the bytes received, up to the end of the last whole line.

        Raises:
            LoadError: The server has closed the connection.
        """
        try:
            chunk = self.socket.recv(READ_BYTES)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""  # it was of concern to TLS only
        except OSError as error:
            raise LoadError(f"lost the connection of {self.nick}: {error.strerror}") from None
        if not chunk:
            raise LoadError(f"the server closed the connection of {self.nick}")
        if QUICKACK is not None:  # a server without TCP_NODELAY would wait for our acknowledgement
            self.socket.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
        if self.rest:
            chunk = self.rest + chunk
        end = chunk.rfind(b"\n") + 1
        self.rest = chunk[end:]
        return chunk[:end] if self.rest else chunk


class Crowd:
    """Clients of one server, and their streams of numbered lines.

    Args:
        address: The server's host and port.
        password: For PASS, or None.
        mark: Sets the nicks and channels of this crowd apart from those of others; three letters.
        tls: Whether its clients come with TLS; they take any certificate.
    """

    def __init__(self, address: tuple[str, int], password: str | None, mark: str, *, tls: bool) -> None:
        self.mark = mark
        self.clients: list[Client] = []
        self.streams: list[Stream] = []
        self.window = 0  # lines of each stream that may be on their way; 0: nobody answers by speaking
        self.deliveries = 0
        self.latencies: Counter[int] = Counter()  # deliveries, by microseconds
        self._address = address
        self._greeting = f"PASS {password}\r\n" if password else ""
        self._ready = 0
        self._selector = DefaultSelector()
        self._context = _trusting() if tls else None

    def gather(self, channels: Sequence[str | None], at_once: int, limit_s: float) -> None:
        """Register one client for each channel, and join it.

        Args:
            channels: Where each goes; None stays outside.
            at_once: How many may be under way at a time.
            limit_s: How long all of it may take, in seconds.
        """
        deadline = time.monotonic() + limit_s
        while self._ready < len(channels):
            while len(self.clients) < min(len(channels), self._ready + at_once):
                self._enter(channels[len(self.clients)])
            self.turn(0.1)
            if time.monotonic() > deadline:
                raise LoadError(f"{self._ready} of {len(channels)} clients were let in within {limit_s:g} s")

    def _enter(self, channel: str | None) -> None:
        try:
            connection = socket.create_connection(self._address, timeout=CONNECT_S)
        except OSError as error:
            host, port = self._address
            raise LoadError(f"cannot connect to {host}:{port}: {error.strerror or error}") from None
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            connection = self._context.wrap_socket(connection, do_handshake_on_connect=False)
        number = len(self.clients)
        client = Client(number, f"b{self.mark}{number:05x}", channel, connection)
        self.clients.append(client)
        self._selector.register(connection, EVENT_READ, client)
        self._send(client, f"{self._greeting}NICK {client.nick}\r\nUSER b 0 * :b\r\n".encode())

    def turn(self, timeout: float) -> None:
        """Wait for socket events, at most so many seconds, and handle them."""
        for key, events in self._selector.select(timeout):
            client: Client = key.data
            if events & EVENT_WRITE:
                self._send_rest(client)
            if events & EVENT_READ:
                self._receive(client)

    def _send_rest(self, client: Client) -> None:
        self._selector.modify(client.socket, EVENT_READ, client)
        unsent, client.unsent = client.unsent, b""
        self._send(client, unsent)

    def _receive(self, client: Client) -> None:
        chunk = client.read()
        if client.unsent:
            self._send_rest(client)
        if b"PING" in chunk or b"ERROR" in chunk:
            self._notice(client, chunk)
        if client.ready:
            self._hear(client, chunk)
        else:
            self._settle_in(client, chunk)

    def _notice(self, client: Client, chunk: bytes) -> None:
        for command, text in NOTICED.findall(chunk):
            if command == b"ERROR":
                raise LoadError(f"the server closed the connection of {client.nick}: {text.decode()}")
            self._send(client, b"PONG :%s\r\n" % text)

    def _settle_in(self, client: Client, chunk: bytes) -> None:
        for line in chunk.splitlines():
            _, _, words = line.partition(b" ")
            command = words.partition(b" ")[0]
            if command == b"001" and client.channel:
                self._send(client, f"JOIN {client.channel}\r\n".encode())
            elif command == b"366" or (command == b"001" and not client.channel):
                client.ready = True
                self._ready += 1
            elif command[:1] in (b"4", b"5") and len(command) == 3 and command != NO_MOTD:
                raise LoadError(f"the server refused {client.nick}: {line.decode(errors='replace')}")

    def _hear(self, client: Client, chunk: bytes) -> None:
        now = time.monotonic_ns()
        for stream, first, after, sent_ns in runs(chunk):
            self.deliveries += after - first
            self.latencies[(now - sent_ns) // 1000] += after - first
            if self.streams[stream].heard(client.number, first, after) and self.window:
                self.answer(self.streams[stream])

    def answer(self, stream: Stream) -> None:
        """Send as many lines as the window allows."""
        self.say(stream, self.window - (stream.said - stream.heard_by_all), time.monotonic_ns())

    def say(self, stream: Stream, count: int, sent_ns: int) -> None:
        """Send the next lines of a stream."""
        self._send(self.clients[stream.speaker], stream.lines(count, sent_ns))

    def _send(self, client: Client, data: bytes) -> None:
        if client.unsent:
            client.unsent += data
            return
        awaited = EVENT_READ | EVENT_WRITE
        try:
            sent = client.socket.send(data)
        except ssl.SSLWantReadError:  # a handshake is under way
            sent, awaited = 0, EVENT_READ
        except (BlockingIOError, ssl.SSLWantWriteError):
            sent = 0
        except OSError as error:
            raise LoadError(f"lost the connection of {client.nick}: {error.strerror}") from None
        if sent < len(data):
            client.unsent = data[sent:]
            self._selector.modify(client.socket, awaited, client)

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.socket.close()
        self._selector.close()


def _trusting() -> ssl.SSLContext:
    """Build a TLS context that accepts any certificate: the servers are the user's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
