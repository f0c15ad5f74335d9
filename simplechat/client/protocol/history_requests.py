"""Questions about what was said before: one at a time, each with its answer.

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
from simplechat.client.protocol.notices import parameter, read_msgid, read_time_tag
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.message import Message, is_middle

MAX_ROWS = 1000  # of one answer
MAX_PAGES = 20  # asked for to find as many messages as are wanted, among what happened otherwise
TARGETS = "draft/chathistory-targets"
SEARCH_BATCHES = ("search", "soju.im/search")
END = "draft/chathistory-end"
FOR_CATCH_UP, FOR_CONTEXT = "missed", "context"  # what is fetched unasked
FOR_DISPLAY, FOR_SEARCH = "recalled", "searched"  # what people asked for


class HistoryRequest(NamedTuple):
    """One question.

    Attributes:
        message: What is asked.
        kinds: Of the batch that answers.
        purpose: What it is asked for.
        target: Where; "" for everywhere.
        wanted: So many messages, the last ones; 0 for as many as one page has.
    """

    message: Message
    kinds: tuple[str, ...]
    purpose: str = ""
    target: str = ""
    wanted: int = 0

    def before(self, place: str) -> HistoryRequest:
        """Ask the same about what was before a place."""
        _verb, target, _place, limit = self.message.params
        return self._replace(message=Message("CHATHISTORY", ("BEFORE", target, place, limit)))


def request_page_after(target: str, purpose: str, place: str, limit: int) -> HistoryRequest:
    """Ask for what was said in a room or a conversation after a place, which is a selector."""
    return HistoryRequest(
        Message("CHATHISTORY", ("AFTER", target, place, str(limit))), (CHATHISTORY_BATCH,), purpose, target
    )


def request_last_before(target: str, purpose: str, place: str, limit: int, wanted: int) -> HistoryRequest:
    """Ask for the last messages in a room or a conversation.

    Args:
        place: A selector, before which they are; "" for now.
        limit: Of one page.
        wanted: How many messages.
    """
    verb = "BEFORE" if place else "LATEST"
    message = Message("CHATHISTORY", (verb, target, place or "*", str(limit)))
    return HistoryRequest(message, (CHATHISTORY_BATCH,), purpose, target, wanted)


def message_selector(msgid: str, at: float | None) -> str:
    """Give the selector that names a message by its msgid or its time; "" where it has neither."""
    if msgid:
        return f"msgid={msgid}"
    return "" if at is None else time_selector(at)


def time_selector(at: float) -> str:
    """Give the selector of a time, in seconds since 1970."""
    return f"timestamp={format_time(at)}"


def format_time(at: float) -> str:
    """Write a time as tags have it.

    Args:
        at: Seconds since 1970.
    """
    ms = round(at * 1000)
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


def request_targets_between(start: str, stop: str, limit: int) -> HistoryRequest:
    """Ask where something was said between two selectors; where the first is the later one, newest first."""
    return HistoryRequest(Message("CHATHISTORY", ("TARGETS", start, stop, str(limit))), (TARGETS,))


@dataclass(slots=True)
class _Page:
    """One page of an answer, with the selectors of its first line and of its last."""

    rows: list[HistoryEvent] = field(default_factory=list)
    oldest: str = ""
    newest: str = ""


class HistoryRequests:
    """The questions that are asked and answered."""

    def __init__(self) -> None:
        self._questions: deque[HistoryRequest] = deque()
        self._is_asked = False
        self._batch: Batch | None = None
        self._targets: list[str] = []
        self._page = _Page()
        self._later: list[HistoryEvent] = []  # of the same question, from pages before
        self._newest = ""
        self._pages = 0

    def __len__(self) -> int:
        return len(self._questions)

    def ask(self, question: HistoryRequest) -> None:
        """Ask something, after what was asked before is answered."""
        self._questions.append(question)

    def to_send(self) -> Message | None:
        """Give the question that is to be sent now."""
        if self._is_asked or not self._questions:
            return None
        self._is_asked = True
        return self._questions[0].message

    # -- answers ---------------------------------------------------------------------------------------

    def opened(self, batch: Batch) -> None:
        """Take note of a batch: it may be the answer."""
        if self._is_asked and self._batch is None and self._is_answer(batch, self._questions[0]):
            self._batch = batch
            self._page, self._targets = _Page(), []

    def _is_answer(self, batch: Batch, question: HistoryRequest) -> bool:
        is_there = not question.target or fold((*batch.params, "")[0]) == fold(question.target)
        return batch.kind in question.kinds and (is_there or batch.kind != CHATHISTORY_BATCH)

    def is_in_answer(self, batch: Batch | None) -> bool:
        """Tell whether what stands in a batch belongs to the answer."""
        while batch is not None and batch is not self._batch:
            batch = batch.outer
        return batch is not None

    def happened(self, event: HistoryEvent | None, message: Message) -> None:
        """Take a message of the answer, and what it means; None for nothing to us."""
        page = self._page
        page.newest = message_selector(read_msgid(message), read_time_tag(message)) or page.newest
        page.oldest = page.oldest or page.newest
        if event is not None and len(page.rows) < MAX_ROWS:
            page.rows.append(event)

    def place(self, message: Message) -> None:
        """Take a line that names where something was said."""
        if len(self._targets) < MAX_ROWS and is_middle(parameter(message, 1)):
            self._targets.append(message.params[1])

    def closed(self, batch: Batch) -> Event | None:
        """Take note that a batch is whole; give the answer if it was one, and all of it."""
        if batch is not self._batch:
            return None
        question = self._questions[0]
        if question.kinds == (TARGETS,):
            self._answered()
            return HistoryTargets(tuple(self._targets))
        page, is_end = self._page, END in batch.tags or not self._page.oldest
        self._newest = self._newest or page.newest
        self._later[:0] = page.rows
        self._pages += 1
        count = sum(isinstance(row, MessageReceived) for row in self._later)
        if count < question.wanted and not is_end and self._pages < MAX_PAGES:
            self._questions[0] = question.before(page.oldest)
            self._is_asked, self._batch = False, None
            return None
        return self._paged(is_end)

    def _paged(self, is_end: bool) -> HistoryPage:
        """Give the answer: the last messages that were wanted, if it holds more."""
        rows, oldest, newest = self._later, self._page.oldest, self._newest
        question = self._answered()
        places = [place for place, row in enumerate(rows) if isinstance(row, MessageReceived)]
        if 0 < question.wanted < len(places):
            rows, is_end = rows[places[-question.wanted] :], False
            first = rows[0]
            oldest = message_selector(first.msgid, first.at) or oldest
        return HistoryPage(question.purpose, question.target, tuple(rows), is_end, oldest, newest)

    def failed(self, command: str, trouble: str) -> Event | None:
        """Take note that a command was refused; give what that means if it was the question."""
        if not self._is_asked or self._questions[0].message.command != command:
            return None
        question = self._answered()
        if question.kinds == (TARGETS,):
            return HistoryTargets(())
        return HistoryPage(question.purpose, question.target, trouble=trouble)

    def _answered(self) -> HistoryRequest:
        self._is_asked, self._batch = False, None
        self._later, self._newest, self._pages = [], "", 0
        return self._questions.popleft()
