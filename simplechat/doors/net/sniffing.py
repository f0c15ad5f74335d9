"""Sniffing: what a connection speaks, by its first bytes.

Spec: https://www.rfc-editor.org/rfc/rfc8446#section-5.1 (a handshake's first byte)
Spec: https://www.rfc-editor.org/rfc/rfc9110#section-9.3 (methods)
"""

from __future__ import annotations

from enum import Enum, auto

MAX_EMPTY_BYTES = 64  # bytes of line ends that may come first

_HTTP = (b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"PRI ")
"""Methods; not CONNECT and TRACE, which are IRC commands, too, and which browsers let no page send."""

_BANNERS = (b"SSH-", b"EHLO ", b"HELO ", b"220 ", b"220-", b"* OK", b"+OK ", b"RFB ")
"""How clients and servers begin that take this port for that of another service."""

_WORDS = _HTTP + _BANNERS


class WireProtocol(Enum):
    """What a connection speaks; FOREIGN is nothing that we serve."""

    TLS = auto()
    HTTP = auto()
    IRC = auto()
    FOREIGN = auto()


def sniff(first: bytes) -> WireProtocol | None:
    """Return what a connection speaks, None while its first bytes are too few to tell.

    Once they tell, later bytes never change the result, so it does not matter how the stream is cut.
    """
    if first[:1] == b"\x16":
        return WireProtocol.TLS
    text = first.lstrip(b"\r\n")  # IRC ignores empty lines, and HTTP one before a request
    if len(first) - len(text) > MAX_EMPTY_BYTES:
        return WireProtocol.IRC
    if not text:
        return None
    if not 0x20 <= text[0] <= 0x7E:
        return WireProtocol.FOREIGN
    if text.startswith(_HTTP):
        return WireProtocol.HTTP
    if text.startswith(_BANNERS):
        return WireProtocol.FOREIGN
    if any(word.startswith(text) for word in _WORDS):
        return None
    return WireProtocol.IRC
