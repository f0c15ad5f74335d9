"""The voice: puts what is said into the sessions' lists, and writes each list as one piece."""

from __future__ import annotations

from typing import cast

from twisted.logger import Logger

from simplechat.hub.outbox import Entry
from simplechat.hub.session import Gap, Session
from simplechat.ircv3.encoded_message import Forms
from simplechat.ircv3.message import Message


class Voice:
    """Speaks entries. Only the ledger has one, and flushes it at the end of each of its turns.

    Attributes:
        said: How many lines were written.

    Args:
        sendq_bytes: How much may wait behind a gap.
    """

    log = Logger()

    def __init__(self, sendq_bytes: int) -> None:
        self.said = 0
        self._sendq_bytes = sendq_bytes
        self._dirty: set[Session] = set()

    def speak(self, entry: Entry) -> None:
        """Say what an entry says, to each listener in its dialect; then let its effects come to be."""
        try:
            for forms, listeners, _ in entry.deliveries:
                for session in listeners:
                    session.out.append(forms[session.dialect])
                self._dirty.update(listeners)
            for effect in entry.effects:
                effect()
            if entry.session is not None and entry.session.is_closing:
                self._dirty.add(entry.session)  # also where it was told nothing
        except Exception:
            self.log.failure("An entry of {command} could not be spoken whole", command=entry.command)

    def open_gap(self, session: Session) -> Gap:
        """Have whatever is said to a session from here on wait for the lines that will fill a gap."""
        gap = Gap()
        session.out.append(gap)
        session.gaps += 1
        self._dirty.add(session)
        return gap

    def fill(self, session: Session, gap: Gap, messages: list[Message]) -> None:
        """Say messages to a session in the place that was kept for them."""
        gap.lines = [Forms(message)[session.dialect] for message in messages]
        self._dirty.add(session)

    def flush(self) -> None:
        """Write every list that has lines."""
        dirty, self._dirty = self._dirty, set()
        for session in dirty:
            self._write(session)

    def _write(self, session: Session) -> None:
        if session.gaps:
            lines = self._lines_before_gap(session)
        else:
            lines, session.out = cast("list[bytes]", session.out), []
        try:
            if lines:
                self.said += len(lines)
                session.wire.send(lines)
            if session.is_closing and not session.out:
                session.wire.close()
        except Exception:
            self.log.failure("A connection could not be written to and is dropped")
            session.wire.abort()

    def _lines_before_gap(self, session: Session) -> list[bytes]:
        """Take the lines up to the first gap that is still open; what waits behind it is bounded, too."""
        lines: list[bytes] = []
        taken = 0
        for item in session.out:
            if isinstance(item, bytes):
                lines.append(item)
            elif item.lines is None:
                break
            else:
                session.gaps -= 1
                lines += item.lines
            taken += 1
        del session.out[:taken]
        if sum(len(item) for item in session.out if isinstance(item, bytes)) > self._sendq_bytes:
            session.wire.abort()
        return lines
