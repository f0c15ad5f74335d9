"""Where the rooms meet: the service that `twistd simplechat` runs."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.task import LoopingCall
from twisted.logger import Logger, globalLogPublisher

from simplechat import locale
from simplechat.chat_server import ChatServer
from simplechat.config import PORTS_REFUSED_BY_BROWSERS, BadSetting, Config, settings_without_effect
from simplechat.doors.console.console_input import ConsoleInput, is_console_wanted, open_console_input
from simplechat.doors.console.control_socket import ControlFactory, prepare_socket_path
from simplechat.doors.console.log_file import LogFileObserver, WarningObserver, open_log_file
from simplechat.doors.console.owner_console import Console
from simplechat.doors.net.connections import Talks
from simplechat.doors.net.irc import LineFactory
from simplechat.doors.net.listening import BACKLOG, CannotListen, Listening, opened
from simplechat.doors.net.port import PortFactory, Rules
from simplechat.doors.net.proxy_header import Proxies
from simplechat.doors.tls.key_pairs import CertificateError
from simplechat.hub.errors import StoreNotOpened
from simplechat.ip_addresses import anyone, best_first, is_of_this_machine, nobody
from simplechat.locale import gettext, marked
from simplechat.options import Options
from simplechat.startup_help import CertificateInfo, startup_help_lines
from simplechat.store.data_folder import DataFolder, DataFolderError
from simplechat.store.opening import open_store

if TYPE_CHECKING:
    from simplechat.doors.http.http_channel import WebFactory
    from simplechat.doors.ssh.manhole import Manhole

GOODBYE_S = 0.2  # for the last lines to leave
SWITCH_S = 0.0005  # how long the writer's thread may keep the interpreter from the reactor
TICK_S = 1.0  # between looks at who is still there
SWEEP_EVERY_S = 600.0
WARM_UP_S = 5.0  # until the web is made ready, unless somebody asks sooner
LOOK_EVERY_S = 60.0  # at the certificate's files

PLAINTEXT = {"loopback": is_of_this_machine, "any": anyone, "none": nobody}

__all__ = ["ChatService", "Options", "makeService"]


class ChatService(Service):
    """The whole server: a `ChatServer`, its doors, and the owner's prompt.

    Args:
        config: The settings.
        reactor: The reactor.
    """

    log = Logger()

    def __init__(self, config: Config, reactor: Any) -> None:
        self._config = config
        self._reactor = reactor
        self._ports: list[IListeningPort] = []
        self._goodbye = marked("The server is shutting down")
        self._is_ending = False
        self._console: Console | None = None
        self._console_input: ConsoleInput | None = None
        self._manhole: Manhole | None = None
        self._web: WebFactory | None = None

    def startService(self) -> None:
        """Open everything and listen; what cannot be done is one line for people, and the end."""
        locale.use_preferred_language(self._config.lang)
        try:
            self._open_server()
            self._open_doors()
        except (DataFolderError, StoreNotOpened, BadSetting, CannotListen, CertificateError) as error:
            self.log.error("Cannot start: {error}", error=str(error))
            _tell_at_once(str(error))
            raise SystemExit(1) from None
        super().startService()
        self._settle_in()
        self._heed_the_terminal()
        self._ticking = LoopingCall(self._tick)
        self._ticking.clock = self._reactor
        self._ticking.start(TICK_S, now=False)
        self._sweeping = LoopingCall(lambda: Deferred.fromCoroutine(self._server.delete_expired_messages()))
        self._sweeping.clock = self._reactor
        self._sweeping.start(SWEEP_EVERY_S, now=False)
        self._looking = LoopingCall(self._look_at_certificates)
        self._looking.clock = self._reactor
        self._looking.start(LOOK_EVERY_S, now=False)

    def _tick(self) -> None:
        """Look after the connections; while the store does not answer, nobody's silence counts."""
        if not self._server.ledger.is_stalled:
            self._talks.tick()
        self._log_book.flush()
        self._server.tick()

    def _stop_in(self, seconds: float, reason: str) -> None:
        """End the process in a while; people are told the reason."""
        self._goodbye = reason or self._goodbye
        self._reactor.callLater(seconds, self._end)

    def _end(self) -> None:
        """End the process; once is enough."""
        if not self._is_ending:
            self._is_ending = True
            self._reactor.stop()

    def _heed_the_terminal(self) -> None:
        """Stop in good order when the terminal's window is closed; under nohup that concerns nobody."""
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            signal.signal(signal.SIGHUP, lambda number, frame: self._reactor.callFromThread(self._end))

    # -- opening ---------------------------------------------------------------------------------------

    def _open_server(self) -> None:
        self._folder = DataFolder(self._config.data)
        try:
            self._log_book = LogFileObserver(partial(open_log_file, self._folder.log), time.time)
        except OSError as error:
            text = gettext("cannot write to the data folder {path}: {why}")
            raise DataFolderError(text.format(path=self._folder.log, why=error.strerror)) from None
        globalLogPublisher.addObserver(self._log_book)
        store = open_store(self._folder, self._reactor, self._report_early)
        self._server = ChatServer(
            self._folder,
            store,
            self._config,
            self._reactor,
            stop=self._stop_in,
            note=self._log_book.note,
        )

    def _report_early(self, text: str) -> None:
        """Write to the log and the terminal what the start waits for, before there is a prompt."""
        self.log.info("{text}", text=text)
        _tell_at_once(text)

    def _open_doors(self) -> None:
        config, server = self._config, self._server
        self._talks = Talks(server.converse, self._reactor, config.sendq)
        rules = Rules(PLAINTEXT[config.plaintext], Proxies(config.proxy))
        self._port = PortFactory(LineFactory(self._talks), self._make_web, rules, self._reactor)
        self._control = ControlFactory(server.prompt, self._reactor)
        if is_console_wanted(config.console):
            self._console = Console(server.prompt, self._end)
            globalLogPublisher.addObserver(WarningObserver(self._console.tell))
        self._listening = Listening(self._reactor, self._port)
        number = self._listening.on_tcp(config.ip, config.port)
        for text in config.listen:
            self._listening.on_endpoint(text)
        self._open_certificates(number)  # who connects meanwhile waits, and is served with the others
        self._listen_for_control()
        if config.manhole:
            self._listen_for_ssh()
        for address in self._listening.addresses():
            self._say(marked("Listening on {address}"), address=address)
        self._invite()

    def _make_web(self) -> WebFactory:
        from simplechat.web_setup import web_factory  # takes as long as everything else together

        rules = self._port.rules
        self._web = web_factory(
            self._config,
            self._server,
            self._talks,
            lambda: self._certificates,
            rules.admits,
            rules.proxies.believe,
        )
        return self._web

    def _open_certificates(self, number: int) -> None:
        from simplechat.doors.tls.certificates import open_certificates

        config = self._config
        self._certificates = open_certificates(
            data=self._folder.path,
            certificate=config.tls_cert,
            key=config.tls_key,
            server_name=config.server_name,
            listening=[host for host, _ in self._listening.places()],
            now=time.time,
        )
        self._port.certificates = self._certificates
        self._sts_port = number
        self._offer_sts()

    def _offer_sts(self) -> None:
        """Have clients insist on TLS, where they can verify what they are shown."""
        self._server.hub.sts_port = self._sts_port if self._certificates.is_verifiable else 0

    def _look_at_certificates(self) -> None:
        self._certificates.look()
        self._offer_sts()

    def _invite(self) -> None:
        """Tell the owner how to let others in: by the first of the ports that they can reach."""
        from simplechat.doors.tls.machine_names import addresses_behind

        certificates, config = self._certificates, self._config
        shown = CertificateInfo(
            name=config.server_name if certificates.is_verifiable else "",
            authority=certificates.ca_fingerprint,
            certificate=certificates.fingerprint,
        )
        ways = [(best_first(addresses_behind([host])), port) for host, port in self._listening.places()]
        hosts, port = next((way for way in ways if way[0]), ways[0])
        for text, fields in startup_help_lines(hosts, port, config.lobby, shown):
            self._say(text, **fields)

    def _listen_for_control(self) -> None:
        path = self._folder.control_socket
        try:
            if prepare_socket_path(path):
                self._ports.append(self._reactor.listenUNIX(str(path), self._control, mode=0o600))
                return
            why = gettext("its path is too long")
        except (CannotListenError, OSError) as error:
            why = str(error)
        self.log.warn(
            "There is no {path}, so simplechat backup and the like do not work: {why}",
            path=str(path),
            why=why,
        )

    def _listen_for_ssh(self) -> None:
        from simplechat.doors.ssh.authorized_keys import (
            AuthorizedKeys,  # nobody waits for it who does not want it
        )
        from simplechat.doors.ssh.manhole import KEYS, Manhole

        folder, config = self._folder.path, self._config
        keys = AuthorizedKeys(
            Path(config.manhole_keys).expanduser() if config.manhole_keys else folder / KEYS,
            lambda text: self.log.warn("{text}", text=text),
        )
        call = self._reactor.callFromThread
        self._manhole = Manhole(self._server, keys, folder, self._reactor, call, self._log_book.note)
        globalLogPublisher.addObserver(WarningObserver(self._manhole.tell))
        address, port = config.manhole_at
        where = gettext("{ip} port {port}").format(ip=address, port=port)
        listen = partial(self._reactor.listenTCP, port, self._manhole, BACKLOG, address)
        self._ports.append(opened(where, listen))

    def _open_manhole(self, manhole: Manhole, address: Any) -> None:
        """Get ready for SSH, now that everybody else is served."""
        from simplechat.doors.ssh.host_key import BadHostKey

        try:
            fingerprint = manhole.open()
        except BadHostKey as error:
            self.log.warn("There is no console over SSH: {why}", why=str(error))
            return
        words = {"host": address.host, "port": address.port, "fingerprint": fingerprint}
        self._say(marked("Console over SSH: ssh -p {port} admin@{host} (its key: {fingerprint})"), **words)

    def _settle_in(self) -> None:
        """Tell the owner what should be known, and set the interpreter up for a long run."""
        if self._config.port in PORTS_REFUSED_BY_BROWSERS:
            self.log.warn(
                "Browsers refuse port {port}: the web page will need another", port=self._config.port
            )
        for name in settings_without_effect(self._config):
            self.log.warn("--{name} is understood, but takes effect in a later version only", name=name)
        if not any(each.settings.is_admin for each in self._server.hub.accounts):
            self._say(marked("No account runs this server yet: account admin NAME, at the prompt, lets one"))
        self._say(marked("Everything is kept in {path}"), path=str(self._folder.path))
        sys.setswitchinterval(SWITCH_S)
        gc.freeze()
        gc.set_threshold(50_000, 10, 10)
        self._warming_up = self._reactor.callLater(WARM_UP_S, self._port.web)
        if self._manhole is not None:
            self._reactor.callLater(0, self._open_manhole, self._manhole, self._ports[-1].getHost())
        if self._console is not None:
            self._reactor.callLater(0, self._open_console, self._console)

    def _say(self, text: str, **fields: object) -> None:
        """Tell something to the log, and to the owner's prompt."""
        self.log.info(text, **fields)
        if self._console is not None:
            self._console.tell(gettext(text).format(**fields))

    def _open_console(self, console: Console) -> None:
        """Let the owner type, now that everybody else is served."""
        self._console_input = open_console_input(console, self._reactor, self._folder.path, os.environ)
        console.tell(gettext("help lists what can be typed here; Ctrl-C or exit stops the server"))

    # -- closing ---------------------------------------------------------------------------------------

    def stopService(self) -> Deferred[None]:
        """Say goodbye, have everything written, close."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self._is_ending = True
        self._ticking.stop()
        self._sweeping.stop()
        self._looking.stop()
        if self._warming_up.active():
            self._warming_up.cancel()
        for port in (*self._listening.ports, *self._ports):
            await maybeDeferred(port.stopListening)
        if self._web is not None:
            self._web.finish()
        await self._server.disconnect_all(self._goodbye)
        self._control.finish()
        leaving = [self._talks.emptied()]
        if self._manhole is not None:
            leaving.append(self._manhole.finish())
        for each in leaving:
            each.addTimeout(GOODBYE_S, self._reactor)
        outcomes = await DeferredList(leaving, consumeErrors=True)
        if not all(is_over for is_over, _ in outcomes):
            self.log.warn("Not everything could be said before the end")
        await self._server.close()
        self._log_book.flush()
        if self._console_input is not None:
            self._console_input.close()


def _tell_at_once(text: str) -> None:
    if sys.__stderr__ is not None:  # sys.stderr leads into twistd's log by now
        sys.__stderr__.write(f"simplechat: {text}\n")
        sys.__stderr__.flush()


def makeService(options: Options) -> ChatService:
    """Make the chat service: what `twistd simplechat` runs."""
    from twisted.internet import reactor

    return ChatService(options.config, reactor)
