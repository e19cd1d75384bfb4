"""One-day changes set by hand stay with their lesson where an import gives it another id; unsure ones are told lost."""

from datetime import date, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from hub.school.bells import HAND
from hub.school.changes import ChangeKind, DayChange, Meant
from hub.school.datebook import Told
from hub.school.edits import SetChange
from hub.school.importers.found import TimetableImport
from hub.school.journal import Kind
from hub.school.meeting import CLOSE_MIN, NEAR_MIN, Met, Occurrence, meant_by, meetings
from hub.school.plan import SchoolPlan
from hub.school.problems import Findings
from hub.school.repository import Schools
from hub.school.timetable import Bell, Card, PlannedLesson, PlannedRoom, SchoolClass, Subject, Teacher, Timetable
from tests.hub.school.test_plan import MONDAY, ms
from tests.patience import SOAK

EXAMPLES = 20 if SOAK else 1
NOW = ms(MONDAY - timedelta(days=7), "12:00")
MINUTE = 60_000
STARTS = (420, 470, 535, 585, 635)
BELLS = tuple(Bell(str(n), f"Tiết {n}", str(n), start, start + 45) for n, start in enumerate(STARTS, 1))
TOAN = ("toán", frozenset({"7a"}))


def lesson(identifier: str, start: int, end: int, subject: str = "toán", *classes: str) -> Occurrence:
    return Occurrence(identifier, start, end, subject=subject, classes=frozenset(classes or {"7a"}))


def told(identifier: str, start: int | None, meant: Meant | None, kind: ChangeKind = ChangeKind.CANCELLED) -> Told:
    return Told(HAND, DayChange(f"{identifier}-{start}-{kind}", MONDAY, kind, identifier, start), meant)


def followed(then: list[Occurrence], identifier: str, start: int, now: list[Occurrence]) -> Met:
    meant = meant_by(Met(frozenset({(identifier, start)})), then)
    assert meant is not None
    return meetings([(told(identifier, start, meant), identifier)], now)[0]


def at(*places: tuple[str, int]) -> Met:
    return Met(frozenset(places))


SINGLE = [lesson("L", 420, 465)]


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (SINGLE, [lesson("M", 420, 465)], at(("M", 420))),
        (SINGLE, [lesson("M", 420, 465), lesson("N", 585, 630)], at(("M", 420))),
        (SINGLE, [lesson("M", 420, 465, "văn")], Met()),  # another subject
        (SINGLE, [lesson("M", 420, 465, "toán", "7b")], Met()),  # another class
        (SINGLE, [lesson("M", 420, 465, "toán", "7a", "7b")], Met()),  # not the same classes
        (SINGLE, [lesson("M", 420 + NEAR_MIN, 495)], at(("M", 450))),  # bells moved
        (SINGLE, [lesson("M", 635, 680)], at(("M", 635))),  # the time moved: the only one of the day, then and now
        (SINGLE, [lesson("M", 535, 580), lesson("N", 635, 680)], Met(several=True)),
        (SINGLE, [lesson("M", 420, 515)], Met()),  # a double one holds another lesson, too
        (SINGLE, [lesson("M", 420, 465), lesson("N", 420, 465)], Met(several=True)),  # halves of the class
        (SINGLE, [lesson("L", 635, 680), lesson("M", 420, 465)], Met()),  # its own id is there, too far off
        ([*SINGLE, lesson("K", 535, 580)], [lesson("K", 535, 580)], Met()),  # it was dropped: the other one stays
        ([*SINGLE, lesson("K", 535, 580)], [lesson("K", 420, 465)], Met()),
        ([*SINGLE, lesson("K", 535, 580)], [lesson("M", 420, 465), lesson("N", 535, 580)], at(("M", 420))),
        ([*SINGLE, lesson("K", 535, 580)], [lesson("M", 635, 680)], Met()),  # which of both has moved?
        ([*SINGLE, lesson("K", 420, 465)], [lesson("K", 420, 465)], Met()),  # the other half of the class
        ([lesson("L", 420, 515)], [lesson("M", 420, 465), lesson("N", 470, 515)], at(("M", 420), ("N", 470))),
        ([lesson("L", 420, 515)], [lesson("M", 420, 465), lesson("M", 470, 515)], at(("M", 420), ("M", 470))),
        ([lesson("L", 420, 515)], [lesson("L", 420, 465), lesson("N", 470, 515)], at(("L", 420), ("N", 470))),
        ([lesson("L", 420, 515)], [lesson("L", 420, 465), lesson("N", 535, 580)], at(("L", 420))),  # another place
        ([lesson("L", 420, 515)], [lesson("M", 420, 465)], at(("M", 420))),  # shorter now
        ([lesson("L", 420, 515)], [lesson("M", 420, 465), lesson("N", 420, 515)], at(("N", 420))),
    ],
)
def test_what_a_change_means_once_ids_are_others(then: list[Occurrence], now: list[Occurrence], expected: Met) -> None:
    assert followed(then, "L", 420, now) == expected


