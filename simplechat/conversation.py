"""One connection's conversation: hear a line, run it, wake the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from simplechat.commands import Context, cost_of, dispatch, leave
from simplechat.hub.hub import Hub
from simplechat.hub.limits import Bucket
from simplechat.hub.outbox import Entry
from simplechat.hub.session import Session, Wire
from simplechat.ircv3.message import Malformed, Message, is_too_long, parse, tags_of
from simplechat.ircv3.numerics import ERR_INPUTTOOLONG

TOKENS_PER_S = 10.0
TOKENS_AT_ONCE = 40.0
REGISTER_WITHIN_S = 30.0
PING_AFTER_S = 120.0  # of silence
CLOSE_AFTER_S = 240.0  # of silence
LINES_IN_A_ROW = 32  # of one connection, before others have their turn

AT_FAULT = "The server failed at this, by a fault of its own"


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
        hub.connect(self._session)
        self._bucket = Bucket(TOKENS_PER_S, TOKENS_AT_ONCE, clock.seconds())
        self._is_throttled = not hub.config.no_throttling
        self._resting: IDelayedCall | None = None
        self._began_at = clock.seconds()
        self._heard_at = clock.seconds()
        self._is_pinged = False
        self._in_a_row = 0

    def begin(self) -> None:
        """Take note that the connection is there; too many from one address are sent away."""
        why = self._hub.addresses.enter(self._session.host, self._clock.seconds())
        if why:
            self._leave(why)

    def hear(self, line: bytes) -> None:
        """Take one line, its line end removed: answer what is malformed, run what is not."""
        if not line or self._session.is_leaving:
            return
        self._heard_at = self._clock.seconds()
        self._is_pinged = False
        entry, cost = self._read(line)
        self._put(entry)
        self._rest(cost)

    def _put(self, entry: Entry) -> None:
        self._hub.outbox.put(entry)
        self._wake()

    def _read(self, line: bytes) -> tuple[Entry, float]:
        """Give what a line leads to, and what it costs in tokens."""
        if is_too_long(line):
            words = (self._session.known_as, ERR_INPUTTOOLONG.words)
            return self._answer(self._label_in(tags_of(line)), ERR_INPUTTOOLONG.code, *words), 1
        try:
            message = parse(line)
        except Malformed as error:
            why = (error.command, error.code, str(error))
            return self._answer(self._label_in(tags_of(line)), "FAIL", *why), 1
        return self._run(message), cost_of(message)

    def _run(self, message: Message) -> Entry:
        entry = Entry(self._session, message.command, self._label_in(message.tags))
        try:
            dispatch(Context(self._hub, self._session, message, entry))
        except Exception:
            self.log.failure("{command} failed", command=message.command)
            entry.refuse(self._says("FAIL", message.command, "INTERNAL_ERROR", AT_FAULT))
        return entry

    def _answer(self, label: str, command: str, *params: str) -> Entry:
        entry = Entry(self._session, label=label)
        entry.send(self._says(command, *params), (self._session,))
        return entry

    def _says(self, command: str, *params: str) -> Message:
        return Message(command, params, self._hub.config.server_name)

    def _label_in(self, tags: Mapping[str, str]) -> str:
        """Give the label that a command carries, where the session may use labels."""
        if tags and {"labeled-response", "batch"} <= self._session.caps:
            return tags.get("label", "")
        return ""

    def _rest(self, cost: float) -> None:
        """Stop reading for a while when much was asked: for others' turn, for tokens, for the ledger."""
        wait = self._bucket.take(cost, self._clock.seconds()) if self._is_throttled else 0
        self._in_a_row += 1
        if self._resting is None and (wait or self._in_a_row >= LINES_IN_A_ROW or self._hub.outbox.is_full):
            self._session.wire.pause()
            self._resting = self._clock.callLater(wait, self._resume)

    def _resume(self) -> None:
        self._resting = None
        if self._hub.outbox.is_full:
            self._hub.outbox.when_not_full(self._resume)
            return
        self._in_a_row = 0
        self._session.wire.resume()

    def tick(self) -> None:
        """See from time to time whether the peer is still there, and has said who it is."""
        if self._session.is_leaving:
            return
        if self._session.user is None:
            if self._clock.seconds() - self._began_at >= REGISTER_WITHIN_S:
                self._leave("You did not say who you are in time")
        elif self._resting is None:
            self._look_after(self._clock.seconds() - self._heard_at)

    def _look_after(self, silent_s: float) -> None:
        if silent_s >= CLOSE_AFTER_S:
            self._leave(f"No answer for {CLOSE_AFTER_S:.0f} seconds")
        elif silent_s >= PING_AFTER_S and not self._is_pinged:
            self._is_pinged = True
            self._put(self._answer("", "PING", self._hub.config.server_name))

    def finish(self) -> None:
        """Take note that the peer says no more; it still hears the answers to what it said."""
        self._leave("Connection closed")

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
        self._put(entry)
