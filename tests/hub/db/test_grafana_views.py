"""What Grafana may read: the promised views with the promised columns, no persons in them, and nothing beside them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, inspect, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from classhub.__main__ import main
from hub.db.alert_models import AlertRow, LessonDayRow
from hub.db.engine import open_database
from hub.db.grafana_role import ROLE
from hub.db.models import AuditRow, MaintenanceRow, OperatorRow
from hub.db.school_models import PersonRow, TeacherRow
from hub.registry.model import Building, Room, School
from hub.registry.registry import Registry
from tests.hub.databases import Databases, state_section
from tests.hub.db.test_migrations import counted, fill

COLUMNS = {
    "school": ["id", "name"],
    "building": ["school", "id", "name"],
    "room": ["school", "id", "name", "building", "building_name", "capacity", "co2_limit_ppm"],
    "gateway": ["school", "id", "name", "status"],
    "device": ["school", "id", "name", "model", "gateway", "room"],
    "lesson": ["school", "room", "start_time", "end_time", "subject", "classes"],
    "alert": ["school", "room", "code", "severity", "opened", "closed", "text_vi", "text_en"],
}
PERSONAL = {
    "school_person",
    "school_enrolment",
    "plan_teacher",
    "operator",
    "web_session",
    "audit",
    "quarantine",
    "event",
}
MINUTE = 60_000


def named(engine: Engine, view: str) -> str:
    return f"grafana.{view}" if engine.dialect.name == "postgresql" else f"grafana_{view}"


def ask(engine: Engine, view: str) -> list[dict[str, object]]:
    with engine.connect() as connection:
        return [
            dict(row) for row in connection.execute(select(text("*")).select_from(text(named(engine, view)))).mappings()
        ]


@pytest.fixture
def school(state_engine: Engine) -> Engine:
    """A school with a device that moved, a lesson and an alert."""
    registry = Registry(state_engine)
    registry.add_school(School("s1", "THCS Nguyễn Du"))
    registry.add_building(Building("s1", "a", "Nhà A"))
    for room in ("r1", "r2"):
        registry.add_room(Room("s1", room, room.upper(), "a", co2_limit_ppm=1200.0))
    registry.add_gateway("s1", "g1", "Cổng 1")
    registry.note_devices([("s1", device, "g1", 1, "mhz19") for device in ("d1", "d2")])
    registry.assign("s1", "d1", "r1", 0)
    registry.assign("s1", "d1", "r2", 1_000)
    opened = round(datetime(2026, 9, 7, 2, 30, tzinfo=UTC).timestamp() * 1000)
    lesson = {"lesson": "L1", "start_ms": opened, "end_ms": opened + 45 * MINUTE, "subject": "Toán", "classes": "10A1"}
    alert = {"code": "room.stuffy", "severity": "warning", "subject": "", "text_vi": "bí", "text_en": "stuffy"}
    with Session(state_engine) as session, session.begin():
        session.add(LessonDayRow(school="s1", day="2026-09-07", room="r1", **lesson))
        session.add(AlertRow(school="s1", room="r1", opened_ms=opened, closed_ms=None, **alert))
        session.add(AlertRow(school=None, room=None, opened_ms=opened, closed_ms=opened + MINUTE, **alert))
    return state_engine


def test_the_views_say_what_the_dashboards_ask(school: Engine) -> None:
    assert {view: [*ask(school, view)[0]] for view in COLUMNS} == COLUMNS
    assert {row["id"]: row["room"] for row in ask(school, "device")} == {"d1": "r2", "d2": None}
    assert ask(school, "room")[0]["building_name"] == "Nhà A"
    (lesson,) = ask(school, "lesson")
    begin = datetime(2026, 9, 7, 2, 30, tzinfo=UTC)
    on_server = school.dialect.name == "postgresql"
    assert lesson["start_time"] == (begin if on_server else "2026-09-07T02:30:00Z")
    assert {row["school"]: row["closed"] is None for row in ask(school, "alert")} == {"s1": True, None: False}


def test_no_view_holds_a_person(state_engine: Engine) -> None:
    """Every table that names people is full of them; no view knows one of those tables or shows a word of them."""
    fill(state_engine)
    assert counted(state_engine).keys() >= PERSONAL
    with Session(state_engine) as session, session.begin():
        session.add(OperatorRow(name="hiệu trưởng Lan", argon2_hash="x"))
        session.add(AuditRow(id=2, who="hiệu trưởng Lan", what="accepted", at_ms=1))
    with state_engine.begin() as connection:
        connection.execute(update(TeacherRow).values(name="cô giáo Lan"))
        connection.execute(update(PersonRow).values(family_name="Lan"))
        connection.execute(update(MaintenanceRow).values(note="thầy Lan gọi"))
    shown = str([ask(state_engine, view) for view in COLUMNS])
    assert shown.count("'x'") > 10
    assert "Lan" not in shown
    if state_engine.dialect.name == "postgresql":
        with state_engine.connect() as connection:
            used = set(
                connection.scalars(
                    text("SELECT table_name FROM information_schema.view_table_usage WHERE view_schema = 'grafana'")
                )
            )
        assert used == {"school", "building", "room", "gateway", "device", "assignment", "lesson_day", "alert"}
        assert set(inspect(state_engine).get_view_names("grafana")) == set(COLUMNS)


@pytest.fixture
def owned(postgresql_databases: Databases, tmp_path: Path) -> Iterator[URL]:
    """A database of an account that is no superuser but may make roles, as docs/operations.md sets it up."""
    server = postgresql_databases.server
    assert server is not None
    password = "of-the-owner-0123456789"
    with server.connect("postgres") as connection:
        connection.execute(f"CREATE ROLE hub_owner LOGIN CREATEROLE PASSWORD '{password}'")
        connection.execute("CREATE DATABASE owned OWNER hub_owner TEMPLATE template0")
    url = server.url("owned").set(username="hub_owner", password=password)
    open_database(url).dispose()
    (tmp_path / "hub.toml").write_text(state_section(url, tmp_path))
    yield url
    with server.connect("postgres") as connection:
        connection.execute("DROP DATABASE owned WITH (FORCE)")
        connection.execute(f"DROP ROLE IF EXISTS {ROLE}")
        connection.execute("DROP ROLE hub_owner")


def grant(folder: Path, password: str) -> int:
    secret = folder / "grafana.password"
    secret.write_text(password + "\n")
    return main(["state", "grafana-role", "--config", str(folder / "hub.toml"), "--password-file", str(secret)])


def visitor(url: URL, password: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(
        host=url.host, port=url.port, dbname=url.database, user=ROLE, password=password, autocommit=True
    )


def test_grafana_reads_its_views_and_nothing_else(owned: URL, tmp_path: Path) -> None:
    engine = open_database(owned)
    fill(engine)
    tables = counted(engine)
    engine.dispose()
    assert grant(tmp_path, "a-password-for-grafana-1") == 0
    with visitor(owned, "a-password-for-grafana-1") as grafana:
        for view in COLUMNS:
            assert grafana.execute(f"TABLE grafana.{view}").fetchall(), view
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                grafana.execute(f"TABLE public.{table}")
        grafana.execute("SET default_transaction_read_only = off")
        for statement in (
            "CREATE TABLE public.t (a int)",
            "CREATE TABLE grafana.t (a int)",
            "CREATE TEMPORARY TABLE t (a int)",
            "UPDATE grafana.school SET name = 'x'",
            "DELETE FROM grafana.alert",
            "CREATE ROLE another",
            "CREATE DATABASE another",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                grafana.execute(statement)
        readable = grafana.execute(
            "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            " AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
        ).fetchall()
        assert {row[0] for row in readable} == {f"grafana.{view}" for view in COLUMNS}


def test_the_password_is_set_anew_and_stands_in_no_log(
    owned: URL, tmp_path: Path, postgresql_databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    server = postgresql_databases.server
    assert server is not None
    with server.connect("postgres") as connection:
        connection.execute("ALTER ROLE hub_owner SET log_statement = 'all'")
    assert grant(tmp_path, "the-first-password-1234") == 0
    assert grant(tmp_path, "the-second-password-123") == 0
    assert "made" in capsys.readouterr().out
    with pytest.raises(psycopg.OperationalError, match="password"):
        visitor(owned, "the-first-password-1234")
    visitor(owned, "the-second-password-123").close()
    log = server.log()
    assert "SCRAM-SHA-256" in log, "the statement was logged"
    assert "the-second-password" not in log


def test_what_cannot_be_done_is_said(owned: URL, tmp_path: Path, postgresql_databases: Databases) -> None:
    server = postgresql_databases.server
    assert server is not None
    with server.connect("postgres") as connection:
        connection.execute("ALTER ROLE hub_owner NOCREATEROLE")
    assert grant(tmp_path, "a-password-for-grafana-1") == 1
    assert grant(tmp_path, "") == 1
    (tmp_path / "hub.toml").write_text("")
    assert grant(tmp_path, "a-password-for-grafana-1") == 1
    assert owned.database == "owned"
