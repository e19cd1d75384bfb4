"""`classhub broker config`: what a Mosquitto is given, once and again; servers that use it: tests/hub/broker."""

import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from classhub.__main__ import main
from hub.broker.dynsec import KeptFile
from hub.broker.mosquitto import BrokerFiles, BrokerSettings, mosquitto_conf
from hub.config import parse_config


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mosquitto"


def config(folder: Path, *more: str) -> int:
    return main(["broker", "config", "--dir", str(folder), *more])


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_secrets_are_private_and_in_no_other_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(folder) == 0
    told = capsys.readouterr()
    secrets = [(folder / "secrets" / name) for name in ("mosquitto-admin", "mosquitto-hub")]
    assert [mode(path) for path in secrets] == [0o600, 0o600]
    assert mode(folder / "dynamic-security.json") == 0o600
    for secret in (path.read_text().strip() for path in secrets):
        assert len(secret) >= 40
        assert secret not in told.out + told.err
        assert secret.encode() not in (folder / "mosquitto.conf").read_bytes()
        assert secret.encode() not in (folder / "dynamic-security.json").read_bytes()


def test_the_section_it_prints_is_what_a_hub_reads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(folder) == 0
    (folder / "tls").mkdir()
    (folder / "tls" / "ca.crt").touch()
    printed = capsys.readouterr().out.partition("# hub.toml\n")[2]
    assert set(tomllib.loads(printed)) == {"broker"}
    read = parse_config(printed, folder / "hub.toml").broker
    assert (read.kind, read.port, read.username, read.admin_username) == (
        "external", 8883, "classhub-hub", "classhub-admin",
    )  # fmt: skip
    assert read.log_file == str(folder / "log" / "mosquitto.log")


def test_again_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(folder) == 0
    before = everything(folder)
    assert config(folder, "--json") == 0
    assert everything(folder) == before
    assert "left as it is" in capsys.readouterr().out


def test_gateways_are_never_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(folder) == 0
    users = folder / "dynamic-security.json"
    kept = json.loads(users.read_text())
    kept["clients"].append({"username": "s.g1", "password": "x", "salt": "x", "iterations": 101, "roles": []})
    users.write_text(json.dumps(kept))
    held = users.read_bytes()
    capsys.readouterr()
    assert config(folder) == 0
    assert "with 1 gateways" in capsys.readouterr().out
    (folder / "secrets" / "mosquitto-admin").unlink()
    assert config(folder) == 1
    assert "put the old secret files back" in capsys.readouterr().err
    assert users.read_bytes() == held


def test_without_gateways_a_lost_secret_is_made_anew(folder: Path) -> None:
    assert config(folder) == 0
    (folder / "secrets" / "mosquitto-hub").unlink()
    assert config(folder) == 0
    users = msgspec.json.decode((folder / "dynamic-security.json").read_bytes(), type=KeptFile)
    hub = users.client("classhub-hub")
    assert hub is not None
    assert hub.knows((folder / "secrets" / "mosquitto-hub").read_text().strip())
    assert not hub.knows("another")


def test_a_broken_users_file_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert config(folder) == 0
    (folder / "dynamic-security.json").write_text('{"clients": [')
    assert config(folder) == 1
    assert "put a backup back" in capsys.readouterr().err
    assert (folder / "dynamic-security.json").read_text() == '{"clients": ['


@pytest.mark.parametrize("secret", ["", "short", "changeme-changeme", "password1234", "admin-admin-admin"])
def test_empty_and_well_known_secrets_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets" / "mosquitto-admin").write_text(secret + "\n")
    assert config(folder) == 1
    told = capsys.readouterr().err
    assert str(folder / "secrets" / "mosquitto-admin") in told
    assert secret in {"", "short"} or secret not in told
    assert not (folder / "dynamic-security.json").exists()


def test_for_a_container_every_path_is_the_containers(folder: Path, tmp_path: Path) -> None:
    words = ("--seen-as", "/mosquitto/config", "--tls", "/run/tls", "--data", "/mosquitto/data", "--log", "/log/m.log")
    assert config(folder, *words, "--secrets", str(tmp_path / "secrets")) == 0
    conf = (folder / "mosquitto.conf").read_text()
    for line in (
        "plugin /usr/lib/mosquitto_dynamic_security.so",
        "plugin_opt_config_file /mosquitto/config/dynamic-security.json",
        "persistence_location /mosquitto/data/",
        "log_dest file /log/m.log",
        "certfile /run/tls/server.crt",
        "keyfile /run/tls/server.key",
    ):
        assert line in conf.splitlines()
    assert str(tmp_path) not in conf
    assert (tmp_path / "secrets" / "mosquitto-hub").exists()


def test_names_and_port_of_a_hub_toml(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text(
        '[broker]\nkind = "external"\nport = 9883\nusername = "trung-tam"\nadmin_username = "quan-tri"\n'
    )
    assert config(folder, "--config", str(tmp_path / "hub.toml")) == 0
    users = json.loads((folder / "dynamic-security.json").read_text())["clients"]
    assert [each["username"] for each in users] == ["quan-tri", "trung-tam"]
    assert "listener 9883" in (folder / "mosquitto.conf").read_text().splitlines()


FILES = BrokerFiles("plugin.so", "users.json", "data", "log.txt", "crt", "key")


def test_without_denied_messages_the_log_is_small() -> None:
    assert "log_type debug" in mosquitto_conf(BrokerSettings(FILES))
    assert "log_type debug" not in mosquitto_conf(BrokerSettings(FILES, log_denied=False))


def test_limits_of_listeners_stand_behind_their_listener() -> None:
    """Before the first listener they would open one more, on port 1883, without TLS."""
    lines = mosquitto_conf(BrokerSettings(FILES, hosts=("192.0.2.1", "2001:db8::1"), plain_port=1883)).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("listener"))
    assert not [line for line in lines[:first] if line.split(" ")[0] in {"max_connections", "certfile", "bind_address"}]
    assert [line for line in lines if line.startswith("listener ")] == [
        "listener 8883 192.0.2.1", "listener 8883 2001:db8::1", "listener 1883 127.0.0.1", "listener 1883 ::1",
    ]  # fmt: skip
