"""Each defect of school data is found, counted and told; what is fine is not."""

from datetime import date

import pytest

from hub.registry.model import Room
from hub.school.quality import ClassSize, IssueKind, RetiredRoom, SchoolData, issues
from hub.school.roster import Session
from hub.school.timetable import Bell, Card, Group, PlannedLesson, PlannedRoom, SchoolClass, Subject, Teacher, Timetable

BELLS = (Bell("1", "Tiết 1", "1", 420, 465), Bell("2", "Tiết 2", "2", 470, 515))
ROOMS = (Room("thu", "r101", "P.101", "a", capacity=40), Room("thu", "lab", "Phòng Lý", "a"))


def plan(cards: tuple[Card, ...], lessons: tuple[PlannedLesson, ...], **more: tuple[object, ...]) -> Timetable:
    usual = {
        "bells": BELLS,
        "rooms": (PlannedRoom("1", "101"), PlannedRoom("2", "Phòng Lí"), PlannedRoom("3", "Sân bóng")),
        "subjects": (Subject("S", "Toán"),),
        "teachers": (Teacher("T", "Ánh"), Teacher("U", "Bảo")),
        "classes": (SchoolClass("A", "7A"), SchoolClass("B", "7B")),
    }
    return Timetable(cards=cards, lessons=lessons, **(usual | more))  # type: ignore[arg-type]


def card(lesson: str, period: str = "1", room: str = "1", weeks: str = "1", days: str = "1000000") -> Card:
    return Card(lesson, (period,), days, weeks, "1", (room,) if room else ())


def lesson(name: str, classes: str = "A", teacher: str = "T", groups: tuple[str, ...] = ()) -> PlannedLesson:
    return PlannedLesson(name, "S", tuple(classes), groups, (teacher,) if teacher else ())


def found(timetable: Timetable, **more: object) -> dict[IssueKind, int]:
    data = SchoolData(timetables=(timetable,), rooms=ROOMS, **more)  # type: ignore[arg-type]
    return {issue.kind: issue.count for issue in issues(data)}


def test_a_sound_plan_has_no_issue() -> None:
    sizes = (ClassSize(("7A",), 35), ClassSize(("7B",), 36))
    assert found(plan((card("1"), card("1", "2")), (lesson("1"),)), classes=sizes) == {}
    assert issues(SchoolData()) == []


def test_rooms_nobody_has_and_which_they_may_be() -> None:
    timetable = plan((card("1", room="2"), card("1", "2", room="3")), (lesson("1"),))
    (issue,) = issues(SchoolData(timetables=(timetable,), rooms=ROOMS))
    assert (issue.kind, issue.count, issue.serious) == (IssueKind.ROOM_UNKNOWN, 2, True)
    assert [(one.alias, one.room) for one in issue.proposals] == [("Phòng Lí", "lab")]
    other = plan((card("1"),), (lesson("1"),), rooms=(PlannedRoom("1", "P.102"),))
    (digits,) = issues(SchoolData(timetables=(other,), rooms=ROOMS))
    assert digits.proposals == ()  # 102 is not 101, however alike


def proposed(name: str, *rooms: Room) -> list[str]:
    timetable = plan((card("1"),), (lesson("1"),), rooms=(PlannedRoom("1", name),))
    return [one.room for issue in issues(SchoolData(timetables=(timetable,), rooms=rooms)) for one in issue.proposals]


@pytest.mark.parametrize(
    ("name", "called", "building", "meant"),
    [
        ("B201", "A201", "a", False),
        ("B.201", "A 201", "nha-a", False),
        ("Nhà B 201", "Nhà A 201", "main", False),
        ("201B", "201A", "main", False),
        ("B201", "P.201", "a", False),
        ("A201", "Phòng A 201 (mới)", "a", True),
        ("P.201", "P.201 cũ", "a", True),
        ("Phòng Lí 2", "Phòng Lý 2 (mới)", "a", True),
    ],
)
def test_a_letter_is_another_building(name: str, called: str, building: str, meant: bool) -> None:
    assert proposed(name, Room("thu", "x1", called, building)) == (["x1"] if meant else [])


def test_an_alias_without_its_letter_does_not_hide_the_building() -> None:
    assert proposed("B201", Room("thu", "a201", "A201", "a", aliases=("201",))) == []


def test_a_retired_room_is_told_as_such_and_nothing_is_offered_for_it() -> None:
    timetable = plan((card("1"),), (lesson("1"),), rooms=(PlannedRoom("1", "P.102"),))
    gone = RetiredRoom(Room("thu", "r102", "102", "a", retired="Sửa mái"), date(2026, 11, 24))
    (issue,) = issues(SchoolData(timetables=(timetable,), rooms=ROOMS, retired=(gone,)))
    assert (issue.kind, issue.count, issue.serious, issue.proposals) == (IssueKind.ROOM_RETIRED, 1, True, ())
    assert issue.examples == ("P.102 (24/11/2026)",)
    assert "Dùng lại" in issue.todo.vi


