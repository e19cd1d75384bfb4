"""What people set by hand, several sources side by side, what was believed then, and the days live keeps ready."""

from datetime import date, timedelta

import msgspec
import pytest
from sqlalchemy import Engine, text

from hub.school.beliefs import Beliefs
from hub.school.calendar import CalendarDay, DayKind
from hub.school.changes import ChangeKind, DayChange
from hub.school.edits import DropBells, DropChange, DropDays, Edit, RefusedEdit, SetBells, SetChange, SetDays, days_of
from hub.school.importers.found import TimetableImport
from hub.school.journal import Kind, Status
from hub.school.plan import PlanRules, SchoolPlan
from hub.school.problems import Findings
from hub.school.repository import Schools, UnknownSchool
from hub.school.roster import Session
from hub.school.timetable import (
    Bell,
    Card,
    DatedCard,
    PlannedLesson,
    PlannedRoom,
    SchoolClass,
    Subject,
    Teacher,
    Timetable,
)
from tests.hub.school.conftest import ROOMS
from tests.hub.school.test_plan import MONDAY, ms
from tests.hub.school.test_repository import LATER, NOW, TIMETABLE, altered

SUNDAY = MONDAY - timedelta(days=1)
TUESDAY = MONDAY + timedelta(days=1)
OFF = DayChange("off", MONDAY, ChangeKind.CANCELLED, lesson="L1", note="họp")


def prepared(engine: Engine) -> Schools:
    schools = Schools(engine)
    schools.import_timetable("thu", TIMETABLE, NOW)
    return schools


def whole(schools: Schools) -> SchoolPlan:
    plan = schools.schedule("thu")
    assert plan is not None
    return plan


def test_a_cancelled_lesson_is_told_undone_and_told_again(engine: Engine) -> None:
    schools = prepared(engine)
    done = schools.edit("thu", SetChange(OFF), "cô Hạnh", LATER)
    assert (done.status, done.change.added) == (Status.APPLIED, 1)
    planned = whole(schools).school_day(MONDAY)
    assert [one.id for one in planned.cancelled] == ["L1@2026-09-07T0420"]
    assert whole(schools).at("r101", ms(MONDAY, "07:10")) is None
    again = schools.edit("thu", SetChange(OFF), "cô Hạnh", LATER + 5)
    assert (again.status, again.id) == (Status.UNCHANGED, 0)
    newest = schools.imports("thu", limit=1)[0]
    assert (newest.kind, newest.source, newest.by, newest.file) == ("edit", "hand", "cô Hạnh", "set_change")
    schools.undo(done.id, "cô Hạnh", LATER + 10)
    assert whole(schools).at("r101", ms(MONDAY, "07:10")) is not None
    schools.edit("thu", SetChange(OFF), "cô Hạnh", LATER + 20)
    schools.edit("thu", DropChange("off"), "cô Hạnh", LATER + 30)
    assert whole(schools).school_day(MONDAY).cancelled == ()
    with engine.begin() as connection:
        due = connection.execute(text("SELECT day FROM derive_due WHERE day = '2026-09-07'")).all()
    assert due


def test_undoing_a_change_of_one_day_asks_for_its_week_alone(engine: Engine) -> None:
    schools, long_after = prepared(engine), LATER + 60 * 86_400_000
    done = schools.edit("thu", SetChange(OFF), "cô Hạnh", long_after)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM derive_due"))
    schools.undo(done.id, "cô Hạnh", long_after + 10)
    with engine.begin() as connection:
        days = sorted(connection.scalars(text("SELECT day FROM derive_due")))
    assert days == [(MONDAY + timedelta(days=offset)).isoformat() for offset in range(7)]


def test_an_import_tells_one_day_changes_that_lose_their_lesson(engine: Engine, tmp_path: object) -> None:
    schools, ahead = prepared(engine), MONDAY + timedelta(days=7 * 52)
    schools.edit("thu", SetChange(msgspec.structs.replace(OFF, day=ahead, start_min=420)), "op", LATER)

    def lost(*changes: tuple[str, str]) -> list[str]:
        result = schools.import_timetable("thu", altered(tmp_path, *changes), LATER + 10, valid_from=MONDAY)  # type: ignore[arg-type]
        return [one.text.vi for one in result.difference.doubts if one.kind == "changes_lost"]

    assert lost(('starttime="7:00"', 'starttime="7:10"')) == []
    (told,) = lost(('starttime="7:00" endtime="7:45"', 'starttime="5:00" endtime="5:45"'))
    assert "1 thay đổi trong ngày" in told
    assert f"{ahead:%d/%m/%Y}" in told


