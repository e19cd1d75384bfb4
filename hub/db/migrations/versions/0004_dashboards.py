"""Alerts, dated lessons, and the views that Grafana reads: no view names a person.

A later migration that changes a column named here drops the views first and makes them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_dashboards"
down_revision = "0003_series"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Name of the view -> its query. {now} is the present in milliseconds, a name of TIMES in braces the moment it stands for.
VIEWS = {
    "school": "SELECT id, name FROM school",
    "building": "SELECT school, id, name FROM building",
    "room": """
        SELECT room.school, room.id, room.name, room.building, building.name AS building_name, room.capacity,
               room.co2_limit_ppm
        FROM room JOIN building ON building.school = room.school AND building.id = room.building""",
    "gateway": "SELECT school, id, name, status FROM gateway",
    "device": """
        SELECT device.school, device.id, device.name, device.model, device.gateway, assignment.room
        FROM device LEFT JOIN assignment ON assignment.school = device.school AND assignment.device = device.id
             AND assignment.from_ms <= {now} AND (assignment.to_ms IS NULL OR assignment.to_ms > {now})""",
    "lesson": """
        SELECT school, room, {start_ms} AS start_time, {end_ms} AS end_time, subject, classes FROM lesson_day""",
    "alert": """
        SELECT school, room, code, severity, {opened_ms} AS opened, {closed_ms} AS closed, text_vi, text_en FROM alert
    """,
}
TIMES = ("start_ms", "end_ms", "opened_ms", "closed_ms")


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("school", sa.String(64), nullable=True),
        sa.Column("room", sa.String(64), nullable=True),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("text_vi", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index("ix_alert_closed_ms", "alert", ["closed_ms"])
    op.create_index("ix_alert_school_opened_ms", "alert", ["school", "opened_ms"])
    op.create_table(
        "lesson_day",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("classes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_day")),
    )
    op.create_index("ix_lesson_day_school_day", "lesson_day", ["school", "day"])
    op.create_index("ix_lesson_day_school_start_ms", "lesson_day", ["school", "start_ms"])
    op.create_index("ix_lesson_day_day", "lesson_day", ["day"])
    _make_views()


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {_named(name, postgresql=postgresql)}")
    if postgresql:
        op.execute("DROP SCHEMA grafana")
    op.drop_table("lesson_day")
    op.drop_table("alert")


def _make_views() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("CREATE SCHEMA grafana")
        now, moment = "extract(epoch FROM now()) * 1000", "to_timestamp({} / 1000.0)"
    else:
        now, moment = "CAST(strftime('%s', 'now') AS INTEGER) * 1000", "strftime('%Y-%m-%dT%H:%M:%SZ', {} / 1000, 'unixepoch')"
    values = {"now": now} | {column: moment.format(column) for column in TIMES}
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {_named(name, postgresql=postgresql)} AS {query.format(**values)}")


def _named(view: str, *, postgresql: bool) -> str:
    return f"grafana.{view}" if postgresql else f"grafana_{view}"
