"""The verbs for speaking, to channels and to users."""

from __future__ import annotations

import json
from typing import NamedTuple

from simplechat.commands.context import Context
from simplechat.commands.events import keep_settings, stamp_tags
from simplechat.commands.table import REGISTERED, command
from simplechat.hub.account import Account
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.hub import direct_target
from simplechat.hub.names import is_channel_name, presentable
from simplechat.hub.policy import MOST_TARGETS, may_speak, may_speak_to
from simplechat.hub.records import MUTE, Spoken
from simplechat.hub.session import Session, having
from simplechat.hub.user import ABSENT, User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, fitted, is_tag_name
from simplechat.ircv3.modes import STATUSES
from simplechat.ircv3.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_NORECIPIENT,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
    RPL_AWAY,
)

_LETTER_OF = {prefix: letter for letter, prefix in STATUSES.items()}


class Audience(NamedTuple):
    """Whom a message is for.

    Attributes:
        shown: The target as the message names it.
        target: The log that it is kept in.
        id: The message's id.
        status: The prefix of those it is limited to, "" for none.
        others: Who hears it, the speaker's own session left out unless it is spoken to.
        missing: The account whose owner is not here to hear it, but will be told later.
    """

    shown: str
    target: str
    id: int
    status: str
    others: tuple[Session, ...]
    missing: Account | None = None


@command("PRIVMSG", needs=REGISTERED)
def privmsg(ctx: Context, targets: str = "", text: str = "") -> None:
    """Say something to channels or users: #one,nick; `@#one` reaches its operators only.

    Spec: https://modern.ircdocs.horse/#privmsg-message
    """
    if not targets:
        raise Refused(ERR_NORECIPIENT, command="PRIVMSG")
    if not text:
        raise Refused(ERR_NOTEXTTOSEND)
    ctx.user.spoke = ctx.now
    for name in _split_targets(targets):
        ctx.attempt(_speak, name, text)


@command("NOTICE", needs=REGISTERED)
def notice(ctx: Context, targets: str = "", text: str = "") -> None:
    """Say something that no program must answer; what goes wrong is not answered either.

    Spec: https://modern.ircdocs.horse/#notice-message
    """
    if not targets or not text:
        return
    for name in list(dict.fromkeys(targets.split(",")))[:MOST_TARGETS]:
        try:
            _speak(ctx, name, text)
        except Refused:
            continue


@command("TAGMSG", needs=REGISTERED)
def tagmsg(ctx: Context, targets: str = "") -> None:
    """Send tags without a text, to clients that know tags: that one is typing, or a reaction.

    Spec: https://ircv3.net/specs/extensions/message-tags#the-tagmsg-tag-only-message
    """
    if not targets:
        raise Refused(ERR_NORECIPIENT, command="TAGMSG")
    for name in _split_targets(targets):
        ctx.attempt(_tag, name)


def _split_targets(targets: str) -> list[str]:
    names = list(dict.fromkeys(targets.split(",")))
    if len(names) > MOST_TARGETS:
        raise Refused(ERR_TOOMANYTARGETS, "*", limit=MOST_TARGETS)
    return names


def _speak(ctx: Context, name: str, text: str) -> None:
    """Have a text kept, then said."""
    audience = _audience(ctx, name, text)
    own_tags = _client_tags(ctx)
    tags = _tags(ctx, audience.id, own_tags)
    message = fitted(Message(ctx.message.command, (audience.shown, text), ctx.user.source, tags))
    ctx.entry.targets.append(audience.shown)
    ctx.keep(
        Spoken(
            target=audience.target,
            id=audience.id,
            kind=message.command,
            sender=ctx.user.identity,
            account=ctx.user.account,
            source=ctx.user.source,
            tags=json.dumps(own_tags) if own_tags else "",
            text=message.params[1],
            status=audience.status,
        )
    )
    if audience.missing is not None and audience.missing.awaits(audience.target, audience.id):
        ctx.hub.stays.has_seen(audience.missing)
    ctx.relay(message, audience.others)
    if "echo-message" in ctx.session.caps:
        ctx.send(message, (ctx.session,))


def _tag(ctx: Context, name: str) -> None:
    """Say tags; nothing is kept."""
    audience = _audience(ctx, name, "")
    tags = _tags(ctx, audience.id, _client_tags(ctx))
    message = Message("TAGMSG", (audience.shown,), ctx.user.source, tags)
    ctx.relay(message, having(audience.others, "message-tags"))
    if {"echo-message", "message-tags"} <= ctx.session.caps:
        ctx.send(message, (ctx.session,))


def _tags(ctx: Context, number: int, own_tags: dict[str, str]) -> dict[str, str]:
    """Give all tags of a message: its id and time, whether a bot speaks, and the client's own.

    Spec: https://ircv3.net/specs/extensions/bot-mode
    """
    tags = stamp_tags(number)
    if "B" in ctx.user.modes:
        tags["bot"] = ""
    tags.update(own_tags)
    return tags


def _client_tags(ctx: Context) -> dict[str, str]:
    """Give those of the message's tags that clients tell each other."""
    return {name: value for name, value in ctx.message.tags.items() if name[0] == "+" and is_tag_name(name)}


def _audience(ctx: Context, name: str, text: str) -> Audience:
    """Find whom a target means, and make sure that the speaker may speak to them."""
    if ctx.hub.bans.of_user(ctx.user, MUTE, ctx.now) is not None:
        raise Refused(ERR_CANNOTSENDTOCHAN, presentable(name), why="you may not speak on this server now")
    status = name[:1] if name[:1] in _LETTER_OF and is_channel_name(name[1:]) else ""
    if is_channel_name(name[len(status) :]):
        return _in_channel(ctx, ctx.channel(name[len(status) :]), status, text)
    account = ctx.hub.accounts.get(name)
    if fold(name) in ctx.hub.users or account is None or not account.can_be_used:
        return _to_user(ctx, ctx.hub.user(name))
    return _to_person(ctx, account.name, account, (), account)


def _in_channel(ctx: Context, channel: Channel, status: str, text: str) -> Audience:
    may_speak(ctx.user, channel, text)
    if text and channel.is_unsaved:
        keep_settings(ctx, channel)
    if status:
        others = tuple(each for each in channel.listeners_of(_LETTER_OF[status]) if each is not ctx.session)
    else:
        others = channel.listeners_but(ctx.session)
    return Audience(status + channel.name, channel.folded, ctx.hub.stamp(channel), status, others)


def _to_user(ctx: Context, other: User) -> Audience:
    may_speak_to(ctx.user, other)
    missing = None if other.sessions else ctx.hub.accounts.get(other.account)
    return _to_person(ctx, other.nick, other, other.sessions, missing, other.away)


def _to_person(
    ctx: Context,
    nick: str,
    other: User | Account,
    sessions: tuple[Session, ...],
    missing: Account | None,
    away: str = ABSENT,
) -> Audience:
    """Speak to somebody on all of their connections; the speaker's other ones hear it, too."""
    if away and ctx.message.command == "PRIVMSG":
        ctx.reply(RPL_AWAY, nick, away)
    own = (session for session in ctx.user.sessions if session is not ctx.session)
    others = tuple(dict.fromkeys((*sessions, *own)))
    return Audience(nick, direct_target(ctx.user, other), ctx.hub.stamp_direct(), "", others, missing)
