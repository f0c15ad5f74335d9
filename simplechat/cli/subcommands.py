"""The subcommands of the command line but for `serve`, which starts the server."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO, Protocol, TypeVar

from simplechat.cli.accounts import account_line, read_new_password
from simplechat.cli.arguments import CommandLine
from simplechat.cli.backup import write_backup
from simplechat.cli.cli_error import CliError
from simplechat.cli.console import TerminalDialog, answer_as_json, answer_as_text, run_line, run_prompt
from simplechat.cli.exporting import atomic_file, export_log, id_range
from simplechat.cli.html_export import HtmlFormat
from simplechat.cli.importing import SeedImport
from simplechat.cli.log_formats import JsonFormat, LogFormat, TextFormat
from simplechat.cli.progress import ProgressLine
from simplechat.cli.server_link import ServerLink, connect_to_server, request_answers, run_blocking
from simplechat.config import Config
from simplechat.locale import gettext as _
from simplechat.store.seed_database import SeedDatabase
from simplechat.terminal.sanitize import printable

T = TypeVar("T")
Work = Callable[[ServerLink], Coroutine[Any, Any, T]]


class RunOffline(Protocol):
    """Does work on a data folder that no running server holds."""

    def __call__(self, config: Config, work: Work[T]) -> T:
        """Open the folder, do the work, and return its result."""
        ...


class Subcommands:
    """The subcommands, for one command line.

    Args:
        options: The command line, parsed.
        config: The server's settings.
        progress: Shows how far the subcommand is.
        language: The language in use.
        run_offline: Does the work where no server runs.
    """

    def __init__(
        self,
        options: CommandLine,
        config: Config,
        progress: ProgressLine,
        language: str,
        run_offline: RunOffline,
    ) -> None:
        self._options = options
        self._config = config
        self._progress = progress
        self._language = language
        self._run_offline = run_offline

    def run(self) -> int:
        """Run the subcommand and return the exit code."""
        subcommands: dict[str, Callable[[], int]] = {
            "import": self.import_,
            "export": self.export,
            "backup": self.backup,
            "console": self.console,
            "account": self.account,
        }
        return subcommands[self._options.subcommand]()

    def import_(self) -> int:
        """Import the messages of a simpleChat database."""
        options = self._options
        with contextlib.closing(SeedDatabase(options.file)) as seed:
            channel = options.room or self._config.lobby
            work = SeedImport(seed, channel, self._progress.show)
            work.sort(options.timezone, time.time())
            self._show(work.dry_run() if options.dry_run else self._with_server(work.run))
        return 0

    def export(self) -> int:
        """Write the logs of channels."""
        options = self._options
        with self._output() as file:
            work = partial(
                export_log,
                channel=options.room,
                log_format=self._log_format(),
                ids=id_range(options.since, options.until),
                write=lambda text: file.write(text.encode()),
                tell=self._progress.show,
            )
            count = self._with_server(work)
        if options.output:
            self._show([_("{count} rows are in {path}").format(count=count, path=options.output)])
        return 0

    def _log_format(self) -> LogFormat:
        name = self._options.format or (self._options.output.suffix[1:] if self._options.output else "")
        formats: dict[str, Callable[[], LogFormat]] = {
            "json": JsonFormat,
            "html": partial(HtmlFormat, self._language),
        }
        return formats.get(name.lower(), TextFormat)()

    @contextlib.contextmanager
    def _output(self) -> Iterator[BinaryIO]:
        if self._options.output:
            with atomic_file(self._options.output, force=self._options.force) as file:
                yield file
        else:
            yield sys.stdout.buffer

    def backup(self) -> int:
        """Copy the database to a file."""
        work = partial(
            write_backup,
            path=self._options.file.absolute(),
            database=self._config.data.absolute() / "simplechat.db",
            tell=self._progress.show,
        )
        self._show(self._with_server(work))
        return 0

    def console(self) -> int:
        """Run one of the owner's commands on the running server, or open a prompt."""
        link = connect_to_server(self._config.data)
        if link is None:
            raise CliError(
                _("no server is running on {data}; start one with: simplechat").format(data=self._config.data)
            )
        if self._options.words:
            format_answer = answer_as_json if self._options.json else answer_as_text
            return run_blocking(
                run_line(link, " ".join(self._options.words), TerminalDialog(), format_answer)
            )
        if not sys.stdin or not sys.stdin.isatty():
            raise CliError(_("a prompt needs a terminal; give a command, such as: simplechat console help"))
        return run_prompt(link)

    def account(self) -> int:
        """Create or change accounts."""
        options = self._options
        line = account_line(options.action, options.name or "", options.more or "", read_new_password)
        answers = self._with_server(partial(request_answers, line=line))
        self._progress.clear()
        for answer in answers:
            sys.stdout.write("".join(f"{each}\n" for each in answer_as_text(answer)))
        return 0

    def _with_server(self, work: Work[T]) -> T:
        """Do work through the running server, or without one in this process."""
        link = connect_to_server(self._config.data)
        return run_blocking(work(link)) if link is not None else self._run_offline(self._config, work)

    def _show(self, lines: Sequence[str]) -> None:
        self._progress.clear()
        sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))