def test_nothing_is_guessed_without_a_subject_and_classes() -> None:
    for subject, classes in (("", {"7a"}), ("toán", set[str]())):
        then = [Occurrence("L", 420, 465, subject=subject, classes=frozenset(classes))]
        now = [msgspec.structs.replace(then[0], lesson="M")]
        assert followed(then, "L", 420, now) == Met()


def test_of_two_changes_each_keeps_its_own_lesson() -> None:
    then = [lesson("L", 420, 465), lesson("K", 470, 515)]
    meant = {one.lesson: meant_by(at(one.place), then) for one in then}
    both = [(told(name, start, meant[name]), name) for name, start in (("L", 420), ("K", 470))]
    now = [lesson("M", 430, 475), lesson("N", 480, 525)]
    assert meetings(both, now) == [at(("M", 430)), at(("N", 480))]
    assert meetings(both, [lesson("N", 470, 515)]) == [Met(), at(("N", 470))]
    twice = [both[0], (told("L", 420, meant["L"]), "L")]
    assert meetings(twice, now) == [at(("M", 430))] * 2  # both were told of it


@st.composite
def days(draw: st.DrawFn) -> list[Occurrence]:
    """Classes sit in one lesson at a time; some lessons are double."""
    found = []
    for name in ("7a", "7b"):
        minute = 420
        for number in range(draw(st.integers(1, 6))):
            length = draw(st.sampled_from([40, 45, 90]))
            subject = draw(st.sampled_from(["toán", "văn", "hóa"]))
            found.append(lesson(f"{name}{number}", minute, minute + length, subject, name))
            minute += length + draw(st.sampled_from([5, 20]))
    return found


@settings(max_examples=150 * EXAMPLES, deadline=None)
@given(days(), st.integers(-CLOSE_MIN, CLOSE_MIN), st.data())
def test_a_day_whose_ids_are_all_new_keeps_every_change(
    then: list[Occurrence], by_min: int, data: st.DataObject
) -> None:
    kept = data.draw(st.sets(st.sampled_from(range(len(then)))))
    now = [
        msgspec.structs.replace(
            one, lesson=f"new-{one.lesson}", start_min=one.start_min + by_min, end_min=one.end_min + by_min
        )
        for one in then
    ]
    asked = [(told(one.lesson, one.start_min, meant_by(at(one.place), then)), one.lesson) for one in then]
    assert meetings(asked, now) == [at(one.place) for one in now]
    fewer = [one for index, one in enumerate(now) if index in kept]
    for index, met in enumerate(meetings(asked, fewer)):
        if index in kept:
            assert met == at(now[index].place)
        else:
            assert not met


@settings(max_examples=150 * EXAMPLES, deadline=None)
@given(days(), st.booleans())
def test_a_double_lesson_that_is_split_keeps_its_change_on_both_parts(then: list[Occurrence], keeps_id: bool) -> None:
    asked = [(told(one.lesson, one.start_min, meant_by(at(one.place), then)), one.lesson) for one in then]
    now, expected = [], []
    for one in then:
        cuts = [one.start_min, one.end_min]
        if one.end_min - one.start_min == 90:
            cuts.insert(1, one.start_min + 45)
        names = [one.lesson if keeps_id else f"{one.lesson}-1", f"{one.lesson}-2"]
        parts = [
            msgspec.structs.replace(one, lesson=name, start_min=start, end_min=end)
            for name, (start, end) in zip(names, pairwise(cuts), strict=False)
        ]
        now += parts
        expected.append(at(*(part.place for part in parts)))
    assert meetings(asked, now) == expected


@settings(max_examples=150 * EXAMPLES, deadline=None)
@given(days(), st.data())
def test_a_day_that_is_numbered_anew_changes_no_other_lesson(then: list[Occurrence], data: st.DataObject) -> None:
    ids = data.draw(st.permutations([one.lesson for one in then]))
    now = [msgspec.structs.replace(one, lesson=name) for one, name in zip(then, ids, strict=True)]
    called = {one.place: (one.subject, one.classes) for one in now}
    meant = [meant_by(at(one.place), then) for one in then]
    asked = [(told(one.lesson, one.start_min, words), one.lesson) for one, words in zip(then, meant, strict=True)]
    for words, here, met in zip(meant, now, meetings(asked, now), strict=True):
        assert words is not None
        assert all(called[place] == (words.subject, words.classes) for place in met.places)
        if words.alone:
            assert met == at(here.place)


