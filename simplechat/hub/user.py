"""A user: somebody with a nick, on one connection or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simplechat.hub.session import Session
from simplechat.ircv3.casemap import fold

if TYPE_CHECKING:
    from simplechat.hub.channel import Channel


class User:
    """Somebody with a nick.

    Attributes:
        nick: As shown.
        folded: As looked up.
        identity: Stays the same whatever the nick is; what was said is kept under it.
        account: The account's name, "" for a guest.
        source: nick!user@host.
        sessions: The connections that speak for this user.
        channels: The channels this user is in.
    """

    def __init__(self, session: Session, nick: str, identity: int) -> None:
        self.username = session.username
        self.realname = session.realname
        self.host = session.host
        self.identity = identity
        self.account = ""
        self.sessions: tuple[Session, ...] = (session,)
        self.channels: dict[str, Channel] = {}
        self.rename(nick)

    def rename(self, nick: str) -> None:
        """Take another nick."""
        self.nick = nick
        self.folded = fold(nick)
        self.source = f"{nick}!{self.username}@{self.host}"

    def listeners_around(self) -> tuple[Session, ...]:
        """Give every session that shares a channel with this user, its own among them, each once."""
        around = dict.fromkeys(self.sessions)
        for channel in self.channels.values():
            around.update(dict.fromkeys(channel.listeners()))
        return tuple(around)
