"""CHATHISTORY: what was said before, in pages.

Spec: https://ircv3.net/specs/extensions/chathistory
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.pages import Page, Wanted, around, newest, oldest
from simplechat.commands.log.rendering import as_messages, batch, in_batch, kinds_for
from simplechat.commands.log.views import View, room_view, talk_view, view_of
from simplechat.hub.errors import Failed, Refused, StoreError
from simplechat.hub.ids import EVER, first_id, id_of, time_of
from simplechat.hub.names import presentable
from simplechat.hub.records import MESSAGE_KINDS
from simplechat.hub.store import Store
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message
from simplechat.ircv3.selectors import BadSelector, MsgidSelector, TimestampSelector, parse_selector

MOST_ROWS = 100  # in one answer
LATEST_OF_ALL = "*"


class Place(NamedTuple):
    """A place in a log: the ids from the first of these on, below the second, are what is there."""

    first: int
    end: int


class Asked(NamedTuple):
    """What one CHATHISTORY asks for: its subcommand, what it looks at, from where, and how much."""

    verb: str
    name: str
    places: Sequence[Place]
    limit: int


@command("CHATHISTORY", needs=REGISTERED, cost=2)
async def chathistory(ctx: Context, subcommand: str = "", *words: str) -> None:
    """Show what was said before: `LATEST #tea * 50`, `BEFORE ben msgid=... 50`, AFTER, AROUND, BETWEEN.

    `TARGETS timestamp=... timestamp=... 50` lists where something was said.

    Spec: https://ircv3.net/specs/extensions/chathistory
    """
    asked = _read(subcommand, words)
    await ctx.services.settled()
    try:
        if asked.verb == "TARGETS":
            await _show_targets(ctx, asked)
        else:
            await _show_page(ctx, asked)
    except StoreError:
        text = "The server could not read what was said"
        raise Failed("MESSAGE_ERROR", asked.verb, presentable(asked.name), text) from None


# -- what is asked for ---------------------------------------------------------------------------------


def _read(subcommand: str, words: Sequence[str]) -> Asked:
    verb = subcommand.upper()
    if verb not in _PLACES:
        raise Failed("INVALID_PARAMS", presentable(subcommand), "There is no such subcommand")
    names = 0 if verb == "TARGETS" else 1
    if len(words) != names + _PLACES[verb] + 1:
        why = "Too few parameters" if len(words) < names + _PLACES[verb] + 1 else "Too many parameters"
        raise Failed("INVALID_PARAMS", verb, why)
    places = [_place(verb, words[0], word) for word in words[names:-1]]
    return Asked(verb, words[0], places, _limit(verb, words[-1]))


def _limit(verb: str, word: str) -> int:
    if not (word.isascii() and word.isdecimal() and int(word[:9]) > 0):
        raise Failed("INVALID_PARAMS", verb, presentable(word), "The limit is a number above 0")
    return min(int(word[:9]), MOST_ROWS)


def _place(verb: str, name: str, word: str) -> Place:
    if word == LATEST_OF_ALL and verb == "LATEST":
        return Place(0, 0)
    try:
        selector = parse_selector(word)
        if verb == "TARGETS" and isinstance(selector, MsgidSelector):
            raise BadSelector("INVALID_PARAMS", "TARGETS takes times only")
        if isinstance(selector, TimestampSelector):
            return Place(first_id(selector.ms), first_id(selector.ms + 1))
        number = min(id_of(selector.msgid), EVER - 1)
        return Place(number, number + 1)
    except BadSelector as error:
        about = (name, word) if error.code == "INVALID_MSGREFTYPE" else (word,)
        raise Failed(error.code, verb, *map(presentable, about), str(error)) from None
    except ValueError:
        raise Failed("INVALID_PARAMS", verb, presentable(word), "That is no msgid of this server's") from None


# -- pages ---------------------------------------------------------------------------------------------


async def _show_page(ctx: Context, asked: Asked) -> None:
    try:
        view = await view_of(ctx, asked.name)
    except Refused:
        text = "There is nothing there that you may read"
        raise Failed("INVALID_TARGET", asked.verb, presentable(asked.name), text) from None
    wanted = Wanted(kinds_for(ctx.session), asked.limit, ctx.hub.config.sendq // 2)
    page = await _PAGES[asked.verb](ctx.services.store, view, wanted, *asked.places)
    rows = [row for row in page.rows if view.admits(row)]
    messages = [each for row in rows for each in as_messages(row, view.addressee(row), ctx.session)]
    answer_batch(ctx, messages, "chathistory", asked.name, is_end=page.is_end)


def answer_batch(
    ctx: Context, messages: list[Message], kind: str, *params: str, is_end: bool = False
) -> None:
    """Answer with a batch, where batches are understood; who said something is tagged as it was then."""
    if "batch" in ctx.session.caps:
        source = ctx.hub.config.server_name
        opening, closing = batch(ctx.hub.outbox.reference(), kind, *params, source=source)
        if is_end:
            opening = opening._replace(tags={"draft/chathistory-end": ""})
        messages = in_batch(messages, opening, closing)
    for message in messages:
        ctx.entry.send(message, (ctx.session,))


async def _latest(store: Store, view: View, wanted: Wanted, place: Place) -> Page:
    return await newest(store, view, wanted, since=place.end)


async def _before(store: Store, view: View, wanted: Wanted, place: Place) -> Page:
    return await newest(store, view, wanted, below=place.first)


async def _after(store: Store, view: View, wanted: Wanted, place: Place) -> Page:
    return await oldest(store, view, wanted, after=place.end - 1)


async def _around(store: Store, view: View, wanted: Wanted, place: Place) -> Page:
    return await around(store, view, wanted, place.first)


async def _between(store: Store, view: View, wanted: Wanted, start: Place, stop: Place) -> Page:
    if start <= stop:
        return await oldest(store, view, wanted, after=start.end - 1, below=stop.first)
    return await newest(store, view, wanted, since=stop.end, below=start.first)


_PAGES: dict[str, Callable[..., Awaitable[Page]]] = {
    "LATEST": _latest,
    "BEFORE": _before,
    "AFTER": _after,
    "AROUND": _around,
    "BETWEEN": _between,
}
_PLACES = {**dict.fromkeys(_PAGES, 1), "BETWEEN": 2, "TARGETS": 2}
"""How many places each subcommand takes."""


# -- targets -------------------------------------------------------------------------------------------


async def _show_targets(ctx: Context, asked: Asked) -> None:
    start, stop = asked.places
    low, high = min(start, stop), max(start, stop)
    there = {**await _talks(ctx), **await _rooms(ctx)}
    found = sorted((latest, name) for name, latest in there.items() if low.end <= latest < high.first)
    shown = found[: asked.limit] if start <= stop else found[-asked.limit :]
    source = ctx.hub.config.server_name
    messages = [Message("CHATHISTORY", ("TARGETS", name, time_of(latest)), source) for latest, name in shown]
    answer_batch(ctx, messages, "draft/chathistory-targets", is_end=len(shown) == len(found))


async def _rooms(ctx: Context) -> dict[str, int]:
    """Give the newest message of each channel that the user is in and may read."""
    found: dict[str, int] = {}
    for channel in tuple(ctx.user.channels.values()):
        view = room_view(ctx, channel)
        page = await newest(ctx.services.store, view, Wanted(MESSAGE_KINDS, 1, EVER))
        found.update((view.name, row.id) for row in page.rows)
    return found


def _is_anothers(ctx: Context, nick: str, identity: int) -> bool:
    """Tell whether a nick means somebody else, now that who had it is not here."""
    account = ctx.hub.accounts.get(nick)
    return fold(nick) in ctx.hub.users or (account is not None and account.identity != identity)


async def _talks(ctx: Context) -> dict[str, int]:
    """Give the newest message of each conversation that can be asked for by a nick."""
    talks = await ctx.services.store.direct_conversations(ctx.user.identity)
    here = {user.identity: user for user in ctx.hub.users.values()}
    found: dict[str, int] = {}
    for talk in sorted(talks, key=lambda talk: talk.newest):
        other = here.get(talk.other)
        nick = other.nick if other else talk.nick
        is_taken = other is None and _is_anothers(ctx, nick, talk.other)
        view = talk_view(ctx, talk.other, nick)
        page = await newest(ctx.services.store, view, Wanted(MESSAGE_KINDS, 1, EVER)) if talk.newest else None
        if page and page.rows and not is_taken:
            found[nick] = page.rows[-1].id
    return found
