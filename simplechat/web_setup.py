"""The web's factory, joined with the rest of the server. Import it late: it takes a while."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from simplechat.chat_server import ChatServer
from simplechat.config import Config
from simplechat.doors.http.http_connection import WebFactory
from simplechat.doors.http.http_server import HttpServer
from simplechat.doors.http.requester import ServerNames
from simplechat.doors.http.routes import ROUTES
from simplechat.doors.http.routing import RouteTable
from simplechat.doors.http.web_services import PublishedCertificates, WebServices
from simplechat.doors.net.connections import Connections
from simplechat.health import (
    CertificateStatus,
    Check,
    check_certificates,
    check_disk,
    check_faults,
    check_ledger,
    find_problems,
)
from simplechat.metrics import Exposition, Metrics


class CertificateDetails(PublishedCertificates, CertificateStatus, Protocol):
    """What the web shows of the server's certificates, and what can be wrong with them."""


def web_factory(
    config: Config,
    server: ChatServer,
    connections: Connections,
    certificates: Callable[[], CertificateDetails | None],
    admits: Callable[[str], bool],
    believes: Callable[[str], bool],
) -> WebFactory:
    """Build the factory of HTTP connections.

    Args:
        config: The settings.
        server: The chat server.
        connections: The registry of open connections, which WebSockets join.
        certificates: Returns the certificates that TLS shows; None where there is no TLS.
        admits: Tells whether a peer at an address may speak without encryption.
        believes: Tells whether a peer at an address is a trusted proxy.
    """

    checks: list[Check] = [
        partial(check_ledger, server.ledger),
        partial(check_faults, server.faults),
        partial(check_disk, server.folder.path),
        partial(check_certificates, certificates, server.hub.now),
    ]
    services = WebServices(
        names=ServerNames(config.server_name, config.web_origin),
        network=config.network,
        description=config.description,
        lobby=config.lobby,
        admits=admits,
        believes=believes,
        find_problems=partial(find_problems, checks),
        metrics=lambda: exposition(),
        metrics_token=config.metrics_token,
        certificates=certificates,
    )
    http_server = HttpServer(services, RouteTable(ROUTES), connections)
    exposition = Exposition(Metrics(server.hub, server.ledger, server.faults, http_server, connections))
    return WebFactory(http_server)
