"""`[[bus]]` of edge.toml: what it becomes, and what is wrong with it told by key."""

import re
from pathlib import Path

import pytest

from edge.config import parse_config
from edge.sources.bus import Bus
from edge.sources.bus_member import BusMember
from edge.sources.source import Obedient
from edge.sources.table import build_sources
from wire.settings import SettingsError

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "modbus" / "co2-transmitter.toml"
HEAD = '[gateway]\nschool = "s"\nid = "g"\ndata_dir = "d"\n[broker]\nhost = "127.0.0.1"\n'


def bus(*devices: str, more: str = "") -> str:
    rows = "".join(f"[[bus.devices]]\n{device}\n" for device in devices)
    return f'{HEAD}[[bus]]\nname = "rs485"\nport = "/dev/ttyUSB0"\n{more}\n{rows}'


METER = 'name = "m1"\ndevice = "pzem016"\naddress = 1'


def test_a_bus_is_a_line_and_its_devices(tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    toml = bus(
        METER,
        'name = "m2"\ndevice = "SDM-120"\naddress = 2\nid = "meter-2"\ninterval_s = 60',
        'name = "m3"\ndevice = "modbus"\naddress = 3\ntable = "box.toml"',
        more='baud = 2400\nparity = "E"',
    )
    sources = build_sources(parse_config(toml, "edge.toml", tmp_path), "edge.toml")
    assert [type(one) for one in sources] == [Bus, BusMember, BusMember, BusMember]
    assert [one.report().kind for one in sources] == ["bus", "pzem016", "sdm120", "co2-transmitter"]
    members = [one for one in sources if isinstance(one, BusMember)]
    assert [one.device.interval_s for one in members] == [10.0, 60.0, 10.0]
    assert members[0].device.answer_s > 0.4  # 33 bytes take 0.15 s at this speed
    assert all(one.device.turnaround_s > 0.016 for one in members)
    assert isinstance(members[0], Obedient)
    assert members[0].accepts() == {"g-m1": ["reset_energy"]}


def test_the_example_of_the_page_loads() -> None:
    page = (EXAMPLE.parents[2] / "docs" / "modbus-tables.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n# edge.toml\n(.*?)```", page, flags=re.DOTALL)
    config = parse_config(HEAD + example, "edge.toml", EXAMPLE.parent)
    assert [one.report().kind for one in build_sources(config, "edge.toml")] == ["bus", "co2-transmitter"]


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        (bus(METER, 'name = "m2"\ndevice = "xymd02"\naddress = 1'), "bus[0].devices[1].address"),
        (bus(METER, 'name = "m1"\ndevice = "xymd02"\naddress = 2'), "bus[0].devices[1].name"),
        (bus(METER, 'name = "m2"\ndevice = "xymd02"\naddress = 2\nid = "g-m1"'), "bus[0].devices[1].id"),
        (bus(METER.replace("pzem016", "no-such")), "bus[0].devices[0].device"),
        (bus(METER.replace("pzem016", "mhz19")), "bus[0].devices[0].device"),
        (bus(METER.replace("pzem016", "samsung-mdc")), "bus[0].devices[0].device"),
        (bus(METER.replace("pzem016", "modbus")), "bus[0].devices[0].table"),
        (bus(METER.replace("pzem016", "modbus") + '\ntable = "none.toml"'), "bus[0].devices[0].table"),
        (bus(METER.replace("address = 1", "address = 248")), "bus[0].devices[0].address"),
        (bus(METER + '\nid = "Ä"'), "bus[0].devices[0].id"),
        (bus(METER, more='parity = "X"'), "bus[0].parity"),
        (HEAD + '[[bus]]\nname = "x"\nport = "/dev/ttyUSB0"\ndevices = []', "bus[0].devices"),
        (bus(METER) + '[[serial]]\nname = "s"\ndevice = "mhz19"\nport = "/dev/ttyUSB0"', "bus[0].port"),
    ],
)
def test_what_is_wrong_is_told_by_key(toml: str, key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as wrong:
        build_sources(parse_config(toml, "edge.toml", tmp_path), "edge.toml")
    assert (wrong.value.source, wrong.value.key) == ("edge.toml", key)


def test_a_wrong_table_is_told_with_its_own_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text('name = "x"\ntitle = "x"\n[[registers]]\naddress = 0\nquantity = "co2"\n')
    toml = bus('name = "m3"\ndevice = "modbus"\naddress = 3\ntable = "box.toml"')
    with pytest.raises(SettingsError) as wrong:
        build_sources(parse_config(toml, "edge.toml", tmp_path), "edge.toml")
    assert (wrong.value.source, wrong.value.key) == (str(tmp_path / "box.toml"), "registers[0].quantity")
