"""One connection's conversation: hear a line, run it, wake the ledger."""

from __future__ import annotations

import re

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from simplechat.commands import Context, Services, Work, completions, cost_of, dispatch, end_lost_session
from simplechat.hub.hub import Hub
from simplechat.hub.limits import Bucket
from simplechat.hub.outbox import Entry
from simplechat.hub.owner_answers import End, Wrong
from simplechat.hub.session import Session
from simplechat.ircv3.message import Malformed, Message, is_too_long, parse, parse_line_tags
from simplechat.ircv3.numerics import ERR_INPUTTOOLONG
from simplechat.locale import marked

TOKENS_PER_S = 10.0
TOKENS_AT_ONCE = 40.0
REGISTER_WITHIN_S = 30.0
PING_AFTER_S = 120.0  # of silence
CLOSE_AFTER_S = 240.0  # of silence
LINES_IN_A_ROW = 32  # of one connection, before others have their turn

OF_HTTP = frozenset({"GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH", "CONNECT", "TRACE"})
"""What no stranger says in IRC, but a browser that somebody else's page makes speak."""

NO_REQUESTS = marked("This is a conversation in IRC; requests of HTTP are not heard in it")
AT_FAULT = marked("The server failed at this, by a fault of its own")
_CONTROLS = re.compile("[\x00-\x1f]")  # those that JSON writes otherwise

UNREADABLE = marked("A line is UTF-8 text without control characters; this one was not taken")


class Conversation:
    """What one connection says, from its first line to its last.

    Args:
        hub: Who is here.
        services: What commands can use beyond it.
        clock: For waiting.
        session: The connection's facts.
    """

    log = Logger()

    def __init__(self, hub: Hub, services: Services, clock: IReactorTime, session: Session) -> None:
        self._hub = hub
        self._services = services
        self._clock = clock
        self._session = session
        self._bucket = Bucket(TOKENS_PER_S, TOKENS_AT_ONCE, clock.seconds())
        self._is_throttled = not hub.config.no_throttling
        self._resting: IDelayedCall | None = None
        self._is_working = False
        self._began_at = clock.seconds()
        self._heard_at = clock.seconds()
        self._is_pinged = False
        self._in_a_row = 0

    def begin(self) -> None:
        """Take note that the connection is there; too many from one address are sent away."""
        self._hub.connect(self._session)
        why = self._hub.addresses.enter(self._session.host, self._clock.seconds())
        if why:
            self._leave(why)

    def hear(self, line: bytes) -> None:
        """Take one line, its line end removed: answer what is malformed, run what is not."""
        if not line or self._session.is_leaving:
            return
        self._heard_at = self._clock.seconds()
        self._is_pinged = False
        self._hub.heard += 1
        self._rest(self._obey(line))

    def _obey(self, line: bytes) -> float:
        """Do what a line asks for; give what it costs in tokens."""
        if is_too_long(line):
            words = (self._session.known_as, ERR_INPUTTOOLONG.words)
            self._services.put(self._answer(self._label_in(line), ERR_INPUTTOOLONG.code, *words))
            return 1
        try:
            message = parse(line)
        except Malformed as error:
            why = (error.command, error.code, str(error))
            self._services.put(self._answer(self._label_in(line), "FAIL", *why))
            return 1
        was_stranger = self._session.user is None
        if was_stranger and message.command in OF_HTTP:
            self._leave(NO_REQUESTS)
            return 1
        self._run(message)
        if was_stranger and self._session.user is not None:
            self._services.note(f"{self._session.user.nick} came from {self._session.address}")
        return cost_of(message)

    def _run(self, message: Message) -> None:
        ctx = Context(self._hub, self._services, self._session, message)
        try:
            work = dispatch(ctx)
        except Exception:
            work = None
            self._fail(ctx)
        if work is None:
            self._finish_command(ctx)
        else:
            self._is_working = True
            self._session.writer.pause()
            Deferred.fromCoroutine(self._await(ctx, work)).addErrback(self._log_bug)

    def _log_bug(self, failure: Failure) -> None:
        self.log.failure("A conversation stumbled", failure=failure)

    async def _await(self, ctx: Context, work: Work) -> None:
        """Wait for a verb that takes its time; what the connection says meanwhile is held back."""
        try:
            await work
        except Exception:
            self._fail(ctx)
        self._finish_command(ctx)
        self._is_working = False
        self._heard_at = self._clock.seconds()  # who could not be heard was not silent
        if self._resting is None:
            self._hear_on()

    def _fail(self, ctx: Context) -> None:
        self.log.failure("{command} failed", command=ctx.message.command)
        ctx.entry.refuse(self._says("FAIL", ctx.message.command, "INTERNAL_ERROR", AT_FAULT))

    def _finish_command(self, ctx: Context) -> None:
        self._services.put(ctx.entry)

    def _answer(self, label: str, command: str, *params: str) -> Entry:
        entry = Entry(self._session, label=label)
        entry.send(self._says(command, *params), (self._session,))
        return entry

    def _says(self, command: str, *params: str) -> Message:
        return Message(command, params, self._hub.config.server_name)

    def _label_in(self, line: bytes) -> str:
        """Give the label in a line that cannot be read otherwise."""
        return parse_line_tags(line).get("label", "") if self._session.has_labels else ""

    def _rest(self, cost: float) -> None:
        """Stop reading for a while when much was asked: for others' turn, for tokens, for the ledger."""
        wait = self._bucket.take(cost, self._clock.seconds()) if self._is_throttled else 0
        self._in_a_row += 1
        if self._resting is None and (wait or self._in_a_row >= LINES_IN_A_ROW or self._hub.outbox.is_full):
            self._session.writer.pause()
            self._resting = self._clock.callLater(wait, self._resume)

    def _resume(self) -> None:
        self._resting = None
        if self._hub.outbox.is_full:
            self._hub.outbox.when_not_full(self._resume)
            return
        self._in_a_row = 0
        if not self._is_working:
            self._hear_on()

    def _hear_on(self) -> None:
        if not self._session.is_leaving:
            self._session.writer.resume()

    def tick(self) -> None:
        """See from time to time whether the peer is still there, and has said who it is."""
        if self._session.is_leaving:
            return
        if self._session.user is None:
            if self._clock.seconds() - self._began_at >= REGISTER_WITHIN_S and not self._is_working:
                self._leave("You did not say who you are in time")
        elif self._resting is None and not self._is_working:
            self._look_after(self._clock.seconds() - self._heard_at)

    def _look_after(self, silent_s: float) -> None:
        if silent_s >= CLOSE_AFTER_S:
            self._leave(f"No answer for {CLOSE_AFTER_S:.0f} seconds")
        elif silent_s >= PING_AFTER_S and not self._is_pinged:
            self._is_pinged = True
            self._services.put(self._answer("", "PING", self._hub.config.server_name))

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
        if self._session.user is not None:
            self._services.note(f"{self._session.user.nick} at {self._session.address} is gone")
        self._leave(reason)

    def _leave(self, reason: str) -> None:
        if self._session.is_leaving:
            return
        entry = Entry(self._session, "QUIT")
        end_lost_session(self._hub, entry, self._session, reason)
        self._services.put(entry)


