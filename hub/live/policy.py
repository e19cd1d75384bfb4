"""What the hub may switch by itself: a table of rules, and whether one applies to a device now. Pure.

A rule only ever switches off. It needs a fresh word that the device is on, a timetable that knows of no lesson around
now, and nobody seen; what is not known of people does not hold it back, what is not known of lessons does.
"""

from enum import StrEnum

import msgspec

from hub.live.views import DeviceView, RoomStatus, RoomView
from hub.school.schedule import Schedule
from wire.orders import OrderKind
from wire.text import Text

MIN_MS = 60_000
ONE_ORDER_MS = 60 * MIN_MS  # of one device: who switches it on again is not worked against
MISSED_MS = 3 * MIN_MS  # a gap between two looks longer than this begins the count of minutes anew
SCHOOL_DAY_MIN = 180  # four lessons: what a dry run has to have watched of a day's school hours


class Mode(StrEnum):
    """How far a rule may go in a school."""

    OFF = "off"
    DRY_RUN = "dry_run"
    ON = "on"


class Rule(msgspec.Struct, frozen=True):
    """`state` is the quantity that says the device is on."""

    id: str
    kind: OrderKind
    state: str
    idle_min: int
    what: Text


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(
            "displays-off",
            OrderKind.DISPLAY_OFF,
            "display_on",
            20,
            Text(
                "Tắt bảng tương tác và máy chiếu ở phòng không có tiết trong 20 phút trước và sau",
                "Displays and projectors off in rooms without a lesson for 20 minutes before and after",
            ),
        ),
    )
}


class OnSince:
    """Since when devices have been seen on, look by look; in memory, so a hub that restarts waits once more."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}  # device -> first, last look

    def look(self, device: tuple[str, str], now_ms: int, *, on: bool) -> int | None:
        """Since when it has been on without a break; None where it is not."""
        if not on:
            self._seen.pop(device, None)
            return None
        first_ms, last_ms = self._seen.get(device, (now_ms, now_ms))
        if not 0 <= now_ms - last_ms <= MISSED_MS:
            first_ms = now_ms
        self._seen[device] = (first_ms, now_ms)
        return first_ms

    def forget(self, before_ms: int) -> None:
        """Devices nobody has looked at since."""
        self._seen = {device: seen for device, seen in self._seen.items() if seen[1] >= before_ms}


def is_on(rule: Rule, device: DeviceView) -> bool:
    """Its own fresh word; a device being worked on says nothing."""
    said = device.values.get(rule.state)
    reachable = device.maintenance is None and device.available is not False
    return said is not None and said.value == 1 and not said.stale and reachable


def why_act(rule: Rule, room: RoomView, schedule: Schedule, on_since_ms: int | None, now_ms: int) -> Text | None:
    """Why the rule switches the device in that room off now; None where it does not."""
    idle_ms = rule.idle_min * MIN_MS
    if on_since_ms is None or now_ms - on_since_ms < idle_ms:
        return None
    if room.maintenance is not None or room.status in {RoomStatus.OCCUPIED_UNSCHEDULED, RoomStatus.IN_LESSON}:
        return None
    if room.lesson is not None or lesson_around(schedule, room.room, now_ms, idle_ms):
        return None
    if not schedule.names(room.room, now_ms):
        return None  # spelt another way in the timetable, or a hall that has none: its lessons are not known
    empty = room.status in {RoomStatus.IDLE, RoomStatus.AFTER_HOURS}
    return Text(
        f"không có tiết trong {rule.idle_min} phút trước và sau{', không thấy ai' if empty else ''}",
        f"no lesson for {rule.idle_min} minutes before and after{', nobody seen' if empty else ''}",
    )


def lesson_around(schedule: Schedule, room: str, now_ms: int, within_ms: int) -> bool:
    """Whether any lesson runs, ended less than `within_ms` ago, or begins within it; over midnight too."""
    first_ms, last_ms = now_ms - within_ms, now_ms + within_ms
    days = [*schedule.day(room, first_ms), *schedule.day(room, last_ms)]
    return any(lesson.start_ms <= last_ms and lesson.end_ms > first_ms for lesson in days)


def may_order_again(last_ms: int | None, now_ms: int) -> bool:
    """At most one order a device an hour; a clock that was put back starts the hour anew rather than for ever."""
    return last_ms is None or not 0 <= now_ms - last_ms < ONE_ORDER_MS


class Watched(msgspec.Struct, frozen=True):
    """How much of its school hours a rule in dry run has watched: on `day`, and on its best day."""

    day: str = ""
    minutes: int = 0
    longest_min: int = 0

    def another(self, day: str) -> "Watched":
        """One minute more, of that local date."""
        minutes = self.minutes + 1 if day == self.day else 1
        return Watched(day, minutes, max(self.longest_min, minutes))

    @property
    def enough(self) -> bool:
        return self.longest_min >= SCHOOL_DAY_MIN


def why_not_on(mode: Mode, watched: Watched) -> Text | None:
    """Why a rule may not be turned on from `mode`; None where it may, or is on already."""
    if mode is Mode.ON or (mode is Mode.DRY_RUN and watched.enough):
        return None
    hours = SCHOOL_DAY_MIN // 60
    if mode is Mode.OFF:
        return Text(
            f"hãy cho chạy thử trước, ít nhất một ngày học ({hours} giờ trong giờ học)",
            f"let it run dry first, for at least a school day ({hours} hours within school hours)",
        )
    return Text(
        f"chạy thử mới theo dõi được {watched.longest_min} trên {SCHOOL_DAY_MIN} phút của một ngày học",
        f"the dry run has watched {watched.longest_min} of {SCHOOL_DAY_MIN} minutes of a school day so far",
    )
