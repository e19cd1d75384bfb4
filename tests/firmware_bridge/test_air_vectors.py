"""Frames of PyPMS's own tests: good ones exact, bad ones with a reason and no figure; its traps decided."""

import json
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.conversation import Conversation, Heard
from firmware_bridge.device import Device, Measured, Values
from firmware_bridge.devices import device_named
from firmware_bridge.framing.frame import BadFrame

Row = dict[str, Any]
DUST = ("pm1_ugm3", "pm25_ugm3", "pm10_ugm3")


def rows(shared_data: Path, kind: str) -> list[tuple[Device, Row]]:
    path = shared_data / "serial_vectors" / "particulate_co2_uart_pypms.json"
    loaded: list[Row] = json.loads(path.read_text())[kind]
    known = [(device_named(row["sensor"]), row) for row in loaded]
    assert all(device is not None for device, _ in known)
    return [(device, row) for device, row in known if device is not None]


def listen(device: Device, data: bytes) -> list[Heard | BadFrame]:
    conversation = Conversation(device)
    return conversation.feed(data) + conversation.finish()


MASSES = ("pm1_ugm3", "pm25_ugm3", "pm4_ugm3", "pm10_ugm3")
PLACES: dict[str, dict[str, int]] = {
    "PMSx003": dict(zip(DUST, (3, 4, 5), strict=True)),  # the first three are "CF=1"
    "PMS3003": dict(zip(DUST, (3, 4, 5), strict=True)),
    "SDS01x": {"pm25_ugm3": 0, "pm10_ugm3": 1},
    "SDS198": {"pm100_ugm3": 0},
    "HPMA115S0": {"pm25_ugm3": 0, "pm10_ugm3": 1},
    "HPMA115C0": dict(zip(MASSES, range(4), strict=True)),
    "SPS30": dict(zip(MASSES, range(4), strict=True)),
    "MHZ19B": {"co2_ppm": 0},
    "ZH0xx": {"pm25_ugm3": 0, "pm10_ugm3": 1, "pm1_ugm3": 2},  # the file says "order as PyPMS"
}
SCALES = {"SDS01x": 10}


def climate(raw: list[int]) -> Values:
    """The MCU680's raw words are PyPMS's: pressure cut into 16 and 8 bits, accuracy above the index's 12 bits."""
    warm, humid, pressure, rest, quality, *_ = raw
    index = {"air_quality_index": float(quality % 0x1000)} if quality >> 12 else {}
    return {
        "temperature_c": warm / 100,
        "humidity_pct": humid / 100,
        "pressure_hpa": (pressure * 256 + rest) / 100,
        **index,
    }


def expected(sensor: str, raw: list[Any]) -> Values:
    """What the raw words of a row mean, said here a second time and not by the decoders."""
    if sensor == "MCU680":
        return climate(raw)
    return {name: raw[place] / SCALES.get(sensor, 1) for name, place in PLACES[sensor].items()}


def test_good_frames_decode_exactly(shared_data: Path) -> None:
    tried = rows(shared_data, "good_frames")
    for device, row in tried:
        values = expected(row["sensor"], row["raw"])
        assert listen(device, bytes.fromhex(row["hex"])) == [Heard(Measured(values), 0)], row["sensor"]
    assert len(tried) == 10


# What differs from PyPMS's word for it, and why.
# Headers: where another frame may begin anywhere, bytes that begin none are noise, not "wrong header".
# "SPS30 wrong header" (7E 00 00 00 00 FF 7E) is no bad frame: it is the sensor's yes to "start measurement", and our
# captures hold such answers. Likewise its two "short messages" are answers: a refusal, and "nothing new yet".
TOLD = {
    ("pms5003", "message length: 10"): "frame cut short",
    ("pms5003", "message header: b'BM\\x00\\x00'"): "length 0, expected 28, 4",
    ("pms5003", "message checksum 0 != 965"): "checksum 0x00, calculated 0x3C5",
    ("pms3003", "message length: 10"): "frame cut short",
    ("pms3003", "message header: b'BM\\x00\\x00'"): "length 0, expected 20, 4",
    ("pms3003", "message checksum 0 != 1050"): "checksum 0x00, calculated 0x41A",
    ("sds011", "message length: 6"): "frame cut short",
    ("sds011", "message header: b'\\xab\\xc0'"): "no start of a frame: noise",
    ("sds011", "message tail: 0xaa"): "last byte AA, expected AB",
    ("sds011", "message checksum 0 != 29"): "checksum 0x00, calculated 0x1D",
    ("hpma115", "message header: b'~\\x00\\x03'"): "no start of a frame: noise",
    ("hpma115", "message length: 6 != 8"): "frame cut short",
    ("hpma115", "message checksum 0 != 86"): "checksum 0x00, calculated 0x56",
    ("sps30", "message length: 10 != 47"): "length does not fit",
    ("sps30", "message header: b'~\\x00\\x00\\x00\\x00'"): "Answer",
    ("sps30", "message tail: 0x77"): "frame cut short",
    ("sps30", "message checksum 208 != 212"): "checksum 0xD0, calculated 0xD4",
    ("sps30", "short message: command not allowed in current state"): "Answer, Answer",
    ("sps30", "short message: no data"): "Answer, Noted",
    ("mcu680", "message length: 10"): "frame cut short",
    ("mcu680", "message header: b'ZZ\\x00\\x00'"): "no start of a frame: noise",
    ("mcu680", "message checksum 0 != 26"): "checksum 0x00, calculated 0x1A",
    ("mhz19", "message length: 4"): "frame cut short",
    ("mhz19", "message header: b'\\xff\\x87'"): "header FF 87, expected FF 86",
    ("mhz19", "message checksum 0x85 != 0x84"): "checksum 0x84, calculated 0x85",
}
EMPTY = "message empty: warming up sensor"


def words(heard: list[Heard | BadFrame]) -> str:
    found = [one.reason.en if isinstance(one, BadFrame) else type(one.meaning).__name__ for one in heard]
    return found[0] if isinstance(heard[0], BadFrame) else ", ".join(found)


def test_bad_frames_give_a_reason_and_no_figure(shared_data: Path) -> None:
    told = {}
    for device, row in rows(shared_data, "bad_frames"):
        heard = listen(device, bytes.fromhex(row["hex"]))
        assert not [one for one in heard if isinstance(one, Heard) and isinstance(one.meaning, Measured)]
        if row["error"] == EMPTY:
            assert words(heard) == "WarmingUp", row["id"]
        else:
            told[device.name, row["error"]] = words(heard)
    assert told == TOLD


@pytest.mark.parametrize("index", range(4))
def test_inconsistent_observations_are_told(shared_data: Path, index: int) -> None:
    device, row = rows(shared_data, "inconsistent_frames")[index]
    assert words(listen(device, bytes.fromhex(row["hex"]))) == "inconsistent: PM10 32, no particle counted"
