"""The client application, from the first attempt to connect to the end, over any number of connections.

What was typed or piped in is sent only as fast as the server confirms it, so that nothing piles up, and users
learn of everything that was not stored.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from simplechat.client.backoff import retry_delay_s
from simplechat.client.commands.completion import complete_line
from simplechat.client.commands.dispatch import (
    TypedLine,
    execute,
    parse_line,
    parse_terminal_line,
    question_before,
)
from simplechat.client.deadlines import Deadline, TimeLimit, cancel_if_active
from simplechat.client.interfaces import (
    ClientServices,
    ExitStatus,
    PromptState,
    ServerTransport,
    UserInterface,
)
from simplechat.client.protocol.events import ConnectionClosed, Disconnected, Event, NoteShown, Welcomed
from simplechat.client.protocol.sasl_login import Credentials
from simplechat.client.state.questions import QueuedAction
from simplechat.client.state.session import ClientSession, SessionSettings
from simplechat.locale import gettext as _
from simplechat.locale import ngettext

MAX_UNCONFIRMED = 32  # messages that the server has not confirmed, before the next is sent
MAX_QUEUED_LINES = 256  # lines typed and not sent yet, before no more are read
ANSWER_TIMEOUT_S = 15.0  # for the server to welcome us, to answer a JOIN, or a PING
PROGRESS_TIMEOUT_S = 10.0  # for the server to confirm one more message
CLOSE_TIMEOUT_S = 5.0  # for the server to close the connection after QUIT
PING_AFTER_S = 90.0  # of silence, before the server is asked whether it still answers
STABLE_CONNECTION_S = 60.0  # that a connection lasted, so that the next one is tried without a long delay


class ChatApp:
    """The application: takes input from a user interface, and bytes from a server.

    Args:
        nick: The nick that we want.
        channel: To join first.
        interface: The user interface; with a pipe, the first connection is the only one.
        services: What it needs of the system.
        credentials: To log in with at first; None for a guest.

    Attributes:
        connect: Begins to connect; to be set before that is needed.
        done: Fires with the exit status.

    Raises:
        RequestError: The nick or the name of the channel is not valid.
    """

    def __init__(
        self,
        nick: str,
        channel: str,
        interface: UserInterface,
        services: ClientServices,
        credentials: Credentials | None = None,
    ) -> None:
        self.connect: Callable[[], None] = lambda: None
        self.done: Deferred[ExitStatus] = Deferred()
        self._interface = interface
        self._session = ClientSession(
            nick,
            [channel],
            show=self._show,
            clear=interface.clear,
            settings=SessionSettings(interface.is_piped, services.nonce, services.keyring),
            credentials=credentials,
        )
        self._services = services
        self._clock = services.clock
        self._transport: ServerTransport | None = None
        self._queue: deque[TypedLine | QueuedAction] = deque()
        self._has_input_ended = False
        self._has_typed = False
        self._interrupted: ExitStatus | None = None
        self._deadline = Deadline(services.clock)
        self._is_deriving_key = False
        self._retry: IDelayedCall | None = None
        self._welcomed_at = 0.0  # by the clock
        self._has_been_ready = False  # to send, on any connection
        self._is_offline = False  # until the next connection is ready to send
        self._failed_attempts = 0
        self._reads = 0
        self._reads_at_ping = -1  # what `_reads` was when we sent the last PING
        self._prompt_state = PromptState()

    # -- the connection --------------------------------------------------------------------------------

    def connected(self, transport: ServerTransport) -> None:
        """Begin to register on a new connection."""
        self._transport = transport
        self._session.connection.start(is_private=transport.is_private)
        self._proceed()

    def connect_failed(self, reason: str) -> None:
        """Handle a failed attempt to connect: end, or try again later."""
        self._disconnected(reason)

    def server_rejected(self, reason: str) -> None:
        """End, because trying this server again would not help."""
        self._end(ExitStatus(1, reason))

    def data_received(self, data: bytes) -> None:
        """Handle bytes from the server."""
        self._reads += 1
        self._handle_events(self._session.connection.receive_data(data))
        self._proceed()

    def connection_lost(self, reason: str) -> None:
        """Handle the end of the connection."""
        self._transport = None
        self._handle_events(self._session.connection.connection_lost(reason))

    # -- input -----------------------------------------------------------------------------------------

    def typed(self, line: str) -> None:
        """Handle a line, or several that were pasted together: an answer, or something to do."""
        self._has_typed = True
        questions = self._session.questions
        if questions.current is not None:
            action = questions.answer(line)
            if action is not None:
                self._queue.append(action)
        else:
            self._take(parse_line(line) if self._interface.is_piped else parse_terminal_line(line))
        self._session.is_attended = True
        self._session.mark_read()
        self._proceed()

    def _take(self, typed: TypedLine) -> None:
        """Ask the user something before a line is executed, or queue it."""
        question = question_before(self._session, typed)
        if question is not None:
            self._session.questions.ask(question)
        else:
            self._queue.append(typed)

    def drop_question(self) -> bool:
        """Withdraw the question that the user is asked; return False if there is none."""
        is_dropped = self._session.questions.cancel()
        if is_dropped:
            self._show(NoteShown(_("nothing was done")))
            self._proceed()
        return is_dropped

    def unreadable(self, reason: str) -> None:
        """Show why a line could not be read."""
        self._has_typed = True
        self._session.reject(reason)

    def completions(self, text: str) -> list[str]:
        """Return what may replace the last word of a text."""
        return [] if self._session.questions.current else complete_line(text, self._session.model)

    def input_ended(self) -> None:
        """Leave once all that was typed is stored or refused."""
        self._has_input_ended = True
        if self._session.questions.cancel():
            self._session.reject(_("The input ended before a question was answered"))
        self._proceed()

    def output_lost(self) -> None:
        """Leave, since nobody can read the output; but first store all that comes from a pipe."""
        if not self._interface.is_piped:
            self._leave()

    def interrupted(self, code: int, how: str) -> None:
        """Leave with an exit code for the shell; at once when called again."""
        is_again = self._interrupted is not None
        self._interrupted = ExitStatus(code, how)
        if self._transport is None or is_again:
            self._end(self._interrupted)
        else:
            self._leave()

    def _leave(self) -> None:
        self._session.leave()
        self._proceed()

    # -- the flow --------------------------------------------------------------------------------------

    def _proceed(self) -> None:
        """Run the queued lines that may run, send what they ask for, and set the deadline."""
        if self.done.called:
            return
        self._has_been_ready = self._has_been_ready or self._may_send()
        self._is_offline = self._is_offline and not self._may_send()
        self._derive_key()
        while self._queue and self._may_run(self._queue[0]):
            self._run(self._queue.popleft())
            self._derive_key()
        if self._has_input_ended and not self._queue and self._may_leave():
            self._session.leave()
        if self._session.is_leaving and self._transport is None:
            self._end(self._exit_status())
            return
        if len(self._queue) >= MAX_QUEUED_LINES:
            self._interface.pause_input()
        else:
            self._interface.resume_input()
        if self._transport is not None:
            self._transport.write(self._session.connection.data_to_send())
        self._deadline.set(self._time_limit() if self._transport is not None else None)
        self._update_prompt()

    def _may_send(self) -> bool:
        session = self._session
        if session.is_leaving or session.is_waiting or not session.connection.is_registered:
            return False
        return len(session.connection.unconfirmed) < MAX_UNCONFIRMED

    def _may_run(self, item: TypedLine | QueuedAction) -> bool:
        if self._may_send() or self._is_offline:
            return True
        return _is_local(item) and not self._interface.is_piped and not self._session.is_leaving

    def _may_leave(self) -> bool:
        """Tell whether everything is answered that we should wait for after the end of the input."""
        connection = self._session.connection
        if self._may_send():
            return not (connection.unconfirmed or connection.history.pending)
        return not self._interface.is_piped and not connection.is_registered

    def _run(self, item: TypedLine | QueuedAction) -> None:
        if self._is_offline and not _is_local(item):
            self._session.reject(_("not connected"), item.line if isinstance(item, TypedLine) else "")
        elif isinstance(item, TypedLine):
            execute(self._session, item)
        else:
            item.run()

    def _derive_key(self) -> None:
        """Compute, in a thread, the key that a login needs."""
        connection = self._session.connection
        derivation = connection.key_derivation
        if derivation is None or self._is_deriving_key:
            return

        def derived(key: bytes) -> None:
            self._is_deriving_key = False
            if connection is self._session.connection:
                self._handle_events(connection.key_derived(key))
            self._proceed()

        self._is_deriving_key = True
        deferred = self._services.derive_key(derivation).addCallback(derived)
        deferred.addErrback(lambda failure: self._abort_connection(str(failure.value)))

    def _show(self, event: Event) -> None:
        self._interface.show_event(event, self._session.model)

    def _update_prompt(self) -> None:
        channel = self._session.model.current
        question = self._session.questions.current
        state = PromptState(
            channel.name if channel else "",
            tuple(each.shown_text for each in self._session.connection.unconfirmed),
            not self._is_offline and self._transport is not None,
            question.text if question else "",
            question is not None and question.is_hidden,
        )
        if state != self._prompt_state:
            self._prompt_state = state
            self._interface.show_prompt(state)

    # -- deadlines -------------------------------------------------------------------------------------

    def _time_limit(self) -> TimeLimit | None:
        """Return how long to wait for what the server owes us; each progress starts it anew."""
        session, connection = self._session, self._session.connection
        if session.is_leaving:
            return TimeLimit(CLOSE_TIMEOUT_S, self._close_timed_out, 0)
        if not connection.is_registered or session.is_waiting:
            return TimeLimit(ANSWER_TIMEOUT_S, self._answer_timed_out, int(connection.is_registered))
        if session.catch_up.targets or connection.history.pending:
            return TimeLimit(ANSWER_TIMEOUT_S, self._answer_timed_out, -1 - session.catch_up.pages)
        if connection.unconfirmed and (self._interface.is_piped or self._has_input_ended):
            return TimeLimit(PROGRESS_TIMEOUT_S, self._progress_timed_out, session.progress)
        if self._interface.is_piped:
            return None
        if self._reads_at_ping == self._reads:
            return TimeLimit(ANSWER_TIMEOUT_S, self._ping_timed_out, self._reads)
        return TimeLimit(PING_AFTER_S, self._ping, self._reads)

    def _ping(self) -> None:
        self._reads_at_ping = self._reads
        self._session.requests.ping()
        self._proceed()

    def _ping_timed_out(self) -> None:
        self._abort_connection(_("The server is silent"))

    def _answer_timed_out(self) -> None:
        error = _("It does not answer as a chat server does within {seconds} s")
        self._abort_connection(error.format(seconds=round(ANSWER_TIMEOUT_S)))

    def _progress_timed_out(self) -> None:
        error = _("The server did not confirm it within {seconds} s")
        error = error.format(seconds=round(PROGRESS_TIMEOUT_S))
        self._handle_events(self._session.connection.give_up_unconfirmed(error))
        self._leave()

    def _close_timed_out(self) -> None:
        self._end(self._exit_status())

    # -- the end of a connection, and of the application -----------------------------------------------

    def _handle_events(self, events: list[Event]) -> None:
        if self.done.called:
            return
        self._session.receive_events(events)
        for event in events:
            if isinstance(event, Welcomed):
                self._welcomed_at = self._clock.seconds()
            elif isinstance(event, ConnectionClosed) and event.is_final:
                self._end(self._exit_status() if self._session.is_leaving else ExitStatus(1, event.reason))
            elif isinstance(event, ConnectionClosed):
                self._connection_closed(event.reason)

    def _abort_connection(self, reason: str) -> None:
        """Close the connection from our side."""
        self._handle_events(self._session.connection.give_up_unconfirmed(reason))
        self._connection_closed(reason)

    def _connection_closed(self, reason: str) -> None:
        if self._session.is_logging_out:
            self._abort_transport()
            self._is_offline = True
            self._session.prepare_reconnect()
            self.connect()
        elif self._session.is_leaving:
            self._end(self._exit_status())
        else:
            self._disconnected(reason)

    def _disconnected(self, reason: str) -> None:
        """Try again later; end instead for a pipe, or where no connection was ever ready."""
        if self._interface.is_piped or not self._has_been_ready:
            self._end(ExitStatus(1, reason))
            return
        self._abort_transport()
        duration_s = self._clock.seconds() - self._welcomed_at
        if self._session.connection.is_registered and duration_s >= STABLE_CONNECTION_S:
            self._failed_attempts = 0
        delay_s = retry_delay_s(self._failed_attempts, self._services.random())
        self._failed_attempts += 1
        self._is_offline = True
        self._session.prepare_reconnect()
        self._show(Disconnected(reason, delay_s))
        self._retry = self._clock.callLater(delay_s, self.connect)
        self._proceed()

    def _abort_transport(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _exit_status(self) -> ExitStatus:
        """Return how it ended after we left; with a pipe, it is a failure unless all of it was stored."""
        if self._interrupted is not None or not self._interface.is_piped:
            return self._interrupted or ExitStatus(0)
        failures = self._session.failures
        if self._queue:
            count = len(self._queue)
            unsent = ngettext("{count} line was not sent", "{count} lines were not sent", count)
            failures = [*failures, unsent.format(count=count)]
        if not failures:
            return ExitStatus(0, "" if self._has_typed else _("Nothing came through the pipe"))
        more = _(" (and {count} more)").format(count=len(failures) - 1) if len(failures) > 1 else ""
        return ExitStatus(1, failures[0] + more)

    def _end(self, exit_status: ExitStatus) -> None:
        if self.done.called:
            return
        self._deadline.set(None)
        cancel_if_active(self._retry)
        self._abort_transport()
        self.done.callback(exit_status)


def _is_local(item: TypedLine | QueuedAction) -> bool:
    """Tell whether something can be done without a connection."""
    return isinstance(item, TypedLine) and item.is_local
