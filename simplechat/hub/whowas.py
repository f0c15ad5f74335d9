"""Who was here: a bounded memory of the nicks that are no longer in use.

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
    """A user who was here under a nick.

    Attributes:
        at: When the nick was given up, seconds since 1970.
    """

    nick: str
    username: str
    host: str
    realname: str
    at: float


class WhowasList:
    """The nicks that were given up last, and by whom."""

    def __init__(self) -> None:
        self._gone: OrderedDict[str, deque[WhowasEntry]] = OrderedDict()

    def remember(self, user: User, at: float) -> None:
        """Note that a user gives up the nick, by leaving or by taking another."""
        gone = self._gone.setdefault(user.folded, deque(maxlen=MAX_ENTRIES_PER_NICK))
        gone.appendleft(WhowasEntry(user.nick, user.username, user.host, user.realname, at))
        self._gone.move_to_end(user.folded)
        if len(self._gone) > MAX_NICKS:
            self._gone.popitem(last=False)

    def entries_for(self, nick: str) -> list[WhowasEntry]:
        """Give who used a nick, the latest first."""
        return list(self._gone.get(fold(nick), ()))
