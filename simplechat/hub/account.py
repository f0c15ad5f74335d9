"""Accounts: a reserved name with its settings, and what its owner has not seen yet."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence

from simplechat.hub.contacts import Contacts
from simplechat.hub.records import AccountRow, LastSeenRow
from simplechat.ircv3.casemap import fold, skeleton
from simplechat.ircv3.sasl import ScramKeys, fake_keys

MAX_UNREAD = 100  # conversations per account


class Account:
    """A registered account.

    Attributes:
        name: As registered.
        folded: The name, casefolded.
        identity: The number under which its owner's messages are stored.
        settings: Its current row.
        saved_row: The row that is on disk; None for none.
        contacts: Whom its owner has had direct conversations with.
        last_shown: The newest id that its owner was shown, by channel target.
        unread: The last id before the first unread message, by target of the conversation.
    """

    def __init__(self, settings: AccountRow) -> None:
        self.name = settings.name
        self.folded = settings.folded
        self.identity = settings.identity
        self.settings = settings
        self.saved_row: AccountRow | None = None
        self.contacts = Contacts()
        self.last_shown: dict[str, int] = {}
        self.unread: dict[str, int] = {}
        self._unsettled = 0

    @property
    def nick(self) -> str:
        """The name: stands for the nick while nobody is logged in."""
        return self.name

    @property
    def keys(self) -> ScramKeys | None:
        """The keys that verify its password; None if it has no password."""
        row = self.saved_row or self.settings
        if not row.stored_key:
            return None
        salt, stored, server = map(base64.b64decode, (row.salt, row.stored_key, row.server_key))
        return ScramKeys(salt, row.iterations, stored, server)

    @property
    def is_usable(self) -> bool:
        """True if one can log in with it: it is on disk and not disabled."""
        return self.saved_row is not None and not self.settings.is_disabled

    def note_unread(self, conversation: str, number: int) -> bool:
        """Record an unread message; return False if the conversation had unread ones already."""
        if conversation in self.unread:
            return False
        self.unread[conversation] = number - 1
        if len(self.unread) > MAX_UNREAD:
            del self.unread[next(iter(self.unread))]
        return True

    def last_seen_row(self) -> LastSeenRow:
        """Return the row of what its owner has seen."""
        return LastSeenRow(self.folded, json.dumps(self.last_shown), json.dumps(self.unread))

    # -- saving; see `Persistent` ----------------------------------------------------------------------

    def row(self) -> AccountRow:
        """Return the current settings."""
        return self.settings

    def saving(self) -> int:
        """See `Persistent.saving`; an account has no generations."""
        self._unsettled += 1
        return 0

    def saved(self, row: AccountRow, generation: int) -> None:
        """See `Persistent.saved`."""
        self.saved_row = row
        self._unsettled -= 1

    def rejected(self) -> None:
        """See `Persistent.rejected`."""
        self._unsettled -= 1
        if not self._unsettled and self.saved_row is not None:
            self.settings = self.saved_row


def replace_keys(row: AccountRow, keys: ScramKeys) -> AccountRow:
    """Return an account's row with new password keys."""
    salt, stored, server = (
        base64.b64encode(each).decode() for each in (keys.salt, keys.stored_key, keys.server_key)
    )
    return row._replace(salt=salt, iterations=keys.iterations, stored_key=stored, server_key=server)


class Accounts:
    """All accounts.

    Args:
        rows: Their settings on disk.
        seen: What their owners have seen.
        secret: The secret of the store, from which keys of unknown accounts are derived.
    """

    def __init__(
        self, rows: Sequence[AccountRow] = (), seen: Sequence[LastSeenRow] = (), secret: bytes = b""
    ) -> None:
        self._secret = secret
        self._by_name: dict[str, Account] = {}
        self._by_skeleton: dict[str, Account] = {}  # by skeleton; accounts with non-ASCII names only
        for row in rows:
            self.add(Account(row)).saved_row = row
        for each in seen:
            if each.account in self._by_name:
                account = self._by_name[each.account]
                account.last_shown = json.loads(each.left)
                account.unread = json.loads(each.waiting)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def get(self, name: str) -> Account | None:
        """Return the account of this name; None if there is none."""
        return self._by_name.get(fold(name))

    def find_by_nick(self, nick: str) -> Account | None:
        """Return the account whose name equals this nick or looks like it; None if there is none."""
        if nick.isascii():
            return self._by_name.get(nick.lower())
        lookalike = skeleton(nick)
        return (
            self._by_name.get(fold(nick)) or self._by_name.get(lookalike) or self._by_skeleton.get(lookalike)
        )

    def find_by_certificate(self, fingerprint: str) -> Account | None:
        """Return the account that a certificate's fingerprint logs in to; None if there is none."""
        # parsing the lists of 10,000 accounts would block the server too long
        quoted = json.dumps(fingerprint)
        return next((each for each in self if quoted in each.settings.fingerprints), None)

    def add(self, account: Account) -> Account:
        """Add an account."""
        self._by_name[account.folded] = account
        if not account.name.isascii():
            self._by_skeleton[skeleton(account.name)] = account
        return account

    def remove(self, account: Account) -> None:
        """Remove an account."""
        del self._by_name[account.folded]
        if not account.name.isascii():
            del self._by_skeleton[skeleton(account.name)]

    @property
    def iterations(self) -> int:
        """The iteration count of the newest password; 0 if there is none."""
        newest = max(self, key=lambda account: account.settings.created, default=None)
        return newest.settings.iterations if newest else 0

    def keys_or_fake(self, name: str, iterations: int) -> ScramKeys:
        """Return the keys of an account's password; fake keys, which match nothing, if there is none."""
        account = self.get(name)
        return (account and account.keys) or fake_keys(self._secret, fold(name), iterations)
