"""PRIVMSG, NOTICE and TAGMSG: messages to channels and users."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simplechat.commands.client_batches import gather_line
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.log_rows import keep_settings, stored_tags
from simplechat.hub.account import Account
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.hub import direct_target, no_such_nick
from simplechat.hub.ids import event_tags
from simplechat.hub.names import is_channel_name, sanitize_param
from simplechat.hub.policy import MAX_MESSAGE_TARGETS, may_speak, may_speak_now, may_speak_to
from simplechat.hub.records import MUTE, DirectConversationRow, Spoken
from simplechat.hub.user import DEFAULT_AWAY_MESSAGE, Session, User, sessions_with
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, fit_to_line, is_tag_name
from simplechat.ircv3.modes import STATUS_PREFIXES
from simplechat.ircv3.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_NORECIPIENT,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
    RPL_AWAY,
)

KEPT_TAGS = frozenset({"+draft/react", "+draft/unreact", "+draft/persist"})
"""Tags of which one is enough to have a TAGMSG kept."""

_LETTER_OF = {prefix: letter for letter, prefix in STATUS_PREFIXES.items()}


class Audience(NamedTuple):
    """The recipients of a message.

    Attributes:
        shown: The target as the message names it.
        target: The log that the message is kept in.
        id: The message's id.
        status: The prefix of the members who receive it, "" for all.
        others: The sessions that receive it; without the sender's own one, unless that is a recipient.
        channel: The channel; None for a user.
        person: The recipient; None for a channel.
        absent_account: The account whose owner is not connected and will be told later.
        other_nicks: Further recipients: the owner's users under other nicks, each with its sessions.
    """

    shown: str
    target: str
    id: int
    status: str
    others: tuple[Session, ...]
    channel: Channel | None = None
    person: User | Account | None = None
    absent_account: Account | None = None
    other_nicks: tuple[tuple[str, tuple[Session, ...]], ...] = ()

    def copies(self, message: Message) -> Iterator[tuple[Message, tuple[Session, ...]]]:
        """Yield the message as each group of recipients gets it, and the sessions of the group."""
        yield message, self.others
        for nick, sessions in self.other_nicks:
            place = message.params.index(self.shown)
            params = (*message.params[:place], nick, *message.params[place + 1 :])
            yield message._replace(params=params), sessions


@command("PRIVMSG", needs=REGISTERED)
def privmsg(ctx: Context, targets: str = "", text: str = "") -> None:
    """Send a message to channels or users: #one,nick; `@#one` reaches its operators only.

    Spec: https://modern.ircdocs.horse/#privmsg-message
    """
    if gather_line(ctx, targets, text):
        return
    if not targets:
        raise Refused(ERR_NORECIPIENT, command="PRIVMSG")
    if not text:
        raise Refused(ERR_NOTEXTTOSEND)
    ctx.user.last_spoke = ctx.now
    for name in _split_targets(targets):
        ctx.attempt(_send_text, name, text)


@command("NOTICE", needs=REGISTERED)
def notice(ctx: Context, targets: str = "", text: str = "") -> None:
    """Send a message that programs must not answer; errors are not answered either.

    Spec: https://modern.ircdocs.horse/#notice-message
    """
    if gather_line(ctx, targets, text) or not targets or not text:
        return
    for name in list(dict.fromkeys(targets.split(",")))[:MAX_MESSAGE_TARGETS]:
        try:
            _send_text(ctx, name, text)
        except Refused:
            continue


@command("TAGMSG", needs=REGISTERED)
def tagmsg(ctx: Context, targets: str = "") -> None:
    """Send tags without a text, such as a typing notification or a reaction, to clients that know tags.

    Spec: https://ircv3.net/specs/extensions/message-tags#the-tagmsg-tag-only-message
    """
    if not targets:
        raise Refused(ERR_NORECIPIENT, command="TAGMSG")
    for name in _split_targets(targets):
        ctx.attempt(_send_tags, name)


def _split_targets(targets: str) -> list[str]:
    if "," not in targets:
        return [targets]
    names = list(dict.fromkeys(targets.split(",")))
    if len(names) > MAX_MESSAGE_TARGETS:
        raise Refused(ERR_TOOMANYTARGETS, "*", limit=MAX_MESSAGE_TARGETS)
    return names


def _send_text(ctx: Context, name: str, text: str) -> None:
    """Store a text, then send it."""
    audience = find_audience(ctx, name, text, ctx.message.command)
    own_tags = client_tags(ctx)
    tags = message_tags(audience.id, own_tags)
    message = fit_to_line(Message(ctx.message.command, (audience.shown, text), ctx.user.source, tags))
    keep_message(ctx, audience, message.command, message.params[1], own_tags)
    send_to_audience(ctx, audience, message)


def send_to_audience(ctx: Context, audience: Audience, message: Message) -> None:
    """Send a message to its recipients, and an echo to its sender if wanted."""
    for copy, listeners in audience.copies(message):
        ctx.relay(copy, listeners)
    if "echo-message" in ctx.session.caps:
        ctx.send(message, (ctx.session,))


def keep_message(ctx: Context, audience: Audience, kind: str, text: str, own_tags: dict[str, str]) -> None:
    """Store a message in its log, and the settings that must be on disk beside it."""
    user = ctx.user
    if audience.channel is not None and audience.channel.is_unsaved:
        keep_settings(ctx, audience.channel)
    if audience.person is not None:
        _keep_contact(ctx, user, audience.person)
        _keep_contact(ctx, audience.person, user)
    ctx.entry.targets.append(audience.shown)
    ctx.keep(
        Spoken(
            target=audience.target,
            id=audience.id,
            kind=kind,
            sender=user.identity,
            account=user.account,
            source=user.source,
            tags=stored_tags(user, own_tags),
            text=text,
            status=audience.status,
        )
    )
    if audience.absent_account is not None and audience.absent_account.note_unread(
        audience.target, audience.id
    ):
        ctx.hub.unsaved.mark_seen(audience.absent_account)


def _keep_contact(ctx: Context, one: User | Account, other: User | Account) -> None:
    """Store that one user talks with another, if that is new."""
    contacts, both = one.contacts, (one.identity, other.identity)
    if contacts.record(*both, other.nick):
        ctx.keep(DirectConversationRow(*both, direct_target(one, other), other.nick))
        ctx.entry.on_refused(lambda: contacts.forget(*both))


def _send_tags(ctx: Context, name: str) -> None:
    """Send a TAGMSG; store it if it has a tag that is kept, such as a reaction.

    Spec: https://ircv3.net/specs/client-tags/react
    """
    audience = find_audience(ctx, name, "", ctx.message.command)
    own_tags = client_tags(ctx)
    tags = message_tags(audience.id, own_tags)
    message = Message("TAGMSG", (audience.shown,), ctx.user.source, tags)
    if not KEPT_TAGS.isdisjoint(own_tags):
        keep_message(ctx, audience, message.command, "", own_tags)
    for copy, listeners in audience.copies(message):
        ctx.relay(copy, sessions_with(listeners, "message-tags"))
    if {"echo-message", "message-tags"} <= ctx.session.caps:
        ctx.send(message, (ctx.session,))


def message_tags(number: int, own_tags: dict[str, str]) -> dict[str, str]:
    """Return the tags of a message: its id and time, and the client's own."""
    return {**event_tags(number), **own_tags}


