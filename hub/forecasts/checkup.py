"""The health of a school's devices: a few queries of the series for all rooms, then the pure examination."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.live.appliances import kind_of
from hub.live.health import examine
from hub.live.health.finding import Finding, HourOf
from hub.live.health.wear import RATED_HOURS
from hub.registry.model import Device
from hub.registry.registry import Registry
from hub.stores.reader import SeriesReader
from hub.stores.series import Bucket

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
HOURLY_DAYS = 14
DAILY_DAYS = 120


async def check(
    series: SeriesReader, registry: Registry, school: str, zone: ZoneInfo, ratings: Mapping[str, float], now_ms: int
) -> list[Finding]:
    """Raises StoreDown. Devices without a room or under maintenance are left out."""
    buildings = {room.id: room.building for room in registry.rooms(school)}
    devices = {one.id: one for one in registry.devices(school) if one.room in buildings}
    working = {
        name: one for name, one in devices.items() if registry.maintenance_of(school, device=name, t_ms=now_ms) is None
    }
    building_of = {name: buildings[one.room] for name, one in working.items() if one.room is not None}

    def local_hour(t_ms: int) -> int:
        return datetime.fromtimestamp(t_ms / 1000, zone).hour

    until_ms = now_ms // HOUR_MS * HOUR_MS
    from_ms = until_ms - HOURLY_DAYS * DAY_MS
    found: list[Finding] = []
    for quantity in examine.HOURLY:
        hours = await _hours(series, school, quantity, from_ms, until_ms)
        found += await asyncio.to_thread(examine.of_quantity, quantity, hours, building_of, local_hour)
    registers = await _hours(series, school, examine.REGISTER, from_ms, until_ms)
    power = await _hours(series, school, examine.POWER, from_ms, until_ms)
    found += examine.of_meters({name: line for name, line in registers.items() if name in working}, power)
    daily = {}
    for quantity in examine.DAILY:
        steps = await series.history(school, None, quantity, until_ms - DAILY_DAYS * DAY_MS, until_ms, DAY_MS)
        daily[quantity] = {
            name: [(one.t_ms, one.last if quantity == "lamp_hours_h" else one.mean) for one in buckets]
            for name, buckets in steps.items()
            if name in working
        }
    found += examine.of_wear(daily, rated_hours(working, ratings))
    found.sort(key=lambda one: -one.sure)
    return found[: examine.MOST_FINDINGS]


def rated_hours(devices: Mapping[str, Device], ratings: Mapping[str, float]) -> Callable[[str], float | None]:
    """What a person said of the device, else the usual of its kind, else nothing."""

    def rated(name: str) -> float | None:
        known = devices.get(name)
        return ratings.get(name, usual_hours(known) if known is not None else None)

    return rated


def usual_hours(device: Device) -> float | None:
    kind = kind_of(device.id, device.name, device.model)
    return None if kind is None else RATED_HOURS.get(kind.value)


async def _hours(series: SeriesReader, school: str, quantity: str, from_ms: int, to_ms: int) -> dict[str, list[HourOf]]:
    steps = await series.history(school, None, quantity, from_ms, to_ms, HOUR_MS)
    return {device: [_hour(bucket) for bucket in buckets] for device, buckets in steps.items()}


def _hour(bucket: Bucket) -> HourOf:
    return HourOf(bucket.t_ms, bucket.mean, bucket.minimum, bucket.maximum, bucket.count)
