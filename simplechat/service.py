"""Where the rooms meet: the options of `twistd simplechat`, and the service that they make."""

from __future__ import annotations

import errno
import gc
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from twisted.application.service import Service
from twisted.internet.defer import Deferred, TimeoutError, maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.failure import Failure

from simplechat.commands import everybody_leaves
from simplechat.config import (
    BROWSERS_REFUSE,
    SETTINGS,
    BadSetting,
    Config,
    Setting,
    configure,
    settings_without_effect,
)
from simplechat.conversation import Conversation
from simplechat.doors.line import LineFactory, anyone, loopback_only, nobody
from simplechat.doors.wire import Wire
from simplechat.hub.hub import Hub
from simplechat.hub.ids import seconds_of
from simplechat.ledger import Ledger
from simplechat.store.folder import DataFolder, FolderError
from simplechat.store.sqlite import DatabaseError, SqliteStore, migrate

BACKLOG = 512  # connections that may wait to be accepted
SETTLE_S = 0.7  # for the ledger, when the server stops
GOODBYE_S = 0.2  # for the last lines to leave
SWITCH_S = 0.0005  # how long the writer's thread may keep the interpreter from the reactor
CLOCK_MAY_LAG_S = 60
TICK_S = 1.0  # between looks at who is still there

PLAINTEXT = {"loopback": loopback_only, "any": anyone, "none": nobody}


def _help(setting: Setting) -> str:
    default = "" if setting.is_flag or not str(setting.default) else f" [default: {setting.default}]"
    return setting.help + default + (" (not in effect yet)" if setting.later else "")


class Options(usage.Options):
    """What `twistd simplechat` takes; made from `config.SETTINGS`."""

    synopsis = "[options]"
    longdesc = (
        "A chat server that every IRC client can join. Each option can also be set in the environment, as "
        "SIMPLECHAT_PORT and the like, or in the file that --config names."
    )
    optFlags = [[each.name, None, _help(each)] for each in SETTINGS if each.is_flag]
    optParameters = [
        *(
            [each.name, None, None, _help(each)]
            for each in SETTINGS
            if not (each.is_flag or each.is_repeatable)
        ),
        ["config", None, None, "TOML file with settings by these names."],
    ]
    config = Config()

    def parseOptions(self, options: list[str] | None = None) -> None:
        """Read the command line; what is wrong with it is one line for people."""
        try:
            super().parseOptions(options)
            self.config = configure(self, os.environ)
        except (usage.UsageError, BadSetting) as error:
            give_up(f"{error} (see --help)")


def _gatherer(setting: Setting) -> Callable[[Options, str], None]:
    def gather(options: Options, value: str) -> None:
        options.setdefault(setting.name, []).append(value)

    gather.__doc__ = _help(setting)
    return gather


for _each in SETTINGS:
    if _each.is_repeatable:
        setattr(Options, f"opt_{_each.attribute}", _gatherer(_each))


def give_up(why: str) -> NoReturn:
    """End the process with one line on the standard error, and exit code 1."""
    raise SystemExit(f"simplechat: {why}")


