"""The verbs that look back: what was said before, page by page, and what is found in it.

Spec: https://ircv3.net/specs/extensions/chathistory
Spec: https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from simplechat.client.commands.arguments import misused, needed, room_of
from simplechat.client.protocol.connection import Unsayable
from simplechat.client.protocol.history_requests import (
    RECALLED,
    SEARCHED,
    SEARCHES,
    Question,
    last_before,
    time_text,
)
from simplechat.client.state.session import Talk
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, escape
from simplechat.locale import gettext as _

SHOWN = 20  # messages of a page, where nobody says how many
FOUND = 20  # messages that a search shows
BEFORE = "before"


def history(talk: Talk, rest: str) -> None:
    """Show a page of what was said before: the last one, or the one before the page that was shown last."""
    if not talk.core.has_history:
        raise Unsayable(_("This server cannot be asked for what was said before"))
    words = rest.split()
    names = [word for word in words if not word.isdecimal() and word.lower() != BEFORE]
    counts = [int(word[:6]) for word in words if word.isascii() and word.isdecimal()]
    if len(names) > 1 or len(counts) > 1 or 0 in counts:
        misused("/history")
    place = names[0] if names else room_of(talk)
    count = min((counts or [SHOWN])[0], talk.core.most_rows)
    is_further = BEFORE in map(str.lower, words) or not rest
    is_begun = is_further and talk.paging is not None and fold(talk.paging[0]) == fold(place)
    oldest = talk.paging[1] if talk.paging and is_begun else ""
    talk.core.ask(last_before(place, RECALLED, oldest, talk.core.most_rows, count))


def search(talk: Talk, rest: str) -> None:
    """Find what was said by its words, by who said it, where and when."""
    if not talk.core.has_search:
        raise Unsayable(_("This server cannot be searched"))
    attributes = dict(_attributes(needed("/search", rest)))
    if attributes.keys() <= {"in"}:
        misused("/search")
    written = ";".join(
        f"{name}={escape(value)}" for name, value in {**attributes, "limit": str(FOUND)}.items()
    )
    talk.core.ask(Question(Message("SEARCH", (written,)), SEARCHES, SEARCHED))


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    """Read what is sought."""
    words = []
    for word in text.split():
        name, colon, value = word.partition(":")
        read = _ATTRIBUTES.get(name.lower())
        if read is not None and colon and value:
            yield name.lower(), read(value)
        else:
            words.append(word)
    if words:
        yield "text", " ".join(words)


def _time(text: str) -> str:
    """Read a day or a time where we are; give it as tags have it."""
    try:
        at = datetime.fromisoformat(text)
        return time_text(at.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        told = _("{text} is no time: write 2026-11-24, or 2026-11-24T18:30")
        raise Unsayable(told.format(text=text)) from None


_ATTRIBUTES: dict[str, Callable[[str], str]] = {"in": str, "from": str, "after": _time, "before": _time}
