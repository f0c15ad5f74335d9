"""What one SSH connection and its console need of the manhole that they belong to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from twisted.internet.interfaces import IReactorTime

from simplechat.doors.console.owner_console import Console, OwnerConnection
from simplechat.doors.net.connections import ConnectionSet
from simplechat.doors.ssh.authorized_keys import AuthorizedKeys

if TYPE_CHECKING:
    from simplechat.doors.console.owner_console import Inner
    from simplechat.terminal.prompt import Prompt
    from simplechat.terminal.remote_terminal import RemoteTerminal


class StartOwnerConversation(Protocol):
    """Starts a conversation with the owner."""

    def __call__(self, writer: Console, name: str, *, may_python: bool = False) -> OwnerConnection:
        """Start one.

        Args:
            writer: The console, which shows the answers.
            name: The name for the audit log.
            may_python: Whether it may open a Python prompt.
        """
        ...


class ConsoleServices(Protocol):
    """What a console needs.

    Attributes:
        clock: The clock.
        call: Has the reactor's thread call a function; used from other threads.
    """

    clock: IReactorTime
    call: Callable[..., object]

    @property
    def start_owner_conversation(self) -> StartOwnerConversation:
        """What starts a conversation with the owner."""
        ...

    def open_prompt(self, terminal: RemoteTerminal, console: Console) -> Prompt:
        """Open an edited prompt for a console on a terminal."""
        ...

    def open_python(self, console: Console) -> Inner:
        """Open a Python prompt within a console."""
        ...


class ServedConnection(Protocol):
    """One SSH connection, as the manhole sees it."""

    @property
    def is_logged_in(self) -> bool:
        """Whether somebody has logged in."""
        ...

    def tell(self, *lines: str) -> None:
        """Show lines on the console, if there is one."""
        ...

    def finish(self) -> None:
        """Close the console, and then the connection."""
        ...


class SshServer(ConsoleServices, Protocol):
    """What an SSH connection needs.

    Attributes:
        keys: The keys that log in.
        connections: All connections.
        note: Writes an ordinary event to the log file.
    """

    keys: AuthorizedKeys
    connections: ConnectionSet[ServedConnection]
    note: Callable[[str], None]

    @property
    def is_full(self) -> bool:
        """Whether as many have logged in as may."""
        ...

    def remove(self, connection: ServedConnection) -> None:
        """Forget a connection that is lost."""
        ...
