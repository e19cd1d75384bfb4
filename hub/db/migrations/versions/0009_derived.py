"""Lesson records, the waste ledger, thresholds of a school, what has to be derived anew, and the context of events."""

import sqlalchemy as sa
from alembic import op

revision = "0009_derived"
down_revision = "0008_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _due_and_log()
    op.create_table(
        "lesson_record",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "day", "room", "lesson", name=op.f("pk_lesson_record")),
    )
    op.create_index("ix_lesson_record_school_room_start_ms", "lesson_record", ["school", "room", "start_ms"])
    op.create_table(
        "waste_day",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("measured_min", sa.Integer(), nullable=False),
        sa.Column("kwh", sa.Double(), nullable=False),
        sa.Column("estimated_kwh", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("school", "day", "room", "what", "why", name=op.f("pk_waste_day")),
    )
    op.create_table(
        "filled_day",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "day", "room", name=op.f("pk_filled_day")),
    )
    op.create_table(
        "thresholds",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["school"], ["school.id"], name=op.f("fk_thresholds_school_school")),
        sa.PrimaryKeyConstraint("school", name=op.f("pk_thresholds")),
    )
    op.add_column("event", sa.Column("room", sa.String(64), nullable=True))
    op.add_column("event", sa.Column("lesson", sa.Text(), nullable=True))
    op.add_column("event", sa.Column("classes", sa.Text(), nullable=True))


def _due_and_log() -> None:
    op.create_table(
        "derive_due",
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("not_before_ms", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("rooms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "day", name=op.f("pk_derive_due")),
    )
    op.create_index("ix_derive_due_not_before_ms", "derive_due", ["not_before_ms"])
    op.create_table(
        "derive_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("added", "changed", "removed", "waste_changed", "statuses_changed", "filled")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_derive_log")),
    )
    op.create_index("ix_derive_log_school_at_ms", "derive_log", ["school", "at_ms"])
    op.create_index("ix_derive_log_at_ms", "derive_log", ["at_ms"])


def downgrade() -> None:
    with op.batch_alter_table("event") as event:
        for column in ("classes", "lesson", "room"):
            event.drop_column(column)
    for table in ("thresholds", "filled_day", "waste_day", "lesson_record", "derive_log", "derive_due"):
        op.drop_table(table)
