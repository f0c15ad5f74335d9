"""Commands that show earlier messages: page by page, or those that a search finds.

Spec: https://ircv3.net/specs/extensions/chathistory
Spec: https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from simplechat.client.commands.table import Completes, WrongUsage, client_command, require
from simplechat.client.protocol.connection import RequestError
from simplechat.client.protocol.history_requests import (
    FOR_DISPLAY,
    FOR_SEARCH,
    SEARCH_BATCHES,
    HistoryRequest,
    format_timestamp,
    request_last_before,
)
from simplechat.client.state.session import ClientSession
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, escape
from simplechat.locale import gettext as _
from simplechat.locale import marked

PAGE_LENGTH = 20  # messages, unless the user says how many
MAX_HITS = 20  # messages that a search shows
BEFORE = "before"


@client_command(
    "/history",
    marked("[NICK|#ROOM] [N|before]"),
    marked("show earlier messages; again: further back"),
    marked("/history 50 shows the last 50. Each message has a number for /reply, /react, /delete."),
)
def history(session: ClientSession, rest: str) -> None:
    """Show a page of earlier messages: the last one, or the one before the page that was shown last."""
    if not session.server.has_history:
        raise RequestError(_("This server does not show earlier messages"))
    words = rest.split()
    names = [word for word in words if not word.isdecimal() and word.lower() != BEFORE]
    counts = [int(word[:6]) for word in words if word.isascii() and word.isdecimal()]
    if len(names) > 1 or len(counts) > 1 or 0 in counts:
        raise WrongUsage
    target = names[0] if names else session.current_channel()
    count = min((counts or [PAGE_LENGTH])[0], session.server.max_page_rows)
    is_further = BEFORE in map(str.lower, words) or not rest
    is_begun = (
        is_further
        and session.history_position is not None
        and fold(session.history_position[0]) == fold(target)
    )
    oldest = session.history_position[1] if session.history_position and is_begun else ""
    session.requests.history(
        request_last_before(target, FOR_DISPLAY, oldest, session.server.max_page_rows, count)
    )


@client_command(
    "/search",
    marked("WORDS ..."),
    marked("search messages; /help search tells more"),
    marked("Besides words: in:#ROOM in:NICK from:NICK after:2026-11-24 before:2026-11-24T18:30"),
    marked("It finds only what you may read; case and accents do not matter."),
    completes=Completes.SEARCH_TERMS,
)
def search(session: ClientSession, rest: str) -> None:
    """Search messages by their words, their sender, their target and their time."""
    if not session.server.has_search:
        raise RequestError(_("This server cannot be searched"))
    terms = dict(_parse_terms(require(rest)))
    if terms.keys() <= {"in"}:
        raise WrongUsage
    attributes = {**terms, "limit": str(MAX_HITS)}
    param = ";".join(f"{name}={escape(value)}" for name, value in attributes.items())
    session.requests.history(HistoryRequest(Message("SEARCH", (param,)), SEARCH_BATCHES, FOR_SEARCH))


def _parse_terms(text: str) -> Iterator[tuple[str, str]]:
    """Parse search terms into the attributes of a SEARCH."""
    words = []
    for word in text.split():
        name, colon, value = word.partition(":")
        parse = _TERM_PARSERS.get(name.lower())
        if parse is not None and colon and value:
            yield name.lower(), parse(value)
        else:
            words.append(word)
    if words:
        yield "text", " ".join(words)


def _parse_time(text: str) -> str:
    """Parse a day or a time in the local time zone; return it as the server-time tag has it."""
    try:
        at = datetime.fromisoformat(text)
        return format_timestamp(at.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        reason = _("{text} is not a time: write 2026-11-24, or 2026-11-24T18:30")
        raise RequestError(reason.format(text=text)) from None


_TERM_PARSERS: dict[str, Callable[[str], str]] = {
    "in": str,
    "from": str,
    "after": _parse_time,
    "before": _parse_time,
}
