"""One connection's conversation: parse a line, run its command, wake the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from simplechat.commands import Context, Services, Work, completions, cost_of, dispatch, end_lost_session
from simplechat.hub.hub import Hub
from simplechat.hub.limits import TokenBucket
from simplechat.hub.outbox import Entry, call_each
from simplechat.hub.user import Session
from simplechat.ircv3.message import Malformed, Message, is_too_long, parse, parse_line_tags
from simplechat.ircv3.numerics import ERR_INPUTTOOLONG
from simplechat.locale import marked
from simplechat.owner_answers import EndOfAnswer, ErrorNotice

TOKENS_PER_S = 10.0
BURST_TOKENS = 40.0
REGISTER_WITHIN_S = 30.0
PING_AFTER_S = 120.0  # of silence
CLOSE_AFTER_S = 240.0  # of silence
MAX_LINES_IN_A_ROW = 32  # of one connection, before others have their turn

HTTP_METHODS = frozenset({"GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH", "CONNECT", "TRACE"})
"""Not IRC commands: a browser sends them when another site's page makes it connect here."""

HTTP_REFUSED = marked("This is a conversation in IRC; requests of HTTP are not heard in it")
AT_FAULT = marked("The server failed at this, by a fault of its own")
_CONTROLS = re.compile("[\x00-\x1f]")  # those that JSON writes otherwise

UNREADABLE = marked("A line is UTF-8 text without control characters; this one was not taken")


