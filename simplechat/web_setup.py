"""What the web is told of the server. To be imported when somebody asks: twisted.web takes a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from simplechat import health
from simplechat.chat_server import ChatServer
from simplechat.config import Config
from simplechat.doors.http import routes
from simplechat.doors.http.http_channel import WebFactory
from simplechat.doors.http.requester import ServerNames
from simplechat.doors.http.routes import WebServices
from simplechat.doors.net.connections import Talks
from simplechat.metrics import Exposition, Metrics


class CertificateDetails(routes.PublishedCertificates, health.CertificateStatus, Protocol):
    """What the server shows to who comes with TLS."""


def web_factory(
    config: Config,
    server: ChatServer,
    talks: Talks,
    certificates: Callable[[], CertificateDetails | None],
    admits: Callable[[str], bool],
    believes: Callable[[str], bool],
) -> WebFactory:
    """Make what makes the doors for HTTP.

    Args:
        config: The settings.
        server: What is told of.
        talks: Where the talks over WebSockets are kept.
        certificates: Gives what the server shows; None where it shows nothing.
        admits: Tells whether a peer at an address may speak without encryption.
        believes: Tells whether a peer at an address is a proxy that is believed.
    """

    factory = WebFactory(
        WebServices(
            names=ServerNames(config.server_name, config.web_origin),
            network=config.network,
            description=config.description,
            lobby=config.lobby,
            admits=admits,
            believes=believes,
            troubles=lambda: health.find_problems(
                server.ledger, server.folder.path, certificates(), server.hub.now()
            ),
            metrics=lambda: exposition(),
            metrics_token=config.metrics_token,
            certificates=certificates,
        ),
        talks,
    )
    exposition = Exposition(Metrics(server.hub, server.ledger, factory, talks))
    return factory
