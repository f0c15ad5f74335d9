"""WHOWAS: a bounded list of nicks that were in use recently.

Spec: https://modern.ircdocs.horse/#whowas-message
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import NamedTuple

from simplechat.hub.user import User
from simplechat.ircv3.casemap import fold

MAX_NICKS = 1000
MAX_ENTRIES_PER_NICK = 8


class WhowasEntry(NamedTuple):
    """A user as it was when it gave up a nick.

    Attributes:
        at: Seconds since 1970.
    """

    nick: str
    username: str
    host: str
    realname: str
    at: float


class WhowasList:
    """The nicks that were given up last, with their users."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, deque[WhowasEntry]] = OrderedDict()

    def remember(self, user: User, at: float) -> None:
        """Record that a user gives up its nick, by leaving or by changing it."""
        entries = self._entries.setdefault(user.folded, deque(maxlen=MAX_ENTRIES_PER_NICK))
        entries.appendleft(WhowasEntry(user.nick, user.username, user.host, user.realname, at))
        self._entries.move_to_end(user.folded)
        if len(self._entries) > MAX_NICKS:
            self._entries.popitem(last=False)

    def entries_for(self, nick: str) -> list[WhowasEntry]:
        """Return the entries of a nick, the latest first."""
        return list(self._entries.get(fold(nick), ()))
