"""ELSYS payloads of the ERS, EMS and ELT families: type, data of the type's length, again and again. Pure.

Source: ELSYS "LoRa payload" v8 to v12 (elsys.se, "Elsys payload") and several independent decoders of it.
Frame:  [type, data]...; big endian, signed where below zero is possible. 3E begins settings: nothing measured follows.
Units:  0.1 °C, %, lx, ppm, mV, ppb, mm, dB, Pa/1000 hPa; motion and acceleration are counts since the last report.
        Occupancy 0 nobody, 2 somebody; 1 (coming or going) says neither.
Errors: `Found.problems`; after a type that is not known nothing can be read.
"""

import re
import struct

from edge.dialects.codecs.found import Found
from wire.text import Text

_SETTINGS, _GRID, _BYTES = 0x3E, 0x13, 0x3B
_PENDING = 1

# type -> struct format, (quantity or ?name, divisor) of each figure
_TYPES: dict[int, tuple[str, tuple[tuple[str, int], ...]]] = {
    0x01: (">h", (("temperature_c", 10),)),
    0x02: (">B", (("humidity_pct", 1),)),
    0x03: (">bbb", (("?acceleration", 1),)),
    0x04: (">H", (("illuminance_lx", 1),)),
    0x05: (">B", (("activity", 1),)),
    0x06: (">H", (("co2_ppm", 1),)),
    0x07: (">H", (("battery_v", 1000),)),
    0x08: (">H", (("?analog", 1),)),
    0x09: (">6s", (("?position", 1),)),
    0x0A: (">H", (("?pulses", 1),)),
    0x0B: (">I", (("?pulses", 1),)),
    0x0C: (">h", (("temperature_c@external", 10),)),
    0x0D: (">B", (("?digital", 1),)),
    0x0E: (">H", (("distance_mm", 1),)),
    0x0F: (">B", (("?acceleration_motion", 1),)),
    0x10: (">hh", (("?infrared_inside", 1), ("?infrared_outside", 1))),
    0x12: (">B", (("water_leak", 1),)),
    _GRID: (">65s", (("?grid_eye", 1),)),
    0x14: (">I", (("pressure_hpa", 1000),)),
    0x15: (">BB", (("?sound_peak", 1), ("noise_dba", 1))),
    0x16: (">H", (("?pulses", 1),)),
    0x17: (">I", (("?pulses", 1),)),
    0x18: (">H", (("?analog", 1),)),
    0x19: (">h", (("temperature_c@external-2", 10),)),
    0x1A: (">B", (("?digital", 1),)),
    0x1B: (">i", (("?analog", 1),)),
    0x1C: (">H", (("tvoc_ppb", 1),)),
    0x1D: (">B", (("?air_quality", 1),)),
    0x1E: (">B", (("?generic", 1),)),
    0x1F: (">b", (("?generic", 1),)),
    0x20: (">h", (("?generic", 1),)),
    0x21: (">B", (("?view", 1),)),
    0x22: (">h", (("?setpoint", 1),)),
    0x23: (">B", (("?fan_speed", 1),)),
    0x24: (">B", (("humidity_pct@external", 1),)),
    0x3C: (">I", (("?crc", 1),)),
    0x3D: (">I", (("?debug", 1),)),
}
_OCCUPANCY = 0x11
_MODEL = re.compile(r"(?<![A-Z0-9])(?:ELSYS|ERS2?|EMS2?|ELT-?[12]?|ERSD?15|ECO2?)(?![A-Z0-9])")


def is_elsys(name: str) -> bool:
    """Whether a profile's name is of this maker: "ERS-CO2", "Elsys ERS Eye", "EMS Door"."""
    return _MODEL.search(name.upper()) is not None


def read(payload: bytes) -> Found:
    """Everything up to the first byte that cannot be understood."""
    found = Found()
    at = 0
    while at < len(payload) and payload[at] != _SETTINGS:
        kind, rest = payload[at], payload[at + 1 :]
        length = _take(kind, rest, found)
        if length is None:
            found.note(f"type {kind:02x}")
            found.problems.append(
                Text(
                    f"loại lạ {kind:02x} ở byte {at}: phần còn lại không đọc được",
                    f"type {kind:02x} at byte {at} is not known: the rest cannot be read",
                )
            )
            break
        if length > len(rest):
            found.problems.append(Text(f"bản tin bị cắt ở byte {at}", f"the message is cut short at byte {at}"))
            break
        at += 1 + length
    return found


def _take(kind: int, rest: bytes, found: Found) -> int | None:
    if kind == _BYTES:
        found.note("bytes")
        return 1 + rest[0] if rest else 1
    if kind == _OCCUPANCY:
        if rest and rest[0] == _PENDING:
            found.note("occupancy pending")
        elif rest:
            found.put("", "occupancy", float({0: 0, 2: 1}.get(rest[0], rest[0])))
        return 1
    if kind not in _TYPES:
        return None
    form, figures = _TYPES[kind]
    length = struct.calcsize(form)
    if len(rest) >= length:
        for raw, (name, divisor) in zip(struct.unpack_from(form, rest), figures, strict=False):
            quantity, _, sub = name.partition("@")
            if quantity.startswith("?"):
                found.note(quantity[1:])
            elif quantity == "water_leak":
                found.put(sub, quantity, float(raw != 0))  # 0 to 255: how wet
            else:
                found.put(sub, quantity, raw / divisor)
    return length
