"""SSH in memory: a manhole, conch's client, and keys."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import NS
from twisted.conch.ssh.connection import SSHConnection
from twisted.conch.ssh.keys import Key
from twisted.conch.ssh.transport import SSHClientTransport
from twisted.conch.ssh.userauth import SSHUserAuthClient
from twisted.internet.defer import Deferred, succeed
from twisted.python.failure import Failure
from twisted.test.iosim import FakeTransport, IOPump, connect

from simplechat.conversation import OwnerConversation
from simplechat.doors.ssh.authorized_keys import AuthorizedKeys
from simplechat.doors.ssh.host_key import load_host_key
from simplechat.doors.ssh.manhole import HOST_KEY, Manhole
from simplechat.doors.ssh.ssh_channel import SILENT
from simplechat.doors.ssh.ssh_connection import SshConnection
from simplechat.hub.user import Session
from simplechat.hub.writer import OwnerWriter
from tests.support.stage import Stage

ANN, EVE = (Key(Ed25519PrivateKey.from_private_bytes(bytes([each] * 32))) for each in (1, 2))


def line_of(key: Key, comment: str = "ann@laptop", options: str = "") -> str:
    """Return a key's line for the file of authorized keys."""
    blob = base64.b64encode(key.public().blob()).decode()
    return f"{options} ssh-ed25519 {blob} {comment}".strip() + "\n"


class StageServer:
    """What the manhole needs of a chat server, on a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.python_namespace: dict[str, object] = {"hub": stage.hub, "store": stage.store}

    def start_owner_conversation(
        self, writer: OwnerWriter, name: str, *, may_python: bool = False
    ) -> OwnerConversation:
        """Start a conversation with the owner."""
        session = Session(writer, "", answer_writer=writer)
        session.nick = name
        session.may_python = may_python
        return OwnerConversation(self.stage.hub, self.stage.services, self.stage.clock, session)


class ManholeStage:
    """A manhole on a stage.

    Attributes:
        keys: The file of authorized keys, which holds one.
        warnings: The warnings about it.
        notes: The ordinary events that were logged.
    """

    def __init__(self, folder: Path, options: str = "") -> None:
        folder.mkdir()
        self.stage = Stage()
        self.keys = folder / "keys"
        self.keys.write_text(line_of(ANN, options=options))
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.manhole = Manhole(
            StageServer(self.stage),
            AuthorizedKeys(self.keys, self.warnings.append),
            folder,
            self.stage.clock,
            lambda do, *args: do(*args),
            self.notes.append,
        )
        self.manhole.key = load_host_key(folder / HOST_KEY)

    def build_protocol(self) -> SshConnection:
        """Build the protocol of a connection."""
        connection = self.manhole.buildProtocol(None)
        assert connection is not None
        return connection

    def stranger(self) -> tuple[SshConnection, FakeTransport]:
        """Connect a peer that sends nothing by itself."""
        connection = self.build_protocol()
        transport = FakeTransport(connection, isServer=True)
        connection.makeConnection(transport)
        return connection, transport

    def connect(self, *keys: Key, password: bytes = b"", **terms: int) -> SshClient:
        """Connect a client, which logs in with these keys if it can; without keys it does not try."""
        return SshClient(self, keys, password, **terms)


class SshClient(SSHClientTransport):
    """A client.

    Attributes:
        connection: The server's end.
        is_in: Whether it has logged in.
        is_gone: Whether the connection is lost.
        methods: The ways to log in that the server offered.
        service: The service that carries channels; None before the login.
    """

    _log = SILENT
    transport: Any

    def __init__(
        self,
        door: ManholeStage,
        keys: Sequence[Key],
        password: bytes,
        window: int = 1 << 20,
        packet: int = 32768,
    ) -> None:
        self.keys = list(keys)
        self.password = password
        self.terms: dict[str, Any] = {"localWindow": window, "localMaxPacket": packet}
        self.is_in = False
        self.is_gone = False
        self.methods: set[bytes] = set()
        self.service: Any = None
        self.connection = door.build_protocol()
        self._stage = door.stage
        server, client = FakeTransport(self.connection, isServer=True), FakeTransport(self, isServer=False)
        self.pump: IOPump = connect(self.connection, server, self, client, clock=door.stage.clock)
        self.settle()

    def settle(self) -> None:
        """Deliver everything in both directions, and run what is due."""
        while True:
            moved = self.pump.flush()
            self._stage.settle()
            if not moved:
                return

    def connectionLost(self, reason: Failure | None = None) -> None:
        self.is_gone = True
        super().connectionLost(reason)

    def verifyHostKey(self, hostKey: bytes, key_fingerprint: str) -> Deferred[int]:
        return succeed(1)

    def connectionSecure(self) -> None:
        if self.keys:
            self.requestService(_Keys(b"admin", _ClientService(self)))

    def receiveError(self, reasonCode: int, description: bytes) -> None:
        """Ignore the server's farewell."""

    # -- once inside -----------------------------------------------------------------------------------

    def opens(self, kind: bytes = b"session", extra: bytes = b"") -> ClientChannel:
        """Open a channel."""
        assert self.service is not None, "not inside"
        channel = ClientChannel(self, kind)
        self.service.openChannel(channel, extra)
        self.settle()
        return channel

    def console(self) -> ClientChannel:
        """Open the console, for plain lines."""
        channel = self.opens()
        assert channel.asks(b"shell") is True
        return channel

    def pipes(self, *lines: str) -> list[str]:
        """Open the console, type lines, end the input, and return what was shown."""
        channel = self.console()
        channel.types("".join(f"{line}\n" for line in lines))
        self.service.sendEOF(channel)
        self.settle()
        return channel.lines


