"""Addresses that people paste: `ircs://chat.example.org:8067/lobby?fingerprint=...`.

A room may be written with its `#` or without; a fingerprint is the SHA-256 of the server's certificate, or of
its authority's.

Spec: https://datatracker.ietf.org/doc/html/draft-butcher-irc-url-04
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

PORTS = {"irc": 6667, "ircs": 6697}
MAX_ADDRESS_CHARS = 2048  # of an address
DIGEST_BYTES = 32

_SHAPE = re.compile(
    r"(?P<scheme>ircs?)://(?:\[(?P<six>[^\]]*)\]|(?P<host>[^\s\[\]:/?#@%]+))(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/(?P<room>[^?]*))?(?:\?(?P<query>.*))?",
    re.IGNORECASE,
)


class BadAddress(ValueError):
    """It is no address of a chat."""


class ChatAddress(NamedTuple):
    """Where a room is.

    Attributes:
        host: A name or an address, without brackets.
        room: With its `#`; "" for none.
        fingerprint: As `normalize_fingerprint` gives it; "" for none.
        is_secure: True where TLS is asked for.
    """

    host: str
    port: int
    room: str = ""
    fingerprint: str = ""
    is_secure: bool = True


def parse_address(text: str) -> ChatAddress:
    """Read an address.

    Raises:
        BadAddress: It is none, or names a user or a password.
    """
    found = _SHAPE.fullmatch(text) if len(text) <= MAX_ADDRESS_CHARS and text.isprintable() else None
    if found is None:
        raise BadAddress(text)
    scheme = found["scheme"].lower()
    port = int(found["port"] or PORTS[scheme])
    if not 0 < port < 65536:
        raise BadAddress(text)
    host = found["host"] if found["six"] is None else _parse_ipv6(found["six"])
    fingerprint = _fingerprint_of_query(found["query"] or "")
    return ChatAddress(host, port, _parse_channel(found["room"] or ""), fingerprint, scheme == "ircs")


def format_host_port(host: str, port: int) -> str:
    """Write a host with its port."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def format_address(address: ChatAddress) -> str:
    """Write an address, so that it can be read again."""
    name = address.room.removeprefix("#")
    room = quote(address.room if name.startswith("#") else name, safe="")
    digest = address.fingerprint.replace(":", "").lower()
    query = f"?fingerprint={digest}" if digest else ""
    scheme = "ircs" if address.is_secure else "irc"
    return f"{scheme}://{format_host_port(address.host, address.port)}/{room}{query}"


def normalize_fingerprint(text: str) -> str:
    """Read a SHA-256 with or without colons, as upper-case hex with colons.

    Raises:
        BadAddress: It is none.
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
