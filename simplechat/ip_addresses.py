"""What a peer's address tells: whether it is this machine's, and what counts as one place."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

IPV6_PREFIX = 64  # bits that one customer is given as a rule


def admit_all(host: str) -> bool:
    """Admit every peer."""
    return True


def admit_none(host: str) -> bool:
    """Admit no peer."""
    return False


def is_local_address(host: str) -> bool:
    """Admit peers that are on this machine: at an address of its loopback, or at a socket's file."""
    address = parse_ip(host)
    return host == "localhost" if address is None else address.is_loopback


def parse_ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address, as IPv4 where it is that in IPv6's clothes; None for what is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address
    return address


def network_of(host: str) -> str:
    """Give what counts as one address: an IPv6 network of one customer's size; "" for this machine."""
    address = parse_ip(host)
    if address is None or address.is_loopback:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address.packed, IPV6_PREFIX), strict=False))
    return str(address)


def most_reachable_first(hosts: Iterable[str]) -> list[str]:
    """Order addresses of this machine by their use to others; loopback is of none."""
    known = [(host, parse_ip(host)) for host in hosts]
    useful = [(host, address) for host, address in known if address and not address.is_loopback]
    return [
        host for host, address in sorted(useful, key=lambda each: (each[1].is_link_local, each[1].version))
    ]
