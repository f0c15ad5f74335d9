"""Connecting to the server that the options name, and explaining why that fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
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

CANCELLATION_ERRORS = (CancelledError, ConnectingCancelledError)
CONNECT_ERRORS = (
    ConnectError,
    DNSLookupError,
    TimeoutError,
    DeferredTimeoutError,
    ValueError,
    TlsUnavailable,
)

ServerEndpoint = PlainEndpoint | TlsEndpoint


def endpoint_for(reactor: Any, options: ClientOptions) -> ServerEndpoint:
    """Return the endpoint of the server that the options name.

    Raises:
        ServerNotTrusted: The file of known servers cannot be read.
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


async def establish_trust(reactor: Any, endpoint: ServerEndpoint, ask_for_trust: AskForTrust | None) -> str:
    """Establish trust in the server before there is a user interface; the question needs the terminal itself.

    Returns:
        Why the decision cannot be saved; "" if it is.

    Raises:
        Interrupted: A signal ended it.
        ServerNotTrusted: The user, or nobody, trusts it.
    """
    interruptions: list[Interrupted] = []
    trusting = Deferred.fromCoroutine(endpoint.establish_trust(ask_for_trust))

    def interrupt(code: int, how: str) -> None:
        interruptions.append(Interrupted(ExitStatus(code, how)))
        trusting.cancel()

    install_signal_handlers(reactor, interrupt)
    try:
        return await trusting
    except CANCELLATION_ERRORS:
        raise interruptions[0] from None


def make_trust_prompt(read: Callable[[str], str], show: Callable[[str], object]) -> AskForTrust:
    """Return a function that asks on the terminal whether to trust a server.

    Args:
        read: Shows a question and returns the line that was typed; blocks.
        show: Shows a line.
    """

    def ask_for_trust(introduction: str) -> bool:
        show(introduction)
        with signals_as_exceptions():
            try:
                return is_yes(ask_until_valid(_("Do you trust it?"), _("no"), str, read, show))
            except EOFError:  # instead of an answer
                return False

    return ask_for_trust


async def attempt_connection(endpoint: ServerEndpoint, chat: ChatApp, protocol: Protocol) -> None:
    """Connect; report a failure to the application."""
    try:
        await endpoint.connect(protocol)
    except CANCELLATION_ERRORS:  # the application has ended
        return
    except ServerNotTrusted as distrusted:
        chat.server_rejected(str(distrusted))
    except CONNECT_ERRORS as error:
        chat.connect_failed(describe_connect_error(error))


def describe_connect_error(error: Exception) -> str:
    """Return why there is no connection, as a sentence for people."""
    if isinstance(error, ServerNotTrusted | TlsUnavailable):
        return str(error)
    if isinstance(error, ConnectionRefusedError):
        return _("No server listens there")
    if isinstance(error, DNSLookupError | ValueError):
        return _("There is no host of that name")
    if isinstance(error, TimeoutError | DeferredTimeoutError):
        return _("Nothing answers there")
    reason = error.args[-1] if error.args else error
    return _("It cannot be reached: {reason}").format(reason=reason)
