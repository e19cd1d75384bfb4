"""docs/devices.md is made from the devices' declarations: `classhub bridge devices --page` writes its tables."""

from pathlib import Path

import pytest

from classhub.installer.devices_page import renewed
from edge.dialects.table import DIALECTS
from firmware_bridge.catalogue import FAMILIES
from firmware_bridge.device import Device
from firmware_bridge.devices import DEVICES
from wire.quantities import QUANTITIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "devices.md"


def test_the_page_is_what_the_code_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert renewed(text) == text, "write it anew: classhub bridge devices --page docs/devices.md"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_page_names_every_dialect(dialect: str) -> None:
    assert f"| `{dialect}` |" in PAGE.read_text(encoding="utf-8")


def test_every_device_stands_in_one_family() -> None:
    listed = [device.name for _, devices in FAMILIES for device in devices]
    assert listed == list(DEVICES)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("device", DEVICES.values(), ids=lambda device: device.name)
def test_every_device_says_how_it_is_wired_and_what_it_measures(device: Device) -> None:
    assert device.wiring.vi
    assert device.wiring.en
    assert set(device.quantities) <= set(QUANTITIES)
    assert device.baud or device.tcp_port
