"""What the HTTP connections of a server share."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from simplechat.doors.http.routing import RouteTable
from simplechat.doors.http.web_services import WebServices
from simplechat.doors.http.websocket import WebSockets
from simplechat.doors.net.connections import Connections
from simplechat.ip_addresses import ConnectionCounter

MAX_CONNECTIONS_PER_ADDRESS = 200  # this machine has no limit


class Closable(Protocol):
    """What can be closed."""

    def loseConnection(self) -> None:
        """Close the connection behind what was written."""
        ...


class HttpServer:
    """The routes, services and counts that all HTTP connections share.

    Args:
        services: What routes need of the rest of the server.
        routes: What is answered.
        registry: The registry of open connections, which WebSockets join.

    Attributes:
        responses: How many were sent, by status.
        connections: Those that speak HTTP; not those that became WebSockets.
        counter: Counts these by their networks.
        sockets: The WebSockets.
    """

    def __init__(self, services: WebServices, routes: RouteTable, registry: Connections) -> None:
        self.services = services
        self.routes = routes
        self.clock = registry.clock
        self.sockets = WebSockets(registry)
        self.responses: Counter[int] = Counter()
        self.connections: set[Closable] = set()
        self.counter = ConnectionCounter(MAX_CONNECTIONS_PER_ADDRESS)
