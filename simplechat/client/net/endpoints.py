"""The ways to a server: plain, or by TLS to one that is trusted."""

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
    read_chain,
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
    """The way to a server without encryption."""

    def __init__(self, endpoint: IStreamClientEndpoint, clock: IReactorTime) -> None:
        self._endpoint = endpoint
        self._clock = clock

    async def meet(self, ask: AskForTrust | None) -> str:
        """Need no trust: nothing protects what is said."""
        return ""

    async def connect(self, link: Protocol) -> None:
        """Connect."""
        await self._endpoint.connect(SingleProtocolFactory(link)).addTimeout(CONNECT_TIMEOUT_S, self._clock)


class TlsEndpoint:
    """The way to a server by TLS.

    Public authorities may vouch for it; else it is who it was when somebody trusted it.

    Args:
        host: Its name or address.
        port: Its port.
        endpoint: Connects to it.
        clock: For waiting.
        pins: What servers are known by.
        fingerprint: What people say that it shows; "" for nothing.
        now: Gives the time, in seconds since 1970.
    """

    def __init__(
        self,
        host: str,
        port: int,
        endpoint: IStreamClientEndpoint,
        clock: IReactorTime,
        pins: KnownServers,
        fingerprint: str,
        now: Callable[[], float],
    ) -> None:
        self._host = host
        self._port = port
        self._endpoint = endpoint
        self._clock = clock
        self._pins = pins
        self._fingerprint = fingerprint
        self._now = now

    async def meet(self, ask: AskForTrust | None) -> str:
        """Get to know a server that nobody has met; gives why that cannot be remembered, or "".

        Args:
            ask: Shows a text and asks whether to trust; None where nobody can be asked.

        Raises:
            ServerNotTrusted: It is not trusted.
            TlsUnavailable: It speaks none.
        """
        if self._fingerprint or self._known:
            return ""
        try:
            await self._shake(VERIFIED, None)
        except ServerNotTrusted:
            seen = await self._shake("", None)
            if ask is None:
                raise ServerNotTrusted(explain_fingerprint_option(seen)) from None
            if not ask(describe_unknown_server(seen)):
                raise ServerNotTrusted(_("It is not trusted")) from None
            return self._remember(seen.pin)
        return self._remember(VERIFIED)

    async def connect(self, link: Protocol) -> None:
        """Connect, and hand the connection to a link once the server is trusted.

        Raises:
            ServerNotTrusted: It is not what it is known by.
            TlsUnavailable: It speaks none.
        """
        if self._fingerprint:
            seen = await self._shake(self._fingerprint, link)
            self._remember(seen.pin)
            self._fingerprint = ""  # it may be renewed from now on
        elif self._known == VERIFIED:
            await self._connect_verified(link)
        else:
            await self._connect_pinned(link)

    async def _connect_verified(self, link: Protocol) -> None:
        try:
            await self._shake(VERIFIED, link)
        except ServerNotTrusted:
            text = _(
                "No public authority vouches for this server, and one did before: somebody may stand between "
                "you and it. If whoever runs it tells you a new fingerprint, give it with --fingerprint"
            )
            raise ServerNotTrusted(text) from None

    async def _connect_pinned(self, link: Protocol) -> None:
        """Connect to who is known by a fingerprint, or has got a certificate that can be verified since."""
        try:
            await self._shake(self._known, link)
        except ServerNotTrusted as distrusted:
            try:
                await self._shake(VERIFIED, link)
            except ServerNotTrusted:
                raise distrusted from None
            self._remember(VERIFIED)

    @property
    def _known(self) -> str:
        return self._pins.get(self._host, self._port)

    def _remember(self, pin: str) -> str:
        return self._pins.put(self._host, self._port, pin)

    async def _shake(self, pin: str, link: Protocol | None) -> PresentedCertificate:
        """Shake hands with who is known by this, or with anybody where it is ""; without a link, and go."""
        seen: list[PresentedCertificate] = []

        def look(chain: Sequence[Certificate]) -> None:
            seen.append(read_chain(chain))
            if pin == VERIFIED:
                verify_host_name(chain[0], self._host)
            elif pin:
                check_pin(seen[0], pin, self._now())

        secured = TlsHandshake(look, link)
        creator = _verifying(self._host) if pin == VERIFIED else UnverifiedTlsCreator(self._host)
        factory = TLSMemoryBIOFactory(creator, True, SingleProtocolFactory(secured), self._clock)
        await self._endpoint.connect(factory).addTimeout(CONNECT_TIMEOUT_S, self._clock)
        try:
            await secured.shaken.addTimeout(HANDSHAKE_TIMEOUT_S, self._clock)
        except TimeoutError:
            text = _("It does not answer to TLS; --plaintext does without, and is readable on its way")
            raise TlsUnavailable(text) from None
        return seen[0]


def _verifying(host: str) -> IOpenSSLClientConnectionCreator:
    from twisted.internet.ssl import optionsForClientTLS

    return optionsForClientTLS(host, acceptableProtocols=[ALPN_PROTOCOL])


def verify_host_name(certificate: Certificate, host: str) -> None:
    """Look for the host in a certificate, once more: one without any name passes Twisted's own check.

    Raises:
        ServerNotTrusted: It is not for this host.
    """
    from service_identity.cryptography import verify_certificate_hostname, verify_certificate_ip_address
    from service_identity.exceptions import CertificateError, VerificationError

    verify = verify_certificate_ip_address if is_ip_address(host) else verify_certificate_hostname
    try:
        verify(certificate, host)
    except (VerificationError, CertificateError):
        raise ServerNotTrusted(_("The server's certificate is for another name")) from None
