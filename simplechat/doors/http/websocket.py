"""WebSockets: one line a message, whatever its fragments.

Pings of the WebSocket protocol keep the connection open through proxies that close silent ones. They do not
show that the peer is alive, since a browser answers them for a page that hangs; the conversation sends a PING
of its own for that.
Nothing is compressed: the lengths of compressed messages would reveal their contents.

Spec: https://www.rfc-editor.org/rfc/rfc6455
Spec: https://ircv3.net/specs/extensions/websocket
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass, replace
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IPushProducer, ITransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.frame_protocol import CloseReason, Opcode
from wsproto.utilities import generate_accept_token
from zope.interface import implementer

from simplechat.doors.http.http_messages import HttpError
from simplechat.doors.http.requester import HeaderLookup, Requester
from simplechat.doors.net.connections import Connections
from simplechat.doors.net.irc import MAX_LINE_BYTES, disconnect_reason
from simplechat.doors.net.writer import SocketWriter, find_direct_send
from simplechat.locale import marked
from simplechat.peer import peer_of

TEXT_PROTOCOL, BINARY_PROTOCOL = "text.ircv3.net", "binary.ircv3.net"
MAX_FRAGMENTS = 64  # of one message
MAX_EMPTY_FRAMES = 256  # frames that hold no line, between two of our pings
PING_EVERY_S = 45.0  # proxies commonly close connections that are silent for a minute
LINGER_S = 2.0  # for the peer's close frame
MAX_IGNORED_BYTES = 65536  # that may come before it
MAX_CACHED_FRAMES = 512  # frames
MAX_CACHED_FRAME_BYTES = 1024  # of one
_WHOLE = 0x80  # a frame that is a message by itself

_NO_HANDSHAKE = HttpError(400, marked("This is no WebSocket handshake"))
_VERSION = HttpError(426, marked("This server speaks version 13 of the WebSocket protocol"))


@dataclass(frozen=True, slots=True)
class Handshake:
    """An accepted handshake, by which a connection becomes a WebSocket.

    Attributes:
        answer: The response.
        subprotocol: The one agreed on; "" for none.
    """

    answer: bytes
    subprotocol: str


def accept_handshake(method: str, field: HeaderLookup) -> Handshake | HttpError:
    """Accept a client's handshake with the first subprotocol that we know, or return what is wrong.

    Spec: https://www.rfc-editor.org/rfc/rfc6455#section-4.2
    """
    key = field("sec-websocket-key")
    connection = (token.strip().lower() for token in field("connection").split(","))
    if method != "GET" or "upgrade" not in connection or not _is_key(key):
        return _NO_HANDSHAKE
    if field("sec-websocket-version") != "13":
        return _VERSION
    offered = (name.strip() for name in field("sec-websocket-protocol").split(","))
    subprotocol = next((name for name in offered if name in (TEXT_PROTOCOL, BINARY_PROTOCOL)), "")
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {generate_accept_token(key.encode()).decode()}",
    ]
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return Handshake("\r\n".join([*lines, "", ""]).encode(), subprotocol)


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key.encode(), validate=True)) == 16
    except (ValueError, binascii.Error):
        return False


class FrameCache(dict[bytes, bytes]):
    """The frames of the latest lines, by line: each is built once, however many listen.

    Args:
        opcode: The kind of frame. In text frames, bytes that are not UTF-8 are replaced.

    Spec: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
    """

    def __init__(self, opcode: Opcode) -> None:
        super().__init__()
        self._opcode = opcode

    def __missing__(self, line: bytes) -> bytes:
        payload = line.removesuffix(b"\r\n")
        if self._opcode is Opcode.TEXT and not payload.isascii():
            payload = payload.decode("utf-8", "replace").encode()
        frame = bytes((_WHOLE | self._opcode,)) + _length(len(payload)) + payload
        if len(frame) <= MAX_CACHED_FRAME_BYTES:
            if len(self) >= MAX_CACHED_FRAMES:
                self.clear()
            self[line] = frame
        return frame


def _length(size: int) -> bytes:
    """Encode a payload's length in as few bytes as it takes."""
    if size < 126:
        return struct.pack("!B", size)
    return struct.pack("!BH", 126, size) if size < 1 << 16 else struct.pack("!BQ", 127, size)