def timetable(
    names: dict[str, str], cards: tuple[tuple[str, tuple[str, ...]], ...], subject: str = "Hoá học"
) -> Timetable:
    """`names`: ids of lessons with their class's name."""
    return Timetable(
        bells=BELLS,
        rooms=(PlannedRoom("R1", "P.101"),),
        subjects=(Subject("S", subject),),
        teachers=(Teacher("T", "Lê Thuý"),),
        classes=tuple(SchoolClass(f"C-{name}", name) for name in sorted(set(names.values()))),
        lessons=tuple(PlannedLesson(one, "S", (f"C-{name}",), (), ("T",)) for one, name in names.items()),
        cards=tuple(Card(one, periods, "1000000", "1", "1", ("R1",)) for one, periods in cards),
    )


def take(schools: Schools, what: Timetable, day_ms: int, valid_from: date | None = None) -> list[str]:
    """What it says of changes that are lost."""
    found = TimetableImport("test", what, {}, {}, Findings())
    result = schools.take_in(
        "thu", Kind.TIMETABLE, found, name="t", digest=str(day_ms), valid_from=valid_from, force=True, now_ms=day_ms
    )
    return [one.text.vi for one in result.difference.doubts if one.kind == "changes_lost"]


def off(identifier: str, start: int, end: int | None = None, day: date = MONDAY) -> SetChange:
    return SetChange(DayChange(f"off-{start}", day, ChangeKind.CANCELLED, identifier, start, end))


def plan_of(schools: Schools) -> SchoolPlan:
    plan = schools.schedule("thu")
    assert plan is not None
    return plan


def cancelled(schools: Schools, day: date = MONDAY) -> list[str]:
    return [one.id for one in plan_of(schools).school_day(day).cancelled]


def test_an_import_with_other_ids_and_another_spelling_keeps_a_change(engine: Engine) -> None:
    schools = Schools(engine)
    assert take(schools, timetable({"L": "7A Hoá"}, (("L", ("1",)),)), NOW) == []
    schools.edit("thu", off("L", 420), "op", NOW + MINUTE)
    before = cancelled(schools)
    for number, name in enumerate(("M", "N"), 1):  # twice: what it was told of is looked up in the plan of then
        later = timetable({name: "7a HÓA"}, ((name, ("1",)),), "Hóa học")
        assert take(schools, later, NOW + number * 3_600_000) == []
        assert cancelled(schools) == [f"{name}@2026-09-07T0420"]
        change = schools.by_hand("thu", MONDAY).changes[0]
        assert change.lesson == "L"
        assert (plan_of(schools).placed(change).lesson, plan_of(schools).unmet(MONDAY)) == (name, [])
    known = schools.as_known("thu", NOW + 2 * MINUTE)
    assert known is not None
    assert [one.id for one in known.school_day(MONDAY).cancelled] == before == ["L@2026-09-07T0420"]
    over = schools.as_known("thu", NOW + 3_600_000 + MINUTE)
    assert over is not None
    assert [one.id for one in over.school_day(MONDAY).cancelled] == ["M@2026-09-07T0420"]
    schools.make_ready("thu", ms(MONDAY, "06:00"))
    ready = schools.known("thu")
    assert ready is not None
    assert ready.at("r101", ms(MONDAY, "07:10")) is None
    newest = schools.imports("thu", limit=1)[0]
    schools.undo(newest.id, "op", NOW + 4 * 3_600_000)
    assert cancelled(schools) == ["M@2026-09-07T0420"]


def test_one_that_could_be_several_is_lost_and_told_why(engine: Engine) -> None:
    schools = Schools(engine)
    take(schools, timetable({"L": "7A"}, (("L", ("1",)),)), NOW)
    schools.edit("thu", off("L", 420), "op", NOW + MINUTE)
    halves = timetable({"M": "7A", "N": "7A"}, (("M", ("1",)), ("N", ("1",))))
    (said,) = take(schools, halves, NOW + 2 * MINUTE)
    assert "1 thay đổi trong ngày" in said
    assert "07/09/2026" in said
    assert "1 thay đổi trong đó hợp với nhiều tiết" in said
    assert cancelled(schools) == []
    (again,) = take(schools, timetable({"M": "7B"}, (("M", ("1",)),)), NOW + 3 * MINUTE) or [""]
    assert again == ""  # it was lost already


