"""What a running hub says of the certificate files it uses, and when it stops saying it."""

from pathlib import Path

from hub.config import HubConfig, parse_config
from hub.tls.keeper import Certificates as Keeper
from hub.tls.keeper import WebCertificate
from hub.tls.watch import DAY_MS
from tests.sim.certificates import Certificates


def settings(folder: Path, files: Certificates) -> HubConfig:
    toml = f'[web]\ncert_file = "{files.server_crt}"\nkey_file = "{files.server_key}"\n'
    for section in ("broker", "state", "influxdb"):  # one file, named three times
        toml += f'[{section}]\nca_file = "{files.ca_crt}"\n'
    return parse_config(toml, folder / "hub.toml")


def test_notices_come_and_go_with_the_files(tmp_path: Path) -> None:
    files = Certificates(tmp_path / "tls")
    web = WebCertificate(files.server_crt, files.server_key)
    now_ms = files.now_ms
    keeper = Keeper(settings(tmp_path, files), web, lambda: now_ms)

    def codes() -> list[str]:
        keeper.look()
        return [f"{notice.code} {notice.severity}" for notice in keeper.notices()]

    assert codes() == []
    files.put(days=20)
    assert codes() == ["certificate.web warning"]
    now_ms += 15 * DAY_MS
    assert codes() == ["certificate.web critical"]
    files.put(days=400)
    assert codes() == []
    now_ms += 3_615 * DAY_MS
    assert codes() == ["certificate.web critical", "certificate.ca warning"]
    now_ms = files.now_ms
    files.server_key.write_text("nonsense")
    assert codes() == ["certificate.web critical"]
    (broken,) = keeper.notices()
    assert "the one in use stays" in broken.text.en
    files.ca_crt.unlink()
    assert codes() == ["certificate.web critical", "certificate.ca critical"]
    files.put(days=400)
    assert codes() == ["certificate.ca critical"]
