"""`python -m simplechat.client`: the signals, the screen, and the reactor that runs it all."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as TookTooLong
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import (
    ConnectError,
    ConnectingCancelledError,
    ConnectionRefusedError,
    DNSLookupError,
    TimeoutError,
)
from twisted.internet.stdio import StandardIO

from simplechat.client.asking import ask
from simplechat.client.chat import Chat, Outcome
from simplechat.client.core import Unsayable
from simplechat.client.events import Event
from simplechat.client.links import ServerLink
from simplechat.client.localtime import LocalCalendar
from simplechat.client.model import Model
from simplechat.client.options import ADDRESS, LOBBY, NAME, PORT, Options, options_of, place_of, port_of
from simplechat.client.plain import Console, Follower, Written
from simplechat.client.prompted import PromptScreen
from simplechat.client.recorded import recorded
from simplechat.client.secured import NoTLS
from simplechat.client.shown import Shown, text_of
from simplechat.client.trust import Distrusted, Pins
from simplechat.client.ways import CONNECT_S, PlainWay, Question, SecureWay
from simplechat.ircv3.addresses import ChatAddress
from simplechat.locale import gettext as _
from simplechat.locale import is_yes
from simplechat.terminal.prompt import may_prompt

PRINT_S = 5.0  # for the last lines to be read, when it is over
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNAL_CODE = 128  # plus the signal's number: what shells expect of who was ended by one
TICKS = ("\N{CHECK MARK}", "+")  # the first that the terminal can show

CANCELLED = (CancelledError, ConnectingCancelledError)
UNREACHABLE = (ConnectError, DNSLookupError, TimeoutError, TookTooLong, ValueError, NoTLS)

Twisted = Any  # the reactor; its type would import it
Asking = Callable[[str], str]

_standard_io: Any = StandardIO  # of which the types know another system's only


# -- the screen ----------------------------------------------------------------------------------------


def screen_for(reactor: Twisted, options: Options) -> Console | PromptScreen:
    """Give what is told on, by what was asked for and where we run."""
    is_for_programs = options.follow or options.json
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    shown = Shown(LocalCalendar(), tick_in(encoding))
    if not (options.plain or is_for_programs) and may_prompt(os.environ):
        return PromptScreen(reactor.callFromThread, shown, reactor, history=_history())
    written = _as_json if options.json else _as_text(shown)
    if options.follow:
        follower = Follower(encoding, written, is_piped=False)
        silence = os.open(os.devnull, os.O_RDONLY)  # whoever runs in the background must not read a terminal
        _standard_io(follower, stdin=silence, reactor=reactor)
        return follower
    console = Console(encoding, written, is_piped=not os.isatty(0))
    _standard_io(console, reactor=reactor)
    return console


def tick_in(encoding: str) -> str:
    """Give the tick that this encoding can show."""
    try:
        TICKS[0].encode(encoding)
    except UnicodeEncodeError:
        return TICKS[1]
    return TICKS[0]


def _as_text(shown: Shown) -> Written:
    def write(event: Event, model: Model) -> list[str]:
        return [text_of(line) for line in shown.lines(event, model, 80)]

    return write


def _as_json(event: Event, model: Model) -> list[str]:
    line = recorded(event)
    return [line] if line else []


def _history() -> Any:
    from platformdirs import user_state_path

    return user_state_path("simplechat") / "typed"


# -- the connection ------------------------------------------------------------------------------------


async def talk(reactor: Twisted, options: Options, ask_for_trust: Question | None) -> Outcome:
    """Talk from the first try to connect to the last line printed."""
    try:
        way = _way(reactor, options)
        await _meet(reactor, way, ask_for_trust)
    except Interrupted as interrupted:
        return interrupted.outcome
    except (Distrusted, *UNREACHABLE) as error:
        return Outcome(1, why_unreachable(error))
    screen = screen_for(reactor, options)
    try:
        chat = Chat(options.nick, options.room, screen, reactor, random.random)
        attempts: list[Deferred[None]] = []

        def connect() -> None:
            attempts[:] = [Deferred.fromCoroutine(_connect(way, chat, screen))]

        chat.connect = connect
        screen.begin(chat)
        _heed_signals(reactor, chat.interrupted)
        connect()
        outcome = await chat.done
        attempts[0].cancel()
    finally:
        screen.close()
    await screen.closed.addTimeout(PRINT_S, reactor, lambda result, seconds: None)
    return outcome


def _way(reactor: Twisted, options: Options) -> PlainWay | SecureWay:
    host, port = options.ip or ADDRESS, options.port or PORT
    endpoint = HostnameEndpoint(reactor, host, port, timeout=CONNECT_S)
    if not options.wants_tls:
        return PlainWay(endpoint, reactor)
    return SecureWay(host, port, endpoint, reactor, Pins(_known_servers()), options.fingerprint, time.time)


def _known_servers() -> Path:
    from platformdirs import user_data_path

    return user_data_path("simplechat-client") / "known_servers"


async def _meet(reactor: Twisted, way: PlainWay | SecureWay, ask_for_trust: Question | None) -> None:
    """Have the server trusted before there is a screen: only the terminal itself can be asked then."""
    interruptions: list[Interrupted] = []
    meeting = Deferred.fromCoroutine(way.meet(ask_for_trust))

    def interrupt(code: int, how: str) -> None:
        interruptions.append(Interrupted(Outcome(code, how)))
        meeting.cancel()

    _heed_signals(reactor, interrupt)
    try:
        trouble = await meeting
    except CANCELLED:
        raise interruptions[0] from None
    if trouble:
        sys.stderr.write(f"{NAME}: {trouble}\n")


async def _connect(way: PlainWay | SecureWay, chat: Chat, screen: Console | PromptScreen) -> None:
    try:
        await way.connect(ServerLink(chat, screen))
    except CANCELLED:  # it is over already
        return
    except Distrusted as distrusted:
        chat.distrusted(str(distrusted))
    except UNREACHABLE as error:
        chat.unreachable(why_unreachable(error))


def why_unreachable(error: Exception) -> str:
    """Tell for people why there is no connection."""
    if isinstance(error, Distrusted | NoTLS):
        return str(error)
    if isinstance(error, ConnectionRefusedError):
        return _("No server listens there")
    if isinstance(error, DNSLookupError | ValueError):
        return _("There is no host of that name")
    if isinstance(error, TimeoutError | TookTooLong):
        return _("Nothing answers there")
    reason = error.args[-1] if error.args else error
    return _("It cannot be reached: {reason}").format(reason=reason)


# -- signals -------------------------------------------------------------------------------------------


class Interrupted(Exception):
    """A signal ended it before there was a chat."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def _heed_signals(reactor: Twisted, interrupted: Callable[[int, str], None]) -> None:
    def heed(number: int, frame: object) -> None:
        reactor.callFromThread(interrupted, *_ended_by(number))

    for each in SIGNALS:
        signal.signal(each, heed)


