"""Calendar days, one-day changes, dated cards, bell schedules, and where every row came from."""

import sqlalchemy as sa
from alembic import op

revision = "0007_plan"
down_revision = "0006_commands"
branch_labels = None
depends_on = None

HELD = (
    *("school_org", "school_session", "school_class", "school_person", "school_enrolment"),
    *("plan_bell", "plan_room", "plan_subject", "plan_teacher", "plan_class", "plan_group", "plan_lesson", "plan_card"),
)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("plan_bell", sa.Column("schedule", sa.Text(), nullable=False, server_default=""))
    for table in HELD:
        op.add_column(table, sa.Column("source", sa.String(64), nullable=False, server_default=""))
    _held(
        "plan_dated",
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=False),
        sa.Column("end_min", sa.Integer(), nullable=False),
        sa.Column("rooms", sa.JSON(), nullable=False),
    )
    _held(
        "plan_day",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("bells", sa.Text(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("until_min", sa.Integer(), nullable=True),
    )
    _held(
        "plan_change",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("start_min", sa.Integer(), nullable=True),
        sa.Column("end_min", sa.Integer(), nullable=True),
        sa.Column("rooms", sa.JSON(), nullable=False),
        sa.Column("teachers", sa.JSON(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    for table in ("plan_change", "plan_day", "plan_dated"):
        op.drop_table(table)
    # An older hub knows neither sources nor schedules: what is of another one is superseded, not mixed in.
    for table in reversed(HELD):
        op.execute(sa.text(f"UPDATE {table} SET superseded_ms = learned_ms WHERE source <> '' AND superseded_ms IS NULL"))  # noqa: S608  our own names
        op.drop_column(table, "source")
    op.execute(sa.text("UPDATE plan_bell SET superseded_ms = learned_ms WHERE schedule <> '' AND superseded_ms IS NULL"))
    op.drop_column("plan_bell", "schedule")


def _held(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("source", sa.String(64), nullable=False, server_default=""),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_to", sa.String(10), nullable=True),
        sa.Column("learned_ms", sa.BigInteger(), nullable=False),
        sa.Column("superseded_ms", sa.BigInteger(), nullable=True),
        sa.Column("import_id", SERIAL, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["import_id"], ["school_import.id"], name=op.f(f"fk_{name}_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index(f"ix_{name}_school_superseded_ms", name, ["school", "superseded_ms"])