class Conversation:
    """One connection's lines, from the first to the last: parse, run one at a time, wake the ledger.

    A failure of our own code is logged and answered with FAIL; the conversation goes on with the next line.

    Args:
        hub: The chat's state.
        services: What commands use beyond it.
        clock: For pauses and timeouts.
        session: The connection's facts.
    """

    log = Logger()

    def __init__(self, hub: Hub, services: Services, clock: IReactorTime, session: Session) -> None:
        self._hub = hub
        self._services = services
        self._clock = clock
        self._session = session
        self._bucket = TokenBucket(TOKENS_PER_S, BURST_TOKENS, clock.seconds())
        self._is_throttled = not hub.config.no_throttling
        self._pause: IDelayedCall | None = None
        self._is_working = False
        self._began_at = clock.seconds()
        self._heard_at = clock.seconds()
        self._is_pinged = False
        self._in_a_row = 0

    def begin(self) -> None:
        """Register the connection with the hub; close it if its address has too many."""
        self._hub.connect(self._session)
        why = self._hub.address_limits.enter(self._session.host, self._clock.seconds())
        if why:
            self._leave(why)

    def hear(self, line: bytes) -> None:
        """Handle one line, its line end removed: answer what is malformed, run what is not."""
        if not line or self._session.is_leaving:
            return
        self._heard_at = self._clock.seconds()
        self._is_pinged = False
        self._hub.lines_received += 1
        cost = 1.0
        try:
            cost = self._handle_line(line)
        except Exception:
            self._services.record_fault()
            self.log.failure("A line could not be handled")
            self._answer_failure()
        self._throttle(cost)

    def _handle_line(self, line: bytes) -> float:
        """Run the command in a line; return its cost in tokens."""
        if is_too_long(line):
            words = (self._session.display_nick, ERR_INPUTTOOLONG.text)
            self._put(self._answer(self._label_in(line), ERR_INPUTTOOLONG.code, *words))
            return 1
        try:
            message = parse(line)
        except Malformed as error:
            why = (error.command, error.code, str(error))
            self._put(self._answer(self._label_in(line), "FAIL", *why))
            return 1
        is_unregistered = self._session.user is None
        if is_unregistered and message.command in HTTP_METHODS:
            self._leave(HTTP_REFUSED)
            return 1
        self._run(message)
        if is_unregistered and self._session.user is not None:
            self._services.note(f"{self._session.user.nick} came from {self._session.address}")
        return cost_of(message)

    def _run(self, message: Message) -> None:
        ctx = Context(self._hub, self._services, self._session, message)
        try:
            work = dispatch(ctx)
        except Exception:
            self._services.record_fault()
            work = None
            self._fail(ctx)
        if work is None:
            self._finish_command(ctx)
        else:
            self._is_working = True
            self._session.writer.pause()
            Deferred.fromCoroutine(self._await(ctx, work)).addErrback(self._log_failure)

    def _log_failure(self, failure: Failure) -> None:
        self._services.record_fault()
        self.log.failure("A conversation failed", failure=failure)

    async def _await(self, ctx: Context, work: Work) -> None:
        """Wait for a command that takes its time; the connection's later lines are held back meanwhile."""
        try:
            await work
        except Exception:
            self._services.record_fault()
            self._fail(ctx)
        try:
            self._finish_command(ctx)
        finally:
            self._is_working = False
            self._heard_at = self._clock.seconds()  # while it was paused it was not silent
            if self._pause is None:
                self._resume_reading()

    def _fail(self, ctx: Context) -> None:
        """Log the failure of a command, and drop what the command decided so far."""
        self.log.failure("{command} failed", command=ctx.message.command)
        try:
            ctx.entry.refuse(self._server_message("FAIL", ctx.message.command, "INTERNAL_ERROR", AT_FAULT))
        except Exception:
            self._services.record_fault()
            self.log.failure("{command} could not be undone whole", command=ctx.message.command)

    def _finish_command(self, ctx: Context) -> None:
        self._put(ctx.entry)

    def _put(self, entry: Entry) -> None:
        """Queue an entry; one that cannot be queued is undone and its issuer told."""
        try:
            self._services.put(entry)
        except Exception:
            self._services.record_fault()
            self.log.failure("{command} could not be queued", command=entry.command)
            self._put_failure(entry)

    def _put_failure(self, entry: Entry) -> None:
        entry.label = ""
        try:
            entry.refuse(self._server_message("FAIL", entry.command, "INTERNAL_ERROR", AT_FAULT))
            self._services.put(entry)
        except Exception:
            self._services.record_fault()
            self.log.failure("The failure of {command} could not be answered", command=entry.command)

    def _answer(self, label: str, command: str, *params: str) -> Entry:
        entry = Entry(self._session, label=label)
        entry.send(self._server_message(command, *params), (self._session,))
        return entry

    def _server_message(self, command: str, *params: str) -> Message:
        return Message(command, params, self._hub.config.server_name)

    def _answer_failure(self) -> None:
        self._put(self._answer("", "FAIL", "*", "INTERNAL_ERROR", AT_FAULT))

    def _label_in(self, line: bytes) -> str:
        """Return the label in a line that cannot be parsed, "" for none."""
        return parse_line_tags(line).get("label", "") if self._session.has_labels else ""

    def _throttle(self, cost: float) -> None:
        """Pause reading if much was asked: for others' turn, for tokens, or for the ledger."""
        wait = self._bucket.take(cost, self._clock.seconds()) if self._is_throttled else 0
        self._in_a_row += 1
        if self._pause is None and (wait or self._in_a_row >= MAX_LINES_IN_A_ROW or self._hub.outbox.is_full):
            self._session.writer.pause()
            self._pause = self._clock.callLater(wait, self._end_pause)

    def _end_pause(self) -> None:
        self._pause = None
        if self._hub.outbox.is_full:
            self._hub.outbox.when_not_full(self._end_pause)
            return
        self._in_a_row = 0
        if not self._is_working:
            self._resume_reading()

    def _resume_reading(self) -> None:
        if not self._session.is_leaving:
            self._session.writer.resume()

    def tick(self) -> None:
        """Check, about every second, that the peer is still there and has registered in time."""
        try:
            self._check_timeouts()
        except Exception:
            self._services.record_fault()
            self.log.failure("A connection could not be checked")

    def _check_timeouts(self) -> None:
        if self._session.is_leaving:
            return
        if self._session.user is None:
            if self._clock.seconds() - self._began_at >= REGISTER_WITHIN_S and not self._is_working:
                self._leave("You did not say who you are in time")
        elif self._pause is None and not self._is_working:
            self._check_silence(self._clock.seconds() - self._heard_at)

    def _check_silence(self, silent_s: float) -> None:
        if silent_s >= CLOSE_AFTER_S:
            self._leave(f"No answer for {CLOSE_AFTER_S:.0f} seconds")
        elif silent_s >= PING_AFTER_S and not self._is_pinged:
            self._is_pinged = True
            self._put(self._answer("", "PING", self._hub.config.server_name))

    def finish(self) -> None:
        """End the session after the peer's last line; the answers to its lines are still sent."""
        self._leave("Connection closed")

    def refuse(self, reason: str) -> None:
        """Close the connection for a reason that is told to the peer and to others."""
        self._leave(reason)

    def lost(self, reason: str) -> None:
        """End the session of a connection that is gone; others are told the reason."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._session.user is not None:
            self._services.note(f"{self._session.user.nick} at {self._session.address} is gone")
        self._leave(reason)

    def _leave(self, reason: str) -> None:
        if self._session.is_leaving:
            return
        entry = Entry(self._session, "QUIT")
        try:
            end_lost_session(self._hub, entry, self._session, reason)
        except Exception:
            self._services.record_fault()
            self.log.failure("A session could not be ended as it should")
            self._leave_by_force()
        self._put(entry)

    def _leave_by_force(self) -> None:
        """Close the connection and forget its session, whatever state `end_lost_session` left it in."""
        session, user = self._session, self._session.user
        session.is_leaving = True
        session.end()
        steps: list[Callable[[], object]] = [session.writer.close, lambda: self._hub.disconnect(session)]
        if user is not None and user.sessions in ((), (session,)):
            steps.append(lambda: self._hub.remove_user(user))
        try:
            call_each(steps)
        except Exception:
            self._services.record_fault()
            self.log.failure("A session could not be forgotten whole")


class OwnerConversation(Conversation):
    """The conversation at an owner's prompt: each line is an owner's command, each answer a value."""

    def begin(self) -> None:
        """Do nothing: a prompt is no user's connection, so the hub does not know of it."""

    def _handle_line(self, line: bytes) -> float:
        try:
            text = line.decode("utf-8").strip()
        except UnicodeDecodeError:
            text = ""
        if text and not _CONTROLS.search(text):
            self._run(Message("CONSOLE", (text,)))
        else:
            self._answer_wrong(UNREADABLE)
        return 0

    def _answer_failure(self) -> None:
        self._answer_wrong(AT_FAULT)

    def _answer_wrong(self, why: str) -> None:
        entry = Entry(self._session)
        entry.answer(ErrorNotice(why, {}))
        self._end_answer(entry)

    def _finish_command(self, ctx: Context) -> None:
        self._end_answer(ctx.entry)

    def _end_answer(self, entry: Entry) -> None:
        """Put an entry, and behind it the end of the answer: it comes even where the entry is refused."""
        self._put(entry)
        end = Entry(self._session)
        end.answer(EndOfAnswer())
        self._put(end)

    def completions(self, text: str) -> list[str]:
        """Return candidates for the last word of a line that is being typed."""
        return completions(self._hub, text)

    def tick(self) -> None:
        """Do nothing: a prompt may stay silent."""

    def refuse(self, reason: str) -> None:
        """Answer with the reason, and close the prompt."""
        self._answer_wrong(reason)
        self._leave(reason)

    def _leave(self, reason: str) -> None:
        if not self._session.is_leaving:
            self._session.is_leaving = True
            entry = Entry(self._session)
            entry.on_delivered(self._session.end)
            self._put(entry)