class FrameWriter(SocketWriter):
    """A writer that puts each line into a frame, and ends with a close frame.

    Attributes:
        code: The code of that close frame.
        is_leaving: Whether the close frame was sent; nothing is sent behind it.
    """

    def __init__(
        self,
        transport: ITransport,
        reader: IPushProducer,
        connections: Connections,
        frames: FrameCache,
        peer: Connection,
    ) -> None:
        super().__init__(
            transport, find_direct_send(transport), reader, connections.clock, connections.sendq_bytes
        )
        self._frames = frames
        self._peer = peer
        self._lingering: IDelayedCall | None = None
        self.code: int = CloseReason.NORMAL_CLOSURE
        self.is_leaving = False

    def send(self, lines: list[bytes]) -> None:
        """Write lines as frames in one piece, behind everything sent before."""
        if not self.is_leaving:
            frames = self._frames
            super().send([frames[line] for line in lines])

    def send_control(self, event: Ping | Pong) -> None:
        """Write a ping or pong, unless either end has sent a close frame."""
        if self._peer.state is ConnectionState.OPEN:
            super().send([self._peer.send(event)])

    def close(self) -> None:
        """Write a close frame, and close the connection once the peer has sent one, too."""
        if self.is_leaving:
            return
        self.is_leaving = True
        super().send([self._peer.send(CloseConnection(self.code))])
        self.resume()
        if self._peer.state is ConnectionState.CLOSED:
            self.end()
        else:
            self._lingering = self._clock.callLater(LINGER_S, self.end)

    def end(self) -> None:
        """Close the connection once everything sent has gone out."""
        super().close()

    def connection_lost(self) -> None:
        """Forget the connection, which is lost."""
        super().connection_lost()
        if self._lingering is not None and self._lingering.active():
            self._lingering.cancel()


class WebSockets:
    """The open WebSockets.

    Args:
        connections: The registry of open connections.
    """

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.open: set[WebSocketProtocol] = set()
        self.frames = {
            TEXT_PROTOCOL: FrameCache(Opcode.TEXT),
            BINARY_PROTOCOL: FrameCache(Opcode.BINARY),
        }
        self._is_going = False

    def __len__(self) -> int:
        return len(self.open)

    def add(self, socket: WebSocketProtocol) -> None:
        """Add a WebSocket."""
        self.open.add(socket)
        if self._is_going:
            socket.writer.code = CloseReason.GOING_AWAY

    def go_away(self) -> None:
        """From now on, give 'going away' as the reason when connections are closed."""
        self._is_going = True
        for socket in self.open:
            socket.writer.code = CloseReason.GOING_AWAY


