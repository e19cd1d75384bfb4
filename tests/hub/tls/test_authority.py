"""The local authority judged by OpenSSL itself: its certificates are taken for their names, and for nothing else."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.tls.authority import KeyPair, NotAllowed, ends_ms, is_from, make_authority, make_server, names, names_of
from wire.tls_fault import tls_fault

NOW = datetime.now(UTC)
WANTED = names(["Hub.Truong.edu.vn"], ["192.168.1.5", "[fd00::5]"])


@pytest.fixture(scope="module")
def authority() -> KeyPair:
    return make_authority("ClassHub", WANTED, NOW)


def handshake(folder: Path, server: KeyPair, authority: KeyPair, name: str) -> None:
    """A whole TLS handshake in memory, as strict as OpenSSL can be. Raises SSLError as the client sees it."""
    (folder / "server.pem").write_bytes(server.certificate + server.key)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(folder / "server.pem")
    theirs = ssl.create_default_context(cadata=authority.certificate.decode())
    theirs.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = theirs.wrap_bio(to_client, to_server, server_hostname=name)
    host = ours.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (client, host):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client.version() == "TLSv1.3"


@pytest.mark.parametrize("name", ["hub.truong.edu.vn", "localhost", "127.0.0.1", "::1", "192.168.1.5", "fd00::5"])
def test_every_name_is_taken(tmp_path: Path, authority: KeyPair, name: str) -> None:
    handshake(tmp_path, make_server(authority, WANTED, NOW), authority, name)


def fault(tmp_path: Path, server: KeyPair, authority: KeyPair, name: str) -> str:
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        handshake(tmp_path, server, authority, name)
    words = tls_fault(refused.value, name)
    assert words is not None
    assert words.vi != words.en
    assert name in words.vi
    return words.en


def test_what_is_wrong_is_said_with_the_mend(tmp_path: Path, authority: KeyPair) -> None:
    good = make_server(authority, WANTED, NOW)
    old = make_server(authority, WANTED, NOW - timedelta(days=100), days=99)
    early = make_server(authority, WANTED, NOW + timedelta(days=30))
    other = make_authority("Another", WANTED, NOW)
    assert "does not name hub.lan" in fault(tmp_path, good, authority, "hub.lan")
    assert "does not name 10.0.0.1" in fault(tmp_path, good, authority, "10.0.0.1")
    assert "has expired: run classhub tls renew" in fault(tmp_path, old, authority, "localhost")
    assert "not valid yet" in fault(tmp_path, early, authority, "localhost")
    assert "copy ca.crt" in fault(tmp_path, good, other, "localhost")


def test_a_wildcard_is_trusted_by_real_clients(tmp_path: Path) -> None:
    wanted = names(["*.truong.example"])
    authority = make_authority("ClassHub", wanted, NOW)
    handshake(tmp_path, make_server(authority, wanted, NOW), authority, "hub.truong.example")


def test_other_errors_are_left_to_the_library() -> None:
    assert tls_fault(ConnectionRefusedError(111, "refused"), "h") is None


def test_the_authority_speaks_for_its_names_only(tmp_path: Path, authority: KeyPair) -> None:
    with pytest.raises(NotAllowed) as refused:
        make_server(authority, names(["bank.example"], ["8.8.8.8", "2001:db8::1"]), NOW)
    assert refused.value.names == ["bank.example", "8.8.8.8", "2001:db8::1"]
    make_server(authority, names(["may-chu.local", "a.hub.truong.edu.vn"], ["10.1.2.3", "fe80::1"]), NOW)
    # Who has the key and ignores that is refused by clients.
    free = make_authority("ClassHub", names(["bank.example"]), NOW)
    honest = make_server(free, names(["bank.example"]), NOW)
    assert "may not speak for bank.example" in fault(tmp_path, resigned(honest, authority), authority, "bank.example")
    handshake(tmp_path, honest, free, "bank.example")


def resigned(server: KeyPair, thief: KeyPair) -> KeyPair:
    """The same certificate, signed by an authority that may not."""
    old = x509.load_pem_x509_certificate(server.certificate)
    key = serialization.load_pem_private_key(thief.key, None)
    issuer = x509.load_pem_x509_certificate(thief.certificate)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(issuer.subject, old.subject, old.public_key(), 7)
    builder = builder.not_valid_before(old.not_valid_before_utc).not_valid_after(old.not_valid_after_utc)
    for extension in old.extensions:
        if not isinstance(extension.value, x509.AuthorityKeyIdentifier):
            builder = builder.add_extension(extension.value, extension.critical)
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    signer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
    signed = builder.add_extension(signer, critical=False).sign(key, hashes.SHA256())
    return KeyPair(signed.public_bytes(serialization.Encoding.PEM), server.key)


def test_lengths_browsers_accept_and_clocks_that_are_behind(authority: KeyPair) -> None:
    made = x509.load_pem_x509_certificate(make_server(authority, WANTED, NOW).certificate)
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=825)
    assert made.not_valid_before_utc < NOW - timedelta(hours=12)
    ten_years = ends_ms(authority.certificate)[0] / 1000 - NOW.timestamp()
    assert 3_650 < ten_years / 86_400 < 3_653
    late = make_server(authority, WANTED, NOW + timedelta(days=3_600))
    assert ends_ms(late.certificate) == ends_ms(authority.certificate)  # never beyond its authority


def test_a_certificate_knows_its_authority_and_its_names(authority: KeyPair) -> None:
    server = make_server(authority, WANTED, NOW)
    assert is_from(server.certificate, authority.certificate)
    assert not is_from(server.certificate, make_authority("ClassHub", WANTED, NOW).certificate)
    assert not is_from(b"nonsense", authority.certificate)
    assert names_of(server.certificate) == WANTED
    assert names_of(authority.certificate).hosts == ()


@pytest.mark.parametrize(("hosts", "addresses"), [(["a b"], []), ([""], []), (["x..y"], []), ([], ["300.1.1.1"])])
def test_what_is_no_name_is_refused(hosts: list[str], addresses: list[str]) -> None:
    with pytest.raises(ValueError):
        names(hosts, addresses)


def test_a_vietnamese_name_is_written_as_the_net_does() -> None:
    assert names(["trường.vn"]).hosts[0].startswith("xn--")
