"""The voice: puts what is said into the sessions' lists, and writes each list as one piece."""

from __future__ import annotations

from typing import cast

from twisted.logger import Logger

from simplechat.hub.outbox import Entry
from simplechat.hub.session import Placeholder, Session
from simplechat.ircv3.encoded_message import EncodedMessage
from simplechat.ircv3.message import Message


class Voice:
    """Speaks entries. Only the ledger has one, and flushes it at the end of each of its turns.

    Attributes:
        said: How many lines were written.

    Args:
        sendq_bytes: How much may wait behind a placeholder.
    """

    log = Logger()

    def __init__(self, sendq_bytes: int) -> None:
        self.said = 0
        self._sendq_bytes = sendq_bytes
        self._dirty: set[Session] = set()

    def speak(self, entry: Entry) -> None:
        """Say what an entry says, to each listener in its dialect; then let its effects come to be."""
        try:
            for message, listeners, _ in entry.deliveries:
                for session in listeners:
                    session.out.append(message[session.dialect])
                self._dirty.update(listeners)
            for effect in entry.effects:
                effect()
            if entry.session is not None and entry.session.is_closing:
                self._dirty.add(entry.session)  # also where it was told nothing
        except Exception:
            self.log.failure("An entry of {command} could not be spoken whole", command=entry.command)

    def open_placeholder(self, session: Session) -> Placeholder:
        """Have whatever is said to a session from here on wait for the lines that will fill a placeholder."""
        placeholder = Placeholder()
        session.out.append(placeholder)
        session.placeholders += 1
        self._dirty.add(session)
        return placeholder

    def fill(self, session: Session, placeholder: Placeholder, messages: list[Message]) -> None:
        """Say messages to a session in the place that was kept for them."""
        placeholder.lines = [EncodedMessage(message)[session.dialect] for message in messages]
        self._dirty.add(session)

    def flush(self) -> None:
        """Write every list that has lines."""
        dirty, self._dirty = self._dirty, set()
        for session in dirty:
            self._write(session)

    def _write(self, session: Session) -> None:
        if session.placeholders:
            lines = self._lines_before_placeholder(session)
        else:
            lines, session.out = cast("list[bytes]", session.out), []
        try:
            if lines:
                self.said += len(lines)
                session.writer.send(lines)
            if session.is_closing and not session.out:
                session.writer.close()
        except Exception:
            self.log.failure("A connection could not be written to and is dropped")
            session.writer.abort()

    def _lines_before_placeholder(self, session: Session) -> list[bytes]:
        """Take the lines up to the first open placeholder; what waits behind it is bounded, too."""
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
