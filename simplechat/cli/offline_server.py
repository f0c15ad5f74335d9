"""A server without doors, opened in this process for as long as one verb takes."""

from __future__ import annotations

import json
import sys
from typing import Any

from twisted.internet.defer import Deferred

from simplechat.chat_server import ChatServer
from simplechat.cli.cli_error import Trouble
from simplechat.cli.server_link import Heard
from simplechat.config import Config
from simplechat.hub.errors import StoreNotOpened
from simplechat.store.data_folder import DataFolder, DataFolderError
from simplechat.store.opening import open_store

NAME = "shell"  # of who speaks here, in the audit log


class Home:
    """A house of our own, and the wire of the one conversation in it.

    Raises:
        Trouble: The data folder or the database cannot be used.
    """

    def __init__(self, config: Config, reactor: Any) -> None:
        try:
            folder = DataFolder(config.data)
        except DataFolderError as error:
            raise Trouble(str(error)) from None
        try:
            store = open_store(folder, reactor, _tell)
        except StoreNotOpened as error:
            folder.release()
            raise Trouble(str(error)) from None
        self._server = ChatServer(folder, store, config, reactor, stop=_stop, note=_note)
        self._heard: Heard = _note
        self._end: Deferred[None] | None = None
        self._talk = self._server.prompt(self, NAME)
        self._talk.begin()

    async def ask(self, line: str, heard: Heard) -> None:
        """See `Link.ask`."""
        self._heard, self._end = heard, Deferred()
        self._talk.hear(line.encode("utf-8", "replace"))
        await self._end

    async def leave(self) -> None:
        """Have everything written, and let go of the folder."""
        await self._server.ledger.settled()
        await self._server.close()

    # -- the wire ------------------------------------------------------------------------------------------

    def send(self, lines: list[bytes]) -> None:
        """Hear answers; what goes wrong over one goes wrong for who asked."""
        for line in b"".join(lines).splitlines():
            self._hear(json.loads(line))

    def _hear(self, answer: dict[str, Any]) -> None:
        end = self._end
        if end is None or end.called:
            return
        if answer["kind"] == "end":
            end.callback(None)
            return
        try:
            self._heard(answer)
        except BaseException:
            end.errback()

    def close(self) -> None:
        """The conversation is over."""

    abort = pause = resume = close


def _stop(seconds: float, reason: str) -> None:
    """Nobody is here whom it would concern."""


def _note(thing: object) -> None:
    """What a server would write into its log file; the audit log has it too."""


def _tell(text: str) -> None:
    """Tell what has to be waited for."""
    sys.stderr.write(f"simplechat: {text}\n")
