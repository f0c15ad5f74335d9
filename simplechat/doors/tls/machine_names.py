"""The names and addresses by which people reach this machine, as far as an authority of ours may know them.

Who installs the authority in a browser trusts its key with every name that its constraints permit, so those
are narrow. What means something on one's own network only is permitted whole (private addresses, `.local`): a
laptop gets another address in every network, and a new authority would have everybody trust anew. Of the
world's names and addresses only the machine's own are permitted, as they are when the authority is made.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10
Spec: https://www.rfc-editor.org/rfc/rfc6761 (localhost), https://www.rfc-editor.org/rfc/rfc6762 (local)
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

OWN_HOSTS = ("localhost", "local", "home.arpa", "internal")
"""Domains that nobody in the world owns; what is below them is permitted, too."""

OWN_NETWORKS = tuple(
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
    """How a machine is reached."""

    hosts: tuple[str, ...]
    addresses: tuple[Address, ...]


def names_of(server_name: str, host: str, addresses: Iterable[str]) -> MachineNames:
    """Give the names to vouch for.

    Args:
        server_name: As people know the server.
        host: As the machine calls itself.
        addresses: Of the machine; what is no address, or one that nobody else could use, is left out.
    """
    host = host.lower().rstrip(".")
    short = host.partition(".")[0]
    wanted = ("localhost", server_name.lower(), host, short, f"{short}.local")
    hosts = dict.fromkeys(name for name in wanted if may_be_vouched_for(name))
    known = dict.fromkeys((ip_address("127.0.0.1"), ip_address("::1"), *_usable(addresses)))
    return MachineNames(tuple(hosts), tuple(known)[:MAX_ADDRESSES])


def may_be_vouched_for(host: str) -> bool:
    """Tell whether a host's name may stand in the authority's constraints.

    A constraint permits everything below its name: for a machine called `dev` that would be a whole top-level
    domain of the world's. Those have letters only, or begin with `xn--`.
    """
    if not _HOST.fullmatch(host) or max(map(len, host.split("."))) > _LABEL_BYTES:
        return False
    if "." in host or host == "localhost":
        return True
    return not host.isalpha() and not host.startswith("xn--") and not host.isdecimal()


def is_own_host(host: str) -> bool:
    """Tell whether a name means something on one's own network only."""
    return any(host == domain or host.endswith(f".{domain}") for domain in OWN_HOSTS)


def is_own_address(address: Address) -> bool:
    """Tell whether an address means something on one's own network only."""
    return any(address in network for network in OWN_NETWORKS)


def _usable(addresses: Iterable[str]) -> Iterable[Address]:
    for text in addresses:
        try:
            address = ip_address(text)
        except ValueError:  # a name, or an address that holds on one interface only
            continue
        is_for_one = not (address.is_unspecified or address.is_multicast)
        if is_for_one and not (address.version == 6 and address.is_link_local):
            yield address


# -- this machine --------------------------------------------------------------------------------------


def host_name() -> str:
    """Give the name of this machine; never asks a network."""
    return socket.gethostname()


def addresses_behind(listening: Iterable[str]) -> list[str]:
    """Give the addresses at which others reach what listens.

    Args:
        listening: Addresses as they are listened on; a wildcard stands for all that the machine has, loopback
            and names for none.
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
