"""The names and addresses of this machine, and which of them our authority may issue certificates for.

A browser with the authority installed trusts its key for every name that the constraints permit, so those are
narrow. Private addresses and names (`.local`) are all permitted: a laptop gets another address in every
network, and a new authority would have to be installed everywhere again. Of public names and addresses only
the machine's own are permitted, as they are when the authority is created.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10
Spec: https://www.rfc-editor.org/rfc/rfc6761 (localhost), https://www.rfc-editor.org/rfc/rfc6762 (local)
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

PRIVATE_HOSTS = ("localhost", "local", "home.arpa", "internal")
"""Domains that nobody owns; all names below them are permitted, too."""

PRIVATE_NETWORKS = tuple(
    map(
        ip_network,
        (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
            *("100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"),
        ),
    )
)
MAX_ADDRESSES = 64

Address = IPv4Address | IPv6Address

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_LABEL_BYTES = 63


class MachineNames(NamedTuple):
    """The names and addresses by which a machine is reached."""

    hosts: tuple[str, ...]
    addresses: tuple[Address, ...]


def names_of(server_name: str, host: str, addresses: Iterable[str]) -> MachineNames:
    """Return the names for a certificate.

    Args:
        server_name: The server's name.
        host: The machine's name.
        addresses: The machine's; those that other machines cannot use are left out.
    """
    host = host.lower().rstrip(".")
    short = host.partition(".")[0]
    wanted = ("localhost", server_name.lower(), host, short, f"{short}.local")
    hosts = dict.fromkeys(name for name in wanted if may_be_permitted(name))
    known = dict.fromkeys((ip_address("127.0.0.1"), ip_address("::1"), *_usable(addresses)))
    return MachineNames(tuple(hosts), tuple(known)[:MAX_ADDRESSES])


def may_be_permitted(host: str) -> bool:
    """Tell whether a host name may stand in the authority's constraints.

    A constraint permits everything below its name: for a machine called `dev` that would be a whole top-level
    domain. Those have only letters, or begin with `xn--`.
    """
    if not _HOST.fullmatch(host) or max(map(len, host.split("."))) > _LABEL_BYTES:
        return False
    if "." in host or host == "localhost":
        return True
    return not host.isalpha() and not host.startswith("xn--") and not host.isdecimal()


def is_private_host(host: str) -> bool:
    """Tell whether a name is private to a network."""
    return any(host == domain or host.endswith(f".{domain}") for domain in PRIVATE_HOSTS)


def is_private_address(address: Address) -> bool:
    """Tell whether an address is private to a network."""
    return any(address in network for network in PRIVATE_NETWORKS)


def _usable(addresses: Iterable[str]) -> Iterable[Address]:
    for text in addresses:
        try:
            address = ip_address(text)
        except ValueError:  # a name, or an address with a zone
            continue
        is_for_one = not (address.is_unspecified or address.is_multicast)
        if is_for_one and not (address.version == 6 and address.is_link_local):
            yield address


# -- this machine --------------------------------------------------------------------------------------


def host_name() -> str:
    """Return the name of this machine, without asking the network."""
    return socket.gethostname()


def addresses_behind(listening: Iterable[str]) -> list[str]:
    """Return the addresses at which other machines reach the listening ports.

    Args:
        listening: The addresses of the ports; a wildcard stands for all of the machine's, loopback and names
            for none.
    """
    found: list[str] = []
    for text in listening:
        try:
            address = ip_address(text)
        except ValueError:
            continue
        if address.is_unspecified:
            found += _machine_addresses()
        elif not address.is_loopback:
            found.append(text)
    return list(dict.fromkeys(found))


def _machine_addresses() -> list[str]:
    import ifaddr

    ips = (each.ip for adapter in ifaddr.get_adapters() for each in adapter.ips)
    return [ip if isinstance(ip, str) else ip[0] for ip in ips]
