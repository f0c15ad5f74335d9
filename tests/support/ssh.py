"""People who come over SSH, in memory: a client of conch's, and keys."""

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
    """Give the line of a key, as the file has it."""
    blob = base64.b64encode(key.public().blob()).decode()
    return f"{options} ssh-ed25519 {blob} {comment}".strip() + "\n"


class StageServer:
    """A house on a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.python_namespace: dict[str, object] = {"hub": stage.hub, "store": stage.store}

    def start_owner_conversation(
        self, writer: OwnerWriter, name: str, *, may_python: bool = False
    ) -> OwnerConversation:
        """Begin a conversation with the owner."""
        session = Session(writer, "", answer_writer=writer)
        session.nick = name
        session.may_python = may_python
        return OwnerConversation(self.stage.hub, self.stage.services, self.stage.clock, session)


class ManholeStage:
    """A manhole on a stage, and who comes to it.

    Attributes:
        keys: The file of keys, which has one.
        warnings: What was said of it.
        notes: What was noted.
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

    def connection(self) -> SshConnection:
        """Open a connection for a connection."""
        connection = self.manhole.buildProtocol(None)
        assert connection is not None
        return connection

    def stranger(self) -> tuple[SshConnection, FakeTransport]:
        """Bring somebody who says nothing yet."""
        connection = self.connection()
        transport = FakeTransport(connection, isServer=True)
        connection.makeConnection(transport)
        return connection, transport

    def visit(self, *keys: Key, password: bytes = b"", **terms: int) -> SshClient:
        """Bring somebody with these keys, and have them log in if they can; who has none does not try."""
        return SshClient(self, keys, password, **terms)


class SshClient(SSHClientTransport):
    """One visit.

    Attributes:
        connection: The other end.
        is_in: They have logged in.
        methods: The ways to log in that they were told of.
        shown: What came on their channels, those they opened last at the end.
        replies: What was answered to their requests: None while it was not.
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
        self.room: Any = None
        self.connection = door.connection()
        self._stage = door.stage
        server, client = FakeTransport(self.connection, isServer=True), FakeTransport(self, isServer=False)
        self.pump: IOPump = connect(self.connection, server, self, client, clock=door.stage.clock)
        self.settle()

    def settle(self) -> None:
        """Move what there is to move, both ways, and let everything due happen."""
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
            self.requestService(_Keys(b"admin", _Inside(self)))

    def receiveError(self, reasonCode: int, description: bytes) -> None:
        """Be told goodbye."""

    # -- once inside -----------------------------------------------------------------------------------

    def opens(self, kind: bytes = b"session", extra: bytes = b"") -> Room:
        """Open a channel."""
        assert self.room is not None, "not inside"
        room = Room(self, kind)
        self.room.openChannel(room, extra)
        self.settle()
        return room

    def console(self) -> Room:
        """Open the console, for plain lines."""
        room = self.opens()
        assert room.asks(b"shell") is True
        return room

    def pipes(self, *lines: str) -> list[str]:
        """Open the console, type lines, end, and give what was shown."""
        room = self.console()
        room.types("".join(f"{line}\n" for line in lines))
        self.room.sendEOF(room)
        self.settle()
        return room.lines


class _Keys(SSHUserAuthClient):
    """Shows keys one after the other, and then a password."""

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


class _Inside(SSHConnection):
    _log = SILENT

    def __init__(self, visit: SshClient) -> None:
        super().__init__()
        self._visit = visit

    def serviceStarted(self) -> None:
        self._visit.is_in = True
        self._visit.room = self


class Room(SSHChannel):
    """A channel, seen from outside.

    Attributes:
        is_open: It was granted.
        is_over: It is closed.
        refusal: Why it was not granted.
        text: What was shown.
        exit_code: What it ended with.
    """

    _log = SILENT
    conn: Any

    def __init__(self, visit: SshClient, kind: bytes) -> None:
        super().__init__(conn=visit.room, **visit.terms)
        self.name = kind
        self._visit = visit
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
        """Ask for something; tell whether it is granted."""
        results: list[bool] = []
        asked: Deferred[Any] = self._visit.room.sendRequest(self, what, data, wantReply=1)
        asked.addCallbacks(lambda _: results.append(True), lambda _: results.append(False))
        self._visit.settle()
        return results == [True]

    def types(self, text: str) -> None:
        """Type something."""
        self.write(text.encode())
        self._visit.settle()


def a_terminal(term: bytes = b"xterm", columns: int = 80, rows: int = 24) -> bytes:
    """Give what a request for a terminal says."""
    return NS(term) + struct.pack(">4L", columns, rows, 0, 0) + NS(b"")
