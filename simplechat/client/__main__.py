"""`python -m simplechat.client`: the signals, the screen, and the reactor that runs it all."""

from __future__ import annotations

import base64
import contextlib
import getpass
import hashlib
import os
import random
import signal
import sys
import termios
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.error import ConnectError, ConnectionRefusedError, DNSLookupError, TimeoutError
from twisted.internet.stdio import StandardIO

from simplechat.client.accounts import UNFIT
from simplechat.client.asking import ask
from simplechat.client.chat import Chat
from simplechat.client.core import Unsayable
from simplechat.client.events import Event
from simplechat.client.links import ServerLinks
from simplechat.client.localtime import LocalCalendar
from simplechat.client.login import Credentials, Salting
from simplechat.client.model import Model
from simplechat.client.options import (
    ADDRESS,
    NAME,
    PASSWORD_VARIABLE,
    PORT,
    Options,
    address_of,
    options_of,
    port_of,
)
from simplechat.client.plain import Console, Follower, Written
from simplechat.client.prompted import PromptScreen
from simplechat.client.recorded import records
from simplechat.client.shown import Shown, text_of
from simplechat.client.surroundings import Means, Outcome
from simplechat.client.vault import Keyring, is_there
from simplechat.ircv3.saslprep import Unfit, prepare
from simplechat.locale import gettext as _
from simplechat.terminal.prompt import may_prompt

CONNECT_S = 15.0
NONCE_BYTES = 18
PRINT_S = 5.0  # for the last lines to be read, when it is over
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNAL_CODE = 128  # plus the signal's number: what shells expect of who was ended by one
TICKS = ("\N{CHECK MARK}", "+")  # the first that the terminal can show

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
        call = reactor.callFromThread
        return PromptScreen(call, shown, reactor, history=_history(), has_bell=options.bell)
    written = _as_json if options.json else _as_text(shown, "\a" if options.bell else "")
    if options.follow:
        follower = Follower(encoding, written, is_piped=False)
        silence = os.open(os.devnull, os.O_RDONLY)  # whoever runs in the background must not read a terminal
        _standard_io(follower, stdin=silence, reactor=reactor)
        return follower
    console = Console(encoding, written, is_piped=not os.isatty(0), hide=_hide)
    _standard_io(console, reactor=reactor)
    return console


def tick_in(encoding: str) -> str:
    """Give the tick that this encoding can show."""
    try:
        TICKS[0].encode(encoding)
    except UnicodeEncodeError:
        return TICKS[1]
    return TICKS[0]


def _as_text(shown: Shown, bell: str) -> Written:
    def write(event: Event, model: Model) -> list[str]:
        lines = [text_of(line) for line in shown.lines(event, model, 80)]
        return [bell + lines[0], *lines[1:]] if bell and shown.is_call(event, model) else lines

    return write


def _as_json(event: Event, model: Model) -> list[str]:
    return records(event)


def _hide(is_hidden: bool) -> None:
    """Have the terminal not show what is typed, or show it again."""
    with contextlib.suppress(termios.error):
        settings = termios.tcgetattr(0)
        settings[3] = settings[3] & ~termios.ECHO if is_hidden else settings[3] | termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, settings)


def _history() -> Any:
    from platformdirs import user_state_path

    return user_state_path("simplechat") / "typed"


# -- the connection ------------------------------------------------------------------------------------


async def talk(reactor: Twisted, options: Options) -> Outcome:
    """Talk from the first try to connect to the last line printed."""
    screen = screen_for(reactor, options)
    try:
        means = _means(reactor, options)
        chat = Chat(options.nick, options.room, screen, means, credentials_of(options))
        attempts: list[Deferred[None]] = []

        def connect() -> None:
            attempts[:] = [Deferred.fromCoroutine(_connect(reactor, options, chat, screen))]

        chat.connect = connect
        screen.begin(chat)
        _heed_signals(reactor, chat)
        connect()
        outcome = await chat.done
        attempts[0].cancel()
    finally:
        screen.close()
    await screen.closed.addTimeout(PRINT_S, reactor, lambda result, seconds: None)
    return outcome


def _means(reactor: Twisted, options: Options) -> Means:
    from twisted.internet.threads import deferToThread

    def nonce() -> str:
        return base64.b64encode(os.urandom(NONCE_BYTES)).decode()

    def salted(salting: Salting) -> Deferred[bytes]:
        password = salting.password.encode()
        return deferToThread(hashlib.pbkdf2_hmac, "sha256", password, salting.salt, salting.iterations)

    def later(work: Callable[[], Event], tell: Callable[[Event], None]) -> None:
        deferToThread(work).addCallback(tell)

    vault = Keyring(f"{options.ip}:{options.port}", later) if is_there() else None
    return Means(reactor, random.random, nonce, salted, vault)


