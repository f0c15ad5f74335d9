"""A small certificate authority: it issues certificates for one server, by the names of one machine.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-4.2
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, TypeVar

from simplechat.doors.tls.key_pairs import CertificateError
from simplechat.doors.tls.machine_names import (
    PRIVATE_HOSTS,
    PRIVATE_NETWORKS,
    Address,
    MachineNames,
    is_private_address,
    is_private_host,
)
from simplechat.locale import gettext as _

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.x509 import Certificate, CertificateBuilder, GeneralName

    E = TypeVar("E", bound=x509.ExtensionType)

AUTHORITY_DAYS = 7300
SERVER_DAYS = 820  # Apple's systems take no more than 825
CLOCK_TOLERANCE_S = 86400  # that others' clocks may be behind ours
EARLIEST = 1_700_000_000  # 2023: a clock that shows less was never set
MAX_NAME_CHARS = 64  # of a common name


def new_key() -> EllipticCurvePrivateKey:
    """Generate a private key."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    return generate_private_key(SECP256R1())


def new_authority(key: EllipticCurvePrivateKey, host: str, names: MachineNames, now: float) -> Certificate:
    """Create the certificate of an authority.

    Args:
        host: The machine, for the authority's name.
        names: What it may issue certificates for, besides private names and addresses.
        now: In seconds since 1970.

    Raises:
        CertificateError: The clock is plainly wrong, so that the certificate would expire at once.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    if now < EARLIEST:
        text = _("the clock says {day}: set it, a certificate made now would be of no use")
        raise CertificateError(text.format(day=f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"))
    name = _name(f"simplechat authority of {host}")
    builder = _builder(key.public_key(), now, AUTHORITY_DAYS).subject_name(name).issuer_name(name)
    for extension, is_critical in (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_usage(is_authority=True), True),
        (x509.NameConstraints(_permitted(names), None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
    ):
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(key, SHA256())


def issue(
    authority: Certificate,
    authority_key: EllipticCurvePrivateKey,
    server_key: EllipticCurvePublicKey,
    names: MachineNames,
    now: float,
) -> Certificate:
    """Issue the server's certificate; leave out names that the authority's constraints do not permit."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        _builder(server_key, now, SERVER_DAYS)
        .subject_name(_name("simplechat server"))
        .issuer_name(authority.subject)
    )
    for extension, is_critical in (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(is_authority=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName(_general(permitted(authority, names))), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
    ):
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(authority_key, SHA256())


def permitted(authority: Certificate, names: MachineNames) -> MachineNames:
    """Return those of the names that an authority's constraints permit.

    Raises:
        LookupError: It was not created by `new_authority`.
    """
    from cryptography import x509

    constraints = _extension(authority, x509.NameConstraints)
    subtrees = [each.value for each in constraints.permitted_subtrees or ()]
    domains = [value for value in subtrees if isinstance(value, str)]
    networks = [value for value in subtrees if not isinstance(value, str)]
    return MachineNames(
        tuple(host for host in names.hosts if any(f".{host}".endswith(f".{each}") for each in domains)),
        tuple(each for each in names.addresses if any(each in network for network in networks)),
    )


def names_in(certificate: Certificate) -> MachineNames:
    """Return the names that a certificate is for.

    Raises:
        LookupError: It was not created by `issue`.
    """
    from cryptography import x509

    found = _extension(certificate, x509.SubjectAlternativeName)
    addresses: list[Address] = found.get_values_for_type(x509.IPAddress)  # type: ignore[assignment]
    return MachineNames(tuple(found.get_values_for_type(x509.DNSName)), tuple(addresses))


def _extension(certificate: Certificate, kind: type[E]) -> E:
    from cryptography.x509 import ExtensionNotFound

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (ExtensionNotFound, ValueError) as error:
        raise LookupError(str(error)) from None


def _builder(key: EllipticCurvePublicKey, now: float, days: int) -> CertificateBuilder:
    from cryptography import x509

    begins = datetime.fromtimestamp(now - CLOCK_TOLERANCE_S, UTC)
    return (
        x509.CertificateBuilder()
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
    )


def _name(text: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:MAX_NAME_CHARS])])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _permitted(names: MachineNames) -> list[GeneralName]:
    from cryptography import x509

    hosts = (*PRIVATE_HOSTS, *(host for host in names.hosts if not is_private_host(host)))
    own = (ip_network(address) for address in names.addresses if not is_private_address(address))
    return [*map(x509.DNSName, hosts), *map(x509.IPAddress, (*PRIVATE_NETWORKS, *own))]


def _general(names: MachineNames) -> list[GeneralName]:
    from cryptography import x509

    return [*map(x509.DNSName, names.hosts), *map(x509.IPAddress, names.addresses)]