def test_an_import_leaves_alone_what_people_set(engine: Engine, tmp_path: object) -> None:
    schools = prepared(engine)
    schools.edit("thu", SetChange(OFF), "op", LATER)
    moved = altered(tmp_path, ('classroomids="R102" period="3"', 'classroomids="RTIN" period="3"'))  # type: ignore[arg-type]
    assert schools.import_timetable("thu", moved, LATER + 10, valid_from=MONDAY).status == "applied"
    assert whole(schools).at("r101", ms(MONDAY, "07:10")) is None
    assert [one.id for one in schools.by_hand("thu", MONDAY).changes] == ["off"]


def test_a_schedule_by_hand_outranks_the_imported_one_from_its_day(engine: Engine) -> None:
    schools = prepared(engine)
    bells = tuple(Bell(str(n), f"Tiết {n}", str(n), 450 + 50 * n, 495 + 50 * n) for n in range(1, 8))
    schools.edit("thu", SetBells("", bells, MONDAY + timedelta(days=7)), "op", LATER)
    plan = whole(schools)
    before, after = plan.day("r101", ms(MONDAY, "12:00")), plan.day("r101", ms(MONDAY + timedelta(days=7), "12:00"))
    assert [one.start_ms for one in before] == [ms(MONDAY, "07:00")]
    assert [one.start_ms for one in after] == [ms(MONDAY + timedelta(days=7), "08:20")]
    assert len(schools.by_hand("thu", MONDAY + timedelta(days=7)).bells) == 7
    schools.edit("thu", DropBells("", MONDAY + timedelta(days=7)), "op", LATER + 10)
    again = whole(schools).day("r101", ms(MONDAY + timedelta(days=7), "12:00"))
    assert [one.start_ms for one in again] == [ms(MONDAY + timedelta(days=7), "07:00")]


def test_holidays_half_days_and_moved_days(engine: Engine) -> None:
    schools = prepared(engine)
    days = (
        CalendarDay(MONDAY, DayKind.HOLIDAY, "Nghỉ bão"),
        CalendarDay(SUNDAY, title="Học bù", weekday=0, until_min=8 * 60),
    )
    schools.edit("thu", SetDays(days), "op", LATER)
    plan = whole(schools)
    free, moved = plan.school_day(MONDAY), plan.school_day(SUNDAY)
    assert (free.title, free.lessons, free.school_hours, free.periods) == ("Nghỉ bão", (), None, ())
    assert plan.in_school_hours(ms(MONDAY, "08:00")) is False
    assert [(one.room, one.start_ms, one.end_ms) for one in moved.lessons] == [
        ("r101", ms(SUNDAY, "07:00"), ms(SUNDAY, "08:00"))
    ]
    assert moved.school_hours == (ms(SUNDAY, "07:00"), ms(SUNDAY, "08:00"))
    schools.edit("thu", DropDays((MONDAY,)), "op", LATER + 10)
    assert whole(schools).at("r101", ms(MONDAY, "07:10")) is not None


