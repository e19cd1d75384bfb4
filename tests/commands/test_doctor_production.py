"""`classhub doctor` on the production stack: certificates, secrets, broker over TLS, InfluxDB, PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from classhub.commands.doctor import examine
from classhub.diagnosis.finding import Finding, Level
from hub.db.engine import open_database
from tests.ports import free_port
from tests.sim.broker import Mosquitto
from tests.sim.certificates import Certificates
from tests.sim.influxd import ORG, Influxd
from tests.sim.postgres import Postgres

pytestmark = pytest.mark.timeout(180)


def about(path: Path, area: str) -> list[Finding]:
    return [finding for finding in examine(path) if finding.area == area]


def hub_toml(folder: Path, sections: str) -> Path:
    path = folder / "hub.toml"
    if "[broker]" not in sections:
        sections += f"[broker]\nport = {free_port()}\n"
    if "[web]" not in sections:
        sections += f"[web]\nport = {free_port()}\n"
    path.write_text(sections)
    return path


def web_toml(folder: Path, certificates: Certificates) -> Path:
    pair = f'cert_file = "{certificates.server_crt}"\nkey_file = "{certificates.server_key}"\n'
    return hub_toml(folder, f"[web]\nport = {free_port()}\n{pair}")


@pytest.mark.parametrize(
    ("days", "level"), [(100, Level.OK), (20, Level.WARNING), (3, Level.BAD), (-1, Level.BAD)], ids=str
)
def test_the_pages_certificate(tmp_path: Path, days: float, level: Level) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.put(days)
    (finding,) = about(web_toml(tmp_path, certificates), "tls")
    assert finding.level is level
    assert str(certificates.server_crt) in finding.text.vi
    assert ("classhub tls renew" in finding.mend) is (level is not Level.OK)


def test_a_key_of_another_certificate(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    key = certificates.server_key.read_bytes()
    certificates.put()
    certificates.server_key.write_bytes(key)
    (finding,) = about(web_toml(tmp_path, certificates), "tls")
    assert finding.level is Level.BAD
    assert "is not the key of" in finding.text.en


@pytest.mark.parametrize(
    ("mode", "content", "level"),
    [
        (0o600, "long-enough", Level.OK),
        (0o400, "long-enough", Level.OK),
        (0o640, "long-enough", Level.WARNING),
        (0o644, "long-enough", Level.BAD),
        (0o620, "long-enough", Level.BAD),
        (0o600, " \n", Level.BAD),
    ],
)
def test_secrets_are_for_their_owner(tmp_path: Path, mode: int, content: str, level: Level) -> None:
    secret = tmp_path / "secret"
    secret.write_text(content)
    secret.chmod(mode)
    path = hub_toml(tmp_path, '[state]\npassword_file = "secret"\n')
    (finding,) = about(path, "secrets")
    assert finding.level is level
    assert content.strip() == "" or content.strip() not in finding.text.en
    if mode in {0o644, 0o640}:
        assert finding.mend == f"chmod 600 {secret}"


@pytest.mark.broker
@pytest.mark.parametrize(
    ("days", "level", "words"),
    [(100, Level.OK, "takes the connection"), (9.5, Level.WARNING, "in 9 days"), (-1, Level.BAD, "has expired")],
    ids=["good", "soon", "ended"],
)
def test_a_broker_over_tls_from_both_sides(tmp_path: Path, days: float, level: Level, words: str) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.put(days)
    with Mosquitto(tmp_path, extra=certificates.mosquitto()) as broker:
        broker_section = f'[broker]\nhost = "127.0.0.1"\nport = {broker.port}\nca_file = "{certificates.ca_crt}"\n'
        hub = hub_toml(tmp_path, broker_section.replace("[broker]\n", '[broker]\nkind = "external"\n'))
        edge = tmp_path / "edge.toml"
        edge.write_text(f'[gateway]\nschool = "s"\nid = "g"\ndata_dir = "."\n{broker_section}')
        for path in (hub, edge):
            (finding,) = about(path, "broker")
            assert (finding.level, words in finding.text.en) == (level, True), finding


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with Influxd(tmp_path_factory.mktemp("influx"), host="::1") as running:
        yield running


def test_an_influxdb_without_the_hubs_buckets(tmp_path: Path, influx: Influxd) -> None:
    (tmp_path / "token").write_text(influx.token)
    (tmp_path / "token").chmod(0o600)
    section = f'[influxdb]\nurl = "{influx.url}"\norg = "{ORG}"\ntoken_file = "token"\n'
    path = hub_toml(tmp_path, f'[store]\nkind = "influxdb"\n{section}')
    found = [
        finding for finding in about(path, "store") if "Influx" in finding.text.en or influx.url in finding.text.en
    ]
    assert [finding.level for finding in found] == [Level.BAD]
    assert "classhub store setup" in found[0].mend
    (tmp_path / "token").write_text("wrong")
    (refused,) = [finding for finding in about(path, "store") if influx.url in finding.text.en]
    assert refused.level is Level.BAD
    assert "wrong" not in refused.text.en


def test_an_influxdb_that_does_not_run_is_started_not_set_up(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-of-some-length")
    (tmp_path / "token").chmod(0o600)
    sections = f'[store]\nkind = "influxdb"\n[influxdb]\nurl = "http://127.0.0.1:{free_port()}"\ntoken_file = "token"\n'
    found = [each for each in about(hub_toml(tmp_path, sections), "store") if "InfluxDB" in each.text.en]
    assert [each.mend for each in found] == ["systemctl restart influxdb"]


def test_a_token_nobody_has_made_yet(tmp_path: Path) -> None:
    path = hub_toml(tmp_path, '[store]\nkind = "influxdb"\n[influxdb]\ntoken_file = "token"\n')
    (finding,) = about(path, "config")
    assert finding.level is Level.BAD
    assert finding.mend == f"classhub store setup --config {path}"


def test_postgresql_over_ipv6(tmp_path: Path) -> None:
    with Postgres(tmp_path, host="::1") as server:
        url = server.database("classhub")
        (tmp_path / "secret").write_text(server.password)
        (tmp_path / "secret").chmod(0o600)
        section = f'[state]\nkind = "postgresql"\nhost = "::1"\nport = {server.port}\npassword_file = "secret"\n'
        path = hub_toml(tmp_path, section)
        assert about(path, "store")[0].level is Level.NOTE  # empty still
        open_database(url).dispose()
        nobody = about(path, "store")[0]
        assert nobody.level is Level.WARNING
        assert "operator" in nobody.text.en
    away = about(path, "store")[0]
    assert away.level is Level.BAD
    assert server.password not in away.text.both()
