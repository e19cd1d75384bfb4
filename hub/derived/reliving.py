"""Minutes nobody lived through, or lived by another plan: the live engine over stored readings of one room. Pure.

It is the engine of the live hub, fed at its own times by what the store holds and asked at the end of each minute. The
live hub asks every 5 to 20 seconds; what follows slowly (people by the air) may therefore differ a little: see 0014.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Protocol

from hub.live.engine import LiveEngine
from hub.live.reading import Reading
from hub.live.site import Site
from hub.live.trace import MINUTE_MS
from hub.registry.model import Assignment, Device, Maintenance, Room, School
from hub.school.schedule import Schedule
from hub.stores.series import RoomMinute

RawRow = tuple[int, str, str, str | None, float | str]


class Past(Site, Protocol):
    """The part of the registry that is asked here."""

    def assignments(self, school: str, device: str, /) -> tuple[Assignment, ...]: ...

    def maintenance(self, school: str, /) -> list[Maintenance]: ...


class OneRoom:
    """A Site of one room of the past: another version wherever a device comes or goes, or work begins or ends."""

    def __init__(self, registry: Past, school: School, room: Room) -> None:
        self._registry, self._school, self._room = registry, school, room
        self._devices: set[str] = set()
        self._edges = sorted(_edges(registry.maintenance(school.id)))
        self.at_ms = 0

    def heard(self, devices: Iterable[str]) -> None:
        """These speak from now on."""
        for device in set(devices) - self._devices:
            self._devices.add(device)
            self._edges = sorted([*self._edges, *_edges(self._registry.assignments(self._school.id, device))])

    @property
    def version(self) -> int:
        return bisect_right(self._edges, self.at_ms)

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


class Reliving:
    """Mutable. `live` takes the readings piece by piece, in time order; a piece of some hours takes a part of a second.

    Only the minutes of [from_ms, to_ms) are handed out: what comes before is there to get going.
    """

    def __init__(
        self, registry: Past, school: School, room: Room, plan: Schedule | None, span: tuple[int, int]
    ) -> None:
        self._site = OneRoom(registry, school, room)
        self._engine = LiveEngine(self._site, lambda _: plan, unseen=True)
        self._school, self._room, self._span = school, room, span
        self._next_ms: int | None = None  # start of the next minute; None until something spoke

    def live(self, rows: Sequence[RawRow], to_ms: int) -> list[RoomMinute]:
        """Everything measured until then, whole minutes. Computes only: in a thread."""
        if self._next_ms is None:
            if not rows:
                return []
            self._next_ms = rows[0][0] // MINUTE_MS * MINUTE_MS
        self._site.heard(row[1] for row in rows)
        found: list[RoomMinute] = []
        place = 0
        for start in range(self._next_ms, to_ms, MINUTE_MS):
            end, closed_ms = place, start + MINUTE_MS
            while end < len(rows) and rows[end][0] < closed_ms:
                end += 1
            found += self._minute(rows[place:end], start)
            place = end
        self._next_ms = max(self._next_ms, to_ms)
        return found

    def _minute(self, rows: Sequence[RawRow], start_ms: int) -> list[RoomMinute]:
        now_ms = start_ms + MINUTE_MS - 1
        self._site.at_ms = now_ms
        self._engine.apply(_readings(self._school.id, rows), now_ms)
        self._engine.tick(now_ms)
        if not self._span[0] <= start_ms < self._span[1]:
            return []
        return self._engine.finished_minutes(now_ms + 1)


def _edges(intervals: Iterable[Assignment | Maintenance]) -> list[int]:
    return [edge for one in intervals for edge in (one.from_ms, one.to_ms) if edge is not None]


def _readings(school: str, rows: Sequence[RawRow]) -> list[Reading]:
    return [
        Reading(school, "", device, t_ms, t_ms, {quantity: value for _, _, quantity, _, value in values})
        for (t_ms, device), values in groupby(rows, key=lambda row: (row[0], row[1]))
    ]
