"""The MONITOR lists: which sessions are notified when a nick comes or goes.

Spec: https://ircv3.net/specs/extensions/monitor
"""

from __future__ import annotations

from simplechat.hub.user import Session
from simplechat.ircv3.casemap import fold

MAX_MONITORED = 100  # nicks per session


class MonitorList:
    """The sessions that monitor each nick; the list of one session is `Session.monitored`."""

    def __init__(self) -> None:
        self._watchers: dict[str, dict[Session, None]] = {}

    def add(self, session: Session, nick: str) -> bool:
        """Add a nick to a session's list; return False if the list is full."""
        folded = fold(nick)
        if folded not in session.monitored and len(session.monitored) >= MAX_MONITORED:
            return False
        session.monitored[folded] = nick
        self._watchers.setdefault(folded, {})[session] = None
        return True

    def remove(self, session: Session, nick: str) -> None:
        """Remove a nick from a session's list."""
        folded = fold(nick)
        if session.monitored.pop(folded, None) is not None:
            self._watchers[folded].pop(session)
            if not self._watchers[folded]:
                del self._watchers[folded]

    def clear(self, session: Session) -> None:
        """Clear a session's list."""
        for nick in tuple(session.monitored):
            self.remove(session, nick)

    def watchers_of(self, nick: str) -> tuple[Session, ...]:
        """Return the sessions that monitor a nick."""
        return tuple(self._watchers.get(fold(nick), ()))
