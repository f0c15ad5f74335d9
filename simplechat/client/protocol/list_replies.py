"""Answers of many lines, gathered until they are whole: who is in a room, who is where, what rooms are.

Spec: https://modern.ircdocs.horse/#rplwhoreply-352
Spec: https://modern.ircdocs.horse/#rpllist-322
Spec: https://modern.ircdocs.horse/#rplnamreply-353
"""

from __future__ import annotations

from simplechat.client.protocol.events import Event, MembersListed, TableShown
from simplechat.ircv3.message import Message
from simplechat.locale import marked

MAX_ROWS = 20_000  # of one answer; a server that never ends it costs no more

AWAY = marked("away")
PEOPLE = (marked("nick"), AWAY, marked("room"), marked("name"))
ROOMS = (marked("room"), marked("people"), marked("about"))


class ListReplies:
    """Takes the numerics of lists; gives an event when one is whole."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[str, ...]]] = {}

    def hear(self, message: Message) -> Event | None:
        """Take a numeric, whichever it is."""
        _, *params = (*message.params, "", "", "", "", "", "", "", "")[:9]
        match message.command:
            case "352":
                channel, _, _, _, nick, flags, real, *_ = params
                away = marked("yes") if flags.startswith("G") else ""
                self._add("315", (_signs(flags) + nick, away, channel, real.partition(" ")[2]))
            case "322":
                room, count, topic, *_ = params
                self._add("323", (room, count, topic))
            case "353":
                _, room, nicks, *_ = params
                self._add("366", *((room, nick) for nick in nicks.split()))
            case "315":
                return TableShown(PEOPLE, self._take("315"))
            case "323":
                return TableShown(ROOMS, self._take("323"))
            case "366":
                rows = self._take("366")
                return MembersListed(params[0], tuple(nick for _, nick in rows))
        return None

    def _add(self, end: str, *rows: tuple[str, ...]) -> None:
        known = self._rows.setdefault(end, [])
        known.extend(rows[: MAX_ROWS - len(known)])

    def _take(self, end: str) -> tuple[tuple[str, ...], ...]:
        return tuple(self._rows.pop(end, ()))


def _signs(flags: str) -> str:
    """Give what somebody is in the room, out of the flags of WHO."""
    return "".join(sign for sign in flags[1:] if sign in "~&@%+")
