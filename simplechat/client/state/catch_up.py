"""What was said while we were not there: fetched page by page, before anything newer is told.

A place is a room, or a nick that is talked with. While its pages are fetched, what is said there meanwhile is
held back, so that everything is told once and in order.

Spec: https://ircv3.net/specs/extensions/chathistory
Spec: https://ircv3.net/specs/extensions/read-marker
"""

from __future__ import annotations

from simplechat.client.protocol.events import (
    ChannelRenamed,
    Event,
    HistoryPage,
    HistoryTargets,
    MembersListed,
    MissedCount,
    ReadMarkerReceived,
    RequestRefused,
    UserJoined,
    Welcomed,
)
from simplechat.client.protocol.history_requests import (
    FOR_CATCH_UP,
    FOR_CONTEXT,
    request_last_before,
    request_page_after,
    request_targets_between,
    time_selector,
)
from simplechat.client.protocol.message_events import (
    HistoryEvent,
    MessageDeleted,
    MessageReceived,
    ReactionReceived,
)
from simplechat.client.protocol.requests import Requests
from simplechat.client.protocol.server_info import ServerInfo
from simplechat.client.state.annotations import apply_annotations
from simplechat.client.state.model import Model
from simplechat.ircv3.casemap import fold

FIRST_VISIT_MESSAGES = 50  # messages, to who comes for the first time
CONTEXT_MESSAGES = 10  # messages before the first that was not read, to who comes anew
MAX_DIRECT_CONVERSATIONS = 50  # conversations that are looked into
MAX_HELD_MESSAGES = 10_000  # messages of one place, before the first of them are told
MAX_PAGES = 1000  # of one place
MAX_TARGETS = 500  # at once

CLOCK_SKEW_S = 60.0  # by which the times of one place may be ahead of another's
EARLIEST = 946_684_800.0  # 2000-01-01
LATEST_SELECTOR = "timestamp=2060-01-01T00:00:00.000Z"


class _Place:
    """One place whose pages are being fetched."""

    def __init__(self, name: str, *, is_talk: bool = False) -> None:
        self.name = name
        self.is_talk = is_talk
        self.is_begun = False
        self.is_marked = False
        self.pages = 0
        self.newest = ""  # the selector behind which a page was asked for last
        self.rows: list[HistoryEvent] = []
        self.live: list[HistoryEvent] = []


