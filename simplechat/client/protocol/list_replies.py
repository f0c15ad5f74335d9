"""Replies of many lines, gathered until they are whole: WHO, LIST and NAMES.

Spec: https://modern.ircdocs.horse/#rplwhoreply-352
Spec: https://modern.ircdocs.horse/#rpllist-322
Spec: https://modern.ircdocs.horse/#rplnamreply-353
"""

from __future__ import annotations

from simplechat.client.protocol.events import Event, MembersListed, TableShown
from simplechat.client.protocol.message_events import MEMBER_PREFIXES
from simplechat.ircv3.message import Message
from simplechat.locale import marked

MAX_ROWS = 20_000  # of one reply; a server that never ends it costs no more

AWAY = marked("away")
PEOPLE_COLUMNS = (marked("nick"), AWAY, marked("room"), marked("name"))
CHANNEL_COLUMNS = (marked("room"), marked("people"), marked("about"))


class ListReplies:
    """Takes the numerics of lists; returns an event when one is whole."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, ...]]] = {}  # by the numeric that ends the list

    def receive(self, message: Message) -> Event | None:
        """Handle a numeric of a list; return the event that it completes."""
        _, *params = (*message.params, "", "", "", "", "", "", "", "")[:9]
        match message.command:
            case "352":
                channel, _, _, _, nick, flags, real_name, *_ = params
                away = marked("yes") if flags.startswith("G") else ""
                self._add("315", (_member_prefixes(flags) + nick, away, channel, real_name.partition(" ")[2]))
            case "322":
                channel, count, topic, *_ = params
                self._add("323", (channel, count, topic))
            case "353":
                _, channel, nicks, *_ = params
                self._add("366", *((channel, nick) for nick in nicks.split()))
            case "315":
                return TableShown(PEOPLE_COLUMNS, self._take("315"))
            case "323":
                return TableShown(CHANNEL_COLUMNS, self._take("323"))
            case "366":
                rows = self._take("366")
                return MembersListed(params[0], tuple(nick for _, nick in rows))
        return None

    def _add(self, end: str, *rows: tuple[str, ...]) -> None:
        known = self._rows.setdefault(end, [])
        known.extend(rows[: MAX_ROWS - len(known)])

    def _take(self, end: str) -> tuple[tuple[str, ...], ...]:
        return tuple(self._rows.pop(end, ()))


def _member_prefixes(flags: str) -> str:
    """Return the channel prefixes in the flags of WHO."""
    return "".join(prefix for prefix in flags[1:] if prefix in MEMBER_PREFIXES)
