"""Pages over TLS by a real hub: on both families, with secure cookies, and a renewed certificate without a restart."""

import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from classhub.__main__ import main
from hub.tls.authority import ends_ms
from hub.tls.keeper import WebCertificate
from tests.hub.process import HubProcess, wait
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.sim.certificates import Certificates

pytestmark = pytest.mark.timeout(180)
QUICK = "import sys, hub.tls.keeper as k; k.LOOK_S = 0.2; from classhub.__main__ import main; sys.exit(main())"


class TlsHub(HubProcess):
    """A hub on every address, whose pages speak TLS."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        super().__init__(folder, "embedded", free_port())
        self.certificates = certificates
        pair = f'cert_file = "{certificates.server_crt}"\nkey_file = "{certificates.server_key}"\n'
        self.config.write_text(
            f'[broker]\nport = {self.broker_port}\n[web]\nhost = "::"\nport = {self.web_port}\n'
            f"{pair}[store]\nmin_free_mb = 0\n"
        )
        self.program = [sys.executable, "-c", QUICK]

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificates.ca_crt)

    def get(self, path: str, host: str = "127.0.0.1") -> httpx.Response:
        return httpx.get(f"https://{host}:{self.web_port}{path}", verify=self.trust, timeout=PATIENCE_S)

    def serves(self) -> bool:
        try:
            return self.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def presented(self) -> dict[str, Any]:
        with (
            socket.create_connection(("::1", self.web_port), PATIENCE_S) as plain,
            self.trust.wrap_socket(plain, server_hostname="::1") as spoken,
        ):
            return dict(spoken.getpeercert() or {})


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsHub]:
    folder = tmp_path_factory.mktemp("tls")
    made = TlsHub(folder, Certificates(folder / "tls"))
    made.start()
    yield made
    assert made.end(signal.SIGTERM) == 0
    made.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_both_families_speak_tls(hub: TlsHub, host: str) -> None:
    answer = hub.get("/login", host)
    assert (answer.status_code, answer.http_version) == (200, "HTTP/1.1")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    cookies = answer.headers.get_list("set-cookie")
    assert cookies
    assert all("; Secure" in cookie for cookie in cookies)


def test_plain_http_and_old_tls_get_nothing(hub: TlsHub) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{hub.web_port}/login", timeout=PATIENCE_S)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(hub.certificates.ca_crt)
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", hub.web_port), PATIENCE_S) as plain, pytest.raises(OSError):
        old.wrap_socket(plain, server_hostname="127.0.0.1")


def test_a_renewed_certificate_is_taken_up_while_running(hub: TlsHub) -> None:
    before = hub.presented()
    hub.certificates.put(days=300)
    wait(lambda: hub.presented() != before, "the new certificate is presented", 15)
    assert hub.process is not None
    assert hub.process.poll() is None
    assert "is in use now" in hub.log()


def test_half_a_renewal_leaves_the_old_certificate(hub: TlsHub) -> None:
    before = hub.presented()
    whole = hub.certificates.server_crt.read_bytes()
    hub.certificates.server_crt.write_bytes(whole[: len(whole) // 2])
    wait(lambda: "cannot be used" in hub.log(), "the hub has seen the half", 15)
    assert hub.get("/readyz").is_success
    assert hub.presented() == before
    hub.certificates.put(days=200)
    wait(lambda: hub.presented() != before, "the whole one is presented", 15)


def test_a_pair_that_does_not_match_is_refused_and_the_old_stays(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    web = WebCertificate(certificates.server_crt, certificates.server_key)
    assert not web.take_up()
    key = certificates.server_key.read_bytes()
    certificates.put(days=100)
    certificates.server_key.write_bytes(key)
    for _ in range(2):
        with pytest.raises(ssl.SSLError):
            web.take_up()
    certificates.put(days=90)
    assert web.take_up()
    assert ends_ms(certificates.server_crt.read_bytes())


@pytest.mark.parametrize("broken", ["server_crt", "server_key"])
def test_a_hub_that_cannot_use_its_certificate_says_which(
    tmp_path: Path, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = TlsHub(tmp_path, Certificates(tmp_path / "tls"))
    getattr(hub.certificates, broken).write_text("nonsense")
    assert main(["hub", "run", "--config", str(hub.config)]) == 1
    assert "web.cert_file" in capsys.readouterr().err
