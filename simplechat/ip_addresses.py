"""IP addresses: which are of this machine, which count as one, and how many connections each has."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable

IPV6_PREFIX = 64  # bits of the network that one customer usually gets


def admit_all(host: str) -> bool:
    """Admit every host."""
    return True


def admit_none(host: str) -> bool:
    """Admit no host."""
    return False


def is_local_address(host: str) -> bool:
    """Tell whether a host is this machine: a loopback address, or no address, as of a UNIX socket."""
    address = parse_ip(host)
    return host == "localhost" if address is None else address.is_loopback


def parse_ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Parse an address and unwrap IPv4-mapped IPv6; return None for what is no address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address


def network_of(host: str) -> str:
    """Return what counts as one address: for IPv6 the /64 network; "" for this machine."""
    address = parse_ip(host)
    if address is None or address.is_loopback:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address.packed, IPV6_PREFIX), strict=False))
    return str(address)


def most_reachable_first(hosts: Iterable[str]) -> list[str]:
    """Sort addresses of this machine, those that others can best reach first; leave out loopback."""
    known = [(host, parse_ip(host)) for host in hosts]
    useful = [(host, address) for host, address in known if address and not address.is_loopback]
    return [
        host for host, address in sorted(useful, key=lambda each: (each[1].is_link_local, each[1].version))
    ]


class ConnectionCounter:
    """Counts open connections per network.

    Args:
        most: How many a network may have; this machine ("") has no limit.

    Attributes:
        open: How many each network has; those that have none are not there.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.open: Counter[str] = Counter()

    def enter(self, network: str) -> bool:
        """Count a connection, see `network_of`; return False if its network has too many."""
        self.open[network] += 1
        return not network or self.open[network] <= self._most

    def leave(self, network: str) -> None:
        """Uncount a connection that is closed, whether it was allowed or not."""
        self.open[network] -= 1
        if not self.open[network]:
            del self.open[network]
