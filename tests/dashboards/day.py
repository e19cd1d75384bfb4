"""A simulated school day (the demo's rooms, the 26 hours up to now) as what the hub hands to a series store."""

from collections.abc import Iterator
from functools import cache

import msgspec

from demo.bells import Bells, lay_bells
from demo.cast import BUILDINGS, GATEWAYS, PLACES, SCHOOL, SCHOOL_NAME, make_cast
from demo.classroom import Observation
from demo.life import live_past
from demo.recording import _columns
from demo.script import Moment, Script
from demo.timetable import Hour, make_timetable
from demo.units import serial_units, zigbee_units
from hub.stores.series import GatewayMinute, Point, RoomMinute

EVERY_MS = 240_000
MINUTE_MS = 60_000
_RADIO = {"battery_pct": 81.0, "link_quality": 120.0, "rssi_dbm": -61.0}
RADIO_TOLD = 5  # rounds: battery and signal are shown as they were last, and a day of them takes long to sum up
OTHER_SCHOOL = "thcs-khac"  # silent, but set up: nothing of it may show in the first one's dashboards
EPOCH = "b2f1c0de"
BOARD, METER, NOSE = "a101-board", "b102-cong-to", "a102-voc"


class Day(msgspec.Struct, frozen=True):
    now_ms: int
    bells: Bells
    hours: tuple[Hour, ...]
    points: list[Point]
    rooms: dict[str, str]  # device -> room
    gateways: dict[str, str]  # device -> gateway
    minutes: list[RoomMinute]
    health: list[GatewayMinute]


@cache
def school_day(now_ms: int) -> Day:
    """The day that ends at `now_ms`, which is a whole minute."""
    bells, cast = lay_bells(now_ms), make_cast()
    hours = make_timetable(cast, bells)
    script = Script(cast, bells, hours)
    _, seen = live_past(script, bells, now_ms, EVERY_MS)
    devices = {device: (room, gateway) for gateway, _ in GATEWAYS for device, room, _, _ in _columns(gateway)}
    points = [*_points(seen), *_board(seen), *_meter(seen), *_vapours(seen)]
    rooms = {device: room for device, (room, _) in devices.items()} | {BOARD: "a101", METER: "b102", NOSE: "a102"}
    gateways = {device: gateway for device, (_, gateway) in devices.items()} | {
        BOARD: "cong-a1",
        METER: "cong-b",
        NOSE: "cong-a1",
    }
    minutes = [*_minutes(script, seen)]
    return Day(now_ms, bells, hours, points, rooms, gateways, minutes, [*_health(seen)])


def _points(seen: list[dict[str, Observation]]) -> Iterator[Point]:
    row = 0
    for gateway, _ in GATEWAYS:
        columns = _columns(gateway)
        for number, rooms in enumerate(seen):
            radio = _RADIO if number >= len(seen) - RADIO_TOLD else {}
            values: dict[tuple[str, int], dict[str, float | str]] = {}
            for device, room, quantity, read in columns:
                at = (device, rooms[room].t_ms)
                values.setdefault(at, dict(radio))[quantity] = float(read(rooms[room]))
            for (device, t_ms), measured in values.items():
                row += 1
                yield Point(SCHOOL, device, t_ms, measured, EPOCH, row)


