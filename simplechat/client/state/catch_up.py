"""The messages that were missed: fetched page by page, before anything newer is shown.

While the pages of a channel or a direct conversation are fetched, its live messages are held back, so that
each message is shown once and in order.

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

FIRST_VISIT_MESSAGES = 50  # shown of a channel that we have never been in
CONTEXT_MESSAGES = 10  # shown before the first unread one
MAX_DIRECT_CONVERSATIONS = 50  # looked into
MAX_HELD_MESSAGES = 10_000  # of one target, before the first of them are shown
MAX_PAGES = 1000  # of one target
MAX_TARGETS = 500  # at once

CLOCK_SKEW_S = 60.0  # by which the times of one conversation may be ahead of another's
EARLIEST = 946_684_800.0  # 2000-01-01, in seconds since 1970
LATEST_SELECTOR = "timestamp=2060-01-01T00:00:00.000Z"


class TargetHistory:
    """A channel or a direct conversation whose pages are being fetched.

    Attributes:
        is_direct: True for a direct conversation.
        has_begun: True once the first page was requested.
        has_missed_count: True once users were told how much they missed.
        newest: The selector after which the last page was requested.
        rows: What was fetched and is not shown yet.
        live: What came meanwhile.
    """

    def __init__(self, name: str, *, is_direct: bool = False) -> None:
        self.name = name
        self.is_direct = is_direct
        self.has_begun = False
        self.has_missed_count = False
        self.pages = 0
        self.newest = ""
        self.rows: list[HistoryEvent] = []
        self.live: list[HistoryEvent] = []


class CatchUp:
    """Fetches the missed messages of one connection.

    Args:
        model: What is known.
        server: What is known of the server.
        requests: Sends requests to it.

    Attributes:
        targets: Those that are not complete yet, by their folded names.
        pages: How many answers came.
    """

    def __init__(self, model: Model, server: ServerInfo, requests: Requests) -> None:
        self.targets: dict[str, TargetHistory] = {}
        self.pages = 0
        self._model = model
        self._server = server
        self._requests = requests
        self._since: float | None = None  # when we were last here, for conversations that are new to us
        self._held_direct: list[HistoryEvent] | None = None  # until it is known which ones were missed

    # -- events ----------------------------------------------------------------------------------------

    def receive(self, event: Event) -> list[Event] | None:
        """Handle an event; return what to show instead of it, or None to show the event itself."""
        match event:
            case Welcomed():
                self._request_targets()
            case UserJoined(_, _, channel, True):
                self._add(TargetHistory(channel))
            case MembersListed(channel):
                target = self.targets.get(fold(channel))
                if target is not None and not target.has_begun:
                    self._begin(target)
            case ReadMarkerReceived(_, name):
                target = self.targets.get(fold(name))
                self._begin_direct([target] if target is not None else [])
            case RequestRefused(command="MARKREAD"):
                self._begin_direct([*self.targets.values()])
            case MessageReceived() | ReactionReceived() | MessageDeleted():
                return [] if self._hold(event) else None
            case ChannelRenamed(_, _, old, new) if fold(old) in self.targets:
                target = self.targets.pop(fold(old))
                target.name = new
                self._add(target)
            case HistoryPage(purpose, name) if purpose in (FOR_CATCH_UP, FOR_CONTEXT):
                self.pages += 1
                return self._receive_page(event, self.targets.get(fold(name)))
            case HistoryTargets(names):
                self.pages += 1
                return self._receive_targets(names)
        return None

    def _add(self, target: TargetHistory) -> TargetHistory:
        if len(self.targets) < MAX_TARGETS:
            self.targets[fold(target.name)] = target
        return target

    def _hold(self, event: HistoryEvent) -> bool:
        """Hold back an event of a target that is not complete yet; return False for another."""
        target = self.targets.get(fold(event.conversation))
        is_direct = not event.conversation.startswith("#") and bool(event.msgid)
        held = target.live if target is not None else self._held_direct if is_direct else None
        if held is None or len(held) >= MAX_HELD_MESSAGES:
            return False
        held.append(event)
        return True

    # -- pages -----------------------------------------------------------------------------------------

    def _begin(self, target: TargetHistory) -> None:
        target.has_begun = True
        position = self._model.read_position(target.name)
        if position.msgid:
            self._request_after(target, f"msgid={position.msgid}")
        elif target.is_direct and (since := position.read_at or self._since) is not None:
            self._request_after(target, time_selector(since))
        elif position.read_at is None:
            count = CONTEXT_MESSAGES if target.is_direct else FIRST_VISIT_MESSAGES
            self._request_before(target, "", count)
        else:  # a message of that very millisecond is read
            self._request_before(target, time_selector(position.read_at + 0.001), CONTEXT_MESSAGES)

    def _request_before(self, target: TargetHistory, selector: str, count: int) -> None:
        limit = self._server.max_page_rows
        self._requests.history(request_last_before(target.name, FOR_CONTEXT, selector, limit, count))

    def _request_after(self, target: TargetHistory, selector: str) -> None:
        target.newest = selector
        limit = self._server.max_page_rows
        self._requests.history(request_page_after(target.name, FOR_CATCH_UP, selector, limit))

    def _receive_page(self, page: HistoryPage, target: TargetHistory | None) -> list[Event]:
        if target is None or not target.has_begun:
            return []
        target.rows += page.rows
        target.pages += 1
        read_at = self._model.read_position(target.name).read_at
        if page.purpose == FOR_CONTEXT and read_at is not None and not page.error:
            self._request_after(target, time_selector(read_at))
            return []
        is_new = page.newest not in ("", target.newest)  # or it would never end
        if page.purpose == FOR_CATCH_UP and not page.is_end and is_new and target.pages < MAX_PAGES:
            self._request_after(target, page.newest)
            return self._take_rows(target) if len(target.rows) >= MAX_HELD_MESSAGES else []
        del self.targets[fold(target.name)]
        return [*self._take_rows(target), *target.live]

    def _take_rows(self, target: TargetHistory) -> list[Event]:
        """Return what was fetched so far; before the unread part, how much was missed."""
        rows = [row for row in apply_annotations(target.rows, self._model.messages) if self._is_shown(row)]
        target.rows = []
        position = self._model.read_position(target.name)
        since = max((at for at in (position.at, position.read_at) if at is not None), default=None)
        if target.has_missed_count or (since is None and not target.is_direct):
            return [*rows]
        old = sum((row.at or 0) <= (since or 0) for row in rows)
        count = sum(isinstance(row, MessageReceived) and not row.is_own for row in rows[old:])
        if not count:
            return [*rows]
        target.has_missed_count = True
        return [*rows[:old], MissedCount(target.name, count, since), *rows[old:]]

    def _is_shown(self, row: HistoryEvent) -> bool:
        """Tell whether a row is a message, or is about one that is known."""
        if isinstance(row, MessageReceived) or self._model.messages.by_msgid(row.msgid) is not None:
            return True
        return isinstance(row, ReactionReceived) and row.is_with_message

    # -- direct conversations --------------------------------------------------------------------------

    def _request_targets(self) -> None:
        """Ask who has written to us meanwhile; a guest on the first visit knows nobody yet."""
        last_at = self._model.last_message_at
        if last_at is None and not (self._model.account and self._server.has_read_markers):
            return
        self._since = None if last_at is None else last_at - CLOCK_SKEW_S
        stop = time_selector(self._since or EARLIEST)
        self._requests.history(request_targets_between(LATEST_SELECTOR, stop, MAX_DIRECT_CONVERSATIONS))
        self._held_direct = []

    def _begin_direct(self, targets: list[TargetHistory]) -> None:
        """Begin with direct conversations, now that their read markers are known, or known to be missing."""
        for target in targets:
            if target.is_direct and not target.has_begun:
                self._begin(target)

    def _receive_targets(self, names: tuple[str, ...]) -> list[Event]:
        held, self._held_direct = self._held_direct or [], None
        for name in names:
            if not name.startswith("#"):
                target = self._add(TargetHistory(name, is_direct=True))
                if not self._server.has_read_markers or self._model.read_position(name).msgid:
                    self._begin(target)
                else:
                    self._requests.read_marker(name)
        return [event for event in held if not self._hold(event)]
