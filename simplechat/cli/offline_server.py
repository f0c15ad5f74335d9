"""A server without listeners, opened in this process for as long as one subcommand runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred

from simplechat.chat_server import ChatServer
from simplechat.cli.cli_error import CliError
from simplechat.cli.server_link import OnAnswer
from simplechat.config import Config
from simplechat.hub.errors import StoreNotOpened
from simplechat.owner_answers import Answer, EndOfAnswer
from simplechat.store.data_folder import DataFolder, DataFolderError
from simplechat.store.opening import open_store

NAME = "shell"  # in the audit log


class OfflineServer:
    """A link to a chat server in this process, and the writer of the one conversation with it.

    Raises:
        CliError: The data folder or the database cannot be used.
    """

    def __init__(self, config: Config, reactor: Any) -> None:
        try:
            folder = DataFolder(config.data)
        except DataFolderError as error:
            raise CliError(str(error)) from None
        try:
            store = open_store(folder, reactor, _show_delay)
        except StoreNotOpened as error:
            folder.release()
            raise CliError(str(error)) from None
        self._server = ChatServer(folder, store, config, reactor, stop=_ignore_stop, note=_ignore)
        self._on_answer: OnAnswer = _ignore
        self._end: Deferred[None] | None = None
        self._conversation = self._server.start_owner_conversation(self, NAME)
        self._conversation.begin()

    async def request(self, line: str, on_answer: OnAnswer) -> None:
        """See `ServerLink.request`; an error that `on_answer` raises is raised here."""
        self._on_answer, self._end = on_answer, Deferred()
        self._conversation.hear(line.encode("utf-8", "replace"))
        await self._end

    async def stop(self) -> None:
        """Wait until everything is written, then release the data folder."""
        await self._server.ledger.settled()
        await self._server.close()

    # -- the writer of the conversation ----------------------------------------------------------------

    def send_answers(self, answers: Sequence[Answer]) -> None:
        """Pass answers on to the request under way."""
        for answer in answers:
            self._pass_on(answer)

    def _pass_on(self, answer: Answer) -> None:
        end = self._end
        if end is None or end.called:
            return
        if isinstance(answer, EndOfAnswer):
            end.callback(None)
            return
        try:
            self._on_answer(answer)
        except BaseException:
            end.errback()

    def send(self, lines: list[bytes]) -> None:
        """Ignore lines of IRC; an owner's prompt gets none."""

    def close(self) -> None:
        """Do nothing; there is no connection."""

    abort = pause = resume = close


def _ignore_stop(seconds: float, reason: str) -> None:
    """Do nothing: nobody is connected who would have to know."""


def _ignore(thing: object) -> None:
    """Do nothing: what a server would write to its log file is in the audit log as well."""


def _show_delay(text: str) -> None:
    """Tell on the standard error what takes a while, such as an upgrade of the database."""
    sys.stderr.write(f"simplechat: {text}\n")
