"""What was said while we were not there: fetched page by page, before anything newer is told.

A place is a room, or a nick that is talked with. While its pages are fetched, what is said there meanwhile is
held back, so that everything is told once and in order.

Spec: https://ircv3.net/specs/extensions/chathistory
Spec: https://ircv3.net/specs/extensions/read-marker
"""

from __future__ import annotations

from datetime import UTC, datetime

from simplechat.client.core import Core
from simplechat.client.events import (
    Event,
    Joined,
    Marked,
    Missed,
    Paged,
    Places,
    Present,
    Refused,
    Said,
    Welcomed,
)
from simplechat.client.model import Model
from simplechat.client.past import CONTEXT, MISSED, page_of, places_between
from simplechat.ircv3.casemap import fold

SHOWN_BEFORE = 50  # messages, to who comes for the first time
SHOWN_AROUND = 10  # messages before the first that was not read, to who comes anew
MOST_TALKS = 50  # conversations that are looked into
MOST_HELD = 10_000  # messages of one place, before the first of them are told

SLACK_S = 60.0  # by which the times of one place may be ahead of another's
LONG_AGO = 946_684_800.0  # 2000-01-01
LATER = "timestamp=2060-01-01T00:00:00.000Z"


class _Place:
    """One place whose pages are being fetched."""

    def __init__(self, name: str, *, is_talk: bool = False) -> None:
        self.name = name
        self.is_talk = is_talk
        self.is_begun = False
        self.is_marked = False
        self.rows: list[Said] = []
        self.live: list[Said] = []


class MissedMessages:
    """Fetches what was missed.

    Args:
        model: What is known.
        core: Asks the server.

    Attributes:
        pages: How many answers came.
    """

    def __init__(self, model: Model, core: Core) -> None:
        self.pages = 0
        self._model = model
        self._core = core
        self._places: dict[str, _Place] = {}
        self._since: float | None = None  # when we were last there, for conversations that we do not know
        self._talks: list[Said] | None = None  # held back until it is known which were missed

    def __len__(self) -> int:
        """How many places are not whole yet."""
        return len(self._places) + (self._talks is not None)

    # -- what happens ----------------------------------------------------------------------------------

    def hear(self, event: Event) -> list[Event] | None:
        """Take an event; give what is to be told now instead of it, or None where it is nothing to us."""
        match event:
            case Welcomed():
                self._look_for_talks()
            case Joined(_, _, room, True):
                self._places[fold(room)] = _Place(room)
            case Present(room):
                place = self._places.get(fold(room))
                if place is not None and not place.is_begun:
                    self._begin(place)
            case Marked(_, target):
                place = self._places.get(fold(target))
                self._begin_talks([place] if place is not None else [])
            case Refused(command="MARKREAD"):
                self._begin_talks([*self._places.values()])
            case Said():
                return [] if self._holds(event) else None
            case Paged(purpose, target) if purpose in (MISSED, CONTEXT):
                self.pages += 1
                return self._paged(event, self._places.get(fold(target)))
            case Places(targets):
                self.pages += 1
                return self._found_talks(targets)
        return None

    def _holds(self, said: Said) -> bool:
        """Hold a message back if its place is not whole yet."""
        place = self._places.get(fold(said.address))
        if place is not None:
            place.live.append(said)
        elif self._talks is not None and not said.address.startswith("#") and said.msgid:
            self._talks.append(said)
        else:
            return False
        return True

    # -- rooms and talks -------------------------------------------------------------------------------

    def _begin(self, place: _Place) -> None:
        place.is_begun = True
        seen = self._model.seen(place.name)
        if seen.msgid:
            self._fetch_after(place, f"msgid={seen.msgid}")
        elif place.is_talk and (since := seen.read_at or self._since) is not None:
            self._fetch_after(place, _selector(since))
        elif seen.read_at is None:
            count = SHOWN_AROUND if place.is_talk else SHOWN_BEFORE
            self._core.ask(page_of(place.name, CONTEXT, "LATEST", "*", min(count, self._core.most_rows)))
        else:
            before = _selector(seen.read_at + 0.001)  # what was said just then is read
            self._core.ask(page_of(place.name, CONTEXT, "BEFORE", before, SHOWN_AROUND))

    def _fetch_after(self, place: _Place, selector: str) -> None:
        self._core.ask(page_of(place.name, MISSED, "AFTER", selector, self._core.most_rows))

    def _paged(self, page: Paged, place: _Place | None) -> list[Event]:
        if place is None or not place.is_begun:
            return []
        place.rows += page.said
        read_at = self._model.seen(place.name).read_at
        if page.purpose == CONTEXT and read_at is not None and not page.trouble:
            self._fetch_after(place, _selector(read_at))
            return []
        if page.purpose == MISSED and not page.is_end:
            last = page.said[-1]
            self._fetch_after(place, f"msgid={last.msgid}" if last.msgid else _selector(last.at or 0))
            return self._so_far(place) if len(place.rows) >= MOST_HELD else []
        del self._places[fold(place.name)]
        return [*self._so_far(place), *place.live]

    def _so_far(self, place: _Place) -> list[Event]:
        """Give what was fetched, what was not read yet behind a line that says so."""
        rows, place.rows = place.rows, []
        seen = self._model.seen(place.name)
        since = max((at for at in (seen.at, seen.read_at) if at is not None), default=None)
        if place.is_marked or (since is None and not place.is_talk):
            return [*rows]
        old = sum((said.at or 0) <= (since or 0) for said in rows)
        count = sum(not said.is_own for said in rows[old:])
        if not count:
            return [*rows]
        place.is_marked = True
        return [*rows[:old], Missed(place.name, count, since), *rows[old:]]

    # -- conversations ---------------------------------------------------------------------------------

    def _look_for_talks(self) -> None:
        """Ask who has talked to us meanwhile: a guest who comes for the first time knows nobody yet."""
        last_at = self._model.last_at
        if last_at is None and not (self._model.account and self._core.has_marks):
            return
        self._since = None if last_at is None else last_at - SLACK_S
        self._core.ask(places_between(LATER, _selector(self._since or LONG_AGO), MOST_TALKS))
        self._talks = []

    def _begin_talks(self, places: list[_Place]) -> None:
        """Begin with conversations of which it is known now up to when they were read, or that it is not."""
        for place in places:
            if place.is_talk and not place.is_begun:
                self._begin(place)

    def _found_talks(self, targets: tuple[str, ...]) -> list[Event]:
        talks, self._talks = self._talks or [], None
        for target in targets:
            if not target.startswith("#"):
                self._places[fold(target)] = place = _Place(target, is_talk=True)
                if not self._core.has_marks or self._model.seen(target).msgid:
                    self._begin(place)
                else:
                    self._core.mark(target)
        return [said for said in talks if not self._holds(said)]


def _selector(at: float) -> str:
    return f"timestamp={time_text(at)}"


def time_text(at: float) -> str:
    """Write a time as tags have it.

    Args:
        at: Seconds since 1970.
    """
    ms = round(at * 1000)
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"
