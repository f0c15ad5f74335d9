"""`python -m simplechat.client`: the command line, the questions before the start, and the reactor."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from twisted.internet.defer import Deferred

from simplechat.client.app import ChatApp
from simplechat.client.credentials import find_password, initial_credentials
from simplechat.client.interfaces import ExitStatus
from simplechat.client.net.connecting import (
    CONNECT_ERRORS,
    attempt_connection,
    describe_connect_error,
    endpoint_for,
    establish_trust,
    make_trust_prompt,
)
from simplechat.client.net.endpoints import AskForTrust
from simplechat.client.net.known_servers import ServerNotTrusted
from simplechat.client.net.server_protocol import ServerProtocol
from simplechat.client.options import (
    DEFAULT_CHANNEL,
    DEFAULT_HOST,
    DEFAULT_PORT,
    PROGRAM,
    ClientOptions,
    parse_host_or_address,
    parse_options,
    parse_port,
)
from simplechat.client.protocol.connection import RequestError
from simplechat.client.services import system_services
from simplechat.client.signals import SIGNAL_CODE, Interrupted, install_signal_handlers
from simplechat.client.startup_questions import ask_until_valid
from simplechat.client.ui.factory import make_user_interface
from simplechat.ircv3.chat_address import ChatAddress, format_host_port
from simplechat.locale import gettext as _

PRINT_S = 5.0  # for the last lines to be read, at the end

Reactor = Any  # the reactor; its type would import it
ReadLine = Callable[[str], str]


async def run_application(
    reactor: Reactor, options: ClientOptions, ask_for_trust: AskForTrust | None
) -> ExitStatus:
    """Run from the first attempt to connect until the last line is printed."""
    try:
        endpoint = endpoint_for(reactor, options)
        _print_error(await establish_trust(reactor, endpoint, ask_for_trust))
    except Interrupted as interrupted:
        return interrupted.exit_status
    except (ServerNotTrusted, *CONNECT_ERRORS) as error:
        return ExitStatus(1, describe_connect_error(error))
    interface = make_user_interface(reactor, options)
    try:
        services = system_services(reactor, options)
        chat = ChatApp(options.nick, options.room, interface, services, initial_credentials(options))
        attempts: list[Deferred[None]] = []

        def connect() -> None:
            attempts[:] = [
                Deferred.fromCoroutine(attempt_connection(endpoint, chat, ServerProtocol(chat, interface)))
            ]

        chat.connect = connect
        interface.start(chat)
        install_signal_handlers(reactor, chat.interrupted)
        connect()
        exit_status = await chat.done
        attempts[0].cancel()
    finally:
        interface.close()
    await interface.closed.addTimeout(PRINT_S, reactor, lambda result, seconds: None)
    return exit_status


def run_reactor(options: ClientOptions, ask_for_trust: AskForTrust | None) -> ExitStatus:
    """Run the reactor until the application has ended."""
    from twisted.internet import reactor as imported

    reactor: Reactor = imported
    exit_statuses: list[ExitStatus] = []
    blocking = {number: os.get_blocking(number) for number in (0, 1, 2)}

    def start() -> None:
        done = Deferred.fromCoroutine(run_application(reactor, options, ask_for_trust))
        done.addErrback(lambda failure: ExitStatus(1, str(failure.trap(RequestError) and failure.value)))
        done.addCallback(exit_statuses.append).addErrback(lambda failure: failure.printTraceback())
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(start)
    reactor.run(installSignalHandlers=False)
    for number, is_blocking in blocking.items():  # the shell shares these files and expects them unchanged
        os.set_blocking(number, is_blocking)
    return exit_statuses[0] if exit_statuses else ExitStatus(1, _("The client failed because of a bug in it"))


def complete_options(options: ClientOptions, read: ReadLine) -> None:
    """Set the options that were not given: the server's address is asked for at a terminal."""
    if options.ip is None:
        server: str | ChatAddress = DEFAULT_HOST
        if may_ask(options):
            server = ask_until_valid(_("Server"), server, parse_host_or_address, read, _show)
        if isinstance(server, str):
            options.ip = server
        else:
            options.apply_address(server)
    if options.port is None:
        options.port = DEFAULT_PORT
        if may_ask(options):
            options.port = ask_until_valid(_("Port"), DEFAULT_PORT, parse_port, read, _show)
    options.room = options.room or DEFAULT_CHANNEL
    if options.account:
        options.password = find_password(options, _show if os.isatty(0) and os.isatty(1) else None)


def may_ask(options: ClientOptions) -> bool:
    """Tell whether there is a user at a terminal who can be asked."""
    return os.isatty(0) and os.isatty(1) and not options.follow


def _show(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _print_error(reason: str) -> None:
    """Print an error to standard error; nothing for ""."""
    if reason and sys.stderr is not None:
        sys.stderr.write(f"{PROGRAM}: {reason}\n")


def _fill_closed_files() -> None:
    """Open /dev/null in the place of closed standard files, before other files take their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the client and end the process."""
    _fill_closed_files()
    options = parse_options(sys.argv[1:] if arguments is None else arguments)
    where = ""
    try:
        complete_options(options, input)
        where = f"{format_host_port(options.ip or DEFAULT_HOST, options.port or DEFAULT_PORT)}: "
        exit_status = run_reactor(options, make_trust_prompt(input, _show) if may_ask(options) else None)
    except RequestError as error:
        exit_status = ExitStatus(1, str(error))
    except EOFError:  # instead of an answer
        exit_status = ExitStatus(0, _("ended"))
    except KeyboardInterrupt:  # before the reactor ran
        exit_status = ExitStatus(SIGNAL_CODE + signal.SIGINT, _("interrupted"))
    _print_error(where + exit_status.reason if exit_status.reason else "")
    sys.exit(exit_status.code)


if __name__ == "__main__":
    main()