@pytest.mark.parametrize(
    "edit",
    [
        SetChange(msgspec.structs.replace(OFF, id="a b")),
        SetChange(msgspec.structs.replace(OFF, lesson="")),
        SetChange(msgspec.structs.replace(OFF, kind=ChangeKind.ROOM)),
        SetChange(msgspec.structs.replace(OFF, kind=ChangeKind.SUBSTITUTION)),
        SetChange(msgspec.structs.replace(OFF, kind=ChangeKind.EXTRA, rooms=("r101",), start_min=500, end_min=400)),
        SetChange(msgspec.structs.replace(OFF, kind=ChangeKind.EXTRA, start_min=400, end_min=500)),
        SetChange(msgspec.structs.replace(OFF, start_min=2000)),
        SetChange(msgspec.structs.replace(OFF, note="x" * 501)),
        SetChange(msgspec.structs.replace(OFF, rooms=("r",) * 21)),
        SetBells("", (), MONDAY),
        SetBells("", (Bell("1", "", "", 500, 400),), MONDAY),
        SetBells("", (Bell("1", "", "", 400, 500), Bell("1", "", "", 510, 550)), MONDAY),
        SetDays(()),
        SetDays((CalendarDay(MONDAY, weekday=7),)),
        SetDays((CalendarDay(MONDAY, title="x" * 501),)),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_in_words(engine: Engine, edit: Edit) -> None:
    with pytest.raises(RefusedEdit) as refused:
        Schools(engine).edit("thu", edit, "op", NOW)
    assert refused.value.text.vi
    assert Schools(engine).imports() == []


def test_an_edit_of_an_unknown_school(engine: Engine) -> None:
    with pytest.raises(UnknownSchool):
        Schools(engine).edit("nobody", SetChange(OFF), "op", NOW)


def test_a_week_said_for_one_day_touches_its_whole_week() -> None:
    assert days_of(SetDays((CalendarDay(TUESDAY, week=1),))) == (MONDAY, MONDAY + timedelta(days=6))


def test_what_was_believed_last_tuesday_about_last_monday(engine: Engine) -> None:
    """The room was swapped on Monday; the hub learned it on Wednesday."""
    schools = prepared(engine)
    tuesday, wednesday = ms(TUESDAY, "09:00"), ms(TUESDAY + timedelta(days=1), "09:00")
    swap = DayChange("swap", MONDAY, ChangeKind.ROOM, lesson="L1", rooms=("r102",))
    schools.edit("thu", SetChange(swap), "op", wednesday)
    then, before = schools.as_known("thu", tuesday), schools.as_known("thu", NOW - 1)
    assert then is not None
    assert before is None
    seven = ms(MONDAY, "07:10")
    believed, known = then.at("r101", seven), whole(schools).at("r102", seven)
    assert believed is not None
    assert known is not None
    assert (believed.change, known.change) == (None, ChangeKind.ROOM)
    assert whole(schools).at("r101", seven) is None


def other_source() -> Timetable:
    """Ids that the usual import has too, with other meanings."""
    return Timetable(
        rooms=(PlannedRoom("R102", "Phòng 102"),),
        subjects=(Subject("S1", "Bóng rổ"),),
        teachers=(Teacher("T1", "Trần Văn Bách"),),
        classes=(SchoolClass("C1", "CLB"),),
        lessons=(PlannedLesson("L1", "S1", classes=("C1",), teachers=("T1",)),),
        cards=(Card("L1", ("4",), "100000", "1", "1", ("R102",)),),
        dated=(DatedCard("L1", MONDAY, 17 * 60, 18 * 60, ("R102",)),),
    )


def test_two_sources_stand_side_by_side_and_never_mix_their_ids(engine: Engine) -> None:
    schools = prepared(engine)
    found = TimetableImport("test", other_source(), {}, {}, Findings())
    schools.take_in("thu", Kind.TIMETABLE, found, name="clb", digest="d", source="clb", force=True, now_ms=NOW + 1)
    plan = whole(schools)
    usual, club = plan.at("r101", ms(MONDAY, "07:10")), plan.at("r102", ms(MONDAY, "17:30"))
    assert usual is not None
    assert club is not None
    assert (usual.subject, club.subject, club.class_ids, club.teacher_ids) == (
        "Toán",
        "Bóng rổ",
        ("clb:C1",),
        ("clb:T1",),
    )
    assert plan.at_class("clb:C1", ms(MONDAY, "17:30")) == club
    assert plan.at_teacher("clb:T1", ms(MONDAY, "17:30")) == club
    weekly = [one for one in plan.day("r102", ms(MONDAY, "12:00")) if one.subject == "Bóng rổ"]
    assert len(weekly) == 2  # by the usual bells, as it has none of its own, and by the date
    key = plan.teachers.by_id["clb:T1"].key
    listed = plan.teachers.find(key)
    assert listed is not None
    assert (listed.id, listed.name) == ("clb:T1", "Trần Văn Bách")
    assert plan.classes.find(key) is None
    assert "T1" not in key


def test_live_keeps_today_and_in_the_evening_tomorrow(engine: Engine) -> None:
    schools = prepared(engine)
    noon, evening = ms(MONDAY, "12:00"), ms(MONDAY, "20:30")
    assert schools.known("thu") is None
    assert schools.lacks("thu", noon)
    schools.make_ready("thu", noon)
    ready = schools.known("thu")
    assert ready is not None
    assert ready.dates == {MONDAY}
    assert not schools.lacks("thu", noon)
    assert ready.at("r101", ms(MONDAY, "07:10")) == whole(schools).at("r101", ms(MONDAY, "07:10"))
    assert ready.names("r101", noon)
    assert ready.in_school_hours(ms(MONDAY, "07:10"))
    assert ready.at("r101", ms(SUNDAY, "07:10")) is None
    assert ready.asked == {SUNDAY}
    assert ready.at("r101", ms(MONDAY + timedelta(days=30), "07:10")) is None
    assert ready.asked == {SUNDAY}
    assert schools.lacks("thu", noon)
    schools.make_ready("thu", noon)
    ready = schools.known("thu")
    assert ready is not None
    assert ready.dates == {SUNDAY, MONDAY}
    assert schools.lacks("thu", evening)
    schools.make_ready("thu", evening)
    ready = schools.known("thu")
    assert ready is not None
    assert ready.dates == {MONDAY, TUESDAY}


def test_a_week_said_on_monday_is_known_where_only_saturday_is_ready(engine: Engine) -> None:
    schools, saturday = prepared(engine), MONDAY + timedelta(days=5)
    usual = whole(schools).at("tin", ms(saturday, "10:00"))
    schools.edit("thu", SetDays((CalendarDay(MONDAY, week=1),)), "op", LATER)
    schools.make_ready("thu", ms(saturday, "06:00"))
    ready = schools.known("thu")
    assert ready is not None
    turned = ready.at("tin", ms(saturday, "10:00"))
    assert usual is not None
    assert turned is not None
    assert (usual.id[:2], turned.id[:2]) == ("L3", "L4")
    assert turned == whole(schools).at("tin", ms(saturday, "10:00"))


def test_an_edit_reaches_the_days_that_are_ready(engine: Engine) -> None:
    schools = prepared(engine)
    schools.make_ready("thu", ms(MONDAY, "06:00"))
    before = schools.known("thu")
    schools.edit("thu", SetChange(OFF), "op", ms(MONDAY, "06:30"))
    after = schools.known("thu")
    assert before is not None
    assert after is not None
    assert after.version > before.version
    assert before.at("r101", ms(MONDAY, "07:10")) is not None
    assert after.at("r101", ms(MONDAY, "07:10")) is None


def test_a_school_without_a_timetable_is_ready_without_a_plan(engine: Engine) -> None:
    schools = Schools(engine)
    schools.make_ready("thu", NOW)
    assert schools.known("thu") is None
    assert not schools.lacks("thu", NOW)
    schools.import_timetable("thu", TIMETABLE, NOW)
    assert schools.lacks("thu", NOW)


def test_weeks_counted_from_the_term_where_that_was_said() -> None:
    table = Timetable(
        bells=(Bell("1", "Tiết 1", "1", 420, 465),),
        rooms=(PlannedRoom("R", "P.101"),),
        lessons=(PlannedLesson("A", ""), PlannedLesson("B", "")),
        cards=(Card("A", ("1",), "1", "10", "1", ("R",)), Card("B", ("1",), "1", "01", "1", ("R",))),
    )
    term = Session("s", "HK1", "semester", date(2026, 9, 1), date(2027, 1, 15))  # a Tuesday, ISO week 36
    plan = SchoolPlan(timetables=[(date.min, table)], rooms=ROOMS, sessions=[term], rules=PlanRules(from_term=True))
    found = [plan.at("r101", ms(MONDAY + timedelta(days=7 * week), "07:10")) for week in range(3)]
    assert [one.id[0] for one in found if one] == ["B", "A", "B"]
    assert plan.week_of(MONDAY) == 1


def test_people_set_nothing_yet(engine: Engine) -> None:
    prepared(engine)
    with engine.begin() as connection:
        assert Beliefs(connection, "thu").by_hand(MONDAY) == Timetable()
