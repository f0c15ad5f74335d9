"""The voice: puts what is said into the sessions' lists, and writes each list as one piece."""

from __future__ import annotations

from twisted.logger import Logger

from simplechat.hub.outbox import Entry
from simplechat.hub.session import Session


class Voice:
    """Speaks entries. Only the ledger has one, and flushes it at the end of each of its turns."""

    log = Logger()

    def __init__(self) -> None:
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
        except Exception:
            self.log.failure("An entry of {command} could not be spoken whole", command=entry.command)

    def flush(self) -> None:
        """Write every list that has lines."""
        dirty, self._dirty = self._dirty, set()
        for session in dirty:
            self._write(session)

    def _write(self, session: Session) -> None:
        lines, session.out = session.out, []
        try:
            session.wire.send(lines)
            if session.is_closing:
                session.wire.close()
        except Exception:
            self.log.failure("A connection could not be written to and is dropped")
            session.wire.abort()