def credentials_of(options: Options) -> Credentials | None:
    """Give what to log in with at first."""
    return Credentials(options.account, options.secret) if options.account else None


async def _connect(reactor: Twisted, options: Options, chat: Chat, screen: Console | PromptScreen) -> None:
    endpoint = HostnameEndpoint(reactor, options.ip or ADDRESS, options.port or PORT, timeout=CONNECT_S)
    try:
        await endpoint.connect(ServerLinks(chat, screen)).addTimeout(CONNECT_S, reactor)
    except CancelledError:  # it is over already
        return
    except (ConnectError, DNSLookupError, TimeoutError, ValueError) as error:
        chat.unreachable(why_unreachable(error))


def why_unreachable(error: Exception) -> str:
    """Tell for people why there is no connection."""
    if isinstance(error, ConnectionRefusedError):
        return _("No server listens there")
    if isinstance(error, DNSLookupError | ValueError):
        return _("There is no host of that name")
    if isinstance(error, TimeoutError):
        return _("Nothing answers there")
    reason = error.args[-1] if error.args else error
    return _("It cannot be reached: {reason}").format(reason=reason)


def _heed_signals(reactor: Twisted, chat: Chat) -> None:
    def heed(number: int, frame: object) -> None:
        name = signal.Signals(number).name
        how = _("interrupted") if number == signal.SIGINT else _("ended by {signal}").format(signal=name)
        reactor.callFromThread(chat.interrupted, SIGNAL_CODE + number, how)

    for each in SIGNALS:
        signal.signal(each, heed)


# -- the process ---------------------------------------------------------------------------------------


def run(options: Options) -> Outcome:
    """Run the reactor until the talk is over."""
    from twisted.internet import reactor as imported

    reactor: Twisted = imported
    outcomes: list[Outcome] = []
    ways = {number: os.get_blocking(number) for number in (0, 1, 2)}

    def begin() -> None:
        done = Deferred.fromCoroutine(talk(reactor, options))
        done.addErrback(lambda failure: Outcome(1, str(failure.trap(Unsayable) and failure.value)))
        done.addCallback(outcomes.append).addErrback(lambda failure: failure.printTraceback())
        done.addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    for number, is_blocking in ways.items():  # the shell shares them with us, and expects them as they were
        os.set_blocking(number, is_blocking)
    return outcomes[0] if outcomes else Outcome(1, _("It failed, by a fault of the client's own"))


def complete(options: Options, read: Asking) -> None:
    """Fill in the server's address: asked for at a terminal, else the default."""
    may_ask = os.isatty(0) and os.isatty(1) and not options.follow
    if options.ip is None:
        options.ip = ask(_("Server"), ADDRESS, address_of, read, _tell) if may_ask else ADDRESS
    if options.port is None:
        options.port = ask(_("Port"), PORT, port_of, read, _tell) if may_ask else PORT

    if options.account:
        options.secret = _secret_of(options, may_ask=os.isatty(0) and os.isatty(1))


def _secret_of(options: Options, *, may_ask: bool) -> str:
    """Find the password of the account: never on the command line, which others can see.

    Raises:
        Unsayable: There is none, or it cannot be one.
    """
    secret = os.environ.pop(PASSWORD_VARIABLE, "")
    if not secret and is_there():
        secret = Keyring(f"{options.ip}:{options.port}", _never).password_of(options.account)
    if not secret and may_ask:
        secret = getpass.getpass(_("Password of {name}: ").format(name=options.account))
    if not secret:
        told = _("there is no password for {name}: put it into {variable}")
        raise Unsayable(told.format(name=options.account, variable=PASSWORD_VARIABLE))
    try:
        return prepare(secret)
    except Unfit as error:
        told = _("That cannot be a password: {reason}")
        raise Unsayable(told.format(reason=_(UNFIT[str(error)]))) from None


def _never(work: Callable[[], Event], tell: Callable[[Event], None]) -> None:
    """Do nothing later."""


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
        outcome = run(options)
    except Unsayable as error:
        outcome = Outcome(1, str(error))
    except EOFError:  # instead of an answer
        outcome = Outcome(0, _("ended"))
    except KeyboardInterrupt:  # before the reactor ran
        outcome = Outcome(SIGNAL_CODE + signal.SIGINT, _("interrupted"))
    if outcome.trouble and sys.stderr is not None:
        sys.stderr.write(f"{NAME}: {where}{outcome.trouble}\n")
    sys.exit(outcome.code)


if __name__ == "__main__":
    main()
