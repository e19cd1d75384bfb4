"""Dated lessons for dashboards: as the plan says, without teachers, followed by corrections, on both databases."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Engine, event, select

from hub.db.alert_models import LessonDayRow
from hub.registry.model import School
from hub.school.agenda import AHEAD_DAYS, BACK_DAYS, KEPT_DAYS, Agenda
from hub.school.repository import Schools
from tests.hub.school.test_plan import ms
from tests.hub.school.test_repository import NOW, ROSTER, TIMETABLE, altered

HERE = School("thu", "THPT Thử Nghiệm")
MONDAY = date(2026, 9, 7)
NOON = ms(MONDAY, "12:00")
DAYS = BACK_DAYS + 1 + AHEAD_DAYS


def lines(engine: Engine) -> list[tuple[str, str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(select(LessonDayRow).order_by(LessonDayRow.start_ms, LessonDayRow.room)).all()
    return [(row.day, row.room, row.subject, row.classes) for row in rows]


def prepared(engine: Engine) -> Schools:
    schools = Schools(engine)
    schools.import_roster("thu", ROSTER, NOW)
    schools.import_timetable("thu", TIMETABLE, NOW)
    return schools


def test_a_week_of_lessons_stands_in_the_table_without_teachers(engine: Engine) -> None:
    schools, agenda = prepared(engine), Agenda(engine)
    plan = schools.schedule("thu")
    assert plan is not None
    assert agenda.due(HERE, 1, NOON)
    assert agenda.write(HERE, plan, 1, NOON) > 0
    found = lines(engine)
    assert ("2026-09-07", "r101", "Toán", "10A1") in found
    assert ("2026-09-07", "r102", "Ngữ văn", "10A1, 10A2") in found
    planned = [lesson for offset in range(-1, 8) for lesson in plan.school_day(MONDAY + timedelta(offset)).lessons]
    assert len(found) == len(planned) > 4
    with engine.connect() as connection:
        everything = str(connection.execute(select(LessonDayRow)).all()) + str(LessonDayRow.__table__.columns.keys())
    assert not any(name in everything for name in ("Ánh", "Đức", "Nguyễn", "teacher"))


def test_what_stands_there_is_not_written_again_and_a_new_day_is(engine: Engine) -> None:
    schools, agenda = prepared(engine), Agenda(engine)
    plan = schools.schedule("thu")
    assert plan is not None
    agenda.write(HERE, plan, 1, NOON)
    assert not agenda.due(HERE, 1, NOON + 3_600_000)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(str(given[2])))
    restarted = Agenda(engine)
    assert restarted.due(HERE, 1, NOON)
    assert restarted.write(HERE, plan, 1, NOON) == 0
    assert not [words for words in statements if words.startswith(("INSERT", "DELETE"))]
    week = ms(MONDAY + timedelta(days=7), "12:00")
    assert agenda.due(HERE, 1, week)
    assert agenda.write(HERE, plan, 1, week) > 0
    assert {day for day, *_ in lines(engine)} > {"2026-09-07", "2026-09-14"}


def test_a_corrected_timetable_replaces_the_days_it_changes(engine: Engine, tmp_path: Path) -> None:
    schools, agenda = prepared(engine), Agenda(engine)
    before = schools.schedule("thu")
    assert before is not None
    agenda.write(HERE, before, 1, NOON)
    corrected = altered(tmp_path, ('name="Ngữ văn"', 'name="Văn học"'))
    schools.import_timetable("thu", corrected, NOON, valid_from=date(2026, 9, 1))
    after = schools.schedule("thu")
    assert after is not None
    assert agenda.due(HERE, 2, NOON)
    assert agenda.write(HERE, after, 2, NOON) == 2  # the Mondays of this week and the next
    subjects = {subject for _, room, subject, _ in lines(engine) if room == "r102"}
    assert subjects == {"Văn học"}


def test_only_its_own_school_and_nothing_old_for_ever(engine: Engine) -> None:
    schools, agenda = prepared(engine), Agenda(engine)
    plan = schools.schedule("thu")
    assert plan is not None
    agenda.write(HERE, plan, 1, NOON)
    count = len(lines(engine))
    agenda.write(msgspec.structs.replace(HERE, id="khac"), plan, 1, NOON)
    assert len(lines(engine)) == 2 * count
    later = datetime(2026, 9, 7, tzinfo=UTC) + timedelta(days=KEPT_DAYS + 1)
    agenda.forget_before(round(later.timestamp() * 1000))
    assert {day for day, *_ in lines(engine)} == {"2026-09-12", "2026-09-14"}
    agenda.forget_before(round((later + timedelta(days=9)).timestamp() * 1000))
    assert lines(engine) == []
    assert not agenda.due(HERE, None, NOON)
