"""CHATHISTORY: earlier messages, in pages.

Spec: https://ircv3.net/specs/extensions/chathistory
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from simplechat.commands.framework.context import Context, reply_in_batch
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.pages import Page, PageRequest, read_around, read_newest, read_oldest
from simplechat.commands.log.rendering import history_kinds, render_row
from simplechat.commands.log.views import LogView, find_view
from simplechat.hub.channel import channels_of
from simplechat.hub.errors import Failed, Refused, StoreError
from simplechat.hub.ids import MAX_ID, first_id, parse_msgid, time_of
from simplechat.hub.names import sanitize_param
from simplechat.hub.policy import first_readable_id, readable_log
from simplechat.hub.store import ActiveTarget, ActiveTargets, Store
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.ircv3.selectors import BadSelector, MsgidSelector, TimestampSelector, parse_selector

MAX_HISTORY_ROWS = 100  # in one reply
NO_BOUND = "*"


class LogRange(NamedTuple):
    """A range of ids in a log: from the first one on, below the second."""

    first: int
    end: int


class HistoryRequest(NamedTuple):
    """A parsed CHATHISTORY."""

    subcommand: str
    name: str
    ranges: Sequence[LogRange]
    limit: int


@command("CHATHISTORY", needs=REGISTERED, cost=2)
async def chathistory(ctx: Context, subcommand: str = "", *words: str) -> None:
    """Show earlier messages: `LATEST #tea * 50`, `BEFORE ben msgid=... 50`, AFTER, AROUND, BETWEEN.

    `TARGETS timestamp=... timestamp=... 50` lists the channels and users with messages in that time.

    Spec: https://ircv3.net/specs/extensions/chathistory
    """
    request = _parse_request(subcommand, words)
    await ctx.services.settled()
    try:
        if request.subcommand == "TARGETS":
            await _show_targets(ctx, request)
        else:
            await _show_page(ctx, request)
    except StoreError:
        text = "The server could not read the messages"
        raise Failed("MESSAGE_ERROR", request.subcommand, sanitize_param(request.name), text) from None


# -- parsing -------------------------------------------------------------------------------------------


def _parse_request(subcommand: str, words: Sequence[str]) -> HistoryRequest:
    name = subcommand.upper()
    if name not in _RANGE_COUNTS:
        raise Failed("INVALID_PARAMS", sanitize_param(subcommand), "There is no such subcommand")
    names = 0 if name == "TARGETS" else 1
    if len(words) != names + _RANGE_COUNTS[name] + 1:
        why = "Too few parameters" if len(words) < names + _RANGE_COUNTS[name] + 1 else "Too many parameters"
        raise Failed("INVALID_PARAMS", name, why)
    ranges = [_parse_range(name, words[0], word) for word in words[names:-1]]
    return HistoryRequest(name, words[0], ranges, parse_limit(words[-1], name, sanitize_param(words[-1])))


def parse_limit(word: str, *about: str) -> int:
    """Return how many rows a client wants, at most `MAX_HISTORY_ROWS`.

    Args:
        about: What the FAIL names before its text.

    Raises:
        Failed: It is no number above 0.
    """
    if not (word.isascii() and word.isdecimal() and int(word[:9]) > 0):
        raise Failed("INVALID_PARAMS", *about, "The limit is a number above 0")
    return min(int(word[:9]), MAX_HISTORY_ROWS)


def _parse_range(subcommand: str, name: str, word: str) -> LogRange:
    if word == NO_BOUND and subcommand == "LATEST":
        return LogRange(0, 0)
    try:
        selector = parse_selector(word)
        if subcommand == "TARGETS" and isinstance(selector, MsgidSelector):
            raise BadSelector("INVALID_PARAMS", "TARGETS takes times only")
        if isinstance(selector, TimestampSelector):
            return LogRange(first_id(selector.ms), first_id(selector.ms + 1))
        number = min(parse_msgid(selector.msgid), MAX_ID - 1)
        return LogRange(number, number + 1)
    except BadSelector as error:
        about = (name, word) if error.code == "INVALID_MSGREFTYPE" else (word,)
        raise Failed(error.code, subcommand, *map(sanitize_param, about), str(error)) from None
    except ValueError:
        raise Failed(
            "INVALID_PARAMS", subcommand, sanitize_param(word), "That is not a msgid of this server"
        ) from None


# -- pages ---------------------------------------------------------------------------------------------


async def _show_page(ctx: Context, request: HistoryRequest) -> None:
    try:
        view = await find_view(ctx, request.name)
    except Refused:
        text = "There is nothing there that you may read"
        raise Failed("INVALID_TARGET", request.subcommand, sanitize_param(request.name), text) from None
    size = PageRequest(history_kinds(ctx.session), request.limit, ctx.hub.config.sendq // 2)
    page = await _PAGES[request.subcommand](ctx.services.store, view, size, *request.ranges)
    rows = [row for row in page.rows if view.allows(row)]
    messages = [each for row in rows for each in render_row(row, view.addressee(row), ctx.session)]
    reply_in_batch(ctx, messages, "chathistory", request.name, is_end=page.is_end)


async def _latest(store: Store, view: LogView, size: PageRequest, ids: LogRange) -> Page:
    return await read_newest(store, view, size, since=ids.end)


async def _before(store: Store, view: LogView, size: PageRequest, ids: LogRange) -> Page:
    return await read_newest(store, view, size, below=ids.first)


async def _after(store: Store, view: LogView, size: PageRequest, ids: LogRange) -> Page:
    return await read_oldest(store, view, size, after=ids.end - 1)


async def _around(store: Store, view: LogView, size: PageRequest, ids: LogRange) -> Page:
    return await read_around(store, view, size, ids.first)


async def _between(store: Store, view: LogView, size: PageRequest, start: LogRange, stop: LogRange) -> Page:
    if start <= stop:
        return await read_oldest(store, view, size, after=start.end - 1, below=stop.first)
    return await read_newest(store, view, size, since=stop.end, below=start.first)


_PAGES: dict[str, Callable[..., Awaitable[Page]]] = {
    "LATEST": _latest,
    "BEFORE": _before,
    "AFTER": _after,
    "AROUND": _around,
    "BETWEEN": _between,
}
_RANGE_COUNTS = {**dict.fromkeys(_PAGES, 1), "BETWEEN": 2, "TARGETS": 2}
"""How many ranges each subcommand takes."""


# -- targets -------------------------------------------------------------------------------------------


async def _show_targets(ctx: Context, request: HistoryRequest) -> None:
    start, stop = request.ranges
    low, high = min(start, stop), max(start, stop)
    query = ActiveTargets(
        ctx.user.identity,
        tuple(readable_log(ctx.user, channel) for channel in channels_of(ctx.user)),
        since=low.end,
        below=high.first,
        newest_first=start > stop,
    )
    found = await _named_targets(ctx, query, request.limit + 1)
    shown = sorted(found[: request.limit])
    source = ctx.hub.config.server_name
    messages = [Message("CHATHISTORY", ("TARGETS", name, time_of(latest)), source) for latest, name in shown]
    reply_in_batch(ctx, messages, "draft/chathistory-targets", is_end=len(shown) == len(found))


async def _named_targets(ctx: Context, query: ActiveTargets, limit: int) -> list[tuple[int, str]]:
    """Return newest id and name of the first targets of a query that the user can ask for by a name."""
    count = limit
    while True:
        targets = await ctx.services.store.active_targets(query, count)
        here = {user.identity: user.nick for user in ctx.hub.users.values()}
        names = [(each.newest_id, _name_of(ctx, each, here)) for each in targets]
        found = [(newest_id, name) for newest_id, name in names if name]
        if len(found) >= limit or len(targets) < count:
            return found[:limit]
        count *= 2


def _name_of(ctx: Context, target: ActiveTarget, here: Mapping[int, str]) -> str:
    """Return the name that a target has for the user now, "" if it has none.

    Args:
        here: The nicks of all users by identity.
    """
    if not target.other:
        channel = ctx.hub.channel_index.by_target.get(target.target)
        is_readable = channel is not None and first_readable_id(ctx.user, channel) <= target.newest_id
        return channel.name if channel is not None and is_readable else ""
    if target.other in here:
        return here[target.other]
    account = ctx.hub.accounts.get(target.nick)
    is_theirs = target.is_latest_of_nick if account is None else account.identity == target.other
    return target.nick if is_theirs and fold(target.nick) not in ctx.hub.users else ""
