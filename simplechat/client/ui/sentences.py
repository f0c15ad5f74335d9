"""Events as sentences for people: what happened, other than that something was said."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from simplechat.client.protocol.events import (
    AccountMade,
    Disconnected,
    Event,
    Joined,
    Left,
    LoggedIn,
    Missed,
    Noted,
    NotLoggedIn,
    PasswordChanged,
    Present,
    Renamed,
    RoomRenamed,
    Told,
    Welcomed,
)
from simplechat.client.protocol.message_events import Deleted, Reacted
from simplechat.client.state.model import Model
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _
from simplechat.locale import ngettext
from simplechat.terminal.sanitize import printable
from simplechat.terminal.widths import shortened

MOST_PRESENT = 20  # nicks told when we come into a room


class TimeFormatter(Protocol):
    """Tells times for people, in their own time zone; None is now."""

    def time_of(self, at: float | None) -> str:
        """Give the time of day."""
        ...

    def day_of(self, at: float | None) -> str:
        """Give the date."""
        ...


class FormatContext(NamedTuple):
    """What is in sight of people when they are told something.

    Attributes:
        model: What is known.
        width: Of the terminal, in columns.
        calendar: Tells times.
    """

    model: Model
    width: int
    calendar: TimeFormatter

    def brief(self, msgid: str) -> str:
        """Give the beginning of a message, harmless."""
        said = self.model.recent.of_msgid(msgid)
        if said is None:
            return _("an older message")
        text = f"({_('deleted')})" if self.model.recent.is_deleted(msgid) else said.text.partition("\n")[0]
        return printable(f"{said.nick}: {text}")

    def elsewhere(self, told: str, room: str) -> str:
        """Name a room where it is not the one that is talked in, "" where it is."""
        current = self.model.current
        return told.format(room=room) if room and fold(room) != fold(current.name if current else "") else ""


def sentence(event: Event, view: FormatContext) -> str:
    """Tell in a sentence what happened; "" where there is nothing to tell."""
    match event:
        case Joined(_, nick, room, is_own):
            return _("you are in {room}").format(room=room) if is_own else _joined(view, nick, room)
        case Left():
            return _left(view, event)
        case Renamed(_, _, new, True):
            return _("you are now {nick}").format(nick=new)
        case Renamed(_, old, new):
            return _("{old} is now {new}").format(old=old, new=new)
        case Welcomed(nick):
            return _("connected as {nick}").format(nick=nick)
        case RoomRenamed():
            return _room_renamed(event)
        case Told():
            return _told(event)
        case Reacted():
            return "" if event.is_folded else _reacted(view, event)
        case Deleted():
            return _deleted(view, event)
        case LoggedIn(account):
            return _("logged in as {account}").format(account=account)
        case NotLoggedIn(reason):
            return _("you are a guest") if not reason else ""
        case AccountMade(account):
            return _("{account} is your account now").format(account=account)
        case PasswordChanged():
            return _("your password is another one now")
        case Present(room, nicks):
            return _present(room, nicks)
        case Noted(text):
            return _(text)
        case Disconnected(reason, retry_s):
            again = ngettext(
                "trying again in {count} second", "trying again in {count} seconds", round(retry_s)
            )
            return f"{_(reason)}; {again.format(count=round(retry_s))}"
    return ""


def missed(event: Missed, view: FormatContext) -> str:
    """Tell how much was said while we were not there."""
    target, count, since = event.target, event.count, event.since
    is_room = target.startswith("#")
    where = view.elsewhere(_(" in {room}"), target) if is_room else _(" from {nick}").format(nick=target)
    if since is None:
        return _("{count} new{where}").format(count=count, where=where)
    day, time = view.calendar.day_of(since), view.calendar.time_of(since)
    at = time if day == view.calendar.day_of(None) else f"{day} {time}"
    return _("{count} new{where} since {time}").format(count=count, where=where, time=at)


def _reacted(view: FormatContext, event: Reacted) -> str:
    told = (
        _("{nick} takes {emoji} back from: {brief}")
        if event.is_taken_back
        else _("{nick} reacts {emoji} to {brief}")
    )
    text = told.format(nick=event.nick, emoji=event.emoji, brief=view.brief(event.msgid))
    return shortened(printable(text), max(20, view.width - 3))


def _deleted(view: FormatContext, event: Deleted) -> str:
    said = view.model.recent.of_msgid(event.msgid)
    reason = f" ({event.reason})" if event.reason else ""
    if said is None:
        return _("{nick} deleted an older message").format(nick=event.nick) + reason
    time = view.calendar.time_of(said.at)
    if event.is_own and said.is_own:
        return _("you deleted your message of {time}").format(time=time) + reason
    if fold(said.nick) == fold(event.nick):
        return _("{nick} deleted their message of {time}").format(nick=event.nick, time=time) + reason
    told = _("{nick} deleted the message of {author} of {time}")
    return told.format(nick=event.nick, author=said.nick, time=time) + reason


# -- who comes and goes --------------------------------------------------------------------------------


def _joined(view: FormatContext, nick: str, room: str) -> str:
    if view.elsewhere("{room}", room):
        return _("{nick} joined {room}").format(nick=nick, room=room)
    return _("{nick} joined").format(nick=nick)


def _left(view: FormatContext, event: Left) -> str:
    if event.kind == "KICK":
        told = _("you were put out of {room}") if event.is_own else _("{nick} was put out of {room}")
    elif view.elsewhere("{room}", event.room):
        told = _("you left {room}") if event.is_own else _("{nick} left {room}")
    else:
        told = _("you left") if event.is_own else _("{nick} left")
    reason = f" ({event.reason})" if event.reason else ""
    return told.format(nick=event.nick, room=event.room) + reason


def _room_renamed(event: RoomRenamed) -> str:
    reason = f" ({event.reason})" if event.reason else ""
    return _("{old} is called {new} now").format(old=event.old, new=event.new) + reason


def _told(event: Told) -> str:
    room, text, nick = event.room, event.text, event.nick
    if not text:
        return _("{room} has no topic").format(room=room)
    if nick:
        return _("{nick} changed what {room} is about: {text}").format(nick=nick, room=room, text=text)
    return _("{room} is about: {text}").format(room=room, text=text)


def _present(room: str, nicks: tuple[str, ...]) -> str:
    if len(nicks) > MOST_PRESENT:
        return _("In {room}: {count} people; /who lists them").format(room=room, count=len(nicks))
    return _("In {room}: {nicks}").format(room=room, nicks=" ".join(nicks)) if nicks else ""
