"""`python -m simplechat.client`: the command line, the questions before the start, and the reactor."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from twisted.internet.defer import Deferred

from simplechat.client.app import Chat
from simplechat.client.credentials import client_services, find_password, initial_credentials
from simplechat.client.interfaces import ExitStatus
from simplechat.client.net.connecting import (
    UNREACHABLE,
    meet,
    question_of_trust,
    reach,
    way_to,
    why_unreachable,
)
from simplechat.client.net.endpoints import Question
from simplechat.client.net.known_servers import Distrusted
from simplechat.client.net.server_protocol import ServerLink
from simplechat.client.options import (
    DEFAULT_CHANNEL,
    DEFAULT_HOST,
    DEFAULT_PORT,
    PROGRAM,
    ClientOptions,
    parse_options,
    parse_place,
    parse_port,
)
from simplechat.client.protocol.connection import Unsayable
from simplechat.client.signals import SIGNAL_CODE, Interrupted, install_signal_handlers
from simplechat.client.ui.ask import ask
from simplechat.client.ui.factory import make_user_interface
from simplechat.ircv3.chat_address import ChatAddress, format_host_port
from simplechat.locale import gettext as _

PRINT_S = 5.0  # for the last lines to be read, when it is over

Twisted = Any  # the reactor; its type would import it
Asking = Callable[[str], str]


# -- the connection ------------------------------------------------------------------------------------


async def talk(reactor: Twisted, options: ClientOptions, ask_for_trust: Question | None) -> ExitStatus:
    """Talk from the first try to connect to the last line printed."""
    try:
        way = way_to(reactor, options)
        _complain(await meet(reactor, way, ask_for_trust))
    except Interrupted as interrupted:
        return interrupted.exit_status
    except (Distrusted, *UNREACHABLE) as error:
        return ExitStatus(1, why_unreachable(error))
    interface = make_user_interface(reactor, options)
    try:
        services = client_services(reactor, options)
        chat = Chat(options.nick, options.room, interface, services, initial_credentials(options))
        attempts: list[Deferred[None]] = []

        def connect() -> None:
            attempts[:] = [Deferred.fromCoroutine(reach(way, chat, ServerLink(chat, interface)))]

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


# -- the process ---------------------------------------------------------------------------------------


def run(options: ClientOptions, ask_for_trust: Question | None) -> ExitStatus:
    """Run the reactor until the talk is over."""
    from twisted.internet import reactor as imported

    reactor: Twisted = imported
    exit_statuses: list[ExitStatus] = []
    ways = {number: os.get_blocking(number) for number in (0, 1, 2)}

    def begin() -> None:
        done = Deferred.fromCoroutine(talk(reactor, options, ask_for_trust))
        done.addErrback(lambda failure: ExitStatus(1, str(failure.trap(Unsayable) and failure.value)))
        done.addCallback(exit_statuses.append).addErrback(lambda failure: failure.printTraceback())
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    for number, is_blocking in ways.items():  # the shell shares them with us, and expects them as they were
        os.set_blocking(number, is_blocking)
    return (
        exit_statuses[0] if exit_statuses else ExitStatus(1, _("It failed, by a fault of the client's own"))
    )


def complete(options: ClientOptions, read: Asking) -> None:
    """Fill in what was not given: the server's address is asked for at a terminal."""
    if options.ip is None:
        format_host_port: str | ChatAddress = DEFAULT_HOST
        if may_ask(options):
            format_host_port = ask(_("Server"), format_host_port, parse_place, read, _tell)
        if isinstance(format_host_port, str):
            options.ip = format_host_port
        else:
            options.go_to(format_host_port)
    if options.port is None:
        options.port = (
            ask(_("Port"), DEFAULT_PORT, parse_port, read, _tell) if may_ask(options) else DEFAULT_PORT
        )
    options.room = options.room or DEFAULT_CHANNEL
    if options.account:
        options.secret = find_password(options, _tell if os.isatty(0) and os.isatty(1) else None)


def may_ask(options: ClientOptions) -> bool:
    """Tell whether somebody is there to be asked."""
    return os.isatty(0) and os.isatty(1) and not options.follow


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(trouble: str) -> None:
    """Tell trouble, where there is any, beside what is printed."""
    if trouble and sys.stderr is not None:
        sys.stderr.write(f"{PROGRAM}: {trouble}\n")


def _fill_closed_files() -> None:
    """Open nothing in the place of closed standard files, before anything else takes their numbers."""
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
        complete(options, input)
        where = f"{format_host_port(options.ip or DEFAULT_HOST, options.port or DEFAULT_PORT)}: "
        exit_status = run(options, question_of_trust(input, _tell) if may_ask(options) else None)
    except Unsayable as error:
        exit_status = ExitStatus(1, str(error))
    except EOFError:  # instead of an answer
        exit_status = ExitStatus(0, _("ended"))
    except KeyboardInterrupt:  # before the reactor ran
        exit_status = ExitStatus(SIGNAL_CODE + signal.SIGINT, _("interrupted"))
    _complain(where + exit_status.reason if exit_status.reason else "")
    sys.exit(exit_status.code)


if __name__ == "__main__":
    main()
