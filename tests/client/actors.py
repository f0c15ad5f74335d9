"""The client's two ends without sockets or terminals: what a test types, and what a server says."""

from __future__ import annotations

import hashlib

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
ALL_CAPS = "message-tags server-time echo-message batch labeled-response cap-notify"


NONCE = "fyko+d2lbbFgONRv9qkxdawL"


def salted(salting: KeyDerivation) -> Deferred[bytes]:
    """Salt a password at once."""
    password = salting.password.encode()
    return succeed(hashlib.pbkdf2_hmac("sha256", password, salting.salt, salting.iterations))


class FakeServerTransport(StringTransport):
    """Takes the place of a TCP connection."""

    keeps_alive = False

    def setTcpKeepAlive(self, enabled: bool) -> None:
        self.keeps_alive = enabled


class Line:
    """A connection with a server at the other end that says what the test says."""

    def __init__(self, nick: str = "bob", room: str = "#lobby") -> None:
        self.connection = ServerConnection(nick, room)
        self.requests = Requests(self.connection)
        self.connection.start()

    def hears(self, *lines: str) -> list[Event]:
        """Have the server say lines; give what it means."""
        return self.connection.receive_data("".join(f"{line}\r\n" for line in lines).encode())

    def sends(self) -> list[str]:
        """Give what was sent since this was last asked."""
        return _lines(self.connection.data_to_send())

    def enters(self, caps: str = ALL_CAPS) -> None:
        """Come into the room, with these capabilities."""
        self.hears(f":irc CAP * LS :{caps}")
        if caps:
            self.hears(f":irc CAP * ACK :{caps}")
        self.hears(":irc 001 bob :Welcome", ":bob!bob@host JOIN #lobby")
        self.sends()


class Noon:
    """A calendar on which it is always the same time; what happened long ago was on another day."""

    def time_of_day(self, at: float | None) -> str:
        return "12:00"

    def date(self, at: float | None) -> str:
        return "2020-01-01" if at is None or at >= NEW_YEAR else "2019-12-31"


class Desk:
    """A plain client with a keyboard or a pipe, a screen, a clock, and a server as the test wants it."""

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
        self.shown = EventFormatter(Noon(), "+")
        self.console = StdioInterface(encoding, self._written, is_piped=is_piped, hide=self.hidden.append)
        services = ClientServices(self.clock, lambda: 0.5, lambda: NONCE, salted, keyring)
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
        self.link = ServerProtocol(self.chat, self.console)

    def _written(self, event: Event, model: Model) -> list[str]:
        return self.shown.format_text(event, model, 80)

    def connects(self) -> None:
        """Reach the server."""
        self.link.makeConnection(self.server)

    def enters(self) -> None:
        """Reach the server and come into the room; nothing of that is shown or sent any more."""
        self.connects()
        self.hears(f":irc CAP * LS :{ALL_CAPS}", f":irc CAP * ACK :{ALL_CAPS}")
        self.hears(":irc 001 bob :Welcome", ":bob!bob@host JOIN #lobby")
        self.sends()
        self.shows()

    def hears(self, *lines: str) -> None:
        """Have the server say lines."""
        self.link.dataReceived("".join(f"{line}\r\n" for line in lines).encode())

    def confirms(self, *lines: str) -> None:
        """Have the server say back lines of ours, as they were sent."""
        for line in lines:
            label, _, message = line.partition(" ")
            self.hears(f"{label};time=2020-01-01T00:00:00.000Z :bob!bob@host {message}")

    def types(self, *lines: str) -> None:
        """Type lines."""
        self.console.dataReceived("".join(f"{line}\n" for line in lines).encode())

    def drops(self) -> None:
        """Have the server end the connection."""
        self.link.connectionLost(Failure(ConnectionDone()))

    def sends(self) -> list[str]:
        """Give what was sent since this was last asked."""
        return _taken(self.server)

    def shows(self) -> list[str]:
        """Give what was printed since this was last asked."""
        return _taken(self.screen)

    def outcome(self) -> ExitStatus | None:
        """Give how it ended, None while it goes on."""
        result = getattr(self.chat.done, "result", None)
        return result if isinstance(result, ExitStatus) else None


def _taken(transport: StringTransport) -> list[str]:
    lines = _lines(transport.value())
    transport.clear()
    return lines


def _lines(data: bytes) -> list[str]:
    return data.decode().replace("\r\n", "\n").split("\n")[:-1]