class _Keys(SSHUserAuthClient):
    """Tries keys one after the other, and then a password."""

    _log = SILENT
    transport: Any
    key: Any = None

    def tryAuth(self, kind: bytes) -> Any:
        self.transport.methods.add(kind)
        return super().tryAuth(kind)

    def getPublicKey(self) -> Key | None:
        keys = self.transport.keys
        self.key = keys.pop(0) if keys else None
        return self.key.public() if self.key else None

    def getPrivateKey(self) -> Deferred[Key]:
        return succeed(self.key)

    def getPassword(self, prompt: object = None) -> Deferred[bytes] | None:
        return succeed(self.transport.password) if self.transport.password else None

    def getGenericAnswers(self, *ignored: object) -> None:
        return None


class _ClientService(SSHConnection):
    _log = SILENT

    def __init__(self, client: SshClient) -> None:
        super().__init__()
        self._client = client

    def serviceStarted(self) -> None:
        self._client.is_in = True
        self._client.service = self


class ClientChannel(SSHChannel):
    """The client's end of a channel.

    Attributes:
        is_open: Whether it was granted.
        is_over: Whether it is closed.
        refusal: Why it was not granted.
        text: What was shown.
        exit_code: The exit status.
    """

    _log = SILENT
    conn: Any

    def __init__(self, client: SshClient, kind: bytes) -> None:
        super().__init__(conn=client.service, **client.terms)
        self.name = kind
        self._client = client
        self.is_open = self.is_over = False
        self.refusal = ""
        self.text = b""
        self.exit_code: int | None = None

    @property
    def lines(self) -> list[str]:
        """What was shown, as lines."""
        return self.text.decode().splitlines()

    def channelOpen(self, specificData: bytes) -> None:
        self.is_open = True

    def openFailed(self, reason: Any) -> None:
        self.refusal = str(reason)

    def dataReceived(self, data: bytes) -> None:
        self.text += data

    def extReceived(self, dataType: int, data: bytes) -> None:
        self.text += data

    def request_exit_status(self, data: bytes) -> int:
        (self.exit_code,) = struct.unpack(">L", data)
        return 1

    def closed(self) -> None:
        self.is_over = True

    def asks(self, what: bytes, data: bytes = b"") -> bool:
        """Send a request; tell whether it is granted."""
        results: list[bool] = []
        asked: Deferred[Any] = self._client.service.sendRequest(self, what, data, wantReply=1)
        asked.addCallbacks(lambda _: results.append(True), lambda _: results.append(False))
        self._client.settle()
        return results == [True]

    def types(self, text: str) -> None:
        """Type something."""
        self.write(text.encode())
        self._client.settle()


def terminal_request(term: bytes = b"xterm", columns: int = 80, rows: int = 24) -> bytes:
    """Encode a request for a terminal."""
    return NS(term) + struct.pack(">4L", columns, rows, 0, 0) + NS(b"")
