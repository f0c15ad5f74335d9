"""Fan-out: put each delivery into its listeners' lists of lines, and write each list once a turn."""

from __future__ import annotations

from typing import cast

from twisted.logger import Logger

from simplechat.faults import FaultCounter
from simplechat.hub.outbox import Entry
from simplechat.hub.user import Session
from simplechat.hub.writer import Placeholder
from simplechat.ircv3.encoded_message import EncodedMessage
from simplechat.ircv3.message import Message


class Fanout:
    """Delivers entries. Only the ledger has one, and flushes it at the end of each of its turns.

    Attributes:
        lines_written: Lines handed to connections so far.

    Args:
        sendq_bytes: Limit of what may wait behind a placeholder, per session.
        faults: Counts failures of deliveries, effects and writes.
    """

    log = Logger()

    def __init__(self, sendq_bytes: int, faults: FaultCounter) -> None:
        self.lines_written = 0
        self._sendq_bytes = sendq_bytes
        self._faults = faults
        self._dirty: set[Session] = set()

    def deliver(self, entry: Entry) -> bool:
        """Queue an entry's lines for each listener in its dialect, then run the entry's effects.

        Returns:
            False when a delivery or an effect raised; what is left of the entry was still done.
        """
        is_whole = True
        try:
            for encoded, listeners, _ in entry.deliveries:
                self._dirty.update(listeners)
                for session in listeners:
                    session.out.append(encoded[session.dialect])
        except Exception:
            is_whole = False
            self._faults.record()
            self.log.failure("{command} could not be delivered to everybody", command=entry.command)
        if entry.answers and entry.session is not None:
            entry.session.answers += entry.answers
            self._dirty.add(entry.session)
        for effect in entry.effects:
            try:
                effect()
            except Exception:
                is_whole = False
                self._faults.record()
                self.log.failure("An effect of {command} failed", command=entry.command)
        if entry.session is not None and entry.session.is_closing:
            self._dirty.add(entry.session)  # even if no line was sent to it
        return is_whole

    def open_placeholder(self, session: Session) -> Placeholder:
        """Hold back all later lines to a session until a placeholder is filled."""
        placeholder = Placeholder()
        session.out.append(placeholder)
        session.placeholders += 1
        self._dirty.add(session)
        return placeholder

    def fill(self, session: Session, placeholder: Placeholder, messages: list[Message]) -> None:
        """Put messages in a placeholder's place."""
        placeholder.lines = [EncodedMessage(message)[session.dialect] for message in messages]
        self._dirty.add(session)

    def flush(self) -> None:
        """Write every list that has lines."""
        dirty, self._dirty = self._dirty, set()
        for session in dirty:
            try:
                self._write(session)
            except Exception:
                self._faults.record()
                self.log.failure("A connection could not be written to and is dropped")
                self._abort(session)

    def _write(self, session: Session) -> None:
        if session.placeholders:
            lines = self._lines_before_placeholder(session)
        else:
            lines, session.out = cast("list[bytes]", session.out), []
        if lines:
            self.lines_written += len(lines)
            session.writer.send(lines)
        if session.answers and session.answer_writer is not None:
            answers, session.answers = session.answers, []
            session.answer_writer.send_answers(answers)
        if session.is_closing and not session.out:
            session.writer.close()

    def _abort(self, session: Session) -> None:
        try:
            session.writer.abort()
        except Exception:
            self.log.failure("A connection could not be dropped")

    def _lines_before_placeholder(self, session: Session) -> list[bytes]:
        """Take the lines before the first open placeholder; abort if too much waits behind it."""
        lines: list[bytes] = []
        taken = 0
        for item in session.out:
            if isinstance(item, bytes):
                lines.append(item)
            elif item.lines is None:
                break
            else:
                session.placeholders -= 1
                lines += item.lines
            taken += 1
        del session.out[:taken]
        if sum(len(item) for item in session.out if isinstance(item, bytes)) > self._sendq_bytes:
            session.writer.abort()
        return lines