class CatchUp:
    """Fetches what was missed.

    Args:
        model: What is known.
        server: What is known of the server.
        requests: Sends requests to it.

    Attributes:
        pages: How many answers came.
    """

    def __init__(self, model: Model, server: ServerInfo, requests: Requests) -> None:
        self.pages = 0
        self._model = model
        self._server = server
        self._requests = requests
        self._places: dict[str, _Place] = {}
        self._since: float | None = None  # when we were last there, for conversations that we do not know
        self._talks: list[HistoryEvent] | None = None  # held back until it is known which were missed

    def __len__(self) -> int:
        """How many places are not whole yet."""
        return len(self._places) + (self._talks is not None)

    # -- what happens ----------------------------------------------------------------------------------

    def hear(self, event: Event) -> list[Event] | None:
        """Take an event; give what is to be told now instead of it, or None where it is nothing to us."""
        match event:
            case Welcomed():
                self._look_for_talks()
            case UserJoined(_, _, room, True):
                self._add(_Place(room))
            case MembersListed(room):
                place = self._places.get(fold(room))
                if place is not None and not place.is_begun:
                    self._begin(place)
            case ReadMarkerReceived(_, target):
                place = self._places.get(fold(target))
                self._begin_talks([place] if place is not None else [])
            case RequestRefused(command="MARKREAD"):
                self._begin_talks([*self._places.values()])
            case MessageReceived() | ReactionReceived() | MessageDeleted():
                return [] if self._holds(event) else None
            case ChannelRenamed(_, _, old, new) if fold(old) in self._places:
                place = self._places.pop(fold(old))
                place.name = new
                self._add(place)
            case HistoryPage(purpose, target) if purpose in (FOR_CATCH_UP, FOR_CONTEXT):
                self.pages += 1
                return self._paged(event, self._places.get(fold(target)))
            case HistoryTargets(targets):
                self.pages += 1
                return self._found_talks(targets)
        return None

    def _add(self, place: _Place) -> _Place:
        if len(self._places) < MAX_TARGETS:
            self._places[fold(place.name)] = place
        return place

    def _holds(self, row: HistoryEvent) -> bool:
        """Hold back what is said in a place, or becomes of it, that is not whole yet."""
        place = self._places.get(fold(row.conversation))
        is_of_a_talk = not row.conversation.startswith("#") and bool(row.msgid)
        held = place.live if place is not None else self._talks if is_of_a_talk else None
        if held is None or len(held) >= MAX_HELD_MESSAGES:
            return False
        held.append(row)
        return True

    # -- rooms and talks -------------------------------------------------------------------------------

    def _begin(self, place: _Place) -> None:
        place.is_begun = True
        seen = self._model.seen(place.name)
        if seen.msgid:
            self._fetch_after(place, f"msgid={seen.msgid}")
        elif place.is_talk and (since := seen.read_at or self._since) is not None:
            self._fetch_after(place, time_selector(since))
        elif seen.read_at is None:
            count = CONTEXT_MESSAGES if place.is_talk else FIRST_VISIT_MESSAGES
            self._fetch_before(place, "", count)
        else:  # what was said just then is read
            self._fetch_before(place, time_selector(seen.read_at + 0.001), CONTEXT_MESSAGES)

    def _fetch_before(self, place: _Place, selector: str, count: int) -> None:
        self._requests.history(
            request_last_before(place.name, FOR_CONTEXT, selector, self._server.max_page_rows, count)
        )

    def _fetch_after(self, place: _Place, selector: str) -> None:
        place.newest = selector
        self._requests.history(
            request_page_after(place.name, FOR_CATCH_UP, selector, self._server.max_page_rows)
        )

    def _paged(self, page: HistoryPage, place: _Place | None) -> list[Event]:
        if place is None or not place.is_begun:
            return []
        place.rows += page.rows
        place.pages += 1
        read_at = self._model.seen(place.name).read_at
        if page.purpose == FOR_CONTEXT and read_at is not None and not page.error:
            self._fetch_after(place, time_selector(read_at))
            return []
        is_new = page.newest not in ("", place.newest)  # or it would never end
        if page.purpose == FOR_CATCH_UP and not page.is_end and is_new and place.pages < MAX_PAGES:
            self._fetch_after(place, page.newest)
            return self._so_far(place) if len(place.rows) >= MAX_HELD_MESSAGES else []
        del self._places[fold(place.name)]
        return [*self._so_far(place), *place.live]

    def _so_far(self, place: _Place) -> list[Event]:
        """Give what was fetched, what was not read yet behind a line that says so."""
        recent = self._model.recent
        rows = [
            row
            for row in apply_annotations(place.rows, recent)
            if isinstance(row, MessageReceived)
            or recent.of_msgid(row.msgid)
            or (isinstance(row, ReactionReceived) and row.is_with_message)
        ]
        place.rows = []
        seen = self._model.seen(place.name)
        since = max((at for at in (seen.at, seen.read_at) if at is not None), default=None)
        if place.is_marked or (since is None and not place.is_talk):
            return [*rows]
        old = sum((row.at or 0) <= (since or 0) for row in rows)
        count = sum(isinstance(row, MessageReceived) and not row.is_own for row in rows[old:])
        if not count:
            return [*rows]
        place.is_marked = True
        return [*rows[:old], MissedCount(place.name, count, since), *rows[old:]]

    # -- conversations ---------------------------------------------------------------------------------

    def _look_for_talks(self) -> None:
        """Ask who has talked to us meanwhile: a guest who comes for the first time knows nobody yet."""
        last_at = self._model.last_at
        if last_at is None and not (self._model.account and self._server.has_read_markers):
            return
        self._since = None if last_at is None else last_at - CLOCK_SKEW_S
        self._requests.history(
            request_targets_between(
                LATEST_SELECTOR, time_selector(self._since or EARLIEST), MAX_DIRECT_CONVERSATIONS
            )
        )
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
                place = self._add(_Place(target, is_talk=True))
                if not self._server.has_read_markers or self._model.seen(target).msgid:
                    self._begin(place)
                else:
                    self._requests.read_marker(target)
        return [row for row in talks if not self._holds(row)]
