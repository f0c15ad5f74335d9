"""Whose stays have changed: what the disk must know, so that a new connection finds everything again.

Only those with an account stay when their connection breaks, so only they are taken note of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simplechat.hub.records import SeenRow, StayRow

if TYPE_CHECKING:
    from simplechat.hub.account import Account
    from simplechat.hub.user import User


class Stays:
    """What changed since it was last asked for."""

    def __init__(self) -> None:
        self._changed: dict[str, User | None] = {}
        self._seen: dict[str, Account] = {}

    def changed(self, user: User) -> None:
        """Note that a user is somewhere else, or somebody else, than before."""
        if user.account:
            self._changed[user.folded] = user

    def over(self, user: User) -> None:
        """Note that a user is no longer here under this nick."""
        if user.account:
            self._changed[user.folded] = None

    def has_seen(self, account: Account) -> None:
        """Note that an account's owner has seen something."""
        self._seen[account.folded] = account

    def take(self) -> list[StayRow | SeenRow]:
        """Give the rows that tell of it."""
        if not self._changed and not self._seen:
            return []
        changed, self._changed = self._changed, {}
        seen, self._seen = self._seen, {}
        stays = [user.stay_row() if user else StayRow(folded) for folded, user in changed.items()]
        return [*stays, *(account.seen_row() for account in seen.values())]