class OwnerConversation(Conversation):
    """What is said at a prompt of the server's owner: each line is a verb of theirs, each answer a value."""

    def begin(self) -> None:
        """Take note that the prompt is there; it is nobody's connection, so the hub is not told."""

    def _obey(self, line: bytes) -> float:
        try:
            text = line.decode("utf-8").strip()
        except UnicodeDecodeError:
            text = ""
        if text and not _CONTROLS.search(text):
            self._run(Message("CONSOLE", (text,)))
        else:
            entry = Entry(self._session)
            entry.answer(Wrong(UNREADABLE, {}))
            self._end_answer(entry)
        return 0

    def _finish_command(self, ctx: Context) -> None:
        self._end_answer(ctx.entry)

    def _end_answer(self, entry: Entry) -> None:
        """Put an entry, and behind it the end of the answer: it comes even where the entry is refused."""
        self._services.put(entry)
        end = Entry(self._session)
        end.answer(End())
        self._services.put(end)

    def completions(self, text: str) -> list[str]:
        """Give what may take the place of the last word of a line that is being typed."""
        return completions(self._hub, text)

    def tick(self) -> None:
        """Prompts may be silent for ever."""

    def refuse(self, reason: str) -> None:
        """Answer that nothing more is heard, and end."""
        entry = Entry(self._session)
        entry.answer(Wrong(reason, {}))
        self._end_answer(entry)
        self._leave(reason)

    def _leave(self, reason: str) -> None:
        if not self._session.is_leaving:
            self._session.is_leaving = True
            entry = Entry(self._session)
            entry.afterwards(self._session.end)
            self._services.put(entry)
