"""Clients of a port for tests: transports and TLS clients without sockets, and a server certificate."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IAddress, IOpenSSLServerConnectionCreator
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from zope.interface import implementer

from simplechat.doors.net.writer import SocketWriter
from simplechat.peer import Peer

NEAR = IPv4Address("TCP", "127.0.0.1", 50001)
FAR = IPv4Address("TCP", "192.0.2.7", 50002)
HERE = IPv4Address("TCP", "127.0.0.1", 8067)


class Kernel:
    """Takes as many bytes as it has room for.

    Attributes:
        taken: All that it took.
        calls: How often it was asked.
        room: None for endless room.
        is_broken: While true, nothing can be sent.
    """

    def __init__(self) -> None:
        self.taken = b""
        self.calls = 0
        self.room: int | None = None
        self.is_broken = False

    def __call__(self, data: bytes) -> int:
        self.calls += 1
        if self.is_broken:
            raise ConnectionResetError
        if self.room == 0:
            raise BlockingIOError
        count = len(data) if self.room is None else min(self.room, len(data))
        if self.room is not None:
            self.room -= count
        self.taken += data[:count]
        return count


class Socket(StringTransport):
    """The transport of a socket: some bytes go straight to the kernel, the others come behind them.

    Attributes:
        straight: The kernel.
        aborted: True once the connection was dropped.
        half_closed: True once nothing is to be written any more.
    """

    disconnecting = False

    def __init__(self, peer: IAddress = NEAR) -> None:
        super().__init__(hostAddress=HERE, peerAddress=peer)
        self.straight = Kernel()
        self.aborted = False
        self.half_closed = False
        self._written = 0

    def direct_send(self) -> Kernel:
        """Return what sends past this transport."""
        return self.straight

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        super().registerProducer(producer, streaming)
        if not streaming:
            producer.resumeProducing()

    def abortConnection(self) -> None:
        self.aborted = True
        self.disconnecting = True

    def loseWriteConnection(self) -> None:
        """Write nothing more."""
        self.half_closed = True

    @property
    def kept_bytes(self) -> int:
        """How much it has and the kernel did not take."""
        return len(self.value())

    def drain(self) -> None:
        """Let the kernel take everything, until the producer has no more."""
        self.straight.room = None
        while self.value():
            self.straight.taken += self.value()
            self.clear()
            if self.producer is not None:
                self.producer.resumeProducing()

    def output(self) -> bytes:
        """Return and clear everything that was sent."""
        taken, self.straight.taken = self.straight.taken, b""
        written: bytes = self.value()
        self.clear()
        return taken + written


class RecordingProtocol(Protocol):
    """Writes down what it is given, in the place of a protocol."""

    def __init__(self) -> None:
        self.data = b""
        self.losses = 0

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.losses += 1


class Web(Factory):
    """Takes the place of what speaks HTTP."""

    noisy = False

    def __init__(self) -> None:
        self.protocols: list[Any] = []

    def buildProtocol(self, addr: IAddress | None) -> RecordingProtocol:
        self.protocols.append(RecordingProtocol())
        protocol: RecordingProtocol = self.protocols[-1]
        return protocol


class RecordedConversation:
    """Records what it hears, in place of a conversation."""

    def __init__(self, writer: SocketWriter, peer: Peer) -> None:
        self.writer = writer
        self.peer = peer
        self.lines: list[bytes] = []
        self.refusals: list[str] = []
        self.losses: list[str] = []
        self.is_finished = False

    def begin(self) -> None:
        """Begin."""

    def hear(self, line: bytes) -> None:
        """Record a line; `hold` pauses reading."""
        self.lines.append(line)
        if line == b"hold":
            self.writer.pause()

    def tick(self) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Record it."""
        self.is_finished = True

    def refuse(self, reason: str) -> None:
        """Record the reason, and close the connection."""
        self.refusals.append(reason)
        self.writer.send([b"ERROR\r\n"])
        self.writer.close()

    def lost(self, reason: str) -> None:
        """Record it."""
        self.losses.append(reason)


@cache
def certificate(name: str) -> tuple[x509.Certificate, EllipticCurvePrivateKey]:
    """Make a certificate that vouches for itself, and its key."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, SHA256()), key


@cache
def _server_context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate(certificate("server")[0])
    context.use_privatekey(certificate("server")[1])
    context.set_session_id(b"test")
    context.set_verify(SSL.VERIFY_PEER, lambda *facts: True)

    def choose(connection: SSL.Connection, offered: list[bytes]) -> Any:
        return next((each for each in (b"irc", b"http/1.1") if each in offered), SSL.NO_OVERLAPPING_PROTOCOLS)

    context.set_alpn_select_callback(choose)
    return context


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """Shows one certificate.

    Attributes:
        shown: How often.
    """

    def __init__(self) -> None:
        self.shown = 0

    def serverConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """Begin a connection."""
        self.shown += 1
        return SSL.Connection(_server_context(), None)


class TlsClient:
    """The other end of TLS.

    Args:
        agree: The protocols that it offers.
        name: Of the certificate that it shows; "" for none.
    """

    def __init__(self, *agree: bytes, name: str = "", version: int = SSL.TLS1_3_VERSION) -> None:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_max_proto_version(version)
        if agree:
            context.set_alpn_protos(list(agree))
        if name:
            context.use_certificate(certificate(name)[0])
            context.use_privatekey(certificate(name)[1])
        self.connection = SSL.Connection(context, None)
        self.connection.set_connect_state()
        self.said_goodbye = False
        with suppress(SSL.WantReadError):
            self.connection.do_handshake()

    def output(self) -> bytes:
        """Return the bytes to send."""
        data = b""
        try:
            while True:
                data += self.connection.bio_read(1 << 16)
        except SSL.WantReadError:
            return data

    def input(self, data: bytes) -> bytes:
        """Feed received bytes; return the decrypted text."""
        text = b""
        if data:
            self.connection.bio_write(data)
        try:
            self.connection.do_handshake()
            while True:
                text += self.connection.recv(1 << 16)
        except SSL.WantReadError:
            return text
        except SSL.ZeroReturnError:
            self.said_goodbye = True
            return text

    def encrypt(self, text: bytes) -> bytes:
        """Return the bytes to send for a text."""
        self.connection.send(text)
        return self.output()
