"""What the client knows of the server that it is connected to.

Spec: https://ircv3.net/specs/extensions/capability-negotiation
Spec: https://ircv3.net/specs/extensions/multiline#capability-value
"""

from __future__ import annotations

from collections.abc import Mapping, Set

SASL = "sasl"
ACCOUNT_REGISTRATION = "draft/account-registration"
CHATHISTORY = "draft/chathistory"
READ_MARKER = "draft/read-marker"
MESSAGE_REDACTION = "draft/message-redaction"
MULTILINE = "draft/multiline"
SEARCH_CAPABILITIES = ("draft/search", "soju.im/search")  # the better first; one is enough

MAX_PAGE_ROWS = 100  # of one page of history, where the server does not tell
MIN_LINES = 2  # of a multiline message, else it is none
DEFAULT_MAX_LINES = 1000


class ServerInfo:
    """The capabilities that are in effect, and the server's limits.

    Attributes:
        capabilities: The names of those in effect.
        has_echo: True if the server sends our own messages back to us.
        has_labels: True if its responses carry the label of the command that they answer.
        has_tags: True if messages can answer others, and be reacted to.
        has_history: True if it has CHATHISTORY, and everything that its answer needs.
        has_search: True if it has SEARCH.
        has_read_markers: True if it stores up to when we have read each conversation.
        has_redaction: True if messages can be deleted.
        has_accounts: True if it has REGISTER.
        has_sasl: True if we can log in.
        has_ordered_ids: True if its msgids, compared as text, are in the order of the messages.
        sasl_mechanisms: Those that it names; empty where it does not tell.
        max_lines: Of one message; 1 without draft/multiline.
        max_multiline_bytes: Of a message of several lines; 0 without draft/multiline.
        max_page_rows: Of one page of history.
    """

    def __init__(self) -> None:
        self.has_ordered_ids = False
        self.max_page_rows = MAX_PAGE_ROWS
        self.set_capabilities(frozenset(), {})

    def set_capabilities(self, names: Set[str], values: Mapping[str, str]) -> None:
        """Store which capabilities are in effect, and the values that the server gives to them."""
        self.capabilities = frozenset(names)
        self.has_tags = "message-tags" in names
        self.has_echo = "echo-message" in names
        self.has_labels = {"labeled-response", "batch"} <= names
        self.has_history = {CHATHISTORY, "batch", "message-tags", "server-time"} <= names
        self.has_search = "batch" in names and not names.isdisjoint(SEARCH_CAPABILITIES)
        self.has_read_markers = READ_MARKER in names
        self.has_redaction = MESSAGE_REDACTION in names
        self.has_accounts = ACCOUNT_REGISTRATION in names
        self.has_sasl = SASL in names
        self.sasl_mechanisms = tuple(filter(None, values.get(SASL, "").upper().split(",")))
        has_multiline = {MULTILINE, "batch"} <= names
        limits = parse_multiline_limits(values.get(MULTILINE, "")) if has_multiline else (1, 0)
        self.max_lines, self.max_multiline_bytes = limits


def parse_multiline_limits(value: str) -> tuple[int, int]:
    """Return how many lines and bytes a message may have; (1, 0) where it may not have several lines."""
    words = (word.partition("=") for word in value.split(","))
    limits = {name: int(number[:9]) for name, _, number in words if number.isascii() and number.isdecimal()}
    max_lines, max_bytes = limits.get("max-lines", DEFAULT_MAX_LINES), limits.get("max-bytes", 0)
    return (max_lines, max_bytes) if max_lines >= MIN_LINES and max_bytes else (1, 0)
