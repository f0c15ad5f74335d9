"""What goes on in an SSH connection once somebody has logged in: one channel, and the console in it.

Spec: https://www.rfc-editor.org/rfc/rfc4254
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from twisted.conch.error import ConchError
from twisted.conch.ssh.channel import SSHChannel
from twisted.conch.ssh.common import getNS
from twisted.conch.ssh.connection import (
    OPEN_ADMINISTRATIVELY_PROHIBITED,
    OPEN_RESOURCE_SHORTAGE,
    SSHConnection,
)
from twisted.logger import Logger, LogPublisher

from simplechat.doors.console.console_input import PlainLineInput
from simplechat.doors.console.owner_console import Console
from simplechat.doors.ssh.authorized_keys import AuthorizedKey
from simplechat.locale import gettext as _
from simplechat.terminal.remote_terminal import RemoteTerminal

if TYPE_CHECKING:
    from simplechat.doors.ssh.manhole import Manhole

PIECE_BYTES = 32768
MAX_WAITING_BYTES = 4 << 20  # of answers, where nobody reads them
MIN_PACKET_BYTES = 1024  # of a packet that a peer says it can take
STDERR = 1

_TERM = re.compile(rb"[A-Za-z0-9][A-Za-z0-9+._-]{0,31}")
_POOR_TERMINALS = (b"", b"dumb", b"unknown")

SILENT = Logger(observer=LogPublisher())
"""For what conch tells of each connection; what matters is told by us."""


class ChannelService(SSHConnection):
    """The connection's channels: one at a time."""

    _log = SILENT

    def adjustWindow(self, channel: ConsoleChannel, bytesToAdd: int) -> None:
        """Let the peer send more; not before what it has sent was taken."""
        if not channel.is_behind:
            super().adjustWindow(channel, bytesToAdd)


class ConsoleAvatar:
    """Somebody with a key, on one connection.

    Attributes:
        name: As it stands in the audit log.
        conn: Their channels.
    """

    conn: Any

    def __init__(self, key: AuthorizedKey) -> None:
        self.name = f"ssh ({key.name})"
        self.may_python = key.may_python
        self._channel: ConsoleChannel | None = None

    def lookupChannel(self, kind: bytes, window: int, packet: int, data: bytes) -> ConsoleChannel:
        """Give a channel for the console, where there is none yet.

        Raises:
            ConchError: For every other kind, such as the forwarding of ports.
        """
        if kind != b"session" or packet < MIN_PACKET_BYTES:
            raise ConchError(OPEN_ADMINISTRATIVELY_PROHIBITED, "only the console is here")
        if self.is_busy:
            raise ConchError(OPEN_RESOURCE_SHORTAGE, "one console for each connection")
        self._channel = ConsoleChannel(self, window, packet)
        return self._channel

    def gotGlobalRequest(self, kind: bytes, data: bytes) -> int:
        """Grant nothing; who asks for an answer only to see whether we are there gets one."""
        return 0

    @property
    def is_busy(self) -> bool:
        """True while there is a channel."""
        return self._channel is not None

    def tell(self, *lines: str) -> None:
        """Show lines on the console."""
        if self._channel is not None:
            self._channel.tell(*lines)

    def pump(self) -> None:
        """Send what waits, now that it may be sent."""
        if self._channel is not None:
            self._channel.pump()

    def close(self) -> None:
        """Close the console."""
        if self._channel is not None:
            self._channel.close()

    def left(self) -> None:
        """Take note that the channel is gone."""
        self._channel = None


