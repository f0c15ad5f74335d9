"""One connection's conversation: hear a line, run it, wake the ledger."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from simplechat.commands import Context, dispatch, leave
from simplechat.hub.hub import Hub
from simplechat.hub.limits import Bucket
from simplechat.hub.outbox import Entry
from simplechat.hub.session import Session, Wire
from simplechat.ircv3.message import Malformed, Message, is_too_long, parse
from simplechat.ircv3.numerics import ERR_INPUTTOOLONG

LINES_PER_S = 10.0
LINES_AT_ONCE = 40.0


class Conversation:
    """What one connection says, from its first line to its last.

    Args:
        hub: Who is here.
        wake: Called after every line, for the ledger to look at the outbox.
        clock: For waiting.
        wire: Where answers go.
        host: The peer's address.
    """

    log = Logger()

    def __init__(
        self, hub: Hub, wake: Callable[[], None], clock: IReactorTime, wire: Wire, host: str
    ) -> None:
        self._hub = hub
        self._wake = wake
        self._clock = clock
        self._session = Session(wire, host)
        hub.sessions.add(self._session)
        self._bucket = Bucket(LINES_PER_S, LINES_AT_ONCE, clock.seconds())
        self._is_throttled = not hub.config.no_throttling
        self._resting: IDelayedCall | None = None

    def hear(self, line: bytes) -> None:
        """Take one line, its line end removed: answer what is malformed, run what is not."""
        if not line or self._session.is_leaving:
            return
        entry = self._run(line)
        self._hub.outbox.put(entry)
        self._wake()
        self._rest()

    def _run(self, line: bytes) -> Entry:
        session = self._session
        if is_too_long(line):
            return self._answer(ERR_INPUTTOOLONG.code, (session.known_as, ERR_INPUTTOOLONG.words))
        try:
            message = parse(line)
        except Malformed as error:
            return self._answer("FAIL", (error.command, error.code, str(error)))
        entry = Entry(session, message.command, self._label_of(message))
        try:
            dispatch(Context(self._hub, session, message, entry))
        except Exception:
            self.log.failure("{command} failed", command=message.command)
            return self._answer(
                "FAIL",
                (message.command, "INTERNAL_ERROR", "The server failed at this, by a fault of its own"),
                entry.label,
            )
        return entry

    def _answer(self, command: str, params: tuple[str, ...], label: str = "") -> Entry:
        entry = Entry(self._session, label=label)
        entry.send(Message(command, params, self._hub.config.server_name), (self._session,))
        return entry

    def _label_of(self, message: Message) -> str:
        if message.tags and {"labeled-response", "batch"} <= self._session.caps:
            return message.tags.get("label", "")
        return ""

    def _rest(self) -> None:
        """Stop reading for a while when too much was said, here or by everybody together."""
        wait = self._bucket.take(1, self._clock.seconds()) if self._is_throttled else 0
        if self._hub.outbox.is_full:
            self._session.wire.pause()
            self._hub.outbox.when_not_full(self._session.wire.resume)
        elif wait and self._resting is None:
            self._session.wire.pause()
            self._resting = self._clock.callLater(wait, self._resume)

    def _resume(self) -> None:
        self._resting = None
        self._session.wire.resume()

    def refuse(self, reason: str) -> None:
        """Answer that nothing more is heard, and end the connection; others are told the reason too."""
        self._leave(reason)

    def lost(self, reason: str) -> None:
        """Take note that the connection is gone; others are told the reason."""
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        self._leave(reason)

    def _leave(self, reason: str) -> None:
        if self._session.is_leaving:
            return
        entry = Entry(self._session, "QUIT")
        leave(self._hub, entry, self._session, reason)
        self._hub.outbox.put(entry)
        self._wake()
