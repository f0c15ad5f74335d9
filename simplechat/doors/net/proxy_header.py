"""The PROXY header, in which a proxy gives the address of its client.

Spec: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress

from simplechat.ip_addresses import parse_ip

MAX_LINE_BYTES_V1 = 107  # bytes of a header of version 1, its line end included
MAX_BLOCK_BYTES = 4096  # bytes behind the fixed part of a header of version 2

_WORD = b"PROXY "
_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_LINE = re.compile(rb"PROXY TCP([46]) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) (\d{1,5}) (\d{1,5})\r\n")
_UNKNOWN = re.compile(rb"PROXY UNKNOWN(?: [^\r\n]*)?\r\n")
_LOCAL, _PROXY = 0x20, 0x21  # version and command
_UNSPECIFIED, _TCP4, _TCP6, _UNIX = 0x00, 0x11, 0x21, 0x31
_LENGTHS = {_UNSPECIFIED: 0, _TCP4: 12, _TCP6: 36, _UNIX: 216}  # bytes of the addresses


class BadHeader(Exception):
    """Bytes that are no PROXY header, or a malformed one."""


class Header(NamedTuple):
    """A PROXY header.

    Attributes:
        size: Its length in bytes; the client's bytes follow.
        peer: The client's address; None if the proxy itself is the client.
        host: The address that the client connected to; None like `peer`.
    """

    size: int
    peer: IAddress | None = None
    host: IAddress | None = None


def may_be_header(data: bytes) -> bool:
    """Tell whether the first bytes of a connection are, or may become, a header."""
    return _is_prefix_or_longer(data, _SIGNATURE) or _is_prefix_or_longer(data, _WORD)


def _is_prefix_or_longer(data: bytes, whole: bytes) -> bool:
    return data.startswith(whole) or whole.startswith(data)


def read_header(data: bytes) -> Header | None:
    """Parse the header at the start of a connection; return None while bytes are missing.

    Raises:
        BadHeader: The bytes cannot become a header.
    """
    if len(data) < len(_WORD) and may_be_header(data):
        return None
    if _is_prefix_or_longer(data, _SIGNATURE):
        return _read_block(data)
    if _is_prefix_or_longer(data, _WORD):
        return _read_line(data)
    raise BadHeader


def _read_line(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, MAX_LINE_BYTES_V1) + len(b"\r\n")
    if end < len(b"\r\n"):
        if len(data) >= MAX_LINE_BYTES_V1:
            raise BadHeader
        return None
    line = data[:end]
    if _UNKNOWN.fullmatch(line):
        return Header(end)
    found = _LINE.fullmatch(line)
    if found is None:
        raise BadHeader
    version, peer, host = int(found[1]), found[2].decode(), found[3].decode()
    return Header(end, _tcp(version, peer, int(found[4])), _tcp(version, host, int(found[5])))


def _tcp(version: int, host: str, port: int) -> IAddress:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise BadHeader from None
    if address.version != version or port > 65535:
        raise BadHeader
    return (IPv4Address if version == 4 else IPv6Address)("TCP", str(address), port)


def _read_block(data: bytes) -> Header | None:
    if len(data) < 16:
        return None
    command, family = data[12], data[13]
    length = int.from_bytes(data[14:16])
    if command not in (_LOCAL, _PROXY) or length > MAX_BLOCK_BYTES:
        raise BadHeader
    if command == _PROXY and not _LENGTHS.get(family, MAX_BLOCK_BYTES + 1) <= length:
        raise BadHeader
    if len(data) < 16 + length:
        return None
    if command == _LOCAL:
        return Header(16 + length)
    return Header(16 + length, *_addresses(family, data[16 : 16 + _LENGTHS[family]]))


def _addresses(family: int, block: bytes) -> tuple[IAddress | None, IAddress | None]:
    """Return the addresses of client and server; the TLVs behind them are not used."""
    if family == _UNSPECIFIED:
        return None, None
    if family == _UNIX:
        return UNIXAddress(None), UNIXAddress(None)
    version, size = (4, 4) if family == _TCP4 else (6, 16)
    ports = int.from_bytes(block[-4:-2]), int.from_bytes(block[-2:])
    hosts = (str(ipaddress.ip_address(each)) for each in (block[:size], block[size : 2 * size]))
    peer, host = (_tcp(version, each, port) for each, port in zip(hosts, ports, strict=True))
    return peer, host


class Proxies:
    """The trusted proxies.

    Args:
        networks: Their addresses or networks.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = tuple(ipaddress.ip_network(network, strict=False) for network in networks)

    def trusts(self, host: str) -> bool:
        """Tell whether a host is one of them."""
        if not self._networks:
            return False
        address = parse_ip(host)
        return address is not None and any(address in network for network in self._networks)
