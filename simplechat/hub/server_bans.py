"""Bans and mutes of the whole server, by address or by account."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from simplechat.hub.records import ServerBanRow
from simplechat.hub.user import Session, User
from simplechat.ircv3.casemap import fold
from simplechat.ircv3.masks import ACCOUNT_PREFIX, mask_matches

MAX_SERVER_BANS = 1000
LIFTED = -1  # value of `until`: the ban ended before its time


class ServerBans:
    """All bans and mutes.

    Args:
        rows: The stored ones.
    """

    def __init__(self, rows: Sequence[ServerBanRow] = ()) -> None:
        self._rows = {(row.kind, row.mask): row for row in rows}

    def __iter__(self) -> Iterator[ServerBanRow]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, kind: str, mask: str) -> ServerBanRow | None:
        """Return the ban or mute of exactly this mask."""
        return self._rows.get((kind, mask))

    def put(self, row: ServerBanRow) -> None:
        """Add or replace a ban, or remove it if the row is `LIFTED`."""
        if row.until == LIFTED:
            self._rows.pop((row.kind, row.mask), None)
        else:
            self._rows[row.kind, row.mask] = row

    def expired(self, now: float) -> list[ServerBanRow]:
        """Return the bans whose time is over."""
        return [row for row in self if 0 < row.until <= now]

    def find_for_session(self, session: Session, kind: str, now: float) -> ServerBanRow | None:
        """Return the ban that applies to a session before it has a user; None for none."""
        return self._find([session.host], session.account.name if session.account else "", kind, now)

    def find_for_user(self, user: User, kind: str, now: float) -> ServerBanRow | None:
        """Return the ban or mute that applies to a user; None for none."""
        if not self._rows:
            return None
        return self._find({user.host, *(each.host for each in user.sessions)}, user.account, kind, now)

    def _find(self, hosts: Iterable[str], account: str, kind: str, now: float) -> ServerBanRow | None:
        return next(
            (
                row
                for row in self
                if row.kind == kind and not 0 < row.until <= now and _fits(row.mask, hosts, account)
            ),
            None,
        )


def _fits(mask: str, hosts: Iterable[str], account: str) -> bool:
    if mask.startswith(ACCOUNT_PREFIX):
        return account != "" and mask_matches(mask.removeprefix(ACCOUNT_PREFIX), account)
    network = _network(mask)
    if network is None:
        return any(mask_matches(mask, host) for host in hosts)
    return any(_is_in(host, network) for host in hosts)


def _network(mask: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(mask, strict=False)
    except ValueError:
        return None


def _is_in(host: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address) in network


def normalize_ban_mask(mask: str) -> str:
    """Return a mask in the normal form under which it is stored."""
    network = _network(mask)
    if network is None:
        return fold(mask)
    text = str(network.network_address) if network.num_addresses == 1 else str(network)
    return f"0{text}" if text.startswith(":") else text


def matches_everybody(mask: str) -> bool:
    """Tell whether a mask matches everybody."""
    network = _network(mask)
    return not mask.removeprefix(ACCOUNT_PREFIX).strip("*?.:") or (
        network is not None and not network.prefixlen
    )
