"""What the gateways measured on the past day, as recorded files their replay source reads: one CSV and one map each."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from demo.cast import GATEWAYS
from demo.classroom import Observation
from demo.rs485 import power_w
from demo.units import (
    BOARD,
    CLIMATE,
    FAN,
    LORA,
    METER,
    PROJECTOR,
    STUCK_HUMIDITY_PCT,
    Fitted,
    serial_units,
    zigbee_units,
)

EVERY_MS = 60_000
_COARSE_BEFORE_MS = 5 * 3_600_000  # older than this every second row is enough
_STANDBY_W = 12.0
_TIME = "%Y-%m-%d %H:%M:%S"

Read = Callable[[Observation], float]


_READS: dict[str, tuple[tuple[str, Read], ...]] = {
    "mhz19": (("co2_ppm", lambda seen: round(seen.co2_ppm)),),
    "pms5003": (
        ("pm1_ugm3", lambda seen: round(seen.pm1_ugm3)),
        ("pm25_ugm3", lambda seen: round(seen.pm25_ugm3)),
        ("pm10_ugm3", lambda seen: round(seen.pm10_ugm3)),
    ),
    "climate": (
        ("temperature_c", lambda seen: round(seen.temperature_c, 2)),
        ("humidity_pct", lambda seen: round(seen.humidity_pct, 1)),
    ),
    "motion": (
        ("illuminance_lx", lambda seen: round(seen.illuminance_lx)),
        ("occupancy", lambda seen: int(seen.occupancy)),
    ),
    "door": (("contact_open", lambda seen: int(seen.contact_open)),),
    "light": (("switch_on", lambda seen: int(seen.lights_on)),),
    "sound": (("noise_dba", lambda seen: round(seen.noise_dba, 1)),),
    "plug": (
        ("power_w", lambda seen: round(seen.projector_w, 1)),
        ("energy_kwh", lambda seen: round(seen.projector_kwh, 3)),
    ),
    "cooler": (
        ("power_w", lambda seen: round(seen.cooling_w, 1)),
        ("energy_kwh", lambda seen: round(seen.cooling_kwh, 3)),
    ),
}
_DISPLAY: tuple[tuple[str, Read], ...] = (("display_on", lambda seen: int(seen.projector_w > _STANDBY_W)),)
_FITTED: tuple[tuple[Fitted, tuple[tuple[str, Read], ...]], ...] = (
    (BOARD, _DISPLAY),
    (PROJECTOR, _DISPLAY),
    (METER, (("power_w", lambda seen: round(power_w(seen), 1)),)),
    (CLIMATE, (_READS["climate"][0], ("humidity_pct", lambda _: STUCK_HUMIDITY_PCT))),
    (FAN, (("switch_on", lambda seen: int(seen.people >= 1)),)),
    (LORA, (*_READS["mhz19"], *_READS["climate"])),
)
Column = tuple[str, str, str, Read]


def _columns(gateway: str) -> list[Column]:
    """(device, room, quantity, how to read it) for everything that hangs on a gateway."""
    here = [(unit.id, unit.room, unit.device) for unit in serial_units() if unit.gateway == gateway]
    for zigbee in zigbee_units():
        if zigbee.gateway == gateway and zigbee.assigned:
            kind = "cooler" if zigbee.friendly_name.endswith("dieu-hoa") else zigbee.kind
            here.append((zigbee.id, zigbee.room, kind))
    columns = [(device, room, quantity, read) for device, room, kind in here for quantity, read in _READS[kind]]
    fitted = [(unit, reads) for unit, reads in _FITTED if unit.gateway == gateway]
    return columns + [(unit.id, unit.room, quantity, read) for unit, reads in fitted for quantity, read in reads]


def write_recordings(folder: Path, seen: list[dict[str, Observation]]) -> int:
    """One `past.csv` with its `past.toml` for each gateway, oldest row first; how many values they hold."""
    values = 0
    for gateway, _name in GATEWAYS:
        columns = _columns(gateway)
        place = folder / gateway
        place.mkdir(exist_ok=True)
        values += _write_csv(place / "past.csv", columns, seen)
        (place / "past.toml").write_text(_map(columns), encoding="utf-8")
    return values


def _write_csv(path: Path, columns: list[Column], seen: list[dict[str, Observation]]) -> int:
    last_ms = next(iter(seen[-1].values())).t_ms
    values = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", *(f"{device} {quantity}" for device, _, quantity, _ in columns)])
        for index, rooms in enumerate(seen):
            at_ms = next(iter(rooms.values())).t_ms
            if at_ms < last_ms - _COARSE_BEFORE_MS and index % 2:
                continue
            row: list[object] = [datetime.fromtimestamp(at_ms // 1_000, UTC).strftime(_TIME)]
            row += [read(rooms[room]) for _device, room, _quantity, read in columns]
            values += len(columns)
            writer.writerow(row)
    return values


def _map(columns: list[Column]) -> str:
    lines = ["[time]", 'columns = ["time"]', f"format = {json.dumps(_TIME)}", 'zone = "UTC"', ""]
    for device in dict.fromkeys(device for device, *_ in columns):
        lines += ["[[device]]", f"id = {json.dumps(device)}", "[device.columns]"]
        lines += [
            f"{quantity} = {json.dumps(f'{device} {quantity}')}" for of, _, quantity, _ in columns if of == device
        ]
        lines.append("")
    return "\n".join(lines)
