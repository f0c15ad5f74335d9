"""Reaching the server that was asked for: by which way, whether it is trusted, and why it is not reached."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from twisted.internet.protocol import Protocol

from simplechat.client.app import ChatApp
from simplechat.client.interfaces import ExitStatus
from simplechat.client.net.endpoints import CONNECT_TIMEOUT_S, AskForTrust, PlainEndpoint, TlsEndpoint
from simplechat.client.net.known_servers import KnownServers, ServerNotTrusted
from simplechat.client.net.tls import TlsUnavailable
from simplechat.client.options import DEFAULT_HOST, DEFAULT_PORT, ClientOptions
from simplechat.client.signals import Interrupted, install_signal_handlers, signals_as_exceptions
from simplechat.client.startup_questions import ask_until_valid
from simplechat.locale import gettext as _
from simplechat.locale import is_yes

CANCELLED = (CancelledError, ConnectingCancelledError)
UNREACHABLE = (ConnectError, DNSLookupError, TimeoutError, TookTooLong, ValueError, TlsUnavailable)

ServerEndpoint = PlainEndpoint | TlsEndpoint


def endpoint_for(reactor: Any, options: ClientOptions) -> ServerEndpoint:
    """Give the way to the server.

    Raises:
        ServerNotTrusted: What is known of servers cannot be read.
    """
    host, port = options.ip or DEFAULT_HOST, options.port or DEFAULT_PORT
    endpoint = HostnameEndpoint(reactor, host, port, timeout=CONNECT_TIMEOUT_S)
    if not options.wants_tls:
        return PlainEndpoint(endpoint, reactor)
    return TlsEndpoint(
        host, port, endpoint, reactor, KnownServers(_known_servers()), options.fingerprint, time.time
    )


def _known_servers() -> Path:
    from platformdirs import user_data_path

    return user_data_path("simplechat-client") / "known_servers"


async def establish_trust(reactor: Any, way: ServerEndpoint, ask_for_trust: AskForTrust | None) -> str:
    """Have the server trusted before there is a screen: only the terminal itself can be asked then.

    Gives why it cannot be remembered, or "".

    Raises:
        Interrupted: A signal came.
        ServerNotTrusted: It is not trusted.
    """
    interruptions: list[Interrupted] = []
    meeting = Deferred.fromCoroutine(way.meet(ask_for_trust))

    def interrupt(code: int, how: str) -> None:
        interruptions.append(Interrupted(ExitStatus(code, how)))
        meeting.cancel()

    install_signal_handlers(reactor, interrupt)
    try:
        return await meeting
    except CANCELLED:
        raise interruptions[0] from None


def make_trust_prompt(read: Callable[[str], str], tell: Callable[[str], object]) -> AskForTrust:
    """Give what asks on a terminal whether to trust a server.

    Args:
        read: Shows a question and gives the line that was typed; blocks.
    """

    def ask_for_trust(introduction: str) -> bool:
        tell(introduction)
        with signals_as_exceptions():
            try:
                return is_yes(ask_until_valid(_("Do you trust it?"), _("no"), str, read, tell))
            except EOFError:  # instead of an answer
                return False

    return ask_for_trust


async def connect_to_server(way: ServerEndpoint, chat: ChatApp, link: Protocol) -> None:
    """Connect, and tell the chat where that does not succeed."""
    try:
        await way.connect(link)
    except CANCELLED:  # it is over already
        return
    except ServerNotTrusted as distrusted:
        chat.server_rejected(str(distrusted))
    except UNREACHABLE as error:
        chat.connect_failed(describe_connect_error(error))


def describe_connect_error(error: Exception) -> str:
    """Tell for people why there is no connection."""
    if isinstance(error, ServerNotTrusted | TlsUnavailable):
        return str(error)
    if isinstance(error, ConnectionRefusedError):
        return _("No server listens there")
    if isinstance(error, DNSLookupError | ValueError):
        return _("There is no host of that name")
    if isinstance(error, TimeoutError | TookTooLong):
        return _("Nothing answers there")
    reason = error.args[-1] if error.args else error
    return _("It cannot be reached: {reason}").format(reason=reason)
