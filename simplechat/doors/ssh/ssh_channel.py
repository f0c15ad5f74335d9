"""The console in an SSH connection, once somebody has logged in: one channel at a time.

Spec: https://www.rfc-editor.org/rfc/rfc4254
"""

from __future__ import annotations

import re
import struct
from functools import partial
from typing import Any

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
from simplechat.doors.ssh.ssh_server import ConsoleServices
from simplechat.locale import gettext as _
from simplechat.terminal.remote_terminal import RemoteTerminal

PIECE_BYTES = 32768
MAX_WAITING_BYTES = 4 << 20  # of answers that the peer does not read
MIN_PACKET_BYTES = 1024  # of a packet: a peer that takes less is refused
STDERR = 1

_TERM = re.compile(rb"[A-Za-z0-9][A-Za-z0-9+._-]{0,31}")
_POOR_TERMINALS = (b"", b"dumb", b"unknown")

SILENT = Logger(observer=LogPublisher())
"""Drops what conch logs of each connection; we log what matters."""


class ChannelService(SSHConnection):
    """The SSH service that carries the channels of a connection."""

    _log = SILENT

    def adjustWindow(self, channel: ConsoleChannel, bytesToAdd: int) -> None:
        """Allow the peer to send more, but not before the console has taken what it sent."""
        if not channel.is_behind:
            super().adjustWindow(channel, bytesToAdd)


class ConsoleAvatar:
    """The user of one connection, who has logged in with a key; an avatar, as Twisted's cred calls it.

    Args:
        key: The key.
        services: What consoles need.

    Attributes:
        name: The name in the audit log.
        conn: The service that carries the channels; conch sets it.
    """

    conn: Any

    def __init__(self, key: AuthorizedKey, services: ConsoleServices) -> None:
        self.services = services
        self.name = f"ssh ({key.name})"
        self.may_python = key.may_python
        self._channel: ConsoleChannel | None = None

    def lookupChannel(self, kind: bytes, window: int, packet: int, data: bytes) -> ConsoleChannel:
        """Return a new channel for the console; conch calls this.

        Raises:
            ConchError: The channel is for something else, such as forwarding ports, or there is one already.
        """
        if kind != b"session" or packet < MIN_PACKET_BYTES:
            raise ConchError(OPEN_ADMINISTRATIVELY_PROHIBITED, "only the console is here")
        if self.is_busy:
            raise ConchError(OPEN_RESOURCE_SHORTAGE, "one console for each connection")
        self._channel = ConsoleChannel(self, window, packet)
        return self._channel

    def gotGlobalRequest(self, kind: bytes, data: bytes) -> int:
        """Grant nothing; the answer serves those that only check whether we are there."""
        return 0

    @property
    def is_busy(self) -> bool:
        """Whether there is a channel."""
        return self._channel is not None

    def tell(self, *lines: str) -> None:
        """Show lines on the console."""
        if self._channel is not None:
            self._channel.tell(*lines)

    def pump(self) -> None:
        """Send what waits, as far as it may be sent."""
        if self._channel is not None:
            self._channel.pump()

    def close(self) -> None:
        """Close the console."""
        if self._channel is not None:
            self._channel.close()

    def remove_channel(self) -> None:
        """Forget the channel, which is closed."""
        self._channel = None


class ConsoleChannel(SSHChannel):
    """One console: an edited prompt where the peer has a terminal, else plain lines."""

    _log = SILENT
    name = b"session"
    conn: Any

    def __init__(self, avatar: ConsoleAvatar, window: int, packet: int) -> None:
        super().__init__(remoteWindow=window, remoteMaxPacket=packet)
        self._avatar = avatar
        self._services = avatar.services
        self._console: Console | None = None
        self._terminal: RemoteTerminal | None = None
        self._lines: PlainLineInput | None = None
        self._screen: Any = None
        self._untaken_bytes = 0  # of what was typed
        self._waiting = bytearray()
        self._is_ending = False
        self._exit_code = 0
        self._requests = {
            b"pty-req": self._take_terminal,
            b"window-change": self._resize,
            b"shell": self._open_console,
            b"exec": self._refuse,
        }

    # -- requests --------------------------------------------------------------------------------------

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
            term.decode(),
            send=self.write,
            on_read=self._take_typed,
            on_released=self.end,
            call=self._services.call,
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
        services, avatar = self._services, self._avatar
        start = partial(services.start_owner_conversation, may_python=avatar.may_python)
        console = self._console = Console(
            start, None, name=avatar.name, python=services.open_python, caught_up=self._reopen_window
        )
        if self._terminal is None:
            self._screen = self._lines = PlainLineInput(console, can_ask=False)
            self._lines.makeConnection(self)
        else:
            self._screen = services.open_prompt(self._terminal, console)
            console.tell(_("help lists what can be typed here; Ctrl-D leaves, exit stops the server"))
        return True

    def _refuse(self, data: bytes) -> bool:
        """Run nothing, and say so; grant the request, since a client would not show the text otherwise."""
        text = _("Nothing is run here: leave out the command for the console, or pipe lines into ssh -T")
        self.writeExtended(STDERR, f"{text}\r\n".encode())
        self._exit_code = 1
        self._services.clock.callLater(0, self.end)  # once the request was answered
        return True

    # -- input -----------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._console is None:
            return
        if self._terminal is not None:
            self._untaken_bytes += len(data)
            self._terminal.feed(data)
        elif self._lines is not None:
            self._lines.dataReceived(data)

    def extReceived(self, dataType: int, data: bytes) -> None:
        """Ignore it: a client has no use for extended data."""

    @property
    def is_behind(self) -> bool:
        """Whether input waits that the console has not taken."""
        return self._untaken_bytes > 0 or (self._console is not None and self._console.is_behind)

    def _take_typed(self, count: int) -> None:
        self._untaken_bytes -= count
        self._reopen_window()

    def _reopen_window(self) -> None:
        """Allow the peer as many bytes as at first, once it has used up half of them."""
        missing = self.localWindowSize - self.localWindowLeft
        if missing > self.localWindowSize // 2 and not self.is_behind and not self.localClosed:
            self.conn.adjustWindow(self, missing)

    def eofReceived(self) -> None:
        if self._terminal is not None:
            self._terminal.disconnect()
        elif self._lines is not None:
            self._lines.readConnectionLost()

    # -- output ----------------------------------------------------------------------------------------

    def tell(self, *lines: str) -> None:
        """Show lines."""
        if self._console is not None:
            self._console.tell(*lines)

    def write(self, data: bytes) -> None:
        """Send bytes behind everything sent before, as soon as the peer takes them."""
        self._waiting += data
        if len(self._waiting) > MAX_WAITING_BYTES:
            self.conn.transport.abort()
            return
        self.pump()

    def pump(self) -> None:
        """Send what waits, as far as it may be sent."""
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

    # -- the end ---------------------------------------------------------------------------------------

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
        """End the channel; conch and the console call this."""
        self.end()

    def closeReceived(self) -> None:
        self._waiting.clear()  # the peer reads no more
        super().loseConnection()

    @property
    def disconnecting(self) -> bool:
        """Whether it ends once everything was sent."""
        return self._is_ending

    def closed(self) -> None:
        self._avatar.remove_channel()
        if self._terminal is not None:
            self._terminal.disconnect()
        if self._lines is not None:
            self._lines.connectionLost()