def _ended_by(number: int) -> Outcome:
    name = signal.Signals(number).name
    how = _("interrupted") if number == signal.SIGINT else _("ended by {signal}").format(signal=name)
    return Outcome(SIGNAL_CODE + number, how)


@contextmanager
def _signals_raised() -> Iterator[None]:
    """Have signals end what blocks the reactor, which could not heed them."""

    def end(number: int, frame: object) -> NoReturn:
        raise Interrupted(_ended_by(number))

    before = {each: signal.signal(each, end) for each in SIGNALS}
    try:
        yield
    finally:
        for each, heed in before.items():
            signal.signal(each, heed)


# -- the process ---------------------------------------------------------------------------------------


def run(options: Options, ask_for_trust: Question | None) -> Outcome:
    """Run the reactor until the talk is over."""
    from twisted.internet import reactor as imported

    reactor: Twisted = imported
    outcomes: list[Outcome] = []
    ways = {number: os.get_blocking(number) for number in (0, 1, 2)}

    def begin() -> None:
        done = Deferred.fromCoroutine(talk(reactor, options, ask_for_trust))
        done.addErrback(lambda failure: Outcome(1, str(failure.trap(Unsayable) and failure.value)))
        done.addCallback(outcomes.append).addErrback(lambda failure: failure.printTraceback())
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    for number, is_blocking in ways.items():  # the shell shares them with us, and expects them as they were
        os.set_blocking(number, is_blocking)
    return outcomes[0] if outcomes else Outcome(1, _("It failed, by a fault of the client's own"))


def complete(options: Options, read: Asking) -> None:
    """Fill in what was not given: the server's address is asked for at a terminal."""
    if options.ip is None:
        place: str | ChatAddress = ADDRESS
        if _may_ask(options):
            place = ask(_("Server"), place, place_of, read, _tell)
        if isinstance(place, str):
            options.ip = place
        else:
            options.go_to(place)
    if options.port is None:
        options.port = ask(_("Port"), PORT, port_of, read, _tell) if _may_ask(options) else PORT
    options.room = options.room or LOBBY


def question_of_trust(options: Options, read: Asking) -> Question | None:
    """Give what asks whether to trust a server; None where nobody can be asked."""

    def ask_for_trust(introduction: str) -> bool:
        _tell(introduction)
        with _signals_raised():
            try:
                return is_yes(ask(_("Do you trust it?"), _("no"), str, read, _tell))
            except EOFError:  # instead of an answer
                return False

    return ask_for_trust if _may_ask(options) else None


def _may_ask(options: Options) -> bool:
    return os.isatty(0) and os.isatty(1) and not options.follow


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")


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
    options = options_of(sys.argv[1:] if arguments is None else arguments)
    where = ""
    try:
        complete(options, input)
        where = f"{options.ip}:{options.port}: "
        outcome = run(options, question_of_trust(options, input))
    except EOFError:  # instead of an answer
        outcome = Outcome(0, _("ended"))
    except KeyboardInterrupt:  # before the reactor ran
        outcome = Outcome(SIGNAL_CODE + signal.SIGINT, _("interrupted"))
    if outcome.trouble and sys.stderr is not None:
        sys.stderr.write(f"{NAME}: {where}{outcome.trouble}\n")
    sys.exit(outcome.code)


if __name__ == "__main__":
    main()