def test_a_lesson_that_is_gone_is_lost_as_before(engine: Engine) -> None:
    schools = Schools(engine)
    take(schools, timetable({"L": "7A", "K": "7A"}, (("L", ("1",)), ("K", ("4",)))), NOW)
    schools.edit("thu", off("L", 420), "op", NOW + MINUTE)
    (said,) = take(schools, timetable({"K": "7A"}, (("K", ("4",)),)), NOW + 2 * MINUTE)
    assert said.endswith("(07/09/2026)")
    assert cancelled(schools) == []


@pytest.mark.parametrize("first", ["L", "M"])
def test_a_double_lesson_split_by_an_import_is_cancelled_whole(engine: Engine, first: str) -> None:
    schools = Schools(engine)
    take(schools, timetable({"L": "7A"}, (("L", ("1", "2")),)), NOW)
    schools.edit("thu", off("L", 420, 515), "op", NOW + MINUTE)
    assert cancelled(schools) == ["L@2026-09-07T0420"]
    assert take(schools, timetable({first: "7A", "N": "7A"}, ((first, ("1",)), ("N", ("2",)))), NOW + 2 * MINUTE) == []
    assert cancelled(schools) == [f"{first}@2026-09-07T0420", "N@2026-09-07T0470"]


def test_a_timetable_from_some_day_on_carries_only_changes_of_that_day_on(engine: Engine) -> None:
    schools, next_week = Schools(engine), MONDAY + timedelta(days=7)
    take(schools, timetable({"L": "7A"}, (("L", ("1",)),)), NOW)
    for day in (MONDAY, next_week):
        change = msgspec.structs.replace(off("L", 420).change, id=f"off-{day}", day=day)
        schools.edit("thu", SetChange(change), "op", NOW + MINUTE)
    assert take(schools, timetable({"M": "7A"}, (("M", ("2",)),)), NOW + 2 * MINUTE, MONDAY + timedelta(days=1)) == []
    assert cancelled(schools) == ["L@2026-09-07T0420"]
    assert cancelled(schools, next_week) == ["M@2026-09-14T0470"]


def test_an_id_that_another_lesson_has_now_keeps_no_change(engine: Engine) -> None:
    """Some programs number lessons anew: who was ill in 7A is not away from 7B."""
    schools, first = Schools(engine), (("L", ("1",)), ("K", ("1",)))
    take(schools, timetable({"L": "7A", "K": "7B"}, first), NOW)
    schools.edit("thu", off("L", 420), "op", NOW + MINUTE)
    assert take(schools, timetable({"L": "7B", "K": "7A"}, first), NOW + 2 * MINUTE) == []
    (lesson,) = plan_of(schools).school_day(MONDAY).cancelled
    assert (lesson.id, lesson.classes) == ("K@2026-09-07T0420", ("7A",))
    gone = timetable({"L": "7B", "M": "7A"}, (("L", ("1",)), ("M", ("5",))), "Văn")
    (said,) = take(schools, gone, NOW + 3 * MINUTE)
    assert said.endswith("(07/09/2026)")
    assert cancelled(schools) == []
    schools.undo(schools.imports("thu", limit=1)[0].id, "op", NOW + 4 * MINUTE)
    assert cancelled(schools) == ["K@2026-09-07T0420"]


def test_classes_that_change_their_ids_take_their_changes_along(engine: Engine) -> None:
    schools, plan = Schools(engine), timetable({"L": "7A", "K": "7B"}, (("L", ("1",)), ("K", ("1",))))
    take(schools, plan, NOW)
    schools.edit("thu", off("L", 420), "op", NOW + MINUTE)
    swapped = msgspec.structs.replace(plan, classes=(SchoolClass("C-7A", "7B"), SchoolClass("C-7B", "7A")))
    assert take(schools, swapped, NOW + 2 * MINUTE) == []
    assert [one.classes for one in plan_of(schools).school_day(MONDAY).cancelled] == [("7A",)]


@pytest.mark.parametrize(("subject", "name"), [("Hoá học và đời sống", "7A"), ("Hoá học", "7A1")])
def test_a_lesson_that_is_only_called_otherwise_keeps_its_change(subject: str, name: str, engine: Engine) -> None:
    schools = Schools(engine)
    take(schools, timetable({"L": "7A"}, (("L", ("1",)),)), NOW)
    schools.edit("thu", off("L", 420), "op", NOW + MINUTE)
    assert take(schools, timetable({"L": name}, (("L", ("1",)),), subject), NOW + 2 * MINUTE) == []
    assert cancelled(schools) == ["L@2026-09-07T0420"]