class ConsoleChannel(SSHChannel):
    """One console, with a line that is edited where there is a terminal, else with plain lines."""

    _log = SILENT
    name = b"session"
    conn: Any

    def __init__(self, avatar: ConsoleAvatar, window: int, packet: int) -> None:
        super().__init__(remoteWindow=window, remoteMaxPacket=packet)
        self._avatar = avatar
        self._console: Console | None = None
        self._terminal: RemoteTerminal | None = None
        self._lines: PlainLineInput | None = None
        self._screen: Any = None
        self._untaken_bytes = 0  # typed
        self._waiting = bytearray()
        self._is_ending = False
        self._exit_code = 0
        self._requests = {
            b"pty-req": self._take_terminal,
            b"window-change": self._resize,
            b"shell": self._open_console,
            b"exec": self._refuse,
        }

    @property
    def _manhole(self) -> Manhole:
        manhole: Manhole = self.conn.transport.factory.manhole
        return manhole

    # -- what is asked for -----------------------------------------------------------------------------

    def requestReceived(self, requestType: bytes, data: bytes) -> bool:
        do = self._requests.get(requestType)
        return do is not None and do(data)

    def _take_terminal(self, data: bytes) -> bool:
        if self._terminal is not None or self._console is not None:
            return False
        term, rest = getNS(data)
        columns, rows = struct.unpack(">2L", rest[:8])
        if term in _POOR_TERMINALS or not _TERM.fullmatch(term):
            return False  # then there are plain lines, which the terminal itself edits
        self._terminal = RemoteTerminal(
            term.decode(), send=self.write, on_read=self._heard, on_released=self.end, call=self._manhole.call
        )
        self._terminal.resize(columns, rows)
        return True

    def _resize(self, data: bytes) -> bool:
        if self._terminal is not None:
            self._terminal.resize(*struct.unpack(">2L", data[:8]))
        return self._terminal is not None

    def _open_console(self, data: bytes) -> bool:
        if self._console is not None:
            return False
        manhole, avatar = self._manhole, self._avatar

        def prompt(wire: Console, name: str) -> Any:
            return manhole.server.start_owner_conversation(wire, name, may_python=avatar.may_python)

        console = self._console = Console(
            prompt, None, name=avatar.name, python=manhole.python_in, caught_up=self._catch_up
        )
        if self._terminal is None:
            self._screen = self._lines = PlainLineInput(console, can_ask=False)
            self._lines.makeConnection(self)
        else:
            self._screen = manhole.prompt_on(self._terminal, console)
            console.tell(_("help lists what can be typed here; Ctrl-D leaves, exit stops the server"))
        return True

    def _refuse(self, data: bytes) -> bool:
        """Run nothing, and say so; a client whose request fails would not show it."""
        text = _("Nothing is run here: leave the command away for the console, or pipe lines into ssh -T")
        self.writeExtended(STDERR, f"{text}\r\n".encode())
        self._exit_code = 1
        self._manhole.clock.callLater(0, self.end)  # once the request was answered
        return True

    # -- what is typed ---------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._console is None:
            return
        if self._terminal is not None:
            self._untaken_bytes += len(data)
            self._terminal.feed(data)
        elif self._lines is not None:
            self._lines.dataReceived(data)

    def extReceived(self, dataType: int, data: bytes) -> None:
        """There is nothing that this could be."""

    @property
    def is_behind(self) -> bool:
        """True while more was typed than has been taken."""
        return self._untaken_bytes > 0 or (self._console is not None and self._console.is_behind)

    def _heard(self, count: int) -> None:
        self._untaken_bytes -= count
        self._catch_up()

    def _catch_up(self) -> None:
        """Let the peer send again what it could before."""
        missing = self.localWindowSize - self.localWindowLeft
        if missing > self.localWindowSize // 2 and not self.is_behind and not self.localClosed:
            self.conn.adjustWindow(self, missing)

    def eofReceived(self) -> None:
        if self._terminal is not None:
            self._terminal.disconnect()
        elif self._lines is not None:
            self._lines.readConnectionLost()

    # -- what is shown ---------------------------------------------------------------------------------

    def tell(self, *lines: str) -> None:
        """Show lines."""
        if self._console is not None:
            self._console.tell(*lines)

    def write(self, data: bytes) -> None:
        """Send bytes behind everything before, as soon as the peer takes them."""
        self._waiting += data
        if len(self._waiting) > MAX_WAITING_BYTES:
            self.conn.transport.abort()
            return
        self.pump()

    def pump(self) -> None:
        """Send what may be sent by now."""
        while self._waiting and self.remoteWindowLeft > 0 and not self.conn.transport.is_blocked:
            piece = bytes(self._waiting[: min(PIECE_BYTES, self.remoteWindowLeft)])
            del self._waiting[: len(piece)]
            super().write(piece)
            if self._terminal is not None:
                self._terminal.acknowledge_sent(len(piece))
        if self._is_ending and not self._waiting and not self.localClosed:
            self.conn.sendRequest(self, b"exit-status", struct.pack(">L", self._exit_code))
            self.conn.sendEOF(self)
            super().loseConnection()

    def addWindowBytes(self, data: int) -> None:
        super().addWindowBytes(data)
        self.pump()

    # -- its end ---------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the console."""
        if self._screen is None:
            self.end()
        else:
            self._screen.close()

    def end(self) -> None:
        """End the channel once everything was sent."""
        self._is_ending = True
        self.pump()

    def loseConnection(self) -> None:
        """End the channel, as the peer wants, or because there is nothing more to say."""
        self.end()

    def closeReceived(self) -> None:
        self._waiting.clear()  # nobody reads it
        super().loseConnection()

    @property
    def disconnecting(self) -> bool:
        """True once it is to end."""
        return self._is_ending

    def closed(self) -> None:
        self._avatar.left()
        if self._terminal is not None:
            self._terminal.disconnect()
        if self._lines is not None:
            self._lines.connectionLost()