def client_tags(ctx: Context) -> dict[str, str]:
    """Return those tags of the message that clients send each other."""
    return {name: value for name, value in ctx.message.tags.items() if name[0] == "+" and is_tag_name(name)}


def find_audience(ctx: Context, name: str, text: str, kind: str) -> Audience:
    """Return the recipients that a target names.

    Raises:
        Refused: There is no such target, or the user may not send to it.
    """
    if ctx.hub.bans.find_for_user(ctx.user, MUTE, ctx.now) is not None:
        raise Refused(ERR_CANNOTSENDTOCHAN, sanitize_param(name), why="you may not speak on this server now")
    status = name[:1] if name[:1] in _LETTER_OF and is_channel_name(name[1:]) else ""
    if is_channel_name(name[len(status) :]):
        return _channel_audience(ctx, ctx.channel(name[len(status) :]), status, text)
    user, account = ctx.hub.users.get(fold(name)), ctx.hub.accounts.get(name)
    if user is not None and user.account and not user.sessions:
        account = ctx.hub.accounts.get(user.account)
    elif user is not None:
        return _user_audience(ctx, user, kind)
    elif account is None or not account.is_usable:
        raise no_such_nick(name)
    assert account is not None
    return _account_audience(ctx, user or account, account, kind)


def _channel_audience(ctx: Context, channel: Channel, status: str, text: str) -> Audience:
    may_speak(ctx.user, channel, text)
    may_speak_now(ctx.user, channel, text, ctx.now)
    if text:
        channel.note_speaking(ctx.user, ctx.now)
    if status:
        others = tuple(each for each in channel.listeners_of(_LETTER_OF[status]) if each is not ctx.session)
    else:
        others = channel.listeners_except(ctx.session)
    return Audience(status + channel.name, channel.target, ctx.hub.mint_id(channel), status, others, channel)


def _user_audience(ctx: Context, other: User, kind: str) -> Audience:
    may_speak_to(ctx.user, other)
    return _direct_audience(ctx, kind, other, other.sessions, other.away)


def _account_audience(ctx: Context, other: User | Account, account: Account, kind: str) -> Audience:
    """Return the recipients for a nick that no connection has now, but an account.

    The message goes to the nicks that the account's owner has now.
    """
    for user in ctx.hub.users_of(account):
        may_speak_to(ctx.user, user)
    here = sorted((user for user in ctx.hub.users_of(account) if user.sessions), key=lambda user: user.folded)
    away = (
        ""
        if any(not user.away for user in here)
        else next((user.away for user in here), DEFAULT_AWAY_MESSAGE)
    )
    audience = _direct_audience(ctx, kind, other, (), away)
    other_nicks = tuple((user.nick, user.sessions) for user in here)
    return audience._replace(absent_account=None if here else account, other_nicks=other_nicks)


def _direct_audience(
    ctx: Context, kind: str, other: User | Account, sessions: tuple[Session, ...], away: str
) -> Audience:
    """Return the sessions of one recipient, and the sender's other ones."""
    if away and kind == "PRIVMSG":
        ctx.reply(RPL_AWAY, other.nick, away)
    if len(ctx.user.sessions) > 1:
        own = (session for session in ctx.user.sessions if session is not ctx.session)
        sessions = tuple(dict.fromkeys((*sessions, *own)))
    target, number = direct_target(ctx.user, other), ctx.hub.mint_direct_id()
    return Audience(other.nick, target, number, "", sessions, person=other)
