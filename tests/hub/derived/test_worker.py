"""The worker by the clock: lessons after they ended, open days due again, a moved device, a fault for itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, update

from hub.db.derived_models import FilledDayRow, LessonRecordRow
from hub.derived.due import Reason, mark, mark_days, next_due, strike
from hub.derived.records import Records
from hub.derived.worker import AGAIN_MS, Deriver
from hub.live.minute_status import Course
from hub.live.views import RoomStatus
from hub.registry.model import Room
from hub.registry.registry import Registry
from hub.registry.retiring import Retiring
from hub.school.changes import ChangeKind, DayChange
from hub.school.edits import SetChange
from hub.stores.duckdb import DuckDbSeries
from hub.stores.mirror import RegistryMirror
from hub.stores.reader import SeriesReader
from hub.stores.series import Point, RoomMinute
from tests.hub.derived.term import FIRST, MINUTE, SCHOOL, Story, at
from tests.hub.derived.test_term import Term
from tests.patience import PATIENCE_S

DAY = timedelta(days=1)


@pytest.fixture
async def hub(state_engine: Engine, tmp_path: Path) -> AsyncIterator[Term]:
    series = SeriesReader(DuckDbSeries(tmp_path / "series.duckdb"))
    made = Term(state_engine, series)
    await made.build()
    made.take_in(FIRST, None, "autumn")
    yield made
    await series.close()


async def told(hub: Term, room: str, first_min: int, last_min: int, level: float) -> None:
    minutes = [
        RoomMinute(SCHOOL, room, at(FIRST, minute), "unknown", None, None, evidence=level)
        for minute in range(first_min, last_min)
    ]
    await hub.series.put_minutes(minutes)


def lessons(hub: Term, room: str) -> dict[int, bool | None]:
    found = Records(hub.engine).of_room(SCHOOL, room, FIRST, FIRST)
    return {(one.start_ms - at(FIRST, 0)) // MINUTE: one.attendance.held for one in found}


def due_days(hub: Term, ahead_ms: int = 0) -> list[tuple[date, str]]:
    with hub.engine.connect() as connection:
        return [(one.day, one.reason) for one in next_due(connection, hub.now_ms + ahead_ms, 100)]


async def test_a_lesson_has_its_record_minutes_after_its_end(hub: Term) -> None:
    hub.now_ms = at(FIRST, 6 * 60)
    hub.schools.make_ready(SCHOOL, hub.now_ms)
    await hub.deriver.follow()
    await told(hub, "r2", 400, 480, 3.0)
    hub.now_ms = at(FIRST, 469)  # the lesson ended at 465: rows may still be on their way
    await hub.deriver.follow()
    assert lessons(hub, "r2") == {}
    hub.now_ms = at(FIRST, 471)
    await hub.deriver.follow()
    assert lessons(hub, "r2") == {420: True}
    assert hub.deriver.figures()["derived_lessons_total"] == len(
        [one for one in Story().lessons(FIRST) if one.start_min == 420]
    )


async def test_an_open_day_is_derived_as_far_as_it_came_and_again_when_it_is_over(hub: Term) -> None:
    await told(hub, "r1", 400, 480, -3.0)
    hub.now_ms = at(FIRST, 9 * 60)
    hub.ask(FIRST, Reason.EDIT)
    await hub.derive()
    assert lessons(hub, "r1") == {420: False, 470: None}
    assert due_days(hub) == []
    over = at(FIRST + DAY, 15) - hub.now_ms
    assert due_days(hub, over - 1) == []
    assert due_days(hub, over) == [(FIRST, "ended")]
    await told(hub, "r1", 470, 520, 3.0)
    hub.now_ms += over
    await hub.derive()
    assert lessons(hub, "r1")[470] is True
    assert due_days(hub, 10**10) == []


async def test_a_device_moved_in_the_past_takes_its_minutes_along(hub: Term) -> None:
    first, last = at(FIRST, 420), at(FIRST, 540)
    points = [
        Point(SCHOOL, "pir-r1", t_ms, {"occupancy": float(t_ms // MINUTE % 5 < 3)}, "e", t_ms)
        for t_ms in range(first, last, MINUTE)
    ]
    await hub.series.commit(points, [])
    hub.now_ms = at(FIRST + DAY, 20)
    hub.ask(FIRST, Reason.LATE)
    await hub.derive()
    assert sum(one.direct for one in await hub.series.minutes(SCHOOL, "r1", first, last)) > 60
    with hub.engine.begin() as connection:
        mark_days(connection, SCHOOL, [FIRST.isoformat()], Reason.DEVICE, hub.now_ms, rooms=["r1", "r2"])
    hub.registry.assign(SCHOOL, "pir-r1", "r2", at(FIRST, 0))
    await RegistryMirror(hub.registry, hub.series).tell()
    await hub.derive()
    assert not any(one.direct for one in await hub.series.minutes(SCHOOL, "r1", first, last))
    assert sum(one.direct for one in await hub.series.minutes(SCHOOL, "r2", first, last)) > 60


async def test_who_asked_meanwhile_is_not_forgotten(hub: Term) -> None:
    with hub.engine.begin() as connection:
        mark(connection, SCHOOL, FIRST, FIRST, Reason.PLAN, at(FIRST + DAY, 0))
        (due,) = next_due(connection, at(FIRST + DAY, 1), 10)
        mark(connection, SCHOOL, FIRST, FIRST + 400 * DAY, Reason.EDIT, at(FIRST + DAY, 0))
        strike(connection, due)
        days = [one.day for one in next_due(connection, at(FIRST + DAY, 1), 500)]
    assert days == [FIRST + DAY, FIRST]  # today everywhere on earth, no day to come


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        # a second correction while the first one's rooms wait to be lived again, or while the first is derived
        ((Reason.ESTIMATES, 0), (Reason.PLAN, 3_000), Reason.PLAN),
        ((Reason.PLAN, 3_000), (Reason.ESTIMATES, 0), Reason.PLAN),
        ((Reason.ENDED, 80_000_000), (Reason.ESTIMATES, 0), Reason.ESTIMATES),
        ((Reason.ESTIMATES, 0), (Reason.ENDED, 80_000_000), Reason.ESTIMATES),
        ((Reason.ESTIMATES, 0), (Reason.LATE, 3_000), Reason.LATE),
        ((Reason.LATE, 3_000), (Reason.ESTIMATES, 0), Reason.LATE),
        ((Reason.EDIT, 3_600_000), (Reason.ENDED, 0), Reason.EDIT),  # it failed and waits for an hour
    ],
)
async def test_of_two_reasons_the_one_that_says_more_stands(
    hub: Term, first: tuple[Reason, int], second: tuple[Reason, int], stands: Reason
) -> None:
    now_ms = at(FIRST + DAY, 0)
    with hub.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM derive_due")
        for reason, after_ms in (first, second):
            rooms = ["r1"] if reason == Reason.ESTIMATES else []
            mark_days(
                connection, SCHOOL, [FIRST.isoformat()], reason, now_ms, not_before_ms=now_ms + after_ms, rooms=rooms
            )
        (due,) = next_due(connection, now_ms, 10)
    wanted = ("r1",) if Reason.ESTIMATES in {first[0], second[0]} else ()
    assert (due.reason, due.rooms) == (stands, wanted)


async def test_a_second_correction_has_its_rooms_lived_again_too(hub: Term) -> None:
    """It comes while those of the first still wait."""
    tuesday = FIRST + DAY
    hub.now_ms = at(tuesday + DAY, 60)
    points = [
        Point(SCHOOL, f"air-{room}", at(tuesday, minute), {"co2_ppm": 900.0}, "e", number * 1_000 + minute)
        for number, room in enumerate(("r1", "r2", "r3"))
        for minute in range(400, 900)
    ]
    minutes = [
        RoomMinute(SCHOOL, room, at(tuesday, minute), "unknown", None, None, evidence=3.0)
        for room in ("r1", "r2", "r3")
        for minute in range(400, 900)
    ]
    await hub.series.commit(points, [])
    await hub.series.put_minutes(minutes)
    hub.ask(tuesday, Reason.EDIT)
    await hub.derive()
    lived: list[tuple[str, ...]] = []
    for moved in (("r1", "r2"), ("r1", "r3")):
        hub.take_in(FIRST, moved, str(moved))
        hub.now_ms += 60_000
        with hub.engine.connect() as connection:
            assert [one.reason for one in next_due(connection, hub.now_ms, 200) if one.day == tuesday] == ["plan"]
        while await hub.deriver.next_day():
            with hub.engine.connect() as connection:
                found = [one for one in next_due(connection, hub.now_ms, 200) if one.day == tuesday]
            if found and found[0].reason == Reason.ESTIMATES:
                lived.append(found[0].rooms)
                break
    assert lived == [("r1", "r2"), ("r3",)]


async def test_a_day_an_import_asks_for_is_derived_from_that_import(hub: Term) -> None:
    tuesday = FIRST + DAY
    hub.now_ms = at(tuesday + DAY, 60)
    assert hub.schools.schedule(SCHOOL) is not None  # a page is open: the whole plan is in memory
    with hub.engine.begin() as connection:
        mark_days(connection, SCHOOL, [tuesday.isoformat()], Reason.LATE, hub.now_ms, not_before_ms=0)
    command_line = Term(hub.engine, hub.series)
    command_line.now_ms = hub.now_ms
    command_line.take_in(FIRST, ("r1", "r2"), "other rooms")
    minutes = [
        RoomMinute(SCHOOL, "r1", at(tuesday, minute), "unknown", None, None, evidence=3.0) for minute in range(400, 900)
    ]
    await hub.series.put_minutes(minutes)
    while await hub.deriver.next_day():
        pass
    wanted = {one.start_min for one in Story(swapped_from=FIRST).lessons(tuesday) if one.room == "r1"}
    found = Records(hub.engine).of_room(SCHOOL, "r1", tuesday, tuesday)
    assert {(one.start_ms - at(tuesday, 0)) // MINUTE for one in found} == wanted


async def test_a_day_a_new_name_asks_for_is_derived_with_that_name(hub: Term) -> None:
    """A room makes way for another by a command; the hub has not looked since, and a page is open."""
    tuesday = FIRST + DAY
    hub.now_ms = at(tuesday + DAY, 60)
    assert hub.schools.schedule(SCHOOL) is not None
    minutes = [
        RoomMinute(SCHOOL, "r3", at(tuesday, minute), "unknown", None, None, evidence=3.0) for minute in range(400, 900)
    ]
    await hub.series.put_minutes(minutes)
    command_line = Registry(hub.engine)
    command_line.retire_room(SCHOOL, "r1", Retiring(tuesday, "dột", take_out=True), hub.now_ms)
    command_line.add_room(Room(SCHOOL, "r3", "r3", "a", aliases=("r1",)), since=tuesday, now_ms=hub.now_ms)
    hub.now_ms += 60_000
    while await hub.deriver.next_day():
        pass
    found = {(one.room, one.start_ms) for one in Records(hub.engine).of_day(SCHOOL, tuesday)}
    lessons_then = {(one.room, at(tuesday, one.start_min)) for one in Story().lessons(tuesday)}
    moved = {("r3" if room == "r1" else room, start_ms) for room, start_ms in lessons_then}
    assert {one for one in found if one[0] != "r2"} == {one for one in moved if one[0] != "r2"}


async def test_a_day_that_cannot_be_derived_keeps_no_other_waiting(hub: Term, caplog: pytest.LogCaptureFixture) -> None:
    broken = {"school": SCHOOL, "day": (FIRST + DAY).isoformat(), "room": "r1"}
    with hub.engine.begin() as connection:
        connection.execute(insert(FilledDayRow).values(**broken, spans=[["a fault of ours"]]))
    hub.now_ms = at(FIRST + 2 * DAY, 0)
    await told(hub, "r2", 400, 480, 3.0)
    await hub.series.put_minutes([RoomMinute(SCHOOL, "r1", at(FIRST + DAY, 420), "unknown", None, None, evidence=3.0)])
    hub.ask(FIRST, Reason.EDIT)
    hub.ask(FIRST + DAY, Reason.EDIT)
    await asyncio.wait_for(hub.derive(), PATIENCE_S)
    assert lessons(hub, "r2")[420] is True
    assert hub.deriver.failures == 1
    assert "2026-09-08 of le-loi cannot be derived" in caplog.text
    assert due_days(hub, AGAIN_MS - 120_000) == []
    assert due_days(hub, AGAIN_MS) == [(FIRST + DAY, "edit")]
    with hub.engine.begin() as connection:
        connection.execute(delete(FilledDayRow))
    hub.now_ms += AGAIN_MS
    await hub.derive()
    assert due_days(hub, AGAIN_MS) == []
    assert hub.deriver.failures == 1


async def test_a_record_of_another_shape_is_written_anew(hub: Term) -> None:
    await told(hub, "r2", 400, 480, 3.0)
    hub.now_ms = at(FIRST + DAY, 20)
    hub.ask(FIRST, Reason.EDIT)
    await hub.derive()
    with hub.engine.begin() as connection:
        connection.execute(update(LessonRecordRow).where(LessonRecordRow.room == "r2").values(record={"of": "0.1"}))
    hub.ask(FIRST, Reason.EDIT)
    await hub.derive()
    assert hub.deriver.failures == 0
    assert lessons(hub, "r2")[420] is True


async def test_live_goes_on_from_a_day_corrected_in_its_middle(hub: Term) -> None:
    """Weak evidence kept a room occupied in a lesson; the lesson is cancelled, and it never said anything."""
    tuesday = FIRST + DAY
    gone = next(one for one in Story().lessons(tuesday) if (one.room, one.start_min) == ("r1", 420))
    told_live: dict[str, Course] = {}
    hub.deriver = Deriver(
        hub.stores,
        now_ms=lambda: hub.now_ms,
        refold=lambda school, courses: told_live.update(courses) if school == SCHOOL else None,
    )
    weak = [
        RoomMinute(SCHOOL, "r1", at(tuesday, minute), "in_lesson", None, None, evidence=0.75, lesson=gone.id)
        for minute in range(421, 440)
    ]
    await hub.series.put_minutes(weak)
    hub.now_ms = at(tuesday, 442)
    hub.ask(tuesday, Reason.EDIT)
    await hub.derive()
    assert told_live == {}  # as live had it
    cancelled = DayChange("c", tuesday, ChangeKind.CANCELLED, gone.id.split("@")[0])
    hub.schools.edit(SCHOOL, SetChange(cancelled), "op", hub.now_ms)
    await hub.derive()
    assert (told_live["r1"].t_ms, told_live["r1"].status) == (at(tuesday, 439), RoomStatus.UNKNOWN)
    assert told_live.keys() == {"r1"}


@pytest.mark.parametrize("asked", [(Reason.EDIT, Reason.LATE), (Reason.LATE, Reason.EDIT)])
async def test_rows_that_came_late_are_looked_for_whoever_else_asks(hub: Term, asked: tuple[Reason, ...]) -> None:
    """Hours that were worked out once are worked out again, because more of their rows may have come."""
    hub.now_ms = at(FIRST + DAY, 20)
    early, whole = at(FIRST, 420), range(at(FIRST, 420), at(FIRST, 435), MINUTE)
    points = [Point(SCHOOL, "pir-r1", t_ms, {"occupancy": 1.0}, "e", t_ms // MINUTE) for t_ms in whole]
    await hub.series.commit(points[:1], [])
    hub.ask(FIRST, Reason.LATE)
    await hub.derive()
    await hub.series.replace_minutes(SCHOOL, "r1", early, early + 15 * MINUTE, [])  # nothing could be told of them then
    await hub.series.commit(points, [])
    for reason in asked:
        hub.ask(FIRST, reason)
        hub.now_ms += 1 if reason is Reason.EDIT else -1
    await hub.derive()
    assert sum(one.direct for one in await hub.series.minutes(SCHOOL, "r1", early, early + 15 * MINUTE)) > 10


async def test_minutes_of_before_evidence_was_kept_stay_as_they_were_told(hub: Term) -> None:
    old = [RoomMinute(SCHOOL, "r1", at(FIRST, minute), "in_lesson", 31.0, None) for minute in range(425, 440)]
    await hub.series.put_minutes(old)
    await told(hub, "r1", 440, 460, 3.0)
    hub.now_ms = at(FIRST + DAY, 20)
    hub.ask(FIRST, Reason.PLAN)
    await hub.derive()
    stored = await hub.series.minutes(SCHOOL, "r1", at(FIRST, 420), at(FIRST, 460))
    assert stored[: len(old)] == old
    assert {one.status for one in stored[len(old) :]} == {"in_lesson"}
