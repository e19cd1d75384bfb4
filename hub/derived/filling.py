"""Works minutes out from what the store holds of one room: which are lacking, and readings in bounded pieces."""

import asyncio
from collections.abc import Iterable

from hub.derived.measured import QUARTER_MS
from hub.derived.reliving import Past, RawRow, Reliving
from hub.live.trace import MINUTE_MS
from hub.registry.model import Room, School
from hub.school.schedule import Schedule
from hub.stores.reader import SeriesReader
from hub.stores.series import RoomMinute

WARM_UP_MS = 60 * MINUTE_MS  # of quarter hours that are filled: a trend needs minutes
LEAST_KNOWN = 5  # minutes of a quarter hour with evidence: below, the quarter hour is worked out anew
AT_ONCE_MS = 2 * 60 * MINUTE_MS  # a part of a second of work, also where devices speak every five seconds
MOST_VALUES = 200_000  # read at once: 2 hours of a room with 25 values a second


def lacking(
    minutes: Iterable[RoomMinute], spoke: Iterable[int], done: frozenset[int], to_ms: int, *, late: bool = False
) -> list[int]:
    """Quarter hours (their starts) in which sensors spoke, but what they said is not in the minutes.

    `done` were worked out before and are passed over; where rows came `late` since, they are worked out anew, for what
    was there of them then may have been one sensor's half of the truth.
    """
    known: dict[int, int] = {}
    for minute in minutes:
        if minute.evidence is not None:
            quarter = minute.t_ms // QUARTER_MS * QUARTER_MS
            known[quarter] = known.get(quarter, 0) + 1
    return sorted(
        quarter
        for quarter in spoke
        if quarter + QUARTER_MS <= to_ms and (late if quarter in done else known.get(quarter, 0) < LEAST_KNOWN)
    )


async def lived(
    series: SeriesReader,
    registry: Past,
    school: School,
    room: Room,
    plan: Schedule | None,
    warm_from_ms: int,
    span: tuple[int, int],
) -> list[RoomMinute]:
    """The room's minutes over [first, last) as the live hub would have made them by this plan. Raises StoreDown."""
    reliving = Reliving(registry, school, room, plan, span)
    found: list[RoomMinute] = []
    for start in range(warm_from_ms, span[1], AT_ONCE_MS):
        end = min(start + AT_ONCE_MS, span[1])
        rows = await _readings(series, room, start, end)
        found += await asyncio.to_thread(reliving.live, rows, end)
    return found


async def _readings(series: SeriesReader, room: Room, from_ms: int, to_ms: int) -> list[RawRow]:
    """Calibrated, in time order; where they are too many to be read at once, in halves."""
    rows = await series.raw(room.school, room.id, None, from_ms, to_ms, MOST_VALUES, calibrated=True)
    if len(rows) < MOST_VALUES or to_ms - from_ms <= MINUTE_MS:
        return rows
    middle = (from_ms + to_ms) // 2
    return await _readings(series, room, from_ms, middle) + await _readings(series, room, middle, to_ms)
