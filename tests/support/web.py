"""HTTP and WebSockets without sockets: a server, and peers whose transports can be examined."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from simplechat.doors.http.http_connection import WebFactory
from simplechat.doors.http.http_server import HttpServer
from simplechat.doors.http.requester import ServerNames
from simplechat.doors.http.routes import ROUTES
from simplechat.doors.http.routing import Route, RouteTable
from simplechat.doors.http.web_services import WebServices
from simplechat.doors.net.connections import Connections, StartConversation
from simplechat.doors.net.writer import SocketWriter
from simplechat.ip_addresses import admit_all, admit_none
from simplechat.peer import Peer

KEY = base64.b64encode(b"0123456789abcdef").decode()
HERE = "127.0.0.1"


@dataclass
class Certificates:
    """The certificates that TLS shows."""

    ca_pem: bytes | None = b"-----BEGIN"
    ca_fingerprint: str = "AB:CD"
    is_verifiable: bool = False
    trouble: str = ""
    ends_at: float = 1e12


class RecordedConversation:
    """Records what it hears.

    Attributes:
        pause_every: After how many lines it pauses.
    """

    def __init__(self, writer: SocketWriter, peer: Peer) -> None:
        self.writer = writer
        self.peer = peer
        self.heard: list[bytes] = []
        self.refusals: list[str] = []
        self.losses: list[str] = []
        self.is_finished = False
        self.pause_every = 1 << 30

    def hear(self, line: bytes) -> None:
        self.heard.append(line)
        if len(self.heard) % self.pause_every == 0:
            self.writer.pause()

    def begin(self) -> None:
        """See `RecordedConversation`."""

    def tick(self) -> None:
        """See `RecordedConversation`."""

    def finish(self) -> None:
        self.is_finished = True

    def refuse(self, reason: str) -> None:
        self.refusals.append(reason)

    def lost(self, reason: str) -> None:
        self.losses.append(reason)


class PeerTransport(StringTransport):
    """A StringTransport that knows its peer, as our transports do.

    Attributes:
        peer: What it knows.
    """

    def __init__(self, host: str, is_secure: bool, is_proxy: bool) -> None:
        super().__init__(peerAddress=IPv4Address("TCP", host, 5000))
        self.peer = Peer(host, 5000, is_secure, "ab" if is_secure else "", is_proxy)
        self.is_aborted = False

    def abortConnection(self) -> None:
        self.is_aborted = True

    def takes(self) -> bytes:
        """Return what was written since the last call."""
        data: bytes = self.value()
        self.clear()
        return data


class Reply(NamedTuple):
    """One HTTP response."""

    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, its last line end removed."""
        return self.body.decode().removesuffix("\n")


class HttpPeer:
    """A client with an HTTP connection."""

    def __init__(
        self, web: WebStage, host: str = HERE, is_secure: bool = False, is_proxy: bool | None = None
    ) -> None:
        if is_proxy is None:
            is_proxy = web.server.services.believes(host)
        self.transport = PeerTransport(host, is_secure, is_proxy)
        self.protocol = web.factory.buildProtocol(None)
        self.protocol.makeConnection(self.transport)

    def sends(self, *pieces: bytes) -> None:
        """Send bytes, each piece as one read."""
        for piece in pieces:
            self.protocol.dataReceived(piece)

    def asks(self, target: str = "/", method: str = "GET", **fields: str) -> Reply:
        """Send a request, and return the one response."""
        self.sends(request(target, method, **fields))
        (reply,) = self.replies(is_head=method == "HEAD")
        return reply

    def replies(self, is_head: bool = False) -> list[Reply]:
        """Return the responses that came since the last call."""
        data, replies = self.transport.takes(), []
        while data:
            head, _, data = data.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            assert first.startswith("HTTP/1.1 ") and len(headers) == len(lines), head
            size = 0 if is_head else int(headers.get("Content-Length", "0"))
            replies.append(Reply(int(first.split()[1]), headers, data[:size]))
            data = data[size:]
        return replies

    def drops(self) -> None:
        """Lose the connection."""
        self.protocol.connectionLost()


class WebSocketPeer(HttpPeer):
    """A client with a WebSocket."""

    def __init__(self, web: WebStage, subprotocol: str = "", **fields: str) -> None:
        super().__init__(web)
        self.web = web
        self.socket = Connection(ConnectionType.CLIENT)
        self.sends(upgrade(subprotocol, **fields))
        self.answer = self.transport.takes()
        assert self.answer.startswith(b"HTTP/1.1 101 "), self.answer

    @property
    def conversation(self) -> Any:
        """Its conversation, where conversations write down what they hear."""
        return self.web.conversations[-1]

    def says(self, *messages: str | bytes) -> None:
        """Send messages, each in one frame and one read."""
        for message in messages:
            event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
            self.sends(self.socket.send(event))

    def reads(self) -> list[Any]:
        """Return the events that came since the last call."""
        self.socket.receive_data(self.transport.takes())
        return list(self.socket.events())

    def hears(self) -> list[str | bytes]:
        """Return the messages that came since the last call."""
        events = self.reads()
        return [
            event.data if isinstance(event, TextMessage) else bytes(event.data)
            for event in events
            if isinstance(event, TextMessage | BytesMessage)
        ]

    def end_code(self) -> int | None:
        """Return the code of the server's close frame; None where it has sent none."""
        codes = [event.code for event in self.reads() if isinstance(event, CloseConnection)]
        return codes[0] if codes else None


class WebStage:
    """A server's HTTP side.

    Args:
        start_conversation: Begins conversations; without it, conversations write down what they hear.
        clock: The clock.
        settings: What `WebServices` shall tell otherwise.
    """

    def __init__(
        self,
        start_conversation: StartConversation | None = None,
        clock: Clock | None = None,
        routes: Sequence[Route] = (),
        **settings: Any,
    ) -> None:
        self.clock = clock or Clock()
        self.conversations: list[RecordedConversation] = []
        self.connections = Connections(start_conversation or self._record, self.clock, 1 << 20)
        told: dict[str, Any] = {
            "names": ServerNames("chat.example", ()),
            "network": "A <b>net</b>",
            "description": "For tests & others",
            "lobby": "#lobby",
            "admits": admit_all,
            "believes": admit_none,
            "find_problems": list,
            "metrics": lambda: (b"some 1\n", "text/plain"),
            "certificates": lambda: None,
        }
        table = RouteTable((*ROUTES, *routes))
        self.server = HttpServer(WebServices(**{**told, **settings}), table, self.connections)
        self.factory = WebFactory(self.server)

    def _record(self, writer: SocketWriter, peer: Peer) -> RecordedConversation:
        self.conversations.append(RecordedConversation(writer, peer))
        return self.conversations[-1]


def request(target: str = "/", method: str = "GET", **fields: str) -> bytes:
    """Encode a request; field names are in Python's spelling, a value of "" leaves the field out."""
    named = {"Host": "localhost"} | {name.replace("_", "-"): value for name, value in fields.items()}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items() if value)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def upgrade(subprotocol: str = "", target: str = "/socket", **fields: str) -> bytes:
    """Encode a WebSocket's handshake."""
    wanted = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Key": KEY,
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Protocol": subprotocol,
    }
    return request(target, **(wanted | fields))
