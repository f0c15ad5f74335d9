"""The TLS protocol of a connection, with timeouts for its handshake and its end.

Import it late: OpenSSL is slow to import.

Spec: https://www.rfc-editor.org/rfc/rfc8446
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IDelayedCall, IOpenSSLServerConnectionCreator, IReactorTime
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

HANDSHAKE_S = 10.0
GOODBYE_S = 30.0  # for the peer to read what waits, and to send close_notify


class TlsProtocol(TLSMemoryBIOProtocol):
    """The TLS of one connection; the protocol inside calls `end_handshake`."""

    def __init__(self, factory: TlsFactory, wrapped: Any) -> None:
        super().__init__(factory, wrapped)
        self._clock = factory.clock
        self._timeout: IDelayedCall | None = self._clock.callLater(HANDSHAKE_S, self.abortConnection)

    def end_handshake(self) -> None:
        """Stop the timeout of the handshake."""
        self._stop_timeout()

    def loseConnection(self) -> None:
        """Send close_notify; close the connection when the peer has done so, or after GOODBYE_S."""
        if not self.disconnecting:
            self._stop_timeout()
            self._timeout = self._clock.callLater(GOODBYE_S, self.abortConnection)
        super().loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._stop_timeout()
        super().connectionLost(reason)

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:
        """Drop a failure's frames, which would hold it and OpenSSL's memory until a garbage collection."""
        super()._tlsShutdownFinished(reason)
        if reason is not None and reason.value is not None:
            reason.tb = reason.value.__traceback__ = None

    def _stop_timeout(self) -> None:
        if self._timeout is not None and self._timeout.active():
            self._timeout.cancel()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate that the peer presented, in hexadecimal; "" for none."""
        certificate = self.getPeerCertificate()
        return certificate.digest("sha256").decode().replace(":", "").lower() if certificate else ""


class TlsFactory(TLSMemoryBIOFactory):
    """Builds the TLS protocols of connections.

    Args:
        certificates: Creates the OpenSSL connections, with the server's certificate.
        clock: For timeouts.
    """

    protocol = TlsProtocol

    def __init__(self, certificates: IOpenSSLServerConnectionCreator, clock: IReactorTime) -> None:
        super().__init__(certificates, False, Factory(), clock)
        self.clock = clock
