"""What a chat needs around it: a connection, a screen, a clock, and some means; and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from simplechat.client.keyring import Keyring
from simplechat.client.protocol.events import Event
from simplechat.client.protocol.sasl_login import Salting
from simplechat.client.state.model import Model


class ServerTransport(Protocol):
    """The connection to the server."""

    @property
    def is_private(self) -> bool:
        """True where nobody can listen on it: it is encrypted, or does not leave the machine."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    def abort(self) -> None:
        """End the connection now; nothing more is told of it."""
        ...


class PromptState(NamedTuple):
    """What people should have in view while they type.

    Attributes:
        room: Where it is said; "" for nowhere.
        on_their_way: Our texts that are neither stored nor refused yet.
        is_away: True while there is no connection.
        question: What they are asked; "" for nothing.
        is_hidden: True while what they type must not be seen.
    """

    room: str = ""
    on_their_way: tuple[str, ...] = ()
    is_away: bool = True
    question: str = ""
    is_hidden: bool = False


class UserInterface(Protocol):
    """What people read and type on, or two pipes.

    Attributes:
        is_piped: True where nobody types: then everything is to be stored, or the chat ends badly.
    """

    is_piped: bool

    def show_event(self, event: Event, model: Model) -> None:
        """Tell what happened."""
        ...

    def show_prompt(self, prompt_state: PromptState) -> None:
        """Show how things stand."""
        ...

    def clear(self) -> None:
        """Clear the screen."""
        ...

    def pause_input(self) -> None:
        """Read no more."""
        ...

    def resume_input(self) -> None:
        """Read again."""
        ...


class ExitStatus(NamedTuple):
    """How a chat ended.

    Attributes:
        code: For the shell; 0 when everything went well.
        reason: A sentence for people, "" where there is nothing to say.
    """

    code: int
    reason: str = ""


class ClientServices(NamedTuple):
    """What a chat can use.

    Attributes:
        clock: For waiting.
        chance: Gives a number from 0 to 1, so that not everybody comes back at once.
        nonce: Gives printable ASCII that was never used before.
        salted: Does what a server wants to have done to a password, elsewhere.
        keyring: Where passwords can be kept; None for nowhere.
    """

    clock: IReactorTime
    chance: Callable[[], float]
    nonce: Callable[[], str]
    salted: Callable[[Salting], Deferred[bytes]]
    keyring: Keyring | None = None
