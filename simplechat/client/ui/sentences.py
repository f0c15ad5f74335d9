"""Events other than messages, as sentences for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from simplechat.client.protocol.events import (
    AccountCreated,
    ChannelRenamed,
    Disconnected,
    Event,
    LoggedIn,
    MembersListed,
    MissedCount,
    NickChanged,
    NoteShown,
    NotLoggedIn,
    PasswordChanged,
    TopicShown,
    UserJoined,
    UserLeft,
    Welcomed,
)
from simplechat.client.protocol.message_events import MessageDeleted, ReactionReceived
from simplechat.client.state.model import Model
from simplechat.ircv3.casemap import fold
from simplechat.locale import gettext as _
from simplechat.locale import ngettext
from simplechat.terminal.sanitize import printable
from simplechat.terminal.widths import shorten

MAX_NICKS = 20  # listed when we join a channel
TIME_OF_DAY, DATE = "%H:%M", "%Y-%m-%d"  # as `strftime` has them


class FormatContext(NamedTuple):
    """What the text for an event depends on.

    Attributes:
        model: The state of the session.
        width: Of the terminal, in columns.
        local_time: Returns a time, in seconds since 1970, in the user's time zone; None is now.
    """

    model: Model
    width: int
    local_time: Callable[[float | None], datetime]

    def brief(self, msgid: str) -> str:
        """Return the beginning of a message, harmless to a terminal."""
        message = self.model.messages.by_msgid(msgid)
        if message is None:
            return _("an older message")
        text = (
            f"({_('deleted')})" if self.model.messages.is_deleted(msgid) else message.text.partition("\n")[0]
        )
        return printable(f"{message.nick}: {text}")


def describe_event(event: Event, context: FormatContext) -> str:
    """Return a sentence that says what happened; "" where there is nothing to say."""
    match event:
        case UserJoined(_, nick, channel, is_own):
            return _("you are in {room}").format(room=channel) if is_own else _joined(context, nick, channel)
        case UserLeft():
            return _left(context, event)
        case NickChanged(_, _, new, True):
            return _("you are now {nick}").format(nick=new)
        case NickChanged(_, old, new):
            return _("{old} is now {new}").format(old=old, new=new)
        case Welcomed(nick):
            return _("connected as {nick}").format(nick=nick)
        case ChannelRenamed():
            return _room_renamed(event)
        case TopicShown():
            return _topic(event)
        case ReactionReceived():
            return "" if event.is_with_message else _reacted(context, event)
        case MessageDeleted():
            return _deleted(context, event)
        case LoggedIn(account):
            return _("logged in as {account}").format(account=account)
        case NotLoggedIn(reason):
            return _("you are a guest") if not reason else ""
        case AccountCreated(account):
            return _("{account} is your account now").format(account=account)
        case PasswordChanged():
            return _("your password is changed")
        case MembersListed(channel, nicks):
            return _members(channel, nicks)
        case NoteShown(text):
            return _(text)
        case Disconnected(reason, retry_s):
            again = ngettext(
                "trying again in {count} second", "trying again in {count} seconds", round(retry_s)
            )
            return f"{_(reason)}; {again.format(count=round(retry_s))}"
    return ""


def describe_missed(event: MissedCount, context: FormatContext) -> str:
    """Return how many messages were missed while there was no connection."""
    target, count, since = event.target, event.count, event.since
    is_channel = target.startswith("#")
    if not is_channel:
        where = _(" from {nick}").format(nick=target)
    else:
        where = "" if context.model.is_current(target) else _(" in {room}").format(room=target)
    if since is None:
        return _("{count} new{where}").format(count=count, where=where)
    at, now = context.local_time(since), context.local_time(None)
    time = f"{at:{TIME_OF_DAY}}" if at.date() == now.date() else f"{at:{DATE} {TIME_OF_DAY}}"
    return _("{count} new{where} since {time}").format(count=count, where=where, time=time)


def _reacted(context: FormatContext, event: ReactionReceived) -> str:
    text = (
        _("{nick} takes {emoji} back from: {brief}")
        if event.is_taken_back
        else _("{nick} reacts {emoji} to {brief}")
    )
    text = text.format(nick=event.nick, emoji=event.emoji, brief=context.brief(event.msgid))
    return shorten(printable(text), max(20, context.width - 3))


def _deleted(context: FormatContext, event: MessageDeleted) -> str:
    message = context.model.messages.by_msgid(event.msgid)
    reason = f" ({event.reason})" if event.reason else ""
    if message is None:
        return _("{nick} deleted an older message").format(nick=event.nick) + reason
    time = f"{context.local_time(message.at):{TIME_OF_DAY}}"
    if event.is_own and message.is_own:
        return _("you deleted your message of {time}").format(time=time) + reason
    if fold(message.nick) == fold(event.nick):
        return _("{nick} deleted their message of {time}").format(nick=event.nick, time=time) + reason
    text = _("{nick} deleted the message of {author} of {time}")
    return text.format(nick=event.nick, author=message.nick, time=time) + reason


# -- channels and their members ------------------------------------------------------------------------


def _joined(context: FormatContext, nick: str, channel: str) -> str:
    if not context.model.is_current(channel):
        return _("{nick} joined {room}").format(nick=nick, room=channel)
    return _("{nick} joined").format(nick=nick)


def _left(context: FormatContext, event: UserLeft) -> str:
    if event.kind == "KICK":
        text = _("you were kicked from {room}") if event.is_own else _("{nick} was kicked from {room}")
    elif event.channel and not context.model.is_current(event.channel):
        text = _("you left {room}") if event.is_own else _("{nick} left {room}")
    else:
        text = _("you left") if event.is_own else _("{nick} left")
    reason = f" ({event.reason})" if event.reason else ""
    return text.format(nick=event.nick, room=event.channel) + reason


def _room_renamed(event: ChannelRenamed) -> str:
    reason = f" ({event.reason})" if event.reason else ""
    return _("{old} is called {new} now").format(old=event.old, new=event.new) + reason


def _topic(event: TopicShown) -> str:
    channel, topic, nick = event.channel, event.text, event.nick
    if not topic:
        return _("{room} has no topic").format(room=channel)
    if nick:
        return _("{nick} changed the topic of {room}: {text}").format(nick=nick, room=channel, text=topic)
    return _("topic of {room}: {text}").format(room=channel, text=topic)


def _members(channel: str, nicks: tuple[str, ...]) -> str:
    if len(nicks) > MAX_NICKS:
        return _("In {room}: {count} people; /who lists them").format(room=channel, count=len(nicks))
    return _("In {room}: {nicks}").format(room=channel, nicks=" ".join(nicks)) if nicks else ""
