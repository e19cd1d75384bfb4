"""edge.toml: what is refused, and that every error names file and key."""

from pathlib import Path

import pytest

from edge.agent import Agent
from edge.config import device_id, load_config, parse_config, read_password
from edge.link import Link, LinkError, LinkSettings
from edge.sources.table import build_sources
from wire.ids import is_id
from wire.settings import SettingsError

BARE = "[gateway]\nschool='s1'\nid='g1'\ndata_dir='d'\n[broker]\nhost='h'\n"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(BARE + "password_file='p'\n")
    config = load_config(file)
    assert config.gateway.data_dir == tmp_path / "d"
    assert config.broker.password_file == tmp_path / "p"
    assert (config.gateway.hub, config.clock.trust, config.outbox.max_mb) == ("main", "auto", 512)


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        (BARE + "[outbox]\nmax_mb=-1\n", "outbox.max_mb"),
        (BARE + "[clock]\ntrust='maybe'\n", "clock.trust"),
        (BARE.replace("'s1'", "'hub'"), "gateway.school"),
        (BARE.replace("'g1'", "'Cổng 1'"), "gateway.id"),
        (BARE + "[[serial]]\nname='a'\n", "serial[0]"),
        (BARE + "[[serial]]\nname='a'\ndevice='mhz19'\nport='p'\nid='A b'\n", "serial[0].id"),
        (
            BARE + "[[serial]]\nname='a'\ndevice='mhz19'\nport='p'\n[[zigbee2mqtt]]\nname='a'\nhost='h'\n",
            "zigbee2mqtt[0].name",
        ),
        (BARE + "[broker2]\n", "broker2"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, toml: str, key: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        parse_config(toml, "edge.toml", tmp_path)
    assert str(wrong.value).startswith("edge.toml: ")
    assert key in str(wrong.value)


@pytest.mark.parametrize(
    ("one", "two", "key"),
    [
        ("name='a'\nport='/dev/x'", "name='b'\nport='/dev//x'", "port"),
        ("name='a'\nport='x'\nid='co2'", "name='b'\nport='y'\nid='co2'", "id"),
        ("name='a'\nport='x'", "name='b'\nport='y'\nid='g1-a'", "id"),
        ("name='a'\nport='x'", "name='a'\nport='y'", "name"),
    ],
)
def test_two_serial_devices_never_share(one: str, two: str, key: str) -> None:
    toml = BARE + "".join(f"[[serial]]\ndevice='mhz19'\n{entry}\n" for entry in (one, two))
    with pytest.raises(SettingsError) as wrong:
        parse_config(toml, "edge.toml", Path())
    assert f"serial[0].{key}" in str(wrong.value)
    assert f"serial[1].{key}" in str(wrong.value)


async def test_certificates_that_cannot_be_read_are_named_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty.crt").write_text("no certificate\n")
    for name in ("absent.crt", "empty.crt"):
        config = parse_config(BARE + f"ca_file='{name}'\n", "edge.toml", tmp_path)
        with pytest.raises(SettingsError) as wrong:
            Agent(config)
        assert wrong.value.key == "broker.ca_file"
        assert name in str(wrong.value)
        with pytest.raises(LinkError, match=name):  # taken away under way: tried again, without a trace
            Link(LinkSettings("127.0.0.1", 1, "s1_g1", ca_file=tmp_path / name))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_config(tmp_path / "nowhere.toml")


def test_passwords(tmp_path: Path) -> None:
    file = tmp_path / "password"
    assert read_password(None, "edge.toml", "broker.password_file") is None
    with pytest.raises(SettingsError, match=r"broker\.password_file"):
        read_password(file, "edge.toml", "broker.password_file")
    file.write_text("\n")
    with pytest.raises(SettingsError, match="empty"):
        read_password(file, "edge.toml", "broker.password_file")
    file.write_text("secret\nsecond line\n")
    assert read_password(file, "edge.toml", "broker.password_file") == "secret"


def test_sources_and_their_ids(tmp_path: Path) -> None:
    toml = BARE + "[[serial]]\nname='usb0'\ndevice='mhz19'\nport='/dev/x'\n[[zigbee2mqtt]]\nname='Z 1'\nhost='h'\n"
    sources = build_sources(parse_config(toml, "edge.toml", tmp_path), "edge.toml")
    assert [(source.name, source.kind) for source in sources] == [("usb0", "mhz19"), ("Z 1", "zigbee2mqtt")]
    assert device_id("g1", "usb0") == "g1-usb0"
    assert is_id(device_id("g1", "Cảm biến " + "x" * 60))


def test_long_paths_and_host_names_are_taken() -> None:
    port = "/dev/serial/by-id/usb-Silicon_Labs_CP2102N_USB_to_UART_Bridge_Controller_" + "0" * 80 + "-if00-port0"
    host = ".".join(["gateway-of-the-school-of-a-long-name"] * 4) + ".example.edu.vn"
    broker = BARE.replace("host='h'", f"host='{host}'")
    serial = f"[[serial]]\nname='a'\ndevice='mhz19'\nport='{port}'\n"
    config = parse_config(
        broker + serial + f"[[zigbee2mqtt]]\nname='z'\nhost='{host}'\nbase_topic='{'long/' * 20}z'\n", "f", Path()
    )
    assert (config.serial[0].port, config.broker.host, config.zigbee2mqtt[0].host) == (port, host, host)
    with pytest.raises(SettingsError, match=r"broker\.host"):
        parse_config(BARE.replace("host='h'", f"host='{'h' * 300}'"), "f", Path())
