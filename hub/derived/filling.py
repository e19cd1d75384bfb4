"""Minutes nobody lived through: the pure live engine run over stored readings of one room, at one-minute ticks.

For minutes in which a gateway was away and whose readings came late, and for rooms whose devices were moved or
calibrated in the past. It is the same engine as the live hub's, fed at its own times by what the store holds.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from hub.derived.measured import QUARTER_MS
from hub.live.engine import LiveEngine
from hub.live.reading import Reading
from hub.live.site import Site
from hub.live.trace import MINUTE_MS
from hub.registry.model import Device, Maintenance, Room, School
from hub.school.plan import SchoolPlan
from hub.stores.reader import SeriesReader
from hub.stores.series import RoomMinute

WARM_UP_MS = 60 * MINUTE_MS  # a trend needs minutes, an outdoor level hours; more is not worth the reading
LEAST_KNOWN = 5  # minutes of a quarter hour with evidence: below, the quarter hour is worked out anew
AT_ONCE_MS = 4 * 60 * MINUTE_MS
MOST_VALUES = 400_000  # read at once: 4 hours of a room with 25 values a second
RawRow = tuple[int, str, str, str | None, float | str]


class OneRoom:
    """A Site of one room of the past: where its devices hung is asked at each instant."""

    version = 1

    def __init__(self, registry: Site, school: School, room: Room) -> None:
        self._registry, self._school, self._room = registry, school, room

    def school_version(self, school: str, /) -> int:
        del school
        return self.version

    def schools(self) -> list[School]:
        return [self._school]

    def rooms(self, school: str) -> list[Room]:
        del school
        return [self._room]

    def devices(self, school: str) -> Sequence[Device]:
        return self._registry.devices(school)

    def device(self, school: str, device: str, /) -> Device | None:
        return self._registry.device(school, device)

    def room_of(self, school: str, device: str, t_ms: int) -> str | None:
        return self._registry.room_of(school, device, t_ms)

    def maintenance_of(
        self, school: str, room: str | None = None, device: str | None = None, *, t_ms: int = 0
    ) -> Maintenance | None:
        return self._registry.maintenance_of(school, room, device, t_ms=t_ms)


def lacking(minutes: Iterable[RoomMinute], spoke: Iterable[int], done: frozenset[int], to_ms: int) -> list[int]:
    """Quarter hours (their starts) in which sensors spoke, but what they said is not in the minutes."""
    known: dict[int, int] = {}
    for minute in minutes:
        if minute.evidence is not None:
            quarter = minute.t_ms // QUARTER_MS * QUARTER_MS
            known[quarter] = known.get(quarter, 0) + 1
    return sorted(
        quarter
        for quarter in spoke
        if quarter + QUARTER_MS <= to_ms and quarter not in done and known.get(quarter, 0) < LEAST_KNOWN
    )


async def readings(series: SeriesReader, room: Room, from_ms: int, to_ms: int) -> list[RawRow]:
    """Calibrated, in time order, read in bounded pieces. Raises StoreDown."""
    found: list[RawRow] = []
    for start in range(from_ms, to_ms, AT_ONCE_MS):
        end = min(start + AT_ONCE_MS, to_ms)
        found += await series.raw(room.school, room.id, None, start, end, MOST_VALUES, calibrated=True)
    return found


def relive(
    registry: Site, school: School, room: Room, plan: SchoolPlan | None, rows: Sequence[RawRow], span: tuple[int, int]
) -> list[RoomMinute]:
    """The room's minutes over [first, last) as the live hub would have made them. Pure computation: in a thread."""
    engine = LiveEngine(OneRoom(registry, school, room), lambda _: plan)
    found: list[RoomMinute] = []
    first = min(rows[0][0] if rows else span[0], span[0]) // MINUTE_MS * MINUTE_MS
    place = 0
    for tick in range(first + MINUTE_MS, span[1] + MINUTE_MS, MINUTE_MS):
        end = place
        while end < len(rows) and rows[end][0] < tick:
            end += 1
        engine.apply(_rows(school.id, rows[place:end]), tick - 1)
        place = end
        engine.tick(tick - 1)
        engine.room(room.uid, tick - 1)
        found += engine.finished_minutes(tick)
    return [minute for minute in found if span[0] <= minute.t_ms < span[1]]


def _rows(school: str, rows: Sequence[RawRow]) -> list[Reading]:
    return [
        Reading(school, "", device, t_ms, t_ms, {quantity: value for _, _, quantity, _, value in values})
        for (t_ms, device), values in groupby(rows, key=lambda row: (row[0], row[1]))
    ]
