"""What a past day of a school was, hour by hour and room by room, from the series: a few queries for all rooms."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.forecasts.rows import SchoolHours
from hub.live.forecast.hours import HOURS, Target
from hub.live.views import RoomStatus
from hub.stores.reader import SeriesReader
from hub.stores.series import Bucket, RoomMinute

HOUR_MS = 3_600_000
CARRY_HOURS = 2  # a register that speaks rarely: the hour before the day tells where it stood
FEWEST_MINUTES = 20  # judged, of an hour, before it says how full the room was
MOST_KWH = 100.0  # a room that takes more in an hour is a register that was exchanged
THERE = frozenset({RoomStatus.IN_LESSON.value, RoomStatus.OCCUPIED_UNSCHEDULED.value})
RoomOf = Callable[[str, int], str | None]
WholeRoom = Callable[[str], bool]  # whether the device meters all that runs in its room
ByDevice = Mapping[str, Sequence[Bucket]]


def day_ms(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The local day in UTC milliseconds, end exclusive."""
    start, end = (datetime.combine(one, datetime.min.time(), zone) for one in (day, day + timedelta(days=1)))
    return int(start.timestamp()) * 1000, int(end.timestamp()) * 1000


async def day_hours(
    series: SeriesReader, school: str, day: date, zone: ZoneInfo, room_of: RoomOf, whole_room: WholeRoom
) -> SchoolHours:
    """Raises StoreDown. Rooms and targets of which nothing is known are left out."""
    from_ms, to_ms = day_ms(day, zone)
    minutes = await series.minutes(school, None, from_ms, to_ms)
    early_ms = from_ms - CARRY_HOURS * HOUR_MS
    registers = await series.history(school, None, "energy_kwh", early_ms, to_ms, HOUR_MS)
    power = await series.history(school, None, "power_w", from_ms, to_ms, HOUR_MS)

    def hour(t_ms: int) -> int:
        return datetime.fromtimestamp(t_ms / 1000, zone).hour

    found: SchoolHours = {}
    for room, targets in people_hours(minutes, hour).items():
        found.setdefault(room, {}).update(targets)
    for room, values in energy_hours(registers, power, from_ms, hour, room_of, whole_room).items():
        found.setdefault(room, {})[Target.ENERGY] = values
    return found


def people_hours(minutes: Sequence[RoomMinute], hour: Callable[[int], int]) -> SchoolHours:
    """Share of the minutes with anybody there, and the mean of the people estimated (nobody counts as none)."""
    judged: dict[tuple[str, int], tuple[int, int, float, int]] = {}
    for one in minutes:
        if one.status == RoomStatus.UNKNOWN.value:
            continue
        key, there = (one.room, hour(one.t_ms)), one.status in THERE
        count, occupied, people, estimated = judged.get(key, (0, 0, 0.0, 0))
        known = one.people if there else 0.0
        judged[key] = (
            count + 1,
            occupied + there,
            people + (known or 0.0),
            estimated + (known is not None),
        )
    found: SchoolHours = {}
    for (room, at), (count, occupied, people, estimated) in judged.items():
        if count < FEWEST_MINUTES:
            continue
        mine = found.setdefault(room, {Target.OCCUPIED: [None] * HOURS, Target.PEOPLE: [None] * HOURS})
        mine[Target.OCCUPIED][at] = round(occupied / count, 3)
        if estimated >= count / 2:
            mine[Target.PEOPLE][at] = round(people / estimated, 1)
    return found


def energy_hours(
    registers: ByDevice,
    power: ByDevice,
    from_ms: int,
    hour: Callable[[int], int],
    room_of: RoomOf,
    whole_room: WholeRoom,
) -> dict[str, list[float | None]]:
    """KWh by hour: registers by difference, meters without one by their mean power; a room is what its own meter
    says, else the sum of its devices' meters.

    An hour is known where as many meters told it as usually do: half a room's meters are not its consumption.
    """
    whole: dict[tuple[str, int], list[float]] = {}
    parts_of: dict[tuple[str, int], list[float]] = {}
    for device, buckets in registers.items():
        told = whole if whole_room(device) else parts_of
        for t_ms, kwh in _differences(buckets, from_ms):
            _note(told, room_of(device, t_ms), hour(t_ms), kwh)
    for device, buckets in power.items():
        told = whole if whole_room(device) else parts_of
        if device not in registers:
            for bucket in buckets:
                _note(told, room_of(device, bucket.t_ms), hour(bucket.t_ms), max(0.0, bucket.mean) / 1000)
    metered = {room for room, _ in whole}
    told = whole | {key: parts for key, parts in parts_of.items() if key[0] not in metered}
    usual: dict[str, int] = {}
    for (room, _), parts in told.items():
        usual[room] = max(usual.get(room, 0), len(parts))
    found: dict[str, list[float | None]] = {room: [None] * HOURS for room in usual}
    for (room, at), parts in told.items():
        if len(parts) >= usual[room]:
            found[room][at] = round(sum(parts), 4)
    return found


def _note(told: dict[tuple[str, int], list[float]], room: str | None, at: int, kwh: float) -> None:
    if room is not None and kwh <= MOST_KWH:
        told.setdefault((room, at), []).append(kwh)


def _differences(buckets: Sequence[Bucket], from_ms: int) -> list[tuple[int, float]]:
    """(hour, kWh) of neighbouring hours; a register that fell was reset and began at zero."""
    found = []
    for index in range(1, len(buckets)):
        before, now = buckets[index - 1], buckets[index]
        if now.t_ms >= from_ms and now.t_ms - before.t_ms == HOUR_MS:
            found.append((now.t_ms, now.last - before.last if now.last >= before.last else now.last))
    return found
