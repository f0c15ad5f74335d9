"""The house without its doors: data folder, hub and ledger, and the talks that take place in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import TimeoutError
from twisted.internet.task import deferLater
from twisted.logger import Logger

from simplechat.commands import Services, end_all_sessions, expire
from simplechat.config import Config
from simplechat.conversation import Conversation, OwnerConversation
from simplechat.hub.errors import StoreError
from simplechat.hub.hub import Hub
from simplechat.hub.ids import seconds_of
from simplechat.hub.linger import restore_users
from simplechat.hub.outbox import Entry
from simplechat.hub.retention import delete_expired
from simplechat.hub.session import Session, Writer
from simplechat.ledger import Ledger
from simplechat.store.data_folder import DataFolder
from simplechat.store.password_hashing import HashingPool
from simplechat.store.sqlite import SqliteStore, migrate

SETTLE_S = 0.7  # for the ledger, when the house is closed
CLOCK_MAY_LAG_S = 60
BREATH_S = 0.02  # between two deletions


class ChatServer:
    """Everything that is kept, and everybody who is here.

    Args:
        folder: The data folder, which is released at the end.
        config: The settings.
        reactor: The reactor.
        stop: Ends the process in so many seconds, for a reason.
        note: Has something ordinary written to the log file.
        told: Told at once what takes a while before anybody can come in.

    Raises:
        DatabaseError: The database cannot be used.
    """

    log = Logger()

    def __init__(
        self,
        folder: DataFolder,
        config: Config,
        reactor: Any,
        *,
        stop: Callable[[float, str], None],
        note: Callable[[str], None],
        told: Callable[[str], None],
    ) -> None:
        self._reactor = reactor
        self.folder = folder
        migrate(folder.database, told)
        self._store = SqliteStore(folder.database, reactor)
        kept = self._store.startup_state()
        ahead_s = seconds_of(kept.newest_id) - time.time()
        if kept.newest_id and ahead_s > CLOCK_MAY_LAG_S:
            self.log.warn(
                "The newest message is {s:.0f} s ahead of the clock; going on from there", s=ahead_s
            )
        self.hub = Hub(config, time.time, kept)
        restore_users(self.hub, kept.memberships)
        self._passwords = HashingPool(reactor)
        self.ledger = Ledger(self.hub.outbox, self._store, reactor, config.sendq)
        self._services = Services(self._store, self._put, self.ledger.settled, stop, note, self._passwords)

    def _put(self, entry: Entry) -> None:
        self.hub.outbox.put(entry)
        self.ledger.wake()

    def converse(
        self, wire: Writer, host: str, port: int, *, is_secure: bool = False, fingerprint: str = ""
    ) -> Conversation:
        """Make a conversation with a client; see `doors.talks.Converse`."""
        session = Session(wire, host, port)
        session.is_secure, session.fingerprint = is_secure, fingerprint
        return Conversation(self.hub, self._services, self._reactor, session)

    @property
    def names(self) -> dict[str, object]:
        """What a Python prompt inside the server can look at."""
        return {"hub": self.hub, "store": self._store}

    def prompt(self, wire: Writer, name: str, *, may_python: bool = False) -> OwnerConversation:
        """Begin a conversation with the owner, at a prompt of this name."""
        session = Session(wire, "", is_owner=True)
        session.nick = name
        session.may_python = may_python
        return OwnerConversation(self.hub, self._services, self._reactor, session)

    def tick(self) -> None:
        """See who did not come back in time, and forget what need not be remembered."""
        for lapse in expire(self.hub):
            self._put(lapse)
        self.hub.address_limits.forget(self._reactor.seconds())
        self.hub.login_limits.forget(self.hub.now())

    async def empty(self, reason: str) -> None:
        """Send everybody away, and have written what can be."""
        self._put(end_all_sessions(self.hub, reason))
        try:
            await self.ledger.settled().addTimeout(SETTLE_S, self._reactor)
        except TimeoutError:
            self.ledger.give_up()
            self.log.warn("Not everything could be written before the end")

    async def sweep(self) -> None:
        """Delete what has been kept long enough."""
        try:
            count = await delete_expired(self.hub, self._store, partial(deferLater, self._reactor, BREATH_S))
        except StoreError as error:
            self.log.warn("What is old could not be deleted: {why}", why=str(error))
        else:
            if count:
                self.log.info("Old messages deleted: {count}", count=count)

    async def close(self) -> None:
        """Let go of the store and of the folder."""
        self._passwords.close()
        await self._store.close()
        self.folder.release()