class Chat(Service):
    """The whole server: one data folder, one hub, one ledger, and the doors.

    Args:
        config: The settings.
        reactor: The reactor.
    """

    log = Logger()

    def __init__(self, config: Config, reactor: Any) -> None:
        self._config = config
        self._reactor = reactor
        self._ports: list[IListeningPort] = []

    def startService(self) -> None:
        """Open everything and listen; what cannot be done is one line for people, and the end."""
        try:
            self._open_store()
            self._open_doors()
        except (FolderError, DatabaseError, BadSetting) as error:
            self.log.error("Cannot start: {error}", error=str(error))
            if sys.__stderr__ is not None:  # sys.stderr leads into twistd's log by now
                sys.__stderr__.write(f"simplechat: {error}\n")
            raise SystemExit(1) from None
        super().startService()
        self._settle_in()
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = self._reactor
        self._ticking.start(TICK_S, now=False)

    def _tick(self) -> None:
        """Look after the connections; while the store does not answer, nobody's silence counts."""
        if not self._ledger.is_stalled:
            self._factory.tick()
        self._hub.addresses.forget(self._reactor.seconds())

    def _open_store(self) -> None:
        self._folder = DataFolder(self._config.data)
        migrate(self._folder.database)
        self._store = SqliteStore(self._folder.database, self._reactor)
        kept = self._store.kept()
        ahead_s = seconds_of(kept.newest) - time.time()
        if kept.newest and ahead_s > CLOCK_MAY_LAG_S:
            self.log.warn(
                "The newest message is {s:.0f} s ahead of the clock; going on from there", s=ahead_s
            )
        self._hub = Hub(self._config, time.time, kept.newest, kept.rooms)
        self._ledger = Ledger(self._hub.outbox, self._store, self._reactor, self._config.sendq)

    def _open_doors(self) -> None:
        config = self._config
        self._factory = LineFactory(self._converse, self._reactor, config.sendq, PLAINTEXT[config.plaintext])
        self._listen(f"{config.ip} port {config.port}", self._listen_tcp)
        for text in config.listen:
            self._listen(text, partial(self._listen_endpoint, text))

    def _converse(self, wire: Wire, host: str) -> Conversation:
        return Conversation(self._hub, self._ledger.wake, self._reactor, wire, host)

    def _listen_tcp(self) -> IListeningPort:
        port: IListeningPort = self._reactor.listenTCP(
            self._config.port, self._factory, BACKLOG, self._config.ip
        )
        return port

    def _listen_endpoint(self, text: str) -> IListeningPort:
        result: list[Any] = []
        serverFromString(self._reactor, text).listen(self._factory).addBoth(result.append)
        if not result:
            raise BadSetting(f"--listen: {text} does not listen at once; please use a tcp: or unix: endpoint")
        if isinstance(result[0], Failure):
            result[0].raiseException()
        port: IListeningPort = result[0]
        return port

    def _listen(self, where: str, listen: Callable[[], IListeningPort]) -> None:
        try:
            port = listen()
        except CannotListenError as error:
            raise BadSetting(f"cannot listen on {where}: {_why_not(error)}") from None
        except (ValueError, OSError, LookupError, TypeError) as error:
            raise BadSetting(f"cannot listen on {where}: {error}") from None
        self._ports.append(port)
        self.log.info("Listening on {address}", address=_shown(port.getHost()))

    def _settle_in(self) -> None:
        """Tell the owner what should be known, and set the interpreter up for a long run."""
        if self._config.port in BROWSERS_REFUSE:
            self.log.warn(
                "Browsers refuse port {port}: the web page will need another", port=self._config.port
            )
        for name in settings_without_effect(self._config):
            self.log.warn("--{name} is understood, but takes effect in a later version only", name=name)
        self.log.info("Everything is kept in {path}", path=str(self._folder.path))
        sys.setswitchinterval(SWITCH_S)
        gc.freeze()
        gc.set_threshold(50_000, 10, 10)

    def stopService(self) -> Deferred[None]:
        """Say goodbye, have everything written, close."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self._ticking.stop()
        for port in self._ports:
            await maybeDeferred(port.stopListening)
        self._hub.outbox.put(everybody_leaves(self._hub, "The server is shutting down"))
        try:
            await self._ledger.settled().addTimeout(SETTLE_S, self._reactor)
        except TimeoutError:
            self._ledger.give_up()
            self.log.warn("Not everything could be written before the end")
        try:
            await self._factory.emptied().addTimeout(GOODBYE_S, self._reactor)
        except TimeoutError:
            self.log.warn("Not everything could be said before the end")
        await self._store.close()
        self._folder.release()


def _why_not(error: CannotListenError) -> str:
    reasons = {
        errno.EADDRINUSE: "another program is listening there; stop it, or choose another --port",
        errno.EACCES: "no permission; ports below 1024 are for the system, choose another --port",
        errno.EADDRNOTAVAIL: "this machine has no such address; see --ip",
    }
    number: int = getattr(error.socketError, "errno", None) or 0
    return reasons.get(number, getattr(error.socketError, "strerror", None) or str(error.socketError))


def _shown(address: Any) -> str:
    if hasattr(address, "port"):
        host = f"[{address.host}]" if ":" in address.host else address.host
        return f"{host}:{address.port}"
    return os.fsdecode(getattr(address, "name", None) or str(address))


def makeService(options: Options) -> Chat:
    """Make the chat service: what `twistd simplechat` runs."""
    from twisted.internet import reactor

    return Chat(options.config, reactor)
