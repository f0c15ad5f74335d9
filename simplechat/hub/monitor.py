"""Who wants to know when somebody comes or goes.

Spec: https://ircv3.net/specs/extensions/monitor
"""

from __future__ import annotations

from simplechat.hub.session import Session
from simplechat.ircv3.casemap import fold

MAX_MONITORED = 100  # nicks for each session


class MonitorList:
    """The sessions that watch nicks, by nick; each session's own list is in the session."""

    def __init__(self) -> None:
        self._of: dict[str, dict[Session, None]] = {}

    def add(self, session: Session, nick: str) -> bool:
        """Have a session watch a nick; False when its list is full."""
        folded = fold(nick)
        if folded not in session.monitored and len(session.monitored) >= MAX_MONITORED:
            return False
        session.monitored[folded] = nick
        self._of.setdefault(folded, {})[session] = None
        return True

    def remove(self, session: Session, nick: str) -> None:
        """Have a session watch a nick no longer."""
        folded = fold(nick)
        if session.monitored.pop(folded, None) is not None:
            self._of[folded].pop(session)
            if not self._of[folded]:
                del self._of[folded]

    def clear(self, session: Session) -> None:
        """Have a session watch nobody."""
        for nick in tuple(session.monitored):
            self.remove(session, nick)

    def watchers_of(self, nick: str) -> tuple[Session, ...]:
        """Give the sessions that watch a nick."""
        return tuple(self._of.get(fold(nick), ()))
