"""Capability negotiation: what client and server agree upon beyond plain IRC.

Spec: https://ircv3.net/specs/extensions/capability-negotiation
"""

from __future__ import annotations

from simplechat.client.protocol.server_info import (
    ACCOUNT_REGISTRATION,
    CHATHISTORY,
    MESSAGE_REDACTION,
    MULTILINE,
    READ_MARKER,
    SASL,
    SEARCH_CAPABILITIES,
    ServerInfo,
)
from simplechat.ircv3.message import Message

EVENT_PLAYBACK = "draft/event-playback"  # history holds reactions and deletions, too
CHANNEL_RENAME = "draft/channel-rename"
WANTED = (
    *("message-tags", "server-time", "echo-message", "batch", "labeled-response", "cap-notify"),
    *(SASL, ACCOUNT_REGISTRATION, CHATHISTORY, EVENT_PLAYBACK, READ_MARKER, CHANNEL_RENAME),
    *(MESSAGE_REDACTION, MULTILINE, *SEARCH_CAPABILITIES),
)


class CapabilityNegotiation:
    """The client's side of CAP.

    Args:
        server: Is told which capabilities are in effect.

    Attributes:
        is_settled: True once the server has answered our first request; CAP END is due then.
        is_open: True until CAP END.
    """

    def __init__(self, server: ServerInfo) -> None:
        self.is_settled = False
        self.is_open = True
        self._server = server
        self._offered: dict[str, str] = {}

    def receive(self, params: tuple[str, ...]) -> list[Message]:
        """Handle the parameters of a CAP message; return what to answer."""
        _, subcommand, *rest = (*params, "", "")
        offered = _parse_offer(params)
        in_effect = self._server.capabilities
        answers: list[Message] = []
        match subcommand:
            case "LS":
                answers = self._receive_offer(offered, is_last=rest[0] != "*")
            case "NEW":
                self._store_offer(offered)
                answers = self._request(offered.keys() - in_effect)
            case "DEL":
                in_effect -= offered.keys()
            case "ACK":
                removed = {name[1:] for name in offered if name.startswith("-")}
                in_effect = (in_effect | offered.keys() & set(WANTED)) - removed
        self._server.set_capabilities(in_effect, self._offered)
        self.is_settled = self.is_settled or subcommand in ("ACK", "NAK")
        return answers

    def _receive_offer(self, offered: dict[str, str], *, is_last: bool) -> list[Message]:
        self._store_offer(offered)
        if not is_last:
            return []
        request = self._request(set(self._offered))
        self.is_settled = self.is_settled or not request
        return request

    def _store_offer(self, offered: dict[str, str]) -> None:
        """Store only what we may request: a server could offer other names without end."""
        self._offered |= {name: value for name, value in offered.items() if name in WANTED}

    def _request(self, names: set[str]) -> list[Message]:
        unneeded = set(SEARCH_CAPABILITIES[1:]) if SEARCH_CAPABILITIES[0] in self._offered else set()
        requested = [name for name in WANTED if name in names - unneeded]
        return [Message("CAP", ("REQ", " ".join(requested)))] if requested else []


def _parse_offer(params: tuple[str, ...]) -> dict[str, str]:
    """Return the names in the last parameter, with their values."""
    words = params[-1].split() if len(params) > 2 else []
    return {name: value for name, _, value in (word.partition("=") for word in words)}
