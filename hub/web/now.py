"""What a teacher needs now: the lesson running or next, its room, what needs doing there, the rest of the day."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from hub.context import Hub
from hub.live.figures import number
from hub.live.views import RoomView, Value
from hub.school.model import Lesson, SchoolDay
from hub.school.ready import ReadyPlan
from hub.web.board import Item
from hub.web.orders import device_orders
from hub.web.shape import shape_device, shape_room
from hub.web.texts import say
from wire.text import Language

MIN_MS, DAY_MS = 60_000, 86_400_000
SOON_MIN = 20.0  # a limit further away than this needs nobody yet
LEAVING_MS = 5 * MIN_MS
FREE_AFTER_MS = 15 * MIN_MS


class Off(StrEnum):
    """Why a lesson that was planned for a teacher is not theirs today."""

    CANCELLED = "cancelled"
    TAKEN = "taken"  # by a substitute


def now_items(hub: Hub, school: str, teacher: str, language: Language, now_ms: int) -> dict[str, Item]:
    """The board of one teacher (an id of the timetable). Never waits: a plan not built yet is told as such."""
    plan = hub.schools.known(school)
    lessons = [] if plan is None else plan.day_of_teacher(teacher, now_ms)
    today, tomorrow = (_day_of(plan, now_ms + offset) for offset in (0, DAY_MS))
    off = [] if today is None else _off(teacher, today)
    running = next((one for one in lessons if one.start_ms <= now_ms < one.end_ms), None)
    following = next((one for one in lessons if one.start_ms > now_ms), None)
    at_hand = running or following
    view = None if at_hand is None or not at_hand.room else hub.live.room(f"{school}.{at_hand.room}", now_ms)
    names = {room.id: room.name for room in hub.registry.rooms(school)}
    listed = sorted([*((one, None) for one in lessons), *off], key=lambda one: (one[0].start_ms, one[0].room))
    first = None if tomorrow is None else _first_of(teacher, tomorrow)
    return {
        "day": {
            "planned": plan is not None,
            "free": today is not None and today.school_hours is None,
            "title": "" if today is None else today.title,
            "running": None if running is None else _key(running),
            "next": None if following is None else _key(following),
            "lessons": [_lesson(one, names, why) for one, why in listed],
            "tomorrow": None if first is None else _lesson(first, names),
        },
        "room": {} if view is None else shape_room(view, language),
        "todo": {"list": [] if view is None else to_do(view, running, language, now_ms)},
        **_switches(hub, school, "" if at_hand is None else at_hand.room, language, now_ms),
    }


def _day_of(plan: ReadyPlan | None, t_ms: int) -> SchoolDay | None:
    """None where that day was not made ready."""
    if plan is None:
        return None
    day = plan.days.get(datetime.fromtimestamp(t_ms / 1000, UTC).astimezone(plan.zone).date())
    return None if day is None else day.school_day


def _first_of(teacher: str, day: SchoolDay) -> Lesson | None:
    mine = (one for one in (*day.lessons, *day.elsewhere) if teacher in one.teacher_ids)
    return min(mine, key=lambda one: one.start_ms, default=None)


def _off(teacher: str, day: SchoolDay) -> list[tuple[Lesson, Off]]:
    """What would be this teacher's today and is not, with the reason."""
    cancelled = [(one, Off.CANCELLED) for one in day.cancelled if teacher in one.teacher_ids]
    ran = (*day.lessons, *day.elsewhere)
    return cancelled + [(one, Off.TAKEN) for one in ran if teacher in one.relieved_ids]


def _switches(hub: Hub, school: str, room: str, language: Language, now_ms: int) -> dict[str, Item]:
    """Devices of the room that take orders, as the room page has them."""
    if not room:
        return {}
    views = [view for view in hub.live.devices(school, now_ms) if view.room == room]
    found = {view.device: shape_device(view) | device_orders(hub, school, view.device, language) for view in views}
    return {f"device/{device}": item for device, item in found.items() if item["accepts"]}


def _key(lesson: Lesson) -> str:
    return f"{lesson.room}/{lesson.id}"


def _lesson(lesson: Lesson, names: dict[str, str], off: Off | None = None) -> Item:
    change = off or lesson.change
    return {
        "key": _key(lesson),
        "subject": lesson.subject,
        "classes": list(lesson.classes),
        "room": lesson.room,
        "room_name": names.get(lesson.room, lesson.room),
        "period": lesson.period,
        "start": lesson.start_ms,
        "end": lesson.end_ms,
        "change": change.value if change else "",
        "by": list(lesson.teachers) if off is Off.TAKEN else [],
    }


def to_do(view: RoomView, running: Lesson | None, language: Language, now_ms: int) -> list[Item]:
    """What the teacher of that room should do, the most pressing first. Pure."""
    found: Sequence[Item | None] = (
        _mended(view, language),
        _air(view, language),
        _leaving(view, running, language, now_ms),
    )
    return [one for one in found if one is not None]


def _mended(view: RoomView, language: Language) -> Item | None:
    if view.maintenance is not None:
        return _task("maintenance", say("now.maintenance", language), view.maintenance)
    if view.stale:
        return _task("silent", say("now.silent", language), say("now.silent_hint", language))
    return None


def _air(view: RoomView, language: Language) -> Item | None:
    """Old figures advise nobody."""
    forecast, co2 = view.forecast, view.values.get("co2_ppm")
    if co2 is None or co2.stale:
        return None
    limit = number(forecast.limit_ppm).in_language(language)
    windows = say("now.open_windows", language)
    if forecast.over:
        return _task("air", windows, say("now.open_over", language, n=limit), hot=True)
    if forecast.minutes is not None and forecast.minutes <= SOON_MIN:
        return _task("air", windows, say("now.open_soon", language, n=limit, m=max(1, round(forecast.minutes))))
    return None


def _leaving(view: RoomView, running: Lesson | None, language: Language, now_ms: int) -> Item | None:
    """At the end of the last lesson for a while, what would go on running."""
    if running is None or running.end_ms - now_ms > LEAVING_MS:
        return None
    after = view.next_lesson
    if after is not None and after.start_ms - running.end_ms < FREE_AFTER_MS:
        return None
    if not _is_on(view.values.get("display_on")):
        return None
    what = say("running.display", language).lower()
    return _task("leaving", say("now.switch_off", language, what=what), "")


def _is_on(value: Value | None) -> bool:
    return value is not None and not value.stale and value.value == 1


def _task(kind: str, text: str, detail: str, *, hot: bool = False) -> Item:
    return {"kind": kind, "text": text, "detail": detail, "hot": hot}