def test_lessons_without_room_or_teacher() -> None:
    timetable = plan((card("1", room=""), card("2")), (lesson("1"), lesson("2", "B", "")))
    assert found(timetable) == {IssueKind.LESSON_WITHOUT_ROOM: 1, IssueKind.LESSON_WITHOUT_TEACHER: 1}


def test_a_subject_that_never_has_a_room_may_be_meant_so() -> None:
    subjects = (Subject("S", "Toán"), Subject("P", "Giáo dục thể chất"))
    sport = PlannedLesson("3", "P", ("B",), (), ("U",))
    placed = (card("1"), card("1", "2"), card("1", days="01"))
    cards = (*placed, card("3", room=""), card("3", "2", room=""), card("1", room="", days="001"))
    data = SchoolData(timetables=(plan(cards, (lesson("1"), sport), subjects=subjects),), rooms=ROOMS)
    fault, yard = issues(data)
    assert (fault.kind, fault.count, fault.meant) == (IssueKind.LESSON_WITHOUT_ROOM, 1, False)
    assert (yard.kind, yard.count, yard.meant, yard.serious) == (IssueKind.SUBJECT_WITHOUT_ROOM, 2, True, False)
    assert yard.examples == ("Giáo dục thể chất (2)",)
    forgotten = plan((card("1"), card("3", room=""), card("3", "2", room="")), (lesson("1"), sport), subjects=subjects)
    assert found(forgotten) == {IssueKind.LESSON_WITHOUT_ROOM: 2}  # most lessons lack one


def test_classes_against_the_roster() -> None:
    timetable = plan((card("1"),), (lesson("1"),))
    sizes = (ClassSize(("7a", ""), 45),)
    assert found(timetable, classes=sizes) == {IssueKind.CLASS_UNKNOWN: 1, IssueKind.CLASS_TOO_LARGE: 1}
    empty = (ClassSize(("7A",), 0), ClassSize(("7B",), 30))
    assert found(timetable, classes=empty) == {IssueKind.CLASS_EMPTY: 1}


def test_two_lessons_at_once() -> None:
    both = (lesson("1"), lesson("2", "B", "U"))
    assert found(plan((card("1"), card("2")), both)) == {IssueKind.ROOM_TWICE: 1}
    assert found(plan((card("1", weeks="10"), card("2", weeks="01")), both)) == {}
    assert found(plan((card("1"), card("2", "2")), both)) == {}
    same = (lesson("1"), lesson("2", "B"))
    assert found(plan((card("1"), card("2")), same)) == {}  # two classes taught together
    assert found(plan((card("1"), card("2", room="")), same))[IssueKind.TEACHER_TWICE] == 1
    halves = (lesson("1", groups=("g1",)), lesson("2", teacher="U", groups=("g2",)))
    groups = (Group("g1", "A", "1"), Group("g2", "A", "2"))
    rooms = (PlannedRoom("1", "101"), PlannedRoom("2", "Phòng Lý"))
    assert found(plan((card("1"), card("2", room="2")), halves, groups=groups, rooms=rooms)) == {}
    whole = (lesson("1"), lesson("2", teacher="U"))
    assert found(plan((card("1"), card("2", room="2")), whole, rooms=rooms)) == {IssueKind.CLASS_TWICE: 1}


def test_bells_and_terms() -> None:
    bells = (BELLS[0], Bell("2", "Tiết 2", "2", 460, 505), Bell("2", "Tiết 2", "2", 400, 445, "half"))
    assert found(plan((card("1"),), (lesson("1"),), bells=bells)) == {IssueKind.BELLS_OVERLAP: 1}
    spans = ((date(2026, 9, 5), date(2026, 12, 20)), (date(2027, 2, 15), date(2027, 5, 30)))
    terms = tuple(Session(str(at), f"HK{at}", "semester", *span) for at, span in enumerate(spans))
    assert found(plan((card("1"),), (lesson("1"),)), sessions=terms) == {IssueKind.TERM_GAP: 1}
    later = (terms[0], Session("y", "HK1", "semester", date(2027, 9, 5), date(2028, 1, 10)))
    assert found(plan((card("1"),), (lesson("1"),)), sessions=later) == {}  # a summer between two years


def test_pupils_are_counted() -> None:
    data = SchoolData(pupils_outside=3, pupils_twice=2)
    assert [(issue.kind, issue.count) for issue in issues(data)] == [
        (IssueKind.PUPIL_IN_NO_CLASS, 3),
        (IssueKind.PUPIL_IN_TWO_CLASSES, 2),
    ]
