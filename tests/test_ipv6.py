"""Everything that listens or connects does so over IPv6 as over IPv4: each part on ::1, by real services."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from classhub.__main__ import main
from classhub.commands.doctor import examine
from classhub.diagnosis.finding import Level
from edge.agent import Agent
from edge.config import EdgeConfig
from hub.config import InfluxSection
from hub.db.engine import open_database
from hub.listening import PortTaken, free, listening
from hub.stores.influx.http import InfluxHttp
from tests.edge.stand import Taps, running, settings
from tests.hub.process import HubProcess, wait
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.sim.broker import Mosquitto
from tests.sim.certificates import Certificates
from tests.sim.influxd import ORG, Influxd
from tests.sim.postgres import Postgres
from wire.address import host_port, split_host_port

pytestmark = pytest.mark.timeout(180)
SCHOOL = '[school]\nid = "s1"\nname = "S"\n[[gateway]]\nid = "g1"\nname = "G1"\n'


@pytest.mark.parametrize(
    ("host", "shown"), [("::1", "[::1]:80"), ("127.0.0.1", "127.0.0.1:80"), ("hub.lan", "hub.lan:80")]
)
def test_addresses_as_text_both_ways(host: str, shown: str) -> None:
    assert host_port(host, 80) == shown
    assert split_host_port(shown) == (host, 80)


@pytest.mark.parametrize("wrong", ["::1:80", "hub.lan", ":80", "hub:0", "hub:65536", "hub:x", "[::1]", "hub:٣"])
def test_what_is_no_address(wrong: str) -> None:
    assert split_host_port(wrong) is None


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("::", {"127.0.0.1", "::1"}),
        ("localhost", {str(each[4][0]) for each in socket.getaddrinfo("localhost", 1)}),  # as /etc/hosts has it
        ("::1", {"::1"}),
        ("127.0.0.1", {"127.0.0.1"}),
        ("0.0.0.0", {"127.0.0.1"}),  # noqa: S104
    ],
)
def test_who_reaches_a_listener(host: str, reached: set[str]) -> None:
    port = free_port()
    found = set()
    with listening(host, port):
        assert not free(host, port)
        for client in ("127.0.0.1", "::1"):
            try:
                socket.create_connection((client, port), PATIENCE_S).close()
            except ConnectionRefusedError:
                continue
            found.add(client)
    assert found == reached


def test_a_taken_port_is_printed_with_brackets() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"\[::1\]:{port}"), listening("::1", port):
            pass


class Hub6(HubProcess):
    """A hub whose pages and broker are where `host` says."""

    def __init__(self, folder: Path, host: str, broker: str) -> None:
        folder.mkdir()
        super().__init__(folder, "embedded", free_port(), SCHOOL)
        open_reading = "open_reading = true\n" if host == "::1" else ""
        self.config.write_text(
            f"[broker]\n{broker or f'port = {self.broker_port}'}\n"
            f'[web]\nhost = "{host}"\nport = {self.web_port}\n{open_reading}[store]\nmin_free_mb = 0\n'
        )

    def serves(self) -> bool:
        try:
            return httpx.get(f"http://[::1]:{self.web_port}/readyz", timeout=PATIENCE_S).is_success
        except httpx.TransportError:
            return False

    def count(self) -> int:
        now, day = datetime.now(UTC), timedelta(days=1)
        span = "&".join(f"{key}={at:%Y-%m-%dT%H:%M:%SZ}" for key, at in (("from", now - day), ("to", now + day)))
        path = f"/api/v1/schools/s1/readings?device=a101-co2&{span}"
        answer = httpx.get(f"http://[::1]:{self.web_port}{path}", timeout=PATIENCE_S)
        return len(answer.json()) if answer.is_success else 0


@pytest.fixture(params=["::", "::1"])
def embedded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub6]:
    hub = Hub6(tmp_path / "hub", request.param, "")
    hub.config.write_text(hub.config.read_text().replace("[broker]\n", f'[broker]\nhost = "{request.param}"\n'))
    hub.start()
    yield hub
    hub.close()


def test_pages_and_the_embedded_broker(embedded: Hub6) -> None:
    """On `::` both families are served; on `::1` a gateway without a credential is, too."""
    everywhere = 'host = "::"' in embedded.config.read_text()
    for port in (embedded.web_port, embedded.broker_port):
        for client in ("::1", "127.0.0.1"):
            try:
                socket.create_connection((client, port), PATIENCE_S).close()
            except ConnectionRefusedError:
                assert client == "127.0.0.1"
                assert not everywhere
    served = [finding for finding in examine(embedded.config) if "tls init" not in finding.mend]  # in clear, on ::
    found = {finding.area: finding for finding in served}
    assert (found["web"].level, found["broker"].level) == (Level.OK, Level.OK)
    assert f"[{'::' if everywhere else '::1'}]:{embedded.web_port}" in found["web"].text.en
    assert embedded.end(signal.SIGTERM) == 0
    assert f"http://[{'::' if everywhere else '::1'}]:{embedded.web_port}" in embedded.log()


def six(config: EdgeConfig, ca_file: Path | None = None) -> EdgeConfig:
    return replace(config, broker=replace(config.broker, host="::1", ca_file=ca_file))


@pytest.mark.broker
async def test_gateway_and_hub_at_a_mosquitto_with_tls_on_ipv6(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    certificates, port = Certificates(tmp_path / "tls"), free_port()
    extra = f"listener {port} ::1\n{certificates.mosquitto()}"
    with Mosquitto(tmp_path, extra=extra):
        broker = f'kind = "external"\nhost = "::1"\nport = {port}\nca_file = "{certificates.ca_crt}"'
        hub = Hub6(tmp_path / "hub", "::1", broker)
        try:
            await asyncio.to_thread(hub.start)
            taps = Taps()
            caplog.set_level("INFO")
            async with running(Agent(six(settings(tmp_path, port), certificates.ca_crt)), taps):
                taps.give(3)
                await asyncio.to_thread(wait, lambda: hub.count() == 3, "stored over IPv6 and TLS")
            assert f"uplink [::1]:{port}: connected" in caplog.text
            assert f"connected to the broker [::1]:{port}" in hub.log()
        finally:
            hub.close()


@pytest.mark.broker
async def test_a_gateway_at_the_embedded_broker(tmp_path: Path) -> None:
    hub = Hub6(tmp_path / "hub", "::1", "")
    hub.config.write_text(hub.config.read_text().replace("[broker]\n", '[broker]\nhost = "::1"\n'))
    try:
        await asyncio.to_thread(hub.start)
        taps = Taps()
        async with running(Agent(six(settings(tmp_path, hub.broker_port))), taps):
            taps.give(4)
            await asyncio.to_thread(wait, lambda: hub.count() == 4, "stored over IPv6")
    finally:
        hub.close()


@pytest.mark.broker
def test_a_local_broker_and_the_doctor_of_a_gateway(tmp_path: Path) -> None:
    port = free_port()
    with Mosquitto(tmp_path, extra=f"listener {port} ::1\nallow_anonymous true\n"):
        (tmp_path / "edge.toml").write_text(
            f'[gateway]\nschool = "s1"\nid = "g1"\ndata_dir = "data"\n[broker]\nhost = "::1"\nport = {port}\n'
            f'[outbox]\nmin_free_mb = 1\n[[zigbee2mqtt]]\nname = "z"\nhost = "::1"\nport = {port}\n'
        )
        found = [finding for finding in examine(tmp_path / "edge.toml") if finding.area == "broker"]
        assert [finding.level for finding in found] == [Level.OK, Level.OK]
        assert f"[::1]:{port}" in found[0].text.vi
        with (tmp_path / "log").open("wb") as log:
            words = [sys.executable, "-m", "classhub", "edge", "run", "--config", str(tmp_path / "edge.toml")]
            agent = subprocess.Popen(words, stderr=log)
        try:
            wait(lambda: f"z: connected to [::1]:{port}" in (tmp_path / "log").read_text(), "local broker", 15)
            agent.terminate()
            assert agent.wait(PATIENCE_S) == 0
        finally:
            agent.kill()
            agent.wait(PATIENCE_S)


def test_postgresql(tmp_path: Path) -> None:
    with Postgres(tmp_path, host="::1") as server:
        engine = open_database(server.database())
        with engine.connect() as connection:
            assert connection.execute(text("SELECT inet_server_addr()::text")).scalar_one().startswith("::1")
        engine.dispose()


def test_influxdb(tmp_path: Path) -> None:
    with Influxd(tmp_path, host="::1") as influx:
        http = InfluxHttp(InfluxSection(url=influx.url, org=ORG), influx.token)
        http.write("first", b"reading,school=s value=1 1800000000000")
        rows = list(
            http.query('from(bucket: "first") |> range(start: 2027-01-01T00:00:00Z, stop: 2028-01-01T00:00:00Z)')
        )
        http.close()
        assert [row["_value"] for row in rows] == [1.0]
        assert "[::1]" in influx.url


def test_a_replay_takes_an_address_in_brackets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["replay", str(tmp_path / "absent.csv"), "--school", "s", "--room", "r", "--broker"]
    assert main([*words, "::1:1883"]) == 2
    assert "[IPv6]:PORT" in capsys.readouterr().err
    assert main([*words, "[::1]:1883"]) == 1
    assert "absent.csv" in capsys.readouterr().err
