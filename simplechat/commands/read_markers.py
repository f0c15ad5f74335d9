"""MARKREAD: the time up to which a user has read, shared by all of the user's clients.

Spec: https://ircv3.net/specs/extensions/read-marker
"""

from __future__ import annotations

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.hub.channel import Channel
from simplechat.hub.errors import Failed
from simplechat.hub.ids import first_id, ms_of, time_of
from simplechat.hub.names import is_channel_name, sanitize_param
from simplechat.hub.records import ReadMarkerRow
from simplechat.hub.user import Session, sessions_with
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.ircv3.selectors import BadSelector, TimestampSelector, parse_selector

READ_MARKER = "draft/read-marker"


@command("MARKREAD", needs=REGISTERED)
async def markread(ctx: Context, target: str = "", place: str = "") -> None:
    """Mark a channel or a direct conversation as read up to a time, or show that time.

    Spec: https://ircv3.net/specs/extensions/read-marker
    """
    if not target:
        raise Failed("NEED_MORE_PARAMS", "MARKREAD takes a target")
    if sanitize_param(target) != target:
        raise Failed("INVALID_PARAMS", sanitize_param(target), "That cannot be a target")
    if place:
        _move_marker(ctx, target, _parse_time(target, place))
        return
    await ctx.services.settled()
    ctx.send(_marker_message(ctx, target), (ctx.session,))


def _parse_time(target: str, place: str) -> int:
    try:
        selector = parse_selector(place)
    except BadSelector as error:
        raise Failed("INVALID_PARAMS", target, sanitize_param(place), str(error)) from None
    if not isinstance(selector, TimestampSelector):
        raise Failed("INVALID_PARAMS", target, sanitize_param(place), "MARKREAD takes a time")
    return selector.ms


def _move_marker(ctx: Context, target: str, ms: int) -> None:
    """Move a marker forward, at most to the present; a marker that is ahead already stays."""
    user, marks = ctx.user, ctx.hub.read_markers
    at = ms_of(first_id(min(ms, int(ctx.now * 1000))))
    before = marks.get(user.identity, _key(ctx, target))
    if before is not None and at <= before:
        ctx.send(_marker_message(ctx, target), (ctx.session,))
        return
    row = ReadMarkerRow(user.identity, _key(ctx, target), at)
    ctx.entry.on_refused(marks.put(row))
    if user.account:
        ctx.entry.targets.append(target)
        ctx.keep(row)
    others = (each for each in sessions_with(_own_sessions(ctx), READ_MARKER) if each is not ctx.session)
    ctx.send(_marker_message(ctx, target), (ctx.session, *others))


def _key(ctx: Context, target: str) -> str:
    """Return the key of a marker: the log of a channel, so that it follows a rename, or a folded nick."""
    return ctx.hub.channel_index.target_of(target) if is_channel_name(target) else fold(target)


def _own_sessions(ctx: Context) -> tuple[Session, ...]:
    """Return every session of the user, including those under other nicks of the account."""
    account = ctx.hub.accounts.get(ctx.user.account)
    users = ctx.hub.users_of(account) if account else (ctx.user,)
    return tuple(session for user in users for session in user.sessions)


def show_read_marker(ctx: Context, channel: Channel, listeners: tuple[Session, ...]) -> None:
    """Send the marker of a channel to sessions that have joined it.

    Spec: https://ircv3.net/specs/extensions/read-marker#command-flows
    """
    ctx.send(_marker_message(ctx, channel.name), sessions_with(listeners, READ_MARKER))


def _marker_message(ctx: Context, target: str) -> Message:
    at = ctx.hub.read_markers.get(ctx.user.identity, _key(ctx, target))
    place = "*" if at is None else f"timestamp={time_of(first_id(at))}"
    return Message("MARKREAD", (target, place), ctx.hub.config.server_name)
