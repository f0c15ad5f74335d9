"""SEARCH: messages by their words, sender, target and time.

Spec: https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simplechat.commands.framework.context import Context, reply_in_batch
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.history import parse_limit
from simplechat.commands.log.rendering import render_row
from simplechat.commands.log.views import LogView, channel_view, direct_view, find_view
from simplechat.hub.channel import channels_of
from simplechat.hub.errors import Failed, Refused, StoreError
from simplechat.hub.ids import MAX_ID, first_id, msgid_of
from simplechat.hub.names import sanitize_param
from simplechat.hub.records import LogRow
from simplechat.hub.store import SearchQuery
from simplechat.ircv3.message import parse_tags
from simplechat.ircv3.selectors import BadSelector, parse_server_time

DEFAULT_LIMIT = 50  # messages, if the client names no limit
ATTRIBUTES = frozenset({"in", "from", "after", "before", "text", "limit"})
VENDOR, DRAFT = "soju.im/search", "draft/search"
MAX_QUERIES = 20  # to the store, for one answer


@command("SEARCH", needs=REGISTERED, cost=5)
async def search(ctx: Context, attributes: str, *more: str) -> None:
    """Search messages: `in=#tea;from=ben;text=green\\stea;after=...;before=...;limit=20`.

    With `after`, the first ones from that time on are shown; else the last ones.

    Spec: https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
    """
    wanted = _parse_attributes(" ".join((attributes, *more)))
    limit = parse_limit(wanted.get("limit", str(DEFAULT_LIMIT)), "limit")
    await ctx.services.settled()
    try:
        views = await _views(ctx, wanted.get("in", ""))
        rows = await _find(ctx, views, _build_query(ctx, views, wanted), limit)
    except StoreError as error:
        raise Failed("INTERNAL_ERROR", str(error) or "The search could not be run") from None
    messages: list[tuple[int, str, LogRow]] = [
        (row.id, row.target, row) for row in rows if views[row.target].allows(row)
    ]
    replies = [
        each
        for _, target, row in sorted(messages)
        for each in render_row(row, views[target].addressee(row), ctx.session)
    ]
    kind = "search" if DRAFT in ctx.session.caps and VENDOR not in ctx.session.caps else VENDOR
    reply_in_batch(ctx, replies, kind)


def _parse_attributes(text: str) -> Mapping[str, str]:
    wanted = parse_tags(text)
    unknown = sorted(wanted.keys() - ATTRIBUTES)
    if unknown or not wanted:
        about = sanitize_param(unknown[0] if unknown else "")
        raise Failed("INVALID_PARAMS", about, f"A search takes {', '.join(sorted(ATTRIBUTES))}")
    return wanted


def _parse_time(wanted: Mapping[str, str], name: str) -> int:
    try:
        return parse_server_time(wanted[name])
    except BadSelector as error:
        raise Failed("INVALID_PARAMS", name, str(error)) from None


def _build_query(ctx: Context, views: Mapping[str, LogView], wanted: Mapping[str, str]) -> SearchQuery:
    logs = tuple((view.target, view.since) for view in views.values() if view.channel or "in" in wanted)
    return SearchQuery(
        targets=logs,
        conversations_of="" if "in" in wanted else msgid_of(ctx.user.identity),
        since=first_id(_parse_time(wanted, "after")) if "after" in wanted else 0,
        below=first_id(_parse_time(wanted, "before") + 1) if "before" in wanted else MAX_ID,
        words=wanted.get("text", ""),
        nick=wanted.get("from", ""),
        oldest_first="after" in wanted,
    )


async def _views(ctx: Context, name: str) -> dict[str, LogView]:
    """Return views of the user's channels, or of the one target that was named, by log."""
    if name:
        try:
            views: Iterable[LogView] = [await find_view(ctx, name)]
        except Refused:
            raise Failed("INVALID_PARAMS", "in", "There is nothing there that you may read") from None
    else:
        views = [channel_view(ctx, channel) for channel in channels_of(ctx.user)]
    return {view.target: view for view in views}


async def _direct_views(ctx: Context) -> dict[str, LogView]:
    """Return views of the user's direct conversations, by log."""
    talks = await ctx.services.store.direct_conversations(ctx.user.identity)
    here = {user.identity: user.nick for user in ctx.hub.users.values()}
    views = (direct_view(ctx, talk.other, here.get(talk.other, talk.nick)) for talk in talks)
    return {view.target: view for view in views}


async def _find(ctx: Context, views: dict[str, LogView], sought: SearchQuery, limit: int) -> list[LogRow]:
    """Query the store until enough rows are found that the user may see, or no more exist."""
    rows: list[LogRow] = []
    place = -1 if sought.oldest_first else MAX_ID
    for _ in range(MAX_QUERIES):
        found = await ctx.services.store.search(sought, place, limit)
        if any(each.row.target not in views for each in found):
            views.update(await _direct_views(ctx))
        rows += [each.row for each in found if _is_shown(views, each.row)]
        if len(found) < limit or len(rows) >= limit:
            break
        place = found[-1].position
    return rows[:limit]


def _is_shown(views: Mapping[str, LogView], row: LogRow) -> bool:
    return row.target in views and views[row.target].allows(row)
