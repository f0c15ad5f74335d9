"""The verbs for speaking, to channels and to users."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simplechat.commands.client_batches import gather_line
from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.event_rows import event_tags, keep_settings, stored_tags
from simplechat.hub.account import Account
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Refused
from simplechat.hub.hub import direct_target, no_such_nick
from simplechat.hub.names import is_channel_name, sanitize_param
from simplechat.hub.policy import MAX_MESSAGE_TARGETS, may_speak, may_speak_now, may_speak_to
from simplechat.hub.records import MUTE, DirectConversationRow, Spoken
from simplechat.hub.session import Session, sessions_with
from simplechat.hub.user import DEFAULT_AWAY_MESSAGE, User
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
    """Whom a message is for.

    Attributes:
        shown: The target as the message names it.
        target: The log that it is kept in.
        id: The message's id.
        status: The prefix of those it is limited to, "" for none.
        others: Who hears it, the speaker's own session left out unless it is spoken to.
        channel: The channel that it is said in; None for a person.
        person: Who it is said to; None for a channel.
        missing: The account whose owner is not here to hear it, but will be told later.
        elsewhere: Who else hears it, each under the nick of their own by which they know to be spoken to.
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
        """Give a message as each of those hears it who are spoken to, and who they are."""
        yield message, self.others
        for nick, sessions in self.other_nicks:
            place = message.params.index(self.shown)
            params = (*message.params[:place], nick, *message.params[place + 1 :])
            yield message._replace(params=params), sessions


@command("PRIVMSG", needs=REGISTERED)
def privmsg(ctx: Context, targets: str = "", text: str = "") -> None:
    """Say something to channels or users: #one,nick; `@#one` reaches its operators only.

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
    """Say something that no program must answer; what goes wrong is not answered either.

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
    """Send tags without a text, to clients that know tags: that one is typing, or a reaction.

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
    """Have a text kept, then said."""
    audience = find_audience(ctx, name, text, ctx.message.command)
    own_tags = client_tags(ctx)
    tags = message_tags(audience.id, own_tags)
    message = fit_to_line(Message(ctx.message.command, (audience.shown, text), ctx.user.source, tags))
    keep_message(ctx, audience, message.command, message.params[1], own_tags)
    send_to_audience(ctx, audience, message)


def send_to_audience(ctx: Context, audience: Audience, message: Message) -> None:
    """Say a message to whom it is for, and to who says it where that is wanted."""
    for copy, listeners in audience.copies(message):
        ctx.relay(copy, listeners)
    if "echo-message" in ctx.session.caps:
        ctx.send(message, (ctx.session,))


def keep_message(ctx: Context, audience: Audience, kind: str, text: str, own_tags: dict[str, str]) -> None:
    """Have what is said written to the log that it belongs to, and what must be on disk beside it."""
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
    """Have it written that somebody speaks with somebody else, where that is new."""
    contacts, both = one.contacts, (one.identity, other.identity)
    if contacts.record(*both, other.nick):
        ctx.keep(DirectConversationRow(*both, direct_target(one, other), other.nick))
        ctx.entry.on_refused(lambda: contacts.forget(*both))


def _send_tags(ctx: Context, name: str) -> None:
    """Say tags; they are kept where they are more than a sign of life.

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
    """Give the tags of a message: its id and time, and the client's own."""
    return {**event_tags(number), **own_tags}


def client_tags(ctx: Context) -> dict[str, str]:
    """Give those of the message's tags that clients tell each other."""
    return {name: value for name, value in ctx.message.tags.items() if name[0] == "+" and is_tag_name(name)}


def find_audience(ctx: Context, name: str, text: str, kind: str) -> Audience:
    """Find whom a target means, and make sure that the speaker may speak to them."""
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
    """Speak to an account's owner, under a nick that no connection has now: to those that they have."""
    for user in account.users:
        may_speak_to(ctx.user, user)
    here = sorted((user for user in account.users if user.sessions), key=lambda user: user.folded)
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
    """Speak to somebody on all of their connections; the speaker's other ones hear it, too."""
    if away and kind == "PRIVMSG":
        ctx.reply(RPL_AWAY, other.nick, away)
    if len(ctx.user.sessions) > 1:
        own = (session for session in ctx.user.sessions if session is not ctx.session)
        sessions = tuple(dict.fromkeys((*sessions, *own)))
    target, number = direct_target(ctx.user, other), ctx.hub.mint_direct_id()
    return Audience(other.nick, target, number, "", sessions, person=other)
