"""Any sequence of imports and undoings leaves exactly the state of the imports that still stand."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select, text

from hub.db.engine import open_database
from hub.derived import due
from hub.registry.model import School
from hub.registry.registry import Registry
from hub.school import rows
from hub.school.importers.found import RosterImport
from hub.school.journal import Kind, Status, UnknownImport
from hub.school.problems import Findings
from hub.school.repository import Schools
from hub.school.roster import Enrolment, Person, Roster, RosterClass
from hub.school.undo import CannotUndo
from tests.hub.school.conftest import FIXTURES
from tests.hub.school.test_repository import altered

DAY_MS = 86_400_000
NOW = 1_788_238_800_000  # 2026-09-01 12:00 in Vietnam
STEMS = ("orgs", "academicSessions", "classes", "users", "enrollments")
PUPILS = ("a", "b", "c", "d")


def roster(pupils: dict[str, str], *, delta: bool = False, gone: frozenset[str] = frozenset()) -> RosterImport:
    """Pupils by the class they are in."""
    made = Roster(
        classes=tuple(RosterClass(name, name) for name in sorted(set(pupils.values()))),
        people=tuple(Person(f"p{key}", key, "X", "student") for key in pupils),
        enrolments=tuple(Enrolment(f"e{key}", name, f"p{key}", "student") for key, name in pupils.items()),
        delta=frozenset(STEMS) if delta else frozenset(),
        gone={stem: gone if stem == "enrollments" else frozenset() for stem in STEMS},
    )
    return RosterImport("made", "1.2", {}, made, {}, Findings())


def believed(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """What every table says now, whenever it was learned and whichever import said it."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with engine.begin() as connection:
        for model in (*rows.models_of("roster"), *rows.models_of("timetable")):
            table = model.metadata.tables[model.__tablename__]
            wanted = select(table).where(table.c.superseded_ms.is_(None))
            found[table.name] = sorted(
                tuple(str(row[name]) for name in row if name not in {"id", "learned_ms", "superseded_ms", "import_id"})
                for row in connection.execute(wanted).mappings()
            )
    return found


def emptied(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(due.TABLE))
        for model in (*rows.models_of("roster"), *rows.models_of("timetable")):
            connection.execute(delete(model.metadata.tables[model.__tablename__]))
        connection.execute(text("DELETE FROM school_import"))


@pytest.fixture(scope="module")
def small() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/state.db")
        Registry(engine).add_school(School("thu", "THPT Thử"))
        yield engine
        engine.dispose()


pupils = st.dictionaries(st.sampled_from(PUPILS), st.sampled_from(("7A", "7B")), max_size=4)
takes = st.tuples(st.just("take"), pupils, st.booleans(), st.sampled_from(("", "pull")), st.integers(0, 3))
undos = st.tuples(st.just("undo"), st.integers(0, 12))


@settings(max_examples=25)
@given(steps=st.lists(st.one_of(takes, takes, undos, undos), max_size=9))
def test_what_stands_is_all_there_is(small: Engine, steps: list[tuple[Any, ...]]) -> None:
    emptied(small)
    schools = Schools(small)
    made: list[tuple[int, int, tuple[Any, ...]]] = []
    for place, step in enumerate(steps):
        at_ms = NOW + place * DAY_MS
        if step[0] == "take":
            result = take(schools, step, place, at_ms)
            made.append((result.id, at_ms, step))
        else:
            entries = schools.imports("thu")
            if entries:
                with_luck(schools, entries[step[1] % len(entries)].id, at_ms)
    stands = {entry.id for entry in schools.imports("thu") if entry.status == Status.APPLIED}
    now = believed(small)
    emptied(small)
    for place, (number, at_ms, step) in enumerate(made):
        if number in stands:
            take(Schools(small), step, place, at_ms)
    assert now == believed(small)


