"""TLS taken off a connection, within limits of time and memory.

Imported late, since OpenSSL is slow to import.

Spec: https://www.rfc-editor.org/rfc/rfc8446
"""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IDelayedCall, IOpenSSLServerConnectionCreator, IReactorTime
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

HANDSHAKE_S = 10.0
GOODBYE_S = 30.0  # for the peer to take what waits, and to say goodbye


class TlsProtocol(TLSMemoryBIOProtocol):
    """The TLS of one connection; what is within is `wrappedProtocol`, which tells when to `settle`."""

    def __init__(self, factory: TlsFactory, wrapped: Any) -> None:
        super().__init__(factory, wrapped)
        self._clock = factory.clock
        self._limit: IDelayedCall | None = self._clock.callLater(HANDSHAKE_S, self.abortConnection)

    def settle(self) -> None:
        """Take note that the handshake is done."""
        self._lift_limit()

    def loseConnection(self) -> None:
        """Say goodbye, and end when the peer has, or took too long to."""
        if not self.disconnecting:
            self._lift_limit()
            self._limit = self._clock.callLater(GOODBYE_S, self.abortConnection)
        super().loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._lift_limit()
        super().connectionLost(reason)

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:
        """Let go of the frames of a failure: they hold it, and OpenSSL's memory, until garbage is swept."""
        super()._tlsShutdownFinished(reason)
        if reason is not None and reason.value is not None:
            reason.tb = reason.value.__traceback__ = None

    def _lift_limit(self) -> None:
        if self._limit is not None and self._limit.active():
            self._limit.cancel()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate that the peer showed, in hexadecimal; "" for none."""
        certificate = self.getPeerCertificate()
        return certificate.digest("sha256").decode().replace(":", "").lower() if certificate else ""


class TlsFactory(TLSMemoryBIOFactory):
    """Takes TLS off connections.

    Args:
        certificates: What is shown to whoever knocks.
        clock: For limits.
    """

    protocol = TlsProtocol

    def __init__(self, certificates: IOpenSSLServerConnectionCreator, clock: IReactorTime) -> None:
        super().__init__(certificates, False, Factory(), clock)
        self.clock = clock
