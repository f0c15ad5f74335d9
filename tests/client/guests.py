"""Whole clients and the real server, in memory: what people type at one end others see at the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IPushProducer

from simplechat.client.app import ChatApp
from simplechat.client.interfaces import ClientServices, ExitStatus, InputReceiver, PromptState
from simplechat.client.protocol.events import Event, NoteShown
from simplechat.client.protocol.sasl_login import Credentials, KeyDerivation
from simplechat.client.state.model import Model
from simplechat.client.ui.formatter import EventFormatter
from tests.client.actors import NONCE
from tests.support.stage import Stage


def salted(salting: KeyDerivation) -> Deferred[bytes]:
    """Salt a password as the stage does: once, however often it should be."""
    return succeed(hashlib.pbkdf2_hmac("sha256", salting.password.encode(), salting.salt, 1))


class InMemoryKeyring:
    """Keeps passwords on paper."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def save(self, credentials: Credentials, tell: Callable[[Event], None]) -> None:
        self.kept[credentials.name] = credentials.password
        tell(NoteShown("kept"))

    def forget(self, account: str, tell: Callable[[Event], None]) -> None:
        self.kept.pop(account, None)
        tell(NoteShown("forgotten"))


class Midday:
    """A calendar on which everything happens at noon of one day."""

    def time_of_day(self, at: float | None) -> str:
        return "12:00"

    def date(self, at: float | None) -> str:
        return "2001-09-09"


class Paper:
    """A screen on paper.

    Attributes:
        lines: What was shown since this was last asked.
        prompt_state: How things stand.
    """

    def __init__(self, *, is_piped: bool) -> None:
        self.is_piped = is_piped
        self.closed: Deferred[None] = succeed(None)
        self.lines: list[str] = []
        self.events: list[Event] = []
        self.prompt_state = PromptState()
        self._shown = EventFormatter(Midday(), "+")

    def show_event(self, event: Event, model: Model) -> None:
        self.events.append(event)
        self.lines += self._shown.format_text(event, model, 80)

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


class Guest:
    """Somebody with our client, in the lobby of the stage's server."""

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
        self.screen = Paper(is_piped=is_piped)
        self.sent: list[str] = []
        services = ClientServices(stage.clock, lambda: 0.5, lambda: NONCE, salted, keyring)
        self.chat = ChatApp(nick, "#lobby", self.screen, services, credentials)
        self.chat.connect = self._connect
        self._out: list[bytes] = []
        self._connect()
        self.talks()

    def _connect(self) -> None:
        self.actor = self.stage.connect()
        self.is_connected = True
        self.chat.connected(self)

    def write(self, data: bytes) -> None:
        """Take what the client sends."""
        self._out += data.split(b"\r\n")[:-1]

    def abort(self) -> None:
        """Take note that the client is done with the connection."""
        self._out.clear()
        self.is_connected = False

    def talks(self) -> None:
        """Carry lines to and fro until neither has more to say."""
        while True:
            out, self._out = self._out, []
            self.sent += [line.decode() for line in out]
            self.actor.says(*out)
            heard = self.actor.hears()
            if heard and self.is_connected:
                self.chat.data_received("".join(f"{line}\r\n" for line in heard).encode())
            if self.actor.writer.is_closed and self.is_connected:
                self.is_connected = False
                self.chat.connection_lost("Gone")
            if not self._out:
                return

    def types(self, *lines: str) -> list[str]:
        """Type lines, and give what is shown then."""
        for line in lines:
            self.chat.typed(line)
            self.talks()
        return self.shows()

    def shows(self) -> list[str]:
        """Give what was shown since this was last asked."""
        self.talks()
        lines, self.screen.lines = self.screen.lines, []
        return lines

    def drops(self) -> None:
        """Lose the connection."""
        self.actor.drops()
        self.is_connected = False
        self.chat.connection_lost("Gone")

    def comes_back(self) -> None:
        """Let the pause pass, and come in again."""
        self.stage.clock.advance(2)
        self.talks()

    def outcome(self) -> ExitStatus | None:
        """Give how it ended, None while it goes on."""
        result = getattr(self.chat.done, "result", None)
        return result if isinstance(result, ExitStatus) else None