@implementer(IPushProducer)
class WebSocketProtocol(Protocol):
    """One WebSocket, from the answer to its handshake on.

    Args:
        sockets: The open WebSockets, which it joins.
        handshake: Its handshake.
        requester: Who sent the handshake.
    """

    log = Logger()
    transport: Any

    def __init__(self, sockets: WebSockets, handshake: Handshake, requester: Requester) -> None:
        self._sockets = sockets
        self._handshake = handshake
        self._requester = requester
        self._peer = Connection(ConnectionType.SERVER)
        self._message = bytearray()
        self._fragments = 0
        self._empty_frames = 0
        self._pong: Pong | None = None
        self._is_paused = False
        self._is_ignoring = False
        self._is_read = True
        self._ignored_bytes_left = MAX_IGNORED_BYTES

    def connectionMade(self) -> None:
        connections = self._sockets.connections
        frames = self._sockets.frames[self._handshake.subprotocol or TEXT_PROTOCOL]
        self.writer = FrameWriter(self.transport, self, connections, frames, self._peer)
        self._sockets.add(self)
        self.writer.send_first(self._handshake.answer)
        self._pinging = connections.clock.callLater(PING_EVERY_S, self._ping)
        requester = self._requester
        peer = replace(peer_of(self.transport), host=requester.host, is_secure=requester.is_secure)
        self.conversation = connections.open(self.writer, peer)
        self.conversation.begin()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._sockets.open.discard(self)
        self._pinging.cancel()
        self.writer.connection_lost()
        self._sockets.connections.end(self.conversation, disconnect_reason(reason))

    def _ping(self) -> None:
        self._empty_frames = 0
        self.writer.send_control(Ping())
        self._pinging = self._sockets.connections.clock.callLater(PING_EVERY_S, self._ping)

    # -- reading ---------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self.writer.is_leaving or self._is_ignoring:
            self._ignored_bytes_left -= len(data)
            if self._ignored_bytes_left < 0:
                self.writer.abort()
        if self._is_read and self._peer.state is not ConnectionState.CLOSED:
            self._peer.receive_data(data)
            self._handle_events()

    def pauseProducing(self) -> None:
        """Stop reading, and hold back what was read already."""
        self._is_paused = True
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again, and handle first what was held back."""
        self._is_paused = False
        self.transport.resumeProducing()
        self._handle_events()

    def stopProducing(self) -> None:
        """Do nothing: `connectionLost` follows."""

    def _handle_events(self) -> None:
        """Handle what was read until the conversation pauses; of many pings, answer the last."""
        try:
            events = self._peer.events()
            while self._is_read and not self._is_paused and (event := next(events, None)) is not None:
                self._handle(event)
        except Exception:
            self.log.failure("A WebSocket could not be read")
            self._fail(CloseReason.INTERNAL_ERROR, "The server failed at this, by a fault of its own")
        pong, self._pong = self._pong, None
        if pong is not None:
            self.writer.send_control(pong)

    def _handle(self, event: Event) -> None:
        if isinstance(event, CloseConnection):
            self._close(event)
        elif self._is_ignoring or self.writer.is_leaving:
            self._count_empty_frame()
        elif isinstance(event, TextMessage | BytesMessage):
            self._append(event)
        else:
            self._pong = event.response() if isinstance(event, Ping) else self._pong
            self._count_empty_frame()

    def _append(self, event: TextMessage | BytesMessage) -> None:
        """Append a fragment to the message; hand a whole message on as a line."""
        data = event.data.encode() if isinstance(event, TextMessage) else event.data
        if self._handshake.subprotocol == (
            BINARY_PROTOCOL if isinstance(event, TextMessage) else TEXT_PROTOCOL
        ):
            self._fail(
                CloseReason.UNSUPPORTED_DATA, f"Messages of {self._handshake.subprotocol} are of one kind"
            )
            return
        self._message += data
        self._fragments += event.frame_finished
        if len(self._message) > MAX_LINE_BYTES:
            self._fail(CloseReason.MESSAGE_TOO_BIG, "Line too long")
        elif self._fragments > MAX_FRAGMENTS:
            self._fail(CloseReason.MESSAGE_TOO_BIG, "Line in too many pieces")
        elif event.message_finished:
            line = bytes(self._message)
            self._message.clear()
            self._fragments = 0
            if not line:
                self._count_empty_frame()
            self.conversation.hear(line)

    def _count_empty_frame(self) -> None:
        """Count a frame without a line, which costs no tokens in the conversation."""
        self._empty_frames += 1
        if self._empty_frames > MAX_EMPTY_FRAMES:
            self._fail(CloseReason.POLICY_VIOLATION, "Too many frames that say nothing")
            self._is_read = False

    def _close(self, event: CloseConnection) -> None:
        """Handle the peer's close frame, or a violation of the protocol."""
        if self._peer.state is ConnectionState.CLOSED:
            self.writer.end()
        elif self._peer.state is not ConnectionState.REMOTE_CLOSING:
            self._fail(event.code, f"Against the rules of WebSockets: {event.reason}")
        elif not self._is_ignoring:
            self._is_ignoring = True
            self.writer.code = event.code
            self.conversation.finish()

    def _fail(self, code: int, why: str) -> None:
        """Read nothing more, and end the conversation for a reason, which the peer and others see."""
        if not self._is_ignoring:
            self._is_ignoring = True
            self._is_read = False
            self.writer.code = code
            self.writer.pause()  # until the close frame is sent
            self.conversation.refuse(why)
