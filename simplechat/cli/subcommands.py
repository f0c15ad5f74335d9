"""What each verb of the command line does."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO, Protocol, TypeVar

from simplechat.cli.accounts import line_of, new_password
from simplechat.cli.arguments import Order
from simplechat.cli.backup import back_up
from simplechat.cli.cli_error import Trouble
from simplechat.cli.console import Terminal, as_json, as_text, prompt, say
from simplechat.cli.exporting import export, span, whole_file
from simplechat.cli.html_export import Html
from simplechat.cli.importing import Import
from simplechat.cli.log_formats import Form, Json, Text
from simplechat.cli.progress import Progress
from simplechat.cli.server_link import Link, at_once, replies, socket_link
from simplechat.config import Config
from simplechat.locale import gettext as _
from simplechat.store.seed_database import SeedDatabase
from simplechat.terminal.sanitize import printable

T = TypeVar("T")
Work = Callable[[Link], Coroutine[Any, Any, T]]


class InHouse(Protocol):
    """Has work done where no server runs, by opening the data folder."""

    def __call__(self, config: Config, work: Work[T]) -> T:
        """Give what the work gives."""
        ...


class Verbs:
    """The verbs, for one order.

    Args:
        order: What was asked for.
        config: The server's settings.
        progress: Is told how far it is.
        language: The language in use.
        in_house: For where no server runs.
    """

    def __init__(
        self, order: Order, config: Config, progress: Progress, language: str, in_house: InHouse
    ) -> None:
        self._order = order
        self._config = config
        self._progress = progress
        self._language = language
        self._in_house = in_house

    def run(self) -> int:
        """Do the order's verb, and give the exit code."""
        verbs: dict[str, Callable[[], int]] = {
            "import": self.import_,
            "export": self.export,
            "backup": self.backup,
            "console": self.console,
            "account": self.account,
        }
        return verbs[self._order.verb]()

    def import_(self) -> int:
        """Take over the seed's messages."""
        order = self._order
        with contextlib.closing(SeedDatabase(order.file)) as seed:
            room = order.room or self._config.lobby
            work = Import(seed, room, self._progress.tell)
            work.sort(order.timezone, time.time())
            self._show(work.rehearse() if order.dry_run else self._at_server(work.run))
        return 0

    def export(self) -> int:
        """Write the log."""
        order = self._order
        with self._output() as file:
            work = partial(
                export,
                room=order.room,
                form=self._form(),
                wanted=span(order.since, order.until),
                write=lambda text: file.write(text.encode()),
                tell=self._progress.tell,
            )
            count = self._at_server(work)
        if order.output:
            self._show([_("{count} rows are in {path}").format(count=count, path=order.output)])
        return 0

    def _form(self) -> Form:
        given = self._order.format or (self._order.output.suffix[1:] if self._order.output else "")
        forms: dict[str, Callable[[], Form]] = {"json": Json, "html": partial(Html, self._language)}
        return forms.get(given.lower(), Text)()

    @contextlib.contextmanager
    def _output(self) -> Iterator[BinaryIO]:
        if self._order.output:
            with whole_file(self._order.output, force=self._order.force) as file:
                yield file
        else:
            yield sys.stdout.buffer

    def backup(self) -> int:
        """Write everything into one file."""
        work = partial(
            back_up,
            path=self._order.file.absolute(),
            database=self._config.data.absolute() / "simplechat.db",
            tell=self._progress.tell,
        )
        self._show(self._at_server(work))
        return 0

    def console(self) -> int:
        """Say a verb to a server that runs."""
        link = socket_link(self._config.data)
        if link is None:
            raise Trouble(
                _("no server is running on {data}; start one with: simplechat").format(data=self._config.data)
            )
        if self._order.words:
            draw = as_json if self._order.json else as_text
            return at_once(say(link, " ".join(self._order.words), Terminal(), draw))
        if not sys.stdin or not sys.stdin.isatty():
            raise Trouble(_("a prompt needs a terminal; give the verb, such as: simplechat console help"))
        return prompt(link)

    def account(self) -> int:
        """Make and change accounts."""
        order = self._order
        line = line_of(order.action, order.name or "", order.more or "", new_password)
        answers = self._at_server(partial(replies, line=line))
        self._progress.clear()
        for answer in answers:
            sys.stdout.write("".join(f"{each}\n" for each in as_text(answer)))
        return 0

    def _at_server(self, work: Work[T]) -> T:
        """Have work done by the server that holds the data folder, or where none runs in this process."""
        link = socket_link(self._config.data)
        return at_once(work(link)) if link is not None else self._in_house(self._config, work)

    def _show(self, lines: Sequence[str]) -> None:
        self._progress.clear()
        sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))
