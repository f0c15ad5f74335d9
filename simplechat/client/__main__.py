"""`python -m simplechat.client`: the options, the signals, and the reactor that runs it all."""

from __future__ import annotations

import argparse
import getpass
import os
import re
import signal
import sys
import time
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError, ConnectionRefusedError, DNSLookupError, TimeoutError
from twisted.internet.stdio import StandardIO

from simplechat import __version__
from simplechat.client.core import Unsayable
from simplechat.client.links import Console, ServerLinks
from simplechat.client.plain import Outcome, Plain
from simplechat.client.verbs import HELP, room_name

NAME = "simplechat-client"
CONNECT_S = 15.0
PRINT_S = 5.0  # for the last lines to be read, when it is over
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNAL_CODE = 128  # plus the signal's number: what shells expect of who was ended by one

Twisted = Any  # the reactor; its type would import it


class Options(argparse.Namespace):
    """What was asked for."""

    ip: str
    port: int
    nick: str
    room: str


class Parser(argparse.ArgumentParser):
    """Tells what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """End with a line for people."""
        self.exit(1, f"{NAME}: {message} (see --help)\n")


def options_of(arguments: Sequence[str] | None) -> Options:
    """Read the command line; ends the process with one line where it is wrong."""
    parser = Parser(
        prog=NAME,
        description="Chat from a terminal, or say what comes through a pipe.",
        epilog="Then:\n" + "\n".join(f"  {line}" for line in HELP) + "\n\n"
        f"In a pipe: echo hello | {NAME} --room '#lobby'\n"
        "  ends with 0 once everything is stored, with 1 and a line that says why when something is not.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--ip", default="127.0.0.1", help="the server's address or name [default: %(default)s]"
    )
    parser.add_argument("--port", type=_port, default=8067, help="the server's port [default: %(default)s]")
    parser.add_argument(
        "--nick", type=_word, default=own_nick(), help="your name here [default: %(default)s]"
    )
    parser.add_argument(
        "--room", type=_room, default="#lobby", help="the room to join [default: %(default)s]"
    )
    parser.add_argument("--version", action="version", version=f"simplechat {__version__}")
    return parser.parse_args(arguments, Options())


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65536):
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _word(text: str) -> str:
    is_plain = text.isprintable() and " " not in text and "," not in text
    if not text or text[0] in ":#" or not is_plain:
        raise argparse.ArgumentTypeError("a nick is one word of letters, digits and -_[]{}\\|^`")
    return text


def _room(text: str) -> str:
    room = room_name(text)
    if len(room) < 2 or not room.isprintable() or " " in room or "," in room:
        raise argparse.ArgumentTypeError("a room is # and one word")
    return room


def own_nick() -> str:
    """Give a nick for whoever is logged in."""
    try:
        return nick_of(getpass.getuser())
    except (KeyError, OSError):  # nobody has this user id; the error differs between versions
        return nick_of("")


def nick_of(login: str) -> str:
    """Make a login name into a nick that every server takes."""
    letters = unicodedata.normalize("NFKD", login).encode("ascii", "ignore").decode()
    return re.sub("[^A-Za-z0-9_-]", "", letters).lstrip("0123456789-")[:30] or "guest"


def told(at: float | None) -> str:
    """Give the local time of day."""
    return f"{datetime.fromtimestamp(time.time() if at is None else at):%H:%M}"


async def talk(reactor: Twisted, options: Options) -> Outcome:
    """Talk from the first try to connect to the last line printed."""
    is_piped = not os.isatty(0)
    console = Console(getattr(sys.stdout, "encoding", "utf-8"), is_piped=is_piped)
    plain = Plain(options.nick, options.room, console, reactor, told)
    StandardIO(console, reactor=reactor)
    console.begin(plain)
    _heed_signals(reactor, plain)
    attempt = Deferred.fromCoroutine(_connect(reactor, options, plain, console))
    outcome = await plain.done
    attempt.cancel()
    console.close()
    await console.closed.addTimeout(PRINT_S, reactor, lambda result, seconds: None)
    return outcome


async def _connect(reactor: Twisted, options: Options, plain: Plain, console: Console) -> None:
    endpoint = HostnameEndpoint(reactor, options.ip, options.port, timeout=CONNECT_S)
    try:
        await endpoint.connect(ServerLinks(plain, console)).addTimeout(CONNECT_S, reactor)
    except CancelledError:  # it is over already
        return
    except (ConnectError, DNSLookupError, TimeoutError, ValueError) as error:
        plain.unreachable(why_unreachable(error))


def why_unreachable(error: Exception) -> str:
    """Tell for people why there is no connection."""
    if isinstance(error, ConnectionRefusedError):
        return "No server listens there"
    if isinstance(error, DNSLookupError | ValueError):
        return "There is no host of that name"
    if isinstance(error, TimeoutError):
        return "Nothing answers there"
    return f"It cannot be reached: {error.args[-1] if error.args else error}"


def _heed_signals(reactor: Twisted, plain: Plain) -> None:
    def heed(number: int, frame: object) -> None:
        reactor.callFromThread(plain.interrupted, SIGNAL_CODE + number)

    for each in SIGNALS:
        signal.signal(each, heed)


def run(options: Options) -> Outcome:
    """Run the reactor until the talk is over."""
    _fill_closed_files()
    from twisted.internet import reactor as imported

    reactor: Twisted = imported
    outcomes: list[Outcome] = []
    ways = {number: os.get_blocking(number) for number in (0, 1, 2)}

    def begin() -> None:
        done = Deferred.fromCoroutine(talk(reactor, options))
        done.addCallback(outcomes.append).addErrback(lambda failure: failure.printTraceback())
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    for number, is_blocking in ways.items():  # the shell shares them with us, and expects them as they were
        os.set_blocking(number, is_blocking)
    return outcomes[0] if outcomes else Outcome(1, "It failed, by a fault of the client's own")


def _fill_closed_files() -> None:
    """Open nothing in the place of closed standard files, before anything else takes their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the client and end the process."""
    options = options_of(arguments)
    try:
        outcome = run(options)
    except Unsayable as error:
        outcome = Outcome(1, str(error))
    except KeyboardInterrupt:  # before the reactor ran
        outcome = Outcome(SIGNAL_CODE + signal.SIGINT)
    if outcome.trouble and sys.stderr is not None:
        sys.stderr.write(f"{NAME}: {options.ip}:{options.port}: {outcome.trouble}\n")
    sys.exit(outcome.code)


if __name__ == "__main__":
    main()
