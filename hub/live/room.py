"""One room's state: from the fresh values of its devices to the view people see, judged anew every few seconds."""

from datetime import datetime, tzinfo

import msgspec

from hub.live import air
from hub.live.breath import Breath
from hub.live.context import Context, context_at
from hub.live.device import DeviceState
from hub.live.evidence import gather, usable
from hub.live.forecast.co2 import UnderWay, awaited, forecast
from hub.live.lamps import Lamps
from hub.live.minute_status import Course, day_span, pass_minute, restated
from hub.live.occupancy import Belief, Evidence, follow, told
from hub.live.people import people_view
from hub.live.reasons import reasons
from hub.live.shown import Shown, shown_values
from hub.live.situation import Situation
from hub.live.status import LATE_CLASS_MS, decide, prior
from hub.live.trace import MINUTE_MS
from hub.live.views import (
    Forecast,
    LessonView,
    People,
    Reason,
    RoomStatus,
    RoomView,
    Value,
    Ventilation,
    Waste,
)
from hub.live.waste import WasteMeter, running
from hub.registry.model import Room
from hub.school.model import Lesson
from hub.school.schedule import Schedule
from hub.stores.series import RoomMinute
from wire.text import Text

OVER_SLACK = 0.97  # once over, the limit counts as left only below this share of it
REFRESH_MS = 20_000  # beliefs move with time although nothing is measured
QUIET_REFRESH_MS = 60_000
FAULT = Text("Lỗi phần mềm khi đánh giá phòng này", "A software fault kept this room from being judged")
DARK_FROM_H, DARK_TO_H = 18.5, 5.5  # near the equator the sun keeps these hours all year
KNOWN_LESSON_MS = 10 * 60_000
NO_AIR = Ventilation(None, None, None)


