"""The client without sockets or a terminal: the test types, and says what the server sends."""

from __future__ import annotations

import hashlib
from datetime import datetime

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from simplechat.client.app import ChatApp
from simplechat.client.interfaces import ClientServices, ExitStatus
from simplechat.client.keyring import Keyring
from simplechat.client.net.server_protocol import ServerProtocol
from simplechat.client.protocol.connection import ServerConnection
from simplechat.client.protocol.events import Event
from simplechat.client.protocol.requests import Requests
from simplechat.client.protocol.sasl_login import Credentials, KeyDerivation
from simplechat.client.state.model import Model
from simplechat.client.ui.formatter import EventFormatter
from simplechat.client.ui.stdio import StdioInterface

NEW_YEAR = 1_577_836_800.0  # 2020-01-01T00:00:00Z
BASIC_CAPS = "message-tags server-time echo-message batch labeled-response cap-notify"
CONTROL_TEXTS = (
    "\x1b]52;c;aGk=\x07",
    "\x1b[2J\x1b[H",
    "\x9b31m\x9d0;title\x9c",
    "\u202egnp.exe\u2066x",
    "e" + "\u0301" * 60,
    "\u2028\u2029\x85\x0c\x0b",
    "\x08\x08\x7f",
)
OTHER_CAPS = "sasl draft/chathistory draft/search draft/message-redaction draft/read-marker draft/multiline"
ALL_CAPS = f"{BASIC_CAPS} {OTHER_CAPS}"

NONCE = "fyko+d2lbbFgONRv9qkxdawL"


def derive_key(derivation: KeyDerivation) -> Deferred[bytes]:
    """Derive a key at once, instead of in a thread."""
    password = derivation.password.encode()
    return succeed(hashlib.pbkdf2_hmac("sha256", password, derivation.salt, derivation.iterations))


class FakeServerTransport(StringTransport):
    """Stands in for a TCP transport."""

    keeps_alive = False

    def setTcpKeepAlive(self, enabled: bool) -> None:
        self.keeps_alive = enabled


class ConnectionHarness:
    """A connection whose server sends what the test says."""

    def __init__(self, nick: str = "bob", channel: str = "#lobby") -> None:
        self.connection = ServerConnection(nick, channel)
        self.requests = Requests(self.connection)
        self.connection.start()

    def receives(self, *lines: str) -> list[Event]:
        """Send lines from the server; return the events that they cause."""
        return self.connection.receive_data("".join(f"{line}\r\n" for line in lines).encode())

    def sends(self) -> list[str]:
        """Return the lines sent to the server since the last call."""
        return _lines(self.connection.data_to_send())

    def enters(self, caps: str = BASIC_CAPS) -> None:
        """Register with these capabilities and join the channel; forget what was sent for that."""
        self.receives(f":irc CAP * LS :{caps}")
        if caps:
            self.receives(f":irc CAP * ACK :{caps}")
        self.receives(":irc 001 bob :Welcome", ":bob!bob@host JOIN #lobby")
        self.sends()


def noon(at: float | None) -> datetime:
    """Return noon for every time; before 2020 it is another day."""
    return datetime(2020, 1, 1, 12) if at is None or at >= NEW_YEAR else datetime(2019, 12, 31, 12)


class ClientHarness:
    """A whole client with plain input and output, and a server that sends what the test says."""

    def __init__(
        self,
        *,
        is_piped: bool = False,
        encoding: str = "utf-8",
        keyring: Keyring | None = None,
        credentials: Credentials | None = None,
    ) -> None:
        self.hidden: list[bool] = []
        self.clock = Clock()
        self.formatter = EventFormatter("+", local_time=noon)
        self.console = StdioInterface(encoding, self._format, is_piped=is_piped, hide=self.hidden.append)
        services = ClientServices(self.clock, lambda: 0.5, lambda: NONCE, derive_key, keyring)
        self.chat = ChatApp("bob", "#lobby", self.console, services, credentials)
        self.chat.connect = self._connect
        self.tries = 0
        self.screen = StringTransport()
        self.console.makeConnection(self.screen)
        self.console.start(self.chat)
        self._connect()

    def _connect(self) -> None:
        self.tries += 1
        self.server = FakeServerTransport()
        self.protocol = ServerProtocol(self.chat, self.console)

    def _format(self, event: Event, model: Model) -> list[str]:
        return self.formatter.format_text(event, model, 80)

    def connects(self) -> None:
        """Connect to the server."""
        self.protocol.makeConnection(self.server)

    def enters(self) -> None:
        """Connect, register and join the channel; forget what was shown and sent for that."""
        self.connects()
        self.receives(f":irc CAP * LS :{BASIC_CAPS}", f":irc CAP * ACK :{BASIC_CAPS}")
        self.receives(":irc 001 bob :Welcome", ":bob!bob@host JOIN #lobby")
        self.sends()
        self.shows()

    def receives(self, *lines: str) -> None:
        """Send lines from the server."""
        self.protocol.dataReceived("".join(f"{line}\r\n" for line in lines).encode())

    def confirms(self, *lines: str) -> None:
        """Echo lines of ours from the server, as they were sent."""
        for line in lines:
            label, _, message = line.partition(" ")
            self.receives(f"{label};time=2020-01-01T00:00:00.000Z :bob!bob@host {message}")

    def types(self, *lines: str) -> None:
        """Type lines."""
        self.console.dataReceived("".join(f"{line}\n" for line in lines).encode())

    def drops(self) -> None:
        """Close the connection from the server's side."""
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def sends(self) -> list[str]:
        """Return the lines sent to the server since the last call."""
        return _take(self.server)

    def shows(self) -> list[str]:
        """Return the lines printed since the last call."""
        return _take(self.screen)

    def outcome(self) -> ExitStatus | None:
        """Return how it ended; None while it runs."""
        result = getattr(self.chat.done, "result", None)
        return result if isinstance(result, ExitStatus) else None


def _take(transport: StringTransport) -> list[str]:
    lines = _lines(transport.value())
    transport.clear()
    return lines


def _lines(data: bytes) -> list[str]:
    return data.decode().replace("\r\n", "\n").split("\n")[:-1]
