"""The peer of a connection: its address, and whether and how TLS identified it."""

from __future__ import annotations

from dataclasses import dataclass

from twisted.internet.interfaces import IAddress, ITransport

LOCALHOST = "localhost"  # stands for peers without an address: UNIX sockets and pipes of this machine


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection.

    Attributes:
        host: Its address, or `LOCALHOST`; behind the PROXY protocol that of the proxy's client.
        port: Its port; 0 for none.
        is_secure: True if the connection is encrypted.
        fingerprint: SHA-256 of the certificate that it presented, in hexadecimal; "" for none.
        is_proxy: True if it is a trusted proxy, so that its forwarding headers name the client.
    """

    host: str = LOCALHOST
    port: int = 0
    is_secure: bool = False
    fingerprint: str = ""
    is_proxy: bool = False


def peer_of(transport: ITransport) -> Peer:
    """Return the peer of a transport: as the port found it out, or else just its address."""
    peer = getattr(transport, "peer", None)
    if isinstance(peer, Peer):
        return peer
    address = transport.getPeer()
    return Peer(host_of(address), getattr(address, "port", 0))


def host_of(address: IAddress) -> str:
    """Return the host of an address, `LOCALHOST` if it has none."""
    host: str = getattr(address, "host", LOCALHOST)
    return host