def _board(seen: list[dict[str, Observation]]) -> Iterator[Point]:
    """An interactive board, told by its projector's draw: states, a counter and two texts."""
    for number, rooms in enumerate(seen):
        shown = rooms["a101"]
        on = shown.projector_w > 12
        values: dict[str, float | str] = {"display_on": float(on), "lamp_hours_h": float(1_200 + number // 15)}
        values |= {"input_source": "HDMI1" if on else "", "error_code": "E23" if number > len(seen) - 20 else ""}
        yield Point(SCHOOL, BOARD, shown.t_ms, values, EPOCH, 5_000_000 + number)


def _meter(seen: list[dict[str, Observation]]) -> Iterator[Point]:
    """A meter of 600 W whose register was reset half way: it counts on from nought."""
    reset = len(seen) // 2
    for number, rooms in enumerate(seen):
        counted = number - reset if number >= reset else 5_000 + number
        values: dict[str, float | str] = {"energy_kwh": counted * 0.6 * EVERY_MS / 3.6e6, "voltage_v": 229.0}
        yield Point(SCHOOL, METER, rooms["b102"].t_ms, values, EPOCH, 6_000_000 + number)


def _vapours(seen: list[dict[str, Observation]]) -> Iterator[Point]:
    for number, rooms in enumerate(seen):
        shown = rooms["a102"]
        yield Point(SCHOOL, NOSE, shown.t_ms, {"tvoc_ppb": round(shown.co2_ppm / 4)}, EPOCH, 7_000_000 + number)


def _minutes(script: Script, seen: list[dict[str, Observation]]) -> Iterator[RoomMinute]:
    for rooms in seen:
        for room, shown in rooms.items():
            for t_ms in range(shown.t_ms - EVERY_MS + MINUTE_MS, shown.t_ms + 1, MINUTE_MS):
                moment = script.moment(room, t_ms)
                t_start = t_ms - t_ms % MINUTE_MS - MINUTE_MS
                occupied = moment.people >= 1
                changes = 4.2 if occupied else None
                yield RoomMinute(SCHOOL, room, t_start, _status(moment), round(moment.people), changes)


def _status(moment: Moment) -> str:
    if not moment.school_open:
        return "after_hours"
    return "in_lesson" if moment.people >= 1 else "idle"


def _health(seen: list[dict[str, Observation]]) -> Iterator[GatewayMinute]:
    """Gateways that lose a little, are late for an hour, and have a clock that drifts."""
    for number, rooms in enumerate(seen):
        t_ms = next(iter(rooms.values())).t_ms
        t_ms -= t_ms % MINUTE_MS + MINUTE_MS
        for index, (gateway, _) in enumerate(GATEWAYS):
            received = 600.0 * number
            figures = {
                "expected": received + 20, "received": received, "duplicate": 2.0 * (number // 50), "outstanding": 8.0,
                "late": min(30.0 * number, 900.0) * index, "lost": float(number // 150) * index, "dropped": 0.0,
                "overwritten": 0.0, "quarantined": float(index), "outbox_rows": 12.0, "outbox_bytes": 40_960.0,
                "set_aside": 0.0, "flash_bytes": 4e5 * number, "flash_bytes_per_day": 2.9e8,
                "clock_skew_ms": 40.0 * index - 30,
            }  # fmt: skip
            yield GatewayMinute(SCHOOL, gateway, t_ms, not (index == 2 and 350 < number < 360), figures)


def sql_rows(day: Day) -> dict[str, list[dict[str, object]]]:
    """The same school in the state database, by table; lessons as the hub lays them out for a day."""
    names = {unit.id: unit.name for unit in zigbee_units()} | {unit.id: unit.name for unit in serial_units()}
    models = {unit.id: unit.model for unit in serial_units()}
    schools = [(SCHOOL, SCHOOL_NAME), (OTHER_SCHOOL, "THCS Khác")]
    return {
        "school": [
            {"id": key, "name": name, "timezone": "Asia/Ho_Chi_Minh", "simulated": True, "keep_raw_days": None}
            for key, name in schools
        ],
        "building": [{"school": SCHOOL, "id": key, "name": name} for key, name in BUILDINGS],
        "room": [
            {"school": SCHOOL, "id": place.id, "name": place.name, "building": place.building, "aliases": "[]",
             "volume_m3": place.volume_m3, "capacity": 40, "pupil_age_years": 13,
             "co2_limit_ppm": 900 if place.id == "a102" else 1500}
            for place in PLACES
        ],
        "gateway": [
            {"school": SCHOOL, "id": key, "name": name, "status": "accepted", "first_seen_ms": None}
            for key, name in GATEWAYS
        ],
        "device": [
            {
                "school": SCHOOL, "id": device, "gateway": gateway, "model": models.get(device, ""),
                "name": names.get(device, f'Công tơ "{device}" ${{x}}'), "first_seen_ms": None,
            }
            for device, gateway in day.gateways.items()
        ],
        "assignment": [
            {"school": SCHOOL, "device": device, "from_ms": day.now_ms - 40 * 86_400_000, "to_ms": None, "room": room}
            for device, room in day.rooms.items()
        ],
        "lesson_day": [*_lessons(day)],
        "alert": [
            _alert(day.now_ms - 7_200_000, None, "air.co2", "a102"),
            _alert(day.now_ms - 9_000_000, day.now_ms - 8_000_000, "device.silent", "b201"),
            _alert(day.now_ms - 600_000, None, "store.down", None) | {"school": None, "severity": "critical"},
        ],
    }  # fmt: skip


def _alert(opened_ms: int, closed_ms: int | None, code: str, room: str | None) -> dict[str, object]:
    return {
        "code": code, "severity": "warning", "school": SCHOOL, "room": room, "subject": room or "",
        "opened_ms": opened_ms, "closed_ms": closed_ms, "text_vi": f"Cảnh báo {code}", "text_en": f"Alert {code}",
    }  # fmt: skip


def _lessons(day: Day) -> Iterator[dict[str, object]]:
    for back in (1, 0):
        local = day.bells.local(day.now_ms - back * 86_400_000).date()
        midnight = day.bells.midnight_ms(local)
        for bell in day.bells.periods:
            for number, hour in enumerate(day.hours):
                if hour.room and hour.day == local.weekday() and hour.period == bell.number:
                    yield {
                        "school": SCHOOL, "day": local.isoformat(), "room": hour.room, "lesson": str(number),
                        "start_ms": midnight + bell.start * MINUTE_MS, "end_ms": midnight + bell.end * MINUTE_MS,
                        "subject": hour.subject, "classes": hour.group,
                    }  # fmt: skip
