"""An account: a name that is its owner's alone, and what is kept of them while they are away."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from simplechat.hub.contacts import Contacts
from simplechat.hub.records import AccountRow, LastSeenRow
from simplechat.ircv3.casemap import fold, skeleton
from simplechat.ircv3.sasl import ScramKeys, fake_keys

if TYPE_CHECKING:
    from simplechat.hub.user import User

MAX_UNREAD = 100  # conversations, for each account


class Account:
    """Somebody who can come again as who they are.

    Attributes:
        name: As it was chosen.
        folded: As looked up.
        identity: What its owner said is kept under it.
        settings: Everything else, as it is now.
        saved_row: The settings that are on disk; None for none.
        users: Those who are its owner, each under a nick of its own.
        contacts: Whom its owner has spoken with.
        last_shown: The newest id of rooms they were shown, by their logs.
        unread: The last id before what they have not seen, by the key of the conversation.
    """

    def __init__(self, settings: AccountRow) -> None:
        self.name = settings.name
        self.folded = settings.folded
        self.identity = settings.identity
        self.settings = settings
        self.saved_row: AccountRow | None = None
        self.users: set[User] = set()
        self.contacts = Contacts()
        self.last_shown: dict[str, int] = {}
        self.unread: dict[str, int] = {}
        self._unsettled = 0

    @property
    def nick(self) -> str:
        """Its owner's nick while nobody is here under it: the name."""
        return self.name

    @property
    def keys(self) -> ScramKeys | None:
        """What its password is checked with; None where it has none."""
        row = self.saved_row or self.settings
        if not row.stored_key:
            return None
        salt, stored, server = map(base64.b64decode, (row.salt, row.stored_key, row.server_key))
        return ScramKeys(salt, row.iterations, stored, server)

    @property
    def is_usable(self) -> bool:
        """True when somebody may log in with it: it is on disk, and not disabled."""
        return self.saved_row is not None and not self.settings.is_disabled

    def note_unread(self, conversation: str, number: int) -> bool:
        """Note that something was said to its owner who is away; False where that was known already."""
        if conversation in self.unread:
            return False
        self.unread[conversation] = number - 1
        if len(self.unread) > MAX_UNREAD:
            del self.unread[next(iter(self.unread))]
        return True

    def last_seen_row(self) -> LastSeenRow:
        """Give what its owner has seen, and what not, as it is kept."""
        return LastSeenRow(self.folded, json.dumps(self.last_shown), json.dumps(self.unread))

    # -- its settings on the way to the disk -----------------------------------------------------------

    def row(self) -> AccountRow:
        """Give the settings as they are now."""
        return self.settings

    def saving(self) -> int:
        """Note that they are on their way to the disk."""
        self._unsettled += 1
        return 0

    def saved(self, row: AccountRow, generation: int) -> None:
        """Note that they got there."""
        self.saved_row = row
        self._unsettled -= 1

    def rejected(self) -> None:
        """Note that they did not, and return to those that did."""
        self._unsettled -= 1
        if not self._unsettled and self.saved_row is not None:
            self.settings = self.saved_row


def replace_keys(row: AccountRow, keys: ScramKeys) -> AccountRow:
    """Give an account's row with other keys."""
    salt, stored, server = (
        base64.b64encode(each).decode() for each in (keys.salt, keys.stored_key, keys.server_key)
    )
    return row._replace(salt=salt, iterations=keys.iterations, stored_key=stored, server_key=server)


class Accounts:
    """Every account.

    Args:
        rows: Their settings on disk.
        seen: What their owners have seen.
        secret: Random bytes, always the same.
    """

    def __init__(
        self, rows: Sequence[AccountRow] = (), seen: Sequence[LastSeenRow] = (), secret: bytes = b""
    ) -> None:
        self._secret = secret
        self._by_name: dict[str, Account] = {}
        self._looks: dict[str, Account] = {}  # those whose name has letters beyond ASCII
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
        """Give the account of this name."""
        return self._by_name.get(fold(name))

    def find_by_nick(self, nick: str) -> Account | None:
        """Give the account whose name this nick is, or looks like."""
        if nick.isascii():
            return self._by_name.get(nick.lower())
        look = skeleton(nick)
        return self._by_name.get(fold(nick)) or self._by_name.get(look) or self._looks.get(look)

    def find_by_certificate(self, fingerprint: str) -> Account | None:
        """Give the account that a certificate stands for."""
        quoted = json.dumps(
            fingerprint
        )  # to read ten thousand lists would take longer than others should wait
        return next((each for each in self if quoted in each.settings.fingerprints), None)

    def add(self, account: Account) -> Account:
        """Let there be an account."""
        self._by_name[account.folded] = account
        if not account.name.isascii():
            self._looks[skeleton(account.name)] = account
        return account

    def remove(self, account: Account) -> None:
        """Let there be an account no longer."""
        del self._by_name[account.folded]
        if not account.name.isascii():
            del self._looks[skeleton(account.name)]

    @property
    def iterations(self) -> int:
        """How often the newest password was hashed; 0 where there is none."""
        newest = max(self, key=lambda account: account.settings.created, default=None)
        return newest.settings.iterations if newest else 0

    def keys_or_fake(self, name: str, iterations: int) -> ScramKeys:
        """Give what a name's password is checked with: keys that nothing fits, where there is none."""
        account = self.get(name)
        return (account and account.keys) or fake_keys(self._secret, fold(name), iterations)
