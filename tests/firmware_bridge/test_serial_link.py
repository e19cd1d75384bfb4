"""Real ports: pseudo-terminals opened, locked, filled and torn away."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from firmware_bridge.links.line import LinkError, LinkLost, PortBusy, PortForbidden, PortMissing, Supply
from firmware_bridge.links.serial import SerialLink, find_port, is_named, open_serial, supply_of
from firmware_bridge.simulated import PseudoTerminal
from tests.patience import PATIENCE_S
from tests.sim.sensors import Talker


@pytest.fixture
def terminal() -> Iterator[PseudoTerminal]:
    one = PseudoTerminal(Talker())
    yield one
    one.unplug()


@contextmanager
def opened(port: str) -> Iterator[SerialLink]:
    link = open_serial(port, 9600)
    try:
        yield link
    finally:
        link.close()
        link.close()


async def test_bytes_go_both_ways(terminal: PseudoTerminal) -> None:
    with opened(terminal.port) as link:
        link.write(b"\xff\x01\x86")
        terminal.step()
        assert isinstance(terminal.sensor, Talker)
        assert terminal.sensor.heard == b"\xff\x01\x86"
        terminal.send(b"\x00\x0a\x0d\x11\x13\xff")  # what a terminal that is not raw would change or swallow
        assert await link.read(5) == b"\x00\x0a\x0d\x11\x13\xff"


async def test_reading_waits_only_so_long(terminal: PseudoTerminal) -> None:
    with opened(terminal.port) as link:
        assert await link.read(0.01) == b""
        assert await link.read(0) == b""


async def test_bytes_from_before_the_opening_are_not_read(terminal: PseudoTerminal) -> None:
    terminal.send(b"old")
    with opened(terminal.port) as link:
        assert await link.read(0.05) == b""
        terminal.send(b"new")
        assert await link.read(5) == b"new"


async def test_unplugged_in_mid_frame_gives_the_half_and_then_the_loss(terminal: PseudoTerminal) -> None:
    with opened(terminal.port) as link:
        terminal.send(b"\xff\x86\x02")
        assert await link.read(5) == b"\xff\x86\x02"
        terminal.unplug()
        with pytest.raises(LinkLost, match="unplugged"):
            await link.read(5)
        with pytest.raises(LinkLost):
            link.write(b"\xff")


async def test_a_second_program_is_refused_with_the_command_that_finds_the_first(terminal: PseudoTerminal) -> None:
    with opened(terminal.port), pytest.raises(PortBusy, match="fuser -v /dev/pts"):
        open_serial(terminal.port, 9600)
    with opened(terminal.port) as again:
        assert again.path == terminal.port


async def test_a_missing_port_says_so(tmp_path: Path) -> None:
    with pytest.raises(PortMissing, match="there is no port"):
        open_serial(str(tmp_path / "ttyUSB0"), 9600)


async def test_a_file_is_no_port(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    with pytest.raises(LinkError, match="cannot be used as a port"):
        open_serial(str(plain), 9600)


async def test_a_speed_no_port_has_is_refused(terminal: PseudoTerminal) -> None:
    with pytest.raises(LinkError, match="cannot be used as a port"):
        open_serial(terminal.port, -1)


async def test_a_forbidden_port_names_the_mend(terminal: PseudoTerminal) -> None:
    os.chmod(terminal.port, 0)  # noqa: PTH101 as async code may
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(PortForbidden, match=r"sudo usermod -aG \w+ \$USER"):
            open_serial(terminal.port, 9600)
    finally:
        if root:
            os.seteuid(0)


async def test_a_port_that_takes_nothing_is_lost_and_not_waited_for(terminal: PseudoTerminal) -> None:
    def fill(link: SerialLink) -> None:
        for _ in range(10_000):
            link.write(bytes(1000))

    with opened(terminal.port) as link, pytest.raises(LinkLost, match="takes no data"):
        fill(link)


async def test_a_reader_who_sleeps_keeps_only_the_newest(terminal: PseudoTerminal) -> None:
    with opened(terminal.port) as link:
        for turn in range(200):
            terminal.send(bytes((turn,)) * 1000)
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            data = await link.read(5)
        assert 0 < len(data) <= 64 * 1024


def test_usb_names_find_the_port() -> None:
    found = ListPortInfo("/dev/ttyUSB3")
    assert not is_named(found, "usb:1A86:7523")
    found.vid, found.pid, found.serial_number = 0x1A86, 0x7523, "A50285BI"
    assert is_named(found, "usb:1A86:7523")
    assert is_named(found, "usb:1a86:7523:a50285bi")
    assert not is_named(found, "usb:1A86:7523:OTHER")
    assert not is_named(found, "usb:1A86:7524")
    assert not is_named(found, "usb:1A86")


def test_a_usb_device_that_is_not_there_is_missing() -> None:
    with pytest.raises(PortMissing, match="usb:DEAD:BEEF is plugged in"):
        find_port("usb:DEAD:BEEF")
    assert find_port("/dev/ttyAMA0") == "/dev/ttyAMA0"


def test_the_ports_name_says_what_feeds_a_sensor(tmp_path: Path) -> None:
    adapter = tmp_path / "usb-1a86"
    adapter.symlink_to("/dev/ttyUSB7")
    assert supply_of(str(adapter)) is Supply.PORT
    assert supply_of("/dev/ttyACM0") is Supply.PORT
    assert supply_of("/dev/ttyAMA0") is Supply.MACHINE
    assert supply_of("/dev/pts/4") is Supply.UNKNOWN
