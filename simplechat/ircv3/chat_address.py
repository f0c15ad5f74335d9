"""Chat addresses that people share: `ircs://chat.example.org:8067/lobby?fingerprint=...`.

The channel may be written with or without its `#`. The fingerprint is the SHA-256 of the server's certificate
or of the certificate of its authority.

Spec: https://datatracker.ietf.org/doc/html/draft-butcher-irc-url-04
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

PORTS = {"irc": 6667, "ircs": 6697}
MAX_ADDRESS_CHARS = 2048  # per address
DIGEST_BYTES = 32

_ADDRESS = re.compile(
    r"(?P<scheme>ircs?)://(?:\[(?P<ipv6>[^\]]*)\]|(?P<host>[^\s\[\]:/?#@%]+))(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/(?P<channel>[^?]*))?(?:\?(?P<query>.*))?",
    re.IGNORECASE,
)


class BadAddress(ValueError):
    """The text is not a chat address, or not a fingerprint."""


class ChatAddress(NamedTuple):
    """A server, and a channel on it.

    Attributes:
        host: A name or an IP address, without brackets.
        channel: With its `#`; "" for none.
        fingerprint: As `normalize_fingerprint` returns it; "" for none.
        is_secure: True for TLS.
    """

    host: str
    port: int
    channel: str = ""
    fingerprint: str = ""
    is_secure: bool = True


def parse_irc_url(text: str) -> ChatAddress:
    """Parse an address.

    Raises:
        BadAddress: The text is not an address, or contains a user or a password.
    """
    found = _ADDRESS.fullmatch(text) if len(text) <= MAX_ADDRESS_CHARS and text.isprintable() else None
    if found is None:
        raise BadAddress(text)
    scheme = found["scheme"].lower()
    port = int(found["port"] or PORTS[scheme])
    if not 0 < port < 65536:
        raise BadAddress(text)
    host = found["host"] if found["ipv6"] is None else _parse_ipv6(found["ipv6"])
    fingerprint = _fingerprint_of_query(found["query"] or "")
    return ChatAddress(host, port, _parse_channel(found["channel"] or ""), fingerprint, scheme == "ircs")


def format_host_port(host: str, port: int) -> str:
    """Format `host:port`; an IPv6 address gets brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def format_irc_url(address: ChatAddress) -> str:
    """Format an address so that `parse_irc_url` reads it again."""
    name = address.channel.removeprefix("#")
    path = quote(address.channel if name.startswith("#") else name, safe="")
    digest = address.fingerprint.replace(":", "").lower()
    query = f"?fingerprint={digest}" if digest else ""
    scheme = "ircs" if address.is_secure else "irc"
    return f"{scheme}://{format_host_port(address.host, address.port)}/{path}{query}"


def normalize_fingerprint(text: str) -> str:
    """Return a SHA-256, given with or without colons, as upper-case hex with colons.

    Raises:
        BadAddress: The text is not a SHA-256 in hex.
    """
    digits = text.replace(":", "")
    if not re.fullmatch(f"[0-9A-Fa-f]{{{2 * DIGEST_BYTES}}}", digits):
        raise BadAddress(text)
    return bytes.fromhex(digits).hex(":").upper()


def _parse_ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise BadAddress(text) from None


def _parse_channel(text: str) -> str:
    try:
        name = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise BadAddress(text) from None
    if not name.isprintable() or " " in name or "," in name or name == "#":
        raise BadAddress(text)
    return name if not name or name.startswith("#") else f"#{name}"


def _fingerprint_of_query(query: str) -> str:
    values = {normalize_fingerprint(value) for name, value in parse_qsl(query, True) if name == "fingerprint"}
    if len(values) > 1:
        raise BadAddress(query)
    return next(iter(values), "")
