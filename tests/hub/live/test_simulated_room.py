"""Lessons in a simulated classroom the estimator knows nothing of: late class, break, opened window, absent class."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from hub.live.engine import LiveEngine
from hub.live.views import RoomStatus, RoomView
from tests.hub.live.classroom import Classroom
from tests.hub.live.places import MINUTE, SCHOOL, T0, Places, Plan, lesson, reading

UID = f"{SCHOOL}.a101"


@dataclass
class Run:
    """One run: views by minute."""

    room: Classroom
    plan: Plan
    motion: Callable[[float], bool] | None = None
    light: Callable[[float], float] | None = None
    views: dict[int, RoomView] = field(default_factory=dict)

    def go(self, minutes: int) -> "Run":
        places = Places()
        for device in ("co2", "pir", "lux"):
            places.put(device)
        engine = LiveEngine(places, lambda _: self.plan)
        for step in range(minutes * 6):
            now, at = T0 + step * 10_000, step / 6
            rows = [reading("co2", now, {"co2_ppm": self.room.step(10)})]
            if self.motion is not None:
                moving = self.motion(at)
                previous = self.motion(at - 1 / 6)
                if step == 0 or moving != previous:
                    rows.append(reading("pir", now, {"occupancy": float(moving)}))
            if self.light is not None and step % 6 == 0:
                rows.append(reading("lux", now, {"illuminance_lx": self.light(at)}))
            engine.apply(rows, now)
            engine.tick(now)
            if step % 6 == 5:
                view = engine.room(UID, now)
                assert view is not None
                self.views[(step + 1) // 6] = view
        return self

    def statuses(self, first: int, last: int) -> set[RoomStatus]:
        return {self.views[minute].status for minute in range(first, last + 1)}


def class_of(count: float, start: float, end: float) -> Callable[[float], float]:
    """People come within three minutes and leave within two."""

    def people(at: float) -> float:
        coming = min(max((at - start) / 3, 0.0), 1.0)
        going = min(max((at - end) / 2, 0.0), 1.0)
        return round(count * (coming - going))

    return people


def test_a_class_seen_by_co2_alone_is_counted_within_the_stated_range() -> None:
    run = Run(Classroom(class_of(38, 20, 65), lambda _: 2.2), Plan([lesson(T0 + 20 * MINUTE, expected=40)])).go(90)
    assert run.statuses(5, 19) == {RoomStatus.IDLE}
    assert run.statuses(26, 64) == {RoomStatus.IN_LESSON}
    told = [run.views[minute].people for minute in range(30, 64)]
    within = [one for one in told if one.low is not None and one.high is not None and one.low <= 38 <= one.high]
    assert len(within) >= 0.95 * len(told)
    assert all(one.expected == 40 for one in told)
    assert RoomStatus.LESSON_BUT_EMPTY not in run.statuses(20, 64)
    assert run.statuses(80, 90) <= {RoomStatus.IDLE, RoomStatus.OCCUPIED_UNSCHEDULED}


def test_ventilation_per_person_comes_near_the_truth() -> None:
    run = Run(Classroom(class_of(40, 5, 90), lambda _: 4.0), Plan([lesson(T0 + 5 * MINUTE, 90)])).go(80)
    flow = 4.0 * 180_000 / 3600 / 40
    told = [run.views[minute].ventilation.litres_per_s_person for minute in range(35, 80)]
    known = [figure for figure in told if figure is not None]
    assert len(known) > 40
    assert all(0.7 * flow < figure < 1.4 * flow for figure in known)
    assert any("L/s mỗi người" in reason.text.vi for reason in run.views[60].reasons)


def test_an_absent_class_is_found_out_and_a_late_one_is_not_accused() -> None:
    plan = Plan([lesson(T0 + 10 * MINUTE, expected=40)])
    absent = Run(Classroom(lambda _: 0, lambda _: 1.5), plan, motion=lambda at: at < 2).go(40)
    assert absent.statuses(11, 14) == {RoomStatus.IN_LESSON}
    assert absent.statuses(20, 40) == {RoomStatus.LESSON_BUT_EMPTY}
    late = Run(Classroom(class_of(38, 14, 55), lambda _: 1.5), plan, motion=lambda at: 14 <= at < 56).go(54)
    assert late.statuses(11, 54) == {RoomStatus.IN_LESSON}


def test_co2_alone_finds_an_absent_class_out() -> None:
    run = Run(Classroom(lambda _: 0, lambda _: 1.5), Plan([lesson(T0 + 20 * MINUTE, expected=40)])).go(60)
    assert run.statuses(35, 60) == {RoomStatus.LESSON_BUT_EMPTY}
    assert run.views[50].people.estimate == 0


def test_an_opened_window_does_not_empty_the_room() -> None:
    room = Classroom(class_of(40, 5, 95), lambda at: 1.2 if at < 50 else 9.0)
    run = Run(room, Plan([lesson(T0 + 5 * MINUTE, 90)]), motion=lambda at: at >= 5 and int(at) % 3 != 0).go(90)
    assert run.statuses(12, 90) == {RoomStatus.IN_LESSON}


def test_the_forecast_meets_the_crossing() -> None:
    run = Run(Classroom(class_of(42, 5, 95), lambda _: 0.8), Plan([lesson(T0 + 5 * MINUTE, 90)])).go(70)
    crossed = next(minute for minute, view in sorted(run.views.items()) if view.forecast.over)
    near = [run.views[minute].forecast for minute in range(crossed - 8, crossed - 1)]
    hits = 0
    for minute, told in zip(range(crossed - 8, crossed - 1), near, strict=True):
        assert told.minutes is not None, minute
        low, high = told.minutes_low or 0, told.minutes_high or 120
        hits += low - 1.5 <= crossed - minute <= high + 1.5
    assert hits >= 6
    assert "đã vượt mức" in " ".join(reason.text.vi for reason in run.views[crossed].reasons)


def test_no_forecast_while_flat_falling_or_settling_below_the_limit() -> None:
    flat = Run(Classroom(lambda _: 0, lambda _: 2.0), Plan()).go(30)
    assert all(view.forecast.minutes is None for minute, view in flat.views.items() if minute > 10)
    settled = Run(Classroom(class_of(20, 5, 200), lambda _: 4.0), Plan([lesson(T0 + 5 * MINUTE, 190)])).go(120)
    assert all(settled.views[minute].forecast.minutes is None for minute in range(60, 120))


def test_after_hours_in_the_dark() -> None:
    plan = Plan(hours=(T0 - 600 * MINUTE, T0 - MINUTE))
    run = Run(Classroom(lambda _: 0, lambda _: 0.6), plan, motion=lambda _: False, light=lambda _: 2.0).go(20)
    assert run.statuses(8, 20) == {RoomStatus.AFTER_HOURS}


def test_the_status_does_not_flap() -> None:
    plan = Plan([lesson(T0 + 10 * MINUTE)])
    run = Run(
        Classroom(class_of(38, 8, 54), lambda _: 2.0), plan, motion=lambda at: 8 <= at < 56 and int(at) % 4 != 0
    ).go(80)
    statuses = [run.views[minute].status for minute in range(1, 81)]
    changes = sum(before is not after for before, after in pairwise(statuses))
    assert changes <= 5  # unknown, idle, arriving, in lesson, leaving, idle
