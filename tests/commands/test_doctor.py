"""`classhub doctor` on healthy and broken machines, hubs and gateways: it names the fault and the mend."""

import fcntl
import json
import os
import socket
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from classhub.__main__ import main
from classhub.commands.doctor import examine
from classhub.diagnosis import machine
from classhub.diagnosis.finding import Finding, Level
from hub.db.engine import open_database
from tests.ports import free_port
from tests.sim.broker import Mosquitto


def hub_toml(folder: Path, *, web: int, broker: int, more: str = "") -> Path:
    path = folder / "hub.toml"
    path.write_text(f"[broker]\nport = {broker}\n[web]\nport = {web}\n[store]\nmin_free_mb = 1\n{more}")
    return path


def edge_toml(folder: Path, port: int, more: str = "") -> Path:
    path = folder / "edge.toml"
    path.write_text(
        f'[gateway]\nschool = "thcs-thu"\nid = "g1"\ndata_dir = "data"\n[broker]\nhost = "127.0.0.1"\nport = {port}\n'
        f"[outbox]\nmin_free_mb = 1\n{more}"
    )
    return path


def about(findings: list[Finding], area: str) -> list[Finding]:
    return [finding for finding in findings if finding.area == area]


def test_a_fresh_hub_is_fine(tmp_path: Path) -> None:
    path = hub_toml(tmp_path, web=free_port(), broker=free_port())
    findings = examine(path)
    assert not [finding for finding in findings if finding.level is Level.BAD]
    assert "nats-server" in about(findings, "broker")[0].text.en


def test_taken_ports_are_named_with_their_keys(tmp_path: Path) -> None:
    with socket.socket() as web, socket.socket() as broker:
        for other in (web, broker):
            other.bind(("127.0.0.1", 0))
            other.listen()
        path = hub_toml(tmp_path, web=web.getsockname()[1], broker=broker.getsockname()[1])
        findings = examine(path)
    for area, key in (("web", "web.port"), ("broker", "broker.port")):
        (finding,) = about(findings, area)
        assert finding.level is Level.BAD
        assert key in finding.text.vi
        assert finding.mend.startswith("ss ")


class Answerer(BaseHTTPRequestHandler):
    """A program on the pages' port; `hub` is how it names itself."""

    hub = ""

    def do_GET(self) -> None:  # http.server calls it so
        self.send_response(200)
        if self.hub:
            self.send_header("classhub-hub", self.hub)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("hub", "level", "words"),
    [
        ("", Level.BAD, "another program answers"),
        ("other", Level.BAD, "hub.id 'other' and not 'main'"),
        ("main", Level.WARNING, "another ClassHub answers (hub.id 'main' too)"),
    ],
)
def test_who_answers_on_the_port_of_the_pages_is_asked(tmp_path: Path, hub: str, level: Level, words: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Answerer,), {"hub": hub})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (web,) = about(examine(hub_toml(tmp_path, web=server.server_port, broker=free_port())), "web")
        server.shutdown()
    assert (web.level, words in web.text.en) == (level, True)


def test_the_hub_of_this_data_folder_holds_its_lock(tmp_path: Path) -> None:
    """Any hub is "main" where nobody says otherwise: the demo's on the same port is not this one."""
    (tmp_path / "data").mkdir()
    with (
        (tmp_path / "data" / "hub.lock").open("ab") as lock,
        ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Answerer,), {"hub": "main"})) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = hub_toml(tmp_path, web=server.server_port, broker=free_port())
        (left,) = about(examine(path), "web")
        fcntl.flock(lock, fcntl.LOCK_EX)
        (held,) = about(examine(path), "web")
        server.shutdown()
    assert left.level is Level.WARNING
    assert str(tmp_path / "data") in left.text.vi
    assert (held.level, "pages are served" in held.text.en) == (Level.OK, True)


def test_a_damaged_state_database_is_seen(tmp_path: Path) -> None:
    path = hub_toml(tmp_path, web=free_port(), broker=free_port())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "state.db").write_bytes(b"this is no database, and long enough to be read as one" * 50)
    store = about(examine(path), "store")[0]
    assert store.level is Level.BAD
    assert "state.db" in store.text.en


def test_a_hub_without_an_operator_is_a_warning(tmp_path: Path) -> None:
    path = hub_toml(tmp_path, web=free_port(), broker=free_port())
    (tmp_path / "data").mkdir()
    open_database(f"sqlite:///{tmp_path / 'data' / 'state.db'}").dispose()
    store = about(examine(path), "store")[0]
    assert store.level is Level.WARNING
    assert "classhub hub init" in store.mend


def test_a_damaged_series_is_seen(tmp_path: Path) -> None:
    path = hub_toml(tmp_path, web=free_port(), broker=free_port())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "series.duckdb").write_bytes(b"nonsense" * 1_000)
    assert any(finding.level is Level.BAD for finding in about(examine(path), "store"))


def test_a_mistake_in_a_settings_file_names_file_and_key(tmp_path: Path) -> None:
    path = hub_toml(tmp_path, web=free_port(), broker=free_port(), more='[limits]\ncredit = "much"\n')
    (finding,) = about(examine(path), "config")
    assert finding.level is Level.BAD
    assert "limits.credit" in finding.text.en
    assert str(path) in finding.text.vi


