"""The interfaces of the application to its transport, its user interface and the system; its exit status."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer, IReactorTime

from simplechat.client.keyring import Keyring
from simplechat.client.protocol.events import Event
from simplechat.client.protocol.sasl_login import KeyDerivation
from simplechat.client.state.model import Model


class ServerTransport(Protocol):
    """The transport to the server."""

    @property
    def is_private(self) -> bool:
        """True if nobody can listen: it is encrypted, or does not leave the machine."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    def abort(self) -> None:
        """Close the connection now; the application hears nothing more of it."""
        ...


class PromptState(NamedTuple):
    """What users should see while they type.

    Attributes:
        channel: Where a text is sent; "" for nowhere.
        unconfirmed: The texts that were sent and are neither stored nor refused yet.
        is_connected: False while there is no connection.
        question: What the user is asked; "" for nothing.
        is_hidden: True while what is typed must not be seen.
    """

    channel: str = ""
    unconfirmed: tuple[str, ...] = ()
    is_connected: bool = False
    question: str = ""
    is_hidden: bool = False


class InputReceiver(Protocol):
    """What a user interface tells the application."""

    def typed(self, line: str) -> None:
        """Take a line, or several that were pasted together, joined by LF."""
        ...

    def unreadable(self, reason: str) -> None:
        """Show why a line could not be read."""
        ...

    def completions(self, text: str) -> list[str]:
        """Return what may replace the last word of a text, each with what should follow it."""
        ...

    def drop_question(self) -> bool:
        """Withdraw the question that the user is asked; return False if there is none."""
        ...

    def input_ended(self) -> None:
        """Leave once all that was typed is stored or refused: there will be no more input."""
        ...

    def output_lost(self) -> None:
        """Handle that nobody can read the output any more."""
        ...

    def interrupted(self, code: int, how: str) -> None:
        """Leave with an exit code for the shell; at once when called again."""
        ...


class UserInterface(Protocol):
    """The user interface: a terminal, or a pair of pipes.

    Attributes:
        is_piped: True if nobody types: then everything is to be stored, or the client fails.
        closed: Fires when it has written all of its output, or nobody reads that.
    """

    is_piped: bool
    closed: Deferred[None]

    def start(self, receiver: InputReceiver) -> None:
        """Pass what is typed to a receiver from now on."""
        ...

    def show_event(self, event: Event, model: Model) -> None:
        """Show what happened."""
        ...

    def show_prompt(self, state: PromptState) -> None:
        """Show what users should see while they type."""
        ...

    def clear(self) -> None:
        """Clear the screen."""
        ...

    def pause_input(self) -> None:
        """Stop reading."""
        ...

    def resume_input(self) -> None:
        """Read again."""
        ...

    def register_producer(self, producer: IPushProducer) -> None:
        """Pause a producer while nobody reads the output."""
        ...

    def close(self) -> None:
        """Write the remaining output, then release the terminal or the pipes; `closed` fires then."""
        ...


class ExitStatus(NamedTuple):
    """How the client ended.

    Attributes:
        code: For the shell; 0 if everything went well.
        reason: A sentence for people; "" where there is nothing to say.
    """

    code: int
    reason: str = ""


class ClientServices(NamedTuple):
    """What the application needs of the system.

    Attributes:
        clock: For waiting.
        random: Returns a number from 0 to 1, so that not all clients reconnect at the same time.
        nonce: Returns printable ASCII that was never used before.
        derive_key: Computes the key that a login needs, in a thread.
        keyring: Where passwords can be saved; None for nowhere.
    """

    clock: IReactorTime
    random: Callable[[], float]
    nonce: Callable[[], str]
    derive_key: Callable[[KeyDerivation], Deferred[bytes]]
    keyring: Keyring | None = None
