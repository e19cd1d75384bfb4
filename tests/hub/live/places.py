"""A registry and a timetable in memory for tests of live state, saying what the test put in."""

from dataclasses import dataclass, field

from hub.live.reading import Reading
from hub.registry.model import Assignment, Device, Maintenance, Room, School
from hub.school.model import Lesson, Period
from wire.messages import TimeQuality

MINUTE = 60_000
T0 = 1_763_949_600_000  # 2025-11-24 09:00 in Ho Chi Minh City, a Monday
SCHOOL = "tran-phu"


@dataclass
class Places:
    """Holds what hub.live.site.Site asks; every change bumps `version` as the registry does."""

    known: list[Room] = field(default_factory=lambda: [Room(SCHOOL, "a101", "P.101", "a")])
    assignments: list[Assignment] = field(default_factory=list)
    listed: list[Device] = field(default_factory=list)
    at_work: list[Maintenance] = field(default_factory=list)
    version: int = 1

    def school_version(self, school: str) -> int:
        del school
        return self.version

    def schools(self) -> list[School]:
        return [School(name, name) for name in dict.fromkeys(room.school for room in self.known)]

    def rooms(self, school: str) -> list[Room]:
        return [room for room in self.known if room.school == school]

    def devices(self, school: str) -> list[Device]:
        return [device for device in self.listed if device.school == school]

    def device(self, school: str, device: str) -> Device | None:
        return next((one for one in self.listed if (one.school, one.id) == (school, device)), None)

    def room_of(self, school: str, device: str, t_ms: int) -> str | None:
        for one in self.assignments:
            here = one.from_ms <= t_ms and (one.to_ms is None or t_ms < one.to_ms)
            if here and (one.school, one.device) == (school, device):
                return one.room
        return None

    def maintenance_of(
        self, school: str, room: str | None = None, device: str | None = None, t_ms: int = 0
    ) -> Maintenance | None:
        for one in self.at_work:
            now = one.from_ms <= t_ms and (one.to_ms is None or t_ms < one.to_ms)
            if now and one.school == school and ((room and one.room == room) or (device and one.device == device)):
                return one
        return None

    def put(self, device: str, room: str = "a101", *, name: str = "", model: str = "", from_ms: int = 0) -> None:
        self.listed.append(Device(SCHOOL, device, "gw1", name or device, model, None, room))
        self.assignments.append(Assignment(SCHOOL, device, room, from_ms))
        self.version += 1


@dataclass
class Plan:
    """Lessons and opening hours as given."""

    lessons: list[Lesson] = field(default_factory=list)
    hours: tuple[int, int] | None = (T0 - 120 * MINUTE, T0 + 600 * MINUTE)

    def at(self, room: str, t_ms: int) -> Lesson | None:
        return next((one for one in self.lessons if one.room == room and one.start_ms <= t_ms < one.end_ms), None)

    def next_after(self, room: str, t_ms: int) -> Lesson | None:
        return min(
            (one for one in self.lessons if one.room == room and one.start_ms > t_ms),
            key=lambda one: one.start_ms,
            default=None,
        )

    def day(self, room: str, t_ms: int) -> list[Lesson]:
        del t_ms
        return [one for one in self.lessons if one.room == room]

    def period_at(self, t_ms: int) -> Period | None:
        found = next((one for one in self.lessons if one.start_ms <= t_ms < one.end_ms), None)
        return Period(found.period, found.start_ms, found.end_ms) if found else None

    def next_period(self, t_ms: int) -> Period | None:
        found = min((one for one in self.lessons if one.start_ms > t_ms), key=lambda one: one.start_ms, default=None)
        return Period(found.period, found.start_ms, found.end_ms) if found else None

    def names(self, room: str, t_ms: int) -> bool:
        del t_ms
        return bool(room)

    def in_school_hours(self, t_ms: int) -> bool | None:
        return None if self.hours is None else self.hours[0] <= t_ms < self.hours[1]


def lesson(start_ms: int, minutes: int = 45, *, room: str = "a101", expected: int | None = 40) -> Lesson:
    return Lesson("l1", room, "Tiết 3", start_ms, start_ms + minutes * MINUTE, "Toán", ("7A1",), ("Cô Lan",), expected)


def reading(
    device: str,
    at_ms: int,
    values: dict[str, float | str],
    *,
    received_ms: int | None = None,
    quality: TimeQuality = TimeQuality.OK,
    school: str = SCHOOL,
) -> Reading:
    return Reading(school, "gw1", device, at_ms, at_ms if received_ms is None else received_ms, values, quality)
