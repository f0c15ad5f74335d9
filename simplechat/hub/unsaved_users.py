"""Users and accounts whose rows changed, so that the next entry can write them.

Only users with an account outlive their sessions, so only theirs are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simplechat.hub.records import UserRow

if TYPE_CHECKING:
    from simplechat.hub.account import Account
    from simplechat.hub.outbox import Entry
    from simplechat.hub.user import User


class UnsavedUsers:
    """The users and accounts that changed since they were last written."""

    def __init__(self) -> None:
        self._changed: dict[str, User | None] = {}
        self._seen: dict[str, Account] = {}

    def mark_changed(self, user: User) -> None:
        """Mark that a user's row changed."""
        if user.account:
            self._changed[user.folded] = user

    def mark_gone(self, user: User) -> None:
        """Mark that there is no user of this nick any more."""
        if user.account:
            self._changed[user.folded] = None

    def mark_seen(self, account: Account) -> None:
        """Mark that what an account's owner has seen changed."""
        self._seen[account.folded] = account

    @property
    def is_empty(self) -> bool:
        """True if every change was given to an entry."""
        return not self._changed and not self._seen

    def append_to(self, entry: Entry) -> None:
        """Add the changed rows to an entry; if it is refused, keep them for the next one."""
        if self.is_empty:
            return
        changed, self._changed = self._changed, {}
        seen, self._seen = self._seen, {}
        for folded, user in changed.items():
            entry.keep(user.user_row() if user else UserRow(folded))
        for account in seen.values():
            entry.keep(account.last_seen_row())

        def restore() -> None:
            self._changed = {**changed, **self._changed}
            self._seen = {**seen, **self._seen}

        entry.on_refused(restore)
