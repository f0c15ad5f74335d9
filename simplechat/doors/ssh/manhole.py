"""The manhole: the owner's console over SSH, for other machines.

SSH takes a while to import, so `open` does it, once everybody else is served.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.internet.protocol import Factory
from twisted.logger import Logger

from simplechat.doors.console.console_input import open_prompt
from simplechat.doors.console.owner_console import Console
from simplechat.doors.net.connections import ConnectionSet
from simplechat.doors.ssh.authorized_keys import AuthorizedKeys, key_fingerprint
from simplechat.doors.ssh.host_key import BadHostKey, load_host_key
from simplechat.doors.ssh.ssh_server import ServedConnection, StartOwnerConversation
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
        """What starts a conversation with the owner."""
        ...


class Manhole(Factory):
    """Builds the protocol of each SSH connection.

    Args:
        server: The chat server.
        keys: The keys that log in.
        folder: The folder of the host key and of the history of typed lines.
        clock: The clock.
        call: Has the reactor's thread call a function; used from other threads.
        note: Writes an ordinary event to the log file.

    Attributes:
        connections: All connections.
        key: The host key; None until it is loaded.
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
        self._server = server
        self.keys = keys
        self.clock = clock
        self.call = call
        self.note = note
        self.connections: ConnectionSet[ServedConnection] = ConnectionSet()
        self.key: Key | None = None
        self._folder = folder
        self._is_open = True

    def open(self) -> str:
        """Load the host key and what speaks SSH; return the key's fingerprint.

        Raises:
            BadHostKey: There is no such key, and none can be made.
        """
        import simplechat.doors.ssh.ssh_connection  # noqa: F401 - so that the first connection does not wait for it

        self.key = load_host_key(self._folder / HOST_KEY)
        self.keys.all()  # warns of what is wrong with them
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
        """Whether as many have logged in as may."""
        return sum(connection.is_logged_in for connection in self.connections) >= MAX_CONSOLES

    def remove(self, connection: ServedConnection) -> None:
        """Forget a connection that is lost."""
        self.connections.discard(connection)

    def tell(self, *lines: str) -> None:
        """Show lines on every console."""
        for connection in self.connections:
            connection.tell(*lines)

    def finish(self) -> Deferred[None]:
        """Close every console and refuse new connections; the result fires when no connection is left."""
        self._is_open = False
        self.tell(gettext("The server is shutting down"))
        for connection in self.connections:
            connection.finish()
        return self.connections.when_empty()

    # -- for consoles ----------------------------------------------------------------------------------

    @property
    def start_owner_conversation(self) -> StartOwnerConversation:
        """What starts a conversation with the owner."""
        return self._server.start_owner_conversation

    def open_prompt(self, terminal: RemoteTerminal, console: Console) -> Prompt:
        """Open an edited prompt for a console on a terminal."""
        return open_prompt(console, self.call, self._folder, terminal)

    def open_python(self, console: Console) -> Inner:
        """Open a Python prompt within a console."""
        from simplechat.doors.console.python_prompt import PythonPrompt

        return PythonPrompt(self._server.python_namespace, console.tell, console.run)
