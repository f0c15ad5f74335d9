"""TLS in front of a server: what stands there when the server itself is asked for plain lines."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from twisted.internet.endpoints import TCP4ServerEndpoint, wrapServerTLS
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.portforward import ProxyFactory

from simplechat.doors.tls.certificates import Certificates, open_certificates
from tests.e2e.actor import Listening
from tests.e2e.reactor import the_reactor


class Front:
    """A port that speaks TLS.

    Attributes:
        certificates: What it shows.
        port: Where it listens.
    """

    def __init__(self, certificates: Certificates, port: int) -> None:
        self.certificates = certificates
        self.port = port


@asynccontextmanager
async def tls_before(server: Listening | None, data: Path, port: int = 0) -> AsyncIterator[Front]:
    """Put TLS in front of a server, or of nothing that answers, with keys of its own in a folder."""
    data.mkdir(exist_ok=True)
    certificates = open_certificates(
        data=data, certificate="", key="", server_name="chat.test", listening=[], now=time.time
    )
    endpoint = TCP4ServerEndpoint(the_reactor(), port, interface="127.0.0.1")
    behind = ProxyFactory("127.0.0.1", server.port) if server else Factory.forProtocol(Protocol)
    listening: Any = await wrapServerTLS(certificates, endpoint).listen(behind)
    try:
        yield Front(certificates, listening.getHost().port)
    finally:
        await listening.stopListening()
