"""Who asks over HTTP, and by which name of ours: what proxies say of it, and what other sites' pages may not.

A page of another site can be made to speak to us: by a name of its own that leads to our address, or by a
WebSocket. The first is told by `Host`, the second by `Origin`.

Spec: https://www.rfc-editor.org/rfc/rfc6454
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from simplechat.ip_addresses import address_of, is_of_this_machine

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9]([a-z0-9._-]{0,253}[a-z0-9])?)(?::(\d{1,5}))?")
FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""Headers that proxies put in: who has one of them is not on this machine, whatever its address."""


HeaderLookup = Callable[[str], str]
"""Gives the value of a header field by its name, several of them as one list; "" where there is none."""


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks.

    Attributes:
        host: Their address.
        is_secure: Whether what they say is encrypted on its way, as far as is known here.
        is_direct: Whether they may be on this machine: no proxy that is not believed stands between.
    """

    host: str
    is_secure: bool
    is_direct: bool

    @property
    def is_local(self) -> bool:
        """Whether they are on this machine."""
        return self.is_direct and is_of_this_machine(self.host)


def identify_requester(
    host: str, is_secure: bool, field: HeaderLookup, believes: Callable[[str], bool], *, is_proxied: bool
) -> Requester:
    """Tell who asks.

    Args:
        host: The peer's address; where a PROXY header has told who that is, what headers say counts no more.
        is_secure: Whether the connection is encrypted.
        field: Gives what the request's head says.
        believes: Tells whether the peer at an address is a proxy that is believed.
        is_proxied: Whether this peer is one, and the head its own rather than that of whom it connects.
    """
    if not is_proxied:
        return Requester(host, is_secure, not any(map(field, FORWARDING)))
    chain = field("x-forwarded-for").split(",")
    told = next((each for each in map(_address, reversed(chain)) if not (each and believes(each))), "")
    protocol = field("x-forwarded-proto").rpartition(",")[2].strip().lower()
    return Requester(told or host, protocol == "https" if protocol else is_secure, bool(told))


def _address(text: str) -> str:
    """Read an address as proxies write it, perhaps with a port; "" for what is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    address = address_of(text)
    return "" if address is None else str(address)


class ServerNames:
    """The names by which this server is asked.

    Args:
        own: Its own name.
        origins: Further origins whose pages may speak to it, such as `https://chat.example.org`.
    """

    def __init__(self, own: str, origins: Iterable[str]) -> None:
        self._origins = {_plain(origin) for origin in origins}
        hosts = (urlsplit(origin).hostname or "" for origin in self._origins)
        self._hosts = {"localhost", own.lower(), *hosts}

    def accepts_host(self, authority: str) -> bool:
        """Tell whether a Host header is a name of ours: then no other site's name has led here."""
        found = _AUTHORITY.fullmatch(authority.lower())
        if found is None or int(found[3] or 0) > 65535:
            return False
        host = found[1]
        return host in self._hosts or bool(_address(host) if host[0] != "[" else _address(host[1:-1]))

    def accepts_origin(self, origin: str, authority: str) -> bool:
        """Tell whether a page of an origin may open a WebSocket at a Host of ours."""
        scheme, _, rest = _plain(origin).partition("://")
        return _plain(origin) in self._origins or (
            scheme in ("http", "https") and _with_port(rest, scheme) == _with_port(authority.lower(), scheme)
        )


def _plain(origin: str) -> str:
    return origin.lower().rstrip("/")


def _with_port(authority: str, scheme: str) -> str:
    return authority.removesuffix({"http": ":80", "https": ":443"}[scheme])
