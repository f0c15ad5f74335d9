"""Whose stays have changed: what the disk must know, so that a new connection finds everything again.

Only those with an account stay when their connection breaks, so only they are taken note of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simplechat.hub.records import UserRow

if TYPE_CHECKING:
    from simplechat.hub.account import Account
    from simplechat.hub.outbox import Entry
    from simplechat.hub.user import User


class UnsavedUsers:
    """What changed since it was last asked for."""

    def __init__(self) -> None:
        self._changed: dict[str, User | None] = {}
        self._seen: dict[str, Account] = {}

    def mark_changed(self, user: User) -> None:
        """Note that a user is somewhere else, or somebody else, than before."""
        if user.account:
            self._changed[user.folded] = user

    def mark_gone(self, user: User) -> None:
        """Note that a user is no longer here under this nick."""
        if user.account:
            self._changed[user.folded] = None

    def mark_seen(self, account: Account) -> None:
        """Note that an account's owner has seen something."""
        self._seen[account.folded] = account

    @property
    def is_empty(self) -> bool:
        """True when everything is on its way to the disk, or there."""
        return not self._changed and not self._seen

    def append_to(self, entry: Entry) -> None:
        """Have what changed written with an entry; should that be refused, with the next one instead."""
        if self.is_empty:
            return
        changed, self._changed = self._changed, {}
        seen, self._seen = self._seen, {}
        for folded, user in changed.items():
            entry.keep(user.user_row() if user else UserRow(folded))
        for account in seen.values():
            entry.keep(account.last_seen_row())

        def again() -> None:
            self._changed = {**changed, **self._changed}
            self._seen = {**seen, **self._seen}

        entry.on_refused(again)
