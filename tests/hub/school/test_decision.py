"""What is suspicious waits for a person; what a person decides is weighed anew against what holds then."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from hub.school.beliefs import Beliefs
from hub.school.difference import Compared, DoubtKind, Names, difference
from hub.school.doubts import Situation, doubts
from hub.school.headcount import Headcount
from hub.school.importers.found import RosterImport, TimetableImport
from hub.school.intake import ImportResult, NotHeld, forget_held
from hub.school.journal import Kind
from hub.school.kept import KEPT_DAYS, Gone
from hub.school.problems import Findings
from hub.school.quality import IssueKind, issues
from hub.school.quality_data import school_data
from hub.school.repository import Schools
from hub.school.roster import Enrolment, Person, Roster, RosterClass, Session
from hub.school.timetable import Bell, Card, PlannedLesson, PlannedRoom, Teacher, Timetable
from tests.hub.school.test_undo import DAY_MS, NOW, STEMS, believed
from wire.text import Text

PUPILS = 30
DOUBT = Text("không có lớp này", "there is no such class")


def roster(pupils: int = PUPILS, *, staff: str = "Nguyễn", year: int = 2026, zeros: bool = True) -> Roster:
    """Two classes of half the pupils each, four teachers, one term."""
    keys = [f"{number:04d}" if zeros else str(number) for number in range(1, pupils + 1)]
    people = [Person(key, "Bí Mật", f"Học{key}", "student", key) for key in keys]
    people += [Person(f"T{number}", f"Giáo{number}", staff, "teacher") for number in range(4)]
    return Roster(
        sessions=(Session("hk1", "HK1", "semester", date(year, 9, 5), date(year + 1, 1, 15)),),
        classes=(RosterClass("A", "7A"), RosterClass("B", "7B")),
        people=tuple(people),
        enrolments=tuple(Enrolment(f"E{key}", "AB"[int(key) % 2], key, "student") for key in keys),
        gone={stem: frozenset() for stem in STEMS},
    )


def taken(schools: Schools, thing: Roster, at_ms: int = NOW, **more: Any) -> ImportResult:
    found = RosterImport("made", "1.2", {}, thing, {}, Findings())
    digest = str(hash(thing.people + thing.enrolments + thing.sessions))
    return schools.take_in("thu", Kind.ROSTER, found, name="r.zip", digest=digest, now_ms=at_ms, **more)


def holding(result: ImportResult) -> set[DoubtKind]:
    return {doubt.kind for doubt in result.difference.doubts if doubt.holds}


@pytest.fixture
def schools(engine: Engine, tmp_path: Path) -> Schools:
    made = Schools(engine, held_folder=tmp_path / "imports")
    assert taken(made, roster()).status == "applied"
    return made


def test_each_suspicion_holds(schools: Schools) -> None:
    full = roster()
    less = msgspec.structs.replace(full, enrolments=full.enrolments[: PUPILS // 2], people=full.people[: PUPILS // 2])
    later = NOW + DAY_MS
    assert holding(taken(schools, less, later)) >= {DoubtKind.SHRINK}
    moved = tuple(msgspec.structs.replace(one, school_class="B") for one in full.enrolments)
    swapped = taken(schools, msgspec.structs.replace(full, enrolments=moved), later)
    assert holding(swapped) == {DoubtKind.CLASS_EMPTIED}
    assert [one.en for one in swapped.difference.pupils] == ["15 pupils leave class 7A", "15 new pupils in class 7B"]
    assert holding(taken(schools, roster(staff="Trần"), later)) == {DoubtKind.TEACHERS_RENAMED}
    assert holding(taken(schools, roster(year=2027), later)) == {DoubtKind.TERM_MOVED}
    assert DoubtKind.ZEROS_LOST in holding(taken(schools, roster(zeros=False), later))
    nobody = msgspec.structs.replace(full, enrolments=())
    assert DoubtKind.EMPTY in holding(taken(schools, nobody, later))


def test_a_class_that_loses_most_of_its_pupils(schools: Schools) -> None:
    full = roster()
    left = tuple(one for one in full.enrolments if one.school_class == "B" or one.id in {"E0002", "E0004"})
    result = taken(schools, msgspec.structs.replace(full, enrolments=left), NOW + DAY_MS)
    reasons = [doubt.text.en for doubt in result.difference.doubts if doubt.kind is DoubtKind.CLASS_EMPTIED]
    assert reasons == ["class 7A loses 13 of 15 pupils"]


def test_left_out_rows_hold_until_a_person_let_them_pass(schools: Schools) -> None:
    def broken(pupils: int, errors: int, at_ms: int) -> ImportResult:
        findings = Findings()
        for row in range(errors):
            findings.error("enrollments.csv", DOUBT, row + 2)
        found = RosterImport("made", "1.2", {}, roster(pupils), {"users": pupils}, findings)
        return schools.take_in("thu", Kind.ROSTER, found, name="r", digest=f"{pupils}{errors}", now_ms=at_ms)

    held = broken(PUPILS + 1, 2, NOW + DAY_MS)
    assert holding(held) == {DoubtKind.LEFT_OUT}
    assert schools.decide(held.id, "operator", NOW + 2 * DAY_MS, apply=True).status == "applied"
    assert broken(PUPILS + 2, 2, NOW + 3 * DAY_MS).status == "applied"
    assert broken(PUPILS + 3, 3, NOW + 4 * DAY_MS).status == "held"


def test_held_changes_nothing_and_is_weighed_anew(engine: Engine, schools: Schools, tmp_path: Path) -> None:
    before = believed(engine)
    held = taken(schools, roster(10), NOW + DAY_MS)
    assert (held.status, believed(engine)) == ("held", before)
    (kept,) = (tmp_path / "imports").glob("*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    more = taken(schools, roster(PUPILS + 2), NOW + 2 * DAY_MS)
    assert more.status == "applied"
    applied = schools.decide(held.id, "operator", NOW + 3 * DAY_MS, apply=True)
    assert applied.change.ended == 2 * (PUPILS + 2 - 10)  # of what holds now, not of what held when it came
    assert not kept.exists()
    with pytest.raises(NotHeld):  # and not that its content is gone: somebody else applied it
        schools.decide(held.id, "operator", NOW + 3 * DAY_MS, apply=True)
    schools.undo(held.id, "operator", NOW + 4 * DAY_MS)
    assert len(believed(engine)["school_enrolment"]) == PUPILS + 2


def test_rejected_and_forgotten(engine: Engine, schools: Schools, tmp_path: Path) -> None:
    before = believed(engine)
    held = taken(schools, roster(10), NOW + DAY_MS)
    assert schools.decide(held.id, "operator", NOW + 2 * DAY_MS, apply=False).status == "refused"
    assert not list((tmp_path / "imports").glob("*.json"))
    again = taken(schools, roster(10), NOW + 3 * DAY_MS)
    assert schools.held.forget_before(int(time.time() * 1000) + (KEPT_DAYS + 1) * DAY_MS) == [again.id]
    with pytest.raises(Gone):
        schools.decide(again.id, "operator", NOW + 4 * DAY_MS, apply=True)
    assert schools.decide(again.id, "operator", NOW + 4 * DAY_MS, apply=False).status == "refused"
    assert believed(engine) == before


def test_what_a_killed_hub_left_behind_goes_and_changes_nothing(
    engine: Engine, schools: Schools, tmp_path: Path
) -> None:
    held = taken(schools, roster(10), NOW + DAY_MS)
    (kept,) = (tmp_path / "imports").glob("*.json")
    content = kept.read_bytes()
    schools.decide(held.id, "operator", NOW + 2 * DAY_MS, apply=True)
    kept.write_bytes(content)  # killed after the commit, before it let go of the file
    upload = tmp_path / "imports" / "upload-x"
    upload.mkdir()
    (upload / "roster.zip").write_bytes(b"names")
    now_ms = int(time.time() * 1000)
    assert forget_held(engine, schools.held, now_ms) == 0
    assert upload.exists()
    assert forget_held(engine, schools.held, now_ms + (KEPT_DAYS + 1) * DAY_MS) == 0
    assert (kept.exists(), upload.exists()) == (False, False)
    assert schools.imports("thu")[0].status == "applied"
    waiting = taken(schools, roster(5), NOW + 3 * DAY_MS)
    assert forget_held(engine, schools.held, now_ms + (KEPT_DAYS + 1) * DAY_MS) == 1
    assert {one.id: one.status for one in schools.imports("thu")}[waiting.id] == "refused"


def test_what_cannot_be_kept_does_not_wait_for_anybody(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    schools = Schools(engine, held_folder=tmp_path / "file" / "imports")  # a folder that cannot be made
    assert taken(schools, roster()).status == "applied"
    result = taken(schools, roster(10), NOW + DAY_MS)
    assert (result.status, result.findings.bad) == ("refused", 1)
    assert schools.imports("thu")[0].status == "refused"


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "thing",
    [
        Timetable(cards=(Card("L", ("1",), "1" * 80, "", "", ()),)),
        Timetable(cards=(Card("L", ("1",), "1", "1" * 65, "", ()),)),
        Timetable(cards=(Card("L", ("1",), "1", "", "", ()),), rooms=(PlannedRoom("R", "P", capacity=10**12),)),
    ],
)
def test_what_no_column_takes_is_refused_in_words(engine: Engine, thing: Timetable, *, force: bool) -> None:
    found = TimetableImport("made", thing, {}, {}, Findings())
    result = Schools(engine).take_in("thu", Kind.TIMETABLE, found, name="t.xml", digest="d", now_ms=NOW, force=force)
    assert (result.status, result.findings.bad) == ("refused", 1)


def test_a_pull_does_not_fill_the_history(schools: Schools) -> None:
    first = taken(schools, roster(), NOW, source="sis", force=True)
    assert first.status == "applied"
    assert [taken(schools, roster(), NOW + day * DAY_MS, source="sis").status for day in (1, 2)] == ["unchanged"] * 2
    held = taken(schools, roster(10), NOW + 3 * DAY_MS, source="sis")
    assert taken(schools, roster(10), NOW + 4 * DAY_MS, source="sis").id == held.id
    newer = taken(schools, roster(9), NOW + 5 * DAY_MS, source="sis")
    statuses = {entry.id: entry.status for entry in schools.imports("thu")}
    assert (statuses[held.id], statuses[newer.id], len(statuses)) == ("refused", "held", 4)
    schools.decide(newer.id, "operator", NOW + 6 * DAY_MS, apply=False)
    assert taken(schools, roster(9), NOW + 7 * DAY_MS, source="sis").status == "refused"
    assert len(schools.imports("thu")) == 4


def test_a_source_keeps_its_hands_off_another(engine: Engine, schools: Schools) -> None:
    own = believed(engine)["school_enrolment"]
    other = taken(schools, roster(4), NOW + DAY_MS, source="sis", force=True)
    assert other.status == "applied"
    schools.undo(other.id, "operator", NOW + 2 * DAY_MS)
    assert believed(engine)["school_enrolment"] == own


def test_no_pupil_is_named_in_a_difference(engine: Engine, schools: Schools) -> None:
    result = taken(schools, roster(PUPILS + 5, staff="Nguyễn"), NOW + DAY_MS)
    said = msgspec.json.encode(result.difference).decode()
    assert "Bí Mật" not in said
    assert "0031" not in said
    assert any("học sinh mới ở lớp 7" in line.vi for line in result.difference.pupils)
    with engine.begin() as connection:
        stored = str(connection.execute(text("SELECT doubts, changes, counts FROM school_import")).all())
    assert "Bí Mật" not in stored


def test_rooms_nobody_has_hold_only_where_they_take_lessons_away(engine: Engine) -> None:
    def plan(room: str) -> TimetableImport:
        made = Timetable(
            bells=(Bell("1", "1", "1", 420, 465),),
            rooms=(PlannedRoom("R", room),),
            teachers=(Teacher("T", "Ánh"),),
            lessons=(PlannedLesson("L", "", (), (), ("T",)),),
            cards=(Card("L", ("1",), "1000000", "1", "1", ("R",)),),
        )
        return TimetableImport("made", made, {}, {}, Findings())

    own = Schools(engine)

    def take(room: str, at_ms: int) -> ImportResult:
        return own.take_in("thu", Kind.TIMETABLE, plan(room), name="t", digest=room, now_ms=at_ms)

    first = take("Sân bóng", NOW)
    assert (first.status, [doubt.kind for doubt in first.difference.doubts]) == ("applied", [DoubtKind.ROOM_UNKNOWN])
    assert take("P.101", NOW + DAY_MS).status == "applied"
    lost = take("Nhà đa năng", NOW + 2 * DAY_MS)
    assert (lost.status, holding(lost)) == ("held", {DoubtKind.ROOM_UNKNOWN})


rows = st.dictionaries(st.text("0123ab", min_size=1, max_size=4), st.fixed_dictionaries({"name": st.text(max_size=3)}))


@given(before=rows, after=rows)
def test_a_difference_accounts_for_every_row(before: dict[str, Any], after: dict[str, Any]) -> None:
    kept = frozenset(key for key in after if before.get(key) == after[key])
    compared = Compared("subjects", {k: v for k, v in before.items() if k not in kept}, after, kept, len(before))
    (table,) = difference("thu", [compared], Names()).tables or (None,)
    if table is None:
        assert not before.keys() - kept
        assert not after
        return
    assert table.added == len(after.keys() - before.keys())
    assert table.ended == len(before.keys() - after.keys())
    assert table.changed == sum(before[key] != after[key] for key in before.keys() & after.keys())
    assert table.unchanged == len(kept)
    assert len(table.rows) + table.more == table.added + table.changed + table.ended
    shrunk = {doubt.kind for doubt in doubts([compared], Names(), Situation(first=False))} & {
        DoubtKind.SHRINK,
        DoubtKind.EMPTY,
    }
    assert bool(shrunk) == (len(before) > 0 and (len(before) - len(after)) * 10 > len(before))


def test_a_list_of_classes_another_source_has_waits_and_counts_once(schools: Schools, engine: Engine) -> None:
    """The same pupils under other keys, as another system has them."""
    whole = roster(20)
    people = tuple(msgspec.structs.replace(one, id=f"x{one.id}") for one in whole.people)
    enrolments = tuple(
        msgspec.structs.replace(one, id=f"x{one.id}", person=f"x{one.person}") for one in whole.enrolments
    )
    part = msgspec.structs.replace(whole, people=people, enrolments=enrolments)
    held = taken(schools, part, NOW + DAY_MS, source="van-phong")
    assert (held.status, holding(held)) == ("held", {DoubtKind.CLASS_ELSEWHERE})
    assert "lớp 7A, 7B đã có trong nguồn thường dùng" in held.difference.doubts[0].text.vi
    schools.decide(held.id, "an", NOW + DAY_MS, apply=True)
    with engine.begin() as connection:
        counts = Headcount(Beliefs(connection, "thu").stays())
        data = school_data(connection, "thu", date(2026, 11, 23))
    assert counts.pupils(["7A"], date(2026, 11, 23)) == PUPILS // 2, "the larger roster's, not their sum"
    assert {(one.names[0], one.source): one.pupils for one in data.classes} == {
        ("7A", ""): 15, ("7B", ""): 15, ("7A", "van-phong"): 10, ("7B", "van-phong"): 10
    }  # fmt: skip
    issue = next(one for one in issues(data) if one.kind is IssueKind.CLASS_IN_TWO_ROSTERS)
    assert (issue.count, issue.examples) == (2, ("7A (van-phong, –)", "7B (van-phong, –)"))
    more = taken(schools, roster(21), NOW + 2 * DAY_MS, source="van-phong")
    assert DoubtKind.CLASS_ELSEWHERE not in holding(more), "a person let these classes in"


def test_a_list_of_teachers_beside_the_roster_goes_in(schools: Schools) -> None:
    staff = Roster(classes=(RosterClass("A", "7A"),), people=(Person("g", "An", "Lê", "teacher"),),
                   enrolments=(Enrolment("g", "A", "g", "teacher"),))  # fmt: skip
    assert taken(schools, staff, NOW + DAY_MS, source="giáo viên").status == "applied"


def test_one_number_of_unknown_rooms_and_what_entries_are_counted() -> None:
    situation = Situation(rows=129, bad_rows=1, unknown_rooms={f"P{number}": 1 for number in range(67)})
    found = doubts([], Names(), situation)
    assert sum(one.kind is DoubtKind.ROOM_UNKNOWN for one in found) == 67
    assert found[0].text.en.startswith("1 entry is broken")
    assert "all tables together (classes, people, enrolments" in found[0].text.en


def test_one_pupil_is_no_pupils(schools: Schools) -> None:
    one_less = taken(schools, roster(PUPILS - 1), NOW + DAY_MS)
    assert [one.en for one in one_less.difference.pupils] == ["1 pupil leaves class 7A"]
    one_more = taken(schools, roster(PUPILS), NOW + 2 * DAY_MS)
    assert [one.en for one in one_more.difference.pupils] == ["1 new pupil in class 7A"]
