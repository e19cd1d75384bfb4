"""A device declared in TOML, and what is wrong with a table told by file and key."""

import re
from pathlib import Path

import msgspec
import pytest

from firmware_bridge.asking import Asking
from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Measured
from firmware_bridge.framing.frame import BadFrame
from firmware_bridge.modbus import Read
from firmware_bridge.modbus_device import LATE_S
from firmware_bridge.modbus_table import ModbusTable, TableRegister, table_device
from firmware_bridge.simulated.modbus import sealed
from wire.settings import SettingsError

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "modbus" / "co2-transmitter.toml"
HEAD = 'name = "box"\ntitle = "a box"\n'


EVERYTHING = """
address = 9
baud = 4800
parity = "E"
stop_bits = 2
interval_s = 30
answer_s = 1
turnaround_s = 0.05
max_count = 4
max_gap = 0
[[registers]]
address = 0
quantity = "voltage_v"
function = "holding"
type = "f32"
word_order = "little"
[[registers]]
address = 4
quantity = "power_w"
type = "s32"
scale = 0.1
offset = 5
channel = "l1"
none = [2147483647]
"""


def test_the_shipped_example_is_a_device() -> None:
    device = table_device(EXAMPLE.read_text(encoding="utf-8"), str(EXAMPLE))
    assert (device.name, device.baud, device.quantities) == (
        "co2-transmitter",
        9600,
        ("co2_ppm", "temperature_c", "humidity_pct"),
    )
    assert device.polls == (Read(0, 3, 3).request(1),)
    frame = sealed(bytes.fromhex("010306") + (850).to_bytes(2, "big") + (-15 & 0xFFFF).to_bytes(2, "big") + b"\xff\xff")
    heard = Conversation(device).feed(device.polls[0] + frame)
    values = [one.meaning.values for one in heard if isinstance(one, Heard) and isinstance(one.meaning, Measured)]
    assert values == [{"co2_ppm": 850.0, "temperature_c": -1.5}]


def test_every_setting_reaches_the_device() -> None:
    device = table_device(HEAD + EVERYTHING, "box.toml")
    assert (device.baud, device.parity, device.stop_bits, device.interval_s) == (4800, "E", 2, 30.0)
    assert device.turnaround_s == 0.05
    assert 1.0 < device.answer_s < 1.1
    assert device.polls == (Read(0, 2, 3).request(9), Read(4, 2, 4).request(9))
    assert device.at is not None
    there = device.at(3)
    heard = Conversation(there).feed(there.polls[1] + sealed(bytes.fromhex("030404000003E8")))
    assert heard[-1] == Heard(Measured({"power_w": 105.0}, "l1"), 8)
    heard = Conversation(there).feed(there.polls[1] + sealed(bytes.fromhex("0304047FFFFFFF")))
    assert not [one for one in heard if isinstance(one, Heard) and isinstance(one.meaning, Measured)]


def test_the_page_tells_every_key() -> None:
    page = (EXAMPLE.parents[2] / "docs" / "modbus-tables.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`[^`]+` ?)+)\|", page, flags=re.MULTILINE)
    told = {
        name.removeprefix("registers[].").removeprefix(".") for row in rows for name in re.findall("`([^`]+)`", row)
    }
    known = {field.name for kind in (ModbusTable, TableRegister) for field in msgspec.structs.fields(kind)}
    assert told == known - {"registers"}


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        ("name =", ""),
        ("title = 'x'\n[[registers]]\naddress = 1\nquantity = 'co2_ppm'", "name"),
        (HEAD + "registers = []", "registers"),
        (HEAD + "[[registers]]\naddress = 70000\nquantity = 'co2_ppm'", "registers[0].address"),
        (HEAD + "[[registers]]\naddress = 1\nquantity = 'co2'", "registers[0].quantity"),
        (HEAD + "[[registers]]\naddress = 1\nquantity = 'error_code'", "registers[0].quantity"),
        (HEAD + "[[registers]]\naddress = 1\nquantity = 'co2_ppm'\ntype = 'u64'", "registers[0].type"),
        (HEAD + "[[registers]]\naddress = 1\nquantity = 'co2_ppm'\nscale = 0", "registers[0].scale"),
        (HEAD + "[[registers]]\naddress = 65535\nquantity = 'co2_ppm'\ntype = 'u32'", "registers[0].address"),
        (HEAD + "[[registers]]\naddress = 1\nquantity = 'co2_ppm'\nunit = 'ppm'", "registers[0].unit"),
        (HEAD + "[[registers]]\naddress = 1\nquantity = 'co2_ppm'\n" * 2, "registers[1].quantity"),
        (HEAD + "baud = 'fast'\n[[registers]]\naddress = 1\nquantity = 'co2_ppm'", "baud"),
        (HEAD + "[[registers]]\naddress = 1\nquantity = 'co2_ppm'\nchannel = 'Lớp 1'", "registers[0].channel"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_by_file_and_key(toml: str, key: str) -> None:
    toml = toml if toml.count(HEAD) < 2 else HEAD + toml.replace(HEAD, "")
    with pytest.raises(SettingsError) as wrong:
        table_device(toml, "box.toml")
    assert (wrong.value.source, wrong.value.key) == ("box.toml", key)
    assert wrong.value.text.vi


def test_a_late_answer_is_never_taken_for_that_to_a_request_of_the_same_size() -> None:
    """Temperature at 0 and humidity at 100: nothing in an answer says which of the two it is."""
    rows = (
        '[[registers]]\naddress = 0\nquantity = "temperature_c"\nscale = 0.1\n'
        '[[registers]]\naddress = 100\nquantity = "humidity_pct"\nscale = 0.1\n'
    )
    device = table_device(HEAD + rows, "box.toml").at
    assert device is not None
    box = device(3)
    talk = Asking(box, shared=True)
    talk.begin(0.0)
    assert talk.idle(0.0).send == box.polls[0]
    assert talk.idle(0.7).send == b""  # its time-out: the turn is given away
    assert talk.idle(1.2).send == b""
    (late,) = talk.receive(sealed(bytes((3, 4, 2, 0, 215))), 1.3).heard
    assert isinstance(late, BadFrame)
    assert late.reason.en == "an answer to no question"
    assert talk.idle(0.7 + LATE_S).send == box.polls[1]
    (prompt,) = talk.receive(sealed(bytes((3, 4, 2, 1, 224))), 0.8 + LATE_S).heard
    assert isinstance(prompt, Heard)
    assert prompt.meaning == Measured({"humidity_pct": 48.0})