def take(schools: Schools, step: tuple[Any, ...], place: int, at_ms: int) -> Any:
    _, who, delta, source, gone = step
    found = roster(who, delta=delta, gone=frozenset(f"e{key}" for key in PUPILS[:gone] if key not in who))
    digest = f"{place}-{who}-{delta}-{gone}"
    return schools.take_in(
        "thu", Kind.ROSTER, found, name="r", digest=digest[:64], source=source, force=True, now_ms=at_ms
    )


def with_luck(schools: Schools, number: int, at_ms: int) -> None:
    """Undo it where that is possible."""
    before = believed(schools._engine)
    try:
        schools.undo(number, "ai đó", at_ms)
    except CannotUndo:
        assert believed(schools._engine) == before


def test_undone_and_undone_again(engine: Engine, tmp_path: Path) -> None:
    schools = Schools(engine)
    first = schools.import_timetable("thu", FIXTURES / "asc_school.xml", NOW)
    one = believed(engine)
    moved = altered(tmp_path, ('classroomids="R102" period="3"', 'classroomids="RTIN" period="3"'))
    second = schools.import_timetable("thu", moved, NOW + DAY_MS, by="cli:x")
    two = believed(engine)
    assert one != two
    with pytest.raises(CannotUndo) as refused:
        schools.undo(first.id, "x", NOW + 2 * DAY_MS)
    assert str(second.id) in refused.value.text.en
    back = schools.undo(second.id, "operator", NOW + 2 * DAY_MS)
    assert (back.status, believed(engine)) == ("undone", one)
    forth = schools.undo(back.id, "operator", NOW + 3 * DAY_MS)
    assert believed(engine) == two
    with pytest.raises(CannotUndo):
        schools.undo(back.id, "operator", NOW + 4 * DAY_MS)
    schools.undo(forth.id, "operator", NOW + 4 * DAY_MS)
    assert believed(engine) == one
    schools.undo(first.id, "operator", NOW + 5 * DAY_MS)
    assert not any(believed(engine).values())
    assert schools.schedule("thu") is None or not schools.schedule("thu").classes  # type: ignore[union-attr]
    by_number = {entry.id: entry for entry in schools.imports("thu")}
    assert [by_number[number].status for number in (first.id, second.id)] == ["undone", "undone"]
    assert (by_number[second.id].by, by_number[back.id].by, by_number[back.id].undoes) == (
        "cli:x",
        "operator",
        second.id,
    )
    with pytest.raises(UnknownImport):
        schools.undo(999, "operator", NOW)


def test_what_was_believed_before_the_undoing_can_still_be_asked(engine: Engine, tmp_path: Path) -> None:
    schools = Schools(engine)
    schools.import_timetable("thu", FIXTURES / "asc_school.xml", NOW)
    moved = altered(tmp_path, ('classroomids="R102" period="3"', 'classroomids="RTIN" period="3"'))
    second = schools.import_timetable("thu", moved, NOW + DAY_MS)
    schools.undo(second.id, "operator", NOW + 2 * DAY_MS)
    later = NOW + 13 * DAY_MS - 3 * 3_600_000  # Monday 14 September, 09:00
    then, now = schools.as_known("thu", NOW + DAY_MS + 1), schools.schedule("thu")
    assert then is not None
    assert now is not None
    assert (then.at("tin", later) is None, now.at("tin", later) is None) == (False, True)
    assert (then.at("r102", later) is None, now.at("r102", later) is None) == (True, False)


def test_another_process_notices_an_undoing_and_days_are_due(engine: Engine) -> None:
    hub, command = Schools(engine), Schools(engine)
    result = command.import_timetable("thu", FIXTURES / "asc_school.xml", NOW)
    assert hub.reload_if_changed()
    with engine.begin() as connection:
        connection.execute(delete(due.TABLE))
    command.undo(result.id, "operator", NOW + 1)
    assert hub.reload_if_changed()
    assert not hub.reload_if_changed()
    with engine.begin() as connection:
        assert {row.reason for row in connection.execute(select(due.TABLE))} == {"undone"}
