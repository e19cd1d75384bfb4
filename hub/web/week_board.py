"""What of a shown week changes while people look: the running lessons as measured now, and when the rest is to be
asked for anew.

The week itself comes from the database; this board never waits for one.
"""

from datetime import UTC, datetime

import msgspec

from hub.context import Hub
from hub.live.views import RoomStatus, RoomView
from hub.school.model import Lesson
from hub.school.ready import ReadyPlan
from hub.web.board import Item
from hub.web.week import Side, concerns

WORKED_OUT_MS = 6 * 60_000  # after a lesson's end its record is there


class WeekOf(msgspec.Struct, frozen=True):
    """Whose week a board is about: a side and the id in the registry or the timetable, as one name of a board."""

    side: Side
    key: str

    def name(self) -> str:
        return f"{self.side.value}/{self.key}"


def week_of(name: str) -> WeekOf:
    side, _, key = name.partition("/")
    return WeekOf(Side(side), key)


def week_items(hub: Hub, school: str, name: str, now_ms: int) -> dict[str, Item]:
    """`stand` changes when the week has to be asked for anew, `running/…` has figures of a lesson that runs."""
    of, ready = week_of(name), hub.schools.known(school)
    lessons = _today(ready, of, now_ms)
    running = [one for one in lessons if one.start_ms <= now_ms < one.end_ms]
    views = {one.room: hub.live.room(f"{school}.{one.room}", now_ms) for one in running if one.room}
    return {
        "stand": {
            "plan": None if ready is None else ready.version,
            "started": sum(one.start_ms <= now_ms for one in lessons),
            "worked_out": sum(one.end_ms + WORKED_OUT_MS <= now_ms for one in lessons),
            "used": _used(hub, school, of, now_ms),
        },
        **{_key(one): {"is": _figures(views.get(one.room), one)} for one in running},
    }


def _today(ready: ReadyPlan | None, of: WeekOf, now_ms: int) -> list[Lesson]:
    if ready is None:
        return []
    day = ready.days.get(datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ready.zone).date())
    if day is None:
        return []
    planned = day.school_day
    return [one for one in (*planned.lessons, *planned.elsewhere) if concerns(one, of.side, of.key)]


def _used(hub: Hub, school: str, of: WeekOf, now_ms: int) -> bool:
    """Whether the room is used without a lesson now: it will stand in the week."""
    view = hub.live.room(f"{school}.{of.key}", now_ms) if of.side is Side.ROOM else None
    return view is not None and view.status is RoomStatus.OCCUPIED_UNSCHEDULED


def _key(lesson: Lesson) -> str:
    return f"running/{lesson.room}/{lesson.id}"


def _figures(view: RoomView | None, lesson: Lesson) -> list[float | int | None]:
    """People (estimate, low, high, expected) and CO2; nothing of what is old."""
    if view is None or view.stale:
        return [None, None, None, lesson.expected_people, None]
    people, co2 = view.people, view.values.get("co2_ppm")
    level = None if co2 is None or co2.stale or isinstance(co2.value, str) else round(co2.value)
    return [_whole(people.estimate), _whole(people.low), _whole(people.high), lesson.expected_people, level]


def _whole(number: float | None) -> float | None:
    return None if number is None else round(number)
