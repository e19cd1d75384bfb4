"""`[[serial]]` and `[[network]]`: what becomes of them, and that every error names its key."""

from pathlib import Path

import pytest

from edge.config import parse_config
from edge.sources.line import LineSource
from edge.sources.table import build_sources
from wire.settings import SettingsError

BARE = "[gateway]\nschool='s1'\nid='g1'\ndata_dir='d'\n[broker]\nhost='h'\n"


def lines(toml: str, folder: Path) -> list[LineSource]:
    sources = build_sources(parse_config(BARE + toml, "edge.toml", folder), "edge.toml")
    return [source for source in sources if isinstance(source, LineSource)]


def test_a_projector_on_its_usual_port(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("panasonic\n")
    toml = "[[network]]\nname='Máy chiếu'\ndevice='PJLink'\nhost='192.0.2.4'\npassword_file='secret'\n"
    (source,) = lines(toml, tmp_path)
    assert (source.kind, source._port, source._options.password) == ("pjlink", "tcp:192.0.2.4:4352", "panasonic")
    assert "panasonic" not in repr(source.report())


def test_a_serial_device_behind_a_serial_server(tmp_path: Path) -> None:
    toml = "[[network]]\nname='co2'\ndevice='mhz19'\nhost='fe80::1'\nport=4001\ntransport='udp'\n"
    (source,) = lines(toml, tmp_path)
    assert source._port == "udp:[fe80::1]:4001"


def test_set_number_and_speed_of_a_display(tmp_path: Path) -> None:
    toml = "[[serial]]\nname='tv'\ndevice='samsung-mdc'\nport='/dev/x'\naddress=7\nbaud=115200\n"
    (source,) = lines(toml, tmp_path)
    assert source._device.baud == 115200
    assert source._device.commands[0].data.hex() == "aa110701011a"


def test_a_pace_and_the_pins_of_a_board(tmp_path: Path) -> None:
    toml = "[[serial]]\nname='a'\ndevice='mhz19'\nport='/dev/a'\ninterval_s=2.5\n"
    toml += "[[serial]]\nname='b'\ndevice='firmata'\nport='/dev/b'\npins=[{pin='D2',quantity='contact_open'}]\n"
    paced, board = lines(toml, tmp_path)
    assert paced._device.interval_s == 2.5
    assert [(pin.pin, pin.quantity) for pin in board._options.pins] == [("D2", "contact_open")]


def test_displays_chained_behind_one_serial_server(tmp_path: Path) -> None:
    entry = "[[network]]\nname='tv{0}'\ndevice='samsung-mdc'\nhost='h'\naddress={0}\n"
    assert len(lines(entry.format(1) + entry.format(2), tmp_path)) == 2


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ("[[network]]\nname='a'\ndevice='toaster'\nhost='h'\n", "network[0].device"),
        ("[[network]]\nname='a'\ndevice='mhz19'\nhost='h'\n", "network[0].port"),
        ("[[network]]\nname='a'\ndevice='pjlink'\nhost='h'\ntransport='quic'\n", "network[0].transport"),
        ("[[network]]\nname='a'\ndevice='pjlink'\nhost='h'\nport=70000\n", "network[0].port"),
        ("[[network]]\nname='a'\ndevice='pjlink'\nhost=''\n", "network[0].host"),
        ("[[network]]\nname='a'\ndevice='pjlink'\nhost='h'\naddress=3\n", "network[0].address"),
        ("[[network]]\nname='a'\ndevice='pjlink'\nhost='h'\nid='A b'\n", "network[0].id"),
        ("[[network]]\nname='a'\ndevice='pjlink'\nhost='h'\npassword_file='none'\n", "network[0].password_file"),
        ("[[network]]\nname='a'\ndevice='pjlink'\nhost='h'\npin='1'\n", "network[0]"),
        ("[[serial]]\nname='a'\ndevice='benq'\nport='p'\naddress=99\n", "serial[0].address"),
        ("[[serial]]\nname='a'\ndevice='benq'\nport='p'\nbaud=1\n", "serial[0].baud"),
        ("[[serial]]\nname='a'\ndevice='sds011'\nport='p'\ninterval_s=5\n", "serial[0].interval_s"),
        ("[[serial]]\nname='a'\ndevice='mhz19'\nport='p'\npins=[{pin='A0',quantity='co2_ppm'}]\n", "serial[0].pins"),
        (
            "[[serial]]\nname='a'\ndevice='firmata'\nport='p'\npins=[{pin='X9',quantity='co2_ppm'}]\n",
            "serial[0].pins[0].pin",
        ),
        (
            "[[serial]]\nname='a'\ndevice='firmata'\nport='p'\npins=[{pin='A0',quantity='co2'}]\n",
            "serial[0].pins[0].quantity",
        ),
        (
            "[[network]]\nname='a'\ndevice='pjlink'\nhost='h'\n[[network]]\nname='b'\ndevice='pjlink'\nhost='h'\n",
            "network[1].host",
        ),
        (
            "[[network]]\nname='a'\ndevice='pjlink'\nhost='h'\n[[serial]]\nname='a'\ndevice='benq'\nport='p'\n",
            "network[0].name",
        ),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, toml: str, key: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        lines(toml, tmp_path)
    assert str(wrong.value).startswith("edge.toml: ")
    assert key in str(wrong.value)


def test_a_password_nobody_wants(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x\n")
    with pytest.raises(SettingsError, match=r"serial\[0\].password_file"):
        lines("[[serial]]\nname='a'\ndevice='benq'\nport='p'\npassword_file='secret'\n", tmp_path)
