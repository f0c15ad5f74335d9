"""Listening ports: opening addresses and endpoints, and how to write them for people."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory
from twisted.python.failure import Failure

from simplechat.locale import gettext, marked

BACKLOG = 512  # connections that may wait to be accepted

NOT_NEEDED = {
    "haproxy": marked("--listen: {text}: name the proxy with --proxy instead, and listen on tcp:"),
    "ssl": marked("--listen: {text}: every port takes TLS; listen on tcp:, and see --tls-cert"),
    "tls": marked("--listen: {text}: every port takes TLS; listen on tcp:, and see --tls-cert"),
}


class CannotListen(Exception):
    """An address that cannot be listened on; the text says which, why, and what to do."""


class ListeningPorts:
    """The open ports.

    Args:
        reactor: The reactor.
        factory: Builds the protocols of their connections.
    """

    def __init__(self, reactor: Any, factory: IProtocolFactory) -> None:
        self._reactor = reactor
        self._factory = factory
        self.ports: list[IListeningPort] = []

    def listen_tcp(self, ip: str, port: int) -> int:
        """Listen on an address; return the port, which the system chooses for 0.

        Raises:
            CannotListen: It failed.
        """
        where = gettext("{ip} port {port}").format(ip=ip, port=port)
        self.ports.append(
            listen_or_raise(where, lambda: self._reactor.listenTCP(port, self._factory, BACKLOG, ip))
        )
        number: int = self.ports[-1].getHost().port  # type: ignore[attr-defined]
        return number

    def listen_endpoint(self, text: str) -> None:
        """Listen on an endpoint in Twisted's syntax, such as `tcp:6697`.

        Raises:
            CannotListen: It failed.
        """
        kind = text.partition(":")[0]
        if kind in NOT_NEEDED:
            raise CannotListen(gettext(NOT_NEEDED[kind]).format(text=text))
        self.ports.append(listen_or_raise(text, lambda: self._listen_endpoint(text)))

    def _listen_endpoint(self, text: str) -> IListeningPort:
        from twisted.internet.endpoints import serverFromString

        result: list[Any] = []
        serverFromString(self._reactor, text).listen(self._factory).addBoth(result.append)
        if not result:
            why = gettext("--listen: {text} does not listen at once; please use a tcp: or unix: endpoint")
            raise CannotListen(why.format(text=text))
        if isinstance(result[0], Failure):
            result[0].raiseException()
        port: IListeningPort = result[0]
        return port

    def addresses(self) -> list[str]:
        """Return the addresses of the open ports, as people write them."""
        return [format_address(port.getHost()) for port in self.ports]

    def hosts_and_ports(self) -> list[tuple[str, int]]:
        """Return the host and port of each open port; UNIX sockets have none and are left out."""
        hosts: list[Any] = [port.getHost() for port in self.ports]
        return [(each.host, each.port) for each in hosts if hasattr(each, "port")]


def listen_or_raise(where: str, listen: Callable[[], IListeningPort]) -> IListeningPort:
    """Open a port.

    Args:
        where: Its address, for people.
        listen: Opens it.

    Raises:
        CannotListen: It failed.
    """
    why: object
    try:
        return listen()
    except CannotListenError as error:
        why = _why_not(error)
    except (ValueError, OSError, LookupError, TypeError) as error:
        why = error
    raise CannotListen(gettext("cannot listen on {where}: {why}").format(where=where, why=why))


def _why_not(error: CannotListenError) -> str:
    reasons = {
        errno.EADDRINUSE: gettext("another program is listening there; stop it, or choose another port"),
        errno.EACCES: gettext("no permission; ports below 1024 are for the system, choose another"),
        errno.EADDRNOTAVAIL: gettext("this machine has no such address; see --ip"),
    }
    number: int = getattr(error.socketError, "errno", None) or 0
    return reasons.get(number, getattr(error.socketError, "strerror", None) or str(error.socketError))


def format_address(address: Any) -> str:
    """Format an address with its port, or the path of a UNIX socket."""
    if hasattr(address, "port"):
        return f"{bracket_ipv6(address.host)}:{address.port}"
    return os.fsdecode(getattr(address, "name", None) or str(address))


def bracket_ipv6(host: str) -> str:
    """Put an IPv6 address in brackets, as it stands before a port."""
    return f"[{host}]" if ":" in host else host