class RoomState:
    """Mutable; owned by the engine. `changed` says that the view differs from the one last handed out."""

    __slots__ = (
        "belief",
        "breath",
        "changed",
        "closing",
        "context",
        "context_before",
        "course",
        "devices",
        "dirty",
        "due_ms",
        "evidence",
        "first_ms",
        "judged_ms",
        "lamps",
        "maintenance",
        "meter",
        "minute_ms",
        "over",
        "room",
        "since_least",
        "since_ms",
        "status",
        "unseen",
        "ventilation",
        "view",
        "zone",
    )

    def __init__(self, room: Room, zone: tzinfo, settings: air.AirSettings, *, unseen: bool = False) -> None:
        self.unseen = unseen  # lived again for its minutes only, without a view
        self.room = room
        self.zone = zone
        self.devices: dict[str, DeviceState] = {}
        self.breath = Breath(settings)
        self.meter = WasteMeter()
        self.lamps = Lamps()
        self.belief: Belief | None = None
        self.evidence = Evidence()
        self.status = RoomStatus.UNKNOWN
        self.since_ms: int | None = None
        self.since_least = False
        self.over = False
        self.maintenance: str | None = None
        self.ventilation = NO_AIR
        self.view: RoomView | None = None
        self.changed = False
        self.dirty = False
        self.judged_ms = -1
        self.first_ms: int | None = None
        self.closing: RoomMinute | None = None  # when the last full minute ended
        self.due_ms = 0
        self.minute_ms = -1
        self.context: Context | None = None  # of the newest reading, and the frame before it
        self.context_before: Context | None = None
        self.course: Course | None = None  # where the fold of this day's minutes stands

    def judge(self, schedule: Schedule | None, now_ms: int) -> bool:
        """Work everything out anew; True where the status is another than before."""
        if self.first_ms is None:
            self.first_ms = now_ms
        elif not self.unseen and now_ms // MINUTE_MS != self.judged_ms // MINUTE_MS:
            self.closing = self._closing()
        room = self.room.id
        lesson = schedule.at(room, now_ms) if schedule else None
        following = schedule.next_after(room, now_ms) if schedule else None
        open_now = schedule.in_school_hours(now_ms) if schedule else None
        waste = self._look(lesson, now_ms, prior(lesson, in_school_hours=open_now))
        status = RoomStatus.UNKNOWN
        if self.maintenance is None:
            status = decide(self.status, self.belief, lesson, now_ms, in_school_hours=open_now)
        flipped = status is not self.status
        if flipped or self.since_ms is None:
            self.since_least = self.status is RoomStatus.UNKNOWN and flipped
            self.status, self.since_ms = status, now_ms
        known = lesson if self._known(lesson, now_ms) else None
        self.ventilation = self.breath.ventilation(self.room, known, self.evidence.count)
        if self.unseen:
            self._plan_next(lesson, following, now_ms, now_ms)
            return flipped
        shown = shown_values(self.devices.values(), self.breath.device, now_ms)
        if status is RoomStatus.IN_LESSON:
            waste = ()  # nothing runs for nobody where the room is taken as in lesson
        situation = self._situation(schedule, lesson, shown.values, waste, now_ms)
        self._show(self._view(situation, shown, following))
        self._plan_next(lesson, following, shown.until_ms, now_ms)
        return flipped

    def _situation(
        self,
        schedule: Schedule | None,
        lesson: Lesson | None,
        values: dict[str, Value],
        waste: tuple[Waste, ...],
        now_ms: int,
    ) -> Situation:
        return Situation(
            now_ms=now_ms,
            zone=self.zone,
            status=self.status,
            belief=self.belief,
            evidence=self.evidence,
            trend=self.breath.trend,
            values=values,
            lesson=lesson,
            in_break=_in_break(schedule, lesson, now_ms),
            planned=schedule is not None,
            forecast=self._forecast(values, lesson, now_ms),
            ventilation=self.ventilation,
            waste=waste,
            maintenance=self.maintenance,
            cut=frozenset(device.id for device in self.devices.values() if not device.gateway_online),
        )

    def _view(self, situation: Situation, shown: Shown, following: Lesson | None) -> RoomView:
        room, lesson = self.room, situation.lesson
        return RoomView(
            school=room.school,
            room=room.id,
            name=room.name,
            building=room.building,
            status=self.status,
            since_ms=self.since_ms,
            since_least=self.since_least,
            reasons=reasons(situation),
            lesson=lesson_view(lesson),
            next_lesson=lesson_view(following),
            values=shown.values,
            newest_ms=shown.newest_ms,
            stale=shown.stale,
            people=self._people(lesson),
            ventilation=situation.ventilation,
            forecast=situation.forecast,
            waste=situation.waste,
            sparkline=self.breath.sparkline(situation.now_ms),
            maintenance=self.maintenance,
        )

    def refresh(self, now_ms: int, judge_by_ms: int) -> None:
        """Only the values and their freshness, between two judgements; what they mean follows by `judge_by_ms`."""
        if self.view is None:
            return
        shown = shown_values(self.devices.values(), self.breath.device, now_ms)
        self._show(
            msgspec.structs.replace(self.view, values=shown.values, newest_ms=shown.newest_ms, stale=shown.stale)
        )
        self.due_ms = min(self.due_ms, shown.until_ms + 1, judge_by_ms)
        self.dirty = False

    def give_up(self, now_ms: int) -> None:
        """After a fault of ours: forget what was believed, show what was measured, try again in a minute."""
        self.belief, self.status, self.since_ms, self.meter = None, RoomStatus.UNKNOWN, now_ms, WasteMeter()
        self.breath.trend, self.evidence, self.ventilation = None, Evidence(), NO_AIR
        self.judged_ms, self.due_ms, self.dirty = now_ms, now_ms + QUIET_REFRESH_MS, False
        shown = shown_values(self.devices.values(), None, now_ms)
        silent = Forecast(self.room.co2_limit_ppm, None, None, None, None, over=False)
        self._show(
            RoomView(
                school=self.room.school,
                room=self.room.id,
                name=self.room.name,
                building=self.room.building,
                status=self.status,
                since_ms=now_ms,
                reasons=(Reason(FAULT, hot=True),),
                lesson=None,
                next_lesson=None,
                values=shown.values,
                newest_ms=shown.newest_ms,
                stale=shown.stale,
                people=people_view(None, None, None, self.room.capacity),
                ventilation=NO_AIR,
                forecast=silent,
                waste=(),
                sparkline=(),
                maintenance=self.maintenance,
            )
        )

    def context_at(self, schedule: Schedule | None, t_ms: int) -> Context:
        """What is planned here then; what was found stays as long as readings lie in its frame."""
        for known in (self.context, self.context_before):
            if known is not None and known.holds(t_ms):
                return known
        try:
            found = context_at(schedule, self.room.id, t_ms)
        except Exception:  # noqa: BLE001 - a plan that breaks for one room: its judgement tells of it
            return Context(None, None, None, t_ms, t_ms + MINUTE_MS)
        if self.context is None or found.from_ms >= self.context.from_ms:
            if self.context is not None and found.lesson != self.context.lesson:
                self.due_ms = 0  # the first reading of another lesson: the room is judged at the next tick
            self.context, self.context_before = found, self.context
        else:
            self.context_before = found
        return found

    def replanned(self) -> None:
        self.context = self.context_before = None
        self.due_ms = 0

    def refold(self, course: Course) -> None:
        """Continue the day's minutes from there; the few closed since are restated when the day is over."""
        if self.course is not None and course.day_end_ms == self.course.day_end_ms and course.t_ms <= self.course.t_ms:
            self.course = course

    def minute(self, minute_ms: int, schedule: Schedule | None) -> RoomMinute | None:
        """What the room was at the end of that minute, once; None where it was not judged then.

        Status and lesson are those of the fold over the day's minutes, which every recomputation repeats.
        """
        end_ms = minute_ms + MINUTE_MS
        judged_then = self.first_ms is not None and self.first_ms < end_ms and self.judged_ms >= minute_ms - MINUTE_MS
        if self.minute_ms >= minute_ms or not self.devices or not judged_then:
            return None
        self.minute_ms = minute_ms
        closing = self.closing if self.judged_ms >= end_ms else self._closing()
        return None if closing is None else self._folded(msgspec.structs.replace(closing, t_ms=minute_ms), schedule)

    def _folded(self, minute: RoomMinute, schedule: Schedule | None) -> RoomMinute:
        planned, before = self.context_at(schedule, minute.t_ms), self.course
        same_day = before is not None and minute.t_ms < before.day_end_ms and before.t_ms < minute.t_ms
        end_ms = before.day_end_ms if before is not None and same_day else day_span(minute.t_ms, self.zone)[1]
        self.course = pass_minute(before, minute.t_ms, minute.evidence, planned, end_ms, direct=minute.direct)
        return restated(minute, self.course, planned)

    def _closing(self) -> RoomMinute:
        """What was judged last; its status is the fold's to say."""
        evidence, direct = told(self.evidence, self.belief) if self.maintenance is None else (None, False)
        people = self._people(None)
        return RoomMinute(
            school=self.room.school,
            room=self.room.id,
            t_ms=0,
            status=self.status.value,
            people=people.estimate,
            air_changes_per_h=self.ventilation.air_changes_per_h,
            people_low=people.low,
            people_high=people.high,
            evidence=evidence,
            direct=direct,
        )

    def _people(self, lesson: Lesson | None) -> People:
        doubted = self.status is RoomStatus.IN_LESSON
        return people_view(self.belief, self.evidence.count, lesson, self.room.capacity, doubted=doubted)

    def limit_crossed(self, device: DeviceState, value: float) -> bool:
        """Note a new CO2 value of the room's own sensor; True where it went over the limit or came back."""
        if (
            self.breath.device not in {None, device.id}
            or self.maintenance is not None
            or device.maintenance is not None
        ):
            return False
        limit = self.room.co2_limit_ppm
        over = value >= (limit * OVER_SLACK if self.over else limit)
        crossed, self.over = over is not self.over, over
        return crossed

    def _look(self, lesson: Lesson | None, now_ms: int, prior_odds: float) -> tuple[Waste, ...]:
        """Evidence, belief, ventilation and waste; under maintenance nothing is judged."""
        if self.maintenance is not None:
            self.belief, self.evidence = None, Evidence()
            self.breath.trend = None
            return ()
        devices = usable(self.devices.values())
        dark = self._dark_outside(now_ms)
        self.breath.measure(devices, now_ms)
        on = running(devices, now_ms, dark_outside=dark)
        evidence = gather(
            devices,
            now_ms,
            capacity=self.room.capacity,
            dark_outside=dark,
            appliances=[what for what, _ in on.values()],
        )
        self.lamps.see(evidence.light_lx, now_ms)
        self.evidence = msgspec.structs.replace(
            evidence,
            balance=self.breath.balance(self.room),
            lamps=self.lamps.on,
            expected=lesson.expected_people if lesson else None,
        )
        self.belief = follow(self.belief, self.evidence, prior_odds, now_ms)
        believed = lesson if self._known(lesson, now_ms) else None
        self.breath.learn(self.belief, self.evidence.count, believed, self.room, now_ms)
        self.meter.follow(on, self.devices, now_ms)
        empty = self.belief.since_ms if self.belief.occupied is False else None
        return self.meter.waste(empty, self.devices, now_ms)

    def _dark_outside(self, now_ms: int) -> bool:
        local = datetime.fromtimestamp(now_ms / 1000, self.zone)
        hour = local.hour + local.minute / 60
        return hour >= DARK_FROM_H or hour < DARK_TO_H

    def _known(self, lesson: Lesson | None, now_ms: int) -> bool:
        """Whether the roster's number may be taken for the people in the room."""
        return (
            lesson is not None
            and self.belief is not None
            and self.belief.occupied is True
            and now_ms - lesson.start_ms >= KNOWN_LESSON_MS
        )

    def _forecast(self, values: dict[str, Value], lesson: Lesson | None, now_ms: int) -> Forecast:
        seen = values.get("co2_ppm")
        over = self.over and seen is not None and not seen.stale and self.maintenance is None
        under_way = None
        if lesson is not None and self.status is RoomStatus.IN_LESSON and self.maintenance is None:
            since_min, left_min = (now_ms - lesson.start_ms) / MINUTE_MS, (lesson.end_ms - now_ms) / MINUTE_MS
            occupied = self.belief is not None and self.belief.occupied is True
            expected = awaited(lesson.expected_people, since_min, occupied=occupied)
            under_way = UnderWay(since_min, left_min, expected)
        return forecast(self.breath.trend, self.evidence.balance, self.room.co2_limit_ppm, under_way, over=over)

    def _show(self, view: RoomView) -> None:
        if view != self.view:
            self.view = view
            self.changed = True

    def _plan_next(self, lesson: Lesson | None, following: Lesson | None, fresh_until: int, now_ms: int) -> None:
        self.judged_ms = now_ms
        self.dirty = False
        due = now_ms + (
            REFRESH_MS if self.belief is not None and self.belief.occupied is not None else QUIET_REFRESH_MS
        )
        edges = [fresh_until + 1]
        if lesson is not None:
            edges += [lesson.end_ms, lesson.start_ms + LATE_CLASS_MS + 1]
        if following is not None:
            edges.append(following.start_ms)
        self.due_ms = min([due, *(edge for edge in edges if edge > now_ms)])


def _in_break(schedule: Schedule | None, lesson: Lesson | None, now_ms: int) -> bool:
    """Between two bell periods of the day."""
    if schedule is None or lesson is not None or schedule.period_at(now_ms) is not None:
        return False
    return schedule.in_school_hours(now_ms) is True and schedule.next_period(now_ms) is not None


def lesson_view(lesson: Lesson | None) -> LessonView | None:
    if lesson is None:
        return None
    return LessonView(lesson.subject, lesson.classes, lesson.teachers, lesson.period, lesson.start_ms, lesson.end_ms)
