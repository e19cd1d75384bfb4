"""A local certificate authority and the server certificates it signs: bytes in, bytes out, no file, no clock.

The authority may speak only for the names it was made for, for names that exist only inside a network, and for private
addresses: a key that is stolen from a school opens nothing else.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3_652
SERVER_DAYS = 824  # browsers refuse more than 825 of a certificate
BACKDATED = timedelta(days=1)  # a gateway's clock may be behind
LOCAL_NAMES = (
    "localhost",
    "local",
    "lan",
    "internal",
    "home.arpa",
    "hub",
    "mosquitto",
    "influxdb",
    "postgres",
    "grafana",
)
ALWAYS_NAMES = ("localhost",)
ALWAYS_ADDRESSES = ("127.0.0.1", "::1")
PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Names(msgspec.Struct, frozen=True):
    """Whom a server certificate is for. Always this machine too."""

    hosts: tuple[str, ...]
    addresses: tuple[str, ...] = ()

    def joined(self, other: "Names") -> "Names":
        return Names(_once(*self.hosts, *other.hosts), _once(*self.addresses, *other.addresses))

    def covers(self, other: "Names") -> bool:
        return set(other.hosts) <= set(self.hosts) and set(other.addresses) <= set(self.addresses)


class KeyPair(msgspec.Struct, frozen=True):
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


class NotAllowed(Exception):
    """The authority may not speak for these names."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(", ".join(names))


def names(hosts: Sequence[str], addresses: Sequence[str] = ()) -> Names:
    """Checked and tidied, with this machine's own; an address among the hosts is one.

    Raises ValueError that names what is neither host nor address.
    """
    tidy: list[str] = []
    plain = [str(ip_address(address.strip("[]"))) for address in addresses]
    for host in hosts:
        try:
            plain.append(str(ip_address(host.strip().strip("[]"))))
        except ValueError:
            tidy.append(_host(host))
    return Names(_once(*tidy, *ALWAYS_NAMES), _once(*plain, *ALWAYS_ADDRESSES))


def make_authority(name: str, allowed: Names, now: datetime) -> KeyPair:
    """A new authority called `name`, for `allowed` and what is inside any network."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    certificate = (
        _begun(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(_permitted(allowed), None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def make_server(authority: KeyPair, wanted: Names, now: datetime, days: int = SERVER_DAYS) -> KeyPair:
    """A new certificate for the servers of `wanted`. Raises NotAllowed."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    beyond = _beyond(issuer, wanted)
    if beyond:
        raise NotAllowed(beyond)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.hosts[0][:64])])
    holders = [
        *(x509.DNSName(host) for host in wanted.hosts),
        *(x509.IPAddress(ip_address(a)) for a in wanted.addresses),
    ]
    certificate = (
        _begun(subject, issuer.subject, key.public_key(), now, days, issuer.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName(holders), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_signed_by(issuer), critical=False)
        .sign(_private(authority.key), hashes.SHA256())
    )
    return _pair(certificate, key)


def is_from(certificate: bytes, authority: bytes) -> bool:
    """Whether the authority signed the certificate (both PEM)."""
    try:
        x509.load_pem_x509_certificate(certificate).verify_directly_issued_by(x509.load_pem_x509_certificate(authority))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def names_of(certificate: bytes) -> Names:
    """Whom a certificate (PEM) is for."""
    try:
        found = x509.load_pem_x509_certificate(certificate).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return Names(())
    addresses = found.value.get_values_for_type(x509.IPAddress)
    return Names(tuple(found.value.get_values_for_type(x509.DNSName)), tuple(str(each) for each in addresses))


def ends_ms(certificates: bytes) -> list[int]:
    """When each of the certificates (PEM) ends, soonest first. Raises ValueError where there is none."""
    found = x509.load_pem_x509_certificates(certificates)
    return sorted(int(each.not_valid_after_utc.timestamp() * 1000) for each in found)


def belong_together(pair: KeyPair) -> bool:
    """Whether the key is the certificate's. Raises ValueError where one of them cannot be read."""
    return x509.load_pem_x509_certificate(pair.certificate).public_key() == _private(pair.key).public_key()


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    days: int,
    latest: datetime | None = None,
) -> x509.CertificateBuilder:
    now = now.astimezone(UTC).replace(microsecond=0)
    end = now + timedelta(days=days)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - BACKDATED)
    return builder.not_valid_after(min(end, latest) if latest else end)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _signed_by(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _permitted(allowed: Names) -> list[x509.GeneralName]:
    hosts = _once(*(host.removeprefix("*.") for host in allowed.hosts), *LOCAL_NAMES)  # constraints know no wildcard
    named: list[Network] = [ip_network(address) for address in allowed.addresses]
    networks = [ip_network(network) for network in PRIVATE]
    networks += [each for each in named if not any(_inside(each.network_address, known) for known in networks)]
    return [*(x509.DNSName(host) for host in hosts), *(x509.IPAddress(network) for network in networks)]


def _beyond(issuer: x509.Certificate, wanted: Names) -> list[str]:
    """What the authority's constraints forbid; nothing for one without constraints."""
    try:
        allowed = issuer.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        return []
    hosts = [each.value for each in allowed if isinstance(each, x509.DNSName)]
    networks = [each.value for each in allowed if isinstance(each, x509.IPAddress)]
    beyond = [host for host in wanted.hosts if not any(host == one or host.endswith(f".{one}") for one in hosts)]
    return beyond + [each for each in wanted.addresses if not any(_inside(ip_address(each), net) for net in networks)]


def _inside(address: Address, network: object) -> bool:
    return isinstance(network, (IPv4Network, IPv6Network)) and address.version == network.version and address in network


def _host(host: str) -> str:
    """Lower case, in its ASCII form. Raises ValueError."""
    plain = host.strip().rstrip(".").lower()
    if not plain.isascii():
        plain = plain.encode("idna").decode()
    labels = plain.removeprefix("*.").split(".")
    if any(not label or len(label) > 63 or not label.replace("-", "a").replace("_", "a").isalnum() for label in labels):  # noqa: PLR2004
        raise ValueError(host)
    return plain


def _once(*values: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _private(key: bytes) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """Ours is on an elliptic curve; an authority brought along may use RSA. Raises ValueError for others."""
    loaded = serialization.load_pem_private_key(key, None)
    if isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        return loaded
    raise ValueError("neither an EC nor an RSA key")


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return KeyPair(certificate.public_bytes(pem), secret)
