"""Requests for history and searches: sent one at a time, each with its answer.

A selector names a point in history: `msgid=...` or `timestamp=...`.

Spec: https://ircv3.net/specs/extensions/chathistory
Spec: https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from simplechat.client.protocol.batches import CHATHISTORY_BATCH, Batch
from simplechat.client.protocol.events import Event, HistoryPage, HistoryTargets
from simplechat.client.protocol.message_events import HistoryEvent, MessageReceived
from simplechat.client.protocol.message_fields import parameter, read_msgid, read_time_tag
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, is_middle

MAX_ROWS = 1000  # of one answer
MAX_PAGES = 20  # requested to find as many messages as are wanted, among other events
TARGETS_BATCH = "draft/chathistory-targets"
SEARCH_BATCHES = ("search", "soju.im/search")
END_TAG = "draft/chathistory-end"
FOR_CATCH_UP, FOR_CONTEXT = "catch up", "context"  # requested by the client itself
FOR_DISPLAY, FOR_SEARCH = "display", "search"  # requested by the user


class HistoryRequest(NamedTuple):
    """One request.

    Attributes:
        message: The message that is sent.
        batches: The types of the batch that answers.
        purpose: One of the FOR_ constants; the answer carries it.
        target: A channel or a nick; "" for all.
        wanted: How many messages, the last ones; 0 for as many as one page has.
    """

    message: Message
    batches: tuple[str, ...]
    purpose: str = ""
    target: str = ""
    wanted: int = 0

    def before(self, selector: str) -> HistoryRequest:
        """Return the same request, for what was before a selector."""
        _command, target, _selector, limit = self.message.params
        return self._replace(message=Message("CHATHISTORY", ("BEFORE", target, selector, limit)))


def request_page_after(target: str, purpose: str, selector: str, limit: int) -> HistoryRequest:
    """Build a request for the messages after a selector."""
    message = Message("CHATHISTORY", ("AFTER", target, selector, str(limit)))
    return HistoryRequest(message, (CHATHISTORY_BATCH,), purpose, target)


def request_last_before(target: str, purpose: str, selector: str, limit: int, wanted: int) -> HistoryRequest:
    """Build a request for the last messages before a selector.

    Args:
        selector: "" for now.
        limit: Of one page.
        wanted: How many messages.
    """
    subcommand = "BEFORE" if selector else "LATEST"
    message = Message("CHATHISTORY", (subcommand, target, selector or "*", str(limit)))
    return HistoryRequest(message, (CHATHISTORY_BATCH,), purpose, target, wanted)


def request_targets_between(start: str, stop: str, limit: int) -> HistoryRequest:
    """Build a request for targets with messages between two selectors; newest first if `start` is later."""
    message = Message("CHATHISTORY", ("TARGETS", start, stop, str(limit)))
    return HistoryRequest(message, (TARGETS_BATCH,))


def message_selector(msgid: str, at: float | None) -> str:
    """Return the selector of a message, by its msgid or its time; "" if it has neither."""
    if msgid:
        return f"msgid={msgid}"
    return "" if at is None else time_selector(at)


def time_selector(at: float) -> str:
    """Return the selector of a time, in seconds since 1970."""
    return f"timestamp={format_timestamp(at)}"


def format_timestamp(at: float) -> str:
    """Write a time, in seconds since 1970, as tags have it."""
    ms = round(at * 1000)
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


@dataclass(slots=True)
class _Page:
    """One page of an answer, with the selectors of its first row and of its last."""

    rows: list[HistoryEvent] = field(default_factory=list)
    oldest: str = ""
    newest: str = ""


class HistoryRequests:
    """The requests that are not answered yet.

    Attributes:
        pending: In the order of sending; the first may have been sent.
    """

    def __init__(self) -> None:
        self.pending: deque[HistoryRequest] = deque()
        self._is_sent = False
        self._batch: Batch | None = None
        self._targets: list[str] = []
        self._page = _Page()
        self._later: list[HistoryEvent] = []  # of the same request, from earlier pages
        self._newest = ""
        self._pages = 0

    def add(self, request: HistoryRequest) -> None:
        """Add a request, to be sent after the earlier ones are answered."""
        self.pending.append(request)

    def next_to_send(self) -> Message | None:
        """Return the request to send now, and count it as sent."""
        if self._is_sent or not self.pending:
            return None
        self._is_sent = True
        return self.pending[0].message

    # -- answers ---------------------------------------------------------------------------------------

    def batch_opened(self, batch: Batch) -> None:
        """Begin to read the answer, if this batch is it."""
        if self._is_sent and self._batch is None and self._answers(batch, self.pending[0]):
            self._batch = batch
            self._page, self._targets = _Page(), []

    def _answers(self, batch: Batch, request: HistoryRequest) -> bool:
        is_about_target = not request.target or fold((*batch.params, "")[0]) == fold(request.target)
        return batch.kind in request.batches and (is_about_target or batch.kind != CHATHISTORY_BATCH)

    def is_in_answer(self, batch: Batch | None) -> bool:
        """Tell whether a batch is the answer, or inside of it."""
        while batch is not None and batch is not self._batch:
            batch = batch.outer
        return batch is not None

    def add_row(self, event: HistoryEvent | None, message: Message) -> None:
        """Add a message of the answer, and the event that it means; None if it means nothing to us."""
        page = self._page
        page.newest = message_selector(read_msgid(message), read_time_tag(message)) or page.newest
        page.oldest = page.oldest or page.newest
        if event is not None and len(page.rows) < MAX_ROWS:
            page.rows.append(event)

    def add_target(self, message: Message) -> None:
        """Add a target that the answer names."""
        if len(self._targets) < MAX_ROWS and is_middle(parameter(message, 1)):
            self._targets.append(message.params[1])

    def batch_closed(self, batch: Batch) -> Event | None:
        """Return the answer, if this batch completes it."""
        if batch is not self._batch:
            return None
        request = self.pending[0]
        if request.batches == (TARGETS_BATCH,):
            self._finish()
            return HistoryTargets(tuple(self._targets))
        page, is_end = self._page, END_TAG in batch.tags or not self._page.oldest
        self._newest = self._newest or page.newest
        self._later[:0] = page.rows
        self._pages += 1
        count = sum(isinstance(row, MessageReceived) for row in self._later)
        if count < request.wanted and not is_end and self._pages < MAX_PAGES:
            self.pending[0] = request.before(page.oldest)
            self._is_sent, self._batch = False, None
            return None
        return self._build_page(is_end)

    def _build_page(self, is_end: bool) -> HistoryPage:
        """Build the answer: the last messages that were wanted, if there are more."""
        rows, oldest, newest = self._later, self._page.oldest, self._newest
        request = self._finish()
        indexes = [index for index, row in enumerate(rows) if isinstance(row, MessageReceived)]
        if 0 < request.wanted < len(indexes):
            rows, is_end = rows[indexes[-request.wanted] :], False
            first = rows[0]
            oldest = message_selector(first.msgid, first.at) or oldest
        return HistoryPage(request.purpose, request.target, tuple(rows), is_end, oldest, newest)

    def request_failed(self, command: str, error: str) -> Event | None:
        """Return the answer to a request that was refused; None if another command was refused."""
        if not self._is_sent or self.pending[0].message.command != command:
            return None
        request = self._finish()
        if request.batches == (TARGETS_BATCH,):
            return HistoryTargets(())
        return HistoryPage(request.purpose, request.target, error=error)

    def _finish(self) -> HistoryRequest:
        self._is_sent, self._batch = False, None
        self._later, self._newest, self._pages = [], "", 0
        return self.pending.popleft()
