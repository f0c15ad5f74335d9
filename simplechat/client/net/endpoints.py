"""Endpoints for connecting to a server: plain, or with TLS to a server that is trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from twisted.internet.defer import TimeoutError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IReactorTime, IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.protocols.tls import TLSMemoryBIOFactory

from simplechat.client.net.known_servers import (
    VERIFIED,
    KnownServers,
    PresentedCertificate,
    ServerNotTrusted,
    check_pin,
    describe_unknown_server,
    explain_fingerprint_option,
    read_presented_chain,
)
from simplechat.client.net.tls import (
    ALPN_PROTOCOL,
    SingleProtocolFactory,
    TlsHandshake,
    TlsUnavailable,
    UnverifiedTlsCreator,
    is_ip_address,
)
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

CONNECT_TIMEOUT_S = 15.0
HANDSHAKE_TIMEOUT_S = 10.0

AskForTrust = Callable[[str], bool]


class PlainEndpoint:
    """Connects without encryption."""

    def __init__(self, endpoint: IStreamClientEndpoint, clock: IReactorTime) -> None:
        self._endpoint = endpoint
        self._clock = clock

    async def establish_trust(self, ask: AskForTrust | None) -> str:
        """Return "": without encryption there is no certificate to trust."""
        return ""

    async def connect(self, protocol: Protocol) -> None:
        """Connect a protocol to the server."""
        await self._endpoint.connect(SingleProtocolFactory(protocol)).addTimeout(
            CONNECT_TIMEOUT_S, self._clock
        )


class TlsEndpoint:
    """Connects with TLS.

    The server is trusted if a public authority signed its certificate, or if it shows the fingerprint that
    the user has trusted before.

    Args:
        host: Its name or address.
        port: Its port.
        endpoint: Connects to it with TCP.
        clock: For waiting.
        known_servers: How servers were verified before.
        fingerprint: The one that the user expects; "" for none.
        now: Returns the time, in seconds since 1970.
    """

    def __init__(
        self,
        host: str,
        port: int,
        endpoint: IStreamClientEndpoint,
        clock: IReactorTime,
        known_servers: KnownServers,
        fingerprint: str,
        now: Callable[[], float],
    ) -> None:
        self._host = host
        self._port = port
        self._endpoint = endpoint
        self._clock = clock
        self._known_servers = known_servers
        self._fingerprint = fingerprint
        self._now = now

    async def establish_trust(self, ask: AskForTrust | None) -> str:
        """Verify a server that is not known yet, or ask the user to trust it.

        Args:
            ask: Shows a text and returns whether the user trusts the server; None if nobody can be asked.

        Returns:
            Why the decision cannot be saved; "" if it is.

        Raises:
            ServerNotTrusted: The user, or nobody, trusts it.
            TlsUnavailable: It does not speak TLS.
        """
        if self._fingerprint or self._known_pin:
            return ""
        try:
            await self._handshake(VERIFIED, None)
        except ServerNotTrusted:
            presented = await self._handshake("", None)
            if ask is None:
                raise ServerNotTrusted(explain_fingerprint_option(presented)) from None
            if not ask(describe_unknown_server(presented)):
                raise ServerNotTrusted(_("It is not trusted")) from None
            return self._remember(presented.pin)
        return self._remember(VERIFIED)

    async def connect(self, protocol: Protocol) -> None:
        """Connect a protocol to the server, once its certificate is verified.

        Raises:
            ServerNotTrusted: It shows another certificate than it should.
            TlsUnavailable: It does not speak TLS.
        """
        if self._fingerprint:
            presented = await self._handshake(self._fingerprint, protocol)
            self._remember(presented.pin)
            self._fingerprint = ""  # from now on the certificate may be renewed
        elif self._known_pin == VERIFIED:
            await self._connect_verified(protocol)
        else:
            await self._connect_pinned(protocol)

    async def _connect_verified(self, protocol: Protocol) -> None:
        try:
            await self._handshake(VERIFIED, protocol)
        except ServerNotTrusted:
            text = _(
                "A public authority vouched for this server before, and none does now: "
                "somebody may stand between you and it. "
                "If the server's owner gives you a new fingerprint, pass it with --fingerprint"
            )
            raise ServerNotTrusted(text) from None

    async def _connect_pinned(self, protocol: Protocol) -> None:
        """Connect to a server with a known fingerprint, or one that has a verifiable certificate since."""
        try:
            await self._handshake(self._known_pin, protocol)
        except ServerNotTrusted as distrusted:
            try:
                await self._handshake(VERIFIED, protocol)
            except ServerNotTrusted:
                raise distrusted from None
            self._remember(VERIFIED)

    @property
    def _known_pin(self) -> str:
        return self._known_servers.get(self._host, self._port)

    def _remember(self, pin: str) -> str:
        return self._known_servers.put(self._host, self._port, pin)

    async def _handshake(self, pin: str, protocol: Protocol | None) -> PresentedCertificate:
        """Connect, and verify the certificate by a pin, "" for any; without a protocol, disconnect then."""
        presented: list[PresentedCertificate] = []

        def check(chain: Sequence[Certificate]) -> None:
            presented.append(read_presented_chain(chain))
            if pin == VERIFIED:
                verify_host_name(chain[0], self._host)
            elif pin:
                check_pin(presented[0], pin, self._now())

        handshake = TlsHandshake(check, protocol)
        creator = _verifying_creator(self._host) if pin == VERIFIED else UnverifiedTlsCreator(self._host)
        factory = TLSMemoryBIOFactory(creator, True, SingleProtocolFactory(handshake), self._clock)
        await self._endpoint.connect(factory).addTimeout(CONNECT_TIMEOUT_S, self._clock)
        try:
            await handshake.done.addTimeout(HANDSHAKE_TIMEOUT_S, self._clock)
        except TimeoutError:
            text = _(
                "The server does not answer with TLS; --plaintext connects without encryption, "
                "and others could read along"
            )
            raise TlsUnavailable(text) from None
        return presented[0]


def _verifying_creator(host: str) -> IOpenSSLClientConnectionCreator:
    from twisted.internet.ssl import optionsForClientTLS

    return optionsForClientTLS(host, acceptableProtocols=[ALPN_PROTOCOL])


def verify_host_name(certificate: Certificate, host: str) -> None:
    """Verify that a certificate is for a host: Twisted's own check passes a certificate without any name.

    Raises:
        ServerNotTrusted: It is for another host.
    """
    from service_identity.cryptography import verify_certificate_hostname, verify_certificate_ip_address
    from service_identity.exceptions import CertificateError, VerificationError

    verify = verify_certificate_ip_address if is_ip_address(host) else verify_certificate_hostname
    try:
        verify(certificate, host)
    except (VerificationError, CertificateError):
        raise ServerNotTrusted(_("The server's certificate is for another name")) from None
