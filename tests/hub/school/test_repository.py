import shutil
import threading
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from hub.db import models, school_models
from hub.db.engine import downgrade, upgrade
from hub.derived.due import BACK_DAYS
from hub.registry.model import Room
from hub.registry.registry import Registry
from hub.registry.retiring import Retiring
from hub.school.problems import Severity
from hub.school.repository import Schools, UnknownSchool
from tests.hub.school.conftest import FIXTURES
from tests.hub.school.test_plan import MONDAY, ms

TIMETABLE, ROSTER = FIXTURES / "asc_school.xml", FIXTURES / "roster_1_2"
NOW = ms(date(2026, 9, 1), "12:00")
LATER = ms(date(2026, 9, 10), "12:00")


def rows(engine: Engine, table: str) -> list[dict[str, object]]:
    with engine.begin() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]  # noqa: S608  our own names


def altered(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    content = TIMETABLE.read_text("utf-8")
    for before, after in changes:
        assert before in content
        content = content.replace(before, after)
    path = tmp_path / "new.xml"
    path.write_text(content, "utf-8")
    return path


def test_nothing_imported_is_no_plan(engine: Engine) -> None:
    assert Schools(engine).schedule("thu") is None
    assert Schools(engine).schedule("nobody") is None


def test_timetable_and_roster_together_say_who_is_expected(engine: Engine) -> None:
    schools = Schools(engine)
    timetable, roster = schools.import_timetable("thu", TIMETABLE, NOW), schools.import_roster("thu", ROSTER, NOW)
    assert (timetable.status, timetable.unmatched_rooms) == ("applied", ("Sân bóng",))
    assert (roster.status, roster.change.added) == ("applied", 16)
    plan = schools.schedule("thu")
    assert plan is not None
    assert plan is schools.schedule("thu")
    expected = {}
    for day in (MONDAY, date(2026, 11, 9), date(2026, 12, 7)):
        lesson = plan.at("r101", ms(day, "07:10"))
        assert lesson is not None
        expected[day] = lesson.expected_people
    # 0002 from September, 0003 until 1 December, 0004 from 2 November; and one teacher
    assert expected == {MONDAY: 3, date(2026, 11, 9): 4, date(2026, 12, 7): 3}
    assert plan.at("r101", ms(date(2026, 8, 31), "07:10")) is not None  # before the calendar: it says nothing


def test_the_same_file_again_changes_nothing(engine: Engine) -> None:
    schools = Schools(engine)
    schools.import_timetable("thu", TIMETABLE, NOW)
    before = rows(engine, "plan_card")
    again = schools.import_timetable("thu", TIMETABLE, LATER)
    assert (again.status, again.change.added) == ("unchanged", 0)
    assert rows(engine, "plan_card") == before
    assert [one.status for one in schools.imports("thu")] == ["unchanged", "applied"]
    assert len({one.digest for one in schools.imports("thu")}) == 1


def test_a_new_timetable_holds_from_its_day_and_the_past_stays(engine: Engine, tmp_path: Path) -> None:
    schools = Schools(engine)
    schools.import_timetable("thu", TIMETABLE, NOW)
    moved = altered(tmp_path, ('classroomids="R102" period="3"', 'classroomids="RTIN" period="3"'))
    result = schools.import_timetable("thu", moved, LATER)
    assert (result.change.added, result.change.changed, result.change.ended) == (0, 1, 0)
    plan = schools.schedule("thu")
    assert plan is not None
    assert plan.at("r102", ms(MONDAY, "09:00")) is not None
    assert plan.at("tin", ms(MONDAY, "09:00")) is None
    assert plan.at("r102", ms(date(2026, 9, 14), "09:00")) is None
    assert plan.at("tin", ms(date(2026, 9, 14), "09:00")) is not None
    held = [one for one in rows(engine, "plan_card") if one["lesson"] == "L2"]
    assert [(one["valid_from"], one["valid_to"], one["learned_ms"], one["superseded_ms"]) for one in held] == [
        ("0001-01-01", None, NOW, LATER),  # what was believed until then
        ("0001-01-01", "2026-09-10", LATER, None),
        ("2026-09-10", None, LATER, None),
    ]


def test_a_correction_with_effect_from_a_past_date(engine: Engine, tmp_path: Path) -> None:
    schools = Schools(engine)
    schools.import_timetable("thu", TIMETABLE, NOW)
    moved = altered(tmp_path, ('classroomids="R102" period="3"', 'classroomids="RTIN" period="3"'))
    schools.import_timetable("thu", moved, LATER, valid_from=MONDAY)
    plan = schools.schedule("thu")
    assert plan is not None
    assert plan.at("tin", ms(MONDAY, "09:00")) is not None
    assert plan.at("r102", ms(date(2026, 8, 31), "09:00")) is not None
    back = schools.import_timetable("thu", TIMETABLE, LATER + 1, valid_from=date(2026, 8, 1))
    assert back.status == "applied"
    plan = schools.schedule("thu")
    assert plan is not None
    assert plan.at("r102", ms(MONDAY, "09:00")) is not None
    assert plan.at("tin", ms(date(2026, 9, 14), "09:00")) is None


@pytest.mark.parametrize("content", ["", "<school/>", "<timetable><periods/><lessons/><cards/></timetable>", "cut"])
def test_a_broken_file_leaves_the_good_state_and_is_recorded(engine: Engine, tmp_path: Path, content: str) -> None:
    schools = Schools(engine)
    schools.import_timetable("thu", TIMETABLE, NOW)
    before = rows(engine, "plan_card"), rows(engine, "plan_bell")
    bad = tmp_path / "bad.xml"
    bad.write_text(TIMETABLE.read_text("utf-8")[:-300] if content == "cut" else content, "utf-8")
    result = schools.import_timetable("thu", bad, LATER)
    assert result.status == "refused"
    assert result.findings.counts[Severity.FATAL] >= 1
    assert (rows(engine, "plan_card"), rows(engine, "plan_bell")) == before
    plan = schools.schedule("thu")
    assert plan is not None
    assert plan.at("r101", ms(MONDAY, "07:10")) is not None
    newest = schools.imports(limit=1)[0]
    assert (newest.status, newest.file) == ("refused", "bad.xml")


def test_bad_rows_wait_for_a_person_unless_forced(engine: Engine) -> None:
    schools = Schools(engine)
    held = schools.import_roster("thu", FIXTURES / "roster_defects", NOW)
    assert held.status == "held"
    assert rows(engine, "school_person") == []
    forced = schools.import_roster("thu", FIXTURES / "roster_defects", NOW, force=True)
    assert forced.status == "applied"
    assert {one["key"] for one in rows(engine, "school_enrolment")} == {"E1", "E5", "E7"}


def test_a_delta_changes_only_what_it_names(engine: Engine, tmp_path: Path) -> None:
    schools = Schools(engine)
    schools.import_timetable("thu", TIMETABLE, NOW)
    schools.import_roster("thu", ROSTER, NOW)
    folder = tmp_path / "delta"
    folder.mkdir()
    (folder / "manifest.csv").write_text(
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.enrollments,delta\n", "utf-8"
    )
    header = (ROSTER / "enrollments.csv").read_text("utf-8").splitlines()[0]
    (folder / "enrollments.csv").write_text(
        f"{header}\nE2,tobedeleted,2026-09-10T00:00:00Z,L10A1,0079,0002,student,false,,\n", "utf-8"
    )
    result = schools.import_roster("thu", folder, LATER)
    assert (result.status, result.change.added, result.change.ended) == ("applied", 0, 1)
    plan = schools.schedule("thu")
    assert plan is not None
    before, after = plan.at("r101", ms(MONDAY, "07:10")), plan.at("r101", ms(date(2026, 9, 14), "07:10"))
    assert before is not None
    assert after is not None
    assert (before.expected_people, after.expected_people) == (3, 2)


def test_no_password_or_address_is_kept(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    shutil.copytree(ROSTER, folder)
    users = (folder / "users.csv").read_text("utf-8")
    users = users.replace("binh,,Bình,Lê,,0002,,,,,10,,", "binh,,Bình,Lê,,0002,binh@example.edu.vn,,0901,,10,hunter2,")
    assert "hunter2" in users
    (folder / "users.csv").write_text(users, "utf-8")
    Schools(engine).import_roster("thu", folder, NOW)
    kept = str(rows(engine, "school_person"))
    assert "Bình" in kept
    assert not any(secret in kept for secret in ("hunter2", "binh@", "0901"))


def test_an_unknown_school_is_said_and_nothing_written(engine: Engine) -> None:
    with pytest.raises(UnknownSchool):
        Schools(engine).import_timetable("nobody", TIMETABLE, NOW)
    assert rows(engine, "school_import") == []


def test_a_day_derived_meanwhile_does_not_hide_a_new_name_from_kept_plans(engine: Engine) -> None:
    """The days of the live state are kept; others are built for a moment, from the names of then."""
    Schools(engine).import_timetable("thu", TIMETABLE, NOW)
    schools, registry = Schools(engine), Registry(engine)
    schools.make_ready("thu", ms(MONDAY, "06:00"))
    before = schools.known("thu")
    assert before is not None
    taught = {one.room for one in before.days[MONDAY].school_day.lessons}
    assert "r102" in taught
    registry.retire_room("thu", "r102", Retiring(MONDAY, "dột"), ms(MONDAY, "06:00"))
    schools.over("thu", MONDAY, MONDAY)
    schools.notice_rooms(registry.rooms_ever)
    after = schools.known("thu")
    assert after is not None
    assert {one.room for one in after.days[MONDAY].school_day.lessons} == taught - {"r102"}


def test_a_new_alias_matches_a_room_from_then_on(engine: Engine) -> None:
    schools, registry = Schools(engine), Registry(engine)
    schools.import_timetable("thu", TIMETABLE, NOW)
    plan = schools.schedule("thu")
    schools.notice_rooms(registry.rooms_ever)
    assert schools.schedule("thu") is plan  # nothing new: nothing built again
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM derive_due"))
    registry.add_room(Room("thu", "kho", "Kho", "a"))
    schools.notice_rooms(registry.rooms_ever)
    with engine.begin() as connection:  # no lesson was ever planned there
        assert connection.execute(text("SELECT count(*) FROM derive_due")).scalar() == 0
    registry.add_room(Room("thu", "san", "Sân trước", "a", aliases=("Sân bóng",)))
    schools.notice_rooms(registry.rooms_ever)
    again = schools.schedule("thu")
    assert again is not None
    assert again.unmatched_rooms == ()
    with engine.begin() as connection:  # lessons of the past lay in it, too
        assert connection.execute(text("SELECT count(*) FROM derive_due")).scalar() == BACK_DAYS + 1


def test_another_process_notices_an_import(engine: Engine) -> None:
    hub, command = Schools(engine), Schools(engine)
    assert hub.schedule("thu") is None
    assert not hub.reload_if_changed()
    command.import_timetable("thu", TIMETABLE, NOW)
    assert hub.reload_if_changed()
    assert hub.version == command.version
    assert hub.schedule("thu") is not None


def test_many_threads_ask_while_one_imports(engine: Engine, tmp_path: Path) -> None:
    schools = Schools(engine)
    schools.import_timetable("thu", TIMETABLE, NOW)
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            for offset in range(2_000):
                plan = schools.schedule("thu")
                assert plan is not None
                plan.at("r101", ms(MONDAY, "07:10") + offset * 3_600_000)
        except BaseException as failure:  # noqa: BLE001  handed to the main thread
            failures.append(failure)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for minute in range(3):
        path = altered(tmp_path, ('starttime="7:00"', f'starttime="7:0{minute + 1}"'))
        schools.import_timetable("thu", path, LATER + minute)
    for thread in threads:
        thread.join()
    assert failures == []


def test_migration_and_models_agree_and_downgrade_works(engine: Engine) -> None:
    ours = {name for name in models.Base.metadata.tables if name.startswith(("plan_", "school_"))}
    assert school_models.CardRow.__tablename__ in ours
    assert len(ours) > 16
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda _thing, name, kind, _reflected, _other: kind != "table" or name in ours},
        )
        assert compare_metadata(context, models.Base.metadata) == []
    downgrade(engine, "0001_core")
    upgrade(engine)


def test_the_real_export_imports(engine: Engine, shared_data: Path) -> None:
    schools = Schools(engine)
    result = schools.import_timetable("thu", shared_data / "timetables" / "asc" / "asc_brazil_institute.xml", NOW)
    assert (result.status, result.change.added) == ("applied", 2572)
    for name in (
        "rosterhub_v1p1_en.zip",
        "moodle_zips/Test_full_data_set.zip",
        "moodle_zips/Test_minimal_data_set.zip",
    ):
        assert schools.import_roster("thu", shared_data / "oneroster" / name, NOW, force=True).status == "applied"
