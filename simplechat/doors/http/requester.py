"""Who sends a request, as trusted proxies say, and which names of the server requests may use.

Pages of another site can reach us in two ways: by a name of theirs that resolves to our address, and by a
WebSocket. `Host` reveals the first, `Origin` the second.

Spec: https://www.rfc-editor.org/rfc/rfc6454
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from simplechat.ip_addresses import is_local_address, parse_ip
from simplechat.peer import Peer

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9]([a-z0-9._-]{0,253}[a-z0-9])?)(?::(\d{1,5}))?")
FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""Headers that proxies add: a request with one of them is not from this machine, whatever its address."""


HeaderLookup = Callable[[str], str]
"""Returns a header field's value by its name in lower case; several are joined by commas, none is ""."""


@dataclass(frozen=True, slots=True)
class Requester:
    """Who sent a request.

    Attributes:
        host: The address.
        is_secure: Whether the request was encrypted on its way, as far as is known here.
        is_direct: Whether the address is really the requester's: no untrusted proxy stands between.
    """

    host: str
    is_secure: bool
    is_direct: bool

    @property
    def is_local(self) -> bool:
        """Whether the requester is on this machine."""
        return self.is_direct and is_local_address(self.host)


def identify_requester(peer: Peer, field: HeaderLookup, believes: Callable[[str], bool]) -> Requester:
    """Find out who sent a request.

    Args:
        peer: The peer; or the client, where a PROXY header named it: then headers do not count.
        field: Looks up the request's header fields.
        believes: Tells whether the peer at an address is a trusted proxy.
    """
    if not peer.is_proxy:
        return Requester(peer.host, peer.is_secure, not any(map(field, FORWARDING)))
    chain = field("x-forwarded-for").split(",")
    addresses = map(_parse_address, reversed(chain))
    client = next((each for each in addresses if not (each and believes(each))), "")
    protocol = field("x-forwarded-proto").rpartition(",")[2].strip().lower()
    return Requester(client or peer.host, protocol == "https" if protocol else peer.is_secure, bool(client))


def _parse_address(text: str) -> str:
    """Parse an address as proxies write it, perhaps with a port; return "" for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    address = parse_ip(text)
    return "" if address is None else str(address)


class ServerNames:
    """The names of this server that requests may use.

    Args:
        own: The server's name.
        origins: Further origins whose pages may open WebSockets, such as `https://chat.example.org`.
    """

    def __init__(self, own: str, origins: Iterable[str]) -> None:
        self._origins = {_normalize(origin) for origin in origins}
        hosts = (urlsplit(origin).hostname or "" for origin in self._origins)
        self._hosts = {"localhost", own.lower(), *hosts}

    def accepts_host(self, authority: str) -> bool:
        """Tell whether a Host header names this server, so that no other site's name led here."""
        found = _AUTHORITY.fullmatch(authority.lower())
        if found is None or int(found[3] or 0) > 65535:
            return False
        host = found[1]
        return host in self._hosts or bool(
            _parse_address(host) if host[0] != "[" else _parse_address(host[1:-1])
        )

    def accepts_origin(self, origin: str, authority: str) -> bool:
        """Tell whether a page of an origin may open a WebSocket at a Host of this server."""
        scheme, _, rest = _normalize(origin).partition("://")
        return _normalize(origin) in self._origins or (
            scheme in ("http", "https") and _drop_port(rest, scheme) == _drop_port(authority.lower(), scheme)
        )


def _normalize(origin: str) -> str:
    return origin.lower().rstrip("/")


def _drop_port(authority: str, scheme: str) -> str:
    return authority.removesuffix({"http": ":80", "https": ":443"}[scheme])
