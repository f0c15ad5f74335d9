"""`simplechat`: the command line, which starts the server or runs one of the owner's subcommands."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

from simplechat import locale
from simplechat.cli.arguments import (
    NAME,
    CommandLine,
    build_parser,
    parse_command_line,
    requested_language,
    split_command_line,
)
from simplechat.cli.cli_error import CliError
from simplechat.cli.progress import ProgressLine
from simplechat.cli.subcommands import Subcommands, Work
from simplechat.config import BadSetting, Config, load_config
from simplechat.locale import gettext as _
from simplechat.store.seed_database import SeedError
from simplechat.terminal.sanitize import printable

SIGNAL_CODE = 128  # plus the signal's number: the exit code that shells expect
HELP_OPTIONS = {"-h", "--help"}

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and exit."""
    _prepare_files()
    words = list(sys.argv[1:] if arguments is None else arguments)
    language = use_language(words)
    before, subcommand, after = split_command_line(words)
    if subcommand == "serve" or not (subcommand or {"--version", *HELP_OPTIONS} & {*words}):
        serve([*before, *after])
    if not subcommand and "--version" not in words:
        sys.stdout.write(build_parser().format_help())
        sys.exit(0)
    sys.exit(run(parse_command_line(words), language))


def _prepare_files() -> None:
    """Open /dev/null for closed standard files, before other files get their descriptors."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def use_language(words: Sequence[str]) -> str:
    """Use the language of the command line or the environment from now on; return it."""
    language = requested_language(words) or locale.preferred_language(os.environ)
    locale.use_language_everywhere(language)
    return language


def serve(words: Sequence[str]) -> NoReturn:
    """Run `twistd -n simplechat` with these options, and exit."""
    if HELP_OPTIONS & {*words}:
        from simplechat.options import Options

        options = Options()
        options.synopsis = _("Usage: {name} [serve] [options]").format(name=NAME)
        sys.stdout.write(f"{options}\n")
        sys.exit(0)
    from twisted.scripts import twistd

    sys.argv = [NAME, "-n", "--pidfile=", "simplechat", *words]
    twistd.run()
    sys.exit(0)


def run(options: CommandLine, language: str) -> int:
    """Run a subcommand; return the exit code."""
    signal.signal(signal.SIGTERM, _end_by_signal)
    progress = ProgressLine(_progress_stream(options), time.monotonic)
    try:
        config = load_config(
            {"data": options.data, "config": options.config, "lang": options.lang}, os.environ
        )
        language = config.lang or language
        locale.use_language(language)
        code = Subcommands(options, config, progress, language, run_offline).run()
        sys.stdout.flush()
        return code
    except (CliError, BadSetting, SeedError) as error:
        return _report_error(progress, str(error))
    except KeyboardInterrupt:
        return SIGNAL_CODE + signal.SIGINT
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that flushing at the exit fails no more
        if isinstance(error, BrokenPipeError):  # as when piped into head
            return 0
        return _report_error(progress, _("cannot write: {why}").format(why=error.strerror or error))
    finally:
        progress.clear()


def _progress_stream(options: CommandLine) -> Any:
    """Return the stream for progress; None where it would mix with output on the terminal."""
    is_shown = options.subcommand == "export" and not options.output and sys.stdout.isatty()
    return None if is_shown else sys.stderr


def _end_by_signal(number: int, frame: object) -> NoReturn:
    sys.exit(SIGNAL_CODE + number)


def _report_error(progress: ProgressLine, why: str) -> int:
    progress.clear()
    sys.stderr.write(f"{NAME}: {printable(why)}\n")
    return 1


def run_offline(config: Config, work: Work[T]) -> T:
    """Do work on an offline server in this process; a signal cancels it.

    Returns:
        The result of the work.
    """
    from twisted.internet import reactor as imported
    from twisted.internet.defer import CancelledError, Deferred
    from twisted.python.failure import Failure

    reactor: Any = imported
    results: list[T | Failure] = []
    signals: list[int] = []

    def begin() -> None:
        done = Deferred.fromCoroutine(_with_offline_server(config, reactor, work))

        def cancel(number: int, frame: object) -> None:
            signals.append(number)
            reactor.callFromThread(done.cancel)

        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, cancel)
        done.addBoth(results.append).addBoth(lambda result: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    (result,) = results
    if not isinstance(result, Failure):
        return result
    if signals and result.check(CancelledError):
        sys.exit(SIGNAL_CODE + signals[0])
    result.raiseException()
    raise AssertionError("a failure raises")


async def _with_offline_server(config: Config, reactor: Any, work: Work[T]) -> T:
    from simplechat.cli.offline_server import OfflineServer

    server = OfflineServer(config, reactor)
    try:
        return await work(server)
    finally:
        await server.stop()
