"""What client and server agree upon beyond plain IRC.

Spec: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from simplechat.ircv3.message import Message

SASL = "sasl"
ACCOUNT_REGISTRATION = "draft/account-registration"
CHATHISTORY = "draft/chathistory"
EVENT_PLAYBACK = "draft/event-playback"  # what became of messages, too
READ_MARKER = "draft/read-marker"
CHANNEL_RENAME = "draft/channel-rename"
REDACTION = "draft/message-redaction"
MULTILINE = "draft/multiline"
SEARCH_CAPABILITIES = ("draft/search", "soju.im/search")  # the better first; one is enough
WANTED = (
    *("message-tags", "server-time", "echo-message", "batch", "labeled-response", "cap-notify"),
    *(
        SASL,
        ACCOUNT_REGISTRATION,
        CHATHISTORY,
        EVENT_PLAYBACK,
        READ_MARKER,
        CHANNEL_RENAME,
        REDACTION,
        MULTILINE,
        *SEARCH_CAPABILITIES,
    ),
)

MIN_LINES = 2  # in a message of several


class CapabilityNegotiation:
    """The client's side of CAP.

    Attributes:
        caps: What is in effect.
        is_settled: True once the server has answered what we asked for first; then CAP END is due.
        is_open: True until CAP END.
    """

    def __init__(self) -> None:
        self.caps: set[str] = set()
        self.is_settled = False
        self.is_open = True
        self._offered: dict[str, str] = {}

    @property
    def has_echo(self) -> bool:
        """True where the server says our own messages back."""
        return "echo-message" in self.caps

    @property
    def has_labels(self) -> bool:
        """True where the server marks its answers with the label of what they answer."""
        return {"labeled-response", "batch"} <= self.caps

    @property
    def has_history(self) -> bool:
        """True where the server can be asked for what was said before, and the answer be understood."""
        return {CHATHISTORY, "batch", "message-tags", "server-time"} <= self.caps

    @property
    def has_marks(self) -> bool:
        """True where the server knows up to when we have read."""
        return READ_MARKER in self.caps

    @property
    def has_search(self) -> bool:
        """True where the server can be searched."""
        return "batch" in self.caps and not self.caps.isdisjoint(SEARCH_CAPABILITIES)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The ways to log in that the server names."""
        return tuple(filter(None, self._offered.get(SASL, "").upper().split(",")))

    @property
    def most_of_lines(self) -> tuple[int, int]:
        """How many lines one message may have, and how many bytes; (1, 0) where it may not have several.

        Spec: https://ircv3.net/specs/extensions/multiline#capability-value
        """
        words = (word.partition("=") for word in self._offered.get(MULTILINE, "").split(","))
        limits = {name: int(value[:9]) for name, _, value in words if value.isascii() and value.isdecimal()}
        most_lines, most_bytes = limits.get("max-lines", 1000), limits.get("max-bytes", 0)
        if not {MULTILINE, "batch"} <= self.caps or most_lines < MIN_LINES or not most_bytes:
            return 1, 0
        return most_lines, most_bytes

    def hear(self, params: tuple[str, ...]) -> list[Message]:
        """Take the parameters of a CAP message from the server; give what to answer."""
        _, subcommand, *rest = (*params, "", "")
        offered = _offered(params)
        if subcommand == "LS":
            return self._offer(offered, is_last=rest[0] != "*")
        if subcommand == "NEW":
            self._learn(offered)
            return self._request(offered.keys() - self.caps)
        if subcommand == "DEL":
            self.caps -= offered.keys()
        elif subcommand == "ACK":
            self._take(set(offered))
        self.is_settled = self.is_settled or subcommand in ("ACK", "NAK")
        return []

    def _offer(self, offered: dict[str, str], *, is_last: bool) -> list[Message]:
        self._learn(offered)
        if not is_last:
            return []
        asked = self._request(set(self._offered))
        self.is_settled = self.is_settled or not asked
        return asked

    def _learn(self, offered: dict[str, str]) -> None:
        """Keep what is told of what could be asked for; of anything else it would have no end."""
        self._offered |= {name: value for name, value in offered.items() if name in WANTED}

    def _take(self, names: set[str]) -> None:
        gone = {name[1:] for name in names if name.startswith("-")}
        self.caps = (self.caps | names & set(WANTED)) - gone

    def _request(self, names: set[str]) -> list[Message]:
        spare = set(SEARCH_CAPABILITIES[1:]) if SEARCH_CAPABILITIES[0] in self._offered else set()
        asked = [name for name in WANTED if name in names - spare]
        return [Message("CAP", ("REQ", " ".join(asked)))] if asked else []


def _offered(params: tuple[str, ...]) -> dict[str, str]:
    """Give the names in the last parameter, with their values."""
    words = params[-1].split() if len(params) > 2 else []
    return {name: value for name, _, value in (word.partition("=") for word in words)}
