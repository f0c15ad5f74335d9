"""Whole clients on the real server, in memory: what one types, the others see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IPushProducer

from simplechat.client.app import ChatApp
from simplechat.client.interfaces import ClientServices, ExitStatus, InputReceiver, PromptState
from simplechat.client.protocol.events import Event, NoteShown
from simplechat.client.protocol.sasl_login import Credentials, KeyDerivation
from simplechat.client.state.model import Model
from simplechat.client.ui.formatter import EventFormatter
from tests.support.client_harness import NONCE
from tests.support.stage import Stage


def derive_key_once(derivation: KeyDerivation) -> Deferred[bytes]:
    """Derive a key as the stage does: with one iteration, however many are asked for."""
    return succeed(hashlib.pbkdf2_hmac("sha256", derivation.password.encode(), derivation.salt, 1))


class InMemoryKeyring:
    """Saves passwords in memory."""

    def __init__(self) -> None:
        self.saved: dict[str, str] = {}

    def save(self, credentials: Credentials, show: Callable[[Event], None]) -> None:
        self.saved[credentials.name] = credentials.password
        show(NoteShown("saved"))

    def forget(self, account: str, show: Callable[[Event], None]) -> None:
        self.saved.pop(account, None)
        show(NoteShown("forgotten"))


def same_noon(at: float | None) -> datetime:
    """Return noon of the same day for every time."""
    return datetime(2001, 9, 9, 12)


class RecordingInterface:
    """A user interface that records what it should show.

    Attributes:
        lines: What was shown since the test last took it.
        events: Those that were shown.
        prompt_state: The last one.
    """

    def __init__(self, *, is_piped: bool) -> None:
        self.is_piped = is_piped
        self.closed: Deferred[None] = succeed(None)
        self.lines: list[str] = []
        self.events: list[Event] = []
        self.prompt_state = PromptState()
        self._formatter = EventFormatter("+", local_time=same_noon)

    def show_event(self, event: Event, model: Model) -> None:
        self.events.append(event)
        self.lines += self._formatter.format_text(event, model, 80)

    def show_prompt(self, state: PromptState) -> None:
        self.prompt_state = state

    def start(self, receiver: InputReceiver) -> None:
        pass

    def clear(self) -> None:
        pass

    def pause_input(self) -> None:
        pass

    def resume_input(self) -> None:
        pass

    def register_producer(self, producer: IPushProducer) -> None:
        pass

    def close(self) -> None:
        pass


class InMemoryClient:
    """A client in the lobby of the stage's server."""

    def __init__(
        self,
        stage: Stage,
        nick: str,
        *,
        credentials: Credentials | None = None,
        keyring: InMemoryKeyring | None = None,
        is_piped: bool = False,
        is_private: bool = True,
    ) -> None:
        self.stage = stage
        self.is_private = is_private
        self.screen = RecordingInterface(is_piped=is_piped)
        self.sent: list[str] = []
        services = ClientServices(stage.clock, lambda: 0.5, lambda: NONCE, derive_key_once, keyring)
        self.chat = ChatApp(nick, "#lobby", self.screen, services, credentials)
        self.chat.connect = self._connect
        self._unsent: list[bytes] = []
        self._connect()
        self.exchange()

    def _connect(self) -> None:
        self.actor = self.stage.connect()
        self.is_connected = True
        self.chat.connected(self)

    def write(self, data: bytes) -> None:
        """Store what the client sends."""
        self._unsent += data.split(b"\r\n")[:-1]

    def abort(self) -> None:
        """Close the connection from the client's side."""
        self._unsent.clear()
        self.is_connected = False

    def exchange(self) -> None:
        """Carry lines both ways until neither side has more to send."""
        while True:
            lines, self._unsent = self._unsent, []
            self.sent += [line.decode() for line in lines]
            self.actor.says(*lines)
            heard = self.actor.hears()
            if heard and self.is_connected:
                self.chat.data_received("".join(f"{line}\r\n" for line in heard).encode())
            if self.actor.writer.is_closed and self.is_connected:
                self.is_connected = False
                self.chat.connection_lost("Gone")
            if not self._unsent:
                return

    def types(self, *lines: str) -> list[str]:
        """Type lines; return what is shown then."""
        for line in lines:
            self.chat.typed(line)
            self.exchange()
        return self.shows()

    def shows(self) -> list[str]:
        """Return what was shown since the last call."""
        self.exchange()
        lines, self.screen.lines = self.screen.lines, []
        return lines

    def drops(self) -> None:
        """Lose the connection."""
        self.actor.drops()
        self.is_connected = False
        self.chat.connection_lost("Gone")

    def reconnects(self) -> None:
        """Wait for the reconnect, and complete it."""
        self.stage.clock.advance(2)
        self.exchange()

    def outcome(self) -> ExitStatus | None:
        """Return how it ended; None while it runs."""
        result = getattr(self.chat.done, "result", None)
        return result if isinstance(result, ExitStatus) else None
