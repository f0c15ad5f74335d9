"""The verbs for speaking, to channels and to users."""

from __future__ import annotations

import json

from simplechat.commands.context import Context
from simplechat.commands.events import stamp_tags
from simplechat.commands.table import REGISTERED, command
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.hub import direct_target
from simplechat.hub.names import is_channel_name
from simplechat.hub.policy import MOST_TARGETS, may_speak
from simplechat.hub.records import Spoken
from simplechat.hub.user import User
from simplechat.ircv3.message import Message, fitted, is_tag_name
from simplechat.ircv3.numerics import ERR_NORECIPIENT, ERR_NOTEXTTOSEND, ERR_TOOMANYTARGETS


@command("PRIVMSG", needs=REGISTERED)
def privmsg(ctx: Context, targets: str = "", text: str = "") -> None:
    """Say something to channels or users: #one,nick.

    Spec: https://modern.ircdocs.horse/#privmsg-message
    """
    if not targets:
        raise Refused(ERR_NORECIPIENT, command="PRIVMSG")
    if not text:
        raise Refused(ERR_NOTEXTTOSEND)
    names = _split_targets(targets)
    for name in names:
        try:
            _speak(ctx, name, text)
        except Refused as refused:
            ctx.reply(refused.numeric, *refused.params, **refused.fields)


@command("NOTICE", needs=REGISTERED)
def notice(ctx: Context, targets: str = "", text: str = "") -> None:
    """Say something that no program must answer; what goes wrong is not answered either.

    Spec: https://modern.ircdocs.horse/#notice-message
    """
    if not targets or not text:
        return
    try:
        names = _split_targets(targets)
    except Refused:
        return
    for name in names:
        try:
            _speak(ctx, name, text)
        except Refused:
            continue


def _split_targets(targets: str) -> list[str]:
    names = list(dict.fromkeys(targets.split(",")))
    if len(names) > MOST_TARGETS:
        raise Refused(ERR_TOOMANYTARGETS, "*", limit=MOST_TARGETS)
    return names


def _speak(ctx: Context, name: str, text: str) -> None:
    if is_channel_name(name):
        _speak_in(ctx, ctx.hub.channel(name), text)
    else:
        _speak_to(ctx, ctx.hub.user(name), text)


def _speak_in(ctx: Context, channel: Channel, text: str) -> None:
    may_speak(ctx.user, channel)
    if channel.saved is None and not channel.unsettled:
        ctx.entry.keep_settings(channel)
    ctx.entry.targets.append(channel.name)
    message = _say(ctx, channel.name, channel.folded, ctx.hub.stamp(channel), text)
    if "echo-message" in ctx.session.caps:
        ctx.send(message, channel.listeners())
    else:
        ctx.relay(message, channel.listeners_but(ctx.session))


def _speak_to(ctx: Context, other: User, text: str) -> None:
    ctx.entry.targets.append(other.nick)
    message = _say(ctx, other.nick, direct_target(ctx.user, other), ctx.hub.stamp_direct(), text)
    ctx.relay(message, other.sessions)
    if "echo-message" in ctx.session.caps:
        ctx.send(message, (ctx.session,))


def _say(ctx: Context, shown: str, target: str, number: int, text: str) -> Message:
    """Have a message kept under its target, and give it as others will hear it."""
    own_tags = {
        name: value for name, value in ctx.message.tags.items() if name[0] == "+" and is_tag_name(name)
    }
    message = fitted(
        Message(ctx.message.command, (shown, text), ctx.user.source, stamp_tags(number) | own_tags)
    )
    ctx.keep(
        Spoken(
            target=target,
            id=number,
            kind=message.command,
            sender=ctx.user.identity,
            account=ctx.user.account,
            source=ctx.user.source,
            tags=json.dumps(own_tags) if own_tags else "",
            text=message.params[1],
            status="",
        )
    )
    return message
