"""The service that `twistd simplechat` runs: it opens all parts of the server and closes them again."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.task import LoopingCall
from twisted.logger import Logger, globalLogPublisher
from twisted.python.failure import Failure

from simplechat import locale
from simplechat.chat_server import ChatServer
from simplechat.config import PORTS_REFUSED_BY_BROWSERS, BadSetting, Config, settings_without_effect
from simplechat.doors.console.console_input import ConsoleInput, is_console_wanted, open_console_input
from simplechat.doors.console.control_socket import ControlFactory, prepare_socket_path
from simplechat.doors.console.log_file import LogFileObserver, WarningObserver, open_log_file
from simplechat.doors.console.owner_console import Console
from simplechat.doors.net.connections import Connections
from simplechat.doors.net.irc import IrcFactory
from simplechat.doors.net.listening import BACKLOG, CannotListen, ListeningPorts, listen_or_raise
from simplechat.doors.net.port import AdmissionRules, PortFactory
from simplechat.doors.net.proxy_header import Proxies
from simplechat.doors.tls.key_pairs import CertificateError
from simplechat.hub.errors import StoreNotOpened
from simplechat.ip_addresses import admit_all, admit_none, is_local_address, most_reachable_first
from simplechat.locale import gettext, marked
from simplechat.options import Options
from simplechat.startup_help import CertificateInfo, startup_help_lines
from simplechat.store.data_folder import DataFolder, DataFolderError
from simplechat.store.opening import open_store

if TYPE_CHECKING:
    from simplechat.doors.http.http_connection import WebFactory
    from simplechat.doors.ssh.manhole import Manhole

LAST_LINES_S = 0.2  # for the last lines to be sent
SWITCH_INTERVAL_S = 0.0005  # that the thread of the writer may hold the GIL while the reactor wants it
TICK_INTERVAL_S = 1.0
EXPIRY_INTERVAL_S = 600.0  # between deletions of expired messages
WEB_IMPORT_AFTER_S = 5.0  # unless a request comes before
CERTIFICATE_CHECK_INTERVAL_S = 60.0

PLAINTEXT = {"loopback": is_local_address, "any": admit_all, "none": admit_none}

__all__ = ["ChatService", "Options", "makeService"]


class ChatService(Service):
    """The whole server: store, `ChatServer`, doors and the owner's prompt.

    Args:
        config: The settings.
        reactor: The reactor.
    """

    log = Logger()

    def __init__(self, config: Config, reactor: Any) -> None:
        self._config = config
        self._reactor = reactor
        self._ports: list[IListeningPort] = []
        self._loops: list[LoopingCall] = []
        self._quit_reason = marked("The server is shutting down")
        self._is_stopping = False
        self._console: Console | None = None
        self._console_input: ConsoleInput | None = None
        self._manhole: Manhole | None = None
        self._web: WebFactory | None = None

    def startService(self) -> None:
        """Open everything and listen; exit with one line for people if that fails."""
        locale.use_preferred_language(self._config.lang)
        try:
            self._open_server()
            self._open_doors()
        except (DataFolderError, StoreNotOpened, BadSetting, CannotListen, CertificateError) as error:
            self.log.error("Cannot start: {error}", error=str(error))
            _write_to_terminal(str(error))
            raise SystemExit(1) from None
        super().startService()
        self._report_settings()
        self._tune_interpreter()
        self._open_when_idle()
        self._stop_at_hangup()
        self._repeat(TICK_INTERVAL_S, self._tick)
        self._repeat(EXPIRY_INTERVAL_S, self._delete_expired)
        self._repeat(CERTIFICATE_CHECK_INTERVAL_S, self._check_certificates)

    def _repeat(self, interval_s: float, function: Callable[[], object]) -> None:
        loop = LoopingCall(lambda: maybeDeferred(function).addErrback(self._log_fault))
        loop.clock = self._reactor
        loop.start(interval_s, now=False)
        self._loops.append(loop)

    def _log_fault(self, failure: Failure) -> None:
        """Log the failure of a periodic task; a LoopingCall would end at it."""
        self._server.faults.record()
        self.log.failure("A periodic task failed", failure=failure)

    def _delete_expired(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self._server.delete_expired_messages())

    def _tick(self) -> None:
        """Check connections and users; while the store does not answer, no connection times out."""
        if not self._server.ledger.is_stalled:
            self._connections.tick()
        self._log_file.flush()
        self._server.tick()

    def _stop_in(self, seconds: float, reason: str) -> None:
        """Stop the process after a number of seconds, and tell everybody the reason."""
        self._quit_reason = reason or self._quit_reason
        self._reactor.callLater(seconds, self._stop_reactor)

    def _stop_reactor(self) -> None:
        """Stop the reactor, unless that was done already."""
        if not self._is_stopping:
            self._is_stopping = True
            self._reactor.stop()

    def _stop_at_hangup(self) -> None:
        """Stop in an orderly way when the terminal is closed, except under nohup."""
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            signal.signal(
                signal.SIGHUP, lambda number, frame: self._reactor.callFromThread(self._stop_reactor)
            )

    # -- opening ---------------------------------------------------------------------------------------

    def _open_server(self) -> None:
        self._folder = DataFolder(self._config.data)
        try:
            self._log_file = LogFileObserver(partial(open_log_file, self._folder.log), time.time)
        except OSError as error:
            text = gettext("cannot write to the data folder {path}: {why}")
            raise DataFolderError(text.format(path=self._folder.log, why=error.strerror)) from None
        globalLogPublisher.addObserver(self._log_file)
        store = open_store(self._folder, self._reactor, self._report_early)
        self._server = ChatServer(
            self._folder,
            store,
            self._config,
            self._reactor,
            stop=self._stop_in,
            note=self._log_file.note,
        )

    def _report_early(self, text: str) -> None:
        """Write to the log and the terminal, before there is a prompt, what the start is waiting for."""
        self.log.info("{text}", text=text)
        _write_to_terminal(text)

    def _open_doors(self) -> None:
        config, server = self._config, self._server
        self._connections = Connections(server.start_conversation, self._reactor, config.sendq)
        rules = AdmissionRules(PLAINTEXT[config.plaintext], Proxies(config.proxy))
        self._port = PortFactory(IrcFactory(self._connections), self._make_web, rules, self._reactor)
        self._control = ControlFactory(server.start_owner_conversation, self._reactor)
        if is_console_wanted(config.console):
            self._console = Console(server.start_owner_conversation, self._stop_reactor)
            globalLogPublisher.addObserver(WarningObserver(self._console.tell))
        self._listening_ports = ListeningPorts(self._reactor, self._port)
        number = self._listening_ports.listen_tcp(config.ip, config.port)
        for text in config.listen:
            self._listening_ports.listen_endpoint(text)
        self._open_certificates(number)  # a client that connects meanwhile waits in the backlog
        self._listen_for_control()
        if config.manhole:
            self._listen_for_ssh()
        for address in self._listening_ports.addresses():
            self._announce(marked("Listening on {address}"), address=address)
        self._show_how_to_connect()

    def _make_web(self) -> WebFactory:
        from simplechat.web_setup import web_factory  # this import takes as long as all others together

        rules = self._port.rules
        self._web = web_factory(
            self._config,
            self._server,
            self._connections,
            lambda: self._certificates,
            rules.admits,
            rules.proxies.trusts,
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
            listening=[host for host, _ in self._listening_ports.hosts_and_ports()],
            now=time.time,
        )
        self._port.certificates = self._certificates
        self._sts_port = number
        self._update_sts_port()

    def _update_sts_port(self) -> None:
        """Tell clients to insist on TLS if they can verify the certificate."""
        self._server.hub.sts_port = self._sts_port if self._certificates.is_verifiable else 0

    def _check_certificates(self) -> None:
        self._certificates.refresh()
        self._update_sts_port()

    def _show_how_to_connect(self) -> None:
        """Tell the owner how others can connect, by the first port that they can reach."""
        from simplechat.doors.tls.machine_names import addresses_behind

        certificates, config = self._certificates, self._config
        info = CertificateInfo(
            name=config.server_name if certificates.is_verifiable else "",
            authority=certificates.ca_fingerprint,
            certificate=certificates.fingerprint,
        )
        reachable = [
            (most_reachable_first(addresses_behind([host])), port)
            for host, port in self._listening_ports.hosts_and_ports()
        ]
        hosts, port = next((each for each in reachable if each[0]), reachable[0])
        for text, fields in startup_help_lines(hosts, port, config.lobby, info):
            self._announce(text, **fields)

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
            "Cannot listen on {path}, so simplechat backup and similar commands do not work: {why}",
            path=str(path),
            why=why,
        )

    def _listen_for_ssh(self) -> None:
        # imported here, for a faster start without it
        from simplechat.doors.ssh.authorized_keys import AuthorizedKeys
        from simplechat.doors.ssh.manhole import KEYS, Manhole

        folder, config = self._folder.path, self._config
        keys = AuthorizedKeys(
            Path(config.manhole_keys).expanduser() if config.manhole_keys else folder / KEYS,
            lambda text: self.log.warn("{text}", text=text),
        )
        call = self._reactor.callFromThread
        self._manhole = Manhole(self._server, keys, folder, self._reactor, call, self._log_file.note)
        globalLogPublisher.addObserver(WarningObserver(self._manhole.tell))
        address, port = config.manhole_at
        where = gettext("{ip} port {port}").format(ip=address, port=port)
        listen = partial(self._reactor.listenTCP, port, self._manhole, BACKLOG, address)
        self._ports.append(listen_or_raise(where, listen))

    def _open_manhole(self, manhole: Manhole, address: Any) -> None:
        """Load the host key and accept SSH, once all other doors are open."""
        from simplechat.doors.ssh.host_key import BadHostKey

        try:
            fingerprint = manhole.open()
        except BadHostKey as error:
            self.log.warn("The console over SSH does not work: {why}", why=str(error))
            return
        fields = {"host": address.host, "port": address.port, "fingerprint": fingerprint}
        self._announce(
            marked("Console over SSH: ssh -p {port} admin@{host} (its key: {fingerprint})"), **fields
        )

    def _report_settings(self) -> None:
        """Tell the owner what to know about the settings."""
        if self._config.port in PORTS_REFUSED_BY_BROWSERS:
            self.log.warn(
                "Browsers refuse to connect to port {port}: the web page needs another one",
                port=self._config.port,
            )
        for name in settings_without_effect(self._config):
            self.log.warn("--{name} has no effect in this version", name=name)
        if not any(each.settings.is_admin for each in self._server.hub.accounts):
            self._announce(
                marked("No account is an admin yet: type account admin NAME at the prompt to make one")
            )
        self._announce(marked("Everything is kept in {path}"), path=str(self._folder.path))

    def _tune_interpreter(self) -> None:
        """Set up the GIL and the garbage collector for a long run."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.freeze()
        gc.set_threshold(50_000, 10, 10)

    def _open_when_idle(self) -> None:
        """Open what is not needed at once, after the connections that have come meanwhile."""
        self._web_import = self._reactor.callLater(WEB_IMPORT_AFTER_S, self._port.web)
        if self._manhole is not None:
            self._reactor.callLater(0, self._open_manhole, self._manhole, self._ports[-1].getHost())
        if self._console is not None:
            self._reactor.callLater(0, self._open_console, self._console)

    def _announce(self, text: str, **fields: object) -> None:
        """Write to the log and at the owner's prompt."""
        self.log.info(text, **fields)
        if self._console is not None:
            self._console.tell(gettext(text).format(**fields))

    def _open_console(self, console: Console) -> None:
        """Open the owner's prompt, once all doors are open."""
        self._console_input = open_console_input(console, self._reactor, self._folder.path, os.environ)
        console.tell(gettext("help lists what can be typed here; Ctrl-C or exit stops the server"))

    # -- closing ---------------------------------------------------------------------------------------

    def stopService(self) -> Deferred[None]:
        """Disconnect everybody, store what is left, and close everything."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self._is_stopping = True
        for loop in self._loops:
            loop.stop()
        if self._web_import.active():
            self._web_import.cancel()
        for port in (*self._listening_ports.ports, *self._ports):
            await maybeDeferred(port.stopListening)
        if self._web is not None:
            self._web.finish()
        await self._server.disconnect_all(self._quit_reason)
        self._control.finish()
        closing = [self._connections.when_empty()]
        if self._manhole is not None:
            closing.append(self._manhole.finish())
        for each in closing:
            each.addTimeout(LAST_LINES_S, self._reactor)
        outcomes = await DeferredList(closing, consumeErrors=True)
        if not all(is_over for is_over, _ in outcomes):
            self.log.warn("Some lines could not be sent before the end")
        await self._server.close()
        self._log_file.flush()
        if self._console_input is not None:
            self._console_input.close()


def _write_to_terminal(text: str) -> None:
    if sys.__stderr__ is not None:  # sys.stderr goes to twistd's log by now
        sys.__stderr__.write(f"simplechat: {text}\n")
        sys.__stderr__.flush()


def makeService(options: Options) -> ChatService:
    """Build the service for `twistd simplechat`."""
    from twisted.internet import reactor

    return ChatService(options.config, reactor)
