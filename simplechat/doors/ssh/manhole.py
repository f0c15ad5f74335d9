"""The door for the owner from elsewhere: the console over SSH. It costs nothing until somebody wants it.

What speaks SSH takes a while to import; that is done by `open`, when everybody else is served.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from simplechat.doors.console.console_input import open_prompt
from simplechat.doors.console.owner_console import Console, OwnerTalk
from simplechat.doors.ssh.authorized_keys import AuthorizedKeys, key_fingerprint
from simplechat.doors.ssh.host_key import BadHostKey, load_host_key
from simplechat.locale import gettext

if TYPE_CHECKING:
    from twisted.conch.ssh.keys import Key

    from simplechat.doors.console.owner_console import Inner
    from simplechat.doors.ssh.ssh_connection import SshConnection
    from simplechat.terminal.prompt import Prompt
    from simplechat.terminal.remote_terminal import RemoteTerminal

KEYS = "manhole_keys"  # in the data folder
HOST_KEY = "manhole_host_key"
MAX_STRANGERS = 8  # connections that have not logged in yet
MAX_CONSOLES = 8


class StartOwnerConversation(Protocol):
    """Begins a conversation with the owner."""

    def __call__(self, wire: Console, name: str, *, may_python: bool = False) -> OwnerTalk:
        """Begin one over a wire, under a name."""
        ...


class ManholeServices(Protocol):
    """What the manhole needs of the chat server.

    Attributes:
        python_namespace: The variables of a Python prompt.
        start_owner_conversation: Starts a conversation with the owner.
    """

    @property
    def python_namespace(self) -> dict[str, object]:
        """The variables of a Python prompt."""
        ...

    @property
    def start_owner_conversation(self) -> StartOwnerConversation:
        """What begins a conversation with the owner."""
        ...


class Manhole(Factory):
    """Builds the protocol of each connection.

    Args:
        server: The chat server.
        keys: The keys that open.
        folder: Where the host's own key and what was typed are kept.
        clock: For waiting.
        call: Has the reactor's thread call a function; used from other threads.
        note: Has something ordinary written to the log file.

    Attributes:
        connections: Every connection.
        key: The host's own.
    """

    noisy = False
    log = Logger()

    def __init__(
        self,
        server: ManholeServices,
        keys: AuthorizedKeys,
        folder: Path,
        clock: IReactorTime,
        call: Callable[..., object],
        note: Callable[[str], None],
    ) -> None:
        self.server = server
        self.keys = keys
        self.clock = clock
        self.call = call
        self.note = note
        self.connections: set[SshConnection] = set()
        self.key: Key | None = None
        self._folder = folder
        self._is_open = True
        self._emptied: list[Deferred[None]] = []

    def open(self) -> str:
        """Get ready; give the key_fingerprint of the host's key.

        Raises:
            BadHostKey: There is no such key, and none can be made.
        """
        import simplechat.doors.ssh.ssh_connection  # noqa: F401 - so that whoever comes first does not wait for it

        self.key = load_host_key(self._folder / HOST_KEY)
        self.keys.all()  # tells what is wrong with them
        return key_fingerprint(self.key.public().blob())

    def buildProtocol(self, addr: IAddress | None) -> SshConnection | None:
        from simplechat.doors.ssh.ssh_connection import SshConnection

        strangers = sum(not connection.is_logged_in for connection in self.connections)
        if not self._is_open or strangers >= MAX_STRANGERS:
            return None
        try:
            key = self.key or load_host_key(self._folder / HOST_KEY)
        except BadHostKey:
            return None
        return SshConnection(self, key)

    @property
    def is_full(self) -> bool:
        """True where as many have logged in as may."""
        return sum(connection.is_logged_in for connection in self.connections) >= MAX_CONSOLES

    def left(self, connection: SshConnection) -> None:
        """Take note that a connection is gone."""
        self.connections.discard(connection)
        if not self.connections:
            emptied, self._emptied = self._emptied, []
            for each in emptied:
                each.callback(None)

    def tell(self, *lines: str) -> None:
        """Show lines on every console."""
        for connection in tuple(self.connections):
            connection.tell(*lines)

    def finish(self) -> Deferred[None]:
        """Close every console, and let nobody in any more; fires when no connection is left."""
        self._is_open = False
        self.tell(gettext("The server is shutting down"))
        for connection in tuple(self.connections):
            connection.finish()
        if not self.connections:
            return succeed(None)
        self._emptied.append(Deferred())
        return self._emptied[-1]

    # -- what consoles are made of ---------------------------------------------------------------------

    def prompt_on(self, terminal: RemoteTerminal, console: Console) -> Prompt:
        """Give a console a line that is edited on a terminal."""
        return open_prompt(console, self.call, self._folder, terminal)

    def python_in(self, console: Console) -> Inner:
        """Give a Python prompt for a console."""
        from simplechat.doors.console.python_prompt import PythonPrompt

        return PythonPrompt(self.server.python_namespace, console.tell, console.say)