def test_broken_toml_is_one_finding(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text("[gateway\n")
    assert about(examine(path), "config")[0].level is Level.BAD


def test_too_little_disk(tmp_path: Path) -> None:
    (finding,) = machine.check_disk(tmp_path / "not" / "there" / "yet", 1e12)
    assert finding.level is Level.BAD
    assert finding.mend


def test_a_gateway_without_broker_or_sensor(tmp_path: Path) -> None:
    port = free_port()
    sensor = '[[serial]]\nname = "x"\ndevice = "mhz19"\nport = "/dev/ttyUSB99"\n'
    findings = examine(
        edge_toml(tmp_path, port, sensor + '[[serial]]\nname = "y"\ndevice = "mhz99"\nport = "/dev/null"\n')
    )
    (broker,) = about(findings, "broker")
    assert broker.level is Level.BAD
    assert str(port) in broker.text.vi
    (missing,) = [finding for finding in about(findings, "serial") if finding.level is Level.BAD]
    assert "/dev/ttyUSB99" in missing.text.en
    (unknown,) = [finding for finding in about(findings, "config") if finding.level is Level.BAD]
    assert "serial[1].device: no device 'mhz99'" in unknown.text.en


def test_buses_displays_and_readers_are_looked_at_too(tmp_path: Path) -> None:
    with socket.socket() as display:
        display.bind(("127.0.0.1", 0))
        display.listen()
        listening = display.getsockname()[1]
        devices = (
            '[[bus]]\nname = "meters"\nport = "/dev/ttyUSB98"\ndevices = [{ name = "m", '
            'device = "sdm120", address = 1 }]\n'
            f'[[network]]\nname = "board"\ndevice = "samsung-mdc"\nhost = "127.0.0.1"\nport = {listening}\n'
            f'[[network]]\nname = "away"\ndevice = "pjlink"\nhost = "127.0.0.1"\nport = {free_port()}\n'
            '[[serial]]\nname = "cards"\ndevice = "wedge"\nport = "keyboard:/dev/input/event99"\n'
        )
        findings = examine(edge_toml(tmp_path, free_port(), devices))
    told = {finding.text.en.split(":")[0]: finding for finding in findings}
    assert "/dev/ttyUSB98" in told["meters"].text.en
    assert told["board"].level is Level.OK
    assert told["away"].level is Level.WARNING
    assert told["cards"].mend == "ls -l /dev/input/by-id"


def test_something_that_is_no_broker(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        (broker,) = about(examine(edge_toml(tmp_path, silent.getsockname()[1])), "broker")
    assert broker.level is Level.BAD


@pytest.mark.broker
def test_a_healthy_gateway(tmp_path: Path) -> None:
    master, slave = os.openpty()
    try:
        with Mosquitto(tmp_path) as broker:
            local = f'[[zigbee2mqtt]]\nname = "z"\nhost = "127.0.0.1"\nport = {broker.port}\n'
            local += f'[[mqtt]]\nname = "plugs"\nhost = "127.0.0.1"\nport = {broker.port}\n'
            sensor = f'[[serial]]\nname = "x"\ndevice = "mhz19"\nport = "{os.ttyname(slave)}"\n'
            findings = examine(edge_toml(tmp_path, broker.port, local + sensor))
        assert [finding.level for finding in about(findings, "broker")] == [Level.OK] * 3
        assert not [finding for finding in findings if finding.level is Level.BAD]
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.broker
def test_a_refused_password(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("wrong\n")
    with Mosquitto(tmp_path, extra="allow_anonymous false\n") as broker:
        path = edge_toml(tmp_path, broker.port)
        path.write_text(path.read_text().replace("[outbox]", 'password_file = "secret"\n[outbox]'))
        (finding,) = about(examine(path), "broker")
    assert finding.level is Level.BAD
    assert "refuses" in finding.text.en


def test_json_and_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = hub_toml(tmp_path, web=free_port(), broker=free_port())
    assert main(["doctor", "--config", str(good), "--json"]) == 0
    told: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert {"area", "level", "vi", "en", "mend"} == set(told[0])
    assert {"versions", "clock", "disk", "broker", "store", "web", "camera", "serial"} <= {one["area"] for one in told}
    assert main(["doctor", "--config", str(tmp_path / "absent.toml")]) == 1
    good.write_text("[nonsense]\n")
    assert main(["doctor", "--config", str(good)]) == 1
    assert "nonsense" in capsys.readouterr().out


def test_doctor_changes_nothing(tmp_path: Path) -> None:
    path = hub_toml(tmp_path, web=free_port(), broker=free_port())
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "state.db") as database:
        database.execute("CREATE TABLE school (id TEXT)")
        database.execute("CREATE TABLE operator (name TEXT)")
    database.close()
    before = (tmp_path / "data" / "state.db").read_bytes()
    examine(path)
    assert sorted(known.name for known in tmp_path.rglob("*")) == ["data", "hub.toml", "state.db"]
    assert (tmp_path / "data" / "state.db").read_bytes() == before
