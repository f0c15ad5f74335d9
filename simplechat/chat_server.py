"""The chat server without its doors: hub, ledger and store, and the conversations with them."""

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
from simplechat.faults import FaultCounter
from simplechat.hub.errors import StoreError
from simplechat.hub.hub import Hub
from simplechat.hub.ids import seconds_of
from simplechat.hub.linger import restore_users
from simplechat.hub.outbox import Entry
from simplechat.hub.retention import delete_expired
from simplechat.hub.store import Store
from simplechat.hub.user import Session
from simplechat.hub.writer import OwnerWriter, Writer
from simplechat.ledger import Ledger
from simplechat.peer import Peer
from simplechat.store.data_folder import DataFolder
from simplechat.store.password_hashing import HashingPool

SETTLE_S = 0.7  # for the ledger, when the server stops
CLOCK_MAY_LAG_S = 60
PAUSE_S = 0.02  # between two deletions


class ChatServer:
    """Everything that is stored, and everybody who is connected.

    Args:
        folder: The data folder; released by `close`.
        store: The store; closed by `close`.
        config: The settings.
        reactor: The reactor.
        stop: Stops the process after a number of seconds, for a reason.
        note: Writes an ordinary event to the log file.
    """

    log = Logger()

    def __init__(
        self,
        folder: DataFolder,
        store: Store,
        config: Config,
        reactor: Any,
        *,
        stop: Callable[[float, str], None],
        note: Callable[[str], None],
    ) -> None:
        self._reactor = reactor
        self.folder = folder
        self._store = store
        state = store.startup_state()
        ahead_s = seconds_of(state.newest_id) - time.time()
        if state.newest_id and ahead_s > CLOCK_MAY_LAG_S:
            self.log.warn(
                "The newest message is {s:.0f} s ahead of the clock; continuing from there", s=ahead_s
            )
        self.hub = Hub(config, time.time, state)
        restore_users(self.hub, state.users)
        self._passwords = HashingPool(reactor)
        self.faults = FaultCounter(reactor)
        self.ledger = Ledger(self.hub.outbox, store, reactor, config.sendq, self.faults)
        self._services = Services(
            store, self._put, self.ledger.settled, stop, note, self._passwords, self.faults.record
        )

    def _put(self, entry: Entry) -> None:
        self.hub.outbox.put(entry)
        self.ledger.wake()

    def start_conversation(self, writer: Writer, peer: Peer) -> Conversation:
        """Start a conversation with a client."""
        session = Session(writer, peer.host, peer.port)
        session.is_secure, session.fingerprint = peer.is_secure, peer.fingerprint
        return Conversation(self.hub, self._services, self._reactor, session)

    @property
    def python_namespace(self) -> dict[str, object]:
        """The variables of a Python prompt inside the server."""
        return {"hub": self.hub, "store": self._store}

    def start_owner_conversation(
        self, writer: OwnerWriter, name: str, *, may_python: bool = False
    ) -> OwnerConversation:
        """Start a conversation with the owner at a prompt.

        Args:
            name: The prompt's name in the audit log.
            may_python: Whether the owner may open a Python prompt.
        """
        session = Session(writer, "", answer_writer=writer)
        session.nick = name
        session.may_python = may_python
        return OwnerConversation(self.hub, self._services, self._reactor, session)

    def tick(self) -> None:
        """Remove the users whose linger time is over, and forget addresses and failed logins of long ago."""
        for entry in expire(self.hub):
            self._put(entry)
        self.hub.address_limits.forget(self._reactor.seconds())
        self.hub.login_limits.forget(self.hub.now())

    async def disconnect_all(self, reason: str) -> None:
        """Disconnect everybody, and wait for the ledger to write what is left; for `SETTLE_S` at most."""
        self._put(end_all_sessions(self.hub, reason))
        try:
            await self.ledger.settled().addTimeout(SETTLE_S, self._reactor)
        except TimeoutError:
            self.ledger.give_up()
            self.log.warn("The server stops before everything could be stored")

    async def delete_expired_messages(self) -> None:
        """Delete the messages that are older than the retention time."""
        try:
            count = await delete_expired(self.hub, self._store, partial(deferLater, self._reactor, PAUSE_S))
        except StoreError as error:
            self.log.warn("Old messages could not be deleted: {why}", why=str(error))
        else:
            if count:
                self.log.info("Old messages deleted: {count}", count=count)

    async def close(self) -> None:
        """Close the store and release the data folder."""
        self._passwords.close()
        await self._store.close()
        self.folder.release()
